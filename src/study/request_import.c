/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request that fills a store with incidents.
 */
#include "study_internal.h"

#include <string.h>
#include <sys/stat.h>

/* The working CRS: as asked, else of the store that is there, else the default. */
kerb_status kerb_study__open_store(kerb_ctx *ctx, const char *path, const char *crs_text,
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

kerb_status kerb_study__set_store_output(kerb_ctx *ctx, kerb_result *result, const char *path)
{
    result->outputs = kerb_calloc_array(1, sizeof *result->outputs);
    if (result->outputs == NULL)
        return kerb_fail_nomem(ctx, "the list of outputs");
    result->n_outputs = 1; /* no checksum: stores are compared by their digest */
    result->outputs[0].path = kerb_text_copy(path);
    return result->outputs[0].path == NULL ? kerb_fail_nomem(ctx, "a path") : KERB_OK;
}

static void describe_changes(kerb_text *text, const kerb_import_changes *c)
{
    kerb_text_add_format(
        text, "  records: %llu new, %llu changed, %llu unchanged, %llu withdrawn\n",
        (unsigned long long)c->n_new, (unsigned long long)c->n_changed,
        (unsigned long long)c->n_unchanged, (unsigned long long)c->n_withdrawn);
    if (c->n_kept > 0)
        kerb_text_add_format(text,
                             "  left as they were, because the extract's rows of them were "
                             "rejected: %llu\n",
                             (unsigned long long)c->n_kept);
    if (c->n_new_without_key + c->n_unchanged_without_key + c->n_withdrawn_without_key > 0)
        kerb_text_add_format(text,
                             "  without a reference, compared by content: %llu new, %llu "
                             "unchanged, %llu withdrawn\n",
                             (unsigned long long)c->n_new_without_key,
                             (unsigned long long)c->n_unchanged_without_key,
                             (unsigned long long)c->n_withdrawn_without_key);
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
    const kerb_ingest_records *records = &report->records;
    if (records->collisions + records->vehicles + records->casualties > 0)
        kerb_text_add_format(&text, "  collisions: %llu, vehicles: %llu, casualties: %llu\n",
                             (unsigned long long)records->collisions,
                             (unsigned long long)records->vehicles,
                             (unsigned long long)records->casualties);
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
    if (report->has_changes)
        describe_changes(&text, &report->changes);
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
    kerb_json_add_text(parameters, "key_column", options->key_column);
}

/* "2024-01:2024-03". A time of day has colons too: the first one with a date on both sides. */
static kerb_status parse_period(kerb_ctx *ctx, const char *text, kerb_import_extract *out)
{
    char shown[4 * 60 + 8];
    bool is_read = false;
    for (const char *colon = strchr(text, ':'); colon != NULL && !is_read;
         colon = strchr(colon + 1, ':')) {
        char *from = kerb_text_copy_n(text, (size_t)(colon - text));
        if (from == NULL)
            return kerb_fail_nomem(ctx, "a period");
        is_read = kerb_civil_parse(ctx, from, &out->from) == KERB_OK &&
                  kerb_civil_parse(ctx, colon + 1, &out->to) == KERB_OK;
        kerb_free(from);
    }
    kerb_text_visible(text, strlen(text), 60, shown);
    if (!is_read)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "--replace-period: '%s' is no period (write FROM:TO, as "
                         "2024-01:2024-03; TO is the first day that is not in it)",
                         shown);
    if (out->from >= out->to)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "--replace-period: '%s' is empty: TO is the first day that is not in "
                         "it, and comes after FROM",
                         shown);
    out->has_period = true;
    return KERB_OK;
}

/* `*is_extract` false: plain files. */
static kerb_status read_extract(kerb_ctx *ctx, const kerb_import_request *request,
                                kerb_import_extract *out, bool *is_extract)
{
    *is_extract = request->as_at != NULL;
    if (request->as_at == NULL && request->replace_period != NULL)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "--replace-period needs --as-at: the day on which the extract was "
                         "taken");
    if (request->as_at == NULL)
        return KERB_OK;
    kerb_status status = kerb_study__parse_day(ctx, "--as-at", request->as_at, &out->as_at);
    if (status == KERB_OK && request->replace_period != NULL)
        status = parse_period(ctx, request->replace_period, out);
    return status;
}

static kerb_status add_parameters(kerb_ctx *ctx, const kerb_import_request *request,
                                  const kerb_crs *crs, const kerb_import_extract *extract,
                                  kerb_result *result)
{
    kerb_json parameters = {0};
    char mapping[65];
    kerb_status status = kerb_ingest_mapping_sha256(ctx, request->options.format, mapping);
    if (status != KERB_OK)
        return status;
    kerb_json_add_text(&parameters, "crs", kerb_crs_id(crs));
    add_choices(&parameters, &request->options);
    kerb_json_add_bool(&parameters, "again", request->again);
    if (mapping[0] != '\0')
        kerb_json_add_text(&parameters, "mapping_sha256", mapping);
    if (extract != NULL) {
        kerb_json_add_civil(&parameters, "as_at", extract->as_at);
        kerb_json_add_civil(&parameters, "replace_from",
                            extract->has_period ? extract->from : KERB_CIVIL_NONE);
        kerb_json_add_civil(&parameters, "replace_to",
                            extract->has_period ? extract->to : KERB_CIVIL_NONE);
    }
    return kerb_json_take(ctx, &parameters, true, &result->parameters);
}

kerb_status kerb_request_import(kerb_ctx *ctx, const kerb_import_request *request,
                                kerb_result **out)
{
    kerb_result *result = NULL;
    kerb_store *store = NULL;
    kerb_ingest_report *report = NULL;
    kerb_import_extract extract = {0};
    bool is_extract = false;
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    kerb_status status = kerb_study__result_new(ctx, &result);
    if (status == KERB_OK)
        status = read_extract(ctx, request, &extract, &is_extract);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__open_store(ctx, request->store, request->options.crs, request->inputs,
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
                                   .key_column = o->key_column,
                                   .extract = is_extract ? &extract : NULL,
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
    status = add_parameters(ctx, request, kerb_store_get_crs(store),
                            is_extract ? &extract : NULL, result);
    if (status == KERB_OK)
        status = kerb_report_json(ctx, report, &result->import);
    if (status == KERB_OK)
        status = describe_import(ctx, report, result);
    if (status == KERB_OK)
        status = kerb_study__set_store_output(ctx, result, request->store);
    if (status != KERB_OK)
        goto done;
    kerb_study__log_report(ctx, report);
    *out = result;
    result = NULL;
done:
    kerb_store_close(store);
    kerb_ingest_report_free(report);
    kerb_result_free(result);
    return status;
}
