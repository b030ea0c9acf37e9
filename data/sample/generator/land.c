/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The land: lattice, blocks, beats, small areas and their residents. */
#include "land.h"

#include <string.h>

/* Letters stand on the plan below. */
const sample_beat sample_beats[SAMPLE_BEATS] = {{"WB1", "Osmerby", 'A'},
                                                {"WB2", "Hexwold", 'B'},
                                                {"WB3", "Wrenshire North", 'N'},
                                                {"WB4", "Wrenshire East", 'E'},
                                                {"WB5", "Wrenshire South", 'S'}};

static const char *const plan[SAMPLE_BLOCK_ROWS] = {
    "NNNNNEEE", /* north */
    "NNNNEEEE", "NAAAEEEE", "SAAAEEEE", "SSSSBBBE", "SSSSBBBE",
};

const sample_settlement sample_settlements[SAMPLE_SETTLEMENTS] = {
    {"T1", "Osmerby", true, 2, 3, {12040, 16780}, 4},
    {"T2", "Hexwold", true, 5, 1, {26370, 7230}, 3},
    {"V01", "Aldermoss", false, 0, 5, {2800, 26000}, 1},
    {"V02", "Bellthorpe", false, 3, 5, {17200, 26000}, 11},
    {"V03", "Cawdle", false, 1, 4, {7600, 21200}, 1},
    {"V04", "Dunmarsh", false, 5, 5, {26800, 26000}, 0},
    {"V05", "Eskerby", false, 6, 4, {31600, 21200}, 1},
    {"V06", "Fallowick", false, 4, 3, {22000, 16400}, 0},
    {"V07", "Grindelow", false, 6, 2, {31600, 11600}, 12},
    {"V08", "Harnsey", false, 0, 1, {2800, 6800}, 1},
    {"V09", "Ivelstow", false, 2, 0, {12400, 2000}, 9},
    {"V10", "Kettlemere", false, 3, 1, {17200, 6800}, 1},
    {"V11", "Larkhanger", false, 3, 2, {17200, 11600}, 10},
    {"V12", "Mossgarth", false, 6, 0, {31600, 2000}, 0},
};

enum {
    N_PUSH_M = 180
}; /* a cell stays convex with corners pushed by less than a quarter of it */

static void push_corners(sample_land *land)
{
    sample_random random = {20220401};
    for (int row = 0; row <= SAMPLE_ROWS; row++) {
        for (int column = 0; column <= SAMPLE_COLUMNS; column++) {
            sample_point *corner = &land->corners[row][column];
            corner->x = column * SAMPLE_CELL_M + sample_between(&random, -N_PUSH_M, N_PUSH_M);
            corner->y = row * SAMPLE_CELL_M + sample_between(&random, -N_PUSH_M, N_PUSH_M);
        }
    }
}

static int settlement_of_block(int column, int row)
{
    for (int i = 0; i < SAMPLE_SETTLEMENTS; i++) {
        if (sample_settlements[i].block_column == column &&
            sample_settlements[i].block_row == row) {
            return i;
        }
    }
    return SAMPLE_NONE;
}

static int beat_of_block(int column, int row)
{
    int beat = 0;
    while (sample_beats[beat].letter != plan[SAMPLE_BLOCK_ROWS - 1 - row][column]) {
        beat++;
    }
    return beat;
}

static void add_area(sample_land *land, int *n_areas, sample_area area)
{
    if (*n_areas == SAMPLE_AREAS) {
        sample_stop("too many small areas", "land.c");
    }
    for (int row = area.row; row < area.row + area.n_rows; row++) {
        for (int column = area.column; column < area.column + area.n_columns; column++) {
            land->area_of[row][column] = *n_areas;
        }
    }
    land->areas[(*n_areas)++] = area;
}

/* A town block is 36 small areas of a cell. A country block is two halves; a village is the
 * cell at their border, taken out of the eastern one; without a village the block is three
 * strips, or two in ten of the blocks. Residents live evenly over each small area.
 *
 *      w w w e e e        1 1 2 2 3 3
 *      w w w V e e        1 1 2 2 3 3
 *      w w w e e e        1 1 2 2 3 3
 */
static void divide_block(sample_land *land, int *n_areas, int *n_halved, int column, int row)
{
    int settlement = settlement_of_block(column, row);
    bool is_town = settlement != SAMPLE_NONE && sample_settlements[settlement].is_town;
    bool is_village = settlement != SAMPLE_NONE && !is_town;
    bool is_halved =
        !is_town && !is_village && (column * 5 + row * 3) % 3 != 1 && *n_halved < 10;
    *n_halved += is_halved;
    int across = is_halved || is_village ? 3 : 2;
    bool is_upright = is_village || (column + row) % 2 != 0;
    int width = is_town ? 1 : is_upright ? across : SAMPLE_BLOCK;
    int height = is_town ? 1 : is_upright ? SAMPLE_BLOCK : across;
    sample_area area = {.beat = beat_of_block(column, row)};
    for (int up = 0; up < SAMPLE_BLOCK; up += height) {
        for (int right = 0; right < SAMPLE_BLOCK; right += width) {
            bool is_inner = up > 0 && up < 5 && right > 0 && right < 5;
            area.settlement = is_town && is_inner ? settlement : SAMPLE_NONE;
            area.column = column * SAMPLE_BLOCK + right, area.row = row * SAMPLE_BLOCK + up;
            area.n_columns = width, area.n_rows = height;
            add_area(land, n_areas, area);
        }
    }
    if (is_village) {
        area.settlement = settlement;
        area.column = column * SAMPLE_BLOCK + 3, area.row = row * SAMPLE_BLOCK + 2;
        area.n_columns = area.n_rows = 1;
        add_area(land, n_areas, area);
    }
}

