/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Road collisions of the calendar years 2022 to 2024 in the three linked tables of STATS19,
 * with the columns of the 2024 release. Planted: three rural clusters of collisions in which
 * people were killed or seriously hurt, away from the villages that complain about speed.
 */
#include "county.h"

#include <stdio.h>
#include <stdlib.h>

static const int cluster_n[SAMPLE_CLUSTERS] = {16, 13, 11};
enum { AWAY_M = 1000 };

/* No one is badly hurt within 1 km of a village that complains. */
static bool is_near_complaints(sample_point point)
{
    for (int i = 0; i < SAMPLE_SETTLEMENTS; i++) {
        const sample_settlement *s = &sample_settlements[i];
        if (s->complaints_a_month >= 5 && sample_distance_m(s->centre, point) < AWAY_M) {
            return true;
        }
    }
    return false;
}

static void add_casualty(sample_collision *collision, sample_random *random, int class,
                         int vehicle)
{
    int age =
        (int)(class == 1 ? sample_between(random, 17, 84) : sample_between(random, 3, 84));
    collision->casualties[collision->n_casualties++] =
        (sample_casualty){.class = class,
                          .severity = 3,
                          .age = sample_chance(random, 30) ? -1 : age,
                          .vehicle = vehicle};
}

/* The collision's severity is that of its worst casualty, so the first casualty has it. */
static void add_people(sample_collision *collision, sample_random *random, bool is_urban)
{
    static const int types[] = {9, 9, 9, 9, 9, 9, 19, 1, 5, 4};
    bool has_pedestrian = is_urban && sample_chance(random, 300);
    collision->n_vehicles = has_pedestrian || sample_chance(random, 300) ? 1 : 2;
    for (int i = 0; i < collision->n_vehicles; i++) {
        collision->vehicle_types[i] = types[sample_below(random, 10)];
    }
    add_casualty(collision, random, has_pedestrian ? 3 : 1, 1);
    if (collision->n_vehicles == 2 && sample_chance(random, 250)) {
        add_casualty(collision, random, 1, 2);
    }
    while (collision->n_casualties < SAMPLE_MOST_CASUALTIES && sample_chance(random, 180)) {
        add_casualty(collision, random, 2, 1);
    }
    collision->casualties[0].severity = collision->severity;
    for (int i = 1; i < collision->n_casualties; i++) {
        if (collision->severity < 3 && sample_chance(random, 150)) {
            collision->casualties[i].severity = 2;
        }
    }
}

static void add_collision(sample_county *county, sample_random *random, int year,
                          sample_point point, size_t stretch, int severity, int cluster)
{
    static const int hours[24] = {2, 1, 1, 1, 1,  2,  4, 8, 10, 7, 6, 6,
                                  7, 7, 7, 9, 11, 12, 9, 7, 5,  4, 4, 3};
    int64_t day = sample_day(year, 1, 1) + sample_below(random, 365);
    sample_collision collision = {.point = point,
                                  .has_point = true,
                                  .stretch = stretch,
                                  .cluster = cluster,
                                  .severity = severity,
                                  .year = year};
    int64_t hour = (int64_t)sample_weighted(random, hours, 24);
    int64_t minute = sample_between(random, 0, 11) * 5;
    collision.minute = day * SAMPLE_DAY_MIN + hour * SAMPLE_HOUR_MIN + minute;
    add_people(&collision, random, sample_stretches[stretch].is_urban);
    sample_collision_table *table = &county->collisions;
    table->rows = sample_grow(table->rows, table->n + 1, sizeof *table->rows);
    table->rows[table->n++] = collision;
}

static void add_on_roads(sample_county *county, sample_random *random, int year, bool is_urban,
                         int n, int severity)
{
    while (n > 0) {
        size_t stretch;
        sample_point point = sample_point_on_road(random, is_urban, &stretch);
        bool is_clear = severity == 3 || !is_near_complaints(point);
        if (sample_area_of(&county->land, point) != SAMPLE_NONE && is_clear) {
            add_collision(county, random, year, point, stretch, severity, SAMPLE_NONE);
            n--;
        }
    }
}

