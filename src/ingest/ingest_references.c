/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which references have been seen: a set of 128-bit keys of source and reference, 16 bytes a
 * slot, open addressing. It is split into partitions that grow one at a time and by a sixth, so
 * that growth never needs a second copy of the whole: ten million references take 210 to 250
 * MB. Two of 10^7 keys meet by chance with probability 10^14 / 2^129, about 10^-25.
 *
 * What the store has already is a second set, in columns in the order it was read: 28 bytes a
 * reference, and a table of row numbers, 4 bytes a slot, that finds a row by its key. An append
 * of one month fills it with the whole store, so filling it must be cheap: the table is small
 * enough for the cache, and keys are compared only when something is looked for.
 */
#include "ingest_internal.h"

#include <string.h>

enum { PARTITIONS = 256, FIRST_SLOTS = 32, SMALL_SLOTS = 8192 };

typedef struct partition {
    kerb_hash128 *slots; /* {0, 0}: free */
    size_t n_slots, n_used;
} partition;

typedef struct stored {
    size_t n, capacity;
    kerb_hash128 *keys;
    int64_t *incident_ids;
    int32_t *months; /* DROPPED: taken out meanwhile */
    uint32_t *slots; /* row + 1; 0: free */
    size_t n_slots;
} stored;

enum { DROPPED = INT32_MIN, FIRST_STORED = 1024 };

struct kerb_ingest__references {
    partition parts[PARTITIONS];
    stored stored;
};

kerb_status kerb_ingest__references_new(kerb_ctx *ctx, kerb_ingest__references **out)
{
    *out = kerb_calloc_array(1, sizeof **out);
    return *out != NULL ? KERB_OK : kerb_fail_nomem(ctx, "references");
}

void kerb_ingest__references_free(kerb_ingest__references *references)
{
    if (references == NULL) {
        return;
    }
    for (size_t i = 0; i < PARTITIONS; i++) {
        kerb_free(references->parts[i].slots);
    }
    kerb_free(references->stored.keys);
    kerb_free(references->stored.incident_ids);
    kerb_free(references->stored.months);
    kerb_free(references->stored.slots);
    kerb_free(references);
}

kerb_hash128 kerb_ingest__reference_key(kerb_hash128 source, const char *reference,
                                        size_t length)
{
    kerb_hash128 key = kerb_hash_bytes(reference, length);
    /* Odd multipliers keep the source's hash whole and differ from the reference's own use of
       it, so that source A with reference B is not source B with reference A. */
    key.low ^= source.low * 0x9E3779B97F4A7C15u;
    key.high ^= source.high * 0xD6E8FEB86659FD93u;
    if (key.low == 0 && key.high == 0) {
        key.low = 1;
    }
    return key;
}

/* Where a key would like to be among n slots: the high half of a product spreads evenly for any
   n (Lemire 2019), so a partition need not be a power of two. */
static size_t home_of(uint64_t hash, size_t n_slots)
{
    uint64_t folded = (hash >> 32) ^ (hash & 0xFFFFFFFFu);
    return (size_t)((folded * (uint64_t)n_slots) >> 32);
}

static kerb_hash128 *find_slot(kerb_hash128 *slots, size_t n_slots, kerb_hash128 key)
{
    size_t i = home_of(key.low, n_slots);
    while ((slots[i].low | slots[i].high) != 0 &&
           (slots[i].low != key.low || slots[i].high != key.high)) {
        i = i + 1 == n_slots ? 0 : i + 1;
    }
    return &slots[i];
}

static kerb_status grow(kerb_ctx *ctx, partition *part)
{
    size_t n_slots = part->n_slots < FIRST_SLOTS   ? FIRST_SLOTS
                     : part->n_slots < SMALL_SLOTS ? 2 * part->n_slots
                                                   : part->n_slots + part->n_slots / 6;
    kerb_hash128 *slots = kerb_calloc_array(n_slots, sizeof *slots);
    if (slots == NULL) {
        return kerb_fail_nomem(ctx, "references");
    }
    for (size_t i = 0; i < part->n_slots; i++) {
        if ((part->slots[i].low | part->slots[i].high) != 0) {
            *find_slot(slots, n_slots, part->slots[i]) = part->slots[i];
        }
    }
    kerb_free(part->slots);
    part->slots = slots;
    part->n_slots = n_slots;
    return KERB_OK;
}

/* Half full while it is small, for short searches; three quarters when memory matters more. */
static bool is_full(const partition *part)
{
    return part->n_slots <= SMALL_SLOTS ? part->n_used * 2 >= part->n_slots
                                        : part->n_used * 4 >= part->n_slots * 3;
}

void kerb_ingest__references_prefetch(const kerb_ingest__references *references,
                                      kerb_hash128 key)
{
    const partition *part = &references->parts[key.high >> 56];
    if (part->n_slots > 0) {
        __builtin_prefetch(&part->slots[home_of(key.low, part->n_slots)]);
    }
}

