/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Density within a largest error: the bound is never below the true error, whatever the points;
 * where it is too large the exact bits come instead; nothing is negative, and 0 is where
 * nothing reaches. The exact surface is the reference. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>
#include <string.h>

#include "density_moments.h"
#include "kerb_base.h"

#include "test_context.h"

static const kerb_kernel SLOPED[] = {KERB_KERNEL_TRIANGULAR, KERB_KERNEL_EPANECHNIKOV,
                                     KERB_KERNEL_QUARTIC, KERB_KERNEL_TRIWEIGHT,
                                     KERB_KERNEL_GAUSSIAN};
enum { N_SLOPED = sizeof SLOPED / sizeof *SLOPED };

static double random_share(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* ------------------------------------------------------------------------------ points */

typedef struct point_set {
    size_t n;
    double *x, *y, *weight;
} point_set;

static const kerb_grid_spec GRID = {
    .xmin = 400000, .ymax = 302000, .cell_m = 10, .n_cols = 230, .n_rows = 200};

typedef void (*place_fn)(size_t i, uint64_t *seed, double *x, double *y);

static void place_one(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)i, (void)seed;
    *x = 401001.0, *y = 301003.0;
}

static void place_in_one_block(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)i;
    *x = 401000.0 + 20.0 * random_share(seed), *y = 301000.0 + 20.0 * random_share(seed);
}

static void place_in_a_corner_of_a_block(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)i;
    *x = 401000.0 + 1e-3 * random_share(seed), *y = 301020.0 - 1e-3 * random_share(seed);
}

static void place_on_a_lattice(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)seed;
    *x = 400000.0 + (double)(i % 40) * 60.0, *y = 300000.0 + (double)(i / 40) * 40.0;
}

static void place_on_a_line(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)i;
    double share = random_share(seed);
    *x = 400000.0 + 2300.0 * share, *y = 300300.0 + 1300.0 * share;
}

static void place_in_stacks(size_t i, uint64_t *seed, double *x, double *y)
{
    (void)seed;
    *x = 400211.0 + (double)(i % 7) * 277.0, *y = 300103.0 + (double)(i % 5) * 391.0;
}

static void place_in_clusters(size_t i, uint64_t *seed, double *x, double *y)
{
    double dx = 0.0, dy = 0.0;
    for (int k = 0; k < 6; k++)
        dx += random_share(seed) - 0.5, dy += random_share(seed) - 0.5;
    bool is_spread = i % 10 > 6;
    *x = is_spread ? 399700.0 + 3000.0 * random_share(seed)
                   : 400400.0 + (double)(i % 5) * 400.0 + 150.0 * dx;
    *y = is_spread ? 299700.0 + 2600.0 * random_share(seed)
                   : 300500.0 + (double)(i % 3) * 500.0 + 150.0 * dy;
}

static const place_fn PLACES[] = {
    place_one,          place_in_one_block, place_in_a_corner_of_a_block,
    place_on_a_lattice, place_on_a_line,    place_in_stacks,
    place_in_clusters};
static const size_t COUNTS[] = {1, 500, 500, 2000, 1500, 3000, 4000};
enum { N_SETS = sizeof COUNTS / sizeof *COUNTS, CLUSTERS = N_SETS - 1 };

static point_set make_points(size_t set, bool is_weighted)
{
    uint64_t seed = 17 + set;
    point_set p = {.n = COUNTS[set]};
    p.x = kerb_alloc_array(p.n, sizeof *p.x);
    p.y = kerb_alloc_array(p.n, sizeof *p.y);
    p.weight = is_weighted ? kerb_alloc_array(p.n, sizeof *p.weight) : NULL;
    assert_true(p.x && p.y && (p.weight || !is_weighted));
    for (size_t i = 0; i < p.n; i++) {
        PLACES[set](i, &seed, &p.x[i], &p.y[i]);
        if (is_weighted)
            p.weight[i] = i % 11 == 0 ? 0.0 : 0.05 + 20.0 * random_share(&seed);
    }
    return p;
}

