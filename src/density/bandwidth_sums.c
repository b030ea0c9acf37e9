/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of Gaussians at the places: what each place gets from all others.
 *
 * Two ways, chosen by counting what each would cost. A narrow Gaussian reaches few places, and
 * they are added one by one. A wide one is smooth, and the places are put on a lattice of
 * Chebyshev nodes instead, NODES x NODES in each box of 2 sd: the Gaussian between two nodes is
 * a product of a function of x and one of y, so all places of a box act on all places of
 * another through two small matrices, the same for every bandwidth.
 *
 *     places --(interpolate)--> nodes --(x)--> nodes --(y)--> nodes --(interpolate)--> places
 *
 * Interpolation of exp(-t^2 / 2) by 20 nodes on an interval of 2 is right to 2 (1/2)^20 /
 * sqrt(20!) = 1.2e-15. What is taken off again, the place itself, and a place so lonely that
 * rounding would show are added one by one in any case.
 * Source: Greengard and Strain (1991) for the way by boxes [greengard1991]; Trefethen (2013)
 * chapters 2 to 8 for interpolation in Chebyshev points [trefethen2013]. */
#include "bandwidth_internal.h"

#include <math.h>
#include <string.h>

enum {
    NODES = 20,    /* on each axis of a box */
    BOX_REACH = 4, /* boxes beyond the next 4 are 8 sd away: exp(-32) */
    OFFSETS = 2 * BOX_REACH + 1,
    BOX_VALUES = NODES * NODES,
    PLACES_A_CHUNK = 64,
    BOXES_A_CHUNK = 8,
    MAX_LATTICE = 1 << 20, /* boxes, empty ones included */
    MAX_LOADED = 20000     /* boxes with values: 64 MB */
};

#define REACH_SD   7.6  /* exp(-7.6^2 / 2) = 2.9e-13 of the nearest neighbour's part */
#define LONELY     1e-5 /* of the whole weight: below, sums of nodes are not taken */
#define PAIR_NS    9.0  /* measured: one pair, one box through one matrix, one place */
#define MATRIX_NS  1500.0
#define THROUGH_NS 1500.0

/* ----------------------------------------------------------------------- exp */

/* t = k ln 2 + r with |r| <= ln 2 / 2; the polynomial is the Taylor sum to r^13, beyond which
 * 2^-56 is left. Adding 1.5 x 2^52 rounds to the integer k and leaves it in the low bits. */
