/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Columns in memory as tables for SQL, so that one INSERT … SELECT loads a whole batch: half
 * the time of binding and stepping an INSERT for each row.
 *
 *   kerb_rows        the incidents of a batch
 *   kerb_index_rows  row id and leaf of the packed R*Tree
 *
 * Both exist in kerb's own connection only and cannot be used from a schema. Source: SQLite,
 * "The Virtual Table Mechanism", section 2.1.2 (eponymous-only virtual tables).
 */
#include "store_internal.h"

#include <math.h>

enum rows_column {
    COL_ID,
    COL_REFERENCE,
    COL_SOURCE_ID,
    COL_CATEGORY_ID,
    COL_START,
    COL_PRECISION,
    COL_TIME_END,
    COL_RECORDED,
    COL_LABEL_ID,
    COL_AREA_CODE_ID,
    COL_WEIGHT,
    COL_FILE_ID,
    COL_EXTRACT_ID,
    COL_LINE,
    COL_NO_GEOMETRY_REASON,
    COL_GEOM,
    COL_CELL_M
};

typedef struct rows_table {
    sqlite3_vtab base;
    const kerb_store__rows_feed *feed;
} rows_table;

typedef struct rows_cursor {
    sqlite3_vtab_cursor base;
    size_t at;
    unsigned char blob[KERB_STORE__POINT_BYTES];
} rows_cursor;

static int connect_table(sqlite3 *db, void *aux, sqlite3_vtab **out, const char *sql)
{
    rows_table *table = sqlite3_malloc(sizeof *table);
    if (!table)
        return SQLITE_NOMEM;
    *table = (rows_table){.feed = aux};
    int rc = sqlite3_declare_vtab(db, sql);
    if (rc == SQLITE_OK)
        rc = sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
    if (rc != SQLITE_OK) {
        sqlite3_free(table);
        return rc;
    }
    *out = &table->base;
    return SQLITE_OK;
}

static int connect_rows(sqlite3 *db, void *aux, int argc, const char *const *argv,
                        sqlite3_vtab **out, char **error)
{
    (void)argc, (void)argv, (void)error;
    return connect_table(
        db, aux, out,
        "CREATE TABLE kerb_rows (id, reference, source_id, category_id, start, "
        "precision, time_end, recorded, label_id, area_code_id, weight, file_id, extract_id, "
        "line, "
        "no_geometry_reason, geom, cell_m)");
}

static int connect_index(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **error)
{
    (void)argc, (void)argv, (void)error;
    return connect_table(db, aux, out, "CREATE TABLE kerb_index_rows (id, node)");
}

static int disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1e6;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    rows_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    cursor->at = 0;
    *out = &cursor->base;
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

static const kerb_store__rows_feed *feed_of(const sqlite3_vtab_cursor *cursor)
{
    return ((const rows_table *)cursor->pVtab)->feed;
}

static int filter_rows(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                       sqlite3_value **argv)
{
    (void)number, (void)text, (void)argc, (void)argv;
    ((rows_cursor *)base)->at = 0;
    return SQLITE_OK;
}

static int next_row(sqlite3_vtab_cursor *base)
{
    ((rows_cursor *)base)->at++;
    return SQLITE_OK;
}

static int at_end_of_rows(sqlite3_vtab_cursor *base)
{
    const kerb_store__rows_feed *feed = feed_of(base);
    return !feed->rows || ((rows_cursor *)base)->at >= feed->rows->n;
}

static void give_id(sqlite3_context *sql, int64_t id)
{
    if (id > 0)
        sqlite3_result_int64(sql, id);
}

static void give_time(sqlite3_context *sql, const kerb_civil_s *column, size_t i)
{
    if (column && column[i] != KERB_CIVIL_NONE)
        sqlite3_result_int64(sql, column[i]);
}

