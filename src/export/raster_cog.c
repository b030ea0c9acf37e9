/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files of a raster. The COG driver only copies, so rows go into a tiled file in the same
 * folder (no second copy of the grid in memory), overviews are built there (the driver's own
 * temporaries would have names nobody cleans up), and the whole is copied. GDAL's calls succeed
 * on a full disk; the file is believed only after it was closed without a failure, opened again
 * and found to hold the values. Format: OGC 21-026, OGC Cloud Optimized GeoTIFF Standard 1.0.
 */
#include "raster_internal.h"

#include <math.h>
#include <string.h>

enum { BLOCK = KERB_RASTER__BLOCK };

static GDALDataType gdal_type(kerb_raster_type type)
{
    return type == KERB_RASTER_FLOAT32 ? GDT_Float32 : GDT_Float64;
}

/* GDAL takes lists of options as char **, and changes none. */
static CSLConstList options_of(const char *const *options)
{
    union {
        const char *const *in;
        CSLConstList out;
    } same = {.in = options};
    return same.out;
}

static size_t last_strip(const kerb_grid_spec *spec)
{
    return (spec->n_rows - 1) / BLOCK;
}

size_t kerb_raster__strip_rows(const kerb_grid_spec *spec, size_t i_strip)
{
    size_t n_left = spec->n_rows - i_strip * BLOCK;
    return n_left < BLOCK ? n_left : BLOCK;
}

size_t kerb_raster__tried_strip(const kerb_grid_spec *spec, size_t k)
{
    size_t last = last_strip(spec);
    return k == 0 ? 0 : k == 1 ? last / 2 : last;
}

size_t kerb_raster__cell_bytes(kerb_raster_type type)
{
    return type == KERB_RASTER_FLOAT32 ? sizeof(float) : sizeof(double);
}

kerb_hash128 kerb_raster__hash(kerb_raster_type type, void *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (type == KERB_RASTER_FLOAT32 && isnan(((float *)cells)[i]))
            ((float *)cells)[i] = NAN;
        if (type == KERB_RASTER_FLOAT64 && isnan(((double *)cells)[i]))
            ((double *)cells)[i] = (double)NAN;
    }
    return kerb_hash_bytes(cells, n * kerb_raster__cell_bytes(type));
}

/* ------------------------------------------------------------------------------ rows */

static void describe_bands(kerb_raster_writer *writer)
{
    for (size_t i = 0; i < writer->n_bands; i++) {
        GDALRasterBandH band = GDALGetRasterBand(writer->dataset, (int)i + 1);
        GDALSetRasterNoDataValue(band, (double)NAN);
        GDALSetRasterUnitType(band, writer->bands[i].unit);
    }
}

kerb_status kerb_raster__create_rows(kerb_ctx *ctx, kerb_raster_writer *writer)
{
    /* Band by band, as the rows may come. Packed lightly where GDAL has Zstandard: a map that
     * is mostly empty then costs the disk a hundredth, a dense one no more than writing it
     * plainly. */
    static const char *const plain_options[] = {"TILED=YES",        "BLOCKXSIZE=256",
                                                "BLOCKYSIZE=256",   "INTERLEAVE=BAND",
                                                "BIGTIFF=IF_SAFER", NULL};
    static const char *const packed_options[] = {
        "TILED=YES",        "BLOCKXSIZE=256", "BLOCKYSIZE=256", "INTERLEAVE=BAND",
        "BIGTIFF=IF_SAFER", "COMPRESS=ZSTD",  "ZSTD_LEVEL=1",   NULL};
    const kerb_grid_spec *spec = &writer->spec;
    kerb_gdal_scope scope;
    kerb_status status = kerb_export__gdal_need_raster(ctx);
    if (status != KERB_OK)
        return status;
    kerb_export__gdal_enter(&scope);
    GDALDriverH driver = GDALGetDriverByName("GTiff");
    const char *known = GDALGetMetadataItem(driver, GDAL_DMD_CREATIONOPTIONLIST, NULL);
    bool is_packed = known != NULL && strstr(known, "ZSTD_LEVEL") != NULL;
    writer->dataset =
        GDALCreate(driver, kerb_output_path(writer->rows), (int)spec->n_cols, (int)spec->n_rows,
                   (int)writer->n_bands, gdal_type(writer->type),
                   options_of(is_packed ? packed_options : plain_options));
    if (writer->dataset != NULL) {
        double place[6] = {spec->xmin, spec->cell_m, 0.0, spec->ymax, 0.0, -spec->cell_m};
        GDALSetGeoTransform(writer->dataset, place);
        describe_bands(writer);
    }
    if (writer->dataset == NULL || scope.has_failed)
        status = kerb_export__gdal_fail(ctx, &scope, writer->path, "the rows cannot be stored");
    kerb_export__gdal_leave(&scope);
    return status;
}

