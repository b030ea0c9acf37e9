/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a request came to, as the JSON that `--json` promises, and an import's report in the
 * same manner. Keys are sorted; timings and memory are the only members that may differ between
 * runs.
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>

kerb_status kerb_study__result_new(kerb_ctx *ctx, kerb_result **out)
{
    kerb_result *result = kerb_calloc_array(1, sizeof *result);
    if (result == NULL)
        return kerb_fail_nomem(ctx, "a result");
    result->excluded = kerb_tally_new();
    if (result->excluded == NULL) {
        kerb_free(result);
        return kerb_fail_nomem(ctx, "a tally");
    }
    *out = result;
    return KERB_OK;
}

void kerb_result_free(kerb_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->n_outputs; i++)
        kerb_free(result->outputs[i].path);
    kerb_free(result->outputs);
    kerb_tally_free(result->excluded);
    kerb_free(result->parameters);
    kerb_free(result->details);
    kerb_free(result->import);
    kerb_free(result->summary);
    kerb_free(result);
}

#define N_LINES_SHOWN 5

void kerb_study__log_report(kerb_ctx *ctx, const kerb_ingest_report *report)
{
    size_t n_shown =
        report->n_reject_lines < N_LINES_SHOWN ? report->n_reject_lines : N_LINES_SHOWN;
    for (size_t i = 0; i < n_shown; i++)
        kerb_log(ctx, KERB_LOG_WARNING, "%s", report->reject_lines[i]);
    if (report->rejected > n_shown)
        kerb_log(ctx, KERB_LOG_WARNING, "… and %llu more rejected rows",
                 (unsigned long long)(report->rejected - n_shown));
    for (size_t i = 0; i < report->n_files; i++)
        if (report->files[i].warned)
            kerb_log(ctx, KERB_LOG_WARNING, "%s was skipped: %s",
                     report->files[i].member != NULL ? report->files[i].member
                                                     : report->files[i].name,
                     report->files[i].skipped);
}

kerb_status kerb_study__result_add_input(kerb_ctx *ctx, kerb_result *result,
                                         const kerb_input *input)
{
    result->read_s = kerb_input__read_s(input);
    if (kerb_input_report(input) == NULL)
        return KERB_OK;
    result->n_rejected = kerb_input_report(input)->rejected;
    return kerb_report_json(ctx, kerb_input_report(input), &result->import);
}

static void free_paths(char **paths)
{
    for (size_t i = 0; paths != NULL && paths[i] != NULL; i++)
        kerb_free_text(paths[i]);
    kerb_free_text((char *)paths);
}

static kerb_status add_file(kerb_ctx *ctx, kerb_result *result, const char *path)
{
    kerb_output_file file = {0};
    kerb_output_file *grown =
        kerb_realloc_array(result->outputs, result->n_outputs + 1, sizeof *grown);
    if (grown == NULL)
        return kerb_fail_nomem(ctx, "the list of outputs");
    result->outputs = grown;
    kerb_status status = kerb_sha256_file(ctx, path, file.sha256);
    if (status != KERB_OK)
        return status;
    file.path = kerb_text_copy(path);
    if (file.path == NULL)
        return kerb_fail_nomem(ctx, "a path");
    result->outputs[result->n_outputs++] = file;
    return KERB_OK;
}

kerb_status kerb_study__result_add_outputs(kerb_ctx *ctx, kerb_result *result, const char *path)
{
    char **paths = NULL;
    kerb_status status = kerb_export_paths(ctx, path, &paths);
    for (size_t i = 0; status == KERB_OK && paths[i] != NULL; i++)
        status = add_file(ctx, result, paths[i]);
    free_paths(paths);
    return status;
}

kerb_status kerb_study__result_add_file(kerb_ctx *ctx, kerb_result *result, const char *path)
{
    size_t length = strlen(path);
    kerb_text beside = {0};
    kerb_status status = add_file(ctx, result, path);
    if (status != KERB_OK || length < 4 || !kerb_text_equal_nocase(path + length - 4, ".csv"))
        return status;
    kerb_text_add_format(&beside, "%s.json", path);
    status =
        beside.failed ? kerb_fail_nomem(ctx, "a path") : add_file(ctx, result, beside.data);
    kerb_text_clear(&beside);
    return status;
}

kerb_status kerb_study__check_outputs(kerb_ctx *ctx, const char *const *paths, size_t n,
                                      bool raster, bool overwrite)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(paths[i], paths[j]) == 0)
                return kerb_fail(ctx, KERB_ERR_ARG, "the output %s is named twice", paths[i]);
        kerb_status status = kerb_export_check(ctx, paths[i], raster, overwrite);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

