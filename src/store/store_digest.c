/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One number for the content of a store, whatever the numbers of its rows and names, the order
 * of its imports, or the state of its pages.
 *
 *   file     = SHA-256(its figures and reasons, its incidents in order of loading, its rejects
 *              by line)
 *   areas    = SHA-256(set, its areas in order with residents)
 *   kind     = SHA-256(source, category, kind, origin)
 *   run      = SHA-256(command, parameters, fingerprint, outputs)
 *   store    = SHA-256(crs, all of these sorted)
 *
 * Values about people and sensitive places are left out: equal digests must not confirm a guess
 * at them.
 *
 * Each value is hashed with its type and length, so that no two contents run together.
 */
#include "store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ parts */

typedef struct part {
    int64_t file_id; /* 0: not a file */
    kerb_sha256 *hash;
    char hex[65];
} part;

typedef struct part_list {
    part *parts;
    size_t n, capacity;
} part_list;

static kerb_status add_part(kerb_ctx *ctx, part_list *list, int64_t file_id)
{
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        part *grown = kerb_realloc_array(list->parts, capacity, sizeof *grown);
        if (!grown)
            return kerb_fail_nomem(ctx, "the digest");
        list->parts = grown;
        list->capacity = capacity;
    }
    list->parts[list->n] = (part){.file_id = file_id, .hash = kerb_sha256_new()};
    if (!list->parts[list->n].hash)
        return kerb_fail_nomem(ctx, "the digest");
    list->n++;
    return KERB_OK;
}

static void clear_parts(part_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        kerb_sha256_free(list->parts[i].hash);
    kerb_free(list->parts);
}

/* Part of a file; parts are in order of id. NULL when the row belongs to no known file. */
static kerb_sha256 *find_part(const part_list *list, int64_t file_id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->parts[middle].file_id < file_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->parts[low].file_id == file_id ? list->parts[low].hash : NULL;
}

/* ------------------------------------------------------------------ values */

static void add_bytes(kerb_sha256 *hash, char type, const void *bytes, size_t n)
{
    unsigned char head[9] = {(unsigned char)type};
    for (int i = 0; i < 8; i++)
        head[1 + i] = (unsigned char)((uint64_t)n >> (8 * i));
    kerb_sha256_add(hash, head, sizeof head);
    if (n)
        kerb_sha256_add(hash, bytes, n);
}

static void add_int(kerb_sha256 *hash, int64_t value)
{
    unsigned char bytes[9] = {'i'};
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (unsigned char)((uint64_t)value >> (8 * i));
    kerb_sha256_add(hash, bytes, sizeof bytes);
}

static void add_text(kerb_sha256 *hash, const char *text)
{
    add_bytes(hash, 't', text, strlen(text));
}

/* Columns [from, to) of the current row. */
static void add_columns(kerb_sha256 *hash, sqlite3_stmt *row, int from, int to)
{
    for (int i = from; i < to; i++) {
        switch (sqlite3_column_type(row, i)) {
        case SQLITE_INTEGER:
            add_int(hash, sqlite3_column_int64(row, i));
            break;
        case SQLITE_FLOAT: {
            double value = sqlite3_column_double(row, i);
            int64_t bits;
            if (value == 0.0)
                value = 0.0; /* minus zero is no other value */
            memcpy(&bits, &value, sizeof bits);
            kerb_sha256_add(hash, "f", 1);
            add_int(hash, bits);
            break;
        }
        case SQLITE_NULL:
            kerb_sha256_add(hash, "n", 1);
            break;
        default: { /* text and blob */
            const void *bytes = sqlite3_column_blob(row, i);
            add_bytes(hash, 't', bytes, (size_t)sqlite3_column_bytes(row, i));
            break;
        }
        }
    }
}

typedef kerb_status (*row_fn)(kerb_ctx *ctx, kerb_store *store, part_list *list,
                              sqlite3_stmt *row);

