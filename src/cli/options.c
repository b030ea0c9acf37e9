/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one table of options. It yields parsing and help; an option that the manual promises for
 * a later version is known here and refused by name, which is kinder than "unknown option".
 */
#include "cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct option_spec {
    const char *name;
    char letter;
    const char *argument; /* NULL: a switch */
    bool is_list;         /* commas separate values, `\,` is a comma */
    bool is_planned;      /* not in this version */
    const char *help;
} option_spec;

static const option_spec specs[OPT_COUNT] = {
    [OPT_HELP] = {"help", 'h', NULL, false, false, "show this help"},
    [OPT_VERSION] = {"version", 0, NULL, false, false, "show the version"},
    [OPT_JSON] = {"json", 0, NULL, false, false, "print the result as one JSON object"},
    [OPT_QUIET] = {"quiet", 'q', NULL, false, false, "no warnings, no progress"},
    [OPT_VERBOSE] = {"verbose", 'v', NULL, false, false, "say more on the way"},
    [OPT_THREADS] = {"threads", 0, "N", false, false,
                     "threads (default: CPUs allowed); results never depend on it"},
    [OPT_SEED] = {"seed", 0, "N", false, false,
                  "seed of simulations (default 20080401), recorded"},
    [OPT_OVERWRITE] = {"overwrite", 0, NULL, false, false, "replace outputs that are there"},
    [OPT_EDITION] =
        {"edition", 0, "NAME", false, false,
         "full (default); partnership and public are refused until disclosure is checked"},
    [OPT_STRICT] = {"strict", 0, NULL, false, false, "exit 3 when rows were rejected"},
    [OPT_CRS] = {"crs", 0, "EPSG:n|none", false, false,
                 "working system in metres (default EPSG:27700), none = plain numbers"},
    [OPT_INPUT_CRS] = {"input-crs", 0, "EPSG:n", false, false,
                       "system of the files' coordinates"},
    [OPT_FORMAT] =
        {"format", 0, "NAME|MAPPING.yaml", false, false,
         "auto, police-uk, stop-and-search, stats19, stats19-casualties, irs, lfb, call-log, "
         "delimited, or a mapping of columns"},
    [OPT_X] = {"x", 0, "COLUMN", false, false, "column of x, easting or longitude"},
    [OPT_Y] = {"y", 0, "COLUMN", false, false, "column of y, northing or latitude"},
    [OPT_DATE] = {"date", 0, "COLUMN", false, false, "column of the date"},
    [OPT_DATE_TO] = {"date-to", 0, "COLUMN", false, false,
                     "column of the end of the window that begins at the date"},
    [OPT_RECORDED] = {"recorded", 0, "COLUMN", false, false, "column of when it was recorded"},
    [OPT_CATEGORY_FIELD] = {"category-field", 0, "COLUMN", false, false,
                            "column of the category"},
    [OPT_WEIGHT_FIELD] = {"weight-field", 0, "COLUMN", false, false,
                          "column of the weight (default: each row weighs 1)"},
    [OPT_SOURCE] = {"source", 0, "NAME", true, false,
                    "source: chosen on an analysis, named on an import"},
    [OPT_AGAIN] = {"again", 0, NULL, false, false, "load files that are in the store already"},
    [OPT_AS_AT] = {"as-at", 0, "DATE", false, false,
                   "day on which an extract was taken; on an analysis: the records of a store "
                   "as they stood on it"},
    [OPT_REPLACE_PERIOD] = {"replace-period", 0, "FROM:TO", false, false,
                            "period for which the extract is complete, from <= t < to: records "
                            "in it that it does not hold are withdrawn"},
    [OPT_KEY] = {"key", 0, "FIELD|REF", true, false,
                 "column of the reference on an import; reference to forget (repeat for more)"},
    [OPT_BEFORE] = {"before", 0, "DATE", false, false,
                    "forget all records that lie wholly before this day"},
    [OPT_DRY_RUN] = {"dry-run", 0, NULL, false, false, "count only, change nothing"},
    [OPT_KIND] = {"kind", 0, "KIND", true, false,
                  "crime, asb, fire, collision, complaint, stop-and-search or other: chosen on "
                  "an analysis, said of all rows on an import"},
    [OPT_ORIGIN] =
        {"origin", 0, "ORIGIN", false, false,
         "reported, police-generated or mixed: who brought the rows into the record"},
    [OPT_INPUT_KIND] = {"input-kind", 0, "KIND", false, false,
                        "kind of all rows of the files, as --kind on an import"},
    [OPT_INPUT_ORIGIN] = {"input-origin", 0, "ORIGIN", false, false,
                          "origin of all rows of the files, as --origin on an import"},
    [OPT_CATEGORY] = {"category", 0, "NAME", true, false,
                      "only this category (repeat for more)"},
    [OPT_FROM] = {"from", 0, "DATE", false, false,
                  "first day used, e.g. 2020-01 or 2020-01-15"},
    [OPT_TO] = {"to", 0, "DATE", false, false, "first day not used"},
    [OPT_HOURS] = {"hours", 0, "FROM-TO", true, false, "hours of the day, e.g. 22-04"},
    [OPT_WEEKDAYS] = {"weekdays", 0, "DAYS", true, false, "days of the week, e.g. fri,sat"},
    [OPT_NIGHTS] = {"nights", 0, "DAYS", true, false, "nights, from noon to noon, e.g. fri"},
    [OPT_WITHIN] = {"within", 0, "SET[:ID]|FILE", true, false, "only incidents in these areas"},
    [OPT_EXCLUDE] = {"exclude", 0, "SET[:ID]|FILE", true, false,
                     "leave these areas out, incidents and land"},
    [OPT_STUDY_AREA] = {"study-area", 0, "SET[:ID]|FILE", false, false,
                        "the land that the result speaks of"},
    [OPT_POOL] = {"pool", 0, "NAME", false, false,
                  "put categories or sources together under this name"},
    [OPT_SET] = {"set", 0, "NAME", false, false, "set of areas in the store"},
    [OPT_AREAS] = {"areas", 0, "FILE", false, false, "file of areas"},
    [OPT_ID] = {"id", 0, "FIELD", false, false, "field of the areas' id"},
    [OPT_NAME] = {"name", 0, "FIELD", false, false, "field of the areas' name"},
    [OPT_POPULATION] = {"population", 0, "FIELD[@YEAR]", true, false,
                        "field of the population (repeat for years)"},
    [OPT_ROLE] = {"role", 0, "ROLE", false, false,
                  "study, beat (default), ward, district, county, force, place, venue, road, "
                  "exclude"},
    [OPT_LAYER] = {"layer", 0, "NAME", false, false, "layer of a file with several"},
    [OPT_KERNEL] =
        {"kernel", 0, "NAME", false, false,
         "uniform, triangular, epanechnikov, quartic (default), triweight, gaussian"},
    [OPT_BANDWIDTH] = {"bandwidth", 0, "LENGTH", false, false,
                       "radius of the kernel, sd of the Gaussian (default 400m)"},
    [OPT_CELL] = {"cell", 0, "LENGTH", false, false,
                  "side of a cell (default: at most a tenth of the bandwidth)"},
    [OPT_BBOX] = {"bbox", 0, "XMIN,YMIN,XMAX,YMAX", false, false,
                  "exactly this box; sides are whole multiples of the cell"},
    [OPT_EDGE] = {"edge", 0, "none", false, false,
                  "edge correction: only none in this version"},
    [OPT_ADAPTIVE] = {"adaptive", 0, "NAME", false, true, "adaptive bandwidth"},
    [OPT_AGAINST] = {"against", 0, "STORE2", false, true, "relative risk"},
    [OPT_UNCERTAINTY] = {"uncertainty", 0, NULL, false, true,
                         "bands of standard error and stability"},
    [OPT_MAX_ERROR] = {"max-error", 0, "E", false, false,
                       "allow a cheaper method that errs by at most E of the largest value, "
                       "such as 1e-5 (default: exact)"},
    [OPT_PER_YEAR] = {"per-year", 0, NULL, false, false, "density per year of the period"},
    [OPT_TYPE] = {"type", 0, "float32|float64", false, false,
                  "type of the raster's numbers (default float32)"},
    [OPT_LIKE] = {"like", 0, "PROGRAM", false, false,
                  "draw as qgis, qgis-scaled, grass, arcgis or crimestat would, and tell what "
                  "differs"},
    [OPT_LEVEL] = {"level", 0, "LEVEL", false, false,
                   "3xmean (of the non-zero cells) or 3xmean-all"},
    [OPT_NULL] = {"null", 0, "NAME", false, true, "what chance would look like"},
    [OPT_REPLICATES] = {"replicates", 0, "N", false, true, "simulations of the test"},
    [OPT_TOP] = {"top", 0, "N", false, false, "keep the first N (default 10; 0 keeps all)"},
    [OPT_MAX_AREA] = {"max-area", 0, "AREA", false, true, "split larger areas"},
    [OPT_PREVIOUS] = {"previous", 0, "FILE", false, true, "compare with an earlier list"},
    [OPT_PRESET] = {"preset", 0, "NAME", false, true, "a set of choices by name"},
    [OPT_COMPARE] = {"compare", 0, "PERIOD", false, true, "change between periods"},
    [OPT_DIGEST] = {"digest", 0, NULL, false, false, "print a checksum of the store's content"},
    [OPT_OUTPUT] = {"output", 'o', "DIR", false, false,
                    "output folder (default: the study's own)"},
};

