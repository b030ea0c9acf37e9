/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GeoJSON written row by row. RFC 7946: WGS 84 longitude and latitude, at most 7 decimals (1
 * cm), outer rings anticlockwise, rings closed, no crs member. Rounding to 7 decimals can fold
 * a sliver to nothing or turn it over, so orientation and size are judged on the rounded
 * integers. On a plane without a name (`--crs none`) coordinates are written as they are. */
#include "export_internal.h"

#include <math.h>
#include <string.h>

#define UNITS_PER_DEG 1e7 /* seven decimals */

typedef struct writer {
    kerb_ctx *ctx;
    const kerb_layer *layer;
    kerb_transform *to_wgs84; /* NULL on a plane */
    double *x, *y;            /* a ring's points, grown as needed */
    size_t capacity;
    kerb_box box; /* of all that was written; in 1e-7 degrees, or the plane's unit */
} writer;

static kerb_status make_room(writer *w, size_t n)
{
    if (n <= w->capacity)
        return KERB_OK;
    double *x = kerb_realloc_array(w->x, n, sizeof *x);
    if (x)
        w->x = x;
    double *y = kerb_realloc_array(w->y, n, sizeof *y);
    if (y)
        w->y = y;
    if (x == NULL || y == NULL)
        return kerb_fail_nomem(w->ctx, "a ring");
    w->capacity = n;
    return KERB_OK;
}

/* Twice the area of a closed ring, positive anticlockwise; from the first point, which keeps
 * the products of integers exact for rings under nine degrees. */
static double twice_area(size_t n, const double *x, const double *y)
{
    double sum = 0.0;
    for (size_t i = 1; i + 1 < n; i++)
        sum += (x[i] - x[0]) * (y[i + 1] - y[0]) - (x[i + 1] - x[0]) * (y[i] - y[0]);
    return sum;
}

static void reverse(size_t n, double *values)
{
    for (size_t i = 0; i < n / 2; i++) {
        double other = values[n - 1 - i];
        values[n - 1 - i] = values[i];
        values[i] = other;
    }
}

/* Leave out points equal to the one before; returns how many stay. */
static size_t drop_repeats(size_t n, double *x, double *y)
{
    size_t kept = 1;
    for (size_t i = 1; i < n; i++) {
        if (x[i] == x[kept - 1] && y[i] == y[kept - 1])
            continue;
        x[kept] = x[i];
        y[kept++] = y[i];
    }
    return kept;
}

/* 524213456 as "52.4213456", 10000000 as "1". */
static void add_degrees(kerb_text *text, double units)
{
    char number[KERB_DOUBLE_TEXT];
    long long value = llround(fabs(units));
    int n = snprintf(number, sizeof number, "%s%lld.%07lld", units < 0.0 ? "-" : "",
                     value / 10000000, value % 10000000);
    while (number[n - 1] == '0')
        n--;
    if (number[n - 1] == '.')
        n--;
    kerb_text_add_n(text, number, (size_t)n);
}

static void add_coordinate(const writer *w, kerb_text *text, double value)
{
    if (w->to_wgs84)
        add_degrees(text, value);
    else
        kerb_export__add_double(text, value);
}

/* Read a ring into w->x, w->y as it will be written; *n is 0 when nothing of it is left. */
static kerb_status take_ring(writer *w, size_t row, size_t ring, bool *is_hole, size_t *n)
{
    const kerb_areas_set *set = w->layer->polygons;
    const kerb_point *points = kerb_areas_set_ring(set, row, ring, n, is_hole);
    kerb_status status = make_room(w, *n);
    if (status != KERB_OK)
        return status;
    for (size_t i = 0; i < *n; i++) {
        w->x[i] = points[i].x;
        w->y[i] = points[i].y;
    }
    if (w->to_wgs84) {
        kerb_transform_points(w->to_wgs84, *n, w->x, w->y);
        for (size_t i = 0; i < *n; i++) {
            if (!isfinite(w->x[i]) || !isfinite(w->y[i]))
                return kerb_fail(
                    w->ctx, KERB_ERR_CRS,
                    "row %zu: a corner at (%.3f, %.3f) cannot be brought to WGS 84", row + 1,
                    points[i].x, points[i].y);
            /* + 0.0 turns -0 into 0 */
            w->x[i] = round(w->x[i] * UNITS_PER_DEG) + 0.0;
            w->y[i] = round(w->y[i] * UNITS_PER_DEG) + 0.0;
        }
    }
    *n = *n > 0 ? drop_repeats(*n, w->x, w->y) : 0;
    double twice_m2 = *n >= 4 ? twice_area(*n, w->x, w->y) : 0.0;
    if (twice_m2 == 0.0) {
        *n = 0;
        return KERB_OK;
    }
    if ((twice_m2 > 0.0) == *is_hole) {
        reverse(*n, w->x);
        reverse(*n, w->y);
    }
    return KERB_OK;
}

