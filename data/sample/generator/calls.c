/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of calls about anti-social behaviour, with minutes, and the fire service's incidents.
 */
#include "county.h"

#include <stdio.h>
#include <string.h>

/* The log stops for November and December 2023: a new system. Missing, not zero. */
static bool is_in_gap(int64_t minute)
{
    int64_t day = sample_day_of(minute);
    return day >= sample_day(2023, 11, 1) && day < sample_day(2024, 1, 1);
}

static void drop_gap(sample_table *table)
{
    size_t n = 0;
    for (size_t i = 0; i < table->n; i++) {
        if (!is_in_gap(table->rows[i].from)) {
            table->rows[n++] = table->rows[i];
        }
    }
    table->n = n;
}

static void add_second_callers(sample_table *table, sample_random *random)
{
    size_t n = table->n;
    for (size_t k = 0; k < SAMPLE_CALLED_TWICE; k++) {
        sample_incident row = table->rows[n * k / SAMPLE_CALLED_TWICE];
        table->rows = sample_grow(table->rows, table->n + 1, sizeof *table->rows);
        row.recorded += sample_between(random, 1, 9);
        table->rows[table->n++] = row;
    }
}

void sample_make_calls(sample_county *county)
{
    static const struct {
        sample_kind kind;
        int n;
        sample_when when;
    } everywhere[] = {{SAMPLE_ASB_PERSONAL, 200, SAMPLE_ANY_TIME},
                      {SAMPLE_ASB_NUISANCE, 500, SAMPLE_ANY_TIME},
                      {SAMPLE_ASB_ENVIRONMENTAL, 110, SAMPLE_BY_DAY}};
    sample_random random = {20220406};
    sample_table *calls = &county->calls;
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        for (size_t i = 0; i < sizeof everywhere / sizeof *everywhere; i++) {
            sample_add_at_homes(calls, &random, everywhere[i].kind, year, everywhere[i].n,
                                everywhere[i].when, &county->places);
        }
        sample_add_at(calls, &random, SAMPLE_ASB_NUISANCE, year, 70, SAMPLE_AT_NIGHT,
                      &county->places.centres[0]);
        sample_add_at(calls, &random, SAMPLE_ASB_NUISANCE, year, 30, SAMPLE_AT_NIGHT,
                      &county->places.centres[1]);
    }
    sample_add_events(calls, &random, &county->land, &county->calendar, SAMPLE_ASB_NUISANCE,
                      700);
    drop_gap(calls);
    for (size_t i = 0; i < calls->n; i++) {
        sample_incident *row = &calls->rows[i];
        row->recorded = row->from; /* the call is the record */
        row->beat = county->land.areas[row->place.area].beat;
    }
    add_second_callers(calls, &random);
    sample_number(calls);
}

void sample_write_calls(sample_county *county, const char *folder)
{
    static const char *const opening[] = {"NEIGHBOUR DISPUTE", "ROWDY BEHAVIOUR", "LITTERING"};
    sample_text text = {0};
    sample_add(&text, "Log Number,Call Received,Opening Code,Closing Code,Grade,Easting,"
                      "Northing,Location,Beat\n");
    for (size_t i = 0; i < county->calls.n; i++) {
        const sample_incident *row = &county->calls.rows[i];
        sample_point point;
        sample_stated_point(row, &point);
        int year = sample_date_of(sample_day_of(row->recorded)).year;
        sample_add(&text, "L%d-%05d,", year, row->reference);
        sample_add_minute(&text, row->from);
        sample_add(&text, ",%s,%s,%d,%d,%d,\"%s\",%s\n",
                   opening[row->kind - SAMPLE_ASB_PERSONAL], sample_kinds[row->kind].code,
                   1 + row->reference % 4, (int)point.x, (int)point.y, row->place.street,
                   sample_beats[row->beat].code);
    }
    sample_write_rows(county, &text, folder, "calls/asb-calls-2022-25.csv",
                      (int)county->calls.n);
}

/* --------------------------------------------------------------------------------- fire */

/* Dwelling fires are published on a grid: a fifth of all rows at 100 m, one in fourteen at 1
 * km. */
static void mask(sample_random *random, sample_incident *row)
{
    int64_t draw = sample_below(random, 1000);
    if (draw < 200) {
        row->flaw = SAMPLE_MASKED_100;
    } else if (draw < 270) {
        row->flaw = SAMPLE_MASKED_1000;
    }
}

