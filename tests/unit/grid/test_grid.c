/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The raster's values: filling, figures, masking, scaling. */
#include "failing_allocator.h"
#include "grid_text.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_grid.h"

#include "test_context.h"

static kerb_grid *new_grid(size_t n_rows, size_t n_cols, double fill)
{
    kerb_grid_spec spec = {
        .xmin = 0, .ymax = 0, .cell_m = 1, .n_rows = n_rows, .n_cols = n_cols};
    kerb_grid *grid = NULL;
    assert_int_equal(kerb_grid_new(ctx, &spec, fill, &grid), KERB_OK);
    return grid;
}

static void grid__is_filled_with_one_value(void **state)
{
    (void)state;
    const double fills[] = {0.0, -0.0, 2.5, -1.0};
    for (int f = 0; f < 4; f++) {
        kerb_grid *grid = new_grid(3, 4, fills[f]);
        for (int i = 0; i < 12; i++)
            assert_memory_equal(&kerb_grid_values(grid)[i], &fills[f], sizeof(double));
        kerb_grid_free(grid);
    }
    kerb_grid *grid = new_grid(2, 2, NAN);
    assert_grid_text(kerb_grid_values(grid), 2, 2, 0, "# # / # #");
    kerb_grid_free(grid);
    kerb_grid_free(NULL);
}

static void grid__summary_is_that_of_a_small_grid(void **state)
{
    (void)state;
    kerb_grid *grid = new_grid(2, 3, 0.0);
    const double values[] = {NAN, 4, 1, 0, 4, -3}; /* sum 6 over 5 cells, 4 not 0 */
    memcpy(kerb_grid_values(grid), values, sizeof values);
    kerb_grid_summary s = kerb_grid_summarise(grid);
    assert_int_equal(s.n_cells, 5);
    assert_int_equal(s.n_nonzero, 4);
    assert_near_abs(s.sum, 6.0, 0.0);
    assert_near_abs(s.mean, 1.2, 1e-16);
    assert_near_abs(s.mean_nonzero, 1.5, 0.0);
    assert_near_abs(s.max, 4.0, 0.0);
    assert_int_equal(s.max_row, 0); /* the northmost of both fours */
    assert_int_equal(s.max_col, 1);
    kerb_grid_free(grid);
}

static void grid__summary_of_no_values_has_no_mean_and_no_maximum(void **state)
{
    (void)state;
    kerb_grid *grid = new_grid(2, 3, NAN);
    kerb_grid_summary s = kerb_grid_summarise(grid);
    assert_int_equal(s.n_cells, 0);
    assert_near_abs(s.sum, 0.0, 0.0);
    assert_true(isnan(s.max) && isnan(s.mean) && isnan(s.mean_nonzero));
    kerb_grid_free(grid);
    grid = new_grid(2, 3, 0.0);
    s = kerb_grid_summarise(grid);
    assert_int_equal(s.n_cells, 6);
    assert_near_abs(s.mean, 0.0, 0.0);
    assert_near_abs(s.max, 0.0, 0.0);
    assert_true(isnan(s.mean_nonzero));
    kerb_grid_free(grid);
}

static void grid__sum_does_not_lose_small_values_beside_large_ones(void **state)
{
    (void)state;
    /* 1e16 + 1 + 1 + ... - 1e16: plain addition gives 0, since 1e16 + 1 rounds to 1e16. */
    kerb_grid *grid = new_grid(100, 100, 1.0);
    kerb_grid_values(grid)[0] = 1e16;
    kerb_grid_values(grid)[9999] = -1e16;
    assert_near_abs(kerb_grid_summarise(grid).sum, 9998.0, 0.0);
    kerb_grid_values(grid)[5000] = HUGE_VAL;
    assert_true(isinf(kerb_grid_summarise(grid).sum));
    kerb_grid_free(grid);
}

static void grid__mask_and_scale_touch_every_cell_once(void **state)
{
    (void)state;
    kerb_grid *grid = new_grid(2, 3, 2.0);
    const uint8_t mask[] = {1, 0, 1, 1, 1, 0};
    kerb_grid_apply_mask(grid, mask);
    kerb_grid_scale(grid, 1.5);
    assert_grid_text(kerb_grid_values_const(grid), 2, 3, 0, "3 # 3 / 3 3 #");
    kerb_grid_free(grid);
}

