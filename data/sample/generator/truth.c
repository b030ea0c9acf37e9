/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * truth.json: what was planted, in which files, which analysis must find it, and the numbers it
 * must find. Every number is counted here from the rows that were written.
 */
#include "county.h"

#include <stdio.h>
#include <string.h>

enum { ANY = -1 };

/* Which rows to count; ANY and 0 leave a part open. Places are those that the rows state. */
typedef struct {
    int kind, year, beat;
    int64_t first_day, end_day;
    int hour_from, hour_to; /* 22 and 4: 22:00 to 03:59 */
    const sample_disc *disc;
    int64_t reach_m;
    bool (*is_in)(sample_point point);
} query;

static const query all = {.kind = ANY, .year = ANY, .beat = ANY};

static bool is_in_hours(const query *q, int hour)
{
    if (q->hour_from == q->hour_to) {
        return true;
    }
    return q->hour_from < q->hour_to ? hour >= q->hour_from && hour < q->hour_to
                                     : hour >= q->hour_from || hour < q->hour_to;
}

static bool matches(const sample_land *land, const sample_incident *row, const query *q)
{
    int64_t day = sample_day_of(row->from);
    sample_point p;
    bool has_place = sample_stated_point(row, &p);
    p.x -= SAMPLE_ORIGIN_EASTING, p.y -= SAMPLE_ORIGIN_NORTHING;
    int area = has_place ? sample_area_of(land, p) : SAMPLE_NONE;
    bool asks_place = q->disc != NULL || q->is_in != NULL || q->beat != ANY;
    return sample_is_in_first(row) && (q->kind == ANY || q->kind == (int)row->kind) &&
           (q->year == ANY || q->year == sample_year_of(row->from)) &&
           (q->end_day == 0 || (day >= q->first_day && day < q->end_day)) &&
           is_in_hours(q, sample_hour_of(row->from)) && (has_place || !asks_place) &&
           (q->beat == ANY || (area != SAMPLE_NONE && land->areas[area].beat == q->beat)) &&
           (q->disc == NULL || sample_distance_m(q->disc->centre, p) < q->reach_m) &&
           (q->is_in == NULL || q->is_in(p));
}

static int count(const sample_county *county, const sample_table *table, query q)
{
    int n = 0;
    for (size_t i = 0; i < table->n; i++) {
        n += matches(&county->land, &table->rows[i], &q);
    }
    return n;
}

static int count_flaw(const sample_table *table, sample_flaw flaw)
{
    int n = 0;
    for (size_t i = 0; i < table->n; i++) {
        n += sample_is_in_first(&table->rows[i]) && table->rows[i].flaw == flaw;
    }
    return n;
}

static bool is_in_skelder(sample_point p)
{
    return sample_is_in_venue(SAMPLE_SKELDER, p);
}

static bool is_in_alderfen(sample_point p)
{
    return sample_is_in_venue(SAMPLE_ALDERFEN, p);
}

/* --------------------------------------------------------------------------------- items */

/* Up to the key "expected", whose value the caller adds; close_item() ends it. */
static void open_item(sample_text *text, const char *id, const char *what, const char *files,
                      const char *analysis)
{
    sample_add(text, "%s\n {\"id\": \"%s\",\n  \"what\": \"%s\",\n  \"files\": [%s],\n",
               text->n > 2 ? "," : "", id, what, files);
    sample_add(text, "  \"analysis\": \"%s\",\n  \"expected\": {", analysis);
}

static void close_item(sample_text *text, const char *status)
{
    sample_add(text, "},\n  \"status\": \"%s\"}", status);
}

static void add_disc(sample_text *text, const sample_disc *disc)
{
    sample_add(text,
               "\"name\": \"%s\", \"easting_m\": %d, \"northing_m\": %d, \"radius_m\": %d",
               disc->name, (int)disc->centre.x + SAMPLE_ORIGIN_EASTING,
               (int)disc->centre.y + SAMPLE_ORIGIN_NORTHING, (int)disc->radius_m);
}

#define FOUND "found by tests/end_to_end/sample_county.bats"

static void add_rows(sample_text *text, const sample_county *county)
{
    open_item(text, "rows", "rows of each file; read = loaded + rejected", "",
              "kerb import FILE STORE --json");
    for (int i = 0; i < county->n_files; i++) {
        sample_add(text, "%s\"%s\": %d", i == 0 ? "" : ", ", county->files[i].path,
                   county->files[i].n_rows);
    }
    close_item(text, FOUND);
}

