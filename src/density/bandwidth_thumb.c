/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of thumb: spread of the events, shrunk by a power of their number. They are right
 * for one round hill (a normal density) and say so of nothing else.
 *
 * The spread is that of the events: a place counts with its rows. The number is that of the
 * places: rows that repeat a place tell nothing new about where events can be, so that a month
 * with every row written twice has the bandwidth of the month. Weights of the sample add up to
 * the number of places, hence the formulas below are the plain ones where nothing repeats.
 *
 * Sources: Scott (1992) p. 152, d = 2 [scott1992]; Silverman (1986) section 3.4.2 for the
 * lesser of two spreads [silverman1986], with Scott's factor 1.06 as in R's bw.nrd(). */
#include "bandwidth_internal.h"

#include <math.h>
#include <stdlib.h>

#define SILVERMAN_FACTOR 1.06
#define IQR_OVER_SD      1.34 /* of a normal distribution, as rounded by Silverman */

typedef struct ranked {
    double value, weight;
} ranked;

static double weighted_sd(const double *value, const double *weight, size_t n)
{
    double sum = 0.0, sum2 = 0.0, shift = value[0];
    for (size_t i = 0; i < n; i++)
        sum += weight[i] * (value[i] - shift);
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        double d = value[i] - shift - mean;
        sum2 += weight[i] * (d * d);
    }
    return sqrt(sum2 / (double)(n - 1));
}

static int compare_ranked(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    return (p->value > q->value) - (p->value < q->value);
}

/* Value of rank 1 to n, where each place takes up as many ranks as it weighs. */
static double at_rank(const ranked *sorted, size_t n, double rank)
{
    double passed = 0.0, slack = 1e-9 * (double)n;
    for (size_t i = 0; i < n; i++) {
        passed += sorted[i].weight;
        if (passed >= rank - slack)
            return sorted[i].value;
    }
    return sorted[n - 1].value;
}

/* R's type 7: rank 1 + (n - 1) share, between ranks by a straight line. */
static double quantile(const ranked *sorted, size_t n, double share)
{
    double rank = 1.0 + (double)(n - 1) * share, low = floor(rank);
    double a = at_rank(sorted, n, low), b = at_rank(sorted, n, low + 1.0);
    return a + (rank - low) * (b - a);
}

static kerb_status find_iqr(kerb_ctx *ctx, const double *value, const double *weight, size_t n,
                            double *out)
{
    ranked *sorted = kerb_alloc_array(n, sizeof *sorted);
    if (!sorted)
        return kerb_fail_nomem(ctx, "quartiles");
    for (size_t i = 0; i < n; i++)
        sorted[i] = (ranked){value[i], weight[i]};
    qsort(sorted, n, sizeof *sorted, compare_ranked);
    *out = quantile(sorted, n, 0.75) - quantile(sorted, n, 0.25);
    kerb_free(sorted);
    return KERB_OK;
}

/* One number from two axes, so that both matter. */
static kerb_status combine(kerb_ctx *ctx, const char *rule, double sd_x_m, double sd_y_m,
                           double *out)
{
    if (!(sd_x_m > 0.0 && sd_y_m > 0.0))
        return kerb_fail(
            ctx, KERB_ERR_EMPTY,
            "all events lie on one line along the %s axis: %s needs spread in both "
            "directions; say the bandwidth as a length",
            sd_x_m > 0.0 ? "x" : "y", rule);
    *out = sqrt(sd_x_m) * sqrt(sd_y_m);
    return KERB_OK;
}

kerb_status kerb_bandwidth__scott(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                  double *sd_m)
{
    double shrink = pow((double)sample->n, -1.0 / 6.0);
    return combine(ctx, "scott", weighted_sd(sample->x, sample->weight, sample->n) * shrink,
                   weighted_sd(sample->y, sample->weight, sample->n) * shrink, sd_m);
}

/* With half of the events at one coordinate the quartiles are equal and the sd alone is left.
 */
static double lesser_spread(double sd_m, double iqr_m)
{
    return iqr_m > 0.0 ? fmin(sd_m, iqr_m / IQR_OVER_SD) : sd_m;
}

kerb_status kerb_bandwidth__silverman(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                      double *sd_m)
{
    double iqr_x_m = 0.0, iqr_y_m = 0.0;
    kerb_status status = find_iqr(ctx, sample->x, sample->weight, sample->n, &iqr_x_m);
    if (status == KERB_OK)
        status = find_iqr(ctx, sample->y, sample->weight, sample->n, &iqr_y_m);
    if (status != KERB_OK)
        return status;
    double factor = SILVERMAN_FACTOR * pow((double)sample->n, -1.0 / 5.0);
    double sd_x_m = weighted_sd(sample->x, sample->weight, sample->n);
    double sd_y_m = weighted_sd(sample->y, sample->weight, sample->n);
    return combine(ctx, "silverman", factor * lesser_spread(sd_x_m, iqr_x_m),
                   factor * lesser_spread(sd_y_m, iqr_y_m), sd_m);
}
