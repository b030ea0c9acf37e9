/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mappings that are part of kerb: STATS19 road collisions in the old and the new names of their
 * columns. Written as mappings, so that they say what they do and can be copied and changed.
 * Sources: DfT road safety open data guide (2024); docs/import.md.
 */
#include "ingest_internal.h"

#include <string.h>

static const char stats19[] = "name: stats19\n"
                              "source: STATS19\n"
                              "kind: collision\n"
                              "origin: reported\n"
                              "columns:\n"
                              "  reference: [collision_index, accident_index]\n"
                              "  easting: location_easting_osgr\n"
                              "  northing: location_northing_osgr\n"
                              "  date: date\n"
                              "  time: time\n"
                              "  category: [collision_severity, accident_severity]\n"
                              "category:\n"
                              "  map: {'1': Fatal, '2': Serious, '3': Slight}\n"
                              "  other: keep\n"
                              "missing: ['-1', 'NULL', 'NA', 'Data missing or out of range']\n";

const char *kerb_ingest__builtin_mapping(const char *name)
{
    return strcmp(name, "stats19") == 0 ? stats19 : kerb_ingest__incident_mapping(name);
}

bool kerb_ingest__stats19_recognise(const char *const *headers, size_t n_headers)
{
    static const char *const needed[][2] = {
        {"collision_index", "accident_index"},
        {"location_easting_osgr", "location_easting_osgr"},
        {"location_northing_osgr", "location_northing_osgr"},
        {"date", "date"},
        {"time", "time"},
        {"collision_severity", "accident_severity"}};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (kerb_ingest__find_column(headers, n_headers, needed[i][0]) < 0 &&
            kerb_ingest__find_column(headers, n_headers, needed[i][1]) < 0) {
            return false;
        }
    }
    return true;
}
