/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peak cells, ids that name one cell only, and the order of the list. */

#include "hotspot_scene.h"
#include "hotspots_internal.h"

static void assert_id(kerb_ctx *ctx, double x, double y, double cell_m, int epsg,
                      const char *want)
{
    char *id = NULL;
    kerb_point peak = {.x = x, .y = y};
    assert_int_equal(kerb_hotspots__make_id(ctx, peak, cell_m, epsg, &id), KERB_OK);
    assert_string_equal(id, want);
    kerb_free_text(id);
}

/* SK is the square from (400000, 300000); digits are the metres cut off, not rounded. */
static void hotspots_rank__id_is_the_grid_reference_of_the_peak_cell(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    assert_id(ctx, 485929.0, 308719.0, 50.0, 27700, "SK 8592 0871");
    assert_id(ctx, 485925.0, 308725.0, 10.0, 27700, "SK 85925 08725");
    assert_id(ctx, 485925.0, 308725.0, 100.0, 27700, "SK 8592 0872");
    assert_id(ctx, 485925.0, 308725.0, 250.0, 27700, "SK 859 087");
    assert_id(ctx, 485925.0, 308725.0, 1000.0, 27700, "SK 859 087");
    kerb_ctx_free(ctx);
}

static void hotspots_rank__id_is_the_coordinate_elsewhere(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    assert_id(ctx, 485925.5, 308725.5, 50.0, 32630, "E485925N308725");
    assert_id(ctx, -25.0, -75.5, 50.0, 0, "E-25N-76"); /* cut towards the south-west */
    assert_id(ctx, -250000.0, 308725.0, 50.0, 27700, "E-250000N308725"); /* outside the grid */
    assert_id(ctx, 485925.25, 308725.75, 0.5, 27700,
              "E485925.2N308725.7"); /* a metre is too wide */
    assert_id(ctx, 0.0125, 0.9875, 0.025, 0, "E0.01N0.98");
    kerb_ctx_free(ctx);
}

/* Every pair of neighbouring cells has two ids, however the grid is placed. */
static void hotspots_rank__two_cells_never_share_an_id(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    static const double cells_m[] = {0.03, 0.1,  0.5,  1.0,  2.0,  3.0,
                                     10.0, 25.0, 50.0, 99.0, 100.0};
    static const double origins[] = {400000.0, 400000.1, 400033.3, 400050.0};
    static const int systems[] = {27700, 0};
    for (size_t c = 0; c < sizeof cells_m / sizeof cells_m[0]; c++) {
        for (size_t o = 0; o < sizeof origins / sizeof origins[0]; o++) {
            for (size_t s = 0; s < 2; s++) {
                char *last = NULL;
                for (size_t i = 0; i < 60; i++) {
                    char *id = NULL;
                    kerb_point peak = {.x = origins[o] + ((double)i + 0.5) * cells_m[c],
                                       .y = 300010.0};
                    assert_int_equal(
                        kerb_hotspots__make_id(ctx, peak, cells_m[c], systems[s], &id),
                        KERB_OK);
                    if (last != NULL)
                        assert_string_not_equal(id, last);
                    kerb_free_text(last);
                    last = id;
                }
                kerb_free_text(last);
            }
        }
    }
    kerb_ctx_free(ctx);
}

static void hotspots_rank__events_then_peak_then_id(void **state)
{
    (void)state;
    kerb_hotspots__candidate c[5] = {0};
    char ids[5][2] = {"d", "c", "b", "a", "e"};
    static const size_t n[5] = {7, 9, 7, 7, 7};
    static const double peaks[5] = {1.0, 0.5, 1.0, 1.0, 2.0};
    for (size_t i = 0; i < 5; i++) {
        c[i].spot.id = ids[i];
        c[i].spot.n = n[i];
        c[i].spot.density_per_m2 = peaks[i];
        c[i].region = i;
    }
    kerb_hotspots__rank(c, 5);
    const char *want = "ceabd";
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(c[i].spot.id[0], want[i]);
        assert_int_equal(c[i].spot.rank, i + 1);
    }
    kerb_hotspots__rank(NULL, 0);
}

struct peak {
    bool is_found;
    kerb_point at;
    double value;
};

static struct peak find_peak(kerb_ctx *ctx, const kerb_grid *grid, double threshold)
{
    struct peak peak;
    kerb_hotspots__regions regions;
    assert_int_equal(kerb_hotspots__contour(ctx, grid, threshold, &regions), KERB_OK);
    assert_int_equal(regions.n, 1);
    assert_int_equal(
        kerb_hotspots__find_peak(ctx, grid, &regions, 0, &peak.is_found, &peak.at, &peak.value),
        KERB_OK);
    kerb_hotspots__regions_clear(&regions);
    return peak;
}

/* Of equal cells the northmost, then the westmost; cells in the hole and outside do not count.
 */
