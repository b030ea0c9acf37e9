/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hit rates, stacks, defaults, places out of area and duplicates: each world with a twin in
 * which nothing is to be found. */
#include "quality_world.h"

#define NOWHERE (double)NAN

static const char *const kinds[] = {"Burglary", "Robbery", "Violence", "Drugs"};

/* n exact places, strewn over 20 by 20 km; categories evenly mixed. */
static void add_exact(world *w, int n)
{
    uint64_t seed = 7;
    for (int i = 0; i < n; i++) {
        double x = 400000.3 + strew(&seed, 20000), y = 300000.3 + strew(&seed, 20000);
        world_add(w, (incident){.x = x, .y = y, .category = kinds[i % 4]});
    }
}

static void add_heap(world *w, int n, double x, double y, int n_kinds)
{
    for (int i = 0; i < n; i++)
        world_add(w, (incident){.x = x, .y = y, .category = kinds[i % n_kinds]});
}

static void hit_rate__blanks_are_misses(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 800);
    for (int i = 0; i < 200; i++)
        world_add(&w, (incident){.x = NOWHERE, .y = NOWHERE, .category = "Violence"});
    world_check(&w);
    const kerb_finding *found = world_find(&w, "hit_rate", KERB_QUALITY_WARNING, "hit_share");
    assert_near_abs(figure_of(found, "hit_share"), 0.8, 1e-15);
    assert_near_abs(figure_of(found, "located"), 800.0, 0.0);
    assert_non_null(strstr(found->sentence, "85 %"));
    size_t n_lines = 0;
    for (size_t i = 0; i < w.report->n; i++) {
        const kerb_finding *line = &w.report->findings[i];
        if (strcmp(line->check, "hit_rate") != 0 || !line->subject[KERB_QUALITY_CATEGORY])
            continue;
        n_lines++;
        bool is_violence = strcmp(line->subject[KERB_QUALITY_CATEGORY], "Violence") == 0;
        assert_near_abs(figure_of(line, "hit_share"), is_violence ? 0.5 : 1.0, 1e-15);
        assert_int_equal(line->severity, is_violence ? KERB_QUALITY_WARNING : KERB_QUALITY_OK);
    }
    assert_int_equal(n_lines, 4);
    world_clear(&w);

    world_init(&w);
    add_exact(&w, 800);
    world_check(&w);
    assert_null(world_find(&w, "hit_rate", KERB_QUALITY_NOTE, "hit_share"));
    world_clear(&w);
}

static void defaults__a_heap_of_everything_is_suspected_and_a_miss(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 1000);
    add_heap(&w, 100, 410000.5, 310000.5, 4);
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "default_coordinates", KERB_QUALITY_WARNING, "mix_overlap_share");
    assert_near_abs(figure_of(found, "incidents"), 100.0, 0.0);
    assert_near_abs(figure_of(found, "mix_overlap_share"), 1.0, 1e-12);
    found = world_find(&w, "hit_rate", KERB_QUALITY_OK, "hit_share");
    assert_near_abs(figure_of(found, "hit_share"), 1000.0 / 1100.0, 1e-15);
    world_clear(&w);

    /* a shop: as tall, of one kind */
    world_init(&w);
    add_exact(&w, 1000);
    add_heap(&w, 100, 410000.5, 310000.5, 1);
    world_check(&w);
    assert_null(world_find(&w, "default_coordinates", KERB_QUALITY_NOTE, "incidents"));
    world_clear(&w);
}

static void defaults__whole_kilometres_are_suspected(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 1000);
    add_heap(&w, 6, 410000.0, 310000.0, 1);
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "default_coordinates", KERB_QUALITY_WARNING, "mix_overlap_share");
    assert_non_null(strstr(found->sentence, "whole kilometre"));
    world_clear(&w);
}

static void defaults__the_middle_of_an_area_is_suspected(void **state)
{
    (void)state;
    world w;
    kerb_areas_set *set = NULL;
    const size_t n[] = {3};
    const kerb_point triangle[] = {{400000, 300000}, {430000, 300000}, {400000, 330000}};
    world_init(&w);
    assert_int_equal(kerb_areas_set_new(w.ctx, &set), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(w.ctx, set, "T", "", 1, n, triangle), KERB_OK);
    assert_int_equal(kerb_areas_set_index(w.ctx, set), KERB_OK);
    kerb_quality_areas areas = {"beats", "beat", set};
    w.input.areas = &areas;
    w.input.n_areas = 1;
    add_exact(&w, 1000);
    add_heap(&w, 12, 410000.4, 310000.4, 1); /* middle: a third of the way, 410000, 310000 */
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "default_coordinates", KERB_QUALITY_WARNING, "mix_overlap_share");
    assert_non_null(strstr(found->sentence, "very middle"));
    kerb_areas_set_free(set);
    world_clear(&w);
}

