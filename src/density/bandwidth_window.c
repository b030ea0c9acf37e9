/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window W of a bandwidth: what part of a Gaussian lies in it, and the integral over it of
 * a density corrected for that part.
 *
 * In a box both are products of a function of x and one of y: e by the error function; the
 * integral of k(t - x) / e(t) by Gauss quadrature of 10 nodes on pieces of 2 sd, right to
 * 1e-12. A study area of any shape is drawn on a raster, RASTER_SIDE cells along its longer
 * side and coarser where the sd is wide (a cell is a quarter of it or less), each cell with the
 * share of its land in W; a Gaussian is laid over it by rows and by columns, twice. e is then
 * right to about 0.005, to 0.02 where the finest cell is half the sd; with narrower Gaussians
 * only the few places next to the border see it. */
#include "bandwidth_internal.h"

#include <math.h>
#include <string.h>

enum {
    RASTER_SIDE = 512,
    MASK_CELLS = 4,
    RASTER_LEVELS = 9,
    PANEL_NODES = 10,
    PLACES_A_CHUNK = 256
};

#define CELLS_PER_SD 4.0
#define REACH_SD     7.6

/* -------------------------------------------------------------------- boxes */

/* Gauss-Legendre on [-1, 1], 10 nodes. Source: Abramowitz and Stegun (1972) table 25.4. */
static const double NODE[PANEL_NODES / 2] = {0.1488743389816312, 0.4333953941292472,
                                             0.6794095682990244, 0.8650633666889845,
                                             0.9739065285171717};
static const double NODE_WEIGHT[PANEL_NODES / 2] = {0.2955242247147529, 0.2692667193099963,
                                                    0.2190863625159820, 0.1494513491505806,
                                                    0.0666713443086881};

/* One axis of a box: e, and nodes with their weight over e. */
typedef struct axis {
    double low, high, sd_m;
    size_t n;
    double *at, *weight_over_mass;
} axis;

static double mass_on_axis(const axis *a, double t)
{
    double scale = 1.0 / (a->sd_m * sqrt(2.0));
    return 0.5 * (erf((a->high - t) * scale) - erf((a->low - t) * scale));
}

static kerb_status axis_new(kerb_ctx *ctx, double low, double high, double sd_m, axis *out)
{
    size_t n_panels = (size_t)ceil((high - low) / (2.0 * sd_m));
    n_panels = n_panels > 0 ? n_panels : 1;
    *out = (axis){.low = low, .high = high, .sd_m = sd_m, .n = n_panels * PANEL_NODES};
    out->at = kerb_alloc_array(out->n, sizeof *out->at);
    out->weight_over_mass = kerb_alloc_array(out->n, sizeof *out->weight_over_mass);
    if (!out->at || !out->weight_over_mass)
        return kerb_fail_nomem(ctx, "nodes of an integral");
    double half = 0.5 * (high - low) / (double)n_panels;
    for (size_t p = 0; p < n_panels; p++)
        for (int k = 0; k < PANEL_NODES; k++) {
            size_t node = p * PANEL_NODES + (size_t)k;
            int pair = k < PANEL_NODES / 2 ? PANEL_NODES / 2 - 1 - k : k - PANEL_NODES / 2;
            double t = k < PANEL_NODES / 2 ? -NODE[pair] : NODE[pair];
            out->at[node] = low + half * ((double)(2 * p + 1) + t);
            out->weight_over_mass[node] =
                half * NODE_WEIGHT[pair] / mass_on_axis(out, out->at[node]);
        }
    return KERB_OK;
}

static void axis_clear(axis *a)
{
    kerb_free(a->at);
    kerb_free(a->weight_over_mass);
}

/* Integral over the axis of k(t - x) / e(t): 1 where both borders are out of reach of all that
 * x reaches. */
static double integral_on_axis(const axis *a, double x)
{
    double far = 2.0 * REACH_SD * a->sd_m, reach = REACH_SD * a->sd_m, sum = 0.0;
    double exponent = -0.5 / (a->sd_m * a->sd_m);
    if (x - a->low > far && a->high - x > far)
        return 1.0;
    double panel = (a->high - a->low) / (double)(a->n / PANEL_NODES);
    double first = floor((x - reach - a->low) / panel);
    double last = ceil((x + reach - a->low) / panel);
    size_t from = first > 0.0 ? (size_t)first * PANEL_NODES : 0;
    size_t to = last * PANEL_NODES < (double)a->n ? (size_t)last * PANEL_NODES : a->n;
    for (size_t k = from; k < to; k++) {
        double d = a->at[k] - x;
        sum += a->weight_over_mass[k] * kerb_bandwidth__exp(exponent * d * d);
    }
    return sum / (a->sd_m * sqrt(2.0 * KERB_PI));
}

