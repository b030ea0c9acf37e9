/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The edge term by hand (half planes, corners, circles, products of error functions), by its
 * laws (complement, turns, ring order, threads, bands), and against a quadrature in polar
 * coordinates that follows rays from u and shares nothing with the walk along the border. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "kerb_density.h"

#include "test_context.h"

/* The Gaussian is cut at 1e-12 of its peak: its full mass is 1 - 1e-12. */
#define NEAR_E 2e-12

static const double REACH_GAUSSIAN = 7.434;

static uint64_t random_bits(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static double random_share(uint64_t *seed)
{
    return (double)(random_bits(seed) >> 11) * 0x1p-53;
}

/* ------------------------------------------------------------------- windows */

enum { MAX_RINGS = 8, MAX_POINTS = 4096 };

typedef struct figure {
    size_t n_rings, n_points[MAX_RINGS];
    kerb_point points[MAX_POINTS]; /* rings open */
} figure;

static kerb_areas_set *new_set(const figure *f)
{
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    assert_int_equal(
        kerb_areas_set_add_rings(ctx, set, "W", "", f->n_rings, f->n_points, f->points),
        KERB_OK);
    return set;
}

static kerb_edge_window *new_window_less(const figure *f, const figure *hole)
{
    kerb_edge_window *window = NULL;
    kerb_areas_set *set = new_set(f), *cut_out = hole != NULL ? new_set(hole) : NULL;
    kerb_status status = kerb_edge_window_new(ctx, set, cut_out, &window);
    if (status != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    kerb_areas_set_free(cut_out);
    kerb_areas_set_free(set);
    return window;
}

static kerb_edge_window *new_window(const figure *f)
{
    return new_window_less(f, NULL);
}

static figure make_box(double xmin, double ymin, double xmax, double ymax)
{
    return (figure){
        .n_rings = 1,
        .n_points = {4},
        .points = {{xmin, ymin}, {xmax, ymin}, {xmax, ymax}, {xmin, ymax}},
    };
}

static double bandwidth_of(kerb_kernel kernel)
{
    return kernel == KERB_KERNEL_GAUSSIAN ? 120.0 : 300.0;
}

/* ------------------------------------------------------------------- by hand */

static void edge__straight_border_has_half_and_corner_a_quarter(void **state)
{
    (void)state;
    figure box = make_box(400000, 300000, 420000, 310000);
    kerb_edge_window *w = new_window(&box);
    for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
        double h = bandwidth_of(k);
        assert_near_abs(kerb_edge_mass(w, k, h, 410000, 305000), 1.0, NEAR_E);
        assert_near_abs(kerb_edge_mass(w, k, h, 410000, 300000), 0.5, NEAR_E);
        assert_near_abs(kerb_edge_mass(w, k, h, 400000, 305000.5), 0.5, NEAR_E);
        assert_near_abs(kerb_edge_mass(w, k, h, 420000, 310000), 0.25, NEAR_E);
        assert_near_abs(kerb_edge_mass(w, k, h, 400000, 310000), 0.25, NEAR_E);
        assert_true(kerb_edge_mass(w, k, h, 399000, 299000) <= 0.0);
        /* next to the border e is next to a half, on both sides: 1e-7 m is 1e-9 of h */
        assert_near_abs(kerb_edge_mass(w, k, h, 410000, 300000 + 1e-7), 0.5, 2e-9);
        assert_near_abs(kerb_edge_mass(w, k, h, 410000, 300000 - 1e-7), 0.5, 2e-9);
    }
    kerb_edge_window_free(w);
}

static void edge__vertices_have_the_share_of_their_angle(void **state)
{
    (void)state;
    /* an L: its inner corner at (0, 0) is 3/4 of a circle; the ends are 1/4 each; two parts
     * that meet at (9000, 9000) have 1/4 + 1/4; a hole that touches the border with a corner of
     * 90 degrees leaves 1/2 - 1/4 */
    figure l = {
        .n_rings = 1,
        .n_points = {6},
        .points = {{0, 0}, {0, 9000}, {-9000, 9000}, {-9000, -9000}, {9000, -9000}, {9000, 0}}};
    figure two = {.n_rings = 2,
                  .n_points = {4, 4},
                  .points = {{0, 0},
                             {9000, 0},
                             {9000, 9000},
                             {0, 9000},
                             {9000, 9000},
                             {18000, 9000},
                             {18000, 18000},
                             {9000, 18000}}};
    figure touching = {.n_rings = 2,
                       .n_points = {4, 4},
                       .points = {{-9000, 0},
                                  {9000, 0},
                                  {9000, 9000},
                                  {-9000, 9000},
                                  {0, 0},
                                  {2000, 2000},
                                  {0, 4000},
                                  {-2000, 2000}}};
    kerb_edge_window *w[] = {new_window(&l), new_window(&two), new_window(&touching)};
    for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
        double h = bandwidth_of(k);
        assert_near_abs(kerb_edge_mass(w[0], k, h, 0, 0), 0.75, NEAR_E);
        assert_near_abs(kerb_edge_mass(w[0], k, h, -9000, 9000), 0.25, NEAR_E);
        assert_near_abs(kerb_edge_mass(w[1], k, h, 9000, 9000), 0.5, NEAR_E);
        assert_near_abs(kerb_edge_mass(w[2], k, h, 0, 0), 0.25, NEAR_E);
    }
    for (int i = 0; i < 3; i++)
        kerb_edge_window_free(w[i]);
}

