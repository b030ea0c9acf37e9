/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of areas from polygon layers, or from delimited text with a WKT column. Every vertex is
 * brought into the working CRS before the area is added, so that repairs of its shape and the
 * border rule act on the coordinates that are used afterwards.
 */
#include "ingest_internal.h"
#include "ingest_ogr.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_vsi.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct population_field {
    char *name;
    int year, column;
} population_field;

/* What is being read, from either kind of file. */
typedef struct areas_reader {
    const kerb_ingest_areas_options *options;
    const char **names; /* of the fields; borrowed */
    size_t n_names;
    int id_column, name_column;
    population_field *populations;
    size_t n_populations;
    kerb_crs *from;
    kerb_transform *transform; /* NULL: none needed */
    kerb_areas_set *set;
    kerb_strings *ids;
    double *x, *y;
    size_t capacity;
    uint8_t *wkb;
    size_t wkb_capacity;
    uint64_t n_not_areas;
} areas_reader;

/* ----------------------------------------------------------------- geometry */

static kerb_status transform_ring(kerb_ctx *ctx, areas_reader *r, OGRGeometryH ring)
{
    int n = OGR_G_GetPointCount(ring);
    if (n <= 0 || r->transform == NULL) {
        return KERB_OK;
    }
    if ((size_t)n > r->capacity) {
        kerb_free(r->x);
        kerb_free(r->y);
        r->x = kerb_alloc_array((size_t)n, sizeof *r->x);
        r->y = kerb_alloc_array((size_t)n, sizeof *r->y);
        r->capacity = r->x != NULL && r->y != NULL ? (size_t)n : 0;
        if (r->capacity == 0) {
            return kerb_fail_nomem(ctx, "a ring");
        }
    }
    OGR_G_GetPoints(ring, r->x, (int)sizeof(double), r->y, (int)sizeof(double), NULL, 0);
    kerb_transform_points(r->transform, (size_t)n, r->x, r->y);
    for (int i = 0; i < n; i++) {
        if (!isfinite(r->x[i]) || !isfinite(r->y[i])) {
            return kerb_fail(ctx, KERB_ERR_CRS,
                             "a vertex cannot be brought into %s: check --input-crs",
                             kerb_crs_id(r->options->crs));
        }
        OGR_G_SetPoint_2D(ring, i, r->x[i], r->y[i]);
    }
    return KERB_OK;
}

static kerb_status transform_geometry(kerb_ctx *ctx, areas_reader *r, OGRGeometryH geometry)
{
    int n = OGR_G_GetGeometryCount(geometry);
    kerb_status status = n == 0 ? transform_ring(ctx, r, geometry) : KERB_OK;
    for (int i = 0; i < n && status == KERB_OK; i++) {
        status = transform_geometry(ctx, r, OGR_G_GetGeometryRef(geometry, i));
    }
    return status;
}

static bool is_area(OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    return type == wkbPolygon || type == wkbMultiPolygon || type == wkbGeometryCollection;
}

/* -------------------------------------------------------------------- adding */

static kerb_status add_population(kerb_ctx *ctx, areas_reader *r, size_t i_area, const char *id,
                                  const population_field *field, const char *text)
{
    double value = 0.0;
    kerb_ingest__number_result result = kerb_ingest__number_parse(text, strlen(text), &value);
    if (result == KERB_NUMBER_MISSING) {
        return KERB_OK; /* no figure is not zero residents */
    }
    if (result == KERB_NUMBER_BAD || value < 0.0) {
        char shown[4 * 40 + 8];
        kerb_text_visible(text, strlen(text), 40, shown);
        return kerb_fail(ctx, KERB_ERR_FORMAT, "area '%s': population '%s' is no number: '%s'",
                         id, field->name, shown);
    }
    return kerb_areas_set_add_population(ctx, r->set, i_area, field->year, value);
}

/* `get` gives the text of a column of the row at hand. */
typedef const char *(*get_text_fn)(void *row, int column);

