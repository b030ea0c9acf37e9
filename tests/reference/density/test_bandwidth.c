/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules for a bandwidth against programs that share no code with them: numbers of 30 digits
 * kept beside this file, and values of spatstat 3.0-6 where the shared folder has the points.
 * Tests of what is absent are skipped by name. */
#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kerb_bandwidth.h"

#include "test_context.h"

enum { MAX_ROWS = 4096, LINE_BYTES = 1024 };

typedef struct rows {
    size_t n;
    double value[MAX_ROWS][3]; /* the first columns that are numbers */
} rows;

/* Rows of numbers; the header and comments are passed over. */
static rows *read_rows(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES];
    rows *r = calloc(1, sizeof *r);
    if (!file || !r)
        fail_msg("cannot open %s", path);
    while (fgets(line, sizeof line, file) && r->n < MAX_ROWS) {
        double v[3] = {0, 0, 1};
        if (sscanf(line, "%lf,%lf,%lf", &v[0], &v[1], &v[2]) < 2)
            continue;
        memcpy(r->value[r->n++], v, sizeof v);
    }
    fclose(file);
    return r;
}

static kerb_events *new_events(const rows *r, bool is_weighted, bool is_distinct)
{
    const uint32_t none[KERB_NAME_KINDS] = {0};
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    for (size_t i = 0; i < r->n; i++) {
        bool is_repeat = false;
        for (size_t j = 0; is_distinct && j < i; j++)
            is_repeat = is_repeat ||
                        (r->value[i][0] == r->value[j][0] && r->value[i][1] == r->value[j][1]);
        if (!is_repeat)
            assert_int_equal(
                kerb_events_add_numbered(ctx, events, r->value[i][0], r->value[i][1],
                                         is_weighted ? r->value[i][2] : 1.0, KERB_CIVIL_NONE,
                                         KERB_PRECISION_NONE, none),
                KERB_OK);
    }
    return events;
}

static kerb_bandwidth_sample *new_sample(const kerb_events *events,
                                         const kerb_areas_set *window, kerb_box box)
{
    kerb_bandwidth_sample *sample = NULL;
    if (kerb_bandwidth_sample_new(ctx, events, window, NULL, box, &sample) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return sample;
}

static kerb_bandwidth_choice choose(kerb_bandwidth_sample *sample, const char *text)
{
    kerb_bandwidth_rule rule = KERB_BANDWIDTH_FIXED;
    size_t k = 0;
    kerb_bandwidth_choice choice = {0};
    assert_true(kerb_bandwidth_rule_find(text, &rule, &k));
    if (kerb_bandwidth_choose(ctx, sample, rule, k, &choice) != KERB_OK)
        fail_msg("%s: %s", text, kerb_ctx_message(ctx));
    return choice;
}

static double criterion(kerb_bandwidth_sample *sample, const char *text, double sd_m)
{
    kerb_bandwidth_rule rule = KERB_BANDWIDTH_FIXED;
    size_t k = 0;
    double value = NAN;
    assert_true(kerb_bandwidth_rule_find(text, &rule, &k));
    if (kerb_bandwidth_criterion(ctx, sample, rule, sd_m, &value) != KERB_OK)
        fail_msg("%s: %s", text, kerb_ctx_message(ctx));
    return value;
}

/* ------------------------------------------------------------------- decimals */

/* 90 weighted rows at 70 places. diggle sorts distances into bins, 4,088 to the radius. */
static void bandwidth__equals_30_digit_numbers(void **state)
{
    (void)state;
    char path[4096], line[LINE_BYTES];
    snprintf(path, sizeof path, "%s/reference/density/kde_events.csv", KERB_TEST_DATA);
    rows *r = read_rows(path);
    assert_int_equal(r->n, 90);
    kerb_events *events = new_events(r, true, false);
    kerb_bandwidth_sample *sample =
        new_sample(events, NULL, (kerb_box){429950, 309950, 430600, 310450});
    snprintf(path, sizeof path, "%s/reference/density/bandwidth_values.csv", KERB_TEST_DATA);
    FILE *file = fopen(path, "r");
    size_t n = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char rule[32], *comma = strchr(line, ',');
        if (line[0] == '#' || strncmp(line, "rule,", 5) == 0)
            continue;
        assert_non_null(comma);
        snprintf(rule, sizeof rule, "%.*s", (int)(comma - line), line);
        char *second = strchr(comma + 1, ',');
        assert_non_null(second);
        double want = strtod(second + 1, NULL), sd_m = strtod(comma + 1, NULL);
        double got = second == comma + 1 ? choose(sample, rule).before_floor_m
                                         : criterion(sample, rule, sd_m);
        assert_near_rel(got, want, strcmp(rule, "diggle") == 0 ? 5e-5 : 1e-10);
        n++;
    }
    fclose(file);
    assert_int_equal(n, 17);
    kerb_bandwidth_sample_free(sample);
    kerb_events_free(events);
    free(r);
}

