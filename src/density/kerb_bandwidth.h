/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_BANDWIDTH_H
#define KERB_BANDWIDTH_H

/**
 * How wide should the hill of each event be? Rules that answer from the events themselves.
 *
 * A rule looks at where events lie and yields one number, the **standard deviation per axis**
 * of the kernel, which is the same amount of smoothing for every kernel; kerb_kernel_of_sd_m()
 * turns it into the bandwidth of a kernel. The rules answer different questions and their
 * answers differ by a factor of 50 on one and the same data: the rule is part of the result.
 *
 *     scott      spread x n^(-1/6): right when all events make one round hill
 *     silverman  1.06 x the smaller of sd and IQR / 1.34, x n^(-1/5), axis by axis
 *     diggle     least mean squared error if events come in clusters (Berman and Diggle)
 *     ppl        best prediction of each place from all others, as a likelihood
 *     cvl        the summed areas 1 / density over the events make up the study area
 *     lscv       least integrated squared error, estimated by leaving out each place
 *     knn:K      half the distance to the K-th nearest event, in the median
 *
 * **The location is left out, not the row.** Published records are moved to a list of places
 * and repeat there; a row predicts its own repeats perfectly at bandwidth 0. So a place with
 * all its rows is one draw: rules that leave one out leave out the place, and n in the two
 * rules of thumb is the number of places. Rows (their weights) say how much a place counts.
 * Without repeats every rule is the published one.
 *
 * **On snapped data** (a fifth or more of the rows share their coordinates with another)
 * every rule is floored at twice the median distance between neighbouring places, for below
 * that it would measure the list of places; the value before is kept.
 *
 * A bandwidth chosen from the records that are then tested makes a test see what is not
 * there; a verdict's bandwidth is fixed before.
 *
 * Method page: docs/methods/bandwidths.md
 */

#include "kerb_density.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum kerb_bandwidth_rule {
    KERB_BANDWIDTH_FIXED, /**< a number that the user gives; nothing is chosen */
    KERB_BANDWIDTH_SCOTT,
    KERB_BANDWIDTH_SILVERMAN,
    KERB_BANDWIDTH_DIGGLE,
    KERB_BANDWIDTH_PPL,
    KERB_BANDWIDTH_CVL,
    KERB_BANDWIDTH_LSCV,
    KERB_BANDWIDTH_KNN,
    KERB_BANDWIDTH_RULES
} kerb_bandwidth_rule;

/** "fixed", "scott", …, "knn"; "unknown" for others (borrowed). */
KERB_API const char *kerb_bandwidth_rule_name(kerb_bandwidth_rule rule);
/** One plain sentence about what the rule does (borrowed). */
KERB_API const char *kerb_bandwidth_rule_sentence(kerb_bandwidth_rule rule);
/**
 * Rule of a text as users write it: a name in any case, or `knn:K` with K from 1 to 1,000,000.
 * False when it is none ("400m" and "fixed" are none), and *rule, *k are as before.
 */
KERB_API bool kerb_bandwidth_rule_find(const char *text, kerb_bandwidth_rule *rule, size_t *k);
/** Bandwidth of a kernel whose sd per axis is sd_m: radius = sd x 2, 2.5820, 2.4495, 2.8284,
 * 3.1623; the Gaussian's is the sd itself. The inverse of kerb_kernel_sd_m(). */
KERB_API double kerb_kernel_of_sd_m(kerb_kernel kernel, double sd_m);

/** The places of the events inside a window, ready to be asked. */
typedef struct kerb_bandwidth_sample kerb_bandwidth_sample;

/** What a sample holds. */
typedef struct kerb_bandwidth_facts {
    size_t n_events;       /**< rows with coordinates and a weight above 0 inside the window */
    size_t n_places;       /**< distinct coordinates of these */
    double shared_share;   /**< rows that share their coordinates with another row [0, 1] */
    double spacing_m;      /**< median distance from a place to the nearest other; NAN with one
                                place */
    bool is_snapped;       /**< shared_share >= 0.2 */
    double floor_m;        /**< 2 x spacing_m when snapped, else 0: no rule yields less */
    double window_area_m2; /**< of the study area, holes less, or of the box */
} kerb_bandwidth_facts;

