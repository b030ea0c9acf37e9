/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents: when they happen, when they are recorded, and the calendar of the two venues. */
#include "incidents.h"

#include <stdio.h>
#include <stdlib.h>

const sample_kind_name sample_kinds[SAMPLE_KINDS] = {
    {"8N", "Violence with injury", "Violence and sexual offences"},
    {"105A", "Violence without injury", "Violence and sexual offences"},
    {"9A", "Public order", "Public order"},
    {"28E", "Residential burglary", "Burglary"},
    {"30C", "Business burglary", "Burglary"},
    {"45.10", "Theft from a vehicle", "Vehicle crime"},
    {"48.1", "Theft of a vehicle", "Vehicle crime"},
    {"58D", "Criminal damage", "Criminal damage and arson"},
    {"46", "Shoplifting", "Shoplifting"},
    {"44", "Bicycle theft", "Bicycle theft"},
    {"49", "Other theft", "Other theft"},
    {"92E", "Drugs", "Drugs"},
    {"34B", "Robbery", "Robbery"},
    {"39", "Theft from the person", "Theft from the person"},
    {"49.11", "Rural theft", "Other theft"},
    {"ASB1", "ASB - Personal", "Anti-social behaviour"},
    {"ASB2", "ASB - Nuisance", "Anti-social behaviour"},
    {"ASB3", "ASB - Environmental", "Anti-social behaviour"},
    {"F", "Fire", NULL},
    {"A", "False Alarm", NULL},
    {"S", "Special Service", NULL},
};

int64_t sample_year_start(int year)
{
    return sample_day(SAMPLE_FIRST_YEAR + year, 4, 1);
}

int sample_year_of(int64_t minute)
{
    int year = 0;
    while (year + 1 < SAMPLE_YEARS && sample_day_of(minute) >= sample_year_start(year + 1)) {
        year++;
    }
    return year;
}

/* ------------------------------------------------------------------------------ calendar */

static const char *const skelder_events[10] = {
    "Spring Sprint",    "Classic Trophy", "Midland Endurance", "Lakeside Festival",
    "Superbike Round",  "Summer Rally",   "Folk Weekend",      "Touring Cars",
    "Harvest Festival", "Final Round"};
static const char *const alderfen_events[8] = {"Plant Fair",   "Dog Show",       "County Show",
                                               "Steam Rally",  "Horse Trials",   "Produce Show",
                                               "Craft Market", "Ploughing Match"};

static void add_event(sample_calendar *calendar, sample_event event)
{
    if (calendar->n == SAMPLE_MOST_EVENTS) {
        sample_stop("too many events", event.name);
    }
    calendar->events[calendar->n++] = event;
}

/* Skelder Park: ten events a year, Friday to Sunday, never two weekends running. Alderfen:
 * eight days a year, on Saturdays without an event at Skelder Park. */
void sample_make_calendar(sample_calendar *calendar)
{
    calendar->n = 0;
    sample_random random = {20220404};
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        int64_t friday = sample_year_start(year) + 14;
        friday += (4 - sample_weekday(friday) + 7) % 7;
        for (int i = 0; i < 10; i++) {
            add_event(calendar,
                      (sample_event){SAMPLE_SKELDER, skelder_events[i], friday, friday + 2,
                                     (int)sample_between(&random, 8, 45) * 1000});
            friday += 7 * sample_between(&random, 2, 3);
        }
        int64_t saturday = sample_year_start(year) + 9;
        saturday += (5 - sample_weekday(saturday) + 7) % 7;
        for (int i = 0; i < 8; i++) {
            while (sample_has_event(calendar, SAMPLE_SKELDER, saturday)) {
                saturday += 7;
            }
            add_event(calendar,
                      (sample_event){SAMPLE_ALDERFEN, alderfen_events[i], saturday, saturday,
                                     (int)sample_between(&random, 4, 20) * 1000});
            saturday += 7 * sample_between(&random, 2, 4);
        }
    }
}

