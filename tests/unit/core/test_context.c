/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages are one clean line; progress and cancellation reach the caller. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"
#include "near.h"

#include <stdlib.h>
#include <string.h>

static int make_context(void **state)
{
    *state = kerb_ctx_new();
    return *state ? 0 : -1;
}

static int free_context(void **state)
{
    kerb_ctx_free(*state);
    return 0;
}

static void context__a_new_one_has_no_message_and_some_threads(void **state)
{
    assert_string_equal(kerb_ctx_message(*state), "");
    assert_in_range(kerb_ctx_get_threads(*state), 1, 1024);
    assert_false(kerb_ctx_is_cancelled(*state));
}

static void context__fail_gives_the_code_and_keeps_the_words(void **state)
{
    assert_int_equal(
        kerb_fail(*state, KERB_ERR_RANGE, "cell size must be positive, got %g m", -2.5),
        KERB_ERR_RANGE);
    assert_string_equal(kerb_ctx_message(*state), "cell size must be positive, got -2.5 m");
}

static void context__a_place_is_put_in_front(void **state)
{
    kerb_fail(*state, KERB_ERR_FORMAT, "no date");
    kerb_fail_in(*state, "%s, row %d", "a.csv", 7);
    assert_string_equal(kerb_ctx_message(*state), "a.csv, row 7: no date");
}

static void context__the_old_message_may_be_part_of_the_new(void **state)
{
    kerb_fail(*state, KERB_ERR_IO, "disk full");
    kerb_fail(*state, KERB_ERR_IO, "x.tif: %s", kerb_ctx_message(*state));
    assert_string_equal(kerb_ctx_message(*state), "x.tif: disk full");
}

static void context__no_value_sends_escapes_or_breaks_the_line(void **state)
{
    kerb_fail(*state, KERB_ERR_FORMAT, "bad name '%s'", "a\nb\033[2J\x9f\xC3\xA9");
    assert_string_equal(kerb_ctx_message(*state), "bad name 'a\\x0Ab\\x1B[2J\\x9F\xC3\xA9'");
}

static void context__making_visible_twice_changes_nothing(void **state)
{
    kerb_fail(*state, KERB_ERR_FORMAT, "'\001'");
    kerb_fail(*state, KERB_ERR_FORMAT, "%s", kerb_ctx_message(*state));
    assert_string_equal(kerb_ctx_message(*state), "'\\x01'");
}

static void context__an_endless_message_is_cut_at_a_character(void **state)
{
    char *huge = malloc(20001);
    assert_non_null(huge);
    for (size_t i = 0; i < 20000; i += 2)
        memcpy(huge + i, "\xC3\xA9", 2);
    huge[20000] = '\0';
    kerb_fail(*state, KERB_ERR_FORMAT, "%s", huge);
    size_t n = strlen(kerb_ctx_message(*state));
    assert_in_range(n, 4000, 4096);
    assert_true(kerb_utf8_is_valid(kerb_ctx_message(*state), n - strlen("\\xC3")) ||
                kerb_utf8_is_valid(kerb_ctx_message(*state), n));
    memset(huge, '\001', 20000);
    kerb_fail(*state, KERB_ERR_FORMAT, "%s", huge);
    n = strlen(kerb_ctx_message(*state));
    assert_in_range(n, 4000, 4096);
    assert_string_equal(kerb_ctx_message(*state) + n - 3, "…");
    free(huge);
}

static void context__none_at_all_is_tolerated_by_fail(void **state)
{
    (void)state;
    assert_int_equal(kerb_fail(NULL, KERB_ERR_IO, "x"), KERB_ERR_IO);
    kerb_fail_in(NULL, "x");
    kerb_log(NULL, KERB_LOG_INFO, "x");
    assert_int_equal(kerb_progress(NULL, "x", 0.5), KERB_OK);
    assert_string_equal(kerb_ctx_message(NULL), "");
}

