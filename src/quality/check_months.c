/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Months: missing ones, sources and categories that stop or begin, and steps in the counts.
 *
 * A step is told from the series' own past, as in a chart of individual values: two months in a
 * row on one side, outside mean ± 3 sd of the up to 12 months before, where the variance is at
 * least that of a Poisson count (real counts vary more), and half as much again or two thirds.
 * Two in a row, because one month may be an event, while a change of recording stays. */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

#define MIN_EXPECTED                                                                           \
    10.0                /* incidents that are missed; none has a chance of 1 in 20,000 then    \
                         */
#define MIN_SERIES   60 /* incidents of a category whose series is looked at */
#define N_BASE       12 /* months before that a month is compared with */
#define MIN_BASE     6
#define N_SD         3.0
#define STEP_RATIO   1.5
#define PART_OF_LAST 0.5 /* of the usual month: the last one is perhaps not whole */
#define LATE_DAY     25  /* day of a month from which on it is taken for whole */
#define MAX_STEPS    3   /* told of one series */

typedef struct series {
    const kerb_quality__source *source;
    const char *category;  /* NULL: all of the source */
    const uint32_t *count; /* by month with records */
    size_t n;
    uint64_t sum;
} series;

static const char *about_series(kerb_quality__draft *draft, const series *s,
                                kerb_quality__short *name)
{
    kerb_quality__about(draft, KERB_QUALITY_SOURCE, s->source->name);
    if (s->category != NULL)
        kerb_quality__about(draft, KERB_QUALITY_CATEGORY, s->category);
    *name = kerb_quality__name(s->category != NULL ? s->category : s->source->name);
    return name->text;
}

/* ------------------------------------------------------------ gaps and ends */

static kerb_status tell_gap(kerb_ctx *ctx, kerb_quality__view *view,
                            const kerb_quality__source *source, int32_t from, int32_t last)
{
    kerb_quality__short first_text = kerb_quality__month_text(from),
                        last_text = kerb_quality__month_text(last);
    kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_WARNING);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH, first_text.text);
    kerb_quality__figure(&draft, "months_missing", (double)(last - from + 1));
    kerb_quality__say(&draft, "%s: nothing is recorded ",
                      kerb_quality__name(source->name).text);
    if (from == last)
        kerb_quality__say(&draft, "in %s", first_text.text);
    else
        kerb_quality__say(&draft, "from %s to %s", first_text.text, last_text.text);
    kerb_quality__say(&draft, ": missing is not zero, so rates and changes must leave the gap "
                              "out.");
    return kerb_quality__end(ctx, &draft, view->report);
}

/* Rows a month in months with records, [from, to). */
static double mean_of(const kerb_quality__source *source, size_t from, size_t to)
{
    size_t n = 0;
    to = to < source->n_months ? to : source->n_months;
    for (size_t m = from; m < to; m++)
        n += source->months[m].n;
    return (double)n / (double)(to - from);
}

/* What is missed is told from the months next to the gap, on the quieter side of it. */
static kerb_status check_gaps(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source, size_t *n_told)
{
    size_t first = view->report->n;
    kerb_status status = KERB_OK;
    for (size_t m = 1; status == KERB_OK && m < source->n_months; m++) {
        int32_t before = source->months[m - 1].month, month = source->months[m].month;
        double rate = fmin(mean_of(source, m > 3 ? m - 3 : 0, m), mean_of(source, m, m + 3)),
               missed = rate * (double)(month - before - 1);
        if (missed < MIN_EXPECTED)
            continue;
        status = tell_gap(ctx, view, source, before + 1, month - 1);
        (*n_told)++;
    }
    kerb_quality__limit(view->report, first);
    return status;
}

