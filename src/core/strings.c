/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts numbered from 1 in order of arrival, so that a column of a million crime types is a
 * column of small numbers. Bytes live in blocks that never move, so a text once handed out
 * stays where it is; the index is open addressing over the numbers, at most half full.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

enum { BLOCK_BYTES = 64 * 1024, FIRST_SLOTS = 64 };

typedef struct block {
    struct block *next;
    size_t used, capacity;
    char data[];
} block;

typedef struct entry {
    const char *text;
    size_t length;
    uint64_t hash;
} entry;

struct kerb_strings {
    block *blocks;   /* the newest first */
    entry *entries;  /* number - 1 */
    size_t capacity; /* of entries */
    uint32_t count;
    uint32_t *slots; /* numbers, 0 = free; n_slots is a power of two */
    size_t n_slots;
};

kerb_strings *kerb_strings_new(void)
{
    return kerb_calloc_array(1, sizeof(kerb_strings));
}

void kerb_strings_free(kerb_strings *strings)
{
    if (!strings)
        return;
    for (block *b = strings->blocks; b != NULL;) {
        block *next = b->next;
        kerb_free(b);
        b = next;
    }
    kerb_free(strings->entries);
    kerb_free(strings->slots);
    kerb_free(strings);
}

/* Slot that holds the text, or the free one where it belongs. */
static size_t find_slot(const kerb_strings *strings, const char *text, size_t length,
                        uint64_t hash)
{
    size_t mask = strings->n_slots - 1;
    for (size_t slot = (size_t)hash & mask;; slot = (slot + 1) & mask) {
        uint32_t number = strings->slots[slot];
        if (number == 0)
            return slot;
        const entry *e = &strings->entries[number - 1];
        if (e->hash == hash && e->length == length && memcmp(e->text, text, length) == 0)
            return slot;
    }
}

static bool grow_slots(kerb_strings *strings)
{
    size_t n_slots = strings->n_slots == 0 ? FIRST_SLOTS : 2 * strings->n_slots;
    uint32_t *slots = kerb_calloc_array(n_slots, sizeof *slots);
    if (!slots)
        return false;
    for (uint32_t number = 1; number <= strings->count; number++) {
        size_t slot = (size_t)strings->entries[number - 1].hash & (n_slots - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (n_slots - 1);
        slots[slot] = number;
    }
    kerb_free(strings->slots);
    strings->slots = slots;
    strings->n_slots = n_slots;
    return true;
}

static const char *keep_bytes(kerb_strings *strings, const char *text, size_t length)
{
    block *b = strings->blocks;
    if (length >= (size_t)PTRDIFF_MAX - sizeof(block))
        return NULL;
    if (!b || b->capacity - b->used < length + 1) {
        size_t capacity = length + 1 > BLOCK_BYTES ? length + 1 : BLOCK_BYTES;
        b = kerb_alloc_array(sizeof(block) + capacity, 1);
        if (!b)
            return NULL;
        b->used = 0;
        b->capacity = capacity;
        b->next = strings->blocks;
        strings->blocks = b;
    }
    char *kept = b->data + b->used;
    memcpy(kept, text, length);
    kept[length] = '\0';
    b->used += length + 1;
    return kept;
}

kerb_status kerb_strings_add(kerb_ctx *ctx, kerb_strings *strings, const char *text,
                             size_t length, uint32_t *out)
{
    if (length == 0) {
        *out = 0;
        return KERB_OK;
    }
    uint64_t hash = kerb_hash_bytes(text, length).low;
    if (strings->n_slots > 0) {
        uint32_t number = strings->slots[find_slot(strings, text, length, hash)];
        if (number != 0) {
            *out = number;
            return KERB_OK;
        }
    }
    if (strings->count == UINT32_MAX)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED, "more than %u different texts", UINT32_MAX);
    if (((size_t)strings->count + 1) * 2 > strings->n_slots && !grow_slots(strings))
        return kerb_fail_nomem(ctx, "names");
    if (strings->count == strings->capacity) {
        size_t capacity = strings->capacity == 0 ? FIRST_SLOTS : 2 * strings->capacity;
        entry *entries = kerb_realloc_array(strings->entries, capacity, sizeof *entries);
        if (!entries)
            return kerb_fail_nomem(ctx, "names");
        strings->entries = entries;
        strings->capacity = capacity;
    }
    const char *kept = keep_bytes(strings, text, length);
    if (!kept)
        return kerb_fail_nomem(ctx, "names");
    strings->entries[strings->count] = (entry){.text = kept, .length = length, .hash = hash};
    strings->count++;
    strings->slots[find_slot(strings, text, length, hash)] = strings->count;
    *out = strings->count;
    return KERB_OK;
}

uint32_t kerb_strings_find(const kerb_strings *strings, const char *text, size_t length)
{
    if (length == 0 || strings->n_slots == 0)
        return 0;
    uint64_t hash = kerb_hash_bytes(text, length).low;
    return strings->slots[find_slot(strings, text, length, hash)];
}

const char *kerb_strings_get(const kerb_strings *strings, uint32_t number)
{
    assert(number <= strings->count);
    return number == 0 ? "" : strings->entries[number - 1].text;
}

size_t kerb_strings_length(const kerb_strings *strings, uint32_t number)
{
    assert(number <= strings->count);
    return number == 0 ? 0 : strings->entries[number - 1].length;
}

uint32_t kerb_strings_count(const kerb_strings *strings)
{
    return strings->count;
}
