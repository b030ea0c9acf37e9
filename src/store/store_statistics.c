/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Row count and extent of a layer, so that QGIS shows it at once instead of reading it all.
 *
 * The extent is taken from the root of the R*Tree: 51 boxes instead of a million points, wider
 * than the truth by a float32 step at most. SpatiaLite believes statistics that are not older
 * than the last edit it noted; since a store holds no time of day, ours bear the time of that
 * edit.
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

static float get_float(const unsigned char *at)
{
    uint32_t bits =
        (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static kerb_box read_root_box(const unsigned char *root, size_t n_bytes)
{
    kerb_box box = kerb_box_make_empty();
    if (!root || n_bytes < 4)
        return box;
    size_t n_cells = (size_t)root[2] << 8 | root[3];
    for (size_t i = 0; i < n_cells && 4 + 24 * (i + 1) <= n_bytes; i++) {
        const unsigned char *cell = root + 4 + 24 * i;
        kerb_box one = {(double)get_float(cell + 8), (double)get_float(cell + 16),
                        (double)get_float(cell + 12), (double)get_float(cell + 20)};
        box = kerb_box_make_union(box, one);
    }
    return box;
}

static kerb_status write_row(kerb_ctx *ctx, kerb_store *store, const char *sql,
                             const char *name, const char *table, int64_t n_rows, kerb_box box)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, name);
        kerb_store__bind_text(stmt, 2, table);
        sqlite3_bind_int64(stmt, 3, n_rows);
        if (!kerb_box_is_empty(box)) {
            sqlite3_bind_double(stmt, 4, box.xmin);
            sqlite3_bind_double(stmt, 5, box.ymin);
            sqlite3_bind_double(stmt, 6, box.xmax);
            sqlite3_bind_double(stmt, 7, box.ymax);
        }
        status = kerb_store__step(ctx, store, stmt);
    }
    sqlite3_finalize(stmt);
    return status;
}

#define SET_STATISTICS                                                                         \
    " SET last_verified = (SELECT max(last_insert, last_update, last_delete) "                 \
    "FROM geometry_columns_time WHERE f_table_name = ?2), row_count = ?3, extent_min_x = ?4, " \
    "extent_min_y = ?5, extent_max_x = ?6, extent_max_y = ?7 "

kerb_status kerb_store__write_statistics(kerb_ctx *ctx, kerb_store *store, const char *table,
                                         const char *view, int64_t n_rows)
{
    char sql[96];
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    kerb_box box = kerb_box_make_empty();
    snprintf(sql, sizeof sql, "SELECT data FROM idx_%s_geom_node WHERE nodeno = 1", table);
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    if (status == KERB_OK && has_row)
        box =
            read_root_box(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        status = write_row(ctx, store,
                           "UPDATE geometry_columns_statistics" SET_STATISTICS
                           "WHERE f_table_name = ?1",
                           table, table, n_rows, box);
    if (status == KERB_OK)
        status = write_row(ctx, store,
                           "UPDATE views_geometry_columns_statistics" SET_STATISTICS
                           "WHERE view_name = ?1",
                           view, table, n_rows, box);
    return status;
}
