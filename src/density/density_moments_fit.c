/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernel over a block, fitted by a cubic in the offset d from the block's centre, and the
 * largest error of the fit.
 *
 * Where the kernel is smooth over the block the cubic is its expansion in Chebyshev polynomials
 * up to total degree 3, and the error is at most the sum of the other coefficients. Where the
 * rim crosses the block (or the tip of the triangular kernel lies in it) the fit is brought
 * towards the least largest error by Lawson's reweighting, and the error is the largest on a
 * fine grid plus what the kernel and the cubic can do between the grid's points.
 * Source: Lawson (1961), as given in Rice (1969) section 13-9 [rice1969]. */
#include "density_moments.h"

#include "kerb_base.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const uint8_t kerb_density__moment_powers[KERB_DENSITY__MOMENTS][2] = {
    {0, 0}, {1, 0}, {0, 1}, {2, 0}, {1, 1}, {0, 2}, {3, 0}, {2, 1}, {1, 2}, {0, 3}};

enum {
    NODES = 12, /* Chebyshev nodes along each side of a block */
    N_NODES = NODES * NODES,
    N_TERMS = KERB_DENSITY__MOMENTS,
    LAWSON_STEPS = 20,
    FINE = 32,   /* intervals of the grid on which a fit over the rim is judged */
    FINEST = 128 /* for kernels whose slope jumps */
};

/* What the error between two points of the grid depends on, in bandwidths: the largest |slope|,
 * and the largest |d2/dx2| + |d2/dy2| where the slope has no jump, else 0. */
typedef struct smoothness {
    double slope, bend;
} smoothness;

static const smoothness SMOOTHNESS[KERB_KERNEL_COUNT] = {
    [KERB_KERNEL_TRIANGULAR] = {1.0, 0.0},
    [KERB_KERNEL_EPANECHNIKOV] = {2.0, 0.0},
    /* (1-t)^2, t = r^2: |4 r (1-t)| <= 1.54; 8 (1-t) + 8 t at most */
    [KERB_KERNEL_QUARTIC] = {1.54, 8.0},
    /* (1-t)^3: |6 r (1-t)^2| <= 1.718; 12 (1-t) (1+t) at most */
    [KERB_KERNEL_TRIWEIGHT] = {1.718, 12.0},
    [KERB_KERNEL_GAUSSIAN] = {0.607, 2.0},
};

typedef struct fitter {
    const kerb_density__blocks *blocks;
    double node[NODES];             /* places along a side */
    double chebyshev[NODES][NODES]; /* T_k at each node */
    double terms[N_NODES][N_TERMS]; /* dx^i dy^j at each pair of nodes */
} fitter;

/* --------------------------------------------------------------------------- geometry */

/* Kernel at a vector in half sides, of its peak. */
static double value_at(const kerb_density__blocks *b, double x, double y)
{
    double t = (x * x + y * y) * (b->half_side * b->half_side), rest = 1.0 - t;
    switch (b->kernel) {
    case KERB_KERNEL_GAUSSIAN:
        return exp(-0.5 * t);
    case KERB_KERNEL_TRIANGULAR:
        return rest > 0.0 ? 1.0 - sqrt(t) : 0.0;
    case KERB_KERNEL_EPANECHNIKOV:
        return rest > 0.0 ? rest : 0.0;
    case KERB_KERNEL_QUARTIC:
        return rest > 0.0 ? rest * rest : 0.0;
    case KERB_KERNEL_TRIWEIGHT:
        return rest > 0.0 ? rest * rest * rest : 0.0;
    case KERB_KERNEL_UNIFORM:
    case KERB_KERNEL_COUNT:
        break;
    }
    assert(false && "a kernel that is continuous");
    return NAN;
}

/* Vector from the centre of the block at an offset to the cell. */
static double find_vector(const kerb_density__blocks *b, double offset)
{
    return 2.0 * offset + (b->side == 2 ? 0.5 : 0.0);
}

/* Squared distances from the cell to the nearest and to the farthest point of the block. */
static double find_nearest2(double x, double y)
{
    double dx = fmax(fabs(x) - 1.0, 0.0), dy = fmax(fabs(y) - 1.0, 0.0);
    return dx * dx + dy * dy;
}

static double find_farthest2(double x, double y)
{
    double dx = fabs(x) + 1.0, dy = fabs(y) + 1.0;
    return dx * dx + dy * dy;
}

