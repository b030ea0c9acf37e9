/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_RELATIVE_RISK_H
#define KERB_RELATIVE_RISK_H

/**
 * Relative risk: where do cases take a larger or smaller share than elsewhere of what they are
 * held against?
 *
 * Cases (burglaries) and controls (all other crime, homes, visitors) each get a density with
 * **one** bandwidth, kernel, grid and edge, each divided by its own total. Their ratio is 1
 * where cases have the share that one would expect, 2 where twice as many.
 *
 * A ratio of two noisy surfaces has bumps everywhere. Whether any of them says something is
 * asked of the whole map at once: the labels "case" and "control" are dealt again at random,
 * the map is drawn anew, and an *envelope* is laid round the maps so that at most 5 in 100 maps
 * without any difference leave it at any place. What is drawn is where the real map leaves it.
 *
 *     share of cases         ______ upper limit of the envelope
 *        |      /\    ______/
 *        |_____/  \__/              the hump over the limit is a contour, the rest is noise
 *        |____/‾‾‾‾\____ lower limit
 *
 * Method page: docs/methods/relative-risk.md
 */

#include "kerb_density.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is drawn of the two densities f (cases) and g (controls), each with total 1. */
typedef enum kerb_risk_measure {
    KERB_RISK_RATIO,     /**< f / g: times the share expected */
    KERB_RISK_LOG_RATIO, /**< ln(f / g): 0 where as expected */
    KERB_RISK_DIFFERENCE /**< f - g: share of all cases less that of all controls, per m2 */
} kerb_risk_measure;

/** "ratio", "log-ratio", "difference" (borrowed). */
KERB_API const char *kerb_risk_measure_name(kerb_risk_measure measure);
/** The measure of a name, in any case. False when there is none, and *out is as before. */
KERB_API bool kerb_risk_measure_find(const char *name, kerb_risk_measure *out);

/** Fewer controls than this within reach of a cell, each counted by its height of the kernel
 * (1 at the cell, 0 at the reach), and there is nothing to divide by. */
#define KERB_RISK_MIN_SUPPORT 2.0

/** One density and what it is a share of. */
typedef struct kerb_risk_side {
    const kerb_grid *density; /**< of its weights, per m2; NAN outside the study area */
    double weight;            /**< sum of the weights that made it, > 0 */
    size_t n;                 /**< rows that made it: weight / n is the mean of a row */
} kerb_risk_side;

/**
 * Ratio, log ratio or difference of two densities, cell by cell.
 *
 * No small number is added anywhere. A ratio has no value (NAN) where the controls give no
 * support: fewer than KERB_RISK_MIN_SUPPORT of them, see there. A log ratio has none where
 * there are no cases either; a difference has one wherever both densities have.
 *
 * @param cases, controls  densities on the same spec, made with the same options
 * @param options  kernel and bandwidth of both
 * @param[out] out  owned; difference per m2
 * @return KERB_OK, or KERB_ERR_ARG (different grids, no such measure), KERB_ERR_EMPTY (a side
 * without weight), KERB_ERR_NOMEM
 *
 * Source: Kelsall & Diggle (1995) [kelsall1995], with one bandwidth.
 */
KERB_API kerb_status kerb_risk_surface(kerb_ctx *ctx, const kerb_risk_side *cases,
                                       const kerb_risk_side *controls,
                                       const kerb_density_options *options,
                                       kerb_risk_measure measure, kerb_grid **out);

/** Smallest and largest number of maps that labels are dealt for. */
#define KERB_RISK_MIN_REPLICATES     99
#define KERB_RISK_MAX_REPLICATES     9999
#define KERB_RISK_DEFAULT_REPLICATES 999

typedef struct kerb_risk_options {
    kerb_kernel kernel;
    double bandwidth_m; /**< as kerb_density_options */
    size_t
        n_replicates; /**< KERB_RISK_MIN_REPLICATES to _MAX_; (n + 1) / 100 should be whole */
} kerb_risk_options;

#define KERB_RISK_OPTIONS_DEFAULT                                                              \
    {                                                                                          \
        .kernel = KERB_KERNEL_QUARTIC, .bandwidth_m = 400.0,                                   \
        .n_replicates = KERB_RISK_DEFAULT_REPLICATES                                           \
    }