static void free_points(point_set *p)
{
    kerb_free(p->x), kerb_free(p->y), kerb_free(p->weight);
}

/* ----------------------------------------------------------------------------- surfaces */

typedef struct made {
    double *values;
    kerb_density_report report;
} made;

static kerb_density_points view(const point_set *p)
{
    return (kerb_density_points){.n = p->n, .x = p->x, .y = p->y, .weight = p->weight};
}

static made make_surface_of(kerb_ctx *own, const point_set *p, kerb_density_options options,
                            kerb_grid_spec spec, size_t rows_at_once)
{
    kerb_density_points points = view(p);
    kerb_density_surface *surface = NULL;
    made m = {.values = kerb_calloc_array(spec.n_rows * spec.n_cols, sizeof *m.values)};
    assert_non_null(m.values);
    if (kerb_density_surface_new(own, &points, &options, &spec, &surface) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(own));
    for (size_t row = 0; row < spec.n_rows; row += rows_at_once) {
        size_t n = spec.n_rows - row < rows_at_once ? spec.n_rows - row : rows_at_once;
        assert_int_equal(
            kerb_density_surface_rows(own, surface, row, n, NULL, m.values + row * spec.n_cols),
            KERB_OK);
    }
    m.report = kerb_density_surface_report(surface);
    kerb_density_surface_free(surface);
    return m;
}

static made make_surface(const point_set *p, kerb_kernel kernel, double bandwidth_m,
                         double max_error)
{
    kerb_density_options options = {
        .kernel = kernel, .bandwidth_m = bandwidth_m, .max_error = max_error};
    return make_surface_of(ctx, p, options, GRID, GRID.n_rows);
}

static double find_largest(const double *values)
{
    double largest = 0.0;
    for (size_t i = 0; i < GRID.n_rows * GRID.n_cols; i++)
        largest = fmax(largest, values[i]);
    return largest;
}

/* ---------------------------------------------------------------------------------- fits */

static double kernel_of_peak(const kerb_density__blocks *b, double x, double y)
{
    return kerb_kernel_value(b->kernel, 1.0, hypot(x, y) * b->half_side) /
           kerb_kernel_value(b->kernel, 1.0, 0.0);
}

static void density_moments__no_fit_errs_by_more_than_it_says(void **state)
{
    (void)state;
    for (size_t k = 0; k < N_SLOPED; k++)
        for (size_t side = 1; side <= 2; side++) {
            double bandwidth_m = SLOPED[k] == KERB_KERNEL_GAUSSIAN ? 40.0 : 133.0;
            kerb_density__blocks blocks =
                kerb_density__make_blocks(SLOPED[k], bandwidth_m, 10.0, side, 1e-3);
            kerb_density__fits fits;
            assert_int_equal(kerb_density__fits_new(ctx, &blocks, &fits), KERB_OK);
            uint64_t seed = 5;
            double reach = (double)blocks.reach_blocks, centre = side == 2 ? 0.5 : 0.0;
            for (size_t trial = 0; trial < 60000; trial++) {
                /* The edges of a block, where polynomials err most, are drawn as often. */
                size_t i = (size_t)((double)fits.width * random_share(&seed));
                size_t j = (size_t)((double)fits.width * random_share(&seed));
                double dx = fmin(fmax(3.0 * random_share(&seed) - 1.5, -1.0), 1.0);
                double dy = fmin(fmax(3.0 * random_share(&seed) - 1.5, -1.0), 1.0), fit = 0.0;
                for (size_t m = 0; m < KERB_DENSITY__MOMENTS; m++)
                    fit += fits.cubics[j * fits.width + i][m] *
                           pow(dx, kerb_density__moment_powers[m][0]) *
                           pow(dy, kerb_density__moment_powers[m][1]);
                double x = 2.0 * ((double)i - reach) + centre - dx;
                double y = 2.0 * ((double)j - reach) + centre - dy;
                double error = fabs(kernel_of_peak(&blocks, x, y) - fit);
                if (error > fits.errors[j * fits.width + i] + 1e-14)
                    fail_msg("%s, side %zu: error %g at offset %zu, %zu, said %g",
                             kerb_kernel_name(SLOPED[k]), side, error, i, j,
                             fits.errors[j * fits.width + i]);
            }
            kerb_density__fits_clear(&fits);
        }
}

