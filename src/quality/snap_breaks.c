/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Was the list of places replaced? Publishers move incidents to the nearest of a fixed list of
 * places, and replace that list now and then. Then nearly no place of a month was ever seen
 * before, and no place of the month before is ever seen again.
 *
 * How many places of a month ought to be known? A place that holds two or more of the month's
 * own incidents is one where incidents happen often; on one list such a place is met again in
 * other months. So the share of those places is what a month ought to share with its past,
 * whatever the number of rows and without any history; a quarter of it, looking back and
 * looking forward, is a break. Months are counted by those with records, so that a gap hides
 * nothing; both directions are asked, because records that begin to cover more land have new
 * places, but keep the old. */
#include "quality_internal.h"

#define N_BACK       12   /* months with records looked back and forward */
#define BREAK_FACTOR 0.25 /* of the share that ought to be known */
#define PARTLY_FALL  0.2  /* below the usual share */
#define MIN_PARTLY   200  /* places in a month, to see a part of the list replaced */
#define MIN_HISTORY  6    /* months before a share is a usual one */

/* Distinct places of a month. */
static void collect(const kerb_quality__view *view, const kerb_quality__month *month,
                    kerb_quality__counter *at)
{
    kerb_quality__count_at(view, month->first, month->n, at);
}

/* Share of the places collected that were met in the last months; `met` holds month number + 1.
 */
static double share_met(const kerb_quality__counter *at, const uint32_t *met, size_t oldest)
{
    size_t n = 0;
    for (size_t i = 0; i < at->n_touched; i++)
        n += met[at->touched[i]] > oldest;
    return at->n_touched == 0 ? (double)NAN : (double)n / (double)at->n_touched;
}

/* From the last month to the first: which places are met again? */
static void look_forward(const kerb_quality__view *view, const kerb_quality__source *source,
                         kerb_quality__counter *at, uint32_t *met,
                         kerb_quality__month_places *months)
{
    size_t n = source->n_months;
    for (size_t i = 0; i < view->places.n; i++)
        met[i] = 0;
    for (size_t back = 0; back < n; back++) {
        size_t m = n - 1 - back;
        collect(view, &source->months[m], at);
        months[m] = (kerb_quality__month_places){
            .n = at->n_touched, .seen_before = NAN, .seen_after = NAN};
        for (size_t i = 0; i < at->n_touched; i++)
            months[m].n_repeated += at->count[at->touched[i]] > 1;
        if (back > 0)
            months[m].seen_after = share_met(at, met, back > N_BACK ? back - N_BACK : 0);
        for (size_t i = 0; i < at->n_touched; i++)
            met[at->touched[i]] = (uint32_t)back + 1;
    }
}

static bool is_break(const kerb_quality__month_places *before,
                     const kerb_quality__month_places *month)
{
    if (month->n_repeated < KERB_QUALITY__MIN_REPEATED ||
        before->n_repeated < KERB_QUALITY__MIN_REPEATED)
        return false;
    return month->seen_before < BREAK_FACTOR * (double)month->n_repeated / (double)month->n &&
           before->seen_after < BREAK_FACTOR * (double)before->n_repeated / (double)before->n;
}

/* The usual share: the middle one of the three months before, if they had a past themselves. */
static double usual_share(const kerb_quality__month_places *months, size_t first, size_t m)
{
    if (m < first + MIN_HISTORY + 3)
        return NAN;
    double a = months[m - 1].seen_before, b = months[m - 2].seen_before,
           c = months[m - 3].seen_before;
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* From the first month to the last: which places were met before, since the last break? */
static void look_back(const kerb_quality__view *view, const kerb_quality__source *source,
                      kerb_quality__counter *at, uint32_t *met,
                      kerb_quality__month_places *months)
{
    size_t first = 0;
    for (size_t i = 0; i < view->places.n; i++)
        met[i] = 0;
    for (size_t m = 0; m < source->n_months; m++) {
        collect(view, &source->months[m], at);
        size_t oldest = m > N_BACK ? m - N_BACK : 0;
        if (m > first)
            months[m].seen_before = share_met(at, met, oldest > first ? oldest : first);
        if (m > first && is_break(&months[m - 1], &months[m])) {
            months[m].is_break = true;
            first = m;
        } else if (months[m].n >= MIN_PARTLY) {
            double usual = usual_share(months, first, m);
            months[m].is_partly = months[m].seen_before < usual - PARTLY_FALL;
        }
        for (size_t i = 0; i < at->n_touched; i++)
            met[at->touched[i]] = (uint32_t)m + 1;
    }
}

/* The longest run of months without a break: places of two lists have no spacing. */
static void find_list(kerb_quality__source *source)
{
    size_t first = 0, n = 0;
    bool is_broken = false;
    source->list_first = source->first;
    source->list_n = source->n;
    for (size_t m = 0; m < source->n_months; m++)
        is_broken = is_broken || source->month_places[m].is_break;
    if (!is_broken)
        return;
    source->list_n = 0;
    for (size_t m = 0; m < source->n_months; m++) {
        if (m == 0 || source->month_places[m].is_break)
            first = source->months[m].first, n = 0;
        n += source->months[m].n;
        if (n > source->list_n)
            source->list_first = first, source->list_n = n;
    }
}

kerb_status kerb_quality__find_breaks(kerb_ctx *ctx, const kerb_quality__view *view,
                                      kerb_quality__source *source, kerb_quality__counter *at)
{
    source->list_first = source->first;
    source->list_n = source->n;
    if (!source->is_snapped || source->n_months == 0)
        return KERB_OK;
    uint32_t *met = kerb_alloc_array(view->places.n, sizeof *met);
    source->month_places = kerb_calloc_array(source->n_months, sizeof *source->month_places);
    if (met == NULL || source->month_places == NULL) {
        kerb_free(met);
        return kerb_fail_nomem(ctx, "places by month");
    }
    look_forward(view, source, at, met, source->month_places);
    look_back(view, source, at, met, source->month_places);
    find_list(source);
    kerb_free(met);
    return KERB_OK;
}
