/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Plain summation: every kernel, one bandwidth or one for each point, the sum or the sum of
 * squares, at every level of vector instructions, against a double loop over points and cells;
 * and the laws that hold bit for bit at each level. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "kerb_density.h"

#include "test_context.h"

enum { N_POINTS = 150 };

/* A plain generator (splitmix64), so that tests see the same numbers everywhere. */
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

/* Points in and round the grid at multiples of 1/64, some of them together, with weights, and
 * bandwidths that differ by a factor of 200. */
typedef struct cloud {
    double x[N_POINTS], y[N_POINTS], weight[N_POINTS], bandwidth_m[N_POINTS];
} cloud;

static cloud make_cloud(uint64_t seed)
{
    cloud c;
    for (size_t i = 0; i < N_POINTS; i++) {
        size_t as = i > 3 && random_bits(&seed) % 3 == 0 ? random_bits(&seed) % i : i;
        c.x[i] = as < i ? c.x[as] : 399800 + floor(1500 * 64 * random_share(&seed)) / 64;
        c.y[i] = as < i ? c.y[as] : 299800 + floor(1500 * 64 * random_share(&seed)) / 64;
        c.weight[i] = random_bits(&seed) % 7 == 0 ? 0.0 : 0.1 + 5 * random_share(&seed);
        c.bandwidth_m[i] = as < i && random_bits(&seed) % 2
                               ? c.bandwidth_m[as]
                               : 6.0 * exp(log(200.0) * pow(random_share(&seed), 3));
    }
    c.x[7] = c.y[7] = NAN;
    return c;
}

static const kerb_grid_spec TOWN = {
    .xmin = 400000, .ymax = 301000, .cell_m = 10, .n_rows = 101, .n_cols = 113};
enum { N_CELLS = 101 * 113 };

typedef struct variant {
    kerb_kernel kernel;
    bool has_bandwidths, is_squared;
    double bandwidth_m;
} variant;

static kerb_density_points points_of(const cloud *c, const variant *v)
{
    return (kerb_density_points){.n = N_POINTS,
                                 .x = c->x,
                                 .y = c->y,
                                 .weight = c->weight,
                                 .bandwidth_m = v->has_bandwidths ? c->bandwidth_m : NULL};
}

