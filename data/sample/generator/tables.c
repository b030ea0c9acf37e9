/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Areas and roads as GeoJSON with the member "crs": whole metres of EPSG:27700, so that small
 * areas share their corners exactly and what was planted can be checked to the metre. OGR and
 * QGIS read the member; RFC 7946 has done away with it, so programs that know only that will
 * not do. And the tables beside: residents, events, complaints.
 */
#include "county.h"

#include <stdio.h>

static void open_layer(sample_text *text)
{
    sample_add(text,
               "{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":"
               "{\"name\":\"urn:ogc:def:crs:EPSG::27700\"}},\"features\":[");
}

static void open_feature(sample_text *text, int number)
{
    sample_add(text, "%s\n{\"type\":\"Feature\",\"properties\":{", number == 0 ? "" : ",");
}

static void open_geometry(sample_text *text, const char *type)
{
    sample_add(text, "},\"geometry\":{\"type\":\"%s\",\"coordinates\":", type);
}

static void close_feature(sample_text *text)
{
    sample_add(text, "}}");
}

static void close_layer(sample_text *text, const char *folder, const char *path)
{
    sample_add(text, "\n]}\n");
    sample_write(text, folder, path);
}

static void add_position(sample_text *text, sample_point point)
{
    sample_add(text, "[%d,%d]", (int)point.x + SAMPLE_ORIGIN_EASTING,
               (int)point.y + SAMPLE_ORIGIN_NORTHING);
}

static bool is_area(const sample_land *land, int area, int which)
{
    (void)land;
    return area == which;
}

static bool is_in_beat(const sample_land *land, int area, int which)
{
    return land->areas[area].beat == which;
}

static bool is_in_district(const sample_land *land, int area, int which)
{
    (void)land, (void)area, (void)which;
    return true;
}

static bool is_in_settlement(const sample_land *land, int area, int which)
{
    return land->areas[area].settlement == which;
}

static void add_residents(sample_text *text, const sample_land *land,
                          bool (*belongs)(const sample_land *, int, int), int which)
{
    for (int year = 0; year < SAMPLE_YEARS; year++) {
        int residents = 0, households = 0;
        for (int area = 0; area < SAMPLE_AREAS; area++) {
            if (belongs(land, area, which)) {
                residents += land->areas[area].residents[year];
                households += land->areas[area].households[year];
            }
        }
        sample_add(text, ",\"RESIDENTS_%d\":%d,\"HOUSEHOLDS_%d\":%d", SAMPLE_FIRST_YEAR + year,
                   residents, SAMPLE_FIRST_YEAR + year, households);
    }
}

static void write_small_areas(const sample_land *land, const char *folder)
{
    sample_text text = {0};
    open_layer(&text);
    for (int area = 0; area < SAMPLE_AREAS; area++) {
        open_feature(&text, area);
        sample_add(&text,
                   "\"AREA_CODE\":\"E0199%04d\",\"AREA_NAME\":\"Wrenshire %03d%c\","
                   "\"BEAT\":\"%s\"",
                   area + 1, area / 5 + 1, 'A' + area % 5,
                   sample_beats[land->areas[area].beat].code);
        add_residents(&text, land, is_area, area);
        open_geometry(&text, "Polygon");
        sample_add_outline(&text, land, is_area, area);
        close_feature(&text);
    }
    close_layer(&text, folder, "areas/small-areas.geojson");
}

static void write_beats(const sample_land *land, const char *folder)
{
    sample_text text = {0};
    open_layer(&text);
    for (int beat = 0; beat < SAMPLE_BEATS; beat++) {
        open_feature(&text, beat);
        sample_add(&text, "\"BEAT\":\"%s\",\"BEAT_NAME\":\"%s\"", sample_beats[beat].code,
                   sample_beats[beat].name);
        add_residents(&text, land, is_in_beat, beat);
        open_geometry(&text, "Polygon");
        sample_add_outline(&text, land, is_in_beat, beat);
        close_feature(&text);
    }
    close_layer(&text, folder, "areas/beats.geojson");
    open_layer(&text);
    open_feature(&text, 0);
    sample_add(&text, "\"DISTRICT\":\"WREN\",\"DISTRICT_NAME\":\"Wrenshire\"");
    add_residents(&text, land, is_in_district, 0);
    open_geometry(&text, "Polygon");
    sample_add_outline(&text, land, is_in_district, 0);
    close_feature(&text);
    close_layer(&text, folder, "areas/district.geojson");
}

static void write_settlements(const sample_land *land, const char *folder)
{
    sample_text text = {0};
    open_layer(&text);
    for (int i = 0; i < SAMPLE_SETTLEMENTS; i++) {
        const sample_settlement *s = &sample_settlements[i];
        open_feature(&text, i);
        sample_add(&text, "\"PLACE\":\"%s\",\"PLACE_NAME\":\"%s\",\"KIND\":\"%s\"", s->id,
                   s->name, s->is_town ? "town" : "village");
        open_geometry(&text, "Polygon");
        sample_add_outline(&text, land, is_in_settlement, i);
        close_feature(&text);
    }
    close_layer(&text, folder, "areas/settlements.geojson");
}

