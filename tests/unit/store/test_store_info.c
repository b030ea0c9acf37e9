/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a store tells about itself: JSON that adds up, a digest of its content, layers for QGIS.
 */
#include "store_scene.h"

#include <jansson.h>
#include <spatialite.h>
#include <spatialite/gaiageo.h>
#include <spatialite/gg_dynamic.h>
#include <sys/wait.h>

static int64_t get_int(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *get_text(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_string(value));
    return json_string_value(value);
}

static int64_t sum_of(const json_t *array, const char *key)
{
    int64_t sum = 0;
    size_t i;
    const json_t *item;
    assert_true(json_is_array(array));
    json_array_foreach(array, i, item) sum += get_int(item, key);
    return sum;
}

static void info__json_parses_and_adds_up(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(100, 1);
    for (size_t i = 0; i < 7; i++)
        rows->x[i] = rows->y[i] = (double)NAN;
    for (size_t i = 5; i < 9; i++)
        rows->start[i] = KERB_CIVIL_NONE;
    rows->start[20] = 1582934400; /* 2020-02-29 */
    rows->precision[20] = KERB_PRECISION_DAY;
    for (size_t i = 21; i < 100; i++) /* the rest on 2020-03-02 at 10:30 */
        rows->start[i] = 1583145000;
    for (size_t i = 0; i < 20; i++)
        rows->start[i] = rows->start[i] == KERB_CIVIL_NONE ? KERB_CIVIL_NONE : 1583145000;
    assert_ok(ctx, scene_try_import(ctx, store, "a.csv", 24242, rows));
    assert_ok(ctx, scene_try_import(ctx, store, "b \"quoted\"\\.csv", -1, rows));
    assert_ok(ctx, kerb_store_add_run(ctx, store, "density", "{\"cell\":50}", "ff", "[]"));
    scene_rows_free(rows);
    char *text = NULL;
    assert_ok(ctx, kerb_store_info(ctx, store, &text));
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("%s at %d: %s", error.text, error.column, text);
    assert_null(strchr(text, '\n'));
    kerb_free_text(text);

    assert_string_equal(get_text(json, "crs"), "EPSG:27700");
    assert_int_equal(get_int(json, "n_incidents"), 200);
    assert_int_equal(get_int(json, "n_without_geometry"), 14);
    assert_int_equal(get_int(json, "n_without_date"), 8);
    assert_string_equal(get_text(json_object_get(json, "period"), "from"), "2020-02-29");
    assert_string_equal(get_text(json_object_get(json, "period"), "to"), "2020-03-02T10:31");
    assert_int_equal(sum_of(json_object_get(json, "sources"), "n"), 200);
    assert_int_equal(sum_of(json_object_get(json, "categories"), "n"), 200);
    assert_int_equal(json_array_size(json_object_get(json, "categories")), 3);
    const json_t *months = json_object_get(json, "months");
    assert_int_equal(json_array_size(months), 2);
    assert_string_equal(get_text(json_array_get(months, 0), "month"), "2020-02");
    assert_int_equal(get_int(json_array_get(months, 0), "n"), 2);
    assert_int_equal(get_int(json_array_get(months, 1), "n"), 190);
    const json_t *imports = json_object_get(json, "imports");
    assert_int_equal(json_array_size(imports), 2);
    int64_t loaded = 0;
    for (size_t i = 0; i < 2; i++) {
        const json_t *files = json_object_get(json_array_get(imports, i), "files");
        const json_t *file = json_array_get(files, 0);
        assert_int_equal(get_int(file, "read"),
                         get_int(file, "loaded") + get_int(file, "rejected"));
        assert_int_equal(get_int(json_object_get(file, "by_reason"), "no_coordinates"), 7);
        assert_true(json_is_null(json_object_get(file, "sha256")));
        loaded += get_int(file, "loaded");
    }
    assert_int_equal(loaded, 200);
    const json_t *run = json_array_get(json_object_get(json, "runs"), 0);
    assert_int_equal(get_int(json_object_get(run, "parameters"), "cell"), 50);
    assert_int_equal(json_object_size(json_object_get(json, "rejects")), 0);
    json_decref(json);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void info__empty_store_has_no_period(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    char *text = NULL;
    scene_make(ctx, path, 0, 1);
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_info(ctx, store, &text));
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    assert_int_equal(get_int(json, "n_incidents"), 0);
    assert_true(json_is_null(json_object_get(json_object_get(json, "period"), "from")));
    json_decref(json);
    kerb_free_text(text);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

/* -------------------------------------------------------------------- digest */

static void get_digest(kerb_ctx *ctx, const char *path, char *hex)
{
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_digest(ctx, store, hex));
    assert_int_equal(strlen(hex), 64);
    kerb_store_close(store);
}

