/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a convolved tile to its cells: values and bounds of the four cells of each block; exact
 * sums wherever the bound does not tell a value from 0, so that nothing is negative and 0 stays
 * 0; and exact sums at a sample of cells, to see that the bound holds. */
#include "density_moments.h"

#include "kerb_base.h"

#include <assert.h>
#include <math.h>

enum { LANES = KERB_DENSITY__FFT_LANES, ROW = KERB_DENSITY__FFT_ROW };

/* -------------------------------------------------------------------------- exact sums */

/* `t` is the squared distance in bandwidths. Who is no farther inside the rim than places are
 * rounded does not reach: where nothing does, the value must be 0. */
static inline double find_value(kerb_kernel kernel, double t, double rim)
{
    double rest = 1.0 - t;
    if (kernel == KERB_KERNEL_GAUSSIAN) {
        const double reach = KERB_DENSITY__GAUSSIAN_REACH_SD;
        return t <= reach * reach ? exp(-0.5 * t) : 0.0;
    }
    if (!(rest > rim))
        return 0.0;
    switch (kernel) {
    case KERB_KERNEL_TRIANGULAR:
        return 1.0 - sqrt(t);
    case KERB_KERNEL_EPANECHNIKOV:
        return rest;
    case KERB_KERNEL_QUARTIC:
        return rest * rest;
    case KERB_KERNEL_TRIWEIGHT:
        return rest * rest * rest;
    case KERB_KERNEL_UNIFORM:
    case KERB_KERNEL_GAUSSIAN:
    case KERB_KERNEL_COUNT:
        break;
    }
    assert(false && "a kernel that is continuous");
    return (double)NAN;
}

/* Of one bucket; (x, y) from its corner in blocks. */
static double sum_bucket_at(const kerb_density__tiles *tiles, size_t i_bucket, double x,
                            double y)
{
    const kerb_density__buckets *b = &tiles->buckets;
    double unit = 0x1p-27 * 2.0 * tiles->blocks.half_side, sum = 0.0;
    /* Twice the distance that both roundings make, and that of the doubles. */
    double rim = 0x1p-24 * tiles->blocks.half_side + 1e-12;
    double at_x = x * 2.0 * tiles->blocks.half_side, at_y = y * 2.0 * tiles->blocks.half_side;
    for (size_t i = b->first[i_bucket]; i < b->first[i_bucket + 1]; i++) {
        double dx = (double)b->spots[i].x * unit - at_x;
        double dy = (double)b->spots[i].y * unit - at_y;
        double value = find_value(tiles->blocks.kernel, dx * dx + dy * dy, rim);
        sum += b->weights ? value * b->weights[i] : value;
    }
    return sum;
}

/* Buckets from `first` to `end` of an axis that are within reach of a place in blocks. */
static void find_buckets(const kerb_density__tiles *tiles, double at, size_t n, size_t *first,
                         size_t *end)
{
    const double side = KERB_DENSITY__BUCKET_BLOCKS;
    double reach = 0.5 * tiles->blocks.reach + 1e-6; /* blocks */
    double low = floor((at - reach) / side), high = floor((at + reach) / side);
    *first = low > 0.0 ? (size_t)low : 0;
    *end = high < (double)n ? (size_t)high + 1 : n;
}

double kerb_density__sum_at(const kerb_density__tiles *tiles, size_t row, size_t col,
                            size_t *n_seen)
{
    const kerb_density__buckets *b = &tiles->buckets;
    double per_cell = 1.0 / (double)tiles->blocks.side;
    double x = (double)tiles->blocks.reach_blocks + ((double)col + 0.5) * per_cell;
    double y = (double)tiles->blocks.reach_blocks + ((double)row + 0.5) * per_cell;
    size_t first_row, end_row, first_col, end_col;
    find_buckets(tiles, y, b->n_rows, &first_row, &end_row);
    find_buckets(tiles, x, b->n_cols, &first_col, &end_col);
    double sum = 0.0;
    for (size_t r = first_row; r < end_row; r++)
        for (size_t c = first_col; c < end_col; c++) {
            size_t i_bucket = r * b->n_cols + c;
            *n_seen += b->first[i_bucket + 1] - b->first[i_bucket];
            sum += sum_bucket_at(tiles, i_bucket, x - (double)(c << KERB_DENSITY__BUCKET_BITS),
                                 y - (double)(r << KERB_DENSITY__BUCKET_BITS));
        }
    return sum;
}