typedef struct box_job {
    const kerb_bandwidth_sample *sample;
    const axis *in_x, *in_y;
    kerb_bandwidth__edge *edge;
} box_job;

static kerb_status work_box(void *user, size_t i_chunk)
{
    box_job *job = user;
    const kerb_bandwidth_sample *sample = job->sample;
    size_t from = i_chunk * PLACES_A_CHUNK, to = from + PLACES_A_CHUNK;
    for (size_t i = from; i < to && i < sample->n; i++) {
        double x = sample->x[i], y = sample->y[i];
        job->edge->mass[i] = mass_on_axis(job->in_x, x) * mass_on_axis(job->in_y, y);
        job->edge->integral[i] =
            integral_on_axis(job->in_x, x) * integral_on_axis(job->in_y, y);
    }
    return KERB_OK;
}

static kerb_status fill_from_box(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                 double sd_m, kerb_bandwidth__edge *edge)
{
    axis in_x = {0}, in_y = {0};
    kerb_status status = axis_new(ctx, sample->box.xmin, sample->box.xmax, sd_m, &in_x);
    if (status == KERB_OK)
        status = axis_new(ctx, sample->box.ymin, sample->box.ymax, sd_m, &in_y);
    box_job job = {sample, &in_x, &in_y, edge};
    if (status == KERB_OK)
        status = kerb_parallel_for(ctx, "bandwidth",
                                   (sample->n + PLACES_A_CHUNK - 1) / PLACES_A_CHUNK, work_box,
                                   &job);
    axis_clear(&in_x);
    axis_clear(&in_y);
    return status;
}

/* ------------------------------------------------------------------- raster */

/* Share of each cell in W; level by level half as fine. Cells beyond W's box are land outside.
 */
typedef struct level {
    size_t n_rows, n_cols;
    double cell_m;
    double *share;
} level;

struct kerb_bandwidth__raster {
    double xmin, ymax;
    size_t n_levels;
    level levels[RASTER_LEVELS];
};

void kerb_bandwidth__raster_free(kerb_bandwidth__raster *raster)
{
    if (!raster)
        return;
    for (size_t l = 0; l < raster->n_levels; l++)
        kerb_free(raster->levels[l].share);
    kerb_free(raster);
}

static kerb_status add_level(kerb_ctx *ctx, kerb_bandwidth__raster *raster, size_t n_rows,
                             size_t n_cols, double cell_m)
{
    level *l = &raster->levels[raster->n_levels];
    *l = (level){n_rows, n_cols, cell_m, kerb_calloc_array(n_rows * n_cols, sizeof *l->share)};
    if (!l->share)
        return kerb_fail_nomem(ctx, "a raster of the study area");
    raster->n_levels++;
    return KERB_OK;
}

static kerb_status halve(kerb_ctx *ctx, kerb_bandwidth__raster *raster)
{
    const level *fine = &raster->levels[raster->n_levels - 1];
    kerb_status status = add_level(ctx, raster, (fine->n_rows + 1) / 2, (fine->n_cols + 1) / 2,
                                   2.0 * fine->cell_m);
    if (status != KERB_OK)
        return status;
    level *coarse = &raster->levels[raster->n_levels - 1];
    for (size_t row = 0; row < fine->n_rows; row++)
        for (size_t col = 0; col < fine->n_cols; col++)
            coarse->share[row / 2 * coarse->n_cols + col / 2] +=
                0.25 * fine->share[row * fine->n_cols + col];
    return KERB_OK;
}

