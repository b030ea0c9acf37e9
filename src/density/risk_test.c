/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The test of a whole map: labels dealt again, maps ranked, an envelope laid round them.
 *
 * Maps are never held: the raster is cut into bands of rows, and a band draws the labels of the
 * places that reach it, for all replicates, once to rank them and once more to find the limits.
 * Random bits belong to place and replicate, so both times the same labels come, in whatever
 * band and thread. */
#include "risk_internal.h"

#include <math.h>
#include <string.h>

/* Work is cut by the problem, never by the number of threads: in about so many bands, of at
 * least and at most so many drawn numbers (4 and 32 MB). */
#define N_BANDS_WANTED   16
#define MIN_BAND_NUMBERS ((size_t)1 << 20)
#define MAX_BAND_NUMBERS ((size_t)1 << 23)
#define N_GROUPS         16 /* of bands, each with its own count of ranks */

/* Beyond this the Gaussian is below 3.4e-4 of its peak and says nothing of a share. */
#define GAUSSIAN_TEST_REACH_SD 4.0
#define TEST_CELL_PER_SD       0.75

/* A contour line runs where a margin is 1. What is outside stays a hair above it, what is not a
 * hair below, so that no rounding on the way to the line turns one into the other. */
#define MARGIN_HAIR 1e-4
#define MARGIN_MOST 10.0

typedef struct test_job {
    kerb_risk__labels labels;
    kerb_risk__reach reach;
    kerb_risk__urn urn;
    double place_agreement;
    size_t n_maps, stride;
    size_t n_bands, *band_row;       /* n_bands + 1 */
    kerb_risk__agreement *agreement; /* of each band */
    size_t *n_tested;                /* of each band */
    double *group_weight;            /* N_GROUPS x stride */
    float *per_marked, *per_other;   /* of each map: 1 / total weight of a label */
    kerb_risk__ranks groups[N_GROUPS];
    double *map_p;
    double *pointwise_p;    /* of each cell */
    double *higher, *lower; /* of each cell, at the level that is looked for */
    double level;
} test_job;

/* ----------------------------------------------------------------------- shares */

/* A band with the labels of its places, and room for the maps of one cell. */
typedef struct drawn_band {
    kerb_risk__band band;
    float *drawn;  /* places x stride */
    float *shares; /* stride */
} drawn_band;

static void clear_drawn(drawn_band *b)
{
    kerb_risk__band_clear(&b->band);
    kerb_free(b->drawn);
    kerb_free(b->shares);
}

static kerb_status open_drawn(const test_job *j, size_t i_band, drawn_band *b)
{
    *b = (drawn_band){0};
    kerb_status status =
        kerb_risk__band_open(&j->reach, j->band_row[i_band], j->band_row[i_band + 1], &b->band);
    if (status != KERB_OK)
        return status;
    size_t n = b->band.end_place - b->band.first_place;
    b->drawn = kerb_alloc_array(n * j->stride, sizeof *b->drawn);
    b->shares = kerb_alloc_array(j->stride, sizeof *b->shares);
    if (b->drawn == NULL || b->shares == NULL) {
        clear_drawn(b);
        return KERB_ERR_NOMEM;
    }
    for (size_t p = 0; p < n; p++)
        kerb_risk__draw(&j->labels, &j->urn, b->band.first_place + p, j->stride,
                        b->drawn + p * j->stride);
    return KERB_OK;
}

static void add_scaled(float *restrict sum, const float *restrict drawn, float kernel, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] += kernel * drawn[i];
}

/* From marked weight to the share of the mark, each label by its own total. What is left of the
 * total after rounding alone is no weight. */
static void make_shares(float *restrict shares, float total, const float *restrict per_marked,
                        const float *restrict per_other, size_t n)
{
    float least = total * 1e-6f;
    for (size_t i = 0; i < n; i++) {
        float rest = total - shares[i];
        float marked = shares[i] * per_marked[i];
        float other = rest > least ? rest * per_other[i] : 0.0f;
        shares[i] = marked > 0.0f ? marked / (marked + other) : 0.0f;
    }
}

