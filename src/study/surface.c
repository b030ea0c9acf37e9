/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A surface for a request: where the grid lies, which rows reach it, and the density itself.
 *
 * The window W is the study area; without one it is the box, else the grid round the events.
 * Rows outside W count as long as they reach a cell of it (the guard zone, cli.md), because
 * crime does not stop at a border; the others are `outside_study_area`.
 */
#include "study_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A row known only to a square is put in its centre. Somewhere within a square of side c it
 * lies c / sqrt(12) from there (root mean square, per axis); up to the kernel's own width that
 * makes the surface a third blurrier at most, beyond it makes hills of the grid. Why:
 * docs/decisions/0012. The Gaussian counts as the quartic kernel of the same sd. */
static double coarsest_cell_m(const kerb_density_options *density)
{
    const double quartic_radius_of_sd = 2.8284271247461903;
    return density->kernel == KERB_KERNEL_GAUSSIAN
               ? quartic_radius_of_sd * kerb_kernel_sd_m(density->kernel, density->bandwidth_m)
               : density->bandwidth_m;
}

static kerb_status leave_out_coarse(kerb_ctx *ctx, kerb_prepared *prepared, double limit_m)
{
    const kerb_events *events = prepared->events;
    size_t n_coarse = 0, n = events->n;
    double coarsest_m = 0.0;
    if (events->cell_m == NULL)
        return KERB_OK;
    uint8_t *keep = kerb_alloc_array(n + 1, 1);
    if (keep == NULL)
        return kerb_fail_nomem(ctx, "the selection of rows");
    for (size_t i = 0; i < n; i++) {
        keep[i] = !(events->cell_m[i] > limit_m);
        n_coarse += !keep[i];
        if (!keep[i] && events->cell_m[i] > coarsest_m)
            coarsest_m = events->cell_m[i];
    }
    kerb_status status = KERB_OK;
    if (n_coarse > 0) {
        status = kerb_study__keep_rows(ctx, prepared, keep, "place_too_coarse");
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%zu of %zu rows are left out: their places are squares of up to %g m, too "
                 "coarse for a bandwidth of %g m; a bandwidth of %g m or more uses them",
                 n_coarse, n, coarsest_m, limit_m, coarsest_m);
    }
    kerb_free(keep);
    return status;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The span that leaves out the outermost half per cent at each end. */
static kerb_status middle_span(kerb_ctx *ctx, const double *values, size_t n, double *low,
                               double *high)
{
    double *sorted = kerb_alloc_array(n, sizeof *sorted);
    if (sorted == NULL)
        return kerb_fail_nomem(ctx, "the coordinates");
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_doubles);
    *low = sorted[n / 200];
    *high = sorted[n - 1 - n / 200];
    kerb_free(sorted);
    return KERB_OK;
}

#define MIN_ROWS_TO_JUDGE 200
#define STRETCHED         4.0 /* times the land that holds nearly all rows */

/* A few rows geocoded into another county make a map of mostly nothing: say so, and how to
 * avoid it. */
static kerb_status warn_when_stretched(kerb_ctx *ctx, const kerb_events *events, kerb_box box,
                                       double reach_m)
{
    kerb_box middle;
    if (events->n < MIN_ROWS_TO_JUDGE)
        return KERB_OK;
    kerb_status status = middle_span(ctx, events->x, events->n, &middle.xmin, &middle.xmax);
    if (status == KERB_OK)
        status = middle_span(ctx, events->y, events->n, &middle.ymin, &middle.ymax);
    if (status != KERB_OK)
        return status;
    middle = kerb_box_make_grown(middle, reach_m);
    double all = (box.xmax - box.xmin) * (box.ymax - box.ymin);
    double most = (middle.xmax - middle.xmin) * (middle.ymax - middle.ymin);
    if (all > STRETCHED * most)
        kerb_log(ctx, KERB_LOG_WARNING,
                 "a few rows lie far from the rest and stretch the map to %.0f times the land "
                 "that holds 98 %% "
                 "of them (%.0f,%.0f,%.0f,%.0f): choose the land with --study-area or --bbox",
                 all / most, middle.xmin, middle.ymin, middle.xmax, middle.ymax);
    return KERB_OK;
}

/* Nothing is left: why is what the user needs to know. */
static kerb_status fail_empty(kerb_ctx *ctx, const kerb_prepared *prepared)
{
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(prepared->excluded, &n);
    kerb_text text = {0};
    for (size_t i = 0; i < n; i++)
        kerb_text_add_format(&text, "%s%s %llu", i == 0 ? " (left out: " : ", ",
                             entries[i].name, (unsigned long long)entries[i].count);
    if (n > 0)
        kerb_text_add(&text, ")");
    kerb_status status = kerb_fail(ctx, KERB_ERR_EMPTY,
                                   "no row with coordinates is left to place the map by%s: say "
                                   "--bbox or --study-area, or widen the selection",
                                   text.data != NULL && !text.failed ? text.data : "");
    kerb_text_clear(&text);
    return status;
}

