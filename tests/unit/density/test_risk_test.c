/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test of relative risk by its laws: no difference gives no contour and a p that is
 * uniform, a planted excess is found where it is, swapping cases and controls mirrors the
 * result bit for bit, and neither threads nor the order of rows nor the scale of weights show.
 */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "kerb_base.h"
#include "risk_internal.h"

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

/* A square of 1,600 m with 16 x 16 cells of the test; a quartic kernel of 400 m. */
static const kerb_grid_spec SPEC = {
    .xmin = 0, .ymax = 1600, .cell_m = 100, .n_rows = 16, .n_cols = 16};

typedef struct pair {
    kerb_events *cases, *controls;
} pair;

static void free_pair(pair p)
{
    kerb_events_free(p.cases);
    kerb_events_free(p.controls);
}

/* n rows at places of the square, about four a place; a row is a case with probability `share`,
 * within 300 m of (800, 800) with `excess` times that. */
static pair make_pair(size_t n, double share, double excess, uint64_t seed)
{
    pair p = {new_events(), new_events()};
    for (size_t i = 0; i < n;) {
        double x = floor(1600 * random_share(&seed)), y = floor(1600 * random_share(&seed));
        double own = hypot(x - 800, y - 800) < 300 ? share * excess : share;
        for (size_t j = 1 + random_bits(&seed) % 7; j > 0 && i < n; j--, i++)
            add(random_share(&seed) < own ? p.cases : p.controls, x, y, 1.0);
    }
    return p;
}

static kerb_risk_test *run(pair p, size_t n_replicates)
{
    kerb_risk_options options = KERB_RISK_OPTIONS_DEFAULT;
    kerb_risk_test *test = NULL;
    options.n_replicates = n_replicates;
    kerb_status status =
        kerb_risk_test_new(ctx, p.cases, p.controls, NULL, NULL, &options, &SPEC, NULL, &test);
    if (status != KERB_OK)
        fail_msg("%s: %s", kerb_status_name(status), kerb_ctx_message(ctx));
    return test;
}

static size_t count_outside(const kerb_grid *margin)
{
    size_t n = 0;
    for (size_t i = 0; margin != NULL && i < SPEC.n_rows * SPEC.n_cols; i++)
        n += kerb_grid_values_const(margin)[i] >= 1.0;
    return n;
}

static void assert_same_grid(const kerb_grid *a, const kerb_grid *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_memory_equal(kerb_grid_values_const(a), kerb_grid_values_const(b),
                            SPEC.n_rows * SPEC.n_cols * sizeof(double));
}

static void assert_same_test(const kerb_risk_test *a, const kerb_risk_test *b)
{
    assert_near_abs(a->map_p, b->map_p, 0.0);
    assert_near_abs(a->place_agreement, b->place_agreement, 0.0);
    assert_int_equal(a->n_cells, b->n_cells);
    assert_same_grid(a->pointwise_p, b->pointwise_p);
    for (int level = 0; level < KERB_RISK_LEVELS; level++) {
        assert_same_grid(a->higher[level], b->higher[level]);
        assert_same_grid(a->lower[level], b->lower[level]);
    }
}

/* ------------------------------------------------------------------------- laws */

static void risk_test__equal_rows_differ_nowhere(void **state)
{
    (void)state;
    pair p = make_pair(400, 0.5, 1.0, 7);
    pair same = {p.cases, p.cases};
    kerb_risk_test *test = run(same, 199);
    assert_near_abs(test->map_p, 1.0, 0.0);
    for (int level = 0; level < KERB_RISK_LEVELS; level++) {
        assert_null(test->higher[level]);
        assert_null(test->lower[level]);
    }
    kerb_risk_test_free(test);
    free_pair(p);
}

static void risk_test__p_of_maps_without_difference_is_uniform(void **state)
{
    (void)state;
    /* 400 maps: 20 are expected at or below 0.05, sd 4.4; under 0.5 it is 200, sd 10. Limits at
     * 4 sd, so that one seed in 15,000 would fail if p were exactly uniform. */
    enum { N_MAPS = 400 };
    size_t n_05 = 0, n_50 = 0;
    for (uint64_t map = 0; map < N_MAPS; map++) {
        pair p = make_pair(300, 0.3, 1.0, 1000 + map);
        kerb_ctx_set_seed(ctx, 50 + map);
        kerb_risk_test *test = run(p, 99);
        n_05 += test->map_p <= 0.05 + 1e-9;
        n_50 += test->map_p <= 0.5 + 1e-9;
        kerb_risk_test_free(test);
        free_pair(p);
    }
    kerb_ctx_set_seed(ctx, KERB_DEFAULT_SEED);
    if (n_05 < 3 || n_05 > 37 || n_50 < 160 || n_50 > 240)
        fail_msg("of %d maps %zu have p <= 0.05 and %zu have p <= 0.5", N_MAPS, n_05, n_50);
}