kerb_status kerb_raster__write_strip(kerb_ctx *ctx, kerb_raster_writer *writer, size_t i_band,
                                     size_t i_strip)
{
    kerb_gdal_scope scope;
    kerb_status status = KERB_OK;
    int n_cols = (int)writer->spec.n_cols;
    int n_rows = (int)kerb_raster__strip_rows(&writer->spec, i_strip);
    kerb_export__gdal_enter(&scope);
    GDALRasterBandH band = GDALGetRasterBand(writer->dataset, (int)i_band + 1);
    bool is_written = GDALRasterIO(band, GF_Write, 0, (int)(i_strip * BLOCK), n_cols, n_rows,
                                   writer->bands[i_band].strip, n_cols, n_rows,
                                   gdal_type(writer->type), 0, 0) == CE_None;
    /* out of the block cache now, while our handler hears what goes wrong */
    GDALFlushRasterCache(band);
    if (!is_written || scope.has_failed)
        status = kerb_export__gdal_fail(ctx, &scope, writer->path, "the rows cannot be stored");
    kerb_export__gdal_leave(&scope);
    return status;
}

void kerb_raster__close_rows(kerb_raster_writer *writer)
{
    kerb_gdal_scope scope;
    if (writer->dataset == NULL)
        return;
    kerb_export__gdal_enter(&scope);
    GDALClose(writer->dataset);
    kerb_export__gdal_leave(&scope);
    writer->dataset = NULL;
}

/* --------------------------------------------------------------------------- describe */

static void set_statistics(GDALRasterBandH band, const kerb_raster__figures *figures)
{
    const char *keys[] = {"STATISTICS_MINIMUM", "STATISTICS_MAXIMUM", "STATISTICS_MEAN",
                          "STATISTICS_STDDEV"};
    if (figures->n == 0)
        return;
    double values[] = {figures->min, figures->max, figures->mean,
                       sqrt(figures->squares / (double)figures->n)};
    for (size_t i = 0; i < 4; i++) {
        char number[KERB_DOUBLE_TEXT];
        kerb_format_double(values[i], number);
        GDALSetMetadataItem(band, keys[i], number, NULL);
    }
}

static void describe(kerb_raster_writer *writer, const kerb_stamp *stamp, const char *title,
                     const char *notice, const char *stamp_json, OGRSpatialReferenceH srs)
{
    GDALDatasetH dataset = writer->dataset;
    char date[KERB_EXPORT_DATE_TEXT];
    if (srs)
        GDALSetSpatialRef(dataset, srs);
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
    for (size_t i = 0; i < writer->n_bands; i++) {
        const kerb_raster__band *band = &writer->bands[i];
        GDALRasterBandH written = GDALGetRasterBand(dataset, (int)i + 1);
        GDALSetDescription(written, *band->name ? band->name : title);
        set_statistics(written, &band->figures);
    }
}

/* -------------------------------------------------------------------------------- COG */

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

/* Open the finished file and compare the first, a middle and the last row of tiles of each
 * band; the last ones are at the end of the file, where a full disk shows. The strips of the
 * writer are free by now. */