/* Two files in one order or the other, with or without a vacuum and gaps in the ids. */
static void make_two(kerb_ctx *ctx, const char *path, bool swapped)
{
    kerb_store *store = scene_open(ctx, path);
    for (int i = 0; i < 2; i++) {
        bool second = (i == 1) != swapped;
        scene_rows *rows = scene_rows_new(second ? 50 : 70, second ? 2 : 1);
        scene_import(ctx, store, second ? "b.csv" : "a.csv", rows);
        scene_rows_free(rows);
    }
    kerb_store_close(store);
}

static void info__digest_is_that_of_the_content(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char first[65], other[65];
    char path[SCRATCH_PATH_BYTES], again[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    snprintf(again, sizeof again, "%s", scratch_path(*state, "b.sqlite"));
    make_two(ctx, path, false);
    get_digest(ctx, path, first);
    make_two(ctx, again, false);
    get_digest(ctx, again, other);
    assert_string_equal(first, other);
    const char *swapped = scratch_path(*state, "c.sqlite");
    make_two(ctx, swapped, true);
    get_digest(ctx, swapped, other);
    assert_string_equal(first, other);

    kerb_store__spatial eyes = scene_eyes(ctx, again);
    scene_exec(eyes.db, "INSERT INTO label (id, name) VALUES (77, 'unused');"
                        "UPDATE category SET id = id + 100; UPDATE incident SET category_id = "
                        "category_id + 100, id = id + 1000 WHERE id > 30;"
                        "UPDATE incident SET category_id = category_id + 100 WHERE id <= 30;"
                        "VACUUM");
    kerb_store__spatial_close(&eyes);
    get_digest(ctx, again, other);
    assert_string_equal(first, other);

    /* one value at a time */
    static const char *const changes[] = {
        "UPDATE incident SET geom = ShiftCoords(geom, 1e-9, 0) WHERE id = 9",
        "UPDATE incident SET start = start + 1 WHERE id = 9",
        "UPDATE incident SET precision = 2 WHERE id = 9",
        "UPDATE incident SET reference = 'x' WHERE id = 9",
        "UPDATE incident SET weight = 2 WHERE id = 9",
        "UPDATE incident SET time_end = start + 5400 WHERE id = 9",
        "UPDATE incident SET recorded = start + 5400 WHERE id = 9",
        "UPDATE incident SET category_id = NULL WHERE id = 9",
        "UPDATE label SET name = 'elsewhere' WHERE id = 1",
        "UPDATE file SET n_rejected = 1 WHERE id = 1",
        "DELETE FROM incident WHERE id = 9",
        "INSERT INTO incident (geom) VALUES (NULL)",
        "INSERT INTO reject (file_id, reason) VALUES (1, 'x')",
        "INSERT INTO area_set (name, role) VALUES ('x', 'study')",
        "INSERT INTO run (kerb_version, command, parameters) VALUES ('0', 'x', '{}')",
    };
    size_t length = 0;
    char *bytes = scratch_read(path, &length);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const char *changed = scratch_write_bytes(*state, "changed.sqlite", bytes, length);
        eyes = scene_eyes(ctx, changed);
        scene_exec(eyes.db, changes[i]);
        kerb_store__spatial_close(&eyes);
        get_digest(ctx, changed, other);
        if (strcmp(first, other) == 0)
            fail_msg("the digest does not see: %s", changes[i]);
    }
    free(bytes);
    kerb_ctx_free(ctx);
}

