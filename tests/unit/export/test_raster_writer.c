/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A raster given in rows: the same bytes however the rows are cut, several bands read back by
 * GDAL under their names, and nothing left of what is not finished. */
#include "export_scene.h"

#include "export_internal.h"
#include "failing_allocator.h"

#include <gdal.h>
#include <math.h>

/* three rows of tiles, the last one not full; wider than 512 for the validator */
enum { N_ROWS = 600, N_COLS = 530, N_BANDS = 3 };

static const kerb_raster_band bands[N_BANDS] = {
    {.name = "2020-01", .unit = "events per km2"},
    {.name = "  standard \x01 error ", .unit = NULL},
    {.name = NULL, .unit = "ratio"}};

static int set_up(void **state)
{
    scene *s = scene_new();
    s->grid = scene_grid(s->ctx, N_ROWS, N_COLS);
    GDALAllRegister();
    *state = s;
    return 0;
}

/* Cell of band i_band: the grid's, each band on another scale. */
static double cell_of(const scene *s, size_t i_band, size_t cell)
{
    return kerb_grid_values_const(s->grid)[cell] * (double)(i_band + 1) - (double)i_band;
}

static double *rows_of(const scene *s, size_t i_band, size_t row, size_t n_rows)
{
    double *rows = malloc(sizeof *rows * n_rows * N_COLS);
    assert_non_null(rows);
    for (size_t i = 0; i < n_rows * N_COLS; i++)
        rows[i] = cell_of(s, i_band, row * N_COLS + i);
    return rows;
}

/* Bands turn about when `together`, else one after the other. */
static kerb_status write_bands(kerb_ctx *ctx, const scene *s, size_t step, bool together,
                               const kerb_raster_style *style)
{
    kerb_raster_writer *writer = NULL;
    kerb_status status =
        kerb_raster_writer_open(ctx, kerb_grid_get_spec(s->grid), bands, N_BANDS,
                                KERB_RASTER_FLOAT32, s->path, s->overwrite, &writer);
    size_t n_steps = (N_ROWS + step - 1) / step;
    for (size_t k = 0; status == KERB_OK && k < n_steps * N_BANDS; k++) {
        size_t i_band = together ? k % N_BANDS : k / n_steps;
        size_t row = (together ? k / N_BANDS : k % n_steps) * step;
        size_t n = N_ROWS - row < step ? N_ROWS - row : step;
        double *rows = rows_of(s, i_band, row, n);
        status = kerb_raster_writer_add_rows(ctx, writer, i_band, rows, n);
        free(rows);
    }
    if (status == KERB_OK)
        status = kerb_raster_writer_finish(ctx, writer, &s->stamp, style);
    kerb_raster_writer_free(writer);
    return status;
}

static const char *write_as(scene *s, const char *name, size_t step, bool together)
{
    s->path = scratch_path(s->folder, name);
    assert_ok(s->ctx, write_bands(s->ctx, s, step, together, NULL));
    return s->path;
}

static void raster_writer__same_bytes_however_rows_are_cut(void **state)
{
    scene *s = *state;
    const char *whole = write_as(s, "whole.tif", N_ROWS, false);
    assert_same_file(whole, write_as(s, "a.tif", 1, true));
    assert_same_file(whole, write_as(s, "b.tif", 97, false));
    assert_same_file(whole, write_as(s, "c.tif", 256, true));
    assert_same_file(whole, write_as(s, "d.tif", 301, true));
    assert_same_file(scratch_path(s->folder, "whole.qml"), scratch_path(s->folder, "a.qml"));
    assert_int_equal(scratch_count(s->folder), 10);
}

static void raster_writer__one_band_is_what_export_raster_writes(void **state)
{
    static const kerb_raster_type types[] = {KERB_RASTER_FLOAT32, KERB_RASTER_FLOAT64};
    scene *s = *state;
    kerb_raster_band band = {.unit = "events per km2"};
    const double *values = kerb_grid_values_const(s->grid);
    for (size_t i = 0; i < 2; i++) {
        kerb_raster_writer *writer = NULL;
        const char *whole = scratch_path(s->folder, "whole.tif");
        const char *rows = scratch_path(s->folder, "rows.tif");
        assert_ok(s->ctx, kerb_export_raster(s->ctx, s->grid, band.unit, types[i], &s->stamp,
                                             whole, true));
        assert_ok(s->ctx, kerb_raster_writer_open(s->ctx, kerb_grid_get_spec(s->grid), &band, 1,
                                                  types[i], rows, true, &writer));
        for (size_t row = 0; row < N_ROWS; row += 7) {
            size_t n = N_ROWS - row < 7 ? N_ROWS - row : 7;
            assert_ok(s->ctx,
                      kerb_raster_writer_add_rows(s->ctx, writer, 0, values + row * N_COLS, n));
        }
        assert_ok(s->ctx, kerb_raster_writer_finish(s->ctx, writer, &s->stamp, NULL));
        kerb_raster_writer_free(writer);
        assert_same_file(whole, rows);
        assert_same_file(scratch_path(s->folder, "whole.qml"),
                         scratch_path(s->folder, "rows.qml"));
    }
}