static kerb_status lay_out_grid(kerb_ctx *ctx, const kerb_prepared *prepared,
                                const kerb_surface_options *options,
                                const kerb_density_options *density, kerb_grid_spec *spec)
{
    kerb_box box;
    double reach_m = kerb_kernel_reach_m(density->kernel, density->bandwidth_m);
    if (options->has_bbox)
        box = options->bbox;
    else if (prepared->window != NULL)
        box = kerb_areas_set_box(prepared->window);
    else {
        box = kerb_events_box(prepared->events);
        if (kerb_box_is_empty(box))
            return fail_empty(ctx, prepared);
        box = kerb_box_make_grown(box, reach_m);
        kerb_status status = warn_when_stretched(ctx, prepared->events, box, reach_m);
        if (status != KERB_OK)
            return status;
    }
    double cell_m = options->has_cell ? options->cell_m
                                      : kerb_grid_default_cell_m(box, density->bandwidth_m);
    return kerb_grid_spec_make(ctx, box, cell_m, options->has_bbox, spec);
}

kerb_status kerb_study__frame_in_bands(kerb_ctx *ctx, const kerb_crs *crs,
                                       kerb_prepared *prepared,
                                       const kerb_surface_options *options, size_t held_cells,
                                       kerb_frame *out)
{
    memset(out, 0, sizeof *out);
    out->window = prepared->window;
    out->exclude = prepared->exclude;
    out->held_cells = held_cells;
    kerb_status status = kerb_study__settle_bandwidth(ctx, prepared, options, out);
    if (status != KERB_OK)
        return status;
    double reach_m = kerb_kernel_reach_m(out->density.kernel, out->density.bandwidth_m);
    status = leave_out_coarse(ctx, prepared, coarsest_cell_m(&out->density));
    if (status == KERB_OK)
        status = lay_out_grid(ctx, prepared, options, &out->density, &out->spec);
    if (status == KERB_OK)
        status = kerb_study__check_bandwidth(ctx, crs, prepared, options, out);
    if (status == KERB_OK && out->spec.n_rows <= held_cells / out->spec.n_cols)
        status = kerb_study__hold_mask(ctx, out);
    if (status == KERB_OK && (prepared->window != NULL || options->has_bbox))
        status = kerb_study__keep_reaching(ctx, prepared, reach_m, out);
    if (status == KERB_OK)
        status = kerb_study__settle_edge(ctx, crs, prepared, options, out);
    if (status != KERB_OK)
        kerb_study__frame_clear(out);
    return status;
}

kerb_status kerb_study__frame(kerb_ctx *ctx, const kerb_crs *crs, kerb_prepared *prepared,
                              const kerb_surface_options *options, kerb_frame *out)
{
    kerb_status status = kerb_study__frame_in_bands(ctx, crs, prepared, options, SIZE_MAX, out);
    if (status == KERB_OK)
        status = kerb_grid_spec_check_whole(ctx, &out->spec);
    if (status != KERB_OK)
        kerb_study__frame_clear(out);
    return status;
}

/* Rounding errors are carried along (Knuth's TwoSum). */
double kerb_study__sum_weights(const kerb_events *events)
{
    double sum = 0.0, error = 0.0;
    for (size_t i = 0; i < events->n; i++) {
        double weight = isnan(events->x[i])      ? 0.0
                        : events->weight != NULL ? events->weight[i]
                                                 : 1.0;
        double next = sum + weight, part = next - sum;
        error += (sum - (next - part)) + (weight - part);
        sum = next;
    }
    return sum + error;
}

kerb_status kerb_study__surface_rows(kerb_ctx *ctx, const kerb_frame *frame,
                                     kerb_density_surface *surface, size_t first_row,
                                     size_t n_rows, const uint8_t *mask, double *values)
{
    size_t n_cells = n_rows * frame->spec.n_cols;
    kerb_status status =
        kerb_density_surface_rows(ctx, surface, first_row, n_rows, mask, values);
    if (status != KERB_OK || !kerb_study__has_edge_rows(frame))
        return status;
    double *divisors = kerb_alloc_array(n_cells, sizeof *divisors);
    if (divisors == NULL)
        return kerb_fail_nomem(ctx, "the edge correction");
    status = kerb_study__edge_rows(ctx, frame, first_row, n_rows, divisors);
    for (size_t i = 0; status == KERB_OK && i < n_cells; i++)
        if (values[i] > 0.0)
            values[i] /= divisors[i];
    kerb_free(divisors);
    return status;
}

