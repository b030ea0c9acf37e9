/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_STORE_SCENE_H
#define KERB_TEST_STORE_SCENE_H

/**
 * Small stores for tests: a store with n invented incidents, and a second pair of eyes on the
 * file (a SpatiaLite connection of its own, with triggers on, as QGIS has it).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "near.h"
#include "scratch.h"
#include "store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/** A test with a folder of its own, for the list in main(). */
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

typedef struct scene_rows {
    size_t n;
    double *x, *y;
    kerb_civil_s *start;
    uint8_t *precision;
    uint32_t *names[KERB_NAME_KINDS];
    int64_t *line;
    char (*text)[32];
    const char **reference;
    uint32_t *reference_length;
} scene_rows;

static inline uint64_t scene_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline double scene_uniform(uint64_t *state)
{
    return (double)(scene_random(state) >> 11) * 0x1p-53;
}

#define assert_ok(ctx, call)                                                                   \
    do {                                                                                       \
        kerb_status ok_ = (call);                                                              \
        if (ok_ != KERB_OK)                                                                    \
            fail_msg("%s: %s", kerb_status_name(ok_), kerb_ctx_message(ctx));                  \
    } while (0)

/** The message of the last failure contains a piece, and is one line without SQL. */
static inline void assert_message(kerb_ctx *ctx, const char *piece)
{
    const char *message = kerb_ctx_message(ctx);
    if (!strstr(message, piece))
        fail_msg("'%s' is not in the message '%s'", piece, message);
    assert_null(strchr(message, '\n'));
    assert_null(strstr(message, "SELECT"));
    assert_null(strstr(message, "INSERT"));
}

static inline kerb_crs *scene_crs(kerb_ctx *ctx, const char *id)
{
    kerb_crs *crs = NULL;
    assert_ok(ctx, kerb_crs_new(ctx, id, &crs));
    return crs;
}

/** Open for writing in British National Grid. */
static inline kerb_store *scene_open(kerb_ctx *ctx, const char *path)
{
    kerb_store *store = NULL;
    kerb_crs *crs = scene_crs(ctx, "EPSG:27700");
    assert_ok(ctx, kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store));
    kerb_crs_free(crs);
    return store;
}

static inline kerb_store *scene_open_read(kerb_ctx *ctx, const char *path)
{
    kerb_store *store = NULL;
    assert_ok(ctx, kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store));
    return store;
}

static inline scene_rows *scene_rows_new(size_t n, uint64_t seed)
{
    scene_rows *rows = calloc(1, sizeof *rows);
    size_t m = n + 1;
    rows->n = n;
    rows->x = calloc(m, sizeof *rows->x);
    rows->y = calloc(m, sizeof *rows->y);
    rows->start = calloc(m, sizeof *rows->start);
    rows->precision = calloc(m, sizeof *rows->precision);
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        rows->names[kind] = calloc(m, sizeof **rows->names);
    rows->line = calloc(m, sizeof *rows->line);
    rows->text = calloc(m, sizeof *rows->text);
    rows->reference = calloc(m, sizeof *rows->reference);
    rows->reference_length = calloc(m, sizeof *rows->reference_length);
    for (size_t i = 0; i < n; i++) {
        rows->x[i] = 430000.0 + 50000.0 * scene_uniform(&seed);
        rows->y[i] = 280000.0 + 50000.0 * scene_uniform(&seed);
        rows->start[i] = 1583020800 + (int64_t)(86400.0 * 30.0 * scene_uniform(&seed));
        rows->precision[i] = KERB_PRECISION_MINUTE;
        rows->line[i] = (int64_t)i + 2;
        snprintf(rows->text[i], sizeof rows->text[i], "R%08zu", i);
        rows->reference[i] = rows->text[i];
        rows->reference_length[i] = (uint32_t)strlen(rows->text[i]);
    }
    return rows;
}

static inline void scene_rows_free(scene_rows *rows)
{
    free(rows->x);
    free(rows->y);
    free(rows->start);
    free(rows->precision);
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        free(rows->names[kind]);
    free(rows->line);
    free(rows->text);
    free(rows->reference);
    free(rows->reference_length);
    free(rows);
}

static inline kerb_import_rows scene_columns(const scene_rows *rows)
{
    kerb_import_rows columns = {.n = rows->n,
                                .x = rows->x,
                                .y = rows->y,
                                .start = rows->start,
                                .precision = rows->precision,
                                .line = rows->line,
                                .reference = rows->reference,
                                .reference_length = rows->reference_length};
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        columns.names[kind] = rows->names[kind];
    return columns;
}

