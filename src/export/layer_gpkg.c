/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GeoPackage through OGR: the layer in the working CRS, its style in layer_styles (the row QGIS
 * looks for), the stamp in a table kerb_stamp. The dates the format demands are those of the
 * data, and SQLite keeps its journal in memory, since the file is thrown away if anything
 * fails. Format: OGC 12-128r15, GeoPackage Encoding Standard 1.2.1. */
#include "gdal_guard.h"

#include <string.h>

static char **writable(const char *const *list)
{
    union {
        const char *const *in;
        char **out;
    } same = {.in = list};
    return same.out;
}

static bool add_ogr_field(OGRLayerH target, const char *name, OGRFieldType type)
{
    OGRFieldDefnH field = OGR_Fld_Create(name, type);
    OGRErr error = OGR_L_CreateField(target, field, FALSE);
    OGR_Fld_Destroy(field);
    return error == OGRERR_NONE;
}

static OGRFieldType ogr_type(kerb_field_type type)
{
    return type == KERB_FIELD_TEXT      ? OFTString
           : type == KERB_FIELD_INTEGER ? OFTInteger64
                                        : OFTReal;
}

static kerb_status set_geometry(kerb_ctx *ctx, OGRFeatureH feature, const kerb_areas_set *set,
                                size_t row)
{
    uint8_t *wkb = NULL;
    size_t n_bytes = 0;
    OGRGeometryH geometry = NULL;
    if (kerb_areas_set_ring_count(set, row) == 0)
        return KERB_OK;
    kerb_status status = kerb_areas_set_get_wkb(ctx, set, row, &wkb, &n_bytes);
    if (status != KERB_OK)
        return status;
    if (OGR_G_CreateFromWkbEx(wkb, NULL, &geometry, n_bytes) != OGRERR_NONE)
        status = kerb_fail(ctx, KERB_ERR_BUG, "row %zu has no readable geometry", row + 1);
    else
        OGR_F_SetGeometryDirectly(feature, geometry);
    kerb_free(wkb);
    return status;
}

static kerb_status add_row(kerb_ctx *ctx, OGRLayerH target, const kerb_layer *layer, size_t row,
                           const kerb_gdal_scope *scope, const char *name)
{
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(target));
    kerb_status status = KERB_OK;
    OGR_F_SetFID(feature, (GIntBig)row + 1);
    for (size_t i = 0; i < layer->n_fields; i++) {
        const kerb_export_field *field = &layer->fields[i];
        int at = (int)i;
        if (!kerb_layer__has_value(field, row))
            OGR_F_SetFieldNull(feature, at);
        else if (field->type == KERB_FIELD_TEXT)
            OGR_F_SetFieldString(feature, at, field->text[row]);
        else if (field->type == KERB_FIELD_INTEGER)
            OGR_F_SetFieldInteger64(feature, at, field->integer[row]);
        else
            OGR_F_SetFieldDouble(feature, at, field->real[row]);
    }
    if (layer->polygons)
        status = set_geometry(ctx, feature, layer->polygons, row);
    if (status == KERB_OK &&
        (OGR_L_CreateFeature(target, feature) != OGRERR_NONE || scope->has_failed))
        status = kerb_export__gdal_fail(ctx, scope, name, "a row cannot be stored");
    OGR_F_Destroy(feature);
    return status;
}

static kerb_status write_rows(kerb_ctx *ctx, GDALDatasetH dataset, const kerb_layer *layer,
                              const char *title, OGRSpatialReferenceH srs,
                              const kerb_gdal_scope *scope, const char *name)
{
    char **options = NULL;
    kerb_status status = KERB_OK;
    options = CSLSetNameValue(options, "FID", "fid");
    options = CSLSetNameValue(options, "GEOMETRY_NAME", "geom");
    options = CSLSetNameValue(options, "DESCRIPTION", title);
    options = CSLSetNameValue(options, "ASPATIAL_VARIANT", "GPKG_ATTRIBUTES");
    OGRLayerH target = GDALDatasetCreateLayer(
        dataset, layer->name, srs, layer->polygons ? wkbMultiPolygon : wkbNone, options);
    CSLDestroy(options);
    bool is_made = target != NULL;
    for (size_t i = 0; is_made && i < layer->n_fields; i++)
        is_made = add_ogr_field(target, layer->fields[i].name, ogr_type(layer->fields[i].type));
    if (!is_made || scope->has_failed)
        return kerb_export__gdal_fail(ctx, scope, name, "the table cannot be made");
    for (size_t row = 0; status == KERB_OK && row < layer->n_rows; row++) {
        status = add_row(ctx, target, layer, row, scope, name);
        if (status == KERB_OK && row % 256 == 0)
            status = kerb_progress(ctx, "writing", (double)row / (double)layer->n_rows);
    }
    return status;
}

