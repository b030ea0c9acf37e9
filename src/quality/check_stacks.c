/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stacks: incidents at one and the same place; and how far apart places are, which no bandwidth
 * may undercut (statistics rulings 1 and 4: twice the median distance between neighbours). */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MEASURED   25000 /* places whose neighbour is looked for; more are sampled */
#define MAX_LOOKED_AT  4096  /* places passed in one direction in one search */
#define MIN_PEAK       10    /* rows of a single-address peak */
#define PEAK_SHARE     0.5   /* of what lies within one radius */
#define LEAD_SHARE     0.1   /* of a category, at one place */
#define MAX_PEAKS      20
#define MIN_NEIGHBOURS 30 /* distances that a median by area needs */
#define MAX_AREAS      60 /* areas of a set for which spacing is told */

/* ------------------------------------------------------------------- spacing */

/* Distances from places to their nearest neighbours. */
typedef struct spacing {
    size_t n;
    double *distance_m; /* n of them */
    uint32_t *place;
} spacing;

static double nearest_m(const kerb_quality__view *view, const kerb_quality__counter *at,
                        size_t rank)
{
    const double *x = view->places.x, *y = view->places.y;
    uint32_t here = view->by_y[rank];
    double best_m2 = INFINITY;
    for (int up = 0; up < 2; up++) {
        size_t n = up ? view->places.n - 1 - rank : rank;
        n = n < MAX_LOOKED_AT ? n : MAX_LOOKED_AT;
        for (size_t step = 1; step <= n; step++) {
            uint32_t other = view->by_y[up ? rank + step : rank - step];
            double dx = x[other] - x[here], dy = y[other] - y[here];
            if (dy * dy > best_m2)
                break;
            if (at->count[other] > 0 && dx * dx + dy * dy < best_m2)
                best_m2 = dx * dx + dy * dy;
        }
    }
    return sqrt(best_m2);
}

static kerb_status measure(kerb_ctx *ctx, const kerb_quality__view *view,
                           const kerb_quality__counter *at, spacing *out)
{
    size_t step = 1 + at->n_touched / MAX_MEASURED, seen = 0;
    *out = (spacing){0};
    out->distance_m = kerb_alloc_array(at->n_touched / step + 1, sizeof *out->distance_m);
    out->place = kerb_alloc_array(at->n_touched / step + 1, sizeof *out->place);
    if (out->distance_m == NULL || out->place == NULL)
        return kerb_fail_nomem(ctx, "distances between places");
    for (size_t rank = 0; rank < view->places.n; rank++) {
        if (at->count[view->by_y[rank]] == 0 || seen++ % step != 0)
            continue;
        double d_m = nearest_m(view, at, rank);
        if (isinf(d_m))
            continue;
        out->place[out->n] = view->by_y[rank];
        out->distance_m[out->n++] = d_m;
    }
    return KERB_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle one; of an even number the lower middle. Sorts. */
static double median_of(double *values, size_t n)
{
    if (n == 0)
        return NAN;
    qsort(values, n, sizeof *values, compare_doubles);
    return values[(n - 1) / 2];
}

static kerb_status tell_spacing(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_quality__source *source, const char *set,
                                const char *area, double *distances_m, size_t n)
{
    double median_m = median_of(distances_m, n), radius_m = view->options->radius_m;
    if (n < MIN_NEIGHBOURS)
        return KERB_OK;
    kerb_quality_severity severity = !source->is_snapped         ? KERB_QUALITY_OK
                                     : 2.0 * median_m > radius_m ? KERB_QUALITY_WARNING
                                                                 : KERB_QUALITY_OK;
    kerb_quality__draft draft = kerb_quality__begin("stacks", severity);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_SET, set);
    kerb_quality__about(&draft, KERB_QUALITY_AREA, area);
    kerb_quality__figure(&draft, "places_measured", (double)n);
    kerb_quality__figure(&draft, "median_spacing_m", median_m);
    kerb_quality__figure(&draft, "spacing_90_m", distances_m[(n - 1) * 9 / 10]);
    kerb_quality__figure(&draft, "least_bandwidth_m", 2.0 * median_m);
    kerb_quality__say(&draft, "%s: neighbouring places are %s apart in the median, so ",
                      kerb_quality__name(area ? area : source->name).text,
                      kerb_quality__metres(view, median_m).text);
    if (!source->is_snapped)
        kerb_quality__say(&draft,
                          "the spacing of places sets no limit to a bandwidth above %s.",
                          kerb_quality__metres(view, 2.0 * median_m).text);
    else
        kerb_quality__say(&draft,
                          "a bandwidth under %s would map the list of places and not the "
                          "incidents%s.",
                          kerb_quality__metres(view, 2.0 * median_m).text,
                          severity == KERB_QUALITY_WARNING ? ", and yours is smaller" : "");
    return kerb_quality__end(ctx, &draft, view->report);
}

static bool has_role(const kerb_quality_areas *areas, const char *role)
{
    return areas->role != NULL && strcmp(areas->role, role) == 0;
}

