/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GeoJSON judged by RFC 7946's own rules on the text and the numbers, and read by GDAL. */
#include "export_scene.h"

#include "export_internal.h"

#include <gdal.h>
#include <jansson.h>
#include <ogr_api.h>

static void count_warning(void *user, kerb_log_level level, const char *line)
{
    scene *s = user;
    s->n_warnings += level == KERB_LOG_WARNING && strstr(line, "RFC 7946") != NULL;
}

static void use_crs(scene *s, const char *definition)
{
    kerb_crs_free(s->crs);
    s->crs = NULL;
    assert_ok(s->ctx, kerb_crs_new(s->ctx, definition, &s->crs));
    s->stamp = scene_stamp(s->crs);
}

static int set_up(void **state)
{
    scene *s = scene_new();
    kerb_ctx_set_log(s->ctx, count_warning, s);
    s->set = scene_areas(s->ctx, 12);
    GDALAllRegister();
    *state = s;
    return 0;
}

static char *export_layer(scene *s, const kerb_layer *layer, const char *extra, json_t **root)
{
    const char *path = scratch_path(s->folder, "x.geojson");
    kerb_export_layer_options options = {.extra_json = extra, .overwrite = true};
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, &options, path));
    size_t length;
    char *text = scratch_read(path, &length);
    json_error_t error;
    assert_non_null(text);
    *root = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (*root == NULL)
        fail_msg("not JSON: %s", error.text);
    return text;
}

static double coordinate(const json_t *ring, size_t i, size_t axis)
{
    return json_number_value(json_array_get(json_array_get(ring, i), axis));
}

/* RFC 7946 §3.1.6: four positions or more, closed, outer anticlockwise, holes clockwise. */
static size_t check_polygon(const json_t *rings)
{
    for (size_t r = 0; r < json_array_size(rings); r++) {
        const json_t *ring = json_array_get(rings, r);
        size_t n = json_array_size(ring);
        double twice = 0.0;
        assert_true(n >= 4);
        assert_near_ulps(coordinate(ring, 0, 0), coordinate(ring, n - 1, 0), 0);
        assert_near_ulps(coordinate(ring, 0, 1), coordinate(ring, n - 1, 1), 0);
        for (size_t i = 0; i + 1 < n; i++)
            assert_true(coordinate(ring, i, 0) != coordinate(ring, i + 1, 0) ||
                        coordinate(ring, i, 1) != coordinate(ring, i + 1, 1));
        /* from the first corner: the products of whole degrees would drown a sliver */
        double x = coordinate(ring, 0, 0), y = coordinate(ring, 0, 1);
        for (size_t i = 0; i + 1 < n; i++)
            twice += (coordinate(ring, i, 0) - x) * (coordinate(ring, i + 1, 1) - y) -
                     (coordinate(ring, i + 1, 0) - x) * (coordinate(ring, i, 1) - y);
        assert_true(r == 0 ? twice > 0.0 : twice < 0.0);
    }
    return json_array_size(rings);
}

static size_t check_geometry(const json_t *geometry)
{
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    size_t n_rings = 0;
    if (strcmp(type, "Polygon") == 0)
        return check_polygon(coordinates);
    assert_string_equal(type, "MultiPolygon");
    for (size_t i = 0; i < json_array_size(coordinates); i++)
        n_rings += check_polygon(json_array_get(coordinates, i));
    return n_rings;
}

/* No number of the text has more than `most` decimals, or one that says nothing. */
static void check_decimals(const char *text, size_t most)
{
    for (const char *at = strstr(text, "\"coordinates\""); at && *at; at++) {
        if (*at == '"' && strncmp(at, "\"properties\"", 12) == 0)
            at = strstr(at, "\"geometry\"");
        if (*at != '.')
            continue;
        size_t n = strspn(at + 1, "0123456789");
        assert_in_range(n, 1, most);
        assert_true(at[n] != '0');
    }
}

static void geojson__follows_rfc_7946(void **state)
{
    scene *s = *state;
    json_t *root;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    char *text = export_layer(s, layer, NULL, &root);
    assert_string_equal(json_string_value(json_object_get(root, "type")), "FeatureCollection");
    assert_null(json_object_get(root, "crs"));
    assert_null(json_object_get(root, "kerb_crs"));
    const json_t *features = json_object_get(root, "features");
    assert_int_equal(json_array_size(features), 12);
    size_t n_rings = 0;
    for (size_t i = 0; i < 12; i++)
        n_rings += check_geometry(json_object_get(json_array_get(features, i), "geometry"));
    assert_int_equal(n_rings, 14); /* twelve squares, a hole, a second part */
    check_decimals(text, 7);
    assert_int_equal(s->n_warnings, 0);
    json_decref(root);
    free(text);
    kerb_layer_free(layer);
}

