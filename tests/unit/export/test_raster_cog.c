/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The COG read back by GDAL itself, judged by GDAL's validator, and compared byte by byte with
 * a second writing under another clock and locale. */
#include "export_scene.h"

#include "export_internal.h"

#include <gdal.h>
#include <locale.h>
#include <ogr_srs_api.h>
#include <time.h>
#include <unistd.h>

/* Wider than 512 pixels: a smaller tiled TIFF passes the validator without being a COG. */
enum { N_ROWS = 700, N_COLS = 900 };

static int set_up(void **state)
{
    scene *s = scene_new();
    s->grid = scene_grid(s->ctx, N_ROWS, N_COLS);
    GDALAllRegister();
    *state = s;
    return 0;
}

static const char *write_raster(scene *s, const char *name, kerb_raster_type type)
{
    const char *path = scratch_path(s->folder, name);
    assert_ok(s->ctx, kerb_export_raster(s->ctx, s->grid, "events per km2", type, &s->stamp,
                                         path, false));
    return path;
}

static void assert_values_are_back(const scene *s, const char *path, kerb_raster_type type)
{
    GDALDatasetH dataset = GDALOpen(path, GA_ReadOnly);
    assert_non_null(dataset);
    double *found = malloc(sizeof *found * N_ROWS * N_COLS);
    assert_non_null(found);
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    assert_int_equal(GDALGetRasterDataType(band),
                     type == KERB_RASTER_FLOAT32 ? GDT_Float32 : GDT_Float64);
    assert_int_equal(GDALRasterIO(band, GF_Read, 0, 0, N_COLS, N_ROWS, found, N_COLS, N_ROWS,
                                  GDT_Float64, 0, 0),
                     CE_None);
    const double *values = kerb_grid_values_const(s->grid);
    size_t n_missing = 0;
    for (size_t i = 0; i < (size_t)N_ROWS * N_COLS; i++) {
        double wanted = type == KERB_RASTER_FLOAT32 ? (double)(float)values[i] : values[i];
        n_missing += isnan(wanted) ? 1 : 0;
        if (isnan(wanted) ? !isnan(found[i]) : memcmp(&found[i], &wanted, sizeof wanted) != 0)
            fail_msg("cell %zu: %.17g, not %.17g", i, found[i], wanted);
    }
    assert_true(n_missing > 0);
    free(found);
    GDALClose(dataset);
}

static void cog__values_come_back_bit_for_bit(void **state)
{
    scene *s = *state;
    assert_values_are_back(s, write_raster(s, "a.tif", KERB_RASTER_FLOAT32),
                           KERB_RASTER_FLOAT32);
    assert_values_are_back(s, write_raster(s, "b.tif", KERB_RASTER_FLOAT64),
                           KERB_RASTER_FLOAT64);
    /* two rasters, two styles, nothing else: no .aux.xml, no temporary */
    assert_int_equal(scratch_count(s->folder), 4);
}

