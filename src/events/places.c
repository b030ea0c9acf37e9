/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct places: rows with the same coordinates become one. Published police records are
 * moved to a fixed list of points, so real months hold 8 to 15 rows a place and whatever is
 * summed over places costs that much less. Rows are sorted by y, then x, then weight, so the
 * table of places is the same bits whatever order the rows came in. */
#include "events_internal.h"

#include <math.h>

/* Weights are added with the rounding error of each addition carried along; whole numbers are
 * exact anyway. Source: Neumaier (1974), as given in Higham (2002) section 4.3. */
typedef struct running_sum {
    double sum, error;
} running_sum;

static void add_to_sum(running_sum *s, double value)
{
    double sum = s->sum + value;
    s->error += s->sum >= value ? (s->sum - sum) + value : (value - sum) + s->sum;
    s->sum = sum;
}

static void sort_by(kerb_events__keyed *rows, kerb_events__keyed *scratch, size_t n,
                    const double *column)
{
    for (size_t i = 0; i < n; i++)
        rows[i].key = kerb_events__key_of_double(column[rows[i].row]);
    kerb_events__sort(rows, scratch, n);
}

typedef struct columns {
    size_t n;
    const double *x, *y, *weight; /* weight NULL: each is 1 */
} columns;

static bool is_new_place(const columns *points, const kerb_events__keyed *rows, size_t i)
{
    return i == 0 || points->x[rows[i].row] != points->x[rows[i - 1].row] ||
           points->y[rows[i].row] != points->y[rows[i - 1].row];
}

static kerb_status alloc_places(kerb_ctx *ctx, size_t n, kerb_places **out)
{
    kerb_places *places = kerb_calloc_array(1, sizeof *places);
    if (!places)
        return kerb_fail_nomem(ctx, "places");
    places->n = n;
    places->x = kerb_alloc_array(n, sizeof *places->x);
    places->y = kerb_alloc_array(n, sizeof *places->y);
    places->weight = kerb_alloc_array(n, sizeof *places->weight);
    places->count = kerb_alloc_array(n, sizeof *places->count);
    if (!places->x || !places->y || !places->weight || !places->count) {
        kerb_places_free(places);
        return kerb_fail_nomem(ctx, "places");
    }
    *out = places;
    return KERB_OK;
}

static void fill_places(const columns *points, const kerb_events__keyed *rows, size_t n_rows,
                        kerb_places *places)
{
    size_t i_place = 0;
    for (size_t i = 0; i < n_rows; i_place++) {
        running_sum weight = {0.0, 0.0};
        uint32_t count = 0;
        size_t first = rows[i].row;
        do {
            add_to_sum(&weight, points->weight ? points->weight[rows[i].row] : 1.0);
            count += count < UINT32_MAX;
            i++;
        } while (i < n_rows && !is_new_place(points, rows, i));
        places->x[i_place] = points->x[first] + 0.0; /* -0 becomes 0 */
        places->y[i_place] = points->y[first] + 0.0;
        places->weight[i_place] = weight.sum + weight.error;
        places->count[i_place] = count;
    }
}

static kerb_status make_places(kerb_ctx *ctx, const columns *points, kerb_places **out)
{
    kerb_status status = KERB_OK;
    kerb_events__keyed *rows = NULL, *scratch = NULL;
    size_t n_rows = 0, n_places = 0;

    for (size_t i = 0; i < points->n; i++)
        n_rows += isnan(points->x[i]) ? 0 : 1;
    rows = kerb_alloc_array(n_rows, sizeof *rows);
    scratch = kerb_alloc_array(n_rows, sizeof *scratch);
    if (!rows || !scratch) {
        status = kerb_fail_nomem(ctx, "sorting events by place");
        goto done;
    }
    size_t n = 0;
    for (size_t i = 0; i < points->n; i++)
        if (!isnan(points->x[i]))
            rows[n++].row = i;
    if (points->weight)
        sort_by(rows, scratch, n_rows, points->weight);
    sort_by(rows, scratch, n_rows, points->x);
    sort_by(rows, scratch, n_rows, points->y);
    kerb_free(scratch), scratch = NULL;

    for (size_t i = 0; i < n_rows; i++)
        n_places += is_new_place(points, rows, i) ? 1 : 0;
    kerb_places *places = NULL;
    status = alloc_places(ctx, n_places, &places);
    if (status != KERB_OK)
        goto done;
    fill_places(points, rows, n_rows, places);
    *out = places;
done:
    kerb_free(scratch);
    kerb_free(rows);
    return status;
}

kerb_status kerb_places_new(kerb_ctx *ctx, const kerb_events *events, kerb_places **out)
{
    const columns points = {events->n, events->x, events->y, events->weight};
    return make_places(ctx, &points, out);
}

kerb_status kerb_places_of_points(kerb_ctx *ctx, size_t n, const double *x, const double *y,
                                  const double *weight, kerb_places **out)
{
    const columns points = {n, x, y, weight};
    return make_places(ctx, &points, out);
}

void kerb_places_free(kerb_places *places)
{
    if (!places)
        return;
    kerb_free(places->count);
    kerb_free(places->weight);
    kerb_free(places->y);
    kerb_free(places->x);
    kerb_free(places);
}
