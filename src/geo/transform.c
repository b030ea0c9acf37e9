/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One operation per file, chosen once and named. Left to itself PROJ may choose anew for each
 * point and fall back to a "ballpark" that leaves the datum shift out (100 m in Great Britain).
 * Here only operations that can run on this machine, without network, are looked at; among
 * those that hold the whole area the most accurate one wins, PROJ's own order breaks ties.
 */
#include "geo_proj.h"

#include <math.h>
#include <string.h>

struct kerb_transform {
    PJ_CONTEXT *proj;
    PJ *operation; /* NULL for identity */
    char *name;
    double accuracy_m;
};

/* -------------------------------------------------------- where it is used */

static kerb_box make_overlap(kerb_box a, kerb_box b)
{
    kerb_box both = {.xmin = fmax(a.xmin, b.xmin),
                     .ymin = fmax(a.ymin, b.ymin),
                     .xmax = fmin(a.xmax, b.xmax),
                     .ymax = fmin(a.ymax, b.ymax)};
    return kerb_box_is_empty(both) ? kerb_box_make_empty() : both;
}

/* Clip `area` to a system's area of use, unless nothing would be left: one wrong point far away
 * must not change the operation for a whole file. Areas across the antimeridian are not
 * clipped. */
static void clip_to_use(const kerb_crs *crs, kerb_box *area)
{
    if (!crs->has_lonlat_area || kerb_box_is_empty(crs->lonlat_area_deg))
        return;
    kerb_box both = make_overlap(*area, crs->lonlat_area_deg);
    if (!kerb_box_is_empty(both))
        *area = both;
}

static bool find_area_of_interest(const kerb_crs *from, const kerb_crs *to,
                                  const kerb_box *wanted_deg, kerb_box *out)
{
    const kerb_box world = {.xmin = -180.0, .ymin = -90.0, .xmax = 180.0, .ymax = 90.0};
    kerb_box area = world;
    if (to->has_lonlat_area) {
        if (kerb_box_is_empty(to->lonlat_area_deg)) { /* across the antimeridian */
            *out = to->lonlat_area_deg;
            return true;
        }
        area = to->lonlat_area_deg;
    }
    if (wanted_deg != NULL) {
        kerb_box both = make_overlap(area, *wanted_deg);
        if (!kerb_box_is_empty(both))
            area = both;
    }
    clip_to_use(from, &area);
    *out = area;
    return area.xmin > world.xmin || area.xmax < world.xmax || area.ymin > world.ymin ||
           area.ymax < world.ymax;
}

/* ------------------------------------------------------------- the choice */

/* NAN when not stated. A map projection by itself is exact by definition; PROJ states nothing.
 */
static double find_accuracy_m(PJ_CONTEXT *proj, const PJ *operation)
{
    if (proj_get_type(operation) == PJ_TYPE_CONVERSION)
        return 0.0;
    double accuracy_m = proj_coordoperation_get_accuracy(proj, operation);
    return accuracy_m >= 0.0 ? accuracy_m : (double)NAN;
}

/* Operation as the authority declares it, NULL when there is none. */
static PJ *choose_operation(PJ_CONTEXT *proj, const PJ *from, const PJ *to,
                            const kerb_box *area_deg, bool must_hold_area)
{
    PJ *chosen = NULL;
    PJ_OBJ_LIST *list = NULL;
    PJ_OPERATION_FACTORY_CONTEXT *factory = proj_create_operation_factory_context(proj, NULL);
    if (factory == NULL)
        return NULL;
    proj_operation_factory_context_set_allow_ballpark_transformations(proj, factory, 0);
    proj_operation_factory_context_set_grid_availability_use(
        proj, factory, PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID);
    proj_operation_factory_context_set_spatial_criterion(
        proj, factory,
        must_hold_area ? PROJ_SPATIAL_CRITERION_STRICT_CONTAINMENT
                       : PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION);
    if (area_deg != NULL)
        proj_operation_factory_context_set_area_of_interest(
            proj, factory, area_deg->xmin, area_deg->ymin, area_deg->xmax, area_deg->ymax);

    list = proj_create_operations(proj, from, to, factory);
    int n_operations = list != NULL ? proj_list_get_count(list) : 0;
    double best_m = HUGE_VAL;
    for (int i = 0; i < n_operations; i++) {
        PJ *candidate = proj_list_get(proj, list, i);
        if (candidate == NULL)
            continue;
        double accuracy_m = find_accuracy_m(proj, candidate);
        if (isnan(accuracy_m))
            accuracy_m = 1e9; /* not stated: behind every one that is */
        bool is_usable = !proj_coordoperation_has_ballpark_transformation(proj, candidate) &&
                         proj_coordoperation_is_instantiable(proj, candidate);
        /* PROJ's order counts extent before accuracy: right when no operation holds the whole
         * area, beside the point when all that are left do. */
        if (is_usable && (chosen == NULL || (must_hold_area && accuracy_m < best_m))) {
            proj_destroy(chosen);
            chosen = candidate;
            candidate = NULL;
            best_m = accuracy_m;
        }
        proj_destroy(candidate);
    }
    proj_list_destroy(list);
    proj_operation_factory_context_destroy(factory);
    return chosen;
}

