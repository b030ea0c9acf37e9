/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The method "moments": which blocks and which transform, whether its bound is good enough, and
 * rows from its tiles. When the bound is not, the exact method takes over and its bits are
 * those without a largest error.
 *
 * The bound is only known when every tile was computed. The values are kept for rows(), in
 * single precision, as long as they fit into CACHE_BYTES; of larger rasters each row of tiles
 * is computed once more when its rows are asked for. */
#include "density_moments.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

enum {
    TILES_A_TASK = 8, /* of one parallel chunk, which has its own memory */
    LEAST_TILE = 32,  /* blocks; below this a window is mostly margin */
    CACHE_BYTES = 1 << 28
};

typedef struct moments_state {
    kerb_density__tiles tiles;
    double scale;
    float *cells; /* of the whole grid, or of one row of tiles */
    bool is_whole;
    size_t cached_row; /* of tiles; SIZE_MAX: none */
    kerb_density_options exact_options;
    kerb_density__task exact_task;
    const kerb_density__method *exact; /* NULL: the bound is good enough */
    void *exact_state;
} moments_state;

/* ------------------------------------------------------------------------------- tiles */

typedef struct tile_job {
    const kerb_density__tiles *tiles;
    size_t first, end;               /* tiles */
    float *cells;                    /* of the first tile's first row; NULL: only facts */
    kerb_density__tile_facts *facts; /* NULL: only cells */
} tile_job;

static kerb_status work_tiles(void *user, size_t i_task)
{
    const tile_job *job = user;
    const kerb_density__tiles *tiles = job->tiles;
    size_t size = tiles->tile * tiles->blocks.side, stride = tiles->spec->n_cols;
    size_t first = job->first + i_task * TILES_A_TASK, end = first + TILES_A_TASK;
    end = end < job->end ? end : job->end;
    kerb_density__scratch scratch;
    kerb_status status = kerb_density__scratch_new(tiles, &scratch);
    if (status != KERB_OK)
        return status;
    float *own = job->cells ? NULL : kerb_alloc_array(size * size, sizeof *own);
    if (!job->cells && !own)
        status = KERB_ERR_NOMEM;
    for (size_t i = first; status == KERB_OK && i < end; i++) {
        double norm = kerb_density__convolve(tiles, i, &scratch);
        float *cells = own;
        if (job->cells)
            cells = job->cells +
                    (i / tiles->n_cols - job->first / tiles->n_cols) * size * stride +
                    i % tiles->n_cols * size;
        else
            memset(own, 0, size * size * sizeof *own);
        kerb_density__tile_facts facts =
            kerb_density__fill_cells(tiles, i, norm, &scratch, cells, own ? size : stride);
        if (job->facts)
            job->facts[i] = facts;
    }
    kerb_free(own);
    kerb_density__scratch_clear(&scratch);
    return status;
}

static kerb_status run_tiles(kerb_ctx *ctx, const char *stage, tile_job *job)
{
    size_t n_tasks = (job->end - job->first + TILES_A_TASK - 1) / TILES_A_TASK;
    kerb_status status = kerb_parallel_for(ctx, stage, n_tasks, work_tiles, job);
    return status == KERB_ERR_NOMEM ? kerb_fail_nomem(ctx, "tiles of blocks") : status;
}

static kerb_density__tile_facts join_facts(const kerb_density__tile_facts *facts, size_t n)
{
    kerb_density__tile_facts all = {0};
    for (size_t i = 0; i < n; i++) {
        all.largest = fmax(all.largest, facts[i].largest);
        all.surely = fmax(all.surely, facts[i].surely);
        all.bound = fmax(all.bound, facts[i].bound);
        all.measured = fmax(all.measured, facts[i].measured);
        all.is_blurred |= facts[i].is_blurred;
    }
    return all;
}

/* ---------------------------------------------------------------------------- settings */

/* Size of the transform that makes the least work, 0 when none has room for the margins. */
static size_t choose_fft(const kerb_grid_spec *spec, const kerb_density__blocks *blocks)
{
    size_t best = 0;
    double least = INFINITY;
    size_t rows = (spec->n_rows + blocks->side - 1) / blocks->side;
    size_t cols = (spec->n_cols + blocks->side - 1) / blocks->side;
    for (size_t n = 64; n <= 512; n *= 2) {
        if (n < 2 * blocks->reach_blocks + LEAST_TILE)
            continue;
        size_t tile = n - 2 * blocks->reach_blocks;
        double n_tiles =
            (double)((rows + tile - 1) / tile) * (double)((cols + tile - 1) / tile);
        double work = n_tiles * (double)(n * n) * log2((double)n) * (n == 512 ? 1.3 : 1.0);
        if (work < least)
            least = work, best = n;
    }
    return best;
}