static void geojson__longitude_comes_first_and_is_where_it_should_be(void **state)
{
    scene *s = *state;
    json_t *root;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    free(export_layer(s, layer, NULL, &root));
    const json_t *ring = json_array_get(
        json_object_get(
            json_object_get(json_array_get(json_object_get(root, "features"), 1), "geometry"),
            "coordinates"),
        0);
    /* the corner nearest SW is (456000, 300000); by EPSG operation 1314 (7 parameters, 2 m) it
     * is at 1.1747 W, 52.5949 N: 1e-4 degrees is 10 m */
    double west = 0.0, south = 90.0;
    for (size_t i = 0; i < json_array_size(ring); i++) {
        west = fmin(west, coordinate(ring, i, 0));
        south = fmin(south, coordinate(ring, i, 1));
    }
    assert_near_abs(west, -1.1747, 2e-4);
    assert_near_abs(south, 52.5948, 2e-4);
    const json_t *box = json_object_get(root, "bbox");
    assert_int_equal(json_array_size(box), 4);
    assert_true(json_number_value(json_array_get(box, 0)) <= west);
    assert_non_null(json_object_get(json_object_get(root, "kerb_wgs84"), "operation"));
    json_decref(root);
    kerb_layer_free(layer);
}

static void geojson__properties_keep_types_and_null(void **state)
{
    scene *s = *state;
    json_t *root, *extra;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    free(export_layer(s, layer, "\"verdict\":{\"status\":\"none\"}", &root));
    const json_t *features = json_object_get(root, "features");
    const json_t *second = json_object_get(json_array_get(features, 1), "properties");
    const json_t *third = json_object_get(json_array_get(features, 2), "properties");
    assert_true(json_is_null(json_object_get(second, "rate_per_1000")));
    assert_int_equal(json_integer_value(json_object_get(third, "n")), 14);
    assert_near_ulps(json_real_value(json_object_get(third, "rate_per_1000")), 10.0 / 3.0 * 2.0,
                     0);
    extra = json_object_get(root, "verdict");
    assert_string_equal(json_string_value(json_object_get(extra, "status")), "none");
    assert_string_equal(json_string_value(json_object_get(json_object_get(root, "kerb_fields"),
                                                          "rate_per_1000")),
                        "per 1,000 residents");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(root, "kerb"), "events_used")), 10);
    json_decref(root);
    kerb_layer_free(layer);
}

