/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a surface costs by itself, and how far it is from the truth. Points come as raw doubles
 * (make_workload N raw); what is timed is kerb_density_of_points(): checks, sorting and the
 * kernel, not reading. One JSON line on stdout. Not run by ctest.
 *
 *   bench_density FILE.bin [name=value]...
 *     side_km=40 cell_m=20 bandwidth_m=500 kernel=quartic   the square at (400000, 300000)
 *     precision=64|32  max_error=0  is_squared=0
 *     threads=1  simd=scalar|avx2|avx512 (default: the best here)  repeat=1
 *     check=N    compare with sums in long double at N bright, N rim and N random cells
 *     dump=FILE  the cells as raw doubles, row 0 north
 */
#include "kerb_density.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wishes {
    const char *points_path, *dump_path;
    double side_km, cell_m;
    kerb_density_options density;
    int n_threads, n_repeats;
    size_t n_checked;
    kerb_simd simd;
    bool has_simd;
} wishes;

typedef struct cost {
    double cpu_s, wall_s;
} cost;

static void give_up(const char *what, const char *value)
{
    fprintf(stderr, "bench_density: %s %s\n", what, value);
    exit(2);
}

static bool has_name(const char *word, const char *name, const char **value)
{
    size_t n = strlen(name);
    *value = word + n + 1;
    return strncmp(word, name, n) == 0 && word[n] == '=';
}

static void read_wish(wishes *out, const char *word)
{
    const char *value = "";
    if (has_name(word, "side_km", &value)) {
        out->side_km = atof(value);
    } else if (has_name(word, "cell_m", &value)) {
        out->cell_m = atof(value);
    } else if (has_name(word, "bandwidth_m", &value)) {
        out->density.bandwidth_m = atof(value);
    } else if (has_name(word, "kernel", &value)) {
        if (!kerb_kernel_find(value, &out->density.kernel))
            give_up("no kernel", value);
    } else if (has_name(word, "precision", &value)) {
        out->density.precision =
            atoi(value) == 32 ? KERB_DENSITY_FLOAT32 : KERB_DENSITY_FLOAT64;
    } else if (has_name(word, "max_error", &value)) {
        out->density.max_error = atof(value);
    } else if (has_name(word, "is_squared", &value)) {
        out->density.is_squared = atoi(value) != 0;
    } else if (has_name(word, "threads", &value)) {
        out->n_threads = atoi(value);
    } else if (has_name(word, "repeat", &value)) {
        out->n_repeats = atoi(value);
    } else if (has_name(word, "check", &value)) {
        out->n_checked = (size_t)atol(value);
    } else if (has_name(word, "dump", &value)) {
        out->dump_path = value;
    } else if (has_name(word, "simd", &value)) {
        out->has_simd = true;
        if (!kerb_simd_find(value, &out->simd))
            give_up("no SIMD level", value);
    } else {
        give_up("no such option:", word);
    }
}

/* Columns from pairs. */
static size_t read_points(const char *path, double **x, double **y)
{
    enum { PAIRS = 4096 };
    static double pairs[2 * PAIRS];
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        give_up("cannot read", path);
    size_t n = (size_t)ftell(file) / (2 * sizeof(double)), filled = 0, got = 0;
    rewind(file);
    *x = malloc((n + 1) * sizeof **x);
    *y = malloc((n + 1) * sizeof **y);
    if (*x == NULL || *y == NULL)
        give_up("no memory for", path);
    while ((got = fread(pairs, 2 * sizeof(double), PAIRS, file)) > 0)
        for (size_t i = 0; i < got; i++, filled++) {
            (*x)[filled] = pairs[2 * i];
            (*y)[filled] = pairs[2 * i + 1];
        }
    fclose(file);
    if (filled != n || n == 0)
        give_up("cannot read all of", path);
    return n;
}

/* ------------------------------------------------------------ the truth, slowly */

typedef struct point {
    double x, y;
} point;

static int compare_y(const void *a, const void *b)
{
    double p = ((const point *)a)->y, q = ((const point *)b)->y;
    return (p > q) - (p < q);
}

static point *points_by_y(const double *x, const double *y, size_t n)
{
    point *points = malloc((n + 1) * sizeof *points);
    if (points == NULL)
        give_up("no memory for", "the check");
    for (size_t i = 0; i < n; i++)
        points[i] = (point){x[i], y[i]};
    qsort(points, n, sizeof *points, compare_y);
    return points;
}

/* The kernel as docs/methods/kernel-density.md defines it, written out again: u is the distance
 * in bandwidths. */
