/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of areas from files. */
#include "ingest_scene.h"

#define SQUARE(x0, y0, x1, y1)                                                                 \
    "[[[" #x0 "," #y0 "],[" #x1 "," #y0 "],[" #x1 "," #y1 "],[" #x0 "," #y1 "],[" #x0 "," #y0  \
    "]]]"
#define AREA(properties, ring)                                                                 \
    "{\"type\":\"Feature\",\"properties\":{" properties                                        \
    "},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" ring "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

static kerb_status read_areas(scene *s, const char *path, kerb_ingest_areas_options options,
                              kerb_areas_set **out)
{
    options.crs = s->crs;
    *out = NULL;
    kerb_status status = kerb_ingest_read_areas(s->ctx, path, &options, out);
    assert_int_equal(status == KERB_OK, *out != NULL);
    return status;
}

static void areas__a_geojson_comes_into_the_working_crs(void **state)
{
    scene s = scene_open();
    kerb_areas_set *set = NULL;
    const char *fields[] = {"residents@2021", "old"};
    const char *path = scratch_write(
        *state, "w.geojson",
        COLLECTION(AREA(
            "\"code\":\"E1\",\"NAME\":\"North\",\"residents\":120,\"old\":\"7\"",
            SQUARE(-0.74, 52.66, -0.73, 52.67)) "," AREA("\"code\":\"E2\",\"NAME\":\"South\","
                                                         "\"residents\":80,\"old\":null",
                                                         SQUARE(-0.74, 52.65, -0.73, 52.66))));
    assert_int_equal(read_areas(&s, path,
                                (kerb_ingest_areas_options){.id_field = "CODE",
                                                            .population_fields = fields,
                                                            .n_population_fields = 2},
                                &set),
                     KERB_OK);
    assert_int_equal(kerb_areas_set_count(set), 2);
    assert_string_equal(kerb_areas_set_id(set, 0), "E1");
    assert_string_equal(kerb_areas_set_name(set, 1), "South");
    int year = 0;
    assert_near_abs(kerb_areas_set_population(set, 0, 2021, &year), 120.0, 0.0);
    assert_near_abs(kerb_areas_set_population(set, 1, 2021, &year), 80.0, 0.0);
    /* 0.01 degrees of latitude are 1,113 m, of longitude at 52.665 degrees 676 m */
    assert_near_rel(kerb_areas_set_area_m2(set, 0), 1113.0 * 676.0, 0.01);
    kerb_box box = kerb_areas_set_box(set);
    assert_true(box.xmin > 485000 && box.xmax < 487000 && box.ymin > 306000 &&
                box.ymax < 310000);
    assert_int_equal(kerb_areas_set_locate(set, (box.xmin + box.xmax) / 2, box.ymin + 300), 1);
    kerb_areas_set_free(set);
    /* without a word about the id: the first field whose values all differ */
    assert_int_equal(read_areas(&s, path, (kerb_ingest_areas_options){0}, &set), KERB_OK);
    assert_string_equal(kerb_areas_set_id(set, 1), "E2");
    assert_string_equal(kerb_areas_set_name(set, 1), "South");
    kerb_areas_set_free(set);
    scene_close(&s);
}

static void areas__a_wkt_column_is_enough(void **state)
{
    scene s = scene_open();
    kerb_areas_set *set = NULL;
    const char *path = scratch_write(
        *state, "w.csv",
        "id,wkt,name\nA,\"POLYGON ((1000 0,1100 0,1100 100,1000 100,1000 0))\",Alpha\n"
        "B,\"MULTIPOLYGON (((2000 0,2100 0,2100 100,2000 0)))\",\n");
    assert_int_equal(read_areas(&s, path, (kerb_ingest_areas_options){0}, &set), KERB_OK);
    assert_int_equal(kerb_areas_set_count(set), 2);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 10000.0, 1e-6);
    assert_near_abs(kerb_areas_set_area_m2(set, 1), 5000.0, 1e-6);
    assert_string_equal(kerb_areas_set_name(set, 0), "Alpha");
    assert_string_equal(kerb_areas_set_name(set, 1), "B");
    kerb_areas_set_free(set);
    scene_close(&s);
}

static void areas__a_name_is_found_beside_its_code(void **state)
{
    static const char *const headers[] = {"WD21CD,WD21NM", "ward_code,Ward_Name",
                                          "lsoa_id,lsoa_name"};
    scene s = scene_open();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[256], id[32];
        kerb_areas_set *set = NULL;
        snprintf(text, sizeof text,
                 "%s,wkt\nA,Alpha,\"POLYGON ((0 0,1000 0,1000 1000,0 0))\"\n", headers[i]);
        snprintf(id, sizeof id, "%.*s", (int)strcspn(headers[i], ","), headers[i]);
        kerb_ingest_areas_options options = {.id_field = id, .crs = s.options.crs};
        const char *path = scratch_write(*state, "names.csv", text);
        assert_int_equal(kerb_ingest_read_areas(s.ctx, path, &options, &set), KERB_OK);
        assert_string_equal(kerb_areas_set_id(set, 0), "A");
        assert_string_equal(kerb_areas_set_name(set, 0), "Alpha");
        kerb_areas_set_free(set);
    }
    scene_close(&s);
}

