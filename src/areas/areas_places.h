/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_AREAS_PLACES_H
#define KERB_AREAS_PLACES_H

/**
 * Distinct places of many points, and the area that has each: for the library's own modules.
 *
 * Recorded points are stacked (published police data: 8 to 15 records a place), so areas are
 * searched once per place and not once per record.
 */

#include "kerb_core.h"
#include "kerb_geo.h"

/** Points with equal coordinates are one place; places are numbered from 0 in order of arrival.
 */
typedef struct kerb_numbered_places {
    size_t n;           /**< distinct places */
    double *x, *y;      /**< n coordinates */
    uint32_t *place_of; /**< place of each point; KERB_NO_PLACE without coordinates */
} kerb_numbered_places;

#define KERB_NO_PLACE UINT32_MAX

/**
 * Number the distinct places of n points.
 *
 * @param x, y      n coordinates; a point with a NAN has no place; -0 and 0 are equal
 * @param[out] out  clear with kerb_numbered_places_clear(); untouched on failure
 *
 * @return KERB_OK, KERB_ERR_NOMEM, or KERB_ERR_RANGE for more than 2^31 points
 *
 * Cost: O(n) expected, 12 to 20 bytes a point while it runs.
 */
kerb_status kerb_numbered_places_make(kerb_ctx *ctx, size_t n, const double *x, const double *y,
                                      kerb_numbered_places *out);
/** Frees the arrays; the struct can be cleared again. */
void kerb_numbered_places_clear(kerb_numbered_places *places);

/**
 * The area that has each of n points by the border rule of kerb_areas_set, on all threads.
 *
 * @param set           indexed (kerb_areas_set_index)
 * @param x, y          n finite coordinates
 * @param[out] area_of  n numbers, SIZE_MAX where no area has the point; caller's array
 *
 * @return KERB_OK or KERB_ERR_CANCELLED
 *
 * Threads: each point is looked up by itself; the same for any number of threads.
 */
kerb_status kerb_areas_locate_points(kerb_ctx *ctx, const kerb_areas_set *set, size_t n,
                                     const double *x, const double *y, size_t *area_of);

#endif