static void add_clusters(sample_county *county, sample_random *random)
{
    for (int cluster = 0; cluster < SAMPLE_CLUSTERS; cluster++) {
        const sample_disc *disc = &sample_clusters[cluster];
        for (int k = 0; k < cluster_n[cluster]; k++) {
            sample_point point;
            do {
                point = sample_point_in_disc(random, disc->centre, disc->radius_m);
            } while (sample_area_of(&county->land, point) == SAMPLE_NONE);
            add_collision(county, random, SAMPLE_FIRST_YEAR + k % SAMPLE_COLLISION_YEARS, point,
                          sample_nearest_stretch(point), k % 8 == 3 ? 1 : 2, cluster);
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const sample_collision *x = a, *y = b;
    if (x->minute != y->minute) {
        return x->minute < y->minute ? -1 : 1;
    }
    return x->reference < y->reference ? -1 : x->reference > y->reference;
}

void sample_make_collisions(sample_county *county)
{
    sample_random random = {20220408};
    for (int i = 0; i < SAMPLE_COLLISION_YEARS; i++) {
        int year = SAMPLE_FIRST_YEAR + i;
        add_on_roads(county, &random, year, true, 58, 3);
        add_on_roads(county, &random, year, true, 11, 2);
        add_on_roads(county, &random, year, false, 46, 3);
        add_on_roads(county, &random, year, false, 14, 2);
        add_on_roads(county, &random, year, false, 2, 1);
    }
    add_clusters(county, &random);
    sample_collision_table *table = &county->collisions;
    for (size_t i = 0; i < table->n; i++) {
        table->rows[i].reference = (int)i;
    }
    qsort(table->rows, table->n, sizeof *table->rows, by_time);
    int year = 0, number = 0;
    for (size_t i = 0; i < table->n; i++) {
        number = table->rows[i].year == year ? number + 1 : 1;
        year = table->rows[i].year;
        table->rows[i].reference = number;
        /* two slight ones a year came without a place */
        table->rows[i].has_point = !(table->rows[i].severity == 3 && number % 50 == 49);
    }
}

/* -------------------------------------------------------------------------------- files */

static const char collision_head[] =
    "collision_index,collision_year,collision_ref_no,location_easting_osgr,"
    "location_northing_osgr,longitude,latitude,police_force,collision_severity,"
    "number_of_vehicles,number_of_casualties,date,day_of_week,time,local_authority_district,"
    "local_authority_ons_district,local_authority_highway,local_authority_highway_current,"
    "first_road_class,first_road_number,road_type,speed_limit,junction_detail_historic,"
    "junction_detail,junction_control,second_road_class,second_road_number,"
    "pedestrian_crossing_human_control_historic,"
    "pedestrian_crossing_physical_facilities_historic,pedestrian_crossing,light_conditions,"
    "weather_conditions,road_surface_conditions,special_conditions_at_site,"
    "carriageway_hazards_historic,carriageway_hazards,urban_or_rural_area,"
    "did_police_officer_attend_scene_of_accident,trunk_road_flag,lsoa_of_accident_location,"
    "enhanced_severity_collision,collision_injury_based,collision_adjusted_severity_serious,"
    "collision_adjusted_severity_slight\n";
static const char vehicle_head[] =
    "collision_index,collision_year,collision_ref_no,vehicle_reference,vehicle_type,"
    "towing_and_articulation,vehicle_manoeuvre_historic,vehicle_manoeuvre,"
    "vehicle_direction_from,vehicle_direction_to,vehicle_location_restricted_lane_historic,"
    "vehicle_location_restricted_lane,junction_location,skidding_and_overturning,"
    "hit_object_in_carriageway,vehicle_leaving_carriageway,hit_object_off_carriageway,"
    "first_point_of_impact,vehicle_left_hand_drive,journey_purpose_of_driver_historic,"
    "journey_purpose_of_driver,sex_of_driver,age_of_driver,age_band_of_driver,"
    "engine_capacity_cc,propulsion_code,age_of_vehicle,generic_make_model,driver_imd_decile,"
    "lsoa_of_driver,escooter_flag,driver_distance_banding\n";
static const char casualty_head[] =
    "collision_index,collision_year,collision_ref_no,vehicle_reference,casualty_reference,"
    "casualty_class,sex_of_casualty,age_of_casualty,age_band_of_casualty,casualty_severity,"
    "pedestrian_location,pedestrian_movement,car_passenger,bus_or_coach_passenger,"
    "pedestrian_road_maintenance_worker,casualty_type,casualty_imd_decile,lsoa_of_casualty,"
    "enhanced_casualty_severity,casualty_injury_based,casualty_adjusted_severity_serious,"
    "casualty_adjusted_severity_slight,casualty_distance_banding\n";

/* Year, invented force and running number, as text. */
static void add_index(sample_text *text, const sample_collision *c)
{
    sample_add(text, "%d99%05d,%d,99%05d,", c->year, c->reference, c->year, c->reference);
}

static void add_degrees(sample_text *text, int64_t micro)
{
    int64_t size = micro < 0 ? -micro : micro;
    sample_add(text, "%s%d.%06d,", micro < 0 ? "-" : "", (int)(size / 1000000),
               (int)(size % 1000000));
}

/* Enhanced: 1 fatal, 5 to 7 serious, 3 slight. */
static int enhanced(int severity, int number)
{
    return severity == 2 ? 5 + number % 3 : severity;
}

static void add_collision_line(sample_text *text, const sample_county *county,
                               const sample_collision *c)
{
    const sample_stretch *stretch = &sample_stretches[c->stretch];
    sample_date date = sample_date_of(sample_day_of(c->minute));
    int minute = (int)(c->minute % SAMPLE_DAY_MIN);
    add_index(text, c);
    if (c->has_point) {
        int64_t lon, lat;
        sample_micro_degrees(c->point, &lon, &lat);
        sample_add(text, "%d,%d,", (int)c->point.x + SAMPLE_ORIGIN_EASTING,
                   (int)c->point.y + SAMPLE_ORIGIN_NORTHING);
        add_degrees(text, lon);
        add_degrees(text, lat);
    } else {
        sample_add(text, "NULL,NULL,NULL,NULL,");
    }
    sample_add(
        text, "99,%d,%d,%d,%02d/%02d/%04d,%d,%02d:%02d,-1,E06999901,E06999901,E06999901,",
        c->severity, c->n_vehicles, c->n_casualties, date.day, date.month, date.year,
        (sample_weekday(sample_day_of(c->minute)) + 1) % 7 + 1, minute / 60, minute % 60);
    int class = stretch->class == 'A' ? 3 : stretch->class == 'B' ? 4 : 6;
    int number = class == 6 ? 0 : atoi(stretch->road + 1);
    sample_add(text, "%d,%d,6,%d,0,0,-1,0,-1,0,0,0,1,1,1,0,0,0,%d,1,2,", class, number,
               stretch->limit_mph, stretch->is_urban ? 1 : 2);
    int area = sample_area_of(&county->land, c->point);
    sample_add(text, "E0199%04d,%d,1,%d,%d\n", area + 1, enhanced(c->severity, c->reference),
               c->severity == 2, c->severity == 3);
}

static int age_band(int age)
{
    static const int last[] = {5, 10, 15, 20, 25, 35, 45, 55, 65, 75};
    int band = 0;
    while (band < 10 && age > last[band]) {
        band++;
    }
    return age < 0 ? -1 : band + 1;
}

static void add_vehicle_line(sample_text *text, const sample_collision *c, int vehicle)
{
    int age = 17 + (c->reference * 13 + vehicle * 29) % 66;
    add_index(text, c);
    sample_add(text,
               "%d,%d,0,18,18,-1,-1,0,0,0,0,0,0,0,1,1,6,6,3,%d,%d,-1,-1,-1,-1,-1,-1,0,-1\n",
               vehicle + 1, c->vehicle_types[vehicle], age, age_band(age));
}

static void add_casualty_line(sample_text *text, const sample_collision *c, int number)
{
    const sample_casualty *casualty = &c->casualties[number];
    bool is_on_foot = casualty->class == 3;
    add_index(text, c);
    sample_add(text, "%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,0,0,%d,-1,-1,%d,1,%d,%d,-1\n",
               casualty->vehicle, number + 1, casualty->class, 1 + (c->reference + number) % 2,
               casualty->age, age_band(casualty->age), casualty->severity, is_on_foot ? 5 : 0,
               is_on_foot ? 1 : 0, casualty->class == 2 ? 1 : 0,
               is_on_foot ? 0 : c->vehicle_types[casualty->vehicle - 1],
               enhanced(casualty->severity, c->reference + number), casualty->severity == 2,
               casualty->severity == 3);
}

void sample_write_collisions(sample_county *county, const char *folder)
{
    sample_text collisions = {0}, vehicles = {0}, casualties = {0};
    int n_vehicles = 0, n_casualties = 0;
    sample_add(&collisions, "%s", collision_head);
    sample_add(&vehicles, "%s", vehicle_head);
    sample_add(&casualties, "%s", casualty_head);
    for (size_t i = 0; i < county->collisions.n; i++) {
        const sample_collision *c = &county->collisions.rows[i];
        add_collision_line(&collisions, county, c);
        for (int k = 0; k < c->n_vehicles; k++, n_vehicles++) {
            add_vehicle_line(&vehicles, c, k);
        }
        for (int k = 0; k < c->n_casualties; k++, n_casualties++) {
            add_casualty_line(&casualties, c, k);
        }
    }
    sample_write_rows(county, &collisions, folder, "stats19/collision.csv",
                      (int)county->collisions.n);
    sample_write_rows(county, &vehicles, folder, "stats19/vehicle.csv", n_vehicles);
    sample_write_rows(county, &casualties, folder, "stats19/casualty.csv", n_casualties);
}
