/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every refusal stands at its line and column; what is kept is the text that was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_yaml.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

static kerb_yaml *read_text(const char *text)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_yaml *yaml = NULL;
    if (kerb_yaml_read_text(ctx, "f.yaml", text, strlen(text), &yaml) != KERB_OK)
        fail_msg("refused: %s", kerb_ctx_message(ctx));
    kerb_ctx_free(ctx);
    return yaml;
}

static void assert_refused_n(const char *text, size_t length, kerb_status want,
                             const char *message)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_yaml *yaml = NULL;
    /* exactly as large as told, so that a sanitizer sees a read behind the end */
    char *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    memcpy(exact, text, length);
    kerb_status status = kerb_yaml_read_text(ctx, "f.yaml", exact, length, &yaml);
    assert_string_equal(kerb_ctx_message(ctx), message);
    assert_int_equal(status, want);
    assert_null(yaml);
    free(exact);
    kerb_ctx_free(ctx);
}

static void assert_refused(const char *text, const char *message)
{
    assert_refused_n(text, strlen(text), KERB_ERR_FORMAT, message);
}

static const char *text_of(const kerb_yaml *yaml, const char *key)
{
    const kerb_yaml_node *node = kerb_yaml_find(kerb_yaml_root(yaml), key);
    assert_non_null(node);
    return kerb_yaml_text(node);
}

static void yaml__values_stay_what_was_written(void **state)
{
    (void)state;
    kerb_yaml *yaml =
        read_text("bandwidth: 400m\nbeat: 08\nanswer: no\nhex: 0x1F\nday: 2020-03-09\n"
                  "time: 22:30\nfloat: 1.50\nsaid: 'it''s'\nq: \"a\\tb\"\nplus: +5\n");
    assert_string_equal(text_of(yaml, "bandwidth"), "400m");
    assert_string_equal(text_of(yaml, "beat"), "08");
    assert_string_equal(text_of(yaml, "answer"), "no");
    assert_string_equal(text_of(yaml, "hex"), "0x1F");
    assert_string_equal(text_of(yaml, "day"), "2020-03-09");
    assert_string_equal(text_of(yaml, "time"), "22:30");
    assert_string_equal(text_of(yaml, "float"), "1.50");
    assert_string_equal(text_of(yaml, "said"), "it's");
    assert_string_equal(text_of(yaml, "q"), "a\tb");
    assert_string_equal(text_of(yaml, "plus"), "+5");
    kerb_yaml_free(yaml);
}

static void yaml__nothing_is_null_but_quoted_nothing_is_a_text(void **state)
{
    (void)state;
    kerb_yaml *yaml = read_text("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: Null\n");
    const kerb_yaml_node *root = kerb_yaml_root(yaml);
    for (size_t i = 0; i < kerb_yaml_count(root); i++)
        assert_int_equal(kerb_yaml_is_null(kerb_yaml_item(root, i)), i < 3);
    assert_string_equal(text_of(yaml, "a"), "");
    assert_string_equal(text_of(yaml, "b"), "");
    assert_string_equal(text_of(yaml, "c"), "");
    assert_string_equal(text_of(yaml, "d"), "");
    assert_string_equal(text_of(yaml, "e"), "null");
    assert_string_equal(text_of(yaml, "f"), "Null");
    kerb_yaml_free(yaml);
}

static void yaml__keys_may_be_any_text(void **state)
{
    (void)state;
    kerb_yaml *yaml = read_text("Crime ID: 1\n\"a: b\": 2\n'': 3\n08: 4\nnull: 5\n~: 6\n"
                                "\"<<\": 7\nCaf\xC3\xA9: 8\n? long key\n: 9\n");
    static const char *const keys[] = {"Crime ID", "a: b",        "",        "08", "null", "~",
                                       "<<",       "Caf\xC3\xA9", "long key"};
    const kerb_yaml_node *root = kerb_yaml_root(yaml);
    assert_int_equal(kerb_yaml_count(root), 9);
    for (size_t i = 0; i < 9; i++) {
        char want[2] = {(char)('1' + (int)i), '\0'};
        assert_string_equal(kerb_yaml_key(root, i), keys[i]);
        assert_string_equal(text_of(yaml, keys[i]), want);
        assert_false(kerb_yaml_is_null(kerb_yaml_key_node(root, i)));
    }
    kerb_yaml_free(yaml);
}

