/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which cells of a frame have a value, and which rows reach one of them. The mask of a large
 * grid is not held: it is made a band of rows at a time, here and where the surface is
 * computed.
 */
#include "study_internal.h"

#include <math.h>

kerb_status kerb_study__hold_mask(kerb_ctx *ctx, kerb_frame *frame)
{
    if (frame->mask != NULL || (frame->window == NULL && frame->exclude == NULL))
        return KERB_OK;
    return kerb_grid_mask(ctx, &frame->spec, frame->window, frame->exclude, &frame->mask);
}

kerb_status kerb_study__mask_rows(kerb_ctx *ctx, const kerb_frame *frame, size_t first_row,
                                  size_t n_rows, uint8_t *room, const uint8_t **out)
{
    *out = NULL;
    if (frame->mask != NULL) {
        *out = frame->mask + first_row * frame->spec.n_cols;
        return KERB_OK;
    }
    if (frame->window == NULL && frame->exclude == NULL)
        return KERB_OK;
    *out = room;
    return kerb_grid_mask_rows(ctx, &frame->spec, frame->window, frame->exclude, first_row,
                               n_rows, room);
}

size_t kerb_study__band_rows(const kerb_grid_spec *spec)
{
    enum { BAND_CELLS = 1 << 24, ROWS_OF_A_TILE = 256 };
    size_t n_rows = BAND_CELLS / spec->n_cols / ROWS_OF_A_TILE * ROWS_OF_A_TILE;
    n_rows = n_rows < ROWS_OF_A_TILE ? ROWS_OF_A_TILE : n_rows;
    return n_rows < spec->n_rows ? n_rows : spec->n_rows;
}

/* Rows [first, end) of a grid; mask of those rows, NULL: all cells. */
typedef struct band {
    size_t first, end;
    const uint8_t *mask;
} band;

/* Does the disc round a place reach the centre of a cell of W in the band? */
static bool reaches(const kerb_grid_spec *spec, const band *in, double x, double y,
                    double reach_m)
{
    double row_first = floor((spec->ymax - (y + reach_m)) / spec->cell_m - 0.5);
    double row_last = ceil((spec->ymax - (y - reach_m)) / spec->cell_m - 0.5);
    double col_first = floor((x - reach_m - spec->xmin) / spec->cell_m - 0.5);
    double col_last = ceil((x + reach_m - spec->xmin) / spec->cell_m - 0.5);
    /* written so that a row without coordinates (NAN) reaches nothing */
    if (!(row_last >= (double)in->first && col_last >= 0 && row_first < (double)in->end &&
          col_first < (double)spec->n_cols))
        return false;
    size_t r0 = row_first < (double)in->first ? in->first : (size_t)row_first,
           c0 = col_first < 0 ? 0 : (size_t)col_first;
    size_t r1 = row_last >= (double)in->end ? in->end - 1 : (size_t)row_last;
    size_t c1 = col_last >= (double)spec->n_cols ? spec->n_cols - 1 : (size_t)col_last;
    for (size_t row = r0; row <= r1; row++) {
        double dy = spec->ymax - ((double)row + 0.5) * spec->cell_m - y;
        for (size_t col = c0; col <= c1; col++) {
            double dx = spec->xmin + ((double)col + 0.5) * spec->cell_m - x;
            if (in->mask != NULL && !in->mask[(row - in->first) * spec->n_cols + col])
                continue;
            if (dx * dx + dy * dy <= reach_m * reach_m)
                return true;
        }
    }
    return false;
}

/* Rows inside the window are kept; of the others those that reach a cell of the band. */
static kerb_status keep_of_band(kerb_ctx *ctx, const kerb_prepared *prepared,
                                const kerb_frame *frame, const band *in, double reach_m,
                                uint8_t *keep)
{
    enum { ROWS_BETWEEN_CHECKS = 1 << 14 };
    const kerb_events *events = prepared->events;
    for (size_t i = 0; i < events->n; i++) {
        if (i % ROWS_BETWEEN_CHECKS == 0 && kerb_check_cancel(ctx) != KERB_OK)
            return KERB_ERR_CANCELLED;
        if (!keep[i])
            keep[i] = reaches(&frame->spec, in, events->x[i], events->y[i], reach_m);
    }
    return KERB_OK;
}

static kerb_status find_inside(kerb_ctx *ctx, const kerb_prepared *prepared,
                               const kerb_frame *frame, uint8_t *inside, size_t *n_inside)
{
    enum { ROWS_BETWEEN_CHECKS = 1 << 14 };
    const kerb_events *events = prepared->events;
    kerb_box box = kerb_grid_spec_box(&frame->spec);
    *n_inside = 0;
    for (size_t i = 0; i < events->n; i++) {
        double x = events->x[i], y = events->y[i];
        if (i % ROWS_BETWEEN_CHECKS == 0 && kerb_check_cancel(ctx) != KERB_OK)
            return KERB_ERR_CANCELLED;
        inside[i] = kerb_box_contains(box, x, y);
        if (inside[i] && prepared->window != NULL)
            inside[i] = kerb_areas_set_locate(prepared->window, x, y) <
                        kerb_areas_set_count(prepared->window);
        *n_inside += inside[i];
    }
    return KERB_OK;
}

kerb_status kerb_study__keep_reaching(kerb_ctx *ctx, kerb_prepared *prepared, double reach_m,
                                      kerb_frame *frame)
{
    const kerb_events *events = prepared->events;
    const kerb_grid_spec *spec = &frame->spec;
    size_t n = events->n, n_inside = 0, n_kept = 0;
    bool by_rows = frame->mask == NULL && (frame->window != NULL || frame->exclude != NULL);
    size_t held_rows = frame->held_cells / spec->n_cols;
    size_t step = !by_rows ? spec->n_rows : held_rows > 0 ? held_rows : 1;
    uint8_t *keep = kerb_alloc_array(n + 1, 1);
    uint8_t *room = kerb_alloc_array(by_rows ? step * spec->n_cols : 1, 1);
    kerb_status status = keep != NULL && room != NULL
                             ? find_inside(ctx, prepared, frame, keep, &n_inside)
                             : kerb_fail_nomem(ctx, "the selection of rows");
    for (size_t row = 0; status == KERB_OK && n_inside < n && row < spec->n_rows; row += step) {
        band in = {.first = row, .end = spec->n_rows - row < step ? spec->n_rows : row + step};
        status = kerb_study__mask_rows(ctx, frame, in.first, in.end - in.first, room, &in.mask);
        if (status == KERB_OK)
            status = keep_of_band(ctx, prepared, frame, &in, reach_m, keep);
    }
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        n_kept += keep[i];
    if (status == KERB_OK)
        frame->n_guard = n_kept - n_inside;
    if (status == KERB_OK && n_kept < n)
        status = kerb_study__keep_rows(ctx, prepared, keep, "outside_study_area");
    kerb_free(room);
    kerb_free(keep);
    return status;
}
