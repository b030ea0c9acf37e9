/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV for spreadsheets: RFC 4180 with CRLF, a byte order mark so that Excel reads UTF-8,
 * geometry as WKT in the last column. Names come from files that strangers may have written,
 * and a spreadsheet runs what looks like a formula, so such texts get an apostrophe in front
 * (OWASP, CSV Injection). */
#include "export_internal.h"

#include <inttypes.h>
#include <string.h>

/* `is_guarded`: a text, not a number; -5 in a number column stays a number. */
static void add_cell(kerb_text *text, const char *value, bool is_guarded)
{
    bool is_formula = is_guarded && *value != '\0' && strchr("=+-@\t\r\n", *value) != NULL;
    bool needs_quotes = is_formula || strpbrk(value, ",\"\r\n") != NULL || *value == ' ';
    if (!needs_quotes) {
        kerb_text_add(text, value);
        return;
    }
    kerb_text_add(text, is_formula ? "\"'" : "\"");
    for (;;) {
        size_t n = strcspn(value, "\"");
        kerb_text_add_n(text, value, n);
        value += n;
        if (*value == '\0')
            break;
        kerb_text_add(text, "\"\"");
        value++;
    }
    kerb_text_add(text, "\"");
}

static void add_wkt(kerb_text *text, const kerb_areas_set *set, size_t area)
{
    size_t n_rings = kerb_areas_set_ring_count(set, area);
    if (n_rings == 0) {
        kerb_text_add(text, "MULTIPOLYGON EMPTY");
        return;
    }
    kerb_text_add(text, "\"MULTIPOLYGON (");
    for (size_t ring = 0; ring < n_rings; ring++) {
        size_t n_points;
        bool is_hole;
        const kerb_point *points = kerb_areas_set_ring(set, area, ring, &n_points, &is_hole);
        kerb_text_add(text, is_hole ? ", (" : ring > 0 ? "), ((" : "((");
        for (size_t i = 0; i < n_points; i++) {
            kerb_text_add(text, i > 0 ? ", " : "");
            kerb_export__add_double(text, points[i].x);
            kerb_text_add(text, " ");
            kerb_export__add_double(text, points[i].y);
        }
        kerb_text_add(text, ")");
    }
    kerb_text_add(text, "))\"");
}

static void add_row(kerb_text *text, const kerb_layer *layer, size_t row)
{
    for (size_t i = 0; i < layer->n_fields; i++) {
        const kerb_export_field *field = &layer->fields[i];
        kerb_text_add(text, i > 0 ? "," : "");
        if (!kerb_layer__has_value(field, row))
            continue;
        if (field->type == KERB_FIELD_TEXT)
            add_cell(text, field->text[row], true);
        else if (field->type == KERB_FIELD_INTEGER)
            kerb_text_add_format(text, "%" PRId64, field->integer[row]);
        else
            kerb_export__add_double(text, field->real[row]);
    }
    if (layer->polygons) {
        kerb_text_add(text, layer->n_fields > 0 ? "," : "");
        add_wkt(text, layer->polygons, row);
    }
    kerb_text_add(text, "\r\n");
}

kerb_status kerb_layer__write_csv(kerb_ctx *ctx, const kerb_layer *layer, const char *path,
                                  const char *name)
{
    kerb_text text = {0};
    kerb_export_file file = {0};
    kerb_status status = kerb_export__file_open(ctx, path, name, &file);
    if (status != KERB_OK)
        return status;
    kerb_text_add(&text, "\xEF\xBB\xBF");
    for (size_t i = 0; i < layer->n_fields; i++) {
        kerb_text_add(&text, i > 0 ? "," : "");
        add_cell(&text, layer->fields[i].name, true);
    }
    if (layer->polygons)
        kerb_text_add(&text, layer->n_fields > 0 ? ",wkt" : "wkt");
    kerb_text_add(&text, "\r\n");
    status = kerb_export__file_write(&file, &text);
    for (size_t row = 0; status == KERB_OK && row < layer->n_rows; row++) {
        add_row(&text, layer, row);
        status = kerb_export__file_write(&file, &text);
        if (status == KERB_OK && row % 256 == 0)
            status = kerb_progress(ctx, "writing", (double)row / (double)layer->n_rows);
    }
    kerb_status closed = kerb_export__file_close(&file);
    kerb_text_clear(&text);
    return status != KERB_OK ? status : closed;
}

kerb_status kerb_layer__make_csv_sidecar(kerb_ctx *ctx, const kerb_layer *layer,
                                         const char *stamp_json, const char *extra_json,
                                         char **out)
{
    kerb_text text = {0};
    kerb_text_add(&text, "{\"kerb\":");
    kerb_text_add(&text, stamp_json);
    kerb_text_add(&text, ",\"kerb_fields\":");
    kerb_layer__add_units_json(&text, layer);
    if (extra_json) {
        kerb_text_add(&text, ",\n");
        kerb_text_add(&text, extra_json);
    }
    kerb_text_add(&text, "}\n");
    return kerb_text_take(ctx, &text, out);
}
