/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb run STUDY.yaml [-o DIR]`: the whole study. */
#include "cli.h"

static const option_id options[] = {OPT_OUTPUT, OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_study *study = NULL;
    char *json = NULL, *summary = NULL;
    int code = EXIT_DONE;
    kerb_status status = kerb_study_read(ctx, arguments->operands[0], &study);
    if (status == KERB_OK)
        status = kerb_study_run(ctx, study, option_text(arguments, OPT_OUTPUT),
                                option_given(arguments, OPT_OVERWRITE), &json, &summary);
    if (status != KERB_OK)
        code = end_failed(ctx, status);
    else if (option_given(arguments, OPT_JSON)) {
        code = print_text(json);
        if (code == EXIT_DONE)
            code = print_text("\n");
    } else if (!option_given(arguments, OPT_QUIET)) {
        code = print_text(summary);
    }
    kerb_free_text(json);
    kerb_free_text(summary);
    kerb_study_free(study);
    return code;
}

const cli_command command_run = {
    "run",   "STUDY.yaml", "Do all that a study file asks: load, map, count, list.", 1, 1,
    options, run};
