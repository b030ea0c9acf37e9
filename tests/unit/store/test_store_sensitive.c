/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents in sensitive places come out of the store without place and street; the sets are
 * not there for anybody who asks; a mask that cannot be read stops the reading. */
#include "store_scene.h"

enum { N = 4 };
/* inside, on the border, in a corner, one micrometre outside */
static const double X[N] = {450050, 450100, 450000, 450100.000001};
static const double Y[N] = {300050, 300050, 300000, 300050};

static void add_incidents(kerb_ctx *ctx, kerb_store *store, const char *victim)
{
    kerb_import *import = NULL;
    kerb_import_file file = {.name = "a.csv", .month = -1};
    int64_t file_id = 0;
    uint32_t numbers[KERB_NAME_KINDS][N];
    kerb_civil_s start[N];
    uint8_t precision[N] = {0};
    int64_t line[N] = {2, 3, 4, 5};
    kerb_import_rows rows = {
        .n = N, .x = X, .y = Y, .start = start, .precision = precision, .line = line};
    assert_ok(ctx, kerb_import_begin(ctx, store, NULL, &import));
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        for (size_t i = 0; i < N; i++) {
            char text[32];
            snprintf(text, sizeof text, kind >= KERB_NAME_AREA_CODE ? "%d of %zu" : "%d", kind,
                     i);
            start[i] = KERB_CIVIL_NONE;
            assert_ok(ctx, kerb_import_add_name(ctx, import, (kerb_name_kind)kind, text,
                                                strlen(text), &numbers[kind][i]));
        }
        rows.names[kind] = numbers[kind];
    }
    kerb_import_personal personal = {.row = 1, .name = "victim", .text = victim};
    if (victim) {
        personal.length = strlen(victim);
        rows.personal = &personal;
        rows.n_personal = 1;
    }
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &rows));
    kerb_import_counts counts = {.read = N, .loaded = N, .without_date = N};
    assert_ok(ctx, kerb_import_finish_file(ctx, import, file_id, NULL, &counts));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
}

static kerb_areas_set *make_refuge(kerb_ctx *ctx)
{
    static const kerb_point ring[] = {
        {450000, 300000}, {450100, 300000}, {450100, 300100}, {450000, 300100}};
    static const size_t count = 4;
    kerb_areas_set *set = NULL;
    assert_ok(ctx, kerb_areas_set_new(ctx, &set));
    assert_ok(ctx,
              kerb_areas_set_add_rings(ctx, set, "refuge-id", "refuge-name", 1, &count, ring));
    return set;
}

static kerb_store *make_store(kerb_ctx *ctx, const char *path)
{
    kerb_store *store = scene_open(ctx, path);
    kerb_areas_set *set = make_refuge(ctx);
    add_incidents(ctx, store, NULL);
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "refuges", "sensitive", "/x/refuges.shp",
                                          "ab12", set));
    kerb_areas_set_free(set);
    return store;
}

static bool knows(const kerb_events *events, kerb_name_kind kind, const char *text)
{
    for (uint32_t i = 1; i <= kerb_events_name_count(events, kind); i++)
        if (strcmp(kerb_events_name(events, kind, i), text) == 0)
            return true;
    return false;
}

