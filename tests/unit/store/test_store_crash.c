/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Killed at any moment, or out of disk: the store holds whole imports and nothing else. */
#include "store_scene.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS_PER_IMPORT = 4000 };

/* Imports of 4,000 rows without end; never returns. */
static void import_for_ever(const char *path)
{
    for (uint64_t seed = 1;; seed++) {
        kerb_ctx *ctx = kerb_ctx_new();
        kerb_crs *crs = NULL;
        kerb_store *store = NULL;
        scene_rows *rows = scene_rows_new(ROWS_PER_IMPORT, seed);
        if (kerb_crs_new(ctx, "EPSG:27700", &crs) != KERB_OK ||
            kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store) != KERB_OK ||
            scene_try_import(ctx, store, "a.csv", -1, rows) != KERB_OK)
            _exit(1);
        kerb_store_close(store);
        kerb_crs_free(crs);
        scene_rows_free(rows);
        kerb_ctx_free(ctx);
    }
}

static void crash__killed_imports_leave_whole_imports_only(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    uint64_t random = 11;
    /* how long this machine takes for a new store and an append, so that kills fall into both
     */
    double begin_s = kerb_wall_time_s();
    scene_make(ctx, scratch_path(*state, "timed.sqlite"), ROWS_PER_IMPORT, 1);
    kerb_store *timed = scene_open(ctx, scratch_path(*state, "timed.sqlite"));
    scene_rows *timed_rows = scene_rows_new(ROWS_PER_IMPORT, 2);
    scene_import(ctx, timed, "b.csv", timed_rows);
    scene_rows_free(timed_rows);
    kerb_store_close(timed);
    double both_s = kerb_wall_time_s() - begin_s;
    size_t n_before = 0, n_grown = 0, n_journals = 0;
    for (int round = 0; round < 30; round++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            import_for_ever(path);
        double wait_s = 1.5 * both_s * scene_uniform(&random);
        double whole_s = floor(wait_s);
        nanosleep(&(struct timespec){(time_t)whole_s, (long)((wait_s - whole_s) * 1e9)}, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status)); /* it did not fail by itself */

        char journal[SCRATCH_PATH_BYTES];
        snprintf(journal, sizeof journal, "%s", scratch_path(*state, "a.sqlite-journal"));
        n_journals += scratch_exists(journal) ? 1 : 0;
        if (!scratch_exists(path)) {
            assert_int_equal(n_before, 0);
            continue;
        }
        kerb_store *store = scene_open_read(ctx, path);
        kerb_events *events = NULL;
        assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
        assert_int_equal(events->n % ROWS_PER_IMPORT, 0);
        assert_true(events->n >= n_before && events->n > 0);
        n_grown += events->n > n_before ? 1 : 0;
        n_before = events->n;
        kerb_events_free(events);
        kerb_store_close(store);
        kerb_store__spatial eyes = scene_eyes(ctx, path);
        assert_index_whole(eyes.db);
        assert_sql_int(eyes.db,
                       "SELECT (SELECT sum(n_loaded) FROM file) = (SELECT count(*) FROM "
                       "incident)",
                       1);
        kerb_store__spatial_close(&eyes);
    }
    assert_true(n_grown > 0);
    print_message("%zu rows, grew in %zu rounds, %zu journals rolled back\n", n_before, n_grown,
                  n_journals);
    kerb_ctx_free(ctx);
}

/* A copy of file and journal taken in the middle of an import: what a power cut leaves. */
static void take_hot_copy(kerb_ctx *ctx, const char *folder, const char *name, size_t n_rows)
{
    size_t n_file = 0, n_journal = 0;
    const char *path = scratch_path(folder, "live.sqlite");
    scene_make(ctx, path, n_rows, 1);
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    int64_t file_id = 0;
    scene_rows *rows = scene_rows_new(60000, 2);
    kerb_import_rows columns = scene_columns(rows);
    kerb_import_file file = {.name = "b.csv", .month = -1};
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &columns));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 5));
    assert_int_equal(sqlite3_db_cacheflush(store->db),
                     SQLITE_OK); /* pages go to the file early */
    char *bytes = scratch_read(path, &n_file);
    char *journal = scratch_read(scratch_path(folder, "live.sqlite-journal"), &n_journal);
    assert_non_null(journal);
    assert_true(n_journal > 512);
    char journal_name[200];
    snprintf(journal_name, sizeof journal_name, "%s-journal", name);
    scratch_write_bytes(folder, name, bytes, n_file);
    scratch_write_bytes(folder, journal_name, journal, n_journal);
    free(bytes);
    free(journal);
    kerb_import_free(import);
    kerb_store_close(store);
    scene_rows_free(rows);
}

