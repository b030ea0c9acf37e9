/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * References across imports: the same crime appears again in a later month's file, and the
 * later one counts. The earlier incident becomes a rejected row of its own file, so that each
 * file's figures still add up to the rows that were read from it.
 */
#include "store_internal.h"

#include <string.h>

/* The files' months and the sources' names by id: two joins less for each of a million rows. */
typedef struct by_id {
    size_t n, capacity;
    int64_t *ids;
    int *months;
    char **names;
} by_id;

static void clear_by_id(by_id *list)
{
    for (size_t i = 0; i < list->n; i++)
        kerb_free(list->names[i]);
    kerb_free(list->ids);
    kerb_free(list->months);
    kerb_free(list->names);
}

static bool grow_by_id(by_id *list)
{
    size_t capacity = list->capacity ? 2 * list->capacity : 64;
    int64_t *ids = kerb_realloc_array(list->ids, capacity, sizeof *ids);
    list->ids = ids ? ids : list->ids;
    int *months = kerb_realloc_array(list->months, capacity, sizeof *months);
    list->months = months ? months : list->months;
    char **names = kerb_realloc_array(list->names, capacity, sizeof *names);
    list->names = names ? names : list->names;
    if (!ids || !months || !names)
        return false;
    list->capacity = capacity;
    return true;
}

/* `sql` gives id, month and name in order of id. */
static kerb_status read_by_id(kerb_ctx *ctx, kerb_store *store, const char *sql, by_id *list)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        char *name = kerb_text_copy(kerb_store__column_text(stmt, 2));
        if (!name || (list->n == list->capacity && !grow_by_id(list))) {
            kerb_free(name);
            status = kerb_fail_nomem(ctx, "the names");
            break;
        }
        list->ids[list->n] = sqlite3_column_int64(stmt, 0);
        list->months[list->n] = sqlite3_column_int(stmt, 1);
        list->names[list->n++] = name;
    }
    sqlite3_finalize(stmt);
    return status;
}

/* Place of an id, n when it is not there; mostly that of the row before. */
static size_t find_by_id(const by_id *list, int64_t id, size_t guess)
{
    if (guess < list->n && list->ids[guess] == id)
        return guess;
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->ids[low] == id ? low : list->n;
}

static kerb_status visit_references(kerb_ctx *ctx, kerb_import *import, const by_id *files,
                                    const by_id *sources, kerb_import_reference_fn visit,
                                    void *user)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    int64_t n_seen = 0;
    size_t file = 0, source = 0;
    kerb_status status = kerb_store__prepare(
        ctx, import->store,
        "SELECT id, source_id, file_id, reference, extract_id IS NOT NULL FROM incident "
        "WHERE id < ?1 AND (?2 IS NULL OR (start >= ?2 AND start < ?3)) ORDER BY id",
        &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, import->first_id);
        if (import->extract.has_period) {
            sqlite3_bind_int64(stmt, 2, import->extract.from);
            sqlite3_bind_int64(stmt, 3, import->extract.to);
        }
    }
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        /* rows that somebody added by hand belong to no file and are never superseded */
        file = find_by_id(files, sqlite3_column_int64(stmt, 2), file);
        const char *reference = (const char *)sqlite3_column_text(stmt, 3);
        if (reference && file < files->n) {
            source = find_by_id(sources, sqlite3_column_int64(stmt, 1), source);
            status = visit(user, source < sources->n ? sources->names[source] : "", reference,
                           (size_t)sqlite3_column_bytes(stmt, 3),
                           sqlite3_column_int(stmt, 4) ? KERB_IMPORT_MONTH_DATED
                                                       : files->months[file],
                           sqlite3_column_int64(stmt, 0));
        }
        if (status == KERB_OK && ++n_seen % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK && import->n_superseded == 0 && !import->extract.has_period)
        import->n_before = n_seen;
    return status;
}

kerb_status kerb_import_each_reference(kerb_ctx *ctx, kerb_import *import,
                                       kerb_import_reference_fn visit, void *user)
{
    by_id files = {0}, sources = {0};
    kerb_status status = read_by_id(
        ctx, import->store, "SELECT id, coalesce(month, -1), '' FROM file ORDER BY id", &files);
    if (status == KERB_OK)
        status = read_by_id(ctx, import->store, "SELECT id, 0, name FROM source ORDER BY id",
                            &sources);
    if (status == KERB_OK)
        status = visit_references(ctx, import, &files, &sources, visit, user);
    clear_by_id(&files);
    clear_by_id(&sources);
    return status;
}

