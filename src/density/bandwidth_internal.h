/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BANDWIDTH_INTERNAL_H
#define BANDWIDTH_INTERNAL_H

/* What the rules for bandwidths share: the places in an order that finds neighbours fast, sums
 * of Gaussians at the places, the window. */

#include "kerb_bandwidth.h"

#include "kerb_base.h"

/* ------------------------------------------------------------------- places */

/* About the same number of places each, sorted by x inside, so that a town and the empty land
 * round it are searched alike. */
typedef struct kerb_bandwidth__strip {
    size_t from, to; /* places [from, to) */
    double y_low, y_high;
} kerb_bandwidth__strip;

/* Bandwidths searched: widest x 2^(-step / 4). Two steps are a factor of sqrt(2), which lscv
 * needs of its sums too. Steps -2 and -1 are wider than the widest for its sake. */
enum { KERB_BANDWIDTH__MAX_STEPS = 512, KERB_BANDWIDTH__STEPS_BEFORE = 2 };

/* Sums at one bandwidth, see kerb_bandwidth__evaluate(). */
typedef struct kerb_bandwidth__sums {
    bool is_known, has_integral;
    double log_likelihood; /* sum of w log(density of the others, edge corrected) */
    double integral;       /* of the edge corrected density over W */
    double hamilton_m2;    /* sum of w / density, the place itself included */
    double pairs;          /* sum of w w' exp(-d^2 / 2 s^2) over pairs of different places */
} kerb_bandwidth__sums;

typedef struct kerb_bandwidth__raster kerb_bandwidth__raster;

struct kerb_bandwidth_sample {
    size_t n;
    double *x, *y, *weight; /* of places, by strip, then x, then y */
    uint32_t *count;        /* rows there */
    double *nearest_m;      /* to the nearest other place */
    size_t n_strips;
    kerb_bandwidth__strip *strips;
    kerb_bandwidth_facts facts;
    double total_weight, sum_weight2;
    double least_m;                 /* least of nearest_m */
    double widest_m;                /* half the diagonal of the window */
    kerb_box box;                   /* of the window, or the window itself */
    kerb_areas_set *window;         /* dissolved, one area, indexed; NULL: the box */
    kerb_bandwidth__raster *raster; /* of the window, made when a rule needs it */
    kerb_bandwidth__sums known[KERB_BANDWIDTH__MAX_STEPS];
};

/* The places within reach of a point: strips [from, to), and in each the places [from, to)
 * whose x may be within reach; whoever is not is left to the caller to see. */
typedef struct kerb_bandwidth__run {
    size_t from, to;
} kerb_bandwidth__run;
kerb_bandwidth__run kerb_bandwidth__strips_of(const kerb_bandwidth_sample *sample, double y,
                                              double reach_m);
kerb_bandwidth__run kerb_bandwidth__run_of(const kerb_bandwidth_sample *sample, size_t strip,
                                           double x, double y, double reach_m);

/* ------------------------------------------------------------------ windows */

/* How much of a Gaussian round a place lies in W, and what the integral over W of the edge
 * corrected density is. Boxes: closed form, and the integral by Gauss quadrature to 1e-12.
 * Study areas: on a raster, see bandwidth_window.c. */
typedef struct kerb_bandwidth__edge {
    double *mass;     /* at each place, (0, 1] */
    double *integral; /* of k(u - place) / e(u) over u in W, for each place */
} kerb_bandwidth__edge;
kerb_status kerb_bandwidth__edge_new(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double sd_m,
                                     kerb_bandwidth__edge *out);
void kerb_bandwidth__edge_clear(kerb_bandwidth__edge *edge);
/* Area of W that lies in W again after a shift by r, the mean over all directions of the
 * shift, for r = i * step_m, i < n. */
kerb_status kerb_bandwidth__covariance(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                       double step_m, size_t n, double *out_m2);
void kerb_bandwidth__raster_free(kerb_bandwidth__raster *raster);

/* --------------------------------------------------------------------- sums */

/* exp(t) for t in [-700, 0], 2 ulp, without a branch so that loops of it become vector code.
 */
double kerb_bandwidth__exp(double t);
/* log of sum over the other places j of w_j exp(-d_ij^2 / 2 sd^2) at each place i; finite
 * however far the others are. Relative error of the sums 1e-10. */
kerb_status kerb_bandwidth__log_sums(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                     double sd_m, double *out);

/* -------------------------------------------------------------------- rules */

kerb_status kerb_bandwidth__scott(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                  double *sd_m);
kerb_status kerb_bandwidth__silverman(kerb_ctx *ctx, const kerb_bandwidth_sample *sample,
                                      double *sd_m);
kerb_status kerb_bandwidth__knn(kerb_ctx *ctx, const kerb_bandwidth_sample *sample, size_t k,
                                double *sd_m);
kerb_status kerb_bandwidth__diggle(kerb_ctx *ctx, kerb_bandwidth_sample *sample, double *sd_m,
                                   bool *is_at_limit);
kerb_status kerb_bandwidth__diggle_at(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                      double radius_m, double *out);
/* ppl, cvl, lscv. */
kerb_status kerb_bandwidth__search(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                   kerb_bandwidth_rule rule, double *sd_m, bool *is_at_limit);
kerb_status kerb_bandwidth__search_at(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                      kerb_bandwidth_rule rule, double sd_m, double *out);

#endif
