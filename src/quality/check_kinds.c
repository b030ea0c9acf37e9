/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds and origins (statistics ruling 21): what is mixed on a map of everything, and which
 * categories show where the police look rather than where harm is. */
#include "quality_internal.h"

#include <string.h>

static const char *kind_words(int kind)
{
    static const char *const words[KERB_KINDS] = {
        "of no stated kind", "crimes",     "anti-social behaviour", "fires",
        "collisions",        "complaints", "stops and searches"};
    return words[kind];
}

static kerb_status tell_kinds(kerb_ctx *ctx, kerb_quality__view *view, const size_t *n)
{
    size_t n_kinds = 0, n_told = 0;
    for (int kind = 0; kind < KERB_KINDS; kind++)
        n_kinds += n[kind] > 0;
    if (n_kinds == 0)
        return KERB_OK;
    bool has_searches = n[KERB_KIND_STOP_AND_SEARCH] > 0;
    kerb_quality__draft draft = kerb_quality__begin("kinds", has_searches ? KERB_QUALITY_WARNING
                                                             : n_kinds > 1 ? KERB_QUALITY_NOTE
                                                                           : KERB_QUALITY_OK);
    for (int kind = 0; kind < KERB_KINDS; kind++)
        if (n[kind] > 0)
            kerb_quality__figure(&draft, kerb_kind_name((kerb_kind)kind), (double)n[kind]);
    for (int kind = 0; kind < KERB_KINDS; kind++) {
        if (n[kind] == 0)
            continue;
        kerb_quality__say(&draft, "%s%s %s", n_told++ > 0 ? ", " : "",
                          kerb_quality__count((double)n[kind]).text, kind_words(kind));
    }
    kerb_quality__say(&draft, n_kinds > 1 ? " are loaded: a map of them together is a map of "
                                            "none, so choose categories."
                                          : " are loaded, and nothing else.");
    if (has_searches)
        kerb_quality__say(&draft, " Stops and searches are what the police did: no density and "
                                  "no hotspot is made of them.");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_origin(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, uint32_t category, size_t n)
{
    kerb_nature nature = kerb_events_get_kind(view->events, source->number, category);
    if (nature.origin != KERB_ORIGIN_POLICE_GENERATED && nature.origin != KERB_ORIGIN_MIXED)
        return KERB_OK;
    const char *name = kerb_events_name(view->events, KERB_NAME_CATEGORY, category);
    bool is_all = nature.origin == KERB_ORIGIN_POLICE_GENERATED;
    kerb_quality__draft draft = kerb_quality__begin("kinds", KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_CATEGORY, name);
    kerb_quality__figure(&draft, "incidents", (double)n);
    kerb_quality__say(&draft,
                      is_all
                          ? "%s: %s %s brought in by the police themselves: the map shows "
                            "where they look, and is no map of harm."
                          : "%s: %s %s partly brought in by the police themselves: some of the "
                            "map shows where they look.",
                      kerb_quality__name(name).text, kerb_quality__count((double)n).text,
                      kerb_quality__incidents((double)n));
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_kinds(kerb_ctx *ctx, kerb_quality__view *view)
{
    const kerb_events *events = view->events;
    kerb_quality__counter names = {0};
    size_t n_of_kind[KERB_KINDS] = {0}, first = view->report->n;
    kerb_status status = kerb_quality__counter_init(
        ctx, &names, (size_t)kerb_events_name_count(events, KERB_NAME_CATEGORY) + 1);
    for (size_t i = 0; status == KERB_OK && i < events->n; i++)
        n_of_kind[kerb_events_kind_of(events, i).kind]++;
    if (status == KERB_OK)
        status = tell_kinds(ctx, view, n_of_kind);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        const kerb_quality__source *source = &view->sources[s];
        kerb_quality__counter_reset(&names);
        for (size_t i = 0; i < source->n; i++)
            kerb_quality__counter_add(
                &names, events->names[KERB_NAME_CATEGORY][view->rows[source->first + i]]);
        status = kerb_quality__counter_sort_names(ctx, &names, events, KERB_NAME_CATEGORY);
        for (size_t i = 0; status == KERB_OK && i < names.n_touched; i++) {
            status =
                tell_origin(ctx, view, source, names.touched[i], names.count[names.touched[i]]);
            if (view->report->n - first > 5 * KERB_QUALITY__MAX_LINES)
                kerb_quality__limit(view->report, first);
        }
    }
    kerb_quality__limit(view->report, first);
    kerb_quality__counter_clear(&names);
    return status;
}
