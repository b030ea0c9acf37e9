/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact density by its laws (mass, symmetry, shift, linearity, threads, order of rows), by
 * hand, and against a sum written as the definition is. Coordinates of the bitwise laws are
 * multiples of 1/64, so that moving them rounds nothing. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "kerb_density.h"

#include "test_context.h"

static const kerb_kernel ALL_KERNELS[] = {
    KERB_KERNEL_UNIFORM, KERB_KERNEL_TRIANGULAR, KERB_KERNEL_EPANECHNIKOV,
    KERB_KERNEL_QUARTIC, KERB_KERNEL_TRIWEIGHT,  KERB_KERNEL_GAUSSIAN,
};
enum { N_KERNELS = sizeof ALL_KERNELS / sizeof *ALL_KERNELS };

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

static kerb_events *new_events(void)
{
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    return events;
}

static void add(kerb_events *events, double x, double y, double weight)
{
    const uint32_t none[KERB_NAME_KINDS] = {0};
    assert_int_equal(kerb_events_add_numbered(ctx, events, x, y, weight, KERB_CIVIL_NONE,
                                              KERB_PRECISION_NONE, none),
                     KERB_OK);
}

/* n events in a square, at multiples of 1/64; about a third at places used before. */
static kerb_events *new_random_events(size_t n, double x0, double y0, double side,
                                      bool is_weighted, uint64_t seed)
{
    kerb_events *events = new_events();
    for (size_t i = 0; i < n; i++) {
        double weight = is_weighted ? 0.1 + random_share(&seed) : 1.0;
        if (i > 3 && random_bits(&seed) % 3 == 0) {
            size_t again = random_bits(&seed) % i;
            add(events, events->x[again], events->y[again], weight);
        } else {
            double x = floor(random_share(&seed) * side * 64) / 64;
            double y = floor(random_share(&seed) * side * 64) / 64;
            add(events, x0 + x, y0 + y, weight);
        }
    }
    return events;
}

static kerb_grid *make_density(const kerb_events *events, kerb_kernel kernel,
                               double bandwidth_m, kerb_grid_spec spec, const uint8_t *mask,
                               kerb_density_mass *mass)
{
    kerb_density_options options = {.kernel = kernel, .bandwidth_m = bandwidth_m};
    kerb_grid *grid = NULL;
    kerb_status status = kerb_density_exact(ctx, events, &options, &spec, mask, &grid, mass);
    if (status != KERB_OK)
        fail_msg("%s: %s", kerb_status_name(status), kerb_ctx_message(ctx));
    return grid;
}

static double value(const kerb_grid *grid, size_t row, size_t col)
{
    return kerb_grid_values_const(grid)[row * kerb_grid_get_spec(grid)->n_cols + col];
}

static void assert_same_bits(const kerb_grid *a, const kerb_grid *b)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(a);
    assert_memory_equal(kerb_grid_values_const(a), kerb_grid_values_const(b),
                        spec->n_rows * spec->n_cols * sizeof(double));
}

/* ------------------------------------------------------------------ by hand */

