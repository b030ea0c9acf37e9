/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An import that is a dated extract: when it was taken, for which period it is complete, and
 * whose records it speaks of. What it changes is found in store_reconcile.c.
 */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

static kerb_status insert_extract(kerb_ctx *ctx, kerb_import *import,
                                  const kerb_import_extract *extract)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status =
        kerb_store__prepare(ctx, import->store,
                            "INSERT INTO extract (import_id, as_at, period_from, period_to, "
                            "key_column) VALUES (?, ?, ?, ?, ?)",
                            &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, import->import_id);
        sqlite3_bind_int64(stmt, 2, extract->as_at);
        if (extract->has_period) {
            sqlite3_bind_int64(stmt, 3, extract->from);
            sqlite3_bind_int64(stmt, 4, extract->to);
        }
        kerb_store__bind_text(stmt, 5, extract->key_column);
        status = kerb_store__step(ctx, import->store, stmt);
    }
    if (status == KERB_OK)
        import->extract_id = sqlite3_last_insert_rowid(import->store->db);
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_import_set_extract(kerb_ctx *ctx, kerb_import *import,
                                    const kerb_import_extract *extract)
{
    if (import->committed || import->failed || import->extract_id || import->points.n)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "an import is made an extract once, before its first row");
    if (extract->as_at == KERB_CIVIL_NONE || extract->as_at % 86400 != 0)
        return kerb_fail(ctx, KERB_ERR_ARG, "an extract needs the day on which it was taken");
    if (extract->has_period && extract->from >= extract->to)
        return kerb_fail(ctx, KERB_ERR_ARG, "the period of an extract is empty");
    import->extract = *extract;
    import->extract.key_column = NULL; /* borrowed for this call */
    kerb_status status = insert_extract(ctx, import, extract);
    import->failed = import->failed || status != KERB_OK;
    return status;
}

kerb_status kerb_import_add_kept(kerb_ctx *ctx, kerb_import *import, int64_t incident_id)
{
    if (import->n_kept == import->kept_capacity) {
        size_t capacity = import->kept_capacity ? 2 * import->kept_capacity : 64;
        int64_t *kept = kerb_realloc_array(import->kept, capacity, sizeof *kept);
        if (!kept)
            return kerb_fail_nomem(ctx, "the records kept");
        import->kept = kept;
        import->kept_capacity = capacity;
    }
    import->kept[import->n_kept++] = incident_id;
    return KERB_OK;
}

/* ------------------------------------------------------------------- its sources */

kerb_status kerb_store__extract_add_sources(kerb_ctx *ctx, kerb_import *import)
{
    /* a file may name a source although each of its rows was refused */
    static const char *const list[] = {
        "INSERT OR IGNORE INTO extract_source SELECT ?1, source_id FROM incident "
        "WHERE id >= ?2 AND source_id IS NOT NULL GROUP BY source_id",
        "INSERT OR IGNORE INTO extract_source SELECT ?1, s.id FROM file AS f "
        "JOIN source AS s ON s.name = f.source WHERE f.import_id = ?2"};
    const int64_t second[] = {import->first_id, import->import_id};
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < 2; i++) {
        sqlite3_stmt *stmt = NULL;
        status = kerb_store__prepare(ctx, import->store, list[i], &stmt);
        if (status == KERB_OK) {
            sqlite3_bind_int64(stmt, 1, import->extract_id);
            sqlite3_bind_int64(stmt, 2, second[i]);
            status = kerb_store__step(ctx, import->store, stmt);
        }
        sqlite3_finalize(stmt);
    }
    return status;
}

/* ------------------------------------------------------------- the order of extracts */

kerb_status kerb_store__fail_late(kerb_ctx *ctx, const kerb_import *import, const char *what,
                                  kerb_civil_s newest)
{
    char ours[KERB_CIVIL_TEXT], theirs[KERB_CIVIL_TEXT];
    kerb_civil_format(import->extract.as_at, KERB_PRECISION_DAY, ours);
    kerb_civil_format(newest, KERB_PRECISION_DAY, theirs);
    if (newest == import->extract.as_at)
        return kerb_fail(ctx, KERB_ERR_EXISTS,
                         "%s holds %s from an extract of %s, the day of this one: load all "
                         "files of one extract in one import",
                         import->store->path, what, theirs);
    return kerb_fail(ctx, KERB_ERR_EXISTS,
                     "%s holds %s from an extract of %s, later than this one of %s: load "
                     "extracts in the order of their dates",
                     import->store->path, what, theirs, ours);
}