/* Crews went to every third collision with someone killed or badly hurt, minutes after. */
static void add_rescues(sample_county *county, sample_random *random)
{
    int n_serious = 0;
    for (size_t i = 0; i < county->collisions.n; i++) {
        const sample_collision *collision = &county->collisions.rows[i];
        int64_t day = sample_day_of(collision->minute);
        if (collision->severity == 3 || !collision->has_point || n_serious++ % 3 != 0 ||
            day < sample_year_start(0) || day >= sample_year_start(SAMPLE_YEARS) - 1) {
            continue;
        }
        sample_point point = collision->point;
        do {
            point = sample_point_in_disc(random, collision->point, 60);
        } while (sample_area_of(&county->land, point) == SAMPLE_NONE);
        sample_incident *row =
            sample_add_incident(&county->fire, random, SAMPLE_SPECIAL_SERVICE, 0,
                                SAMPLE_ANY_TIME, sample_place_at(&county->land, point));
        row->from = collision->minute + sample_between(random, 2, 14);
        row->event = (int)i; /* here: the collision */
    }
}

void sample_make_fire(sample_county *county)
{
    sample_random random = {20220407};
    sample_table *fire = &county->fire;
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        sample_add_at_homes(fire, &random, SAMPLE_FIRE, year, 110, SAMPLE_ANY_TIME,
                            &county->places);
        sample_add_at_homes(fire, &random, SAMPLE_FALSE_ALARM, year, 115, SAMPLE_ANY_TIME,
                            &county->places);
        sample_add_at_homes(fire, &random, SAMPLE_SPECIAL_SERVICE, year, 40, SAMPLE_ANY_TIME,
                            &county->places);
    }
    for (size_t i = 0; i < fire->n; i++) {
        if (fire->rows[i].kind == SAMPLE_FIRE) {
            mask(&random, &fire->rows[i]);
        }
    }
    add_rescues(county, &random);
    for (size_t i = 0; i < fire->n; i++) {
        fire->rows[i].recorded = fire->rows[i].from;
        fire->rows[i].beat = county->land.areas[fire->rows[i].place.area].beat;
    }
    sample_number(fire);
}

/* A masked number keeps its first digits: 452137 is 4521** or 452***. */
static void add_masked(sample_text *text, int64_t coordinate, sample_flaw flaw)
{
    if (flaw == SAMPLE_MASKED_100) {
        sample_add(text, "%d**,", (int)(coordinate / 100));
    } else if (flaw == SAMPLE_MASKED_1000) {
        sample_add(text, "%d***,", (int)(coordinate / 1000));
    } else {
        sample_add(text, "%d,", (int)coordinate);
    }
}

void sample_write_fire(sample_county *county, const char *folder)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    sample_text text = {0};
    sample_add(&text, "Day,Month,Year,Time of Call,Incident Number,X Coordinate,Y Coordinate,"
                      "District,Incident Category,Property Category,Special Service Type,"
                      "Is Primary Fire\n");
    for (size_t i = 0; i < county->fire.n; i++) {
        const sample_incident *row = &county->fire.rows[i];
        sample_point point;
        sample_stated_point(row, &point);
        sample_date date = sample_date_of(sample_day_of(row->from));
        int minute = (int)(row->from % SAMPLE_DAY_MIN);
        sample_add(&text, "%d,%s,%d,%02d:%02d:%02d,%06d-%02d%02d%d,", date.day,
                   months[date.month - 1], date.year, minute / 60, minute % 60,
                   row->reference * 7 % 60, row->reference, date.day, date.month, date.year);
        add_masked(&text, point.x, row->flaw);
        add_masked(&text, point.y, row->flaw);
        bool is_rescue = row->event != SAMPLE_NONE, is_fire = row->kind == SAMPLE_FIRE;
        sample_add(&text, "Wrenshire,%s,%s,%s,%s\n", sample_kinds[row->kind].name,
                   is_rescue ? "RoadVehicle" : "Dwelling",
                   is_rescue                             ? "Road Traffic Collision"
                   : row->kind == SAMPLE_SPECIAL_SERVICE ? "Assist other agencies"
                                                         : "",
                   is_fire ? row->reference % 3 == 0 ? "no" : "yes" : "");
    }
    sample_write_rows(county, &text, folder, "fire/fire-2022-25.csv", (int)county->fire.n);
}
