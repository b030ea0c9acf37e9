/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Six months of the extract and the call log again, in the layout of data.police.uk: month in
 * place of time, the nearest of some 700 map points in place of the place. For the parsers
 * only: the same incidents must not be counted with those of the extract.
 */
#include "county.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES_A_POINT = 9, REACH_M = 20000 };

typedef struct {
    const sample_incident *incident;
    sample_place place; /* the map point */
    bool has_place;
    int number;
} uk_row;

static void add_point(sample_place_list *points, sample_place place)
{
    points->places = sample_grow(points->places, points->n + 1, sizeof *points->places);
    points->places[points->n++] = place;
}

static sample_place_list map_points(const sample_county *county)
{
    sample_place_list points = {0};
    const sample_places *places = &county->places;
    for (size_t i = 0; i < places->addresses.n; i += ADDRESSES_A_POINT) {
        add_point(&points, places->addresses.places[i]);
    }
    for (int town = 0; town < 2; town++) {
        for (size_t i = 0; i < places->centres[town].n; i += 3) {
            add_point(&points, places->centres[town].places[i]);
        }
    }
    static const char *const labels[] = {"Shopping Area", "Race Track", "Prison",
                                         "Police Station"};
    const sample_point centres[] = {sample_retail.centre, sample_venues[SAMPLE_SKELDER].centre,
                                    sample_prison.centre, sample_station.centre};
    for (size_t i = 0; i < 4; i++) {
        sample_place place = sample_place_at(&county->land, centres[i]);
        snprintf(place.street, sizeof place.street, "%s", labels[i]);
        add_point(&points, place);
    }
    return points;
}

static uk_row snap(const sample_place_list *points, const sample_incident *incident, int number)
{
    uk_row row = {.incident = incident, .number = number};
    sample_point stated;
    if (!sample_stated_point(incident, &stated)) {
        return row;
    }
    stated.x -= SAMPLE_ORIGIN_EASTING, stated.y -= SAMPLE_ORIGIN_NORTHING;
    int64_t best_m = REACH_M;
    for (size_t i = 0; i < points->n; i++) {
        int64_t away_m = sample_distance_m(points->places[i].point, stated);
        if (away_m < best_m) {
            best_m = away_m;
            row.place = points->places[i];
            row.has_place = true;
        }
    }
    return row;
}

/* As published: by small area, then kind, rows without a place first. */
static int as_published(const void *a, const void *b)
{
    const uk_row *x = a, *y = b;
    int area_x = x->has_place ? x->place.area : -1, area_y = y->has_place ? y->place.area : -1;
    int by_kind = strcmp(sample_kinds[x->incident->kind].street_level,
                         sample_kinds[y->incident->kind].street_level);
    if (area_x != area_y) {
        return area_x < area_y ? -1 : 1;
    }
    if (by_kind == 0 && x->has_place) {
        /* equal rows side by side */
        int64_t away = x->place.point.x != y->place.point.x
                           ? x->place.point.x - y->place.point.x
                           : x->place.point.y - y->place.point.y;
        by_kind = away < 0 ? -1 : away > 0;
    }
    return by_kind != 0 ? by_kind : x->number < y->number ? -1 : x->number > y->number;
}

static void add_uk_line(sample_text *text, const uk_row *row, const char *month)
{
    const sample_kind kind = row->incident->kind;
    bool is_crime = kind < SAMPLE_POLICE_KINDS;
    sample_random random = {(uint64_t)row->number};
    for (int i = 0; i < 4 && is_crime; i++) {
        sample_add(text, "%016llx", (unsigned long long)sample_bits(&random));
    }
    sample_add(text, ",%s,Wrenshire Police,Wrenshire Police,", month);
    if (row->has_place) {
        int64_t lon, lat;
        sample_micro_degrees(row->place.point, &lon, &lat);
        sample_add(text, "-%d.%06d,%d.%06d,", (int)(-lon / 1000000), (int)(-lon % 1000000),
                   (int)(lat / 1000000), (int)(lat % 1000000));
        const char *comma = strchr(row->place.street, ',');
        sample_add(text, "On or near %.*s,E0199%04d,Wrenshire %03d%c,",
                   (int)(comma == NULL ? strlen(row->place.street)
                                       : (size_t)(comma - row->place.street)),
                   row->place.street, row->place.area + 1, row->place.area / 5 + 1,
                   'A' + row->place.area % 5);
    } else {
        sample_add(text, ",,No Location,,,");
    }
    static const char *const outcomes[] = {"Investigation complete; no suspect identified",
                                           "Unable to prosecute suspect", "Under investigation",
                                           "Local resolution"};
    sample_add(text, "%s,%s,\n", sample_kinds[kind].street_level,
               is_crime ? outcomes[row->number % 4] : "");
}

static size_t add_month(uk_row *rows, size_t n, const sample_table *table,
                        const sample_place_list *points, int year, int month)
{
    for (size_t i = 0; i < table->n; i++) {
        sample_date date = sample_date_of(sample_day_of(table->rows[i].from));
        if (date.year == year && date.month == month && sample_is_in_first(&table->rows[i])) {
            rows[n] = snap(points, &table->rows[i], (int)i + 1);
            n++;
        }
    }
    return n;
}

/* Rows that another row of the month repeats byte for byte: separate incidents all the same. */
static int count_equal(const uk_row *rows, size_t n)
{
    int n_equal = 0;
    for (size_t i = 1; i < n; i++) {
        const uk_row *x = &rows[i - 1], *y = &rows[i];
        bool is_asb = x->incident->kind >= SAMPLE_POLICE_KINDS &&
                      y->incident->kind >= SAMPLE_POLICE_KINDS;
        n_equal += is_asb && x->has_place == y->has_place &&
                   (!x->has_place || (x->place.point.x == y->place.point.x &&
                                      x->place.point.y == y->place.point.y));
    }
    return n_equal;
}

void sample_write_police_uk(sample_county *county, const char *folder)
{
    sample_place_list points = map_points(county);
    uk_row *rows = sample_grow(NULL, county->police.n + county->calls.n, sizeof *rows);
    for (int k = 0; k < SAMPLE_MONTHS_UK; k++) {
        int year = k < 3 ? 2024 : 2025, month = k < 3 ? 10 + k : k - 2;
        size_t n = add_month(rows, 0, &county->police, &points, year, month);
        n = add_month(rows, n, &county->calls, &points, year, month);
        qsort(rows, n, sizeof *rows, as_published);
        county->n_uk_equal += count_equal(rows, n);
        sample_text text = {0};
        char name[16], path[64];
        snprintf(name, sizeof name, "%04d-%02d", year % 10000, month % 100);
        snprintf(path, sizeof path, "police-uk/%s/%s-wrenshire-street.csv", name, name);
        sample_add(&text, "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,"
                          "LSOA code,LSOA name,Crime type,Last outcome category,Context\n");
        for (size_t i = 0; i < n; i++) {
            add_uk_line(&text, &rows[i], name);
            county->n_uk_without_place += !rows[i].has_place;
        }
        sample_write_rows(county, &text, folder, path, (int)n);
    }
    free(rows);
    free(points.places);
}
