/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drawing like another program, by hand: one or a few points whose places, cells and values can
 * be worked out on paper. The programs themselves are asked in tests/cli/like.bats. */
#include "failing_allocator.h"
#include "near.h"

#include <string.h>

#include "kerb_base.h"
#include "kerb_like.h"

#include "test_context.h"

static kerb_like_drawing draw(kerb_like_options options, const double *x, const double *y,
                              size_t n)
{
    kerb_density_points points = {.n = n, .x = x, .y = y};
    kerb_like_drawing drawing = {0};
    kerb_status status = kerb_like_draw(ctx, &points, &options, &drawing);
    if (status != KERB_OK)
        fail_msg("%s: %s", kerb_status_name(status), kerb_ctx_message(ctx));
    return drawing;
}

static double value(const kerb_like_drawing *drawing, size_t row, size_t col)
{
    return kerb_grid_values_const(
        drawing->grid)[row * kerb_grid_get_spec(drawing->grid)->n_cols + col];
}

static kerb_like_options wish(kerb_like like, kerb_kernel kernel, double bandwidth_m,
                              double cell_m)
{
    return (kerb_like_options){.like = like,
                               .kernel = kernel,
                               .has_bandwidth = true,
                               .bandwidth_m = bandwidth_m,
                               .has_cell = true,
                               .cell_m = cell_m};
}

static void like__names_are_found_in_any_case(void **state)
{
    (void)state;
    kerb_like like = KERB_LIKE_NONE;
    for (int i = 1; i < KERB_LIKE_COUNT; i++) {
        assert_true(kerb_like_find(kerb_like_name((kerb_like)i), &like));
        assert_int_equal(like, i);
        assert_non_null(kerb_like_facts_of(like)->program);
        assert_non_null(kerb_like_facts_of(like)->evidence);
    }
    assert_true(kerb_like_find("QGIS", &like));
    assert_int_equal(like, KERB_LIKE_QGIS);
    assert_false(kerb_like_find("none", &like));
    assert_false(kerb_like_find("", &like));
    assert_int_equal(like, KERB_LIKE_QGIS);
}

/*
 * Points at (100, 0) and (100, 47), radius 30, cells of 10: the raster begins at (70, 77) and
 * has ceil(107 / 10) + 1 = 12 rows and 60 / 10 + 1 = 7 columns. The northern point lies 3.0
 * cells from the north edge and 7.7 from the south edge. QGIS takes the distances of its rows
 * as if their centres lay 32, 22, 12, 2, -8, ... from the point, where they lie 25, 15, 5, -5,
 * ...: it is drawn as if it were at 40. The southern point, 7.7 and 3.0 cells off, is drawn
 * at 7.
 */
static void like__qgis_draws_a_point_upside_down_in_its_cells(void **state)
{
    (void)state;
    const double x[] = {100.0, 100.0}, y[] = {0.0, 47.0};
    kerb_like_drawing d = draw(wish(KERB_LIKE_QGIS, KERB_KERNEL_QUARTIC, 30.0, 10.0), x, y, 2);
    const kerb_grid_spec *spec = kerb_grid_get_spec(d.grid);
    assert_near_abs(spec->xmin, 70.0, 0.0);
    assert_near_abs(spec->ymax, 77.0, 0.0);
    assert_int_equal(spec->n_rows, 12);
    assert_int_equal(spec->n_cols, 7);
    double near = (2.0 * 2.0 + 5.0 * 5.0) / 900.0, far = (12.0 * 12.0 + 5.0 * 5.0) / 900.0;
    assert_near_rel(value(&d, 3, 3), (1 - near) * (1 - near), 1e-12); /* centre at 42 */
    assert_near_rel(value(&d, 2, 3), (1 - far) * (1 - far), 1e-12);   /* centre at 52 */
    double south = (5.0 * 5.0 + 5.0 * 5.0) / 900.0; /* centre at 2; the other is 38 away */
    assert_near_rel(value(&d, 7, 2), (1 - south) * (1 - south), 1e-12);
    assert_true(isnan(value(&d, 11, 6))); /* beyond reach: no value, not 0 */
    assert_near_abs(d.moved_m, 7.0, 1e-9);
    assert_true(d.moved_change > 0.1);
    assert_near_abs(d.sd_m, 30.0 / sqrt(8.0), 1e-9);
    kerb_like_drawing_clear(&d);
}

