/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Closed boxes. The empty box is (+inf, +inf, -inf, -inf), so that a union with it changes
 * nothing and no special case is needed while one is being built.
 */
#include "kerb_geo.h"

#include <math.h>

kerb_box kerb_box_make_empty(void)
{
    return (kerb_box){.xmin = HUGE_VAL, .ymin = HUGE_VAL, .xmax = -HUGE_VAL, .ymax = -HUGE_VAL};
}

bool kerb_box_is_empty(kerb_box box)
{
    /* Written so that a NAN side makes the box empty as well. */
    return !(box.xmin <= box.xmax && box.ymin <= box.ymax);
}

kerb_box kerb_box_make_union(kerb_box a, kerb_box b)
{
    if (kerb_box_is_empty(a))
        return kerb_box_is_empty(b) ? kerb_box_make_empty() : b;
    if (kerb_box_is_empty(b))
        return a;
    return (kerb_box){.xmin = fmin(a.xmin, b.xmin),
                      .ymin = fmin(a.ymin, b.ymin),
                      .xmax = fmax(a.xmax, b.xmax),
                      .ymax = fmax(a.ymax, b.ymax)};
}

kerb_box kerb_box_make_grown(kerb_box box, double distance_m)
{
    if (kerb_box_is_empty(box))
        return kerb_box_make_empty();
    return (kerb_box){.xmin = box.xmin - distance_m,
                      .ymin = box.ymin - distance_m,
                      .xmax = box.xmax + distance_m,
                      .ymax = box.ymax + distance_m};
}

bool kerb_box_contains(kerb_box box, double x, double y)
{
    return x >= box.xmin && x <= box.xmax && y >= box.ymin && y <= box.ymax;
}
