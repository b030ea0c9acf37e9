/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dated extracts, earlier versions and what was erased, for kerb_store_info(). */
#include "store_internal.h"

#include <string.h>

static void add_instant(kerb_text *json, const char *key, sqlite3_stmt *row, int column)
{
    char text[KERB_CIVIL_TEXT];
    if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        kerb_text_add_format(json, ",\"%s\":null", key);
        return;
    }
    kerb_civil_s time = sqlite3_column_int64(row, column);
    kerb_civil_format(time, time % 86400 == 0 ? KERB_PRECISION_DAY : KERB_PRECISION_SECOND,
                      text);
    if (strlen(text) > 10)
        text[10] = 'T';
    kerb_text_add_format(json, ",\"%s\":\"%s\"", key, text);
}

static kerb_status add_sources(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *sources,
                               int64_t extract_id, kerb_text *json)
{
    bool has_row = true;
    int n = 0;
    kerb_status status = KERB_OK;
    sqlite3_bind_int64(sources, 1, extract_id);
    kerb_text_add(json, ",\"sources\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, sources, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add(json, n++ ? "," : "");
        kerb_text_add_json(json, kerb_store__column_text(sources, 0));
    }
    sqlite3_reset(sources);
    kerb_text_add(json, "]");
    return status;
}

/* The figures as an import reports them. */
static void add_changes(kerb_text *json, sqlite3_stmt *row, int first)
{
    static const char *const keys[] = {"new", "changed", "unchanged", "withdrawn", "kept"};
    static const char *const keyless[] = {"new", "unchanged", "withdrawn"};
    for (int i = 0; i < 5; i++)
        kerb_text_add_format(json, ",\"%s\":%lld", keys[i],
                             (long long)sqlite3_column_int64(row, first + i));
    kerb_text_add(json, ",\"without_key\":");
    for (int i = 0; i < 3; i++)
        kerb_text_add_format(json, "%s\"%s\":%lld", i ? "," : "{", keyless[i],
                             (long long)sqlite3_column_int64(row, first + 5 + i));
    kerb_text_add(json, "}");
}

static kerb_status add_extracts(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *row = NULL, *sources = NULL;
    bool has_row = true;
    int n = 0;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT id, import_id, as_at, period_from, period_to, key_column, n_new, n_changed, "
        "n_unchanged, n_withdrawn, n_kept, n_new_without_key, n_unchanged_without_key, "
        "n_withdrawn_without_key FROM extract ORDER BY id",
        &row);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store,
                                     "SELECT s.name FROM extract_source AS x JOIN source AS s "
                                     "ON s.id = x.source_id WHERE x.extract_id = ? "
                                     "ORDER BY s.name",
                                     &sources);
    kerb_text_add(json, "\"extracts\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, row, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add_format(json, "%s{\"id\":%lld,\"import\":%lld", n++ ? "," : "",
                             (long long)sqlite3_column_int64(row, 0),
                             (long long)sqlite3_column_int64(row, 1));
        add_instant(json, "as_at", row, 2);
        add_instant(json, "from", row, 3);
        add_instant(json, "to", row, 4);
        kerb_text_add(json, ",\"key\":");
        if (sqlite3_column_type(row, 5) == SQLITE_NULL)
            kerb_text_add(json, "null");
        else
            kerb_text_add_json(json, kerb_store__column_text(row, 5));
        status = add_sources(ctx, store, sources, sqlite3_column_int64(row, 0), json);
        add_changes(json, row, 6);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "],");
    sqlite3_finalize(row);
    sqlite3_finalize(sources);
    return status;
}

kerb_status kerb_store__info_add_extracts(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *row = NULL;
    bool has_row = false;
    kerb_status status = add_extracts(ctx, store, json);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "SELECT (SELECT count(*) FROM incident_version), coalesce(sum(n_incidents), 0), "
            "coalesce(sum(n_versions), 0), coalesce(sum(n_rejects), 0), "
            "coalesce(sum(n_linked), 0) FROM forget_log",
            &row);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, store, row, &has_row);
    if (status == KERB_OK && has_row)
        kerb_text_add_format(
            json,
            "\"n_versions\":%lld,\"forgotten\":{\"incidents\":%lld,"
            "\"versions\":%lld,\"rejects\":%lld,\"linked\":%lld},",
            (long long)sqlite3_column_int64(row, 0), (long long)sqlite3_column_int64(row, 1),
            (long long)sqlite3_column_int64(row, 2), (long long)sqlite3_column_int64(row, 3),
            (long long)sqlite3_column_int64(row, 4));
    sqlite3_finalize(row);
    return status;
}
