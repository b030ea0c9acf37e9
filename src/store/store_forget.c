/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Erasing records so that their bytes are gone from the file, not only their rows.
 *
 *   secure_delete   zeroes what is freed from now on
 *   a new index     a removed box may lie on in the spare bytes of its node
 *   VACUUM          spare bytes that earlier deletions left behind
 *   the journal     holds the pages as they were: overwritten before it is removed
 *
 * Between the commit and the removal of the journal the connection keeps its lock, so that no
 * other program begins to use the journal meanwhile. Source: SQLite, "PRAGMA secure_delete",
 * "PRAGMA locking_mode", "PRAGMA journal_mode".
 */
#include "store_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* First second after a record's window, or after its month, day, minute or second. */
#define END_OF_RECORD                                                                          \
    "coalesce(time_end, CASE precision WHEN 1 THEN CAST(strftime('%s', start, 'unixepoch', "   \
    "'start of month', '+1 month') AS INTEGER) WHEN 2 THEN start + 86400 "                     \
    "WHEN 3 THEN start + 60 ELSE start + 1 END)"
#define OF_SOURCE                                                                              \
    "(?2 IS NULL OR source_id = (SELECT s.id FROM source AS s WHERE s.name = ?2)) "

/* ---------------------------------------------------------------------- choosing */

typedef struct forgetting {
    kerb_store *store;
    const kerb_forget_options *options;
    kerb_forget_counts counts;
} forgetting;

/* Run a statement with the reference or instant as ?1, the source as ?2, the visible form of
 * the reference as ?3; adds how many rows it changed. */
static kerb_status run_choice(kerb_ctx *ctx, const forgetting *f, const char *sql,
                              const char *reference, const char *visible, int64_t *n)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(ctx, f->store, sql, &stmt);
    if (status == KERB_OK) {
        if (reference)
            kerb_store__bind_text(stmt, 1, reference);
        else
            sqlite3_bind_int64(stmt, 1, f->options->before);
        kerb_store__bind_text(stmt, 2, f->options->source);
        if (visible)
            kerb_store__bind_text(stmt, 3, visible);
        status = kerb_store__step(ctx, f->store, stmt);
    }
    if (status == KERB_OK)
        *n += sqlite3_changes(f->store->db);
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status choose_reference(kerb_ctx *ctx, const forgetting *f, const char *reference)
{
    /* a rejected row keeps its values as they were made visible, and not trimmed */
    static const char *const list[] = {
        "INSERT OR REPLACE INTO temp.forgotten SELECT id FROM incident "
        "WHERE reference = ?1 AND " OF_SOURCE,
        "INSERT OR REPLACE INTO temp.forgotten SELECT incident_id FROM incident_version "
        "WHERE reference = ?1 AND " OF_SOURCE,
        "INSERT OR REPLACE INTO temp.forgotten_reject SELECT r.id FROM reject AS r "
        "WHERE ?2 IS ?2 AND (trim(r.value) IN (?1, ?3) OR (json_valid(r.mapped) AND EXISTS "
        "(SELECT 1 FROM json_each(r.mapped) AS m WHERE trim(m.value) IN (?1, ?3))))"};
    char visible[4 * 200 + 8];
    int64_t n = 0;
    kerb_status status = KERB_OK;
    kerb_text_visible(reference, strlen(reference), 200, visible);
    for (size_t i = 0; status == KERB_OK && i < sizeof list / sizeof *list; i++)
        status = run_choice(ctx, f, list[i], reference, i == 2 ? visible : NULL, &n);
    if (status == KERB_OK && n == 0)
        status = kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                           "%s holds no record with the reference '%s'%s%s: nothing was erased",
                           f->store->path, visible, f->options->source ? " of " : "",
                           f->options->source ? f->options->source : "");
    return status;
}

/* Of a record that was withdrawn its last version tells its age. The date of a rejected row is
 * not known: it goes when its file may hold anything that old. */