static bool is_smooth(const kerb_density__blocks *b, double x, double y)
{
    if (b->kernel == KERB_KERNEL_GAUSSIAN)
        return true; /* its cut, 1e-12 of the peak, is added to the error */
    /* The tip of the cone is not seen by Chebyshev polynomials of degree 11 from 6 half sides
     * away: (6 + sqrt(35))^-12 = 1e-13. */
    if (b->kernel == KERB_KERNEL_TRIANGULAR && find_nearest2(x, y) < 25.0)
        return false;
    return find_farthest2(x, y) < b->reach * b->reach;
}

kerb_density__blocks kerb_density__make_blocks(kerb_kernel kernel, double bandwidth_m,
                                               double cell_m, size_t side, double max_error)
{
    double half_m = 0.5 * (double)side * cell_m;
    double reach_m = kerb_kernel_reach_m(kernel, bandwidth_m), beyond = 0.0;
    if (kernel == KERB_KERNEL_GAUSSIAN) {
        /* No farther than matters; the bound says what is lost. */
        double cut = sqrt(-2.0 * log(1e-3 * max_error));
        if (cut < KERB_DENSITY__GAUSSIAN_REACH_SD) {
            reach_m = cut * bandwidth_m;
            beyond = 1e-3 * max_error;
        }
    }
    double reach = reach_m / half_m;
    /* The nearest two points of blocks n apart, one of them a cell's centre, are 2 n - 1 - v
     * half sides apart in x: v is that of the cell's own. */
    double within = side == 2 ? 0.5 : 0.0;
    return (kerb_density__blocks){.kernel = kernel,
                                  .side = side,
                                  .half_side = half_m / bandwidth_m,
                                  .reach = reach,
                                  .reach_blocks = (size_t)((reach + 1.0 + within) / 2.0),
                                  .beyond = beyond};
}

/* ------------------------------------------------------------------------------- fits */

static double power(double base, unsigned exponent)
{
    double value = 1.0;
    while (exponent-- > 0)
        value *= base;
    return value;
}

static void fill_terms(double x, double y, double *terms)
{
    for (size_t m = 0; m < N_TERMS; m++)
        terms[m] = power(x, kerb_density__moment_powers[m][0]) *
                   power(y, kerb_density__moment_powers[m][1]);
}

static double add_up(const double *cubic, const double *terms)
{
    double sum = 0.0;
    for (size_t m = 0; m < N_TERMS; m++)
        sum += cubic[m] * terms[m];
    return sum;
}

static fitter make_fitter(const kerb_density__blocks *blocks)
{
    fitter f = {.blocks = blocks};
    for (size_t i = 0; i < NODES; i++) {
        f.node[i] = cos(KERB_PI * ((double)i + 0.5) / NODES);
        for (size_t k = 0; k < NODES; k++)
            f.chebyshev[k][i] = cos(KERB_PI * (double)k * ((double)i + 0.5) / NODES);
    }
    for (size_t j = 0; j < NODES; j++)
        for (size_t i = 0; i < NODES; i++)
            fill_terms(f.node[i], f.node[j], f.terms[j * NODES + i]);
    return f;
}

/* T_i(x) T_j(y) in powers, i + j <= 3. */
static void add_chebyshev(double coefficient, size_t i, size_t j, double *cubic)
{
    static const double POWERS[4][4] = {
        {1, 0, 0, 0}, {0, 1, 0, 0}, {-1, 0, 2, 0}, {0, -3, 0, 4}};
    for (size_t m = 0; m < N_TERMS; m++)
        cubic[m] += coefficient * POWERS[i][kerb_density__moment_powers[m][0]] *
                    POWERS[j][kerb_density__moment_powers[m][1]];
}

/* Cubic from the expansion of the values at the nodes; returns the sum of what is left out. */
static double expand(const fitter *f, const double *values, double *cubic)
{
    double partial[NODES][NODES]; /* [degree in x][node in y] */
    double rest = 0.0;
    for (size_t k = 0; k < NODES; k++)
        for (size_t j = 0; j < NODES; j++) {
            partial[k][j] = 0.0;
            for (size_t i = 0; i < NODES; i++)
                partial[k][j] += values[j * NODES + i] * f->chebyshev[k][i];
        }
    memset(cubic, 0, N_TERMS * sizeof *cubic);
    for (size_t kx = 0; kx < NODES; kx++)
        for (size_t ky = 0; ky < NODES; ky++) {
            double sum = 0.0;
            for (size_t j = 0; j < NODES; j++)
                sum += partial[kx][j] * f->chebyshev[ky][j];
            sum *= (kx ? 2.0 : 1.0) * (ky ? 2.0 : 1.0) / N_NODES;
            if (kx + ky <= 3)
                add_chebyshev(sum, kx, ky, cubic);
            else
                rest += fabs(sum);
        }
    return rest;
}

