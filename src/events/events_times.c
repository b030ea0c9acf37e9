/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two times of a row beside its start: the end of the window it lies in, and when it was
 * recorded. Most sources give neither, so each column exists only from the first row that has
 * one. */
#include "events_internal.h"

/* Write one value, making its column when there is none yet. */
static kerb_status set_time(kerb_ctx *ctx, const kerb_events *events, size_t row,
                            kerb_civil_s time, kerb_civil_s **column)
{
    if (!*column && time == KERB_CIVIL_NONE)
        return KERB_OK;
    if (!*column) {
        kerb_civil_s *made = kerb_alloc_array(events->owner->capacity, sizeof *made);
        if (!made)
            return kerb_fail_nomem(ctx, "times of events");
        for (size_t i = 0; i < events->n; i++)
            made[i] = KERB_CIVIL_NONE;
        *column = made;
    }
    (*column)[row] = time;
    return KERB_OK;
}

static kerb_status check_row(kerb_ctx *ctx, const kerb_events *events, size_t row)
{
    return row < events->n
               ? KERB_OK
               : kerb_fail(ctx, KERB_ERR_ARG, "there is no event %zu of %zu", row, events->n);
}

kerb_status kerb_events_set_end(kerb_ctx *ctx, kerb_events *events, size_t row,
                                kerb_civil_s end)
{
    kerb_status status = check_row(ctx, events, row);
    if (status != KERB_OK)
        return status;
    kerb_civil_s start = events->start[row];
    if (end != KERB_CIVIL_NONE && start == KERB_CIVIL_NONE)
        return kerb_fail(ctx, KERB_ERR_ARG, "event %zu has an end but no start", row);
    if (end != KERB_CIVIL_NONE && end <= start)
        return kerb_fail(ctx, KERB_ERR_ARG, "event %zu ends %lld s after its start", row,
                         (long long)(end - start));
    /* one spelling for one span, so that equal rows have equal fingerprints */
    if (end == kerb_civil_end(start, (kerb_precision)events->precision[row]))
        end = KERB_CIVIL_NONE;
    return set_time(ctx, events, row, end, &events->end);
}

kerb_status kerb_events_set_recorded(kerb_ctx *ctx, kerb_events *events, size_t row,
                                     kerb_civil_s recorded)
{
    kerb_status status = check_row(ctx, events, row);
    return status == KERB_OK ? set_time(ctx, events, row, recorded, &events->recorded) : status;
}

kerb_civil_s kerb_events_get_end(const kerb_events *events, size_t row)
{
    if (events->start[row] == KERB_CIVIL_NONE)
        return KERB_CIVIL_NONE;
    if (events->end && events->end[row] != KERB_CIVIL_NONE)
        return events->end[row];
    return kerb_civil_end(events->start[row], (kerb_precision)events->precision[row]);
}
