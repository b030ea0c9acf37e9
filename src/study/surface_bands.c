/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A surface that is handed over in bands of rows, so that a raster larger than memory can be
 * written. Each cell gets the bits it has in the whole grid, whatever the height of the bands.
 */
#include "study_internal.h"

#include <string.h>

typedef struct bands {
    const kerb_frame *frame;
    size_t n_rows; /* of a band; the last may have fewer */
    kerb_study__take_rows *take;
    void *user;
    kerb_grid_running running;
} bands;

static kerb_status hand_over(bands *b, double *values, size_t n_rows)
{
    kerb_grid_running_add(&b->running, values, n_rows, b->frame->spec.n_cols);
    return b->take(b->user, values, n_rows);
}

static kerb_status compute(kerb_ctx *ctx, bands *b, kerb_density_surface *surface)
{
    const kerb_grid_spec *spec = &b->frame->spec;
    double *values = kerb_alloc_array(b->n_rows * spec->n_cols, sizeof *values);
    uint8_t *room = kerb_alloc_array(b->n_rows * spec->n_cols, 1);
    kerb_status status =
        values != NULL && room != NULL ? KERB_OK : kerb_fail_nomem(ctx, "rows of a surface");
    for (size_t row = 0; status == KERB_OK && row < spec->n_rows; row += b->n_rows) {
        const uint8_t *mask = NULL;
        size_t n = spec->n_rows - row < b->n_rows ? spec->n_rows - row : b->n_rows;
        kerb_progress_part(ctx, (double)row / (double)spec->n_rows,
                           (double)(row + n) / (double)spec->n_rows);
        memset(values, 0, n * spec->n_cols * sizeof *values);
        status = kerb_study__mask_rows(ctx, b->frame, row, n, room, &mask);
        if (status == KERB_OK)
            status = kerb_study__surface_rows(ctx, b->frame, surface, row, n, mask, values);
        if (status == KERB_OK)
            status = hand_over(b, values, n);
    }
    kerb_progress_part(ctx, 0.0, 1.0);
    kerb_free(room);
    kerb_free(values);
    return status;
}

kerb_status kerb_study__surface_in_bands(kerb_ctx *ctx, const kerb_frame *frame,
                                         const kerb_events *events, size_t band_rows,
                                         kerb_study__take_rows *take, void *user,
                                         kerb_surface_figures *out)
{
    double cell_m2 = frame->spec.cell_m * frame->spec.cell_m;
    bands b = {.frame = frame, .n_rows = band_rows, .take = take, .user = user};
    kerb_frame_points own = {0};
    kerb_density_surface *surface = NULL;
    kerb_status status = kerb_study__frame_points(ctx, frame, events, &own);
    if (status == KERB_OK)
        status =
            kerb_density_surface_new(ctx, &own.points, &frame->density, &frame->spec, &surface);
    kerb_study__frame_points_clear(&own);
    if (status == KERB_OK)
        status = compute(ctx, &b, surface);
    if (status == KERB_OK) {
        out->report = kerb_density_surface_report(surface);
        out->summary = kerb_grid_running_summary(&b.running);
        out->mass = (kerb_density_mass){.events = kerb_study__sum_weights(events),
                                        .raster = out->summary.sum * cell_m2};
    }
    kerb_density_surface_free(surface);
    return status;
}
