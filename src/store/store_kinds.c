/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the incidents of a category of a source are (table category_kind), and the values of
 * columns about people (table incident_personal), which go in here and come out nowhere: only
 * how many incidents have some is ever told.
 */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- kinds, read */

static int compare_kinds(const void *left, const void *right)
{
    const kerb_store__kind *a = left, *b = right;
    int order = (a->source_id > b->source_id) - (a->source_id < b->source_id);
    return order ? order
                 : (a->category_id > b->category_id) - (a->category_id < b->category_id);
}

static bool read_nature(sqlite3_stmt *row, int column, kerb_nature *out)
{
    return kerb_kind_find(kerb_store__column_text(row, column), &out->kind) &&
           kerb_origin_find(kerb_store__column_text(row, column + 1), &out->origin);
}

kerb_status kerb_store__kinds_read(kerb_ctx *ctx, kerb_store *store, kerb_store__kinds *out)
{
    sqlite3_stmt *stmt = NULL;
    size_t capacity = 0;
    bool has_row = true;
    kerb_status status =
        kerb_store__prepare(ctx, store,
                            "SELECT source_id, category_id, kind, origin FROM category_kind "
                            "ORDER BY source_id, category_id",
                            &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (out->n == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            kerb_store__kind *grown = kerb_realloc_array(out->list, capacity, sizeof *grown);
            if (!grown) {
                status = kerb_fail_nomem(ctx, "the kinds of incidents");
                break;
            }
            out->list = grown;
        }
        kerb_store__kind *kind = &out->list[out->n++];
        *kind = (kerb_store__kind){.source_id = sqlite3_column_int64(stmt, 0),
                                   .category_id = sqlite3_column_int64(stmt, 1)};
        if (!read_nature(stmt, 2, &kind->nature))
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s: a kind or origin in its table category_kind is none that "
                               "there is",
                               store->path);
    }
    sqlite3_finalize(stmt);
    return status;
}

kerb_nature kerb_store__kinds_find(const kerb_store__kinds *kinds, int64_t source_id,
                                   int64_t category_id)
{
    kerb_store__kind wanted = {.source_id = source_id, .category_id = category_id};
    const kerb_store__kind *found =
        kinds->n ? bsearch(&wanted, kinds->list, kinds->n, sizeof wanted, compare_kinds) : NULL;
    return found ? found->nature : (kerb_nature){0};
}

void kerb_store__kinds_clear(kerb_store__kinds *kinds)
{
    kerb_free(kinds->list);
    *kinds = (kerb_store__kinds){0};
}

/* ------------------------------------------------------------------ kinds, written */

static kerb_status find_stored(kerb_ctx *ctx, kerb_import *import, int64_t source_id,
                               int64_t category_id, kerb_nature *out)
{
    sqlite3_stmt *stmt = import->find_kind;
    bool has_row = false;
    sqlite3_bind_int64(stmt, 1, source_id);
    sqlite3_bind_int64(stmt, 2, category_id);
    kerb_status status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
    *out = (kerb_nature){0};
    if (status == KERB_OK && has_row && !read_nature(stmt, 0, out))
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s: a kind or origin in its table category_kind is none that there "
                           "is",
                           import->store->path);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return status;
}

static kerb_status fail_differs(kerb_ctx *ctx, const kerb_import *import, uint32_t source,
                                uint32_t category, kerb_nature stored, kerb_nature nature)
{
    enum { SHOWN = 60 };
    char source_name[4 * SHOWN + 8], category_name[4 * SHOWN + 8];
    const kerb_strings *sources = import->names.strings[KERB_NAME_SOURCE],
                       *categories = import->names.strings[KERB_NAME_CATEGORY];
    kerb_text_visible(kerb_strings_get(sources, source), kerb_strings_length(sources, source),
                      SHOWN, source_name);
    kerb_text_visible(kerb_strings_get(categories, category),
                      kerb_strings_length(categories, category), SHOWN, category_name);
    return kerb_fail(ctx, KERB_ERR_ARG,
                     "category '%s' of source '%s' is of kind %s, origin %s; it cannot be of "
                     "kind %s, origin %s too: name another source for one of them",
                     category_name, source_name, kerb_kind_name(stored.kind),
                     kerb_origin_name(stored.origin), kerb_kind_name(nature.kind),
                     kerb_origin_name(nature.origin));
}

kerb_status kerb_store__set_kind(kerb_ctx *ctx, kerb_import *import, uint32_t source,
                                 uint32_t category, kerb_nature nature)
{
    const kerb_store__names *names = &import->names;
    kerb_nature known = {0};
    if ((unsigned)nature.kind >= KERB_KINDS || (unsigned)nature.origin >= KERB_ORIGINS)
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kind %d or origin %d", (int)nature.kind,
                         (int)nature.origin);
    if (source == 0 || source > kerb_strings_count(names->strings[KERB_NAME_SOURCE]) ||
        category > kerb_strings_count(names->strings[KERB_NAME_CATEGORY]))
        return kerb_fail(ctx, KERB_ERR_ARG, "there is no source %u or no category %u", source,
                         category);
    int64_t source_id = names->ids[KERB_NAME_SOURCE][source - 1];
    int64_t category_id = category ? names->ids[KERB_NAME_CATEGORY][category - 1] : 0;
    kerb_status status = find_stored(ctx, import, source_id, category_id, &known);
    if (status != KERB_OK)
        return status;
    kerb_nature merged = known;
    if (!kerb_nature_merge(&merged, nature))
        return fail_differs(ctx, import, source, category, known, nature);
    if (merged.kind == known.kind && merged.origin == known.origin)
        return KERB_OK;
    sqlite3_bind_int64(import->set_kind, 1, source_id);
    sqlite3_bind_int64(import->set_kind, 2, category_id);
    kerb_store__bind_text(import->set_kind, 3, kerb_kind_name(merged.kind));
    kerb_store__bind_text(import->set_kind, 4, kerb_origin_name(merged.origin));
    return kerb_store__step(ctx, import->store, import->set_kind);
}

/* ------------------------------------------------------------------- about people */

kerb_status kerb_store__add_personal(kerb_ctx *ctx, kerb_import *import,
                                     const kerb_import_rows *rows, int64_t first_id)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < rows->n_personal; i++) {
        const kerb_import_personal *value = &rows->personal[i];
        sqlite3_bind_int64(import->insert_personal, 1, first_id + (int64_t)value->row);
        kerb_store__bind_text(import->insert_personal, 2, value->name);
        sqlite3_bind_text64(import->insert_personal, 3, value->text, value->length,
                            SQLITE_STATIC, SQLITE_UTF8);
        status = kerb_store__step(ctx, import->store, import->insert_personal);
    }
    return status;
}
