/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drawing points as another program would: its places, its cells, its kernel, its factor; and
 * what the places alone change.
 */
#include "like_internal.h"

#include "kerb_base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static kerb_status check_wishes(kerb_ctx *ctx, const kerb_density_points *points,
                                const kerb_like_options *options)
{
    const kerb_like_facts *facts = kerb_like_facts_of(options->like);
    if (options->like == KERB_LIKE_NONE || (unsigned)options->like >= KERB_LIKE_COUNT)
        return kerb_fail(ctx, KERB_ERR_ARG, "no program %d to draw like", (int)options->like);
    if ((unsigned)options->kernel >= KERB_KERNEL_COUNT)
        return kerb_fail(ctx, KERB_ERR_ARG, "no kernel %d", (int)options->kernel);
    if (!(facts->kernels & 1u << options->kernel)) {
        kerb_text list = {0};
        for (int k = 0; k < KERB_KERNEL_COUNT; k++)
            if (facts->kernels & 1u << k)
                kerb_text_add_format(&list, "%s%s", list.length > 0 ? ", " : "",
                                     kerb_kernel_name((kerb_kernel)k));
        kerb_status status = kerb_fail(
            ctx, KERB_ERR_UNSUPPORTED, "%s has no %s kernel, only %s", facts->program,
            kerb_kernel_name(options->kernel), list.data != NULL ? list.data : "others");
        kerb_text_clear(&list);
        return status;
    }
    if (options->has_box && !facts->takes_box)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "%s takes no box: its cells cover the points and one radius more; "
                         "leave --bbox out",
                         facts->program);
    if (points->n == 0)
        return kerb_fail(ctx, KERB_ERR_EMPTY, "there are no points to draw like %s",
                         facts->program);
    if (!options->has_bandwidth && !facts->has_default_radius)
        return kerb_fail(ctx, KERB_ERR_ARG, "%s chooses no radius from the points: give one",
                         facts->program);
    return KERB_OK;
}

/* ------------------------------------------------------------- default radius of ArcGIS */

typedef struct weighed {
    double distance_m, weight;
} weighed;

static int compare_distances(const void *a, const void *b)
{
    double p = ((const weighed *)a)->distance_m, q = ((const weighed *)b)->distance_m;
    return (p > q) - (p < q);
}

/* The distance that half the weight does not exceed; between two when they share it. */
static double median_distance_m(weighed *of, size_t n, double weight)
{
    double sum = 0.0;
    qsort(of, n, sizeof *of, compare_distances);
    for (size_t i = 0; i < n; i++) {
        sum += of[i].weight;
        if (sum > 0.5 * weight)
            return of[i].distance_m;
        if (sum == 0.5 * weight && i + 1 < n)
            return 0.5 * (of[i].distance_m + of[i + 1].distance_m);
    }
    return of[n - 1].distance_m;
}

kerb_status kerb_like_arcgis_radius_m(kerb_ctx *ctx, const kerb_density_points *points,
                                      double *out)
{
    double weight = 0.0, x = 0.0, y = 0.0, squares = 0.0;
    weighed *of = kerb_alloc_array(points->n + 1, sizeof *of);
    kerb_status status = KERB_OK;
    if (of == NULL)
        return kerb_fail_nomem(ctx, "the distances");
    for (size_t i = 0; i < points->n; i++) {
        of[i].weight = points->weight != NULL ? points->weight[i] : 1.0;
        weight += of[i].weight;
        x += of[i].weight * (points->x[i] - points->x[0]);
        y += of[i].weight * (points->y[i] - points->y[0]);
    }
    if (!(weight > 0.0)) {
        status = kerb_fail(ctx, KERB_ERR_EMPTY,
                           "there are no points with a weight to choose a "
                           "radius from");
        goto done;
    }
    x = points->x[0] + x / weight, y = points->y[0] + y / weight;
    for (size_t i = 0; i < points->n; i++) {
        double dx = points->x[i] - x, dy = points->y[i] - y;
        of[i].distance_m = sqrt(dx * dx + dy * dy);
        squares += of[i].weight * (dx * dx + dy * dy);
    }
    double standard_distance_m = sqrt(squares / weight);
    double median_m = median_distance_m(of, points->n, weight) * sqrt(1.0 / log(2.0));
    double radius_m = 0.9 * fmin(standard_distance_m, median_m) * pow(weight, -0.2);
    if (!(radius_m > 0.0)) {
        status = kerb_fail(ctx, KERB_ERR_RANGE,
                           "ArcGIS's default radius is 0: half the points "
                           "or more are at one place; give --bandwidth");
        goto done;
    }
    *out = radius_m;
done:
    kerb_free(of);
    return status;
}

/* --------------------------------------------------------------- GRASS's cut Gaussian */

