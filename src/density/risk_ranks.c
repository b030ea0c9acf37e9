/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extreme rank length: which of many maps stands out most, judged over all cells at once.
 *
 * In each cell the maps are ranked from both ends, and the smaller rank counts. A map is more
 * extreme than another when its smallest rank is smaller; when that is equal, when it has it in
 * more cells; and so on through the ranks. Instead of sorting a list of ranks a map, as long as
 * the raster, cells are counted by rank, which needs no memory that grows with the raster.
 * Equal values share the mean of their ranks; ranks are held twice, to be whole numbers.
 * Source: Myllymaki et al. (2017) section 3.3; ties as in Narisetty & Nair (2016)
 * [narisetty2016]. */
#include "risk_internal.h"

#include <stdlib.h>
#include <string.h>

/* Counts of all maps together: beyond it the less extreme ranks are not told apart (from 2,048
 * maps on), and maps that differ only there count as equals. */
#define MAX_COUNTS ((size_t)1 << 22)

enum { DIGIT_BITS = 8, N_DIGITS = 1 << DIGIT_BITS };

/* Half ranks run from 2 to n + 1. */
size_t kerb_risk__n_bins(size_t n_maps)
{
    size_t n_bins = n_maps + 2;
    return n_bins * n_maps > MAX_COUNTS ? MAX_COUNTS / n_maps : n_bins;
}

/* Shares are not negative, so their bits are in their order: sort the bits with the number of
 * the map below, digit by digit. */
static uint64_t *sort_keys(kerb_risk__sorter *sorter, size_t n)
{
    uint64_t *from = sorter->keys, *to = sorter->scratch;
    for (int shift = 32; shift < 64; shift += DIGIT_BITS) {
        size_t start[N_DIGITS] = {0}, at = 0;
        for (size_t i = 0; i < n; i++)
            start[from[i] >> shift & (N_DIGITS - 1)]++;
        if (start[from[0] >> shift & (N_DIGITS - 1)] == n)
            continue;
        for (int d = 0; d < N_DIGITS; d++) {
            size_t count = start[d];
            start[d] = at;
            at += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i] >> shift & (N_DIGITS - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

double kerb_risk__rank_cell(kerb_risk__ranks *ranks, kerb_risk__sorter *sorter,
                            const float *shares)
{
    size_t n = ranks->n_maps, most_extreme = n;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &shares[i], sizeof bits);
        sorter->keys[i] = (uint64_t)bits << 32 | i;
    }
    const uint64_t *sorted = sort_keys(sorter, n);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && sorted[end] >> 32 == sorted[first] >> 32;)
            end++;
        size_t low = first + end + 1, high = 2 * n + 2 - low;
        size_t half_rank = low < high ? low : high;
        /* as extreme or more, on the nearer side */
        size_t beyond = end < n - first ? end : n - first;
        for (size_t i = first; i < end; i++) {
            size_t map = (size_t)(sorted[i] & UINT32_MAX);
            if (half_rank < ranks->n_bins)
                ranks->count[map * ranks->n_bins + half_rank]++;
            if (map == 0)
                most_extreme = beyond;
        }
    }
    double p = 2.0 * (double)most_extreme / (double)n;
    return p < 1.0 ? p : 1.0;
}

/* ----------------------------------------------------------------- order of maps */

typedef struct ranked_map {
    const uint32_t *count;
    size_t n_bins, map;
} ranked_map;

/* Negative when a is more extreme. */
static int compare_maps(const ranked_map *a, const ranked_map *b)
{
    for (size_t i = 0; i < a->n_bins; i++)
        if (a->count[i] != b->count[i])
            return a->count[i] > b->count[i] ? -1 : 1;
    return 0;
}

static int compare_for_sort(const void *a, const void *b)
{
    const ranked_map *p = a, *q = b;
    int order = compare_maps(p, q);
    return order != 0 ? order : (p->map > q->map) - (p->map < q->map);
}

kerb_status kerb_risk__order_maps(kerb_ctx *ctx, const kerb_risk__ranks *ranks, double *map_p)
{
    size_t n = ranks->n_maps;
    ranked_map *maps = kerb_alloc_array(n, sizeof *maps);
    if (maps == NULL)
        return kerb_fail_nomem(ctx, "the order of maps");
    for (size_t i = 0; i < n; i++)
        maps[i] = (ranked_map){ranks->count + i * ranks->n_bins, ranks->n_bins, i};
    qsort(maps, n, sizeof *maps, compare_for_sort);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && compare_maps(&maps[first], &maps[end]) == 0;)
            end++;
        for (size_t i = first; i < end; i++)
            map_p[maps[i].map] = (double)end / (double)n;
    }
    kerb_free(maps);
    return KERB_OK;
}
