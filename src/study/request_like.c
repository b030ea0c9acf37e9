/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request for a surface as another program would draw it, and one table of what differs:
 * for each property what kerb does, what they do, and what that comes to on these rows. For the
 * last column kerb's own surface is made of the same rows.
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>

/* One row of the table. */
typedef struct difference {
    const char *property;
    kerb_text kerb, theirs, effect;
} difference;

enum { MAX_DIFFERENCES = 10 };

typedef struct like_table {
    difference rows[MAX_DIFFERENCES];
    size_t n;
} like_table;

static difference *add_row(like_table *table, const char *property)
{
    difference *row = &table->rows[table->n++];
    row->property = property;
    return row;
}

static void clear_table(like_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        kerb_text_clear(&table->rows[i].kerb);
        kerb_text_clear(&table->rows[i].theirs);
        kerb_text_clear(&table->rows[i].effect);
    }
}

/* Four figures that count, whatever the locale. */
static const char *figure(double value, char *text, size_t size)
{
    const int n_figures = 4;
    double magnitude = value != 0.0 && isfinite(value) ? floor(log10(fabs(value))) : 0.0;
    double decimals = (double)(n_figures - 1) - magnitude;
    kerb_format_fixed(value,
                      decimals < 0.0    ? 0
                      : decimals > 12.0 ? 12
                                        : (int)decimals,
                      text, size);
    return text;
}

/* kerb's own surface of the rows, and theirs, with all that the table speaks of. */
typedef struct both {
    const kerb_like_facts *facts;
    const kerb_like_drawing *theirs;
    const kerb_frame *frame;
    const kerb_grid *own; /* in its unit */
    kerb_density_mass mass;
    uint64_t n_theirs, n_own; /* rows used */
    const char *own_unit, *their_unit, *length_unit;
} both;

static void tell_value(like_table *table, const both *b)
{
    difference *row = add_row(table, "value");
    char t[48], k[48], r[48];
    double own = kerb_grid_summarise(b->own).max,
           theirs = kerb_grid_summarise(b->theirs->grid).max;
    kerb_text_add_format(&row->kerb, "%s; one event holds 1", b->own_unit);
    kerb_text_add(&row->theirs, b->facts->value);
    kerb_text_add_format(&row->effect, "highest %s against %s, %s of it",
                         figure(theirs, t, sizeof t), figure(own, k, sizeof k),
                         own > 0.0 ? figure(theirs / own, r, sizeof r) : "no part");
}

static void tell_bandwidth(like_table *table, const both *b)
{
    difference *row = add_row(table, "bandwidth");
    const kerb_density_options *own = &b->frame->density;
    char a[48], c[48];
    double own_sd = kerb_kernel_sd_m(own->kernel, own->bandwidth_m);
    kerb_text_add_format(&row->kerb, "%s %s %s, sd %s %s",
                         own->kernel == KERB_KERNEL_GAUSSIAN ? "sd" : "radius",
                         figure(own->bandwidth_m, a, sizeof a), b->length_unit,
                         figure(own_sd, c, sizeof c), b->length_unit);
    kerb_text_add_format(&row->theirs, "given %s %s, sd %s %s",
                         figure(b->theirs->bandwidth_m, a, sizeof a), b->length_unit,
                         figure(b->theirs->sd_m, c, sizeof c), b->length_unit);
    double ratio = b->theirs->sd_m / own_sd;
    if (fabs(ratio - 1.0) < 1e-12)
        kerb_text_add(&row->effect, "none: the same width");
    else
        kerb_text_add_format(&row->effect, "their hills are %s times as wide",
                             figure(ratio, a, sizeof a));
}

static void tell_reach(like_table *table, const both *b)
{
    difference *row = add_row(table, "reach");
    const kerb_density_options *own = &b->frame->density;
    double own_m = kerb_kernel_reach_m(own->kernel, own->bandwidth_m);
    char a[48], c[48];
    kerb_text_add_format(&row->kerb, "%s %s", figure(own_m, a, sizeof a), b->length_unit);
    kerb_text_add_format(&row->theirs, "%s %s", figure(b->theirs->reach_m, c, sizeof c),
                         b->length_unit);
    double sds = b->theirs->reach_m / b->theirs->sd_m;
    if (own->kernel == KERB_KERNEL_GAUSSIAN && sds < 7.0)
        kerb_text_add_format(&row->effect, "their Gaussian is cut where it is %s of its peak",
                             figure(exp(-0.5 * sds * sds), a, sizeof a));
    else
        kerb_text_add(&row->effect, fabs(own_m - b->theirs->reach_m) <= 1e-9 * own_m
                                        ? "none"
                                        : "follows from the bandwidth");
}

