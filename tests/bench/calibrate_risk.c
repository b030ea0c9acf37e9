/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How often does the test of relative risk cry wolf? `calibrate_risk MAPS REPLICATES [FILE]`;
 * not run by ctest. On the same places, labels are dealt without any difference between places,
 * in worlds that clump them in different ways; printed is the share of maps with any contour.
 * FILE holds lines "x,y,rows" of real places; without it 1,500 places in 40 clusters are made.
 */
#include "kerb_base.h"
#include "kerb_relative_risk.h"

#include <math.h>
#include <stdlib.h>

typedef struct world {
    const char *name;
    double share; /* of cases */
    double
        agreement; /* within places; < 0: stacks of one label, of -agreement rows in the mean */
    double bias;   /* half the places, by the coin, have (1 + bias) times the share: a
                      difference between places, none between neighbourhoods */
} world;

static const world worlds[] = {
    {"rows by themselves, 20 % cases", 0.2, 0.0, 0.0},
    {"rows by themselves, 4 % cases", 0.04, 0.0, 0.0},
    {"agreement 0.05, 10 % cases", 0.1, 0.05, 0.0},
    {"agreement 0.3, 20 % cases", 0.2, 0.3, 0.0},
    {"whole places, 20 % cases", 0.2, 0.999, 0.0},
    {"stacks of 5 rows, 20 % cases", 0.2, -5.0, 0.0},
    {"places differ by half, 10 % cases", 0.1, 0.0, 0.5},
};
enum { N_WORLDS = sizeof worlds / sizeof worlds[0] };

typedef struct places {
    size_t n;
    double *x, *y;
    size_t *rows;
} places;

