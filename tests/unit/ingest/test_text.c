/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of delimited text, row by row: expected rows are written as FIELD|FIELD per line.
 */
#include "ingest_scene.h"

#include <stdio.h>

/* Rows drawn as "line: a|b|c", damaged ones as "line: !reason". Every row's bytes are checked
   against the file. */
static void draw_rows(const char *data, size_t length, size_t width, kerb_text *out,
                      uint64_t *n_converted)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__row row;
    bool found = true;
    assert_int_equal(kerb_ingest__stream_open_memory(ctx, data, length, &stream), KERB_OK);
    assert_int_equal(kerb_ingest__text_new(ctx, stream, NULL, &text), KERB_OK);
    kerb_ingest__text_set_width(text, width, width);
    int64_t end_before = 0, line_before = 0;
    for (;;) {
        assert_int_equal(kerb_ingest__text_next(ctx, text, &row, &found), KERB_OK);
        if (!found) {
            break;
        }
        assert_true(row.byte_offset >= end_before);
        assert_true(row.byte_offset + row.byte_length <= (int64_t)length);
        assert_true(row.line > line_before);
        line_before = row.line;
        end_before = row.byte_offset + row.byte_length;
        if (row.raw != NULL) {
            assert_int_equal(row.raw_length, row.byte_length);
            assert_memory_equal(row.raw, data + row.byte_offset, row.raw_length);
        }
        kerb_text_add_format(out, "%lld: ", (long long)row.line);
        if (row.problem != NULL) {
            kerb_text_add_format(out, "!%s", row.problem);
        }
        for (size_t i = 0; i < row.n_fields && row.problem == NULL; i++) {
            kerb_text_add(out, i > 0 ? "|" : "");
            kerb_text_add_n(out, row.fields[i].text, row.fields[i].length);
        }
        kerb_text_add(out, "\n");
    }
    if (n_converted != NULL) {
        *n_converted = kerb_ingest__text_converted(text);
    }
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    kerb_ctx_free(ctx);
}

static void check_rows(const char *name, const char *data, size_t length, const char *want)
{
    kerb_text got = {0};
    draw_rows(data, length, 0, &got, NULL);
    if (strcmp(got.data != NULL ? got.data : "", want) != 0) {
        fail_msg("%s: got\n%swant\n%s", name, got.data != NULL ? got.data : "", want);
    }
    kerb_text_clear(&got);
}

#define CASE(name, data, want)                                                                 \
    {                                                                                          \
        name, data, sizeof(data) - 1, want                                                     \
    }
