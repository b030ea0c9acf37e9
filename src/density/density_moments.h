/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_MOMENTS_H
#define KERB_DENSITY_MOMENTS_H

/* Density from the moments of square blocks of cells, within an error that is known.
 *
 * The points of a block enter through ten numbers, the sums of w, w dx, w dy, ... w dy^3 of
 * their offsets d from the block's centre in half sides. For each block within reach of a cell
 * the kernel as a function of d is replaced by a cubic, so that a cell is a sum over blocks of
 * moments times coefficients: a convolution, done by Fourier transforms of tiles.
 *
 *      +---+---+---+        o  the block of the cell, and (1, 0) the offset of the one beside
 * it |   | o | 1 |        Blocks have 1 x 1 or 2 x 2 cells; a cell of a block is told apart
 *      +---+---+---+        by its quadrant, +-1 east and +-1 north... south of the centre.
 *
 * **Bound.** For each offset and quadrant E = max over the block of |kernel - cubic| is
 * computed rigorously when the kernel is fitted. The error of a cell is at most the sum of E
 * times the weight in each block, wherever in its block a point lies: one more convolution, of
 * these very points.
 *
 * Kernels are in units of their peak, lengths of the plane in half sides of a block, rows run
 * south. */

#include "density_fft.h"
#include "density_internal.h"

enum { KERB_DENSITY__MOMENTS = 10, KERB_DENSITY__MOMENT_PAIRS = 5 };

/* Powers of dx and dy in the order of the ten numbers. */
extern const uint8_t kerb_density__moment_powers[KERB_DENSITY__MOMENTS][2];

/* ------------------------------------------------------------------------------- fits */

/* What is done to a grid of cells, and how the kernel looks on it. */
typedef struct kerb_density__blocks {
    kerb_kernel kernel;
    size_t side;         /* cells along a block: 1 or 2 */
    double half_side;    /* of a block, in bandwidths */
    double reach;        /* in half sides */
    size_t reach_blocks; /* offsets -reach_blocks..reach_blocks may reach */
    double beyond; /* the most that a point farther away adds, of a peak: the Gaussian's cut */
} kerb_density__blocks;

/* The kernel around the cell that lies in the south-eastern quadrant of its block (or is the
 * block), as seen from the block at each offset: index (oy + reach) * width + (ox + reach). */
typedef struct kerb_density__fits {
    size_t width; /* 2 reach_blocks + 1 */
    double (*cubics)[KERB_DENSITY__MOMENTS];
    double *errors; /* 0 where the kernel is 0 throughout; never below the floor elsewhere */
    double error_sum, value_sum; /* over offsets: of errors, and of the cubics' means */
} kerb_density__fits;

/* Errors are not given below this, so that 0 tells that nothing reaches. */
#define KERB_DENSITY__ERROR_FLOOR 1e-8

kerb_density__blocks kerb_density__make_blocks(kerb_kernel kernel, double bandwidth_m,
                                               double cell_m, size_t side, double max_error);
kerb_status kerb_density__fits_new(kerb_ctx *ctx, const kerb_density__blocks *blocks,
                                   kerb_density__fits *out);
void kerb_density__fits_clear(kerb_density__fits *fits);

/* ---------------------------------------------------------------------------- buckets */

enum { KERB_DENSITY__BUCKET_BITS = 5, KERB_DENSITY__BUCKET_BLOCKS = 32 };

/* A point within its bucket: 5 bits of block, 27 of place in it. */
typedef struct kerb_density__spot {
    uint32_t x, y;
} kerb_density__spot;

/* Points sorted into squares of 32 x 32 blocks, which cover the grid and what reaches it. */
typedef struct kerb_density__buckets {
    size_t n_cols, n_rows;
    size_t *first; /* n_cols * n_rows + 1 */
    kerb_density__spot *spots;
    double *weights;     /* NULL: each is 1 */
    double total, least; /* sum and smallest of the weights of all points, wherever they lie */
    size_t n_used;       /* points with coordinates and a weight above 0 */
} kerb_density__buckets;

