/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts numbered from 1 in order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"

#include <string.h>

static uint32_t add(kerb_strings *strings, const char *text)
{
    uint32_t number = UINT32_MAX;
    assert_int_equal(kerb_strings_add(NULL, strings, text, strlen(text), &number), KERB_OK);
    return number;
}

static void strings__are_numbered_in_order_of_arrival(void **state)
{
    (void)state;
    kerb_strings *strings = kerb_strings_new();
    assert_int_equal(kerb_strings_find(strings, "theft", 5), 0);
    assert_int_equal(add(strings, "theft"), 1);
    assert_int_equal(add(strings, "burglary"), 2);
    assert_int_equal(add(strings, "theft"), 1);
    assert_int_equal(kerb_strings_count(strings), 2);
    assert_string_equal(kerb_strings_get(strings, 2), "burglary");
    assert_int_equal(kerb_strings_length(strings, 2), 8);
    assert_int_equal(kerb_strings_find(strings, "burglary", 8), 2);
    assert_int_equal(kerb_strings_find(strings, "burglar", 7), 0);
    kerb_strings_free(strings);
}

static void strings__the_empty_text_is_none(void **state)
{
    (void)state;
    kerb_strings *strings = kerb_strings_new();
    assert_int_equal(add(strings, ""), 0);
    assert_int_equal(kerb_strings_count(strings), 0);
    assert_string_equal(kerb_strings_get(strings, 0), "");
    assert_int_equal(kerb_strings_length(strings, 0), 0);
    assert_int_equal(kerb_strings_find(strings, "", 0), 0);
    kerb_strings_free(strings);
    kerb_strings_free(NULL);
}

static void strings__a_text_stays_where_it_is_while_the_set_grows(void **state)
{
    (void)state;
    enum { N = 200000 };
    kerb_strings *strings = kerb_strings_new();
    char name[32];
    add(strings, "the first");
    const char *first = kerb_strings_get(strings, 1);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "place %d", i);
        if (add(strings, name) != (uint32_t)i + 2)
            fail_msg("number of %s", name);
    }
    assert_ptr_equal(first, kerb_strings_get(strings, 1));
    assert_string_equal(first, "the first");
    for (int i = 0; i < N; i++) {
        int n = snprintf(name, sizeof name, "place %d", i);
        uint32_t number = kerb_strings_find(strings, name, (size_t)n);
        if (number != (uint32_t)i + 2 || strcmp(kerb_strings_get(strings, number), name) != 0)
            fail_msg("%s is lost", name);
    }
    kerb_strings_free(strings);
}

static void strings__a_text_longer_than_a_block_is_kept_whole(void **state)
{
    (void)state;
    enum { N = 300000 };
    kerb_strings *strings = kerb_strings_new();
    char *huge = kerb_alloc_array(N + 1, 1);
    assert_non_null(huge);
    memset(huge, 'x', N);
    huge[N] = '\0';
    assert_int_equal(add(strings, "before"), 1);
    assert_int_equal(add(strings, huge), 2);
    assert_int_equal(add(strings, "after"), 3);
    assert_int_equal(kerb_strings_length(strings, 2), N);
    assert_string_equal(kerb_strings_get(strings, 2), huge);
    kerb_free(huge);
    kerb_strings_free(strings);
}

static kerb_status fill(kerb_ctx *ctx, void *user)
{
    (void)user;
    kerb_status status = KERB_OK;
    kerb_strings *strings = kerb_strings_new();
    if (!strings)
        return kerb_fail_nomem(ctx, "test");
    for (int i = 0; i < 20000 && status == KERB_OK; i++) {
        char name[32];
        uint32_t number = 0, count = kerb_strings_count(strings);
        int n = snprintf(name, sizeof name, "%d", i);
        status = kerb_strings_add(ctx, strings, name, (size_t)n, &number);
        if (status != KERB_OK) {
            /* as it was before, and what was there is there */
            assert_int_equal(kerb_strings_count(strings), count);
            assert_int_equal(kerb_strings_find(strings, name, (size_t)n), 0);
            if (i > 0)
                assert_int_equal(kerb_strings_find(strings, "0", 1), 1);
        }
    }
    kerb_strings_free(strings);
    return status;
}

static void strings__every_failed_allocation_leaves_the_set_as_it_was(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(fill, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings__are_numbered_in_order_of_arrival),
        cmocka_unit_test(strings__the_empty_text_is_none),
        cmocka_unit_test(strings__a_text_stays_where_it_is_while_the_set_grows),
        cmocka_unit_test(strings__a_text_longer_than_a_block_is_kept_whole),
        cmocka_unit_test(strings__every_failed_allocation_leaves_the_set_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