/* Fits whose bound would be near `max_error` if the points were spread evenly; side 0: none. */
static kerb_status choose_blocks(kerb_ctx *ctx, const kerb_density__task *task,
                                 kerb_density__blocks *blocks, kerb_density__fits *fits)
{
    const kerb_density_options *options = task->options;
    blocks->side = 0;
    /* The uniform kernel jumps: no polynomial is near it. */
    if (task->points->bandwidth_m || options->kernel == KERB_KERNEL_UNIFORM)
        return KERB_OK;
    /* Uneven points have their bound above or, more often, below that of even ones. */
    const double margin = 2.0;
    for (size_t side = 2; side > 0; side--) {
        *blocks = kerb_density__make_blocks(options->kernel, options->bandwidth_m,
                                            task->spec->cell_m, side, options->max_error);
        /* The expansion of a coarser fit would not be seen to its end by 12 nodes. */
        if (blocks->half_side > 0.3 || choose_fft(task->spec, blocks) == 0)
            continue;
        kerb_status status = kerb_density__fits_new(ctx, blocks, fits);
        if (status != KERB_OK)
            return status;
        if (fits->error_sum <= margin * options->max_error * fits->value_sum)
            return KERB_OK;
        kerb_density__fits_clear(fits);
    }
    blocks->side = 0;
    return KERB_OK;
}

/* Whether floats hold all weights and their sums. */
static bool is_in_range(const kerb_density__buckets *buckets)
{
    return buckets->n_used == 0 || (buckets->least > 1e-20 && buckets->total < 1e30);
}

static kerb_status open_tiles(kerb_ctx *ctx, const kerb_density__task *task,
                              kerb_density__tiles *tiles, bool *is_usable)
{
    kerb_density__fits fits = {0};
    kerb_status status = choose_blocks(ctx, task, &tiles->blocks, &fits);
    *is_usable = false;
    if (status != KERB_OK || tiles->blocks.side == 0)
        return status;
    tiles->spec = task->spec;
    tiles->multiply = kerb_density__multiply_of(kerb_ctx_get_simd(ctx));
    size_t n = choose_fft(task->spec, &tiles->blocks), side = tiles->blocks.side;
    status = kerb_density__spectra_new(ctx, &tiles->blocks, &fits, n, &tiles->spectra);
    kerb_density__fits_clear(&fits);
    if (status == KERB_OK)
        status = kerb_density__buckets_new(ctx, task, side, tiles->blocks.reach_blocks,
                                           &tiles->buckets);
    if (status != KERB_OK)
        return status;
    tiles->tile = n - 2 * tiles->blocks.reach_blocks;
    tiles->n_rows = ((task->spec->n_rows + side - 1) / side + tiles->tile - 1) / tiles->tile;
    tiles->n_cols = ((task->spec->n_cols + side - 1) / side + tiles->tile - 1) / tiles->tile;
    *is_usable = is_in_range(&tiles->buckets);
    return KERB_OK;
}

static void clear_tiles(kerb_density__tiles *tiles)
{
    kerb_density__buckets_clear(&tiles->buckets);
    kerb_density__spectra_clear(&tiles->spectra);
}

/* ------------------------------------------------------------------------------- method */

static void close_moments(void *state)
{
    moments_state *s = state;
    if (!s)
        return;
    if (s->exact)
        s->exact->close(s->exact_state);
    clear_tiles(&s->tiles);
    kerb_free(s->cells);
    kerb_free(s);
}

/* Compute every tile; the share of the largest value that the bound is, or INFINITY. */
static kerb_status compute_all(kerb_ctx *ctx, moments_state *s, kerb_density_report *report,
                               double *share)
{
    const kerb_density__tiles *tiles = &s->tiles;
    const kerb_grid_spec *spec = tiles->spec;
    size_t n_tiles = tiles->n_rows * tiles->n_cols;
    s->is_whole = spec->n_rows * spec->n_cols <= CACHE_BYTES / sizeof *s->cells;
    s->cached_row = SIZE_MAX;
    size_t n_cached = s->is_whole ? spec->n_rows : tiles->tile * tiles->blocks.side;
    s->cells = kerb_calloc_array(n_cached * spec->n_cols, sizeof *s->cells);
    kerb_density__tile_facts *facts = kerb_alloc_array(n_tiles, sizeof *facts);
    if (!s->cells || !facts) {
        kerb_free(facts);
        return kerb_fail_nomem(ctx, "cells of the surface");
    }
    tile_job job = {tiles, 0, n_tiles, s->is_whole ? s->cells : NULL, facts};
    kerb_status status = run_tiles(ctx, "density", &job);
    if (status == KERB_OK) {
        kerb_density__tile_facts all = join_facts(facts, n_tiles);
        const double rounding = 0x1p-24; /* of cells to single precision */
        *share = all.surely > 0.0  ? all.bound / all.surely + rounding
                 : all.bound > 0.0 ? (double)INFINITY
                                   : 0.0;
        if (all.is_blurred)
            *share = (double)INFINITY;
        report->error_measured = all.largest > 0.0 ? all.measured / all.largest : 0.0;
    }
    kerb_free(facts);
    return status;
}