kerb_status kerb_study__surface(kerb_ctx *ctx, const kerb_frame *frame,
                                const kerb_events *events, kerb_grid **out,
                                kerb_density_mass *mass, kerb_density_report *report)
{
    kerb_frame_points own = {0};
    kerb_density_surface *surface = NULL;
    kerb_grid *grid = NULL;
    kerb_status status = kerb_study__frame_points(ctx, frame, events, &own);
    if (status == KERB_OK)
        status =
            kerb_density_surface_new(ctx, &own.points, &frame->density, &frame->spec, &surface);
    kerb_study__frame_points_clear(&own);
    if (status == KERB_OK)
        status = kerb_grid_new(ctx, &frame->spec, 0.0, &grid);
    if (status == KERB_OK)
        status = kerb_study__surface_rows(ctx, frame, surface, 0, frame->spec.n_rows,
                                          frame->mask, kerb_grid_values(grid));
    if (status == KERB_OK) {
        double cell_m2 = frame->spec.cell_m * frame->spec.cell_m;
        /* of the rows as they are: a correction adds nothing to what was recorded */
        *mass = (kerb_density_mass){.events = kerb_study__sum_weights(events),
                                    .raster = kerb_grid_summarise(grid).sum * cell_m2};
        if (report != NULL)
            *report = kerb_density_surface_report(surface);
        *out = grid, grid = NULL;
    }
    kerb_grid_free(grid);
    kerb_density_surface_free(surface);
    return status;
}

void kerb_study__frame_clear(kerb_frame *frame)
{
    kerb_free_text((char *)frame->mask);
    frame->mask = NULL;
}

void kerb_study__add_kernel(kerb_json *parameters, const kerb_frame *frame)
{
    const kerb_density_options *density = &frame->density;
    bool is_gaussian = density->kernel == KERB_KERNEL_GAUSSIAN;
    kerb_json_add_text(parameters, "kernel", kerb_kernel_name(density->kernel));
    kerb_json_add_text(parameters, "bandwidth_method",
                       kerb_bandwidth_rule_name(frame->bandwidth_rule));
    kerb_json_add_real(parameters, "bandwidth_sd",
                       kerb_kernel_sd_m(density->kernel, density->bandwidth_m));
    /* the Gaussian has no support radius: null, and the distance where it is cut is told beside
     */
    kerb_json_add_real(parameters, "bandwidth_radius",
                       is_gaussian ? (double)NAN : density->bandwidth_m);
    if (is_gaussian)
        kerb_json_add_real(parameters, "gaussian_cut",
                           kerb_kernel_reach_m(density->kernel, density->bandwidth_m));
    kerb_json_add_text(parameters, "edge", kerb_edge_name(frame->edge));
}

void kerb_study__add_grid(kerb_json *parameters, const kerb_grid_spec *spec)
{
    kerb_box box = kerb_grid_spec_box(spec);
    char text[4 * KERB_DOUBLE_TEXT + 8], numbers[4][KERB_DOUBLE_TEXT];
    kerb_format_double(box.xmin, numbers[0]);
    kerb_format_double(box.ymin, numbers[1]);
    kerb_format_double(box.xmax, numbers[2]);
    kerb_format_double(box.ymax, numbers[3]);
    snprintf(text, sizeof text, "[%s,%s,%s,%s]", numbers[0], numbers[1], numbers[2],
             numbers[3]);
    kerb_json_add_real(parameters, "cell", spec->cell_m);
    kerb_json_add_raw(parameters, "bbox", text);
    kerb_json_add_count(parameters, "n_rows", spec->n_rows);
    kerb_json_add_count(parameters, "n_cols", spec->n_cols);
}

void kerb_study__add_mass(kerb_json *parameters, const kerb_density_mass *mass, size_t n_guard)
{
    kerb_json_add_real(parameters, "mass_events", mass->events);
    kerb_json_add_real(parameters, "mass_raster", mass->raster);
    kerb_json_add_count(parameters, "guard_zone_events", n_guard);
}

void kerb_study__add_error(kerb_json *parameters, const kerb_density_options *density,
                           const kerb_density_report *report)
{
    if (density->max_error == 0.0)
        return;
    kerb_json_add_real(parameters, "max_error", density->max_error);
    kerb_json_add_text(parameters, "method", report->method);
    kerb_json_add_real(parameters, "error_bound", report->error_bound);
    kerb_json_add_real(parameters, "error_measured", report->error_measured);
}
