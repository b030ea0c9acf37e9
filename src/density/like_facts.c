/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What QGIS, GRASS, ArcGIS and CrimeStat do with points, as facts and formulas.
 *
 * QGIS 3.22 draws each point into a block of cells round it. It counts the block's rows from
 * the south edge for distances and from the north edge for writing, so a point's hill comes out
 * upside down within its block: a point that lies u cells above the foot of its row, counted
 * from the south, is drawn as if it lay u cells below the head of its row, counted from the
 * north. A hill is the same upside down, so all that is left is a move by up to a cell:
 *
 *      row counted from the north      row counted from the south
 *      +-----------+                   +-----------+
 *      |           |  f_t from head    |           |
 *      |  .  point |                   |     .     |  f_b from foot
 *      +-----------+                   +-----------+      drawn f_b below the head
 */
#include "like_internal.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

#define ALL_SIX     0x3fu
#define COMPACT     0x1fu /* all but the Gaussian */
#define ONE(kernel) (1u << (kernel))

static const kerb_like_facts facts[KERB_LIKE_COUNT] = {
    [KERB_LIKE_NONE] = {.program = "kerb"},
    [KERB_LIKE_QGIS] =
        {.program = "QGIS 3.22 heatmap (raw)",
         .value = "sum of kernel heights, 1 at each point; no density",
         .places = "upside down within the cells: moved north or south by up to a cell",
         .cells = "from the westernmost and northernmost point, one radius outward",
         .empty = "no value",
         .numbers = "float32, point after point",
         .evidence = "compared with QGIS 3.22.16",
         .kernels = COMPACT,
         .empty_is_nodata = true},
    [KERB_LIKE_QGIS_SCALED] =
        {.program = "QGIS 3.22 heatmap (scaled)",
         .value = "density per square map unit; quartic times 7.25 (a slip in its constant, "
                  "mended in 2025)",
         .places = "upside down within the cells: moved north or south by up to a cell",
         .cells = "from the westernmost and northernmost point, one radius outward",
         .empty = "no value",
         .numbers = "float32, point after point",
         .evidence = "compared with QGIS 3.22.16",
         .kernels = COMPACT,
         .empty_is_nodata = true},
    [KERB_LIKE_GRASS] = {.program = "GRASS 8.2 v.kernel",
                         .value = "density per square map unit",
                         .places = "where they are",
                         .cells = "the region: here the points' box, outward to whole cells, "
                                  "not grown by the radius",
                         .empty = "0",
                         .numbers = "float64",
                         .evidence = "compared with GRASS 8.2.1",
                         .kernels = ALL_SIX,
                         .takes_box = true},
    [KERB_LIKE_ARCGIS] =
        {.program = "ArcGIS Kernel Density (planar)",
         .value = "density per km2 (map units in metres)",
         .places = "where they are",
         .cells = "the points' box, not grown by the radius; side: shorter side of it / 250",
         .empty = "no value",
         .numbers = "float32",
         .evidence = "from its manual, not run",
         .kernels = ONE(KERB_KERNEL_QUARTIC),
         .takes_box = true,
         .empty_is_nodata = true,
         .has_default_radius = true},
    [KERB_LIKE_CRIMESTAT] = {
        .program = "CrimeStat IV kernel density (absolute)",
        .value = "events per cell, scaled until all cells sum to the number of events",
        .places = "where they are",
        .cells = "a reference grid that the user draws: here the box asked for, else the "
                 "points' box grown by the reach",
        .empty = "0",
        .numbers = "float64",
        .evidence = "as it is commonly described, not run",
        .kernels = ONE(KERB_KERNEL_UNIFORM) | ONE(KERB_KERNEL_TRIANGULAR) |
                   ONE(KERB_KERNEL_QUARTIC) | ONE(KERB_KERNEL_GAUSSIAN),
        .takes_box = true}};

static const char *const names[KERB_LIKE_COUNT] = {"none",  "qgis",   "qgis-scaled",
                                                   "grass", "arcgis", "crimestat"};

const char *kerb_like_name(kerb_like like)
{
    return (unsigned)like < KERB_LIKE_COUNT ? names[like] : "unknown";
}

bool kerb_like_find(const char *name, kerb_like *out)
{
    for (int i = 1; i < KERB_LIKE_COUNT; i++)
        if (kerb_text_equal_nocase(name, names[i])) {
            *out = (kerb_like)i;
            return true;
        }
    return false;
}

const kerb_like_facts *kerb_like_facts_of(kerb_like like)
{
    return &facts[(unsigned)like < KERB_LIKE_COUNT ? like : KERB_LIKE_NONE];
}

/* v.kernel takes the radius as four standard deviations of its Gaussian and cuts it there. */
#define GRASS_RADIUS_IN_SD 4.0

double kerb_like__bandwidth_m(kerb_like like, kerb_kernel kernel, double given_m)
{
    return like == KERB_LIKE_GRASS && kernel == KERB_KERNEL_GAUSSIAN
               ? given_m / GRASS_RADIUS_IN_SD
               : given_m;
}

double kerb_like__reach_m(kerb_like like, kerb_kernel kernel, double given_m)
{
    return like == KERB_LIKE_GRASS ? given_m : kerb_kernel_reach_m(kernel, given_m);
}

/* ---------------------------------------------------------------- where cells lie */