static kerb_status open_exact(kerb_ctx *ctx, const kerb_density__task *task, double share,
                              moments_state *s, kerb_density_report *report)
{
    if (isfinite(share))
        kerb_log(ctx, KERB_LOG_INFO,
                 "no cheaper method is sure to err by less than %g of the largest value: its "
                 "bound with these events is %.2g; the surface is exact",
                 task->options->max_error, share);
    else
        kerb_log(ctx, KERB_LOG_INFO,
                 "no cheaper method is sure to err by less than %g of the largest value; the "
                 "surface is exact",
                 task->options->max_error);
    clear_tiles(&s->tiles);
    kerb_free(s->cells), s->cells = NULL;
    s->exact_options = *task->options;
    s->exact_options.max_error = 0.0;
    s->exact_task = (kerb_density__task){task->points, &s->exact_options, task->spec};
    s->exact = kerb_density__choose(ctx, &s->exact_task);
    *report = (kerb_density_report){.method = s->exact->name, .error_measured = (double)NAN};
    return s->exact->open(ctx, &s->exact_task, report, &s->exact_state);
}

static kerb_status open_moments(kerb_ctx *ctx, const kerb_density__task *task,
                                kerb_density_report *report, void **state)
{
    moments_state *s = kerb_calloc_array(1, sizeof *s);
    if (!s)
        return kerb_fail_nomem(ctx, "a surface");
    double max_error = task->options->max_error, share = (double)INFINITY;
    bool is_usable;
    kerb_status status = open_tiles(ctx, task, &s->tiles, &is_usable);
    if (status == KERB_OK && is_usable)
        status = compute_all(ctx, s, report, &share);
    if (status == KERB_OK && share > max_error) {
        status = open_exact(ctx, task, share, s, report);
    } else if (status == KERB_OK) {
        if (report->error_measured > share)
            status = kerb_fail(ctx, KERB_ERR_BUG,
                               "internal error: a surface differs from exact sums by %g of its "
                               "largest value, and its bound is %g",
                               report->error_measured, share);
        report->error_bound = share;
        report->n_places = s->tiles.buckets.n_used;
        report->mass_events = s->tiles.buckets.total;
        s->scale = kerb_kernel_value(task->options->kernel, task->options->bandwidth_m, 0.0);
    }
    if (status != KERB_OK) {
        close_moments(s);
        return status;
    }
    *state = s;
    return KERB_OK;
}

static kerb_status compute_row(kerb_ctx *ctx, moments_state *s, size_t tile_row)
{
    const kerb_density__tiles *tiles = &s->tiles;
    if (s->is_whole || s->cached_row == tile_row)
        return KERB_OK;
    size_t n_rows = tiles->tile * tiles->blocks.side;
    memset(s->cells, 0, n_rows * tiles->spec->n_cols * sizeof *s->cells);
    tile_job job = {tiles, tile_row * tiles->n_cols, (tile_row + 1) * tiles->n_cols, s->cells,
                    NULL};
    s->cached_row = SIZE_MAX;
    kerb_status status = run_tiles(ctx, NULL, &job);
    if (status == KERB_OK)
        s->cached_row = tile_row;
    return status;
}

static kerb_status rows_of_moments(kerb_ctx *ctx, void *state, size_t first_row, size_t n_rows,
                                   const uint8_t *mask, double *values)
{
    moments_state *s = state;
    if (s->exact)
        return s->exact->rows(ctx, s->exact_state, first_row, n_rows, mask, values);
    size_t n_cols = s->tiles.spec->n_cols, tile_rows = s->tiles.tile * s->tiles.blocks.side;
    for (size_t row = first_row; row < first_row + n_rows; row++, values += n_cols) {
        kerb_status status = compute_row(ctx, s, row / tile_rows);
        if (status == KERB_OK)
            status = kerb_check_cancel(ctx);
        if (status != KERB_OK)
            return status;
        const float *cells = s->cells + (s->is_whole ? row : row % tile_rows) * n_cols;
        for (size_t c = 0; c < n_cols; c++)
            if (cells[c] != 0.0f) /* pages of zeros never take memory */
                values[c] = (double)cells[c] * s->scale;
    }
    return KERB_OK;
}

const kerb_density__method kerb_density__moments = {"moments", open_moments, rows_of_moments,
                                                    close_moments};

bool kerb_density__moments_fit(const kerb_density__task *task)
{
    const kerb_density_options *options = task->options;
    return options->max_error > 0.0 && !options->is_squared;
}
