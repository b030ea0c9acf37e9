/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The police force's own extract, one file for each financial year, and three months of it as
 * they stood a quarter later: reclassified, withdrawn and late records.
 */
#include "county.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t first_extract_day(void)
{
    return sample_day(2025, 4, 7);
}

static int64_t later_extract_day(void)
{
    return sample_day(2025, 7, 7);
}

/* Criminal damage by beat and year. Hexwold: 180, then 270; the others stay within 3. */
static const int damage[SAMPLE_BEATS][SAMPLE_YEARS] = {
    {212, 210, 212}, {178, 180, 270}, {92, 91, 93}, {104, 105, 102}, {88, 86, 88}};

/* Blank coordinates in thousandths of a beat's rows of the kinds below. */
static const int blank_in_1000[SAMPLE_BEATS] = {30, 45, 130, 700, 110};

/* Spread like the residents: rows a year, when, and whether the row may be flawed. */
static const struct {
    sample_kind kind;
    int n;
    sample_when when;
    bool is_flawed;
} everywhere[] = {{SAMPLE_INJURY, 110, SAMPLE_BY_DAY, false},
                  {SAMPLE_INJURY, 60, SAMPLE_ANY_TIME, false},
                  {SAMPLE_NO_INJURY, 240, SAMPLE_ANY_TIME, true},
                  {SAMPLE_PUBLIC_ORDER, 90, SAMPLE_BY_DAY, false},
                  {SAMPLE_BURGLARY, 200, SAMPLE_OVERNIGHT, false},
                  {SAMPLE_BUSINESS_BURGLARY, 40, SAMPLE_OVERNIGHT, false},
                  {SAMPLE_FROM_VEHICLE, 170, SAMPLE_OVERNIGHT, true},
                  {SAMPLE_OF_VEHICLE, 75, SAMPLE_OVERNIGHT, true},
                  {SAMPLE_BICYCLE, 25, SAMPLE_OVERNIGHT, false},
                  {SAMPLE_OTHER_THEFT, 60, SAMPLE_ANY_TIME, true},
                  {SAMPLE_DRUGS, 15, SAMPLE_BY_DAY, false},
                  {SAMPLE_ROBBERY, 6, SAMPLE_BY_DAY, false}};

/* In the two town centres: rows a year in Osmerby and in Hexwold. */
static const struct {
    sample_kind kind;
    int n[2];
    sample_when when;
} in_centres[] = {{SAMPLE_INJURY, {62, 28}, SAMPLE_AT_NIGHT},
                  {SAMPLE_NO_INJURY, {30, 12}, SAMPLE_AT_NIGHT},
                  {SAMPLE_PUBLIC_ORDER, {34, 14}, SAMPLE_AT_NIGHT},
                  {SAMPLE_DRUGS, {15, 5}, SAMPLE_AT_NIGHT},
                  {SAMPLE_ROBBERY, {7, 2}, SAMPLE_AT_NIGHT},
                  {SAMPLE_PERSON, {12, 4}, SAMPLE_AT_NIGHT},
                  {SAMPLE_BUSINESS_BURGLARY, {14, 8}, SAMPLE_OVERNIGHT},
                  {SAMPLE_SHOPLIFTING, {35, 40}, SAMPLE_BY_DAY},
                  {SAMPLE_BICYCLE, {30, 6}, SAMPLE_BY_DAY}};

static void spoil(sample_random *random, const sample_land *land, sample_incident *row)
{
    int64_t draw = sample_below(random, 1000);
    if (draw < blank_in_1000[land->areas[row->place.area].beat]) {
        row->flaw = SAMPLE_BLANK;
    }
}

static void add_everywhere(sample_county *county, sample_random *random, int year)
{
    for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++) {
        for (int k = 0; k < everywhere[i].n; k++) {
            sample_incident *row = sample_add_incident(
                &county->police, random, everywhere[i].kind, year, everywhere[i].when,
                sample_near_address(&county->places, random));
            row->beat = county->land.areas[row->place.area].beat;
            if (everywhere[i].is_flawed) {
                spoil(random, &county->land, row);
            }
        }
    }
}

static void add_damage(sample_county *county, sample_random *random, int year)
{
    for (int beat = 0; beat < SAMPLE_BEATS; beat++) {
        for (int k = 0; k < damage[beat][year]; k++) {
            sample_place place;
            do {
                place = sample_near_address(&county->places, random);
            } while (county->land.areas[place.area].beat != beat);
            sample_incident *row = sample_add_incident(&county->police, random, SAMPLE_DAMAGE,
                                                       year, SAMPLE_OVERNIGHT, place);
            /* never late, so that the counts of the year are whole in the first extract */
            row->recorded = row->to + sample_between(random, 5, 600);
            row->flaw = beat == 0 && k < 6 ? SAMPLE_AT_STATION : SAMPLE_AS_IT_WAS;
        }
    }
}