static void edge__uniform_kernel_has_the_area_of_the_disc_inside(void **state)
{
    (void)state;
    /* Border at y = 0, u at height d h: the segment below has (acos d - d sqrt(1-d^2)) / pi. */
    figure box = make_box(-5000, 0, 5000, 5000);
    kerb_edge_window *w = new_window(&box);
    for (double d = 0.05; d < 1.0; d += 0.0831) {
        double outside = (acos(d) - d * sqrt(1 - d * d)) / KERB_PI;
        assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 300, 17, 300 * d), 1 - outside,
                        1e-14);
    }
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 300, 17, 300), 1.0, 1e-15);
    kerb_edge_window_free(w);
    /* a hole of 100 x 60 m wholly within the disc takes its area from it */
    figure holed = make_box(-5000, -5000, 5000, 5000);
    holed.n_rings = 2, holed.n_points[1] = 4;
    const kerb_point hole[] = {{-20, -10}, {80, -10}, {80, 50}, {-20, 50}};
    memcpy(holed.points + 4, hole, sizeof hole);
    w = new_window(&holed);
    double rest = 1 - 6000 / (KERB_PI * 300 * 300);
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 300, 100, 60), rest, 1e-15);
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 300, 0, 0), rest, 1e-15); /* in it */
    kerb_edge_window_free(w);
}

static void edge__compact_kernels_beside_a_straight_border(void **state)
{
    (void)state;
    /* The share beyond a line at distance d (h = 1) is the integral from d to 1 of the kernel's
     * marginal: Epanechnikov 8/(3 pi) (1-x^2)^1.5, quartic 16/(5 pi) (1-x^2)^2.5, triweight
     * 128/(35 pi) (1-x^2)^3.5. At d = 1/2, with x = sin t, by the reduction of powers of cos:
     *   I4 = 3/8 (pi/3) - 7 sqrt(3) / 64, and In = (n-1)/n I(n-2) - sin t cos^(n-1) t / n. */
    double t0 = KERB_PI / 6, s = 0.5, c = sqrt(3) / 2;
    double i2 = ((KERB_PI / 2 - t0) - s * c) / 2;
    double i4 = 0.75 * i2 - s * pow(c, 3) / 4, i6 = 5.0 / 6 * i4 - s * pow(c, 5) / 6;
    double i8 = 7.0 / 8 * i6 - s * pow(c, 7) / 8;
    figure box = make_box(-5000, 0, 5000, 5000);
    kerb_edge_window *w = new_window(&box);
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_EPANECHNIKOV, 300, 0, 150),
                    1 - 8 / (3 * KERB_PI) * i4, 1e-14);
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_QUARTIC, 300, 0, 150),
                    1 - 16 / (5 * KERB_PI) * i6, 1e-14);
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_TRIWEIGHT, 300, 0, 150),
                    1 - 128 / (35 * KERB_PI) * i8, 1e-14);
    kerb_edge_window_free(w);
}

static double normal_share(double from, double to)
{
    return 0.5 * (erf(to / sqrt(2)) - erf(from / sqrt(2)));
}

