/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms by radix 4, in place: decimation in frequency forward, which leaves frequencies in
 * digit-reversed order, and its mirror image back, so that nothing is ever put in order. n = 2
 * x 4^k begins with one step of radix 2. Source: Van Loan (1992) sections 1.2 and 1.4
 * [vanloan1992]. */
#include "density_fft.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

/* Four doubles, at any address. */
typedef double lanes __attribute__((vector_size(32), aligned(8), may_alias));

#define BODY static inline __attribute__((always_inline))

enum { LANES = KERB_DENSITY__FFT_LANES, ROW = KERB_DENSITY__FFT_ROW };

/* Re and im of row i of a strip. */
#define RE(strip, i) (*(lanes *)((strip) + (i)*ROW))
#define IM(strip, i) (*(lanes *)((strip) + (i)*ROW + LANES))

/* ------------------------------------------------------------------------ radix 4, 2 */

/* Forward step of radix 4 over groups of 4 q rows: the four interleaved quarters of frequencies
 * become consecutive quarters of rows. `w` holds w^j, w^2j, w^3j for each j, w = exp(-2 pi i /
 * 4q). */
BODY void step4_forward(double *strip, size_t n, size_t q, const double *w)
{
    for (size_t start = 0; start < n; start += 4 * q)
        for (size_t j = 0; j < q; j++) {
            size_t a = start + j, b = a + q, c = b + q, d = c + q;
            lanes sum_re = RE(strip, a) + RE(strip, c), sum_im = IM(strip, a) + IM(strip, c);
            lanes dif_re = RE(strip, a) - RE(strip, c), dif_im = IM(strip, a) - IM(strip, c);
            lanes odd_re = RE(strip, b) + RE(strip, d), odd_im = IM(strip, b) + IM(strip, d);
            lanes bd_re = RE(strip, b) - RE(strip, d), bd_im = IM(strip, b) - IM(strip, d);
            lanes one_re = dif_re + bd_im, one_im = dif_im - bd_re; /* dif - i (b - d) */
            lanes two_re = sum_re - odd_re, two_im = sum_im - odd_im;
            lanes three_re = dif_re - bd_im, three_im = dif_im + bd_re;
            RE(strip, a) = sum_re + odd_re, IM(strip, a) = sum_im + odd_im;
            const double *t = w + 6 * j;
            RE(strip, b) = one_re * t[0] - one_im * t[1];
            IM(strip, b) = one_re * t[1] + one_im * t[0];
            RE(strip, c) = two_re * t[2] - two_im * t[3];
            IM(strip, c) = two_re * t[3] + two_im * t[2];
            RE(strip, d) = three_re * t[4] - three_im * t[5];
            IM(strip, d) = three_re * t[5] + three_im * t[4];
        }
}

BODY void step4_inverse(double *strip, size_t n, size_t q, const double *w)
{
    for (size_t start = 0; start < n; start += 4 * q)
        for (size_t j = 0; j < q; j++) {
            size_t a = start + j, b = a + q, c = b + q, d = c + q;
            const double *t = w + 6 * j; /* conjugate */
            lanes one_re = RE(strip, b) * t[0] + IM(strip, b) * t[1];
            lanes one_im = IM(strip, b) * t[0] - RE(strip, b) * t[1];
            lanes two_re = RE(strip, c) * t[2] + IM(strip, c) * t[3];
            lanes two_im = IM(strip, c) * t[2] - RE(strip, c) * t[3];
            lanes three_re = RE(strip, d) * t[4] + IM(strip, d) * t[5];
            lanes three_im = IM(strip, d) * t[4] - RE(strip, d) * t[5];
            lanes even_re = RE(strip, a) + two_re, even_im = IM(strip, a) + two_im;
            lanes dif_re = RE(strip, a) - two_re, dif_im = IM(strip, a) - two_im;
            lanes odd_re = one_re + three_re, odd_im = one_im + three_im;
            lanes od_re = one_re - three_re, od_im = one_im - three_im;
            RE(strip, a) = even_re + odd_re, IM(strip, a) = even_im + odd_im;
            RE(strip, b) = dif_re - od_im, IM(strip, b) = dif_im + od_re; /* + i (1 - 3) */
            RE(strip, c) = even_re - odd_re, IM(strip, c) = even_im - odd_im;
            RE(strip, d) = dif_re + od_im, IM(strip, d) = dif_im - od_re;
        }
}

