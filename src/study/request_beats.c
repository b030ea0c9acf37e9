/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request for a table of beats: every row goes to the area whose code it carries, else to
 * the one its point lies in; what fits nowhere is counted and told.
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>

kerb_status kerb_study__beats(kerb_ctx *ctx, kerb_input *input, const char *wanted,
                              const kerb_ingest_areas_options *options, kerb_areas_set **out,
                              char **name)
{
    static const char *const roles[] = {"beat", "ward"};
    char *role_set = NULL;
    kerb_status status = KERB_OK;
    if (wanted == NULL && kerb_input_store(input) != NULL) {
        for (size_t i = 0; role_set == NULL && i < sizeof roles / sizeof roles[0]; i++) {
            size_t n_found = 0;
            status = kerb_store_find_role(ctx, kerb_input_store(input), roles[i], &n_found,
                                          &role_set);
            if (status != KERB_OK)
                return status;
            if (n_found > 1)
                break; /* more than one: the user must choose */
        }
        wanted = role_set;
    }
    *out = NULL;
    *name = NULL;
    if (wanted != NULL) {
        const char *slash = strrchr(wanted, '/');
        status = kerb_input_areas(ctx, input, wanted, options, out);
        if (status == KERB_OK) {
            *name = kerb_text_copy(slash != NULL ? slash + 1 : wanted);
            if (*name == NULL)
                status = kerb_fail_nomem(ctx, "a name");
        }
    }
    kerb_free_text(role_set);
    return status;
}

/* Year of the middle of the period: the population that was at risk. */
static int middle_year(const kerb_selection *selection, const kerb_prepared *prepared)
{
    kerb_civil_s from = selection->filter.from, to = selection->filter.to;
    if (from == KERB_CIVIL_NONE)
        from = prepared->period_from;
    if (to == KERB_CIVIL_NONE)
        to = prepared->period_to;
    if (from == KERB_CIVIL_NONE || to == KERB_CIVIL_NONE)
        return 0;
    kerb_civil_s middle = from + (to - from) / 2;
    return kerb_date_from_days(middle >= 0 ? middle / 86400 : (middle - 86399) / 86400).year;
}

static kerb_status keep_in_window(kerb_ctx *ctx, kerb_prepared *prepared)
{
    const kerb_events *events = prepared->events;
    bool all = true;
    if (prepared->window == NULL)
        return KERB_OK;
    uint8_t *keep = kerb_alloc_array(events->n + 1, 1);
    if (keep == NULL)
        return kerb_fail_nomem(ctx, "the selection of rows");
    for (size_t i = 0; i < events->n; i++) {
        /* a row without a point is kept: its code may still place it */
        keep[i] = isnan(events->x[i]) ||
                  kerb_areas_set_locate(prepared->window, events->x[i], events->y[i]) <
                      kerb_areas_set_count(prepared->window);
        all = all && keep[i];
    }
    kerb_status status =
        all ? KERB_OK : kerb_study__keep_rows(ctx, prepared, keep, "outside_study_area");
    kerb_free(keep);
    return status;
}

