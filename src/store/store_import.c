/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An import: one transaction from BEGIN IMMEDIATE to COMMIT, with every file and every refused
 * row written down. Rows go into the table as they come; their boxes are kept aside (8 bytes a
 * row) and become the spatial index at the end, packed when there are many, one by one when
 * there are less than 2 % of what the index holds already.
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

/* What a batch's rows must be, checked here because triggers and constraints are off for us. */
static kerb_status check_rows(kerb_ctx *ctx, const kerb_import_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        double x = rows->x[i], y = rows->y[i];
        if (isnan(x) != isnan(y) || isinf(x) || isinf(y))
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: coordinates %g, %g are not a place",
                             i, x, y);
        if (rows->weight && !(rows->weight[i] >= 0.0 && isfinite(rows->weight[i])))
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: weight %g is negative or not finite",
                             i, rows->weight[i]);
        if (rows->cell_m && (rows->cell_m[i] <= 0.0 || isinf(rows->cell_m[i])))
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: a cell's side of %g m", i,
                             rows->cell_m[i]);
        if (rows->start && rows->start[i] != KERB_CIVIL_NONE &&
            (!rows->precision || rows->precision[i] < KERB_PRECISION_MONTH ||
             rows->precision[i] > KERB_PRECISION_SECOND))
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: a date without a precision", i);
        if (rows->end && rows->end[i] != KERB_CIVIL_NONE &&
            (!rows->start || rows->end[i] <= rows->start[i] ||
             rows->start[i] == KERB_CIVIL_NONE))
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: an end that is not after its start",
                             i);
    }
    for (size_t i = 0; i < rows->n_personal; i++)
        if (rows->personal[i].row >= rows->n || !rows->personal[i].name ||
            !rows->personal[i].text)
            return kerb_fail(ctx, KERB_ERR_ARG, "a personal value of no row or without a name");
    return KERB_OK;
}

/* An import that failed once cannot be committed, because a part of it is missing. */
static kerb_status keep(kerb_import *import, kerb_status status)
{
    import->failed = import->failed || status != KERB_OK;
    return status;
}

static kerb_status check_usable(kerb_ctx *ctx, const kerb_import *import)
{
    if (import->committed)
        return kerb_fail(ctx, KERB_ERR_ARG, "the import is finished already");
    if (import->failed)
        return kerb_fail(ctx, KERB_ERR_ARG, "the import failed before; it can only be dropped");
    return KERB_OK;
}

/* ------------------------------------------------------------------- beginning */

static kerb_status insert_import(kerb_ctx *ctx, kerb_import *import, const char *parameters)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, import->store, "INSERT INTO import (kerb_version, parameters) VALUES (?, ?)",
        &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, KERB_VERSION);
        kerb_store__bind_text(stmt, 2, parameters ? parameters : "{}");
        status = kerb_store__step(ctx, import->store, stmt);
    }
    if (status == KERB_OK)
        import->import_id = sqlite3_last_insert_rowid(import->store->db);
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status prepare_statements(kerb_ctx *ctx, kerb_import *import)
{
    const struct {
        sqlite3_stmt **stmt;
        const char *sql;
    } list[] = {
        {&import->insert_file,
         "INSERT INTO file (import_id, name, member, sha256, format, source, crs, operation, "
         "operation_accuracy_m, month) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        {&import->finish_file,
         "UPDATE file SET sha256 = coalesce(?2, sha256), n_read = ?3, n_loaded = ?4, "
         "n_rejected = ?5, n_without_geometry = ?6, n_without_date = ?7, n_duplicates = ?8 "
         "WHERE id = ?1"},
        {&import->insert_reason,
         "INSERT OR REPLACE INTO file_reason (file_id, reason, n) VALUES (?, ?, ?)"},
        {&import->insert_reject,
         "INSERT INTO reject (file_id, line, byte_offset, byte_length, sha256, reason, "
         "column_name, value, mapped) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"},
        /* ?2 0: of any import */
        {&import->find_file,
         "SELECT 1 FROM file WHERE sha256 = ?1 AND (?2 = 0 OR import_id = ?2) LIMIT 1"},
        {&import->find_kind,
         "SELECT kind, origin FROM category_kind WHERE source_id = ? AND category_id = ?"},
        {&import->set_kind,
         "INSERT OR REPLACE INTO category_kind (source_id, category_id, kind, origin) "
         "VALUES (?, ?, ?, ?)"},
        {&import->insert_personal,
         "INSERT INTO incident_personal (incident_id, name, value) VALUES (?, ?, ?)"},
    };
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof list / sizeof list[0]; i++)
        status = kerb_store__prepare(ctx, import->store, list[i].sql, list[i].stmt);
    return status;
}