/* Spacing in town and country differs: by area of sets that are not too fine. */
static kerb_status tell_spacing_of_set(kerb_ctx *ctx, kerb_quality__view *view,
                                       const kerb_quality__source *source,
                                       const kerb_quality_areas *areas, const spacing *all)
{
    size_t n_areas = kerb_areas_set_count(areas->set);
    size_t *area_of = kerb_alloc_array(all->n, sizeof *area_of);
    double *distances_m = kerb_alloc_array(all->n, sizeof *distances_m);
    kerb_status status = KERB_OK;
    if (area_of == NULL || distances_m == NULL)
        status = kerb_fail_nomem(ctx, "distances by area");
    for (size_t i = 0; status == KERB_OK && i < all->n; i++)
        area_of[i] = kerb_areas_set_locate(areas->set, view->places.x[all->place[i]],
                                           view->places.y[all->place[i]]);
    for (size_t area = 0; status == KERB_OK && area < n_areas; area++) {
        size_t n = 0;
        for (size_t i = 0; i < all->n; i++)
            if (area_of[i] == area)
                distances_m[n++] = all->distance_m[i];
        const char *name = kerb_areas_set_name(areas->set, area);
        status =
            tell_spacing(ctx, view, source, areas->name,
                         name[0] ? name : kerb_areas_set_id(areas->set, area), distances_m, n);
    }
    kerb_free(distances_m);
    kerb_free(area_of);
    return status;
}

static kerb_status check_spacing(kerb_ctx *ctx, kerb_quality__view *view,
                                 const kerb_quality__source *source,
                                 const kerb_quality__counter *at)
{
    spacing all = {0};
    double *copy = NULL;
    kerb_status status = measure(ctx, view, at, &all);
    if (status == KERB_OK) {
        copy = kerb_alloc_array(all.n, sizeof *copy);
        if (copy == NULL)
            status = kerb_fail_nomem(ctx, "distances between places");
    }
    if (status == KERB_OK) {
        if (all.n > 0)
            memcpy(copy, all.distance_m, all.n * sizeof *copy);
        status = tell_spacing(ctx, view, source, NULL, NULL, copy, all.n);
    }
    for (size_t i = 0; status == KERB_OK && source->is_snapped && i < view->input->n_areas;
         i++) {
        const kerb_quality_areas *areas = &view->input->areas[i];
        if (kerb_areas_set_count(areas->set) <= MAX_AREAS &&
            (has_role(areas, "study") || has_role(areas, "district") ||
             has_role(areas, "beat")))
            status = tell_spacing_of_set(ctx, view, source, areas, &all);
    }
    kerb_free(copy);
    kerb_free(all.distance_m);
    kerb_free(all.place);
    return status;
}

/* -------------------------------------------------------------------- stacks */

static kerb_status tell_source(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source)
{
    double share = (double)source->n_sharing / (double)source->n_located;
    kerb_quality__draft draft =
        kerb_quality__begin("stacks", source->is_snapped ? KERB_QUALITY_NOTE : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "located", (double)source->n_located);
    kerb_quality__figure(&draft, "places", (double)source->n_places);
    kerb_quality__figure(&draft, "sharing", (double)source->n_sharing);
    kerb_quality__figure(&draft, "sharing_share", share);
    kerb_quality__figure(&draft, "incidents_per_place",
                         (double)source->n_located / (double)source->n_places);
    kerb_quality__figure(&draft, "is_snapped", source->is_snapped ? 1.0 : 0.0);
    kerb_quality__say(&draft, "%s: %s %s lie on %s places; %s share their place with another",
                      kerb_quality__name(source->name).text,
                      kerb_quality__count((double)source->n_located).text,
                      kerb_quality__incidents((double)source->n_located),
                      kerb_quality__count((double)source->n_places).text,
                      kerb_quality__share(share).text);
    if (source->is_snapped)
        kerb_quality__say(
            &draft, ", so places are those of a fixed list: a peak on one place is no "
                    "hotspot, and chance must be told from an even spread over places, not "
                    "over land.");
    else
        kerb_quality__say(&draft,
                          ", so places are places of incidents and not of a fixed list.");
    return kerb_quality__end(ctx, &draft, view->report);
}

/* Rows of the source within a radius of a place. */
static size_t count_around(const kerb_quality__view *view, const kerb_quality__counter *at,
                           uint32_t place, double radius_m)
{
    const double *x = view->places.x, *y = view->places.y;
    size_t n = 0;
    for (size_t i = kerb_quality__first_above(view, y[place] - radius_m); i < view->places.n;
         i++) {
        uint32_t other = view->by_y[i];
        if (!(y[other] <= y[place] + radius_m))
            break;
        if (at->count[other] > 0 && hypot(x[other] - x[place], y[other] - y[place]) <= radius_m)
            n += at->count[other];
    }
    return n;
}

