/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets out of sets: one area of a set, all of them united, all in another reference system. */
#include "geo_internal.h"

#include <math.h>

static kerb_status copy_shape(kerb_ctx *ctx, const kerb_areas_set *set, size_t i,
                              kerb_geo__shape *shape)
{
    const kerb_geo__area *area = &set->areas[i];
    size_t n_points = 0;
    for (size_t r = 0; r < area->n_rings; r++)
        n_points += set->all.rings[area->first_ring + r].n;
    kerb_status status = kerb_geo__shape_reserve(ctx, shape, n_points, area->n_rings);
    if (status != KERB_OK)
        return status;
    for (size_t r = 0; r < area->n_rings; r++) {
        const kerb_geo__ring *ring = &set->all.rings[area->first_ring + r];
        kerb_geo__shape_add_ring(shape, ring->is_hole);
        for (size_t k = 0; k < ring->n; k++)
            kerb_geo__shape_add_point(shape, set->all.points[ring->first + k]);
    }
    shape->is_altered = area->is_repaired;
    return KERB_OK;
}

static kerb_status copy_populations(kerb_ctx *ctx, const kerb_geo__area *area,
                                    kerb_areas_set *to, size_t i)
{
    kerb_status status = KERB_OK;
    for (size_t k = 0; k < area->n_years && status == KERB_OK; k++)
        status =
            kerb_areas_set_add_population(ctx, to, i, area->years[k], area->populations[k]);
    return status;
}

kerb_status kerb_areas_set_copy_one(kerb_ctx *ctx, const kerb_areas_set *set, size_t i,
                                    kerb_areas_set **out)
{
    if (i >= set->n_areas)
        return kerb_fail(ctx, KERB_ERR_ARG, "area %zu of %zu does not exist", i, set->n_areas);
    kerb_areas_set *copy = NULL;
    kerb_geo__shape shape = {0};
    kerb_status status = kerb_areas_set_new(ctx, &copy);
    if (status == KERB_OK)
        status = copy_shape(ctx, set, i, &shape);
    if (status == KERB_OK)
        status = kerb_geo__set_append(ctx, copy, kerb_areas_set_id(set, i), set->areas[i].name,
                                      &shape);
    if (status == KERB_OK)
        status = copy_populations(ctx, &set->areas[i], copy, 0);
    if (status == KERB_OK) {
        *out = copy;
        copy = NULL;
    }
    kerb_geo__shape_clear(&shape);
    kerb_areas_set_free(copy);
    return status;
}

kerb_status kerb_areas_set_dissolve(kerb_ctx *ctx, const kerb_areas_set *set,
                                    const kerb_areas_set *holes, kerb_areas_set **out)
{
    kerb_areas_set *dissolved = NULL;
    kerb_geo__shape shape = {0};
    bool is_one = set->n_areas == 1;
    kerb_status status = kerb_areas_set_new(ctx, &dissolved);
    if (status == KERB_OK)
        status = kerb_geo__set_unite(ctx, set, holes, &shape);
    if (status == KERB_OK && shape.n_rings > 0)
        status =
            kerb_geo__set_append(ctx, dissolved, is_one ? kerb_areas_set_id(set, 0) : "all",
                                 is_one ? set->areas[0].name : "", &shape);
    if (status == KERB_OK) {
        *out = dissolved;
        dissolved = NULL;
    }
    kerb_geo__shape_clear(&shape);
    kerb_areas_set_free(dissolved);
    return status;
}

static kerb_status transform_shape(kerb_ctx *ctx, const kerb_transform *transform, double *x,
                                   double *y, kerb_geo__shape *shape)
{
    for (size_t k = 0; k < shape->n_points; k++) {
        x[k] = shape->points[k].x;
        y[k] = shape->points[k].y;
    }
    kerb_transform_points(transform, shape->n_points, x, y);
    for (size_t k = 0; k < shape->n_points; k++) {
        if (!isfinite(x[k]) || !isfinite(y[k]))
            return kerb_fail(ctx, KERB_ERR_CRS,
                             "corner (%.10g, %.10g) has no place in the other "
                             "reference system",
                             shape->points[k].x, shape->points[k].y);
        shape->points[k] = (kerb_point){.x = x[k], .y = y[k]};
    }
    return KERB_OK;
}

kerb_status kerb_areas_set_transform(kerb_ctx *ctx, kerb_areas_set *set,
                                     const kerb_transform *transform)
{
    if (kerb_transform_is_identity(transform))
        return KERB_OK;
    kerb_areas_set *moved = NULL;
    kerb_geo__shape shape = {0};
    double *x = kerb_alloc_array(set->all.n_points, sizeof *x);
    double *y = kerb_alloc_array(set->all.n_points, sizeof *y);
    kerb_status status = KERB_OK;
    if (x == NULL || y == NULL)
        status = kerb_fail_nomem(ctx, "a transformation");
    if (status == KERB_OK)
        status = kerb_areas_set_new(ctx, &moved);
    for (size_t i = 0; i < set->n_areas && status == KERB_OK; i++) {
        const char *id = kerb_areas_set_id(set, i);
        status = copy_shape(ctx, set, i, &shape);
        if (status == KERB_OK)
            status = transform_shape(ctx, transform, x, y, &shape);
        /* Valid before is not valid after: a corner rounded onto another ring is enough. */
        if (status == KERB_OK)
            status = kerb_geo__set_take(ctx, moved, id, set->areas[i].name,
                                        KERB_GEO__FILL_STRUCTURE, &shape);
        if (status == KERB_OK)
            status = copy_populations(ctx, &set->areas[i], moved, i);
        else
            kerb_geo__tell_area(ctx, id);
        kerb_geo__shape_clear(&shape);
    }
    if (status == KERB_OK) {
        kerb_areas_set before = *set;
        *set = *moved;
        *moved = before;
    }
    kerb_areas_set_free(moved);
    kerb_free(y);
    kerb_free(x);
    return status;
}