static kerb_status choose_before(kerb_ctx *ctx, forgetting *f)
{
    static const char *const list[] = {
        "INSERT OR REPLACE INTO temp.forgotten SELECT id FROM incident "
        "WHERE start < ?1 AND " END_OF_RECORD " <= ?1 AND " OF_SOURCE,
        "INSERT OR REPLACE INTO temp.forgotten SELECT incident_id FROM incident_version AS v "
        "WHERE start IS NOT NULL AND NOT EXISTS (SELECT 1 FROM incident AS i WHERE i.id = "
        "v.incident_id) AND " OF_SOURCE "GROUP BY incident_id HAVING max(" END_OF_RECORD
        ") <= ?1",
        "INSERT OR REPLACE INTO temp.forgotten_reject SELECT r.id FROM reject AS r "
        "JOIN file AS f ON f.id = r.file_id LEFT JOIN (SELECT file_id, min(start) AS first "
        "FROM (SELECT file_id, start FROM incident UNION ALL SELECT file_id, start "
        "FROM incident_version) GROUP BY file_id) AS t ON t.file_id = r.file_id "
        "WHERE coalesce(r.sha256, r.value, r.mapped) IS NOT NULL "
        "AND (?2 IS NULL OR f.source = ?2) AND coalesce(t.first, CAST(strftime('%s', "
        "printf('%04d-%02d-01', f.month / 12, f.month % 12 + 1)) AS INTEGER), ?1 - 1) < ?1"};
    static const char undated[] =
        "INSERT INTO temp.undated SELECT count(*) FROM incident WHERE start IS NULL AND ?1 = "
        "?1 AND " OF_SOURCE;
    int64_t n = 0, n_undated = 0;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof list / sizeof *list; i++)
        status = run_choice(ctx, f, list[i], NULL, NULL, &n);
    if (status == KERB_OK)
        status = run_choice(ctx, f, undated, NULL, NULL, &n);
    if (status == KERB_OK)
        status =
            kerb_store__query_int(ctx, f->store, "SELECT n FROM temp.undated", 0, &n_undated);
    f->counts.n_undated = (uint64_t)n_undated;
    return status;
}

static kerb_status check_source(kerb_ctx *ctx, const forgetting *f)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    if (!f->options->source)
        return KERB_OK;
    kerb_status status =
        kerb_store__prepare(ctx, f->store, "SELECT 1 FROM source WHERE name = ?1", &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, f->options->source);
        status = kerb_store__step_row(ctx, f->store, stmt, &has_row);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK && !has_row)
        status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s has no source '%s'", f->store->path,
                           f->options->source);
    return status;
}

static kerb_status choose(kerb_ctx *ctx, forgetting *f)
{
    kerb_status status =
        kerb_store__run(ctx, f->store->path, f->store->db,
                        "DROP TABLE IF EXISTS temp.forgotten;"
                        "DROP TABLE IF EXISTS temp.forgotten_reject;"
                        "DROP TABLE IF EXISTS temp.undated;"
                        "CREATE TEMP TABLE forgotten (id INTEGER PRIMARY KEY);"
                        "CREATE TEMP TABLE forgotten_reject (id INTEGER PRIMARY KEY);"
                        "CREATE TEMP TABLE undated (n INTEGER)");
    if (status == KERB_OK)
        status = check_source(ctx, f);
    if (status == KERB_OK && f->options->has_before)
        return choose_before(ctx, f);
    for (size_t i = 0; status == KERB_OK && i < f->options->n_references; i++)
        status = choose_reference(ctx, f, f->options->references[i]);
    return status;
}

/* ----------------------------------------------------------------------- erasing */

static kerb_status run_counted(kerb_ctx *ctx, kerb_store *store, const char *sql, uint64_t *n)
{
    kerb_status status = kerb_store__run(ctx, store->path, store->db, sql);
    if (status == KERB_OK && n)
        *n += (uint64_t)sqlite3_changes(store->db);
    return status;
}

