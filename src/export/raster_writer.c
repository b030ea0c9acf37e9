/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A raster that is given row by row, so that it may be larger than memory: each band fills one
 * row of tiles at a time, which goes to the file when it is full. What a whole grid would be
 * looked through for (limits, mean, classes of the style, values to compare with) is gathered
 * on the way. */
#include "raster_internal.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

enum { BLOCK = KERB_RASTER__BLOCK };

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

/* ------------------------------------------------------------------------------- open */

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

static kerb_status check_shape(kerb_ctx *ctx, const kerb_grid_spec *spec, size_t n_bands)
{
    if (spec->n_rows == 0 || spec->n_cols == 0 || spec->n_rows > INT_MAX ||
        spec->n_cols > INT_MAX)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "a raster of %zu x %zu cells is too large for TIFF", spec->n_rows,
                         spec->n_cols);
    if (n_bands == 0 || n_bands > KERB_RASTER_MAX_BANDS)
        return kerb_fail(ctx, KERB_ERR_RANGE, "a raster has 1 to %d bands, not %zu",
                         KERB_RASTER_MAX_BANDS, n_bands);
    return KERB_OK;
}

static kerb_status open_bands(kerb_ctx *ctx, const kerb_raster_band *bands,
                              kerb_raster_writer *writer)
{
    size_t n_strip = kerb_raster__strip_rows(&writer->spec, 0) * writer->spec.n_cols;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < writer->n_bands; i++) {
        kerb_raster__band *band = &writer->bands[i];
        band->figures = kerb_raster__figures_make();
        status = copy_clean(ctx, bands[i].name, &band->name);
        if (status == KERB_OK)
            status = copy_clean(ctx, bands[i].unit, &band->unit);
        if (status != KERB_OK)
            return status;
        band->strip = kerb_alloc_array(n_strip, kerb_raster__cell_bytes(writer->type));
        if (band->strip == NULL)
            return kerb_fail_nomem(ctx, "rows of a raster");
    }
    return status;
}

static kerb_status open_outputs(kerb_ctx *ctx, const char *path, bool overwrite,
                                kerb_raster_writer *writer)
{
    kerb_status status = kerb_export__sidecar_path(ctx, path, &writer->qml_path);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, path, overwrite, &writer->tif);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, writer->qml_path, overwrite, &writer->style);
    if (status == KERB_OK)
        status = open_rows(ctx, path, &writer->rows);
    if (status != KERB_OK)
        return status;
    writer->path = kerb_text_copy(path);
    return writer->path ? KERB_OK : kerb_fail_nomem(ctx, "a path");
}

kerb_status kerb_raster_writer_open(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                    const kerb_raster_band *bands, size_t n_bands,
                                    kerb_raster_type type, const char *path, bool overwrite,
                                    kerb_raster_writer **out)
{
    kerb_raster_writer *writer = NULL;
    kerb_status status = kerb_export_check(ctx, path, true, overwrite);
    if (status == KERB_OK)
        status = check_shape(ctx, spec, n_bands);
    if (status != KERB_OK)
        return status;
    writer = kerb_calloc_array(1, sizeof *writer);
    if (writer == NULL)
        return kerb_fail_nomem(ctx, "a raster");
    writer->spec = *spec;
    writer->type = type;
    writer->bands = kerb_calloc_array(n_bands, sizeof *writer->bands);
    if (writer->bands == NULL) {
        status = kerb_fail_nomem(ctx, "the bands of a raster");
        goto done;
    }
    writer->n_bands = n_bands;
    status = open_bands(ctx, bands, writer);
    if (status == KERB_OK)
        status = open_outputs(ctx, path, overwrite, writer);
    if (status == KERB_OK)
        status = kerb_raster__create_rows(ctx, writer);
    if (status == KERB_OK)
        *out = writer, writer = NULL;
done:
    kerb_raster_writer_free(writer);
    return status;
}

void kerb_raster_writer_free(kerb_raster_writer *writer)
{
    if (writer == NULL)
        return;
    kerb_raster__close_rows(writer);
    kerb_output_free(writer->rows);
    kerb_output_free(writer->style);
    kerb_output_free(writer->tif);
    for (size_t i = 0; i < writer->n_bands; i++) {
        kerb_free(writer->bands[i].name);
        kerb_free(writer->bands[i].unit);
        kerb_free(writer->bands[i].strip);
    }
    kerb_free(writer->bands);
    kerb_free(writer->qml_path);
    kerb_free(writer->path);
    kerb_free(writer);
}

/* ------------------------------------------------------------------------------- rows */

static kerb_status check_row(kerb_ctx *ctx, const kerb_raster_writer *writer, size_t row,
                             const double *values)
{
    bool is_float32 = writer->type == KERB_RASTER_FLOAT32;
    double limit = is_float32 ? (double)FLT_MAX : DBL_MAX;
    for (size_t col = 0; col < writer->spec.n_cols; col++)
        if (fabs(values[col]) > limit) /* false for NAN */
            return kerb_fail(ctx, KERB_ERR_RANGE, "cell (%zu, %zu): %g is too large for %s",
                             row, col, values[col],
                             is_float32 ? "float32, which ends at 3.4e38; write float64"
                                        : "a raster");
    return KERB_OK;
}

static void put_row(const kerb_raster_writer *writer, kerb_raster__band *band,
                    const double *values)
{
    size_t n_cols = writer->spec.n_cols, at = band->n_rows % BLOCK * n_cols;
    kerb_raster__figures_add_row(&band->figures, writer->type, values, n_cols);
    if (writer->type == KERB_RASTER_FLOAT64) {
        memcpy((double *)band->strip + at, values, n_cols * sizeof *values);
        return;
    }
    float *cells = (float *)band->strip + at;
    for (size_t col = 0; col < n_cols; col++)
        cells[col] = (float)values[col];
}