static void edge__gaussian_on_a_rectangle_is_a_product(void **state)
{
    (void)state;
    figure box = make_box(400000, 300000, 401000, 300350);
    kerb_edge_window *w = new_window(&box);
    uint64_t seed = 3;
    for (int i = 0; i < 200; i++) {
        double x = 399500 + 2000 * random_share(&seed), y = 299600 + 1100 * random_share(&seed);
        double sd = 20 + 400 * random_share(&seed);
        double want = normal_share((400000 - x) / sd, (401000 - x) / sd) *
                      normal_share((300000 - y) / sd, (300350 - y) / sd);
        assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_GAUSSIAN, sd, x, y), want, NEAR_E);
    }
    kerb_edge_window_free(w);
}

/* ------------------------------------------------- polar quadrature (independent) */

/* Integral of t k(t) from 0 to r, r and the reach in units of the bandwidth. */
static double radial_mass(kerb_kernel kernel, double r)
{
    double a = fmin(r, 1.0), q = a * a;
    switch (kernel) {
    case KERB_KERNEL_UNIFORM:
        return q / (2 * KERB_PI);
    case KERB_KERNEL_TRIANGULAR:
        return 3 / KERB_PI * (q / 2 - q * a / 3);
    case KERB_KERNEL_EPANECHNIKOV:
        return 2 / KERB_PI * (q / 2 - q * q / 4);
    case KERB_KERNEL_QUARTIC:
        return (1 - pow(1 - q, 3)) / (2 * KERB_PI);
    case KERB_KERNEL_TRIWEIGHT:
        return (1 - pow(1 - q, 4)) / (2 * KERB_PI);
    case KERB_KERNEL_GAUSSIAN:
        r = fmin(r, REACH_GAUSSIAN);
        return -expm1(-r * r / 2) / (2 * KERB_PI);
    case KERB_KERNEL_COUNT:
        break;
    }
    return NAN;
}

typedef struct polar {
    const figure *figure; /* moved to u, in bandwidths */
    kerb_kernel kernel;
} polar;

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mass along one ray: crossings by distance, every second stretch inside. */
static double mass_along(const polar *p, double angle)
{
    double c = cos(angle), s = sin(angle), at[MAX_POINTS];
    size_t n = 0, first = 0;
    for (size_t r = 0; r < p->figure->n_rings; first += p->figure->n_points[r++])
        for (size_t i = 0, m = p->figure->n_points[r]; i < m; i++) {
            kerb_point a = p->figure->points[first + i];
            kerb_point b = p->figure->points[first + (i + 1) % m];
            double side_a = c * a.y - s * a.x, side_b = c * b.y - s * b.x;
            if ((side_a > 0) == (side_b > 0))
                continue;
            double t = side_a / (side_a - side_b);
            double along = c * (a.x + t * (b.x - a.x)) + s * (a.y + t * (b.y - a.y));
            if (along > 0)
                at[n++] = along;
        }
    qsort(at, n, sizeof *at, compare_doubles);
    double mass = 0.0;
    for (size_t i = 0; i < n; i++) /* the farthest ends what is inside */
        mass += ((n - i) % 2 == 1 ? 1 : -1) * radial_mass(p->kernel, at[i]);
    return mass;
}

static double integrate_5(const polar *p, double from, double to)
{
    static const double node[] = {0.0, 0.53846931010568309104, 0.90617984593866399280};
    static const double weight[] = {0.56888888888888888889, 0.47862867049936646804,
                                    0.23692688505618908751};
    double middle = (from + to) / 2, half = (to - from) / 2;
    double sum = weight[0] * mass_along(p, middle);
    for (int i = 1; i < 3; i++)
        sum += weight[i] * (mass_along(p, middle - half * node[i]) +
                            mass_along(p, middle + half * node[i]));
    return half * sum;
}

static double integrate_until_stable(const polar *p, double from, double to, double whole,
                                     int depth)
{
    double middle = (from + to) / 2;
    double left = integrate_5(p, from, middle), right = integrate_5(p, middle, to);
    if (depth == 0 || fabs(left + right - whole) < 1e-15)
        return left + right;
    return integrate_until_stable(p, from, middle, left, depth - 1) +
           integrate_until_stable(p, middle, to, right, depth - 1);
}

