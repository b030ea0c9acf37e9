/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The set itself: areas in the order of their file, rings of all of them in two flat arrays,
 * ids that can be looked up, residents by year. Whatever is added comes out valid, closed and
 * oriented after RFC 7946, so that nobody downstream asks again.
 */
#include "geo_internal.h"

#include <math.h>
#include <string.h>

/* Far beyond any coordinate; below it products and areas stay finite. */
#define MAX_COORDINATE 1e100
#define MESSAGE_TEXT   60

kerb_status kerb_areas_set_new(kerb_ctx *ctx, kerb_areas_set **out)
{
    kerb_areas_set *set = kerb_calloc_array(1, sizeof *set);
    if (set == NULL)
        return kerb_fail_nomem(ctx, "a set of areas");
    set->box = kerb_box_make_empty();
    set->ids = kerb_strings_new();
    if (set->ids == NULL) {
        kerb_areas_set_free(set);
        return kerb_fail_nomem(ctx, "a set of areas");
    }
    *out = set;
    return KERB_OK;
}

void kerb_areas_set_free(kerb_areas_set *set)
{
    if (set == NULL)
        return;
    kerb_geo__index_free(set->index);
    for (size_t i = 0; i < set->n_areas; i++) {
        kerb_free(set->areas[i].name);
        kerb_free(set->areas[i].years);
        kerb_free(set->areas[i].populations);
    }
    kerb_free(set->areas);
    kerb_geo__shape_clear(&set->all);
    kerb_free(set->area_of_id);
    kerb_strings_free(set->ids);
    kerb_free(set);
}

/* ------------------------------------------------------------------ adding */

static void orient_rings(kerb_geo__shape *shape)
{
    for (size_t r = 0; r < shape->n_rings; r++) {
        kerb_point *points = shape->points + shape->rings[r].first;
        size_t n = shape->rings[r].n;
        bool is_clockwise = kerb_geo__ring_signed_area(points, n) < 0.0;
        if (is_clockwise == shape->rings[r].is_hole)
            continue;
        for (size_t low = 0, high = n - 1; low < high; low++, high--) {
            kerb_point kept = points[low];
            points[low] = points[high];
            points[high] = kept;
        }
    }
}

static double measure_area(const kerb_geo__shape *shape)
{
    double area_m2 = 0.0;
    for (size_t r = 0; r < shape->n_rings; r++) /* holes turn the other way: negative */
        area_m2 += kerb_geo__ring_signed_area(shape->points + shape->rings[r].first,
                                              shape->rings[r].n);
    return area_m2;
}

static kerb_status reserve_area(kerb_ctx *ctx, kerb_areas_set *set, uint32_t id)
{
    if (set->n_areas == set->capacity_areas) {
        size_t capacity = set->capacity_areas + set->capacity_areas / 2 + 8;
        kerb_geo__area *areas = kerb_realloc_array(set->areas, capacity, sizeof *areas);
        if (areas == NULL)
            return kerb_fail_nomem(ctx, "areas");
        set->areas = areas;
        set->capacity_areas = capacity;
    }
    if (id >= set->capacity_ids) {
        size_t capacity = (size_t)id + set->capacity_ids / 2 + 8;
        size_t *area_of_id = kerb_realloc_array(set->area_of_id, capacity, sizeof *area_of_id);
        if (area_of_id == NULL)
            return kerb_fail_nomem(ctx, "ids of areas");
        for (size_t k = set->capacity_ids; k < capacity; k++)
            area_of_id[k] = SIZE_MAX;
        set->area_of_id = area_of_id;
        set->capacity_ids = capacity;
    }
    return KERB_OK;
}

