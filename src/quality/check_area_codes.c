/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Area codes: a change of vintage (codes that end while others begin), and codes that do not
 * agree with the polygon their points lie in. */
#include "quality_internal.h"

#define MIN_EXPECTED 8.0  /* incidents of a code; none has a chance of 1 in 3,000 then */
#define MIN_CODES    3    /* that end, and that begin, for a change of vintage … */
#define MIN_SHARE    0.01 /* … and of all codes: a few change with the moods of a border */
#define MIN_KNOWN    0.5  /* of coded rows whose code is an id of the set */
#define GOOD_AGREED  0.9
#define POOR_AGREED  0.5

typedef struct code_span {
    uint32_t first, last; /* months with records */
    uint32_t n;
} code_span;

typedef struct code_change {
    uint32_t n_ended, n_begun;
    uint32_t ended, begun; /* an example of each */
} code_change;

static void find_spans(const kerb_quality__view *view, const kerb_quality__source *source,
                       code_span *spans, kerb_quality__counter *codes)
{
    for (size_t m = 0; m < source->n_months; m++)
        for (size_t i = 0; i < source->months[m].n; i++) {
            uint32_t row = view->rows[source->months[m].first + i],
                     code = view->events->names[KERB_NAME_AREA_CODE][row];
            if (code == 0)
                continue;
            if (codes->count[code] == 0)
                spans[code] = (code_span){.first = (uint32_t)m};
            kerb_quality__counter_add(codes, code);
            spans[code].last = (uint32_t)m;
            spans[code].n++;
        }
}

/* Codes that were frequent enough to be missed when they are not there. */
static void find_changes(const kerb_quality__source *source, const code_span *spans,
                         const kerb_quality__counter *codes, code_change *changes)
{
    for (size_t i = 0; i < codes->n_touched; i++) {
        uint32_t code = codes->touched[i];
        const code_span *span = &spans[code];
        double rate = (double)span->n / (double)(span->last - span->first + 1),
               n_after = (double)source->n_months - 1.0 - span->last;
        if (span->first > 0 && rate * span->first >= MIN_EXPECTED &&
            changes[span->first].n_begun++ == 0)
            changes[span->first].begun = code;
        if (n_after > 0.0 && rate * n_after >= MIN_EXPECTED &&
            changes[span->last + 1].n_ended++ == 0)
            changes[span->last + 1].ended = code;
    }
}