static void finalize_statements(kerb_import *import)
{
    sqlite3_stmt **list[] = {
        &import->insert_rows,   &import->insert_file,   &import->finish_file,
        &import->insert_reason, &import->insert_reject, &import->find_file,
        &import->find_kind,     &import->set_kind,      &import->insert_personal};
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        sqlite3_finalize(*list[i]);
        *list[i] = NULL;
    }
    for (size_t i = 0; i < KERB_STORE__SUPERSEDE_STEPS; i++) {
        sqlite3_finalize(import->supersede[i]);
        import->supersede[i] = NULL;
    }
    for (size_t i = 0; i < KERB_STORE__LINKED_STATEMENTS; i++) {
        sqlite3_finalize(import->linked[i]);
        import->linked[i] = NULL;
    }
}

kerb_status kerb_import_begin(kerb_ctx *ctx, kerb_store *store, const char *parameters,
                              kerb_import **out)
{
    int64_t last_id = 0, n_indexed = 0, has_linked = 0;
    kerb_import *import = kerb_calloc_array(1, sizeof *import);
    if (!import)
        return kerb_fail_nomem(ctx, "an import");
    kerb_status status = kerb_store__begin(ctx, store);
    if (status != KERB_OK)
        goto done;
    import->store = store;
    status = kerb_store__query_int(ctx, store, "SELECT max(id) FROM incident", 0, &last_id);
    if (status == KERB_OK)
        status = kerb_store__query_int(
            ctx, store, "SELECT count(*) FROM idx_incident_geom_rowid", 0, &n_indexed);
    if (status == KERB_OK)
        status =
            kerb_store__query_int(ctx, store,
                                  "SELECT EXISTS (SELECT 1 FROM collision) OR EXISTS (SELECT 1 "
                                  "FROM vehicle) OR EXISTS (SELECT 1 FROM casualty)",
                                  0, &has_linked);
    if (status == KERB_OK && (last_id < 0 || last_id > INT64_MAX / 2))
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "%s: no number is left for new incidents",
                           store->path);
    if (status != KERB_OK)
        goto done;
    import->first_id = last_id + 1;
    import->n_before = store->output ? 0 : -1;
    import->n_indexed = n_indexed;
    import->has_linked = has_linked != 0;
    status = insert_import(ctx, import, parameters);
    if (status == KERB_OK)
        status = prepare_statements(ctx, import);
    if (status == KERB_OK)
        status = kerb_store__names_init(ctx, store, &import->names);
    if (status != KERB_OK)
        goto done;
    *out = import;
    import = NULL;
done:
    kerb_import_free(import);
    return status;
}

/* ------------------------------------------------------------- files and rejects */

kerb_status kerb_import_has_file(kerb_ctx *ctx, kerb_import *import, const char *sha256,
                                 bool *out)
{
    bool has_row = false;
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    kerb_store__bind_text(import->find_file, 1, sha256);
    /* an extract in which nothing changed has the bytes of the one before */
    sqlite3_bind_int64(import->find_file, 2, import->extract_id ? import->import_id : 0);
    status = kerb_store__step_row(ctx, import->store, import->find_file, &has_row);
    sqlite3_reset(import->find_file);
    sqlite3_clear_bindings(import->find_file);
    if (status == KERB_OK)
        *out = has_row;
    return status;
}