static void risk_test__rows_that_share_a_label_cry_no_wolf(void **state)
{
    (void)state;
    /* every place has one label for all its rows: 60 maps, 3 expected; 12 or more would come
     * once in 20,000 sets. Dealt row by row it is most of them. */
    size_t n_05 = 0;
    for (uint64_t map = 0; map < 60; map++) {
        uint64_t seed = 9000 + map;
        pair p = {new_events(), new_events()};
        for (size_t i = 0; i < 120; i++) {
            double x = floor(1600 * random_share(&seed)), y = floor(1600 * random_share(&seed));
            kerb_events *events = random_share(&seed) < 0.3 ? p.cases : p.controls;
            for (size_t j = 2 + random_bits(&seed) % 12; j > 0; j--)
                add(events, x, y, 1.0);
        }
        kerb_risk_test *test = run(p, 99);
        assert_true(test->place_agreement > 0.8);
        n_05 += test->map_p <= 0.05 + 1e-9;
        kerb_risk_test_free(test);
        free_pair(p);
    }
    if (n_05 >= 12)
        fail_msg("%zu of 60 maps have a contour", n_05);
}

static void risk_test__planted_excess_is_found_where_it_is(void **state)
{
    (void)state;
    pair p = make_pair(2000, 0.15, 4.0, 3);
    kerb_risk_test *test = run(p, 199);
    assert_near_abs(test->map_p, 1.0 / 200, 1e-15);
    for (int level = 0; level < KERB_RISK_LEVELS; level++) {
        assert_true(count_outside(test->higher[level]) > 10);
        /* all of it within kernel and plant: 300 + 400 m of the middle */
        for (size_t i = 0; i < SPEC.n_rows * SPEC.n_cols; i++) {
            double x = kerb_grid_col_x(&SPEC, i % SPEC.n_cols),
                   y = kerb_grid_row_y(&SPEC, i / SPEC.n_cols);
            if (kerb_grid_values_const(test->higher[level])[i] >= 1.0)
                assert_true(hypot(x - 800, y - 800) < 700);
        }
    }
    /* the middle is outside at 1 %, and what is outside at 1 % is outside at 5 % */
    assert_true(kerb_grid_values_const(test->higher[KERB_RISK_1_PCT])[8 * 16 + 8] > 1.0);
    for (size_t i = 0; i < SPEC.n_rows * SPEC.n_cols; i++)
        if (kerb_grid_values_const(test->higher[KERB_RISK_1_PCT])[i] >= 1.0)
            assert_true(kerb_grid_values_const(test->higher[KERB_RISK_5_PCT])[i] >= 1.0);
    kerb_risk_test_free(test);
    free_pair(p);
}

static void risk_test__swapped_labels_mirror_every_bit(void **state)
{
    (void)state;
    pair p = make_pair(2000, 0.15, 4.0, 3), even = make_pair(800, 0.5, 1.6, 4);
    pair pairs[] = {p, even};
    for (size_t i = 0; i < 2; i++) {
        pair back = {pairs[i].controls, pairs[i].cases};
        kerb_risk_test *a = run(pairs[i], 199), *b = run(back, 199);
        assert_near_abs(a->map_p, b->map_p, 0.0);
        assert_int_equal(a->n_cases, b->n_controls);
        assert_same_grid(a->pointwise_p, b->pointwise_p);
        for (int level = 0; level < KERB_RISK_LEVELS; level++) {
            assert_same_grid(a->higher[level], b->lower[level]);
            assert_same_grid(a->lower[level], b->higher[level]);
        }
        kerb_risk_test_free(a);
        kerb_risk_test_free(b);
    }
    free_pair(p);
    free_pair(even);
}

static void risk_test__threads_order_and_scale_of_weights_do_not_show(void **state)
{
    (void)state;
    pair p = make_pair(600, 0.3, 2.5, 11), turned = {new_events(), new_events()},
         scaled = {new_events(), new_events()};
    for (size_t i = p.cases->n; i-- > 0;)
        add(turned.cases, p.cases->x[i], p.cases->y[i], 1.0);
    for (size_t i = p.controls->n; i-- > 0;)
        add(turned.controls, p.controls->x[i], p.controls->y[i], 1.0);
    for (size_t i = 0; i < p.cases->n; i++)
        add(scaled.cases, p.cases->x[i], p.cases->y[i], 0.3);
    for (size_t i = 0; i < p.controls->n; i++)
        add(scaled.controls, p.controls->x[i], p.controls->y[i], 700.0);
    kerb_ctx_set_threads(ctx, 1);
    kerb_risk_test *one = run(p, 199);
    kerb_ctx_set_threads(ctx, 7);
    kerb_risk_test *seven = run(p, 199), *other = run(turned, 199), *more = run(scaled, 199);
    assert_same_test(one, seven);
    assert_same_test(one, other);
    assert_same_test(one, more);
    kerb_risk_test_free(one);
    kerb_risk_test_free(seven);
    kerb_risk_test_free(other);
    kerb_risk_test_free(more);
    free_pair(p);
    free_pair(turned);
    free_pair(scaled);
}

