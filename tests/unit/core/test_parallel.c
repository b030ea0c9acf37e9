/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each chunk once, the same failure on each run, callbacks on the caller's thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"
#include "near.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const int thread_counts[] = {1, 2, 3, 8, 64};
enum { N_THREAD_COUNTS = sizeof thread_counts / sizeof thread_counts[0], N_CHUNKS = 1000 };

static kerb_status count_chunk(void *user, size_t i_chunk)
{
    int *counts = user;
    counts[i_chunk]++; /* no lock: a chunk writes what belongs to it */
    return KERB_OK;
}

static void parallel__every_chunk_runs_once(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < N_THREAD_COUNTS; i++) {
        int counts[N_CHUNKS] = {0};
        kerb_ctx_set_threads(ctx, thread_counts[i]);
        assert_int_equal(kerb_parallel_for(ctx, "count", N_CHUNKS, count_chunk, counts),
                         KERB_OK);
        for (size_t chunk = 0; chunk < N_CHUNKS; chunk++)
            assert_int_equal(counts[chunk], 1);
    }
    kerb_ctx_free(ctx);
}

static void parallel__no_chunks_is_no_work(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    assert_int_equal(kerb_parallel_for(ctx, "none", 0, count_chunk, NULL), KERB_OK);
    kerb_ctx_free(ctx);
}

/* a sum in fixed chunks, joined in order: bitwise equal for any number of threads */
static kerb_status sum_chunk(void *user, size_t i_chunk)
{
    double *sums = user, sum = 0.0;
    for (size_t i = 0; i < 1000; i++)
        sum += 1.0 / (double)(i_chunk * 1000 + i + 1);
    sums[i_chunk] = sum;
    return KERB_OK;
}

static void parallel__the_result_does_not_depend_on_threads(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    double first = 0.0;
    for (size_t i = 0; i < N_THREAD_COUNTS; i++) {
        double sums[100], total = 0.0;
        kerb_ctx_set_threads(ctx, thread_counts[i]);
        assert_int_equal(kerb_parallel_for(ctx, "sum", 100, sum_chunk, sums), KERB_OK);
        for (size_t chunk = 0; chunk < 100; chunk++)
            total += sums[chunk];
        if (i == 0)
            first = total;
        assert_near_ulps(total, first, 0);
    }
    kerb_ctx_free(ctx);
}

/* many fail, the later the sooner */
static kerb_status fail_some(void *user, size_t i_chunk)
{
    (void)user;
    if (i_chunk < 137)
        return KERB_OK;
    for (size_t i = i_chunk; i < 160; i++)
        sched_yield();
    return i_chunk == 137 ? KERB_ERR_RANGE : i_chunk == 138 ? KERB_ERR_NOMEM : KERB_ERR_IO;
}

static void parallel__the_first_failing_chunk_by_number_is_told(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (int run = 0; run < 50; run++) {
        kerb_ctx_set_threads(ctx, thread_counts[run % N_THREAD_COUNTS]);
        assert_int_equal(kerb_parallel_for(ctx, "density", N_CHUNKS, fail_some, NULL),
                         KERB_ERR_RANGE);
        assert_string_equal(kerb_ctx_message(ctx),
                            "density failed in part 138 of 1000 (KERB_ERR_RANGE)");
    }
    kerb_ctx_free(ctx);
}

static atomic_size_t n_run;

static kerb_status fail_first(void *user, size_t i_chunk)
{
    (void)user;
    atomic_fetch_add(&n_run, 1);
    return i_chunk == 0 ? KERB_ERR_NOMEM : KERB_OK;
}

static void parallel__chunks_after_a_failure_are_skipped(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ctx_set_threads(ctx, 1);
    atomic_store(&n_run, 0);
    assert_int_equal(kerb_parallel_for(ctx, NULL, N_CHUNKS, fail_first, NULL), KERB_ERR_NOMEM);
    assert_int_equal(atomic_load(&n_run), 1);
    assert_string_equal(kerb_ctx_message(ctx), "out of memory (parallel work)");
    kerb_ctx_free(ctx);
}

typedef struct cancelling {
    kerb_ctx *ctx;
    atomic_size_t n_run;
} cancelling;

static kerb_status cancel_in_tenth(void *user, size_t i_chunk)
{
    cancelling *c = user;
    atomic_fetch_add(&c->n_run, 1);
    if (i_chunk == 9)
        kerb_ctx_request_cancel(c->ctx);
    return KERB_OK;
}

