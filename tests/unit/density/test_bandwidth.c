/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules for a bandwidth by hand, by their laws, and on what cannot be answered. */
#include "failing_allocator.h"
#include "near.h"

#include <stdlib.h>

#include "bandwidth_internal.h"

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

typedef struct points {
    size_t n;
    double x[2000], y[2000];
    size_t repeats; /* rows of each */
    double weight;
} points;

/* Two towns and some land, all at different places. */
static points make_towns(size_t n)
{
    points p = {.n = n, .repeats = 1, .weight = 1.0};
    uint64_t seed = 7;
    for (size_t i = 0; i < n; i++) {
        double spread = i % 5 == 0 ? 4000.0 : 300.0, town = i % 2 ? 3000.0 : -2500.0;
        double a = 0.0, b = 0.0;
        for (int k = 0; k < 4; k++) {
            a += random_share(&seed) - 0.5;
            b += random_share(&seed) - 0.5;
        }
        p.x[i] = town + spread * a;
        p.y[i] = 0.4 * town + spread * b;
    }
    return p;
}

static kerb_events *new_events(const points *p)
{
    const uint32_t none[KERB_NAME_KINDS] = {0};
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    for (size_t r = 0; r < p->repeats; r++)
        for (size_t i = 0; i < p->n; i++)
            assert_int_equal(kerb_events_add_numbered(ctx, events, p->x[i], p->y[i], p->weight,
                                                      KERB_CIVIL_NONE, KERB_PRECISION_NONE,
                                                      none),
                             KERB_OK);
    return events;
}

