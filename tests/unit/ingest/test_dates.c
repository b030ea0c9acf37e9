/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates by table: what is written, what it means at which precision, and what is refused. */
#include "ingest_scene.h"

static void check_date(const char *text, const char *want)
{
    kerb_civil_s start = 0;
    kerb_precision precision = KERB_PRECISION_NONE;
    char got[KERB_CIVIL_TEXT + 8] = "";
    switch (kerb_ingest__date_parse(text, strlen(text), &start, &precision)) {
    case KERB_DATE_OK:
        kerb_civil_format(start, precision, got);
        break;
    case KERB_DATE_BLANK:
        strcpy(got, "blank");
        break;
    case KERB_DATE_BAD:
        strcpy(got, "bad");
        break;
    case KERB_DATE_BAD_DAY_FIRST:
        strcpy(got, "bad, month first");
        break;
    }
    if (strcmp(got, want) != 0) {
        fail_msg("'%s': got '%s', want '%s'", text, got, want);
    }
}

static const struct {
    const char *text, *want;
} dates[] = {
    {"2020-03", "2020-03"},
    {"2020/03", "2020-03"},
    {"2020-03-09", "2020-03-09"},
    {"2020-3-9", "2020-03-09"},
    {"20200309", "2020-03-09"},
    {"20200309T1405", "2020-03-09 14:05"},
    {"20200309T140530", "2020-03-09 14:05:30"},
    {"2020-03-09T14:05", "2020-03-09 14:05"},
    {"2020-03-09 14:05:30", "2020-03-09 14:05:30"},
    {"  2020-03-09 14:05:30.250  ", "2020-03-09 14:05:30"},
    {"2020/03/09 14:05:30", "2020-03-09 14:05:30"},
    {"09/03/2020", "2020-03-09"},
    {"9/3/2020", "2020-03-09"},
    {"9/3/20", "2020-03-09"},
    {"9/3/99", "1999-03-09"},
    {"09-03-2020 14:05", "2020-03-09 14:05"},
    {"09.03.2020 14:05:59", "2020-03-09 14:05:59"},
    {"01/01/2009 03:01", "2009-01-01 03:01"},
    {"01-Jan-09", "2009-01-01"},
    {"01-JAN-2009 23:59", "2009-01-01 23:59"},
    {"9 March 2020", "2020-03-09"},
    {"9 Sept 2020", "2020-09-09"},
    {"1 July 2014", "2014-07-01"},
    {"Mar-2020", "2020-03"},
    {"March 2020", "2020-03"},
    {"09/03/2020 2:05 pm", "2020-03-09 14:05"},
    {"09/03/2020 12:05 AM", "2020-03-09 00:05"},
    {"29/02/2020", "2020-02-29"},
    {"2000-02-29", "2000-02-29"},
    {"", "blank"},
    {"   ", "blank"},
    {"31/02/2020", "bad"},
    {"2020-02-31", "bad"},
    {"2019-02-29", "bad"},
    {"1900-02-29", "bad"},
    {"2020-13", "bad"},
    {"2020-00-10", "bad"},
    {"2020-03-00", "bad"},
    {"2020-03-09 24:00", "bad"},
    {"2020-03-09 14:60", "bad"},
    {"2020-03-09 14", "bad"},
    {"2020-03-09x", "bad"},
    {"2020-03-09 14:05 x", "bad"},
    {"2020", "bad"},
    {"43899", "bad"},
    {"0000-01-01", "bad"},
    {"yesterday", "bad"},
    {"09/03", "bad"},
    {"09/03/020", "bad"},
    {"9 Mai 2020", "bad"},
    {"3/17/2017", "bad, month first"},
    {"12/31/2017 23:00", "bad, month first"},
    {"13/13/2017", "bad"},
};

static void dates__each_form_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        check_date(dates[i].text, dates[i].want);
    }
}

/* BST runs from the last Sunday of March 01:00 UTC (29 March 2020) to that of October (25
 * October). */
static void dates__an_offset_is_brought_to_the_uk_clock(void **state)
{
    (void)state;
    check_date("2020-01-15T12:00:00Z", "2020-01-15 12:00:00");
    check_date("2020-07-15T12:00:00Z", "2020-07-15 13:00:00");
    check_date("2020-03-29T00:59:59Z", "2020-03-29 00:59:59");
    check_date("2020-03-29T01:00:00Z", "2020-03-29 02:00:00");
    check_date("2020-10-25T00:59Z", "2020-10-25 01:59");
    check_date("2020-10-25T01:00Z", "2020-10-25 01:00");
    check_date("2020-07-15T23:30:00+00:00", "2020-07-16 00:30:00");
    check_date("2020-07-15T12:00+01:00", "2020-07-15 12:00");
    check_date("2020-01-15 12:00:00+0530", "2020-01-15 06:30:00");
    check_date("2020-01-15 12:00:00-05", "2020-01-15 17:00:00");
    check_date("2020-01-15T12:00:00+1", "bad");
}