kerb_status kerb_import_add_file(kerb_ctx *ctx, kerb_import *import,
                                 const kerb_import_file *file, int64_t *file_id)
{
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    if (!file->name || file->name[0] == '/')
        return kerb_fail(ctx, KERB_ERR_ARG, "a file needs a name below the input, not '%s'",
                         file->name ? file->name : "");
    sqlite3_stmt *stmt = import->insert_file;
    sqlite3_bind_int64(stmt, 1, import->import_id);
    kerb_store__bind_text(stmt, 2, file->name);
    kerb_store__bind_text(stmt, 3, file->member);
    kerb_store__bind_text(stmt, 4, file->sha256);
    kerb_store__bind_text(stmt, 5, file->format);
    kerb_store__bind_text(stmt, 6, file->source);
    kerb_store__bind_text(stmt, 7, file->crs_id);
    kerb_store__bind_text(stmt, 8, file->operation);
    if (isfinite(file->operation_accuracy_m))
        sqlite3_bind_double(stmt, 9, file->operation_accuracy_m);
    if (file->month >= 0)
        sqlite3_bind_int(stmt, 10, file->month);
    status = kerb_store__step(ctx, import->store, stmt);
    if (status == KERB_OK)
        *file_id = sqlite3_last_insert_rowid(import->store->db);
    return keep(import, status);
}

kerb_status kerb_import_finish_file(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                    const char *sha256, const kerb_import_counts *counts)
{
    size_t n_reasons = 0;
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    if (counts->read != counts->loaded + counts->rejected)
        return keep(import,
                    kerb_fail(ctx, KERB_ERR_ARG,
                              "rows read (%llu) are not loaded (%llu) + rejected (%llu)",
                              (unsigned long long)counts->read,
                              (unsigned long long)counts->loaded,
                              (unsigned long long)counts->rejected));
    sqlite3_stmt *stmt = import->finish_file;
    sqlite3_bind_int64(stmt, 1, file_id);
    kerb_store__bind_text(stmt, 2, sha256);
    sqlite3_bind_int64(stmt, 3, (int64_t)counts->read);
    sqlite3_bind_int64(stmt, 4, (int64_t)counts->loaded);
    sqlite3_bind_int64(stmt, 5, (int64_t)counts->rejected);
    sqlite3_bind_int64(stmt, 6, (int64_t)counts->without_geometry);
    sqlite3_bind_int64(stmt, 7, (int64_t)counts->without_date);
    sqlite3_bind_int64(stmt, 8, (int64_t)counts->duplicates);
    status = kerb_store__step(ctx, import->store, stmt);
    if (status == KERB_OK && sqlite3_changes(import->store->db) != 1)
        status = kerb_fail(ctx, KERB_ERR_ARG, "there is no file %lld in this import",
                           (long long)file_id);
    const kerb_tally_entry *reasons = kerb_tally_entries(counts->by_reason, &n_reasons);
    for (size_t i = 0; status == KERB_OK && i < n_reasons; i++) {
        if (reasons[i].count == 0)
            continue;
        sqlite3_bind_int64(import->insert_reason, 1, file_id);
        kerb_store__bind_text(import->insert_reason, 2, reasons[i].name);
        sqlite3_bind_int64(import->insert_reason, 3, (int64_t)reasons[i].count);
        status = kerb_store__step(ctx, import->store, import->insert_reason);
    }
    return keep(import, status);
}

kerb_status kerb_import_add_reject(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                   const kerb_import_reject *reject)
{
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    if (!reject->reason || !reject->reason[0])
        return kerb_fail(ctx, KERB_ERR_ARG, "a rejected row needs a reason");
    sqlite3_stmt *stmt = import->insert_reject;
    sqlite3_bind_int64(stmt, 1, file_id);
    if (reject->line > 0)
        sqlite3_bind_int64(stmt, 2, reject->line);
    if (reject->byte_offset >= 0)
        sqlite3_bind_int64(stmt, 3, reject->byte_offset);
    if (reject->byte_length >= 0)
        sqlite3_bind_int64(stmt, 4, reject->byte_length);
    kerb_store__bind_text(stmt, 5, reject->sha256);
    kerb_store__bind_text(stmt, 6, reject->reason);
    kerb_store__bind_text(stmt, 7, reject->column);
    kerb_store__bind_text(stmt, 8, reject->value);
    kerb_store__bind_text(stmt, 9, reject->mapped);
    return keep(import, kerb_store__step(ctx, import->store, stmt));
}