/* Shares of the mark in all maps at a cell of the band; false where it is not tested. */
static bool find_shares(const test_job *j, const drawn_band *b, size_t cell)
{
    const kerb_risk__band *band = &b->band;
    float total = 0.0f;
    for (size_t i = band->start[cell]; i < band->start[cell + 1]; i++)
        total += band->kernel[i] * j->labels.total_weight[band->first_place + band->place[i]];
    if (!kerb_risk__is_tested((double)total))
        return false;
    memset(b->shares, 0, j->stride * sizeof *b->shares);
    for (size_t i = band->start[cell]; i < band->start[cell + 1]; i++)
        add_scaled(b->shares, b->drawn + band->place[i] * j->stride, band->kernel[i],
                   j->stride);
    make_shares(b->shares, total, j->per_marked, j->per_other, j->stride);
    return true;
}

/* ------------------------------------------------------------------------ passes */

static kerb_status work_agreement(void *user, size_t i_band)
{
    test_job *j = user;
    kerb_risk__band band;
    kerb_status status =
        kerb_risk__band_open(&j->reach, j->band_row[i_band], j->band_row[i_band + 1], &band);
    if (status != KERB_OK)
        return status;
    kerb_risk__add_agreement(&j->reach, &band, j->urn.mark_share, &j->agreement[i_band]);
    kerb_risk__band_clear(&band);
    return KERB_OK;
}

static kerb_status work_totals(void *user, size_t group)
{
    test_job *j = user;
    double *sum = j->group_weight + group * j->stride;
    float *drawn = kerb_alloc_array(j->stride, sizeof *drawn);
    size_t n = j->labels.n_places;
    if (drawn == NULL)
        return KERB_ERR_NOMEM;
    for (size_t p = n * group / N_GROUPS; p < n * (group + 1) / N_GROUPS; p++) {
        kerb_risk__draw(&j->labels, &j->urn, p, j->stride, drawn);
        for (size_t map = 0; map < j->stride; map++)
            sum[map] += (double)drawn[map];
    }
    kerb_free(drawn);
    return KERB_OK;
}

static void rank_band(test_job *j, const drawn_band *b, kerb_risk__ranks *ranks,
                      kerb_risk__sorter *sorter, size_t i_band)
{
    size_t n_cols = j->reach.spec->n_cols, first = b->band.first_row * n_cols;
    size_t n_cells = (b->band.end_row - b->band.first_row) * n_cols;
    for (size_t cell = 0; cell < n_cells; cell++) {
        if (!find_shares(j, b, cell))
            continue;
        j->pointwise_p[first + cell] = kerb_risk__rank_cell(ranks, sorter, b->shares);
        j->n_tested[i_band]++;
    }
}

static kerb_status work_ranks(void *user, size_t group)
{
    test_job *j = user;
    kerb_risk__ranks *ranks = &j->groups[group];
    kerb_risk__sorter sorter = {kerb_alloc_array(j->n_maps, sizeof *sorter.keys),
                                kerb_alloc_array(j->n_maps, sizeof *sorter.scratch)};
    kerb_status status = KERB_OK;
    ranks->n_maps = j->n_maps;
    ranks->n_bins = kerb_risk__n_bins(j->n_maps);
    ranks->count = kerb_calloc_array(ranks->n_maps * ranks->n_bins, sizeof *ranks->count);
    if (ranks->count == NULL || sorter.keys == NULL || sorter.scratch == NULL)
        status = KERB_ERR_NOMEM;
    for (size_t i = group; status == KERB_OK && i < j->n_bands; i += N_GROUPS) {
        drawn_band b;
        status = open_drawn(j, i, &b);
        if (status != KERB_OK)
            break;
        rank_band(j, &b, ranks, &sorter, i);
        clear_drawn(&b);
    }
    kerb_free(sorter.keys);
    kerb_free(sorter.scratch);
    return status;
}

/* How far a value lies over a limit; >= 1 only when it truly is over it. */
static double margin(double value, double limit, bool is_over)
{
    double ratio = limit > 0.0 ? value / limit : (value > 0.0 ? MARGIN_MOST : 0.0);
    if (is_over)
        return fmin(fmax(ratio, 1.0 + MARGIN_HAIR), MARGIN_MOST);
    return fmin(ratio, 1.0 - MARGIN_HAIR);
}