static void assert_band_is_back(const scene *s, GDALDatasetH dataset, size_t i_band)
{
    GDALRasterBandH band = GDALGetRasterBand(dataset, (int)i_band + 1);
    float *found = malloc(sizeof *found * N_ROWS * N_COLS);
    assert_non_null(found);
    assert_int_equal(GDALRasterIO(band, GF_Read, 0, 0, N_COLS, N_ROWS, found, N_COLS, N_ROWS,
                                  GDT_Float32, 0, 0),
                     CE_None);
    for (size_t i = 0; i < (size_t)N_ROWS * N_COLS; i++) {
        float wanted = (float)cell_of(s, i_band, i);
        if (isnan(wanted) ? !isnan(found[i]) : memcmp(&found[i], &wanted, sizeof wanted) != 0)
            fail_msg("band %zu, cell %zu: %.9g, not %.9g", i_band, i, (double)found[i],
                     (double)wanted);
    }
    free(found);
}

static void raster_writer__bands_are_read_back_by_gdal(void **state)
{
    static const char *const names[N_BANDS] = {"2020-01", "standard   error", NULL};
    static const char *const units[N_BANDS] = {"events per km2", "", "ratio"};
    scene *s = *state;
    GDALDatasetH dataset = GDALOpen(write_as(s, "a.tif", 100, true), GA_ReadOnly);
    assert_non_null(dataset);
    assert_int_equal(GDALGetRasterCount(dataset), N_BANDS);
    assert_string_equal(GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE"), "COG");
    for (size_t i = 0; i < N_BANDS; i++) {
        GDALRasterBandH band = GDALGetRasterBand(dataset, (int)i + 1);
        double found[4];
        int has_nodata = 0;
        assert_string_equal(GDALGetDescription(band), names[i] ? names[i] : s->stamp.title);
        assert_string_equal(GDALGetRasterUnitType(band), units[i]);
        assert_true(isnan(GDALGetRasterNoDataValue(band, &has_nodata)) && has_nodata);
        assert_int_equal(GDALGetOverviewCount(band), 2);
        assert_band_is_back(s, dataset, i);
        /* the statistics in the file are those GDAL finds itself */
        static const char *const keys[] = {"STATISTICS_MINIMUM", "STATISTICS_MAXIMUM",
                                           "STATISTICS_MEAN", "STATISTICS_STDDEV"};
        double told[4];
        for (size_t k = 0; k < 4; k++) {
            const char *text = GDALGetMetadataItem(band, keys[k], NULL);
            assert_non_null(text);
            told[k] = strtod(text, NULL);
        }
        assert_int_equal(GDALComputeRasterStatistics(band, FALSE, &found[0], &found[1],
                                                     &found[2], &found[3], NULL, NULL),
                         CE_None);
        for (size_t k = 0; k < 4; k++)
            assert_near_rel(told[k], found[k], 1e-10);
    }
    GDALClose(dataset);
}

static void raster_writer__several_bands_pass_gdal_s_validator(void **state)
{
    scene *s = *state;
    char command[2 * SCRATCH_PATH_BYTES];
    if (system(
            "/usr/bin/python3 -c 'import osgeo_utils.samples.validate_cloud_optimized_geotiff' "
            ">/dev/null 2>&1") != 0) {
        print_message("SKIP raster_writer__several_bands: python3-gdal is not here\n");
        skip();
    }
    snprintf(command, sizeof command,
             "/usr/bin/python3 -m osgeo_utils.samples.validate_cloud_optimized_geotiff '%s' "
             ">/dev/null",
             write_as(s, "a.tif", 100, true));
    assert_int_equal(system(command), 0);
}

static void raster_writer__the_style_draws_the_band_and_classes_asked_for(void **state)
{
    scene *s = *state;
    kerb_classes classes = {.n = 2,
                            .breaks = {-1.0, 0.5, 3.0},
                            .rgb = {{1, 2, 3}, {250, 251, 252}},
                            .label = {"lower", "higher"}};
    kerb_raster_style style = {.band = 1, .classes = &classes, .draws_zero = true};
    s->path = scratch_path(s->folder, "a.tif");
    assert_ok(s->ctx, write_bands(s->ctx, s, N_ROWS, false, &style));
    size_t length;
    char *qml = scratch_read(scratch_path(s->folder, "a.qml"), &length);
    assert_non_null(strstr(qml, "band=\"2\""));
    assert_non_null(strstr(qml, "minimumValue=\"-1\""));
    assert_non_null(strstr(qml, "<item value=\"0.5\" color=\"#010203\" alpha=\"255\""));
    assert_null(strstr(qml, "not drawn"));
    free(qml);
    /* without classes of one's own: those of the band, 0 not drawn */
    s->overwrite = true;
    style = (kerb_raster_style){.band = 2};
    assert_ok(s->ctx, write_bands(s->ctx, s, N_ROWS, false, &style));
    qml = scratch_read(scratch_path(s->folder, "a.qml"), &length);
    assert_non_null(strstr(qml, "band=\"3\""));
    assert_non_null(strstr(qml, "not drawn"));
    free(qml);
}

static void raster_writer__what_is_not_whole_is_refused_and_leaves_nothing(void **state)
{
    scene *s = *state;
    const kerb_grid_spec *spec = kerb_grid_get_spec(s->grid);
    const double *values = kerb_grid_values_const(s->grid);
    const char *path = scratch_path(s->folder, "a.tif");
    kerb_raster_writer *writer = NULL;
    assert_ok(s->ctx, kerb_raster_writer_open(s->ctx, spec, bands, 2, KERB_RASTER_FLOAT32, path,
                                              false, &writer));
    assert_ok(s->ctx, kerb_raster_writer_add_rows(s->ctx, writer, 0, values, N_ROWS));
    assert_int_equal(kerb_raster_writer_add_rows(s->ctx, writer, 0, values, 1), KERB_ERR_ARG);
    assert_int_equal(kerb_raster_writer_add_rows(s->ctx, writer, 2, values, 1), KERB_ERR_ARG);
    assert_ok(s->ctx, kerb_raster_writer_add_rows(s->ctx, writer, 1, values, N_ROWS - 1));
    assert_int_equal(kerb_raster_writer_finish(s->ctx, writer, &s->stamp, NULL), KERB_ERR_ARG);
    assert_string_equal(kerb_ctx_message(s->ctx), "band 1 has 599 of 600 rows");
    kerb_raster_writer_free(writer);
    assert_int_equal(scratch_count(s->folder), 0);
    assert_int_equal(kerb_raster_writer_open(s->ctx, spec, bands, 0, KERB_RASTER_FLOAT32, path,
                                             false, &writer),
                     KERB_ERR_RANGE);
    kerb_raster_style style = {.band = N_BANDS};
    s->path = path;
    assert_int_equal(write_bands(s->ctx, s, N_ROWS, false, &style), KERB_ERR_ARG);
    assert_int_equal(scratch_count(s->folder), 0);
}

static void raster_writer__a_file_that_may_not_grow_leaves_nothing(void **state)
{
    scene *s = *state;
    size_t n_failed = 0;
    s->path = scratch_path(s->folder, "a.tif");
    for (double limit = 1024.0;; limit *= 1.5) {
        scene_limit_file_size((rlim_t)limit);
        kerb_status status = write_bands(s->ctx, s, 64, true, NULL);
        scene_limit_file_size(RLIM_INFINITY);
        if (status == KERB_OK)
            break;
        n_failed++;
        assert_int_equal(status, KERB_ERR_IO);
        assert_non_null(strstr(kerb_ctx_message(s->ctx), "/a."));
        assert_int_equal(scratch_count(s->folder), 0);
    }
    assert_true(n_failed > 10);
}

static kerb_status write_some(kerb_ctx *ctx, void *user)
{
    return write_bands(ctx, user, 200, true, NULL);
}

static void raster_writer__out_of_memory_anywhere_leaves_nothing(void **state)
{
    scene *s = *state;
    s->path = scratch_path(s->folder, "a.tif");
    assert_true(failing_allocator_walk(write_some, s) > 10);
    assert_int_equal(scratch_count(s->folder),
                     2); /* of the last run, which had what it asked */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(raster_writer__same_bytes_however_rows_are_cut),
        TEST(raster_writer__one_band_is_what_export_raster_writes),
        TEST(raster_writer__bands_are_read_back_by_gdal),
        TEST(raster_writer__several_bands_pass_gdal_s_validator),
        TEST(raster_writer__the_style_draws_the_band_and_classes_asked_for),
        TEST(raster_writer__what_is_not_whole_is_refused_and_leaves_nothing),
        TEST(raster_writer__a_file_that_may_not_grow_leaves_nothing),
        TEST(raster_writer__out_of_memory_anywhere_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