static kerb_status qgis_layout(kerb_ctx *ctx, kerb_box points, double cell_m,
                               kerb_like__layout *out)
{
    kerb_box box = kerb_box_make_grown(points, out->reach_m);
    out->ymin = box.ymin;
    double rows = ceil((box.ymax - box.ymin) / cell_m) + 1.0;
    double cols = ceil((box.xmax - box.xmin) / cell_m) + 1.0;
    if (!(rows * cols <= (double)KERB_GRID_MAX_CELLS))
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%.0f x %.0f cells of %g are more than %zu: choose a larger --cell",
                         rows, cols, cell_m, KERB_GRID_MAX_CELLS);
    out->spec = (kerb_grid_spec){.xmin = box.xmin,
                                 .ymax = box.ymax,
                                 .cell_m = cell_m,
                                 .n_rows = (size_t)rows,
                                 .n_cols = (size_t)cols};
    return kerb_grid_spec_check(ctx, &out->spec);
}

/* ArcGIS counts cells from the south-west corner; a row or column that is not whole is added.
 */
static kerb_status arcgis_layout(kerb_ctx *ctx, kerb_box box, double cell_m,
                                 kerb_like__layout *out)
{
    double rows = fmax(1.0, ceil((box.ymax - box.ymin) / cell_m));
    double cols = fmax(1.0, ceil((box.xmax - box.xmin) / cell_m));
    if (!(rows * cols <= (double)KERB_GRID_MAX_CELLS))
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "%.0f x %.0f cells of %g are more than %zu: choose a larger --cell",
                         rows, cols, cell_m, KERB_GRID_MAX_CELLS);
    out->ymin = box.ymin;
    out->spec = (kerb_grid_spec){.xmin = box.xmin,
                                 .ymax = box.ymin + rows * cell_m,
                                 .cell_m = cell_m,
                                 .n_rows = (size_t)rows,
                                 .n_cols = (size_t)cols};
    return kerb_grid_spec_check(ctx, &out->spec);
}

#define ARCGIS_CELLS_IN_SHORTER_SIDE 250.0

static double default_cell_m(kerb_like like, kerb_box box, double reach_m)
{
    double shorter_m = fmin(box.xmax - box.xmin, box.ymax - box.ymin);
    return like == KERB_LIKE_ARCGIS && shorter_m > 0.0
               ? shorter_m / ARCGIS_CELLS_IN_SHORTER_SIDE
               : kerb_grid_default_cell_m(box, reach_m);
}

kerb_status kerb_like__layout_make(kerb_ctx *ctx, const kerb_like_options *options,
                                   kerb_box points, double given_m, kerb_like__layout *out)
{
    kerb_like like = options->like;
    kerb_box box = options->has_box ? options->box : points;
    *out = (kerb_like__layout){.reach_m = kerb_like__reach_m(like, options->kernel, given_m)};
    if (like == KERB_LIKE_CRIMESTAT && !options->has_box)
        box = kerb_box_make_grown(box, out->reach_m);
    double cell_m = options->has_cell ? options->cell_m : default_cell_m(like, box, given_m);
    if (like == KERB_LIKE_QGIS || like == KERB_LIKE_QGIS_SCALED)
        return qgis_layout(ctx, points, cell_m, out);
    if (like == KERB_LIKE_ARCGIS)
        return arcgis_layout(ctx, box, cell_m, out);
    kerb_status status = kerb_grid_spec_make(ctx, box, cell_m, options->has_box, &out->spec);
    if (status == KERB_OK)
        out->ymin = out->spec.ymax - (double)out->spec.n_rows * cell_m;
    return status;
}

/* ---------------------------------------------------------------- places and values */

/* Half the side of QGIS's block, in cells. The half unit is of the map, not of a cell. */
static double qgis_half_block(double radius_m, double cell_m)
{
    double n = floor(radius_m / cell_m);
    return radius_m - cell_m * n > 0.5 ? n + 1.0 : n;
}

double kerb_like__moved_y(kerb_like like, const kerb_like__layout *layout, double y)
{
    if (like != KERB_LIKE_QGIS && like != KERB_LIKE_QGIS_SCALED)
        return y;
    double cell_m = layout->spec.cell_m, ymax = layout->spec.ymax, ymin = layout->ymin;
    double half = qgis_half_block(layout->reach_m, cell_m);
    double from_south = trunc((y - ymin) / cell_m - half);
    double from_north = trunc((ymax - y) / cell_m - half);
    return ymin + ymax - y + (from_south - from_north) * cell_m;
}

/* Height of the kernel at its point, per m2. */
static double peak(kerb_kernel kernel, double bandwidth_m)
{
    return kerb_kernel_value(kernel, bandwidth_m, 0.0);
}

/* 116 / (5 pi h^2) instead of 16 / (5 pi h^2). */
#define QGIS_QUARTIC_SLIP (116.0 / 16.0)

double kerb_like__factor(const kerb_like_options *options, double given_m,
                         const kerb_grid_spec *spec, double weight, double mass)
{
    switch (options->like) {
    case KERB_LIKE_QGIS:
        return 1.0 / peak(options->kernel, given_m);
    case KERB_LIKE_QGIS_SCALED:
        return options->kernel == KERB_KERNEL_QUARTIC ? QGIS_QUARTIC_SLIP : 1.0;
    case KERB_LIKE_ARCGIS:
        return options->is_planar ? 1.0 : 1e6;
    case KERB_LIKE_CRIMESTAT:
        return mass > 0.0 ? weight / mass * spec->cell_m * spec->cell_m : 0.0;
    case KERB_LIKE_GRASS:
    case KERB_LIKE_NONE:
    case KERB_LIKE_COUNT:
        break;
    }
    return 1.0;
}
