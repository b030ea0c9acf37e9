/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_HOTSPOTS_INTERNAL_H
#define KERB_HOTSPOTS_INTERNAL_H

/** What the files of this module share: regions as drawn, and hotspots on their way to a list.
 */

#include "kerb_hotspots.h"

/** A connected region: its outer ring and the rings of its holes. */
typedef struct kerb_hotspots__region {
    size_t first_ring, n_rings;
} kerb_hotspots__region;

/** Regions over shared rings; ring r has points [point_start[r], point_start[r + 1]), closed.
 */
typedef struct kerb_hotspots__regions {
    size_t n, n_rings;
    kerb_hotspots__region *items; /**< n */
    size_t *point_start;          /**< n_rings + 1 */
    kerb_point *points;
} kerb_hotspots__regions;

/**
 * Regions of the surface at or above a threshold, closed at cells without value.
 *
 * @param threshold  > 0
 * @param[out] out   in the order of the drawing library, the same on each run; clear it
 */
kerb_status kerb_hotspots__contour(kerb_ctx *ctx, const kerb_grid *surface, double threshold,
                                   kerb_hotspots__regions *out);
void kerb_hotspots__regions_clear(kerb_hotspots__regions *regions);

/** Highest cell whose centre lies in region i. None does where the line cuts a corner off a
 * cell that is below it, beside cells without value. */
kerb_status kerb_hotspots__find_peak(kerb_ctx *ctx, const kerb_grid *surface,
                                     const kerb_hotspots__regions *regions, size_t i,
                                     bool *is_found, kerb_point *peak, double *value);

/** A hotspot before it is listed; `region` is its number among the regions drawn. */
typedef struct kerb_hotspots__candidate {
    kerb_hotspot spot;
    size_t region;
} kerb_hotspots__candidate;

/** Id of a peak cell: names the cell, so two cells never share one; owned. */
kerb_status kerb_hotspots__make_id(kerb_ctx *ctx, kerb_point peak, double cell_m, int crs_epsg,
                                   char **out);
/** Most events first, then highest peak, then id; sets the ranks. */
void kerb_hotspots__rank(kerb_hotspots__candidate *candidates, size_t n);

/**
 * Name of a hotspot from the rows in it; owned.
 *
 * @param rows   numbers of its n_rows events
 * @param beats  NULL: none
 */
kerb_status kerb_hotspots__make_name(kerb_ctx *ctx, const kerb_events *events,
                                     const size_t *rows, size_t n_rows,
                                     const kerb_areas_set *beats, const kerb_hotspot *spot,
                                     char **out);

#endif
