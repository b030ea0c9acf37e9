/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ppl, cvl and lscv: a criterion of the bandwidth and where it is best.
 *
 * With f_s(u) = sum over places j of w_j phi_s(u - x_j), phi_s the Gaussian of sd s in the
 * plane, and f_s,-i the same without place i:
 *
 *     ppl   sum_i w_i log(f_s,-i(x_i) / e_s(x_i)) - integral over W of f_s / e_s      largest
 *     cvl   (sum_i w_i / f_s(x_i) - |W|)^2                                            least
 *     lscv  integral over the plane of f_s^2 - 2 sum_i w_i f_s,-i(x_i)                least
 *
 * e_s(u) is the part of the Gaussian round u that lies in W. Each criterion is tried at every
 * fourth root of 2, and from the best of these by parabolas and golden sections to 1e-6 (cvl:
 * to the crossing of zero). The square of f_s integrates to Gaussians of sd s sqrt(2) between
 * the places, which is two steps further on.
 *
 * Sources: Loader (1999) section 5.3 [loader1999] and spatstat's bw.ppl() for ppl; Cronie and
 * van Lieshout (2018) [cronie2018]; Silverman (1986) section 3.4.3, for intensities
 * [silverman1986]; Brent (1973) [brent1973]. */
#include "bandwidth_internal.h"

#include <math.h>

#define TOLERANCE 1e-6 /* of log sd */
enum { MAX_REFINEMENTS = 60 };

/* --------------------------------------------------------------------- sums */

static kerb_status add_integral(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double sd_m,
                                kerb_bandwidth__sums *sums)
{
    kerb_bandwidth__edge edge = {0};
    kerb_status status = kerb_bandwidth__edge_new(ctx, sample, sd_m, &edge);
    if (status != KERB_OK)
        return status;
    for (size_t i = 0; i < sample->n; i++) {
        sums->log_likelihood -= sample->weight[i] * log(edge.mass[i]);
        sums->integral += sample->weight[i] * edge.integral[i];
    }
    sums->has_integral = true;
    kerb_bandwidth__edge_clear(&edge);
    return KERB_OK;
}

/* All that the three criteria need at one bandwidth. */
static kerb_status evaluate(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double sd_m,
                            bool with_integral, kerb_bandwidth__sums *sums)
{
    kerb_status status = KERB_OK;
    if (!sums->is_known) {
        double *log_sums = kerb_alloc_array(sample->n, sizeof *log_sums);
        if (!log_sums)
            return kerb_fail_nomem(ctx, "sums at places");
        status = kerb_bandwidth__log_sums(ctx, sample, sd_m, log_sums);
        double log_scale = -log(2.0 * KERB_PI * sd_m * sd_m);
        double area_m2 = 2.0 * KERB_PI * sd_m * sd_m;
        for (size_t i = 0; status == KERB_OK && i < sample->n; i++) {
            double w = sample->weight[i], others = exp(log_sums[i]);
            sums->log_likelihood += w * (log_sums[i] + log_scale);
            sums->pairs += w * others;
            sums->hamilton_m2 += w * area_m2 / (w + others);
        }
        sums->is_known = status == KERB_OK;
        kerb_free(log_sums);
    }
    if (status == KERB_OK && with_integral && !sums->has_integral)
        status = add_integral(ctx, sample, sd_m, sums);
    return status;
}

/* ----------------------------------------------------------------- criteria */

/* To be small, whatever the rule; cvl with its sign, so that a crossing shows. */
static double cost_of(const kerb_bandwidth_sample *sample, kerb_bandwidth_rule rule,
                      double sd_m, const kerb_bandwidth__sums *at,
                      const kerb_bandwidth__sums *at_sqrt2)
{
    double area_m2 = 2.0 * KERB_PI * sd_m * sd_m;
    if (rule == KERB_BANDWIDTH_PPL)
        return at->integral - at->log_likelihood;
    if (rule == KERB_BANDWIDTH_CVL)
        return at->hamilton_m2 - sample->facts.window_area_m2;
    return (sample->sum_weight2 + at_sqrt2->pairs) / (2.0 * area_m2) -
           2.0 * at->pairs / area_m2;
}

