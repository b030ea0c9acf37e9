/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting of points by place: keys in order, nothing lost, equal places merged, and the same
 * whatever way the points came. */
#include "near.h"

#include <stdlib.h>

#include "density_sort.h"
#include "kerb_base.h"

#include "test_context.h"

static const kerb_grid_spec TOWN = {
    .xmin = 1000, .ymax = 3000, .cell_m = 10, .n_rows = 150, .n_cols = 200};

static uint64_t random_bits(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static int compare_keys(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static void density_sort__keys_come_out_in_order_with_their_rows(void **state)
{
    (void)state;
    enum { MOST = 20000 };
    static uint64_t keys[MOST], want[MOST], as_they_came[MOST], scratch[MOST];
    static uint32_t rows[MOST], scratch_rows[MOST], counts[KERB_DENSITY__COUNTS];
    const size_t sizes[] = {0, 1, 2, 24, 25, 599, 600, 5000, MOST};
    const uint64_t masks[] = {~(uint64_t)0 >> 2, 0xFFF, 3, (uint64_t)0x3FF << 50, 0};
    uint64_t seed = 1;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
            for (int with_rows = 0; with_rows < 2; with_rows++) {
                for (size_t i = 0; i < sizes[s]; i++) {
                    keys[i] = want[i] = as_they_came[i] = random_bits(&seed) & masks[m];
                    rows[i] = (uint32_t)i;
                }
                qsort(want, sizes[s], sizeof *want, compare_keys);
                kerb_density__sort_keys(keys, with_rows ? rows : NULL, scratch,
                                        with_rows ? scratch_rows : NULL, counts, sizes[s], 62);
                assert_memory_equal(keys, want, sizes[s] * sizeof *keys);
                for (size_t i = 0; with_rows && i < sizes[s]; i++)
                    assert_true(as_they_came[rows[i]] == keys[i]);
            }
}

typedef struct figures {
    size_t n, n_places, n_counted;
    double weight, sum_x, sum_y;
    uint64_t mix; /* of all keys and weights in the order they are read */
} figures;

static figures read_all(kerb_density__sort *sort)
{
    figures f = {.n_places = kerb_density__sort_places(sort),
                 .n_counted = kerb_density__sort_count(sort)};
    const kerb_density__lattice *l = kerb_density__sort_lattice(sort);
    kerb_density__panel panel = {0};
    for (size_t row = 0; row < l->n_panel_rows; row++)
        for (size_t col = 0; col < l->n_panel_cols; col++) {
            assert_int_equal(kerb_density__sort_read(sort, row, col, &panel), KERB_OK);
            for (size_t i = 0; i < panel.n; i++) {
                double weight = panel.is_weighted ? panel.weight[i] : 1.0;
                assert_true(i == 0 || panel.key[i] >= panel.key[i - 1]);
                f.weight += weight;
                f.mix = f.mix * 0x9E3779B97F4A7C15u + panel.key[i] + (uint64_t)(1000 * weight);
            }
            f.n += panel.n;
        }
    kerb_density__panel_clear(&panel);
    return f;
}

static figures sort_in_pieces(const kerb_density_points *points, size_t piece, unsigned keep,
                              int n_threads)
{
    kerb_density__sort *sort = NULL;
    kerb_ctx_set_threads(ctx, n_threads);
    assert_int_equal(kerb_density__sort_new(ctx, &TOWN, 120, keep, &sort), KERB_OK);
    for (size_t from = 0; from < points->n; from += piece) {
        kerb_density_points some = {.n = points->n - from < piece ? points->n - from : piece,
                                    .x = points->x + from,
                                    .y = points->y + from,
                                    .weight = points->weight ? points->weight + from : NULL};
        assert_int_equal(kerb_density__sort_add(ctx, sort, &some), KERB_OK);
    }
    assert_int_equal(kerb_density__sort_seal(ctx, sort), KERB_OK);
    figures f = read_all(sort);
    kerb_density__sort_free(sort);
    return f;
}

static void density_sort__pieces_threads_and_order_change_nothing(void **state)
{
    (void)state;
    enum { N = 50000 };
    static double x[N], y[N], weight[N];
    uint64_t seed = 2;
    for (size_t i = 0; i < N; i++) { /* about 40,000 places, all within the grid */
        x[i] = 1000 + (double)(random_bits(&seed) % 2000);
        y[i] = 1500 + (double)(random_bits(&seed) % 1500);
        weight[i] = (double)(1 + random_bits(&seed) % 4) / 4;
    }
    for (unsigned keep = 0; keep < 4; keep++) {
        kerb_density_points points = {.n = N,
                                      .x = x,
                                      .y = y,
                                      .weight =
                                          keep & KERB_DENSITY__SORT_WEIGHTS ? weight : NULL};
        figures want = sort_in_pieces(&points, N, keep, 1);
        double sum = 0;
        for (size_t i = 0; i < N; i++)
            sum += keep & KERB_DENSITY__SORT_WEIGHTS ? weight[i] : 1.0;
        assert_near_abs(want.weight, sum, 0.0); /* quarters: no rounding */
        assert_int_equal(want.n_counted, N);
        for (size_t i = 0; i < N / 2; i++) {
            double tx = x[i], ty = y[i], tw = weight[i];
            x[i] = x[N - 1 - i], y[i] = y[N - 1 - i], weight[i] = weight[N - 1 - i];
            x[N - 1 - i] = tx, y[N - 1 - i] = ty, weight[N - 1 - i] = tw;
        }
        figures again = sort_in_pieces(&points, 777, keep, 1);
        figures threaded = sort_in_pieces(&points, N, keep, 3);
        assert_memory_equal(&again, &want, sizeof want);
        assert_memory_equal(&threaded, &want, sizeof want);
    }
}

static void density_sort__equal_places_become_one(void **state)
{
    (void)state;
    enum { N = 1000 };
    static double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = 2000.125 + (double)(i % 4);
        y[i] = 2200;
    }
    kerb_density_points points = {.n = N, .x = x, .y = y};
    for (unsigned keep = 0; keep < 4; keep++) {
        figures f = sort_in_pieces(&points, N, keep, 1);
        assert_int_equal(f.n_places, 4);
        assert_near_abs(f.weight, N, 0.0);
        if (keep & KERB_DENSITY__SORT_WEIGHTS || keep == 0)
            assert_int_equal(f.n, 4);
    }
}

static void density_sort__points_out_of_reach_are_counted_and_not_kept(void **state)
{
    (void)state;
    /* Reach 120: 121 m west of the grid is out of it by less than the pixel that is allowed for
     * rounding, 140 m is out. */
    double x[] = {1000 - 119, 1000 - 140, 3119, 3140, 2000, 2000, (double)NAN, 1e300};
    double y[] = {2000, 2000, 2000, 2000, 3140, 1500 - 140, (double)NAN, -1e300};
    kerb_density_points points = {.n = 8, .x = x, .y = y};
    figures f = sort_in_pieces(&points, 8, 0, 1);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.n_counted, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_sort__keys_come_out_in_order_with_their_rows),
        cmocka_unit_test(density_sort__pieces_threads_and_order_change_nothing),
        cmocka_unit_test(density_sort__equal_places_become_one),
        cmocka_unit_test(density_sort__points_out_of_reach_are_counted_and_not_kept),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
