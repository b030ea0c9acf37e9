/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What opens, what does not, and the one line that says why. */
#include "store_scene.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_refused(kerb_ctx *ctx, const char *path, kerb_store_mode mode,
                           kerb_status want, const char *piece)
{
    kerb_store *store = NULL;
    kerb_crs *crs = scene_crs(ctx, "EPSG:27700");
    kerb_status status = kerb_store_open(ctx, path, mode, crs, &store);
    if (status != want)
        fail_msg("%s instead of %s: %s", kerb_status_name(status), kerb_status_name(want),
                 status ? kerb_ctx_message(ctx) : "opened");
    assert_null(store);
    assert_message(ctx, piece);
    assert_message(ctx, path);
    kerb_crs_free(crs);
}

static void open__missing_file_is_named_and_not_made(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "nothing.sqlite");
    assert_refused(ctx, path, KERB_STORE_READ, KERB_ERR_NOT_FOUND, "no such file");
    assert_false(scratch_exists(path));
    assert_false(kerb_store_is_store(path));
    path = scratch_path(*state, "no-folder/a.sqlite");
    assert_refused(ctx, path, KERB_STORE_WRITE, KERB_ERR_IO, "does not exist");
    kerb_ctx_free(ctx);
}

static void open__other_files_are_refused_in_one_line(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    for (int i = 0; i < 2; i++) {
        kerb_store_mode mode = i ? KERB_STORE_WRITE : KERB_STORE_READ;
        const char *path = scratch_write(*state, "text.sqlite", "a,b,c\n1,2,3\n");
        assert_refused(ctx, path, mode, KERB_ERR_FORMAT, "is not a store");
        assert_false(kerb_store_is_store(path));
        path = scratch_write(*state, "empty.sqlite", "");
        assert_refused(ctx, path, mode, KERB_ERR_FORMAT, "it is empty");
        assert_false(kerb_store_is_store(path));
        assert_refused(ctx, *state, mode, KERB_ERR_FORMAT, "is a folder");
        assert_false(kerb_store_is_store(*state));
    }
    const char *path = scratch_path(*state, "other.sqlite");
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    scene_exec(db, "CREATE TABLE \"a \"\" ; b\" (x); CREATE VIEW kerb_store AS SELECT 1");
    sqlite3_close(db);
    assert_refused(ctx, path, KERB_STORE_READ, KERB_ERR_FORMAT, "but not a store");
    assert_refused(ctx, path, KERB_STORE_WRITE, KERB_ERR_FORMAT, "but not a store");
    assert_false(kerb_store_is_store(path));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    scene_exec(db, "DROP VIEW kerb_store; CREATE TABLE kerb_store (x)");
    sqlite3_close(db);
    assert_refused(ctx, path, KERB_STORE_READ, KERB_ERR_FORMAT, "is not a store");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    scene_exec(db, "PRAGMA application_id = 1196444487"); /* 'GPKG' */
    sqlite3_close(db);
    assert_refused(ctx, path, KERB_STORE_WRITE, KERB_ERR_FORMAT, "is a GeoPackage");
    kerb_ctx_free(ctx);
}

/* Whatever is cut off, the answer is a message and never a crash; a store that was truncated by
 * one byte opens no more than one that was halved. */
static void open__truncated_at_any_length_is_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    size_t length = 0;
    const char *path = scratch_path(*state, "whole.sqlite");
    scene_make(ctx, path, 200, 1);
    char *bytes = scratch_read(path, &length);
    assert_true(length > 400000);
    for (size_t n = 0; n < length; n = n < 200 ? n + 7 : n < 5000 ? n + 997 : n + 13001) {
        const char *cut = scratch_write_bytes(*state, "cut.sqlite", bytes, n);
        kerb_store *store = NULL;
        kerb_status status = kerb_store_open(ctx, cut, KERB_STORE_READ, NULL, &store);
        if (status != KERB_ERR_FORMAT)
            fail_msg("%zu of %zu bytes: %s", n, length, kerb_status_name(status));
        assert_message(ctx, "cut.sqlite");
        assert_int_equal(kerb_store_is_store(cut), n >= 72);
    }
    const char *cut = scratch_write_bytes(*state, "cut.sqlite", bytes, length - 1);
    assert_refused(ctx, cut, KERB_STORE_WRITE, KERB_ERR_FORMAT, "the last 1 of its");
    free(bytes);
    kerb_ctx_free(ctx);
}

