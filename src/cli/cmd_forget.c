/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb forget STORE --key REF | --before DATE`: erase records and what they once were. */
#include "cli.h"

static const option_id options[] = {OPT_KEY, OPT_BEFORE, OPT_SOURCE, OPT_DRY_RUN, OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_result *result = NULL;
    kerb_forget_request request = {.store = arguments->operands[0],
                                   .references = arguments->options[OPT_KEY].items,
                                   .n_references = arguments->options[OPT_KEY].n,
                                   .before = option_text(arguments, OPT_BEFORE),
                                   .source = option_text(arguments, OPT_SOURCE),
                                   .is_trial = option_given(arguments, OPT_DRY_RUN)};
    if ((request.n_references > 0) == (request.before != NULL)) {
        say_error(request.before != NULL
                      ? "--key and --before exclude each other"
                      : "say what to forget: --key REF (repeat for more) or --before DATE");
        return EXIT_USAGE;
    }
    if (arguments->options[OPT_SOURCE].n > 1) {
        say_error("--source: name one source, or none for all");
        return EXIT_USAGE;
    }
    kerb_status status = kerb_request_forget(ctx, &request, &result);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_forget = {
    "forget", "STORE", "Erase records from a store for good, by reference or by age.", 1, 1,
    options,  run};