static void sensitive__incidents_inside_and_on_the_border_have_no_place(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = make_store(ctx, scratch_path(*state, "a.sqlite"));
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, N);
    for (size_t i = 0; i < 3; i++) {
        assert_true(isnan(events->x[i]) && isnan(events->y[i]));
        assert_int_equal(events->names[KERB_NAME_LABEL][i], 0);
        assert_int_equal(events->names[KERB_NAME_AREA_NAME][i], 0);
        assert_int_not_equal(events->names[KERB_NAME_AREA_CODE][i], 0);
        assert_int_not_equal(events->names[KERB_NAME_CATEGORY][i], 0);
    }
    assert_near_abs(events->x[3], X[3], 0);
    assert_int_not_equal(events->names[KERB_NAME_LABEL][3], 0);
    /* nor does the table know the words */
    assert_true(knows(events, KERB_NAME_LABEL, "4 of 3"));
    for (size_t i = 0; i < 3; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d of %zu", (int)KERB_NAME_LABEL, i);
        assert_false(knows(events, KERB_NAME_LABEL, text));
        snprintf(text, sizeof text, "%d of %zu", (int)KERB_NAME_AREA_NAME, i);
        assert_false(knows(events, KERB_NAME_AREA_NAME, text));
    }
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void sensitive__sets_are_not_there_for_anybody_who_asks(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = make_store(ctx, scratch_path(*state, "a.sqlite"));
    kerb_areas_set *set = NULL, *refuge = make_refuge(ctx);
    char *text = NULL, with[65], without[65];
    size_t n = 7;
    bool is_there = false;
    assert_int_equal(kerb_store_read_areas(ctx, store, "refuges", &set), KERB_ERR_NOT_FOUND);
    assert_message(ctx, "it has none");
    assert_ok(ctx, kerb_store_find_area_role(ctx, store, "refuges", &text));
    assert_null(text);
    assert_ok(ctx, kerb_store_find_role(ctx, store, "sensitive", &n, &text));
    assert_null(text);
    assert_int_equal(n, 0);
    assert_ok(ctx, kerb_store_has_areas(ctx, store, "refuges", &is_there));
    assert_true(is_there);
    assert_ok(ctx, kerb_store_info(ctx, store, &text));
    assert_null(strstr(text, "refuge"));
    assert_null(strstr(text, "ab12"));
    assert_null(strstr(text, "sensitive"));
    assert_non_null(strstr(text, "\"n_without_geometry\":3"));
    kerb_free_text(text);
    /* a second set, and none, have the same digest */
    assert_ok(ctx, kerb_store_digest(ctx, store, with));
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "more", "sensitive", NULL, NULL, refuge));
    assert_ok(ctx, kerb_store_digest(ctx, store, without));
    assert_string_equal(with, without);
    kerb_store__spatial eyes = scene_eyes(ctx, scratch_path(*state, "a.sqlite"));
    assert_sql_int(eyes.db, "SELECT count(*) FROM area_set WHERE file_name IS NOT NULL", 0);
    scene_exec(eyes.db, "DELETE FROM area; DELETE FROM area_set");
    kerb_store__spatial_close(&eyes);
    assert_ok(ctx, kerb_store_digest(ctx, store, without));
    assert_string_equal(with, without);
    kerb_areas_set_free(refuge);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void sensitive__a_damaged_mask_never_unmasks(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = make_store(ctx, path);
    kerb_events *events = NULL;
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "DROP TRIGGER ggu_area_geom; UPDATE area SET geom = x'00'");
    kerb_store__spatial_close(&eyes);
    assert_int_equal(kerb_store_read_events(ctx, store, &events), KERB_ERR_FORMAT);
    assert_null(events);
    assert_message(ctx, "areas are damaged");
    assert_null(strstr(kerb_ctx_message(ctx), "refuge"));
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

/* What is kept about people goes in, is counted, and is in no digest, which would confirm a
 * guess. */
static void personal__values_are_counted_and_not_in_the_digest(void **state)
{
    static const char *const victims[] = {NULL, "Wilhelmina", "O'Brien; DROP TABLE"};
    kerb_ctx *ctx = kerb_ctx_new();
    char hex[3][65];
    for (size_t i = 0; i < 3; i++) {
        char name[] = "0.sqlite", *info = NULL;
        name[0] = (char)('0' + i);
        const char *path = scratch_path(*state, name);
        kerb_store *store = scene_open(ctx, path);
        add_incidents(ctx, store, victims[i]);
        assert_ok(ctx, kerb_store_digest(ctx, store, hex[i]));
        assert_string_equal(hex[i], hex[0]);
        assert_ok(ctx, kerb_store_info(ctx, store, &info));
        assert_non_null(
            strstr(info, victims[i] ? "\"n_with_personal\":1" : "\"n_with_personal\":0"));
        assert_null(strstr(info, "Wilhelmina"));
        kerb_free_text(info);
        kerb_store_close(store);
        kerb_store__spatial eyes = scene_eyes(ctx, path);
        assert_sql_int(eyes.db, "SELECT count(*) FROM incident_personal", victims[i] != NULL);
        if (victims[i]) {
            assert_sql_int(eyes.db, "SELECT incident_id FROM incident_personal", 2);
            assert_sql_text(eyes.db, "SELECT value FROM incident_personal", victims[i]);
        }
        kerb_store__spatial_close(&eyes);
    }
    kerb_ctx_free(ctx);
}

static kerb_status read_masked(kerb_ctx *ctx, void *user)
{
    kerb_events *events = NULL;
    kerb_status status = kerb_store_read_events(ctx, user, &events);
    kerb_events_free(events);
    return status;
}

static void sensitive__out_of_memory_never_unmasks(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = make_store(ctx, scratch_path(*state, "a.sqlite"));
    assert_true(failing_allocator_walk(read_masked, store) > 10);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(sensitive__incidents_inside_and_on_the_border_have_no_place),
        WITH_FOLDER(sensitive__sets_are_not_there_for_anybody_who_asks),
        WITH_FOLDER(sensitive__a_damaged_mask_never_unmasks),
        WITH_FOLDER(sensitive__out_of_memory_never_unmasks),
        WITH_FOLDER(personal__values_are_counted_and_not_in_the_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