/* The last forward step and the first inverse one, over groups of 4 rows, have no factors. */
BODY void step4_plain(double *strip, size_t n, double sign)
{
    for (size_t a = 0; a < n; a += 4) {
        lanes sum_re = RE(strip, a) + RE(strip, a + 2),
              sum_im = IM(strip, a) + IM(strip, a + 2);
        lanes dif_re = RE(strip, a) - RE(strip, a + 2),
              dif_im = IM(strip, a) - IM(strip, a + 2);
        lanes odd_re = RE(strip, a + 1) + RE(strip, a + 3);
        lanes odd_im = IM(strip, a + 1) + IM(strip, a + 3);
        lanes bd_re = (RE(strip, a + 1) - RE(strip, a + 3)) * sign;
        lanes bd_im = (IM(strip, a + 1) - IM(strip, a + 3)) * sign;
        RE(strip, a) = sum_re + odd_re, IM(strip, a) = sum_im + odd_im;
        RE(strip, a + 1) = dif_re + bd_im, IM(strip, a + 1) = dif_im - bd_re;
        RE(strip, a + 2) = sum_re - odd_re, IM(strip, a + 2) = sum_im - odd_im;
        RE(strip, a + 3) = dif_re - bd_im, IM(strip, a + 3) = dif_im + bd_re;
    }
}

/* w holds w^j, w = exp(-2 pi i / n). */
BODY void step2_forward(double *strip, size_t n, const double *w)
{
    for (size_t a = 0, b = n / 2; a < n / 2; a++, b++, w += 2) {
        lanes dif_re = RE(strip, a) - RE(strip, b), dif_im = IM(strip, a) - IM(strip, b);
        RE(strip, a) += RE(strip, b), IM(strip, a) += IM(strip, b);
        RE(strip, b) = dif_re * w[0] - dif_im * w[1];
        IM(strip, b) = dif_re * w[1] + dif_im * w[0];
    }
}

BODY void step2_inverse(double *strip, size_t n, const double *w)
{
    for (size_t a = 0, b = n / 2; a < n / 2; a++, b++, w += 2) {
        lanes odd_re = RE(strip, b) * w[0] + IM(strip, b) * w[1];
        lanes odd_im = IM(strip, b) * w[0] - RE(strip, b) * w[1];
        RE(strip, b) = RE(strip, a) - odd_re, IM(strip, b) = IM(strip, a) - odd_im;
        RE(strip, a) += odd_re, IM(strip, a) += odd_im;
    }
}

static bool is_power_of_4(size_t n)
{
    return (n & 0x5555555555555555u) != 0;
}

BODY void forward(const kerb_density__fft *fft, double *strip)
{
    const double *w = fft->twiddles;
    size_t length = fft->n;
    if (!is_power_of_4(length)) {
        step2_forward(strip, fft->n, w);
        w += length, length /= 2;
    }
    for (; length > 4; w += 6 * (length / 4), length /= 4)
        step4_forward(strip, fft->n, length / 4, w);
    step4_plain(strip, fft->n, 1.0);
}

BODY void inverse(const kerb_density__fft *fft, double *strip)
{
    bool has_step2 = !is_power_of_4(fft->n);
    size_t longest = has_step2 ? fft->n / 2 : fft->n;
    /* Factors of lengths 16, 64, ... lie from the end of the table backwards. */
    const double *w = fft->twiddles + (has_step2 ? fft->n : 0);
    for (size_t length = longest; length > 4; length /= 4)
        w += 6 * (length / 4);
    step4_plain(strip, fft->n, -1.0);
    for (size_t length = 16; length <= longest; length *= 4) {
        w -= 6 * (length / 4);
        step4_inverse(strip, fft->n, length / 4, w);
    }
    if (has_step2)
        step2_inverse(strip, fft->n, fft->twiddles);
}

/* ------------------------------------------------------------------- halves, columns */