static void yaml__lists_and_maps_nest_and_know_their_places(void **state)
{
    (void)state;
    kerb_yaml *yaml = read_text("# a comment\n"
                                "files:\n"
                                "  - a.csv\n"
                                "  - {path: b.csv, rows: [1, 2, 3]}\n"
                                "crs: EPSG:27700\n");
    const kerb_yaml_node *root = kerb_yaml_root(yaml);
    assert_int_equal(kerb_yaml_kind_of(root), KERB_YAML_MAP);
    const kerb_yaml_node *files = kerb_yaml_find(root, "files");
    assert_int_equal(kerb_yaml_kind_of(files), KERB_YAML_LIST);
    assert_int_equal(kerb_yaml_count(files), 2);
    assert_null(kerb_yaml_text(files));
    assert_int_equal(kerb_yaml_line(kerb_yaml_item(files, 0)), 3);
    assert_int_equal(kerb_yaml_column(kerb_yaml_item(files, 0)), 5);
    const kerb_yaml_node *second = kerb_yaml_item(files, 1);
    const kerb_yaml_node *rows = kerb_yaml_find(second, "rows");
    assert_int_equal(kerb_yaml_count(rows), 3);
    assert_string_equal(kerb_yaml_text(kerb_yaml_item(rows, 2)), "3");
    assert_int_equal(kerb_yaml_line(kerb_yaml_key_node(second, 1)), 4);
    assert_int_equal(kerb_yaml_column(kerb_yaml_key_node(second, 1)), 19);
    assert_string_equal(text_of(yaml, "crs"), "EPSG:27700");
    assert_null(kerb_yaml_find(root, "path"));
    assert_null(kerb_yaml_find(files, "a.csv"));
    kerb_yaml_free(yaml);
}

static void yaml__columns_count_characters(void **state)
{
    (void)state;
    assert_refused("{\xC3\xA9\xC3\xA9: 1, b: *x}",
                   "f.yaml:1:12: aliases (*name) are not allowed: write the value where it is "
                   "needed");
    kerb_yaml *yaml = read_text("{\xE2\x82\xAC: 1, b: 2}");
    assert_int_equal(kerb_yaml_column(kerb_yaml_key_node(kerb_yaml_root(yaml), 1)), 8);
    kerb_yaml_free(yaml);
}

static void yaml__anchors_aliases_tags_and_merges_are_refused(void **state)
{
    (void)state;
    static const char anchor[] =
        "anchors (&name) are not allowed: write the value where it is needed";
    static const char tag[] = "tags (!name) are not allowed";
    char want[256];
    static const struct {
        const char *text, *place, *what;
    } cases[] = {{"a: &x 1\n", "1:4", anchor},
                 {"a: 1\nb: &x [1]\n", "2:4", anchor},
                 {"b: &x {c: 1}\n", "1:4", anchor},
                 {"&x a: 1\n", "1:1", anchor},
                 {"a: !!str 1\n", "1:4", tag},
                 {"a: ! 1\n", "1:4", tag},
                 {"a: !env [HOME]\n", "1:4", tag},
                 {"a: !!map {b: 1}\n", "1:4", tag},
                 {"--- !!python/object:x\na: 1\n", "1:5", tag}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(want, sizeof want, "f.yaml:%s: %s", cases[i].place, cases[i].what);
        assert_refused(cases[i].text, want);
    }
    assert_refused("a: *x\n", "f.yaml:1:4: aliases (*name) are not allowed: write the value "
                              "where it is needed");
    assert_refused("*x : 1\n", "f.yaml:1:1: aliases (*name) are not allowed: write the value "
                               "where it is needed");
    assert_refused("- *x\n", "f.yaml:1:3: aliases (*name) are not allowed: write the value "
                             "where it is needed");
    assert_refused("a: 1\n<<: {b: 2}\n",
                   "f.yaml:2:1: merge keys (<<) are not allowed: write the values out");
}

static void yaml__a_duplicate_key_is_refused_where_it_stands_again(void **state)
{
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n",
                   "f.yaml:3:1: key 'a' stands here again (first on line 1)");
    assert_refused("m:\n  z: 1\n  y: 1\n  y: 1\n  z: 1\n",
                   "f.yaml:4:3: key 'y' stands here again (first on line 3)");
    assert_refused("{a: 1, 'a': 2, a: 3}",
                   "f.yaml:1:8: key 'a' stands here again (first on line 1)");
    kerb_yaml_free(read_text("a: {x: 1}\nb: {x: 1}\nA: 1\n"));
}

static void yaml__a_second_document_is_refused(void **state)
{
    (void)state;
    assert_refused("a: 1\n---\nb: 2\n",
                   "f.yaml:2:1: a second document begins here: one file holds one");
    kerb_yaml_free(read_text("---\na: 1\n...\n"));
    kerb_yaml_free(read_text("%YAML 1.1\n---\na: 1\n"));
}

