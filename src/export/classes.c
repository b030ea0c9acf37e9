/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Class limits people can read: for densities the fixed series 1-2-5, which does not move from
 * month to month; for areas quantiles pulled to the roundest number nearby. A class holds
 * lower < value <= upper (the first its lower limit, too), as QGIS draws them.
 * Quantile classes after Evans (1977), The selection of class intervals; the rounding is ours.
 */
#include "export_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_FIXED = 7, N_QUANTILE = 5 };

/* mantissa x 10^exponent as the double its decimal text means: 3e-1 is 0.3, not 3 * 0.1 */
static double make_decimal(long long mantissa, int exponent)
{
    char text[48];
    double value = 0.0;
    int length = snprintf(text, sizeof text, "%llde%d", mantissa, exponent);
    kerb_parse_double(text, (size_t)length, &value);
    return value;
}

static int floor_third(int k)
{
    return k >= 0 ? k / 3 : -((2 - k) / 3);
}

/* Step k of … 0.5, 1 (k = 0), 2, 5, 10, … */
static int step_mantissa(int k)
{
    static const int mantissas[3] = {1, 2, 5};
    return mantissas[k - 3 * floor_third(k)];
}

static double step_125(int k)
{
    return make_decimal(step_mantissa(k), floor_third(k));
}

/* Smallest step at or above a positive value. */
static int step_above(double value)
{
    int k = 3 * ((int)floor(log10(value)) - 1);
    while (step_125(k) < value)
        k++;
    return k;
}

/* ---------------------------------------------------------------- quantiles */

/*
 * The roundest number r with low <= r < high, of equally round ones the nearest to `wanted`:
 * multiples of the largest 1-2-5 step that has one there.
 */
static double find_roundest(double low, double high, double wanted)
{
    double size = fmax(fabs(low), fabs(high));
    if (!(low < high))
        return low;
    int k_top = step_above(size);
    /* 3 steps a decade, 15 decades: beyond that doubles are not told apart */
    for (int k = k_top; k > k_top - 45; k--) {
        double step = step_125(k);
        int mantissa = step_mantissa(k), exponent = floor_third(k);
        double nearest = NAN;
        if ((high - low) / step > 1e6)
            break;
        long long first = (long long)ceil(low / step) - 1,
                  last = (long long)floor(high / step) + 1;
        for (long long i = first; i <= last; i++) {
            double value = make_decimal(i * mantissa, exponent);
            bool is_better = isnan(nearest) || fabs(value - wanted) < fabs(nearest - wanted);
            if (value >= low && value < high && is_better)
                nearest = value;
        }
        if (!isnan(nearest))
            return nearest;
    }
    return low;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How many of the sorted values are <= limit. */
static size_t count_up_to(const double *sorted, size_t n, double limit)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] <= limit)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_quantile_breaks(const double *sorted, size_t n, kerb_classes *out)
{
    double min = sorted[0], max = sorted[n - 1];
    if (!(min < max)) {
        out->n = 1;
        out->breaks[0] = out->breaks[1] = min;
        return;
    }
    /* the ends: outward to a multiple of a step of about a tenth of the range */
    int k = step_above((max - min) / (2.0 * N_QUANTILE)) - 1;
    double step = step_125(k);
    int mantissa = step_mantissa(k), exponent = floor_third(k);
    double bottom = min, top = max;
    if (fabs(min / step) < 1e15 && fabs(max / step) < 1e15) {
        bottom = make_decimal((long long)floor(min / step) * mantissa, exponent);
        top = make_decimal((long long)ceil(max / step) * mantissa, exponent);
    }
    size_t n_breaks = 0;
    out->breaks[n_breaks++] = fmin(bottom, min);
    /* areas where nothing happened share the first class and do not crowd out the others */
    size_t n_zeros = min == 0.0 ? count_up_to(sorted, n, 0.0) : 0;
    if (n - n_zeros >= N_QUANTILE) {
        sorted += n_zeros;
        n -= n_zeros;
    }
    /* a limit may lie a quarter of a class away from its exact place if that makes it rounder
     */
    size_t slack = n / (4 * N_QUANTILE);
    for (size_t i = 1; i < N_QUANTILE; i++) {
        size_t cut = i * n / N_QUANTILE;
        if (cut == 0)
            continue;
        size_t first = cut - 1 > slack ? cut - 1 - slack : 0;
        size_t last = cut + slack < n ? cut + slack : n - 1;
        double wanted = 0.5 * sorted[cut - 1] + 0.5 * sorted[cut < n ? cut : n - 1];
        double limit = find_roundest(sorted[first], sorted[last], wanted);
        /* Ties can bring the same limit twice, or one that leaves nothing above it. Each other
         * one has values on both sides: windows of neighbouring cuts do not overlap. */
        if (count_up_to(sorted, n, limit) == n || limit <= out->breaks[n_breaks - 1])
            continue;
        out->breaks[n_breaks++] = limit;
    }
    out->breaks[n_breaks] = fmax(top, max);
    out->n = n_breaks;
}

/* -------------------------------------------------------------- 1-2-5 series */

