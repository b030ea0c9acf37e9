/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions at or above a threshold, by GDAL's marching squares on a copy in memory.
 *
 *     0 0 0 0        value at cell centres; the line crosses between centres by linear
 *     0 5 5 .        interpolation, closes at the edges of cells without value (.) and of
 *     0 5 5 .        the grid.
 *
 * GDAL is named in this file only. Its habits decide how it is called: it shifts values within
 * an absolute 1e-6 of the level upwards, so densities per m2 (about 1e-6 themselves) are
 * divided by the threshold first; the open top class ends at 4294967295; and its error handler
 * prints, so one of ours is pushed, for this thread only. Two high cells that touch at a corner
 * are joined when they lie north-west and south-east, and split when north-east and south-west
 * (GDAL 3.6, at any height): a smooth surface has such saddles rarely, and either answer is a
 * right contour. */

#include "hotspots_internal.h"
#include "kerb_base.h"

#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <gdal_alg.h>
#include <gdal_frmts.h>
#include <limits.h>
#include <math.h>
#include <ogr_api.h>
#include <string.h>

/* Declared by GDAL in a C++ header only. */
void RegisterOGRMEM(void);

#define FIELD_HIGH 0
#define MAX_ERROR  256
/* GDAL counts values nearer to the level than this as on it, and so as in the region. */
#define LEVEL_FUZZ 1.0e-6

struct gdal_failure {
    bool has_failed, is_memory;
    char text[MAX_ERROR];
};

static void CPL_STDCALL keep_first_failure(CPLErr class, CPLErrorNum number, const char *text)
{
    struct gdal_failure *failure = CPLGetErrorHandlerUserData();
    if (class < CE_Failure || failure->has_failed)
        return;
    failure->has_failed = true;
    failure->is_memory = number == CPLE_OutOfMemory;
    kerb_text_visible(text, strlen(text), (MAX_ERROR - 9) / 4, failure->text);
}

static int CPL_STDCALL tell_progress(double share, const char *text, void *user)
{
    (void)text;
    return kerb_progress(user, "contours", share) == KERB_OK;
}

/* Only the two drivers that keep data in memory, and only when nobody registered them yet: a
 * caller that registers all drivers before or after finds nothing changed. */
static GDALDriverH find_driver(const char *name, void (*register_it)(void))
{
    GDALDriverH driver = GDALGetDriverByName(name);
    if (driver == NULL) {
        register_it();
        driver = GDALGetDriverByName(name);
    }
    return driver;
}

/* A window of the grid: first row and column, and shape. */
struct window {
    size_t row, col, n_rows, n_cols;
};

/* All cells at or above the threshold with one cell around: lines never leave it. */
static bool find_window(const kerb_grid *surface, double threshold, struct window *out)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(surface);
    const double *values = kerb_grid_values_const(surface);
    double at_least = threshold * (1.0 - 2.0 * LEVEL_FUZZ);
    size_t row_min = SIZE_MAX, row_max = 0, col_min = SIZE_MAX, col_max = 0;
    for (size_t row = 0; row < spec->n_rows; row++) {
        for (size_t col = 0; col < spec->n_cols; col++) {
            if (!(values[row * spec->n_cols + col] >= at_least))
                continue;
            row_min = row < row_min ? row : row_min;
            row_max = row;
            col_min = col < col_min ? col : col_min;
            col_max = col > col_max ? col : col_max;
        }
    }
    if (row_min == SIZE_MAX)
        return false;
    row_min -= row_min > 0;
    col_min -= col_min > 0;
    row_max += row_max + 1 < spec->n_rows;
    col_max += col_max + 1 < spec->n_cols;
    *out = (struct window){.row = row_min,
                           .col = col_min,
                           .n_rows = row_max - row_min + 1,
                           .n_cols = col_max - col_min + 1};
    return true;
}