/* As far into a cell from the south as from the north: nothing is moved. */
static void like__qgis_moves_no_point_whose_cells_agree(void **state)
{
    (void)state;
    const double x[] = {100.0, 300.0, 500.0}, y[] = {0.0, 25.0, 50.0};
    kerb_like_drawing d =
        draw(wish(KERB_LIKE_QGIS, KERB_KERNEL_EPANECHNIKOV, 30.0, 10.0), x, y, 3);
    assert_near_abs(d.moved_m, 0.0, 0.0);
    assert_near_abs(d.moved_change, 0.0, 0.0);
    assert_near_rel(value(&d, 5, 23), 1 - 25.0 / 900.0, 1e-12); /* centre at (305, 25) */
    kerb_like_drawing_clear(&d);
}

/* A radius of 3.5 cells: the block is 9 wide, begins half a cell outside the raster, and is
 * pushed in; so the northern point comes out a whole cell too far south. */
static void like__qgis_pushes_a_block_into_its_raster(void **state)
{
    (void)state;
    const double x[] = {100.0, 300.0}, y[] = {0.0, 50.0};
    kerb_like_drawing d =
        draw(wish(KERB_LIKE_QGIS, KERB_KERNEL_EPANECHNIKOV, 35.0, 10.0), x, y, 2);
    assert_near_abs(d.moved_m, 10.0, 1e-9);
    /* xmin 65, ymax 85: column 23 has its centre at 300, row 4 at 40 */
    assert_near_rel(value(&d, 4, 23), 1.0, 1e-12);
    kerb_like_drawing_clear(&d);
}

static void like__qgis_scales_the_quartic_by_7_25_too_much(void **state)
{
    (void)state;
    const double x = 3.0, y = 4.0;
    for (int k = 0; k < KERB_KERNEL_GAUSSIAN; k++) {
        kerb_like_drawing raw =
            draw(wish(KERB_LIKE_QGIS, (kerb_kernel)k, 30.0, 10.0), &x, &y, 1);
        kerb_like_drawing scaled =
            draw(wish(KERB_LIKE_QGIS_SCALED, (kerb_kernel)k, 30.0, 10.0), &x, &y, 1);
        double slip = k == KERB_KERNEL_QUARTIC ? 7.25 : 1.0;
        assert_near_rel(scaled.factor, slip, 1e-15);
        assert_near_rel(value(&scaled, 2, 2),
                        slip * kerb_kernel_value((kerb_kernel)k, 30.0, 0.0) * value(&raw, 2, 2),
                        1e-12);
        kerb_like_drawing_clear(&raw);
        kerb_like_drawing_clear(&scaled);
    }
}

/* The Gaussian of v.kernel: sd is a quarter of the radius, and beyond the radius there is
 * nothing, though exp(-8) is still there. */
static void like__grass_cuts_its_gaussian_at_four_sd(void **state)
{
    (void)state;
    const double x[] = {0.0, 80.0}, y[] = {0.0, 0.0};
    kerb_like_options options = wish(KERB_LIKE_GRASS, KERB_KERNEL_GAUSSIAN, 40.0, 2.0);
    options.has_box = true;
    options.box = (kerb_box){-1.0, -1.0, 99.0, 1.0};
    kerb_like_drawing d = draw(options, x, y, 2);
    assert_int_equal(kerb_grid_get_spec(d.grid)->n_cols, 50);
    assert_near_abs(d.sd_m, 10.0, 1e-12);
    assert_near_rel(value(&d, 0, 0), 1.0 / (2 * KERB_PI * 100.0), 1e-14);
    assert_near_rel(value(&d, 0, 19), exp(-0.5 * 38 * 38 / 100.0) / (2 * KERB_PI * 100.0),
                    1e-13);
    /* the middle is 40 from both: still within */
    assert_near_rel(value(&d, 0, 20), 2 * exp(-8.0) / (2 * KERB_PI * 100.0), 1e-13);
    options.bandwidth_m = 39.0;
    kerb_like_drawing_clear(&d);
    d = draw(options, x, y, 2);
    assert_near_abs(value(&d, 0, 20), 0.0, 0.0); /* 0, not nothing */
    kerb_like_drawing_clear(&d);
}

/* A region of the points aligned to the cell is not grown by the radius. */
static void like__grass_takes_the_box_of_the_points(void **state)
{
    (void)state;
    const double x[] = {12.0, 38.0}, y[] = {5.0, 25.0};
    kerb_like_drawing d = draw(wish(KERB_LIKE_GRASS, KERB_KERNEL_QUARTIC, 30.0, 10.0), x, y, 2);
    const kerb_grid_spec *spec = kerb_grid_get_spec(d.grid);
    assert_near_abs(spec->xmin, 10.0, 0.0);
    assert_near_abs(spec->ymax, 30.0, 0.0);
    assert_int_equal(spec->n_cols, 3);
    assert_int_equal(spec->n_rows, 3);
    assert_near_abs(d.factor, 1.0, 0.0);
    kerb_like_drawing_clear(&d);
}

