/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calendar arithmetic without the C library's time zones: no TZ, no tables, the same on every
 * machine. A year here begins in March, so that the leap day is the last day of the year and
 * months have a linear length; 400 years are an era of 146,097 days.
 * Source: Hinnant (2013), chrono-compatible low-level date algorithms; UK summer time: Summer
 * Time Order 2002 (last Sundays of March and October, 01:00 UTC).
 */
#include "kerb_base.h"

#include <string.h>

enum { DAY_S = 86400, HOUR_S = 3600, MINUTE_S = 60 };

/* Years 1 to 9999. A file may give any number for an instant; beyond these there is no calendar
 * to speak of, and arithmetic at the edge of int64 would overflow. */
static const kerb_civil_s first_s = -62135596800, last_s = 253402300799;

static bool is_in_calendar(kerb_civil_s time)
{
    return time >= first_s && time <= last_s;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

int64_t kerb_days_from_date(kerb_date date)
{
    int64_t year = (int64_t)date.year - (date.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t month = (date.month + 9) % 12; /* March = 0 */
    int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468; /* 719468: 0000-03-01 to 1970-01-01 */
}

kerb_date kerb_date_from_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    kerb_date date = {
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
        .month = (int)(month < 10 ? month + 3 : month - 9),
    };
    date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
    return date;
}

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool kerb_date_is_valid(kerb_date date)
{
    static const int n_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (date.year < 1 || date.year > 9999 || date.month < 1 || date.month > 12 || date.day < 1)
        return false;
    return date.day <= n_days[date.month - 1] + (date.month == 2 && is_leap_year(date.year));
}

int kerb_weekday_from_days(int64_t days)
{
    /* 1970-01-01 was a Thursday; reduced first so that no day number overflows */
    return (int)((days % 7 + 7 + 3) % 7);
}

kerb_civil_s kerb_civil_end(kerb_civil_s start, kerb_precision precision)
{
    if (!is_in_calendar(start)) /* KERB_CIVIL_NONE too */
        return start;
    switch (precision) {
    case KERB_PRECISION_NONE:
        return start;
    case KERB_PRECISION_MONTH: {
        kerb_date date = kerb_date_from_days(floor_div(start, DAY_S));
        date.day = 1;
        date.year += date.month == 12;
        date.month = date.month % 12 + 1;
        return kerb_days_from_date(date) * DAY_S;
    }
    case KERB_PRECISION_DAY:
        return (floor_div(start, DAY_S) + 1) * DAY_S;
    case KERB_PRECISION_MINUTE:
        return (floor_div(start, MINUTE_S) + 1) * MINUTE_S;
    case KERB_PRECISION_SECOND:
        return start + 1;
    }
    return start;
}

/* 01:00 UTC on the last Sunday of a month of 31 days */
static int64_t find_clock_change_s(int year, int month)
{
    int64_t last = kerb_days_from_date((kerb_date){.year = year, .month = month, .day = 31});
    int days_since_sunday = (kerb_weekday_from_days(last) + 1) % 7;
    return (last - days_since_sunday) * DAY_S + HOUR_S;
}

kerb_civil_s kerb_civil_from_utc(int64_t utc_s)
{
    if (!is_in_calendar(utc_s)) /* KERB_CIVIL_NONE too */
        return utc_s;
    int year = kerb_date_from_days(floor_div(utc_s, DAY_S)).year;
    bool is_summer =
        utc_s >= find_clock_change_s(year, 3) && utc_s < find_clock_change_s(year, 10);
    return is_summer ? utc_s + HOUR_S : utc_s;
}

void kerb_civil_format(kerb_civil_s time, kerb_precision precision, char *text)
{
    text[0] = '\0';
    if (!is_in_calendar(time) || precision == KERB_PRECISION_NONE)
        return;
    int64_t days = floor_div(time, DAY_S);
    int second = (int)(time - days * DAY_S);
    kerb_date date = kerb_date_from_days(days);
    char whole[64]; /* roomier than needed, for the compiler knows no calendar */
    snprintf(whole, sizeof whole, "%04d-%02d-%02d %02d:%02d:%02d", date.year, date.month,
             date.day, second / HOUR_S, second / MINUTE_S % 60, second % 60);
    size_t n_cut = precision == KERB_PRECISION_MONTH    ? 12
                   : precision == KERB_PRECISION_DAY    ? 9
                   : precision == KERB_PRECISION_MINUTE ? 3
                                                        : 0;
    size_t n = strlen(whole) - n_cut;
    memcpy(text, whole, n);
    text[n] = '\0';
}

/* Exactly n digits at *at, which moves past them. */
static bool read_digits(const char **at, int n, int *out)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        char c = (*at)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *at += n;
    *out = value;
    return true;
}

static bool parse_civil(const char *text, kerb_civil_s *out)
{
    kerb_date date = {.year = 0, .month = 1, .day = 1};
    int hour = 0, minute = 0, second = 0;
    const char *at = text;
    if (!read_digits(&at, 4, &date.year))
        return false;
    if (*at == '-') {
        at++;
        if (!read_digits(&at, 2, &date.month))
            return false;
        if (*at == '-') {
            at++;
            if (!read_digits(&at, 2, &date.day))
                return false;
            if (*at == 'T' || *at == ' ') { /* a blank: as kerb_civil_format() writes it */
                at++;
                if (!read_digits(&at, 2, &hour) || *at++ != ':' ||
                    !read_digits(&at, 2, &minute))
                    return false;
                if (*at == ':') {
                    at++;
                    if (!read_digits(&at, 2, &second))
                        return false;
                }
            }
        }
    }
    if (*at != '\0' || !kerb_date_is_valid(date) || hour > 23 || minute > 59 || second > 59)
        return false;
    *out = kerb_days_from_date(date) * DAY_S + hour * HOUR_S + minute * MINUTE_S + second;
    return true;
}

kerb_status kerb_civil_parse(kerb_ctx *ctx, const char *text, kerb_civil_s *out)
{
    if (parse_civil(text, out))
        return KERB_OK;
    char shown[4 * 40 + 8];
    kerb_text_visible(text, strlen(text), 40, shown);
    return kerb_fail(ctx, KERB_ERR_ARG,
                     "'%s' is no date of the calendar: write 2020, 2020-03, 2020-03-09 or "
                     "2020-03-09T14:05",
                     shown);
}
