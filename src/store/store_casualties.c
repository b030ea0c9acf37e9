/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Casualties out of the store, beside the table of incidents that they belong to. */
#include "store_internal.h"

#include <math.h>
#include <string.h>

void kerb_casualties_free(kerb_casualties *casualties)
{
    if (!casualties)
        return;
    kerb_free(casualties->row);
    kerb_free(casualties->vehicle);
    kerb_free(casualties->age);
    kerb_free(casualties->severity);
    kerb_free(casualties->casualty_class);
    kerb_free(casualties->adjusted_serious);
    kerb_free(casualties);
}

static kerb_status make_casualties(kerb_ctx *ctx, size_t n, kerb_casualties **out)
{
    kerb_casualties *made = kerb_calloc_array(1, sizeof *made);
    if (!made)
        return kerb_fail_nomem(ctx, "the casualties");
    made->row = kerb_alloc_array(n, sizeof *made->row);
    made->vehicle = kerb_alloc_array(n, sizeof *made->vehicle);
    made->age = kerb_alloc_array(n, sizeof *made->age);
    made->severity = kerb_alloc_array(n, sizeof *made->severity);
    made->casualty_class = kerb_alloc_array(n, sizeof *made->casualty_class);
    made->adjusted_serious = kerb_alloc_array(n, sizeof *made->adjusted_serious);
    if (!made->row || !made->vehicle || !made->age || !made->severity ||
        !made->casualty_class || !made->adjusted_serious) {
        kerb_casualties_free(made);
        return kerb_fail_nomem(ctx, "the casualties");
    }
    *out = made;
    return KERB_OK;
}

static uint8_t find_severity(const char *word)
{
    for (int i = KERB_SEVERITY_FATAL; i <= KERB_SEVERITY_SLIGHT; i++)
        if (strcmp(word, kerb_severity_name((kerb_severity)i)) == 0)
            return (uint8_t)i;
    return KERB_SEVERITY_UNKNOWN;
}

static uint8_t find_class(const char *word)
{
    for (int i = KERB_CASUALTY_DRIVER; i <= KERB_CASUALTY_PEDESTRIAN; i++)
        if (strcmp(word, kerb_casualty_class_name((kerb_casualty_class)i)) == 0)
            return (uint8_t)i;
    return KERB_CASUALTY_UNKNOWN;
}

static void add_casualty(kerb_casualties *into, sqlite3_stmt *stmt)
{
    size_t i = into->n++;
    bool has_vehicle = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
    bool has_age = sqlite3_column_type(stmt, 4) != SQLITE_NULL;
    bool has_share = sqlite3_column_type(stmt, 5) != SQLITE_NULL;
    into->row[i] = (size_t)sqlite3_column_int64(stmt, 0);
    into->vehicle[i] = has_vehicle ? sqlite3_column_int(stmt, 1) : -1;
    into->casualty_class[i] = find_class(kerb_store__column_text(stmt, 2));
    into->severity[i] = find_severity(kerb_store__column_text(stmt, 3));
    into->age[i] = has_age ? sqlite3_column_int(stmt, 4) : -1;
    into->adjusted_serious[i] = has_share ? sqlite3_column_double(stmt, 5) : (double)NAN;
}

kerb_status kerb_store_read_casualties(kerb_ctx *ctx, kerb_store *store, kerb_casualties **out)
{
    kerb_casualties *read = NULL;
    sqlite3_stmt *stmt = NULL;
    bool began = false, has_row = true;
    int64_t n = 0;
    kerb_status status = kerb_store__begin_reading(ctx, store, &began);
    if (status == KERB_OK)
        status = kerb_store__query_int(
            ctx, store,
            "SELECT count(*) FROM casualty WHERE incident_id IN (SELECT id FROM incident)", 0,
            &n);
    if (status == KERB_OK)
        status = make_casualties(ctx, (size_t)n, &read);
    /* rows as kerb_store_read_events() has them: in order of id */
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "SELECT i.row, c.vehicle_reference, c.class, c.severity, c.age, "
            "c.adjusted_serious FROM casualty AS c JOIN (SELECT id, row_number() OVER (ORDER "
            "BY id) - 1 AS row FROM incident) AS i ON i.id = c.incident_id ORDER BY c.id",
            &stmt);
    while (status == KERB_OK && read->n < (size_t)n) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        add_casualty(read, stmt);
        if (read->n % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    kerb_store__end_reading(store, began);
    if (status != KERB_OK) {
        kerb_casualties_free(read);
        return status;
    }
    *out = read;
    return KERB_OK;
}
