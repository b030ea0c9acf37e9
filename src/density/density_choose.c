/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which method is the cheapest that gives what is asked. */
#include "density_internal.h"

#include <math.h>

/* Can the tile ring do it? Its lattice has to be finer than the rounding of coordinates by far,
 * and short enough for its keys; its tables grow with the radius. */
static bool can_ring(const kerb_density__task *task)
{
    const kerb_density_options *options = task->options;
    const kerb_grid_spec *spec = task->spec;
    bool is_polynomial =
        options->kernel == KERB_KERNEL_UNIFORM || options->kernel == KERB_KERNEL_EPANECHNIKOV ||
        options->kernel == KERB_KERNEL_QUARTIC || options->kernel == KERB_KERNEL_TRIWEIGHT;
    double reach_px = options->bandwidth_m / spec->cell_m;
    double farthest_px = fmax(fabs(spec->xmin), fabs(spec->ymax)) / spec->cell_m +
                         (double)spec->n_rows + (double)spec->n_cols;
    return is_polynomial && !task->points->bandwidth_m && !options->is_squared &&
           reach_px >= 0.5 && reach_px <= 4096.0 && farthest_px < 1e9 &&
           spec->n_cols <= 500000 && spec->n_rows <= 500000;
}

/* CPU time of the tile ring [ns]: sorting, then for each point its share of a cell's moments
 * and the tiles of the rim, whose number grows with the radius, and for each cell of the raster
 * the clearing, summing and writing. Measured on one machine (AMD Zen 4); only the order of
 * methods depends on it. */
static double ring_cost_ns(kerb_ctx *ctx, const kerb_density__task *task)
{
    static const double POINT_NS[2][KERB_SIMD_LEVELS] = {{600, 220, 200}, {400, 110, 100}};
    static const double RIM_NS[2][KERB_SIMD_LEVELS] = {{70, 12, 8}, {50, 6, 5}};
    static const double CELL_NS = 5.0;
    int precision = task->options->precision == KERB_DENSITY_FLOAT32;
    kerb_simd level = kerb_ctx_get_simd(ctx);
    double reach_px = task->options->bandwidth_m / task->spec->cell_m;
    double n_cells = (double)task->spec->n_rows * (double)task->spec->n_cols;
    return (double)task->points->n *
               (POINT_NS[precision][level] + RIM_NS[precision][level] * reach_px) +
           CELL_NS * n_cells;
}

const kerb_density__method *kerb_density__choose(kerb_ctx *ctx, const kerb_density__task *task)
{
    if (kerb_density__moments_fit(task))
        return &kerb_density__moments;
    if (can_ring(task) && ring_cost_ns(ctx, task) < kerb_density__sum_cost_ns(ctx, task))
        return &kerb_density__ring;
    return &kerb_density__sum;
}
