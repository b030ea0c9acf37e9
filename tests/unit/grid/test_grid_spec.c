/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the cells are: boxes used exactly or refused with those that fit, boxes snapped
 * outward, and the default size of a cell. */
#include "near.h"

#include "kerb_base.h"
#include "kerb_grid.h"

#include "test_context.h"

static kerb_grid_spec make(kerb_box box, double cell_m, bool exact)
{
    kerb_grid_spec spec = {0};
    kerb_status status = kerb_grid_spec_make(ctx, box, cell_m, exact, &spec);
    if (status != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return spec;
}

static void assert_spec(kerb_grid_spec spec, double xmin, double ymax, size_t n_rows,
                        size_t n_cols)
{
    assert_near_abs(spec.xmin, xmin, 0.0);
    assert_near_abs(spec.ymax, ymax, 0.0);
    assert_int_equal(spec.n_rows, n_rows);
    assert_int_equal(spec.n_cols, n_cols);
}

static void assert_refused(kerb_box box, double cell_m, bool exact, kerb_status want,
                           const char *words)
{
    kerb_grid_spec spec = {.n_rows = 77};
    assert_int_equal(kerb_grid_spec_make(ctx, box, cell_m, exact, &spec), want);
    assert_int_equal(spec.n_rows, 77);
    if (!strstr(kerb_ctx_message(ctx), words))
        fail_msg("\"%s\" does not say \"%s\"", kerb_ctx_message(ctx), words);
}

static void grid_spec__exact_box_is_used_as_it_is(void **state)
{
    (void)state;
    assert_spec(make((kerb_box){430013, 310007, 430513, 310207}, 50, true), 430013, 310207, 4,
                10);
    /* 0.3 / 0.1 is 2.9999999999999996 in binary; three cells all the same */
    assert_spec(make((kerb_box){0, 0, 0.3, 0.7}, 0.1, true), 0, 0.7, 7, 3);
    assert_spec(make((kerb_box){-25, -50, 25, -25}, 25, true), -25, -25, 1, 2);
}

static void grid_spec__exact_box_that_does_not_fit_names_those_that_do(void **state)
{
    (void)state;
    assert_refused(
        (kerb_box){0, 0, 105, 200}, 50, true, KERB_ERR_ARG,
        "box 0,0,105,200 is 2.1 x 4 cells of 50, not whole numbers; nearest that fit: "
        "0,0,100,200 or 0,0,150,200");
    assert_refused((kerb_box){400000, 300000, 400130, 300070}, 50, true, KERB_ERR_ARG,
                   "400000,300000,400100,300050 or 400000,300000,400150,300100");
    assert_refused((kerb_box){0, 0, 0.35, 0.2}, 0.1, true, KERB_ERR_ARG,
                   "0,0,0.3,0.2 or 0,0,0.4,0.2");
    /* smaller than a cell: one cell is the only way */
    assert_refused((kerb_box){0, 0, 20, 50}, 50, true, KERB_ERR_ARG,
                   "nearest that fits: 0,0,50,50");
}

static void grid_spec__boxes_named_in_the_message_do_fit(void **state)
{
    (void)state;
    const double cells_m[] = {50, 7, 0.7, 333.25, 12.5, 1000};
    for (size_t i = 0; i < sizeof cells_m / sizeof *cells_m; i++) {
        kerb_box box = {431234.5, 298765.25, 443210.75, 312345.125};
        kerb_grid_spec spec;
        assert_int_equal(kerb_grid_spec_make(ctx, box, cells_m[i], true, &spec), KERB_ERR_ARG);
        const char *list = strstr(kerb_ctx_message(ctx), "nearest that fit: ");
        assert_non_null(list);
        kerb_box a, b;
        assert_int_equal(sscanf(list, "nearest that fit: %lf,%lf,%lf,%lf or %lf,%lf,%lf,%lf",
                                &a.xmin, &a.ymin, &a.xmax, &a.ymax, &b.xmin, &b.ymin, &b.xmax,
                                &b.ymax),
                         8);
        make(a, cells_m[i], true);
        make(b, cells_m[i], true);
        assert_true(a.xmax <= box.xmax && box.xmax <= b.xmax);
        assert_true(a.ymax <= box.ymax && box.ymax <= b.ymax);
    }
}

static void grid_spec__snapped_box_lies_on_multiples_of_the_cell(void **state)
{
    (void)state;
    assert_spec(make((kerb_box){430013, 310007, 430513, 310207}, 50, false), 430000, 310250, 5,
                11);
    assert_spec(make((kerb_box){-7, -7, 7, 7}, 5, false), -10, 10, 4, 4);
    /* on the lines already: nothing is added */
    assert_spec(make((kerb_box){100, 200, 300, 350}, 50, false), 100, 350, 3, 4);
    assert_spec(make((kerb_box){0.3, 0.3, 0.7, 0.7}, 0.1, false), 3 * 0.1, 7 * 0.1, 4, 4);
    /* no width: the cell to the north-east, and the point belongs to it */
    assert_spec(make((kerb_box){100, 200, 100, 200}, 50, false), 100, 250, 1, 1);
    assert_spec(make((kerb_box){110, 210, 110, 210}, 50, false), 100, 250, 1, 1);
}

static void grid_spec__snapped_grids_of_more_data_line_up(void **state)
{
    (void)state;
    kerb_grid_spec small =
        make((kerb_box){431234.5, 298765.25, 433210.75, 299345.125}, 20, false);
    kerb_grid_spec large = make((kerb_box){430000.1, 298000.7, 434444.4, 303333.3}, 20, false);
    double cols = (small.xmin - large.xmin) / 20, rows = (large.ymax - small.ymax) / 20;
    assert_near_abs(cols, round(cols), 0.0);
    assert_near_abs(rows, round(rows), 0.0);
    assert_near_abs(kerb_grid_col_x(&small, 3), kerb_grid_col_x(&large, (size_t)cols + 3), 0.0);
    assert_near_abs(kerb_grid_row_y(&small, 3), kerb_grid_row_y(&large, (size_t)rows + 3), 0.0);
}

static void grid_spec__refuses_what_is_no_box_or_no_cell(void **state)
{
    (void)state;
    const kerb_box box = {0, 0, 100, 100};
    for (int exact = 0; exact <= 1; exact++) {
        assert_refused(box, 0, exact, KERB_ERR_RANGE, "cell size must be positive");
        assert_refused(box, -5, exact, KERB_ERR_RANGE, "cell size");
        assert_refused(box, NAN, exact, KERB_ERR_RANGE, "cell size");
        assert_refused(box, HUGE_VAL, exact, KERB_ERR_RANGE, "cell size");
        assert_refused((kerb_box){10, 0, 0, 100}, 5, exact, KERB_ERR_ARG, "box is empty");
        assert_refused((kerb_box){0, 0, NAN, 100}, 5, exact, KERB_ERR_ARG, "box");
        assert_refused((kerb_box){0, 0, HUGE_VAL, 100}, 5, exact, KERB_ERR_ARG, "box");
    }
    assert_refused((kerb_box){0, 0, 0, 100}, 5, true, KERB_ERR_ARG, "no area");
}

static void grid_spec__names_the_cell_that_fits_when_cells_are_too_many(void **state)
{
    (void)state;
    /* 10^12 cells of 1; of 2 it is 2.5 x 10^11, of 5 it is 4 x 10^10 */
    for (int exact = 0; exact <= 1; exact++)
        assert_refused((kerb_box){0, 0, 1e6, 1e6}, 1, exact, KERB_ERR_RANGE,
                       "1000000 x 1000000 cells of 1 are more than 100000000000; a cell of 5 "
                       "fits");
    /* used as it is: 20 divides 7,654,300 but gives 1.5 x 10^11, 50 divides it, too */
    assert_refused((kerb_box){0, 0, 7654300, 7654300}, 1, true, KERB_ERR_RANGE,
                   "a cell of 50 fits");
    /* no step divides it */
    assert_refused((kerb_box){0, 0, 700001 * 1.1, 700001 * 1.1}, 1.1, true, KERB_ERR_RANGE,
                   "use a larger cell than 1.1");
    /* a grid that fits, but not into memory */
    kerb_grid *grid = NULL;
    kerb_grid_spec spec = make((kerb_box){0, 0, 1e5, 1e5}, 2, true);
    assert_int_equal(kerb_grid_new(ctx, &spec, 0.0, &grid), KERB_ERR_RANGE);
    assert_non_null(strstr(kerb_ctx_message(ctx), "held in memory"));
}

static void grid_spec__box_of_a_spec_is_its_outer_edge(void **state)
{
    (void)state;
    kerb_grid_spec spec = {.xmin = 100, .ymax = 50, .cell_m = 2.5, .n_rows = 4, .n_cols = 6};
    kerb_box box = kerb_grid_spec_box(&spec);
    assert_near_abs(box.xmin, 100, 0.0);
    assert_near_abs(box.xmax, 115, 0.0);
    assert_near_abs(box.ymax, 50, 0.0);
    assert_near_abs(box.ymin, 40, 0.0);
}

static void grid_spec__default_cell_is_a_round_tenth_of_the_reach(void **state)
{
    (void)state;
    const kerb_box town = {400000, 300000, 410000, 310000};
    assert_near_abs(kerb_grid_default_cell_m(town, 400), 20, 0.0); /* 40 -> 20 */
    assert_near_abs(kerb_grid_default_cell_m(town, 500), 50, 0.0);
    assert_near_abs(kerb_grid_default_cell_m(town, 499), 20, 0.0);
    assert_near_abs(kerb_grid_default_cell_m(town, 1000), 100, 0.0);
    assert_near_abs(kerb_grid_default_cell_m(town, 100), 10, 0.0);
    /* small planes: tenths and hundredths as near as binary has them */
    const kerb_box plane = {0, 0, 1, 1};
    assert_near_abs(kerb_grid_default_cell_m(plane, 0.15), 0.01, 0.0);
    assert_near_abs(kerb_grid_default_cell_m(plane, 2), 0.2, 0.0);
    assert_near_abs(kerb_grid_default_cell_m(plane, 0.05), 0.005, 0.0);
}

static void grid_spec__default_cell_grows_until_25_million_cells_hold_the_box(void **state)
{
    (void)state;
    /* 200 x 200 km at 20 m would be 10^8 cells, at 50 m 1.6 x 10^7 */
    const kerb_box county = {400000, 300000, 600000, 500000};
    assert_near_abs(kerb_grid_default_cell_m(county, 400), 50, 0.0);
    /* 5000 x 5000 cells of 20 m are exactly 25 million: allowed */
    const kerb_box square = {400000, 300000, 500000, 400000};
    assert_near_abs(kerb_grid_default_cell_m(square, 400), 20, 0.0);
    const kerb_box just_more = {400000, 300000, 500001, 400000};
    assert_near_abs(kerb_grid_default_cell_m(just_more, 400), 50, 0.0);
    for (double reach_m = 1; reach_m < 1e6; reach_m *= 1.7) {
        double cell_m = kerb_grid_default_cell_m(county, reach_m);
        kerb_grid_spec spec = make(county, cell_m, false);
        assert_true(spec.n_rows * spec.n_cols <= 25000000);
    }
}

static void grid_spec__default_cell_of_an_empty_box_depends_on_the_reach_only(void **state)
{
    (void)state;
    assert_near_abs(kerb_grid_default_cell_m(kerb_box_make_empty(), 400), 20, 0.0);
    assert_true(isnan(kerb_grid_default_cell_m(kerb_box_make_empty(), 0)));
    assert_true(isnan(kerb_grid_default_cell_m(kerb_box_make_empty(), NAN)));
    assert_true(isnan(kerb_grid_default_cell_m((kerb_box){0, 0, HUGE_VAL, 1}, 100)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_spec__exact_box_is_used_as_it_is),
        cmocka_unit_test(grid_spec__exact_box_that_does_not_fit_names_those_that_do),
        cmocka_unit_test(grid_spec__boxes_named_in_the_message_do_fit),
        cmocka_unit_test(grid_spec__snapped_box_lies_on_multiples_of_the_cell),
        cmocka_unit_test(grid_spec__snapped_grids_of_more_data_line_up),
        cmocka_unit_test(grid_spec__refuses_what_is_no_box_or_no_cell),
        cmocka_unit_test(grid_spec__names_the_cell_that_fits_when_cells_are_too_many),
        cmocka_unit_test(grid_spec__box_of_a_spec_is_its_outer_edge),
        cmocka_unit_test(grid_spec__default_cell_is_a_round_tenth_of_the_reach),
        cmocka_unit_test(grid_spec__default_cell_grows_until_25_million_cells_hold_the_box),
        cmocka_unit_test(grid_spec__default_cell_of_an_empty_box_depends_on_the_reach_only),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
