/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a study tells of itself: one JSON object, and a few lines for people. */
#include "study_run.h"

#include <math.h>
#include <string.h>

static const char *last_part(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash != NULL ? slash + 1 : path;
}

/* What the study chose for all its entries; those of an entry are with its result. */
static kerb_status parameters_json(study_run *r, char **out)
{
    const kerb_study *study = r->study;
    kerb_json parameters = {0};
    const char *formats[4];
    size_t n = 0;
    const char **exclude = kerb_calloc_array(study->exclude.n + 1, sizeof *exclude);
    if (exclude == NULL)
        return kerb_fail_nomem(r->ctx, "the parameters");
    for (size_t i = 0; i < study->exclude.n; i++)
        exclude[i] = last_part(study->exclude.items[i]);
    if (study->csv)
        formats[n++] = "csv";
    if (study->geojson)
        formats[n++] = "geojson";
    if (study->gpkg)
        formats[n++] = "gpkg";
    if (study->tif)
        formats[n++] = "tif";
    kerb_json_add_text(&parameters, "crs", study->crs);
    kerb_json_add_texts(&parameters, "exclude", exclude, study->exclude.n);
    kerb_json_add_texts(&parameters, "formats", formats, n);
    kerb_json_add_civil(&parameters, "from", study->from);
    kerb_json_add_text(&parameters, "name", study->name);
    kerb_json_add_text(&parameters, "study_area", last_part(study->study_area));
    kerb_json_add_civil(&parameters, "to", study->to);
    kerb_free(exclude);
    return kerb_json_take(r->ctx, &parameters, true, out);
}

/* The members that every command prints: of the import, and sums over the results. */
static kerb_status add_common(study_run *r, kerb_json *object, const char *store_path)
{
    char *parameters = NULL, *times = NULL, *outputs = NULL, *excluded = NULL;
    kerb_json timing = {0};
    kerb_text list = {0}, left_out = {0};
    kerb_json_add_real(&timing, "read_s", floor(r->read_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "compute_s", floor(r->compute_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "compute_cpu_s", floor(r->compute_cpu_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "write_s", floor(r->write_s * 1e3 + 0.5) / 1e3);
    kerb_text_add(&list, "[");
    kerb_text_add(&list, r->outputs.data != NULL ? r->outputs.data : "");
    kerb_text_add(&list, "{\"path\":");
    kerb_text_add_json(&list, store_path);
    kerb_text_add(&list, ",\"sha256\":null}]");
    if (r->outputs.failed)
        list.failed = true;
    kerb_text_add(&left_out, "{");
    if (r->total->rejected > 0)
        kerb_text_add_format(&left_out, "\"rejected\":%llu",
                             (unsigned long long)r->total->rejected);
    kerb_text_add(&left_out, "}");
    kerb_status status = parameters_json(r, &parameters);
    if (status == KERB_OK)
        status = kerb_json_take(r->ctx, &timing, true, &times);
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &list, &outputs);
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &left_out, &excluded);
    if (status == KERB_OK) {
        kerb_json_add_count(object, "events_read", r->total->read);
        kerb_json_add_count(object, "events_used", r->total->loaded);
        kerb_json_add_raw(object, "excluded", excluded);
        kerb_json_add_raw(object, "outputs", outputs);
        kerb_json_add_raw(object, "parameters", parameters);
        kerb_json_add_raw(object, "timing", times);
        kerb_json_add_count(object, "seed", kerb_ctx_get_seed(r->ctx));
        kerb_json_add_count(object, "peak_memory_bytes", kerb_peak_memory_bytes());
        kerb_json_add_text(object, "version", kerb_version());
    }
    kerb_json_clear(&timing);
    kerb_text_clear(&list);
    kerb_text_clear(&left_out);
    kerb_free(parameters);
    kerb_free(times);
    kerb_free(outputs);
    kerb_free(excluded);
    return status;
}

kerb_status kerb_study__make_json(study_run *r, char **json)
{
    kerb_json object = {0};
    char *import = NULL, *results = NULL, *path = NULL;
    kerb_text list = {0};
    kerb_text_add(&list, "[");
    kerb_text_add(&list, r->results.data != NULL ? r->results.data : "");
    kerb_text_add(&list, "]");
    kerb_status status = kerb_text_take(r->ctx, &list, &results);
    if (status == KERB_OK) {
        path = kerb_study__join(r->folder, r->store_name);
        if (path == NULL)
            status = kerb_fail_nomem(r->ctx, "a path");
    }
    if (status == KERB_OK)
        status = kerb_report_json(r->ctx, r->total, &import);
    if (status == KERB_OK)
        status = add_common(r, &object, path);
    if (status == KERB_OK) {
        kerb_json_add_text(&object, "study", r->study->name);
        kerb_json_add_raw(&object, "import", import);
        kerb_json_add_raw(&object, "results", results);
        kerb_json_add_text(&object, "store", path);
        status = kerb_json_take(r->ctx, &object, true, json);
    }
    kerb_json_clear(&object);
    kerb_free(import);
    kerb_free(results);
    kerb_free(path);
    return status;
}

kerb_status kerb_study__make_summary(study_run *r, char **summary)
{
    const kerb_ingest_report *total = r->total;
    kerb_text text = {0};
    kerb_text_add_format(
        &text, "%llu rows read: %llu loaded (%llu without coordinates), %llu rejected\n",
        (unsigned long long)total->read, (unsigned long long)total->loaded,
        (unsigned long long)total->without_geometry, (unsigned long long)total->rejected);
    kerb_text_add(&text, r->summary.data != NULL ? r->summary.data : "");
    kerb_text_add_format(&text, "written to %s\n", r->folder);
    return kerb_text_take(r->ctx, &text, summary);
}
