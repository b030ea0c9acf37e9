/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Making the changes that an extract brings: records go to incident_version as they were, take
 * over what the extract says, and keep their numbers. What hangs on a record (vehicles,
 * casualties, personal values) stays with it, unless the extract brought rows of that table:
 * then it tells them for all its records. Personal values are not kept of a record that is
 * withdrawn.
 */
#include "store_reconcile.h"

#include <stdlib.h>

int kerb_store__compare_ids(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* Tables whose rows hang on an incident by `incident_id`; those that are there. */
static const char *const linked_tables[] = KERB_STORE__LINKED_TABLES;
enum { N_LINKED = sizeof linked_tables / sizeof *linked_tables };

typedef struct steps {
    sqlite3_stmt *copy, *update, *delete, *drop_personal;
    sqlite3_stmt *drop_linked[N_LINKED], *move_linked[N_LINKED];
} steps;

static void finalize_steps(steps *s)
{
    sqlite3_finalize(s->copy);
    sqlite3_finalize(s->update);
    sqlite3_finalize(s->delete);
    sqlite3_finalize(s->drop_personal);
    for (size_t i = 0; i < N_LINKED; i++) {
        sqlite3_finalize(s->drop_linked[i]);
        sqlite3_finalize(s->move_linked[i]);
    }
}

static kerb_status prepare_text(kerb_ctx *ctx, kerb_store *store, kerb_text *sql,
                                sqlite3_stmt **out)
{
    char *text = NULL;
    kerb_status status = kerb_text_take(ctx, sql, &text);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store, text, out);
    kerb_free(text);
    return status;
}

/* `drop` and `move` stay NULL when the extract brought nothing for the table. */
static kerb_status prepare_linked(kerb_ctx *ctx, const kerb_import *import, const char *table,
                                  sqlite3_stmt **drop, sqlite3_stmt **move)
{
    char sql[160];
    bool is_used = false;
    int64_t n = 0;
    kerb_status status = kerb_store__is_linked_used(ctx, import->store, table, &is_used);
    if (status != KERB_OK || !is_used)
        return status;
    snprintf(sql, sizeof sql, "SELECT EXISTS (SELECT 1 FROM %s WHERE incident_id >= %lld)",
             table, (long long)import->first_id);
    status = kerb_store__query_int(ctx, import->store, sql, 0, &n);
    if (status != KERB_OK || n == 0)
        return status;
    snprintf(sql, sizeof sql, "DELETE FROM %s WHERE incident_id = ?1", table);
    status = kerb_store__prepare(ctx, import->store, sql, drop);
    if (status != KERB_OK)
        return status;
    snprintf(sql, sizeof sql, "UPDATE %s SET incident_id = ?1 WHERE incident_id = ?2", table);
    return kerb_store__prepare(ctx, import->store, sql, move);
}

static kerb_status prepare_steps(kerb_ctx *ctx, const kerb_store__reconciliation *r, steps *s)
{
    kerb_store *store = r->import->store;
    kerb_text sql = {0};
    kerb_text_add_format(&sql,
                         "INSERT INTO incident_version (incident_id, change, replaced_by, "
                         "extract_id, file_id, line, %s) SELECT id, ?2, ?3, extract_id, "
                         "file_id, line, %s FROM incident WHERE id = ?1",
                         r->columns, r->columns);
    kerb_status status = prepare_text(ctx, store, &sql, &s->copy);
    if (status == KERB_OK) {
        kerb_text_add_format(&sql,
                             "UPDATE incident SET (extract_id, file_id, line, %s) = (SELECT "
                             "extract_id, file_id, line, %s FROM incident WHERE id = ?2) "
                             "WHERE id = ?1",
                             r->columns, r->columns);
        status = prepare_text(ctx, store, &sql, &s->update);
    }
    if (status == KERB_OK)
        status =
            kerb_store__prepare(ctx, store, "DELETE FROM incident WHERE id = ?1", &s->delete);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store,
                                     "DELETE FROM incident_personal WHERE incident_id = ?1",
                                     &s->drop_personal);
    for (size_t i = 0; status == KERB_OK && i < N_LINKED; i++)
        status = prepare_linked(ctx, r->import, linked_tables[i], &s->drop_linked[i],
                                &s->move_linked[i]);
    return status;
}

