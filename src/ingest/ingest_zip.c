/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zip archives by their central directory: what it lists is what there is, members of one name
 * and all. GDAL's /vsizip gives one of two members of a name and does not look at checksums of
 * stored ones; Python's and Info-ZIP's readers do as this one does. Source: PKWARE, .ZIP File
 * Format Specification 6.3.10 (APPNOTE): 4.3.7 local header, 4.3.12 central directory, 4.3.14
 * to 4.3.16 its end, 4.5.3 zip64.
 *
 *   [local header, name, extra, bytes] … [central directory: one entry a member] [end]
 */
#include "ingest_inflate.h"
#include "ingest_stream.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOCAL_BYTES = 30,
    ENTRY_BYTES = 46,
    END_BYTES = 22,
    END64_BYTES = 56,
    LOCATOR_BYTES = 20,
    COMMENT_MAX = 65535,
    METHOD_STORED = 0,
    METHOD_DEFLATED = 8
};
#define LOCAL_MARK   0x04034B50u
#define ENTRY_MARK   0x02014B50u
#define END_MARK     0x06054B50u
#define END64_MARK   0x06064B50u
#define LOCATOR_MARK 0x07064B50u

static uint32_t get16(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const unsigned char *p)
{
    return get16(p) | get16(p + 2) << 16;
}

static uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static kerb_status damaged(kerb_ctx *ctx, const char *name)
{
    return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is no zip archive, or a damaged one", name);
}

/* -------------------------------------------------------------------- directory */

typedef struct directory {
    uint64_t offset, size, n;
} directory;

/* Where the directory lies when the end says "see the zip64 end". */
static kerb_status find_end64(kerb_ctx *ctx, const kerb_ingest__bytes *bytes, const char *name,
                              uint64_t end_at, directory *out)
{
    unsigned char p[END64_BYTES];
    if (end_at < LOCATOR_BYTES) {
        return damaged(ctx, name);
    }
    kerb_status status = kerb_ingest__bytes_read(ctx, bytes, name, end_at - LOCATOR_BYTES,
                                                 (char *)p, LOCATOR_BYTES);
    if (status != KERB_OK || get32(p) != LOCATOR_MARK) {
        return status == KERB_OK ? damaged(ctx, name) : status;
    }
    status = kerb_ingest__bytes_read(ctx, bytes, name, get64(p + 8), (char *)p, END64_BYTES);
    if (status != KERB_OK || get32(p) != END64_MARK) {
        return status == KERB_OK ? damaged(ctx, name) : status;
    }
    *out = (directory){.offset = get64(p + 48), .size = get64(p + 40), .n = get64(p + 32)};
    return KERB_OK;
}

static kerb_status find_directory(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                  const char *name, directory *out)
{
    kerb_status status = KERB_OK;
    size_t n = bytes->size < END_BYTES + COMMENT_MAX ? (size_t)bytes->size
                                                     : (size_t)END_BYTES + COMMENT_MAX;
    if (n < END_BYTES) {
        return damaged(ctx, name);
    }
    unsigned char *tail = kerb_alloc_array(n, 1);
    if (tail == NULL) {
        return kerb_fail_nomem(ctx, "the list of an archive");
    }
    status = kerb_ingest__bytes_read(ctx, bytes, name, bytes->size - n, (char *)tail, n);
    size_t at = n - END_BYTES + 1;
    bool is_found = false;
    while (status == KERB_OK && at > 0 && !is_found) {
        at--;
        /* a comment may hold the mark too: the end is where its comment ends with the file */
        is_found = get32(tail + at) == END_MARK && at + END_BYTES + get16(tail + at + 20) == n;
    }
    if (status == KERB_OK && !is_found) {
        status = damaged(ctx, name);
    }
    if (status == KERB_OK) {
        const unsigned char *p = tail + at;
        *out = (directory){.n = get16(p + 10), .size = get32(p + 12), .offset = get32(p + 16)};
        if (get16(p + 10) == 0xFFFF || get32(p + 12) == UINT32_MAX ||
            get32(p + 16) == UINT32_MAX) {
            status = find_end64(ctx, bytes, name, bytes->size - n + at, out);
        } else if (get16(p + 4) != 0 || get16(p + 6) != 0) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s is one of several parts of an archive: put them together "
                               "first",
                               name);
        }
    }
    kerb_free(tail);
    return status;
}

