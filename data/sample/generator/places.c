/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Addresses and streets, and the planted places. Every name is made up. */
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const sample_disc sample_venues[SAMPLE_VENUES] = {
    {"SKELDER", "Skelder Park Circuit", {26400, 21700}, SAMPLE_VENUE_M},
    {"ALDERFEN", "Alderfen Showground", {12000, 26500}, SAMPLE_VENUE_M}};
const sample_disc sample_night[2] = {
    {"NIGHT_T1", "Osmerby town centre", {12060, 16750}, SAMPLE_NIGHT_M},
    {"NIGHT_T2", "Hexwold town centre", {26340, 7250}, SAMPLE_NIGHT_M}};
const sample_disc sample_retail = {
    "RETAIL", "Saltways Retail Park", {13350, 15650}, SAMPLE_RETAIL_M};
const sample_disc sample_prison = {"PRISON", "HMP Longmarsh", {2450, 12050}, 130};
const sample_disc sample_station = {"STATION", "Osmerby Police Station", {11250, 17480}, 0};
const sample_disc sample_clusters[SAMPLE_CLUSTERS] = {
    {"BEND", "Gallows Bend, A9901", {30000, 15500}, SAMPLE_CLUSTER_M},
    {"CROSS", "Windle Cross, A9902", {19000, 9800}, SAMPLE_CLUSTER_M},
    {"DIP", "Hob's Dip, B9911", {9100, 24300}, SAMPLE_CLUSTER_M}};

static const char *const centre_streets[2][7] = {
    {"Lantern Street", "Tallow Row", "Old Corn Steps", "Fiddler Street", "Bellfounder Lane",
     "Hurdle Yard", "Lantern Street"},
    {"Sheepwash Street", "Cooper's Row", "Malthouse Yard", "Sheepwash Street", "Drover Street",
     "Cloth Steps", "Cooper's Row"}};

static const char *const first_names[24] = {
    "Tanner", "Plover", "Teasel",  "Withy",  "Osier",    "Skylark", "Weaver",   "Yarrow",
    "Sluice", "Hazel",  "Redwing", "Sorrel", "Bargeman", "Dunlin",  "Cobbler",  "Tansy",
    "Wattle", "Pipit",  "Carter",  "Bryony", "Millrace", "Siskin",  "Chandler", "Campion"};
static const char *const second_names[6] = {"Street", "Road",    "Close",
                                            "Avenue", "Terrace", "Way"};
static const char *const village_names[5] = {"Main Street", "Green", "Back Lane", "Mill Lane",
                                             "Hall Road"};

enum { STREET_M = 250, VILLAGE_STREET_M = 180 };

/* Streets are squares of land: what lies close together has the name of one street. */
static void name_street(sample_place *place)
{
    int nearest = sample_nearest_settlement(place->point);
    const sample_settlement *settlement = &sample_settlements[nearest];
    int64_t away_m = sample_distance_m(place->point, settlement->centre);
    int64_t step_m = settlement->is_town ? STREET_M : VILLAGE_STREET_M;
    size_t number = (size_t)((place->point.x + 40000) / step_m * 31 +
                             (place->point.y + 40000) / step_m * 17 + nearest * 7);
    if (settlement->is_town && away_m < 2600) {
        snprintf(place->street, sizeof place->street, "%s %s", first_names[number % 24],
                 second_names[number / 24 % 6]);
    } else if (!settlement->is_town && away_m < 600) {
        snprintf(place->street, sizeof place->street, "%s, %s", village_names[number % 5],
                 settlement->name);
    } else {
        snprintf(place->street, sizeof place->street, "%s Road", settlement->name);
    }
}

sample_place sample_place_at(const sample_land *land, sample_point point)
{
    sample_place place = {.point = point, .area = sample_area_of(land, point)};
    name_street(&place);
    return place;
}