static void yaml__keys_that_are_no_text_are_refused(void **state)
{
    (void)state;
    assert_refused("[a]: 1\n", "f.yaml:1:1: a key must be a text, not a list or a map");
    assert_refused("? {a: 1}\n: 2\n", "f.yaml:1:3: a key must be a text, not a list or a map");
    assert_refused("a: 1\n?\n: 2\n", "f.yaml:2:2: a key is missing before ':'");
    assert_refused("a: 1\n: 2\n",
                   "f.yaml:2:1: while parsing a block mapping, did not find expected key");
}

static void yaml__bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    assert_refused_n("a: 1\nb: \0x\n", 11, KERB_ERR_FORMAT,
                     "f.yaml:2:4: a NUL byte: this is no text file");
    assert_refused_n("a: 1\nb: Caf\xE9\n", 12, KERB_ERR_FORMAT,
                     "f.yaml:2:7: the text is not valid UTF-8");
    assert_refused_n("\xC3\xA9\xC3", 3, KERB_ERR_FORMAT,
                     "f.yaml:1:2: the text is not valid UTF-8");
    assert_refused_n("\xFF\xFE\x61\x00", 4, KERB_ERR_FORMAT, /* UTF-16 */
                     "f.yaml:1:4: a NUL byte: this is no text file");
    assert_refused("a: 1\nb: \033[2J\n", "f.yaml:2:4: control characters are not allowed");
    assert_refused("a: \"x\\0y\"\n", "f.yaml:1:4: a text may not hold a NUL character");
}

static void yaml__broken_syntax_is_told_with_its_place(void **state)
{
    (void)state;
    assert_refused(
        "a: [1, 2\nb: 3\n",
        "f.yaml:2:2: while parsing a flow sequence, did not find expected ',' or ']'");
    assert_refused(
        "a: 'open\n",
        "f.yaml:2:1: while scanning a quoted scalar, found unexpected end of stream");
    assert_refused("a: 1\n\tb: 2\n", "f.yaml:2:1: while scanning a plain scalar, found a tab "
                                     "character that violates indentation");
    assert_refused("a: b: c\n", "f.yaml:1:5: mapping values are not allowed in this context");
}

static void yaml__an_empty_file_is_said_to_be_empty(void **state)
{
    (void)state;
    assert_refused_n("", 0, KERB_ERR_EMPTY, "f.yaml is empty");
    assert_refused_n("# only words\n\n", 14, KERB_ERR_EMPTY, "f.yaml is empty");
    assert_refused_n("---\n", 4, KERB_ERR_EMPTY, "f.yaml is empty");
    assert_refused_n("\xEF\xBB\xBF", 3, KERB_ERR_EMPTY, "f.yaml is empty");
}

static void yaml__a_byte_order_mark_and_windows_lines_are_read(void **state)
{
    (void)state;
    kerb_yaml *yaml = read_text("\xEF\xBB\xBF"
                                "a: 1\r\nb: x y\r\n");
    assert_string_equal(text_of(yaml, "a"), "1");
    assert_string_equal(text_of(yaml, "b"), "x y");
    assert_int_equal(kerb_yaml_column(kerb_yaml_key_node(kerb_yaml_root(yaml), 0)), 1);
    kerb_yaml_free(yaml);
}

static void yaml__32_levels_are_read_and_33_refused(void **state)
{
    (void)state;
    char text[128];
    for (int depth = 32; depth <= 33; depth++) {
        memset(text, '[', (size_t)depth);
        memset(text + depth, ']', (size_t)depth);
        text[2 * depth] = '\0';
        if (depth == 33)
            assert_refused(text, "f.yaml:1:33: lists and maps are nested more than 32 deep");
        else
            kerb_yaml_free(read_text(text));
    }
    char maps[4096] = "";
    for (int i = 0; i < 33; i++)
        sprintf(maps + strlen(maps), "%*sk:\n", i, "");
    assert_refused(maps, "f.yaml:33:33: lists and maps are nested more than 32 deep");
}

static void yaml__a_bomb_of_brackets_is_refused_quickly(void **state)
{
    (void)state;
    enum { N = 1000000 };
    char *text = malloc(N);
    assert_non_null(text);
    memset(text, '[', N);
    kerb_yaml *yaml = NULL;
    assert_int_equal(kerb_yaml_read_text(NULL, "f", text, N, &yaml), KERB_ERR_FORMAT);
    for (size_t i = 0; i < N; i++)
        text[i] = "- "[i % 2];
    assert_int_equal(kerb_yaml_read_text(NULL, "f", text, N, &yaml), KERB_ERR_FORMAT);
    assert_null(yaml);
    free(text);
}