static uint64_t state = 20080401;
static double uniform(void)
{
    state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static size_t geometric(double mean)
{
    return 1 + (size_t)(log(1.0 - uniform()) / log(1.0 - 1.0 / mean));
}

static void make_places(places *p)
{
    enum { N = 1500, N_CLUSTERS = 40 };
    double cx[N_CLUSTERS], cy[N_CLUSTERS];
    p->n = N;
    p->x = calloc(N, sizeof *p->x);
    p->y = calloc(N, sizeof *p->y);
    p->rows = calloc(N, sizeof *p->rows);
    for (int c = 0; c < N_CLUSTERS; c++) {
        cx[c] = 400000 + 10000 * uniform();
        cy[c] = 300000 + 10000 * uniform();
    }
    for (size_t i = 0; i < N; i++) {
        int c = (int)(uniform() * N_CLUSTERS);
        double r = 800 * sqrt(-2 * log(1 - uniform())), a = 6.283185307 * uniform();
        p->x[i] = floor(cx[c] + r * cos(a));
        p->y[i] = floor(cy[c] + r * sin(a));
        p->rows[i] = geometric(c < 4 ? 30 : 6); /* town centres have bigger stacks */
    }
}

static bool read_places(const char *path, places *p)
{
    FILE *file = fopen(path, "r");
    double x, y;
    unsigned long rows;
    size_t capacity = 1 << 20;
    if (file == NULL)
        return false;
    p->x = calloc(capacity, sizeof *p->x);
    p->y = calloc(capacity, sizeof *p->y);
    p->rows = calloc(capacity, sizeof *p->rows);
    while (p->n < capacity && fscanf(file, "%lf,%lf,%lu", &x, &y, &rows) == 3) {
        p->x[p->n] = x;
        p->y[p->n] = y;
        p->rows[p->n++] = rows;
    }
    fclose(file);
    return p->n > 0;
}

static void deal(kerb_ctx *ctx, const places *p, const world *w, kerb_events *cases,
                 kerb_events *controls)
{
    const uint32_t none[KERB_NAME_KINDS] = {0};
    for (size_t i = 0; i < p->n; i++) {
        double share = w->share, a = 0.0;
        if (w->bias > 0.0)
            share *= uniform() < 0.5 ? 1.0 + w->bias : 1.0 - w->bias;
        bool is_case = false;
        for (size_t j = 0, left = 0; j < p->rows[i]; j++) {
            double c = w->agreement;
            if (c < 0.0) { /* a stack has one label */
                if (left == 0) {
                    left = geometric(-c);
                    is_case = uniform() < share;
                }
                left--;
            } else {
                is_case = uniform() * (1 - c + c * (double)j) < share * (1 - c) + c * a;
            }
            a += is_case;
            (void)kerb_events_add_numbered(ctx, is_case ? cases : controls, p->x[i], p->y[i],
                                           1.0, KERB_CIVIL_NONE, KERB_PRECISION_NONE, none);
        }
    }
}

static void run_world(kerb_ctx *ctx, const places *p, const world *w, size_t n_maps,
                      size_t n_replicates)
{
    size_t n_5 = 0, n_1 = 0, n_pointwise = 0;
    double agreement = 0.0, n_cells = 0.0;
    kerb_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < p->n; i++) {
        box.xmin = fmin(box.xmin, p->x[i]);
        box.ymin = fmin(box.ymin, p->y[i]);
        box.xmax = fmax(box.xmax, p->x[i]);
        box.ymax = fmax(box.ymax, p->y[i]);
    }
    kerb_grid_spec surface;
    if (kerb_grid_spec_make(ctx, box, 50.0, false, &surface) != KERB_OK)
        return;
    for (size_t map = 0; map < n_maps; map++) {
        kerb_events *cases = NULL, *controls = NULL;
        kerb_risk_test *test = NULL;
        kerb_risk_options options = KERB_RISK_OPTIONS_DEFAULT;
        kerb_grid_spec spec =
            kerb_risk_test_spec(&surface, options.kernel, options.bandwidth_m);
        options.n_replicates = n_replicates;
        kerb_ctx_set_seed(ctx, 1000 + map);
        if (kerb_events_new(ctx, &cases) != KERB_OK ||
            kerb_events_new(ctx, &controls) != KERB_OK)
            return;
        deal(ctx, p, w, cases, controls);
        if (kerb_risk_test_new(ctx, cases, controls, NULL, NULL, &options, &spec, NULL,
                               &test) != KERB_OK) {
            printf("%s: %s\n", w->name, kerb_ctx_message(ctx));
            return;
        }
        n_5 += test->map_p <= 0.05 + 1e-9;
        n_1 += test->map_p <= 0.01 + 1e-9;
        bool any = false;
        for (size_t i = 0; i < spec.n_rows * spec.n_cols; i++)
            any |= kerb_grid_values(test->pointwise_p)[i] <= 0.05;
        n_pointwise += any;
        agreement += test->place_agreement / (double)n_maps;
        n_cells += (double)test->n_cells / (double)n_maps;
        kerb_risk_test_free(test);
        kerb_events_free(cases);
        kerb_events_free(controls);
    }
    printf(
        "%-36s maps with a contour at 5 %%: %5.1f %%, at 1 %%: %5.1f %%, pointwise: %5.1f %%; "
        "agreement %.3f, %.0f cells\n",
        w->name, 100.0 * (double)n_5 / (double)n_maps, 100.0 * (double)n_1 / (double)n_maps,
        100.0 * (double)n_pointwise / (double)n_maps, agreement, n_cells);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    places p = {0};
    kerb_ctx *ctx = kerb_ctx_new();
    size_t n_maps = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    size_t n_replicates = argc > 2 ? strtoul(argv[2], NULL, 10) : 199;
    if (ctx == NULL)
        return 1;
    if (argc <= 3)
        make_places(&p);
    else if (!read_places(argv[3], &p)) {
        fprintf(stderr, "%s: no lines of x,y,rows\n", argv[3]);
        return 1;
    }
    for (size_t w = 0; w < N_WORLDS; w++)
        run_world(ctx, &p, &worlds[w], n_maps, n_replicates);
    kerb_ctx_free(ctx);
    free(p.x);
    free(p.y);
    free(p.rows);
    return 0;
}
