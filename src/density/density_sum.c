/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel density by its definition: each place adds weight * kernel to every cell centre within
 * reach. Any kernel, a bandwidth for all or one for each place, squares too; what faster
 * methods are compared with, and the fastest itself when places are few.
 *
 * Sums hold the bare shape of the kernel (no pi, no power of the bandwidth); the scale comes
 * once a cell at the end, or with bandwidths of their own once a place at the beginning. The
 * grid is cut into chunks of rows and tiles; each cell adds its places in the order of the
 * table, whatever chunk and thread has it. Source: Silverman (1986) eq. 4.1. */
#include "density_sum.h"

#include "kerb_base.h"

#include <math.h>

/* A chunk spans about so many columns; with its rows, by the reach (chunk_rows_for()), its sums
 * fit the second level of cache. */
enum { CHUNK_COLS = 1024 };

static kerb_density__shape shape_of(kerb_kernel kernel, bool is_squared)
{
    static const kerb_density__shape SHAPES[KERB_KERNEL_COUNT][2] = {
        [KERB_KERNEL_UNIFORM] = {KERB_DENSITY__FLAT, KERB_DENSITY__FLAT},
        [KERB_KERNEL_TRIANGULAR] = {KERB_DENSITY__CONE, KERB_DENSITY__CONE_2},
        [KERB_KERNEL_EPANECHNIKOV] = {KERB_DENSITY__DOME, KERB_DENSITY__DOME_2},
        [KERB_KERNEL_QUARTIC] = {KERB_DENSITY__DOME_2, KERB_DENSITY__DOME_4},
        [KERB_KERNEL_TRIWEIGHT] = {KERB_DENSITY__DOME_3, KERB_DENSITY__DOME_6},
        [KERB_KERNEL_GAUSSIAN] = {KERB_DENSITY__BELL, KERB_DENSITY__BELL},
    };
    return SHAPES[kernel][is_squared];
}

static const kerb_density__loops *loops_of(kerb_simd level)
{
#if defined(__x86_64__)
    if (level == KERB_SIMD_AVX512)
        return &kerb_density__loops_avx512;
    if (level == KERB_SIMD_AVX2)
        return &kerb_density__loops_avx2;
#endif
    (void)level;
    return &kerb_density__loops_scalar;
}

/* Exponentials of a bell's columns are made once a place and chunk: the taller the chunk the
 * better, up to the height of the discs. */
static size_t chunk_rows_for(double reach_cells)
{
    return reach_cells < 96.0 ? 64 : 128;
}

/* Wide tiles are cheaper a cell and cover more cells that are out of reach. */
static size_t width_for(const kerb_density__loops *loops, double reach_cells)
{
    return reach_cells < 0.75 * (double)loops->tile_cols[1] ? 0 : 1;
}

static double largest_reach_m(const kerb_density__places *places)
{
    double reach_m = 0.0;
    for (size_t i = 0; i < places->n_classes; i++)
        reach_m = fmax(reach_m, places->classes[i].reach_m);
    return reach_m;
}

/* The scale of the bare sums of one bandwidth. */
static double scale_for(const kerb_density__sum_state *s)
{
    if (s->places->bandwidth_m)
        return 1.0;
    double per_m = s->places->classes[0].per_m;
    double scale = kerb_density__scale(s->kernel, s->bandwidth_m * per_m) * (per_m * per_m);
    return s->is_squared ? scale * scale : scale;
}

static void close_sum(void *state)
{
    kerb_density__sum_state *s = state;
    if (!s)
        return;
    kerb_free(s->col_x);
    kerb_density__places_free(s->places);
    kerb_free(s);
}

static kerb_status make_columns(kerb_ctx *ctx, kerb_density__sum_state *s)
{
    size_t n_tiles = (s->spec.n_cols + s->tile_cols - 1) / s->tile_cols;
    s->col_x = kerb_alloc_array(n_tiles * s->tile_cols, sizeof *s->col_x);
    if (!s->col_x)
        return kerb_fail_nomem(ctx, "columns");
    for (size_t c = 0; c < n_tiles * s->tile_cols; c++)
        s->col_x[c] = kerb_grid_col_x(&s->spec, c);
    return KERB_OK;
}

/* The mass is of the weights themselves, not of their squares. */
static double sum_of_weights(const kerb_density_points *points)
{
    double sum = 0.0, error = 0.0;
    for (size_t i = 0; i < points->n; i++) {
        double weight = points->weight ? points->weight[i] : 1.0;
        if (isnan(points->x[i]))
            continue;
        double next = sum + weight, part = next - sum;
        error += (sum - (next - part)) + (weight - part); /* TwoSum (Knuth) */
        sum = next;
    }
    return sum + error;
}

static kerb_status open_sum(kerb_ctx *ctx, const kerb_density__task *task,
                            kerb_density_report *report, void **state)
{
    const kerb_density_options *options = task->options;
    kerb_density__sum_state *s = kerb_calloc_array(1, sizeof *s);
    if (!s)
        return kerb_fail_nomem(ctx, "a surface");
    s->spec = *task->spec;
    s->kernel = options->kernel;
    s->is_squared = options->is_squared;
    s->bandwidth_m = options->bandwidth_m;
    s->shape = shape_of(options->kernel, options->is_squared);
    s->loops = loops_of(kerb_ctx_get_simd(ctx));
    kerb_status status = kerb_density__places_new(ctx, task, &s->places);
    if (status == KERB_OK) {
        double reach_cells = largest_reach_m(s->places) / s->spec.cell_m;
        s->i_width = width_for(s->loops, reach_cells);
        s->tile_cols = s->loops->tile_cols[s->i_width];
        s->chunk_rows = chunk_rows_for(reach_cells);
        s->chunk_tiles = CHUNK_COLS / s->tile_cols;
        s->scale = scale_for(s);
        status = make_columns(ctx, s);
    }
    if (status != KERB_OK) {
        close_sum(s);
        return status;
    }
    report->n_places = s->places->n;
    report->mass_events = sum_of_weights(task->points);
    *state = s;
    return KERB_OK;
}

