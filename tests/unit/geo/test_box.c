/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Boxes: the laws of the empty one, and closed borders.
 */
#include "kerb_geo.h"

#include "near.h"

static const kerb_box UNIT = {.xmin = 0.0, .ymin = 0.0, .xmax = 1.0, .ymax = 2.0};

static void assert_same_box(kerb_box got, kerb_box want)
{
    assert_near_abs(got.xmin, want.xmin, 0.0);
    assert_near_abs(got.ymin, want.ymin, 0.0);
    assert_near_abs(got.xmax, want.xmax, 0.0);
    assert_near_abs(got.ymax, want.ymax, 0.0);
}

static void box__empty_is_the_neutral_element_of_union(void **state)
{
    (void)state;
    kerb_box empty = kerb_box_make_empty();
    assert_true(kerb_box_is_empty(empty));
    assert_true(kerb_box_is_empty(kerb_box_make_union(empty, empty)));
    assert_same_box(kerb_box_make_union(empty, UNIT), UNIT);
    assert_same_box(kerb_box_make_union(UNIT, empty), UNIT);
}

static void box__union_holds_both(void **state)
{
    (void)state;
    kerb_box other = {.xmin = -3.0, .ymin = 1.0, .xmax = 0.5, .ymax = 7.0};
    kerb_box want = {.xmin = -3.0, .ymin = 0.0, .xmax = 1.0, .ymax = 7.0};
    assert_same_box(kerb_box_make_union(UNIT, other), want);
    assert_same_box(kerb_box_make_union(other, UNIT), want);
}

static void box__growing_an_empty_box_leaves_it_empty(void **state)
{
    (void)state;
    assert_true(kerb_box_is_empty(kerb_box_make_grown(kerb_box_make_empty(), 1e9)));
    kerb_box small = {.xmin = 1.0, .ymin = 0.0, .xmax = 0.0, .ymax = 1.0};
    assert_true(kerb_box_is_empty(kerb_box_make_grown(small, 10.0)));
}

static void box__growing_moves_every_side(void **state)
{
    (void)state;
    kerb_box want = {.xmin = -0.5, .ymin = -0.5, .xmax = 1.5, .ymax = 2.5};
    assert_same_box(kerb_box_make_grown(UNIT, 0.5), want);
    assert_true(kerb_box_is_empty(kerb_box_make_grown(UNIT, -0.75)));
}

static void box__borders_belong_to_it(void **state)
{
    (void)state;
    assert_true(kerb_box_contains(UNIT, 0.0, 0.0));
    assert_true(kerb_box_contains(UNIT, 1.0, 2.0));
    assert_false(kerb_box_contains(UNIT, nextafter(1.0, 2.0), 1.0));
    assert_false(kerb_box_contains(UNIT, 0.5, -DBL_MIN));
    kerb_box point = {.xmin = 3.0, .ymin = 4.0, .xmax = 3.0, .ymax = 4.0};
    assert_false(kerb_box_is_empty(point));
    assert_true(kerb_box_contains(point, 3.0, 4.0));
}

static void box__holds_no_nan(void **state)
{
    (void)state;
    assert_false(kerb_box_contains(UNIT, (double)NAN, 1.0));
    assert_false(kerb_box_contains(UNIT, 0.5, (double)NAN));
    kerb_box broken = UNIT;
    broken.ymax = (double)NAN;
    assert_true(kerb_box_is_empty(broken));
    assert_false(kerb_box_contains(kerb_box_make_empty(), 0.0, 0.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(box__empty_is_the_neutral_element_of_union),
        cmocka_unit_test(box__union_holds_both),
        cmocka_unit_test(box__growing_an_empty_box_leaves_it_empty),
        cmocka_unit_test(box__growing_moves_every_side),
        cmocka_unit_test(box__borders_belong_to_it),
        cmocka_unit_test(box__holds_no_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
