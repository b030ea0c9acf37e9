/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A band of rows of cells with the places that reach each cell, so that hundreds of maps are
 * drawn without working out a distance again. */
#include "risk_internal.h"

#include <math.h>

/* First place with y not below a limit (the table is sorted by y). */
static size_t count_below(const kerb_risk__labels *labels, double y)
{
    size_t low = 0, high = labels->n_places;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (labels->y[middle] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void kerb_risk__find_places(const kerb_risk__reach *reach, size_t first_row, size_t end_row,
                            size_t *from, size_t *to)
{
    double margin_m = reach->reach_m + 0.5 * reach->spec->cell_m;
    *from = count_below(reach->labels, kerb_grid_row_y(reach->spec, end_row - 1) - margin_m);
    *to = count_below(reach->labels, kerb_grid_row_y(reach->spec, first_row) + margin_m);
}

/* Columns [from, to) whose centres may lie within half_m of x. */
static void find_cols(const kerb_grid_spec *spec, double x, double half_m, size_t *from,
                      size_t *to)
{
    double first = floor((x - half_m - spec->xmin) / spec->cell_m - 0.5);
    double last = ceil((x + half_m - spec->xmin) / spec->cell_m - 0.5);
    double n = (double)spec->n_cols;
    *from = first > 0.0 ? (first < n ? (size_t)first : spec->n_cols) : 0;
    *to = last < 0.0 ? 0 : (last + 1.0 < n ? (size_t)last + 1 : spec->n_cols);
}

/* Visit the cells of a band that a place reaches: count them, or write the place to them. */
static void visit_cells(const kerb_risk__reach *reach, kerb_risk__band *band, size_t place,
                        size_t *next)
{
    const kerb_grid_spec *spec = reach->spec;
    double x = reach->labels->x[place], y = reach->labels->y[place];
    double reach2 = reach->reach_m * reach->reach_m;
    double peak = kerb_kernel_value(reach->kernel, reach->bandwidth_m, 0.0);
    double factor = reach->labels->factor[place] / peak;
    for (size_t row = band->first_row; row < band->end_row; row++) {
        double dy = kerb_grid_row_y(spec, row) - y, left2 = reach2 - dy * dy;
        size_t from, to;
        if (left2 < 0.0)
            continue;
        find_cols(spec, x, sqrt(left2), &from, &to);
        for (size_t col = from; col < to; col++) {
            double dx = kerb_grid_col_x(spec, col) - x;
            if (dx * dx > left2 || (reach->mask && !reach->mask[row * spec->n_cols + col]))
                continue;
            size_t cell = (row - band->first_row) * spec->n_cols + col;
            if (next == NULL) {
                band->start[cell + 1]++;
                continue;
            }
            band->place[next[cell]] = (uint32_t)(place - band->first_place);
            band->kernel[next[cell]++] =
                (float)(factor * kerb_kernel_value(reach->kernel, reach->bandwidth_m,
                                                   sqrt(dx * dx + dy * dy)));
        }
    }
}

kerb_status kerb_risk__band_open(const kerb_risk__reach *reach, size_t first_row,
                                 size_t end_row, kerb_risk__band *out)
{
    size_t n_cells = (end_row - first_row) * reach->spec->n_cols;
    kerb_risk__band band = {.first_row = first_row, .end_row = end_row};
    size_t *next = kerb_alloc_array(n_cells + 1, sizeof *next);
    kerb_risk__find_places(reach, first_row, end_row, &band.first_place, &band.end_place);
    band.start = kerb_calloc_array(n_cells + 1, sizeof *band.start);
    if (next == NULL || band.start == NULL)
        goto failed;
    for (size_t p = band.first_place; p < band.end_place; p++)
        visit_cells(reach, &band, p, NULL);
    for (size_t i = 0; i < n_cells; i++) {
        next[i] = band.start[i];
        band.start[i + 1] += band.start[i];
    }
    band.place = kerb_alloc_array(band.start[n_cells], sizeof *band.place);
    band.kernel = kerb_alloc_array(band.start[n_cells], sizeof *band.kernel);
    if (band.place == NULL || band.kernel == NULL)
        goto failed;
    for (size_t p = band.first_place; p < band.end_place; p++)
        visit_cells(reach, &band, p, next);
    kerb_free(next);
    *out = band;
    return KERB_OK;
failed:
    kerb_free(next);
    kerb_risk__band_clear(&band);
    return KERB_ERR_NOMEM;
}

void kerb_risk__band_clear(kerb_risk__band *band)
{
    kerb_free(band->start);
    kerb_free(band->place);
    kerb_free(band->kernel);
    *band = (kerb_risk__band){0};
}

bool kerb_risk__is_tested(double total)
{
    return total >= KERB_RISK_MIN_SUPPORT * (1.0 - 1e-6);
}
