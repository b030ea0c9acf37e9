/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which rows an analysis uses. A record stands for a span of time, [start, end of its window,
 * else of its month, day, minute or second); each filter on time is a set of seconds, and what
 * matters is how many seconds of the span it holds: all, none, or some. Daily and weekly sets
 * repeat, so the number is a difference of two counts from an origin, which takes the same time
 * for a second as for a month. */
#include "events_internal.h"

#include <math.h>
#include <string.h>

enum { DAY_S = 86400, HALF_DAY_S = 43200, DAY_MIN = 1440, WEEK_DAYS = 7 };
enum { MAX_NAMES_SHOWN = 20 };

typedef enum reason {
    PASSES,
    CATEGORY,
    SOURCE,
    KIND,
    NO_DATE,
    OUTSIDE_PERIOD,
    TIME_TOO_COARSE,
    OUTSIDE_HOURS,
    OUTSIDE_WEEKDAYS,
    OUTSIDE_NIGHTS,
    NO_COORDINATES,
    OUTSIDE_WITHIN,
    IN_EXCLUDED_AREA,
    N_REASONS
} reason;

static const char *const REASON_NAMES[N_REASONS] = {
    [PASSES] = "",
    [CATEGORY] = "category",
    [SOURCE] = "source",
    [KIND] = "kind",
    [NO_DATE] = "no_date",
    [OUTSIDE_PERIOD] = "outside_period",
    [TIME_TOO_COARSE] = "time_too_coarse",
    [OUTSIDE_HOURS] = "outside_hours",
    [OUTSIDE_WEEKDAYS] = "outside_weekdays",
    [OUTSIDE_NIGHTS] = "outside_nights",
    [NO_COORDINATES] = "no_coordinates",
    [OUTSIDE_WITHIN] = "outside_within",
    [IN_EXCLUDED_AREA] = "in_excluded_area",
};

/* ----------------------------------------------------------------------------- names */

/* Add "A, B, C and 12 more" to a text. */
static void list_names(const kerb_strings *strings, kerb_text *text)
{
    uint32_t count = kerb_strings_count(strings);
    for (uint32_t number = 1; number <= count; number++) {
        if (number > MAX_NAMES_SHOWN) {
            kerb_text_add_format(text, " and %lu more", (unsigned long)(count - number + 1));
            return;
        }
        char shown[4 * 60 + 8];
        kerb_text_visible(kerb_strings_get(strings, number),
                          kerb_strings_length(strings, number), 60, shown);
        kerb_text_add_format(text, "%s%s", number == 1 ? "" : ", ", shown);
    }
}

static kerb_status fail_not_found(kerb_ctx *ctx, const char *what, const char *name,
                                  const kerb_strings *strings)
{
    char shown[4 * 60 + 8];
    kerb_text_visible(name, strlen(name), 60, shown);
    kerb_text there = {0};
    list_names(strings, &there);
    kerb_status status =
        kerb_strings_count(strings) == 0
            ? kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no %s \"%s\": no event has a %s", what, shown,
                        what)
            : kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no %s \"%s\"; there are: %s", what, shown,
                        there.failed ? "(out of memory)" : there.data);
    kerb_text_clear(&there);
    return status;
}

/* wanted[number] = 1 for the names a filter asks for: the exact one, else all that differ from
 * it only by case (a table of two forces may hold both "BURGLARY" and "burglary"). */
static kerb_status find_wanted(kerb_ctx *ctx, const kerb_strings *strings, const char *what,
                               const char *const *names, size_t n_names, uint8_t **out)
{
    uint32_t count = kerb_strings_count(strings);
    uint8_t *wanted = kerb_calloc_array((size_t)count + 1, 1);
    if (!wanted)
        return kerb_fail_nomem(ctx, "filter");
    for (size_t i = 0; i < n_names; i++) {
        uint32_t exact = kerb_strings_find(strings, names[i], strlen(names[i]));
        bool is_found = exact != 0;
        wanted[exact] |= exact != 0;
        for (uint32_t number = 1; !exact && number <= count; number++)
            if (kerb_text_equal_nocase(names[i], kerb_strings_get(strings, number)))
                wanted[number] = 1, is_found = true;
        if (!is_found) {
            kerb_free(wanted);
            return fail_not_found(ctx, what, names[i], strings);
        }
    }
    *out = wanted;
    return KERB_OK;
}

/* ------------------------------------------------------------------------------ time */

