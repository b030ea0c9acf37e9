/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request for a check: everything that is known of an input is gathered (rows, sets of
 * areas, reasons, the state of the index), looked at, and told.
 */
#include "study_internal.h"

#include <string.h>

typedef struct gathered {
    kerb_ctx *ctx;
    kerb_store *store;
    size_t n, capacity;
    kerb_quality_areas *areas; /* names, roles and sets are owned */
    kerb_tally *rejected, *without_geometry;
    char *index_fault;
} gathered;

/* Sets are const for those who look at them; here they are owned. */
static void free_set(const kerb_areas_set *owned)
{
    union {
        const kerb_areas_set *in;
        kerb_areas_set *out;
    } set = {.in = owned};
    kerb_areas_set_free(set.out);
}

static void gathered_clear(gathered *all)
{
    for (size_t i = 0; i < all->n; i++) {
        union {
            const char *in;
            char *out;
        } name = {.in = all->areas[i].name}, role = {.in = all->areas[i].role};
        free_set(all->areas[i].set);
        kerb_free(name.out);
        kerb_free(role.out);
    }
    kerb_free(all->areas);
    kerb_tally_free(all->rejected);
    kerb_tally_free(all->without_geometry);
    kerb_free_text(all->index_fault);
}

/* Takes the set. */
static kerb_status add_set(gathered *all, const char *name, const char *role,
                           kerb_areas_set *set)
{
    if (all->n == all->capacity) {
        size_t capacity = all->capacity ? 2 * all->capacity : 8;
        kerb_quality_areas *grown = kerb_realloc_array(all->areas, capacity, sizeof *grown);
        if (grown == NULL) {
            kerb_areas_set_free(set);
            return kerb_fail_nomem(all->ctx, "the sets of areas");
        }
        all->areas = grown;
        all->capacity = capacity;
    }
    kerb_quality_areas *added = &all->areas[all->n++];
    *added = (kerb_quality_areas){kerb_text_copy(name), kerb_text_copy(role), set};
    return added->name && added->role ? KERB_OK : kerb_fail_nomem(all->ctx, "a name");
}

static kerb_status visit_set(void *user, const char *name, const char *role)
{
    gathered *all = user;
    kerb_areas_set *set = NULL;
    /* roads and exclusions hold no incidents by themselves */
    if (strcmp(role, "exclude") == 0 || strcmp(role, "road") == 0)
        return KERB_OK;
    kerb_status status = kerb_store_read_areas(all->ctx, all->store, name, &set);
    return status == KERB_OK ? add_set(all, name, role, set) : status;
}

/* Rows that are read without a place but have one in the store lie in sensitive places. They
 * count as blank ones: two figures that differ by them would tell of them. */
static kerb_status cover_masked(gathered *all, const kerb_events *events)
{
    size_t n = 0;
    uint64_t n_told = 0, n_without = (uint64_t)(events->n - kerb_events_count_located(events));
    const kerb_tally_entry *entries = kerb_tally_entries(all->without_geometry, &n);
    for (size_t i = 0; i < n; i++)
        n_told += entries[i].count;
    if (n_without <= n_told)
        return KERB_OK;
    return kerb_tally_add(all->ctx, all->without_geometry, "no_coordinates",
                          n_without - n_told);
}

/* A file's reasons are of rejected rows and of rows without geometry together. */
static bool is_without_geometry(const char *reason)
{
    return strcmp(reason, "no_coordinates") == 0 || strcmp(reason, "zero_coordinates") == 0 ||
           strcmp(reason, "outside_crs_area") == 0;
}