static kerb_status work_envelope(void *user, size_t i_band)
{
    test_job *j = user;
    size_t n_cols = j->reach.spec->n_cols;
    drawn_band b;
    kerb_status status = open_drawn(j, i_band, &b);
    if (status != KERB_OK)
        return status;
    size_t first = b.band.first_row * n_cols, n_cells = (b.band.end_row * n_cols) - first;
    for (size_t cell = 0; cell < n_cells; cell++) {
        float low = INFINITY, high = -INFINITY;
        if (!find_shares(j, &b, cell))
            continue;
        for (size_t map = 1; map < j->n_maps; map++) {
            if (j->map_p[map] <= j->level)
                continue; /* one of the most extreme, outside the envelope itself */
            low = fminf(low, b.shares[map]);
            high = fmaxf(high, b.shares[map]);
        }
        double share = (double)b.shares[0];
        j->higher[first + cell] = margin(share, (double)high, b.shares[0] > high);
        j->lower[first + cell] = margin(1.0 - share, 1.0 - (double)low, b.shares[0] < low);
    }
    clear_drawn(&b);
    return KERB_OK;
}

/* ------------------------------------------------------------------------ stages */

/* Rows of cells in runs whose places are few enough. */
static kerb_status cut_bands(kerb_ctx *ctx, test_job *j)
{
    size_t n_rows = j->reach.spec->n_rows, row = 0;
    size_t most = j->labels.n_places * j->stride / N_BANDS_WANTED;
    most = most < MIN_BAND_NUMBERS ? MIN_BAND_NUMBERS : most;
    most = most > MAX_BAND_NUMBERS ? MAX_BAND_NUMBERS : most;
    size_t most_rows = n_rows / N_BANDS_WANTED + 1;
    j->band_row = kerb_alloc_array(n_rows + 1, sizeof *j->band_row);
    if (j->band_row == NULL)
        return kerb_fail_nomem(ctx, "bands");
    while (row < n_rows) {
        size_t end = row + 1, from, to;
        j->band_row[j->n_bands++] = row;
        for (; end < n_rows && end - row < most_rows; end++) {
            kerb_risk__find_places(&j->reach, row, end + 1, &from, &to);
            if ((to - from) * j->stride > most)
                break;
        }
        row = end;
    }
    j->band_row[j->n_bands] = n_rows;
    j->agreement = kerb_calloc_array(j->n_bands, sizeof *j->agreement);
    j->n_tested = kerb_calloc_array(j->n_bands, sizeof *j->n_tested);
    if (j->agreement == NULL || j->n_tested == NULL)
        return kerb_fail_nomem(ctx, "bands");
    return KERB_OK;
}

/* Agreement within places, then the numbers every draw divides by. */
static kerb_status make_urn(kerb_ctx *ctx, test_job *j)
{
    kerb_risk__labels *labels = &j->labels;
    size_t n_marked = labels->marks_controls ? labels->n_controls : labels->n_cases;
    kerb_risk__agreement sums = {0};
    j->urn.seed = kerb_ctx_get_seed(ctx);
    j->urn.mark_share = (double)n_marked / (double)labels->n_rows;
    kerb_status status =
        kerb_parallel_for(ctx, "agreement of labels", j->n_bands, work_agreement, j);
    if (status != KERB_OK)
        return status;
    for (size_t i = 0; i < j->n_bands; i++)
        for (int size = 0; size < KERB_RISK__SIZES; size++) {
            sums.n[size] += j->agreement[i].n[size];
            sums.observed[size] += j->agreement[i].observed[size];
            sums.expected[size] += j->agreement[i].expected[size];
        }
    j->place_agreement = kerb_risk__settle_agreement(&sums, j->urn.agreement);
    return kerb_risk__urn_open(ctx, labels, &j->urn);
}

