/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An item is read once before it is loaded: for its SHA-256, by which a file is known again;
 * for the checksums of what is packed; and for its first bytes, which say what kind it is
 * whatever its name says.
 */
#include "ingest_internal.h"

#include <string.h>

static void skip_item(kerb_ingest__item *item, const char *reason, bool warned)
{
    item->kind = KERB_KIND_SKIPPED;
    item->reason = reason;
    item->warned = warned;
}

static bool holds(const char *head, size_t n, const char *text)
{
    size_t n_text = strlen(text);
    for (size_t i = 0; i + n_text <= n; i++) {
        if (memcmp(head + i, text, n_text) == 0) {
            return true;
        }
    }
    return false;
}

/* What the first bytes say. Names mislead: a GeoJSON called .txt, a spreadsheet called .csv. */
static void set_kind_by_content(kerb_ingest__item *item)
{
    const char *head = item->head;
    size_t n = item->head_length;
    if (n == 0) {
        skip_item(item, "an empty file", true);
        return;
    }
    if (n >= 16 && memcmp(head, "SQLite format 3", 16) == 0) {
        item->kind = KERB_KIND_OGR;
        if (strncmp(item->path, "/vsi", 4) != 0 && kerb_store_is_store(item->path)) {
            skip_item(item, "a kerb store", false);
        }
        return;
    }
    if (n >= 8 && memcmp(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0) {
        /* a compound file: .xls, or an encrypted .xlsx */
        skip_item(item,
                  "an old .xls or a workbook with a password; save it as .xlsx without one",
                  true);
        return;
    }
    if (item->kind != KERB_KIND_TABLE) {
        return;
    }
    size_t i = n >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < n && (head[i] == ' ' || head[i] == '\n' || head[i] == '\r' || head[i] == '\t')) {
        i++;
    }
    bool is_json = i < n && head[i] == '{';
    bool is_xml = i + 5 <= n && memcmp(head + i, "<?xml", 5) == 0;
    bool is_flatgeobuf = n >= 8 && memcmp(head, "fgb\x03", 4) == 0;
    bool is_packed = n >= 4 && memcmp(head, "PK\x03\x04", 4) == 0;
    bool is_shape = n >= 100 && memcmp(head, "\x00\x00\x27\x0A", 4) == 0;
    if (is_packed && holds(head, n, "[Content_Types].xml")) {
        item->kind = KERB_KIND_WORKBOOK;
    } else if (is_json || is_xml || is_flatgeobuf || is_packed || is_shape) {
        item->kind = KERB_KIND_OGR;
    } else if (!kerb_ingest__text_is_text(head, n)) {
        skip_item(item, "not a kind kerb reads", true);
    }
}

kerb_status kerb_ingest__item_open(kerb_ctx *ctx, const kerb_ingest__item *item,
                                   kerb_ingest__stream **out)
{
    kerb_ingest__stream *stream = NULL;
    if (item->is_zipped) {
        kerb_status status =
            kerb_ingest__zip_open(ctx, item->file, item->name, &item->packing, &stream);
        if (status != KERB_OK || !item->is_gzipped) {
            *out = status == KERB_OK ? stream : *out;
            return status;
        }
    } else if (!item->is_gzipped) {
        return kerb_ingest__stream_open(ctx, item->file, item->name, item->limit, out);
    } else {
        kerb_status status = kerb_ingest__stream_open(ctx, item->file, item->name, 0, &stream);
        if (status != KERB_OK) {
            return status;
        }
    }
    kerb_text name = {0};
    kerb_text_add_format(&name, "%s%s%s", item->name, item->member != NULL ? "/" : "",
                         item->member != NULL ? item->member : "");
    if (name.failed) {
        kerb_ingest__stream_close(stream);
        return kerb_fail_nomem(ctx, "a path");
    }
    kerb_status status =
        kerb_ingest__stream_open_gzip(ctx, stream, name.data, item->limit, out);
    kerb_text_clear(&name);
    return status;
}

/* Read a stream to its end. `hash` and `item` NULL: only for the checks that reading makes. */
static kerb_status hash_stream(kerb_ctx *ctx, kerb_ingest__stream *stream,
                               kerb_ingest__item *item, kerb_sha256 *hash, char *block,
                               size_t size)
{
    size_t n = 1;
    kerb_status status = KERB_OK;
    while (status == KERB_OK && n > 0) {
        status = kerb_ingest__stream_read(ctx, stream, block, size, &n);
        if (status == KERB_OK) {
            if (hash != NULL) {
                kerb_sha256_add(hash, block, n);
            }
            size_t n_room = item != NULL ? KERB_INGEST_HEAD_BYTES - item->head_length : 0;
            if (n_room > 0) {
                size_t n_kept = n < n_room ? n : n_room;
                memcpy(item->head + item->head_length, block, n_kept);
                item->head_length += n_kept;
            }
            status = kerb_check_cancel(ctx);
        }
    }
    return status;
}