static kerb_status gather_reasons(gathered *all, const kerb_ingest_report *report)
{
    size_t n = 0;
    kerb_status status = KERB_OK;
    const kerb_tally_entry *entries = kerb_tally_entries(report->by_reason, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = kerb_tally_add(all->ctx,
                                is_without_geometry(entries[i].name) ? all->without_geometry
                                                                     : all->rejected,
                                entries[i].name, entries[i].count);
    return status;
}

static kerb_status gather(kerb_ctx *ctx, kerb_input *input, const kerb_check_request *request,
                          gathered *all)
{
    kerb_status status = KERB_OK;
    *all = (gathered){.ctx = ctx, .store = kerb_input_store(input)};
    all->rejected = kerb_tally_new();
    all->without_geometry = kerb_tally_new();
    if (all->rejected == NULL || all->without_geometry == NULL)
        return kerb_fail_nomem(ctx, "a tally");
    if (all->store != NULL) {
        status = kerb_store_each_area_set(ctx, all->store, visit_set, all);
        if (status == KERB_OK)
            status =
                kerb_store_count_reasons(ctx, all->store, all->rejected, all->without_geometry);
        if (status == KERB_OK)
            status = cover_masked(all, kerb_input_events(input));
        if (status == KERB_OK)
            status = kerb_store_check_index(ctx, all->store, &all->index_fault);
    } else {
        status = gather_reasons(all, kerb_input_report(input));
    }
    if (status == KERB_OK && request->areas != NULL) {
        kerb_areas_set *set = NULL;
        const char *slash = strrchr(request->areas, '/');
        status = kerb_input_areas(ctx, input, request->areas, &request->areas_options, &set);
        if (status == KERB_OK)
            status = add_set(all, slash != NULL ? slash + 1 : request->areas, "beat", set);
    }
    return status;
}

static void add_parameters(kerb_json *parameters, const kerb_check_request *request,
                           const gathered *all)
{
    const char *names[64];
    size_t n = all->n < 64 ? all->n : 64;
    for (size_t i = 0; i < n; i++)
        names[i] = all->areas[i].name;
    kerb_json_add_real(parameters, "bandwidth_radius", request->radius_m);
    kerb_json_add_texts(parameters, "areas", names, n);
}

static kerb_status check(kerb_ctx *ctx, const kerb_task *task, const gathered *all,
                         double radius_m, kerb_quality_report **out)
{
    const kerb_prepared *prepared = task->prepared;
    kerb_quality_input quality = {.events = prepared->events,
                                  .window = prepared->window,
                                  .window_name = prepared->window_name,
                                  .areas = all->areas,
                                  .n_areas = all->n,
                                  .n_loaded = kerb_input_events(task->input)->n,
                                  .rejected = all->rejected,
                                  .without_geometry = all->without_geometry,
                                  .is_store = all->store != NULL,
                                  .index_fault = all->index_fault,
                                  .is_planar = kerb_crs_is_none(kerb_input_crs(task->input))};
    kerb_quality_options options = {.radius_m = radius_m};
    return kerb_quality_check(ctx, &quality, &options, out);
}

static kerb_status write_output(kerb_ctx *ctx, kerb_task *task,
                                const kerb_quality_report *report, const char *output)
{
    double start_s = kerb_wall_time_s();
    char *stamp = NULL;
    if (output == NULL)
        return KERB_OK;
    kerb_status status = kerb_study__stamp(ctx, task, &stamp);
    if (status == KERB_OK)
        status = kerb_study__write_findings(ctx, report, task->title, task->result->details,
                                            stamp, output, task->overwrite);
    if (status == KERB_OK)
        status = kerb_study__result_add_file(ctx, task->result, output);
    task->result->write_s = kerb_wall_time_s() - start_s;
    kerb_free_text(stamp);
    return status;
}

kerb_status kerb_request_check(kerb_ctx *ctx, kerb_input *input,
                               const kerb_check_request *request, kerb_result **out)
{
    kerb_task task = {.command = "check",
                      .input = input,
                      .selection = &request->selection,
                      .overwrite = request->overwrite};
    kerb_quality_report *report = NULL;
    gathered all = {0};
    kerb_status status = KERB_OK;
    if (request->output != NULL)
        status = kerb_check_output(ctx, request->output, request->overwrite);
    if (status == KERB_OK)
        status = kerb_study__begin(ctx, &task, NULL, 0, false);
    if (status == KERB_OK)
        status = kerb_study__prepare(ctx, input, &request->selection, KERB_PREPARE_UNMIXED,
                                     &task.prepared);
    if (status == KERB_OK)
        status = gather(ctx, input, request, &all);
    if (status == KERB_OK)
        status = check(ctx, &task, &all, request->radius_m, &report);
    if (status != KERB_OK)
        goto done;
    add_parameters(&task.parameters, request, &all);
    status = kerb_study__computed(ctx, &task, task.prepared->events->n, request->title);
    if (status == KERB_OK)
        status = kerb_study__findings_json(ctx, report, &task.result->details);
    if (status == KERB_OK)
        status = kerb_study__findings_lines(ctx, report, task.title, &task.result->summary);
    if (status == KERB_OK)
        status = write_output(ctx, &task, report, request->output);
done:
    kerb_quality_report_free(report);
    gathered_clear(&all);
    return kerb_study__end(&task, status, out);
}