static long double kernel_of(kerb_kernel kernel, long double u)
{
    const long double pi = 3.14159265358979323846264338327950288L;
    long double v = 1.0L - u * u;
    switch (kernel) {
    case KERB_KERNEL_UNIFORM:
        return u <= 1.0L ? 1.0L / pi : 0.0L;
    case KERB_KERNEL_TRIANGULAR:
        return u < 1.0L ? 3.0L / pi * (1.0L - u) : 0.0L;
    case KERB_KERNEL_EPANECHNIKOV:
        return u < 1.0L ? 2.0L / pi * v : 0.0L;
    case KERB_KERNEL_QUARTIC:
        return u < 1.0L ? 3.0L / pi * v * v : 0.0L;
    case KERB_KERNEL_TRIWEIGHT:
        return u < 1.0L ? 4.0L / pi * v * v * v : 0.0L;
    case KERB_KERNEL_GAUSSIAN:
        return expl(-u * u / 2.0L) / (2.0L * pi);
    case KERB_KERNEL_COUNT:
        break;
    }
    return 0.0L;
}

static long double sum_at(const wishes *wish, const point *points, size_t n, long double cx,
                          long double cy)
{
    const kerb_density_options *density = &wish->density;
    long double h = density->bandwidth_m, sum = 0.0L;
    double reach_m = kerb_kernel_reach_m(density->kernel, density->bandwidth_m);
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (points[middle].y < (double)cy - reach_m - 1.0)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i < n && points[i].y <= (double)cy + reach_m + 1.0; i++) {
        long double dx = points[i].x - cx, dy = points[i].y - cy;
        long double r2 = dx * dx + dy * dy;
        if (r2 > (long double)reach_m * reach_m)
            continue;
        long double value = kernel_of(density->kernel, sqrtl(r2) / h) / (h * h);
        sum += density->is_squared ? value * value : value;
    }
    return sum;
}

/* -------------------------------------------------------------- which cells to look at */

static uint64_t state = 7;

static uint64_t next_random(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static const double *sorted_values;

static int compare_cells(const void *a, const void *b)
{
    double p = sorted_values[*(const size_t *)a], q = sorted_values[*(const size_t *)b];
    return (p < q) - (p > q);
}

/* The n brightest cells first; then cells one reach from the brightest (the rim of their discs,
 * where a running sum would leave its rounding), and cells with a value beside cells without;
 * then any. */
static size_t choose_cells(const wishes *wish, const kerb_grid *grid, size_t *cells)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    size_t n_all = spec->n_rows * spec->n_cols, n = wish->n_checked, filled = 0;
    size_t *order = malloc((n_all + 1) * sizeof *order);
    if (order == NULL)
        give_up("no memory for", "the check");
    for (size_t i = 0; i < n_all; i++)
        order[i] = i;
    sorted_values = kerb_grid_values_const(grid);
    qsort(order, n_all, sizeof *order, compare_cells);
    for (size_t i = 0; i < n && i < n_all; i++)
        cells[filled++] = order[i];
    double reach_m = kerb_kernel_reach_m(wish->density.kernel, wish->density.bandwidth_m);
    for (size_t i = 0; i < n / 2; i++) {
        size_t from = order[(i / 8) * 17 % n_all];
        double angle = (double)(i % 8) * 0.78539816339744831;
        double off = reach_m / spec->cell_m + (double)(next_random() % 3) - 1.0;
        double row = (double)(from / spec->n_cols) + round(off * sin(angle));
        double col = (double)(from % spec->n_cols) + round(off * cos(angle));
        if (row >= 0.0 && col >= 0.0 && row < (double)spec->n_rows &&
            col < (double)spec->n_cols)
            cells[filled++] = (size_t)row * spec->n_cols + (size_t)col;
    }
    for (size_t i = 1, found = 0; i < n_all && found < n / 2; i++)
        if ((sorted_values[i] == 0.0) != (sorted_values[i - 1] == 0.0)) {
            cells[filled++] = i - 1, cells[filled++] = i;
            found += 2;
        }
    for (size_t i = 0; i < n; i++)
        cells[filled++] = (size_t)(next_random() % n_all);
    free(order);
    return filled;
}

