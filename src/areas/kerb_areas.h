/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_AREAS_H
#define KERB_AREAS_H

/**
 * Beats: which area each event belongs to, and what that makes as counts, shares and rates.
 *
 * Every event ends in exactly one line of the report: in an area by its code, in an area by its
 * point, outside all areas, or without a place. A rate without a population is no result.
 */

#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How many events went where: n_by_code + n_by_place + n_outside + n_no_place +
 * n_too_coarse = events->n. */
typedef struct kerb_assignment {
    size_t n_by_code;    /**< the row carries the code of an area of the set */
    size_t n_by_place;   /**< else its point lies in an area */
    size_t n_outside;    /**< else it has a point, in no area */
    size_t n_no_place;   /**< no code of the set and no coordinates */
    size_t n_too_coarse; /**< no code of the set, and the square that its place is known to does
                            not lie in one area by its corners and centre */
    bool used_codes;     /**< n_by_code > 0: the set's ids are codes that rows carry */
} kerb_assignment;

/**
 * Area of each event: by code where the row carries one that is an id of the set, else by its
 * point and the border rule of kerb_areas_set.
 *
 * The code goes first because published points are moved after the source fixed it: 3 to 4 in
 * 100 police points lie outside the polygon of their own code. A row without coordinates but
 * with a code is counted. Codes are compared byte for byte.
 * A row whose place is known only to a square (kerb_events.cell_m) counts in the area that
 * holds the square's corners and centre, else nowhere.
 *
 * @param ctx           progress and cancellation while points are located
 * @param set           same CRS as the events; indexed (kerb_areas_set_index)
 * @param events        n rows; coordinates may be NAN
 * @param[out] area_of  n numbers of areas, SIZE_MAX for unassigned; caller's array, untouched
 * on failure
 * @param[out] report   may be NULL; untouched on failure
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG        a NULL argument
 *         KERB_ERR_RANGE      more than 2^31 events
 *         KERB_ERR_NOMEM      out of memory
 *         KERB_ERR_CANCELLED  the caller asked to stop
 *
 * Cost:    O(n) and one search of the index for each distinct place.
 * Threads: places are located on all threads; the same for any number of them.
 * Method page: docs/methods/beats.md
 */
KERB_API kerb_status kerb_areas_assign(kerb_ctx *ctx, const kerb_areas_set *set,
                                       const kerb_events *events, size_t *area_of,
                                       kerb_assignment *report);

/** One line of the beats table. NAN means no result, never 0. */
typedef struct kerb_area_figures {
    size_t area;                /**< number in the set */
    size_t n;                   /**< events */
    double weight;              /**< sum of their weights */
    double population;          /**< residents or another base; NAN without one */
    int population_year;        /**< year of that figure, 0 when none is named */
    double rate_per_1000;       /**< n per 1,000 of population; NAN when it is missing or 0 */
    double rate_low, rate_high; /**< exact 95 % limits of that rate; NAN likewise */
    double share_of_events; /**< n of all assigned events, 0 to 1; NAN when none is assigned */
    double area_m2;         /**< of the polygon */
} kerb_area_figures;

/**
 * Counts, shares and rates of every area of the set, in the set's order.
 *
 * The rate is for the period of the events as it is, not per year. Its limits say how far
 * chance alone moves a count; they take the population as known and the events as independent,
 * so for counts that cluster they are too narrow. Sum of n over areas = assigned events.
 *
 * @param ctx      for messages
 * @param set      the set that the events were assigned to
 * @param events   n rows
 * @param area_of  n numbers of areas or SIZE_MAX, from kerb_areas_assign()
 * @param year     year whose population is wanted (of the period's middle), the nearest is
 * taken; 0: latest
 * @param[out] out one line per area; owned, free with kerb_free_text((char *)…)
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    a NULL argument, or an area number that is not in the set
 *         KERB_ERR_NOMEM  out of memory
 *
 * Cost:    O(n), and about 0.1 ms an area for the limits.
 * Threads: sums run in row order on the calling thread.
 * Source:  Garwood (1936) [garwood1936].
 * Method page: docs/methods/beats.md
 */
KERB_API kerb_status kerb_areas_rates(kerb_ctx *ctx, const kerb_areas_set *set,
                                      const kerb_events *events, const size_t *area_of,
                                      int year, kerb_area_figures **out);

/**
 * Exact limits of a Poisson mean given a count: low is the mean under which n or more has
 * probability (1 - level)/2, high the mean under which n or fewer has it.
 *
 * Relative error below 1e-12 (1e-15 for the usual 95 %) for any n.
 *
 * @param n          the count
 * @param level      e.g. 0.95; in (0, 1 - 2e-15], else both limits are NAN
 * @param[out] low   0 for n = 0
 * @param[out] high  > n for level >= 0.5
 *
 * Source: Garwood (1936) [garwood1936]; for n >= 10^5 Goldberg & Levine (1946) [goldberg1946].
 */
KERB_API void kerb_poisson_limits(size_t n, double level, double *low, double *high);

#ifdef __cplusplus
}
#endif
#endif
