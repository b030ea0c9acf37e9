/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A study is made whole or not at all: which files it makes, that nothing of a failed, stopped
 * or killed run stays, that links are not followed, and that results do not depend on threads.
 */
#include "study_file.h"
#include "study_scene.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define STUDY_HEAD                                                                             \
    "name: Small town\n"                                                                       \
    "import: [{input: town.csv, source: North}]\n"                                             \
    "areas: [{input: wards.csv, set: wards, role: ward, population: people@2024}]\n"

#define STUDY_BODY                                                                             \
    "density: [{name: all, bandwidth: 200m, cell: 40m}]\n"                                     \
    "hotspots: [{name: places, bandwidth: 200m, cell: 40m}]\n"                                 \
    "beats: [{set: wards}]\n"                                                                  \
    "output: {folder: out, formats: [tif, geojson, csv]}\n"

/* Town, wards and a study file in a folder; gives the study. */
static kerb_study *read_study(kerb_ctx *ctx, const char *folder, const char *text)
{
    kerb_study *study = NULL;
    scene_town(folder, "town.csv", 5);
    scene_wards(folder);
    assert_ok(ctx, kerb_study_read(ctx, scratch_write(folder, "study.yaml", text), &study));
    return study;
}

/* Run it into its own folder; *json may be NULL. */
static kerb_status run_study(kerb_ctx *ctx, const kerb_study *study, bool overwrite,
                             json_t **json)
{
    char *text = NULL, *summary = NULL;
    kerb_status status = kerb_study_run(ctx, study, NULL, overwrite, &text, &summary);
    if (status == KERB_OK) {
        assert_non_null(strstr(summary, "150 rows read: 150 loaded (5 without coordinates)"));
        if (json != NULL)
            *json = scene_parse(text);
    } else {
        assert_null(text);
        assert_null(summary);
    }
    kerb_free_text(text);
    kerb_free_text(summary);
    return status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The entries of a folder, sorted, with a blank after each. */
static void assert_entries(const char *path, const char *wanted)
{
    char *names[64], text[2048] = "";
    size_t n = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && n < 64)
            names[n++] = scene_keep(entry->d_name);
    closedir(folder);
    qsort(names, n, sizeof *names, compare_names);
    for (size_t i = 0; i < n; i++) {
        strcat(strcat(text, names[i]), " ");
        kerb_free(names[i]);
    }
    assert_string_equal(text, wanted);
}

static const char *const ENTRIES =
    "beats_wards.csv beats_wards.csv.json beats_wards.geojson density_all.qml density_all.tif "
    "hotspots_places.csv hotspots_places.csv.json hotspots_places.geojson small_town.sqlite ";

static void study__makes_its_files_and_tells_of_each(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    json_t *json = NULL;
    char *out = scene_keep(scratch_path(*state, "out"));
    assert_ok(ctx, run_study(ctx, study, false, &json));
    assert_entries(out, ENTRIES);
    json_t *results = json_object_get(json, "results");
    size_t n_files = 0;
    assert_int_equal(json_array_size(results), 3);
    for (size_t i = 0; i < 3; i++) {
        json_t *outputs = json_object_get(json_array_get(results, i), "outputs");
        for (size_t j = 0; j < json_array_size(outputs); j++) {
            json_t *file = json_array_get(outputs, j);
            const char *path = json_string_value(json_object_get(file, "path"));
            char sha256[65];
            assert_ok(ctx, kerb_sha256_file(ctx, path, sha256));
            assert_string_equal(sha256, json_string_value(json_object_get(file, "sha256")));
            assert_null(strstr(path, ".kerb"));
            n_files++;
        }
    }
    assert_int_equal(n_files, 8);
    json_t *import = json_object_get(json, "import");
    assert_int_equal(json_integer_value(json_object_get(import, "read")), 150);
    assert_int_equal(json_integer_value(json_object_get(import, "without_geometry")), 5);
    assert_int_equal(json_array_size(json_object_get(import, "files")), 1);
    json_decref(json);
    kerb_study_free(study);
    kerb_free(out);
    kerb_ctx_free(ctx);
}