/* The finest level: each cell by the centres of MASK_CELLS x MASK_CELLS parts of it. */
static kerb_status add_finest(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                              kerb_bandwidth__raster *raster)
{
    kerb_box box = sample->box;
    uint8_t *mask = NULL;
    double width = box.xmax - box.xmin, height = box.ymax - box.ymin;
    double cell_m = (width > height ? width : height) / RASTER_SIDE;
    size_t n_rows = (size_t)fmax(1.0, ceil(height / cell_m - 1e-9));
    size_t n_cols = (size_t)fmax(1.0, ceil(width / cell_m - 1e-9));
    kerb_grid_spec spec = {.xmin = box.xmin,
                           .ymax = box.ymax,
                           .cell_m = cell_m / MASK_CELLS,
                           .n_rows = n_rows * MASK_CELLS,
                           .n_cols = n_cols * MASK_CELLS};
    raster->xmin = spec.xmin;
    raster->ymax = spec.ymax;
    kerb_status status = kerb_grid_mask(ctx, &spec, sample->window, NULL, &mask);
    if (status == KERB_OK)
        status = add_level(ctx, raster, n_rows, n_cols, cell_m);
    for (size_t row = 0; status == KERB_OK && row < spec.n_rows; row++)
        for (size_t col = 0; col < spec.n_cols; col++)
            raster->levels[0].share[row / MASK_CELLS * n_cols + col / MASK_CELLS] +=
                mask[row * spec.n_cols + col] / (double)(MASK_CELLS * MASK_CELLS);
    kerb_free_text((char *)mask);
    return status;
}

static kerb_status raster_new(kerb_ctx *ctx, kerb_bandwidth_sample *sample)
{
    kerb_bandwidth__raster *raster = kerb_calloc_array(1, sizeof *raster);
    if (!raster)
        return kerb_fail_nomem(ctx, "a raster of the study area");
    kerb_status status = add_finest(ctx, sample, raster);
    while (status == KERB_OK && raster->n_levels < RASTER_LEVELS)
        status = halve(ctx, raster);
    if (status == KERB_OK)
        sample->raster = raster, raster = NULL;
    kerb_bandwidth__raster_free(raster);
    return status;
}

/* Coarsest level that still has CELLS_PER_SD. */
static const level *level_for(const kerb_bandwidth__raster *raster, double sd_m)
{
    size_t l = 0;
    while (l + 1 < raster->n_levels && raster->levels[l + 1].cell_m * CELLS_PER_SD <= sd_m)
        l++;
    return &raster->levels[l];
}

/* --------------------------------------------------------------------- blur */

typedef struct blur_job {
    const level *l;
    const double *taps; /* 2 * n_taps + 1: the Gaussian's mass over a cell */
    size_t n_taps;
    const double *from;
    double *to;
    bool is_down; /* along columns, else along rows */
} blur_job;

static kerb_status work_blur(void *user, size_t row)
{
    const blur_job *job = user;
    size_t n_cols = job->l->n_cols, n_rows = job->l->n_rows, n = job->n_taps;
    double *to = job->to + row * n_cols;
    memset(to, 0, n_cols * sizeof *to);
    for (size_t k = 0; k <= 2 * n; k++) {
        double tap = job->taps[k];
        if (job->is_down) {
            if (row + n < k || row + n - k >= n_rows)
                continue;
            const double *from = job->from + (row + n - k) * n_cols;
            for (size_t c = 0; c < n_cols; c++)
                to[c] += tap * from[c];
        } else {
            const double *from = job->from + row * n_cols;
            size_t first = k > n ? k - n : 0, end = n_cols + k > n ? n_cols + k - n : 0;
            for (size_t c = first; c < end && c < n_cols; c++)
                to[c] += tap * from[c + n - k];
        }
    }
    return KERB_OK;
}

