/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One tile: moments of the blocks in its window, transformed, multiplied, transformed back. */
#include "density_moments.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

enum {
    LANES = KERB_DENSITY__FFT_LANES,
    ROW = KERB_DENSITY__FFT_ROW,
    N_MOMENTS = KERB_DENSITY__MOMENTS,
    N_PAIRS = KERB_DENSITY__MOMENT_PAIRS,
    BITS = KERB_DENSITY__BUCKET_BITS,
    SIDE = KERB_DENSITY__BUCKET_BLOCKS
};

kerb_status kerb_density__scratch_new(const kerb_density__tiles *tiles,
                                      kerb_density__scratch *out)
{
    const kerb_density__fft *fft = tiles->spectra.fft;
    size_t n_columns = N_PAIRS * fft->columns_size, n_halves = N_MOMENTS * fft->half_size;
    kerb_density__scratch s;
    s.columns = kerb_density__alloc_lines(
        n_columns + n_halves + (size_t)SIDE * SIDE * N_MOMENTS, &s.block);
    if (!s.columns)
        return KERB_ERR_NOMEM;
    s.halves = s.columns + n_columns;
    s.sums = s.halves + n_halves;
    *out = s;
    return KERB_OK;
}

void kerb_density__scratch_clear(kerb_density__scratch *scratch)
{
    kerb_free(scratch->block);
}

/* --------------------------------------------------------------------------- moments */

static void add_moments(double *sums, kerb_density__spot spot, double weight)
{
    const uint32_t in_block = ((uint32_t)1 << (32 - BITS)) - 1;
    const double half = 0x1p-26; /* 2^27 to a block, 2 half sides */
    double *m =
        sums + ((size_t)(spot.y >> (32 - BITS)) * SIDE + (spot.x >> (32 - BITS))) * N_MOMENTS;
    double x = (double)(spot.x & in_block) * half - 1.0;
    double y = (double)(spot.y & in_block) * half - 1.0;
    double wx = weight * x, wy = weight * y, wxx = wx * x, wyy = wy * y;
    m[0] += weight, m[1] += wx, m[2] += wy;
    m[3] += wxx, m[4] += wx * y, m[5] += wyy;
    m[6] += wxx * x, m[7] += wxx * y, m[8] += wyy * x, m[9] += wyy * y;
}

static void sum_bucket(const kerb_density__buckets *b, size_t i_bucket, double *sums)
{
    memset(sums, 0, (size_t)SIDE * SIDE * N_MOMENTS * sizeof *sums);
    for (size_t i = b->first[i_bucket]; i < b->first[i_bucket + 1]; i++)
        add_moments(sums, b->spots[i], b->weights ? b->weights[i] : 1.0);
}

/* Blocks of a bucket that lie in the window, from `first` to `end` of their axis. */
static void find_overlap(size_t bucket, size_t window, size_t n, size_t *first, size_t *end)
{
    size_t start = bucket * SIDE;
    *first = start < window ? window - start : 0;
    *end = start + SIDE > window + n ? window + n - start : SIDE;
}

/* The bucket's moments to their places in the window at (row, col); returns the sum of squares
 * of weights. */
static double place_sums(const kerb_density__fft *fft, const double *sums, size_t bucket_row,
                         size_t bucket_col, size_t row, size_t col, double *columns)
{
    size_t y, end_y, first_x, end_x;
    double squares = 0.0;
    find_overlap(bucket_col, col, fft->n, &first_x, &end_x);
    for (find_overlap(bucket_row, row, fft->n, &y, &end_y); y < end_y; y++)
        for (size_t x = first_x; x < end_x; x++) {
            const double *m = sums + (y * SIDE + x) * N_MOMENTS;
            if (m[0] == 0.0)
                continue;
            size_t wx = bucket_col * SIDE + x - col, wy = bucket_row * SIDE + y - row;
            double *to = columns + wx / LANES * fft->strip_size + wy * ROW + wx % LANES;
            for (size_t p = 0; p < N_PAIRS; p++, to += fft->columns_size)
                to[0] = m[2 * p], to[LANES] = m[2 * p + 1];
            squares += m[0] * m[0];
        }
    return squares;
}

static double fill_window(const kerb_density__tiles *tiles, size_t i_tile,
                          kerb_density__scratch *scratch)
{
    const kerb_density__buckets *b = &tiles->buckets;
    const kerb_density__fft *fft = tiles->spectra.fft;
    size_t row = i_tile / tiles->n_cols * tiles->tile,
           col = i_tile % tiles->n_cols * tiles->tile;
    size_t end_row = (row + fft->n - 1) / SIDE + 1, end_col = (col + fft->n - 1) / SIDE + 1;
    end_row = end_row < b->n_rows ? end_row : b->n_rows;
    end_col = end_col < b->n_cols ? end_col : b->n_cols;
    bool is_clear = false;
    double squares = 0.0;
    for (size_t r = row / SIDE; r < end_row; r++)
        for (size_t c = col / SIDE; c < end_col; c++) {
            size_t i_bucket = r * b->n_cols + c;
            if (b->first[i_bucket] == b->first[i_bucket + 1])
                continue;
            if (!is_clear)
                memset(scratch->columns, 0,
                       N_PAIRS * fft->columns_size * sizeof *scratch->columns);
            is_clear = true;
            sum_bucket(b, i_bucket, scratch->sums);
            squares += place_sums(fft, scratch->sums, r, c, row, col, scratch->columns);
        }
    return squares;
}

/* ------------------------------------------------------------------------ convolution */

double kerb_density__convolve(const kerb_density__tiles *tiles, size_t i_tile,
                              kerb_density__scratch *scratch)
{
    const kerb_density__fft *fft = tiles->spectra.fft;
    double squares = fill_window(tiles, i_tile, scratch);
    if (squares == 0.0)
        return 0.0;
    for (size_t p = 0; p < N_PAIRS; p++) {
        double *columns = scratch->columns + p * fft->columns_size;
        for (size_t s = 0; s < fft->n / LANES; s++)
            fft->loops.forward(fft, columns + s * fft->strip_size);
        fft->loops.split(fft, columns, scratch->halves + 2 * p * fft->half_size,
                         scratch->halves + (2 * p + 1) * fft->half_size);
    }
    size_t n_outputs = 2 * tiles->spectra.n_classes;
    for (size_t t = 0; t < fft->n_half_strips; t++) {
        double *strip = scratch->halves + t * fft->strip_size;
        for (size_t m = 0; m < N_MOMENTS; m++)
            fft->loops.forward(fft, strip + m * fft->half_size);
        tiles->multiply(&tiles->spectra, t, scratch->halves);
        for (size_t i = 0; i < n_outputs; i++)
            fft->loops.inverse(fft, strip + i * fft->half_size);
    }
    /* Only the columns of the tile itself are wanted. */
    size_t first = tiles->blocks.reach_blocks / LANES;
    size_t end = (tiles->blocks.reach_blocks + tiles->tile - 1) / LANES + 1;
    for (size_t c = 0; c < tiles->spectra.n_classes; c++) {
        double *columns = scratch->columns + c * fft->columns_size;
        fft->loops.join(fft, scratch->halves + 2 * c * fft->half_size,
                        scratch->halves + (2 * c + 1) * fft->half_size, columns, first, end);
        for (size_t s = first; s < end; s++)
            fft->loops.inverse(fft, columns + s * fft->strip_size);
    }
    return sqrt(squares);
}
