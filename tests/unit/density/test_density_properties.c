/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Laws of a density on random scenes: kernels, layouts, weights, bandwidths of single points,
 * squares, edge corrections, precisions, allowed errors and levels of vector instructions,
 * drawn by seed. A failure names the seed of its scene.
 *
 * Coordinates are multiples of 1/64 of a cell and cells are powers of two, so that moving,
 * turning and scaling by two round nothing, and who is on the rim of a disc stays there. */
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "kerb_density.h"

#include "test_context.h"

enum { MAX_POINTS = 6000, N_SCENES = 120 };

static uint64_t random_bits(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static double random_share(uint64_t *seed)
{
    return (double)(random_bits(seed) >> 11) * 0x1p-53;
}

static size_t random_below(uint64_t *seed, size_t n)
{
    return (size_t)(random_bits(seed) % n);
}

/* ---------------------------------------------------------------------- scenes */

/* What is divided by the share of a kernel inside the grid: nothing, cells, or weights. */
typedef enum edge { EDGE_NONE, EDGE_UNIFORM, EDGE_DIGGLE } edge;

typedef struct scene {
    uint64_t seed;
    size_t n;
    double *x, *y, *weight, *bandwidth_m; /* MAX_POINTS each */
    bool has_bandwidths;
    kerb_density_options options;
    edge edge;
    kerb_grid_spec spec;
} scene;

typedef struct surface {
    double *values; /* of spec's cells */
    double max;
    double loosest; /* the largest 1 / e: what errors are multiplied by */
} surface;

typedef enum layout { EVEN, CLUSTERS, STACKS, LINE, LATTICE, N_LAYOUTS } layout;

/* A coordinate in cells, in [from, to), where the layout puts point number i. */
static double place_of(layout l, size_t axis, double from, double to, uint64_t *seed)
{
    double share = random_share(seed), middle = from + (to - from) * 0.4;
    switch (l) {
    case CLUSTERS:
        return from + (to - from) * (0.2 + 0.3 * (double)random_below(seed, 3)) +
               fmin(2.0, (to - from) * 0.1) * (share - 0.5);
    case STACKS:
        return from + (to - from) * (0.1 + 0.25 * (double)random_below(seed, 4));
    case LINE:
        return axis ? middle : from + (to - from) * share;
    case LATTICE:
        return floor(from + (to - from) * share) + 0.5;
    case EVEN:
    case N_LAYOUTS:
        break;
    }
    return from + (to - from) * share;
}

static scene new_scene(uint64_t number)
{
    static const double CELLS_M[] = {0.5, 8.0, 32.0};
    uint64_t seed = number;
    scene s = {.seed = number};
    double cell_m = CELLS_M[random_below(&seed, 3)];
    s.spec = (kerb_grid_spec){.xmin = 64.0 * (double)random_below(&seed, 5000),
                              .ymax = 64.0 * (double)random_below(&seed, 5000),
                              .cell_m = cell_m,
                              .n_rows = 1 + random_below(&seed, 70),
                              .n_cols = 1 + random_below(&seed, 70)};
    s.options = (kerb_density_options){
        .kernel = (kerb_kernel)random_below(&seed, KERB_KERNEL_COUNT),
        .bandwidth_m = cell_m * exp(log(0.7) + log(50.0) * random_share(&seed)),
        .precision = random_below(&seed, 2) ? KERB_DENSITY_FLOAT32 : KERB_DENSITY_FLOAT64,
        .max_error = random_below(&seed, 4) ? 0.0 : 1e-3,
        .is_squared = random_below(&seed, 5) == 0};
    s.has_bandwidths = random_below(&seed, 4) == 0;
    s.edge = s.options.is_squared ? EDGE_NONE : (edge)random_below(&seed, 3);
    s.n = (size_t)exp(log((double)MAX_POINTS) * random_share(&seed));
    if (s.options.kernel == KERB_KERNEL_GAUSSIAN && s.n > 300)
        s.n = 300;
    s.x = malloc(MAX_POINTS * sizeof *s.x);
    s.y = malloc(MAX_POINTS * sizeof *s.y);
    s.weight = malloc(MAX_POINTS * sizeof *s.weight);
    s.bandwidth_m = malloc(MAX_POINTS * sizeof *s.bandwidth_m);
    assert_true(s.x && s.y && s.weight && s.bandwidth_m);

    layout l = (layout)random_below(&seed, N_LAYOUTS);
    size_t weights = random_below(&seed, 3);
    double outside = s.edge == EDGE_NONE ? 0.3 : 0.0;
    double rows = (double)s.spec.n_rows, cols = (double)s.spec.n_cols;
    for (size_t i = 0; i < s.n; i++) {
        double col = place_of(l, 0, -outside * cols, (1 + outside) * cols, &seed);
        double row = place_of(l, 1, -outside * rows, (1 + outside) * rows, &seed);
        s.x[i] = s.spec.xmin + floor(col * 64) / 64 * cell_m;
        s.y[i] = s.spec.ymax - floor(row * 64) / 64 * cell_m;
        s.weight[i] = weights == 0   ? 1.0
                      : weights == 1 ? 0.25 + 4 * random_share(&seed)
                                     : (random_below(&seed, 20) ? 1.0 : 1e6);
        s.bandwidth_m[i] = s.options.bandwidth_m * exp(log(5.0) * (random_share(&seed) - 0.3));
    }
    return s;
}

static void free_scene(scene *s)
{
    free(s->x);
    free(s->y);
    free(s->weight);
    free(s->bandwidth_m);
}

static void check_ok(const scene *s, kerb_status status)
{
    if (status != KERB_OK)
        fail_msg("scene %llu: %s", (unsigned long long)s->seed, kerb_ctx_message(ctx));
}

/* Rows in bands of `height`, corrected at the edge of the grid as the scene asks. */
static surface new_surface(const scene *s, size_t height)
{
    size_t n_cells = s->spec.n_rows * s->spec.n_cols;
    const double *own_m = s->has_bandwidths ? s->bandwidth_m : NULL;
    double *weight = malloc(MAX_POINTS * sizeof *weight);
    double *e = malloc((n_cells > MAX_POINTS ? n_cells : MAX_POINTS) * sizeof *e);
    surface out = {.values = calloc(n_cells, sizeof *out.values), .loosest = 1.0};
    kerb_edge_window *window = NULL;
    kerb_density_surface *made = NULL;
    assert_true(weight && e && out.values);
    check_ok(s, kerb_edge_window_new_box(ctx, kerb_grid_spec_box(&s->spec), NULL, &window));
    memcpy(weight, s->weight, s->n * sizeof *weight);
    if (s->edge == EDGE_DIGGLE) {
        check_ok(s, kerb_edge_mass_points(ctx, window, s->options.kernel,
                                          s->options.bandwidth_m, s->n, s->x, s->y, own_m, e));
        for (size_t i = 0; i < s->n; i++) {
            weight[i] /= e[i];
            out.loosest = fmax(out.loosest, 1 / e[i]);
        }
    }
    const kerb_density_points points = {s->n, s->x, s->y, weight, own_m};
    check_ok(s, kerb_density_surface_new(ctx, &points, &s->options, &s->spec, &made));
    for (size_t row = 0; row < s->spec.n_rows; row += height) {
        size_t n = s->spec.n_rows - row < height ? s->spec.n_rows - row : height;
        check_ok(s, kerb_density_surface_rows(ctx, made, row, n, NULL,
                                              out.values + row * s->spec.n_cols));
    }
    if (s->edge == EDGE_UNIFORM) {
        check_ok(s, kerb_edge_mass_rows(ctx, window, s->options.kernel, s->options.bandwidth_m,
                                        &s->spec, 0, s->spec.n_rows, NULL, e));
        for (size_t i = 0; i < n_cells; i++) {
            out.values[i] /= e[i];
            out.loosest = fmax(out.loosest, 1 / e[i]);
        }
    }
    for (size_t i = 0; i < n_cells; i++) {
        if (!(out.values[i] >= 0.0) || isinf(out.values[i]))
            fail_msg("scene %llu: cell %zu is %g", (unsigned long long)s->seed, i,
                     out.values[i]);
        out.max = fmax(out.max, out.values[i]);
    }
    kerb_density_surface_free(made);
    kerb_edge_window_free(window);
    free(e);
    free(weight);
    return out;
}

static surface new_whole(const scene *s)
{
    return new_surface(s, s->spec.n_rows);
}

/* What two computations of the same values may differ by, as a share of the largest. */
static double tolerance_of(const scene *s, const surface *a)
{
    double share = s->options.precision == KERB_DENSITY_FLOAT32 ? 2e-6 : 2e-9;
    return (share + 2 * s->options.max_error) * a->loosest;
}

/* ----------------------------------------------------------------- comparing */

typedef size_t cell_map(const scene *s, size_t row, size_t col);

static size_t same_cell(const scene *s, size_t row, size_t col)
{
    return row * s->spec.n_cols + col;
}

static size_t cell_across(const scene *s, size_t row, size_t col)
{
    return row * s->spec.n_cols + (s->spec.n_cols - 1 - col);
}

static size_t cell_upside_down(const scene *s, size_t row, size_t col)
{
    return (s->spec.n_rows - 1 - row) * s->spec.n_cols + col;
}

/* (row, col) of the turned grid, whose rows are the columns of s. */
static size_t cell_turned(const scene *s, size_t row, size_t col)
{
    return col * s->spec.n_rows + row;
}

/* b at the cell that belongs to each cell of a is factor * a. */
static void assert_follows(const scene *s, const surface *a, const surface *b, double factor,
                           cell_map *cell_of, const char *law)
{
    double limit = tolerance_of(s, a) * a->max * factor;
    for (size_t row = 0; row < s->spec.n_rows; row++)
        for (size_t col = 0; col < s->spec.n_cols; col++) {
            double want = factor * a->values[row * s->spec.n_cols + col];
            double got = b->values[cell_of(s, row, col)];
            if (!(fabs(got - want) <= limit))
                fail_msg("scene %llu, %s: row %zu, col %zu: %.17g, not %.17g (max %.3g)",
                         (unsigned long long)s->seed, law, row, col, got, want, a->max);
        }
}

static void for_each_scene(void (*check)(scene *s, uint64_t *seed))
{
    for (uint64_t number = 0; number < N_SCENES; number++) {
        scene s = new_scene(number);
        uint64_t seed = number * 7919;
        kerb_ctx_set_simd(ctx, (kerb_simd)(number % KERB_SIMD_LEVELS));
        check(&s, &seed);
        free_scene(&s);
    }
    kerb_ctx_set_simd(ctx, kerb_simd_best());
}

/* ---------------------------------------------------------------------- laws */

static void check_mirrors(scene *s, uint64_t *seed)
{
    (void)seed;
    surface a = new_whole(s);
    double middle_x = s->spec.xmin + 0.5 * s->spec.cell_m * (double)s->spec.n_cols;
    double middle_y = s->spec.ymax - 0.5 * s->spec.cell_m * (double)s->spec.n_rows;
    for (size_t i = 0; i < s->n; i++)
        s->x[i] = 2 * middle_x - s->x[i];
    surface across = new_whole(s);
    for (size_t i = 0; i < s->n; i++) {
        s->x[i] = 2 * middle_x - s->x[i];
        s->y[i] = 2 * middle_y - s->y[i];
    }
    surface upside_down = new_whole(s);
    assert_follows(s, &a, &across, 1, cell_across, "mirrored across");
    assert_follows(s, &a, &upside_down, 1, cell_upside_down, "upside down");
    free(a.values);
    free(across.values);
    free(upside_down.values);
}

static void density_properties__mirrors_of_events_give_mirrors_of_the_surface(void **state)
{
    (void)state;
    for_each_scene(check_mirrors);
}

static void check_turn(scene *s, uint64_t *seed)
{
    (void)seed;
    surface a = new_whole(s);
    scene turned = *s;
    turned.x = s->y, turned.y = s->x;
    /* x and y change places: row r from the top becomes column r from the left */
    for (size_t i = 0; i < s->n; i++) {
        double col_m = s->x[i] - s->spec.xmin, row_m = s->spec.ymax - s->y[i];
        s->y[i] = s->spec.xmin + row_m;
        s->x[i] = s->spec.ymax - col_m;
    }
    turned.spec.n_rows = s->spec.n_cols;
    turned.spec.n_cols = s->spec.n_rows;
    surface b = new_whole(&turned);
    assert_follows(s, &a, &b, 1, cell_turned, "turned");
    free(a.values);
    free(b.values);
}

static void density_properties__rows_and_columns_are_alike(void **state)
{
    (void)state;
    for_each_scene(check_turn);
}

static void check_shift(scene *s, uint64_t *seed)
{
    surface a = new_whole(s);
    double right_m = floor(1e4 * random_share(seed)) * s->spec.cell_m / 64;
    double up_m = floor(1e4 * random_share(seed)) * s->spec.cell_m / 64;
    for (size_t i = 0; i < s->n; i++) {
        s->x[i] += right_m;
        s->y[i] += up_m;
    }
    s->spec.xmin += right_m;
    s->spec.ymax += up_m;
    surface b = new_whole(s);
    assert_follows(s, &a, &b, 1, same_cell, "moved with its grid");
    free(a.values);
    free(b.values);
}

static void density_properties__moving_events_and_grid_changes_nothing(void **state)
{
    (void)state;
    for_each_scene(check_shift);
}

static void check_scale(scene *s, uint64_t *seed)
{
    surface a = new_whole(s);
    double factor = ldexp(1.0, (int)random_below(seed, 21) - 10);
    for (size_t i = 0; i < s->n; i++) {
        s->x[i] *= factor;
        s->y[i] *= factor;
        s->bandwidth_m[i] *= factor;
    }
    s->options.bandwidth_m *= factor;
    s->spec.xmin *= factor;
    s->spec.ymax *= factor;
    s->spec.cell_m *= factor;
    surface b = new_whole(s);
    /* per m2, or for squares per m4 */
    double densities = 1 / (factor * factor);
    assert_follows(s, &a, &b, s->options.is_squared ? densities * densities : densities,
                   same_cell, "scaled");
    free(a.values);
    free(b.values);
}

static void density_properties__a_larger_map_is_thinner_by_the_square(void **state)
{
    (void)state;
    for_each_scene(check_scale);
}

static void check_weights(scene *s, uint64_t *seed)
{
    surface a = new_whole(s);
    double factor = exp(20 * (random_share(seed) - 0.5));
    for (size_t i = 0; i < s->n; i++)
        s->weight[i] *= factor;
    surface b = new_whole(s);
    assert_follows(s, &a, &b, s->options.is_squared ? factor * factor : factor, same_cell,
                   "weights scaled");
    free(a.values);
    free(b.values);
}

static void density_properties__follows_the_weights(void **state)
{
    (void)state;
    for_each_scene(check_weights);
}

/* Every point twice with half its weight; of squares, with 1 / sqrt(2) of it. */
static void check_halves(scene *s, uint64_t *seed)
{
    (void)seed;
    if (2 * s->n > MAX_POINTS)
        s->n = MAX_POINTS / 2;
    surface a = new_whole(s);
    for (size_t i = 0; i < s->n; i++) {
        s->weight[i] *= s->options.is_squared ? sqrt(0.5) : 0.5;
        s->x[s->n + i] = s->x[i];
        s->y[s->n + i] = s->y[i];
        s->weight[s->n + i] = s->weight[i];
        s->bandwidth_m[s->n + i] = s->bandwidth_m[i];
    }
    s->n *= 2;
    surface b = new_whole(s);
    assert_follows(s, &a, &b, 1, same_cell, "points in halves");
    free(a.values);
    free(b.values);
}

static void density_properties__halves_at_one_place_are_the_whole(void **state)
{
    (void)state;
    for_each_scene(check_halves);
}

static void check_parts(scene *s, uint64_t *seed)
{
    size_t n = s->n, cut = random_below(seed, n + 1), n_cells = s->spec.n_rows * s->spec.n_cols;
    surface whole = new_whole(s);
    scene later = *s;
    s->n = cut;
    surface first = new_whole(s);
    later.n = n - cut;
    later.x += cut, later.y += cut, later.weight += cut, later.bandwidth_m += cut;
    surface second = new_whole(&later);
    for (size_t i = 0; i < n_cells; i++)
        first.values[i] += second.values[i];
    first.loosest = fmax(first.loosest, second.loosest);
    assert_follows(s, &whole, &first, 1, same_cell, "sum of parts");
    free(whole.values);
    free(first.values);
    free(second.values);
}

static void density_properties__parts_add_up_to_the_whole(void **state)
{
    (void)state;
    for_each_scene(check_parts);
}

/* ------------------------------------------------------------------ same bits */

static void check_bits(scene *s, uint64_t *seed)
{
    size_t n_bytes = s->spec.n_rows * s->spec.n_cols * sizeof(double);
    kerb_ctx_set_threads(ctx, 1);
    surface a = new_whole(s);
    kerb_ctx_set_threads(ctx, 3);
    for (size_t i = s->n; i > 1; i--) { /* Fisher and Yates: another order of rows */
        size_t j = random_below(seed, i);
        double *columns[] = {s->x, s->y, s->weight, s->bandwidth_m};
        for (size_t c = 0; c < 4; c++) {
            double kept = columns[c][i - 1];
            columns[c][i - 1] = columns[c][j];
            columns[c][j] = kept;
        }
    }
    surface b = new_surface(s, 1 + random_below(seed, s->spec.n_rows));
    if (memcmp(a.values, b.values, n_bytes) != 0)
        fail_msg("scene %llu: other bits in other threads, bands, order of rows",
                 (unsigned long long)s->seed);
    free(a.values);
    free(b.values);
    kerb_ctx_set_threads(ctx, 1);
}

static void density_properties__bits_depend_on_no_threads_bands_or_order_of_rows(void **state)
{
    (void)state;
    for_each_scene(check_bits);
}

/* ---------------------------------------------------------- precision and zeros */

static void check_precision(scene *s, uint64_t *seed)
{
    (void)seed;
    double max_error = s->options.max_error;
    s->options.precision = KERB_DENSITY_FLOAT32;
    surface rough = new_whole(s);
    s->options.precision = KERB_DENSITY_FLOAT64;
    s->options.max_error = 0.0;
    surface fine = new_whole(s);
    double limit = (max_error > 0.0 ? max_error + 1e-6 : 1e-6) * fine.loosest * fine.max;
    for (size_t i = 0; i < s->spec.n_rows * s->spec.n_cols; i++) {
        if (!(fabs(rough.values[i] - fine.values[i]) <= limit))
            fail_msg("scene %llu: cell %zu in float32 is %.9g, not %.9g (max %.3g)",
                     (unsigned long long)s->seed, i, rough.values[i], fine.values[i], fine.max);
        if (fine.values[i] == 0.0 && rough.values[i] != 0.0 && max_error == 0.0)
            fail_msg("scene %llu: cell %zu in float32 is %.9g where nothing reaches",
                     (unsigned long long)s->seed, i, rough.values[i]);
    }
    free(rough.values);
    free(fine.values);
}

static void density_properties__float32_is_within_a_millionth_of_the_largest_value(void **state)
{
    (void)state;
    for_each_scene(check_precision);
}

static void check_levels(scene *s, uint64_t *seed)
{
    (void)seed;
    kerb_ctx_set_simd(ctx, KERB_SIMD_SCALAR);
    surface scalar = new_whole(s);
    for (int level = 1; level < KERB_SIMD_LEVELS; level++) {
        kerb_ctx_set_simd(ctx, (kerb_simd)level);
        surface other = new_whole(s);
        assert_follows(s, &scalar, &other, 1, same_cell, kerb_simd_name((kerb_simd)level));
        free(other.values);
    }
    free(scalar.values);
}

static void density_properties__levels_of_vector_instructions_agree(void **state)
{
    (void)state;
    for_each_scene(check_levels);
}

static void check_definition(scene *s, uint64_t *seed)
{
    surface a = new_whole(s);
    kerb_edge_window *window = NULL;
    check_ok(s, kerb_edge_window_new_box(ctx, kerb_grid_spec_box(&s->spec), NULL, &window));
    for (int t = 0; t < 40; t++) {
        size_t row = random_below(seed, s->spec.n_rows),
               col = random_below(seed, s->spec.n_cols);
        double x = kerb_grid_col_x(&s->spec, col), y = kerb_grid_row_y(&s->spec, row);
        double sum = 0.0;
        bool is_reached = false;
        for (size_t i = 0; i < s->n; i++) {
            double h = s->has_bandwidths ? s->bandwidth_m[i] : s->options.bandwidth_m;
            double dx = s->x[i] - x, dy = s->y[i] - y, r2 = dx * dx + dy * dy;
            double reach_m = kerb_kernel_reach_m(s->options.kernel, h);
            if (r2 > reach_m * reach_m * (1 + 1e-12))
                continue;
            is_reached = true;
            /* the rim itself belongs to the uniform kernel: r2 and h^2 are compared, as there
             */
            double r = r2 <= reach_m * reach_m ? fmin(sqrt(r2), reach_m) : sqrt(r2);
            double one = s->weight[i] * kerb_kernel_value(s->options.kernel, h, r);
            if (s->edge == EDGE_DIGGLE)
                one /= kerb_edge_mass(window, s->options.kernel, h, s->x[i], s->y[i]);
            sum += s->options.is_squared ? one * one : one;
        }
        if (s->edge == EDGE_UNIFORM)
            sum /= kerb_edge_mass(window, s->options.kernel, s->options.bandwidth_m, x, y);
        double got = a.values[row * s->spec.n_cols + col];
        if (!(fabs(got - sum) <= tolerance_of(s, &a) * a.max))
            fail_msg("scene %llu: row %zu, col %zu is %.17g, not %.17g (max %.3g)",
                     (unsigned long long)s->seed, row, col, got, sum, a.max);
        if (!is_reached && got != 0.0)
            fail_msg("scene %llu: row %zu, col %zu is %.9g where nothing reaches",
                     (unsigned long long)s->seed, row, col, got);
    }
    kerb_edge_window_free(window);
    free(a.values);
}

static void density_properties__cells_are_those_of_the_definition(void **state)
{
    (void)state;
    for_each_scene(check_definition);
}

/* ------------------------------------------------------------------------ mass */

/* The sum over cells of value x cell area is a midpoint rule: of one event it misses at most
 * this share for a kernel whose reach is q cells, by the smoothness of its rim. */
static double midpoint_share(kerb_kernel kernel, double q)
{
    switch (kernel) {
    case KERB_KERNEL_UNIFORM:
        return 0.45 / pow(q, 1.3);
    case KERB_KERNEL_TRIANGULAR:
        return 0.45 / pow(q, 2);
    case KERB_KERNEL_EPANECHNIKOV:
        return 0.45 / pow(q, 2.3);
    case KERB_KERNEL_QUARTIC:
        return 1.0 / pow(q, 3.3);
    case KERB_KERNEL_TRIWEIGHT:
        return 3.0 / pow(q, 4.3);
    case KERB_KERNEL_GAUSSIAN:
        return 1e-8;
    case KERB_KERNEL_COUNT:
        break;
    }
    return NAN;
}

/* The grid of a scene without edge correction, laid out anew: round everything that reaches,
 * q cells to the least bandwidth. False when that is too many cells. */
static bool lay_out_whole(scene *s, double q)
{
    double least_m = s->options.bandwidth_m, reach_m = 0.0;
    kerb_box box = kerb_grid_spec_box(&s->spec);
    for (size_t i = 0; i < s->n; i++) {
        double h = s->has_bandwidths ? s->bandwidth_m[i] : s->options.bandwidth_m;
        least_m = fmin(least_m, h);
        reach_m = fmax(reach_m, kerb_kernel_reach_m(s->options.kernel, h));
        box.xmin = fmin(box.xmin, s->x[i]), box.xmax = fmax(box.xmax, s->x[i]);
        box.ymin = fmin(box.ymin, s->y[i]), box.ymax = fmax(box.ymax, s->y[i]);
    }
    box = kerb_box_make_grown(box, reach_m);
    double cell_m = least_m / q;
    double n_rows = ceil((box.ymax - box.ymin) / cell_m) + 1;
    double n_cols = ceil((box.xmax - box.xmin) / cell_m) + 1;
    if (n_rows * n_cols > 1e6)
        return false;
    s->spec = (kerb_grid_spec){.xmin = box.xmin,
                               .ymax = box.ymax,
                               .cell_m = cell_m,
                               .n_rows = (size_t)n_rows,
                               .n_cols = (size_t)n_cols};
    return true;
}

static size_t n_masses; /* scenes whose mass was looked at */

static void check_mass(scene *s, uint64_t *seed)
{
    bool is_gaussian = s->options.kernel == KERB_KERNEL_GAUSSIAN;
    double q = is_gaussian ? 1.5 + random_share(seed) : 4 + 10 * random_share(seed);
    double share = s->options.precision == KERB_DENSITY_FLOAT32 ? 1e-4 : 1e-9;
    if (s->options.is_squared || s->edge == EDGE_UNIFORM)
        return;
    s->n = s->n > 200 ? 200 : s->n;
    if (s->edge == EDGE_DIGGLE) {
        /* the grid is the window; where it cuts a kernel the rule misses by the slope there */
        q = s->options.bandwidth_m / s->spec.cell_m * (s->has_bandwidths ? 0.6 : 1.0);
        if (q < 2.0)
            return;
        share += 0.3 / (q * q);
    } else if (!lay_out_whole(s, q))
        return;
    surface a = new_whole(s);
    double mass = 0.0, weights = 0.0;
    for (size_t i = 0; i < s->n; i++)
        weights += s->weight[i];
    for (size_t i = 0; i < s->spec.n_rows * s->spec.n_cols; i++)
        mass += a.values[i] * s->spec.cell_m * s->spec.cell_m;
    share = (share + midpoint_share(s->options.kernel, q) + s->options.max_error) * a.loosest;
    if (!(fabs(mass - weights) <= share * weights))
        fail_msg("scene %llu: mass %.9g of %.9g, allowed %.2g, q %g, %s",
                 (unsigned long long)s->seed, mass, weights, share, q,
                 kerb_kernel_name(s->options.kernel));
    n_masses++;
    free(a.values);
}

static void density_properties__mass_is_kept(void **state)
{
    (void)state;
    for_each_scene(check_mass);
    assert_true(n_masses > N_SCENES / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_properties__mirrors_of_events_give_mirrors_of_the_surface),
        cmocka_unit_test(density_properties__rows_and_columns_are_alike),
        cmocka_unit_test(density_properties__moving_events_and_grid_changes_nothing),
        cmocka_unit_test(density_properties__a_larger_map_is_thinner_by_the_square),
        cmocka_unit_test(density_properties__follows_the_weights),
        cmocka_unit_test(density_properties__halves_at_one_place_are_the_whole),
        cmocka_unit_test(density_properties__parts_add_up_to_the_whole),
        cmocka_unit_test(density_properties__bits_depend_on_no_threads_bands_or_order_of_rows),
        cmocka_unit_test(
            density_properties__float32_is_within_a_millionth_of_the_largest_value),
        cmocka_unit_test(density_properties__levels_of_vector_instructions_agree),
        cmocka_unit_test(density_properties__cells_are_those_of_the_definition),
        cmocka_unit_test(density_properties__mass_is_kept),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
