/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON objects: keys in order, numbers that read back, hostile text, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "study_internal.h"

#include <math.h>
#include <string.h>

static char *take(kerb_json *object)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char *text = NULL;
    assert_int_equal(kerb_json_take(ctx, object, true, &text), KERB_OK);
    kerb_ctx_free(ctx);
    return text;
}

static void json__members_come_in_order_of_key(void **state)
{
    (void)state;
    kerb_json object = {0};
    kerb_json_add_count(&object, "z", 1);
    kerb_json_add_real(&object, "a", 0.1);
    kerb_json_add_text(&object, "m", "x");
    char *text = take(&object);
    assert_string_equal(text, "{\"a\":0.1,\"m\":\"x\",\"z\":1}");
    kerb_free_text(text);
}

static void json__no_result_is_null_and_never_nan(void **state)
{
    (void)state;
    kerb_json object = {0};
    kerb_json_add_real(&object, "a", (double)NAN);
    kerb_json_add_real(&object, "b", (double)INFINITY);
    kerb_json_add_text(&object, "c", NULL);
    kerb_json_add_civil(&object, "d", KERB_CIVIL_NONE);
    char *text = take(&object);
    assert_string_equal(text, "{\"a\":null,\"b\":null,\"c\":null,\"d\":null}");
    kerb_free_text(text);
}

static void json__hostile_text_is_escaped(void **state)
{
    (void)state;
    kerb_json object = {0};
    kerb_json_add_text(&object, "k\"ey", "a\"b\\c\n\x01");
    char *text = take(&object);
    assert_string_equal(text, "{\"k\\\"ey\":\"a\\\"b\\\\c\\n\\u0001\"}");
    kerb_free_text(text);
}

static void json__an_instant_is_a_day_or_a_second(void **state)
{
    (void)state;
    kerb_json object = {0};
    /* 2020-03-01 is day 18322: 50 years of 365 days, 12 leap days, 60 days of 2020 */
    kerb_json_add_civil(&object, "day", (kerb_civil_s)18322 * 86400);
    kerb_json_add_civil(&object, "second", (kerb_civil_s)18322 * 86400 + 3661);
    char *text = take(&object);
    assert_string_equal(text, "{\"day\":\"2020-03-01\",\"second\":\"2020-03-01 01:01:01\"}");
    kerb_free_text(text);
}

static void json__the_empty_object(void **state)
{
    (void)state;
    kerb_json object = {0};
    char *text = take(&object);
    assert_string_equal(text, "{}");
    kerb_free_text(text);
}

static void slug__a_name_for_a_file_is_plain(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"Leicestershire Police", "leicestershire_police"},
        {"../../etc/passwd", "etc_passwd"},
        {"  Theft (from shop)  ", "theft_from_shop"},
        {"\xc3\xa9", "unnamed"},
        {"", "unnamed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *slug = kerb_study__slug(cases[i][0]);
        assert_string_equal(slug, cases[i][1]);
        kerb_free_text(slug);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json__members_come_in_order_of_key),
        cmocka_unit_test(json__no_result_is_null_and_never_nan),
        cmocka_unit_test(json__hostile_text_is_escaped),
        cmocka_unit_test(json__an_instant_is_a_day_or_a_second),
        cmocka_unit_test(json__the_empty_object),
        cmocka_unit_test(slug__a_name_for_a_file_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
