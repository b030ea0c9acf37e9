/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The styles as QGIS itself takes them: files are written, loaded by PyQGIS without any help,
 * and what it found is compared with what the library meant. Skipped where QGIS is not
 * installed. */
#include "export_scene.h"

#include <jansson.h>
#include <sys/stat.h>

/* HOME and the like of its own, so that no settings of the user join in. */
static int run_qgis(const scene *s, const char *arguments)
{
    char command[8 * SCRATCH_PATH_BYTES];
    snprintf(command, sizeof command,
             "mkdir -p '%s/home' && chmod 700 '%s/home' && env HOME='%s/home' "
             "XDG_RUNTIME_DIR='%s/home' QT_QPA_PLATFORM=offscreen /usr/bin/python3 -B %s "
             "2>'%s/home/log'",
             s->folder, s->folder, s->folder, s->folder, arguments, s->folder);
    return system(command);
}

static int set_up(void **state)
{
    *state = scene_new();
    return 0;
}

static bool skip_without_qgis(const scene *s, const char *name)
{
    static int result = -1; /* starting QGIS takes a second: asked once */
    if (result == -1)
        result = run_qgis(s, "-c 'import qgis.core, os; os._exit(0)'");
    if (result == 0)
        return false;
    print_message("SKIP %s: python3-qgis is not here\n", name);
    return true;
}

static json_t *describe(const scene *s, const char *path)
{
    char arguments[4 * SCRATCH_PATH_BYTES];
    json_error_t error;
    snprintf(arguments, sizeof arguments,
             "'%s/tests/support/render_qgis.py' describe '%s' >'%s/out'", KERB_SOURCE_DIR, path,
             s->folder);
    assert_int_equal(run_qgis(s, arguments), 0);
    json_t *found = json_load_file(scratch_path(s->folder, "out"), 0, &error);
    if (found == NULL)
        fail_msg("not JSON: %s", error.text);
    return found;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void assert_colour(const json_t *item, const unsigned char rgb[3])
{
    char colour[8];
    snprintf(colour, sizeof colour, "#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
    assert_string_equal(text_of(item, "colour"), colour);
}

static void qgis__draws_a_density_in_its_classes_and_zero_not_at_all(void **state)
{
    scene *s = *state;
    if (skip_without_qgis(s, __func__))
        skip();
    const char *path = scratch_path(s->folder, "a.tif");
    kerb_grid *grid = scene_grid(s->ctx, 60, 80);
    kerb_classes classes;
    assert_ok(s->ctx,
              kerb_classes_make(s->ctx, kerb_grid_values_const(grid), 60 * 80,
                                KERB_CLASSES_FIXED_125, NULL, "events per km2", &classes));
    assert_ok(s->ctx, kerb_export_raster(s->ctx, grid, "events per km2", KERB_RASTER_FLOAT32,
                                         &s->stamp, path, false));
    json_t *found = describe(s, path);
    assert_string_equal(text_of(found, "renderer"), "singlebandpseudocolor");
    assert_string_equal(text_of(found, "crs"), "EPSG:27700");
    const json_t *items = json_object_get(found, "classes");
    assert_int_equal(json_array_size(items), classes.n + 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(items, 0), "alpha")), 0);
    for (size_t i = 0; i < classes.n; i++) {
        const json_t *item = json_array_get(items, i + 1);
        assert_string_equal(text_of(item, "label"), classes.label[i]);
        assert_colour(item, classes.rgb[i]);
        double upper = strtod(text_of(item, "upper"), NULL);
        assert_near_ulps(upper, i + 1 < classes.n ? classes.breaks[i + 1] : (double)INFINITY,
                         0);
    }
    json_decref(found);
    kerb_grid_free(grid);
}

