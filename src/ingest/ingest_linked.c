/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows about road collisions. A vehicle or casualty row finds its collision by source and
 * reference, in these files or in the store, and is refused when there is none. In a file with
 * one row per casualty the first row of a reference makes the collision, and every row is a
 * casualty of it; the category is the worst severity of them all, for which the file was
 * scanned before.
 */
#include "ingest_linked.h"

#include <math.h>

enum { MAX_AGE_YEARS = 150 };

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static kerb_hash128 key_of(const kerb_ingest__loader *loader, kerb_ingest__field reference)
{
    return kerb_ingest__reference_key(loader->source_key, reference.text, reference.length);
}

static int64_t next_incident(const kerb_ingest__loader *loader)
{
    return loader->sink->next_id(loader->sink) + (int64_t)loader->batch.n;
}

/* --------------------------------------------------------------------- values */

static bool check_severity(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                           kerb_severity *out, kerb_ingest__checked *good)
{
    static const kerb_ingest__role roles[] = {KERB_ROLE_SEVERITY, KERB_ROLE_ENHANCED_SEVERITY};
    *out = KERB_SEVERITY_UNKNOWN;
    for (size_t i = 0; i < 2; i++) {
        kerb_ingest__field field = kerb_ingest__row_field(loader, row, roles[i]);
        switch (kerb_ingest__severity_parse(field, out)) {
        case KERB_VALUE_OK:
            return true;
        case KERB_VALUE_MISSING: /* the grades of serious may be told where the rest is not */
            break;
        case KERB_VALUE_BAD:
            return kerb_ingest__refuse(good, "bad_severity", loader->layout.column[roles[i]],
                                       field);
        }
    }
    return true;
}

static bool check_whole(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                        kerb_ingest__role role, int32_t max, const char *reason, int32_t *out,
                        kerb_ingest__checked *good)
{
    kerb_ingest__field field = kerb_ingest__row_field(loader, row, role);
    if (kerb_ingest__whole_parse(field, max, out) == KERB_VALUE_BAD) {
        return kerb_ingest__refuse(good, reason, loader->layout.column[role], field);
    }
    return true;
}

static bool check_probability(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                              double *out, kerb_ingest__checked *good)
{
    kerb_ingest__field field = kerb_ingest__row_field(loader, row, KERB_ROLE_ADJUSTED_SERIOUS);
    *out = NAN;
    if (kerb_ingest__field_is_missing(loader, field)) {
        return true;
    }
    if (kerb_ingest__number_parse(field.text, field.length, out) != KERB_NUMBER_OK ||
        !(*out >= 0.0 && *out <= 1.0)) {
        return kerb_ingest__refuse(good, "bad_probability",
                                   loader->layout.column[KERB_ROLE_ADJUSTED_SERIOUS], field);
    }
    return true;
}

static bool check_class(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                        kerb_casualty_class *out, kerb_ingest__checked *good)
{
    kerb_ingest__field field = kerb_ingest__row_field(loader, row, KERB_ROLE_CASUALTY_CLASS);
    if (kerb_ingest__casualty_class_parse(field, out) == KERB_VALUE_BAD) {
        return kerb_ingest__refuse(good, "bad_casualty_class",
                                   loader->layout.column[KERB_ROLE_CASUALTY_CLASS], field);
    }
    return true;
}

/* All that a row says of a casualty, but for its type and its collision. */
static bool check_casualty(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                           kerb_import_casualty *out, kerb_ingest__checked *good)
{
    *out = (kerb_import_casualty){.line = row->line};
    return check_whole(loader, row, KERB_ROLE_VEHICLE, INT32_MAX, "bad_vehicle_reference",
                       &out->vehicle, good) &&
           check_whole(loader, row, KERB_ROLE_CASUALTY, INT32_MAX, "bad_casualty_reference",
                       &out->casualty, good) &&
           check_class(loader, row, &out->casualty_class, good) &&
           check_severity(loader, row, &out->severity, good) &&
           check_whole(loader, row, KERB_ROLE_AGE, MAX_AGE_YEARS, "bad_age", &out->age, good) &&
           check_probability(loader, row, &out->adjusted_serious, good);
}

/* What the collision states of itself; nonsense is no statement. */
static int32_t stated(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                      kerb_ingest__role role)
{
    int32_t n = -1;
    (void)kerb_ingest__whole_parse(kerb_ingest__row_field(loader, row, role), INT32_MAX, &n);
    return n;
}

