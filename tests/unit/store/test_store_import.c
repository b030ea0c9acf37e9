/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes in comes out; what fails leaves nothing behind. */
#include "store_scene.h"

#include <unistd.h>

static void assert_same_file(const char *path, const char *bytes, size_t length)
{
    size_t now = 0;
    char *read = scratch_read(path, &now);
    assert_int_equal(now, length);
    assert_memory_equal(read, bytes, length);
    free(read);
}

static void import__rows_come_back_as_they_were(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    kerb_events *events = NULL;
    int64_t file_id = 0;
    uint32_t n[KERB_NAME_KINDS][3];
    double x[] = {430000.1, (double)NAN, -0.5}, y[] = {280000.2, (double)NAN, 1e6 + 1.0 / 3.0};
    double weight[] = {1.0, 0.0, 2.5};
    kerb_civil_s start[] = {1583020800, KERB_CIVIL_NONE, -86399};
    uint8_t precision[] = {KERB_PRECISION_MONTH, KERB_PRECISION_NONE, KERB_PRECISION_SECOND};
    kerb_civil_s end[] = {KERB_CIVIL_NONE, KERB_CIVIL_NONE, 5400};
    kerb_civil_s recorded[] = {1585699205, 1585699200, KERB_CIVIL_NONE};
    int64_t line[] = {2, 3, 5};
    const char *reference[] = {"abc", NULL, "d"};
    uint32_t reference_length[] = {3, 0, 1};
    const char *reason[] = {NULL, "no_coordinates", NULL};
    /* a label with quotes, a code with two names, a name without a code */
    static const char *const texts[KERB_NAME_KINDS][3] = {
        {"Force", "Force", "Other Force"},
        {"Burglary", "Drugs", "Burglary"},
        {"E01", "E01", ""},
        {"North", "North part", "nameless"},
        {"On or near 'High\" Street'; --", "", "Caf\xc3\xa9"},
    };
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    kerb_import_file file = {.name = "a.csv", .operation_accuracy_m = 2.5, .month = 24242};
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        for (int i = 0; i < 3; i++)
            assert_ok(ctx,
                      kerb_import_add_name(ctx, import, (kerb_name_kind)kind, texts[kind][i],
                                           strlen(texts[kind][i]), &n[kind][i]));
    assert_int_equal(n[KERB_NAME_SOURCE][0], n[KERB_NAME_SOURCE][1]);
    assert_int_equal(n[KERB_NAME_LABEL][1], 0);
    kerb_import_rows rows = {.n = 3,
                             .x = x,
                             .y = y,
                             .weight = weight,
                             .start = start,
                             .precision = precision,
                             .end = end,
                             .recorded = recorded,
                             .line = line,
                             .reference = reference,
                             .reference_length = reference_length,
                             .no_geometry_reason = reason};
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        rows.names[kind] = n[kind];
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &rows));
    kerb_import_counts counts = {
        .read = 3, .loaded = 3, .without_geometry = 1, .without_date = 1};
    assert_ok(ctx, kerb_import_finish_file(ctx, import, file_id, NULL, &counts));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);

    store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 3);
    for (size_t i = 0; i < 3; i++) {
        if (i == 1)
            assert_true(isnan(events->x[i]) && isnan(events->y[i]));
        else {
            assert_memory_equal(&events->x[i], &x[i], sizeof x[i]);
            assert_memory_equal(&events->y[i], &y[i], sizeof y[i]);
        }
        assert_memory_equal(&events->weight[i], &weight[i], sizeof weight[i]);
        assert_int_equal(events->start[i], start[i]);
        assert_int_equal(events->precision[i], precision[i]);
        assert_true(events->end[i] == end[i]);
        assert_true(events->recorded[i] == recorded[i]);
        for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
            assert_string_equal(
                kerb_events_name(events, (kerb_name_kind)kind, events->names[kind][i]),
                texts[kind][i]);
    }
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db, "SELECT time FROM incident_view WHERE id = 1", "2020-03");
    assert_sql_text(eyes.db, "SELECT time FROM incident_view WHERE id = 3",
                    "1969-12-31 00:00:01");
    assert_sql_text(eyes.db, "SELECT time_to FROM incident_view WHERE id = 3",
                    "1970-01-01 01:30");
    assert_sql_text(eyes.db, "SELECT group_concat(recorded, '|') FROM incident_view",
                    "2020-04-01 00:00:05|2020-04-01 00:00");
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident_view WHERE time_to IS NULL", 2);
    assert_sql_text(eyes.db, "SELECT area_name FROM incident_view WHERE id = 3", "nameless");
    assert_sql_text(eyes.db, "SELECT no_geometry_reason FROM incident_view WHERE id = 2",
                    "no_coordinates");
    assert_sql_int(eyes.db, "SELECT weight IS NULL FROM incident WHERE id = 1", 1);
    assert_sql_int(eyes.db, "SELECT month FROM file", 24242);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void import__names_are_shared_by_imports(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 20, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "UPDATE incident SET category_id = NULL WHERE category_id = 2;"
                        "DELETE FROM category WHERE id = 2"); /* a gap */
    kerb_store__spatial_close(&eyes);
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(20, 2);
    scene_import(ctx, store, "b.csv", rows);
    kerb_store_close(store);
    scene_rows_free(rows);
    eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM category", 3);
    assert_sql_int(eyes.db, "SELECT count(*) FROM label", 5);
    assert_sql_int(eyes.db, "SELECT count(*) FROM area_code", 4);
    /* rows 1, 4, 7, … of the second file are of category 1 again */
    assert_sql_int(eyes.db,
                   "SELECT count(*) FROM incident_view WHERE file = 'b.csv' AND category = "
                   "'Category 1'",
                   7);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void import__rows_that_are_no_place_are_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = scene_open(ctx, scratch_path(*state, "a.sqlite"));
    kerb_import *import = NULL;
    scene_rows *rows = scene_rows_new(3, 1);
    kerb_import_rows columns = scene_columns(rows);
    double weight[] = {1.0, -1.0, 1.0};
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    rows->x[1] = (double)INFINITY;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    assert_message(ctx, "row 1");
    rows->x[1] = (double)NAN;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    rows->y[1] = (double)NAN;
    columns.weight = weight;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    assert_message(ctx, "weight -1");
    columns.weight = NULL;
    rows->precision[2] = 7;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    rows->precision[2] = KERB_PRECISION_DAY;
    kerb_civil_s end[] = {KERB_CIVIL_NONE, KERB_CIVIL_NONE, rows->start[2]};
    columns.end = end;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    assert_message(ctx, "row 2: an end that is not after its start");
    columns.end = NULL;
    assert_ok(ctx, kerb_import_add_rows(ctx, import, 0, &columns));
    rows->names[KERB_NAME_LABEL][0] = 12;
    assert_int_equal(kerb_import_add_rows(ctx, import, 0, &columns), KERB_ERR_ARG);
    assert_message(ctx, "no name 12");
    /* that one was no mere check: the import cannot go on */
    assert_int_equal(kerb_import_commit(ctx, import), KERB_ERR_ARG);
    kerb_import_free(import);
    kerb_store_close(store);
    scene_rows_free(rows);
    assert_int_equal(scratch_count(*state), 0);
    kerb_ctx_free(ctx);
}

