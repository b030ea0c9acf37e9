/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late records: how long after an incident it was written down. What is not on record yet makes
 * the newest months look better than they are. */
#include "quality_internal.h"

#include <stdlib.h>

#define LATE_DAYS  30
#define LATE_SHARE 0.05 /* of records that come later: the last month is far from whole */
#define MIN_ROWS   30

static int64_t day_of(kerb_civil_s time)
{
    return time / 86400 - (time % 86400 < 0);
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Days from an incident to its record, of rows whose day is known; negative ones are counted.
 */
static size_t list_delays(const kerb_quality__view *view, const kerb_quality__source *source,
                          int32_t *days, size_t *n_before)
{
    const kerb_events *events = view->events;
    size_t n = 0;
    *n_before = 0;
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i];
        if (events->recorded[row] == KERB_CIVIL_NONE ||
            events->precision[row] < KERB_PRECISION_DAY)
            continue;
        int64_t delay = day_of(events->recorded[row]) - day_of(events->start[row]);
        *n_before += delay < 0;
        days[n++] = (int32_t)(delay > INT32_MAX ? INT32_MAX : delay < 0 ? 0 : delay);
    }
    return n;
}

static kerb_status tell_delays(kerb_ctx *ctx, kerb_quality__view *view,
                               const kerb_quality__source *source, const int32_t *days,
                               size_t n, size_t n_before)
{
    size_t n_late = 0;
    for (size_t i = 0; i < n; i++)
        n_late += days[i] > LATE_DAYS;
    double share = (double)n_late / (double)n;
    int median = days[(n - 1) / 2], high = days[(n - 1) * 9 / 10];
    kerb_quality__draft draft =
        kerb_quality__begin("late_records", share > LATE_SHARE ? KERB_QUALITY_WARNING
                                            : n_before > 0     ? KERB_QUALITY_NOTE
                                                               : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents", (double)n);
    kerb_quality__figure(&draft, "median_delay_days", median);
    kerb_quality__figure(&draft, "delay_90_days", high);
    kerb_quality__figure(&draft, "over_30_days", (double)n_late);
    kerb_quality__figure(&draft, "over_30_days_share", share);
    kerb_quality__figure(&draft, "recorded_before", (double)n_before);
    kerb_quality__say(&draft,
                      "%s: half of %s %s are on record within %d %s and nine in ten within %d; "
                      "%s came more than 30 days later",
                      kerb_quality__name(source->name).text,
                      kerb_quality__count((double)n).text, kerb_quality__incidents((double)n),
                      median, median == 1 ? "day" : "days", high,
                      kerb_quality__share(share).text);
    kerb_quality__say(&draft,
                      share > LATE_SHARE
                          ? ": the last month is not whole yet, and a fall in it is none."
                          : ": the last month is nearly whole a month after it ends.");
    if (n_before > 0)
        kerb_quality__say(&draft,
                          " %s were recorded before they happened: one of the two times "
                          "is wrong.",
                          kerb_quality__count((double)n_before).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_late(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_status status = KERB_OK;
    if (view->events->recorded == NULL)
        return KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        const kerb_quality__source *source = &view->sources[s];
        size_t n_before = 0;
        int32_t *days = kerb_alloc_array(source->n, sizeof *days);
        if (days == NULL)
            return kerb_fail_nomem(ctx, "delays");
        size_t n = list_delays(view, source, days, &n_before);
        if (n >= MIN_ROWS) {
            qsort(days, n, sizeof *days, compare_days);
            status = tell_delays(ctx, view, source, days, n, n_before);
        }
        kerb_free(days);
    }
    return status;
}