static void cog__says_what_and_where_it_is(void **state)
{
    scene *s = *state;
    s->stamp.notice = "Contains public sector information licensed under the OGL v3.0";
    char *json = NULL;
    assert_ok(s->ctx, kerb_stamp_json(s->ctx, &s->stamp, &json));
    GDALDatasetH dataset = GDALOpen(write_raster(s, "a.tif", KERB_RASTER_FLOAT32), GA_ReadOnly);
    assert_non_null(dataset);
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    double place[6], found[4];
    int has_nodata = 0;
    assert_int_equal(GDALGetGeoTransform(dataset, place), CE_None);
    const double wanted[6] = {455000.0, 20.0, 0.0, 310000.0, 0.0, -20.0};
    for (size_t i = 0; i < 6; i++)
        assert_near_ulps(place[i], wanted[i], 0);
    assert_string_equal(OSRGetAuthorityCode(GDALGetSpatialRef(dataset), NULL), "27700");
    assert_true(isnan(GDALGetRasterNoDataValue(band, &has_nodata)));
    assert_true(has_nodata);
    assert_string_equal(GDALGetRasterUnitType(band), "events per km2");
    assert_string_equal(GDALGetDescription(band), s->stamp.title);
    assert_string_equal(GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE"), "COG");
    assert_string_equal(GDALGetMetadataItem(dataset, "KERB_STAMP", NULL), json);
    assert_string_equal(GDALGetMetadataItem(dataset, "TIFFTAG_COPYRIGHT", NULL),
                        s->stamp.notice);
    assert_string_equal(GDALGetMetadataItem(dataset, "TIFFTAG_DATETIME", NULL),
                        "2022:01:01 00:00:00");
    /* 900 x 700 in tiles of 256: half and quarter */
    assert_int_equal(GDALGetOverviewCount(band), 2);
    /* the statistics in the file are those GDAL finds itself */
    const char *mean_text = GDALGetMetadataItem(band, "STATISTICS_MEAN", NULL);
    const char *max_text = GDALGetMetadataItem(band, "STATISTICS_MAXIMUM", NULL);
    assert_non_null(mean_text);
    assert_non_null(max_text);
    double mean = strtod(mean_text, NULL), max = strtod(max_text, NULL);
    assert_int_equal(GDALComputeRasterStatistics(band, FALSE, &found[0], &found[1], &found[2],
                                                 &found[3], NULL, NULL),
                     CE_None);
    assert_near_rel(mean, found[2], 1e-12);
    assert_near_ulps(max, found[1], 0);
    GDALClose(dataset);
    kerb_free_text(json);
}

static void cog__overviews_are_averages_that_skip_what_is_missing(void **state)
{
    scene *s = *state;
    GDALDatasetH dataset = GDALOpen(write_raster(s, "a.tif", KERB_RASTER_FLOAT64), GA_ReadOnly);
    assert_non_null(dataset);
    GDALRasterBandH half = GDALGetOverview(GDALGetRasterBand(dataset, 1), 0);
    assert_int_equal(GDALGetRasterBandXSize(half), N_COLS / 2);
    double *found = malloc(sizeof *found * (N_ROWS / 2) * (N_COLS / 2));
    assert_non_null(found);
    assert_int_equal(GDALRasterIO(half, GF_Read, 0, 0, N_COLS / 2, N_ROWS / 2, found,
                                  N_COLS / 2, N_ROWS / 2, GDT_Float64, 0, 0),
                     CE_None);
    const double *values = kerb_grid_values_const(s->grid);
    for (size_t row = 0; row < N_ROWS / 2; row++)
        for (size_t col = 0; col < N_COLS / 2; col++) {
            double sum = 0.0, n = 0.0;
            for (size_t i = 0; i < 4; i++) {
                double value = values[(2 * row + i / 2) * N_COLS + 2 * col + i % 2];
                if (!isnan(value))
                    sum += value, n += 1.0;
            }
            double got = found[row * (N_COLS / 2) + col];
            /* GDAL 3.6 averages in float32 whatever the band is */
            if (n > 0.0)
                assert_near_rel(got, sum / n, 3e-7);
            else
                assert_true(isnan(got));
        }
    free(found);
    GDALClose(dataset);
}

static void cog__passes_gdal_s_validator(void **state)
{
    scene *s = *state;
    const char *module =
        "/usr/bin/python3 -m osgeo_utils.samples.validate_cloud_optimized_geotiff";
    char command[2 * SCRATCH_PATH_BYTES];
    if (system(
            "/usr/bin/python3 -c 'import osgeo_utils.samples.validate_cloud_optimized_geotiff' "
            ">/dev/null 2>&1") != 0) {
        print_message("SKIP cog__passes_gdal_s_validator: python3-gdal is not here\n");
        skip();
    }
    snprintf(command, sizeof command, "%s '%s' >/dev/null", module,
             write_raster(s, "a.tif", KERB_RASTER_FLOAT32));
    assert_int_equal(system(command), 0);
}

static void cog__same_bytes_under_another_clock_and_locale(void **state)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"};
    scene *s = *state;
    s->stamp.title = "Einbr\xC3\xBC"
                     "che \xE2\x82\xAC";
    const char *first = write_raster(s, "a.tif", KERB_RASTER_FLOAT32);
    setenv("TZ", "Asia/Kathmandu", 1);
    tzset();
    for (size_t i = 0; i < 3; i++)
        if (setlocale(LC_ALL, locales[i]))
            break;
    const char *second = write_raster(s, "b.tif", KERB_RASTER_FLOAT32);
    setlocale(LC_ALL, "C");
    unsetenv("TZ");
    tzset();
    assert_same_file(first, second);
    assert_same_file(scratch_path(s->folder, "a.qml"), scratch_path(s->folder, "b.qml"));
}

