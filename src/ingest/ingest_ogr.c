/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Point layers of the formats OGR opens, by a list of drivers that read a local file and
 * nothing else: no network, no files that point to other files, no sidecars written. Drivers
 * are registered at the first need (about 40 ms). Delimited text never comes this way: OGR's
 * CSV driver loses rows without a word.
 */
#include "ingest_ogr.h"
#include "ingest_internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <math.h>
#include <ogr_srs_api.h>
#include <string.h>

static const char *const drivers[] = {
    "GeoJSON", "GeoJSONSeq",   "GPKG",   "ESRI Shapefile", "FlatGeobuf", "LIBKML", "KML",
    "GPX",     "MapInfo File", "SQLite", "TopoJSON",       "ODS",        NULL};

void CPL_STDCALL kerb_ingest__ogr_collect(CPLErr level, CPLErrorNum number, const char *message)
{
    kerb_ingest__ogr_errors *errors = CPLGetErrorHandlerUserData();
    (void)number;
    if (level >= CE_Failure && errors != NULL && errors->first[0] == '\0') {
        kerb_text_visible(message, strlen(message), sizeof errors->first / 4 - 4,
                          errors->first);
    }
}

struct kerb_ingest__ogr {
    GDALDatasetH dataset;
    char *name;
};

kerb_status kerb_ingest__ogr_open(kerb_ctx *ctx, const char *path, const char *name,
                                  kerb_ingest__ogr **out)
{
    kerb_ingest__ogr_errors errors = {{0}};
    kerb_ingest__ogr *ogr = kerb_calloc_array(1, sizeof *ogr);
    if (ogr == NULL) {
        return kerb_fail_nomem(ctx, "a layer");
    }
    ogr->name = kerb_text_copy(name);
    if (ogr->name == NULL) {
        kerb_ingest__ogr_close(ogr);
        return kerb_fail_nomem(ctx, "a layer");
    }
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    if (GDALGetDriverCount() == 0) {
        GDALAllRegister();
    }
    ogr->dataset = GDALOpenEx(path, GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR,
                              drivers, NULL, NULL);
    CPLPopErrorHandler();
    if (ogr->dataset == NULL) {
        kerb_status status = kerb_fail(ctx, KERB_ERR_FORMAT, "%s is not a kind kerb reads%s%s",
                                       name, errors.first[0] != '\0' ? ": " : "", errors.first);
        kerb_ingest__ogr_close(ogr);
        return status;
    }
    *out = ogr;
    return KERB_OK;
}

void kerb_ingest__ogr_close(kerb_ingest__ogr *ogr)
{
    if (ogr == NULL) {
        return;
    }
    kerb_ingest__ogr_errors errors = {{0}};
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    if (ogr->dataset != NULL) {
        GDALClose(ogr->dataset);
    }
    CPLPopErrorHandler();
    kerb_free(ogr->name);
    kerb_free(ogr);
}

size_t kerb_ingest__ogr_layer_count(const kerb_ingest__ogr *ogr)
{
    return (size_t)GDALDatasetGetLayerCount(ogr->dataset);
}

OGRLayerH kerb_ingest__ogr_layer(const kerb_ingest__ogr *ogr, size_t i)
{
    return GDALDatasetGetLayer(ogr->dataset, (int)i);
}

const char *kerb_ingest__ogr_layer_name(const kerb_ingest__ogr *ogr, size_t i)
{
    return OGR_L_GetName(kerb_ingest__ogr_layer(ogr, i));
}

const char *kerb_ingest__ogr_driver(const kerb_ingest__ogr *ogr)
{
    return GDALGetDriverShortName(GDALGetDatasetDriver(ogr->dataset));
}

/* ------------------------------------------------------------------- fields */

typedef struct columns {
    char **names;
    size_t n;
} columns;

static void clear_columns(columns *c)
{
    for (size_t i = 0; i < c->n; i++) {
        kerb_free(c->names[i]);
    }
    kerb_free(c->names);
    *c = (columns){0};
}

