/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From a stream to a buffer of text: which encoding it is, by its BOM, its NULs or what was
 * said; UTF-16 becomes UTF-8 on the way, everything else comes as it is.
 */
#include "ingest_text.h"

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

static kerb_status grow_buffer(kerb_ctx *ctx, kerb_ingest__text *text, size_t capacity)
{
    char *buffer = kerb_realloc_array(text->buffer, capacity + KERB_INGEST_TEXT_PADDING, 1);
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
        text->block = kerb_alloc_array(KERB_INGEST_BLOCK_BYTES / 2 + 1, 1);
        if (text->block == NULL) {
            return kerb_fail_nomem(ctx, "a block of text");
        }
    }
    size_t n = 0;
    kerb_status status =
        kerb_ingest__stream_read(ctx, text->stream, text->block + text->block_length,
                                 KERB_INGEST_BLOCK_BYTES / 2 - text->block_length, &n);
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

kerb_status kerb_ingest__text_refill(kerb_ctx *ctx, kerb_ingest__text *text)
{
    size_t n_left = text->end - text->pos;
    memmove(text->buffer, text->buffer + text->pos, n_left);
    text->pos = 0;
    text->end = n_left;
    size_t need =
        n_left + (kerb_ingest__text_is_utf16(text) ? 2 * (size_t)KERB_INGEST_BLOCK_BYTES
                                                   : (size_t)KERB_INGEST_BLOCK_BYTES);
    kerb_status status = KERB_OK;
    if (need > text->capacity) {
        status = grow_buffer(ctx, text, need);
        if (status != KERB_OK) {
            return status;
        }
    }
    if (kerb_ingest__text_is_utf16(text)) {
        status = read_utf16(ctx, text);
    } else {
        size_t n = 0;
        status = kerb_ingest__stream_read(ctx, text->stream, text->buffer + text->end,
                                          KERB_INGEST_BLOCK_BYTES, &n);
        text->end += n;
        text->at_end = status == KERB_OK && n == 0;
    }
    if (status != KERB_OK) {
        return status;
    }
    memset(text->buffer + text->end, 0, KERB_INGEST_TEXT_PADDING);
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

/* The bytes read so far turn out to be the first block of UTF-16. */
static kerb_status read_head_again(kerb_ctx *ctx, kerb_ingest__text *text)
{
    kerb_status status = KERB_OK;
    size_t n = text->end - text->pos;
    char *bytes = kerb_alloc_array(n + 1, 1);
    kerb_ingest__stream *rest = text->stream;
    if (bytes == NULL) {
        return kerb_fail_nomem(ctx, "a block of text");
    }
    memcpy(bytes, text->buffer + text->pos, n);
    text->pos = text->end = 0;
    size_t done = 0;
    bool was_end = text->at_end;
    while (status == KERB_OK && done < n) {
        size_t step =
            n - done < KERB_INGEST_BLOCK_BYTES / 4 ? n - done : KERB_INGEST_BLOCK_BYTES / 4;
        kerb_ingest__stream *memory = NULL;
        status = kerb_ingest__stream_open_memory(ctx, bytes + done, step, &memory);
        if (status == KERB_OK) {
            text->stream = memory;
            status = kerb_ingest__text_refill(ctx, text);
            text->stream = rest;
            kerb_ingest__stream_close(memory);
        }
        done += step;
    }
    text->at_end = was_end && n == 0;
    kerb_free(bytes);
    return status;
}

kerb_status kerb_ingest__text_start(kerb_ctx *ctx, kerb_ingest__text *text)
{
    kerb_ingest__encoding wanted = text->options.encoding;
    text->options.encoding = KERB_ENCODING_UTF8; /* so that the first block comes as it is */
    kerb_status status = kerb_ingest__text_refill(ctx, text);
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
    return kerb_ingest__text_is_utf16(text) ? read_head_again(ctx, text) : KERB_OK;
}