static kerb_status add_area(kerb_ctx *ctx, areas_reader *r, OGRGeometryH geometry, void *row,
                            get_text_fn get)
{
    uint32_t number = 0;
    char number_text[24];
    size_t i_area = kerb_areas_set_count(r->set);
    if (geometry == NULL || OGR_G_IsEmpty(geometry) || !is_area(geometry)) {
        r->n_not_areas++;
        return KERB_OK;
    }
    snprintf(number_text, sizeof number_text, "%zu", i_area + 1);
    const char *id = r->id_column >= 0 ? get(row, r->id_column) : number_text;
    if (id[0] == '\0') {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "area %zu has no id in '%s'", i_area + 1,
                         r->names[r->id_column]);
    }
    char *own_id = kerb_text_copy(id);
    kerb_status status = own_id != NULL ? KERB_OK : kerb_fail_nomem(ctx, "an area");
    uint32_t n_before = kerb_strings_count(r->ids);
    if (status == KERB_OK) {
        status = kerb_strings_add(ctx, r->ids, own_id, strlen(own_id), &number);
    }
    if (status == KERB_OK && kerb_strings_count(r->ids) == n_before) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "id '%s' is there twice; name another field with "
                           "--id",
                           own_id);
    }
    if (status == KERB_OK) {
        status = transform_geometry(ctx, r, geometry);
    }
    size_t n_bytes = status == KERB_OK ? (size_t)OGR_G_WkbSize(geometry) : 0;
    if (status == KERB_OK && n_bytes > r->wkb_capacity) {
        kerb_free(r->wkb);
        r->wkb = kerb_alloc_array(n_bytes, 1);
        r->wkb_capacity = r->wkb != NULL ? n_bytes : 0;
        status = r->wkb != NULL ? KERB_OK : kerb_fail_nomem(ctx, "an area");
    }
    if (status == KERB_OK && OGR_G_ExportToIsoWkb(geometry, wkbNDR, r->wkb) != OGRERR_NONE) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "area '%s' cannot be read", own_id);
    }
    if (status == KERB_OK) {
        const char *name = r->name_column >= 0 ? get(row, r->name_column) : own_id;
        status = kerb_areas_set_add_wkb(ctx, r->set, own_id, name[0] != '\0' ? name : own_id,
                                        r->wkb, n_bytes);
        if (status != KERB_OK) {
            kerb_fail_in(ctx, "area '%s'", own_id);
        }
    }
    for (size_t i = 0; i < r->n_populations && status == KERB_OK; i++) {
        status = add_population(ctx, r, i_area, own_id, &r->populations[i],
                                get(row, r->populations[i].column));
    }
    kerb_free(own_id);
    return status;
}

/* ------------------------------------------------------------------- columns */

