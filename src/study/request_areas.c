/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request that fills a store with a set of areas.
 */
#include "study_internal.h"

#include <string.h>

/* A set that is there is replaced only when that was asked for; one that cannot be seen would
 * be unmasked. */
static kerb_status check_set_is_new(kerb_ctx *ctx, kerb_store *store,
                                    const kerb_areas_request *request)
{
    bool is_there = false;
    kerb_status status = kerb_store_has_areas(ctx, store, request->set, &is_there);
    if (status != KERB_OK || !is_there)
        return status;
    return kerb_fail(ctx, KERB_ERR_EXISTS,
                     "%s has a set '%s' already (say --overwrite to replace it)",
                     request->store, request->set);
}

/* What is told of a set that was stored: of sensitive places, that it was. */
static kerb_status describe_areas(kerb_ctx *ctx, const kerb_areas_request *request,
                                  const char *role, const kerb_areas_set *set,
                                  const char *sha256, const char *crs_id, kerb_result *result)
{
    kerb_json parameters = {0};
    kerb_text text = {0};
    kerb_json_add_text(&parameters, "role", role);
    kerb_json_add_text(&parameters, "crs", crs_id);
    if (strcmp(role, "sensitive") == 0) {
        kerb_text_add(&text, "stored\n");
    } else {
        kerb_json_add_text(&parameters, "set", request->set);
        kerb_json_add_text(&parameters, "input_crs", request->options.input_crs);
        kerb_json_add_text(&parameters, "layer", request->options.layer);
        kerb_json_add_text(&parameters, "id", request->options.id_field);
        kerb_json_add_text(&parameters, "name", request->options.name_field);
        kerb_json_add_texts(&parameters, "population", request->options.population_fields,
                            request->options.n_population_fields);
        kerb_json_add_count(&parameters, "n_areas", kerb_areas_set_count(set));
        kerb_json_add_count(&parameters, "n_repaired", kerb_areas_set_repaired(set));
        kerb_json_add_text(&parameters, "sha256", sha256);
        kerb_text_add_format(&text, "set '%s' (%s): %zu areas", request->set, role,
                             kerb_areas_set_count(set));
        if (kerb_areas_set_repaired(set) > 0)
            kerb_text_add_format(&text,
                                 ", %zu with a border that crossed or touched itself, repaired",
                                 kerb_areas_set_repaired(set));
        kerb_text_add(&text, "\n");
    }
    kerb_status status = kerb_json_take(ctx, &parameters, true, &result->parameters);
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &text, &result->summary);
    kerb_json_clear(&parameters);
    kerb_text_clear(&text);
    return status;
}

kerb_status kerb_request_areas(kerb_ctx *ctx, const kerb_areas_request *request,
                               kerb_result **out)
{
    kerb_result *result = NULL;
    kerb_store *store = NULL;
    kerb_areas_set *set = NULL;
    char sha256[65];
    const char *role = request->role != NULL ? request->role : "beat";
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    kerb_status status = kerb_study__result_new(ctx, &result);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__open_store(ctx, request->store, request->crs, NULL, 0, NULL, &store);
    if (status != KERB_OK)
        goto done;
    if (!request->overwrite)
        status = check_set_is_new(ctx, store, request);
    if (status != KERB_OK)
        goto done;
    kerb_ingest_areas_options options = request->options;
    options.crs = kerb_store_get_crs(store);
    status = kerb_study__store_areas(ctx, store, request->input, request->set, role, &options,
                                     sha256, &set);
    if (status != KERB_OK)
        goto done;
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;
    status = describe_areas(ctx, request, role, set, sha256,
                            kerb_crs_id(kerb_store_get_crs(store)), result);
    if (status == KERB_OK)
        status = kerb_study__set_store_output(ctx, result, request->store);
    if (status != KERB_OK)
        goto done;
    *out = result;
    result = NULL;
done:
    kerb_areas_set_free(set);
    kerb_store_close(store);
    kerb_result_free(result);
    return status;
}
