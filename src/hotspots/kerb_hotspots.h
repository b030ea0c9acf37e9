/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_HOTSPOTS_H
#define KERB_HOTSPOTS_H

/**
 * From a density surface to a short list of places: drawn, measured, ranked and named.
 *
 * Delineation draws; it proves nothing. Until a null model is tested the verdict is
 * `not_tested`.
 */

#include "kerb_core.h"
#include "kerb_density.h"
#include "kerb_events.h"
#include "kerb_geo.h"
#include "kerb_grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the mean is taken of. */
typedef enum kerb_level_kind {
    KERB_LEVEL_3XMEAN,    /**< multiple of the mean of the non-zero cells of the study area */
    KERB_LEVEL_3XMEAN_ALL /**< multiple of the mean of all its cells; lets single events pass on
                             large areas */
} kerb_level_kind;

/** How hotspots are drawn and which are kept. */
typedef struct kerb_hotspots_options {
    kerb_level_kind level;       /**< KERB_LEVEL_3XMEAN */
    double multiple;             /**< of that mean; finite, > 0; 3 */
    size_t min_events;           /**< hotspots with fewer are dropped; 5 */
    size_t min_places;           /**< and with fewer distinct coordinates; 3 */
    size_t top;                  /**< keep this many; 10; 0 keeps all */
    const kerb_areas_set *beats; /**< for names, same CRS, indexed; NULL: none */
} kerb_hotspots_options;

#define KERB_HOTSPOTS_OPTIONS_DEFAULT                                                          \
    {                                                                                          \
        .level = KERB_LEVEL_3XMEAN, .multiple = 3.0, .min_events = 5, .min_places = 3,         \
        .top = 10                                                                              \
    }

/** One hotspot: a connected region with its holes. */
typedef struct kerb_hotspot {
    int rank; /**< from 1: most events, then highest peak, then id */
    /**
     * Of its peak cell: an OS grid reference in EPSG:27700 with the digits that tell its cells
     * apart, else "E…N…" truncated likewise; owned by the list. The same peak has the same id
     * on any other surface with that cell.
     */
    char *id;
    /**
     * Commonest street label ("On or near " left off; rows without a street do not vote) and
     * the beat with most of its events, e.g. "High Street, Castle"; either alone, or the id.
     * One line of valid UTF-8; owned by the list.
     */
    char *name;
    bool led_by_one_place; /**< over half of its events at one coordinate: its name holds no
                              street */
    size_t n, n_places;    /**< events and distinct coordinates in the polygon, border inside */
    double weight;         /**< sum of the weights of those events */
    double share_of_events; /**< n of n_events of the list, 0 to 1 */
    double area_m2;         /**< of the polygon, holes left out */
    double density_per_m2;  /**< highest cell */
    kerb_point peak;        /**< centre of that cell; of equals the northmost, then westmost */
} kerb_hotspot;

/** A list with its polygons: hotspot i is area i of `polygons`, with its id and name. */
typedef struct kerb_hotspots {
    size_t n;            /**< hotspots kept; 0 is an answer, not a failure */
    kerb_hotspot *spots; /**< n, by rank */
    kerb_areas_set
        *polygons; /**< n areas, indexed, disjoint but for points where saddles touch */
    double
        threshold_per_m2; /**< the line that was drawn; NAN when the surface has no such mean */
    double mean_per_m2;   /**< the mean it is a multiple of; NAN likewise */
    double events_alone;  /**< how many coincident events of weight 1 reach the line by
                             themselves; NAN likewise */
    size_t n_dropped_small; /**< polygons under min_events or min_places, or without a cell
                               centre */
    size_t n_dropped_rank;  /**< beyond top */
    size_t n_events; /**< located events in cells with a value: the base of share_of_events */
} kerb_hotspots;

/**
 * Draw hotspots from a density surface: the regions at or above a multiple of its mean.
 *
 * The line runs between cell centres by linear interpolation and closes at cells without value
 * and at the edge of the grid. What a hotspot holds is counted by its polygon, border inside,
 * not by cells. A surface without values, all zero or the same everywhere gives an empty list.
 * When the line is so low that fewer than 3 coincident events pass it by themselves, a warning
 * is logged. Not a test: use it to draw and to rank, never to claim that a concentration is
 * real.
 *
 * @param ctx       progress and cancellation while contours are drawn and events are located
 * @param surface   events per m2, finite and >= 0, NAN outside the study area
 * @param events    the events it was made from, same CRS; rows without coordinates and those in
 *                  cells without value (west and south edges belong to a cell) do not count
 * @param density   the kernel and bandwidth it was made with, for `events_alone`
 * @param crs_epsg  code of the working CRS, for ids; 0 without
 * @param options   see kerb_hotspots_options
 * @param[out] out  the list; owned, free with kerb_hotspots_free()
 *
 * @return KERB_OK, also for an empty list, or
 *         KERB_ERR_ARG        a NULL argument or an unknown level
 *         KERB_ERR_RANGE      multiple or bandwidth not finite and > 0; a negative or infinite
 *                             density; more rows or columns than contours can be drawn on
 * (2^31) KERB_ERR_NOMEM      out of memory KERB_ERR_CANCELLED  the caller asked to stop
 *         KERB_ERR_BUG        contours could not be drawn
 *
 * Cost:    O(cells) for the contours, O(log regions) for each distinct place; 8 bytes a cell of
 *          the window that holds all regions, and 60 bytes an event.
 * Threads: events are located on all threads; the same bits for any number of them. GDAL is
 * called on the calling thread only, registers at most its two in-memory drivers, and its error
 *          handler is replaced for that thread while contours are drawn.
 * Source:  multiples of the mean of the cells: Chainey & Ratcliffe (2005) [chainey2005].
 * Method page: docs/methods/delineation.md
 */
KERB_API kerb_status kerb_hotspots_delineate(kerb_ctx *ctx, const kerb_grid *surface,
                                             const kerb_events *events,
                                             const kerb_density_options *density, int crs_epsg,
                                             const kerb_hotspots_options *options,
                                             kerb_hotspots **out);
/** Frees the list with its texts and polygons; accepts NULL. */
KERB_API void kerb_hotspots_free(kerb_hotspots *hotspots);

#ifdef __cplusplus
}
#endif
#endif