/* ---------------------------------------------------------------- names and rows */

kerb_status kerb_import_add_name(kerb_ctx *ctx, kerb_import *import, kerb_name_kind kind,
                                 const char *text, size_t length, uint32_t *out)
{
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    if ((unsigned)kind >= KERB_NAME_KINDS)
        return kerb_fail(ctx, KERB_ERR_ARG, "there is no kind of name %d", (int)kind);
    return keep(import, kerb_store__names_add(ctx, import->store, &import->names, kind, text,
                                              length, out));
}

kerb_status kerb_import_set_kind(kerb_ctx *ctx, kerb_import *import, uint32_t source,
                                 uint32_t category, kerb_nature nature)
{
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK ||
        (nature.kind == KERB_KIND_OTHER && nature.origin == KERB_ORIGIN_UNKNOWN))
        return status;
    return keep(import, kerb_store__set_kind(ctx, import, source, category, nature));
}

static kerb_status find_ids(kerb_ctx *ctx, kerb_import *import, const kerb_import_rows *rows,
                            kerb_name_kind kind, int64_t *ids)
{
    const uint32_t *numbers = rows->names[kind];
    uint32_t n_names = kerb_strings_count(import->names.strings[kind]);
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t number = numbers ? numbers[i] : 0;
        if (number > n_names)
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: there is no name %u", i, number);
        ids[i] = number ? import->names.ids[kind][number - 1] : 0;
    }
    return KERB_OK;
}

static kerb_status find_pair_ids(kerb_ctx *ctx, kerb_import *import,
                                 const kerb_import_rows *rows, int64_t *ids)
{
    const uint32_t *codes = rows->names[KERB_NAME_AREA_CODE];
    const uint32_t *names = rows->names[KERB_NAME_AREA_NAME];
    uint32_t n_codes = kerb_strings_count(import->names.strings[KERB_NAME_AREA_CODE]);
    uint32_t n_names = kerb_strings_count(import->names.strings[KERB_NAME_AREA_NAME]);
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < rows->n; i++) {
        uint32_t code = codes ? codes[i] : 0, name = names ? names[i] : 0;
        if (code > n_codes || name > n_names)
            return kerb_fail(ctx, KERB_ERR_ARG, "row %zu: there is no name %u", i,
                             code > n_codes ? code : name);
        status =
            kerb_store__names_add_pair(ctx, import->store, &import->names, code, name, &ids[i]);
    }
    return status;
}

/* ------------------------------------------------------------------- rows into SQL */

/* Columns that a batch may lack altogether. Left out of the statement they are NULL all the
 * same, and SQLite does not ask for each value of a million rows. The id is left to SQLite when
 * it would choose the same one, the next: then it appends without a search. Not so when the
 * newest incident before was superseded. */
enum {
    REFERENCE = 1,
    LABEL = 2,
    AREA_CODE = 4,
    WEIGHT = 8,
    REASON = 16,
    ID = 32,
    END = 64,
    RECORDED = 128,
    CELL = 256,
    EXTRACT = 512
};
static const struct {
    unsigned bit;
    const char *name;
} spare_columns[] = {{REFERENCE, "reference"},
                     {LABEL, "label_id"},
                     {AREA_CODE, "area_code_id"},
                     {WEIGHT, "weight"},
                     {REASON, "no_geometry_reason"},
                     {ID, "id"},
                     {END, "time_end"},
                     {RECORDED, "recorded"},
                     {CELL, "cell_m"},

                     {EXTRACT, "extract_id"}};

static bool has_id(const int64_t *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ids[i] > 0)
            return true;
    return false;
}

static bool has_time(const kerb_civil_s *column, size_t n)
{
    for (size_t i = 0; column && i < n; i++)
        if (column[i] != KERB_CIVIL_NONE)
            return true;
    return false;
}

static bool has_unlocated(const kerb_import_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        if (isnan(rows->x[i]))
            return true;
    return false;
}