/* A value that is not set is NULL. */
static int give_row_column(sqlite3_vtab_cursor *base, sqlite3_context *sql, int column)
{
    rows_cursor *cursor = (rows_cursor *)base;
    const kerb_store__rows_feed *feed = feed_of(base);
    const kerb_import_rows *rows = feed->rows;
    size_t i = cursor->at;
    bool is_dated = rows->start && rows->start[i] != KERB_CIVIL_NONE;
    switch ((enum rows_column)column) {
    case COL_ID:
        sqlite3_result_int64(sql, feed->first_id + (int64_t)i);
        break;
    case COL_REFERENCE:
        if (rows->reference && rows->reference[i])
            sqlite3_result_text64(sql, rows->reference[i], rows->reference_length[i],
                                  SQLITE_STATIC, SQLITE_UTF8);
        break;
    case COL_SOURCE_ID:
        give_id(sql, feed->name_ids[KERB_STORE__SOURCE][i]);
        break;
    case COL_CATEGORY_ID:
        give_id(sql, feed->name_ids[KERB_STORE__CATEGORY][i]);
        break;
    case COL_START:
        give_time(sql, rows->start, i);
        break;
    case COL_PRECISION:
        sqlite3_result_int(sql, is_dated ? rows->precision[i] : KERB_PRECISION_NONE);
        break;
    case COL_TIME_END:
        give_time(sql, rows->end, i);
        break;
    case COL_RECORDED:
        give_time(sql, rows->recorded, i);
        break;
    case COL_LABEL_ID:
        give_id(sql, feed->name_ids[KERB_STORE__LABEL][i]);
        break;
    case COL_AREA_CODE_ID:
        give_id(sql, feed->name_ids[KERB_STORE__AREA_CODE][i]);
        break;
    case COL_WEIGHT:
        if (rows->weight && rows->weight[i] != 1.0)
            sqlite3_result_double(sql, rows->weight[i]);
        break;
    case COL_FILE_ID:
        give_id(sql, feed->file_id);
        break;
    case COL_EXTRACT_ID:
        give_id(sql, feed->extract_id);
        break;
    case COL_LINE:
        if (rows->line)
            sqlite3_result_int64(sql, rows->line[i]);
        break;
    case COL_NO_GEOMETRY_REASON:
        if (rows->no_geometry_reason && isnan(rows->x[i]))
            sqlite3_result_text(sql, rows->no_geometry_reason[i], -1, SQLITE_STATIC);
        break;
    case COL_GEOM:
        if (!isnan(rows->x[i])) {
            kerb_store__make_point(feed->srid, rows->x[i], rows->y[i], cursor->blob);
            sqlite3_result_blob(sql, cursor->blob, sizeof cursor->blob, SQLITE_STATIC);
        }
        break;
    case COL_CELL_M: /* of a place; a row without one has no square */
        if (rows->cell_m && !isnan(rows->cell_m[i]) && !isnan(rows->x[i]))
            sqlite3_result_double(sql, rows->cell_m[i]);
        break;
    }
    return SQLITE_OK;
}

static int give_row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = feed_of(base)->first_id + (int64_t)((rows_cursor *)base)->at;
    return SQLITE_OK;
}

/* ------------------------------------------------------------ rows of the index */

static void skip_unlocated(rows_cursor *cursor, const kerb_store__rows_feed *feed)
{
    while (feed->points && cursor->at < feed->points->n && feed->node_of[cursor->at] == 0)
        cursor->at++;
}

static int filter_index(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                        sqlite3_value **argv)
{
    (void)number, (void)text, (void)argc, (void)argv;
    rows_cursor *cursor = (rows_cursor *)base;
    cursor->at = 0;
    skip_unlocated(cursor, feed_of(base));
    return SQLITE_OK;
}

static int next_index(sqlite3_vtab_cursor *base)
{
    rows_cursor *cursor = (rows_cursor *)base;
    cursor->at++;
    skip_unlocated(cursor, feed_of(base));
    return SQLITE_OK;
}

static int at_end_of_index(sqlite3_vtab_cursor *base)
{
    const kerb_store__rows_feed *feed = feed_of(base);
    return !feed->points || ((rows_cursor *)base)->at >= feed->points->n;
}

static int give_index_column(sqlite3_vtab_cursor *base, sqlite3_context *sql, int column)
{
    const kerb_store__rows_feed *feed = feed_of(base);
    size_t i = ((rows_cursor *)base)->at;
    sqlite3_result_int64(sql, column == 0 ? kerb_store__points_id(feed->points, i)
                                          : (int64_t)feed->node_of[i]);
    return SQLITE_OK;
}

static int give_index_id(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = kerb_store__points_id(feed_of(base)->points, ((rows_cursor *)base)->at);
    return SQLITE_OK;
}

static const sqlite3_module rows_module = {
    .xConnect = connect_rows,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter_rows,
    .xNext = next_row,
    .xEof = at_end_of_rows,
    .xColumn = give_row_column,
    .xRowid = give_row_id,
};

static const sqlite3_module index_module = {
    .xConnect = connect_index,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter_index,
    .xNext = next_index,
    .xEof = at_end_of_index,
    .xColumn = give_index_column,
    .xRowid = give_index_id,
};

kerb_status kerb_store__register_rows(kerb_ctx *ctx, kerb_store *store)
{
    int rc = sqlite3_create_module_v2(store->db, "kerb_rows", &rows_module, store->feed, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_create_module_v2(store->db, "kerb_index_rows", &index_module, store->feed,
                                      NULL);
    return rc == SQLITE_OK ? KERB_OK
                           : kerb_store__fail(ctx, store->path, store->db, rc, "opening");
}