/* Everything that can fail comes first. */
kerb_status kerb_geo__set_append(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                 const char *name, kerb_geo__shape *shape)
{
    uint32_t id_number = 0;
    char *name_copy = NULL;
    orient_rings(shape);
    double area_m2 = measure_area(shape);
    if (!(area_m2 > 0.0 && isfinite(area_m2)))
        return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry has no surface");

    size_t n_points = 0;
    for (size_t r = 0; r < shape->n_rings; r++)
        n_points += shape->rings[r].n;
    kerb_status status = kerb_strings_add(ctx, set->ids, id != NULL ? id : "",
                                          id != NULL ? strlen(id) : 0, &id_number);
    if (status == KERB_OK)
        status = reserve_area(ctx, set, id_number);
    if (status == KERB_OK)
        status = kerb_geo__shape_reserve(ctx, &set->all, n_points, shape->n_rings);
    if (status != KERB_OK)
        return status;
    name_copy = kerb_text_copy(name != NULL ? name : "");
    if (name_copy == NULL)
        return kerb_fail_nomem(ctx, "the name of an area");

    kerb_geo__index_free(set->index);
    set->index = NULL;
    kerb_geo__area *area = &set->areas[set->n_areas];
    *area = (kerb_geo__area){.id = id_number,
                             .name = name_copy,
                             .first_ring = set->all.n_rings,
                             .n_rings = shape->n_rings,
                             .box = kerb_box_make_empty(),
                             .area_m2 = area_m2,
                             .is_repaired = shape->is_altered};
    for (size_t r = 0; r < shape->n_rings; r++) {
        const kerb_point *points = shape->points + shape->rings[r].first;
        kerb_geo__shape_add_ring(&set->all, shape->rings[r].is_hole);
        for (size_t k = 0; k < shape->rings[r].n; k++) {
            kerb_geo__shape_add_point(&set->all, points[k]);
            area->box.xmin = fmin(area->box.xmin, points[k].x);
            area->box.ymin = fmin(area->box.ymin, points[k].y);
            area->box.xmax = fmax(area->box.xmax, points[k].x);
            area->box.ymax = fmax(area->box.ymax, points[k].y);
        }
    }
    set->box = kerb_box_make_union(set->box, area->box);
    if (set->area_of_id[id_number] == SIZE_MAX)
        set->area_of_id[id_number] = set->n_areas;
    set->n_areas++;
    return KERB_OK;
}

kerb_status kerb_geo__set_take(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                               const char *name, kerb_geo__fill fill, kerb_geo__shape *shape)
{
    kerb_status status = kerb_geo__shape_repair(ctx, shape, fill);
    if (status == KERB_OK && shape->n_rings == 0)
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "geometry has no surface");
    if (status == KERB_OK)
        status = kerb_geo__set_append(ctx, set, id, name, shape);
    return status;
}

void kerb_geo__tell_area(kerb_ctx *ctx, const char *id)
{
    char shown[4 * MESSAGE_TEXT + 8];
    if (id == NULL || id[0] == '\0')
        return;
    kerb_text_visible(id, strlen(id), MESSAGE_TEXT, shown);
    kerb_fail_in(ctx, "area %s", shown);
}

kerb_status kerb_areas_set_add_wkb(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                   const char *name, const uint8_t *wkb, size_t n_bytes)
{
    kerb_geo__shape shape = {0};
    kerb_status status = kerb_geo__wkb_read(ctx, wkb, n_bytes, &shape);
    if (status == KERB_OK)
        status = kerb_geo__set_take(ctx, set, id, name, KERB_GEO__FILL_STRUCTURE, &shape);
    if (status != KERB_OK)
        kerb_geo__tell_area(ctx, id);
    kerb_geo__shape_clear(&shape);
    return status;
}

kerb_status kerb_areas_set_add_rings(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                     const char *name, size_t n_rings, const size_t *counts,
                                     const kerb_point *points)
{
    kerb_geo__shape shape = {0};
    kerb_status status = KERB_OK;
    for (size_t r = 0; r < n_rings && status == KERB_OK; r++) {
        status = kerb_geo__shape_reserve(ctx, &shape, counts[r] + 1, 1);
        if (status != KERB_OK)
            break;
        kerb_geo__shape_add_ring(&shape, false);
        for (size_t k = 0; k < counts[r]; k++, points++) {
            if (!(fabs(points->x) <= MAX_COORDINATE && fabs(points->y) <= MAX_COORDINATE)) {
                status =
                    kerb_fail(ctx, KERB_ERR_FORMAT,
                              "geometry has a coordinate that is no usable number: (%g, %g)",
                              points->x, points->y);
                break;
            }
            kerb_geo__shape_add_point(&shape, *points);
        }
        if (status == KERB_OK)
            kerb_geo__shape_end_ring(&shape);
    }
    if (status == KERB_OK)
        status = kerb_geo__shape_nest(ctx, &shape);
    if (status == KERB_OK)
        status = kerb_geo__set_take(ctx, set, id, name, KERB_GEO__FILL_EVEN_ODD, &shape);
    if (status != KERB_OK)
        kerb_geo__tell_area(ctx, id);
    kerb_geo__shape_clear(&shape);
    return status;
}

/* --------------------------------------------------------------- residents */

