/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Built-in mappings of incident recording: the fire services' incident recording system, London
 * Fire Brigade's animal rescues, and logs of calls to the police. Sources: the fields as the
 * services publish or export them, docs/data-sources/{fire-irs,lfb,call-logs}.md; classes of
 * anti-social behaviour of the National Standard for Incident Recording (2011).
 */
#include "ingest_internal.h"

#include <string.h>

/* A primary fire is in a building, vehicle or with casualties; deliberate fires, primary and
 * secondary, are what partnerships count as arson. */
static const char irs[] =
    "name: irs\n"
    "source: Fire and rescue\n"
    "kind: fire\n"
    "origin: reported\n"
    "kinds: {Road traffic collision: collision, Special service: other, False alarm: other}\n"
    "columns:\n"
    "  reference: [Incident Number, IncidentNumber, Incident_Number, IRS Incident Number]\n"
    "  easting: [Easting, Eastings, Easting_m, easting m, X Coordinate]\n"
    "  northing: [Northing, Northings, Northing_m, northing m, Y Coordinate]\n"
    "  easting_coarse: [Easting rounded, Easting_rounded]\n"
    "  northing_coarse: [Northing rounded, Northing_rounded]\n"
    "  date: [Date of Call, DateOfCall, Date Time of Call, date_time of call, Date]\n"
    "  day: Day\n"
    "  month: Month\n"
    "  year: Year\n"
    "  time: [Time of Call, TimeOfCall, Time]\n"
    "  category: [Incident Category, Incident Group, Incident Type, Type of Incident]\n"
    "  area_code: [Ward Code, IncGeo_WardCode]\n"
    "  area_name: [Ward, Ward Name, IncGeo_WardName]\n"
    "optional: [reference, easting, northing, easting_coarse, northing_coarse, date, day, "
    "month, "
    "year, time, area_code, area_name]\n"
    "coarse_cell: 100m\n"
    "category:\n"
    "  join: [Incident Category, Incident Group, Is Primary Fire, Cause of Fire, "
    "Road Traffic Collision]\n"
    "  map:\n"
    "    'Fire / yes / Deliberate*': Deliberate primary fire\n"
    "    'Fire / yes / Accidental*': Accidental primary fire\n"
    "    'Fire / yes*': Primary fire of unknown cause\n"
    "    'Fire / no / Deliberate*': Deliberate secondary fire\n"
    "    'Fire / no / Accidental*': Accidental secondary fire\n"
    "    'Fire / no*': Secondary fire of unknown cause\n"
    "    'Special Service / yes*': Road traffic collision\n"
    "    'Special Service*': Special service\n"
    "    'False Alarm*': False alarm\n"
    "  other: keep\n";

/* "Rounded" is the centre of a square of 100 m: all end in 50, and lie within 50 m of the exact
 * ones where both are published. */
static const char lfb[] = "name: lfb\n"
                          "source: London Fire Brigade\n"
                          "origin: reported\n"
                          "kinds: {Fire: fire}\n"
                          "columns:\n"
                          "  reference: [incident_number, IncidentNumber]\n"
                          "  easting: [easting m, Easting_m]\n"
                          "  northing: [northing m, Northing_m]\n"
                          "  easting_coarse: [easting rounded, Easting_rounded]\n"
                          "  northing_coarse: [northing rounded, Northing_rounded]\n"
                          "  date: [date_time of call, DateOfCall]\n"
                          "  time: TimeOfCall\n"
                          "  category: [animal group parent, IncidentGroup]\n"
                          "  label: street\n"
                          "  area_code: [ward code, IncGeo_WardCode]\n"
                          "  area_name: [ward, IncGeo_WardName]\n"
                          "optional: [time, label, area_code, area_name]\n"
                          "coarse_cell: 100m\n";

