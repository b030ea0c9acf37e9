/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a delimited file. The first byte chooses how wide rows should be; the rest is
 * the file. Rows come in order, lie inside the file, and their kept bytes are the file's own.
 */
#include "ingest_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_row(const kerb_ingest__row *row, const char *bytes, size_t size, int64_t *end,
                      int64_t *line)
{
    if (row->byte_offset < *end || row->byte_length < 0 || row->line <= *line ||
        (uint64_t)(row->byte_offset + row->byte_length) > size)
        abort();
    if (row->raw && (row->raw_length != (size_t)row->byte_length ||
                     memcmp(row->raw, bytes + row->byte_offset, row->raw_length) != 0))
        abort();
    for (size_t i = 0; i < row->n_fields; i++) {
        if (!row->problem && !kerb_utf8_is_valid(row->fields[i].text, row->fields[i].length))
            abort();
    }
    *end = row->byte_offset + row->byte_length;
    *line = row->line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__row row;
    bool found = size > 0;
    int64_t end = 0, line = 0;
    const char *bytes = (const char *)data + 1;
    if (!ctx || size == 0 ||
        kerb_ingest__stream_open_memory(ctx, bytes, size - 1, &stream) != KERB_OK ||
        kerb_ingest__text_new(ctx, stream, NULL, &text) != KERB_OK)
        goto done;
    kerb_ingest__text_set_width(text, data[0] % 8, data[0] % 8);
    while (found) {
        if (kerb_ingest__text_next(ctx, text, &row, &found) != KERB_OK)
            abort(); /* memory cannot fail to be read */
        if (found)
            check_row(&row, bytes, size - 1, &end, &line);
    }
done:
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    kerb_ctx_free(ctx);
    return 0;
}
