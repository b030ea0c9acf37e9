/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops of the tile ring with AVX-512: a tile is one vector of floats, two of doubles. */
#include "density_ring.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LEVEL(name) name##_avx512
#define TARGET      __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,fma")))

typedef __m512 F;
typedef __m512d D;
enum { F_LANES = 16, D_LANES = 8 };

#define F_LOAD(p)       _mm512_loadu_ps(p)
#define F_STORE(p, v)   _mm512_storeu_ps(p, v)
#define F_SET(s)        _mm512_set1_ps(s)
#define F_ADD(a, b)     _mm512_add_ps(a, b)
#define F_SUB(a, b)     _mm512_sub_ps(a, b)
#define F_MUL(a, b)     _mm512_mul_ps(a, b)
#define F_FMA(a, b, c)  _mm512_fmadd_ps(a, b, c)
#define F_POSITIVE(v)   _mm512_max_ps(v, _mm512_setzero_ps())
#define F_COLS(p, part) _mm512_broadcast_f32x4(_mm_loadu_ps(p))
#define F_ROWS(p, part) rows_of_floats(p)

#define D_LOAD(p)       _mm512_loadu_pd(p)
#define D_STORE(p, v)   _mm512_storeu_pd(p, v)
#define D_SET(s)        _mm512_set1_pd(s)
#define D_ADD(a, b)     _mm512_add_pd(a, b)
#define D_SUB(a, b)     _mm512_sub_pd(a, b)
#define D_MUL(a, b)     _mm512_mul_pd(a, b)
#define D_FMA(a, b, c)  _mm512_fmadd_pd(a, b, c)
#define D_POSITIVE(v)   _mm512_max_pd(v, _mm512_setzero_pd())
#define D_COLS(p, part) _mm512_broadcast_f64x4(_mm256_loadu_pd(p))
#define D_ROWS(p, part) rows_of_doubles((p) + 2 * (part))
#define D_COUNT(distance2, reach2, weight)                                                     \
    _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(distance2, reach2, _CMP_LE_OQ), weight)
#define F_TO_D(p) _mm512_cvtps_pd(_mm256_loadu_ps(p))

TARGET static inline F rows_of_floats(const float *p)
{
    const __m512i each = _mm512_set_epi32(3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0);
    return _mm512_permutevar_ps(_mm512_broadcast_f32x4(_mm_loadu_ps(p)), each);
}

TARGET static inline D rows_of_doubles(const double *p)
{
    return _mm512_insertf64x4(_mm512_set1_pd(p[0]), _mm256_set1_pd(p[1]), 1);
}

#include "density_ring_loops.h"

const kerb_density__ring_loops kerb_density__ring_avx512 = RING_LOOPS;

#endif