/* Sizes and offset that do not fit 32 bits stand in the extra field 1, in this order. */
static bool read_extra64(const unsigned char *p, size_t n, kerb_ingest__member *member)
{
    uint64_t *const wanted[] = {&member->size, &member->packed_size, &member->header_offset};
    while (n >= 4) {
        size_t n_field = get16(p + 2);
        if (n_field > n - 4) {
            return false;
        }
        if (get16(p) == 1) {
            const unsigned char *at = p + 4;
            for (size_t i = 0; i < 3; i++) {
                if (*wanted[i] == UINT32_MAX) {
                    if (n_field < 8) {
                        return false;
                    }
                    *wanted[i] = get64(at);
                    at += 8;
                    n_field -= 8;
                }
            }
            return true;
        }
        p += 4 + n_field;
        n -= 4 + n_field;
    }
    return true;
}

/* The name as it can be shown: "/" between folders, no drive or root in front; UTF-8, or what
 * old archivers on Windows wrote. */
static char *make_path(const char *text, size_t n)
{
    kerb_text path = {0};
    if (n >= 2 && text[1] == ':') {
        text += 2;
        n -= 2;
    }
    while (n > 0 && (*text == '/' || *text == '\\')) {
        text++;
        n--;
    }
    if (kerb_utf8_is_valid(text, n)) {
        kerb_text_add_n(&path, text, n);
    } else {
        kerb_text_add_cp1252(&path, text, n);
    }
    for (size_t i = 0; i < path.length && !path.failed; i++) {
        if (path.data[i] == '\\') {
            path.data[i] = '/';
        }
    }
    if (path.failed) {
        kerb_text_clear(&path);
    }
    return path.data != NULL || path.failed ? path.data : kerb_text_copy("");
}

/* One entry of the directory; *n_used bytes of it. */
static kerb_status read_entry(kerb_ctx *ctx, const char *name, const unsigned char *p,
                              size_t n_left, kerb_ingest__member *out, size_t *n_used)
{
    if (n_left < ENTRY_BYTES || get32(p) != ENTRY_MARK) {
        return damaged(ctx, name);
    }
    size_t n_name = get16(p + 28), n_extra = get16(p + 30), n_comment = get16(p + 32);
    *n_used = ENTRY_BYTES + n_name + n_extra + n_comment;
    if (*n_used > n_left || memchr(p + ENTRY_BYTES, '\0', n_name) != NULL) {
        return damaged(ctx, name);
    }
    const char *text = (const char *)p + ENTRY_BYTES;
    *out = (kerb_ingest__member){
        .is_encrypted = (get16(p + 8) & 1) != 0,
        .method = get16(p + 10),
        .crc32 = get32(p + 16),
        .packed_size = get32(p + 20),
        .size = get32(p + 24),
        .header_offset = get32(p + 42),
        .is_folder = n_name > 0 && (text[n_name - 1] == '/' || text[n_name - 1] == '\\'),
        .path = make_path(text, n_name)};
    if (out->path == NULL) {
        return kerb_fail_nomem(ctx, "the list of an archive");
    }
    out->is_plain = strlen(out->path) == n_name && memcmp(out->path, text, n_name) == 0;
    if (!read_extra64(p + ENTRY_BYTES + n_name, n_extra, out)) {
        kerb_free(out->path);
        out->path = NULL;
        return damaged(ctx, name);
    }
    return KERB_OK;
}