static void yaml__up_to_one_mebibyte_is_read(void **state)
{
    (void)state;
    enum { MIB = 1024 * 1024 };
    kerb_text text = {0};
    for (int i = 0; text.length + 16 < MIB; i++)
        kerb_text_add_format(&text, "k%d: v\n", i);
    while (text.length < MIB)
        kerb_text_add(&text, "#");
    assert_int_equal(text.length, MIB);
    kerb_yaml *yaml = NULL;
    assert_int_equal(kerb_yaml_read_text(NULL, "f", text.data, text.length, &yaml), KERB_OK);
    assert_true(kerb_yaml_count(kerb_yaml_root(yaml)) > 80000);
    kerb_yaml_free(yaml);
    kerb_text_add(&text, "#");
    assert_refused_n(text.data, text.length, KERB_ERR_FORMAT, "f.yaml is larger than 1 MiB");
    kerb_text_clear(&text);
}

static void yaml__files_are_read_and_named(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_yaml *yaml = NULL;
    char want[SCRATCH_PATH_BYTES + 64];
    const char *path = scratch_write(*state, "good.yaml", "a: 1\n");
    assert_int_equal(kerb_yaml_read_file(ctx, path, &yaml), KERB_OK);
    assert_string_equal(text_of(yaml, "a"), "1");
    kerb_yaml_free(yaml);
    yaml = NULL;

    path = scratch_write(*state, "bad.yaml", "a: *x\n");
    assert_int_equal(kerb_yaml_read_file(ctx, path, &yaml), KERB_ERR_FORMAT);
    snprintf(want, sizeof want, "%s:1:4: aliases", path);
    assert_memory_equal(kerb_ctx_message(ctx), want, strlen(want));

    path = scratch_path(*state, "absent.yaml");
    assert_int_equal(kerb_yaml_read_file(ctx, path, &yaml), KERB_ERR_NOT_FOUND);
    snprintf(want, sizeof want, "%s does not exist", path);
    assert_string_equal(kerb_ctx_message(ctx), want);

    assert_int_equal(kerb_yaml_read_file(ctx, *state, &yaml), KERB_ERR_IO);
    assert_non_null(strstr(kerb_ctx_message(ctx), "cannot be read: Is a directory"));

    char *huge = malloc(3000000);
    assert_non_null(huge);
    memset(huge, '#', 3000000);
    path = scratch_write_bytes(*state, "huge.yaml", huge, 3000000);
    free(huge);
    assert_int_equal(kerb_yaml_read_file(ctx, path, &yaml), KERB_ERR_FORMAT);
    snprintf(want, sizeof want, "%s is larger than 1 MiB", path);
    assert_string_equal(kerb_ctx_message(ctx), want);
    assert_null(yaml);
    kerb_ctx_free(ctx);
    kerb_yaml_free(NULL);
}

static kerb_status read_some(kerb_ctx *ctx, void *path)
{
    kerb_yaml *yaml = NULL;
    kerb_status status = kerb_yaml_read_file(ctx, path, &yaml);
    assert_int_equal(status == KERB_OK, yaml != NULL);
    kerb_yaml_free(yaml);
    return status;
}

static void yaml__every_failed_allocation_is_told(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    strcpy(path, scratch_write(*state, "some.yaml",
                               "a: 1\nb: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
                               "c: {d: {e: [f, {g: h, i: j}]}}\nk: ~\n"));
    assert_true(failing_allocator_walk(read_some, path) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml__values_stay_what_was_written),
        cmocka_unit_test(yaml__nothing_is_null_but_quoted_nothing_is_a_text),
        cmocka_unit_test(yaml__keys_may_be_any_text),
        cmocka_unit_test(yaml__lists_and_maps_nest_and_know_their_places),
        cmocka_unit_test(yaml__columns_count_characters),
        cmocka_unit_test(yaml__anchors_aliases_tags_and_merges_are_refused),
        cmocka_unit_test(yaml__a_duplicate_key_is_refused_where_it_stands_again),
        cmocka_unit_test(yaml__a_second_document_is_refused),
        cmocka_unit_test(yaml__keys_that_are_no_text_are_refused),
        cmocka_unit_test(yaml__bytes_that_are_no_text_are_refused),
        cmocka_unit_test(yaml__broken_syntax_is_told_with_its_place),
        cmocka_unit_test(yaml__an_empty_file_is_said_to_be_empty),
        cmocka_unit_test(yaml__a_byte_order_mark_and_windows_lines_are_read),
        cmocka_unit_test(yaml__32_levels_are_read_and_33_refused),
        cmocka_unit_test(yaml__a_bomb_of_brackets_is_refused_quickly),
        cmocka_unit_test(yaml__up_to_one_mebibyte_is_read),
        cmocka_unit_test(yaml__files_are_read_and_named),
        cmocka_unit_test(yaml__every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
