/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exact side of a line, and with it the exact place of a point in rings. "On the border" is
 * a rule that people count by, so it may not depend on rounding: the determinant is taken in
 * plain arithmetic first, and only when its error bound reaches its size again as an exact sum
 * of products. Source: Shewchuk (1997), Adaptive precision floating-point arithmetic and fast
 * robust geometric predicates, sections 2.2 to 2.4 and 4.1 [shewchuk1997]. Crossings after
 * Franklin's half-open rule: an edge counts when exactly one end lies strictly above the point.
 */
#include "geo_internal.h"

#include <math.h>

/* (3 + 16 e) e with e = 2^-53, Shewchuk's bound for the simplest filter. */
#define FILTER_BOUND 3.3306690738754716e-16
#define MAX_TERMS    16

/* A sum of doubles that do not overlap, smallest first: its sign is that of its last term. */
typedef struct expansion {
    double terms[MAX_TERMS];
    int n;
} expansion;

static void two_sum(double a, double b, double *sum, double *error)
{
    *sum = a + b;
    double b_seen = *sum - a;
    double a_seen = *sum - b_seen;
    *error = (a - a_seen) + (b - b_seen);
}

static void add_term(expansion *e, double term)
{
    double sum = term, error;
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        two_sum(sum, e->terms[i], &sum, &error);
        if (error != 0.0)
            e->terms[n++] = error; /* n <= i: read before it is written */
    }
    if (sum != 0.0)
        e->terms[n++] = sum;
    e->n = n;
}

/* Add sign * a * b, where a = a_high + a_low and b likewise. */
static void add_product(expansion *e, double a_high, double a_low, double b_high, double b_low,
                        double sign)
{
    const double as[] = {a_low, a_high}, bs[] = {b_low, b_high};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 2; j++) {
            double product = as[i] * bs[j];
            add_term(e, sign * fma(as[i], bs[j], -product));
            add_term(e, sign * product);
        }
    }
}

static int find_exact_side(kerb_point a, kerb_point b, kerb_point p)
{
    double ax, ay, bx, by, ax_low, ay_low, bx_low, by_low;
    two_sum(a.x, -p.x, &ax, &ax_low);
    two_sum(a.y, -p.y, &ay, &ay_low);
    two_sum(b.x, -p.x, &bx, &bx_low);
    two_sum(b.y, -p.y, &by, &by_low);
    expansion e = {.n = 0};
    add_product(&e, ax, ax_low, by, by_low, 1.0);
    add_product(&e, ay, ay_low, bx, bx_low, -1.0);
    if (e.n == 0)
        return 0;
    return e.terms[e.n - 1] > 0.0 ? 1 : -1;
}

int kerb_geo_side(kerb_point a, kerb_point b, kerb_point p)
{
    double left = (a.x - p.x) * (b.y - p.y);
    double right = (a.y - p.y) * (b.x - p.x);
    double determinant = left - right;
    double bound = FILTER_BOUND * (fabs(left) + fabs(right));
    if (determinant > bound)
        return 1;
    if (determinant < -bound)
        return -1;
    return find_exact_side(a, b, p);
}

kerb_geo__place kerb_geo__place_in_rings(const kerb_point *points, const kerb_geo__ring *rings,
                                         size_t n_rings, kerb_point p)
{
    bool is_inside = false;
    for (size_t r = 0; r < n_rings; r++) {
        const kerb_point *ring = points + rings[r].first;
        for (size_t k = 0; k + 1 < rings[r].n; k++) {
            kerb_geo_crossing crossing = kerb_geo_cross(ring[k], ring[k + 1], p);
            if (crossing == KERB_GEO_CROSSING_ON)
                return KERB_GEO__ON_BORDER;
            is_inside ^= crossing == KERB_GEO_CROSSING_YES;
        }
    }
    return is_inside ? KERB_GEO__INSIDE : KERB_GEO__OUTSIDE;
}