static void density_exact__one_event_gives_the_values_of_the_formula(void **state)
{
    (void)state;
    /* 3 x 3 cells of 1 m, the event on the middle centre: distances 0, 1 and sqrt(2).
     * Support radius 2, sd 1 for the Gaussian. With u = r / 2, u^2 = 0, 1/4, 1/2:
     *   uniform       1/(4 pi)
     *   triangular    3/(4 pi) (1, 1/2, 1 - sqrt(2)/2)
     *   Epanechnikov  2/(4 pi) (1, 3/4, 1/2)
     *   quartic       3/(4 pi) (1, 9/16, 1/4)
     *   triweight     4/(4 pi) (1, 27/64, 1/8)
     *   Gaussian      1/(2 pi) (1, exp(-1/2), exp(-1)) */
    const double peaks[N_KERNELS] = {1 / (4 * KERB_PI), 3 / (4 * KERB_PI), 2 / (4 * KERB_PI),
                                     3 / (4 * KERB_PI), 4 / (4 * KERB_PI), 1 / (2 * KERB_PI)};
    const double shares[N_KERNELS][3] = {
        {1, 1, 1},           {1, 0.5, 1 - sqrt(2) / 2}, {1, 0.75, 0.5},
        {1, 9.0 / 16, 0.25}, {1, 27.0 / 64, 0.125},     {1, exp(-0.5), exp(-1)},
    };
    kerb_events *events = new_events();
    add(events, 101.5, 201.5, 1.0);
    kerb_grid_spec spec = {.xmin = 100, .ymax = 203, .cell_m = 1, .n_rows = 3, .n_cols = 3};
    for (int k = 0; k < N_KERNELS; k++) {
        double bandwidth_m = ALL_KERNELS[k] == KERB_KERNEL_GAUSSIAN ? 1.0 : 2.0;
        kerb_grid *grid = make_density(events, ALL_KERNELS[k], bandwidth_m, spec, NULL, NULL);
        for (size_t row = 0; row < 3; row++)
            for (size_t col = 0; col < 3; col++) {
                size_t ring = (row != 1 ? 1u : 0u) + (col != 1 ? 1u : 0u);
                assert_near_rel(value(grid, row, col), peaks[k] * shares[k][ring], 1e-14);
            }
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
}

static void density_exact__row_0_is_north_and_col_0_is_west(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    add(events, 0.5, 3.5, 1.0); /* north-west corner cell of 4 x 5 */
    kerb_grid_spec spec = {.xmin = 0, .ymax = 4, .cell_m = 1, .n_rows = 4, .n_cols = 5};
    kerb_grid *grid = make_density(events, KERB_KERNEL_QUARTIC, 1.0, spec, NULL, NULL);
    kerb_grid_summary summary = kerb_grid_summarise(grid);
    assert_int_equal(summary.n_nonzero, 1);
    assert_int_equal(summary.max_row, 0);
    assert_int_equal(summary.max_col, 0);
    kerb_grid_free(grid);
    kerb_events_free(events);
}

static void
density_exact__centre_at_the_radius_has_the_uniform_kernel_and_no_other(void **state)
{
    (void)state;
    /* Centres 3 east and 4 north of the event are exactly 5 away. */
    kerb_events *events = new_events();
    add(events, 0.5, 0.5, 1.0);
    kerb_grid_spec spec = {.xmin = 0, .ymax = 5, .cell_m = 1, .n_rows = 5, .n_cols = 4};
    for (int k = 0; k < N_KERNELS; k++) {
        if (ALL_KERNELS[k] == KERB_KERNEL_GAUSSIAN)
            continue;
        kerb_grid *grid = make_density(events, ALL_KERNELS[k], 5.0, spec, NULL, NULL);
        bool is_uniform = ALL_KERNELS[k] == KERB_KERNEL_UNIFORM;
        assert_near_rel(value(grid, 0, 3), is_uniform ? 1 / (25 * KERB_PI) : 0.0, 1e-15);
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
}

/* --------------------------------------------------------------------- laws */

static void density_exact__mass_is_kept_as_cells_shrink(void **state)
{
    (void)state;
    /* The midpoint rule over the disc: what is left at h / cell = 40 falls with the smoothness
     * of the kernel at its rim: a jump, a kink (two of them for the triangular), then C1, C2,
     * analytic. */
    const double tolerances[N_KERNELS] = {2e-3, 2e-4, 1e-4, 1e-5, 1e-6, 1e-11};
    kerb_events *events = new_random_events(60, 10000, 20000, 300, true, 7);
    double weights = 0.0;
    for (size_t i = 0; i < events->n; i++)
        weights += events->weight[i];
    for (int k = 0; k < N_KERNELS; k++) {
        double reach_m = kerb_kernel_reach_m(ALL_KERNELS[k], 100.0), first_error = 0.0;
        kerb_box box = {10000 - reach_m, 20000 - reach_m, 10300 + reach_m, 20300 + reach_m};
        for (double cell_m = 40.0; cell_m >= 2.5; cell_m /= 2) {
            kerb_grid_spec spec;
            assert_int_equal(kerb_grid_spec_make(ctx, box, cell_m, false, &spec), KERB_OK);
            kerb_density_mass mass;
            kerb_grid_free(make_density(events, ALL_KERNELS[k], 100.0, spec, NULL, &mass));
            assert_near_rel(mass.events, weights, 1e-14);
            double error = fabs(mass.raster / mass.events - 1);
            if (cell_m > 39.0)
                first_error = error;
            if (cell_m < 3.0) {
                assert_near_abs(mass.raster / mass.events, 1.0, tolerances[k]);
                assert_true(error < first_error || error < 1e-11);
            }
        }
    }
    kerb_events_free(events);
}

static void density_exact__one_event_is_symmetric(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    add(events, 10.5, 10.5, 1.0);
    kerb_grid_spec spec = {.xmin = 0, .ymax = 21, .cell_m = 1, .n_rows = 21, .n_cols = 21};
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_grid *grid = make_density(events, ALL_KERNELS[k], 6.25, spec, NULL, NULL);
        for (size_t row = 0; row < 21; row++)
            for (size_t col = 0; col < 21; col++) {
                double here = value(grid, row, col);
                assert_near_abs(here, value(grid, 20 - row, col), 0.0);
                assert_near_abs(here, value(grid, row, 20 - col), 0.0);
                assert_near_rel(here, value(grid, col, row), 1e-13);
            }
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
}

static void density_exact__moving_events_by_whole_cells_moves_the_bits(void **state)
{
    (void)state;
    enum { DOWN = 37, RIGHT = 5, SIDE = 90 }; /* across a band of rows */
    const double cell_m = 8.0;
    kerb_grid_spec spec = {
        .xmin = 4000, .ymax = 3720, .cell_m = cell_m, .n_rows = SIDE, .n_cols = SIDE};
    kerb_events *events = new_random_events(150, 4100, 3400, 300, true, 11);
    kerb_events *moved = new_events();
    for (size_t i = 0; i < events->n; i++)
        add(moved, events->x[i] + RIGHT * cell_m, events->y[i] - DOWN * cell_m,
            events->weight[i]);
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_grid *a = make_density(events, ALL_KERNELS[k], 61.0, spec, NULL, NULL);
        kerb_grid *b = make_density(moved, ALL_KERNELS[k], 61.0, spec, NULL, NULL);
        for (size_t row = 0; row + DOWN < SIDE; row++)
            assert_memory_equal(kerb_grid_values(a) + row * SIDE,
                                kerb_grid_values(b) + (row + DOWN) * SIDE + RIGHT,
                                (SIDE - RIGHT) * sizeof(double));
        assert_true(kerb_grid_summarise(b).n_nonzero > 500);
        kerb_grid_free(a);
        kerb_grid_free(b);
    }
    kerb_events_free(events);
    kerb_events_free(moved);
}

static const kerb_grid_spec TOWN = {
    .xmin = 400000, .ymax = 301000, .cell_m = 10, .n_rows = 100, .n_cols = 110};

static void density_exact__is_linear_in_weights(void **state)
{
    (void)state;
    kerb_events *a = new_random_events(200, 400000, 300000, 1000, true, 1);
    kerb_events *b = new_random_events(200, 400000, 300000, 1000, true, 2);
    kerb_events *doubled = new_events(), *both = new_events();
    for (size_t i = 0; i < a->n; i++) {
        add(doubled, a->x[i], a->y[i], 2 * a->weight[i]);
        add(both, a->x[i], a->y[i], a->weight[i]);
    }
    for (size_t i = 0; i < b->n; i++)
        add(both, b->x[i], b->y[i], b->weight[i]);
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_grid *of_a = make_density(a, ALL_KERNELS[k], 77, TOWN, NULL, NULL);
        kerb_grid *of_b = make_density(b, ALL_KERNELS[k], 77, TOWN, NULL, NULL);
        kerb_grid *of_both = make_density(both, ALL_KERNELS[k], 77, TOWN, NULL, NULL);
        kerb_grid *of_doubled = make_density(doubled, ALL_KERNELS[k], 77, TOWN, NULL, NULL);
        for (size_t row = 0; row < TOWN.n_rows; row++)
            for (size_t col = 0; col < TOWN.n_cols; col++) {
                double sum = value(of_a, row, col) + value(of_b, row, col);
                assert_near_rel(value(of_both, row, col), sum, 1e-12);
            }
        kerb_grid_scale(of_a, 2.0); /* a power of two: not a bit may differ */
        assert_same_bits(of_a, of_doubled);
        kerb_grid_free(of_a);
        kerb_grid_free(of_b);
        kerb_grid_free(of_both);
        kerb_grid_free(of_doubled);
    }
    kerb_events_free(a);
    kerb_events_free(b);
    kerb_events_free(doubled);
    kerb_events_free(both);
}

