/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes, wherever they lie: a loose file by read(2) in large blocks, a member of a zip or a .gz
 * through GDAL's virtual files, or memory. Nothing is unpacked to disk, and an archive may give
 * only so many bytes, whatever its directory says. The only file that knows GDAL's VSI.
 */
#include "ingest_internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct kerb_ingest__stream {
    int fd; /* -1 when it is not a loose file */
    VSILFILE *file;
    const char *memory;
    size_t memory_left;
    char *name;
    uint64_t limit, n_read;
};

/* GDAL's complaints go nowhere: what matters is told by us, with the file's name. */
static void CPL_STDCALL swallow_error(CPLErr level, CPLErrorNum number, const char *message)
{
    (void)level;
    (void)number;
    (void)message;
}

static kerb_status new_stream(kerb_ctx *ctx, const char *name, kerb_ingest__stream **out)
{
    kerb_ingest__stream *stream = kerb_calloc_array(1, sizeof *stream);
    if (stream == NULL) {
        return kerb_fail_nomem(ctx, "an open file");
    }
    stream->fd = -1;
    stream->name = kerb_text_copy(name);
    if (stream->name == NULL) {
        kerb_free(stream);
        return kerb_fail_nomem(ctx, "an open file");
    }
    *out = stream;
    return KERB_OK;
}

kerb_status kerb_ingest__stream_open(kerb_ctx *ctx, const char *path, const char *name,
                                     uint64_t limit, kerb_ingest__stream **out)
{
    kerb_ingest__stream *stream = NULL;
    kerb_status status = new_stream(ctx, name, &stream);
    if (status != KERB_OK) {
        return status;
    }
    stream->limit = limit;
    if (strncmp(path, "/vsi", 4) == 0) {
        CPLPushErrorHandler(swallow_error);
        stream->file = VSIFOpenL(path, "rb");
        CPLPopErrorHandler();
        if (stream->file == NULL) {
            status =
                kerb_fail(ctx, KERB_ERR_IO,
                          "%s cannot be read from its archive (damaged or encrypted)", name);
        }
    } else {
        stream->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (stream->fd < 0) {
            status = kerb_fail(ctx, errno == ENOENT ? KERB_ERR_NOT_FOUND : KERB_ERR_IO,
                               "%s cannot be read: %s", name, strerror(errno));
        }
    }
    if (status != KERB_OK) {
        kerb_ingest__stream_close(stream);
        return status;
    }
    *out = stream;
    return KERB_OK;
}

kerb_status kerb_ingest__stream_open_memory(kerb_ctx *ctx, const char *data, size_t length,
                                            kerb_ingest__stream **out)
{
    kerb_status status = new_stream(ctx, "memory", out);
    if (status == KERB_OK) {
        (*out)->memory = data;
        (*out)->memory_left = length;
    }
    return status;
}

kerb_status kerb_ingest__stream_read(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                                     size_t size, size_t *n)
{
    *n = 0;
    if (stream->fd >= 0) {
        ssize_t got = 0;
        do {
            got = read(stream->fd, data, size);
        } while (got < 0 && errno == EINTR);
        if (got < 0) {
            return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", stream->name,
                             strerror(errno));
        }
        *n = (size_t)got;
    } else if (stream->file != NULL) {
        CPLPushErrorHandler(swallow_error);
        CPLErrorReset();
        size_t got = VSIFReadL(data, 1, size, stream->file);
        bool has_failed = CPLGetLastErrorType() >= CE_Failure;
        bool is_short = got < size && !VSIFEofL(stream->file);
        CPLPopErrorHandler();
        if (has_failed || (got == 0 && is_short)) {
            return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: the archive is damaged",
                             stream->name);
        }
        *n = got;
    } else {
        *n = stream->memory_left < size ? stream->memory_left : size;
        memcpy(data, stream->memory, *n);
        stream->memory += *n;
        stream->memory_left -= *n;
    }
    stream->n_read += *n;
    if (stream->limit != 0 && stream->n_read > stream->limit) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s unpacks to more than %llu bytes: refused as a damaged or hostile "
                         "archive",
                         stream->name, (unsigned long long)stream->limit);
    }
    return KERB_OK;
}

void kerb_ingest__stream_close(kerb_ingest__stream *stream)
{
    if (stream == NULL) {
        return;
    }
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    if (stream->file != NULL) {
        CPLPushErrorHandler(swallow_error);
        VSIFCloseL(stream->file);
        CPLPopErrorHandler();
    }
    kerb_free(stream->name);
    kerb_free(stream);
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

static int compare_members(const void *a, const void *b)
{
    return strcmp(((const kerb_ingest__member *)a)->path,
                  ((const kerb_ingest__member *)b)->path);
}

kerb_status kerb_ingest__zip_list(kerb_ctx *ctx, const char *path, const char *name,
                                  kerb_ingest__members *out)
{
    kerb_status status = KERB_OK;
    kerb_ingest__members members = {0};
    struct stat about; /* GDAL's own needs struct stat64, which strict C hides */
    uint64_t total = 0;
    char *root = kerb_ingest__zip_path(path, "");
    VSIDIR *dir = NULL;
    size_t capacity = 0;
    if (root == NULL) {
        return kerb_fail_nomem(ctx, "a path");
    }
    root[strlen(root) - 1] = '\0'; /* without the last slash */
    CPLPushErrorHandler(swallow_error);
    bool has_size = stat(path, &about) == 0;
    dir = VSIOpenDir(root, -1, NULL);
    CPLPopErrorHandler();
    if (!has_size || dir == NULL) {
        status =
            kerb_fail(ctx, KERB_ERR_FORMAT, "%s is no zip archive, or a damaged one", name);
        goto done;
    }
    uint64_t limit = kerb_ingest__unpacked_limit((uint64_t)about.st_size);
    CPLPushErrorHandler(swallow_error);
    for (const VSIDIREntry *entry = VSIGetNextDirEntry(dir); entry != NULL;
         entry = VSIGetNextDirEntry(dir)) {
        if (members.n == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            kerb_ingest__member *items =
                kerb_realloc_array(members.items, capacity, sizeof *items);
            if (items == NULL) {
                status = kerb_fail_nomem(ctx, "the list of an archive");
                break;
            }
            members.items = items;
        }
        kerb_ingest__member *member = &members.items[members.n];
        *member = (kerb_ingest__member){.path = kerb_text_copy(entry->pszName),
                                        .is_folder = VSI_ISDIR(entry->nMode) != 0,
                                        .size = (uint64_t)entry->nSize};
        if (member->path == NULL) {
            status = kerb_fail_nomem(ctx, "the list of an archive");
            break;
        }
        members.n++;
        total += member->is_folder ? 0 : member->size;
        if (total > limit) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s unpacks to more than %llu bytes: refused as a damaged or "
                               "hostile archive",
                               name, (unsigned long long)limit);
            break;
        }
    }
    CPLPopErrorHandler();
    if (status == KERB_OK && members.n > 1) {
        qsort(members.items, members.n, sizeof *members.items, compare_members);
    }
done:
    if (dir != NULL) {
        VSICloseDir(dir);
    }
    kerb_free_text(root);
    if (status != KERB_OK) {
        kerb_ingest__members_clear(&members);
        return status;
    }
    *out = members;
    return KERB_OK;
}

void kerb_ingest__members_clear(kerb_ingest__members *members)
{
    for (size_t i = 0; i < members->n; i++) {
        kerb_free(members->items[i].path);
    }
    kerb_free(members->items);
    *members = (kerb_ingest__members){0};
}
