/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Months, area codes and times of day; each world with a twin in which nothing is to be found.
 */
#include "quality_world.h"

static void add_days(world *w, int month, int n, const char *source, const char *category)
{
    uint64_t seed = (uint64_t)month + 11;
    for (int i = 0; i < n; i++)
        world_add(w, (incident){.x = 400000.5 + strew(&seed, 20000),
                                .y = 300000.5 + strew(&seed, 20000),
                                .start = day_of_month(month, 1 + i % 28),
                                .precision = KERB_PRECISION_DAY,
                                .source = source,
                                .category = category});
}

static void months__a_gap_and_a_source_that_stopped_are_found(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (int month = 0; month < 12; month++) {
        if (month != 4 && month != 5)
            add_days(&w, month, 60, "A", "Burglary");
        if (month < 8)
            add_days(&w, month, 60, "B", "Burglary");
    }
    world_check(&w);
    size_t n_gaps = 0, n_ends = 0;
    for (size_t i = 0; i < w.report->n; i++) {
        const kerb_finding *f = &w.report->findings[i];
        if (strcmp(f->check, "months") != 0 || f->severity != KERB_QUALITY_WARNING)
            continue;
        if (strcmp(f->subject[KERB_QUALITY_SOURCE], "A") == 0) {
            n_gaps++;
            assert_string_equal(f->subject[KERB_QUALITY_MONTH], "2020-05");
            assert_near_abs(figure_of(f, "months_missing"), 2.0, 0.0);
        } else {
            n_ends++;
            assert_string_equal(f->subject[KERB_QUALITY_MONTH], "2020-08");
            assert_near_abs(figure_of(f, "months_missing"), 4.0, 0.0);
        }
    }
    assert_int_equal(n_gaps, 1);
    assert_int_equal(n_ends, 1);
    world_clear(&w);
}

static void months__steady_counts_give_no_alarm(void **state)
{
    (void)state;
    world w;
    uint64_t seed = 5;
    world_init(&w);
    for (int month = 0; month < 24; month++)
        add_days(&w, month, 55 + (int)strew(&seed, 11), "A", "Burglary");
    world_check(&w);
    assert_int_equal(kerb_quality_count(w.report, "months", KERB_QUALITY_WARNING), 0);
    assert_int_equal(kerb_quality_count(w.report, "months", KERB_QUALITY_NOTE), 0);
    world_clear(&w);
}

static void months__a_step_is_told_and_a_spike_is_not(void **state)
{
    (void)state;
    world w;
    for (int is_step = 0; is_step < 2; is_step++) {
        world_init(&w);
        for (int month = 0; month < 18; month++)
            add_days(&w, month, month == 12 || (is_step && month > 12) ? 150 : 60, "A",
                     "Drugs");
        world_check(&w);
        const kerb_finding *found = world_find(&w, "months", KERB_QUALITY_NOTE, "mean_before");
        if (is_step) {
            assert_string_equal(found->subject[KERB_QUALITY_MONTH], "2021-01");
            assert_near_abs(figure_of(found, "ratio"), 2.5, 1e-12);
        } else {
            assert_null(found);
        }
        world_clear(&w);
    }
}

static void months__a_last_month_cut_short_is_told(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (int month = 0; month < 8; month++)
        add_days(&w, month, month == 7 ? 12 : 60, "A", "Burglary"); /* days 1 to 12 */
    world_check(&w);
    const kerb_finding *found = world_find(&w, "months", KERB_QUALITY_WARNING, "last_day");
    assert_string_equal(found->subject[KERB_QUALITY_MONTH], "2020-08");
    assert_near_abs(figure_of(found, "last_day"), 12.0, 0.0);
    world_clear(&w);
}

static void months__a_category_that_vanished_is_told(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (int month = 0; month < 12; month++) {
        add_days(&w, month, 60, "A", "Burglary");
        if (month < 8)
            add_days(&w, month, 20, "A", "Public disorder and weapons");
    }
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "months", KERB_QUALITY_WARNING, "months_without");
    assert_string_equal(found->subject[KERB_QUALITY_CATEGORY], "Public disorder and weapons");
    assert_near_abs(figure_of(found, "months_without"), 4.0, 0.0);
    world_clear(&w);
}