/* Total weight of both labels in every map. */
static kerb_status find_totals(kerb_ctx *ctx, test_job *j)
{
    double all = 0.0;
    j->group_weight = kerb_calloc_array(N_GROUPS * j->stride, sizeof *j->group_weight);
    j->per_marked = kerb_calloc_array(j->stride, sizeof *j->per_marked);
    j->per_other = kerb_calloc_array(j->stride, sizeof *j->per_other);
    if (j->group_weight == NULL || j->per_marked == NULL || j->per_other == NULL)
        return kerb_fail_nomem(ctx, "labels");
    kerb_status status = kerb_parallel_for(ctx, "labels", N_GROUPS, work_totals, j);
    if (status != KERB_OK)
        return status;
    for (size_t p = 0; p < j->labels.n_places; p++)
        all += (double)j->labels.total_weight[p];
    for (size_t map = 0; map < j->stride; map++) {
        double marked = 0.0;
        for (size_t group = 0; group < N_GROUPS; group++)
            marked += j->group_weight[group * j->stride + map];
        j->per_marked[map] = marked > 0.0 ? (float)(1.0 / marked) : 0.0f;
        j->per_other[map] = marked < all ? (float)(1.0 / (all - marked)) : 0.0f;
    }
    return KERB_OK;
}

static kerb_status rank_maps(kerb_ctx *ctx, test_job *j)
{
    kerb_risk__ranks *sum = &j->groups[0];
    kerb_status status = kerb_parallel_for(ctx, "maps", N_GROUPS, work_ranks, j);
    if (status != KERB_OK)
        return status;
    for (size_t group = 1; group < N_GROUPS; group++)
        for (size_t i = 0; i < sum->n_maps * sum->n_bins; i++)
            sum->count[i] += j->groups[group].count[i];
    j->map_p = kerb_alloc_array(j->n_maps, sizeof *j->map_p);
    if (j->map_p == NULL)
        return kerb_fail_nomem(ctx, "the order of maps");
    return kerb_risk__order_maps(ctx, sum, j->map_p);
}

/* The margins of a level, when the map lies outside its envelope at all. */
static kerb_status draw_level(kerb_ctx *ctx, test_job *j, kerb_risk_level level,
                              kerb_risk_test *test)
{
    static const double levels[KERB_RISK_LEVELS] = {0.05, 0.01};
    kerb_grid *up = NULL, *down = NULL;
    /* a hair of room, since 50 / 1000 need not be the 0.05 of the table */
    j->level = levels[level] + 1e-12;
    if (j->map_p[0] > j->level)
        return KERB_OK;
    kerb_status status = kerb_grid_new(ctx, j->reach.spec, (double)NAN, &up);
    if (status == KERB_OK)
        status = kerb_grid_new(ctx, j->reach.spec, (double)NAN, &down);
    if (status == KERB_OK) {
        j->higher = kerb_grid_values(up);
        j->lower = kerb_grid_values(down);
        status = kerb_parallel_for(ctx, "envelope", j->n_bands, work_envelope, j);
    }
    if (status == KERB_OK) {
        test->higher[level] = j->labels.marks_controls ? down : up;
        test->lower[level] = j->labels.marks_controls ? up : down;
        return KERB_OK;
    }
    kerb_grid_free(up);
    kerb_grid_free(down);
    return status;
}

static kerb_status run_test(kerb_ctx *ctx, test_job *j, kerb_risk_test *test)
{
    kerb_status status = cut_bands(ctx, j);
    if (status == KERB_OK)
        status = make_urn(ctx, j);
    if (status == KERB_OK)
        status = find_totals(ctx, j);
    if (status == KERB_OK)
        status = kerb_grid_new(ctx, j->reach.spec, (double)NAN, &test->pointwise_p);
    if (status == KERB_OK) {
        j->pointwise_p = kerb_grid_values(test->pointwise_p);
        status = rank_maps(ctx, j);
    }
    for (size_t i = 0; status == KERB_OK && i < j->n_bands; i++)
        test->n_cells += j->n_tested[i];
    if (status == KERB_OK && test->n_cells == 0)
        status =
            kerb_fail(ctx, KERB_ERR_EMPTY,
                      "nowhere do %g cases and controls lie within reach of a cell: choose "
                      "a larger bandwidth or another study area",
                      KERB_RISK_MIN_SUPPORT);
    for (int level = 0; status == KERB_OK && level < KERB_RISK_LEVELS; level++)
        status = draw_level(ctx, j, (kerb_risk_level)level, test);
    return status;
}

static void clear_job(test_job *j)
{
    for (size_t group = 0; group < N_GROUPS; group++)
        kerb_free(j->groups[group].count);
    kerb_free(j->map_p);
    kerb_free(j->per_other);
    kerb_free(j->per_marked);
    kerb_free(j->group_weight);
    kerb_risk__urn_clear(&j->urn);
    kerb_free(j->n_tested);
    kerb_free(j->agreement);
    kerb_free(j->band_row);
    kerb_risk__labels_clear(&j->labels);
}

