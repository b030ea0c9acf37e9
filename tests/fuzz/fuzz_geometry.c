/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a geometry of a store: no point, or a finite one that is written and read back;
 * no polygon, or one whose well-known binary an area can be made from or is refused.
 */
#include "store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_point(const uint8_t *data, size_t size)
{
    unsigned char blob[KERB_STORE__POINT_BYTES];
    double x, y, x_again, y_again;
    if (!kerb_store__read_point(27700, data, size, &x, &y))
        return;
    if (!isfinite(x) || !isfinite(y))
        abort();
    kerb_store__make_point(27700, x, y, blob);
    if (!kerb_store__read_point(27700, blob, sizeof blob, &x_again, &y_again) || x_again != x ||
        y_again != y)
        abort();
}

static void check_polygon(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = NULL;
    uint8_t *wkb = NULL;
    size_t n_wkb = 0;
    if (!ctx)
        return;
    if (kerb_store__read_multipolygon(data, size, &wkb, &n_wkb) == KERB_OK) {
        if (kerb_areas_set_new(ctx, &set) == KERB_OK &&
            kerb_areas_set_add_wkb(ctx, set, "1", "", wkb, n_wkb) == KERB_ERR_BUG)
            abort();
    }
    kerb_free(wkb);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_point(data, size);
    check_polygon(data, size);
    return 0;
}