/* A table of texts with one row; a value NULL stays NULL. */
typedef struct cell {
    const char *column;
    OGRFieldType type;
    int width;
    const char *value;
} cell;

static bool write_single_row(GDALDatasetH dataset, const char *table, const char *fid,
                             const cell *cells, size_t n)
{
    char **options = NULL;
    options = CSLSetNameValue(options, "FID", fid);
    options = CSLSetNameValue(options, "ASPATIAL_VARIANT", "GPKG_ATTRIBUTES");
    OGRLayerH target = GDALDatasetCreateLayer(dataset, table, NULL, wkbNone, options);
    CSLDestroy(options);
    if (target == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(cells[i].column, cells[i].type);
        OGR_Fld_SetWidth(field, cells[i].width);
        if (strcmp(cells[i].column, "useAsDefault") == 0)
            OGR_Fld_SetSubType(field, OFSTBoolean);
        OGRErr error = OGR_L_CreateField(target, field, FALSE);
        OGR_Fld_Destroy(field);
        if (error != OGRERR_NONE)
            return false;
    }
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(target));
    for (size_t i = 0; i < n; i++) {
        if (cells[i].value)
            OGR_F_SetFieldString(feature, (int)i, cells[i].value);
        else
            OGR_F_SetFieldNull(feature, (int)i);
    }
    OGRErr error = OGR_L_CreateFeature(target, feature);
    OGR_F_Destroy(feature);
    return error == OGRERR_NONE;
}

/* QGIS compares f_table_schema with '', not with NULL, and f_table_name by case. */
static bool write_style(GDALDatasetH dataset, const kerb_layer *layer, const char *qml,
                        const char *date)
{
    const cell cells[] = {{"f_table_catalog", OFTString, 256, ""},
                          {"f_table_schema", OFTString, 256, ""},
                          {"f_table_name", OFTString, 256, layer->name},
                          {"f_geometry_column", OFTString, 256, "geom"},
                          {"styleName", OFTString, 30, "kerb"},
                          {"styleQML", OFTString, 0, qml},
                          {"styleSLD", OFTString, 0, NULL},
                          {"useAsDefault", OFTInteger, 0, "1"},
                          {"description", OFTString, 0, "Made by kerb"},
                          {"owner", OFTString, 30, ""},
                          {"ui", OFTString, 30, NULL},
                          {"update_time", OFTDateTime, 0, date}};
    return write_single_row(dataset, "layer_styles", "id", cells,
                            sizeof cells / sizeof cells[0]);
}

static kerb_status write_stamp(kerb_ctx *ctx, GDALDatasetH dataset, const kerb_layer *layer,
                               const char *stamp_json, const char *extra_json,
                               const kerb_gdal_scope *scope, const char *name)
{
    kerb_text text = {0};
    char *units = NULL, *extra = NULL;
    kerb_layer__add_units_json(&text, layer);
    kerb_status status = kerb_text_take(ctx, &text, &units);
    if (status == KERB_OK && extra_json) {
        kerb_text_add(&text, "{");
        kerb_text_add(&text, extra_json);
        kerb_text_add(&text, "}");
        status = kerb_text_take(ctx, &text, &extra);
    }
    const cell cells[] = {{"stamp", OFTString, 0, stamp_json},
                          {"fields", OFTString, 0, units},
                          {"extra", OFTString, 0, extra}};
    if (status == KERB_OK && !write_single_row(dataset, "kerb_stamp", "id", cells, 3))
        status = kerb_export__gdal_fail(ctx, scope, name, "the stamp cannot be stored");
    kerb_free(extra);
    kerb_free(units);
    return status;
}