/* ------------------------------------------------------------------------------- cost */

/* Time of a cell in a tile that is reached, at each SIMD level, and of listing a tile and a
 * band of one place [ns]: on a Zen 4 at 3 GHz. Only ratios to other methods matter. */
static const double CELL_NS[KERB_DENSITY__SHAPE_COUNT][KERB_SIMD_LEVELS] = {
    [KERB_DENSITY__FLAT] = {0.30, 0.15, 0.11},   [KERB_DENSITY__CONE] = {1.25, 0.62, 0.55},
    [KERB_DENSITY__CONE_2] = {1.25, 0.62, 0.55}, [KERB_DENSITY__DOME] = {0.34, 0.11, 0.09},
    [KERB_DENSITY__DOME_2] = {0.40, 0.14, 0.11}, [KERB_DENSITY__DOME_3] = {0.45, 0.17, 0.13},
    [KERB_DENSITY__DOME_4] = {0.46, 0.17, 0.13}, [KERB_DENSITY__DOME_6] = {0.52, 0.21, 0.16},
    [KERB_DENSITY__BELL] = {0.35, 0.17, 0.09},
};
#define LIST_TILE_NS 3.0
#define LIST_BAND_NS 10.0
#define SORT_NS      60.0

double kerb_density__sum_cost_ns(kerb_ctx *ctx, const kerb_density__task *task)
{
    const kerb_density_options *options = task->options;
    kerb_simd level = kerb_ctx_get_simd(ctx);
    const kerb_density__loops *loops = loops_of(level);
    double reach_m = kerb_kernel_reach_m(options->kernel, options->bandwidth_m);
    if (task->points->bandwidth_m) {
        reach_m = 0.0;
        for (size_t i = 0; i < task->points->n; i++)
            reach_m = fmax(reach_m,
                           kerb_kernel_reach_m(options->kernel, task->points->bandwidth_m[i]));
    }
    double reach_cells = reach_m / task->spec->cell_m;
    double tile_rows = (double)loops->tile_rows;
    double tile_cols = (double)loops->tile_cols[width_for(loops, reach_cells)];
    double n_rows = fmin(2.0 * reach_cells + tile_rows, (double)task->spec->n_rows + tile_rows);
    double n_cols = fmin(2.0 * reach_cells + tile_cols, (double)task->spec->n_cols + tile_cols);
    double n_cells = 0.85 * n_rows * n_cols; /* a disc, not its square, and parts of tiles */
    double cell_ns = CELL_NS[shape_of(options->kernel, options->is_squared)][level];
    return (double)task->points->n *
           (SORT_NS + n_cells * cell_ns + n_cells / (tile_rows * tile_cols) * LIST_TILE_NS +
            n_rows / tile_rows * LIST_BAND_NS);
}

/* ------------------------------------------------------------------------------- rows */

typedef struct rows_job {
    const kerb_density__sum_state *state;
    size_t first_row, n_rows;
    size_t n_across; /* chunks side by side */
    const uint8_t *mask;
    double *values;
} rows_job;

static kerb_status work_chunk(void *user, size_t i_chunk)
{
    const rows_job *job = user;
    const kerb_density__sum_state *s = job->state;
    size_t n_cols = s->spec.n_cols, n_tiles = (n_cols + s->tile_cols - 1) / s->tile_cols;
    size_t row = i_chunk / job->n_across * s->chunk_rows;
    size_t tile = i_chunk % job->n_across * s->chunk_tiles;
    size_t n_rows = job->n_rows - row < s->chunk_rows ? job->n_rows - row : s->chunk_rows;
    size_t n = n_tiles - tile < s->chunk_tiles ? n_tiles - tile : s->chunk_tiles;
    const kerb_density__chunk chunk = {
        .first_row = job->first_row + row,
        .end_row = job->first_row + row + n_rows,
        .first_tile = tile,
        .end_tile = tile + n,
        .mask = job->mask ? job->mask + row * n_cols : NULL,
        .values = job->values + row * n_cols,
    };
    return kerb_density__sum_chunk(s, &chunk);
}

static kerb_status sum_rows(kerb_ctx *ctx, void *state, size_t first_row, size_t n_rows,
                            const uint8_t *mask, double *values)
{
    const kerb_density__sum_state *s = state;
    size_t n_tiles = (s->spec.n_cols + s->tile_cols - 1) / s->tile_cols;
    rows_job job = {.state = s,
                    .first_row = first_row,
                    .n_rows = n_rows,
                    .n_across = (n_tiles + s->chunk_tiles - 1) / s->chunk_tiles,
                    .mask = mask,
                    .values = values};
    size_t n_down = (n_rows + s->chunk_rows - 1) / s->chunk_rows;
    return kerb_parallel_for(ctx, "density", n_down * job.n_across, work_chunk, &job);
}

const kerb_density__method kerb_density__sum = {"sum", open_sum, sum_rows, close_sum};
