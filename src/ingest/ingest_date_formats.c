/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dates and times by a format that a mapping names: the letters of strptime(3) that mean a part
 * of a date, without its locale. What the format does not say is not known.
 */
#include "ingest_dates.h"

#include <string.h>

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
    kerb_ingest__clock_time zone;
} parts;

static bool read_number(kerb_ingest__cursor *at, int max_digits, int *out, bool *has)
{
    *has = true;
    return kerb_ingest__read_digits(at, max_digits, out) > 0;
}

static bool read_half(kerb_ingest__cursor *at, parts *into)
{
    if (at->end - at->p < 2 || kerb_ingest__lower(at->p[1]) != 'm') {
        return false;
    }
    char half = kerb_ingest__lower(*at->p);
    into->has_half = true;
    into->is_afternoon = half == 'p';
    at->p += 2;
    return half == 'a' || half == 'p';
}

static bool match_format(const char *format, kerb_ingest__cursor *at, parts *into)
{
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == ' ') {
            kerb_ingest__skip_blanks(at);
            continue;
        }
        if (*f != '%') {
            if (!kerb_ingest__accept(at, *f)) {
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
            is_good = kerb_ingest__read_digits(at, 4, &into->year) == 4;
            break;
        case 'y':
            into->has_year = true;
            is_good = kerb_ingest__read_digits(at, 2, &into->year) == 2;
            into->year = kerb_ingest__widen_year(into->year);
            break;
        case 'b':
        case 'B':
            into->has_month = true;
            into->month = kerb_ingest__read_month_name(at);
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
            if (kerb_ingest__accept(at, '.')) {
                int fraction = 0;
                is_good = is_good && kerb_ingest__read_digits(at, 9, &fraction) > 0;
            }
            break;
        case 'p':
            is_good = read_half(at, into);
            break;
        case 'z':
            is_good = at->p < at->end && kerb_ingest__read_offset(at, &into->zone) &&
                      into->zone.has_offset;
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
            is_good = kerb_ingest__accept(at, *f);
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
    kerb_ingest__cursor at = {text, text + length};
    parts found = {.year = 1970, .month = 1, .day = 1};
    kerb_ingest__skip_blanks(&at);
    if (!match_format(format, &at, &found)) {
        return false;
    }
    kerb_ingest__skip_blanks(&at);
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
    kerb_ingest__clock_time time = found.zone;
    time.second = found.hour * KERB_INGEST_HOUR_S + found.minute * KERB_INGEST_MINUTE_S +
                  (found.second == 60 ? 59 : found.second);
    *start = kerb_ingest__to_civil(date, &time);
    /* A format without a date reads a time of day: its day is 1970-01-01. */
    *precision = found.has_second                   ? KERB_PRECISION_SECOND
                 : found.has_hour                   ? KERB_PRECISION_MINUTE
                 : found.has_day || !found.has_year ? KERB_PRECISION_DAY
                                                    : KERB_PRECISION_MONTH;
    return true;
}