static void geojson__gdal_reads_as_many_features(void **state)
{
    scene *s = *state;
    json_t *root;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    free(export_layer(s, layer, NULL, &root));
    json_decref(root);
    GDALDatasetH dataset =
        GDALOpenEx(scratch_path(s->folder, "x.geojson"), GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(dataset);
    OGRLayerH found = GDALDatasetGetLayer(dataset, 0);
    assert_string_equal(OGR_L_GetName(found), "beats");
    assert_int_equal(OGR_L_GetFeatureCount(found, TRUE), 12);
    OGRFeatureH feature;
    while ((feature = OGR_L_GetNextFeature(found)) != NULL) {
        assert_true(OGR_G_IsValid(OGR_F_GetGeometryRef(feature)));
        OGR_F_Destroy(feature);
    }
    GDALClose(dataset);
    kerb_layer_free(layer);
}

static void geojson__empty_collection_is_valid(void **state)
{
    scene *s = *state;
    json_t *root;
    kerb_areas_set *none = NULL;
    assert_ok(s->ctx, kerb_areas_set_new(s->ctx, &none));
    kerb_layer *layer = scene_layer(s->ctx, none, 0);
    char *text = export_layer(s, layer, "\"verdict\":null", &root);
    assert_true(json_is_array(json_object_get(root, "features")));
    assert_int_equal(json_array_size(json_object_get(root, "features")), 0);
    assert_null(json_object_get(root, "bbox"));
    GDALDatasetH dataset =
        GDALOpenEx(scratch_path(s->folder, "x.geojson"), GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(dataset);
    GDALClose(dataset);
    json_decref(root);
    free(text);
    kerb_layer_free(layer);
    kerb_areas_set_free(none);
}

/* A set with one area of the given rings. */
static kerb_areas_set *area_of(scene *s, size_t n_rings, const size_t *counts,
                               const kerb_point *points)
{
    kerb_areas_set *set = NULL;
    assert_ok(s->ctx, kerb_areas_set_new(s->ctx, &set));
    assert_ok(s->ctx, kerb_areas_set_add_rings(s->ctx, set, "a", "a", n_rings, counts, points));
    return set;
}

static json_t *geometry_of(scene *s, kerb_areas_set *set)
{
    json_t *root;
    kerb_layer *layer = scene_layer(s->ctx, set, 1);
    char *text = export_layer(s, layer, NULL, &root);
    check_decimals(text, 7);
    json_t *geometry =
        json_object_get(json_array_get(json_object_get(root, "features"), 0), "geometry");
    json_incref(geometry);
    json_decref(root);
    free(text);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
    return geometry;
}

#define SQUARE(x, y, side)                                                                     \
    {(x), (y)}, {(x) + (side), (y)}, {(x) + (side), (y) + (side)}, {(x), (y) + (side)},        \
    {                                                                                          \
        (x), (y)                                                                               \
    }

static void geojson__what_rounds_to_nothing_is_left_out(void **state)
{
    scene *s = *state;
    const size_t two[2] = {5, 5};
    /* a square of 2 mm rounds to a point or a line: 1e-7 degrees are 11 mm north, 7 mm east */
    const kerb_point speck[] = {SQUARE(455000.0, 300000.0, 0.002)};
    json_t *geometry = geometry_of(s, area_of(s, 1, two, speck));
    assert_true(json_is_null(geometry));
    json_decref(geometry);

    /* a part like that goes, and what is left is a plain polygon */
    const kerb_point parts[] = {SQUARE(455000.0, 300000.0, 500.0),
                                SQUARE(456000.0, 300000.0, 0.002)};
    geometry = geometry_of(s, area_of(s, 2, two, parts));
    assert_string_equal(json_string_value(json_object_get(geometry, "type")), "Polygon");
    assert_int_equal(check_geometry(geometry), 1);
    json_decref(geometry);

    /* and a hole like that, too */
    const kerb_point hole[] = {SQUARE(455000.0, 300000.0, 500.0),
                               SQUARE(455200.0, 300200.0, 0.002)};
    geometry = geometry_of(s, area_of(s, 2, two, hole));
    assert_int_equal(check_geometry(geometry), 1);
    json_decref(geometry);

    /* a corner that falls on its neighbour is written once */
    const size_t six[1] = {6};
    const kerb_point corner[] = {{455000.0, 300000.0}, {455500.0, 300000.0},
                                 {455500.0, 300500.0}, {455499.99999, 300500.00001},
                                 {455000.0, 300500.0}, {455000.0, 300000.0}};
    geometry = geometry_of(s, area_of(s, 1, six, corner));
    check_geometry(geometry);
    assert_int_equal(
        json_array_size(json_array_get(json_object_get(geometry, "coordinates"), 0)), 5);
    json_decref(geometry);
}

/* Triangles of one to six centimetres: the last decimal is one, so that rounding moves corners
 * about, folds some triangles to a line and turns others over. */
static void geojson__slivers_keep_the_rules_after_rounding(void **state)
{
    enum { N = 2000 };
    scene *s = *state;
    json_t *root;
    kerb_areas_set *set = NULL;
    uint64_t seed = 7;
    size_t n_left = 0;
    assert_ok(s->ctx, kerb_areas_set_new(s->ctx, &set));
    for (size_t i = 0; i < N; i++) {
        const size_t four[1] = {4};
        kerb_point points[4];
        for (size_t j = 0; j < 3; j++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            points[j].x = 455000.0 + (double)i + (double)(seed >> 40) * 0x1p-24 * 0.03;
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
            points[j].y = 300000.0 + (double)(seed >> 40) * 0x1p-24 * 0.06;
        }
        points[3] = points[0];
        assert_ok(s->ctx, kerb_areas_set_add_rings(s->ctx, set, "a", "a", 1, four, points));
    }
    kerb_layer *layer = scene_layer(s->ctx, set, N);
    char *text = export_layer(s, layer, NULL, &root);
    check_decimals(text, 7);
    const json_t *features = json_object_get(root, "features");
    for (size_t i = 0; i < N; i++) {
        const json_t *geometry = json_object_get(json_array_get(features, i), "geometry");
        if (!json_is_null(geometry))
            n_left += check_geometry(geometry);
    }
    assert_in_range(n_left, N / 4, N - 1);
    json_decref(root);
    free(text);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

static void geojson__a_plane_without_a_name_keeps_every_bit(void **state)
{
    scene *s = *state;
    json_t *root;
    use_crs(s, "none");
    const size_t five[1] = {5};
    const kerb_point points[] = {SQUARE(1.0 / 3.0, 0.1, 123456.789)};
    kerb_areas_set *set = area_of(s, 1, five, points);
    kerb_layer *layer = scene_layer(s->ctx, set, 1);
    free(export_layer(s, layer, NULL, &root));
    assert_string_equal(json_string_value(json_object_get(root, "kerb_crs")), "none");
    assert_null(json_object_get(root, "kerb_wgs84"));
    assert_int_equal(s->n_warnings, 1);
    json_t *geometry =
        json_object_get(json_array_get(json_object_get(root, "features"), 0), "geometry");
    check_geometry(geometry);
    const json_t *ring = json_array_get(json_object_get(geometry, "coordinates"), 0);
    for (size_t i = 0; i < 5; i++) {
        double x = coordinate(ring, i, 0), y = coordinate(ring, i, 1);
        bool is_a_corner = false;
        for (size_t j = 0; j < 5; j++)
            is_a_corner = is_a_corner || (x == points[j].x && y == points[j].y);
        assert_true(is_a_corner);
    }
    json_decref(root);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

static void geojson__hostile_names_come_back(void **state)
{
    scene *s = *state;
    json_t *root;
    kerb_layer *layer = scene_hostile_layer(s->ctx, NULL);
    char *text = export_layer(s, layer, NULL, &root);
    const json_t *features = json_object_get(root, "features");
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++)
        assert_string_equal(
            json_string_value(json_object_get(
                json_object_get(json_array_get(features, i), "properties"), "name")),
            scene_hostile_as_utf8(i));
    assert_int_equal(
        json_string_length(json_object_get(
            json_object_get(json_array_get(features, SCENE_N_HOSTILE), "properties"), "name")),
        10000);
    assert_true(json_is_null(json_object_get(json_array_get(features, 0), "geometry")));
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at >= 0x20 || *at == '\n');
    json_decref(root);
    free(text);
    kerb_layer_free(layer);
}

static void geojson__extra_members_must_be_json_and_take_no_name_of_ours(void **state)
{
    static const char *const bad[] = {"\"a\":",         "1",           "\"features\":[]",
                                      "\"kerb\":1",     "\"a\":1}, {", "\"a\":NaN",
                                      "\"a\":1,\"a\":2"};
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 12);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kerb_export_layer_options options = {.extra_json = bad[i]};
        assert_int_equal(kerb_export_layer(s->ctx, layer, &s->stamp, &options,
                                           scratch_path(s->folder, "x.geojson")),
                         KERB_ERR_ARG);
    }
    assert_int_equal(scratch_count(s->folder), 0);
    kerb_layer_free(layer);
}

