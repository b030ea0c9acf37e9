/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the cells are. A box given by a person is used to the metre or refused with the boxes
 * that would fit; a box found from data is snapped outward to multiples of the cell from (0,
 * 0), so that next month's raster lies on this month's. */
#include "kerb_base.h"
#include "kerb_grid.h"

#include <float.h>
#include <math.h>

/* A side is a whole number of cells when it is within this of one: a thousandth of a millimetre
 * for 1 m cells, far above what decimal fractions in binary lose. */
static const double FIT_TOLERANCE_CELLS = 1e-6;
static const double DEFAULT_MAX_CELLS = 25e6;

kerb_status kerb_grid_spec_check_whole(kerb_ctx *ctx, const kerb_grid_spec *spec)
{
    kerb_status status = kerb_grid_spec_check(ctx, spec);
    if (status == KERB_OK && spec->n_rows > KERB_GRID_MAX_CELLS_WHOLE / spec->n_cols)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%zu x %zu cells are more than the %zu that are held in memory; use a "
                         "larger cell than %g",
                         spec->n_rows, spec->n_cols, KERB_GRID_MAX_CELLS_WHOLE, spec->cell_m);
    return status;
}

kerb_status kerb_grid_spec_check(kerb_ctx *ctx, const kerb_grid_spec *spec)
{
    if (!isfinite(spec->cell_m) || spec->cell_m <= 0.0)
        return kerb_fail(ctx, KERB_ERR_RANGE, "cell size must be positive, got %g",
                         spec->cell_m);
    if (!isfinite(spec->xmin) || !isfinite(spec->ymax))
        return kerb_fail(ctx, KERB_ERR_RANGE, "corner of the grid is not finite: %g, %g",
                         spec->xmin, spec->ymax);
    if (spec->n_rows == 0 || spec->n_cols == 0)
        return kerb_fail(ctx, KERB_ERR_RANGE, "a grid needs at least one cell");
    if (spec->n_rows > KERB_GRID_MAX_CELLS / spec->n_cols)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%zu x %zu cells are more than %zu; use a larger cell than %g",
                         spec->n_rows, spec->n_cols, KERB_GRID_MAX_CELLS, spec->cell_m);
    kerb_box box = kerb_grid_spec_box(spec);
    double farthest =
        fmax(fmax(fabs(box.xmin), fabs(box.xmax)), fmax(fabs(box.ymin), fabs(box.ymax)));
    if (!(farthest * DBL_EPSILON < FIT_TOLERANCE_CELLS * spec->cell_m))
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "cells of %g cannot be told apart at coordinates of %g", spec->cell_m,
                         farthest);
    return KERB_OK;
}

kerb_box kerb_grid_spec_box(const kerb_grid_spec *spec)
{
    return (kerb_box){.xmin = spec->xmin,
                      .ymin = spec->ymax - (double)spec->n_rows * spec->cell_m,
                      .xmax = spec->xmin + (double)spec->n_cols * spec->cell_m,
                      .ymax = spec->ymax};
}

/* A number for people: enough decimals to place a thousandth of a thousandth of a cell, no
 * zeros at the end, so that 0.1 + 0.2 reads 0.3. */
static void add_number(kerb_text *text, double value, double cell_m)
{
    int n_decimals = (int)fmin(fmax(6.0 - floor(log10(cell_m)), 1.0), 15.0);
    char number[400]; /* a double has at most 309 digits before the point */
    size_t length = kerb_format_fixed(value, n_decimals, number, sizeof number);
    while (length > 0 && number[length - 1] == '0')
        length--;
    if (length > 0 && number[length - 1] == '.')
        length--;
    kerb_text_add_n(text, number, length);
}

static void add_box(kerb_text *text, kerb_box box, double cell_m)
{
    const double sides[] = {box.xmin, box.ymin, box.xmax, box.ymax};
    for (int i = 0; i < 4; i++) {
        kerb_text_add(text, i ? "," : "");
        add_number(text, sides[i], cell_m);
    }
}