typedef enum relation { WHOLLY_INSIDE, PARTLY_INSIDE, WHOLLY_OUTSIDE } relation;

static relation relation_of(kerb_civil_s held_s, kerb_civil_s span_s)
{
    return held_s == span_s ? WHOLLY_INSIDE : held_s > 0 ? PARTLY_INSIDE : WHOLLY_OUTSIDE;
}

static kerb_civil_s divide_down(kerb_civil_s a, kerb_civil_s b)
{
    return a / b - (a % b < 0);
}

static relation relation_to_period(const kerb_filter *filter, kerb_civil_s start,
                                   kerb_civil_s end)
{
    kerb_civil_s from = start, to = end;
    if (filter->from != KERB_CIVIL_NONE && filter->from > from)
        from = filter->from;
    if (filter->to != KERB_CIVIL_NONE && filter->to < to)
        to = filter->to;
    return relation_of(to > from ? to - from : 0, end - start);
}

/* The minutes of the day that lie in one of the spans of hours, and how many come before. */
typedef struct day_hours {
    uint8_t held[DAY_MIN];
    int32_t n_before[DAY_MIN + 1];
} day_hours;

static void fill_day_hours(const kerb_filter *filter, day_hours *day)
{
    memset(day, 0, sizeof *day);
    for (size_t i = 0; i < filter->n_hours; i++) {
        int from = filter->hours[i].from_min, to = filter->hours[i].to_min;
        for (int minute = 0; minute < DAY_MIN; minute++)
            if (from < to ? minute >= from && minute < to : minute >= from || minute < to)
                day->held[minute] = 1;
    }
    for (int minute = 0; minute < DAY_MIN; minute++)
        day->n_before[minute + 1] = day->n_before[minute] + day->held[minute];
}

/* Seconds of the hours before a time, counted from 1970-01-01. */
static kerb_civil_s hours_before(const day_hours *day, kerb_civil_s time)
{
    kerb_civil_s days = divide_down(time, DAY_S);
    kerb_civil_s rest = time - days * DAY_S, minute = rest / 60;
    kerb_civil_s n_minutes = days * day->n_before[DAY_MIN] + day->n_before[minute];
    return n_minutes * 60 + (day->held[minute] ? rest % 60 : 0);
}

static relation relation_to_hours(const day_hours *day, kerb_civil_s start, kerb_civil_s end)
{
    return relation_of(hours_before(day, end) - hours_before(day, start), end - start);
}

/* Seconds on the marked days before a time, counted from Monday 1969-12-29. */
static kerb_civil_s marked_days_before(kerb_civil_s time, unsigned days)
{
    kerb_civil_s since_monday = time + 3 * (kerb_civil_s)DAY_S; /* 1970-01-01 was a Thursday */
    kerb_civil_s week_s = (kerb_civil_s)WEEK_DAYS * DAY_S;
    kerb_civil_s weeks = divide_down(since_monday, week_s);
    kerb_civil_s rest = since_monday - weeks * week_s;
    kerb_civil_s held_s = 0;
    for (int d = 0; d < WEEK_DAYS; d++) {
        if (!(days >> d & 1u))
            continue;
        kerb_civil_s of_day = rest - (kerb_civil_s)d * DAY_S;
        held_s += weeks * DAY_S + (of_day <= 0 ? 0 : of_day < DAY_S ? of_day : DAY_S);
    }
    return held_s;
}

static relation relation_to_days(unsigned days, kerb_civil_s start, kerb_civil_s end)
{
    return relation_of(marked_days_before(end, days) - marked_days_before(start, days),
                       end - start);
}

static bool has_period(const kerb_filter *filter)
{
    return filter->from != KERB_CIVIL_NONE || filter->to != KERB_CIVIL_NONE;
}

static bool has_hours(const kerb_filter *filter)
{
    return filter->n_hours > 0;
}

/* A row that lies wholly outside one filter cannot be saved by knowing its time better, so that
 * is its reason even when another filter holds a part of it. */
