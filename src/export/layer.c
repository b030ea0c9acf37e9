/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table that becomes GeoJSON, GeoPackage or CSV, and the choice of the writer. Texts are
 * made valid UTF-8 as they come in, so that the three formats say the same. */
#include "export_internal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *const kerb_layer__reserved_members[] = {
    "type", "name",        "features", "bbox",       "crs",
    "kerb", "kerb_fields", "kerb_crs", "kerb_wgs84", NULL};

static bool has_prefix_nocase(const char *text, const char *prefix)
{
    char start[16];
    size_t n = strlen(prefix);
    if (strlen(text) < n)
        return false;
    memcpy(start, text, n);
    start[n] = '\0';
    return kerb_text_equal_nocase(start, prefix);
}

kerb_status kerb_layer_new(kerb_ctx *ctx, const char *name, size_t n_rows,
                           const kerb_areas_set *polygons, kerb_layer **out)
{
    kerb_layer *layer = NULL;
    kerb_text text = {0};
    kerb_status status = KERB_OK;
    if (name == NULL || *name == '\0')
        return kerb_fail(ctx, KERB_ERR_ARG, "a layer needs a name");
    /* prefixes that SQLite and GeoPackage keep for themselves, and our own tables */
    if (has_prefix_nocase(name, "gpkg_") || has_prefix_nocase(name, "rtree_") ||
        has_prefix_nocase(name, "sqlite_") || kerb_text_equal_nocase(name, "layer_styles") ||
        kerb_text_equal_nocase(name, "kerb_stamp"))
        return kerb_fail(ctx, KERB_ERR_ARG, "a layer may not be called %s", name);
    if (polygons && kerb_areas_set_count(polygons) != n_rows)
        return kerb_fail(ctx, KERB_ERR_ARG, "a layer of %zu rows has %zu areas", n_rows,
                         kerb_areas_set_count(polygons));
    layer = kerb_calloc_array(1, sizeof *layer);
    if (layer == NULL)
        return kerb_fail_nomem(ctx, "a layer");
    layer->n_rows = n_rows;
    layer->polygons = polygons;
    layer->style_column = SIZE_MAX;
    kerb_export__add_line(&text, name);
    status = kerb_text_take(ctx, &text, &layer->name);
    if (status != KERB_OK)
        goto done;
    *out = layer;
    layer = NULL;
done:
    kerb_layer_free(layer);
    return status;
}

static void free_field(kerb_export_field *field, size_t n_rows)
{
    for (size_t row = 0; field->text && row < n_rows; row++)
        kerb_free(field->text[row]);
    kerb_free(field->text);
    kerb_free(field->integer);
    kerb_free(field->is_set);
    kerb_free(field->real);
    kerb_free(field->unit);
    kerb_free(field->name);
    memset(field, 0, sizeof *field);
}

void kerb_layer_free(kerb_layer *layer)
{
    if (layer == NULL)
        return;
    for (size_t i = 0; i < layer->n_fields; i++)
        free_field(&layer->fields[i], layer->n_rows);
    kerb_free(layer->fields);
    kerb_free(layer->name);
    kerb_free(layer);
}

/* A column's name goes into SQL, XML and a CSV head; it must be one line of UTF-8 and not one
 * of the names the formats use. SQLite does not tell names apart by case. */
static kerb_status check_field_name(kerb_ctx *ctx, const kerb_layer *layer, const char *name)
{
    static const char *const taken[] = {"fid", "geom", "wkt"};
    size_t length = name ? strlen(name) : 0;
    if (length == 0 || length > 200 || !kerb_utf8_is_valid(name, length))
        return kerb_fail(ctx, KERB_ERR_ARG, "a field's name must be 1 to 200 bytes of UTF-8");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return kerb_fail(ctx, KERB_ERR_ARG, "a field's name has a control character");
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (kerb_text_equal_nocase(name, taken[i]))
            return kerb_fail(ctx, KERB_ERR_ARG, "a field may not be called %s", name);
    for (size_t i = 0; i < layer->n_fields; i++)
        if (kerb_text_equal_nocase(name, layer->fields[i].name))
            return kerb_fail(ctx, KERB_ERR_ARG, "there is a field %s already", name);
    return KERB_OK;
}