static void parallel__stops_soon_after_cancellation(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_THREAD_COUNTS; i++) {
        cancelling c = {.ctx = kerb_ctx_new()};
        atomic_init(&c.n_run, 0);
        kerb_ctx_set_threads(c.ctx, thread_counts[i]);
        assert_int_equal(kerb_parallel_for(c.ctx, "x", 1000000, cancel_in_tenth, &c),
                         KERB_ERR_CANCELLED);
        assert_string_equal(kerb_ctx_message(c.ctx), "stopped on request");
        assert_true(atomic_load(&c.n_run) < 1000000);
        /* and what has been asked before begins nothing */
        atomic_store(&c.n_run, 0);
        assert_int_equal(kerb_parallel_for(c.ctx, "x", 10, cancel_in_tenth, &c),
                         KERB_ERR_CANCELLED);
        assert_int_equal(atomic_load(&c.n_run), 0);
        kerb_ctx_free(c.ctx);
    }
}

static kerb_status say_cancelled(void *user, size_t i_chunk)
{
    (void)user;
    (void)i_chunk;
    return KERB_ERR_CANCELLED;
}

static void parallel__a_chunk_may_say_that_it_was_cancelled(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    assert_int_equal(kerb_parallel_for(ctx, "x", 5, say_cancelled, NULL), KERB_ERR_CANCELLED);
    assert_string_equal(kerb_ctx_message(ctx), "stopped on request");
    kerb_ctx_free(ctx);
}

typedef struct listener {
    pthread_t thread;
    double last;
    bool is_foreign, goes_back;
    size_t n;
} listener;

static void listen(void *user, const char *stage, double share)
{
    listener *l = user;
    (void)stage;
    l->is_foreign = l->is_foreign || !pthread_equal(l->thread, pthread_self());
    l->goes_back = l->goes_back || !(share > l->last) || share > 1.0;
    l->last = share;
    l->n++;
}

static void parallel__progress_rises_to_one_on_the_callers_thread(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_THREAD_COUNTS; i++) {
        int counts[N_CHUNKS] = {0};
        listener l = {.thread = pthread_self()};
        kerb_ctx *ctx = kerb_ctx_new();
        kerb_ctx_set_threads(ctx, thread_counts[i]);
        kerb_ctx_set_progress(ctx, listen, &l);
        assert_int_equal(kerb_parallel_for(ctx, "count", N_CHUNKS, count_chunk, counts),
                         KERB_OK);
        assert_false(l.is_foreign);
        assert_false(l.goes_back);
        assert_near_ulps(l.last, 1.0, 0);
        assert_in_range(l.n, 1, N_CHUNKS);
        kerb_ctx_free(ctx);
    }
}

static pthread_t handler_thread;
static atomic_int n_handled;

static void note_thread(int signal)
{
    (void)signal;
    handler_thread = pthread_self();
    atomic_fetch_add(&n_handled, 1);
}

static kerb_status raise_signal(void *user, size_t i_chunk)
{
    (void)user;
    if (i_chunk == 3)
        kill(getpid(), SIGUSR1);
    return KERB_OK;
}

static void parallel__signals_are_handled_by_the_callers_thread(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = note_thread}, old;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ctx_set_threads(ctx, 4);
    atomic_store(&n_handled, 0);
    sigaction(SIGUSR1, &action, &old);
    assert_int_equal(kerb_parallel_for(ctx, "x", 50, raise_signal, NULL), KERB_OK);
    sigaction(SIGUSR1, &old, NULL);
    assert_int_equal(atomic_load(&n_handled), 1);
    assert_true(pthread_equal(handler_thread, pthread_self()));
    kerb_ctx_free(ctx);
}

static void parallel__works_without_a_context_on_one_thread(void **state)
{
    (void)state;
    int counts[10] = {0};
    assert_int_equal(kerb_parallel_for(NULL, "x", 10, count_chunk, counts), KERB_OK);
    assert_int_equal(counts[9], 1);
}

static kerb_status count_ten(kerb_ctx *ctx, void *user)
{
    kerb_ctx_set_threads(ctx, 2);
    return kerb_parallel_for(ctx, "x", 10, count_chunk, user);
}

static void parallel__no_memory_for_threads_is_told(void **state)
{
    (void)state;
    int counts[10] = {0};
    assert_int_equal(failing_allocator_walk(count_ten, counts), 1);
    assert_int_equal(counts[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parallel__every_chunk_runs_once),
        cmocka_unit_test(parallel__no_chunks_is_no_work),
        cmocka_unit_test(parallel__the_result_does_not_depend_on_threads),
        cmocka_unit_test(parallel__the_first_failing_chunk_by_number_is_told),
        cmocka_unit_test(parallel__chunks_after_a_failure_are_skipped),
        cmocka_unit_test(parallel__stops_soon_after_cancellation),
        cmocka_unit_test(parallel__a_chunk_may_say_that_it_was_cancelled),
        cmocka_unit_test(parallel__progress_rises_to_one_on_the_callers_thread),
        cmocka_unit_test(parallel__signals_are_handled_by_the_callers_thread),
        cmocka_unit_test(parallel__works_without_a_context_on_one_thread),
        cmocka_unit_test(parallel__no_memory_for_threads_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
