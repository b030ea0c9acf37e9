/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places with labelled rows, and labels dealt at random.
 *
 * Published records are moved to a fixed list of points, 8 to 15 rows each. If labels were
 * dealt row by row, a place with 40 burglaries out of 50 crimes would pass for 50 independent
 * witnesses. Polya's urn deals them so that they agree as much as the data do: row j of a place
 * copies one of the j - 1 before it with probability c, or takes a fresh label,
 *
 *     P(mark | a of the j - 1 before are marked)
 *         = (share (1 - agreement) + agreement a) / (1 - agreement + agreement (j - 1))
 *
 * which is row by row for agreement 0 and place by place for 1. The count of a place is then
 * beta-binomial with intraclass correlation `agreement`. Source: Blackwell & MacQueen (1973).
 */
#include "risk_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PURPOSE 0x7269736Bu /* "risk" */

typedef struct labelled_row {
    double x, y, weight, factor;
    bool is_case;
} labelled_row;

static int compare_rows(const void *a, const void *b)
{
    const labelled_row *p = a, *q = b;
    if (p->y < q->y || p->y > q->y)
        return p->y < q->y ? -1 : 1;
    if (p->x < q->x || p->x > q->x)
        return p->x < q->x ? -1 : 1;
    if (p->weight < q->weight || p->weight > q->weight)
        return p->weight < q->weight ? -1 : 1;
    return (int)p->is_case - (int)q->is_case;
}

static bool is_same_place(const labelled_row *a, const labelled_row *b)
{
    return !(a->x < b->x) && !(a->x > b->x) && !(a->y < b->y) && !(a->y > b->y);
}

/* Append the located rows of one label. */
static kerb_status take_rows(kerb_ctx *ctx, const kerb_events *events, const double *factors,
                             bool is_case, labelled_row *rows, size_t *n)
{
    const char *label = is_case ? "case" : "control";
    bool has_weight = false;
    for (size_t i = 0; i < events->n; i++) {
        double weight = events->weight ? events->weight[i] : 1.0;
        double factor = factors ? factors[i] : 1.0;
        if (isnan(events->x[i]) || isnan(events->y[i]))
            continue;
        if (!(weight >= 0.0) || isinf(weight) || !(factor >= 0.0) || isinf(factor))
            return kerb_fail(
                ctx, KERB_ERR_ARG,
                "%s %zu: weight and factor must be finite and not negative, got %g "
                "and %g",
                label, i + 1, weight, factor);
        has_weight |= weight > 0.0;
        rows[(*n)++] = (labelled_row){.x = events->x[i] + 0.0, /* -0 becomes 0 */
                                      .y = events->y[i] + 0.0,
                                      .weight = weight,
                                      .factor = factor,
                                      .is_case = is_case};
    }
    if (!has_weight)
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         is_case ? "no cases with coordinates: there is nothing to compare"
                                 : "no controls with coordinates: there is nothing to compare "
                                   "with");
    return KERB_OK;
}

/* Weights in units of the mean of their label; summed in the order of the table, so that the
 * order of the rows does not show in the last bits. */
static void scale_weights(labelled_row *rows, size_t n)
{
    double sum[2] = {0.0, 0.0};
    size_t count[2] = {0, 0};
    for (size_t i = 0; i < n; i++) {
        sum[rows[i].is_case] += rows[i].weight;
        count[rows[i].is_case]++;
    }
    for (size_t i = 0; i < n; i++)
        rows[i].weight /= sum[rows[i].is_case] / (double)count[rows[i].is_case];
}

static kerb_status alloc_labels(kerb_ctx *ctx, size_t n_rows, size_t n_places,
                                kerb_risk__labels *labels)
{
    labels->n_rows = n_rows;
    labels->n_places = n_places;
    labels->x = kerb_alloc_array(n_places, sizeof *labels->x);
    labels->y = kerb_alloc_array(n_places, sizeof *labels->y);
    labels->factor = kerb_alloc_array(n_places, sizeof *labels->factor);
    labels->first_row = kerb_alloc_array(n_places + 1, sizeof *labels->first_row);
    labels->weight = kerb_alloc_array(n_rows, sizeof *labels->weight);
    labels->n_marked = kerb_calloc_array(n_places, sizeof *labels->n_marked);
    labels->marked_weight = kerb_calloc_array(n_places, sizeof *labels->marked_weight);
    labels->total_weight = kerb_calloc_array(n_places, sizeof *labels->total_weight);
    if (!labels->x || !labels->y || !labels->factor || !labels->first_row || !labels->weight ||
        !labels->n_marked || !labels->marked_weight || !labels->total_weight)
        return kerb_fail_nomem(ctx, "places with their labels");
    return KERB_OK;
}

/* Of equal numbers the label of the first place where they differ has the mark. */
static bool controls_are_marked(const labelled_row *rows, size_t n, size_t n_cases)
{
    if (n_cases * 2 != n)
        return n_cases * 2 > n;
    for (size_t i = 0; i < n;) {
        size_t end = i;
        long more_cases = 0;
        for (; end < n && is_same_place(&rows[i], &rows[end]); end++)
            more_cases += rows[end].is_case ? 1 : -1;
        if (more_cases != 0)
            return more_cases < 0;
        i = end;
    }
    return false;
}

