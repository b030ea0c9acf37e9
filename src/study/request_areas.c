/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request that fills a store with a set of areas.
 */
#include "study_internal.h"

#include <string.h>

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
    status = kerb_study__open_store(ctx, request->store, request->crs, NULL, 0, NULL, &store);
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
        status = kerb_study__set_store_output(ctx, result, request->store);
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
