/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing texts, UTF-8, JSON, Windows-1252, and values made safe for one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"

#include <stdlib.h>
#include <string.h>

static char *take(kerb_text *text)
{
    char *out = NULL;
    assert_int_equal(kerb_text_take(NULL, text, &out), KERB_OK);
    return out;
}

#define assert_text(text, want)                                                                \
    do {                                                                                       \
        char *taken = take(text);                                                              \
        assert_string_equal(taken, want);                                                      \
        kerb_free_text(taken);                                                                 \
    } while (0)

static void text__an_empty_one_is_taken_as_empty(void **state)
{
    (void)state;
    kerb_text text = {0};
    assert_text(&text, "");
    assert_null(text.data);
}

static void text__grows_over_many_additions(void **state)
{
    (void)state;
    kerb_text text = {0};
    for (int i = 0; i < 10000; i++)
        kerb_text_add_format(&text, "%d,", i % 10);
    assert_int_equal(text.length, 20000);
    assert_int_equal(strlen(text.data), 20000);
    assert_memory_equal(text.data + 19996, "8,9,", 4);
    kerb_text_clear(&text);
    kerb_text_add(&text, "again");
    assert_text(&text, "again");
}

static void text__a_format_longer_than_its_buffer_is_whole(void **state)
{
    (void)state;
    for (size_t n = 250; n < 262; n++) {
        kerb_text text = {0};
        kerb_text_add_format(&text, "%0*d", (int)n, 7);
        assert_int_equal(text.length, n);
        char *out = take(&text);
        assert_int_equal(strlen(out), n);
        assert_int_equal(out[n - 1], '7');
        kerb_free_text(out);
    }
}

static kerb_status build_a_page(kerb_ctx *ctx, void *user)
{
    (void)user;
    kerb_text text = {0};
    char *out = NULL;
    for (int i = 0; i < 100; i++) {
        kerb_text_add(&text, "row ");
        kerb_text_add_format(&text, "%0300d", i);
        kerb_text_add_json(&text, "a\"\n\xFF");
        kerb_text_add_cp1252(&text, "\x80", 1);
    }
    kerb_status status = kerb_text_take(ctx, &text, &out);
    assert_true(status == KERB_OK || text.data == NULL);
    kerb_free_text(out);
    return status;
}

static void text__every_failed_allocation_is_told_at_the_end(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(build_a_page, NULL) > 5);
}

static void text__a_failed_one_adds_no_more_and_can_be_cleared(void **state)
{
    (void)state;
    kerb_text text = {0};
    failing_allocator_set(1);
    kerb_text_add(&text, "lost");
    failing_allocator_set(0);
    kerb_text_add(&text, "not added");
    assert_true(text.failed);
    assert_null(text.data);
    kerb_text_clear(&text);
    assert_false(text.failed);
}

/* Unicode 15, table 3-7 and the examples of chapter 3.9 */
static void utf8__well_formed_and_ill_formed_sequences(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xC2\x80",
                                       "\xDF\xBF",
                                       "\xE0\xA0\x80",
                                       "\xED\x9F\xBF",
                                       "\xEE\x80\x80",
                                       "\xEF\xBF\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF",
                                       "Caf\xC3\xA9 \xE2\x82\xAC"};
    static const char *const bad[] = {"\x80",             /* a tail alone */
                                      "\xC3",             /* cut */
                                      "\xC0\x80",         /* overlong NUL */
                                      "\xC1\xBF",         /* overlong ASCII */
                                      "\xE0\x9F\xBF",     /* overlong three */
                                      "\xED\xA0\x80",     /* surrogate */
                                      "\xF0\x8F\xBF\xBF", /* overlong four */
                                      "\xF4\x90\x80\x80", /* above U+10FFFF */
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98",
                                      "a\xE9",
                                      "\xC3\x28",
                                      "\xE2\x28\xA1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(kerb_utf8_is_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (kerb_utf8_is_valid(bad[i], strlen(bad[i])))
            fail_msg("case %zu is not valid UTF-8", i);
    }
    assert_true(kerb_utf8_is_valid("a\0b", 3));
}

/* Every code point written out by hand is valid, and cutting it short is not. */
static void utf8__every_code_point_is_valid_and_its_cuts_are_not(void **state)
{
    (void)state;
    for (unsigned c = 0x80; c <= 0x10FFFF; c++) {
        char bytes[4];
        size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
        for (size_t i = n; i-- > 1;)
            bytes[i] = (char)(0x80u | (c >> (6 * (n - 1 - i)) & 0x3Fu));
        bytes[0] = (char)(lead[n] | c >> (6 * (n - 1)));
        bool is_surrogate = c >= 0xD800 && c < 0xE000;
        if (kerb_utf8_is_valid(bytes, n) == is_surrogate)
            fail_msg("U+%04X", c);
        for (size_t cut = 1; cut < n; cut++) {
            if (kerb_utf8_is_valid(bytes, cut))
                fail_msg("U+%04X cut to %zu", c, cut);
        }
    }
}

