/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a check of the data asks a store: its sets of areas, its reasons, and whether the
 * spatial index holds every incident and nothing else. The index is tried by SQLite's own
 * rtreecheck() and by looking up every geometry, which is what SpatiaLite's CheckSpatialIndex()
 * does; kerb's connections have no SpatiaLite.
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

kerb_status kerb_store_each_area_set(kerb_ctx *ctx, kerb_store *store,
                                     kerb_store_area_set_fn visit, void *user)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT name, role FROM area_set WHERE role <> 'sensitive' ORDER BY name",
        &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        char *name = kerb_text_copy(kerb_store__column_text(stmt, 0));
        char *role = kerb_text_copy(kerb_store__column_text(stmt, 1));
        status = name && role ? visit(user, name, role) : kerb_fail_nomem(ctx, "a name");
        kerb_free(name);
        kerb_free(role);
    }
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status tally_query(kerb_ctx *ctx, kerb_store *store, const char *sql,
                               kerb_tally *tally)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        status = kerb_tally_add(ctx, tally, kerb_store__column_text(stmt, 0),
                                (uint64_t)sqlite3_column_int64(stmt, 1));
    }
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_store_count_reasons(kerb_ctx *ctx, kerb_store *store, kerb_tally *rejected,
                                     kerb_tally *without_geometry)
{
    kerb_status status = tally_query(
        ctx, store, "SELECT reason, count(*) FROM reject GROUP BY reason", rejected);
    if (status == KERB_OK)
        status = tally_query(ctx, store,
                             "SELECT ifnull(no_geometry_reason, 'unknown'), count(*) FROM "
                             "incident WHERE geom IS NULL GROUP BY 1",
                             without_geometry);
    return status;
}

/* rtreecheck() says "ok" or what is wrong. */
static kerb_status check_tree(kerb_ctx *ctx, kerb_store *store, kerb_text *fault)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT rtreecheck('main', 'idx_incident_geom')", &stmt);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    if (status == KERB_OK && has_row) {
        const char *said = kerb_store__column_text(stmt, 0);
        if (strcmp(said, "ok") != 0)
            kerb_text_add(fault, "the tree does not hold together");
    }
    sqlite3_finalize(stmt);
    return status;
}

/* Every geometry has its box in the index, and the index has no box more. */
static kerb_status check_boxes(kerb_ctx *ctx, kerb_store *store, kerb_text *fault)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    int64_t n = 0, n_boxes = 0, n_missing = 0, n_wrong = 0;
    kerb_status status = kerb_store__query_int(
        ctx, store, "SELECT count(*) FROM idx_incident_geom", 0, &n_boxes);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store,
                                     "SELECT i.geom, x.xmin, x.xmax, x.ymin, x.ymax "
                                     "FROM incident AS i LEFT JOIN idx_incident_geom AS x "
                                     "ON x.pkid = i.id WHERE i.geom IS NOT NULL",
                                     &stmt);
    while (status == KERB_OK) {
        double x = NAN, y = NAN;
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (++n % 65536 == 0)
            status = kerb_check_cancel(ctx);
        const void *blob = sqlite3_column_blob(stmt, 0);
        bool is_point = blob != NULL &&
                        kerb_store__read_point(store->srid, blob,
                                               (size_t)sqlite3_column_bytes(stmt, 0), &x, &y);
        if (sqlite3_column_type(stmt, 1) == SQLITE_NULL)
            n_missing++;
        else if (!is_point || !(x >= sqlite3_column_double(stmt, 1)) ||
                 !(x <= sqlite3_column_double(stmt, 2)) ||
                 !(y >= sqlite3_column_double(stmt, 3)) ||
                 !(y <= sqlite3_column_double(stmt, 4)))
            n_wrong++;
    }
    sqlite3_finalize(stmt);
    if (status != KERB_OK || (n_missing == 0 && n_wrong == 0 && n_boxes == n))
        return status;
    kerb_text_add_format(fault,
                         "%s%lld incidents are missing from it, %lld are in a wrong place "
                         "and %lld entries have no incident",
                         fault->length > 0 ? "; " : "", (long long)n_missing,
                         (long long)n_wrong, (long long)(n_boxes - (n - n_missing)));
    return KERB_OK;
}

kerb_status kerb_store_check_index(kerb_ctx *ctx, kerb_store *store, char **fault)
{
    kerb_text text = {0};
    bool began = false;
    *fault = NULL;
    kerb_status status = kerb_store__begin_reading(ctx, store, &began);
    if (status != KERB_OK)
        return status;
    status = check_tree(ctx, store, &text);
    if (status == KERB_OK)
        status = check_boxes(ctx, store, &text);
    kerb_store__end_reading(store, began);
    if (status == KERB_OK && text.length > 0)
        status = kerb_text_take(ctx, &text, fault);
    kerb_text_clear(&text);
    return status;
}
