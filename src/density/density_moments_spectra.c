/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cubics around a cell as spectra, and their product with those of the moments.
 *
 * The four cells of a block are mirror images: what the south-eastern one takes from moment
 * dx^i dy^j of the block at (ox, oy), the south-western one takes, times (-1)^i, from that at
 * (-ox, oy). So sums and differences over the cells depend on the offset evenly or oddly, and
 * their spectra have a real or an imaginary part only: half the memory and half the work. */
#include "density_moments.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

typedef double lanes __attribute__((vector_size(32), aligned(8), may_alias));

enum {
    LANES = KERB_DENSITY__FFT_LANES,
    ROW = KERB_DENSITY__FFT_ROW,
    N_MOMENTS = KERB_DENSITY__MOMENTS,
    N_FACTORS = N_MOMENTS + 1 /* the last is the bound's, of moment 0 */
};

/* 1 for odd in x, 2 for odd in y. */
static const uint8_t PARITY[N_MOMENTS] = {0, 1, 2, 0, 3, 0, 1, 2, 1, 2};

static bool is_imaginary(unsigned a, unsigned b)
{
    return ((a ^ b) == 1) || ((a ^ b) == 2);
}

/* ---------------------------------------------------------------------------- planes */

/* What output `class` takes from a moment of the block at an offset, or from its weight towards
 * the bound (moment N_MOMENTS). */
static double find_coefficient(const kerb_density__fits *fits, size_t n_classes, unsigned class,
                               size_t moment, size_t ox, size_t oy)
{
    unsigned parity = moment < N_MOMENTS ? PARITY[moment] : 0;
    size_t n_quadrants = n_classes, last = fits->width - 1;
    double sum = 0.0;
    for (unsigned quadrant = 0; quadrant < n_quadrants; quadrant++) {
        size_t x = quadrant & 1 ? last - ox : ox, y = quadrant & 2 ? last - oy : oy;
        size_t at = y * fits->width + x;
        double value = moment < N_MOMENTS ? fits->cubics[at][moment] : fits->errors[at];
        unsigned turned = quadrant & (parity ^ class); /* each axis changes the sign */
        sum += turned == 1 || turned == 2 ? -value : value;
    }
    return sum / (double)n_quadrants;
}

/* Put the coefficients of a plane into real or imaginary parts of columns. Returns the sum of
 * their sizes. */
static double fill_plane(const kerb_density__fft *fft, const kerb_density__fits *fits,
                         size_t n_classes, unsigned class, size_t moment, double scale,
                         double *columns)
{
    size_t reach = fits->width / 2, n = fft->n;
    double norm = 0.0;
    for (size_t j = 0; j < fits->width; j++)
        for (size_t i = 0; i < fits->width; i++) {
            size_t x = (i + n - reach) % n, y = (j + n - reach) % n;
            double c = find_coefficient(fits, n_classes, class, moment, i, j);
            columns[x / LANES * fft->strip_size + y * ROW + x % LANES] = c * scale;
            norm += fabs(c);
        }
    return norm;
}

static void keep_part(const kerb_density__spectra *s, const double *half, unsigned class,
                      size_t factor)
{
    unsigned parity = factor < N_MOMENTS ? PARITY[factor] : 0;
    size_t part = is_imaginary(parity, class) ? LANES : 0;
    size_t n_rows = s->fft->n_half_strips * s->fft->n;
    for (size_t row = 0; row < n_rows; row++)
        memcpy(s->factors + ((row * s->n_classes + class) * N_FACTORS + factor) * LANES,
               half + row * ROW + part, LANES * sizeof(double));
}

static void transform(const kerb_density__fft *fft, double *columns, double *half_a,
                      double *half_b)
{
    for (size_t s = 0; s < fft->n / LANES; s++)
        fft->loops.forward(fft, columns + s * fft->strip_size);
    fft->loops.split(fft, columns, half_a, half_b);
    for (size_t t = 0; t < fft->n_half_strips; t++) {
        fft->loops.forward(fft, half_a + t * fft->strip_size);
        fft->loops.forward(fft, half_b + t * fft->strip_size);
    }
}

static void fill_factors(kerb_density__spectra *s, const kerb_density__fits *fits,
                         double *columns, double *half_a, double *half_b)
{
    /* Forward and split double both factors of the product, and nothing else scales. */
    const kerb_density__fft *fft = s->fft;
    double scale = 0.25 / ((double)fft->n * (double)fft->n);
    for (unsigned class = 0; class < s->n_classes; class ++) {
        double cubic_norm = 0.0;
        for (size_t factor = 0; factor < N_FACTORS + 1; factor += 2) {
            memset(columns, 0, fft->columns_size * sizeof *columns);
            double norm = fill_plane(fft, fits, s->n_classes, class, factor, scale, columns);
            cubic_norm += factor < N_MOMENTS ? norm : 0.0;
            s->error_norm = fmax(s->error_norm, factor == N_MOMENTS ? norm : 0.0);
            if (factor + 1 < N_MOMENTS)
                cubic_norm += fill_plane(fft, fits, s->n_classes, class, factor + 1, scale,
                                         columns + LANES);
            transform(fft, columns, half_a, half_b);
            keep_part(s, half_a, class, factor);
            if (factor + 1 < N_MOMENTS)
                keep_part(s, half_b, class, factor + 1);
        }
        s->cubic_norm = fmax(s->cubic_norm, cubic_norm);
    }
}