static void study__existing_outputs_are_kept_unless_overwriting(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    char *out = scene_keep(scratch_path(*state, "out")),
         *sidecar = scene_keep(scratch_write(*state, "out/density_all.qml", "mine"));
    assert_fails(ctx, run_study(ctx, study, false, NULL), KERB_ERR_EXISTS, "density_all.qml");
    assert_entries(out, "density_all.qml ");
    char *text = scratch_read(sidecar, NULL);
    assert_string_equal(text, "mine");
    free(text);
    assert_ok(ctx, run_study(ctx, study, true, NULL));
    assert_entries(out, ENTRIES);
    assert_fails(ctx, run_study(ctx, study, false, NULL), KERB_ERR_EXISTS,
                 "small_town.sqlite exists");
    assert_entries(out, ENTRIES);
    kerb_study_free(study);
    kerb_free(out);
    kerb_free(sidecar);
    kerb_ctx_free(ctx);
}

static void study__a_folder_in_the_place_of_a_file_is_not_replaced(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    char *out = scene_keep(scratch_path(*state, "out"));
    scratch_write(*state, "out/hotspots_places.csv.json/mine", "x");
    assert_fails(ctx, run_study(ctx, study, true, NULL), KERB_ERR_IO, "is a folder");
    assert_entries(out, "hotspots_places.csv.json ");
    kerb_study_free(study);
    kerb_free(out);
    kerb_ctx_free(ctx);
}

static void study__a_failure_leaves_no_file_and_no_folder_of_its_own(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study =
        read_study(ctx, *state,
                   STUDY_HEAD "density: [{name: all, bandwidth: 200m}]\nbeats: [{set: no}]\n"
                              "output: {folder: out}\n");
    assert_fails(ctx, run_study(ctx, study, false, NULL), KERB_ERR_NOT_FOUND, "wards");
    assert_false(scratch_exists(scratch_path(*state, "out")));
    kerb_study_free(study);
    kerb_ctx_free(ctx);
}

static void study__what_a_killed_run_left_is_removed(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    char *out = scene_keep(scratch_path(*state, "out")), name[128];
    /* our own number, as in a container, with a store that must not be added to; and one that
     * no process has */
    snprintf(name, sizeof name, "out/.kerb-study-%ld/small_town.sqlite", (long)getpid());
    scratch_write(*state, name, "half");
    scratch_write(*state, "out/.kerb-study-2147483646/density_all.tif", "half");
    scratch_write(*state, "out/.kerb-study-x/mine", "not a number");
    assert_ok(ctx, run_study(ctx, study, false, NULL));
    assert_false(scratch_exists(scratch_path(out, ".kerb-study-2147483646")));
    assert_true(scratch_exists(scratch_path(out, ".kerb-study-x/mine")));
    assert_int_equal(scratch_count(out), 10);
    kerb_study_free(study);
    kerb_free(out);
    kerb_ctx_free(ctx);
}

static void study__a_link_in_the_place_of_its_stage_is_not_followed(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    char name[128];
    char *mine = scene_keep(scratch_write(*state, "mine/file", "x"));
    scratch_write(*state, "out/x", "x");
    assert_int_equal(symlink("../mine", scratch_path(*state, "out/.kerb-study-2147483646")), 0);
    snprintf(name, sizeof name, "out/.kerb-study-%ld", (long)getpid());
    assert_int_equal(symlink("../mine", scratch_path(*state, name)), 0);
    assert_fails(ctx, run_study(ctx, study, false, NULL), KERB_ERR_IO, "out");
    assert_true(scratch_exists(mine));
    assert_int_equal(unlink(scratch_path(*state, name)), 0);
    assert_ok(ctx, run_study(ctx, study, false, NULL));
    assert_true(scratch_exists(mine));
    kerb_study_free(study);
    kerb_free(mine);
    kerb_ctx_free(ctx);
}

/* Two sources: one map each; a source without rows in the period has none, and a source whose
 * rows have no coordinates still has its table. */
