/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates as people and exports write them: ISO 8601, day/month/year, day-Mon-year, and by a
 * format for everything else. Day comes before month, as in the UK, unless a whole file proves
 * the other order (ingest_date_order.c), because nothing in "03/04/2017" tells which it is.
 * Precision is what the text says, no more.
 */
#include "ingest_internal.h"

#include <string.h>

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

typedef struct cursor {
    const char *p, *end;
} cursor;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Up to `max` digits; returns how many were there. */
static int read_digits(cursor *at, int max, int *out)
{
    int n = 0, value = 0;
    while (n < max && at->p < at->end && is_digit(*at->p)) {
        value = 10 * value + (*at->p - '0');
        at->p++;
        n++;
    }
    *out = value;
    return n;
}

static void skip_blanks(cursor *at)
{
    while (at->p < at->end && (*at->p == ' ' || *at->p == '\t')) {
        at->p++;
    }
}

static bool accept(cursor *at, char c)
{
    if (at->p < at->end && *at->p == c) {
        at->p++;
        return true;
    }
    return false;
}

/* An English month by its first three letters or whole; 0 when it is none. */
static int read_month_name(cursor *at)
{
    static const char *const names[12] = {"january",   "february", "march",    "april",
                                          "may",       "june",     "july",     "august",
                                          "september", "october",  "november", "december"};
    for (int m = 0; m < 12; m++) {
        size_t n_same = 0;
        const char *name = names[m];
        while (at->p + n_same < at->end && name[n_same] != '\0' &&
               lower(at->p[n_same]) == name[n_same]) {
            n_same++;
        }
        bool is_whole = name[n_same] == '\0';
        bool is_sept = m == 8 && n_same == 4;
        if (n_same >= 3 && !is_whole && !is_sept) {
            n_same = 3;
        }
        const char *after = at->p + n_same;
        bool ends_there = after == at->end || lower(*after) < 'a' || lower(*after) > 'z';
        if (n_same >= 3 && ends_there) {
            at->p = after;
            return m + 1;
        }
    }
    return 0;
}

/* Two digits of a year: 70 to 99 are of the last century. */
static int widen_year(int year)
{
    return year < 70 ? 2000 + year : 1900 + year;
}

typedef struct clock_time {
    int64_t second; /* of the day */
    kerb_precision precision;
    bool has_offset;
    int64_t offset_s; /* local minus UTC */
} clock_time;

/* Z, +01, +0100, +01:00, "+00" as PostgreSQL writes it, after blanks. */
static bool read_offset(cursor *at, clock_time *time)
{
    cursor ahead = *at;
    skip_blanks(&ahead);
    if (ahead.p == ahead.end) {
        *at = ahead;
        return true;
    }
    if (accept(&ahead, 'Z') || accept(&ahead, 'z')) {
        time->has_offset = true;
    } else if (*ahead.p == '+' || *ahead.p == '-') {
        int sign = *ahead.p == '-' ? -1 : 1, hours = 0, minutes = 0;
        ahead.p++;
        if (read_digits(&ahead, 2, &hours) != 2) {
            return false;
        }
        bool has_colon = accept(&ahead, ':');
        int n = read_digits(&ahead, 2, &minutes);
        if ((n != 0 && n != 2) || (has_colon && n == 0) || hours > 18 || minutes > 59) {
            return false;
        }
        time->has_offset = true;
        time->offset_s = (int64_t)sign * (hours * HOUR_S + minutes * MINUTE_S);
    } else {
        return true; /* not ours: an am or pm */
    }
    skip_blanks(&ahead);
    *at = ahead;
    return true;
}