/* A time to the millisecond: more digits would be noise. */
static void add_seconds(kerb_json *object, const char *key, double value_s)
{
    char text[48];
    kerb_format_fixed(value_s, 3, text, sizeof text);
    kerb_json_add_raw(object, key, text);
}

static kerb_status outputs_json(kerb_ctx *ctx, const kerb_result *result, char **out)
{
    kerb_text text = {0};
    kerb_text_add(&text, "[");
    for (size_t i = 0; i < result->n_outputs; i++) {
        if (i > 0)
            kerb_text_add(&text, ",");
        kerb_text_add(&text, "{\"path\":");
        kerb_text_add_json(&text, result->outputs[i].path);
        if (result->outputs[i].sha256[0] == 0)
            kerb_text_add(&text, ",\"sha256\":null}");
        else
            kerb_text_add_format(&text, ",\"sha256\":\"%s\"}", result->outputs[i].sha256);
    }
    kerb_text_add(&text, "]");
    return kerb_text_take(ctx, &text, out);
}

/* An object of its own whose members join the others. */
static void add_members(kerb_text *text, const char *object)
{
    if (object == NULL || strlen(object) <= 2)
        return;
    kerb_text_add(text, ",");
    kerb_text_add_n(text, object + 1, strlen(object) - 2);
}

kerb_status kerb_result_json(kerb_ctx *ctx, const kerb_result *result, char **json)
{
    kerb_json object = {0}, timing = {0};
    char *outputs = NULL, *times = NULL, *members = NULL;
    kerb_status status = outputs_json(ctx, result, &outputs);
    if (status != KERB_OK)
        goto done;
    add_seconds(&timing, "read_s", result->read_s);
    add_seconds(&timing, "compute_s", result->compute_s);
    add_seconds(&timing, "compute_cpu_s", result->compute_cpu_s);
    add_seconds(&timing, "write_s", result->write_s);
    status = kerb_json_take(ctx, &timing, true, &times);
    if (status != KERB_OK)
        goto done;
    kerb_json_add_count(&object, "events_read", result->events_read);
    kerb_json_add_count(&object, "events_used", result->events_used);
    kerb_json_add_tally(&object, "excluded", result->excluded);
    if (result->fingerprint[0] != 0)
        kerb_json_add_text(&object, "input_fingerprint", result->fingerprint);
    kerb_json_add_count(&object, "seed", kerb_ctx_get_seed(ctx));
    kerb_json_add_raw(&object, "parameters", result->parameters ? result->parameters : "{}");
    kerb_json_add_raw(&object, "timing", times);
    kerb_json_add_count(&object, "peak_memory_bytes", kerb_peak_memory_bytes());
    kerb_json_add_raw(&object, "outputs", outputs);
    kerb_json_add_text(&object, "version", kerb_version());
    status = kerb_json_take(ctx, &object, false, &members);
    if (status != KERB_OK)
        goto done;
    kerb_text text = {0};
    kerb_text_add(&text, "{");
    kerb_text_add(&text, members);
    add_members(&text, result->import);
    add_members(&text, result->details);
    kerb_text_add(&text, "}");
    status = kerb_text_take(ctx, &text, json);
done:
    kerb_json_clear(&object);
    kerb_json_clear(&timing);
    kerb_free(outputs);
    kerb_free(times);
    kerb_free(members);
    return status;
}

/* {"casualties": …, "collisions": …, "vehicles": …} as a member of an object. */
static kerb_status add_records(kerb_ctx *ctx, kerb_json *object, const char *key,
                               const kerb_ingest_records *records)
{
    kerb_json numbers = {0};
    char *json = NULL;
    kerb_json_add_count(&numbers, "collisions", records->collisions);
    kerb_json_add_count(&numbers, "vehicles", records->vehicles);
    kerb_json_add_count(&numbers, "casualties", records->casualties);
    kerb_status status = kerb_json_take(ctx, &numbers, true, &json);
    if (status == KERB_OK)
        kerb_json_add_raw(object, key, json);
    kerb_free(json);
    return status;
}

