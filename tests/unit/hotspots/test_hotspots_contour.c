/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions of small surfaces with areas worked out by hand, laws on random ones, and that GDAL
 * is left as the caller had it. */

#include "failing_allocator.h"
#include "hotspot_scene.h"
#include "hotspots_internal.h"

#include <cpl_error.h>
#include <gdal.h>
#include <ogr_api.h>

/* Shoelace over all rings of a region: holes run the other way round, so they count negative.
 */
static double measure_area(const kerb_hotspots__regions *regions, size_t i)
{
    double area_m2 = 0.0;
    kerb_hotspots__region region = regions->items[i];
    for (size_t k = 0; k < region.n_rings; k++) {
        size_t first = regions->point_start[region.first_ring + k];
        size_t end = regions->point_start[region.first_ring + k + 1];
        double twice = 0.0;
        for (size_t p = first; p + 1 < end; p++) {
            kerb_point a = regions->points[p], b = regions->points[p + 1];
            twice += (a.x - 1000.0) * (b.y - 2000.0) - (b.x - 1000.0) * (a.y - 2000.0);
        }
        area_m2 += (k == 0 ? 0.5 : -0.5) * fabs(twice);
    }
    return area_m2;
}

static kerb_hotspots__regions draw(kerb_ctx *ctx, const char *picture, double threshold)
{
    kerb_hotspots__regions regions;
    kerb_grid *grid = scene_grid(ctx, 1000.0, 2000.0, 10.0, picture);
    assert_int_equal(kerb_hotspots__contour(ctx, grid, threshold, &regions), KERB_OK);
    kerb_grid_free(grid);
    return regions;
}

/* One cell of 4 above a line at 2: crossed half way to each neighbour, a diamond of
 * half-diagonal 5 m: area 2 * 5 * 5 = 50 m2. */
static void hotspots_contour__one_cell_is_a_diamond(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions = draw(ctx, ". . . / . 4 . / . . .", 2.0);
    assert_int_equal(regions.n, 1);
    assert_int_equal(regions.items[0].n_rings, 1);
    /* GDAL moves a crossing that falls on the edge of two cells by 1e-6 cells */
    assert_near_rel(measure_area(&regions, 0), 50.0, 1e-5);
    size_t last = regions.point_start[1] - 1;
    assert_near_abs(regions.points[0].x, regions.points[last].x, 0.0);
    assert_near_abs(regions.points[0].y, regions.points[last].y, 0.0);
    kerb_hotspots__regions_clear(&regions);
    kerb_ctx_free(ctx);
}

/* Eight cells of 5 round a 0, line at 2: outside, centres' square 20 x 20, four strips of
 * 20 x 6, four corners 6 * 6 / 2: 952 m2. The hole is a diamond of half-diagonal 4: 32 m2. */
static void hotspots_contour__a_ring_keeps_its_hole(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions =
        draw(ctx, ". . . . . / . 5 5 5 . / . 5 . 5 . / . 5 5 5 . / . . . . .", 2.0);
    assert_int_equal(regions.n, 1);
    assert_int_equal(regions.items[0].n_rings, 2);
    assert_near_rel(measure_area(&regions, 0), 920.0, 1e-12);
    kerb_hotspots__regions_clear(&regions);
    kerb_ctx_free(ctx);
}

static void hotspots_contour__two_bumps_are_two_regions(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions = draw(ctx, ". . . . . / . 4 . 8 . / . . . . .", 2.0);
    assert_int_equal(regions.n, 2);
    /* 4: half-diagonal 5 m, 50 m2; 8: crossed at three quarters, 2 * 7.5 * 7.5 = 112.5 m2 */
    assert_near_rel(measure_area(&regions, 0) + measure_area(&regions, 1), 162.5, 1e-5);
    kerb_hotspots__regions_clear(&regions);
    kerb_ctx_free(ctx);
}

