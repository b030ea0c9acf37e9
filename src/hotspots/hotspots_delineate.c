/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a surface to a list: draw the line at a multiple of the mean, count what each region
 * holds, drop what is too small to mean anything, rank and name the rest.
 *
 * The mean is of the non-zero cells unless asked otherwise. Over all cells of a large area it
 * is so low that one event passes three times it by itself, and the map shows single events. */

#include "areas_places.h"
#include "hotspots_internal.h"
#include "kerb_base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A line that this many coincident events pass by themselves is told about. */
#define FEW_EVENTS_ALONE 3.0

/* Everything on the way; freed as one. */
struct work {
    const kerb_grid *surface;
    const kerb_events *events;
    kerb_numbered_places places;
    kerb_hotspots__regions regions;
    kerb_areas_set *drawn; /* each region as an area, in the order drawn */
    size_t *region_of;     /* by event; SIZE_MAX for none, or in a cell without value */
    size_t *row_start;     /* rows of region i: rows[row_start[i]] to rows[row_start[i + 1]] */
    size_t *rows;
    size_t n_candidates;
    kerb_hotspots__candidate *candidates;
};

static void clear_spot(kerb_hotspot *spot)
{
    kerb_free(spot->id);
    kerb_free(spot->name);
    *spot = (kerb_hotspot){0};
}

static void clear_work(struct work *work)
{
    for (size_t i = 0; i < work->n_candidates; i++)
        clear_spot(&work->candidates[i].spot);
    kerb_free(work->candidates);
    kerb_free(work->rows);
    kerb_free(work->row_start);
    kerb_free(work->region_of);
    kerb_areas_set_free(work->drawn);
    kerb_hotspots__regions_clear(&work->regions);
    kerb_numbered_places_clear(&work->places);
}

void kerb_hotspots_free(kerb_hotspots *hotspots)
{
    if (hotspots == NULL)
        return;
    for (size_t i = 0; i < hotspots->n; i++)
        clear_spot(&hotspots->spots[i]);
    kerb_free(hotspots->spots);
    kerb_areas_set_free(hotspots->polygons);
    kerb_free(hotspots);
}

static kerb_status check_arguments(kerb_ctx *ctx, const kerb_density_options *density,
                                   const kerb_hotspots_options *options)
{
    if (!(options->multiple > 0.0) || !isfinite(options->multiple)) {
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "the multiple of the mean must be positive, got %g",
                         options->multiple);
    }
    if (!(density->bandwidth_m > 0.0) || !isfinite(density->bandwidth_m)) {
        return kerb_fail(ctx, KERB_ERR_RANGE, "the bandwidth must be positive, got %g m",
                         density->bandwidth_m);
    }
    if (options->level != KERB_LEVEL_3XMEAN && options->level != KERB_LEVEL_3XMEAN_ALL)
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown level %d", (int)options->level);
    return KERB_OK;
}

/* Lowest and highest value; a density is finite and not below 0. */
static kerb_status find_range(kerb_ctx *ctx, const kerb_grid *surface, double *min, double *max)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(surface);
    const double *values = kerb_grid_values_const(surface);
    *min = (double)INFINITY;
    *max = -(double)INFINITY;
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++) {
        if (isnan(values[i]))
            continue;
        *min = values[i] < *min ? values[i] : *min;
        *max = values[i] > *max ? values[i] : *max;
    }
    if (*min < 0.0 || *max == (double)INFINITY) {
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "a density of %g is none: it must be finite and >= 0",
                         *min < 0.0 ? *min : *max);
    }
    return KERB_OK;
}

/* Does a point lie in a cell with a value? West and south edges belong to a cell; the outer
 * edges of the grid belong to it, since what lies on the border of the study area is in it. */
