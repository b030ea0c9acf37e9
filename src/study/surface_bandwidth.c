/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bandwidth of a surface: a length that was asked for, or a rule. */
#include "study_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const NAMES[KERB_BANDWIDTH_RULES] = {
    [KERB_BANDWIDTH_FIXED] = "fixed",
    [KERB_BANDWIDTH_SCOTT] = "scott",
    [KERB_BANDWIDTH_SILVERMAN] = "silverman",
    [KERB_BANDWIDTH_DIGGLE] = "diggle",
    [KERB_BANDWIDTH_PPL] = "ppl",
    [KERB_BANDWIDTH_CVL] = "cvl",
    [KERB_BANDWIDTH_LSCV] = "lscv",
    [KERB_BANDWIDTH_KNN] = "knn",
};

const char *kerb_bandwidth_rule_name(kerb_bandwidth_rule rule)
{
    return (unsigned)rule < KERB_BANDWIDTH_RULES ? NAMES[rule] : "unknown";
}

#define MAX_K 1000000

bool kerb_bandwidth_rule_find(const char *text, kerb_bandwidth_rule *rule, size_t *k)
{
    if (strncmp(text, "knn:", 4) == 0) {
        char *end = NULL;
        unsigned long n = strtoul(text + 4, &end, 10);
        if (text[4] < '0' || text[4] > '9' || *end != 0 || n < 1 || n > MAX_K)
            return false;
        *rule = KERB_BANDWIDTH_KNN;
        *k = n;
        return true;
    }
    for (int i = KERB_BANDWIDTH_SCOTT; i < KERB_BANDWIDTH_KNN; i++)
        if (kerb_text_equal_nocase(text, NAMES[i])) {
            *rule = (kerb_bandwidth_rule)i;
            return true;
        }
    return false;
}

kerb_status kerb_study__settle_bandwidth(kerb_ctx *ctx, const kerb_prepared *prepared,
                                         const kerb_surface_options *options, kerb_frame *frame)
{
    (void)prepared;
    frame->density = options->density;
    frame->bandwidth_rule = options->bandwidth_rule;
    frame->is_adaptive = options->is_adaptive;
    if (options->bandwidth_rule != KERB_BANDWIDTH_FIXED || options->is_adaptive)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "choosing a bandwidth by rule is not in this version, give a length "
                         "such as 400m");
    return KERB_OK;
}
