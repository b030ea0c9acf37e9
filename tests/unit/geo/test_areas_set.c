/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set: order, ids, residents by year, areas worked out by hand, orientation, transforming.
 */
#include "geo_shapes.h"

#include "failing_allocator.h"

#include "test_context.h"

static void areas_set__is_empty_at_first(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(kerb_areas_set_count(set), 0);
    assert_int_equal(kerb_areas_set_find_id(set, "A"), 0);
    assert_int_equal(kerb_areas_set_find_id(set, ""), 0);
    assert_int_equal(kerb_areas_set_locate(set, 0.0, 0.0), 0);
    assert_true(kerb_box_is_empty(kerb_areas_set_box(set)));
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, 0.0, 0.0), 0);
    kerb_areas_set_free(set);
    kerb_areas_set_free(NULL);
}

static void areas_set__keeps_order_ids_and_names(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    const kerb_point square[] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    const size_t n = 4;
    char id[16];
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "E%03d", 299 - i);
        assert_int_equal(kerb_areas_set_add_rings(ctx, set, id, i == 7 ? NULL : "Ward \xc3\xa9",
                                                  1, &n, square),
                         KERB_OK);
    }
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, NULL, "no id", 1, &n, square), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "E005", "twice", 1, &n, square),
                     KERB_OK);
    assert_int_equal(kerb_areas_set_count(set), 302);
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "E%03d", 299 - i);
        assert_string_equal(kerb_areas_set_id(set, (size_t)i), id);
        assert_int_equal(kerb_areas_set_find_id(set, id), i); /* the first of two, too */
    }
    assert_string_equal(kerb_areas_set_name(set, 0), "Ward \xc3\xa9");
    assert_string_equal(kerb_areas_set_name(set, 7), "");
    assert_string_equal(kerb_areas_set_id(set, 300), "");
    assert_int_equal(kerb_areas_set_find_id(set, ""), 300);
    assert_int_equal(kerb_areas_set_find_id(set, "E300"), 302);
    assert_int_equal(kerb_areas_set_find_id(set, "E00"), 302);
    kerb_areas_set_free(set);
}

static void areas_set__areas_are_right_far_from_the_origin(void **state)
{
    (void)state;
    /* A triangle of 3 x 4 m half a million metres out: 6 m2, exactly. Products of whole
     * coordinates would carry an error of 1e-5 m2. */
    kerb_areas_set *set = shapes_new_set(ctx);
    const double ox = 485900.125, oy = 5308700.25;
    const kerb_point triangle[] = {{ox, oy}, {ox + 3.0, oy}, {ox, oy + 4.0}};
    shapes_add_ring(ctx, set, "t", 3, triangle);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 6.0, 0.0);
    kerb_areas_set_free(set);
}

static void areas_set__rings_are_closed_and_turn_after_rfc_7946(void **state)
{
    (void)state;
    /* outer clockwise and open, hole anticlockwise and closed: both the wrong way */
    const kerb_point points[] = {{0, 0}, {0, 6}, {6, 6}, {6, 0}, {2, 2},
                                 {4, 2}, {4, 4}, {2, 4}, {2, 2}};
    const size_t counts[] = {4, 5};
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "a", "", 2, counts, points), KERB_OK);
    assert_int_equal(kerb_areas_set_repaired(set), 0);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 32.0, 0.0);
    assert_int_equal(kerb_areas_set_ring_count(set, 0), 2);
    for (size_t r = 0; r < 2; r++) {
        size_t n;
        bool is_hole;
        const kerb_point *ring = kerb_areas_set_ring(set, 0, r, &n, &is_hole);
        double twice = 0.0;
        assert_int_equal(n, 5);
        assert_int_equal(is_hole, r == 1);
        assert_near_abs(ring[0].x, ring[4].x, 0.0);
        assert_near_abs(ring[0].y, ring[4].y, 0.0);
        for (size_t k = 0; k < 4; k++)
            twice += ring[k].x * ring[k + 1].y - ring[k + 1].x * ring[k].y;
        assert_true(r == 0 ? twice > 0.0 : twice < 0.0);
    }
    kerb_areas_set_free(set);
}