static int compare_members(const void *a, const void *b)
{
    const kerb_ingest__member *one = a, *two = b;
    int order = strcmp(one->path, two->path);
    return order != 0 ? order
                      : (one->header_offset > two->header_offset) -
                            (one->header_offset < two->header_offset);
}

static kerb_status read_entries(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                const char *name, const directory *d, kerb_ingest__members *out)
{
    uint64_t limit = kerb_ingest__unpacked_limit(bytes->size), total = 0;
    kerb_status status = KERB_OK;
    size_t n_left = (size_t)d->size;
    unsigned char *data = kerb_alloc_array(n_left + 1, 1);
    out->items = kerb_calloc_array((size_t)d->n + 1, sizeof *out->items);
    if (data == NULL || out->items == NULL) {
        kerb_free(data);
        return kerb_fail_nomem(ctx, "the list of an archive");
    }
    const unsigned char *p = data;
    status = kerb_ingest__bytes_read(ctx, bytes, name, d->offset, (char *)data, n_left);
    for (uint64_t i = 0; i < d->n && status == KERB_OK; i++) {
        kerb_ingest__member *member = &out->items[out->n];
        size_t n_used = 0;
        status = read_entry(ctx, name, p, n_left, member, &n_used);
        if (status != KERB_OK) {
            break;
        }
        out->n++;
        p += n_used;
        n_left -= n_used;
        if (!member->is_folder && (member->size > limit || total > limit - member->size)) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT,
                               "%s unpacks to more than %llu bytes: refused as a damaged or "
                               "hostile archive",
                               name, (unsigned long long)limit);
        }
        total += member->is_folder ? 0 : member->size;
    }
    kerb_free(data);
    return status;
}

kerb_status kerb_ingest__zip_list_bytes(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                        const char *name, kerb_ingest__members *out)
{
    kerb_ingest__members members = {0};
    directory d = {0};
    kerb_status status = find_directory(ctx, bytes, name, &d);
    /* what cannot be true is not allocated for */
    if (status == KERB_OK && (d.offset > bytes->size || d.size > bytes->size - d.offset ||
                              d.n > d.size / ENTRY_BYTES)) {
        status = damaged(ctx, name);
    }
    if (status == KERB_OK) {
        status = read_entries(ctx, bytes, name, &d, &members);
    }
    if (status != KERB_OK) {
        kerb_ingest__members_clear(&members);
        return status;
    }
    if (members.n > 1) {
        qsort(members.items, members.n, sizeof *members.items, compare_members);
    }
    for (size_t i = 1; i < members.n; i++) {
        members.items[i].is_repeated =
            strcmp(members.items[i].path, members.items[i - 1].path) == 0;
    }
    *out = members;
    return KERB_OK;
}

kerb_status kerb_ingest__zip_list(kerb_ctx *ctx, const char *path, const char *name,
                                  kerb_ingest__members *out)
{
    kerb_ingest__bytes bytes = {.fd = -1};
    kerb_status status = kerb_ingest__bytes_open(ctx, path, name, &bytes);
    if (status == KERB_OK) {
        status = kerb_ingest__zip_list_bytes(ctx, &bytes, name, out);
    }
    kerb_ingest__bytes_close(&bytes);
    return status;
}

void kerb_ingest__members_clear(kerb_ingest__members *members)
{
    for (size_t i = 0; i < members->n; i++) {
        kerb_free(members->items[i].path);
    }
    kerb_free(members->items);
    *members = (kerb_ingest__members){0};
}

/* ----------------------------------------------------------------------- members */

enum { BLOCK = 1 << 16 };

typedef struct unzip {
    kerb_ingest__bytes bytes;
    bool owns_bytes;
    uint64_t at, n_packed; /* in the archive, and left to read there */
    uint64_t size, n_out;  /* as the directory says, and given out */
    uint32_t wanted, crc;
    kerb_ingest__inflate *inflate; /* NULL: stored */
    const char *in;                /* of `block` */
    size_t n_in;
    bool is_ended;
    char block[BLOCK];
} unzip;

