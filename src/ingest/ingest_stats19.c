/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tables of road collisions: STATS19's collision, vehicle and casualty tables under the names
 * they had as "accident" (with capitals and hyphens, then in snake case) and have as
 * "collision" since 2024, and councils' files with one row per casualty. One list of names for
 * each column, the newest first; DfT's own guide spells some otherwise than its files do.
 * Source: Department for Transport, Road Safety Open Dataset Data Guide (2024), and the files
 * (docs/data-sources/stats19.md, leeds.md).
 */
#include "ingest_internal.h"

#include <string.h>

#define COLLISIONS    "stats19"
#define VEHICLES      "stats19-vehicles"
#define CASUALTIES    "stats19-casualties"
#define CASUALTY_ROWS "casualty-rows"

static const char collisions[] =
    "name: stats19\n"
    "source: STATS19\n"
    "rows: collision\n"
    "kind: collision\n"
    "origin: reported\n"
    "columns:\n"
    "  reference: [collision_index, accident_index]\n"
    "  easting: [location_easting_osgr, easting]\n"
    "  northing: [location_northing_osgr, northing]\n"
    "  longitude: longitude\n"
    "  latitude: latitude\n"
    "  date: [date, collision_date, accident_date]\n"
    "  time: [time, collision_time, accident_time]\n"
    "  severity: [collision_severity, accident_severity]\n"
    "  enhanced_severity: [enhanced_severity_collision, enhanced_collision_severity]\n"
    "  n_vehicles: number_of_vehicles\n"
    "  n_casualties: number_of_casualties\n"
    "  area_code: [lsoa_of_accident_location, lsoa_of_collision_location]\n"
    "optional: [easting, northing, longitude, latitude, time, severity, enhanced_severity, "
    "n_vehicles, n_casualties, area_code]\n"
    "missing: ['-1', 'NULL', 'NA', 'Data missing or out of range']\n";

static const char vehicles[] = "name: stats19-vehicles\n"
                               "source: STATS19\n"
                               "rows: vehicle\n"
                               "columns:\n"
                               "  reference: [collision_index, accident_index]\n"
                               "  vehicle: vehicle_reference\n"
                               "  vehicle_type: vehicle_type\n"
                               "optional: vehicle_type\n"
                               "missing: ['-1', 'Data missing or out of range']\n";

static const char casualties[] =
    "name: stats19-casualties\n"
    "source: STATS19\n"
    "rows: casualty\n"
    "kind: collision\n"
    "origin: reported\n"
    "columns:\n"
    "  reference: [collision_index, accident_index]\n"
    "  vehicle: vehicle_reference\n"
    "  casualty: casualty_reference\n"
    "  casualty_class: casualty_class\n"
    "  casualty_type: casualty_type\n"
    "  severity: casualty_severity\n"
    "  enhanced_severity: [enhanced_casualty_severity, enhanced_severity_casualty]\n"
    "  age: age_of_casualty\n"
    "  adjusted_serious: [casualty_adjusted_severity_serious, casualty_adjusted_serious]\n"
    "optional: [vehicle, casualty, casualty_class, casualty_type, severity, "
    "enhanced_severity, age, adjusted_serious]\n"
    "missing: ['-1', 'Data missing or out of range']\n";