static void settle(sample_land *land)
{
    sample_random random = {20220402};
    for (int i = 0; i < SAMPLE_AREAS; i++) {
        sample_area *area = &land->areas[i];
        bool is_edge_of_town = area->n_rows == 1 && area->settlement == SAMPLE_NONE;
        int64_t mean = is_edge_of_town                   ? 330
                       : area->settlement == SAMPLE_NONE ? 210
                       : area->settlement == 0           ? 1150
                       : area->settlement == 1           ? 700
                                                         : 760;
        int64_t residents = sample_normal(&random, mean, mean / 9);
        for (int year = 0; year < SAMPLE_YEARS; year++) {
            area->residents[year] = (int)residents;
            area->households[year] = (int)sample_divide(residents * 10, 24);
            residents += sample_divide(residents * sample_between(&random, -4, 21), 1000);
        }
    }
}

void sample_make_land(sample_land *land)
{
    memset(land, 0, sizeof *land);
    push_corners(land);
    int n_areas = 0, n_halved = 0;
    for (int row = 0; row < SAMPLE_BLOCK_ROWS; row++) {
        for (int column = 0; column < SAMPLE_BLOCK_COLUMNS; column++) {
            divide_block(land, &n_areas, &n_halved, column, row);
        }
    }
    if (n_areas != SAMPLE_AREAS) {
        sample_stop("not 200 small areas", "land.c");
    }
    settle(land);
}

/* Strictly left of the way from a to b. */
static bool is_left(sample_point a, sample_point b, sample_point p)
{
    return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) > 0;
}

static bool is_in_cell(const sample_land *land, int column, int row, sample_point p)
{
    sample_point sw = land->corners[row][column], se = land->corners[row][column + 1];
    sample_point nw = land->corners[row + 1][column], ne = land->corners[row + 1][column + 1];
    return is_left(sw, se, p) && is_left(se, ne, p) && is_left(ne, nw, p) && is_left(nw, sw, p);
}

int sample_area_of(const sample_land *land, sample_point point)
{
    /* corners are pushed by less than a cell, so the cell is the nominal one or beside it */
    int64_t column = (point.x + SAMPLE_CELL_M) / SAMPLE_CELL_M - 1;
    int64_t row = (point.y + SAMPLE_CELL_M) / SAMPLE_CELL_M - 1;
    for (int64_t r = row - 1; r <= row + 1; r++) {
        for (int64_t c = column - 1; c <= column + 1; c++) {
            if (c >= 0 && c < SAMPLE_COLUMNS && r >= 0 && r < SAMPLE_ROWS &&
                is_in_cell(land, (int)c, (int)r, point)) {
                return land->area_of[r][c];
            }
        }
    }
    return SAMPLE_NONE;
}

sample_point sample_point_in_area(const sample_land *land, sample_random *random, int area)
{
    const sample_area *a = &land->areas[area];
    int64_t west = a->column * SAMPLE_CELL_M - N_PUSH_M,
            south = a->row * SAMPLE_CELL_M - N_PUSH_M;
    int64_t width = a->n_columns * SAMPLE_CELL_M + 2 * N_PUSH_M;
    int64_t height = a->n_rows * SAMPLE_CELL_M + 2 * N_PUSH_M;
    sample_point p;
    do {
        p.x = west + sample_below(random, width + 1);
        p.y = south + sample_below(random, height + 1);
    } while (sample_area_of(land, p) != area);
    return p;
}

sample_point sample_point_on_land(const sample_land *land, sample_random *random)
{
    sample_point p;
    do {
        p.x = sample_between(random, -N_PUSH_M, SAMPLE_COLUMNS * SAMPLE_CELL_M + N_PUSH_M);
        p.y = sample_between(random, -N_PUSH_M, SAMPLE_ROWS * SAMPLE_CELL_M + N_PUSH_M);
    } while (sample_area_of(land, p) == SAMPLE_NONE);
    return p;
}

sample_point sample_point_in_disc(sample_random *random, sample_point centre, int64_t radius_m)
{
    sample_point p;
    int64_t dx, dy;
    do {
        dx = sample_between(random, -radius_m, radius_m);
        dy = sample_between(random, -radius_m, radius_m);
        p = (sample_point){centre.x + dx, centre.y + dy};
    } while (dx * dx + dy * dy > radius_m * radius_m);
    return p;
}

int64_t sample_distance_m(sample_point a, sample_point b)
{
    return sample_root((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}

int sample_nearest_settlement(sample_point point)
{
    int nearest = 0;
    for (int i = 1; i < SAMPLE_SETTLEMENTS; i++) {
        if (sample_distance_m(point, sample_settlements[i].centre) <
            sample_distance_m(point, sample_settlements[nearest].centre)) {
            nearest = i;
        }
    }
    return nearest;
}