static void close_unzip(void *state)
{
    unzip *u = state;
    if (u->owns_bytes) {
        kerb_ingest__bytes_close(&u->bytes);
    }
    kerb_ingest__inflate_free(u->inflate);
    kerb_free(u);
}

static kerb_status fail_member(kerb_ctx *ctx, const kerb_ingest__stream *stream,
                               const char *why)
{
    return kerb_fail(ctx, KERB_ERR_IO, "%s is damaged: %s; nothing was loaded", stream->name,
                     why);
}

static kerb_status fill(kerb_ctx *ctx, const kerb_ingest__stream *stream, unzip *u)
{
    size_t n = u->n_packed < BLOCK ? (size_t)u->n_packed : BLOCK;
    kerb_status status =
        kerb_ingest__bytes_read(ctx, &u->bytes, stream->name, u->at, u->block, n);
    u->in = u->block;
    u->n_in = status == KERB_OK ? n : 0;
    u->at += n;
    u->n_packed -= n;
    return status;
}

/* Some bytes of a deflated member. */
static kerb_status inflate_some(kerb_ctx *ctx, kerb_ingest__stream *stream, unzip *u,
                                char *data, size_t size, size_t *n)
{
    while (*n == 0 && !u->is_ended) {
        kerb_ingest__inflate_result result =
            kerb_ingest__inflate_step(u->inflate, &u->in, &u->n_in, data, size, n);
        if (result == KERB_INFLATE_DAMAGED) {
            return fail_member(ctx, stream, "it cannot be unpacked");
        }
        u->is_ended = result == KERB_INFLATE_END;
        if (result == KERB_INFLATE_MORE && *n == 0 && u->n_in == 0) {
            if (u->n_packed == 0) {
                return fail_member(ctx, stream, "its compressed data is cut off");
            }
            kerb_status status = fill(ctx, stream, u);
            if (status != KERB_OK) {
                return status;
            }
        }
    }
    return KERB_OK;
}

static kerb_status copy_some(kerb_ctx *ctx, const kerb_ingest__stream *stream, unzip *u,
                             char *data, size_t size, size_t *n)
{
    size_t n_now = u->n_packed < size ? (size_t)u->n_packed : size;
    kerb_status status =
        kerb_ingest__bytes_read(ctx, &u->bytes, stream->name, u->at, data, n_now);
    u->at += n_now;
    u->n_packed -= n_now;
    u->is_ended = u->n_packed == 0;
    *n = status == KERB_OK ? n_now : 0;
    return status;
}

static kerb_status read_unzip(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                              size_t size, size_t *n)
{
    unzip *u = stream->state;
    bool was_ended = u->is_ended;
    if (was_ended || size == 0) {
        return KERB_OK;
    }
    kerb_status status = u->inflate != NULL ? inflate_some(ctx, stream, u, data, size, n)
                                            : copy_some(ctx, stream, u, data, size, n);
    if (status != KERB_OK) {
        *n = 0;
        return status;
    }
    u->crc = kerb_ingest__crc32(u->crc, data, *n);
    u->n_out += *n;
    bool is_long = u->n_out > u->size, is_short = u->is_ended && u->n_out < u->size;
    bool is_other = u->is_ended && u->crc != u->wanted;
    if (is_long || is_short || is_other) {
        *n = 0;
        return fail_member(ctx, stream,
                           is_other && !is_long && !is_short
                               ? "its checksum (CRC-32) does not fit"
                               : "it has another size than the archive says");
    }
    return KERB_OK;
}

static const char *name_of_method(unsigned method)
{
    static const struct {
        unsigned method;
        const char *name;
    } known[] = {{1, "shrink"}, {6, "implode"}, {9, "deflate64"},
                 {12, "bzip2"}, {14, "LZMA"},   {93, "Zstandard"},
                 {95, "XZ"},    {98, "PPMd"},   {99, "AES encryption"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].method == method) {
            return known[i].name;
        }
    }
    return "a way of packing that is not known";
}

