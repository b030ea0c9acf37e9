/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbering of places against the plain double loop, and failing memory. */

#include "areas_places.h"
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

static void areas_places__equal_coordinates_are_one_place_in_order_of_arrival(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    const double x[] = {5.0, 1.0, 5.0, (double)NAN, 1.0, 0.0, -0.0, 2.0};
    const double y[] = {6.0, 2.0, 6.0, 1.0, 2.0, -0.0, 0.0, (double)NAN};
    kerb_numbered_places places;
    assert_int_equal(kerb_numbered_places_make(ctx, 8, x, y, &places), KERB_OK);
    assert_int_equal(places.n, 3);
    const uint32_t want[] = {0, 1, 0, KERB_NO_PLACE, 1, 2, 2, KERB_NO_PLACE};
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(places.place_of[i], want[i]);
    assert_near_abs(places.x[1], 1.0, 0.0);
    assert_near_abs(places.y[1], 2.0, 0.0);
    kerb_numbered_places_clear(&places);
    kerb_ctx_free(ctx);
}

static void areas_places__agree_with_the_double_loop_on_snapped_points(void **state)
{
    (void)state;
    enum { N = 2000 };
    static double x[N], y[N];
    kerb_ctx *ctx = kerb_ctx_new();
    uint32_t bits = 1;
    for (size_t i = 0; i < N; i++) {
        bits = bits * 1664525u + 1013904223u;
        x[i] = 450000.0 + 50.0 * (double)(bits >> 16 & 31u);
        y[i] = 300000.0 + 50.0 * (double)(bits >> 24 & 31u);
    }
    kerb_numbered_places places;
    assert_int_equal(kerb_numbered_places_make(ctx, N, x, y, &places), KERB_OK);
    size_t n_new = 0;
    for (size_t i = 0; i < N; i++) {
        size_t first = 0;
        while (x[first] != x[i] || y[first] != y[i])
            first++;
        if (first == i)
            assert_int_equal(places.place_of[i], n_new++);
        else
            assert_int_equal(places.place_of[i], places.place_of[first]);
    }
    assert_int_equal(places.n, n_new);
    kerb_numbered_places_clear(&places);
    kerb_ctx_free(ctx);
}

static kerb_status make_and_clear(kerb_ctx *ctx, void *user)
{
    (void)user;
    const double x[] = {1.0, 2.0, 1.0}, y[] = {1.0, 2.0, 1.0};
    kerb_numbered_places places = {0};
    kerb_status status = kerb_numbered_places_make(ctx, 3, x, y, &places);
    kerb_numbered_places_clear(&places);
    return status;
}

static void areas_places__failing_memory_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(make_and_clear, NULL) >= 4);
}

static void areas_places__no_points_have_no_places(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_numbered_places places;
    assert_int_equal(kerb_numbered_places_make(ctx, 0, NULL, NULL, &places), KERB_OK);
    assert_int_equal(places.n, 0);
    kerb_numbered_places_clear(&places);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_places__equal_coordinates_are_one_place_in_order_of_arrival),
        cmocka_unit_test(areas_places__agree_with_the_double_loop_on_snapped_points),
        cmocka_unit_test(areas_places__failing_memory_is_reported_and_leaks_nothing),
        cmocka_unit_test(areas_places__no_points_have_no_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
