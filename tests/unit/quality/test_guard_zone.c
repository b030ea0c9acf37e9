/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A square of 2 km with places every 100 m inside, and what lies beyond its border. */
#include "quality_world.h"

#include <stdlib.h>

#define SIDE_M 2000.0
#define STEP_M 100.0

/* Two halves of the square as two areas: the line between them is no border. */
static kerb_areas_set *square(kerb_ctx *ctx)
{
    kerb_areas_set *set = NULL;
    const size_t n[] = {4};
    const kerb_point west[] = {{0, 0}, {1000, 0}, {1000, 2000}, {0, 2000}},
                     east[] = {{1000, 0}, {2000, 0}, {2000, 2000}, {1000, 2000}};
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "W", "", 1, n, west), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "E", "", 1, n, east), KERB_OK);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    return set;
}

/* Zone of places on a lattice that reaches so far beyond each side. */
static kerb_guard_zone zone_of(double west_m, double east_m, double south_m, double north_m)
{
    world w;
    kerb_places *places = NULL;
    kerb_guard_zone zone;
    world_init(&w);
    for (double x = 50.0 - 1000.0; x < SIDE_M + 1000.0; x += STEP_M)
        for (double y = 50.0 - 1000.0; y < SIDE_M + 1000.0; y += STEP_M)
            if (x >= -west_m && x <= SIDE_M + east_m && y >= -south_m && y <= SIDE_M + north_m)
                world_add(&w, (incident){.x = x, .y = y});
    kerb_areas_set *window = square(w.ctx);
    assert_int_equal(kerb_places_new(w.ctx, w.events, &places), KERB_OK);
    assert_int_equal(kerb_quality_guard_zone(w.ctx, places, window, 400.0, &zone), KERB_OK);
    kerb_places_free(places);
    kerb_areas_set_free(window);
    world_clear(&w);
    return zone;
}

static void guard_zone__places_all_round_fill_it(void **state)
{
    (void)state;
    kerb_guard_zone zone = zone_of(500, 500, 500, 500);
    assert_int_equal(zone.state, KERB_GUARD_FILLED);
    assert_int_equal(zone.n_stretches, KERB_GUARD_MAX_STRETCHES);
    assert_int_equal(zone.n_filled, KERB_GUARD_MAX_STRETCHES);
    /* four rows of places along each side: 20 * 20 less the 12 * 12 in the middle */
    assert_int_equal(zone.n_inside, 400 - 144);
}

static void guard_zone__nothing_beyond_is_empty(void **state)
{
    (void)state;
    kerb_guard_zone zone = zone_of(0, 0, 0, 0);
    assert_int_equal(zone.state, KERB_GUARD_EMPTY);
    assert_int_equal(zone.n_near + zone.n_far, 0);
}

static void guard_zone__one_empty_side_is_found(void **state)
{
    (void)state;
    kerb_guard_zone zone = zone_of(500, 0, 500, 500);
    assert_int_equal(zone.state, KERB_GUARD_PARTLY);
    for (size_t i = 0; i < zone.n_stretches; i++) {
        bool is_east = zone.stretches[i].middle.x == SIDE_M &&
                       zone.stretches[i].middle.y > 500.0 &&
                       zone.stretches[i].middle.y < 1500.0;
        if (is_east)
            assert_false(zone.stretches[i].is_filled);
        if (zone.stretches[i].middle.x < 1000.0)
            assert_true(zone.stretches[i].is_filled);
    }
}

/* Places that were moved over the border lie next to it: that is no guard zone. */
static void guard_zone__half_a_radius_is_not_enough(void **state)
{
    (void)state;
    assert_int_equal(zone_of(150, 150, 150, 150).state, KERB_GUARD_EMPTY);
}

static void guard_zone__few_places_tell_nothing(void **state)
{
    (void)state;
    world w;
    kerb_places *places = NULL;
    kerb_guard_zone zone;
    world_init(&w);
    for (int i = 0; i < 7; i++)
        world_add(&w, (incident){.x = 100.0, .y = 200.0 * i});
    kerb_areas_set *window = square(w.ctx);
    assert_int_equal(kerb_places_new(w.ctx, w.events, &places), KERB_OK);
    assert_int_equal(kerb_quality_guard_zone(w.ctx, places, window, 400.0, &zone), KERB_OK);
    assert_int_equal(zone.state, KERB_GUARD_UNKNOWN);
    assert_int_equal(kerb_quality_guard_zone(w.ctx, places, NULL, 400.0, &zone), KERB_OK);
    assert_int_equal(zone.state, KERB_GUARD_UNKNOWN);
    assert_int_equal(kerb_quality_guard_zone(w.ctx, places, window, 0.0, &zone),
                     KERB_ERR_RANGE);
    assert_int_equal(kerb_quality_guard_zone(w.ctx, places, window, (double)NAN, &zone),
                     KERB_ERR_RANGE);
    kerb_places_free(places);
    kerb_areas_set_free(window);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(guard_zone__places_all_round_fill_it),
        cmocka_unit_test(guard_zone__nothing_beyond_is_empty),
        cmocka_unit_test(guard_zone__one_empty_side_is_found),
        cmocka_unit_test(guard_zone__half_a_radius_is_not_enough),
        cmocka_unit_test(guard_zone__few_places_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
