/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, shares and rates by area. A rate without a population is no result: NAN, never 0,
 * since a reader takes 0 for "no crime here". Limits are those of the count, divided by the
 * population, which is taken as known. */

#include "kerb_areas.h"

#include "kerb_base.h"

#include <math.h>

#define RATE_BASE   1000.0
#define LIMIT_LEVEL 0.95

/* Figure for the year wanted; for year 0 the latest one (the list is in order of year). */
static double find_population(const kerb_areas_set *set, size_t area, int year, int *year_used)
{
    *year_used = 0;
    if (year != 0)
        return kerb_areas_set_population(set, area, year, year_used);
    const int *years = NULL;
    const double *populations = NULL;
    size_t n = kerb_areas_set_populations(set, area, &years, &populations);
    if (n == 0)
        return (double)NAN;
    *year_used = years[n - 1];
    return populations[n - 1];
}

static void set_rate(kerb_area_figures *figures)
{
    figures->rate_per_1000 = figures->rate_low = figures->rate_high = (double)NAN;
    if (!(figures->population > 0.0) || !isfinite(figures->population))
        return;
    double low, high;
    kerb_poisson_limits(figures->n, LIMIT_LEVEL, &low, &high);
    double per_event = RATE_BASE / figures->population;
    figures->rate_per_1000 = (double)figures->n * per_event;
    figures->rate_low = low * per_event;
    figures->rate_high = high * per_event;
}

kerb_status kerb_areas_rates(kerb_ctx *ctx, const kerb_areas_set *set,
                             const kerb_events *events, const size_t *area_of, int year,
                             kerb_area_figures **out)
{
    kerb_status status = KERB_OK;
    kerb_area_figures *figures = NULL;
    size_t n_assigned = 0;

    if (set == NULL || events == NULL || out == NULL || (area_of == NULL && events->n > 0)) {
        return kerb_fail(ctx, KERB_ERR_ARG, "areas, events and their assignment are needed");
    }
    size_t n_areas = kerb_areas_set_count(set);
    figures = kerb_calloc_array(n_areas, sizeof *figures);
    if (figures == NULL) {
        status = kerb_fail_nomem(ctx, "figures by area");
        goto done;
    }
    for (size_t i = 0; i < events->n; i++) {
        if (area_of[i] == SIZE_MAX)
            continue;
        if (area_of[i] >= n_areas) {
            status = kerb_fail(ctx, KERB_ERR_ARG,
                               "event %zu is assigned to area %zu of a set of %zu", i,
                               area_of[i], n_areas);
            goto done;
        }
        figures[area_of[i]].n++;
        figures[area_of[i]].weight += events->weight != NULL ? events->weight[i] : 1.0;
        n_assigned++;
    }
    for (size_t i = 0; i < n_areas; i++) {
        figures[i].area = i;
        figures[i].area_m2 = kerb_areas_set_area_m2(set, i);
        figures[i].share_of_events =
            n_assigned > 0 ? (double)figures[i].n / (double)n_assigned : (double)NAN;
        figures[i].population = find_population(set, i, year, &figures[i].population_year);
        set_rate(&figures[i]);
    }
    *out = figures, figures = NULL;
done:
    kerb_free(figures);
    return status;
}