static void add_place(sample_place_list *list, sample_place place)
{
    list->places = sample_grow(list->places, list->n + 1, sizeof *list->places);
    list->places[list->n++] = place;
}

static void add_places_in_disc(sample_place_list *list, const sample_land *land,
                               sample_random *random, const sample_disc *disc, int n,
                               const char *const *streets, size_t n_streets)
{
    for (int i = 0; i < n; i++) {
        sample_place place;
        do {
            place = sample_place_at(land,
                                    sample_point_in_disc(random, disc->centre, disc->radius_m));
        } while (place.area == SAMPLE_NONE);
        snprintf(place.street, sizeof place.street, "%s", streets[(size_t)i % n_streets]);
        add_place(list, place);
    }
}

void sample_make_places(sample_places *places, const sample_land *land)
{
    *places = (sample_places){.land = land};
    sample_random random = {20220403};
    for (int area = 0; area < SAMPLE_AREAS; area++) {
        int n = (int)sample_divide(land->areas[area].households[0], 5);
        for (int i = 0; i < n; i++) {
            add_place(&places->addresses,
                      sample_place_at(land, sample_point_in_area(land, &random, area)));
        }
    }
    for (int town = 0; town < 2; town++) {
        add_places_in_disc(&places->centres[town], land, &random, &sample_night[town],
                           SAMPLE_CENTRE_PLACES, centre_streets[town], 7);
    }
    static const char *const retail[] = {"Saltways Retail Park"};
    add_places_in_disc(&places->retail, land, &random, &sample_retail, SAMPLE_RETAIL_PLACES,
                       retail, 1);
}

void sample_free_places(sample_places *places)
{
    free(places->addresses.places);
    free(places->centres[0].places);
    free(places->centres[1].places);
    free(places->retail.places);
}

sample_place sample_any_place(const sample_place_list *list, sample_random *random)
{
    return list->places[sample_below(random, (int64_t)list->n)];
}

sample_place sample_near_address(const sample_places *places, sample_random *random)
{
    enum { HOUSES_M = 25 };
    sample_place place = sample_any_place(&places->addresses, random);
    sample_point address = place.point;
    do {
        place.point = sample_point_in_disc(random, address, HOUSES_M);
    } while (sample_area_of(places->land, place.point) != place.area);
    return place;
}

/* Sine of k sixteenths of a turn, in thousandths. */
static const int sines[SAMPLE_RING] = {0, 383,  707,  924,  1000,  924,  707,  383,
                                       0, -383, -707, -924, -1000, -924, -707, -383};

sample_point sample_circle_corner(sample_point centre, int64_t radius_m, int i)
{
    return (sample_point){centre.x +
                              sample_divide(sines[(i + 4) % SAMPLE_RING] * radius_m, 1000),
                          centre.y + sample_divide(sines[i % SAMPLE_RING] * radius_m, 1000)};
}

sample_point sample_venue_corner(int venue, int i)
{
    return sample_circle_corner(sample_venues[venue].centre, sample_venues[venue].radius_m + 60,
                                i);
}

sample_point sample_prison_corner(int i)
{
    static const sample_point corners[4] = {{-190, -150}, {170, -170}, {190, 150}, {-170, 170}};
    return (sample_point){sample_prison.centre.x + corners[i].x,
                          sample_prison.centre.y + corners[i].y};
}

static bool is_left(sample_point a, sample_point b, sample_point p)
{
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0;
}

bool sample_is_in_venue(int venue, sample_point point)
{
    for (int i = 0; i < SAMPLE_RING; i++) {
        if (!is_left(sample_venue_corner(venue, i),
                     sample_venue_corner(venue, (i + 1) % SAMPLE_RING), point)) {
            return false;
        }
    }
    return true;
}

bool sample_is_in_prison(sample_point point)
{
    for (int i = 0; i < 4; i++) {
        if (!is_left(sample_prison_corner(i), sample_prison_corner((i + 1) % 4), point)) {
            return false;
        }
    }
    return true;
}
