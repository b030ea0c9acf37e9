/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many collisions, vehicles and casualties the store has, in all and from each file. What
 * hangs on a collision that an extract withdrew stays with its version, and does not count. */
#include "store_internal.h"

#include <string.h>

static kerb_store__file_records *find_file(kerb_ctx *ctx, kerb_store__records *records,
                                           int64_t file_id)
{
    size_t i = 0;
    while (i < records->n && records->files[i].file_id != file_id)
        i++;
    if (i < records->n)
        return &records->files[i];
    kerb_store__file_records *grown =
        kerb_realloc_array(records->files, records->n + 1, sizeof *grown);
    if (!grown) {
        kerb_fail_nomem(ctx, "the counts");
        return NULL;
    }
    records->files = grown;
    records->n++;
    grown[i] = (kerb_store__file_records){.file_id = file_id};
    return &grown[i];
}

static kerb_status read_kind(kerb_ctx *ctx, kerb_store *store, int kind,
                             kerb_store__records *records)
{
    static const char *const queries[KERB_STORE__RECORD_KINDS] = {
        "SELECT coalesce(i.file_id, 0), count(*) FROM collision AS c JOIN incident AS i "
        "ON i.id = c.incident_id GROUP BY 1 ORDER BY 1",
        "SELECT file_id, count(*) FROM vehicle WHERE incident_id IN (SELECT id FROM incident) "
        "GROUP BY 1 ORDER BY 1",
        "SELECT file_id, count(*) FROM casualty WHERE incident_id IN (SELECT id FROM incident) "
        "GROUP BY 1 ORDER BY 1"};
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(ctx, store, queries[kind], &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_store__file_records *file = find_file(ctx, records, sqlite3_column_int64(stmt, 0));
        if (!file) {
            status = KERB_ERR_NOMEM;
            break;
        }
        file->n[kind] = sqlite3_column_int64(stmt, 1);
        records->n_all[kind] += file->n[kind];
    }
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_store__records_read(kerb_ctx *ctx, kerb_store *store, kerb_store__records *out)
{
    kerb_status status = KERB_OK;
    for (int kind = 0; status == KERB_OK && kind < KERB_STORE__RECORD_KINDS; kind++)
        status = read_kind(ctx, store, kind, out);
    return status;
}

void kerb_store__records_clear(kerb_store__records *records)
{
    kerb_free(records->files);
    *records = (kerb_store__records){0};
}

static void add_numbers(kerb_text *json, const int64_t n[KERB_STORE__RECORD_KINDS])
{
    kerb_text_add_format(json,
                         "\"records\":{\"collisions\":%lld,\"vehicles\":%lld,"
                         "\"casualties\":%lld}",
                         (long long)n[0], (long long)n[1], (long long)n[2]);
}

void kerb_store__records_add_all(const kerb_store__records *records, kerb_text *json)
{
    add_numbers(json, records->n_all);
}

void kerb_store__records_add_file(const kerb_store__records *records, int64_t file_id,
                                  kerb_text *json)
{
    static const int64_t none[KERB_STORE__RECORD_KINDS] = {0};
    for (size_t i = 0; i < records->n; i++) {
        if (records->files[i].file_id == file_id) {
            add_numbers(json, records->files[i].n);
            return;
        }
    }
    add_numbers(json, none);
}