static bool has_value_at(const kerb_grid *surface, double x, double y)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(surface);
    double col = floor((x - spec->xmin) / spec->cell_m);
    double row = ceil((spec->ymax - y) / spec->cell_m) - 1.0;
    double n_cols = (double)spec->n_cols, n_rows = (double)spec->n_rows;
    if (col == n_cols && x <= spec->xmin + n_cols * spec->cell_m)
        col -= 1.0;
    if (row == -1.0 && y <= spec->ymax)
        row = 0.0;
    if (!(col >= 0.0 && col < n_cols && row >= 0.0 && row < n_rows))
        return false;
    return !isnan(kerb_grid_values_const(surface)[(size_t)row * spec->n_cols + (size_t)col]);
}

/* Places in cells without a value become KERB_NO_PLACE; returns how many events are left. */
static size_t drop_places_without_value(struct work *work)
{
    size_t n_left = 0;
    for (size_t i = 0; i < work->events->n; i++) {
        uint32_t place = work->places.place_of[i];
        if (place == KERB_NO_PLACE)
            continue;
        if (has_value_at(work->surface, work->places.x[place], work->places.y[place]))
            n_left++;
        else
            work->places.place_of[i] = KERB_NO_PLACE;
    }
    return n_left;
}

/* ---------------------------------------------------------- regions as areas */

static kerb_status add_region(kerb_ctx *ctx, const kerb_hotspots__regions *regions, size_t i,
                              const char *id, const char *name, kerb_areas_set *set)
{
    size_t first = regions->items[i].first_ring, n_rings = regions->items[i].n_rings;
    size_t *counts = kerb_alloc_array(n_rings, sizeof *counts);
    if (counts == NULL)
        return kerb_fail_nomem(ctx, "rings of a hotspot");
    for (size_t ring = 0; ring < n_rings; ring++)
        counts[ring] =
            regions->point_start[first + ring + 1] - regions->point_start[first + ring];
    kerb_status status = kerb_areas_set_add_rings(
        ctx, set, id, name, n_rings, counts, regions->points + regions->point_start[first]);
    kerb_free(counts);
    return status;
}

/* A cell that only just reaches the line can draw a ring too thin to be an area; it is left out
 * and counted as small, so that regions and areas keep one numbering. */
static kerb_status draw_regions(kerb_ctx *ctx, struct work *work, double threshold,
                                size_t *n_dropped)
{
    kerb_hotspots__regions *regions = &work->regions;
    size_t n_kept = 0;
    kerb_status status = kerb_hotspots__contour(ctx, work->surface, threshold, regions);
    if (status == KERB_OK)
        status = kerb_areas_set_new(ctx, &work->drawn);
    for (size_t i = 0; status == KERB_OK && i < regions->n; i++) {
        char id[32];
        snprintf(id, sizeof id, "%zu", n_kept);
        status = add_region(ctx, regions, i, id, "", work->drawn);
        if (status == KERB_OK) {
            regions->items[n_kept++] = regions->items[i];
        } else if (status == KERB_ERR_FORMAT) {
            (*n_dropped)++;
            status = KERB_OK;
        }
    }
    if (status != KERB_OK)
        return status;
    regions->n = n_kept;
    return kerb_areas_set_index(ctx, work->drawn);
}

/* ------------------------------------------------------------ what they hold */

