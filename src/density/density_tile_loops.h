/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body of density_tile_<level>.c, which defines before including it:
 *   KERB_TARGET   the attribute of functions of the level
 *   vec, LANES    a vector of doubles and how many
 *   TILE_ROWS, WIDE  rows of a tile, and vectors across a wide one
 *   v_set1 v_load v_store v_add v_sub v_mul v_fma v_fnma v_max0 v_sqrt v_keep_le v_ldexp
 *   LOOPS         the name of the table
 * `shape` and `n_vec` are constants wherever add_tile() is inlined: each use becomes a loop
 * without a branch in it. */

#define INLINE static inline __attribute__((always_inline)) KERB_TARGET

/* ------------------------------------------------------------------------- exponential */

/* exp(a) for -700 <= a <= 0. a = k ln 2 + r with |r| <= ln 2 / 2, exp(r) by its Taylor series:
 * what is left out is below r^14 / 14! = 5e-18. k ln 2 is exact: the first part of ln 2 has 32
 * bits (Cody and Waite (1980) chapter 6 [cody1980]). Only additions and multiplications, so
 * that no library decides about the last bit. */
INLINE vec v_exp(vec a)
{
    static const double SERIES[] = {1.0 / 479001600,
                                    1.0 / 39916800,
                                    1.0 / 3628800,
                                    1.0 / 362880,
                                    1.0 / 40320,
                                    1.0 / 5040,
                                    1.0 / 720,
                                    1.0 / 120,
                                    1.0 / 24,
                                    1.0 / 6,
                                    0.5,
                                    1.0,
                                    1.0};
    const double to_integer = 0x1.8p52; /* adding it rounds to a whole number in the low bits */
    vec shifted = v_fma(a, v_set1(1.4426950408889634), v_set1(to_integer));
    vec k = v_sub(shifted, v_set1(to_integer));
    vec r = v_fnma(k, v_set1(0x1.62e42feep-1), a);
    r = v_fnma(k, v_set1(0x1.a39ef35793c76p-33), r);
    vec sum = v_set1(1.0 / 6227020800);
    for (size_t i = 0; i < sizeof SERIES / sizeof *SERIES; i++)
        sum = v_fma(sum, r, v_set1(SERIES[i]));
    return v_ldexp(sum, shifted);
}

KERB_TARGET static void fill_bells(double *bells, const double *at_m, size_t n, double centre_m,
                                   double per_m, double exponent)
{
    const vec lowest = v_set1(-700.0); /* exp() of less is of no account and has no exponent */
    for (size_t i = 0; i < n; i += LANES) {
        vec d = v_mul(v_sub(v_load(at_m + i), v_set1(centre_m)), v_set1(per_m));
        vec a = v_mul(v_set1(exponent), v_mul(d, d));
        v_store(bells + i, v_exp(v_add(v_max0(v_sub(a, lowest)), lowest)));
    }
}

/* ------------------------------------------------------------------------------- tiles */

INLINE vec square_of_dx(const kerb_density__tile *tile, const kerb_density__stamp *stamp,
                        size_t i_vec)
{
    vec dx = v_mul(v_sub(v_load(tile->col_x + i_vec * LANES), v_set1(stamp->x_m)),
                   v_set1(stamp->per_m));
    return v_mul(dx, dx);
}

INLINE vec add_share(kerb_density__shape shape, vec sum, vec dx2, vec row_term,
                     const kerb_density__stamp *stamp)
{
    vec weight = v_set1(stamp->weight), t;
    switch (shape) {
    case KERB_DENSITY__FLAT: /* no fused step: who is in is the same at all levels */
        return v_add(sum, v_keep_le(v_add(dx2, row_term), v_set1(stamp->reach2), weight));
    case KERB_DENSITY__CONE:
        t = v_max0(v_sub(v_set1(stamp->reach), v_sqrt(v_add(dx2, row_term))));
        return v_fma(weight, t, sum);
    case KERB_DENSITY__CONE_2:
        t = v_max0(v_sub(v_set1(stamp->reach), v_sqrt(v_add(dx2, row_term))));
        return v_fma(v_mul(weight, t), t, sum);
    case KERB_DENSITY__DOME:
        return v_fma(weight, v_max0(v_sub(row_term, dx2)), sum);
    case KERB_DENSITY__DOME_2:
        t = v_max0(v_sub(row_term, dx2));
        return v_fma(v_mul(weight, t), t, sum);
    case KERB_DENSITY__DOME_3:
        t = v_max0(v_sub(row_term, dx2));
        return v_fma(v_mul(weight, t), v_mul(t, t), sum);
    case KERB_DENSITY__DOME_4:
        t = v_max0(v_sub(row_term, dx2));
        t = v_mul(t, t);
        return v_fma(v_mul(weight, t), t, sum);
    case KERB_DENSITY__DOME_6:
        t = v_max0(v_sub(row_term, dx2));
        t = v_mul(t, v_mul(t, t));
        return v_fma(v_mul(weight, t), t, sum);
    case KERB_DENSITY__BELL:
    case KERB_DENSITY__SHAPE_COUNT:
        break;
    }
    return sum;
}

