/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does a bandwidth go with the grid and with the land? One that is under half a cell leaves no
 * trace of most events and is refused; one that is wider than the land draws one flat hill and
 * is told. */
#include "study_internal.h"

#include <math.h>

/* The land that a map is of: the box or the window, else where the events are. */
static kerb_box land_of(const kerb_prepared *prepared, const kerb_surface_options *options)
{
    if (options->has_bbox)
        return options->bbox;
    return prepared->window != NULL ? kerb_areas_set_box(prepared->window)
                                    : kerb_events_box(prepared->events);
}

static kerb_status fail_under_half_a_cell(kerb_ctx *ctx, kerb_box land, const kerb_frame *frame,
                                          const char *unit, const char *suffix)
{
    double bandwidth_m = frame->density.bandwidth_m, cell_m = frame->spec.cell_m;
    double reach_m = kerb_kernel_reach_m(frame->density.kernel, bandwidth_m);
    double fits_m = kerb_grid_default_cell_m(kerb_box_make_grown(land, reach_m), bandwidth_m);
    if (bandwidth_m >= fits_m / 2.0)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "bandwidth %g%s is under half a cell of %g%s: events between cell "
                         "centres would leave no trace; a cell of %g%s fits",
                         bandwidth_m, unit, cell_m, unit, fits_m, suffix);
    return kerb_fail(ctx, KERB_ERR_RANGE,
                     "bandwidth %g%s is under half a cell of %g%s: events between cell centres "
                     "would leave no trace; use a bandwidth of %g%s or more, or a smaller area",
                     bandwidth_m, unit, cell_m, unit, fmin(cell_m, fits_m), suffix);
}

/* Without a window the grid grows with the kernel, so that a hill round a few events is seen
 * whole: it takes a wider one to be of no use. */
#define WIDE_OF_WINDOW      1.0
#define WIDE_OF_EVENTS      10.0
#define MIN_EVENTS_TO_JUDGE 10

static void warn_when_wide(kerb_ctx *ctx, const kerb_prepared *prepared,
                           const kerb_surface_options *options, kerb_box land,
                           const kerb_frame *frame, const char *unit)
{
    bool is_window = options->has_bbox || prepared->window != NULL;
    double width_m = land.xmax - land.xmin, height_m = land.ymax - land.ymin;
    double side_m = fmax(width_m, height_m);
    /* one place, or none, has no width to compare with */
    if (kerb_box_is_empty(land) || side_m <= 0.0)
        return;
    if (!is_window && prepared->events->n < MIN_EVENTS_TO_JUDGE)
        return;
    if (frame->density.bandwidth_m <= (is_window ? WIDE_OF_WINDOW : WIDE_OF_EVENTS) * side_m)
        return;
    kerb_log(ctx, KERB_LOG_WARNING,
             "bandwidth %g%s is wider than the %s, %g x %g%s: the surface is one flat hill and "
             "does not tell one place from another; a bandwidth under %.3g%s can",
             frame->density.bandwidth_m, unit,
             is_window ? "area of the map" : "land that holds the events", width_m, height_m,
             unit, side_m / 4.0, unit);
}

kerb_status kerb_study__check_bandwidth(kerb_ctx *ctx, const kerb_crs *crs,
                                        const kerb_prepared *prepared,
                                        const kerb_surface_options *options,
                                        const kerb_frame *frame)
{
    bool is_planar = kerb_crs_is_none(crs);
    const char *unit = is_planar ? "" : " m", *suffix = is_planar ? "" : "m";
    kerb_box land = land_of(prepared, options);
    if (frame->density.bandwidth_m < frame->spec.cell_m / 2.0)
        return fail_under_half_a_cell(ctx, land, frame, unit, suffix);
    warn_when_wide(ctx, prepared, options, land, frame, unit);
    return KERB_OK;
}
