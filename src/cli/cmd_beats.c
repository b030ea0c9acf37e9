/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb beats INPUT... OUT`: counts, shares and rates by area. */
#include "cli.h"

static const option_id options[] = {
    OPT_SET,          OPT_AREAS,      OPT_ID,       OPT_NAME,   OPT_POPULATION,
    OPT_LAYER,        OPT_COMPARE,    OPT_CATEGORY, OPT_SOURCE, OPT_FROM,
    OPT_TO,           OPT_HOURS,      OPT_WEEKDAYS, OPT_NIGHTS, OPT_WITHIN,
    OPT_EXCLUDE,      OPT_STUDY_AREA, OPT_POOL,     OPT_FORMAT, OPT_CRS,
    OPT_INPUT_CRS,    OPT_X,          OPT_Y,        OPT_DATE,   OPT_CATEGORY_FIELD,
    OPT_WEIGHT_FIELD, OPT_STRICT,     OPT_COUNT};

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_beats_request request = {.outputs = &arguments->operands[arguments->n_operands - 1],
                                  .n_outputs = 1,
                                  .areas = option_text(arguments, OPT_AREAS),
                                  .areas_options = read_areas_options(arguments),
                                  .overwrite = option_given(arguments, OPT_OVERWRITE)};
    kerb_input_options input_options = read_input_options(arguments);
    kerb_input *input = NULL;
    kerb_result *result = NULL;
    int code = EXIT_USAGE;
    if (request.areas != NULL && option_given(arguments, OPT_SET)) {
        say_error("--set and --areas exclude each other");
        return EXIT_USAGE;
    }
    if (request.areas == NULL)
        request.areas = option_text(arguments, OPT_SET);
    if (!read_selection(ctx, arguments, &request.selection, &code))
        return code;
    kerb_status status = kerb_export_check(ctx, request.outputs[0], false, request.overwrite);
    if (status == KERB_OK)
        status = kerb_input_open(ctx, arguments->operands, arguments->n_operands - 1,
                                 &input_options, &input);
    if (status == KERB_OK)
        status = kerb_request_beats(ctx, input, &request, &result);
    kerb_input_free(input);
    return status == KERB_OK ? end_done(ctx, arguments, result) : end_failed(ctx, status);
}

const cli_command command_beats = {"beats",
                                   "INPUT... OUT.geojson|.gpkg|.csv",
                                   "Count incidents by beat or ward, with shares and rates.",
                                   2,
                                   -1,
                                   options,
                                   run};
