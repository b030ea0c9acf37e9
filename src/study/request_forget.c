/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request that erases records from a store. What it says counts and does not repeat what
 * was erased, so that it can be kept.
 */
#include "study_internal.h"

#include <string.h>
#include <sys/stat.h>

static kerb_status open_for_erasing(kerb_ctx *ctx, const char *path, kerb_store **store)
{
    struct stat about;
    if (stat(path, &about) != 0) /* opened for writing it would be made */
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no such file: %s", path);
    return kerb_store_open(ctx, path, KERB_STORE_WRITE, NULL, store);
}

static kerb_status describe(kerb_ctx *ctx, const kerb_forget_request *request,
                            const kerb_forget_counts *c, kerb_result *result)
{
    kerb_text text = {0}, details = {0};
    kerb_text_add_format(
        &text,
        "%s: records %llu, earlier versions %llu, rows that hung on them %llu, "
        "rejected rows without their values now %llu\n",
        request->is_trial ? "would be erased" : "erased", (unsigned long long)c->n_incidents,
        (unsigned long long)c->n_versions, (unsigned long long)c->n_linked,
        (unsigned long long)c->n_rejects);
    if (c->n_undated > 0)
        kerb_text_add_format(&text, "  without a date, and kept: %llu\n",
                             (unsigned long long)c->n_undated);
    if (!request->is_trial)
        kerb_text_add(&text, "  copies of the store and the files it was made from still hold "
                             "them, and bring them back when imported\n");
    kerb_text_add_format(&details,
                         "{\"forgotten\":{\"incidents\":%llu,\"linked\":%llu,\"rejects\":%llu,"
                         "\"versions\":%llu},\"without_date\":%llu}",
                         (unsigned long long)c->n_incidents, (unsigned long long)c->n_linked,
                         (unsigned long long)c->n_rejects, (unsigned long long)c->n_versions,
                         (unsigned long long)c->n_undated);
    kerb_status status = kerb_text_take(ctx, &text, &result->summary);
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &details, &result->details);
    kerb_text_clear(&details);
    return status;
}

static kerb_status add_parameters(kerb_ctx *ctx, const kerb_forget_request *request,
                                  kerb_civil_s before, kerb_result *result)
{
    kerb_json parameters = {0};
    kerb_json_add_civil(&parameters, "before", before);
    kerb_json_add_count(&parameters, "n_keys", request->n_references);
    kerb_json_add_text(&parameters, "source", request->source);
    kerb_json_add_bool(&parameters, "dry_run", request->is_trial);
    return kerb_json_take(ctx, &parameters, true, &result->parameters);
}

kerb_status kerb_request_forget(kerb_ctx *ctx, const kerb_forget_request *request,
                                kerb_result **out)
{
    kerb_result *result = NULL;
    kerb_store *store = NULL;
    kerb_forget_counts counts = {0};
    kerb_forget_options options = {.references = request->references,
                                   .n_references = request->n_references,
                                   .source = request->source,
                                   .has_before = request->before != NULL,
                                   .before = KERB_CIVIL_NONE,
                                   .is_trial = request->is_trial};
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    kerb_status status = kerb_study__result_new(ctx, &result);
    if (status == KERB_OK && request->before != NULL)
        status = kerb_study__parse_day(ctx, "--before", request->before, &options.before);
    if (status == KERB_OK)
        status = open_for_erasing(ctx, request->store, &store);
    if (status == KERB_OK)
        status = kerb_store_forget(ctx, store, &options, &counts);
    if (status != KERB_OK)
        goto done;
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;
    result->events_read = counts.n_incidents;
    status = kerb_tally_add(ctx, result->excluded, "forgotten", counts.n_incidents);
    if (status == KERB_OK)
        status = add_parameters(ctx, request, options.before, result);
    if (status == KERB_OK)
        status = describe(ctx, request, &counts, result);
    if (status == KERB_OK && !request->is_trial)
        status = kerb_study__set_store_output(ctx, result, request->store);
    if (status != KERB_OK)
        goto done;
    *out = result;
    result = NULL;
done:
    kerb_store_close(store);
    kerb_result_free(result);
    return status;
}
