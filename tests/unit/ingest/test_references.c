/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of two rows with one reference stays, and the set that remembers them. */
#include "ingest_scene.h"

static void references__a_set_holds_what_was_added(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__references *set = NULL;
    const uint64_t n = 300000;
    assert_int_equal(kerb_ingest__references_new(ctx, &set), KERB_OK);
    kerb_hash128 source = kerb_hash_bytes("Leicestershire Police", 21);
    kerb_hash128 other = kerb_hash_bytes("Warwickshire Police", 19);
    for (uint64_t i = 0; i < n; i++) {
        bool is_new = false;
        kerb_hash128 key = kerb_ingest__reference_key(source, (const char *)&i, sizeof i);
        assert_int_equal(kerb_ingest__references_add(ctx, set, key, &is_new), KERB_OK);
        assert_true(is_new);
    }
    for (uint64_t i = 0; i < n + 1000; i++) {
        kerb_hash128 key = kerb_ingest__reference_key(source, (const char *)&i, sizeof i);
        assert_int_equal(kerb_ingest__references_has(set, key), i < n);
        key = kerb_ingest__reference_key(other, (const char *)&i, sizeof i);
        assert_false(kerb_ingest__references_has(set, key));
    }
    kerb_ingest__references_free(set);
    kerb_ctx_free(ctx);
}

/* 16 bytes a slot at three quarters full: at most 16 / 0.75 * 7/6 bytes a reference when large.
 */
static void references__a_million_take_little_memory(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__references *set = NULL;
    const uint64_t n = 4000000;
    assert_int_equal(kerb_ingest__references_new(ctx, &set), KERB_OK);
    kerb_hash128 source = kerb_hash_bytes("S", 1);
    for (uint64_t i = 0; i < n; i++) {
        bool is_new = false;
        kerb_hash128 key = kerb_ingest__reference_key(source, (const char *)&i, sizeof i);
        assert_int_equal(kerb_ingest__references_add(ctx, set, key, &is_new), KERB_OK);
        assert_true(is_new);
    }
    assert_true((double)kerb_ingest__references_bytes(set) <= 25.5 * (double)n);
    kerb_ingest__references_free(set);
    kerb_ctx_free(ctx);
}

static void references__stored_ones_are_found_until_dropped(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__references *set = NULL;
    int month = 0;
    int64_t id = 0;
    assert_int_equal(kerb_ingest__references_new(ctx, &set), KERB_OK);
    kerb_hash128 source = kerb_hash_bytes("S", 1);
    for (int64_t i = 0; i < 5000; i++) {
        kerb_hash128 key = kerb_ingest__reference_key(source, (const char *)&i, sizeof i);
        assert_int_equal(
            kerb_ingest__references_add_stored(ctx, set, key, (int)(i % 7), i + 100), KERB_OK);
    }
    for (int64_t i = 0; i < 6000; i++) {
        kerb_hash128 key = kerb_ingest__reference_key(source, (const char *)&i, sizeof i);
        assert_int_equal(kerb_ingest__references_find_stored(set, key, &month, &id), i < 5000);
        if (i < 5000) {
            assert_int_equal(id, i + 100);
            assert_int_equal(month, i % 7);
            kerb_ingest__references_drop_stored(set, key);
            assert_false(kerb_ingest__references_find_stored(set, key, &month, &id));
        }
    }
    kerb_ingest__references_free(set);
    kerb_ctx_free(ctx);
}

#define HEADER                                                                                 \
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,Crime type\n"
#define ROW(id, month, force, type)                                                            \
    id "," month "," force "," force ",-1.21,52.62,On or near X," type "\n"

static void references__the_latest_month_wins_whatever_the_order(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/a.csv", HEADER ROW("r1", "2020-02", "P", "Middle"));
    scratch_write(*state, "in/b.csv", HEADER ROW("r1", "2020-03", "P", "Latest"));
    scratch_write(*state, "in/c.csv", HEADER ROW("r1", "2020-01", "P", "First"));
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->loaded, 1);
    assert_int_equal(s.report->duplicates, 2);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Latest");
    assert_string_equal(s.report->files[0].name, "a.csv");
    assert_int_equal(s.report->files[1].loaded, 1);
    assert_string_equal(s.report->reject_lines[0],
                        "a.csv:2: repeated_reference, column 'Crime ID' has 'r1'");
    assert_string_equal(s.report->reject_lines[1],
                        "c.csv:2: repeated_reference, column 'Crime ID' has 'r1'");
    /* the same inputs one by one, in any order */
    const char *orders[2][3] = {{"in/c.csv", "in/a.csv", "in/b.csv"},
                                {"in/b.csv", "in/c.csv", "in/a.csv"}};
    for (size_t i = 0; i < 2; i++) {
        const char *paths[3];
        char texts[3][SCRATCH_PATH_BYTES];
        for (size_t j = 0; j < 3; j++) {
            strcpy(texts[j], scratch_path(*state, orders[i][j]));
            paths[j] = texts[j];
        }
        assert_int_equal(scene_read_many(&s, paths, 3), KERB_OK);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Latest");
    }
    scene_close(&s);
}

static void references__then_the_order_of_files_then_the_line(void **state)
{
    scene s = scene_open();
    s.options.source = "S";
    scratch_write(*state, "in/b.csv", "id,x,y,type\n1,1000,1,B1\n1,1000,1,B2\n2,1000,1,B3\n");
    scratch_write(*state, "in/c.csv", "id,x,y,type\n1,1000,1,C1\n3,1000,1,C2\n");
    scratch_write(*state, "in/2019-01-x.csv", "id,x,y,type\n1,1000,1,month\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->loaded, 3);
    assert_int_equal(s.report->duplicates, 3);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0),
                        "month"); /* a month before none */
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "B3");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 2), "C2");
    scene_close(&s);
}

static void references__of_other_sources_and_blank_ones_are_never_compared(void **state)
{
    scene s = scene_open();
    scene_read_well(
        &s, scratch_write(*state, "a.csv",
                          HEADER ROW("r1", "2020-01", "P", "A") ROW("r1", "2020-01", "Q", "A")
                              ROW("", "2020-01", "P", "A") ROW("", "2020-01", "P", "A")
                                  ROW("r1", "2020-01", "P", "A")));
    assert_int_equal(s.report->loaded, 4);
    assert_int_equal(s.report->duplicates, 1);
    scene_close(&s);
}

static void references__a_rejected_row_does_not_shadow_a_good_one(void **state)
{
    scene s = scene_open();
    scene_read_well(&s,
                    scratch_write(*state, "a.csv",
                                  "id,x,y,date\n1,1000,1,31/02/2020\n1,1000,1,28/02/2020\n"));
    assert_int_equal(s.report->loaded, 1);
    assert_int_equal(s.report->duplicates, 0);
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references__a_set_holds_what_was_added),
        cmocka_unit_test(references__a_million_take_little_memory),
        cmocka_unit_test(references__stored_ones_are_found_until_dropped),
        IN_SCRATCH(references__the_latest_month_wins_whatever_the_order),
        IN_SCRATCH(references__then_the_order_of_files_then_the_line),
        IN_SCRATCH(references__of_other_sources_and_blank_ones_are_never_compared),
        IN_SCRATCH(references__a_rejected_row_does_not_shadow_a_good_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