static const struct {
    const char *name, *data;
    size_t length;
    const char *want;
} cases[] = {
    CASE("plain", "a,b\n1,2\n3,4\n", "1: a|b\n2: 1|2\n3: 3|4\n"),
    CASE("no last line end", "a,b\n1,2", "1: a|b\n2: 1|2\n"),
    CASE("CRLF", "a,b\r\n1,2\r\n", "1: a|b\n2: 1|2\n"),
    CASE("CR alone", "a,b\r1,2\r3,4", "1: a|b\n2: 1|2\n3: 3|4\n"),
    CASE("mixed ends", "a,b\r1,2\n3,4\r\n5,6", "1: a|b\n2: 1|2\n3: 3|4\n4: 5|6\n"),
    CASE("blank lines are no rows", "a,b\n\n\r\n  \n1,2\n\n", "1: a|b\n5: 1|2\n"),
    CASE("empty fields", "a,b,c\n,,\n1,,3\n,,3\n", "1: a|b|c\n2: ||\n3: 1||3\n4: ||3\n"),
    CASE("trailing delimiter at the end", "a,b\n1,", "1: a|b\n2: 1|\n"),
    CASE("quoted", "a,b\n\"x,y\",\"z\"\n", "1: a|b\n2: x,y|z\n"),
    CASE("doubled quotes", "a,b\n\"say \"\"no\"\"\",\"\"\"\"\n", "1: a|b\n2: say \"no\"|\"\n"),
    CASE("empty quoted", "a,b\n\"\",\"\"\n", "1: a|b\n2: |\n"),
    CASE("quote inside a bare field", "a,b\n5\" pipe,x\"y\"z\n",
         "1: a|b\n2: 5\" pipe|x\"y\"z\n"),
    CASE("quoted line end", "a,b\n\"x\ny\",2\n3,4\n", "1: a|b\n2: x\ny|2\n4: 3|4\n"),
    CASE("quoted CRLF", "a,b\r\n\"x\r\ny\",2\r\n3,4\r\n", "1: a|b\n2: x\r\ny|2\n4: 3|4\n"),
    CASE("text behind a quote", "a,b\n\"The \"Bell\" inn\",2\n",
         "1: a|b\n2: The Bell\" inn\"|2\n"), /* as Python's csv module has it */
    CASE("blanks behind a quote", "a,b\n\"x\" ,\"y\"  \n", "1: a|b\n2: x|y\n"),
    CASE("unclosed to the end", "a,b\n\"x,1\n3,4\n5,6\n",
         "1: a|b\n2: !unclosed_quote\n3: 3|4\n4: 5|6\n"),
    CASE("unclosed closed by a later quote", "a,b\n\"x,1\n3,\"four\"\n5,6\n",
         "1: a|b\n2: !unclosed_quote\n3: 3|four\n4: 5|6\n"),
    CASE("unclosed in the last line", "a,b\n1,2\n3,\"x",
         "1: a|b\n2: 1|2\n3: !unclosed_quote\n"),
    CASE("lone quote", "\"", "1: !unclosed_quote\n"),
    CASE("semicolons", "a;b\n1,5;2\n", "1: a|b\n2: 1,5|2\n"),
    CASE("tabs", "a\tb\n1\t2\n", "1: a|b\n2: 1|2\n"),
    CASE("bars", "a|b\n1|2\n", "1: a|b\n2: 1|2\n"),
    CASE("a quoted comma is no delimiter of the header", "\"a,b,c\";\"d\"\n1;2\n",
         "1: a,b,c|d\n2: 1|2\n"),
    CASE("BOM",
         "\xEF\xBB\xBF"
         "a,b\n1,2\n",
         "1: a|b\n2: 1|2\n"),
    CASE("UTF-8", "a,b\nSt\xC3\xA9,2\n", "1: a|b\n2: St\xC3\xA9|2\n"),
    CASE("Windows-1252",
         "a,b\nCaf\xE9,\x80"
         "2\n",
         "1: a|b\n2: Caf\xC3\xA9|\xE2\x82\xAC"
         "2\n"),
    CASE("NUL", "a,b\n1,x\0y\n3,4\n", "1: a|b\n2: !control_character\n3: 3|4\n"),
    CASE("UTF-16LE with BOM",
         "\xFF\xFE"
         "a\0,\0b\0\n\0"
         "1\0,\0\xE9\0\n\0",
         "1: a|b\n2: 1|\xC3\xA9\n"),
    CASE("UTF-16BE with BOM",
         "\xFE\xFF"
         "\0a\0,\0b\0\r\0\n\0"
         "1\0,\0"
         "2",
         "1: a|b\n2: 1|2\n"),
    CASE("UTF-16LE without BOM",
         "a\0,\0b\0\n\0"
         "1\0,\0"
         "2\0\n\0",
         "1: a|b\n2: 1|2\n"),
    CASE("UTF-16 pair",
         "\xFF\xFE"
         "a\0\n\0\x3D\xD8\x00\xDE\n\0",
         "1: a\n2: \xF0\x9F\x98\x80\n"),
    CASE("end mark of DOS", "a,b\n1,2\n\x1A", "1: a|b\n2: 1|2\n"),
    CASE("nothing", "", ""),
    CASE("only line ends", "\n\r\n\r", ""),
};

static void text__each_case_reads_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_rows(cases[i].name, cases[i].data, cases[i].length, cases[i].want);
    }
}

/* Cut anywhere, every case still reads, and rows that were whole stay the same. */
static void text__a_file_cut_anywhere_reads_without_harm(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t n = 0; n < cases[i].length; n++) {
            /* its own block, so that a read behind the end is seen */
            char *copy = malloc(n > 0 ? n : 1);
            kerb_text got = {0};
            assert_non_null(copy);
            memcpy(copy, cases[i].data, n);
            draw_rows(copy, n, 0, &got, NULL);
            assert_false(got.failed);
            kerb_text_clear(&got);
            free(copy);
        }
    }
}

