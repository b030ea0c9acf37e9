/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Class limits: by hand for the small cases, by law for many made-up ones. */
#include "export_scene.h"

#include "failing_allocator.h"

static kerb_classes make(const double *values, size_t n, kerb_class_scheme scheme,
                         const char *unit)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_classes classes;
    assert_ok(ctx, kerb_classes_make(ctx, values, n, scheme, NULL, unit, &classes));
    kerb_ctx_free(ctx);
    return classes;
}

static void assert_breaks(const kerb_classes *classes, size_t n, const double *wanted)
{
    assert_int_equal(classes->n, n);
    for (size_t i = 0; i <= n; i++)
        assert_near_ulps(classes->breaks[i], wanted[i], 0);
}

static void fixed__maximum_of_87_gives_seven_steps_up_to_100(void **state)
{
    (void)state;
    const double values[] = {0.0, 3.0, (double)NAN, 87.0, 0.01};
    kerb_classes classes = make(values, 5, KERB_CLASSES_FIXED_125, "events per km2");
    /* 100 is the step at or above 87; six steps below it: 50 20 10 5 2 1, and 0 */
    assert_breaks(&classes, 7, (const double[]){0, 1, 2, 5, 10, 20, 50, 100});
    assert_string_equal(classes.label[0], "up to 1 per km\xC2\xB2");
    assert_string_equal(classes.label[5], "20 to 50 per km\xC2\xB2");
    assert_string_equal(classes.label[6], "50 to 100 per km\xC2\xB2");
}

static void fixed__limits_stay_until_the_maximum_crosses_a_step(void **state)
{
    (void)state;
    const double steps[] = {0.02, 0.05, 0.1, 20.0, 50.0, 1000.0};
    for (size_t i = 0; i < 6; i++) {
        const double at[] = {steps[i]}, under[] = {steps[i] * 0.6},
                     over[] = {steps[i] * 1.0001};
        kerb_classes a = make(at, 1, KERB_CLASSES_FIXED_125, NULL);
        kerb_classes b = make(under, 1, KERB_CLASSES_FIXED_125, NULL);
        kerb_classes c = make(over, 1, KERB_CLASSES_FIXED_125, NULL);
        assert_near_ulps(a.breaks[7], steps[i], 0);
        assert_memory_equal(a.breaks, b.breaks, sizeof a.breaks);
        assert_true(c.breaks[7] > steps[i]);
        /* all but the lowest limit are the same series, one step up */
        for (size_t j = 1; j < 7; j++)
            assert_near_ulps(c.breaks[j], a.breaks[j + 1], 0);
    }
}

static void fixed__limits_are_the_decimal_numbers_they_say(void **state)
{
    (void)state;
    const double values[] = {0.0031};
    kerb_classes classes = make(values, 1, KERB_CLASSES_FIXED_125, "events per km2");
    assert_breaks(&classes, 7,
                  (const double[]){0, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005});
    assert_string_equal(classes.label[6], "0.002 to 0.005 per km\xC2\xB2");
}

static void fixed__nothing_above_zero_is_one_class(void **state)
{
    (void)state;
    const double zeros[] = {0.0, 0.0, (double)NAN};
    kerb_classes classes = make(zeros, 3, KERB_CLASSES_FIXED_125, NULL);
    assert_breaks(&classes, 1, (const double[]){0, 1});
    classes = make(zeros, 0, KERB_CLASSES_FIXED_125, NULL);
    assert_breaks(&classes, 1, (const double[]){0, 1});
}

static void fixed__thousands_have_commas(void **state)
{
    (void)state;
    const double values[] = {1900000.0};
    kerb_classes classes = make(values, 1, KERB_CLASSES_FIXED_125, "events per km2");
    assert_string_equal(classes.label[6], "1,000,000 to 2,000,000 per km\xC2\xB2");
    assert_string_equal(classes.label[0], "up to 20,000 per km\xC2\xB2");
}

static void quantile__a_hundred_even_values_make_five_round_classes(void **state)
{
    (void)state;
    double values[100];
    for (size_t i = 0; i < 100; i++)
        values[i] = (double)(i + 1) * 0.97; /* 0.97 to 97 */
    kerb_classes classes = make(values, 100, KERB_CLASSES_QUANTILE, "per 1,000 residents");
    /* cuts at 19.4, 38.8, 58.2, 77.6, each free to move five values: round numbers nearby are
     * the tens; from 14.55 to 24.25 a multiple of 20, from 33.95 to 43.65 of 20 … */
    assert_breaks(&classes, 5, (const double[]){0, 20, 40, 60, 80, 100});
    assert_string_equal(classes.label[1], "20 to 40 per 1,000 residents");
}

