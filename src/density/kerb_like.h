/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_LIKE_H
#define KERB_LIKE_H

/**
 * The same points as another program would draw them.
 *
 * Two programs given the same points, kernel and "bandwidth" seldom give the same surface: one
 * calls the radius bandwidth and the other the standard deviation, one writes densities and the
 * other sums of kernel heights, one begins its cells at round coordinates and the other at the
 * westernmost point. This draws what they draw, so that each difference can be named.
 *
 * Facts and formulas only: QGIS and GRASS are as their versions 3.22 and 8.2 behave and are
 * compared with them where they are installed; ArcGIS and CrimeStat are as their manuals say
 * and were not run.
 *
 * Method page: docs/methods/other-programs.md
 */

#include "kerb_core.h"
#include "kerb_density.h"
#include "kerb_grid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kerb_like {
    KERB_LIKE_NONE,
    KERB_LIKE_QGIS,        /**< heatmap of Processing, raw values, its default */
    KERB_LIKE_QGIS_SCALED, /**< the same, scaled values */
    KERB_LIKE_GRASS,       /**< v.kernel */
    KERB_LIKE_ARCGIS,      /**< Kernel Density of Spatial Analyst, planar */
    KERB_LIKE_CRIMESTAT,   /**< single kernel density, absolute densities */
    KERB_LIKE_COUNT
} kerb_like;

/** What a program does, in words for a table; all borrowed. */
typedef struct kerb_like_facts {
    const char *program;  /**< "QGIS 3.22 heatmap (raw)" */
    const char *value;    /**< what a cell holds */
    const char *places;   /**< where it takes the points to lie */
    const char *cells;    /**< where its cells lie */
    const char *empty;    /**< what a cell has that nothing reaches */
    const char *numbers;  /**< how it adds up */
    const char *evidence; /**< "compared with QGIS 3.22.16", "from its manual, not
                             run", "as it is commonly described, not run" */
    unsigned kernels;     /**< bit 1u << kernel: it has that one */
    bool takes_box;       /**< an extent can be asked for */
    bool empty_is_nodata;
    bool has_default_radius; /**< it chooses a radius from the points when none is given */
} kerb_like_facts;

/** "qgis", "qgis-scaled", "grass", "arcgis", "crimestat" (borrowed). */
KERB_API const char *kerb_like_name(kerb_like like);
/** The program of a name, in any case. False when there is none, and *out is as before. */
KERB_API bool kerb_like_find(const char *name, kerb_like *out);
/** Borrowed; never NULL for a program. */
KERB_API const kerb_like_facts *kerb_like_facts_of(kerb_like like);

typedef struct kerb_like_options {
    kerb_like like;
    kerb_kernel kernel;
    bool has_bandwidth; /**< false: the program's own rule, where it has one */
    double bandwidth_m; /**< as given to the program, whatever it calls it; > 0 */
    bool has_cell;      /**< false: the program's own rule, or a tenth of the reach */
    double cell_m;      /**< > 0 */
    bool has_box;       /**< only for programs that take one */
    kerb_box box;
    bool is_planar; /**< coordinates in an unnamed unit: no factor from m2 to km2 */
} kerb_like_options;

typedef struct kerb_like_drawing {
    kerb_grid *grid;     /**< the program's values; NAN where it has none */
    double bandwidth_m;  /**< as given to the program or chosen by its rule */
    double sd_m;         /**< standard deviation per axis of what was drawn */
    double reach_m;      /**< beyond this a point adds nothing */
    double factor;       /**< value = factor x density per m2 */
    double moved_m;      /**< farthest that a point is moved; 0 for most programs */
    double moved_change; /**< largest change of a cell by that, of the maximum */
    size_t n_empty;      /**< cells that nothing reaches */
} kerb_like_drawing;

/**
 * Draw points as a program would.
 *
 * @param points   projected CRS [m]; `bandwidth_m` of points is not used
 * @param options  see kerb_like_options
 * @param[out] out  written on success only; cleared by kerb_like_drawing_clear()
 *
 * @return KERB_ERR_UNSUPPORTED the program lacks the kernel, or takes no box (the message names
 *         what it has) · KERB_ERR_EMPTY no points · as kerb_density_of_points() and
 *         kerb_grid_spec_check()
 *
 * Cost: one surface; two where the program moves points.
 */
KERB_API kerb_status kerb_like_draw(kerb_ctx *ctx, const kerb_density_points *points,
                                    const kerb_like_options *options, kerb_like_drawing *out);
KERB_API void kerb_like_drawing_clear(kerb_like_drawing *drawing);

/**
 * The default search radius of ArcGIS: 0.9 min(SD, sqrt(1 / ln 2) D_m) n^-0.2, with the
 * standard distance SD and the median distance D_m from the mean centre, all weighted.
 *
 * @return KERB_ERR_EMPTY no points with weight · KERB_ERR_RANGE all points are at one place ·
 *         KERB_ERR_NOMEM
 *
 * Source: Esri, "How Kernel Density works", default search radius.
 */
KERB_API kerb_status kerb_like_arcgis_radius_m(kerb_ctx *ctx, const kerb_density_points *points,
                                               double *out);

#ifdef __cplusplus
}
#endif
#endif