static kerb_status each_row(kerb_ctx *ctx, kerb_store *store, const char *sql, row_fn visit,
                            part_list *list)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    uint64_t n = 0;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        status = visit(ctx, store, list, stmt);
        if (status == KERB_OK && ++n % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    return status;
}

/* ------------------------------------------------------------ files and their rows */

static kerb_status begin_file(kerb_ctx *ctx, kerb_store *store, part_list *list,
                              sqlite3_stmt *row)
{
    (void)store;
    kerb_status status = add_part(ctx, list, sqlite3_column_int64(row, 0));
    if (status != KERB_OK)
        return status;
    add_text(list->parts[list->n - 1].hash, "file");
    add_columns(list->parts[list->n - 1].hash, row, 1, sqlite3_column_count(row));
    return KERB_OK;
}

/* A row of a file: column 0 is the file, the rest its values. Part 0 takes those without a
 * file. */
static kerb_status add_file_row(kerb_ctx *ctx, kerb_store *store, part_list *list,
                                sqlite3_stmt *row)
{
    (void)ctx, (void)store;
    kerb_sha256 *hash = find_part(list, sqlite3_column_int64(row, 0));
    if (!hash)
        hash = list->parts[0].hash;
    add_columns(hash, row, 1, sqlite3_column_count(row));
    return KERB_OK;
}

/* An incident: what came with later versions of the tables is hashed only where it is set, with
 * its name, so that stores that have none of it keep their digest. */
static kerb_status add_incident(kerb_ctx *ctx, kerb_store *store, part_list *list,
                                sqlite3_stmt *row)
{
    enum { FIRST_LATER = 16 };
    (void)ctx, (void)store;
    kerb_sha256 *hash = find_part(list, sqlite3_column_int64(row, 0));
    if (!hash)
        hash = list->parts[0].hash;
    add_columns(hash, row, 1, FIRST_LATER);
    for (int i = FIRST_LATER; i < sqlite3_column_count(row); i++)
        if (sqlite3_column_type(row, i) != SQLITE_NULL) {
            add_text(hash, sqlite3_column_name(row, i));
            add_columns(hash, row, i, i + 1);
        }
    return KERB_OK;
}

/* Collisions, vehicles and casualties, each named by its incident's source and reference. */
static kerb_status add_linked(kerb_ctx *ctx, kerb_store *store, part_list *list)
{
    static const char *const queries[] = {
        "SELECT i.file_id, 'collision', s.name, i.reference, i.line, c.n_vehicles, "
        "c.n_casualties FROM collision AS c JOIN incident AS i ON i.id = c.incident_id "
        "LEFT JOIN source AS s ON s.id = i.source_id ORDER BY i.id",
        "SELECT v.file_id, 'vehicle', s.name, i.reference, v.vehicle_reference, "
        "v.vehicle_type, v.line FROM vehicle AS v LEFT JOIN incident AS i ON i.id = "
        "v.incident_id "
        "LEFT JOIN source AS s ON s.id = i.source_id ORDER BY v.id",
        "SELECT c.file_id, 'casualty', s.name, i.reference, c.vehicle_reference, "
        "c.casualty_reference, c.class, c.severity, c.age, c.type, c.adjusted_serious, c.line "
        "FROM casualty AS c LEFT JOIN incident AS i ON i.id = c.incident_id "
        "LEFT JOIN source AS s ON s.id = i.source_id ORDER BY c.id"};
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof queries / sizeof *queries; i++)
        status = each_row(ctx, store, queries[i], add_file_row, list);
    return status;
}