static void density_exact__rows_at_one_place_are_one_row_with_their_weight(void **state)
{
    (void)state;
    kerb_events *rows = new_events(), *weights = new_events();
    uint64_t seed = 5;
    for (int i = 0; i < 80; i++) {
        double x = 400000 + 1000 * random_share(&seed), y = 300000 + 1000 * random_share(&seed);
        int n = 1 + (int)(random_bits(&seed) % 9);
        add(weights, x, y, n);
        for (int repeat = 0; repeat < n; repeat++)
            add(rows, x, y, 1);
    }
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_density_mass mass_a, mass_b;
        kerb_grid *a = make_density(rows, ALL_KERNELS[k], 90, TOWN, NULL, &mass_a);
        kerb_grid *b = make_density(weights, ALL_KERNELS[k], 90, TOWN, NULL, &mass_b);
        assert_same_bits(a, b);
        assert_near_abs(mass_a.events, (double)rows->n, 0.0);
        assert_near_abs(mass_b.events, (double)rows->n, 0.0);
        kerb_grid_free(a);
        kerb_grid_free(b);
    }
    kerb_events_free(rows);
    kerb_events_free(weights);
}

static uint8_t *new_random_mask(kerb_grid_spec spec, uint64_t seed)
{
    size_t n_cells = spec.n_rows * spec.n_cols;
    uint8_t *mask = malloc(n_cells);
    assert_non_null(mask);
    for (size_t i = 0; i < n_cells; i++) {
        size_t row = i / spec.n_cols, col = i % spec.n_cols;
        /* an empty row, ragged ends, random holes */
        mask[i] = row % 7 != 3 && col > row % 20 && random_bits(&seed) % 4 != 0;
    }
    return mask;
}