bool sample_has_event(const sample_calendar *calendar, int venue, int64_t day)
{
    for (int i = 0; i < calendar->n; i++) {
        const sample_event *event = &calendar->events[i];
        if (event->venue == venue && event->first_day <= day && day <= event->last_day) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------------------------- time */

/* Minute of a night from 22:00 to 03:59, more on Fridays and Saturdays. */
static int64_t night_minute(sample_random *random, int64_t first_day, int64_t n_days)
{
    int64_t day;
    do {
        day = first_day + sample_below(random, n_days - 1);
    } while (sample_weekday(day) != 4 && sample_weekday(day) != 5 &&
             !sample_chance(random, 200));
    return day * SAMPLE_DAY_MIN + 22 * SAMPLE_HOUR_MIN +
           sample_below(random, 6 * SAMPLE_HOUR_MIN);
}

static int64_t minute_of(sample_random *random, sample_when when, int64_t first_day,
                         int64_t n_days)
{
    static const int hours[24] = {5, 3, 2, 1,  1,  2,  3,  6,  8,  8, 8, 8,
                                  9, 8, 8, 10, 11, 11, 11, 11, 10, 9, 8, 7};
    if (when == SAMPLE_AT_NIGHT) {
        return night_minute(random, first_day, n_days);
    }
    /* not on the last day: no window runs into the next year */
    int64_t day = first_day + sample_below(random, n_days - 1);
    int64_t hour = when == SAMPLE_ANY_TIME    ? (int64_t)sample_weighted(random, hours, 24)
                   : when == SAMPLE_OVERNIGHT ? sample_between(random, 17, 23)
                                              : sample_between(random, 8, 19);
    return day * SAMPLE_DAY_MIN + hour * SAMPLE_HOUR_MIN +
           sample_below(random, SAMPLE_HOUR_MIN);
}

/* One time in five is given to the hour, one in ten to the half hour; a few thefts at midnight.
 */
static int64_t round_as_people_do(sample_random *random, sample_kind kind, int64_t minute)
{
    int64_t draw = sample_below(random, 100);
    bool is_theft = kind == SAMPLE_OTHER_THEFT || kind == SAMPLE_BICYCLE;
    if (is_theft && draw >= 90) {
        return minute - minute % SAMPLE_DAY_MIN;
    }
    return draw < 20 ? minute - minute % 60 : draw < 30 ? minute - minute % 30 : minute;
}

/* Minutes from the (end of the) incident to its record. */
static int64_t delay_min(sample_random *random)
{
    int64_t draw = sample_below(random, 1000);
    return draw < 780   ? sample_between(random, 5, 600)
           : draw < 920 ? sample_between(random, 600, 4 * SAMPLE_DAY_MIN)
           : draw < 985 ? sample_between(random, 4 * SAMPLE_DAY_MIN, 25 * SAMPLE_DAY_MIN)
                        : sample_between(random, 35 * SAMPLE_DAY_MIN, 140 * SAMPLE_DAY_MIN);
}

/* --------------------------------------------------------------------------------- table */

static sample_incident *add_row(sample_table *table, sample_incident row)
{
    table->rows = sample_grow(table->rows, table->n + 1, sizeof *table->rows);
    table->rows[table->n] = row;
    return &table->rows[table->n++];
}

static sample_incident *add_between(sample_table *table, sample_random *random,
                                    sample_kind kind, int64_t first_day, int64_t n_days,
                                    sample_when when, sample_place place)
{
    sample_incident row = {.kind = kind, .place = place, .event = SAMPLE_NONE};
    row.from = minute_of(random, when, first_day, n_days);
    if (kind < SAMPLE_POLICE_KINDS) {
        row.from = round_as_people_do(random, kind, row.from);
    }
    row.to = SAMPLE_NO_MINUTE;
    if (when == SAMPLE_OVERNIGHT) {
        row.to = sample_chance(random, 250) ? row.from
                                            : row.from + sample_between(random, 6, 84) * 10;
    }
    int64_t end = row.to == SAMPLE_NO_MINUTE ? row.from : row.to;
    row.recorded = end + delay_min(random);
    row.beat = SAMPLE_NONE;
    return add_row(table, row);
}

sample_incident *sample_add_incident(sample_table *table, sample_random *random,
                                     sample_kind kind, int year, sample_when when,
                                     sample_place place)
{
    int64_t first_day = sample_year_start(year);
    return add_between(table, random, kind, first_day, sample_year_start(year + 1) - first_day,
                       when, place);
}

void sample_add_at(sample_table *table, sample_random *random, sample_kind kind, int year,
                   int n, sample_when when, const sample_place_list *list)
{
    for (int i = 0; i < n; i++) {
        sample_add_incident(table, random, kind, year, when, sample_any_place(list, random));
    }
}

void sample_add_at_homes(sample_table *table, sample_random *random, sample_kind kind, int year,
                         int n, sample_when when, const sample_places *places)
{
    for (int i = 0; i < n; i++) {
        sample_add_incident(table, random, kind, year, when,
                            sample_near_address(places, random));
    }
}

/* A festival brings more of it than a race, and no two of a size bring the same. */
void sample_add_events(sample_table *table, sample_random *random, const sample_land *land,
                       const sample_calendar *calendar, sample_kind kind, int n_in_1000)
{
    const sample_disc *venue = &sample_venues[SAMPLE_SKELDER];
    for (int i = 0; i < calendar->n; i++) {
        const sample_event *event = &calendar->events[i];
        if (event->venue != SAMPLE_SKELDER) {
            continue;
        }
        int64_t mean = (6 + event->attendance / 3000) * n_in_1000;
        int64_t n = sample_divide(sample_normal(random, mean, mean / 3), 1000);
        for (int64_t k = 0; k < n; k++) {
            /* two of three in the middle, where the camp is */
            int64_t reach_m = k % 3 == 0 ? venue->radius_m : venue->radius_m / 3;
            sample_place place =
                sample_place_at(land, sample_point_in_disc(random, venue->centre, reach_m));
            snprintf(place.street, sizeof place.street, "%s", venue->name);
            /* one day more, because a draw never falls on the last */
            sample_incident *row =
                add_between(table, random, kind, event->first_day,
                            event->last_day - event->first_day + 2, SAMPLE_BY_DAY, place);
            row->event = i;
        }
    }
}

static int by_recording(const void *a, const void *b)
{
    const sample_incident *x = a, *y = b;
    if (x->recorded != y->recorded) {
        return x->recorded < y->recorded ? -1 : 1;
    }
    return x->reference < y->reference ? -1 : x->reference > y->reference;
}

void sample_number(sample_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        table->rows[i].reference = (int)i;
    }
    qsort(table->rows, table->n, sizeof *table->rows, by_recording);
    int year = 0, number = 0;
    for (size_t i = 0; i < table->n; i++) {
        int recorded = sample_date_of(sample_day_of(table->rows[i].recorded)).year;
        number = recorded == year ? number + 1 : 1;
        year = recorded;
        table->rows[i].reference = number;
    }
}

bool sample_stated_point(const sample_incident *incident, sample_point *point)
{
    sample_point p =
        incident->flaw == SAMPLE_AT_STATION ? sample_station.centre : incident->place.point;
    *point = (sample_point){p.x + SAMPLE_ORIGIN_EASTING, p.y + SAMPLE_ORIGIN_NORTHING};
    if (incident->flaw == SAMPLE_SWAPPED) {
        *point = (sample_point){point->y, point->x};
    }
    return incident->flaw != SAMPLE_BLANK;
}
