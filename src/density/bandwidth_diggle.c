/* SPDX-License-Identifier: GPL-3.0-or-later */
/* diggle: the disc whose density has the least mean squared error if the events are a
 * stationary Cox process, estimated from how their pairs are spaced. With K the K-function, L
 * the number of events per area and lens(t, h) the area common to two discs of radius h whose
 * centres are t apart,
 *
 *     M(h) = (1 / L - 2 K(h)) / (pi h^2) + 1 / (pi h^2)^2 integral of lens(t, h) dK(t)
 *
 * is the error up to a constant and a factor (Berman and Diggle 1989 [berman1989]); sd per axis
 * = h / 2. It is lscv with the disc for a kernel, and corrected for the border: a pair at
 * distance t counts A / (area of W that is in W again after a shift by t), the mean over
 * directions (the rigid motion correction of Ohser 1983 [ohser1983]). Places are pairs by their
 * weights; those at the same place are none. Searched, as by spatstat's bw.diggle(), at 512
 * radii up to half of the lesser of a quarter of W's shorter side and the disc that would hold
 * 1,000 places. */
#include "bandwidth_internal.h"

#include <math.h>

enum {
    RADII = 512, /* of K, from 0 to the greatest; h goes to half of that */
    BINS_A_RADIUS = 16,
    BINS = (RADII - 1) * BINS_A_RADIUS,
    CHUNKS = 16
};

#define PLACES_IN_DISC 1000.0

typedef struct pairs_job {
    const kerb_bandwidth_sample *sample;
    double reach_m, bins_per_m;
    double *bins; /* CHUNKS x BINS: sum of w w' over pairs, each counted once */
} pairs_job;

static double greatest_m(const kerb_bandwidth_sample *sample)
{
    const kerb_box *box = &sample->box;
    double shorter = fmin(box->xmax - box->xmin, box->ymax - box->ymin);
    double full =
        sqrt(PLACES_IN_DISC * sample->facts.window_area_m2 / (KERB_PI * (double)sample->n));
    return fmin(0.25 * shorter, full);
}

static void add_pairs(const pairs_job *job, size_t i, double *bins)
{
    const kerb_bandwidth_sample *sample = job->sample;
    double x = sample->x[i], y = sample->y[i], w = sample->weight[i];
    double reach2 = job->reach_m * job->reach_m;
    kerb_bandwidth__run strips = kerb_bandwidth__strips_of(sample, y, job->reach_m);
    for (size_t s = strips.from; s < strips.to; s++) {
        kerb_bandwidth__run run = kerb_bandwidth__run_of(sample, s, x, y, job->reach_m);
        for (size_t j = run.from > i ? run.from : i + 1; j < run.to; j++) {
            double dx = sample->x[j] - x, dy = sample->y[j] - y, d2 = dx * dx + dy * dy;
            if (d2 > reach2)
                continue;
            /* a distance on the edge of a bin belongs below it: K counts d <= r */
            double bin = ceil(sqrt(d2) * job->bins_per_m) - 1.0;
            size_t b = bin > 0.0 ? (size_t)bin : 0;
            bins[b < BINS ? b : BINS - 1] += w * sample->weight[j];
        }
    }
}

static kerb_status work_pairs(void *user, size_t i_chunk)
{
    pairs_job *job = user;
    size_t n = job->sample->n;
    for (size_t i = n * i_chunk / CHUNKS; i < n * (i_chunk + 1) / CHUNKS; i++)
        add_pairs(job, i, job->bins + i_chunk * BINS);
    return KERB_OK;
}

