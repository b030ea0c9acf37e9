/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Areas from a layer of polygons of any file that OGR opens.
 */
#include "ingest_areas.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <stdlib.h>
#include <string.h>

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

static kerb_status read_layer(kerb_ctx *ctx, kerb_ingest__areas_reader *r, OGRLayerH layer)
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
        status = kerb_ingest__areas_find_columns(ctx, r);
    }
    if (status == KERB_OK && r->id_column < 0) {
        r->id_column = find_distinct_field(ctx, layer);
    }
    kerb_ingest__areas_find_name(r);
    bool has_extent = OGR_L_GetExtent(layer, &extent, 1) == OGRERR_NONE;
    if (has_extent) {
        box = (kerb_box){extent.MinX, extent.MinY, extent.MaxX, extent.MaxY};
    }
    if (status == KERB_OK) {
        status = kerb_ingest__areas_set_crs(ctx, r, crs, has_extent ? &box : NULL);
    }
    OGR_L_ResetReading(layer);
    while (status == KERB_OK && (feature = OGR_L_GetNextFeature(layer)) != NULL) {
        status = kerb_ingest__areas_add(ctx, r, OGR_F_GetGeometryRef(feature), feature,
                                        get_feature_text);
        OGR_F_Destroy(feature);
        status = status == KERB_OK ? kerb_check_cancel(ctx) : status;
    }
    kerb_free(crs);
    return status;
}

kerb_status kerb_ingest__areas_read_ogr(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                        const char *path, const char *name)
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
        status = kerb_ingest__areas_check(ctx, r);
    }
    if (status != KERB_OK) {
        kerb_fail_in(ctx, "%s", name);
    }
    kerb_ingest__ogr_close(ogr);
    return status;
}
