/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points into squares of 32 x 32 blocks by counting: two passes over chunks of the points, each
 * with its own counts, so that the order within a bucket is that of the points whatever thread
 * had which chunk. A place is kept to 2^-27 of a block; the fits' errors allow for it. */
#include "density_moments.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

enum { MAX_CHUNKS = 16, CHUNK_POINTS = 1 << 16, FRACTION_BITS = 27 };

typedef struct chunk_sums {
    double total, least;
    size_t n_used;
} chunk_sums;

typedef struct sorter {
    const kerb_density_points *points;
    double west, north, blocks_per_m; /* corner of the first bucket */
    size_t n_cols, n_rows, n_chunks, chunk_size;
    double limit_x, limit_y; /* in blocks */
    uint64_t *counts;        /* [chunk][bucket]; then where the next point goes */
    chunk_sums *sums;
    kerb_density__spot *spots;
    double *weights;
} sorter;

/* Bucket of a point; false when none is within reach or its weight is 0. */
static inline bool find_bucket(const sorter *s, size_t i, size_t *bucket,
                               kerb_density__spot *spot)
{
    double u = (s->points->x[i] - s->west) * s->blocks_per_m;
    double v = (s->north - s->points->y[i]) * s->blocks_per_m;
    if (!(u >= 0.0 && u < s->limit_x && v >= 0.0 && v < s->limit_y))
        return false;
    if (s->points->weight && s->points->weight[i] == 0.0)
        return false;
    uint32_t col = (uint32_t)u >> KERB_DENSITY__BUCKET_BITS;
    uint32_t row = (uint32_t)v >> KERB_DENSITY__BUCKET_BITS;
    *bucket = (size_t)row * s->n_cols + col;
    const double fraction = (double)(1u << FRACTION_BITS);
    spot->x = (uint32_t)((u - (double)(col << KERB_DENSITY__BUCKET_BITS)) * fraction);
    spot->y = (uint32_t)((v - (double)(row << KERB_DENSITY__BUCKET_BITS)) * fraction);
    return true;
}

static size_t end_of_chunk(const sorter *s, size_t i_chunk)
{
    size_t end = (i_chunk + 1) * s->chunk_size;
    return end < s->points->n ? end : s->points->n;
}

static kerb_status count_chunk(void *user, size_t i_chunk)
{
    const sorter *s = user;
    uint64_t *counts = s->counts + i_chunk * s->n_cols * s->n_rows;
    chunk_sums sums = {.least = INFINITY};
    for (size_t i = i_chunk * s->chunk_size, end = end_of_chunk(s, i_chunk); i < end; i++) {
        size_t bucket;
        kerb_density__spot spot;
        if (find_bucket(s, i, &bucket, &spot))
            counts[bucket]++;
        double weight = s->points->weight ? s->points->weight[i] : 1.0;
        if (!(s->points->x[i] == s->points->x[i]) || weight == 0.0)
            continue;
        sums.total += weight;
        sums.least = weight < sums.least ? weight : sums.least;
        sums.n_used++;
    }
    s->sums[i_chunk] = sums;
    return KERB_OK;
}

static kerb_status place_chunk(void *user, size_t i_chunk)
{
    const sorter *s = user;
    uint64_t *next = s->counts + i_chunk * s->n_cols * s->n_rows;
    for (size_t i = i_chunk * s->chunk_size, end = end_of_chunk(s, i_chunk); i < end; i++) {
        size_t bucket;
        kerb_density__spot spot;
        if (!find_bucket(s, i, &bucket, &spot))
            continue;
        size_t at = next[bucket]++;
        s->spots[at] = spot;
        if (s->weights)
            s->weights[at] = s->points->weight[i];
    }
    return KERB_OK;
}

/* Counts to the first position of each chunk in each bucket; returns how many there are. */
static size_t lay_out(sorter *s, size_t *first)
{
    size_t n_buckets = s->n_cols * s->n_rows, sum = 0;
    for (size_t bucket = 0; bucket < n_buckets; bucket++) {
        first[bucket] = sum;
        for (size_t c = 0; c < s->n_chunks; c++) {
            uint64_t *count = &s->counts[c * n_buckets + bucket];
            size_t n = *count;
            *count = sum;
            sum += n;
        }
    }
    first[n_buckets] = sum;
    return sum;
}