kerb_status kerb_areas_set_add_population(kerb_ctx *ctx, kerb_areas_set *set, size_t i,
                                          int year, double population)
{
    if (i >= set->n_areas)
        return kerb_fail(ctx, KERB_ERR_ARG, "area %zu of %zu does not exist", i, set->n_areas);
    if (!(population >= 0.0 && isfinite(population)))
        return kerb_fail(ctx, KERB_ERR_RANGE, "population must be 0 or more, got %g",
                         population);
    kerb_geo__area *area = &set->areas[i];
    size_t at = 0;
    while (at < area->n_years && area->years[at] < year)
        at++;
    if (at < area->n_years && area->years[at] == year) {
        area->populations[at] = population;
        return KERB_OK;
    }
    int *years = kerb_realloc_array(area->years, area->n_years + 1, sizeof *years);
    if (years == NULL)
        return kerb_fail_nomem(ctx, "populations");
    area->years = years;
    double *populations =
        kerb_realloc_array(area->populations, area->n_years + 1, sizeof *populations);
    if (populations == NULL)
        return kerb_fail_nomem(ctx, "populations");
    area->populations = populations;
    size_t n_behind = area->n_years - at;
    memmove(years + at + 1, years + at, n_behind * sizeof *years);
    memmove(populations + at + 1, populations + at, n_behind * sizeof *populations);
    years[at] = year;
    populations[at] = population;
    area->n_years++;
    return KERB_OK;
}

size_t kerb_areas_set_populations(const kerb_areas_set *set, size_t i, const int **years,
                                  const double **populations)
{
    *years = set->areas[i].years;
    *populations = set->areas[i].populations;
    return set->areas[i].n_years;
}

double kerb_areas_set_population(const kerb_areas_set *set, size_t i, int year, int *year_used)
{
    const kerb_geo__area *area = &set->areas[i];
    if (area->n_years == 0) {
        if (year_used != NULL)
            *year_used = 0;
        return (double)NAN;
    }
    size_t best = year == 0 ? area->n_years - 1 : 0;
    for (size_t k = 1; k < area->n_years && year != 0; k++) {
        /* 64 bits: years come from files; strictly nearer, so the earlier of two stays */
        int64_t away = (int64_t)area->years[k] - year;
        int64_t best_away = (int64_t)area->years[best] - year;
        if ((away < 0 ? -away : away) < (best_away < 0 ? -best_away : best_away))
            best = k;
    }
    if (year_used != NULL)
        *year_used = area->years[best];
    return area->populations[best];
}

/* ----------------------------------------------------------------- looking */

size_t kerb_areas_set_count(const kerb_areas_set *set)
{
    return set->n_areas;
}

const char *kerb_areas_set_id(const kerb_areas_set *set, size_t i)
{
    return kerb_strings_get(set->ids, set->areas[i].id);
}

const char *kerb_areas_set_name(const kerb_areas_set *set, size_t i)
{
    return set->areas[i].name;
}

size_t kerb_areas_set_find_id(const kerb_areas_set *set, const char *id)
{
    size_t length = strlen(id);
    uint32_t number = kerb_strings_find(set->ids, id, length);
    if ((number == 0 && length > 0) || number >= set->capacity_ids ||
        set->area_of_id[number] == SIZE_MAX)
        return set->n_areas;
    return set->area_of_id[number];
}

double kerb_areas_set_area_m2(const kerb_areas_set *set, size_t i)
{
    return set->areas[i].area_m2;
}

kerb_box kerb_areas_set_box(const kerb_areas_set *set)
{
    return set->box;
}

kerb_box kerb_areas_set_box_of(const kerb_areas_set *set, size_t i)
{
    return set->areas[i].box;
}

size_t kerb_areas_set_repaired(const kerb_areas_set *set)
{
    size_t n = 0;
    for (size_t i = 0; i < set->n_areas; i++)
        n += set->areas[i].is_repaired;
    return n;
}

size_t kerb_areas_set_ring_count(const kerb_areas_set *set, size_t i)
{
    return set->areas[i].n_rings;
}

const kerb_point *kerb_areas_set_ring(const kerb_areas_set *set, size_t i, size_t ring,
                                      size_t *n_points, bool *is_hole)
{
    const kerb_geo__ring *found = &set->all.rings[set->areas[i].first_ring + ring];
    *n_points = found->n;
    if (is_hole != NULL)
        *is_hole = found->is_hole;
    return set->all.points + found->first;
}
