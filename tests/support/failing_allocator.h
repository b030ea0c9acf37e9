/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_FAILING_ALLOCATOR_H
#define KERB_TEST_FAILING_ALLOCATOR_H

/**
 * Walk every failure path of an allocation: the first run fails at allocation 1, the second at
 * 2, and so on, until a run needs no more memory than it gets. With AddressSanitizer each run
 * also shows that nothing leaks. Not for code that allocates on several threads.
 */

#include "kerb_base.h"

/** What is tried: it frees everything it made, also when it fails. */
typedef kerb_status (*failing_allocator_fn)(kerb_ctx *ctx, void *user);

/** Let the n-th allocation from now (1 = the next) and all after it fail; 0 lets all pass. */
void failing_allocator_set(size_t n);

/** Allocations asked for since the last failing_allocator_set(). */
size_t failing_allocator_count(void);

/**
 * Run `fn` with the n-th allocation failing for n = 1, 2, 3, ... until it gives KERB_OK. Fails
 * the test when a run gives anything but KERB_ERR_NOMEM with a message before. Returns how many
 * allocations the successful run made.
 */
size_t failing_allocator_walk(failing_allocator_fn fn, void *user);

#endif
