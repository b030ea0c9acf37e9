/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hit rate: the share of incidents with a place that can be mapped. A suspected default
 * coordinate is a miss: it says no more than a blank. Source: Ratcliffe (2004), who gives 85 %
 * as a first estimate of the least that a map can bear. */
#include "quality_internal.h"

#define LEAST_SHARE 0.85
#define GOOD_SHARE  0.95
#define MIN_ROWS    20 /* from which a line may be more than a remark */

typedef struct hits {
    size_t n, n_located, n_default;
    size_t n_coarse, n_too_coarse; /* known to a square; to one wider than the radius */
} hits;

static void add_row(const kerb_quality__view *view, uint32_t row, hits *sum)
{
    const kerb_events *events = view->events;
    uint32_t place = view->places.place_of[row];
    sum->n++;
    if (isnan(events->x[row]))
        return;
    sum->n_located++;
    sum->n_default += place != KERB_NO_PLACE && view->is_default[place];
    if (events->cell_m == NULL || isnan(events->cell_m[row]))
        return;
    sum->n_coarse++;
    sum->n_too_coarse += events->cell_m[row] > view->options->radius_m;
}

static size_t count_hits(const hits *sum)
{
    return sum->n_located - sum->n_default - sum->n_too_coarse;
}

static kerb_quality_severity grade(const hits *sum)
{
    double share = (double)count_hits(sum) / (double)sum->n, low, high;
    kerb_wilson_limits(count_hits(sum), sum->n, &low, &high);
    if (share < LEAST_SHARE && (sum->n >= MIN_ROWS || high < LEAST_SHARE))
        return KERB_QUALITY_WARNING;
    if (share < GOOD_SHARE && (sum->n >= MIN_ROWS || high < GOOD_SHARE))
        return KERB_QUALITY_NOTE;
    return KERB_QUALITY_OK;
}

static void add_figures(kerb_quality__draft *draft, const hits *sum)
{
    size_t n_hits = count_hits(sum);
    double low, high;
    kerb_wilson_limits(n_hits, sum->n, &low, &high);
    kerb_quality__figure(draft, "incidents", (double)sum->n);
    kerb_quality__figure(draft, "located", (double)sum->n_located);
    kerb_quality__figure(draft, "suspected_default", (double)sum->n_default);
    kerb_quality__figure(draft, "coarse", (double)sum->n_coarse);
    kerb_quality__figure(draft, "too_coarse", (double)sum->n_too_coarse);
    kerb_quality__figure(draft, "hit_share", (double)n_hits / (double)sum->n);
    kerb_quality__figure(draft, "hit_share_low", low);
    kerb_quality__figure(draft, "hit_share_high", high);
}

static void say_hits(kerb_quality__draft *draft, const char *of, const hits *sum)
{
    size_t n_hits = count_hits(sum);
    double low, high;
    kerb_wilson_limits(n_hits, sum->n, &low, &high);
    kerb_quality__say(draft, "%s: %s of %s %s can be put on a map (95 %% limits %s to %s)", of,
                      kerb_quality__share((double)n_hits / (double)sum->n).text,
                      kerb_quality__count((double)sum->n).text,
                      kerb_quality__incidents((double)sum->n), kerb_quality__share(low).text,
                      kerb_quality__share(high).text);
}

