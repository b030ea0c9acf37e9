/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One door for all memory. Products of count and size are checked, so a file that claims 2^61
 * rows fails like any other that is too large; and a test can put a gate in the door that makes
 * the n-th allocation fail, which is how every failure path is walked.
 */
#include "core_internal.h"

#include <stdlib.h>
#include <string.h>

static bool (*gate_open)(void *user);
static void *gate_user;
static _Thread_local size_t refused_bytes;

void kerb_memory_set_gate(bool (*gate)(void *user), void *user)
{
    gate_open = gate;
    gate_user = user;
}

size_t kerb_core__refused_bytes(void)
{
    return refused_bytes;
}

/* Bytes to ask for, never 0 (malloc(0) may give NULL, which would read as failure); false when
 * the product is no possible size or the gate is shut. */
static bool find_n_bytes(size_t n, size_t size, size_t *out)
{
    if (size != 0 && n > (size_t)PTRDIFF_MAX / size) {
        refused_bytes = SIZE_MAX;
        return false;
    }
    *out = n * size == 0 ? 1 : n * size;
    refused_bytes = *out;
    return !gate_open || gate_open(gate_user);
}

void *kerb_alloc_array(size_t n, size_t size)
{
    size_t n_bytes;
    return find_n_bytes(n, size, &n_bytes) ? malloc(n_bytes) : NULL;
}

void *kerb_calloc_array(size_t n, size_t size)
{
    size_t n_bytes;
    return find_n_bytes(n, size, &n_bytes) ? calloc(1, n_bytes) : NULL;
}

void *kerb_realloc_array(void *memory, size_t n, size_t size)
{
    size_t n_bytes;
    return find_n_bytes(n, size, &n_bytes) ? realloc(memory, n_bytes) : NULL;
}

void kerb_free(void *memory)
{
    free(memory);
}

void kerb_free_text(char *text)
{
    free(text);
}

char *kerb_text_copy_n(const char *text, size_t length)
{
    if (!text || length == SIZE_MAX)
        return NULL;
    char *copy = kerb_alloc_array(length + 1, 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *kerb_text_copy(const char *text)
{
    return text ? kerb_text_copy_n(text, strlen(text)) : NULL;
}
