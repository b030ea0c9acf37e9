/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is there something beyond the border? Places within one radius of it are counted on both
 * sides, stretch by stretch, so that one filled side does not hide an empty one. */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

#define MIN_INSIDE   8    /* places inside that a stretch needs to be judged */
#define FILLED_SHARE 0.1  /* of the number inside, beyond … */
#define FAR_SHARE    0.05 /* … and in the outer half of the ring: a corner is no guard zone */

/* A place near the border. */
typedef struct near_place {
    size_t at;    /* number of the border point next to it */
    uint8_t ring; /* 0 inside, 1 outside near, 2 outside far */
} near_place;

static int compare_near(const void *a, const void *b)
{
    const near_place *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (int)x->ring - (int)y->ring;
}

static kerb_status find_near(kerb_ctx *ctx, const kerb_places *places,
                             const kerb_areas_set *window, const kerb_quality__border *border,
                             double radius_m, near_place **out, size_t *n_out)
{
    kerb_box box = kerb_box_make_grown(kerb_areas_set_box(window), radius_m);
    near_place *near = kerb_alloc_array(places->n, sizeof *near);
    size_t n_areas = kerb_areas_set_count(window), n = 0;
    if (near == NULL)
        return kerb_fail_nomem(ctx, "places near the border");
    for (size_t i = 0; i < places->n; i++) {
        double x = places->x[i], y = places->y[i], distance_m = 0.0;
        if (!kerb_box_contains(box, x, y))
            continue;
        size_t at = kerb_quality__border_nearest(border, x, y, radius_m, &distance_m);
        if (at == border->n)
            continue;
        uint8_t ring = distance_m <= 0.5 * radius_m ? 1 : 2;
        if (kerb_areas_set_locate(window, x, y) < n_areas)
            ring = 0;
        near[n++] = (near_place){at, ring};
    }
    if (n > 1)
        qsort(near, n, sizeof *near, compare_near);
    *out = near;
    *n_out = n;
    return KERB_OK;
}

/* Cut the border where the next group of inside places begins; what lies outside goes to the
 * stretch that its border point is in. */
static void fill_stretches(const near_place *near, size_t n, const kerb_quality__border *border,
                           kerb_guard_zone *zone)
{
    size_t n_inside = 0, seen = 0, stretch = 0;
    for (size_t i = 0; i < n; i++)
        n_inside += near[i].ring == 0;
    zone->n_inside = n_inside;
    if (n_inside < MIN_INSIDE)
        return;
    size_t n_stretches = n_inside / MIN_INSIDE;
    n_stretches =
        n_stretches < KERB_GUARD_MAX_STRETCHES ? n_stretches : KERB_GUARD_MAX_STRETCHES;
    zone->n_stretches = n_stretches;
    for (size_t i = 0; i < n; i++) {
        if (near[i].ring == 0) {
            stretch = seen * n_stretches / n_inside;
            seen++;
        }
        kerb_guard_stretch *line = &zone->stretches[stretch];
        line->n_inside += near[i].ring == 0;
        line->n_near += near[i].ring == 1;
        line->n_far += near[i].ring == 2;
        /* half of the group has been met: about the middle */
        if (near[i].ring == 0 && line->n_inside <= (n_inside / n_stretches + 1) / 2)
            line->middle = border->points[near[i].at];
    }
    for (size_t i = 0; i < n_stretches; i++) {
        kerb_guard_stretch *line = &zone->stretches[i];
        double inside = (double)line->n_inside;
        line->is_filled = line->n_far > 0 && (double)line->n_far >= FAR_SHARE * inside &&
                          (double)(line->n_near + line->n_far) >= FILLED_SHARE * inside;
        zone->n_filled += line->is_filled;
        zone->n_near += line->n_near;
        zone->n_far += line->n_far;
    }
    /* country is empty here and there; a border that was cut is longer than a stretch in ten */
    zone->state = 10 * (n_stretches - zone->n_filled) <= n_stretches ? KERB_GUARD_FILLED
                  : zone->n_filled == 0                              ? KERB_GUARD_EMPTY
                                                                     : KERB_GUARD_PARTLY;
}

kerb_status kerb_quality_guard_zone(kerb_ctx *ctx, const kerb_places *places,
                                    const kerb_areas_set *window, double radius_m,
                                    kerb_guard_zone *out)
{
    kerb_quality__border border = {0};
    kerb_guard_zone zone = {.state = KERB_GUARD_UNKNOWN};
    near_place *near = NULL;
    size_t n = 0;
    if (!(radius_m > 0.0) || !isfinite(radius_m))
        return kerb_fail(ctx, KERB_ERR_RANGE, "the radius must be positive, got %g", radius_m);
    if (window == NULL || kerb_areas_set_count(window) == 0) {
        *out = zone;
        return KERB_OK;
    }
    kerb_status status = kerb_quality__border_make(ctx, window, radius_m / 8.0, &border);
    if (status == KERB_OK)
        status = find_near(ctx, places, window, &border, radius_m, &near, &n);
    if (status == KERB_OK) {
        fill_stretches(near, n, &border, &zone);
        *out = zone;
    }
    kerb_free(near);
    kerb_quality__border_clear(&border);
    return status;
}