/* The closing code says what a call turned out to be, the opening code what it sounded like. */
static const char call_log[] =
    "name: call-log\n"
    "source: Call log\n"
    "origin: reported\n"
    "kinds: {Anti-social behaviour - personal: asb, Anti-social behaviour - nuisance: asb, "
    "Anti-social behaviour - environmental: asb}\n"
    "columns:\n"
    "  reference: [Log Number, Log No, Log Ref, Incident Log Number, Incident Number, "
    "Incident No, Incident Ref, Incident Reference, URN]\n"
    "  easting: [Easting, Eastings, Incident Easting, Location Easting, GR Easting]\n"
    "  northing: [Northing, Northings, Incident Northing, Location Northing, GR Northing]\n"
    "  longitude: [Longitude, Lon, Long]\n"
    "  latitude: [Latitude, Lat]\n"
    "  x: [X, X Coord, X Coordinate]\n"
    "  y: [Y, Y Coord, Y Coordinate]\n"
    "  gridref: [Grid Reference, Grid Ref, OSGR]\n"
    "  date: [Call Date Time, Call Created Date Time, Created Date Time, Date Time Created, "
    "Log Created, Call Received, Call Start, Incident Date Time, Call Date, Created Date, "
    "Date Created, Incident Date, Date]\n"
    "  time: [Call Time, Created Time, Time Created, Incident Time, Time]\n"
    "  category: [Closing Code Description, Closing Code 1, Closing Code, Closing Type, "
    "Final Code, Final Type, Final Incident Type, Result Code, Opening Code Description, "
    "Opening Code 1, Opening Code, Initial Code, Initial Type]\n"
    "  label: [Street, Street Name, Road, Location]\n"
    "  area_code: [Beat Code, Beat, Ward Code]\n"
    "  area_name: [Beat Name, Ward, Ward Name]\n"
    "optional: [reference, easting, northing, longitude, latitude, x, y, gridref, time, label, "
    "area_code, area_name]\n"
    "category:\n"
    "  map:\n"
    "    'ASB - Personal*': Anti-social behaviour - personal\n"
    "    'ASB Personal*': Anti-social behaviour - personal\n"
    "    'Anti-social behaviour - personal*': Anti-social behaviour - personal\n"
    "    'Anti-Social Behaviour - Personal*': Anti-social behaviour - personal\n"
    "    'ASB - Nuisance*': Anti-social behaviour - nuisance\n"
    "    'ASB Nuisance*': Anti-social behaviour - nuisance\n"
    "    'Anti-social behaviour - nuisance*': Anti-social behaviour - nuisance\n"
    "    'Anti-Social Behaviour - Nuisance*': Anti-social behaviour - nuisance\n"
    "    'ASB - Environmental*': Anti-social behaviour - environmental\n"
    "    'ASB Environmental*': Anti-social behaviour - environmental\n"
    "    'Anti-social behaviour - environmental*': Anti-social behaviour - environmental\n"
    "    'Anti-Social Behaviour - Environmental*': Anti-social behaviour - environmental\n"
    "  other: keep\n";

/* Latitude stands before longitude here. Of whom was searched nothing is read: not gender, age
 * or ethnicity. */
static const char stop_and_search[] = "name: stop-and-search\n"
                                      "source: Stop and search\n"
                                      "kind: stop-and-search\n"
                                      "origin: police-generated\n"
                                      "columns:\n"
                                      "  latitude: Latitude\n"
                                      "  longitude: Longitude\n"
                                      "  date: Date\n"
                                      "  category: Object of search\n";

const char *kerb_ingest__incident_mapping(const char *name)
{
    static const struct {
        const char *name, *yaml;
    } known[] = {{"irs", irs},
                 {"lfb", lfb},
                 {"call-log", call_log},
                 {"stop-and-search", stop_and_search}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) == 0) {
            return known[i].yaml;
        }
    }
    return NULL;
}

static bool has_one_of(const char *const *headers, size_t n_headers, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (kerb_ingest__find_column(headers, n_headers, *names) >= 0) {
            return true;
        }
    }
    return false;
}

const char *kerb_ingest__incident_recognise(const char *const *headers, size_t n_headers)
{
    static const char *const primary[] = {"Is Primary Fire", NULL};
    static const char *const called[] = {"Time of Call", "TimeOfCall", NULL};
    static const char *const rounded[] = {"easting rounded", "Easting_rounded", NULL};
    static const char *const london[] = {"animal group parent", "IncidentStationGround", NULL};
    static const char *const codes[] = {"Closing Code",
                                        "Closing Code 1",
                                        "Closing Code Description",
                                        "Opening Code",
                                        "Opening Code 1",
                                        "Opening Code Description",
                                        NULL};
    static const char *const logged[] = {
        "Log Number",  "Log No",       "Log Ref", "Incident Number",
        "Incident No", "Incident Ref", "URN",     NULL};
    if (has_one_of(headers, n_headers, rounded) && has_one_of(headers, n_headers, london)) {
        return "lfb";
    }
    if (has_one_of(headers, n_headers, primary) && has_one_of(headers, n_headers, called)) {
        return "irs";
    }
    if (has_one_of(headers, n_headers, codes) && has_one_of(headers, n_headers, logged)) {
        return "call-log";
    }
    return NULL;
}
