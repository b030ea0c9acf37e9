/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Breaks in the list of places, in words; how they are found is in snap_breaks.c. */
#include "quality_internal.h"

static kerb_status tell_month(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source, size_t m,
                              const kerb_quality__month_places *months)
{
    const kerb_quality__month_places *month = &months[m];
    kerb_quality__short text = kerb_quality__month_text(source->months[m].month),
                        name = kerb_quality__name(source->name);
    kerb_quality__draft draft = kerb_quality__begin(
        "snap_points", month->is_break ? KERB_QUALITY_WARNING : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH, text.text);
    kerb_quality__figure(&draft, "places", (double)month->n);
    kerb_quality__figure(&draft, "seen_before_share", month->seen_before);
    kerb_quality__figure(&draft, "expected_share",
                         (double)month->n_repeated / (double)month->n);
    kerb_quality__figure(&draft, "last_month_seen_after_share", months[m - 1].seen_after);
    if (month->is_break)
        kerb_quality__say(
            &draft,
            "%s: from %s on incidents are moved to another list of places (%s of "
            "that month's %s places were seen in the months before): hotspots, "
            "densities and counts at places from before and after must be neither "
            "compared nor put together; areas can be.",
            name.text, text.text, kerb_quality__share(month->seen_before).text,
            kerb_quality__count((double)month->n).text);
    else
        kerb_quality__say(
            &draft,
            "%s: in %s only %s of the places were seen in the months before, far "
            "fewer than usual: a part of the list of places was replaced, or the "
            "records cover more land; compare maps across that month by area only.",
            name.text, text.text, kerb_quality__share(month->seen_before).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_source(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source,
                               const kerb_quality__month_places *months)
{
    size_t n_breaks = 0, n_compared = 0;
    double lowest = INFINITY;
    for (size_t m = 0; m < source->n_months; m++) {
        n_breaks += months[m].is_break;
        n_compared += m > 0 && months[m].n_repeated >= KERB_QUALITY__MIN_REPEATED;
        if (!months[m].is_break && !isnan(months[m].seen_before))
            lowest = fmin(lowest, months[m].seen_before);
    }
    kerb_quality__short name = kerb_quality__name(source->name);
    kerb_quality__draft draft = kerb_quality__begin(
        "snap_points", n_breaks > 0 ? KERB_QUALITY_WARNING : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "months", (double)source->n_months);
    kerb_quality__figure(&draft, "months_compared", (double)n_compared);
    kerb_quality__figure(&draft, "breaks", (double)n_breaks);
    kerb_quality__figure(&draft, "lowest_seen_before_share",
                         isinf(lowest) ? (double)NAN : lowest);
    if (n_compared == 0)
        kerb_quality__say(
            &draft,
            "%s: there are too few months or incidents to tell whether the list of "
            "places was replaced.",
            name.text);
    else if (n_breaks == 0)
        kerb_quality__say(&draft, "%s: the list of places stayed the same over %zu months.",
                          name.text, source->n_months);
    else
        kerb_quality__say(&draft, "%s: the list of places was replaced %s in %zu months.",
                          name.text, n_breaks == 1 ? "once" : "more than once",
                          source->n_months);
    kerb_status status = kerb_quality__end(ctx, &draft, view->report);
    for (size_t m = 1; status == KERB_OK && m < source->n_months; m++)
        if (months[m].is_break || months[m].is_partly)
            status = tell_month(ctx, view, source, m, months);
    return status;
}

kerb_status kerb_quality__check_snap_points(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_status status = KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        const kerb_quality__source *source = &view->sources[s];
        size_t first = view->report->n;
        if (source->month_places == NULL)
            continue;
        status = tell_source(ctx, view, source, source->month_places);
        kerb_quality__limit(view->report, first);
    }
    return status;
}