/* One bell; where its rim may cross the tile, cells beyond it get nothing. */
INLINE void add_bell(vec sums[TILE_ROWS][WIDE], size_t n_vec, const kerb_density__tile *tile,
                     const kerb_density__stamp *stamp, bool has_rim)
{
    const double *row_bells = stamp->row_bells + tile->first_row;
    const double *row_terms = stamp->row_terms + tile->first_row;
    const double *bells = stamp->col_bells + (tile->i_tile - stamp->first_tile) * n_vec * LANES;
    vec across[WIDE], dx2[WIDE];
    for (size_t v = 0; v < n_vec; v++) {
        across[v] = v_load(bells + v * LANES);
        dx2[v] = has_rim ? square_of_dx(tile, stamp, v) : across[v];
    }
    for (size_t row = 0; row < TILE_ROWS; row++)
        for (size_t v = 0; v < n_vec; v++)
            sums[row][v] = has_rim ? v_fma_le(across[v], v_set1(row_bells[row]), sums[row][v],
                                              dx2[v], v_set1(row_terms[row]))
                                   : v_fma(across[v], v_set1(row_bells[row]), sums[row][v]);
}

INLINE void add_tile(kerb_density__shape shape, size_t n_vec, const kerb_density__tile *tile)
{
    vec sums[TILE_ROWS][WIDE];
    for (size_t row = 0; row < TILE_ROWS; row++)
        for (size_t v = 0; v < n_vec; v++)
            sums[row][v] = v_load(tile->cells + row * tile->stride + v * LANES);
    for (size_t i = 0; shape == KERB_DENSITY__BELL && i < tile->n;) {
        for (; i < tile->n && !(tile->list[i] & 1); i++)
            add_bell(sums, n_vec, tile, tile->stamps + (tile->list[i] >> 1), false);
        for (; i < tile->n && tile->list[i] & 1; i++)
            add_bell(sums, n_vec, tile, tile->stamps + (tile->list[i] >> 1), true);
    }
    for (size_t i = 0; shape != KERB_DENSITY__BELL && i < tile->n; i++) {
        const kerb_density__stamp *stamp = tile->stamps + (tile->list[i] >> 1);
        const double *row_terms = stamp->row_terms + tile->first_row;
        vec dx2[WIDE];
        for (size_t v = 0; v < n_vec; v++)
            dx2[v] = square_of_dx(tile, stamp, v);
        for (size_t row = 0; row < TILE_ROWS; row++)
            for (size_t v = 0; v < n_vec; v++)
                sums[row][v] =
                    add_share(shape, sums[row][v], dx2[v], v_set1(row_terms[row]), stamp);
    }
    for (size_t row = 0; row < TILE_ROWS; row++)
        for (size_t v = 0; v < n_vec; v++)
            v_store(tile->cells + row * tile->stride + v * LANES, sums[row][v]);
}

#define TILE_LOOPS(name, shape)                                                                \
    KERB_TARGET static void add_##name##_narrow(const kerb_density__tile *tile)                \
    {                                                                                          \
        add_tile(shape, 1, tile);                                                              \
    }                                                                                          \
    KERB_TARGET static void add_##name##_wide(const kerb_density__tile *tile)                  \
    {                                                                                          \
        add_tile(shape, WIDE, tile);                                                           \
    }

TILE_LOOPS(flat, KERB_DENSITY__FLAT)
TILE_LOOPS(cone, KERB_DENSITY__CONE)
TILE_LOOPS(cone_2, KERB_DENSITY__CONE_2)
TILE_LOOPS(dome, KERB_DENSITY__DOME)
TILE_LOOPS(dome_2, KERB_DENSITY__DOME_2)
TILE_LOOPS(dome_3, KERB_DENSITY__DOME_3)
TILE_LOOPS(dome_4, KERB_DENSITY__DOME_4)
TILE_LOOPS(dome_6, KERB_DENSITY__DOME_6)
TILE_LOOPS(bell, KERB_DENSITY__BELL)

const kerb_density__loops LOOPS = {
    .tile_rows = TILE_ROWS,
    .tile_cols = {LANES, WIDE *LANES},
    .add = {{add_flat_narrow, add_cone_narrow, add_cone_2_narrow, add_dome_narrow,
             add_dome_2_narrow, add_dome_3_narrow, add_dome_4_narrow, add_dome_6_narrow,
             add_bell_narrow},
            {add_flat_wide, add_cone_wide, add_cone_2_wide, add_dome_wide, add_dome_2_wide,
             add_dome_3_wide, add_dome_4_wide, add_dome_6_wide, add_bell_wide}},
    .fill_bells = fill_bells,
};