static void density_exact__threads_do_not_change_a_bit(void **state)
{
    (void)state;
    const int n_threads[] = {2, 3, 7};
    kerb_events *events = new_random_events(500, 399900, 299900, 1200, true, 3);
    uint8_t *mask = new_random_mask(TOWN, 4);
    for (int k = 0; k < N_KERNELS; k++)
        for (int is_masked = 0; is_masked <= 1; is_masked++) {
            kerb_density_mass mass, mass_alone;
            kerb_ctx_set_threads(ctx, 1);
            kerb_grid *alone = make_density(events, ALL_KERNELS[k], 83, TOWN,
                                            is_masked ? mask : NULL, &mass_alone);
            for (size_t t = 0; t < 3; t++) {
                kerb_ctx_set_threads(ctx, n_threads[t]);
                kerb_grid *grid = make_density(events, ALL_KERNELS[k], 83, TOWN,
                                               is_masked ? mask : NULL, &mass);
                assert_same_bits(alone, grid);
                assert_memory_equal(&mass, &mass_alone, sizeof mass);
                kerb_grid_free(grid);
            }
            kerb_grid_free(alone);
        }
    free(mask);
    kerb_events_free(events);
}

static void density_exact__order_of_rows_does_not_change_a_bit(void **state)
{
    (void)state;
    kerb_events *events = new_random_events(400, 400000, 300000, 1000, true, 6);
    kerb_events *backwards = new_events();
    for (size_t i = events->n; i-- > 0;)
        add(backwards, events->x[i], events->y[i], events->weight[i]);
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_density_mass mass_a, mass_b;
        kerb_grid *a = make_density(events, ALL_KERNELS[k], 120, TOWN, NULL, &mass_a);
        kerb_grid *b = make_density(backwards, ALL_KERNELS[k], 120, TOWN, NULL, &mass_b);
        assert_same_bits(a, b);
        assert_memory_equal(&mass_a, &mass_b, sizeof mass_a);
        kerb_grid_free(a);
        kerb_grid_free(b);
    }
    kerb_events_free(events);
    kerb_events_free(backwards);
}