static kerb_status tell_peak(kerb_ctx *ctx, kerb_quality__view *view,
                             const kerb_quality__source *source, const kerb_quality__big *big,
                             size_t n_around)
{
    const char *category =
        kerb_events_name(view->events, KERB_NAME_CATEGORY, big->top_category);
    kerb_quality__draft draft = kerb_quality__begin("stacks", KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_PLACE, kerb_quality__place(view, big->place).text);
    kerb_quality__figure(&draft, "incidents", (double)big->n);
    kerb_quality__figure(&draft, "incidents_within_radius", (double)n_around);
    kerb_quality__figure(&draft, "share_within_radius", (double)big->n / (double)n_around);
    kerb_quality__figure(&draft, "top_category_share", (double)big->n_top / (double)big->n);
    kerb_quality__say(
        &draft,
        "%s of the %s %s within %s of %s lie on that one place%s%s%s: a peak of one address, "
        "not of "
        "a neighbourhood.",
        kerb_quality__count((double)big->n).text, kerb_quality__count((double)n_around).text,
        kerb_quality__incidents((double)n_around),
        kerb_quality__metres(view, view->options->radius_m).text,
        kerb_quality__place(view, big->place).text, category[0] ? " (mostly " : "",
        category[0] ? kerb_quality__name(category).text : "", category[0] ? ")" : "");
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status check_peaks(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source,
                               const kerb_quality__counter *at)
{
    kerb_status status = KERB_OK;
    size_t n_told = 0;
    for (size_t i = 0; status == KERB_OK && i < source->n_big && n_told < MAX_PEAKS; i++) {
        const kerb_quality__big *big = &source->big[i];
        if (big->n < MIN_PEAK)
            break;
        size_t n_around = count_around(view, at, big->place, view->options->radius_m);
        if ((double)big->n <= PEAK_SHARE * (double)n_around)
            continue;
        status = tell_peak(ctx, view, source, big, n_around);
        n_told++;
    }
    return status;
}

/* ------------------------------------------------------- leading a category */

static kerb_status tell_leader(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, uint32_t category,
                               uint32_t place, size_t n, size_t n_category)
{
    const char *name = kerb_events_name(view->events, KERB_NAME_CATEGORY, category);
    kerb_quality__draft draft = kerb_quality__begin("stacks", KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_CATEGORY, name);
    kerb_quality__about(&draft, KERB_QUALITY_PLACE, kerb_quality__place(view, place).text);
    kerb_quality__figure(&draft, "incidents", (double)n);
    kerb_quality__figure(&draft, "incidents_of_category", (double)n_category);
    kerb_quality__figure(&draft, "share_of_category", (double)n / (double)n_category);
    kerb_quality__say(
        &draft,
        "%s of all %s %s (%s) lie at %s: that place leads the map of the category "
        "by itself.",
        kerb_quality__share((double)n / (double)n_category).text,
        kerb_quality__count((double)n_category).text,
        kerb_quality__incidents((double)n_category), kerb_quality__name(name).text,
        kerb_quality__place(view, place).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

/* Rows as (category, place), sorted, give the tallest place of each category. */
static kerb_status check_leaders(kerb_ctx *ctx, kerb_quality__view *view,
                                 const kerb_quality__source *source)
{
    size_t first_finding = view->report->n, n = 0;
    uint64_t *keys = kerb_alloc_array(source->n, sizeof *keys);
    uint32_t *unused = kerb_calloc_array(source->n, sizeof *unused);
    kerb_status status =
        keys == NULL || unused == NULL ? kerb_fail_nomem(ctx, "places by category") : KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < source->n; i++) {
        uint32_t row = view->rows[source->first + i], place = view->places.place_of[row];
        if (place != KERB_NO_PLACE)
            keys[n++] = (uint64_t)view->events->names[KERB_NAME_CATEGORY][row] << 32 |
                        view->rank[place];
    }
    if (status == KERB_OK)
        status = kerb_quality__sort(ctx, keys, unused, n);
    for (size_t i = 0; status == KERB_OK && i < n;) {
        uint32_t category = (uint32_t)(keys[i] >> 32), top = 0;
        size_t first = i, n_top = 0;
        while (i < n && keys[i] >> 32 == category) {
            size_t at = i;
            while (i < n && keys[i] == keys[at])
                i++;
            if (i - at > n_top)
                n_top = i - at, top = (uint32_t)keys[at];
        }
        if (n_top >= MIN_PEAK && (double)n_top >= LEAD_SHARE * (double)(i - first))
            status =
                tell_leader(ctx, view, source, category, view->by_y[top], n_top, i - first);
    }
    kerb_quality__limit(view->report, first_finding);
    kerb_free(unused);
    kerb_free(keys);
    return status;
}

kerb_status kerb_quality__check_stacks(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_quality__counter at = {0};
    kerb_status status = kerb_quality__counter_init(ctx, &at, view->places.n);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        const kerb_quality__source *source = &view->sources[s];
        if (source->n_located == 0)
            continue;
        kerb_quality__count_at(view, source->first, source->n, &at);
        status = tell_source(ctx, view, source);
        if (status == KERB_OK)
            status = check_peaks(ctx, view, source, &at);
        if (status == KERB_OK)
            status = check_leaders(ctx, view, source);
        kerb_quality__count_at(view, source->list_first, source->list_n, &at);
        if (status == KERB_OK)
            status = check_spacing(ctx, view, source, &at);
    }
    kerb_quality__counter_clear(&at);
    return status;
}