static void add_import(sample_text *text, const sample_county *county)
{
    int n_repeated = SAMPLE_REPEATED_IN_FILE + SAMPLE_REPEATED_NEXT;
    open_item(text, "police_import",
              "the force's extract: references that stand twice in an extract (9) or in two "
              "extracts (14), and rows without coordinates",
              "\"police\", \"police.yaml\"",
              "kerb import police STORE --format police.yaml --json");
    sample_add(text,
               "\"loaded\": %d, \"rejected\": %d, \"by_reason\": {\"repeated_reference\": %d}"
               ", \"without_geometry\": %d",
               count(county, &county->police, all), n_repeated, n_repeated,
               count_flaw(&county->police, SAMPLE_BLANK));
    close_item(text, FOUND);
    open_item(
        text, "police_uk_import",
        "six months again as data.police.uk has them, for the parsers only: map points in "
        "place of places; equal rows are separate incidents",
        "\"police-uk\"", "kerb import police-uk STORE --json");
    int n = 0;
    for (int i = 0; i < county->n_files; i++) {
        n +=
            strncmp(county->files[i].path, "police-uk/", 10) == 0 ? county->files[i].n_rows : 0;
    }
    sample_add(text,
               "\"loaded\": %d, \"rejected\": 0, \"without_geometry\": %d, \"equal_rows\": %d",
               n, county->n_uk_without_place, county->n_uk_equal);
    close_item(text, FOUND);
    open_item(
        text, "later_extract",
        "January to March 2025 as they stood on 2025-07-07: reclassified, withdrawn and late "
        "records",
        "\"police\", \"police-later\"",
        "kerb import police STORE --format police.yaml --as-at 2025-04-07; kerb import "
        "police-later STORE --format police.yaml --as-at 2025-07-07 --replace-period "
        "2025-01-01:2025-04-01 --json");
    sample_add(text, "\"new\": %d, \"changed\": %d, \"withdrawn\": %d, \"unchanged\": %d",
               county->n_new, county->n_changed, county->n_withdrawn, county->n_unchanged);
    close_item(text, FOUND);
}

static void add_fire(sample_text *text, const sample_county *county)
{
    int n_100 = count_flaw(&county->fire, SAMPLE_MASKED_100);
    int n_1000 = count_flaw(&county->fire, SAMPLE_MASKED_1000), n_rescues = 0;
    for (size_t i = 0; i < county->fire.n; i++) {
        n_rescues += county->fire.rows[i].event != SAMPLE_NONE;
    }
    open_item(text, "fire_masked",
              "dwelling fires on a grid: the last two (100 m) or three (1 km) digits of both "
              "coordinates are masked",
              "\"fire\", \"fire.yaml\"", "kerb import fire STORE --format fire.yaml --json");
    sample_add(text, "\"rows\": %d, \"masked_100m\": %d, \"masked_1000m\": %d",
               (int)county->fire.n, n_100, n_1000);
    close_item(text, FOUND);
    open_item(
        text, "fire_rescues",
        "special services at a collision with someone killed or badly hurt, 2 to 14 minutes "
        "after and at most 60 m away",
        "\"fire\", \"stats19\"", "linking of collisions and rescues");
    sample_add(text, "\"rescues\": %d, \"longest_min\": 14, \"farthest_m\": 60", n_rescues);
    close_item(text, "owed to the linking of sources");
}

/* ------------------------------------------------------------------- what kerb check finds */

static void add_hit_rate(sample_text *text, const sample_county *county)
{
    open_item(
        text, "hit_rate",
        "coordinates are missing more often in the east: rows and rows with coordinates by "
        "the beat code that the row states",
        "\"police\"", "kerb check STORE --json");
    for (int beat = 0; beat < SAMPLE_BEATS; beat++) {
        int n = 0, n_with = 0;
        for (size_t i = 0; i < county->police.n; i++) {
            const sample_incident *row = &county->police.rows[i];
            bool is_here = row->beat == beat && sample_is_in_first(row);
            n += is_here;
            n_with += is_here && row->flaw != SAMPLE_BLANK;
        }
        sample_add(text, "%s\"%s\": {\"n\": %d, \"with_coordinates\": %d}",
                   beat == 0 ? "" : ", ", sample_beats[beat].code, n, n_with);
    }
    close_item(text, FOUND);
}

static void add_late(sample_text *text, const sample_county *county)
{
    int n = 0;
    for (size_t i = 0; i < county->police.n; i++) {
        const sample_incident *row = &county->police.rows[i];
        int64_t end = row->to == SAMPLE_NO_MINUTE ? row->from : row->to;
        n += sample_is_in_first(row) &&
             row->recorded - end > (int64_t)SAMPLE_LATE_DAYS * SAMPLE_DAY_MIN;
    }
    open_item(text, "late_records", "recorded more than 30 days after the end of the incident",
              "\"police\"", "kerb check STORE --json");
    sample_add(text, "\"late\": %d, \"of\": %d", n, count(county, &county->police, all));
    close_item(text, FOUND);
}