double kerb_bandwidth__exp(double t)
{
    const double log2_e = 1.4426950408889634, round = 6755399441055744.0;
    const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
    double shifted = t * log2_e + round, k = shifted - round;
    double r = (t - k * ln2_high) - k * ln2_low;
    double p = 1.0 / 6227020800.0;
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits;
    double scale;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* -------------------------------------------------------------------- direct */

typedef struct direct_job {
    const kerb_bandwidth_sample *sample;
    double sd_m;
    double *out;
} direct_job;

/* A run of places without the place itself. Relative to the nearest neighbour, so that the sum
 * is at least its weight however small the Gaussian is there. */
static double sum_run(const kerb_bandwidth_sample *sample, size_t from, size_t to, double x,
                      double y, double nearest2_m2, double exponent)
{
    const double *px = sample->x + from, *py = sample->y + from, *w = sample->weight + from;
    double sum = 0.0, part[64];
    size_t n = to - from;
    for (size_t at = 0; at < n; at += 64) {
        size_t m = n - at < 64 ? n - at : 64;
        for (size_t j = 0; j < m; j++) {
            double dx = px[at + j] - x, dy = py[at + j] - y;
            double t = exponent * (dx * dx + dy * dy - nearest2_m2);
            part[j] = w[at + j] * kerb_bandwidth__exp(t < -600.0 ? -600.0 : t);
        }
        for (size_t j = 0; j < m; j++)
            sum += part[j];
    }
    return sum;
}

static double log_sum_at(const kerb_bandwidth_sample *sample, double sd_m, size_t i)
{
    double x = sample->x[i], y = sample->y[i], exponent = -0.5 / (sd_m * sd_m);
    double nearest2 = sample->nearest_m[i] * sample->nearest_m[i];
    double reach = sqrt(nearest2 + REACH_SD * REACH_SD * (sd_m * sd_m)), sum = 0.0;
    kerb_bandwidth__run strips = kerb_bandwidth__strips_of(sample, y, reach);
    for (size_t s = strips.from; s < strips.to; s++) {
        kerb_bandwidth__run run = kerb_bandwidth__run_of(sample, s, x, y, reach);
        if (i < run.from || i >= run.to) {
            sum += sum_run(sample, run.from, run.to, x, y, nearest2, exponent);
        } else {
            sum += sum_run(sample, run.from, i, x, y, nearest2, exponent);
            sum += sum_run(sample, i + 1, run.to, x, y, nearest2, exponent);
        }
    }
    return log(sum) + exponent * nearest2;
}

static kerb_status work_direct(void *user, size_t i_chunk)
{
    direct_job *job = user;
    size_t from = i_chunk * PLACES_A_CHUNK, to = from + PLACES_A_CHUNK;
    for (size_t i = from; i < to && i < job->sample->n; i++)
        job->out[i] = log_sum_at(job->sample, job->sd_m, i);
    return KERB_OK;
}

static kerb_status sum_directly(kerb_ctx *ctx, const kerb_bandwidth_sample *sample, double sd_m,
                                double *out)
{
    direct_job job = {sample, sd_m, out};
    return kerb_parallel_for(
        ctx, "bandwidth", (sample->n + PLACES_A_CHUNK - 1) / PLACES_A_CHUNK, work_direct, &job);
}

/* ------------------------------------------------------------------- lattice */

typedef struct lattice {
    const kerb_bandwidth_sample *sample;
    double sd_m, side_m;
    size_t n_cols, n_rows;
    uint32_t *first; /* n_cols * n_rows + 1: the places of a box are order[first .. next) */
    uint32_t *order;
    size_t n_loaded, n_crossed;           /* boxes with places; boxes their sums in x go to */
    uint32_t *loaded, *crossed;           /* box of each */
    uint32_t *loaded_at, *crossed_at;     /* of each box, its number + 1; 0: none */
    double matrix[OFFSETS][NODES][NODES]; /* Gaussian between nodes of boxes */
    double cosines[NODES][NODES]; /* T_m at node k, times 2 / NODES (m = 0: 1 / NODES) */
    double nodes[NODES];          /* in [-1, 1] */
    double *weights, *crossing;   /* BOX_VALUES each; x node major */
    double *out;
} lattice;

static size_t box_of(const lattice *l, size_t i)
{
    size_t col = (size_t)((l->sample->x[i] - l->sample->box.xmin) / l->side_m);
    size_t row = (size_t)((l->sample->y[i] - l->sample->box.ymin) / l->side_m);
    col = col < l->n_cols ? col : l->n_cols - 1;
    row = row < l->n_rows ? row : l->n_rows - 1;
    return row * l->n_cols + col;
}

/* Interpolation weights of the nodes for a coordinate inside box `at`. */
static void fill_basis(const lattice *l, double offset_m, size_t at, double *basis)
{
    double t = 2.0 * (offset_m / l->side_m - (double)at) - 1.0, chebyshev[NODES];
    chebyshev[0] = 1.0;
    chebyshev[1] = t;
    for (int m = 2; m < NODES; m++)
        chebyshev[m] = 2.0 * t * chebyshev[m - 1] - chebyshev[m - 2];
    for (int k = 0; k < NODES; k++)
        basis[k] = 0.0;
    for (int m = 0; m < NODES; m++)
        for (int k = 0; k < NODES; k++)
            basis[k] += chebyshev[m] * l->cosines[m][k];
}

static void fill_bases(const lattice *l, size_t i, size_t box, double *in_x, double *in_y)
{
    fill_basis(l, l->sample->x[i] - l->sample->box.xmin, box % l->n_cols, in_x);
    fill_basis(l, l->sample->y[i] - l->sample->box.ymin, box / l->n_cols, in_y);
}

/* Places of a box become weights of its nodes. */
static void load_box(lattice *l, size_t number)
{
    double in_x[NODES], in_y[NODES], *values = l->weights + number * BOX_VALUES;
    size_t box = l->loaded[number];
    memset(values, 0, BOX_VALUES * sizeof *values);
    for (uint32_t p = l->first[box]; p < l->first[box + 1]; p++) {
        size_t i = l->order[p];
        fill_bases(l, i, box, in_x, in_y);
        for (int kx = 0; kx < NODES; kx++) {
            double w = l->sample->weight[i] * in_x[kx];
            for (int ky = 0; ky < NODES; ky++)
                values[kx * NODES + ky] += w * in_y[ky];
        }
    }
}

/* out[k][.] += sum over m of matrix[k][m] in[m][.] */
static void add_product(double *restrict out, double (*matrix)[NODES],
                        const double *restrict in)
{
    for (int k = 0; k < NODES; k++)
        for (int m = 0; m < NODES; m++) {
            double factor = matrix[k][m];
            for (int c = 0; c < NODES; c++)
                out[k * NODES + c] += factor * in[m * NODES + c];
        }
}

/* A box gets from the boxes of its row; then x and y change places, so that the second step is
 * the first one again. */
static void cross_box(lattice *l, size_t number)
{
    double sums[BOX_VALUES] = {0.0}, *values = l->crossing + number * BOX_VALUES;
    size_t box = l->crossed[number], col = box % l->n_cols, row = box / l->n_cols;
    for (size_t o = 0; o < OFFSETS; o++) {
        if (col + BOX_REACH < o || col + BOX_REACH - o >= l->n_cols)
            continue;
        uint32_t from = l->loaded_at[row * l->n_cols + col + BOX_REACH - o];
        if (from > 0)
            add_product(sums, l->matrix[o], l->weights + (size_t)(from - 1) * BOX_VALUES);
    }
    for (int kx = 0; kx < NODES; kx++)
        for (int ky = 0; ky < NODES; ky++)
            values[ky * NODES + kx] = sums[kx * NODES + ky];
}

/* A box gets from the boxes of its column, and its places from its nodes. */
static void unload_box(lattice *l, size_t number)
{
    double sums[BOX_VALUES] = {0.0}, in_x[NODES], in_y[NODES];
    size_t box = l->loaded[number], col = box % l->n_cols, row = box / l->n_cols;
    for (size_t o = 0; o < OFFSETS; o++) {
        if (row + BOX_REACH < o || row + BOX_REACH - o >= l->n_rows)
            continue;
        uint32_t from = l->crossed_at[(row + BOX_REACH - o) * l->n_cols + col];
        if (from > 0)
            add_product(sums, l->matrix[o], l->crossing + (size_t)(from - 1) * BOX_VALUES);
    }
    for (uint32_t p = l->first[box]; p < l->first[box + 1]; p++) {
        size_t i = l->order[p];
        double sum = 0.0;
        fill_bases(l, i, box, in_x, in_y);
        for (int ky = 0; ky < NODES; ky++) {
            double along = 0.0;
            for (int kx = 0; kx < NODES; kx++)
                along += sums[ky * NODES + kx] * in_x[kx];
            sum += along * in_y[ky];
        }
        double others = sum - l->sample->weight[i];
        l->out[i] = others > LONELY * l->sample->total_weight
                        ? log(others)
                        : log_sum_at(l->sample, l->sd_m, i);
    }
}

typedef struct step_job {
    lattice *lattice;
    void (*step)(lattice *l, size_t number);
    size_t n;
} step_job;

static kerb_status work_boxes(void *user, size_t i_chunk)
{
    step_job *job = user;
    size_t from = i_chunk * BOXES_A_CHUNK, to = from + BOXES_A_CHUNK;
    for (size_t b = from; b < to && b < job->n; b++)
        job->step(job->lattice, b);
    return KERB_OK;
}

static kerb_status run_step(kerb_ctx *ctx, lattice *l, void (*step)(lattice *, size_t),
                            size_t n)
{
    step_job job = {l, step, n};
    return kerb_parallel_for(ctx, "bandwidth", (n + BOXES_A_CHUNK - 1) / BOXES_A_CHUNK,
                             work_boxes, &job);
}

static void fill_matrices(lattice *l)
{
    for (int k = 0; k < NODES; k++) {
        double angle = KERB_PI * (2.0 * k + 1.0) / (2.0 * NODES);
        l->nodes[k] = cos(angle);
        for (int m = 0; m < NODES; m++)
            l->cosines[m][k] = (m == 0 ? 1.0 : 2.0) / NODES * cos(m * angle);
    }
    for (int o = 0; o < OFFSETS; o++)
        for (int k = 0; k < NODES; k++)
            for (int m = 0; m < NODES; m++) {
                /* in sd: boxes are 2 sd wide */
                double d = 2.0 * (o - BOX_REACH) + l->nodes[k] - l->nodes[m];
                l->matrix[o][k][m] = exp(-0.5 * d * d);
            }
}

/* Which box each place is in, by counting. */
static kerb_status sort_places(kerb_ctx *ctx, lattice *l)
{
    size_t n = l->sample->n, n_boxes = l->n_cols * l->n_rows;
    l->first = kerb_calloc_array(n_boxes + 2, sizeof *l->first);
    l->order = kerb_alloc_array(n, sizeof *l->order);
    l->loaded_at = kerb_calloc_array(n_boxes, sizeof *l->loaded_at);
    l->crossed_at = kerb_calloc_array(n_boxes, sizeof *l->crossed_at);
    if (!l->first || !l->order || !l->loaded_at || !l->crossed_at)
        return kerb_fail_nomem(ctx, "boxes of a bandwidth");
    /* counts two boxes late; filling moves every begin up to the end, one box late */
    for (size_t i = 0; i < n; i++)
        l->first[box_of(l, i) + 2]++;
    for (size_t b = 2; b < n_boxes + 2; b++)
        l->first[b] += l->first[b - 1];
    for (size_t i = 0; i < n; i++)
        l->order[l->first[box_of(l, i) + 1]++] = (uint32_t)i;
    for (size_t b = 0; b < n_boxes; b++)
        if (l->first[b + 1] > l->first[b])
            l->loaded_at[b] = (uint32_t)++l->n_loaded;
    return KERB_OK;
}

/* Sums in x are needed where a box with places lies in the column within reach. */
static void mark_crossed(lattice *l)
{
    for (size_t row = 0; row < l->n_rows; row++)
        for (size_t col = 0; col < l->n_cols; col++) {
            if (l->loaded_at[row * l->n_cols + col] == 0)
                continue;
            size_t from = row > BOX_REACH ? row - BOX_REACH : 0;
            for (size_t r = from; r <= row + BOX_REACH && r < l->n_rows; r++)
                l->crossed_at[r * l->n_cols + col] = 1;
        }
    for (size_t b = 0; b < l->n_cols * l->n_rows; b++)
        if (l->crossed_at[b])
            l->crossed_at[b] = (uint32_t)++l->n_crossed;
}

/* Pairs of places in boxes that reach each other, as a share of which lies within reach. */
static double count_pairs(const lattice *l)
{
    const double share = KERB_PI * REACH_SD * REACH_SD / (4.0 * OFFSETS * OFFSETS);
    double pairs = 0.0;
    for (size_t row = 0; row < l->n_rows; row++)
        for (size_t col = 0; col < l->n_cols; col++) {
            size_t box = row * l->n_cols + col, from = row > BOX_REACH ? row - BOX_REACH : 0;
            size_t left = col > BOX_REACH ? col - BOX_REACH : 0, right = col + BOX_REACH + 1;
            right = right < l->n_cols ? right : l->n_cols;
            double near = 0.0, here = (double)(l->first[box + 1] - l->first[box]);
            for (size_t r = from; here > 0.0 && r <= row + BOX_REACH && r < l->n_rows; r++)
                near +=
                    (double)(l->first[r * l->n_cols + right] - l->first[r * l->n_cols + left]);
            pairs += here * near;
        }
    return share * pairs;
}

static bool is_worth_it(const lattice *l)
{
    if (l->n_loaded + l->n_crossed > MAX_LOADED)
        return false;
    double direct = PAIR_NS * count_pairs(l);
    double through = OFFSETS * MATRIX_NS * (double)(l->n_loaded + l->n_crossed) +
                     THROUGH_NS * (double)l->sample->n;
    return through < direct;
}

static kerb_status fill_lists(kerb_ctx *ctx, lattice *l)
{
    size_t n_boxes = l->n_cols * l->n_rows;
    l->loaded = kerb_alloc_array(l->n_loaded, sizeof *l->loaded);
    l->crossed = kerb_alloc_array(l->n_crossed, sizeof *l->crossed);
    l->weights = kerb_alloc_array(l->n_loaded, BOX_VALUES * sizeof *l->weights);
    l->crossing = kerb_alloc_array(l->n_crossed, BOX_VALUES * sizeof *l->crossing);
    if (!l->loaded || !l->crossed || !l->weights || !l->crossing)
        return kerb_fail_nomem(ctx, "boxes of a bandwidth");
    for (size_t b = 0; b < n_boxes; b++) {
        if (l->loaded_at[b])
            l->loaded[l->loaded_at[b] - 1] = (uint32_t)b;
        if (l->crossed_at[b])
            l->crossed[l->crossed_at[b] - 1] = (uint32_t)b;
    }
    return KERB_OK;
}

static void lattice_free(lattice *l)
{
    if (!l)
        return;
    kerb_free(l->first);
    kerb_free(l->order);
    kerb_free(l->loaded);
    kerb_free(l->crossed);
    kerb_free(l->loaded_at);
    kerb_free(l->crossed_at);
    kerb_free(l->weights);
    kerb_free(l->crossing);
    kerb_free(l);
}

/* `*is_done` is false when adding one by one is cheaper. */
static kerb_status sum_by_boxes(kerb_ctx *ctx, const kerb_bandwidth_sample *sample, double sd_m,
                                double *out, bool *is_done)
{
    double side_m = 2.0 * sd_m;
    double n_cols = floor((sample->box.xmax - sample->box.xmin) / side_m) + 1.0;
    double n_rows = floor((sample->box.ymax - sample->box.ymin) / side_m) + 1.0;
    *is_done = false;
    if (!(n_cols * n_rows <= MAX_LATTICE))
        return KERB_OK;
    lattice *l = kerb_calloc_array(1, sizeof *l);
    if (!l)
        return kerb_fail_nomem(ctx, "boxes of a bandwidth");
    l->sample = sample;
    l->sd_m = sd_m;
    l->side_m = side_m;
    l->n_cols = (size_t)n_cols;
    l->n_rows = (size_t)n_rows;
    l->out = out;
    kerb_status status = sort_places(ctx, l);
    if (status == KERB_OK)
        mark_crossed(l);
    if (status != KERB_OK || !is_worth_it(l))
        goto done;
    fill_matrices(l);
    status = fill_lists(ctx, l);
    if (status == KERB_OK)
        status = run_step(ctx, l, load_box, l->n_loaded);
    if (status == KERB_OK)
        status = run_step(ctx, l, cross_box, l->n_crossed);
    if (status == KERB_OK)
        status = run_step(ctx, l, unload_box, l->n_loaded);
    *is_done = status == KERB_OK;
done:
    lattice_free(l);
    return status;
}

kerb_status kerb_bandwidth__log_sums(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                     double sd_m, double *out)
{
    bool is_done = false;
    kerb_status status = sum_by_boxes(ctx, sample, sd_m, out, &is_done);
    return status != KERB_OK || is_done ? status : sum_directly(ctx, sample, sd_m, out);
}