static void import__counts_must_add_up_and_names_must_not_be_paths(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = scene_open(ctx, scratch_path(*state, "a.sqlite"));
    kerb_import *import = NULL;
    int64_t file_id = 0;
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    kerb_import_file file = {.name = "/somewhere/a.csv", .month = -1};
    assert_int_equal(kerb_import_add_file(ctx, import, &file, &file_id), KERB_ERR_ARG);
    file.name = "a.csv";
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    kerb_import_counts counts = {.read = 5, .loaded = 3, .rejected = 1};
    assert_int_equal(kerb_import_finish_file(ctx, import, file_id, NULL, &counts),
                     KERB_ERR_ARG);
    kerb_import *second = NULL;
    assert_int_equal(kerb_import_begin(ctx, store, "{}", &second), KERB_ERR_ARG);
    kerb_import_free(import);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void import__rejects_and_reasons_are_kept(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    int64_t file_id = 0;
    bool has = true;
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_has_file(ctx, import, "aa", &has));
    assert_false(has);
    kerb_import_file file = {.name = "a.csv",
                             .member = "in/b.csv",
                             .month = -1,
                             .operation_accuracy_m = (double)NAN};
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    kerb_import_reject reject = {.line = 7,
                                 .byte_offset = 0,
                                 .byte_length = 31,
                                 .sha256 = "00ff",
                                 .reason = "bad_date",
                                 .column = "Month",
                                 .value = "2020-13",
                                 .mapped = "{\"category\":\"Drugs\"}"};
    assert_ok(ctx, kerb_import_add_reject(ctx, import, file_id, &reject));
    reject =
        (kerb_import_reject){.line = 9, .byte_offset = -1, .byte_length = -1, .reason = "x"};
    assert_ok(ctx, kerb_import_add_reject(ctx, import, file_id, &reject));
    kerb_tally *tally = kerb_tally_new();
    assert_ok(ctx, kerb_tally_add(ctx, tally, "bad_date", 1));
    assert_ok(ctx, kerb_tally_add(ctx, tally, "x", 1));
    kerb_import_counts counts = {.read = 2, .rejected = 2, .by_reason = tally};
    assert_ok(ctx, kerb_import_finish_file(ctx, import, file_id, "aa", &counts));
    assert_ok(ctx, kerb_import_has_file(ctx, import, "aa", &has));
    assert_true(has);
    assert_ok(ctx, kerb_import_commit(ctx, import));
    assert_int_equal(kerb_import_commit(ctx, import), KERB_ERR_ARG);
    kerb_import_free(import);
    kerb_tally_free(tally);
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_has_file(ctx, import, "aa", &has));
    assert_true(has);
    kerb_import_free(import);
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(
        eyes.db,
        "SELECT line || '|' || byte_offset || '|' || byte_length || '|' || sha256 || "
        "'|' || reason || '|' || column_name || '|' || value || '|' || mapped FROM "
        "reject WHERE id = 1",
        "7|0|31|00ff|bad_date|Month|2020-13|{\"category\":\"Drugs\"}");
    assert_sql_int(
        eyes.db, "SELECT count(*) FROM reject WHERE byte_offset IS NULL AND value IS NULL", 1);
    assert_sql_int(eyes.db, "SELECT sum(n) FROM file_reason", 2);
    assert_sql_int(eyes.db, "SELECT operation_accuracy_m IS NULL AND month IS NULL FROM file",
                   1);
    assert_sql_int(eyes.db, "SELECT count(*) FROM import", 1);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* -------------------------------------------------------------- superseding */

