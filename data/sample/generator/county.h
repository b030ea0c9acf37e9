/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole county: land, people, incidents of every source, and the files they become. */
#ifndef SAMPLE_COUNTY_H
#define SAMPLE_COUNTY_H

#include "incidents.h"

enum {
    SAMPLE_REPEATED_IN_FILE = 9, /* rows of one extract that stand in it twice */
    SAMPLE_REPEATED_NEXT = 14,   /* rows of an extract that stand in the next one, too */
    SAMPLE_CHANGED = 11,         /* reclassified in the later extract */
    SAMPLE_WITHDRAWN = 6,        /* gone from the later extract */
    SAMPLE_CALLED_TWICE = 25,    /* calls of two people about one thing */
    SAMPLE_MONTHS_UK = 6,        /* October 2024 to March 2025 as data.police.uk has them */
    SAMPLE_COLLISION_YEARS = 3,
    SAMPLE_MOST_CASUALTIES = 4
};

typedef struct {
    int class;    /* 1 driver or rider, 2 passenger, 3 pedestrian */
    int severity; /* 1 fatal, 2 serious, 3 slight */
    int age;      /* -1 unknown */
    int vehicle;
} sample_casualty;

typedef struct {
    int64_t minute;
    sample_point point;
    bool has_point;
    size_t stretch;
    int cluster; /* or SAMPLE_NONE */
    int severity, n_vehicles, n_casualties;
    int vehicle_types[2];
    sample_casualty casualties[SAMPLE_MOST_CASUALTIES];
    int year, reference;
} sample_collision;

typedef struct {
    sample_collision *rows;
    size_t n;
} sample_collision_table;

/* What a file holds, counted while it was written. */
typedef struct {
    char path[64];
    int n_rows;
} sample_file;

enum { SAMPLE_MOST_FILES = 32 };

typedef struct {
    sample_land land;
    sample_places places;
    sample_calendar calendar;
    sample_table police, calls, fire;
    sample_collision_table collisions;
    sample_file files[SAMPLE_MOST_FILES];
    int n_files;
    /* of the later extract */
    int n_new, n_changed, n_withdrawn, n_unchanged;
    /* of the months as data.police.uk has them */
    int n_uk_without_place, n_uk_equal;
} sample_county;

void sample_make_police(sample_county *county);
void sample_make_calls(sample_county *county);
void sample_make_collisions(sample_county *county);
void sample_make_fire(sample_county *county); /* after the collisions */

/** True when the row stands in the first extract. */
bool sample_is_in_first(const sample_incident *incident);

void sample_write_police(sample_county *county, const char *folder);
void sample_write_later(sample_county *county, const char *folder);
void sample_write_calls(sample_county *county, const char *folder);
void sample_write_fire(sample_county *county, const char *folder);
void sample_write_collisions(sample_county *county, const char *folder);
void sample_write_police_uk(sample_county *county, const char *folder);
void sample_write_reports(sample_county *county, const char *folder);
void sample_write_areas(sample_county *county, const char *folder);
void sample_write_tables(sample_county *county, const char *folder);
void sample_write_truth(sample_county *county, const char *folder);

/** Remember how many rows a file has, and write it. */
void sample_write_rows(sample_county *county, sample_text *text, const char *folder,
                       const char *path, int n_rows);

#endif
