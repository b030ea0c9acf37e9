/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the words of the command line to the library's requests.
 */
#include "cli.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool refuse(int *exit_code)
{
    *exit_code = EXIT_USAGE;
    return false;
}

bool option_length(kerb_ctx *ctx, const cli_arguments *arguments, option_id id, bool planar,
                   double *out, int *exit_code)
{
    const char *text = option_text(arguments, id);
    if (text == NULL)
        return true;
    if (kerb_length_parse(ctx, text, planar, out) == KERB_OK)
        return true;
    say_error("%s", kerb_ctx_message(ctx));
    return refuse(exit_code);
}

kerb_input_options read_input_options(const cli_arguments *arguments)
{
    return (kerb_input_options){
        .crs = option_text(arguments, OPT_CRS),
        .input_crs = option_text(arguments, OPT_INPUT_CRS),
        .format = option_text(arguments, OPT_FORMAT),
        .x_column = option_text(arguments, OPT_X),
        .y_column = option_text(arguments, OPT_Y),
        .date_column = option_text(arguments, OPT_DATE),
        .date_to_column = option_text(arguments, OPT_DATE_TO),
        .recorded_column = option_text(arguments, OPT_RECORDED),
        .category_column = option_text(arguments, OPT_CATEGORY_FIELD),
        .weight_column = option_text(arguments, OPT_WEIGHT_FIELD),
        .as_at = option_text(arguments, OPT_AS_AT),
    };
}

static bool read_kind(const char *word, const char *option, kerb_kind *out, int *exit_code)
{
    if (kerb_kind_find(word, out))
        return true;
    say_error("--%s: '%s' is no kind of incidents (crime, asb, fire, collision, complaint, "
              "stop-and-search, other)",
              option, word);
    return refuse(exit_code);
}

bool read_nature(const cli_arguments *arguments, option_id kind, option_id origin,
                 kerb_nature *out, int *exit_code)
{
    const option_values *kinds = &arguments->options[kind];
    const char *word = option_text(arguments, origin);
    if (kinds->n > 1) {
        say_error(
            "--kind: all rows are of one kind, %zu were named; a mapping says it for each "
            "category",
            kinds->n);
        return refuse(exit_code);
    }
    if (kinds->n == 1 && !read_kind(kinds->items[0], kind == OPT_KIND ? "kind" : "input-kind",
                                    &out->kind, exit_code))
        return false;
    if (word == NULL || kerb_origin_find(word, &out->origin))
        return true;
    say_error("--%s: '%s' is no origin (reported, police-generated, mixed)",
              origin == OPT_ORIGIN ? "origin" : "input-origin", word);
    return refuse(exit_code);
}

kerb_ingest_areas_options read_areas_options(const cli_arguments *arguments)
{
    return (kerb_ingest_areas_options){
        .layer = option_text(arguments, OPT_LAYER),
        .id_field = option_text(arguments, OPT_ID),
        .name_field = option_text(arguments, OPT_NAME),
        .population_fields = arguments->options[OPT_POPULATION].items,
        .n_population_fields = arguments->options[OPT_POPULATION].n,
    };
}