static void density_moments__whoever_reaches_a_cell_is_in_its_fits(void **state)
{
    (void)state;
    /* Just inside the reach, in the block that is the farthest from the cell. */
    for (size_t side = 1; side <= 2; side++)
        for (double radius_m = 50.0; radius_m < 90.0; radius_m += 0.7) {
            kerb_density__blocks b =
                kerb_density__make_blocks(KERB_KERNEL_QUARTIC, radius_m, 10.0, side, 1e-3);
            double centre = side == 2 ? 0.5 : 0.0;
            double farthest = floor((b.reach - 1e-9 + centre + 1.0) / 2.0);
            assert_true((double)b.reach_blocks >= farthest);
        }
}

/* ------------------------------------------------------------------------------- bounds */

/* Compare with the exact surface; returns the bound when the method was used, else 0. */
static double check_bound(const point_set *p, kerb_kernel kernel, double bandwidth_m)
{
    made exact = make_surface(p, kernel, bandwidth_m, 0.0);
    made quick = make_surface(p, kernel, bandwidth_m, 0.1);
    double worst = 0.0, largest = find_largest(exact.values);
    for (size_t i = 0; i < GRID.n_rows * GRID.n_cols; i++) {
        worst = fmax(worst, fabs(quick.values[i] - exact.values[i]) / largest);
        assert_true(quick.values[i] >= 0.0);
        /* Gaussians are cut a little earlier, and whoever is nearer to the rim than places are
         * rounded does not reach. */
        bool is_tiny = kernel == KERB_KERNEL_GAUSSIAN || exact.values[i] < 1e-6 * largest;
        if (exact.values[i] == 0.0 ? quick.values[i] != 0.0
                                   : quick.values[i] == 0.0 && !is_tiny)
            fail_msg("%s: %g where the value is %g", kerb_kernel_name(kernel), quick.values[i],
                     exact.values[i]);
    }
    double bound = quick.report.error_bound;
    bool is_quick = strcmp(quick.report.method, "moments") == 0;
    if (is_quick ? !(worst <= bound && quick.report.error_measured <= bound && bound <= 0.1)
                 : worst != 0.0)
        fail_msg("%s: error %g, measured %g, bound %g", kerb_kernel_name(kernel), worst,
                 quick.report.error_measured, bound);
    kerb_free(exact.values), kerb_free(quick.values);
    return is_quick ? bound : 0.0;
}

static void density_moments__bound_holds_for_every_kernel_and_shape_of_points(void **state)
{
    (void)state;
    for (size_t set = 0; set < N_SETS; set++) {
        point_set p = make_points(set, false);
        for (size_t k = 0; k < N_SLOPED; k++) {
            double bandwidth_m = SLOPED[k] == KERB_KERNEL_GAUSSIAN ? 70.0 : 300.0;
            assert_true(check_bound(&p, SLOPED[k], bandwidth_m) > 0.0);
        }
        free_points(&p);
    }
}

static void density_moments__bound_holds_with_weights(void **state)
{
    (void)state;
    for (size_t set = 0; set < N_SETS; set++) {
        point_set p = make_points(set, true);
        if (set > 0) /* the one point has no weight */
            assert_true(check_bound(&p, KERB_KERNEL_QUARTIC, 300.0) > 0.0);
        free_points(&p);
    }
}

static void density_moments__bound_holds_with_blocks_of_one_cell(void **state)
{
    (void)state;
    point_set p = make_points(CLUSTERS, false);
    made quick = make_surface(&p, KERB_KERNEL_QUARTIC, 333.0, 2e-4);
    made exact = make_surface(&p, KERB_KERNEL_QUARTIC, 333.0, 0.0);
    double worst = 0.0, largest = find_largest(exact.values);
    for (size_t i = 0; i < GRID.n_rows * GRID.n_cols; i++)
        worst = fmax(worst, fabs(quick.values[i] - exact.values[i]) / largest);
    assert_string_equal(quick.report.method, "moments");
    assert_true(worst > 0.0 && worst <= quick.report.error_bound);
    assert_true(quick.report.error_bound <= 2e-4);
    kerb_free(quick.values), kerb_free(exact.values);
    free_points(&p);
}

