/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, shares and rates worked out by hand; no result where there is no population. */

#include "area_scene.h"
#include "failing_allocator.h"

/* A: 3 events of weights 1, 2, 3; B: 1; C: none; D: none. One event unassigned. */
static const size_t area_of[] = {0, 0, 0, 1, SIZE_MAX};

static kerb_events *make_events(kerb_ctx *ctx)
{
    kerb_events *events = scene_events(ctx);
    scene_add_event(ctx, events, 1.0, 1.0, 1.0, NULL);
    scene_add_event(ctx, events, 1.0, 1.0, 2.0, NULL);
    scene_add_event(ctx, events, 1.0, 1.0, 3.0, NULL);
    scene_add_event(ctx, events, 150.0, 1.0, 1.0, NULL);
    scene_add_event(ctx, events, 900.0, 1.0, 1.0, NULL);
    return events;
}

static void areas_rates__counts_shares_and_rates_by_hand(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = make_events(ctx);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2021, 1500.0), KERB_OK);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 1, 2021, 0.0), KERB_OK);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 2, 2021, 250.0), KERB_OK);
    kerb_area_figures *figures = NULL;
    assert_int_equal(kerb_areas_rates(ctx, set, events, area_of, 2021, &figures), KERB_OK);

    /* A: 3 / 1500 = 2 per 1,000; limits of 3 are 0.618672 and 8.767273 (Garwood), / 1.5 */
    assert_int_equal(figures[0].area, 0);
    assert_int_equal(figures[0].n, 3);
    assert_near_rel(figures[0].weight, 6.0, 1e-15);
    assert_near_rel(figures[0].rate_per_1000, 2.0, 1e-15);
    assert_near_abs(figures[0].rate_low, 0.618672 / 1.5, 1e-6);
    assert_near_abs(figures[0].rate_high, 8.767273 / 1.5, 1e-6);
    assert_near_rel(figures[0].share_of_events, 0.75, 1e-15);
    assert_near_rel(figures[0].population, 1500.0, 0.0);
    assert_int_equal(figures[0].population_year, 2021);
    assert_near_rel(figures[0].area_m2, 10000.0, 1e-12);

    /* B has nobody, D no figure: no rate, but counts stand */
    assert_int_equal(figures[1].n, 1);
    assert_near_rel(figures[1].share_of_events, 0.25, 1e-15);
    for (size_t i = 1; i <= 3; i += 2) {
        assert_true(isnan(figures[i].rate_per_1000));
        assert_true(isnan(figures[i].rate_low) && isnan(figures[i].rate_high));
    }
    assert_near_abs(figures[1].population, 0.0, 0.0);
    assert_true(isnan(figures[3].population));

    /* C: no event among 250 people is a rate of 0, up to 3.688879 / 0.25 */
    assert_near_abs(figures[2].rate_per_1000, 0.0, 0.0);
    assert_near_abs(figures[2].rate_low, 0.0, 0.0);
    assert_near_abs(figures[2].rate_high, 3.688879 / 0.25, 1e-5);

    size_t n = 0;
    double share = 0.0;
    for (size_t i = 0; i < 4; i++)
        n += figures[i].n, share += figures[i].share_of_events;
    assert_int_equal(n, 4); /* the assigned ones */
    assert_near_rel(share, 1.0, 1e-15);
    kerb_free_text((char *)figures);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas_rates__population_is_of_the_year_wanted_or_the_latest(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = make_events(ctx);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2021, 3000.0), KERB_OK);
    assert_int_equal(kerb_areas_set_add_population(ctx, set, 0, 2011, 1000.0), KERB_OK);
    static const struct {
        int year, used;
        double population;
    } cases[] = {
        {2011, 2011, 1000.0}, {2015, 2011, 1000.0}, {2020, 2021, 3000.0}, {0, 2021, 3000.0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kerb_area_figures *figures = NULL;
        assert_int_equal(kerb_areas_rates(ctx, set, events, area_of, cases[i].year, &figures),
                         KERB_OK);
        assert_int_equal(figures[0].population_year, cases[i].used);
        assert_near_rel(figures[0].population, cases[i].population, 0.0);
        kerb_free_text((char *)figures);
    }
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas_rates__without_assigned_events_there_are_no_shares(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = scene_events(ctx);
    kerb_area_figures *figures = NULL;
    assert_int_equal(kerb_areas_rates(ctx, set, events, NULL, 0, &figures), KERB_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(figures[i].n, 0);
        assert_true(isnan(figures[i].share_of_events));
    }
    kerb_free_text((char *)figures);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas_rates__an_area_that_is_not_in_the_set_is_refused(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = make_events(ctx);
    const size_t wrong[] = {0, 0, 4, 0, 0};
    kerb_area_figures *figures = NULL;
    assert_int_equal(kerb_areas_rates(ctx, set, events, wrong, 0, &figures), KERB_ERR_ARG);
    assert_null(figures);
    assert_string_equal(kerb_ctx_message(ctx), "event 2 is assigned to area 4 of a set of 4");
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

struct scene {
    kerb_areas_set *set;
    kerb_events *events;
};

static kerb_status rate_scene(kerb_ctx *ctx, void *user)
{
    struct scene *scene = user;
    kerb_area_figures *figures = NULL;
    kerb_status status = kerb_areas_rates(ctx, scene->set, scene->events, area_of, 0, &figures);
    kerb_free_text((char *)figures);
    return status;
}

static void areas_rates__failing_memory_is_reported(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct scene scene = {.set = scene_areas(ctx), .events = make_events(ctx)};
    assert_true(failing_allocator_walk(rate_scene, &scene) >= 1);
    kerb_events_free(scene.events);
    kerb_areas_set_free(scene.set);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_rates__counts_shares_and_rates_by_hand),
        cmocka_unit_test(areas_rates__population_is_of_the_year_wanted_or_the_latest),
        cmocka_unit_test(areas_rates__without_assigned_events_there_are_no_shares),
        cmocka_unit_test(areas_rates__an_area_that_is_not_in_the_set_is_refused),
        cmocka_unit_test(areas_rates__failing_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