static bool is_whole(double n)
{
    return fabs(n - round(n)) <= FIT_TOLERANCE_CELLS && round(n) >= 1.0;
}

static double whole_side(double from, double n, double cell_m)
{
    return from + fmax(n, 1.0) * cell_m;
}

static kerb_status fail_not_whole(kerb_ctx *ctx, kerb_box box, double cell_m, double n_cols,
                                  double n_rows)
{
    kerb_box smaller = box, larger = box;
    if (!is_whole(n_cols)) {
        smaller.xmax = whole_side(box.xmin, floor(n_cols), cell_m);
        larger.xmax = whole_side(box.xmin, ceil(n_cols), cell_m);
    }
    if (!is_whole(n_rows)) {
        smaller.ymax = whole_side(box.ymin, floor(n_rows), cell_m);
        larger.ymax = whole_side(box.ymin, ceil(n_rows), cell_m);
    }
    bool one_only = smaller.xmax == larger.xmax && smaller.ymax == larger.ymax;
    kerb_text text = {0};
    kerb_text_add(&text, "box ");
    add_box(&text, box, cell_m);
    kerb_text_add_format(&text, " is %.10g x %.10g cells of %.10g, not whole numbers; %s ",
                         n_cols, n_rows, cell_m,
                         one_only ? "nearest that fits:" : "nearest that fit:");
    add_box(&text, smaller, cell_m);
    if (!one_only) {
        kerb_text_add(&text, " or ");
        add_box(&text, larger, cell_m);
    }
    kerb_status status = text.failed ? kerb_fail_nomem(ctx, "message")
                                     : kerb_fail(ctx, KERB_ERR_ARG, "%s", text.data);
    kerb_text_clear(&text);
    return status;
}

/* Number of the grid line at or below a coordinate; a coordinate that is a grid line but for
 * the rounding of one division counts as one. */
static double line_below(double coordinate, double cell_m)
{
    double lines = coordinate / cell_m, nearest = round(lines);
    double slack = 4.0 * DBL_EPSILON * fmax(1.0, fabs(lines));
    return fabs(lines - nearest) <= slack ? nearest : floor(lines);
}

static double line_above(double coordinate, double cell_m)
{
    return -line_below(-coordinate, cell_m);
}

/* Step number i of ..., 0.1, 0.2, 0.5, 1, 2, 5, 10, ...: 1 is number 0. A power of ten below 1
 * is divided by, because 0.1 is not a number in binary but 1 / 10 rounds to the nearest there
 * is. */
static double step_125(int i)
{
    static const double DIGITS[] = {1.0, 2.0, 5.0};
    int decade = i >= 0 ? i / 3 : -((2 - i) / 3);
    double digit = DIGITS[i - 3 * decade];
    return decade >= 0 ? digit * pow(10.0, decade) : digit / pow(10.0, -decade);
}

/* Smallest step of 1, 2, 5 above the cell with which the box has few enough cells, and, when it
 * must be used as it is, a whole number of them a side; 0 when none is found. */
static double find_fitting_cell(kerb_box box, double cell_m, bool exact)
{
    enum { STEPS = 60 };
    int first = 3 * (int)floor(log10(cell_m));
    for (int i = first; i < first + STEPS; i++) {
        double step_m = step_125(i);
        double n_cols = (box.xmax - box.xmin) / step_m, n_rows = (box.ymax - box.ymin) / step_m;
        if (step_m <= cell_m || (exact && !(is_whole(n_cols) && is_whole(n_rows))))
            continue;
        /* snapping outward adds less than two cells a side */
        double more = exact ? 0.0 : 2.0;
        if ((n_cols + more) * (n_rows + more) <= (double)KERB_GRID_MAX_CELLS)
            return step_m;
    }
    return 0.0;
}

