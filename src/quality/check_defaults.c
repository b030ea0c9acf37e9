/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Suspected default coordinates: places that a gazetteer, a clerk or a form puts in when nobody
 * knows where. They are flagged and count as misses of the hit rate; nothing is deleted.
 *
 * Exact places: a place that holds twenty times the mean and whose mix of categories is that of
 * the whole source looks like a heap of everything; a shop or a pub has a mix of its own.
 * Places of a fixed list (data.police.uk): many rows at a place are by design, and at busy
 * places the mix is as wide as the force's (median overlap 0.75 at places of 50 rows and more,
 * in two years of Leicestershire), so the mix shows nothing there; only the tallest are named,
 * for a look. */
#include "quality_internal.h"

#include <string.h>

#define MIN_ROWS        20   /* at a place that is suspected by its mix */
#define TIMES_MEAN      20.0 /* of the mean rows a place */
#define MIN_OVERLAP     0.75 /* of its mix with the source's */
#define MIN_CATEGORIES  3    /* in the mix */
#define MIN_ROWS_MIDDLE 10   /* at the middle of an area */
#define MIDDLE_M        1.0  /* how near to it */
#define KM_M            1000.0
#define MAX_TALL        5 /* places of a fixed list named */
#define MIN_ROWS_TALL   50

static double mean_rows(const kerb_quality__source *source)
{
    return (double)source->n_located / (double)source->n_places;
}

static bool is_tall(const kerb_quality__source *source, const kerb_quality__big *big)
{
    return (double)big->n >= TIMES_MEAN * mean_rows(source);
}

static bool is_on_km(const kerb_quality__view *view, uint32_t place)
{
    return fmod(view->places.x[place], KM_M) == 0.0 && fmod(view->places.y[place], KM_M) == 0.0;
}

/* In data on a grid of whole kilometres nothing follows from one. */
static bool has_km_grid(const kerb_quality__view *view, const kerb_quality__counter *at)
{
    size_t n = 0;
    for (size_t i = 0; i < at->n_touched; i++)
        n += is_on_km(view, at->touched[i]);
    return 10 * n > at->n_touched;
}

static void suspect(kerb_quality__view *view, kerb_quality__big *big,
                    kerb_quality__suspicion why, const char *set)
{
    big->suspicion = why;
    big->set = set;
    view->is_default[big->place] = 1;
}

/* Middle of an area: the mean of its surface, holes less, by sums over its sides. */
static kerb_point middle_of(const kerb_areas_set *set, size_t area)
{
    double sum = 0.0, x = 0.0, y = 0.0;
    kerb_box box = kerb_areas_set_box_of(set, area); /* near zero, so that nothing cancels */
    for (size_t ring = 0; ring < kerb_areas_set_ring_count(set, area); ring++) {
        size_t n;
        bool is_hole;
        const kerb_point *p = kerb_areas_set_ring(set, area, ring, &n, &is_hole);
        for (size_t i = 0; i + 1 < n; i++) {
            double ax = p[i].x - box.xmin, ay = p[i].y - box.ymin, bx = p[i + 1].x - box.xmin,
                   by = p[i + 1].y - box.ymin, cross = ax * by - bx * ay;
            sum += cross;
            x += (ax + bx) * cross;
            y += (ay + by) * cross;
        }
    }
    return (kerb_point){box.xmin + x / (3.0 * sum), box.ymin + y / (3.0 * sum)};
}

static void find_middles(kerb_quality__view *view, kerb_quality__source *source,
                         const kerb_quality_areas *areas)
{
    for (size_t area = 0; area < kerb_areas_set_count(areas->set); area++) {
        kerb_point middle = middle_of(areas->set, area);
        for (size_t i = kerb_quality__first_above(view, middle.y - MIDDLE_M);
             i < view->places.n; i++) {
            uint32_t place = view->by_y[i];
            if (!(view->places.y[place] <= middle.y + MIDDLE_M))
                break;
            if (fabs(view->places.x[place] - middle.x) > MIDDLE_M)
                continue;
            for (size_t b = 0; b < source->n_big; b++)
                if (source->big[b].place == place && source->big[b].n >= MIN_ROWS_MIDDLE &&
                    source->big[b].suspicion == KERB_QUALITY__NOT_SUSPECT)
                    suspect(view, &source->big[b], KERB_QUALITY__BY_CENTROID, areas->name);
        }
    }
}

kerb_status kerb_quality__mark_defaults(kerb_ctx *ctx, kerb_quality__view *view,
                                        kerb_quality__source *source,
                                        const kerb_quality__counter *at)
{
    bool is_planar = view->input->is_planar,
         looks_at_km = !is_planar && source->n_big > 0 && !has_km_grid(view, at);
    for (size_t i = 0; i < source->n_big; i++) {
        kerb_quality__big *big = &source->big[i];
        if (looks_at_km && is_on_km(view, big->place))
            suspect(view, big, KERB_QUALITY__BY_KM, NULL);
        else if (!source->is_snapped && big->n >= MIN_ROWS && is_tall(source, big) &&
                 big->n_categories >= MIN_CATEGORIES && big->overlap >= MIN_OVERLAP)
            suspect(view, big, KERB_QUALITY__BY_MIX, NULL);
    }
    for (size_t i = 0; !is_planar && i < view->input->n_areas; i++)
        find_middles(view, source, &view->input->areas[i]);
    return kerb_check_cancel(ctx);
}

