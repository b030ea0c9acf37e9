/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule by name, and the floor that snapped data put under all of them. */
#include "bandwidth_internal.h"

#include <math.h>

static kerb_status ask(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                       kerb_bandwidth_choice *choice)
{
    switch (choice->rule) {
    case KERB_BANDWIDTH_SCOTT:
        return kerb_bandwidth__scott(ctx, sample, &choice->before_floor_m);
    case KERB_BANDWIDTH_SILVERMAN:
        return kerb_bandwidth__silverman(ctx, sample, &choice->before_floor_m);
    case KERB_BANDWIDTH_DIGGLE:
        return kerb_bandwidth__diggle(ctx, sample, &choice->before_floor_m,
                                      &choice->is_at_limit);
    case KERB_BANDWIDTH_PPL:
    case KERB_BANDWIDTH_CVL:
    case KERB_BANDWIDTH_LSCV:
        return kerb_bandwidth__search(ctx, sample, choice->rule, &choice->before_floor_m,
                                      &choice->is_at_limit);
    case KERB_BANDWIDTH_KNN:
        return kerb_bandwidth__knn(ctx, sample, choice->knn_k, &choice->before_floor_m);
    case KERB_BANDWIDTH_FIXED:
    case KERB_BANDWIDTH_RULES:
        break;
    }
    return kerb_fail(ctx, KERB_ERR_ARG, "there is no rule %d for a bandwidth",
                     (int)choice->rule);
}

kerb_status kerb_bandwidth_choose(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                  kerb_bandwidth_rule rule, size_t knn_k,
                                  kerb_bandwidth_choice *out)
{
    kerb_bandwidth_choice choice = {.rule = rule,
                                    .knn_k = rule == KERB_BANDWIDTH_KNN ? knn_k : 0};
    kerb_status status = ask(ctx, sample, &choice);
    if (status != KERB_OK)
        return status;
    choice.is_floored = choice.before_floor_m < sample->facts.floor_m;
    choice.sd_m = choice.is_floored ? sample->facts.floor_m : choice.before_floor_m;
    *out = choice;
    return KERB_OK;
}

kerb_status kerb_bandwidth_criterion(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                     kerb_bandwidth_rule rule, double sd_m, double *out)
{
    if (!(isfinite(sd_m) && sd_m > 0.0))
        return kerb_fail(ctx, KERB_ERR_ARG, "bandwidth %g m: it must be above 0", sd_m);
    if (rule == KERB_BANDWIDTH_DIGGLE)
        return kerb_bandwidth__diggle_at(ctx, sample, 2.0 * sd_m, out);
    if (rule == KERB_BANDWIDTH_PPL || rule == KERB_BANDWIDTH_CVL || rule == KERB_BANDWIDTH_LSCV)
        return kerb_bandwidth__search_at(ctx, sample, rule, sd_m, out);
    return kerb_fail(ctx, KERB_ERR_ARG, "the rule %s has no criterion",
                     kerb_bandwidth_rule_name(rule));
}