static reason find_time_reason(const kerb_filter *filter, const day_hours *day,
                               kerb_civil_s start, kerb_civil_s end)
{
    if (!has_period(filter) && !has_hours(filter) && !filter->weekdays && !filter->nights)
        return PASSES;
    if (start == KERB_CIVIL_NONE)
        return NO_DATE;
    bool is_partial = false;
    relation r;
    if (has_period(filter)) {
        r = relation_to_period(filter, start, end);
        if (r == WHOLLY_OUTSIDE)
            return OUTSIDE_PERIOD;
        is_partial |= r == PARTLY_INSIDE;
    }
    if (has_hours(filter)) {
        r = relation_to_hours(day, start, end);
        if (r == WHOLLY_OUTSIDE)
            return OUTSIDE_HOURS;
        is_partial |= r == PARTLY_INSIDE;
    }
    if (filter->weekdays) {
        r = relation_to_days(filter->weekdays, start, end);
        if (r == WHOLLY_OUTSIDE)
            return OUTSIDE_WEEKDAYS;
        is_partial |= r == PARTLY_INSIDE;
    }
    if (filter->nights) {
        /* A night belongs to the day whose noon it began at. */
        r = relation_to_days(filter->nights, start - HALF_DAY_S, end - HALF_DAY_S);
        if (r == WHOLLY_OUTSIDE)
            return OUTSIDE_NIGHTS;
        is_partial |= r == PARTLY_INSIDE;
    }
    return is_partial ? TIME_TOO_COARSE : PASSES;
}

/* ------------------------------------------------------------------------------ rows */

typedef struct selection {
    const kerb_events *events;
    const kerb_filter *filter;
    const day_hours *day;
    const uint8_t *wanted_categories, *wanted_sources; /* NULL: any */
    bool located_only;
} selection;

static bool is_in_any(const kerb_areas_set *set, double x, double y)
{
    return kerb_areas_set_locate(set, x, y) < kerb_areas_set_count(set);
}

static reason find_reason(const selection *s, size_t row)
{
    const kerb_events *events = s->events;
    if (s->wanted_categories && !s->wanted_categories[events->names[KERB_NAME_CATEGORY][row]])
        return CATEGORY;
    if (s->wanted_sources && !s->wanted_sources[events->names[KERB_NAME_SOURCE][row]])
        return SOURCE;
    if (s->filter->kinds && !(s->filter->kinds >> kerb_events_kind_of(events, row).kind & 1u))
        return KIND;
    reason time = find_time_reason(s->filter, s->day, events->start[row],
                                   kerb_events_get_end(events, row));
    if (time != PASSES)
        return time;
    double x = events->x[row], y = events->y[row];
    if (isnan(x)) {
        /* Without coordinates no area can be said to hold it; nor to be free of it. */
        return s->located_only || s->filter->within ? NO_COORDINATES : PASSES;
    }
    if (s->filter->within && !is_in_any(s->filter->within, x, y))
        return OUTSIDE_WITHIN;
    if (s->filter->exclude && is_in_any(s->filter->exclude, x, y))
        return IN_EXCLUDED_AREA;
    return PASSES;
}

/* Copies rows into a table of its own; a name gets its number there when first met, so the new
 * table knows only names that its rows carry. */
typedef struct row_copier {
    const kerb_events *from;
    kerb_events *to;
    uint32_t *number_in_to[KERB_NAME_KINDS]; /* by number in `from`; 0: not yet met */
} row_copier;

static kerb_status copy_row(kerb_ctx *ctx, row_copier *copier, size_t row)
{
    const kerb_events *from = copier->from;
    uint32_t numbers[KERB_NAME_KINDS];
    for (int k = 0; k < KERB_NAME_KINDS; k++) {
        uint32_t number = from->names[k][row];
        uint32_t *there = &copier->number_in_to[k][number];
        if (number != 0 && *there == 0) {
            const kerb_strings *strings = from->owner->names[k];
            kerb_status status = kerb_events_add_name(
                ctx, copier->to, (kerb_name_kind)k, kerb_strings_get(strings, number),
                kerb_strings_length(strings, number), there);
            if (status != KERB_OK)
                return status;
        }
        numbers[k] = *there;
    }
    return kerb_events_add_copy(ctx, copier->to, from, row, numbers);
}