static void areas_set__rings_nest_whatever_their_order(void **state)
{
    (void)state;
    /* four squares in one another, given from the inside out: island, lake, island, lake's
     * shore */
    const double sides[] = {1.0, 2.0, 3.0, 4.0, 9.0};
    const size_t counts[] = {4, 4, 4, 4, 4};
    kerb_point points[20];
    for (size_t r = 0; r < 5; r++) {
        double s = sides[r], x = r == 4 ? 100.0 : 0.0; /* the last one far away */
        const kerb_point square[] = {{x - s, -s}, {x + s, -s}, {x + s, s}, {x - s, s}};
        memcpy(points + 4 * r, square, sizeof square);
    }
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "a", "", 5, counts, points), KERB_OK);
    /* 8^2 - 6^2 + 4^2 - 2^2 + 18^2 */
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 64.0 - 36.0 + 16.0 - 4.0 + 324.0, 0.0);
    assert_int_equal(kerb_areas_set_repaired(set), 0);
    assert_false(kerb_areas_set_holds(set, 0, 0.5, 0.0));
    assert_true(kerb_areas_set_holds(set, 0, 1.5, 0.0));
    assert_false(kerb_areas_set_holds(set, 0, 2.5, 0.0));
    assert_true(kerb_areas_set_holds(set, 0, 3.5, 0.0));
    assert_true(kerb_areas_set_holds(set, 0, 95.0, 0.0));
    /* each hole follows its own outer ring */
    bool previous_is_hole = true, is_hole;
    size_t n, n_holes = 0;
    for (size_t r = 0; r < 5; r++) {
        kerb_areas_set_ring(set, 0, r, &n, &is_hole);
        assert_false(is_hole && previous_is_hole);
        n_holes += is_hole;
        previous_is_hole = is_hole;
    }
    assert_int_equal(n_holes, 2);
    kerb_areas_set_free(set);
}

static void areas_set__refuses_bad_rings_and_stays_as_it_was(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "good", 0, 0, 1, 1);
    const kerb_point nan_ring[] = {{0, 0}, {1, (double)NAN}, {1, 1}};
    const kerb_point line[] = {{0, 0}, {1, 1}, {2, 2}, {0, 0}};
    const size_t three = 3, four = 4, zero = 0;
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "bad", "", 1, &three, nan_ring),
                     KERB_ERR_FORMAT);
    assert_non_null(strstr(kerb_ctx_message(ctx), "area bad: "));
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "bad", "", 1, &four, line),
                     KERB_ERR_FORMAT);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "bad", "", 1, &zero, line),
                     KERB_ERR_FORMAT);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "bad", "", 0, NULL, NULL),
                     KERB_ERR_FORMAT);
    assert_int_equal(kerb_areas_set_count(set), 1);
    assert_int_equal(kerb_areas_set_find_id(set, "bad"), 1);
    kerb_areas_set_free(set);
}

static void areas_set__residents_come_by_the_nearest_year(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", 0, 0, 1, 1);
    shapes_add_box(ctx, set, "b", 2, 0, 3, 1);
    int used = -1;
    assert_true(isnan(kerb_areas_set_population(set, 0, 2020, &used)));
    assert_int_equal(used, 0);
    static const int years[] = {2021, 2011, 2015};
    static const double people[] = {1500.0, 1300.0, 1400.0};
    for (int k = 0; k < 3; k++)
        assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, years[k], people[k]),
                         KERB_OK);
    static const struct {
        int year, used;
        double people;
    } cases[] = {{2015, 2015, 1400.0}, {2018, 2015, 1400.0} /* as near to 2021: the earlier */,
                 {2019, 2021, 1500.0}, {1990, 2011, 1300.0},
                 {2050, 2021, 1500.0}, {2013, 2011, 1300.0},
                 {0, 2021, 1500.0} /* no year asked for: the latest */};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        assert_near_abs(kerb_areas_set_population(set, 0, cases[k].year, &used),
                        cases[k].people, 0.0);
        assert_int_equal(used, cases[k].used);
    }
    const int *got_years;
    const double *got_people;
    assert_int_equal(kerb_areas_set_populations(set, 0, &got_years, &got_people), 3);
    assert_int_equal(got_years[0], 2011);
    assert_int_equal(got_years[2], 2021);
    assert_near_abs(got_people[1], 1400.0, 0.0);
    /* a later figure for the same year takes its place */
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2015, 1401.0), KERB_OK);
    assert_int_equal(kerb_areas_set_populations(set, 0, &got_years, &got_people), 3);
    assert_near_abs(kerb_areas_set_population(set, 0, 2015, NULL), 1401.0, 0.0);
    /* the year is not known: it is used for all of them */
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 1, 0, 9.0), KERB_OK);
    assert_near_abs(kerb_areas_set_population(set, 1, 2020, &used), 9.0, 0.0);
    assert_int_equal(used, 0);
    kerb_areas_set_free(set);
}

