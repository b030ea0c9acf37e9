/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The events of a window as places, laid out so that neighbours are found fast: sorted by y and
 * cut into strips of about sqrt(n) places, each strip sorted by x. What lies within reach of a
 * point is then one run in each of a few strips. */
#include "bandwidth_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SNAPPED_SHARE 0.2 /* of the rows: from here on records are on a list of places */
#define FLOOR_FACTOR  2.0 /* times the median spacing */

enum { PLACES_A_CHUNK = 512 };

void kerb_bandwidth_sample_free(kerb_bandwidth_sample *sample)
{
    if (!sample)
        return;
    kerb_free(sample->x);
    kerb_free(sample->y);
    kerb_free(sample->weight);
    kerb_free(sample->count);
    kerb_free(sample->nearest_m);
    kerb_free(sample->strips);
    kerb_areas_set_free(sample->window);
    kerb_bandwidth__raster_free(sample->raster);
    kerb_free(sample);
}

kerb_bandwidth_facts kerb_bandwidth_sample_facts(const kerb_bandwidth_sample *sample)
{
    return sample->facts;
}

/* ------------------------------------------------------------------- window */

static kerb_status set_window(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                              const kerb_areas_set *window, const kerb_areas_set *holes)
{
    if (window == NULL && holes == NULL)
        return KERB_OK;
    kerb_areas_set *box = NULL;
    kerb_status status = KERB_OK;
    if (window == NULL) { /* the box as an area, so that holes can be cut out of it */
        const kerb_box b = sample->box;
        const kerb_point corners[] = {{b.xmin, b.ymin},
                                      {b.xmax, b.ymin},
                                      {b.xmax, b.ymax},
                                      {b.xmin, b.ymax},
                                      {b.xmin, b.ymin}};
        const size_t n = 5;
        status = kerb_areas_set_new(ctx, &box);
        if (status == KERB_OK)
            status = kerb_areas_set_add_rings(ctx, box, "window", "", 1, &n, corners);
        window = box;
    }
    if (status == KERB_OK)
        status = kerb_areas_set_dissolve(ctx, window, holes, &sample->window);
    if (status == KERB_OK && kerb_areas_set_count(sample->window) == 0)
        status = kerb_fail(ctx, KERB_ERR_EMPTY,
                           "nothing is left of the study area when the areas to leave out are "
                           "cut out of it: no bandwidth can be chosen");
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, sample->window);
    if (status == KERB_OK) {
        sample->box = kerb_areas_set_box(sample->window);
        sample->facts.window_area_m2 = kerb_areas_set_area_m2(sample->window, 0);
    }
    kerb_areas_set_free(box);
    return status;
}

static bool is_inside(const kerb_bandwidth_sample *sample, double x, double y)
{
    return sample->window ? kerb_areas_set_holds(sample->window, 0, x, y)
                          : kerb_box_contains(sample->box, x, y);
}

/* ------------------------------------------------------------------- places */

static kerb_status alloc_places(kerb_ctx *ctx, kerb_bandwidth_sample *sample, size_t n)
{
    sample->x = kerb_alloc_array(n, sizeof *sample->x);
    sample->y = kerb_alloc_array(n, sizeof *sample->y);
    sample->weight = kerb_alloc_array(n, sizeof *sample->weight);
    sample->count = kerb_alloc_array(n, sizeof *sample->count);
    sample->nearest_m = kerb_alloc_array(n, sizeof *sample->nearest_m);
    if (!sample->x || !sample->y || !sample->weight || !sample->count || !sample->nearest_m)
        return kerb_fail_nomem(ctx, "the places of a bandwidth");
    return KERB_OK;
}

static kerb_status take_places(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                               const kerb_places *places)
{
    enum { PLACES_BETWEEN_CHECKS = 1 << 14 };
    size_t n_shared = 0;
    kerb_bandwidth_facts *facts = &sample->facts;
    kerb_status status = alloc_places(ctx, sample, places->n);
    for (size_t i = 0; status == KERB_OK && i < places->n; i++) {
        if (i % PLACES_BETWEEN_CHECKS == 0)
            status = kerb_check_cancel(ctx);
        if (!(places->weight[i] > 0.0) || !is_inside(sample, places->x[i], places->y[i]))
            continue;
        size_t at = sample->n++;
        sample->x[at] = places->x[i];
        sample->y[at] = places->y[i];
        sample->weight[at] = places->weight[i];
        sample->count[at] = places->count[i];
        sample->total_weight += places->weight[i];
        facts->n_events += places->count[i];
        n_shared += places->count[i] > 1 ? places->count[i] : 0;
    }
    facts->n_places = sample->n;
    facts->shared_share =
        facts->n_events > 0 ? (double)n_shared / (double)facts->n_events : 0.0;
    return status;
}

/* Weights that add up to the number of places: their common scale then changes no rounding
 * limit, and without repeats each is 1. */
static void scale_weights(kerb_bandwidth_sample *sample)
{
    double scale = (double)sample->n / sample->total_weight;
    sample->total_weight = (double)sample->n;
    for (size_t i = 0; i < sample->n; i++) {
        sample->weight[i] *= scale;
        sample->sum_weight2 += sample->weight[i] * sample->weight[i];
    }
}

