/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stable sort of rows by a 64-bit key: least significant byte first, one counting pass a
 * byte. Bytes that are the same in every key (the high bytes of coordinates, weights of 1) cost
 * nothing. Stability lets several columns be sorted one after the other, the least important
 * first. Source: Knuth, The Art of Computer Programming 3 (1998) section 5.2.5, algorithm R. */
#include "events_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { KEY_BYTES = 8, BYTE_VALUES = 256 };

uint64_t kerb_events__key_of_double(double value)
{
    if (isnan(value))
        return UINT64_MAX;
    value += 0.0; /* -0 becomes 0: both are one place */
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    /* Negative numbers run backwards in their bits, and below the positive ones. */
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

uint64_t kerb_events__key_of_int64(int64_t value)
{
    return (uint64_t)value ^ (uint64_t)1 << 63;
}

static unsigned byte_of(uint64_t key, int i_byte)
{
    return (unsigned)(key >> (8 * i_byte)) & 0xffu;
}

void kerb_events__sort(kerb_events__keyed *items, kerb_events__keyed *scratch, size_t n)
{
    if (n < 2)
        return;
    size_t counts[KEY_BYTES][BYTE_VALUES] = {{0}};
    for (size_t i = 0; i < n; i++)
        for (int b = 0; b < KEY_BYTES; b++)
            counts[b][byte_of(items[i].key, b)]++;

    kerb_events__keyed *from = items, *to = scratch;
    for (int b = 0; b < KEY_BYTES; b++) {
        if (counts[b][byte_of(from[0].key, b)] == n)
            continue;
        size_t start = 0;
        for (int v = 0; v < BYTE_VALUES; v++) {
            size_t count = counts[b][v];
            counts[b][v] = start;
            start += count;
        }
        assert(start == n);
        for (size_t i = 0; i < n; i++)
            to[counts[b][byte_of(from[i].key, b)]++] = from[i];
        kerb_events__keyed *swap = from;
        from = to, to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}