static kerb_status add_files(kerb_ctx *ctx, kerb_store *store, part_list *list)
{
    kerb_status status = add_part(ctx, list, INT64_MIN);
    if (status == KERB_OK)
        status = each_row(ctx, store,
                          "SELECT f.id, i.parameters, f.name, f.member, f.sha256, f.format, "
                          "f.source, f.crs, f.operation, f.operation_accuracy_m, f.month, "
                          "f.n_read, f.n_loaded, f.n_rejected, f.n_without_geometry, "
                          "f.n_without_date, f.n_duplicates FROM file AS f "
                          "LEFT JOIN import AS i ON i.id = f.import_id ORDER BY f.id",
                          begin_file, list);
    if (status == KERB_OK)
        status = each_row(ctx, store,
                          "SELECT file_id, reason, n FROM file_reason WHERE n > 0 "
                          "ORDER BY file_id, reason",
                          add_file_row, list);
    if (status == KERB_OK)
        status = each_row(ctx, store,
                          "SELECT i.file_id, 'incident', i.reference, s.name, c.name, i.start, "
                          "i.precision, i.time_end, i.recorded, l.name, a.code, a.name, "
                          "i.weight, i.line, "
                          "i.no_geometry_reason, i.geom, i.cell_m, e.as_at FROM incident AS i "
                          "LEFT JOIN extract AS e ON e.id = i.extract_id "
                          "LEFT JOIN source AS s ON s.id = i.source_id "
                          "LEFT JOIN category AS c ON c.id = i.category_id "
                          "LEFT JOIN label AS l ON l.id = i.label_id "
                          "LEFT JOIN area_code AS a ON a.id = i.area_code_id ORDER BY i.id",
                          add_incident, list);
    if (status == KERB_OK)
        status = each_row(
            ctx, store,
            "SELECT v.file_id, 'version', v.change, e.as_at, r.as_at, v.reference, s.name, "
            "c.name, v.start, v.precision, v.time_end, v.recorded, l.name, a.code, a.name, "
            "v.weight, v.cell_m, v.line, v.no_geometry_reason, v.geom "
            "FROM incident_version AS v LEFT JOIN extract AS e ON e.id = v.extract_id "
            "LEFT JOIN extract AS r ON r.id = v.replaced_by "
            "LEFT JOIN source AS s ON s.id = v.source_id "
            "LEFT JOIN category AS c ON c.id = v.category_id "
            "LEFT JOIN label AS l ON l.id = v.label_id "
            "LEFT JOIN area_code AS a ON a.id = v.area_code_id ORDER BY v.id",
            add_file_row, list);
    if (status == KERB_OK)
        status = add_linked(ctx, store, list);
    if (status == KERB_OK)
        status =
            each_row(ctx, store,
                     "SELECT file_id, 'reject', line, byte_offset, byte_length, sha256, "
                     "reason, column_name, value, mapped FROM reject "
                     "ORDER BY file_id, line, byte_offset, reason, column_name, value, mapped",
                     add_file_row, list);
    return status;
}

/* ---------------------------------------------------------------- areas and runs */

static kerb_status add_row_part(kerb_ctx *ctx, part_list *list, const char *type,
                                sqlite3_stmt *row)
{
    kerb_status status = add_part(ctx, list, 0);
    if (status != KERB_OK)
        return status;
    add_text(list->parts[list->n - 1].hash, type);
    add_columns(list->parts[list->n - 1].hash, row, 0, sqlite3_column_count(row));
    return KERB_OK;
}

static kerb_status add_kind(kerb_ctx *ctx, kerb_store *store, part_list *list,
                            sqlite3_stmt *row)
{
    (void)store;
    return add_row_part(ctx, list, "kind", row);
}

static kerb_status add_run(kerb_ctx *ctx, kerb_store *store, part_list *list, sqlite3_stmt *row)
{
    (void)store;
    return add_row_part(ctx, list, "run", row);
}

static kerb_status add_extract(kerb_ctx *ctx, kerb_store *store, part_list *list,
                               sqlite3_stmt *row)
{
    (void)store;
    return add_row_part(ctx, list, "extract", row);
}

static kerb_status add_forgotten(kerb_ctx *ctx, kerb_store *store, part_list *list,
                                 sqlite3_stmt *row)
{
    (void)store;
    return add_row_part(ctx, list, "forgotten", row);
}

