/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_STUDY_SCENE_H
#define KERB_TEST_STUDY_SCENE_H

/**
 * A town for requests: incidents in a CSV, square wards with a WKT column, both in British
 * National Grid, and ways to read the figures of a result. Metres are counted from the town's
 * south-west corner, (450000, 300000).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "near.h"
#include "scratch.h"
#include "study_internal.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOWN_X 450000.0
#define TOWN_Y 300000.0

#define assert_ok(ctx, call)                                                                   \
    do {                                                                                       \
        kerb_status ok_ = (call);                                                              \
        if (ok_ != KERB_OK)                                                                    \
            fail_msg("%s: %s", kerb_status_name(ok_), kerb_ctx_message(ctx));                  \
    } while (0)

/** A call fails with a status, and its message, one line, says a piece. */
#define assert_fails(ctx, call, wanted, piece)                                                 \
    do {                                                                                       \
        kerb_status got_ = (call);                                                             \
        if (got_ != (wanted) || strstr(kerb_ctx_message(ctx), piece) == NULL ||                \
            strchr(kerb_ctx_message(ctx), '\n') != NULL)                                       \
            fail_msg("%s: %s", kerb_status_name(got_), kerb_ctx_message(ctx));                 \
    } while (0)

static inline uint64_t scene_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline double scene_uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(scene_random(state) >> 11) * 0x1p-53);
}

/** One row: `where` x and y from the corner (NAN: none); texts may be NULL. */
static inline void scene_add(kerb_ctx *ctx, kerb_events *events, double x, double y,
                             const char *date, const char *source, const char *category)
{
    kerb_event event = {
        .x = TOWN_X + x,
        .y = TOWN_Y + y,
        .weight = 1.0,
        .start = KERB_CIVIL_NONE,
        .names = {[KERB_NAME_SOURCE] = source, [KERB_NAME_CATEGORY] = category}};
    if (date != NULL) {
        assert_ok(ctx, kerb_civil_parse(ctx, date, &event.start));
        event.precision = strlen(date) == 7 ? KERB_PRECISION_MONTH : KERB_PRECISION_DAY;
    }
    assert_ok(ctx, kerb_events_add(ctx, events, &event));
}

static inline void scene_add_square(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                    double x, double y, double side)
{
    x += TOWN_X;
    y += TOWN_Y;
    const kerb_point ring[] = {
        {x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}};
    const size_t count = 5;
    assert_ok(ctx, kerb_areas_set_add_rings(ctx, set, id, id, 1, &count, ring));
}

/** Rows already chosen, as kerb_study__prepare() gives them; takes the events over. */
static inline kerb_prepared *scene_prepared(kerb_ctx *ctx, kerb_events *events)
{
    kerb_prepared *prepared = kerb_calloc_array(1, sizeof *prepared);
    assert_non_null(prepared);
    prepared->events = events;
    prepared->excluded = kerb_tally_new();
    kerb_study__refresh(prepared);
    assert_ok(ctx, kerb_events_fingerprint(ctx, events, prepared->fingerprint));
    return prepared;
}

/* ---------------------------------------------------------------------- files */

/** Add a row "date,category,x,y,place" to a text; x NAN leaves the coordinates out. */
static inline void scene_row(kerb_text *csv, const char *date, const char *category, double x,
                             double y, const char *label)
{
    kerb_text_add_format(csv, "%s,%s,", date, category);
    if (isnan(x))
        kerb_text_add(csv, ",");
    else
        kerb_text_add_format(csv, "%.3f,%.3f", TOWN_X + x, TOWN_Y + y);
    kerb_text_add_format(csv, ",%s\n", label);
}

#define SCENE_CSV_HEAD "date,category,easting,northing,label\n"

/**
 * town.csv: 150 rows of 2024. Two clusters of Burglary, at (300, 300) and (700, 700), one of
 * Theft on the first, others here and there up to 1 km beyond the town's square of 1 km, and
 * five without coordinates.
 */
static inline const char *scene_town(const char *folder, const char *name, uint64_t seed)
{
    kerb_text csv = {0};
    kerb_text_add(&csv, SCENE_CSV_HEAD);
    for (int i = 0; i < 150; i++) {
        char date[32];
        snprintf(date, sizeof date, "2024-%02d-%02d", 1 + i % 12, 1 + i % 28);
        double spread = i < 90 ? 25.0 : 1.0;
        double x = scene_uniform(&seed, -spread, spread),
               y = scene_uniform(&seed, -spread, spread);
        if (i < 40)
            scene_row(&csv, date, "Burglary", 300 + x, 300 + y, "Market Place");
        else if (i < 60)
            scene_row(&csv, date, "Burglary", 700 + x, 700 + y, "Station Road");
        else if (i < 90)
            scene_row(&csv, date, "Theft", 300 + x, 300 + y, "Market Place");
        else if (i < 145)
            scene_row(&csv, date, i % 2 ? "Theft" : "Arson", 500 + 1500 * x, 500 + 1500 * y,
                      "Lane");
        else
            scene_row(&csv, date, "Theft", (double)NAN, 0, "");
    }
    const char *path = scratch_write(folder, name, csv.data);
    kerb_text_clear(&csv);
    return path;
}

