/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names as numbers during an import. A caller sees one row of numbers per kind, counted from 1;
 * the tables have ids of their own, with gaps when somebody deleted rows. A code of a small
 * area and its name are separate for callers and one row in the table, so pairs are found by
 * hashing.
 */
#include "store_internal.h"

#include <string.h>

typedef struct kerb_store__pair {
    uint32_t code, name;
    int64_t id; /* 0: free slot */
} kerb_store__pair;

static const char *const tables[KERB_NAME_KINDS] = {
    [KERB_NAME_SOURCE] = "source",
    [KERB_NAME_CATEGORY] = "category",
    [KERB_NAME_LABEL] = "label",
};

static size_t slot_of(const kerb_store__names *names, uint32_t code, uint32_t name)
{
    uint64_t key = (uint64_t)code << 32 | name;
    key = (key ^ key >> 31) *
          0x9e3779b97f4a7c15u; /* Fibonacci hashing; the table is a power of 2 */
    return (size_t)(key >> 20) & (names->n_slots - 1);
}

static kerb_store__pair *find_pair(const kerb_store__names *names, uint32_t code, uint32_t name)
{
    size_t at = slot_of(names, code, name);
    while (names->pairs[at].id != 0 &&
           (names->pairs[at].code != code || names->pairs[at].name != name))
        at = (at + 1) & (names->n_slots - 1);
    return &names->pairs[at];
}

static kerb_status keep_pair(kerb_ctx *ctx, kerb_store__names *names, uint32_t code,
                             uint32_t name, int64_t id)
{
    if (2 * (names->n_pairs + 1) > names->n_slots) {
        kerb_store__names old = *names;
        size_t n_slots = old.n_slots ? 2 * old.n_slots : 1024;
        kerb_store__pair *pairs = kerb_calloc_array(n_slots, sizeof *pairs);
        if (!pairs)
            return kerb_fail_nomem(ctx, "the area codes");
        names->pairs = pairs;
        names->n_slots = n_slots;
        for (size_t i = 0; i < old.n_slots; i++) {
            if (old.pairs[i].id != 0)
                *find_pair(names, old.pairs[i].code, old.pairs[i].name) = old.pairs[i];
        }
        kerb_free(old.pairs);
    }
    *find_pair(names, code, name) = (kerb_store__pair){code, name, id};
    names->n_pairs++;
    return KERB_OK;
}

static kerb_status keep_id(kerb_ctx *ctx, kerb_store__names *names, kerb_name_kind kind,
                           uint32_t number, int64_t id)
{
    if (number > names->capacity[kind]) {
        size_t capacity = 2 * (size_t)number + 64;
        int64_t *ids = kerb_realloc_array(names->ids[kind], capacity, sizeof *ids);
        if (!ids)
            return kerb_fail_nomem(ctx, "the names");
        names->ids[kind] = ids;
        names->capacity[kind] = capacity;
    }
    names->ids[kind][number - 1] = id;
    return KERB_OK;
}

static kerb_status load_names(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names,
                              kerb_name_kind kind)
{
    char sql[96];
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    snprintf(sql, sizeof sql, "SELECT id, name FROM %s ORDER BY id", tables[kind]);
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        uint32_t number = 0;
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        const char *text = kerb_store__column_text(stmt, 1);
        status = kerb_strings_add(ctx, names->strings[kind], text, strlen(text), &number);
        if (status == KERB_OK && number != 0)
            status = keep_id(ctx, names, kind, number, sqlite3_column_int64(stmt, 0));
    }
    sqlite3_finalize(stmt);
    if (status != KERB_OK)
        return status;
    snprintf(sql, sizeof sql, "INSERT INTO %s (name) VALUES (?)", tables[kind]);
    return kerb_store__prepare(ctx, store, sql, &names->insert[kind]);
}

static kerb_status load_pairs(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT id, code, name FROM area_code ORDER BY id", &stmt);
    while (status == KERB_OK) {
        uint32_t code = 0, name = 0;
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        const char *text = kerb_store__column_text(stmt, 1);
        status = kerb_strings_add(ctx, names->strings[KERB_NAME_AREA_CODE], text, strlen(text),
                                  &code);
        text = kerb_store__column_text(stmt, 2);
        if (status == KERB_OK)
            status = kerb_strings_add(ctx, names->strings[KERB_NAME_AREA_NAME], text,
                                      strlen(text), &name);
        if (status == KERB_OK)
            status = keep_pair(ctx, names, code, name, sqlite3_column_int64(stmt, 0));
    }
    sqlite3_finalize(stmt);
    if (status != KERB_OK)
        return status;
    return kerb_store__prepare(ctx, store, "INSERT INTO area_code (code, name) VALUES (?, ?)",
                               &names->insert_pair);
}

kerb_status kerb_store__names_init(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names)
{
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        names->strings[kind] = kerb_strings_new();
        if (!names->strings[kind])
            return kerb_fail_nomem(ctx, "the names");
    }
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        kerb_status status =
            tables[kind] ? load_names(ctx, store, names, (kerb_name_kind)kind) : KERB_OK;
        if (status != KERB_OK)
            return status;
    }
    return load_pairs(ctx, store, names);
}

void kerb_store__names_clear(kerb_store__names *names)
{
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        sqlite3_finalize(names->insert[kind]);
        kerb_strings_free(names->strings[kind]);
        kerb_free(names->ids[kind]);
    }
    sqlite3_finalize(names->insert_pair);
    kerb_free(names->pairs);
    *names = (kerb_store__names){0};
}

kerb_status kerb_store__names_add(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names,
                                  kerb_name_kind kind, const char *text, size_t length,
                                  uint32_t *out)
{
    kerb_strings *strings = names->strings[kind];
    uint32_t before = kerb_strings_count(strings), number = 0;
    kerb_status status = kerb_strings_add(ctx, strings, text, length, &number);
    if (status != KERB_OK)
        return status;
    if (number > before && tables[kind]) {
        sqlite3_bind_text64(names->insert[kind], 1, text, length, SQLITE_STATIC, SQLITE_UTF8);
        status = kerb_store__step(ctx, store, names->insert[kind]);
        if (status == KERB_OK)
            status = keep_id(ctx, names, kind, number, sqlite3_last_insert_rowid(store->db));
        if (status != KERB_OK)
            return status;
    }
    *out = number;
    return KERB_OK;
}

kerb_status kerb_store__names_add_pair(kerb_ctx *ctx, kerb_store *store,
                                       kerb_store__names *names, uint32_t code, uint32_t name,
                                       int64_t *id)
{
    if (code == 0 && name == 0) {
        *id = 0;
        return KERB_OK;
    }
    if (names->n_slots > 0) {
        const kerb_store__pair *found = find_pair(names, code, name);
        if (found->id != 0) {
            *id = found->id;
            return KERB_OK;
        }
    }
    kerb_store__bind_text(names->insert_pair, 1,
                          kerb_strings_get(names->strings[KERB_NAME_AREA_CODE], code));
    kerb_store__bind_text(names->insert_pair, 2,
                          kerb_strings_get(names->strings[KERB_NAME_AREA_NAME], name));
    kerb_status status = kerb_store__step(ctx, store, names->insert_pair);
    if (status != KERB_OK)
        return status;
    *id = sqlite3_last_insert_rowid(store->db);
    return keep_pair(ctx, names, code, name, *id);
}