static void density_exact__is_the_sum_of_the_definition(void **state)
{
    (void)state;
    /* Bandwidths below, at and above the size of the grid; events in and around it. */
    const double bandwidths_m[] = {11, 150, 2500};
    kerb_events *events = new_random_events(250, 399700, 299700, 1600, true, 8);
    add(events, NAN, NAN, 5.0);
    for (int k = 0; k < N_KERNELS; k++)
        for (size_t b = 0; b < 3; b++) {
            double h = bandwidths_m[b], reach_m = kerb_kernel_reach_m(ALL_KERNELS[k], h);
            double one_peak = kerb_kernel_value(ALL_KERNELS[k], h, 0.0);
            kerb_grid *grid = make_density(events, ALL_KERNELS[k], h, TOWN, NULL, NULL);
            double max = kerb_grid_summarise(grid).max;
            for (size_t row = 0; row < TOWN.n_rows; row++)
                for (size_t col = 0; col < TOWN.n_cols; col++) {
                    double sum = 0.0;
                    bool is_reached = false;
                    for (size_t i = 0; i + 1 < events->n; i++) {
                        double r = hypot(kerb_grid_col_x(&TOWN, col) - events->x[i],
                                         kerb_grid_row_y(&TOWN, row) - events->y[i]);
                        sum += events->weight[i] * kerb_kernel_value(ALL_KERNELS[k], h, r);
                        is_reached |= r <= reach_m * (1 + 1e-14);
                    }
                    double got = value(grid, row, col);
                    assert_near_abs(got, sum, 1e-12 * max);
                    if (sum > 1e-3 * one_peak)
                        assert_near_rel(got, sum, 1e-11);
                    assert_true(got >= 0.0 && !signbit(got));
                    if (!is_reached)
                        assert_true(got == 0.0);
                }
            kerb_grid_free(grid);
        }
    kerb_events_free(events);
}

