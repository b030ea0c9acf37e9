/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A loop over chunks on several threads. Workers take chunk numbers in order from one counter;
 * the caller only waits, tells progress and hears the wish to stop, so callbacks never run on a
 * foreign thread. A chunk that has been taken always runs. Hence every chunk below a failing
 * one has run too, and the lowest failing number is the same on each run. Threads are made per
 * call: tens of microseconds against chunks of milliseconds, and nothing is left behind in the
 * process of the library's user.
 */
#include "kerb_base.h"

#include <pthread.h>
#include <signal.h>

typedef struct loop {
    kerb_ctx *ctx; /* for the cancel flag only */
    kerb_status (*work)(void *user, size_t i_chunk);
    void *user;
    size_t n_chunks;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t i_next; /* all below belong to the lock */
    size_t n_done;
    size_t n_running; /* workers that have not ended */
    size_t i_failed;  /* lowest failing chunk, n_chunks while there is none */
    kerb_status status;
} loop;

/* With the lock held: the next chunk, or false when there is nothing more to do. */
static bool take_chunk(loop *l, size_t *i_chunk)
{
    if (l->status != KERB_OK || l->i_next == l->n_chunks || kerb_ctx_is_cancelled(l->ctx))
        return false;
    *i_chunk = l->i_next++;
    return true;
}

/* With the lock held. */
static void note_result(loop *l, size_t i_chunk, kerb_status status)
{
    l->n_done++;
    if (status != KERB_OK && i_chunk < l->i_failed) {
        l->i_failed = i_chunk;
        l->status = status;
    }
}

static void *run_worker(void *argument)
{
    loop *l = argument;
    size_t i_chunk;
    pthread_mutex_lock(&l->lock);
    while (take_chunk(l, &i_chunk)) {
        pthread_mutex_unlock(&l->lock);
        kerb_status status = l->work(l->user, i_chunk);
        pthread_mutex_lock(&l->lock);
        note_result(l, i_chunk, status);
        pthread_cond_signal(&l->changed);
    }
    l->n_running--;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Start up to n_wanted workers; fewer is no error, the loop only takes longer. */
static size_t start_workers(loop *l, pthread_t *threads, size_t n_wanted)
{
    /* signals belong to the caller's threads: a worker that ran a handler would surprise it */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    size_t n = 0;
    pthread_mutex_lock(&l->lock);
    while (n < n_wanted && pthread_create(&threads[n], NULL, run_worker, l) == 0)
        n++;
    l->n_running = n;
    pthread_mutex_unlock(&l->lock);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return n;
}

static void tell_progress(const loop *l, const char *stage, size_t n_done)
{
    if (stage)
        kerb_progress(l->ctx, stage, (double)n_done / (double)l->n_chunks);
}

static void run_alone(loop *l, const char *stage)
{
    size_t i_chunk;
    while (take_chunk(l, &i_chunk)) {
        note_result(l, i_chunk, l->work(l->user, i_chunk));
        tell_progress(l, stage, l->n_done);
    }
}

static void wait_and_tell(loop *l, const char *stage)
{
    size_t n_told = 0;
    pthread_mutex_lock(&l->lock);
    while (l->n_running > 0 || n_told < l->n_done) {
        if (n_told == l->n_done) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        n_told = l->n_done;
        pthread_mutex_unlock(&l->lock); /* the callback may be slow */
        tell_progress(l, stage, n_told);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
}

kerb_status kerb_parallel_for(kerb_ctx *ctx, const char *stage, size_t n_chunks,
                              kerb_status (*work)(void *user, size_t i_chunk), void *user)
{
    loop l = {.ctx = ctx,
              .work = work,
              .user = user,
              .n_chunks = n_chunks,
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER,
              .i_failed = n_chunks,
              .status = KERB_OK};
    size_t n_threads = ctx ? (size_t)kerb_ctx_get_threads(ctx) : 1;
    if (n_threads > n_chunks)
        n_threads = n_chunks;
    size_t n_started = 0;
    if (n_threads > 1) {
        pthread_t *threads = kerb_alloc_array(n_threads, sizeof *threads);
        if (!threads)
            return kerb_fail_nomem(ctx, "threads");
        n_started = start_workers(&l, threads, n_threads);
        if (n_started > 0)
            wait_and_tell(&l, stage);
        for (size_t i = 0; i < n_started; i++)
            pthread_join(threads[i], NULL);
        kerb_free(threads);
    }
    if (n_started == 0)
        run_alone(&l, stage);
    pthread_cond_destroy(&l.changed);
    pthread_mutex_destroy(&l.lock);

    if (l.status == KERB_OK)
        return kerb_check_cancel(ctx);
    const char *doing = stage ? stage : "parallel work";
    if (l.status == KERB_ERR_NOMEM)
        return kerb_fail(ctx, l.status, "out of memory (%s)", doing);
    if (l.status == KERB_ERR_CANCELLED)
        return kerb_fail(ctx, l.status, "stopped on request");
    return kerb_fail(ctx, l.status, "%s failed in part %zu of %zu (%s)", doing, l.i_failed + 1,
                     n_chunks, kerb_status_name(l.status));
}