static kerb_status fill_layer(kerb_ctx *ctx, const kerb_areas_set *set,
                              const kerb_area_figures *figures, bool planar, kerb_layer **out)
{
    enum {
        ID,
        NAME,
        N,
        POPULATION,
        POPULATION_YEAR,
        RATE,
        RATE_LOW,
        RATE_HIGH,
        SHARE,
        AREA,
        N_FIELDS
    };
    static const struct {
        const char *name;
        kerb_field_type type;
        const char *unit;
    } fields[N_FIELDS] = {
        {"id", KERB_FIELD_TEXT, NULL},
        {"name", KERB_FIELD_TEXT, NULL},
        {"n", KERB_FIELD_INTEGER, "incidents"},
        {"population", KERB_FIELD_REAL, "residents"},
        {"population_year", KERB_FIELD_INTEGER, NULL},
        {"rate_per_1000", KERB_FIELD_REAL, "per 1,000 residents"},
        {"rate_low", KERB_FIELD_REAL, "per 1,000 residents"},
        {"rate_high", KERB_FIELD_REAL, "per 1,000 residents"},
        {"share_of_events", KERB_FIELD_REAL, NULL},
        {"area_km2", KERB_FIELD_REAL, "km²"},
    };
    double m2_per_km2 = planar ? 1.0 : 1e6;
    size_t n = kerb_areas_set_count(set), column[N_FIELDS];
    kerb_layer *layer = NULL;
    bool has_rates = false;
    kerb_status status = kerb_layer_new(ctx, "beats", n, set, &layer);
    for (size_t i = 0; status == KERB_OK && i < N_FIELDS; i++)
        status =
            kerb_layer_add_field(ctx, layer, fields[i].name, fields[i].type,
                                 i == AREA && planar ? "unit²" : fields[i].unit, &column[i]);
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        const kerb_area_figures *line = &figures[i];
        status = kerb_layer_set_text(ctx, layer, i, column[ID], kerb_areas_set_id(set, i));
        if (status == KERB_OK)
            status =
                kerb_layer_set_text(ctx, layer, i, column[NAME], kerb_areas_set_name(set, i));
        if (status != KERB_OK)
            break;
        kerb_layer_set_integer(layer, i, column[N], (int64_t)line->n);
        kerb_layer_set_real(layer, i, column[POPULATION], line->population);
        if (line->population_year != 0)
            kerb_layer_set_integer(layer, i, column[POPULATION_YEAR], line->population_year);
        kerb_layer_set_real(layer, i, column[RATE], line->rate_per_1000);
        kerb_layer_set_real(layer, i, column[RATE_LOW], line->rate_low);
        kerb_layer_set_real(layer, i, column[RATE_HIGH], line->rate_high);
        kerb_layer_set_real(layer, i, column[SHARE], line->share_of_events);
        kerb_layer_set_real(layer, i, column[AREA], line->area_m2 / m2_per_km2);
        has_rates = has_rates || !isnan(line->rate_per_1000);
    }
    if (status == KERB_OK) {
        kerb_layer_set_style(layer, has_rates ? column[RATE] : column[N],
                             KERB_CLASSES_QUANTILE);
        *out = layer;
    } else {
        kerb_layer_free(layer);
    }
    return status;
}

static kerb_status describe(kerb_ctx *ctx, const kerb_task *task, const kerb_areas_set *set,
                            const kerb_area_figures *figures, const kerb_assignment *assignment)
{
    kerb_result *result = task->result;
    kerb_json details = {0};
    kerb_text text = {0};
    size_t n_assigned = assignment->n_by_code + assignment->n_by_place, highest = 0,
           n = kerb_areas_set_count(set);
    size_t n_unassigned =
        assignment->n_outside + assignment->n_no_place + assignment->n_too_coarse;
    for (size_t i = 1; i < n; i++)
        if (figures[i].n > figures[highest].n)
            highest = i;
    kerb_text_add_format(&text, "%s\n", task->title);
    kerb_study__add_window(&text, task->prepared);
    kerb_text_add_format(
        &text, "  %zu areas; %zu incidents assigned (%zu by area code, %zu by place)\n", n,
        n_assigned, assignment->n_by_code, assignment->n_by_place);
    kerb_text_add_format(&text,
                         "  unassigned: %zu (%zu outside every area, %zu without coordinates "
                         "or a code that fits)\n",
                         n_unassigned, assignment->n_outside, assignment->n_no_place);
    if (assignment->n_too_coarse > 0)
        kerb_text_add_format(&text,
                             "  %zu of these are known only to a square that reaches into "
                             "several areas\n",
                             assignment->n_too_coarse);
    if (n > 0 && figures[highest].n > 0) {
        char share[32];
        kerb_format_fixed(figures[highest].share_of_events * 100.0, 1, share, sizeof share);
        kerb_text_add_format(&text, "  most: %s, %zu (%s %% of those assigned)\n",
                             kerb_areas_set_name(set, highest), figures[highest].n, share);
    }
    kerb_status status = kerb_text_take(ctx, &text, &result->summary);
    if (status != KERB_OK)
        return status;
    kerb_json_add_count(&details, "n_areas", n);
    kerb_json_add_count(&details, "assigned", n_assigned);
    kerb_json_add_count(&details, "assigned_by_code", assignment->n_by_code);
    kerb_json_add_count(&details, "assigned_by_place", assignment->n_by_place);
    kerb_json_add_count(&details, "unassigned", n_unassigned);
    kerb_json_add_count(&details, "unassigned_outside", assignment->n_outside);
    kerb_json_add_count(&details, "unassigned_without_place", assignment->n_no_place);
    kerb_json_add_count(&details, "unassigned_too_coarse", assignment->n_too_coarse);
    return kerb_json_take(ctx, &details, true, &result->details);
}