static kerb_status copy_to_versions(kerb_ctx *ctx, const kerb_store__reconciliation *r,
                                    const steps *s, int64_t id, const char *change)
{
    sqlite3_bind_int64(s->copy, 1, id);
    kerb_store__bind_text(s->copy, 2, change);
    sqlite3_bind_int64(s->copy, 3, r->import->extract_id);
    return kerb_store__step(ctx, r->import->store, s->copy);
}

static kerb_status step_ids(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *stmt, int64_t first,
                            int64_t second)
{
    if (!stmt)
        return KERB_OK;
    sqlite3_bind_int64(stmt, 1, first);
    if (second)
        sqlite3_bind_int64(stmt, 2, second);
    return kerb_store__step(ctx, store, stmt);
}

static kerb_status apply_pair(kerb_ctx *ctx, const kerb_store__reconciliation *r,
                              const steps *s, const kerb_store__fresh *row)
{
    kerb_store *store = r->import->store;
    kerb_status status = KERB_OK;
    if (!row->is_equal) {
        status = copy_to_versions(ctx, r, s, row->record_id, "changed");
        if (status == KERB_OK)
            status = step_ids(ctx, store, s->update, row->record_id, row->id);
    }
    for (size_t i = 0; status == KERB_OK && i < N_LINKED; i++) {
        status = step_ids(ctx, store, s->drop_linked[i], row->record_id, 0);
        if (status == KERB_OK)
            status = step_ids(ctx, store, s->move_linked[i], row->record_id, row->id);
    }
    return status == KERB_OK ? step_ids(ctx, store, s->delete, row->id, 0) : status;
}

static int compare_records(const void *left, const void *right)
{
    const kerb_store__fresh *a = left, *b = right;
    int order = kerb_store__compare_ids(&a->record_id, &b->record_id);
    return order ? order : kerb_store__compare_ids(&a->id, &b->id);
}

/* In order of the records' numbers, so that the versions have the same ones in every store of
 * the same history. */
kerb_status kerb_store__reconcile_apply(kerb_ctx *ctx, kerb_store__reconciliation *r)
{
    steps s = {0};
    kerb_import_changes *c = &r->changes;
    kerb_status status = prepare_steps(ctx, r, &s);
    for (size_t i = 0; status == KERB_OK && i < r->n_withdrawn; i++) {
        status = copy_to_versions(ctx, r, &s, r->withdrawn[i], "withdrawn");
        if (status == KERB_OK)
            status = step_ids(ctx, r->import->store, s.drop_personal, r->withdrawn[i], 0);
        if (status == KERB_OK)
            status = step_ids(ctx, r->import->store, s.delete, r->withdrawn[i], 0);
        r->import->must_repack = true;
    }
    if (r->n_fresh > 1)
        qsort(r->fresh, r->n_fresh, sizeof *r->fresh, compare_records);
    for (size_t i = 0; status == KERB_OK && i < r->n_fresh; i++) {
        const kerb_store__fresh *row = &r->fresh[i];
        if (row->record_id) {
            status = apply_pair(ctx, r, &s, row);
            r->import->must_repack = true;
        }
        if (!row->record_id)
            *(row->has_reference ? &c->n_new : &c->n_new_without_key) += 1;
        else if (!row->has_reference)
            c->n_unchanged_without_key++;
        else
            *(row->is_equal ? &c->n_unchanged : &c->n_changed) += 1;
        if (status == KERB_OK && i % 65536 == 65535)
            status = kerb_check_cancel(ctx);
    }
    finalize_steps(&s);
    return status;
}
