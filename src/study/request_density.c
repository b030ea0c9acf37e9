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

static kerb_status summarise(kerb_ctx *ctx, const char *title, const kerb_result *result,
                             const kerb_surface *surface, const kerb_surface_options *options,
                             const char *unit, const char *length_unit, char **out)
{
    kerb_grid_summary summary = kerb_grid_summarise(surface->grid);
    kerb_text text = {0};
    kerb_text_add_format(&text, "%s\n", title);
    kerb_text_add_format(&text, "  %llu of %llu incidents used",
                         (unsigned long long)result->events_used,
                         (unsigned long long)result->events_read);
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(result->excluded, &n);
    for (size_t i = 0; i < n; i++)
        kerb_text_add_format(&text, "%s%s %llu", i == 0 ? "; left out: " : ", ",
                             entries[i].name, (unsigned long long)entries[i].count);
    char bandwidth[KERB_DOUBLE_TEXT], cell[KERB_DOUBLE_TEXT], max[48], mass[48];
    kerb_format_double(options->density.bandwidth_m, bandwidth);
    kerb_format_double(surface->spec.cell_m, cell);
    kerb_format_fixed(summary.n_cells > 0 ? summary.max : 0.0, 2, max, sizeof max);
    kerb_format_fixed(surface->mass.raster, 2, mass, sizeof mass);
    kerb_text_add_format(&text, "\n  %s kernel, bandwidth %s %s, %zu x %zu cells of %s %s\n",
                         kerb_kernel_name(options->density.kernel), bandwidth, length_unit,
                         surface->spec.n_rows, surface->spec.n_cols, cell, length_unit);
    kerb_text_add_format(&text, "  highest density %s %s; the surface holds %s events\n", max,
                         unit, mass);
    return kerb_text_take(ctx, &text, out);
}

kerb_status kerb_request_density(kerb_ctx *ctx, kerb_input *input,
                                 const kerb_density_request *request, kerb_result **out)
{
    kerb_prepared *prepared = NULL;
    kerb_result *result = NULL;
    kerb_surface surface = {0};
    kerb_json parameters = {0};
    char *title = NULL;
    const kerb_crs *crs = kerb_input_crs(input);
    bool planar = kerb_crs_is_none(crs);

    kerb_status status =
        kerb_study__check_outputs(ctx, &request->output, 1, true, request->overwrite);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__result_new(ctx, &result);
    if (status != KERB_OK)
        goto done;
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    status =
        kerb_study__prepare(ctx, input, &request->selection, KERB_PREPARE_LOCATED, &prepared);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__surface(ctx, crs, prepared, &request->surface, &surface);
    if (status != KERB_OK)
        goto done;

    const char *unit = planar ? "events per unit2" : "events per km2";
    double factor = planar ? 1.0 : 1e6, years = 0.0;
    if (request->per_year) {
        status = period_years(ctx, &request->selection, prepared, &years);
        if (status != KERB_OK)
            goto done;
        factor /= years;
        unit = planar ? "events per unit2 per year" : "events per km2 per year";
    }
    kerb_grid_scale(surface.grid, factor);
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;

    result->events_read = kerb_input_events(input)->n;
    memcpy(result->fingerprint, prepared->fingerprint, sizeof result->fingerprint);
    result->events_used = prepared->events->n;
    kerb_tally_free(result->excluded);
    result->excluded = prepared->excluded;
    prepared->excluded = NULL;
    kerb_study__add_selection(&parameters, &request->selection, prepared, crs);
    kerb_study__add_surface(&parameters, &surface, &request->surface);
    kerb_json_add_text(&parameters, "type",
                       request->type == KERB_RASTER_FLOAT64 ? "float64" : "float32");
    kerb_json_add_text(&parameters, "unit", unit);
    if (request->per_year)
        kerb_json_add_real(&parameters, "period_years", years);
    status = kerb_json_take(ctx, &parameters, true, &result->parameters);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__title(ctx, request->title, &request->selection, prepared, &title);
    if (status != KERB_OK)
        goto done;

    start_s = kerb_wall_time_s();
    kerb_stamp stamp = {.title = title, .command = "density", .parameters = result->parameters};
    kerb_study__stamp(ctx, input, prepared, result->events_used, &stamp);
    stamp.excluded = result->excluded;
    status = kerb_export_raster(ctx, surface.grid, unit, request->type, &stamp, request->output,
                                request->overwrite);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__result_add_outputs(ctx, result, request->output);
    if (status != KERB_OK)
        goto done;
    result->write_s = kerb_wall_time_s() - start_s;
    status = kerb_study__result_add_input(ctx, result, input);
    if (status != KERB_OK)
        goto done;
    status = summarise(ctx, title, result, &surface, &request->surface, unit,
                       planar ? "units" : "m", &result->summary);
    if (status != KERB_OK)
        goto done;
    *out = result;
    result = NULL;
done:
    kerb_json_clear(&parameters);
    kerb_study__surface_clear(&surface);
    kerb_study__prepared_free(prepared);
    kerb_result_free(result);
    kerb_free(title);
    return status;
}
