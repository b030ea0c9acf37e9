/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Is everything in the file that should be, and nothing that acts by itself?
 *
 * The expected list is not kept anywhere: an empty store of the same version is made in memory
 * by the same code and the SpatiaLite of this machine, and compared. Tables and indexes that
 * others added are left alone; a trigger, a view or a virtual table that is not ours is refused
 * by name, because it would act on whoever opens the file with another program. (In kerb's own
 * connections triggers and views never run.)
 *
 * When the file was made by another version of SpatiaLite its triggers are compared by name and
 * table only, since their wording differs between versions.
 */
#include "store_internal.h"

#include <spatialite.h>
#include <stdlib.h>
#include <string.h>

typedef struct schema_entry {
    char *type, *name, *table, *sql;
} schema_entry;

typedef struct schema_list {
    schema_entry *entries; /* sorted by type and name */
    size_t n, capacity;
} schema_list;

static void clear_list(schema_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        kerb_free(list->entries[i].type);
        kerb_free(list->entries[i].name);
        kerb_free(list->entries[i].table);
        kerb_free(list->entries[i].sql);
    }
    kerb_free(list->entries);
    *list = (schema_list){0};
}

static int compare_entries(const void *left, const void *right)
{
    const schema_entry *a = left, *b = right;
    int order = strcmp(a->type, b->type);
    return order ? order : strcmp(a->name, b->name);
}

static kerb_status read_list(kerb_ctx *ctx, const char *path, sqlite3 *db, schema_list *list)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = KERB_OK;
    int rc =
        sqlite3_prepare_v2(db,
                           "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema "
                           "WHERE type IN ('table', 'view', 'trigger')",
                           -1, &stmt, NULL);
    if (rc != SQLITE_OK) {
        status = kerb_store__fail(ctx, path, db, rc, "reading");
        goto done;
    }
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (list->n == list->capacity) {
            size_t capacity = list->capacity ? 2 * list->capacity : 512;
            schema_entry *grown =
                kerb_realloc_array(list->entries, capacity, sizeof *list->entries);
            if (!grown) {
                status = kerb_fail_nomem(ctx, "the list of tables");
                goto done;
            }
            list->entries = grown;
            list->capacity = capacity;
        }
        schema_entry *entry = &list->entries[list->n++];
        entry->type = kerb_text_copy(kerb_store__column_text(stmt, 0));
        entry->name = kerb_text_copy(kerb_store__column_text(stmt, 1));
        entry->table = kerb_text_copy(kerb_store__column_text(stmt, 2));
        entry->sql = kerb_text_copy(kerb_store__column_text(stmt, 3));
        if (!entry->type || !entry->name || !entry->table || !entry->sql) {
            status = kerb_fail_nomem(ctx, "the list of tables");
            goto done;
        }
    }
    if (rc != SQLITE_DONE)
        status = kerb_store__fail(ctx, path, db, rc, "reading");
    else
        qsort(list->entries, list->n, sizeof *list->entries, compare_entries);
done:
    sqlite3_finalize(stmt);
    return status;
}

static bool is_virtual(const schema_entry *entry)
{
    return strcmp(entry->type, "table") == 0 && strncmp(entry->sql, "CREATE VIRTUAL", 14) == 0;
}

static const schema_entry *find_entry(const schema_list *list, const schema_entry *wanted)
{
    return list->n
               ? bsearch(wanted, list->entries, list->n, sizeof *list->entries, compare_entries)
               : NULL;
}

static kerb_status check_found(kerb_ctx *ctx, const char *path, const schema_list *found,
                               const schema_list *expected, bool same_version)
{
    for (size_t i = 0; i < found->n; i++) {
        const schema_entry *entry = &found->entries[i];
        const schema_entry *ours = find_entry(expected, entry);
        const char *kind = is_virtual(entry) ? "virtual table" : entry->type;
        char name[512];
        kerb_text_visible(entry->name, strlen(entry->name), 100, name);
        if (!ours && (strcmp(entry->type, "table") != 0 || is_virtual(entry)))
            return kerb_fail(ctx, KERB_ERR_FORMAT,
                             "%s holds a foreign %s '%s': kerb did not put it there", path,
                             kind, name);
        if (!ours)
            continue;
        bool equal = strcmp(entry->table, ours->table) == 0 &&
                     (!same_version || strcmp(entry->sql, ours->sql) == 0);
        if (!equal)
            return kerb_fail(ctx, KERB_ERR_FORMAT,
                             "%s is not a store as kerb makes it: the %s '%s' was changed",
                             path, kind, name);
    }
    return KERB_OK;
}

static kerb_status check_expected(kerb_ctx *ctx, const char *path, const schema_list *found,
                                  const schema_list *expected, bool same_version)
{
    for (size_t i = 0; i < expected->n; i++) {
        const schema_entry *entry = &expected->entries[i];
        /* another SpatiaLite has other tables of its own; sqlite_sequence and the like come and
         * go */
        if (strncmp(entry->name, "sqlite_", 7) == 0 || find_entry(found, entry))
            continue;
        if (!same_version && strcmp(entry->type, "table") != 0)
            continue;
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is damaged or was changed by hand: the %s '%s' is missing", path,
                         entry->type, entry->name);
    }
    return KERB_OK;
}

kerb_status kerb_store__check_schema(kerb_ctx *ctx, const char *path, sqlite3 *db, int version,
                                     const char *made_by)
{
    kerb_store__spatial memory = {0};
    schema_list found = {0}, expected = {0};
    bool same_version = strcmp(made_by, spatialite_version()) == 0;
    kerb_status status = read_list(ctx, path, db, &found);
    if (status == KERB_OK)
        status = kerb_store__spatial_open(ctx, path, ":memory:", &memory);
    if (status == KERB_OK)
        status = kerb_store__create(ctx, path, &memory, NULL, version);
    if (status == KERB_OK)
        status = read_list(ctx, path, memory.db, &expected);
    if (status == KERB_OK)
        status = check_found(ctx, path, &found, &expected, same_version);
    if (status == KERB_OK)
        status = check_expected(ctx, path, &found, &expected, same_version);
    clear_list(&found);
    clear_list(&expected);
    kerb_store__spatial_close(&memory);
    return status;
}