static void add_heaping(sample_text *text, const sample_county *county)
{
    int n_hour = 0, n_midnight = 0, n = 0;
    for (size_t i = 0; i < county->police.n; i++) {
        const sample_incident *row = &county->police.rows[i];
        n += sample_is_in_first(row);
        n_hour += sample_is_in_first(row) && row->from % SAMPLE_HOUR_MIN == 0;
        n_midnight += sample_is_in_first(row) && row->from % SAMPLE_DAY_MIN == 0;
    }
    open_item(text, "time_heaping",
              "times are given to the hour more often than they fall on it, thefts at midnight",
              "\"police\"", "kerb check STORE --json");
    sample_add(text, "\"on_the_hour\": %d, \"at_midnight\": %d, \"of\": %d", n_hour, n_midnight,
               n);
    close_item(text, FOUND);
}

static void add_wrong_places(sample_text *text, const sample_county *county)
{
    open_item(text, "default_coordinate",
              "records that stand at the police station because their place was not known",
              "\"police\"", "kerb check STORE --json");
    add_disc(text, &sample_station);
    sample_add(text, ", \"n\": %d", count_flaw(&county->police, SAMPLE_AT_STATION));
    close_item(text, FOUND);
    open_item(
        text, "out_of_area",
        "records up to 4 km beyond the district, and one with easting and northing the wrong "
        "way round",
        "\"police\"", "kerb check STORE --json");
    sample_add(text, "\"beyond_the_border\": %d, \"swapped\": %d",
               count_flaw(&county->police, SAMPLE_OUT_OF_AREA),
               count_flaw(&county->police, SAMPLE_SWAPPED));
    close_item(text, FOUND);
}

static void add_call_log(sample_text *text, const sample_county *county)
{
    open_item(text, "recording_break",
              "the call log stops for November and December 2023: missing, not zero",
              "\"calls\"", "kerb check STORE --json");
    sample_add(text, "\"first_month\": \"2023-11\", \"last_month\": \"2023-12\", \"rows\": %d",
               count(county, &county->calls,
                     (query){.kind = ANY,
                             .year = ANY,
                             .beat = ANY,
                             .first_day = sample_day(2023, 11, 1),
                             .end_day = sample_day(2024, 1, 1)}));
    close_item(text, FOUND);
    open_item(text, "called_twice",
              "two calls about one thing: equal place, minute and kind, different numbers",
              "\"calls\"", "kerb check STORE --json");
    sample_add(text, "\"pairs\": %d", SAMPLE_CALLED_TWICE);
    close_item(text, FOUND);
}

/* ---------------------------------------------------------------- what the maps must show */

static void add_night(sample_text *text, const sample_county *county)
{
    for (int town = 0; town < 2; town++) {
        const sample_disc *disc = &sample_night[town];
        open_item(
            text, town == 0 ? "night_osmerby" : "night_hexwold",
            "the night-time economy of a town centre: a hotspot from 22:00 to 04:00, not by "
            "day",
            "\"police\"",
            "kerb hotspots STORE OUT.geojson --source 'Wrenshire Police' --category "
            "'Violence with injury' --hours 22-04 --bandwidth 300m --level 3xmean");
        query q = all;
        q.kind = SAMPLE_INJURY, q.disc = disc, q.reach_m = disc->radius_m + 40;
        add_disc(text, disc);
        q.hour_from = 22, q.hour_to = 4;
        sample_add(text, ", \"rank\": %d, \"n_night\": %d", town + 1,
                   count(county, &county->police, q));
        q.hour_from = 8, q.hour_to = 20;
        sample_add(text, ", \"n_day\": %d", count(county, &county->police, q));
        q.disc = NULL;
        sample_add(text, ", \"of_day\": %d", count(county, &county->police, q));
        close_item(text, FOUND);
    }
}

