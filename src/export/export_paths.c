/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files an export to a path writes, and whether it may: asked before long work begins, so
 * that nobody waits an hour to hear that the output exists. */
#include "export_internal.h"

#include <string.h>

static const struct {
    const char *extension;
    kerb_export_format format;
} extensions[] = {{".tif", KERB_EXPORT_TIF},         {".tiff", KERB_EXPORT_TIF},
                  {".geojson", KERB_EXPORT_GEOJSON}, {".json", KERB_EXPORT_GEOJSON},
                  {".gpkg", KERB_EXPORT_GPKG},       {".csv", KERB_EXPORT_CSV}};

static const char *extension_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    /* ".tif" alone is a hidden file without a name, not a TIFF */
    return dot && dot != name ? dot : "";
}

kerb_export_format kerb_export__format_of(const char *path)
{
    const char *extension = extension_of(path);
    for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
        if (kerb_text_equal_nocase(extension, extensions[i].extension))
            return extensions[i].format;
    return KERB_EXPORT_NONE;
}

kerb_status kerb_export__fail_extension(kerb_ctx *ctx, const char *path, bool raster)
{
    return kerb_fail(ctx, KERB_ERR_UNSUPPORTED, "%s: %s", path,
                     raster ? "a raster is written as .tif"
                            : "a layer is written as .geojson, .json, .gpkg or .csv");
}

kerb_status kerb_export__sidecar_path(kerb_ctx *ctx, const char *path, char **out)
{
    kerb_text text = {0};
    *out = NULL;
    switch (kerb_export__format_of(path)) {
    case KERB_EXPORT_TIF:
        kerb_text_add_n(&text, path, strlen(path) - strlen(extension_of(path)));
        kerb_text_add(&text, ".qml");
        break;
    case KERB_EXPORT_CSV:
        kerb_text_add(&text, path);
        kerb_text_add(&text, ".json");
        break;
    case KERB_EXPORT_NONE:
    case KERB_EXPORT_GEOJSON:
    case KERB_EXPORT_GPKG:
        return KERB_OK;
    }
    return kerb_text_take(ctx, &text, out);
}

kerb_status kerb_export_paths(kerb_ctx *ctx, const char *path, char ***out)
{
    char **paths = NULL;
    kerb_status status = KERB_OK;
    if (kerb_export__format_of(path) == KERB_EXPORT_NONE)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "%s: known extensions are .tif, .geojson, .json, .gpkg and .csv",
                         path);
    paths = kerb_calloc_array(3, sizeof *paths);
    if (paths == NULL)
        return kerb_fail_nomem(ctx, "paths");
    paths[0] = kerb_text_copy(path);
    if (paths[0] == NULL) {
        status = kerb_fail_nomem(ctx, "paths");
        goto done;
    }
    status = kerb_export__sidecar_path(ctx, path, &paths[1]);
    if (status != KERB_OK)
        goto done;
    *out = paths;
    paths = NULL;
done:
    if (paths) {
        kerb_free(paths[0]);
        kerb_free(paths[1]);
    }
    kerb_free(paths);
    return status;
}

kerb_status kerb_export_check(kerb_ctx *ctx, const char *path, bool raster, bool overwrite)
{
    char *sidecar = NULL;
    kerb_export_format format = kerb_export__format_of(path);
    if (format == KERB_EXPORT_NONE || (format == KERB_EXPORT_TIF) != raster)
        return kerb_export__fail_extension(ctx, path, raster);
    kerb_status status = kerb_output_check(ctx, path, overwrite);
    if (status == KERB_OK)
        status = kerb_export__sidecar_path(ctx, path, &sidecar);
    if (status == KERB_OK && sidecar)
        status = kerb_output_check(ctx, sidecar, overwrite);
    kerb_free(sidecar);
    return status;
}
