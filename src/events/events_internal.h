/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EVENTS_INTERNAL_H
#define KERB_EVENTS_INTERNAL_H

/* What the files of this module share: the hidden part of the table, and one stable sort. */

#include "kerb_base.h"
#include "kerb_events.h"

#include <math.h>
#include <string.h>

/* Kind and origin of a category of a source. */
typedef struct kerb_events__pair {
    uint32_t source, category;
    bool is_used;
    kerb_nature nature;
} kerb_events__pair;

struct kerb_events_private {
    size_t capacity; /* rows every column has room for */
    kerb_strings *names[KERB_NAME_KINDS];
    kerb_events__pair *pairs; /* open addressing, a power of 2 */
    size_t n_pairs, n_slots;
};

/* A row under a key that sorts it. */
typedef struct kerb_events__keyed {
    uint64_t key;
    size_t row;
} kerb_events__keyed;

/* Key of a number: keys are in the order of the numbers, -0 and 0 have one key, NAN is last. */
static inline uint64_t kerb_events__key_of_double(double value)
{
    if (isnan(value))
        return UINT64_MAX;
    value += 0.0; /* -0 becomes 0: both are one place */
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    /* Negative numbers run backwards in their bits, and below the positive ones. */
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static inline uint64_t kerb_events__key_of_int64(int64_t value)
{
    return (uint64_t)value ^ (uint64_t)1 << 63;
}

/* Sort by key, rows with equal keys stay in their order. `scratch` has room for n. False when
 * all keys are the same, which costs one look at each. */
bool kerb_events__sort(kerb_events__keyed *items, kerb_events__keyed *scratch, size_t n);

#endif
