/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The land of the county: a lattice of 48 x 36 four-sided cells of about 800 m whose corners
 * are pushed about. Small areas, beats and the district are sets of cells, so that they share
 * every corner: no gaps, no overlaps.
 *
 *      row 35  . . . . .     metres east and north of the origin; 6 x 6 cells are a block, and
 *        ...   . . . . .     a block belongs to one beat
 *      row 0   . . . . .
 */
#ifndef SAMPLE_LAND_H
#define SAMPLE_LAND_H

#include "text.h"

enum {
    SAMPLE_ORIGIN_EASTING = 440000,
    SAMPLE_ORIGIN_NORTHING = 275000,
    SAMPLE_CELL_M = 800,
    SAMPLE_COLUMNS = 48,
    SAMPLE_ROWS = 36,
    SAMPLE_CELLS = SAMPLE_COLUMNS * SAMPLE_ROWS,
    SAMPLE_BLOCK = 6, /* cells along a block */
    SAMPLE_BLOCK_COLUMNS = SAMPLE_COLUMNS / SAMPLE_BLOCK,
    SAMPLE_BLOCK_ROWS = SAMPLE_ROWS / SAMPLE_BLOCK,
    SAMPLE_AREAS = 200,
    SAMPLE_BEATS = 5,
    SAMPLE_SETTLEMENTS = 14, /* two towns, twelve villages */
    SAMPLE_YEARS = 3,
    SAMPLE_FIRST_YEAR = 2022,
    SAMPLE_NONE = -1
};

/* Metres east and north of the origin. */
typedef struct {
    int64_t x, y;
} sample_point;

typedef struct {
    const char *code, *name;
    char letter; /* on the plan of blocks in land.c */
} sample_beat;

typedef struct {
    const char *id, *name;
    bool is_town;
    int block_column, block_row;
    sample_point centre;
    int complaints_a_month; /* about speed */
} sample_settlement;

typedef struct {
    int beat, settlement;               /* SAMPLE_NONE: open country */
    int column, row, n_columns, n_rows; /* its cells, but for a village in them */
    int residents[SAMPLE_YEARS], households[SAMPLE_YEARS];
} sample_area;

typedef struct {
    sample_point corners[SAMPLE_ROWS + 1][SAMPLE_COLUMNS + 1];
    int area_of[SAMPLE_ROWS][SAMPLE_COLUMNS];
    sample_area areas[SAMPLE_AREAS];
} sample_land;

extern const sample_beat sample_beats[SAMPLE_BEATS];
extern const sample_settlement sample_settlements[SAMPLE_SETTLEMENTS];

/** The land; ends the program when it does not have 200 small areas. */
void sample_make_land(sample_land *land);

/** The small area of a point strictly inside a cell; else SAMPLE_NONE. */
int sample_area_of(const sample_land *land, sample_point point);

/** A random point strictly inside a small area, every square metre alike. */
sample_point sample_point_in_area(const sample_land *land, sample_random *random, int area);

/** A random point strictly inside the county, every square metre alike. */
sample_point sample_point_on_land(const sample_land *land, sample_random *random);

/** A random point of a disc. */
sample_point sample_point_in_disc(sample_random *random, sample_point centre, int64_t radius_m);

/** Distance, rounded down. */
int64_t sample_distance_m(sample_point a, sample_point b);

/** The settlement nearest to a point. */
int sample_nearest_settlement(sample_point point);

/** Add the outline of the cells that belong (anticlockwise, closed) as JSON coordinates. */
void sample_add_outline(sample_text *text, const sample_land *land,
                        bool (*belongs)(const sample_land *, int area, int which), int which);

/** Longitude and latitude in whole 1e-6 degree. */
void sample_micro_degrees(sample_point point, int64_t *lon, int64_t *lat);

#endif
