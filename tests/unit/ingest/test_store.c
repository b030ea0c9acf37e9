/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way into a store: same counts as into memory, nothing on failure, references over
 * imports. */
#include "ingest_scene.h"

#define HEADER                                                                                 \
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,Crime type\n"
#define ROW(id, month, type) id "," month ",P,P,-1.21,52.62,On or near X," type "\n"

static kerb_status import_into(scene *s, const char *store_path, const char *input)
{
    kerb_store *store = NULL;
    scene_forget(s);
    assert_int_equal(kerb_store_open(s->ctx, store_path, KERB_STORE_WRITE, s->crs, &store),
                     KERB_OK);
    kerb_status status = kerb_ingest_import(s->ctx, &input, 1, &s->options, store, &s->report);
    kerb_store_close(store);
    if (status == KERB_OK) {
        scene_check_sums(s);
    }
    return status;
}

static void read_store(scene *s, const char *store_path)
{
    kerb_store *store = NULL;
    kerb_events_free(s->events);
    s->events = NULL;
    assert_int_equal(kerb_store_open(s->ctx, store_path, KERB_STORE_READ, NULL, &store),
                     KERB_OK);
    assert_int_equal(kerb_store_read_events(s->ctx, store, &s->events), KERB_OK);
    kerb_store_close(store);
}

static void store__holds_what_memory_holds(void **state)
{
    char of_memory[65], of_store[65], path[SCRATCH_PATH_BYTES], input[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.kerb"));
    scratch_write(*state, "in/1.csv",
                  HEADER ROW("a", "2020-01", "Arson") ROW("b", "2020-01", "Drugs")
                      ROW("", "2020-01", "Arson") ROW("a", "2020-01", "Arson") "x,2020-01\n");
    scratch_write(*state, "in/2.csv",
                  "easting,northing,date,type,id\n485900,308700,09/03/2020 14:05,Fire,1\n"
                  ",,31/03/2020,Fire,2\n485900,nan,,Fire,3\n");
    strcpy(input, scratch_path(*state, "in"));
    scene_read_well(&s, input);
    uint64_t counts[4] = {s.report->read, s.report->loaded, s.report->rejected,
                          s.report->without_geometry};
    assert_int_equal(kerb_events_fingerprint(s.ctx, s.events, of_memory), KERB_OK);
    assert_int_equal(import_into(&s, path, input), KERB_OK);
    assert_int_equal(s.report->read, counts[0]);
    assert_int_equal(s.report->loaded, counts[1]);
    assert_int_equal(s.report->rejected, counts[2]);
    assert_int_equal(s.report->without_geometry, counts[3]);
    read_store(&s, path);
    assert_int_equal(kerb_events_fingerprint(s.ctx, s.events, of_store), KERB_OK);
    assert_string_equal(of_store, of_memory);
    /* once more: nothing new, said as a failure that names the file */
    assert_int_equal(import_into(&s, path, input), KERB_ERR_EXISTS);
    assert_non_null(strstr(kerb_ctx_message(s.ctx), "--again"));
    assert_int_equal(s.report->read, 0);
    assert_string_equal(s.report->files[0].skipped, "already loaded");
    /* unless it is wished for: then references still keep incidents single */
    s.options.again = true;
    assert_int_equal(import_into(&s, path, input), KERB_OK);
    assert_int_equal(s.report->read, counts[0]);
    assert_int_equal(s.report->loaded, 1); /* the one without a reference */
    scene_close(&s);
}

static void store__a_later_month_takes_the_place_of_an_earlier_import(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.kerb"));
    const char *february = scratch_write(
        *state, "2.csv", HEADER ROW("a", "2020-02", "February") ROW("b", "2020-02", "Other"));
    assert_int_equal(import_into(&s, path, february), KERB_OK);
    const char *march = scratch_write(*state, "3.csv", HEADER ROW("a", "2020-03", "March"));
    assert_int_equal(import_into(&s, path, march), KERB_OK);
    assert_int_equal(s.report->superseded, 1);
    assert_int_equal(s.report->loaded, 1);
    const char *january = scratch_write(*state, "1.csv", HEADER ROW("a", "2020-01", "January"));
    assert_int_equal(import_into(&s, path, january), KERB_OK);
    assert_int_equal(s.report->superseded, 0);
    assert_int_equal(s.report->duplicates, 1);
    assert_int_equal(s.report->loaded, 0);
    read_store(&s, path);
    assert_int_equal(s.events->n, 2);
    bool has_march = false, has_other = false;
    for (size_t i = 0; i < 2; i++) {
        has_march = has_march || strcmp(scene_name(&s, KERB_NAME_CATEGORY, i), "March") == 0;
        has_other = has_other || strcmp(scene_name(&s, KERB_NAME_CATEGORY, i), "Other") == 0;
    }
    assert_true(has_march && has_other);
    scene_close(&s);
}

static void store__a_failure_loads_nothing(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.kerb"));
    scratch_write(*state, "in/1.csv", "easting,northing\n485900,308700\n");
    scratch_write(*state, "in/2.csv", "x,y\n-0.7,52.6\n");
    char input[SCRATCH_PATH_BYTES];
    strcpy(input, scratch_path(*state, "in"));
    assert_int_equal(import_into(&s, path, input), KERB_ERR_CRS);
    assert_false(scratch_exists(path));
    /* an existing store stays as it was */
    char first[SCRATCH_PATH_BYTES];
    strcpy(first, scratch_path(*state, "in/1.csv"));
    assert_int_equal(import_into(&s, path, first), KERB_OK);
    scratch_write(*state, "in/1.csv", "easting,northing\n485901,308701\n");
    assert_int_equal(import_into(&s, path, input), KERB_ERR_CRS);
    read_store(&s, path);
    assert_int_equal(s.events->n, 1);
    scene_close(&s);
}

static void store__is_no_input(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "in/a.sqlite"));
    scratch_write(*state, "in/1.csv", "easting,northing\n485900,308700\n");
    char input[SCRATCH_PATH_BYTES];
    strcpy(input, scratch_path(*state, "in"));
    assert_int_equal(import_into(&s, path, input), KERB_OK);
    scene_read_well(&s, input);
    assert_int_equal(s.report->n_files, 2);
    assert_string_equal(s.report->files[1].skipped, "a kerb store");
    assert_int_equal(s.report->loaded, 1);
    scene_close(&s);
}

static void store__has_one_working_crs(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    kerb_store *store = NULL;
    kerb_crs *other = NULL;
    strcpy(path, scratch_path(*state, "a.kerb"));
    const char *input = scratch_write(*state, "1.csv", "easting,northing\n485900,308700\n");
    assert_int_equal(kerb_crs_new(s.ctx, "EPSG:32630", &other), KERB_OK);
    assert_int_equal(kerb_store_open(s.ctx, path, KERB_STORE_WRITE, other, &store), KERB_OK);
    assert_int_equal(kerb_ingest_import(s.ctx, &input, 1, &s.options, store, &s.report),
                     KERB_ERR_CRS);
    kerb_store_close(store);
    kerb_crs_free(other);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(store__holds_what_memory_holds),
        IN_SCRATCH(store__a_later_month_takes_the_place_of_an_earlier_import),
        IN_SCRATCH(store__a_failure_loads_nothing),
        IN_SCRATCH(store__is_no_input),
        IN_SCRATCH(store__has_one_working_crs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
