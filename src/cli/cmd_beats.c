/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb beats INPUT... OUT`: counts, shares and rates by area. */
#include "cli.h"

static const option_id options[] = {
    OPT_SET,        OPT_AREAS, OPT_ID,      OPT_NAME,
    OPT_POPULATION, OPT_LAYER, OPT_COMPARE, CLI_ANALYSIS_OPTIONS,
    OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_beats_request request = {.outputs = &arguments->operands[arguments->n_operands - 1],
                                  .n_outputs = 1,
                                  .areas_options = read_areas_options(arguments),
                                  .overwrite = option_given(arguments, OPT_OVERWRITE)};
    kerb_input *input = NULL;
    kerb_result *result = NULL;
    int code = EXIT_USAGE;
    if (!read_areas_name(arguments, &request.areas) ||
        !read_selection(ctx, arguments, &request.selection, &code))
        return code;
    code = open_input(ctx, arguments, false, &input);
    if (code != EXIT_DONE)
        return code;
    kerb_status status = kerb_request_beats(ctx, input, &request, &result);
    kerb_input_free(input);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_beats = {"beats",
                                   "INPUT... OUT.geojson|.gpkg|.csv",
                                   "Count incidents by beat or ward, with shares and rates.",
                                   2,
                                   -1,
                                   options,
                                   run};