/* Solve a symmetric positive system by Cholesky in place; false when it is not positive. */
static bool solve(double a[N_TERMS][N_TERMS], double *b)
{
    for (size_t i = 0; i < N_TERMS; i++) {
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i][j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i][k] * a[j][k];
            if (i == j && !(sum > 0.0))
                return false;
            a[i][j] = i == j ? sqrt(sum) : sum / a[j][j];
        }
    }
    for (size_t i = 0; i < N_TERMS; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= a[i][k] * b[k];
        b[i] /= a[i][i];
    }
    for (size_t i = N_TERMS; i-- > 0;) {
        for (size_t k = i + 1; k < N_TERMS; k++)
            b[i] -= a[k][i] * b[k];
        b[i] /= a[i][i];
    }
    return true;
}

static bool fit_weighted(const fitter *f, const double *values, const double *weights,
                         double *cubic)
{
    double normal[N_TERMS][N_TERMS] = {{0}};
    memset(cubic, 0, N_TERMS * sizeof *cubic);
    for (size_t p = 0; p < N_NODES; p++)
        for (size_t i = 0; i < N_TERMS; i++) {
            double term = weights[p] * f->terms[p][i];
            cubic[i] += term * values[p];
            for (size_t j = 0; j <= i; j++)
                normal[i][j] += term * f->terms[p][j];
        }
    return solve(normal, cubic);
}

/* Reweighting: where the fit is bad its weight grows. */
static void improve(const fitter *f, const double *values, double *cubic)
{
    double weights[N_NODES], trial[N_TERMS], best = INFINITY;
    for (size_t p = 0; p < N_NODES; p++)
        weights[p] = 1.0 / N_NODES;
    memcpy(trial, cubic, sizeof trial);
    for (int step = 0; step <= LAWSON_STEPS; step++) {
        double largest = 0.0, sum = 0.0;
        for (size_t p = 0; p < N_NODES; p++) {
            double error = fabs(values[p] - add_up(trial, f->terms[p]));
            largest = fmax(largest, error);
            weights[p] *= error;
            sum += weights[p];
        }
        if (largest < best) {
            best = largest;
            memcpy(cubic, trial, sizeof trial);
        }
        if (!(sum > 0.0))
            return;
        /* A little of the even weights stays, so that no node is forgotten. */
        for (size_t p = 0; p < N_NODES; p++)
            weights[p] = weights[p] / sum + 1e-6 / N_NODES;
        if (!fit_weighted(f, values, weights, trial))
            return;
    }
}

/* ----------------------------------------------------------------------------- errors */

/* The most by which the error may exceed that at the nearest points of a grid of spacing
 * `step`. With bounded second derivatives the error differs from what is interpolated between
 * four points by step^2 / 8 times their sum; else by the slope times half a diagonal. */
static double find_slack(const kerb_density__blocks *b, const double *cubic, double step)
{
    smoothness s = SMOOTHNESS[b->kernel];
    const double *c = cubic;
    if (s.bend > 0.0) {
        double bend_x = fabs(2.0 * c[3]) + fabs(6.0 * c[6]) + fabs(2.0 * c[7]);
        double bend_y = fabs(2.0 * c[5]) + fabs(6.0 * c[9]) + fabs(2.0 * c[8]);
        return 0.125 * step * step * (s.bend * b->half_side * b->half_side + bend_x + bend_y);
    }
    double slope_x = fabs(c[1]) + 2.0 * fabs(c[3]) + fabs(c[4]) + 3.0 * fabs(c[6]) +
                     2.0 * fabs(c[7]) + fabs(c[8]);
    double slope_y = fabs(c[2]) + 2.0 * fabs(c[5]) + fabs(c[4]) + 3.0 * fabs(c[9]) +
                     2.0 * fabs(c[8]) + fabs(c[7]);
    return 0.7072 * step * (s.slope * b->half_side + hypot(slope_x, slope_y));
}