static const option_id common[] = {OPT_OVERWRITE, OPT_EDITION, OPT_THREADS, OPT_SEED,
                                   OPT_JSON,      OPT_QUIET,   OPT_VERBOSE, OPT_HELP,
                                   OPT_VERSION,   OPT_COUNT};

/* Options of a command, then the common ones; n gets their number. */
static size_t list_options(const cli_command *command, option_id *ids)
{
    size_t n = 0;
    for (const option_id *id = command->options; *id != OPT_COUNT; id++)
        ids[n++] = *id;
    for (const option_id *id = common; *id != OPT_COUNT; id++)
        ids[n++] = *id;
    return n;
}

void command_help(const cli_command *command)
{
    option_id ids[OPT_COUNT + 16];
    size_t n = list_options(command, ids);
    printf("Usage: kerb %s [options] %s\n\n%s\n\nOptions\n", command->name, command->operands,
           command->sentence);
    for (size_t i = 0; i < n; i++) {
        const option_spec *spec = &specs[ids[i]];
        char left[64];
        if (spec->is_planned)
            continue;
        snprintf(left, sizeof left, "%s%c%s--%s%s%s", spec->letter ? "-" : "",
                 spec->letter ? spec->letter : ' ', spec->letter ? ", " : "   ", spec->name,
                 spec->argument ? " " : "", spec->argument ? spec->argument : "");
        if (strlen(left) > 32)
            printf("  %s\n%36s%s\n", left, "", spec->help);
        else
            printf("  %-33s %s\n", left, spec->help);
    }
}