static kerb_status flush_strip(kerb_ctx *ctx, kerb_raster_writer *writer, size_t i_band)
{
    kerb_raster__band *band = &writer->bands[i_band];
    size_t i_strip = (band->n_rows - 1) / BLOCK;
    size_t n_cells = kerb_raster__strip_rows(&writer->spec, i_strip) * writer->spec.n_cols;
    for (size_t k = 0; k < KERB_RASTER__TRIED; k++)
        if (kerb_raster__tried_strip(&writer->spec, k) == i_strip)
            band->hashes[k] = kerb_raster__hash(writer->type, band->strip, n_cells);
    return kerb_raster__write_strip(ctx, writer, i_band, i_strip);
}

kerb_status kerb_raster_writer_add_rows(kerb_ctx *ctx, kerb_raster_writer *writer,
                                        size_t i_band, const double *values, size_t n_rows)
{
    if (i_band >= writer->n_bands ||
        n_rows > writer->spec.n_rows - writer->bands[i_band].n_rows)
        return kerb_fail(ctx, KERB_ERR_ARG, "the raster has %zu bands of %zu rows",
                         writer->n_bands, writer->spec.n_rows);
    kerb_raster__band *band = &writer->bands[i_band];
    for (size_t i = 0; i < n_rows; i++) {
        const double *row = values + i * writer->spec.n_cols;
        kerb_status status = check_row(ctx, writer, band->n_rows, row);
        if (status != KERB_OK)
            return status;
        put_row(writer, band, row);
        band->n_rows++;
        if (band->n_rows % BLOCK != 0 && band->n_rows < writer->spec.n_rows)
            continue;
        status = kerb_check_cancel(ctx);
        if (status == KERB_OK)
            status = flush_strip(ctx, writer, i_band);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

/* ----------------------------------------------------------------------------- finish */

static kerb_status make_style(kerb_ctx *ctx, const kerb_raster_writer *writer,
                              const kerb_raster_style *style, char **qml)
{
    kerb_classes classes;
    kerb_raster_style drawn = {0};
    if (style != NULL)
        drawn = *style;
    if (drawn.band >= writer->n_bands)
        return kerb_fail(ctx, KERB_ERR_ARG, "the style is for band %zu of %zu", drawn.band,
                         writer->n_bands);
    if (drawn.classes == NULL) {
        /* the 1-2-5 steps depend on the limits alone */
        const kerb_raster__band *band = &writer->bands[drawn.band];
        double limits[2] = {band->figures.min, band->figures.max};
        kerb_status status =
            kerb_classes_make(ctx, limits, band->figures.n > 0 ? 2 : 0, KERB_CLASSES_FIXED_125,
                              NULL, band->unit, &classes);
        if (status != KERB_OK)
            return status;
        drawn.classes = &classes;
    }
    return kerb_export__raster_qml(ctx, &drawn, qml);
}

kerb_status kerb_raster_writer_finish(kerb_ctx *ctx, kerb_raster_writer *writer,
                                      const kerb_stamp *stamp, const kerb_raster_style *style)
{
    char *qml = NULL, *stamp_json = NULL, *title = NULL, *notice = NULL;
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < writer->n_bands; i++)
        if (writer->bands[i].n_rows != writer->spec.n_rows)
            return kerb_fail(ctx, KERB_ERR_ARG, "band %zu has %zu of %zu rows", i,
                             writer->bands[i].n_rows, writer->spec.n_rows);
    status = kerb_stamp_json(ctx, stamp, &stamp_json);
    if (status == KERB_OK)
        status = copy_clean(ctx, stamp->title, &title);
    if (status == KERB_OK)
        status = copy_clean(ctx, stamp->notice, &notice);
    if (status == KERB_OK)
        status = make_style(ctx, writer, style, &qml);
    if (status == KERB_OK)
        status = kerb_export__write_text(ctx, kerb_output_path(writer->style), writer->qml_path,
                                         qml);
    if (status == KERB_OK)
        status = kerb_raster__finish_cog(ctx, writer, stamp, title, notice, stamp_json);
    if (status == KERB_OK)
        status = kerb_export__commit_pair(ctx, writer->tif, writer->path, writer->style,
                                          writer->qml_path);
    kerb_free(notice);
    kerb_free(title);
    kerb_free(stamp_json);
    kerb_free(qml);
    return status;
}

kerb_status kerb_export_raster(kerb_ctx *ctx, const kerb_grid *grid, const char *unit,
                               kerb_raster_type type, const kerb_stamp *stamp, const char *path,
                               bool overwrite)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    const double *values = kerb_grid_values_const(grid);
    kerb_raster_band band = {.unit = unit};
    kerb_raster_writer *writer = NULL;
    kerb_status status =
        kerb_raster_writer_open(ctx, spec, &band, 1, type, path, overwrite, &writer);
    for (size_t row = 0; status == KERB_OK && row < spec->n_rows; row += BLOCK) {
        size_t n = spec->n_rows - row < BLOCK ? spec->n_rows - row : BLOCK;
        status = kerb_progress(ctx, "writing", 0.4 * (double)row / (double)spec->n_rows);
        if (status == KERB_OK)
            status =
                kerb_raster_writer_add_rows(ctx, writer, 0, values + row * spec->n_cols, n);
    }
    if (status == KERB_OK)
        status = kerb_raster_writer_finish(ctx, writer, stamp, NULL);
    kerb_raster_writer_free(writer);
    return status;
}