static kerb_status tell_change(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, size_t m,
                               const code_change *change)
{
    kerb_quality__short month = kerb_quality__month_text(source->months[m].month);
    kerb_quality__draft draft = kerb_quality__begin("area_codes", KERB_QUALITY_WARNING);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_MONTH, month.text);
    kerb_quality__figure(&draft, "codes_ended", change->n_ended);
    kerb_quality__figure(&draft, "codes_begun", change->n_begun);
    kerb_quality__say(
        &draft,
        "%s: in %s %u area codes end (such as %s) and %u begin (such as %s): the areas are of "
        "another vintage from then on, so tables by code must not be joined across that month.",
        kerb_quality__name(source->name).text, month.text, change->n_ended,
        kerb_quality__name(kerb_events_name(view->events, KERB_NAME_AREA_CODE, change->ended))
            .text,
        change->n_begun,
        kerb_quality__name(kerb_events_name(view->events, KERB_NAME_AREA_CODE, change->begun))
            .text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status check_vintage(kerb_ctx *ctx, kerb_quality__view *view,
                                 const kerb_quality__source *source, code_span *spans,
                                 kerb_quality__counter *codes)
{
    size_t n_told = 0;
    kerb_quality__counter_reset(codes);
    find_spans(view, source, spans, codes);
    if (codes->n_touched == 0)
        return KERB_OK;
    kerb_status status =
        kerb_quality__counter_sort_names(ctx, codes, view->events, KERB_NAME_AREA_CODE);
    if (status != KERB_OK)
        return status;
    code_change *changes = kerb_calloc_array(source->n_months + 1, sizeof *changes);
    if (changes == NULL)
        return kerb_fail_nomem(ctx, "changes of area codes");
    find_changes(source, spans, codes, changes);
    double share = ceil(MIN_SHARE * (double)codes->n_touched);
    uint32_t needed = (uint32_t)fmax(share, MIN_CODES);
    for (size_t m = 0; status == KERB_OK && m < source->n_months; m++)
        if (changes[m].n_ended >= needed && changes[m].n_begun >= needed) {
            status = tell_change(ctx, view, source, m, &changes[m]);
            n_told++;
        }
    kerb_free(changes);
    if (status != KERB_OK || n_told > 0)
        return status;
    kerb_quality__draft draft = kerb_quality__begin("area_codes", KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "codes", (double)codes->n_touched);
    kerb_quality__figure(&draft, "months", (double)source->n_months);
    kerb_quality__say(&draft, "%s: %s area codes, all of one vintage as far as %zu %s show.",
                      kerb_quality__name(source->name).text,
                      kerb_quality__count((double)codes->n_touched).text, source->n_months,
                      source->n_months == 1 ? "month" : "months");
    return kerb_quality__end(ctx, &draft, view->report);
}

/* ---------------------------------------------------------- codes and polygons */

typedef struct agreement {
    size_t n_coded, n_known, n_agreed; /* of rows with code and place */
} agreement;

static kerb_status compare(kerb_ctx *ctx, const kerb_quality__view *view,
                           const kerb_areas_set *set, agreement *out)
{
    const kerb_events *events = view->events;
    size_t n_areas = kerb_areas_set_count(set),
           n_codes = (size_t)kerb_events_name_count(events, KERB_NAME_AREA_CODE) + 1;
    size_t *area_of_code = kerb_alloc_array(n_codes, sizeof *area_of_code),
           *area_of = kerb_alloc_array(view->places.n, sizeof *area_of);
    kerb_status status = KERB_OK;
    *out = (agreement){0};
    if (area_of_code == NULL || area_of == NULL)
        status = kerb_fail_nomem(ctx, "areas by code");
    for (size_t i = 0; status == KERB_OK && i < n_codes; i++)
        area_of_code[i] = kerb_areas_set_find_id(
            set, kerb_events_name(events, KERB_NAME_AREA_CODE, (uint32_t)i));
    if (status == KERB_OK)
        status = kerb_areas_locate_points(ctx, set, view->places.n, view->places.x,
                                          view->places.y, area_of);
    for (size_t i = 0; status == KERB_OK && i < events->n; i++) {
        uint32_t code = events->names[KERB_NAME_AREA_CODE][i], place = view->places.place_of[i];
        if (code == 0 || place == KERB_NO_PLACE)
            continue;
        out->n_coded++;
        out->n_known += area_of_code[code] < n_areas;
        out->n_agreed += area_of_code[code] < n_areas && area_of[place] == area_of_code[code];
    }
    kerb_free(area_of);
    kerb_free(area_of_code);
    return status;
}

static kerb_status check_polygons(kerb_ctx *ctx, kerb_quality__view *view,
                                  const kerb_quality_areas *areas)
{
    agreement found;
    kerb_status status = compare(ctx, view, areas->set, &found);
    if (status != KERB_OK || found.n_known == 0 ||
        (double)found.n_known < MIN_KNOWN * (double)found.n_coded)
        return status;
    double share = (double)found.n_agreed / (double)found.n_known,
           known = (double)found.n_known / (double)found.n_coded;
    kerb_quality__draft draft =
        kerb_quality__begin("area_codes", share >= GOOD_AGREED   ? KERB_QUALITY_OK
                                          : share >= POOR_AGREED ? KERB_QUALITY_NOTE
                                                                 : KERB_QUALITY_WARNING);
    kerb_quality__about(&draft, KERB_QUALITY_SET, areas->name);
    kerb_quality__figure(&draft, "coded", (double)found.n_coded);
    kerb_quality__figure(&draft, "code_in_set", (double)found.n_known);
    kerb_quality__figure(&draft, "code_in_set_share", known);
    kerb_quality__figure(&draft, "agreed", (double)found.n_agreed);
    kerb_quality__figure(&draft, "agreed_share", share);
    kerb_quality__say(&draft, "%s of the points lie in the polygon of their own code in %s",
                      kerb_quality__share(share).text, kerb_quality__name(areas->name).text);
    if (share >= GOOD_AGREED)
        kerb_quality__say(&draft,
                          "; the rest were moved across a border by their publisher, so "
                          "count by code where there is one.");
    else
        kerb_quality__say(&draft, ": the polygons are simplified, of another vintage, or the "
                                  "points are coarse; count by code, and do not read a map of "
                                  "points by these areas.");
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_area_codes(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_quality__counter codes = {0};
    size_t n_names = (size_t)kerb_events_name_count(view->events, KERB_NAME_AREA_CODE) + 1;
    code_span *spans = kerb_alloc_array(n_names, sizeof *spans);
    kerb_status status = spans == NULL ? kerb_fail_nomem(ctx, "area codes")
                                       : kerb_quality__counter_init(ctx, &codes, n_names);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        status = check_vintage(ctx, view, &view->sources[s], spans, &codes);
    for (size_t i = 0; status == KERB_OK && n_names > 1 && i < view->input->n_areas; i++)
        status = check_polygons(ctx, view, &view->input->areas[i]);
    kerb_quality__counter_clear(&codes);
    kerb_free(spans);
    return status;
}