static bool holds_the_rows(const kerb_raster_writer *writer)
{
    static const char *const drivers[] = {"GTiff", NULL};
    const kerb_grid_spec *spec = &writer->spec;
    int n_cols = (int)spec->n_cols;
    GDALDatasetH dataset =
        GDALOpenEx(kerb_output_path(writer->tif), GDAL_OF_RASTER, drivers, NULL, NULL);
    if (dataset == NULL)
        return false;
    const char *layout = GDALGetMetadataItem(dataset, "LAYOUT", "IMAGE_STRUCTURE");
    bool is_whole = layout && strcmp(layout, "COG") == 0 &&
                    GDALGetRasterXSize(dataset) == n_cols &&
                    GDALGetRasterYSize(dataset) == (int)spec->n_rows &&
                    GDALGetRasterCount(dataset) == (int)writer->n_bands;
    for (size_t k = 0; is_whole && k < KERB_RASTER__TRIED; k++) {
        size_t i_strip = kerb_raster__tried_strip(spec, k);
        size_t n_rows = kerb_raster__strip_rows(spec, i_strip);
        for (size_t i = 0; is_whole && i < writer->n_bands; i++) {
            const kerb_raster__band *band = &writer->bands[i];
            is_whole =
                GDALRasterIO(GDALGetRasterBand(dataset, (int)i + 1), GF_Read, 0,
                             (int)(i_strip * BLOCK), n_cols, (int)n_rows, band->strip, n_cols,
                             (int)n_rows, gdal_type(writer->type), 0, 0) == CE_None;
            if (!is_whole)
                break;
            kerb_hash128 found =
                kerb_raster__hash(writer->type, band->strip, n_rows * spec->n_cols);
            is_whole = found.low == band->hashes[k].low && found.high == band->hashes[k].high;
        }
    }
    GDALClose(dataset);
    return is_whole;
}

static kerb_status copy_to_cog(kerb_ctx *ctx, const kerb_raster_writer *writer,
                               kerb_gdal_scope *scope)
{
    /* LEVEL=1: a density is mostly noise in its last bits; higher levels cost time and gain
     * little. One thread: same bytes. */
    static const char *const options[] = {
        "COMPRESS=DEFLATE", "PREDICTOR=YES",  "LEVEL=1",
        "BLOCKSIZE=256",    "OVERVIEWS=AUTO", "OVERVIEW_RESAMPLING=AVERAGE",
        "BIGTIFF=IF_SAFER", "NUM_THREADS=1",  NULL};
    copy_progress progress = {.ctx = ctx, .status = KERB_OK};
    GDALDatasetH cog =
        GDALCreateCopy(GDALGetDriverByName("COG"), kerb_output_path(writer->tif),
                       writer->dataset, FALSE, options_of(options), tell_progress, &progress);
    if (cog) {
        GDALFlushCache(cog);
        GDALClose(cog);
    }
    if (progress.status != KERB_OK)
        return progress.status;
    if (cog == NULL || scope->has_failed)
        return kerb_export__gdal_fail(ctx, scope, writer->path, "the file cannot be stored");
    return KERB_OK;
}

kerb_status kerb_raster__finish_cog(kerb_ctx *ctx, kerb_raster_writer *writer,
                                    const kerb_stamp *stamp, const char *title,
                                    const char *notice, const char *stamp_json)
{
    OGRSpatialReferenceH srs = NULL;
    kerb_gdal_scope scope;
    kerb_export__gdal_enter(&scope);
    kerb_status status = kerb_export__gdal_crs(ctx, stamp->crs, &srs);
    if (status != KERB_OK)
        goto done;
    describe(writer, stamp, title, notice, stamp_json, srs);
    GDALFlushCache(writer->dataset);
    bool is_stored = !scope.has_failed && build_overviews(writer->dataset, &writer->spec);
    GDALFlushCache(writer->dataset);
    if (!is_stored || scope.has_failed) {
        status = kerb_export__gdal_fail(ctx, &scope, writer->path, "the rows cannot be stored");
        goto done;
    }
    status = copy_to_cog(ctx, writer, &scope);
    if (status == KERB_OK && (!holds_the_rows(writer) || scope.has_failed))
        status = kerb_export__gdal_fail(ctx, &scope, writer->path,
                                        "reading back gives other values than were written");
done:
    if (srs)
        OSRDestroySpatialReference(srs);
    kerb_export__gdal_leave(&scope);
    return status;
}