/* Counts of one venue by event and, for comparison, on the same days two weeks before. */
static void add_venue(sample_text *text, const sample_county *county, int venue)
{
    query q = all;
    q.kind = SAMPLE_OTHER_THEFT;
    q.is_in = venue == SAMPLE_SKELDER ? is_in_skelder : is_in_alderfen;
    add_disc(text, &sample_venues[venue]);
    sample_add(text, ", \"n_all_days\": %d, \"events\": [", count(county, &county->police, q));
    int n_event_days = 0;
    bool is_first = true;
    for (int i = 0; i < county->calendar.n; i++) {
        const sample_event *event = &county->calendar.events[i];
        if (event->venue != venue) {
            continue;
        }
        q.first_day = event->first_day, q.end_day = event->last_day + 1;
        int n = count(county, &county->police, q);
        n_event_days += n;
        sample_add(text, "%s\n    {\"from\": \"", is_first ? "" : ",");
        sample_add_day(text, q.first_day);
        sample_add(text, "\", \"to\": \"");
        sample_add_day(text, q.end_day);
        sample_add(text, "\", \"attendance\": %d, \"n\": %d}", event->attendance, n);
        is_first = false;
    }
    sample_add(text, "], \"n_event_days\": %d", n_event_days);
}

static void add_venues(sample_text *text, const sample_county *county)
{
    open_item(
        text, "venue_events",
        "a racing circuit that is a hotspot of other theft on the days of its events alone",
        "\"police\", \"events.csv\", \"areas/venues.geojson\"",
        "kerb beats STORE OUT.csv --set venues --category 'Other theft' --from DAY --to DAY; "
        "kerb hotspots the same; the effect itself: kerb venues");
    add_venue(text, county, SAMPLE_SKELDER);
    close_item(text, FOUND "; the effect is owed to kerb venues");
    open_item(text, "venue_without_effect", "a showground whose events change nothing",
              "\"police\", \"events.csv\", \"areas/venues.geojson\"",
              "kerb beats as above; kerb venues must find no effect");
    add_venue(text, county, SAMPLE_ALDERFEN);
    close_item(text, FOUND "; the effect is owed to kerb venues");
}

static void add_pattern(sample_text *text, const sample_county *county)
{
    query q = all;
    q.kind = SAMPLE_RURAL_THEFT;
    open_item(text, "uniform_category",
              "Rural theft falls on every square metre alike: no hotspot", "\"police\"",
              "kerb hotspots STORE OUT.geojson --category 'Rural theft' --null area");
    sample_add(text, "\"n\": %d, \"verdict\": \"none\"", count(county, &county->police, q));
    close_item(text, FOUND " (its counts); the verdict is owed to kerb hotspots --null");
    q.kind = SAMPLE_BURGLARY;
    open_item(
        text, "residents_category",
        "Residential burglary follows the residents and nothing else: no hotspot beyond them",
        "\"police\", \"areas/small-areas.geojson\"",
        "kerb hotspots STORE OUT.geojson --category 'Residential burglary' --null "
        "residents:small_areas");
    sample_add(text, "\"n\": %d, \"verdict\": \"none\"", count(county, &county->police, q));
    close_item(text, FOUND " (its counts); the verdict is owed to kerb hotspots --null");
}

static void add_beat_change(sample_text *text, const sample_county *county)
{
    open_item(
        text, "beat_change",
        "Criminal damage rose in Hexwold from 180 to 270; in the other four beats it stayed "
        "within 3",
        "\"police\", \"areas/beats.geojson\"",
        "kerb beats STORE OUT.csv --set beats --category 'Criminal damage' --from 2023-04 --to "
        "2024-04, and a year later; the change itself: --compare");
    for (int beat = 0; beat < SAMPLE_BEATS; beat++) {
        sample_add(text, "%s\"%s\": [", beat == 0 ? "" : ", ", sample_beats[beat].code);
        for (int year = 0; year < SAMPLE_YEARS; year++) {
            query q = all;
            q.kind = SAMPLE_DAMAGE, q.beat = beat, q.year = year;
            sample_add(text, "%s%d", year == 0 ? "" : ", ", count(county, &county->police, q));
        }
        sample_add(text, "]");
    }
    close_item(text, FOUND "; the change is owed to --compare");
}

static void add_prison(sample_text *text, const sample_county *county)
{
    open_item(
        text, "prison",
        "a prison holds most of the violence of its beat, and leaves with --exclude",
        "\"police\", \"areas/prison.geojson\"",
        "kerb beats STORE OUT.csv --set beats --category 'Violence with injury' [--exclude "
        "prison]");
    query q = all;
    q.kind = SAMPLE_INJURY, q.beat = 4;
    int n = count(county, &county->police, q);
    q.is_in = sample_is_in_prison;
    int n_inside = count(county, &county->police, q);
    sample_add(text, "\"beat\": \"%s\", \"n\": %d, \"n_without_prison\": %d",
               sample_beats[4].code, n, n - n_inside);
    close_item(text, FOUND);
}

