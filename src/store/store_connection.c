/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One way to open a database and one way to say what went wrong with it.
 *
 * A store comes from other people. Its triggers and views are never run by kerb, its schema is
 * not trusted, nothing can be loaded into the process by it, and its pages are checked as they
 * are read (docs/decisions/0003-store.md). kerb writes geometry and index by itself, so that
 * these connections need no SpatiaLite at all.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>

char *kerb_store__plain_path(const char *path)
{
    kerb_text text = {0};
    if (strncmp(path, "file:", 5) == 0 || path[0] == ':' || path[0] == '\0')
        kerb_text_add(&text, "./");
    kerb_text_add(&text, path);
    if (text.failed)
        kerb_text_clear(&text);
    return text.data;
}

kerb_status kerb_store__fail(kerb_ctx *ctx, const char *path, sqlite3 *db, int rc,
                             const char *doing)
{
    int extended = db ? sqlite3_extended_errcode(db) : rc;
    int os_error = db ? sqlite3_system_errno(db) : 0;
    if ((extended & 0xff) != (rc & 0xff))
        extended = rc;
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return kerb_fail(ctx, KERB_ERR_DB,
                         "%s is locked by another program (waited %d s for it to finish)", path,
                         KERB_STORE__BUSY_MS / 1000);
    case SQLITE_READONLY:
        if (extended == SQLITE_READONLY_ROLLBACK || extended == SQLITE_READONLY_RECOVERY)
            return kerb_fail(ctx, KERB_ERR_DB,
                             "%s holds an import that was interrupted and must be undone: open "
                             "it once where it and its folder can be written",
                             path);
        if (extended == SQLITE_READONLY_DBMOVED)
            return kerb_fail(ctx, KERB_ERR_DB, "%s was moved or replaced while it was open",
                             path);
        return kerb_fail(ctx, KERB_ERR_DB, "%s is read-only", path);
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return kerb_fail(ctx, KERB_ERR_DB, "%s cannot be opened with its journal beside it%s%s",
                         path, os_error ? ": " : " (can its folder be written?)",
                         os_error ? strerror(os_error) : "");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is damaged: take a copy from a backup or import again", path);
    case SQLITE_FULL:
        return kerb_fail(ctx, KERB_ERR_IO, "%s: no space left on the disk", path);
    case SQLITE_IOERR:
        if (extended == SQLITE_IOERR_NOMEM)
            return kerb_fail_nomem(ctx, "the database");
        if (extended == SQLITE_IOERR_SHORT_READ || extended == SQLITE_IOERR_CORRUPTFS)
            return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is damaged: it is cut short", path);
        return kerb_fail(ctx, KERB_ERR_IO, "%s: %s failed%s%s", path, doing,
                         os_error ? ": " : "", os_error ? strerror(os_error) : "");
    case SQLITE_NOMEM:
        return kerb_fail_nomem(ctx, "the database");
    case SQLITE_INTERRUPT:
        return kerb_fail(ctx, KERB_ERR_CANCELLED, "stopped");
    case SQLITE_TOOBIG:
        return kerb_fail(ctx, KERB_ERR_RANGE, "%s: a value is too long for the database", path);
    default:
        return kerb_fail(ctx, KERB_ERR_BUG, "%s: %s failed: %s (code %d)", path, doing,
                         db ? sqlite3_errmsg(db) : sqlite3_errstr(rc), extended);
    }
}

static int set_rules(sqlite3 *db)
{
    static const struct {
        int option, value;
    } rules[] = {
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_DQS_DML, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
    };
    int rc = sqlite3_extended_result_codes(db, 1);
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof rules / sizeof rules[0]; i++)
        rc = sqlite3_db_config(db, rules[i].option, rules[i].value, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(db, KERB_STORE__BUSY_MS);
    return rc;
}

kerb_status kerb_store__connect(kerb_ctx *ctx, const char *path, const char *file,
                                bool writable, sqlite3 **out)
{
    sqlite3 *db = NULL;
    kerb_status status = KERB_OK;
    char *plain = kerb_store__plain_path(file);
    if (!plain)
        return kerb_fail_nomem(ctx, "a path");
    int flags = SQLITE_OPEN_NOMUTEX |
                (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY); /* = mode=ro */
    int rc = sqlite3_open_v2(plain, &db, flags, NULL);
    if (rc == SQLITE_OK)
        rc = set_rules(db);
    /* these two touch no file; CHECK constraints are for others, our writer checks by itself */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db,
                          "PRAGMA cell_size_check = ON; PRAGMA ignore_check_constraints = ON",
                          NULL, NULL, NULL);
    if (rc != SQLITE_OK) {
        status = kerb_store__fail(ctx, path, db, rc, "opening");
        goto done;
    }
    *out = db;
    db = NULL;
done:
    sqlite3_close(db);
    kerb_free(plain);
    return status;
}

kerb_status kerb_store__run(kerb_ctx *ctx, const char *path, sqlite3 *db, const char *sql)
{
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? KERB_OK : kerb_store__fail(ctx, path, db, rc, "writing");
}

kerb_status kerb_store__prepare(kerb_ctx *ctx, const kerb_store *store, const char *sql,
                                sqlite3_stmt **out)
{
    if (!store->db)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s is not open any more", store->path);
    int rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
    return rc == SQLITE_OK ? KERB_OK
                           : kerb_store__fail(ctx, store->path, store->db, rc, "preparing");
}

kerb_status kerb_store__step(kerb_ctx *ctx, const kerb_store *store, sqlite3_stmt *stmt)
{
    kerb_status status = KERB_OK;
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        status = kerb_store__fail(ctx, store->path, store->db, rc, "writing");
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return status;
}

kerb_status kerb_store__step_row(kerb_ctx *ctx, const kerb_store *store, sqlite3_stmt *stmt,
                                 bool *has_row)
{
    int rc = sqlite3_step(stmt);
    *has_row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return KERB_OK;
    return kerb_store__fail(ctx, store->path, store->db, rc, "reading");
}

kerb_status kerb_store__query_int(kerb_ctx *ctx, const kerb_store *store, const char *sql,
                                  int64_t fallback, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    if (status == KERB_OK)
        *out = has_row ? sqlite3_column_int64(stmt, 0) : fallback;
    sqlite3_finalize(stmt);
    return status;
}

void kerb_store__bind_text(sqlite3_stmt *stmt, int i, const char *text)
{
    if (text)
        sqlite3_bind_text(stmt, i, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, i);
}

const char *kerb_store__column_text(sqlite3_stmt *stmt, int i)
{
    const unsigned char *text = sqlite3_column_text(stmt, i);
    return text ? (const char *)text : "";
}

kerb_status kerb_store__is_linked_used(kerb_ctx *ctx, kerb_store *store, const char *table,
                                       bool *out)
{
    char sql[160];
    int64_t n = 0;
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM pragma_table_info('%s') WHERE name = 'incident_id'", table);
    kerb_status status = kerb_store__query_int(ctx, store, sql, 0, &n);
    *out = false;
    if (status != KERB_OK || n == 0)
        return status;
    snprintf(sql, sizeof sql, "SELECT EXISTS (SELECT 1 FROM %s)", table);
    status = kerb_store__query_int(ctx, store, sql, 0, &n);
    *out = n != 0;
    return status;
}