static void quantile__areas_without_events_do_not_crowd_out_the_others(void **state)
{
    (void)state;
    double values[300] = {0};
    for (size_t i = 0; i < 100; i++)
        values[200 + i] = (double)(i + 1) * 0.97;
    kerb_classes classes = make(values, 300, KERB_CLASSES_QUANTILE, "per 1,000 residents");
    /* the same limits as without the two hundred zeros, which share the lowest class */
    assert_breaks(&classes, 5, (const double[]){0, 20, 40, 60, 80, 100});
}

static void quantile__equal_values_are_one_class(void **state)
{
    (void)state;
    const double values[] = {7.5, 7.5, (double)NAN, 7.5};
    kerb_classes classes = make(values, 4, KERB_CLASSES_QUANTILE, "events");
    assert_breaks(&classes, 1, (const double[]){7.5, 7.5});
    assert_string_equal(classes.label[0], "7.5 events");
}

static void quantile__no_value_is_one_class_that_says_so(void **state)
{
    (void)state;
    const double values[] = {(double)NAN, (double)NAN};
    kerb_classes classes = make(values, 2, KERB_CLASSES_QUANTILE, "events");
    assert_int_equal(classes.n, 1);
    assert_string_equal(classes.label[0], "no result");
}

static void quantile__two_values_are_kept_apart(void **state)
{
    (void)state;
    const double values[] = {3.0, 400.0};
    kerb_classes classes = make(values, 2, KERB_CLASSES_QUANTILE, NULL);
    assert_int_equal(classes.n, 2);
    assert_true(classes.breaks[0] <= 3.0 && classes.breaks[1] >= 3.0 &&
                classes.breaks[1] < 400.0);
    assert_true(classes.breaks[2] >= 400.0);
}

static void quantile__negative_numbers_have_a_true_minus_and_a_limit_at_zero(void **state)
{
    (void)state;
    double values[21];
    for (size_t i = 0; i < 21; i++)
        values[i] = (double)i * 3.7 - 37.0;
    kerb_classes classes = make(values, 21, KERB_CLASSES_QUANTILE, "%");
    bool has_zero = false;
    for (size_t i = 0; i <= classes.n; i++)
        has_zero = has_zero || classes.breaks[i] == 0.0;
    /* the third cut is wanted at 5.55 and may lie from 0 to 11.1: zero is the roundest there */
    assert_true(has_zero);
    assert_true(classes.breaks[0] <= -37.0 && classes.breaks[classes.n] >= 37.0);
    assert_memory_equal(classes.label[0], "\xE2\x88\x92", 3);
}

/* xorshift64*, so that the law is tried on the same values everywhere */
static double next_share(uint64_t *seed)
{
    *seed ^= *seed >> 12, *seed ^= *seed << 25, *seed ^= *seed >> 27;
    return (double)((*seed * UINT64_C(2685821657736338717)) >> 11) * 0x1p-53;
}

static size_t class_of(const kerb_classes *classes, double value)
{
    for (size_t i = 0; i < classes->n; i++)
        if (value <= classes->breaks[i + 1])
            return i;
    return SIZE_MAX;
}

static void classes__cover_all_values_ascend_and_are_not_empty(void **state)
{
    (void)state;
    uint64_t seed = 12345;
    for (int round = 0; round < 3000; round++) {
        double values[200];
        size_t n = 1 + (size_t)(next_share(&seed) * 199.0), n_in[9] = {0};
        double scale = pow(10.0, next_share(&seed) * 12.0 - 6.0);
        int kind = round % 5;
        for (size_t i = 0; i < n; i++) {
            double share = next_share(&seed);
            values[i] = kind == 0   ? share * scale
                        : kind == 1 ? floor(share * 4.0)           /* many ties */
                        : kind == 2 ? exp(share * 12.0) * scale    /* long tail */
                        : kind == 3 ? (share - 0.5) * scale        /* both signs */
                                    : 1e6 * scale + share * scale; /* far from zero */
        }
        bool is_fixed = round % 2 == 0 && kind != 3;
        kerb_classes classes = make(
            values, n, is_fixed ? KERB_CLASSES_FIXED_125 : KERB_CLASSES_QUANTILE, "events");
        assert_in_range(classes.n, 1, 9);
        for (size_t i = 0; i < classes.n; i++)
            assert_true(classes.breaks[i] < classes.breaks[i + 1] || classes.n == 1);
        for (size_t i = 0; i < n; i++) {
            assert_true(values[i] >= classes.breaks[0]);
            size_t found = class_of(&classes, values[i]);
            assert_true(found < classes.n);
            n_in[found]++;
        }
        for (size_t i = 0; !is_fixed && i < classes.n; i++)
            assert_true(n_in[i] > 0);
        /* without ties the classes are about equal: none over twice its fair share */
        if (!is_fixed && kind != 1 && n >= 50) {
            assert_int_equal(classes.n, 5);
            for (size_t i = 0; i < 5; i++)
                assert_true(5 * n_in[i] <= 2 * n);
        }
    }
}

