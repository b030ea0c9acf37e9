/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The integral of F(r) d theta along a straight piece of a border, for each kernel. With
 * p(t) = a + t (b - a) along the piece and q = |p|^2 one has d theta = (a x b) / q dt, so
 *
 *     integral of F d theta = (a x b) * integral over t in [0, 1] of F(sqrt q) / q.
 *
 * For the kernels that are polynomials in r^2, F / q is one too and the integral is closed, has
 * no singularity at u and needs no angle. Lengths are in units of the bandwidth. Source:
 * Green's theorem; the kernels as in kerb_density.h. */
#include "density_edge_internal.h"

#include "density_internal.h"
#include "kerb_base.h"

#include <assert.h>
#include <math.h>

#define TWO_PI (2.0 * KERB_PI)

/* ------------------------------------------------------------- powers of q along a piece */

/* q(t) = a2 (1-t)^2 + 2 ab t (1-t) + b2 t^2; the integrals of t^i (1-t)^j are i! j! / (i+j+1)!.
 * Three times the mean of q: */
static double triple_mean_q(const kerb_density__piece *p)
{
    return p->a2 + p->b2 + p->ab;
}

static double mean_q2(const kerb_density__piece *p)
{
    double a2 = p->a2, b2 = p->b2, ab = p->ab;
    return (3.0 * (a2 * a2 + b2 * b2) + 2.0 * ab * ab + a2 * b2 + 3.0 * ab * (a2 + b2)) / 15.0;
}

static double mean_q3(const kerb_density__piece *p)
{
    double a2 = p->a2, b2 = p->b2, ab = p->ab, ab2 = ab * ab;
    return (5.0 * (a2 * a2 * a2 + b2 * b2 * b2) + 5.0 * ab * (a2 * a2 + b2 * b2) +
            a2 * b2 * (a2 + b2) + 4.0 * ab2 * (a2 + b2) + 3.0 * ab * a2 * b2 + 2.0 * ab2 * ab) /
           35.0;
}

/* ----------------------------------------------------------------------- closed forms */

/* F = q / 2 pi */
static double integrate_uniform(const kerb_density__piece *p)
{
    return p->cross / TWO_PI;
}

/* F = (2 q - q^2) / 2 pi */
static double integrate_epanechnikov(const kerb_density__piece *p)
{
    return p->cross * (2.0 - triple_mean_q(p) / 3.0) / TWO_PI;
}

/* F = (1 - (1-q)^3) / 2 pi = (3 q - 3 q^2 + q^3) / 2 pi */
static double integrate_quartic(const kerb_density__piece *p)
{
    return p->cross * (3.0 - triple_mean_q(p) + mean_q2(p)) / TWO_PI;
}

/* F = (1 - (1-q)^4) / 2 pi = (4 q - 6 q^2 + 4 q^3 - q^4) / 2 pi */
static double integrate_triweight(const kerb_density__piece *p)
{
    return p->cross * (4.0 - 2.0 * triple_mean_q(p) + 4.0 * mean_q2(p) - mean_q3(p)) / TWO_PI;
}

/* Mean of r along a piece: with s the place along its line from the foot of u, d the distance
 * of the line, r = sqrt(s^2 + d^2), the integral of r is (s r + d^2 asinh(s / d)) / 2. */
static double mean_r(const kerb_density__piece *p)
{
    double dx = p->bx - p->ax, dy = p->by - p->ay, extent2 = dx * dx + dy * dy;
    double extent = sqrt(extent2), d2 = p->cross * p->cross / extent2;
    double s0 = (p->ax * dx + p->ay * dy) / extent, s1 = (p->bx * dx + p->by * dy) / extent;
    double r0 = sqrt(p->a2), r1 = sqrt(p->b2), sum = s1 * r1 - s0 * r0;
    if (d2 > 1e-200) { /* else d^2 log d is nothing, and its parts are no numbers */
        double e0 = fabs(s0) + r0, e1 = fabs(s1) + r1; /* d exp(asinh(|s| / d)) */
        sum += d2 * (s0 >= 0.0 ? log(e1 / e0) : s1 <= 0.0 ? log(e0 / e1) : log(e0 / d2 * e1));
    }
    return sum / (2.0 * extent);
}

/* F = (3 q - 2 q r) / 2 pi */
static double integrate_triangular(const kerb_density__piece *p)
{
    if (p->ax == p->bx && p->ay == p->by)
        return 0.0;
    return p->cross * (3.0 - 2.0 * mean_r(p)) / TWO_PI;
}