static kerb_status get_columns(kerb_ctx *ctx, OGRLayerH layer, columns *out)
{
    OGRFeatureDefnH definition = OGR_L_GetLayerDefn(layer);
    size_t n = (size_t)OGR_FD_GetFieldCount(definition);
    out->names = kerb_calloc_array(n + 1, sizeof *out->names);
    if (out->names == NULL) {
        return kerb_fail_nomem(ctx, "the fields of a layer");
    }
    for (size_t i = 0; i < n; i++) {
        out->names[i] =
            kerb_text_copy(OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(definition, (int)i)));
        if (out->names[i] == NULL) {
            return kerb_fail_nomem(ctx, "the fields of a layer");
        }
        out->n++;
    }
    return KERB_OK;
}

/* Point, or a layer whose features may be anything. */
static bool may_hold_points(OGRLayerH layer)
{
    OGRwkbGeometryType type = wkbFlatten(OGR_L_GetGeomType(layer));
    return type == wkbPoint || type == wkbMultiPoint || type == wkbUnknown ||
           type == wkbGeometryCollection;
}

bool kerb_ingest__ogr_layer_is_readable(const kerb_ingest__ogr *ogr, size_t i)
{
    OGRLayerH layer = kerb_ingest__ogr_layer(ogr, i);
    OGRwkbGeometryType type = wkbFlatten(OGR_L_GetGeomType(layer));
    if (type != wkbNone && !may_hold_points(layer)) {
        return false;
    }
    if (type == wkbUnknown || type == wkbGeometryCollection) {
        /* "Anything" that begins with an area is a layer of areas. */
        bool is_other = false, is_known = false;
        OGRFeatureH feature = NULL;
        kerb_ingest__ogr_errors errors = {{0}};
        CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
        OGR_L_ResetReading(layer);
        for (int n = 0; n < 100 && !is_known && (feature = OGR_L_GetNextFeature(layer)) != NULL;
             n++) {
            OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
            if (geometry != NULL) {
                OGRwkbGeometryType found = wkbFlatten(OGR_G_GetGeometryType(geometry));
                is_known = true;
                is_other = found != wkbPoint && found != wkbMultiPoint;
            }
            OGR_F_Destroy(feature);
        }
        OGR_L_ResetReading(layer);
        CPLPopErrorHandler();
        return !is_other;
    }
    return true;
}

/* A date-time field as ISO text, so that one parser reads all dates. */
static void add_date_time(kerb_text *text, OGRFeatureH feature, int field, OGRFieldType type)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, zone = 0;
    float second = 0.0f;
    if (!OGR_F_GetFieldAsDateTimeEx(feature, field, &year, &month, &day, &hour, &minute,
                                    &second, &zone)) {
        return;
    }
    if (type == OFTTime) {
        kerb_text_add_format(text, "%02d:%02d:%02d", hour, minute, (int)second);
        return;
    }
    kerb_text_add_format(text, "%04d-%02d-%02d", year, month, day);
    if (type == OFTDate) {
        return;
    }
    kerb_text_add_format(text, "T%02d:%02d:%02d", hour, minute, (int)second);
    if (zone >= 2) {
        /* 100 is UTC, each step a quarter of an hour; 0 and 1 are "unknown" and "local". */
        int minutes = (zone - 100) * 15;
        kerb_text_add_format(text, "%c%02d:%02d", minutes < 0 ? '-' : '+',
                             (minutes < 0 ? -minutes : minutes) / 60,
                             (minutes < 0 ? -minutes : minutes) % 60);
    }
}

static void add_field_text(kerb_text *text, OGRFeatureH feature, int field)
{
    OGRFieldType type = OGR_Fld_GetType(OGR_FD_GetFieldDefn(OGR_F_GetDefnRef(feature), field));
    if (!OGR_F_IsFieldSetAndNotNull(feature, field)) {
        return;
    }
    if (type == OFTDate || type == OFTDateTime || type == OFTTime) {
        add_date_time(text, feature, field, type);
    } else if (type == OFTReal) {
        char number[KERB_DOUBLE_TEXT];
        kerb_format_double(OGR_F_GetFieldAsDouble(feature, field), number);
        kerb_text_add(text, number);
    } else {
        kerb_text_add(text, OGR_F_GetFieldAsString(feature, field));
    }
}