typedef struct references {
    size_t n;
    int64_t id[64];
    int month[64];
    char reference[64][16];
} references;

static kerb_status collect(void *user, const char *source, const char *reference, size_t length,
                           int month, int64_t incident_id)
{
    references *all = user;
    assert_string_equal(source, "Force 0");
    assert_int_equal(length, strlen(reference));
    all->id[all->n] = incident_id;
    all->month[all->n] = month;
    snprintf(all->reference[all->n++], 16, "%s", reference);
    return KERB_OK;
}

static void import__later_month_supersedes_and_counts_stay_true(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    references all = {0};
    scene_rows *rows = scene_rows_new(10, 1);
    rows->x[4] = rows->y[4] = (double)NAN;
    rows->start[4] = KERB_CIVIL_NONE;
    rows->reference[7] = NULL;
    assert_ok(ctx, scene_try_import(ctx, store, "jan.csv", 24240, rows));
    scene_rows_free(rows);

    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_each_reference(ctx, import, collect, &all));
    assert_int_equal(all.n, 9);
    assert_int_equal(all.month[0], 24240);
    assert_string_equal(all.reference[8], "R00000009");
    assert_ok(ctx, kerb_import_supersede(ctx, import, all.id[2]));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 5)); /* the one without coordinates */
    assert_int_equal(kerb_import_supersede(ctx, import, 5), KERB_ERR_ARG);
    kerb_import_free(import); /* undone */

    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_supersede(ctx, import, all.id[2]));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 5));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);

    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(
        eyes.db,
        "SELECT n_read || ' ' || n_loaded || ' ' || n_rejected || ' ' || "
        "n_without_geometry || ' ' || n_without_date || ' ' || n_duplicates FROM file",
        "10 8 2 0 0 2");
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident", 8);
    assert_sql_int(eyes.db, "SELECT n FROM file_reason WHERE reason = 'repeated_reference'", 2);
    assert_sql_int(eyes.db, "SELECT n FROM file_reason WHERE reason = 'no_coordinates'", 0);
    assert_sql_int(
        eyes.db,
        "SELECT count(*) FROM reject WHERE reason = 'repeated_reference' AND file_id = 1 "
        "AND line IN (4, 6) AND value IN ('R00000002', 'R00000004') AND "
        "json_valid(mapped)",
        2);
    assert_sql_int(eyes.db,
                   "SELECT row_count FROM geometry_columns_statistics WHERE f_table_name "
                   "= 'incident'",
                   8);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* The number of a superseded incident is not given to another, though it was the newest;
 * batches with and without a column follow each other in one import. */