/* Corners of a square of side 2: all at sqrt(2) from the middle, so the standard distance is
 * sqrt(2), below sqrt(1 / ln 2) sqrt(2); 0.9 sqrt(2) 4^-0.2 = 0.964596116282664. Twice the
 * weight counts as twice the points. */
static void like__arcgis_chooses_its_radius_from_the_points(void **state)
{
    (void)state;
    const double x[] = {500000.0, 500002.0, 500000.0, 500002.0}, y[] = {0.0, 0.0, 2.0, 2.0},
                 twice[] = {2.0, 2.0, 2.0, 2.0};
    kerb_density_points points = {.n = 4, .x = x, .y = y};
    double radius_m = 0.0;
    assert_int_equal(kerb_like_arcgis_radius_m(ctx, &points, &radius_m), KERB_OK);
    assert_near_rel(radius_m, 0.964596116282664, 1e-12);
    points.weight = twice;
    assert_int_equal(kerb_like_arcgis_radius_m(ctx, &points, &radius_m), KERB_OK);
    assert_near_rel(radius_m, 0.964596116282664 * pow(2.0, -0.2), 1e-12);
    /* the mean of 0, 0 and 30 is 10; distances 10, 10 and 20; SD = sqrt(200) = 14.14 and
     * D_m sqrt(1 / ln 2) = 12.01 is less */
    const double far_x[] = {0.0, 0.0, 30.0}, far_y[] = {0.0, 0.0, 0.0};
    points = (kerb_density_points){.n = 3, .x = far_x, .y = far_y};
    assert_int_equal(kerb_like_arcgis_radius_m(ctx, &points, &radius_m), KERB_OK);
    assert_near_rel(radius_m, 0.9 * 10.0 * sqrt(1.0 / log(2.0)) * pow(3.0, -0.2), 1e-12);
}

static void like__arcgis_finds_no_radius_at_one_place(void **state)
{
    (void)state;
    const double x[] = {7.0, 7.0}, y[] = {8.0, 8.0}, none[] = {0.0, 0.0};
    kerb_density_points points = {.n = 2, .x = x, .y = y};
    double radius_m = -1.0;
    assert_int_equal(kerb_like_arcgis_radius_m(ctx, &points, &radius_m), KERB_ERR_RANGE);
    points.weight = none;
    assert_int_equal(kerb_like_arcgis_radius_m(ctx, &points, &radius_m), KERB_ERR_EMPTY);
    assert_near_abs(radius_m, -1.0, 0.0);
}

/* 250 cells on the shorter side, counted from the south-west, events per km2, nothing where
 * nothing reaches. */
static void like__arcgis_divides_the_shorter_side_by_250(void **state)
{
    (void)state;
    const double x[] = {0.0, 1000.0}, y[] = {0.0, 500.0};
    kerb_like_options options = {.like = KERB_LIKE_ARCGIS,
                                 .kernel = KERB_KERNEL_QUARTIC,
                                 .has_bandwidth = true,
                                 .bandwidth_m = 20.0};
    kerb_like_drawing d = draw(options, x, y, 2);
    const kerb_grid_spec *spec = kerb_grid_get_spec(d.grid);
    assert_near_rel(spec->cell_m, 2.0, 1e-15);
    assert_int_equal(spec->n_rows, 250);
    assert_int_equal(spec->n_cols, 500);
    double u = 2.0 / 400.0; /* the south-west cell's centre is (1, 1) */
    assert_near_rel(value(&d, 249, 0), 1e6 * 3.0 / (KERB_PI * 400.0) * (1 - u) * (1 - u),
                    1e-12);
    assert_true(isnan(value(&d, 0, 0)));
    assert_true(d.n_empty > 100000);
    kerb_like_drawing_clear(&d);
}

