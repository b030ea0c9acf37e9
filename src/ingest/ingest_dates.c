/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates as people and exports write them: ISO 8601, day/month/year, day-Mon-year; everything
 * else by a format (ingest_date_formats.c). Day comes before month, as in the UK, unless a
 * whole file proves the other order (ingest_date_order.c), because nothing in "03/04/2017"
 * tells which it is. Precision is what the text says, no more.
 */
#include "ingest_dates.h"

#include <string.h>

int kerb_ingest__read_month_name(kerb_ingest__cursor *at)
{
    static const char *const names[12] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
    for (int m = 0; m < 12; m++) {
        size_t n_same = 0;
        const char *name = names[m];
        while (at->p + n_same < at->end && name[n_same] != '\0' &&
               kerb_ingest__lower(at->p[n_same]) == name[n_same]) {
            n_same++;
        }
        bool is_whole = name[n_same] == '\0';
        bool is_sept = m == 8 && n_same == 4;
        if (n_same >= 3 && !is_whole && !is_sept) {
            n_same = 3;
        }
        const char *after = at->p + n_same;
        bool ends_there = after == at->end || kerb_ingest__lower(*after) < 'a' ||
                          kerb_ingest__lower(*after) > 'z';
        if (n_same >= 3 && ends_there) {
            at->p = after;
            return m + 1;
        }
    }
    return 0;
}

bool kerb_ingest__read_offset(kerb_ingest__cursor *at, kerb_ingest__clock_time *time)
{
    kerb_ingest__cursor ahead = *at;
    kerb_ingest__skip_blanks(&ahead);
    if (ahead.p == ahead.end) {
        *at = ahead;
        return true;
    }
    if (kerb_ingest__accept(&ahead, 'Z') || kerb_ingest__accept(&ahead, 'z')) {
        time->has_offset = true;
    } else if (*ahead.p == '+' || *ahead.p == '-') {
        int sign = *ahead.p == '-' ? -1 : 1, hours = 0, minutes = 0;
        ahead.p++;
        if (kerb_ingest__read_digits(&ahead, 2, &hours) != 2) {
            return false;
        }
        bool has_colon = kerb_ingest__accept(&ahead, ':');
        int n = kerb_ingest__read_digits(&ahead, 2, &minutes);
        if ((n != 0 && n != 2) || (has_colon && n == 0) || hours > 18 || minutes > 59) {
            return false;
        }
        time->has_offset = true;
        time->offset_s =
            (int64_t)sign * (hours * KERB_INGEST_HOUR_S + minutes * KERB_INGEST_MINUTE_S);
    } else {
        return true; /* not ours: an am or pm */
    }
    kerb_ingest__skip_blanks(&ahead);
    *at = ahead;
    return true;
}

/* hh:mm[:ss[.fff]] [am|pm] [offset]; also h, "2 pm". */
static bool read_clock(kerb_ingest__cursor *at, kerb_ingest__clock_time *time)
{
    int hour = 0, minute = 0, second = 0;
    *time = (kerb_ingest__clock_time){.precision = KERB_PRECISION_MINUTE};
    int n = kerb_ingest__read_digits(at, 2, &hour);
    if (n == 0) {
        return false;
    }
    bool has_minutes = false;
    if (kerb_ingest__accept(at, ':') || kerb_ingest__accept(at, '.')) {
        if (kerb_ingest__read_digits(at, 2, &minute) != 2) {
            return false;
        }
        has_minutes = true;
        if (kerb_ingest__accept(at, ':') || kerb_ingest__accept(at, '.')) {
            if (kerb_ingest__read_digits(at, 2, &second) != 2) {
                return false;
            }
            time->precision = KERB_PRECISION_SECOND;
            if (kerb_ingest__accept(at, '.') || kerb_ingest__accept(at, ',')) {
                int fraction = 0;
                if (kerb_ingest__read_digits(at, 9, &fraction) == 0) {
                    return false;
                }
            }
        }
    } else if (n == 2 && at->p < at->end && kerb_ingest__is_digit(*at->p)) {
        if (kerb_ingest__read_digits(at, 2, &minute) != 2) { /* basic form: hhmm[ss] */
            return false;
        }
        has_minutes = true;
        if (at->p < at->end && kerb_ingest__is_digit(*at->p)) {
            if (kerb_ingest__read_digits(at, 2, &second) != 2) {
                return false;
            }
            time->precision = KERB_PRECISION_SECOND;
        }
    }
    if (!kerb_ingest__read_offset(at, time)) {
        return false;
    }
    bool has_half = false;
    if (!time->has_offset && at->p < at->end) {
        kerb_ingest__skip_blanks(at);
        char half = at->p < at->end ? kerb_ingest__lower(*at->p) : '\0';
        if (half == 'a' || half == 'p') {
            at->p++;
            kerb_ingest__accept(at, '.');
            if (at->p == at->end || kerb_ingest__lower(*at->p) != 'm') {
                return false;
            }
            at->p++;
            kerb_ingest__accept(at, '.');
            if (hour < 1 || hour > 12) {
                return false;
            }
            hour = hour % 12 + (half == 'p' ? 12 : 0);
            has_half = true;
        }
    }
    /* second 60 is a leap second: the day here has 86,400 of them, so it is told as 59 */
    if ((!has_minutes && !has_half) || hour > 23 || minute > 59 || second > 60) {
        return false;
    }
    second = second == 60 ? 59 : second;
    time->second = hour * KERB_INGEST_HOUR_S + minute * KERB_INGEST_MINUTE_S + second;
    return true;
}

