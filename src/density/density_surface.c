/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A surface: arguments are checked, the method is chosen, and rows are asked of it, with what
 * is the same for all methods: the mask, the mass, the whole grid. */
#include "density_internal.h"

#include "kerb_base.h"

#include <math.h>

struct kerb_density_surface {
    kerb_density_options options;
    kerb_grid_spec spec;
    const kerb_density__method *method;
    void *state;
    kerb_density_report report;
};

/* ------------------------------------------------------------------------- arguments */

static kerb_status check_bandwidth(kerb_ctx *ctx, double bandwidth_m, const char *of)
{
    if (!isfinite(bandwidth_m) || bandwidth_m <= 0.0)
        return kerb_fail(ctx, KERB_ERR_RANGE, "%sbandwidth must be positive, got %g", of,
                         bandwidth_m);
    /* The eighth power of the triweight's radius must still be a number. */
    if (bandwidth_m < 1e-30 || bandwidth_m > 1e30)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%sbandwidth must lie between 1e-30 and 1e30, got %g", of,
                         bandwidth_m);
    return KERB_OK;
}

static kerb_status check_points(kerb_ctx *ctx, const kerb_density_points *points)
{
    double sum = 0.0;
    for (size_t i = 0; i < points->n; i++) {
        double weight = points->weight ? points->weight[i] : 1.0;
        sum += weight;
        if (!(weight >= 0.0) || isinf(weight))
            return kerb_fail(ctx, KERB_ERR_ARG,
                             "event %zu: weight must be finite and not negative, got %g", i + 1,
                             weight);
        bool is_located = isfinite(points->x[i]) && isfinite(points->y[i]);
        if (!is_located && !(isnan(points->x[i]) && isnan(points->y[i])))
            return kerb_fail(ctx, KERB_ERR_ARG, "event %zu: coordinates are not finite: %g, %g",
                             i + 1, points->x[i], points->y[i]);
        if (points->bandwidth_m && is_located) {
            char of[48];
            snprintf(of, sizeof of, "event %zu: ", i + 1);
            kerb_status status = check_bandwidth(ctx, points->bandwidth_m[i], of);
            if (status != KERB_OK)
                return status;
        }
    }
    if (isinf(sum))
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "the weights add up to more than 1.8e308, the largest number; divide "
                         "them all by one figure");
    return KERB_OK;
}

static kerb_status check_arguments(kerb_ctx *ctx, const kerb_density_points *points,
                                   const kerb_density_options *options,
                                   const kerb_grid_spec *spec)
{
    if (!kerb_density__has_kernel(options->kernel))
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kernel number %d", (int)options->kernel);
    if (!(options->max_error >= 0.0 && options->max_error <= 0.1))
        return kerb_fail(ctx, KERB_ERR_RANGE, "the largest error must lie in 0 to 0.1, got %g",
                         options->max_error);
    kerb_status status =
        points->bandwidth_m ? KERB_OK : check_bandwidth(ctx, options->bandwidth_m, "");
    if (status == KERB_OK)
        status = check_points(ctx, points);
    return status == KERB_OK ? kerb_grid_spec_check(ctx, spec) : status;
}

double kerb_density__sum_weights(const double *weight, size_t n)
{
    double sum = 0.0, error = 0.0;
    for (size_t i = 0; i < n; i++) {
        double next = sum + weight[i], part = next - sum;
        error += (sum - (next - part)) + (weight[i] - part); /* TwoSum (Knuth) */
        sum = next;
    }
    return sum + error;
}

/* --------------------------------------------------------------------------- surface */

kerb_status kerb_density_surface_new(kerb_ctx *ctx, const kerb_density_points *points,
                                     const kerb_density_options *options,
                                     const kerb_grid_spec *spec, kerb_density_surface **out)
{
    kerb_status status = check_arguments(ctx, points, options, spec);
    if (status != KERB_OK)
        return status;
    if (!points->bandwidth_m && options->bandwidth_m < spec->cell_m)
        kerb_log(ctx, KERB_LOG_WARNING,
                 "bandwidth %g is smaller than the cell %g: events between cell centres may be "
                 "missed and the mass of the raster is not theirs; use a smaller cell",
                 options->bandwidth_m, spec->cell_m);
    kerb_density_surface *surface = kerb_calloc_array(1, sizeof *surface);
    if (!surface)
        return kerb_fail_nomem(ctx, "a surface");
    surface->options = *options;
    surface->spec = *spec;
    const kerb_density__task task = {points, &surface->options, &surface->spec};
    surface->method = kerb_density__choose(ctx, &task);
    surface->report =
        (kerb_density_report){.method = surface->method->name, .error_measured = (double)NAN};
    status = surface->method->open(ctx, &task, &surface->report, &surface->state);
    if (status != KERB_OK) {
        kerb_density_surface_free(surface);
        return status;
    }
    *out = surface;
    return KERB_OK;
}

kerb_status kerb_density_surface_rows(kerb_ctx *ctx, kerb_density_surface *surface,
                                      size_t first_row, size_t n_rows, const uint8_t *mask,
                                      double *values)
{
    const kerb_grid_spec *spec = &surface->spec;
    if (first_row > spec->n_rows || n_rows > spec->n_rows - first_row)
        return kerb_fail(ctx, KERB_ERR_RANGE, "rows %zu to %zu of a grid of %zu", first_row,
                         first_row + n_rows, spec->n_rows);
    kerb_status status =
        surface->method->rows(ctx, surface->state, first_row, n_rows, mask, values);
    if (status == KERB_OK && mask)
        for (size_t i = 0; i < n_rows * spec->n_cols; i++)
            if (!mask[i])
                values[i] = (double)NAN;
    return status;
}

kerb_density_report kerb_density_surface_report(const kerb_density_surface *surface)
{
    return surface->report;
}

void kerb_density_surface_free(kerb_density_surface *surface)
{
    if (!surface)
        return;
    surface->method->close(surface->state);
    kerb_free(surface);
}

/* ------------------------------------------------------------------------ whole grids */

kerb_status kerb_density_of_points(kerb_ctx *ctx, const kerb_density_points *points,
                                   const kerb_density_options *options,
                                   const kerb_grid_spec *spec, const uint8_t *mask,
                                   kerb_grid **out, kerb_density_mass *mass)
{
    kerb_density_surface *surface = NULL;
    kerb_grid *grid = NULL;
    kerb_status status = kerb_density_surface_new(ctx, points, options, spec, &surface);
    if (status == KERB_OK)
        status = kerb_grid_new(ctx, spec, 0.0, &grid);
    if (status == KERB_OK)
        status = kerb_density_surface_rows(ctx, surface, 0, spec->n_rows, mask,
                                           kerb_grid_values(grid));
    if (status == KERB_OK) {
        if (mass)
            *mass = (kerb_density_mass){.events = surface->report.mass_events,
                                        .raster = kerb_grid_summarise(grid).sum *
                                                  (spec->cell_m * spec->cell_m)};
        *out = grid, grid = NULL;
    }
    kerb_grid_free(grid);
    kerb_density_surface_free(surface);
    return status;
}

kerb_status kerb_density_exact(kerb_ctx *ctx, const kerb_events *events,
                               const kerb_density_options *options, const kerb_grid_spec *spec,
                               const uint8_t *mask, kerb_grid **out, kerb_density_mass *mass)
{
    const kerb_density_points points = {
        .n = events->n, .x = events->x, .y = events->y, .weight = events->weight};
    return kerb_density_of_points(ctx, &points, options, spec, mask, out, mass);
}
