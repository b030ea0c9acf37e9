/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_DATES_H
#define KERB_INGEST_DATES_H

/*
 * What the usual forms of dates (ingest_dates.c) and dates by a format
 * (ingest_date_formats.c) are read with: a cursor over a text, and the few words they share.
 */

#include "ingest_internal.h"

enum { KERB_INGEST_DAY_S = 86400, KERB_INGEST_HOUR_S = 3600, KERB_INGEST_MINUTE_S = 60 };

typedef struct kerb_ingest__cursor {
    const char *p, *end;
} kerb_ingest__cursor;

typedef struct kerb_ingest__clock_time {
    int64_t second; /* of the day */
    kerb_precision precision;
    bool has_offset;
    int64_t offset_s; /* local minus UTC */
} kerb_ingest__clock_time;

static inline bool kerb_ingest__is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char kerb_ingest__lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Up to `max` digits; returns how many were there. */
static inline int kerb_ingest__read_digits(kerb_ingest__cursor *at, int max, int *out)
{
    int n = 0, value = 0;
    while (n < max && at->p < at->end && kerb_ingest__is_digit(*at->p)) {
        value = 10 * value + (*at->p - '0');
        at->p++;
        n++;
    }
    *out = value;
    return n;
}

static inline void kerb_ingest__skip_blanks(kerb_ingest__cursor *at)
{
    while (at->p < at->end && (*at->p == ' ' || *at->p == '\t')) {
        at->p++;
    }
}

static inline bool kerb_ingest__accept(kerb_ingest__cursor *at, char c)
{
    if (at->p < at->end && *at->p == c) {
        at->p++;
        return true;
    }
    return false;
}

/* Two digits of a year: 70 to 99 are of the last century. */
static inline int kerb_ingest__widen_year(int year)
{
    return year < 70 ? 2000 + year : 1900 + year;
}

/* An English month by its first three letters or whole; 0 when it is none. */
int kerb_ingest__read_month_name(kerb_ingest__cursor *at);
/* Z, +01, +0100, +01:00, "+00" as PostgreSQL writes it, after blanks; false when it is none of
 * these, though it begins like one. */
bool kerb_ingest__read_offset(kerb_ingest__cursor *at, kerb_ingest__clock_time *time);
/* The instant of a date and a time of day by the clock of the UK. */
kerb_civil_s kerb_ingest__to_civil(kerb_date date, const kerb_ingest__clock_time *time);

#endif