static bool add_value(option_values *values, const char *value)
{
    const char **items = realloc(values->items, (values->n + 1) * sizeof *items);
    if (items == NULL)
        return false;
    values->items = items;
    items[values->n++] = value;
    return true;
}

/* Split "a,b\,c" into "a" and "b,c". */
static bool add_list(cli_arguments *arguments, option_values *values, const char *text)
{
    for (const char *start = text;;) {
        char *item = malloc(strlen(start) + 1);
        char **split = realloc(arguments->split, (arguments->n_split + 1) * sizeof *split);
        size_t length = 0;
        if (split != NULL)
            arguments->split = split;
        if (item == NULL || split == NULL) {
            free(item);
            return false;
        }
        split[arguments->n_split++] = item;
        while (*start != 0 && *start != ',') {
            if (start[0] == '\\' && start[1] == ',')
                start++;
            item[length++] = *start++;
        }
        item[length] = 0;
        if (!add_value(values, item))
            return false;
        if (*start == 0)
            return true;
        start++;
    }
}

void arguments_clear(cli_arguments *arguments)
{
    for (size_t i = 0; i < OPT_COUNT; i++)
        free(arguments->options[i].items);
    for (size_t i = 0; i < arguments->n_split; i++)
        free(arguments->split[i]);
    free(arguments->split);
    free(arguments->operands);
    memset(arguments, 0, sizeof *arguments);
}

/* Options that getopt_long shall know, in its own form. */
static size_t fill_getopt(const option_id *ids, size_t n, struct option *longs, char *letters)
{
    size_t n_letters = 0;
    letters[n_letters++] = ':';
    for (size_t i = 0; i < n; i++) {
        const option_spec *spec = &specs[ids[i]];
        longs[i] = (struct option){spec->name, spec->argument ? required_argument : no_argument,
                                   NULL, 256 + (int)ids[i]};
        if (spec->letter == 0)
            continue;
        letters[n_letters++] = spec->letter;
        if (spec->argument)
            letters[n_letters++] = ':';
    }
    letters[n_letters] = 0;
    longs[n] = (struct option){0};
    return n_letters;
}