static double *copy_scaled(const kerb_grid *surface, struct window window, double threshold)
{
    size_t n_grid_cols = kerb_grid_get_spec(surface)->n_cols;
    const double *values = kerb_grid_values_const(surface);
    if (window.n_rows > SIZE_MAX / window.n_cols)
        return NULL;
    double *scaled = kerb_alloc_array(window.n_rows * window.n_cols, sizeof *scaled);
    for (size_t row = 0; scaled != NULL && row < window.n_rows; row++) {
        const double *from = values + (window.row + row) * n_grid_cols + window.col;
        for (size_t col = 0; col < window.n_cols; col++) {
            scaled[row * window.n_cols + col] = from[col] / threshold;
        }
    }
    return scaled;
}

/* A raster over memory that stays ours. */
static GDALDatasetH open_raster(double *scaled, struct window window,
                                const kerb_grid_spec *spec)
{
    GDALDriverH driver = find_driver("MEM", GDALRegister_MEM);
    if (driver == NULL)
        return NULL;
    GDALDatasetH raster =
        GDALCreate(driver, "", (int)window.n_cols, (int)window.n_rows, 0, GDT_Float64, NULL);
    if (raster == NULL)
        return NULL;
    char option[64];
    snprintf(option, sizeof option, "DATAPOINTER=%p", (void *)scaled);
    char *options[] = {option, NULL};
    double transform[6] = {
        spec->xmin + (double)window.col * spec->cell_m, spec->cell_m, 0.0,
        spec->ymax - (double)window.row * spec->cell_m, 0.0,          -spec->cell_m};
    if (GDALAddBand(raster, GDT_Float64, options) != CE_None ||
        GDALSetGeoTransform(raster, transform) != CE_None ||
        GDALSetRasterNoDataValue(GDALGetRasterBand(raster, 1), (double)NAN) != CE_None) {
        GDALClose(raster);
        return NULL;
    }
    return raster;
}

static GDALDatasetH open_layer(OGRLayerH *layer)
{
    GDALDriverH driver = find_driver("Memory", RegisterOGRMEM);
    GDALDatasetH vectors =
        driver != NULL ? GDALCreate(driver, "", 0, 0, 0, GDT_Unknown, NULL) : NULL;
    if (vectors == NULL)
        return NULL;
    *layer = GDALDatasetCreateLayer(vectors, "regions", NULL, wkbMultiPolygon, NULL);
    OGRFieldDefnH high = OGR_Fld_Create("high", OFTReal);
    bool is_ready = *layer != NULL && OGR_L_CreateField(*layer, high, FALSE) == OGRERR_NONE;
    OGR_Fld_Destroy(high);
    if (!is_ready) {
        GDALClose(vectors);
        return NULL;
    }
    return vectors;
}

/* ------------------------------------------------------ from OGR to plain arrays */

struct sizes {
    size_t n_regions, n_rings, n_points;
};

/* Called with each polygon of the class above the level. */
typedef void (*visit_part)(OGRGeometryH polygon, void *user);

static void count_part(OGRGeometryH polygon, void *user)
{
    struct sizes *sizes = user;
    sizes->n_regions++;
    int n_rings = OGR_G_GetGeometryCount(polygon);
    for (int ring = 0; ring < n_rings; ring++) {
        sizes->n_rings++;
        sizes->n_points += (size_t)OGR_G_GetPointCount(OGR_G_GetGeometryRef(polygon, ring));
    }
}

static void copy_part(OGRGeometryH polygon, void *user)
{
    kerb_hotspots__regions *regions = user;
    kerb_hotspots__region *region = &regions->items[regions->n++];
    region->first_ring = regions->n_rings;
    int n_rings = OGR_G_GetGeometryCount(polygon);
    for (int ring = 0; ring < n_rings; ring++) {
        OGRGeometryH line = OGR_G_GetGeometryRef(polygon, ring);
        size_t first = regions->point_start[regions->n_rings];
        kerb_point *points = regions->points + first;
        int n_points = OGR_G_GetPoints(line, &points->x, (int)sizeof *points, &points->y,
                                       (int)sizeof *points, NULL, 0);
        regions->n_rings++;
        regions->point_start[regions->n_rings] = first + (size_t)n_points;
    }
    region->n_rings = regions->n_rings - region->first_ring;
}

/* Every polygon of the class above the level. It is known by its upper end, 4294967295, while
 * the class below ends at the level (1); the lower end of a class that is alone is written as
 * 0. */