static void context__nomem_names_bytes_and_purpose(void **state)
{
    failing_allocator_set(1);
    void *memory = kerb_alloc_array(10, 100);
    failing_allocator_set(0);
    assert_null(memory);
    assert_int_equal(kerb_fail_nomem(*state, "grid"), KERB_ERR_NOMEM);
    assert_string_equal(kerb_ctx_message(*state), "out of memory (1000 bytes for grid)");
}

static void context__threads_stay_between_1_and_1024(void **state)
{
    kerb_ctx_set_threads(*state, 0);
    assert_int_equal(kerb_ctx_get_threads(*state), 1);
    kerb_ctx_set_threads(*state, 7);
    assert_int_equal(kerb_ctx_get_threads(*state), 7);
    kerb_ctx_set_threads(*state, 5000);
    assert_int_equal(kerb_ctx_get_threads(*state), 1024);
}

static void keep_line(void *user, kerb_log_level level, const char *line)
{
    snprintf(user, 64, "%d:%s", (int)level, line);
}

static void context__the_log_gets_one_clean_line(void **state)
{
    char line[64] = "";
    kerb_log(*state, KERB_LOG_INFO, "nobody listens");
    kerb_ctx_set_log(*state, keep_line, line);
    kerb_log(*state, KERB_LOG_WARNING, "row %d\t%s", 3, "x");
    assert_string_equal(line, "2:row 3\\x09x");
}

static void keep_share(void *user, const char *stage, double share)
{
    assert_string_equal(stage, "density");
    *(double *)user = share;
}

static void context__progress_is_told_until_cancelled(void **state)
{
    double share = -1.0;
    kerb_ctx_set_progress(*state, keep_share, &share);
    assert_int_equal(kerb_progress(*state, "density", 0.25), KERB_OK);
    assert_near_abs(share, 0.25, 0.0);
    assert_int_equal(kerb_check_cancel(*state), KERB_OK);
    kerb_ctx_request_cancel(*state);
    assert_true(kerb_ctx_is_cancelled(*state));
    assert_int_equal(kerb_progress(*state, "density", 0.5), KERB_ERR_CANCELLED);
    assert_near_abs(share, 0.25, 0.0);
    assert_int_equal(kerb_check_cancel(*state), KERB_ERR_CANCELLED);
    assert_string_equal(kerb_ctx_message(*state), "stopped on request");
}

static void cancel_at_once(void *user, const char *stage, double share)
{
    (void)stage;
    (void)share;
    kerb_ctx_request_cancel(user);
}

static void context__the_progress_callback_may_cancel(void **state)
{
    kerb_ctx_set_progress(*state, cancel_at_once, *state);
    assert_int_equal(kerb_progress(*state, "density", 0.5), KERB_ERR_CANCELLED);
}

static void context__meters_move_forward(void **state)
{
    (void)state;
    double wall = kerb_wall_time_s(), cpu = kerb_cpu_time_s();
    assert_true(kerb_peak_memory_bytes() > 100000);
    assert_true(kerb_wall_time_s() >= wall);
    assert_true(kerb_cpu_time_s() >= cpu);
}

static void context__no_memory_gives_none(void **state)
{
    (void)state;
    failing_allocator_set(1);
    kerb_ctx *ctx = kerb_ctx_new();
    failing_allocator_set(0);
    assert_null(ctx);
}

#define context_test(f) cmocka_unit_test_setup_teardown(f, make_context, free_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        context_test(context__a_new_one_has_no_message_and_some_threads),
        context_test(context__fail_gives_the_code_and_keeps_the_words),
        context_test(context__a_place_is_put_in_front),
        context_test(context__the_old_message_may_be_part_of_the_new),
        context_test(context__no_value_sends_escapes_or_breaks_the_line),
        context_test(context__making_visible_twice_changes_nothing),
        context_test(context__an_endless_message_is_cut_at_a_character),
        context_test(context__none_at_all_is_tolerated_by_fail),
        context_test(context__nomem_names_bytes_and_purpose),
        context_test(context__threads_stay_between_1_and_1024),
        context_test(context__the_log_gets_one_clean_line),
        context_test(context__progress_is_told_until_cancelled),
        context_test(context__the_progress_callback_may_cancel),
        context_test(context__meters_move_forward),
        context_test(context__no_memory_gives_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