/* ------------------------------------------------------------------------------- cells */

/* Where a tile's cells lie in the grid. */
typedef struct cell_range {
    size_t first_row, end_row, first_col, end_col;
} cell_range;

static cell_range find_cells(const kerb_density__tiles *tiles, size_t i_tile)
{
    size_t size = tiles->tile * tiles->blocks.side;
    size_t row = i_tile / tiles->n_cols * size, col = i_tile % tiles->n_cols * size;
    const kerb_grid_spec *spec = tiles->spec;
    return (cell_range){row, row + size < spec->n_rows ? row + size : spec->n_rows, col,
                        col + size < spec->n_cols ? col + size : spec->n_cols};
}

/* What the cells of a tile share. */
typedef struct cell_rules {
    double noise;       /* of values and bounds by rounding in the transforms, and what lies
                           beyond the cut */
    double least_bound; /* of a cell that something reaches, less its rounding */
} cell_rules;

/* Sum of the outputs of all classes for the cell in a quadrant. */
static inline double add_classes(const double *at, size_t n_classes, size_t plane_size,
                                 const double *signs)
{
    double sum = at[0];
    for (size_t c = 1; c < n_classes; c++)
        sum += signs[c] * at[c * plane_size];
    return sum;
}

static void note_cell(kerb_density__tile_facts *facts, double value, double bound)
{
    facts->largest = value > facts->largest ? value : facts->largest;
    facts->surely = value - bound > facts->surely ? value - bound : facts->surely;
    facts->bound = bound > facts->bound ? bound : facts->bound;
}

static void fill_row(const kerb_density__tiles *tiles, const cell_rules *rules,
                     cell_range range, size_t row, const kerb_density__scratch *scratch,
                     float *cells, kerb_density__tile_facts *facts)
{
    const kerb_density__fft *fft = tiles->spectra.fft;
    size_t side = tiles->blocks.side, n_classes = tiles->spectra.n_classes, n_seen = 0;
    size_t y = tiles->blocks.reach_blocks + (row - range.first_row) / side;
    double south = side == 2 && (row - range.first_row) % 2 == 0 ? -1.0 : 1.0;
    const double signs[2][4] = {{1.0, -1.0, south, -south}, {1.0, 1.0, south, south}};
    for (size_t col = range.first_col; col < range.end_col; col++) {
        size_t x = tiles->blocks.reach_blocks + (col - range.first_col) / side;
        bool is_east = side == 1 || (col - range.first_col) % 2;
        const double *at = scratch->columns + x / LANES * fft->strip_size + y * ROW + x % LANES;
        double value = add_classes(at, n_classes, fft->columns_size, signs[is_east]);
        double bound = add_classes(at + LANES, n_classes, fft->columns_size, signs[is_east]);
        if (bound < rules->least_bound)
            continue; /* nothing reaches: 0 as it is */
        bound += rules->noise;
        if (value <= bound)
            value = kerb_density__sum_at(tiles, row, col, &n_seen);
        cells[col - range.first_col] = (float)value;
        note_cell(facts, value, bound);
    }
}

/* ------------------------------------------------------------------------------ sample */

static uint64_t mix(uint64_t state)
{
    state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
    state = (state ^ (state >> 27)) * 0x94d049bb133111ebu;
    return state ^ (state >> 31);
}

typedef struct sampler {
    const kerb_density__tiles *tiles;
    cell_range range;
    const float *cells;
    size_t stride;
    size_t n_left; /* points that may still be looked at */
    double measured;
} sampler;

static void compare_at(sampler *s, double row, double col)
{
    if (!(row >= (double)s->range.first_row && row < (double)s->range.end_row &&
          col >= (double)s->range.first_col && col < (double)s->range.end_col) ||
        s->n_left == 0)
        return;
    size_t r = (size_t)row, c = (size_t)col, n_seen = 0;
    double exact = kerb_density__sum_at(s->tiles, r, c, &n_seen);
    double value =
        (double)s->cells[(r - s->range.first_row) * s->stride + c - s->range.first_col];
    s->measured = fmax(s->measured, fabs(value - exact));
    s->n_left -= n_seen < s->n_left ? n_seen : s->n_left;
}

