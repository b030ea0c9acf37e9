/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Growing texts and the encodings kerb meets: UTF-8 inside, Windows-1252 in old exports, JSON
 * outside. A growing text remembers a failed allocation, so that a page of additions is checked
 * once, at kerb_text_take().
 * Sources: Unicode 15 table 3-7 (well-formed UTF-8); WHATWG Encoding, index windows-1252.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

/* Room for `n_more` bytes and the end mark; false (and remembered) when there is none. */
static bool make_room(kerb_text *text, size_t n_more)
{
    if (text->failed)
        return false;
    if (n_more < text->capacity && text->length < text->capacity - n_more)
        return true;
    size_t capacity = text->capacity < 32 ? 64 : 2 * text->capacity;
    if (n_more > (size_t)PTRDIFF_MAX - text->length - 1) {
        text->failed = true;
        return false;
    }
    if (capacity < text->length + n_more + 1)
        capacity = text->length + n_more + 1;
    char *data = kerb_realloc_array(text->data, capacity, 1);
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void kerb_text_add_n(kerb_text *text, const char *piece, size_t length)
{
    if (!make_room(text, length))
        return;
    if (length > 0)
        memcpy(text->data + text->length, piece, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void kerb_text_add(kerb_text *text, const char *piece)
{
    kerb_text_add_n(text, piece, strlen(piece));
}

void kerb_text_add_format(kerb_text *text, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = kerb_core__vformat(small, sizeof small, format, args);
    if (n < 0) {
        text->failed = true;
    } else if ((size_t)n < sizeof small) {
        kerb_text_add_n(text, small, (size_t)n);
    } else if (make_room(text, (size_t)n)) {
        kerb_core__vformat(text->data + text->length, (size_t)n + 1, format, again);
        text->length += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void kerb_text_clear(kerb_text *text)
{
    kerb_free(text->data);
    *text = (kerb_text){0};
}

kerb_status kerb_text_take(kerb_ctx *ctx, kerb_text *text, char **out)
{
    kerb_text_add_n(text, "", 0);
    if (text->failed) {
        kerb_text_clear(text);
        return kerb_fail_nomem(ctx, "text");
    }
    *out = text->data;
    *text = (kerb_text){0};
    return KERB_OK;
}

/* -------------------------------------------------------------------- UTF-8 */

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0u) == 0x80u;
}

size_t kerb_core__utf8_step(const unsigned char *text, size_t length)
{
    unsigned char first = text[0];
    if (first < 0x80)
        return 1;
    if (first < 0xC2) /* a tail byte, or an overlong form of ASCII */
        return 0;
    if (first < 0xE0)
        return length >= 2 && is_tail(text[1]) ? 2 : 0;
    if (first < 0xF0) {
        if (length < 3 || !is_tail(text[1]) || !is_tail(text[2]))
            return 0;
        if (first == 0xE0 && text[1] < 0xA0) /* overlong */
            return 0;
        if (first == 0xED && text[1] >= 0xA0) /* surrogate */
            return 0;
        return 3;
    }
    if (first < 0xF5) {
        if (length < 4 || !is_tail(text[1]) || !is_tail(text[2]) || !is_tail(text[3]))
            return 0;
        if (first == 0xF0 && text[1] < 0x90) /* overlong */
            return 0;
        if (first == 0xF4 && text[1] >= 0x90) /* beyond U+10FFFF */
            return 0;
        return 4;
    }
    return 0;
}

bool kerb_utf8_is_valid(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < length;) {
        size_t n = kerb_core__utf8_step(bytes + at, length - at);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}

/* Characters that move the cursor, break the line or turn the reading direction: C0, DEL, C1,
 * U+200E-200F, U+2028-202E, U+2066-2069. `n` is the length of the valid character. */
static bool is_control(const unsigned char *c, size_t n)
{
    if (n == 1)
        return c[0] < 0x20 || c[0] == 0x7F;
    if (n == 2)
        return c[0] == 0xC2 && c[1] < 0xA0;
    if (n == 3 && c[0] == 0xE2 && c[1] == 0x80)
        return c[2] == 0x8E || c[2] == 0x8F || (c[2] >= 0xA8 && c[2] <= 0xAE);
    if (n == 3 && c[0] == 0xE2 && c[1] == 0x81)
        return c[2] >= 0xA6 && c[2] <= 0xA9;
    return false;
}

void kerb_text_visible(const char *value, size_t length, size_t max, char *out)
{
    static const char digits[] = "0123456789ABCDEF";
    const unsigned char *bytes = (const unsigned char *)value;
    size_t at = 0;
    while (at < length) {
        size_t n = kerb_core__utf8_step(bytes + at, length - at);
        size_t n_taken = n == 0 ? 1 : n;
        if (n_taken > max - at) /* at <= max always: only whole characters are taken */
            break;
        if (n == 0 || is_control(bytes + at, n)) {
            for (size_t i = 0; i < n_taken; i++) {
                *out++ = '\\';
                *out++ = 'x';
                *out++ = digits[bytes[at + i] >> 4];
                *out++ = digits[bytes[at + i] & 15u];
            }
        } else {
            memcpy(out, bytes + at, n);
            out += n;
        }
        at += n_taken;
    }
    if (at < length) {
        static const char cut[] = "…";
        memcpy(out, cut, sizeof cut - 1);
        out += sizeof cut - 1;
    }
    *out = '\0';
}

void kerb_text_add_json(kerb_text *text, const char *piece)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t length = strlen(piece);
    const unsigned char *bytes = (const unsigned char *)piece;
    kerb_text_add_n(text, "\"", 1);
    size_t start = 0; /* a run that needs no escaping is added at once */
    for (size_t at = 0; at < length;) {
        size_t n = kerb_core__utf8_step(bytes + at, length - at);
        unsigned char c = bytes[at];
        if (n != 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) {
            at += n;
            continue;
        }
        kerb_text_add_n(text, piece + start, at - start);
        if (n == 0)
            kerb_text_add_n(text, replacement, 3);
        else if (c == '"')
            kerb_text_add_n(text, "\\\"", 2);
        else if (c == '\\')
            kerb_text_add_n(text, "\\\\", 2);
        else if (c == '\n')
            kerb_text_add_n(text, "\\n", 2);
        else if (c == '\r')
            kerb_text_add_n(text, "\\r", 2);
        else if (c == '\t')
            kerb_text_add_n(text, "\\t", 2);
        else
            kerb_text_add_format(text, "\\u%04x", (unsigned)c);
        start = ++at;
    }
    kerb_text_add_n(text, piece + start, length - start);
    kerb_text_add_n(text, "\"", 1);
}

static char lower_ascii(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool kerb_text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower_ascii(*a) == lower_ascii(*b)) {
        a++;
        b++;
    }
    return lower_ascii(*a) == lower_ascii(*b);
}

/* ------------------------------------------------------------- Windows-1252 */

static void add_code_point(kerb_text *text, unsigned code)
{
    char c[3];
    assert(code >= 0x80 && code < 0x10000);
    if (code < 0x800) {
        c[0] = (char)(0xC0u | code >> 6);
        c[1] = (char)(0x80u | (code & 0x3Fu));
        kerb_text_add_n(text, c, 2);
    } else {
        c[0] = (char)(0xE0u | code >> 12);
        c[1] = (char)(0x80u | (code >> 6 & 0x3Fu));
        c[2] = (char)(0x80u | (code & 0x3Fu));
        kerb_text_add_n(text, c, 3);
    }
}

void kerb_text_add_cp1252(kerb_text *text, const char *piece, size_t length)
{
    static const unsigned short high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, /* 80 to 87 */
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, /* 88 to 8F */
        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, /* 90 to 97 */
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178, /* 98 to 9F */
    };
    size_t start = 0;
    for (size_t at = 0; at < length; at++) {
        unsigned char c = (unsigned char)piece[at];
        if (c < 0x80)
            continue;
        kerb_text_add_n(text, piece + start, at - start);
        add_code_point(text, c < 0xA0 ? high[c - 0x80] : c);
        start = at + 1;
    }
    kerb_text_add_n(text, piece + start, length - start);
}
