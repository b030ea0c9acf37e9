/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_TEXT_H
#define KERB_INGEST_TEXT_H

/*
 * What the files of the text reader share: bytes become a buffer of UTF-8
 * (ingest_text_bytes.c), a stretch of it becomes fields (ingest_text_fields.c), and these
 * become rows with their damage told (ingest_text.c).
 */

#include "ingest_internal.h"

#include <string.h>

enum {
    KERB_INGEST_BLOCK_BYTES = 1 << 20,
    KERB_INGEST_TEXT_PADDING = 16,    /* find_special() may look so far behind the last byte */
    KERB_INGEST_FIELDS_KEPT = 1 << 16 /* more columns than this are counted, not kept */
};

struct kerb_ingest__text {
    kerb_ingest__stream *stream;
    kerb_ingest__text_options options;
    char *buffer; /* UTF-8 or the file's own bytes; [pos, end) is not consumed */
    size_t capacity, pos, end;
    bool at_end; /* the stream has no more */
    bool started, has_sniffed;
    bool may_be_invalid; /* the buffer has held a byte above 127 since it was last clean */
    bool may_hold_nul;
    char *block; /* UTF-16 as it came */
    size_t block_length;
    uint32_t lead_surrogate;
    char delimiter;
    size_t n_min, n_max; /* fields that a row should have; 0 unknown */
    kerb_ingest__field *fields;
    size_t fields_capacity;
    size_t n_fields; /* of the row being read; may exceed what is kept */
    char *scratch;   /* fields whose quotes had to be taken off */
    size_t scratch_capacity, scratch_length;
    kerb_text converted; /* fields brought from Windows-1252 */
    int64_t line, offset;
    uint64_t n_converted;
};

/* What became of a row that was looked for at the front of the buffer. */
typedef enum kerb_ingest__row_result {
    KERB_ROW_DONE,
    KERB_ROW_MORE,     /* the buffer ends inside the row */
    KERB_ROW_UNCLOSED, /* a quote that nothing closes */
    KERB_ROW_TOO_LONG, /* a field over the limit */
    KERB_ROW_WIDE      /* a row over the limit */
} kerb_ingest__row_result;

typedef struct kerb_ingest__row_span {
    const char *start, *end, *next; /* [start, end) without its line end; next row */
    bool spans_lines;               /* a quoted field holds a line end */
} kerb_ingest__row_span;

static inline bool kerb_ingest__text_is_utf16(const kerb_ingest__text *text)
{
    return text->options.encoding == KERB_ENCODING_UTF16LE ||
           text->options.encoding == KERB_ENCODING_UTF16BE;
}

/* Bytes of the file that a stretch of the buffer stands for: in UTF-16 every character is two
   bytes, those outside the basic plane (four bytes of UTF-8) are four. */
static inline int64_t kerb_ingest__text_file_bytes(const kerb_ingest__text *text,
                                                   const char *from, const char *to)
{
    if (!kerb_ingest__text_is_utf16(text)) {
        return to - from;
    }
    int64_t n_units = 0;
    for (const char *p = from; p < to; p++) {
        unsigned char byte = (unsigned char)*p;
        n_units += (byte & 0xC0) != 0x80;
        n_units += byte >= 0xF0;
    }
    return 2 * n_units;
}

/* First LF or CR in [p, end), else end. */
static inline const char *kerb_ingest__find_line_end(const char *p, const char *end)
{
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    const char *stop = feed != NULL ? feed : end;
    const char *carriage = memchr(p, '\r', (size_t)(stop - p));
    return carriage != NULL ? carriage : stop;
}

/* Settle the encoding by the first bytes and step over the BOM. */
kerb_status kerb_ingest__text_start(kerb_ctx *ctx, kerb_ingest__text *text);
/* More bytes behind [pos, end), which moves to the front. Sets at_end when there are none. */
kerb_status kerb_ingest__text_refill(kerb_ctx *ctx, kerb_ingest__text *text);
/* Fields of the row at the front of the buffer, as far as one can be told. */
kerb_status kerb_ingest__text_read_row(kerb_ctx *ctx, kerb_ingest__text *text,
                                       kerb_ingest__row_span *span,
                                       kerb_ingest__row_result *result);
/* A delimiter is what the header line has most of, outside quotes; the comma when it has none.
 */
char kerb_ingest__sniff_delimiter(const char *p, const char *end);

#endif
