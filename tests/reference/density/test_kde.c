/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Density against programs that share no code with it: decimals of 40 digits kept beside this
 * file, and, where the shared folder is there, the tables of a numpy program (checked against
 * spatstat's exact engine) and that program run on the spot. Tests of what is absent are
 * skipped by name. */
#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kerb_base.h"
#include "kerb_density.h"

#include "test_context.h"

/* -------------------------------------------------------------------- tables */

enum { MAX_FIELDS = 16, LINE_BYTES = 1024 };

/* Next line that is no comment, split at commas into `fields`; false at the end. */
static bool read_line(FILE *file, char line[LINE_BYTES], char *fields[MAX_FIELDS], int *n)
{
    *n = 0;
    do {
        if (!fgets(line, LINE_BYTES, file))
            return false;
    } while (line[0] == '#');
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && *n < MAX_FIELDS; ++*n) {
        fields[*n] = at;
        at = strchr(at, ',');
        if (at)
            *at++ = '\0';
    }
    return true;
}

static int find_column(char *const *fields, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(fields[i], name) == 0)
            return i;
    fail_msg("no column %s", name);
    return -1;
}

static FILE *open_table(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    return file;
}

/* Events of a CSV with columns x and y and, if named, one of weights. */
static kerb_events *read_events(const char *path, const char *weight)
{
    FILE *file = open_table(path);
    char line[LINE_BYTES], *fields[MAX_FIELDS];
    int n;
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    assert_true(read_line(file, line, fields, &n));
    int x = find_column(fields, n, "x"), y = find_column(fields, n, "y");
    int w = weight ? find_column(fields, n, weight) : -1;
    while (read_line(file, line, fields, &n)) {
        kerb_event event = {.x = strtod(fields[x], NULL),
                            .y = strtod(fields[y], NULL),
                            .weight = w < 0 ? 1 : strtod(fields[w], NULL),
                            .start = KERB_CIVIL_NONE};
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
    }
    fclose(file);
    return events;
}

