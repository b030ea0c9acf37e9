/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_QUALITY_H
#define KERB_QUALITY_H

/**
 * What incidents can bear: checks made before anybody trusts a map of them.
 *
 * Each check looks for one thing that real records suffer from (places that are missing,
 * stacked or made up; months that are missing; a list of places that was replaced; times that
 * were rounded) and says in a plain sentence what it found and what that means for a map.
 * Nothing is changed or left out: a finding is a flag.
 *
 * Every source is checked by itself, because sources record differently.
 */

#include "kerb_areas.h"
#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kerb_quality_severity {
    KERB_QUALITY_OK,     /**< looked at, nothing to mind */
    KERB_QUALITY_NOTE,   /**< know it when you read a map */
    KERB_QUALITY_WARNING /**< some maps would be wrong */
} kerb_quality_severity;

/** "ok", "note", "warning" (borrowed). */
KERB_API const char *kerb_quality_severity_name(kerb_quality_severity severity);

/** What a finding speaks of; several may be named at once. */
typedef enum kerb_quality_subject {
    KERB_QUALITY_SOURCE,
    KERB_QUALITY_CATEGORY,
    KERB_QUALITY_AREA,   /**< code of an area as the source wrote it */
    KERB_QUALITY_MONTH,  /**< "2022-07" */
    KERB_QUALITY_PLACE,  /**< "458000, 304000" in the working CRS, with the label of a row there
                          */
    KERB_QUALITY_SET,    /**< a set of areas */
    KERB_QUALITY_REASON, /**< of a rejected row */
    KERB_QUALITY_SUBJECTS
} kerb_quality_subject;

/** Name of a subject in outputs: "source", "category", … (borrowed). */
KERB_API const char *kerb_quality_subject_name(kerb_quality_subject subject);

/** A number behind a sentence; its name carries the unit, shares are 0 to 1. */
typedef struct kerb_quality_figure {
    const char *name; /**< "incidents", "hit_share", "distance_m" (constant) */
    double value;     /**< NAN: no result */
} kerb_quality_figure;

#define KERB_QUALITY_MAX_FIGURES 12

typedef struct kerb_finding {
    const char *check; /**< id of the check, e.g. "hit_rate" (constant) */
    kerb_quality_severity severity;
    char *subject[KERB_QUALITY_SUBJECTS]; /**< any bytes a file may hold; NULL: not named */
    size_t n_figures;
    kerb_quality_figure figures[KERB_QUALITY_MAX_FIGURES];
    char *sentence; /**< one line for people; names in it are made visible and cut */
} kerb_finding;

/** Findings in the order of kerb_quality_checks(), within a check the overview first. */
typedef struct kerb_quality_report {
    size_t n, capacity;
    kerb_finding *findings;
} kerb_quality_report;

/** A check: its id and the question it answers. */
typedef struct kerb_quality_check_info {
    const char *id;    /**< "hit_rate" */
    const char *title; /**< "Hit rate" */
    const char *question;
} kerb_quality_check_info;

/** All checks in their order (borrowed, constant). */
KERB_API const kerb_quality_check_info *kerb_quality_checks(size_t *n);

/** A set of areas to compare with. */
typedef struct kerb_quality_areas {
    const char *name, *role;
    const kerb_areas_set *set; /**< same CRS as the events, indexed */
} kerb_quality_areas;

/** What is looked at; all borrowed. Sensitive sets stay out, and incidents in them have no
 * place. */
typedef struct kerb_quality_input {
    const kerb_events *events;    /**< all rows, with or without coordinates */
    const kerb_areas_set *window; /**< the study area, indexed; NULL: none */
    const char *window_name;
    const kerb_quality_areas *areas; /**< n_areas sets */
    size_t n_areas;
    size_t n_loaded; /**< incidents loaded, before any were chosen; told with `rejected` */
    const kerb_tally *rejected;         /**< rows that were not loaded, by reason; NULL: none */
    const kerb_tally *without_geometry; /**< rows loaded without a place, by reason */
    bool is_store;                      /**< index_fault speaks of a store's spatial index */
    const char *index_fault;            /**< what is wrong with it; NULL: nothing */
    bool is_planar;                     /**< lengths are in an unnamed unit */
} kerb_quality_input;

typedef struct kerb_quality_options {
    double radius_m; /**< reach of the kernel that will be used, > 0; default 400 */
} kerb_quality_options;

