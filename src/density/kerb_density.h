/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_H
#define KERB_DENSITY_H

/**
 * Kernel density: how many events per unit of land around each point of the map.
 *
 * Each event is spread over its surroundings by a *kernel*, a hill of volume 1 that is highest
 * at the event; the density at a point is the sum of the hills there. The *bandwidth* is the
 * width of the hill and decides what the map can show. For the five compact kernels it is the
 * **support radius**, beyond which the hill is exactly 0; for the Gaussian it is the **standard
 * deviation per axis**. Programs differ in which of the two they call bandwidth:
 * kerb_kernel_sd_m() and kerb_kernel_reach_m() give both, print both.
 *
 *     uniform      1 / (pi h^2)                          r <= h
 *     triangular   3 / (pi h^2) (1 - r/h)                r < h
 *     epanechnikov 2 / (pi h^2) (1 - r^2/h^2)            r < h
 *     quartic      3 / (pi h^2) (1 - r^2/h^2)^2          r < h
 *     triweight    4 / (pi h^2) (1 - r^2/h^2)^3          r < h
 *     gaussian     1 / (2 pi s^2) exp(-r^2 / (2 s^2))    r <= 7.434 s
 *
 * Method page: docs/methods/kernel-density.md
 */

#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_grid.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kerb_kernel {
    KERB_KERNEL_UNIFORM,
    KERB_KERNEL_TRIANGULAR,
    KERB_KERNEL_EPANECHNIKOV,
    KERB_KERNEL_QUARTIC,
    KERB_KERNEL_TRIWEIGHT,
    KERB_KERNEL_GAUSSIAN,
    KERB_KERNEL_COUNT
} kerb_kernel;

/** "uniform", "triangular", … as in the table above; "unknown" for others (borrowed). */
KERB_API const char *kerb_kernel_name(kerb_kernel kernel);
/** The kernel of a name, in any case. False when there is none, and *out is as before. */
KERB_API bool kerb_kernel_find(const char *name, kerb_kernel *out);
/**
 * Value of the kernel at a distance [per m2]; integrates to 1 over the plane.
 *
 * @param bandwidth_m  support radius, or sd of the Gaussian; > 0
 * @param distance_m   its sign does not matter
 *
 * Source: Silverman (1986) eq. 4.3 to 4.6 [silverman1986]; the others by the same integral.
 */
KERB_API double kerb_kernel_value(kerb_kernel kernel, double bandwidth_m, double distance_m);
/** Beyond this distance the kernel is 0: the radius, or 7.434 sd (1e-12 of the peak). */
KERB_API double kerb_kernel_reach_m(kerb_kernel kernel, double bandwidth_m);
/** Standard deviation per axis: radius / 2, 2.5820, 2.4495, 2.8284, 3.1623; the Gaussian's sd.
 */
KERB_API double kerb_kernel_sd_m(kerb_kernel kernel, double bandwidth_m);

/** How good the numbers must be. */
typedef enum kerb_density_precision {
    KERB_DENSITY_FLOAT64, /**< 1e-9 of each value above a thousandth of one event's peak */
    KERB_DENSITY_FLOAT32  /**< 1e-6 of the largest value, at every cell */
} kerb_density_precision;

typedef struct kerb_density_options {
    kerb_kernel kernel; /**< default quartic */
    double bandwidth_m; /**< support radius of a compact kernel, sd of the Gaussian [m]; finite,
                             > 0; default 400, fixed so that months compare */
    kerb_density_precision precision; /**< default float64 */
    double max_error; /**< 0: exact, the default. Else a cheaper method may be used when its
                           bound, computed from the points, is under this share of the largest
                           value; at most 0.1 */
    bool is_squared;  /**< sum of weight^2 k^2 [per m4] instead, for standard errors */
} kerb_density_options;

#define KERB_DENSITY_OPTIONS_DEFAULT                                                           \
    {                                                                                          \
        .kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 400.0                                    \
    }

/** Weighted points; all borrowed. */
typedef struct kerb_density_points {
    size_t n;
    const double *x, *y;       /**< in the grid's CRS [m]; a pair of NAN is left out */
    const double *weight;      /**< >= 0, finite; NULL: each is 1 */
    const double *bandwidth_m; /**< of each point, as options.bandwidth_m, which it replaces
                                    (adaptive density); NULL: one for all */
} kerb_density_points;

/**
 * What became of the events' weight. Both are equal when the cells are small against the
 * bandwidth and nothing reaches over the edge of the grid or mask; the difference is what was
 * lost there.
 */
typedef struct kerb_density_mass {
    double events; /**< sum of the weights of rows with coordinates, wherever they lie */
    double raster; /**< sum of value x cell area over cells with a value */
} kerb_density_mass;

