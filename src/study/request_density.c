/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request for a surface: rows in, GeoTIFF out, in events per km² (and per year when asked).
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>

#define DAYS_PER_YEAR 365.2425 /* mean Gregorian year */

/* Years of the period the surface stands for: the one asked for, else the one the rows cover.
 */
static kerb_status period_years(kerb_ctx *ctx, const kerb_selection *selection,
                                const kerb_prepared *prepared, double *out)
{
    kerb_civil_s from = selection->filter.from, to = selection->filter.to;
    if (from == KERB_CIVIL_NONE)
        from = prepared->period_from;
    if (to == KERB_CIVIL_NONE)
        to = prepared->period_to;
    if (from == KERB_CIVIL_NONE || to == KERB_CIVIL_NONE || to <= from)
        return kerb_fail(
            ctx, KERB_ERR_ARG,
            "--per-year needs a period: the rows have no dates, so say --from and --to");
    *out = (double)(to - from) / 86400.0 / DAYS_PER_YEAR;
    return KERB_OK;
}

/* Where the rows of the surface go. */
typedef struct row_writer {
    kerb_ctx *ctx;
    kerb_task *task;
    kerb_raster_writer *raster;
    double factor; /* from events per m2 to the unit of the file */
    size_t n_cols;
} row_writer;

static kerb_status write_rows(void *user, double *values, size_t n_rows)
{
    row_writer *w = user;
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    for (size_t i = 0; i < n_rows * w->n_cols; i++)
        values[i] *= w->factor;
    kerb_status status = kerb_raster_writer_add_rows(w->ctx, w->raster, 0, values, n_rows);
    w->task->write_s += kerb_wall_time_s() - start_s;
    w->task->write_cpu_s += kerb_cpu_time_s() - start_cpu_s;
    return status;
}

/* `highest` in the unit of the file. */
/* What became of the wish for a cheaper surface. */
static void add_error_line(kerb_text *text, const kerb_density_options *density,
                           const kerb_density_report *report)
{
    if (density->max_error == 0.0)
        return;
    if (report->error_bound > 0.0)
        kerb_text_add_format(text,
                             "  method %s: no value errs by more than %.2g of the highest; by "
                             "%.2g where it was compared\n",
                             report->method, report->error_bound, report->error_measured);
    else
        kerb_text_add_format(text,
                             "  method %s, exact: nothing cheaper is sure to stay within %.2g "
                             "of the highest\n",
                             report->method, density->max_error);
}

static kerb_status summarise(kerb_ctx *ctx, const kerb_task *task, const kerb_frame *frame,
                             double highest, const kerb_surface_figures *made, const char *unit,
                             const char *length_unit)
{
    kerb_result *result = task->result;
    const kerb_grid_spec *spec = &frame->spec;
    const kerb_density_options *density = &frame->density;
    kerb_text text = {0};
    kerb_text_add_format(&text, "%s\n", task->title);
    kerb_text_add_format(&text, "  %llu of %llu incidents used",
                         (unsigned long long)result->events_used,
                         (unsigned long long)result->events_read);
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(result->excluded, &n);
    for (size_t i = 0; i < n; i++)
        kerb_text_add_format(&text, "%s%s %llu", i == 0 ? "; left out: " : ", ",
                             entries[i].name, (unsigned long long)entries[i].count);
    kerb_text_add(&text, "\n");
    kerb_study__add_window(&text, task->prepared);
    char bandwidth[KERB_DOUBLE_TEXT], cell[KERB_DOUBLE_TEXT], max[48], mass[48];
    kerb_format_double(density->bandwidth_m, bandwidth);
    kerb_format_double(spec->cell_m, cell);
    kerb_format_fixed(highest, 2, max, sizeof max);
    kerb_format_fixed(made->mass.raster, 2, mass, sizeof mass);
    kerb_text_add_format(&text, "  %s kernel, bandwidth %s %s, %zu x %zu cells of %s %s\n",
                         kerb_kernel_name(density->kernel), bandwidth, length_unit,
                         spec->n_rows, spec->n_cols, cell, length_unit);
    kerb_text_add_format(&text, "  highest density %s %s; the surface holds %s events\n", max,
                         unit, mass);
    add_error_line(&text, &frame->density, &made->report);
    return kerb_text_take(ctx, &text, &result->summary);
}