static kerb_grid *make_sum(const cloud *c, const variant *v, const uint8_t *mask)
{
    kerb_density_options options = {
        .kernel = v->kernel, .bandwidth_m = v->bandwidth_m, .is_squared = v->is_squared};
    kerb_density_points points = points_of(c, v);
    kerb_grid *grid = NULL;
    if (kerb_density_of_points(ctx, &points, &options, &TOWN, mask, &grid, NULL) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return grid;
}

/* Calls `check` for every kernel, with bandwidths below, at and above tiles, plain and squared.
 */
static void for_each_variant(void (*check)(const variant *v))
{
    const double bandwidths_m[] = {11, 75, 700};
    for (int k = 0; k < KERB_KERNEL_COUNT; k++)
        for (int is_squared = 0; is_squared <= 1; is_squared++) {
            for (size_t b = 0; b < 3; b++)
                check(&(variant){(kerb_kernel)k, false, is_squared, bandwidths_m[b]});
            check(&(variant){(kerb_kernel)k, true, is_squared, 75});
        }
}

/* ----------------------------------------------------------------- definition */

static double sum_at(const cloud *c, const variant *v, size_t row, size_t col, bool *is_reached)
{
    double sum = 0.0;
    *is_reached = false;
    for (size_t i = 0; i < N_POINTS; i++) {
        double h = v->has_bandwidths ? c->bandwidth_m[i] : v->bandwidth_m;
        double r =
            hypot(kerb_grid_col_x(&TOWN, col) - c->x[i], kerb_grid_row_y(&TOWN, row) - c->y[i]);
        double one = isnan(r) ? 0.0 : c->weight[i] * kerb_kernel_value(v->kernel, h, r);
        sum += v->is_squared ? one * one : one;
        *is_reached |= r <= kerb_kernel_reach_m(v->kernel, h) * (1 + 1e-14);
    }
    return sum;
}

static void check_definition(const variant *v)
{
    cloud c = make_cloud(1);
    double *want = malloc(N_CELLS * sizeof *want), max = 0.0;
    bool *is_reached = malloc(N_CELLS * sizeof *is_reached);
    assert_true(want && is_reached);
    for (size_t i = 0; i < N_CELLS; i++) {
        want[i] = sum_at(&c, v, i / TOWN.n_cols, i % TOWN.n_cols, &is_reached[i]);
        max = fmax(max, want[i]);
    }
    assert_true(max > 0.0);
    double one_peak = kerb_kernel_value(v->kernel, v->bandwidth_m, 0.0);
    one_peak = v->is_squared ? one_peak * one_peak : one_peak;
    for (int level = 0; level < KERB_SIMD_LEVELS; level++) {
        kerb_ctx_set_simd(ctx, (kerb_simd)level);
        kerb_grid *grid = make_sum(&c, v, NULL);
        const double *got = kerb_grid_values_const(grid);
        for (size_t i = 0; i < N_CELLS; i++) {
            assert_near_abs(got[i], want[i], 1e-12 * max);
            if (want[i] > 1e-3 * one_peak)
                assert_near_rel(got[i], want[i], 1e-10);
            assert_true(got[i] >= 0.0 && !signbit(got[i]));
            if (!is_reached[i])
                assert_true(got[i] == 0.0);
        }
        kerb_grid_free(grid);
    }
    kerb_ctx_set_simd(ctx, kerb_simd_best());
    free(is_reached);
    free(want);
}

static void density_sum__is_that_of_the_definition_at_every_level(void **state)
{
    (void)state;
    for_each_variant(check_definition);
}

static void density_sum__of_equal_bandwidths_is_that_of_one(void **state)
{
    (void)state;
    cloud c = make_cloud(2);
    for (size_t i = 0; i < N_POINTS; i++)
        c.bandwidth_m[i] = 83.0;
    for (int k = 0; k < KERB_KERNEL_COUNT; k++)
        for (int is_squared = 0; is_squared <= 1; is_squared++) {
            kerb_grid *a =
                make_sum(&c, &(variant){(kerb_kernel)k, false, is_squared, 83}, NULL);
            kerb_grid *b = make_sum(&c, &(variant){(kerb_kernel)k, true, is_squared, 1}, NULL);
            double max = kerb_grid_summarise(a).max;
            for (size_t i = 0; i < N_CELLS; i++)
                assert_near_abs(kerb_grid_values(a)[i], kerb_grid_values(b)[i], 1e-13 * max);
            kerb_grid_free(a);
            kerb_grid_free(b);
        }
}

static void density_sum__of_squares_counts_each_row_of_a_place_by_itself(void **state)
{
    (void)state;
    /* Two rows of weight 3 at a centre: 2 * 3^2 k(0)^2 = 18 / (pi h^2)^2 of the uniform kernel,
     * not (2 * 3)^2 = 36. */
    const double x[] = {400005, 400005}, y[] = {300995, 300995}, weight[] = {3, 3};
    const double bandwidth_m[] = {20, 20};
    for (int has_bandwidths = 0; has_bandwidths <= 1; has_bandwidths++) {
        kerb_density_points points = {2, x, y, weight, has_bandwidths ? bandwidth_m : NULL};
        kerb_density_options options = {
            .kernel = KERB_KERNEL_UNIFORM, .bandwidth_m = 20, .is_squared = true};
        kerb_grid *grid = NULL;
        kerb_density_mass mass;
        assert_int_equal(
            kerb_density_of_points(ctx, &points, &options, &TOWN, NULL, &grid, &mass), KERB_OK);
        assert_near_rel(kerb_grid_values(grid)[0], 18 / (KERB_PI * 400 * KERB_PI * 400), 1e-14);
        assert_near_abs(mass.events, 6.0, 0.0);
        kerb_grid_free(grid);
    }
}

static void density_sum__of_tiny_and_huge_bandwidths_has_no_overflow(void **state)
{
    (void)state;
    const double bandwidths_m[] = {1e-30, 1e-3, 1e12, 1e30};
    const double x[] = {400005}, y[] = {300995};
    for (int k = 0; k < KERB_KERNEL_COUNT; k++)
        for (size_t b = 0; b < 4; b++)
            for (int has_bandwidths = 0; has_bandwidths <= 1; has_bandwidths++)
                for (int is_squared = 0; is_squared <= 1; is_squared++) {
                    double h = bandwidths_m[b];
                    kerb_density_points points = {1, x, y, NULL, has_bandwidths ? &h : NULL};
                    kerb_density_options options = {
                        .kernel = (kerb_kernel)k, .bandwidth_m = h, .is_squared = is_squared};
                    kerb_grid *grid = NULL;
                    assert_int_equal(kerb_density_of_points(ctx, &points, &options, &TOWN, NULL,
                                                            &grid, NULL),
                                     KERB_OK);
                    double peak = kerb_kernel_value((kerb_kernel)k, h, 0.0);
                    assert_near_rel(kerb_grid_values(grid)[0], is_squared ? peak * peak : peak,
                                    1e-13);
                    assert_near_abs(kerb_grid_values(grid)[1],
                                    h < 1 ? 0.0 : kerb_grid_values(grid)[0], peak * 1e-8);
                    kerb_grid_free(grid);
                }
}

/* ------------------------------------------------------------------ same bits */

static void assert_same_bits(const double *a, const double *b)
{
    assert_memory_equal(a, b, N_CELLS * sizeof(double));
}

static void check_threads_and_bands(const variant *v)
{
    const size_t heights[] = {1, 7, 32, 101};
    cloud c = make_cloud(3);
    kerb_density_points points = points_of(&c, v);
    kerb_density_options options = {
        .kernel = v->kernel, .bandwidth_m = v->bandwidth_m, .is_squared = v->is_squared};
    for (int level = 0; level < KERB_SIMD_LEVELS; level++) {
        kerb_ctx_set_simd(ctx, (kerb_simd)level);
        kerb_ctx_set_threads(ctx, 1);
        kerb_grid *whole = make_sum(&c, v, NULL);
        for (size_t i = 0; i < 4; i++) {
            kerb_density_surface *surface = NULL;
            double *values = calloc(N_CELLS, sizeof *values);
            assert_non_null(values);
            kerb_ctx_set_threads(ctx, (int)i + 1);
            assert_int_equal(kerb_density_surface_new(ctx, &points, &options, &TOWN, &surface),
                             KERB_OK);
            for (size_t row = 0; row < TOWN.n_rows; row += heights[i]) {
                size_t n = TOWN.n_rows - row < heights[i] ? TOWN.n_rows - row : heights[i];
                assert_int_equal(kerb_density_surface_rows(ctx, surface, row, n, NULL,
                                                           values + row * TOWN.n_cols),
                                 KERB_OK);
            }
            assert_same_bits(kerb_grid_values(whole), values);
            kerb_density_surface_free(surface);
            free(values);
        }
        kerb_grid_free(whole);
    }
    kerb_ctx_set_simd(ctx, kerb_simd_best());
}

static void density_sum__is_the_same_bits_in_any_bands_of_rows_and_threads(void **state)
{
    (void)state;
    for_each_variant(check_threads_and_bands);
}

static void check_order(const variant *v)
{
    cloud c = make_cloud(4), backwards;
    for (size_t i = 0; i < N_POINTS; i++) {
        size_t from = N_POINTS - 1 - i;
        backwards.x[i] = c.x[from];
        backwards.y[i] = c.y[from];
        backwards.weight[i] = c.weight[from];
        backwards.bandwidth_m[i] = c.bandwidth_m[from];
    }
    kerb_grid *a = make_sum(&c, v, NULL), *b = make_sum(&backwards, v, NULL);
    assert_same_bits(kerb_grid_values(a), kerb_grid_values(b));
    kerb_grid_free(a);
    kerb_grid_free(b);
}

static void density_sum__is_the_same_bits_in_any_order_of_rows(void **state)
{
    (void)state;
    for_each_variant(check_order);
}

static void check_mask(const variant *v)
{
    cloud c = make_cloud(5);
    uint64_t seed = 6;
    uint8_t *mask = calloc(N_CELLS, 1);
    assert_non_null(mask);
    for (size_t i = 0; i < N_CELLS; i++) /* an empty corner, single cells, full land */
        mask[i] = i / TOWN.n_cols < 50 ? random_bits(&seed) % 97 == 0 : i % TOWN.n_cols > 40;
    kerb_grid *whole = make_sum(&c, v, NULL), *masked = make_sum(&c, v, mask);
    for (size_t i = 0; i < N_CELLS; i++)
        if (mask[i])
            assert_memory_equal(&kerb_grid_values(whole)[i], &kerb_grid_values(masked)[i],
                                sizeof(double));
        else
            assert_true(isnan(kerb_grid_values(masked)[i]));
    kerb_grid_free(whole);
    kerb_grid_free(masked);
    free(mask);
}

static void density_sum__in_a_mask_has_the_bits_of_the_whole(void **state)
{
    (void)state;
    for_each_variant(check_mask);
}

static void density_sum__levels_agree_on_who_is_within_reach_of_the_uniform_kernel(void **state)
{
    (void)state;
    /* Whole numbers: 5-12-13 and 3-4-5 triangles put centres exactly on the rim. */
    cloud c;
    uint64_t seed = 9;
    for (size_t i = 0; i < N_POINTS; i++) {
        c.x[i] = 400005 + 10 * (double)(random_bits(&seed) % 113);
        c.y[i] = 300995 - 10 * (double)(random_bits(&seed) % 101);
        c.weight[i] = 1.0 + (double)(random_bits(&seed) % 9);
    }
    for (double h = 50; h <= 130; h += 80) {
        const variant v = {KERB_KERNEL_UNIFORM, false, false, h};
        kerb_ctx_set_simd(ctx, KERB_SIMD_SCALAR);
        kerb_grid *scalar = make_sum(&c, &v, NULL);
        for (int level = 1; level < KERB_SIMD_LEVELS; level++) {
            kerb_ctx_set_simd(ctx, (kerb_simd)level);
            kerb_grid *grid = make_sum(&c, &v, NULL);
            assert_same_bits(kerb_grid_values(scalar), kerb_grid_values(grid));
            kerb_grid_free(grid);
        }
        kerb_grid_free(scalar);
    }
    kerb_ctx_set_simd(ctx, kerb_simd_best());
}

/* ------------------------------------------------------------------- failures */

static void density_sum__refuses_bad_bandwidths_of_points(void **state)
{
    (void)state;
    const double bad_m[] = {0.0, -5.0, NAN, HUGE_VAL, 1e-40, 1e40};
    cloud c = make_cloud(8);
    const variant v = {KERB_KERNEL_GAUSSIAN, true, false, 50};
    kerb_density_points points = points_of(&c, &v);
    kerb_density_options options = KERB_DENSITY_OPTIONS_DEFAULT;
    for (size_t i = 0; i < sizeof bad_m / sizeof *bad_m; i++) {
        kerb_density_surface *surface = NULL;
        c.bandwidth_m[11] = bad_m[i];
        assert_int_equal(kerb_density_surface_new(ctx, &points, &options, &TOWN, &surface),
                         KERB_ERR_RANGE);
        assert_null(surface);
        assert_non_null(strstr(kerb_ctx_message(ctx), "event 12: bandwidth must"));
    }
    c.bandwidth_m[11] = 50;
    c.bandwidth_m[7] = NAN; /* has no coordinates: nobody asks */
    kerb_density_surface *surface = NULL;
    assert_int_equal(kerb_density_surface_new(ctx, &points, &options, &TOWN, &surface),
                     KERB_OK);
    kerb_density_surface_free(surface);
}

static kerb_status call_sum(kerb_ctx *of_walk, void *user)
{
    const variant *v = user;
    cloud c = make_cloud(10);
    kerb_density_options options = {
        .kernel = v->kernel, .bandwidth_m = v->bandwidth_m, .is_squared = v->is_squared};
    kerb_density_points points = points_of(&c, v);
    kerb_grid *grid = NULL;
    kerb_ctx_set_threads(of_walk, 1);
    kerb_status status =
        kerb_density_of_points(of_walk, &points, &options, &TOWN, NULL, &grid, NULL);
    if (status != KERB_OK)
        assert_null(grid);
    kerb_grid_free(grid);
    return status;
}

static void check_allocations(const variant *v)
{
    variant copy = *v;
    if (v->has_bandwidths || v->is_squared)
        assert_true(failing_allocator_walk(call_sum, &copy) > 5);
}

static void density_sum__survives_every_failed_allocation(void **state)
{
    (void)state;
    for_each_variant(check_allocations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_sum__is_that_of_the_definition_at_every_level),
        cmocka_unit_test(density_sum__of_equal_bandwidths_is_that_of_one),
        cmocka_unit_test(density_sum__of_squares_counts_each_row_of_a_place_by_itself),
        cmocka_unit_test(density_sum__of_tiny_and_huge_bandwidths_has_no_overflow),
        cmocka_unit_test(density_sum__is_the_same_bits_in_any_bands_of_rows_and_threads),
        cmocka_unit_test(density_sum__is_the_same_bits_in_any_order_of_rows),
        cmocka_unit_test(density_sum__in_a_mask_has_the_bits_of_the_whole),
        cmocka_unit_test(
            density_sum__levels_agree_on_who_is_within_reach_of_the_uniform_kernel),
        cmocka_unit_test(density_sum__refuses_bad_bandwidths_of_points),
        cmocka_unit_test(density_sum__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