/* ----------------------------------------------------------------------------- collisions */

static void add_collision_counts(sample_text *text, const sample_county *county)
{
    int n_vehicles = 0, n_casualties = 0, n_by_severity[4] = {0}, n_ksi_people = 0,
        n_ksi_children = 0, n_unknown_age = 0, n_no_place = 0;
    for (size_t i = 0; i < county->collisions.n; i++) {
        const sample_collision *c = &county->collisions.rows[i];
        n_vehicles += c->n_vehicles;
        n_casualties += c->n_casualties;
        n_by_severity[c->severity]++;
        n_no_place += !c->has_point;
        for (int k = 0; k < c->n_casualties; k++) {
            bool is_ksi = c->casualties[k].severity < 3;
            n_ksi_people += is_ksi;
            n_ksi_children += is_ksi && c->casualties[k].age >= 0 && c->casualties[k].age < 16;
            n_unknown_age += c->casualties[k].age < 0;
        }
    }
    open_item(text, "collisions", "the three linked tables of STATS19", "\"stats19\"",
              "kerb import stats19 STORE --json");
    sample_add(text, "\"collisions\": %d, \"vehicles\": %d, \"casualties\": %d, ",
               (int)county->collisions.n, n_vehicles, n_casualties);
    sample_add(text,
               "\"fatal\": %d, \"serious\": %d, \"slight\": %d, \"without_geometry\": %d, ",
               n_by_severity[1], n_by_severity[2], n_by_severity[3], n_no_place);
    sample_add(text, "\"ksi_casualties\": %d, \"ksi_children\": %d, \"unknown_age\": %d",
               n_ksi_people, n_ksi_children, n_unknown_age);
    close_item(text, FOUND);
}

static int count_collisions(const sample_county *county, sample_point centre, int64_t reach_m,
                            int severity_from, int severity_to)
{
    int n = 0;
    for (size_t i = 0; i < county->collisions.n; i++) {
        const sample_collision *c = &county->collisions.rows[i];
        n += c->has_point && c->severity >= severity_from && c->severity <= severity_to &&
             sample_distance_m(c->point, centre) < reach_m;
    }
    return n;
}

static void add_clusters(sample_text *text, const sample_county *county)
{
    open_item(
        text, "rural_ksi",
        "three places in open country where people are killed or seriously hurt; none within "
        "1 km of the four villages that complain about speed",
        "\"stats19\", \"speed-complaints.csv\", \"areas/settlements.geojson\"",
        "kerb hotspots STORE OUT.geojson --source STATS19 --category Serious --bandwidth 500m "
        "--level 3xmean; the mismatch itself: kerb speedwatch");
    sample_add(text, "\"clusters\": [");
    for (int i = 0; i < SAMPLE_CLUSTERS; i++) {
        const sample_disc *disc = &sample_clusters[i];
        sample_add(text, "%s\n    {", i == 0 ? "" : ",");
        add_disc(text, disc);
        sample_add(text, ", \"serious\": %d, \"fatal\": %d}",
                   count_collisions(county, disc->centre, disc->radius_m + 1, 2, 2),
                   count_collisions(county, disc->centre, disc->radius_m + 1, 1, 1));
    }
    sample_add(text, "], \"complaining\": [");
    bool is_first = true;
    for (int i = 0; i < SAMPLE_SETTLEMENTS; i++) {
        const sample_settlement *s = &sample_settlements[i];
        if (s->complaints_a_month < 5) {
            continue;
        }
        const sample_disc disc = {s->id, s->name, s->centre, 1000};
        sample_add(text, "%s\n    {", is_first ? "" : ",");
        add_disc(text, &disc);
        sample_add(text, ", \"ksi\": %d}", count_collisions(county, s->centre, 1000, 1, 2));
        is_first = false;
    }
    sample_add(text, "]");
    close_item(text, FOUND "; the mismatch is owed to kerb speedwatch");
}

void sample_write_truth(sample_county *county, const char *folder)
{
    sample_text text = {0};
    sample_add(&text, "[");
    add_rows(&text, county);
    add_import(&text, county);
    add_fire(&text, county);
    add_hit_rate(&text, county);
    add_late(&text, county);
    add_heaping(&text, county);
    add_wrong_places(&text, county);
    add_call_log(&text, county);
    add_night(&text, county);
    add_venues(&text, county);
    add_pattern(&text, county);
    add_beat_change(&text, county);
    add_prison(&text, county);
    add_collision_counts(&text, county);
    add_clusters(&text, county);
    sample_add(&text, "\n]\n");
    sample_write(&text, folder, "truth.json");
}
