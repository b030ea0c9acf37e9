/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_GEO_EXACT_H
#define KERB_GEO_EXACT_H

/**
 * Exact answers about points and edges, for the library's own modules: whoever asks whether a
 * centre of a cell or an event lies on a border must get the same answer.
 */

#include "kerb_geo.h"

/**
 * On which side of the line from a to b is p? 1 left, -1 right, 0 exactly on it. Exact for
 * coordinates whose products neither overflow nor underflow.
 */
int kerb_geo_side(kerb_point a, kerb_point b, kerb_point p);

typedef enum kerb_geo_crossing {
    KERB_GEO_CROSSING_NO = 0,
    KERB_GEO_CROSSING_YES = 1, /**< the ray from p towards +x crosses the edge */
    KERB_GEO_CROSSING_ON = 2   /**< p lies on the edge */
} kerb_geo_crossing;

/** The edge from a to b against the ray from p to the right; asked a few times for each point.
 */
static inline kerb_geo_crossing kerb_geo_cross(kerb_point a, kerb_point b, kerb_point p)
{
    double ymin = a.y < b.y ? a.y : b.y, ymax = a.y < b.y ? b.y : a.y;
    if (p.y < ymin || p.y > ymax)
        return KERB_GEO_CROSSING_NO;
    double xmin = a.x < b.x ? a.x : b.x, xmax = a.x < b.x ? b.x : a.x;
    if (p.x > xmax)
        return KERB_GEO_CROSSING_NO;
    bool is_counted = (a.y > p.y) != (b.y > p.y);
    if (p.x < xmin)
        return is_counted ? KERB_GEO_CROSSING_YES : KERB_GEO_CROSSING_NO;
    int side = kerb_geo_side(a, b, p);
    if (side == 0)
        return KERB_GEO_CROSSING_ON;
    /* Left of an edge that goes up, right of one that goes down: the edge lies to the right. */
    return is_counted && (side > 0) == (b.y > a.y) ? KERB_GEO_CROSSING_YES
                                                   : KERB_GEO_CROSSING_NO;
}

#endif
