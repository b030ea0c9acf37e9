/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Areas from delimited text with a WKT column.
 */
#include "ingest_areas.h"

#include <cpl_conv.h>
#include <cpl_vsi.h>
#include <string.h>

typedef struct text_row {
    char **texts; /* terminated copies of the fields */
    size_t *capacities;
    size_t n;
} text_row;

static const char *get_row_text(void *row, int column)
{
    return ((text_row *)row)->texts[column];
}

static kerb_status copy_row(kerb_ctx *ctx, const kerb_ingest__row *row, text_row *out)
{
    for (size_t i = 0; i < out->n; i++) {
        size_t n = i < row->n_fields ? row->fields[i].length : 0;
        if (n + 1 > out->capacities[i]) {
            char *grown = kerb_realloc_array(out->texts[i], n + 1, 1);
            if (grown == NULL) {
                return kerb_fail_nomem(ctx, "a row");
            }
            out->texts[i] = grown;
            out->capacities[i] = n + 1;
        }
        if (n > 0) {
            memcpy(out->texts[i], row->fields[i].text, n);
        }
        out->texts[i][n] = '\0';
    }
    return KERB_OK;
}

static void clear_row(text_row *row)
{
    for (size_t i = 0; row->texts != NULL && i < row->n; i++) {
        kerb_free(row->texts[i]);
    }
    kerb_free(row->texts);
    kerb_free(row->capacities);
    *row = (text_row){0};
}

static kerb_status new_row(kerb_ctx *ctx, size_t n, text_row *out)
{
    out->n = n;
    out->texts = kerb_calloc_array(n + 1, sizeof *out->texts);
    out->capacities = kerb_calloc_array(n + 1, sizeof *out->capacities);
    return out->texts != NULL && out->capacities != NULL ? KERB_OK
                                                         : kerb_fail_nomem(ctx, "a row");
}

static kerb_status read_wkt_rows(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                 kerb_ingest__text *text, int wkt_column)
{
    kerb_ingest__row row;
    text_row copy = {0};
    bool found = true;
    kerb_status status = new_row(ctx, r->n_names, &copy);
    while (status == KERB_OK) {
        status = kerb_ingest__text_next(ctx, text, &row, &found);
        if (status != KERB_OK || !found) {
            break;
        }
        if (row.problem != NULL || row.n_fields < r->n_names) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT, "line %lld: %s", (long long)row.line,
                               row.problem != NULL ? row.problem : "wrong_number_of_fields");
            break;
        }
        status = copy_row(ctx, &row, &copy);
        OGRGeometryH geometry = NULL;
        char *wkt = status == KERB_OK ? copy.texts[wkt_column] : NULL;
        if (status == KERB_OK && wkt[0] != '\0' &&
            OGR_G_CreateFromWkt(&wkt, NULL, &geometry) != OGRERR_NONE) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT, "line %lld: '%.40s' is no WKT geometry",
                               (long long)row.line, copy.texts[wkt_column]);
        }
        if (status == KERB_OK) {
            status = kerb_ingest__areas_add(ctx, r, geometry, &copy, get_row_text);
        }
        OGR_G_DestroyGeometry(geometry);
    }
    clear_row(&copy);
    return status;
}

kerb_status kerb_ingest__areas_read_wkt(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                        const char *path, const char *name)
{
    static const char *const wkt_names[] = {"wkt",      "geometry", "geom",
                                            "the_geom", "wkt_geom", "wkt_geometry"};
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__row row;
    text_row header = {0};
    bool found = false;
    int wkt_column = -1;
    kerb_ingest__ogr_errors errors = {{0}};
    kerb_status status = kerb_ingest__stream_open(ctx, path, name, 0, &stream);
    if (status == KERB_OK) {
        status = kerb_ingest__text_new(ctx, stream, NULL, &text);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__text_next(ctx, text, &row, &found);
    }
    if (status == KERB_OK && (!found || row.problem != NULL)) {
        status = kerb_fail(ctx, KERB_ERR_EMPTY, "there is no header line");
    }
    if (status == KERB_OK) {
        status = new_row(ctx, row.n_fields, &header);
    }
    if (status == KERB_OK) {
        status = copy_row(ctx, &row, &header);
    }
    if (status == KERB_OK) {
        r->n_names = header.n;
        r->names = kerb_calloc_array(header.n + 1, sizeof *r->names);
        status = r->names != NULL ? KERB_OK : kerb_fail_nomem(ctx, "fields");
    }
    for (size_t i = 0; status == KERB_OK && i < header.n; i++) {
        r->names[i] = header.texts[i];
    }
    for (size_t i = 0; status == KERB_OK && i < sizeof wkt_names / sizeof *wkt_names; i++) {
        wkt_column =
            wkt_column < 0 ? kerb_ingest__areas_find_field(r, wkt_names[i]) : wkt_column;
    }
    if (status == KERB_OK && wkt_column < 0) {
        char *list = kerb_ingest__list_columns(r->names, r->n_names);
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "there is no column WKT with polygons; %s",
                           list != NULL ? list : "");
        kerb_free(list);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__areas_find_columns(ctx, r);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__areas_set_crs(ctx, r, NULL, NULL);
    }
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    if (status == KERB_OK) {
        status = read_wkt_rows(ctx, r, text, wkt_column);
    }
    CPLPopErrorHandler();
    if (status == KERB_OK) {
        status = kerb_ingest__areas_check(ctx, r);
    }
    if (status != KERB_OK && status != KERB_ERR_IO) {
        kerb_fail_in(ctx, "%s", name);
    }
    clear_row(&header);
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return status;
}
