/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tile ring against the plain sum, on points that are hard for it: coincident, in lines and
 * lattices, exactly on the rim, heavy beside light, beyond the edges; at every level of vector
 * instructions; and its promise that neither threads, nor the order of points, nor the cut into
 * bands changes a bit. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "density_internal.h"
#include "kerb_base.h"

#include "test_context.h"

static const kerb_kernel KERNELS[] = {KERB_KERNEL_UNIFORM, KERB_KERNEL_EPANECHNIKOV,
                                      KERB_KERNEL_QUARTIC, KERB_KERNEL_TRIWEIGHT};
enum { N_KERNELS = sizeof KERNELS / sizeof *KERNELS };

static const kerb_grid_spec TOWN = {
    .xmin = 400000, .ymax = 301300, .cell_m = 10, .n_rows = 131, .n_cols = 167};

/* ----------------------------------------------------------------------------- points */

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

enum { MOST = 3000 };

typedef struct point_set {
    const char *name;
    size_t n;
    bool is_weighted;
    double x[MOST], y[MOST], weight[MOST];
} point_set;

static void put(point_set *set, double x, double y, double weight)
{
    assert_true(set->n < MOST);
    set->x[set->n] = x;
    set->y[set->n] = y;
    set->weight[set->n++] = weight;
    set->is_weighted = set->is_weighted || weight != 1.0;
}

static void put_uniform(point_set *set, size_t n, double beyond_m, uint64_t seed)
{
    double width = 1670 + 2 * beyond_m, height = 1310 + 2 * beyond_m;
    for (size_t i = 0; i < n; i++) {
        double x = random_share(&seed) * width, y = random_share(&seed) * height;
        put(set, 400000 - beyond_m + x, 299990 - beyond_m + y, 1.0);
    }
}

/* A sum of four uniform numbers is near enough to a Gaussian. */
static double random_offset(uint64_t *seed, double sd)
{
    double sum = 0;
    for (int i = 0; i < 4; i++)
        sum += random_share(seed) - 0.5;
    return sum * sd * 1.7320508075688772;
}

static void put_cluster(point_set *set, size_t n, double x, double y, double sd, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        double dx = random_offset(&seed, sd), dy = random_offset(&seed, sd);
        put(set, x + dx, y + dy, 1.0);
    }
}

static void make_set(point_set *set, int which)
{
    static const char *const NAMES[] = {"uniform", "clusters", "stacks",  "line",
                                        "lattice", "one",      "centres", "weights",
                                        "heavy",   "near",     "nobody"};
    *set = (point_set){.name = NAMES[which]};
    uint64_t seed = 100 + (uint64_t)which;
    switch (which) {
    case 0:
        put_uniform(set, 900, 500, seed);
        break;
    case 1:
        put_cluster(set, 1500, 400500, 300400, 15, seed);
        put_cluster(set, 500, 401200, 300900, 120, seed + 1);
        put_uniform(set, 100, 0, seed + 2);
        break;
    case 2: /* many rows at few places, and light ones about them */
        for (size_t i = 0; i < 2000; i++)
            put(set, 400777.123 + 61.7 * (double)(i % 3), 300555.456, 1.0);
        put_uniform(set, 60, 0, seed);
        break;
    case 3:
        for (size_t i = 0; i < 700; i++)
            put(set, 400100 + 1.9 * (double)i, 300100 + 1.3 * (double)i, 1.0);
        break;
    case 4:
        for (size_t i = 0; i < 1600; i++)
            put(set, 400105 + 20 * (double)(i % 40), 300105 + 20 * (double)(i / 40), 1.0);
        break;
    case 5:
        put(set, 400801.37, 300603.71, 1.0);
        break;
    case 6: /* cell centres: other centres are then exactly at the radius */
        put(set, 400805, 300605, 1.0);
        put(set, 400805, 300605, 1.0);
        put(set, 400205, 300305, 1.0);
        break;
    case 7:
        put_uniform(set, 800, 200, seed);
        for (size_t i = 0; i < set->n; i++)
            set->weight[i] = random_bits(&seed) % 5 == 0 ? 0.0 : 0.1 + random_share(&seed);
        set->is_weighted = true;
        break;
    case 8:
        put_uniform(set, 400, 0, seed);
        put(set, 400700, 300700, 1e6);
        put(set, 400702.5, 300700.1, 3e5);
        break;
    case 9: /* many that are almost, and not quite, at one place */
        for (size_t i = 0; i < 2000; i++)
            put(set, 400611.11 + 1e-7 * (double)(i % 50), 300622.22 + 1e-7 * (double)(i / 50),
                1.0);
        put_uniform(set, 50, 0, seed);
        break;
    default:
        put(set, (double)NAN, (double)NAN, 1.0);
        put(set, 900000, 900000, 1.0);
        break;
    }
}
enum { N_SETS = 11 };

