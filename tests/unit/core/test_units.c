/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lengths and areas carry their unit, and only on a plane they may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kerb_core.h"
#include "near.h"

static void assert_length(const char *text, bool planar, double want_m)
{
    double got = -1.0;
    assert_int_equal(kerb_length_parse(NULL, text, planar, &got), KERB_OK);
    assert_near_ulps(got, want_m, 0);
}

static void assert_area(const char *text, bool planar, double want_m2)
{
    double got = -1.0;
    assert_int_equal(kerb_area_parse(NULL, text, planar, &got), KERB_OK);
    assert_near_ulps(got, want_m2, 0);
}

static void units__lengths_with_a_unit_are_read(void **state)
{
    (void)state;
    assert_length("400m", false, 400.0);
    assert_length("1.5km", false, 1500.0);
    assert_length("0.25 km", false, 250.0);
    assert_length("1e3m", false, 1000.0);
    assert_length("400", true, 400.0);
    assert_length("0.5", true, 0.5);
}

static void units__areas_with_a_unit_are_read(void **state)
{
    (void)state;
    assert_area("0.25km2", false, 250000.0);
    assert_area("2500m2", false, 2500.0);
    assert_area("3ha", false, 30000.0);
    assert_area("7", true, 7.0);
}

static void units__everything_else_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const lengths[] = {"",       "400",     "m",     "400ft",  "400M",
                                          "400 mm", "400m ",   " 400m", "0m",     "-5m",
                                          "1e400m", "1e308km", "nanm",  "infkm",  "4 00m",
                                          "400m2",  "1,5km",   "400mm", "1e-400m"};
    static const char *const areas[] = {"", "3", "3m", "3km", "3 acres", "0ha", "-1km2"};
    static const char *const planar[] = {"400m", "", "x", "0", "-1", "400 "};
    kerb_ctx *ctx = kerb_ctx_new();
    double value = 12.5;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        if (kerb_length_parse(ctx, lengths[i], false, &value) != KERB_ERR_ARG)
            fail_msg("'%s' was read as a length of %g m", lengths[i], value);
    }
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        if (kerb_area_parse(ctx, areas[i], false, &value) != KERB_ERR_ARG)
            fail_msg("'%s' was read as an area of %g m2", areas[i], value);
    }
    for (size_t i = 0; i < 5; i++) {
        if (kerb_length_parse(ctx, planar[i], true, &value) != KERB_ERR_ARG)
            fail_msg("'%s' was read as a planar length of %g", planar[i], value);
    }
    assert_near_ulps(value, 12.5, 0);
    kerb_ctx_free(ctx);
}

static void units__the_message_says_what_to_write(void **state)
{
    (void)state;
    double value;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_length_parse(ctx, "400", false, &value);
    assert_string_equal(kerb_ctx_message(ctx), "'400' has no unit: write 400m or 0.4km");
    kerb_length_parse(ctx, "400ft", false, &value);
    assert_string_equal(kerb_ctx_message(ctx),
                        "'400ft' has no unit of length that kerb knows: write 400m or 0.4km");
    kerb_length_parse(ctx, "wide", false, &value);
    assert_string_equal(kerb_ctx_message(ctx), "'wide' is no length: write 400m or 0.4km");
    kerb_area_parse(ctx, "0ha", false, &value);
    assert_string_equal(kerb_ctx_message(ctx),
                        "'0ha' is no area: it must be above 0 and finite");
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units__lengths_with_a_unit_are_read),
        cmocka_unit_test(units__areas_with_a_unit_are_read),
        cmocka_unit_test(units__everything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(units__the_message_says_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
