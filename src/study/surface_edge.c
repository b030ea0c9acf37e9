/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done about land beyond the border of a surface. */
#include "study_internal.h"

static const char *const NAMES[KERB_EDGES] = {[KERB_EDGE_DEFAULT] = "default",
                                              [KERB_EDGE_NONE] = "none",
                                              [KERB_EDGE_UNIFORM] = "uniform",
                                              [KERB_EDGE_DIGGLE] = "diggle"};

const char *kerb_edge_name(kerb_edge edge)
{
    return (unsigned)edge < KERB_EDGES ? NAMES[edge] : "unknown";
}

bool kerb_edge_find(const char *name, kerb_edge *out)
{
    for (int i = KERB_EDGE_NONE; i < KERB_EDGES; i++)
        if (kerb_text_equal_nocase(name, NAMES[i])) {
            *out = (kerb_edge)i;
            return true;
        }
    return false;
}

kerb_status kerb_study__settle_edge(kerb_ctx *ctx, const kerb_crs *crs, kerb_prepared *prepared,
                                    const kerb_surface_options *options, kerb_frame *frame)
{
    if (options->edge == KERB_EDGE_UNIFORM || options->edge == KERB_EDGE_DIGGLE)
        return kerb_fail(ctx, KERB_ERR_ARG, "--edge %s is not in this version: only none",
                         kerb_edge_name(options->edge));
    frame->edge = KERB_EDGE_NONE;
    double reach_m = kerb_kernel_reach_m(frame->density.kernel, frame->density.bandwidth_m);
    if ((prepared->window != NULL || options->has_bbox) && frame->n_guard == 0 &&
        prepared->events->n > 0)
        kerb_log(ctx, KERB_LOG_WARNING,
                 "no rows are loaded within %g %s outside the study area: density is too "
                 "low near its border (edge correction is not in this version)",
                 reach_m, kerb_crs_is_none(crs) ? "units" : "m");
    return KERB_OK;
}

kerb_status kerb_study__frame_points(kerb_ctx *ctx, const kerb_frame *frame,
                                     const kerb_events *events, kerb_frame_points *out)
{
    (void)ctx, (void)frame;
    *out = (kerb_frame_points){
        .points = {.n = events->n, .x = events->x, .y = events->y, .weight = events->weight}};
    return KERB_OK;
}

void kerb_study__frame_points_clear(kerb_frame_points *points)
{
    kerb_free(points->weight);
    kerb_free(points->bandwidth_m);
    *points = (kerb_frame_points){0};
}

bool kerb_study__has_edge_rows(const kerb_frame *frame)
{
    return frame->edge == KERB_EDGE_UNIFORM;
}

kerb_status kerb_study__edge_rows(kerb_ctx *ctx, const kerb_frame *frame, size_t first_row,
                                  size_t n_rows, double *divisors)
{
    (void)ctx, (void)first_row;
    for (size_t i = 0; i < n_rows * frame->spec.n_cols; i++)
        divisors[i] = 1.0;
    return KERB_OK;
}
