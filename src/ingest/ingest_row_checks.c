/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row's place and weight. A row is rejected when something written in it cannot be
 * understood; it is loaded without place when nothing is written there.
 */
#include "ingest_rows.h"

#include <math.h>

#define CELL_MIN_M                                                                             \
    100.0 /* a grid reference of a smaller square is as good as a number: street               \
             level is finer than any kernel that is used */

/* Both numbers masked by as many digits: the place is a square, and x, y its centre. */
static bool check_masked(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                         kerb_ingest__role x_role, kerb_ingest__role y_role,
                         kerb_ingest__checked *out)
{
    double x = NAN, y = NAN, width = 0.0, height = 0.0;
    kerb_ingest__field first = kerb_ingest__row_field(loader, row, x_role);
    kerb_ingest__field second = kerb_ingest__row_field(loader, row, y_role);
    if (x_role == KERB_ROLE_LONGITUDE ||
        !kerb_ingest__masked_number_parse(first.text, first.length, &x, &width) ||
        !kerb_ingest__masked_number_parse(second.text, second.length, &y, &height) ||
        width != height) {
        return false;
    }
    out->x = x;
    out->y = y;
    out->cell_m = width;
    return true;
}

static bool check_pair(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                       kerb_ingest__role x_role, kerb_ingest__role y_role,
                       kerb_ingest__checked *out)
{
    const kerb_ingest__role roles[2] = {x_role, y_role};
    double values[2] = {NAN, NAN};
    bool is_whole = true;
    for (size_t i = 0; i < 2; i++) {
        kerb_ingest__field field = kerb_ingest__row_field(loader, row, roles[i]);
        kerb_ingest__number_result result =
            kerb_ingest__number_parse(field.text, field.length, &values[i]);
        if (result == KERB_NUMBER_MISSING ||
            (loader->layout.mapping != NULL && kerb_ingest__field_is_missing(loader, field))) {
            is_whole = false;
        } else if (result == KERB_NUMBER_BAD) {
            if (i == 0 && check_masked(loader, row, x_role, y_role, out)) {
                return true;
            }
            return kerb_ingest__refuse(out, "bad_coordinate", loader->layout.column[roles[i]],
                                       field);
        }
    }
    if (!is_whole) {
        out->no_place = "no_coordinates";
        return true;
    }
    out->x = values[0];
    out->y = values[1];
    return true;
}

/* Marks of "unknown" that are numbers; on a plane without a name any number is a place. */
static void check_sentinels(const kerb_ingest__loader *loader, kerb_ingest__checked *out)
{
    if (out->no_place != NULL || kerb_ingest__coordinates_is_plane(loader->coordinates)) {
        return;
    }
    if (out->x == 0.0 && out->y == 0.0) {
        out->no_place = "zero_coordinates";
    } else if (out->x == -1.0 && out->y == -1.0) {
        out->no_place = "no_coordinates";
    }
    if (out->no_place != NULL) {
        out->x = out->y = NAN;
    }
}

bool kerb_ingest__row_check_place(const kerb_ingest__loader *loader,
                                  const kerb_ingest__row *row, const kerb_point *point,
                                  kerb_ingest__checked *out)
{
    kerb_ingest__field field;
    kerb_point centre;
    double half_width_m = 0.0;
    out->x = out->y = NAN;
    out->cell_m = loader->layout.cell_m;
    switch (loader->layout.place) {
    case KERB_PLACE_NONE:
        out->no_place = "no_coordinates";
        return true;
    case KERB_PLACE_GEOMETRY:
        if (point == NULL || isnan(point->x) || isnan(point->y)) {
            out->no_place = "no_coordinates";
            return true;
        }
        out->x = point->x;
        out->y = point->y;
        break;
    case KERB_PLACE_PAIR:
        if (!check_pair(loader, row, loader->layout.x_role, loader->layout.y_role, out)) {
            return false;
        }
        check_sentinels(loader, out);
        if (out->no_place != NULL && loader->layout.coarse_m > 0.0) {
            out->no_place = NULL;
            out->cell_m = loader->layout.coarse_m;
            if (!check_pair(loader, row, KERB_ROLE_EASTING_COARSE, KERB_ROLE_NORTHING_COARSE,
                            out)) {
                return false;
            }
        }
        break;
    case KERB_PLACE_GRIDREF:
        field = kerb_ingest__row_field(loader, row, KERB_ROLE_GRIDREF);
        if (kerb_ingest__field_is_missing(loader, field)) {
            out->no_place = "no_coordinates";
            return true;
        }
        if (!kerb_gridref_parse(field.text, field.length, &centre, &half_width_m)) {
            return kerb_ingest__refuse(out, "bad_grid_reference",
                                       loader->layout.column[KERB_ROLE_GRIDREF], field);
        }
        out->x = centre.x;
        out->y = centre.y;
        out->cell_m = 2.0 * half_width_m >= CELL_MIN_M ? 2.0 * half_width_m : 0.0;
        return true;
    case KERB_PLACE_WKT:
        field = kerb_ingest__row_field(loader, row, KERB_ROLE_WKT);
        switch (kerb_ingest__wkt_point_parse(field.text, field.length, &out->x, &out->y)) {
        case KERB_NUMBER_MISSING:
            out->no_place = "no_coordinates";
            return true;
        case KERB_NUMBER_BAD:
            return kerb_ingest__refuse(out, "bad_coordinate",
                                       loader->layout.column[KERB_ROLE_WKT], field);
        case KERB_NUMBER_OK:
            break;
        }
        break;
    }
    check_sentinels(loader, out);
    return true;
}

bool kerb_ingest__row_check_weight(const kerb_ingest__loader *loader,
                                   const kerb_ingest__row *row, kerb_ingest__checked *out)
{
    out->weight = 1.0;
    int column = loader->layout.column[KERB_ROLE_WEIGHT];
    if (column < 0) {
        return true;
    }
    kerb_ingest__field field = kerb_ingest__row_field(loader, row, KERB_ROLE_WEIGHT);
    kerb_ingest__number_result result =
        kerb_ingest__number_parse(field.text, field.length, &out->weight);
    if (result != KERB_NUMBER_OK || out->weight < 0.0) {
        return kerb_ingest__refuse(out, "bad_weight", column, field);
    }
    return true;
}