static kerb_status erase_linked(kerb_ctx *ctx, forgetting *f)
{
    static const char *const tables[] = KERB_STORE__LINKED_TABLES;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof tables / sizeof *tables; i++) {
        char sql[160];
        bool is_used = false;
        status = kerb_store__is_linked_used(ctx, f->store, tables[i], &is_used);
        snprintf(sql, sizeof sql,
                 "DELETE FROM %s WHERE incident_id IN (SELECT id FROM temp.forgotten)",
                 tables[i]);
        if (status == KERB_OK && is_used)
            status = run_counted(ctx, f->store, sql, &f->counts.n_linked);
    }
    return status;
}

static kerb_status erase_rows(kerb_ctx *ctx, forgetting *f)
{
    kerb_forget_counts *c = &f->counts;
    const struct {
        const char *sql;
        uint64_t *n;
    } list[] = {
        {"DELETE FROM incident_version WHERE incident_id IN (SELECT id FROM temp.forgotten)",
         &c->n_versions},
        {"DELETE FROM incident WHERE id IN (SELECT id FROM temp.forgotten)", &c->n_incidents},
        {"UPDATE reject SET sha256 = NULL, value = NULL, mapped = NULL "
         "WHERE id IN (SELECT id FROM temp.forgotten_reject)",
         &c->n_rejects},
        /* a street or a small area may have been that record's alone */
        {"DELETE FROM label WHERE id NOT IN (SELECT label_id FROM incident WHERE label_id IS "
         "NOT NULL UNION SELECT label_id FROM incident_version WHERE label_id IS NOT NULL)",
         NULL},
        {"DELETE FROM area_code WHERE id NOT IN (SELECT area_code_id FROM incident WHERE "
         "area_code_id IS NOT NULL UNION SELECT area_code_id FROM incident_version WHERE "
         "area_code_id IS NOT NULL)",
         NULL},
    };
    kerb_status status = erase_linked(ctx, f);
    for (size_t i = 0; status == KERB_OK && i < sizeof list / sizeof *list; i++)
        status = run_counted(ctx, f->store, list[i].sql, list[i].n);
    return status;
}

static kerb_status write_log(kerb_ctx *ctx, const forgetting *f)
{
    const kerb_forget_counts *c = &f->counts;
    const uint64_t values[] = {c->n_incidents, c->n_versions, c->n_rejects, c->n_linked};
    sqlite3_stmt *stmt = NULL;
    kerb_status status =
        kerb_store__prepare(ctx, f->store,
                            "INSERT INTO forget_log (kerb_version, n_incidents, n_versions, "
                            "n_rejects, n_linked) VALUES (?, ?, ?, ?, ?)",
                            &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, KERB_VERSION);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            sqlite3_bind_int64(stmt, (int)i + 2, (int64_t)values[i]);
        status = kerb_store__step(ctx, f->store, stmt);
    }
    sqlite3_finalize(stmt);
    return status;
}

static bool has_erased(const kerb_forget_counts *c)
{
    return c->n_incidents + c->n_versions + c->n_rejects + c->n_linked > 0;
}

static kerb_status erase(kerb_ctx *ctx, forgetting *f)
{
    int64_t n_rows = 0;
    kerb_status status = erase_rows(ctx, f);
    if (status != KERB_OK || f->options->is_trial || !has_erased(&f->counts))
        return status;
    status = kerb_store__repack_index(ctx, f->store);
    if (status == KERB_OK)
        status =
            kerb_store__query_int(ctx, f->store, "SELECT count(*) FROM incident", 0, &n_rows);
    if (status == KERB_OK) /* its extent may have been a place of the erased */
        status =
            kerb_store__write_statistics(ctx, f->store, "incident", "incident_view", n_rows);
    if (status == KERB_OK)
        status = write_log(ctx, f);
    return status == KERB_OK ? kerb_check_cancel(ctx) : status;
}

/* ------------------------------------------------------------------- the bytes left */

