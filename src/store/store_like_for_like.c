/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records go on changing after a period has ended: crimes are added late, reclassified,
 * cancelled. Last month read a week after its end and the same month of last year read a year
 * after its end differ for that reason alone. Two periods compare when both are read at the
 * same age: as they stood the same number of whole months after their ends.
 */
#include "kerb_store.h"

/* Whole months from one instant to a later one; the day of the month is cut to the length of
 * the month, so that 31 January and 28 February are one month apart. */
static int count_months(kerb_civil_s from, kerb_civil_s to)
{
    int64_t from_day = from / 86400 - (from % 86400 < 0),
            to_day = to / 86400 - (to % 86400 < 0);
    kerb_date a = kerb_date_from_days(from_day), b = kerb_date_from_days(to_day);
    kerb_date month_after = {b.month == 12 ? b.year + 1 : b.year,
                             b.month == 12 ? 1 : b.month + 1, 1};
    bool is_last_day = to_day + 1 == kerb_days_from_date(month_after);
    int months = (b.year - a.year) * 12 + b.month - a.month;
    return b.day < a.day && !is_last_day ? months - 1 : months;
}

/* The newest extract that holds the whole period and was taken `age` months after its end. */
static const kerb_extract *find_of_age(const kerb_extract *extracts, size_t n,
                                       kerb_civil_s from, kerb_civil_s to, int age)
{
    const kerb_extract *found = NULL;
    for (size_t i = 0; i < n; i++) {
        const kerb_extract *e = &extracts[i];
        bool holds = e->from != KERB_CIVIL_NONE && e->from <= from && e->to >= to;
        if (holds && e->as_at >= to && count_months(to, e->as_at) == age &&
            (!found || e->as_at > found->as_at))
            found = e;
    }
    return found;
}

kerb_like_for_like kerb_store_make_like_for_like(const kerb_extract *extracts, size_t n,
                                                 const kerb_civil_s before[2],
                                                 const kerb_civil_s after[2])
{
    kerb_like_for_like best = {
        .age_months = -1, .as_at_before = KERB_CIVIL_NONE, .as_at_after = KERB_CIVIL_NONE};
    for (size_t i = 0; i < n; i++) {
        if (extracts[i].as_at < after[1])
            continue;
        int age = count_months(after[1], extracts[i].as_at);
        const kerb_extract *b = find_of_age(extracts, n, before[0], before[1], age);
        const kerb_extract *a = find_of_age(extracts, n, after[0], after[1], age);
        if (age > best.age_months && a && b)
            best = (kerb_like_for_like){
                .age_months = age, .as_at_before = b->as_at, .as_at_after = a->as_at};
    }
    return best;
}