static void text__rows_of_another_encoding_are_counted(void **state)
{
    (void)state;
    static const char data[] = "a\nCaf\xE9\nplain\nna\xEFve\nSt\xC3\xA9\n";
    kerb_text got = {0};
    uint64_t n_converted = 0;
    draw_rows(data, sizeof data - 1, 0, &got, &n_converted);
    assert_int_equal(n_converted, 2);
    kerb_text_clear(&got);
}

/* A quote that closes lines further down, with the wrong number of fields: all later rows stay.
 */
static void text__a_quote_that_closes_too_late_costs_one_row(void **state)
{
    (void)state;
    static const char data[] = "a,b,c\n\"x,1,2\n3,4,5\n6,7,\"8\"\n9,8,7\n";
    kerb_text got = {0};
    draw_rows(data, sizeof data - 1, 3, &got, NULL);
    assert_string_equal(got.data,
                        "1: a|b|c\n2: !unclosed_quote\n3: 3|4|5\n4: 6|7|8\n5: 9|8|7\n");
    kerb_text_clear(&got);
    static const char swallowed[] = "a,b,c\n\"x,1,2\n3,4,5\n\",7,8\n9,8,7\n";
    /* closes at a line's beginning: "x..." is one field of a row that fits: it must be believed
     */
    draw_rows(swallowed, sizeof swallowed - 1, 3, &got, NULL);
    assert_string_equal(got.data, "1: a|b|c\n2: x,1,2\n3,4,5\n|7|8\n5: 9|8|7\n");
    kerb_text_clear(&got);
    static const char ragged[] = "a,b,c\n\"x,1,2\n3,4,5\n\",7\n9,8,7\n";
    draw_rows(ragged, sizeof ragged - 1, 3, &got, NULL);
    assert_string_equal(
        got.data, "1: a|b|c\n2: !unclosed_quote\n3: 3|4|5\n4: !unclosed_quote\n5: 9|8|7\n");
    kerb_text_clear(&got);
}

/* Fields around the 1 MiB limit, bare and quoted, with and without line ends: what follows is
 * read. */
static void text__a_field_over_the_limit_is_rejected_alone(void **state)
{
    (void)state;
    static const struct {
        const char *name, *before, *after;
        size_t n;
        const char *want;
    } long_ones[] = {
        {"bare", "a,b\n1,", "\n3,4\n", KERB_INGEST_FIELD_LIMIT + 1,
         "2: !field_too_long\n3: 3|4\n"},
        {"bare first", "a,b\n", ",1\n3,4\n", KERB_INGEST_FIELD_LIMIT + 1,
         "2: !field_too_long\n3: 3|4\n"},
        {"quoted", "a,b\n1,\"", "\"\n3,4\n", KERB_INGEST_FIELD_LIMIT + 1,
         "2: !field_too_long\n3: 3|4\n"},
        {"quoted, huge", "a,b\n1,\"", "\"\n3,4\n", 30u << 20, "2: !field_too_long\n3: 3|4\n"},
        {"bare, huge", "a,b\n1,", "\r\n3,4\n", 30u << 20, "2: !field_too_long\n3: 3|4\n"},
        {"at the end", "a,b\n1,", "", 3u << 20, "2: !field_too_long\n"},
    };
    for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
        size_t n_before = strlen(long_ones[i].before), n_after = strlen(long_ones[i].after);
        size_t n = n_before + long_ones[i].n + n_after;
        char *data = malloc(n);
        kerb_text got = {0};
        assert_non_null(data);
        memcpy(data, long_ones[i].before, n_before);
        memset(data + n_before, 'x', long_ones[i].n);
        memcpy(data + n_before + long_ones[i].n, long_ones[i].after, n_after);
        draw_rows(data, n, 0, &got, NULL);
        assert_false(got.failed);
        if (strncmp(got.data, "1: a|b\n", 7) != 0 ||
            strcmp(got.data + strlen("1: a|b\n"), long_ones[i].want) != 0) {
            fail_msg("%s: got\n%.200s", long_ones[i].name, got.data);
        }
        kerb_text_clear(&got);
        free(data);
    }
}

