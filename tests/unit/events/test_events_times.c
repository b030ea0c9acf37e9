/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows and times of recording: columns that come with the first row that has one, filters
 * that take the whole window, and a fingerprint that stays what it was without them. */
#include "failing_allocator.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_events.h"

#include "test_table.h"

#define NO_TIME KERB_CIVIL_NONE

static kerb_civil_s at(const char *text)
{
    kerb_civil_s time = NO_TIME;
    if (*text)
        assert_int_equal(kerb_civil_parse(ctx, text, &time), KERB_OK);
    return time;
}

/* A row of minutes with its end and recording ("" none). */
static void add(kerb_events *to, const char *start, const char *end, const char *recorded)
{
    kerb_event event = {.x = 1,
                        .y = 2,
                        .weight = 1,
                        .start = at(start),
                        .precision = *start ? KERB_PRECISION_MINUTE : KERB_PRECISION_NONE};
    assert_int_equal(kerb_events_add(ctx, to, &event), KERB_OK);
    assert_int_equal(kerb_events_set_end(ctx, to, to->n - 1, at(end)), KERB_OK);
    assert_int_equal(kerb_events_set_recorded(ctx, to, to->n - 1, at(recorded)), KERB_OK);
}

static void times__columns_come_with_the_first_row_that_has_one(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) /* past the first capacity */
        add(events, "2020-03-09T14:00", "", "");
    assert_null(events->end);
    assert_null(events->recorded);
    add(events, "2020-03-09T14:00", "2020-03-09T16:30", "");
    assert_non_null(events->end);
    assert_null(events->recorded);
    add(events, "", "", "2020-03-11");
    for (int i = 0; i < 300; i++)
        add(events, "2020-03-09T14:00", "", "");
    for (size_t i = 0; i < events->n; i++) {
        assert_true(events->end[i] == (i == 300 ? at("2020-03-09T16:30") : NO_TIME));
        assert_true(events->recorded[i] == (i == 301 ? at("2020-03-11") : NO_TIME));
    }
    assert_true(kerb_events_get_end(events, 0) == at("2020-03-09T14:01"));
    assert_true(kerb_events_get_end(events, 300) == at("2020-03-09T16:30"));
    assert_true(kerb_events_get_end(events, 301) == NO_TIME);
}

static void times__what_is_no_window_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    add(events, "2020-03-09T14:00", "2020-03-09T16:30", "2020-03-10");
    add(events, "", "", "");
    const struct {
        size_t row;
        const char *end, *words;
    } cases[] = {{0, "2020-03-09T14:00", "ends 0 s after its start"},
                 {0, "2020-03-09T13:59", "ends -60 s after its start"},
                 {1, "2020-03-09T13:59", "an end but no start"},
                 {2, "2020-03-09T13:59", "no event 2 of 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(kerb_events_set_end(ctx, events, cases[i].row, at(cases[i].end)),
                         KERB_ERR_ARG);
        assert_non_null(strstr(kerb_ctx_message(ctx), cases[i].words));
    }
    assert_int_equal(kerb_events_set_recorded(ctx, events, 2, 0), KERB_ERR_ARG);
    assert_true(events->end[0] == at("2020-03-09T16:30"));
    assert_true(events->end[1] == NO_TIME);
    /* taken away again; and an end that the minute has anyway is none */
    assert_int_equal(kerb_events_set_end(ctx, events, 0, NO_TIME), KERB_OK);
    assert_true(events->end[0] == NO_TIME);
    assert_int_equal(kerb_events_set_end(ctx, events, 0, at("2020-03-09T14:01")), KERB_OK);
    assert_true(events->end[0] == NO_TIME);
}

static void times__period_goes_to_the_end_of_the_last_window(void **state)
{
    (void)state;
    kerb_civil_s from = 0, to = 0;
    add(events, "2020-03-09T14:00", "2021-02-01T00:00", "2022-01-01");
    add(events, "2020-05-01T00:00", "", "");
    assert_true(kerb_events_period(events, &from, &to));
    assert_true(from == at("2020-03-09"));
    assert_true(to == at("2021-02-01")); /* it ends before the first second of that day */
}

/* ----------------------------------------------------------------------- filters */

