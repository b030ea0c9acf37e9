/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codes keep their values and have names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kerb_core.h"

static void status__every_code_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(kerb_status_name(KERB_OK), "KERB_OK");
    assert_string_equal(kerb_status_name(KERB_ERR_CRS), "KERB_ERR_CRS");
    assert_string_equal(kerb_status_name(KERB_ERR_EXISTS), "KERB_ERR_EXISTS");
    assert_string_equal(kerb_status_name(KERB_ERR_BUG), "KERB_ERR_BUG");
}

static void status__a_foreign_number_has_a_name_too(void **state)
{
    (void)state;
    assert_string_equal(kerb_status_name((kerb_status)77), "KERB_ERR_UNKNOWN");
}

static void status__values_never_change(void **state)
{
    (void)state;
    assert_int_equal(KERB_ERR_ARG, 10);
    assert_int_equal(KERB_ERR_UNSUPPORTED, 12);
    assert_int_equal(KERB_ERR_FORMAT, 20);
    assert_int_equal(KERB_ERR_NOT_FOUND, 23);
    assert_int_equal(KERB_ERR_IO, 30);
    assert_int_equal(KERB_ERR_EXISTS, 33);
    assert_int_equal(KERB_ERR_NO_CONVERGENCE, 40);
    assert_int_equal(KERB_ERR_CANCELLED, 41);
    assert_int_equal(KERB_ERR_BUG, 90);
}

static void status__the_version_is_the_headers(void **state)
{
    (void)state;
    assert_string_equal(kerb_version(), KERB_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status__every_code_has_its_name),
        cmocka_unit_test(status__a_foreign_number_has_a_name_too),
        cmocka_unit_test(status__values_never_change),
        cmocka_unit_test(status__the_version_is_the_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