static const char casualty_rows[] =
    "name: casualty-rows\n"
    "rows: casualty\n"
    "kind: collision\n"
    "origin: reported\n"
    "columns:\n"
    "  reference: [Accident Fields_Reference Number, Collision Fields_Reference Number, "
    "collision_index, accident_index, Reference Number, Accident Reference, Collision "
    "Reference, "
    "Reference]\n"
    "  easting: ['Grid Ref: Easting', Easting, Eastings, location_easting_osgr]\n"
    "  northing: ['Grid Ref: Northing', Northing, Northings, location_northing_osgr]\n"
    "  longitude: longitude\n"
    "  latitude: latitude\n"
    "  date: [Accident Date, Collision Date, Date]\n"
    "  time: ['Time (24hr)', Accident Time, Collision Time, Time]\n"
    "  vehicle: [Casualty Veh No, vehicle_reference]\n"
    "  casualty: casualty_reference\n"
    "  casualty_class: Casualty Class\n"
    "  casualty_type: casualty_type\n"
    "  severity: [Casualty Severity, Severity of Casualty]\n"
    "  age: [Age of Casualty, Casualty Age]\n"
    "  n_vehicles: Number of Vehicles\n"
    "  n_casualties: Number of Casualties\n"
    "optional: [easting, northing, longitude, latitude, time, vehicle, casualty, "
    "casualty_class, casualty_type, severity, age, n_vehicles, n_casualties]\n"
    "missing: ['-1', 'Data missing or out of range']\n";

static const struct {
    const char *name, *yaml;
} mappings[] = {{COLLISIONS, collisions},
                {VEHICLES, vehicles},
                {CASUALTIES, casualties},
                {CASUALTY_ROWS, casualty_rows}};

const char *kerb_ingest__stats19_mapping(const char *name)
{
    for (size_t i = 0; i < sizeof mappings / sizeof *mappings; i++) {
        if (strcmp(mappings[i].name, name) == 0) {
            return mappings[i].yaml;
        }
    }
    return NULL;
}

bool kerb_ingest__format_wants_points(const char *format)
{
    return strcmp(format, "stats19-casualties") == 0;
}

bool kerb_ingest__format_is_stats19(const char *format)
{
    return strcmp(format, "stats19") == 0 || kerb_ingest__format_wants_points(format);
}

/* ---------------------------------------------------------------- recognising */

static bool has_one_of(const char *const *headers, size_t n_headers, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (kerb_ingest__find_column(headers, n_headers, *names) >= 0) {
            return true;
        }
    }
    return false;
}

const char *kerb_ingest__stats19_recognise(const char *const *headers, size_t n_headers)
{
    static const char *const index[] = {"collision_index", "accident_index", NULL};
    static const char *const number[] = {"Accident Fields_Reference Number",
                                         "Collision Fields_Reference Number",
                                         "Reference Number",
                                         "Accident Reference",
                                         "Collision Reference",
                                         "Reference",
                                         NULL};
    static const char *const x[] = {
        "location_easting_osgr", "Grid Ref: Easting", "Easting", "Eastings", "longitude", NULL};
    static const char *const date[] = {"date", "Accident Date", "Collision Date",
                                       "Accident_Date", NULL};
    static const char *const of_collision[] = {"collision_severity", "accident_severity",
                                               "enhanced_severity_collision",
                                               "enhanced_collision_severity", NULL};
    static const char *const of_casualty[] = {"casualty_severity", "enhanced_casualty_severity",
                                              "Severity of Casualty", NULL};
    static const char *const vehicle[] = {"vehicle_reference", NULL};
    bool has_index = has_one_of(headers, n_headers, index);
    bool has_place = has_one_of(headers, n_headers, x) && has_one_of(headers, n_headers, date);
    bool is_casualty = has_one_of(headers, n_headers, of_casualty);
    if (is_casualty && has_place) {
        return has_index || has_one_of(headers, n_headers, number) ? CASUALTY_ROWS : NULL;
    }
    if (!has_index) {
        return NULL;
    }
    if (is_casualty) {
        return CASUALTIES;
    }
    if (has_place && has_one_of(headers, n_headers, of_collision)) {
        return COLLISIONS;
    }
    return !has_place && has_one_of(headers, n_headers, vehicle) ? VEHICLES : NULL;
}

bool kerb_ingest__item_is_linked(const kerb_ingest__item *item)
{
    return item->table != NULL &&
           (strcmp(item->table, VEHICLES) == 0 || strcmp(item->table, CASUALTIES) == 0);
}

bool kerb_ingest__item_is_collisions(const kerb_ingest__item *item)
{
    return item->table != NULL && strcmp(item->table, COLLISIONS) == 0;
}
