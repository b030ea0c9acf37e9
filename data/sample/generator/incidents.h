/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents of every source in one table, and the ways in which they come about. */
#ifndef SAMPLE_INCIDENTS_H
#define SAMPLE_INCIDENTS_H

#include "places.h"

enum {
    SAMPLE_LATE_DAYS = 30, /* a record is late when it was made more than so many days after */
    SAMPLE_NO_MINUTE = -1,
    SAMPLE_MOST_EVENTS = 64
};

/* Kinds of incident: those of the police, then of the call log, then of the fire service. */
typedef enum {
    SAMPLE_INJURY,
    SAMPLE_NO_INJURY,
    SAMPLE_PUBLIC_ORDER,
    SAMPLE_BURGLARY,
    SAMPLE_BUSINESS_BURGLARY,
    SAMPLE_FROM_VEHICLE,
    SAMPLE_OF_VEHICLE,
    SAMPLE_DAMAGE,
    SAMPLE_SHOPLIFTING,
    SAMPLE_BICYCLE,
    SAMPLE_OTHER_THEFT,
    SAMPLE_DRUGS,
    SAMPLE_ROBBERY,
    SAMPLE_PERSON,
    SAMPLE_RURAL_THEFT,
    SAMPLE_POLICE_KINDS,
    SAMPLE_ASB_PERSONAL = SAMPLE_POLICE_KINDS,
    SAMPLE_ASB_NUISANCE,
    SAMPLE_ASB_ENVIRONMENTAL,
    SAMPLE_FIRE,
    SAMPLE_FALSE_ALARM,
    SAMPLE_SPECIAL_SERVICE,
    SAMPLE_KINDS
} sample_kind;

typedef struct {
    const char *code, *name, *street_level; /* the last: its category at data.police.uk */
} sample_kind_name;

extern const sample_kind_name sample_kinds[SAMPLE_KINDS];

/* Why a row is as it is. */
typedef enum {
    SAMPLE_AS_IT_WAS,
    SAMPLE_BLANK,       /* no coordinates */
    SAMPLE_AT_STATION,  /* the default coordinate */
    SAMPLE_OUT_OF_AREA, /* just outside the district */
    SAMPLE_SWAPPED,     /* easting and northing the wrong way round */
    SAMPLE_MASKED_100,  /* fire: the last two digits masked */
    SAMPLE_MASKED_1000  /* fire: the last three */
} sample_flaw;

typedef struct {
    sample_kind kind;
    int64_t from, to, recorded; /* minutes; to: SAMPLE_NO_MINUTE without */
    sample_place place;         /* where it was; what the row says depends on the flaw */
    sample_flaw flaw;
    int beat;      /* as the row states it, SAMPLE_NONE outside */
    int event;     /* the event it belongs to, or SAMPLE_NONE */
    int reference; /* running number */
    bool is_later; /* not in the first extract */
} sample_incident;

typedef struct {
    sample_incident *rows;
    size_t n;
} sample_table;

typedef struct {
    int venue;
    const char *name;
    int64_t first_day, last_day;
    int attendance;
} sample_event;

typedef struct {
    sample_event events[SAMPLE_MOST_EVENTS];
    int n;
} sample_calendar;

/* When in a day something happens. */
typedef enum { SAMPLE_AT_NIGHT, SAMPLE_BY_DAY, SAMPLE_ANY_TIME, SAMPLE_OVERNIGHT } sample_when;

/** The first day of a financial year; year 3 is the day after the last. */
int64_t sample_year_start(int year);

/** The financial year (0 to 2) of a minute. */
int sample_year_of(int64_t minute);

void sample_make_calendar(sample_calendar *calendar);

/** Whether a venue has an event on a day. */
bool sample_has_event(const sample_calendar *calendar, int venue, int64_t day);

/** Add an incident of a year; times are rounded as people round them. */
sample_incident *sample_add_incident(sample_table *table, sample_random *random,
                                     sample_kind kind, int year, sample_when when,
                                     sample_place place);

/** Add n incidents of a year, each at a place of a list. */
void sample_add_at(sample_table *table, sample_random *random, sample_kind kind, int year,
                   int n, sample_when when, const sample_place_list *list);

/** Add n incidents of a year where people live. */
void sample_add_at_homes(sample_table *table, sample_random *random, sample_kind kind, int year,
                         int n, sample_when when, const sample_places *places);

/** Add what the events at Skelder Park bring. */
void sample_add_events(sample_table *table, sample_random *random, const sample_land *land,
                       const sample_calendar *calendar, sample_kind kind, int n_in_1000);

/** Order by time of recording, then as made, and number from 1 within each year of recording.
 */
void sample_number(sample_table *table);

/** The point that a row states; false when it states none. */
bool sample_stated_point(const sample_incident *incident, sample_point *point);

#endif
