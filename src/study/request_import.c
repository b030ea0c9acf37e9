/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The requests that fill a store: incidents and sets of areas.
 */
#include "study_internal.h"

#include <string.h>
#include <sys/stat.h>

/* The working CRS: as asked, else of the store that is there, else the default. */
static kerb_status open_store(kerb_ctx *ctx, const char *path, const char *crs_text,
                              const char *const *inputs, size_t n_inputs,
                              const kerb_input_options *options, kerb_store **store)
{
    struct stat info;
    kerb_crs *crs = NULL;
    bool exists = stat(path, &info) == 0;
    kerb_status status = KERB_OK;
    if (crs_text != NULL || !exists) {
        status = kerb_crs_new(ctx, crs_text != NULL ? crs_text : KERB_DEFAULT_CRS, &crs);
        if (status == KERB_OK)
            status = kerb_study__check_working(ctx, crs, inputs, n_inputs, options);
    }
    if (status == KERB_OK)
        status = kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, store);
    kerb_crs_free(crs);
    return status;
}

static kerb_status set_store_output(kerb_ctx *ctx, kerb_result *result, const char *path)
{
    result->outputs = kerb_calloc_array(1, sizeof *result->outputs);
    if (result->outputs == NULL)
        return kerb_fail_nomem(ctx, "the list of outputs");
    result->n_outputs = 1; /* no checksum: stores are compared by their digest */
    result->outputs[0].path = kerb_text_copy(path);
    return result->outputs[0].path == NULL ? kerb_fail_nomem(ctx, "a path") : KERB_OK;
}

static kerb_status describe_import(kerb_ctx *ctx, const kerb_ingest_report *report,
                                   kerb_result *result)
{
    kerb_text text = {0};
    size_t n_read = 0, n_reasons = 0;
    for (size_t i = 0; i < report->n_files; i++)
        n_read += report->files[i].skipped == NULL;
    kerb_text_add_format(
        &text,
        "%zu %s: %llu rows read, %llu loaded (%llu without coordinates, %llu without date), "
        "%llu rejected\n",
        n_read, n_read == 1 ? "file" : "files", (unsigned long long)report->read,
        (unsigned long long)report->loaded, (unsigned long long)report->without_geometry,
        (unsigned long long)report->without_date, (unsigned long long)report->rejected);
    size_t n_sides = 0;
    const kerb_tally_entry *sides = kerb_tally_entries(report->coarse_place_by_m, &n_sides);
    for (size_t i = 0; i < n_sides; i++)
        kerb_text_add_format(&text, "  coarse_place: %llu known only to a square of %s m\n",
                             (unsigned long long)sides[i].count, sides[i].name);
    const kerb_tally_entry *reasons = kerb_tally_entries(report->by_reason, &n_reasons);
    for (size_t i = 0; i < n_reasons; i++)
        kerb_text_add_format(&text, "  %s: %llu\n", reasons[i].name,
                             (unsigned long long)reasons[i].count);
    if (report->superseded > 0)
        kerb_text_add_format(&text,
                             "  %llu incidents of earlier imports replaced by a later month\n",
                             (unsigned long long)report->superseded);
    for (size_t i = 0; i < report->n_files; i++)
        if (report->files[i].skipped != NULL && !report->files[i].warned)
            kerb_text_add_format(&text, "  skipped %s: %s\n",
                                 report->files[i].member != NULL ? report->files[i].member
                                                                 : report->files[i].name,
                                 report->files[i].skipped);
    return kerb_text_take(ctx, &text, &result->summary);
}

/* The choices of an import, defaults filled in; of a mapping the last part of its path. */
static void add_choices(kerb_json *parameters, const kerb_input_options *options)
{
    const char *format = options->format != NULL ? options->format : "auto",
               *slash = strrchr(format, '/');
    kerb_json_add_text(parameters, "format", slash != NULL ? slash + 1 : format);
    kerb_json_add_text(parameters, "source", options->source);
    kerb_json_add_text(parameters, "input_crs", options->input_crs);
    kerb_json_add_text(parameters, "x_column", options->x_column);
    kerb_json_add_text(parameters, "y_column", options->y_column);
    kerb_json_add_text(parameters, "date_column", options->date_column);
    kerb_json_add_text(parameters, "date_to_column", options->date_to_column);
    kerb_json_add_text(parameters, "recorded_column", options->recorded_column);
    kerb_json_add_text(parameters, "category_column", options->category_column);
    kerb_json_add_text(parameters, "weight_column", options->weight_column);
    if (options->nature.kind != KERB_KIND_OTHER)
        kerb_json_add_text(parameters, "kind", kerb_kind_name(options->nature.kind));
    if (options->nature.origin != KERB_ORIGIN_UNKNOWN)
        kerb_json_add_text(parameters, "origin", kerb_origin_name(options->nature.origin));
}

