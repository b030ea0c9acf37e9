/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The only file that knows zlib. Sources: RFC 1951 (deflate), RFC 1952 (gzip). */
#include "ingest_inflate.h"
#include "kerb_base.h"

#include <zlib.h>

struct kerb_ingest__inflate {
    z_stream z;
};

kerb_ingest__inflate *kerb_ingest__inflate_new(bool is_gzip)
{
    enum { WINDOW_BITS = 15, GZIP = 16 };
    kerb_ingest__inflate *inflate = kerb_calloc_array(1, sizeof *inflate);
    if (inflate != NULL &&
        inflateInit2(&inflate->z, is_gzip ? WINDOW_BITS + GZIP : -WINDOW_BITS) != Z_OK) {
        kerb_free(inflate);
        inflate = NULL;
    }
    return inflate;
}

void kerb_ingest__inflate_free(kerb_ingest__inflate *inflate)
{
    if (inflate != NULL) {
        inflateEnd(&inflate->z);
        kerb_free(inflate);
    }
}

void kerb_ingest__inflate_reset(kerb_ingest__inflate *inflate)
{
    inflateReset(&inflate->z);
}

kerb_ingest__inflate_result kerb_ingest__inflate_step(kerb_ingest__inflate *state,
                                                      const char **in, size_t *n_in, char *out,
                                                      size_t n_room, size_t *n_out)
{
    z_stream *z = &state->z;
    uInt in_now = *n_in < (1u << 30) ? (uInt)*n_in : 1u << 30;
    uInt room_now = n_room < (1u << 30) ? (uInt)n_room : 1u << 30;
    z->next_in = (z_const Bytef *)(uintptr_t)*in; /* zlib does not write there */
    z->avail_in = in_now;
    z->next_out = (Bytef *)out;
    z->avail_out = room_now;
    int result = inflate(z, Z_NO_FLUSH);
    uInt n_taken = in_now - z->avail_in;
    if (n_taken > 0) { /* before the first byte there may be no address to add to */
        *in += n_taken;
        *n_in -= n_taken;
    }
    *n_out = room_now - z->avail_out;
    return result == Z_STREAM_END                    ? KERB_INFLATE_END
           : result == Z_OK || result == Z_BUF_ERROR ? KERB_INFLATE_MORE
                                                     : KERB_INFLATE_DAMAGED;
}

uint32_t kerb_ingest__crc32(uint32_t crc, const char *data, size_t n)
{
    while (n > 0) {
        uInt now = n < (1u << 30) ? (uInt)n : 1u << 30;
        crc = (uint32_t)crc32(crc, (const Bytef *)data, now);
        data += now;
        n -= now;
    }
    return crc;
}