kerb_status kerb_density__spectra_new(kerb_ctx *ctx, const kerb_density__blocks *blocks,
                                      const kerb_density__fits *fits, size_t fft_size,
                                      kerb_density__spectra *out)
{
    kerb_density__spectra s = {.n_classes = blocks->side == 2 ? 4 : 1};
    void *scratch = NULL;
    kerb_status status = kerb_density__fft_new(ctx, fft_size, &s.fft);
    if (status != KERB_OK)
        return status;
    const kerb_density__fft *fft = s.fft;
    s.factors = kerb_density__alloc_lines(
        fft->n_half_strips * fft->n * s.n_classes * N_FACTORS * LANES, &s.block);
    double *columns =
        kerb_density__alloc_lines(fft->columns_size + 2 * fft->half_size, &scratch);
    if (!s.factors || !columns) {
        kerb_free(scratch);
        kerb_density__spectra_clear(&s);
        return kerb_fail_nomem(ctx, "spectra of the kernel");
    }
    double *half_a = columns + fft->columns_size;
    fill_factors(&s, fits, columns, half_a, half_a + fft->half_size);
    kerb_free(scratch);
    *out = s;
    return KERB_OK;
}

void kerb_density__spectra_clear(kerb_density__spectra *spectra)
{
    kerb_free(spectra->block);
    kerb_density__fft_free(spectra->fft);
    *spectra = (kerb_density__spectra){0};
}

/* --------------------------------------------------------------------------- product */

#define BODY static inline __attribute__((always_inline))

/* One output of one row: sum of factors times the moments' spectra. `class` is a constant where
 * this is inlined. */
BODY void add_products(unsigned class, const lanes *re, const lanes *im, const lanes *factor,
                       double *value, double *bound)
{
    lanes sum_re = re[0] - re[0], sum_im = sum_re;
    for (size_t m = 0; m < N_MOMENTS; m++) {
        if (is_imaginary(PARITY[m], class)) {
            sum_re -= factor[m] * im[m];
            sum_im += factor[m] * re[m];
        } else {
            sum_re += factor[m] * re[m];
            sum_im += factor[m] * im[m];
        }
    }
    *(lanes *)value = sum_re;
    *(lanes *)(value + LANES) = sum_im;
    if (is_imaginary(0, class)) {
        *(lanes *)bound = -factor[N_MOMENTS] * im[0];
        *(lanes *)(bound + LANES) = factor[N_MOMENTS] * re[0];
    } else {
        *(lanes *)bound = factor[N_MOMENTS] * re[0];
        *(lanes *)(bound + LANES) = factor[N_MOMENTS] * im[0];
    }
}

BODY void multiply(const kerb_density__spectra *s, size_t i_strip, double *halves)
{
    size_t n = s->fft->n, half_size = s->fft->half_size;
    double *strip = halves + i_strip * s->fft->strip_size;
    const double *factors = s->factors + i_strip * n * s->n_classes * N_FACTORS * LANES;
    for (size_t row = 0; row < n; row++, strip += ROW) {
        lanes re[N_MOMENTS], im[N_MOMENTS];
        for (size_t m = 0; m < N_MOMENTS; m++) {
            re[m] = *(const lanes *)(strip + m * half_size);
            im[m] = *(const lanes *)(strip + m * half_size + LANES);
        }
        const lanes *f = (const lanes *)factors;
        add_products(0, re, im, f, strip, strip + half_size);
        if (s->n_classes == 4) {
            add_products(1, re, im, f + N_FACTORS, strip + 2 * half_size,
                         strip + 3 * half_size);
            add_products(2, re, im, f + 2 * N_FACTORS, strip + 4 * half_size,
                         strip + 5 * half_size);
            add_products(3, re, im, f + 3 * N_FACTORS, strip + 6 * half_size,
                         strip + 7 * half_size);
        }
        factors += s->n_classes * N_FACTORS * LANES;
    }
}

#define LEVEL(level, TARGET)                                                                   \
    TARGET static void multiply_##level(const kerb_density__spectra *s, size_t i_strip,        \
                                        double *halves)                                        \
    {                                                                                          \
        multiply(s, i_strip, halves);                                                          \
    }

LEVEL(scalar, )
#if defined(__x86_64__)
LEVEL(avx2, __attribute__((target("avx2"))))
LEVEL(avx512, __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"))))
#endif

kerb_density__multiply *kerb_density__multiply_of(kerb_simd level)
{
    static kerb_density__multiply *const MULTIPLY[KERB_SIMD_LEVELS] = {
        [KERB_SIMD_SCALAR] = multiply_scalar,
#if defined(__x86_64__)
        [KERB_SIMD_AVX2] = multiply_avx2,
        [KERB_SIMD_AVX512] = multiply_avx512,
#endif
    };
    return MULTIPLY[level];
}
