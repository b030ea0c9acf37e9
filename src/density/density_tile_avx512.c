/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tile loops in vectors of eight: 24 sums of 32 registers, the columns' terms in three. */
#include "density_tile.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define KERB_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma")))
#define V_OP        static inline __attribute__((always_inline)) KERB_TARGET
#define LOOPS       kerb_density__loops_avx512

typedef __m512d vec;
enum { LANES = 8, TILE_ROWS = 8, WIDE = 3 };

V_OP vec v_set1(double a)
{
    return _mm512_set1_pd(a);
}

V_OP vec v_load(const double *at)
{
    return _mm512_loadu_pd(at);
}

V_OP void v_store(double *at, vec a)
{
    _mm512_storeu_pd(at, a);
}

V_OP vec v_add(vec a, vec b)
{
    return _mm512_add_pd(a, b);
}

V_OP vec v_sub(vec a, vec b)
{
    return _mm512_sub_pd(a, b);
}

V_OP vec v_mul(vec a, vec b)
{
    return _mm512_mul_pd(a, b);
}

/* a b + c */
V_OP vec v_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_pd(a, b, c);
}

/* c - a b */
V_OP vec v_fnma(vec a, vec b, vec c)
{
    return _mm512_fnmadd_pd(a, b, c);
}

V_OP vec v_max0(vec a)
{
    return _mm512_max_pd(a, _mm512_setzero_pd());
}

V_OP vec v_sqrt(vec a)
{
    return _mm512_sqrt_pd(a);
}

/* `kept` where a <= b, else 0. */
V_OP vec v_keep_le(vec a, vec b, vec kept)
{
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, b, _CMP_LE_OQ), kept);
}

/* a b + c where d <= limit, else c. */
V_OP vec v_fma_le(vec a, vec b, vec c, vec d, vec limit)
{
    return _mm512_mask3_fmadd_pd(a, b, c, _mm512_cmp_pd_mask(d, limit, _CMP_LE_OQ));
}

/* a 2^k for the whole number k in the low bits of `shifted`. */
V_OP vec v_ldexp(vec a, vec shifted)
{
    __m512i exponent = _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), exponent));
}

#include "density_tile_loops.h"

#endif
