/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A later extract against what the store has of its sources and period. Its rows are in the
 * table already, under new numbers; each is paired with the record it tells anew:
 *
 *   with a reference      by source and reference, wherever its date lies
 *   without one           by its whole content, as often as it occurs on both sides
 *
 *   pair, equal content   unchanged: the record stays, the new row goes
 *   pair, other content   changed: what the record was goes to incident_version
 *   no record             new
 *   no row, in period     withdrawn: the record goes to incident_version
 *
 * A record keeps its number through all of this, so what hangs on it stays with it. Only the
 * new rows are held in memory (48 bytes each), sorted by a hash of what they are paired by.
 */
#include "store_reconcile.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ what a row says */

/* Columns of incident that incident_version has too; the schema says which, so that a column
 * added to both is compared and kept without a word here. */
static kerb_status read_columns(kerb_ctx *ctx, kerb_store *store, char **out)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_text list = {0};
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT name FROM pragma_table_info('incident') WHERE name NOT IN "
        "('id', 'file_id', 'line', 'extract_id') AND name IN "
        "(SELECT name FROM pragma_table_info('incident_version')) ORDER BY cid",
        &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add_format(&list, "%s\"%s\"", list.length ? ", " : "",
                             kerb_store__column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        return kerb_text_take(ctx, &list, out);
    kerb_text_clear(&list);
    return status;
}

static void add_bytes(kerb_text *bytes, char type, const void *data, size_t n)
{
    kerb_text_add_n(bytes, &type, 1);
    kerb_text_add_n(bytes, (const char *)&n, sizeof n);
    if (n)
        kerb_text_add_n(bytes, data, n);
}

/* Each value with its type and length, so that no two rows run together. */
static void add_value(kerb_text *bytes, sqlite3_stmt *row, int column)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: {
        int64_t value = sqlite3_column_int64(row, column);
        add_bytes(bytes, 'i', &value, sizeof value);
        break;
    }
    case SQLITE_FLOAT: {
        double value = sqlite3_column_double(row, column);
        add_bytes(bytes, 'f', &value, sizeof value);
        break;
    }
    case SQLITE_NULL:
        add_bytes(bytes, 'n', NULL, 0);
        break;
    default: {
        const void *data = sqlite3_column_blob(row, column);
        add_bytes(bytes, 't', data, (size_t)sqlite3_column_bytes(row, column));
        break;
    }
    }
}

/* Columns of the scan below; the content follows. */
enum { COL_ID, COL_SOURCE, COL_REFERENCE, COL_START, COL_AS_AT, COL_CONTENT };

static kerb_status read_row(kerb_ctx *ctx, kerb_store__reconciliation *r, sqlite3_stmt *row,
                            kerb_store__fresh *out)
{
    kerb_text *bytes = &r->bytes;
    bytes->length = 0;
    for (int i = COL_CONTENT; i < sqlite3_column_count(row); i++)
        add_value(bytes, row, i);
    if (bytes->failed)
        return kerb_fail_nomem(ctx, "a record");
    kerb_hash128 content = kerb_hash_bytes(bytes->data, bytes->length);
    *out = (kerb_store__fresh){.key = content,
                               .content = content.low,
                               .id = sqlite3_column_int64(row, COL_ID),
                               .has_reference =
                                   sqlite3_column_type(row, COL_REFERENCE) != SQLITE_NULL};
    if (!out->has_reference)
        return KERB_OK;
    bytes->length = 0;
    add_value(bytes, row, COL_SOURCE);
    add_value(bytes, row, COL_REFERENCE);
    if (bytes->failed)
        return kerb_fail_nomem(ctx, "a record");
    out->key = kerb_hash_bytes(bytes->data, bytes->length);
    return KERB_OK;
}

/* Rows of the extract's sources with ids in [from, to); those that people added by hand belong
 * to no file and are left alone. */