/* A system without a code is called by its name: its id would be a page of WKT. */
static const char *show_crs(const kerb_crs *crs)
{
    return strchr(crs->id, '[') != NULL ? crs->name : crs->id;
}

static kerb_status open_operation(kerb_ctx *ctx, const kerb_crs *from, const kerb_crs *to,
                                  const kerb_box *area_lonlat_deg, kerb_transform *transform)
{
    kerb_status status = KERB_OK;
    PJ *source = NULL, *target = NULL, *chosen = NULL;
    transform->proj = kerb_geo__proj_context_new();
    if (transform->proj == NULL)
        return kerb_fail_nomem(ctx, "PROJ");
    source = proj_create(transform->proj, from->id);
    target = proj_create(transform->proj, to->id);
    if (source == NULL || target == NULL) {
        status = kerb_fail(ctx, KERB_ERR_CRS, "PROJ cannot read %s back",
                           show_crs(source == NULL ? from : to));
        goto done;
    }
    kerb_box area;
    bool has_area = find_area_of_interest(from, to, area_lonlat_deg, &area);
    chosen = choose_operation(transform->proj, source, target, has_area ? &area : NULL, true);
    if (chosen == NULL)
        chosen =
            choose_operation(transform->proj, source, target, has_area ? &area : NULL, false);
    if (chosen == NULL) {
        status = kerb_fail(ctx, KERB_ERR_CRS,
                           "no operation known here brings %s to %s with its datum shift",
                           show_crs(from), show_crs(to));
        goto done;
    }
    /* Name and accuracy are those of the declared operation: putting the axes into the order
     * x, y would only add noise to the name. */
    const char *name = proj_get_name(chosen);
    transform->accuracy_m = find_accuracy_m(transform->proj, chosen);
    transform->name = kerb_text_copy(name != NULL ? name : "");
    transform->operation = proj_normalize_for_visualization(transform->proj, chosen);
    if (transform->name == NULL || transform->operation == NULL)
        status = kerb_fail_nomem(ctx, "a transformation");
done:
    proj_destroy(chosen);
    proj_destroy(target);
    proj_destroy(source);
    return status;
}

kerb_status kerb_transform_new(kerb_ctx *ctx, const kerb_crs *from, const kerb_crs *to,
                               const kerb_box *area_lonlat_deg, kerb_transform **out)
{
    kerb_status status = KERB_OK;
    if (from->is_none != to->is_none)
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "coordinates on a plane without a name cannot be brought %s %s",
                         from->is_none ? "to" : "from", show_crs(from->is_none ? to : from));
    const kerb_crs *odd = !from->is_none && !from->is_flat ? from : to;
    if (!odd->is_none && !odd->is_flat)
        return kerb_fail(ctx, KERB_ERR_CRS, "%s is neither geographic nor projected",
                         show_crs(odd));
    kerb_transform *transform = kerb_calloc_array(1, sizeof *transform);
    if (transform == NULL)
        return kerb_fail_nomem(ctx, "a transformation");
    if (kerb_crs_is_equal(from, to)) {
        transform->name = kerb_text_copy("none needed");
        if (transform->name == NULL)
            status = kerb_fail_nomem(ctx, "a transformation");
    } else {
        status = open_operation(ctx, from, to, area_lonlat_deg, transform);
    }
    if (status == KERB_OK) {
        *out = transform;
        transform = NULL;
    }
    kerb_transform_free(transform);
    return status;
}

void kerb_transform_free(kerb_transform *transform)
{
    if (transform == NULL)
        return;
    proj_destroy(transform->operation);
    if (transform->proj != NULL)
        proj_context_destroy(transform->proj);
    kerb_free(transform->name);
    kerb_free(transform);
}

const char *kerb_transform_name(const kerb_transform *transform)
{
    return transform->name;
}

double kerb_transform_accuracy_m(const kerb_transform *transform)
{
    return transform->accuracy_m;
}

bool kerb_transform_is_identity(const kerb_transform *transform)
{
    return transform->operation == NULL;
}

void kerb_transform_points(const kerb_transform *transform, size_t n, double *x, double *y)
{
    if (transform->operation != NULL && n > 0)
        proj_trans_generic(transform->operation, PJ_FWD, x, sizeof *x, n, y, sizeof *y, n, NULL,
                           0, 0, NULL, 0, 0);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) /* PROJ writes infinity for "cannot be" */
            x[i] = y[i] = (double)NAN;
    }
}