/* Directions of vertices and of the places where an edge leaves the disc. */
static size_t find_breaks(const figure *f, double reach, double *breaks)
{
    size_t n = 0, first = 0;
    breaks[n++] = -KERB_PI;
    breaks[n++] = KERB_PI;
    for (size_t r = 0; r < f->n_rings; first += f->n_points[r++])
        for (size_t i = 0, m = f->n_points[r]; i < m; i++) {
            kerb_point a = f->points[first + i], b = f->points[first + (i + 1) % m];
            double dx = b.x - a.x, dy = b.y - a.y, l2 = dx * dx + dy * dy;
            double along = a.x * dx + a.y * dy, rest = a.x * a.x + a.y * a.y - reach * reach;
            double root = along * along - l2 * rest;
            breaks[n++] = atan2(a.y, a.x);
            for (int sign = -1; root > 0 && sign <= 1; sign += 2) {
                double t = (-along + sign * sqrt(root)) / l2;
                if (t > 0 && t < 1)
                    breaks[n++] = atan2(a.y + t * dy, a.x + t * dx);
            }
        }
    qsort(breaks, n, sizeof *breaks, compare_doubles);
    return n;
}

static double polar_mass(const figure *f, kerb_kernel kernel, double bandwidth_m, double x,
                         double y)
{
    figure *moved = malloc(sizeof *moved);
    double *breaks = malloc(3 * MAX_POINTS * sizeof *breaks), sum = 0.0;
    assert_non_null(moved);
    assert_non_null(breaks);
    *moved = *f;
    size_t n_points = 0;
    for (size_t r = 0; r < f->n_rings; r++)
        n_points += f->n_points[r];
    for (size_t i = 0; i < n_points; i++)
        moved->points[i] = (kerb_point){(f->points[i].x - x) / bandwidth_m,
                                        (f->points[i].y - y) / bandwidth_m};
    polar p = {moved, kernel};
    double reach = kernel == KERB_KERNEL_GAUSSIAN ? REACH_GAUSSIAN : 1.0;
    size_t n = find_breaks(moved, reach, breaks);
    for (size_t i = 0; i + 1 < n; i++) {
        double whole = integrate_5(&p, breaks[i], breaks[i + 1]);
        sum += integrate_until_stable(&p, breaks[i], breaks[i + 1], whole, 25);
    }
    free(breaks);
    free(moved);
    return sum;
}

/* A star of n rays with a turned square hole: concave, with short and long edges. */
static figure make_star(size_t n, double x, double y, double radius_m, uint64_t seed)
{
    figure f = {.n_rings = 2, .n_points = {n, 4}};
    for (size_t i = 0; i < n; i++) {
        double angle = 2 * KERB_PI * ((double)i + 0.6 * random_share(&seed)) / (double)n;
        double r = radius_m * (0.4 + 0.6 * random_share(&seed));
        f.points[i] = (kerb_point){x + r * cos(angle), y + r * sin(angle)};
    }
    for (size_t i = 0; i < 4; i++) {
        double angle = 0.3 + KERB_PI / 2 * (double)i;
        f.points[n + i] =
            (kerb_point){x + 0.2 * radius_m * cos(angle), y + 0.2 * radius_m * sin(angle)};
    }
    return f;
}

static void edge__is_the_integral_along_rays(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int i_figure = 0; i_figure < 3; i_figure++) {
        size_t n = i_figure == 0 ? 7 : i_figure == 1 ? 40 : 250;
        figure f = make_star(n, 450000, 320000, 1000, 20 + (uint64_t)i_figure);
        kerb_edge_window *w = new_window(&f);
        for (int i = 0; i < 12; i++) {
            double x = 450000 + 2200 * (random_share(&seed) - 0.5);
            double y = 320000 + 2200 * (random_share(&seed) - 0.5);
            for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
                double h = bandwidth_of(k) * (0.3 + 4 * random_share(&seed));
                assert_near_abs(kerb_edge_mass(w, k, h, x, y), polar_mass(&f, k, h, x, y),
                                1e-12);
            }
        }
        kerb_edge_window_free(w);
    }
}

/* ----------------------------------------------------------------------- laws */

