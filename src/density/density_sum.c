/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernel density by its definition: each place adds weight * kernel to every cell centre within
 * reach.
 *
 *      . . . . . . .        a row of centres meets the disc of a place in a chord; only its
 * cells . . # # # . .        are visited. Places are sorted by y, so those that reach a row are
 *      . # # o # # .        one run of the table, and each cell adds its places in the order of
 *      . . # # # . .        the table, whatever thread has the row.
 *
 * Sums hold the bare shape of the kernel (no pi, no power of the bandwidth); the scale comes
 * once a cell at the end. Source: Silverman (1986) eq. 4.1. */
#include "density_internal.h"

#include "kerb_base.h"

#include <math.h>

/* Rows of one chunk of work. Fixed, so that chunks do not depend on the number of threads;
 * large enough that the Gaussian's exponentials, made once a place and chunk, are used often.
 */
enum { BAND_ROWS = 32 };

/* Columns of a row that the mask lets through: [from, to); what lies between but outside the
 * mask is computed and thrown away. */
typedef struct col_range {
    size_t from, to;
} col_range;

/* What open() makes ready. */
typedef struct sum_state {
    kerb_places *places;
    const kerb_grid_spec *spec;
    kerb_kernel kernel;
    double bandwidth_m, reach_m, scale;
    double cells_per_m;
    double *col_x; /* centre of each column */
} sum_state;

/* One call for rows. */
typedef struct job {
    const kerb_places *places;
    const kerb_grid_spec *spec;
    kerb_kernel kernel;
    double bandwidth_m, reach_m, scale;
    double cells_per_m;
    const double *col_x;
    size_t first_row, end_row;
    const col_range *cols; /* of each row from first_row; NULL: all */
    double *values;        /* from first_row */
} job;

/* ------------------------------------------------------------------------------ reach */

