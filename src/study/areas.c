/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A set of areas from a file into a store. Of sensitive places nothing is told on the way, not
 * even what is wrong with their file, because messages are kept in logs.
 */
#include "study_internal.h"

#include <string.h>

static kerb_status fail_sensitive(kerb_ctx *ctx, kerb_status status)
{
    const char *why = "";
    if (status == KERB_ERR_NOT_FOUND || status == KERB_ERR_IO)
        why = ": the file, or a layer or field that was named, is not there";
    else if (status == KERB_ERR_FORMAT || status == KERB_ERR_EMPTY)
        why = ": the file has no polygons, or an id is empty or there twice";
    else if (status == KERB_ERR_CRS)
        why = ": the file's system of coordinates is missing or does not fit";
    return kerb_fail(
        ctx, status,
        "the sensitive places were not stored%s (no more is said here; another role "
        "in a scratch store tells)",
        why);
}

static kerb_status read_areas(kerb_ctx *ctx, const char *path,
                              const kerb_ingest_areas_options *options, char *sha256,
                              kerb_areas_set **out)
{
    kerb_status status = kerb_ingest_read_areas(ctx, path, options, out);
    return status == KERB_OK ? kerb_sha256_file(ctx, path, sha256) : status;
}

static kerb_status read_sensitive(kerb_ctx *ctx, const char *path,
                                  const kerb_ingest_areas_options *options, char *sha256,
                                  kerb_areas_set **out)
{
    kerb_ctx *silent = kerb_ctx_new(); /* without a log */
    if (silent == NULL)
        return kerb_fail_nomem(ctx, "the areas");
    kerb_status status = read_areas(silent, path, options, sha256, out);
    kerb_ctx_free(silent);
    return status == KERB_OK ? KERB_OK : fail_sensitive(ctx, status);
}

kerb_status kerb_study__store_areas(kerb_ctx *ctx, kerb_store *store, const char *path,
                                    const char *set_name, const char *role,
                                    const kerb_ingest_areas_options *options, char *sha256,
                                    kerb_areas_set **out)
{
    kerb_areas_set *set = NULL;
    const char *slash = strrchr(path, '/');
    kerb_status status = strcmp(role, "sensitive") == 0
                             ? read_sensitive(ctx, path, options, sha256, &set)
                             : read_areas(ctx, path, options, sha256, &set);
    if (status == KERB_OK)
        status = kerb_store_write_areas(ctx, store, set_name, role,
                                        slash != NULL ? slash + 1 : path, sha256, set);
    if (status == KERB_OK) {
        *out = set;
        set = NULL;
    }
    kerb_areas_set_free(set);
    return status;
}
