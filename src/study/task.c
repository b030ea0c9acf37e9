/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The common course of a request: outputs checked before work, figures that reconcile, a stamp,
 * files written, a result handed over whole or not at all.
 */
#include "study_internal.h"

#include <string.h>

kerb_status kerb_study__begin(kerb_ctx *ctx, kerb_task *task, const char *const *outputs,
                              size_t n_outputs, bool raster)
{
    task->start_s = kerb_wall_time_s();
    task->start_cpu_s = kerb_cpu_time_s();
    kerb_status status =
        kerb_study__check_outputs(ctx, outputs, n_outputs, raster, task->overwrite);
    return status == KERB_OK ? kerb_study__result_new(ctx, &task->result) : status;
}

kerb_status kerb_study__computed(kerb_ctx *ctx, kerb_task *task, uint64_t events_used,
                                 const char *first_words)
{
    kerb_result *result = task->result;
    kerb_prepared *prepared = task->prepared;
    result->compute_s = kerb_wall_time_s() - task->start_s - task->write_s;
    result->compute_cpu_s = kerb_cpu_time_s() - task->start_cpu_s - task->write_cpu_s;
    result->events_read = kerb_input_events(task->input)->n;
    result->events_used = events_used;
    memcpy(result->fingerprint, prepared->fingerprint, sizeof result->fingerprint);
    kerb_tally_free(result->excluded);
    result->excluded = prepared->excluded;
    prepared->excluded = NULL;
    kerb_study__add_selection(&task->parameters, task->selection, prepared,
                              kerb_input_crs(task->input));
    kerb_status status = kerb_json_take(ctx, &task->parameters, true, &result->parameters);
    if (status == KERB_OK)
        status = kerb_study__result_add_input(ctx, result, task->input);
    if (status != KERB_OK)
        return status;
    return kerb_study__title(ctx, first_words, task->selection, prepared, &task->title);
}

static kerb_stamp make_stamp(const kerb_ctx *ctx, const kerb_task *task)
{
    const kerb_result *result = task->result;
    const kerb_prepared *prepared = task->prepared;
    return (kerb_stamp){.title = task->title,
                        .command = task->command,
                        .parameters = result->parameters,
                        .fingerprint = result->fingerprint,
                        .crs = kerb_input_crs(task->input),
                        .operation = kerb_input__operation(task->input),
                        .operation_accuracy_m = kerb_input__operation_accuracy_m(task->input),
                        .seed = kerb_ctx_get_seed(ctx),
                        .events_read = result->events_read,
                        .events_used = result->events_used,
                        .excluded = result->excluded,
                        .period_from = prepared->period_from,
                        .period_to = prepared->period_to};
}

kerb_status kerb_study__stamp(kerb_ctx *ctx, const kerb_task *task, char **json)
{
    kerb_stamp stamp = make_stamp(ctx, task);
    return kerb_stamp_json(ctx, &stamp, json);
}

kerb_status kerb_study__write_raster(kerb_ctx *ctx, kerb_task *task, const kerb_grid *grid,
                                     const char *unit, kerb_raster_type type,
                                     const char *output)
{
    double start_s = kerb_wall_time_s();
    kerb_stamp stamp = make_stamp(ctx, task);
    kerb_status status =
        kerb_export_raster(ctx, grid, unit, type, &stamp, output, task->overwrite);
    if (status == KERB_OK)
        status = kerb_study__result_add_outputs(ctx, task->result, output);
    task->result->write_s = kerb_wall_time_s() - start_s;
    return status;
}

kerb_status kerb_study__finish_raster(kerb_ctx *ctx, kerb_task *task,
                                      kerb_raster_writer *writer,
                                      const kerb_raster_style *style, const char *output)
{
    double start_s = kerb_wall_time_s();
    kerb_stamp stamp = make_stamp(ctx, task);
    kerb_status status = kerb_raster_writer_finish(ctx, writer, &stamp, style);
    if (status == KERB_OK)
        status = kerb_study__result_add_outputs(ctx, task->result, output);
    task->result->write_s = task->write_s + kerb_wall_time_s() - start_s;
    return status;
}

kerb_status kerb_study__write_layer(kerb_ctx *ctx, kerb_task *task, const kerb_layer *layer,
                                    const char *const *outputs, size_t n_outputs)
{
    double start_s = kerb_wall_time_s();
    const char *details = task->result->details; /* "{…}" */
    kerb_stamp stamp = make_stamp(ctx, task);
    char *members = kerb_text_copy_n(details + 1, strlen(details) - 2);
    kerb_export_layer_options options = {.extra_json = members, .overwrite = task->overwrite};
    kerb_status status = members == NULL ? kerb_fail_nomem(ctx, "the details") : KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < n_outputs; i++) {
        status = kerb_export_layer(ctx, layer, &stamp, &options, outputs[i]);
        if (status == KERB_OK)
            status = kerb_study__result_add_outputs(ctx, task->result, outputs[i]);
    }
    task->result->write_s = kerb_wall_time_s() - start_s;
    kerb_free(members);
    return status;
}

kerb_status kerb_study__end(kerb_task *task, kerb_status status, kerb_result **out)
{
    if (status == KERB_OK) {
        *out = task->result;
        task->result = NULL;
    }
    kerb_json_clear(&task->parameters);
    kerb_study__prepared_free(task->prepared);
    kerb_result_free(task->result);
    kerb_free(task->title);
    return status;
}
