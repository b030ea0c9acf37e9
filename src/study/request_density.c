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

static kerb_status summarise(kerb_ctx *ctx, const kerb_task *task, const kerb_grid *grid,
                             const kerb_density_options *density, double mass_raster,
                             const char *unit, const char *length_unit)
{
    kerb_result *result = task->result;
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    kerb_grid_summary summary = kerb_grid_summarise(grid);
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
    kerb_format_fixed(summary.n_cells > 0 ? summary.max : 0.0, 2, max, sizeof max);
    kerb_format_fixed(mass_raster, 2, mass, sizeof mass);
    kerb_text_add_format(&text, "  %s kernel, bandwidth %s %s, %zu x %zu cells of %s %s\n",
                         kerb_kernel_name(density->kernel), bandwidth, length_unit,
                         spec->n_rows, spec->n_cols, cell, length_unit);
    kerb_text_add_format(&text, "  highest density %s %s; the surface holds %s events\n", max,
                         unit, mass);
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
    kerb_grid *grid = NULL;
    kerb_density_mass mass = {0};
    const kerb_crs *crs = kerb_input_crs(input);
    bool planar = kerb_crs_is_none(crs);
    const char *unit = planar ? "events per unit2" : "events per km2";
    double factor = planar ? 1.0 : 1e6, years = 0.0;

    kerb_status status = kerb_study__begin(ctx, &task, &request->output, 1, true);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__prepare(ctx, input, &request->selection,
                                 KERB_PREPARE_LOCATED | KERB_PREPARE_HARM, &task.prepared);
    if (status != KERB_OK)
        goto done;
    surface.density.precision =
        request->type == KERB_RASTER_FLOAT64 ? KERB_DENSITY_FLOAT64 : KERB_DENSITY_FLOAT32;
    status = kerb_study__frame(ctx, crs, task.prepared, &surface, &frame);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__surface(ctx, &frame, task.prepared->events, &grid, &mass, NULL);
    if (status != KERB_OK)
        goto done;
    if (request->per_year) {
        status = period_years(ctx, &request->selection, task.prepared, &years);
        if (status != KERB_OK)
            goto done;
        factor /= years;
        unit = planar ? "events per unit2 per year" : "events per km2 per year";
        kerb_json_add_real(&task.parameters, "period_years", years);
    }
    kerb_grid_scale(grid, factor);

    kerb_study__add_kernel(&task.parameters, &frame);
    kerb_study__add_grid(&task.parameters, &frame.spec);
    kerb_study__add_mass(&task.parameters, &mass, frame.n_guard);
    kerb_json_add_text(&task.parameters, "type",
                       request->type == KERB_RASTER_FLOAT64 ? "float64" : "float32");
    kerb_json_add_text(&task.parameters, "unit", unit);
    status = kerb_study__computed(ctx, &task, task.prepared->events->n, request->title);
    if (status != KERB_OK)
        goto done;
    status =
        summarise(ctx, &task, grid, &frame.density, mass.raster, unit, planar ? "units" : "m");
    if (status != KERB_OK)
        goto done;
    status = kerb_study__write_raster(ctx, &task, grid, unit, request->type, request->output);
done:
    kerb_grid_free(grid);
    kerb_study__frame_clear(&frame);
    return kerb_study__end(&task, status, out);
}