/* --------------------------------------------------------------------- rows */

typedef struct reader {
    kerb_text text; /* fields of a feature, one behind the other */
    kerb_ingest__field *fields;
    size_t n_fields;
} reader;

static kerb_status fill_row(kerb_ctx *ctx, reader *r, OGRFeatureH feature, int64_t number,
                            kerb_ingest__row *row)
{
    r->text.length = 0;
    for (size_t i = 0; i < r->n_fields; i++) {
        size_t before = r->text.length;
        add_field_text(&r->text, feature, (int)i);
        r->fields[i].length = r->text.length - before;
    }
    if (r->text.failed) {
        return kerb_fail_nomem(ctx, "the fields of a feature");
    }
    size_t at = 0;
    for (size_t i = 0; i < r->n_fields; i++) {
        r->fields[i].text = r->text.data != NULL ? r->text.data + at : "";
        at += r->fields[i].length;
    }
    *row = (kerb_ingest__row){.fields = r->fields,
                              .n_fields = r->n_fields,
                              .line = number,
                              .byte_offset = -1,
                              .byte_length = -1};
    return KERB_OK;
}

/* What a pass over the features is for. */
typedef enum pass { PASS_SAMPLE, PASS_SCAN, PASS_LOAD } pass;

static kerb_status add_feature(kerb_ctx *ctx, kerb_ingest__loader *loader, reader *r,
                               OGRFeatureH feature, int64_t number, pass now)
{
    kerb_ingest__row row;
    kerb_point point = {NAN, NAN};
    OGRGeometryH geometry = OGR_F_GetGeometryRef(feature);
    kerb_status status = fill_row(ctx, r, feature, number, &row);
    if (status != KERB_OK) {
        return status;
    }
    if (now == PASS_SCAN) {
        bool is_settled = false;
        return kerb_ingest__loader_scan(ctx, loader, &row, &is_settled);
    }
    bool is_sample = now == PASS_SAMPLE;
    if (geometry != NULL && wkbFlatten(OGR_G_GetGeometryType(geometry)) == wkbMultiPoint &&
        OGR_G_GetGeometryCount(geometry) == 1) {
        /* one point all the same: some programs write every point so */
        geometry = OGR_G_GetGeometryRef(geometry, 0);
    }
    if (geometry != NULL && !OGR_G_IsEmpty(geometry)) {
        if (wkbFlatten(OGR_G_GetGeometryType(geometry)) != wkbPoint) {
            return is_sample ? KERB_OK
                             : kerb_ingest__loader_reject(ctx, loader, &row, "not_a_point");
        }
        point = (kerb_point){OGR_G_GetX(geometry, 0), OGR_G_GetY(geometry, 0)};
        if (!isfinite(point.x) || !isfinite(point.y)) {
            return is_sample ? KERB_OK
                             : kerb_ingest__loader_reject(ctx, loader, &row, "bad_coordinate");
        }
    }
    return is_sample ? kerb_ingest__loader_sample(ctx, loader, &row, &point)
                     : kerb_ingest__loader_add(ctx, loader, &row, &point);
}

/* Features in the order of the file. */
static kerb_status each_feature(kerb_ctx *ctx, kerb_ingest__loader *loader, reader *r,
                                OGRLayerH layer, pass now)
{
    enum { SAMPLE_FEATURES = 1000 };
    int64_t n_max = now == PASS_SAMPLE ? SAMPLE_FEATURES : 0;
    kerb_ingest__ogr_errors errors = {{0}};
    kerb_status status = KERB_OK;
    OGRFeatureH feature = NULL;
    CPLPushErrorHandlerEx(kerb_ingest__ogr_collect, &errors);
    OGR_L_ResetReading(layer);
    for (int64_t n = 1; status == KERB_OK && (n_max == 0 || n <= n_max); n++) {
        feature = OGR_L_GetNextFeature(layer);
        if (feature == NULL) {
            break;
        }
        status = add_feature(ctx, loader, r, feature, n, now);
        OGR_F_Destroy(feature);
    }
    CPLPopErrorHandler();
    if (status == KERB_OK && errors.first[0] != '\0') {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "reading stopped: %s", errors.first);
    }
    return status;
}

