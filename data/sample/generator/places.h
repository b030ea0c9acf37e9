/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where things happen: addresses, streets, roads with speed limits, and the planted places. */
#ifndef SAMPLE_PLACES_H
#define SAMPLE_PLACES_H

#include "land.h"

enum {
    SAMPLE_STREET_BYTES = 48,
    SAMPLE_CENTRE_PLACES = 14, /* of a town's night-time economy */
    SAMPLE_RETAIL_PLACES = 6,
    SAMPLE_NIGHT_M = 160, /* radius of a town's night-time economy */
    SAMPLE_RETAIL_M = 110,
    SAMPLE_VENUE_M = 420,
    SAMPLE_RING = 16, /* corners of a circle */
    SAMPLE_CLUSTERS = 3,
    SAMPLE_CLUSTER_M = 120
};

/* A disc of places in which something was planted. */
typedef struct {
    const char *id, *name;
    sample_point centre;
    int64_t radius_m;
} sample_disc;

typedef struct {
    sample_point point;
    int area;
    char street[SAMPLE_STREET_BYTES];
} sample_place;

/* A stretch of road from one corner to the next. */
typedef struct {
    const char *road;
    char class; /* A, B, U */
    sample_point from, to;
    int limit_mph;
    bool is_urban;
} sample_stretch;

typedef struct {
    sample_place *places;
    size_t n;
} sample_place_list;

typedef struct {
    const sample_land *land;
    sample_place_list addresses;          /* one for about five households */
    sample_place_list centres[2], retail; /* of Osmerby and Hexwold; of Osmerby */
} sample_places;

enum { SAMPLE_SKELDER, SAMPLE_ALDERFEN, SAMPLE_VENUES };
extern const sample_disc sample_venues[SAMPLE_VENUES];
extern const sample_disc sample_night[2];
extern const sample_disc sample_retail, sample_prison, sample_station;
extern const sample_disc sample_clusters[SAMPLE_CLUSTERS];
extern const sample_stretch sample_stretches[];
extern const size_t sample_n_stretches;

void sample_make_places(sample_places *places, const sample_land *land);
void sample_free_places(sample_places *places);

/** A place at a point, with its small area and the name of its street. */
sample_place sample_place_at(const sample_land *land, sample_point point);

/** A place of a list. */
sample_place sample_any_place(const sample_place_list *list, sample_random *random);

/** A point within some metres of an address, in its small area: most houses are seen once. */
sample_place sample_near_address(const sample_places *places, sample_random *random);

/** Corner i of SAMPLE_RING on a circle. */
sample_point sample_circle_corner(sample_point centre, int64_t radius_m, int i);

/** Corner i of the outline of a venue; a little inside it there is room for everything planted.
 */
sample_point sample_venue_corner(int venue, int i);

/** Corner i (0 to 3) of the prison. */
sample_point sample_prison_corner(int i);

/** A point on a road, at most a few metres off its line; sets its stretch. */
sample_point sample_point_on_road(sample_random *random, bool is_urban, size_t *stretch);

/** Whether a point is strictly inside the outline of a venue, or of the prison. */
bool sample_is_in_venue(int venue, sample_point point);
bool sample_is_in_prison(sample_point point);

/** The stretch nearest to a point. */
size_t sample_nearest_stretch(sample_point point);

#endif
