/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Repair, union and difference: areas worked out by hand, and everything that comes out valid
 * in the eyes of GEOS.
 */
#include "geos_oracle.h"

static void assert_all_valid(const kerb_areas_set *set)
{
    for (size_t i = 0; i < kerb_areas_set_count(set); i++) {
        geos_area area = geos_open(ctx, geos, set, i);
        assert_int_equal(GEOSisValid_r(geos, area.geometry), 1);
        assert_near_rel(kerb_areas_set_area_m2(set, i), geos_measure(geos, area.geometry),
                        1e-12);
        geos_close(geos, area);
    }
}

static void add_polygon(kerb_areas_set *set, size_t n_rings, const size_t *counts,
                        const double (*points)[2])
{
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, 3);
    shapes_put_u32(&wkb, (uint32_t)n_rings);
    for (size_t r = 0; r < n_rings; points += counts[r++])
        shapes_put_ring(&wkb, counts[r], points);
    if (kerb_areas_set_add_wkb(ctx, set, "x", "", wkb.bytes, wkb.n) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
}

static void repair__a_bow_tie_becomes_two_triangles(void **state)
{
    (void)state;
    static const double bow[][2] = {{0, 0}, {4, 4}, {4, 0}, {0, 4}, {0, 0}};
    const kerb_point same[] = {{0, 0}, {4, 4}, {4, 0}, {0, 4}};
    const size_t five = 5;
    kerb_areas_set *set = shapes_new_set(ctx);
    add_polygon(set, 1, &five, bow);
    shapes_add_ring(ctx, set, "again", 4, same);
    for (size_t i = 0; i < 2; i++) { /* two triangles of base 4 and height 2 */
        assert_near_abs(kerb_areas_set_area_m2(set, i), 8.0, 1e-12);
        assert_int_equal(kerb_areas_set_ring_count(set, i), 2);
        assert_true(kerb_areas_set_holds(set, i, 0.5, 2.0));
        assert_true(kerb_areas_set_holds(set, i, 2.0, 2.0));
        assert_false(kerb_areas_set_holds(set, i, 2.0, 0.5));
    }
    assert_int_equal(kerb_areas_set_repaired(set), 2);
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__a_ring_that_touches_itself_keeps_its_surface(void **state)
{
    (void)state;
    /* A square with a notch whose tip touches the bottom side: invalid as one ring, as in the
     * census polygons. The notch (base 4, height 4) is outside: 16 - 8. */
    static const double ring[][2] = {{0, 0}, {2, 0}, {4, 0}, {4, 4}, {2, 0}, {0, 4}, {0, 0}};
    const size_t seven = 7;
    kerb_areas_set *set = shapes_new_set(ctx);
    add_polygon(set, 1, &seven, ring);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 8.0, 1e-12);
    assert_int_equal(kerb_areas_set_repaired(set), 1);
    assert_true(kerb_areas_set_holds(set, 0, 2.0, 0.0));
    assert_false(kerb_areas_set_holds(set, 0, 2.0, 1.0));
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__a_hole_along_the_border_and_a_spike_are_no_trouble(void **state)
{
    (void)state;
    /* the hole shares a side with the outer ring; the outer ring has a spike out to (9, 2) */
    static const double rings[][2] = {{0, 0}, {4, 0}, {4, 2}, {9, 2}, {4, 2}, {4, 4}, {0, 4},
                                      {0, 0}, {0, 1}, {0, 3}, {1, 3}, {1, 1}, {0, 1}};
    const size_t counts[] = {8, 5};
    kerb_areas_set *set = shapes_new_set(ctx);
    add_polygon(set, 2, counts, rings);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 14.0, 1e-12);
    assert_near_abs(kerb_areas_set_box(set).xmax, 4.0, 0.0);
    assert_false(kerb_areas_set_holds(set, 0, 0.5, 2.0));
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__parts_of_one_area_that_overlap_are_united(void **state)
{
    (void)state;
    static const double a[][2] = {{0, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}};
    static const double b[][2] = {{2, 0}, {6, 0}, {6, 4}, {2, 4}, {2, 0}};
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, 6);
    shapes_put_u32(&wkb, 2);
    shapes_put_head(&wkb, 3);
    shapes_put_u32(&wkb, 1);
    shapes_put_ring(&wkb, 5, a);
    shapes_put_head(&wkb, 3);
    shapes_put_u32(&wkb, 1);
    shapes_put_ring(&wkb, 5, b);
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(kerb_areas_set_add_wkb(ctx, set, "x", "", wkb.bytes, wkb.n), KERB_OK);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 24.0, 1e-12);
    assert_true(kerb_areas_set_holds(set, 0, 3.0, 2.0));
    assert_int_equal(kerb_areas_set_repaired(set), 1);
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__rings_that_cross_are_even_odd(void **state)
{
    (void)state;
    /* the same two squares as rings: where both are, is outside */
    const kerb_point points[] = {{0, 0}, {4, 0}, {4, 4}, {0, 4},
                                 {2, 1}, {6, 1}, {6, 3}, {2, 3}};
    const size_t counts[] = {4, 4};
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "x", "", 2, counts, points), KERB_OK);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 16.0 + 8.0 - 2.0 * 4.0, 1e-12);
    assert_false(kerb_areas_set_holds(set, 0, 3.0, 2.0));
    assert_true(kerb_areas_set_holds(set, 0, 5.0, 2.0));
    assert_int_equal(kerb_areas_set_repaired(set), 1);
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__random_scrawls_come_out_valid(void **state)
{
    (void)state;
    uint64_t seed = 5;
    kerb_areas_set *set = shapes_new_set(ctx);
    for (int i = 0; i < 100; i++) {
        kerb_point points[24];
        const size_t counts[] = {12, 12};
        for (int k = 0; k < 24; k++) /* whole numbers: touching and running along is common */
            points[k] = (kerb_point){(double)(shapes_random(&seed) % 8),
                                     (double)(shapes_random(&seed) % 8)};
        kerb_status status = kerb_areas_set_add_rings(ctx, set, "x", "", 2, counts, points);
        if (status != KERB_OK && status != KERB_ERR_FORMAT)
            fail_msg("%s", kerb_ctx_message(ctx));
    }
    assert_true(kerb_areas_set_count(set) > 95);
    assert_true(kerb_areas_set_repaired(set) > 95);
    assert_all_valid(set);
    kerb_areas_set_free(set);
}

