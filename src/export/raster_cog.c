/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A grid as Cloud Optimized GeoTIFF. The COG driver only copies, so rows go into a tiled file
 * in the same folder (no second copy of the grid in memory), overviews are built there (the
 * driver's own temporaries would have names nobody cleans up), and the whole is copied. GDAL's
 * calls succeed on a full disk; the file is believed only after it was closed without a
 * failure, opened again and found to hold the values. Format: OGC 21-026, OGC Cloud Optimized
 * GeoTIFF Standard 1.0. */
#include "gdal_guard.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { BLOCK = 256 }; /* side of a tile; overviews stop when one tile holds all */

static kerb_status check_values(kerb_ctx *ctx, const kerb_grid *grid, kerb_raster_type type)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    const double *values = kerb_grid_values_const(grid);
    double limit = type == KERB_RASTER_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
    if (spec->n_rows > INT_MAX || spec->n_cols > INT_MAX)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "a raster of %zu x %zu cells is too large for TIFF", spec->n_rows,
                         spec->n_cols);
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++)
        if (fabs(values[i]) > limit) /* false for NAN */
            return kerb_fail(ctx, KERB_ERR_RANGE, "cell (%zu, %zu) is too large for %s",
                             i / spec->n_cols, i % spec->n_cols,
                             type == KERB_RASTER_FLOAT32 ? "float32" : "a raster");
    return KERB_OK;
}

/* Rows [row, row + n_rows) as they stand in the file; `narrow` is room for float32. */
static const void *rows_as_written(const kerb_grid *grid, size_t row, size_t n_rows,
                                   kerb_raster_type type, float *narrow)
{
    size_t n_cols = kerb_grid_get_spec(grid)->n_cols;
    const double *values = kerb_grid_values_const(grid) + row * n_cols;
    if (type == KERB_RASTER_FLOAT64)
        return values;
    for (size_t i = 0; i < n_rows * n_cols; i++)
        narrow[i] = (float)values[i];
    return narrow;
}

static size_t size_of(kerb_raster_type type)
{
    return type == KERB_RASTER_FLOAT32 ? sizeof(float) : sizeof(double);
}

static GDALDataType gdal_type(kerb_raster_type type)
{
    return type == KERB_RASTER_FLOAT32 ? GDT_Float32 : GDT_Float64;
}

/* GDALRasterIO takes void * for reading and writing alike. */
static void *writable(const void *pointer)
{
    union {
        const void *in;
        void *out;
    } same = {.in = pointer};
    return same.out;
}

static kerb_status write_rows(kerb_ctx *ctx, GDALDatasetH dataset, const kerb_grid *grid,
                              kerb_raster_type type, float *narrow)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    for (size_t row = 0; row < spec->n_rows; row += BLOCK) {
        size_t n = spec->n_rows - row < BLOCK ? spec->n_rows - row : BLOCK;
        const void *rows = rows_as_written(grid, row, n, type, narrow);
        kerb_status status =
            kerb_progress(ctx, "writing", 0.4 * (double)row / (double)spec->n_rows);
        if (status != KERB_OK)
            return status;
        if (GDALRasterIO(band, GF_Write, 0, (int)row, (int)spec->n_cols, (int)n, writable(rows),
                         (int)spec->n_cols, (int)n, gdal_type(type), 0, 0) != CE_None)
            return KERB_ERR_IO;
    }
    return KERB_OK;
}

/* Statistics of the values as written, in the order of the cells: Welford (1962). */
static void set_statistics(GDALRasterBandH band, const kerb_grid *grid, kerb_raster_type type)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    const double *values = kerb_grid_values_const(grid);
    double min = INFINITY, max = -INFINITY, mean = 0.0, squares = 0.0;
    size_t n = 0;
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++) {
        double value = type == KERB_RASTER_FLOAT32 ? (double)(float)values[i] : values[i];
        if (isnan(value))
            continue;
        n++;
        double from_mean = value - mean;
        mean += from_mean / (double)n;
        squares += from_mean * (value - mean);
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    if (n == 0)
        return;
    const char *keys[] = {"STATISTICS_MINIMUM", "STATISTICS_MAXIMUM", "STATISTICS_MEAN",
                          "STATISTICS_STDDEV"};
    double figures[] = {min, max, mean, sqrt(squares / (double)n)};
    for (size_t i = 0; i < 4; i++) {
        char number[KERB_DOUBLE_TEXT];
        kerb_format_double(figures[i], number);
        GDALSetMetadataItem(band, keys[i], number, NULL);
    }
}

