/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which area has a point: pictures of small shapes, GEOS as a second opinion on random ones,
 * and the border rule where areas meet.
 */
#include "geos_oracle.h"

#include "geo_internal.h"
#include "grid_text.h"

#include <pthread.h>

/* ---------------------------------------------------------------- pictures */

/* 7 x 7 points at whole numbers, (0, 6) at the top left: 1 inside, 2 on the border. The index
 * must give the same picture without telling inside from border. */
static void check_picture(size_t n_rings, const size_t *counts, const kerb_point *points,
                          const char *want)
{
    kerb_areas_set *set = shapes_new_set(ctx);
    if (kerb_areas_set_add_rings(ctx, set, "x", "", n_rings, counts, points) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    double places[49];
    for (int row = 0; row < 7; row++) {
        for (int col = 0; col < 7; col++) {
            kerb_point p = {.x = col, .y = 6 - row};
            places[7 * row + col] = (double)kerb_geo__place_in_rings(
                set->all.points, set->all.rings, set->all.n_rings, p);
        }
    }
    assert_grid_text(places, 7, 7, 0, want);
    for (int with_index = 0; with_index < 2; with_index++) {
        for (int i = 0; i < 49; i++) {
            bool is_held = places[i] > 0.0;
            assert_int_equal(kerb_areas_set_holds(set, 0, i % 7, 6 - i / 7), is_held);
            assert_int_equal(kerb_areas_set_locate(set, i % 7, 6 - i / 7), is_held ? 0 : 1);
        }
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    }
    kerb_areas_set_free(set);
}

static void locate__a_square_with_a_hole(void **state)
{
    (void)state;
    const kerb_point points[] = {{0, 0}, {6, 0}, {6, 6}, {0, 6},
                                 {2, 2}, {4, 2}, {4, 4}, {2, 4}};
    const size_t counts[] = {4, 4};
    check_picture(2, counts, points,
                  "2 2 2 2 2 2 2\n"
                  "2 1 1 1 1 1 2\n"
                  "2 1 2 2 2 1 2\n"
                  "2 1 2 . 2 1 2\n"
                  "2 1 2 2 2 1 2\n"
                  "2 1 1 1 1 1 2\n"
                  "2 2 2 2 2 2 2");
}

static void locate__a_triangle(void **state)
{
    (void)state;
    const kerb_point points[] = {{0, 0}, {6, 3}, {0, 6}};
    const size_t counts[] = {3};
    check_picture(1, counts, points,
                  "2 . . . . . .\n"
                  "2 1 2 . . . .\n"
                  "2 1 1 1 2 . .\n"
                  "2 1 1 1 1 1 2\n"
                  "2 1 1 1 2 . .\n"
                  "2 1 2 . . . .\n"
                  "2 . . . . . .");
}

static void locate__corners_level_with_the_point_are_counted_once(void **state)
{
    (void)state;
    /* teeth up and down: the ray from a point meets corners of every kind */
    const kerb_point points[] = {{0, 0}, {2, 3}, {3, 0}, {4, 3}, {6, 0},
                                 {6, 6}, {5, 3}, {4, 6}, {2, 3}, {0, 6}};
    const size_t counts[] = {10};
    /* touches itself at (2, 3): repaired into two parts that meet there */
    check_picture(1, counts, points,
                  "2 . . . 2 . 2\n"
                  "2 . . . 1 . 2\n"
                  "2 1 . 1 1 . 2\n"
                  "2 1 2 1 2 2 2\n"
                  "2 1 . 1 . 1 2\n"
                  "2 . . 1 . . 2\n"
                  "2 . . 2 . . 2");
}

static void locate__two_parts_and_an_island_in_a_hole(void **state)
{
    (void)state;
    const kerb_point points[] = {{0, 0}, {4, 0}, {4, 4}, {0, 4}, {1, 1}, {3, 1},
                                 {3, 3}, {1, 3}, {5, 5}, {6, 5}, {6, 6}};
    const size_t counts[] = {4, 4, 3};
    check_picture(3, counts, points,
                  ". . . . . . 2\n"
                  ". . . . . 2 2\n"
                  "2 2 2 2 2 . .\n"
                  "2 2 2 2 2 . .\n"
                  "2 2 . 2 2 . .\n"
                  "2 2 2 2 2 . .\n"
                  "2 2 2 2 2 . .");
}

/* ------------------------------------------------------------- second opinion */

/* Up to three stars with holes in one area, apart from one another. */
static void add_random_area(uint64_t *seed, kerb_areas_set *set, double x, double y)
{
    enum { N = 30 };
    kerb_point points[6 * N];
    size_t counts[6], n_rings = 0, n_parts = 1 + shapes_random(seed) % 3;
    for (size_t part = 0; part < n_parts; part++) {
        kerb_point centre = {.x = x + 250.0 * (double)part, .y = y};
        shapes_make_star(seed, centre, 40.0, 120.0, N, points + N * n_rings);
        counts[n_rings++] = N;
        if (shapes_random(seed) % 2 == 0) {
            shapes_make_star(seed, centre, 5.0, 35.0, N, points + N * n_rings);
            counts[n_rings++] = N;
        }
    }
    if (kerb_areas_set_add_rings(ctx, set, "x", "", n_rings, counts, points) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
}

/* Ask both about one point; GEOS has the first word about each area. */
static size_t ask_both(const kerb_areas_set *set, const geos_area *areas, kerb_point p)
{
    size_t n = kerb_areas_set_count(set), first = n;
    for (size_t i = 0; i < n; i++) {
        bool is_held = geos_holds(geos, areas[i], p);
        if (kerb_areas_set_holds(set, i, p.x, p.y) != is_held)
            fail_msg("area %zu, (%.17g, %.17g): GEOS says %d", i, p.x, p.y, is_held);
        if (is_held && first == n)
            first = i;
    }
    assert_int_equal(kerb_areas_set_locate(set, p.x, p.y), first);
    return first;
}

static void locate__agrees_with_geos_inside_outside_and_on_borders(void **state)
{
    (void)state;
    enum { N_AREAS = 24 };
    uint64_t seed = 17;
    kerb_areas_set *set = shapes_new_set(ctx);
    geos_area areas[N_AREAS];
    for (int i = 0; i < N_AREAS; i++) { /* they overlap, so that the order matters */
        add_random_area(&seed, set, 485900.0 + shapes_uniform(&seed, 0.0, 900.0),
                        308700.0 + shapes_uniform(&seed, 0.0, 900.0));
        areas[i] = geos_open(ctx, geos, set, (size_t)i);
    }
    assert_int_equal(kerb_areas_set_repaired(set), 0);
    kerb_box box = kerb_box_make_grown(kerb_areas_set_box(set), 20.0);
    for (int with_index = 0; with_index < 2; with_index++) {
        size_t n_in = 0, n_out = 0;
        for (int k = 0; k < 4000; k++) {
            kerb_point p = {.x = shapes_uniform(&seed, box.xmin, box.xmax),
                            .y = shapes_uniform(&seed, box.ymin, box.ymax)};
            bool is_in = ask_both(set, areas, p) < N_AREAS;
            n_in += is_in;
            n_out += !is_in;
        }
        assert_true(n_in > 1000 && n_out > 500);
        for (size_t i = 0; i < N_AREAS; i++) {
            for (size_t r = 0; r < kerb_areas_set_ring_count(set, i); r++) {
                size_t n;
                const kerb_point *ring = kerb_areas_set_ring(set, i, r, &n, NULL);
                for (size_t k = 0; k + 1 < n; k++) {
                    assert_true(kerb_areas_set_holds(set, i, ring[k].x, ring[k].y));
                    ask_both(set, areas, ring[k]);
                    kerb_point middle = {(ring[k].x + ring[k + 1].x) / 2.0,
                                         (ring[k].y + ring[k + 1].y) / 2.0};
                    ask_both(set, areas, middle);
                    kerb_point beside = {nextafter(middle.x, 1e9), middle.y};
                    ask_both(set, areas, beside);
                }
            }
        }
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    }
    for (int i = 0; i < N_AREAS; i++)
        geos_close(geos, areas[i]);
    kerb_areas_set_free(set);
}

/* ------------------------------------------------------------ the border rule */

/* A patchwork of n x n quadrangles with shaken corners, in Midland coordinates. Corners are
 * multiples of 1/64 m, so that middles of edges are numbers exactly. */
static kerb_areas_set *make_patchwork(int n, uint64_t seed, kerb_point *corners)
{
    kerb_areas_set *set = shapes_new_set(ctx);
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= n; j++)
            corners[i * (n + 1) + j] = (kerb_point){
                450000.0 + 100.0 * i + (double)(shapes_random(&seed) % 3000) / 64.0,
                300000.0 + 100.0 * j + (double)(shapes_random(&seed) % 3000) / 64.0};
    }
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            const kerb_point *low = corners + i * (n + 1) + j, *high = low + n + 1;
            const kerb_point ring[] = {low[0], high[0], high[1], low[1]};
            shapes_add_ring(ctx, set, "patch", 4, ring);
        }
    }
    return set;
}