static kerb_status find_columns(kerb_ctx *ctx, const kerb_import *import,
                                const kerb_import_rows *rows, int64_t first_id, unsigned *out)
{
    unsigned columns = 0;
    int64_t last_id = 0;
    kerb_status status =
        kerb_store__query_int(ctx, import->store, "SELECT max(id) FROM incident", 0, &last_id);
    if (status != KERB_OK)
        return status;
    columns |= last_id + 1 != first_id ? ID : 0;
    columns |= rows->reference ? REFERENCE : 0;
    columns |= has_id(import->row_ids[KERB_STORE__LABEL], rows->n) ? LABEL : 0;
    columns |= has_id(import->row_ids[KERB_STORE__AREA_CODE], rows->n) ? AREA_CODE : 0;
    columns |= rows->weight ? WEIGHT : 0;
    columns |= rows->cell_m ? CELL : 0;
    columns |= rows->no_geometry_reason && has_unlocated(rows) ? REASON : 0;
    columns |= has_time(rows->end, rows->n) ? END : 0;
    columns |= has_time(rows->recorded, rows->n) ? RECORDED : 0;
    columns |= import->extract_id ? EXTRACT : 0;
    *out = columns;
    return KERB_OK;
}

/* The statement for these columns; the next batch mostly has the same. */
static kerb_status prepare_rows(kerb_ctx *ctx, kerb_import *import, unsigned columns)
{
    if (import->insert_rows && import->columns == columns)
        return KERB_OK;
    kerb_text names = {0}, sql = {0};
    char *text = NULL;
    sqlite3_finalize(import->insert_rows);
    import->insert_rows = NULL;
    kerb_text_add(&names, "source_id, category_id, start, precision, file_id, line, geom");
    for (size_t i = 0; i < sizeof spare_columns / sizeof spare_columns[0]; i++)
        if (columns & spare_columns[i].bit)
            kerb_text_add_format(&names, ", %s", spare_columns[i].name);
    if (!names.failed)
        kerb_text_add_format(&sql, "INSERT INTO incident (%s) SELECT %s FROM kerb_rows",
                             names.data, names.data);
    kerb_status status =
        names.failed ? kerb_fail_nomem(ctx, "a statement") : kerb_text_take(ctx, &sql, &text);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, import->store, text, &import->insert_rows);
    import->columns = columns;
    kerb_free(text);
    kerb_text_clear(&names);
    return status;
}

static kerb_status make_room(kerb_ctx *ctx, kerb_import *import, size_t n)
{
    if (n <= import->row_capacity)
        return KERB_OK;
    for (int kind = 0; kind < KERB_STORE__ID_KINDS; kind++) {
        int64_t *ids = kerb_realloc_array(import->row_ids[kind], n, sizeof *ids);
        if (!ids)
            return kerb_fail_nomem(ctx, "a batch of rows");
        import->row_ids[kind] = ids;
    }
    import->row_capacity = n;
    return KERB_OK;
}