static void describe(GDALDatasetH dataset, const kerb_grid *grid, const char *unit,
                     kerb_raster_type type, const kerb_stamp *stamp, const char *title,
                     const char *notice, const char *stamp_json, OGRSpatialReferenceH srs)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    GDALRasterBandH band = GDALGetRasterBand(dataset, 1);
    double place[6] = {spec->xmin, spec->cell_m, 0.0, spec->ymax, 0.0, -spec->cell_m};
    char date[KERB_EXPORT_DATE_TEXT];
    GDALSetGeoTransform(dataset, place);
    if (srs)
        GDALSetSpatialRef(dataset, srs);
    GDALSetRasterNoDataValue(band, (double)NAN);
    GDALSetRasterUnitType(band, unit ? unit : "");
    GDALSetDescription(band, title);
    GDALSetMetadataItem(dataset, "TIFFTAG_IMAGEDESCRIPTION", title, NULL);
    GDALSetMetadataItem(dataset, "TIFFTAG_SOFTWARE", "kerb " KERB_VERSION, NULL);
    /* TIFF 6.0: "YYYY:MM:DD HH:MM:SS" */
    kerb_export__date(stamp, date);
    char tiff_date[20];
    memcpy(tiff_date, date, 19);
    tiff_date[4] = tiff_date[7] = ':';
    tiff_date[10] = ' ';
    tiff_date[19] = '\0';
    GDALSetMetadataItem(dataset, "TIFFTAG_DATETIME", tiff_date, NULL);
    if (*notice)
        GDALSetMetadataItem(dataset, "TIFFTAG_COPYRIGHT", notice, NULL);
    /* in the default domain: GDAL's COG driver carries no other over before 3.8 */
    GDALSetMetadataItem(dataset, "KERB_STAMP", stamp_json, NULL);
    set_statistics(band, grid, type);
}

static bool build_overviews(GDALDatasetH dataset, const kerb_grid_spec *spec)
{
    int levels[31], n_levels = 0;
    size_t longest = spec->n_rows > spec->n_cols ? spec->n_rows : spec->n_cols;
    for (size_t level = 2; longest > (level / 2) * BLOCK && n_levels < 31; level *= 2)
        levels[n_levels++] = (int)level;
    return n_levels == 0 || GDALBuildOverviews(dataset, "AVERAGE", n_levels, levels, 0, NULL,
                                               NULL, NULL) == CE_None;
}

typedef struct copy_progress {
    kerb_ctx *ctx;
    kerb_status status;
} copy_progress;

static int CPL_STDCALL tell_progress(double share, const char *message, void *user)
{
    copy_progress *progress = user;
    (void)message;
    progress->status = kerb_progress(progress->ctx, "writing", 0.5 + 0.5 * share);
    return progress->status == KERB_OK;
}

/* Open the finished file and compare the first, a middle and the last rows of tiles; the last
 * ones are at the end of the file, where a full disk shows. */
static bool holds_the_grid(const char *path, const kerb_grid *grid, kerb_raster_type type,
                           float *narrow, void *found)
{
    static const char *const drivers[] = {"GTiff", NULL};
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_RASTER, drivers, NULL, NULL);
    if (dataset == NULL)
        return false;
    const char *layout = GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE");
    bool is_whole = layout && strcmp(layout, "COG") == 0 &&
                    GDALGetRasterXSize(dataset) == (int)spec->n_cols &&
                    GDALGetRasterYSize(dataset) == (int)spec->n_rows;
    size_t last = (spec->n_rows - 1) / BLOCK, tried[3] = {0, last / 2, last};
    for (size_t i = 0; is_whole && i < 3; i++) {
        size_t row = tried[i] * BLOCK;
        size_t n = spec->n_rows - row < BLOCK ? spec->n_rows - row : BLOCK;
        is_whole = GDALRasterIO(GDALGetRasterBand(dataset, 1), GF_Read, 0, (int)row,
                                (int)spec->n_cols, (int)n, found, (int)spec->n_cols, (int)n,
                                gdal_type(type), 0, 0) == CE_None;
        /* values, not bytes: which NaN a NaN is does not matter */
        const void *wanted = rows_as_written(grid, row, n, type, narrow);
        for (size_t cell = 0; is_whole && cell < n * spec->n_cols; cell++) {
            double a = type == KERB_RASTER_FLOAT32 ? (double)((const float *)wanted)[cell]
                                                   : ((const double *)wanted)[cell];
            double b = type == KERB_RASTER_FLOAT32 ? (double)((const float *)found)[cell]
                                                   : ((const double *)found)[cell];
            is_whole = a == b || (isnan(a) && isnan(b));
        }
    }
    GDALClose(dataset);
    return is_whole;
}

