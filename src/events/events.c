/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The incident table: parallel columns that grow together, names kept once and numbered.
 * Columns double when full, so appending costs a constant time a row. The weight column exists
 * only from the first row on whose weight is not 1, because nearly every table has none; so it
 * is with squares instead of points, and with windows and recordings (events_times.c). */
#include "events_internal.h"

#include <math.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static const char *const KIND_NAMES[KERB_NAME_KINDS] = {
    [KERB_NAME_SOURCE] = "source",       [KERB_NAME_CATEGORY] = "category",
    [KERB_NAME_AREA_CODE] = "area code", [KERB_NAME_AREA_NAME] = "area name",
    [KERB_NAME_LABEL] = "label",
};

kerb_status kerb_events_new(kerb_ctx *ctx, kerb_events **out)
{
    kerb_status status = KERB_OK;
    kerb_events *events = kerb_calloc_array(1, sizeof *events);
    if (!events) {
        status = kerb_fail_nomem(ctx, "events");
        goto done;
    }
    events->owner = kerb_calloc_array(1, sizeof *events->owner);
    if (!events->owner) {
        status = kerb_fail_nomem(ctx, "events");
        goto done;
    }
    for (int k = 0; k < KERB_NAME_KINDS; k++) {
        events->owner->names[k] = kerb_strings_new();
        if (!events->owner->names[k]) {
            status = kerb_fail_nomem(ctx, "names of events");
            goto done;
        }
    }
    *out = events, events = NULL;
done:
    kerb_events_free(events);
    return status;
}

void kerb_events_free(kerb_events *events)
{
    if (!events)
        return;
    if (events->owner)
        for (int k = 0; k < KERB_NAME_KINDS; k++)
            kerb_strings_free(events->owner->names[k]);
    if (events->owner)
        kerb_free(events->owner->pairs);
    kerb_free(events->owner);
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        kerb_free(events->names[k]);
    kerb_free(events->recorded);
    kerb_free(events->end);
    kerb_free(events->precision);
    kerb_free(events->start);
    kerb_free(events->cell_m);
    kerb_free(events->weight);
    kerb_free(events->y);
    kerb_free(events->x);
    kerb_free(events);
}

/* Grow one column; on failure the old block is still the column's. */
static bool grow(void **column, size_t capacity, size_t size)
{
    void *grown = kerb_realloc_array(*column, capacity, size);
    if (!grown)
        return false;
    *column = grown;
    return true;
}

/* Columns are grown one by one; `capacity` is raised only after the last, so that a failure
 * half-way leaves a table that is whole and merely has some columns with more room. */
static kerb_status reserve_one(kerb_ctx *ctx, kerb_events *events)
{
    struct kerb_events_private *owner = events->owner;
    if (events->n < owner->capacity)
        return KERB_OK;
    if (owner->capacity > SIZE_MAX / 2)
        return kerb_fail_nomem(ctx, "events");
    size_t capacity = owner->capacity ? owner->capacity * 2 : FIRST_CAPACITY;
    void *column;
    bool ok = true;
#define GROW(field)                                                                            \
    do {                                                                                       \
        column = (field);                                                                      \
        ok = ok && grow(&column, capacity, sizeof *(field));                                   \
        (field) = column;                                                                      \
    } while (0)
    GROW(events->x);
    GROW(events->y);
    if (events->weight)
        GROW(events->weight);
    if (events->cell_m)
        GROW(events->cell_m);
    GROW(events->start);
    GROW(events->precision);
    if (events->end)
        GROW(events->end);
    if (events->recorded)
        GROW(events->recorded);
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        GROW(events->names[k]);
#undef GROW
    if (!ok)
        return kerb_fail_nomem(ctx, "events");
    owner->capacity = capacity;
    return KERB_OK;
}

/* The first weight that is not 1 gives every earlier row its 1 in writing. */
static kerb_status make_weights(kerb_ctx *ctx, kerb_events *events)
{
    double *weight = kerb_alloc_array(events->owner->capacity, sizeof *weight);
    if (!weight)
        return kerb_fail_nomem(ctx, "weights of events");
    for (size_t i = 0; i < events->n; i++)
        weight[i] = 1.0;
    events->weight = weight;
    return KERB_OK;
}