static kerb_status blur(kerb_ctx *ctx, const level *l, double sd_m, const double *from,
                        double *scratch, double *to)
{
    size_t longest = l->n_rows > l->n_cols ? l->n_rows : l->n_cols;
    double reach = ceil(REACH_SD * sd_m / l->cell_m);
    size_t n = reach < (double)longest ? (size_t)reach : longest;
    double *taps = kerb_alloc_array(2 * n + 1, sizeof *taps);
    if (!taps)
        return kerb_fail_nomem(ctx, "a raster of the study area");
    /* Land that is held constant over a cell and values that are interpolated between centres
     * blur by c^2 / 6 each; the Gaussian is that much narrower. */
    double narrower_m =
        sqrt(fmax(sd_m * sd_m - l->cell_m * l->cell_m / 3.0, 0.25 * sd_m * sd_m));
    double scale = l->cell_m / (narrower_m * sqrt(2.0));
    for (size_t k = 0; k <= 2 * n; k++) {
        double at = (double)k - (double)n;
        taps[k] = 0.5 * (erf((at + 0.5) * scale) - erf((at - 0.5) * scale));
    }
    blur_job across = {l, taps, n, from, scratch, false},
             down = {l, taps, n, scratch, to, true};
    kerb_status status = kerb_parallel_for(ctx, "bandwidth", l->n_rows, work_blur, &across);
    if (status == KERB_OK)
        status = kerb_parallel_for(ctx, "bandwidth", l->n_rows, work_blur, &down);
    kerb_free(taps);
    return status;
}

/* Cell below a coordinate counted in cells from the centre of the first, and the way from its
 * centre to the next; beyond the outermost centres the line is carried on. */
static size_t cell_below(double at, size_t n, double *share)
{
    double below = fmin(fmax(floor(at), 0.0), n > 1 ? (double)(n - 2) : 0.0);
    *share = n > 1 ? at - below : 0.0;
    return (size_t)below;
}

static double value_at(const kerb_bandwidth__raster *raster, const level *l,
                       const double *values, double x, double y)
{
    double fx = 0.0, fy = 0.0;
    size_t c = cell_below((x - raster->xmin) / l->cell_m - 0.5, l->n_cols, &fx);
    size_t r = cell_below((raster->ymax - y) / l->cell_m - 0.5, l->n_rows, &fy);
    size_t c1 = c + 1 < l->n_cols ? c + 1 : c, r1 = r + 1 < l->n_rows ? r + 1 : r;
    const double *top = values + r * l->n_cols, *bottom = values + r1 * l->n_cols;
    return (1.0 - fy) * ((1.0 - fx) * top[c] + fx * top[c1]) +
           fy * ((1.0 - fx) * bottom[c] + fx * bottom[c1]);
}

/* A place in a corner too small for the raster sees nothing of W there; its own cell is then
 * what it sees. */
#define LEAST_MASS 1e-6

static kerb_status fill_from_raster(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double sd_m,
                                    kerb_bandwidth__edge *edge)
{
    kerb_status status = sample->raster ? KERB_OK : raster_new(ctx, sample);
    if (status != KERB_OK)
        return status;
    const level *l = level_for(sample->raster, sd_m);
    size_t n = l->n_rows * l->n_cols;
    double *mass = kerb_alloc_array(n, sizeof *mass);
    double *scratch = kerb_alloc_array(n, sizeof *scratch);
    double *over = kerb_alloc_array(n, sizeof *over);
    if (!mass || !scratch || !over)
        status = kerb_fail_nomem(ctx, "a raster of the study area");
    if (status == KERB_OK)
        status = blur(ctx, l, sd_m, l->share, scratch, mass);
    for (size_t c = 0; status == KERB_OK && c < n; c++)
        over[c] = l->share[c] > 0.0 ? l->share[c] / fmax(mass[c], LEAST_MASS) : 0.0;
    for (size_t i = 0; status == KERB_OK && i < sample->n; i++)
        edge->mass[i] =
            fmax(LEAST_MASS, value_at(sample->raster, l, mass, sample->x[i], sample->y[i]));
    if (status == KERB_OK)
        status = blur(ctx, l, sd_m, over, scratch, mass);
    for (size_t i = 0; status == KERB_OK && i < sample->n; i++)
        edge->integral[i] = value_at(sample->raster, l, mass, sample->x[i], sample->y[i]);
    kerb_free(mass);
    kerb_free(scratch);
    kerb_free(over);
    return status;
}

kerb_status kerb_bandwidth__edge_new(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double sd_m,
                                     kerb_bandwidth__edge *out)
{
    *out = (kerb_bandwidth__edge){kerb_alloc_array(sample->n, sizeof *out->mass),
                                  kerb_alloc_array(sample->n, sizeof *out->integral)};
    kerb_status status = KERB_OK;
    if (!out->mass || !out->integral)
        status = kerb_fail_nomem(ctx, "edge terms of places");
    else
        status = sample->window ? fill_from_raster(ctx, sample, sd_m, out)
                                : fill_from_box(ctx, sample, sd_m, out);
    if (status != KERB_OK)
        kerb_bandwidth__edge_clear(out);
    return status;
}