static kerb_status cost_at(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                           kerb_bandwidth_rule rule, double sd_m, double *out)
{
    kerb_bandwidth__sums at = {0}, at_sqrt2 = {0};
    kerb_status status = evaluate(ctx, sample, sd_m, rule == KERB_BANDWIDTH_PPL, &at);
    if (status == KERB_OK && rule == KERB_BANDWIDTH_LSCV)
        status = evaluate(ctx, sample, sqrt(2.0) * sd_m, false, &at_sqrt2);
    if (status == KERB_OK)
        *out = cost_of(sample, rule, sd_m, &at, &at_sqrt2);
    return status;
}

kerb_status kerb_bandwidth__search_at(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                      kerb_bandwidth_rule rule, double sd_m, double *out)
{
    double cost = 0.0;
    kerb_status status = cost_at(ctx, sample, rule, sd_m, &cost);
    if (status == KERB_OK)
        *out = rule == KERB_BANDWIDTH_PPL   ? -cost
               : rule == KERB_BANDWIDTH_CVL ? cost * cost
                                            : cost;
    return status;
}

/* -------------------------------------------------------------------- steps */

static double sd_of_step(const kerb_bandwidth_sample *sample, size_t step)
{
    double down = (double)step - KERB_BANDWIDTH__STEPS_BEFORE;
    return sample->widest_m * exp2(-0.25 * down);
}

static size_t count_steps(const kerb_bandwidth_sample *sample)
{
    double steps = ceil(4.0 * log2(sample->widest_m / sample->least_m)) + 1.0;
    steps = steps > 2.0 ? steps : 2.0;
    const double most = KERB_BANDWIDTH__MAX_STEPS - KERB_BANDWIDTH__STEPS_BEFORE;
    return KERB_BANDWIDTH__STEPS_BEFORE + (size_t)(steps < most ? steps : most);
}

static kerb_status cost_of_step(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                kerb_bandwidth_rule rule, size_t step, double *out)
{
    kerb_bandwidth__sums *at = &sample->known[step], *at_sqrt2 = at - 2;
    double sd_m = sd_of_step(sample, step);
    kerb_status status = evaluate(ctx, sample, sd_m, rule == KERB_BANDWIDTH_PPL, at);
    if (status == KERB_OK && rule == KERB_BANDWIDTH_LSCV)
        status = evaluate(ctx, sample, sd_of_step(sample, step - 2), false, at_sqrt2);
    if (status == KERB_OK)
        *out = cost_of(sample, rule, sd_m, at, at_sqrt2);
    return status;
}

/* ------------------------------------------------------------------- refine */

typedef struct bracket {
    kerb_ctx *ctx;
    kerb_bandwidth_sample *sample;
    kerb_bandwidth_rule rule;
    double low, high; /* of log sd */
} bracket;

static kerb_status cost_at_log(const bracket *b, double log_sd, double *out)
{
    return cost_at(b->ctx, b->sample, b->rule, exp(log_sd), out);
}

/* Least cost between low and high: parabola through the best three points, golden section where
 * it does not help. Source: Brent (1973) section 5.8, procedure localmin. */
static kerb_status find_least(const bracket *b, double *out)
{
    const double golden = 0.3819660112501051;
    double low = b->low, high = b->high, x = low + golden * (high - low), w = x, v = x;
    double fx = 0.0, step = 0.0, before = 0.0;
    kerb_status status = cost_at_log(b, x, &fx);
    double fw = fx, fv = fx;
    for (int i = 0; status == KERB_OK && i < MAX_REFINEMENTS; i++) {
        double middle = 0.5 * (low + high);
        if (fabs(x - middle) <= 2.0 * TOLERANCE - 0.5 * (high - low))
            break;
        double r = (x - w) * (fx - fv), q = (x - v) * (fx - fw);
        double p = (x - v) * q - (x - w) * r, last = before;
        q = 2.0 * (q - r);
        p = q > 0.0 ? -p : p;
        q = fabs(q);
        before = step;
        if (fabs(p) < fabs(0.5 * q * last) && p > q * (low - x) && p < q * (high - x)) {
            step = p / q;
        } else {
            before = x < middle ? high - x : low - x;
            step = golden * before;
        }
        double u = fabs(step) >= TOLERANCE ? x + step : x + copysign(TOLERANCE, step), fu = 0.0;
        status = cost_at_log(b, u, &fu);
        if (fu <= fx) {
            *(u < x ? &high : &low) = x;
            v = w, fv = fw, w = x, fw = fx, x = u, fx = fu;
        } else {
            *(u < x ? &low : &high) = u;
            if (fu <= fw || w == x)
                v = w, fv = fw, w = u, fw = fu;
            else if (fu <= fv || v == x || v == w)
                v = u, fv = fu;
        }
    }
    *out = x;
    return status;
}