static const char extracts_sql[] =
    "SELECT e.as_at, e.period_from, e.period_to, e.key_column, e.n_new, e.n_changed, "
    "e.n_unchanged, e.n_withdrawn, e.n_kept, e.n_new_without_key, e.n_unchanged_without_key, "
    "e.n_withdrawn_without_key, (SELECT group_concat(name, char(10)) FROM (SELECT s.name "
    "FROM extract_source AS x JOIN source AS s ON s.id = x.source_id "
    "WHERE x.extract_id = e.id ORDER BY s.name)) FROM extract AS e ORDER BY e.id";

/* Rows of all sets in order of set and position; a new part where the set changes. The same
 * area comes once for each of its years. */
static kerb_status add_area(kerb_ctx *ctx, kerb_store *store, part_list *list,
                            sqlite3_stmt *row)
{
    (void)store;
    if (sqlite3_column_int(row, 0) == 1) {
        kerb_status status = add_part(ctx, list, 0);
        if (status != KERB_OK)
            return status;
        add_text(list->parts[list->n - 1].hash, "areas");
    }
    add_columns(list->parts[list->n - 1].hash, row, 1, sqlite3_column_count(row));
    return KERB_OK;
}

static const char areas_sql[] =
    "SELECT row_number() OVER (PARTITION BY s.id ORDER BY a.position, p.year), "
    "s.name, s.role, s.file_name, s.file_sha256, a.id, a.name, a.geom, p.year, p.population "
    "FROM area_set AS s LEFT JOIN area AS a ON a.set_id = s.id "
    "LEFT JOIN area_population AS p ON p.area_fid = a.fid "
    "WHERE s.role <> 'sensitive' ORDER BY s.id, a.position, p.year";

static int compare_parts(const void *left, const void *right)
{
    const part *a = left, *b = right;
    return strcmp(a->hex, b->hex);
}

kerb_status kerb_store_digest(kerb_ctx *ctx, kerb_store *store, char *hex)
{
    part_list list = {0};
    bool began = false;
    kerb_sha256 *whole = kerb_sha256_new();
    kerb_status status = whole ? kerb_store__begin_reading(ctx, store, &began)
                               : kerb_fail_nomem(ctx, "the digest");
    if (status == KERB_OK)
        status = add_files(ctx, store, &list);
    if (status == KERB_OK)
        status = each_row(ctx, store, areas_sql, add_area, &list);
    if (status == KERB_OK)
        status = each_row(ctx, store,
                          "SELECT s.name, c.name, k.kind, k.origin FROM category_kind AS k "
                          "LEFT JOIN source AS s ON s.id = k.source_id "
                          "LEFT JOIN category AS c ON c.id = k.category_id",
                          add_kind, &list);
    if (status == KERB_OK)
        status = each_row(ctx, store, extracts_sql, add_extract, &list);
    if (status == KERB_OK)
        status = each_row(ctx, store,
                          "SELECT n_incidents, n_versions, n_rejects, n_linked FROM forget_log "
                          "ORDER BY id",
                          add_forgotten, &list);
    if (status == KERB_OK)
        status = each_row(
            ctx, store, "SELECT command, parameters, fingerprint, outputs FROM run ORDER BY id",
            add_run, &list);
    kerb_store__end_reading(store, began);
    if (status != KERB_OK)
        goto done;
    for (size_t i = 0; i < list.n; i++)
        kerb_sha256_hex(list.parts[i].hash, list.parts[i].hex);
    qsort(list.parts, list.n, sizeof *list.parts, compare_parts);
    add_text(whole, "kerb store");
    add_text(whole, kerb_crs_id(store->crs));
    for (size_t i = 0; i < list.n; i++)
        add_text(whole, list.parts[i].hex);
    kerb_sha256_hex(whole, hex);
done:
    clear_parts(&list);
    kerb_sha256_free(whole);
    return status;
}
