/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb areas INPUT STORE --set NAME`: load beats, wards, a study area. */
#include "cli.h"

static const option_id options[] = {OPT_SET,  OPT_ROLE,       OPT_ID,
                                    OPT_NAME, OPT_POPULATION, OPT_LAYER,
                                    OPT_CRS,  OPT_INPUT_CRS,  OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_result *result = NULL;
    kerb_areas_request request = {.input = arguments->operands[0],
                                  .store = arguments->operands[1],
                                  .set = option_text(arguments, OPT_SET),
                                  .role = option_text(arguments, OPT_ROLE),
                                  .crs = option_text(arguments, OPT_CRS),
                                  .options = read_areas_options(arguments),
                                  .overwrite = option_given(arguments, OPT_OVERWRITE)};
    request.options.input_crs = option_text(arguments, OPT_INPUT_CRS);
    if (request.set == NULL) {
        say_error("areas needs a name for the set: --set NAME");
        return EXIT_USAGE;
    }
    kerb_status status = kerb_request_areas(ctx, &request, &result);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_areas = {
    "areas",
    "INPUT STORE",
    "Load a set of areas (beats, wards, a study area) into a store.",
    2,
    2,
    options,
    run};