static bool holds_rows(const char *path, const kerb_layer *layer)
{
    static const char *const drivers[] = {"GPKG", NULL};
    GDALDatasetH dataset = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, NULL, NULL);
    if (dataset == NULL)
        return false;
    OGRLayerH found = GDALDatasetGetLayerByName(dataset, layer->name);
    /* counted by reading, not from the count the file keeps */
    size_t n = 0;
    OGRFeatureH feature;
    while (found && (feature = OGR_L_GetNextFeature(found)) != NULL) {
        OGR_F_Destroy(feature);
        n++;
    }
    bool is_whole = found != NULL && n == layer->n_rows &&
                    GDALDatasetGetLayerByName(dataset, "kerb_stamp") != NULL;
    GDALClose(dataset);
    return is_whole;
}

/* OGR writes srs_id 0, "undefined geographic", where there is none; a plane is -1. */
static kerb_status open_crs(kerb_ctx *ctx, const kerb_crs *crs, OGRSpatialReferenceH *out)
{
    static const char plane[] = "ENGCRS[\"Undefined Cartesian SRS\",EDATUM[\"unknown\"],"
                                "CS[Cartesian,2],AXIS[\"x\",unspecified,ORDER[1]],"
                                "AXIS[\"y\",unspecified,ORDER[2]],LENGTHUNIT[\"metre\",1]]";
    kerb_status status = kerb_export__gdal_crs(ctx, crs, out);
    if (status == KERB_OK && *out == NULL)
        *out = OSRNewSpatialReference(plane);
    return status;
}

kerb_status kerb_layer__write_gpkg(kerb_ctx *ctx, const kerb_layer *layer,
                                   const kerb_stamp *stamp, const char *stamp_json,
                                   const char *extra_json, const char *path, const char *name)
{
    GDALDatasetH dataset = NULL;
    OGRSpatialReferenceH srs = NULL;
    kerb_gdal_scope scope;
    kerb_text text = {0};
    char *qml = NULL, *title = NULL, date[KERB_EXPORT_DATE_TEXT];
    kerb_status status = kerb_export__gdal_need_gpkg(ctx);
    if (status != KERB_OK)
        return status;
    kerb_export__date(stamp, date);
    kerb_export__gdal_enter(&scope);
    kerb_export__gdal_set(&scope, "OGR_CURRENT_DATE", date);
    kerb_export__gdal_set(&scope, "OGR_SQLITE_JOURNAL", "MEMORY");
    kerb_export__add_line(&text, stamp->title ? stamp->title : "");
    status = kerb_text_take(ctx, &text, &title);
    if (status == KERB_OK && layer->polygons)
        status = kerb_layer__qml(ctx, layer, &qml);
    if (status == KERB_OK && layer->polygons)
        status = open_crs(ctx, stamp->crs, &srs);
    if (status != KERB_OK)
        goto done;
    dataset = GDALCreate(GDALGetDriverByName("GPKG"), path, 0, 0, 0, GDT_Unknown,
                         writable((const char *const[]){"VERSION=1.2", NULL}));
    if (dataset == NULL || GDALDatasetStartTransaction(dataset, FALSE) != OGRERR_NONE) {
        status = kerb_export__gdal_fail(ctx, &scope, name, "the file cannot be made");
        goto done;
    }
    status = write_rows(ctx, dataset, layer, title, srs, &scope, name);
    if (status == KERB_OK && qml && !write_style(dataset, layer, qml, date))
        status = kerb_export__gdal_fail(ctx, &scope, name, "the style cannot be stored");
    if (status == KERB_OK)
        status = write_stamp(ctx, dataset, layer, stamp_json, extra_json, &scope, name);
    if (status != KERB_OK)
        goto done;
    if (GDALDatasetCommitTransaction(dataset) != OGRERR_NONE || scope.has_failed) {
        status = kerb_export__gdal_fail(ctx, &scope, name, "the file cannot be stored");
        goto done;
    }
    GDALClose(dataset); /* builds the R-tree */
    dataset = NULL;
    if (scope.has_failed || !holds_rows(path, layer) || scope.has_failed)
        status = kerb_export__gdal_fail(ctx, &scope, name,
                                        "reading back gives other rows than were written");
done:
    if (dataset)
        GDALClose(dataset);
    if (srs)
        OSRDestroySpatialReference(srs);
    kerb_export__gdal_leave(&scope);
    kerb_free(qml);
    kerb_free(title);
    return status;
}