/* ------------------------------------------------------------------- spatstat */

static bool has_oracle(const char *name, char path[4096])
{
    snprintf(path, 4096, "%s/oracle/data/%s", KERB_SHARED, name);
    return access(path, R_OK) == 0;
}

/* No two of these 195 points coincide, so every rule is the published one. spatstat 3.0-6:
 * bw.scott(isotropic=TRUE), bw.diggle(); bw.CvL() and the continuous optima by scipy. */
static void bandwidth__equals_spatstat_on_redwoodfull(void **state)
{
    (void)state;
    char path[4096];
    if (!has_oracle("redwoodfull.csv", path))
        skip();
    rows *r = read_rows(path);
    assert_int_equal(r->n, 195);
    kerb_events *events = new_events(r, false, false);
    kerb_bandwidth_sample *sample = new_sample(events, NULL, (kerb_box){0, 0, 1, 1});
    assert_near_rel(choose(sample, "scott").sd_m, 0.11840244304, 1e-10);
    assert_near_rel(choose(sample, "diggle").sd_m, 0.0198140900195695, 1e-12);
    assert_near_rel(choose(sample, "cvl").sd_m, 0.0973118544798, 1e-6);
    assert_near_rel(choose(sample, "ppl").sd_m, 0.0385795332817, 1e-4);
    assert_near_rel(criterion(sample, "cvl", 0.02), 0.526034002522547, 1e-10);
    assert_near_rel(criterion(sample, "cvl", 0.3), 0.590073744852187, 1e-10);
    /* attr(bw.diggle(X, correction = "rigid"), "cv") at its 82nd and 200th radius; spatstat
     * counts K at 512 radii and the library at 16 times as many */
    assert_near_rel(criterion(sample, "diggle", 0.01981409001957), -1.96892630755, 2e-2);
    assert_near_rel(criterion(sample, "diggle", 0.04867906066536), -1.41701345412, 5e-3);
    kerb_bandwidth_sample_free(sample);
    kerb_events_free(events);
    free(r);
}

/* The 706 places of chorley in its polygon. spatstat integrates over 128 x 128 pixels for ppl,
 * so that its criterion at 0.5 moves by 0.25 when they become 512 x 512. */
static void bandwidth__equals_spatstat_in_a_polygon(void **state)
{
    (void)state;
    char path[4096];
    if (!has_oracle("chorley.csv", path))
        skip();
    rows *r = read_rows(path);
    kerb_events *events = new_events(r, false, true);
    free(r);
    assert_true(has_oracle("chorley_window.csv", path));
    r = read_rows(path);
    kerb_point *corners = calloc(r->n, sizeof *corners);
    assert_non_null(corners);
    for (size_t i = 0; i < r->n; i++)
        corners[i] = (kerb_point){r->value[i][1], r->value[i][2]};
    kerb_areas_set *window = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &window), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, window, "w", "", 1, &r->n, corners),
                     KERB_OK);
    kerb_bandwidth_sample *sample = new_sample(events, window, kerb_box_make_empty());
    kerb_bandwidth_facts facts = kerb_bandwidth_sample_facts(sample);
    assert_int_equal(facts.n_places, 706);
    assert_near_rel(facts.window_area_m2, 315.1553, 1e-6);
    assert_near_rel(choose(sample, "scott").sd_m, 1.331102, 1e-6);
    assert_near_rel(choose(sample, "diggle").sd_m, 0.115058708415, 1e-11);
    assert_near_rel(choose(sample, "ppl").sd_m, 0.36409669, 0.01); /* a grid of 0.7 % */
    assert_near_rel(criterion(sample, "cvl", 1.0), 16164.9877210292, 1e-10);
    assert_near_rel(criterion(sample, "cvl", 4.0), 62.5437012746, 1e-10);
    assert_near_abs(criterion(sample, "ppl", 0.5), 672.986564859, 0.25);
    assert_near_abs(criterion(sample, "ppl", 2.0), 217.128395908, 0.5);
    kerb_bandwidth_sample_free(sample);
    kerb_areas_set_free(window);
    kerb_events_free(events);
    free(corners);
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bandwidth__equals_30_digit_numbers),
        cmocka_unit_test(bandwidth__equals_spatstat_on_redwoodfull),
        cmocka_unit_test(bandwidth__equals_spatstat_in_a_polygon),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