/* What is known of an incident, as JSON of its mapped columns. */
static void add_mapped(kerb_text *json, int srid, sqlite3_stmt *row)
{
    static const char *const names[] = {"category", "time", "label", "area_code"};
    char number[KERB_DOUBLE_TEXT];
    double x, y;
    kerb_text_add(json, "{");
    for (int i = 0; i < 4; i++) {
        if (sqlite3_column_type(row, 6 + i) == SQLITE_NULL)
            continue;
        kerb_text_add_format(json, "%s\"%s\":", json->length > 1 ? "," : "", names[i]);
        kerb_text_add_json(json, kerb_store__column_text(row, 6 + i));
    }
    if (kerb_store__read_point(srid, sqlite3_column_blob(row, 4),
                               (size_t)sqlite3_column_bytes(row, 4), &x, &y)) {
        kerb_format_double(x, number);
        kerb_text_add_format(json, "%s\"x\":%s", json->length > 1 ? "," : "", number);
        kerb_format_double(y, number);
        kerb_text_add_format(json, ",\"y\":%s", number);
    }
    kerb_text_add(json, "}");
}

/* by_reason also counts rows without coordinates, each under its reason. Rows loaded without
 * that word are taken from the only reason it can be, if there is only one. */
#define OPEN_REASONS                                                                           \
    "FROM file_reason AS r WHERE r.file_id = ?1 AND r.n > (SELECT count(*) FROM reject AS j "  \
    "WHERE j.file_id = ?1 AND j.reason = r.reason)"

#define TAKE_BACK_ONLY                                                                         \
    "UPDATE file_reason SET n = n - 1 WHERE file_id = ?1 AND n > 0 AND reason IN (SELECT "     \
    "r.reason " OPEN_REASONS ") AND 1 = (SELECT count(*) " OPEN_REASONS ")"

enum step {
    READ_INCIDENT,
    TAKE_BACK_REASON,
    TAKE_BACK_ONLY_REASON,
    CORRECT_COUNTS,
    COUNT_REASON,
    DELETE_INCIDENT,
    DELETE_PERSONAL,
    DELETE_BOX
};

static const char count_reason_sql[] =
    "INSERT INTO file_reason (file_id, reason, n) VALUES (?1, 'repeated_reference', 1) "
    "ON CONFLICT (file_id, reason) DO UPDATE SET n = n + 1";

static const char *const step_sql[KERB_STORE__SUPERSEDE_STEPS] = {
    [READ_INCIDENT] =
        "SELECT i.file_id, i.line, i.reference, i.start, i.geom, i.no_geometry_reason, c.name, "
        "substr(strftime('%Y-%m-%d %H:%M:%S', i.start, 'unixepoch'), 1, CASE i.precision "
        "WHEN 1 THEN 7 WHEN 2 THEN 10 WHEN 3 THEN 16 ELSE 19 END), l.name, a.code "
        "FROM incident AS i JOIN file AS f ON f.id = i.file_id "
        "LEFT JOIN category AS c ON c.id = i.category_id "
        "LEFT JOIN label AS l ON l.id = i.label_id "
        "LEFT JOIN area_code AS a ON a.id = i.area_code_id "
        "WHERE i.id = ?1 AND i.id < ?2",
    [TAKE_BACK_REASON] =
        "UPDATE file_reason SET n = n - 1 WHERE file_id = ?1 AND reason = ?2 AND n > 0",
    [TAKE_BACK_ONLY_REASON] = TAKE_BACK_ONLY,
    [CORRECT_COUNTS] =
        "UPDATE file SET n_loaded = n_loaded - 1, n_rejected = n_rejected + 1, n_duplicates = "
        "n_duplicates + 1, n_without_geometry = n_without_geometry - ?2, n_without_date = "
        "n_without_date - ?3 WHERE id = ?1",
    [COUNT_REASON] = count_reason_sql,
    [DELETE_INCIDENT] = "DELETE FROM incident WHERE id = ?1",
    [DELETE_PERSONAL] = "DELETE FROM incident_personal WHERE incident_id = ?1",
    [DELETE_BOX] = "DELETE FROM idx_incident_geom WHERE pkid = ?1",
};

