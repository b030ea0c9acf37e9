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
    kerb_status status = kerb_grid_spec_check(ctx, spec);
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

kerb_grid_summary kerb_grid_summarise(const kerb_grid *grid)
{
    kerb_grid_summary summary = {.max = NAN, .mean = NAN, .mean_nonzero = NAN};
    size_t n_cells = count_cells(grid), i_max = 0;
    double sum = 0.0, error = 0.0;
    for (size_t i = 0; i < n_cells; i++) {
        double value = grid->values[i];
        if (isnan(value))
            continue;
        /* TwoSum (Knuth): `error` gathers what rounding took from `sum`, without a branch. */
        double next = sum + value, part = next - sum;
        error += (sum - (next - part)) + (value - part);
        sum = next;
        summary.n_nonzero += value != 0.0;
        if (summary.n_cells++ == 0 || value > summary.max) {
            summary.max = value;
            i_max = i;
        }
    }
    /* An infinite cell makes the error term NAN; the sum alone is right then. */
    summary.sum = isfinite(sum) ? sum + error : sum;
    summary.max_row = i_max / grid->spec.n_cols;
    summary.max_col = i_max % grid->spec.n_cols;
    if (summary.n_cells)
        summary.mean = summary.sum / (double)summary.n_cells;
    if (summary.n_nonzero)
        summary.mean_nonzero = summary.sum / (double)summary.n_nonzero;
    return summary;
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
