/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb hotspots INPUT... OUT`: the densest places, drawn, ranked and named. */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const option_id options[] = {
    OPT_LEVEL, OPT_BANDWIDTH, OPT_KERNEL,     OPT_CELL,     OPT_BBOX,     OPT_EDGE,
    OPT_TOP,   OPT_NULL,      OPT_REPLICATES, OPT_MAX_AREA, OPT_PREVIOUS, OPT_PRESET,
    OPT_SET,   OPT_AREAS,     OPT_ID,         OPT_NAME,     OPT_LAYER,    CLI_ANALYSIS_OPTIONS,
    OPT_COUNT};

static bool read_level(const cli_arguments *arguments, kerb_hotspots_options *out)
{
    const char *level = option_text(arguments, OPT_LEVEL);
    if (level == NULL || strcmp(level, "3xmean") == 0) {
        out->level = KERB_LEVEL_3XMEAN;
        return true;
    }
    if (strcmp(level, "3xmean-all") == 0) {
        out->level = KERB_LEVEL_3XMEAN_ALL;
        return true;
    }
    bool known = strncmp(level, "p:", 2) == 0 || strncmp(level, "volume:", 7) == 0 ||
                 strncmp(level, "area:", 5) == 0;
    say_error(known ? "--level %s is not in this version: 3xmean or 3xmean-all"
                    : "--level: '%s' is no level (3xmean or 3xmean-all)",
              level);
    return false;
}

static bool read_top(const cli_arguments *arguments, kerb_hotspots_options *out)
{
    const char *text = option_text(arguments, OPT_TOP);
    char *end = NULL;
    if (text == NULL)
        return true;
    errno = 0;
    unsigned long top = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != 0 || errno != 0) {
        say_error("--top: '%s' is no whole number", text);
        return false;
    }
    out->top = top;
    return true;
}

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_hotspots_request request = {.hotspots = KERB_HOTSPOTS_OPTIONS_DEFAULT,
                                     .outputs = &arguments->operands[arguments->n_operands - 1],
                                     .n_outputs = 1,
                                     .areas_options = read_areas_options(arguments),
                                     .overwrite = option_given(arguments, OPT_OVERWRITE)};
    kerb_input *input = NULL;
    kerb_result *result = NULL;
    int code = EXIT_USAGE;
    if (!read_areas_name(arguments, &request.beats) ||
        !read_level(arguments, &request.hotspots) || !read_top(arguments, &request.hotspots))
        return EXIT_USAGE;
    if (!read_selection(ctx, arguments, &request.selection, &code))
        return code;
    if (!read_surface(ctx, arguments, &request.surface, &code))
        return code;
    code = open_input(ctx, arguments, false, &input);
    if (code != EXIT_DONE)
        return code;
    kerb_status status = kerb_request_hotspots(ctx, input, &request, &result);
    kerb_input_free(input);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_hotspots = {
    "hotspots",
    "INPUT... OUT.geojson|.gpkg|.csv",
    "Draw, rank and name the densest places (not tested against chance).",
    2,
    -1,
    options,
    run};