/* Every day of 120 years by four ways of writing it comes out as itself. */
static void dates__every_day_is_read_as_itself(void **state)
{
    (void)state;
    int64_t first = kerb_days_from_date((kerb_date){1920, 1, 1});
    int64_t last = kerb_days_from_date((kerb_date){2039, 12, 31});
    static const char *const months[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (int64_t day = first; day <= last; day++) {
        kerb_date d = kerb_date_from_days(day);
        char texts[4][32];
        snprintf(texts[0], sizeof texts[0], "%04d-%02d-%02d", d.year, d.month, d.day);
        snprintf(texts[1], sizeof texts[1], "%d/%d/%d", d.day, d.month, d.year);
        snprintf(texts[2], sizeof texts[2], "%02d-%s-%d", d.day, months[d.month - 1], d.year);
        snprintf(texts[3], sizeof texts[3], "%04d%02d%02d", d.year, d.month, d.day);
        for (size_t i = 0; i < 4; i++) {
            kerb_civil_s start = 0;
            kerb_precision precision = KERB_PRECISION_NONE;
            assert_int_equal(
                kerb_ingest__date_parse(texts[i], strlen(texts[i]), &start, &precision),
                KERB_DATE_OK);
            assert_int_equal(start, day * 86400);
            assert_int_equal(precision, KERB_PRECISION_DAY);
        }
    }
}

static void dates__times_of_day_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int second; /* -1: refused */
        kerb_precision precision;
    } times[] = {{"14:05", 14 * 3600 + 300, KERB_PRECISION_MINUTE},
                 {"01:54:02", 6842, KERB_PRECISION_SECOND},
                 {"1405", 14 * 3600 + 300, KERB_PRECISION_MINUTE},
                 {"0815", 8 * 3600 + 900, KERB_PRECISION_MINUTE},
                 {"815", 8 * 3600 + 900, KERB_PRECISION_MINUTE},
                 {"55", 55 * 60, KERB_PRECISION_MINUTE},
                 {"0", 0, KERB_PRECISION_MINUTE},
                 {"2:05 pm", 14 * 3600 + 300, KERB_PRECISION_MINUTE},
                 {"14.05", 14 * 3600 + 300, KERB_PRECISION_MINUTE},
                 {"2400", -1, KERB_PRECISION_NONE},
                 {"1460", -1, KERB_PRECISION_NONE},
                 {"99:99", -1, KERB_PRECISION_NONE},
                 {"noon", -1, KERB_PRECISION_NONE},
                 {"14:05x", -1, KERB_PRECISION_NONE},
                 {"13:05 pm", -1, KERB_PRECISION_NONE}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t second = -1;
        kerb_precision precision = KERB_PRECISION_NONE;
        bool is_good =
            kerb_ingest__time_parse(times[i].text, strlen(times[i].text), &second, &precision);
        if (is_good != (times[i].second >= 0) ||
            (is_good && (second != times[i].second || precision != times[i].precision))) {
            fail_msg("'%s' is read wrong", times[i].text);
        }
    }
}

static void dates__a_format_says_what_comes_first(void **state)
{
    (void)state;
    static const struct {
        const char *format, *text, *want; /* NULL: does not fit */
    } formats[] = {{"%m/%d/%Y", "3/17/2017", "2017-03-17"},
                   {"%m/%d/%Y", "17/3/2017", NULL},
                   {"%d/%m/%Y %H:%M", "09/03/2020 14:05", "2020-03-09 14:05"},
                   {"%d/%m/%Y %H:%M", "09/03/2020", NULL},
                   {"%d-%b-%y", "01-Jan-09", "2009-01-01"},
                   {"%d %B %Y", "1 July 2014", "2014-07-01"},
                   {"%Y%m%d%H%M%S", "20200309140530", "2020-03-09 14:05:30"},
                   {"%F %T", "2020-03-09 14:05:30", "2020-03-09 14:05:30"},
                   {"%d.%m.%Y um %R Uhr", "09.03.2020 um 14:05 Uhr", "2020-03-09 14:05"},
                   {"%Y-%m-%dT%H:%M:%S%z", "2020-07-15T12:00:00Z", "2020-07-15 13:00:00"},
                   {"%I:%M %p %d/%m/%Y", "2:05 PM 09/03/2020", "2020-03-09 14:05"},
                   {"%m/%Y", "03/2020", "2020-03"},
                   {"%d/%m/%Y", "31/02/2020", NULL},
                   {"%d%%%m%%%Y", "09%03%2020", "2020-03-09"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        kerb_civil_s start = 0;
        kerb_precision precision = KERB_PRECISION_NONE;
        char got[KERB_CIVIL_TEXT] = "";
        assert_null(kerb_ingest__date_format_problem(formats[i].format));
        bool fits = kerb_ingest__date_parse_format(formats[i].format, formats[i].text,
                                                   strlen(formats[i].text), &start, &precision);
        if (fits) {
            kerb_civil_format(start, precision, got);
        }
        if (fits != (formats[i].want != NULL) || (fits && strcmp(got, formats[i].want) != 0)) {
            fail_msg("'%s' by '%s': got '%s'", formats[i].text, formats[i].format, got);
        }
    }
    assert_non_null(kerb_ingest__date_format_problem("%Q"));
    assert_non_null(kerb_ingest__date_format_problem("no date"));
    assert_non_null(kerb_ingest__date_format_problem("%d/%"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates__each_form_is_read_or_refused),
        cmocka_unit_test(dates__an_offset_is_brought_to_the_uk_clock),
        cmocka_unit_test(dates__every_day_is_read_as_itself),
        cmocka_unit_test(dates__times_of_day_are_read),
        cmocka_unit_test(dates__a_format_says_what_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
