/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The innermost loops: one place against a run of cells in one row. No branch, no call and no
 * square root but the triangular kernel's, so that compilers turn each into vector code; every
 * cell has its own sum, so the width of the vectors does not change a bit of the result. The
 * run may be a cell too long at either end: beyond the radius the shape is cut to exactly 0. */
#include "density_internal.h"

#include <math.h>

static double above_zero(double value)
{
    return value > 0.0 ? value : 0.0;
}

static void add_uniform(double *restrict cells, const double *restrict col_x, size_t n,
                        const kerb_density__span *span)
{
    double x = span->x_m, dy2 = span->dy2_m2, weight = span->weight;
    double radius_m2 = span->radius_m * span->radius_m;
    for (size_t j = 0; j < n; j++) {
        double dx = col_x[j] - x;
        cells[j] += dx * dx + dy2 <= radius_m2 ? weight : 0.0;
    }
}

static void add_triangular(double *restrict cells, const double *restrict col_x, size_t n,
                           const kerb_density__span *span)
{
    double x = span->x_m, dy2 = span->dy2_m2, weight = span->weight, radius = span->radius_m;
    for (size_t j = 0; j < n; j++) {
        double dx = col_x[j] - x;
        cells[j] += weight * above_zero(radius - sqrt(dx * dx + dy2));
    }
}

static void add_epanechnikov(double *restrict cells, const double *restrict col_x, size_t n,
                             const kerb_density__span *span)
{
    double x = span->x_m, weight = span->weight;
    double rest = span->radius_m * span->radius_m - span->dy2_m2;
    for (size_t j = 0; j < n; j++) {
        double dx = col_x[j] - x;
        cells[j] += weight * above_zero(rest - dx * dx);
    }
}

static void add_quartic(double *restrict cells, const double *restrict col_x, size_t n,
                        const kerb_density__span *span)
{
    double x = span->x_m, weight = span->weight;
    double rest = span->radius_m * span->radius_m - span->dy2_m2;
    for (size_t j = 0; j < n; j++) {
        double dx = col_x[j] - x;
        double t = above_zero(rest - dx * dx);
        cells[j] += weight * t * t;
    }
}

static void add_triweight(double *restrict cells, const double *restrict col_x, size_t n,
                          const kerb_density__span *span)
{
    double x = span->x_m, weight = span->weight;
    double rest = span->radius_m * span->radius_m - span->dy2_m2;
    for (size_t j = 0; j < n; j++) {
        double dx = col_x[j] - x;
        double t = above_zero(rest - dx * dx);
        cells[j] += weight * t * t * t;
    }
}

kerb_density__add_span *kerb_density__span_of(kerb_kernel kernel)
{
    static kerb_density__add_span *const SPANS[KERB_KERNEL_COUNT] = {
        [KERB_KERNEL_UNIFORM] = add_uniform,
        [KERB_KERNEL_TRIANGULAR] = add_triangular,
        [KERB_KERNEL_EPANECHNIKOV] = add_epanechnikov,
        [KERB_KERNEL_QUARTIC] = add_quartic,
        [KERB_KERNEL_TRIWEIGHT] = add_triweight,
        [KERB_KERNEL_GAUSSIAN] = NULL,
    };
    return SPANS[kernel];
}