/** The two lines that are drawn. */
typedef enum kerb_risk_level {
    KERB_RISK_5_PCT,
    KERB_RISK_1_PCT,
    KERB_RISK_LEVELS
} kerb_risk_level;

/** What the test came to. */
typedef struct kerb_risk_test {
    double map_p; /**< of the whole map: share of maps at least as extreme, this one included */
    size_t n_replicates;
    size_t n_cases, n_controls; /**< rows within reach of the cells */
    size_t n_places;            /**< distinct coordinates of both */
    size_t n_cells;             /**< cells that were tested */
    /** How much rows at one place agree in label, beyond what neighbours do: 0 not at all, 1
     * wholly. Labels are dealt with the same agreement. */
    double place_agreement;
    /** How far the map lies outside the envelope, on the cells of the test: >= 1 where the
     * share of cases (`higher`) or of controls (`lower`) is over the limit, below 1 elsewhere,
     * NAN where nothing was tested. NULL: the map is not outside at that level. Owned. */
    kerb_grid *higher[KERB_RISK_LEVELS], *lower[KERB_RISK_LEVELS];
    /** Two-sided p of each cell by itself; 5 in 100 cells are below 0.05 by chance. Owned. */
    kerb_grid *pointwise_p;
} kerb_risk_test;

/**
 * The grid the test is made on: whole multiples of the cells of a surface, not above 3/4 of the
 * kernel's sd (106 m for a quartic kernel of 400 m), with the same north-west corner. Finer
 * cells say nothing more, since neighbours within an sd are nearly the same number.
 */
KERB_API kerb_grid_spec kerb_risk_test_spec(const kerb_grid_spec *surface, kerb_kernel kernel,
                                            double bandwidth_m);

/**
 * Test whether cases and controls differ anywhere: a global envelope over maps with labels
 * dealt at random.
 *
 * A cell's figure is the share of cases s = f / (f + g). A map is more extreme the more of its
 * cells have the most extreme ranks among all maps (extreme rank length); `map_p` counts that.
 * Cells are tested where at least KERB_RISK_MIN_SUPPORT rows of either label lie within reach.
 *
 * Rows at one place are no independent witnesses: their labels are dealt one after the other,
 * each a copy of an earlier one of the place as often as the data show (Polya's urn), otherwise
 * "case" with the probability of the whole. Weights stay with their rows, in units of the mean
 * weight of their label, so their scale does not matter.
 *
 * @param cases, controls  rows in the grid's CRS; rows without coordinates are ignored
 * @param case_factors, control_factors  NULL, or a factor of each row's kernel, the same for
 *                 all rows of a place (1 / e of Diggle's edge correction)
 * @param options  see kerb_risk_options
 * @param spec     cells of the test: kerb_risk_test_spec()
 * @param mask     NULL, or a byte a cell of `spec`
 * @param[out] out owned, kerb_risk_test_free()
 *
 * @return KERB_OK, or
 *         KERB_ERR_RANGE  replicates, bandwidth, spec
 *         KERB_ERR_ARG    weights or factors not finite and >= 0
 *         KERB_ERR_EMPTY  no cases, no controls, or no cell with both within reach
 *         KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 *
 * Cost:    O(replicates (rows + places x cells under a disc)); 999 maps of 10,000 places and
 *          100,000 rows: 3 s of CPU. Memory: 150 MB, whatever the size.
 * Threads: bitwise equal for any number of threads and any order of rows; the random bits are a
 *          function of seed, replicate, place and row.
 * Error:   Gaussian kernels are cut at 4 sd for the test.
 * Source:  Myllymaki, Mrkvicka, Grabarnik, Seijo & Hahn (2017) [myllymaki2017]; urn: Blackwell
 *          & MacQueen (1973) [blackwell1973].
 * Method page: docs/methods/relative-risk.md
 */
KERB_API kerb_status kerb_risk_test_new(kerb_ctx *ctx, const kerb_events *cases,
                                        const kerb_events *controls, const double *case_factors,
                                        const double *control_factors,
                                        const kerb_risk_options *options,
                                        const kerb_grid_spec *spec, const uint8_t *mask,
                                        kerb_risk_test **out);
/** Frees it with its grids; accepts NULL. */
KERB_API void kerb_risk_test_free(kerb_risk_test *test);

#ifdef __cplusplus
}
#endif
#endif
