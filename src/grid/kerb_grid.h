/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_GRID_H
#define KERB_GRID_H

/**
 * The raster: square cells in the working CRS, row 0 northmost, values at cell centres, NAN
 * where there is no value.
 *
 * A kerb_grid_spec says where the cells are; it is a plain value, made once by
 * kerb_grid_spec_make() and given to everything that must line up. A kerb_grid holds the
 * values. A mask (one byte a cell) says which cells belong to the study area; it is separate
 * from the values so that one mask serves many grids.
 *
 *                col 0   col 1
 *     ymax  ->  +-------+-------+
 *               |   .   |   .   |   row 0     '.' = centre, where the value is
 *               +-------+-------+
 *               |   .   |   .   |   row 1
 *               +-------+-------+
 *               ^ xmin
 */

#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Place and shape. Centre of (row, col):
 * x = xmin + (col + 0.5) cell_m, y = ymax - (row + 0.5) cell_m.
 */
typedef struct kerb_grid_spec {
    double xmin, ymax;     /**< north-west corner [m] */
    double cell_m;         /**< side of a cell, > 0 */
    size_t n_rows, n_cols; /**< >= 1 each */
} kerb_grid_spec;

/** More cells than this are no grid, but a slip in the cell or the box: a country in cells of
 * two metres has fewer. */
#define KERB_GRID_MAX_CELLS ((size_t)100000000000)
/** More cells than this are never held at once: they are worked on in bands of rows. */
#define KERB_GRID_MAX_CELLS_WHOLE ((size_t)2000000000)

/** Where the centres of a column are [m]. All use these two, so that equal bits meet. */
static inline double kerb_grid_col_x(const kerb_grid_spec *spec, size_t col)
{
    return spec->xmin + ((double)col + 0.5) * spec->cell_m;
}

/** Where the centres of a row are [m]. */
static inline double kerb_grid_row_y(const kerb_grid_spec *spec, size_t row)
{
    return spec->ymax - ((double)row + 0.5) * spec->cell_m;
}

/**
 * The grid of a box.
 *
 * @param box     finite, not empty, same CRS as everything that will meet the grid [m]
 * @param cell_m  side of a cell, finite, > 0
 * @param exact   true: the box is used as it is and its sides must be whole multiples of the
 *                cell, to 1e-6 of a cell. false: it is snapped outward to multiples of the cell
 *                counted from (0, 0), so that reruns on more data line up; a box without width
 *                gets one cell
 * @param[out] out  written on success only
 *
 * @return KERB_OK, or
 *         KERB_ERR_RANGE  cell_m not finite or <= 0; more than KERB_GRID_MAX_CELLS cells (the
 *                         message names a cell that fits); cells too small to be told apart at
 *                         these coordinates
 *         KERB_ERR_ARG    box empty or not finite; exact and it does not fit: the message names
 *                         the nearest boxes that do (with the same south-west corner)
 */
KERB_API kerb_status kerb_grid_spec_make(kerb_ctx *ctx, kerb_box box, double cell_m, bool exact,
                                         kerb_grid_spec *out);
/** Is it a grid that can be worked on? KERB_ERR_RANGE with words otherwise. */
KERB_API kerb_status kerb_grid_spec_check(kerb_ctx *ctx, const kerb_grid_spec *spec);
/** The same, and can it be held as a whole (KERB_GRID_MAX_CELLS_WHOLE)? */
KERB_API kerb_status kerb_grid_spec_check_whole(kerb_ctx *ctx, const kerb_grid_spec *spec);
/** The box that the cells cover, edge to edge. */
KERB_API kerb_box kerb_grid_spec_box(const kerb_grid_spec *spec);
/**
 * Largest step of 1, 2, 5, 10, 20, ... (and 0.5, 0.2, ...) not above reach_m / 10 that keeps
 * the snapped box within 25 million cells; a larger step when it does not.
 *
 * @param box      empty: only the reach decides
 * @param reach_m  distance at which the kernel ends, finite, > 0
 * @return the side [m]; NAN when reach_m or the box is not finite or reach_m <= 0
 */
KERB_API double kerb_grid_default_cell_m(kerb_box box, double reach_m);

/** Values on a spec: n_rows * n_cols doubles. */
typedef struct kerb_grid kerb_grid;

/**
 * A grid with the same value everywhere.
 *
 * @param fill     any value; NAN for "no value"
 * @param[out] out  owned, free with kerb_grid_free()
 * @return KERB_ERR_RANGE as kerb_grid_spec_check_whole(); KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_grid_new(kerb_ctx *ctx, const kerb_grid_spec *spec, double fill,
                                   kerb_grid **out);
/** Accepts NULL. */
KERB_API void kerb_grid_free(kerb_grid *grid);
/** Its spec (borrowed). */
KERB_API const kerb_grid_spec *kerb_grid_get_spec(const kerb_grid *grid);
/** n_rows * n_cols values, row-major from the north-west (borrowed). */
KERB_API double *kerb_grid_values(kerb_grid *grid);
KERB_API const double *kerb_grid_values_const(const kerb_grid *grid);

