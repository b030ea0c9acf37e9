/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratio, log ratio and difference by hand and by their laws. */
#include "near.h"

#include "kerb_base.h"
#include "kerb_relative_risk.h"

#include "test_context.h"

static const kerb_grid_spec SPEC = {
    .xmin = 0, .ymax = 1, .cell_m = 1, .n_rows = 1, .n_cols = 4};

/* Uniform kernel of radius 1: its height is 1 / pi, so two controls at a cell are 2 / pi. */
static const kerb_density_options OPTIONS = {.kernel = KERB_KERNEL_UNIFORM, .bandwidth_m = 1.0};

static kerb_grid *grid_of(const double values[4])
{
    kerb_grid *grid = NULL;
    assert_int_equal(kerb_grid_new(ctx, &SPEC, 0.0, &grid), KERB_OK);
    for (int i = 0; i < 4; i++)
        kerb_grid_values(grid)[i] = values[i];
    return grid;
}

static kerb_grid *surface_of(const double f[4], double n_cases, const double g[4],
                             double n_controls, kerb_risk_measure measure)
{
    kerb_grid *cases = grid_of(f), *controls = grid_of(g), *out = NULL;
    kerb_risk_side a = {cases, n_cases, (size_t)n_cases},
                   b = {controls, n_controls, (size_t)n_controls};
    assert_int_equal(kerb_risk_surface(ctx, &a, &b, &OPTIONS, measure, &out), KERB_OK);
    kerb_grid_free(cases);
    kerb_grid_free(controls);
    return out;
}

static void risk_surface__gives_the_figures_worked_out_by_hand(void **state)
{
    (void)state;
    /* 10 cases, 40 controls. Cell 0: f = 2/10 of the cases per m2, g = 4/40 of the controls:
     * ratio 2. Cell 1: 1/10 against 8/40: ratio 1/2. Cell 2: no cases against 4/40: ratio 0.
     * Cell 3: no controls: no ratio; the difference is that of the shares all the same. */
    const double f[4] = {2, 1, 0, 1}, g[4] = {4, 8, 4, 0};
    kerb_grid *ratio = surface_of(f, 10, g, 40, KERB_RISK_RATIO);
    kerb_grid *log_ratio = surface_of(f, 10, g, 40, KERB_RISK_LOG_RATIO);
    kerb_grid *difference = surface_of(f, 10, g, 40, KERB_RISK_DIFFERENCE);
    const double *r = kerb_grid_values(ratio), *l = kerb_grid_values(log_ratio),
                 *d = kerb_grid_values(difference);
    assert_near_rel(r[0], 2.0, 1e-15);
    assert_near_rel(r[1], 0.5, 1e-15);
    assert_near_abs(r[2], 0.0, 0.0);
    assert_true(isnan(r[3]));
    assert_near_rel(l[0], log(2.0), 1e-15);
    assert_near_rel(l[1], -log(2.0), 1e-15);
    assert_true(isnan(l[2]));
    assert_true(isnan(l[3]));
    assert_near_rel(d[0], 0.1, 1e-15);
    assert_near_rel(d[1], -0.1, 1e-15);
    assert_near_rel(d[2], -0.1, 1e-15);
    assert_near_rel(d[3], 0.1, 1e-15);
    kerb_grid_free(ratio);
    kerb_grid_free(log_ratio);
    kerb_grid_free(difference);
}

static void risk_surface__two_controls_at_a_cell_are_enough_and_fewer_are_not(void **state)
{
    (void)state;
    const double two = 2.0 / KERB_PI;
    const double f[4] = {1, 1, 1, 1}, g[4] = {two, 0.999 * two, 1.5 / KERB_PI, 3.0 / KERB_PI};
    kerb_grid *ratio = surface_of(f, 5, g, 50, KERB_RISK_RATIO);
    const double *r = kerb_grid_values(ratio);
    assert_true(isfinite(r[0]));
    assert_true(isnan(r[1]));
    assert_true(isnan(r[2]));
    assert_true(isfinite(r[3]));
    kerb_grid_free(ratio);
}

static void risk_surface__support_counts_rows_and_not_their_weight(void **state)
{
    (void)state;
    /* 50 controls of weight 300 each: two of them are 600 of weight */
    const double two = 600.0 / KERB_PI;
    const double f[4] = {1, 1, 1, 1}, g[4] = {two, 0.999 * two, 2.0 / KERB_PI, 2 * two};
    kerb_grid *cases = grid_of(f), *controls = grid_of(g), *out = NULL;
    kerb_risk_side a = {cases, 5.0, 5}, b = {controls, 15000.0, 50};
    assert_int_equal(kerb_risk_surface(ctx, &a, &b, &OPTIONS, KERB_RISK_RATIO, &out), KERB_OK);
    assert_true(isfinite(kerb_grid_values(out)[0]));
    assert_true(isnan(kerb_grid_values(out)[1]));
    assert_true(isnan(kerb_grid_values(out)[2]));
    assert_true(isfinite(kerb_grid_values(out)[3]));
    kerb_grid_free(out);
    kerb_grid_free(cases);
    kerb_grid_free(controls);
}

