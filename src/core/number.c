/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Numbers as text, the same in every locale. Reading: nearly all numbers in a file have at most
 * 15 digits and a small exponent; both the digits and the power of ten are then exact doubles,
 * and one multiplication or division rounds once, correctly (Clinger 1990, the fast path). The
 * rest goes to strtod in the C locale, shortened to 780 digits and a sticky one: 767 decide
 * every double. Writing: the first of 15, 16, 17 digits that reads back as the same double.
 */
#define _GNU_SOURCE /* strtod_l */
#include "core_internal.h"

#include <assert.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t get_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale;
}

int kerb_core__vformat(char *text, size_t size, const char *format, va_list args)
{
    locale_t locale = get_c_locale();
    locale_t old = locale ? uselocale(locale) : (locale_t)0;
    int n = vsnprintf(text, size, format, args);
    if (locale)
        uselocale(old);
    return n;
}

double kerb_core__strtod(const char *text)
{
    locale_t locale = get_c_locale();
    return locale ? strtod_l(text, NULL, locale) : strtod(text, NULL);
}

static int format_number(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int format_number(char *text, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = kerb_core__vformat(text, size, format, args);
    va_end(args);
    return n;
}

/* ------------------------------------------------------------------ reading */

enum { MAX_DIGITS = 780 };
#define EXPONENT_LIMIT 1000000000 /* far beyond what any double or file could use */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* digits * 10^exponent, correctly rounded by the C library */
static double convert_slowly(const char *digits, size_t n_digits, long long exponent)
{
    char text[MAX_DIGITS + 1 + 32];
    memcpy(text, digits, n_digits);
    format_number(text + n_digits, 32, "e%lld", exponent);
    return kerb_core__strtod(text);
}

bool kerb_parse_double(const char *text, size_t length, double *out)
{
    static const double power_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                          1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    char digits[MAX_DIGITS + 1]; /* significant ones; the last place is for the sticky digit */
    size_t n_digits = 0;
    uint64_t mantissa = 0; /* of the first 15 digits */
    long long exponent = 0;
    bool any_digit = false, seen_point = false, dropped_nonzero = false;
    size_t at = 0;

    bool is_negative = length > 0 && text[0] == '-';
    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        at++;
    for (; at < length; at++) {
        char c = text[at];
        if (c == '.' && !seen_point) {
            seen_point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        any_digit = true;
        if (seen_point)
            exponent--;
        if (n_digits == 0 && c == '0') /* a leading zero */
            continue;
        if (n_digits < MAX_DIGITS) {
            if (n_digits < 15)
                mantissa = mantissa * 10 + (uint64_t)(c - '0');
            digits[n_digits++] = c;
        } else {
            dropped_nonzero = dropped_nonzero || c != '0';
            exponent++;
        }
    }
    if (!any_digit)
        return false;
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        bool is_negative_exponent = at < length && text[at] == '-';
        if (at < length && (text[at] == '-' || text[at] == '+'))
            at++;
        if (at == length)
            return false;
        long long given = 0;
        for (; at < length && is_digit(text[at]); at++) {
            if (given < EXPONENT_LIMIT)
                given = given * 10 + (text[at] - '0');
        }
        exponent += is_negative_exponent ? -given : given;
    }
    if (at != length)
        return false;

    double value = 0.0;
    if (n_digits > 0 && n_digits <= 15 && exponent >= -22 && exponent <= 22) {
        value = exponent < 0 ? (double)mantissa / power_of_ten[-exponent]
                             : (double)mantissa * power_of_ten[exponent];
    } else if (n_digits > 0) {
        if (dropped_nonzero) {
            digits[n_digits++] = '1';
            exponent--;
        }
        value = convert_slowly(digits, n_digits, exponent);
        if (!isfinite(value))
            return false;
    }
    *out = is_negative ? -value : value;
    return true;
}

bool kerb_parse_int64(const char *text, size_t length, int64_t *out)
{
    size_t at = 0;
    bool is_negative = length > 0 && text[0] == '-';
    if (length > 0 && (text[0] == '-' || text[0] == '+'))
        at++;
    if (at == length)
        return false;
    int64_t value = 0; /* kept negative: INT64_MIN has no positive twin */
    for (; at < length; at++) {
        if (!is_digit(text[at]))
            return false;
        int digit = text[at] - '0';
        if (value < INT64_MIN / 10 || value * 10 < INT64_MIN + digit)
            return false;
        value = value * 10 - digit;
    }
    if (!is_negative && value == INT64_MIN)
        return false;
    *out = is_negative ? value : -value;
    return true;
}

/* ------------------------------------------------------------------ writing */

static size_t format_special(double value, char *text, size_t size)
{
    const char *word = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    size_t n = strlen(word);
    if (n >= size)
        n = size - 1;
    memcpy(text, word, n);
    text[n] = '\0';
    return n;
}

size_t kerb_format_double(double value, char *text)
{
    if (!isfinite(value))
        return format_special(value, text, KERB_DOUBLE_TEXT);
    /* below the normal range a double holds fewer than 15 digits, so begin with one */
    int first = fabs(value) < DBL_MIN && fpclassify(value) != FP_ZERO ? 1 : 15;
    for (int n_digits = first; n_digits < 17; n_digits++) {
        int n = format_number(text, KERB_DOUBLE_TEXT, "%.*g", n_digits, value);
        double back = 0.0;
        /* equal but for the sign of zero, which %g keeps */
        if (kerb_parse_double(text, (size_t)n, &back) && !(back < value) && !(back > value))
            return (size_t)n;
    }
    return (size_t)format_number(text, KERB_DOUBLE_TEXT, "%.17g", value);
}

size_t kerb_format_fixed(double value, int n_decimals, char *text, size_t size)
{
    assert(size > 0 && n_decimals >= 0);
    if (!isfinite(value))
        return format_special(value, text, size);
    int n = format_number(text, size, "%.*f", n_decimals, value);
    size_t length = n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
    /* "-0.00" tells a reader of a table nothing but doubt */
    if (text[0] == '-' && strspn(text + 1, "0.") == length - 1) {
        memmove(text, text + 1, length);
        length--;
    }
    return length;
}
