/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a mapping: refused in one line that names the place, or a mapping that can be
 * laid over a header and asked for categories.
 */
#include "ingest_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const headers[] = {"x",  "y",    "Easting", "Northing",
                                          "id", "date", "type"};
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__mapping *mapping = NULL;
    kerb_ingest__layout layout;
    bool keep = false;
    if (!ctx)
        return 0;
    kerb_status status =
        kerb_ingest__mapping_read_text(ctx, "fuzz", (const char *)data, size, &mapping);
    const char *message = kerb_ctx_message(ctx);
    if ((status == KERB_OK) != (mapping != NULL))
        abort();
    if (status != KERB_OK && (message[0] == '\0' || strpbrk(message, "\n\r\033")))
        abort();
    if (mapping) {
        if (kerb_ingest__mapping_layout(ctx, mapping, headers, 7, false, &layout) == KERB_OK &&
            layout.place == KERB_PLACE_NONE)
            abort();
        (void)kerb_ingest__mapping_category(mapping, (kerb_ingest__field){"A", 1}, &keep);
        (void)kerb_ingest__mapping_is_missing(mapping, (kerb_ingest__field){"-", 1});
    }
    kerb_ingest__mapping_free(mapping);
    kerb_ctx_free(ctx);
    return 0;
}
