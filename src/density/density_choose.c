/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which method is the cheapest that gives what is asked. */
#include "density_internal.h"

const kerb_density__method *kerb_density__choose(kerb_ctx *ctx, const kerb_density__task *task)
{
    (void)ctx;
    if (kerb_density__moments_fit(task))
        return &kerb_density__moments;
    return &kerb_density__sum;
}