static void classes__order_of_values_does_not_matter(void **state)
{
    (void)state;
    double values[50], reversed[50];
    for (size_t i = 0; i < 50; i++)
        values[i] = reversed[49 - i] = exp((double)(i * 7 % 50) / 9.0);
    kerb_classes a = make(values, 50, KERB_CLASSES_QUANTILE, "events");
    kerb_classes b = make(reversed, 50, KERB_CLASSES_QUANTILE, "events");
    assert_memory_equal(a.breaks, b.breaks, (a.n + 1) * sizeof a.breaks[0]);
}

static void classes__a_unit_too_long_is_left_off_every_label(void **state)
{
    (void)state;
    const double values[] = {87.0};
    kerb_classes classes = make(values, 1, KERB_CLASSES_FIXED_125,
                                "reports of all kinds per square kilometre of land");
    assert_string_equal(classes.label[0], "up to 1");
    assert_string_equal(classes.label[6], "50 to 100");
}

static void classes__refuse_infinity_and_unknown_ramps(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_classes classes;
    const double values[] = {1.0, (double)INFINITY};
    assert_int_equal(
        kerb_classes_make(ctx, values, 2, KERB_CLASSES_QUANTILE, NULL, NULL, &classes),
        KERB_ERR_RANGE);
    assert_int_equal(
        kerb_classes_make(ctx, values, 1, KERB_CLASSES_QUANTILE, "rainbow", NULL, &classes),
        KERB_ERR_NOT_FOUND);
    assert_int_equal(
        kerb_classes_make(ctx, values, 1, KERB_CLASSES_QUANTILE, "../heat", NULL, &classes),
        KERB_ERR_ARG);
    kerb_ctx_free(ctx);
}

static kerb_status make_both(kerb_ctx *ctx, void *user)
{
    (void)user;
    const double values[] = {1.0, 5.0, 9.0};
    kerb_classes classes;
    kerb_status status =
        kerb_classes_make(ctx, values, 3, KERB_CLASSES_QUANTILE, NULL, "events", &classes);
    if (status == KERB_OK)
        status =
            kerb_classes_make(ctx, values, 3, KERB_CLASSES_FIXED_125, NULL, "events", &classes);
    return status;
}

static void classes__out_of_memory_leaks_nothing(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(make_both, NULL) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed__maximum_of_87_gives_seven_steps_up_to_100),
        cmocka_unit_test(fixed__limits_stay_until_the_maximum_crosses_a_step),
        cmocka_unit_test(fixed__limits_are_the_decimal_numbers_they_say),
        cmocka_unit_test(fixed__nothing_above_zero_is_one_class),
        cmocka_unit_test(fixed__thousands_have_commas),
        cmocka_unit_test(quantile__a_hundred_even_values_make_five_round_classes),
        cmocka_unit_test(quantile__areas_without_events_do_not_crowd_out_the_others),
        cmocka_unit_test(quantile__equal_values_are_one_class),
        cmocka_unit_test(quantile__no_value_is_one_class_that_says_so),
        cmocka_unit_test(quantile__two_values_are_kept_apart),
        cmocka_unit_test(quantile__negative_numbers_have_a_true_minus_and_a_limit_at_zero),
        cmocka_unit_test(classes__cover_all_values_ascend_and_are_not_empty),
        cmocka_unit_test(classes__order_of_values_does_not_matter),
        cmocka_unit_test(classes__a_unit_too_long_is_left_off_every_label),
        cmocka_unit_test(classes__refuse_infinity_and_unknown_ramps),
        cmocka_unit_test(classes__out_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