static kerb_status fail_too_many(kerb_ctx *ctx, kerb_box box, double cell_m, bool exact,
                                 double n_rows, double n_cols)
{
    double fits_m = find_fitting_cell(box, cell_m, exact);
    if (fits_m == 0.0)
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%.10g x %.10g cells are more than %zu; use a larger cell than %.10g",
                         n_rows, n_cols, KERB_GRID_MAX_CELLS, cell_m);
    return kerb_fail(ctx, KERB_ERR_RANGE,
                     "%.10g x %.10g cells of %.10g are more than %zu; a cell of %.10g fits",
                     n_rows, n_cols, cell_m, KERB_GRID_MAX_CELLS, fits_m);
}

kerb_status kerb_grid_spec_make(kerb_ctx *ctx, kerb_box box, double cell_m, bool exact,
                                kerb_grid_spec *out)
{
    if (!isfinite(cell_m) || cell_m <= 0.0)
        return kerb_fail(ctx, KERB_ERR_RANGE, "cell size must be positive, got %g", cell_m);
    if (!isfinite(box.xmin) || !isfinite(box.ymin) || !isfinite(box.xmax) ||
        !isfinite(box.ymax) || box.xmin > box.xmax || box.ymin > box.ymax)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "box is empty or not finite: %.10g,%.10g,%.10g,%.10g", box.xmin,
                         box.ymin, box.xmax, box.ymax);
    double n_cols, n_rows, xmin = box.xmin, ymax = box.ymax;
    if (exact) {
        n_cols = (box.xmax - box.xmin) / cell_m;
        n_rows = (box.ymax - box.ymin) / cell_m;
        if (!(box.xmin < box.xmax && box.ymin < box.ymax))
            return kerb_fail(ctx, KERB_ERR_ARG,
                             "box has no area: %.10g,%.10g,%.10g,%.10g (xmin,ymin,xmax,ymax)",
                             box.xmin, box.ymin, box.xmax, box.ymax);
        if (!is_whole(n_cols) || !is_whole(n_rows))
            return fail_not_whole(ctx, box, cell_m, n_cols, n_rows);
        n_cols = round(n_cols), n_rows = round(n_rows);
    } else {
        double west = line_below(box.xmin, cell_m), south = line_below(box.ymin, cell_m);
        double east = line_above(box.xmax, cell_m), north = line_above(box.ymax, cell_m);
        n_cols = fmax(east - west, 1.0), n_rows = fmax(north - south, 1.0);
        xmin = west * cell_m, ymax = (south + n_rows) * cell_m;
    }
    if (n_cols * n_rows > (double)KERB_GRID_MAX_CELLS)
        return fail_too_many(ctx, box, cell_m, exact, n_rows, n_cols);
    kerb_grid_spec spec = {.xmin = xmin,
                           .ymax = ymax,
                           .cell_m = cell_m,
                           .n_rows = (size_t)n_rows,
                           .n_cols = (size_t)n_cols};
    kerb_status status = kerb_grid_spec_check(ctx, &spec);
    if (status == KERB_OK)
        *out = spec;
    return status;
}

double kerb_grid_default_cell_m(kerb_box box, double reach_m)
{
    if (!isfinite(reach_m) || reach_m <= 0.0)
        return NAN;
    bool has_box = !kerb_box_is_empty(box);
    if (has_box &&
        !(isfinite(box.xmin) && isfinite(box.ymin) && isfinite(box.xmax) && isfinite(box.ymax)))
        return NAN;
    double wanted_m = reach_m / 10.0;
    int i = 3 * (int)floor(log10(wanted_m)) - 3;
    while (step_125(i + 1) <= wanted_m)
        i++;
    for (;; i++) {
        double cell_m = step_125(i);
        double n_cols = line_above(box.xmax, cell_m) - line_below(box.xmin, cell_m);
        double n_rows = line_above(box.ymax, cell_m) - line_below(box.ymin, cell_m);
        if (!has_box || fmax(n_cols, 1.0) * fmax(n_rows, 1.0) <= DEFAULT_MAX_CELLS)
            return cell_m;
    }
}
