/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the rim of a disc can be when its centre is anywhere in a cell: for each tile, the
 * nearest and the farthest that a point of the cell and a pixel centre of the tile can be from
 * each other. Positions are in pixels from the middle of the source tile. */
#include "density_ring.h"

#include "kerb_base.h"

#include <math.h>

typedef struct interval {
    double low, high;
} interval;

/* Centres of the pixels of a tile along one axis. */
static interval pixels_of(int32_t tile)
{
    double middle = (double)(KERB_DENSITY__TILE * tile);
    return (interval){middle - 1.5, middle + 1.5};
}

static double nearest(interval a, interval b)
{
    return fmax(0.0, fmax(a.low - b.high, b.low - a.high));
}

static double farthest(interval a, interval b)
{
    return fmax(a.high - b.low, b.high - a.low);
}

/* Keys round positions to 2^-19 pixel at the worst; tiles within that of the rim belong to it.
 */
static const double DOUBT_PX = 1e-5;

static bool is_reached(interval cx, interval cy, int32_t dx, int32_t dy, double reach_px)
{
    double reach = reach_px + DOUBT_PX;
    double x = nearest(cx, pixels_of(dx)), y = nearest(cy, pixels_of(dy));
    return x * x + y * y <= reach * reach;
}

static bool is_inside(interval cx, interval cy, int32_t dx, int32_t dy, double reach_px)
{
    double reach = reach_px - DOUBT_PX;
    double x = farthest(cx, pixels_of(dx)), y = farthest(cy, pixels_of(dy));
    return reach > 0.0 && x * x + y * y < reach * reach;
}

/* Both sides of the rim get the same number of tiles, so that one loop takes both: the shorter
 * is made longer outward, where nothing is added. */
static kerb_density__ring_row make_row(int32_t dy, int32_t from, int32_t to, int32_t inner_from,
                                       int32_t inner_to)
{
    kerb_density__ring_row row = {.dy = dy, .inner_from = inner_from, .inner_to = inner_to};
    if (inner_from < inner_to) {
        int32_t west = inner_from - from, east = to - inner_to;
        row.n_rim = west > east ? west : east;
        row.left = inner_from - row.n_rim;
        row.right = inner_to;
    } else {
        row.n_rim = (to - from + 1) / 2;
        row.left = from;
        row.right = from + row.n_rim;
        row.inner_from = row.inner_to = 0;
    }
    return row;
}

static kerb_status init_class(kerb_density__ring_class *class, interval cx, interval cy,
                              double reach_px, double inner_px, int32_t *pad)
{
    int32_t most = (int32_t)(reach_px / KERB_DENSITY__TILE) + 2;
    class->rows = kerb_alloc_array(2 * (size_t)most + 1, sizeof *class->rows);
    if (!class->rows)
        return KERB_ERR_NOMEM;
    for (int32_t dy = -most; dy <= most; dy++) {
        int32_t from = -most, to = most + 1;
        while (from < to && !is_reached(cx, cy, from, dy, reach_px))
            from++;
        while (to > from && !is_reached(cx, cy, to - 1, dy, reach_px))
            to--;
        if (from >= to)
            continue;
        int32_t inner_from = from, inner_to = to;
        while (inner_from < inner_to && !is_inside(cx, cy, inner_from, dy, inner_px))
            inner_from++;
        while (inner_to > inner_from && !is_inside(cx, cy, inner_to - 1, dy, inner_px))
            inner_to--;
        kerb_density__ring_row row = make_row(dy, from, to, inner_from, inner_to);
        class->rows[class->n_rows++] = row;
        int32_t reaches[] = {-row.left, row.right + row.n_rim - 1, dy < 0 ? -dy : dy};
        for (size_t i = 0; i < 3; i++)
            *pad = reaches[i] > *pad ? reaches[i] : *pad;
    }
    return KERB_OK;
}

kerb_status kerb_density__ring_classes_init(kerb_density__ring_class *classes, double reach_px,
                                            double inner_px, int32_t *pad)
{
    *pad = 0;
    kerb_status status = KERB_OK;
    for (int i = 0; i < KERB_DENSITY__N_CLASSES && status == KERB_OK; i++) {
        classes[i] = (kerb_density__ring_class){0};
        /* Bits of a key: y1 x1 y0 x0. */
        double x = -2.0, y = -2.0, side = 4.0;
        if (i >= KERB_DENSITY__PIXEL_CLASS) {
            int bits = i - KERB_DENSITY__PIXEL_CLASS;
            x += (double)((bits >> 2 & 1) * 2 + (bits & 1));
            y += (double)((bits >> 3 & 1) * 2 + (bits >> 1 & 1));
            side = 1.0;
        } else if (i >= KERB_DENSITY__QUARTER_CLASS) {
            int bits = i - KERB_DENSITY__QUARTER_CLASS;
            x += (double)((bits & 1) * 2);
            y += (double)((bits >> 1) * 2);
            side = 2.0;
        }
        status = init_class(&classes[i], (interval){x, x + side}, (interval){y, y + side},
                            reach_px, inner_px, pad);
    }
    return status;
}

void kerb_density__ring_classes_clear(kerb_density__ring_class *classes)
{
    for (int i = 0; i < KERB_DENSITY__N_CLASSES; i++) {
        kerb_free(classes[i].rows);
        classes[i] = (kerb_density__ring_class){0};
    }
}
