/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a number in a workbook means. A date is a number of days with a format that shows days;
 * without the format nobody but the column's name can tell. Source: ECMA-376-1:2016, 18.8.30
 * (number formats), 18.17.4 (dates: serial 60 is the 29 February 1900 that never was).
 */
#include "ingest_xlsx.h"

#include <math.h>
#include <string.h>

#define DAY_S      86400
#define EPOCH_1900 (-25569) /* days from 1970-01-01 to 1899-12-30 */
#define EPOCH_1904 (-24107) /* to 1904-01-01 */
/* Numbers that as dates lie in 1970 to 2099; larger ones may be years in full, 20140701. */
#define SERIAL_MIN 25569.0
#define SERIAL_MAX 73051.0

static bool is_letter(char c, char letter)
{
    return c == letter || c == (char)(letter - 32);
}

/* Skip what is no code: a quoted text, an escaped sign, [Red] or [$-809]; but [h] is one. */
static const char *skip_literal(const char *p)
{
    if (*p == '"') {
        const char *end = strchr(p + 1, '"');
        return end != NULL ? end + 1 : p + strlen(p);
    }
    if ((*p == '\\' || *p == '_' || *p == '*') && p[1] != '\0') {
        return p + 2;
    }
    if (*p == '[' && !is_letter(p[1], 'h') && !is_letter(p[1], 'm') && !is_letter(p[1], 's')) {
        const char *end = strchr(p, ']');
        return end != NULL ? end + 1 : p + strlen(p);
    }
    return p;
}

/* "General" is a word, not a format with an e and an r in it. */
static bool is_general(const char *code)
{
    static const char word[] = "general";
    for (size_t i = 0; i < sizeof word - 1; i++) {
        if (!is_letter(code[i], word[i])) {
            return false;
        }
    }
    return true;
}

/* All digits shown, zeros in front too: "00000". */
static unsigned count_zeros(const char *code)
{
    size_t n = strspn(code, "0");
    return code[n] == '\0' && n > 1 && n <= 15 ? (unsigned)n : 0;
}

kerb_ingest__number_format kerb_ingest__number_format_parse(const char *code)
{
    kerb_ingest__number_format format = {.kind = KERB_CELL_NUMBER};
    bool has_year = false, has_day = false, has_hour = false, has_second = false, has_m = false;
    for (const char *p = code; *p != '\0' && *p != ';' && !is_general(p);) {
        const char *after = skip_literal(p);
        if (after != p) {
            p = after;
            continue;
        }
        has_year = has_year || is_letter(*p, 'y');
        has_day = has_day || is_letter(*p, 'd');
        has_hour = has_hour || is_letter(*p, 'h');
        has_second = has_second || is_letter(*p, 's');
        has_m = has_m || is_letter(*p, 'm');
        p++;
    }
    format.shows_seconds = has_second;
    if (has_hour || has_second) {
        format.kind = has_day || has_year ? KERB_CELL_DATE_TIME : KERB_CELL_TIME;
    } else if (has_year && has_m && !has_day) {
        format.kind = KERB_CELL_MONTH;
    } else if (has_day || has_year || has_m) {
        format.kind = KERB_CELL_DATE;
    } else {
        format.n_zeros = count_zeros(code);
    }
    return format;
}

kerb_ingest__number_format kerb_ingest__number_format_builtin(unsigned id)
{
    kerb_ingest__number_format format = {.kind = KERB_CELL_NUMBER};
    if (id == 17) {
        format.kind = KERB_CELL_MONTH; /* mmm-yy */
    } else if ((id >= 14 && id <= 16) || (id >= 27 && id <= 31) || id == 36 ||
               (id >= 50 && id <= 54) || id == 57 || id == 58) {
        format.kind = KERB_CELL_DATE;
    } else if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || (id >= 45 && id <= 47)) {
        format.kind = KERB_CELL_TIME;
        format.shows_seconds = id == 19 || id == 21 || id >= 45;
    } else if (id == 22) {
        format.kind = KERB_CELL_DATE_TIME; /* m/d/yy h:mm */
    }
    return format;
}

bool kerb_ingest__is_plausible_serial(double value, bool is_1904)
{
    double serial = is_1904 ? value + (EPOCH_1904 - EPOCH_1900) : value;
    return serial >= SERIAL_MIN && serial < SERIAL_MAX;
}

/* A number without a date: a whole one without exponent and ".0", so that a reference is what
 * people typed. */
static void write_number(kerb_ingest__number_format format, double value, const char *raw,
                         char *text)
{
    enum { ROOM = 64 };
    if (floor(value) == value && fabs(value) < 1e15) {
        int n_digits = value >= 0.0 ? (int)format.n_zeros : 1;
        snprintf(text, ROOM, "%0*lld", n_digits, (long long)value);
    } else {
        snprintf(text, ROOM, "%s", strlen(raw) < ROOM ? raw : "");
    }
}

static void write_time(int64_t second, bool shows_seconds, char *text, size_t room)
{
    int hour = (int)(second / 3600), minute = (int)(second / 60 % 60),
        rest = (int)(second % 60);
    if (shows_seconds || rest != 0) {
        snprintf(text, room, "%02d:%02d:%02d", hour, minute, rest);
    } else {
        snprintf(text, room, "%02d:%02d", hour, minute);
    }
}

void kerb_ingest__number_format_write(kerb_ingest__number_format format, bool is_1904,
                                      double value, const char *raw, char *text)
{
    enum { ROOM = 64 };
    bool is_date = format.kind != KERB_CELL_NUMBER;
    /* 2958466 is the year 10000; before March 1900 the two calendars disagree by a day */
    if (!is_date || !(value >= 0.0 && value < 2958466.0)) {
        write_number((kerb_ingest__number_format){.n_zeros = is_date ? 0 : format.n_zeros},
                     value, raw, text);
        return;
    }
    double whole = floor(value);
    int64_t second = (int64_t)floor((value - whole) * DAY_S + 0.5);
    int64_t days = (int64_t)whole + (second == DAY_S);
    second %= DAY_S;
    if (days == 0 && format.kind != KERB_CELL_DATE) {
        write_time(second, format.shows_seconds, text, ROOM);
        return;
    }
    if (!is_1904 && days == 60) {
        snprintf(text, ROOM, "1900-02-29");
        return;
    }
    days += is_1904 ? EPOCH_1904 : days < 60 ? EPOCH_1900 + 1 : EPOCH_1900;
    kerb_date date = kerb_date_from_days(days);
    int n = snprintf(text, ROOM, "%04d-%02d", date.year, date.month);
    if (format.kind == KERB_CELL_MONTH && date.day == 1 && second == 0) {
        return;
    }
    n += snprintf(text + n, (size_t)(ROOM - n), "-%02d", date.day);
    bool has_time = format.kind == KERB_CELL_DATE_TIME || format.kind == KERB_CELL_TIME;
    if (has_time || second != 0) {
        text[n++] = 'T';
        write_time(second, format.shows_seconds, text + n, (size_t)(ROOM - n));
    }
}
