/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops of the tile ring in plain C: a vector is one row of a tile, which compilers put
 * into what every machine of a kind has (SSE2 on x86-64). */
#include "density_ring.h"

#define LEVEL(name) name##_scalar
#define TARGET

typedef struct F {
    float v[4];
} F;
typedef struct D {
    double v[4];
} D;
enum { F_LANES = 4, D_LANES = 4 };

#define EACH(type, expression)                                                                 \
    type out;                                                                                  \
    for (int i = 0; i < 4; i++)                                                                \
        out.v[i] = expression;                                                                 \
    return out

#define DEFINE_VECTOR(T, X)                                                                    \
    static inline X X##_LOAD(const T *p)                                                       \
    {                                                                                          \
        EACH(X, p[i]);                                                                         \
    }                                                                                          \
    static inline void X##_STORE(T *p, X a)                                                    \
    {                                                                                          \
        for (int i = 0; i < 4; i++)                                                            \
            p[i] = a.v[i];                                                                     \
    }                                                                                          \
    static inline X X##_SET(T s)                                                               \
    {                                                                                          \
        EACH(X, s);                                                                            \
    }                                                                                          \
    static inline X X##_ADD(X a, X b)                                                          \
    {                                                                                          \
        EACH(X, a.v[i] + b.v[i]);                                                              \
    }                                                                                          \
    static inline X X##_SUB(X a, X b)                                                          \
    {                                                                                          \
        EACH(X, a.v[i] - b.v[i]);                                                              \
    }                                                                                          \
    static inline X X##_MUL(X a, X b)                                                          \
    {                                                                                          \
        EACH(X, a.v[i] * b.v[i]);                                                              \
    }                                                                                          \
    static inline X X##_FMA(X a, X b, X c)                                                     \
    {                                                                                          \
        EACH(X, a.v[i] * b.v[i] + c.v[i]);                                                     \
    }                                                                                          \
    static inline X X##_POSITIVE(X a)                                                          \
    {                                                                                          \
        EACH(X, a.v[i] > 0 ? a.v[i] : 0);                                                      \
    }

DEFINE_VECTOR(float, F)
DEFINE_VECTOR(double, D)

#define F_COLS(p, part) F_LOAD(p)
#define F_ROWS(p, part) F_SET((p)[part])
#define D_COLS(p, part) D_LOAD(p)
#define D_ROWS(p, part) D_SET((p)[part])

static inline D D_COUNT(D distance2, D reach2, D weight)
{
    EACH(D, distance2.v[i] <= reach2.v[i] ? weight.v[i] : 0.0);
}

static inline D F_TO_D(const float *p)
{
    EACH(D, (double)p[i]);
}

#include "density_ring_loops.h"

const kerb_density__ring_loops kerb_density__ring_scalar = RING_LOOPS;

const kerb_density__ring_loops *kerb_density__ring_loops_of(kerb_simd level)
{
#if defined(__x86_64__)
    if (level == KERB_SIMD_AVX512)
        return &kerb_density__ring_avx512;
    if (level == KERB_SIMD_AVX2)
        return &kerb_density__ring_avx2;
#endif
    (void)level;
    return &kerb_density__ring_scalar;
}