static kerb_density_points points_of(const point_set *set)
{
    return (kerb_density_points){
        .n = set->n, .x = set->x, .y = set->y, .weight = set->is_weighted ? set->weight : NULL};
}

/* --------------------------------------------------------------------------- surfaces */

static kerb_status add_rows(const kerb_density__method *method,
                            const kerb_density_points *points,
                            const kerb_density_options *options, const kerb_grid_spec *spec,
                            size_t band, double *values)
{
    const kerb_density__task task = {points, options, spec};
    kerb_density_report report = {0};
    void *state = NULL;
    kerb_status status = method->open(ctx, &task, &report, &state);
    for (size_t row = 0; status == KERB_OK && row < spec->n_rows; row += band) {
        size_t n = spec->n_rows - row < band ? spec->n_rows - row : band;
        status = method->rows(ctx, state, row, n, NULL, values + row * spec->n_cols);
    }
    if (status == KERB_OK)
        method->close(state);
    return status;
}

static double *make_surface(const kerb_density__method *method,
                            const kerb_density_points *points, kerb_density_options options,
                            size_t band)
{
    double *values = calloc(TOWN.n_rows * TOWN.n_cols, sizeof *values);
    assert_non_null(values);
    kerb_status status = add_rows(method, points, &options, &TOWN, band, values);
    if (status != KERB_OK)
        fail_msg("%s: %s", kerb_status_name(status), kerb_ctx_message(ctx));
    return values;
}

/* float32: 1e-6 of the maximum everywhere. float64: 1e-9 of every value above a thousandth of
 * one point's peak, and 0 exactly where the definition has 0. */
static void assert_agrees(const double *got, const double *want, kerb_density_options options,
                          const char *what)
{
    double max = 0, peak = kerb_kernel_value(options.kernel, options.bandwidth_m, 0);
    for (size_t i = 0; i < TOWN.n_rows * TOWN.n_cols; i++)
        max = want[i] > max ? want[i] : max;
    for (size_t i = 0; i < TOWN.n_rows * TOWN.n_cols; i++) {
        double error = fabs(got[i] - want[i]);
        bool is_good = got[i] >= 0;
        if (options.precision == KERB_DENSITY_FLOAT32)
            is_good = is_good && error <= 1e-6 * max;
        else
            is_good = is_good && (got[i] > 0) == (want[i] > 0) &&
                      (want[i] < 1e-3 * peak || error <= 1e-9 * want[i]);
        if (!is_good)
            fail_msg("%s, %s, radius %g, %s, %s: row %zu col %zu is %.17g, not %.17g (max %g)",
                     what, kerb_kernel_name(options.kernel), options.bandwidth_m,
                     options.precision == KERB_DENSITY_FLOAT32 ? "float32" : "float64",
                     kerb_simd_name(kerb_ctx_get_simd(ctx)), i / TOWN.n_cols, i % TOWN.n_cols,
                     got[i], want[i], max);
    }
}

static void density_ring__is_the_plain_sum_at_every_level(void **state)
{
    (void)state;
    const double radii_m[] = {6, 13, 50, 130, 455.5, 3000};
    point_set *set = malloc(sizeof *set);
    assert_non_null(set);
    for (int which = 0; which < N_SETS; which++)
        for (size_t i = 0; i < sizeof radii_m / sizeof *radii_m; i++)
            for (int k = 0; k < N_KERNELS; k++) {
                if (radii_m[i] > 1000 && which != 0 && which != 8)
                    continue;
                make_set(set, which);
                kerb_density_points points = points_of(set);
                kerb_density_options options = {.kernel = KERNELS[k],
                                                .bandwidth_m = radii_m[i]};
                kerb_ctx_set_simd(ctx, kerb_simd_best());
                double *want = make_surface(&kerb_density__sum, &points, options, TOWN.n_rows);
                for (int level = 0; level <= (int)kerb_simd_best(); level++)
                    for (int precision = 0; precision < 2; precision++) {
                        kerb_ctx_set_simd(ctx, (kerb_simd)level);
                        options.precision = (kerb_density_precision)precision;
                        double *got =
                            make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
                        assert_agrees(got, want, options, set->name);
                        free(got);
                    }
                free(want);
            }
    free(set);
}