static void add_up_chunks(const sorter *s, kerb_density__buckets *buckets)
{
    buckets->least = INFINITY;
    for (size_t c = 0; c < s->n_chunks; c++) {
        buckets->total += s->sums[c].total;
        buckets->least = fmin(buckets->least, s->sums[c].least);
        buckets->n_used += s->sums[c].n_used;
    }
}

static sorter make_sorter(const kerb_density__task *task, size_t side, size_t margin)
{
    const kerb_grid_spec *spec = task->spec;
    double block_m = (double)side * spec->cell_m;
    size_t block_cols = (spec->n_cols + side - 1) / side + 2 * margin;
    size_t block_rows = (spec->n_rows + side - 1) / side + 2 * margin;
    sorter s = {
        .points = task->points,
        .west = spec->xmin - (double)margin * block_m,
        .north = spec->ymax + (double)margin * block_m,
        .blocks_per_m = 1.0 / block_m,
        .n_cols = (block_cols + KERB_DENSITY__BUCKET_BLOCKS - 1) >> KERB_DENSITY__BUCKET_BITS,
        .n_rows = (block_rows + KERB_DENSITY__BUCKET_BLOCKS - 1) >> KERB_DENSITY__BUCKET_BITS,
        .limit_x = (double)block_cols,
        .limit_y = (double)block_rows};
    /* The number of chunks must not depend on that of threads. */
    s.n_chunks = task->points->n / CHUNK_POINTS + 1;
    s.n_chunks = s.n_chunks < MAX_CHUNKS ? s.n_chunks : MAX_CHUNKS;
    s.chunk_size = (task->points->n + s.n_chunks - 1) / s.n_chunks;
    return s;
}

kerb_status kerb_density__buckets_new(kerb_ctx *ctx, const kerb_density__task *task,
                                      size_t side, size_t margin, kerb_density__buckets *out)
{
    sorter s = make_sorter(task, side, margin);
    size_t n_buckets = s.n_cols * s.n_rows;
    kerb_density__buckets buckets = {.n_cols = s.n_cols, .n_rows = s.n_rows};
    s.counts = kerb_calloc_array(n_buckets * s.n_chunks, sizeof *s.counts);
    s.sums = kerb_calloc_array(s.n_chunks, sizeof *s.sums);
    buckets.first = kerb_alloc_array(n_buckets + 1, sizeof *buckets.first);
    kerb_status status = KERB_ERR_NOMEM;
    if (!s.counts || !s.sums || !buckets.first)
        goto done;
    status = kerb_parallel_for(ctx, NULL, s.n_chunks, count_chunk, &s);
    if (status != KERB_OK)
        goto done;
    size_t n_spots = lay_out(&s, buckets.first);
    add_up_chunks(&s, &buckets);
    status = KERB_ERR_NOMEM;
    s.spots = buckets.spots = kerb_alloc_array(n_spots, sizeof *buckets.spots);
    if (!s.spots)
        goto done;
    if (task->points->weight) {
        s.weights = buckets.weights = kerb_alloc_array(n_spots, sizeof *buckets.weights);
        if (!s.weights)
            goto done;
    }
    status = kerb_parallel_for(ctx, NULL, s.n_chunks, place_chunk, &s);
    if (status != KERB_OK)
        goto done;
    *out = buckets;
    buckets = (kerb_density__buckets){0};
done:
    kerb_density__buckets_clear(&buckets);
    kerb_free(s.sums);
    kerb_free(s.counts);
    return status == KERB_ERR_NOMEM ? kerb_fail_nomem(ctx, "points in buckets") : status;
}

void kerb_density__buckets_clear(kerb_density__buckets *buckets)
{
    kerb_free(buckets->weights);
    kerb_free(buckets->spots);
    kerb_free(buckets->first);
    *buckets = (kerb_density__buckets){0};
}