/* Filed at the police station of Osmerby because nobody knew the place: a little of everything,
 * by year, but for what must stay clean; six of the criminal damage above are there, too. */
static void add_at_station(sample_county *county, sample_random *random, int year)
{
    static const struct {
        sample_kind kind;
        int n;
    } filed[] = {{SAMPLE_INJURY, 3},       {SAMPLE_NO_INJURY, 3},
                 {SAMPLE_FROM_VEHICLE, 2}, {SAMPLE_OTHER_THEFT, 2},
                 {SAMPLE_PUBLIC_ORDER, 1}, {SAMPLE_SHOPLIFTING, 1},
                 {SAMPLE_OF_VEHICLE, 1},   {SAMPLE_BUSINESS_BURGLARY, 1},
                 {SAMPLE_DRUGS, 1},        {SAMPLE_BICYCLE, 1}};
    for (size_t i = 0; i < sizeof filed / sizeof *filed; i++) {
        for (int k = 0; k < filed[i].n; k++) {
            sample_place place;
            do {
                place = sample_near_address(&county->places, random);
            } while (county->land.areas[place.area].beat != 0);
            sample_add_incident(&county->police, random, filed[i].kind, year, SAMPLE_BY_DAY,
                                place)
                ->flaw = SAMPLE_AT_STATION;
        }
    }
}

static void add_centres(sample_county *county, sample_random *random, int year)
{
    for (size_t i = 0; i < sizeof in_centres / sizeof *in_centres; i++) {
        for (int town = 0; town < 2; town++) {
            sample_add_at(&county->police, random, in_centres[i].kind, year,
                          in_centres[i].n[town], in_centres[i].when,
                          &county->places.centres[town]);
        }
    }
    sample_add_at(&county->police, random, SAMPLE_SHOPLIFTING, year, 80, SAMPLE_BY_DAY,
                  &county->places.retail);
}

static void add_prison(sample_county *county, sample_random *random, int year)
{
    for (int k = 0; k < 115; k++) {
        sample_place place =
            sample_place_at(&county->land, sample_point_in_disc(random, sample_prison.centre,
                                                                sample_prison.radius_m));
        snprintf(place.street, sizeof place.street, "%s", sample_prison.name);
        sample_add_incident(&county->police, random, k < 70 ? SAMPLE_INJURY : SAMPLE_NO_INJURY,
                            year, SAMPLE_BY_DAY, place);
    }
}

/* What venues see on days without an event: little. */
static void add_quiet_days(sample_county *county, sample_random *random, int year)
{
    for (int k = 0; k < 6; k++) {
        int venue = k % SAMPLE_VENUES;
        const sample_disc *disc = &sample_venues[venue];
        sample_place place = sample_place_at(
            &county->land, sample_point_in_disc(random, disc->centre, disc->radius_m));
        snprintf(place.street, sizeof place.street, "%s", disc->name);
        sample_incident *row = sample_add_incident(&county->police, random, SAMPLE_OTHER_THEFT,
                                                   year, SAMPLE_BY_DAY, place);
        if (sample_has_event(&county->calendar, venue, sample_day_of(row->from))) {
            county->police.n--; /* not on such a day */
            k--;
        }
    }
}

/* Uniform on the land; and beyond the border, where the force records for its neighbour. */
static void add_land(sample_county *county, sample_random *random, int year)
{
    for (int k = 0; k < 110; k++) {
        sample_add_incident(
            &county->police, random, SAMPLE_RURAL_THEFT, year, SAMPLE_OVERNIGHT,
            sample_place_at(&county->land, sample_point_on_land(&county->land, random)));
    }
    for (int k = 0; k < 13; k++) {
        /* by turns beyond the western and the northern border; one draw at a time, because C
         * leaves the order within an expression open */
        bool is_west = k % 2 == 0;
        sample_point point;
        point.x =
            is_west ? sample_between(random, -4000, -400) : sample_between(random, 3000, 35000);
        point.y = is_west ? sample_between(random, 2000, 26000)
                          : sample_between(random, 29300, 33000);
        sample_incident *row =
            sample_add_incident(&county->police, random, SAMPLE_FROM_VEHICLE, year,
                                SAMPLE_OVERNIGHT, sample_place_at(&county->land, point));
        row->flaw = SAMPLE_OUT_OF_AREA;
    }
}

/* One record with easting and northing the wrong way round: 170 km from all others. */
static void swap_one(sample_county *county)
{
    for (size_t i = 0; i < county->police.n; i++) {
        sample_incident *row = &county->police.rows[i];
        if (row->kind == SAMPLE_OF_VEHICLE && row->flaw == SAMPLE_AS_IT_WAS) {
            row->flaw = SAMPLE_SWAPPED;
            return;
        }
    }
}

