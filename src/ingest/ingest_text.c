/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delimited text after RFC 4180, pulled row by row from a stream: quotes, quoted line ends, CR,
 * LF and CRLF, BOM, UTF-16, and Windows-1252 where a row is not UTF-8. One damaged row costs
 * one row: after an unclosed quote reading goes on at the next line, and no field makes memory
 * grow without bound. Source: RFC 4180 (2005), with the departures listed in docs/import.md.
 */
#include "ingest_internal.h"

#include <assert.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum {
    BLOCK_BYTES = 1 << 20,
    PADDING = 16,         /* find_special() may look so far behind the last byte */
    FIELDS_KEPT = 1 << 16 /* more columns than this are counted, not kept */
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

static bool is_utf16(const kerb_ingest__text *text)
{
    return text->options.encoding == KERB_ENCODING_UTF16LE ||
           text->options.encoding == KERB_ENCODING_UTF16BE;
}

kerb_status kerb_ingest__text_new(kerb_ctx *ctx, kerb_ingest__stream *stream,
                                  const kerb_ingest__text_options *options,
                                  kerb_ingest__text **out)
{
    kerb_ingest__text *text = kerb_calloc_array(1, sizeof *text);
    if (text == NULL) {
        return kerb_fail_nomem(ctx, "a text reader");
    }
    text->stream = stream;
    if (options != NULL) {
        text->options = *options;
    }
    text->delimiter = text->options.delimiter;
    text->line = 1;
    text->capacity = 2 * (size_t)BLOCK_BYTES;
    text->buffer = kerb_alloc_array(text->capacity + PADDING, 1);
    if (text->buffer == NULL) {
        kerb_ingest__text_free(text);
        return kerb_fail_nomem(ctx, "a text reader");
    }
    *out = text;
    return KERB_OK;
}

void kerb_ingest__text_free(kerb_ingest__text *text)
{
    if (text == NULL) {
        return;
    }
    kerb_text_clear(&text->converted);
    kerb_free(text->scratch);
    kerb_free(text->fields);
    kerb_free(text->block);
    kerb_free(text->buffer);
    kerb_free(text);
}

void kerb_ingest__text_set_width(kerb_ingest__text *text, size_t n_min, size_t n_max)
{
    text->n_min = n_min;
    text->n_max = n_max;
}

char kerb_ingest__text_delimiter(const kerb_ingest__text *text)
{
    return text->delimiter;
}

uint64_t kerb_ingest__text_converted(const kerb_ingest__text *text)
{
    return text->n_converted;
}

/* ---------------------------------------------------------------- encodings */

/* UTF-16 text without a BOM shows by NULs on one side only: the high bytes of Latin letters. */
static kerb_ingest__encoding guess_utf16(const char *head, size_t length)
{
    size_t n = length < 4096 ? length : 4096;
    size_t n_even = 0, n_odd = 0;
    for (size_t i = 0; i < n; i++) {
        if (head[i] == '\0') {
            *(i % 2 == 0 ? &n_even : &n_odd) += 1;
        }
    }
    if (n >= 4 && n_odd * 10 >= n * 3 && n_even * 50 <= n) {
        return KERB_ENCODING_UTF16LE;
    }
    if (n >= 4 && n_even * 10 >= n * 3 && n_odd * 50 <= n) {
        return KERB_ENCODING_UTF16BE;
    }
    return KERB_ENCODING_AUTO;
}