/* `margin`: blocks before the first of the grid. */
kerb_status kerb_density__buckets_new(kerb_ctx *ctx, const kerb_density__task *task,
                                      size_t side, size_t margin, kerb_density__buckets *out);
void kerb_density__buckets_clear(kerb_density__buckets *buckets);

/* --------------------------------------------------------------------------- spectra */

/* Outputs of the convolution: sums and differences over the quadrants, of which each has a
 * purely real or a purely imaginary spectrum with each moment. */
typedef struct kerb_density__spectra {
    kerb_density__fft *fft;
    size_t n_classes;  /* 1, or 4: even or odd in x (1) and in y (2) */
    double *factors;   /* [ky / 4][kx][class][10 moments, then the bound's][4] */
    void *block;       /* of factors */
    double cubic_norm; /* largest sum of |coefficients|, of an output */
    double error_norm;
} kerb_density__spectra;

kerb_status kerb_density__spectra_new(kerb_ctx *ctx, const kerb_density__blocks *blocks,
                                      const kerb_density__fits *fits, size_t fft_size,
                                      kerb_density__spectra *out);
void kerb_density__spectra_clear(kerb_density__spectra *spectra);
/* Moments to outputs in place, in a strip of each half spectrum: for each class the values and
 * the bound. */
typedef void kerb_density__multiply(const kerb_density__spectra *spectra, size_t i_strip,
                                    double *halves);
kerb_density__multiply *kerb_density__multiply_of(kerb_simd level);

/* ----------------------------------------------------------------------------- tiles */

/* A grid cut into tiles of `tile` x `tile` blocks, of which each is one convolution: its window
 * is its own blocks and reach_blocks more on each side. Block numbers in buckets and windows
 * start reach_blocks before the grid. */
typedef struct kerb_density__tiles {
    const kerb_grid_spec *spec;
    kerb_density__blocks blocks;
    kerb_density__buckets buckets;
    kerb_density__spectra spectra;
    kerb_density__multiply *multiply;
    size_t tile, n_cols, n_rows;
} kerb_density__tiles;

/* Memory of one convolution. */
typedef struct kerb_density__scratch {
    void *block;
    double *columns; /* a plane of columns for each pair of moments; then of value and bound */
    double *halves;  /* the moments' half spectra, then the outputs' */
    double *sums;    /* ten moments of each block of a bucket */
} kerb_density__scratch;

kerb_status kerb_density__scratch_new(const kerb_density__tiles *tiles,
                                      kerb_density__scratch *out);
void kerb_density__scratch_clear(kerb_density__scratch *scratch);

/* What the values of a tile are worth, in peaks of the kernel. */
typedef struct kerb_density__tile_facts {
    double largest;  /* value */
    double surely;   /* the largest value less its bound */
    double bound;    /* of the worst cell, rounding of the transforms included */
    double measured; /* largest difference from exact sums, where it was looked at */
    bool is_blurred; /* rounding hides where nothing reaches */
} kerb_density__tile_facts;

/* Convolve a tile; value and bound of each class are then in scratch->columns. Returns the root
 * of the sum of squares of the blocks' weights, 0 for an empty window. */
double kerb_density__convolve(const kerb_density__tiles *tiles, size_t i_tile,
                              kerb_density__scratch *scratch);
/* Values of the cells of a convolved tile, in peaks, as rows of `stride`; those of an empty
 * window are not written. */
kerb_density__tile_facts kerb_density__fill_cells(const kerb_density__tiles *tiles,
                                                  size_t i_tile, double weight_norm,
                                                  const kerb_density__scratch *scratch,
                                                  float *cells, size_t stride);
/* Sum over the points themselves, in peaks; *n_seen grows by how many were looked at. */
double kerb_density__sum_at(const kerb_density__tiles *tiles, size_t row, size_t col,
                            size_t *n_seen);

#endif