static void print_check(const wishes *wish, const double *x, const double *y, size_t n,
                        const kerb_grid *grid)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    const double *values = kerb_grid_values_const(grid);
    size_t *cells = malloc((5 * wish->n_checked + 8) * sizeof *cells);
    if (cells == NULL)
        give_up("no memory for", "the check");
    point *points = points_by_y(x, y, n);
    size_t n_cells = choose_cells(wish, grid, cells), n_negative = 0, n_ghosts = 0, n_lost = 0;
    double max = kerb_grid_summarise(grid).max;
    long double worst_abs = 0.0L, worst_rel = 0.0L;
    long double peak = kernel_of(wish->density.kernel, 0.0L) /
                       ((long double)wish->density.bandwidth_m * wish->density.bandwidth_m);
    if (wish->density.is_squared)
        peak *= peak;
    for (size_t i = 0; i < n_cells; i++) {
        size_t row = cells[i] / spec->n_cols, col = cells[i] % spec->n_cols;
        long double cx = spec->xmin + ((long double)col + 0.5L) * spec->cell_m;
        long double cy = spec->ymax - ((long double)row + 0.5L) * spec->cell_m;
        long double truth = sum_at(wish, points, n, cx, cy), error;
        error = fabsl((long double)values[cells[i]] - truth);
        worst_abs = error > worst_abs ? error : worst_abs;
        if (truth > 1e-3L * peak && error / truth > worst_rel)
            worst_rel = error / truth;
        n_ghosts += truth == 0.0L && values[cells[i]] != 0.0;
        n_lost += truth > 1e-3L * peak && values[cells[i]] == 0.0;
    }
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++)
        n_negative += values[i] < 0.0;
    printf(
        ", \"check\": {\"cells\": %zu, \"max_error_of_max\": %.3Le, \"max_relative\": %.3Le, "
        "\"negative\": %zu, \"not_zero_beyond_reach\": %zu, \"zero_within_reach\": %zu}",
        n_cells, worst_abs / (long double)max, worst_rel, n_negative, n_ghosts, n_lost);
    free(points);
    free(cells);
}

static void dump(const char *path, const kerb_grid *grid)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    size_t n = spec->n_rows * spec->n_cols;
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(kerb_grid_values_const(grid), sizeof(double), n, file) != n ||
        fclose(file) != 0)
        give_up("cannot write", path);
}

/* ------------------------------------------------------------------------- */

static kerb_grid *compute(kerb_ctx *ctx, const wishes *wish, const kerb_density_points *points,
                          cost *best)
{
    kerb_box box = {400000.0, 300000.0, 400000.0 + 1000.0 * wish->side_km,
                    300000.0 + 1000.0 * wish->side_km};
    kerb_grid_spec spec;
    kerb_grid *grid = NULL;
    *best = (cost){INFINITY, INFINITY};
    if (kerb_grid_spec_make(ctx, box, wish->cell_m, true, &spec) != KERB_OK)
        give_up("", kerb_ctx_message(ctx));
    for (int i = 0; i < wish->n_repeats; i++) {
        kerb_grid_free(grid);
        grid = NULL;
        double cpu_s = kerb_cpu_time_s(), wall_s = kerb_wall_time_s();
        if (kerb_density_of_points(ctx, points, &wish->density, &spec, NULL, &grid, NULL) !=
            KERB_OK)
            give_up("", kerb_ctx_message(ctx));
        cpu_s = kerb_cpu_time_s() - cpu_s;
        wall_s = kerb_wall_time_s() - wall_s;
        best->cpu_s = fmin(best->cpu_s, cpu_s);
        best->wall_s = fmin(best->wall_s, wall_s);
    }
    return grid;
}

int main(int argc, char **argv)
{
    wishes wish = {.side_km = 40.0,
                   .cell_m = 20.0,
                   .n_threads = 1,
                   .n_repeats = 1,
                   .density = KERB_DENSITY_OPTIONS_DEFAULT};
    wish.density.bandwidth_m = 500.0;
    if (argc < 2)
        give_up("usage:", "bench_density FILE.bin [name=value]...");
    wish.points_path = argv[1];
    for (int i = 2; i < argc; i++)
        read_wish(&wish, argv[i]);

    kerb_ctx *ctx = kerb_ctx_new();
    if (ctx == NULL)
        give_up("no memory for", "a context");
    kerb_ctx_set_threads(ctx, wish.n_threads);
    if (wish.has_simd)
        kerb_ctx_set_simd(ctx, wish.simd);

    double *x = NULL, *y = NULL, read_s = kerb_wall_time_s();
    size_t n = read_points(wish.points_path, &x, &y);
    read_s = kerb_wall_time_s() - read_s;
    kerb_density_points points = {.n = n, .x = x, .y = y};
    cost best;
    kerb_grid *grid = compute(ctx, &wish, &points, &best);
    printf("{\"n\": %zu, \"read_s\": %.4f, \"compute_cpu_s\": %.4f, \"compute_s\": %.4f, "
           "\"peak_memory_bytes\": %llu",
           n, read_s, best.cpu_s, best.wall_s, (unsigned long long)kerb_peak_memory_bytes());
    if (wish.n_checked > 0)
        print_check(&wish, x, y, n, grid);
    puts("}");
    if (wish.dump_path != NULL)
        dump(wish.dump_path, grid);
    kerb_grid_free(grid);
    free(x);
    free(y);
    kerb_ctx_free(ctx);
    return 0;
}