static bool alloc_column(kerb_export_field *field, size_t n_rows)
{
    switch (field->type) {
    case KERB_FIELD_TEXT:
        field->text = kerb_calloc_array(n_rows, sizeof *field->text);
        return field->text != NULL;
    case KERB_FIELD_INTEGER:
        field->integer = kerb_calloc_array(n_rows, sizeof *field->integer);
        field->is_set = kerb_calloc_array(n_rows, sizeof *field->is_set);
        return field->integer != NULL && field->is_set != NULL;
    case KERB_FIELD_REAL:
        field->real = kerb_alloc_array(n_rows, sizeof *field->real);
        for (size_t row = 0; field->real && row < n_rows; row++)
            field->real[row] = (double)NAN;
        return field->real != NULL;
    }
    return false;
}

kerb_status kerb_layer_add_field(kerb_ctx *ctx, kerb_layer *layer, const char *name,
                                 kerb_field_type type, const char *unit, size_t *column)
{
    kerb_export_field field = {.type = type};
    kerb_text text = {0};
    kerb_status status = check_field_name(ctx, layer, name);
    if (status != KERB_OK)
        return status;
    if (layer->n_fields == layer->capacity) {
        size_t capacity = layer->capacity ? 2 * layer->capacity : 16;
        kerb_export_field *fields =
            kerb_realloc_array(layer->fields, capacity, sizeof *layer->fields);
        if (fields == NULL)
            return kerb_fail_nomem(ctx, "a field");
        layer->fields = fields;
        layer->capacity = capacity;
    }
    field.name = kerb_text_copy(name);
    if (unit && *unit) {
        kerb_export__add_line(&text, unit);
        status = kerb_text_take(ctx, &text, &field.unit);
    }
    if (status == KERB_OK && (field.name == NULL || !alloc_column(&field, layer->n_rows)))
        status = kerb_fail_nomem(ctx, "a field");
    if (status != KERB_OK) {
        free_field(&field, layer->n_rows);
        return status;
    }
    layer->fields[layer->n_fields] = field;
    if (column)
        *column = layer->n_fields;
    layer->n_fields++;
    return KERB_OK;
}

/* The field of a set function; a wrong row, column or type is the caller's mistake. */
static kerb_export_field *find_cell(kerb_layer *layer, size_t row, size_t column,
                                    kerb_field_type type)
{
    if (row >= layer->n_rows || column >= layer->n_fields || layer->fields[column].type != type)
        return NULL;
    return &layer->fields[column];
}

kerb_status kerb_layer_set_text(kerb_ctx *ctx, kerb_layer *layer, size_t row, size_t column,
                                const char *value)
{
    kerb_export_field *field = find_cell(layer, row, column, KERB_FIELD_TEXT);
    char *copy = NULL;
    if (field == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG, "no text field %zu with a row %zu", column, row);
    if (value) {
        kerb_text text = {0};
        kerb_export__add_utf8(&text, value);
        kerb_status status = kerb_text_take(ctx, &text, &copy);
        if (status != KERB_OK)
            return status;
    }
    kerb_free(field->text[row]);
    field->text[row] = copy;
    return KERB_OK;
}

void kerb_layer_set_integer(kerb_layer *layer, size_t row, size_t column, int64_t value)
{
    kerb_export_field *field = find_cell(layer, row, column, KERB_FIELD_INTEGER);
    if (field == NULL)
        return;
    field->integer[row] = value;
    field->is_set[row] = 1;
}

void kerb_layer_set_real(kerb_layer *layer, size_t row, size_t column, double value)
{
    kerb_export_field *field = find_cell(layer, row, column, KERB_FIELD_REAL);
    if (field)
        field->real[row] = isfinite(value) ? value : (double)NAN;
}

void kerb_layer_set_style(kerb_layer *layer, size_t column, kerb_class_scheme scheme)
{
    layer->style_column = column;
    layer->style_scheme = scheme;
}