void kerb_bandwidth__edge_clear(kerb_bandwidth__edge *edge)
{
    kerb_free(edge->mass);
    kerb_free(edge->integral);
    *edge = (kerb_bandwidth__edge){0};
}

/* --------------------------------------------------------------- covariance */

/* A box and the box moved by r in direction t share (a - r |cos t|)(b - r |sin t|); the mean
 * over t for r up to the shorter side. */
static double box_covariance_m2(double a, double b, double r)
{
    return a * b - 2.0 * r * (a + b) / KERB_PI + r * r / KERB_PI;
}

/* Cells of W that are in W again after a shift by whole cells. */
static double shared_cells(const level *l, long rows, long cols)
{
    double sum = 0.0;
    long n_rows = (long)l->n_rows, n_cols = (long)l->n_cols;
    for (long row = rows > 0 ? rows : 0; row < n_rows && row - rows < n_rows; row++) {
        const double *here = l->share + row * n_cols, *there = l->share + (row - rows) * n_cols;
        long from = cols > 0 ? cols : 0, to = cols < 0 ? n_cols + cols : n_cols;
        for (long col = from; col < to; col++)
            sum += here[col] * there[col - cols];
    }
    return sum;
}

enum { DIRECTIONS = 32, COVARIANCE_SIDE = 128, COVARIANCE_RADII = 33 };

typedef struct covariance_job {
    const level *l;
    double step_m, area_m2;
    double *out_m2;
} covariance_job;

/* Mean over directions. The share of W that is lost grows with r from 0; between whole cells of
 * a shift it is interpolated, and below one cell taken in proportion. */
static kerb_status work_covariance(void *user, size_t i)
{
    const covariance_job *job = user;
    const level *l = job->l;
    double r = job->step_m * (double)i / l->cell_m, stretch = r < 1.0 ? 1.0 : r, lost = 0.0;
    double all = shared_cells(l, 0, 0);
    for (int d = 0; d < DIRECTIONS; d++) {
        double angle = KERB_PI * (d + 0.5) / DIRECTIONS;
        double x = stretch * cos(angle), y = stretch * sin(angle);
        long c = (long)floor(x), w = (long)floor(y);
        double fx = x - (double)c, fy = y - (double)w;
        lost += all - ((1.0 - fy) * ((1.0 - fx) * shared_cells(l, w, c) +
                                     fx * shared_cells(l, w, c + 1)) +
                       fy * ((1.0 - fx) * shared_cells(l, w + 1, c) +
                             fx * shared_cells(l, w + 1, c + 1)));
    }
    job->out_m2[i] = job->area_m2 * (1.0 - lost / DIRECTIONS * (r / stretch) / all);
    return KERB_OK;
}

kerb_status kerb_bandwidth__covariance(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                       double step_m, size_t n, double *out_m2)
{
    kerb_box box = sample->box;
    if (sample->window == NULL) {
        for (size_t i = 0; i < n; i++)
            out_m2[i] =
                box_covariance_m2(box.xmax - box.xmin, box.ymax - box.ymin, step_m * (double)i);
        return KERB_OK;
    }
    kerb_status status = sample->raster ? KERB_OK : raster_new(ctx, sample);
    if (status != KERB_OK)
        return status;
    const level *l = &sample->raster->levels[0];
    while (l->n_rows > COVARIANCE_SIDE || l->n_cols > COVARIANCE_SIDE)
        l++;
    /* nearly a straight line in r: 33 radii, and straight lines between them */
    double coarse_m2[COVARIANCE_RADII];
    double stride = (double)(n - 1) / (COVARIANCE_RADII - 1);
    covariance_job job = {l, step_m * stride, sample->facts.window_area_m2, coarse_m2};
    status = kerb_parallel_for(ctx, "bandwidth", COVARIANCE_RADII, work_covariance, &job);
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        double at = (double)i / stride;
        size_t r = at < COVARIANCE_RADII - 2 ? (size_t)at : COVARIANCE_RADII - 2;
        out_m2[i] = coarse_m2[r] + (at - (double)r) * (coarse_m2[r + 1] - coarse_m2[r]);
    }
    return status;
}