static kerb_ingest__field severity_category(kerb_severity severity)
{
    static const char *const names[] = {"", "Fatal", "Serious", "Slight"};
    return (kerb_ingest__field){names[severity], strlen(names[severity])};
}

kerb_ingest__field kerb_ingest__casualty_category(kerb_severity severity)
{
    static const char *const names[] = {"", "Fatal casualty", "Serious casualty",
                                        "Slight casualty"};
    return (kerb_ingest__field){names[severity], strlen(names[severity])};
}

/* --------------------------------------------------------------------- files */

void kerb_ingest__linked_begin_file(kerb_ingest__loader *loader)
{
    kerb_ingest__linked *linked = loader->linked;
    linked->i_file++;
    linked->first_of_file = linked->n;
    linked->n_disagree = 0;
    linked->wants_points = loader->options->format != NULL &&
                           kerb_ingest__format_wants_points(loader->options->format);
    linked->has_vehicles =
        linked->has_vehicles ||
        (loader->layout.record == KERB_RECORD_VEHICLE && !linked->wants_points);
    linked->has_casualties =
        linked->has_casualties || loader->layout.record == KERB_RECORD_CASUALTY;
}

kerb_status kerb_ingest__linked_scan(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row)
{
    kerb_ingest__linked *linked = loader->linked;
    kerb_ingest__collision *collision = NULL;
    kerb_ingest__checked ignored = {0};
    kerb_severity severity = KERB_SEVERITY_UNKNOWN;
    kerb_ingest__field reference = kerb_ingest__row_field(loader, row, KERB_ROLE_REFERENCE);
    if (kerb_ingest__field_is_missing(loader, reference)) {
        return KERB_OK;
    }
    kerb_status status = kerb_ingest__loader_set_source(ctx, loader, row);
    if (status == KERB_OK) {
        status = kerb_ingest__collision_add(ctx, linked, key_of(loader, reference), &collision);
    }
    if (status != KERB_OK) {
        return status;
    }
    if (collision->incident_id == KERB_INGEST_REJECTED) {
        if (collision->i_file != linked->i_file) {
            collision->i_file = linked->i_file;
            collision->worst = KERB_SEVERITY_UNKNOWN;
        }
        /* codes fall as severity rises; 0 is unknown */
        if (check_severity(loader, row, &severity, &ignored) &&
            severity != KERB_SEVERITY_UNKNOWN &&
            (collision->worst == KERB_SEVERITY_UNKNOWN || severity < collision->worst)) {
            collision->worst = (uint8_t)severity;
        }
    }
    return KERB_OK;
}

/* Say of the incidents of the file that they are collisions, once all their rows are known. */
static kerb_status tell_collisions(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    const kerb_ingest__linked *linked = loader->linked;
    kerb_status status = KERB_OK;
    for (size_t i = linked->first_of_file; i < linked->n && status == KERB_OK; i++) {
        const kerb_ingest__collision *c = &linked->collisions[i];
        if (c->i_file == linked->i_file && c->incident_id != KERB_INGEST_REJECTED) {
            kerb_import_collision told = {c->incident_id, c->stated_vehicles,
                                          c->stated_casualties};
            status = loader->sink->add_collision(ctx, loader->sink, &told);
        }
    }
    return status;
}

kerb_status kerb_ingest__linked_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    const kerb_ingest__linked *linked = loader->linked;
    kerb_ingest__record record = loader->layout.record;
    if (linked->n_disagree > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: %llu rows have another place or time than the first row of their "
                 "collision, which is taken (line %lld is the first of them)",
                 loader->entry->name, (unsigned long long)linked->n_disagree,
                 (long long)linked->disagree_line);
    }
    loader->entry->disagreeing_rows = linked->n_disagree;
    bool has_collisions = record == KERB_RECORD_COLLISION || record == KERB_RECORD_CASUALTY_ROW;
    return has_collisions ? tell_collisions(ctx, loader) : KERB_OK;
}

/* ---------------------------------------------------------------- collisions */

