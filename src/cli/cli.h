/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_H
#define CLI_H

/** What the commands share: one table of options, parsed values, and how a run ends. */

#include <kerb_study.h> /* the public headers, as an outside program sees them */

/** Ways to end, as scripts rely on them. */
enum {
    EXIT_DONE = 0,
    EXIT_COULD_NOT = 1,
    EXIT_USAGE = 2,
    EXIT_REJECTS = 3,
    EXIT_INTERRUPTED = 130
};

typedef enum option_id {
    OPT_HELP,
    OPT_VERSION,
    OPT_JSON,
    OPT_QUIET,
    OPT_VERBOSE,
    OPT_THREADS,
    OPT_SEED,
    OPT_OVERWRITE,
    OPT_EDITION,
    OPT_STRICT,
    OPT_CRS,
    OPT_INPUT_CRS,
    OPT_FORMAT,
    OPT_X,
    OPT_Y,
    OPT_DATE,
    OPT_DATE_TO,
    OPT_RECORDED,
    OPT_CATEGORY_FIELD,
    OPT_WEIGHT_FIELD,
    OPT_SOURCE,
    OPT_AGAIN,
    OPT_AS_AT,
    OPT_REPLACE_PERIOD,
    OPT_KEY,
    OPT_BEFORE,
    OPT_DRY_RUN,
    OPT_CATEGORY,
    OPT_KIND,
    OPT_ORIGIN,
    OPT_INPUT_KIND,
    OPT_INPUT_ORIGIN,
    OPT_FROM,
    OPT_TO,
    OPT_HOURS,
    OPT_WEEKDAYS,
    OPT_NIGHTS,
    OPT_WITHIN,
    OPT_EXCLUDE,
    OPT_STUDY_AREA,
    OPT_POOL,
    OPT_SET,
    OPT_AREAS,
    OPT_ID,
    OPT_NAME,
    OPT_POPULATION,
    OPT_ROLE,
    OPT_LAYER,
    OPT_KERNEL,
    OPT_BANDWIDTH,
    OPT_CELL,
    OPT_BBOX,
    OPT_EDGE,
    OPT_ADAPTIVE,
    OPT_AGAINST,
    OPT_UNCERTAINTY,
    OPT_MAX_ERROR,
    OPT_PER_YEAR,
    OPT_TYPE,
    OPT_LIKE,
    OPT_LEVEL,
    OPT_NULL,
    OPT_REPLICATES,
    OPT_TOP,
    OPT_MAX_AREA,
    OPT_PREVIOUS,
    OPT_PRESET,
    OPT_COMPARE,
    OPT_DIGEST,
    OPT_OUTPUT,
    OPT_COUNT
} option_id;

/** Options of every command that reads incidents from files. */
#define CLI_FILE_OPTIONS                                                                       \
    OPT_FORMAT, OPT_CRS, OPT_INPUT_CRS, OPT_X, OPT_Y, OPT_DATE, OPT_DATE_TO, OPT_RECORDED,     \
        OPT_CATEGORY_FIELD, OPT_WEIGHT_FIELD, OPT_STRICT
/** Options of every analysis: which incidents, where, and how files are read for it. */
#define CLI_ANALYSIS_OPTIONS                                                                   \
    OPT_CATEGORY, OPT_KIND, OPT_SOURCE, OPT_FROM, OPT_TO, OPT_AS_AT, OPT_HOURS, OPT_WEEKDAYS,  \
        OPT_NIGHTS, OPT_WITHIN, OPT_EXCLUDE, OPT_STUDY_AREA, OPT_POOL, OPT_INPUT_KIND,         \
        OPT_INPUT_ORIGIN, CLI_FILE_OPTIONS

struct cli_arguments;

/** A command: its options yield parsing, --help and the check of the manual. */
typedef struct cli_command {
    const char *name;
    const char *operands; /**< "INPUT... OUT.tif" */
    const char *sentence;
    int min_operands, max_operands; /**< max -1: any number */
    const option_id *options;       /**< ended by OPT_COUNT; the common ones are added */
    int (*run)(kerb_ctx *ctx, const struct cli_arguments *arguments);
} cli_command;

/** The values of one option in the order given. */
typedef struct option_values {
    const char **items;
    size_t n;
} option_values;

typedef struct cli_arguments {
    const cli_command *command;
    option_values options[OPT_COUNT];
    const char **operands;
    size_t n_operands;
    char **split; /**< texts made by splitting lists at commas */
    size_t n_split;
} cli_arguments;

/** Parse; on anything but OK an exit code was decided and all was said. */
bool arguments_parse(const cli_command *command, int argc, char **argv, cli_arguments *out,
                     int *exit_code);
void arguments_clear(cli_arguments *arguments);
void command_help(const cli_command *command);

bool option_given(const cli_arguments *arguments, option_id id);
/** Last value given, NULL when none. */
const char *option_text(const cli_arguments *arguments, option_id id);
bool option_length(kerb_ctx *ctx, const cli_arguments *arguments, option_id id, bool planar,
                   double *out, int *exit_code);

/* Kind and origin that two options say of all rows. */
bool read_nature(const cli_arguments *arguments, option_id kind, option_id origin,
                 kerb_nature *out, int *exit_code);
kerb_input_options read_input_options(const cli_arguments *arguments);
/** `--set NAME` or `--areas FILE`, which exclude each other; NULL: neither. False: said. */
bool read_areas_name(const cli_arguments *arguments, const char **out);
/** Selection from filters; false: said and decided. */
bool read_selection(kerb_ctx *ctx, const cli_arguments *arguments, kerb_selection *out,
                    int *exit_code);
bool read_surface(kerb_ctx *ctx, const cli_arguments *arguments, kerb_surface_options *out,
                  int *exit_code);
kerb_ingest_areas_options read_areas_options(const cli_arguments *arguments);

/** Log lines of the context go to stderr; so does its progress where that is a terminal. */
void terminal_watch(kerb_ctx *ctx, bool quiet, bool verbose);
/** Take the line of progress away: before anything else is printed. */
void terminal_clear_line(void);
/** One line on stderr, with the command's name in front. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/**
 * What every analysis begins with: refuse an output that may not be written, or that is one of
 * the inputs, then open the operands before the last. EXIT_DONE, or said and decided.
 */
int open_input(kerb_ctx *ctx, const cli_arguments *arguments, bool raster, kerb_input **out);
/** Exit code of a failure, its message said. */
int end_failed(kerb_ctx *ctx, kerb_status status);
/** Print the result (JSON or lines), free it, give the exit code. */
int end_done(kerb_ctx *ctx, const cli_arguments *arguments, kerb_result *result);
/** What every request ends with: end_done() or end_failed(). */
int end_request(kerb_ctx *ctx, const cli_arguments *arguments, kerb_status status,
                kerb_result *result);
/** print_text() of what holds words of files and stores: a terminal must not obey them, so
 * control characters are written as \xNN. */
int print_plain(const char *text);
/** Print text on stdout; EXIT_COULD_NOT when that fails (full disk, closed pipe). */
int print_text(const char *text);

extern const cli_command command_import, command_areas, command_info, command_check,
    command_density, command_beats, command_hotspots, command_run, command_forget;

#endif
