/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of 400 places, 300 incidents a month, uneven as real lists are (a few places hold
 * much); and the month from which another list is used. */
#include "quality_world.h"

#define N_LIST 400

/* Places of list `list`; low numbers come up far more often. */
static void add_month(world *w, int month, int n, int list, uint64_t *seed)
{
    for (int i = 0; i < n; i++) {
        uint32_t a = strew(seed, N_LIST), b = strew(seed, N_LIST), place = a < b ? a : b;
        double x = 100.0 * (place % 20) + 7.0 * list,
               y = 100.0 * (double)(place / 20) + 3.0 * list;
        world_add(w, (incident){.x = x,
                                .y = y,
                                .start = day_of_month(month, 1),
                                .precision = KERB_PRECISION_MONTH,
                                .category = "A"});
    }
}

static const char *month_of_break(const world *w)
{
    const kerb_finding *found =
        world_find(w, "snap_points", KERB_QUALITY_WARNING, "seen_before_share");
    return found ? found->subject[KERB_QUALITY_MONTH] : NULL;
}

static void snap_breaks__a_replaced_list_is_found_in_its_month(void **state)
{
    (void)state;
    world w;
    uint64_t seed = 1;
    world_init(&w);
    for (int month = 0; month < 20; month++)
        add_month(&w, month, 300, month >= 9, &seed);
    world_check(&w);
    assert_string_equal(month_of_break(&w), "2020-10");
    assert_near_abs(
        figure_of(world_find(&w, "snap_points", KERB_QUALITY_WARNING, "breaks"), "breaks"), 1.0,
        0.0);
    world_clear(&w);
}

static void snap_breaks__two_months_are_enough(void **state)
{
    (void)state;
    world w;
    uint64_t seed = 2;
    world_init(&w);
    add_month(&w, 5, 300, 0, &seed);
    add_month(&w, 6, 300, 1, &seed);
    world_check(&w);
    assert_string_equal(month_of_break(&w), "2020-07");
    world_clear(&w);
}

static void snap_breaks__a_gap_hides_nothing_and_is_none(void **state)
{
    (void)state;
    world w;
    uint64_t seed = 3;
    world_init(&w);
    for (int month = 0; month < 6; month++)
        add_month(&w, month, 300, 0, &seed);
    add_month(&w, 14, 300, 0, &seed); /* after eight months without files, the same list */
    add_month(&w, 15, 300, 1, &seed);
    world_check(&w);
    assert_string_equal(month_of_break(&w), "2021-04");
    world_clear(&w);
}

static void snap_breaks__one_list_gives_no_alarm(void **state)
{
    (void)state;
    for (uint64_t first_seed = 1; first_seed <= 40; first_seed++) {
        world w;
        uint64_t seed = first_seed * 1000;
        world_init(&w);
        for (int month = 0; month < 24; month++) /* months of 20 to 300 incidents */
            add_month(&w, month, 20 + (int)strew(&seed, 280), 0, &seed);
        world_check(&w);
        assert_null(month_of_break(&w));
        world_clear(&w);
    }
}

/* New places, but the old ones stay: more land, not another list. */
static void snap_breaks__more_land_is_no_other_list(void **state)
{
    (void)state;
    world w;
    uint64_t seed = 4;
    world_init(&w);
    for (int month = 0; month < 12; month++) {
        add_month(&w, month, 60, 0, &seed);
        if (month >= 6)
            for (int list = 5; list < 15; list++)
                add_month(&w, month, 60, list, &seed);
    }
    world_check(&w);
    assert_null(month_of_break(&w));
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snap_breaks__a_replaced_list_is_found_in_its_month),
        cmocka_unit_test(snap_breaks__two_months_are_enough),
        cmocka_unit_test(snap_breaks__a_gap_hides_nothing_and_is_none),
        cmocka_unit_test(snap_breaks__one_list_gives_no_alarm),
        cmocka_unit_test(snap_breaks__more_land_is_no_other_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
