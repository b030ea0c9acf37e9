/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Outlines of sets of cells, and longitude and latitude of a point. */
#include "land.h"

enum { WIDE = SAMPLE_COLUMNS + 1, N_CORNERS = WIDE * (SAMPLE_ROWS + 1) };

typedef struct {
    const sample_land *land;
    bool (*belongs)(const sample_land *, int area, int which);
    int which;
} cell_set;

static bool has_cell(const cell_set *set, int column, int row)
{
    return column >= 0 && column < SAMPLE_COLUMNS && row >= 0 && row < SAMPLE_ROWS &&
           set->belongs(set->land, set->land->area_of[row][column], set->which);
}

/* next[corner]: the corner that follows on the outline, the set on the left. No two cells of a
 * set touch in a corner alone, so there is one at the most. Returns a corner of the outline. */
static int link_corners(const cell_set *set, int next[N_CORNERS])
{
    int first = SAMPLE_NONE;
    for (int i = 0; i < N_CORNERS; i++) {
        next[i] = SAMPLE_NONE;
    }
    for (int row = SAMPLE_ROWS - 1; row >= 0; row--) {
        for (int column = SAMPLE_COLUMNS - 1; column >= 0; column--) {
            if (!has_cell(set, column, row)) {
                continue;
            }
            int sw = row * WIDE + column, se = sw + 1, nw = sw + WIDE, ne = nw + 1;
            if (!has_cell(set, column, row - 1))
                next[sw] = se, first = sw;
            if (!has_cell(set, column + 1, row))
                next[se] = ne, first = se;
            if (!has_cell(set, column, row + 1))
                next[ne] = nw, first = ne;
            if (!has_cell(set, column - 1, row))
                next[nw] = sw, first = nw;
        }
    }
    return first;
}

void sample_add_outline(sample_text *text, const sample_land *land,
                        bool (*belongs)(const sample_land *, int area, int which), int which)
{
    const cell_set set = {land, belongs, which};
    static int next[N_CORNERS];
    int first = link_corners(&set, next), at = first;
    if (first == SAMPLE_NONE) {
        sample_stop("an area without cells", "outline.c");
    }
    sample_add(text, "[[");
    do {
        sample_point corner = land->corners[at / WIDE][at % WIDE];
        sample_add(text, "[%d,%d],", (int)corner.x + SAMPLE_ORIGIN_EASTING,
                   (int)corner.y + SAMPLE_ORIGIN_NORTHING);
        at = next[at];
    } while (at != first);
    sample_point corner = land->corners[first / WIDE][first % WIDE];
    sample_add(text, "[%d,%d]]]", (int)corner.x + SAMPLE_ORIGIN_EASTING,
               (int)corner.y + SAMPLE_ORIGIN_NORTHING);
}

/* Longitude and latitude as polynomials in u, v = metres from (459200, 289400) / 32768: entry
 * j, i is the factor of u^i v^j in 1e-11 degree. Fitted by least squares to PROJ 9.1's
 * seven-parameter operation from EPSG:27700 to EPSG:4326 on 41 x 41 points within 30 km east
 * and 25 km north; they differ from it by under 2e-11 degree there. */
static const int64_t lon_factors[6][6] = {
    {-112937243274, 48263474749, -5034870, -930008, 306, 34},
    {581688124, 322458941, -116192, -21451, 12},
    {5034864, 2790024, -1833, -338},
    {38731, 21449, -24},
    {305, 169},
    {2}};
static const int64_t lat_factors[6][6] = {
    {5249929924289, -354999390, -98411400, 15652, 2168, -1},
    {29454794761, -3755304, -1040690, 333, 46},
    {-760731, -25001, -6923, 5},
    {528, -201, -56},
    {5, -2},
    {0}};

/* Horner's rule with u, v in 1/32768. */
static int64_t polynomial(const int64_t factors[6][6], int64_t u, int64_t v)
{
    int64_t sum = 0;
    for (int j = 5; j >= 0; j--) {
        int64_t row = 0;
        for (int i = 5 - j; i >= 0; i--) {
            row = sample_divide(row * u, 32768) + factors[j][i];
        }
        sum = sample_divide(sum * v, 32768) + row;
    }
    return sum;
}

void sample_micro_degrees(sample_point point, int64_t *lon, int64_t *lat)
{
    int64_t u = point.x + SAMPLE_ORIGIN_EASTING - 459200;
    int64_t v = point.y + SAMPLE_ORIGIN_NORTHING - 289400;
    *lon = sample_divide(polynomial(lon_factors, u, v), 100000);
    *lat = sample_divide(polynomial(lat_factors, u, v), 100000);
}