static kerb_grid *make_density(const kerb_events *events, kerb_kernel kernel,
                               double bandwidth_m, kerb_grid_spec spec, const uint8_t *mask)
{
    kerb_density_options options = {.kernel = kernel, .bandwidth_m = bandwidth_m};
    kerb_grid *grid = NULL;
    if (kerb_density_exact(ctx, events, &options, &spec, mask, &grid, NULL) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return grid;
}

/* Cells with a value of a table of the numpy program against a grid: 1e-9 of the maximum
 * everywhere, and 1e-9 of the value where it is above a thousandth of one event's peak. That
 * program does not cut the Gaussian: what lies beyond 7.434 sd is at most 1e-12 of the peak for
 * each unit of weight. */
static void compare(const char *path, const kerb_grid *grid, const kerb_events *events,
                    kerb_kernel kernel, double bandwidth_m, bool is_masked)
{
    double one_peak = kerb_kernel_value(kernel, bandwidth_m, 0), cut_off = 0.0;
    for (size_t i = 0; kernel == KERB_KERNEL_GAUSSIAN && i < events->n; i++)
        cut_off += 1e-12 * one_peak * (events->weight ? events->weight[i] : 1.0);
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    double max = kerb_grid_summarise(grid).max;
    FILE *file = open_table(path);
    char line[LINE_BYTES], *fields[MAX_FIELDS];
    int n;
    size_t n_lines = 0, n_values = 0;
    assert_true(read_line(file, line, fields, &n));
    int ix = find_column(fields, n, "ix"), iy = find_column(fields, n, "iy_from_bottom");
    int x = find_column(fields, n, "x"), d = find_column(fields, n, "density_per_unit2");
    while (read_line(file, line, fields, &n)) {
        size_t col = strtoul(fields[ix], NULL, 10);
        size_t row = spec->n_rows - 1 - strtoul(fields[iy], NULL, 10);
        assert_true(row < spec->n_rows && col < spec->n_cols);
        assert_near_rel(kerb_grid_col_x(spec, col), strtod(fields[x], NULL), 1e-9);
        double want = strtod(fields[d], NULL);
        double got = kerb_grid_values_const(grid)[row * spec->n_cols + col];
        n_lines++;
        if (isnan(want)) {
            if (is_masked)
                assert_true(isnan(got));
            continue;
        }
        n_values++;
        assert_near_abs(got, want, 1e-9 * max);
        if (want > 1e-3 * one_peak)
            assert_near_abs(got, want, 1e-9 * want + cut_off);
    }
    fclose(file);
    assert_int_equal(n_lines, spec->n_rows * spec->n_cols);
    assert_true(n_values > 500);
}

/* ------------------------------------------------------------------- decimals */

static void kde__equals_sums_in_40_digit_decimals(void **state)
{
    (void)state;
    const char *folder = KERB_TEST_DATA "/reference/density";
    char path[4096];
    snprintf(path, sizeof path, "%s/kde_events.csv", folder);
    kerb_events *events = read_events(path, "weight");
    assert_int_equal(events->n, 90);
    const kerb_grid_spec spec = {
        .xmin = 430000, .ymax = 310400, .cell_m = 33.5, .n_rows = 12, .n_cols = 13};
    snprintf(path, sizeof path, "%s/kde_values.csv", folder);
    FILE *file = open_table(path);
    char line[LINE_BYTES], *fields[MAX_FIELDS], grid_name[2 * LINE_BYTES] = "";
    int n;
    size_t n_values = 0, n_grids = 0;
    kerb_grid *grid = NULL;
    double max = 0.0;
    assert_true(read_line(file, line, fields, &n));
    while (read_line(file, line, fields, &n)) {
        assert_int_equal(n, 5);
        char name[2 * LINE_BYTES];
        snprintf(name, sizeof name, "%s %s", fields[0], fields[1]);
        if (strcmp(name, grid_name) != 0) {
            kerb_kernel kernel;
            assert_true(kerb_kernel_find(fields[0], &kernel));
            kerb_grid_free(grid);
            grid = make_density(events, kernel, strtod(fields[1], NULL), spec, NULL);
            max = kerb_grid_summarise(grid).max;
            strcpy(grid_name, name);
            n_grids++;
        }
        size_t row = strtoul(fields[2], NULL, 10), col = strtoul(fields[3], NULL, 10);
        double want = strtod(fields[4], NULL);
        double got = kerb_grid_values(grid)[row * spec.n_cols + col];
        assert_near_abs(got, want, 1e-12 * max);
        if (want > 1e-3 * max)
            assert_near_rel(got, want, 1e-11);
        n_values++;
    }
    assert_int_equal(n_grids, 8);
    assert_int_equal(n_values, 8 * 78);
    fclose(file);
    kerb_grid_free(grid);
    kerb_events_free(events);
}

/* --------------------------------------------------------- the shared folder */

static const char *oracle_path(char path[4096], const char *name)
{
    snprintf(path, 4096, "%s/oracle/%s", KERB_SHARED, name);
    return path;
}

static void skip_without(const char *name)
{
    char path[4096];
    if (access(oracle_path(path, name), R_OK) == 0)
        return;
    print_message("skipped: no %s\n", path);
    skip();
}

static const kerb_grid_spec CHORLEY = {
    .xmin = 343, .ymax = 432, .cell_m = 0.5, .n_rows = 44, .n_cols = 48};
static const kerb_grid_spec UNIT_SQUARE = {
    .xmin = 0, .ymax = 1, .cell_m = 0.02, .n_rows = 50, .n_cols = 50};

static kerb_areas_set *read_window(const char *name)
{
    char path[4096], line[LINE_BYTES], *fields[MAX_FIELDS];
    int n_fields;
    kerb_point points[1000];
    size_t n = 0;
    FILE *file = open_table(oracle_path(path, name));
    assert_true(read_line(file, line, fields, &n_fields));
    while (read_line(file, line, fields, &n_fields)) {
        assert_true(n < 1000 && strcmp(fields[0], "1") == 0); /* one ring */
        points[n++] = (kerb_point){strtod(fields[1], NULL), strtod(fields[2], NULL)};
    }
    fclose(file);
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "w", "w", 1, &n, points), KERB_OK);
    return set;
}

static void kde__equals_the_golden_tables_with_their_window(void **state)
{
    (void)state;
    static const struct {
        const char *table, *events, *weight;
        kerb_kernel kernel;
        double radius_m, sd_m; /* whichever is not 0 */
    } cases[] = {
        {"chorley_uniform_h1.5_none", "chorley", NULL, KERB_KERNEL_UNIFORM, 1.5, 0},
        {"chorley_triangular_h1.5_none", "chorley", NULL, KERB_KERNEL_TRIANGULAR, 1.5, 0},
        {"chorley_epanechnikov_h1.5_none", "chorley", NULL, KERB_KERNEL_EPANECHNIKOV, 1.5, 0},
        {"chorley_quartic_h1.5_none", "chorley", NULL, KERB_KERNEL_QUARTIC, 1.5, 0},
        {"chorley_gaussian_h1.5_none", "chorley", NULL, KERB_KERNEL_GAUSSIAN, 1.5, 0},
        {"chorley_uniform_sd0.8_weighted", "chorley_w", "w", KERB_KERNEL_UNIFORM, 0, 0.8},
        {"chorley_epanechnikov_sd0.8_weighted", "chorley_w", "w", KERB_KERNEL_EPANECHNIKOV, 0,
         0.8},
        {"chorley_quartic_sd0.8_weighted", "chorley_w", "w", KERB_KERNEL_QUARTIC, 0, 0.8},
        {"chorley_gaussian_sd0.8_weighted", "chorley_w", "w", KERB_KERNEL_GAUSSIAN, 0, 0.8},
    };
    skip_without("golden/kde_chorley_quartic_h1.5_none.csv");
    kerb_areas_set *window = read_window("data/chorley_window.csv");
    uint8_t *mask = NULL;
    assert_int_equal(kerb_grid_mask(ctx, &CHORLEY, window, NULL, &mask), KERB_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096], name[256];
        snprintf(name, sizeof name, "data/%s.csv", cases[i].events);
        kerb_events *events = read_events(oracle_path(path, name), cases[i].weight);
        assert_int_equal(events->n, 1036);
        double bandwidth_m = cases[i].radius_m > 0
                                 ? cases[i].radius_m
                                 : cases[i].sd_m / kerb_kernel_sd_m(cases[i].kernel, 1.0);
        kerb_grid *grid = make_density(events, cases[i].kernel, bandwidth_m, CHORLEY, mask);
        snprintf(name, sizeof name, "golden/kde_%s.csv", cases[i].table);
        compare(oracle_path(path, name), grid, events, cases[i].kernel, bandwidth_m, true);
        kerb_grid_free(grid);
        kerb_events_free(events);
    }
    kerb_free_text((char *)mask);
    kerb_areas_set_free(window);
}

