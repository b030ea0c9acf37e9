/* SPDX-License-Identifier: GPL-3.0-or-later */
/* knn:K, one number: the distance from an event to its K-th nearest event at another place, the
 * median over the events, halved. A disc of that distance round the median event holds K
 * others, and half its radius is its sd per axis, which is what rules yield.
 * Source of the idea: Loftsgaarden and Quesenberry (1965) [loftsgaarden1965]. */
#include "bandwidth_internal.h"

#include <math.h>
#include <stdlib.h>

enum { PLACES_A_CHUNK = 256 };

typedef struct neighbour {
    double key; /* squared distance of one neighbour; distance of the K-th */
    uint64_t count;
} neighbour;

typedef struct knn_job {
    const kerb_bandwidth_sample *sample;
    uint64_t k;
    double guess_m;   /* where the search of each place begins */
    neighbour *found; /* as `count`: of each place, the K-th distance and the rows there */
} knn_job;

/* Rows at other places within a reach. */
static uint64_t count_within(const kerb_bandwidth_sample *sample, size_t i, double reach_m,
                             size_t *n_places)
{
    double x = sample->x[i], y = sample->y[i], reach2 = reach_m * reach_m;
    uint64_t n_rows = 0;
    *n_places = 0;
    kerb_bandwidth__run strips = kerb_bandwidth__strips_of(sample, y, reach_m);
    for (size_t s = strips.from; s < strips.to; s++) {
        kerb_bandwidth__run run = kerb_bandwidth__run_of(sample, s, x, y, reach_m);
        for (size_t j = run.from; j < run.to; j++) {
            double dx = sample->x[j] - x, dy = sample->y[j] - y;
            bool is_near = j != i && dx * dx + dy * dy <= reach2;
            n_rows += is_near ? sample->count[j] : 0;
            *n_places += is_near;
        }
    }
    return n_rows;
}

static int compare_neighbours(const void *a, const void *b)
{
    const neighbour *p = a, *q = b;
    return (p->key > q->key) - (p->key < q->key);
}

static kerb_status find_kth(const kerb_bandwidth_sample *sample, size_t i, uint64_t k,
                            double *reach_m, double *out_m)
{
    size_t n_near = 0, at = 0;
    while (count_within(sample, i, *reach_m, &n_near) < k)
        *reach_m *= 1.5;
    neighbour *near = kerb_alloc_array(n_near, sizeof *near);
    if (!near)
        return KERB_ERR_NOMEM;
    double x = sample->x[i], y = sample->y[i], reach2 = *reach_m * *reach_m;
    kerb_bandwidth__run strips = kerb_bandwidth__strips_of(sample, y, *reach_m);
    for (size_t s = strips.from; s < strips.to; s++) {
        kerb_bandwidth__run run = kerb_bandwidth__run_of(sample, s, x, y, *reach_m);
        for (size_t j = run.from; j < run.to; j++) {
            double dx = sample->x[j] - x, dy = sample->y[j] - y, d2 = dx * dx + dy * dy;
            if (j != i && d2 <= reach2)
                near[at++] = (neighbour){d2, sample->count[j]};
        }
    }
    qsort(near, at, sizeof *near, compare_neighbours);
    uint64_t passed = 0;
    for (size_t j = 0; j < at && passed < k; j++) {
        passed += near[j].count;
        *out_m = sqrt(near[j].key);
    }
    kerb_free(near);
    return KERB_OK;
}

static kerb_status work_places(void *user, size_t i_chunk)
{
    knn_job *job = user;
    size_t from = i_chunk * PLACES_A_CHUNK, to = from + PLACES_A_CHUNK;
    double reach_m = job->guess_m;
    for (size_t i = from; i < to && i < job->sample->n; i++) {
        double d_m = NAN;
        kerb_status status = find_kth(job->sample, i, job->k, &reach_m, &d_m);
        if (status != KERB_OK)
            return status;
        job->found[i] = (neighbour){d_m, job->sample->count[i]};
        reach_m = 1.25 * d_m; /* the next place is a neighbour and has much the same answer */
    }
    return KERB_OK;
}

/* Value of row 1 to n_rows in order of size. */
static double at_row(const neighbour *sorted, size_t n, uint64_t row)
{
    uint64_t passed = 0;
    for (size_t i = 0; i < n; i++) {
        passed += sorted[i].count;
        if (passed >= row)
            return sorted[i].key;
    }
    return NAN;
}

/* Every place must have K rows elsewhere, the one with the most rows least of all. */
static kerb_status check_k(kerb_ctx *ctx, const kerb_bandwidth_sample *sample, size_t k)
{
    uint64_t n_rows = sample->facts.n_events, most = 0;
    if (k < 1)
        return kerb_fail(ctx, KERB_ERR_ARG, "knn:0: K must be 1 or more");
    for (size_t i = 0; i < sample->n; i++)
        most = sample->count[i] > most ? sample->count[i] : most;
    if (n_rows - most < k)
        return kerb_fail(
            ctx, KERB_ERR_EMPTY,
            "knn:%zu asks for the %zu nearest events at other places, but one place "
            "has only %llu: say knn:%llu or less",
            k, k, (unsigned long long)(n_rows - most), (unsigned long long)(n_rows - most));
    return KERB_OK;
}

kerb_status kerb_bandwidth__knn(kerb_ctx *ctx, const kerb_bandwidth_sample *sample, size_t k,
                                double *sd_m)
{
    kerb_status status = check_k(ctx, sample, k);
    if (status != KERB_OK)
        return status;
    size_t n = sample->n;
    uint64_t n_rows = sample->facts.n_events;
    knn_job job = {.sample = sample,
                   .k = k,
                   .guess_m = sample->facts.spacing_m,
                   .found = kerb_alloc_array(n, sizeof *job.found)};
    if (!job.found)
        return kerb_fail_nomem(ctx, "distances to neighbours");
    status = kerb_parallel_for(ctx, "bandwidth", (n + PLACES_A_CHUNK - 1) / PLACES_A_CHUNK,
                               work_places, &job);
    if (status == KERB_ERR_NOMEM)
        status = kerb_fail_nomem(ctx, "distances to neighbours");
    if (status == KERB_OK) {
        qsort(job.found, n, sizeof *job.found, compare_neighbours);
        double low = at_row(job.found, n, (n_rows + 1) / 2);
        double high = at_row(job.found, n, n_rows / 2 + 1);
        *sd_m = 0.5 * (0.5 * (low + high));
    }
    kerb_free(job.found);
    return status;
}
