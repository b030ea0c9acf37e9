/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb density INPUT... OUT.tif`: kernel density in events per km². */
#include "cli.h"

#include <string.h>

static const option_id options[] = {OPT_KERNEL,
                                    OPT_BANDWIDTH,
                                    OPT_CELL,
                                    OPT_BBOX,
                                    OPT_EDGE,
                                    OPT_PER_YEAR,
                                    OPT_TYPE,
                                    OPT_ADAPTIVE,
                                    OPT_AGAINST,
                                    OPT_UNCERTAINTY,
                                    OPT_MAX_ERROR,
                                    OPT_LIKE,
                                    CLI_ANALYSIS_OPTIONS,
                                    OPT_COUNT};

/* Another program knows nothing of these. */
static bool read_like(const cli_arguments *arguments, kerb_density_request *request)
{
    static const struct {
        option_id id;
        const char *name;
    } not_theirs[] = {{OPT_PER_YEAR, "per-year"},
                      {OPT_ADAPTIVE, "adaptive"},
                      {OPT_AGAINST, "against"},
                      {OPT_UNCERTAINTY, "uncertainty"},
                      {OPT_MAX_ERROR, "max-error"}};
    const char *like = option_text(arguments, OPT_LIKE);
    if (like == NULL)
        return true;
    if (!kerb_like_find(like, &request->like)) {
        say_error("--like: unknown program '%s': qgis, qgis-scaled, grass, arcgis or crimestat",
                  like);
        return false;
    }
    for (size_t i = 0; i < sizeof not_theirs / sizeof *not_theirs; i++)
        if (option_given(arguments, not_theirs[i].id)) {
            say_error("--%s cannot be asked for with --like: the other program has no such "
                      "thing",
                      not_theirs[i].name);
            return false;
        }
    if (request->surface.bandwidth_rule != KERB_BANDWIDTH_FIXED) {
        say_error("--bandwidth %s cannot be asked for with --like: give a length such as 400m",
                  option_text(arguments, OPT_BANDWIDTH));
        return false;
    }
    request->has_bandwidth = option_given(arguments, OPT_BANDWIDTH);
    return true;
}

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_density_request request = {.type = KERB_RASTER_FLOAT32,
                                    .output = arguments->operands[arguments->n_operands - 1],
                                    .overwrite = option_given(arguments, OPT_OVERWRITE),
                                    .per_year = option_given(arguments, OPT_PER_YEAR)};
    const char *type = option_text(arguments, OPT_TYPE);
    kerb_input *input = NULL;
    kerb_result *result = NULL;
    int code = EXIT_USAGE;
    if (!read_selection(ctx, arguments, &request.selection, &code))
        return code;
    if (!read_surface(ctx, arguments, &request.surface, &code))
        return code;
    if (!read_like(arguments, &request))
        return EXIT_USAGE;
    if (type != NULL && strcmp(type, "float64") == 0) {
        request.type = KERB_RASTER_FLOAT64;
    } else if (type != NULL && strcmp(type, "float32") != 0) {
        say_error("--type: '%s' is neither float32 nor float64", type);
        return EXIT_USAGE;
    }
    code = open_input(ctx, arguments, true, &input);
    if (code != EXIT_DONE)
        return code;
    kerb_status status = kerb_request_density(ctx, input, &request, &result);
    kerb_input_free(input);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_density = {"density",
                                     "INPUT... OUT.tif",
                                     "Map kernel density in events per km² as a GeoTIFF.",
                                     2,
                                     -1,
                                     options,
                                     run};
