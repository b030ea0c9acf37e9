/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tile loops in vectors of four: twelve sums of 16 registers, the columns' terms in three.
 */
#include "density_tile.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define KERB_TARGET __attribute__((target("avx2,fma")))
#define V_OP        static inline __attribute__((always_inline)) KERB_TARGET
#define LOOPS       kerb_density__loops_avx2

typedef __m256d vec;
enum { LANES = 4, TILE_ROWS = 4, WIDE = 3 };

V_OP vec v_set1(double a)
{
    return _mm256_set1_pd(a);
}

V_OP vec v_load(const double *at)
{
    return _mm256_loadu_pd(at);
}

V_OP void v_store(double *at, vec a)
{
    _mm256_storeu_pd(at, a);
}

V_OP vec v_add(vec a, vec b)
{
    return _mm256_add_pd(a, b);
}

V_OP vec v_sub(vec a, vec b)
{
    return _mm256_sub_pd(a, b);
}

V_OP vec v_mul(vec a, vec b)
{
    return _mm256_mul_pd(a, b);
}

/* a b + c */
V_OP vec v_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_pd(a, b, c);
}

/* c - a b */
V_OP vec v_fnma(vec a, vec b, vec c)
{
    return _mm256_fnmadd_pd(a, b, c);
}

V_OP vec v_max0(vec a)
{
    return _mm256_max_pd(a, _mm256_setzero_pd());
}

V_OP vec v_sqrt(vec a)
{
    return _mm256_sqrt_pd(a);
}

/* `kept` where a <= b, else 0. */
V_OP vec v_keep_le(vec a, vec b, vec kept)
{
    return _mm256_and_pd(_mm256_cmp_pd(a, b, _CMP_LE_OQ), kept);
}

/* a b + c where d <= limit, else c. */
V_OP vec v_fma_le(vec a, vec b, vec c, vec d, vec limit)
{
    return v_fma(v_keep_le(d, limit, a), b, c);
}

/* a 2^k for the whole number k in the low bits of `shifted`. */
V_OP vec v_ldexp(vec a, vec shifted)
{
    __m256i exponent = _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), exponent));
}

#include "density_tile_loops.h"

#endif
