/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as well-known binary of an area: refused in one line, or an area whose own bytes,
 * read again, are the same area.
 */
#include "kerb_geo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(kerb_ctx *ctx, const kerb_areas_set *set)
{
    kerb_areas_set *again = NULL;
    uint8_t *wkb = NULL, *wkb_again = NULL;
    size_t n = 0, n_again = 0;
    if (kerb_areas_set_get_wkb(ctx, set, 0, &wkb, &n) != KERB_OK ||
        kerb_areas_set_new(ctx, &again) != KERB_OK)
        abort();
    if (kerb_areas_set_add_wkb(ctx, again, "1", "", wkb, n) == KERB_OK &&
        (kerb_areas_set_get_wkb(ctx, again, 0, &wkb_again, &n_again) != KERB_OK ||
         n_again != n || memcmp(wkb, wkb_again, n) != 0))
        abort();
    kerb_free_text((char *)wkb);
    kerb_free_text((char *)wkb_again);
    kerb_areas_set_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = NULL;
    if (!ctx || kerb_areas_set_new(ctx, &set) != KERB_OK)
        return 0;
    kerb_status status = kerb_areas_set_add_wkb(ctx, set, "1", "", data, size);
    const char *message = kerb_ctx_message(ctx);
    if (status == KERB_ERR_BUG ||
        (status != KERB_OK && (message[0] == '\0' || strpbrk(message, "\n\r\033"))))
        abort();
    if (status == KERB_OK)
        check_again(ctx, set);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
    return 0;
}