static void area_codes__a_change_of_vintage_is_found(void **state)
{
    (void)state;
    char code[16];
    for (int changes = 0; changes < 2; changes++) {
        world w;
        world_init(&w);
        for (int month = 0; month < 8; month++)
            for (int i = 0; i < 200; i++) {
                int area = i % 40;
                /* five of forty areas get other codes in month 5 */
                bool is_new = changes && month >= 5 && area < 5;
                snprintf(code, sizeof code, "E%02d%s", area, is_new ? "b" : "");
                world_add(&w, (incident){.x = 400000.0 + i,
                                         .y = 300000.5 + month,
                                         .start = day_of_month(month, 1),
                                         .precision = KERB_PRECISION_MONTH,
                                         .code = code});
            }
        world_check(&w);
        const kerb_finding *found =
            world_find(&w, "area_codes", KERB_QUALITY_WARNING, "codes_begun");
        if (changes) {
            assert_string_equal(found->subject[KERB_QUALITY_MONTH], "2020-06");
            assert_near_abs(figure_of(found, "codes_begun"), 5.0, 0.0);
            assert_near_abs(figure_of(found, "codes_ended"), 5.0, 0.0);
        } else {
            assert_null(found);
        }
        world_clear(&w);
    }
}

static void times__full_hours_and_midnight_are_favourites(void **state)
{
    (void)state;
    for (int rounded = 0; rounded < 2; rounded++) {
        world w;
        uint64_t seed = 9;
        world_init(&w);
        for (int i = 0; i < 1000; i++) {
            kerb_civil_s minute = strew(&seed, 1440);
            if (rounded && i % 4 == 0)
                minute = minute / 60 * 60; /* a quarter on the hour */
            if (rounded && i % 20 == 1)
                minute = 0;
            world_add(&w, (incident){.x = i,
                                     .y = 2.0 * i,
                                     .start = day_of_month(i % 12, 1 + i % 27) + 60 * minute,
                                     .precision = KERB_PRECISION_MINUTE});
        }
        world_check(&w);
        const kerb_finding *hour = world_find(&w, "times", KERB_QUALITY_NOTE, "on_the_hour"),
                           *night = world_find(&w, "times", KERB_QUALITY_NOTE, "at_midnight");
        assert_int_equal(hour != NULL, rounded);
        assert_int_equal(night != NULL, rounded);
        if (rounded)
            assert_true(figure_of(hour, "share") > 0.25 && figure_of(hour, "share") < 0.36);
        assert_int_equal(world_find(&w, "times", KERB_QUALITY_OK, "on_five_minutes") != NULL,
                         !rounded);
        world_clear(&w);
    }
}

static void times__months_alone_allow_no_hours(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    for (int i = 0; i < 60; i++)
        world_add(&w, (incident){.x = i,
                                 .y = 1.0,
                                 .start = day_of_month(i % 6, 1),
                                 .precision = KERB_PRECISION_MONTH});
    world_check(&w);
    const kerb_finding *found = world_find(&w, "times", KERB_QUALITY_NOTE, "month_only");
    assert_non_null(strstr(found->sentence, "only months are known"));
    assert_null(world_find(&w, "times", KERB_QUALITY_NOTE, "on_the_first"));
    world_clear(&w);
}

static void small_numbers__under_fifty_is_a_warning(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    add_days(&w, 0, 49, "A", "Rare");
    add_days(&w, 0, 300, "A", "Usual");
    world_check(&w);
    const kerb_finding *found =
        world_find(&w, "small_numbers", KERB_QUALITY_WARNING, "located");
    assert_string_equal(found->subject[KERB_QUALITY_CATEGORY], "Rare");
    assert_int_equal(kerb_quality_count(w.report, "small_numbers", KERB_QUALITY_WARNING), 1);
    assert_int_equal(kerb_quality_count(w.report, "small_numbers", KERB_QUALITY_NOTE), 0);
    world_clear(&w);
}

/* No row, no source, no place: a report, and no division by nothing. */
static void quality__an_empty_table_is_checked(void **state)
{
    (void)state;
    world w;
    world_init(&w);
    world_check(&w);
    world_add(&w, (incident){.x = (double)NAN, .y = (double)NAN});
    world_check(&w);
    assert_true(w.report->n > 0);
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months__a_gap_and_a_source_that_stopped_are_found),
        cmocka_unit_test(months__steady_counts_give_no_alarm),
        cmocka_unit_test(months__a_step_is_told_and_a_spike_is_not),
        cmocka_unit_test(months__a_last_month_cut_short_is_told),
        cmocka_unit_test(months__a_category_that_vanished_is_told),
        cmocka_unit_test(area_codes__a_change_of_vintage_is_found),
        cmocka_unit_test(times__full_hours_and_midnight_are_favourites),
        cmocka_unit_test(times__months_alone_allow_no_hours),
        cmocka_unit_test(small_numbers__under_fifty_is_a_warning),
        cmocka_unit_test(quality__an_empty_table_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