/* -------------------------------------------------------------------------------- exact */

static void density_moments__what_cannot_be_promised_is_exact_to_the_bit(void **state)
{
    (void)state;
    point_set one = make_points(0, false), spread = make_points(CLUSTERS, false);
    made exact = make_surface(&one, KERB_KERNEL_QUARTIC, 300.0, 0.0);
    /* All weight lies in one block: E of a block on the rim is 1e-4 and more of a peak. */
    made quick = make_surface(&one, KERB_KERNEL_QUARTIC, 300.0, 1e-5);
    size_t size = GRID.n_rows * GRID.n_cols * sizeof(double);
    assert_string_equal(quick.report.method, exact.report.method);
    assert_true(quick.report.error_bound == 0.0 && isnan(quick.report.error_measured));
    assert_memory_equal(quick.values, exact.values, size);
    kerb_free(exact.values), kerb_free(quick.values);
    /* The uniform kernel jumps: no polynomial is near it. */
    exact = make_surface(&spread, KERB_KERNEL_UNIFORM, 300.0, 0.0);
    quick = make_surface(&spread, KERB_KERNEL_UNIFORM, 300.0, 0.1);
    assert_string_equal(quick.report.method, exact.report.method);
    assert_memory_equal(quick.values, exact.values, size);
    kerb_free(exact.values), kerb_free(quick.values);
    free_points(&one), free_points(&spread);
}

static void note_line(void *user, kerb_log_level level, const char *line)
{
    (void)level;
    snprintf(user, 300, "%s", line);
}

static void density_moments__says_when_it_went_exact(void **state)
{
    (void)state;
    char line[300] = "";
    kerb_ctx_set_log(ctx, note_line, line);
    point_set one = make_points(0, false);
    made quick = make_surface(&one, KERB_KERNEL_QUARTIC, 300.0, 1e-5);
    assert_non_null(strstr(line, "the surface is exact"));
    kerb_ctx_set_log(ctx, NULL, NULL);
    kerb_free(quick.values);
    free_points(&one);
}

/* --------------------------------------------------------------------------------- bits */

static void density_moments__threads_and_bands_do_not_change_a_bit(void **state)
{
    (void)state;
    point_set p = make_points(CLUSTERS, true);
    kerb_density_options options = {
        .kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 300.0, .max_error = 1e-2};
    kerb_grid_spec spec = GRID;
    spec.n_cols = 700; /* several tiles */
    made first = make_surface_of(ctx, &p, options, spec, spec.n_rows);
    assert_string_equal(first.report.method, "moments");
    for (int threads = 1; threads <= 7; threads += 3) {
        kerb_ctx *own = kerb_ctx_new();
        assert_non_null(own);
        kerb_ctx_set_threads(own, threads);
        kerb_ctx_set_simd(own, threads == 1 ? KERB_SIMD_SCALAR : kerb_simd_best());
        made again = make_surface_of(own, &p, options, spec, 13);
        assert_memory_equal(again.values, first.values,
                            spec.n_rows * spec.n_cols * sizeof(double));
        kerb_free(again.values);
        kerb_ctx_free(own);
    }
    kerb_free(first.values);
    free_points(&p);
}