static bool usage(const cli_command *command, int *exit_code)
{
    fprintf(stderr, "usage: kerb %s [options] %s (kerb %s --help tells more)\n", command->name,
            command->operands, command->name);
    *exit_code = EXIT_USAGE;
    return false;
}

/* Record one option with its value; false: said and decided. */
static bool take_option(cli_arguments *arguments, option_id id, const char *value,
                        int *exit_code)
{
    const option_spec *spec = &specs[id];
    if (spec->is_planned) {
        say_error("--%s is not in this version of kerb", spec->name);
        *exit_code = EXIT_USAGE;
        return false;
    }
    if (spec->argument != NULL && value[0] == 0) {
        say_error("--%s needs a value", spec->name);
        *exit_code = EXIT_USAGE;
        return false;
    }
    if (spec->argument != NULL && !spec->is_list && arguments->options[id].n > 0) {
        say_error("--%s is given twice, as '%s' and '%s': it takes one value", spec->name,
                  arguments->options[id].items[0], value);
        *exit_code = EXIT_USAGE;
        return false;
    }
    bool added = spec->is_list
                     ? add_list(arguments, &arguments->options[id], value)
                     : add_value(&arguments->options[id], spec->argument ? value : "");
    if (!added) {
        say_error("out of memory");
        *exit_code = EXIT_COULD_NOT;
    }
    return added;
}

bool arguments_parse(const cli_command *command, int argc, char **argv, cli_arguments *out,
                     int *exit_code)
{
    option_id ids[OPT_COUNT + 16];
    struct option longs[OPT_COUNT + 17];
    char letters[64];
    size_t n = list_options(command, ids);
    memset(out, 0, sizeof *out);
    out->command = command;
    fill_getopt(ids, n, longs, letters);
    opterr = 0;
    optind = 1;
    for (;;) {
        int at = optind, code = getopt_long(argc, argv, letters, longs, NULL);
        if (code == -1)
            break;
        if (code == '?' || code == ':') {
            const char *word = argv[optind > at ? optind - 1 : at];
            if (code == ':')
                say_error("%s needs a value", word);
            else
                say_error("unknown option %s", word);
            return usage(command, exit_code);
        }
        option_id id = OPT_COUNT;
        for (size_t i = 0; i < n; i++)
            if (code == 256 + (int)ids[i] || (code < 256 && specs[ids[i]].letter == code))
                id = ids[i];
        if (id == OPT_COUNT || !take_option(out, id, optarg != NULL ? optarg : "", exit_code))
            return false;
        if (id == OPT_HELP) {
            command_help(command);
            *exit_code = EXIT_DONE;
            return false;
        }
        if (id == OPT_VERSION) {
            printf("kerb %s\n", kerb_version());
            *exit_code = EXIT_DONE;
            return false;
        }
    }
    out->n_operands = (size_t)(argc - optind);
    out->operands = calloc(out->n_operands + 1, sizeof *out->operands);
    if (out->operands == NULL) {
        say_error("out of memory");
        *exit_code = EXIT_COULD_NOT;
        return false;
    }
    for (size_t i = 0; i < out->n_operands; i++)
        out->operands[i] = argv[optind + (int)i];
    if ((int)out->n_operands < command->min_operands ||
        (command->max_operands >= 0 && (int)out->n_operands > command->max_operands)) {
        say_error("%s takes %s, %zu given", command->name, command->operands, out->n_operands);
        return usage(command, exit_code);
    }
    const char *edition = option_text(out, OPT_EDITION);
    if (edition != NULL && strcmp(edition, "full") != 0) {
        bool known = strcmp(edition, "partnership") == 0 || strcmp(edition, "public") == 0;
        say_error(known ? "edition '%s' is refused: this version cannot check what may be "
                          "published (only full)"
                        : "unknown edition '%s': full, partnership or public",
                  edition);
        *exit_code = EXIT_USAGE;
        return false;
    }
    return true;
}

bool option_given(const cli_arguments *arguments, option_id id)
{
    return arguments->options[id].n > 0;
}

const char *option_text(const cli_arguments *arguments, option_id id)
{
    const option_values *values = &arguments->options[id];
    return values->n == 0 ? NULL : values->items[values->n - 1];
}
