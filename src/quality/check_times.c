/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How finely times are known, and the favourites of those who write them down: the full hour,
 * midnight for "not known", the first of the month, New Year's Day. */
#include "quality_internal.h"

#define MIN_ROWS     50  /* before favourites are looked for */
#define TIMES_CHANCE 3.0 /* of its even share, with the lower limit of the share above it */

typedef struct time_counts {
    size_t n[KERB_PRECISION_SECOND + 1]; /* by precision */
    size_t n_clock, n_hour, n_half, n_five, n_midnight;
    size_t n_days, n_first, n_new_year;
} time_counts;

static void count_row(const kerb_events *events, uint32_t row, time_counts *counts)
{
    kerb_precision precision = (kerb_precision)events->precision[row];
    counts->n[precision]++;
    if (precision < KERB_PRECISION_DAY)
        return;
    kerb_civil_s start = events->start[row];
    int64_t days = start / 86400 - (start % 86400 < 0), second = start - days * 86400;
    kerb_date date = kerb_date_from_days(days);
    counts->n_days++;
    counts->n_first += date.day == 1;
    counts->n_new_year += date.day == 1 && date.month == 1;
    if (precision < KERB_PRECISION_MINUTE)
        return;
    int64_t minute = second / 60 % 60;
    counts->n_clock++;
    counts->n_hour += minute == 0;
    counts->n_half += minute == 30;
    counts->n_five += minute % 5 == 0;
    counts->n_midnight += second / 60 == 0;
}

/* A favourite: what it is, its even share, and what it means. */
typedef struct favourite {
    const char *figure, *words, *meaning;
    double even_share;
} favourite;