static void locate__a_shared_border_belongs_to_the_first_area(void **state)
{
    (void)state;
    enum { N = 12 };
    kerb_point corners[(N + 1) * (N + 1)];
    kerb_areas_set *set = make_patchwork(N, 23, corners);
    for (int with_index = 0; with_index < 2; with_index++) {
        for (int i = 0; i < N; i++) {
            for (int j = 0; j < N; j++) {
                const kerb_point *low = corners + i * (N + 1) + j, *high = low + N + 1;
                size_t own = (size_t)(i * N + j);
                /* the corner is shared with patches before this one, in i and in j */
                size_t first = (size_t)((i > 0 ? i - 1 : 0) * N + (j > 0 ? j - 1 : 0));
                assert_int_equal(kerb_areas_set_locate(set, low[0].x, low[0].y), first);
                /* left side: shared with the column before; lower side: with the patch below */
                assert_int_equal(kerb_areas_set_locate(set, (low[0].x + low[1].x) / 2.0,
                                                       (low[0].y + low[1].y) / 2.0),
                                 i > 0 ? own - N : own);
                assert_int_equal(kerb_areas_set_locate(set, (low[0].x + high[0].x) / 2.0,
                                                       (low[0].y + high[0].y) / 2.0),
                                 j > 0 ? own - 1 : own);
                size_t n_holding = 0;
                for (size_t k = 0; k < N * N; k++)
                    n_holding += kerb_areas_set_holds(set, k, (low[0].x + high[0].x) / 2.0,
                                                      (low[0].y + high[0].y) / 2.0);
                assert_int_equal(n_holding, j > 0 ? 2 : 1);
            }
        }
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    }
    kerb_areas_set_free(set);
}