kerb_civil_s kerb_ingest__to_civil(kerb_date date, const kerb_ingest__clock_time *time)
{
    int64_t at_s = kerb_days_from_date(date) * KERB_INGEST_DAY_S + time->second;
    return time->has_offset ? kerb_civil_from_utc(at_s - time->offset_s) : at_s;
}

/* What follows a whole date: nothing, or T or blanks and a time of day. */
static bool finish_with_clock(kerb_ingest__cursor *at, kerb_date date, kerb_civil_s *start,
                              kerb_precision *precision)
{
    kerb_ingest__clock_time time = {.precision = KERB_PRECISION_DAY};
    if (!kerb_date_is_valid(date)) {
        return false;
    }
    bool has_comma = kerb_ingest__accept(at, ',');
    if (!has_comma && (kerb_ingest__accept(at, 'T') || kerb_ingest__accept(at, 't'))) {
        if (!read_clock(at, &time)) {
            return false;
        }
    } else {
        const char *before = at->p;
        kerb_ingest__skip_blanks(at);
        if (at->p < at->end && (has_comma || at->p > before) && !read_clock(at, &time)) {
            return false;
        }
    }
    kerb_ingest__skip_blanks(at);
    if (at->p != at->end) {
        return false;
    }
    *start = kerb_ingest__to_civil(date, &time);
    *precision = time.precision;
    return true;
}

static bool set_month(int year, int month, kerb_civil_s *start, kerb_precision *precision)
{
    kerb_date date = {year, month, 1};
    if (!kerb_date_is_valid(date)) {
        return false;
    }
    *start = kerb_days_from_date(date) * KERB_INGEST_DAY_S;
    *precision = KERB_PRECISION_MONTH;
    return true;
}

/* Year first: 2020-03, 2020-03-09…, 2020/3/9, 20200309[T1405]. */
static bool parse_year_first(kerb_ingest__cursor at, kerb_civil_s *start,
                             kerb_precision *precision)
{
    int year = 0, month = 0, day = 0;
    if (kerb_ingest__read_digits(&at, 4, &year) != 4 || year < 1) {
        return false;
    }
    if (at.p < at.end && kerb_ingest__is_digit(*at.p)) {
        if (kerb_ingest__read_digits(&at, 2, &month) != 2 ||
            kerb_ingest__read_digits(&at, 2, &day) != 2 ||
            (at.p < at.end && kerb_ingest__is_digit(*at.p))) {
            return false;
        }
        return finish_with_clock(&at, (kerb_date){year, month, day}, start, precision);
    }
    if (at.p == at.end) {
        return false;
    }
    char separator = *at.p;
    if (separator != '-' && separator != '/' && separator != '.') {
        return false;
    }
    at.p++;
    if (kerb_ingest__read_digits(&at, 2, &month) == 0) {
        return false;
    }
    if (at.p == at.end) {
        return set_month(year, month, start, precision);
    }
    if (!kerb_ingest__accept(&at, separator) || kerb_ingest__read_digits(&at, 2, &day) == 0) {
        return false;
    }
    return finish_with_clock(&at, (kerb_date){year, month, day}, start, precision);
}

static bool read_year(kerb_ingest__cursor *at, int *year)
{
    int n = kerb_ingest__read_digits(at, 4, year);
    if (n == 2) {
        *year = kerb_ingest__widen_year(*year);
    }
    return (n == 2 || n == 4) && *year >= 1 &&
           !(at->p < at->end && kerb_ingest__is_digit(*at->p));
}

/* Day first: 9/3/2020, 09-03-20 14:05, 9 March 2020, 09-Mar-20; Mar-2020. With
   `is_month_first`, 3/9/2020 is the same day. */
