/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening, closing and the one transaction at a time of a store.
 *
 * A new store is built under a temporary name and renamed after its first commit: whoever looks
 * finds no file or a whole one, whatever kills the program. An existing one is changed in place
 * under SQLite's rollback journal; when a change was interrupted, the journal lies beside the
 * file and must be rolled back before anybody reads, which a reader does by opening it once for
 * writing.
 */
#include "store_internal.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool kerb_store_is_store(const char *path)
{
    if (!path)
        return false;
    kerb_store__head head = kerb_store__read_head(path);
    if (head.is_kerb || !head.is_sqlite)
        return head.is_kerb;

    /* the mark in the head is lost when a store was dumped and read back: look for the table.
     * `immutable` reads past locks and journals, which is enough for a look at the schema. */
    bool is_store = false;
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    kerb_text uri = {0};
    kerb_text_add(&uri, "file:");
    for (const char *at = path; *at; at++) {
        if (strchr("%?#", *at))
            kerb_text_add_format(&uri, "%%%02X", (unsigned)*at);
        else
            kerb_text_add_n(&uri, at, 1);
    }
    kerb_text_add(&uri, "?mode=ro&immutable=1");
    if (!uri.failed &&
        sqlite3_open_v2(uri.data, &db,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
                        NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(
            db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'kerb_store'", -1,
            &stmt, NULL) == SQLITE_OK)
        is_store = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    kerb_text_clear(&uri);
    return is_store;
}

/* ------------------------------------------------------------ an existing store */

static kerb_status check_head(kerb_ctx *ctx, const char *path, const kerb_store__head *head)
{
    if (head->is_folder)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is a folder, not a store", path);
    if (!head->readable)
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read%s%s", path,
                         head->os_error ? ": " : "",
                         head->os_error ? strerror(head->os_error) : "");
    if (head->is_gpkg)
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is a GeoPackage, not a store: import it into one", path);
    if (!head->is_sqlite)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is not a store%s", path,
                         head->n_bytes == 0 ? ": it is empty" : " (no SQLite file)");
    return KERB_OK;
}

/* Take the lock for reading and see that the file is as long as it says. Under the lock,
 * because a writer who is just committing has a head that is ahead of its tail. `rc` is
 * SQLite's answer. */
static kerb_status check_whole(kerb_ctx *ctx, const char *path, sqlite3 *db, int *rc)
{
    kerb_status status = KERB_OK;
    *rc = sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    if (*rc == SQLITE_ERROR) /* a form of file of the future, or a head of rubbish */
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s is damaged, or of a form that this SQLite does not know", path);
    else if (*rc != SQLITE_OK)
        status = kerb_store__fail(ctx, path, db, *rc, "reading");
    if (*rc == SQLITE_OK || (*rc & 0xff) == SQLITE_CORRUPT) {
        kerb_store__head head = kerb_store__read_open_head(db);
        if (head.n_bytes < head.n_bytes_expected)
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s is damaged: the last %lld of its %lld bytes are missing",
                               path, (long long)(head.n_bytes_expected - head.n_bytes),
                               (long long)head.n_bytes_expected);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return status;
}

/* Roll back what an interrupted import left in the journal, as SQLite does on the first read of
 * a connection that may write. */
static void recover_journal(kerb_ctx *ctx, const char *path)
{
    sqlite3 *db = NULL;
    if (kerb_store__connect(ctx, path, path, true, &db) == KERB_OK)
        sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    sqlite3_close(db);
}

