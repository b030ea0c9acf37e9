/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts under names, listed in one order whatever the order of arrival. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"

#include <string.h>

static void tally__entries_are_sorted_by_the_bytes_of_the_name(void **state)
{
    (void)state;
    static const char *const names[] = {"no date",  "Zebra", "outside area",
                                        "\xC3\xA9", "a",     ""};
    static const char *const sorted[] = {"",        "Zebra",        "a",
                                         "no date", "outside area", "\xC3\xA9"};
    kerb_tally *tally = kerb_tally_new();
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(kerb_tally_add(NULL, tally, names[i], i + 1), KERB_OK);
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(tally, &n);
    assert_int_equal(n, 6);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(entries[i].name, sorted[i]);
    assert_int_equal(entries[1].count, 2);
    kerb_tally_free(tally);
}

static void tally__counts_add_up_under_one_name(void **state)
{
    (void)state;
    kerb_tally *tally = kerb_tally_new();
    kerb_tally_add(NULL, tally, "x", 2);
    kerb_tally_add(NULL, tally, "x", 40);
    kerb_tally_add(NULL, tally, "zero", 0);
    assert_int_equal(kerb_tally_get(tally, "x"), 42);
    assert_int_equal(kerb_tally_get(tally, "y"), 0);
    size_t n = 0;
    kerb_tally_entries(tally, &n);
    assert_int_equal(n, 2);
    kerb_tally_add(NULL, tally, "x", UINT64_MAX); /* full, never wrapped */
    assert_true(kerb_tally_get(tally, "x") == UINT64_MAX);
    kerb_tally_free(tally);
}

static void tally__none_has_no_entries(void **state)
{
    (void)state;
    size_t n = 7;
    assert_null(kerb_tally_entries(NULL, &n));
    assert_int_equal(n, 0);
    assert_int_equal(kerb_tally_get(NULL, "x"), 0);
    kerb_tally_free(NULL);
}

static kerb_status fill(kerb_ctx *ctx, void *user)
{
    (void)user;
    kerb_status status = KERB_OK;
    kerb_tally *tally = kerb_tally_new();
    if (!tally)
        return kerb_fail_nomem(ctx, "test");
    for (int i = 0; i < 40 && status == KERB_OK; i++) {
        char name[32];
        size_t n_before = 0, n_after = 0;
        snprintf(name, sizeof name, "%d", i * 7919 % 40);
        kerb_tally_entries(tally, &n_before);
        status = kerb_tally_add(ctx, tally, name, 1);
        kerb_tally_entries(tally, &n_after);
        assert_int_equal(n_after, n_before + (status == KERB_OK));
        assert_int_equal(kerb_tally_get(tally, name), status == KERB_OK);
    }
    kerb_tally_free(tally);
    return status;
}

static void tally__every_failed_allocation_leaves_it_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(failing_allocator_walk(fill, NULL), 1 + 40 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tally__entries_are_sorted_by_the_bytes_of_the_name),
        cmocka_unit_test(tally__counts_add_up_under_one_name),
        cmocka_unit_test(tally__none_has_no_entries),
        cmocka_unit_test(tally__every_failed_allocation_leaves_it_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