static void times__row_passes_when_its_whole_window_does(void **state)
{
    (void)state;
    /* 2020-03-06 was a Friday */
    const struct {
        const char *start, *end, *from, *to;
        int hours_from, hours_to;
        const char *reason; /* "" passes */
    } cases[] = {
        /* 22:00 to 04:00 fills 22-04 to the last second; one minute more does not fit */
        {"2020-03-06T22:00", "2020-03-07T04:00", "", "", 22, 4, ""},
        {"2020-03-06T22:00", "2020-03-07T04:01", "", "", 22, 4, "time_too_coarse"},
        {"2020-03-06T21:59", "2020-03-07T04:00", "", "", 22, 4, "time_too_coarse"},
        {"2020-03-06T08:00", "2020-03-06T18:00", "", "", 22, 4, "outside_hours"},
        /* two nights: the day between them is in the window */
        {"2020-03-06T22:00", "2020-03-08T04:00", "", "", 22, 4, "time_too_coarse"},
        {"2020-03-06T22:00", "", "", "", 22, 4, ""},
        {"2020-03-06T22:00", "2020-03-07T04:00", "2020-03-06", "2020-03-08", -1, 0, ""},
        {"2020-03-06T22:00", "2020-03-07T04:00", "", "2020-03-07", -1, 0, "time_too_coarse"},
        {"2020-03-06T22:00", "2020-03-07T00:00", "", "2020-03-07", -1, 0, ""},
        {"2020-03-06T22:00", "2020-03-07T04:00", "2020-03-07T04:00", "", -1, 0,
         "outside_period"},
        {"2020-03-06T22:00", "2027-03-07T04:00", "2020-01-01", "2021-01-01", -1, 0,
         "time_too_coarse"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kerb_filter filter = KERB_FILTER_ALL;
        kerb_events *one = NULL, *selected = NULL;
        kerb_tally *excluded = kerb_tally_new();
        assert_int_equal(kerb_events_new(ctx, &one), KERB_OK);
        add(one, cases[i].start, cases[i].end, "");
        filter.from = at(cases[i].from), filter.to = at(cases[i].to);
        if (cases[i].hours_from >= 0) {
            filter.hours[0] = (kerb_hours){60 * cases[i].hours_from, 60 * cases[i].hours_to};
            filter.n_hours = 1;
        }
        assert_int_equal(kerb_events_select(ctx, one, &filter, false, excluded, &selected),
                         KERB_OK);
        bool passes = cases[i].reason[0] == '\0';
        if (selected->n != (passes ? 1u : 0u) ||
            (!passes && kerb_tally_get(excluded, cases[i].reason) != 1))
            fail_msg("case %zu: %zu rows pass", i, selected->n);
        kerb_events_free(selected);
        kerb_events_free(one);
        kerb_tally_free(excluded);
    }
}

static void times__rows_that_pass_keep_their_times(void **state)
{
    (void)state;
    kerb_events *selected = NULL;
    kerb_filter filter = KERB_FILTER_ALL;
    add(events, "2020-03-05T10:00", "2020-03-05T11:00", "2020-03-05");
    add(events, "2020-03-06T10:00", "", "2020-03-09");
    add(events, "2020-03-07T10:00", "2020-03-07T12:00", "");
    add(events, "2020-03-07T11:00", "", "");
    filter.from = at("2020-03-06");
    assert_int_equal(kerb_events_select(ctx, events, &filter, false, NULL, &selected), KERB_OK);
    assert_int_equal(selected->n, 3);
    const char *const ends[] = {"", "2020-03-07T12:00", ""};
    const char *const recorded[] = {"2020-03-09", "", ""};
    for (size_t i = 0; i < 3; i++) {
        assert_true(selected->end[i] == at(ends[i]));
        assert_true(selected->recorded[i] == at(recorded[i]));
    }
    kerb_events_free(selected);
    filter.from = at("2020-03-07T11:00"); /* nothing left that has either */
    assert_int_equal(kerb_events_select(ctx, events, &filter, false, NULL, &selected), KERB_OK);
    assert_int_equal(selected->n, 1);
    char hex[65], plain_hex[65];
    kerb_events *plain = NULL;
    assert_int_equal(kerb_events_new(ctx, &plain), KERB_OK);
    add(plain, "2020-03-07T11:00", "", "");
    assert_int_equal(kerb_events_fingerprint(ctx, selected, hex), KERB_OK);
    assert_int_equal(kerb_events_fingerprint(ctx, plain, plain_hex), KERB_OK);
    assert_string_equal(hex, plain_hex);
    kerb_events_free(plain);
    kerb_events_free(selected);
}

/* ------------------------------------------------------------------- fingerprint */

static void fingerprint_of(const kerb_events *of, char *hex)
{
    assert_int_equal(kerb_events_fingerprint(ctx, of, hex), KERB_OK);
}

static void times__fingerprint_sees_both_and_no_order(void **state)
{
    (void)state;
    char plain[65], hex[4][65];
    static const char *const rows[][3] = {
        {"2020-03-09T14:00", "", ""},
        {"2020-03-09T14:00", "2020-03-09T16:30", ""},
        {"2020-03-09T14:00", "", "2020-03-09T16:30"},
        {"2020-03-09T14:00", "2020-03-09T16:30", "2020-03-09T16:30"},
    };
    for (int i = 0; i < 4; i++) {
        kerb_events *one = NULL;
        assert_int_equal(kerb_events_new(ctx, &one), KERB_OK);
        add(one, rows[i][0], rows[i][1], rows[i][2]);
        fingerprint_of(one, hex[i]);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(hex[i], hex[j]);
        /* columns that are there and empty are none */
        assert_int_equal(kerb_events_set_end(ctx, one, 0, NO_TIME), KERB_OK);
        assert_int_equal(kerb_events_set_recorded(ctx, one, 0, NO_TIME), KERB_OK);
        fingerprint_of(one, plain);
        assert_string_equal(plain, hex[0]);
        kerb_events_free(one);
    }
    kerb_events *forwards = NULL, *backwards = NULL;
    assert_int_equal(kerb_events_new(ctx, &forwards), KERB_OK);
    assert_int_equal(kerb_events_new(ctx, &backwards), KERB_OK);
    for (int i = 0; i < 4; i++) {
        add(forwards, rows[i][0], rows[i][1], rows[i][2]);
        add(backwards, rows[3 - i][0], rows[3 - i][1], rows[3 - i][2]);
    }
    fingerprint_of(forwards, hex[0]);
    fingerprint_of(backwards, hex[1]);
    assert_string_equal(hex[0], hex[1]);
    kerb_events_free(forwards);
    kerb_events_free(backwards);
}

static void times__fingerprint_is_sha_256_of_the_documented_bytes(void **state)
{
    (void)state;
    kerb_event event = {.x = 2, .y = 1, .weight = 1, .start = 0};
    event.precision = KERB_PRECISION_SECOND;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    assert_int_equal(kerb_events_set_end(ctx, events, 0, 258), KERB_OK); /* 0x0102 */
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    /* one row without an end (key 0) comes first; a time has its top bit turned */
#define ROW                                                                                    \
    "\xc0\0\0\0\0\0\0\0"                                                                       \
    "\xbf\xf0\0\0\0\0\0\0"                                                                     \
    "\xbf\xf0\0\0\0\0\0\0"                                                                     \
    "\x80\0\0\0\0\0\0\0"                                                                       \
    "\4"                                                                                       \
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
    static const unsigned char bytes[] =
        "kerb events 1\n"
        "end\n"
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\2" ROW "\0\0\0\0\0\0\0\0" ROW "\x80\0\0\0\0\0\1\2";
#undef ROW
    char want[65], got[65];
    kerb_sha256 *hash = kerb_sha256_new();
    assert_non_null(hash);
    kerb_sha256_add(hash, bytes, sizeof bytes - 1);
    kerb_sha256_hex(hash, want);
    kerb_sha256_free(hash);
    fingerprint_of(events, got);
    assert_string_equal(got, want);
}

/* ------------------------------------------------------------------------ memory */

static kerb_status fill_and_select(kerb_ctx *of_walk, void *user)
{
    (void)user;
    kerb_filter filter = KERB_FILTER_ALL;
    kerb_event event = {.x = 1, .weight = 1, .precision = KERB_PRECISION_SECOND};
    kerb_events *table = NULL, *selected = NULL;
    kerb_status status = kerb_events_new(of_walk, &table);
    for (size_t i = 0; i < 300 && status == KERB_OK; i++) {
        status = kerb_events_add(of_walk, table, &event);
        if (status == KERB_OK && i > 100)
            status = kerb_events_set_end(of_walk, table, i, 60);
        if (status == KERB_OK && i > 200)
            status = kerb_events_set_recorded(of_walk, table, i, 90);
    }
    if (status == KERB_OK)
        status = kerb_events_select(of_walk, table, &filter, true, NULL, &selected);
    kerb_events_free(selected);
    kerb_events_free(table);
    return status;
}

static void times__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(fill_and_select, NULL) >= 30);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_table, free_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(times__columns_come_with_the_first_row_that_has_one),
        TEST(times__what_is_no_window_is_refused_and_changes_nothing),
        TEST(times__period_goes_to_the_end_of_the_last_window),
        TEST(times__row_passes_when_its_whole_window_does),
        TEST(times__rows_that_pass_keep_their_times),
        TEST(times__fingerprint_sees_both_and_no_order),
        TEST(times__fingerprint_is_sha_256_of_the_documented_bytes),
        TEST(times__survive_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