/* The brightest cell, the rim around it, where fits are worst, and cells at random. */
static void take_sample(sampler *s, size_t i_tile)
{
    enum { N_RIM = 6, N_RANDOM = 4 };
    size_t n_rows = s->range.end_row - s->range.first_row;
    size_t n_cols = s->range.end_col - s->range.first_col, brightest = 0;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++)
            if (s->cells[r * s->stride + c] >
                s->cells[brightest / n_cols * s->stride + brightest % n_cols])
                brightest = r * n_cols + c;
    double row = (double)(s->range.first_row + brightest / n_cols);
    double col = (double)(s->range.first_col + brightest % n_cols);
    compare_at(s, row, col);
    for (uint64_t i = 0; i < N_RANDOM; i++) {
        uint64_t draw = mix(i_tile * N_RANDOM + i) % (n_rows * n_cols);
        compare_at(s, (double)(s->range.first_row + draw / n_cols),
                   (double)(s->range.first_col + draw % n_cols));
    }
    double reach = 0.5 * s->tiles->blocks.reach * (double)s->tiles->blocks.side; /* cells */
    for (int i = 0; i < N_RIM; i++)
        compare_at(s, row + floor(reach * sin(i * KERB_PI / 3) + 0.5),
                   col + floor(reach * cos(i * KERB_PI / 3) + 0.5));
}

/* Points in the window of a tile: so many are looked at for its sample, so that looking costs
 * no more than computing. */
static size_t count_window(const kerb_density__tiles *tiles, size_t i_tile)
{
    const kerb_density__buckets *b = &tiles->buckets;
    size_t row = i_tile / tiles->n_cols * tiles->tile / KERB_DENSITY__BUCKET_BLOCKS;
    size_t first = i_tile % tiles->n_cols * tiles->tile / KERB_DENSITY__BUCKET_BLOCKS;
    size_t n = tiles->spectra.fft->n / KERB_DENSITY__BUCKET_BLOCKS, count = 0;
    size_t end = first + n < b->n_cols ? first + n : b->n_cols;
    for (size_t r = row; r < row + n && r < b->n_rows; r++)
        count += b->first[r * b->n_cols + end] - b->first[r * b->n_cols + first];
    return count;
}

/* --------------------------------------------------------------------------------- tile */

kerb_density__tile_facts kerb_density__fill_cells(const kerb_density__tiles *tiles,
                                                  size_t i_tile, double weight_norm,
                                                  const kerb_density__scratch *scratch,
                                                  float *cells, size_t stride)
{
    kerb_density__tile_facts facts = {0};
    const kerb_density__buckets *b = &tiles->buckets;
    double beyond = tiles->blocks.beyond * b->total;
    facts.bound = beyond;
    if (weight_norm == 0.0)
        return facts;
    /* Transforms of moments, of cubics and back, each with its relative error in the 2-norm; a
     * cell's error is at most that norm, and |cubic * moments| at most the product of the sum
     * of one and the 2-norm of the other. */
    const double n_steps = 2.0 * log2((double)tiles->spectra.fft->n);
    const double relative = 4.0 * n_steps * 7.0 * 0x1p-53;
    double blur =
        relative * tiles->spectra.error_norm * weight_norm * (double)tiles->spectra.n_classes;
    double least = KERB_DENSITY__ERROR_FLOOR * b->least;
    cell_rules rules = {.noise = relative * tiles->spectra.cubic_norm * weight_norm *
                                     (double)tiles->spectra.n_classes +
                                 blur + beyond,
                        .least_bound = 0.5 * least};
    facts.is_blurred = blur > 0.25 * least;
    cell_range range = find_cells(tiles, i_tile);
    for (size_t row = range.first_row; row < range.end_row; row++)
        fill_row(tiles, &rules, range, row, scratch, cells + (row - range.first_row) * stride,
                 &facts);
    sampler s = {.tiles = tiles,
                 .range = range,
                 .cells = cells,
                 .stride = stride,
                 .n_left = count_window(tiles, i_tile)};
    take_sample(&s, i_tile);
    facts.measured = s.measured;
    return facts;
}