static void study__each_source_has_its_own_outputs(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    scratch_write(*state, "south.csv",
                  SCENE_CSV_HEAD "2024-02-01,Theft,450200,300200,\n"
                                 "2024-02-02,Theft,450900,300200,\n");
    scratch_write(*state, "old.csv", SCENE_CSV_HEAD "2019-01-01,Theft,450200,300200,\n");
    scratch_write(*state, "codes.csv",
                  SCENE_CSV_HEAD "2024-02-01,Theft,,,\n2024-02-02,Theft,,,\n");
    kerb_study *study = read_study(
        ctx, *state,
        STUDY_HEAD "  \nperiod: {from: 2024, to: 2025}\n"
                   "density: [{category: Theft, bandwidth: 200m}]\nbeats: [{set: wards}]\n"
                   "output: {folder: out, formats: [tif, csv]}\n");
    const char *inputs[] = {"south.csv", "old.csv", "codes.csv"};
    const char *sources[] = {"South", "Old", "Codes"};
    study_import *imports = kerb_calloc_array(4, sizeof *imports);
    const char *paths[3];
    imports[0] = study->imports[0];
    for (size_t i = 0; i < 3; i++) {
        paths[i] = scene_keep(scratch_path(*state, inputs[i]));
        imports[i + 1] = (study_import){.inputs = {&paths[i], 1}, .source = sources[i]};
    }
    kerb_free(study->imports);
    study->imports = imports;
    study->n_imports = 4;
    char *json = NULL, *summary = NULL, *out = scene_keep(scratch_path(*state, "out"));
    assert_ok(ctx, kerb_study_run(ctx, study, NULL, false, &json, &summary));
    assert_entries(out,
                   "beats_wards_codes.csv beats_wards_codes.csv.json beats_wards_north.csv "
                   "beats_wards_north.csv.json beats_wards_south.csv "
                   "beats_wards_south.csv.json density_theft_north.qml "
                   "density_theft_north.tif density_theft_south.qml "
                   "density_theft_south.tif small_town.sqlite ");
    assert_non_null(strstr(summary, "155 rows read: 155 loaded"));
    kerb_free_text(json);
    kerb_free_text(summary);
    kerb_study_free(study);
    for (size_t i = 0; i < 3; i++)
        kerb_free((char *)(uintptr_t)paths[i]);
    kerb_free(out);
    kerb_ctx_free(ctx);
}

static void study__two_entries_of_one_name_are_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study =
        read_study(ctx, *state,
                   STUDY_HEAD "density: [{name: A b, bandwidth: 200m, cell: 40m}, {name: a-B, "
                              "bandwidth: 200m, cell: 40m}]\noutput: {folder: out}\n");
    assert_fails(ctx, run_study(ctx, study, false, NULL), KERB_ERR_ARG, "density_a_b.tif");
    assert_false(scratch_exists(scratch_path(*state, "out")));
    kerb_study_free(study);
    kerb_ctx_free(ctx);
}

static void study__the_output_folder_must_be_one(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    scratch_write(*state, "out", "a file");
    assert_fails(ctx, run_study(ctx, study, true, NULL), KERB_ERR_IO, "out");
    char *json = NULL, *summary = NULL;
    assert_fails(ctx,
                 kerb_study_run(ctx, study, scratch_path(*state, "no/such/folder"), false,
                                &json, &summary),
                 KERB_ERR_IO, "no/such/folder");
    kerb_study_free(study);
    kerb_ctx_free(ctx);
}

static void study__the_same_bytes_for_any_number_of_threads(void **state)
{
    static const char *const files[] = {"beats_wards.csv",     "beats_wards.geojson",
                                        "density_all.tif",     "density_all.qml",
                                        "hotspots_places.csv", "hotspots_places.geojson"};
    static const int threads[] = {1, 2, 7};
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, STUDY_HEAD STUDY_BODY);
    char digest[3][65];
    for (int run = 0; run < 3; run++) {
        char name[64], *json = NULL, *summary = NULL;
        kerb_store *store = NULL;
        snprintf(name, sizeof name, "run%d", run);
        char *folder = scene_keep(scratch_path(*state, name));
        kerb_ctx_set_threads(ctx, threads[run]);
        assert_ok(ctx, kerb_study_run(ctx, study, folder, false, &json, &summary));
        assert_ok(ctx, kerb_store_open(ctx, scratch_path(folder, "small_town.sqlite"),
                                       KERB_STORE_READ, NULL, &store));
        assert_ok(ctx, kerb_store_digest(ctx, store, digest[run]));
        kerb_store_close(store);
        assert_string_equal(digest[run], digest[0]);
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            char first[64];
            snprintf(first, sizeof first, "run0/%s", files[i]);
            assert_same_files(scratch_path(*state, first), scratch_path(folder, files[i]));
        }
        kerb_free_text(json);
        kerb_free_text(summary);
        kerb_free(folder);
    }
    kerb_study_free(study);
    kerb_ctx_free(ctx);
}

/* ---------------------------------------------------------- memory and stopping */

