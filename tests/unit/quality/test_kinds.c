/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds, late records, windows of time, and memory that runs out. */
#include "quality_world.h"

#include "failing_allocator.h"

static void add_days(world *w, int n, const char *category)
{
    for (int i = 0; i < n; i++)
        world_add(w, (incident){.x = 400000.5 + 131.0 * i,
                                .y = 300000.5 + 70.0 * (i * i % 97),
                                .start = day_of_month(i % 6, 1 + i % 28),
                                .precision = KERB_PRECISION_DAY,
                                .category = category});
}

static void kinds__mixed_kinds_and_police_work_are_told(void **state)
{
    (void)state;
    for (int is_said = 0; is_said < 2; is_said++) {
        world w;
        world_init(&w);
        add_days(&w, 100, "Drugs");
        add_days(&w, 50, "Noise");
        /* names are numbered from 1 as they come */
        if (is_said) {
            assert_int_equal(kerb_events_set_kind(
                                 w.ctx, w.events, 1, 1,
                                 (kerb_nature){KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED}),
                             KERB_OK);
            assert_int_equal(
                kerb_events_set_kind(w.ctx, w.events, 1, 2,
                                     (kerb_nature){KERB_KIND_ASB, KERB_ORIGIN_REPORTED}),
                KERB_OK);
        }
        world_check(&w);
        const kerb_finding *mixed = world_find(&w, "kinds", KERB_QUALITY_NOTE, "asb"),
                           *police = world_find(&w, "kinds", KERB_QUALITY_NOTE, "incidents");
        assert_int_equal(mixed != NULL, is_said);
        assert_int_equal(police != NULL, is_said);
        if (is_said) {
            assert_near_abs(figure_of(mixed, "crime"), 100.0, 0.0);
            assert_near_abs(figure_of(mixed, "asb"), 50.0, 0.0);
            assert_string_equal(police->subject[KERB_QUALITY_CATEGORY], "Drugs");
            assert_int_equal(kerb_quality_count(w.report, "kinds", KERB_QUALITY_NOTE), 2);
        }
        world_clear(&w);
    }
}

static void late_records__a_tenth_after_a_month_is_a_warning(void **state)
{
    (void)state;
    for (int is_late = 0; is_late < 2; is_late++) {
        world w;
        world_init(&w);
        add_days(&w, 100, "Burglary");
        for (size_t i = 0; i < 100; i++) {
            int days = is_late && i % 10 == 0 ? 40 : 2;
            assert_int_equal(
                kerb_events_set_recorded(w.ctx, w.events, i, w.events->start[i] + 86400 * days),
                KERB_OK);
        }
        world_check(&w);
        const kerb_finding *found =
            world_find(&w, "late_records", KERB_QUALITY_OK, "median_delay_days");
        assert_near_abs(figure_of(found, "median_delay_days"), 2.0, 0.0);
        assert_near_abs(figure_of(found, "over_30_days"), is_late ? 10.0 : 0.0, 0.0);
        assert_int_equal(found->severity, is_late ? KERB_QUALITY_WARNING : KERB_QUALITY_OK);
        world_clear(&w);
    }
    world w;
    world_init(&w);
    add_days(&w, 100, "Burglary");
    world_check(&w);
    assert_null(world_find(&w, "late_records", KERB_QUALITY_OK, "incidents"));
    world_clear(&w);
}

static void times__wide_windows_are_told(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_days(&w, 60, "Theft");
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(kerb_events_set_end(w.ctx, w.events, i,
                                             w.events->start[i] + (i < 10 ? 5 : 1) * 86400 +
                                                 (i < 10 ? 0 : -3600)),
                         KERB_OK);
    world_check(&w);
    const kerb_finding *found = world_find(&w, "times", KERB_QUALITY_NOTE, "with_window");
    assert_near_abs(figure_of(found, "with_window"), 40.0, 0.0);
    assert_near_abs(figure_of(found, "over_a_day"), 10.0, 0.0);
    world_clear(&w);
}

static kerb_status check_once(kerb_ctx *ctx, void *user)
{
    const world *w = user;
    kerb_quality_report *report = NULL;
    kerb_status status = kerb_quality_check(ctx, &w->input, &w->options, &report);
    kerb_quality_report_free(report);
    return status;
}

/* Whatever allocation fails, there is a message, no report and no leak. */
static void quality__every_allocation_may_fail(void **state)
{
    (void)state;
    world w;
    kerb_areas_set *window = NULL;
    const size_t n[] = {4};
    const kerb_point corners[] = {
        {400000, 300000}, {410000, 300000}, {410000, 303000}, {400000, 303000}};
    world_init(&w);
    assert_int_equal(kerb_areas_set_new(w.ctx, &window), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(w.ctx, window, "W", "", 1, n, corners), KERB_OK);
    assert_int_equal(kerb_areas_set_index(w.ctx, window), KERB_OK);
    add_days(&w, 150, "Burglary");
    add_days(&w, 150, "Robbery"); /* the same places: a list */
    w.input.events = w.events;
    w.input.window = window;
    w.input.window_name = "W";
    assert_true(failing_allocator_walk(check_once, &w) > 50);
    kerb_areas_set_free(window);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds__mixed_kinds_and_police_work_are_told),
        cmocka_unit_test(late_records__a_tenth_after_a_month_is_a_warning),
        cmocka_unit_test(times__wide_windows_are_told),
        cmocka_unit_test(quality__every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