static kerb_status check_row(kerb_ctx *ctx, double x, double y, double weight,
                             kerb_civil_s start, kerb_precision precision)
{
    if (isnan(x) != isnan(y))
        return kerb_fail(ctx, KERB_ERR_ARG, "an event has only one coordinate: x %g, y %g", x,
                         y);
    if (isinf(x) || isinf(y))
        return kerb_fail(ctx, KERB_ERR_ARG, "an event's coordinates are not finite: x %g, y %g",
                         x, y);
    if (!(weight >= 0.0) || isinf(weight))
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "an event's weight must be finite and not negative, got %g", weight);
    if ((unsigned)precision > KERB_PRECISION_SECOND)
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown precision of time %d", (int)precision);
    if ((start == KERB_CIVIL_NONE) != (precision == KERB_PRECISION_NONE))
        return kerb_fail(ctx, KERB_ERR_ARG, "an event has %s",
                         precision == KERB_PRECISION_NONE ? "a time without its precision"
                                                          : "a precision of time but no time");
    return KERB_OK;
}

kerb_status kerb_events_add_numbered(kerb_ctx *ctx, kerb_events *events, double x, double y,
                                     double weight, kerb_civil_s start,
                                     kerb_precision precision,
                                     const uint32_t numbers[KERB_NAME_KINDS])
{
    kerb_status status = check_row(ctx, x, y, weight, start, precision);
    if (status != KERB_OK)
        return status;
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        if (numbers[k] > kerb_strings_count(events->owner->names[k]))
            return kerb_fail(ctx, KERB_ERR_ARG, "there is no %s number %lu", KIND_NAMES[k],
                             (unsigned long)numbers[k]);
    status = reserve_one(ctx, events);
    if (status != KERB_OK)
        return status;
    if (!events->weight && weight != 1.0) {
        status = make_weights(ctx, events);
        if (status != KERB_OK)
            return status;
    }
    size_t i = events->n;
    events->x[i] = x;
    events->y[i] = y;
    if (events->weight)
        events->weight[i] = weight;
    if (events->cell_m)
        events->cell_m[i] = NAN;
    events->start[i] = start;
    events->precision[i] = (uint8_t)precision;
    if (events->end)
        events->end[i] = KERB_CIVIL_NONE;
    if (events->recorded)
        events->recorded[i] = KERB_CIVIL_NONE;
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        events->names[k][i] = numbers[k];
    events->n = i + 1;
    return KERB_OK;
}

kerb_status kerb_events_set_cell(kerb_ctx *ctx, kerb_events *events, size_t row, double cell_m)
{
    if (row >= events->n)
        return kerb_fail(ctx, KERB_ERR_ARG, "there is no event %zu", row);
    if (cell_m <= 0.0 || isinf(cell_m))
        return kerb_fail(ctx, KERB_ERR_ARG, "a cell's side must be above 0 m, got %g m",
                         cell_m);
    if (!events->cell_m) {
        if (isnan(cell_m))
            return KERB_OK;
        double *cells = kerb_alloc_array(events->owner->capacity, sizeof *cells);
        if (!cells)
            return kerb_fail_nomem(ctx, "cells of events");
        for (size_t i = 0; i < events->n; i++)
            cells[i] = NAN;
        events->cell_m = cells;
    }
    events->cell_m[row] = cell_m;
    return KERB_OK;
}

kerb_status kerb_events_add(kerb_ctx *ctx, kerb_events *events, const kerb_event *event)
{
    uint32_t numbers[KERB_NAME_KINDS] = {0};
    kerb_status status =
        check_row(ctx, event->x, event->y, event->weight, event->start, event->precision);
    for (int k = 0; k < KERB_NAME_KINDS && status == KERB_OK; k++)
        if (event->names[k])
            status = kerb_events_add_name(ctx, events, (kerb_name_kind)k, event->names[k],
                                          strlen(event->names[k]), &numbers[k]);
    if (status != KERB_OK)
        return status;
    return kerb_events_add_numbered(ctx, events, event->x, event->y, event->weight,
                                    event->start, event->precision, numbers);
}