static void locate__every_point_of_a_patchwork_has_exactly_one_area(void **state)
{
    (void)state;
    enum { N = 12 };
    kerb_point corners[(N + 1) * (N + 1)];
    kerb_areas_set *set = make_patchwork(N, 29, corners);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    uint64_t seed = 31;
    for (int k = 0; k < 20000; k++) {
        /* corners are shaken by at most 47 m: these are well inside the whole */
        double x = shapes_uniform(&seed, 450050.0, 451200.0);
        double y = shapes_uniform(&seed, 300050.0, 301200.0);
        size_t n_holding = 0, first = N * N;
        for (size_t i = N * N; i-- > 0;) {
            if (kerb_areas_set_holds(set, i, x, y)) {
                n_holding++;
                first = i;
            }
        }
        assert_true(n_holding >= 1);
        assert_int_equal(kerb_areas_set_locate(set, x, y), first);
        if (n_holding > 1)
            print_message("a random point fell on a border\n");
    }
    kerb_areas_set_free(set);
}

static void locate__where_areas_overlap_the_first_has_the_point(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "ward", 2, 2, 4, 4);
    shapes_add_box(ctx, set, "district", 0, 0, 10, 10);
    shapes_add_box(ctx, set, "hidden", 6, 6, 8, 8); /* wholly in the district, after it */
    for (int with_index = 0; with_index < 2; with_index++) {
        assert_int_equal(kerb_areas_set_locate(set, 3, 3), 0);
        assert_int_equal(kerb_areas_set_locate(set, 2, 2), 0);
        assert_int_equal(kerb_areas_set_locate(set, 1, 1), 1);
        assert_int_equal(kerb_areas_set_locate(set, 7, 7), 1);
        assert_int_equal(kerb_areas_set_locate(set, 10, 10), 1);
        assert_int_equal(kerb_areas_set_locate(set, 10.000001, 10), 3);
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    }
    kerb_areas_set_free(set);
}