static void density_moments__shifted_grids_see_the_same_land(void **state)
{
    (void)state;
    /* The same points on a grid that begins a cell later: blocks are cut elsewhere, and the
     * surfaces may differ by both bounds, no more. */
    point_set p = make_points(CLUSTERS, false);
    kerb_density_options options = {
        .kernel = KERB_KERNEL_TRIWEIGHT, .bandwidth_m = 300.0, .max_error = 1e-3};
    kerb_grid_spec moved = GRID;
    moved.xmin += moved.cell_m, moved.ymax -= moved.cell_m;
    moved.n_cols--, moved.n_rows--;
    made a = make_surface_of(ctx, &p, options, GRID, GRID.n_rows);
    made b = make_surface_of(ctx, &p, options, moved, moved.n_rows);
    double largest = find_largest(a.values), worst = 0.0;
    for (size_t row = 0; row < moved.n_rows; row++)
        for (size_t col = 0; col < moved.n_cols; col++)
            worst = fmax(worst, fabs(a.values[(row + 1) * GRID.n_cols + col + 1] -
                                     b.values[row * moved.n_cols + col]));
    assert_true(worst > 0.0 &&
                worst <= (a.report.error_bound + b.report.error_bound) * largest * 1.01);
    kerb_free(a.values), kerb_free(b.values);
    free_points(&p);
}

/* -------------------------------------------------------------------------------- rare */

static void density_moments__no_points_give_zeros(void **state)
{
    (void)state;
    double nowhere = (double)NAN;
    point_set none = {.n = 0, .x = &nowhere, .y = &nowhere};
    for (none.n = 0; none.n <= 1; none.n++) {
        made quick = make_surface(&none, KERB_KERNEL_QUARTIC, 300.0, 0.01);
        assert_true(find_largest(quick.values) == 0.0);
        assert_true(quick.report.mass_events == 0.0);
        kerb_free(quick.values);
    }
}

static void density_moments__extreme_weights_are_left_to_the_exact_method(void **state)
{
    (void)state;
    const double weights[][2] = {{1e300, 1e300}, {1e-300, 1e-300}, {1.0, 1e25}};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        double x[] = {401000, 401500}, y[] = {301000, 301000},
               weight[] = {weights[i][0], weights[i][1]};
        point_set p = {.n = 2, .x = x, .y = y, .weight = weight};
        made exact = make_surface(&p, KERB_KERNEL_QUARTIC, 300.0, 0.0);
        made quick = make_surface(&p, KERB_KERNEL_QUARTIC, 300.0, 0.1);
        assert_memory_equal(quick.values, exact.values,
                            GRID.n_rows * GRID.n_cols * sizeof(double));
        kerb_free(exact.values), kerb_free(quick.values);
    }
}

static kerb_status make_and_free(kerb_ctx *own, void *user)
{
    const kerb_density_points *points = user;
    kerb_density_options options = {
        .kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 100.0, .max_error = 0.1};
    kerb_grid_spec spec = GRID;
    spec.n_cols = spec.n_rows = 40;
    kerb_grid *grid = NULL;
    kerb_status status =
        kerb_density_of_points(own, points, &options, &spec, NULL, &grid, NULL);
    kerb_grid_free(grid);
    return status;
}

static void density_moments__survives_every_failed_allocation(void **state)
{
    (void)state;
    point_set p = make_points(CLUSTERS, true);
    kerb_density_points points = view(&p);
    kerb_ctx_set_threads(ctx, 1);
    assert_true(failing_allocator_walk(make_and_free, &points) > 10);
    free_points(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_moments__no_fit_errs_by_more_than_it_says),
        cmocka_unit_test(density_moments__whoever_reaches_a_cell_is_in_its_fits),
        cmocka_unit_test(density_moments__bound_holds_for_every_kernel_and_shape_of_points),
        cmocka_unit_test(density_moments__bound_holds_with_weights),
        cmocka_unit_test(density_moments__bound_holds_with_blocks_of_one_cell),
        cmocka_unit_test(density_moments__what_cannot_be_promised_is_exact_to_the_bit),
        cmocka_unit_test(density_moments__says_when_it_went_exact),
        cmocka_unit_test(density_moments__threads_and_bands_do_not_change_a_bit),
        cmocka_unit_test(density_moments__shifted_grids_see_the_same_land),
        cmocka_unit_test(density_moments__no_points_give_zeros),
        cmocka_unit_test(density_moments__extreme_weights_are_left_to_the_exact_method),
        cmocka_unit_test(density_moments__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