bool kerb_ingest__linked_check(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                               kerb_hash128 key, kerb_ingest__checked *good,
                               kerb_ingest__field *category)
{
    kerb_ingest__linked *linked = loader->linked;
    kerb_severity severity = KERB_SEVERITY_UNKNOWN;
    if (loader->layout.record == KERB_RECORD_COLLISION) {
        if (!check_severity(loader, row, &severity, good)) {
            return false;
        }
    } else {
        if (!check_casualty(loader, row, &linked->casualty, good)) {
            return false;
        }
        severity = linked->casualty.severity;
        const kerb_ingest__collision *collision = kerb_ingest__collision_find(linked, key);
        if (loader->layout.record == KERB_RECORD_CASUALTY_ROW && collision != NULL) {
            severity = (kerb_severity)collision->worst;
        }
    }
    if (loader->layout.column[KERB_ROLE_CATEGORY] < 0) {
        *category = loader->layout.record == KERB_RECORD_CASUALTY_POINT
                        ? kerb_ingest__casualty_category(severity)
                        : severity_category(severity);
    }
    return true;
}

kerb_status kerb_ingest__linked_note_rejected(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                              kerb_hash128 key)
{
    kerb_ingest__collision *collision = NULL;
    return kerb_ingest__collision_add(ctx, loader->linked, key, &collision);
}

/* The casualty that the row is, of a collision that is loaded. */
static kerb_status add_casualty(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                const kerb_ingest__row *row, int64_t incident_id)
{
    kerb_import_casualty *casualty = &loader->linked->casualty;
    casualty->incident_id = incident_id;
    casualty->type = kerb_ingest__type_words(
        kerb_ingest__row_field(loader, row, KERB_ROLE_CASUALTY_TYPE), true, &loader->scratch);
    if (loader->scratch.failed) {
        return kerb_fail_nomem(ctx, "a casualty");
    }
    loader->entry->loaded++;
    loader->entry->records.casualties++;
    return loader->sink->add_casualty(ctx, loader->sink, loader->file_id, casualty);
}

static kerb_status keep_first_row(kerb_ctx *ctx, kerb_ingest__linked *linked, size_t i,
                                  const kerb_ingest__checked *good)
{
    if (linked->first_capacity < linked->capacity) {
        kerb_ingest__first_row *grown =
            kerb_realloc_array(linked->first_rows, linked->capacity, sizeof *grown);
        if (grown == NULL) {
            return kerb_fail_nomem(ctx, "collisions");
        }
        linked->first_rows = grown;
        linked->first_capacity = linked->capacity;
    }
    linked->first_rows[i] = (kerb_ingest__first_row){good->x, good->y, good->start};
    return KERB_OK;
}

kerb_status kerb_ingest__linked_note(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, kerb_hash128 key,
                                     bool has_reference, const kerb_ingest__checked *good)
{
    kerb_ingest__linked *linked = loader->linked;
    kerb_ingest__collision *collision = NULL;
    int64_t incident_id = next_incident(loader);
    bool is_casualty = loader->layout.record == KERB_RECORD_CASUALTY_ROW;
    kerb_status status = KERB_OK;
    if (loader->layout.record == KERB_RECORD_CASUALTY_POINT) {
        loader->entry->records.casualties++;
        return KERB_OK;
    }
    loader->entry->records.collisions++;
    if (has_reference) {
        status = kerb_ingest__collision_add(ctx, linked, key, &collision);
    }
    if (collision != NULL) {
        size_t i = (size_t)(collision - linked->collisions);
        linked->first_of_file = i < linked->first_of_file ? i : linked->first_of_file;
        collision->incident_id = incident_id;
        collision->i_file = linked->i_file;
        collision->stated_vehicles = stated(loader, row, KERB_ROLE_N_VEHICLES);
        collision->stated_casualties = stated(loader, row, KERB_ROLE_N_CASUALTIES);
        collision->n_casualties = is_casualty;
        if (is_casualty) {
            status = keep_first_row(ctx, linked, i, good);
        }
    }
    return status == KERB_OK && is_casualty ? add_casualty(ctx, loader, row, incident_id)
                                            : status;
}

/* Is the casualty one that its collision has already? Without a number of its own nobody can
 * tell, and it is another. */
static kerb_status is_repeated(kerb_ctx *ctx, kerb_ingest__loader *loader,
                               const kerb_ingest__collision *collision, bool is_casualty,
                               int32_t vehicle, int32_t number, bool *out)
{
    struct {
        int64_t incident_id;
        int32_t is_casualty, vehicle, number, zero;
    } told = {collision->incident_id, is_casualty, vehicle, number, 0};
    bool is_new = true, is_stored = false;
    *out = false;
    if (is_casualty && number < 0) {
        return KERB_OK;
    }
    kerb_status status = kerb_ingest__references_add(
        ctx, loader->linked->seen, kerb_hash_bytes((const char *)&told, sizeof told), &is_new);
    if (status == KERB_OK && is_new && collision->i_file == 0) {
        status = loader->sink->has_linked(ctx, loader->sink, collision->incident_id,
                                          is_casualty, vehicle, number, &is_stored);
    }
    *out = !is_new || is_stored;
    return status;
}

