/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Delimited text after RFC 4180, pulled row by row from a stream: quotes, quoted line ends, CR,
 * LF and CRLF, BOM, UTF-16, and Windows-1252 where a row is not UTF-8. One damaged row costs
 * one row: after an unclosed quote reading goes on at the next line, and no field makes memory
 * grow without bound. Source: RFC 4180 (2005), with the departures listed in docs/import.md.
 */
#include "ingest_text.h"

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
    text->capacity = 2 * (size_t)KERB_INGEST_BLOCK_BYTES;
    text->buffer = kerb_alloc_array(text->capacity + KERB_INGEST_TEXT_PADDING, 1);
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
    text->offset += kerb_ingest__text_file_bytes(text, from, next);
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
        const char *stop = kerb_ingest__find_line_end(from, end);
        *n += kerb_ingest__text_file_bytes(text, from, stop);
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
        kerb_status status = kerb_ingest__text_refill(ctx, text);
        if (status != KERB_OK) {
            return status;
        }
    }
}

/* Fields that are not UTF-8 become so; the whole row, since one encoding wrote it. */
static kerb_status convert_fields(kerb_ctx *ctx, kerb_ingest__text *text)
{
    size_t n_kept =
        text->n_fields < KERB_INGEST_FIELDS_KEPT ? text->n_fields : KERB_INGEST_FIELDS_KEPT;
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

static bool is_blank(const kerb_ingest__text *text, const kerb_ingest__row_span *span)
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
    const char *stop = kerb_ingest__find_line_end(from, end);
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
    row->raw = kerb_ingest__text_is_utf16(text) ? NULL : from;
    row->raw_length = kerb_ingest__text_is_utf16(text) ? 0 : (size_t)(stop - from);
    row->byte_length = kerb_ingest__text_file_bytes(text, from, stop);
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
    for (size_t i = text->n_max; i < text->n_fields && i < KERB_INGEST_FIELDS_KEPT; i++) {
        if (text->fields[i].length > 0) {
            return true;
        }
    }
    return false;
}

static kerb_status finish_row(kerb_ctx *ctx, kerb_ingest__text *text,
                              const kerb_ingest__row_span *span, kerb_ingest__row *row)
{
    row->byte_length = kerb_ingest__text_file_bytes(text, span->start, span->end);
    row->raw = kerb_ingest__text_is_utf16(text) ? NULL : span->start;
    row->raw_length = kerb_ingest__text_is_utf16(text) ? 0 : (size_t)(span->end - span->start);
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
    row->n_fields =
        text->n_fields < KERB_INGEST_FIELDS_KEPT ? text->n_fields : KERB_INGEST_FIELDS_KEPT;
    text->line += span->next > span->end ? 1 : 0;
    if (span->spans_lines) {
        text->line += count_lines(span->start, span->end);
    }
    consume(text, span->next);
    return KERB_OK;
}

/* Settle the delimiter by the header line; false when more of it must be read first. A blank
 * line is no header, so it is not sniffed on. */
static bool sniff(kerb_ingest__text *text)
{
    const char *from = text->buffer + text->pos;
    const char *end = text->buffer + text->end;
    if (!text->at_end && kerb_ingest__find_line_end(from, end) == end &&
        (size_t)(end - from) < KERB_INGEST_FIELD_LIMIT) {
        return false;
    }
    while (from < end && (*from == '\n' || *from == '\r' || *from == ' ')) {
        from++;
    }
    text->delimiter = kerb_ingest__sniff_delimiter(from, end);
    return true;
}

kerb_status kerb_ingest__text_next(kerb_ctx *ctx, kerb_ingest__text *text,
                                   kerb_ingest__row *row, bool *found)
{
    kerb_status status = KERB_OK;
    *found = false;
    if (!text->started) {
        status = kerb_ingest__text_start(ctx, text);
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
            status = kerb_ingest__text_refill(ctx, text);
            continue;
        }
        if (!text->has_sniffed && text->delimiter == '\0' && !sniff(text)) {
            status = kerb_ingest__text_refill(ctx, text);
            continue;
        }
        text->has_sniffed = true;
        kerb_ingest__row_span span;
        kerb_ingest__row_result result = KERB_ROW_DONE;
        status = kerb_ingest__text_read_row(ctx, text, &span, &result);
        if (status != KERB_OK) {
            break;
        }
        if (result == KERB_ROW_MORE) {
            status = kerb_ingest__text_refill(ctx, text);
            continue;
        }
        *row = (kerb_ingest__row){.line = text->line, .byte_offset = text->offset};
        *found = true;
        switch (result) {
        case KERB_ROW_UNCLOSED:
            return cut_at_first_line(ctx, text, row, "unclosed_quote");
        case KERB_ROW_TOO_LONG:
        case KERB_ROW_WIDE:
            row->problem = result == KERB_ROW_WIDE ? "row_too_long" : "field_too_long";
            return skip_line(ctx, text, &row->byte_length);
        case KERB_ROW_MORE:
        case KERB_ROW_DONE:
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
