/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields of one row after RFC 4180: delimiters, quotes, quoted line ends. A quote that
 * nothing closes, or that the opening quote of a field further down would close, is told, not
 * followed.
 */
#include "ingest_text.h"

#include <assert.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* First delimiter, LF or CR in [p, end), else end. May look at KERB_INGEST_TEXT_PADDING bytes
 * behind the end. */
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

static kerb_status add_field(kerb_ctx *ctx, kerb_ingest__text *text, const char *data,
                             size_t length)
{
    if (text->n_fields < KERB_INGEST_FIELDS_KEPT) {
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

/* The quote that closes a field whose content begins here, NULL when the buffer has none that
 * surely does; the two quotes of a pair stand for one. */
static const char *find_closing(const kerb_ingest__text *text, const char *content,
                                bool *has_escape)
{
    const char *end = text->buffer + text->end;
    const char *q = content;
    for (;;) {
        const char *hit = q < end ? memchr(q, '"', (size_t)(end - q)) : NULL;
        if (hit == NULL || (hit + 1 == end && !text->at_end)) {
            return NULL;
        }
        if (hit + 1 == end || hit[1] != '"') {
            return hit;
        }
        *has_escape = true;
        q = hit + 2;
    }
}

/* A field that begins with a quote at p. On KERB_ROW_DONE *stop is the delimiter, line end or
 * end behind it. */
static kerb_status read_quoted(kerb_ctx *ctx, kerb_ingest__text *text, const char *p,
                               kerb_ingest__row_span *span, const char **stop,
                               kerb_ingest__row_result *result)
{
    const char *end = text->buffer + text->end;
    const char *content = p + 1;
    bool has_escape = false;
    const char *closing = find_closing(text, content, &has_escape);
    if (closing == NULL) {
        bool is_long = (size_t)(end - content) > KERB_INGEST_FIELD_LIMIT;
        *result = is_long || text->at_end ? KERB_ROW_UNCLOSED : KERB_ROW_MORE;
        return KERB_OK;
    }
    bool has_line_end = kerb_ingest__find_line_end(content, closing) != closing;
    if ((size_t)(closing - content) > KERB_INGEST_FIELD_LIMIT) {
        *result = has_line_end ? KERB_ROW_UNCLOSED : KERB_ROW_TOO_LONG;
        return KERB_OK;
    }
    const char *tail = closing + 1;
    const char *after = find_special(tail, end, text->delimiter);
    if (after == end && !text->at_end) {
        *result =
            (size_t)(end - tail) > KERB_INGEST_FIELD_LIMIT ? KERB_ROW_TOO_LONG : KERB_ROW_MORE;
        return KERB_OK;
    }
    const char *text_end = after;
    while (text_end > tail && text_end[-1] == ' ') {
        text_end--;
    }
    if (text_end > tail && has_line_end) {
        /* What closed it was the opening quote of a field further down. */
        *result = KERB_ROW_UNCLOSED;
        return KERB_OK;
    }
    span->spans_lines = span->spans_lines || has_line_end;
    *stop = after;
    *result = KERB_ROW_DONE;
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

kerb_status kerb_ingest__text_read_row(kerb_ctx *ctx, kerb_ingest__text *text,
                                       kerb_ingest__row_span *span,
                                       kerb_ingest__row_result *result)
{
    const char *start = text->buffer + text->pos;
    const char *end = text->buffer + text->end;
    const char delimiter = text->delimiter;
    const char *p = start;
    *span = (kerb_ingest__row_span){.start = start};
    text->n_fields = 0;
    text->scratch_length = 0;
    for (;;) {
        const char *stop = NULL;
        if (p < end && *p == '"') {
            kerb_status status = read_quoted(ctx, text, p, span, &stop, result);
            if (status != KERB_OK || *result != KERB_ROW_DONE) {
                return status;
            }
        } else {
            stop = find_special(p, end, delimiter);
            if ((size_t)(stop - p) > KERB_INGEST_FIELD_LIMIT) {
                *result = KERB_ROW_TOO_LONG;
                return KERB_OK;
            }
            if (stop == end && !text->at_end) {
                *result = (size_t)(end - start) > KERB_INGEST_ROW_LIMIT ? KERB_ROW_WIDE
                                                                        : KERB_ROW_MORE;
                return KERB_OK;
            }
            kerb_status status = add_field(ctx, text, p, (size_t)(stop - p));
            if (status != KERB_OK) {
                return status;
            }
        }
        if ((size_t)(stop - start) > KERB_INGEST_ROW_LIMIT) {
            *result = KERB_ROW_WIDE;
            return KERB_OK;
        }
        if (stop < end && *stop == delimiter) {
            p = stop + 1;
            continue;
        }
        if (stop < end && *stop == '\r' && stop + 1 == end && !text->at_end) {
            *result = KERB_ROW_MORE;
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
        *result = KERB_ROW_DONE;
        return KERB_OK;
    }
}

char kerb_ingest__sniff_delimiter(const char *p, const char *end)
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
