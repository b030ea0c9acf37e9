/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How a run ends: results on stdout, everything else on stderr, one exit code for each kind of
 * end.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void say_error(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    terminal_clear_line();
    fputs("kerb: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

int end_failed(kerb_ctx *ctx, kerb_status status)
{
    say_error("%s", kerb_ctx_message(ctx));
    switch (status) {
    case KERB_ERR_ARG:
    case KERB_ERR_RANGE:
    case KERB_ERR_UNSUPPORTED:
        return EXIT_USAGE;
    case KERB_ERR_CANCELLED:
        return EXIT_INTERRUPTED;
    case KERB_OK:
    case KERB_ERR_FORMAT:
    case KERB_ERR_CRS:
    case KERB_ERR_EMPTY:
    case KERB_ERR_NOT_FOUND:
    case KERB_ERR_IO:
    case KERB_ERR_DB:
    case KERB_ERR_NOMEM:
    case KERB_ERR_EXISTS:
    case KERB_ERR_NO_CONVERGENCE:
    case KERB_ERR_BUG:
        break;
    }
    return EXIT_COULD_NOT;
}

int print_text(const char *text)
{
    terminal_clear_line();
    /* ferror: what printf could not write earlier */
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_DONE;
    say_error("cannot write the result: %s", strerror(errno));
    return EXIT_COULD_NOT;
}

/* Bytes at `text` that command a terminal: C0 but for the ends of lines and tabs, DEL, and C1
 * in UTF-8. */
static size_t count_control(const char *text)
{
    unsigned char c = (unsigned char)text[0], next = c ? (unsigned char)text[1] : 0;
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
        return c != 0;
    return c == 0xc2 && next >= 0x80 && next < 0xa0 ? 2 : 0;
}

int print_plain(const char *text)
{
    terminal_clear_line();
    while (*text) {
        size_t n = count_control(text);
        if (n == 0)
            putchar(*text++);
        for (; n > 0; n--, text++)
            printf("\\x%02X", (unsigned)(unsigned char)*text);
    }
    return print_text("");
}

int end_done(kerb_ctx *ctx, const cli_arguments *arguments, kerb_result *result)
{
    int code;
    if (option_given(arguments, OPT_JSON)) {
        char *json = NULL;
        kerb_status status = kerb_result_json(ctx, result, &json);
        code = status == KERB_OK ? print_text(json) : end_failed(ctx, status);
        if (code == EXIT_DONE)
            code = print_text("\n");
        kerb_free_text(json);
    } else {
        code = option_given(arguments, OPT_QUIET)
                   ? EXIT_DONE
                   : print_plain(result->summary != NULL ? result->summary : "");
        for (size_t i = 0;
             code == EXIT_DONE && !option_given(arguments, OPT_QUIET) && i < result->n_outputs;
             i++) {
            printf("  wrote %s\n", result->outputs[i].path);
            code = print_text("");
        }
    }
    if (code == EXIT_DONE && option_given(arguments, OPT_STRICT) && result->n_rejected > 0) {
        say_error("%llu rows were rejected (--strict)", (unsigned long long)result->n_rejected);
        code = EXIT_REJECTS;
    }
    kerb_result_free(result);
    return code;
}

int end_request(kerb_ctx *ctx, const cli_arguments *arguments, kerb_status status,
                kerb_result *result)
{
    return status == KERB_OK ? end_done(ctx, arguments, result) : end_failed(ctx, status);
}
