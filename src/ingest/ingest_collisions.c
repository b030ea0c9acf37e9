/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The collisions met so far: a dense list, and a table of its numbers by source and reference.
 */
#include "ingest_linked.h"

enum { FIRST_SLOTS = 1024 };

kerb_status kerb_ingest__linked_new(kerb_ctx *ctx, kerb_ingest__linked **out)
{
    kerb_ingest__linked *linked = kerb_calloc_array(1, sizeof *linked);
    if (linked == NULL) {
        return kerb_fail_nomem(ctx, "collisions");
    }
    kerb_status status = kerb_ingest__references_new(ctx, &linked->seen);
    if (status != KERB_OK) {
        kerb_ingest__linked_free(linked);
        return status;
    }
    *out = linked;
    return KERB_OK;
}

void kerb_ingest__linked_free(kerb_ingest__linked *linked)
{
    if (linked == NULL) {
        return;
    }
    kerb_ingest__sink_clear(&linked->places);
    kerb_ingest__references_free(linked->place_references);
    kerb_ingest__references_free(linked->seen);
    kerb_free(linked->slots);
    kerb_free(linked->first_rows);
    kerb_free(linked->collisions);
    kerb_free(linked);
}

static uint32_t *find_slot(const kerb_ingest__linked *linked, kerb_hash128 key)
{
    size_t i = (size_t)(key.low & (linked->n_slots - 1));
    for (;; i = (i + 1) & (linked->n_slots - 1)) {
        uint32_t number = linked->slots[i];
        if (number == 0 || (linked->collisions[number - 1].key.low == key.low &&
                            linked->collisions[number - 1].key.high == key.high)) {
            return &linked->slots[i];
        }
    }
}

static kerb_status grow_slots(kerb_ctx *ctx, kerb_ingest__linked *linked)
{
    size_t n_slots = linked->n_slots == 0 ? FIRST_SLOTS : 2 * linked->n_slots;
    uint32_t *slots = kerb_calloc_array(n_slots, sizeof *slots);
    if (slots == NULL) {
        return kerb_fail_nomem(ctx, "collisions");
    }
    kerb_free(linked->slots);
    linked->slots = slots;
    linked->n_slots = n_slots;
    for (size_t i = 0; i < linked->n; i++) {
        *find_slot(linked, linked->collisions[i].key) = (uint32_t)i + 1;
    }
    return KERB_OK;
}

kerb_ingest__collision *kerb_ingest__collision_find(const kerb_ingest__linked *linked,
                                                    kerb_hash128 key)
{
    uint32_t number = linked->n_slots > 0 ? *find_slot(linked, key) : 0;
    return number > 0 ? &linked->collisions[number - 1] : NULL;
}

kerb_status kerb_ingest__collision_add(kerb_ctx *ctx, kerb_ingest__linked *linked,
                                       kerb_hash128 key, kerb_ingest__collision **out)
{
    if (2 * (linked->n + 1) > linked->n_slots) {
        kerb_status status = grow_slots(ctx, linked);
        if (status != KERB_OK) {
            return status;
        }
    }
    uint32_t *slot = find_slot(linked, key);
    if (*slot != 0) {
        *out = &linked->collisions[*slot - 1];
        return KERB_OK;
    }
    if (linked->n == linked->capacity) {
        size_t capacity = linked->capacity == 0 ? 256 : 2 * linked->capacity;
        kerb_ingest__collision *grown =
            kerb_realloc_array(linked->collisions, capacity, sizeof *grown);
        if (grown == NULL) {
            return kerb_fail_nomem(ctx, "collisions");
        }
        linked->collisions = grown;
        linked->capacity = capacity;
    }
    *out = &linked->collisions[linked->n++];
    **out = (kerb_ingest__collision){.key = key,
                                     .incident_id = KERB_INGEST_REJECTED,
                                     .stated_vehicles = -1,
                                     .stated_casualties = -1};
    *slot = (uint32_t)linked->n;
    return KERB_OK;
}