static void repair__shapes_that_are_valid_keep_every_bit(void **state)
{
    (void)state;
    uint64_t seed = 9;
    kerb_areas_set *set = shapes_new_set(ctx);
    kerb_point star[40];
    shapes_make_star(&seed, (kerb_point){485900.1, 308700.7}, 10.0, 500.0, 40, star);
    shapes_add_ring(ctx, set, "star", 40, star);
    size_t n;
    const kerb_point *ring = kerb_areas_set_ring(set, 0, 0, &n, NULL);
    assert_int_equal(n, 41);
    assert_memory_equal(ring, star, sizeof star);
    kerb_areas_set_free(set);
}

static void dissolve__neighbours_become_one_area(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx), *all = NULL;
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            if (i == 2 && j == 2)
                continue; /* a lake in the middle */
            shapes_add_box(ctx, set, "cell", i, j, i + 1, j + 1);
        }
    }
    shapes_add_box(ctx, set, "overlap", 0, 0, 2, 2); /* counted once */
    assert_int_equal(kerb_areas_set_dissolve(ctx, set, NULL, &all), KERB_OK);
    assert_int_equal(kerb_areas_set_count(all), 1);
    assert_string_equal(kerb_areas_set_id(all, 0), "all");
    assert_near_abs(kerb_areas_set_area_m2(all, 0), 24.0, 1e-12);
    assert_int_equal(kerb_areas_set_ring_count(all, 0), 2);
    assert_false(kerb_areas_set_holds(all, 0, 2.5, 2.5));
    assert_true(kerb_areas_set_holds(all, 0, 1.0, 1.0));
    assert_int_equal(kerb_areas_set_repaired(all), 0);
    assert_all_valid(all);
    kerb_areas_set_free(all);
    kerb_areas_set_free(set);
}

static void dissolve__takes_holes_away(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx), *holes = shapes_new_set(ctx), *rest = NULL;
    kerb_areas_set *no_holes = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "W", 0, 0, 10, 10);
    shapes_add_box(ctx, holes, "prison", 2, 2, 4, 4);
    shapes_add_box(ctx, holes, "edge", 9, 0, 20, 1);
    assert_int_equal(kerb_areas_set_dissolve(ctx, set, holes, &rest), KERB_OK);
    assert_near_abs(kerb_areas_set_area_m2(rest, 0), 100.0 - 4.0 - 1.0, 1e-12);
    assert_string_equal(kerb_areas_set_id(rest, 0), "W");
    assert_string_equal(kerb_areas_set_name(rest, 0), "W");
    assert_false(kerb_areas_set_holds(rest, 0, 3.0, 3.0));
    assert_true(kerb_areas_set_holds(rest, 0, 2.0, 3.0)); /* the hole's border stays */
    assert_all_valid(rest);
    kerb_areas_set_free(rest);
    rest = NULL;
    assert_int_equal(kerb_areas_set_dissolve(ctx, set, no_holes, &rest), KERB_OK);
    assert_near_abs(kerb_areas_set_area_m2(rest, 0), 100.0, 0.0);
    kerb_areas_set_free(rest);
    kerb_areas_set_free(no_holes);
    kerb_areas_set_free(holes);
    kerb_areas_set_free(set);
}

static void dissolve__of_nothing_or_all_taken_away_is_empty(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx), *holes = shapes_new_set(ctx), *rest = NULL;
    assert_int_equal(kerb_areas_set_dissolve(ctx, set, holes, &rest), KERB_OK);
    assert_int_equal(kerb_areas_set_count(rest), 0);
    kerb_areas_set_free(rest);
    shapes_add_box(ctx, set, "a", 0, 0, 1, 1);
    shapes_add_box(ctx, holes, "b", -1, -1, 2, 2);
    assert_int_equal(kerb_areas_set_dissolve(ctx, set, holes, &rest), KERB_OK);
    assert_int_equal(kerb_areas_set_count(rest), 0);
    kerb_areas_set_free(rest);
    kerb_areas_set_free(holes);
    kerb_areas_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repair__a_bow_tie_becomes_two_triangles),
        cmocka_unit_test(repair__a_ring_that_touches_itself_keeps_its_surface),
        cmocka_unit_test(repair__a_hole_along_the_border_and_a_spike_are_no_trouble),
        cmocka_unit_test(repair__parts_of_one_area_that_overlap_are_united),
        cmocka_unit_test(repair__rings_that_cross_are_even_odd),
        cmocka_unit_test(repair__random_scrawls_come_out_valid),
        cmocka_unit_test(repair__shapes_that_are_valid_keep_every_bit),
        cmocka_unit_test(dissolve__neighbours_become_one_area),
        cmocka_unit_test(dissolve__takes_holes_away),
        cmocka_unit_test(dissolve__of_nothing_or_all_taken_away_is_empty),
    };
    return cmocka_run_group_tests(tests, make_context_and_geos, free_context_and_geos);
}
