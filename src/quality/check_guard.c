/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The guard zone in words; the rule is in guard_zone.c. */
#include "quality_internal.h"

static void say_unknown(kerb_quality__draft *draft, const kerb_quality__view *view)
{
    if (view->input->window == NULL)
        kerb_quality__say(
            draft, "No study area is named, so nothing tells where the map ends: densities "
                   "near the edge of the records are too low, and nobody can say by how "
                   "much (load one with kerb areas --role study).");
    else
        kerb_quality__say(draft,
                          "Too few places lie near the border of %s to tell whether "
                          "incidents beyond it are loaded.",
                          kerb_quality__name(view->input->window_name).text);
}

static void say_state(kerb_quality__draft *draft, const kerb_quality__view *view,
                      const kerb_guard_zone *zone)
{
    kerb_quality__short radius = kerb_quality__metres(view, view->options->radius_m),
                        name = kerb_quality__name(view->input->window_name);
    switch (zone->state) {
    case KERB_GUARD_UNKNOWN:
        say_unknown(draft, view);
        break;
    case KERB_GUARD_EMPTY:
        kerb_quality__say(
            draft,
            "Next to nothing is loaded within %s beyond the border of %s: densities "
            "near it are too low without an edge correction.",
            radius.text, name.text);
        break;
    case KERB_GUARD_PARTLY:
        kerb_quality__say(
            draft,
            "Incidents are loaded beyond %zu of %zu stretches of the border of %s "
            "only: near the others densities are too low without an edge "
            "correction; load the neighbours' incidents out to %s.",
            zone->n_filled, zone->n_stretches, name.text, radius.text);
        break;
    case KERB_GUARD_FILLED:
        kerb_quality__say(
            draft,
            "Incidents are loaded all round %s to %s beyond its border: densities "
            "need no edge correction, and would be wrong with one.",
            name.text, radius.text);
        break;
    }
}

static kerb_status tell_stretch(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_guard_stretch *stretch)
{
    char x[64], y[64], place[160];
    kerb_quality__draft draft = kerb_quality__begin("guard_zone", KERB_QUALITY_NOTE);
    kerb_format_fixed(stretch->middle.x, 0, x, sizeof x);
    kerb_format_fixed(stretch->middle.y, 0, y, sizeof y);
    snprintf(place, sizeof place, "%s, %s", x, y);
    kerb_quality__about(&draft, KERB_QUALITY_PLACE, place);
    kerb_quality__figure(&draft, "places_inside", (double)stretch->n_inside);
    kerb_quality__figure(&draft, "places_near", (double)stretch->n_near);
    kerb_quality__figure(&draft, "places_far", (double)stretch->n_far);
    kerb_quality__say(&draft,
                      "Around %s the border has %s places inside and %s beyond: little happens "
                      "there, or the map is too low.",
                      place, kerb_quality__count((double)stretch->n_inside).text,
                      kerb_quality__count((double)(stretch->n_near + stretch->n_far)).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_guard(kerb_ctx *ctx, kerb_quality__view *view)
{
    static const kerb_quality_severity severities[] = {KERB_QUALITY_NOTE, KERB_QUALITY_WARNING,
                                                       KERB_QUALITY_WARNING, KERB_QUALITY_OK};
    kerb_guard_zone zone;
    kerb_places places = {.n = view->places.n, .x = view->places.x, .y = view->places.y};
    kerb_status status = kerb_quality_guard_zone(ctx, &places, view->input->window,
                                                 view->options->radius_m, &zone);
    if (status != KERB_OK)
        return status;
    kerb_quality__draft draft = kerb_quality__begin("guard_zone", severities[zone.state]);
    kerb_quality__about(&draft, KERB_QUALITY_SET, view->input->window_name);
    kerb_quality__figure(&draft, "radius_m", view->options->radius_m);
    if (zone.state != KERB_GUARD_UNKNOWN) {
        kerb_quality__figure(&draft, "stretches", (double)zone.n_stretches);
        kerb_quality__figure(&draft, "stretches_filled", (double)zone.n_filled);
        kerb_quality__figure(&draft, "places_inside", (double)zone.n_inside);
        kerb_quality__figure(&draft, "places_near", (double)zone.n_near);
        kerb_quality__figure(&draft, "places_far", (double)zone.n_far);
    }
    say_state(&draft, view, &zone);
    status = kerb_quality__end(ctx, &draft, view->report);
    for (size_t i = 0;
         status == KERB_OK && zone.state != KERB_GUARD_EMPTY && i < zone.n_stretches; i++)
        if (!zone.stretches[i].is_filled)
            status = tell_stretch(ctx, view, &zone.stretches[i]);
    return status;
}