/**
 * Gather the events inside a window.
 *
 * @param events  rows in metres; those without coordinates, outside the window or of weight 0
 *                are left out. Weights finite and >= 0; their common scale does not matter
 * @param window  the study area (all its areas); NULL: `box`
 * @param holes   areas cut out of the window; NULL: none
 * @param box     where there is no window; an empty box: the box of the events themselves
 * @param[out] out  owned, kerb_bandwidth_sample_free()
 *
 * @return KERB_OK, or
 *         KERB_ERR_EMPTY  no event is left, or all are at one place
 *         KERB_ERR_ARG    a weight negative or not finite
 *         KERB_ERR_FORMAT the window cannot be dissolved
 *         KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 *
 * Cost:   O(n log n); 0.1 s for 100,000 places.
 */
KERB_API kerb_status kerb_bandwidth_sample_new(kerb_ctx *ctx, const kerb_events *events,
                                               const kerb_areas_set *window,
                                               const kerb_areas_set *holes, kerb_box box,
                                               kerb_bandwidth_sample **out);
/** Accepts NULL. */
KERB_API void kerb_bandwidth_sample_free(kerb_bandwidth_sample *sample);
KERB_API kerb_bandwidth_facts kerb_bandwidth_sample_facts(const kerb_bandwidth_sample *sample);

/** What a rule came to. */
typedef struct kerb_bandwidth_choice {
    kerb_bandwidth_rule rule;
    size_t knn_k;          /**< of knn, else 0 */
    double sd_m;           /**< the bandwidth as sd per axis, after the floor */
    double before_floor_m; /**< what the rule alone says */
    bool is_floored;       /**< before_floor_m was below the floor */
    bool is_at_limit;      /**< the best value lies at an end of the range that is searched, so
                                the rule has no answer of its own */
} kerb_bandwidth_choice;

/**
 * Ask a rule.
 *
 * ppl, cvl and lscv use the Gaussian and are searched between the least distance of two places
 * and half the diagonal of the window, at every factor 2^(1/4) and from there to 1e-6; the
 * lowest (highest) of several optima is taken. diggle uses the disc and is searched at the 512
 * steps of spatstat. Asking a second rule of the same sample uses what the first one computed.
 *
 * @param rule   not KERB_BANDWIDTH_FIXED
 * @param knn_k  of knn, >= 1; ignored by the others
 *
 * @return KERB_OK, or
 *         KERB_ERR_EMPTY  too few places for the rule (two for scott and silverman, three for
 *                         those that leave one out, K events at other places for knn), or none
 *                         of them off one line parallel to an axis
 *         KERB_ERR_ARG    no such rule
 *         KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 *
 * Cost:   all rules together about 2 s of CPU for 20,000 places.
 * Threads: deterministic; bitwise equal for any number of threads and any order of rows.
 * Source: Scott (1992) p. 152 [scott1992]; Silverman (1986) sections 3.4.1 to 3.4.3
 *         [silverman1986]; Berman and Diggle (1989) [berman1989]; Loader (1999) section 5.3
 *         [loader1999]; Cronie and van Lieshout (2018) [cronie2018].
 * Method page: docs/methods/bandwidths.md
 */
KERB_API kerb_status kerb_bandwidth_choose(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                           kerb_bandwidth_rule rule, size_t knn_k,
                                           kerb_bandwidth_choice *out);
/**
 * The criterion of a rule at a bandwidth, for pictures and comparisons. Weights of places are
 * scaled to add up to their number.
 *
 * ppl: log likelihood, to be large. To be small: cvl, (sum of w / density - area)^2 [m4]; lscv,
 * the integrated squared error less what does not depend on the bandwidth [1/m2]; diggle, the
 * M(h) of Berman and Diggle at h = 2 sd, in which the mean squared error is linear.
 *
 * @return KERB_ERR_ARG for rules without a criterion, and sd_m not finite or <= 0
 */
KERB_API kerb_status kerb_bandwidth_criterion(kerb_ctx *ctx, kerb_bandwidth_sample *sample,
                                              kerb_bandwidth_rule rule, double sd_m,
                                              double *out);

#ifdef __cplusplus
}
#endif
#endif
