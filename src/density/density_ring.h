/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_RING_H
#define KERB_DENSITY_RING_H

/* The tile ring. A source cell (4, 2 or 1 pixels of a tile, with all its points) meets the
 * tiles of the raster in three ways:
 *
 *     . . r r r . .     i  every pixel centre is within reach of every point: the kernel is a
 *     . r r i r r .        polynomial there, and the cell is a few moments added to the run of
 *     r r i i i r r        tiles of each tile row
 *     r i i S i i r     r  the rim may cross the tile: point by point, 16 pixels at once
 *     r r i i i r r     .  out of reach of every point
 *     . r r i r r .
 *     . . r r r . .
 *
 * Where the rim can be depends on the cell's place in its tile only: 21 short lists, made once.
 */

#include "density_internal.h"
#include "density_sort.h"

/* One tile row of a cell's reach. Tiles are relative to the cell's own; y grows southward. */
typedef struct kerb_density__ring_row {
    int32_t dy;
    int32_t n_rim;                /* tiles of the rim on either side, as many left as right */
    int32_t left, right;          /* first tile of each */
    int32_t inner_from, inner_to; /* [from, to): inside for all points; may be empty */
} kerb_density__ring_row;

typedef struct kerb_density__ring_class {
    size_t n_rows;
    kerb_density__ring_row *rows;
} kerb_density__ring_class;

/* 4 pixels; 2 pixels in the order of keys; 1 pixel in the order of keys. */
enum {
    KERB_DENSITY__WHOLE_CLASS = 0,
    KERB_DENSITY__QUARTER_CLASS = 1,
    KERB_DENSITY__PIXEL_CLASS = 5,
    KERB_DENSITY__N_CLASSES = 21
};

/* @param inner_px  a tile is inside when all its centres are this near to every point
 * @param[out] pad  tiles that a list may reach beyond the source tile in x, and in y */
kerb_status kerb_density__ring_classes_init(kerb_density__ring_class *classes, double reach_px,
                                            double inner_px, int32_t *pad);
void kerb_density__ring_classes_clear(kerb_density__ring_class *classes);

/* ------------------------------------------------------------------------------ loops */

enum { KERB_DENSITY__TILE_PIXELS = 16, KERB_DENSITY__AT_ONCE = 4 };

/* Points against the rim of their cell, in float or in double. */
typedef struct kerb_density__rim {
    const kerb_density__ring_row *rows; /* those that are wanted */
    size_t n_rows;
    void *sums;                  /* of the source tile, 16 numbers a tile */
    ptrdiff_t stride;            /* numbers from one tile row to the next */
    const void *col_at, *row_at; /* centres of pixels, from `pad` tiles before the source tile
                                    on; n_table of each */
    int32_t pad;
    size_t n_table; /* multiple of 16 */
    double reach2;
    void *tables; /* 4 x 2 x n_table */
    const void *x, *y;
    const void *root; /* of the weight, the kernel's power; the uniform kernel's weight */
    size_t n;
} kerb_density__rim;

/* Moments of one cell, added at the first tile of each run and taken away after the last. */
typedef struct kerb_density__runs {
    const kerb_density__ring_row *rows;
    size_t n_rows;
    ptrdiff_t tile_row, tile_col; /* of the source, in the sums */
    ptrdiff_t first_col, end_col; /* runs are cut to these; none is taken away at end_col */
    size_t n_cols;                /* tiles in a row of the sums */
    double *wide, *narrow;        /* n_wide (multiple of 8) and n_narrow (2 or 4) a tile */
    size_t n_wide, n_narrow;
    const double *wide_moments, *narrow_moments;
} kerb_density__runs;

typedef struct kerb_density__ring_loops {
    /* by the power of the kernel: NULL, epanechnikov, quartic, triweight */
    void (*rim_float[4])(const kerb_density__rim *rim);
    void (*rim_double[4])(const kerb_density__rim *rim);
    void (*add_runs)(const kerb_density__runs *runs);
    /* Add the polynomial of the moments to 16 pixels of a tile, cut to >= 0. */
    void (*evaluate[4])(const double *wide, double mass, const double *col_at,
                        const double *row_at, double reach2, double *sums);
    /* sums += rim, rim = 0, for n tiles */
    void (*flush)(float *rim, double *sums, size_t n_tiles);
} kerb_density__ring_loops;

extern const kerb_density__ring_loops kerb_density__ring_scalar;
#if defined(__x86_64__)
extern const kerb_density__ring_loops kerb_density__ring_avx2;
extern const kerb_density__ring_loops kerb_density__ring_avx512;
#endif
const kerb_density__ring_loops *kerb_density__ring_loops_of(kerb_simd level);

/* ---------------------------------------------------------------------------- moments */

/* Sums over a cell's points, about an origin near to them. By the power of the kernel:
 * uniform none; epanechnikov x y q; quartic x y xx xy yy qx qy qq; triweight x y xx xy yy xxx
 * xxy xyy yyy qxx qxy qyy qqx qqy qqq, where q = xx + yy. */
void kerb_density__ring_moments(int power, const double *x, const double *y,
                                const double *weight, size_t n, double *wide, double *mass);
/* Numbers of a tile that they take. */
size_t kerb_density__ring_n_wide(int power);
/* Highest power of a coordinate in moment i. */
int kerb_density__ring_degree(int power, size_t i);

#endif