static int find_nocase(const areas_reader *r, const char *name)
{
    for (size_t i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < r->n_names; i++) {
        if (kerb_text_equal_nocase(r->names[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

/* The name that goes with a code: WD21CD has WD21NM beside it, ward_code has ward_name. */
static void find_name_of_code(areas_reader *r)
{
    static const char *const pairs[][2] = {{"cd", "nm"}, {"code", "name"}, {"id", "name"}};
    char name[64];
    if (r->options->name_field != NULL || r->name_column >= 0 || r->id_column < 0) {
        return;
    }
    const char *id = r->names[r->id_column];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && r->name_column < 0; i++) {
        size_t length = strlen(id), tail = strlen(pairs[i][0]);
        if (length >= tail && length < sizeof name - 8 &&
            kerb_text_equal_nocase(id + length - tail, pairs[i][0])) {
            snprintf(name, sizeof name, "%.*s%s", (int)(length - tail), id, pairs[i][1]);
            r->name_column = find_nocase(r, name);
        }
    }
}

static kerb_status need_column(kerb_ctx *ctx, const areas_reader *r, const char *option,
                               const char *name, int *out)
{
    *out = find_nocase(r, name);
    if (*out >= 0) {
        return KERB_OK;
    }
    char *list = kerb_ingest__list_columns(r->names, r->n_names);
    kerb_status status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s: no field '%s'; %s", option,
                                   name, list != NULL ? list : "");
    kerb_free(list);
    return status;
}

/* FIELD or FIELD@YEAR. A field whose own name ends in @2021 is found first. */
static kerb_status find_population(kerb_ctx *ctx, areas_reader *r, const char *text,
                                   population_field *out)
{
    const char *at = strrchr(text, '@');
    out->name = kerb_text_copy(text);
    out->year = 0;
    if (out->name == NULL) {
        return kerb_fail_nomem(ctx, "a field");
    }
    if (find_nocase(r, text) < 0 && at != NULL) {
        int64_t year = 0;
        if (!kerb_parse_int64(at + 1, strlen(at + 1), &year) || year < 1 || year > 9999) {
            return kerb_fail(ctx, KERB_ERR_ARG, "--population %s: '%s' is no year", text,
                             at + 1);
        }
        out->year = (int)year;
        out->name[at - text] = '\0';
    }
    return need_column(ctx, r, "--population", out->name, &out->column);
}

static kerb_status find_columns(kerb_ctx *ctx, areas_reader *r)
{
    const kerb_ingest_areas_options *o = r->options;
    kerb_status status = KERB_OK;
    if (o->id_field != NULL) {
        status = need_column(ctx, r, "--id", o->id_field, &r->id_column);
    } else {
        r->id_column = find_nocase(r, "id");
    }
    if (status == KERB_OK && o->name_field != NULL) {
        status = need_column(ctx, r, "--name", o->name_field, &r->name_column);
    } else if (status == KERB_OK) {
        r->name_column = find_nocase(r, "name");
    }
    if (status == KERB_OK && o->n_population_fields > 0) {
        r->populations = kerb_calloc_array(o->n_population_fields, sizeof *r->populations);
        if (r->populations == NULL) {
            return kerb_fail_nomem(ctx, "fields");
        }
    }
    find_name_of_code(r);
    for (size_t i = 0; i < o->n_population_fields && status == KERB_OK; i++) {
        r->n_populations++;
        status = find_population(ctx, r, o->population_fields[i], &r->populations[i]);
    }
    return status;
}

/* CRS of the file: what the user says, else the file's own, else the working one. */
static kerb_status set_crs(kerb_ctx *ctx, areas_reader *r, const char *own,
                           const kerb_box *area)
{
    const char *definition = r->options->input_crs != NULL ? r->options->input_crs : own;
    if (definition == NULL || kerb_crs_is_none(r->options->crs)) {
        return KERB_OK;
    }
    kerb_status status = kerb_crs_new(ctx, definition, &r->from);
    if (status != KERB_OK || kerb_crs_is_equal(r->from, r->options->crs)) {
        return status;
    }
    bool has_area = area != NULL && kerb_crs_is_geographic(r->from);
    if (!has_area ||
        kerb_transform_new(ctx, r->from, r->options->crs, area, &r->transform) != KERB_OK) {
        status = kerb_transform_new(ctx, r->from, r->options->crs, NULL, &r->transform);
    }
    return status;
}

/* Areas far outside the working CRS mean a wrong CRS, not far areas. */
static kerb_status check_set(kerb_ctx *ctx, const areas_reader *r)
{
    size_t n = kerb_areas_set_count(r->set), n_outside = 0;
    if (n == 0) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         r->n_not_areas > 0 ? "there are no polygons in it"
                                            : "there are no areas in it");
    }
    if (kerb_crs_is_none(r->options->crs)) {
        return KERB_OK;
    }
    kerb_box all = kerb_areas_set_box(r->set);
    bool is_like_degrees =
        all.xmin >= -180.0 && all.xmax <= 180.0 && all.ymin >= -90.0 && all.ymax <= 90.0;
    if (r->from == NULL && is_like_degrees) {
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "these look like degrees: say --input-crs EPSG:4326");
    }
    for (size_t i = 0; i < n; i++) {
        kerb_box box = kerb_areas_set_box_of(r->set, i);
        n_outside += !kerb_crs_covers(r->options->crs, (box.xmin + box.xmax) / 2.0,
                                      (box.ymin + box.ymax) / 2.0);
    }
    if (2 * n_outside > n) {
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "%zu of %zu areas lie outside the area of %s; check --input-crs and "
                         "--crs",
                         n_outside, n, kerb_crs_id(r->options->crs));
    }
    return KERB_OK;
}

/* ----------------------------------------------------------------- ogr layers */

static const char *get_feature_text(void *row, int column)
{
    return OGR_F_GetFieldAsString((OGRFeatureH)row, column);
}