/* Region of each event by the polygon itself, border inside; rows sorted by region. */
static kerb_status find_rows(kerb_ctx *ctx, struct work *work)
{
    kerb_status status = KERB_OK;
    size_t n_events = work->events->n, n_regions = work->regions.n;
    size_t *region_of_place = kerb_alloc_array(work->places.n, sizeof *region_of_place);
    work->region_of = kerb_alloc_array(n_events, sizeof *work->region_of);
    work->rows = kerb_alloc_array(n_events, sizeof *work->rows);
    work->row_start = kerb_calloc_array(n_regions + 2, sizeof *work->row_start);
    if (region_of_place == NULL || work->region_of == NULL || work->rows == NULL ||
        work->row_start == NULL) {
        status = kerb_fail_nomem(ctx, "events of hotspots");
        goto done;
    }
    status = kerb_areas_locate_points(ctx, work->drawn, work->places.n, work->places.x,
                                      work->places.y, region_of_place);
    if (status != KERB_OK)
        goto done;
    /* Counted two places up, so that filling leaves row_start[i] at the first row of region i.
     */
    for (size_t i = 0; i < n_events; i++) {
        uint32_t place = work->places.place_of[i];
        work->region_of[i] = place == KERB_NO_PLACE ? SIZE_MAX : region_of_place[place];
        if (work->region_of[i] != SIZE_MAX)
            work->row_start[work->region_of[i] + 2]++;
    }
    for (size_t i = 2; i < n_regions + 2; i++)
        work->row_start[i] += work->row_start[i - 1];
    for (size_t i = 0; i < n_events; i++) {
        if (work->region_of[i] != SIZE_MAX)
            work->rows[work->row_start[work->region_of[i] + 1]++] = i;
    }
done:
    kerb_free(region_of_place);
    return status;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* Events, weight, distinct places and the share of the busiest one. */
static kerb_status count_rows(kerb_ctx *ctx, const struct work *work, size_t region,
                              kerb_hotspot *spot)
{
    const size_t *rows = work->rows + work->row_start[region];
    size_t n_busiest = 0;
    spot->n = work->row_start[region + 1] - work->row_start[region];
    uint32_t *places = kerb_alloc_array(spot->n, sizeof *places);
    if (places == NULL)
        return kerb_fail_nomem(ctx, "places of a hotspot");
    for (size_t i = 0; i < spot->n; i++) {
        places[i] = work->places.place_of[rows[i]];
        spot->weight += work->events->weight != NULL ? work->events->weight[rows[i]] : 1.0;
    }
    if (spot->n > 1)
        qsort(places, spot->n, sizeof *places, compare_numbers);
    for (size_t i = 0, end; i < spot->n; i = end) {
        for (end = i + 1; end < spot->n && places[end] == places[i];)
            end++;
        spot->n_places++;
        n_busiest = end - i > n_busiest ? end - i : n_busiest;
    }
    spot->led_by_one_place = n_busiest > spot->n - n_busiest;
    kerb_free(places);
    return KERB_OK;
}

/* Regions large enough, measured, with their ids. */
static kerb_status find_candidates(kerb_ctx *ctx, struct work *work, int crs_epsg,
                                   const kerb_hotspots_options *options, size_t n_events,
                                   size_t *n_dropped)
{
    double cell_m = kerb_grid_get_spec(work->surface)->cell_m;
    work->candidates = kerb_calloc_array(work->regions.n, sizeof *work->candidates);
    if (work->candidates == NULL)
        return kerb_fail_nomem(ctx, "hotspots");
    for (size_t i = 0; i < work->regions.n; i++) {
        kerb_hotspot spot = {0};
        bool has_peak = false;
        kerb_status status = count_rows(ctx, work, i, &spot);
        if (status != KERB_OK)
            return status;
        if (spot.n < options->min_events || spot.n_places < options->min_places) {
            (*n_dropped)++;
            continue;
        }
        status = kerb_hotspots__find_peak(ctx, work->surface, &work->regions, i, &has_peak,
                                          &spot.peak, &spot.density_per_m2);
        if (status == KERB_OK && !has_peak) {
            /* A corner cut off a cell beside cells without value: no place of its own. */
            (*n_dropped)++;
            continue;
        }
        if (status == KERB_OK)
            status = kerb_hotspots__make_id(ctx, spot.peak, cell_m, crs_epsg, &spot.id);
        if (status != KERB_OK)
            return status;
        spot.share_of_events = n_events > 0 ? (double)spot.n / (double)n_events : 0.0;
        spot.area_m2 = kerb_areas_set_area_m2(work->drawn, i);
        work->candidates[work->n_candidates++] =
            (kerb_hotspots__candidate){.spot = spot, .region = i};
    }
    kerb_hotspots__rank(work->candidates, work->n_candidates);
    return KERB_OK;
}

/* ----------------------------------------------------------------- the list */

static kerb_status list_spots(kerb_ctx *ctx, struct work *work,
                              const kerb_hotspots_options *options, kerb_hotspots *list)
{
    size_t n_kept = work->n_candidates;
    if (options->top > 0 && n_kept > options->top)
        n_kept = options->top;
    list->n_dropped_rank = work->n_candidates - n_kept;
    list->spots = kerb_calloc_array(n_kept, sizeof *list->spots);
    if (list->spots == NULL)
        return kerb_fail_nomem(ctx, "hotspots");
    for (size_t i = 0; i < n_kept; i++) {
        kerb_hotspot *spot = &list->spots[list->n++];
        size_t region = work->candidates[i].region;
        const size_t *rows = work->rows + work->row_start[region];
        *spot = work->candidates[i].spot;
        work->candidates[i].spot.id = NULL; /* moved */
        kerb_status status = kerb_hotspots__make_name(ctx, work->events, rows, spot->n,
                                                      options->beats, spot, &spot->name);
        if (status == KERB_OK)
            status =
                add_region(ctx, &work->regions, region, spot->id, spot->name, list->polygons);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

static void warn_when_few_pass(kerb_ctx *ctx, const kerb_hotspots *list)
{
    if (!(list->events_alone < FEW_EVENTS_ALONE))
        return;
    char number[64];
    kerb_format_fixed(list->events_alone, 1, number, sizeof number);
    kerb_log(ctx, KERB_LOG_WARNING,
             "%s events at one place pass the line of these hotspots by themselves: widen the "
             "bandwidth or raise the level",
             number);
}

kerb_status kerb_hotspots_delineate(kerb_ctx *ctx, const kerb_grid *surface,
                                    const kerb_events *events,
                                    const kerb_density_options *density, int crs_epsg,
                                    const kerb_hotspots_options *options, kerb_hotspots **out)
{
    kerb_status status = KERB_OK;
    struct work work = {.surface = surface, .events = events};
    kerb_hotspots *list = NULL;
    double min, max;

    if (surface == NULL || events == NULL || density == NULL || options == NULL || out == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG, "a surface, events and options are needed");
    status = check_arguments(ctx, density, options);
    if (status == KERB_OK)
        status = find_range(ctx, surface, &min, &max);
    if (status != KERB_OK)
        return status;

    list = kerb_calloc_array(1, sizeof *list);
    if (list == NULL)
        return kerb_fail_nomem(ctx, "hotspots");
    status = kerb_areas_set_new(ctx, &list->polygons);
    if (status != KERB_OK)
        goto done;
    status = kerb_numbered_places_make(ctx, events->n, events->x, events->y, &work.places);
    if (status != KERB_OK)
        goto done;
    list->n_events = drop_places_without_value(&work);

    kerb_grid_summary summary = kerb_grid_summarise(surface);
    list->mean_per_m2 =
        options->level == KERB_LEVEL_3XMEAN ? summary.mean_nonzero : summary.mean;
    list->threshold_per_m2 = options->multiple * list->mean_per_m2;
    list->events_alone =
        list->threshold_per_m2 / kerb_kernel_value(density->kernel, density->bandwidth_m, 0.0);
    /* A field that is the same everywhere, or nowhere above 0, has no hot spot by definition;
     * so the comparison below must fail for NAN too. */
    if (max > min && list->threshold_per_m2 > 0.0 && isfinite(list->threshold_per_m2)) {
        warn_when_few_pass(ctx, list);
        status = draw_regions(ctx, &work, list->threshold_per_m2, &list->n_dropped_small);
        if (status == KERB_OK)
            status = find_rows(ctx, &work);
        if (status == KERB_OK)
            status = find_candidates(ctx, &work, crs_epsg, options, list->n_events,
                                     &list->n_dropped_small);
        if (status == KERB_OK)
            status = list_spots(ctx, &work, options, list);
        if (status != KERB_OK)
            goto done;
    }
    status = kerb_areas_set_index(ctx, list->polygons);
    if (status != KERB_OK)
        goto done;
    *out = list, list = NULL;
done:
    kerb_hotspots_free(list);
    clear_work(&work);
    return status;
}
