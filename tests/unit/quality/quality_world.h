/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef QUALITY_WORLD_H
#define QUALITY_WORLD_H

/* Small worlds of incidents, and ways to ask what a check found in them. */

#include "near.h"
#include "quality_internal.h"

#include <string.h>

typedef struct world {
    kerb_ctx *ctx;
    kerb_events *events;
    kerb_quality_input input;
    kerb_quality_options options;
    kerb_quality_report *report;
} world;

static inline void world_init(world *w)
{
    memset(w, 0, sizeof *w);
    w->ctx = kerb_ctx_new();
    w->options = (kerb_quality_options)KERB_QUALITY_OPTIONS_DEFAULT;
    assert_int_equal(kerb_events_new(w->ctx, &w->events), KERB_OK);
}

static inline void world_clear(world *w)
{
    kerb_quality_report_free(w->report);
    kerb_events_free(w->events);
    kerb_ctx_free(w->ctx);
}

/* A day of 2020-01 plus `month` months. */
static inline kerb_civil_s day_of_month(int month, int day)
{
    return kerb_days_from_date((kerb_date){2020 + month / 12, 1 + month % 12, day}) * 86400;
}

typedef struct incident {
    double x, y;
    kerb_civil_s start;
    kerb_precision precision;
    const char *source, *category, *code, *label;
} incident;

static inline void world_add(world *w, incident i)
{
    kerb_event event = {.x = i.x,
                        .y = i.y,
                        .weight = 1.0,
                        .start = i.precision == KERB_PRECISION_NONE ? KERB_CIVIL_NONE : i.start,
                        .precision = i.precision};
    event.names[KERB_NAME_SOURCE] = i.source ? i.source : "S";
    event.names[KERB_NAME_CATEGORY] = i.category;
    event.names[KERB_NAME_AREA_CODE] = i.code;
    event.names[KERB_NAME_LABEL] = i.label;
    assert_int_equal(kerb_events_add(w->ctx, w->events, &event), KERB_OK);
}

static inline void world_check(world *w)
{
    kerb_quality_report_free(w->report);
    w->report = NULL;
    w->input.events = w->events;
    assert_int_equal(kerb_quality_check(w->ctx, &w->input, &w->options, &w->report), KERB_OK);
}

/* The first finding of a check with this severity or graver that has a figure; NULL: none. */
static inline const kerb_finding *world_find(const world *w, const char *check,
                                             kerb_quality_severity severity, const char *figure)
{
    for (size_t i = 0; i < w->report->n; i++) {
        const kerb_finding *finding = &w->report->findings[i];
        if (strcmp(finding->check, check) != 0 || finding->severity < severity)
            continue;
        for (size_t k = 0; k < finding->n_figures; k++)
            if (strcmp(finding->figures[k].name, figure) == 0)
                return finding;
    }
    return NULL;
}

static inline double figure_of(const kerb_finding *finding, const char *name)
{
    for (size_t k = 0; finding != NULL && k < finding->n_figures; k++)
        if (strcmp(finding->figures[k].name, name) == 0)
            return finding->figures[k].value;
    return (double)NAN;
}

/* A repeatable random number in [0, n): what a world is strewn with. */
static inline uint32_t strew(uint64_t *state, uint32_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % n);
}

#endif