static void edge__window_and_complement_make_the_whole(void **state)
{
    (void)state;
    figure star = make_star(60, 450000, 320000, 1000, 5);
    figure land = make_box(440000, 310000, 460000, 330000);
    kerb_edge_window *w = new_window(&star), *rest = new_window_less(&land, &star);
    uint64_t seed = 7;
    for (int i = 0; i < 300; i++) {
        size_t i_vertex = random_bits(&seed) % 64;
        double x = star.points[i_vertex].x, y = star.points[i_vertex].y;
        if (i % 3 != 0)
            x += 200 * (random_share(&seed) - 0.5), y += 200 * (random_share(&seed) - 0.5);
        for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
            double e = kerb_edge_mass(w, k, bandwidth_of(k), x, y);
            double e_rest = kerb_edge_mass(rest, k, bandwidth_of(k), x, y);
            assert_true(e >= 0.0 && e <= 1.0 && e_rest >= 0.0 && e_rest <= 1.0);
            assert_near_abs(e + e_rest, 1.0, NEAR_E);
        }
    }
    kerb_edge_window_free(rest);
    kerb_edge_window_free(w);
}

static void edge__exclusion_across_the_border_is_cut_out(void **state)
{
    (void)state;
    /* the half plane y > 0 less the half plane x > 0: a quarter at the origin, and a half on
     * the new border */
    figure north = make_box(-9000, 0, 9000, 9000), east = make_box(0, -9000, 12000, 9500);
    kerb_edge_window *w = new_window_less(&north, &east);
    for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
        assert_near_abs(kerb_edge_mass(w, k, bandwidth_of(k), 0, 0), 0.25, NEAR_E);
        assert_near_abs(kerb_edge_mass(w, k, bandwidth_of(k), 0, 4000), 0.5, NEAR_E);
        assert_true(kerb_edge_mass(w, k, bandwidth_of(k), 5000, 4000) <= 0.0);
    }
    kerb_edge_window_free(w);
    w = new_window_less(&north, &north); /* nothing is left: no border, no mass */
    assert_int_equal(kerb_edge_window_count_edges(w), 0);
    assert_true(kerb_edge_mass(w, KERB_KERNEL_QUARTIC, 300, 0, 0) <= 0.0);
    kerb_edge_window_free(w);
}

static void edge__areas_that_overlap_count_once(void **state)
{
    (void)state;
    figure whole = make_box(0, 0, 1000, 400);
    figure west = make_box(0, 0, 700, 400), east = make_box(300, 0, 1000, 400);
    kerb_areas_set *both = new_set(&west);
    assert_int_equal(
        kerb_areas_set_add_rings(ctx, both, "E", "", 1, east.n_points, east.points), KERB_OK);
    kerb_edge_window *one = new_window(&whole), *united = NULL;
    assert_int_equal(kerb_edge_window_new(ctx, both, NULL, &united), KERB_OK);
    assert_int_equal(kerb_edge_window_count_edges(united), 4); /* collinear points are gone */
    assert_near_rel(kerb_edge_window_area_m2(united), 400000, 1e-15);
    for (double x = -100; x <= 1100; x += 50)
        for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++)
            assert_near_abs(kerb_edge_mass(united, k, 150, x, 130),
                            kerb_edge_mass(one, k, 150, x, 130), 1e-14);
    kerb_edge_window_free(united);
    kerb_edge_window_free(one);
    kerb_areas_set_free(both);
}

static void edge__turning_and_mirroring_change_nothing(void **state)
{
    (void)state;
    figure star = make_star(60, 0, 0, 1000, 9), turned = star, mirrored = star, begun = star;
    for (size_t i = 0; i < 64; i++) {
        turned.points[i] = (kerb_point){-star.points[i].y, star.points[i].x};
        mirrored.points[i] = (kerb_point){-star.points[i].x, star.points[i].y};
    }
    for (size_t i = 0; i < 60; i++) /* the ring begins elsewhere */
        begun.points[i] = star.points[(i + 23) % 60];
    kerb_edge_window *w[] = {new_window(&star), new_window(&turned), new_window(&mirrored),
                             new_window(&begun)};
    uint64_t seed = 2;
    for (int i = 0; i < 200; i++) {
        double x = 2000 * (random_share(&seed) - 0.5), y = 2000 * (random_share(&seed) - 0.5);
        for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++) {
            double h = bandwidth_of(k), e = kerb_edge_mass(w[0], k, h, x, y);
            assert_near_abs(kerb_edge_mass(w[1], k, h, -y, x), e, 1e-13);
            assert_near_abs(kerb_edge_mass(w[2], k, h, -x, y), e, 1e-13);
            assert_near_abs(kerb_edge_mass(w[3], k, h, x, y), e, 1e-13);
        }
    }
    for (int i = 0; i < 4; i++)
        kerb_edge_window_free(w[i]);
}