/* Bytes changed anywhere: refused or read, but nothing worse. */
static void open__damaged_pages_give_a_message(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    size_t length = 0;
    uint64_t random = 5;
    const char *path = scratch_path(*state, "whole.sqlite");
    scene_make(ctx, path, 500, 1);
    char *bytes = scratch_read(path, &length);
    int n_refused = 0;
    for (int i = 0; i < 40; i++) {
        char *copy = malloc(length);
        memcpy(copy, bytes, length);
        size_t at = (size_t)(scene_uniform(&random) * (double)length) & ~(size_t)4095;
        memset(copy + at, i % 2 ? 0xff : 0x00, 4096);
        const char *bad = scratch_write_bytes(*state, "bad.sqlite", copy, length);
        kerb_store *store = NULL;
        kerb_events *events = NULL;
        char hex[65];
        kerb_status status = kerb_store_open(ctx, bad, KERB_STORE_READ, NULL, &store);
        if (status == KERB_OK)
            status = kerb_store_read_events(ctx, store, &events);
        if (status == KERB_OK)
            status = kerb_store_digest(ctx, store, hex);
        if (status != KERB_OK) {
            n_refused++;
            assert_message(ctx, "bad.sqlite");
            if (status != KERB_ERR_FORMAT)
                fail_msg("page at %zu: %s %s", at, kerb_status_name(status),
                         kerb_ctx_message(ctx));
        }
        kerb_events_free(events);
        kerb_store_close(store);
        free(copy);
    }
    assert_true(n_refused > 10);
    free(bytes);
    kerb_ctx_free(ctx);
}

static void open__newer_store_is_refused_by_name(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "newer.sqlite");
    scene_make(ctx, path, 3, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "UPDATE kerb_store SET schema_version = 99, kerb_version = '7.5.0';"
                        "CREATE VIEW future AS SELECT 1");
    kerb_store__spatial_close(&eyes);
    assert_refused(ctx, path, KERB_STORE_READ, KERB_ERR_DB, "newer kerb (7.5.0");
    assert_true(kerb_store_is_store(path));
    kerb_ctx_free(ctx);
}

static void open__another_working_system_is_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "crs.sqlite");
    kerb_store *store = NULL;
    scene_make(ctx, path, 3, 1);
    kerb_crs *utm = scene_crs(ctx, "EPSG:32630");
    assert_int_equal(kerb_store_open(ctx, path, KERB_STORE_READ, utm, &store), KERB_ERR_CRS);
    assert_message(ctx, "EPSG:27700, not in EPSG:32630");
    kerb_crs_free(utm);
    store = scene_open_read(ctx, path);
    assert_string_equal(kerb_crs_id(kerb_store_get_crs(store)), "EPSG:27700");
    assert_string_equal(kerb_store_get_path(store), path);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void open__new_store_without_commit_leaves_no_file(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "new.sqlite");
    kerb_store *store = scene_open(ctx, path);
    assert_false(scratch_exists(path));
    kerb_store_close(store);
    assert_int_equal(scratch_count(*state), 0);
    store = NULL;
    assert_int_equal(kerb_store_open(ctx, path, KERB_STORE_WRITE, NULL, &store), KERB_ERR_ARG);
    kerb_crs *degrees = scene_crs(ctx, "EPSG:4326");
    assert_int_equal(kerb_store_open(ctx, path, KERB_STORE_WRITE, degrees, &store),
                     KERB_ERR_ARG);
    kerb_crs_free(degrees);
    assert_int_equal(scratch_count(*state), 0);
    kerb_ctx_free(ctx);
}

