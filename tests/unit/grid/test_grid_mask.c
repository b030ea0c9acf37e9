/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Masks: drawn by hand, and cell by cell against kerb_areas_set_holds() on polygons whose
 * vertices and edges lie on cell centres, where a scan line goes wrong first. */
#include "failing_allocator.h"
#include "grid_text.h"
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "kerb_grid.h"

#include "test_context.h"

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

static kerb_areas_set *new_set(void)
{
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    return set;
}

static void add_rings(kerb_areas_set *set, size_t n_rings, const size_t *counts,
                      const kerb_point *points)
{
    if (kerb_areas_set_add_rings(ctx, set, "a", "a", n_rings, counts, points) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
}

static void add_box(kerb_areas_set *set, double xmin, double ymin, double xmax, double ymax)
{
    const kerb_point points[] = {{xmin, ymin}, {xmax, ymin}, {xmax, ymax}, {xmin, ymax}};
    const size_t counts[] = {4};
    add_rings(set, 1, counts, points);
}

static uint8_t *make_mask(kerb_grid_spec spec, const kerb_areas_set *inside,
                          const kerb_areas_set *cut_out)
{
    uint8_t *mask = NULL;
    kerb_status status = kerb_grid_mask(ctx, &spec, inside, cut_out, &mask);
    if (status != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return mask;
}

static void free_mask(uint8_t *mask)
{
    kerb_free_text((char *)mask);
}

static void assert_mask_text(const uint8_t *mask, kerb_grid_spec spec, const char *want)
{
    double values[400];
    assert_true(spec.n_rows * spec.n_cols <= 400);
    for (size_t i = 0; i < spec.n_rows * spec.n_cols; i++)
        values[i] = mask[i];
    assert_grid_text(values, spec.n_rows, spec.n_cols, 0, want);
}

/* Centres at whole numbers 0 to 6 both ways; row 0 is y = 6. */
static const kerb_grid_spec WHOLE = {
    .xmin = -0.5, .ymax = 6.5, .cell_m = 1, .n_rows = 7, .n_cols = 7};

static void grid_mask__without_areas_is_every_cell(void **state)
{
    (void)state;
    uint8_t *mask = make_mask(WHOLE, NULL, NULL);
    for (int i = 0; i < 49; i++)
        assert_int_equal(mask[i], 1);
    free_mask(mask);
}

static void grid_mask__of_an_empty_set_is_no_cell(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    for (int i = 0; i < 49; i++)
        assert_int_equal(mask[i], 0);
    free_mask(mask);
    mask = make_mask(WHOLE, NULL, set);
    for (int i = 0; i < 49; i++)
        assert_int_equal(mask[i], 1);
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__border_through_centres_is_in(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    add_box(set, 1, 2, 4, 5); /* all four sides on centres */
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    assert_mask_text(mask, WHOLE,
                     ". . . . . . . /"
                     ". 1 1 1 1 . . /"
                     ". 1 1 1 1 . . /"
                     ". 1 1 1 1 . . /"
                     ". 1 1 1 1 . . /"
                     ". . . . . . . /"
                     ". . . . . . .");
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__slanted_border_through_centres_is_in(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    /* a diamond: each side passes through centres, each tip is one */
    const kerb_point points[] = {{3, 0}, {6, 3}, {3, 6}, {0, 3}};
    const size_t counts[] = {4};
    add_rings(set, 1, counts, points);
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    assert_mask_text(mask, WHOLE,
                     ". . . 1 . . . /"
                     ". . 1 1 1 . . /"
                     ". 1 1 1 1 1 . /"
                     "1 1 1 1 1 1 1 /"
                     ". 1 1 1 1 1 . /"
                     ". . 1 1 1 . . /"
                     ". . . 1 . . .");
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__hole_is_out_and_its_border_in(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    const kerb_point points[] = {{0, 0}, {6, 0}, {6, 6}, {0, 6},
                                 {1, 1}, {5, 1}, {5, 5}, {1, 5}};
    const size_t counts[] = {4, 4};
    add_rings(set, 2, counts, points);
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    assert_mask_text(mask, WHOLE,
                     "1 1 1 1 1 1 1 /"
                     "1 1 1 1 1 1 1 /"
                     "1 1 . . . 1 1 /"
                     "1 1 . . . 1 1 /"
                     "1 1 . . . 1 1 /"
                     "1 1 1 1 1 1 1 /"
                     "1 1 1 1 1 1 1");
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__cut_out_takes_the_inner_cells_and_leaves_its_border(void **state)
{
    (void)state;
    kerb_areas_set *inside = new_set(), *cut_out = new_set();
    add_box(inside, 0, 0, 5.5, 6);
    add_box(cut_out, 2, 1, 4, 4);
    uint8_t *mask = make_mask(WHOLE, inside, cut_out);
    assert_mask_text(mask, WHOLE,
                     "1 1 1 1 1 1 . /"
                     "1 1 1 1 1 1 . /"
                     "1 1 1 1 1 1 . /"
                     "1 1 1 . 1 1 . /"
                     "1 1 1 . 1 1 . /"
                     "1 1 1 1 1 1 . /"
                     "1 1 1 1 1 1 .");
    free_mask(mask);
    kerb_areas_set_free(inside);
    kerb_areas_set_free(cut_out);
}

static void grid_mask__areas_are_joined_and_may_overlap(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    add_box(set, 0, 3, 3, 6);
    add_box(set, 2, 1, 5, 4);
    add_box(set, 100, 100, 200, 200); /* off the grid */
    add_box(set, -50, -50, -10, 90);
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    assert_mask_text(mask, WHOLE,
                     "1 1 1 1 . . . /"
                     "1 1 1 1 . . . /"
                     "1 1 1 1 1 1 . /"
                     "1 1 1 1 1 1 . /"
                     ". . 1 1 1 1 . /"
                     ". . 1 1 1 1 . /"
                     ". . . . . . .");
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__area_around_the_whole_grid_is_every_cell(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    add_box(set, -1e6, -1e6, 1e6, 1e6);
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    for (int i = 0; i < 49; i++)
        assert_int_equal(mask[i], 1);
    free_mask(mask);
    kerb_areas_set_free(set);
}

/* On an edge of the area: exact here, because all coordinates are small multiples of 1/4. */
static bool is_on_border(const kerb_areas_set *set, size_t i_area, double x, double y)
{
    for (size_t ring = 0; ring < kerb_areas_set_ring_count(set, i_area); ring++) {
        size_t n;
        bool is_hole;
        const kerb_point *p = kerb_areas_set_ring(set, i_area, ring, &n, &is_hole);
        for (size_t i = 0; i + 1 < n; i++)
            if ((p[i + 1].x - p[i].x) * (y - p[i].y) == (p[i + 1].y - p[i].y) * (x - p[i].x) &&
                x >= fmin(p[i].x, p[i + 1].x) && x <= fmax(p[i].x, p[i + 1].x) &&
                y >= fmin(p[i].y, p[i + 1].y) && y <= fmax(p[i].y, p[i + 1].y))
                return true;
    }
    return false;
}

static int compare_doubles(const void *a, const void *b)
{
    double x, y;
    memcpy(&x, a, sizeof x), memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* A star around (cx, cy): n vertices at sorted angles, moved to multiples of `snap`. */
static void add_star(kerb_areas_set *set, size_t n, double cx, double cy, double radius_m,
                     double snap, uint64_t *seed)
{
    double *angles = malloc(n * sizeof *angles);
    kerb_point *points = malloc(n * sizeof *points);
    assert_true(angles && points);
    for (size_t i = 0; i < n; i++)
        angles[i] = 2 * KERB_PI * random_share(seed);
    qsort(angles, n, sizeof *angles, compare_doubles);
    for (size_t i = 0; i < n; i++) {
        double r = radius_m * (0.3 + 0.7 * random_share(seed));
        points[i].x = round((cx + r * cos(angles[i])) / snap) * snap;
        points[i].y = round((cy + r * sin(angles[i])) / snap) * snap;
    }
    add_rings(set, 1, &n, points);
    free(points);
    free(angles);
}

static void grid_mask__agrees_with_point_queries_on_polygons_of_the_grid(void **state)
{
    (void)state;
    const kerb_grid_spec spec = {
        .xmin = -0.5, .ymax = 20.5, .cell_m = 1, .n_rows = 21, .n_cols = 21};
    uint64_t seed = 42;
    size_t n_border = 0, n_inside = 0, n_outside = 0;
    for (int round = 0; round < 300; round++) {
        kerb_areas_set *set = new_set();
        add_star(set, 3 + random_bits(&seed) % 12, 10, 10, 11, round % 2 ? 1.0 : 0.5, &seed);
        if (kerb_areas_set_repaired(
                set)) { /* repairs may put vertices off the quarter lattice */
            kerb_areas_set_free(set);
            continue;
        }
        uint8_t *in = make_mask(spec, set, NULL), *left = make_mask(spec, NULL, set);
        for (size_t row = 0; row < spec.n_rows; row++)
            for (size_t col = 0; col < spec.n_cols; col++) {
                double x = kerb_grid_col_x(&spec, col), y = kerb_grid_row_y(&spec, row);
                bool holds = kerb_areas_set_holds(set, 0, x, y);
                bool is_border = is_on_border(set, 0, x, y);
                assert_int_equal(in[row * spec.n_cols + col], holds);
                assert_int_equal(left[row * spec.n_cols + col], !holds || is_border);
                n_border += is_border ? 1 : 0;
                n_inside += holds ? 1 : 0;
                n_outside += holds ? 0 : 1;
            }
        free_mask(in);
        free_mask(left);
        kerb_areas_set_free(set);
    }
    assert_true(n_border > 2000 && n_inside > 10000 && n_outside > 10000);
}

static void grid_mask__agrees_with_point_queries_on_national_coordinates(void **state)
{
    (void)state;
    /* Awkward cell, vertices to the centimetre, a set of three overlapping areas with repairs.
     */
    uint64_t seed = 43;
    for (int round = 0; round < 5; round++) {
        kerb_areas_set *set = new_set();
        for (int i = 0; i < 3; i++)
            add_star(set, 200, 452000 + 700 * i, 304000, 1500, 0.01, &seed);
        assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
        kerb_grid_spec spec = {
            .xmin = 450000.3, .ymax = 306000.1, .cell_m = 33.3, .n_rows = 120, .n_cols = 150};
        uint8_t *mask = make_mask(spec, set, NULL);
        size_t n_in = 0;
        for (size_t row = 0; row < spec.n_rows; row++)
            for (size_t col = 0; col < spec.n_cols; col++) {
                double x = kerb_grid_col_x(&spec, col), y = kerb_grid_row_y(&spec, row);
                bool is_in = kerb_areas_set_locate(set, x, y) < kerb_areas_set_count(set);
                assert_int_equal(mask[row * spec.n_cols + col], is_in);
                n_in += is_in ? 1 : 0;
            }
        assert_true(n_in > 1000 && n_in < spec.n_rows * spec.n_cols - 1000);
        free_mask(mask);
        kerb_areas_set_free(set);
    }
}

/* Rows of the mask a few at a time are the rows of the whole mask. */
static void assert_same_in_rows(kerb_grid_spec spec, const kerb_areas_set *inside,
                                const kerb_areas_set *cut_out, size_t step)
{
    uint8_t *whole = make_mask(spec, inside, cut_out);
    uint8_t *rows = malloc(spec.n_rows * spec.n_cols);
    assert_non_null(rows);
    for (size_t row = 0; row < spec.n_rows; row += step) {
        size_t n = spec.n_rows - row < step ? spec.n_rows - row : step;
        memset(rows, 7, n * spec.n_cols);
        assert_int_equal(kerb_grid_mask_rows(ctx, &spec, inside, cut_out, row, n, rows),
                         KERB_OK);
        assert_memory_equal(rows, whole + row * spec.n_cols, n * spec.n_cols);
    }
    free(rows);
    free_mask(whole);
}

static void grid_mask__in_rows_is_the_whole_mask(void **state)
{
    (void)state;
    uint64_t seed = 47;
    kerb_areas_set *set = new_set(), *boxes = new_set();
    for (int i = 0; i < 3; i++)
        add_star(set, 200, 452000 + 700 * i, 304000, 1500, 0.01, &seed);
    kerb_grid_spec spec = {
        .xmin = 450000.3, .ymax = 306000.1, .cell_m = 33.3, .n_rows = 120, .n_cols = 150};
    add_box(boxes, 451000, 303000, 452500, 304500);
    static const size_t steps[] = {1, 7, 64, 119, 120};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_same_in_rows(spec, set, NULL, steps[i]);
        assert_same_in_rows(spec, NULL, set, steps[i]);
        assert_same_in_rows(spec, set, boxes, steps[i]);
    }
    kerb_areas_set_free(boxes);
    boxes = new_set();
    add_box(boxes, 1, 2, 4, 5); /* flat edges and corners on the centres of rows */
    for (size_t step = 1; step <= 7; step++)
        assert_same_in_rows(WHOLE, boxes, NULL, step);
    uint8_t cell;
    assert_int_equal(kerb_grid_mask_rows(ctx, &WHOLE, boxes, NULL, 7, 1, &cell),
                     KERB_ERR_RANGE);
    kerb_areas_set_free(boxes);
    kerb_areas_set_free(set);
}

static void grid_mask__area_between_the_centres_of_two_rows_has_no_cell(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    add_box(set, 0.2, 2.1, 5.8, 2.9);
    add_box(set, 3.1, 0.2, 3.9, 5.8);
    uint8_t *mask = make_mask(WHOLE, set, NULL);
    for (int i = 0; i < 49; i++)
        assert_int_equal(mask[i], 0);
    free_mask(mask);
    kerb_areas_set_free(set);
}

static void grid_mask__refuses_a_spec_that_is_no_grid_and_stops_when_asked(void **state)
{
    (void)state;
    kerb_grid_spec bad = WHOLE;
    bad.cell_m = -1;
    uint8_t *mask = NULL;
    assert_int_equal(kerb_grid_mask(ctx, &bad, NULL, NULL, &mask), KERB_ERR_RANGE);
    assert_null(mask);
    kerb_ctx *own = kerb_ctx_new();
    kerb_areas_set *set = new_set();
    add_box(set, 1, 2, 4, 5);
    kerb_ctx_request_cancel(own);
    assert_int_equal(kerb_grid_mask(own, &WHOLE, set, NULL, &mask), KERB_ERR_CANCELLED);
    assert_null(mask);
    kerb_areas_set_free(set);
    kerb_ctx_free(own);
}

static kerb_status call_mask(kerb_ctx *of_walk, void *user)
{
    uint8_t *mask = NULL;
    kerb_status status = kerb_grid_mask(of_walk, &WHOLE, user, user, &mask);
    if (status != KERB_OK)
        assert_null(mask);
    free_mask(mask);
    return status;
}

static void grid_mask__survives_every_failed_allocation(void **state)
{
    (void)state;
    kerb_areas_set *set = new_set();
    add_box(set, 1, 2, 4, 5);
    add_box(set, 2, 3, 5, 6);
    assert_true(failing_allocator_walk(call_mask, set) >= 8);
    kerb_areas_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_mask__without_areas_is_every_cell),
        cmocka_unit_test(grid_mask__of_an_empty_set_is_no_cell),
        cmocka_unit_test(grid_mask__border_through_centres_is_in),
        cmocka_unit_test(grid_mask__slanted_border_through_centres_is_in),
        cmocka_unit_test(grid_mask__hole_is_out_and_its_border_in),
        cmocka_unit_test(grid_mask__cut_out_takes_the_inner_cells_and_leaves_its_border),
        cmocka_unit_test(grid_mask__areas_are_joined_and_may_overlap),
        cmocka_unit_test(grid_mask__area_around_the_whole_grid_is_every_cell),
        cmocka_unit_test(grid_mask__agrees_with_point_queries_on_polygons_of_the_grid),
        cmocka_unit_test(grid_mask__agrees_with_point_queries_on_national_coordinates),
        cmocka_unit_test(grid_mask__in_rows_is_the_whole_mask),
        cmocka_unit_test(grid_mask__area_between_the_centres_of_two_rows_has_no_cell),
        cmocka_unit_test(grid_mask__refuses_a_spec_that_is_no_grid_and_stops_when_asked),
        cmocka_unit_test(grid_mask__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