/* ------------------------------------------------------------------------- parts */

static void risk_draw__agrees_as_told_and_keeps_the_share(void **state)
{
    (void)state;
    /* one place with 20 rows, 6 of them cases, share 6/26 with six controls elsewhere; the mean
     * of the count is n s and its variance n s (1 - s) (1 + (n - 1) c) */
    pair p = {new_events(), new_events()};
    for (int i = 0; i < 6; i++)
        add(p.cases, 100, 100, 1.0);
    for (int i = 0; i < 14; i++)
        add(p.controls, 100, 100, 1.0);
    kerb_risk__labels labels = {0};
    assert_int_equal(kerb_risk__labels_new(ctx, p.cases, p.controls, NULL, NULL, &labels),
                     KERB_OK);
    assert_int_equal(labels.n_places, 1);
    assert_int_equal(labels.n_marked[0], 6);
    static const double agreements[] = {0.0, 0.2, 0.7};
    for (int a = 0; a < 3; a++) {
        enum { N = 20000 };
        kerb_risk__urn urn = {.seed = 5, .mark_share = 0.3};
        for (int size = 0; size < KERB_RISK__SIZES; size++)
            urn.agreement[size] = agreements[a];
        assert_int_equal(kerb_risk__urn_open(ctx, &labels, &urn), KERB_OK);
        size_t stride = kerb_risk__stride(N);
        float *drawn = malloc(stride * sizeof *drawn);
        double sum = 0.0, squares = 0.0;
        kerb_risk__draw(&labels, &urn, 0, stride, drawn);
        assert_near_abs((double)drawn[0], 6.0, 0.0);
        for (size_t i = 1; i <= N; i++) {
            sum += (double)drawn[i];
            squares += ((double)drawn[i] - 6.0) * ((double)drawn[i] - 6.0);
        }
        double variance = 20 * 0.3 * 0.7 * (1 + 19 * agreements[a]);
        assert_near_abs(sum / N, 6.0, 4.0 * sqrt(variance / N));
        assert_near_rel(squares / N, variance, 0.06);
        free(drawn);
        kerb_risk__urn_clear(&urn);
    }
    kerb_risk__labels_clear(&labels);
    free_pair(p);
}

static void risk_ranks__order_maps_as_their_sorted_ranks_do(void **state)
{
    (void)state;
    /* Four maps, two cells. Cell 0: .1 .2 .3 .4, half ranks from below 2 4 6 8, from above 8 6
     * 4 2, smaller 2 4 4 2. Cell 1: .5 .5 .9 .1: below 5 5 8 2, above 5 5 2 8, smaller 5 5 2 2.
     * Lists: {2,5} {4,5} {2,4} {2,2}: most extreme is map 3, then 2, then 0, then 1. */
    const float cells[2][4] = {{0.1f, 0.2f, 0.3f, 0.4f}, {0.5f, 0.5f, 0.9f, 0.1f}};
    kerb_risk__ranks ranks = {.n_maps = 4, .n_bins = kerb_risk__n_bins(4)};
    uint32_t count[4 * 6] = {0};
    uint64_t keys[4], scratch[4];
    kerb_risk__sorter sorter = {keys, scratch};
    double p[4];
    ranks.count = count;
    assert_int_equal(ranks.n_bins, 6);
    assert_near_abs(kerb_risk__rank_cell(&ranks, &sorter, cells[0]), 0.5, 0.0); /* 2 x 1/4 */
    assert_near_abs(kerb_risk__rank_cell(&ranks, &sorter, cells[1]), 1.0, 0.0);
    assert_int_equal(kerb_risk__order_maps(ctx, &ranks, p), KERB_OK);
    assert_near_abs(p[3], 0.25, 0.0);
    assert_near_abs(p[2], 0.5, 0.0);
    assert_near_abs(p[0], 0.75, 0.0);
    assert_near_abs(p[1], 1.0, 0.0);
}