static kerb_status file_json(kerb_ctx *ctx, const kerb_ingest_file *file, char **out)
{
    kerb_json object = {0};
    kerb_json_add_text(&object, "name", file->name);
    kerb_json_add_text(&object, "member", file->member);
    if (file->skipped != NULL) {
        kerb_json_add_text(&object, "skipped", file->skipped);
        return kerb_json_take(ctx, &object, true, out);
    }
    kerb_json_add_text(&object, "format", file->format);
    kerb_json_add_text(&object, "source", file->source);
    kerb_json_add_text(&object, "sha256", file->sha256);
    kerb_json_add_text(&object, "crs", file->crs_id);
    kerb_json_add_text(&object, "operation", file->operation);
    kerb_json_add_real(&object, "operation_accuracy_m", file->operation_accuracy_m);
    kerb_json_add_count(&object, "read", file->read);
    kerb_json_add_count(&object, "loaded", file->loaded);
    kerb_json_add_count(&object, "rejected", file->rejected);
    kerb_json_add_count(&object, "without_geometry", file->without_geometry);
    kerb_json_add_count(&object, "without_date", file->without_date);
    kerb_json_add_count(&object, "end_without_start", file->end_without_start);
    kerb_json_add_count(&object, "recorded_before_start", file->recorded_before_start);
    kerb_json_add_count(&object, "duplicates", file->duplicates);
    kerb_json_add_tally(&object, "by_reason", file->by_reason);
    kerb_json_add_count(&object, "disagreeing_rows", file->disagreeing_rows);
    kerb_status status = add_records(ctx, &object, "records", &file->records);
    if (status != KERB_OK) {
        kerb_json_clear(&object);
        return status;
    }
    kerb_json_add_count(&object, "coarse_place", file->coarse_place);
    kerb_json_add_tally(&object, "coarse_place_by_m", file->coarse_place_by_m);
    return kerb_json_take(ctx, &object, true, out);
}

/* What a dated extract changed, in records. */
static void add_changes(kerb_json *object, const kerb_import_changes *c)
{
    kerb_text text = {0};
    kerb_text_add_format(
        &text,
        "{\"changed\":%llu,\"kept\":%llu,\"new\":%llu,\"unchanged\":%llu,\"withdrawn\":%llu,"
        "\"without_key\":{\"new\":%llu,\"unchanged\":%llu,\"withdrawn\":%llu}}",
        (unsigned long long)c->n_changed, (unsigned long long)c->n_kept,
        (unsigned long long)c->n_new, (unsigned long long)c->n_unchanged,
        (unsigned long long)c->n_withdrawn, (unsigned long long)c->n_new_without_key,
        (unsigned long long)c->n_unchanged_without_key,
        (unsigned long long)c->n_withdrawn_without_key);
    kerb_json_add_raw(object, "changes", text.failed ? NULL : text.data);
    kerb_text_clear(&text);
}

kerb_status kerb_report_json(kerb_ctx *ctx, const kerb_ingest_report *report, char **json)
{
    kerb_json object = {0};
    kerb_text files = {0};
    char *list = NULL;
    kerb_status status = KERB_OK;
    kerb_text_add(&files, "[");
    for (size_t i = 0; status == KERB_OK && i < report->n_files; i++) {
        char *file = NULL;
        status = file_json(ctx, &report->files[i], &file);
        if (status != KERB_OK)
            break;
        if (i > 0)
            kerb_text_add(&files, ",");
        kerb_text_add(&files, file);
        kerb_free(file);
    }
    kerb_text_add(&files, "]");
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &files, &list);
    if (status != KERB_OK)
        goto done;
    kerb_json_add_count(&object, "read", report->read);
    kerb_json_add_count(&object, "loaded", report->loaded);
    kerb_json_add_count(&object, "rejected", report->rejected);
    kerb_json_add_count(&object, "without_geometry", report->without_geometry);
    kerb_json_add_count(&object, "without_date", report->without_date);
    kerb_json_add_count(&object, "duplicates", report->duplicates);
    kerb_json_add_count(&object, "superseded", report->superseded);
    kerb_json_add_count(&object, "disagreeing_rows", report->disagreeing_rows);
    kerb_json_add_count(&object, "other_number_of_vehicles", report->other_vehicles);
    kerb_json_add_count(&object, "other_number_of_casualties", report->other_casualties);
    status = add_records(ctx, &object, "records", &report->records);
    if (status == KERB_OK)
        status = add_records(ctx, &object, "stated", &report->stated);
    if (status != KERB_OK)
        goto done;
    kerb_json_add_tally(&object, "by_reason", report->by_reason);
    kerb_json_add_count(&object, "coarse_place", report->coarse_place);
    kerb_json_add_tally(&object, "coarse_place_by_m", report->coarse_place_by_m);
    if (report->has_changes)
        add_changes(&object, &report->changes);
    kerb_json_add_raw(&object, "files", list);
    status = kerb_json_take(ctx, &object, true, json);
done:
    kerb_text_clear(&files);
    kerb_json_clear(&object);
    kerb_free(list);
    return status;
}