/* Number of places with y below a limit (the table is sorted by y). */
static size_t count_below(const kerb_places *places, double y)
{
    size_t low = 0, high = places->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places->y[middle] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Places [from, to) whose distance from rows between y_low and y_high may be within reach. A
 * margin for rounding: whoever is truly out of reach adds 0. */
static void find_places(const job *j, double y_low, double y_high, size_t *from, size_t *to)
{
    double margin_m = 1e-9 * j->reach_m + 1e-5 * j->spec->cell_m;
    *from = count_below(j->places, y_low - j->reach_m - margin_m);
    *to = count_below(j->places, y_high + j->reach_m + margin_m);
}

static col_range cols_of_row(const job *j, size_t row)
{
    return j->cols ? j->cols[row - j->first_row] : (col_range){0, j->spec->n_cols};
}

/* Columns with centres in [x - half, x + half], one more at an end when rounding leaves a
 * doubt. */
static col_range find_cols(const job *j, col_range within, double x, double half_m)
{
    double offset = (x - j->spec->xmin) * j->cells_per_m - 0.5, half = half_m * j->cells_per_m;
    double first = offset - half, last = offset + half + 1.0; /* cut down, not rounded */
    if (!(last > (double)within.from && first < (double)within.to))
        return (col_range){0, 0};
    return (col_range){
        .from = first <= (double)within.from ? within.from : (size_t)(int64_t)first,
        .to = last + 1.0 >= (double)within.to ? within.to : (size_t)(int64_t)last + 1};
}

/* ------------------------------------------------------------------------------- rows */

static void add_compact(const job *j, size_t row, kerb_density__add_span *add_span)
{
    const kerb_places *places = j->places;
    double *cells = j->values + (row - j->first_row) * j->spec->n_cols;
    double y = kerb_grid_row_y(j->spec, row), reach2 = j->reach_m * j->reach_m;
    col_range within = cols_of_row(j, row);
    size_t first, end;
    find_places(j, y, y, &first, &end);
    for (size_t i = first; i < end; i++) {
        double dy = y - places->y[i], dy2 = dy * dy;
        if (dy2 > reach2)
            continue;
        col_range cols = find_cols(j, within, places->x[i], sqrt(reach2 - dy2));
        if (cols.from >= cols.to)
            continue;
        kerb_density__span span = {.x_m = places->x[i],
                                   .dy2_m2 = dy2,
                                   .radius_m = j->reach_m,
                                   .weight = places->weight[i]};
        add_span(cells + cols.from, j->col_x + cols.from, cols.to - cols.from, &span);
    }
}

/* The Gaussian is a product of a function of x and one of y: one exponential a column and one a
 * row of the place's disc in this band instead of one a cell. */
static void add_gaussian_cells(double *restrict cells, const double *restrict col_x,
                               const double *restrict factor_x, size_t n, double x, double dy2,
                               double reach2, double factor_y)
{
    for (size_t c = 0; c < n; c++) {
        double dx = col_x[c] - x;
        cells[c] += (dx * dx + dy2 <= reach2 ? factor_y : 0.0) * factor_x[c];
    }
}

static void add_gaussian(const job *j, size_t first_row, size_t end_row, double *factor_x)
{
    const kerb_places *places = j->places;
    double top_y = kerb_grid_row_y(j->spec, first_row);
    double bottom_y = kerb_grid_row_y(j->spec, end_row - 1);
    double reach2 = j->reach_m * j->reach_m;
    double exponent = -0.5 / (j->bandwidth_m * j->bandwidth_m);
    col_range all = {0, j->spec->n_cols};
    size_t first, end;
    find_places(j, bottom_y, top_y, &first, &end);
    for (size_t i = first; i < end; i++) {
        double x = places->x[i], y = places->y[i];
        double nearest_dy = y > top_y ? y - top_y : y < bottom_y ? bottom_y - y : 0.0;
        double widest2 = reach2 - nearest_dy * nearest_dy;
        if (widest2 < 0.0)
            continue;
        col_range widest = find_cols(j, all, x, sqrt(widest2));
        for (size_t c = widest.from; c < widest.to; c++) {
            double dx = j->col_x[c] - x;
            factor_x[c] = exp(exponent * (dx * dx));
        }
        for (size_t row = first_row; row < end_row; row++) {
            double dy = kerb_grid_row_y(j->spec, row) - y, dy2 = dy * dy;
            if (dy2 > reach2)
                continue;
            col_range cols = find_cols(j, cols_of_row(j, row), x, sqrt(reach2 - dy2));
            /* The chord of a row may be a cell longer than the widest by rounding. */
            cols.from = cols.from < widest.from ? widest.from : cols.from;
            cols.to = cols.to > widest.to ? widest.to : cols.to;
            if (cols.from >= cols.to)
                continue;
            add_gaussian_cells(j->values + (row - j->first_row) * j->spec->n_cols + cols.from,
                               j->col_x + cols.from, factor_x + cols.from, cols.to - cols.from,
                               x, dy2, reach2, places->weight[i] * exp(exponent * dy2));
        }
    }
}

static void finish_row(const job *j, size_t row)
{
    double *cells = j->values + (row - j->first_row) * j->spec->n_cols;
    /* Cells that nobody reaches are not written: where a whole page of them is together, the
     * system never gives it memory, and a few wrong coordinates do not cost a gigabyte. */
    for (size_t c = 0; c < j->spec->n_cols; c++)
        if (cells[c] != 0.0)
            cells[c] *= j->scale;
}

static kerb_status work_band(void *user, size_t i_band)
{
    const job *j = user;
    /* Bands begin at multiples of BAND_ROWS of the grid, not of the call. */
    size_t band = j->first_row / BAND_ROWS + i_band, first = band * BAND_ROWS;
    size_t end = first + BAND_ROWS < j->end_row ? first + BAND_ROWS : j->end_row;
    first = first < j->first_row ? j->first_row : first;
    if (j->kernel == KERB_KERNEL_GAUSSIAN) {
        double *factor_x = kerb_alloc_array(j->spec->n_cols, sizeof *factor_x);
        if (!factor_x)
            return KERB_ERR_NOMEM;
        add_gaussian(j, first, end, factor_x);
        kerb_free(factor_x);
    } else {
        for (size_t row = first; row < end; row++)
            add_compact(j, row, kerb_density__span_of(j->kernel));
    }
    for (size_t row = first; row < end; row++)
        finish_row(j, row);
    return KERB_OK;
}

/* ----------------------------------------------------------------------------- method */

static void find_col_ranges(size_t n_rows, size_t n_cols, const uint8_t *mask, col_range *cols)
{
    for (size_t row = 0; row < n_rows; row++) {
        const uint8_t *line = mask + row * n_cols;
        size_t from = 0, to = n_cols;
        while (from < to && !line[from])
            from++;
        while (to > from && !line[to - 1])
            to--;
        cols[row] = (col_range){from, to};
    }
}

static void close_sum(void *state)
{
    sum_state *s = state;
    if (!s)
        return;
    kerb_free(s->col_x);
    kerb_places_free(s->places);
    kerb_free(s);
}

static kerb_status open_sum(kerb_ctx *ctx, const kerb_density__task *task,
                            kerb_density_report *report, void **state)
{
    const kerb_density_points *points = task->points;
    const kerb_density_options *options = task->options;
    if (points->bandwidth_m || options->is_squared)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "bandwidths of single points and squares are not summed yet");
    sum_state *s = kerb_calloc_array(1, sizeof *s);
    if (!s)
        return kerb_fail_nomem(ctx, "a surface");
    *s = (sum_state){.spec = task->spec,
                     .kernel = options->kernel,
                     .bandwidth_m = options->bandwidth_m,
                     .reach_m = kerb_kernel_reach_m(options->kernel, options->bandwidth_m),
                     .scale = kerb_density__scale(options->kernel, options->bandwidth_m),
                     .cells_per_m = 1.0 / task->spec->cell_m};
    kerb_status status =
        kerb_places_of_points(ctx, points->n, points->x, points->y, points->weight, &s->places);
    if (status == KERB_OK) {
        s->col_x = kerb_alloc_array(task->spec->n_cols, sizeof *s->col_x);
        if (!s->col_x)
            status = kerb_fail_nomem(ctx, "columns");
    }
    if (status != KERB_OK) {
        close_sum(s);
        return status;
    }
    for (size_t c = 0; c < task->spec->n_cols; c++)
        s->col_x[c] = kerb_grid_col_x(task->spec, c);
    report->n_places = s->places->n;
    report->mass_events = kerb_density__sum_weights(s->places->weight, s->places->n);
    *state = s;
    return KERB_OK;
}

static kerb_status sum_rows(kerb_ctx *ctx, void *state, size_t first_row, size_t n_rows,
                            const uint8_t *mask, double *values)
{
    const sum_state *s = state;
    col_range *cols = NULL;
    if (mask) {
        cols = kerb_alloc_array(n_rows, sizeof *cols);
        if (!cols)
            return kerb_fail_nomem(ctx, "rows of the mask");
        find_col_ranges(n_rows, s->spec->n_cols, mask, cols);
    }
    job j = {.places = s->places,
             .spec = s->spec,
             .kernel = s->kernel,
             .bandwidth_m = s->bandwidth_m,
             .reach_m = s->reach_m,
             .scale = s->scale,
             .cells_per_m = s->cells_per_m,
             .col_x = s->col_x,
             .first_row = first_row,
             .end_row = first_row + n_rows,
             .cols = cols,
             .values = values};
    size_t n_bands = (j.end_row + BAND_ROWS - 1) / BAND_ROWS - first_row / BAND_ROWS;
    kerb_status status = kerb_parallel_for(ctx, "density", n_bands, work_band, &j);
    kerb_free(cols);
    return status;
}

const kerb_density__method kerb_density__sum = {"sum", open_sum, sum_rows, close_sum};
