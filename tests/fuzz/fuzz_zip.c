/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a zip, and as a workbook. Members come in order of path, and one that is read
 * whole has the size that the directory says.
 */
#include "ingest_stream.h"
#include "ingest_xlsx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_member(kerb_ctx *ctx, const kerb_ingest__bytes *bytes,
                        const kerb_ingest__member *member)
{
    enum { BLOCK = 4096, READ_MAX = 1 << 22 };
    kerb_ingest__stream *stream = NULL;
    char block[BLOCK];
    uint64_t n_all = 0;
    size_t n = 1;
    kerb_status status = kerb_ingest__zip_open_bytes(ctx, bytes, "zip", member, &stream);
    while (status == KERB_OK && n > 0 && n_all < READ_MAX) {
        status = kerb_ingest__stream_read(ctx, stream, block, BLOCK, &n);
        n_all += n;
    }
    if (status == KERB_OK && n == 0 && n_all != member->size) {
        abort();
    }
    kerb_ingest__stream_close(stream);
}

static void read_book(kerb_ctx *ctx, const char *data, size_t size)
{
    kerb_ingest__book *book = NULL;
    if (kerb_ingest__book_open_memory(ctx, data, size, &book) != KERB_OK) {
        return;
    }
    for (size_t i = 0; i < kerb_ingest__book_count(book); i++) {
        kerb_ingest__sheet *sheet = NULL;
        kerb_ingest__sheet_row row;
        bool found = true;
        kerb_status status = kerb_ingest__sheet_open(ctx, book, i, "sheet", &sheet);
        while (status == KERB_OK && found) {
            status = kerb_ingest__sheet_next(ctx, sheet, &row, &found);
        }
        kerb_ingest__sheet_close(sheet);
    }
    kerb_ingest__book_close(book);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__bytes bytes = {.fd = -1, .memory = (const char *)data, .size = size};
    kerb_ingest__members members = {0};
    if (ctx != NULL && kerb_ingest__zip_list_bytes(ctx, &bytes, "zip", &members) == KERB_OK) {
        for (size_t i = 0; i < members.n && i < 16; i++) {
            if (i > 0 && strcmp(members.items[i - 1].path, members.items[i].path) > 0) {
                abort();
            }
            read_member(ctx, &bytes, &members.items[i]);
        }
        read_book(ctx, (const char *)data, size);
    }
    kerb_ingest__members_clear(&members);
    kerb_ctx_free(ctx);
    return 0;
}