/**
 * Kernel density on a grid, every event against every cell within reach, exact to rounding.
 *
 * The value of a cell is the density at its centre, not its mean over the cell. Events outside
 * the grid or mask count as far as they reach into it (a guard zone); there is no edge
 * correction. Coincident events are summed once with their weights. Where nothing reaches the
 * value is exactly 0; it is never negative. No events at all is no error: zeros. A bandwidth
 * smaller than the cell is computed as asked, and a warning goes to the log, since kernels then
 * fall between centres.
 *
 * @param ctx      progress "density" and cancellation once per band of 32 rows; threads
 * @param events   rows in the grid's CRS [m], weights finite and >= 0; rows without coordinates
 *                 are ignored
 * @param options  see kerb_density_options
 * @param spec     shape and place of the grid
 * @param mask     NULL, or n_rows * n_cols bytes, 1 for the cells that get a value
 *                 (kerb_grid_mask()); others become NAN. Rows without any such cell, and what
 *                 lies before the first and after the last of a row, cost nothing
 * @param[out] out   events per m2 at cell centres, row 0 northmost; owned, kerb_grid_free()
 * @param[out] mass  may be NULL; written on success only
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG        no such kernel; a weight negative or not finite; coordinates
 *                             infinite or half missing (the row is named)
 *         KERB_ERR_RANGE      bandwidth_m not between 1e-30 and 1e30; a spec that is no grid
 *         KERB_ERR_NOMEM      memory
 *         KERB_ERR_CANCELLED  asked to stop
 *
 * Cost:    O(p k) for p distinct places and k cells under a disc, 0.1 to 0.5 ns a place and
 *          cell by kernel and vector instructions, 0.05 for the Gaussian; memory of the grid,
 * 32 bytes an event while sorting and 28 bytes a place. Threads: deterministic; bitwise equal
 * for any number of threads and any order of rows, on all machines of one level of vector
 * instructions (kerb_ctx_set_simd()). Error:   (m + 10) 2^-53 of the sum for m places within
 * reach of a cell, and 4 x 2^-53 X / h of one event's peak from rounding of coordinates of size
 * X. The Gaussian lacks what lies beyond its cut: below 1e-12 of one event's peak for each unit
 * of weight. Source:  Silverman (1986) eq. 4.1 [silverman1986]. Method page:
 * docs/methods/kernel-density.md
 */
KERB_API kerb_status kerb_density_exact(kerb_ctx *ctx, const kerb_events *events,
                                        const kerb_density_options *options,
                                        const kerb_grid_spec *spec, const uint8_t *mask,
                                        kerb_grid **out, kerb_density_mass *mass);

/** As kerb_density_exact(), of points that are no table; options.precision and the rest apply.
 */
KERB_API kerb_status kerb_density_of_points(kerb_ctx *ctx, const kerb_density_points *points,
                                            const kerb_density_options *options,
                                            const kerb_grid_spec *spec, const uint8_t *mask,
                                            kerb_grid **out, kerb_density_mass *mass);

/* ------------------------------------------------------------ a surface in bands */

/** Points made ready for a grid: sorted, coincident ones merged, the method chosen. */
typedef struct kerb_density_surface kerb_density_surface;

/** How a surface is made. */
typedef struct kerb_density_report {
    const char *method; /**< "sum", ... (constant) */
    size_t n_places;    /**< points that are distinct and have coordinates */
    double mass_events; /**< sum of their weights */
    double error_bound; /**< of an approximate method, as a share of the largest value; 0: exact
                         */
    double error_measured; /**< the largest seen where it was compared with the exact value, as
                                a share of the largest value; NAN: not compared */
} kerb_density_report;

/**
 * Make points ready.
 *
 * @param points  may be freed afterwards
 * @param out     owned, free with kerb_density_surface_free()
 *
 * @return as kerb_density_exact()
 */
KERB_API kerb_status kerb_density_surface_new(kerb_ctx *ctx, const kerb_density_points *points,
                                              const kerb_density_options *options,
                                              const kerb_grid_spec *spec,
                                              kerb_density_surface **out);
/**
 * Rows [first_row, first_row + n_rows) of a surface. Whatever bands a grid is cut into, its
 * cells get the same bits.
 *
 * @param ctx     progress "density" over the rows of this call; cancellation; threads
 * @param mask    NULL, or n_rows * n_cols bytes, 1 for the cells that get a value; others NAN
 * @param values  n_rows * n_cols doubles, all 0 on entry; cells that nothing reaches are not
 *                written, so that pages of zeros never take memory
 *
 * @return KERB_OK, KERB_ERR_RANGE (rows), KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 */
KERB_API kerb_status kerb_density_surface_rows(kerb_ctx *ctx, kerb_density_surface *surface,
                                               size_t first_row, size_t n_rows,
                                               const uint8_t *mask, double *values);
KERB_API kerb_density_report kerb_density_surface_report(const kerb_density_surface *surface);
/** Accepts NULL. */
KERB_API void kerb_density_surface_free(kerb_density_surface *surface);
/* ----------------------------------------------------------- edge correction */

