/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Poisson limits against published figures, against the sums of probabilities that define
 * them, and against GSL's habit of aborting. */

#include "kerb_areas.h"
#include "near.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Garwood (1936) and any table since, to the digits printed. */
static void poisson_limits__published_values_at_95_per_cent(void **state)
{
    (void)state;
    static const struct {
        size_t n;
        double low, high, tolerance;
    } published[] = {{0, 0.0, 3.6889, 5e-5},      {1, 0.0253, 5.5716, 5e-5},
                     {2, 0.2422, 7.2247, 5e-5},   {5, 1.6235, 11.6683, 5e-5},
                     {10, 4.7954, 18.3904, 5e-5}, {100, 81.36, 121.63, 5e-3}};
    for (size_t i = 0; i < sizeof published / sizeof published[0]; i++) {
        double low, high;
        kerb_poisson_limits(published[i].n, 0.95, &low, &high);
        assert_near_abs(low, published[i].low, published[i].tolerance);
        assert_near_abs(high, published[i].high, published[i].tolerance);
    }
}

/* n = 0: P(0 events) = exp(-high) = tail. n = 1: P(1 or more) = 1 - exp(-low) = tail. */
static void poisson_limits__zero_and_one_have_a_closed_form(void **state)
{
    (void)state;
    static const double levels[] = {0.5, 0.9, 0.95, 0.998, 0.9999999};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        double low, high, tail = 0.5 * (1.0 - levels[i]);
        kerb_poisson_limits(0, levels[i], &low, &high);
        assert_near_abs(low, 0.0, 0.0);
        assert_near_rel(high, -log(tail), 1e-13);
        kerb_poisson_limits(1, levels[i], &low, &high);
        assert_near_rel(low, -log1p(-tail), 1e-13);
    }
}

/* P(X <= n) or P(X >= n) for a mean, summed term by term from the mode's side. */
static double sum_lower(size_t n, double mean)
{
    double term = exp((double)n * log(mean) - mean - lgamma((double)n + 1.0)), sum = 0.0;
    for (size_t k = n; term > 0.0; k--) {
        sum += term;
        if (k == 0 || term < 1e-20 * sum)
            break;
        term *= (double)k / mean;
    }
    return sum;
}

static double sum_upper(size_t n, double mean)
{
    double term = exp((double)n * log(mean) - mean - lgamma((double)n + 1.0)), sum = 0.0;
    for (size_t k = n; term > 1e-20 * sum; k++) {
        sum += term;
        term *= mean / (double)(k + 1);
    }
    return sum;
}

static void poisson_limits__have_the_tails_that_define_them(void **state)
{
    (void)state;
    static const size_t counts[] = {1,    2,    3,     7,     20,     67,     275,    1736,
                                    5000, 9999, 50000, 99998, 100000, 300000, 1000000};
    static const double levels[] = {0.5, 0.9, 0.95, 0.998};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
            double low, high, tail = 0.5 * (1.0 - levels[j]);
            kerb_poisson_limits(counts[i], levels[j], &low, &high);
            /* the summation itself keeps lgamma's error: n log n in the last digit */
            double tolerance = 1e-12 + 1e-14 * (double)counts[i];
            assert_near_rel(sum_upper(counts[i], low), tail, tolerance);
            assert_near_rel(sum_lower(counts[i], high), tail, tolerance);
        }
    }
}

/* Sudden infant deaths by county, limits by scipy 1.10: an independent program. */
static void poisson_limits__agree_with_scipy_on_the_counties_of_north_carolina(void **state)
{
    (void)state;
    char line[4096];
    size_t n_counties = 0;
    FILE *file = fopen(KERB_SHARED "/oracle/golden/funnel_nc_sid74.csv", "r");
    if (file == NULL) {
        print_message("skipped: oracle/golden/funnel_nc_sid74.csv is not there\n");
        skip();
    }
    assert_non_null(fgets(line, sizeof line, file));
    assert_non_null(strstr(line, "garwood_lo_0.05,garwood_hi_0.05"));
    while (fgets(line, sizeof line, file) != NULL) {
        double column[19], low, high;
        char *at = line;
        for (size_t i = 0; i < 19; i++, at++)
            column[i] = strtod(at, &at);
        size_t n = (size_t)floor(column[1] * column[2] + 0.5); /* expected x ratio */
        kerb_poisson_limits(n, 0.95, &low, &high);
        assert_near_abs(low, column[9], 1e-12 * (1.0 + low));
        assert_near_rel(high, column[10], 1e-12);
        kerb_poisson_limits(n, 0.998, &low, &high);
        assert_near_abs(low, column[17], 1e-12 * (1.0 + low));
        assert_near_rel(high, column[18], 1e-12);
        n_counties++;
    }
    fclose(file);
    assert_int_equal(n_counties, 100);
}