static kerb_status tell_source(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, const hits *sum)
{
    kerb_quality__draft draft = kerb_quality__begin("hit_rate", grade(sum));
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    add_figures(&draft, sum);
    say_hits(&draft, kerb_quality__name(source->name).text, sum);
    if (draft.finding.severity == KERB_QUALITY_WARNING)
        kerb_quality__say(
            &draft, ", fewer than the 85 %% that Ratcliffe (2004) gives as a first estimate "
                    "of the least a map can bear: what is missing is seldom missing evenly, "
                    "so blank spots may be blank records.");
    else
        kerb_quality__say(&draft, count_hits(sum) == sum->n
                                      ? "."
                                      : "; the others count in totals and are on no map.");
    if (sum->n_coarse > 0)
        kerb_quality__say(
            &draft,
            " Of these places %s are known only to a square, %s to one wider than "
            "%s, which a map at that radius leaves out.",
            kerb_quality__count((double)sum->n_coarse).text,
            kerb_quality__count((double)sum->n_too_coarse).text,
            kerb_quality__metres(view, view->options->radius_m).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

/* A line on a part of a source: a category, a month, an area code. */
static kerb_status tell_part(kerb_ctx *ctx, kerb_quality__view *view,
                             const kerb_quality__source *source, kerb_quality_subject subject,
                             const char *name, const hits *sum)
{
    kerb_quality__draft draft = kerb_quality__begin("hit_rate", grade(sum));
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, subject, name);
    add_figures(&draft, sum);
    say_hits(&draft, kerb_quality__name(name).text, sum);
    if (draft.finding.severity == KERB_QUALITY_OK)
        kerb_quality__say(&draft, ".");
    else if (subject == KERB_QUALITY_MONTH)
        kerb_quality__say(&draft, ": a fall against other months may be missing places.");
    else if (subject == KERB_QUALITY_AREA)
        kerb_quality__say(&draft, ": the map shows this area too empty; count it by its code.");
    else
        kerb_quality__say(&draft, ": its map shows only a part, and not an even one.");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_months(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source)
{
    size_t first = view->report->n;
    kerb_status status = KERB_OK;
    for (size_t m = 0; status == KERB_OK && m < source->n_months; m++) {
        hits sum = {0};
        for (size_t i = 0; i < source->months[m].n; i++)
            add_row(view, view->rows[source->months[m].first + i], &sum);
        status = tell_part(ctx, view, source, KERB_QUALITY_MONTH,
                           kerb_quality__month_text(source->months[m].month).text, &sum);
    }
    kerb_quality__limit(view->report, first);
    return status;
}

/* By category or area code: rows of a name are added up in arrays by its number. */
static kerb_status tell_names(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source, kerb_name_kind kind,
                              hits *sums, kerb_quality__counter *counter)
{
    size_t first = view->report->n;
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i], number = view->events->names[kind][row];
        if (counter->count[number] == 0)
            sums[number] = (hits){0};
        kerb_quality__counter_add(counter, number);
        add_row(view, row, &sums[number]);
    }
    status = kerb_quality__counter_sort_names(ctx, counter, view->events, kind);
    for (size_t i = 0; status == KERB_OK && i < counter->n_touched; i++) {
        uint32_t number = counter->touched[i];
        const char *name = kerb_events_name(view->events, kind, number);
        if (number == 0 && (kind == KERB_NAME_AREA_CODE || counter->n_touched == 1))
            continue; /* told by itself */
        /* thousands of codes are no reading: those that lack places are */
        if (kind == KERB_NAME_AREA_CODE && count_hits(&sums[number]) == sums[number].n)
            continue;
        status =
            tell_part(ctx, view, source,
                      kind == KERB_NAME_CATEGORY ? KERB_QUALITY_CATEGORY : KERB_QUALITY_AREA,
                      name, &sums[number]);
        if (view->report->n - first > 5 * KERB_QUALITY__MAX_LINES) /* names may be millions */
            kerb_quality__limit(view->report, first);
    }
    kerb_quality__limit(view->report, first);
    return status;
}

/* Rows without a place help an area's count only when they carry its code. */
static kerb_status tell_codes(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source)
{
    size_t n_missing = 0, n_coded = 0;
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i];
        bool is_missing = isnan(view->events->x[row]);
        n_missing += is_missing;
        n_coded += is_missing && view->events->names[KERB_NAME_AREA_CODE][row] != 0;
    }
    if (n_missing == 0)
        return KERB_OK;
    kerb_quality__draft draft = kerb_quality__begin(
        "hit_rate", n_coded == n_missing ? KERB_QUALITY_OK : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "without_place", (double)n_missing);
    kerb_quality__figure(&draft, "with_area_code", (double)n_coded);
    kerb_quality__say(
        &draft, "Of the %s %s without a place %s carry an area code%s",
        kerb_quality__count((double)n_missing).text, kerb_quality__incidents((double)n_missing),
        kerb_quality__count((double)n_coded).text,
        n_coded == 0           ? ": nothing says which beats they are missing from."
        : n_coded == n_missing ? ": tables of beats are whole, maps are not."
                               : " and count in tables of beats; the others are in no beat.");
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_hit_rate(kerb_ctx *ctx, kerb_quality__view *view)
{
    static const kerb_name_kind kinds[] = {KERB_NAME_CATEGORY, KERB_NAME_AREA_CODE};
    kerb_status status = KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        hits sum = {0};
        for (size_t i = 0; i < view->sources[s].n; i++)
            add_row(view, view->rows[view->sources[s].first + i], &sum);
        status = tell_source(ctx, view, &view->sources[s], &sum);
        if (status == KERB_OK)
            status = tell_codes(ctx, view, &view->sources[s]);
        if (status == KERB_OK)
            status = tell_months(ctx, view, &view->sources[s]);
    }
    for (size_t k = 0; status == KERB_OK && k < 2; k++) {
        kerb_quality__counter counter = {0};
        size_t n_names = (size_t)kerb_events_name_count(view->events, kinds[k]) + 1;
        hits *sums = kerb_alloc_array(n_names, sizeof *sums);
        status = sums == NULL ? kerb_fail_nomem(ctx, "the hit rates")
                              : kerb_quality__counter_init(ctx, &counter, n_names);
        for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
            status = tell_names(ctx, view, &view->sources[s], kinds[k], sums, &counter);
            kerb_quality__counter_reset(&counter);
        }
        kerb_quality__counter_clear(&counter);
        kerb_free(sums);
    }
    return status;
}
