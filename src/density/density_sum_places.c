/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of places of the method "sum": distinct, with their weights, in classes of similar
 * reach. Points at one place are one place only if they have one bandwidth. */
#include "density_sum.h"

#include "kerb_base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct row {
    int i_class; /* exponent of the reach: a class spans a factor of two */
    double y, x, bandwidth_m, weight;
} row;

static int exponent_of(double reach_m)
{
    int exponent;
    frexp(reach_m, &exponent);
    return exponent;
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

/* All members, so that equal rows are the same bits and their order does not matter. */
static int compare_rows(const void *a, const void *b)
{
    const row *p = a, *q = b;
    int by = (p->i_class > q->i_class) - (p->i_class < q->i_class);
    by = by ? by : compare(p->y, q->y);
    by = by ? by : compare(p->x, q->x);
    by = by ? by : compare(p->bandwidth_m, q->bandwidth_m);
    return by ? by : compare(p->weight, q->weight);
}

static bool is_same_place(const row *a, const row *b)
{
    return a->y == b->y && a->x == b->x && a->bandwidth_m == b->bandwidth_m;
}

/* Rows with coordinates, sorted; equal ones merged. *n becomes the number of places. */
static void sort_rows(const kerb_density_points *points, kerb_kernel kernel, bool is_squared,
                      row *rows, size_t *n)
{
    size_t n_rows = 0, n_places = 0;
    for (size_t i = 0; i < points->n; i++) {
        double weight = points->weight ? points->weight[i] : 1.0, h = points->bandwidth_m[i];
        if (isnan(points->x[i]))
            continue;
        rows[n_rows++] = (row){.i_class = exponent_of(kerb_kernel_reach_m(kernel, h)),
                               .y = points->y[i] + 0.0, /* -0 becomes 0 */
                               .x = points->x[i] + 0.0,
                               .bandwidth_m = h,
                               .weight = is_squared ? weight * weight : weight};
    }
    qsort(rows, n_rows, sizeof *rows, compare_rows);
    for (size_t i = 0; i < n_rows; i++) {
        if (n_places > 0 && is_same_place(&rows[n_places - 1], &rows[i]))
            rows[n_places - 1].weight += rows[i].weight;
        else
            rows[n_places++] = rows[i];
    }
    *n = n_places;
}

/* ---------------------------------------------------------------------------- table */

static kerb_status alloc_places(kerb_ctx *ctx, size_t n, size_t n_classes, bool has_bandwidths,
                                kerb_density__places **out)
{
    kerb_density__places *places = kerb_calloc_array(1, sizeof *places);
    if (!places)
        return kerb_fail_nomem(ctx, "places");
    places->n = n;
    places->n_classes = n_classes;
    places->x = kerb_alloc_array(n, sizeof *places->x);
    places->y = kerb_alloc_array(n, sizeof *places->y);
    places->weight = kerb_alloc_array(n, sizeof *places->weight);
    places->classes = kerb_alloc_array(n_classes, sizeof *places->classes);
    if (has_bandwidths)
        places->bandwidth_m = kerb_alloc_array(n, sizeof *places->bandwidth_m);
    if (!places->x || !places->y || !places->weight || !places->classes ||
        (has_bandwidths && !places->bandwidth_m)) {
        kerb_density__places_free(places);
        return kerb_fail_nomem(ctx, "places");
    }
    *out = places;
    return KERB_OK;
}

void kerb_density__places_free(kerb_density__places *places)
{
    if (!places)
        return;
    kerb_free(places->bandwidth_m);
    kerb_free(places->classes);
    kerb_free(places->weight);
    kerb_free(places->y);
    kerb_free(places->x);
    kerb_free(places);
}

static size_t count_classes(const row *rows, size_t n)
{
    size_t n_classes = 0;
    for (size_t i = 0; i < n; i++)
        n_classes += i == 0 || rows[i].i_class != rows[i - 1].i_class;
    return n_classes;
}

static void fill_places(kerb_kernel kernel, bool is_squared, const row *rows,
                        kerb_density__places *places)
{
    kerb_density__class *class = places->classes;
    for (size_t i = 0; i < places->n; i++) {
        double reach_m = kerb_kernel_reach_m(kernel, rows[i].bandwidth_m);
        if (i == 0 || rows[i].i_class != rows[i - 1].i_class) {
            class = i == 0 ? class : class + 1;
            *class = (kerb_density__class){.from = i, .per_m = ldexp(1.0, 1 - rows[i].i_class)};
        }
        class->to = i + 1;
        class->reach_m = fmax(class->reach_m, reach_m);
        places->x[i] = rows[i].x;
        places->y[i] = rows[i].y;
        places->bandwidth_m[i] = rows[i].bandwidth_m;
        double scale = kerb_density__scale(kernel, rows[i].bandwidth_m * class->per_m) *
                       (class->per_m * class->per_m);
        places->weight[i] = rows[i].weight * (is_squared ? scale * scale : scale);
    }
}

static kerb_status new_of_bandwidths(kerb_ctx *ctx, const kerb_density__task *task,
                                     kerb_density__places **out)
{
    kerb_kernel kernel = task->options->kernel;
    bool is_squared = task->options->is_squared;
    size_t n = 0;
    row *rows = kerb_alloc_array(task->points->n, sizeof *rows);
    if (!rows)
        return kerb_fail_nomem(ctx, "sorting events by bandwidth and place");
    sort_rows(task->points, kernel, is_squared, rows, &n);
    kerb_density__places *places = NULL;
    kerb_status status = alloc_places(ctx, n, count_classes(rows, n), true, &places);
    if (status == KERB_OK) {
        fill_places(kernel, is_squared, rows, places);
        *out = places;
    }
    kerb_free(rows);
    return status;
}

/* ---------------------------------------------------------------- one bandwidth for all */

static kerb_status square_weights(kerb_ctx *ctx, const kerb_density_points *points,
                                  double **out)
{
    double *squares = kerb_alloc_array(points->n, sizeof *squares);
    if (!squares)
        return kerb_fail_nomem(ctx, "squares of weights");
    for (size_t i = 0; i < points->n; i++)
        squares[i] = points->weight[i] * points->weight[i];
    *out = squares;
    return KERB_OK;
}

static kerb_status new_of_one_bandwidth(kerb_ctx *ctx, const kerb_density__task *task,
                                        kerb_density__places **out)
{
    const kerb_density_points *points = task->points;
    double reach_m = kerb_kernel_reach_m(task->options->kernel, task->options->bandwidth_m);
    double *squares = NULL;
    kerb_places *merged = NULL;
    kerb_density__places *places = NULL;
    kerb_status status = KERB_OK;
    if (task->options->is_squared && points->weight)
        status = square_weights(ctx, points, &squares);
    if (status == KERB_OK)
        status = kerb_places_of_points(ctx, points->n, points->x, points->y,
                                       squares ? squares : points->weight, &merged);
    if (status == KERB_OK)
        status = alloc_places(ctx, merged->n, 1, false, &places);
    if (status == KERB_OK) {
        memcpy(places->x, merged->x, merged->n * sizeof *places->x);
        memcpy(places->y, merged->y, merged->n * sizeof *places->y);
        memcpy(places->weight, merged->weight, merged->n * sizeof *places->weight);
        places->classes[0] =
            (kerb_density__class){.from = 0,
                                  .to = merged->n,
                                  .reach_m = reach_m,
                                  .per_m = ldexp(1.0, 1 - exponent_of(reach_m))};
        *out = places;
    }
    kerb_places_free(merged);
    kerb_free(squares);
    return status;
}

kerb_status kerb_density__places_new(kerb_ctx *ctx, const kerb_density__task *task,
                                     kerb_density__places **out)
{
    return task->points->bandwidth_m ? new_of_bandwidths(ctx, task, out)
                                     : new_of_one_bandwidth(ctx, task, out);
}