/* Extracts of a source and an overlapping period must come in the order of their dates, or the
 * past would have to be rewritten. */
static kerb_status check_periods(kerb_ctx *ctx, kerb_import *import)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    kerb_civil_s newest = 0;
    kerb_status status = kerb_store__prepare(
        ctx, import->store,
        "SELECT max(e.as_at) FROM extract AS e JOIN extract_source AS s ON s.extract_id = e.id "
        "WHERE e.id <> ?1 AND e.as_at >= ?2 AND e.period_from < ?4 AND e.period_to > ?3 AND "
        "s.source_id IN (SELECT source_id FROM extract_source WHERE extract_id = ?1) "
        "HAVING count(*) > 0",
        &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, import->extract_id);
        sqlite3_bind_int64(stmt, 2, import->extract.as_at);
        sqlite3_bind_int64(stmt, 3, import->extract.from);
        sqlite3_bind_int64(stmt, 4, import->extract.to);
        status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
    }
    if (status == KERB_OK && has_row)
        newest = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return status == KERB_OK && has_row
               ? kerb_store__fail_late(ctx, import, "records of this source and period", newest)
               : status;
}

kerb_status kerb_store__extract_check_order(kerb_ctx *ctx, kerb_import *import)
{
    return import->extract.has_period ? check_periods(ctx, import) : KERB_OK;
}

/* ----------------------------------------------------------------------- figures */

kerb_status kerb_store__extract_write_changes(kerb_ctx *ctx, kerb_import *import,
                                              const kerb_import_changes *changes)
{
    const uint64_t values[] = {changes->n_new,
                               changes->n_changed,
                               changes->n_unchanged,
                               changes->n_withdrawn,
                               changes->n_kept,
                               changes->n_new_without_key,
                               changes->n_unchanged_without_key,
                               changes->n_withdrawn_without_key};
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, import->store,
        "UPDATE extract SET n_new = ?2, n_changed = ?3, n_unchanged = ?4, n_withdrawn = ?5, "
        "n_kept = ?6, n_new_without_key = ?7, n_unchanged_without_key = ?8, "
        "n_withdrawn_without_key = ?9 WHERE id = ?1",
        &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, import->extract_id);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            sqlite3_bind_int64(stmt, (int)i + 2, (int64_t)values[i]);
        status = kerb_store__step(ctx, import->store, stmt);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* ------------------------------------------------------------------ all of a store */

kerb_status kerb_store_list_extracts(kerb_ctx *ctx, kerb_store *store, const char *source,
                                     kerb_extract **out, size_t *n_out)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    size_t n = 0, capacity = 0;
    kerb_extract *list = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT as_at, period_from, period_to FROM extract AS e WHERE ?1 IS NULL OR EXISTS "
        "(SELECT 1 FROM extract_source AS x JOIN source AS s ON s.id = x.source_id "
        "WHERE x.extract_id = e.id AND s.name = ?1) ORDER BY as_at, id",
        &stmt);
    if (status == KERB_OK)
        kerb_store__bind_text(stmt, 1, source);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (n == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            kerb_extract *grown = kerb_realloc_array(list, capacity, sizeof *grown);
            if (!grown) {
                status = kerb_fail_nomem(ctx, "the extracts");
                break;
            }
            list = grown;
        }
        bool has_period = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
        list[n++] =
            (kerb_extract){.as_at = sqlite3_column_int64(stmt, 0),
                           .from = has_period ? sqlite3_column_int64(stmt, 1) : KERB_CIVIL_NONE,
                           .to = has_period ? sqlite3_column_int64(stmt, 2) : KERB_CIVIL_NONE};
    }
    sqlite3_finalize(stmt);
    if (status != KERB_OK) {
        kerb_free(list);
        return status;
    }
    *out = list;
    *n_out = n;
    return KERB_OK;
}

void kerb_store_free_extracts(kerb_extract *extracts)
{
    kerb_free(extracts);
}
