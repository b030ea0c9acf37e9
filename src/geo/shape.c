/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rings while they are being put together: flat arrays that grow, rings closed and those that
 * enclose nothing dropped, area by the shoelace formula.
 */
#include "geo_internal.h"

#include <string.h>

void kerb_geo__shape_clear(kerb_geo__shape *shape)
{
    kerb_free(shape->points);
    kerb_free(shape->rings);
    memset(shape, 0, sizeof *shape);
}

/* Capacity that holds `needed`, at least half as much again as before: growing costs O(1) a
 * point. */
static size_t make_capacity(size_t capacity, size_t needed)
{
    size_t grown = capacity + capacity / 2;
    return grown > needed ? grown : needed;
}

kerb_status kerb_geo__shape_reserve(kerb_ctx *ctx, kerb_geo__shape *shape, size_t n_more_points,
                                    size_t n_more_rings)
{
    size_t n_points = shape->n_points + n_more_points, n_rings = shape->n_rings + n_more_rings;
    if (n_points > shape->capacity_points) {
        size_t capacity = make_capacity(shape->capacity_points, n_points);
        kerb_point *points = kerb_realloc_array(shape->points, capacity, sizeof *points);
        if (points == NULL)
            return kerb_fail_nomem(ctx, "points of areas");
        shape->points = points;
        shape->capacity_points = capacity;
    }
    if (n_rings > shape->capacity_rings) {
        size_t capacity = make_capacity(shape->capacity_rings, n_rings);
        kerb_geo__ring *rings = kerb_realloc_array(shape->rings, capacity, sizeof *rings);
        if (rings == NULL)
            return kerb_fail_nomem(ctx, "rings of areas");
        shape->rings = rings;
        shape->capacity_rings = capacity;
    }
    return KERB_OK;
}

void kerb_geo__shape_add_ring(kerb_geo__shape *shape, bool is_hole)
{
    shape->rings[shape->n_rings++] =
        (kerb_geo__ring){.first = shape->n_points, .n = 0, .is_hole = is_hole};
}

void kerb_geo__shape_add_point(kerb_geo__shape *shape, kerb_point point)
{
    /* -0 would be written back as such and make equal outputs differ */
    shape->points[shape->n_points++] = (kerb_point){.x = point.x + 0.0, .y = point.y + 0.0};
    shape->rings[shape->n_rings - 1].n++;
}

static bool is_same(kerb_point a, kerb_point b)
{
    return a.x == b.x && a.y == b.y;
}

static bool has_three_different(const kerb_point *points, size_t n)
{
    size_t second = 1;
    while (second < n && is_same(points[second], points[0]))
        second++;
    for (size_t k = second + 1; k < n; k++) {
        if (!is_same(points[k], points[0]) && !is_same(points[k], points[second]))
            return true;
    }
    return false;
}

bool kerb_geo__shape_end_ring(kerb_geo__shape *shape)
{
    kerb_geo__ring *ring = &shape->rings[shape->n_rings - 1];
    const kerb_point *points = shape->points + ring->first;
    if (!has_three_different(points, ring->n)) {
        if (ring->n > 0)
            shape->is_altered = true;
        shape->n_points = ring->first;
        shape->n_rings--;
        return false;
    }
    if (!is_same(points[0], points[ring->n - 1]))
        kerb_geo__shape_add_point(shape, points[0]);
    return true;
}

double kerb_geo__ring_signed_area(const kerb_point *points, size_t n)
{
    /* About a corner of the ring: with full coordinates (5e5 x 3e5 m) products of 1e11 would
     * cancel to areas of 1e4 and take five digits with them. */
    double twice = 0.0, ox = points[0].x, oy = points[0].y;
    for (size_t k = 1; k + 2 < n; k++) {
        double ax = points[k].x - ox, ay = points[k].y - oy;
        double bx = points[k + 1].x - ox, by = points[k + 1].y - oy;
        twice += ax * by - ay * bx;
    }
    return twice / 2.0;
}
