/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Windows of time by the names of their columns. An end is only understood together with its
 * start ("date from" with "date to"), because alone it may end anything: a road closure, a
 * case. Such a pair says more than a single date beside it, which is mostly its middle.
 */
#include "ingest_internal.h"

#include <string.h>

typedef struct pair {
    const char *from, *to;
    bool only_date; /* common words: only where no other column is a date */
} pair;

static const pair date_pairs[] = {
    {"committedfrom", "committedto", false},
    {"committedfromdate", "committedtodate", false},
    {"committeddatefrom", "committeddateto", false},
    {"committedfromdatetime", "committedtodatetime", false},
    {"datecommittedfrom", "datecommittedto", false},
    {"committedondatefrom", "committedondateto", false},
    {"offencefrom", "offenceto", false},
    {"offencefromdate", "offencetodate", false},
    {"offencedatefrom", "offencedateto", false},
    {"offencestartdate", "offenceenddate", false},
    {"offencestart", "offenceend", false},
    {"occurredfrom", "occurredto", false},
    {"occurredfromdate", "occurredtodate", false},
    {"dateoccurredfrom", "dateoccurredto", false},
    {"incidentfrom", "incidentto", false},
    {"incidentdatefrom", "incidentdateto", false},
    {"datetimefrom", "datetimeto", false},
    {"fromdatetime", "todatetime", false},
    {"startdatetime", "enddatetime", false},
    {"datetimestart", "datetimeend", false},
    {"datefrom", "dateto", false},
    {"fromdate", "todate", false},
    {"startdate", "enddate", false},
    {"datestart", "dateend", false},
    {"earliestdate", "latestdate", false},
    {"dateearliest", "datelatest", false},
    {"earliest", "latest", true},
    {"start", "end", true},
};

static const pair time_pairs[] = {
    {"committedfromtime", "committedtotime", false},
    {"committedtimefrom", "committedtimeto", false},
    {"timecommittedfrom", "timecommittedto", false},
    {"offencefromtime", "offencetotime", false},
    {"offencestarttime", "offenceendtime", false},
    {"occurredfromtime", "occurredtotime", false},
    {"timefrom", "timeto", false},
    {"fromtime", "totime", false},
    {"starttime", "endtime", false},
    {"timestart", "timeend", false},
    {"earliesttime", "latesttime", false},
    {"timeearliest", "timelatest", false},
};

static int find_key(const char *const *headers, size_t n_headers, const char *wanted)
{
    char key[64];
    for (size_t i = 0; i < n_headers; i++) {
        kerb_ingest__header_key(headers[i], strlen(headers[i]), key);
        if (strcmp(key, wanted) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The first pair of which both are there. */
static bool find_pair(const char *const *headers, size_t n_headers, const pair *pairs, size_t n,
                      bool has_other, int *from, int *to)
{
    for (size_t i = 0; i < n; i++) {
        if (pairs[i].only_date && has_other) {
            continue;
        }
        *from = find_key(headers, n_headers, pairs[i].from);
        *to = *from < 0 ? -1 : find_key(headers, n_headers, pairs[i].to);
        if (*to >= 0) {
            return true;
        }
    }
    return false;
}

void kerb_ingest__layout_choose_window(const char *const *headers, size_t n_headers,
                                       kerb_ingest__layout *layout)
{
    int *column = layout->column, from = -1, to = -1;
    if (find_pair(headers, n_headers, date_pairs, sizeof date_pairs / sizeof *date_pairs,
                  column[KERB_ROLE_DATE] >= 0, &from, &to)) {
        column[KERB_ROLE_DATE] = from;
        column[KERB_ROLE_DATE_TO] = to;
        if (find_pair(headers, n_headers, time_pairs, sizeof time_pairs / sizeof *time_pairs,
                      false, &from, &to)) {
            column[KERB_ROLE_TIME] = from;
            column[KERB_ROLE_TIME_TO] = to;
        }
    }
    if (column[KERB_ROLE_RECORDED] == column[KERB_ROLE_DATE]) {
        column[KERB_ROLE_RECORDED] = -1;
    }
    if (column[KERB_ROLE_RECORDED] < 0) {
        column[KERB_ROLE_RECORDED_TIME] = -1;
    }
}
