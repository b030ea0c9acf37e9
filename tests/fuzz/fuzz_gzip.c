/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a .gz: what comes out does not depend on how it is asked for. */
#include "ingest_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unpack in steps of `step` bytes: how many came, and the status. */
static kerb_status unpack(kerb_ctx *ctx, const uint8_t *data, size_t size, size_t step,
                          kerb_hash128 *sum, uint64_t *n_all)
{
    enum { BLOCK = 8192, LIMIT = 1 << 20 };
    kerb_ingest__stream *packed = NULL, *stream = NULL;
    char block[BLOCK];
    size_t n = 1;
    *n_all = 0;
    *sum = (kerb_hash128){0, 0};
    kerb_status status =
        kerb_ingest__stream_open_memory(ctx, (const char *)data, size, &packed);
    if (status == KERB_OK) {
        status = kerb_ingest__stream_open_gzip(ctx, packed, "gz", LIMIT, &stream);
    }
    while (status == KERB_OK && n > 0) {
        status = kerb_ingest__stream_read(ctx, stream, block, step, &n);
        for (size_t i = 0; i < n && status == KERB_OK; i++) {
            sum->low = sum->low * 31 + (unsigned char)block[i];
        }
        *n_all += n;
    }
    kerb_ingest__stream_close(stream);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hash128 whole, pieces;
    uint64_t n_whole = 0, n_pieces = 0;
    if (ctx != NULL) {
        kerb_status a = unpack(ctx, data, size, 8192, &whole, &n_whole);
        kerb_status b = unpack(ctx, data, size, 7, &pieces, &n_pieces);
        if (a != b || (a == KERB_OK && (n_whole != n_pieces || whole.low != pieces.low))) {
            abort();
        }
    }
    kerb_ctx_free(ctx);
    return 0;
}