/* ------------------------------------------------------------------- strips */

typedef struct place {
    double x, y, weight;
    uint32_t count;
} place;

static int compare_x(const void *a, const void *b)
{
    const place *p = a, *q = b;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

/* Places come sorted by y. */
static kerb_status cut_strips(kerb_ctx *ctx, kerb_bandwidth_sample *sample)
{
    size_t n = sample->n, size = (size_t)sqrt((double)n) + 1;
    size_t n_strips = (n + size - 1) / size;
    place *order = kerb_alloc_array(n, sizeof *order);
    sample->strips = kerb_alloc_array(n_strips, sizeof *sample->strips);
    if (!order || !sample->strips) {
        kerb_free(order);
        return kerb_fail_nomem(ctx, "the places of a bandwidth");
    }
    for (size_t i = 0; i < n; i++)
        order[i] = (place){sample->x[i], sample->y[i], sample->weight[i], sample->count[i]};
    for (size_t s = 0; s < n_strips; s++) {
        size_t from = s * size, to = from + size < n ? from + size : n;
        sample->strips[s] = (kerb_bandwidth__strip){from, to, order[from].y, order[to - 1].y};
        qsort(order + from, to - from, sizeof *order, compare_x);
    }
    for (size_t i = 0; i < n; i++) {
        sample->x[i] = order[i].x;
        sample->y[i] = order[i].y;
        sample->weight[i] = order[i].weight;
        sample->count[i] = order[i].count;
    }
    sample->n_strips = n_strips;
    kerb_free(order);
    return KERB_OK;
}

/* First place of [from, to) with x >= limit. */
static size_t find_x(const double *x, size_t from, size_t to, double limit)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (x[middle] < limit)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

kerb_bandwidth__run kerb_bandwidth__strips_of(const kerb_bandwidth_sample *sample, double y,
                                              double reach_m)
{
    const kerb_bandwidth__strip *strips = sample->strips;
    size_t low = 0, high = sample->n_strips;
    while (low < high) { /* first strip that ends at or above y - reach */
        size_t middle = low + (high - low) / 2;
        if (strips[middle].y_high < y - reach_m)
            low = middle + 1;
        else
            high = middle;
    }
    while (high < sample->n_strips && strips[high].y_low <= y + reach_m)
        high++;
    return (kerb_bandwidth__run){low, high};
}

static double strip_gap_m(const kerb_bandwidth__strip *strip, double y)
{
    return y < strip->y_low ? strip->y_low - y : y > strip->y_high ? y - strip->y_high : 0.0;
}

kerb_bandwidth__run kerb_bandwidth__run_of(const kerb_bandwidth_sample *sample, size_t strip,
                                           double x, double y, double reach_m)
{
    const kerb_bandwidth__strip *s = &sample->strips[strip];
    double gap_m = strip_gap_m(s, y), rest_m2 = reach_m * reach_m - gap_m * gap_m;
    /* a little more than the chord, for rounding */
    double half_m = sqrt(rest_m2 > 0.0 ? rest_m2 : 0.0) + 1e-9 * reach_m;
    size_t from = find_x(sample->x, s->from, s->to, x - half_m), to = from;
    if (to < s->to && sample->x[to] <= x + half_m)
        to = find_x(sample->x, from, s->to, nextafter(x + half_m, INFINITY));
    return (kerb_bandwidth__run){from, to};
}

/* ------------------------------------------------------------------ spacing */

/* Nearest other place in a strip, walking away from x on both sides. */
static void search_strip(const kerb_bandwidth_sample *sample, size_t strip, size_t i,
                         double *best_m2)
{
    const kerb_bandwidth__strip *s = &sample->strips[strip];
    double x = sample->x[i], y = sample->y[i];
    size_t at = find_x(sample->x, s->from, s->to, x);
    for (size_t j = at; j < s->to; j++) {
        double dx = sample->x[j] - x, dy = sample->y[j] - y;
        if (dx * dx > *best_m2)
            break;
        if (j != i && dx * dx + dy * dy < *best_m2)
            *best_m2 = dx * dx + dy * dy;
    }
    for (size_t j = at; j-- > s->from;) {
        double dx = sample->x[j] - x, dy = sample->y[j] - y;
        if (dx * dx > *best_m2)
            break;
        if (dx * dx + dy * dy < *best_m2)
            *best_m2 = dx * dx + dy * dy;
    }
}

static size_t strip_of(const kerb_bandwidth_sample *sample, size_t i)
{
    return i / (sample->strips[0].to - sample->strips[0].from);
}

static double find_nearest_m(const kerb_bandwidth_sample *sample, size_t i)
{
    size_t home = strip_of(sample, i);
    double best_m2 = INFINITY;
    search_strip(sample, home, i, &best_m2);
    for (size_t s = home + 1; s < sample->n_strips; s++) {
        double gap = strip_gap_m(&sample->strips[s], sample->y[i]);
        if (gap * gap > best_m2)
            break;
        search_strip(sample, s, i, &best_m2);
    }
    for (size_t s = home; s-- > 0;) {
        double gap = strip_gap_m(&sample->strips[s], sample->y[i]);
        if (gap * gap > best_m2)
            break;
        search_strip(sample, s, i, &best_m2);
    }
    return sqrt(best_m2);
}

static kerb_status work_nearest(void *user, size_t i_chunk)
{
    kerb_bandwidth_sample *sample = user;
    size_t from = i_chunk * PLACES_A_CHUNK, to = from + PLACES_A_CHUNK;
    for (size_t i = from; i < to && i < sample->n; i++)
        sample->nearest_m[i] = find_nearest_m(sample, i);
    return KERB_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median is the middle one, of an even number the lower middle, as in kerb_quality.h. */
static kerb_status measure_spacing(kerb_ctx *ctx, kerb_bandwidth_sample *sample)
{
    size_t n = sample->n;
    kerb_bandwidth_facts *facts = &sample->facts;
    kerb_status status = kerb_parallel_for(
        ctx, "bandwidth", (n + PLACES_A_CHUNK - 1) / PLACES_A_CHUNK, work_nearest, sample);
    if (status != KERB_OK)
        return status;
    double *sorted = kerb_alloc_array(n, sizeof *sorted);
    if (!sorted)
        return kerb_fail_nomem(ctx, "distances between places");
    memcpy(sorted, sample->nearest_m, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    sample->least_m = sorted[0];
    facts->spacing_m = sorted[(n - 1) / 2];
    facts->is_snapped = facts->shared_share >= SNAPPED_SHARE;
    facts->floor_m = facts->is_snapped ? FLOOR_FACTOR * facts->spacing_m : 0.0;
    kerb_free(sorted);
    return KERB_OK;
}

/* ------------------------------------------------------------------- sample */

static kerb_status check_places(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                bool has_window)
{
    char x[KERB_DOUBLE_TEXT], y[KERB_DOUBLE_TEXT];
    if (sample->n == 0)
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "no event with coordinates%s is left to choose a bandwidth from: say "
                         "it as a length, or widen the selection",
                         has_window ? " in the study area" : "");
    if (sample->n > 1)
        return KERB_OK;
    kerb_format_double(sample->x[0], x);
    kerb_format_double(sample->y[0], y);
    if (sample->facts.n_events == 1)
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "one event (at %s, %s) says nothing about a bandwidth: say it as a "
                         "length",
                         x, y);
    return kerb_fail(ctx, KERB_ERR_EMPTY,
                     "all %zu events lie at one place (%s, %s), which says nothing about a "
                     "bandwidth: say it as a length",
                     sample->facts.n_events, x, y);
}

static kerb_status fill_sample(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                               const kerb_areas_set *window, const kerb_areas_set *holes,
                               const kerb_places *places)
{
    sample->facts.window_area_m2 =
        (sample->box.xmax - sample->box.xmin) * (sample->box.ymax - sample->box.ymin);
    kerb_status status = set_window(ctx, sample, window, holes);
    if (status == KERB_OK)
        status = take_places(ctx, sample, places);
    if (status == KERB_OK)
        status = check_places(ctx, sample, window != NULL);
    if (status != KERB_OK)
        return status;
    scale_weights(sample);
    sample->widest_m =
        0.5 * hypot(sample->box.xmax - sample->box.xmin, sample->box.ymax - sample->box.ymin);
    status = cut_strips(ctx, sample);
    if (status == KERB_OK)
        status = measure_spacing(ctx, sample);
    return status;
}

static kerb_status check_weights(kerb_ctx *ctx, const kerb_events *events)
{
    for (size_t i = 0; events->weight && i < events->n; i++)
        if (!(events->weight[i] >= 0.0 && isfinite(events->weight[i])))
            return kerb_fail(ctx, KERB_ERR_ARG, "weight of row %zu is %g: it must be 0 or more",
                             i + 1, events->weight[i]);
    return KERB_OK;
}

kerb_status kerb_bandwidth_sample_new(kerb_ctx *ctx, const kerb_events *events,
                                      const kerb_areas_set *window, const kerb_areas_set *holes,
                                      kerb_box box, kerb_bandwidth_sample **out)
{
    kerb_places *places = NULL;
    kerb_bandwidth_sample *sample = kerb_calloc_array(1, sizeof *sample);
    kerb_status status = KERB_OK;
    if (!sample) {
        status = kerb_fail_nomem(ctx, "the places of a bandwidth");
        goto done;
    }
    sample->facts.spacing_m = NAN;
    sample->box = kerb_box_is_empty(box) ? kerb_events_box(events) : box;
    status = check_weights(ctx, events);
    if (status == KERB_OK)
        status = kerb_places_new(ctx, events, &places);
    if (status == KERB_OK)
        status = fill_sample(ctx, sample, window, holes, places);
    if (status == KERB_OK)
        *out = sample, sample = NULL;
done:
    kerb_places_free(places);
    kerb_bandwidth_sample_free(sample);
    return status;
}
