/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_NEAR_H
#define KERB_TEST_NEAR_H

/**
 * Asserts for doubles. cmocka 1.1.5 compares floats only and takes NaN for equal to anything,
 * so its assert_float_equal() is forbidden; here NaN always fails and both values are printed
 * with all their digits. Equal infinities pass. Use on the main thread only.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

/** Doubles between a and b, 0 when equal (also -0 and 0); UINT64_MAX when one is NaN. */
static inline uint64_t near_count_ulps(double a, double b)
{
    int64_t i, j;
    if (isnan(a) || isnan(b))
        return UINT64_MAX;
    memcpy(&i, &a, sizeof i);
    memcpy(&j, &b, sizeof j);
    /* order the bit patterns as the numbers are: negative ones count down from zero */
    i = i < 0 ? INT64_MIN - i : i;
    j = j < 0 ? INT64_MIN - j : j;
    return i > j ? (uint64_t)i - (uint64_t)j : (uint64_t)j - (uint64_t)i;
}

static inline void near_fail(const char *how, double got, double want, double limit,
                             const char *file, int line)
{
    print_error("%.17g is not near %.17g (%s %.3g; differs by %.3g, %llu ulps)\n", got, want,
                how, limit, fabs(got - want), (unsigned long long)near_count_ulps(got, want));
    _fail(file, line);
}

/** |got - want| <= tolerance */
static inline void near_check_abs(double got, double want, double tolerance, const char *file,
                                  int line)
{
    if (!(got >= want && got <= want) && !(fabs(got - want) <= tolerance))
        near_fail("absolute", got, want, tolerance, file, line);
}

/** |got - want| <= tolerance * the larger of both */
static inline void near_check_rel(double got, double want, double tolerance, const char *file,
                                  int line)
{
    if (!(got >= want && got <= want) &&
        !(fabs(got - want) <= tolerance * fmax(fabs(got), fabs(want)) && isfinite(got - want)))
        near_fail("relative", got, want, tolerance, file, line);
}

static inline void near_check_ulps(double got, double want, uint64_t limit, const char *file,
                                   int line)
{
    uint64_t n_ulps = near_count_ulps(got, want);
    if (n_ulps == UINT64_MAX || n_ulps > limit)
        near_fail("ulps", got, want, (double)limit, file, line);
}

#define assert_near_abs(got, want, tolerance)                                                  \
    near_check_abs((got), (want), (tolerance), __FILE__, __LINE__)
#define assert_near_rel(got, want, tolerance)                                                  \
    near_check_rel((got), (want), (tolerance), __FILE__, __LINE__)
#define assert_near_ulps(got, want, n_ulps)                                                    \
    near_check_ulps((got), (want), (n_ulps), __FILE__, __LINE__)

#endif
