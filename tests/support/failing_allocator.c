/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The gate of kerb_memory_set_gate() with a counter behind it. Once an allocation failed, later
 * ones fail too: a machine that is out of memory stays so for a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"

enum { MAX_ALLOCATIONS = 100000 };

static size_t n_asked;
static size_t n_first_refused; /* 0 = none */

static bool count_and_decide(void *user)
{
    (void)user;
    n_asked++;
    return n_first_refused == 0 || n_asked < n_first_refused;
}

void failing_allocator_set(size_t n)
{
    n_asked = 0;
    n_first_refused = n;
    kerb_memory_set_gate(n == 0 ? NULL : count_and_decide, NULL);
}

size_t failing_allocator_count(void)
{
    return n_asked;
}

size_t failing_allocator_walk(failing_allocator_fn fn, void *user)
{
    kerb_ctx *ctx = kerb_ctx_new();
    assert_non_null(ctx);
    for (size_t n = 1; n <= MAX_ALLOCATIONS; n++) {
        kerb_fail(ctx, KERB_OK, "%s", "");
        failing_allocator_set(n);
        kerb_status status = fn(ctx, user);
        size_t n_made = n_asked;
        failing_allocator_set(0);
        bool is_told = kerb_ctx_message(ctx)[0] != '\0';
        if (status == KERB_ERR_NOMEM && is_told)
            continue;
        kerb_ctx_free(ctx); /* before a failed assert leaves this function */
        if (status != KERB_OK)
            fail_msg("allocation %zu failed and the call gave %s with %s message", n,
                     kerb_status_name(status), is_told ? "a" : "no");
        /* a success in spite of a refusal would mean that a failure was swallowed */
        if (n_made >= n)
            fail_msg("allocation %zu failed and the call gave KERB_OK", n);
        return n_made;
    }
    fail_msg("more than %d allocations", MAX_ALLOCATIONS);
    return 0;
}