kerb_status kerb_ingest__linked_reject_repeated(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                                const kerb_ingest__row *row)
{
    loader->entry->duplicates++;
    return kerb_ingest__row_reject(ctx, loader, row, "repeated_reference",
                                   loader->layout.column[KERB_ROLE_REFERENCE],
                                   kerb_ingest__row_field(loader, row, KERB_ROLE_REFERENCE));
}

kerb_status kerb_ingest__linked_join(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, kerb_hash128 key,
                                     const kerb_ingest__checked *good, bool *joined)
{
    kerb_ingest__linked *linked = loader->linked;
    kerb_ingest__collision *collision = kerb_ingest__collision_find(linked, key);
    bool is_told = false;
    *joined = collision != NULL && collision->i_file == linked->i_file &&
              collision->incident_id != KERB_INGEST_REJECTED;
    if (!*joined) {
        return KERB_OK;
    }
    kerb_status status = is_repeated(ctx, loader, collision, true, linked->casualty.vehicle,
                                     linked->casualty.casualty, &is_told);
    if (status != KERB_OK || is_told) {
        return status == KERB_OK ? kerb_ingest__linked_reject_repeated(ctx, loader, row)
                                 : status;
    }
    const kerb_ingest__first_row *first = &linked->first_rows[collision - linked->collisions];
    if (!is_same(first->x, good->x) || !is_same(first->y, good->y) ||
        first->start != good->start) {
        linked->disagree_line = linked->n_disagree++ == 0 ? row->line : linked->disagree_line;
    }
    int32_t n_vehicles = stated(loader, row, KERB_ROLE_N_VEHICLES);
    if (n_vehicles > collision->stated_vehicles) {
        collision->stated_vehicles = n_vehicles;
    }
    collision->n_casualties++;
    return add_casualty(ctx, loader, row, collision->incident_id);
}

/* ------------------------------------------------------- vehicles, casualties */

/* The collision that a row belongs to; NULL when it is nowhere. */
static kerb_status find_collision(kerb_ctx *ctx, kerb_ingest__loader *loader, kerb_hash128 key,
                                  kerb_ingest__collision **out)
{
    int month = 0;
    int64_t incident_id = 0;
    kerb_import_found_collision found;
    *out = kerb_ingest__collision_find(loader->linked, key);
    if (*out != NULL ||
        !kerb_ingest__references_find_stored(loader->references, key, &month, &incident_id)) {
        return KERB_OK;
    }
    kerb_status status = loader->sink->find_collision(ctx, loader->sink, incident_id, &found);
    if (status == KERB_OK) {
        status = kerb_ingest__collision_add(ctx, loader->linked, key, out);
    }
    if (status == KERB_OK) {
        (*out)->incident_id = incident_id;
        (*out)->stated_vehicles = found.stated.n_vehicles;
        (*out)->stated_casualties = found.stated.n_casualties;
        (*out)->n_vehicles = found.n_vehicles;
        (*out)->n_casualties = found.n_casualties;
    }
    return status;
}

static kerb_status add_vehicle(kerb_ctx *ctx, kerb_ingest__loader *loader,
                               const kerb_ingest__row *row, kerb_ingest__collision *collision,
                               int32_t number)
{
    kerb_import_vehicle vehicle = {
        .incident_id = collision->incident_id,
        .line = row->line,
        .vehicle = number,
        .type =
            kerb_ingest__type_words(kerb_ingest__row_field(loader, row, KERB_ROLE_VEHICLE_TYPE),
                                    false, &loader->scratch)};
    if (loader->scratch.failed) {
        return kerb_fail_nomem(ctx, "a vehicle");
    }
    collision->n_vehicles++;
    loader->entry->loaded++;
    loader->entry->records.vehicles++;
    return loader->sink->add_vehicle(ctx, loader->sink, loader->file_id, &vehicle);
}

