/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Point layers that OGR opens: the CRS is the layer's, the fields are recognised like columns.
 */
#include "ingest_scene.h"

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <unistd.h>

#define FEATURE(id, type, geometry)                                                            \
    "{\"type\":\"Feature\",\"properties\":{\"Crime ID\":\"" id "\",\"date\":\"2020-03-09\","   \
    "\"category\":\"" type "\"},\"geometry\":" geometry "}"
#define POINT(x, y) "{\"type\":\"Point\",\"coordinates\":[" x "," y "]}"

static void layers__geojson_points_are_read(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(
        *state, "a.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE(
            "1", "Arson",
            POINT(
                "-0.91248957",
                "52.25160951")) "," FEATURE("2", "Drugs",
                                            "null") "," FEATURE("3", "Drugs",
                                                                "{\"type\":\"MultiPoint\","
                                                                "\"coordinates\":[[-0.9,52.2],["
                                                                "-0.8,52.2]]"
                                                                "}") "," FEATURE("1", "Twice",
                                                                                 POINT(
                                                                                     "-0.9",
                                                                                     "52.2")) "]}");
    scene_read_well(&s, path);
    assert_string_equal(s.report->files[0].format, "ogr:GeoJSON");
    assert_string_equal(s.report->files[0].crs_id, "EPSG:4326");
    assert_int_equal(s.report->read, 4);
    assert_int_equal(s.report->loaded, 2);
    assert_int_equal(scene_reason(&s, "no_coordinates"), 1);
    assert_int_equal(scene_reason(&s, "not_a_point"), 1);
    assert_int_equal(s.report->duplicates, 1);
    assert_near_abs(s.events->x[0], 474335.969, 5.0);
    assert_near_abs(s.events->y[0], 262047.755, 5.0);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Arson");
    assert_int_equal(s.events->precision[0], KERB_PRECISION_DAY);
    scene_close(&s);
}

static void layers__areas_are_no_incidents(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(
        *state, "a.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[" FEATURE(
            "1", "A",
            "{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[1,0],[1,1],[0,0]]]}") "]}");
    assert_int_equal(scene_read(&s, path), KERB_ERR_EMPTY);
    assert_message_has(&s, "no layer of points");
    scene_close(&s);
}

static void layers__a_broken_file_says_so(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.geojson", "{\"type\":\"FeatureCollection\",");
    assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
    assert_message_has(&s, "a.geojson");
    scene_close(&s);
}

/* Points of one layer of a driver, in EPSG:27700. */
static void write_layer(const char *driver, const char *path, const char *layer_name,
                        bool is_more)
{
    GDALAllRegister();
    GDALDatasetH dataset =
        is_more ? GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_UPDATE, NULL, NULL, NULL)
                : GDALCreate(GDALGetDriverByName(driver), path, 0, 0, 0, GDT_Unknown, NULL);
    assert_non_null(dataset);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    assert_int_equal(OSRImportFromEPSG(srs, 27700), OGRERR_NONE);
    OGRLayerH layer = GDALDatasetCreateLayer(dataset, layer_name, srs, wkbPoint, NULL);
    assert_non_null(layer);
    OGRFieldDefnH field = OGR_Fld_Create("category", OFTString);
    OGR_L_CreateField(layer, field, 1);
    OGR_Fld_Destroy(field);
    field = OGR_Fld_Create("date", OFTDate);
    OGR_L_CreateField(layer, field, 1);
    OGR_Fld_Destroy(field);
    for (int i = 0; i < 3; i++) {
        OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
        OGRGeometryH point = OGR_G_CreateGeometry(wkbPoint);
        OGR_G_SetPoint_2D(point, 0, 485900 + i, 308700);
        OGR_F_SetFieldString(feature, 0, i == 0 ? "Arson" : "Drugs");
        OGR_F_SetFieldDateTime(feature, 1, 2020, 3, 9, 0, 0, 0, 0);
        if (i < 2) {
            OGR_F_SetGeometry(feature, point);
        }
        assert_int_equal(OGR_L_CreateFeature(layer, feature), OGRERR_NONE);
        OGR_G_DestroyGeometry(point);
        OGR_F_Destroy(feature);
    }
    OSRDestroySpatialReference(srs);
    GDALClose(dataset);
}