/* v.kernel cuts its Gaussian at 4 sd, where it is still 3e-4 of its peak; kerb at 7.4. A plain
 * sum, since nothing else needs such a cut. */
typedef struct placed {
    double y, x, weight;
} placed;

typedef struct cut_sum {
    const placed *points; /* southmost first */
    size_t n;
    double sd_m, reach_m;
    const kerb_grid_spec *spec;
    double *values;
} cut_sum;

static int compare_placed(const void *a, const void *b)
{
    const placed *p = a, *q = b;
    if (p->y != q->y)
        return (p->y > q->y) - (p->y < q->y);
    if (p->x != q->x)
        return (p->x > q->x) - (p->x < q->x);
    return (p->weight > q->weight) - (p->weight < q->weight);
}

static placed *sort_points(const kerb_density_points *points)
{
    placed *sorted = kerb_alloc_array(points->n + 1, sizeof *sorted);
    for (size_t i = 0; sorted != NULL && i < points->n; i++)
        sorted[i] = (placed){points->y[i], points->x[i],
                             points->weight != NULL ? points->weight[i] : 1.0};
    if (sorted != NULL)
        qsort(sorted, points->n, sizeof *sorted, compare_placed);
    return sorted;
}

/* Number of the first point that is not south of y. */
static size_t first_from(const cut_sum *sum, double y)
{
    size_t low = 0, high = sum->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sum->points[middle].y < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static kerb_status add_row(void *user, size_t row)
{
    const cut_sum *sum = user;
    const kerb_grid_spec *spec = sum->spec;
    double cy = kerb_grid_row_y(spec, row), *values = sum->values + row * spec->n_cols;
    for (size_t i = first_from(sum, cy - sum->reach_m); i < sum->n; i++) {
        const placed *point = &sum->points[i];
        double dy = point->y - cy;
        if (dy > sum->reach_m)
            break;
        double first = ceil((point->x - sum->reach_m - spec->xmin) / spec->cell_m - 1.5);
        double last = floor((point->x + sum->reach_m - spec->xmin) / spec->cell_m + 0.5);
        first = fmax(first, 0.0), last = fmin(last, (double)spec->n_cols - 1.0);
        for (double c = first; c <= last; c += 1.0) {
            double dx = kerb_grid_col_x(spec, (size_t)c) - point->x;
            double distance_m = sqrt(dx * dx + dy * dy);
            if (distance_m <= sum->reach_m)
                values[(size_t)c] += point->weight * kerb_kernel_value(KERB_KERNEL_GAUSSIAN,
                                                                       sum->sd_m, distance_m);
        }
    }
    return KERB_OK;
}

static kerb_status draw_cut_gaussian(kerb_ctx *ctx, const kerb_density_points *points,
                                     double sd_m, double reach_m, const kerb_grid_spec *spec,
                                     kerb_grid **out, double *mass)
{
    cut_sum sum = {.n = points->n, .sd_m = sd_m, .reach_m = reach_m, .spec = spec};
    placed *sorted = sort_points(points);
    kerb_grid *grid = NULL;
    kerb_status status = sorted == NULL ? kerb_fail_nomem(ctx, "the sorted points")
                                        : kerb_grid_new(ctx, spec, 0.0, &grid);
    if (status != KERB_OK)
        goto done;
    sum.points = sorted;
    sum.values = kerb_grid_values(grid);
    status = kerb_parallel_for(ctx, "density", spec->n_rows, add_row, &sum);
    if (status != KERB_OK)
        goto done;
    *mass = 0.0;
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++)
        *mass += sum.values[i] * spec->cell_m * spec->cell_m;
    *out = grid, grid = NULL;
done:
    kerb_grid_free(grid);
    kerb_free(sorted);
    return status;
}

/* ----------------------------------------------------------------------- drawing */

static kerb_box box_of(const kerb_density_points *points)
{
    kerb_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < points->n; i++) {
        box.xmin = fmin(box.xmin, points->x[i]), box.xmax = fmax(box.xmax, points->x[i]);
        box.ymin = fmin(box.ymin, points->y[i]), box.ymax = fmax(box.ymax, points->y[i]);
    }
    return box;
}

static kerb_status draw(kerb_ctx *ctx, const kerb_density_points *points,
                        const kerb_like_options *options, double given_m,
                        const kerb_like__layout *layout, kerb_grid **out, double *mass)
{
    double own_m = kerb_like__bandwidth_m(options->like, options->kernel, given_m);
    if (options->like == KERB_LIKE_GRASS && options->kernel == KERB_KERNEL_GAUSSIAN)
        return draw_cut_gaussian(ctx, points, own_m, layout->reach_m, &layout->spec, out, mass);
    kerb_density_options density = KERB_DENSITY_OPTIONS_DEFAULT;
    kerb_density_mass masses = {0};
    density.kernel = options->kernel;
    density.bandwidth_m = own_m;
    kerb_status status =
        kerb_density_of_points(ctx, points, &density, &layout->spec, NULL, out, &masses);
    *mass = masses.raster;
    return status;
}

