/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting numbers by their digits from the highest down: one pass puts a panel's points into
 * its pixels, and what is left in a pixel is mostly few and sorted by insertion.
 * Source: Knuth (1998) section 5.2.5, radix exchange with counts (MSD). */
#include "density_sort.h"

#include <string.h>

enum {
    FEW = 24,   /* up to here insertion is faster than another pass */
    MANY = 600, /* from here a pass over 4096 counters pays */
    FEW_BITS = 6,
    MANY_BITS = 12,
    COUNTS_A_LEVEL = 4096,
};

static inline void sort_by_insertion(uint64_t *keys, uint32_t *rows, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        uint32_t row = rows ? rows[i] : 0;
        size_t j = i;
        for (; j > 0 && keys[j - 1] > key; j--) {
            keys[j] = keys[j - 1];
            if (rows)
                rows[j] = rows[j - 1];
        }
        keys[j] = key;
        if (rows)
            rows[j] = row;
    }
}

static inline void scatter(const uint64_t *keys, const uint32_t *rows, uint64_t *to_keys,
                           uint32_t *to_rows, uint32_t *ends, size_t n, int shift,
                           uint64_t mask)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t place = ends[keys[i] >> shift & mask]++;
        to_keys[place] = keys[i];
        if (rows)
            to_rows[place] = rows[i];
    }
}

void kerb_density__sort_keys(uint64_t *keys, uint32_t *rows, uint64_t *scratch_keys,
                             uint32_t *scratch_rows, uint32_t *counts, size_t n, int n_bits)
{
    if (n <= FEW || n_bits <= 0) {
        if (n_bits > 0)
            sort_by_insertion(keys, rows, n);
        return;
    }
    int digit = n >= MANY ? MANY_BITS : FEW_BITS;
    digit = digit > n_bits ? n_bits : digit;
    int shift = n_bits - digit;
    size_t n_digits = (size_t)1 << digit;
    uint64_t mask = n_digits - 1;
    memset(counts, 0, n_digits * sizeof *counts);
    for (size_t i = 0; i < n; i++)
        counts[keys[i] >> shift & mask]++;
    uint32_t sum = 0, most = 0;
    for (size_t d = 0; d < n_digits; d++) {
        uint32_t count = counts[d];
        counts[d] = sum;
        sum += count;
        most = count > most ? count : most;
    }
    if (most < n) { /* else all have the same digit */
        scatter(keys, rows, scratch_keys, scratch_rows, counts, n, shift, mask);
        memcpy(keys, scratch_keys, n * sizeof *keys);
        if (rows)
            memcpy(rows, scratch_rows, n * sizeof *rows);
    }
    if (most <= FEW) { /* nothing moves further than its own digit */
        sort_by_insertion(keys, rows, n);
        return;
    }
    /* A level takes 6 bits at least of at most 50 below the pixel: fewer levels than room when
     * digits of 6 bits have 64 counters. */
    uint32_t *next_counts = counts + n_digits;
    for (size_t from = 0, to; from < n; from = to) {
        uint64_t d = keys[from] >> shift & mask;
        to = most == n ? n : counts[d];
        kerb_density__sort_keys(keys + from, rows ? rows + from : NULL, scratch_keys,
                                scratch_rows, next_counts, to - from, shift);
    }
}
