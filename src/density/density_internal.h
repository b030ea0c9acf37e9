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

/* One row of one place's disc. */
typedef struct kerb_density__span {
    double x_m;      /* of the place */
    double dy2_m2;   /* squared distance between the place and the row of centres */
    double radius_m; /* support radius */
    double weight;
} kerb_density__span;

/* Add weight * shape to n cells whose centres are at col_x; cells out of reach get + 0. */
typedef void kerb_density__add_span(double *cells, const double *col_x, size_t n,
                                    const kerb_density__span *span);

/* The loop of a compact kernel; NULL for the Gaussian. */
kerb_density__add_span *kerb_density__span_of(kerb_kernel kernel);

#endif
