/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Typed reading and known keys: what was expected, and what stands there instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_yaml.h"
#include "near.h"

#include <string.h>

typedef struct fixture {
    kerb_ctx *ctx;
    kerb_yaml *yaml;
} fixture;

static fixture read_text(const char *text)
{
    fixture f = {.ctx = kerb_ctx_new()};
    if (kerb_yaml_read_text(f.ctx, "f.yaml", text, strlen(text), &f.yaml) != KERB_OK)
        fail_msg("refused: %s", kerb_ctx_message(f.ctx));
    return f;
}

static void clear(fixture *f)
{
    kerb_yaml_free(f->yaml);
    kerb_ctx_free(f->ctx);
}

static const kerb_yaml_node *find(const fixture *f, const char *key)
{
    const kerb_yaml_node *node = kerb_yaml_find(kerb_yaml_root(f->yaml), key);
    assert_non_null(node);
    return node;
}

static void values__numbers_are_read_exactly(void **state)
{
    (void)state;
    fixture f = read_text("a: 0.1\nb: '08'\nc: -3\nd: 1e3\n");
    double number = 0.0;
    int64_t whole = 0;
    assert_int_equal(kerb_yaml_get_double(f.ctx, f.yaml, find(&f, "a"), "a", &number), KERB_OK);
    assert_near_ulps(number, 0.1, 0);
    assert_int_equal(kerb_yaml_get_double(f.ctx, f.yaml, find(&f, "d"), "d", &number), KERB_OK);
    assert_near_ulps(number, 1000.0, 0);
    assert_int_equal(kerb_yaml_get_int(f.ctx, f.yaml, find(&f, "b"), "b", &whole), KERB_OK);
    assert_int_equal(whole, 8);
    assert_int_equal(kerb_yaml_get_int(f.ctx, f.yaml, find(&f, "c"), "c", &whole), KERB_OK);
    assert_int_equal(whole, -3);
    clear(&f);
}

static void values__what_is_no_number_is_shown(void **state)
{
    (void)state;
    fixture f = read_text("a: 400m\nb: [1]\nc: {d: 1}\ne:\nf: nan\ng: 1.5\nh: \"\\e[2J\"\n");
    double number = 7.0;
    int64_t whole = 7;
    static const char *const cases[][2] = {
        {"a", "f.yaml:1:4: top must be a number, not '400m'"},
        {"b", "f.yaml:2:4: top must be a number, not a list"},
        {"c", "f.yaml:3:4: top must be a number, not a map"},
        {"e", "f.yaml:4:3: top must be a number, but nothing stands there"},
        {"f", "f.yaml:5:4: top must be a number, not 'nan'"},
        {"h", "f.yaml:7:4: top must be a number, not '\\x1B[2J'"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            kerb_yaml_get_double(f.ctx, f.yaml, find(&f, cases[i][0]), "top", &number),
            KERB_ERR_FORMAT);
        assert_string_equal(kerb_ctx_message(f.ctx), cases[i][1]);
    }
    assert_int_equal(kerb_yaml_get_int(f.ctx, f.yaml, find(&f, "g"), "top", &whole),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx),
                        "f.yaml:6:4: top must be a whole number, not '1.5'");
    assert_near_ulps(number, 7.0, 0);
    assert_int_equal(whole, 7);
    clear(&f);
}

static void values__only_true_and_false_are_booleans(void **state)
{
    (void)state;
    fixture f = read_text("a: true\nb: false\nc: no\nd: True\ne: [true]\n");
    bool flag = false;
    assert_int_equal(kerb_yaml_get_bool(f.ctx, f.yaml, find(&f, "a"), "x", &flag), KERB_OK);
    assert_true(flag);
    assert_int_equal(kerb_yaml_get_bool(f.ctx, f.yaml, find(&f, "b"), "x", &flag), KERB_OK);
    assert_false(flag);
    assert_int_equal(kerb_yaml_get_bool(f.ctx, f.yaml, find(&f, "c"), "x", &flag),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx),
                        "f.yaml:3:4: x must be true or false, not 'no'");
    assert_int_equal(kerb_yaml_get_bool(f.ctx, f.yaml, find(&f, "d"), "x", &flag),
                     KERB_ERR_FORMAT);
    assert_int_equal(kerb_yaml_get_bool(f.ctx, f.yaml, find(&f, "e"), "x", &flag),
                     KERB_ERR_FORMAT);
    clear(&f);
}

