/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which references have been seen: a set of 128-bit keys of source and reference, 16 bytes a
 * slot, open addressing. It is split into partitions that grow one at a time and by a sixth, so
 * that growth never needs a second copy of the whole: ten million references take 210 to 250
 * MB. Two of 10^7 keys meet by chance with probability 10^14 / 2^129, about 10^-25.
 */
#include "ingest_internal.h"

#include <string.h>

enum { PARTITIONS = 256, FIRST_SLOTS = 32, SMALL_SLOTS = 8192 };

typedef struct partition {
    kerb_hash128 *slots; /* {0, 0}: free */
    size_t n_slots, n_used;
} partition;

typedef struct stored {
    kerb_hash128 key;
    int64_t incident_id;
    int32_t month;
    bool is_dropped;
} stored;

struct kerb_ingest__references {
    partition parts[PARTITIONS];
    stored *stored; /* sorted by nothing: open addressing too, key {0, 0} free */
    size_t n_stored_slots, n_stored;
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
    kerb_free(references->stored);
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

static stored *find_stored(const kerb_ingest__references *references, kerb_hash128 key)
{
    size_t n = references->n_stored_slots;
    size_t i = home_of(key.low, n);
    stored *slots = references->stored;
    while ((slots[i].key.low | slots[i].key.high) != 0 &&
           (slots[i].key.low != key.low || slots[i].key.high != key.high)) {
        i = i + 1 == n ? 0 : i + 1;
    }
    return &slots[i];
}

kerb_status kerb_ingest__references_add_stored(kerb_ctx *ctx,
                                               kerb_ingest__references *references,
                                               kerb_hash128 key, int month, int64_t incident_id)
{
    if (references->n_stored * 5 >= references->n_stored_slots * 4) {
        size_t n_old = references->n_stored_slots;
        stored *old = references->stored;
        size_t n_slots = n_old < 1024 ? 1024 : n_old + n_old / 2;
        stored *slots = kerb_calloc_array(n_slots, sizeof *slots);
        if (slots == NULL) {
            return kerb_fail_nomem(ctx, "references of the store");
        }
        references->stored = slots;
        references->n_stored_slots = n_slots;
        for (size_t i = 0; i < n_old; i++) {
            if ((old[i].key.low | old[i].key.high) != 0) {
                *find_stored(references, old[i].key) = old[i];
            }
        }
        kerb_free(old);
    }
    stored *slot = find_stored(references, key);
    references->n_stored += (slot->key.low | slot->key.high) == 0;
    *slot = (stored){key, incident_id, (int32_t)month, false};
    return KERB_OK;
}

bool kerb_ingest__references_find_stored(const kerb_ingest__references *references,
                                         kerb_hash128 key, int *month, int64_t *incident_id)
{
    if (references->n_stored == 0) {
        return false;
    }
    const stored *slot = find_stored(references, key);
    if ((slot->key.low | slot->key.high) == 0 || slot->is_dropped) {
        return false;
    }
    *month = slot->month;
    *incident_id = slot->incident_id;
    return true;
}

void kerb_ingest__references_drop_stored(kerb_ingest__references *references, kerb_hash128 key)
{
    if (references->n_stored > 0) {
        stored *slot = find_stored(references, key);
        slot->is_dropped = true;
    }
}

uint64_t kerb_ingest__references_bytes(const kerb_ingest__references *references)
{
    uint64_t n_bytes = references->n_stored_slots * sizeof(stored);
    for (size_t i = 0; i < PARTITIONS; i++) {
        n_bytes += references->parts[i].n_slots * sizeof(kerb_hash128);
    }
    return n_bytes;
}