/* --------------------------------------------------------------------------- Gaussian */

/* Gauss-Legendre on [-1, 1], the nodes >= 0; a weight of a node > 0 counts twice.
 * Source: Abramowitz & Stegun (1964) table 25.4 [abramowitz1964]. */
typedef struct rule {
    double longest; /* piece, in sd, for which the error is below 1e-15 */
    int n;          /* nodes listed */
    double node[4], weight[4];
} rule;

/* Error for a piece of length l, n points: l^(2n+1) (n!)^4 / ((2n+1) (2n)!^3) times the highest
 * derivative, which is (2n-1)!! / 2 here since F / q is a mean of Gaussians exp(-v q / 2). */
static const rule RULES[] = {
    {0.03, 2, {0.0, 0.77459666924148337704}, {0.88888888888888888889, 0.55555555555555555556}},
    {0.1,
     2,
     {0.33998104358485626480, 0.86113631159405257522},
     {0.65214515486254614263, 0.34785484513745385737}},
    {0.3,
     3,
     {0.0, 0.53846931010568309104, 0.90617984593866399280},
     {0.56888888888888888889, 0.47862867049936646804, 0.23692688505618908751}},
    {1.0,
     4,
     {0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959,
      0.96028985649753623168},
     {0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054,
      0.10122853629037625915}},
};
enum { N_RULES = sizeof RULES / sizeof *RULES };

/* (1 - exp(-q/2)) / q, smooth at 0. */
static double gaussian_share(double q)
{
    return q > 1e-300 ? -expm1(-0.5 * q) / q : 0.5;
}

static double mean_gaussian(const rule *r, double a2, double b2, double ab)
{
    double sum = 0.0;
    for (int i = 0; i < r->n; i++)
        for (int sign = -1; sign <= (r->node[i] > 0.0 ? 1 : -1); sign += 2) {
            double t = 0.5 + 0.5 * sign * r->node[i], s = 1.0 - t;
            double q = a2 * s * s + 2.0 * ab * s * t + b2 * t * t;
            sum += r->weight[i] * gaussian_share(fmax(q, 0.0));
        }
    return 0.5 * sum;
}

/* F = (1 - exp(-q/2)) / 2 pi. Long pieces are cut into equal parts. */
static double integrate_gaussian(const kerb_density__piece *p)
{
    double dx = p->bx - p->ax, dy = p->by - p->ay, length = sqrt(dx * dx + dy * dy), sum = 0.0;
    for (int i = 0; i < N_RULES; i++)
        if (length <= RULES[i].longest)
            return p->cross * mean_gaussian(&RULES[i], p->a2, p->b2, p->ab) / TWO_PI;
    int n = (int)ceil(length / RULES[N_RULES - 1].longest); /* <= 15: a chord within reach */
    double ax = p->ax, ay = p->ay;
    for (int i = 1; i <= n; i++) {
        double t = (double)i / n, bx = p->ax + t * dx, by = p->ay + t * dy;
        sum += mean_gaussian(&RULES[N_RULES - 1], ax * ax + ay * ay, bx * bx + by * by,
                             ax * bx + ay * by);
        ax = bx, ay = by;
    }
    return p->cross * (sum / n) / TWO_PI;
}

kerb_density__piece_integral *kerb_density__piece_integral_of(kerb_kernel kernel)
{
    static kerb_density__piece_integral *const integrals[KERB_KERNEL_COUNT] = {
        [KERB_KERNEL_UNIFORM] = integrate_uniform,
        [KERB_KERNEL_TRIANGULAR] = integrate_triangular,
        [KERB_KERNEL_EPANECHNIKOV] = integrate_epanechnikov,
        [KERB_KERNEL_QUARTIC] = integrate_quartic,
        [KERB_KERNEL_TRIWEIGHT] = integrate_triweight,
        [KERB_KERNEL_GAUSSIAN] = integrate_gaussian,
    };
    assert((unsigned)kernel < KERB_KERNEL_COUNT);
    return integrals[kernel];
}

double kerb_density__full_mass(kerb_kernel kernel)
{
    const double reach_sd = KERB_DENSITY__GAUSSIAN_REACH_SD;
    return kernel == KERB_KERNEL_GAUSSIAN ? -expm1(-0.5 * reach_sd * reach_sd) : 1.0;
}