static void risk_test_spec__is_whole_cells_of_the_surface(void **state)
{
    (void)state;
    /* quartic 400 m: sd 141.4, three quarters are 106 m: four cells of 25 m */
    kerb_grid_spec surface = {.xmin = 5, .ymax = 1000, .cell_m = 25, .n_rows = 41, .n_cols = 8};
    kerb_grid_spec spec = kerb_risk_test_spec(&surface, KERB_KERNEL_QUARTIC, 400.0);
    assert_near_abs(spec.cell_m, 100.0, 0.0);
    assert_near_abs(spec.xmin, 5.0, 0.0);
    assert_near_abs(spec.ymax, 1000.0, 0.0);
    assert_int_equal(spec.n_rows, 11);
    assert_int_equal(spec.n_cols, 2);
    spec =
        kerb_risk_test_spec(&surface, KERB_KERNEL_QUARTIC, 40.0); /* cells stay as they are */
    assert_near_abs(spec.cell_m, 25.0, 0.0);
    assert_int_equal(spec.n_rows, 41);
}

/* ------------------------------------------------------------------------ refusals */

static kerb_status try_test(pair p, size_t n_replicates, double bandwidth_m)
{
    kerb_risk_options options = {KERB_KERNEL_QUARTIC, bandwidth_m, n_replicates};
    kerb_risk_test *test = NULL;
    kerb_status status =
        kerb_risk_test_new(ctx, p.cases, p.controls, NULL, NULL, &options, &SPEC, NULL, &test);
    assert_true((test != NULL) == (status == KERB_OK));
    kerb_risk_test_free(test);
    return status;
}

static void risk_test__refuses_bad_arguments(void **state)
{
    (void)state;
    pair p = make_pair(60, 0.5, 1.0, 5), none = {new_events(), new_events()};
    pair no_cases = {none.cases, p.controls}, no_controls = {p.cases, none.controls};
    assert_int_equal(try_test(p, 99, 400), KERB_OK);
    assert_int_equal(try_test(p, 98, 400), KERB_ERR_RANGE);
    assert_int_equal(try_test(p, 10000, 400), KERB_ERR_RANGE);
    assert_int_equal(try_test(p, 99, 0), KERB_ERR_RANGE);
    assert_int_equal(try_test(p, 99, (double)NAN), KERB_ERR_RANGE);
    assert_int_equal(try_test(no_cases, 99, 400), KERB_ERR_EMPTY);
    assert_int_equal(try_test(no_controls, 99, 400), KERB_ERR_EMPTY);
    pair far = {new_events(), new_events()};
    add(far.cases, 1e6, 1e6, 1.0);
    add(far.controls, -1e6, 1e6, 1.0);
    assert_int_equal(try_test(far, 99, 400), KERB_ERR_EMPTY);
    const double factor = INFINITY;
    kerb_risk_options options = KERB_RISK_OPTIONS_DEFAULT;
    kerb_risk_test *test = NULL;
    assert_int_equal(kerb_risk_test_new(ctx, far.cases, far.controls, &factor, NULL, &options,
                                        &SPEC, NULL, &test),
                     KERB_ERR_ARG);
    free_pair(far);
    free_pair(p);
    free_pair(none);
}

static kerb_status walk(kerb_ctx *context, void *user)
{
    pair *p = user;
    kerb_risk_options options = KERB_RISK_OPTIONS_DEFAULT;
    kerb_risk_test *test = NULL;
    options.n_replicates = 99;
    kerb_status status = kerb_risk_test_new(context, p->cases, p->controls, NULL, NULL,
                                            &options, &SPEC, NULL, &test);
    kerb_risk_test_free(test);
    return status;
}

static void risk_test__survives_every_failed_allocation(void **state)
{
    (void)state;
    pair p = make_pair(60, 0.3, 3.0, 5);
    kerb_ctx_set_threads(ctx, 1);
    assert_true(failing_allocator_walk(walk, &p) > 20);
    free_pair(p);
}

static void risk_test__stops_when_asked(void **state)
{
    (void)state;
    pair p = make_pair(60, 0.3, 1.0, 5);
    kerb_ctx_request_cancel(ctx);
    assert_int_equal(try_test(p, 99, 400), KERB_ERR_CANCELLED);
    free_pair(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(risk_test__equal_rows_differ_nowhere),
        cmocka_unit_test(risk_test__p_of_maps_without_difference_is_uniform),
        cmocka_unit_test(risk_test__rows_that_share_a_label_cry_no_wolf),
        cmocka_unit_test(risk_test__planted_excess_is_found_where_it_is),
        cmocka_unit_test(risk_test__swapped_labels_mirror_every_bit),
        cmocka_unit_test(risk_test__threads_order_and_scale_of_weights_do_not_show),
        cmocka_unit_test(risk_draw__agrees_as_told_and_keeps_the_share),
        cmocka_unit_test(risk_ranks__order_maps_as_their_sorted_ranks_do),
        cmocka_unit_test(risk_test_spec__is_whole_cells_of_the_surface),
        cmocka_unit_test(risk_test__refuses_bad_arguments),
        cmocka_unit_test(risk_test__survives_every_failed_allocation),
        cmocka_unit_test(risk_test__stops_when_asked),
    };
    return cmocka_run_group_tests_name("risk_test", tests, make_context, free_context);
}