static void add_ring(writer *w, kerb_text *text, size_t n)
{
    kerb_text_add(text, "[");
    for (size_t i = 0; i < n; i++) {
        kerb_text_add(text, i > 0 ? ",[" : "[");
        add_coordinate(w, text, w->x[i]);
        kerb_text_add(text, ",");
        add_coordinate(w, text, w->y[i]);
        kerb_text_add(text, "]");
        kerb_box point = {.xmin = w->x[i], .ymin = w->y[i], .xmax = w->x[i], .ymax = w->y[i]};
        w->box = kerb_box_make_union(w->box, point);
    }
    kerb_text_add(text, "]");
}

/* Polygon for one part, MultiPolygon for more, null when nothing is left. A hole goes with its
 * outer ring: it follows it, and is lost with it. */
static kerb_status add_geometry(writer *w, kerb_text *text, size_t row)
{
    kerb_text parts = {0};
    size_t n_parts = 0;
    bool has_outer = false;
    kerb_status status = KERB_OK;
    size_t n_rings =
        w->layer->polygons ? kerb_areas_set_ring_count(w->layer->polygons, row) : 0;
    for (size_t ring = 0; ring < n_rings; ring++) {
        size_t n;
        bool is_hole;
        status = take_ring(w, row, ring, &is_hole, &n);
        if (status != KERB_OK)
            goto done;
        if (!is_hole) {
            has_outer = n > 0;
            if (has_outer)
                kerb_text_add(&parts, n_parts++ > 0 ? "],[" : "[");
        } else if (n > 0 && has_outer) {
            kerb_text_add(&parts, ",");
        }
        if (n > 0 && has_outer)
            add_ring(w, &parts, n);
    }
    if (n_parts == 0) {
        kerb_text_add(text, "null");
        goto done;
    }
    kerb_text_add(text, n_parts == 1 ? "{\"type\":\"Polygon\",\"coordinates\":"
                                     : "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    if (parts.failed)
        text->failed = true;
    else
        kerb_text_add_n(text, parts.data, parts.length);
    kerb_text_add(text, n_parts == 1 ? "]}" : "]]}");
done:
    kerb_text_clear(&parts);
    return status;
}

static kerb_status add_feature(writer *w, kerb_text *text, size_t row)
{
    kerb_text_add(text, row > 0 ? ",\n{\"type\":\"Feature\",\"properties\":{"
                                : "\n{\"type\":\"Feature\",\"properties\":{");
    for (size_t i = 0; i < w->layer->n_fields; i++) {
        const kerb_export_field *field = &w->layer->fields[i];
        kerb_text_add(text, i > 0 ? "," : "");
        kerb_text_add_json(text, field->name);
        kerb_text_add(text, ":");
        kerb_layer__add_json_value(text, field, row);
    }
    kerb_text_add(text, "},\"geometry\":");
    kerb_status status = add_geometry(w, text, row);
    kerb_text_add(text, "}");
    return status;
}

static void add_box(const writer *w, kerb_text *text)
{
    double sides[4] = {w->box.xmin, w->box.ymin, w->box.xmax, w->box.ymax};
    if (kerb_box_is_empty(w->box))
        return;
    kerb_text_add(text, ",\n\"bbox\":[");
    for (size_t i = 0; i < 4; i++) {
        kerb_text_add(text, i > 0 ? "," : "");
        add_coordinate(w, text, sides[i]);
    }
    kerb_text_add(text, "]");
}

/*
 * The operation to WGS 84. PROJ picks it for an area, and the area in degrees is only known
 * after an operation: so one for the whole system gives the box, and the box gives the one
 * used.
 */
static kerb_status open_transform(kerb_ctx *ctx, const kerb_layer *layer, const kerb_crs *crs,
                                  kerb_transform **out)
{
    kerb_crs *wgs84 = NULL;
    kerb_transform *rough = NULL;
    kerb_box box =
        layer->polygons ? kerb_areas_set_box(layer->polygons) : kerb_box_make_empty();
    kerb_status status = kerb_crs_new(ctx, "EPSG:4326", &wgs84);
    if (status != KERB_OK)
        goto done;
    status = kerb_transform_new(ctx, crs, wgs84, NULL, &rough);
    if (status != KERB_OK)
        goto done;
    double x[4] = {box.xmin, box.xmax, box.xmin, box.xmax};
    double y[4] = {box.ymin, box.ymin, box.ymax, box.ymax};
    kerb_box area_deg = kerb_box_make_empty();
    if (!kerb_box_is_empty(box)) {
        kerb_transform_points(rough, 4, x, y);
        for (size_t i = 0; i < 4; i++) {
            kerb_box corner = {.xmin = x[i], .ymin = y[i], .xmax = x[i], .ymax = y[i]};
            if (isfinite(x[i]) && isfinite(y[i]))
                area_deg = kerb_box_make_union(area_deg, corner);
        }
    }
    if (kerb_box_is_empty(area_deg)) {
        *out = rough;
        rough = NULL;
        goto done;
    }
    status = kerb_transform_new(ctx, crs, wgs84, &area_deg, out);
done:
    kerb_transform_free(rough);
    kerb_crs_free(wgs84);
    return status;
}

static void add_head(const writer *w, kerb_text *text, const char *stamp_json,
                     const char *extra_json)
{
    kerb_text_add(text, "{\"type\":\"FeatureCollection\",\n\"name\":");
    kerb_text_add_json(text, w->layer->name);
    kerb_text_add(text, ",\n\"kerb\":");
    kerb_text_add(text, stamp_json);
    kerb_text_add(text, ",\n\"kerb_fields\":");
    kerb_layer__add_units_json(text, w->layer);
    if (w->to_wgs84) {
        kerb_text_add(text, ",\n\"kerb_wgs84\":{\"accuracy_m\":");
        kerb_export__add_json_double(text, kerb_transform_accuracy_m(w->to_wgs84));
        kerb_text_add(text, ",\"operation\":");
        kerb_text_add_json(text, kerb_transform_name(w->to_wgs84));
        kerb_text_add(text, "}");
    } else if (w->layer->polygons) {
        kerb_text_add(text, ",\n\"kerb_crs\":\"none\"");
    }
    if (extra_json) {
        kerb_text_add(text, ",\n");
        kerb_text_add(text, extra_json);
    }
    kerb_text_add(text, ",\n\"features\":[");
}

kerb_status kerb_layer__write_geojson(kerb_ctx *ctx, const kerb_layer *layer,
                                      const kerb_stamp *stamp, const char *stamp_json,
                                      const char *extra_json, const char *path,
                                      const char *name)
{
    writer w = {.ctx = ctx, .layer = layer, .box = kerb_box_make_empty()};
    kerb_text text = {0};
    kerb_export_file file = {0};
    kerb_status status = KERB_OK;
    bool is_plane = stamp->crs == NULL || kerb_crs_is_none(stamp->crs);
    if (!is_plane && layer->polygons)
        status = open_transform(ctx, layer, stamp->crs, &w.to_wgs84);
    if (status != KERB_OK)
        goto done;
    if (is_plane && layer->polygons)
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: planar coordinates without a reference system are not RFC 7946", name);
    status = kerb_export__file_open(ctx, path, name, &file);
    if (status != KERB_OK)
        goto done;
    add_head(&w, &text, stamp_json, extra_json);
    for (size_t row = 0; status == KERB_OK && row < layer->n_rows; row++) {
        status = add_feature(&w, &text, row);
        if (status == KERB_OK)
            status = kerb_export__file_write(&file, &text);
        if (status == KERB_OK && row % 256 == 0)
            status = kerb_progress(ctx, "writing", (double)row / (double)layer->n_rows);
    }
    if (status != KERB_OK)
        goto done;
    kerb_text_add(&text, layer->n_rows > 0 ? "\n]" : "]");
    add_box(&w, &text);
    kerb_text_add(&text, "}\n");
    status = kerb_export__file_write(&file, &text);
done:
    if (status == KERB_OK)
        status = kerb_export__file_close(&file);
    else
        kerb_export__file_close(&file);
    kerb_text_clear(&text);
    kerb_free(w.y);
    kerb_free(w.x);
    kerb_transform_free(w.to_wgs84);
    return status;
}
