/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a study computes: each entry, by source where there are several, into files of the stage
 * and a record in the store.
 */
#include "study_run.h"

#include <string.h>

static kerb_selection make_selection(const study_run *r, const study_item *item,
                                     const char *const *sources, size_t n_sources)
{
    kerb_selection selection = KERB_SELECTION_ALL;
    selection.filter.categories = item->categories.items;
    selection.filter.n_categories = item->categories.n;
    selection.filter.kinds = item->kinds;
    selection.filter.sources = sources;
    selection.filter.n_sources = n_sources;
    selection.filter.from = r->study->from;
    selection.filter.to = r->study->to;
    selection.study_area = r->study->study_area;
    selection.exclude = r->study->exclude.items;
    selection.n_exclude = r->study->exclude.n;
    return selection;
}

/* How many rows an entry would use; on a map only those with coordinates. */
static kerb_status count_rows(study_run *r, const kerb_selection *selection, bool located,
                              size_t *n)
{
    kerb_tally *excluded = kerb_tally_new();
    kerb_events *events = NULL;
    if (excluded == NULL)
        return kerb_fail_nomem(r->ctx, "a tally");
    kerb_status status = kerb_events_select(r->ctx, kerb_input_events(r->input),
                                            &selection->filter, located, excluded, &events);
    if (status == KERB_OK)
        *n = events->n;
    kerb_events_free(events);
    kerb_tally_free(excluded);
    return status;
}

/* Results speak of the files' final places, and the run is written into the store. */
static kerb_status record(study_run *r, const char *command, kerb_result *result)
{
    kerb_text outputs = {0};
    char *json = NULL, *names = NULL;
    kerb_text_add(&outputs, "{");
    for (size_t i = 0; i < result->n_outputs; i++) {
        const char *slash = strrchr(result->outputs[i].path, '/');
        char *path = kerb_study__join(r->folder, slash + 1);
        if (i > 0)
            kerb_text_add(&outputs, ",");
        kerb_text_add_json(&outputs, slash + 1);
        kerb_text_add_format(&outputs, ":\"%s\"", result->outputs[i].sha256);
        if (path == NULL) {
            kerb_text_clear(&outputs);
            return kerb_fail_nomem(r->ctx, "a path");
        }
        kerb_free(result->outputs[i].path);
        result->outputs[i].path = path;
        kerb_text_add(&r->outputs, "{\"path\":");
        kerb_text_add_json(&r->outputs, path);
        kerb_text_add_format(&r->outputs, ",\"sha256\":\"%s\"},", result->outputs[i].sha256);
    }
    r->compute_s += result->compute_s;
    r->compute_cpu_s += result->compute_cpu_s;
    r->write_s += result->write_s;
    kerb_text_add(&outputs, "}");
    kerb_status status = kerb_text_take(r->ctx, &outputs, &names);
    if (status == KERB_OK)
        status = kerb_result_json(r->ctx, result, &json);
    if (status == KERB_OK)
        status = kerb_store_add_run(r->ctx, r->store, command, result->parameters,
                                    result->fingerprint, names);
    if (status == KERB_OK) {
        kerb_text_add(&r->results, r->results.length > 0 ? "," : "");
        kerb_text_add(&r->results, json);
        kerb_text_add(&r->summary, result->summary);
        if (r->results.failed || r->summary.failed)
            status = kerb_fail_nomem(r->ctx, "the results");
    }
    kerb_free(json);
    kerb_free(names);
    return status;
}

/* "density_burglary_leicestershire_police.tif" */
static char *file_name(const char *command, const char *name, const char *source,
                       const char *extension)
{
    kerb_text text = {0};
    kerb_text_add(&text, command);
    const char *parts[] = {name, source};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] == NULL)
            continue;
        char *slug = kerb_study__slug(parts[i]);
        if (slug == NULL) {
            kerb_text_clear(&text);
            return NULL;
        }
        kerb_text_add(&text, "_");
        kerb_text_add(&text, slug);
        kerb_free(slug);
    }
    kerb_text_add(&text, extension);
    return kerb_study__finish(&text);
}

static kerb_status run_density(study_run *r, const study_item *item,
                               const kerb_selection *selection, const char *source)
{
    const char *name = item->name != NULL       ? item->name
                       : item->categories.n > 0 ? item->categories.items[0]
                                                : NULL;
    char *file = file_name("density", name, source, ".tif"), *path = NULL;
    kerb_result *result = NULL;
    if (!r->study->tif) {
        kerb_free(file);
        return KERB_OK;
    }
    kerb_status status =
        file == NULL ? kerb_fail_nomem(r->ctx, "a path") : kerb_study__add_name(r, file, &path);
    if (status == KERB_OK) {
        kerb_density_request request = {.selection = *selection,
                                        .surface = item->surface,
                                        .title = item->name,
                                        .output = path,
                                        .overwrite = true};
        status = kerb_request_density(r->ctx, r->input, &request, &result);
    }
    if (status == KERB_OK)
        status = record(r, "density", result);
    kerb_result_free(result);
    kerb_free(file);
    kerb_free(path);
    return status;
}