static void add_place(kerb_quality__draft *draft, const kerb_quality__view *view,
                      const kerb_quality__source *source, const kerb_quality__big *big)
{
    kerb_quality__about(draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(draft, KERB_QUALITY_PLACE, kerb_quality__place(view, big->place).text);
    kerb_quality__figure(draft, "incidents", (double)big->n);
    kerb_quality__figure(draft, "share_of_located", (double)big->n / (double)source->n_located);
    kerb_quality__figure(draft, "categories", big->n_categories);
    kerb_quality__figure(draft, "mix_overlap_share", big->overlap);
}

static kerb_status tell_suspect(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_quality__source *source,
                                const kerb_quality__big *big)
{
    kerb_quality__draft draft =
        kerb_quality__begin("default_coordinates", KERB_QUALITY_WARNING);
    add_place(&draft, view, source, big);
    kerb_quality__say(&draft, "%s %s lie at %s, ", kerb_quality__count((double)big->n).text,
                      kerb_quality__incidents((double)big->n),
                      kerb_quality__place(view, big->place).text);
    switch (big->suspicion) {
    case KERB_QUALITY__BY_KM:
        kerb_quality__say(&draft, "exactly on a whole kilometre");
        break;
    case KERB_QUALITY__BY_CENTROID:
        kerb_quality__say(&draft, "in the very middle of an area of %s",
                          kerb_quality__name(big->set).text);
        break;
    case KERB_QUALITY__BY_MIX:
    case KERB_QUALITY__NOT_SUSPECT:
        kerb_quality__say(&draft,
                          "%s times the mean, of %u categories mixed as in the whole "
                          "source",
                          kerb_quality__count((double)big->n / mean_rows(source)).text,
                          big->n_categories);
        break;
    }
    kerb_quality__say(&draft, ": a hotspot there would be one of unknown places; they count as "
                              "misses here and stay in the data.");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_tall(kerb_ctx *ctx, kerb_quality__view *view,
                             const kerb_quality__source *source, const kerb_quality__big *big)
{
    kerb_quality__draft draft = kerb_quality__begin("default_coordinates", KERB_QUALITY_NOTE);
    add_place(&draft, view, source, big);
    kerb_quality__say(&draft,
                      "%s %s lie at %s, %s times the mean of a place: look whether a police "
                      "station, custody suite, hospital or prison stands there before calling "
                      "it a hotspot.",
                      kerb_quality__count((double)big->n).text,
                      kerb_quality__incidents((double)big->n),
                      kerb_quality__place(view, big->place).text,
                      kerb_quality__count((double)big->n / mean_rows(source)).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_source(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source)
{
    size_t n_suspects = 0, n_rows = 0, n_tall = 0;
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < source->n_big; i++)
        if (source->big[i].suspicion != KERB_QUALITY__NOT_SUSPECT)
            n_suspects++, n_rows += source->big[i].n;
    kerb_quality__draft draft = kerb_quality__begin(
        "default_coordinates", n_suspects > 0 ? KERB_QUALITY_WARNING : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "suspected_places", (double)n_suspects);
    kerb_quality__figure(&draft, "incidents", (double)n_rows);
    if (n_suspects > 0)
        kerb_quality__say(
            &draft,
            "%s: %s %s at %zu places look like default coordinates, that is, like "
            "places nobody knew.",
            kerb_quality__name(source->name).text, kerb_quality__count((double)n_rows).text,
            kerb_quality__incidents((double)n_rows), n_suspects);
    else if (source->is_snapped)
        kerb_quality__say(&draft,
                          "%s: no default coordinates are known; places are those of a fixed "
                          "list, where a default would look like a busy street.",
                          kerb_quality__name(source->name).text);
    else
        kerb_quality__say(&draft, "%s: no place looks like a default coordinate.",
                          kerb_quality__name(source->name).text);
    status = kerb_quality__end(ctx, &draft, view->report);
    for (size_t i = 0; status == KERB_OK && i < source->n_big; i++)
        if (source->big[i].suspicion != KERB_QUALITY__NOT_SUSPECT) {
            status = tell_suspect(ctx, view, source, &source->big[i]);
        } else if (source->is_snapped && source->big[i].n >= MIN_ROWS_TALL &&
                   is_tall(source, &source->big[i]) && n_tall < MAX_TALL) {
            status = tell_tall(ctx, view, source, &source->big[i]);
            n_tall++;
        }
    return status;
}

kerb_status kerb_quality__check_defaults(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_status status = KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        status = tell_source(ctx, view, &view->sources[s]);
    return status;
}