/* Where a growing cost crosses zero: secants, halves where they do not help (the Illinois
 * way). Source: Dowell and Jarratt (1971) [dowell1971]. */
static kerb_status find_zero(const bracket *b, double *out)
{
    double low = b->low, high = b->high, f_low = 0.0, f_high = 0.0, x = low;
    kerb_status status = cost_at_log(b, low, &f_low);
    if (status == KERB_OK)
        status = cost_at_log(b, high, &f_high);
    int side = 0;
    for (int i = 0; status == KERB_OK && i < MAX_REFINEMENTS && high - low > TOLERANCE; i++) {
        double f = 0.0, last = x;
        x = (low * f_high - high * f_low) / (f_high - f_low);
        if (fabs(x - last) < 0.1 * TOLERANCE)
            break;
        status = cost_at_log(b, x, &f);
        if (f >= 0.0) {
            high = x, f_high = f;
            f_low = side == 1 ? 0.5 * f_low : f_low;
            side = 1;
        } else {
            low = x, f_low = f;
            f_high = side == -1 ? 0.5 * f_high : f_high;
            side = -1;
        }
    }
    *out = x;
    return status;
}

/* ------------------------------------------------------------------- search */

/* Best of the steps, the narrower one of two; or, for cvl, the narrowest crossing. */
static size_t best_step(kerb_bandwidth_rule rule, const double *cost, size_t n_steps,
                        bool *is_crossing)
{
    size_t first = KERB_BANDWIDTH__STEPS_BEFORE, best = n_steps - 1;
    *is_crossing = false;
    for (size_t s = n_steps - 1; rule == KERB_BANDWIDTH_CVL && s > first; s--)
        if (cost[s] < 0.0 && cost[s - 1] >= 0.0) {
            *is_crossing = true;
            return s;
        }
    for (size_t s = n_steps - 1; s-- > first;) {
        bool is_cvl = rule == KERB_BANDWIDTH_CVL;
        double here = is_cvl ? fabs(cost[s]) : cost[s];
        if (here < (is_cvl ? fabs(cost[best]) : cost[best]))
            best = s;
    }
    return best;
}

static kerb_status check_places(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                kerb_bandwidth_rule rule)
{
    if (sample->n >= 3 && sample->widest_m > 0.0 && sample->facts.window_area_m2 > 0.0)
        return KERB_OK;
    if (sample->n < 3)
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "%zu places are too few for %s, which leaves out each in turn and "
                         "needs 3: say the bandwidth as a length",
                         sample->n, kerb_bandwidth_rule_name(rule));
    return kerb_fail(ctx, KERB_ERR_EMPTY,
                     "all events lie on one line and no study area is given: %s needs an area; "
                     "say the bandwidth as a length",
                     kerb_bandwidth_rule_name(rule));
}

kerb_status kerb_bandwidth__search(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                   kerb_bandwidth_rule rule, double *sd_m, bool *is_at_limit)
{
    double cost[KERB_BANDWIDTH__MAX_STEPS];
    size_t n_steps = 0;
    bool is_crossing = false;
    kerb_status status = check_places(ctx, sample, rule);
    if (status != KERB_OK)
        return status;
    n_steps = count_steps(sample);
    for (size_t s = KERB_BANDWIDTH__STEPS_BEFORE; status == KERB_OK && s < n_steps; s++)
        status = cost_of_step(ctx, sample, rule, s, &cost[s]);
    if (status != KERB_OK)
        return status;
    size_t best = best_step(rule, cost, n_steps, &is_crossing);
    *is_at_limit =
        !is_crossing && (best == KERB_BANDWIDTH__STEPS_BEFORE || best == n_steps - 1);
    *sd_m = sd_of_step(sample, best);
    if (*is_at_limit)
        return KERB_OK;
    bracket b = {.ctx = ctx,
                 .sample = sample,
                 .rule = rule,
                 .low = log(sd_of_step(sample, is_crossing ? best : best + 1)),
                 .high = log(sd_of_step(sample, best - 1))};
    double log_sd = log(*sd_m);
    if (is_crossing)
        status = find_zero(&b, &log_sd);
    else if (rule != KERB_BANDWIDTH_CVL) /* without a crossing cvl touches zero nowhere */
        status = find_least(&b, &log_sd);
    *sd_m = exp(log_sd);
    return status;
}