static double find_largest_error(const kerb_density__blocks *b, double x, double y,
                                 const double *c)
{
    size_t n = SMOOTHNESS[b->kernel].bend > 0.0 ? FINE : FINEST;
    double step = 2.0 / (double)n, largest = 0.0;
    for (size_t j = 0; j <= n; j++) {
        double dy = (double)j * step - 1.0;
        double c0 = c[0] + dy * (c[2] + dy * (c[5] + dy * c[9]));
        double c1 = c[1] + dy * (c[4] + dy * c[8]), c2 = c[3] + dy * c[7];
        for (size_t i = 0; i <= n; i++) {
            double dx = (double)i * step - 1.0;
            double fit = c0 + dx * (c1 + dx * (c2 + dx * c[6]));
            largest = fmax(largest, fabs(value_at(b, x - dx, y - dy) - fit));
        }
    }
    return largest + find_slack(b, c, step);
}

/* Places in a block are cut to 2^-26 half sides on each axis; and the doubles of the fit
 * itself.
 */
static double find_rounding(const kerb_density__blocks *b)
{
    return SMOOTHNESS[b->kernel].slope * b->half_side * 0x1p-25 + 1e-12;
}

static void fit_block(const fitter *f, double x, double y, double *cubic, double *error)
{
    const kerb_density__blocks *b = f->blocks;
    double values[N_NODES];
    for (size_t j = 0; j < NODES; j++)
        for (size_t i = 0; i < NODES; i++)
            values[j * NODES + i] = value_at(b, x - f->node[i], y - f->node[j]);
    *error = expand(f, values, cubic);
    if (b->kernel == KERB_KERNEL_GAUSSIAN)
        *error += 1e-12;
    if (!is_smooth(b, x, y)) {
        improve(f, values, cubic);
        *error = find_largest_error(b, x, y, cubic);
    }
    *error = fmax(*error + find_rounding(b), KERB_DENSITY__ERROR_FLOOR);
}

static void transpose_cubic(const double *from, double *to)
{
    static const uint8_t TURNED[N_TERMS] = {0, 2, 1, 5, 4, 3, 9, 8, 7, 6};
    for (size_t m = 0; m < N_TERMS; m++)
        to[m] = from[TURNED[m]];
}

/* Mean of a cubic over the block. */
static double find_mean(const double *cubic)
{
    return cubic[0] + (cubic[3] + cubic[5]) / 3.0;
}

typedef struct fit_job {
    const fitter *fitter;
    kerb_density__fits *fits;
} fit_job;

/* One row of offsets up to the diagonal, which mirrors the rest. */
static kerb_status fit_row(void *user, size_t j)
{
    const fit_job *job = user;
    const kerb_density__blocks *b = job->fitter->blocks;
    kerb_density__fits *fits = job->fits;
    double reach = (double)b->reach_blocks, y = find_vector(b, (double)j - reach);
    for (size_t i = 0; i <= j; i++) {
        double x = find_vector(b, (double)i - reach);
        size_t at = j * fits->width + i, turned = i * fits->width + j;
        if (b->kernel != KERB_KERNEL_GAUSSIAN && find_nearest2(x, y) >= b->reach * b->reach)
            continue; /* nothing, and cubics and errors are cleared */
        fit_block(job->fitter, x, y, fits->cubics[at], &fits->errors[at]);
        if (i != j) {
            transpose_cubic(fits->cubics[at], fits->cubics[turned]);
            fits->errors[turned] = fits->errors[at];
        }
    }
    return KERB_OK;
}

kerb_status kerb_density__fits_new(kerb_ctx *ctx, const kerb_density__blocks *blocks,
                                   kerb_density__fits *out)
{
    size_t width = 2 * blocks->reach_blocks + 1, n = width * width;
    kerb_density__fits fits = {.width = width,
                               .cubics = kerb_calloc_array(n, sizeof *fits.cubics),
                               .errors = kerb_calloc_array(n, sizeof *fits.errors)};
    kerb_status status = KERB_ERR_NOMEM;
    fitter *f = kerb_alloc_array(1, sizeof *f);
    if (f && fits.cubics && fits.errors) {
        *f = make_fitter(blocks);
        fit_job job = {f, &fits};
        status = kerb_parallel_for(ctx, NULL, width, fit_row, &job);
    }
    kerb_free(f);
    if (status != KERB_OK) {
        kerb_density__fits_clear(&fits);
        return status == KERB_ERR_NOMEM ? kerb_fail_nomem(ctx, "fits of the kernel") : status;
    }
    for (size_t i = 0; i < n; i++) {
        fits.error_sum += fits.errors[i];
        fits.value_sum += find_mean(fits.cubics[i]);
    }
    *out = fits;
    return KERB_OK;
}

void kerb_density__fits_clear(kerb_density__fits *fits)
{
    kerb_free(fits->errors);
    kerb_free(fits->cubics);
    *fits = (kerb_density__fits){0};
}