static void density_exact__wide_empty_land_is_exactly_zero(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    for (int i = 0; i < 1000; i++)
        add(events, 400505 + i * 0.01, 300505, 0.1);
    for (int k = 0; k < N_KERNELS; k++) {
        double reach_m = kerb_kernel_reach_m(ALL_KERNELS[k], 30.0);
        kerb_grid *grid = make_density(events, ALL_KERNELS[k], 30.0, TOWN, NULL, NULL);
        size_t n_zero = 0;
        for (size_t row = 0; row < TOWN.n_rows; row++)
            for (size_t col = 0; col < TOWN.n_cols; col++) {
                double dx = fmax(fmax(400505 - kerb_grid_col_x(&TOWN, col),
                                      kerb_grid_col_x(&TOWN, col) - 400514.99),
                                 0);
                double r = hypot(dx, kerb_grid_row_y(&TOWN, row) - 300505);
                const double zero = 0.0, got = value(grid, row, col);
                if (r > reach_m) {
                    assert_memory_equal(&got, &zero, sizeof zero);
                    n_zero++;
                } else if (r < reach_m * 0.99) {
                    assert_true(got > 0.0);
                }
            }
        assert_true(n_zero > 1000);
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
}

/* --------------------------------------------------------------------- mask */

static void density_exact__mask_hides_cells_and_changes_no_other(void **state)
{
    (void)state;
    kerb_events *events = new_random_events(300, 400000, 300000, 1000, false, 9);
    uint8_t *mask = new_random_mask(TOWN, 10);
    for (int k = 0; k < N_KERNELS; k++) {
        kerb_density_mass mass;
        kerb_grid *whole = make_density(events, ALL_KERNELS[k], 95, TOWN, NULL, NULL);
        kerb_grid *masked = make_density(events, ALL_KERNELS[k], 95, TOWN, mask, &mass);
        double sum = 0.0;
        for (size_t i = 0; i < TOWN.n_rows * TOWN.n_cols; i++) {
            double got = kerb_grid_values(masked)[i], all = kerb_grid_values(whole)[i];
            if (mask[i]) {
                assert_memory_equal(&got, &all, sizeof got);
                sum += got * 100.0;
            } else {
                assert_true(isnan(got));
            }
        }
        assert_near_rel(mass.raster, sum, 1e-12);
        assert_near_abs(mass.events, 300.0, 0.0);
        kerb_grid_free(whole);
        kerb_grid_free(masked);
    }
    free(mask);
    kerb_events_free(events);
}

static void density_exact__mask_of_nothing_gives_no_values(void **state)
{
    (void)state;
    kerb_events *events = new_random_events(30, 400000, 300000, 1000, false, 9);
    uint8_t *mask = calloc(TOWN.n_rows * TOWN.n_cols, 1);
    assert_non_null(mask);
    kerb_density_mass mass;
    kerb_grid *grid = make_density(events, KERB_KERNEL_GAUSSIAN, 95, TOWN, mask, &mass);
    assert_int_equal(kerb_grid_summarise(grid).n_cells, 0);
    assert_near_abs(mass.raster, 0.0, 0.0);
    kerb_grid_free(grid);
    free(mask);
    kerb_events_free(events);
}

/* ------------------------------------------------------------------ extremes */

static void density_exact__no_events_give_zeros(void **state)
{
    (void)state;
    kerb_events *none = new_events(), *unlocated = new_events();
    for (int i = 0; i < 5; i++)
        add(unlocated, NAN, NAN, 1.0);
    const kerb_events *tables[] = {none, unlocated};
    for (int t = 0; t < 2; t++)
        for (int k = 0; k < N_KERNELS; k++) {
            kerb_density_mass mass;
            kerb_grid *grid = make_density(tables[t], ALL_KERNELS[k], 50, TOWN, NULL, &mass);
            kerb_grid_summary summary = kerb_grid_summarise(grid);
            assert_int_equal(summary.n_cells, TOWN.n_rows * TOWN.n_cols);
            assert_int_equal(summary.n_nonzero, 0);
            assert_near_abs(mass.events, 0.0, 0.0);
            assert_near_abs(mass.raster, 0.0, 0.0);
            kerb_grid_free(grid);
        }
    kerb_events_free(none);
    kerb_events_free(unlocated);
}

static void density_exact__events_outside_the_grid_count_as_far_as_they_reach(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    add(events, 399950, 300505, 1.0); /* 55 m west of the first centres */
    add(events, 1e7, -1e7, 1.0);      /* out of all reach */
    add(events, -1e300, 300505, 1.0); /* must not overflow an index */
    for (int k = 0; k < N_KERNELS; k++) {
        double bandwidth_m = ALL_KERNELS[k] == KERB_KERNEL_GAUSSIAN ? 30.0 : 100.0;
        kerb_grid *grid = make_density(events, ALL_KERNELS[k], bandwidth_m, TOWN, NULL, NULL);
        double want = kerb_kernel_value(ALL_KERNELS[k], bandwidth_m, 55.0);
        assert_near_rel(value(grid, 49, 0), want, 1e-12);
        assert_true(value(grid, 0, 109) == 0.0);
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
}

static void count_warning(void *user, kerb_log_level level, const char *line)
{
    if (level == KERB_LOG_WARNING && strstr(line, "smaller than the cell"))
        ++*(int *)user;
}

static void density_exact__bandwidth_below_the_cell_is_computed_with_a_warning(void **state)
{
    (void)state;
    int n_warnings = 0;
    kerb_ctx_set_log(ctx, count_warning, &n_warnings);
    kerb_events *events = new_events();
    add(events, 400005, 300995, 1.0); /* on a centre: the whole kernel in one cell */
    kerb_grid *grid = make_density(events, KERB_KERNEL_QUARTIC, 4.0, TOWN, NULL, NULL);
    assert_int_equal(n_warnings, 1);
    assert_int_equal(kerb_grid_summarise(grid).n_nonzero, 1);
    assert_near_rel(value(grid, 0, 0), 3 / (KERB_PI * 16), 1e-14);
    kerb_grid_free(grid);
    grid = make_density(events, KERB_KERNEL_QUARTIC, 10.0, TOWN, NULL, NULL);
    assert_int_equal(n_warnings, 1); /* equal to the cell: none */
    kerb_grid_free(grid);
    kerb_events_free(events);
    kerb_ctx_set_log(ctx, NULL, NULL);
}

static void density_exact__bandwidth_far_above_the_grid_is_flat(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    add(events, 400500, 300500, 3.0);
    kerb_grid *grid = make_density(events, KERB_KERNEL_QUARTIC, 1e9, TOWN, NULL, NULL);
    assert_near_rel(value(grid, 0, 0), 9 / (KERB_PI * 1e18), 1e-10);
    assert_near_rel(value(grid, 99, 109), 9 / (KERB_PI * 1e18), 1e-10);
    kerb_grid_free(grid);
    kerb_events_free(events);
}

/* ------------------------------------------------------------------ failures */

static void assert_refused(const kerb_events *events, kerb_density_options options,
                           kerb_grid_spec spec, kerb_status want, const char *words)
{
    kerb_grid *grid = (kerb_grid *)&ctx; /* any address: must stay */
    kerb_density_mass mass = {-1.0, -1.0};
    kerb_status status = kerb_density_exact(ctx, events, &options, &spec, NULL, &grid, &mass);
    assert_int_equal(status, want);
    assert_ptr_equal(grid, &ctx);
    assert_near_abs(mass.events, -1.0, 0.0);
    if (!strstr(kerb_ctx_message(ctx), words))
        fail_msg("\"%s\" does not say \"%s\"", kerb_ctx_message(ctx), words);
}

static void density_exact__refuses_bad_arguments(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    add(events, 400005, 300995, 2.0);
    add(events, 400005, 300995, 2.0);
    const kerb_density_options good = {.kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 50};
    kerb_density_options options = good;
    const double bad_m[] = {0.0, -1.0, NAN, HUGE_VAL, 1e-300};
    for (size_t i = 0; i < sizeof bad_m / sizeof *bad_m; i++) {
        options.bandwidth_m = bad_m[i];
        assert_refused(events, options, TOWN, KERB_ERR_RANGE, "bandwidth must");
    }
    options = good;
    options.kernel = (kerb_kernel)KERB_KERNEL_COUNT;
    assert_refused(events, options, TOWN, KERB_ERR_ARG, "kernel");
    kerb_grid_spec spec = TOWN;
    spec.cell_m = 0.0;
    assert_refused(events, good, spec, KERB_ERR_RANGE, "cell");
    spec = TOWN, spec.n_rows = 0;
    assert_refused(events, good, spec, KERB_ERR_RANGE, "cell");

    const double bad_weights[] = {-1.0, NAN, HUGE_VAL};
    for (size_t i = 0; i < 3; i++) {
        events->weight[1] = bad_weights[i];
        assert_refused(events, good, TOWN, KERB_ERR_ARG, "event 2: weight");
    }
    events->weight[1] = 2.0;
    events->y[1] = NAN;
    assert_refused(events, good, TOWN, KERB_ERR_ARG, "event 2: coordinates");
    kerb_events_free(events);
}

typedef struct density_call {
    const kerb_events *events;
    const uint8_t *mask;
    kerb_kernel kernel;
} density_call;

static kerb_status call_density(kerb_ctx *of_walk, void *user)
{
    const density_call *call = user;
    kerb_density_options options = {.kernel = call->kernel, .bandwidth_m = 80};
    kerb_grid *grid = NULL;
    kerb_density_mass mass;
    kerb_ctx_set_threads(of_walk, 1);
    kerb_status status =
        kerb_density_exact(of_walk, call->events, &options, &TOWN, call->mask, &grid, &mass);
    if (status != KERB_OK)
        assert_null(grid);
    kerb_grid_free(grid);
    return status;
}

static void density_exact__survives_every_failed_allocation(void **state)
{
    (void)state;
    kerb_events *events = new_random_events(100, 400000, 300000, 1000, true, 12);
    uint8_t *mask = new_random_mask(TOWN, 13);
    for (int k = 0; k < N_KERNELS; k++) {
        density_call call = {events, mask, ALL_KERNELS[k]};
        assert_true(failing_allocator_walk(call_density, &call) > 5);
    }
    free(mask);
    kerb_events_free(events);
}

static void cancel_after_a_third(void *user, const char *stage, double share)
{
    if (strcmp(stage, "density") == 0 && share >= 0.3)
        kerb_ctx_request_cancel(user);
}

static void density_exact__stops_when_asked(void **state)
{
    (void)state;
    kerb_events *events = new_random_events(100, 400000, 300000, 1000, false, 14);
    kerb_grid_spec tall = TOWN;
    tall.n_rows = 4000;
    for (int threads = 1; threads <= 2; threads++) {
        kerb_ctx *own = kerb_ctx_new();
        assert_non_null(own);
        kerb_ctx_set_threads(own, threads);
        kerb_ctx_set_progress(own, cancel_after_a_third, own);
        kerb_density_options options = KERB_DENSITY_OPTIONS_DEFAULT;
        kerb_grid *grid = NULL;
        assert_int_equal(kerb_density_exact(own, events, &options, &tall, NULL, &grid, NULL),
                         KERB_ERR_CANCELLED);
        assert_null(grid);
        kerb_ctx_free(own);
    }
    kerb_events_free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_exact__one_event_gives_the_values_of_the_formula),
        cmocka_unit_test(density_exact__row_0_is_north_and_col_0_is_west),
        cmocka_unit_test(
            density_exact__centre_at_the_radius_has_the_uniform_kernel_and_no_other),
        cmocka_unit_test(density_exact__mass_is_kept_as_cells_shrink),
        cmocka_unit_test(density_exact__one_event_is_symmetric),
        cmocka_unit_test(density_exact__moving_events_by_whole_cells_moves_the_bits),
        cmocka_unit_test(density_exact__is_linear_in_weights),
        cmocka_unit_test(density_exact__rows_at_one_place_are_one_row_with_their_weight),
        cmocka_unit_test(density_exact__threads_do_not_change_a_bit),
        cmocka_unit_test(density_exact__order_of_rows_does_not_change_a_bit),
        cmocka_unit_test(density_exact__is_the_sum_of_the_definition),
        cmocka_unit_test(density_exact__wide_empty_land_is_exactly_zero),
        cmocka_unit_test(density_exact__mask_hides_cells_and_changes_no_other),
        cmocka_unit_test(density_exact__mask_of_nothing_gives_no_values),
        cmocka_unit_test(density_exact__no_events_give_zeros),
        cmocka_unit_test(density_exact__events_outside_the_grid_count_as_far_as_they_reach),
        cmocka_unit_test(density_exact__bandwidth_below_the_cell_is_computed_with_a_warning),
        cmocka_unit_test(density_exact__bandwidth_far_above_the_grid_is_flat),
        cmocka_unit_test(density_exact__refuses_bad_arguments),
        cmocka_unit_test(density_exact__survives_every_failed_allocation),
        cmocka_unit_test(density_exact__stops_when_asked),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
