/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef RISK_INTERNAL_H
#define RISK_INTERNAL_H

/* What the files of the relative-risk test share: labelled places, random labels, a band of
 * cells with the places that reach it, ranks of maps. */

#include "density_internal.h"
#include "kerb_base.h"
#include "kerb_relative_risk.h"

/* ------------------------------------------------------------------- labels */

/**
 * Places with their rows. "Marked" is the label with fewer rows (of equals, the one whose
 * places come first), so that cases against controls and controls against cases are one
 * computation and mirror each other bit for bit.
 */
typedef struct kerb_risk__labels {
    size_t n_places, n_rows;
    double *x, *y;      /* of each place, sorted by y, then x [m] */
    double *factor;     /* of its kernel */
    size_t *first_row;  /* n_places + 1 */
    float *weight;      /* of each row, in units of the mean of its label */
    uint32_t *n_marked; /* of each place: rows with the mark */
    float *marked_weight;
    float *total_weight; /* of each place, added as the draws are */
    uint32_t most_rows;  /* of one place */
    bool is_weighted;    /* false: every weight is 1 */
    bool marks_controls;
    size_t n_cases, n_controls;
} kerb_risk__labels;

kerb_status kerb_risk__labels_new(kerb_ctx *ctx, const kerb_events *cases,
                                  const kerb_events *controls, const double *case_factors,
                                  const double *control_factors, kerb_risk__labels *out);
void kerb_risk__labels_clear(kerb_risk__labels *labels);

/** Places by their number of rows: 1, 2 to 3, 4 to 7, 8 to 15, … */
enum { KERB_RISK__SIZES = 33 };
int kerb_risk__size_class(size_t n_rows);

/**
 * How labels are dealt: the probability of the mark, the agreement within places of each size,
 * and what the j-th row of a place is divided by.
 */
typedef struct kerb_risk__urn {
    uint64_t seed;
    double mark_share, agreement[KERB_RISK__SIZES];
    double *scale[KERB_RISK__SIZES]; /* 2^32 / (1 + agreement (j - 1)); NULL: no such place */
} kerb_risk__urn;
kerb_status kerb_risk__urn_open(kerb_ctx *ctx, const kerb_risk__labels *labels,
                                kerb_risk__urn *urn);
void kerb_risk__urn_clear(kerb_risk__urn *urn);

/** Columns of a table of replicates: the map itself, then the replicates, filled up to whole
 * lanes. */
size_t kerb_risk__stride(size_t n_replicates);
/** Marked weight of a place in every map: out[0] as it is, out[r] in replicate r. */
void kerb_risk__draw(const kerb_risk__labels *labels, const kerb_risk__urn *urn, size_t place,
                     size_t stride, float *out);

/* --------------------------------------------------------------------- band */

/** Rows of cells and the places that reach them; compressed by cell. */
typedef struct kerb_risk__band {
    size_t first_row, end_row;
    size_t first_place, end_place; /* run of places that may reach a cell */
    size_t *start;                 /* of each cell, n_cells + 1 */
    uint32_t *place;               /* counted from first_place; ascending within a cell */
    float *kernel;                 /* height at the cell's centre, 1 at the place itself */
} kerb_risk__band;

typedef struct kerb_risk__reach {
    const kerb_risk__labels *labels;
    const kerb_grid_spec *spec;
    const uint8_t *mask;
    kerb_kernel kernel;
    double bandwidth_m, reach_m;
} kerb_risk__reach;

/** Places [from, to) that may reach rows [first_row, end_row). */
void kerb_risk__find_places(const kerb_risk__reach *reach, size_t first_row, size_t end_row,
                            size_t *from, size_t *to);
kerb_status kerb_risk__band_open(const kerb_risk__reach *reach, size_t first_row,
                                 size_t end_row, kerb_risk__band *out);
void kerb_risk__band_clear(kerb_risk__band *band);
/** Does enough lie within reach of a cell of the band? `total` = sum of kernel x weight. */
bool kerb_risk__is_tested(double total);

/* -------------------------------------------------------------------- ranks */

/** How many cells of each map have each rank, from the most extreme on. */
typedef struct kerb_risk__ranks {
    size_t n_maps, n_bins;
    uint32_t *count; /* n_maps x n_bins */
} kerb_risk__ranks;

/** Scratch for the ranks of one cell. */
typedef struct kerb_risk__sorter {
    uint64_t *keys, *scratch;
} kerb_risk__sorter;

size_t kerb_risk__n_bins(size_t n_maps);
/** Add the ranks of one cell's shares; gives the two-sided p of map 0 there. */
double kerb_risk__rank_cell(kerb_risk__ranks *ranks, kerb_risk__sorter *sorter,
                            const float *shares);
/** p of each map: share of maps at least as extreme. */
kerb_status kerb_risk__order_maps(kerb_ctx *ctx, const kerb_risk__ranks *ranks, double *map_p);

/* --------------------------------------------------------- agreement of labels */

/** Sums over the places of each size, for their agreement. */
typedef struct kerb_risk__agreement {
    size_t n[KERB_RISK__SIZES];
    double observed[KERB_RISK__SIZES], expected[KERB_RISK__SIZES];
} kerb_risk__agreement;
/** Add the places whose cell lies in a band. */
void kerb_risk__add_agreement(const kerb_risk__reach *reach, const kerb_risk__band *band,
                              double mark_share, kerb_risk__agreement *sums);
/** Agreement of each size of place, and of all; sizes with few places share one figure. */
double kerb_risk__settle_agreement(const kerb_risk__agreement *sums,
                                   double agreement[KERB_RISK__SIZES]);

#endif