/* What the moved places alone change: largest difference of a cell, of the maximum. */
static double largest_change(const kerb_grid *moved, const kerb_grid *still)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(moved);
    const double *a = kerb_grid_values_const(moved), *b = kerb_grid_values_const(still);
    double worst = 0.0, max = 0.0;
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++) {
        worst = fmax(worst, fabs(a[i] - b[i]));
        max = fmax(max, b[i]);
    }
    return max > 0.0 ? worst / max : 0.0;
}

/* Points where the program takes them to lie; NULL when it moves none. */
static kerb_status move_points(kerb_ctx *ctx, const kerb_density_points *points, kerb_like like,
                               const kerb_like__layout *layout, double **moved_y,
                               double *moved_m)
{
    *moved_y = NULL, *moved_m = 0.0;
    if (like != KERB_LIKE_QGIS && like != KERB_LIKE_QGIS_SCALED)
        return KERB_OK;
    double *y = kerb_alloc_array(points->n + 1, sizeof *y);
    if (y == NULL)
        return kerb_fail_nomem(ctx, "the moved points");
    for (size_t i = 0; i < points->n; i++) {
        y[i] = kerb_like__moved_y(like, layout, points->y[i]);
        *moved_m = fmax(*moved_m, fabs(y[i] - points->y[i]));
    }
    *moved_y = y;
    return KERB_OK;
}

/* Values in the program's unit; no value where it has none. */
static size_t finish_values(kerb_grid *grid, double factor, bool empty_is_nodata)
{
    const kerb_grid_spec *spec = kerb_grid_get_spec(grid);
    double *values = kerb_grid_values(grid);
    size_t n_empty = 0;
    for (size_t i = 0; i < spec->n_rows * spec->n_cols; i++) {
        bool is_empty = !(values[i] > 0.0);
        n_empty += is_empty;
        values[i] = is_empty && empty_is_nodata ? (double)NAN : values[i] * factor;
    }
    return n_empty;
}

kerb_status kerb_like_draw(kerb_ctx *ctx, const kerb_density_points *points,
                           const kerb_like_options *options, kerb_like_drawing *out)
{
    kerb_like_drawing drawing = {.bandwidth_m = options->bandwidth_m};
    kerb_density_points moved = {.n = points->n, .x = points->x, .weight = points->weight};
    kerb_like__layout layout;
    kerb_grid *still = NULL;
    double *moved_y = NULL, mass = 0.0, ignored = 0.0, weight = 0.0;

    kerb_status status = check_wishes(ctx, points, options);
    if (status == KERB_OK && !options->has_bandwidth)
        status = kerb_like_arcgis_radius_m(ctx, points, &drawing.bandwidth_m);
    if (status == KERB_OK)
        status =
            kerb_like__layout_make(ctx, options, box_of(points), drawing.bandwidth_m, &layout);
    if (status == KERB_OK)
        status = move_points(ctx, points, options->like, &layout, &moved_y, &drawing.moved_m);
    if (status != KERB_OK)
        goto done;
    moved.y = moved_y != NULL ? moved_y : points->y;
    status = draw(ctx, &moved, options, drawing.bandwidth_m, &layout, &drawing.grid, &mass);
    if (status == KERB_OK && moved_y != NULL) {
        moved.y = points->y;
        status = draw(ctx, &moved, options, drawing.bandwidth_m, &layout, &still, &ignored);
        if (status == KERB_OK)
            drawing.moved_change = largest_change(drawing.grid, still);
    }
    if (status != KERB_OK)
        goto done;
    for (size_t i = 0; i < points->n; i++)
        weight += points->weight != NULL ? points->weight[i] : 1.0;
    drawing.reach_m = layout.reach_m;
    drawing.sd_m =
        kerb_kernel_sd_m(options->kernel, kerb_like__bandwidth_m(options->like, options->kernel,
                                                                 drawing.bandwidth_m));
    drawing.factor =
        kerb_like__factor(options, drawing.bandwidth_m, &layout.spec, weight, mass);
    drawing.n_empty = finish_values(drawing.grid, drawing.factor,
                                    kerb_like_facts_of(options->like)->empty_is_nodata);
    *out = drawing;
    drawing.grid = NULL;
done:
    kerb_like_drawing_clear(&drawing);
    kerb_grid_free(still);
    kerb_free(moved_y);
    return status;
}

void kerb_like_drawing_clear(kerb_like_drawing *drawing)
{
    kerb_grid_free(drawing->grid);
    drawing->grid = NULL;
}