static void write_sites(const char *folder)
{
    sample_text text = {0};
    open_layer(&text);
    for (int venue = 0; venue < SAMPLE_VENUES; venue++) {
        open_feature(&text, venue);
        sample_add(&text, "\"VENUE\":\"%s\",\"VENUE_NAME\":\"%s\"", sample_venues[venue].id,
                   sample_venues[venue].name);
        open_geometry(&text, "Polygon");
        sample_add(&text, "[[");
        for (int i = 0; i <= SAMPLE_RING; i++) {
            add_position(&text, sample_venue_corner(venue, i % SAMPLE_RING));
            sample_add(&text, i < SAMPLE_RING ? "," : "]]");
        }
        close_feature(&text);
    }
    close_layer(&text, folder, "areas/venues.geojson");
    open_layer(&text);
    open_feature(&text, 0);
    sample_add(&text, "\"SITE\":\"%s\",\"SITE_NAME\":\"%s\"", sample_prison.id,
               sample_prison.name);
    open_geometry(&text, "Polygon");
    sample_add(&text, "[[");
    for (int i = 0; i <= 4; i++) {
        add_position(&text, sample_prison_corner(i % 4));
        sample_add(&text, i < 4 ? "," : "]]");
    }
    close_feature(&text);
    close_layer(&text, folder, "areas/prison.geojson");
}

static void write_roads(const char *folder)
{
    sample_text text = {0};
    open_layer(&text);
    for (size_t i = 0; i < sample_n_stretches; i++) {
        const sample_stretch *s = &sample_stretches[i];
        open_feature(&text, (int)i);
        sample_add(&text,
                   "\"STRETCH\":\"R%02d\",\"ROAD\":\"%s\",\"CLASS\":\"%c\","
                   "\"SPEED_LIMIT_MPH\":%d",
                   (int)i + 1, s->road, s->class, s->limit_mph);
        open_geometry(&text, "LineString");
        sample_add(&text, "[");
        add_position(&text, s->from);
        sample_add(&text, ",");
        add_position(&text, s->to);
        sample_add(&text, "]");
        close_feature(&text);
    }
    close_layer(&text, folder, "areas/roads.geojson");
}

void sample_write_areas(sample_county *county, const char *folder)
{
    write_small_areas(&county->land, folder);
    write_beats(&county->land, folder);
    write_settlements(&county->land, folder);
    write_sites(folder);
    write_roads(folder);
}

/* -------------------------------------------------------------------------------- tables */

static void write_residents(const sample_land *land, const char *folder)
{
    sample_text text = {0};
    sample_add(&text, "area_code,year,residents,households\n");
    for (int area = 0; area < SAMPLE_AREAS; area++) {
        for (int year = 0; year < SAMPLE_YEARS; year++) {
            sample_add(&text, "E0199%04d,%d,%d,%d\n", area + 1, SAMPLE_FIRST_YEAR + year,
                       land->areas[area].residents[year], land->areas[area].households[year]);
        }
    }
    sample_write(&text, folder, "residents.csv");
}

static void write_events(const sample_calendar *calendar, const char *folder)
{
    sample_text text = {0};
    sample_add(&text, "venue,event,date_from,date_to,attendance\n");
    for (int venue = 0; venue < SAMPLE_VENUES; venue++) {
        for (int i = 0; i < calendar->n; i++) {
            const sample_event *event = &calendar->events[i];
            if (event->venue == venue) {
                sample_add(&text, "%s,%s,", sample_venues[venue].id, event->name);
                sample_add_day(&text, event->first_day);
                sample_add(&text, ",");
                sample_add_day(&text, event->last_day);
                sample_add(&text, ",%d\n", event->attendance);
            }
        }
    }
    sample_write(&text, folder, "events.csv");
}

/* Counts by village and month; no one who complained is in it. */
static void write_complaints(const char *folder)
{
    sample_random random = {20220409};
    sample_text text = {0};
    sample_add(&text, "place,place_name,month,n_complaints\n");
    for (int i = 0; i < SAMPLE_SETTLEMENTS; i++) {
        const sample_settlement *s = &sample_settlements[i];
        for (int k = 0; k < 12 * SAMPLE_YEARS; k++) {
            int year = SAMPLE_FIRST_YEAR + (k + 3) / 12, month = (k + 3) % 12 + 1;
            int64_t most = 2 * s->complaints_a_month + 1;
            sample_add(&text, "%s,%s,%d-%02d,%d\n", s->id, s->name, year, month,
                       (int)sample_below(&random, most));
        }
    }
    sample_write(&text, folder, "speed-complaints.csv");
}

void sample_write_tables(sample_county *county, const char *folder)
{
    write_residents(&county->land, folder);
    write_events(&county->calendar, folder);
    write_complaints(folder);
}
