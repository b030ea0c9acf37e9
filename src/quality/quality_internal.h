/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_QUALITY_INTERNAL_H
#define KERB_QUALITY_INTERNAL_H

/** What the checks share: the rows by source and month, distinct places, counts by name, and
 * how a finding is written. */

#include "areas_places.h"
#include "kerb_base.h"
#include "kerb_quality.h"

#include <math.h>

/* --------------------------------------------------------------------- view */

#define KERB_QUALITY__MAX_SOURCES 50
#define KERB_QUALITY__MAX_LINES   200
#define KERB_QUALITY__NO_MONTH    INT32_MIN

/** From this share of rows that share their coordinates on, places are those of a fixed list
 * (statistics ruling 1). */
#define KERB_QUALITY__SNAPPED_SHARE 0.2

/** Why a place may stand for "somewhere". */
typedef enum kerb_quality__suspicion {
    KERB_QUALITY__NOT_SUSPECT,
    KERB_QUALITY__BY_MIX,     /**< far too many rows, of all kinds */
    KERB_QUALITY__BY_KM,      /**< on a whole kilometre */
    KERB_QUALITY__BY_CENTROID /**< the middle of an area */
} kerb_quality__suspicion;

/** A place with many rows of one source. */
typedef struct kerb_quality__big {
    uint32_t place;
    size_t n;
    uint32_t n_categories, top_category;
    size_t n_top;   /**< rows of the top category */
    double overlap; /**< of its mix of categories with the source's, 0 to 1 */
    kerb_quality__suspicion suspicion;
    const char *set; /**< of whose area it is the middle */
} kerb_quality__big;

#define KERB_QUALITY__MAX_BIG 100 /* places of a source that are looked at one by one */
#define KERB_QUALITY__MIN_BIG 5   /* rows from which on */

/** A slice of one source's rows that begin in one month. */
typedef struct kerb_quality__month {
    int32_t month;   /**< year * 12 + month - 1 */
    size_t first, n; /**< view->rows[first …] */
} kerb_quality__month;

/** What a month's places say of the list they are from (snap_breaks.c). */
typedef struct kerb_quality__month_places {
    size_t n, n_repeated;           /**< places, and those with two or more incidents */
    double seen_before, seen_after; /**< share of n; NAN: nothing to compare with */
    bool is_break, is_partly; /**< the list, or a part of it, was replaced before this month */
} kerb_quality__month_places;

/** The rows of one source. */
typedef struct kerb_quality__source {
    uint32_t number; /**< of its name; 0: rows without a source */
    const char *name;
    size_t first, n; /**< view->rows[first …], undated ones first, then by month */
    size_t n_located, n_sharing; /**< rows at a coordinate that another row has, too */
    size_t n_places;
    bool is_snapped;
    size_t n_months;
    kerb_quality__month *months;              /**< with rows, ascending */
    kerb_quality__month_places *month_places; /**< of each month; NULL: not snapped */
    size_t list_first, list_n; /**< view->rows[list_first …]: most rows on one list of places */
    size_t n_big;
    kerb_quality__big *big; /**< the places with most rows, most first */
} kerb_quality__source;

typedef struct kerb_quality__view {
    const kerb_quality_input *input;
    const kerb_quality_options *options;
    const kerb_events *events;
    kerb_numbered_places places; /**< of rows with an exact place */
    size_t n_placed;             /**< rows with one */
    uint32_t *rank;              /**< order of the places by y, then x: by_y[rank[p]] = p */
    uint32_t *by_y;              /**< places from the south up */
    uint32_t *rows;              /**< by source, then month */
    int32_t *month_of;           /**< of each row */
    uint32_t *first_row;         /**< of each place: a row there, for its label */
    size_t n_sources;            /**< checked */
    size_t n_more_sources, n_more_rows;
    kerb_quality__source *sources; /**< by name */
    uint8_t *is_default; /**< of each place: suspected default coordinate (check_defaults) */
    kerb_quality_report *report;
} kerb_quality__view;

kerb_status kerb_quality__view_make(kerb_ctx *ctx, const kerb_quality_input *input,
                                    const kerb_quality_options *options,
                                    kerb_quality_report *report, kerb_quality__view *view);
void kerb_quality__view_clear(kerb_quality__view *view);
/** Sort row numbers by key, equal keys stay in order; `scratch` has room for both again. */
kerb_status kerb_quality__sort(kerb_ctx *ctx, uint64_t *keys, uint32_t *values, size_t n);
/** Key whose order is that of the number. */
uint64_t kerb_quality__key(double value);

/* ------------------------------------------------------------------- counts */

/** Counts by number (of a name, a place), of which few are touched at a time. */
typedef struct kerb_quality__counter {
    size_t size;
    uint32_t *count; /**< by number */
    size_t n_touched;
    uint32_t *touched; /**< numbers with a count, in order of arrival */
} kerb_quality__counter;

kerb_status kerb_quality__counter_init(kerb_ctx *ctx, kerb_quality__counter *counter,
                                       size_t size);
