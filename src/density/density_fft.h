/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_FFT_H
#define KERB_DENSITY_FFT_H

/* Fourier transforms of square real planes, n x n with n = 64, 128, 256 or 512, in doubles.
 *
 * Two real planes A, B go as one complex plane A + iB. It is held in *strips* of 4 columns: a
 * strip has n rows of 8 doubles, 4 real parts and 4 imaginary ones, one cache line, and is
 * transformed down its rows with the 4 columns side by side in a vector. What comes out is cut
 * into the *half spectra* of A and of B, held in strips of 4 wave numbers ky with x down the
 * rows, so that the second direction is a transform down the rows again.
 *
 *    columns [x / 4][y]  --forward-->  [x / 4][ky]  --split-->  2 halves [ky / 4][x]
 *    halves  [ky / 4][x] --forward-->  [ky / 4][kx]                 (strip by strip)
 *
 * and back by inverse and join. Frequencies stay in the order in which the transform leaves
 * them: what is multiplied has been transformed the same way. Nothing is scaled: forward, split
 * (which doubles), inverse, join multiplies by 2 n^2.
 *
 * No fused multiplication, and each column has its own sums: the bits are those of any level
 * and machine. Error in the 2-norm: log2(n^2) 7 u of it, u = 2^-53 (Higham (2002) theorem 24.2
 * [higham2002]). */

#include "kerb_core.h"

enum { KERB_DENSITY__FFT_LANES = 4, KERB_DENSITY__FFT_ROW = 8 /* doubles */ };

typedef struct kerb_density__fft kerb_density__fft;

/* The loops of one SIMD level; strips are aligned to 64 bytes. */
typedef struct kerb_density__fft_loops {
    void (*forward)(const kerb_density__fft *fft, double *strip);
    void (*inverse)(const kerb_density__fft *fft, double *strip);
    void (*split)(const kerb_density__fft *fft, const double *columns, double *half_a,
                  double *half_b);
    /* Strips [first, end) of the columns only. */
    void (*join)(const kerb_density__fft *fft, const double *half_a, const double *half_b,
                 double *columns, size_t first, size_t end);
} kerb_density__fft_loops;

struct kerb_density__fft {
    size_t n;
    size_t n_half_strips; /* of a half spectrum: n / 8 + 1, the last holds ky = n / 2 alone */
    size_t strip_size;    /* doubles */
    size_t columns_size, half_size;
    double *twiddles;
    uint32_t *place_of; /* row at which the transform leaves frequency k */
    kerb_density__fft_loops loops;
};

kerb_status kerb_density__fft_new(kerb_ctx *ctx, size_t n, kerb_density__fft **out);
void kerb_density__fft_free(kerb_density__fft *fft);

/* Doubles at a multiple of 64 bytes; `block` is what is freed. */
double *kerb_density__alloc_lines(size_t n, void **block);

#endif
