/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb check INPUT... [OUT]`: what the incidents can bear. */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const option_id options[] = {OPT_BANDWIDTH,    OPT_STUDY_AREA, OPT_AREAS,    OPT_ID,
                                    OPT_NAME,         OPT_LAYER,      OPT_CATEGORY, OPT_SOURCE,
                                    OPT_FROM,         OPT_TO,         OPT_AS_AT,    OPT_WITHIN,
                                    CLI_FILE_OPTIONS, OPT_COUNT};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* Is a file that is there one that a check wrote? Then --overwrite may replace it; any other
 * .csv or .json behind files is an input. */
static bool is_check_output(const char *path)
{
    static const char *const heads[] = {"\xEF\xBB\xBF"
                                        "finding,check,severity,",
                                        "{\"kerb\":{\"command\":\"check\","};
    char head[64] = "";
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    size_t n = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    head[n] = '\0';
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strncmp(head, heads[i], strlen(heads[i])) == 0)
            return true;
    return false;
}

/* The last operand is the output when its name says so and it cannot be meant as an input: a
 * page, anything behind a store, a file that is not there yet, or one that a check wrote. */
static bool has_output(const cli_arguments *arguments)
{
    struct stat info;
    const char *last = arguments->operands[arguments->n_operands - 1];
    if (arguments->n_operands < 2)
        return false;
    if (ends_with(last, ".html") || ends_with(last, ".htm"))
        return true;
    if (!ends_with(last, ".csv") && !ends_with(last, ".json"))
        return false;
    return kerb_store_is_store(arguments->operands[0]) || stat(last, &info) != 0 ||
           is_check_output(last);
}

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    const char *crs = option_text(arguments, OPT_CRS);
    bool planar = crs != NULL && strcmp(crs, "none") == 0;
    kerb_check_request request = {.radius_m = 400.0,
                                  .areas = option_text(arguments, OPT_AREAS),
                                  .areas_options = read_areas_options(arguments),
                                  .overwrite = option_given(arguments, OPT_OVERWRITE)};
    kerb_input_options input_options = read_input_options(arguments);
    kerb_input *input = NULL;
    kerb_result *result = NULL;
    size_t n_inputs = arguments->n_operands;
    int code = EXIT_USAGE;
    if (has_output(arguments))
        request.output = arguments->operands[--n_inputs];
    if (planar && !option_given(arguments, OPT_BANDWIDTH)) {
        say_error("--bandwidth is required with --crs none: no default fits a plane in an "
                  "unnamed unit");
        return EXIT_USAGE;
    }
    if (!option_length(ctx, arguments, OPT_BANDWIDTH, planar, &request.radius_m, &code) ||
        !read_selection(ctx, arguments, &request.selection, &code))
        return code;
    kerb_status status = request.output == NULL
                             ? KERB_OK
                             : kerb_check_output(ctx, request.output, request.overwrite);
    if (status == KERB_OK)
        status = kerb_input_open(ctx, arguments->operands, n_inputs, &input_options, &input);
    if (status == KERB_OK)
        status = kerb_request_check(ctx, input, &request, &result);
    kerb_input_free(input);
    return end_request(ctx, arguments, status, result);
}

const cli_command command_check = {"check",
                                   "INPUT... [OUT.json|OUT.csv|OUT.html]",
                                   "Tell what the incidents can bear: places, months, times, "
                                   "breaks.",
                                   1,
                                   -1,
                                   options,
                                   run};
