/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GDAL belongs to the program: what an export touches of it is given back. */
#include "export_scene.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <gdal.h>
#include <pthread.h>

static int n_heard;

static void CPL_STDCALL hear(CPLErr class, CPLErrorNum number, const char *message)
{
    (void)class, (void)number, (void)message;
    n_heard++;
}

static void export_both(kerb_ctx *ctx, const char *folder)
{
    kerb_crs *crs = NULL;
    assert_ok(ctx, kerb_crs_new(ctx, "EPSG:27700", &crs));
    kerb_stamp stamp = scene_stamp(crs);
    kerb_grid *grid = scene_grid(ctx, 20, 30);
    kerb_areas_set *set = scene_areas(ctx, 3);
    kerb_layer *layer = scene_layer(ctx, set, 3);
    const kerb_export_layer_options options = {.overwrite = true};
    assert_ok(ctx, kerb_export_raster(ctx, grid, "events per km2", KERB_RASTER_FLOAT32, &stamp,
                                      scratch_path(folder, "x.tif"), true));
    assert_ok(ctx,
              kerb_export_layer(ctx, layer, &stamp, &options, scratch_path(folder, "x.gpkg")));
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
    kerb_grid_free(grid);
    kerb_crs_free(crs);
}

/* First, because it is about a process in which nobody registered anything. */
static void guard__registers_three_drivers_and_no_more(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    assert_int_equal(GDALGetDriverCount(), 0);
    export_both(ctx, *state);
    assert_int_equal(GDALGetDriverCount(), 3);
    assert_non_null(GDALGetDriverByName("GTiff"));
    assert_non_null(GDALGetDriverByName("COG"));
    assert_non_null(GDALGetDriverByName("GPKG"));
    kerb_ctx_free(ctx);
}

static void
guard__a_program_with_all_drivers_keeps_them_its_settings_and_its_errors(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    GDALAllRegister();
    int n_drivers = GDALGetDriverCount();
    CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", "YES");
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", "1999-09-09T00:00:00.000Z");
    CPLPushErrorHandler(hear);
    CPLErrorSetState(CE_Warning, 4711, "mine");
    export_both(ctx, *state);
    assert_int_equal(GDALGetDriverCount(), n_drivers);
    assert_string_equal(CPLGetThreadLocalConfigOption("GDAL_PAM_ENABLED", ""), "YES");
    assert_string_equal(CPLGetThreadLocalConfigOption("OGR_CURRENT_DATE", ""),
                        "1999-09-09T00:00:00.000Z");
    assert_null(CPLGetThreadLocalConfigOption("OGR_SQLITE_JOURNAL", NULL));
    assert_null(CPLGetThreadLocalConfigOption("GDAL_NUM_THREADS", NULL));
    assert_int_equal(CPLGetLastErrorNo(), 4711);
    assert_string_equal(CPLGetLastErrorMsg(), "mine");
    assert_int_equal(n_heard, 0);
    /* and its handler is on top again */
    CPLError(CE_Failure, CPLE_AppDefined, "for the program");
    assert_int_equal(n_heard, 1);
    CPLPopErrorHandler();
    CPLSetThreadLocalConfigOption("GDAL_PAM_ENABLED", NULL);
    CPLSetThreadLocalConfigOption("OGR_CURRENT_DATE", NULL);
    kerb_ctx_free(ctx);
}

typedef struct worker {
    const char *folder;
    size_t number;
    kerb_status status;
} worker;

/* No asserts here: cmocka's belong to the main thread. */
static void *export_alone(void *user)
{
    worker *w = user;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_crs *crs = NULL;
    kerb_grid *grid = NULL;
    kerb_layer *layer = NULL;
    char path[SCRATCH_PATH_BYTES];
    kerb_grid_spec spec = {.ymax = 3e4, .cell_m = 100.0, .n_rows = 300, .n_cols = 300};
    w->status = kerb_crs_new(ctx, "EPSG:27700", &crs);
    kerb_stamp stamp = scene_stamp(crs);
    if (w->status == KERB_OK)
        w->status = kerb_grid_new(ctx, &spec, 2.5, &grid);
    if (w->status == KERB_OK)
        w->status = kerb_layer_new(ctx, "t", 300, NULL, &layer);
    if (w->status == KERB_OK)
        w->status = kerb_layer_add_field(ctx, layer, "n", KERB_FIELD_INTEGER, NULL, NULL);
    for (int round = 0; w->status == KERB_OK && round < 5; round++) {
        const kerb_export_layer_options options = {.overwrite = true};
        snprintf(path, sizeof path, "%s/%zu.tif", w->folder, w->number);
        w->status =
            kerb_export_raster(ctx, grid, "events", KERB_RASTER_FLOAT32, &stamp, path, true);
        snprintf(path, sizeof path, "%s/%zu.gpkg", w->folder, w->number);
        if (w->status == KERB_OK)
            w->status = kerb_export_layer(ctx, layer, &stamp, &options, path);
    }
    kerb_layer_free(layer);
    kerb_grid_free(grid);
    kerb_crs_free(crs);
    kerb_ctx_free(ctx);
    return NULL;
}

static void guard__threads_export_side_by_side(void **state)
{
    enum { N_WORKERS = 4 };
    worker workers[N_WORKERS];
    pthread_t threads[N_WORKERS];
    for (size_t i = 0; i < N_WORKERS; i++) {
        workers[i] = (worker){.folder = *state, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, export_alone, &workers[i]), 0);
    }
    for (size_t i = 0; i < N_WORKERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < N_WORKERS; i++) {
        char name[32];
        assert_int_equal(workers[i].status, KERB_OK);
        snprintf(name, sizeof name, "%zu.tif", i);
        assert_same_file(scratch_path(*state, "0.tif"), scratch_path(*state, name));
        snprintf(name, sizeof name, "%zu.gpkg", i);
        assert_same_file(scratch_path(*state, "0.gpkg"), scratch_path(*state, name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(guard__registers_three_drivers_and_no_more,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(
            guard__a_program_with_all_drivers_keeps_them_its_settings_and_its_errors,
            scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(guard__threads_export_side_by_side, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
