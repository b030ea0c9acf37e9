/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The exact side test against integer arithmetic of 128 bits, which cannot round, and at the
 * last place of coordinates of real size.
 */
#include "geo_internal.h"

#include "near.h"

/* Coordinates that are whole multiples of 2^-20 up to 2^41: the determinant fits 128 bits. */
static int find_integer_side(const int64_t a[2], const int64_t b[2], const int64_t p[2])
{
    __extension__ typedef __int128 wide;
    wide determinant =
        ((wide)a[0] - p[0]) * ((wide)b[1] - p[1]) - ((wide)a[1] - p[1]) * ((wide)b[0] - p[0]);
    return (determinant > 0) - (determinant < 0);
}

static kerb_point make_point(const int64_t v[2])
{
    return (kerb_point){.x = (double)v[0] * 0x1p-20, .y = (double)v[1] * 0x1p-20};
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 20;
}

static void side__agrees_with_integers_near_the_line(void **state)
{
    (void)state;
    uint64_t seed = 11;
    size_t n_on = 0, n_left = 0, n_right = 0;
    for (int i = 0; i < 200000; i++) {
        /* a at national grid size; b = a + k d, p = a + j d, then moved by -1, 0 or 1 unit: on
         * the line or as near as the numbers allow */
        int64_t a[2], d[2], b[2], p[2];
        for (int k = 0; k < 2; k++) {
            a[k] = (int64_t)(next_random(&seed) % ((uint64_t)1 << 39));
            d[k] = (int64_t)(next_random(&seed) % ((uint64_t)1 << 22)) - (1 << 21);
        }
        int64_t far = (int64_t)(next_random(&seed) % 4000) + 2;
        int64_t part = (int64_t)(next_random(&seed) % (uint64_t)far);
        for (int k = 0; k < 2; k++) {
            b[k] = a[k] + far * d[k];
            p[k] = a[k] + part * d[k] + (int64_t)(next_random(&seed) % 3) - 1;
        }
        int want = find_integer_side(a, b, p);
        int got = kerb_geo_side(make_point(a), make_point(b), make_point(p));
        assert_int_equal(got, want);
        assert_int_equal(kerb_geo_side(make_point(b), make_point(a), make_point(p)), -want);
        n_on += want == 0;
        n_left += want > 0;
        n_right += want < 0;
    }
    /* the test looked at what it is for */
    assert_true(n_on > 10000 && n_left > 10000 && n_right > 10000);
}

static void side__plain_arithmetic_would_be_wrong_here(void **state)
{
    (void)state;
    /* Kettner et al. (2008), Classroom examples of robustness problems: p one unit in the last
     * place off the diagonal from (12, 12) to (24, 24). The exact sign is that of p.x - p.y. */
    size_t n_naive_wrong = 0;
    kerb_point a = {12.0, 12.0}, b = {24.0, 24.0};
    for (int i = -32; i <= 32; i++) {
        for (int j = -32; j <= 32; j++) {
            kerb_point p = {0.5 + i * 0x1p-53, 0.5 + j * 0x1p-53};
            int want = (p.y > p.x) - (p.y < p.x);
            assert_int_equal(kerb_geo_side(a, b, p), want);
            double naive = (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
            n_naive_wrong += ((naive > 0.0) - (naive < 0.0)) != want;
        }
    }
    assert_true(n_naive_wrong > 0);
}

static void side__ends_of_the_line_are_on_it(void **state)
{
    (void)state;
    kerb_point a = {485900.123456789, 308700.987654321}, b = {-1e-17, 1.0 / 3.0};
    assert_int_equal(kerb_geo_side(a, b, a), 0);
    assert_int_equal(kerb_geo_side(a, b, b), 0);
    assert_int_equal(kerb_geo_side(a, a, b), 0);
}

static void side__sums_of_very_different_size_keep_their_small_part(void **state)
{
    (void)state;
    /* The line y = x through 1e15; p beside it by 1e-17, which 1e15 - p.x swallows. */
    kerb_point a = {-1e15, -1e15}, b = {1e15, 1e15};
    assert_int_equal(kerb_geo_side(a, b, (kerb_point){0.0, 1e-17}), 1);
    assert_int_equal(kerb_geo_side(a, b, (kerb_point){1e-17, 0.0}), -1);
    assert_int_equal(kerb_geo_side(a, b, (kerb_point){1e-17, 1e-17}), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side__agrees_with_integers_near_the_line),
        cmocka_unit_test(side__plain_arithmetic_would_be_wrong_here),
        cmocka_unit_test(side__ends_of_the_line_are_on_it),
        cmocka_unit_test(side__sums_of_very_different_size_keep_their_small_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