static void text__a_field_of_just_the_limit_is_read(void **state)
{
    (void)state;
    for (int is_quoted = 0; is_quoted < 2; is_quoted++) {
        size_t n = KERB_INGEST_FIELD_LIMIT;
        char *data = malloc(n + 16);
        kerb_text got = {0};
        assert_non_null(data);
        char *p = data;
        memcpy(p, "a,b\n1,\"", 7);
        p += is_quoted ? 7 : 6;
        memset(p, 'x', n);
        p += n;
        memcpy(p, is_quoted ? "\"\n" : "\n", is_quoted ? 2 : 1);
        p += is_quoted ? 2 : 1;
        draw_rows(data, (size_t)(p - data), 0, &got, NULL);
        assert_int_equal(got.length, strlen("1: a|b\n2: 1|\n") + n);
        kerb_text_clear(&got);
        free(data);
    }
}

/* An unclosed quote before many blocks of rows, none of which may be lost. */
static void text__rows_after_an_unclosed_quote_are_all_read(void **state)
{
    (void)state;
    const size_t n_rows = 400000;
    char *data = malloc(n_rows * 12 + 64);
    kerb_text got = {0};
    assert_non_null(data);
    size_t n = (size_t)sprintf(data, "a,b\n\"oops,1\n");
    for (size_t i = 0; i < n_rows; i++) {
        n += (size_t)sprintf(data + n, "%zu,2\n", i);
    }
    draw_rows(data, n, 0, &got, NULL);
    size_t n_lines = 0;
    for (const char *p = got.data; *p != '\0'; p++) {
        n_lines += *p == '\n';
    }
    assert_int_equal(n_lines, n_rows + 2);
    assert_non_null(strstr(got.data, "\n2: !unclosed_quote\n3: 0|2\n"));
    assert_non_null(strstr(got.data, "\n400002: 399999|2\n"));
    kerb_text_clear(&got);
    free(data);
}

/* Rows that straddle the blocks of 1 MiB read like any other: compared with a plain split. */
static void text__rows_across_blocks_are_whole(void **state)
{
    (void)state;
    const size_t n_rows = 60000;
    kerb_text data = {0}, want = {0}, got = {0};
    for (size_t i = 0; i < n_rows; i++) {
        kerb_text_add_format(&data, "%zu,\"street, %zu\"\"\",caf\xC3\xA9 %zu\r\n", i, i * 7919,
                             i % 97);
        kerb_text_add_format(&want, "%zu: %zu|street, %zu\"|caf\xC3\xA9 %zu\n", i + 1, i,
                             i * 7919, i % 97);
    }
    assert_true(data.length > (2u << 20));
    draw_rows(data.data, data.length, 0, &got, NULL);
    assert_string_equal(got.data, want.data);
    kerb_text_clear(&data);
    kerb_text_clear(&want);
    kerb_text_clear(&got);
}

static void text__tells_text_from_other_files(void **state)
{
    (void)state;
    assert_true(kerb_ingest__text_is_text("a,b\n1,x\0y\n1,2,3,4,5,6,7,8,9,10", 30));
    assert_true(kerb_ingest__text_is_text("a\0,\0b\0\n\0", 8));
    assert_false(kerb_ingest__text_is_text("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16));
    assert_false(kerb_ingest__text_is_text("%PDF\x01\x02", 6));
    assert_false(kerb_ingest__text_is_text("a\nb\0\0\0\0\0\0\0", 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__each_case_reads_as_written),
        cmocka_unit_test(text__a_file_cut_anywhere_reads_without_harm),
        cmocka_unit_test(text__rows_of_another_encoding_are_counted),
        cmocka_unit_test(text__a_quote_that_closes_too_late_costs_one_row),
        cmocka_unit_test(text__a_field_over_the_limit_is_rejected_alone),
        cmocka_unit_test(text__a_field_of_just_the_limit_is_read),
        cmocka_unit_test(text__rows_after_an_unclosed_quote_are_all_read),
        cmocka_unit_test(text__rows_across_blocks_are_whole),
        cmocka_unit_test(text__tells_text_from_other_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
