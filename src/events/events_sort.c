/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stable sort of rows by a 64-bit key: least significant byte first, one counting pass a
 * byte. Bytes that are the same in every key (the high bytes of coordinates, weights of 1) cost
 * nothing. Stability lets several columns be sorted one after the other, the least important
 * first. Source: Knuth, The Art of Computer Programming 3 (1998) section 5.2.5, algorithm R. */
#include "events_internal.h"

#include <assert.h>
#include <string.h>

enum { KEY_BYTES = 8, BYTE_VALUES = 256 };

static unsigned byte_of(uint64_t key, int i_byte)
{
    return (unsigned)(key >> (8 * i_byte)) & 0xffu;
}

/* Bytes in which some key differs from the first one. */
static uint64_t varying_bits(const kerb_events__keyed *items, size_t n)
{
    uint64_t bits = 0, first = items[0].key;
    for (size_t i = 1; i < n; i++)
        bits |= items[i].key ^ first;
    return bits;
}

/* Only these bytes are counted: a count of a byte that never changes waits for itself. */
static int find_varying_bytes(uint64_t bits, int bytes[KEY_BYTES])
{
    int n = 0;
    for (int b = 0; b < KEY_BYTES; b++)
        if (byte_of(bits, b) != 0)
            bytes[n++] = b;
    return n;
}

bool kerb_events__sort(kerb_events__keyed *items, kerb_events__keyed *scratch, size_t n)
{
    if (n < 2)
        return false;
    size_t counts[KEY_BYTES][BYTE_VALUES] = {{0}};
    int bytes[KEY_BYTES], n_bytes = find_varying_bytes(varying_bits(items, n), bytes);
    for (size_t i = 0; n_bytes > 0 && i < n; i++)
        for (int k = 0; k < n_bytes; k++)
            counts[k][byte_of(items[i].key, bytes[k])]++;

    kerb_events__keyed *from = items, *to = scratch;
    for (int k = 0; k < n_bytes; k++) {
        size_t start = 0;
        for (int v = 0; v < BYTE_VALUES; v++) {
            size_t count = counts[k][v];
            counts[k][v] = start;
            start += count;
        }
        assert(start == n);
        for (size_t i = 0; i < n; i++)
            to[counts[k][byte_of(from[i].key, bytes[k])]++] = from[i];
        kerb_events__keyed *swap = from;
        from = to, to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
    return n_bytes > 0;
}