static void hotspots_contour__closes_at_cells_without_value_and_at_the_edge(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions = draw(ctx, "# # # / # 5 # / # # #", 2.0);
    assert_int_equal(regions.n, 1);
    assert_near_rel(measure_area(&regions, 0), 100.0, 1e-12); /* the cell itself */
    kerb_hotspots__regions_clear(&regions);

    regions = draw(ctx, "5", 2.0);
    assert_int_equal(regions.n, 1);
    assert_near_rel(measure_area(&regions, 0), 100.0, 1e-12);
    kerb_hotspots__regions_clear(&regions);

    /* two touching cells in a sea without value: two squares */
    regions = draw(ctx, "# # # # / # 5 5 # / # # # #", 2.0);
    assert_int_equal(regions.n, 1);
    assert_near_rel(measure_area(&regions, 0), 200.0, 1e-12);
    kerb_hotspots__regions_clear(&regions);
    kerb_ctx_free(ctx);
}

/* Nine cells just at the line are in: the square of their centres. */
static void hotspots_contour__a_plateau_at_the_line_is_in(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions =
        draw(ctx, ". . . . . / . 2 2 2 . / . 2 2 2 . / . 2 2 2 . / . . . . .", 2.0);
    assert_int_equal(regions.n, 1);
    assert_near_rel(measure_area(&regions, 0), 400.0, 1e-5);
    kerb_hotspots__regions_clear(&regions);
    kerb_ctx_free(ctx);
}

static void hotspots_contour__nothing_reaches_the_line(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    static const char *const pictures[] = {". . / . .", "1 1 / 1 1.9", "# # / # #", "1"};
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        kerb_hotspots__regions regions = draw(ctx, pictures[i], 2.0);
        assert_int_equal(regions.n, 0);
        kerb_hotspots__regions_clear(&regions);
    }
    kerb_ctx_free(ctx);
}

static const char two_towns[] =
    ". . . . . . / . 3 5 . 2.5 . / # 4 9 . 3 . / # # . . . . / . . . . . #";

/* Densities per m2 are about 1e-6, where GDAL's absolute fuzz of 1e-6 would swallow the line.
 */
static void hotspots_contour__the_unit_of_the_density_does_not_matter(void **state)
{
    (void)state;
    static const double factors[] = {9.5367431640625e-07 /* 2^-20 */, 3.7e-9, 4.2e12};
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions want = draw(ctx, two_towns, 2.0);
    assert_int_equal(want.n, 2);
    for (size_t f = 0; f < 3; f++) {
        kerb_hotspots__regions got;
        kerb_grid *grid = scene_grid(ctx, 1000.0, 2000.0, 10.0, two_towns);
        for (size_t i = 0; i < 30; i++)
            kerb_grid_values(grid)[i] *= factors[f];
        assert_int_equal(kerb_hotspots__contour(ctx, grid, 2.0 * factors[f], &got), KERB_OK);
        assert_int_equal(got.n, want.n);
        assert_int_equal(got.point_start[got.n_rings], want.point_start[want.n_rings]);
        size_t n_points = want.point_start[want.n_rings];
        if (f == 0) /* a power of two: the same bits */
            assert_memory_equal(got.points, want.points, n_points * sizeof *want.points);
        for (size_t i = 0; i < n_points; i++) {
            assert_near_abs(got.points[i].x, want.points[i].x, 1e-9);
            assert_near_abs(got.points[i].y, want.points[i].y, 1e-9);
        }
        kerb_hotspots__regions_clear(&got);
        kerb_grid_free(grid);
    }
    kerb_hotspots__regions_clear(&want);
    kerb_ctx_free(ctx);
}

/* ----------------------------------------------------------- laws on random surfaces */

static double next_share(uint32_t *bits)
{
    *bits = *bits * 1664525u + 1013904223u;
    return (double)(*bits >> 8) / 16777216.0;
}

/* Mostly low, some high, some just about the line, some without value. */
static double random_value(uint32_t *bits)
{
    double kind = next_share(bits), share = next_share(bits);
    if (kind < 0.1)
        return (double)NAN;
    if (kind < 0.2)
        return 1.0;
    if (kind < 0.25)
        return 1.0 + 1e-9 * (share - 0.5);
    if (kind < 0.3)
        return 1.0 + 1e-4 * (share - 0.5);
    if (kind < 0.35)
        return 1e6 * share;
    return 2.0 * share * share;
}

