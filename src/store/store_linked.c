/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vehicles and casualties of road collisions, written during an import. Each belongs to an
 * incident by its id and to the file and line it was read from, so that the figures of its file
 * stay true when the incident is taken out again.
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

enum { ADD_COLLISION, ADD_VEHICLE, ADD_CASUALTY, FIND_COLLISION, FIND_VEHICLE, FIND_CASUALTY };

static const char *const linked_sql[KERB_STORE__LINKED_STATEMENTS] = {
    [ADD_COLLISION] = "INSERT OR IGNORE INTO collision (incident_id, n_vehicles, n_casualties) "
                      "VALUES (?1, ?2, ?3)",
    [ADD_VEHICLE] =
        "INSERT INTO vehicle (incident_id, vehicle_reference, vehicle_type, file_id, line) "
        "VALUES (?1, ?2, ?3, ?4, ?5)",
    [ADD_CASUALTY] =
        "INSERT INTO casualty (incident_id, vehicle_reference, casualty_reference, class, "
        "severity, age, type, adjusted_serious, file_id, line) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [FIND_COLLISION] = "SELECT coalesce(n_vehicles, -1), coalesce(n_casualties, -1), "
                       "(SELECT count(*) FROM vehicle AS v WHERE v.incident_id = ?1), "
                       "(SELECT count(*) FROM casualty AS c WHERE c.incident_id = ?1) "
                       "FROM (SELECT 1) LEFT JOIN collision ON incident_id = ?1",
    [FIND_VEHICLE] = "SELECT 1 FROM vehicle WHERE incident_id = ?1 AND vehicle_reference = ?2",
    [FIND_CASUALTY] = "SELECT 1 FROM casualty WHERE incident_id = ?1 AND vehicle_reference IS "
                      "?2 AND casualty_reference IS ?3",
};

const char *kerb_severity_name(kerb_severity severity)
{
    static const char *const names[] = {"", "fatal", "serious", "slight"};
    return names[severity];
}

const char *kerb_casualty_class_name(kerb_casualty_class casualty_class)
{
    static const char *const names[] = {"", "driver", "passenger", "pedestrian"};
    return names[casualty_class];
}

static kerb_status begin_statement(kerb_ctx *ctx, kerb_import *import, int which, int64_t id,
                                   sqlite3_stmt **out)
{
    kerb_status status = KERB_OK;
    if (import->committed || import->failed)
        return kerb_fail(ctx, KERB_ERR_ARG, "the import is finished or failed");
    if (!import->linked[which])
        status =
            kerb_store__prepare(ctx, import->store, linked_sql[which], &import->linked[which]);
    *out = import->linked[which];
    if (status == KERB_OK)
        sqlite3_bind_int64(*out, 1, id);
    return status;
}

/* Numbers below zero are not known. */
static void bind_count(sqlite3_stmt *stmt, int i, int64_t value)
{
    if (value >= 0)
        sqlite3_bind_int64(stmt, i, value);
}

/* A word of a closed list; the empty one is NULL. */
static void bind_word(sqlite3_stmt *stmt, int i, const char *word)
{
    kerb_store__bind_text(stmt, i, word && word[0] ? word : NULL);
}

static kerb_status run_statement(kerb_ctx *ctx, kerb_import *import, sqlite3_stmt *stmt)
{
    kerb_status status = kerb_store__step(ctx, import->store, stmt);
    import->failed = import->failed || status != KERB_OK;
    import->has_linked = true;
    return status;
}

int64_t kerb_import_next_incident(const kerb_import *import)
{
    return import->first_id + (int64_t)import->points.n;
}

kerb_status kerb_import_add_collision(kerb_ctx *ctx, kerb_import *import,
                                      const kerb_import_collision *row)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = begin_statement(ctx, import, ADD_COLLISION, row->incident_id, &stmt);
    if (status != KERB_OK)
        return status;
    bind_count(stmt, 2, row->n_vehicles);
    bind_count(stmt, 3, row->n_casualties);
    return run_statement(ctx, import, stmt);
}

kerb_status kerb_import_add_vehicle(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                    const kerb_import_vehicle *row)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = begin_statement(ctx, import, ADD_VEHICLE, row->incident_id, &stmt);
    if (status != KERB_OK)
        return status;
    sqlite3_bind_int64(stmt, 2, row->vehicle);
    bind_word(stmt, 3, row->type);
    sqlite3_bind_int64(stmt, 4, file_id);
    bind_count(stmt, 5, row->line);
    return run_statement(ctx, import, stmt);
}