/**
 * The land a density is made for, as an edge correction needs it: areas dissolved, others cut
 * out, the border indexed. Unchanging once made: any number of threads may read it.
 *
 * Where nothing is recorded beyond the border, a kernel near it loses what lies outside. The
 * share that stays inside is e(u), the integral of the kernel about u over the window. Dividing
 * the density at each cell by e there ("uniform") gives a constant pattern a constant density;
 * dividing the weight of each event by e at its place ("diggle") keeps the mass: the surface
 * over the window holds as many events as there are. Neither may be combined with events from
 * beyond the border, which would then count twice.
 */
typedef struct kerb_edge_window kerb_edge_window;

/**
 * The window of some areas.
 *
 * @param inside   areas that may overlap and touch: they are dissolved
 * @param cut_out  areas to take away, also where they cross the border; NULL: none
 * @param[out] out owned, kerb_edge_window_free()
 *
 * @return KERB_OK, KERB_ERR_FORMAT or KERB_ERR_NOMEM as kerb_areas_set_dissolve()
 *
 * Cost:   that of kerb_areas_set_dissolve() and kerb_areas_set_index(); 60,000 corners: 0.1 s.
 *         Corners exactly on the line between their neighbours are dropped.
 */
KERB_API kerb_status kerb_edge_window_new(kerb_ctx *ctx, const kerb_areas_set *inside,
                                          const kerb_areas_set *cut_out,
                                          kerb_edge_window **out);
/** The window of a rectangle, less some areas (NULL: none); else as kerb_edge_window_new(). */
KERB_API kerb_status kerb_edge_window_new_box(kerb_ctx *ctx, kerb_box box,
                                              const kerb_areas_set *cut_out,
                                              kerb_edge_window **out);
/** Accepts NULL. */
KERB_API void kerb_edge_window_free(kerb_edge_window *window);
/** Straight edges of the border, those on one line joined. */
KERB_API size_t kerb_edge_window_count_edges(const kerb_edge_window *window);
/** Area [m2]. */
KERB_API double kerb_edge_window_area_m2(const kerb_edge_window *window);
/** Is the point in the window or on its border? */
KERB_API bool kerb_edge_window_holds(const kerb_edge_window *window, double x, double y);

/**
 * e(u): the integral over the window of the kernel about (x, y).
 *
 * 1 where no border is within reach (the Gaussian, which is cut, 1 - 1e-12), 1/2 on a straight
 * border, 0 where the window is beyond reach. Points outside the window have a value too; NAN
 * for coordinates that are not finite.
 *
 * @param bandwidth_m  > 0, as in kerb_kernel_value()
 *
 * Cost:   0.1 us where no border is near; about 5 ns for each edge within reach, the Gaussian
 *         and the triangular kernel 20 to 100 ns.
 * Threads: yes.
 * Error:   below 1e-12, and 4 x 2^-53 X / h from rounding of coordinates of size X.
 * Source:  Green's theorem; Diggle (1985) [diggle1985], Jones (1993) [jones1993].
 * Method page: docs/methods/edge-correction.md
 */
KERB_API double kerb_edge_mass(const kerb_edge_window *window, kerb_kernel kernel,
                               double bandwidth_m, double x, double y);
/**
 * e at n points.
 *
 * @param bandwidths_m  NULL, or a bandwidth for each point (bandwidth_m is then only checked)
 * @param[out] mass     n numbers
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG        no such kernel
 *         KERB_ERR_RANGE      a bandwidth not between 1e-30 and 1e30
 *         KERB_ERR_CANCELLED
 *
 * Threads: deterministic; bitwise equal for any number of threads.
 */
KERB_API kerb_status kerb_edge_mass_points(kerb_ctx *ctx, const kerb_edge_window *window,
                                           kerb_kernel kernel, double bandwidth_m, size_t n,
                                           const double *x, const double *y,
                                           const double *bandwidths_m, double *mass);
/**
 * e at the centres of some rows of a grid.
 *
 * @param mask_rows  NULL, or n_rows * n_cols bytes: cells with 0 become NAN and cost nothing
 * @param[out] mass  n_rows * n_cols numbers, the same however the grid is cut into bands
 *
 * @return as kerb_edge_mass_points(); KERB_ERR_ARG also for rows that the grid has not
 *
 * Cost:   only cells within reach of the border are computed; all others are found in tiles of
 *         16 x 16.
 * Threads: deterministic; bitwise equal for any number of threads.
 */
KERB_API kerb_status kerb_edge_mass_rows(kerb_ctx *ctx, const kerb_edge_window *window,
                                         kerb_kernel kernel, double bandwidth_m,
                                         const kerb_grid_spec *spec, size_t first_row,
                                         size_t n_rows, const uint8_t *mask_rows, double *mass);

#ifdef __cplusplus
}
#endif
#endif
