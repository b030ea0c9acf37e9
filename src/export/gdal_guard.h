/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EXPORT_GDAL_GUARD_H
#define KERB_EXPORT_GDAL_GUARD_H

/* GDAL as this module uses it: few drivers, errors caught, settings put back. */

#include "export_internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#define KERB_GDAL_MAX_SETTINGS 8

/**
 * One stretch of work with GDAL on this thread. Between enter and leave the first CE_Failure is
 * kept (on a full disk GDAL's calls succeed and only the handler hears of it), settings are
 * thread-local, and leave gives the thread back as it was.
 */
typedef struct kerb_gdal_scope {
    bool has_failed;
    char message[512]; /**< of the first failure */
    size_t n_settings;
    struct {
        const char *key;
        char *before; /**< NULL: was not set */
    } settings[KERB_GDAL_MAX_SETTINGS];
    CPLErr last_class;
    CPLErrorNum last_number;
    char *last_message;
} kerb_gdal_scope;

void kerb_export__gdal_enter(kerb_gdal_scope *scope);
void kerb_export__gdal_set(kerb_gdal_scope *scope, const char *key, const char *value);
void kerb_export__gdal_leave(kerb_gdal_scope *scope);
/** "cannot write NAME: …" with GDAL's first message, or with `otherwise`. */
kerb_status kerb_export__gdal_fail(kerb_ctx *ctx, const kerb_gdal_scope *scope,
                                   const char *name, const char *otherwise);
/** Register GTiff and COG, or GPKG, unless the program has them already. */
kerb_status kerb_export__gdal_need_raster(kerb_ctx *ctx);
kerb_status kerb_export__gdal_need_gpkg(kerb_ctx *ctx);
/** The working CRS for GDAL; NULL in *out for `none`. Free with OSRDestroySpatialReference().
 */
kerb_status kerb_export__gdal_crs(kerb_ctx *ctx, const kerb_crs *crs,
                                  OGRSpatialReferenceH *out);

#endif