static kerb_bandwidth_sample *new_sample(const points *p, kerb_box box)
{
    kerb_events *events = new_events(p);
    kerb_bandwidth_sample *sample = NULL;
    if (kerb_bandwidth_sample_new(ctx, events, NULL, NULL, box, &sample) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    kerb_events_free(events);
    return sample;
}

static kerb_bandwidth_choice choose(kerb_bandwidth_sample *sample, kerb_bandwidth_rule rule)
{
    kerb_bandwidth_choice choice = {0};
    if (kerb_bandwidth_choose(ctx, sample, rule, 5, &choice) != KERB_OK)
        fail_msg("%s: %s", kerb_bandwidth_rule_name(rule), kerb_ctx_message(ctx));
    return choice;
}

static void fill_choices(const points *p, kerb_box box, double *sd_m)
{
    kerb_bandwidth_sample *sample = new_sample(p, box);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        sd_m[r] = choose(sample, (kerb_bandwidth_rule)r).before_floor_m;
    kerb_bandwidth_sample_free(sample);
}

static const kerb_box NO_BOX = {1, 1, -1, -1};

/* ---------------------------------------------------------------------- names */

static void bandwidth__rules_are_read_in_any_case(void **state)
{
    (void)state;
    kerb_bandwidth_rule rule = KERB_BANDWIDTH_FIXED;
    size_t k = 9;
    assert_true(kerb_bandwidth_rule_find("PPL", &rule, &k));
    assert_int_equal(rule, KERB_BANDWIDTH_PPL);
    assert_int_equal(k, 9);
    assert_true(kerb_bandwidth_rule_find("knn:15", &rule, &k));
    assert_int_equal(rule, KERB_BANDWIDTH_KNN);
    assert_int_equal(k, 15);
    const char *none[] = {"400m",    "fixed", "knn",    "knn:", "knn:0", "knn:-1",
                          "knn:2.5", "",      "knn:2x", "scot", "list",  "knn:1000001"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (kerb_bandwidth_rule_find(none[i], &rule, &k))
            fail_msg("'%s' was read as a rule", none[i]);
    assert_int_equal(rule, KERB_BANDWIDTH_KNN);
    assert_false(kerb_bandwidth_rule_find(NULL, &rule, &k));
}

static void bandwidth__sd_and_radius_are_each_others_inverse(void **state)
{
    (void)state;
    const double over_sd[KERB_KERNEL_COUNT] = {2.0,       2.5819889, 2.4494897,
                                               2.8284271, 3.1622777, 1.0};
    for (int k = 0; k < KERB_KERNEL_COUNT; k++) {
        double bandwidth_m = kerb_kernel_of_sd_m((kerb_kernel)k, 100.0);
        assert_near_rel(bandwidth_m, 100.0 * over_sd[k], 1e-7);
        assert_near_rel(kerb_kernel_sd_m((kerb_kernel)k, bandwidth_m), 100.0, 1e-15);
    }
}

/* -------------------------------------------------------------------- by hand */

/* Corners of a 4 x 2 rectangle: sd x = 4/sqrt(3), sd y = 2/sqrt(3); each neighbour is at 2, the
 * next at 4, the third at sqrt(20). */
static void bandwidth__four_corners_by_hand(void **state)
{
    (void)state;
    points p = {.n = 4, .repeats = 1, .weight = 3.0};
    const double x[] = {10, 14, 10, 14}, y[] = {-3, -3, -1, -1};
    memcpy(p.x, x, sizeof x);
    memcpy(p.y, y, sizeof y);
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    kerb_bandwidth_facts facts = kerb_bandwidth_sample_facts(sample);
    assert_int_equal(facts.n_events, 4);
    assert_int_equal(facts.n_places, 4);
    assert_near_abs(facts.spacing_m, 2.0, 0.0);
    assert_false(facts.is_snapped);
    assert_near_rel(facts.window_area_m2, 8.0, 1e-15);
    assert_near_rel(choose(sample, KERB_BANDWIDTH_SCOTT).sd_m,
                    sqrt(8.0 / 3.0) * pow(4.0, -1.0 / 6.0), 1e-14);
    /* quartiles of 10 10 14 14 are 10 and 14: IQR / 1.34 = 2.985 against sd 2.309 */
    assert_near_rel(choose(sample, KERB_BANDWIDTH_SILVERMAN).sd_m,
                    1.06 * sqrt(8.0 / 3.0) * pow(4.0, -1.0 / 5.0), 1e-14);
    const double third_m[] = {2.0, 4.0, sqrt(20.0)};
    for (size_t k = 1; k <= 3; k++) {
        kerb_bandwidth_choice choice = {0};
        assert_int_equal(kerb_bandwidth_choose(ctx, sample, KERB_BANDWIDTH_KNN, k, &choice),
                         KERB_OK);
        assert_near_rel(choice.sd_m, 0.5 * third_m[k - 1], 1e-15);
        assert_int_equal(choice.knn_k, k);
    }
    /* cvl at sd 2: each place sees itself, 2, 4 and sqrt(20) away */
    double area_m2 = 2.0 * KERB_PI * 4.0, value = 0.0;
    double sum = 1.0 + exp(-4.0 / 8.0) + exp(-16.0 / 8.0) + exp(-20.0 / 8.0);
    assert_int_equal(kerb_bandwidth_criterion(ctx, sample, KERB_BANDWIDTH_CVL, 2.0, &value),
                     KERB_OK);
    assert_near_rel(value, pow(4.0 * area_m2 / sum - 8.0, 2.0), 1e-13);
    /* lscv at sd 2: squares are Gaussians of variance 8 */
    double square = 4.0 * (1.0 + exp(-4.0 / 16.0) + exp(-16.0 / 16.0) + exp(-20.0 / 16.0));
    assert_int_equal(kerb_bandwidth_criterion(ctx, sample, KERB_BANDWIDTH_LSCV, 2.0, &value),
                     KERB_OK);
    assert_near_rel(value, square / (2.0 * area_m2) - 2.0 * 4.0 * (sum - 1.0) / area_m2, 1e-13);
    kerb_bandwidth_sample_free(sample);
}

/* Quartiles that are narrower than the sd are taken: one far event does not widen silverman. */
static void bandwidth__silverman_does_not_follow_one_far_event(void **state)
{
    (void)state;
    points p = {.n = 101, .repeats = 1, .weight = 1.0};
    for (size_t i = 0; i < 100; i++) {
        p.x[i] = (double)i;
        p.y[i] = (double)((i * 37) % 100);
    }
    p.x[100] = p.y[100] = 1e6;
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    /* ranks 26 and 76 of 101: 25 and 75 */
    assert_near_rel(choose(sample, KERB_BANDWIDTH_SILVERMAN).sd_m,
                    1.06 * 50.0 / 1.34 * pow(101.0, -0.2), 1e-12);
    assert_true(choose(sample, KERB_BANDWIDTH_SCOTT).sd_m > 10000.0);
    kerb_bandwidth_sample_free(sample);
}

/* ----------------------------------------------------------------------- sums */

/* Every pair with libm's exp, in long double. */
static double log_sum(const kerb_bandwidth_sample *sample, double sd_m, size_t i)
{
    long double sum = 0.0L, near2 = (long double)sample->nearest_m[i] * sample->nearest_m[i];
    for (size_t j = 0; j < sample->n; j++) {
        long double dx = (long double)sample->x[j] - sample->x[i],
                    dy = (long double)sample->y[j] - sample->y[i];
        if (j != i)
            sum +=
                sample->weight[j] * expl(-(dx * dx + dy * dy - near2) / (2.0L * sd_m * sd_m));
    }
    return (double)(logl(sum) - near2 / (2.0L * sd_m * sd_m));
}

/* From a bandwidth that sees no neighbour to one that sees all alike: both ways of summing, and
 * where places are lonely both at once. */
static void bandwidth__sums_equal_every_pair(void **state)
{
    (void)state;
    points p = make_towns(500);
    p.x[0] = 90000.0; /* far from everyone */
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    double *out = calloc(sample->n, sizeof *out);
    for (double sd_m = 0.5; sd_m < 1e5; sd_m *= 3.0) {
        assert_int_equal(kerb_bandwidth__log_sums(ctx, sample, sd_m, out), KERB_OK);
        for (size_t i = 0; i < sample->n; i++) {
            double want = log_sum(sample, sd_m, i);
            assert_near_abs(out[i], want, 1e-9 + 1e-13 * fabs(want));
        }
    }
    free(out);
    kerb_bandwidth_sample_free(sample);
}

static void bandwidth__exp_is_that_of_the_library(void **state)
{
    (void)state;
    for (double t = -700.0; t <= 0.0; t += 0.0371)
        assert_near_ulps(kerb_bandwidth__exp(t), exp(t), 3);
    assert_near_abs(kerb_bandwidth__exp(0.0), 1.0, 0.0);
}

/* ----------------------------------------------------------------------- laws */

static void bandwidth__grows_with_the_map(void **state)
{
    (void)state;
    points p = make_towns(400), scaled = p;
    double sd_m[KERB_BANDWIDTH_RULES], want_m[KERB_BANDWIDTH_RULES];
    fill_choices(&p, NO_BOX, want_m);
    for (size_t i = 0; i < p.n; i++) {
        scaled.x[i] = 8.0 * p.x[i];
        scaled.y[i] = 8.0 * p.y[i];
    }
    fill_choices(&scaled, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        assert_near_rel(sd_m[r], 8.0 * want_m[r], 1e-6);
}

static void bandwidth__both_axes_matter(void **state)
{
    (void)state;
    points p = make_towns(400), tall = p;
    double sd_m[KERB_BANDWIDTH_RULES], before_m[KERB_BANDWIDTH_RULES];
    fill_choices(&p, NO_BOX, before_m);
    for (size_t i = 0; i < p.n; i++)
        tall.y[i] = 4.0 * p.y[i];
    fill_choices(&tall, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        if (!(sd_m[r] > 1.1 * before_m[r]))
            fail_msg("%s: %g to %g", kerb_bandwidth_rule_name((kerb_bandwidth_rule)r),
                     before_m[r], sd_m[r]);
    /* a geometric mean of the axes: x 4 on one is x 2 */
    assert_near_rel(sd_m[KERB_BANDWIDTH_SCOTT], 2.0 * before_m[KERB_BANDWIDTH_SCOTT], 1e-12);
}

/* A quarter turn and a shift by whole metres. */
static void bandwidth__place_and_direction_do_not_matter(void **state)
{
    (void)state;
    points p = make_towns(400), moved = p;
    double sd_m[KERB_BANDWIDTH_RULES], want_m[KERB_BANDWIDTH_RULES];
    fill_choices(&p, NO_BOX, want_m);
    for (size_t i = 0; i < p.n; i++) {
        moved.x[i] = 450000.0 - p.y[i];
        moved.y[i] = 310000.0 + p.x[i];
    }
    fill_choices(&moved, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        assert_near_rel(sd_m[r], want_m[r], 1e-5);
}

/* Writing every row three times, or weighting all alike, is no news to rules that count places;
 * knn counts rows, and five rows at two other places come nearer. */
static void bandwidth__repeating_every_row_changes_nothing(void **state)
{
    (void)state;
    points p = make_towns(400), thrice = p, heavy = p;
    double sd_m[KERB_BANDWIDTH_RULES], want_m[KERB_BANDWIDTH_RULES];
    fill_choices(&p, NO_BOX, want_m);
    thrice.repeats = 3;
    fill_choices(&thrice, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_KNN; r++)
        assert_near_rel(sd_m[r], want_m[r], 1e-9);
    assert_true(sd_m[KERB_BANDWIDTH_KNN] < want_m[KERB_BANDWIDTH_KNN]);
    heavy.weight = 7.0;
    fill_choices(&heavy, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        assert_near_rel(sd_m[r], want_m[r], 1e-9);
}

/* Even land: the best single density is the flat one, so ppl wants the widest and says so. */
static void bandwidth__even_land_has_no_width_of_its_own(void **state)
{
    (void)state;
    points p = {.n = 900, .repeats = 1, .weight = 1.0};
    for (size_t i = 0; i < 900; i++) {
        p.x[i] = 10.0 * (double)(i % 30);
        p.y[i] = 10.0 * (double)(i / 30);
    }
    kerb_bandwidth_sample *sample = new_sample(&p, (kerb_box){-5, -5, 295, 295});
    kerb_bandwidth_choice choice = choose(sample, KERB_BANDWIDTH_PPL);
    assert_true(choice.is_at_limit);
    assert_near_rel(choice.sd_m, 150.0 * sqrt(2.0), 1e-12);
    kerb_bandwidth_sample_free(sample);
}

static void bandwidth__threads_and_order_do_not_change_a_bit(void **state)
{
    (void)state;
    points p = make_towns(600), back = p;
    double sd_m[KERB_BANDWIDTH_RULES], want_m[KERB_BANDWIDTH_RULES];
    for (size_t i = 0; i < p.n; i++) {
        back.x[i] = p.x[p.n - 1 - i];
        back.y[i] = p.y[p.n - 1 - i];
    }
    kerb_ctx_set_threads(ctx, 1);
    fill_choices(&p, NO_BOX, want_m);
    kerb_ctx_set_threads(ctx, 5);
    fill_choices(&back, NO_BOX, sd_m);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        assert_near_ulps(sd_m[r], want_m[r], 0);
}

/* ---------------------------------------------------------------------- floor */

/* 20 places 100 m apart with four rows each: all rows share their place, so nothing goes below
 * 200 m, and what a rule says is kept beside. */
static void bandwidth__snapped_data_put_a_floor_under_every_rule(void **state)
{
    (void)state;
    points p = {.n = 20, .repeats = 4, .weight = 1.0};
    for (size_t i = 0; i < 20; i++) {
        p.x[i] = 100.0 * (double)(i % 5);
        p.y[i] = 100.0 * (double)(i / 5);
    }
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    kerb_bandwidth_facts facts = kerb_bandwidth_sample_facts(sample);
    assert_int_equal(facts.n_events, 80);
    assert_int_equal(facts.n_places, 20);
    assert_near_abs(facts.shared_share, 1.0, 0.0);
    assert_true(facts.is_snapped);
    assert_near_abs(facts.floor_m, 200.0, 0.0);
    kerb_bandwidth_choice choice = choose(sample, KERB_BANDWIDTH_KNN);
    assert_true(choice.is_floored);
    assert_near_abs(choice.sd_m, 200.0, 0.0);
    assert_near_abs(choice.before_floor_m, 50.0, 0.0);
    kerb_bandwidth_sample_free(sample);
}

/* One row in six shares its place: under a fifth, no floor. */
static void bandwidth__a_few_repeats_put_no_floor(void **state)
{
    (void)state;
    points p = make_towns(120);
    for (size_t i = 0; i < 10; i++) {
        p.x[i] = p.x[100 + i];
        p.y[i] = p.y[100 + i];
    }
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    kerb_bandwidth_facts facts = kerb_bandwidth_sample_facts(sample);
    assert_near_rel(facts.shared_share, 20.0 / 120.0, 1e-15);
    assert_false(facts.is_snapped);
    assert_near_abs(facts.floor_m, 0.0, 0.0);
    assert_false(choose(sample, KERB_BANDWIDTH_DIGGLE).is_floored);
    kerb_bandwidth_sample_free(sample);
}

/* --------------------------------------------------------------------- window */

/* A box as an area is the box; ppl then goes by a raster. Events outside are not asked. */
static void bandwidth__a_study_area_like_the_box_gives_the_same(void **state)
{
    (void)state;
    points p = make_towns(400);
    kerb_box box = {-5000, -3000, 6000, 4000};
    const kerb_point corners[] = {{-5000, -3000}, {6000, -3000}, {6000, 4000}, {-5000, 4000}};
    const size_t n = 4;
    kerb_areas_set *window = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &window), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, window, "w", "", 1, &n, corners), KERB_OK);
    kerb_events *events = new_events(&p);
    kerb_bandwidth_sample *in_box = NULL, *in_area = NULL;
    assert_int_equal(kerb_bandwidth_sample_new(ctx, events, NULL, NULL, box, &in_box), KERB_OK);
    assert_int_equal(
        kerb_bandwidth_sample_new(ctx, events, window, NULL, kerb_box_make_empty(), &in_area),
        KERB_OK);
    assert_true(kerb_bandwidth_sample_facts(in_box).n_events < 400);
    assert_int_equal(kerb_bandwidth_sample_facts(in_box).n_events,
                     kerb_bandwidth_sample_facts(in_area).n_events);
    for (int r = KERB_BANDWIDTH_SCOTT; r < KERB_BANDWIDTH_RULES; r++)
        assert_near_rel(choose(in_area, (kerb_bandwidth_rule)r).before_floor_m,
                        choose(in_box, (kerb_bandwidth_rule)r).before_floor_m,
                        r == KERB_BANDWIDTH_PPL ? 2e-3 : 1e-6);
    for (double sd_m = 50.0; sd_m < 5000.0; sd_m *= 2.0) {
        kerb_bandwidth__edge a = {0}, b = {0};
        assert_int_equal(kerb_bandwidth__edge_new(ctx, in_box, sd_m, &a), KERB_OK);
        assert_int_equal(kerb_bandwidth__edge_new(ctx, in_area, sd_m, &b), KERB_OK);
        for (size_t i = 0; i < in_box->n; i++) {
            assert_near_abs(b.mass[i], a.mass[i], 0.02);
            assert_near_abs(b.integral[i], a.integral[i], 0.02);
        }
        kerb_bandwidth__edge_clear(&a);
        kerb_bandwidth__edge_clear(&b);
    }
    kerb_bandwidth_sample_free(in_box);
    kerb_bandwidth_sample_free(in_area);
    kerb_areas_set_free(window);
    kerb_events_free(events);
}

/* ------------------------------------------------------------------ bad input */

static void assert_refused(const points *p, kerb_bandwidth_rule rule, size_t k,
                           kerb_status want, const char *words)
{
    kerb_events *events = new_events(p);
    kerb_bandwidth_sample *sample = NULL;
    kerb_bandwidth_choice choice = {.sd_m = -1.0};
    kerb_status status = kerb_bandwidth_sample_new(ctx, events, NULL, NULL, NO_BOX, &sample);
    if (status == KERB_OK)
        status = kerb_bandwidth_choose(ctx, sample, rule, k, &choice);
    assert_int_equal(status, want);
    if (strstr(kerb_ctx_message(ctx), words) == NULL)
        fail_msg("'%s' does not say '%s'", kerb_ctx_message(ctx), words);
    assert_near_abs(choice.sd_m, -1.0, 0.0);
    kerb_bandwidth_sample_free(sample);
    kerb_events_free(events);
}

static void bandwidth__too_little_is_refused_in_one_line(void **state)
{
    (void)state;
    points none = {.n = 0, .repeats = 1, .weight = 1.0},
           one = {.n = 1, .repeats = 1, .weight = 1.0};
    points stack = {.n = 1, .repeats = 12, .weight = 1.0},
           two = {.n = 2, .repeats = 3, .weight = 1.0};
    points line = {.n = 9, .repeats = 1, .weight = 1.0};
    two.x[1] = 30.0;
    for (size_t i = 0; i < 9; i++)
        line.x[i] = (double)(i * i);
    assert_refused(&none, KERB_BANDWIDTH_SCOTT, 0, KERB_ERR_EMPTY, "no event with coordinates");
    assert_refused(&one, KERB_BANDWIDTH_PPL, 0, KERB_ERR_EMPTY, "one event (at 0, 0)");
    assert_refused(&stack, KERB_BANDWIDTH_CVL, 0, KERB_ERR_EMPTY,
                   "all 12 events lie at one place (0, 0)");
    const kerb_bandwidth_rule leave_out[] = {KERB_BANDWIDTH_PPL, KERB_BANDWIDTH_CVL,
                                             KERB_BANDWIDTH_LSCV, KERB_BANDWIDTH_DIGGLE};
    for (size_t i = 0; i < 4; i++) {
        assert_refused(&two, leave_out[i], 0, KERB_ERR_EMPTY, "2 places are too few");
        assert_refused(&line, leave_out[i], 0, KERB_ERR_EMPTY, "on one line");
    }
    assert_refused(&line, KERB_BANDWIDTH_SCOTT, 0, KERB_ERR_EMPTY, "along the x axis");
    assert_refused(&line, KERB_BANDWIDTH_SILVERMAN, 0, KERB_ERR_EMPTY, "along the x axis");
    assert_refused(&line, KERB_BANDWIDTH_KNN, 9, KERB_ERR_EMPTY, "say knn:8 or less");
    assert_refused(&two, KERB_BANDWIDTH_KNN, 4, KERB_ERR_EMPTY, "say knn:3 or less");
    assert_refused(&line, KERB_BANDWIDTH_KNN, 0, KERB_ERR_ARG, "K must be 1 or more");
    assert_refused(&line, KERB_BANDWIDTH_FIXED, 0, KERB_ERR_ARG, "no rule");
}

static void bandwidth__criterion_refuses_what_has_none(void **state)
{
    (void)state;
    points p = make_towns(50);
    kerb_bandwidth_sample *sample = new_sample(&p, NO_BOX);
    const double bad[] = {0.0, -1.0, (double)NAN, (double)INFINITY};
    double value = 0.0;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(
            kerb_bandwidth_criterion(ctx, sample, KERB_BANDWIDTH_PPL, bad[i], &value),
            KERB_ERR_ARG);
    assert_int_equal(kerb_bandwidth_criterion(ctx, sample, KERB_BANDWIDTH_SCOTT, 1.0, &value),
                     KERB_ERR_ARG);
    kerb_bandwidth_sample_free(sample);
}

/* Every step that asks for memory, once; `window` NULL: the box. */
typedef struct walk {
    const kerb_events *events;
    const kerb_areas_set *window;
} walk;

static kerb_status ask_all(kerb_ctx *of, void *user)
{
    const walk *w = user;
    kerb_bandwidth_sample *sample = NULL;
    kerb_bandwidth_choice choice;
    double value = 0.0;
    const kerb_bandwidth_rule direct[] = {KERB_BANDWIDTH_SILVERMAN, KERB_BANDWIDTH_KNN,
                                          KERB_BANDWIDTH_DIGGLE};
    const kerb_bandwidth_rule searched[] = {KERB_BANDWIDTH_PPL, KERB_BANDWIDTH_LSCV};
    kerb_status status =
        kerb_bandwidth_sample_new(of, w->events, w->window, NULL, NO_BOX, &sample);
    for (size_t r = 0; status == KERB_OK && r < 3; r++)
        status = kerb_bandwidth_choose(of, sample, direct[r], 2, &choice);
    for (size_t r = 0; status == KERB_OK && r < 2; r++)
        status = kerb_bandwidth_criterion(of, sample, searched[r], 2000.0, &value);
    kerb_bandwidth_sample_free(sample);
    return status;
}

static void bandwidth__every_allocation_may_fail(void **state)
{
    (void)state;
    points p = make_towns(60);
    const kerb_point corners[] = {{-9000, -9000}, {9000, -9000}, {0, 9000}};
    const size_t n = 3;
    kerb_areas_set *window = NULL;
    kerb_events *events = new_events(&p);
    assert_int_equal(kerb_areas_set_new(ctx, &window), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, window, "w", "", 1, &n, corners), KERB_OK);
    kerb_ctx_set_threads(ctx, 1);
    walk in_box = {events, NULL}, in_area = {events, window};
    assert_true(failing_allocator_walk(ask_all, &in_box) > 20);
    assert_true(failing_allocator_walk(ask_all, &in_area) > 30);
    kerb_areas_set_free(window);
    kerb_events_free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bandwidth__rules_are_read_in_any_case, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__sd_and_radius_are_each_others_inverse,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__four_corners_by_hand, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__silverman_does_not_follow_one_far_event,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__sums_equal_every_pair, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__exp_is_that_of_the_library, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__grows_with_the_map, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__both_axes_matter, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__place_and_direction_do_not_matter,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__repeating_every_row_changes_nothing,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__even_land_has_no_width_of_its_own,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__threads_and_order_do_not_change_a_bit,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__snapped_data_put_a_floor_under_every_rule,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__a_few_repeats_put_no_floor, make_context,
                                        free_context),
        cmocka_unit_test_setup_teardown(bandwidth__a_study_area_like_the_box_gives_the_same,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__too_little_is_refused_in_one_line,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__criterion_refuses_what_has_none,
                                        make_context, free_context),
        cmocka_unit_test_setup_teardown(bandwidth__every_allocation_may_fail, make_context,
                                        free_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
