/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean, spread and limits of a raster that is seen once, row by row. Pieces of a row are summed
 * by themselves and put together by their means, so that the figures do not depend on how many
 * rows come at a time. Source: Chan, Golub & LeVeque (1983), eq. 2.1. */
#include "raster_internal.h"

#include <math.h>

enum { PIECE = 1024, LANES = 4 };

typedef struct piece {
    size_t n;
    double sum, min, max;
} piece;

/* Four sums side by side: one would wait for each addition. */
static piece sum_piece(const double *cells, size_t n)
{
    piece p = {.min = INFINITY, .max = -INFINITY};
    double sum[LANES] = {0}, min[LANES], max[LANES];
    for (size_t lane = 0; lane < LANES; lane++)
        min[lane] = INFINITY, max[lane] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double value = cells[i];
        bool has_value = !isnan(value);
        p.n += has_value;
        sum[i % LANES] += has_value ? value : 0.0;
        min[i % LANES] = value < min[i % LANES] ? value : min[i % LANES];
        max[i % LANES] = value > max[i % LANES] ? value : max[i % LANES];
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        p.sum += sum[lane];
        p.min = min[lane] < p.min ? min[lane] : p.min;
        p.max = max[lane] > p.max ? max[lane] : p.max;
    }
    return p;
}

static double sum_squares(const double *cells, size_t n, double mean)
{
    double sum[LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        double from_mean = isnan(cells[i]) ? 0.0 : cells[i] - mean;
        sum[i % LANES] += from_mean * from_mean;
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void add_piece(kerb_raster__figures *figures, const double *cells, size_t n)
{
    piece p = sum_piece(cells, n);
    if (p.n == 0)
        return;
    double mean = p.sum / (double)p.n, n_before = (double)figures->n, n_piece = (double)p.n;
    double apart = mean - figures->mean, n_all = n_before + n_piece;
    figures->squares +=
        sum_squares(cells, n, mean) + apart * apart * (n_before * n_piece / n_all);
    figures->mean += apart * (n_piece / n_all);
    figures->n += p.n;
    figures->min = p.min < figures->min ? p.min : figures->min;
    figures->max = p.max > figures->max ? p.max : figures->max;
}

kerb_raster__figures kerb_raster__figures_make(void)
{
    return (kerb_raster__figures){.min = INFINITY, .max = -INFINITY};
}

void kerb_raster__figures_add_row(kerb_raster__figures *figures, kerb_raster_type type,
                                  const double *row, size_t n)
{
    double narrow[PIECE];
    for (size_t from = 0; from < n; from += PIECE) {
        size_t n_piece = n - from < PIECE ? n - from : PIECE;
        const double *cells = row + from;
        if (type == KERB_RASTER_FLOAT32) {
            for (size_t i = 0; i < n_piece; i++)
                narrow[i] = (double)(float)cells[i];
            cells = narrow;
        }
        add_piece(figures, cells, n_piece);
    }
}