kerb_status kerb_request_density(kerb_ctx *ctx, kerb_input *input,
                                 const kerb_density_request *request, kerb_result **out)
{
    if (request->like != KERB_LIKE_NONE)
        return kerb_study__request_like(ctx, input, request, out);
    kerb_task task = {.command = "density",
                      .input = input,
                      .selection = &request->selection,
                      .overwrite = request->overwrite};
    kerb_frame frame = {0};
    kerb_surface_options surface = request->surface;
    kerb_surface_figures made = {0};
    kerb_raster_band band = {0};
    const kerb_crs *crs = kerb_input_crs(input);
    bool planar = kerb_crs_is_none(crs);
    double years = 0.0;
    row_writer rows = {.ctx = ctx, .task = &task, .factor = planar ? 1.0 : 1e6};

    kerb_status status = kerb_study__begin(ctx, &task, &request->output, 1, true);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__prepare(ctx, input, &request->selection,
                                 KERB_PREPARE_LOCATED | KERB_PREPARE_HARM, &task.prepared);
    if (status != KERB_OK)
        goto done;
    surface.density.precision =
        request->type == KERB_RASTER_FLOAT64 ? KERB_DENSITY_FLOAT64 : KERB_DENSITY_FLOAT32;
    status = kerb_study__frame_in_bands(ctx, crs, task.prepared, &surface,
                                        KERB_FRAME_HELD_CELLS, &frame);
    if (status != KERB_OK)
        goto done;
    band.unit = planar ? "events per unit2" : "events per km2";
    if (request->per_year) {
        status = period_years(ctx, &request->selection, task.prepared, &years);
        if (status != KERB_OK)
            goto done;
        rows.factor /= years;
        band.unit = planar ? "events per unit2 per year" : "events per km2 per year";
        kerb_json_add_real(&task.parameters, "period_years", years);
    }
    rows.n_cols = frame.spec.n_cols;
    status = kerb_raster_writer_open(ctx, &frame.spec, &band, 1, request->type, request->output,
                                     request->overwrite, &rows.raster);
    if (status == KERB_OK)
        status = kerb_study__surface_in_bands(ctx, &frame, task.prepared->events,
                                              kerb_study__band_rows(&frame.spec), write_rows,
                                              &rows, &made);
    if (status != KERB_OK)
        goto done;

    kerb_study__add_kernel(&task.parameters, &frame);
    kerb_study__add_grid(&task.parameters, &frame.spec);
    kerb_study__add_mass(&task.parameters, &made.mass, frame.n_guard);
    kerb_study__add_error(&task.parameters, &frame.density, &made.report);
    kerb_json_add_text(&task.parameters, "type",
                       request->type == KERB_RASTER_FLOAT64 ? "float64" : "float32");
    kerb_json_add_text(&task.parameters, "unit", band.unit);
    status = kerb_study__computed(ctx, &task, task.prepared->events->n, request->title);
    if (status != KERB_OK)
        goto done;
    double highest = made.summary.n_cells > 0 ? made.summary.max * rows.factor : 0.0;
    status = summarise(ctx, &task, &frame, highest, &made, band.unit, planar ? "units" : "m");
    if (status == KERB_OK)
        status = kerb_study__finish_raster(ctx, &task, rows.raster, NULL, request->output);
done:
    kerb_raster_writer_free(rows.raster);
    kerb_study__frame_clear(&frame);
    return kerb_study__end(&task, status, out);
}