static bool check_linked(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                         kerb_ingest__checked *good)
{
    kerb_import_casualty *values = &loader->linked->casualty;
    bool is_casualty = loader->layout.record == KERB_RECORD_CASUALTY;
    if (is_casualty) {
        return check_casualty(loader, row, values, good);
    }
    if (!check_whole(loader, row, KERB_ROLE_VEHICLE, INT32_MAX, "bad_vehicle_reference",
                     &values->vehicle, good)) {
        return false;
    }
    return values->vehicle >= 0 ||
           kerb_ingest__refuse(good, "bad_vehicle_reference",
                               loader->layout.column[KERB_ROLE_VEHICLE],
                               kerb_ingest__row_field(loader, row, KERB_ROLE_VEHICLE));
}

kerb_status kerb_ingest__linked_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row)
{
    kerb_ingest__collision *collision = NULL;
    kerb_ingest__checked good = {.column = -1};
    kerb_import_casualty *values = &loader->linked->casualty;
    bool is_casualty = loader->layout.record == KERB_RECORD_CASUALTY, is_told = false;
    kerb_ingest__field reference = kerb_ingest__row_field(loader, row, KERB_ROLE_REFERENCE);
    if (!is_casualty && loader->linked->wants_points) {
        loader->entry->loaded++; /* left out; points_end_file says so */
        return KERB_OK;
    }
    if (!check_linked(loader, row, &good)) {
        return kerb_ingest__row_reject(ctx, loader, row, good.reason, good.column, good.value);
    }
    kerb_status status = KERB_OK;
    if (!kerb_ingest__field_is_missing(loader, reference)) {
        status = find_collision(ctx, loader, key_of(loader, reference), &collision);
    }
    if (status != KERB_OK) {
        return status;
    }
    if (collision == NULL || collision->incident_id == KERB_INGEST_REJECTED) {
        return kerb_ingest__row_reject(
            ctx, loader, row, collision == NULL ? "no_such_collision" : "collision_rejected",
            loader->layout.column[KERB_ROLE_REFERENCE], reference);
    }
    if (loader->linked->wants_points) {
        return kerb_ingest__points_add(ctx, loader, row, reference, collision);
    }
    status = is_repeated(ctx, loader, collision, is_casualty, values->vehicle,
                         is_casualty ? values->casualty : -1, &is_told);
    if (status != KERB_OK || is_told) {
        return status == KERB_OK ? kerb_ingest__linked_reject_repeated(ctx, loader, row)
                                 : status;
    }
    if (!is_casualty) {
        return add_vehicle(ctx, loader, row, collision, values->vehicle);
    }
    collision->n_casualties++;
    return add_casualty(ctx, loader, row, collision->incident_id);
}

/* -------------------------------------------------------------------- the end */

static void compare(const kerb_ingest__linked *linked, kerb_ingest_report *report)
{
    for (size_t i = 0; i < linked->n; i++) {
        const kerb_ingest__collision *c = &linked->collisions[i];
        if (c->incident_id == KERB_INGEST_REJECTED) {
            continue;
        }
        report->stated.collisions += c->stated_vehicles >= 0 || c->stated_casualties >= 0;
        if (c->stated_vehicles >= 0) {
            report->stated.vehicles += (uint64_t)c->stated_vehicles;
            report->other_vehicles +=
                linked->has_vehicles && c->n_vehicles != (uint32_t)c->stated_vehicles;
        }
        if (c->stated_casualties >= 0) {
            bool is_told = linked->has_casualties || c->n_casualties > 0;
            report->stated.casualties += (uint64_t)c->stated_casualties;
            report->other_casualties +=
                is_told && c->n_casualties != (uint32_t)c->stated_casualties;
        }
    }
}

static void warn(kerb_ctx *ctx, const char *what, uint64_t n, uint64_t n_stating,
                 uint64_t n_stated, uint64_t n_linked)
{
    if (n > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%llu of %llu collisions state another number of %s than are linked to them "
                 "(%llu stated in all, %llu linked in this import)",
                 (unsigned long long)n, (unsigned long long)n_stating, what,
                 (unsigned long long)n_stated, (unsigned long long)n_linked);
    }
}

void kerb_ingest__linked_report(kerb_ctx *ctx, const kerb_ingest__linked *linked,
                                kerb_ingest_report *report)
{
    if (linked->wants_points) {
        return; /* collisions were only looked at */
    }
    compare(linked, report);
    warn(ctx, "vehicles", report->other_vehicles, report->stated.collisions,
         report->stated.vehicles, report->records.vehicles);
    warn(ctx, "casualties", report->other_casualties, report->stated.collisions,
         report->stated.casualties, report->records.casualties);
}