/* ------------------------------------------------------------------------------- bits */

static void assert_same_bits(const double *got, const double *want, const char *what)
{
    if (memcmp(got, want, TOWN.n_rows * TOWN.n_cols * sizeof *got) != 0)
        fail_msg("bits differ: %s at level %s", what, kerb_simd_name(kerb_ctx_get_simd(ctx)));
}

static void shuffle(point_set *set, uint64_t seed)
{
    for (size_t i = set->n - 1; i > 0; i--) {
        size_t j = random_bits(&seed) % (i + 1);
        double x = set->x[i], y = set->y[i], weight = set->weight[i];
        set->x[i] = set->x[j], set->y[i] = set->y[j], set->weight[i] = set->weight[j];
        set->x[j] = x, set->y[j] = y, set->weight[j] = weight;
    }
}

static void density_ring__threads_order_and_bands_do_not_change_a_bit(void **state)
{
    (void)state;
    const int sets[] = {0, 1, 2, 7, 8, 9};
    const size_t bands[] = {1, 7, 40};
    point_set *set = malloc(sizeof *set);
    assert_non_null(set);
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++)
        for (int level = 0; level <= (int)kerb_simd_best(); level++)
            for (int precision = 0; precision < 2; precision++) {
                kerb_density_options options = {.kernel = KERNELS[(s + 2) % N_KERNELS],
                                                .bandwidth_m = 85,
                                                .precision = (kerb_density_precision)precision};
                kerb_ctx_set_simd(ctx, (kerb_simd)level);
                make_set(set, sets[s]);
                kerb_density_points points = points_of(set);
                kerb_ctx_set_threads(ctx, 1);
                double *want = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
                for (int threads = 2; threads <= 3; threads++) {
                    kerb_ctx_set_threads(ctx, threads);
                    shuffle(set, (uint64_t)threads);
                    double *got =
                        make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
                    assert_same_bits(got, want, "threads and order");
                    free(got);
                }
                for (size_t b = 0; b < sizeof bands / sizeof *bands; b++) {
                    double *got = make_surface(&kerb_density__ring, &points, options, bands[b]);
                    assert_same_bits(got, want, "bands");
                    free(got);
                }
                free(want);
            }
    free(set);
}

/* Enough points for several workers to share them while they come. */
static void density_ring__many_points_on_several_threads_give_the_bits_of_one(void **state)
{
    (void)state;
    const size_t n = 90000;
    double *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    uint64_t seed = 5;
    for (size_t i = 0; i < n; i++) {
        x[i] = 400000 + floor(random_share(&seed) * 1670);
        y[i] = 299990 + floor(random_share(&seed) * 1310);
    }
    kerb_density_points points = {.n = n, .x = x, .y = y};
    for (int precision = 0; precision < 2; precision++) {
        kerb_density_options options = {.kernel = KERB_KERNEL_QUARTIC,
                                        .bandwidth_m = 30,
                                        .precision = (kerb_density_precision)precision};
        kerb_ctx_set_threads(ctx, 1);
        double *want = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
        kerb_ctx_set_threads(ctx, 4);
        double *got = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
        assert_same_bits(got, want, "threads");
        free(got);
        free(want);
    }
    free(x);
    free(y);
}

/* ------------------------------------------------------------------------------- laws */

static void density_ring__one_event_is_symmetric(void **state)
{
    (void)state;
    kerb_density_points points = {
        .n = 1, .x = &(double){400835}, .y = &(double){300645}}; /* centre of row 65, col 83 */
    for (int k = 0; k < N_KERNELS; k++)
        for (int precision = 0; precision < 2; precision++) {
            kerb_density_options options = {.kernel = KERNELS[k],
                                            .bandwidth_m = 307,
                                            .precision = (kerb_density_precision)precision};
            double *values = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
            double tolerance = precision == KERB_DENSITY_FLOAT32 ? 1e-6 : 1e-12;
            double peak = values[65 * TOWN.n_cols + 83];
            assert_near_rel(peak, kerb_kernel_value(KERNELS[k], 307, 0), 1e-6);
            for (size_t row = 0; row < TOWN.n_rows; row++)
                for (size_t col = 0; col < TOWN.n_cols; col++) {
                    double v = values[row * TOWN.n_cols + col];
                    assert_near_abs(values[(130 - row) * TOWN.n_cols + col], v,
                                    tolerance * peak);
                    assert_near_abs(values[row * TOWN.n_cols + 166 - col], v, tolerance * peak);
                }
            free(values);
        }
}