static void open__plane_and_other_systems_keep_their_numbers(void **state)
{
    static const char *const ids[] = {"none", "EPSG:32630", "EPSG:25832"};
    static const int64_t srids[] = {-1, 32630, 25832};
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < 3; i++) {
        char name[40];
        snprintf(name, sizeof name, "s%zu.sqlite", i);
        const char *path = scratch_path(*state, name);
        kerb_crs *crs = scene_crs(ctx, ids[i]);
        kerb_store *store = NULL;
        assert_ok(ctx, kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store));
        scene_rows *rows = scene_rows_new(10, 1);
        scene_import(ctx, store, "a.csv", rows);
        scene_rows_free(rows);
        kerb_store_close(store);
        store = scene_open_read(ctx, path);
        assert_true(kerb_crs_is_equal(crs, kerb_store_get_crs(store)));
        kerb_store_close(store);
        kerb_store__spatial eyes = scene_eyes(ctx, path);
        assert_sql_int(eyes.db, "SELECT DISTINCT ST_SRID(geom) FROM incident", srids[i]);
        assert_sql_int(
            eyes.db,
            "SELECT count(*) FROM geometry_columns AS g JOIN spatial_ref_sys AS s ON "
            "s.srid = g.srid WHERE g.f_table_name IN ('incident', 'area')",
            2);
        assert_sql_int(eyes.db, "SELECT count(*) FROM spatialite_history", 0);
        /* and an edit by hand is accepted by the triggers */
        char sql[200];
        snprintf(sql, sizeof sql, "INSERT INTO incident (geom) VALUES (MakePoint(5, 6, %lld))",
                 (long long)srids[i]);
        scene_exec(eyes.db, sql);
        assert_index_whole(eyes.db);
        kerb_store__spatial_close(&eyes);
        kerb_crs_free(crs);
    }
    kerb_ctx_free(ctx);
}

/* ---------------------------------------------------------------- rights */

enum { NOBODY = 65534 };

/* Runs a check as a user who owns nothing; its exit code is the first failing step, 0 when all
 * hold. */
static int as_nobody(int (*check)(const char *path), const char *path)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(99);
        _exit(check(path));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int reads_but_does_not_write(const char *path)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = NULL;
    kerb_events *events = NULL;
    if (kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store) != KERB_OK) {
        fprintf(stderr, "%s\n", kerb_ctx_message(ctx));
        return 1;
    }
    if (kerb_store_read_events(ctx, store, &events) != KERB_OK || events->n != 5)
        return 2;
    kerb_events_free(events);
    kerb_store_close(store);
    store = NULL;
    kerb_status status = kerb_store_open(ctx, path, KERB_STORE_WRITE, NULL, &store);
    if (status == KERB_OK) { /* a file that can be written in a folder that cannot */
        scene_rows *rows = scene_rows_new(3, 1);
        status = scene_try_import(ctx, store, "b.csv", -1, rows);
        scene_rows_free(rows);
    }
    if (status != KERB_ERR_DB) {
        fprintf(stderr, "%s %s\n", kerb_status_name(status), kerb_ctx_message(ctx));
        return 3;
    }
    if (!strstr(kerb_ctx_message(ctx), path))
        return 4;
    kerb_store_close(store);
    kerb_ctx_free(ctx);
    return 0;
}

static int cannot_read(const char *path)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = NULL;
    kerb_status status = kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store);
    bool said = strstr(kerb_ctx_message(ctx), "Permission denied") != NULL;
    kerb_ctx_free(ctx);
    return status == KERB_ERR_IO && said ? 0 : 1;
}

static void open__read_only_file_and_folder_can_be_read(void **state)
{
    (void)state;
    char folder[] = P_tmpdir "/kerb-store-XXXXXX", path[64];
    kerb_ctx *ctx = kerb_ctx_new();
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.sqlite", folder);
    scene_make(ctx, path, 5, 1);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    assert_int_equal(as_nobody(reads_but_does_not_write, path), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(as_nobody(reads_but_does_not_write, path), 0);
    assert_int_equal(chmod(path, 0000), 0);
    assert_int_equal(as_nobody(cannot_read, path), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* no journal or other file was left */
    kerb_ctx_free(ctx);
}

static void open__names_that_sqlite_would_read_as_addresses(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char before[SCRATCH_PATH_BYTES];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(*state), 0);
    static const char *const names[] = {"file:a.sqlite?mode=memory",
                                        ":memory:", "a b#%41?.sqlite"};
    for (size_t i = 0; i < 3; i++) {
        scene_make(ctx, names[i], 2, 1);
        assert_true(scratch_exists(names[i]));
        assert_true(kerb_store_is_store(names[i]));
        kerb_store *store = scene_open_read(ctx, names[i]);
        kerb_store_close(store);
    }
    assert_int_equal(chdir(before), 0);
    assert_int_equal(scratch_count(*state), 3);
    kerb_ctx_free(ctx);
}

/* The table makes a store, also when the mark in the head is gone. */
static void open__store_without_its_mark_is_still_a_store(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a%b.sqlite");
    scene_make(ctx, path, 2, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "PRAGMA application_id = 0; VACUUM");
    kerb_store__spatial_close(&eyes);
    assert_true(kerb_store_is_store(path));
    kerb_store_close(scene_open_read(ctx, path));
    kerb_ctx_free(ctx);
}

static void open__a_store_in_wal_mode_reads(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "wal.sqlite");
    scene_make(ctx, path, 4, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db, "PRAGMA journal_mode = WAL", "wal");
    kerb_store__spatial_close(&eyes);
    kerb_store *store = scene_open_read(ctx, path);
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 4);
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

