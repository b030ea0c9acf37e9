/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a hotspot is called by and where it stands: peak cell, id and rank.
 *
 * The id names the peak cell and nothing else, so the same peak has the same id next month, and
 * two hotspots can never share one. */

#include "hotspots_internal.h"
#include "kerb_base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSG_BRITISH_NATIONAL_GRID 27700
#define GRIDREF_TEXT               16
#define MAX_GRIDREF_DIGITS         10
#define MAX_DECIMALS               9

/* ------------------------------------------------------------------ peak cell */

/* Where the border of a region crosses the line through the centres of a row. */
struct crossing {
    size_t row;
    double x;
};

struct crossings {
    struct crossing *items;
    size_t n, capacity;
};

static int compare_crossings(const void *a, const void *b)
{
    const struct crossing *left = a, *right = b;
    if (left->row != right->row)
        return left->row < right->row ? -1 : 1;
    return (left->x > right->x) - (left->x < right->x);
}

static bool add_crossing(struct crossings *crossings, size_t row, double x)
{
    if (crossings->n == crossings->capacity) {
        size_t capacity = crossings->capacity == 0 ? 64 : 2 * crossings->capacity;
        struct crossing *items =
            kerb_realloc_array(crossings->items, capacity, sizeof *crossings->items);
        if (items == NULL)
            return false;
        crossings->items = items;
        crossings->capacity = capacity;
    }
    crossings->items[crossings->n++] = (struct crossing){.row = row, .x = x};
    return true;
}

/* Rows whose centre lies in (low, high]: half open, so that a vertex counts once. */
static bool add_edge(struct crossings *crossings, const kerb_grid_spec *spec, kerb_point a,
                     kerb_point b)
{
    if (a.y == b.y)
        return true;
    kerb_point low = a.y < b.y ? a : b, high = a.y < b.y ? b : a;
    /* One row early and checked below, so that rounding cannot lose a row. */
    double first = floor((spec->ymax - high.y) / spec->cell_m - 0.5) - 1.0;
    for (size_t row = first > 0.0 ? (size_t)first : 0; row < spec->n_rows; row++) {
        double y = spec->ymax - ((double)row + 0.5) * spec->cell_m;
        if (y <= low.y)
            break;
        if (y > high.y)
            continue;
        double x = low.x + (y - low.y) / (high.y - low.y) * (high.x - low.x);
        if (!add_crossing(crossings, row, x))
            return false;
    }
    return true;
}

kerb_status kerb_hotspots__find_peak(kerb_ctx *ctx, const kerb_grid *surface,
                                     const kerb_hotspots__regions *regions, size_t i,
                                     bool *is_found, kerb_point *peak, double *value)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(surface);
    const double *values = kerb_grid_values_const(surface);
    struct crossings crossings = {0};
    size_t best_row = 0, best_col = 0;
    double best = -(double)INFINITY;

    kerb_hotspots__region region = regions->items[i];
    for (size_t ring = region.first_ring; ring < region.first_ring + region.n_rings; ring++) {
        for (size_t p = regions->point_start[ring]; p + 1 < regions->point_start[ring + 1];
             p++) {
            if (!add_edge(&crossings, spec, regions->points[p], regions->points[p + 1])) {
                kerb_free(crossings.items);
                return kerb_fail_nomem(ctx, "peak of a hotspot");
            }
        }
    }
    if (crossings.n > 1)
        qsort(crossings.items, crossings.n, sizeof *crossings.items, compare_crossings);
    /* Rings are closed, so crossings of a row come in pairs: in and out. */
    for (size_t k = 0; k + 1 < crossings.n; k += 2) {
        size_t row = crossings.items[k].row;
        double from = ceil((crossings.items[k].x - spec->xmin) / spec->cell_m - 0.5);
        double to = floor((crossings.items[k + 1].x - spec->xmin) / spec->cell_m - 0.5);
        to = fmin(to, (double)spec->n_cols - 1.0);
        if (to < 0.0)
            continue;
        for (size_t col = from > 0.0 ? (size_t)from : 0; col <= (size_t)to; col++) {
            double density = values[row * spec->n_cols + col];
            if (density >
                best) { /* false for NAN; the northmost, then westmost of equals stays */
                best = density;
                best_row = row;
                best_col = col;
            }
        }
    }
    kerb_free(crossings.items);
    *is_found = best > -(double)INFINITY;
    *value = best;
    *peak = (kerb_point){.x = spec->xmin + ((double)best_col + 0.5) * spec->cell_m,
                         .y = spec->ymax - ((double)best_row + 0.5) * spec->cell_m};
    return KERB_OK;
}

/* ------------------------------------------------------------------------- id */

/* Digits of the largest square of the grid not wider than half a cell: then two cells are never
 * in one square, however the grid is placed. -1: a metre is too wide. */
static int find_gridref_digits(double cell_m)
{
    double side_m = 100000.0;
    for (int digits = 0; digits <= MAX_GRIDREF_DIGITS; digits += 2) {
        if (side_m <= 0.5 * cell_m)
            return digits;
        side_m /= 10.0;
    }
    return -1;
}

kerb_status kerb_hotspots__make_id(kerb_ctx *ctx, kerb_point peak, double cell_m, int crs_epsg,
                                   char **out)
{
    kerb_text id = {0};
    char gridref[GRIDREF_TEXT];
    int digits = find_gridref_digits(cell_m);
    if (crs_epsg == EPSG_BRITISH_NATIONAL_GRID && digits >= 0 &&
        kerb_gridref_format(peak.x, peak.y, digits, gridref)) {
        kerb_text_add(&id, gridref);
        return kerb_text_take(ctx, &id, out);
    }
    /* The same rule in powers of ten, truncated as a grid reference is: rounding half to even
     * would give 1.5 and 2.5 one number. */
    int n_decimals = 0;
    double steps = 1.0;
    while (n_decimals < MAX_DECIMALS && 1.0 / steps > 0.5 * cell_m) {
        n_decimals++;
        steps *= 10.0;
    }
    char number[64];
    kerb_format_fixed(floor(peak.x * steps) / steps, n_decimals, number, sizeof number);
    kerb_text_add(&id, "E");
    kerb_text_add(&id, number);
    kerb_format_fixed(floor(peak.y * steps) / steps, n_decimals, number, sizeof number);
    kerb_text_add(&id, "N");
    kerb_text_add(&id, number);
    return kerb_text_take(ctx, &id, out);
}

/* ----------------------------------------------------------------------- rank */

static int compare_candidates(const void *a, const void *b)
{
    const kerb_hotspot *left = &((const kerb_hotspots__candidate *)a)->spot;
    const kerb_hotspot *right = &((const kerb_hotspots__candidate *)b)->spot;
    if (left->n != right->n)
        return left->n > right->n ? -1 : 1;
    if (left->density_per_m2 > right->density_per_m2)
        return -1;
    if (left->density_per_m2 < right->density_per_m2)
        return 1;
    return strcmp(left->id, right->id);
}

void kerb_hotspots__rank(kerb_hotspots__candidate *candidates, size_t n)
{
    if (n > 1)
        qsort(candidates, n, sizeof *candidates, compare_candidates);
    for (size_t i = 0; i < n; i++)
        candidates[i].spot.rank = (int)(i + 1);
}