static void qgis__draws_areas_in_classes_that_reach_both_ends(void **state)
{
    scene *s = *state;
    if (skip_without_qgis(s, __func__))
        skip();
    const char *path = scratch_path(s->folder, "a.gpkg");
    kerb_areas_set *set = scene_areas(s->ctx, 12);
    kerb_layer *layer = scene_layer(s->ctx, set, 12);
    kerb_classes classes;
    double values[12];
    for (size_t i = 0; i < 12; i++)
        values[i] = i == 1 ? (double)NAN : 10.0 / 3.0 * (double)i;
    assert_ok(s->ctx, kerb_classes_make(s->ctx, values, 12, KERB_CLASSES_QUANTILE, NULL,
                                        "per 1,000 residents", &classes));
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, NULL, path));
    json_t *found = describe(s, path);
    assert_string_equal(text_of(found, "renderer"), "graduatedSymbol");
    assert_string_equal(text_of(found, "column"), "rate_per_1000");
    assert_string_equal(text_of(found, "crs"), "EPSG:27700");
    assert_int_equal(json_integer_value(json_object_get(found, "features")), 12);
    const json_t *items = json_object_get(found, "classes");
    assert_int_equal(json_array_size(items), classes.n);
    for (size_t i = 0; i < classes.n; i++) {
        const json_t *item = json_array_get(items, i);
        assert_string_equal(text_of(item, "label"), classes.label[i]);
        assert_colour(item, classes.rgb[i]);
        assert_near_ulps(json_number_value(json_object_get(item, "lower")), classes.breaks[i],
                         0);
        assert_near_ulps(json_number_value(json_object_get(item, "upper")),
                         classes.breaks[i + 1], 0);
    }
    assert_true(json_number_value(json_object_get(json_array_get(items, 0), "lower")) <= 0.0);
    assert_true(json_number_value(json_object_get(json_array_get(items, classes.n - 1),
                                                  "upper")) >= 110.0 / 3.0);
    json_decref(found);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

static void qgis__a_column_and_a_table_with_hostile_names_keep_their_style(void **state)
{
    scene *s = *state;
    if (skip_without_qgis(s, __func__))
        skip();
    const char *path = scratch_path(s->folder, "h.gpkg");
    kerb_areas_set *set = scene_areas(s->ctx, 12);
    kerb_layer *layer = NULL;
    size_t column;
    assert_ok(s->ctx, kerb_layer_new(s->ctx, "Burglary, \"night\" & 'day'", 12, set, &layer));
    assert_ok(s->ctx, kerb_layer_add_field(s->ctx, layer, "rate <per> & \"1,000\"",
                                           KERB_FIELD_REAL, "<b>", &column));
    for (size_t row = 0; row < 12; row++)
        kerb_layer_set_real(layer, row, column, (double)row);
    kerb_layer_set_style(layer, column, KERB_CLASSES_QUANTILE);
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, NULL, path));
    json_t *found = describe(s, path);
    assert_string_equal(text_of(found, "renderer"), "graduatedSymbol");
    assert_string_equal(text_of(found, "column"), "rate <per> & \"1,000\"");
    json_decref(found);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

static void qgis__draws_areas_without_a_column_as_outlines(void **state)
{
    scene *s = *state;
    if (skip_without_qgis(s, __func__))
        skip();
    kerb_areas_set *set = scene_areas(s->ctx, 3);
    kerb_layer *layer = NULL;
    assert_ok(s->ctx, kerb_layer_new(s->ctx, "hotspots", 3, set, &layer));
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, NULL,
                                        scratch_path(s->folder, "o.gpkg")));
    json_t *found = describe(s, scratch_path(s->folder, "o.gpkg"));
    assert_string_equal(text_of(found, "renderer"), "singleSymbol");
    assert_int_equal(json_integer_value(json_object_get(found, "features")), 3);
    json_decref(found);
    /* GeoJSON has no place for a style; QGIS loads it in WGS 84 */
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, NULL,
                                        scratch_path(s->folder, "o.geojson")));
    found = describe(s, scratch_path(s->folder, "o.geojson"));
    assert_string_equal(text_of(found, "crs"), "EPSG:4326");
    assert_int_equal(json_integer_value(json_object_get(found, "features")), 3);
    json_decref(found);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(qgis__draws_a_density_in_its_classes_and_zero_not_at_all),
        TEST(qgis__draws_areas_in_classes_that_reach_both_ends),
        TEST(qgis__a_column_and_a_table_with_hostile_names_keep_their_style),
        TEST(qgis__draws_areas_without_a_column_as_outlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
