/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GeoPackage read as what it is, an SQLite file, with another library than the one that wrote
 * it. */
#include "export_scene.h"

#include "export_internal.h"

#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

static int set_up(void **state)
{
    scene *s = scene_new();
    s->set = scene_areas(s->ctx, 12);
    *state = s;
    return 0;
}

static const char *export_layer(scene *s, const kerb_layer *layer, const char *name,
                                const char *extra)
{
    const char *path = scratch_path(s->folder, name);
    kerb_export_layer_options options = {.extra_json = extra};
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, &options, path));
    return path;
}

/* First column of the first row as text, "(null)" for NULL, "(none)" without a row; free(). */
static char *ask(const char *path, const char *sql)
{
    sqlite3 *file = NULL;
    sqlite3_stmt *statement = NULL;
    char *answer = NULL;
    assert_int_equal(sqlite3_open_v2(path, &file, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(file, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(file));
    if (sqlite3_step(statement) != SQLITE_ROW)
        answer = strdup("(none)");
    else if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
        answer = strdup("(null)");
    else
        answer = strdup((const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(file);
    assert_non_null(answer);
    return answer;
}

static void assert_answer(const char *path, const char *sql, const char *wanted)
{
    char *answer = ask(path, sql);
    if (strcmp(answer, wanted) != 0)
        fail_msg("%s\n  gives %s\n  not   %s", sql, answer, wanted);
    free(answer);
}

static void gpkg__holds_the_rows_in_the_working_crs(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    assert_answer(path, "SELECT count(*) FROM beats", "12");
    assert_answer(path, "SELECT n FROM beats WHERE id = 'A03'", "14");
    assert_answer(path, "SELECT typeof(rate_per_1000) FROM beats WHERE id = 'A03'", "real");
    assert_answer(path, "SELECT rate_per_1000 FROM beats WHERE id = 'A02'", "(null)");
    assert_answer(path, "SELECT min(fid) || ' ' || max(fid) FROM beats", "1 12");
    assert_answer(path, "SELECT srs_id || geometry_type_name FROM gpkg_geometry_columns",
                  "27700MULTIPOLYGON");
    assert_answer(path,
                  "SELECT organization || organization_coordsys_id FROM gpkg_spatial_ref_sys "
                  "WHERE srs_id = 27700",
                  "EPSG27700");
    assert_answer(path, "PRAGMA integrity_check", "ok");
    assert_answer(path, "PRAGMA application_id", "1196444487"); /* "GPKG" */
    assert_int_equal(scratch_count(s->folder), 1);
    kerb_layer_free(layer);
}

static void gpkg__r_tree_has_every_box(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    assert_answer(path, "SELECT rtreecheck('rtree_beats_geom')", "ok");
    /* square 3 spans 457000 to 458000 */
    assert_answer(
        path, "SELECT count(*) FROM rtree_beats_geom WHERE minx <= 457500 AND maxx >= 457500",
        "1");
    assert_answer(path, "SELECT count(*) FROM rtree_beats_geom", "12");
    kerb_layer_free(layer);
}

static void gpkg__style_row_is_as_qgis_looks_for_it(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    assert_answer(path, "SELECT count(*) FROM layer_styles", "1");
    assert_answer(
        path,
        "SELECT f_table_catalog = '' AND f_table_schema = '' AND f_table_name = 'beats' AND "
        "f_geometry_column = 'geom' AND useAsDefault = 1 AND length(styleName) <= 30 "
        "FROM layer_styles",
        "1");
    assert_answer(path, "SELECT update_time FROM layer_styles", "2022-01-01T00:00:00.000Z");
    assert_answer(path, "SELECT instr(styleQML, 'graduatedSymbol') > 0 FROM layer_styles", "1");
    assert_answer(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'",
                  "attributes");
    kerb_layer_free(layer);
}

static void gpkg__carries_the_stamp_and_the_extra_members(void **state)
{
    scene *s = *state;
    char *json = NULL;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *path = export_layer(s, layer, "x.gpkg", "\"verdict\":1");
    assert_ok(s->ctx, kerb_stamp_json(s->ctx, &s->stamp, &json));
    assert_answer(path, "SELECT stamp FROM kerb_stamp", json);
    assert_answer(path, "SELECT fields FROM kerb_stamp",
                  "{\"n\":\"events\",\"rate_per_1000\":\"per 1,000 residents\"}");
    assert_answer(path, "SELECT extra FROM kerb_stamp", "{\"verdict\":1}");
    assert_answer(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'kerb_stamp'",
                  "attributes");
    assert_answer(path, "SELECT description FROM gpkg_contents WHERE table_name = 'beats'",
                  s->stamp.title);
    assert_answer(path, "SELECT DISTINCT last_change FROM gpkg_contents",
                  "2022-01-01T00:00:00.000Z");
    kerb_free_text(json);
    kerb_layer_free(layer);
}

static void gpkg__same_bytes_on_another_day_and_in_another_zone(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *first = export_layer(s, layer, "a.gpkg", NULL);
    /* the clock that would show is in seconds: let it move on */
    sleep(1);
    setenv("TZ", "America/St_Johns", 1);
    tzset();
    const char *second = export_layer(s, layer, "b.gpkg", NULL);
    unsetenv("TZ");
    tzset();
    assert_same_file(first, second);
    setenv("SOURCE_DATE_EPOCH", "1000000000", 1);
    const char *third = export_layer(s, layer, "c.gpkg", NULL);
    unsetenv("SOURCE_DATE_EPOCH");
    assert_answer(third, "SELECT DISTINCT last_change FROM gpkg_contents",
                  "2001-09-09T01:46:40.000Z");
    kerb_layer_free(layer);
}

static void gpkg__a_plane_without_a_name_is_undefined_cartesian(void **state)
{
    scene *s = *state;
    kerb_crs_free(s->crs);
    s->crs = NULL;
    assert_ok(s->ctx, kerb_crs_new(s->ctx, "none", &s->crs));
    s->stamp.crs = s->crs;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    assert_answer(path, "SELECT srs_id FROM gpkg_geometry_columns", "-1");
    kerb_layer_free(layer);
}

static void gpkg__an_empty_layer_and_a_table_without_areas_are_valid(void **state)
{
    scene *s = *state;
    kerb_areas_set *none = NULL;
    assert_ok(s->ctx, kerb_areas_set_new(s->ctx, &none));
    kerb_layer *empty = scene_layer(s->ctx, none, 0);
    const char *path = export_layer(s, empty, "empty.gpkg", NULL);
    assert_answer(path, "SELECT count(*) FROM beats", "0");
    assert_answer(path, "SELECT count(*) FROM layer_styles", "1");
    kerb_layer *table = scene_layer(s->ctx, NULL, 4);
    path = export_layer(s, table, "table.gpkg", NULL);
    assert_answer(path, "SELECT count(*) FROM beats", "4");
    assert_answer(path, "SELECT data_type FROM gpkg_contents WHERE table_name = 'beats'",
                  "attributes");
    assert_answer(path, "SELECT count(*) FROM sqlite_master WHERE name = 'layer_styles'", "0");
    kerb_layer_free(table);
    kerb_layer_free(empty);
    kerb_areas_set_free(none);
}

static void gpkg__hostile_names_come_back(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_hostile_layer(s->ctx, NULL);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT name FROM beats WHERE fid = %zu", i + 1);
        assert_answer(path, sql, scene_hostile_as_utf8(i));
    }
    assert_answer(path, "SELECT max(length(name)) FROM beats", "10000");
    kerb_layer_free(layer);
}

static void gpkg__hostile_table_and_column_names_are_kept(void **state)
{
    scene *s = *state;
    kerb_layer *layer = NULL;
    size_t column;
    assert_ok(s->ctx, kerb_layer_new(s->ctx, "a\"b'); DROP TABLE x;--", 12, s->set, &layer));
    assert_ok(s->ctx, kerb_layer_add_field(s->ctx, layer, "select \"1\" 'x'", KERB_FIELD_REAL,
                                           NULL, &column));
    kerb_layer_set_real(layer, 4, column, 2.5);
    kerb_layer_set_style(layer, column, KERB_CLASSES_QUANTILE);
    const char *path = export_layer(s, layer, "x.gpkg", NULL);
    assert_answer(
        path,
        "SELECT \"select \"\"1\"\" 'x'\" FROM \"a\"\"b'); DROP TABLE x;--\" WHERE fid = 5",
        "2.5");
    assert_answer(
        path,
        "SELECT count(*) FROM layer_styles, gpkg_geometry_columns WHERE f_table_name = "
        "table_name",
        "1");
    kerb_layer_free(layer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gpkg__holds_the_rows_in_the_working_crs),
        TEST(gpkg__r_tree_has_every_box),
        TEST(gpkg__style_row_is_as_qgis_looks_for_it),
        TEST(gpkg__carries_the_stamp_and_the_extra_members),
        TEST(gpkg__same_bytes_on_another_day_and_in_another_zone),
        TEST(gpkg__a_plane_without_a_name_is_undefined_cartesian),
        TEST(gpkg__an_empty_layer_and_a_table_without_areas_are_valid),
        TEST(gpkg__hostile_names_come_back),
        TEST(gpkg__hostile_table_and_column_names_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
