/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_STREAM_H
#define KERB_INGEST_STREAM_H

/*
 * What the kinds of stream share: a loose file and memory (ingest_stream.c), the unpacked bytes
 * of a .gz (ingest_gzip.c) and of a zip's member (ingest_zip.c). A kind gives `read` and
 * `close`; the limit is kept for all of them in kerb_ingest__stream_read().
 */

#include "ingest_internal.h"

struct kerb_ingest__stream {
    /* As kerb_ingest__stream_read(). */
    kerb_status (*read)(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data, size_t size,
                        size_t *n);
    void (*close)(void *state); /* NULL: nothing to do */
    void *state;
    char *name;
    uint64_t limit, n_read;
};

/* A stream of a kind; on failure `close` has been called with the state. */
kerb_status kerb_ingest__stream_new(kerb_ctx *ctx, const char *name, uint64_t limit,
                                    const kerb_ingest__stream *kind, kerb_ingest__stream **out);

/* Bytes that can be read anywhere: a file, or borrowed memory. */
typedef struct kerb_ingest__bytes {
    int fd; /* -1: memory */
    const char *memory;
    uint64_t size;
} kerb_ingest__bytes;

kerb_status kerb_ingest__bytes_open(kerb_ctx *ctx, const char *path, const char *name,
                                    kerb_ingest__bytes *out);
void kerb_ingest__bytes_close(kerb_ingest__bytes *bytes);
/* n bytes at an offset; KERB_ERR_FORMAT when there are not so many. */
kerb_status kerb_ingest__bytes_read(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                    const char *name, uint64_t offset, char *data, size_t n);

/* The members of an archive in these bytes, in byte order of path, members of one name in the
 * order of the archive. */
kerb_status kerb_ingest__zip_list_bytes(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                        const char *name, kerb_ingest__members *out);
/* A member's bytes; `bytes` is borrowed. `archive` names it for messages: ARCHIVE/MEMBER. */
kerb_status kerb_ingest__zip_open_bytes(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                        const char *archive, const kerb_ingest__member *member,
                                        kerb_ingest__stream **out);

#endif