static kerb_status read_store_row(kerb_ctx *ctx, kerb_store *store, int *version,
                                  char **spatialite_version)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    int64_t has_table = 0;
    char *own = NULL;
    kerb_status status = kerb_store__query_int(
        ctx, store,
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'kerb_store'", 0,
        &has_table);
    if (status != KERB_OK)
        goto done;
    if (has_table != 1) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s is an SQLite database but not a store (no table kerb_store)",
                           store->path);
        goto done;
    }
    /* only these two are promised to stay as they are in all versions */
    int rc = sqlite3_prepare_v2(
        store->db, "SELECT schema_version, kerb_version FROM kerb_store", -1, &stmt, NULL);
    if (rc == SQLITE_ERROR) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s is not a store: its table kerb_store is not the one kerb makes",
                           store->path);
        goto done;
    }
    status = rc == SQLITE_OK ? kerb_store__step_row(ctx, store, stmt, &has_row)
                             : kerb_store__fail(ctx, store->path, store->db, rc, "reading");
    if (status != KERB_OK)
        goto done;
    *version = has_row ? sqlite3_column_int(stmt, 0) : 0;
    if (*version < 1) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "%s is damaged: it does not say its version",
                           store->path);
        goto done;
    }
    if (*version > kerb_store__n_migrations) {
        char by[128];
        const char *text = kerb_store__column_text(stmt, 1);
        kerb_text_visible(text, strlen(text), 24, by);
        status =
            kerb_fail(ctx, KERB_ERR_DB,
                      "%s was written by a newer kerb (%s, store version %d); kerb %s reads "
                      "versions up to %d",
                      store->path, by, *version, KERB_VERSION, kerb_store__n_migrations);
        goto done;
    }
    sqlite3_finalize(stmt);
    stmt = NULL;
    rc = sqlite3_prepare_v2(store->db, "SELECT crs, srid, spatialite_version FROM kerb_store",
                            -1, &stmt, NULL);
    if (rc == SQLITE_ERROR) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s is not a store: its table kerb_store is not the one kerb makes",
                           store->path);
        goto done;
    }
    status = rc == SQLITE_OK ? kerb_store__step_row(ctx, store, stmt, &has_row)
                             : kerb_store__fail(ctx, store->path, store->db, rc, "reading");
    if (status != KERB_OK)
        goto done;
    store->srid = sqlite3_column_int(stmt, 1);
    own = kerb_text_copy(kerb_store__column_text(stmt, 2));
    if (!own) {
        status = kerb_fail_nomem(ctx, "a text");
        goto done;
    }
    status = kerb_crs_new(ctx, kerb_store__column_text(stmt, 0), &store->crs);
    if (status != KERB_OK) {
        /* nobody said this name on the command line: the file is at fault */
        status = status == KERB_ERR_NOMEM ? status : KERB_ERR_FORMAT;
        kerb_fail_in(ctx, "%s, its reference system", store->path);
        goto done;
    }
    if (store->srid != kerb_store__srid(store->crs)) {
        status = kerb_fail(ctx, KERB_ERR_FORMAT,
                           "%s is damaged: its reference system and number %d do not agree",
                           store->path, store->srid);
        goto done;
    }
    *spatialite_version = own;
    own = NULL;
done:
    sqlite3_finalize(stmt);
    kerb_free(own);
    return status;
}

static kerb_status open_existing(kerb_ctx *ctx, kerb_store *store, const kerb_store__head *head,
                                 const kerb_crs *crs)
{
    bool writable = store->mode == KERB_STORE_WRITE;
    bool began = false;
    int version = 0, rc = SQLITE_OK;
    char *spatialite_version = NULL;
    kerb_status status = check_head(ctx, store->path, head);
    if (status == KERB_OK)
        status = kerb_store__connect(ctx, store->path, store->path, writable, &store->db);
    if (status != KERB_OK)
        goto done;
    if (writable && sqlite3_db_readonly(store->db, "main") == 1) {
        status = kerb_fail(ctx, KERB_ERR_DB, "%s is read-only", store->path);
        goto done;
    }
    status = check_whole(ctx, store->path, store->db, &rc);
    if (rc == SQLITE_READONLY_ROLLBACK) {
        recover_journal(ctx, store->path);
        status = check_whole(ctx, store->path, store->db, &rc);
    } else if (!writable && (rc & 0xff) == SQLITE_CANTOPEN && head->is_wal) {
        status = kerb_fail(ctx, KERB_ERR_DB,
                           "%s was switched to a write-ahead log by another program and cannot "
                           "be read where its folder is read-only",
                           store->path);
    }
    if (status != KERB_OK)
        goto done;
    status = kerb_store__begin_reading(ctx, store, &began);
    if (status == KERB_OK)
        status = read_store_row(ctx, store, &version, &spatialite_version);
    if (status == KERB_OK)
        status =
            kerb_store__check_schema(ctx, store->path, store->db, version, spatialite_version);
    kerb_store__end_reading(store, began);
    if (status != KERB_OK)
        goto done;
    if (crs && !kerb_crs_is_equal(crs, store->crs)) {
        status = kerb_fail(ctx, KERB_ERR_CRS, "%s works in %s, not in %s", store->path,
                           kerb_crs_id(store->crs), kerb_crs_id(crs));
        goto done;
    }
    if (version < kerb_store__n_migrations && !writable) {
        /* reading needs the newest tables; bringing them up to date needs the right to write */
        status =
            kerb_fail(ctx, KERB_ERR_DB,
                      "%s was written by an older kerb (store version %d): open it once for "
                      "writing, for example with kerb areas, to bring it to version %d",
                      store->path, version, kerb_store__n_migrations);
        goto done;
    }
    if (version < kerb_store__n_migrations)
        status = kerb_store__migrate(ctx, store, version);
done:
    kerb_free(spatialite_version);
    return status;
}

