/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calendar by its laws, UK clock changes, ends of records, and dates as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kerb_core.h"

#include <string.h>

enum { DAY_S = 86400 };

static kerb_civil_s at(int year, int month, int day, int hour, int minute, int second)
{
    int64_t days = kerb_days_from_date((kerb_date){.year = year, .month = month, .day = day});
    return days * DAY_S + hour * 3600 + minute * 60 + second;
}

static void civil_time__known_days(void **state)
{
    (void)state;
    assert_int_equal(kerb_days_from_date((kerb_date){1970, 1, 1}), 0);
    assert_int_equal(kerb_days_from_date((kerb_date){1969, 12, 31}), -1);
    assert_int_equal(kerb_days_from_date((kerb_date){2000, 3, 1}), 11017);
    assert_int_equal(kerb_days_from_date((kerb_date){1, 1, 1}), -719162);
    assert_int_equal(kerb_days_from_date((kerb_date){9999, 12, 31}), 2932896);
    assert_int_equal(kerb_weekday_from_days(0), 3);  /* Thursday */
    assert_int_equal(kerb_weekday_from_days(-1), 2); /* Wednesday */
    assert_int_equal(kerb_weekday_from_days(kerb_days_from_date((kerb_date){2020, 3, 9})), 0);
}

/* Law: walking day by day through 4000 years, the date is the next valid one, each day number
 * comes back, and weekdays follow each other. */
static void civil_time__every_day_of_4000_years_comes_back(void **state)
{
    (void)state;
    kerb_date date = {.year = 1, .month = 1, .day = 1};
    int64_t first = kerb_days_from_date(date);
    int weekday = kerb_weekday_from_days(first);
    for (int64_t days = first; date.year <= 4000; days++) {
        kerb_date got = kerb_date_from_days(days);
        if (kerb_days_from_date(date) != days || got.year != date.year ||
            got.month != date.month || got.day != date.day ||
            kerb_weekday_from_days(days) != weekday)
            fail_msg("day %lld, %d-%d-%d", (long long)days, date.year, date.month, date.day);
        weekday = (weekday + 1) % 7;
        date.day++;
        if (!kerb_date_is_valid(date)) {
            date.day = 1;
            date.month++;
        }
        if (date.month == 13) {
            date.month = 1;
            date.year++;
        }
    }
    assert_int_equal(kerb_days_from_date((kerb_date){4001, 1, 1}) - first, 10 * 146097);
}

static void civil_time__feb_31_is_no_day(void **state)
{
    (void)state;
    assert_false(kerb_date_is_valid((kerb_date){2020, 2, 31}));
    assert_false(kerb_date_is_valid((kerb_date){2020, 2, 30}));
    assert_true(kerb_date_is_valid((kerb_date){2020, 2, 29}));
    assert_false(kerb_date_is_valid((kerb_date){2021, 2, 29}));
    assert_false(kerb_date_is_valid((kerb_date){1900, 2, 29}));
    assert_true(kerb_date_is_valid((kerb_date){2000, 2, 29}));
    assert_false(kerb_date_is_valid((kerb_date){2020, 4, 31}));
    assert_false(kerb_date_is_valid((kerb_date){2020, 0, 1}));
    assert_false(kerb_date_is_valid((kerb_date){2020, 13, 1}));
    assert_false(kerb_date_is_valid((kerb_date){2020, 1, 0}));
    assert_false(kerb_date_is_valid((kerb_date){0, 1, 1}));
    assert_false(kerb_date_is_valid((kerb_date){10000, 1, 1}));
    assert_true(kerb_date_is_valid((kerb_date){9999, 12, 31}));
}

static void civil_time__weekday_of_any_number_is_0_to_6(void **state)
{
    (void)state;
    assert_in_range(kerb_weekday_from_days(INT64_MAX), 0, 6);
    assert_in_range(kerb_weekday_from_days(INT64_MIN), 0, 6);
}

static void civil_time__the_end_is_the_first_second_after(void **state)
{
    (void)state;
    kerb_civil_s time = at(2020, 2, 29, 22, 15, 30);
    assert_int_equal(kerb_civil_end(time, KERB_PRECISION_NONE), time);
    assert_int_equal(kerb_civil_end(time, KERB_PRECISION_SECOND), time + 1);
    assert_int_equal(kerb_civil_end(time, KERB_PRECISION_MINUTE), at(2020, 2, 29, 22, 16, 0));
    assert_int_equal(kerb_civil_end(time, KERB_PRECISION_DAY), at(2020, 3, 1, 0, 0, 0));
    assert_int_equal(kerb_civil_end(time, KERB_PRECISION_MONTH), at(2020, 3, 1, 0, 0, 0));
    assert_true(kerb_civil_end(KERB_CIVIL_NONE, KERB_PRECISION_DAY) == KERB_CIVIL_NONE);
}

