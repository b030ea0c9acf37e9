/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much rows at one place agree in label, beyond what the neighbourhood does.
 *
 * A repeat victim, a shop that reports every theft, a street whose crimes are moved to one
 * point: their rows bear the same label more often than chance. How much depends on the size of
 * the place, since a place with two rows may be one story while one with two hundred holds
 * many; so it is measured for each size. A share that differs between neighbourhoods is what
 * the test looks for and must not count as agreement, so each place is held against the places
 * round it. */
#include "risk_internal.h"

#include <math.h>

/* Below so many places a size has no figure of its own. */
#define MIN_PLACES 50

/* At 1 a place would wait for ever for its first label. */
#define MOST_AGREEMENT 0.999999

/* A neighbourhood of few rows says little of its share: it is drawn to the share of the whole
 * as if it had so many rows more. */
#define PRIOR_ROWS 5.0

/* What the other places round a place say of its share of marks, and how uncertain that is. */
typedef struct neighbourhood {
    double marked, total, squares, pairs;
} neighbourhood;

static neighbourhood look_round(const kerb_risk__reach *reach, const kerb_risk__band *band,
                                size_t cell, size_t own)
{
    const kerb_risk__labels *labels = reach->labels;
    neighbourhood around = {0.0, 0.0, 0.0, 0.0};
    for (size_t i = band->start[cell]; i < band->start[cell + 1]; i++) {
        size_t place = band->first_place + band->place[i];
        double k = (double)band->kernel[i];
        double n = (double)(labels->first_row[place + 1] - labels->first_row[place]);
        if (place == own)
            continue;
        around.marked += k * (double)labels->n_marked[place];
        around.total += k * n;
        around.squares += k * k * n;
        around.pairs += k * k * n * (n - 1.0);
    }
    return around;
}

/* A place with n rows, a of them marked, among neighbours with share s. Sum over its ordered
 * pairs of rows of (label - s)(label' - s):
 *     (a - n s)^2 - a (1 - s)^2 - (n - a) s^2
 * which has mean n (n - 1) s (1 - s) (agreement + variance of s / (s (1 - s))), and for a share
 * from rows with heights k the last is (sum k^2 n + agreement sum k^2 n (n - 1)) / (sum k n)^2.
 * Divided by n - 1, so that no big place rules. Moments as in the ANOVA estimator of intraclass
 * correlation, Ridout, Demetrio & Firth (1999) [ridout1999]. */
static void add_place(const kerb_risk__reach *reach, const kerb_risk__band *band, size_t cell,
                      size_t place, double mark_share, kerb_risk__agreement *sums)
{
    const kerb_risk__labels *labels = reach->labels;
    double n = (double)(labels->first_row[place + 1] - labels->first_row[place]);
    double a = (double)labels->n_marked[place];
    neighbourhood around = look_round(reach, band, cell, place);
    double total = around.total + PRIOR_ROWS;
    double s = (around.marked + PRIOR_ROWS * mark_share) / total;
    double pairs = (a - n * s) * (a - n * s) - a * (1.0 - s) * (1.0 - s) - (n - a) * s * s;
    double spread = n * s * (1.0 - s);
    int size = kerb_risk__size_class((size_t)n);
    sums->n[size]++;
    sums->observed[size] += pairs / (n - 1.0) - spread * around.squares / (total * total);
    sums->expected[size] += spread * (1.0 + around.pairs / (total * total));
}

void kerb_risk__add_agreement(const kerb_risk__reach *reach, const kerb_risk__band *band,
                              double mark_share, kerb_risk__agreement *sums)
{
    const kerb_grid_spec *spec = reach->spec;
    const kerb_risk__labels *labels = reach->labels;
    for (size_t p = band->first_place; p < band->end_place; p++) {
        double row = floor((spec->ymax - labels->y[p]) / spec->cell_m);
        double col = floor((labels->x[p] - spec->xmin) / spec->cell_m);
        if (labels->first_row[p + 1] - labels->first_row[p] < 2 ||
            !(row >= (double)band->first_row && row < (double)band->end_row) ||
            !(col >= 0.0 && col < (double)spec->n_cols))
            continue;
        size_t cell = ((size_t)row - band->first_row) * spec->n_cols + (size_t)col;
        if (reach->mask && !reach->mask[(size_t)row * spec->n_cols + (size_t)col])
            continue;
        add_place(reach, band, cell, p, mark_share, sums);
    }
}

static double settle(double observed, double expected)
{
    double agreement = expected > 0.0 ? observed / expected : 0.0;
    return fmin(fmax(agreement, 0.0), MOST_AGREEMENT);
}

double kerb_risk__settle_agreement(const kerb_risk__agreement *sums,
                                   double agreement[KERB_RISK__SIZES])
{
    double observed = 0.0, expected = 0.0, all_observed = 0.0, all_expected = 0.0;
    size_t n = 0;
    int first = 0; /* of the sizes that wait for more places */
    for (int size = 0; size < KERB_RISK__SIZES; size++) {
        n += sums->n[size];
        observed += sums->observed[size];
        expected += sums->expected[size];
        all_observed += sums->observed[size];
        all_expected += sums->expected[size];
        if (n < MIN_PLACES)
            continue;
        while (first <= size)
            agreement[first++] = settle(observed, expected);
        n = 0;
        observed = expected = 0.0;
    }
    /* the largest that are too few: with the size below, or all together */
    double last = first > 0 ? agreement[first - 1] : settle(all_observed, all_expected);
    while (first < KERB_RISK__SIZES)
        agreement[first++] = last;
    return settle(all_observed, all_expected);
}