static void areas_set__refuses_residents_that_are_no_count(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", 0, 0, 1, 1);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2020, -1.0), KERB_ERR_RANGE);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2020, (double)NAN),
                     KERB_ERR_RANGE);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 1, 2020, 1.0), KERB_ERR_ARG);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2020, 0.0), KERB_OK);
    assert_near_abs(kerb_areas_set_population(set, 0, 2020, NULL), 0.0, 0.0);
    kerb_areas_set_free(set);
}

static void areas_set__boxes_are_those_of_the_corners(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", -5, 1, 2, 3);
    shapes_add_box(ctx, set, "b", 10, -7, 12, 0);
    kerb_box all = kerb_areas_set_box(set), b = kerb_areas_set_box_of(set, 1);
    assert_near_abs(all.xmin, -5.0, 0.0);
    assert_near_abs(all.ymin, -7.0, 0.0);
    assert_near_abs(all.xmax, 12.0, 0.0);
    assert_near_abs(all.ymax, 3.0, 0.0);
    assert_near_abs(b.xmin, 10.0, 0.0);
    assert_near_abs(b.ymax, 0.0, 0.0);
    kerb_areas_set_free(set);
}

static void areas_set__a_copy_of_one_area_has_all_of_it(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx), *copy = NULL;
    shapes_add_box(ctx, set, "a", 0, 0, 1, 1);
    shapes_add_box(ctx, set, "b", 2, 0, 5, 4);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 1, 2011, 70.0), KERB_OK);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 1, 2021, 80.0), KERB_OK);
    assert_int_equal(kerb_areas_set_copy_one(ctx, set, 1, &copy), KERB_OK);
    kerb_areas_set_free(set);
    assert_int_equal(kerb_areas_set_count(copy), 1);
    assert_string_equal(kerb_areas_set_id(copy, 0), "b");
    assert_string_equal(kerb_areas_set_name(copy, 0), "b");
    assert_near_abs(kerb_areas_set_area_m2(copy, 0), 12.0, 0.0);
    assert_near_abs(kerb_areas_set_population(copy, 0, 2011, NULL), 70.0, 0.0);
    kerb_areas_set *none = NULL;
    assert_int_equal(kerb_areas_set_copy_one(ctx, copy, 1, &none), KERB_ERR_ARG);
    assert_null(none);
    kerb_areas_set_free(copy);
}

static kerb_transform *open_transform(const char *from, const char *to)
{
    kerb_crs *source = NULL, *target = NULL;
    kerb_transform *transform = NULL;
    assert_int_equal(kerb_crs_new(ctx, from, &source), KERB_OK);
    assert_int_equal(kerb_crs_new(ctx, to, &target), KERB_OK);
    assert_int_equal(kerb_transform_new(ctx, source, target, NULL, &transform), KERB_OK);
    kerb_crs_free(target);
    kerb_crs_free(source);
    return transform;
}

static void areas_set__transforming_moves_corners_boxes_areas_and_index(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", -1.2, 52.6, -1.1, 52.7);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2021, 5.0), KERB_OK);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, -1.15, 52.65), 0);
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700");
    assert_int_equal(kerb_areas_set_transform(ctx, set, transform), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, -1.15, 52.65), 1);
    double x = -1.15, y = 52.65;
    kerb_transform_points(transform, 1, &x, &y);
    assert_int_equal(kerb_areas_set_locate(set, x, y), 0);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    assert_int_equal(kerb_areas_set_locate(set, x, y), 0);
    /* 0.1 degrees by 0.1 degrees at 52.65 N on a sphere of 6371 km: 75 km2; 1 % for the rest */
    double degree_m = 6371000.0 * 3.141592653589793 / 180.0;
    assert_near_rel(kerb_areas_set_area_m2(set, 0),
                    0.01 * degree_m * degree_m * cos(52.65 * 3.141592653589793 / 180.0), 0.01);
    assert_near_abs(kerb_areas_set_population(set, 0, 2021, NULL), 5.0, 0.0);
    assert_string_equal(kerb_areas_set_id(set, 0), "a");
    assert_int_equal(kerb_areas_set_find_id(set, "a"), 0);
    kerb_transform_free(transform);
    kerb_areas_set_free(set);
}