static void civil_time__months_have_their_lengths(void **state)
{
    (void)state;
    static const int leap[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++) {
        kerb_civil_s start = at(2020, month, 1, 0, 0, 0);
        assert_int_equal(kerb_civil_end(start, KERB_PRECISION_MONTH) - start,
                         leap[month - 1] * DAY_S);
    }
    kerb_civil_s start = at(2021, 2, 1, 0, 0, 0);
    assert_int_equal(kerb_civil_end(start, KERB_PRECISION_MONTH) - start, 28 * DAY_S);
    assert_int_equal(kerb_civil_end(at(2019, 12, 1, 0, 0, 0), KERB_PRECISION_MONTH),
                     at(2020, 1, 1, 0, 0, 0));
    /* before 1970 floors go down, not towards zero */
    assert_int_equal(kerb_civil_end(at(1965, 5, 3, 12, 0, 0), KERB_PRECISION_DAY),
                     at(1965, 5, 4, 0, 0, 0));
}

/* instants of `date -u -d '2020-03-29 01:00' +%s` and so on */
static void civil_time__uk_clocks_change_on_last_sundays_at_one_utc(void **state)
{
    (void)state;
    static const int64_t spring[] = {828234000 /* 1996-03-31 */, 1585443600 /* 2020-03-29 */};
    static const int64_t autumn[] = {1603587600 /* 2020-10-25 */, 1824944400 /* 2027-10-31 */};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kerb_civil_from_utc(spring[i] - 1), spring[i] - 1);
        assert_int_equal(kerb_civil_from_utc(spring[i]), spring[i] + 3600);
        assert_int_equal(kerb_civil_from_utc(autumn[i] - 1), autumn[i] - 1 + 3600);
        assert_int_equal(kerb_civil_from_utc(autumn[i]), autumn[i]);
    }
    assert_int_equal(kerb_civil_from_utc(at(2020, 1, 1, 0, 0, 0)), at(2020, 1, 1, 0, 0, 0));
    /* 23:30 UTC on a July evening is the next day on the wall */
    assert_int_equal(kerb_civil_from_utc(at(2020, 7, 1, 23, 30, 0)), at(2020, 7, 2, 0, 30, 0));
    assert_true(kerb_civil_from_utc(KERB_CIVIL_NONE) == KERB_CIVIL_NONE);
}

/* Law: in every year the clock changes twice, on Sundays in the last week of the month. */
static void civil_time__each_year_has_two_changes_on_sundays(void **state)
{
    (void)state;
    for (int year = 1996; year < 2100; year++) {
        int n_changes = 0;
        kerb_civil_s before = 0;
        for (kerb_civil_s t = at(year, 1, 1, 0, 0, 0); t < at(year + 1, 1, 1, 0, 0, 0);
             t += 3600) {
            kerb_civil_s offset = kerb_civil_from_utc(t) - t;
            if (offset != before) {
                int64_t days = t / DAY_S;
                kerb_date date = kerb_date_from_days(days);
                assert_int_equal(kerb_weekday_from_days(days), 6);
                assert_int_equal(t % DAY_S, 3600);
                assert_in_range(date.day, 25, 31);
                assert_int_equal(date.month, n_changes == 0 ? 3 : 10);
                n_changes++;
            }
            before = offset;
        }
        assert_int_equal(n_changes, 2);
    }
}

static void assert_written(kerb_civil_s time, kerb_precision precision, const char *want)
{
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(time, precision, text);
    assert_string_equal(text, want);
}

