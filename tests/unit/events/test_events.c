/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The incident table: what goes in comes out, what is no incident is refused, names are kept
 * once. */
#include "failing_allocator.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_events.h"

#include "test_table.h"

static const kerb_event PLAIN = {
    .x = 450000, .y = 300000, .weight = 1, .start = KERB_CIVIL_NONE};

static kerb_civil_s at(int year, int month, int day, int hour)
{
    kerb_date date = {year, month, day};
    return kerb_days_from_date(date) * 86400 + hour * 3600;
}

static void events__row_comes_out_as_it_went_in(void **state)
{
    (void)state;
    kerb_event event = {.x = 450000.25,
                        .y = 300000.5,
                        .weight = 2.5,
                        .start = at(2020, 3, 1, 0),
                        .precision = KERB_PRECISION_MONTH,
                        .names = {[KERB_NAME_SOURCE] = "Leicestershire Police",
                                  [KERB_NAME_CATEGORY] = "Burglary",
                                  [KERB_NAME_LABEL] = ""}};
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_int_equal(events->n, 1);
    assert_near_abs(events->x[0], 450000.25, 0.0);
    assert_near_abs(events->y[0], 300000.5, 0.0);
    assert_near_abs(events->weight[0], 2.5, 0.0);
    assert_true(events->start[0] == at(2020, 3, 1, 0));
    assert_int_equal(events->precision[0], KERB_PRECISION_MONTH);
    const char *want[KERB_NAME_KINDS] = {"Leicestershire Police", "Burglary", "", "", ""};
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        assert_string_equal(kerb_events_name(events, (kerb_name_kind)k, events->names[k][0]),
                            want[k]);
    assert_int_equal(events->names[KERB_NAME_LABEL][0], 0);
}

static void events__names_are_kept_once_and_numbered_from_1(void **state)
{
    (void)state;
    const char *const categories[] = {"Burglary", "Robbery", "Burglary", "burglary", NULL};
    const uint32_t want[] = {1, 2, 1, 3, 0}; /* case matters when names are kept */
    for (int i = 0; i < 5; i++) {
        kerb_event event = PLAIN;
        event.names[KERB_NAME_CATEGORY] = categories[i];
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
        assert_int_equal(events->names[KERB_NAME_CATEGORY][i], want[i]);
    }
    assert_int_equal(kerb_events_name_count(events, KERB_NAME_CATEGORY), 3);
    assert_int_equal(kerb_events_name_count(events, KERB_NAME_SOURCE), 0);
    assert_string_equal(kerb_events_name(events, KERB_NAME_CATEGORY, 4), "");
    assert_string_equal(kerb_events_name(events, KERB_NAME_KINDS, 1), "");
}

static void events__weights_have_a_column_from_the_first_that_is_not_1(void **state)
{
    (void)state;
    kerb_event event = PLAIN;
    for (int i = 0; i < 300; i++)
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_null(events->weight);
    event.weight = 0.0;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    event.weight = 1.0;
    for (int i = 0; i < 300; i++)
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_non_null(events->weight);
    for (size_t i = 0; i < events->n; i++)
        assert_near_abs(events->weight[i], i == 300 ? 0.0 : 1.0, 0.0);
}

static void assert_refused(kerb_event event, const char *words)
{
    size_t n = events->n;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_ERR_ARG);
    assert_int_equal(events->n, n);
    if (!strstr(kerb_ctx_message(ctx), words))
        fail_msg("\"%s\" does not say \"%s\"", kerb_ctx_message(ctx), words);
}

static void events__refuse_what_is_no_incident(void **state)
{
    (void)state;
    kerb_event event = PLAIN;
    event.x = NAN;
    assert_refused(event, "only one coordinate");
    event = PLAIN, event.y = NAN;
    assert_refused(event, "only one coordinate");
    event = PLAIN, event.y = -HUGE_VAL;
    assert_refused(event, "not finite");
    const double bad_weights[] = {-0.5, NAN, HUGE_VAL};
    for (int i = 0; i < 3; i++) {
        event = PLAIN, event.weight = bad_weights[i];
        assert_refused(event, "weight");
    }
    event = PLAIN, event.precision = KERB_PRECISION_DAY;
    assert_refused(event, "precision of time but no time");
    event = PLAIN, event.start = 0;
    assert_refused(event, "time without its precision");
    event = PLAIN, event.start = 0, event.precision = (kerb_precision)77;
    assert_refused(event, "unknown precision");
    /* a refused row leaves no name behind */
    event = PLAIN, event.weight = -1, event.names[KERB_NAME_SOURCE] = "nobody";
    assert_refused(event, "weight");
    assert_int_equal(kerb_events_name_count(events, KERB_NAME_SOURCE), 0);

    const uint32_t unknown[KERB_NAME_KINDS] = {[KERB_NAME_LABEL] = 1};
    assert_int_equal(kerb_events_add_numbered(ctx, events, 0, 0, 1, KERB_CIVIL_NONE,
                                              KERB_PRECISION_NONE, unknown),
                     KERB_ERR_ARG);
    assert_non_null(strstr(kerb_ctx_message(ctx), "no label number 1"));
}