static void crash__reader_rolls_an_interrupted_import_back(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    take_hot_copy(ctx, *state, "hot.sqlite", 500);
    const char *path = scratch_path(*state, "hot.sqlite");
    assert_true(kerb_store_is_store(path));
    kerb_store *store = scene_open_read(ctx, path);
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 500);
    kerb_events_free(events);
    kerb_store_close(store);
    assert_false(scratch_exists(scratch_path(*state, "hot.sqlite-journal")));
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* Where that cannot be done, it is said. */
static void crash__interrupted_import_in_a_read_only_folder_is_said(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char folder[] = P_tmpdir "/kerb-store-XXXXXX", path[64], journal[80];
    assert_non_null(mkdtemp(folder));
    (void)state;
    take_hot_copy(ctx, folder, "hot.sqlite", 300);
    snprintf(path, sizeof path, "%s/hot.sqlite", folder);
    snprintf(journal, sizeof journal, "%s-journal", path);
    assert_int_equal(chmod(path, 0444) | chmod(journal, 0444) | chmod(folder, 0555), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(99);
        kerb_store *store = NULL;
        kerb_status status = kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store);
        if (status != KERB_ERR_DB)
            _exit(1);
        _exit(strstr(kerb_ctx_message(ctx), "interrupted") ? 0 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(unlink(path) | unlink(journal), 0);
    snprintf(path, sizeof path, "%s/live.sqlite", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    kerb_ctx_free(ctx);
}

/* A limit on the size of files stands for a full disk: write() fails with EFBIG. In a child,
 * because the limit cannot be raised again by everybody. */
static int import_with_limit(const char *path, size_t n_rows, rlim_t limit_bytes)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_crs *crs = NULL;
    kerb_store *store = NULL;
    scene_rows *rows = scene_rows_new(n_rows, 3);
    struct rlimit limit = {limit_bytes, limit_bytes};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
        kerb_crs_new(ctx, "EPSG:27700", &crs) != KERB_OK)
        return 1;
    kerb_status status = kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store);
    if (status == KERB_OK)
        status = scene_try_import(ctx, store, "big.csv", -1, rows);
    if (status == KERB_OK)
        return 2;
    if (status != KERB_ERR_IO) {
        fprintf(stderr, "%s %s\n", kerb_status_name(status), kerb_ctx_message(ctx));
        return 3;
    }
    if (!strstr(kerb_ctx_message(ctx), path) || !strstr(kerb_ctx_message(ctx), "too large")) {
        fprintf(stderr, "%s\n", kerb_ctx_message(ctx));
        return 4;
    }
    kerb_store_close(store);
    kerb_crs_free(crs);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
    return 0;
}

static int in_a_child(const char *path, size_t n_rows, rlim_t limit_bytes)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(import_with_limit(path, n_rows, limit_bytes));
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static void crash__full_disk_is_said_and_old_content_stays(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    size_t length = 0, now = 0;
    snprintf(path, sizeof path, "%s", scratch_path(*state, "a.sqlite"));
    scene_make(ctx, path, 1000, 1);
    char *bytes = scratch_read(path, &length);
    for (rlim_t extra = 0; extra < 4000000; extra += 650000) {
        assert_int_equal(in_a_child(path, 60000, (rlim_t)length + extra), 0);
        kerb_store_close(scene_open_read(ctx, path));
        char *after = scratch_read(path, &now);
        assert_int_equal(now, length);
        assert_memory_equal(after, bytes, length);
        free(after);
    }
    free(bytes);
    assert_int_equal(scratch_count(*state), 1);

    /* a new store: no file, and no temporary either */
    snprintf(path, sizeof path, "%s", scratch_path(*state, "new.sqlite"));
    assert_int_equal(in_a_child(path, 60000, 100000), 0); /* while its tables are made */
    assert_int_equal(in_a_child(path, 60000, 2000000), 0);
    assert_int_equal(scratch_count(*state), 1);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(crash__killed_imports_leave_whole_imports_only),
        WITH_FOLDER(crash__reader_rolls_an_interrupted_import_back),
        cmocka_unit_test(crash__interrupted_import_in_a_read_only_folder_is_said),
        WITH_FOLDER(crash__full_disk_is_said_and_old_content_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