/** Figures of the cells that have a value; sums are compensated. */
typedef struct kerb_grid_summary {
    size_t n_cells;            /**< with a value */
    size_t n_nonzero;          /**< of them not 0 */
    double sum, max;           /**< max NAN when n_cells is 0 */
    double mean, mean_nonzero; /**< NAN when there are none */
    size_t max_row, max_col;   /**< northmost then westmost maximum; 0, 0 when n_cells is 0 */
} kerb_grid_summary;

/**
 * Count, sum, mean and maximum.
 *
 * Cost:   one pass; about 2 ns a cell.
 * Source: Ogita, Rump & Oishi (2005), algorithm 4.4 [ogita2005]: a sum as good as in twice the
 *         precision.
 */
KERB_API kerb_grid_summary kerb_grid_summarise(const kerb_grid *grid);
/**
 * The same of a grid that comes in rows. Start with `kerb_grid_running r = {0}`; the summary is
 * that of the whole, bit for bit, however the rows are cut.
 */
typedef struct kerb_grid_running {
    double sum, error; /**< of the values so far, and what rounding took from it */
    double max;
    size_t n_cells, n_nonzero, n_rows, max_row, max_col;
} kerb_grid_running;
/** The next rows, north to south: n_rows * n_cols values. */
KERB_API void kerb_grid_running_add(kerb_grid_running *running, const double *values,
                                    size_t n_rows, size_t n_cols);
KERB_API kerb_grid_summary kerb_grid_running_summary(const kerb_grid_running *running);

/**
 * Which cells belong to an area: 1 where the centre is in it or on its border, else 0.
 *
 * The rule is that of kerb_areas_set_holds() applied to cell centres. Holes belong to no area.
 * Where areas overlap a cell belongs to all of them.
 *
 * @param inside     NULL: every cell
 * @param cut_out    areas whose cells are taken out again (centre strictly inside one of them;
 *                   cells whose centre is on its border stay); NULL: none. Two areas with a
 *                   common border leave the cells on it: dissolve them first when that matters
 * @param[out] mask  n_rows * n_cols bytes, row-major from the north-west; owned, free with
 *                   kerb_free_text((char *)…)
 *
 * @return KERB_ERR_RANGE as kerb_grid_spec_check_whole(); KERB_ERR_NOMEM; KERB_ERR_CANCELLED
 *
 * Cost:   O(cells + vertices + crossings of rows and edges), 0.03 s for 25 million cells and
 *         60,000 vertices; memory of the mask and 32 bytes a crossing.
 * Source: scan conversion by sorted crossings (even-odd), Foley et al. (1990) section 3.6
 *         [foley1990]; centres within rounding of an edge are decided by the exact test of
 *         kerb_areas_set_holds().
 */
KERB_API kerb_status kerb_grid_mask(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                    const kerb_areas_set *inside, const kerb_areas_set *cut_out,
                                    uint8_t **mask);
/**
 * Rows [first_row, first_row + n_rows) of that mask, for a grid larger than memory.
 *
 * @param[out] mask  n_rows * n_cols bytes of the caller
 * @return KERB_ERR_RANGE as kerb_grid_spec_check(), or rows that the grid does not have;
 *         KERB_ERR_NOMEM; KERB_ERR_CANCELLED; what `mask` then holds is nothing to use
 *
 * Cost:   O(cells of the rows + vertices of all areas).
 */
KERB_API kerb_status kerb_grid_mask_rows(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                         const kerb_areas_set *inside,
                                         const kerb_areas_set *cut_out, size_t first_row,
                                         size_t n_rows, uint8_t *mask);
/** NAN where the mask is 0; the mask has one byte for each cell of the grid. */
KERB_API void kerb_grid_apply_mask(kerb_grid *grid, const uint8_t *mask);
/** Multiply every value, e.g. 1e6 from per m2 to per km2. */
KERB_API void kerb_grid_scale(kerb_grid *grid, double factor);
/**
 * Sum of weights of the events in each cell (half-open: west and south edge in).
 *
 * Events outside the grid or without coordinates are left out; cells without events are 0.
 * Weights are added in the order of the rows.
 *
 * @param[out] out  events (or weight) per cell; owned
 * @return KERB_ERR_RANGE as kerb_grid_spec_check(); KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_grid_count(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                     const kerb_events *events, kerb_grid **out);

#ifdef __cplusplus
}
#endif
#endif
