/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The outer border of a set of areas as a chain of points, and the nearest of them to a place.
 *
 * Points stand at most `step_m` apart, so a distance to the nearest point errs by less than
 * half a step; that is enough to say which side of a radius a place is on. The search goes
 * outward from the place's own y in the order of y and stops when y alone is farther than the
 * best. */
#include "quality_internal.h"

#include <string.h>

#define MAX_POINTS 2000000

static double side_m(kerb_point a, kerb_point b)
{
    return hypot(b.x - a.x, b.y - a.y);
}

/* Points that a ring's sides need besides their corners. */
static size_t count_ring(const kerb_point *ring, size_t n, double step_m)
{
    size_t count = 0;
    for (size_t i = 0; i + 1 < n; i++)
        count += 1 + (size_t)fmin(side_m(ring[i], ring[i + 1]) / step_m, MAX_POINTS);
    return count;
}

static void fill_ring(const kerb_point *ring, size_t n, double step_m,
                      kerb_quality__border *border)
{
    for (size_t i = 0; i + 1 < n; i++) {
        kerb_point a = ring[i], b = ring[i + 1];
        size_t pieces = 1 + (size_t)fmin(side_m(a, b) / step_m, MAX_POINTS);
        for (size_t k = 0; k < pieces; k++) {
            double t = (double)k / (double)pieces;
            border->points[border->n++] =
                (kerb_point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
        }
    }
}

static size_t count_set(const kerb_areas_set *set, double step_m)
{
    size_t count = 0;
    for (size_t i = 0; i < kerb_areas_set_count(set); i++)
        for (size_t ring = 0; ring < kerb_areas_set_ring_count(set, i); ring++) {
            size_t n;
            bool is_hole;
            const kerb_point *points = kerb_areas_set_ring(set, i, ring, &n, &is_hole);
            count += is_hole ? 0 : count_ring(points, n, step_m);
        }
    return count;
}

static kerb_status fill_border(kerb_ctx *ctx, const kerb_areas_set *set, double step_m,
                               kerb_quality__border *border)
{
    while (count_set(set, step_m) > MAX_POINTS)
        step_m *= 2.0;
    size_t n = count_set(set, step_m);
    uint64_t *keys = kerb_alloc_array(n, sizeof *keys);
    border->step_m = step_m;
    border->points = kerb_alloc_array(n, sizeof *border->points);
    border->by_y = kerb_alloc_array(n, sizeof *border->by_y);
    kerb_status status = KERB_OK;
    if (keys == NULL || border->points == NULL || border->by_y == NULL) {
        status = kerb_fail_nomem(ctx, "the border");
        goto done;
    }
    for (size_t i = 0; i < kerb_areas_set_count(set); i++)
        for (size_t ring = 0; ring < kerb_areas_set_ring_count(set, i); ring++) {
            size_t n_points;
            bool is_hole;
            const kerb_point *points = kerb_areas_set_ring(set, i, ring, &n_points, &is_hole);
            if (!is_hole)
                fill_ring(points, n_points, step_m, border);
        }
    for (size_t i = 0; i < border->n; i++) {
        border->by_y[i] = (uint32_t)i;
        keys[i] = kerb_quality__key(border->points[i].y);
    }
    status = kerb_quality__sort(ctx, keys, border->by_y, border->n);
done:
    kerb_free(keys);
    return status;
}

kerb_status kerb_quality__border_make(kerb_ctx *ctx, const kerb_areas_set *window,
                                      double step_m, kerb_quality__border *border)
{
    kerb_areas_set *dissolved = NULL;
    kerb_status status = KERB_OK;
    *border = (kerb_quality__border){0};
    /* the lines between the areas of a set are no border of it */
    if (kerb_areas_set_count(window) > 1)
        status = kerb_areas_set_dissolve(ctx, window, NULL, &dissolved);
    if (status == KERB_OK)
        status = fill_border(ctx, dissolved ? dissolved : window, step_m, border);
    kerb_areas_set_free(dissolved);
    if (status != KERB_OK)
        kerb_quality__border_clear(border);
    return status;
}

void kerb_quality__border_clear(kerb_quality__border *border)
{
    kerb_free(border->by_y);
    kerb_free(border->points);
    memset(border, 0, sizeof *border);
}

size_t kerb_quality__border_nearest(const kerb_quality__border *border, double x, double y,
                                    double reach_m, double *distance_m)
{
    size_t low = 0, high = border->n, best = border->n;
    double best_m = reach_m;
    while (low < high) { /* first point at or above y */
        size_t middle = low + (high - low) / 2;
        if (border->points[border->by_y[middle]].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    size_t up = low, down = low;
    bool more = true;
    while (more) {
        more = false;
        if (up < border->n && border->points[border->by_y[up]].y - y <= best_m) {
            kerb_point p = border->points[border->by_y[up]];
            double d_m = hypot(p.x - x, p.y - y);
            if (d_m < best_m || (d_m == best_m && best == border->n))
                best_m = d_m, best = border->by_y[up];
            up++, more = true;
        }
        if (down > 0 && y - border->points[border->by_y[down - 1]].y <= best_m) {
            kerb_point p = border->points[border->by_y[down - 1]];
            double d_m = hypot(p.x - x, p.y - y);
            if (d_m < best_m || (d_m == best_m && best == border->n))
                best_m = d_m, best = border->by_y[down - 1];
            down--, more = true;
        }
    }
    if (distance_m != NULL)
        *distance_m = best_m;
    return best;
}
