/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The context: where a failure leaves its sentence, and where progress, log and the wish to
 * stop pass between the library and its caller. Messages quote names and values out of
 * strangers' files, so every control character is made visible here, in one place: no file can
 * send escape sequences to a terminal or break a message into two lines.
 */
#define _GNU_SOURCE    /* sched_getaffinity: the CPUs this process may use, not those of the   \
                          machine */
#include "core_internal.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 4096, MAX_THREADS = 1024 };

/* A file as the kernel knows it, whatever it is called. */
typedef struct file_identity {
    dev_t device;
    ino_t inode;
} file_identity;

struct kerb_ctx {
    char message[MESSAGE_BYTES];
    int n_threads;
    kerb_simd simd;
    uint64_t seed;
    kerb_log_fn log;
    void *log_user;
    kerb_progress_fn progress;
    void *progress_user;
    double part_from, part_to; /* of the whole, for which shares count */
    atomic_int cancel;         /* lock-free, hence fit for signal handlers */
    file_identity *inputs;     /* files that were read; see kerb_output_protect */
    size_t n_inputs, inputs_capacity;
};

static int count_allowed_cpus(void)
{
    cpu_set_t allowed;
    long n = 0;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
        n = CPU_COUNT(&allowed);
    else
        n = sysconf(_SC_NPROCESSORS_ONLN); /* more CPUs than cpu_set_t can name */
    return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (int)n;
}

kerb_ctx *kerb_ctx_new(void)
{
    kerb_ctx *ctx = kerb_calloc_array(1, sizeof *ctx);
    if (ctx) {
        ctx->n_threads = count_allowed_cpus();
        ctx->simd = kerb_simd_best();
        ctx->seed = KERB_DEFAULT_SEED;
        ctx->part_to = 1.0;
        atomic_init(&ctx->cancel, 0);
    }
    return ctx;
}

void kerb_ctx_free(kerb_ctx *ctx)
{
    if (ctx)
        kerb_free(ctx->inputs);
    kerb_free(ctx);
}

kerb_status kerb_output_protect(kerb_ctx *ctx, const char *path)
{
    struct stat info;
    if (!ctx || stat(path, &info) != 0 || kerb_core__is_input(ctx, &info))
        return KERB_OK; /* nothing there that could be lost, or known */
    if (ctx->n_inputs == ctx->inputs_capacity) {
        size_t capacity = ctx->inputs_capacity ? 2 * ctx->inputs_capacity : 8;
        file_identity *grown = kerb_realloc_array(ctx->inputs, capacity, sizeof *grown);
        if (!grown)
            return kerb_fail_nomem(ctx, "the list of inputs");
        ctx->inputs = grown;
        ctx->inputs_capacity = capacity;
    }
    ctx->inputs[ctx->n_inputs++] = (file_identity){info.st_dev, info.st_ino};
    return KERB_OK;
}

bool kerb_core__is_input(const kerb_ctx *ctx, const struct stat *info)
{
    for (size_t i = ctx ? ctx->n_inputs : 0; i > 0; i--) { /* the last one is asked for most */
        const file_identity *input = &ctx->inputs[i - 1];
        if (input->device == info->st_dev && input->inode == info->st_ino)
            return true;
    }
    return false;
}

const char *kerb_ctx_message(const kerb_ctx *ctx)
{
    return ctx ? ctx->message : "";
}

void kerb_ctx_set_threads(kerb_ctx *ctx, int n_threads)
{
    ctx->n_threads = n_threads < 1 ? 1 : n_threads > MAX_THREADS ? MAX_THREADS : n_threads;
}

int kerb_ctx_get_threads(const kerb_ctx *ctx)
{
    return ctx->n_threads;
}

void kerb_ctx_set_simd(kerb_ctx *ctx, kerb_simd level)
{
    kerb_simd best = kerb_simd_best();
    ctx->simd = level < best ? level : best;
}

kerb_simd kerb_ctx_get_simd(const kerb_ctx *ctx)
{
    return ctx->simd;
}

void kerb_ctx_set_seed(kerb_ctx *ctx, uint64_t seed)
{
    ctx->seed = seed;
}

uint64_t kerb_ctx_get_seed(const kerb_ctx *ctx)
{
    return ctx->seed;
}

void kerb_ctx_set_log(kerb_ctx *ctx, kerb_log_fn log, void *user)
{
    ctx->log = log;
    ctx->log_user = user;
}