/* hh:mm[:ss[.fff]] [am|pm] [offset]; also h, "2 pm". */
static bool read_clock(cursor *at, clock_time *time)
{
    int hour = 0, minute = 0, second = 0;
    *time = (clock_time){.precision = KERB_PRECISION_MINUTE};
    int n = read_digits(at, 2, &hour);
    if (n == 0) {
        return false;
    }
    bool has_minutes = false;
    if (accept(at, ':') || accept(at, '.')) {
        if (read_digits(at, 2, &minute) != 2) {
            return false;
        }
        has_minutes = true;
        if (accept(at, ':') || accept(at, '.')) {
            if (read_digits(at, 2, &second) != 2) {
                return false;
            }
            time->precision = KERB_PRECISION_SECOND;
            if (accept(at, '.') || accept(at, ',')) {
                int fraction = 0;
                if (read_digits(at, 9, &fraction) == 0) {
                    return false;
                }
            }
        }
    } else if (n == 2 && at->p < at->end && is_digit(*at->p)) {
        if (read_digits(at, 2, &minute) != 2) { /* basic form: hhmm[ss] */
            return false;
        }
        has_minutes = true;
        if (at->p < at->end && is_digit(*at->p)) {
            if (read_digits(at, 2, &second) != 2) {
                return false;
            }
            time->precision = KERB_PRECISION_SECOND;
        }
    }
    if (!read_offset(at, time)) {
        return false;
    }
    bool has_half = false;
    if (!time->has_offset && at->p < at->end) {
        skip_blanks(at);
        char half = at->p < at->end ? lower(*at->p) : '\0';
        if (half == 'a' || half == 'p') {
            at->p++;
            accept(at, '.');
            if (at->p == at->end || lower(*at->p) != 'm') {
                return false;
            }
            at->p++;
            accept(at, '.');
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
    time->second = hour * HOUR_S + minute * MINUTE_S + second;
    return true;
}

static kerb_civil_s to_civil(kerb_date date, const clock_time *time)
{
    int64_t at_s = kerb_days_from_date(date) * DAY_S + time->second;
    return time->has_offset ? kerb_civil_from_utc(at_s - time->offset_s) : at_s;
}

/* What follows a whole date: nothing, or T or blanks and a time of day. */
static bool finish_with_clock(cursor *at, kerb_date date, kerb_civil_s *start,
                              kerb_precision *precision)
{
    clock_time time = {.precision = KERB_PRECISION_DAY};
    if (!kerb_date_is_valid(date)) {
        return false;
    }
    bool has_comma = accept(at, ',');
    if (!has_comma && (accept(at, 'T') || accept(at, 't'))) {
        if (!read_clock(at, &time)) {
            return false;
        }
    } else {
        const char *before = at->p;
        skip_blanks(at);
        if (at->p < at->end && (has_comma || at->p > before) && !read_clock(at, &time)) {
            return false;
        }
    }
    skip_blanks(at);
    if (at->p != at->end) {
        return false;
    }
    *start = to_civil(date, &time);
    *precision = time.precision;
    return true;
}

static bool set_month(int year, int month, kerb_civil_s *start, kerb_precision *precision)
{
    kerb_date date = {year, month, 1};
    if (!kerb_date_is_valid(date)) {
        return false;
    }
    *start = kerb_days_from_date(date) * DAY_S;
    *precision = KERB_PRECISION_MONTH;
    return true;
}

/* Year first: 2020-03, 2020-03-09…, 2020/3/9, 20200309[T1405]. */
static bool parse_year_first(cursor at, kerb_civil_s *start, kerb_precision *precision)
{
    int year = 0, month = 0, day = 0;
    if (read_digits(&at, 4, &year) != 4 || year < 1) {
        return false;
    }
    if (at.p < at.end && is_digit(*at.p)) {
        if (read_digits(&at, 2, &month) != 2 || read_digits(&at, 2, &day) != 2 ||
            (at.p < at.end && is_digit(*at.p))) {
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
    if (read_digits(&at, 2, &month) == 0) {
        return false;
    }
    if (at.p == at.end) {
        return set_month(year, month, start, precision);
    }
    if (!accept(&at, separator) || read_digits(&at, 2, &day) == 0) {
        return false;
    }
    return finish_with_clock(&at, (kerb_date){year, month, day}, start, precision);
}

static bool read_year(cursor *at, int *year)
{
    int n = read_digits(at, 4, year);
    if (n == 2) {
        *year = widen_year(*year);
    }
    return (n == 2 || n == 4) && *year >= 1 && !(at->p < at->end && is_digit(*at->p));
}

/* Day first: 9/3/2020, 09-03-20 14:05, 9 March 2020, 09-Mar-20; Mar-2020. With
   `is_month_first`, 3/9/2020 is the same day. */
static kerb_ingest__date_result parse_day_first(cursor at, bool is_month_first,
                                                kerb_civil_s *start, kerb_precision *precision)
{
    int day = 0, month = 0, year = 0;
    if (!is_digit(*at.p)) {
        month = read_month_name(&at);
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
    if (read_digits(&at, 2, &day) == 0 || at.p == at.end) {
        return KERB_DATE_BAD;
    }
    char separator = *at.p;
    if (separator == ' ') {
        skip_blanks(&at);
    } else if (separator == '/' || separator == '-' || separator == '.') {
        at.p++;
    } else {
        return KERB_DATE_BAD;
    }
    bool is_named = at.p < at.end && !is_digit(*at.p);
    if (is_named) {
        month = read_month_name(&at);
    } else {
        read_digits(&at, 2, &month);
    }
    if (month == 0) {
        return KERB_DATE_BAD;
    }
    if (separator == ' ') {
        skip_blanks(&at);
    } else if (!accept(&at, separator)) {
        return KERB_DATE_BAD;
    }
    if (!read_year(&at, &year)) {
        return KERB_DATE_BAD;
    }
    cursor again = at;
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
    cursor at = {text, text + length};
    int first = 0, second = 0, year = 0;
    skip_blanks(&at);
    int n_first = read_digits(&at, 2, &first);
    char separator = at.p < at.end ? *at.p : '\0';
    if (n_first == 0 || (separator != '/' && separator != '-' && separator != '.')) {
        return KERB_DATE_SHAPE_OTHER;
    }
    at.p++;
    if (read_digits(&at, 2, &second) == 0 || !accept(&at, separator) ||
        !read_year(&at, &year) || first < 1 || second < 1) {
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
    cursor at = {text, text + length};
    skip_blanks(&at);
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
    while (n_digits < 9 && at.p + n_digits < at.end && is_digit(at.p[n_digits])) {
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
    cursor at = {text, text + length};
    skip_blanks(&at);
    while (at.end > at.p && (at.end[-1] == ' ' || at.end[-1] == '\t')) {
        at.end--;
    }
    cursor digits = at;
    int number = 0;
    int n = read_digits(&digits, 4, &number);
    if (n > 0 && digits.p == digits.end) {
        /* Spreadsheets drop the leading zeros of 0055 and 0815. */
        if (number / 100 > 23 || number % 100 > 59) {
            return false;
        }
        *second = number / 100 * HOUR_S + number % 100 * MINUTE_S;
        *precision = KERB_PRECISION_MINUTE;
        return true;
    }
    clock_time time;
    if (!read_clock(&at, &time) || time.has_offset || at.p != at.end) {
        return false;
    }
    *second = time.second;
    *precision = time.precision;
    return true;
}

/* ------------------------------------------------------------------ formats */

const char *kerb_ingest__date_format_problem(const char *format)
{
    bool has_any = false;
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%') {
            continue;
        }
        f++;
        if (*f == '\0' || strchr("dmYybBHIMSpzTRF%", *f) == NULL) {
            return "only %d %m %Y %y %b %B %H %I %M %S %p %z %F %T %R and %% are known";
        }
        has_any = true;
    }
    return has_any ? NULL : "it names no part of a date";
}

typedef struct parts {
    int year, month, day, hour, minute, second;
    bool has_date, has_year, has_month, has_day, has_hour, has_minute, has_second, has_half;
    bool is_afternoon;
    clock_time zone;
} parts;

static bool read_number(cursor *at, int max_digits, int *out, bool *has)
{
    *has = true;
    return read_digits(at, max_digits, out) > 0;
}

static bool read_half(cursor *at, parts *into)
{
    if (at->end - at->p < 2 || lower(at->p[1]) != 'm') {
        return false;
    }
    char half = lower(*at->p);
    into->has_half = true;
    into->is_afternoon = half == 'p';
    at->p += 2;
    return half == 'a' || half == 'p';
}

static bool match_format(const char *format, cursor *at, parts *into)
{
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == ' ') {
            skip_blanks(at);
            continue;
        }
        if (*f != '%') {
            if (!accept(at, *f)) {
                return false;
            }
            continue;
        }
        bool is_good = false;
        switch (*++f) {
        case 'd':
            is_good = read_number(at, 2, &into->day, &into->has_day);
            break;
        case 'm':
            is_good = read_number(at, 2, &into->month, &into->has_month);
            break;
        case 'Y':
            into->has_year = true;
            is_good = read_digits(at, 4, &into->year) == 4;
            break;
        case 'y':
            into->has_year = true;
            is_good = read_digits(at, 2, &into->year) == 2;
            into->year = widen_year(into->year);
            break;
        case 'b':
        case 'B':
            into->has_month = true;
            into->month = read_month_name(at);
            is_good = into->month != 0;
            break;
        case 'H':
        case 'I':
            is_good = read_number(at, 2, &into->hour, &into->has_hour);
            break;
        case 'M':
            is_good = read_number(at, 2, &into->minute, &into->has_minute);
            break;
        case 'S':
            is_good = read_number(at, 2, &into->second, &into->has_second);
            if (accept(at, '.')) {
                int fraction = 0;
                is_good = is_good && read_digits(at, 9, &fraction) > 0;
            }
            break;
        case 'p':
            is_good = read_half(at, into);
            break;
        case 'z':
            is_good = at->p < at->end && read_offset(at, &into->zone) && into->zone.has_offset;
            break;
        case 'F':
            is_good = match_format("%Y-%m-%d", at, into);
            break;
        case 'T':
            is_good = match_format("%H:%M:%S", at, into);
            break;
        case 'R':
            is_good = match_format("%H:%M", at, into);
            break;
        default:
            is_good = accept(at, *f);
            break;
        }
        if (!is_good) {
            return false;
        }
    }
    return true;
}

bool kerb_ingest__date_parse_format(const char *format, const char *text, size_t length,
                                    kerb_civil_s *start, kerb_precision *precision)
{
    cursor at = {text, text + length};
    parts found = {.year = 1970, .month = 1, .day = 1};
    skip_blanks(&at);
    if (!match_format(format, &at, &found)) {
        return false;
    }
    skip_blanks(&at);
    kerb_date date = {found.year, found.month, found.day};
    if (at.p != at.end || found.hour > 23 || found.minute > 59 || found.second > 60 ||
        !kerb_date_is_valid(date)) {
        return false;
    }
    if (found.has_half) {
        if (found.hour < 1 || found.hour > 12) {
            return false;
        }
        found.hour = found.hour % 12 + (found.is_afternoon ? 12 : 0);
    }
    clock_time time = found.zone;
    time.second = found.hour * HOUR_S + found.minute * MINUTE_S +
                  (found.second == 60 ? 59 : found.second);
    *start = to_civil(date, &time);
    /* A format without a date reads a time of day: its day is 1970-01-01. */
    *precision = found.has_second                   ? KERB_PRECISION_SECOND
                 : found.has_hour                   ? KERB_PRECISION_MINUTE
                 : found.has_day || !found.has_year ? KERB_PRECISION_DAY
                                                    : KERB_PRECISION_MONTH;
    return true;
}