void sample_make_police(sample_county *county)
{
    /* of a few seeds that with the least chance of a cluster where none is meant: README.md */
    sample_random random = {20220445};
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        add_everywhere(county, &random, year);
        add_damage(county, &random, year);
        add_at_station(county, &random, year);
        add_centres(county, &random, year);
        add_prison(county, &random, year);
        add_quiet_days(county, &random, year);
        add_land(county, &random, year);
    }
    sample_add_events(&county->police, &random, &county->land, &county->calendar,
                      SAMPLE_OTHER_THEFT, 800);
    sample_add_events(&county->police, &random, &county->land, &county->calendar, SAMPLE_PERSON,
                      120);
    sample_add_events(&county->police, &random, &county->land, &county->calendar, SAMPLE_DRUGS,
                      150);
    swap_one(county);
    sample_number(&county->police);
    for (size_t i = 0; i < county->police.n; i++) {
        sample_incident *row = &county->police.rows[i];
        row->beat = row->place.area == SAMPLE_NONE ? SAMPLE_NONE
                                                   : county->land.areas[row->place.area].beat;
        /* what was done long ago is in all extracts; what is recorded late, in the later one */
        row->is_later = sample_day_of(row->recorded) > first_extract_day();
    }
}

bool sample_is_in_first(const sample_incident *incident)
{
    return !incident->is_later;
}

/* -------------------------------------------------------------------------------- files */

static const char head[] = "Crime Reference,Offence Code,Offence,Committed From,Committed To,"
                           "Recorded At,Easting,Northing,Street,Beat Code\n";

static void add_line(sample_text *text, const sample_incident *row, sample_kind kind)
{
    int year = sample_date_of(sample_day_of(row->recorded)).year;
    sample_add(text, "W%02d-%06d,%s,%s,", year % 100, row->reference, sample_kinds[kind].code,
               sample_kinds[kind].name);
    sample_add_minute(text, row->from);
    sample_add(text, ",");
    if (row->to != SAMPLE_NO_MINUTE) {
        sample_add_minute(text, row->to);
    }
    sample_add(text, ",");
    sample_add_minute(text, row->recorded);
    sample_point point;
    if (sample_stated_point(row, &point)) {
        sample_add(text, ",%d,%d,", (int)point.x, (int)point.y);
    } else {
        sample_add(text, ",,,");
    }
    const char *quote = strchr(row->place.street, ',') != NULL ? "\"" : "";
    sample_add(text, "%s%s%s,%s\n", quote, row->place.street, quote,
               row->beat == SAMPLE_NONE ? "" : sample_beats[row->beat].code);
}

/* The last rows of the year before, once more: the extract was taken from a few days too early.
 */
static int add_repeated_of(sample_text *text, const sample_county *county, int year)
{
    int n = 0;
    for (size_t i = county->police.n; i-- > 0 && n < SAMPLE_REPEATED_NEXT;) {
        const sample_incident *row = &county->police.rows[i];
        if (sample_year_of(row->from) == year && sample_is_in_first(row)) {
            add_line(text, row, row->kind);
            n++;
        }
    }
    return n;
}

void sample_write_police(sample_county *county, const char *folder)
{
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        sample_text text = {0};
        int n = 0, n_repeated = 0;
        sample_add(&text, "%s", head);
        if (year == 1) {
            n += add_repeated_of(&text, county, 0);
        }
        for (size_t i = 0; i < county->police.n; i++) {
            const sample_incident *row = &county->police.rows[i];
            if (sample_year_of(row->from) != year || !sample_is_in_first(row)) {
                continue;
            }
            add_line(&text, row, row->kind);
            n++;
            if (year == 1 && i % 97 == 0 && n_repeated < SAMPLE_REPEATED_IN_FILE) {
                add_line(&text, row, row->kind);
                n++, n_repeated++;
            }
        }
        char path[64];
        snprintf(path, sizeof path, "police/police-%d-%02d.csv", SAMPLE_FIRST_YEAR + year,
                 (SAMPLE_FIRST_YEAR + year + 1) % 100);
        sample_write_rows(county, &text, folder, path, n);
    }
}

void sample_write_later(sample_county *county, const char *folder)
{
    sample_text text = {0};
    int n = 0;
    sample_add(&text, "%s", head);
    for (size_t i = 0; i < county->police.n; i++) {
        const sample_incident *row = &county->police.rows[i];
        if (sample_day_of(row->from) < sample_day(2025, 1, 1) ||
            sample_day_of(row->recorded) > later_extract_day()) {
            continue;
        }
        sample_kind kind = row->kind;
        if (!sample_is_in_first(row)) {
            county->n_new++;
        } else if (kind == SAMPLE_FROM_VEHICLE && county->n_withdrawn < SAMPLE_WITHDRAWN) {
            county->n_withdrawn++;
            continue;
        } else if (kind == SAMPLE_NO_INJURY && county->n_changed < SAMPLE_CHANGED) {
            county->n_changed++;
            kind = SAMPLE_INJURY;
        } else {
            county->n_unchanged++;
        }
        add_line(&text, row, kind);
        n++;
    }
    sample_write_rows(county, &text, folder, "police-later/police-2025-01-to-03.csv", n);
}