/* 121 places on a lattice of 150 m, five incidents each: a list. */
static void stacks__a_lattice_is_a_list_with_its_spacing(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    w.options.radius_m = 250.0;
    for (int place = 0; place < 121; place++)
        for (int i = 0; i < 5; i++)
            world_add(&w, (incident){.x = 150.0 * (place % 11),
                                     .y = 150.0 * (double)(place / 11),
                                     .category = kinds[i % 4]});
    world_check(&w);
    const kerb_finding *found = world_find(&w, "stacks", KERB_QUALITY_NOTE, "is_snapped");
    assert_near_abs(figure_of(found, "sharing_share"), 1.0, 0.0);
    assert_near_abs(figure_of(found, "places"), 121.0, 0.0);
    found = world_find(&w, "stacks", KERB_QUALITY_WARNING, "median_spacing_m"); /* 300 > 250 */
    assert_near_abs(figure_of(found, "median_spacing_m"), 150.0, 1e-12);
    assert_near_abs(figure_of(found, "least_bandwidth_m"), 300.0, 1e-12);
    world_clear(&w);

    world_init(&w);
    add_exact(&w, 1000);
    world_check(&w);
    assert_null(world_find(&w, "stacks", KERB_QUALITY_NOTE, "is_snapped"));
    world_clear(&w);
}

static void stacks__one_address_is_told_from_a_neighbourhood(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 1000);
    add_heap(&w, 15, 500000.5, 300000.5, 1); /* alone */
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "stacks", KERB_QUALITY_NOTE, "share_within_radius");
    assert_near_abs(figure_of(found, "incidents_within_radius"), 15.0, 0.0);
    world_clear(&w);

    world_init(&w);
    add_exact(&w, 1000);
    add_heap(&w, 15, 500000.5, 300000.5, 1);
    for (int i = 0; i < 15; i++) /* half of what is near: not over half */
        world_add(&w, (incident){.x = 500000.5 + 10.0 * (i + 1), .y = 300000.5});
    world_check(&w);
    assert_null(world_find(&w, "stacks", KERB_QUALITY_NOTE, "share_within_radius"));
    world_clear(&w);
}

static void outside__one_far_point_is_found_and_a_second_town_is_none(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 1000);
    world_add(&w, (incident){.x = 527500.0, .y = 174639.0, .label = "Belleville Road"});
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "out_of_area", KERB_QUALITY_WARNING, "incidents_far");
    assert_near_abs(figure_of(found, "incidents_far"), 1.0, 0.0);
    found = world_find(&w, "out_of_area", KERB_QUALITY_NOTE, "distance_m");
    assert_non_null(strstr(found->subject[KERB_QUALITY_PLACE], "Belleville Road"));
    /* 107.5 km east of the core, 125.4 km south: 165 km, less what the core leaves off */
    assert_near_rel(figure_of(found, "distance_m"), 165e3, 0.01);
    world_clear(&w);

    world_init(&w);
    add_exact(&w, 1000);
    for (int i = 0; i < 300; i++)
        world_add(&w, (incident){.x = 460000.5 + 30.0 * i, .y = 300000.5});
    world_check(&w);
    assert_null(world_find(&w, "out_of_area", KERB_QUALITY_WARNING, "incidents_far"));
    world_clear(&w);
}

static void duplicates__equal_rows_are_counted_and_not_thinned(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_exact(&w, 500);
    incident one = {.x = 400100.0,
                    .y = 300100.5,
                    .start = day_of_month(0, 3) + 3600,
                    .precision = KERB_PRECISION_MINUTE,
                    .category = "Robbery"};
    for (int i = 0; i < 3; i++)
        world_add(&w, one);
    one.start += 60;
    world_add(&w, one);
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "duplicates", KERB_QUALITY_NOTE, "equal_to_the_minute");
    assert_near_abs(figure_of(found, "equal_to_the_minute"), 3.0, 0.0);
    assert_near_abs(figure_of(found, "different"), 1.0, 0.0);
    assert_non_null(strstr(found->sentence, "separate incidents"));
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hit_rate__blanks_are_misses),
        cmocka_unit_test(defaults__a_heap_of_everything_is_suspected_and_a_miss),
        cmocka_unit_test(defaults__whole_kilometres_are_suspected),
        cmocka_unit_test(defaults__the_middle_of_an_area_is_suspected),
        cmocka_unit_test(stacks__a_lattice_is_a_list_with_its_spacing),
        cmocka_unit_test(stacks__one_address_is_told_from_a_neighbourhood),
        cmocka_unit_test(outside__one_far_point_is_found_and_a_second_town_is_none),
        cmocka_unit_test(duplicates__equal_rows_are_counted_and_not_thinned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