static int n_gsl_errors;

static void count_gsl_error(const char *reason, const char *file, int line, int number)
{
    (void)reason, (void)file, (void)line, (void)number;
    n_gsl_errors++;
}

/* The default handler aborts the caller's process. GSL's own quantiles raise errors from 1736
 * on. */
static void poisson_limits__no_count_raises_an_error_in_gsl(void **state)
{
    (void)state;
    static const double levels[] = {0.001, 0.95, 0.998, 1.0 - 4e-15};
    gsl_error_handler_t *before = gsl_set_error_handler(count_gsl_error);
    n_gsl_errors = 0;
    for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
        double last_low = -1.0, last_high = -1.0;
        for (size_t n = 0; n < 2000000; n += 1 + n / 150) {
            double low, high;
            kerb_poisson_limits(n, levels[j], &low, &high);
            assert_true(isfinite(low) && isfinite(high));
            assert_true(low < high && low > last_low && high > last_high);
            assert_true(n == 0 || low <= (double)n);
            last_low = low, last_high = high;
        }
    }
    gsl_set_error_handler(before);
    assert_int_equal(n_gsl_errors, 0);
}

static void poisson_limits__leave_the_handler_of_the_caller_alone(void **state)
{
    (void)state;
    double low, high;
    gsl_error_handler_t *before = gsl_set_error_handler(count_gsl_error);
    kerb_poisson_limits(1736, 0.95, &low, &high);
    gsl_error_handler_t *after = gsl_set_error_handler(before);
    assert_true(after == count_gsl_error);
}

/* The two methods meet at 10^5: limits grow by just under and just over 1 an event there. */
static void poisson_limits__do_not_jump_where_the_method_changes(void **state)
{
    (void)state;
    double low[4], high[4];
    for (size_t i = 0; i < 4; i++)
        kerb_poisson_limits(99998 + i, 0.95, &low[i], &high[i]);
    for (size_t i = 1; i + 1 < 4; i++) {
        assert_near_abs(low[i + 1] - low[i], low[i] - low[i - 1], 1e-7);
        assert_near_abs(high[i + 1] - high[i], high[i] - high[i - 1], 1e-7);
    }
}

static void poisson_limits__very_large_counts_are_finite_and_near_normal(void **state)
{
    (void)state;
    static const size_t counts[] = {1000000, 1000000000, 1000000000000};
    for (size_t i = 0; i < 3; i++) {
        double low, high, n = (double)counts[i];
        kerb_poisson_limits(counts[i], 0.95, &low, &high);
        assert_near_rel(n - low, 1.959963984540054 * sqrt(n), 1e-3);
        assert_near_rel(high - n, 1.959963984540054 * sqrt(n), 2e-3);
    }
}

static void poisson_limits__a_level_that_is_none_has_no_limits(void **state)
{
    (void)state;
    static const double levels[] = {-0.5, 0.0, 1.0, 2.0, (double)NAN, (double)INFINITY};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        double low = 1.0, high = 1.0;
        kerb_poisson_limits(10, levels[i], &low, &high);
        assert_true(isnan(low) && isnan(high));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(poisson_limits__published_values_at_95_per_cent),
        cmocka_unit_test(poisson_limits__zero_and_one_have_a_closed_form),
        cmocka_unit_test(poisson_limits__have_the_tails_that_define_them),
        cmocka_unit_test(poisson_limits__agree_with_scipy_on_the_counties_of_north_carolina),
        cmocka_unit_test(poisson_limits__no_count_raises_an_error_in_gsl),
        cmocka_unit_test(poisson_limits__leave_the_handler_of_the_caller_alone),
        cmocka_unit_test(poisson_limits__do_not_jump_where_the_method_changes),
        cmocka_unit_test(poisson_limits__very_large_counts_are_finite_and_near_normal),
        cmocka_unit_test(poisson_limits__a_level_that_is_none_has_no_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