kerb_status kerb_request_import(kerb_ctx *ctx, const kerb_import_request *request,
                                kerb_result **out)
{
    kerb_result *result = NULL;
    kerb_store *store = NULL;
    kerb_ingest_report *report = NULL;
    kerb_json parameters = {0};
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    kerb_status status = kerb_study__result_new(ctx, &result);
    if (status != KERB_OK)
        goto done;
    status = open_store(ctx, request->store, request->options.crs, request->inputs,
                        request->n_inputs, &request->options, &store);
    if (status != KERB_OK)
        goto done;
    const kerb_input_options *o = &request->options;
    kerb_ingest_options options = {.format = o->format,
                                   .source = o->source,
                                   .input_crs = o->input_crs,
                                   .crs = kerb_store_get_crs(store),
                                   .x_column = o->x_column,
                                   .y_column = o->y_column,
                                   .date_column = o->date_column,
                                   .date_to_column = o->date_to_column,
                                   .recorded_column = o->recorded_column,
                                   .category_column = o->category_column,
                                   .weight_column = o->weight_column,
                                   .nature = o->nature,
                                   .again = request->again};
    status =
        kerb_ingest_import(ctx, request->inputs, request->n_inputs, &options, store, &report);
    if (status != KERB_OK)
        goto done;
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;
    result->events_read = report->read;
    result->events_used = report->loaded;
    result->n_rejected = report->rejected;
    if (report->rejected > 0)
        status = kerb_tally_add(ctx, result->excluded, "rejected", report->rejected);
    if (status != KERB_OK)
        goto done;
    kerb_json_add_text(&parameters, "crs", kerb_crs_id(kerb_store_get_crs(store)));
    add_choices(&parameters, o);
    kerb_json_add_bool(&parameters, "again", request->again);
    status = kerb_json_take(ctx, &parameters, true, &result->parameters);
    if (status == KERB_OK)
        status = kerb_report_json(ctx, report, &result->import);
    if (status == KERB_OK)
        status = describe_import(ctx, report, result);
    if (status == KERB_OK)
        status = set_store_output(ctx, result, request->store);
    if (status != KERB_OK)
        goto done;
    kerb_study__log_report(ctx, report);
    *out = result;
    result = NULL;
done:
    kerb_json_clear(&parameters);
    kerb_store_close(store);
    kerb_ingest_report_free(report);
    kerb_result_free(result);
    return status;
}

/* A set that is there is replaced only when that was asked for. A new store has none yet. */
static kerb_status check_set_is_new(kerb_ctx *ctx, kerb_store *store,
                                    const kerb_areas_request *request)
{
    kerb_areas_set *set = NULL;
    kerb_status status = kerb_store_read_areas(ctx, store, request->set, &set);
    kerb_areas_set_free(set);
    if (status == KERB_ERR_NOT_FOUND)
        return KERB_OK;
    if (status != KERB_OK)
        return status;
    return kerb_fail(ctx, KERB_ERR_EXISTS,
                     "%s has a set '%s' already (say --overwrite to replace it)",
                     request->store, request->set);
}

kerb_status kerb_request_areas(kerb_ctx *ctx, const kerb_areas_request *request,
                               kerb_result **out)
{
    kerb_result *result = NULL;
    kerb_store *store = NULL;
    kerb_areas_set *set = NULL;
    kerb_json parameters = {0};
    kerb_text text = {0};
    char sha256[65];
    const char *slash = strrchr(request->input, '/'),
               *role = request->role != NULL ? request->role : "beat";
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    /* taken as ordinary areas, refuges and children's homes would be named in outputs */
    if (strcmp(role, "sensitive") == 0)
        return kerb_fail(
            ctx, KERB_ERR_UNSUPPORTED,
            "role 'sensitive' is refused: this version cannot mask sensitive places");
    kerb_status status = kerb_study__result_new(ctx, &result);
    if (status != KERB_OK)
        goto done;
    status = open_store(ctx, request->store, request->crs, NULL, 0, NULL, &store);
    if (status != KERB_OK)
        goto done;
    if (!request->overwrite)
        status = check_set_is_new(ctx, store, request);
    if (status != KERB_OK)
        goto done;
    kerb_ingest_areas_options options = request->options;
    options.crs = kerb_store_get_crs(store);
    status = kerb_ingest_read_areas(ctx, request->input, &options, &set);
    if (status == KERB_OK)
        status = kerb_sha256_file(ctx, request->input, sha256);
    if (status == KERB_OK)
        status =
            kerb_store_write_areas(ctx, store, request->set, role,
                                   slash != NULL ? slash + 1 : request->input, sha256, set);
    if (status != KERB_OK)
        goto done;
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;
    kerb_json_add_text(&parameters, "set", request->set);
    kerb_json_add_text(&parameters, "role", role);
    kerb_json_add_text(&parameters, "crs", kerb_crs_id(kerb_store_get_crs(store)));
    kerb_json_add_text(&parameters, "input_crs", request->options.input_crs);
    kerb_json_add_text(&parameters, "layer", request->options.layer);
    kerb_json_add_text(&parameters, "id", request->options.id_field);
    kerb_json_add_text(&parameters, "name", request->options.name_field);
    kerb_json_add_texts(&parameters, "population", request->options.population_fields,
                        request->options.n_population_fields);
    kerb_json_add_count(&parameters, "n_areas", kerb_areas_set_count(set));
    kerb_json_add_count(&parameters, "n_repaired", kerb_areas_set_repaired(set));
    kerb_json_add_text(&parameters, "sha256", sha256);
    status = kerb_json_take(ctx, &parameters, true, &result->parameters);
    kerb_text_add_format(&text, "set '%s' (%s): %zu areas", request->set, role,
                         kerb_areas_set_count(set));
    if (kerb_areas_set_repaired(set) > 0)
        kerb_text_add_format(&text,
                             ", %zu with a border that crossed or touched itself, repaired",
                             kerb_areas_set_repaired(set));
    kerb_text_add(&text, "\n");
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &text, &result->summary);
    if (status == KERB_OK)
        status = set_store_output(ctx, result, request->store);
    if (status != KERB_OK)
        goto done;
    *out = result;
    result = NULL;
done:
    kerb_text_clear(&text);
    kerb_json_clear(&parameters);
    kerb_areas_set_free(set);
    kerb_store_close(store);
    kerb_result_free(result);
    return status;
}