static void grid__summary_of_rows_is_that_of_the_whole(void **state)
{
    (void)state;
    enum { N_ROWS = 23, N_COLS = 17 };
    double values[N_ROWS * N_COLS];
    kerb_grid_spec spec = {
        .xmin = 0, .ymax = 0, .cell_m = 1, .n_rows = N_ROWS, .n_cols = N_COLS};
    for (int i = 0; i < N_ROWS * N_COLS; i++) /* sums that round, zeros, two equal maxima */
        values[i] = i % 7 == 0 ? (double)NAN : i % 5 == 0 ? 0.0 : 1e9 / (1.0 + (i * 37) % 101);
    values[8] = values[300] = 2e9;
    kerb_grid *grid = NULL;
    assert_int_equal(kerb_grid_new(ctx, &spec, 0.0, &grid), KERB_OK);
    memcpy(kerb_grid_values(grid), values, sizeof values);
    kerb_grid_summary whole = kerb_grid_summarise(grid);
    assert_int_equal(whole.max_row, 0);
    assert_int_equal(whole.max_col, 8);
    for (size_t step = 1; step <= N_ROWS; step++) {
        kerb_grid_running running = {0};
        for (size_t row = 0; row < N_ROWS; row += step)
            kerb_grid_running_add(&running, values + row * N_COLS,
                                  N_ROWS - row < step ? N_ROWS - row : step, N_COLS);
        kerb_grid_summary rows = kerb_grid_running_summary(&running);
        assert_near_ulps(rows.sum, whole.sum, 0);
        assert_near_ulps(rows.max, whole.max, 0);
        assert_near_ulps(rows.mean, whole.mean, 0);
        assert_near_ulps(rows.mean_nonzero, whole.mean_nonzero, 0);
        assert_true(rows.n_cells == whole.n_cells && rows.n_nonzero == whole.n_nonzero &&
                    rows.max_row == whole.max_row && rows.max_col == whole.max_col);
    }
    kerb_grid_free(grid);
}

static void grid__refuses_specs_that_are_no_grid(void **state)
{
    (void)state;
    const kerb_grid_spec good = {.xmin = 0, .ymax = 0, .cell_m = 1, .n_rows = 2, .n_cols = 2};
    kerb_grid_spec bad[8];
    for (int i = 0; i < 8; i++)
        bad[i] = good;
    bad[0].cell_m = 0.0;
    bad[1].cell_m = NAN;
    bad[2].xmin = HUGE_VAL;
    bad[3].ymax = NAN;
    bad[4].n_rows = 0;
    bad[5].n_cols = 0;
    bad[6].n_rows = bad[6].n_cols = SIZE_MAX / 2; /* the product overflows */
    bad[7].xmin = 1e9, bad[7].cell_m = 1e-9;      /* 1e9 + 1e-9 is 1e9 */
    kerb_grid *grid = NULL;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(kerb_grid_new(ctx, &bad[i], 0.0, &grid), KERB_ERR_RANGE);
        assert_null(grid);
        assert_true(kerb_ctx_message(ctx)[0] != '\0');
    }
    assert_int_equal(kerb_grid_spec_check(ctx, &good), KERB_OK);
}

static kerb_status call_new(kerb_ctx *of_walk, void *user)
{
    const double *fill = user;
    kerb_grid_spec spec = {.xmin = 0, .ymax = 0, .cell_m = 1, .n_rows = 9, .n_cols = 9};
    kerb_grid *grid = NULL;
    kerb_status status = kerb_grid_new(of_walk, &spec, *fill, &grid);
    kerb_grid_free(grid);
    return status;
}

static void grid__survives_every_failed_allocation(void **state)
{
    (void)state;
    double fills[] = {0.0, 1.0};
    assert_int_equal(failing_allocator_walk(call_new, &fills[0]), 2);
    assert_int_equal(failing_allocator_walk(call_new, &fills[1]), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid__is_filled_with_one_value),
        cmocka_unit_test(grid__summary_is_that_of_a_small_grid),
        cmocka_unit_test(grid__summary_of_no_values_has_no_mean_and_no_maximum),
        cmocka_unit_test(grid__sum_does_not_lose_small_values_beside_large_ones),
        cmocka_unit_test(grid__mask_and_scale_touch_every_cell_once),
        cmocka_unit_test(grid__summary_of_rows_is_that_of_the_whole),
        cmocka_unit_test(grid__refuses_specs_that_are_no_grid),
        cmocka_unit_test(grid__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
