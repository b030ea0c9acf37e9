/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes, wherever they lie: a loose file by read(2) in large blocks, or memory; what is packed
 * comes through ingest_gzip.c and ingest_zip.c. Nothing is unpacked to disk, and an archive may
 * give only so many bytes, whatever its directory says.
 */
#include "ingest_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

kerb_status kerb_ingest__stream_new(kerb_ctx *ctx, const char *name, uint64_t limit,
                                    const kerb_ingest__stream *kind, kerb_ingest__stream **out)
{
    kerb_ingest__stream *stream = kerb_calloc_array(1, sizeof *stream);
    char *copy = kerb_text_copy(name);
    if (stream == NULL || copy == NULL) {
        kerb_free(stream);
        kerb_free(copy);
        if (kind->close != NULL) {
            kind->close(kind->state);
        }
        return kerb_fail_nomem(ctx, "an open file");
    }
    *stream = *kind;
    stream->name = copy;
    stream->limit = limit;
    stream->n_read = 0;
    *out = stream;
    return KERB_OK;
}

kerb_status kerb_ingest__stream_read(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                                     size_t size, size_t *n)
{
    *n = 0;
    kerb_status status = stream->read(ctx, stream, data, size, n);
    stream->n_read += *n;
    if (status == KERB_OK && stream->limit != 0 && stream->n_read > stream->limit) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s unpacks to more than %llu bytes: refused as a damaged or hostile "
                         "archive",
                         stream->name, (unsigned long long)stream->limit);
    }
    return status;
}

void kerb_ingest__stream_close(kerb_ingest__stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->close != NULL) {
        stream->close(stream->state);
    }
    kerb_free(stream->name);
    kerb_free(stream);
}

/* -------------------------------------------------------------- loose files, memory */

typedef struct loose {
    int fd; /* -1: memory */
    const char *memory;
    size_t left;
} loose;

static void close_loose(void *state)
{
    loose *l = state;
    if (l->fd >= 0) {
        close(l->fd);
    }
    kerb_free(l);
}

static kerb_status read_loose(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                              size_t size, size_t *n)
{
    loose *l = stream->state;
    if (l->fd < 0) {
        *n = l->left < size ? l->left : size;
        memcpy(data, l->memory, *n);
        l->memory += *n;
        l->left -= *n;
        return KERB_OK;
    }
    ssize_t got = 0;
    do {
        got = read(l->fd, data, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", stream->name,
                         strerror(errno));
    }
    *n = (size_t)got;
    return KERB_OK;
}

static kerb_status open_loose(kerb_ctx *ctx, const char *name, uint64_t limit, loose state,
                              kerb_ingest__stream **out)
{
    loose *l = kerb_calloc_array(1, sizeof *l);
    if (l == NULL) {
        if (state.fd >= 0) {
            close(state.fd);
        }
        return kerb_fail_nomem(ctx, "an open file");
    }
    *l = state;
    return kerb_ingest__stream_new(
        ctx, name, limit,
        &(kerb_ingest__stream){.read = read_loose, .close = close_loose, .state = l}, out);
}

kerb_status kerb_ingest__stream_open(kerb_ctx *ctx, const char *path, const char *name,
                                     uint64_t limit, kerb_ingest__stream **out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return kerb_fail(ctx, errno == ENOENT ? KERB_ERR_NOT_FOUND : KERB_ERR_IO,
                         "%s cannot be read: %s", name, strerror(errno));
    }
    return open_loose(ctx, name, limit, (loose){.fd = fd}, out);
}

kerb_status kerb_ingest__stream_open_memory(kerb_ctx *ctx, const char *data, size_t length,
                                            kerb_ingest__stream **out)
{
    return open_loose(ctx, "memory", 0, (loose){.fd = -1, .memory = data, .left = length}, out);
}

/* --------------------------------------------------------------------- anywhere */

kerb_status kerb_ingest__bytes_open(kerb_ctx *ctx, const char *path, const char *name,
                                    kerb_ingest__bytes *out)
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0) {
        kerb_status status =
            kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", name, strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    *out = (kerb_ingest__bytes){.fd = fd, .size = (uint64_t)about.st_size};
    return KERB_OK;
}

void kerb_ingest__bytes_close(kerb_ingest__bytes *bytes)
{
    if (bytes->fd >= 0) {
        close(bytes->fd);
    }
    *bytes = (kerb_ingest__bytes){.fd = -1};
}

kerb_status kerb_ingest__bytes_read(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                    const char *name, uint64_t offset, char *data, size_t n)
{
    if (offset > bytes->size || n > bytes->size - offset) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is damaged: it ends before a part that it names", name);
    }
    if (bytes->fd < 0) {
        memcpy(data, bytes->memory + offset, n);
        return KERB_OK;
    }
    while (n > 0) {
        ssize_t got = pread(bytes->fd, data, n, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", name,
                             got < 0 ? strerror(errno) : "it became shorter meanwhile");
        }
        data += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return KERB_OK;
}

uint64_t kerb_ingest__unpacked_limit(uint64_t archive_bytes)
{
    uint64_t limit = KERB_INGEST_UNPACKED_MAX;
    if (archive_bytes < KERB_INGEST_UNPACKED_MAX / KERB_INGEST_UNPACKED_RATE) {
        limit = archive_bytes * KERB_INGEST_UNPACKED_RATE;
    }
    return limit < KERB_INGEST_UNPACKED_MIN ? KERB_INGEST_UNPACKED_MIN : limit;
}

char *kerb_ingest__zip_path(const char *archive, const char *member)
{
    kerb_text path = {0};
    /* The braces let GDAL find the archive whatever its name ends in. */
    kerb_text_add_format(&path, "/vsizip/{%s}/%s", archive, member);
    if (path.failed) {
        kerb_text_clear(&path);
    }
    return path.data;
}