static void edge__points_put_on_edges_change_nothing(void **state)
{
    (void)state;
    /* on multiples of 1/64 the points between are exactly on the line, and are dropped */
    figure box = make_box(0, 0, 1024, 512), dense = {.n_rings = 1, .n_points = {400}};
    for (size_t side = 0; side < 4; side++)
        for (size_t i = 0; i < 100; i++) {
            kerb_point a = box.points[side], b = box.points[(side + 1) % 4];
            double t = (double)i / 128;
            dense.points[side * 100 + i] =
                (kerb_point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
        }
    kerb_edge_window *w[] = {new_window(&box), new_window(&dense)};
    assert_int_equal(kerb_edge_window_count_edges(w[1]), 4);
    for (double x = 3; x < 1024; x += 71)
        for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++)
            assert_near_ulps(kerb_edge_mass(w[1], k, 90, x, 40),
                             kerb_edge_mass(w[0], k, 90, x, 40), 0);
    for (int i = 0; i < 2; i++)
        kerb_edge_window_free(w[i]);
}

static void edge__tiny_edges_and_spikes_keep_the_complement(void **state)
{
    (void)state;
    /* a saw of 2,000 teeth 1 cm wide and a spike 1 mm wide; u on teeth, between and on the
     * spike's tip */
    figure saw = {.n_rings = 1};
    size_t n = 0;
    for (size_t i = 0; i <= 2000; i++)
        saw.points[n++] = (kerb_point){0.01 * (double)i, i % 2 == 0 ? 0.0 : 0.013};
    saw.points[n++] = (kerb_point){20.0, 300};
    saw.points[n++] = (kerb_point){10.001, 300};
    saw.points[n++] = (kerb_point){10.0005, 400};
    saw.points[n++] = (kerb_point){10.0, 300};
    saw.points[n++] = (kerb_point){0, 300};
    saw.n_points[0] = n;
    figure land = make_box(-5000, -5000, 5000, 5000);
    kerb_edge_window *w = new_window(&saw), *rest = new_window_less(&land, &saw);
    for (size_t i = 0; i < n; i += 7) {
        kerb_point u = saw.points[i];
        for (kerb_kernel k = 0; k < KERB_KERNEL_COUNT; k++)
            assert_near_abs(kerb_edge_mass(w, k, 30, u.x, u.y) +
                                kerb_edge_mass(rest, k, 30, u.x, u.y),
                            1.0, NEAR_E);
    }
    /* the tip: 2 atan(0.5 mm / 100 m) of a circle, and all of the disc's spike */
    assert_near_abs(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 30, 10.0005, 400),
                    2 * atan(0.0005 / 100) / (2 * KERB_PI), 1e-12);
    assert_true(kerb_edge_mass(w, KERB_KERNEL_QUARTIC, 30, 10.0005, 400) > 0.0);
    kerb_edge_window_free(rest);
    kerb_edge_window_free(w);
}

/* --------------------------------------------------------------- many at once */

static void edge__points_and_rows_are_the_same_for_any_threads_and_bands(void **state)
{
    (void)state;
    enum { ROWS = 50, COLS = 70, N = ROWS * COLS };
    figure star = make_star(200, 450000, 320000, 800, 33);
    kerb_edge_window *w = new_window(&star);
    kerb_grid_spec spec = {449100, 320700, 25.7, ROWS, COLS};
    static double x[N], y[N], widths[N], at_points[N], again[N], in_rows[N], in_bands[N];
    uint8_t mask[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = kerb_grid_col_x(&spec, i % COLS);
        y[i] = kerb_grid_row_y(&spec, i / COLS);
        widths[i] = i % 2 == 0 ? 300 : 90;
        mask[i] = i % 5 != 0;
    }
    kerb_kernel k = KERB_KERNEL_QUARTIC;
    for (int threads = 1; threads <= 3; threads += 2) {
        kerb_ctx_set_threads(ctx, threads);
        assert_int_equal(kerb_edge_mass_points(ctx, w, k, 300, N, x, y, NULL, again), KERB_OK);
        if (threads > 1)
            assert_memory_equal(again, at_points, sizeof again);
        memcpy(at_points, again, sizeof again);
        assert_int_equal(kerb_edge_mass_rows(ctx, w, k, 300, &spec, 0, ROWS, NULL, in_rows),
                         KERB_OK);
        assert_memory_equal(in_rows, at_points, sizeof in_rows);
        for (size_t row = 0; row < ROWS; row += 7)
            assert_int_equal(kerb_edge_mass_rows(ctx, w, k, 300, &spec, row,
                                                 row + 7 < ROWS ? 7 : ROWS - row,
                                                 mask + row * COLS, in_bands + row * COLS),
                             KERB_OK);
        for (size_t i = 0; i < N; i++)
            if (mask[i])
                assert_near_ulps(in_bands[i], in_rows[i], 0);
            else
                assert_true(isnan(in_bands[i]));
    }
    assert_int_equal(kerb_edge_mass_points(ctx, w, k, 300, N, x, y, widths, again), KERB_OK);
    for (size_t i = 0; i < N; i++)
        assert_near_ulps(again[i], kerb_edge_mass(w, k, widths[i], x[i], y[i]), 0);
    kerb_edge_window_free(w);
}