kerb_status kerb_import_add_rows(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                 const kerb_import_rows *rows)
{
    kerb_status status = check_usable(ctx, import);
    if (status == KERB_OK)
        status = kerb_check_cancel(ctx);
    if (status == KERB_OK)
        status = check_rows(ctx, rows);
    if (status != KERB_OK || rows->n == 0)
        return status;

    kerb_store *store = import->store;
    kerb_store__rows_feed *feed = store->feed;
    status = make_room(ctx, import, rows->n);
    if (status == KERB_OK)
        status =
            find_ids(ctx, import, rows, KERB_NAME_SOURCE, import->row_ids[KERB_STORE__SOURCE]);
    if (status == KERB_OK)
        status = find_ids(ctx, import, rows, KERB_NAME_CATEGORY,
                          import->row_ids[KERB_STORE__CATEGORY]);
    if (status == KERB_OK)
        status =
            find_ids(ctx, import, rows, KERB_NAME_LABEL, import->row_ids[KERB_STORE__LABEL]);
    if (status == KERB_OK)
        status = find_pair_ids(ctx, import, rows, import->row_ids[KERB_STORE__AREA_CODE]);
    int64_t first_id = import->first_id + (int64_t)import->points.n;
    unsigned columns = 0;
    if (status == KERB_OK)
        status = find_columns(ctx, import, rows, first_id, &columns);
    if (status == KERB_OK)
        status = prepare_rows(ctx, import, columns);
    if (status != KERB_OK)
        return keep(import, status);

    feed->rows = rows;
    for (int kind = 0; kind < KERB_STORE__ID_KINDS; kind++)
        feed->name_ids[kind] = import->row_ids[kind];
    feed->first_id = first_id;
    feed->file_id = file_id;
    feed->extract_id = import->extract_id;
    feed->srid = store->srid;
    status = kerb_store__step(ctx, store, import->insert_rows);
    feed->rows = NULL;
    if (status == KERB_OK)
        status = kerb_store__add_personal(ctx, import, rows, first_id);
    for (size_t i = 0; status == KERB_OK && i < rows->n; i++)
        status = kerb_store__points_add(ctx, &import->points, first_id + (int64_t)i, rows->x[i],
                                        rows->y[i]);
    return keep(import, status);
}

/* ---------------------------------------------------------------------- the end */

static kerb_status bring_index_up_to_date(kerb_ctx *ctx, kerb_import *import)
{
    const kerb_store__points *points = &import->points;
    if (import->must_repack) {
        kerb_store__points_clear(&import->points);
        return kerb_store__repack_index(ctx, import->store);
    }
    if (points->n_located == 0)
        return KERB_OK;
    if (import->n_indexed == 0)
        return kerb_store__pack_index(ctx, import->store, points);
    /* an insert costs about as much as packing 50 rows */
    if (points->n_located < (uint64_t)import->n_indexed / 50)
        return kerb_store__insert_index(ctx, import->store, points);
    kerb_store__points_clear(&import->points); /* the scan keeps its own */
    return kerb_store__repack_index(ctx, import->store);
}

static kerb_status count_rows(kerb_ctx *ctx, const kerb_import *import, int64_t *out)
{
    if (import->n_before < 0) /* reads the whole table: not when a scan has counted it */
        return kerb_store__query_int(ctx, import->store, "SELECT count(*) FROM incident", 0,
                                     out);
    *out = import->n_before - import->n_superseded + (int64_t)import->points.n;
    return KERB_OK;
}

kerb_status kerb_import_commit(kerb_ctx *ctx, kerb_import *import)
{
    int64_t n_rows = 0;
    kerb_status status = check_usable(ctx, import);
    if (status != KERB_OK)
        return status;
    if (import->extract_id && !import->is_reconciled)
        return kerb_fail(ctx, KERB_ERR_ARG, "the extract was not compared with the store");
    status = count_rows(ctx, import, &n_rows);
    if (status == KERB_OK)
        status = bring_index_up_to_date(ctx, import);
    if (status == KERB_OK)
        status = kerb_store__write_statistics(ctx, import->store, "incident", "incident_view",
                                              n_rows);
    if (status == KERB_OK)
        status = kerb_check_cancel(ctx);
    if (status == KERB_OK && sqlite3_get_autocommit(import->store->db)) /* rolled back unseen */
        status = kerb_fail(ctx, KERB_ERR_DB, "%s: the import was undone", import->store->path);
    if (status != KERB_OK)
        return keep(import, status);
    /* a new store is closed and opened again when it gets its name: no statement may be open */
    finalize_statements(import);
    kerb_store__names_clear(&import->names);
    status = keep(import, kerb_store__commit(ctx, import->store));
    import->committed = status == KERB_OK;
    return status;
}

void kerb_import_free(kerb_import *import)
{
    if (!import)
        return;
    finalize_statements(import);
    kerb_store__names_clear(&import->names);
    if (import->store && !import->committed)
        kerb_store__rollback(import->store);
    kerb_store__points_clear(&import->points);
    kerb_free(import->kept);
    for (int kind = 0; kind < KERB_STORE__ID_KINDS; kind++)
        kerb_free(import->row_ids[kind]);
    kerb_free(import);
}