/* ------------------------------------------------------------------ a new store */

/* The tables are made in memory and copied: SpatiaLite, asked to make them on a full disk,
 * writes to stderr and loses the reason. */
static kerb_status copy_to_file(kerb_ctx *ctx, const char *path, sqlite3 *memory,
                                const char *file)
{
    sqlite3 *db = NULL;
    kerb_status status = KERB_OK;
    char *plain = kerb_store__plain_path(file);
    if (!plain)
        return kerb_fail_nomem(ctx, "a path");
    int rc = sqlite3_open_v2(
        plain, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) /* whoever kills us leaves a temporary file, whole or not */
        rc = sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF", NULL, NULL,
                          NULL);
    if (rc == SQLITE_OK) {
        sqlite3_backup *backup = sqlite3_backup_init(db, "main", memory, "main");
        if (backup)
            sqlite3_backup_step(backup, -1);
        rc = backup ? sqlite3_backup_finish(backup) : sqlite3_errcode(db);
    }
    if (rc != SQLITE_OK)
        status = kerb_store__fail(ctx, path, db, rc, "writing");
    sqlite3_close(db);
    kerb_free(plain);
    return status;
}

static kerb_status open_new(kerb_ctx *ctx, kerb_store *store, const kerb_crs *crs)
{
    kerb_store__spatial spatial = {0};
    kerb_status status;
    if (!crs)
        return kerb_fail(ctx, KERB_ERR_ARG, "a new store needs a working reference system");
    status = kerb_crs_check_working(ctx, crs, NULL);
    if (status == KERB_OK) /* from its text, because the store outlives the caller's */
        status = kerb_crs_new(ctx, kerb_crs_id(crs), &store->crs);
    if (status == KERB_OK)
        status = kerb_output_open(ctx, store->path, false, &store->output);
    if (status != KERB_OK)
        goto done;
    store->srid = kerb_store__srid(store->crs);
    const char *file = kerb_output_path(store->output);
    status = kerb_store__spatial_open(ctx, store->path, ":memory:", &spatial);
    if (status == KERB_OK)
        status = kerb_store__create(ctx, store->path, &spatial, store->crs,
                                    kerb_store__n_migrations);
    if (status == KERB_OK)
        status = copy_to_file(ctx, store->path, spatial.db, file);
    kerb_store__spatial_close(&spatial);
    if (status == KERB_OK)
        status = kerb_store__connect(ctx, store->path, file, true, &store->db);
    /* until it has its name nobody needs it to outlive a power cut; the rename syncs */
    if (status == KERB_OK)
        status = kerb_store__run(ctx, store->path, store->db, "PRAGMA synchronous = OFF");
done:
    kerb_store__spatial_close(&spatial);
    return status;
}

