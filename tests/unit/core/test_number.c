/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers read and written the same in every locale; truth is the C library's strtod. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kerb_base.h"
#include "near.h"

#include <limits.h>
#include <locale.h>
#include <stdlib.h>

/* splitmix64 (Steele et al. 2014): the same numbers on every machine */
static uint64_t next_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_against_strtod(const char *text)
{
    double got = (double)NAN, want = strtod(text, NULL);
    bool is_read = kerb_parse_double(text, strlen(text), &got);
    if (is_read != (isfinite(want) != 0) || (is_read && !same_bits(got, want)))
        fail_msg("'%s' read as %.17g, strtod says %.17g", text, got, want);
}

static void number__a_million_texts_read_as_strtod_does(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 1000000; i++) {
        char text[64];
        uint64_t r = next_random(&seed);
        uint64_t digits = next_random(&seed) >> (r % 64);
        int exponent = (int)(r >> 8 & 0x3F) - 32;
        int n_decimals = (int)(r >> 16 & 7);
        const char *sign = r >> 24 & 1 ? "-" : "";
        switch (r >> 32 & 3) {
        case 0: /* as coordinates are */
            snprintf(text, sizeof text, "%s%llu.%0*llu", sign,
                     (unsigned long long)(digits % 1000000), n_decimals + 1,
                     (unsigned long long)(r >> 40) % 1000);
            break;
        case 1:
            snprintf(text, sizeof text, "%s%llu", sign, (unsigned long long)digits);
            break;
        case 2:
            snprintf(text, sizeof text, "%s%llue%d", sign, (unsigned long long)digits,
                     exponent);
            break;
        default:
            snprintf(text, sizeof text, "%s.%lluE%+d", sign, (unsigned long long)digits,
                     exponent * 11);
            break;
        }
        check_against_strtod(text);
    }
}

static void number__hard_cases_read_as_strtod_does(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "-0",
        "+0.0",
        "00",
        "007",
        "1.",
        ".5",
        "-.5e1",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "9007199254740993",
        "9007199254740992.9999999999999999",
        "999999999999999e22",
        "2.2250738585072011e-308", /* the number that hung PHP and Java */
        "2.2250738585072014e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1.7976931348623157e308",
        "1e-400",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "0.000000000000000000000000000000000000000000000001",
        "1000000000000000000000000000000000000000000000000",
        "123456789012345678901234567890e-29"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_against_strtod(texts[i]);
    check_against_strtod("1e309");
    check_against_strtod("1.7976931348623159e308");
    check_against_strtod("-1e99999999999999999999");
}

/* 2^53 + 1 lies halfway between two doubles: a one 900 digits later decides */
static void number__a_digit_far_behind_the_point_decides_a_tie(void **state)
{
    (void)state;
    char text[1200];
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17);
    text[1000] = '\0';
    check_against_strtod(text);
    double value = 0.0;
    assert_true(kerb_parse_double(text, 1000, &value));
    assert_near_ulps(value, 9007199254740992.0, 0);
    text[999] = '1';
    check_against_strtod(text);
    assert_true(kerb_parse_double(text, 1000, &value));
    assert_near_ulps(value, 9007199254740994.0, 0);
    /* zeros before the point count too */
    memset(text, '9', 1100);
    memcpy(text + 1100, "e-900", 6);
    check_against_strtod(text);
}

static void number__what_is_no_decimal_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "-",        "+",   ".",   "-.",  "e5",    ".e5",  "1e",    "1e+",
        "1e-", "1.2.3",    "1,5", " 1",  "1 ",  "0x10",  "inf",  "-inf",  "nan",
        "NaN", "infinity", "1f",  "--1", "+-1", "1e5.5", "400m", "1_000", "\xD9\xA1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 12.5;
        if (kerb_parse_double(texts[i], strlen(texts[i]), &value))
            fail_msg("'%s' was read as %g", texts[i], value);
        assert_near_ulps(value, 12.5, 0);
    }
    double value;
    assert_false(kerb_parse_double("1\0", 2, &value));
}

static void number__only_the_given_length_is_read(void **state)
{
    (void)state;
    double value = 0.0;
    int64_t whole = 0;
    char exact[3] = {'1', '2', '3'}; /* not terminated */
    assert_true(kerb_parse_double(exact, 3, &value));
    assert_near_ulps(value, 123.0, 0);
    assert_true(kerb_parse_double(exact, 2, &value));
    assert_near_ulps(value, 12.0, 0);
    assert_true(kerb_parse_int64(exact, 3, &whole));
    assert_int_equal(whole, 123);
}