static void tell_places(like_table *table, const both *b)
{
    difference *row = add_row(table, "places");
    char a[48], c[48];
    kerb_text_add(&row->kerb, "where they are");
    kerb_text_add(&row->theirs, b->facts->places);
    if (b->theirs->moved_m > 0.0)
        kerb_text_add_format(&row->effect,
                             "moved by up to %s %s; a cell changes by up to %s %% of the "
                             "highest",
                             figure(b->theirs->moved_m, a, sizeof a), b->length_unit,
                             figure(100.0 * b->theirs->moved_change, c, sizeof c));
    else
        kerb_text_add(&row->effect, "none");
}

/* How far borders of cells lie from the nearest ones of the other grid. */
static double border_apart(double distance_m, double cell_m)
{
    double rest_m = fmod(fabs(distance_m), cell_m);
    return fmin(rest_m, cell_m - rest_m);
}

static void tell_cells(like_table *table, const both *b)
{
    difference *row = add_row(table, "cells");
    const kerb_grid_spec *own = kerb_grid_get_spec(b->own),
                         *theirs = kerb_grid_get_spec(b->theirs->grid);
    char west[48], north[48], cell[48], own_cell[48];
    kerb_text_add_format(&row->kerb, "%s",
                         b->frame->mask != NULL ? "multiples of the cell, the study area"
                                                : "multiples of the cell, the box asked for or "
                                                  "the events grown by the reach");
    kerb_text_add(&row->theirs, b->facts->cells);
    kerb_text_add_format(&row->effect, "%zu x %zu cells of %s against %zu x %zu of %s",
                         theirs->n_rows, theirs->n_cols,
                         figure(theirs->cell_m, cell, sizeof cell), own->n_rows, own->n_cols,
                         figure(own->cell_m, own_cell, sizeof own_cell));
    kerb_text_add_format(
        &row->effect, "; borders %s and %s %s apart",
        figure(border_apart(theirs->xmin - own->xmin, theirs->cell_m), west, sizeof west),
        figure(border_apart(theirs->ymax - own->ymax, theirs->cell_m), north, sizeof north),
        b->length_unit);
}

static void tell_empty(like_table *table, const both *b)
{
    difference *row = add_row(table, "cells nothing reaches");
    const kerb_grid_spec *spec = kerb_grid_get_spec(b->theirs->grid);
    kerb_text_add(&row->kerb, "0");
    kerb_text_add(&row->theirs, b->facts->empty);
    kerb_text_add_format(
        &row->effect, "%zu of %zu cells%s", b->theirs->n_empty, spec->n_rows * spec->n_cols,
        b->facts->empty_is_nodata ? ": their mean over the raster leaves these out" : "");
}

static void tell_edge(like_table *table, const both *b)
{
    difference *row = add_row(table, "border");
    char a[48], c[48];
    kerb_text_add_format(&row->kerb, "edge correction %s%s", kerb_edge_name(b->frame->edge),
                         b->frame->mask != NULL ? ", no values outside the study area" : "");
    kerb_text_add(&row->theirs, "no study area, no correction");
    kerb_text_add_format(&row->effect, "kerb's surface holds %s of %s events",
                         figure(b->mass.raster, a, sizeof a),
                         figure(b->mass.events, c, sizeof c));
}

static void tell_rows(like_table *table, const both *b)
{
    difference *row = add_row(table, "rows");
    kerb_text_add(&row->kerb,
                  "those that reach the map and whose places are known well enough");
    kerb_text_add(&row->theirs, "all with coordinates");
    kerb_text_add_format(&row->effect, "%llu against %llu", (unsigned long long)b->n_theirs,
                         (unsigned long long)b->n_own);
}

static void tell_numbers(like_table *table, const both *b)
{
    difference *row = add_row(table, "numbers");
    kerb_text_add(&row->kerb, "exact to rounding");
    kerb_text_add(&row->theirs, b->facts->numbers);
    kerb_text_add(&row->effect, strncmp(b->facts->numbers, "float32", 7) == 0
                                    ? "not imitated: about 1e-6 of the highest value"
                                    : "none");
}