/* A source that ends (or begins) while others go on. */
static kerb_status check_ends(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source, size_t *n_told)
{
    int32_t latest = source->months[source->n_months - 1].month,
            earliest = source->months[0].month;
    int32_t first = earliest, last = latest;
    size_t n_dated = 0;
    for (size_t s = 0; s < view->n_sources; s++) {
        const kerb_quality__source *other = &view->sources[s];
        if (other->n_months == 0)
            continue;
        if (other->months[other->n_months - 1].month > latest)
            latest = other->months[other->n_months - 1].month;
        if (other->months[0].month < earliest)
            earliest = other->months[0].month;
    }
    for (size_t m = 0; m < source->n_months; m++)
        n_dated += source->months[m].n;
    double rate = (double)n_dated / (double)source->n_months;
    if (rate * (double)(latest - last) < MIN_EXPECTED &&
        rate * (double)(first - earliest) < MIN_EXPECTED)
        return KERB_OK;
    bool ends = rate * (double)(latest - last) >= MIN_EXPECTED;
    kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_WARNING);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH,
                        kerb_quality__month_text(ends ? last : first).text);
    kerb_quality__figure(&draft, "months_missing",
                         (double)(ends ? latest - last : first - earliest));
    kerb_quality__say(&draft,
                      "%s %s in %s, %d months %s than other sources: a map of all months shows "
                      "it too empty; choose a period that all sources cover.",
                      kerb_quality__name(source->name).text, ends ? "ends" : "begins",
                      kerb_quality__month_text(ends ? last : first).text,
                      (int)(ends ? latest - last : first - earliest),
                      ends ? "earlier" : "later");
    (*n_told)++;
    return kerb_quality__end(ctx, &draft, view->report);
}

/* ---------------------------------------------------------------- last month */

static int compare_counts(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Last day recorded in the last month; 31 when its days are not known. */
static int last_day(const kerb_quality__view *view, const kerb_quality__source *source)
{
    const kerb_quality__month *month = &source->months[source->n_months - 1];
    int last = 0;
    for (size_t i = 0; i < month->n; i++) {
        uint32_t row = view->rows[month->first + i];
        if (view->events->precision[row] < KERB_PRECISION_DAY)
            return 31;
        kerb_civil_s start = view->events->start[row];
        int day = kerb_date_from_days(start / 86400 - (start % 86400 < 0)).day;
        last = day > last ? day : last;
    }
    return last;
}

static kerb_status check_last(kerb_ctx *ctx, kerb_quality__view *view, const series *s,
                              size_t *n_told)
{
    uint32_t base[N_BASE];
    size_t n = s->n - 1 < N_BASE ? s->n - 1 : N_BASE;
    if (n < 3)
        return KERB_OK;
    for (size_t i = 0; i < n; i++)
        base[i] = s->count[s->n - 2 - i];
    qsort(base, n, sizeof *base, compare_counts);
    double usual = base[(n - 1) / 2], last = s->count[s->n - 1];
    int day = last_day(view, s->source);
    bool is_part = usual >= MIN_EXPECTED && last < PART_OF_LAST * usual &&
                   last < usual - N_SD * sqrt(usual);
    bool ends_early =
        day < LATE_DAY && usual >= 31.0; /* one a day: a week without is no chance */
    if (!is_part && !ends_early)
        return KERB_OK;
    kerb_quality__short month = kerb_quality__month_text(s->source->months[s->n - 1].month);
    kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_WARNING);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, s->source->name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH, month.text);
    kerb_quality__figure(&draft, "incidents", last);
    kerb_quality__figure(&draft, "usual", usual);
    if (ends_early)
        kerb_quality__figure(&draft, "last_day", day);
    kerb_quality__say(&draft, "%s: the last month, %s, has %s incidents against %s usually",
                      kerb_quality__name(s->source->name).text, month.text,
                      kerb_quality__count(last).text, kerb_quality__count(usual).text);
    if (ends_early)
        kerb_quality__say(&draft, " and ends on day %d", day);
    kerb_quality__say(&draft, ": it is perhaps not whole, and a fall in it is none.");
    (*n_told)++;
    return kerb_quality__end(ctx, &draft, view->report);
}

/* ------------------------------------------------------- begin, end and step */

