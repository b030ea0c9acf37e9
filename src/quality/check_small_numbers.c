/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What number of incidents can show. The ratios are those measured for the scan statistic with
 * 80 % power (statistics ruling 3): at places that expect 2 % of all incidents a cluster must
 * be 7.5 times the expected with 67 incidents and 3.5 times with 275; under about 50 it must be
 * over 10 times. */
#include "quality_internal.h"

#define TOO_FEW 50
#define FEW     275

static kerb_status tell_category(kerb_ctx *ctx, kerb_quality__view *view,
                                 const kerb_quality__source *source, const char *name, size_t n)
{
    kerb_quality__draft draft = kerb_quality__begin(
        "small_numbers", n < TOO_FEW ? KERB_QUALITY_WARNING : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_CATEGORY, name);
    kerb_quality__figure(&draft, "located", (double)n);
    if (n < TOO_FEW)
        kerb_quality__say(&draft,
                          "%s: %zu %s with a place cannot show a hotspot unless it is over 10 "
                          "times the expected; take a longer period or a wider category.",
                          kerb_quality__name(name).text, n, kerb_quality__incidents((double)n));
    else
        kerb_quality__say(
            &draft,
            "%s: with %zu incidents a hotspot of an ordinary neighbourhood must be "
            "about %s times the expected to be seen.",
            kerb_quality__name(name).text, n, n < 150 ? "5 to 8" : "4 to 5");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status check_source(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_quality__source *source,
                                kerb_quality__counter *names)
{
    size_t n_few = 0;
    kerb_status status = KERB_OK;
    kerb_quality__counter_reset(names);
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i];
        if (view->places.place_of[row] != KERB_NO_PLACE)
            kerb_quality__counter_add(names, view->events->names[KERB_NAME_CATEGORY][row]);
    }
    status = kerb_quality__counter_sort_names(ctx, names, view->events, KERB_NAME_CATEGORY);
    for (size_t i = 0; status == KERB_OK && i < names->n_touched; i++) {
        size_t n = names->count[names->touched[i]];
        if (n >= FEW)
            continue;
        n_few++;
        if (n_few <= KERB_QUALITY__MAX_LINES)
            status = tell_category(
                ctx, view, source,
                kerb_events_name(view->events, KERB_NAME_CATEGORY, names->touched[i]), n);
    }
    if (status != KERB_OK || n_few > 0)
        return status;
    kerb_quality__draft draft = kerb_quality__begin("small_numbers", KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "categories", (double)names->n_touched);
    kerb_quality__say(&draft, "%s: every category has %d incidents with a place or more.",
                      kerb_quality__name(source->name).text, FEW);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_small_numbers(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_quality__counter names = {0};
    kerb_status status = kerb_quality__counter_init(
        ctx, &names, (size_t)kerb_events_name_count(view->events, KERB_NAME_CATEGORY) + 1);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        if (view->sources[s].n_located > 0)
            status = check_source(ctx, view, &view->sources[s], &names);
    kerb_quality__counter_clear(&names);
    return status;
}
