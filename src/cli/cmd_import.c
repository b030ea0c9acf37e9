/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb import INPUT... STORE`: load incidents, creating the store or adding to it. */
#include "cli.h"

static const option_id options[] = {OPT_SOURCE, OPT_KIND,         OPT_ORIGIN,
                                    OPT_AGAIN,  OPT_AS_AT,        OPT_REPLACE_PERIOD,
                                    OPT_KEY,    CLI_FILE_OPTIONS, OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_result *result = NULL;
    kerb_import_request request = {.inputs = arguments->operands,
                                   .n_inputs = arguments->n_operands - 1,
                                   .store = arguments->operands[arguments->n_operands - 1],
                                   .options = read_input_options(arguments),
                                   .again = option_given(arguments, OPT_AGAIN)};
    if (arguments->options[OPT_SOURCE].n > 1) {
        say_error(
            "--source: an import has one source, %zu were named (a comma inside a name is "
            "\\,)",
            arguments->options[OPT_SOURCE].n);
        return EXIT_USAGE;
    }
    int code = EXIT_DONE;
    if (!read_nature(arguments, OPT_KIND, OPT_ORIGIN, &request.options.nature, &code))
        return code;
    if (arguments->options[OPT_KEY].n > 1) {
        say_error("--key: an import has one column of references, %zu were named (a comma "
                  "inside a name is \\,)",
                  arguments->options[OPT_KEY].n);
        return EXIT_USAGE;
    }
    request.options.source = option_text(arguments, OPT_SOURCE);
    request.options.key_column = option_text(arguments, OPT_KEY);
    request.options.as_at = NULL; /* of the extract, not of the store */
    request.as_at = option_text(arguments, OPT_AS_AT);
    request.replace_period = option_text(arguments, OPT_REPLACE_PERIOD);
    kerb_status status = kerb_request_import(ctx, &request, &result);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_import = {
    "import",
    "INPUT... STORE",
    "Load incidents from files, folders and archives into a store.",
    2,
    -1,
    options,
    run};