/* dK by bins of distance. */
static kerb_status fill_steps_of_k(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double reach_m,
                                   double *steps)
{
    double shared_m2[RADII], radius_step = reach_m / (RADII - 1);
    double w2 = sample->total_weight * sample->total_weight,
           area_m2 = sample->facts.window_area_m2;
    pairs_job job = {.sample = sample, .reach_m = reach_m, .bins_per_m = BINS / reach_m};
    job.bins = kerb_calloc_array((size_t)CHUNKS * BINS, sizeof *job.bins);
    if (!job.bins)
        return kerb_fail_nomem(ctx, "distances of pairs");
    kerb_status status = kerb_bandwidth__covariance(ctx, sample, radius_step, RADII, shared_m2);
    if (status == KERB_OK)
        status = kerb_parallel_for(ctx, "bandwidth", CHUNKS, work_pairs, &job);
    for (size_t b = 0; status == KERB_OK && b < BINS; b++) {
        double at = ((double)b + 0.5) / BINS_A_RADIUS, pairs = 0.0;
        size_t r = (size_t)at;
        double shared = shared_m2[r] + (at - (double)r) * (shared_m2[r + 1] - shared_m2[r]);
        for (size_t c = 0; c < CHUNKS; c++)
            pairs += job.bins[c * BINS + b];
        steps[b] = 2.0 * pairs * area_m2 / (w2 - sample->sum_weight2) * area_m2 / shared;
    }
    kerb_free(job.bins);
    return status;
}

static double lens_m2(double t, double h)
{
    double half = t / (2.0 * h);
    return half < 1.0 ? 2.0 * h * h * (acos(half) - half * sqrt(1.0 - half * half)) : 0.0;
}

/* M at the h whose edge is that of a bin: n_bins of them lie below. */
static double error_at(const kerb_bandwidth_sample *sample, const double *steps, double bin_m,
                       size_t n_bins)
{
    double h = bin_m * (double)n_bins, disc = KERB_PI * h * h, k = 0.0, overlap = 0.0;
    double per_event = sample->facts.window_area_m2 * sample->sum_weight2 /
                       (sample->total_weight * sample->total_weight);
    for (size_t b = 0; b < n_bins; b++)
        k += steps[b];
    for (size_t b = 0; b < 2 * n_bins && b < BINS; b++)
        overlap += steps[b] > 0.0 ? steps[b] * lens_m2(bin_m * ((double)b + 0.5), h) : 0.0;
    return (per_event - 2.0 * k) / disc + overlap / (disc * disc);
}

static kerb_status check_places(kerb_ctx *ctx, const kerb_bandwidth_sample *sample)
{
    if (sample->n < 3)
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "%zu places are too few for diggle, which needs 3: say the bandwidth "
                         "as a length",
                         sample->n);
    if (!(greatest_m(sample) > 0.0))
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "all events lie on one line and no study area is given: diggle needs "
                         "an area; say the bandwidth as a length");
    return KERB_OK;
}

kerb_status kerb_bandwidth__diggle(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double *sd_m,
                                   bool *is_at_limit)
{
    kerb_status status = check_places(ctx, sample);
    if (status != KERB_OK)
        return status;
    double *steps = kerb_alloc_array(BINS, sizeof *steps), least = INFINITY;
    double reach_m = greatest_m(sample), bin_m = reach_m / BINS;
    size_t best = 1, last = (RADII - 1) / 2;
    if (!steps)
        return kerb_fail_nomem(ctx, "distances of pairs");
    status = fill_steps_of_k(ctx, sample, reach_m, steps);
    for (size_t r = 1; status == KERB_OK && r <= last; r++) {
        double error = error_at(sample, steps, bin_m, r * BINS_A_RADIUS);
        if (error < least)
            least = error, best = r;
    }
    *sd_m = 0.5 * bin_m * (double)(best * BINS_A_RADIUS);
    *is_at_limit = best == 1 || best == last;
    kerb_free(steps);
    return status;
}

/* The bins are laid so that the radius asked for is one of the radii. */
kerb_status kerb_bandwidth__diggle_at(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                      double radius_m, double *out)
{
    kerb_status status = check_places(ctx, sample);
    if (status != KERB_OK)
        return status;
    size_t at = BINS / 2;
    double *steps = kerb_alloc_array(BINS, sizeof *steps), bin_m = radius_m / (double)at;
    if (!steps)
        return kerb_fail_nomem(ctx, "distances of pairs");
    status = fill_steps_of_k(ctx, sample, bin_m * BINS, steps);
    if (status == KERB_OK)
        *out = error_at(sample, steps, bin_m, at);
    kerb_free(steps);
    return status;
}