/* Another program holds the file for itself: said after 5 s; that it is a store is known at
 * once. */
static void open__a_store_that_stays_locked_is_said(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    scene_make(ctx, path, 4, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "BEGIN EXCLUSIVE");
    double begin_s = kerb_wall_time_s();
    assert_true(kerb_store_is_store(path));
    assert_true(kerb_wall_time_s() - begin_s < 2.0);
    assert_refused(ctx, path, KERB_STORE_READ, KERB_ERR_DB, "is locked by another program");
    /* looking at the head did not take the other's lock away */
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
    sqlite3_close(db);
    scene_exec(eyes.db, "COMMIT");
    kerb_store__spatial_close(&eyes);
    kerb_store_close(scene_open_read(ctx, path));
    kerb_ctx_free(ctx);
}

static kerb_status open_and_close(kerb_ctx *ctx, void *user)
{
    kerb_store *store = NULL;
    kerb_status status = kerb_store_open(ctx, user, KERB_STORE_READ, NULL, &store);
    kerb_store_close(store);
    return status;
}

static void open__out_of_memory_is_said(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    scene_make(ctx, path, 4, 1);
    /* the list of tables is four texts for each of 290 entries, twice */
    size_t n = 0;
    for (size_t at = 1;; at = at < 40 ? at + 1 : at + 173) {
        failing_allocator_set(at);
        kerb_status status = open_and_close(ctx, path);
        n = failing_allocator_count();
        failing_allocator_set(0);
        if (status == KERB_OK)
            break;
        if (status != KERB_ERR_NOMEM && status != KERB_ERR_IO)
            fail_msg("allocation %zu: %s %s", at, kerb_status_name(status),
                     kerb_ctx_message(ctx));
    }
    assert_true(n > 500);
    kerb_ctx_free(ctx);
}

/* A new store made, filled and closed, each allocation failing in turn: no file is left. */
static void open__new_store_without_memory_leaves_nothing(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "new.sqlite"));
    scene_rows *rows = scene_rows_new(60, 1);
    kerb_crs *crs = scene_crs(ctx, "EPSG:27700");
    size_t at = 1;
    for (;; at++) {
        kerb_store *store = NULL;
        failing_allocator_set(at);
        kerb_status status = kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store);
        if (status == KERB_OK)
            status = scene_try_import(ctx, store, "a.csv", -1, rows);
        kerb_store_close(store);
        failing_allocator_set(0);
        if (status == KERB_OK)
            break;
        /* a store whose name was given before the memory ran out is whole */
        if (scratch_exists(path))
            kerb_store_close(scene_open_read(ctx, path));
        else
            assert_int_equal(scratch_count(*state), 0);
        unlink(path);
    }
    assert_true(at > 40);
    kerb_crs_free(crs);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(open__missing_file_is_named_and_not_made),
        WITH_FOLDER(open__other_files_are_refused_in_one_line),
        WITH_FOLDER(open__truncated_at_any_length_is_refused),
        WITH_FOLDER(open__damaged_pages_give_a_message),
        WITH_FOLDER(open__newer_store_is_refused_by_name),
        WITH_FOLDER(open__another_working_system_is_refused),
        WITH_FOLDER(open__new_store_without_commit_leaves_no_file),
        WITH_FOLDER(open__plane_and_other_systems_keep_their_numbers),
        cmocka_unit_test(open__read_only_file_and_folder_can_be_read),
        WITH_FOLDER(open__names_that_sqlite_would_read_as_addresses),
        WITH_FOLDER(open__store_without_its_mark_is_still_a_store),
        WITH_FOLDER(open__a_store_in_wal_mode_reads),
        WITH_FOLDER(open__a_store_that_stays_locked_is_said),
        WITH_FOLDER(open__out_of_memory_is_said),
        WITH_FOLDER(open__new_store_without_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
