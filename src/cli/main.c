/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The command: finds the subcommand, makes the context, hands over. Nothing is opened or
 * registered before a subcommand asks for it, so that `--help` costs what loading the library
 * costs.
 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cli_command *const commands[] = {
    &command_run,     &command_import,   &command_areas, &command_info,  &command_check,
    &command_density, &command_hotspots, &command_beats, &command_forget};
#define N_COMMANDS (sizeof commands / sizeof commands[0])

/* Commands of the plan that this version does not have: said by name, not "unknown". */
static const char *const planned[] = {"significance", "measures",   "audit",  "time",
                                      "repeats",      "emerging",   "venues", "evaluate",
                                      "roads",        "speedwatch", "report", "explain"};

static kerb_ctx *volatile interrupted_ctx;

static void on_interrupt(int signal_number)
{
    /* a second Ctrl-C ends at once; outputs are under temporary names until they are whole */
    struct sigaction usual = {.sa_handler = SIG_DFL};
    sigaction(signal_number, &usual, NULL);
    if (interrupted_ctx != NULL)
        kerb_ctx_request_cancel(interrupted_ctx);
}

static void print_help(void)
{
    puts("Usage: kerb <command> [options] INPUT [OUTPUT]\n\n"
         "Hotspot analysis of geocoded incidents: kernel density, beats, honest "
         "verdicts.\n\nCommands");
    for (size_t i = 0; i < N_COMMANDS; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->sentence);
    puts("\n`kerb <command> --help` tells the options. Results go to stdout, all else to "
         "stderr.\n"
         "Exit: 0 done, 1 could not, 2 wrong usage, 3 rows rejected under --strict, 130 "
         "interrupted.");
}

/* Ask what only numbers can answer: threads and seed. */
static bool set_up(kerb_ctx *ctx, const cli_arguments *arguments)
{
    const char *threads = option_text(arguments, OPT_THREADS),
               *seed = option_text(arguments, OPT_SEED);
    char *end = NULL;
    if (threads != NULL) {
        long n = strtol(threads, &end, 10);
        if (*end != 0 || n < 1 || n > 1024) {
            say_error("--threads: '%s' is no number from 1 to 1024", threads);
            return false;
        }
        kerb_ctx_set_threads(ctx, (int)n);
    }
    /* for tests and measurements; every level is within the stated error */
    const char *simd = getenv("KERB_SIMD");
    if (simd != NULL && *simd != 0) {
        kerb_simd level;
        if (!kerb_simd_find(simd, &level)) {
            say_error("KERB_SIMD: '%s' is none of scalar, avx2, avx512", simd);
            return false;
        }
        kerb_ctx_set_simd(ctx, level);
    }
    if (seed != NULL) {
        errno = 0;
        unsigned long long n = strtoull(seed, &end, 10);
        if (*end != 0 || seed[0] == '-' || errno != 0) {
            say_error("--seed: '%s' is no whole number", seed);
            return false;
        }
        kerb_ctx_set_seed(ctx, n);
    }
    return true;
}

static int run_command(const cli_command *command, int argc, char **argv)
{
    cli_arguments arguments;
    int code = EXIT_USAGE;
    kerb_ctx *ctx = NULL;
    if (!arguments_parse(command, argc, argv, &arguments, &code))
        goto done;
    ctx = kerb_ctx_new();
    if (ctx == NULL) {
        say_error("out of memory");
        code = EXIT_COULD_NOT;
        goto done;
    }
    if (!set_up(ctx, &arguments))
        goto done;
    terminal_watch(ctx, option_given(&arguments, OPT_QUIET),
                   option_given(&arguments, OPT_VERBOSE));
    interrupted_ctx = ctx;
    struct sigaction interrupt = {.sa_handler = on_interrupt}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGTERM, &interrupt, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is an error to report, not a death */
    sigaction(SIGXFSZ, &ignore, NULL); /* likewise a file that may not grow */
    code = command->run(ctx, &arguments);
    terminal_clear_line();
done:
    arguments_clear(&arguments);
    interrupted_ctx = NULL;
    kerb_ctx_free(ctx);
    return code;
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    /* rasters are written in rows; GDAL's default cache, 5 % of memory, would only grow the
     * process */
    setenv("GDAL_CACHEMAX", "64", 0);
    if (name == NULL) {
        print_help();
        return EXIT_USAGE;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return print_text("");
    }
    if (strcmp(name, "--version") == 0) {
        printf("kerb %s\n", kerb_version());
        return print_text("");
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(name, commands[i]->name) == 0)
            return run_command(commands[i], argc - 1, argv + 1);
    for (size_t i = 0; i < sizeof planned / sizeof planned[0]; i++)
        if (strcmp(name, planned[i]) == 0) {
            say_error("the command '%s' is not in this version", name);
            return EXIT_USAGE;
        }
    say_error("unknown command '%s' (kerb --help lists them)", name);
    return EXIT_USAGE;
}
