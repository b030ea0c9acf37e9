/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The six kernels against what defines them: volume 1, spread, reach, and values worked out by
 * hand. */
#include "near.h"

#include "kerb_base.h"
#include "kerb_density.h"

/* Integral of r^power * k(r) over [0, reach] by Simpson's rule; the kernels are polynomials or
 * smooth there, so 20,000 steps leave less than 1e-11. */
static double integrate(kerb_kernel kernel, double bandwidth_m, int power)
{
    enum { STEPS = 20000 };
    double reach_m = kerb_kernel_reach_m(kernel, bandwidth_m), sum = 0.0;
    for (int i = 0; i <= STEPS; i++) {
        double r = reach_m * i / STEPS;
        double factor = i == 0 || i == STEPS ? 1.0 : i % 2 ? 4.0 : 2.0;
        sum += factor * pow(r, power) * kerb_kernel_value(kernel, bandwidth_m, r);
    }
    return sum * reach_m / STEPS / 3.0;
}

static void kernel__integrates_to_one_over_the_plane(void **state)
{
    (void)state;
    const double bandwidths_m[] = {0.5, 1.0, 400.0, 12345.0};
    for (int k = 0; k < KERB_KERNEL_COUNT; k++)
        for (size_t b = 0; b < 4; b++)
            assert_near_rel(2.0 * KERB_PI * integrate((kerb_kernel)k, bandwidths_m[b], 1), 1.0,
                            1e-10);
}

static void kernel__sd_is_the_root_of_half_the_mean_squared_distance(void **state)
{
    (void)state;
    for (int k = 0; k < KERB_KERNEL_COUNT; k++) {
        double variance_m2 = KERB_PI * integrate((kerb_kernel)k, 400.0, 3);
        assert_near_rel(kerb_kernel_sd_m((kerb_kernel)k, 400.0), sqrt(variance_m2), 1e-9);
    }
}

static void kernel__sd_is_the_published_share_of_the_radius(void **state)
{
    (void)state;
    /* radius / sd as the command's documentation prints them */
    assert_near_abs(1.0 / kerb_kernel_sd_m(KERB_KERNEL_UNIFORM, 1.0), 2.0, 5e-5);
    assert_near_abs(1.0 / kerb_kernel_sd_m(KERB_KERNEL_TRIANGULAR, 1.0), 2.5820, 5e-5);
    assert_near_abs(1.0 / kerb_kernel_sd_m(KERB_KERNEL_EPANECHNIKOV, 1.0), 2.4495, 5e-5);
    assert_near_abs(1.0 / kerb_kernel_sd_m(KERB_KERNEL_QUARTIC, 1.0), 2.8284, 5e-5);
    assert_near_abs(1.0 / kerb_kernel_sd_m(KERB_KERNEL_TRIWEIGHT, 1.0), 3.1623, 5e-5);
    assert_near_abs(kerb_kernel_sd_m(KERB_KERNEL_GAUSSIAN, 250.0), 250.0, 0.0);
}

static void kernel__values_are_those_of_the_formulas(void **state)
{
    (void)state;
    /* h = 2, r = 1: u = r / h = 1/2.
     *   uniform       1/(4 pi)
     *   triangular    3/(4 pi) (1 - 1/2)     = 3/(8 pi)
     *   Epanechnikov  2/(4 pi) (1 - 1/4)     = 3/(8 pi)
     *   quartic       3/(4 pi) (3/4)^2       = 27/(64 pi)
     *   triweight     4/(4 pi) (3/4)^3       = 27/(64 pi)
     *   Gaussian      1/(8 pi) exp(-1/8) */
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_UNIFORM, 2, 1), 1 / (4 * KERB_PI), 1e-15);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_TRIANGULAR, 2, 1), 3 / (8 * KERB_PI), 1e-15);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_EPANECHNIKOV, 2, 1), 3 / (8 * KERB_PI),
                    1e-15);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_QUARTIC, 2, 1), 27 / (64 * KERB_PI), 1e-15);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_TRIWEIGHT, 2, 1), 27 / (64 * KERB_PI), 1e-15);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_GAUSSIAN, 2, 1), exp(-0.125) / (8 * KERB_PI),
                    1e-15);
}

static void kernel__is_even_and_ends_at_its_reach(void **state)
{
    (void)state;
    for (int k = 0; k < KERB_KERNEL_COUNT; k++) {
        kerb_kernel kernel = (kerb_kernel)k;
        double reach_m = kerb_kernel_reach_m(kernel, 400.0);
        assert_near_abs(kerb_kernel_value(kernel, 400.0, -90.0),
                        kerb_kernel_value(kernel, 400.0, 90.0), 0.0);
        assert_near_abs(kerb_kernel_value(kernel, 400.0, nextafter(reach_m, 1e9)), 0.0, 0.0);
        assert_true(kerb_kernel_value(kernel, 400.0, reach_m * 0.999) > 0.0);
    }
    /* The border of the uniform kernel belongs to it, as an area's border does. */
    assert_true(kerb_kernel_value(KERB_KERNEL_UNIFORM, 400.0, 400.0) > 0.0);
}

static void
kernel__gaussian_is_cut_where_it_is_a_billionth_of_a_thousandth_of_its_peak(void **state)
{
    (void)state;
    double reach_m = kerb_kernel_reach_m(KERB_KERNEL_GAUSSIAN, 100.0);
    assert_near_abs(reach_m, 743.4, 1e-9);
    double peak = kerb_kernel_value(KERB_KERNEL_GAUSSIAN, 100.0, 0.0);
    assert_near_rel(kerb_kernel_value(KERB_KERNEL_GAUSSIAN, 100.0, reach_m) / peak, 1e-12,
                    0.01);
}

static void kernel__names_are_found_in_any_case(void **state)
{
    (void)state;
    for (int k = 0; k < KERB_KERNEL_COUNT; k++) {
        kerb_kernel found = KERB_KERNEL_COUNT;
        assert_true(kerb_kernel_find(kerb_kernel_name((kerb_kernel)k), &found));
        assert_int_equal(found, k);
    }
    kerb_kernel found = KERB_KERNEL_UNIFORM;
    assert_true(kerb_kernel_find("QuArTiC", &found));
    assert_int_equal(found, KERB_KERNEL_QUARTIC);
}

static void kernel__unknown_name_is_not_found_and_leaves_the_output(void **state)
{
    (void)state;
    kerb_kernel found = KERB_KERNEL_TRIWEIGHT;
    assert_false(kerb_kernel_find("cosine", &found));
    assert_false(kerb_kernel_find("", &found));
    assert_false(kerb_kernel_find("quarti", &found));
    assert_int_equal(found, KERB_KERNEL_TRIWEIGHT);
    assert_string_equal(kerb_kernel_name((kerb_kernel)99), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel__integrates_to_one_over_the_plane),
        cmocka_unit_test(kernel__sd_is_the_root_of_half_the_mean_squared_distance),
        cmocka_unit_test(kernel__sd_is_the_published_share_of_the_radius),
        cmocka_unit_test(kernel__values_are_those_of_the_formulas),
        cmocka_unit_test(kernel__is_even_and_ends_at_its_reach),
        cmocka_unit_test(
            kernel__gaussian_is_cut_where_it_is_a_billionth_of_a_thousandth_of_its_peak),
        cmocka_unit_test(kernel__names_are_found_in_any_case),
        cmocka_unit_test(kernel__unknown_name_is_not_found_and_leaves_the_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