static void hotspots_rank__peak_is_the_highest_cell_of_the_region(void **state)
{
    (void)state;
    static const struct {
        const char *picture;
        double x, y, value;
    } cases[] = {
        {". . . . / . 3 4 . / . 5 3 . / . . . .", 15.0, 15.0, 5.0},
        {". . . . / . 3 5 . / . 5 5 . / . . . .", 25.0, 25.0, 5.0},
        {"# # # # / # 5 5 # / # 5 5 # / # # # #", 15.0, 25.0, 5.0},
        {"9 9 / 9 9", 5.0, 15.0, 9.0},
        {"# 7 / # #", 15.0, 15.0, 7.0},
        {". . . . . / . 3 3 3 . / . 3 1 3 . / . 3 3 4 . / . . . . .", 35.0, 15.0, 4.0},
    };
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, cases[i].picture);
        struct peak peak = find_peak(ctx, grid, 2.0);
        assert_true(peak.is_found);
        assert_near_abs(peak.at.x, cases[i].x, 0.0);
        assert_near_abs(peak.at.y, cases[i].y, 0.0);
        assert_near_abs(peak.value, cases[i].value, 0.0);
        kerb_grid_free(grid);
    }
    kerb_ctx_free(ctx);
}

/* Beside cells without value the line cuts a corner off a cell of 0.99: a region without
 * centre. */
static void hotspots_rank__a_corner_of_a_cell_has_no_peak(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, "# # # / # 0.99 # / # # 1.8");
    kerb_hotspots__regions regions;
    assert_int_equal(kerb_hotspots__contour(ctx, grid, 1.0, &regions), KERB_OK);
    assert_int_equal(regions.n, 2);
    size_t n_found = 0;
    for (size_t i = 0; i < 2; i++) {
        struct peak peak;
        assert_int_equal(kerb_hotspots__find_peak(ctx, grid, &regions, i, &peak.is_found,
                                                  &peak.at, &peak.value),
                         KERB_OK);
        n_found += peak.is_found;
    }
    assert_int_equal(n_found, 1);
    kerb_hotspots__regions_clear(&regions);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* On random surfaces: against asking each cell whether the polygon holds its centre. */
static void hotspots_rank__peak_agrees_with_asking_every_cell(void **state)
{
    (void)state;
    enum { SIDE = 20 };
    size_t n_found = 0;
    kerb_ctx *ctx = kerb_ctx_new();
    for (uint32_t seed = 1; seed <= 20; seed++) {
        kerb_grid *grid = NULL;
        kerb_grid_spec spec = {
            .xmin = 450000.0, .ymax = 300000.0, .cell_m = 50.0, .n_rows = SIDE, .n_cols = SIDE};
        assert_int_equal(kerb_grid_new(ctx, &spec, 0.0, &grid), KERB_OK);
        uint32_t bits = seed * 77u;
        for (size_t i = 0; i < SIDE * SIDE; i++) {
            bits = bits * 1664525u + 1013904223u;
            double share = (double)(bits >> 8) / 16777216.0;
            kerb_grid_values(grid)[i] = share < 0.1 ? (double)NAN : 2.0 * share * share;
        }
        kerb_hotspots__regions regions;
        assert_int_equal(kerb_hotspots__contour(ctx, grid, 1.0, &regions), KERB_OK);
        assert_true(regions.n > 3);
        for (size_t r = 0; r < regions.n; r++) {
            kerb_areas_set *set = NULL;
            size_t counts[32], first = regions.items[r].first_ring;
            assert_true(regions.items[r].n_rings <= 32);
            for (size_t k = 0; k < regions.items[r].n_rings; k++)
                counts[k] = regions.point_start[first + k + 1] - regions.point_start[first + k];
            assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
            assert_int_equal(
                kerb_areas_set_add_rings(ctx, set, "r", "r", regions.items[r].n_rings, counts,
                                         regions.points + regions.point_start[first]),
                KERB_OK);
            size_t best = SIZE_MAX;
            const double *values = kerb_grid_values_const(grid);
            for (size_t i = 0; i < SIDE * SIDE; i++) {
                double x = spec.xmin + ((double)(i % SIDE) + 0.5) * spec.cell_m;
                double y = spec.ymax - ((double)(i / SIDE) + 0.5) * spec.cell_m;
                if (!isnan(values[i]) && kerb_areas_set_holds(set, 0, x, y) &&
                    (best == SIZE_MAX || values[i] > values[best]))
                    best = i;
            }
            struct peak peak;
            assert_int_equal(kerb_hotspots__find_peak(ctx, grid, &regions, r, &peak.is_found,
                                                      &peak.at, &peak.value),
                             KERB_OK);
            assert_true(peak.is_found == (best != SIZE_MAX));
            n_found += peak.is_found;
            if (peak.is_found) {
                assert_near_abs(peak.value, values[best], 0.0);
                assert_near_abs(peak.at.x, spec.xmin + ((double)(best % SIDE) + 0.5) * 50.0,
                                0.0);
            }
            kerb_areas_set_free(set);
        }
        kerb_hotspots__regions_clear(&regions);
        kerb_grid_free(grid);
    }
    assert_true(n_found > 100);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hotspots_rank__id_is_the_grid_reference_of_the_peak_cell),
        cmocka_unit_test(hotspots_rank__id_is_the_coordinate_elsewhere),
        cmocka_unit_test(hotspots_rank__two_cells_never_share_an_id),
        cmocka_unit_test(hotspots_rank__events_then_peak_then_id),
        cmocka_unit_test(hotspots_rank__peak_is_the_highest_cell_of_the_region),
        cmocka_unit_test(hotspots_rank__a_corner_of_a_cell_has_no_peak),
        cmocka_unit_test(hotspots_rank__peak_agrees_with_asking_every_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