/* ------------------------------------------------------------------------ public */

kerb_grid_spec kerb_risk_test_spec(const kerb_grid_spec *surface, kerb_kernel kernel,
                                   double bandwidth_m)
{
    double most_m = TEST_CELL_PER_SD * kerb_kernel_sd_m(kernel, bandwidth_m);
    double multiple = floor(most_m / surface->cell_m);
    size_t longest = surface->n_rows > surface->n_cols ? surface->n_rows : surface->n_cols;
    multiple = fmin(fmax(multiple, 1.0), (double)longest);
    size_t m = (size_t)multiple;
    return (kerb_grid_spec){.xmin = surface->xmin,
                            .ymax = surface->ymax,
                            .cell_m = surface->cell_m * multiple,
                            .n_rows = (surface->n_rows + m - 1) / m,
                            .n_cols = (surface->n_cols + m - 1) / m};
}

static kerb_status check_options(kerb_ctx *ctx, const kerb_risk_options *options,
                                 const kerb_grid_spec *spec)
{
    if (!kerb_density__has_kernel(options->kernel))
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kernel number %d", (int)options->kernel);
    if (!(options->bandwidth_m >= 1e-30 && options->bandwidth_m <= 1e30))
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "bandwidth must lie between 1e-30 and 1e30, got %g",
                         options->bandwidth_m);
    if (options->n_replicates < KERB_RISK_MIN_REPLICATES ||
        options->n_replicates > KERB_RISK_MAX_REPLICATES)
        return kerb_fail(
            ctx, KERB_ERR_RANGE,
            "replicates must lie between %d and %d, got %zu: with fewer no line at "
            "1 %% can be drawn, and 999 steady it",
            KERB_RISK_MIN_REPLICATES, KERB_RISK_MAX_REPLICATES, options->n_replicates);
    return kerb_grid_spec_check(ctx, spec);
}

kerb_status kerb_risk_test_new(kerb_ctx *ctx, const kerb_events *cases,
                               const kerb_events *controls, const double *case_factors,
                               const double *control_factors, const kerb_risk_options *options,
                               const kerb_grid_spec *spec, const uint8_t *mask,
                               kerb_risk_test **out)
{
    test_job job = {.n_maps = options->n_replicates + 1,
                    .stride = kerb_risk__stride(options->n_replicates)};
    kerb_risk_test *test = NULL;
    kerb_status status = check_options(ctx, options, spec);
    if (status != KERB_OK)
        return status;
    status =
        kerb_risk__labels_new(ctx, cases, controls, case_factors, control_factors, &job.labels);
    if (status != KERB_OK)
        goto done;
    double reach_m = kerb_kernel_reach_m(options->kernel, options->bandwidth_m);
    if (options->kernel == KERB_KERNEL_GAUSSIAN)
        reach_m = GAUSSIAN_TEST_REACH_SD * options->bandwidth_m;
    job.reach = (kerb_risk__reach){.labels = &job.labels,
                                   .spec = spec,
                                   .mask = mask,
                                   .kernel = options->kernel,
                                   .bandwidth_m = options->bandwidth_m,
                                   .reach_m = reach_m};
    test = kerb_calloc_array(1, sizeof *test);
    if (test == NULL) {
        status = kerb_fail_nomem(ctx, "the test");
        goto done;
    }
    status = run_test(ctx, &job, test);
    if (status != KERB_OK)
        goto done;
    test->map_p = job.map_p[0];
    test->n_replicates = options->n_replicates;
    test->n_cases = job.labels.n_cases;
    test->n_controls = job.labels.n_controls;
    test->n_places = job.labels.n_places;
    test->place_agreement = job.place_agreement;
    *out = test, test = NULL;
done:
    kerb_risk_test_free(test);
    clear_job(&job);
    return status;
}

void kerb_risk_test_free(kerb_risk_test *test)
{
    if (test == NULL)
        return;
    for (int level = 0; level < KERB_RISK_LEVELS; level++) {
        kerb_grid_free(test->higher[level]);
        kerb_grid_free(test->lower[level]);
    }
    kerb_grid_free(test->pointwise_p);
    kerb_free(test);
}