static kerb_status write_cog(kerb_ctx *ctx, const kerb_grid *grid, const char *unit,
                             kerb_raster_type type, const kerb_stamp *stamp, const char *title,
                             const char *notice, const char *stamp_json, const char *rows_path,
                             const char *path, const char *name)
{
    /* Packed lightly where GDAL has Zstandard: a map that is mostly empty then costs the disk
     * a hundredth, a dense one no more than writing it plainly. */
    static const char *const plain_options[] = {"TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256",
                                                "BIGTIFF=IF_SAFER", NULL};
    static const char *const packed_options[] = {"TILED=YES",
                                                 "BLOCKXSIZE=256",
                                                 "BLOCKYSIZE=256",
                                                 "BIGTIFF=IF_SAFER",
                                                 "COMPRESS=ZSTD",
                                                 "ZSTD_LEVEL=1",
                                                 NULL};
    /* LEVEL=1: a density is mostly noise in its last bits; higher levels cost time and gain
     * little. One thread: same bytes. */
    static const char *const cog_options[] = {
        "COMPRESS=DEFLATE", "PREDICTOR=YES",  "LEVEL=1",
        "BLOCKSIZE=256",    "OVERVIEWS=AUTO", "OVERVIEW_RESAMPLING=AVERAGE",
        "BIGTIFF=IF_SAFER", "NUM_THREADS=1",  NULL};
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    size_t n_band = (spec->n_rows < BLOCK ? spec->n_rows : BLOCK) * spec->n_cols;
    float *narrow = NULL;
    void *found = NULL;
    GDALDatasetH rows = NULL, cog = NULL;
    OGRSpatialReferenceH srs = NULL;
    kerb_gdal_scope scope;
    copy_progress progress = {.ctx = ctx, .status = KERB_OK};
    kerb_status status = kerb_export__gdal_need_raster(ctx);
    if (status != KERB_OK)
        return status;
    kerb_export__gdal_enter(&scope);

    narrow = kerb_alloc_array(type == KERB_RASTER_FLOAT32 ? n_band : 0, sizeof *narrow);
    found = kerb_alloc_array(n_band, size_of(type));
    if (narrow == NULL || found == NULL) {
        status = kerb_fail_nomem(ctx, "rows of a raster");
        goto done;
    }
    status = kerb_export__gdal_crs(ctx, stamp->crs, &srs);
    if (status != KERB_OK)
        goto done;
    GDALDriverH driver = GDALGetDriverByName("GTiff");
    const char *known = GDALGetMetadataItem(driver, GDAL_DMD_CREATIONOPTIONLIST, NULL);
    bool is_packed = known != NULL && strstr(known, "ZSTD_LEVEL") != NULL;
    rows =
        GDALCreate(driver, rows_path, (int)spec->n_cols, (int)spec->n_rows, 1, gdal_type(type),
                   (CSLConstList)writable(is_packed ? packed_options : plain_options));
    if (rows == NULL) {
        status = kerb_export__gdal_fail(ctx, &scope, name, "the rows cannot be stored");
        goto done;
    }
    describe(rows, grid, unit, type, stamp, title, notice, stamp_json, srs);
    status = write_rows(ctx, rows, grid, type, narrow);
    if (status == KERB_ERR_CANCELLED)
        goto done;
    GDALFlushCache(rows);
    if (status != KERB_OK || scope.has_failed || !build_overviews(rows, spec)) {
        status = kerb_export__gdal_fail(ctx, &scope, name, "the rows cannot be stored");
        goto done;
    }
    GDALFlushCache(rows);
    if (!scope.has_failed)
        cog = GDALCreateCopy(GDALGetDriverByName("COG"), path, rows, FALSE,
                             (CSLConstList)writable(cog_options), tell_progress, &progress);
    if (progress.status != KERB_OK) {
        status = progress.status;
        goto done;
    }
    if (cog)
        GDALFlushCache(cog);
    if (cog)
        GDALClose(cog);
    if (cog == NULL || scope.has_failed) {
        cog = NULL;
        status = kerb_export__gdal_fail(ctx, &scope, name, "the file cannot be stored");
        goto done;
    }
    cog = NULL;
    if (!holds_the_grid(path, grid, type, narrow, found) || scope.has_failed)
        status = kerb_export__gdal_fail(ctx, &scope, name,
                                        "reading back gives other values than were written");
done:
    if (rows)
        GDALClose(rows);
    if (srs)
        OSRDestroySpatialReference(srs);
    kerb_export__gdal_leave(&scope);
    kerb_free(found);
    kerb_free(narrow);
    return status;
}