static void locate__adding_drops_the_index_and_nothing_else(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", 0, 0, 1, 1);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, 5.5, 0.5), 1);
    shapes_add_box(ctx, set, "b", 5, 0, 6, 1);
    assert_int_equal(kerb_areas_set_locate(set, 5.5, 0.5), 1);
    assert_int_equal(kerb_areas_set_locate(set, 0.5, 0.5), 0);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, 5.5, 0.5), 1);
    kerb_areas_set_free(set);
}

static void locate__what_is_no_place_is_in_no_area(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", -1e6, -1e6, 1e6, 1e6);
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e300};
    for (int with_index = 0; with_index < 2; with_index++) {
        for (size_t i = 0; i < 4; i++) {
            assert_int_equal(kerb_areas_set_locate(set, bad[i], 0.0), 1);
            assert_int_equal(kerb_areas_set_locate(set, 0.0, bad[i]), 1);
            assert_false(kerb_areas_set_holds(set, 0, bad[i], bad[i]));
        }
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    }
    kerb_areas_set_free(set);
}

/* -------------------------------------------------- where the index might fail */

static void compare_with_and_without_index(kerb_areas_set *set, uint64_t seed, size_t n_points)
{
    kerb_box box = kerb_areas_set_box(set);
    size_t n_corners = 0;
    for (size_t i = 0; i < kerb_areas_set_count(set); i++)
        for (size_t r = 0; r < kerb_areas_set_ring_count(set, i); r++) {
            size_t n;
            kerb_areas_set_ring(set, i, r, &n, NULL);
            n_corners += n;
        }
    kerb_point *points = calloc(n_points + n_corners, sizeof *points);
    size_t *want = calloc(n_points + n_corners, sizeof *want);
    assert_true(points != NULL && want != NULL);
    size_t n = 0;
    for (; n < n_points; n++)
        points[n] = (kerb_point){shapes_uniform(&seed, box.xmin, box.xmax),
                                 shapes_uniform(&seed, box.ymin, box.ymax)};
    for (size_t i = 0; i < kerb_areas_set_count(set); i++)
        for (size_t r = 0; r < kerb_areas_set_ring_count(set, i); r++) {
            size_t n_ring;
            const kerb_point *ring = kerb_areas_set_ring(set, i, r, &n_ring, NULL);
            memcpy(points + n, ring, n_ring * sizeof *ring);
            n += n_ring;
        }
    for (size_t k = 0; k < n; k++)
        want[k] = kerb_areas_set_locate(set, points[k].x, points[k].y);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    size_t n_found = 0;
    for (size_t k = 0; k < n; k++) {
        assert_int_equal(kerb_areas_set_locate(set, points[k].x, points[k].y), want[k]);
        n_found += want[k] < kerb_areas_set_count(set);
    }
    assert_true(n_found > 0);
    free(want);
    free(points);
}

static void index__a_comb_with_long_teeth(void **state)
{
    (void)state;
    enum { N_TEETH = 2000 };
    kerb_areas_set *set = shapes_new_set(ctx);
    kerb_point *points = calloc(2 * N_TEETH + 2, sizeof *points);
    assert_non_null(points);
    for (int k = 0; k < 2 * N_TEETH; k++)
        points[k] = (kerb_point){.x = k, .y = k % 2 == 0 ? 1.0 : 1000.0 + k % 7};
    points[2 * N_TEETH] = (kerb_point){2 * N_TEETH, 0.0};
    points[2 * N_TEETH + 1] = (kerb_point){-1.0, 0.0};
    shapes_add_ring(ctx, set, "comb", 2 * N_TEETH + 2, points);
    compare_with_and_without_index(set, 37, 3000);
    free(points);
    kerb_areas_set_free(set);
}