bool kerb_layer__has_value(const kerb_export_field *field, size_t row)
{
    switch (field->type) {
    case KERB_FIELD_TEXT:
        return field->text[row] != NULL;
    case KERB_FIELD_INTEGER:
        return field->is_set[row] != 0;
    case KERB_FIELD_REAL:
        return !isnan(field->real[row]);
    }
    return false;
}

void kerb_layer__add_json_value(kerb_text *text, const kerb_export_field *field, size_t row)
{
    if (!kerb_layer__has_value(field, row))
        kerb_text_add(text, "null");
    else if (field->type == KERB_FIELD_TEXT)
        kerb_text_add_json(text, field->text[row]);
    else if (field->type == KERB_FIELD_INTEGER)
        kerb_text_add_format(text, "%" PRId64, field->integer[row]);
    else
        kerb_export__add_json_double(text, field->real[row]);
}

void kerb_layer__add_units_json(kerb_text *text, const kerb_layer *layer)
{
    bool is_first = true;
    kerb_text_add(text, "{");
    for (size_t i = 0; i < layer->n_fields; i++) {
        if (layer->fields[i].unit == NULL)
            continue;
        kerb_text_add(text, is_first ? "" : ",");
        kerb_text_add_json(text, layer->fields[i].name);
        kerb_text_add(text, ":");
        kerb_text_add_json(text, layer->fields[i].unit);
        is_first = false;
    }
    kerb_text_add(text, "}");
}

static kerb_status write_csv_with_sidecar(kerb_ctx *ctx, const kerb_layer *layer,
                                          const char *stamp_json, const char *extra_json,
                                          kerb_output *output, const char *path, bool overwrite)
{
    kerb_output *beside = NULL;
    char *beside_path = NULL, *json = NULL;
    kerb_status status = kerb_export__sidecar_path(ctx, path, &beside_path);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, beside_path, overwrite, &beside);
    if (status == KERB_OK)
        status = kerb_layer__make_csv_sidecar(ctx, layer, stamp_json, extra_json, &json);
    if (status == KERB_OK)
        status = kerb_export__write_text(ctx, kerb_output_path(beside), beside_path, json);
    if (status == KERB_OK)
        status = kerb_layer__write_csv(ctx, layer, kerb_output_path(output), path);
    if (status == KERB_OK)
        status = kerb_export__commit_pair(ctx, output, path, beside, beside_path);
    kerb_free(json);
    kerb_output_free(beside);
    kerb_free(beside_path);
    return status;
}

kerb_status kerb_export_layer(kerb_ctx *ctx, const kerb_layer *layer, const kerb_stamp *stamp,
                              const kerb_export_layer_options *options, const char *path)
{
    bool overwrite = options && options->overwrite;
    const char *extra = options ? options->extra_json : NULL;
    kerb_export_format format = kerb_export__format_of(path);
    kerb_output *output = NULL;
    char *stamp_json = NULL;
    kerb_status status = kerb_export_check(ctx, path, false, overwrite);
    if (status != KERB_OK)
        return status;
    if (layer->polygons && stamp->crs == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG, "the stamp of a layer with areas names no CRS");
    if (extra && *extra == '\0')
        extra = NULL;
    if (extra)
        status = kerb_export__check_members(ctx, extra, kerb_layer__reserved_members);
    if (status == KERB_OK)
        status = kerb_stamp_json(ctx, stamp, &stamp_json);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, path, overwrite, &output);
    if (status != KERB_OK)
        goto done;
    if (format == KERB_EXPORT_CSV) {
        status = write_csv_with_sidecar(ctx, layer, stamp_json, extra, output, path, overwrite);
        goto done;
    }
    if (format == KERB_EXPORT_GPKG)
        status = kerb_layer__write_gpkg(ctx, layer, stamp, stamp_json, extra,
                                        kerb_output_path(output), path);
    else
        status = kerb_layer__write_geojson(ctx, layer, stamp, stamp_json, extra,
                                           kerb_output_path(output), path);
    if (status == KERB_OK)
        status = kerb_output_commit(ctx, output);
done:
    kerb_output_free(output);
    kerb_free(stamp_json);
    return status;
}
