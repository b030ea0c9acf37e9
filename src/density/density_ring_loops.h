/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops of the tile ring, written once and included by one file a level, which says
 * what a vector is:
 *
 *   LEVEL(name)  name of a function of this level      TARGET  its attribute
 *   F, F_LANES   vector of floats, numbers in it       D, D_LANES  of doubles
 *   F_LOAD F_STORE F_SET F_ADD F_SUB F_MUL F_FMA F_POSITIVE (max with 0), D_ likewise
 *   F_COLS(p, part)  the 4 numbers at p over again in each row of a tile's part
 *   F_ROWS(p, part)  the numbers at p, each over a row of 4
 *   D_COUNT(distance2, reach2, weight)  weight where distance2 <= reach2, else 0
 *   F_TO_D(p)        D_LANES floats at p as doubles
 */

#define F_PARTS (16 / F_LANES)
#define D_PARTS (16 / D_LANES)

/* --------------------------------------------------------------------------------- rim */

/* Squares of distances along each axis, once a point and pixel column or row, with the root of
 * the weight on them: (root a - root b)^p is the weight times (a - b)^p without a product a
 * pixel. Where a and b are equal so are the products: what is 0 stays 0. */
#define DEFINE_TABLE(T, name, V, LANES, SET, LOAD, STORE, SUB, MUL)                            \
    TARGET static inline void LEVEL(name)(const kerb_density__rim *rim, bool is_uniform, T x,  \
                                          T y, T root, T *table)                               \
    {                                                                                          \
        const T *col_at = rim->col_at, *row_at = rim->row_at;                                  \
        T *cols = table, *rows = table + rim->n_table;                                         \
        V vx = SET(x), vy = SET(y), vr = SET(root), r2 = SET((T)rim->reach2);                  \
        for (size_t k = 0; k < rim->n_table; k += LANES) {                                     \
            V dx = SUB(LOAD(col_at + k), vx), dy = SUB(LOAD(row_at + k), vy);                  \
            dx = MUL(dx, dx), dy = MUL(dy, dy);                                                \
            STORE(cols + k, is_uniform ? dx : MUL(vr, dx));                                    \
            STORE(rows + k, is_uniform ? dy : MUL(vr, SUB(r2, dy)));                           \
        }                                                                                      \
    }

DEFINE_TABLE(float, make_table_F, F, F_LANES, F_SET, F_LOAD, F_STORE, F_SUB, F_MUL)
DEFINE_TABLE(double, make_table_D, D, D_LANES, D_SET, D_LOAD, D_STORE, D_SUB, D_MUL)

#define STEP_EPANECHNIKOV(X, sum, a, b, w) X##_ADD(sum, X##_POSITIVE(X##_SUB(a, b)))
#define STEP_QUARTIC(X, sum, a, b, w)      LEVEL(add_square_##X)(sum, X##_POSITIVE(X##_SUB(a, b)))
#define STEP_TRIWEIGHT(X, sum, a, b, w)    LEVEL(add_cube_##X)(sum, X##_POSITIVE(X##_SUB(a, b)))
#define STEP_UNIFORM(X, sum, a, b, w)      X##_ADD(sum, X##_COUNT(X##_ADD(b, a), r2, w))

TARGET static inline F LEVEL(add_square_F)(F sum, F t)
{
    return F_FMA(t, t, sum);
}

TARGET static inline F LEVEL(add_cube_F)(F sum, F t)
{
    return F_FMA(F_MUL(t, t), t, sum);
}

TARGET static inline D LEVEL(add_square_D)(D sum, D t)
{
    return D_FMA(t, t, sum);
}

TARGET static inline D LEVEL(add_cube_D)(D sum, D t)
{
    return D_FMA(D_MUL(t, t), t, sum);
}

/* Up to four points at once against the rim: their sums stay in registers, and of each tile's
 * 16 pixels there is one load and one store for all four. `n` is a constant in each use. */