static kerb_status check_filter(kerb_ctx *ctx, const kerb_filter *filter)
{
    if (filter->n_hours > KERB_FILTER_MAX_HOURS)
        return kerb_fail(ctx, KERB_ERR_RANGE, "at most %d spans of hours, got %zu",
                         KERB_FILTER_MAX_HOURS, filter->n_hours);
    for (size_t i = 0; i < filter->n_hours; i++) {
        int from = filter->hours[i].from_min, to = filter->hours[i].to_min;
        if (from < 0 || from >= DAY_MIN || to < 0 || to > DAY_MIN)
            return kerb_fail(ctx, KERB_ERR_RANGE,
                             "hours must lie between 00:00 and 24:00, got minutes %d to %d",
                             from, to);
        if (from == to)
            return kerb_fail(
                ctx, KERB_ERR_RANGE,
                "hours %02d:%02d to %02d:%02d hold no time; the whole day is 00-24", from / 60,
                from % 60, to / 60, to % 60);
    }
    if (filter->from != KERB_CIVIL_NONE && filter->to != KERB_CIVIL_NONE &&
        filter->from >= filter->to) {
        char first[KERB_CIVIL_TEXT], last[KERB_CIVIL_TEXT];
        kerb_civil_format(filter->from, KERB_PRECISION_MINUTE, first);
        kerb_civil_format(filter->to, KERB_PRECISION_MINUTE, last);
        return kerb_fail(ctx, KERB_ERR_RANGE, "the period from %s to %s holds no time", first,
                         last);
    }
    if (filter->kinds >> KERB_KINDS)
        return kerb_fail(ctx, KERB_ERR_RANGE, "there are %d kinds of incidents",
                         (int)KERB_KINDS);
    if ((filter->weekdays | filter->nights) >> WEEK_DAYS)
        return kerb_fail(ctx, KERB_ERR_RANGE, "a week has seven days");
    return KERB_OK;
}

static kerb_status count_excluded(kerb_ctx *ctx, const uint64_t counts[N_REASONS],
                                  kerb_tally *excluded)
{
    for (int r = PASSES + 1; excluded && r < N_REASONS; r++) {
        if (!counts[r])
            continue;
        kerb_status status = kerb_tally_add(ctx, excluded, REASON_NAMES[r], counts[r]);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

kerb_status kerb_events_select(kerb_ctx *ctx, const kerb_events *events,
                               const kerb_filter *filter, bool located_only,
                               kerb_tally *excluded, kerb_events **out)
{
    enum { ROWS_BETWEEN_CHECKS = 1 << 16 };
    uint8_t *categories = NULL, *sources = NULL;
    row_copier copier = {.from = events};
    uint64_t counts[N_REASONS] = {0};
    day_hours day;

    kerb_status status = check_filter(ctx, filter);
    if (status != KERB_OK)
        goto done;
    if (filter->categories && filter->n_categories) {
        status = find_wanted(ctx, events->owner->names[KERB_NAME_CATEGORY], "category",
                             filter->categories, filter->n_categories, &categories);
        if (status != KERB_OK)
            goto done;
    }
    if (filter->sources && filter->n_sources) {
        status = find_wanted(ctx, events->owner->names[KERB_NAME_SOURCE], "source",
                             filter->sources, filter->n_sources, &sources);
        if (status != KERB_OK)
            goto done;
    }
    status = kerb_events_new(ctx, &copier.to);
    if (status != KERB_OK)
        goto done;
    for (int k = 0; k < KERB_NAME_KINDS; k++) {
        size_t count = (size_t)kerb_strings_count(events->owner->names[k]) + 1;
        copier.number_in_to[k] = kerb_calloc_array(count, sizeof **copier.number_in_to);
        if (!copier.number_in_to[k]) {
            status = kerb_fail_nomem(ctx, "filter");
            goto done;
        }
    }
    fill_day_hours(filter, &day);
    selection s = {.events = events,
                   .filter = filter,
                   .day = &day,
                   .wanted_categories = categories,
                   .wanted_sources = sources,
                   .located_only = located_only};
    for (size_t i = 0; i < events->n; i++) {
        if (i % ROWS_BETWEEN_CHECKS == 0 && (status = kerb_check_cancel(ctx)) != KERB_OK)
            goto done;
        reason why = find_reason(&s, i);
        counts[why]++;
        if (why == PASSES && (status = copy_row(ctx, &copier, i)) != KERB_OK)
            goto done;
    }
    status = kerb_events_copy_kinds(ctx, copier.to, events);
    if (status == KERB_OK)
        status = count_excluded(ctx, counts, excluded);
    if (status != KERB_OK)
        goto done;
    *out = copier.to, copier.to = NULL;
done:
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        kerb_free(copier.number_in_to[k]);
    kerb_events_free(copier.to);
    kerb_free(sources);
    kerb_free(categories);
    return status;
}
