/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One area joins the set. Every vertex is brought into the working CRS first, so that repairs
 * of its shape and the border rule act on the coordinates that are used afterwards.
 */
#include "ingest_areas.h"

#include <string.h>

static kerb_status transform_ring(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                  OGRGeometryH ring)
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

static kerb_status transform_geometry(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                      OGRGeometryH geometry)
{
    int n = OGR_G_GetGeometryCount(geometry);
    kerb_status status = n == 0 ? transform_ring(ctx, r, geometry) : KERB_OK;
    for (int i = 0; i < n && status == KERB_OK; i++) {
        status = transform_geometry(ctx, r, OGR_G_GetGeometryRef(geometry, i));
    }
    return status;
}

bool kerb_ingest__is_area(OGRGeometryH geometry)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_G_GetGeometryType(geometry));
    return type == wkbPolygon || type == wkbMultiPolygon || type == wkbGeometryCollection;
}

static kerb_status add_population(kerb_ctx *ctx, kerb_ingest__areas_reader *r, size_t i_area,
                                  const char *id, const kerb_ingest__population_field *field,
                                  const char *text)
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

kerb_status kerb_ingest__areas_add(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                   OGRGeometryH geometry, void *row,
                                   kerb_ingest__get_text_fn get)
{
    uint32_t number = 0;
    char number_text[24];
    size_t i_area = kerb_areas_set_count(r->set);
    if (geometry == NULL || OGR_G_IsEmpty(geometry) || !kerb_ingest__is_area(geometry)) {
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