static void visible(const char *value, size_t length, size_t max, const char *want)
{
    char *out = malloc(4 * max + 8); /* exactly as large as promised, for the sanitizer */
    assert_non_null(out);
    kerb_text_visible(value, length, max, out);
    assert_string_equal(out, want);
    free(out);
}

static void visible__controls_nul_and_invalid_bytes_are_written_out(void **state)
{
    (void)state;
    visible("plain", 5, 40, "plain");
    visible("", 0, 40, "");
    visible("a\tb\r\n", 5, 40, "a\\x09b\\x0D\\x0A");
    visible("a\0b", 3, 40, "a\\x00b");
    visible("\x7F", 1, 40, "\\x7F");
    visible("\xC2\x9B", 2, 40, "\\xC2\\x9B"); /* the one-character CSI of terminals */
    visible("\xFF\xC3\xA9", 3, 40, "\\xFF\xC3\xA9");
    visible("\xE2\x80\xAEx", 4, 40, "\\xE2\\x80\\xAEx"); /* right-to-left override */
    visible("\xE2\x80\xA8", 3, 40, "\\xE2\\x80\\xA8");   /* line separator */
    visible("\xE2\x81\xA9", 3, 40, "\\xE2\\x81\\xA9");
    visible("\xE2\x82\xAC", 3, 40, "\xE2\x82\xAC");
    visible("back\\slash", 10, 40, "back\\slash");
}

static void visible__is_cut_at_a_whole_character(void **state)
{
    (void)state;
    visible("abcdef", 6, 6, "abcdef");
    visible("abcdef", 6, 5, "abcde…");
    visible("ab\xC3\xA9", 4, 3, "ab…");
    visible("\1\1\1\1", 4, 3, "\\x01\\x01\\x01…");
    visible("x", 1, 0, "…");
    visible("\xE2\x82", 2, 2, "\\xE2\\x82");
}

static void json(const char *piece, const char *want)
{
    kerb_text text = {0};
    kerb_text_add_json(&text, piece);
    assert_text(&text, want);
}

static void json__quotes_controls_and_bad_bytes(void **state)
{
    (void)state;
    json("", "\"\"");
    json("plain", "\"plain\"");
    json("a\"b\\c/", "\"a\\\"b\\\\c/\"");
    json("\n\r\t\1\x1F", "\"\\n\\r\\t\\u0001\\u001f\"");
    json("Caf\xC3\xA9", "\"Caf\xC3\xA9\"");
    json("a\xFF\xE2\x82", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void nocase__ascii_only(void **state)
{
    (void)state;
    assert_true(kerb_text_equal_nocase("Crime ID", "cRIME id"));
    assert_true(kerb_text_equal_nocase("", ""));
    assert_false(kerb_text_equal_nocase("a", "ab"));
    assert_false(kerb_text_equal_nocase("ab", "a"));
    assert_false(kerb_text_equal_nocase("[", "{")); /* 32 apart but no letters */
    assert_false(kerb_text_equal_nocase("@", "`"));
    assert_false(kerb_text_equal_nocase("\xC3\xA9", "\xC3\x89"));
}

static void cp1252__bytes_become_their_characters(void **state)
{
    (void)state;
    kerb_text text = {0};
    kerb_text_add_cp1252(&text, "A\x80\x93q\x94 Caf\xE9 \xA3\x35\xFF", 14);
    assert_text(&text, "A€“q” Café £5ÿ");
    /* the five holes of the code page */
    kerb_text_add_cp1252(&text, "\x81\x8D\x8F\x90\x9D", 5);
    assert_text(&text, "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
    kerb_text_add_cp1252(&text, "", 0);
    assert_text(&text, "");
}

static void cp1252__any_bytes_give_valid_utf8(void **state)
{
    (void)state;
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    kerb_text text = {0};
    kerb_text_add_cp1252(&text, all, sizeof all);
    assert_true(kerb_utf8_is_valid(text.data, text.length));
    kerb_text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__an_empty_one_is_taken_as_empty),
        cmocka_unit_test(text__grows_over_many_additions),
        cmocka_unit_test(text__a_format_longer_than_its_buffer_is_whole),
        cmocka_unit_test(text__every_failed_allocation_is_told_at_the_end),
        cmocka_unit_test(text__a_failed_one_adds_no_more_and_can_be_cleared),
        cmocka_unit_test(utf8__well_formed_and_ill_formed_sequences),
        cmocka_unit_test(utf8__every_code_point_is_valid_and_its_cuts_are_not),
        cmocka_unit_test(visible__controls_nul_and_invalid_bytes_are_written_out),
        cmocka_unit_test(visible__is_cut_at_a_whole_character),
        cmocka_unit_test(json__quotes_controls_and_bad_bytes),
        cmocka_unit_test(nocase__ascii_only),
        cmocka_unit_test(cp1252__bytes_become_their_characters),
        cmocka_unit_test(cp1252__any_bytes_give_valid_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