static void areas_set__a_corner_without_a_place_leaves_the_set_as_it_was(void **state)
{
    (void)state;
    kerb_areas_set *set = shapes_new_set(ctx);
    shapes_add_box(ctx, set, "a", -1.2, 52.6, -1.1, 52.7);
    shapes_add_box(ctx, set, "b", 0.0, 80.0, 1.0, 100.0); /* no such latitude */
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700");
    assert_int_equal(kerb_areas_set_transform(ctx, set, transform), KERB_ERR_CRS);
    assert_non_null(strstr(kerb_ctx_message(ctx), "area b: corner ("));
    assert_near_abs(kerb_areas_set_box_of(set, 0).xmin, -1.2, 0.0);
    assert_int_equal(kerb_areas_set_count(set), 2);
    kerb_transform_free(transform);
    kerb_areas_set_free(set);
}

static kerb_status try_everything(kerb_ctx *own, void *user)
{
    const kerb_transform *transform = user;
    const kerb_point points[] = {{-2, 52},     {-1, 52},     {-1, 53},    {-2, 53},
                                 {-1.7, 52.3}, {-1.3, 52.3}, {-1.3, 52.7}};
    const size_t counts[] = {4, 3};
    const kerb_point bow[] = {{0, 50}, {1, 51}, {1, 50}, {0, 51}};
    const size_t four = 4;
    kerb_areas_set *set = NULL, *one = NULL, *all = NULL;
    kerb_status status = kerb_areas_set_new(own, &set);
    if (status == KERB_OK)
        status = kerb_areas_set_add_rings(own, set, "a", "A", 2, counts, points);
    if (status == KERB_OK)
        status = kerb_areas_set_add_rings(own, set, "b", "B", 1, &four, bow);
    for (int year = 2010; year < 2013 && status == KERB_OK; year++)
        status = kerb_areas_set_add_population(own, set, 0, year, 1.0);
    if (status == KERB_OK)
        status = kerb_areas_set_copy_one(own, set, 0, &one);
    if (status == KERB_OK)
        status = kerb_areas_set_index(own, set);
    if (status == KERB_OK)
        status = kerb_areas_set_dissolve(own, set, one, &all);
    if (status == KERB_OK)
        status = kerb_areas_set_transform(own, set, transform);
    kerb_areas_set_free(all);
    kerb_areas_set_free(one);
    kerb_areas_set_free(set);
    return status;
}

static void areas_set__survives_every_allocation_that_fails(void **state)
{
    (void)state;
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700");
    assert_true(failing_allocator_walk(try_everything, transform) > 50);
    kerb_transform_free(transform);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_set__is_empty_at_first),
        cmocka_unit_test(areas_set__keeps_order_ids_and_names),
        cmocka_unit_test(areas_set__areas_are_right_far_from_the_origin),
        cmocka_unit_test(areas_set__rings_are_closed_and_turn_after_rfc_7946),
        cmocka_unit_test(areas_set__rings_nest_whatever_their_order),
        cmocka_unit_test(areas_set__refuses_bad_rings_and_stays_as_it_was),
        cmocka_unit_test(areas_set__residents_come_by_the_nearest_year),
        cmocka_unit_test(areas_set__refuses_residents_that_are_no_count),
        cmocka_unit_test(areas_set__boxes_are_those_of_the_corners),
        cmocka_unit_test(areas_set__a_copy_of_one_area_has_all_of_it),
        cmocka_unit_test(areas_set__transforming_moves_corners_boxes_areas_and_index),
        cmocka_unit_test(areas_set__a_corner_without_a_place_leaves_the_set_as_it_was),
        cmocka_unit_test(areas_set__survives_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