/* The table as lines for people and as the member `differences` of the result. */
static kerb_status write_table(kerb_ctx *ctx, const like_table *table, kerb_text *lines,
                               char **details)
{
    kerb_text json = {0};
    kerb_status status = KERB_OK;
    kerb_text_add(&json, "{\"differences\":[");
    for (size_t i = 0; status == KERB_OK && i < table->n; i++) {
        const difference *row = &table->rows[i];
        kerb_json object = {0};
        char *text = NULL;
        kerb_text_add_format(lines, "  %-22s kerb   %s\n  %-22s theirs %s\n  %-22s here   %s\n",
                             row->property, row->kerb.data, "", row->theirs.data, "",
                             row->effect.data);
        kerb_json_add_text(&object, "property", row->property);
        kerb_json_add_text(&object, "kerb", row->kerb.data);
        kerb_json_add_text(&object, "theirs", row->theirs.data);
        kerb_json_add_text(&object, "effect", row->effect.data);
        status = kerb_json_take(ctx, &object, true, &text);
        if (status != KERB_OK)
            break;
        kerb_text_add_format(&json, "%s%s", i > 0 ? "," : "", text);
        kerb_free(text);
    }
    kerb_text_add(&json, "]}");
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &json, details);
    kerb_text_clear(&json);
    return status;
}

static kerb_status tell(kerb_ctx *ctx, const kerb_task *task, const both *b)
{
    static void (*const tellers[])(like_table *, const both *) = {
        tell_value, tell_bandwidth, tell_reach, tell_places, tell_cells,
        tell_empty, tell_edge,      tell_rows,  tell_numbers};
    kerb_text lines = {0};
    like_table table = {.n = 0};
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < sizeof tellers / sizeof *tellers; i++)
        tellers[i](&table, b);
    for (size_t i = 0; i < table.n; i++)
        if (table.rows[i].kerb.failed || table.rows[i].theirs.failed ||
            table.rows[i].effect.failed)
            status = kerb_fail_nomem(ctx, "the table of differences");
    kerb_text_add_format(&lines, "%s\n  %llu of %llu incidents used; %s\n", task->title,
                         (unsigned long long)task->result->events_used,
                         (unsigned long long)task->result->events_read, b->facts->evidence);
    if (status == KERB_OK)
        status = write_table(ctx, &table, &lines, &task->result->details);
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &lines, &task->result->summary);
    kerb_text_clear(&lines);
    clear_table(&table);
    return status;
}

/* ------------------------------------------------------------------------- */

/* kerb's own surface of the same rows, in its own unit, and the table. The rows that it leaves
 * out are counted apart: the raster that is written uses them. */
static kerb_status compare(kerb_ctx *ctx, kerb_task *task, const kerb_density_request *request,
                           both *b)
{
    const kerb_crs *crs = kerb_input_crs(task->input);
    bool planar = kerb_crs_is_none(crs);
    kerb_frame frame = {0};
    kerb_grid *own = NULL;
    kerb_tally_free(task->prepared->excluded);
    task->prepared->excluded = kerb_tally_new();
    if (task->prepared->excluded == NULL)
        return kerb_fail_nomem(ctx, "the count of rows");
    kerb_status status = kerb_study__frame(ctx, crs, task->prepared, &request->surface, &frame);
    if (status == KERB_OK)
        status = kerb_study__surface(ctx, &frame, task->prepared->events, &own, &b->mass, NULL);
    if (status != KERB_OK)
        goto done;
    kerb_grid_scale(own, planar ? 1.0 : 1e6);
    b->own = own;
    b->frame = &frame;
    b->n_own = task->prepared->events->n;
    b->own_unit = planar ? "events per unit2" : "events per km2";
    b->length_unit = planar ? "units" : "m";
    status = tell(ctx, task, b);
done:
    kerb_grid_free(own);
    kerb_study__frame_clear(&frame);
    return status;
}