static void import__numbers_go_on_after_the_newest_was_superseded(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    int64_t file_id = 0;
    scene_rows *rows = scene_rows_new(10, 1);
    assert_ok(ctx, scene_try_import(ctx, store, "jan.csv", 24240, rows));

    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    kerb_import_file file = {.name = "feb.csv", .operation_accuracy_m = NAN, .month = 24241};
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 10));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 9));
    kerb_import_rows plain = {.n = 10,
                              .x = rows->x,
                              .y = rows->y,
                              .start = rows->start,
                              .precision = rows->precision};
    double weight[10] = {2.5, 1, 1, 1, 1, 1, 1, 1, 1, 0.5};
    kerb_import_rows weighted = scene_columns(rows);
    weighted.weight = weight;
    assert_ok(ctx, scene_add_names(ctx, import, rows));
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &plain));
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &weighted));
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &plain));
    kerb_tally *tally = kerb_tally_new();
    kerb_import_counts counts = {.read = 30, .loaded = 30, .by_reason = tally};
    assert_ok(ctx, kerb_import_finish_file(ctx, import, file_id, NULL, &counts));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_tally_free(tally);
    kerb_store_close(store);
    scene_rows_free(rows);

    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db,
                    "SELECT group_concat(id, ' ') FROM (SELECT id FROM incident ORDER BY id)",
                    "1 2 3 4 5 6 7 8 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 "
                    "30 31 32 33 34 35 36 37 38 39 40");
    assert_sql_text(eyes.db,
                    "SELECT group_concat(id || ':' || weight, ' ') FROM incident "
                    "WHERE weight IS NOT NULL",
                    "21:2.5 30:0.5");
    assert_sql_text(eyes.db,
                    "SELECT min(id) || ' ' || max(id) || ' ' || count(*) FROM incident "
                    "WHERE file_id = 2 AND reference IS NOT NULL AND label_id IS NOT NULL",
                    "21 30 10");
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

typedef struct even_rows {
    kerb_ctx *ctx;
    kerb_import *import;
    size_t n;
} even_rows;

static kerb_status supersede_even(void *user, const char *source, const char *reference,
                                  size_t length, int month, int64_t incident_id)
{
    even_rows *even = user;
    (void)source, (void)reference, (void)length, (void)month;
    if (incident_id % 2 != 0)
        return KERB_OK;
    even->n++;
    return kerb_import_supersede(even->ctx, even->import, incident_id);
}

static void import__superseding_while_visiting_keeps_the_index(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 3000, 1);
    kerb_store *store = scene_open(ctx, path);
    even_rows even = {.ctx = ctx};
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &even.import));
    assert_ok(ctx, kerb_import_each_reference(ctx, even.import, supersede_even, &even));
    assert_int_equal(even.n, 1500);
    assert_ok(ctx, kerb_import_commit(ctx, even.import));
    kerb_import_free(even.import);
    scene_rows *rows = scene_rows_new(1500, 2); /* repacks over the gaps */
    scene_import(ctx, store, "b.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident", 3000);
    assert_sql_int(eyes.db, "SELECT n_loaded FROM file WHERE id = 1", 1500);
    assert_sql_int(eyes.db, "SELECT count(*) FROM reject", 1500);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* ------------------------------------------------------------------- failing */

static void import__dropped_import_leaves_the_file_as_it_was(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    size_t length = 0;
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 5000, 1);
    char *bytes = scratch_read(path, &length);
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    int64_t file_id = 0;
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    kerb_import_file file = {.name = "b.csv", .month = -1};
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    scene_rows *rows =
        scene_rows_new(60000, 2); /* more than the cache holds: pages were written */
    assert_ok(ctx, scene_add_names(ctx, import, rows));
    kerb_import_rows columns = scene_columns(rows);
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &columns));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 17));
    kerb_import_free(import);
    assert_same_file(path, bytes, length);
    assert_false(scratch_exists(scratch_path(*state, "a.sqlite-journal")));

    /* and it can be written to afterwards */
    scene_import(ctx, store, "b.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident", 65000);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    free(bytes);
    kerb_ctx_free(ctx);
}

static void import__cancel_undoes_it(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    size_t length = 0;
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 50, 1);
    char *bytes = scratch_read(path, &length);
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(10, 2);
    kerb_ctx_request_cancel(ctx);
    assert_int_equal(scene_try_import(ctx, store, "b.csv", -1, rows), KERB_ERR_CANCELLED);
    scene_rows_free(rows);
    kerb_store_close(store);
    assert_same_file(path, bytes, length);
    free(bytes);
    kerb_ctx_free(ctx);
}