static void make_fixed_breaks(double min, double max, kerb_classes *out)
{
    /* nothing above zero: one class, that no cell falls into */
    int k_top = max > 0.0 ? step_above(max) : 0;
    out->n = max > 0.0 ? N_FIXED : 1;
    for (size_t i = 0; i < out->n; i++)
        out->breaks[out->n - i] = step_125(k_top - (int)i);
    out->breaks[0] = fmin(0.0, min);
}

/* ------------------------------------------------------------------- labels */

/* 12500 as "12,500", 0.02 as "0.02". */
static void add_number(kerb_text *text, double value)
{
    char number[KERB_DOUBLE_TEXT];
    size_t length = kerb_format_double(value, number);
    size_t n_digits = strspn(number[0] == '-' ? number + 1 : number, "0123456789");
    size_t sign = number[0] == '-';
    bool is_plain = strspn(number, "-.0123456789") == length;
    if (sign)
        kerb_text_add(text, "\xE2\x88\x92"); /* a minus as wide as a digit, no hyphen */
    for (size_t i = 0; i < n_digits; i++) {
        if (i > 0 && (n_digits - i) % 3 == 0 && is_plain)
            kerb_text_add(text, ",");
        kerb_text_add_n(text, number + sign + i, 1);
    }
    kerb_text_add(text, number + sign + n_digits);
}

/* In a legend the unit is what follows the number: "events per km2" is said as "per km²". */
static void add_label_unit(kerb_text *text, const char *unit)
{
    if (unit == NULL || *unit == '\0')
        return;
    kerb_text_add(text, " ");
    kerb_export__add_unit(text, strncmp(unit, "events per ", 11) == 0 ? unit + 7 : unit);
}

static void add_limits(kerb_text *text, const kerb_classes *classes, size_t i, bool is_density)
{
    double lower = classes->breaks[i], upper = classes->breaks[i + 1];
    if (is_density && i == 0) {
        kerb_text_add(text, "up to ");
    } else if (lower < upper) {
        add_number(text, lower);
        kerb_text_add(text, " to ");
    }
    add_number(text, upper);
}

static kerb_status make_labels(kerb_ctx *ctx, bool is_density, const char *unit,
                               kerb_classes *classes)
{
    bool has_room = true;
    kerb_status status = KERB_OK;
    kerb_text text = {0};
    /* the unit on every label or on none */
    for (int pass = 0; pass < 2 && status == KERB_OK; pass++) {
        for (size_t i = 0; i < classes->n; i++) {
            text.length = 0;
            add_limits(&text, classes, i, is_density);
            if (has_room)
                add_label_unit(&text, unit);
            if (text.failed) {
                status = kerb_fail_nomem(ctx, "labels");
                break;
            }
            if (text.length >= sizeof classes->label[i]) {
                has_room = false;
                break;
            }
            memcpy(classes->label[i], text.data, text.length + 1);
        }
        if (has_room)
            break;
    }
    kerb_text_clear(&text);
    return status;
}

/* --------------------------------------------------------------------------- */

kerb_status kerb_classes_make(kerb_ctx *ctx, const double *values, size_t n,
                              kerb_class_scheme scheme, const char *ramp, const char *unit,
                              kerb_classes *out)
{
    kerb_classes classes = {0};
    kerb_export_ramp colours;
    double *sorted = NULL;
    size_t n_values = 0;
    double min = INFINITY, max = -INFINITY;
    bool is_density = scheme == KERB_CLASSES_FIXED_125;
    kerb_status status = kerb_export__ramp_read(ctx,
                                                ramp         ? ramp
                                                : is_density ? "heat"
                                                             : "rates",
                                                &colours);
    if (status != KERB_OK)
        goto done;
    for (size_t i = 0; i < n; i++) {
        if (isinf(values[i])) {
            status = kerb_fail(ctx, KERB_ERR_RANGE, "value %zu to classify is infinite", i);
            goto done;
        }
        if (isnan(values[i]))
            continue;
        min = fmin(min, values[i]);
        max = fmax(max, values[i]);
        n_values++;
    }
    if (is_density) {
        make_fixed_breaks(n_values ? min : 0.0, n_values ? max : 0.0, &classes);
    } else if (n_values == 0) {
        classes.n = 1;
    } else {
        sorted = kerb_alloc_array(n_values, sizeof *sorted);
        if (sorted == NULL) {
            status = kerb_fail_nomem(ctx, "values to classify");
            goto done;
        }
        n_values = 0;
        for (size_t i = 0; i < n; i++)
            if (!isnan(values[i]))
                sorted[n_values++] = values[i];
        qsort(sorted, n_values, sizeof *sorted, compare_doubles);
        make_quantile_breaks(sorted, n_values, &classes);
    }
    kerb_export__ramp_sample(&colours, classes.n, classes.rgb);
    status = make_labels(ctx, is_density, unit, &classes);
    if (status != KERB_OK)
        goto done;
    if (!is_density && n_values == 0)
        snprintf(classes.label[0], sizeof classes.label[0], "no result");
    *out = classes;
done:
    kerb_free(sorted);
    return status;
}