kerb_status kerb_store_open(kerb_ctx *ctx, const char *path, kerb_store_mode mode,
                            const kerb_crs *crs, kerb_store **out)
{
    kerb_status status = KERB_OK;
    kerb_store *store = NULL;
    if (!path || path[0] == '\0')
        return kerb_fail(ctx, KERB_ERR_ARG, "a store needs a name");
    kerb_store__head head = kerb_store__read_head(path);
    if (!head.exists && mode == KERB_STORE_READ)
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s: no such file", path);

    store = kerb_calloc_array(1, sizeof *store);
    if (store) {
        store->mode = mode;
        store->path = kerb_text_copy(path);
        store->feed = kerb_calloc_array(1, sizeof *store->feed);
    }
    if (!store || !store->path || !store->feed) {
        status = kerb_fail_nomem(ctx, "a store");
        goto done;
    }
    status = head.exists ? open_existing(ctx, store, &head, crs) : open_new(ctx, store, crs);
    if (status == KERB_OK && head.exists)
        status = kerb_output_protect(ctx, path);
    if (status == KERB_OK)
        status = kerb_store__register_rows(ctx, store);
    if (status != KERB_OK)
        goto done;
    *out = store;
    store = NULL;
done:
    kerb_store_close(store);
    return status;
}

void kerb_store_close(kerb_store *store)
{
    if (!store)
        return;
    kerb_store__rollback(store);
    sqlite3_close(store->db);
    kerb_output_free(store->output);
    kerb_crs_free(store->crs);
    kerb_free(store->feed);
    kerb_free(store->path);
    kerb_free(store);
}

const kerb_crs *kerb_store_get_crs(const kerb_store *store)
{
    return store->crs;
}

const char *kerb_store_get_path(const kerb_store *store)
{
    return store->path;
}

/* ----------------------------------------------------------------- transactions */

kerb_status kerb_store__begin(kerb_ctx *ctx, kerb_store *store)
{
    if (!store->db)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s is not open any more", store->path);
    if (store->mode != KERB_STORE_WRITE)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s was opened for reading only", store->path);
    if (store->in_transaction)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s is being written to already", store->path);
    kerb_status status = kerb_store__run(ctx, store->path, store->db, "BEGIN IMMEDIATE");
    store->in_transaction = status == KERB_OK;
    return status;
}

void kerb_store__rollback(kerb_store *store)
{
    if (store->in_transaction && store->db) {
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL); /* may have happened already */
        /* after a failed write (full disk) SQLite only drops its lock and leaves the journal to
         * the next reader: be it, so that nothing is left beside the store */
        sqlite3_exec(store->db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    store->in_transaction = false;
}

/* The first commit of a new store: close, sync and rename, open under the new name. */
static kerb_status give_name(kerb_ctx *ctx, kerb_store *store)
{
    struct stat info;
    int rc = sqlite3_close(store->db);
    if (rc != SQLITE_OK) /* a statement was forgotten */
        return kerb_fail(ctx, KERB_ERR_BUG, "%s: statements are left open", store->path);
    store->db = NULL;
    if (lstat(store->path, &info) == 0 && !S_ISLNK(info.st_mode))
        return kerb_fail(ctx, KERB_ERR_EXISTS,
                         "%s was made by another program meanwhile; nothing was written",
                         store->path);
    kerb_status status = kerb_output_commit(ctx, store->output);
    if (status != KERB_OK)
        return status;
    kerb_output_free(store->output);
    store->output = NULL;
    status = kerb_store__connect(ctx, store->path, store->path, true, &store->db);
    if (status == KERB_OK)
        status = kerb_store__register_rows(ctx, store);
    if (status != KERB_OK) /* rare, and no loss, but the caller cannot go on with this handle */
        kerb_fail_in(ctx, "%s is written, but cannot be opened again", store->path);
    return status;
}

kerb_status kerb_store__commit(kerb_ctx *ctx, kerb_store *store)
{
    kerb_status status = kerb_store__run(ctx, store->path, store->db, "COMMIT");
    if (status != KERB_OK) {
        kerb_store__rollback(store);
        return status;
    }
    store->in_transaction = false;
    return store->output ? give_name(ctx, store) : KERB_OK;
}

kerb_status kerb_store__begin_reading(kerb_ctx *ctx, kerb_store *store, bool *began)
{
    *began = false;
    if (!store->db)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s is not open any more", store->path);
    if (store->in_transaction)
        return KERB_OK;
    kerb_status status = kerb_store__run(ctx, store->path, store->db, "BEGIN");
    *began = status == KERB_OK;
    return status;
}

void kerb_store__end_reading(kerb_store *store, bool began)
{
    if (began && store->db)
        sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
}
