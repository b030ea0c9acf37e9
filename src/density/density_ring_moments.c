/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of products of coordinates over the points of a cell. Within reach a kernel of the form
 * (r^2 - |q - p|^2)^k is a polynomial in the pixel q whose coefficients are these sums over the
 * points p. */
#include "density_ring.h"

#include <assert.h>

size_t kerb_density__ring_n_wide(int power)
{
    static const size_t N_WIDE[4] = {0, 8, 8, 16};
    return N_WIDE[power];
}

int kerb_density__ring_degree(int power, size_t i)
{
    static const int DEGREES[4][16] = {{0},
                                       {1, 1, 2},
                                       {1, 1, 2, 2, 2, 3, 3, 4},
                                       {1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 6}};
    assert(i < 16);
    return DEGREES[power][i];
}

static void sum_epanechnikov(const double *x, const double *y, const double *weight, size_t n,
                             double *m)
{
    for (size_t i = 0; i < n; i++) {
        double w = weight[i], wx = w * x[i], wy = w * y[i];
        m[0] += wx;
        m[1] += wy;
        m[2] += wx * x[i] + wy * y[i];
    }
}

static void sum_quartic(const double *x, const double *y, const double *weight, size_t n,
                        double *m)
{
    double mx = 0, my = 0, mxx = 0, mxy = 0, myy = 0, mqx = 0, mqy = 0, mqq = 0;
    for (size_t i = 0; i < n; i++) {
        double w = weight[i], wx = w * x[i], wy = w * y[i];
        double q = x[i] * x[i] + y[i] * y[i];
        mx += wx;
        my += wy;
        mxx += wx * x[i];
        mxy += wx * y[i];
        myy += wy * y[i];
        mqx += q * wx;
        mqy += q * wy;
        mqq += q * q * w;
    }
    m[0] = mx, m[1] = my, m[2] = mxx, m[3] = mxy;
    m[4] = myy, m[5] = mqx, m[6] = mqy, m[7] = mqq;
}

static void sum_triweight(const double *x, const double *y, const double *weight, size_t n,
                          double *m)
{
    for (size_t i = 0; i < n; i++) {
        double w = weight[i], wx = w * x[i], wy = w * y[i];
        double wxx = wx * x[i], wxy = wx * y[i], wyy = wy * y[i];
        double q = x[i] * x[i] + y[i] * y[i];
        m[0] += wx;
        m[1] += wy;
        m[2] += wxx;
        m[3] += wxy;
        m[4] += wyy;
        m[5] += wxx * x[i];
        m[6] += wxx * y[i];
        m[7] += wyy * x[i];
        m[8] += wyy * y[i];
        m[9] += q * wxx;
        m[10] += q * wxy;
        m[11] += q * wyy;
        m[12] += q * q * wx;
        m[13] += q * q * wy;
        m[14] += q * q * q * w;
    }
}

void kerb_density__ring_moments(int power, const double *x, const double *y,
                                const double *weight, size_t n, double *wide, double *mass)
{
    for (size_t k = 0; k < kerb_density__ring_n_wide(power); k++)
        wide[k] = 0.0;
    if (power == 1)
        sum_epanechnikov(x, y, weight, n, wide);
    else if (power == 2)
        sum_quartic(x, y, weight, n, wide);
    else if (power == 3)
        sum_triweight(x, y, weight, n, wide);
    *mass = 0.0;
    for (size_t i = 0; i < n; i++)
        *mass += weight[i];
}