BODY void transpose(lanes *m)
{
    lanes a = __builtin_shufflevector(m[0], m[1], 0, 4, 2, 6);
    lanes b = __builtin_shufflevector(m[0], m[1], 1, 5, 3, 7);
    lanes c = __builtin_shufflevector(m[2], m[3], 0, 4, 2, 6);
    lanes d = __builtin_shufflevector(m[2], m[3], 1, 5, 3, 7);
    m[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    m[1] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    m[2] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    m[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

/* Twice the half spectra, Z = A + iB: 2 A(k) = Z(k) + conj Z(-k), 2 B(k) = -i (Z(k) - conj
 * Z(-k)). */
BODY void split(const kerb_density__fft *fft, const double *columns, double *half_a,
                double *half_b)
{
    size_t n = fft->n;
    for (size_t t = 0; t < fft->n_half_strips; t++)
        for (size_t s = 0; s < n / LANES; s++) {
            const double *strip = columns + s * fft->strip_size;
            lanes a_re[LANES], a_im[LANES], b_re[LANES], b_im[LANES];
            for (size_t l = 0; l < LANES; l++) {
                /* Beyond n / 2 there is nothing to keep, but any number will do. */
                size_t k = (LANES * t + l) % n;
                const double *at = strip + fft->place_of[k] * ROW;
                const double *mirror = strip + fft->place_of[(n - k) % n] * ROW;
                lanes z_re = *(const lanes *)at, z_im = *(const lanes *)(at + LANES);
                lanes m_re = *(const lanes *)mirror, m_im = *(const lanes *)(mirror + LANES);
                a_re[l] = z_re + m_re, a_im[l] = z_im - m_im;
                b_re[l] = z_im + m_im, b_im[l] = m_re - z_re;
            }
            transpose(a_re), transpose(a_im), transpose(b_re), transpose(b_im);
            size_t to = t * fft->strip_size + s * LANES * ROW;
            for (size_t l = 0; l < LANES; l++) {
                RE(half_a + to, l) = a_re[l], IM(half_a + to, l) = a_im[l];
                RE(half_b + to, l) = b_re[l], IM(half_b + to, l) = b_im[l];
            }
        }
}

BODY void join(const kerb_density__fft *fft, const double *half_a, const double *half_b,
               double *columns, size_t first, size_t end)
{
    size_t n = fft->n;
    for (size_t s = first; s < end; s++) {
        double *strip = columns + s * fft->strip_size;
        for (size_t t = 0; t < fft->n_half_strips; t++) {
            const double *a = half_a + t * fft->strip_size + s * LANES * ROW;
            const double *b = half_b + t * fft->strip_size + s * LANES * ROW;
            lanes a_re[LANES], a_im[LANES], b_re[LANES], b_im[LANES];
            for (size_t l = 0; l < LANES; l++) {
                a_re[l] = *(const lanes *)(a + l * ROW);
                a_im[l] = *(const lanes *)(a + l * ROW + LANES);
                b_re[l] = *(const lanes *)(b + l * ROW);
                b_im[l] = *(const lanes *)(b + l * ROW + LANES);
            }
            transpose(a_re), transpose(a_im), transpose(b_re), transpose(b_im);
            for (size_t l = 0; l < LANES && LANES * t + l <= n / 2; l++) {
                size_t k = LANES * t + l;
                double *at = strip + fft->place_of[k] * ROW;
                double *mirror = strip + fft->place_of[(n - k) % n] * ROW;
                *(lanes *)mirror = a_re[l] + b_im[l];
                *(lanes *)(mirror + LANES) = b_re[l] - a_im[l];
                *(lanes *)at = a_re[l] - b_im[l];
                *(lanes *)(at + LANES) = a_im[l] + b_re[l];
            }
        }
    }
}

/* ---------------------------------------------------------------------------- levels */

#define LEVEL(level, TARGET)                                                                   \
    TARGET static void forward_##level(const kerb_density__fft *fft, double *strip)            \
    {                                                                                          \
        forward(fft, strip);                                                                   \
    }                                                                                          \
    TARGET static void inverse_##level(const kerb_density__fft *fft, double *strip)            \
    {                                                                                          \
        inverse(fft, strip);                                                                   \
    }                                                                                          \
    TARGET static void split_##level(const kerb_density__fft *fft, const double *columns,      \
                                     double *half_a, double *half_b)                           \
    {                                                                                          \
        split(fft, columns, half_a, half_b);                                                   \
    }                                                                                          \
    TARGET static void join_##level(const kerb_density__fft *fft, const double *half_a,        \
                                    const double *half_b, double *columns, size_t first,       \
                                    size_t end)                                                \
    {                                                                                          \
        join(fft, half_a, half_b, columns, first, end);                                        \
    }

#define LOOPS_OF(level)                                                                        \
    {                                                                                          \
        forward_##level, inverse_##level, split_##level, join_##level                          \
    }

LEVEL(scalar, )
#if defined(__x86_64__)
/* Vectors of 4 at both: a plane streams from the second cache and gains nothing from 8. The
 * higher level has twice as many registers. */
LEVEL(avx2, __attribute__((target("avx2"))))
LEVEL(avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
#endif

static kerb_density__fft_loops find_loops(kerb_simd level)
{
    static const kerb_density__fft_loops LOOPS[KERB_SIMD_LEVELS] = {
        [KERB_SIMD_SCALAR] = LOOPS_OF(scalar),
#if defined(__x86_64__)
        [KERB_SIMD_AVX2] = LOOPS_OF(avx2),
        [KERB_SIMD_AVX512] = LOOPS_OF(avx512),
#endif
    };
    return LOOPS[level];
}

/* ---------------------------------------------------------------------------- tables */

/* cos and sin of -2 pi j / n, the angle brought to the first eighth so that the error stays
 * below one unit in the last place. */
static void find_root(size_t j, size_t n, double *re, double *im)
{
    j %= n;
    size_t quarter = 4 * j / n, rest = j - quarter * (n / 4);
    bool is_late = 8 * rest > n;
    double angle = 2.0 * KERB_PI * (double)(is_late ? n / 4 - rest : rest) / (double)n;
    double c = is_late ? sin(angle) : cos(angle), s = is_late ? cos(angle) : sin(angle);
    const double turned_re[] = {c, -s, -c, s}, turned_im[] = {-s, -c, s, c};
    *re = turned_re[quarter], *im = turned_im[quarter];
}

static void fill_tables(kerb_density__fft *fft)
{
    double *w = fft->twiddles;
    size_t length = fft->n;
    if (!is_power_of_4(length)) {
        for (size_t j = 0; j < length / 2; j++, w += 2)
            find_root(j, length, &w[0], &w[1]);
        length /= 2;
    }
    for (; length > 4; length /= 4)
        for (size_t j = 0; j < length / 4; j++, w += 6)
            for (size_t i = 0; i < 3; i++)
                find_root((i + 1) * j, length, &w[2 * i], &w[2 * i + 1]);
    for (size_t k = 0; k < fft->n; k++) {
        size_t place = 0, frequency = k, rows = fft->n;
        for (size_t radix = is_power_of_4(rows) ? 4 : 2; rows > 1; radix = 4) {
            rows /= radix;
            place += frequency % radix * rows;
            frequency /= radix;
        }
        fft->place_of[k] = (uint32_t)place;
    }
}

kerb_status kerb_density__fft_new(kerb_ctx *ctx, size_t n, kerb_density__fft **out)
{
    kerb_density__fft *fft = kerb_calloc_array(1, sizeof *fft);
    if (!fft)
        return kerb_fail_nomem(ctx, "a transform");
    fft->n = n;
    fft->n_half_strips = n / (2 * LANES) + 1;
    fft->strip_size = n * ROW;
    fft->columns_size = n / LANES * fft->strip_size;
    fft->half_size = fft->n_half_strips * fft->strip_size;
    fft->twiddles = kerb_alloc_array(3 * n, sizeof *fft->twiddles); /* 2 n and less is used */
    fft->place_of = kerb_alloc_array(n, sizeof *fft->place_of);
    if (!fft->twiddles || !fft->place_of) {
        kerb_density__fft_free(fft);
        return kerb_fail_nomem(ctx, "a transform");
    }
    fft->loops = find_loops(kerb_ctx_get_simd(ctx));
    fill_tables(fft);
    *out = fft;
    return KERB_OK;
}

void kerb_density__fft_free(kerb_density__fft *fft)
{
    if (!fft)
        return;
    kerb_free(fft->place_of);
    kerb_free(fft->twiddles);
    kerb_free(fft);
}

double *kerb_density__alloc_lines(size_t n, void **block)
{
    enum { LINE = 64 };
    *block = kerb_alloc_array(n + LINE / sizeof(double), sizeof(double));
    uintptr_t address = (uintptr_t)*block;
    return *block ? (double *)((address + LINE - 1) / LINE * LINE) : NULL;
}
