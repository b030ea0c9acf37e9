/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The raster itself: values on a spec, and what is true of all of them. The sum carries the
 * rounding error of every addition along, so that the mass of 25 million cells is good to the
 * last digit and does not depend on how the cells were made. */
#include "kerb_base.h"
#include "kerb_grid.h"

#include <math.h>

struct kerb_grid {
    kerb_grid_spec spec;
    double *values;
};

static size_t count_cells(const kerb_grid *grid)
{
    return grid->spec.n_rows * grid->spec.n_cols;
}

kerb_status kerb_grid_new(kerb_ctx *ctx, const kerb_grid_spec *spec, double fill,
                          kerb_grid **out)
{
    kerb_status status = kerb_grid_spec_check_whole(ctx, spec);
    if (status != KERB_OK)
        return status;
    size_t n_cells = spec->n_rows * spec->n_cols;
    kerb_grid *grid = kerb_calloc_array(1, sizeof *grid);
    if (!grid)
        return kerb_fail_nomem(ctx, "grid");
    grid->spec = *spec;
    /* Cleared memory is +0 and, for a large grid, not touched before it is used. */
    bool is_cleared = fill == 0.0 && !signbit(fill);
    grid->values = is_cleared ? kerb_calloc_array(n_cells, sizeof *grid->values)
                              : kerb_alloc_array(n_cells, sizeof *grid->values);
    if (!grid->values) {
        kerb_grid_free(grid);
        return kerb_fail_nomem(ctx, "cells of a grid");
    }
    for (size_t i = 0; !is_cleared && i < n_cells; i++)
        grid->values[i] = fill;
    *out = grid;
    return KERB_OK;
}

void kerb_grid_free(kerb_grid *grid)
{
    if (!grid)
        return;
    kerb_free(grid->values);
    kerb_free(grid);
}

const kerb_grid_spec *kerb_grid_get_spec(const kerb_grid *grid)
{
    return &grid->spec;
}

double *kerb_grid_values(kerb_grid *grid)
{
    return grid->values;
}

const double *kerb_grid_values_const(const kerb_grid *grid)
{
    return grid->values;
}

void kerb_grid_running_add(kerb_grid_running *running, const double *values, size_t n_rows,
                           size_t n_cols)
{
    /* a copy, which the compiler may keep in registers */
    kerb_grid_running r = *running;
    size_t i_max = SIZE_MAX;
    for (size_t i = 0; i < n_rows * n_cols; i++) {
        double value = values[i];
        if (isnan(value))
            continue;
        /* TwoSum (Knuth): `error` gathers what rounding took from `sum`, without a branch. */
        double next = r.sum + value, part = next - r.sum;
        r.error += (r.sum - (next - part)) + (value - part);
        r.sum = next;
        r.n_nonzero += value != 0.0;
        if (r.n_cells++ == 0 || value > r.max) {
            r.max = value;
            i_max = i;
        }
    }
    if (i_max != SIZE_MAX) {
        r.max_row = r.n_rows + i_max / n_cols;
        r.max_col = i_max % n_cols;
    }
    r.n_rows += n_rows;
    *running = r;
}

kerb_grid_summary kerb_grid_running_summary(const kerb_grid_running *running)
{
    kerb_grid_summary summary = {.n_cells = running->n_cells,
                                 .n_nonzero = running->n_nonzero,
                                 .max = running->n_cells ? running->max : (double)NAN,
                                 .mean = NAN,
                                 .mean_nonzero = NAN,
                                 .max_row = running->max_row,
                                 .max_col = running->max_col};
    /* An infinite cell makes the error term NAN; the sum alone is right then. */
    summary.sum = isfinite(running->sum) ? running->sum + running->error : running->sum;
    if (summary.n_cells)
        summary.mean = summary.sum / (double)summary.n_cells;
    if (summary.n_nonzero)
        summary.mean_nonzero = summary.sum / (double)summary.n_nonzero;
    return summary;
}

kerb_grid_summary kerb_grid_summarise(const kerb_grid *grid)
{
    kerb_grid_running running = {0};
    kerb_grid_running_add(&running, grid->values, grid->spec.n_rows, grid->spec.n_cols);
    return kerb_grid_running_summary(&running);
}

void kerb_grid_apply_mask(kerb_grid *grid, const uint8_t *mask)
{
    size_t n_cells = count_cells(grid);
    for (size_t i = 0; i < n_cells; i++)
        if (!mask[i])
            grid->values[i] = NAN;
}

void kerb_grid_scale(kerb_grid *grid, double factor)
{
    size_t n_cells = count_cells(grid);
    /* 0 stays what it is, and a page of cleared memory that is not written to takes no memory.
     */
    bool keeps_zero = isfinite(factor) && !signbit(factor);
    for (size_t i = 0; i < n_cells; i++)
        if (!keeps_zero || grid->values[i] != 0.0)
            grid->values[i] *= factor;
}