static void layers__each_driver_gives_the_same_rows(void **state)
{
    static const struct {
        const char *driver, *name;
        size_t n; /* GDAL does not write a row without geometry to FlatGeobuf */
    } kinds[] = {{"GPKG", "in/a.gpkg", 3},
                 {"ESRI Shapefile", "in/a.shp", 3},
                 {"FlatGeobuf", "in/a.fgb", 2}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char *folder = scratch_new();
        scene s = scene_open();
        char path[SCRATCH_PATH_BYTES];
        scratch_write(folder, "in/style.qml", "<qgis/>");
        strcpy(path, scratch_path(folder, kinds[i].name));
        write_layer(kinds[i].driver, path, "a", false);
        scene_read_well(&s, path);
        assert_int_equal(s.report->loaded, kinds[i].n);
        assert_int_equal(s.report->without_geometry, kinds[i].n - 2);
        assert_string_equal(s.report->files[0].crs_id, "EPSG:27700");
        assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "a");
        size_t n_located = 0;
        for (size_t row = 0; row < kinds[i].n; row++) {
            /* FlatGeobuf has no type for a date without time */
            assert_int_equal(s.events->precision[row],
                             kinds[i].n == 2 ? KERB_PRECISION_SECOND : KERB_PRECISION_DAY);
            if (!isnan(s.events->x[row])) {
                n_located++;
                assert_true(s.events->x[row] == 485900 || s.events->x[row] == 485901);
            }
        }
        assert_int_equal(n_located, 2);
        /* the folder: its sidecars are part of it, a style of nothing is an unknown file */
        strcpy(path, scratch_path(folder, "in"));
        scene_read_well(&s, path);
        assert_int_equal(s.report->n_files, 2);
        assert_string_equal(s.report->files[1].name, "style.qml");
        scene_close(&s);
        scratch_remove(folder);
    }
    (void)state;
}

static void layers__two_layers_are_two_entries(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.gpkg"));
    write_layer("GPKG", path, "one", false);
    write_layer("GPKG", path, "two", true);
    scene_read_well(&s, path);
    assert_int_equal(s.report->n_files, 2);
    assert_string_equal(s.report->files[0].member, "one");
    assert_string_equal(s.report->files[1].member, "two");
    assert_int_equal(s.report->loaded, 6);
    /* into a store too, where both have the hash of the one file */
    const char *input = path;
    kerb_store *store = NULL;
    scene_forget(&s);
    assert_int_equal(
        kerb_store_open(s.ctx, scratch_path(*state, "a.kerb"), KERB_STORE_WRITE, s.crs, &store),
        KERB_OK);
    assert_int_equal(kerb_ingest_import(s.ctx, &input, 1, &s.options, store, &s.report),
                     KERB_OK);
    kerb_store_close(store);
    assert_int_equal(s.report->loaded, 6);
    scene_close(&s);
}

/* A list of codes beside the points is no reason to refuse the points. */
static void layers__a_table_beside_the_points_is_left_out(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.gpkg"));
    write_layer("GPKG", path, "one", false);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_UPDATE, NULL, NULL, NULL);
    OGRLayerH layer = GDALDatasetCreateLayer(dataset, "codes", NULL, wkbNone, NULL);
    OGRFieldDefnH field = OGR_Fld_Create("code", OFTString);
    OGR_L_CreateField(layer, field, 1);
    OGR_Fld_Destroy(field);
    GDALClose(dataset);
    scene_read_well(&s, path);
    assert_int_equal(s.report->loaded, 3);
    assert_int_equal(s.report->n_files, 2);
    assert_string_equal(s.report->files[1].skipped, "no columns of coordinates");
    scene_close(&s);
}

/* Same points, other attributes: the .dbf is part of what a shapefile is. */
static void layers__a_shapefile_is_known_by_all_its_parts(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    char first[65];
    scene s = scene_open();
    strcpy(path, scratch_path(*state, "a.shp"));
    write_layer("ESRI Shapefile", path, "a", false);
    scene_read_well(&s, path);
    strcpy(first, s.report->files[0].sha256);
    FILE *file = fopen(scratch_path(*state, "a.dbf"), "r+b");
    assert_non_null(file);
    fseek(file, -2, SEEK_END);
    fputc('0', file);
    fclose(file);
    scene_read_well(&s, path);
    assert_string_not_equal(s.report->files[0].sha256, first);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(layers__geojson_points_are_read),
        IN_SCRATCH(layers__areas_are_no_incidents),
        IN_SCRATCH(layers__a_broken_file_says_so),
        cmocka_unit_test(layers__each_driver_gives_the_same_rows),
        IN_SCRATCH(layers__two_layers_are_two_entries),
        IN_SCRATCH(layers__a_table_beside_the_points_is_left_out),
        IN_SCRATCH(layers__a_shapefile_is_known_by_all_its_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
