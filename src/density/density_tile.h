/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_TILE_H
#define KERB_DENSITY_TILE_H

/* The innermost loops of plain summation: a list of places against one small tile of cells.
 *
 *      +-------+      A tile is as many rows and columns as there are vector registers to hold
 *      |  .-.  |      its sums. They are loaded once, every place of the list adds its share,
 *      | ( o ) |      and they are stored once, so that neither loads nor stores but only the
 *      |  `-'  |      arithmetic of the kernel takes time.
 *      +-------+
 *
 * Every cell has its own sum and takes the places in the order of the list, so neither the
 * shape of the tile nor the width of the vectors decides about the order of additions. Whoever
 * is out of reach of a cell adds exactly 0 to it.
 *
 * Lengths are in units of a power of two near the bandwidth (`per_m` = 1 / unit): exact, and no
 * power of the bandwidth overflows. */

#include "density_internal.h"

/* What a place adds to a cell at squared distance r^2, bare of the kernel's scale: powers m of
 * (h^2 - r^2) or of (h - r), 1, or exp(-r^2 / 2 s^2). */
typedef enum kerb_density__shape {
    KERB_DENSITY__FLAT,
    KERB_DENSITY__CONE,
    KERB_DENSITY__CONE_2,
    KERB_DENSITY__DOME,
    KERB_DENSITY__DOME_2,
    KERB_DENSITY__DOME_3,
    KERB_DENSITY__DOME_4,
    KERB_DENSITY__DOME_6,
    KERB_DENSITY__BELL,
    KERB_DENSITY__SHAPE_COUNT
} kerb_density__shape;

/* One place with what its kernel needs; distances in its own unit. */
typedef struct kerb_density__stamp {
    double x_m, per_m;
    double weight;
    double reach, reach2;
    const double *row_terms; /* of each row of the band: h^2 - dy^2; flat and cone: dy^2 */
    const double *row_bells; /* bell: weight exp(-dy^2 / 2 s^2) of each row of the band */
    const double *col_bells; /* bell: exp(-dx^2 / 2 s^2) of each column from first_tile on */
    size_t first_tile;
} kerb_density__stamp;

/* A tile and the stamps that reach it. */
typedef struct kerb_density__tile {
    double *cells; /* first cell; rows are `stride` apart */
    size_t stride;
    const double *col_x; /* centres of its columns [m] */
    size_t i_tile;       /* number of the tile in its row of tiles */
    size_t first_row;    /* of the tile, in the row tables of the stamps */
    const kerb_density__stamp *stamps;
    /* Numbers of stamps, twice, plus 1 where the rim of the bell may cross the tile. */
    const uint8_t *list;
    size_t n;
} kerb_density__tile;

/* The loops of one SIMD level. */
typedef struct kerb_density__loops {
    size_t tile_rows;
    size_t tile_cols[2]; /* of a narrow and of a wide tile */
    void (*add[2][KERB_DENSITY__SHAPE_COUNT])(const kerb_density__tile *tile);
    /* bells[i] = exp(exponent * ((at_m[i] - centre_m) * per_m)^2), exponent <= 0; to 1 ulp of
     * the square's own rounding; n a multiple of a tile's
     * rows or columns. */
    void (*fill_bells)(double *bells, const double *at_m, size_t n, double centre_m,
                       double per_m, double exponent);
} kerb_density__loops;

extern const kerb_density__loops kerb_density__loops_scalar;
#if defined(__x86_64__)
extern const kerb_density__loops kerb_density__loops_avx2;
extern const kerb_density__loops kerb_density__loops_avx512;
#endif

#endif