static void index__areas_thinner_and_smaller_than_the_numbers_around_them(void **state)
{
    (void)state;
    const double x = 485900.0, y = 308700.0,
                 step = 0x1p-34; /* one unit in the last place of x */
    kerb_areas_set *small = shapes_new_set(ctx), *thin = shapes_new_set(ctx);
    for (int i = 0; i < 20; i++) {
        shapes_add_box(ctx, small, "s", x + 16 * step * i, y, x + 16 * step * (i + 1),
                       y + 40 * step);
        shapes_add_box(ctx, thin, "t", x, y + step * 4 * i, x + 1e5, y + step * 4 * (i + 1));
    }
    compare_with_and_without_index(small, 41, 3000);
    compare_with_and_without_index(thin, 43, 3000);
    kerb_areas_set_free(thin);
    kerb_areas_set_free(small);
}

static void index__boxes_of_many_areas_on_one_another(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    for (int i = 0; i < 400; i++) { /* rings within rings, the smallest first */
        double s = 10.0 + i;
        shapes_add_box(ctx, set, "r", -s, -s, s, s);
    }
    compare_with_and_without_index(set, 47, 5000);
    kerb_areas_set_free(set);
}

static void index__one_far_island_among_small_areas(void **state)
{
    (void)state;
    enum { N = 8 };
    kerb_point corners[(N + 1) * (N + 1)];
    kerb_areas_set *set = make_patchwork(N, 53, corners);
    shapes_add_box(ctx, set, "far", -5e6, 9e6, -4.9e6, 9.1e6);
    compare_with_and_without_index(set, 59, 5000);
    kerb_areas_set_free(set);
}

typedef struct reader {
    const kerb_areas_set *set;
    uint64_t seed, sum;
} reader;

static void *read_set(void *user)
{
    reader *r = user;
    kerb_box box = kerb_areas_set_box(r->set);
    for (int k = 0; k < 20000; k++) {
        double x = shapes_uniform(&r->seed, box.xmin, box.xmax);
        double y = shapes_uniform(&r->seed, box.ymin, box.ymax);
        r->sum = r->sum * 31 + kerb_areas_set_locate(r->set, x, y);
    }
    return NULL;
}

static void index__many_threads_read_the_same(void **state)
{
    (void)state;
    enum { N = 12, N_THREADS = 4 };
    kerb_point corners[(N + 1) * (N + 1)];
    kerb_areas_set *set = make_patchwork(N, 61, corners);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    reader alone = {.set = set, .seed = 67};
    read_set(&alone);
    reader readers[N_THREADS];
    pthread_t threads[N_THREADS];
    for (int i = 0; i < N_THREADS; i++) {
        readers[i] = (reader){.set = set, .seed = 67};
        assert_int_equal(pthread_create(&threads[i], NULL, read_set, &readers[i]), 0);
    }
    for (int i = 0; i < N_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(readers[i].sum == alone.sum);
    }
    kerb_areas_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locate__a_square_with_a_hole),
        cmocka_unit_test(locate__a_triangle),
        cmocka_unit_test(locate__corners_level_with_the_point_are_counted_once),
        cmocka_unit_test(locate__two_parts_and_an_island_in_a_hole),
        cmocka_unit_test(locate__agrees_with_geos_inside_outside_and_on_borders),
        cmocka_unit_test(locate__a_shared_border_belongs_to_the_first_area),
        cmocka_unit_test(locate__every_point_of_a_patchwork_has_exactly_one_area),
        cmocka_unit_test(locate__where_areas_overlap_the_first_has_the_point),
        cmocka_unit_test(locate__adding_drops_the_index_and_nothing_else),
        cmocka_unit_test(locate__what_is_no_place_is_in_no_area),
        cmocka_unit_test(index__a_comb_with_long_teeth),
        cmocka_unit_test(index__areas_thinner_and_smaller_than_the_numbers_around_them),
        cmocka_unit_test(index__boxes_of_many_areas_on_one_another),
        cmocka_unit_test(index__one_far_island_among_small_areas),
        cmocka_unit_test(index__many_threads_read_the_same),
    };
    return cmocka_run_group_tests(tests, make_context_and_geos, free_context_and_geos);
}
