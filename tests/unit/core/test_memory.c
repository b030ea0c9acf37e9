/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes are checked, nothing is a valid size, and the gate shuts every door. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"

#include <string.h>

static void memory__a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    assert_null(kerb_alloc_array(SIZE_MAX / 2 + 2, 2));
    assert_null(kerb_alloc_array(2, SIZE_MAX / 2 + 2));
    assert_null(kerb_calloc_array(SIZE_MAX, SIZE_MAX));
    assert_null(kerb_alloc_array(SIZE_MAX, 1));
}

static void memory__zero_gives_a_block_that_can_be_freed(void **state)
{
    (void)state;
    void *none = kerb_alloc_array(0, 8);
    void *cleared = kerb_calloc_array(8, 0);
    assert_non_null(none);
    assert_non_null(cleared);
    none = kerb_realloc_array(none, 0, 8);
    assert_non_null(none);
    kerb_free(none);
    kerb_free(cleared);
    kerb_free(NULL);
    kerb_free_text(NULL);
}

static void memory__calloc_clears(void **state)
{
    (void)state;
    unsigned char *bytes = kerb_calloc_array(1000, 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(bytes[i], 0);
    kerb_free(bytes);
}

static void memory__a_failed_realloc_leaves_the_block(void **state)
{
    (void)state;
    char *text = kerb_text_copy("still here");
    assert_non_null(text);
    assert_null(kerb_realloc_array(text, SIZE_MAX, 16));
    failing_allocator_set(1);
    void *moved = kerb_realloc_array(text, 100, 1);
    failing_allocator_set(0);
    assert_null(moved);
    assert_string_equal(text, "still here");
    kerb_free_text(text);
}

static void memory__the_gate_shuts_every_door(void **state)
{
    (void)state;
    failing_allocator_set(1);
    void *got[] = {kerb_alloc_array(1, 1), kerb_calloc_array(1, 1),
                   kerb_realloc_array(NULL, 1, 1), kerb_text_copy("x"),
                   kerb_text_copy_n("x", 1)};
    size_t n = failing_allocator_count();
    failing_allocator_set(0);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < 5; i++)
        assert_null(got[i]);
}

static void memory__text_copies_are_terminated(void **state)
{
    (void)state;
    char *copy = kerb_text_copy_n("abcdef", 3);
    assert_string_equal(copy, "abc");
    kerb_free_text(copy);
    assert_null(kerb_text_copy(NULL));
    assert_null(kerb_text_copy_n(NULL, 3));
    assert_null(kerb_text_copy_n("x", SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory__a_product_that_overflows_is_refused),
        cmocka_unit_test(memory__zero_gives_a_block_that_can_be_freed),
        cmocka_unit_test(memory__calloc_clears),
        cmocka_unit_test(memory__a_failed_realloc_leaves_the_block),
        cmocka_unit_test(memory__the_gate_shuts_every_door),
        cmocka_unit_test(memory__text_copies_are_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