/* The files beside a shapefile. The index of the shapes holds nothing of its own: in a zip it
 * is read for its checksum alone. */
static const struct {
    const char *extensions[2];
    bool is_hashed;
} parts[] = {{{"dbf", "DBF"}, true},
             {{"prj", "PRJ"}, true},
             {{"cpg", "CPG"}, true},
             {{"shx", "SHX"}, false}};
enum { N_PARTS = sizeof parts / sizeof *parts };

static kerb_status hash_zipped_part(kerb_ctx *ctx, const kerb_ingest__item *item,
                                    const kerb_ingest__members *members, const char *path,
                                    kerb_sha256 *hash, char *block, size_t size)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < members->n && status == KERB_OK; i++) {
        kerb_ingest__stream *stream = NULL;
        if (strcmp(members->items[i].path, path) != 0) {
            continue;
        }
        status =
            kerb_ingest__zip_open(ctx, item->file, item->name, &members->items[i], &stream);
        if (status == KERB_OK) {
            status = hash_stream(ctx, stream, NULL, hash, block, size);
        }
        kerb_ingest__stream_close(stream);
    }
    return status;
}

static kerb_status hash_loose_part(kerb_ctx *ctx, const char *path, kerb_sha256 *hash,
                                   char *block, size_t size)
{
    kerb_ingest__stream *stream = NULL;
    kerb_status status = kerb_ingest__stream_open(ctx, path, path, 0, &stream);
    if (status == KERB_ERR_NOT_FOUND) {
        return KERB_OK;
    }
    if (status == KERB_OK) {
        status = hash_stream(ctx, stream, NULL, hash, block, size);
    }
    kerb_ingest__stream_close(stream);
    return status;
}

/* A shapefile is known by all its parts: the same points with other attributes are another
 * file. */
static kerb_status hash_parts(kerb_ctx *ctx, kerb_ingest__item *item, kerb_sha256 *hash,
                              char *block, size_t size)
{
    kerb_ingest__members members = {0};
    kerb_status status = KERB_OK;
    char *path = kerb_text_copy(item->is_zipped ? item->member : item->file);
    size_t n = path != NULL ? strlen(path) : 0;
    if (path == NULL) {
        return kerb_fail_nomem(ctx, "a path");
    }
    if (item->is_zipped) {
        status = kerb_ingest__zip_list(ctx, item->file, item->name, &members);
    }
    for (size_t i = 0; i < 2 * N_PARTS && n > 4 && path[n - 4] == '.' && status == KERB_OK;
         i++) {
        kerb_sha256 *part_hash = parts[i / 2].is_hashed ? hash : NULL;
        memcpy(path + n - 3, parts[i / 2].extensions[i % 2], 3);
        if (item->is_zipped) {
            status = hash_zipped_part(ctx, item, &members, path, part_hash, block, size);
        } else if (part_hash != NULL) {
            status = hash_loose_part(ctx, path, part_hash, block, size);
        }
    }
    kerb_ingest__members_clear(&members);
    kerb_free(path);
    return status;
}

kerb_status kerb_ingest__item_survey(kerb_ctx *ctx, kerb_ingest__item *item)
{
    enum { BLOCK = 1 << 20 };
    char extension[16];
    kerb_sha256 *hash = kerb_sha256_new();
    char *block = kerb_alloc_array(BLOCK, 1);
    kerb_ingest__stream *stream = NULL;
    kerb_status status = KERB_OK;
    item->head = kerb_alloc_array(KERB_INGEST_HEAD_BYTES, 1);
    item->head_length = 0;
    if (hash == NULL || block == NULL || item->head == NULL) {
        status = kerb_fail_nomem(ctx, "a block of a file");
        goto done;
    }
    status = kerb_ingest__item_open(ctx, item, &stream);
    if (status == KERB_OK) {
        status = hash_stream(ctx, stream, item, hash, block, BLOCK);
    }
    kerb_ingest__stream_close(stream);
    if (status != KERB_OK) {
        goto done;
    }
    set_kind_by_content(item);
    kerb_ingest__extension(item->member != NULL ? item->member : item->name, extension);
    if (item->kind == KERB_KIND_OGR && strcmp(extension, "shp") == 0) {
        status = hash_parts(ctx, item, hash, block, BLOCK);
    }
    kerb_sha256_hex(hash, item->sha256);
    if (item->kind == KERB_KIND_TABLE) {
        item->month = kerb_ingest__delimited_month(ctx, item);
        item->table = kerb_ingest__delimited_collisions(ctx, item);
    } else {
        item->month =
            kerb_ingest__month_from_name(item->member != NULL ? item->member : item->name);
    }
done:
    kerb_free(item->head);
    item->head = NULL;
    item->head_length = 0;
    kerb_free(block);
    kerb_sha256_free(hash);
    return status;
}
