/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events in each cell. A cell owns its west and south edge, so each event on a grid line is
 * counted once. The edges that decide are those computed from the spec, not the quotient that
 * guesses which cell it is. */
#include "kerb_base.h"
#include "kerb_grid.h"

#include <math.h>

/* Guess from a division, made safe for conversion; the caller corrects it by one if need be. */
static size_t guess(double position, size_t n)
{
    return position <= 0.0 ? 0 : position >= (double)n ? n - 1 : (size_t)position;
}

static size_t find_col(const kerb_grid_spec *spec, double x)
{
    size_t col = guess((x - spec->xmin) / spec->cell_m, spec->n_cols);
    while (col > 0 && spec->xmin + (double)col * spec->cell_m > x)
        col--;
    while (col + 1 < spec->n_cols && spec->xmin + (double)(col + 1) * spec->cell_m <= x)
        col++;
    return col;
}

static size_t find_row(const kerb_grid_spec *spec, double y)
{
    size_t row = guess((spec->ymax - y) / spec->cell_m, spec->n_rows);
    while (row > 0 && spec->ymax - (double)row * spec->cell_m <= y)
        row--;
    while (row + 1 < spec->n_rows && spec->ymax - (double)(row + 1) * spec->cell_m > y)
        row++;
    return row;
}

kerb_status kerb_grid_count(kerb_ctx *ctx, const kerb_grid_spec *spec,
                            const kerb_events *events, kerb_grid **out)
{
    kerb_grid *grid = NULL;
    kerb_status status = kerb_grid_new(ctx, spec, 0.0, &grid);
    if (status != KERB_OK)
        return status;
    double *values = kerb_grid_values(grid);
    kerb_box box = kerb_grid_spec_box(spec);
    for (size_t i = 0; i < events->n; i++) {
        double x = events->x[i], y = events->y[i];
        /* NAN compares false and so is outside too. */
        if (!(x >= box.xmin && x < box.xmax && y >= box.ymin && y < box.ymax))
            continue;
        values[find_row(spec, y) * spec->n_cols + find_col(spec, x)] +=
            events->weight ? events->weight[i] : 1.0;
    }
    *out = grid;
    return KERB_OK;
}