/* Rows that no area took are left out of the figures, and told. */
static kerb_status tally_unassigned(kerb_ctx *ctx, const kerb_assignment *assignment,
                                    kerb_tally *excluded)
{
    kerb_status status = KERB_OK;
    if (assignment->n_outside > 0)
        status = kerb_tally_add(ctx, excluded, "outside_every_area", assignment->n_outside);
    if (status == KERB_OK && assignment->n_no_place > 0)
        status = kerb_tally_add(ctx, excluded, "no_place", assignment->n_no_place);
    if (status == KERB_OK && assignment->n_too_coarse > 0)
        status = kerb_tally_add(ctx, excluded, "place_too_coarse", assignment->n_too_coarse);
    return status;
}

/* Stop and search is counted by whole districts, counties and forces only: below, a table
 * points at the people of a street (domain rule, statistics part 6). A file has no role. */
static kerb_status may_count_searches(kerb_ctx *ctx, kerb_input *input, const char *areas,
                                      bool *out)
{
    static const char *const large[] = {"district", "county", "force"};
    char *role = NULL;
    kerb_status status =
        areas != NULL ? kerb_input__area_role(ctx, input, areas, &role) : KERB_OK;
    *out = false;
    for (size_t i = 0; role != NULL && i < sizeof large / sizeof large[0]; i++)
        *out = *out || strcmp(role, large[i]) == 0;
    kerb_free_text(role);
    return status;
}

static void add_parameters(kerb_json *parameters, const char *set_name,
                           const kerb_assignment *assignment, int year)
{
    kerb_json_add_text(parameters, "set", set_name);
    kerb_json_add_text(
        parameters, "border_rule",
        "inside or on the border; the first of several areas in the set's order");
    kerb_json_add_text(parameters, "assignment",
                       assignment->used_codes ? "by code, else by place" : "by place");
    kerb_json_add_text(parameters, "rate_limits", "exact Poisson (Garwood) 95 %");
    if (year != 0)
        kerb_json_add_integer(parameters, "population_wanted_year", year);
}

kerb_status kerb_request_beats(kerb_ctx *ctx, kerb_input *input,
                               const kerb_beats_request *request, kerb_result **out)
{
    kerb_task task = {.command = "beats",
                      .input = input,
                      .selection = &request->selection,
                      .overwrite = request->overwrite};
    kerb_areas_set *set = NULL;
    kerb_area_figures *figures = NULL;
    kerb_layer *layer = NULL;
    size_t *area_of = NULL;
    kerb_assignment assignment = {0};
    char *set_name = NULL;
    bool with_searches = false;

    kerb_status status =
        kerb_study__begin(ctx, &task, request->outputs, request->n_outputs, false);
    if (status != KERB_OK)
        goto done;
    status =
        kerb_study__beats(ctx, input, request->areas, &request->areas_options, &set, &set_name);
    if (status != KERB_OK)
        goto done;
    if (set == NULL) {
        status = kerb_fail(ctx, KERB_ERR_ARG,
                           "no areas named: say --set NAME (in the store) or --areas FILE");
        goto done;
    }
    status = may_count_searches(ctx, input, request->areas, &with_searches);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__prepare(ctx, input, &request->selection,
                                 with_searches ? 0u : KERB_PREPARE_HARM, &task.prepared);
    if (status != KERB_OK)
        goto done;
    status = keep_in_window(ctx, task.prepared);
    if (status != KERB_OK)
        goto done;
    const kerb_events *events = task.prepared->events;
    area_of = kerb_alloc_array(events->n + 1, sizeof *area_of);
    if (area_of == NULL) {
        status = kerb_fail_nomem(ctx, "the assignment of events");
        goto done;
    }
    status = kerb_areas_assign(ctx, set, events, area_of, &assignment);
    if (status != KERB_OK)
        goto done;
    int year = middle_year(&request->selection, task.prepared);
    status = kerb_areas_rates(ctx, set, events, area_of, year, &figures);
    if (status != KERB_OK)
        goto done;

    status = tally_unassigned(ctx, &assignment, task.prepared->excluded);
    if (status != KERB_OK)
        goto done;
    add_parameters(&task.parameters, set_name, &assignment, year);
    status = kerb_study__computed(ctx, &task, assignment.n_by_code + assignment.n_by_place,
                                  request->title);
    if (status != KERB_OK)
        goto done;
    status = describe(ctx, &task, set, figures, &assignment);
    if (status != KERB_OK)
        goto done;
    status = fill_layer(ctx, set, figures, kerb_crs_is_none(kerb_input_crs(input)), &layer);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__write_layer(ctx, &task, layer, request->outputs, request->n_outputs);
done:
    kerb_layer_free(layer);
    kerb_free_text((char *)figures);
    kerb_free(area_of);
    kerb_areas_set_free(set);
    kerb_free(set_name);
    return kerb_study__end(&task, status, out);
}