static OGRGeometryH read_area(kerb_ctx *ctx, const kerb_areas_set *set, size_t i)
{
    uint8_t *wkb = NULL;
    size_t n_bytes = 0;
    OGRGeometryH geometry = NULL;
    assert_int_equal(kerb_areas_set_get_wkb(ctx, set, i, &wkb, &n_bytes), KERB_OK);
    assert_int_equal(OGR_G_CreateFromWkb(wkb, NULL, &geometry, (int)n_bytes), OGRERR_NONE);
    kerb_free_text((char *)wkb);
    return geometry;
}

static void
hotspots_contour__every_cell_above_the_line_is_in_one_valid_polygon_and_none_below(void **state)
{
    (void)state;
    enum { SIDE = 24 };
    kerb_ctx *ctx = kerb_ctx_new();
    size_t n_regions = 0;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        kerb_grid *grid = NULL;
        kerb_grid_spec spec = {
            .xmin = 450000.0, .ymax = 300000.0, .cell_m = 50.0, .n_rows = SIDE, .n_cols = SIDE};
        assert_int_equal(kerb_grid_new(ctx, &spec, 0.0, &grid), KERB_OK);
        uint32_t bits = seed;
        double *values = kerb_grid_values(grid);
        for (size_t i = 0; i < SIDE * SIDE; i++)
            values[i] = random_value(&bits);
        kerb_hotspots__regions regions;
        assert_int_equal(kerb_hotspots__contour(ctx, grid, 1.0, &regions), KERB_OK);

        kerb_areas_set *set = NULL;
        assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
        for (size_t r = 0; r < regions.n; r++) {
            size_t counts[64], first = regions.items[r].first_ring;
            assert_true(regions.items[r].n_rings <= 64);
            for (size_t k = 0; k < regions.items[r].n_rings; k++)
                counts[k] = regions.point_start[first + k + 1] - regions.point_start[first + k];
            char id[32];
            snprintf(id, sizeof id, "%zu", r);
            assert_int_equal(
                kerb_areas_set_add_rings(ctx, set, id, id, regions.items[r].n_rings, counts,
                                         regions.points + regions.point_start[first]),
                KERB_OK);
        }
        n_regions += regions.n;
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            double x = spec.xmin + ((double)(i % SIDE) + 0.5) * spec.cell_m;
            double y = spec.ymax - ((double)(i / SIDE) + 0.5) * spec.cell_m;
            size_t n_holding = 0;
            for (size_t r = 0; r < regions.n; r++)
                n_holding += kerb_areas_set_holds(set, r, x, y);
            if (values[i] > 1.0 + 1e-5)
                assert_int_equal(n_holding, 1);
            else if (values[i] < 1.0 - 1e-5)
                assert_int_equal(n_holding, 0);
        }
        for (size_t a = 0; a < regions.n; a++) {
            OGRGeometryH left = read_area(ctx, set, a);
            assert_true(OGR_G_IsValid(left));
            for (size_t b = a + 1; b < regions.n; b++) {
                OGRGeometryH right = read_area(ctx, set, b);
                OGRGeometryH both = OGR_G_Intersection(left, right);
                /* what touches at points and lines has no area */
                assert_true(OGR_G_GetDimension(both) < 2 || OGR_G_Area(both) < 1e-6);
                OGR_G_DestroyGeometry(both);
                OGR_G_DestroyGeometry(right);
            }
            OGR_G_DestroyGeometry(left);
        }
        kerb_areas_set_free(set);
        kerb_hotspots__regions_clear(&regions);
        kerb_grid_free(grid);
    }
    assert_true(n_regions > 400); /* the surfaces were not dull */
    kerb_ctx_free(ctx);
}

/* The window round what is above the line is all that is looked at: the sea around is no
 * matter. */
