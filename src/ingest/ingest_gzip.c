/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The unpacked bytes of a .gz, read whole and checked: several parts one behind the other are
 * one file (RFC 1952, 2.2); NULs behind the last are padding of a tape; anything else there, a
 * part that is cut off, or a checksum that does not fit is damage, and half a file is never
 * loaded.
 */
#include "ingest_inflate.h"
#include "ingest_stream.h"

#include <string.h>

enum { BLOCK = 1 << 16 };

typedef struct gzip {
    kerb_ingest__stream *packed;
    kerb_ingest__inflate *inflate;
    const char *in; /* of `block` */
    size_t n_in;
    bool is_between, is_ended; /* behind a part; behind the last */
    char block[BLOCK];
} gzip;

static void close_gzip(void *state)
{
    gzip *g = state;
    kerb_ingest__stream_close(g->packed);
    kerb_ingest__inflate_free(g->inflate);
    kerb_free(g);
}

static kerb_status fill(kerb_ctx *ctx, gzip *g)
{
    g->in = g->block;
    return kerb_ingest__stream_read(ctx, g->packed, g->block, BLOCK, &g->n_in);
}

static kerb_status damaged(kerb_ctx *ctx, const kerb_ingest__stream *stream, const char *why)
{
    return kerb_fail(ctx, KERB_ERR_IO, "%s is damaged: %s; nothing was loaded", stream->name,
                     why);
}

/* Behind a part: the next one, padding, or the end. */
static kerb_status begin_part(kerb_ctx *ctx, const kerb_ingest__stream *stream, gzip *g)
{
    bool is_padded = false;
    for (;;) {
        if (g->n_in == 0) {
            kerb_status status = fill(ctx, g);
            if (status != KERB_OK) {
                return status;
            }
        }
        if (g->n_in == 0) {
            g->is_ended = true;
            return KERB_OK;
        }
        if (*g->in != '\0') {
            break;
        }
        is_padded = true;
        g->in++;
        g->n_in--;
    }
    if ((unsigned char)*g->in != 0x1F || is_padded) {
        return damaged(ctx, stream, "there is something else behind the compressed data");
    }
    kerb_ingest__inflate_reset(g->inflate);
    g->is_between = false;
    return KERB_OK;
}

static kerb_status read_gzip(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                             size_t size, size_t *n)
{
    gzip *g = stream->state;
    while (*n == 0 && size > 0) {
        kerb_status status = g->is_between ? begin_part(ctx, stream, g) : KERB_OK;
        if (status != KERB_OK || g->is_ended) {
            return status;
        }
        switch (kerb_ingest__inflate_step(g->inflate, &g->in, &g->n_in, data, size, n)) {
        case KERB_INFLATE_END:
            g->is_between = true;
            break;
        case KERB_INFLATE_DAMAGED:
            *n = 0;
            return damaged(ctx, stream, "it is no gzip data, or its checksum does not fit");
        case KERB_INFLATE_MORE:
            if (*n == 0 && g->n_in == 0) {
                status = fill(ctx, g);
                if (status == KERB_OK && g->n_in == 0) {
                    status = damaged(ctx, stream, "its compressed data is cut off");
                }
            }
            if (status != KERB_OK) {
                return status;
            }
            break;
        }
    }
    return KERB_OK;
}

kerb_status kerb_ingest__stream_open_gzip(kerb_ctx *ctx, kerb_ingest__stream *packed,
                                          const char *name, uint64_t limit,
                                          kerb_ingest__stream **out)
{
    gzip *g = kerb_calloc_array(1, sizeof *g);
    if (g == NULL) {
        kerb_ingest__stream_close(packed);
        return kerb_fail_nomem(ctx, "an open file");
    }
    g->packed = packed;
    g->inflate = kerb_ingest__inflate_new(true);
    if (g->inflate == NULL) {
        close_gzip(g);
        return kerb_fail_nomem(ctx, "an open file");
    }
    return kerb_ingest__stream_new(
        ctx, name, limit,
        &(kerb_ingest__stream){.read = read_gzip, .close = close_gzip, .state = g}, out);
}