void kerb_quality__counter_clear(kerb_quality__counter *counter);
static inline void kerb_quality__counter_add(kerb_quality__counter *counter, uint32_t number)
{
    if (counter->count[number]++ == 0)
        counter->touched[counter->n_touched++] = number;
}
/** Back to zero; costs what was touched. */
void kerb_quality__counter_reset(kerb_quality__counter *counter);
/** Touched numbers of names in order of their text. */
kerb_status kerb_quality__counter_sort_names(kerb_ctx *ctx, kerb_quality__counter *counter,
                                             const kerb_events *events, kerb_name_kind kind);

/* ----------------------------------------------------------------- findings */

/** A finding being written. */
typedef struct kerb_quality__draft {
    kerb_finding finding;
    kerb_text sentence;
    bool failed;
} kerb_quality__draft;

kerb_quality__draft kerb_quality__begin(const char *check, kerb_quality_severity severity);
/** NULL and "" name nothing. */
void kerb_quality__about(kerb_quality__draft *draft, kerb_quality_subject subject,
                         const char *text);
void kerb_quality__figure(kerb_quality__draft *draft, const char *name, double value);
/** Add to the sentence. */
void kerb_quality__say(kerb_quality__draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/** Hand it to the report. */
kerb_status kerb_quality__end(kerb_ctx *ctx, kerb_quality__draft *draft,
                              kerb_quality_report *report);
/** Keep the KERB_QUALITY__MAX_LINES gravest of the findings from `first` on, in their order. */
void kerb_quality__limit(kerb_quality_report *report, size_t first);
void kerb_quality__finding_clear(kerb_finding *finding);

/** Short texts for sentences. */
typedef struct kerb_quality__short {
    char text[280];
} kerb_quality__short;
kerb_quality__short kerb_quality__count(double n);     /**< "12,345" */
kerb_quality__short kerb_quality__share(double share); /**< "94.3 %", "under 0.1 %" */
kerb_quality__short kerb_quality__metres(const kerb_quality__view *view,
                                         double length_m);   /**< "410 m", "3.2 km", "410" */
kerb_quality__short kerb_quality__month_text(int32_t month); /**< "2022-07" */
/** A name made visible and cut; "(no name)" for none. */
kerb_quality__short kerb_quality__name(const char *name);
/** "458000, 304000 (On or near High Street)" with the label of a row there. */
kerb_quality__short kerb_quality__place(const kerb_quality__view *view, uint32_t place);
/** "incident" or "incidents". */
const char *kerb_quality__incidents(double n);

/** Compare the places of a source's months and find breaks in their list. */
kerb_status kerb_quality__find_breaks(kerb_ctx *ctx, const kerb_quality__view *view,
                                      kerb_quality__source *source, kerb_quality__counter *at);
/** From this number of places with two or more incidents on a month can be judged. */
#define KERB_QUALITY__MIN_REPEATED 20
/** Count the rows view->rows[first …] by place; the counter is reset first. */
void kerb_quality__count_at(const kerb_quality__view *view, size_t first, size_t n,
                            kerb_quality__counter *at);
/** First position in view->by_y whose y is not below. */
size_t kerb_quality__first_above(const kerb_quality__view *view, double y);

/* ------------------------------------------------------------------- border */

/** Points along the outer border of a set of areas, close enough together for distances. */
typedef struct kerb_quality__border {
    size_t n;
    kerb_point *points; /**< ring after ring */
    uint32_t *by_y;     /**< from the south up */
    double step_m;      /**< largest distance between neighbours */
} kerb_quality__border;

kerb_status kerb_quality__border_make(kerb_ctx *ctx, const kerb_areas_set *window,
                                      double step_m, kerb_quality__border *border);
void kerb_quality__border_clear(kerb_quality__border *border);
/** Number of the nearest border point, border->n when none lies within `reach_m`. */
size_t kerb_quality__border_nearest(const kerb_quality__border *border, double x, double y,
                                    double reach_m, double *distance_m);

/* ------------------------------------------------------------------- checks */

/** List the places of a source with most rows; `at` holds its rows by place. */
kerb_status kerb_quality__list_big(kerb_ctx *ctx, const kerb_quality__view *view,
                                   kerb_quality__source *source,
                                   const kerb_quality__counter *at);
/** Say which of a source's big places are suspect and fill view->is_default, so that the hit
 * rate can count them as misses; `at` as above. */
kerb_status kerb_quality__mark_defaults(kerb_ctx *ctx, kerb_quality__view *view,
                                        kerb_quality__source *source,
                                        const kerb_quality__counter *at);

/** Each adds its findings; ids as in kerb_quality_checks(). */
kerb_status kerb_quality__check_hit_rate(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_stacks(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_defaults(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_outside(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_guard(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_duplicates(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_snap_points(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_area_codes(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_months(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_times(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_late(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_kinds(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_small_numbers(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_rejects(kerb_ctx *ctx, kerb_quality__view *view);
kerb_status kerb_quality__check_index(kerb_ctx *ctx, kerb_quality__view *view);

#endif
