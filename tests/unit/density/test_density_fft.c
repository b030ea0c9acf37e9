/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms by their laws: back is where it was, a product of spectra is a circular
 * convolution, and every level gives the same bits. */
#include "near.h"

#include <string.h>

#include "density_fft.h"
#include "kerb_base.h"

#include "test_context.h"

enum { LANES = KERB_DENSITY__FFT_LANES, ROW = KERB_DENSITY__FFT_ROW };

static double random_share(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* One complex plane of columns and the half spectra of its two real ones. */
typedef struct planes {
    kerb_density__fft *fft;
    void *block;
    double *columns, *half[2];
} planes;

static planes new_planes(size_t n)
{
    planes p;
    assert_int_equal(kerb_density__fft_new(ctx, n, &p.fft), KERB_OK);
    size_t size = p.fft->columns_size + 2 * p.fft->half_size;
    p.columns = kerb_density__alloc_lines(size, &p.block);
    assert_non_null(p.columns);
    memset(p.columns, 0, size * sizeof *p.columns);
    p.half[0] = p.columns + p.fft->columns_size;
    p.half[1] = p.half[0] + p.fft->half_size;
    return p;
}

static void free_planes(planes *p)
{
    kerb_free(p->block);
    kerb_density__fft_free(p->fft);
}

static double *number_at(const planes *p, size_t plane, size_t row, size_t col)
{
    return p->columns + col / LANES * p->fft->strip_size + row * ROW + plane * LANES +
           col % LANES;
}

static void fill(planes *p, uint64_t seed)
{
    for (size_t row = 0; row < p->fft->n; row++)
        for (size_t col = 0; col < p->fft->n; col++)
            for (size_t plane = 0; plane < 2; plane++)
                *number_at(p, plane, row, col) = random_share(&seed);
}

static void transform(planes *p)
{
    const kerb_density__fft *fft = p->fft;
    for (size_t s = 0; s < fft->n / LANES; s++)
        fft->loops.forward(fft, p->columns + s * fft->strip_size);
    fft->loops.split(fft, p->columns, p->half[0], p->half[1]);
    for (size_t t = 0; t < fft->n_half_strips; t++)
        for (size_t h = 0; h < 2; h++)
            fft->loops.forward(fft, p->half[h] + t * fft->strip_size);
}

static void transform_back(planes *p)
{
    const kerb_density__fft *fft = p->fft;
    for (size_t t = 0; t < fft->n_half_strips; t++)
        for (size_t h = 0; h < 2; h++)
            fft->loops.inverse(fft, p->half[h] + t * fft->strip_size);
    fft->loops.join(fft, p->half[0], p->half[1], p->columns, 0, fft->n / LANES);
    for (size_t s = 0; s < fft->n / LANES; s++)
        fft->loops.inverse(fft, p->columns + s * fft->strip_size);
}

static void density_fft__back_is_twice_n_squared_times_what_was(void **state)
{
    (void)state;
    for (size_t n = 64; n <= 512; n *= 2) {
        planes p = new_planes(n), before = new_planes(n);
        fill(&p, n), fill(&before, n);
        transform(&p);
        transform_back(&p);
        double worst = 0.0, scale = 0.5 / ((double)n * (double)n);
        for (size_t i = 0; i < p.fft->columns_size; i++)
            worst = fmax(worst, fabs(p.columns[i] * scale - before.columns[i]));
        assert_near_abs(worst, 0.0, 1e-14);
        free_planes(&p), free_planes(&before);
    }
}

static void density_fft__product_is_the_circular_convolution(void **state)
{
    (void)state;
    for (size_t n = 64; n <= 128; n *= 2) { /* with and without a step of radix 2 */
        planes p = new_planes(n), q = new_planes(n), before = new_planes(n);
        fill(&p, 7), fill(&before, 7);
        /* Each plane is convolved with three spikes of its own. */
        const size_t rows[2][3] = {{0, 1, n - 2}, {5, n / 2, n - 1}};
        const size_t cols[2][3] = {{0, 3, n - 1}, {n / 2, 2, 2}};
        const double heights[3] = {1.0, -2.0, 0.5};
        for (size_t plane = 0; plane < 2; plane++)
            for (size_t k = 0; k < 3; k++)
                *number_at(&q, plane, rows[plane][k], cols[plane][k]) = heights[k];
        transform(&p), transform(&q);
        for (size_t h = 0; h < 2; h++)
            for (size_t i = 0; i < p.fft->half_size; i += ROW)
                for (size_t l = 0; l < LANES; l++) {
                    double *a = p.half[h] + i + l;
                    const double *b = q.half[h] + i + l;
                    double re = a[0] * b[0] - a[LANES] * b[LANES];
                    a[LANES] = a[0] * b[LANES] + a[LANES] * b[0];
                    a[0] = re;
                }
        transform_back(&p);
        double worst = 0.0, scale = 0.25 / ((double)n * (double)n);
        for (size_t plane = 0; plane < 2; plane++)
            for (size_t row = 0; row < n; row++)
                for (size_t col = 0; col < n; col++) {
                    double sum = 0.0;
                    for (size_t k = 0; k < 3; k++)
                        sum += heights[k] * *number_at(&before, plane,
                                                       (row + n - rows[plane][k]) % n,
                                                       (col + n - cols[plane][k]) % n);
                    worst = fmax(worst, fabs(*number_at(&p, plane, row, col) * scale - sum));
                }
        assert_near_abs(worst, 0.0, 1e-13);
        free_planes(&p), free_planes(&q), free_planes(&before);
    }
}

static void density_fft__levels_give_the_same_bits(void **state)
{
    (void)state;
    kerb_ctx_set_simd(ctx, KERB_SIMD_SCALAR);
    planes plain = new_planes(128);
    fill(&plain, 3);
    transform(&plain);
    for (kerb_simd level = KERB_SIMD_AVX2; level < KERB_SIMD_LEVELS; level++) {
        kerb_ctx_set_simd(ctx, level);
        planes p = new_planes(128);
        fill(&p, 3);
        transform(&p);
        size_t size = (p.fft->columns_size + 2 * p.fft->half_size) * sizeof(double);
        assert_memory_equal(p.columns, plain.columns, size);
        free_planes(&p);
    }
    kerb_ctx_set_simd(ctx, kerb_simd_best());
    free_planes(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_fft__back_is_twice_n_squared_times_what_was),
        cmocka_unit_test(density_fft__product_is_the_circular_convolution),
        cmocka_unit_test(density_fft__levels_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
