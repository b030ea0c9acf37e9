/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events in cells: every event in one cell, edges to the west and south owner. */
#include "failing_allocator.h"
#include "grid_text.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_grid.h"

#include "test_table.h"

static void add(double x, double y, double weight)
{
    kerb_event event = {.x = x, .y = y, .weight = weight, .start = KERB_CIVIL_NONE};
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static kerb_grid *count(kerb_grid_spec spec)
{
    kerb_grid *grid = NULL;
    assert_int_equal(kerb_grid_count(ctx, &spec, events, &grid), KERB_OK);
    return grid;
}

static void grid_count__west_and_south_edges_are_in(void **state)
{
    (void)state;
    const kerb_grid_spec spec = {
        .xmin = 10, .ymax = 30, .cell_m = 10, .n_rows = 2, .n_cols = 3};
    /*        10   20   30   40
     *     30 +----+----+----+        south-west corner of the grid: in, bottom left
     *        |    |    | 2  |        x = 40 and y = 30: out
     *     20 +----+----+----+        (20, 20): the cell to its north-east
     *        | 1  |    |    |
     *     10 +----+----+----+ */
    add(10, 10, 1);
    add(40, 15, 1);
    add(15, 30, 1);
    add(9.999, 15, 1);
    add(15, 9.999, 1);
    add(20, 20, 1);
    add(39.999, 29.999, 2);
    add(NAN, NAN, 1);
    kerb_grid *grid = count(spec);
    assert_grid_text(kerb_grid_values(grid), 2, 3, 0, ". 1 2 / 1 . .");
    kerb_grid_free(grid);
}

static void grid_count__each_event_on_a_line_is_counted_once(void **state)
{
    (void)state;
    /* Cells of 0.1: lines that division rounds to either side. */
    const kerb_grid_spec spec = {
        .xmin = 0.3, .ymax = 7.3, .cell_m = 0.1, .n_rows = 70, .n_cols = 70};
    for (int i = 0; i < 70; i++)
        add(spec.xmin + i * spec.cell_m, spec.ymax - (i + 1) * spec.cell_m, 1);
    kerb_grid *grid = count(spec);
    for (size_t i = 0; i < 70; i++)
        assert_near_abs(kerb_grid_values(grid)[i * 70 + i], 1.0, 0.0);
    assert_near_abs(kerb_grid_summarise(grid).sum, 70.0, 0.0);
    kerb_grid_free(grid);
}

static void grid_count__far_events_are_left_out(void **state)
{
    (void)state;
    const kerb_grid_spec spec = {
        .xmin = 0, .ymax = 10, .cell_m = 1, .n_rows = 10, .n_cols = 10};
    add(1e300, 5, 1);
    add(5, -1e300, 1);
    add(5.5, 5.5, 0.25);
    kerb_grid *grid = count(spec);
    assert_near_abs(kerb_grid_summarise(grid).sum, 0.25, 0.0);
    kerb_grid_free(grid);
}

static kerb_status call_count(kerb_ctx *of_walk, void *user)
{
    kerb_grid *grid = NULL;
    kerb_status status = kerb_grid_count(of_walk, user, events, &grid);
    kerb_grid_free(grid);
    return status;
}

static void grid_count__survives_every_failed_allocation(void **state)
{
    (void)state;
    kerb_grid_spec spec = {.xmin = 0, .ymax = 10, .cell_m = 1, .n_rows = 10, .n_cols = 10};
    add(5.5, 5.5, 1);
    assert_true(failing_allocator_walk(call_count, &spec) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grid_count__west_and_south_edges_are_in, make_table,
                                        free_table),
        cmocka_unit_test_setup_teardown(grid_count__each_event_on_a_line_is_counted_once,
                                        make_table, free_table),
        cmocka_unit_test_setup_teardown(grid_count__far_events_are_left_out, make_table,
                                        free_table),
        cmocka_unit_test_setup_teardown(grid_count__survives_every_failed_allocation,
                                        make_table, free_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