static void number__whole_numbers_to_the_edges(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+5", 5},
                {"08", 8},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"0000000000000000000000012", 12}};
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "1.0",
                                      "1e3",
                                      " 1",
                                      "1 ",
                                      "0x1",
                                      "--1",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "92233720368547758070"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = -1;
        assert_true(kerb_parse_int64(good[i].text, strlen(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 77;
        assert_false(kerb_parse_int64(bad[i], strlen(bad[i]), &value));
        assert_true(value == 77);
    }
}

static void number__a_written_double_reads_back_the_same(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = next_random(&seed);
        if (i % 3 == 0) /* ordinary sizes as well as all exponents */
            bits = (bits & 0x800FFFFFFFFFFFFFu) | (uint64_t)(1000 + bits % 60) << 52;
        double value, back = (double)NAN;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        char text[KERB_DOUBLE_TEXT];
        size_t n = kerb_format_double(value, text);
        if (n != strlen(text) || !kerb_parse_double(text, n, &back) || !same_bits(back, value))
            fail_msg("%.17g written as '%s'", value, text);
    }
}

static void assert_written(double value, const char *want)
{
    char text[KERB_DOUBLE_TEXT];
    assert_int_equal(kerb_format_double(value, text), strlen(want));
    assert_string_equal(text, want);
}

static void number__the_shortest_text_is_written(void **state)
{
    (void)state;
    assert_written(0.1, "0.1");
    assert_written(0.1 + 0.2, "0.30000000000000004");
    assert_written(0.0, "0");
    assert_written(-0.0, "-0");
    assert_written(400.0, "400");
    assert_written(1e6, "1000000");
    assert_written(1.0 / 3.0, "0.3333333333333333");
    assert_written(-1.5e-7, "-1.5e-07");
    assert_written(5e-324, "5e-324");
    assert_written(DBL_MAX, "1.7976931348623157e+308");
    assert_written(-DBL_MAX, "-1.7976931348623157e+308");
    assert_written(-2.2250738585072014e-308, "-2.2250738585072014e-308");
    assert_written((double)NAN, "nan");
    assert_written((double)INFINITY, "inf");
    assert_written(-(double)INFINITY, "-inf");
}

static void number__fixed_decimals_never_show_minus_zero(void **state)
{
    (void)state;
    char text[400];
    assert_int_equal(kerb_format_fixed(3.14159, 2, text, sizeof text), 4);
    assert_string_equal(text, "3.14");
    kerb_format_fixed(-0.004, 2, text, sizeof text);
    assert_string_equal(text, "0.00");
    kerb_format_fixed(-0.006, 2, text, sizeof text);
    assert_string_equal(text, "-0.01");
    kerb_format_fixed(-0.4, 0, text, sizeof text);
    assert_string_equal(text, "0");
    kerb_format_fixed((double)NAN, 3, text, sizeof text);
    assert_string_equal(text, "nan");
    assert_int_equal(kerb_format_fixed(1e300, 0, text, sizeof text), 301);
    /* too small a place: cut, terminated, and its length told */
    assert_int_equal(kerb_format_fixed(12345.678, 2, text, 5), 4);
    assert_string_equal(text, "1234");
    assert_int_equal(kerb_format_fixed(-(double)INFINITY, 2, text, 3), 2);
    assert_string_equal(text, "-i");
}

static void number__a_decimal_comma_locale_changes_nothing(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool is_set = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && !is_set; i++)
        is_set = setlocale(LC_ALL, names[i]) != NULL;
    if (!is_set)
        skip(); /* none installed here */
    char text[64];
    double value = 0.0;
    kerb_format_fixed(1234.5, 1, text, sizeof text);
    assert_string_equal(text, "1234.5");
    kerb_format_double(0.25, text);
    assert_string_equal(text, "0.25");
    assert_true(kerb_parse_double("1.2345678901234567", 18, &value));
    assert_near_ulps(value, 1.2345678901234567, 0);
    assert_false(kerb_parse_double("1,5", 3, &value));
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_fail(ctx, KERB_ERR_RANGE, "%g m", 0.5);
    assert_string_equal(kerb_ctx_message(ctx), "0.5 m");
    kerb_ctx_free(ctx);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number__a_million_texts_read_as_strtod_does),
        cmocka_unit_test(number__hard_cases_read_as_strtod_does),
        cmocka_unit_test(number__a_digit_far_behind_the_point_decides_a_tie),
        cmocka_unit_test(number__what_is_no_decimal_number_is_refused),
        cmocka_unit_test(number__only_the_given_length_is_read),
        cmocka_unit_test(number__whole_numbers_to_the_edges),
        cmocka_unit_test(number__a_written_double_reads_back_the_same),
        cmocka_unit_test(number__the_shortest_text_is_written),
        cmocka_unit_test(number__fixed_decimals_never_show_minus_zero),
        cmocka_unit_test(number__a_decimal_comma_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