/** Rows "id,name,people,WKT" of square areas; give (id, x, y, side) by scene_ward(). */
static inline void scene_ward(kerb_text *csv, const char *id, const char *name, int people,
                              double x, double y, double width, double height)
{
    if (csv->length == 0)
        kerb_text_add(csv, "id,name,people,wkt\n");
    x += TOWN_X;
    y += TOWN_Y;
    kerb_text_add_format(csv,
                         "%s,%s,%d,\"POLYGON((%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f %.1f,%.1f "
                         "%.1f))\"\n",
                         id, name, people, x, y, x + width, y, x + width, y + height, x,
                         y + height, x, y);
}

/** wards.csv: West and East half of the town's square, 1,000 and 2,000 people. */
static inline const char *scene_wards(const char *folder)
{
    kerb_text csv = {0};
    scene_ward(&csv, "W", "West", 1000, 0, 0, 500, 1000);
    scene_ward(&csv, "E", "East", 2000, 500, 0, 500, 1000);
    const char *path = scratch_write(folder, "wards.csv", csv.data);
    kerb_text_clear(&csv);
    return path;
}

/** town_edge.csv: the square itself. */
static inline const char *scene_edge(const char *folder)
{
    kerb_text csv = {0};
    scene_ward(&csv, "T", "Town", 3000, 0, 0, 1000, 1000);
    const char *path = scratch_write(folder, "town_edge.csv", csv.data);
    kerb_text_clear(&csv);
    return path;
}

/** A path that outlives the turning buffers of scratch_path(). */
static inline char *scene_keep(const char *path)
{
    char *copy = kerb_text_copy(path);
    assert_non_null(copy);
    return copy;
}

static inline kerb_input *scene_open(kerb_ctx *ctx, const char *path)
{
    kerb_input *input = NULL;
    kerb_input_options options = {0};
    assert_ok(ctx, kerb_input_open(ctx, &path, 1, &options, &input));
    return input;
}

/* -------------------------------------------------------------------- results */

static inline json_t *scene_parse(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (json == NULL)
        fail_msg("not JSON: %s in %s", error.text, text);
    return json;
}

static inline json_t *scene_json(kerb_ctx *ctx, const kerb_result *result)
{
    char *text = NULL;
    assert_ok(ctx, kerb_result_json(ctx, result, &text));
    json_t *json = scene_parse(text);
    kerb_free_text(text);
    return json;
}

/** The law of every request: what was read is what was used and what was left out. */
static inline void assert_reconciles(const kerb_result *result)
{
    size_t n = 0;
    uint64_t sum = result->events_used;
    const kerb_tally_entry *entries = kerb_tally_entries(result->excluded, &n);
    for (size_t i = 0; i < n; i++)
        sum += entries[i].count;
    assert_int_equal(sum, result->events_read);
}

static inline void assert_same_files(const char *a, const char *b)
{
    size_t n_a = 0, n_b = 0;
    char *first = scratch_read(a, &n_a), *second = scratch_read(b, &n_b);
    bool is_same =
        first != NULL && second != NULL && n_a == n_b && memcmp(first, second, n_a) == 0;
    free(first);
    free(second);
    if (!is_same)
        fail_msg("%s and %s differ (%zu and %zu bytes)", a, b, n_a, n_b);
}

/* --------------------------------------------------------------- cancellation */

/** Ask to stop at the n-th sign of life. */
typedef struct scene_stopper {
    kerb_ctx *ctx;
    size_t n, countdown;
} scene_stopper;

static inline void scene_stop(void *user, const char *stage, double share)
{
    scene_stopper *stopper = user;
    (void)stage;
    (void)share;
    if (++stopper->n == stopper->countdown)
        kerb_ctx_request_cancel(stopper->ctx);
}

/** A context that is asked to stop at the n-th progress; 0: never. */
static inline kerb_ctx *scene_ctx_stopping(scene_stopper *stopper, size_t countdown)
{
    kerb_ctx *ctx = kerb_ctx_new();
    assert_non_null(ctx);
    *stopper = (scene_stopper){.ctx = ctx, .countdown = countdown};
    kerb_ctx_set_progress(ctx, scene_stop, stopper);
    return ctx;
}

#endif