static void hotspots_contour__empty_land_around_changes_no_bit(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *small = scene_grid(ctx, 1030.0, 2020.0, 10.0, ". . . / . 4 . / . . .");
    kerb_grid *large =
        scene_grid(ctx, 1000.0, 2000.0, 10.0,
                   ". . . . . . . / . . . . . . . / . . . . 4 . . / . . . . . . . / "
                   ". . . . . . . / . . . . . . .");
    kerb_hotspots__regions a, b;
    assert_int_equal(kerb_hotspots__contour(ctx, small, 2.0, &a), KERB_OK);
    assert_int_equal(kerb_hotspots__contour(ctx, large, 2.0, &b), KERB_OK);
    assert_int_equal(a.point_start[1], b.point_start[1]);
    assert_memory_equal(a.points, b.points, a.point_start[1] * sizeof *a.points);
    kerb_hotspots__regions_clear(&a);
    kerb_hotspots__regions_clear(&b);
    kerb_grid_free(small);
    kerb_grid_free(large);
    kerb_ctx_free(ctx);
}

/* --------------------------------------------------------------- GDAL as it was */

static int n_heard;

static void CPL_STDCALL hear(CPLErr class, CPLErrorNum number, const char *text)
{
    (void)class, (void)number, (void)text;
    n_heard++;
}

static void hotspots_contour__gdal_keeps_its_drivers_and_error_handler(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions = draw(ctx, ". . . / . 4 . / . . .", 2.0);
    kerb_hotspots__regions_clear(&regions);
    assert_true(GDALGetDriverCount() <= 2);
    assert_null(GDALGetDriverByName("GTiff"));

    GDALAllRegister(); /* the caller registers all, after us */
    int n_drivers = GDALGetDriverCount();
    assert_non_null(GDALGetDriverByName("GTiff"));
    assert_non_null(GDALGetDriverByName("GPKG"));
    assert_non_null(GDALGetDriverByName("MEM"));

    CPLPushErrorHandler(hear);
    regions = draw(ctx, ". . . / . 4 . / . . .", 2.0);
    assert_int_equal(regions.n, 1);
    kerb_hotspots__regions_clear(&regions);
    assert_int_equal(n_heard, 0);
    CPLError(CE_Warning, CPLE_AppDefined, "heard by the caller again");
    assert_int_equal(n_heard, 1);
    CPLPopErrorHandler();
    assert_int_equal(GDALGetDriverCount(), n_drivers);
    kerb_ctx_free(ctx);
}

static void hotspots_contour__stops_when_asked_to(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots__regions regions;
    kerb_grid *grid = scene_grid(ctx, 1000.0, 2000.0, 10.0, ". . . / . 4 . / . . .");
    kerb_ctx_request_cancel(ctx);
    assert_int_equal(kerb_hotspots__contour(ctx, grid, 2.0, &regions), KERB_ERR_CANCELLED);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

static kerb_status draw_again(kerb_ctx *ctx, void *user)
{
    kerb_hotspots__regions regions = {0};
    kerb_status status = kerb_hotspots__contour(ctx, user, 2.0, &regions);
    kerb_hotspots__regions_clear(&regions);
    return status;
}

static void hotspots_contour__failing_memory_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 1000.0, 2000.0, 10.0, two_towns);
    assert_true(failing_allocator_walk(draw_again, grid) >= 4);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first, while no driver is registered */
        cmocka_unit_test(hotspots_contour__gdal_keeps_its_drivers_and_error_handler),
        cmocka_unit_test(hotspots_contour__one_cell_is_a_diamond),
        cmocka_unit_test(hotspots_contour__a_ring_keeps_its_hole),
        cmocka_unit_test(hotspots_contour__two_bumps_are_two_regions),
        cmocka_unit_test(hotspots_contour__closes_at_cells_without_value_and_at_the_edge),
        cmocka_unit_test(hotspots_contour__a_plateau_at_the_line_is_in),
        cmocka_unit_test(hotspots_contour__nothing_reaches_the_line),
        cmocka_unit_test(hotspots_contour__the_unit_of_the_density_does_not_matter),
        cmocka_unit_test(
            hotspots_contour__every_cell_above_the_line_is_in_one_valid_polygon_and_none_below),
        cmocka_unit_test(hotspots_contour__empty_land_around_changes_no_bit),
        cmocka_unit_test(hotspots_contour__stops_when_asked_to),
        cmocka_unit_test(hotspots_contour__failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