#define KERB_QUALITY_OPTIONS_DEFAULT                                                           \
    {                                                                                          \
        .radius_m = 400.0                                                                      \
    }

/**
 * Make all checks.
 *
 * Sources beyond the 50 largest are counted in one finding and not checked by themselves; of
 * the lines that one check gives on categories, months, areas or places of a source at most 200
 * are kept, the gravest first.
 *
 * @param ctx      progress once per check; cancellation likewise
 * @param out      owned, free with kerb_quality_report_free()
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    a NULL argument
 *         KERB_ERR_RANGE  radius_m is not finite or <= 0; more than 2^31 rows
 *         KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 *
 * Cost:    O(n log n); about 1.3 s and 100 MB for a million rows.
 * Threads: the same for any number of them, and for any order of the rows' names.
 * Source:  Ratcliffe (2004) [ratcliffe2004] for the hit rate; Wilson (1927) [wilson1927] for
 *          limits of a share.
 * Guide:   docs/data-quality.md
 */
KERB_API kerb_status kerb_quality_check(kerb_ctx *ctx, const kerb_quality_input *input,
                                        const kerb_quality_options *options,
                                        kerb_quality_report **out);
/** Accepts NULL. */
KERB_API void kerb_quality_report_free(kerb_quality_report *report);
/** How many findings of a check (NULL: of all) have a severity. */
KERB_API size_t kerb_quality_count(const kerb_quality_report *report, const char *check,
                                   kerb_quality_severity severity);

/* --------------------------------------------------------------- guard zone */

typedef enum kerb_guard_state {
    KERB_GUARD_UNKNOWN, /**< no study area, or too few places inside near its border to tell */
    KERB_GUARD_EMPTY,   /**< nothing, or next to nothing, is loaded beyond the border */
    KERB_GUARD_PARTLY,  /**< some stretches of the border have incidents beyond, others not */
    KERB_GUARD_FILLED   /**< all round (but for one stretch in ten), out to one radius */
} kerb_guard_state;

/** Stretches that the border is cut into at most. */
#define KERB_GUARD_MAX_STRETCHES 12

/** One stretch of the border. */
typedef struct kerb_guard_stretch {
    kerb_point middle; /**< on the border [m] */
    size_t n_inside;   /**< distinct places inside, within one radius of the stretch */
    size_t n_near;     /**< outside, within half a radius */
    size_t n_far;      /**< outside, between half a radius and one radius */
    bool is_filled;
} kerb_guard_stretch;

typedef struct kerb_guard_zone {
    kerb_guard_state state;
    size_t n_inside, n_near, n_far; /**< sums over the stretches */
    size_t n_stretches, n_filled;
    kerb_guard_stretch stretches[KERB_GUARD_MAX_STRETCHES];
} kerb_guard_zone;

/**
 * Are incidents loaded beyond the study area, to at least one radius?
 *
 * A density needs them, or its edge must be corrected, and never both. The border is cut into
 * up to 12 stretches that have equally many (at least 8) distinct places within one radius on
 * their inner side. A stretch is filled when beyond it there is a tenth of that number, half of
 * it in the outer half of the ring. Land differs on both sides of a border, but seldom tenfold;
 * files that were cut at a border hold nothing beyond, or the few places next to it that
 * incidents were moved to. The zone is filled when no more than one stretch in ten is not.
 *
 * Distinct places are counted, not rows, so that one busy place does not speak for a border.
 *
 * @param places    of the events, kerb_places_new(); same CRS
 * @param window    the study area, indexed; NULL gives KERB_GUARD_UNKNOWN. Holes cut into it
 *                  are no border here
 * @param radius_m  reach of the kernel, finite and > 0
 *
 * @return KERB_OK, KERB_ERR_RANGE (radius_m), KERB_ERR_NOMEM, KERB_ERR_FORMAT (as
 *         kerb_areas_set_dissolve())
 *
 * Cost:   O(places) for the search of those near the border.
 * Guide:  docs/data-quality.md
 */
KERB_API kerb_status kerb_quality_guard_zone(kerb_ctx *ctx, const kerb_places *places,
                                             const kerb_areas_set *window, double radius_m,
                                             kerb_guard_zone *out);

/** Lower and upper 95 % limit of a share k of n; both NAN for n = 0.
 * Source: Wilson (1927) [wilson1927]. */
KERB_API void kerb_wilson_limits(size_t k, size_t n, double *low, double *high);

#ifdef __cplusplus
}
#endif
#endif