static void kde__equals_the_golden_table_of_the_redwoods(void **state)
{
    (void)state;
    const char *table = "golden/kde_redwoodfull_triangular_r0.15_none.csv";
    skip_without(table);
    char path[4096];
    kerb_events *events = read_events(oracle_path(path, "data/redwoodfull.csv"), NULL);
    kerb_grid *grid = make_density(events, KERB_KERNEL_TRIANGULAR, 0.15, UNIT_SQUARE, NULL);
    compare(oracle_path(path, table), grid, events, KERB_KERNEL_TRIANGULAR, 0.15, false);
    kerb_grid_free(grid);
    kerb_events_free(events);
}

static void run_oracle(const char *data, kerb_kernel kernel, double bandwidth_m,
                       const char *type, kerb_grid_spec spec, const char *weight,
                       const char *out)
{
    char command[9000];
    kerb_box box = kerb_grid_spec_box(&spec);
    int n = snprintf(
        command, sizeof command,
        "/usr/bin/python3 '%s/oracle/oracle_kde.py' '%s/oracle/data/%s' %s %.17g %.17g "
        "%.17g %.17g %.17g %.17g '%s' --bwtype %s %s %s >/dev/null",
        KERB_SHARED, KERB_SHARED, data, kerb_kernel_name(kernel), bandwidth_m, box.xmin,
        box.ymin, box.xmax, box.ymax, spec.cell_m, out, type, weight ? "--weights" : "",
        weight ? weight : "");
    assert_true(n > 0 && (size_t)n < sizeof command);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static void kde__equals_the_numpy_program_for_every_kernel(void **state)
{
    (void)state;
    skip_without("oracle_kde.py");
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
        print_message("skipped: no numpy for /usr/bin/python3\n");
        skip();
    }
    /* Bandwidths at which no centre lies on the rim of a uniform disc. */
    static const struct {
        const char *data, *weight;
        const kerb_grid_spec *spec;
        double bandwidth_m;
        const char *type;
    } cases[] = {
        {"chorley.csv", NULL, &CHORLEY, 1.37, "radius"},
        {"chorley_w.csv", "w", &CHORLEY, 1.37, "radius"},
        {"chorley.csv", NULL, &CHORLEY, 0.731, "sd"},
        {"chorley_w.csv", "w", &CHORLEY, 0.731, "sd"},
        {"redwoodfull.csv", NULL, &UNIT_SQUARE, 0.0713, "radius"},
        {"redwoodfull.csv", NULL, &UNIT_SQUARE, 0.0391, "sd"},
    };
    char out[64];
    snprintf(out, sizeof out, "kde_oracle_%ld.csv", (long)getpid());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096], name[256];
        snprintf(name, sizeof name, "data/%s", cases[i].data);
        kerb_events *events = read_events(oracle_path(path, name), cases[i].weight);
        for (int k = 0; k < KERB_KERNEL_COUNT; k++) {
            kerb_kernel kernel = (kerb_kernel)k;
            double bandwidth_m = cases[i].bandwidth_m;
            run_oracle(cases[i].data, kernel, bandwidth_m, cases[i].type, *cases[i].spec,
                       cases[i].weight, out);
            if (strcmp(cases[i].type, "sd") == 0)
                bandwidth_m /= kerb_kernel_sd_m(kernel, 1.0);
            kerb_grid *grid = make_density(events, kernel, bandwidth_m, *cases[i].spec, NULL);
            compare(out, grid, events, kernel, bandwidth_m, false);
            kerb_grid_free(grid);
        }
        kerb_events_free(events);
    }
    remove(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kde__equals_sums_in_40_digit_decimals),
        cmocka_unit_test(kde__equals_the_golden_tables_with_their_window),
        cmocka_unit_test(kde__equals_the_golden_table_of_the_redwoods),
        cmocka_unit_test(kde__equals_the_numpy_program_for_every_kernel),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
