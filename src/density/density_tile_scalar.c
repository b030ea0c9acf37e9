/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tile loops for any machine: pairs of doubles, which compilers give to whatever vectors
 * there are, and no fused steps. */
#include "density_tile.h"

#include <math.h>

#define KERB_TARGET
#define V_OP  static inline __attribute__((always_inline))
#define LOOPS kerb_density__loops_scalar

typedef double vec __attribute__((vector_size(16)));
typedef uint64_t bits __attribute__((vector_size(16)));
enum { LANES = 2, TILE_ROWS = 4, WIDE = 2 };

V_OP vec v_set1(double a)
{
    return (vec){a, a};
}

V_OP vec v_load(const double *at)
{
    return (vec){at[0], at[1]};
}

V_OP void v_store(double *at, vec a)
{
    at[0] = a[0];
    at[1] = a[1];
}

V_OP vec v_add(vec a, vec b)
{
    return a + b;
}

V_OP vec v_sub(vec a, vec b)
{
    return a - b;
}

V_OP vec v_mul(vec a, vec b)
{
    return a * b;
}

/* a b + c */
V_OP vec v_fma(vec a, vec b, vec c)
{
    return a * b + c;
}

/* c - a b */
V_OP vec v_fnma(vec a, vec b, vec c)
{
    return c - a * b;
}

V_OP vec v_max0(vec a)
{
    return (vec)((bits)(a > 0.0) & (bits)a);
}

V_OP vec v_sqrt(vec a)
{
    return (vec){sqrt(a[0]), sqrt(a[1])};
}

/* `kept` where a <= b, else 0. */
V_OP vec v_keep_le(vec a, vec b, vec kept)
{
    return (vec)((bits)(a <= b) & (bits)kept);
}

/* a b + c where d <= limit, else c. */
V_OP vec v_fma_le(vec a, vec b, vec c, vec d, vec limit)
{
    return v_fma(v_keep_le(d, limit, a), b, c);
}

/* a 2^k for the whole number k in the low bits of `shifted`. */
V_OP vec v_ldexp(vec a, vec shifted)
{
    return (vec)((bits)a + ((bits)shifted << 52));
}

#include "density_tile_loops.h"