/** Give rows names: one source, three categories, four small areas, five streets. */
static inline kerb_status scene_add_names(kerb_ctx *ctx, kerb_import *import, scene_rows *rows)
{
    static const uint32_t counts[KERB_NAME_KINDS] = {[KERB_NAME_SOURCE] = 1,
                                                     [KERB_NAME_CATEGORY] = 3,
                                                     [KERB_NAME_AREA_CODE] = 4,
                                                     [KERB_NAME_AREA_NAME] = 4,
                                                     [KERB_NAME_LABEL] = 5};
    static const char *const words[KERB_NAME_KINDS] = {"Force", "Category", "E0100", "Area",
                                                       "On or near Street"};
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        for (size_t i = 0; i < rows->n; i++) {
            char text[40];
            int n = snprintf(text, sizeof text, "%s %zu", words[kind], i % counts[kind]);
            kerb_status status = kerb_import_add_name(ctx, import, (kerb_name_kind)kind, text,
                                                      (size_t)n, &rows->names[kind][i]);
            if (status != KERB_OK)
                return status;
        }
    }
    return KERB_OK;
}

/** A whole import of one file with these rows; its status. */
static inline kerb_status scene_try_import(kerb_ctx *ctx, kerb_store *store,
                                           const char *file_name, int month, scene_rows *rows)
{
    kerb_import *import = NULL;
    int64_t file_id = 0;
    uint64_t n_without = 0, n_undated = 0;
    kerb_tally *tally = NULL;
    kerb_status status = kerb_import_begin(ctx, store, "{\"format\":\"test\"}", &import);
    kerb_import_file file = {.name = file_name,
                             .format = "delimited",
                             .source = "Force 0",
                             .crs_id = "EPSG:27700",
                             .operation = "none needed",
                             .operation_accuracy_m = 0.0,
                             .month = month};
    if (status == KERB_OK)
        status = kerb_import_add_file(ctx, import, &file, &file_id);
    if (status == KERB_OK)
        status = scene_add_names(ctx, import, rows);
    kerb_import_rows columns = scene_columns(rows);
    if (status == KERB_OK)
        status = kerb_import_add_rows(ctx, import, file_id, &columns);
    for (size_t i = 0; i < rows->n; i++) {
        n_without += isnan(rows->x[i]) ? 1 : 0;
        n_undated += rows->start[i] == KERB_CIVIL_NONE ? 1 : 0;
    }
    tally = status == KERB_OK ? kerb_tally_new() : NULL;
    if (status == KERB_OK && !tally)
        status = kerb_fail(ctx, KERB_ERR_NOMEM, "out of memory");
    if (status == KERB_OK && n_without)
        status = kerb_tally_add(ctx, tally, "no_coordinates", n_without);
    kerb_import_counts counts = {.read = rows->n,
                                 .loaded = rows->n,
                                 .without_geometry = n_without,
                                 .without_date = n_undated,
                                 .by_reason = tally};
    if (status == KERB_OK)
        status = kerb_import_finish_file(ctx, import, file_id, NULL, &counts);
    if (status == KERB_OK)
        status = kerb_import_commit(ctx, import);
    kerb_import_free(import);
    kerb_tally_free(tally);
    return status;
}

static inline void scene_import(kerb_ctx *ctx, kerb_store *store, const char *file_name,
                                scene_rows *rows)
{
    assert_ok(ctx, scene_try_import(ctx, store, file_name, -1, rows));
}

/** A new store with n rows. */
static inline void scene_make(kerb_ctx *ctx, const char *path, size_t n, uint64_t seed)
{
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(n, seed);
    scene_import(ctx, store, "a.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
}

/* ------------------------------------------------------- a second pair of eyes */

static inline kerb_store__spatial scene_eyes(kerb_ctx *ctx, const char *path)
{
    kerb_store__spatial eyes = {0};
    assert_ok(ctx, kerb_store__spatial_open(ctx, path, path, &eyes));
    return eyes;
}

static inline void scene_exec(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
}

/** First column of the first row as text, "" when there is none; free(). */
static inline char *scene_text(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    const char *text = "";
    if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_text(stmt, 0))
        text = (const char *)sqlite3_column_text(stmt, 0);
    char *copy = strdup(text);
    sqlite3_finalize(stmt);
    return copy;
}

static inline void assert_sql_text(sqlite3 *db, const char *sql, const char *want)
{
    char *got = scene_text(db, sql);
    assert_string_equal(got, want);
    free(got);
}

static inline void assert_sql_int(sqlite3 *db, const char *sql, int64_t want)
{
    char *got = scene_text(db, sql);
    if (strtoll(got, NULL, 10) != want || got[0] == '\0')
        fail_msg("%s gives '%s', not %lld", sql, got, (long long)want);
    free(got);
}

/** Index and file are in order by SQLite's and SpatiaLite's own checks. */
static inline void assert_index_whole(sqlite3 *db)
{
    assert_sql_text(db, "SELECT rtreecheck('idx_incident_geom')", "ok");
    assert_sql_int(db, "SELECT CheckSpatialIndex('incident', 'geom')", 1);
    assert_sql_text(db, "PRAGMA integrity_check", "ok");
}

#endif