/* Paths in the stage for the vector formats asked for. */
static kerb_status layer_paths(study_run *r, const char *command, const char *name,
                               const char *source, char *paths[3], size_t *n)
{
    const char *const extensions[] = {".geojson", ".gpkg", ".csv"};
    const bool wanted[] = {r->study->geojson, r->study->gpkg, r->study->csv};
    kerb_status status = KERB_OK;
    *n = 0;
    for (size_t i = 0; status == KERB_OK && i < 3; i++) {
        if (!wanted[i])
            continue;
        char *file = file_name(command, name, source, extensions[i]);
        status = file == NULL ? kerb_fail_nomem(r->ctx, "a path")
                              : kerb_study__add_name(r, file, &paths[*n]);
        if (status == KERB_OK)
            (*n)++;
        kerb_free(file);
    }
    return status;
}

static kerb_status run_layer(study_run *r, const char *command, const study_item *item,
                             const kerb_selection *selection, const char *source)
{
    char *paths[3] = {NULL, NULL, NULL};
    size_t n = 0;
    kerb_result *result = NULL;
    bool beats = strcmp(command, "beats") == 0;
    const char *category = item->categories.n > 0 ? item->categories.items[0] : NULL;
    const char *name = item->name != NULL          ? item->name
                       : beats && category == NULL ? item->set
                                                   : category;
    kerb_status status = layer_paths(r, command, name, source, paths, &n);
    if (status == KERB_OK && n > 0 && beats) {
        kerb_beats_request request = {.selection = *selection,
                                      .areas = item->set,
                                      .title = item->name,
                                      .outputs = (const char *const *)paths,
                                      .n_outputs = n,
                                      .overwrite = true};
        status = kerb_request_beats(r->ctx, r->input, &request, &result);
    } else if (status == KERB_OK && n > 0) {
        kerb_hotspots_options hotspots = KERB_HOTSPOTS_OPTIONS_DEFAULT;
        hotspots.level = item->level;
        hotspots.top = item->top;
        kerb_hotspots_request request = {.selection = *selection,
                                         .surface = item->surface,
                                         .hotspots = hotspots,
                                         .beats = item->set,
                                         .title = item->name,
                                         .outputs = (const char *const *)paths,
                                         .n_outputs = n,
                                         .overwrite = true};
        status = kerb_request_hotspots(r->ctx, r->input, &request, &result);
    }
    if (status == KERB_OK && result != NULL)
        status = record(r, command, result);
    kerb_result_free(result);
    for (size_t i = 0; i < 3; i++)
        kerb_free(paths[i]);
    return status;
}

/* One entry for each source: forces record differently and are never put together silently. */
static kerb_status run_item(study_run *r, const char *command, const study_item *item)
{
    const kerb_events *events = kerb_input_events(r->input);
    uint32_t n_sources = kerb_events_name_count(events, KERB_NAME_SOURCE);
    bool by_source = n_sources > 1 && item->sources.n == 0;
    kerb_status status = KERB_OK;
    size_t n_made = 0;
    for (uint32_t i = by_source ? 1 : 0; status == KERB_OK && i <= (by_source ? n_sources : 0);
         i++) {
        const char *source = by_source ? kerb_events_name(events, KERB_NAME_SOURCE, i) : NULL;
        kerb_selection selection =
            make_selection(r, item, by_source ? &source : item->sources.items,
                           by_source ? 1 : item->sources.n);
        /* a map's or a table's name is the name under which it puts categories together */
        if (item->categories.n != 1 && strcmp(command, "hotspots") != 0)
            selection.pool = item->name;
        size_t n_rows = 0;
        status = count_rows(r, &selection, strcmp(command, "beats") != 0, &n_rows);
        if (status != KERB_OK)
            break;
        if (by_source && n_rows == 0) {
            kerb_log(r->ctx, KERB_LOG_INFO, "%s: no rows of %s in the period", command, source);
            continue;
        }
        status = strcmp(command, "density") == 0
                     ? run_density(r, item, &selection, source)
                     : run_layer(r, command, item, &selection, source);
        n_made++;
    }
    if (status == KERB_OK && n_made == 0)
        status =
            kerb_fail(r->ctx, KERB_ERR_EMPTY, "no rows in the period for the %s entry '%s'",
                      command, item->name != NULL ? item->name : "without name");
    return status;
}

kerb_status kerb_study__run_analyses(study_run *r)
{
    const kerb_study *study = r->study;
    size_t n = study->n_density + study->n_hotspots + study->n_beats, done = 0;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        if (i < study->n_density)
            status = run_item(r, "density", &study->density[i]);
        else if (i < study->n_density + study->n_hotspots)
            status = run_item(r, "hotspots", &study->hotspots[i - study->n_density]);
        else
            status =
                run_item(r, "beats", &study->beats[i - study->n_density - study->n_hotspots]);
        if (status == KERB_OK)
            status = kerb_progress(r->ctx, "analyses", (double)++done / (double)n);
    }
    return status;
}