#define SMALL_STUDY                                                                            \
    "name: s\nimport: [{input: town.csv}]\n"                                                   \
    "areas: [{input: wards.csv, set: wards, role: ward}]\n"                                    \
    "density: [{category: Theft, bandwidth: 200m, cell: 100m}]\n"                              \
    "hotspots: [{category: Theft, bandwidth: 200m, cell: 100m}]\n"                             \
    "beats: [{set: wards}]\noutput: {folder: out, formats: [tif, csv]}\n"

static void study__lack_of_memory_anywhere_leaves_nothing(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = read_study(ctx, *state, SMALL_STUDY);
    kerb_ctx_set_threads(ctx, 1);
    scratch_write(*state, "town.csv",
                  SCENE_CSV_HEAD "2024-02-01,Theft,450200,300200,\n"
                                 "2024-02-02,Arson,450900,300200,\n");
    failing_allocator_set(0);
    char *json = NULL, *summary = NULL, *out = scene_keep(scratch_path(*state, "out"));
    failing_allocator_set(SIZE_MAX); /* counts, refuses none */
    assert_ok(ctx, kerb_study_run(ctx, study, out, true, &json, &summary));
    size_t n_made = failing_allocator_count(), step = n_made / 60 + 1;
    failing_allocator_set(0);
    kerb_free_text(json);
    kerb_free_text(summary);
    assert_true(n_made > 500);
    /* sixty on the way, and the last ones, where files get their names, one by one */
    for (size_t n = 1; n <= n_made; n += n + 30 < n_made ? step : 1) {
        char *none_json = NULL, *none_summary = NULL;
        scratch_write(*state, "fresh/keep", "");
        failing_allocator_set(n);
        kerb_status status = kerb_study_run(ctx, study, scratch_path(*state, "fresh"), false,
                                            &none_json, &none_summary);
        bool was_refused = failing_allocator_count() >= n;
        failing_allocator_set(0);
        if (!was_refused) { /* a path shorter than the first run's needs a little less */
            assert_int_equal(status, KERB_OK);
            assert_true(n + 30 > n_made);
            kerb_free_text(none_json);
            kerb_free_text(none_summary);
            break;
        }
        if (status != KERB_ERR_NOMEM)
            fail_msg("allocation %zu of %zu failed and the study gave %s: %s", n, n_made,
                     kerb_status_name(status), kerb_ctx_message(ctx));
        assert_null(none_json);
        assert_null(none_summary);
        assert_int_equal(scratch_count(scratch_path(*state, "fresh")), 1);
    }
    kerb_study_free(study);
    kerb_free(out);
    kerb_ctx_free(ctx);
}

static void study__stopping_anywhere_leaves_nothing(void **state)
{
    kerb_ctx *reader = kerb_ctx_new();
    kerb_study *study = read_study(reader, *state, STUDY_HEAD STUDY_BODY);
    char *out = scene_keep(scratch_path(*state, "out"));
    bool was_whole = false;
    for (size_t n = 1; n < 200 && !was_whole; n += 1 + n / 6) {
        scene_stopper stopper;
        kerb_ctx *ctx = scene_ctx_stopping(&stopper, n);
        kerb_status status = run_study(ctx, study, false, NULL);
        was_whole = status == KERB_OK;
        if (was_whole) {
            assert_entries(out, ENTRIES);
        } else {
            assert_int_equal(status, KERB_ERR_CANCELLED);
            assert_false(scratch_exists(out));
        }
        kerb_ctx_free(ctx);
    }
    assert_true(was_whole);
    kerb_study_free(study);
    kerb_free(out);
    kerb_ctx_free(reader);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(study__makes_its_files_and_tells_of_each),
        in_folder(study__existing_outputs_are_kept_unless_overwriting),
        in_folder(study__a_folder_in_the_place_of_a_file_is_not_replaced),
        in_folder(study__a_failure_leaves_no_file_and_no_folder_of_its_own),
        in_folder(study__what_a_killed_run_left_is_removed),
        in_folder(study__a_link_in_the_place_of_its_stage_is_not_followed),
        in_folder(study__each_source_has_its_own_outputs),
        in_folder(study__two_entries_of_one_name_are_refused),
        in_folder(study__the_output_folder_must_be_one),
        in_folder(study__the_same_bytes_for_any_number_of_threads),
        in_folder(study__lack_of_memory_anywhere_leaves_nothing),
        in_folder(study__stopping_anywhere_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