static kerb_status check_member(kerb_ctx *ctx, const char *archive,
                                const kerb_ingest__member *member)
{
    if (member->is_encrypted) {
        return kerb_fail(ctx, KERB_ERR_IO,
                         "%s/%s is encrypted: unpack the archive with its password first",
                         archive, member->path);
    }
    if (member->method != METHOD_STORED && member->method != METHOD_DEFLATED) {
        return kerb_fail(
            ctx, KERB_ERR_IO,
            "%s/%s is packed with %s (method %u), which kerb does not unpack: pack "
            "the archive anew in the usual way (deflate)",
            archive, member->path, name_of_method(member->method), member->method);
    }
    return KERB_OK;
}

/* Behind the local header, whose name and extra field may be longer than the directory's. */
static kerb_status find_data(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                             const char *archive, const kerb_ingest__member *member,
                             uint64_t *out)
{
    unsigned char p[LOCAL_BYTES];
    kerb_status status = kerb_ingest__bytes_read(ctx, bytes, archive, member->header_offset,
                                                 (char *)p, LOCAL_BYTES);
    if (status == KERB_OK && get32(p) != LOCAL_MARK) {
        status = damaged(ctx, archive);
    }
    if (status == KERB_OK) {
        *out = member->header_offset + LOCAL_BYTES + get16(p + 26) + get16(p + 28);
    }
    return status;
}

static kerb_status open_member(kerb_ctx *ctx, const kerb_ingest__bytes *bytes, bool owns_bytes,
                               const char *archive, const kerb_ingest__member *member,
                               kerb_ingest__stream **out)
{
    unzip *u = NULL;
    kerb_text name = {0};
    uint64_t at = 0;
    kerb_status status = check_member(ctx, archive, member);
    if (status == KERB_OK) {
        status = find_data(ctx, bytes, archive, member, &at);
    }
    if (status == KERB_OK) {
        u = kerb_calloc_array(1, sizeof *u);
        kerb_text_add_format(&name, "%s/%s", archive, member->path);
        if (u == NULL || name.failed) {
            status = kerb_fail_nomem(ctx, "an open file");
        }
    }
    if (status == KERB_OK && member->method == METHOD_DEFLATED) {
        u->inflate = kerb_ingest__inflate_new(false);
        if (u->inflate == NULL) {
            status = kerb_fail_nomem(ctx, "an open file");
        }
    }
    if (status != KERB_OK) {
        kerb_text_clear(&name);
        kerb_free(u);
        return status;
    }
    u->bytes = *bytes;
    u->at = at;
    u->n_packed = member->packed_size;
    u->size = member->size;
    u->wanted = member->crc32;
    /* an empty member has nothing to check but that it is empty */
    u->is_ended = u->inflate == NULL && member->packed_size == 0 && member->size == 0;
    status = kerb_ingest__stream_new(
        ctx, name.data, 0,
        &(kerb_ingest__stream){.read = read_unzip, .close = close_unzip, .state = u}, out);
    kerb_text_clear(&name);
    if (status == KERB_OK) {
        u->owns_bytes = owns_bytes;
    }
    return status;
}

kerb_status kerb_ingest__zip_open_bytes(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                                        const char *archive, const kerb_ingest__member *member,
                                        kerb_ingest__stream **out)
{
    return open_member(ctx, bytes, false, archive, member, out);
}

kerb_status kerb_ingest__zip_open(kerb_ctx *ctx, const char *path, const char *archive,
                                  const kerb_ingest__member *member, kerb_ingest__stream **out)
{
    kerb_ingest__bytes bytes = {.fd = -1};
    kerb_status status = kerb_ingest__bytes_open(ctx, path, archive, &bytes);
    if (status == KERB_OK) {
        status = open_member(ctx, &bytes, true, archive, member, out);
    }
    if (status != KERB_OK) {
        kerb_ingest__bytes_close(&bytes);
    }
    return status;
}