static void density_ring__moving_points_by_whole_cells_moves_the_surface(void **state)
{
    (void)state;
    enum { ROWS = 13, COLS = 5 };
    point_set *set = malloc(sizeof *set);
    assert_non_null(set);
    for (int precision = 0; precision < 2; precision++) {
        kerb_density_options options = {.kernel = KERB_KERNEL_QUARTIC,
                                        .bandwidth_m = 90,
                                        .precision = (kerb_density_precision)precision};
        make_set(set, 1);
        kerb_density_points points = points_of(set);
        double *before = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
        for (size_t i = 0; i < set->n; i++) {
            set->x[i] += COLS * TOWN.cell_m;
            set->y[i] -= ROWS * TOWN.cell_m;
        }
        double *after = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
        double max = 0;
        for (size_t i = 0; i < TOWN.n_rows * TOWN.n_cols; i++)
            max = before[i] > max ? before[i] : max;
        for (size_t row = 0; row + ROWS < TOWN.n_rows; row++)
            for (size_t col = 0; col + COLS < TOWN.n_cols; col++)
                assert_near_abs(after[(row + ROWS) * TOWN.n_cols + col + COLS],
                                before[row * TOWN.n_cols + col],
                                (precision == KERB_DENSITY_FLOAT32 ? 1e-6 : 1e-12) * max);
        free(before);
        free(after);
    }
    free(set);
}

static void density_ring__a_power_of_two_on_all_weights_scales_every_bit(void **state)
{
    (void)state;
    point_set *set = malloc(sizeof *set);
    assert_non_null(set);
    for (int precision = 0; precision < 2; precision++)
        for (int k = 0; k < N_KERNELS; k++) {
            kerb_density_options options = {.kernel = KERNELS[k],
                                            .bandwidth_m = 75,
                                            .precision = (kerb_density_precision)precision};
            make_set(set, 7);
            kerb_density_points points = points_of(set);
            double *one = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
            for (size_t i = 0; i < set->n; i++)
                set->weight[i] *= 0x1p70;
            double *many = make_surface(&kerb_density__ring, &points, options, TOWN.n_rows);
            for (size_t i = 0; i < TOWN.n_rows * TOWN.n_cols; i++)
                one[i] *= 0x1p70;
            assert_same_bits(many, one, "weights times a power of two");
            free(one);
            free(many);
        }
    free(set);
}

/* --------------------------------------------------------------------------- failures */

static kerb_status call_ring(kerb_ctx *of_walk, void *user)
{
    kerb_ctx *saved = ctx;
    ctx = of_walk;
    kerb_ctx_set_threads(ctx, 1);
    double *values = calloc(TOWN.n_rows * TOWN.n_cols, sizeof *values);
    const kerb_density_points points = points_of(user);
    kerb_density_options options = {.kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 60};
    const kerb_density__task task = {&points, &options, &TOWN};
    kerb_density_report report = {0};
    kerb_status status = KERB_OK;
    for (int precision = 0; precision < 2 && status == KERB_OK; precision++) {
        void *opened = NULL;
        options.precision = (kerb_density_precision)precision;
        status = kerb_density__ring.open(ctx, &task, &report, &opened);
        if (status == KERB_OK)
            status = kerb_density__ring.rows(ctx, opened, 0, TOWN.n_rows, NULL, values);
        kerb_density__ring.close(opened);
    }
    free(values);
    ctx = saved;
    return status;
}

static void density_ring__survives_every_failed_allocation(void **state)
{
    (void)state;
    point_set *set = malloc(sizeof *set);
    assert_non_null(set);
    make_set(set, 2);
    assert_true(failing_allocator_walk(call_ring, set) > 50);
    free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(density_ring__is_the_plain_sum_at_every_level),
        cmocka_unit_test(density_ring__threads_order_and_bands_do_not_change_a_bit),
        cmocka_unit_test(density_ring__many_points_on_several_threads_give_the_bits_of_one),
        cmocka_unit_test(density_ring__one_event_is_symmetric),
        cmocka_unit_test(density_ring__moving_points_by_whole_cells_moves_the_surface),
        cmocka_unit_test(density_ring__a_power_of_two_on_all_weights_scales_every_bit),
        cmocka_unit_test(density_ring__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