static void events__box_and_count_are_of_located_rows(void **state)
{
    (void)state;
    assert_true(kerb_box_is_empty(kerb_events_box(events)));
    assert_int_equal(kerb_events_count_located(events), 0);
    const double xs[] = {5, NAN, -2, 3}, ys[] = {7, NAN, 1, 9};
    for (int i = 0; i < 4; i++) {
        kerb_event event = PLAIN;
        event.x = xs[i], event.y = ys[i];
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
        if (i == 1)
            assert_int_equal(kerb_events_count_located(events), 1);
    }
    kerb_box box = kerb_events_box(events);
    assert_near_abs(box.xmin, -2, 0.0);
    assert_near_abs(box.ymin, 1, 0.0);
    assert_near_abs(box.xmax, 5, 0.0);
    assert_near_abs(box.ymax, 9, 0.0);
    assert_int_equal(kerb_events_count_located(events), 3);
}

static void events__period_covers_whole_days_of_the_dated_rows(void **state)
{
    (void)state;
    kerb_civil_s from = 7, to = 8;
    kerb_event event = PLAIN;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_false(kerb_events_period(events, &from, &to));
    assert_true(from == 7 && to == 8);

    event.start = at(2020, 2, 1, 0), event.precision = KERB_PRECISION_MONTH;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    event.start = at(2020, 1, 31, 23), event.precision = KERB_PRECISION_MINUTE;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_true(kerb_events_period(events, &from, &to));
    assert_true(from == at(2020, 1, 31, 0));
    assert_true(to == at(2020, 3, 1, 0)); /* February of a leap year ends on the 29th */

    event.start = at(1969, 12, 31, 23), event.precision = KERB_PRECISION_SECOND;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_true(kerb_events_period(events, &from, &to));
    assert_true(from == -86400); /* before 1970 too */
}

static void events__a_million_rows_keep_their_values(void **state)
{
    (void)state;
    enum { N = 1000000 };
    uint32_t numbers[KERB_NAME_KINDS] = {0};
    assert_int_equal(kerb_events_add_name(ctx, events, KERB_NAME_CATEGORY, "Burglary", 8,
                                          &numbers[KERB_NAME_CATEGORY]),
                     KERB_OK);
    for (int i = 0; i < N; i++)
        assert_true(kerb_events_add_numbered(ctx, events, i, -i, 1, (kerb_civil_s)i * 86400,
                                             KERB_PRECISION_DAY, numbers) == KERB_OK);
    assert_int_equal(events->n, N);
    for (int i = 0; i < N; i += 997) {
        assert_near_abs(events->x[i], i, 0.0);
        assert_near_abs(events->y[i], -i, 0.0);
        assert_true(events->start[i] == (kerb_civil_s)i * 86400);
        assert_int_equal(events->names[KERB_NAME_CATEGORY][i], 1);
    }
}

static kerb_status build_table(kerb_ctx *of_walk, void *user)
{
    (void)user;
    kerb_events *table = NULL;
    kerb_status status = kerb_events_new(of_walk, &table);
    kerb_event event = PLAIN;
    event.names[KERB_NAME_CATEGORY] = "Burglary";
    event.names[KERB_NAME_SOURCE] = "Force";
    for (int i = 0; i < 600 && status == KERB_OK; i++) {
        event.weight = i == 300 ? 2 : 1;
        size_t n = table->n;
        status = kerb_events_add(of_walk, table, &event);
        if (status != KERB_OK) {
            assert_int_equal(table->n, n); /* what is there stays */
            if (n > 0)
                assert_near_abs(table->x[n - 1], PLAIN.x, 0.0);
        }
    }
    kerb_events_free(table);
    return status;
}

static void events__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(build_table, NULL) > 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_table, free_table)
    const struct CMUnitTest tests[] = {
        TEST(events__row_comes_out_as_it_went_in),
        TEST(events__names_are_kept_once_and_numbered_from_1),
        TEST(events__weights_have_a_column_from_the_first_that_is_not_1),
        TEST(events__refuse_what_is_no_incident),
        TEST(events__box_and_count_are_of_located_rows),
        TEST(events__period_covers_whole_days_of_the_dated_rows),
        TEST(events__a_million_rows_keep_their_values),
        TEST(events__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