/* First text or whole-number field whose values all differ; -1. */
static int find_distinct_field(kerb_ctx *ctx, OGRLayerH layer)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(layer);
    int n_fields = OGR_FD_GetFieldCount(definition);
    for (int i = 0; i < n_fields; i++) {
        OGRFieldType type = OGR_Fld_GetType(OGR_FD_GetFieldDefn(definition, i));
        if (type != OFTString && type != OFTInteger && type != OFTInteger64) {
            continue;
        }
        kerb_strings *seen = kerb_strings_new();
        bool is_distinct = seen != NULL;
        OGRFeatureH feature = NULL;
        OGR_L_ResetReading(layer);
        while (is_distinct && (feature = OGR_L_GetNextFeature(layer)) != NULL) {
            const char *text = OGR_F_GetFieldAsString(feature, i);
            uint32_t number = 0, n_before = kerb_strings_count(seen);
            is_distinct = text[0] != '\0' &&
                          kerb_strings_add(ctx, seen, text, strlen(text), &number) == KERB_OK &&
                          kerb_strings_count(seen) > n_before;
            OGR_F_Destroy(feature);
        }
        kerb_strings_free(seen);
        OGR_L_ResetReading(layer);
        if (is_distinct) {
            return i;
        }
    }
    return -1;
}

static kerb_status find_layer(kerb_ctx *ctx, const kerb_ingest__ogr *ogr, const char *wanted,
                              OGRLayerH *out)
{
    size_t n = kerb_ingest__ogr_layer_count(ogr);
    OGRLayerH unknown = NULL;
    kerb_text list = {0};
    for (size_t i = 0; i < n; i++) {
        OGRLayerH layer = kerb_ingest__ogr_layer(ogr, i);
        OGRwkbGeometryType type = wkbFlatten(OGR_L_GetGeomType(layer));
        bool is_polygon = type == wkbPolygon || type == wkbMultiPolygon;
        if (wanted != NULL ? strcmp(OGR_L_GetName(layer), wanted) == 0 : is_polygon) {
            *out = layer;
            kerb_text_clear(&list);
            return KERB_OK;
        }
        bool is_any = type == wkbUnknown || type == wkbGeometryCollection;
        unknown = unknown == NULL && is_any ? layer : unknown;
        kerb_text_add_format(&list, "%s'%s'", i > 0 ? ", " : "", OGR_L_GetName(layer));
    }
    kerb_status status = KERB_OK;
    if (wanted != NULL) {
        status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no layer '%s'; layers there: %s", wanted,
                           list.data != NULL ? list.data : "none");
    } else if (unknown == NULL) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "there are no polygons in it");
    }
    *out = unknown;
    kerb_text_clear(&list);
    return status;
}

static kerb_status read_layer(kerb_ctx *ctx, areas_reader *r, OGRLayerH layer)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(layer);
    OGREnvelope extent;
    kerb_box box;
    char *crs = kerb_ingest__ogr_crs(layer);
    OGRFeatureH feature = NULL;
    r->n_names = (size_t)OGR_FD_GetFieldCount(definition);
    r->names = kerb_calloc_array(r->n_names + 1, sizeof *r->names);
    kerb_status status = r->names != NULL ? KERB_OK : kerb_fail_nomem(ctx, "fields");
    for (size_t i = 0; i < r->n_names && status == KERB_OK; i++) {
        r->names[i] = OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, (int)i));
    }
    if (status == KERB_OK) {
        status = find_columns(ctx, r);
    }
    if (status == KERB_OK && r->id_column < 0) {
        r->id_column = find_distinct_field(ctx, layer);
    }
    find_name_of_code(r);
    bool has_extent = OGR_L_GetExtent(layer, &extent, 1) == OGRERR_NONE;
    if (has_extent) {
        box = (kerb_box){extent.MinX, extent.MinY, extent.MaxX, extent.MaxY};
    }
    if (status == KERB_OK) {
        status = set_crs(ctx, r, crs, has_extent ? &box : NULL);
    }
    OGR_L_ResetReading(layer);
    while (status == KERB_OK && (feature = OGR_L_GetNextFeature(layer)) != NULL) {
        status = add_area(ctx, r, OGR_F_GetGeometryRef(feature), feature, get_feature_text);
        OGR_F_Destroy(feature);
        status = status == KERB_OK ? kerb_check_cancel(ctx) : status;
    }
    kerb_free(crs);
    return status;
}

