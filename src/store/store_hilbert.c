/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Order of points along a Hilbert curve of 2^16 x 2^16 cells over their box: neighbours on the
 * curve are neighbours on the ground, so that runs of points make small boxes.
 * Source: Kamel & Faloutsos (1993), On packing R-trees; curve after Warren (2012), Hacker's
 * Delight, figure 16-9 (the classical walk of the quadrants).
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

enum { CURVE_BITS = 16, RADIX_BITS = 11, RADIX = 1 << RADIX_BITS, PASSES = 3 };

/* Distance along the curve of cell (x, y). In each quadrant the curve is turned so that it
 * begins where the one before ended. By masks: which quadrant comes next cannot be guessed, and
 * wrongly guessed branches cost more than the rest. */
static uint32_t curve_distance(uint32_t x, uint32_t y)
{
    uint32_t distance = 0;
    for (int bit = CURVE_BITS - 1; bit >= 0; bit--) {
        uint32_t right = x >> bit & 1, upper = y >> bit & 1;
        uint32_t is_turned = upper - 1, is_flipped = is_turned & (0 - right);
        distance = distance << 2 | ((3 * right) ^ upper);
        x ^= is_flipped;
        y ^= is_flipped;
        uint32_t swap = (x ^ y) & is_turned;
        x ^= swap;
        y ^= swap;
    }
    return distance;
}

static uint32_t cell_of(float value, double low, double cells_per_unit)
{
    double position = ((double)value - low) * cells_per_unit;
    if (!(position > 0.0))
        return 0;
    return position >= 65535.0 ? 65535u : (uint32_t)position;
}

/* Sort `order` by `keys`, stable, by digits from the lowest; the result lies in the first
 * buffers again when the number of passes is even, so the caller is told where. */
static uint32_t *sort_by_key(size_t n, uint32_t *keys, uint32_t *order, uint32_t *other_keys,
                             uint32_t *other_order, size_t *counts)
{
    for (int pass = 0; pass < PASSES; pass++) {
        int shift = pass * RADIX_BITS;
        memset(counts, 0, RADIX * sizeof *counts);
        for (size_t i = 0; i < n; i++)
            counts[keys[i] >> shift & (RADIX - 1)]++;
        size_t sum = 0;
        for (size_t digit = 0; digit < RADIX; digit++) {
            size_t count = counts[digit];
            counts[digit] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++) {
            size_t to = counts[keys[i] >> shift & (RADIX - 1)]++;
            other_keys[to] = keys[i];
            other_order[to] = order[i];
        }
        uint32_t *swap = keys;
        keys = other_keys;
        other_keys = swap;
        swap = order;
        order = other_order;
        other_order = swap;
    }
    return order;
}

kerb_status kerb_store__hilbert_order(kerb_ctx *ctx, const kerb_store__points *points,
                                      uint32_t **out)
{
    size_t n = points->n_located, at = 0;
    float xmin = INFINITY, xmax = -INFINITY, ymin = INFINITY, ymax = -INFINITY;
    kerb_status status = KERB_OK;
    uint32_t *keys = kerb_alloc_array(n, sizeof *keys);
    uint32_t *order = kerb_alloc_array(n, sizeof *order);
    uint32_t *other_keys = kerb_alloc_array(n, sizeof *other_keys);
    uint32_t *other_order = kerb_alloc_array(n, sizeof *other_order);
    size_t *counts = kerb_alloc_array(RADIX, sizeof *counts);
    if (!keys || !order || !other_keys || !other_order || !counts) {
        status = kerb_fail_nomem(ctx, "the spatial index");
        goto done;
    }
    for (size_t i = 0; i < points->n; i++) {
        /* comparisons with NAN are false */
        float x = points->x[i], y = points->y[i];
        xmin = x < xmin ? x : xmin;
        xmax = x > xmax ? x : xmax;
        ymin = y < ymin ? y : ymin;
        ymax = y > ymax ? y : ymax;
    }
    double width = (double)xmax - (double)xmin, height = (double)ymax - (double)ymin;
    double x_scale = width > 0.0 && width < HUGE_VAL ? 65536.0 / width : 0.0;
    double y_scale = height > 0.0 && height < HUGE_VAL ? 65536.0 / height : 0.0;
    for (size_t i = 0; i < points->n; i++) {
        if (isnan(points->x[i]))
            continue;
        keys[at] = curve_distance(cell_of(points->x[i], (double)xmin, x_scale),
                                  cell_of(points->y[i], (double)ymin, y_scale));
        order[at++] = (uint32_t)i;
    }
    uint32_t *sorted = sort_by_key(n, keys, order, other_keys, other_order, counts);
    if (sorted == other_order) { /* keep that one, free the first */
        other_order = order;
    }
    order = NULL;
    *out = sorted;
done:
    kerb_free(counts);
    kerb_free(other_order);
    kerb_free(other_keys);
    kerb_free(order);
    kerb_free(keys);
    return status;
}
