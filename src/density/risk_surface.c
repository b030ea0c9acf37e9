/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratio, log ratio and difference of two densities. Each is a share of its own total first, so
 * that 1 means "as many as expected" whatever the numbers of rows. */
#include "kerb_relative_risk.h"

#include "density_internal.h"
#include "kerb_base.h"

#include <math.h>

static const char *const names[] = {"ratio", "log-ratio", "difference"};
enum { N_MEASURES = sizeof names / sizeof names[0] };

const char *kerb_risk_measure_name(kerb_risk_measure measure)
{
    return (unsigned)measure < N_MEASURES ? names[measure] : "unknown";
}

bool kerb_risk_measure_find(const char *name, kerb_risk_measure *out)
{
    for (int i = 0; i < N_MEASURES; i++)
        if (kerb_text_equal_nocase(name, names[i])) {
            *out = (kerb_risk_measure)i;
            return true;
        }
    return false;
}

static double combine(double f, double g, kerb_risk_measure measure, bool is_supported)
{
    if (measure == KERB_RISK_DIFFERENCE)
        return f - g;
    if (!is_supported)
        return (double)NAN;
    double ratio = f / g;
    if (measure == KERB_RISK_RATIO)
        return ratio;
    return ratio > 0.0 ? log(ratio) : (double)NAN; /* no cases: no logarithm */
}

static bool is_same_spec(const kerb_grid_spec *a, const kerb_grid_spec *b)
{
    return a->n_rows == b->n_rows && a->n_cols == b->n_cols && !(a->xmin < b->xmin) &&
           !(a->xmin > b->xmin) && !(a->ymax < b->ymax) && !(a->ymax > b->ymax) &&
           !(a->cell_m < b->cell_m) && !(a->cell_m > b->cell_m);
}

kerb_status kerb_risk_surface(kerb_ctx *ctx, const kerb_risk_side *cases,
                              const kerb_risk_side *controls,
                              const kerb_density_options *options, kerb_risk_measure measure,
                              kerb_grid **out)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(cases->density);
    kerb_grid *grid = NULL;
    if ((unsigned)measure >= N_MEASURES)
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown measure of risk number %d", (int)measure);
    if (!is_same_spec(spec, kerb_grid_get_spec(controls->density)))
        return kerb_fail(ctx, KERB_ERR_ARG, "cases and controls lie on different grids");
    if (!(cases->weight > 0.0) || cases->n == 0)
        return kerb_fail(ctx, KERB_ERR_EMPTY, "no cases: there is nothing to compare");
    if (!(controls->weight > 0.0) || controls->n == 0)
        return kerb_fail(ctx, KERB_ERR_EMPTY, "no controls: there is nothing to compare with");
    kerb_status status = kerb_grid_new(ctx, spec, (double)NAN, &grid);
    if (status != KERB_OK)
        return status;
    /* so much density do MIN_SUPPORT mean controls at the cell itself give */
    double floor_density = KERB_RISK_MIN_SUPPORT * controls->weight / (double)controls->n *
                           kerb_kernel_value(options->kernel, options->bandwidth_m, 0.0);
    const double *f = kerb_grid_values_const(cases->density);
    const double *g = kerb_grid_values_const(controls->density);
    double *values = kerb_grid_values(grid);
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++) {
        /* a hair of room: two controls at the very centre are enough */
        bool is_supported = g[i] >= floor_density * (1.0 - 1e-12);
        values[i] =
            combine(f[i] / cases->weight, g[i] / controls->weight, measure, is_supported);
    }
    *out = grid;
    return KERB_OK;
}