static void fill_labels(const labelled_row *rows, kerb_risk__labels *labels)
{
    size_t p = SIZE_MAX;
    for (size_t i = 0; i < labels->n_rows; i++) {
        if (i == 0 || !is_same_place(&rows[i], &rows[i - 1])) {
            p++;
            labels->x[p] = rows[i].x;
            labels->y[p] = rows[i].y;
            labels->factor[p] = rows[i].factor;
            labels->first_row[p] = i;
        }
        float weight = (float)rows[i].weight;
        labels->weight[i] = weight;
        labels->total_weight[p] += weight;
        labels->is_weighted |= weight < 1.0f || weight > 1.0f;
        if (rows[i].is_case != labels->marks_controls) {
            labels->n_marked[p]++;
            labels->marked_weight[p] += weight;
        }
        size_t n_here = i + 1 - labels->first_row[p];
        if (n_here > labels->most_rows)
            labels->most_rows = (uint32_t)n_here;
    }
    labels->first_row[labels->n_places] = labels->n_rows;
}

kerb_status kerb_risk__labels_new(kerb_ctx *ctx, const kerb_events *cases,
                                  const kerb_events *controls, const double *case_factors,
                                  const double *control_factors, kerb_risk__labels *out)
{
    size_t n = 0, n_places = 0;
    labelled_row *rows = kerb_alloc_array(cases->n + controls->n, sizeof *rows);
    if (rows == NULL)
        return kerb_fail_nomem(ctx, "labelled rows");
    kerb_status status = take_rows(ctx, cases, case_factors, true, rows, &n);
    size_t n_cases = n;
    if (status == KERB_OK)
        status = take_rows(ctx, controls, control_factors, false, rows, &n);
    if (status == KERB_OK && n > UINT32_MAX)
        status =
            kerb_fail(ctx, KERB_ERR_RANGE, "%zu rows are more than labels can be dealt to", n);
    if (status == KERB_OK) {
        qsort(rows, n, sizeof *rows, compare_rows);
        scale_weights(rows, n);
        for (size_t i = 0; i < n; i++)
            n_places += i == 0 || !is_same_place(&rows[i], &rows[i - 1]);
        status = alloc_labels(ctx, n, n_places, out);
    }
    if (status == KERB_OK) {
        out->n_cases = n_cases;
        out->n_controls = n - n_cases;
        out->marks_controls = controls_are_marked(rows, n, n_cases);
        fill_labels(rows, out);
    }
    kerb_free(rows);
    return status;
}

void kerb_risk__labels_clear(kerb_risk__labels *labels)
{
    kerb_free(labels->x);
    kerb_free(labels->y);
    kerb_free(labels->factor);
    kerb_free(labels->first_row);
    kerb_free(labels->weight);
    kerb_free(labels->n_marked);
    kerb_free(labels->marked_weight);
    kerb_free(labels->total_weight);
    *labels = (kerb_risk__labels){0};
}

int kerb_risk__size_class(size_t n_rows)
{
    int size = 0;
    for (; n_rows > 1 && size + 1 < KERB_RISK__SIZES; n_rows >>= 1)
        size++;
    return size;
}

kerb_status kerb_risk__urn_open(kerb_ctx *ctx, const kerb_risk__labels *labels,
                                kerb_risk__urn *urn)
{
    for (int size = 0; size <= kerb_risk__size_class(labels->most_rows); size++) {
        size_t n = (size_t)2 << size; /* more than any place of the size has */
        n = n < labels->most_rows ? n : labels->most_rows;
        urn->scale[size] = kerb_alloc_array(n, sizeof **urn->scale);
        if (urn->scale[size] == NULL)
            return kerb_fail_nomem(ctx, "labels");
        for (size_t j = 0; j < n; j++)
            urn->scale[size][j] = 0x1p32 / (1.0 + urn->agreement[size] * ((double)j - 1.0));
    }
    return KERB_OK;
}

void kerb_risk__urn_clear(kerb_risk__urn *urn)
{
    for (int size = 0; size < KERB_RISK__SIZES; size++)
        kerb_free(urn->scale[size]);
}

size_t kerb_risk__stride(size_t n_replicates)
{
    return (n_replicates + 1 + KERB_RANDOM_LANES - 1) / KERB_RANDOM_LANES * KERB_RANDOM_LANES;
}

/* One place in the replicates first_map to first_map + KERB_RANDOM_LANES - 1. */
static void draw_lanes(const kerb_risk__labels *labels, const kerb_risk__urn *urn, size_t place,
                       uint32_t first_map, float *out)
{
    uint32_t bits[4][KERB_RANDOM_LANES];
    double n_marked[KERB_RANDOM_LANES] = {0.0};
    float marked_weight[KERB_RANDOM_LANES] = {0.0f};
    size_t first = labels->first_row[place], n = labels->first_row[place + 1] - first;
    int size = kerb_risk__size_class(n);
    double copied = urn->agreement[size], fresh = urn->mark_share * (1.0 - copied);
    const double *scales = urn->scale[size];
    for (size_t j = 0; j < n; j++) {
        if (j % 4 == 0) {
            const uint32_t counter[4] = {first_map, (uint32_t)place, (uint32_t)(j / 4),
                                         PURPOSE};
            kerb_random_bits_in_lanes(urn->seed, counter, bits);
        }
        double scale = scales[j];
        float weight = labels->weight[first + j];
        for (int lane = 0; lane < KERB_RANDOM_LANES; lane++) {
            double limit = (fresh + copied * n_marked[lane]) * scale;
            bool is_marked = (double)bits[j % 4][lane] + 0.5 < limit;
            n_marked[lane] += is_marked ? 1.0 : 0.0;
            marked_weight[lane] += is_marked ? weight : 0.0f;
        }
    }
    memcpy(out, marked_weight, sizeof marked_weight);
}

void kerb_risk__draw(const kerb_risk__labels *labels, const kerb_risk__urn *urn, size_t place,
                     size_t stride, float *out)
{
    for (size_t map = 0; map < stride; map += KERB_RANDOM_LANES)
        draw_lanes(labels, urn, place, (uint32_t)map, out + map);
    out[0] = labels->marked_weight[place];
}