/* Whatever is cut off at the border comes back to the rest. */
static void like__crimestat_cells_sum_to_the_events(void **state)
{
    (void)state;
    const double x[] = {5.0, 50.0, 51.0}, y[] = {5.0, 50.0, 50.0};
    kerb_like_options options = wish(KERB_LIKE_CRIMESTAT, KERB_KERNEL_GAUSSIAN, 20.0, 10.0);
    options.has_box = true;
    options.box = (kerb_box){0.0, 0.0, 60.0, 60.0};
    kerb_like_drawing d = draw(options, x, y, 3);
    double sum = 0.0;
    for (size_t i = 0; i < 36; i++)
        sum += kerb_grid_values_const(d.grid)[i];
    assert_near_rel(sum, 3.0, 1e-12);
    assert_true(d.factor > 100.0); /* a cell's area, and more for what was cut off */
    kerb_like_drawing_clear(&d);
}

static void like__refuses_what_the_program_cannot_do(void **state)
{
    (void)state;
    const double x = 1.0, y = 2.0;
    kerb_density_points points = {.n = 1, .x = &x, .y = &y};
    kerb_like_drawing d = {0};
    kerb_like_options options = wish(KERB_LIKE_ARCGIS, KERB_KERNEL_GAUSSIAN, 20.0, 10.0);
    assert_int_equal(kerb_like_draw(ctx, &points, &options, &d), KERB_ERR_UNSUPPORTED);
    assert_non_null(strstr(kerb_ctx_message(ctx), "has no gaussian kernel, only quartic"));
    options = wish(KERB_LIKE_QGIS, KERB_KERNEL_QUARTIC, 20.0, 10.0);
    options.has_box = true;
    options.box = (kerb_box){0.0, 0.0, 60.0, 60.0};
    assert_int_equal(kerb_like_draw(ctx, &points, &options, &d), KERB_ERR_UNSUPPORTED);
    assert_non_null(strstr(kerb_ctx_message(ctx), "takes no box"));
    options = wish(KERB_LIKE_QGIS, KERB_KERNEL_QUARTIC, 20.0, 1e-5);
    assert_int_equal(kerb_like_draw(ctx, &points, &options, &d), KERB_ERR_RANGE);
    options = wish(KERB_LIKE_GRASS, KERB_KERNEL_QUARTIC, 20.0, 10.0);
    options.has_bandwidth = false;
    assert_int_equal(kerb_like_draw(ctx, &points, &options, &d), KERB_ERR_ARG);
    points.n = 0;
    options.has_bandwidth = true;
    assert_int_equal(kerb_like_draw(ctx, &points, &options, &d), KERB_ERR_EMPTY);
    assert_null(d.grid);
}

static kerb_status draw_and_free(kerb_ctx *context, void *user)
{
    const double x[] = {0.0, 30.0, 55.0}, y[] = {10.0, 30.0, 5.0};
    kerb_density_points points = {.n = 3, .x = x, .y = y};
    kerb_like_drawing d = {0};
    kerb_status status = kerb_like_draw(context, &points, user, &d);
    kerb_like_drawing_clear(&d);
    return status;
}

static void like__survives_every_failed_allocation(void **state)
{
    (void)state;
    kerb_like_options options = wish(KERB_LIKE_QGIS, KERB_KERNEL_QUARTIC, 20.0, 10.0);
    kerb_ctx_set_threads(ctx, 1);
    assert_true(failing_allocator_walk(draw_and_free, &options) > 2);
    options = wish(KERB_LIKE_GRASS, KERB_KERNEL_GAUSSIAN, 20.0, 10.0);
    assert_true(failing_allocator_walk(draw_and_free, &options) > 1);
    options = (kerb_like_options){.like = KERB_LIKE_ARCGIS, .kernel = KERB_KERNEL_QUARTIC};
    assert_true(failing_allocator_walk(draw_and_free, &options) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(like__names_are_found_in_any_case),
        cmocka_unit_test(like__qgis_draws_a_point_upside_down_in_its_cells),
        cmocka_unit_test(like__qgis_moves_no_point_whose_cells_agree),
        cmocka_unit_test(like__qgis_pushes_a_block_into_its_raster),
        cmocka_unit_test(like__qgis_scales_the_quartic_by_7_25_too_much),
        cmocka_unit_test(like__grass_cuts_its_gaussian_at_four_sd),
        cmocka_unit_test(like__grass_takes_the_box_of_the_points),
        cmocka_unit_test(like__arcgis_chooses_its_radius_from_the_points),
        cmocka_unit_test(like__arcgis_finds_no_radius_at_one_place),
        cmocka_unit_test(like__arcgis_divides_the_shorter_side_by_250),
        cmocka_unit_test(like__crimestat_cells_sum_to_the_events),
        cmocka_unit_test(like__refuses_what_the_program_cannot_do),
        cmocka_unit_test(like__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