/* A category that is there from a month on only, or until a month only. */
static kerb_status check_span(kerb_ctx *ctx, kerb_quality__view *view, const series *s,
                              size_t *n_told)
{
    size_t first = 0, last = s->n - 1;
    while (first < last && s->count[first] == 0)
        first++;
    while (last > first && s->count[last] == 0)
        last--;
    double rate = (double)s->sum / (double)(last - first + 1);
    for (int ends = 0; ends < 2; ends++) {
        size_t n_missed = ends ? s->n - 1 - last : first;
        kerb_quality__short name;
        if (rate * (double)n_missed < MIN_EXPECTED)
            continue;
        kerb_quality__short month =
            kerb_quality__month_text(s->source->months[ends ? last : first].month);
        kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_WARNING);
        const char *words = about_series(&draft, s, &name);
        kerb_quality__about(&draft, KERB_QUALITY_MONTH, month.text);
        kerb_quality__figure(&draft, "incidents", (double)s->sum);
        kerb_quality__figure(&draft, "months_without", (double)n_missed);
        kerb_quality__say(
            &draft,
            "%s: %s %s and is in none of the %zu months %s: the name or the way of "
            "recording changed, or a file is missing; it is not that none happened.",
            words, ends ? "is last recorded in" : "is first recorded in", month.text, n_missed,
            ends ? "after" : "before");
        kerb_status status = kerb_quality__end(ctx, &draft, view->report);
        if (status != KERB_OK)
            return status;
        (*n_told)++;
    }
    return KERB_OK;
}

/* Which side of the limits of its own past a month is on: -1, 0 or 1. */
static int side_of(const uint32_t *count, size_t first, size_t base_end, size_t m, double *mean)
{
    size_t from = base_end - first > N_BASE ? base_end - N_BASE : first, n = base_end - from;
    double sum = 0.0, squares = 0.0;
    for (size_t i = from; i < base_end; i++)
        sum += count[i];
    *mean = sum / (double)n;
    for (size_t i = from; i < base_end; i++)
        squares += (count[i] - *mean) * (count[i] - *mean);
    double variance = fmax(squares / (double)(n - 1), fmax(*mean, 1.0)),
           limit = N_SD * sqrt(variance * (1.0 + 1.0 / (double)n));
    if (count[m] > *mean + limit && count[m] >= STEP_RATIO * *mean)
        return 1;
    return count[m] < *mean - limit && count[m] <= *mean / STEP_RATIO ? -1 : 0;
}

