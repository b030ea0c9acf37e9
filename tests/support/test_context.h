/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_CONTEXT_H
#define KERB_TEST_CONTEXT_H

/**
 * The one context of a test program, made and freed by the fixtures of its group or of each
 * test. To be included by the test itself, once.
 */

#include "near.h"

#include "kerb_core.h"

static kerb_ctx *ctx;

static inline int make_context(void **state)
{
    (void)state;
    ctx = kerb_ctx_new();
    return ctx ? 0 : -1;
}

static inline int free_context(void **state)
{
    (void)state;
    kerb_ctx_free(ctx);
    ctx = NULL;
    return 0;
}

#endif