static kerb_status read_ogr(kerb_ctx *ctx, areas_reader *r, const char *path, const char *name)
{
    kerb_ingest__ogr *ogr = NULL;
    kerb_ingest__ogr_errors errors = {{0}};
    OGRLayerH layer = NULL;
    kerb_status status = kerb_ingest__ogr_open(ctx, path, name, &ogr);
    if (status != KERB_OK) {
        return status;
    }
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    status = find_layer(ctx, ogr, r->options->layer, &layer);
    if (status == KERB_OK) {
        status = read_layer(ctx, r, layer);
    }
    CPLPopErrorHandler();
    if (status == KERB_OK && errors.first[0] != '\0') {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "reading stopped: %s", errors.first);
    }
    if (status == KERB_OK) {
        status = check_set(ctx, r);
    }
    if (status != KERB_OK) {
        kerb_fail_in(ctx, "%s", name);
    }
    kerb_ingest__ogr_close(ogr);
    return status;
}

/* -------------------------------------------------------------- delimited WKT */

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

static kerb_status read_wkt_rows(kerb_ctx *ctx, areas_reader *r, kerb_ingest__text *text,
                                 int wkt_column)
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
            status = add_area(ctx, r, geometry, &copy, get_row_text);
        }
        OGR_G_DestroyGeometry(geometry);
    }
    clear_row(&copy);
    return status;
}

static kerb_status read_wkt_table(kerb_ctx *ctx, areas_reader *r, const char *path,
                                  const char *name)
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
        wkt_column = wkt_column < 0 ? find_nocase(r, wkt_names[i]) : wkt_column;
    }
    if (status == KERB_OK && wkt_column < 0) {
        char *list = kerb_ingest__list_columns(r->names, r->n_names);
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "there is no column WKT with polygons; %s",
                           list != NULL ? list : "");
        kerb_free(list);
    }
    if (status == KERB_OK) {
        status = find_columns(ctx, r);
    }
    if (status == KERB_OK) {
        status = set_crs(ctx, r, NULL, NULL);
    }
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    if (status == KERB_OK) {
        status = read_wkt_rows(ctx, r, text, wkt_column);
    }
    CPLPopErrorHandler();
    if (status == KERB_OK) {
        status = check_set(ctx, r);
    }
    if (status != KERB_OK && status != KERB_ERR_IO) {
        kerb_fail_in(ctx, "%s", name);
    }
    clear_row(&header);
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return status;
}

/* ---------------------------------------------------------------------- both */

static bool has_extension(const char *path, const char *extension)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && kerb_text_equal_nocase(dot + 1, extension);
}

kerb_status kerb_ingest_read_areas(kerb_ctx *ctx, const char *path,
                                   const kerb_ingest_areas_options *options,
                                   kerb_areas_set **out)
{
    struct stat about;
    areas_reader r = {.options = options, .id_column = -1, .name_column = -1};
    char *zip = NULL;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    kerb_status status = KERB_OK;
    if (options->crs == NULL) {
        return kerb_fail(ctx, KERB_ERR_ARG, "ingest needs the working CRS");
    }
    if (stat(path, &about) != 0) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no such file: %s", path);
    }
    if (kerb_store_is_store(path)) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is a kerb store: name a set in it with --set", name);
    }
    status = kerb_output_protect(ctx, path);
    if (status != KERB_OK) {
        goto done;
    }
    status = kerb_areas_set_new(ctx, &r.set);
    if (status != KERB_OK) {
        goto done;
    }
    r.ids = kerb_strings_new();
    if (r.ids == NULL) {
        status = kerb_fail_nomem(ctx, "ids");
        goto done;
    }
    bool is_table = has_extension(path, "csv") || has_extension(path, "tsv") ||
                    has_extension(path, "txt") || has_extension(path, "psv");
    if (is_table) {
        status = read_wkt_table(ctx, &r, path, name);
    } else {
        if (has_extension(path, "zip")) {
            zip = kerb_ingest__zip_path(path, "");
        }
        status = read_ogr(ctx, &r, zip != NULL ? zip : path, name);
    }
    if (status == KERB_OK) {
        status = kerb_areas_set_index(ctx, r.set);
    }
    if (status == KERB_OK) {
        *out = r.set;
        r.set = NULL;
    }
done:
    kerb_free(zip);
    kerb_free(r.wkb);
    kerb_free(r.y);
    kerb_free(r.x);
    for (size_t i = 0; i < r.n_populations; i++) {
        kerb_free(r.populations[i].name);
    }
    kerb_free(r.populations);
    kerb_free(r.names);
    kerb_transform_free(r.transform);
    kerb_crs_free(r.from);
    kerb_strings_free(r.ids);
    kerb_areas_set_free(r.set);
    return status;
}
