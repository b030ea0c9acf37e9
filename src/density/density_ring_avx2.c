/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops of the tile ring with AVX2 and FMA: a tile is two vectors of floats, four of
 * doubles. */
#include "density_ring.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LEVEL(name) name##_avx2
#define TARGET      __attribute__((target("avx2,fma")))

typedef __m256 F;
typedef __m256d D;
enum { F_LANES = 8, D_LANES = 4 };

#define F_LOAD(p)       _mm256_loadu_ps(p)
#define F_STORE(p, v)   _mm256_storeu_ps(p, v)
#define F_SET(s)        _mm256_set1_ps(s)
#define F_ADD(a, b)     _mm256_add_ps(a, b)
#define F_SUB(a, b)     _mm256_sub_ps(a, b)
#define F_MUL(a, b)     _mm256_mul_ps(a, b)
#define F_FMA(a, b, c)  _mm256_fmadd_ps(a, b, c)
#define F_POSITIVE(v)   _mm256_max_ps(v, _mm256_setzero_ps())
#define F_COLS(p, part) _mm256_set_m128(_mm_loadu_ps(p), _mm_loadu_ps(p))
#define F_ROWS(p, part) rows_of_floats((p) + 2 * (part))

#define D_LOAD(p)       _mm256_loadu_pd(p)
#define D_STORE(p, v)   _mm256_storeu_pd(p, v)
#define D_SET(s)        _mm256_set1_pd(s)
#define D_ADD(a, b)     _mm256_add_pd(a, b)
#define D_SUB(a, b)     _mm256_sub_pd(a, b)
#define D_MUL(a, b)     _mm256_mul_pd(a, b)
#define D_FMA(a, b, c)  _mm256_fmadd_pd(a, b, c)
#define D_POSITIVE(v)   _mm256_max_pd(v, _mm256_setzero_pd())
#define D_COLS(p, part) _mm256_loadu_pd(p)
#define D_ROWS(p, part) _mm256_set1_pd((p)[part])
#define D_COUNT(distance2, reach2, weight)                                                     \
    _mm256_and_pd(_mm256_cmp_pd(distance2, reach2, _CMP_LE_OQ), weight)
#define F_TO_D(p) _mm256_cvtps_pd(_mm_loadu_ps(p))

TARGET static inline F rows_of_floats(const float *p)
{
    return _mm256_set_m128(_mm_set1_ps(p[1]), _mm_set1_ps(p[0]));
}

#include "density_ring_loops.h"

const kerb_density__ring_loops kerb_density__ring_avx2 = RING_LOOPS;

#endif