static void values__the_kind_is_checked(void **state)
{
    (void)state;
    fixture f = read_text("a: x\nb: [1]\nc:\n");
    assert_int_equal(kerb_yaml_expect(f.ctx, f.yaml, find(&f, "a"), KERB_YAML_SCALAR, "a"),
                     KERB_OK);
    assert_int_equal(kerb_yaml_expect(f.ctx, f.yaml, find(&f, "b"), KERB_YAML_LIST, "b"),
                     KERB_OK);
    assert_int_equal(kerb_yaml_expect(f.ctx, f.yaml, find(&f, "a"), KERB_YAML_LIST, "files"),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx), "f.yaml:1:4: files must be a list, not 'x'");
    assert_int_equal(kerb_yaml_expect(f.ctx, f.yaml, find(&f, "b"), KERB_YAML_MAP, "columns"),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx),
                        "f.yaml:2:4: columns must be a map, not a list");
    assert_int_equal(kerb_yaml_expect(f.ctx, f.yaml, find(&f, "c"), KERB_YAML_MAP, "columns"),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx),
                        "f.yaml:3:3: columns must be a map, but nothing stands there");
    clear(&f);
}

static const char *const keys[] = {"bandwidth", "cell", "area", NULL};

static void values__known_keys_pass_and_others_are_refused(void **state)
{
    (void)state;
    fixture f = read_text("cell: 50m\nbandwith: 400m\n");
    assert_int_equal(kerb_yaml_check_keys(f.ctx, f.yaml, kerb_yaml_root(f.yaml), keys),
                     KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx),
                        "f.yaml:2:1: unknown key 'bandwith' (did you mean 'bandwidth'? keys "
                        "here: bandwidth, cell, area)");
    clear(&f);
    f = read_text("cell: 1\nbandwidth: 2\n");
    assert_int_equal(kerb_yaml_check_keys(f.ctx, f.yaml, kerb_yaml_root(f.yaml), keys),
                     KERB_OK);
    clear(&f);
    f = read_text("{}");
    assert_int_equal(kerb_yaml_check_keys(f.ctx, f.yaml, kerb_yaml_root(f.yaml), keys),
                     KERB_OK);
    clear(&f);
}

static void values__no_guess_is_made_when_nothing_is_near(void **state)
{
    (void)state;
    static const char *const texts[] = {"colour: 1\n", "c: 1\n", "'': 1\n"};
    for (size_t i = 0; i < 3; i++) {
        fixture f = read_text(texts[i]);
        assert_int_equal(kerb_yaml_check_keys(f.ctx, f.yaml, kerb_yaml_root(f.yaml), keys),
                         KERB_ERR_FORMAT);
        assert_null(strstr(kerb_ctx_message(f.ctx), "did you mean"));
        assert_non_null(strstr(kerb_ctx_message(f.ctx), "(keys here: bandwidth, cell, area)"));
        clear(&f);
    }
}

static void values__a_huge_key_is_cut_in_the_message(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'k', 500);
    strcpy(text + 500, ": 1\n");
    fixture f = read_text(text);
    assert_int_equal(kerb_yaml_check_keys(f.ctx, f.yaml, kerb_yaml_root(f.yaml), keys),
                     KERB_ERR_FORMAT);
    assert_true(strlen(kerb_ctx_message(f.ctx)) < 200);
    clear(&f);
}

static void values__a_complaint_of_the_caller_has_its_place(void **state)
{
    (void)state;
    fixture f = read_text("a:\n  - 1\n  - 2\n");
    const kerb_yaml_node *second = kerb_yaml_item(find(&f, "a"), 1);
    assert_int_equal(
        kerb_yaml_fail(f.ctx, f.yaml, second, "top must be at most %d, not %g", 1, 2.5),
        KERB_ERR_FORMAT);
    assert_string_equal(kerb_ctx_message(f.ctx), "f.yaml:3:5: top must be at most 1, not 2.5");
    clear(&f);
}

static kerb_status check_wrong_key(kerb_ctx *ctx, void *user)
{
    const fixture *f = user;
    kerb_status status = kerb_yaml_check_keys(ctx, f->yaml, kerb_yaml_root(f->yaml), keys);
    return status == KERB_ERR_FORMAT ? KERB_OK : status;
}

static void values__every_failed_allocation_is_told(void **state)
{
    (void)state;
    fixture f = read_text("wrong: 1\n");
    assert_int_equal(failing_allocator_walk(check_wrong_key, &f), 1);
    clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values__numbers_are_read_exactly),
        cmocka_unit_test(values__what_is_no_number_is_shown),
        cmocka_unit_test(values__only_true_and_false_are_booleans),
        cmocka_unit_test(values__the_kind_is_checked),
        cmocka_unit_test(values__known_keys_pass_and_others_are_refused),
        cmocka_unit_test(values__no_guess_is_made_when_nothing_is_near),
        cmocka_unit_test(values__a_huge_key_is_cut_in_the_message),
        cmocka_unit_test(values__a_complaint_of_the_caller_has_its_place),
        cmocka_unit_test(values__every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