static void geojson__a_corner_that_cannot_be_brought_over_is_named(void **state)
{
    scene *s = *state;
    const size_t five[1] = {5};
    const kerb_point points[] = {SQUARE(1e12, 1e12, 1000.0)};
    kerb_areas_set *set = area_of(s, 1, five, points);
    kerb_layer *layer = scene_layer(s->ctx, set, 1);
    kerb_status status =
        kerb_export_layer(s->ctx, layer, &s->stamp, NULL, scratch_path(s->folder, "x.geojson"));
    assert_int_equal(status, KERB_ERR_CRS);
    assert_non_null(strstr(kerb_ctx_message(s->ctx), "row 1"));
    assert_int_equal(scratch_count(s->folder), 0);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(geojson__follows_rfc_7946),
        TEST(geojson__longitude_comes_first_and_is_where_it_should_be),
        TEST(geojson__properties_keep_types_and_null),
        TEST(geojson__gdal_reads_as_many_features),
        TEST(geojson__empty_collection_is_valid),
        TEST(geojson__what_rounds_to_nothing_is_left_out),
        TEST(geojson__slivers_keep_the_rules_after_rounding),
        TEST(geojson__a_plane_without_a_name_keeps_every_bit),
        TEST(geojson__hostile_names_come_back),
        TEST(geojson__extra_members_must_be_json_and_take_no_name_of_ours),
        TEST(geojson__a_corner_that_cannot_be_brought_over_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
