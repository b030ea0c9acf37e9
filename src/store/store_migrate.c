/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a store comes to have its tables: SpatiaLite makes its own metadata, geometry columns,
 * indexes and triggers, in its own wording, so that every program that knows SpatiaLite knows
 * the file; the numbered files in src/store/sql make the rest. A new store runs all of them, an
 * older one those it lacks, in one transaction.
 *
 * This is the only place where SpatiaLite's functions and triggers run, and only on files whose
 * schema is known.
 */
#include "store_internal.h"

#include <spatialite.h>
#include <string.h>

kerb_status kerb_store__spatial_open(kerb_ctx *ctx, const char *path, const char *file,
                                     kerb_store__spatial *out)
{
    bool in_memory = strcmp(file, ":memory:") == 0;
    char *plain = in_memory ? kerb_text_copy(file) : kerb_store__plain_path(file);
    kerb_status status = KERB_OK;
    if (!plain)
        return kerb_fail_nomem(ctx, "a path");
    int rc =
        sqlite3_open_v2(plain, &out->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_extended_result_codes(out->db, 1);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(out->db, KERB_STORE__BUSY_MS);
    if (rc != SQLITE_OK) {
        status = kerb_store__fail(ctx, path, out->db, rc, "creating");
        goto done;
    }
    out->cache = spatialite_alloc_connection();
    if (!out->cache) {
        status = kerb_fail_nomem(ctx, "SpatiaLite");
        goto done;
    }
    spatialite_init_ex(out->db, out->cache, 0);
done:
    kerb_free(plain);
    return status;
}

void kerb_store__spatial_close(kerb_store__spatial *spatial)
{
    sqlite3_close(spatial->db);
    if (spatial->cache)
        spatialite_cleanup_ex(spatial->cache);
    *spatial = (kerb_store__spatial){0};
}

/* Systems without an EPSG code get this number; a store has one working system, so one is
 * enough. */
enum { SRID_OWN = 910001, SRID_PLANE = -1 };

int kerb_store__srid(const kerb_crs *crs)
{
    if (!crs || kerb_crs_is_none(crs))
        return SRID_PLANE; /* SpatiaLite: undefined, Cartesian */
    int epsg = kerb_crs_epsg(crs);
    return epsg > 0 ? epsg : SRID_OWN;
}

static void bind_parameters(sqlite3_stmt *stmt, const kerb_crs *crs)
{
    int i = sqlite3_bind_parameter_index(stmt, ":srid");
    if (i)
        sqlite3_bind_int(stmt, i, kerb_store__srid(crs));
    i = sqlite3_bind_parameter_index(stmt, ":crs");
    if (i)
        kerb_store__bind_text(stmt, i, crs ? kerb_crs_id(crs) : "none");
    i = sqlite3_bind_parameter_index(stmt, ":kerb_version");
    if (i)
        kerb_store__bind_text(stmt, i, KERB_VERSION);
    i = sqlite3_bind_parameter_index(stmt, ":spatialite_version");
    if (i)
        kerb_store__bind_text(stmt, i, spatialite_version());
}

/* Run each statement of a text. SpatiaLite's functions tell failure by a result of 0. */
static kerb_status run_sql(kerb_ctx *ctx, const char *path, sqlite3 *db, const char *sql,
                           const kerb_crs *crs)
{
    for (const char *rest = sql; rest && *rest;) {
        sqlite3_stmt *stmt = NULL;
        const char *begin = rest;
        int rc = sqlite3_prepare_v2(db, begin, -1, &stmt, &rest);
        if (rc != SQLITE_OK)
            return kerb_store__fail(ctx, path, db, rc, "creating tables");
        if (!stmt) /* blanks and comments at the end */
            continue;
        bind_parameters(stmt, crs);
        bool refused = false;
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
            refused = refused || sqlite3_column_int(stmt, 0) != 1;
        kerb_status status = KERB_OK;
        if (rc != SQLITE_DONE)
            status = kerb_store__fail(ctx, path, db, rc, "creating tables");
        else if (refused) /* in memory, so for want of memory or by a fault */
            status = kerb_store__fail(ctx, path, db,
                                      sqlite3_errcode(db) == SQLITE_OK ? SQLITE_ERROR
                                                                       : sqlite3_errcode(db),
                                      "creating tables with SpatiaLite");
        sqlite3_finalize(stmt);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

/* A row of spatial_ref_sys, from SpatiaLite's own list when it has the code. */
static kerb_status add_reference_system(kerb_ctx *ctx, const char *path, sqlite3 *db, int srid,
                                        const char *name, const char *wkt)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = KERB_OK;
    bool known = false;
    int rc = sqlite3_prepare_v2(db, "SELECT InsertEpsgSrid(?)", -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        goto fail;
    sqlite3_bind_int(stmt, 1, srid);
    if (sqlite3_step(stmt) == SQLITE_ROW)
        known = sqlite3_column_int(stmt, 0) == 1;
    sqlite3_finalize(stmt);
    stmt = NULL;
    if (known)
        return KERB_OK;
    rc =
        sqlite3_prepare_v2(db,
                           "INSERT OR IGNORE INTO spatial_ref_sys (srid, auth_name, auth_srid, "
                           "ref_sys_name, proj4text, srtext) VALUES (?, ?, ?, ?, '', ?)",
                           -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        goto fail;
    sqlite3_bind_int(stmt, 1, srid);
    kerb_store__bind_text(stmt, 2,
                          srid == SRID_PLANE ? "NONE"
                          : srid == SRID_OWN ? "kerb"
                                             : "epsg");
    sqlite3_bind_int(stmt, 3, srid);
    kerb_store__bind_text(stmt, 4, name);
    kerb_store__bind_text(stmt, 5, wkt);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_DONE)
        goto done;
fail:
    status = kerb_store__fail(ctx, path, db, rc, "creating tables");
done:
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status run_migrations(kerb_ctx *ctx, const char *path, sqlite3 *db,
                                  const kerb_crs *crs, int from, int to)
{
    kerb_status status = KERB_OK;
    for (int i = from; status == KERB_OK && i < to; i++)
        status = run_sql(ctx, path, db, kerb_store__migrations[i].sql, crs);
    if (status != KERB_OK)
        return status;
    char text[128];
    snprintf(text, sizeof text,
             "UPDATE kerb_store SET schema_version = %d, kerb_version = '%s'", to,
             KERB_VERSION);
    return kerb_store__run(ctx, path, db, text);
}

kerb_status kerb_store__create(kerb_ctx *ctx, const char *path,
                               const kerb_store__spatial *spatial, const kerb_crs *crs,
                               int n_migrations)
{
    sqlite3 *db = spatial->db;
    kerb_status status;
    char application[64];
    snprintf(application, sizeof application, "PRAGMA application_id = %d",
             KERB_STORE__APPLICATION_ID);
    status = kerb_store__run(ctx, path, db, application);
    if (status ==
        KERB_OK) /* 1: in a transaction of its own; NONE: without its 6 MB of systems */
        status = run_sql(ctx, path, db, "SELECT InitSpatialMetaDataFull(1, 'NONE')", crs);
    if (status == KERB_OK)
        status = kerb_store__run(ctx, path, db, "BEGIN IMMEDIATE");
    if (status == KERB_OK && (!crs || kerb_crs_is_none(crs)))
        status = add_reference_system(ctx, path, db, SRID_PLANE, "Undefined - Cartesian",
                                      "Undefined");
    else if (status == KERB_OK)
        status = add_reference_system(ctx, path, db, kerb_store__srid(crs), kerb_crs_name(crs),
                                      kerb_crs_wkt(crs));
    if (status == KERB_OK)
        status = add_reference_system(ctx, path, db, 4326, "WGS 84", "Undefined");
    if (status == KERB_OK)
        status = run_migrations(ctx, path, db, crs, 0, n_migrations);
    if (status == KERB_OK)
        status = kerb_store__run(ctx, path, db, "COMMIT");
    return status;
}

kerb_status kerb_store__migrate(kerb_ctx *ctx, kerb_store *store, int from)
{
    kerb_store__spatial spatial = {0};
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__spatial_open(ctx, store->path, store->path, &spatial);
    if (status == KERB_OK)
        status = kerb_store__run(ctx, store->path, spatial.db, "BEGIN IMMEDIATE");
    if (status != KERB_OK)
        goto done;
    /* somebody else may have done it while we waited for the lock */
    int rc = sqlite3_prepare_v2(spatial.db, "SELECT schema_version FROM kerb_store", -1, &stmt,
                                NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW) {
        status = kerb_store__fail(ctx, store->path, spatial.db, rc, "reading");
        goto done;
    }
    int now = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    stmt = NULL;
    if (now == from)
        status = run_migrations(ctx, store->path, spatial.db, store->crs, from,
                                kerb_store__n_migrations);
    if (status == KERB_OK)
        status = kerb_store__run(ctx, store->path, spatial.db, "COMMIT");
done:
    sqlite3_finalize(stmt);
    kerb_store__spatial_close(&spatial); /* rolls back what was not committed */
    return status;
}