static void add_parameters(kerb_json *parameters, const kerb_density_request *request,
                           const kerb_like_drawing *drawing, const char *unit)
{
    kerb_kernel kernel = request->surface.density.kernel;
    kerb_json_add_text(parameters, "like", kerb_like_name(request->like));
    kerb_json_add_text(parameters, "kernel", kerb_kernel_name(kernel));
    kerb_json_add_text(parameters, "bandwidth_method",
                       request->like == KERB_LIKE_ARCGIS && !request->has_bandwidth ? "arcgis"
                                                                                    : "fixed");
    kerb_json_add_real(parameters, "bandwidth_given", drawing->bandwidth_m);
    kerb_json_add_real(parameters, "bandwidth_sd", drawing->sd_m);
    kerb_json_add_real(parameters, "bandwidth_radius", drawing->reach_m);
    kerb_json_add_real(parameters, "factor", drawing->factor);
    kerb_study__add_grid(parameters, kerb_grid_get_spec(drawing->grid));
    kerb_json_add_text(parameters, "type",
                       request->type == KERB_RASTER_FLOAT64 ? "float64" : "float32");
    kerb_json_add_text(parameters, "unit", unit);
}

static const char *unit_of(kerb_like like, bool planar)
{
    switch (like) {
    case KERB_LIKE_QGIS:
        return "sum of kernel heights";
    case KERB_LIKE_CRIMESTAT:
        return "events per cell";
    case KERB_LIKE_ARCGIS:
        return planar ? "events per unit2" : "events per km2";
    case KERB_LIKE_QGIS_SCALED:
    case KERB_LIKE_GRASS:
    case KERB_LIKE_NONE:
    case KERB_LIKE_COUNT:
        break;
    }
    return planar ? "events per unit2" : "events per m2";
}

static kerb_like_options options_of(const kerb_density_request *request, bool planar)
{
    const kerb_surface_options *surface = &request->surface;
    const kerb_like_facts *facts = kerb_like_facts_of(request->like);
    return (kerb_like_options){.like = request->like,
                               .kernel = surface->density.kernel,
                               .has_bandwidth =
                                   request->has_bandwidth || !facts->has_default_radius,
                               .bandwidth_m = surface->density.bandwidth_m,
                               .has_cell = surface->has_cell,
                               .cell_m = surface->cell_m,
                               .has_box = surface->has_bbox,
                               .box = surface->bbox,
                               .is_planar = planar};
}

/* "As QGIS 3.22 heatmap (raw) would draw it: Burglary, ..." */
static kerb_status retitle(kerb_ctx *ctx, kerb_task *task, const kerb_like_facts *facts)
{
    kerb_text title = {0};
    char *text = NULL;
    kerb_text_add_format(&title, "As %s would draw it: %s", facts->program, task->title);
    kerb_status status = kerb_text_take(ctx, &title, &text);
    if (status == KERB_OK) {
        kerb_free(task->title);
        task->title = text;
    }
    kerb_text_clear(&title);
    return status;
}

kerb_status kerb_study__request_like(kerb_ctx *ctx, kerb_input *input,
                                     const kerb_density_request *request, kerb_result **out)
{
    kerb_task task = {.command = "density",
                      .input = input,
                      .selection = &request->selection,
                      .overwrite = request->overwrite};
    const kerb_like_facts *facts = kerb_like_facts_of(request->like);
    bool planar = kerb_crs_is_none(kerb_input_crs(input));
    const char *unit = unit_of(request->like, planar);
    kerb_like_options options = options_of(request, planar);
    kerb_like_drawing drawing = {0};
    kerb_density_points points = {0};
    both b = {.facts = facts, .theirs = &drawing, .their_unit = unit};

    kerb_status status = kerb_study__begin(ctx, &task, &request->output, 1, true);
    if (status == KERB_OK)
        status = kerb_study__prepare(ctx, input, &request->selection,
                                     KERB_PREPARE_LOCATED | KERB_PREPARE_HARM, &task.prepared);
    if (status != KERB_OK)
        goto done;
    points = (kerb_density_points){.n = task.prepared->events->n,
                                   .x = task.prepared->events->x,
                                   .y = task.prepared->events->y,
                                   .weight = task.prepared->events->weight};
    status = kerb_like_draw(ctx, &points, &options, &drawing);
    if (status != KERB_OK)
        goto done;
    add_parameters(&task.parameters, request, &drawing, unit);
    b.n_theirs = points.n;
    status = kerb_study__computed(ctx, &task, points.n, request->title);
    if (status == KERB_OK)
        status = retitle(ctx, &task, facts);
    if (status == KERB_OK)
        status = compare(ctx, &task, request, &b);
    if (status == KERB_OK)
        status = kerb_study__write_raster(ctx, &task, drawing.grid, unit, request->type,
                                          request->output);
done:
    kerb_like_drawing_clear(&drawing);
    return kerb_study__end(&task, status, out);
}