static void risk_surface__equal_densities_give_exactly_one(void **state)
{
    (void)state;
    const double f[4] = {0.7, 1.0 / 3.0, 1e3, 2.0 / KERB_PI};
    kerb_grid *ratio = surface_of(f, 7, f, 7, KERB_RISK_RATIO);
    kerb_grid *log_ratio = surface_of(f, 7, f, 7, KERB_RISK_LOG_RATIO);
    kerb_grid *difference = surface_of(f, 7, f, 7, KERB_RISK_DIFFERENCE);
    const double one = 1.0, zero = 0.0;
    for (int i = 0; i < 4; i++) {
        if (i == 1) /* under the support of two */
            continue;
        assert_memory_equal(&kerb_grid_values(ratio)[i], &one, sizeof one);
        assert_memory_equal(&kerb_grid_values(log_ratio)[i], &zero, sizeof zero);
        assert_memory_equal(&kerb_grid_values(difference)[i], &zero, sizeof zero);
    }
    kerb_grid_free(ratio);
    kerb_grid_free(log_ratio);
    kerb_grid_free(difference);
}

static void risk_surface__swapped_it_is_one_over_and_scaled_it_is_the_same(void **state)
{
    (void)state;
    const double f[4] = {2, 1, 5, 1}, g[4] = {4, 8, 3, 9};
    double f7[4], g3[4];
    for (int i = 0; i < 4; i++) {
        f7[i] = 7 * f[i];
        g3[i] = 3 * g[i];
    }
    kerb_grid *there = surface_of(f, 10, g, 40, KERB_RISK_RATIO);
    kerb_grid *back = surface_of(g, 40, f, 10, KERB_RISK_RATIO);
    kerb_grid *scaled = surface_of(f7, 70, g3, 120, KERB_RISK_RATIO);
    for (int i = 0; i < 4; i++) {
        assert_near_rel(kerb_grid_values(back)[i], 1.0 / kerb_grid_values(there)[i], 1e-15);
        assert_near_rel(kerb_grid_values(scaled)[i], kerb_grid_values(there)[i], 1e-15);
    }
    kerb_grid_free(there);
    kerb_grid_free(back);
    kerb_grid_free(scaled);
}

static void risk_surface__refuses_what_cannot_be_compared(void **state)
{
    (void)state;
    const double f[4] = {2, 1, 5, 1};
    kerb_grid *a = grid_of(f), *b = NULL, *out = NULL;
    kerb_grid_spec other = SPEC;
    other.xmin = 0.5;
    assert_int_equal(kerb_grid_new(ctx, &other, 1.0, &b), KERB_OK);
    kerb_risk_side cases = {a, 9.0, 9}, moved = {b, 9.0, 9}, none = {a, 0.0, 0};
    assert_int_equal(kerb_risk_surface(ctx, &cases, &moved, &OPTIONS, KERB_RISK_RATIO, &out),
                     KERB_ERR_ARG);
    assert_int_equal(kerb_risk_surface(ctx, &cases, &none, &OPTIONS, KERB_RISK_RATIO, &out),
                     KERB_ERR_EMPTY);
    assert_int_equal(kerb_risk_surface(ctx, &none, &cases, &OPTIONS, KERB_RISK_RATIO, &out),
                     KERB_ERR_EMPTY);
    assert_int_equal(
        kerb_risk_surface(ctx, &cases, &cases, &OPTIONS, (kerb_risk_measure)9, &out),
        KERB_ERR_ARG);
    assert_null(out);
    kerb_grid_free(a);
    kerb_grid_free(b);
}

static void risk_surface__measures_have_their_names(void **state)
{
    (void)state;
    kerb_risk_measure measure = KERB_RISK_RATIO;
    assert_true(kerb_risk_measure_find("Log-Ratio", &measure));
    assert_int_equal(measure, KERB_RISK_LOG_RATIO);
    assert_string_equal(kerb_risk_measure_name(KERB_RISK_DIFFERENCE), "difference");
    assert_false(kerb_risk_measure_find("odds", &measure));
    assert_int_equal(measure, KERB_RISK_LOG_RATIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(risk_surface__gives_the_figures_worked_out_by_hand),
        cmocka_unit_test(risk_surface__two_controls_at_a_cell_are_enough_and_fewer_are_not),
        cmocka_unit_test(risk_surface__support_counts_rows_and_not_their_weight),
        cmocka_unit_test(risk_surface__equal_densities_give_exactly_one),
        cmocka_unit_test(risk_surface__swapped_it_is_one_over_and_scaled_it_is_the_same),
        cmocka_unit_test(risk_surface__refuses_what_cannot_be_compared),
        cmocka_unit_test(risk_surface__measures_have_their_names),
    };
    return cmocka_run_group_tests_name("risk_surface", tests, make_context, free_context);
}