static void civil_time__is_written_at_its_precision(void **state)
{
    (void)state;
    kerb_civil_s time = at(2020, 3, 9, 14, 5, 30);
    assert_written(time, KERB_PRECISION_NONE, "");
    assert_written(time, KERB_PRECISION_MONTH, "2020-03");
    assert_written(time, KERB_PRECISION_DAY, "2020-03-09");
    assert_written(time, KERB_PRECISION_MINUTE, "2020-03-09 14:05");
    assert_written(time, KERB_PRECISION_SECOND, "2020-03-09 14:05:30");
    assert_written(KERB_CIVIL_NONE, KERB_PRECISION_DAY, "");
    assert_written(at(1, 1, 1, 0, 0, 0), KERB_PRECISION_DAY, "0001-01-01");
    assert_written(at(1969, 12, 31, 23, 59, 59), KERB_PRECISION_SECOND, "1969-12-31 23:59:59");
}

static void civil_time__an_instant_outside_the_calendar_is_left_alone(void **state)
{
    (void)state;
    static const int64_t absurd[] = {INT64_MAX,           INT64_MIN,    INT64_MIN + 1,
                                     1585443600000000000, 253402300800, -62135596801};
    for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
        assert_written(absurd[i], KERB_PRECISION_SECOND, "");
        assert_true(kerb_civil_from_utc(absurd[i]) == absurd[i]);
        for (int precision = KERB_PRECISION_NONE; precision <= KERB_PRECISION_SECOND;
             precision++)
            assert_true(kerb_civil_end(absurd[i], (kerb_precision)precision) == absurd[i]);
    }
    assert_written(253402300799, KERB_PRECISION_SECOND, "9999-12-31 23:59:59");
}

static void assert_read(const char *text, kerb_civil_s want)
{
    kerb_civil_s got = -1;
    assert_int_equal(kerb_civil_parse(NULL, text, &got), KERB_OK);
    assert_int_equal(got, want);
}

static void civil_time__iso_dates_are_read(void **state)
{
    (void)state;
    assert_read("2020", at(2020, 1, 1, 0, 0, 0));
    assert_read("2020-03", at(2020, 3, 1, 0, 0, 0));
    assert_read("2020-03-09", at(2020, 3, 9, 0, 0, 0));
    assert_read("2020-03-09T14:05", at(2020, 3, 9, 14, 5, 0));
    assert_read("2020-03-09T14:05:30", at(2020, 3, 9, 14, 5, 30));
    assert_read("2020-03-09 14:05", at(2020, 3, 9, 14, 5, 0));
    assert_read("0001-01-01", at(1, 1, 1, 0, 0, 0));
}

static void civil_time__what_is_no_date_is_refused_with_its_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "20",
                                        "202",
                                        "20200",
                                        "2020-",
                                        "2020-3",
                                        "2020-13",
                                        "2020-00",
                                        "2020-02-31",
                                        "2020-03-9",
                                        "2020-03-09T",
                                        "2020-03-09T14",
                                        "2020-03-09T24:00",
                                        "2020-03-09T14:60",
                                        "2020-03-09T14:05:60",
                                        "2020-03-09T14:05:30Z",
                                        "2020-03-09T14:05:",
                                        "0000-01-01",
                                        " 2020",
                                        "2020 ",
                                        "03/09/2020",
                                        "-2020",
                                        "2020-03-09x14:05"};
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kerb_civil_s got = 5;
        if (kerb_civil_parse(ctx, texts[i], &got) != KERB_ERR_ARG || got != 5)
            fail_msg("'%s' was read as a date", texts[i]);
    }
    kerb_civil_s got;
    kerb_civil_parse(ctx, "2020-02-31", &got);
    assert_string_equal(kerb_ctx_message(ctx),
                        "'2020-02-31' is no date of the calendar: write 2020, 2020-03, "
                        "2020-03-09 or 2020-03-09T14:05");
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_time__known_days),
        cmocka_unit_test(civil_time__every_day_of_4000_years_comes_back),
        cmocka_unit_test(civil_time__feb_31_is_no_day),
        cmocka_unit_test(civil_time__weekday_of_any_number_is_0_to_6),
        cmocka_unit_test(civil_time__the_end_is_the_first_second_after),
        cmocka_unit_test(civil_time__months_have_their_lengths),
        cmocka_unit_test(civil_time__uk_clocks_change_on_last_sundays_at_one_utc),
        cmocka_unit_test(civil_time__each_year_has_two_changes_on_sundays),
        cmocka_unit_test(civil_time__is_written_at_its_precision),
        cmocka_unit_test(civil_time__an_instant_outside_the_calendar_is_left_alone),
        cmocka_unit_test(civil_time__iso_dates_are_read),
        cmocka_unit_test(civil_time__what_is_no_date_is_refused_with_its_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