static kerb_status tell_favourite(kerb_ctx *ctx, kerb_quality__view *view,
                                  const kerb_quality__source *source, size_t k, size_t n,
                                  const favourite *kind, bool *told)
{
    double low, high, share = (double)k / (double)n;
    kerb_wilson_limits(k, n, &low, &high);
    if (n < MIN_ROWS || !(low > TIMES_CHANCE * kind->even_share))
        return KERB_OK;
    kerb_quality__draft draft = kerb_quality__begin("times", KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents", (double)n);
    kerb_quality__figure(&draft, kind->figure, (double)k);
    kerb_quality__figure(&draft, "share", share);
    kerb_quality__figure(&draft, "share_low", low);
    kerb_quality__figure(&draft, "share_high", high);
    kerb_quality__figure(&draft, "even_share", kind->even_share);
    kerb_quality__say(&draft, "%s: %s of %s %s (%s, an even spread gives %s) %s: %s.",
                      kerb_quality__name(source->name).text,
                      kerb_quality__count((double)k).text, kerb_quality__count((double)n).text,
                      kerb_quality__incidents((double)n), kerb_quality__share(share).text,
                      kerb_quality__share(kind->even_share).text, kind->words, kind->meaning);
    *told = true;
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_favourites(kerb_ctx *ctx, kerb_quality__view *view,
                                   const kerb_quality__source *source, const time_counts *c,
                                   bool *told)
{
    static const favourite kinds[] = {
        {"on_the_hour", "are timed on the full hour",
         "times are rounded, so peaks at full hours are made by clerks, and an hour's filter "
         "cuts through them",
         1.0 / 60.0},
        {"on_the_half_hour", "are timed on the half hour", "times are rounded to half an hour",
         1.0 / 60.0},
        {"at_midnight", "are timed 00:00",
         "midnight often stands for a time not known: leave it out before mapping nights",
         1.0 / 1440.0},
        {"on_the_first", "are dated the first of a month",
         "the first often stands for a day not known: days of the week are not to be trusted",
         12.0 / 365.25},
        {"on_new_years_day", "are dated 1 January",
         "New Year's Day often stands for a year and no more", 1.0 / 365.25},
    };
    const size_t k[] = {c->n_hour, c->n_half, c->n_midnight, c->n_first, c->n_new_year},
                 n[] = {c->n_clock, c->n_clock, c->n_clock, c->n_days, c->n_days};
    kerb_status status = KERB_OK;
    /* one month holds a first, and a day's data only one day */
    bool has_year = source->n_months >= 12;
    for (size_t i = 0; status == KERB_OK && i < 5; i++)
        if (i < 3 || has_year)
            status = tell_favourite(ctx, view, source, k[i], n[i], &kinds[i], told);
    return status;
}

static kerb_status tell_precision(kerb_ctx *ctx, kerb_quality__view *view,
                                  const kerb_quality__source *source, const time_counts *c)
{
    size_t n_fine = c->n[KERB_PRECISION_MINUTE] + c->n[KERB_PRECISION_SECOND];
    double share = (double)n_fine / (double)source->n;
    kerb_quality__draft draft =
        kerb_quality__begin("times", n_fine == source->n ? KERB_QUALITY_OK : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents", (double)source->n);
    kerb_quality__figure(&draft, "undated", (double)c->n[KERB_PRECISION_NONE]);
    kerb_quality__figure(&draft, "month_only", (double)c->n[KERB_PRECISION_MONTH]);
    kerb_quality__figure(&draft, "date_only", (double)c->n[KERB_PRECISION_DAY]);
    kerb_quality__figure(&draft, "with_time_of_day", (double)n_fine);
    kerb_quality__figure(&draft, "time_of_day_share", share);
    kerb_quality__say(&draft, "%s: ", kerb_quality__name(source->name).text);
    if (n_fine == source->n)
        kerb_quality__say(&draft, "every incident has a time of day.");
    else if (c->n[KERB_PRECISION_MONTH] == source->n)
        kerb_quality__say(&draft,
                          "only months are known: no map by hour, night, weekday or day "
                          "can be made.");
    else if (c->n[KERB_PRECISION_NONE] == source->n)
        kerb_quality__say(&draft, "no incident has a date: no map by time can be made.");
    else
        kerb_quality__say(
            &draft,
            "%s of %s %s have a time of day; %s have a date only, %s a month only, "
            "%s no date: maps by hour leave those out, and they may be of another "
            "kind.",
            kerb_quality__share(share).text, kerb_quality__count((double)source->n).text,
            kerb_quality__incidents((double)source->n),
            kerb_quality__count((double)c->n[KERB_PRECISION_DAY]).text,
            kerb_quality__count((double)c->n[KERB_PRECISION_MONTH]).text,
            kerb_quality__count((double)c->n[KERB_PRECISION_NONE]).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

/* Windows from one time to another: what lies in a wide one has no hour. */
static kerb_status tell_windows(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_quality__source *source)
{
    const kerb_events *events = view->events;
    size_t n = 0, n_wide = 0;
    if (events->end == NULL)
        return KERB_OK;
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i];
        if (events->end[row] == KERB_CIVIL_NONE)
            continue;
        n++;
        n_wide += events->end[row] - events->start[row] > 86400;
    }
    if (n == 0)
        return KERB_OK;
    kerb_quality__draft draft =
        kerb_quality__begin("times", 10 * n_wide >= n ? KERB_QUALITY_NOTE : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "with_window", (double)n);
    kerb_quality__figure(&draft, "over_a_day", (double)n_wide);
    kerb_quality__figure(&draft, "over_a_day_share", (double)n_wide / (double)n);
    kerb_quality__say(
        &draft,
        "%s: %s %s have a window from one time to another, %s of them over a day: "
        "a filter by hours takes only those that lie wholly inside it.",
        kerb_quality__name(source->name).text, kerb_quality__count((double)n).text,
        kerb_quality__incidents((double)n),
        kerb_quality__share((double)n_wide / (double)n).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_even(kerb_ctx *ctx, kerb_quality__view *view,
                             const kerb_quality__source *source, const time_counts *c)
{
    kerb_quality__draft draft = kerb_quality__begin("times", KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents", (double)c->n_clock);
    kerb_quality__figure(&draft, "on_the_hour", (double)c->n_hour);
    kerb_quality__figure(&draft, "on_the_half_hour", (double)c->n_half);
    kerb_quality__figure(&draft, "on_five_minutes", (double)c->n_five);
    kerb_quality__figure(&draft, "at_midnight", (double)c->n_midnight);
    kerb_quality__say(&draft, "%s: no minute of the hour and no day is a favourite.",
                      kerb_quality__name(source->name).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_times(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_status status = KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        const kerb_quality__source *source = &view->sources[s];
        time_counts counts = {0};
        bool told = false;
        for (size_t i = 0; i < source->n; i++)
            count_row(view->events, view->rows[source->first + i], &counts);
        status = tell_precision(ctx, view, source, &counts);
        if (status == KERB_OK)
            status = tell_windows(ctx, view, source);
        if (status == KERB_OK)
            status = tell_favourites(ctx, view, source, &counts, &told);
        if (status == KERB_OK && !told && counts.n_clock >= MIN_ROWS)
            status = tell_even(ctx, view, source, &counts);
    }
    return status;
}