static void edge__refuses_bad_arguments(void **state)
{
    (void)state;
    figure box = make_box(0, 0, 10, 10);
    kerb_edge_window *w = new_window(&box);
    kerb_grid_spec spec = {0, 10, 1, 10, 10};
    double x = 5, bad = -1, mass = 0, *none = NULL;
    assert_int_equal(
        kerb_edge_mass_points(ctx, w, KERB_KERNEL_COUNT, 3, 1, &x, &x, none, &mass),
        KERB_ERR_ARG);
    for (int i = 0; i < 3; i++)
        assert_int_equal(kerb_edge_mass_points(ctx, w, KERB_KERNEL_UNIFORM,
                                               i == 0   ? 0
                                               : i == 1 ? (double)NAN
                                                        : HUGE_VAL,
                                               1, &x, &x, none, &mass),
                         KERB_ERR_RANGE);
    assert_int_equal(
        kerb_edge_mass_points(ctx, w, KERB_KERNEL_UNIFORM, 3, 1, &x, &x, &bad, &mass),
        KERB_ERR_RANGE);
    assert_int_equal(
        kerb_edge_mass_rows(ctx, w, KERB_KERNEL_UNIFORM, 3, &spec, 4, 7, NULL, &mass),
        KERB_ERR_ARG);
    assert_true(isnan(kerb_edge_mass(w, KERB_KERNEL_UNIFORM, 3, (double)NAN, 5)));
    kerb_edge_window_free(w);
}

static kerb_status make_and_free(kerb_ctx *context, void *user)
{
    kerb_edge_window *w = NULL;
    const kerb_areas_set *set = user;
    kerb_status status = kerb_edge_window_new(context, set, NULL, &w);
    kerb_edge_window_free(w);
    return status;
}

static void edge__survives_every_failed_allocation(void **state)
{
    (void)state;
    figure star = make_star(300, 0, 0, 100, 1);
    kerb_areas_set *set = new_set(&star);
    assert_true(failing_allocator_walk(make_and_free, set) > 5);
    kerb_areas_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edge__straight_border_has_half_and_corner_a_quarter),
        cmocka_unit_test(edge__vertices_have_the_share_of_their_angle),
        cmocka_unit_test(edge__uniform_kernel_has_the_area_of_the_disc_inside),
        cmocka_unit_test(edge__compact_kernels_beside_a_straight_border),
        cmocka_unit_test(edge__gaussian_on_a_rectangle_is_a_product),
        cmocka_unit_test(edge__is_the_integral_along_rays),
        cmocka_unit_test(edge__window_and_complement_make_the_whole),
        cmocka_unit_test(edge__exclusion_across_the_border_is_cut_out),
        cmocka_unit_test(edge__areas_that_overlap_count_once),
        cmocka_unit_test(edge__turning_and_mirroring_change_nothing),
        cmocka_unit_test(edge__points_put_on_edges_change_nothing),
        cmocka_unit_test(edge__tiny_edges_and_spikes_keep_the_complement),
        cmocka_unit_test(edge__points_and_rows_are_the_same_for_any_threads_and_bands),
        cmocka_unit_test(edge__refuses_bad_arguments),
        cmocka_unit_test(edge__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
