/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_INFLATE_H
#define KERB_INGEST_INFLATE_H

/* What kerb needs of zlib, whose header is included in ingest_inflate.c alone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct kerb_ingest__inflate kerb_ingest__inflate;

typedef enum kerb_ingest__inflate_result {
    KERB_INFLATE_MORE,   /* give input or room */
    KERB_INFLATE_END,    /* the compressed data ended, and its checksum fits */
    KERB_INFLATE_DAMAGED /* no such data, or the checksum does not fit */
} kerb_ingest__inflate_result;

/* `is_gzip`: with gzip's head and checksum, else bare as in a zip. NULL: out of memory. */
kerb_ingest__inflate *kerb_ingest__inflate_new(bool is_gzip);
void kerb_ingest__inflate_free(kerb_ingest__inflate *inflate);
/* Once more from the beginning, for the next part of a gzip file. */
void kerb_ingest__inflate_reset(kerb_ingest__inflate *inflate);
/* Unpack from *in (moved on) into out; *n_out is how much came out. */
kerb_ingest__inflate_result kerb_ingest__inflate_step(kerb_ingest__inflate *state,
                                                      const char **in, size_t *n_in, char *out,
                                                      size_t n_room, size_t *n_out);
/* CRC-32 of more bytes; begin with 0. */
uint32_t kerb_ingest__crc32(uint32_t crc, const char *data, size_t n);

#endif
