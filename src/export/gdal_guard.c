/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GDAL is one per process and may belong to the program that loaded us. So only the drivers
 * that are needed are registered, and only when missing; errors are caught by a handler of this
 * thread; settings are thread-local and put back. */
#include "gdal_guard.h"

#include <gdal_frmts.h>
#include <pthread.h>
#include <string.h>

/* Exported by GDAL, but declared only in a C++ header. */
void RegisterOGRGeoPackage(void);

static void CPL_STDCALL keep_first_failure(CPLErr class, CPLErrorNum number,
                                           const char *message)
{
    kerb_gdal_scope *scope = CPLGetErrorHandlerUserData();
    (void)number;
    if ((class != CE_Failure && class != CE_Fatal) || scope->has_failed)
        return;
    scope->has_failed = true;
    kerb_text_visible(message, strlen(message), 120, scope->message);
}

void kerb_export__gdal_enter(kerb_gdal_scope *scope)
{
    memset(scope, 0, sizeof *scope);
    scope->last_class = CPLGetLastErrorType();
    scope->last_number = CPLGetLastErrorNo();
    scope->last_message = CPLStrdup(CPLGetLastErrorMsg());
    CPLPushErrorHandlerEx(keep_first_failure, scope);
    /* No .aux.xml, no looking round the folder, no worker threads (their errors would pass our
     * handler by, and the order of blocks would change). */
    kerb_export__gdal_set(scope, "GDAL_PAM_ENABLED", "NO");
    kerb_export__gdal_set(scope, "GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR");
    kerb_export__gdal_set(scope, "GDAL_NUM_THREADS", "1");
}

void kerb_export__gdal_set(kerb_gdal_scope *scope, const char *key, const char *value)
{
    const char *before = CPLGetThreadLocalConfigOption(key, NULL);
    if (scope->n_settings == KERB_GDAL_MAX_SETTINGS)
        return;
    scope->settings[scope->n_settings].key = key;
    scope->settings[scope->n_settings].before = before ? CPLStrdup(before) : NULL;
    scope->n_settings++;
    CPLSetThreadLocalConfigOption(key, value);
}

void kerb_export__gdal_leave(kerb_gdal_scope *scope)
{
    while (scope->n_settings > 0) {
        scope->n_settings--;
        CPLSetThreadLocalConfigOption(scope->settings[scope->n_settings].key,
                                      scope->settings[scope->n_settings].before);
        CPLFree(scope->settings[scope->n_settings].before);
    }
    CPLPopErrorHandler();
    CPLErrorSetState(scope->last_class, scope->last_number, scope->last_message);
    CPLFree(scope->last_message);
    scope->last_message = NULL;
}

/* What a person needs of "_tiffWriteProc:No space left on device" or of
 * "sqlite3_exec(COMMIT) failed: disk I/O error": the words after the names of functions. */
static const char *plain_words(const char *message)
{
    static const char *const marks[] = {"failed: ", "Proc:"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        const char *found = strstr(message, marks[i]);
        if (found && found[strlen(marks[i])] != '\0')
            return found + strlen(marks[i]);
    }
    return message;
}

kerb_status kerb_export__gdal_fail(kerb_ctx *ctx, const kerb_gdal_scope *scope,
                                   const char *name, const char *otherwise)
{
    return kerb_fail(ctx, KERB_ERR_IO, "cannot write %s: %s", name,
                     scope->has_failed ? plain_words(scope->message) : otherwise);
}

/* Registering is not safe for two threads at once; a program's own GDALAllRegister() is its
 * business, and finding its drivers in place we add none. */
static pthread_mutex_t registering = PTHREAD_MUTEX_INITIALIZER;

static bool has_driver(const char *name, void (*register_driver)(void))
{
    if (GDALGetDriverByName(name) == NULL)
        register_driver();
    return GDALGetDriverByName(name) != NULL;
}

kerb_status kerb_export__gdal_need_raster(kerb_ctx *ctx)
{
    pthread_mutex_lock(&registering);
    bool has_all =
        has_driver("GTiff", GDALRegister_GTiff) && has_driver("COG", GDALRegister_COG);
    pthread_mutex_unlock(&registering);
    return has_all ? KERB_OK
                   : kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                               "this GDAL cannot write Cloud Optimized GeoTIFF");
}

kerb_status kerb_export__gdal_need_gpkg(kerb_ctx *ctx)
{
    pthread_mutex_lock(&registering);
    bool has_all = has_driver("GPKG", RegisterOGRGeoPackage);
    pthread_mutex_unlock(&registering);
    return has_all ? KERB_OK
                   : kerb_fail(ctx, KERB_ERR_UNSUPPORTED, "this GDAL cannot write GeoPackage");
}

kerb_status kerb_export__gdal_crs(kerb_ctx *ctx, const kerb_crs *crs, OGRSpatialReferenceH *out)
{
    *out = NULL;
    if (crs == NULL || kerb_crs_is_none(crs))
        return KERB_OK;
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OGRErr error = OGRERR_FAILURE;
    /* By code first: a WKT that went through another PROJ may name the datum a little
     * differently, and then GeoTIFF and GeoPackage keep a copy of the definition instead of the
     * code. */
    if (kerb_crs_epsg(crs) > 0)
        error = OSRImportFromEPSG(srs, kerb_crs_epsg(crs));
    if (error != OGRERR_NONE)
        error = OSRSetFromUserInput(srs, kerb_crs_wkt(crs));
    if (error != OGRERR_NONE) {
        OSRDestroySpatialReference(srs);
        return kerb_fail(ctx, KERB_ERR_CRS, "GDAL does not know the reference system %s",
                         kerb_crs_id(crs));
    }
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    *out = srs;
    return KERB_OK;
}