static kerb_status overwrite_file(kerb_ctx *ctx, const char *path)
{
    static const unsigned char zeros[65536];
    struct stat about;
    kerb_status status = KERB_OK;
    int file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) /* no journal: nothing was changed */
        return KERB_OK;
    if (fstat(file, &about) != 0)
        about.st_size = 0;
    for (off_t at = 0; at < about.st_size;) {
        off_t left = about.st_size - at;
        ssize_t n =
            write(file, zeros, left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros);
        if (n <= 0) {
            status = kerb_fail(ctx, KERB_ERR_IO, "%s: the journal cannot be overwritten", path);
            break;
        }
        at += n;
    }
    if (fsync(file) != 0 && status == KERB_OK)
        status = kerb_fail(ctx, KERB_ERR_IO, "%s: the journal cannot be overwritten", path);
    close(file);
    return status;
}

static kerb_status clean_file(kerb_ctx *ctx, kerb_store *store)
{
    const char *file = sqlite3_db_filename(store->db, "main");
    kerb_status status = kerb_store__run(ctx, store->path, store->db, "VACUUM");
    kerb_status journal =
        file && *file ? overwrite_file(ctx, sqlite3_filename_journal(file)) : KERB_OK;
    status = status == KERB_OK ? journal : status;
    if (status != KERB_OK)
        kerb_fail_in(ctx, "the records are erased, but traces of them may be left in free "
                          "space of the file");
    return status;
}

/* Does a journal lie beside the file? It may be that of a forgetting that was killed after its
 * commit, with all that it erased. */
static bool has_journal(const kerb_store *store)
{
    struct stat about;
    const char *file = sqlite3_db_filename(store->db, "main");
    return file && *file && stat(sqlite3_filename_journal(file), &about) == 0;
}

/* Have the journal removed, and give the lock back, which the next read does. */
static void end_exclusive(kerb_store *store)
{
    if (store->db)
        sqlite3_exec(store->db,
                     "PRAGMA locking_mode = NORMAL; PRAGMA journal_mode = DELETE;"
                     "SELECT count(*) FROM sqlite_schema; DROP TABLE IF EXISTS temp.forgotten;"
                     "DROP TABLE IF EXISTS temp.forgotten_reject;"
                     "DROP TABLE IF EXISTS temp.undated",
                     NULL, NULL, NULL);
}

static kerb_status check_options(kerb_ctx *ctx, const kerb_store *store,
                                 const kerb_forget_options *options)
{
    if (store->mode != KERB_STORE_WRITE)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s was opened for reading", store->path);
    if (store->in_transaction)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s is being written to", store->path);
    if (options->has_before == (options->n_references > 0))
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "records are forgotten either by reference or by date");
    return KERB_OK;
}

kerb_status kerb_store_forget(kerb_ctx *ctx, kerb_store *store,
                              const kerb_forget_options *options, kerb_forget_counts *counts)
{
    forgetting f = {.store = store, .options = options};
    kerb_status status = check_options(ctx, store, options);
    if (status != KERB_OK)
        return status;
    bool was_interrupted = has_journal(store);
    status = kerb_store__run(ctx, store->path, store->db,
                             "PRAGMA secure_delete = ON; PRAGMA locking_mode = EXCLUSIVE;"
                             "PRAGMA journal_mode = PERSIST");
    if (status == KERB_OK)
        status = kerb_store__begin(ctx, store);
    if (status == KERB_OK) {
        status = choose(ctx, &f);
        if (status == KERB_OK)
            status = erase(ctx, &f);
        if (status != KERB_OK || options->is_trial || !has_erased(&f.counts))
            kerb_store__rollback(store);
        else
            status = kerb_store__commit(ctx, store);
        bool is_erased = status == KERB_OK && !options->is_trial && has_erased(&f.counts);
        if (is_erased || was_interrupted) {
            kerb_status cleaned = clean_file(ctx, store);
            status = status == KERB_OK ? cleaned : status;
        }
    }
    end_exclusive(store);
    if (status == KERB_OK)
        *counts = f.counts;
    return status;
}