static kerb_ingest__date_result parse_day_first(kerb_ingest__cursor at, bool is_month_first,
                                                kerb_civil_s *start, kerb_precision *precision)
{
    int day = 0, month = 0, year = 0;
    if (!kerb_ingest__is_digit(*at.p)) {
        month = kerb_ingest__read_month_name(&at);
        if (month == 0) {
            return KERB_DATE_BAD;
        }
        while (at.p < at.end && (*at.p == ' ' || *at.p == '-' || *at.p == '/')) {
            at.p++;
        }
        return read_year(&at, &year) && at.p == at.end &&
                       set_month(year, month, start, precision)
                   ? KERB_DATE_OK
                   : KERB_DATE_BAD;
    }
    if (kerb_ingest__read_digits(&at, 2, &day) == 0 || at.p == at.end) {
        return KERB_DATE_BAD;
    }
    char separator = *at.p;
    if (separator == ' ') {
        kerb_ingest__skip_blanks(&at);
    } else if (separator == '/' || separator == '-' || separator == '.') {
        at.p++;
    } else {
        return KERB_DATE_BAD;
    }
    bool is_named = at.p < at.end && !kerb_ingest__is_digit(*at.p);
    if (is_named) {
        month = kerb_ingest__read_month_name(&at);
    } else {
        kerb_ingest__read_digits(&at, 2, &month);
    }
    if (month == 0) {
        return KERB_DATE_BAD;
    }
    if (separator == ' ') {
        kerb_ingest__skip_blanks(&at);
    } else if (!kerb_ingest__accept(&at, separator)) {
        return KERB_DATE_BAD;
    }
    if (!read_year(&at, &year)) {
        return KERB_DATE_BAD;
    }
    kerb_ingest__cursor again = at;
    if (is_month_first && !is_named) {
        int first = day;
        day = month;
        month = first;
    }
    if (finish_with_clock(&at, (kerb_date){year, month, day}, start, precision)) {
        return KERB_DATE_OK;
    }
    kerb_civil_s other = 0;
    if (!is_month_first && !is_named && month > 12 &&
        finish_with_clock(&again, (kerb_date){year, day, month}, &other, precision)) {
        return KERB_DATE_BAD_DAY_FIRST;
    }
    return KERB_DATE_BAD;
}

kerb_ingest__date_shape kerb_ingest__date_shape_of(const char *text, size_t length)
{
    kerb_ingest__cursor at = {text, text + length};
    int first = 0, second = 0, year = 0;
    kerb_ingest__skip_blanks(&at);
    int n_first = kerb_ingest__read_digits(&at, 2, &first);
    char separator = at.p < at.end ? *at.p : '\0';
    if (n_first == 0 || (separator != '/' && separator != '-' && separator != '.')) {
        return KERB_DATE_SHAPE_OTHER;
    }
    at.p++;
    if (kerb_ingest__read_digits(&at, 2, &second) == 0 ||
        !kerb_ingest__accept(&at, separator) || !read_year(&at, &year) || first < 1 ||
        second < 1) {
        return KERB_DATE_SHAPE_OTHER;
    }
    if (first <= 12 && second <= 12) {
        return KERB_DATE_SHAPE_EITHER;
    }
    kerb_date day_first = {year, second, first}, month_first = {year, first, second};
    return kerb_date_is_valid(day_first)     ? KERB_DATE_SHAPE_DAY_FIRST
           : kerb_date_is_valid(month_first) ? KERB_DATE_SHAPE_MONTH_FIRST
                                             : KERB_DATE_SHAPE_OTHER;
}

kerb_ingest__date_result kerb_ingest__date_parse(const char *text, size_t length,
                                                 kerb_civil_s *start, kerb_precision *precision)
{
    return kerb_ingest__date_parse_ordered(text, length, false, start, precision);
}

kerb_ingest__date_result kerb_ingest__date_parse_ordered(const char *text, size_t length,
                                                         bool is_month_first,
                                                         kerb_civil_s *start,
                                                         kerb_precision *precision)
{
    kerb_ingest__cursor at = {text, text + length};
    kerb_ingest__skip_blanks(&at);
    while (at.end > at.p && (at.end[-1] == ' ' || at.end[-1] == '\t')) {
        at.end--;
    }
    *start = KERB_CIVIL_NONE;
    *precision = KERB_PRECISION_NONE;
    if (at.p == at.end) {
        return KERB_DATE_BLANK;
    }
    kerb_ingest__date_result result = KERB_DATE_BAD;
    size_t n_digits = 0;
    while (n_digits < 9 && at.p + n_digits < at.end && kerb_ingest__is_digit(at.p[n_digits])) {
        n_digits++;
    }
    if (n_digits == 4 || n_digits == 8) {
        result = parse_year_first(at, start, precision) ? KERB_DATE_OK : KERB_DATE_BAD;
    } else {
        result = parse_day_first(at, is_month_first, start, precision);
    }
    if (result != KERB_DATE_OK) {
        *start = KERB_CIVIL_NONE;
        *precision = KERB_PRECISION_NONE;
    }
    return result;
}

bool kerb_ingest__time_parse(const char *text, size_t length, int64_t *second,
                             kerb_precision *precision)
{
    kerb_ingest__cursor at = {text, text + length};
    kerb_ingest__skip_blanks(&at);
    while (at.end > at.p && (at.end[-1] == ' ' || at.end[-1] == '\t')) {
        at.end--;
    }
    kerb_ingest__cursor digits = at;
    int number = 0;
    int n = kerb_ingest__read_digits(&digits, 4, &number);
    if (n > 0 && digits.p == digits.end) {
        /* Spreadsheets drop the leading zeros of 0055 and 0815. */
        if (number / 100 > 23 || number % 100 > 59) {
            return false;
        }
        *second = number / 100 * KERB_INGEST_HOUR_S + number % 100 * KERB_INGEST_MINUTE_S;
        *precision = KERB_PRECISION_MINUTE;
        return true;
    }
    kerb_ingest__clock_time time;
    if (!read_clock(&at, &time) || time.has_offset || at.p != at.end) {
        return false;
    }
    *second = time.second;
    *precision = time.precision;
    return true;
}