/* The statement of a step with its first parameter bound; it stays with the import. */
static kerb_status begin_step(kerb_ctx *ctx, kerb_import *import, enum step step, int64_t id,
                              sqlite3_stmt **out)
{
    kerb_status status = KERB_OK;
    if (!import->supersede[step])
        status =
            kerb_store__prepare(ctx, import->store, step_sql[step], &import->supersede[step]);
    *out = import->supersede[step];
    if (status == KERB_OK)
        sqlite3_bind_int64(*out, 1, id);
    return status;
}

static kerb_status run_step(kerb_ctx *ctx, kerb_import *import, enum step step, int64_t id)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = begin_step(ctx, import, step, id, &stmt);
    return status == KERB_OK ? kerb_store__step(ctx, import->store, stmt) : status;
}

static kerb_status take_back_reason(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                    const char *reason)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = begin_step(
        ctx, import, reason ? TAKE_BACK_REASON : TAKE_BACK_ONLY_REASON, file_id, &stmt);
    if (status != KERB_OK)
        return status;
    if (reason)
        kerb_store__bind_text(stmt, 2, reason);
    return kerb_store__step(ctx, import->store, stmt);
}

static kerb_status correct_counts(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                  bool without_geometry, bool without_date)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = begin_step(ctx, import, CORRECT_COUNTS, file_id, &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int(stmt, 2, without_geometry);
        sqlite3_bind_int(stmt, 3, without_date);
        status = kerb_store__step(ctx, import->store, stmt);
    }
    return status == KERB_OK ? run_step(ctx, import, COUNT_REASON, file_id) : status;
}

kerb_status kerb_import_supersede(kerb_ctx *ctx, kerb_import *import, int64_t incident_id)
{
    sqlite3_stmt *row = NULL;
    bool has_row = false;
    kerb_text mapped = {0};
    char *reason = NULL;
    char value[4 * 200 + 8];
    if (import->committed || import->failed)
        return kerb_fail(ctx, KERB_ERR_ARG, "the import is finished or failed");
    kerb_status status = begin_step(ctx, import, READ_INCIDENT, incident_id, &row);
    if (status == KERB_OK) {
        sqlite3_bind_int64(row, 2, import->first_id);
        status = kerb_store__step_row(ctx, import->store, row, &has_row);
    }
    if (status == KERB_OK && !has_row) {
        sqlite3_reset(row);
        return kerb_fail(ctx, KERB_ERR_ARG, "there is no incident %lld of an earlier import",
                         (long long)incident_id);
    }
    if (status != KERB_OK)
        goto done;

    int64_t file_id = sqlite3_column_int64(row, 0);
    bool without_geometry = sqlite3_column_type(row, 4) == SQLITE_NULL;
    bool without_date = sqlite3_column_type(row, 3) == SQLITE_NULL;
    bool has_reason = sqlite3_column_type(row, 5) != SQLITE_NULL;
    const char *reference = kerb_store__column_text(row, 2);
    kerb_text_visible(reference, strlen(reference), 200, value);
    add_mapped(&mapped, import->store->srid, row);
    if (has_reason)
        reason = kerb_text_copy(kerb_store__column_text(row, 5));
    if (mapped.failed || (has_reason && !reason)) {
        status = kerb_fail_nomem(ctx, "a rejected row");
        goto done;
    }
    kerb_import_reject reject = {
        .line = sqlite3_column_int64(row, 1),
        .byte_offset = -1,
        .byte_length = -1,
        .reason = "repeated_reference",
        .column = "reference",
        .value = value,
        .mapped = mapped.data,
    };
    sqlite3_reset(row);
    if (without_geometry)
        status = take_back_reason(ctx, import, file_id, reason);
    if (status == KERB_OK)
        status = kerb_import_add_reject(ctx, import, file_id, &reject);
    if (status == KERB_OK)
        status = correct_counts(ctx, import, file_id, without_geometry, without_date);
    if (status == KERB_OK && import->has_linked)
        status = kerb_store__take_out_linked(ctx, import->store, incident_id, value);
    if (status == KERB_OK)
        status = run_step(ctx, import, DELETE_INCIDENT, incident_id);
    if (status == KERB_OK && !without_geometry)
        status = run_step(ctx, import, DELETE_BOX, incident_id);
    import->n_superseded += status == KERB_OK;
done:
    import->failed = import->failed || status != KERB_OK;
    if (row)
        sqlite3_reset(row);
    kerb_free(reason);
    kerb_text_clear(&mapped);
    return status;
}