/* ------------------------------------------------------------- other programs */

/* SpatiaLite, asked to bring statistics up to date, takes ours as such and counts nothing, but
 * it does after an edit. */
static void info__statistics_are_believed_until_an_edit(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 5000, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    static const char verified[] =
        "SELECT last_verified FROM geometry_columns_statistics WHERE "
        "f_table_name = 'incident'";
    gaiaVectorLayersListPtr list =
        gaiaGetVectorLayersList(eyes.db, "incident", "geom", GAIA_VECTORS_LIST_PESSIMISTIC);
    assert_non_null(list);
    assert_non_null(list->First);
    assert_int_equal(list->First->ExtentInfos->Count, 5000);
    assert_near_abs(list->First->ExtentInfos->MinX, 430000.0, 100.0);
    assert_near_abs(list->First->ExtentInfos->MaxY, 330000.0, 100.0);
    gaiaFreeVectorLayersList(list);
    assert_sql_text(eyes.db, verified, "0000-01-01T00:00:00.000Z"); /* it did not count again */
    assert_sql_int(
        eyes.db,
        "SELECT (SELECT min(ST_X(geom)) FROM incident) BETWEEN extent_min_x AND "
        "extent_min_x + 0.1 FROM views_geometry_columns_statistics WHERE view_name = "
        "'incident_view'",
        1);
    scene_exec(eyes.db, "INSERT INTO incident (geom) VALUES (MakePoint(1, 2, 27700))");
    list = gaiaGetVectorLayersList(eyes.db, "incident", "geom", GAIA_VECTORS_LIST_PESSIMISTIC);
    assert_int_equal(list->First->ExtentInfos->Count, 5001);
    gaiaFreeVectorLayersList(list);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void info__ogrinfo_reads_the_layers(void **state)
{
    if (system("command -v ogrinfo > /dev/null 2>&1") != 0) {
        print_message("ogrinfo is not installed\n");
        skip();
    }
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 300, 1);
    static const char *const layers[] = {"incident", "incident_view"};
    for (size_t i = 0; i < 2; i++) {
        char command[5 * SCRATCH_PATH_BYTES], out[SCRATCH_PATH_BYTES];
        snprintf(out, sizeof out, "%s", scratch_path(*state, "out.txt"));
        snprintf(
            command, sizeof command,
            "ogrinfo -ro -so '%s' %s > '%s' 2>&1 && ogrinfo -ro -spat 430000 280000 455000 "
            "305000 '%s' %s >> '%s' 2>&1",
            path, layers[i], out, path, layers[i], out);
        assert_int_equal(system(command), 0);
        size_t length = 0;
        char *text = scratch_read(out, &length);
        assert_non_null(strstr(text, "Feature Count: 300"));
        assert_non_null(strstr(text, "Geometry: Point"));
        assert_non_null(strstr(text, "27700"));
        assert_non_null(strstr(text, "POINT (4"));
        assert_null(strstr(text, "ERROR"));
        int64_t n = 0;
        for (const char *at = text; (at = strstr(at, "OGRFeature(")) != NULL; at++)
            n++;
        free(text);
        kerb_store__spatial eyes = scene_eyes(ctx, path);
        assert_sql_int(
            eyes.db,
            "SELECT count(*) FROM incident WHERE ST_X(geom) BETWEEN 430000 AND 455000 "
            "AND ST_Y(geom) BETWEEN 280000 AND 305000",
            n);
        kerb_store__spatial_close(&eyes);
    }
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(info__json_parses_and_adds_up),
        WITH_FOLDER(info__empty_store_has_no_period),
        WITH_FOLDER(info__digest_is_that_of_the_content),
        WITH_FOLDER(info__statistics_are_believed_until_an_edit),
        WITH_FOLDER(info__ogrinfo_reads_the_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