static void visit_parts_above(OGRLayerH layer, visit_part visit, void *user)
{
    OGR_L_ResetReading(layer);
    for (OGRFeatureH feature; (feature = OGR_L_GetNextFeature(layer)) != NULL;) {
        OGRGeometryH parts = OGR_F_GetGeometryRef(feature);
        int n_parts = parts != NULL ? OGR_G_GetGeometryCount(parts) : 0;
        bool is_above = OGR_F_GetFieldAsDouble(feature, FIELD_HIGH) > 1.0;
        for (int part = 0; is_above && part < n_parts; part++) {
            OGRGeometryH polygon = OGR_G_GetGeometryRef(parts, part);
            if (OGR_G_GetGeometryCount(polygon) > 0)
                visit(polygon, user);
        }
        OGR_F_Destroy(feature);
    }
}

static kerb_status read_regions(kerb_ctx *ctx, OGRLayerH layer, kerb_hotspots__regions *out)
{
    struct sizes sizes = {0};
    kerb_hotspots__regions regions = {0};
    visit_parts_above(layer, count_part, &sizes);
    regions.items = kerb_alloc_array(sizes.n_regions, sizeof *regions.items);
    regions.point_start = kerb_calloc_array(sizes.n_rings + 1, sizeof *regions.point_start);
    regions.points = kerb_alloc_array(sizes.n_points, sizeof *regions.points);
    if (regions.items == NULL || regions.point_start == NULL || regions.points == NULL) {
        kerb_hotspots__regions_clear(&regions);
        return kerb_fail_nomem(ctx, "regions");
    }
    visit_parts_above(layer, copy_part, &regions);
    *out = regions;
    return KERB_OK;
}

void kerb_hotspots__regions_clear(kerb_hotspots__regions *regions)
{
    kerb_free(regions->items);
    kerb_free(regions->point_start);
    kerb_free(regions->points);
    *regions = (kerb_hotspots__regions){0};
}

kerb_status kerb_hotspots__contour(kerb_ctx *ctx, const kerb_grid *surface, double threshold,
                                   kerb_hotspots__regions *out)
{
    kerb_status status = KERB_OK;
    struct window window;
    struct gdal_failure failure = {0};
    double *scaled = NULL;
    GDALDatasetH raster = NULL, vectors = NULL;
    OGRLayerH layer = NULL;
    kerb_hotspots__regions regions = {0};

    if (!find_window(surface, threshold, &window)) {
        *out = regions;
        return KERB_OK;
    }
    if (window.n_rows > INT_MAX || window.n_cols > INT_MAX) {
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%zu x %zu cells are more than contours can be drawn on",
                         window.n_rows, window.n_cols);
    }
    CPLPushErrorHandlerEx(keep_first_failure, &failure);
    scaled = copy_scaled(surface, window, threshold);
    if (scaled == NULL) {
        status = kerb_fail_nomem(ctx, "contours");
        goto done;
    }
    char *options[] = {(char[]){"FIXED_LEVELS=1"}, (char[]){"POLYGONIZE=YES"},
                       (char[]){"NODATA=nan"}, (char[]){"ELEV_FIELD_MAX=0"}, NULL};
    raster = open_raster(scaled, window, kerb_grid_get_spec(surface));
    vectors = raster != NULL ? open_layer(&layer) : NULL;
    if (vectors == NULL ||
        GDALContourGenerateEx(GDALGetRasterBand(raster, 1), layer, (CSLConstList)options,
                              tell_progress, ctx) != CE_None) {
        if (kerb_ctx_is_cancelled(ctx))
            status = kerb_check_cancel(ctx);
        else
            status = kerb_fail(ctx, failure.is_memory ? KERB_ERR_NOMEM : KERB_ERR_BUG,
                               "contours could not be drawn: %s", failure.text);
        goto done;
    }
    status = read_regions(ctx, layer, &regions);
    if (status != KERB_OK)
        goto done;
    *out = regions, regions = (kerb_hotspots__regions){0};
done:
    if (vectors != NULL)
        GDALClose(vectors);
    if (raster != NULL)
        GDALClose(raster);
    CPLPopErrorHandler();
    kerb_hotspots__regions_clear(&regions);
    kerb_free(scaled);
    return status;
}