kerb_status kerb_events_add_copy(kerb_ctx *ctx, kerb_events *events, const kerb_events *from,
                                 size_t row, const uint32_t numbers[KERB_NAME_KINDS])
{
    kerb_status status = kerb_events_add_numbered(
        ctx, events, from->x[row], from->y[row], from->weight ? from->weight[row] : 1.0,
        from->start[row], (kerb_precision)from->precision[row], numbers);
    size_t i = events->n - 1;
    if (status == KERB_OK && from->end)
        status = kerb_events_set_end(ctx, events, i, from->end[row]);
    if (status == KERB_OK && from->recorded)
        status = kerb_events_set_recorded(ctx, events, i, from->recorded[row]);
    if (status == KERB_OK && from->cell_m)
        status = kerb_events_set_cell(ctx, events, i, from->cell_m[row]);
    return status;
}

static bool is_kind(kerb_name_kind kind)
{
    return (unsigned)kind < KERB_NAME_KINDS;
}

kerb_status kerb_events_add_name(kerb_ctx *ctx, kerb_events *events, kerb_name_kind kind,
                                 const char *text, size_t length, uint32_t *out)
{
    if (!is_kind(kind))
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kind of name %d", (int)kind);
    return kerb_strings_add(ctx, events->owner->names[kind], text, length, out);
}

const char *kerb_events_name(const kerb_events *events, kerb_name_kind kind, uint32_t number)
{
    if (!is_kind(kind) || number > kerb_strings_count(events->owner->names[kind]))
        return "";
    return kerb_strings_get(events->owner->names[kind], number);
}

uint32_t kerb_events_name_count(const kerb_events *events, kerb_name_kind kind)
{
    return is_kind(kind) ? kerb_strings_count(events->owner->names[kind]) : 0;
}

size_t kerb_events_count_located(const kerb_events *events)
{
    size_t n_located = 0;
    for (size_t i = 0; i < events->n; i++)
        n_located += isnan(events->x[i]) ? 0 : 1;
    return n_located;
}

kerb_box kerb_events_box(const kerb_events *events)
{
    kerb_box box = kerb_box_make_empty();
    bool is_first = true;
    for (size_t i = 0; i < events->n; i++) {
        double x = events->x[i], y = events->y[i];
        if (isnan(x))
            continue;
        if (is_first) {
            box = (kerb_box){.xmin = x, .ymin = y, .xmax = x, .ymax = y};
            is_first = false;
        }
        box.xmin = x < box.xmin ? x : box.xmin;
        box.ymin = y < box.ymin ? y : box.ymin;
        box.xmax = x > box.xmax ? x : box.xmax;
        box.ymax = y > box.ymax ? y : box.ymax;
    }
    return box;
}

/* The midnight at or before a time, also before 1970. */
static kerb_civil_s floor_to_day(kerb_civil_s time)
{
    const kerb_civil_s day_s = 86400;
    kerb_civil_s rest = time % day_s;
    return time - (rest < 0 ? rest + day_s : rest);
}

bool kerb_events_period(const kerb_events *events, kerb_civil_s *from, kerb_civil_s *to)
{
    bool is_any = false;
    kerb_civil_s first = 0, last_end = 0;
    for (size_t i = 0; i < events->n; i++) {
        if (events->precision[i] == KERB_PRECISION_NONE)
            continue;
        kerb_civil_s end = kerb_events_get_end(events, i);
        if (!is_any || events->start[i] < first)
            first = events->start[i];
        if (!is_any || end > last_end)
            last_end = end;
        is_any = true;
    }
    if (!is_any)
        return false;
    *from = floor_to_day(first);
    *to = floor_to_day(last_end - 1) + 86400;
    return true;
}
