/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A council's list of reports as it comes out of a spreadsheet, with what such lists have: a
 * title above the header, one kind in several spellings, places that are not known, a day that
 * does not exist, a number used twice, a total below. docs/first-hour.md maps it.
 */
#include "county.h"

#include <stdio.h>

enum { N_REPORTS = 240, N_TIPPED = 60 };

typedef struct {
    sample_place place;
    int64_t minute;
    size_t kind;
} report;

static const char *const spellings[] = {"Fly-tipping",      "fly tipping", "FLY-TIPPING",
                                        "Graffiti",         "GRAFFITI",    "Noise",
                                        "Abandoned vehicle"};

static report one_report(const sample_county *county, sample_random *random, int number)
{
    static const sample_disc lane = {"TIPPED", "Old Corn Lane", {13150, 15500}, 90};
    static const int weights[] = {20, 8, 5, 22, 6, 30, 16}, tipped[] = {30, 10, 6, 0, 0, 0, 0};
    int64_t day = sample_day(2024, 10, 1) + number * 92 / N_REPORTS;
    report r = {.minute = day * SAMPLE_DAY_MIN + sample_between(random, 8 * 60, 19 * 60)};
    /* every fourth lies in one lane of Osmerby; the rest in the town at random */
    if (number % (N_REPORTS / N_TIPPED) == 0) {
        r.place = sample_place_at(&county->land,
                                  sample_point_in_disc(random, lane.centre, lane.radius_m));
        snprintf(r.place.street, sizeof r.place.street, "%s", lane.name);
        r.kind = sample_weighted(random, tipped, 7);
        return r;
    }
    do {
        r.place = sample_any_place(&county->places.addresses, random);
    } while (county->land.areas[r.place.area].beat != 0);
    r.kind = sample_weighted(random, weights, 7);
    return r;
}

static void add_place_columns(sample_text *text, const report *r, int number)
{
    sample_point p = r->place.point;
    if (number % 40 == 17) {
        sample_add(text, ",,"); /* not given */
    } else if (number % 100 == 33) {
        sample_add(text, "unknown,unknown,");
    } else {
        sample_add(text, "%d,%d,", (int)p.x + SAMPLE_ORIGIN_EASTING,
                   (int)p.y + SAMPLE_ORIGIN_NORTHING);
    }
}

void sample_write_reports(sample_county *county, const char *folder)
{
    sample_random random = {20220410};
    sample_text text = {0};
    sample_add(&text, "Street Scene reports - extracted 06/01/2025,,,,,,\r\n"
                      "Report No,Date,Time,Type,Easting,Northing,Street\r\n");
    for (int number = 0; number < N_REPORTS; number++) {
        report r = one_report(county, &random, number);
        sample_date date = sample_date_of(sample_day_of(r.minute));
        int minute = (int)(r.minute % SAMPLE_DAY_MIN);
        /* a number is used twice, and November has 30 days */
        sample_add(&text, "SS%d,%02d/%02d/%02d,%d:%02d,%s,", 4100 + number - (number == 120),
                   number == 150 ? 31 : date.day, date.month, date.year % 100, minute / 60,
                   minute % 60, spellings[r.kind]);
        add_place_columns(&text, &r, number);
        sample_add(&text, "\"%s\"\r\n", r.place.street);
    }
    sample_add(&text, "Total,,,%d,,,\r\n", N_REPORTS);
    sample_write_rows(county, &text, folder, "first-hour/reports.csv", N_REPORTS + 1);
}
