/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a number of a file, one with its last digits out of sight, a WKT point, and as
 * lengths and areas with units: refused, or finite, and positive where it must be.
 */
#include "ingest_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_measure(kerb_ctx *ctx, const char *text, bool planar)
{
    double value = NAN;
    kerb_status status = kerb_length_parse(ctx, text, planar, &value);
    const char *message = kerb_ctx_message(ctx);
    if (status == KERB_OK ? !(value > 0.0 && isfinite(value))
                          : message[0] == '\0' || strpbrk(message, "\n\r\033") != NULL)
        abort();
    status = kerb_area_parse(ctx, text, planar, &value);
    if (status == KERB_OK && !(value > 0.0 && isfinite(value)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char *bytes = malloc(size > 0 ? size : 1); /* of exactly this size, for the sanitizer */
    kerb_ctx *ctx = kerb_ctx_new();
    double x = NAN, y = NAN, width = NAN;
    if (!text || !bytes || !ctx)
        goto done;
    if (size > 0) {
        memcpy(text, data, size);
        memcpy(bytes, data, size);
    }
    text[size] = '\0';
    if (kerb_ingest__number_parse(bytes, size, &x) == KERB_NUMBER_OK && !isfinite(x))
        abort();
    if (kerb_ingest__masked_number_parse(bytes, size, &x, &width) &&
        !(isfinite(x) && width >= 1.0 && isfinite(width)))
        abort();
    if (kerb_ingest__wkt_point_parse(bytes, size, &x, &y) == KERB_NUMBER_OK &&
        !(isfinite(x) && isfinite(y)))
        abort();
    check_measure(ctx, text, false);
    check_measure(ctx, text, true);
done:
    kerb_ctx_free(ctx);
    free(bytes);
    free(text);
    return 0;
}