kerb_status kerb_ingest__references_add(kerb_ctx *ctx, kerb_ingest__references *references,
                                        kerb_hash128 key, bool *is_new)
{
    partition *part = &references->parts[key.high >> 56];
    if (is_full(part)) {
        kerb_status status = grow(ctx, part);
        if (status != KERB_OK) {
            return status;
        }
    }
    kerb_hash128 *slot = find_slot(part->slots, part->n_slots, key);
    *is_new = (slot->low | slot->high) == 0;
    if (*is_new) {
        *slot = key;
        part->n_used++;
    }
    return KERB_OK;
}

bool kerb_ingest__references_has(const kerb_ingest__references *references, kerb_hash128 key)
{
    const partition *part = &references->parts[key.high >> 56];
    if (part->n_slots == 0) {
        return false;
    }
    const kerb_hash128 *slot = find_slot(part->slots, part->n_slots, key);
    return (slot->low | slot->high) != 0;
}

/* --------------------------------------------------------- what the store has */

static bool grow_rows(stored *s)
{
    size_t capacity = s->capacity < FIRST_STORED ? FIRST_STORED : s->capacity + s->capacity / 2;
    /* each column stays valid when the next one cannot grow; capacity is raised last */
    kerb_hash128 *keys = kerb_realloc_array(s->keys, capacity, sizeof *keys);
    s->keys = keys != NULL ? keys : s->keys;
    int64_t *ids = kerb_realloc_array(s->incident_ids, capacity, sizeof *ids);
    s->incident_ids = ids != NULL ? ids : s->incident_ids;
    int32_t *months = kerb_realloc_array(s->months, capacity, sizeof *months);
    s->months = months != NULL ? months : s->months;
    if (keys == NULL || ids == NULL || months == NULL) {
        return false;
    }
    s->capacity = capacity;
    return true;
}

/* The first free slot on the key's way. Rows of one key follow each other on it, in order. */
static void put_row(stored *s, size_t row)
{
    size_t i = home_of(s->keys[row].low, s->n_slots);
    while (s->slots[i] != 0) {
        i = i + 1 == s->n_slots ? 0 : i + 1;
    }
    s->slots[i] = (uint32_t)(row + 1);
}

static bool grow_slots(stored *s)
{
    size_t n_slots = s->n_slots == 0 ? (size_t)2 * FIRST_STORED : 2 * s->n_slots;
    uint32_t *slots = kerb_calloc_array(n_slots, sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    kerb_free(s->slots);
    s->slots = slots;
    s->n_slots = n_slots;
    for (size_t row = 0; row < s->n; row++) {
        put_row(s, row);
    }
    return true;
}

kerb_status kerb_ingest__references_add_stored(kerb_ctx *ctx,
                                               kerb_ingest__references *references,
                                               kerb_hash128 key, int month, int64_t incident_id)
{
    stored *s = &references->stored;
    if (s->n == UINT32_MAX - 1) {
        return kerb_fail(ctx, KERB_ERR_RANGE, "a store holds at most %u references",
                         UINT32_MAX);
    }
    if ((s->n == s->capacity && !grow_rows(s)) ||
        ((s->n + 1) * 4 > s->n_slots * 3 && !grow_slots(s))) {
        return kerb_fail_nomem(ctx, "references of the store");
    }
    s->keys[s->n] = key;
    s->incident_ids[s->n] = incident_id;
    s->months[s->n] = (int32_t)month;
    put_row(s, s->n++);
    return KERB_OK;
}

/* The last row of the key that is still in the store; `n` when there is none. */
static size_t find_row(const stored *s, kerb_hash128 key)
{
    size_t found = s->n;
    if (s->n == 0) {
        return found;
    }
    for (size_t i = home_of(key.low, s->n_slots); s->slots[i] != 0;
         i = i + 1 == s->n_slots ? 0 : i + 1) {
        size_t row = s->slots[i] - 1;
        if (s->keys[row].low == key.low && s->keys[row].high == key.high &&
            s->months[row] != DROPPED) {
            found = row;
        }
    }
    return found;
}

bool kerb_ingest__references_find_stored(const kerb_ingest__references *references,
                                         kerb_hash128 key, int *month, int64_t *incident_id)
{
    const stored *s = &references->stored;
    size_t row = find_row(s, key);
    if (row == s->n) {
        return false;
    }
    *month = s->months[row];
    *incident_id = s->incident_ids[row];
    return true;
}

void kerb_ingest__references_drop_stored(kerb_ingest__references *references, kerb_hash128 key)
{
    size_t row = find_row(&references->stored, key);
    if (row < references->stored.n) {
        references->stored.months[row] = DROPPED;
    }
}

uint64_t kerb_ingest__references_bytes(const kerb_ingest__references *references)
{
    const stored *s = &references->stored;
    uint64_t n_bytes =
        s->capacity * (sizeof *s->keys + sizeof *s->incident_ids + sizeof *s->months) +
        s->n_slots * sizeof *s->slots;
    for (size_t i = 0; i < PARTITIONS; i++) {
        n_bytes += references->parts[i].n_slots * sizeof(kerb_hash128);
    }
    return n_bytes;
}