static void cog__on_a_plane_without_a_name_has_no_crs(void **state)
{
    scene *s = *state;
    kerb_crs_free(s->crs);
    s->crs = NULL;
    assert_ok(s->ctx, kerb_crs_new(s->ctx, "none", &s->crs));
    s->stamp.crs = s->crs;
    GDALDatasetH dataset = GDALOpen(write_raster(s, "a.tif", KERB_RASTER_FLOAT32), GA_ReadOnly);
    assert_non_null(dataset);
    assert_null(GDALGetSpatialRef(dataset));
    GDALClose(dataset);
}

static void cog__hostile_titles_are_read_back(void **state)
{
    scene *s = *state;
    kerb_grid *grid = scene_grid(s->ctx, 3, 4);
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++) {
        const char *path = scratch_path(s->folder, "h.tif");
        kerb_text wanted = {0};
        char *json = NULL;
        size_t n_blanks = strspn(scene_hostile[i], " \t\r\n");
        s->stamp.title = s->stamp.notice = scene_hostile[i];
        kerb_export__add_line(&wanted, scene_hostile[i] + n_blanks);
        kerb_text_add(&wanted, "");
        while (wanted.length > 0 && wanted.data[wanted.length - 1] == ' ')
            wanted.data[--wanted.length] = '\0';
        assert_ok(s->ctx, kerb_stamp_json(s->ctx, &s->stamp, &json));
        assert_ok(s->ctx, kerb_export_raster(s->ctx, grid, scene_hostile[i],
                                             KERB_RASTER_FLOAT32, &s->stamp, path, true));
        GDALDatasetH dataset = GDALOpen(path, GA_ReadOnly);
        assert_non_null(dataset);
        assert_string_equal(GDALGetDescription(GDALGetRasterBand(dataset, 1)), wanted.data);
        assert_string_equal(GDALGetMetadataItem(dataset, "KERB_STAMP", NULL), json);
        GDALClose(dataset);
        kerb_free_text(json);
        kerb_text_clear(&wanted);
    }
    kerb_grid_free(grid);
}

static void cog__refuses_what_float32_cannot_hold(void **state)
{
    scene *s = *state;
    kerb_grid_values(s->grid)[7] = 1e39;
    assert_int_equal(kerb_export_raster(s->ctx, s->grid, NULL, KERB_RASTER_FLOAT32, &s->stamp,
                                        scratch_path(s->folder, "a.tif"), false),
                     KERB_ERR_RANGE);
    assert_non_null(strstr(kerb_ctx_message(s->ctx), "(0, 7)"));
    assert_int_equal(scratch_count(s->folder), 0);
    write_raster(s, "a.tif", KERB_RASTER_FLOAT64);
}

static void cog__a_grid_without_any_value_is_written(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < (size_t)N_ROWS * N_COLS; i++)
        kerb_grid_values(s->grid)[i] = (double)NAN;
    assert_true(scratch_exists(write_raster(s, "a.tif", KERB_RASTER_FLOAT32)));
    assert_true(scratch_exists(scratch_path(s->folder, "a.qml")));
}

static void cog__one_cell_is_a_raster(void **state)
{
    scene *s = *state;
    kerb_grid_free(s->grid);
    s->grid = scene_grid(s->ctx, 1, 1);
    GDALDatasetH dataset = GDALOpen(write_raster(s, "a.tif", KERB_RASTER_FLOAT32), GA_ReadOnly);
    assert_non_null(dataset);
    assert_int_equal(GDALGetRasterXSize(dataset), 1);
    GDALClose(dataset);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cog__values_come_back_bit_for_bit),
        TEST(cog__says_what_and_where_it_is),
        TEST(cog__overviews_are_averages_that_skip_what_is_missing),
        TEST(cog__passes_gdal_s_validator),
        TEST(cog__same_bytes_under_another_clock_and_locale),
        TEST(cog__on_a_plane_without_a_name_has_no_crs),
        TEST(cog__hostile_titles_are_read_back),
        TEST(cog__refuses_what_float32_cannot_hold),
        TEST(cog__a_grid_without_any_value_is_written),
        TEST(cog__one_cell_is_a_raster),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