static kerb_status tell_step(kerb_ctx *ctx, kerb_quality__view *view, const series *s, size_t m,
                             double mean)
{
    kerb_quality__short name, month = kerb_quality__month_text(s->source->months[m].month);
    kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_NOTE);
    const char *words = about_series(&draft, s, &name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH, month.text);
    kerb_quality__figure(&draft, "incidents", s->count[m]);
    kerb_quality__figure(&draft, "mean_before", mean);
    kerb_quality__figure(&draft, "ratio", mean > 0.0 ? s->count[m] / mean : (double)NAN);
    kerb_quality__say(&draft,
                      "%s: the count steps %s in %s, to %s from a mean of %s in the months "
                      "before, and stays there the month after: a real change, or a change of "
                      "recording; ask before comparing across it.",
                      words, s->count[m] > mean ? "up" : "down", month.text,
                      kerb_quality__count(s->count[m]).text, kerb_quality__count(mean).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status check_steps(kerb_ctx *ctx, kerb_quality__view *view, const series *s,
                               size_t *n_told)
{
    size_t first = 0, n_steps = 0;
    kerb_status status = KERB_OK;
    for (size_t m = MIN_BASE; status == KERB_OK && m + 1 < s->n && n_steps < MAX_STEPS; m++) {
        double mean = 0.0;
        if (m < first + MIN_BASE)
            continue;
        int side = side_of(s->count, first, m, m, &mean);
        if (side == 0 || side_of(s->count, first, m, m + 1, &mean) != side)
            continue;
        status = tell_step(ctx, view, s, m, mean);
        first = m; /* what comes after is compared with what came after */
        n_steps++;
        (*n_told)++;
    }
    return status;
}

/* ------------------------------------------------------------------- sources */

static kerb_status check_series(kerb_ctx *ctx, kerb_quality__view *view, const series *s,
                                size_t *n_told)
{
    kerb_status status = KERB_OK;
    if (s->category != NULL)
        status = check_span(ctx, view, s, n_told);
    else
        status = check_last(ctx, view, s, n_told);
    return status == KERB_OK ? check_steps(ctx, view, s, n_told) : status;
}

/* Every category that is not too rare to be missed, in order of name. */
static kerb_status check_categories(kerb_ctx *ctx, kerb_quality__view *view,
                                    const kerb_quality__source *source,
                                    kerb_quality__counter *names, size_t *n_told)
{
    const uint32_t *category = view->events->names[KERB_NAME_CATEGORY];
    kerb_status status = KERB_OK;
    uint32_t *slot = kerb_calloc_array(names->size, sizeof *slot), n_slots = 0;
    uint32_t *table = NULL;
    kerb_quality__counter_reset(names);
    for (size_t m = 0; m < source->n_months; m++)
        for (size_t i = 0; i < source->months[m].n; i++)
            kerb_quality__counter_add(names, category[view->rows[source->months[m].first + i]]);
    status = kerb_quality__counter_sort_names(ctx, names, view->events, KERB_NAME_CATEGORY);
    if (status != KERB_OK)
        goto done;
    /* a category too rare to miss needs no row of the table, nor does one that is all there is
     */
    size_t needed = source->n_months / 4 > MIN_SERIES ? source->n_months / 4 : MIN_SERIES;
    for (size_t i = 0; slot != NULL && names->n_touched > 1 && i < names->n_touched; i++)
        if (names->count[names->touched[i]] >= needed)
            slot[names->touched[i]] = ++n_slots;
    table = kerb_calloc_array((size_t)n_slots * source->n_months, sizeof *table);
    if (slot == NULL || table == NULL) {
        status = kerb_fail_nomem(ctx, "counts by month");
        goto done;
    }
    for (size_t m = 0; m < source->n_months; m++)
        for (size_t i = 0; i < source->months[m].n; i++) {
            uint32_t at = slot[category[view->rows[source->months[m].first + i]]];
            if (at != 0)
                table[(size_t)(at - 1) * source->n_months + m]++;
        }
    for (size_t i = 0; status == KERB_OK && i < names->n_touched; i++) {
        uint32_t number = names->touched[i];
        if (slot[number] == 0)
            continue;
        series s = {.source = source,
                    .category = kerb_events_name(view->events, KERB_NAME_CATEGORY, number),
                    .count = table + (size_t)(slot[number] - 1) * source->n_months,
                    .n = source->n_months,
                    .sum = names->count[number]};
        status = check_series(ctx, view, &s, n_told);
    }
done:
    kerb_free(table);
    kerb_free(slot);
    return status;
}

static kerb_status tell_source(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, size_t n_told)
{
    kerb_quality__short name = kerb_quality__name(source->name);
    kerb_quality__draft draft = kerb_quality__begin("months", KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "months", (double)source->n_months);
    kerb_quality__figure(
        &draft, "undated",
        (double)(source->n_months > 0 ? source->months[0].first - source->first : source->n));
    if (source->n_months == 0)
        kerb_quality__say(
            &draft, "%s: no incident has a date, so nothing can be said of months.", name.text);
    else
        kerb_quality__say(
            &draft, "%s: %zu %s with records, %s to %s; %s.", name.text, source->n_months,
            source->n_months == 1 ? "month" : "months",
            kerb_quality__month_text(source->months[0].month).text,
            kerb_quality__month_text(source->months[source->n_months - 1].month).text,
            n_told == 0 ? "none is missing and no count steps"
                        : "what is odd about them is told by itself");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status check_source(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_quality__source *source,
                                kerb_quality__counter *names)
{
    size_t n_told = 0, first = view->report->n;
    kerb_status status = KERB_OK;
    if (source->n_months == 0)
        return tell_source(ctx, view, source, 0);
    uint32_t *count = kerb_calloc_array(source->n_months, sizeof *count);
    series all = {.source = source, .count = count, .n = source->n_months};
    if (count == NULL)
        return kerb_fail_nomem(ctx, "counts by month");
    for (size_t m = 0; m < source->n_months; m++)
        count[m] = (uint32_t)source->months[m].n, all.sum += source->months[m].n;
    status = check_ends(ctx, view, source, &n_told);
    if (status == KERB_OK)
        status = check_gaps(ctx, view, source, &n_told);
    if (status == KERB_OK)
        status = check_series(ctx, view, &all, &n_told);
    if (status == KERB_OK)
        status = check_categories(ctx, view, source, names, &n_told);
    kerb_quality__limit(view->report, first);
    kerb_free(count);
    return status == KERB_OK ? tell_source(ctx, view, source, n_told) : status;
}

kerb_status kerb_quality__check_months(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_quality__counter names = {0};
    kerb_status status = kerb_quality__counter_init(
        ctx, &names, (size_t)kerb_events_name_count(view->events, KERB_NAME_CATEGORY) + 1);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        status = check_source(ctx, view, &view->sources[s], &names);
    kerb_quality__counter_clear(&names);
    return status;
}
