/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test helpers themselves: NaN fails, pictures compare, the allocator fails in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "grid_text.h"
#include "near.h"
#include "scratch.h"

#include <stdlib.h>

static void near__counts_ulps_across_zero(void **state)
{
    (void)state;
    assert_true(near_count_ulps(1.0, 1.0) == 0);
    assert_true(near_count_ulps(0.0, -0.0) == 0);
    assert_true(near_count_ulps(1.0, nextafter(1.0, 2.0)) == 1);
    assert_true(near_count_ulps(5e-324, -5e-324) == 2);
    assert_true(near_count_ulps(-1.0, nextafter(-1.0, -2.0)) == 1);
    assert_true(near_count_ulps((double)NAN, (double)NAN) == UINT64_MAX);
    assert_true(near_count_ulps(-DBL_MAX, DBL_MAX) > 1000000);
}

static void near__accepts_what_is_near(void **state)
{
    (void)state;
    assert_near_abs(1.0, 1.5, 0.5);
    assert_near_rel(1000.0, 1001.0, 1e-3);
    assert_near_rel(0.0, 0.0, 0.0);
    assert_near_rel((double)INFINITY, (double)INFINITY, 0.0);
    assert_near_ulps(0.1 + 0.2, 0.3, 1);
}

/* a failed assert leaves the test, so each thing that must fail is run as a group of its own */

static void abs_far(void **state)
{
    (void)state;
    assert_near_abs(1.0, 1.6, 0.5);
}

static void abs_nan(void **state)
{
    (void)state;
    assert_near_abs((double)NAN, 1.0, (double)INFINITY);
}

static void abs_both_nan(void **state)
{
    (void)state;
    assert_near_abs((double)NAN, (double)NAN, 1.0);
}

static void rel_far(void **state)
{
    (void)state;
    assert_near_rel(1000.0, 1002.0, 1e-3);
}

static void rel_nan(void **state)
{
    (void)state;
    assert_near_rel(1.0, (double)NAN, 1.0);
}

static void rel_infinite(void **state)
{
    (void)state;
    assert_near_rel(1.0, (double)INFINITY, 1.0);
}

static void ulps_far(void **state)
{
    (void)state;
    assert_near_ulps(1.0, 1.0000001, 1);
}

static void ulps_nan(void **state)
{
    (void)state;
    assert_near_ulps((double)NAN, (double)NAN, UINT64_MAX);
}

static void grid_differs(void **state)
{
    (void)state;
    const double values[] = {1, 2};
    assert_grid_text(values, 1, 2, 0, "1 3");
}

static kerb_status swallow_failure(kerb_ctx *ctx, void *user)
{
    (void)ctx;
    (void)user;
    kerb_free(kerb_alloc_array(1, 1));
    return KERB_OK;
}

static void swallowed(void **state)
{
    (void)state;
    failing_allocator_walk(swallow_failure, NULL);
}

static void support__what_must_fail_fails(void **state)
{
    (void)state;
    static const CMUnitTestFunction functions[] = {
        abs_far,      abs_nan,  abs_both_nan, rel_far,      rel_nan,
        rel_infinite, ulps_far, ulps_nan,     grid_differs, swallowed};
    enum { N = sizeof functions / sizeof functions[0] };
    for (size_t i = 0; i < N; i++) {
        const struct CMUnitTest inner[] = {{"must fail", functions[i], NULL, NULL, NULL}};
        assert_int_equal(cmocka_run_group_tests(inner, NULL, NULL), 1);
    }
}

static void grid_text__draws_and_compares(void **state)
{
    (void)state;
    const double values[] = {0, 1, 0, (double)NAN, 2.25, -0.0};
    char text[GRID_TEXT_BYTES];
    grid_text_draw(values, 2, 3, 0, text);
    assert_string_equal(text, ". 1 .\n# 2 .");
    assert_grid_text(values, 2, 3, 0, ". 1 . /# 2 .");
    assert_grid_text(values, 2, 3, 2, ".   1.00 .\n#   2.25 .");
    assert_false(grid_text_equal("1 2", "1 2 3"));
    assert_false(grid_text_equal("1 2/3", "1 2"));
    assert_false(grid_text_equal("1 2", "12"));
    assert_true(grid_text_equal("", ""));
}

static kerb_status make_three(kerb_ctx *ctx, void *user)
{
    (void)user;
    void *a = kerb_alloc_array(1, 1), *b = a ? kerb_alloc_array(1, 1) : NULL;
    void *c = b ? kerb_alloc_array(1, 1) : NULL;
    kerb_status status = c ? KERB_OK : kerb_fail_nomem(ctx, "three");
    kerb_free(a);
    kerb_free(b);
    kerb_free(c);
    return status;
}

static void failing_allocator__walks_every_allocation(void **state)
{
    (void)state;
    assert_int_equal(failing_allocator_walk(make_three, NULL), 3);
}

static void scratch__files_are_written_read_and_removed(void **state)
{
    (void)state;
    char *folder = scratch_new(), *kept = strdup(folder);
    size_t length = 0;
    scratch_write(folder, "a/b/c.txt", "text");
    char *text = scratch_read(scratch_path(folder, "a/b/c.txt"), &length);
    assert_string_equal(text, "text");
    assert_int_equal(length, 4);
    assert_int_equal(scratch_count(folder), 1);
    assert_null(scratch_read(scratch_path(folder, "none"), NULL));
    scratch_remove(folder);
    assert_false(scratch_exists(kept));
    scratch_remove(NULL);
    free(text);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near__counts_ulps_across_zero),
        cmocka_unit_test(near__accepts_what_is_near),
        cmocka_unit_test(grid_text__draws_and_compares),
        cmocka_unit_test(failing_allocator__walks_every_allocation),
        cmocka_unit_test(scratch__files_are_written_read_and_removed),
        cmocka_unit_test(support__what_must_fail_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