static void import__second_writer_gets_one_clear_line(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 50, 1);
    kerb_store *first = scene_open(ctx, path), *second = scene_open(ctx, path);
    kerb_import *import = NULL, *other = NULL;
    assert_ok(ctx, kerb_import_begin(ctx, first, "{}", &import));
    double begin_s = kerb_wall_time_s();
    assert_int_equal(kerb_import_begin(ctx, second, "{}", &other), KERB_ERR_DB);
    double waited_s = kerb_wall_time_s() - begin_s;
    assert_null(other);
    assert_message(ctx, "is locked by another program");
    assert_message(ctx, path);
    assert_true(waited_s > 4.0 && waited_s < 20.0);
    /* reading goes on beside a writer that has not committed */
    kerb_store *reader = scene_open_read(ctx, path);
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, reader, &events));
    assert_int_equal(events->n, 50);
    kerb_events_free(events);
    assert_int_equal(kerb_import_begin(ctx, reader, "{}", &other), KERB_ERR_ARG);
    kerb_store_close(reader);
    kerb_import_free(import);
    assert_ok(ctx, kerb_import_begin(ctx, second, "{}", &other));
    kerb_import_free(other);
    kerb_store_close(first);
    kerb_store_close(second);
    kerb_ctx_free(ctx);
}

static void import__store_made_by_another_meanwhile_is_not_overwritten(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scratch_write(*state, "a.sqlite", "mine");
    scene_rows *rows = scene_rows_new(10, 2);
    assert_int_equal(scene_try_import(ctx, store, "b.csv", -1, rows), KERB_ERR_EXISTS);
    assert_message(ctx, "made by another program meanwhile");
    /* the store is closed by that: later calls say so */
    kerb_events *events = NULL;
    assert_int_equal(kerb_store_read_events(ctx, store, &events), KERB_ERR_ARG);
    assert_int_equal(scene_try_import(ctx, store, "b.csv", -1, rows), KERB_ERR_ARG);
    kerb_store_close(store);
    scene_rows_free(rows);
    assert_same_file(path, "mine", 4);
    assert_int_equal(scratch_count(*state), 1);
    kerb_ctx_free(ctx);
}

static void import__out_of_memory_leaves_the_store_as_it_was(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    size_t length = 0, n_failed = 0;
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    scene_make(ctx, path, 200, 1);
    char *bytes = scratch_read(path, &length);
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(100, 2);
    for (size_t at = 1;; at++) {
        failing_allocator_set(at);
        kerb_status status = scene_try_import(ctx, store, "b.csv", -1, rows);
        failing_allocator_set(0);
        if (status == KERB_OK)
            break;
        if (status != KERB_ERR_NOMEM)
            fail_msg("allocation %zu: %s %s", at, kerb_status_name(status),
                     kerb_ctx_message(ctx));
        assert_same_file(path, bytes, length);
        n_failed++;
    }
    assert_true(n_failed > 20); /* lists of names, points, order, boxes, nodes, … */
    kerb_store_close(store);
    scene_rows_free(rows);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident", 300);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    free(bytes);
    kerb_ctx_free(ctx);
}

static void import__reading_without_memory_is_said(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 50, 1);
    kerb_store *store = scene_open_read(ctx, path);
    size_t at = 1;
    for (;; at++) {
        kerb_events *events = NULL;
        char *json = NULL, hex[65];
        failing_allocator_set(at);
        kerb_status status = kerb_store_read_events(ctx, store, &events);
        if (status == KERB_OK)
            status = kerb_store_info(ctx, store, &json);
        if (status == KERB_OK)
            status = kerb_store_digest(ctx, store, hex);
        failing_allocator_set(0);
        kerb_free_text(json);
        kerb_events_free(events);
        if (status == KERB_OK)
            break;
        if (status != KERB_ERR_NOMEM)
            fail_msg("allocation %zu: %s %s", at, kerb_status_name(status),
                     kerb_ctx_message(ctx));
    }
    assert_true(at > 30);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(import__rows_come_back_as_they_were),
        WITH_FOLDER(import__names_are_shared_by_imports),
        WITH_FOLDER(import__rows_that_are_no_place_are_refused),
        WITH_FOLDER(import__counts_must_add_up_and_names_must_not_be_paths),
        WITH_FOLDER(import__rejects_and_reasons_are_kept),
        WITH_FOLDER(import__later_month_supersedes_and_counts_stay_true),
        WITH_FOLDER(import__numbers_go_on_after_the_newest_was_superseded),
        WITH_FOLDER(import__superseding_while_visiting_keeps_the_index),
        WITH_FOLDER(import__dropped_import_leaves_the_file_as_it_was),
        WITH_FOLDER(import__cancel_undoes_it),
        WITH_FOLDER(import__second_writer_gets_one_clear_line),
        WITH_FOLDER(import__store_made_by_another_meanwhile_is_not_overwritten),
        WITH_FOLDER(import__out_of_memory_leaves_the_store_as_it_was),
        WITH_FOLDER(import__reading_without_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
