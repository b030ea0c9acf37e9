/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Limits of a share, numbers in words, and names that try to break a line. */
#include "quality_world.h"

/* 81 of 263: Newcombe (1998), table I, method 3: 0.2553 to 0.3662. 1 of 29: 0.0061 to 0.1718.
 */
static void quality_text__limits_of_a_share_are_wilsons(void **state)
{
    (void)state;
    double low, high;
    kerb_wilson_limits(81, 263, &low, &high);
    assert_near_abs(low, 0.2553, 5e-5);
    assert_near_abs(high, 0.3662, 5e-5);
    kerb_wilson_limits(1, 29, &low, &high);
    assert_near_abs(low, 0.0061, 5e-5);
    assert_near_abs(high, 0.1718, 5e-5);
    kerb_wilson_limits(0, 20, &low, &high);
    assert_true(low == 0.0 && high > 0.16 && high < 0.1612);
    kerb_wilson_limits(20, 20, &low, &high);
    assert_true(high == 1.0 && low > 0.838 && low < 0.84);
    kerb_wilson_limits(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
}

static void quality_text__numbers_read_as_people_write_them(void **state)
{
    (void)state;
    assert_string_equal(kerb_quality__count(0).text, "0");
    assert_string_equal(kerb_quality__count(999).text, "999");
    assert_string_equal(kerb_quality__count(1234567).text, "1,234,567");
    assert_string_equal(kerb_quality__share(0.0).text, "0.0 %");
    assert_string_equal(kerb_quality__share(0.0001).text, "under 0.1 %");
    assert_string_equal(kerb_quality__share(0.99999).text, "over 99.9 %");
    assert_string_equal(kerb_quality__share(1.0).text, "100.0 %");
    assert_string_equal(kerb_quality__share(0.9434).text, "94.3 %");
    assert_string_equal(kerb_quality__month_text(2022 * 12 + 6).text, "2022-07");
}

static void quality_text__a_hostile_name_stays_in_its_line(void **state)
{
    (void)state;
    char name[2000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name, "a\nb\r\x1b[31m\t%s%n", 14);
    kerb_quality__short copy = kerb_quality__name(name);
    assert_null(strpbrk(copy.text, "\n\r\x1b\t"));
    assert_true(strlen(copy.text) < sizeof copy.text);

    world w;
    world_init(&w);
    for (int i = 0; i < 120; i++)
        world_add(&w, (incident){i % 2, 0, day_of_month(0, 1), KERB_PRECISION_DAY, name, name,
                                 name, name});
    world_check(&w);
    for (size_t i = 0; i < w.report->n; i++)
        assert_null(strpbrk(w.report->findings[i].sentence, "\n\r\x1b\t"));
    world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quality_text__limits_of_a_share_are_wilsons),
        cmocka_unit_test(quality_text__numbers_read_as_people_write_them),
        cmocka_unit_test(quality_text__a_hostile_name_stays_in_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