static kerb_status prepare_scan(kerb_ctx *ctx, const kerb_store__reconciliation *r,
                                int64_t from, int64_t to, sqlite3_stmt **out)
{
    kerb_text sql = {0};
    char *text = NULL;
    kerb_text_add_format(
        &sql,
        "SELECT id, source_id, reference, start, "
        "(SELECT as_at FROM extract AS e WHERE e.id = i.extract_id), %s FROM incident AS i "
        "WHERE id >= ?1 AND id < ?2 AND file_id IS NOT NULL AND source_id IN "
        "(SELECT source_id FROM extract_source WHERE extract_id = ?3) ORDER BY id",
        r->columns);
    kerb_status status = kerb_text_take(ctx, &sql, &text);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, r->import->store, text, out);
    if (status == KERB_OK) {
        sqlite3_bind_int64(*out, 1, from);
        sqlite3_bind_int64(*out, 2, to);
        sqlite3_bind_int64(*out, 3, r->import->extract_id);
    }
    kerb_free(text);
    return status;
}

/* ---------------------------------------------------------------------- the new rows */

static int compare_keys(kerb_hash128 a, kerb_hash128 b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static int compare_fresh(const void *left, const void *right)
{
    const kerb_store__fresh *a = left, *b = right;
    int order = compare_keys(a->key, b->key);
    return order ? order : (a->id > b->id) - (a->id < b->id);
}

static kerb_status read_fresh(kerb_ctx *ctx, kerb_store__reconciliation *r)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = prepare_scan(ctx, r, r->import->first_id, INT64_MAX, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, r->import->store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (r->n_fresh == r->capacity) {
            size_t capacity = r->capacity ? r->capacity + r->capacity / 2 : 4096;
            kerb_store__fresh *grown = kerb_realloc_array(r->fresh, capacity, sizeof *grown);
            if (!grown) {
                status = kerb_fail_nomem(ctx, "the rows of the extract");
                break;
            }
            r->fresh = grown;
            r->capacity = capacity;
        }
        status = read_row(ctx, r, stmt, &r->fresh[r->n_fresh++]);
        if (status == KERB_OK && r->n_fresh % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK && r->n_fresh > 1)
        qsort(r->fresh, r->n_fresh, sizeof *r->fresh, compare_fresh);
    return status;
}

/* Place of the first row of this key, n_fresh when there is none. */
static size_t find_fresh(const kerb_store__reconciliation *r, kerb_hash128 key)
{
    size_t low = 0, high = r->n_fresh;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(r->fresh[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < r->n_fresh && compare_keys(r->fresh[low].key, key) == 0 ? low : r->n_fresh;
}

/* The next row of this key that no record has taken; NULL when there is none. */
static kerb_store__fresh *take_fresh(kerb_store__reconciliation *r, kerb_hash128 key)
{
    size_t first = find_fresh(r, key);
    if (first == r->n_fresh)
        return NULL;
    size_t at = first + r->fresh[first].n_taken;
    if (at == r->n_fresh || compare_keys(r->fresh[at].key, key) != 0)
        return NULL;
    r->fresh[first].n_taken++;
    return &r->fresh[at];
}

/* ----------------------------------------------------------------------- the records */

static kerb_status add_withdrawn(kerb_ctx *ctx, kerb_store__reconciliation *r,
                                 const kerb_store__fresh *record)
{
    const kerb_import *import = r->import;
    if (import->n_kept && bsearch(&record->id, import->kept, import->n_kept,
                                  sizeof *import->kept, kerb_store__compare_ids)) {
        r->changes.n_kept++;
        return KERB_OK;
    }
    if (r->n_withdrawn == r->withdrawn_capacity) {
        size_t capacity = r->withdrawn_capacity ? 2 * r->withdrawn_capacity : 1024;
        int64_t *grown = kerb_realloc_array(r->withdrawn, capacity, sizeof *grown);
        if (!grown)
            return kerb_fail_nomem(ctx, "the records withdrawn");
        r->withdrawn = grown;
        r->withdrawn_capacity = capacity;
    }
    r->withdrawn[r->n_withdrawn++] = record->id;
    *(record->has_reference ? &r->changes.n_withdrawn : &r->changes.n_withdrawn_without_key) +=
        1;
    return KERB_OK;
}

static kerb_status match_record(kerb_ctx *ctx, kerb_store__reconciliation *r, sqlite3_stmt *row)
{
    const kerb_import_extract *extract = &r->import->extract;
    kerb_store__fresh record;
    kerb_civil_s start = sqlite3_column_type(row, COL_START) == SQLITE_NULL
                             ? KERB_CIVIL_NONE
                             : sqlite3_column_int64(row, COL_START);
    bool in_period = extract->has_period && start != KERB_CIVIL_NONE &&
                     start >= extract->from && start < extract->to;
    bool is_dated = sqlite3_column_type(row, COL_AS_AT) != SQLITE_NULL;
    if (!in_period && sqlite3_column_type(row, COL_REFERENCE) == SQLITE_NULL)
        return KERB_OK;
    kerb_status status = read_row(ctx, r, row, &record);
    if (status != KERB_OK)
        return status;
    kerb_store__fresh *found = take_fresh(r, record.key);
    if (!found && !in_period)
        return KERB_OK;
    if (is_dated && sqlite3_column_int64(row, COL_AS_AT) >= extract->as_at)
        return kerb_store__fail_late(ctx, r->import, "records of this extract",
                                     sqlite3_column_int64(row, COL_AS_AT));
    if (!found)
        return add_withdrawn(ctx, r, &record);
    found->record_id = record.id;
    found->is_equal = found->content == record.content;
    return KERB_OK;
}

static kerb_status match_records(kerb_ctx *ctx, kerb_store__reconciliation *r)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    uint64_t n = 0;
    kerb_import *import = r->import;
    if (import->n_kept)
        qsort(import->kept, import->n_kept, sizeof *import->kept, kerb_store__compare_ids);
    kerb_status status = prepare_scan(ctx, r, INT64_MIN, import->first_id, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        status = match_record(ctx, r, stmt);
        if (status == KERB_OK && ++n % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* A record that a later extract changed or withdrew is not told anew by this one. */
static kerb_status check_versions(kerb_ctx *ctx, kerb_store__reconciliation *r)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, r->import->store,
        "SELECT 0, v.source_id, v.reference, 0, e.as_at FROM incident_version AS v "
        "JOIN extract AS e ON e.id = v.replaced_by WHERE v.reference IS NOT NULL "
        "AND e.as_at >= ?1 AND v.source_id IN "
        "(SELECT source_id FROM extract_source WHERE extract_id = ?2)",
        &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, r->import->extract.as_at);
        sqlite3_bind_int64(stmt, 2, r->import->extract_id);
    }
    while (status == KERB_OK) {
        kerb_store__fresh version;
        status = kerb_store__step_row(ctx, r->import->store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        status = read_row(ctx, r, stmt, &version);
        if (status == KERB_OK && find_fresh(r, version.key) < r->n_fresh)
            status = kerb_store__fail_late(ctx, r->import, "records of this extract",
                                           sqlite3_column_int64(stmt, COL_AS_AT));
    }
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_import_reconcile(kerb_ctx *ctx, kerb_import *import,
                                  kerb_import_changes *changes)
{
    kerb_store__reconciliation r = {.import = import};
    if (import->committed || import->failed || !import->extract_id || import->is_reconciled)
        return kerb_fail(ctx, KERB_ERR_ARG, "the import is no extract, or failed before");
    kerb_status status = kerb_store__extract_add_sources(ctx, import);
    /* an extract of which nothing could be read would withdraw everything */
    if (status == KERB_OK && import->points.n == 0)
        status = kerb_fail(ctx, KERB_ERR_EMPTY,
                           "no row of the extract was loaded, so nothing was replaced");
    if (status == KERB_OK)
        status = kerb_store__extract_check_order(ctx, import);
    if (status == KERB_OK)
        status = read_columns(ctx, import->store, &r.columns);
    if (status == KERB_OK)
        status = read_fresh(ctx, &r);
    if (status == KERB_OK)
        status = check_versions(ctx, &r);
    if (status == KERB_OK)
        status = match_records(ctx, &r);
    if (status == KERB_OK)
        status = kerb_store__reconcile_apply(ctx, &r);
    if (status == KERB_OK)
        status = kerb_store__extract_write_changes(ctx, import, &r.changes);
    if (status == KERB_OK) {
        import->is_reconciled = true;
        import->n_before = -1; /* counted again */
        *changes = r.changes;
    } else
        import->failed = true;
    kerb_free(r.columns);
    kerb_free(r.fresh);
    kerb_free(r.withdrawn);
    kerb_text_clear(&r.bytes);
    return status;
}
