/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact limits of a Poisson mean: the means under which a count as high, or as low, as the one
 * seen has probability alpha/2. low = chi2(alpha/2; 2n)/2, high = chi2(1 - alpha/2; 2n + 2)/2
 * (Garwood 1936), i.e. quantiles of gamma distributions with shape n and n + 1.
 *
 * GSL 2.7's own quantiles (gsl_cdf_chisq_Pinv, Qinv) are not used: their Newton steps start far
 * off and fail for 1 count in 9 from n = 1736 on, which aborts the process under GSL's default
 * error handler, and for n = 300,000 return 157,110 without any error. Its distribution
 * functions are sound below 10^5 and raise no error there, so the handler, which belongs to the
 * whole process, is never touched; above, an expansion in 1/sqrt(n) is exact to rounding. */

#include "kerb_areas.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* From here on the first term left out of the expansion is below 1e-15 of the result for |z|
 * < 8. */
#define LARGE_SHAPE 1.0e5
/* |z| < 8: where GSL's distribution functions were swept for errors. */
#define MIN_TAIL 1.0e-15

/* Cornish-Fisher expansion of the gamma quantile in powers of 1/sqrt(shape) at the normal
 * quantile z. Source: Goldberg & Levine (1946). */
static double expand_gamma_quantile(double shape, double z)
{
    double root = sqrt(shape), z2 = z * z;
    double c2 = (z2 - 1.0) / 3.0;
    double c3 = z * (z2 - 7.0) / 36.0;
    double c4 = -((3.0 * z2 + 7.0) * z2 - 16.0) / 810.0;
    double c5 = z * ((9.0 * z2 + 256.0) * z2 - 433.0) / 38880.0;
    return shape + (root * z + (c2 + (c3 + (c4 + c5 / root) / root) / root));
}

/* The x with P(Gamma(shape) <= x) = tail (lower) or P(Gamma(shape) > x) = tail (upper):
 * bisection of a bracket, ended by its width. Sixty halvings of a function that costs a
 * microsecond need no cleverer search, and this one cannot leave the bracket. */
static double find_gamma_quantile(double shape, double tail, bool is_lower)
{
    double z = gsl_cdf_ugaussian_Pinv(tail);
    if (!is_lower)
        z = -z;
    if (shape >= LARGE_SHAPE)
        return expand_gamma_quantile(shape, z);
    /* Holds every quantile of |z| < 8: the left tail is lighter than the normal one, the right
     * one heavier by (z2 - 1)/3 and smaller terms. */
    double low = fmax(0.0, shape - 10.0 * sqrt(shape));
    double high = shape + 10.0 * sqrt(shape) + 45.0;
    for (;;) {
        double middle = low + 0.5 * (high - low);
        if (middle <= low || middle >= high)
            return middle;
        bool is_below = is_lower ? gsl_cdf_gamma_P(middle, shape, 1.0) < tail
                                 : gsl_cdf_gamma_Q(middle, shape, 1.0) > tail;
        if (is_below)
            low = middle;
        else
            high = middle;
    }
}

void kerb_poisson_limits(size_t n, double level, double *low, double *high)
{
    double tail = 0.5 * (1.0 - level);
    *low = *high = (double)NAN;
    if (!(tail >= MIN_TAIL && tail < 0.5))
        return;
    *low = n == 0 ? 0.0 : find_gamma_quantile((double)n, tail, true);
    *high = find_gamma_quantile((double)n + 1.0, tail, false);
}