bool read_areas_name(const cli_arguments *arguments, const char **out)
{
    const char *file = option_text(arguments, OPT_AREAS),
               *set = option_text(arguments, OPT_SET);
    if (file != NULL && set != NULL) {
        say_error("--set and --areas exclude each other");
        return false;
    }
    *out = file != NULL ? file : set;
    return true;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

static bool takes_lengths(const cli_command *command)
{
    const option_id *id = command->options;
    while (*id != OPT_COUNT && *id != OPT_BANDWIDTH)
        id++;
    return *id == OPT_BANDWIDTH;
}

int open_input(kerb_ctx *ctx, const cli_arguments *arguments, bool raster, kerb_input **out)
{
    size_t n_inputs = arguments->n_operands - 1;
    const char *output = arguments->operands[n_inputs];
    kerb_input_options options = read_input_options(arguments);
    int code = EXIT_DONE;
    if (!read_nature(arguments, OPT_INPUT_KIND, OPT_INPUT_ORIGIN, &options.nature, &code))
        return code;
    kerb_status status =
        kerb_export_check(ctx, output, raster, option_given(arguments, OPT_OVERWRITE));
    if (status != KERB_OK)
        return end_failed(ctx, status);
    for (size_t i = 0; i < n_inputs; i++)
        if (is_same_file(arguments->operands[i], output)) {
            say_error("%s is an input: it is not overwritten", output);
            return EXIT_USAGE;
        }
    status = kerb_input_open(ctx, arguments->operands, n_inputs, &options, out);
    if (status != KERB_OK)
        return end_failed(ctx, status);
    /* lengths were read as metres, and 400 m is no default on a plane */
    if (options.crs == NULL && takes_lengths(arguments->command) &&
        kerb_crs_is_none(kerb_input_crs(*out))) {
        say_error(
            "%s is a plane without a unit: say --crs none, and give lengths as bare numbers",
            arguments->operands[0]);
        kerb_input_free(*out);
        *out = NULL;
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

/* "fri,sat" to bits, Monday first; whole names and their first three letters. */
static bool read_days(const cli_arguments *arguments, option_id id, const char *name,
                      unsigned *out, int *exit_code)
{
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    const option_values *values = &arguments->options[id];
    for (size_t i = 0; i < values->n; i++) {
        const char *word = values->items[i];
        size_t length = strlen(word), day = 7;
        for (size_t d = 0; d < 7 && length >= 3 && length <= strlen(days[d]); d++) {
            size_t k = 0;
            while (k < length && tolower((unsigned char)word[k]) == days[d][k])
                k++;
            if (k == length)
                day = d;
        }
        if (day == 7) {
            say_error("--%s: '%s' is no day of the week (mon, tue, wed, thu, fri, sat, sun)",
                      name, word);
            return refuse(exit_code);
        }
        *out |= 1u << day;
    }
    return true;
}

/* "22", "22:30"; 24 only as an end. */
static const char *read_clock(const char *text, int *minutes)
{
    int hours = 0, rest = 0, digits = 0;
    while (isdigit((unsigned char)*text) && digits < 2) {
        hours = hours * 10 + *text++ - '0';
        digits++;
    }
    if (digits == 0)
        return NULL;
    if (*text == ':') {
        if (!isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[2]))
            return NULL;
        rest = (text[1] - '0') * 10 + text[2] - '0';
        text += 3;
    }
    if (hours > 24 || rest > 59 || (hours == 24 && rest > 0))
        return NULL;
    *minutes = hours * 60 + rest;
    return text;
}

static bool read_hours(const cli_arguments *arguments, kerb_filter *filter, int *exit_code)
{
    const option_values *values = &arguments->options[OPT_HOURS];
    if (values->n > KERB_FILTER_MAX_HOURS) {
        say_error("--hours: at most %d spans, %zu given", KERB_FILTER_MAX_HOURS, values->n);
        return refuse(exit_code);
    }
    for (size_t i = 0; i < values->n; i++) {
        kerb_hours span = {0, 0};
        const char *rest = read_clock(values->items[i], &span.from_min);
        rest = rest != NULL && *rest == '-' ? read_clock(rest + 1, &span.to_min) : NULL;
        if (rest == NULL || *rest != 0 || span.from_min == span.to_min ||
            span.from_min == 1440) {
            say_error("--hours: '%s' is no span of hours (write 22-04 or 22:30-04:00)",
                      values->items[i]);
            return refuse(exit_code);
        }
        filter->hours[filter->n_hours++] = span;
    }
    return true;
}

static bool read_date(kerb_ctx *ctx, const cli_arguments *arguments, option_id id,
                      const char *name, kerb_civil_s *out, int *exit_code)
{
    const char *text = option_text(arguments, id);
    if (text == NULL || kerb_civil_parse(ctx, text, out) == KERB_OK)
        return true;
    say_error("--%s: %s", name, kerb_ctx_message(ctx));
    return refuse(exit_code);
}

bool read_selection(kerb_ctx *ctx, const cli_arguments *arguments, kerb_selection *out,
                    int *exit_code)
{
    kerb_selection selection = KERB_SELECTION_ALL;
    kerb_filter *filter = &selection.filter;
    filter->categories = arguments->options[OPT_CATEGORY].items;
    filter->n_categories = arguments->options[OPT_CATEGORY].n;
    filter->sources = arguments->options[OPT_SOURCE].items;
    filter->n_sources = arguments->options[OPT_SOURCE].n;
    for (size_t i = 0; i < arguments->options[OPT_KIND].n; i++) {
        kerb_kind kind = KERB_KIND_OTHER;
        if (!read_kind(arguments->options[OPT_KIND].items[i], "kind", &kind, exit_code))
            return false;
        filter->kinds |= 1u << kind;
    }
    if (!read_date(ctx, arguments, OPT_FROM, "from", &filter->from, exit_code))
        return false;
    if (!read_date(ctx, arguments, OPT_TO, "to", &filter->to, exit_code))
        return false;
    if (filter->from != KERB_CIVIL_NONE && filter->to != KERB_CIVIL_NONE &&
        filter->from >= filter->to) {
        say_error("the period is empty: --to is the first day that is not used, and must come "
                  "after --from");
        return refuse(exit_code);
    }
    if (!read_hours(arguments, filter, exit_code))
        return false;
    if (!read_days(arguments, OPT_WEEKDAYS, "weekdays", &filter->weekdays, exit_code))
        return false;
    if (!read_days(arguments, OPT_NIGHTS, "nights", &filter->nights, exit_code))
        return false;
    selection.within = arguments->options[OPT_WITHIN].items;
    selection.n_within = arguments->options[OPT_WITHIN].n;
    selection.exclude = arguments->options[OPT_EXCLUDE].items;
    selection.n_exclude = arguments->options[OPT_EXCLUDE].n;
    selection.study_area = option_text(arguments, OPT_STUDY_AREA);
    selection.pool = option_text(arguments, OPT_POOL);
    *out = selection;
    return true;
}

static bool read_bbox(const cli_arguments *arguments, kerb_surface_options *out, int *exit_code)
{
    const char *text = option_text(arguments, OPT_BBOX), *rest = text;
    double values[4];
    if (text == NULL)
        return true;
    for (int i = 0; i < 4; i++) {
        char *end = NULL;
        values[i] = strtod(rest, &end);
        if (end == rest || *end != (i < 3 ? ',' : 0) ||
            !(values[i] > -1e15 && values[i] < 1e15)) {
            say_error(
                "--bbox: '%s' is no box (write xmin,ymin,xmax,ymax in the working system)",
                text);
            return refuse(exit_code);
        }
        rest = end + 1;
    }
    if (values[0] >= values[2] || values[1] >= values[3]) {
        say_error("--bbox: '%s' is empty: xmin,ymin comes first, xmax,ymax after it", text);
        return refuse(exit_code);
    }
    out->has_bbox = true;
    out->bbox = (kerb_box){values[0], values[1], values[2], values[3]};
    return true;
}

static bool read_max_error(const cli_arguments *arguments, kerb_surface_options *out,
                           int *exit_code)
{
    const char *text = option_text(arguments, OPT_MAX_ERROR);
    char *end = NULL;
    if (text == NULL)
        return true;
    double value = strtod(text, &end);
    if (end == text || *end != 0 || !(value > 0.0 && value <= 0.1)) {
        say_error("--max-error: '%s' is no share of the largest value above 0 and up to 0.1, "
                  "such as 1e-5",
                  text);
        return refuse(exit_code);
    }
    out->density.max_error = value;
    return true;
}

bool read_surface(kerb_ctx *ctx, const cli_arguments *arguments, kerb_surface_options *out,
                  int *exit_code)
{
    kerb_surface_options surface = KERB_SURFACE_OPTIONS_DEFAULT;
    const char *crs = option_text(arguments, OPT_CRS),
               *kernel = option_text(arguments, OPT_KERNEL),
               *bandwidth = option_text(arguments, OPT_BANDWIDTH),
               *edge = option_text(arguments, OPT_EDGE),
               *adaptive = option_text(arguments, OPT_ADAPTIVE);
    bool planar = crs != NULL && strcmp(crs, "none") == 0;
    if (kernel != NULL && !kerb_kernel_find(kernel, &surface.density.kernel)) {
        say_error("unknown kernel '%s': uniform, triangular, epanechnikov, quartic, triweight "
                  "or gaussian",
                  kernel);
        return refuse(exit_code);
    }
    bool by_rule = bandwidth != NULL &&
                   kerb_bandwidth_rule_find(bandwidth, &surface.bandwidth_rule, &surface.knn_k);
    if (planar && bandwidth == NULL) {
        say_error("--bandwidth is required with --crs none: no default fits a plane in an "
                  "unnamed unit");
        return refuse(exit_code);
    }
    if (!by_rule && !option_length(ctx, arguments, OPT_BANDWIDTH, planar,
                                   &surface.density.bandwidth_m, exit_code))
        return false;
    if (!option_length(ctx, arguments, OPT_CELL, planar, &surface.cell_m, exit_code))
        return false;
    surface.has_cell = option_given(arguments, OPT_CELL);
    if (edge != NULL && !kerb_edge_find(edge, &surface.edge)) {
        say_error("unknown edge correction '%s': none, uniform or diggle", edge);
        return refuse(exit_code);
    }
    if (adaptive != NULL && strcmp(adaptive, "abramson") != 0) {
        say_error("--adaptive: '%s' is not known: abramson", adaptive);
        return refuse(exit_code);
    }
    surface.is_adaptive = adaptive != NULL;
    if (!read_bbox(arguments, &surface, exit_code) ||
        !read_max_error(arguments, &surface, exit_code))
        return false;
    *out = surface;
    return true;
}
