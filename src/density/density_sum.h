/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_SUM_H
#define KERB_DENSITY_SUM_H

/* What the files of the method "sum" share: its table of places, and the work on one part of a
 * grid. */

#include "density_tile.h"

/* Places of similar reach, one run of the table: those near a row of cells are searched by y
 * within the class, so that a few wide kernels do not make every row look at all places. */
typedef struct kerb_density__class {
    size_t from, to;
    double reach_m; /* the largest */
    double per_m;   /* 1 / power of two at or below every reach of the class */
} kerb_density__class;

/* Distinct places (and bandwidths), by class, then y, then x: the order of every cell's sum. */
typedef struct kerb_density__places {
    size_t n;
    double *x, *y;
    double *weight;
    double *bandwidth_m; /* NULL: one for all */
    kerb_density__class *classes;
    size_t n_classes;
} kerb_density__places;

/* Weights are squared before places are merged when options.is_squared. */
kerb_status kerb_density__places_new(kerb_ctx *ctx, const kerb_density__task *task,
                                     kerb_density__places **out);
void kerb_density__places_free(kerb_density__places *places); /* accepts NULL */

/* What open() makes ready. */
typedef struct kerb_density__sum_state {
    kerb_density__places *places;
    kerb_grid_spec spec;
    kerb_kernel kernel;
    bool is_squared;
    double bandwidth_m; /* of all, if places have none of their own */
    kerb_density__shape shape;
    double scale; /* of the sums; 1 if places have bandwidths of their own */
    const kerb_density__loops *loops;
    size_t i_width;     /* narrow or wide tiles */
    size_t tile_cols;   /* and their columns */
    size_t chunk_rows;  /* a multiple of 8 */
    size_t chunk_tiles; /* tiles in a row of tiles */
    double *col_x;      /* centre of each column, on to the end of the last tile */
} kerb_density__sum_state;

/* One part of the rows asked for. */
typedef struct kerb_density__chunk {
    size_t first_row, end_row;   /* of the grid */
    size_t first_tile, end_tile; /* in a row of tiles */
    const uint8_t *mask;         /* NULL or from the chunk's first row on, whole rows */
    double *values;              /* the same; 0 on entry */
} kerb_density__chunk;

kerb_status kerb_density__sum_chunk(const kerb_density__sum_state *state,
                                    const kerb_density__chunk *chunk);

#endif
