/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_INTERNAL_H
#define KERB_DENSITY_INTERNAL_H

/* What a kernel is to the loops of this module. */

#include "kerb_density.h"

/* Beyond this many standard deviations the Gaussian is below 1e-12 of its peak:
 * exp(-7.434^2 / 2) = 1.0e-12. Cut there and not scaled up again, so that values inside stay
 * those of the formula. */
#define KERB_DENSITY__GAUSSIAN_REACH_SD 7.434

bool kerb_density__has_kernel(kerb_kernel kernel);

/* k(r) = scale * shape(r), and the scale is left to the end of a sum: 1 / integral of the shape
 * over the plane. The shapes, with h the support radius or sd: uniform 1, triangular h - r,
 * Epanechnikov h^2 - r^2, quartic (h^2 - r^2)^2, triweight (h^2 - r^2)^3, Gaussian exp(-r^2 /
 * 2h^2). */
double kerb_density__scale(kerb_kernel kernel, double bandwidth_m);

/* ------------------------------------------------------------------------ methods */

/* What a method is asked to sum. All borrowed: `points` until open() has returned, the rest as
 * long as the state lives. */
typedef struct kerb_density__task {
    const kerb_density_points *points; /* checked */
    const kerb_density_options *options;
    const kerb_grid_spec *spec;
} kerb_density__task;

/* A way to compute a surface. */
typedef struct kerb_density__method {
    const char *name;
    /* Sort, merge, tabulate; fills method's own members of the report. */
    kerb_status (*open)(kerb_ctx *ctx, const kerb_density__task *task,
                        kerb_density_report *report, void **state);
    /* As kerb_density_surface_rows(), but cells outside the mask may hold anything. */
    kerb_status (*rows)(kerb_ctx *ctx, void *state, size_t first_row, size_t n_rows,
                        const uint8_t *mask, double *values);
    void (*close)(void *state); /* accepts NULL */
} kerb_density__method;

/* Every kernel, by its definition: the reference for all others. */
extern const kerb_density__method kerb_density__sum;
/* Estimated CPU time of all rows [ns], as if all points were distinct places. */
double kerb_density__sum_cost_ns(kerb_ctx *ctx, const kerb_density__task *task);
/* Kernels that are polynomials of r^2, one bandwidth: tiles inside the reach by moments, tiles
 * on the rim point by point. */
extern const kerb_density__method kerb_density__ring;

/* Moments of blocks of cells, within a bound: kernels that do not jump, one bandwidth for all.
 * Goes over to the exact method, and says so, where its bound would be too large. */
extern const kerb_density__method kerb_density__moments;
/* Whether it can do what is asked, and is allowed to. */
bool kerb_density__moments_fit(const kerb_density__task *task);

/* The cheapest method that gives what is asked. */
const kerb_density__method *kerb_density__choose(kerb_ctx *ctx, const kerb_density__task *task);

/* Sum of weights, as good as in twice the precision. */
double kerb_density__sum_weights(const double *weight, size_t n);

#endif