void kerb_ctx_set_progress(kerb_ctx *ctx, kerb_progress_fn progress, void *user)
{
    ctx->progress = progress;
    ctx->progress_user = user;
}

void kerb_ctx_request_cancel(kerb_ctx *ctx)
{
    atomic_store(&ctx->cancel, 1);
}

bool kerb_ctx_is_cancelled(const kerb_ctx *ctx)
{
    return ctx && atomic_load(&ctx->cancel) != 0;
}

/* Copy with controls made visible, cut at a whole character when it does not fit. */
static void copy_one_line(const char *from, char *to, size_t size)
{
    static const char cut[] = "…";
    size_t used = 0;
    for (const char *c = from; *c != '\0';) {
        size_t n = kerb_core__utf8_step((const unsigned char *)c, strnlen(c, 4));
        size_t n_taken = n == 0 ? 1 : n;
        char piece[4 * 4 + 8];
        kerb_text_visible(c, n_taken, n_taken, piece);
        size_t n_piece = strlen(piece);
        if (used + n_piece + sizeof cut > size) {
            memcpy(to + used, cut, sizeof cut);
            return;
        }
        memcpy(to + used, piece, n_piece);
        used += n_piece;
        c += n_taken;
    }
    to[used] = '\0';
}

kerb_status kerb_vfail(kerb_ctx *ctx, kerb_status status, const char *format, va_list args)
{
    if (!ctx)
        return status;
    /* an argument may be the old message itself, so the new one is made beside it */
    char line[MESSAGE_BYTES];
    if (kerb_core__vformat(line, sizeof line, format, args) < 0)
        line[0] = '\0';
    copy_one_line(line, ctx->message, sizeof ctx->message);
    return status;
}

kerb_status kerb_fail(kerb_ctx *ctx, kerb_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    kerb_vfail(ctx, status, format, args);
    va_end(args);
    return status;
}

void kerb_fail_in(kerb_ctx *ctx, const char *format, ...)
{
    if (!ctx)
        return;
    char place[MESSAGE_BYTES / 2];
    char old[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    if (kerb_core__vformat(place, sizeof place, format, args) < 0)
        place[0] = '\0';
    va_end(args);
    memcpy(old, ctx->message, sizeof old);
    kerb_fail(ctx, KERB_OK, "%s: %s", place, old);
}

kerb_status kerb_fail_nomem(kerb_ctx *ctx, const char *what)
{
    return kerb_fail(ctx, KERB_ERR_NOMEM, "out of memory (%zu bytes for %s)",
                     kerb_core__refused_bytes(), what);
}

void kerb_log(kerb_ctx *ctx, kerb_log_level level, const char *format, ...)
{
    if (!ctx || !ctx->log)
        return;
    char raw[MESSAGE_BYTES];
    char line[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    if (kerb_core__vformat(raw, sizeof raw, format, args) < 0)
        raw[0] = '\0';
    va_end(args);
    copy_one_line(raw, line, sizeof line);
    ctx->log(ctx->log_user, level, line);
}

kerb_status kerb_check_cancel(kerb_ctx *ctx)
{
    if (kerb_ctx_is_cancelled(ctx))
        return kerb_fail(ctx, KERB_ERR_CANCELLED, "stopped on request");
    return KERB_OK;
}

void kerb_progress_part(kerb_ctx *ctx, double from, double to)
{
    if (ctx) {
        ctx->part_from = from;
        ctx->part_to = to;
    }
}

kerb_status kerb_progress(kerb_ctx *ctx, const char *stage, double share)
{
    /* the callback may be the one that asks to stop, so it is asked first */
    if (ctx && ctx->progress && !kerb_ctx_is_cancelled(ctx))
        ctx->progress(ctx->progress_user, stage,
                      share < 0.0 ? share
                                  : ctx->part_from + share * (ctx->part_to - ctx->part_from));
    return kerb_check_cancel(ctx);
}

uint64_t kerb_peak_memory_bytes(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0 || usage.ru_maxrss < 0)
        return 0;
    return (uint64_t)usage.ru_maxrss * 1024u; /* Linux counts in KiB */
}

static double read_clock_s(clockid_t clock)
{
    struct timespec now;
    if (clock_gettime(clock, &now) != 0)
        return 0.0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double kerb_cpu_time_s(void)
{
    return read_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

double kerb_wall_time_s(void)
{
    return read_clock_s(CLOCK_MONOTONIC);
}