/* Where the rows wait: `.OUT.rows.kerb-<pid>.tif`, never committed. */
static kerb_status open_rows(kerb_ctx *ctx, const char *path, kerb_output **out)
{
    kerb_text text = {0};
    char *rows_target = NULL;
    const char *dot = strrchr(path, '.');
    kerb_text_add_n(&text, path, (size_t)(dot - path));
    kerb_text_add_format(&text, ".rows%s", dot);
    kerb_status status = kerb_text_take(ctx, &text, &rows_target);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, rows_target, true, out);
    kerb_free(rows_target);
    return status;
}

/* One line of UTF-8 without blanks at its ends: GDAL keeps texts in XML, which has no place for
 * control characters, and its reader drops leading blanks. */
static kerb_status copy_clean(kerb_ctx *ctx, const char *value, char **out)
{
    kerb_text text = {0};
    char *line = NULL;
    kerb_export__add_line(&text, value ? value : "");
    kerb_status status = kerb_text_take(ctx, &text, &line);
    if (status != KERB_OK)
        return status;
    const char *start = line + strspn(line, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    *out = kerb_text_copy_n(start, length);
    kerb_free(line);
    return *out ? KERB_OK : kerb_fail_nomem(ctx, "text");
}

kerb_status kerb_export_raster(kerb_ctx *ctx, const kerb_grid *grid, const char *unit,
                               kerb_raster_type type, const kerb_stamp *stamp, const char *path,
                               bool overwrite)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    char *qml_path = NULL, *qml = NULL, *stamp_json = NULL, *title = NULL, *notice = NULL;
    char *clean_unit = NULL;
    kerb_output *tif = NULL, *style = NULL, *rows = NULL;
    kerb_classes classes;
    kerb_status status = kerb_export_check(ctx, path, true, overwrite);
    if (status == KERB_OK)
        status = check_values(ctx, grid, type);
    if (status == KERB_OK)
        status = kerb_export__sidecar_path(ctx, path, &qml_path);
    if (status == KERB_OK)
        status = kerb_stamp_json(ctx, stamp, &stamp_json);
    if (status == KERB_OK)
        status = copy_clean(ctx, stamp->title, &title);
    if (status == KERB_OK)
        status = copy_clean(ctx, stamp->notice, &notice);
    if (status == KERB_OK)
        status = copy_clean(ctx, unit, &clean_unit);
    if (status == KERB_OK)
        status =
            kerb_classes_make(ctx, kerb_grid_values_const(grid), spec->n_rows * spec->n_cols,
                              KERB_CLASSES_FIXED_125, NULL, clean_unit, &classes);
    if (status == KERB_OK)
        status = kerb_export__raster_qml(ctx, &classes, &qml);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, path, overwrite, &tif);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, qml_path, overwrite, &style);
    if (status == KERB_OK)
        status = open_rows(ctx, path, &rows);
    if (status == KERB_OK)
        status = kerb_export__write_text(ctx, kerb_output_path(style), qml_path, qml);
    if (status == KERB_OK)
        status = write_cog(ctx, grid, clean_unit, type, stamp, title, notice, stamp_json,
                           kerb_output_path(rows), kerb_output_path(tif), path);
    if (status == KERB_OK)
        status = kerb_export__commit_pair(ctx, tif, path, style, qml_path);
    kerb_output_free(rows);
    kerb_output_free(style);
    kerb_output_free(tif);
    kerb_free(clean_unit);
    kerb_free(notice);
    kerb_free(title);
    kerb_free(stamp_json);
    kerb_free(qml);
    kerb_free(qml_path);
    return status;
}