char *kerb_ingest__ogr_crs(OGRLayerH layer)
{
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(layer);
    kerb_text out = {0};
    char *wkt = NULL;
    if (srs == NULL) {
        return NULL;
    }
    const char *authority = OSRGetAuthorityName(srs, NULL);
    const char *code = OSRGetAuthorityCode(srs, NULL);
    if (authority != NULL && code != NULL && strcmp(authority, "EPSG") == 0) {
        kerb_text_add_format(&out, "EPSG:%s", code);
    } else if (authority != NULL && code != NULL && strcmp(authority, "OGC") == 0 &&
               strcmp(code, "CRS84") == 0) {
        kerb_text_add(&out, "EPSG:4326"); /* longitude first, which is how kerb has it anyway */
    } else if (OSRExportToWktEx(srs, &wkt, (const char *const[]){"FORMAT=WKT2_2019", NULL}) ==
               OGRERR_NONE) {
        kerb_text_add(&out, wkt);
    }
    CPLFree(wkt);
    if (out.failed) {
        kerb_text_clear(&out);
    }
    return out.data;
}

kerb_status kerb_ingest__ogr_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                  const kerb_ingest_options *options,
                                  const kerb_ingest__mapping *mapping, kerb_ingest__ogr *ogr,
                                  size_t i_layer, const kerb_ingest__item *item,
                                  kerb_ingest_file *entry)
{
    OGRLayerH layer = kerb_ingest__ogr_layer(ogr, i_layer);
    kerb_ingest__layout layout;
    columns c = {0};
    reader r = {0};
    kerb_text format = {0};
    char *crs = kerb_ingest__ogr_crs(layer);
    bool has_geometry = wkbFlatten(OGR_L_GetGeomType(layer)) != wkbNone;
    kerb_status status = get_columns(ctx, layer, &c);
    if (status != KERB_OK) {
        goto done;
    }
    r.n_fields = c.n;
    r.fields = kerb_calloc_array(c.n + 1, sizeof *r.fields);
    if (r.fields == NULL) {
        status = kerb_fail_nomem(ctx, "the fields of a feature");
        goto done;
    }
    const char *const *names = (const char *const *)c.names;
    if (mapping != NULL) {
        status = kerb_ingest__mapping_layout(ctx, mapping, names, c.n, has_geometry, &layout);
    } else {
        status = kerb_ingest__layout_by_names(ctx, names, c.n, options, has_geometry, &layout);
    }
    if (status != KERB_OK) {
        goto done;
    }
    kerb_text_add_format(&format, "ogr:%s", kerb_ingest__ogr_driver(ogr));
    status = kerb_text_take(ctx, &format, &entry->format);
    if (status == KERB_OK) {
        status = kerb_ingest__loader_begin_file(ctx, loader, entry, &layout, names, c.n, crs,
                                                item->month);
    }
    if (status == KERB_OK) {
        status = each_feature(ctx, loader, &r, layer, PASS_SAMPLE);
    }
    if (status == KERB_OK && kerb_ingest__loader_needs_scan(loader)) {
        kerb_ingest__loader_begin_scan(loader);
        status = each_feature(ctx, loader, &r, layer, PASS_SCAN);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__loader_open_file(ctx, loader);
    }
    if (status == KERB_OK) {
        status = each_feature(ctx, loader, &r, layer, PASS_LOAD);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__loader_end_file(ctx, loader);
    }
done:
    kerb_text_clear(&format);
    kerb_text_clear(&r.text);
    kerb_free(r.fields);
    clear_columns(&c);
    kerb_free(crs);
    return status;
}
