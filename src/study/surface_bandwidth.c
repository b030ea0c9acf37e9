/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bandwidth of a surface: a length that was asked for, or a rule. */
#include "study_internal.h"

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