bool kerb_ingest__text_is_text(const char *head, size_t length)
{
    if (length >= 2 && (memcmp(head, "\xFF\xFE", 2) == 0 || memcmp(head, "\xFE\xFF", 2) == 0)) {
        return true;
    }
    if (guess_utf16(head, length) != KERB_ENCODING_AUTO) {
        return true;
    }
    /* A NUL in one field of a later row is damage of that row; in the first line, or often, the
       file is no text. */
    size_t n_control = 0;
    bool in_first_line = true;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)head[i];
        if (byte == '\n' || byte == '\r') {
            in_first_line = false;
        } else if (byte < 32 && byte != '\t' && byte != '\f') {
            if (in_first_line) {
                return false;
            }
            n_control++;
        }
    }
    return n_control * 20 <= length;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | (code >> 6));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | (code >> 12));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | (code >> 18));
        *out++ = (char)(0x80 | ((code >> 12) & 0x3F));
        *out++ = (char)(0x80 | ((code >> 6) & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* Bytes of the file that a stretch of the buffer stands for: in UTF-16 every character is two
   bytes, those outside the basic plane (four bytes of UTF-8) are four. */
static int64_t file_bytes(const kerb_ingest__text *text, const char *from, const char *to)
{
    if (!is_utf16(text)) {
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

/* -------------------------------------------------------------------- bytes */

static kerb_status grow_buffer(kerb_ctx *ctx, kerb_ingest__text *text, size_t capacity)
{
    char *buffer = kerb_realloc_array(text->buffer, capacity + PADDING, 1);
    if (buffer == NULL) {
        return kerb_fail_nomem(ctx, "a row of text");
    }
    text->buffer = buffer;
    text->capacity = capacity;
    return KERB_OK;
}

/* One more block of UTF-16 behind text->end. A pair of surrogates may straddle two blocks. */
static kerb_status read_utf16(kerb_ctx *ctx, kerb_ingest__text *text)
{
    if (text->block == NULL) {
        text->block = kerb_alloc_array(BLOCK_BYTES / 2 + 1, 1);
        if (text->block == NULL) {
            return kerb_fail_nomem(ctx, "a block of text");
        }
    }
    size_t n = 0;
    kerb_status status =
        kerb_ingest__stream_read(ctx, text->stream, text->block + text->block_length,
                                 BLOCK_BYTES / 2 - text->block_length, &n);
    if (status != KERB_OK) {
        return status;
    }
    text->at_end = n == 0;
    n += text->block_length;
    bool is_little = text->options.encoding == KERB_ENCODING_UTF16LE;
    char *out = text->buffer + text->end;
    for (size_t i = 0; i + 1 < n; i += 2) {
        unsigned char first = (unsigned char)text->block[i];
        unsigned char second = (unsigned char)text->block[i + 1];
        uint32_t unit =
            is_little ? (uint32_t)(first | (second << 8)) : (uint32_t)((first << 8) | second);
        if (text->lead_surrogate != 0) {
            uint32_t lead = text->lead_surrogate;
            text->lead_surrogate = 0;
            if (unit >= 0xDC00 && unit <= 0xDFFF) {
                out = put_utf8(out, 0x10000 + ((lead - 0xD800) << 10) + (unit - 0xDC00));
                continue;
            }
            out = put_utf8(out, 0xFFFD);
        }
        if (unit >= 0xD800 && unit <= 0xDBFF) {
            text->lead_surrogate = unit;
        } else {
            out = put_utf8(out, unit >= 0xDC00 && unit <= 0xDFFF ? 0xFFFD : unit);
        }
    }
    text->block_length = n % 2;
    if (text->block_length == 1) {
        text->block[0] = text->block[n - 1];
    }
    if (text->at_end) {
        /* Half a character at the end is dropped, half a pair shown. */
        out = text->lead_surrogate != 0 ? put_utf8(out, 0xFFFD) : out;
        text->lead_surrogate = 0;
        text->block_length = 0;
    }
    text->end = (size_t)(out - text->buffer);
    return KERB_OK;
}

/* More bytes behind [pos, end), which moves to the front. Sets at_end when there are none. */
static kerb_status refill(kerb_ctx *ctx, kerb_ingest__text *text)
{
    size_t n_left = text->end - text->pos;
    memmove(text->buffer, text->buffer + text->pos, n_left);
    text->pos = 0;
    text->end = n_left;
    size_t need = n_left + (is_utf16(text) ? 2 * (size_t)BLOCK_BYTES : (size_t)BLOCK_BYTES);
    kerb_status status = KERB_OK;
    if (need > text->capacity) {
        status = grow_buffer(ctx, text, need);
        if (status != KERB_OK) {
            return status;
        }
    }
    if (is_utf16(text)) {
        status = read_utf16(ctx, text);
    } else {
        size_t n = 0;
        status = kerb_ingest__stream_read(ctx, text->stream, text->buffer + text->end,
                                          BLOCK_BYTES, &n);
        text->end += n;
        text->at_end = status == KERB_OK && n == 0;
    }
    if (status != KERB_OK) {
        return status;
    }
    memset(text->buffer + text->end, 0, PADDING);
    unsigned char any = 0;
    for (size_t i = n_left; i < text->end; i++) {
        any |= (unsigned char)text->buffer[i];
    }
    bool left_may = n_left > 0;
    text->may_be_invalid = (left_may && text->may_be_invalid) || any >= 0x80;
    text->may_hold_nul = (left_may && text->may_hold_nul) ||
                         memchr(text->buffer + n_left, '\0', text->end - n_left) != NULL;
    return KERB_OK;
}

/* Settle the encoding by the first bytes and step over the BOM. */
static kerb_status start(kerb_ctx *ctx, kerb_ingest__text *text)
{
    kerb_ingest__encoding wanted = text->options.encoding;
    text->options.encoding = KERB_ENCODING_UTF8; /* so that the first block comes as it is */
    kerb_status status = refill(ctx, text);
    if (status != KERB_OK) {
        return status;
    }
    const char *head = text->buffer;
    size_t length = text->end;
    size_t n_bom = 0;
    kerb_ingest__encoding found = KERB_ENCODING_AUTO;
    if (length >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0) {
        n_bom = 3;
    } else if (length >= 2 && memcmp(head, "\xFF\xFE", 2) == 0) {
        n_bom = 2;
        found = KERB_ENCODING_UTF16LE;
    } else if (length >= 2 && memcmp(head, "\xFE\xFF", 2) == 0) {
        n_bom = 2;
        found = KERB_ENCODING_UTF16BE;
    } else if (wanted == KERB_ENCODING_AUTO) {
        found = guess_utf16(head, length);
    }
    text->options.encoding = found != KERB_ENCODING_AUTO ? found : wanted;
    text->offset = (int64_t)n_bom;
    text->pos = n_bom;
    text->started = true;
    if (is_utf16(text)) {
        /* The bytes read so far become the first block of UTF-16. */
        size_t n = length - n_bom;
        char *bytes = kerb_alloc_array(n + 1, 1);
        kerb_ingest__stream *rest = text->stream;
        if (bytes == NULL) {
            return kerb_fail_nomem(ctx, "a block of text");
        }
        memcpy(bytes, text->buffer + n_bom, n);
        text->pos = text->end = 0;
        size_t done = 0;
        bool was_end = text->at_end;
        while (status == KERB_OK && done < n) {
            size_t step = n - done < BLOCK_BYTES / 4 ? n - done : BLOCK_BYTES / 4;
            kerb_ingest__stream *memory = NULL;
            status = kerb_ingest__stream_open_memory(ctx, bytes + done, step, &memory);
            if (status == KERB_OK) {
                text->stream = memory;
                status = refill(ctx, text);
                text->stream = rest;
                kerb_ingest__stream_close(memory);
            }
            done += step;
        }
        text->at_end = was_end && n == 0;
        kerb_free(bytes);
    }
    return status;
}

/* ------------------------------------------------------------------- fields */

/* First delimiter, LF or CR in [p, end), else end. May look at PADDING bytes behind the end. */
static const char *find_special(const char *p, const char *end, char delimiter)
{
#if defined(__SSE2__)
    const __m128i delimiters = _mm_set1_epi8(delimiter);
    const __m128i feeds = _mm_set1_epi8('\n');
    const __m128i returns = _mm_set1_epi8('\r');
    for (; p < end; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hits = _mm_or_si128(
            _mm_cmpeq_epi8(bytes, delimiters),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, feeds), _mm_cmpeq_epi8(bytes, returns)));
        int mask = _mm_movemask_epi8(hits);
        if (mask != 0) {
            p += __builtin_ctz((unsigned)mask);
            return p < end ? p : end;
        }
    }
    return end;
#else
    while (p < end && *p != delimiter && *p != '\n' && *p != '\r') {
        p++;
    }
    return p;
#endif
}

static const char *find_line_end(const char *p, const char *end)
{
    const char *feed = memchr(p, '\n', (size_t)(end - p));
    const char *stop = feed != NULL ? feed : end;
    const char *carriage = memchr(p, '\r', (size_t)(stop - p));
    return carriage != NULL ? carriage : stop;
}

static kerb_status add_field(kerb_ctx *ctx, kerb_ingest__text *text, const char *data,
                             size_t length)
{
    if (text->n_fields < FIELDS_KEPT) {
        if (text->n_fields == text->fields_capacity) {
            size_t capacity = text->fields_capacity < 64 ? 64 : 2 * text->fields_capacity;
            kerb_ingest__field *fields =
                kerb_realloc_array(text->fields, capacity, sizeof *fields);
            if (fields == NULL) {
                return kerb_fail_nomem(ctx, "the fields of a row");
            }
            text->fields = fields;
            text->fields_capacity = capacity;
        }
        text->fields[text->n_fields] = (kerb_ingest__field){data, length};
    }
    text->n_fields++;
    return KERB_OK;
}

/* Room for everything the row could need, so that pointers into it stay good. */
static kerb_status reserve_scratch(kerb_ctx *ctx, kerb_ingest__text *text)
{
    size_t need = text->end - text->pos;
    if (need > text->scratch_capacity) {
        char *scratch = kerb_alloc_array(need, 1);
        if (scratch == NULL) {
            return kerb_fail_nomem(ctx, "a quoted field");
        }
        /* Fields of this row that point into the old scratch: none, it is reserved at the
         * first. */
        assert(text->scratch_length == 0);
        kerb_free(text->scratch);
        text->scratch = scratch;
        text->scratch_capacity = need;
    }
    return KERB_OK;
}

typedef enum row_result {
    ROW_DONE,
    ROW_MORE,     /* the buffer ends inside the row */
    ROW_UNCLOSED, /* a quote that nothing closes */
    ROW_TOO_LONG, /* a field over the limit */
    ROW_WIDE      /* a row over the limit */
} row_result;

typedef struct row_span {
    const char *start, *end, *next; /* [start, end) without its line end; next row */
    bool spans_lines;               /* a quoted field holds a line end */
} row_span;

/* A field that begins with a quote at p. On ROW_DONE *stop is the delimiter, line end or end
 * behind it. */
static kerb_status read_quoted(kerb_ctx *ctx, kerb_ingest__text *text, const char *p,
                               row_span *span, const char **stop, row_result *result)
{
    const char *end = text->buffer + text->end;
    const char *content = p + 1;
    const char *q = content;
    const char *closing = NULL;
    bool has_escape = false;
    while (closing == NULL) {
        const char *hit = q < end ? memchr(q, '"', (size_t)(end - q)) : NULL;
        if (hit == NULL || (hit + 1 == end && !text->at_end)) {
            bool is_long = (size_t)(end - content) > KERB_INGEST_FIELD_LIMIT;
            *result = is_long || text->at_end ? ROW_UNCLOSED : ROW_MORE;
            return KERB_OK;
        }
        if (hit + 1 < end && hit[1] == '"') {
            has_escape = true;
            q = hit + 2;
        } else {
            closing = hit;
        }
    }
    bool has_line_end = find_line_end(content, closing) != closing;
    if ((size_t)(closing - content) > KERB_INGEST_FIELD_LIMIT) {
        *result = has_line_end ? ROW_UNCLOSED : ROW_TOO_LONG;
        return KERB_OK;
    }
    const char *tail = closing + 1;
    const char *after = find_special(tail, end, text->delimiter);
    if (after == end && !text->at_end) {
        *result = (size_t)(end - tail) > KERB_INGEST_FIELD_LIMIT ? ROW_TOO_LONG : ROW_MORE;
        return KERB_OK;
    }
    const char *text_end = after;
    while (text_end > tail && text_end[-1] == ' ') {
        text_end--;
    }
    if (text_end > tail && has_line_end) {
        /* What closed it was the opening quote of a field further down. */
        *result = ROW_UNCLOSED;
        return KERB_OK;
    }
    span->spans_lines = span->spans_lines || has_line_end;
    *stop = after;
    *result = ROW_DONE;
    if (!has_escape && text_end == tail) {
        return add_field(ctx, text, content, (size_t)(closing - content));
    }
    if (text->scratch_length == 0) {
        kerb_status status = reserve_scratch(ctx, text);
        if (status != KERB_OK) {
            return status;
        }
    }
    char *from = text->scratch + text->scratch_length;
    char *out = from;
    for (const char *c = content; c < closing; c++) {
        *out++ = *c;
        c += *c == '"'; /* the second of a pair */
    }
    /* Text behind the closing quote on one line ("The "Bell" inn") is kept as it stands. */
    memcpy(out, tail, (size_t)(text_end - tail));
    out += text_end - tail;
    text->scratch_length = (size_t)(out - text->scratch);
    return add_field(ctx, text, from, (size_t)(out - from));
}

static kerb_status read_row(kerb_ctx *ctx, kerb_ingest__text *text, row_span *span,
                            row_result *result)
{
    const char *start = text->buffer + text->pos;
    const char *end = text->buffer + text->end;
    const char delimiter = text->delimiter;
    const char *p = start;
    *span = (row_span){.start = start};
    text->n_fields = 0;
    text->scratch_length = 0;
    for (;;) {
        const char *stop = NULL;
        if (p < end && *p == '"') {
            kerb_status status = read_quoted(ctx, text, p, span, &stop, result);
            if (status != KERB_OK || *result != ROW_DONE) {
                return status;
            }
        } else {
            stop = find_special(p, end, delimiter);
            if ((size_t)(stop - p) > KERB_INGEST_FIELD_LIMIT) {
                *result = ROW_TOO_LONG;
                return KERB_OK;
            }
            if (stop == end && !text->at_end) {
                *result = (size_t)(end - start) > KERB_INGEST_ROW_LIMIT ? ROW_WIDE : ROW_MORE;
                return KERB_OK;
            }
            kerb_status status = add_field(ctx, text, p, (size_t)(stop - p));
            if (status != KERB_OK) {
                return status;
            }
        }
        if ((size_t)(stop - start) > KERB_INGEST_ROW_LIMIT) {
            *result = ROW_WIDE;
            return KERB_OK;
        }
        if (stop < end && *stop == delimiter) {
            p = stop + 1;
            continue;
        }
        if (stop < end && *stop == '\r' && stop + 1 == end && !text->at_end) {
            *result = ROW_MORE;
            return KERB_OK;
        }
        span->end = stop;
        span->next = stop;
        if (stop < end) {
            span->next = stop + 1;
            if (*stop == '\r' && span->next < end && *span->next == '\n') {
                span->next++;
            }
        }
        *result = ROW_DONE;
        return KERB_OK;
    }
}

/* A delimiter is what the header line has most of, outside quotes; the comma when it has none.
 */
static char sniff_delimiter(const char *p, const char *end)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    size_t counts[sizeof candidates] = {0};
    bool is_quoted = false;
    for (; p < end && (is_quoted || (*p != '\n' && *p != '\r')); p++) {
        if (*p == '"') {
            is_quoted = !is_quoted;
        }
        for (size_t i = 0; i < sizeof candidates && !is_quoted; i++) {
            counts[i] += *p == candidates[i];
        }
    }
    size_t best = 0;
    for (size_t i = 1; i < sizeof candidates; i++) {
        best = counts[i] > counts[best] ? i : best;
    }
    return candidates[best];
}

/* --------------------------------------------------------------------- rows */

static int64_t count_lines(const char *from, const char *to)
{
    int64_t n = 0;
    for (const char *p = from; p < to; p++) {
        n += *p == '\n' || (*p == '\r' && !(p + 1 < to && p[1] == '\n'));
    }
    return n;
}

static void consume(kerb_ingest__text *text, const char *next)
{
    const char *from = text->buffer + text->pos;
    text->offset += file_bytes(text, from, next);
    text->pos = (size_t)(next - text->buffer);
}

/* Step over bytes up to and with the next line end, however far away. Returns through *n the
   bytes of the file before that line end. */
static kerb_status skip_line(kerb_ctx *ctx, kerb_ingest__text *text, int64_t *n)
{
    *n = 0;
    for (;;) {
        const char *from = text->buffer + text->pos;
        const char *end = text->buffer + text->end;
        const char *stop = find_line_end(from, end);
        *n += file_bytes(text, from, stop);
        bool needs_next = stop < end && *stop == '\r' && stop + 1 == end && !text->at_end;
        if (stop < end && !needs_next) {
            const char *next = stop + 1;
            next += *stop == '\r' && next < end && *next == '\n';
            consume(text, next);
            text->line++;
            return KERB_OK;
        }
        consume(text, stop);
        if (text->at_end) {
            return KERB_OK;
        }
        kerb_status status = refill(ctx, text);
        if (status != KERB_OK) {
            return status;
        }
    }
}

/* Fields that are not UTF-8 become so; the whole row, since one encoding wrote it. */
static kerb_status convert_fields(kerb_ctx *ctx, kerb_ingest__text *text)
{
    size_t n_kept = text->n_fields < FIELDS_KEPT ? text->n_fields : FIELDS_KEPT;
    text->converted.length = 0;
    for (size_t i = 0; i < n_kept; i++) {
        size_t before = text->converted.length;
        kerb_text_add_cp1252(&text->converted, text->fields[i].text, text->fields[i].length);
        text->fields[i].length = text->converted.length - before;
    }
    if (text->converted.failed) {
        return kerb_fail_nomem(ctx, "a row of text");
    }
    size_t at = 0;
    for (size_t i = 0; i < n_kept; i++) {
        text->fields[i].text = text->converted.data != NULL ? text->converted.data + at : "";
        at += text->fields[i].length;
    }
    text->n_converted++;
    return KERB_OK;
}

static bool is_blank(const kerb_ingest__text *text, const row_span *span)
{
    if (text->n_fields != 1) {
        return false;
    }
    for (const char *p = span->start; p < span->end; p++) {
        if (*p != ' ' && *p != '\t' && *p != '\x1A') { /* DOS ends a text file with 0x1A */
            return false;
        }
    }
    return true;
}

/* Row that is damaged by an unclosed quote: its first line is the row. */
static kerb_status cut_at_first_line(kerb_ctx *ctx, kerb_ingest__text *text,
                                     kerb_ingest__row *row, const char *problem)
{
    const char *from = text->buffer + text->pos;
    const char *end = text->buffer + text->end;
    const char *stop = find_line_end(from, end);
    row->problem = problem;
    row->fields = NULL;
    row->n_fields = 0;
    if (stop == end && !text->at_end) {
        /* A line longer than any field may be: nothing of it is kept. */
        row->problem = "field_too_long";
        row->raw = NULL;
        row->raw_length = 0;
        return skip_line(ctx, text, &row->byte_length);
    }
    row->raw = is_utf16(text) ? NULL : from;
    row->raw_length = is_utf16(text) ? 0 : (size_t)(stop - from);
    row->byte_length = file_bytes(text, from, stop);
    const char *next = stop;
    if (stop < end) {
        next = stop + 1;
        next += *stop == '\r' && next < end && *next == '\n';
        text->line++;
    }
    consume(text, next);
    return KERB_OK;
}

static bool has_too_many_or_few(const kerb_ingest__text *text)
{
    if (text->n_max == 0) {
        return false;
    }
    if (text->n_fields < text->n_min) {
        return true;
    }
    for (size_t i = text->n_max; i < text->n_fields && i < FIELDS_KEPT; i++) {
        if (text->fields[i].length > 0) {
            return true;
        }
    }
    return false;
}

static kerb_status finish_row(kerb_ctx *ctx, kerb_ingest__text *text, const row_span *span,
                              kerb_ingest__row *row)
{
    row->byte_length = file_bytes(text, span->start, span->end);
    row->raw = is_utf16(text) ? NULL : span->start;
    row->raw_length = is_utf16(text) ? 0 : (size_t)(span->end - span->start);
    if (text->may_hold_nul &&
        memchr(span->start, '\0', (size_t)(span->end - span->start)) != NULL) {
        row->problem = "control_character";
    }
    if (text->may_be_invalid) {
        size_t length = (size_t)(span->end - span->start);
        bool is_other = false;
        if (text->options.encoding == KERB_ENCODING_CP1252) {
            for (size_t i = 0; i < length && !is_other; i++) {
                is_other = (unsigned char)span->start[i] >= 0x80;
            }
        } else {
            is_other = !kerb_utf8_is_valid(span->start, length);
        }
        if (is_other) {
            kerb_status status = convert_fields(ctx, text);
            if (status != KERB_OK) {
                return status;
            }
            text->n_converted -= text->options.encoding == KERB_ENCODING_CP1252;
        }
    }
    row->fields = text->fields;
    row->n_fields = text->n_fields < FIELDS_KEPT ? text->n_fields : FIELDS_KEPT;
    text->line += span->next > span->end ? 1 : 0;
    if (span->spans_lines) {
        text->line += count_lines(span->start, span->end);
    }
    consume(text, span->next);
    return KERB_OK;
}

kerb_status kerb_ingest__text_next(kerb_ctx *ctx, kerb_ingest__text *text,
                                   kerb_ingest__row *row, bool *found)
{
    kerb_status status = KERB_OK;
    *found = false;
    if (!text->started) {
        status = start(ctx, text);
        for (int64_t i = 0; i < text->options.skip_rows && status == KERB_OK; i++) {
            int64_t n_skipped = 0;
            status = skip_line(ctx, text, &n_skipped);
        }
    }
    while (status == KERB_OK) {
        if (text->pos == text->end) {
            if (text->at_end) {
                return KERB_OK;
            }
            status = refill(ctx, text);
            continue;
        }
        if (!text->has_sniffed && text->delimiter == '\0') {
            /* Needs the whole header line: a blank one is no header, so it is not sniffed on.
             */
            const char *from = text->buffer + text->pos;
            const char *end = text->buffer + text->end;
            if (!text->at_end && find_line_end(from, end) == end &&
                (size_t)(end - from) < KERB_INGEST_FIELD_LIMIT) {
                status = refill(ctx, text);
                continue;
            }
            while (from < end && (*from == '\n' || *from == '\r' || *from == ' ')) {
                from++;
            }
            text->delimiter = sniff_delimiter(from, end);
        }
        text->has_sniffed = true;
        row_span span;
        row_result result = ROW_DONE;
        status = read_row(ctx, text, &span, &result);
        if (status != KERB_OK) {
            break;
        }
        if (result == ROW_MORE) {
            status = refill(ctx, text);
            continue;
        }
        *row = (kerb_ingest__row){.line = text->line, .byte_offset = text->offset};
        *found = true;
        switch (result) {
        case ROW_UNCLOSED:
            return cut_at_first_line(ctx, text, row, "unclosed_quote");
        case ROW_TOO_LONG:
        case ROW_WIDE:
            row->problem = result == ROW_WIDE ? "row_too_long" : "field_too_long";
            return skip_line(ctx, text, &row->byte_length);
        case ROW_MORE:
        case ROW_DONE:
            break;
        }
        if (span.spans_lines && has_too_many_or_few(text)) {
            return cut_at_first_line(ctx, text, row, "unclosed_quote");
        }
        if (is_blank(text, &span)) {
            *found = false;
            text->line += span.next > span.end ? 1 : 0;
            consume(text, span.next);
            continue;
        }
        return finish_row(ctx, text, &span, row);
    }
    return status;
}
