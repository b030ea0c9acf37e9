/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which ring is whose hole, where a file does not say: even depth of nesting is an outer ring,
 * odd a hole of the ring that holds it one level up.
 */
#include "geo_internal.h"

#include <string.h>

/* Is ring r inside ring q? Asked of the first corner of r that is not on q's border. */
static bool is_ring_inside(const kerb_geo__shape *shape, const kerb_box *boxes, size_t r,
                           size_t q)
{
    const kerb_box inner = boxes[r], outer = boxes[q];
    if (inner.xmin < outer.xmin || inner.xmax > outer.xmax || inner.ymin < outer.ymin ||
        inner.ymax > outer.ymax)
        return false;
    const kerb_geo__ring *ring = &shape->rings[r];
    for (size_t k = 0; k + 1 < ring->n; k++) {
        kerb_geo__place place = kerb_geo__place_in_rings(shape->points, &shape->rings[q], 1,
                                                         shape->points[ring->first + k]);
        if (place != KERB_GEO__ON_BORDER)
            return place == KERB_GEO__INSIDE;
    }
    return false; /* wholly along the border: the validity check will have the last word */
}

kerb_status kerb_geo__shape_nest(kerb_ctx *ctx, kerb_geo__shape *shape)
{
    size_t n = shape->n_rings;
    if (n < 2)
        return KERB_OK;
    kerb_status status = KERB_OK;
    kerb_box *boxes = kerb_alloc_array(n, sizeof *boxes);
    size_t *depths = kerb_calloc_array(n, sizeof *depths);
    kerb_geo__ring *sorted = kerb_alloc_array(n, sizeof *sorted);
    if (boxes == NULL || depths == NULL || sorted == NULL) {
        status = kerb_fail_nomem(ctx, "rings of an area");
        goto done;
    }
    for (size_t r = 0; r < n; r++) {
        boxes[r] = kerb_box_make_empty();
        for (size_t k = 0; k < shape->rings[r].n; k++) {
            kerb_point p = shape->points[shape->rings[r].first + k];
            boxes[r] = kerb_box_make_union(boxes[r], (kerb_box){p.x, p.y, p.x, p.y});
        }
    }
    for (size_t r = 0; r < n; r++) {
        for (size_t q = 0; q < n; q++)
            depths[r] += q != r && is_ring_inside(shape, boxes, r, q);
        shape->rings[r].is_hole = depths[r] % 2 == 1;
    }
    size_t n_sorted = 0;
    for (size_t q = 0; q < n; q++) {
        if (depths[q] % 2 == 1)
            continue;
        sorted[n_sorted++] = shape->rings[q];
        for (size_t r = 0; r < n; r++) {
            if (depths[r] == depths[q] + 1 && is_ring_inside(shape, boxes, r, q))
                sorted[n_sorted++] = shape->rings[r];
        }
    }
    /* Rings that cross can lose or double a parent. Then the order is left as it came, and the
     * validity check sends all of it to the even-odd repair. */
    if (n_sorted == n)
        memcpy(shape->rings, sorted, n * sizeof *sorted);
    else
        for (size_t r = 0; r < n; r++)
            shape->rings[r].is_hole = r > 0;
done:
    kerb_free(sorted);
    kerb_free(depths);
    kerb_free(boxes);
    return status;
}