kerb_status kerb_import_add_casualty(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                     const kerb_import_casualty *row)
{
    sqlite3_stmt *stmt = NULL;
    if (row->adjusted_serious < 0.0 || row->adjusted_serious > 1.0)
        return kerb_fail(ctx, KERB_ERR_ARG, "a probability of %g", row->adjusted_serious);
    kerb_status status = begin_statement(ctx, import, ADD_CASUALTY, row->incident_id, &stmt);
    if (status != KERB_OK)
        return status;
    bind_count(stmt, 2, row->vehicle);
    bind_count(stmt, 3, row->casualty);
    bind_word(stmt, 4, kerb_casualty_class_name(row->casualty_class));
    bind_word(stmt, 5, kerb_severity_name(row->severity));
    bind_count(stmt, 6, row->age);
    bind_word(stmt, 7, row->type);
    if (!isnan(row->adjusted_serious))
        sqlite3_bind_double(stmt, 8, row->adjusted_serious);
    sqlite3_bind_int64(stmt, 9, file_id);
    bind_count(stmt, 10, row->line);
    return run_statement(ctx, import, stmt);
}

kerb_status kerb_import_find_collision(kerb_ctx *ctx, kerb_import *import, int64_t incident_id,
                                       kerb_import_found_collision *out)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    kerb_status status = begin_statement(ctx, import, FIND_COLLISION, incident_id, &stmt);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
    if (status == KERB_OK && has_row)
        *out = (kerb_import_found_collision){
            .stated = {.incident_id = incident_id,
                       .n_vehicles = sqlite3_column_int(stmt, 0),
                       .n_casualties = sqlite3_column_int(stmt, 1)},
            .n_vehicles = (uint32_t)sqlite3_column_int(stmt, 2),
            .n_casualties = (uint32_t)sqlite3_column_int(stmt, 3)};
    if (stmt)
        sqlite3_reset(stmt);
    return status;
}

kerb_status kerb_import_has_linked(kerb_ctx *ctx, kerb_import *import, int64_t incident_id,
                                   bool is_casualty, int32_t vehicle, int32_t casualty,
                                   bool *out)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = false;
    kerb_status status = begin_statement(
        ctx, import, is_casualty ? FIND_CASUALTY : FIND_VEHICLE, incident_id, &stmt);
    if (status != KERB_OK)
        return status;
    bind_count(stmt, 2, vehicle);
    if (is_casualty)
        bind_count(stmt, 3, casualty);
    status = kerb_store__step_row(ctx, import->store, stmt, &has_row);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    if (status == KERB_OK)
        *out = has_row;
    return status;
}

/* --------------------------------------------------------------- taking out again */

/* `gone`: the incident's rows of one table, but not the row that made the incident itself (in a
 * file with one row per casualty): of that tells whoever takes the incident out. */
static const char gone_sql[] =
    "WITH gone AS (SELECT v.file_id, v.line FROM %s AS v JOIN incident AS i "
    "ON i.id = v.incident_id WHERE v.incident_id = ?1 AND NOT (v.file_id IS i.file_id AND "
    "v.line IS i.line)) %s";

static const char *const gone_steps[] = {
    "INSERT INTO reject (file_id, line, reason, column_name, value) "
    "SELECT file_id, line, 'collision_replaced', 'reference', ?2 FROM gone",
    "UPDATE file SET "
    "n_loaded = n_loaded - (SELECT count(*) FROM gone WHERE gone.file_id = file.id), "
    "n_rejected = n_rejected + (SELECT count(*) FROM gone WHERE gone.file_id = file.id) "
    "WHERE id IN (SELECT file_id FROM gone)",
    "INSERT INTO file_reason (file_id, reason, n) SELECT file_id, 'collision_replaced', "
    "count(*) FROM gone WHERE true GROUP BY file_id "
    "ON CONFLICT (file_id, reason) DO UPDATE SET n = n + excluded.n",
};

static kerb_status run_for_incident(kerb_ctx *ctx, kerb_store *store, const char *sql,
                                    int64_t incident_id, const char *reference)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    if (status == KERB_OK) {
        sqlite3_bind_int64(stmt, 1, incident_id);
        if (sqlite3_bind_parameter_count(stmt) == 2)
            kerb_store__bind_text(stmt, 2, reference);
        status = kerb_store__step(ctx, store, stmt);
    }
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_store__take_out_linked(kerb_ctx *ctx, kerb_store *store, int64_t incident_id,
                                        const char *reference)
{
    static const char *const tables[] = {"vehicle", "casualty"};
    char sql[1024];
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (size_t j = 0; status == KERB_OK && j < sizeof gone_steps / sizeof *gone_steps;
             j++) {
            snprintf(sql, sizeof sql, gone_sql, tables[i], gone_steps[j]);
            status = run_for_incident(ctx, store, sql, incident_id, reference);
        }
    }
    return status == KERB_OK ? kerb_store__delete_linked(ctx, store, incident_id) : status;
}

kerb_status kerb_store__delete_linked(kerb_ctx *ctx, kerb_store *store, int64_t incident_id)
{
    static const char *const deletes[] = {"DELETE FROM vehicle WHERE incident_id = ?1",
                                          "DELETE FROM casualty WHERE incident_id = ?1",
                                          "DELETE FROM collision WHERE incident_id = ?1"};
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < sizeof deletes / sizeof *deletes; i++)
        status = run_for_incident(ctx, store, deletes[i], incident_id, NULL);
    return status;
}