#define DEFINE_BLOCK(T, X, kernel, STEP)                                                       \
    TARGET static inline __attribute__((always_inline)) void LEVEL(block_##kernel##_##X)(      \
        const kerb_density__rim *rim, int n, const T *roots)                                   \
    {                                                                                          \
        const size_t size = 2 * rim->n_table;                                                  \
        const T *t0 = rim->tables, *t1 = t0 + size, *t2 = t1 + size, *t3 = t2 + size;          \
        const X r2 = X##_SET((T)rim->reach2);                                                  \
        const X w0 = X##_SET(roots[0]), w1 = X##_SET(roots[n > 1 ? 1 : 0]);                    \
        const X w2 = X##_SET(roots[n > 2 ? 2 : 0]), w3 = X##_SET(roots[n > 3 ? 3 : 0]);        \
        (void)r2, (void)w0, (void)w1, (void)w2, (void)w3;                                      \
        for (size_t r = 0; r < rim->n_rows; r++) {                                             \
            const kerb_density__ring_row *row = &rim->rows[r];                                 \
            const size_t at = rim->n_table + 4 * (size_t)(row->dy + rim->pad);                 \
            T *sums = (T *)rim->sums + row->dy * rim->stride;                                  \
            for (int part = 0; part < X##_PARTS; part++) {                                     \
                T *left = sums + (ptrdiff_t)row->left * 16 + part * X##_LANES;                 \
                T *right = sums + (ptrdiff_t)row->right * 16 + part * X##_LANES;               \
                X a0 = X##_ROWS(t0 + at, part), a1 = a0, a2 = a0, a3 = a0;                     \
                if (n > 1)                                                                     \
                    a1 = X##_ROWS(t1 + at, part);                                              \
                if (n > 2)                                                                     \
                    a2 = X##_ROWS(t2 + at, part);                                              \
                if (n > 3)                                                                     \
                    a3 = X##_ROWS(t3 + at, part);                                              \
                size_t b = 4 * (size_t)(row->left + rim->pad);                                 \
                size_t c = 4 * (size_t)(row->right + rim->pad);                                \
                for (int32_t i = 0; i < row->n_rim; i++, b += 4, c += 4) {                     \
                    X sum = X##_LOAD(left), other = X##_LOAD(right);                           \
                    sum = STEP(X, sum, a0, X##_COLS(t0 + b, part), w0);                        \
                    other = STEP(X, other, a0, X##_COLS(t0 + c, part), w0);                    \
                    if (n > 1) {                                                               \
                        sum = STEP(X, sum, a1, X##_COLS(t1 + b, part), w1);                    \
                        other = STEP(X, other, a1, X##_COLS(t1 + c, part), w1);                \
                    }                                                                          \
                    if (n > 2) {                                                               \
                        sum = STEP(X, sum, a2, X##_COLS(t2 + b, part), w2);                    \
                        other = STEP(X, other, a2, X##_COLS(t2 + c, part), w2);                \
                    }                                                                          \
                    if (n > 3) {                                                               \
                        sum = STEP(X, sum, a3, X##_COLS(t3 + b, part), w3);                    \
                        other = STEP(X, other, a3, X##_COLS(t3 + c, part), w3);                \
                    }                                                                          \
                    X##_STORE(left, sum);                                                      \
                    X##_STORE(right, other);                                                   \
                    left += 16;                                                                \
                    right += 16;                                                               \
                }                                                                              \
            }                                                                                  \
        }                                                                                      \
    }                                                                                          \
    TARGET static void LEVEL(rim_##kernel##_##X)(const kerb_density__rim *rim)                 \
    {                                                                                          \
        const T *x = rim->x, *y = rim->y, *roots = rim->root;                                  \
        const bool is_uniform = STEP_IS_UNIFORM_##kernel;                                      \
        for (size_t i = 0; i < rim->n; i += KERB_DENSITY__AT_ONCE) {                           \
            size_t n =                                                                         \
                rim->n - i < KERB_DENSITY__AT_ONCE ? rim->n - i : KERB_DENSITY__AT_ONCE;       \
            for (size_t k = 0; k < n; k++)                                                     \
                LEVEL(make_table_##X)                                                          \
            (rim, is_uniform, x[i + k], y[i + k], roots[i + k],                                \
             (T *)rim->tables + 2 * k * rim->n_table);                                         \
            if (n == 4)                                                                        \
                LEVEL(block_##kernel##_##X)(rim, 4, roots + i);                                \
            else if (n == 3)                                                                   \
                LEVEL(block_##kernel##_##X)(rim, 3, roots + i);                                \
            else if (n == 2)                                                                   \
                LEVEL(block_##kernel##_##X)(rim, 2, roots + i);                                \
            else                                                                               \
                LEVEL(block_##kernel##_##X)(rim, 1, roots + i);                                \
        }                                                                                      \
    }

#define STEP_IS_UNIFORM_uniform      true
#define STEP_IS_UNIFORM_epanechnikov false
#define STEP_IS_UNIFORM_quartic      false
#define STEP_IS_UNIFORM_triweight    false

DEFINE_BLOCK(float, F, epanechnikov, STEP_EPANECHNIKOV)
DEFINE_BLOCK(float, F, quartic, STEP_QUARTIC)
DEFINE_BLOCK(float, F, triweight, STEP_TRIWEIGHT)
DEFINE_BLOCK(double, D, uniform, STEP_UNIFORM)
DEFINE_BLOCK(double, D, epanechnikov, STEP_EPANECHNIKOV)
DEFINE_BLOCK(double, D, quartic, STEP_QUARTIC)
DEFINE_BLOCK(double, D, triweight, STEP_TRIWEIGHT)

TARGET static void LEVEL(flush)(float *rim, double *sums, size_t n_tiles)
{
    for (size_t i = 0; i < 16 * n_tiles; i += D_LANES) {
        D_STORE(sums + i, D_ADD(D_LOAD(sums + i), F_TO_D(rim + i)));
        for (size_t k = 0; k < D_LANES; k++)
            rim[i + k] = 0.0f;
    }
}

/* ----------------------------------------------------------------------------- moments */

TARGET static void LEVEL(add_runs)(const kerb_density__runs *runs)
{
    const size_t n_wide = runs->n_wide, n_narrow = runs->n_narrow;
    for (size_t r = 0; r < runs->n_rows; r++) {
        const kerb_density__ring_row *row = &runs->rows[r];
        ptrdiff_t from = runs->tile_col + row->inner_from;
        ptrdiff_t to = runs->tile_col + row->inner_to;
        from = from < runs->first_col ? runs->first_col : from;
        if (from >= to || from >= runs->end_col)
            continue;
        size_t line = (size_t)(runs->tile_row + row->dy) * runs->n_cols;
        double *wide = runs->wide + (line + (size_t)from) * n_wide;
        double *narrow = runs->narrow + (line + (size_t)from) * n_narrow;
        for (size_t k = 0; k < n_wide; k += D_LANES)
            D_STORE(wide + k, D_ADD(D_LOAD(wide + k), D_LOAD(runs->wide_moments + k)));
        for (size_t k = 0; k < n_narrow; k++)
            narrow[k] += runs->narrow_moments[k];
        if (to >= runs->end_col)
            continue;
        wide = runs->wide + (line + (size_t)to) * n_wide;
        narrow = runs->narrow + (line + (size_t)to) * n_narrow;
        for (size_t k = 0; k < n_wide; k += D_LANES)
            D_STORE(wide + k, D_SUB(D_LOAD(wide + k), D_LOAD(runs->wide_moments + k)));
        for (size_t k = 0; k < n_narrow; k++)
            narrow[k] -= runs->narrow_moments[k];
    }
}

#define M(i)     D_SET(m[i])
#define TWICE(v) D_ADD(v, v)

TARGET static void LEVEL(evaluate_uniform)(const double *m, double mass, const double *col_at,
                                           const double *row_at, double reach2, double *sums)
{
    (void)m, (void)col_at, (void)row_at, (void)reach2;
    for (size_t i = 0; i < 16; i += D_LANES)
        D_STORE(sums + i, D_ADD(D_LOAD(sums + i), D_SET(mass)));
}

TARGET static void LEVEL(evaluate_epanechnikov)(const double *m, double mass,
                                                const double *col_at, const double *row_at,
                                                double reach2, double *sums)
{
    for (int part = 0; part < D_PARTS; part++) {
        D x = D_COLS(col_at, part), y = D_ROWS(row_at, part);
        D a = D_SUB(D_SET(reach2), D_FMA(x, x, D_MUL(y, y)));
        D v = D_SUB(D_MUL(a, D_SET(mass)), M(2));
        v = D_ADD(v, TWICE(D_FMA(x, M(0), D_MUL(y, M(1)))));
        double *to = sums + part * D_LANES;
        D_STORE(to, D_ADD(D_LOAD(to), D_POSITIVE(v)));
    }
}

/* With q = x^2 + y^2 of a point and a = r^2 - X^2 - Y^2 of a pixel,
 * (a + 2 (X x + Y y) - q)^2 = a^2 + 4 a (X x + Y y) - 2 a q
 *                           + 4 (X^2 xx + 2 X Y xy + Y^2 yy) - 4 (X qx + Y qy) + qq. */
TARGET static void LEVEL(evaluate_quartic)(const double *m, double mass, const double *col_at,
                                           const double *row_at, double reach2, double *sums)
{
    const D sum_q = D_ADD(M(2), M(4));
    for (int part = 0; part < D_PARTS; part++) {
        D x = D_COLS(col_at, part), y = D_ROWS(row_at, part);
        D a = D_SUB(D_SET(reach2), D_FMA(x, x, D_MUL(y, y)));
        D first = D_FMA(x, M(0), D_MUL(y, M(1)));
        D v = D_FMA(a, D_SUB(D_FMA(a, D_SET(mass), D_MUL(D_SET(4.0), first)), TWICE(sum_q)),
                    M(7));
        D second = D_FMA(x, D_FMA(x, M(2), TWICE(D_MUL(y, M(3)))), D_MUL(D_MUL(y, y), M(4)));
        D third = D_FMA(x, M(5), D_MUL(y, M(6)));
        v = D_FMA(D_SET(4.0), D_SUB(second, third), v);
        double *to = sums + part * D_LANES;
        D_STORE(to, D_ADD(D_LOAD(to), D_POSITIVE(v)));
    }
}

/* The cube of the same, by powers of l = 2 (X x + Y y):
 * a^3 + 3 a^2 (l - q) + 3 a (l^2 - 2 l q + q^2) + l^3 - 3 l^2 q + 3 l q^2 - q^3. */
TARGET static void LEVEL(evaluate_triweight)(const double *m, double mass, const double *col_at,
                                             const double *row_at, double reach2, double *sums)
{
    const D sum_q = D_ADD(M(2), M(4)), qq = D_ADD(M(9), M(11)), three = D_SET(3.0);
    const D qx = D_ADD(M(5), M(7)), qy = D_ADD(M(6), M(8));
    for (int part = 0; part < D_PARTS; part++) {
        D x = D_COLS(col_at, part), y = D_ROWS(row_at, part);
        D xx = D_MUL(x, x), xy = TWICE(D_MUL(x, y)), yy = D_MUL(y, y);
        D a = D_SUB(D_SET(reach2), D_ADD(xx, yy));
        D l = TWICE(D_FMA(x, M(0), D_MUL(y, M(1))));
        D ll = D_MUL(D_SET(4.0), D_FMA(xx, M(2), D_FMA(xy, M(3), D_MUL(yy, M(4)))));
        D lq = TWICE(D_FMA(x, qx, D_MUL(y, qy)));
        D lll = D_FMA(D_MUL(xx, x), M(5), D_MUL(D_MUL(yy, y), M(8)));
        lll = D_FMA(three, D_FMA(D_MUL(xx, y), M(6), D_MUL(D_MUL(x, yy), M(7))), lll);
        lll = D_MUL(D_SET(8.0), lll);
        D llq = D_MUL(D_SET(4.0), D_FMA(xx, M(9), D_FMA(xy, M(10), D_MUL(yy, M(11)))));
        D lqq = TWICE(D_FMA(x, M(12), D_MUL(y, M(13))));
        D v = D_FMA(a, D_SET(mass), D_MUL(three, D_SUB(l, sum_q)));
        v = D_FMA(a, v, D_MUL(three, D_ADD(D_SUB(ll, TWICE(lq)), qq)));
        v = D_FMA(a, v, D_SUB(lll, M(14)));
        v = D_FMA(three, D_SUB(lqq, llq), v);
        double *to = sums + part * D_LANES;
        D_STORE(to, D_ADD(D_LOAD(to), D_POSITIVE(v)));
    }
}

#define RING_LOOPS                                                                             \
    {                                                                                          \
        .rim_float = {NULL, LEVEL(rim_epanechnikov_F), LEVEL(rim_quartic_F),                   \
                      LEVEL(rim_triweight_F)},                                                 \
        .rim_double = {LEVEL(rim_uniform_D), LEVEL(rim_epanechnikov_D), LEVEL(rim_quartic_D),  \
                       LEVEL(rim_triweight_D)},                                                \
        .add_runs = LEVEL(add_runs),                                                           \
        .evaluate = {LEVEL(evaluate_uniform), LEVEL(evaluate_epanechnikov),                    \
                     LEVEL(evaluate_quartic), LEVEL(evaluate_triweight)},                      \
        .flush = LEVEL(flush),                                                                 \
    }
