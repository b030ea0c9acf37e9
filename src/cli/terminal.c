/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person at a terminal sees while work goes on: one line that is written over, and
 * nothing of it in a log. A process has one terminal, so its state is one for all: whoever
 * prints clears the line first.
 */
#include "cli.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct {
    bool verbose, quiet;
    bool line_open;
    int last_pct;
    char stage[64];
    char last_line[512];
} screen = {.last_pct = -2};

void terminal_clear_line(void)
{
    if (screen.line_open)
        fputs("\r\033[K", stderr);
    screen.line_open = false;
    /* before the next output on the same terminal through stdout */
    fflush(stderr);
}

static void show_progress(void *user, const char *stage, double share)
{
    (void)user;
    int pct = share < 0.0 ? -1 : (int)(share * 100.0);
    if (pct == screen.last_pct && strcmp(stage, screen.stage) == 0)
        return;
    screen.last_pct = pct;
    snprintf(screen.stage, sizeof screen.stage, "%s", stage);
    if (pct < 0)
        fprintf(stderr, "\r\033[K%s …", stage);
    else
        fprintf(stderr, "\r\033[K%-24s [%-25.*s] %3d %%", stage, pct / 4,
                "=========================", pct);
    screen.line_open = true;
    fflush(stderr);
    if (pct == 100)
        terminal_clear_line();
}

static void show_log(void *user, kerb_log_level level, const char *line)
{
    (void)user;
    if (screen.quiet || (level < KERB_LOG_WARNING && !screen.verbose))
        return;
    /* the surfaces of a study often share a caution: once is enough */
    if (strncmp(screen.last_line, line, sizeof screen.last_line - 1) == 0)
        return;
    snprintf(screen.last_line, sizeof screen.last_line, "%s", line);
    terminal_clear_line();
    fprintf(stderr, "kerb: %s%s\n", level == KERB_LOG_WARNING ? "warning: " : "", line);
}

void terminal_watch(kerb_ctx *ctx, bool quiet, bool verbose)
{
    screen.quiet = quiet;
    screen.verbose = verbose;
    kerb_ctx_set_log(ctx, show_log, NULL);
    if (!quiet && isatty(STDERR_FILENO))
        kerb_ctx_set_progress(ctx, show_progress, NULL);
}
