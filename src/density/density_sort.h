/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_SORT_H
#define KERB_DENSITY_SORT_H

/* Points sorted by place for methods that work tile by tile.
 *
 * A lattice of pixels lies under the grid and beyond its edges as far as a kernel reaches. 4 x
 * 4 pixels are a tile, 16 x 16 tiles a panel. A point is one number of 64 bits,
 *
 *     panel column | tile row 4 | tile column 4 | pixel 4 | x within the pixel | y within it
 *
 * kept in a list of its panel row: 8 bytes a point, and sorting it as a number sorts by place.
 * The pixel's 4 bits are y1 x1 y0 x0, so that the 2 x 2 pixels of a quarter of a tile are one
 * run.
 *
 * Points come in any number of calls, then the sort is sealed. Rows of panels are sorted one by
 * one in their own memory, so that the peak is that of the points. What is read afterwards does
 * not depend on the order of the points, on how they were cut into calls or on threads. */

#include "kerb_density.h"

enum {
    KERB_DENSITY__TILE = 4,         /* pixels along a tile */
    KERB_DENSITY__PANEL = 64,       /* pixels along a panel */
    KERB_DENSITY__PANEL_TILES = 16, /* tiles along a panel */
};

/* What is kept beside the keys. */
enum {
    KERB_DENSITY__SORT_WEIGHTS = 1, /* 8 bytes more a point */
    KERB_DENSITY__SORT_DOUBLES = 2, /* coordinates as they came, 16 bytes more */
};

typedef struct kerb_density__lattice {
    kerb_grid_spec spec;
    double reach_px;
    size_t margin_px; /* of lattice pixel 0 before grid column 0 and row 0; multiple of 64 */
    size_t n_panel_rows, n_panel_cols;
    int n_fraction_bits; /* of x and of y within a pixel */
} kerb_density__lattice;

typedef struct kerb_density__sort kerb_density__sort;

/* A panel's points, in buffers that grow and are used again. Start with zeros. */
typedef struct kerb_density__panel {
    size_t n, capacity;
    uint64_t *key;
    double *weight; /* meaningless unless is_weighted */
    double *x, *y;  /* SORT_DOUBLES only */
    bool is_weighted;
} kerb_density__panel;

/* @param keep  KERB_DENSITY__SORT_* added up */
kerb_status kerb_density__sort_new(kerb_ctx *ctx, const kerb_grid_spec *spec, double reach_m,
                                   unsigned keep, kerb_density__sort **out);
/* Points without coordinates are left out, and those out of reach only counted. Weights are
 * ignored unless they are kept. */
kerb_status kerb_density__sort_add(kerb_ctx *ctx, kerb_density__sort *sort,
                                   const kerb_density_points *points);
/* Sort and merge; nothing can be added afterwards. */
kerb_status kerb_density__sort_seal(kerb_ctx *ctx, kerb_density__sort *sort);
void kerb_density__sort_free(kerb_density__sort *sort); /* accepts NULL */

const kerb_density__lattice *kerb_density__sort_lattice(const kerb_density__sort *sort);
/* Points with coordinates, and the sum of their weights, wherever they lie. */
size_t kerb_density__sort_count(const kerb_density__sort *sort);
double kerb_density__sort_weight(const kerb_density__sort *sort);
/* Sealed: distinct places within reach of the grid (to the last bit of a key or, with
 * SORT_DOUBLES, of the coordinates). */
size_t kerb_density__sort_places(const kerb_density__sort *sort);

/* Sealed: read one panel. Only KERB_ERR_NOMEM. Threads may read at the same time. */
kerb_status kerb_density__sort_read(const kerb_density__sort *sort, size_t panel_row,
                                    size_t panel_col, kerb_density__panel *panel);
void kerb_density__panel_clear(kerb_density__panel *panel);

/* Sort keys by their lowest n_bits (the bits above are equal), rows alongside unless NULL.
 * scratch_*: room for n; `counts` for KERB_DENSITY__COUNTS numbers. */
enum { KERB_DENSITY__COUNTS = 8 * 4096 };
void kerb_density__sort_keys(uint64_t *keys, uint32_t *rows, uint64_t *scratch_keys,
                             uint32_t *scratch_rows, uint32_t *counts, size_t n, int n_bits);

#endif