static void areas__what_is_wrong_is_named(void **state)
{
    static const char *const population[] = {"n"};
    static const char *const no_year[] = {"n@soon"};
    static const struct {
        const char *name, *text;
        kerb_ingest_areas_options options;
        kerb_status status;
        const char *piece;
    } wrong[] = {
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\"", SQUARE(0, 51, 1, 52))),
         {.id_field = "code"},
         KERB_ERR_NOT_FOUND,
         "no field 'code'; columns there: 'id'"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\"", SQUARE(0, 51, 1, 52)) "," AREA("\"id\":\"1\"",
                                                                        SQUARE(1, 51, 2, 52))),
         {0},
         KERB_ERR_FORMAT,
         "'1' is there twice"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\",\"n\":\"many\"", SQUARE(0, 51, 1, 52))),
         {.population_fields = population, .n_population_fields = 1},
         KERB_ERR_FORMAT,
         "area '1': population 'n' is no number: 'many'"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\",\"n\":\"-3\"", SQUARE(0, 51, 1, 52))),
         {.population_fields = population, .n_population_fields = 1},
         KERB_ERR_FORMAT,
         "-3"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\",\"n\":1", SQUARE(0, 51, 1, 52))),
         {.population_fields = no_year, .n_population_fields = 1},
         KERB_ERR_ARG,
         "soon"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\"", SQUARE(80, 10, 81, 11))),
         {0},
         KERB_ERR_CRS,
         "outside the area of EPSG:27700"},
        {"a.geojson",
         COLLECTION(
             "{\"type\":\"Feature\",\"properties\":{\"id\":\"1\"},\"geometry\":{\"type\":"
             "\"Point\",\"coordinates\":[0,51]}}"),
         {0},
         KERB_ERR_FORMAT,
         "no polygons"},
        {"a.csv",
         "id,wkt\nA,\"POLYGON ((0 51,1 51,1 52,0 51))\"\n",
         {0},
         KERB_ERR_CRS,
         "say --input-crs EPSG:4326"},
        {"a.csv", "id,wkt\nA,\"POLYGON ((0 51,\"\n", {0}, KERB_ERR_FORMAT, "line 2"},
        {"a.csv", "id,shape\nA,B\n", {0}, KERB_ERR_FORMAT, "no column WKT"},
        {"a.csv", "id,wkt\nA,\"POLYGON\n", {0}, KERB_ERR_FORMAT, "unclosed_quote"},
        {"a.geojson", "{", {0}, KERB_ERR_FORMAT, "a.geojson"},
        {"a.geojson",
         COLLECTION(AREA("\"id\":\"1\"", SQUARE(0, 51, 1, 52))),
         {.layer = "wards"},
         KERB_ERR_NOT_FOUND,
         "no layer 'wards'"},
    };
    scene s = scene_open();
    kerb_areas_set *set = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *path = scratch_write(*state, wrong[i].name, wrong[i].text);
        kerb_status status = read_areas(&s, path, wrong[i].options, &set);
        if (status != wrong[i].status ||
            strstr(kerb_ctx_message(s.ctx), wrong[i].piece) == NULL) {
            fail_msg("case %zu: %s '%s'", i, kerb_status_name(status), kerb_ctx_message(s.ctx));
        }
    }
    assert_int_equal(read_areas(&s, scratch_path(*state, "nowhere.gpkg"),
                                (kerb_ingest_areas_options){0}, &set),
                     KERB_ERR_NOT_FOUND);
    scene_close(&s);
}

static void areas__real_sets_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *path, *crs;
        size_t n;
    } files[] = {{"boundaries/lsoa11.geojson", "EPSG:27700", 950},
                 {"boundaries/wards13.geojson", "EPSG:27700", 272},
                 {"boundaries/lad24.geojson", "EPSG:27700", 14},
                 {"classic/geoda/columbus/columbus.shp", "none", 49},
                 {"classic/geoda/stl/stl_hom.csv", "none", 78},
                 {"classic/geoda/sids2/sids2.shp", "none", 100}};
    size_t n_there = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/data/%s", KERB_SHARED, files[i].path);
        if (!scratch_exists(path)) {
            print_message("not there: %s\n", files[i].path);
            continue;
        }
        n_there++;
        scene s = scene_open_in(files[i].crs);
        kerb_areas_set *set = NULL;
        kerb_status status = read_areas(&s, path, (kerb_ingest_areas_options){0}, &set);
        if (status != KERB_OK) {
            fail_msg("%s: %s", files[i].path, kerb_ctx_message(s.ctx));
        }
        assert_int_equal(kerb_areas_set_count(set), files[i].n);
        kerb_areas_set_free(set);
        scene_close(&s);
    }
    if (n_there == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(areas__a_geojson_comes_into_the_working_crs),
        IN_SCRATCH(areas__a_wkt_column_is_enough),
        IN_SCRATCH(areas__a_name_is_found_beside_its_code),
        IN_SCRATCH(areas__what_is_wrong_is_named),
        cmocka_unit_test(areas__real_sets_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
