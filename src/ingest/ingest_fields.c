/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which column is what, by its name. Names are compared by their letters and digits alone, so
 * "Grid Ref: Easting", "grid_ref_easting" and "GridRefEasting" are one; for each role the first
 * name of its list that the file has wins. The lists hold what the files in circulation use.
 */
#include "ingest_internal.h"

#include <string.h>

enum { MAX_NAMES = 44 };

static const char *const names_of[KERB_ROLES][MAX_NAMES] = {
    [KERB_ROLE_REFERENCE] = {"crimeid",
                             "crimereference",
                             "crimereferencenumber",
                             "crimeref",
                             "crimenumber",
                             "crimeno",
                             "incidentnumber",
                             "incidentid",
                             "incidentreference",
                             "incidentref",
                             "incidentno",
                             "collisionindex",
                             "accidentindex",
                             "accidentfieldsreferencenumber",
                             "referencenumber",
                             "referenceno",
                             "reference",
                             "refnumber",
                             "refno",
                             "ref",
                             "eventid",
                             "eventnumber",
                             "recordid",
                             "caseid",
                             "casenumber",
                             "uid",
                             "id"},
    [KERB_ROLE_SOURCE] = {"reportedby", "source", "recordedby", "force", "forcename", "agency"},
    [KERB_ROLE_X] = {"x", "xcoord", "xcoordinate", "coordx", "pointx", "coordinatex", "xm"},
    [KERB_ROLE_Y] = {"y", "ycoord", "ycoordinate", "coordy", "pointy", "coordinatey", "ym"},
    [KERB_ROLE_EASTING] = {"easting", "eastings", "eastingm", "eastingsm", "oseasting",
                           "oseastings", "osgreasting", "bngeasting", "gridrefeasting",
                           "gridreferenceeasting", "locationeastingosgr", "locationeasting",
                           "incidenteasting", "oscreasting", "eastingosgr"},
    [KERB_ROLE_NORTHING] = {"northing", "northings", "northingm", "northingsm", "osnorthing",
                            "osnorthings", "osgrnorthing", "bngnorthing", "gridrefnorthing",
                            "gridreferencenorthing", "locationnorthingosgr", "locationnorthing",
                            "incidentnorthing", "oscrnorthing", "northingosgr"},
    [KERB_ROLE_LONGITUDE] = {"longitude", "lon", "lng", "long", "longitudedeg", "londeg",
                             "longitudewgs84", "locationlongitude", "decimallongitude"},
    [KERB_ROLE_LATITUDE] = {"latitude", "lat", "latitudedeg", "latdeg", "latitudewgs84",
                            "locationlatitude", "decimallatitude"},
    [KERB_ROLE_GRIDREF] = {"gridreference", "gridref", "osgridreference", "osgridref", "osgr",
                           "ngr", "nationalgridreference", "osgbgridref", "osref"},
    [KERB_ROLE_WKT] = {"wkt", "geometry", "geom", "thegeom", "wktgeometry", "point", "geomwkt",
                       "wktgeom"},
    [KERB_ROLE_DATE] = {"datetime",
                        "dateandtime",
                        "dateoftime",
                        "incidentdatetime",
                        "occurreddatetime",
                        "datetimeofcall",
                        "datetimeoccurred",
                        "timestamp",
                        "date",
                        "dateoccurred",
                        "occurreddate",
                        "occurredon",
                        "occurred",
                        "offencedate",
                        "dateofoffence",
                        "incidentdate",
                        "dateofincident",
                        "crimedate",
                        "accidentdate",
                        "collisiondate",
                        "eventdate",
                        "calldate",
                        "dateofcall",
                        "datefrom",
                        "fromdate",
                        "startdate",
                        "datestart",
                        "startdatetime",
                        "committedfrom",
                        "committedfromdate",
                        "earliestdate",
                        "datesingle",
                        "datecommitted",
                        "month",
                        "crimemonth",
                        "yearmonth",
                        "reporteddate",
                        "datereported",
                        "recordeddate",
                        "daterecorded",
                        "createddate",
                        "datecreated"},
    [KERB_ROLE_TIME] = {"time", "time24hr", "time24hour", "timeofday", "timeofcall",
                        "timeoccurred", "occurredtime", "incidenttime", "timeofincident",
                        "offencetime", "accidenttime", "collisiontime", "eventtime", "calltime",
                        "timefrom", "fromtime", "starttime", "timestart", "committedfromtime"},
    [KERB_ROLE_DATE_TO] = {NULL}, /* in pairs: ingest_windows.c */
    [KERB_ROLE_TIME_TO] = {NULL},
    /* not "created": that is mostly when somebody edited the file */
    [KERB_ROLE_RECORDED] = {"recordedat", "recordedon", "recordeddatetime", "datetimerecorded",
                            "recordeddate", "daterecorded", "crimerecordeddate",
                            "reporteddatetime", "datetimereported", "reportedat", "reportedon",
                            "reporteddate", "datereported", "dateofreport", "reportdate"},
    [KERB_ROLE_RECORDED_TIME] = {"recordedtime", "timerecorded", "reportedtime",
                                 "timereported"},
    [KERB_ROLE_CATEGORY] =
        {"crimetype",       "category",      "crimecategory",     "offence",
         "offense",         "offencetype",   "offensetype",       "offencedescription",
         "offencecategory", "offencegroup",  "incidentcategory",  "incidenttype",
         "typeofincident",  "incidentgroup", "eventtype",         "eventcategory",
         "crime",           "crimegroup",    "asbtype",           "subcategory",
         "classification",  "type",          "collisionseverity", "accidentseverity",
         "casualtyseverity"},
    [KERB_ROLE_LABEL] = {"location", "locationname", "street", "streetname", "road", "roadname",
                         "label", "place", "placename"},
    [KERB_ROLE_AREA_CODE] = {"lsoacode", "lsoa21cd", "lsoa11cd", "lsoa21code", "lsoa11code",
                             "lsoaofaccidentlocation", "lsoaofcollisionlocation", "lsoa",
                             "areacode", "beatcode", "beat", "wardcode"},
    [KERB_ROLE_AREA_NAME] = {"lsoaname", "lsoa21nm", "lsoa11nm", "lsoa21name", "lsoa11name",
                             "areaname", "beatname", "wardname"},
    [KERB_ROLE_WEIGHT] = {NULL}, /* only when named: a column "weight" may weigh anything */
    [KERB_ROLE_DAY] = {"day", "dayofmonth"},
    [KERB_ROLE_MONTH] = {"month", "monthname"},
    [KERB_ROLE_YEAR] = {"year", "calyear"},
    [KERB_ROLE_EASTING_COARSE] = {NULL}, /* how coarse only a mapping can say */
    [KERB_ROLE_NORTHING_COARSE] = {NULL},
};

void kerb_ingest__header_key(const char *text, size_t length, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < length && n < 63; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c + 32);
        }
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            out[n++] = c;
        }
    }
    out[n] = '\0';
}

int kerb_ingest__find_column(const char *const *headers, size_t n_headers, const char *name)
{
    char wanted[64], key[64];
    for (size_t i = 0; i < n_headers; i++) {
        if (strcmp(headers[i], name) == 0) {
            return (int)i;
        }
    }
    kerb_ingest__header_key(name, strlen(name), wanted);
    for (size_t i = 0; i < n_headers && wanted[0] != '\0'; i++) {
        kerb_ingest__header_key(headers[i], strlen(headers[i]), key);
        if (strcmp(key, wanted) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int find_role(const char *const *headers, size_t n_headers, kerb_ingest__role role)
{
    char key[64];
    for (size_t i_name = 0; i_name < MAX_NAMES && names_of[role][i_name] != NULL; i_name++) {
        for (size_t i = 0; i < n_headers; i++) {
            kerb_ingest__header_key(headers[i], strlen(headers[i]), key);
            if (strcmp(key, names_of[role][i_name]) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* Which role the name of a column has among these; KERB_ROLES when none. */
static kerb_ingest__role role_of_name(const char *name, const kerb_ingest__role *roles,
                                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (find_role(&name, 1, roles[i]) == 0) {
            return roles[i];
        }
    }
    return KERB_ROLES;
}

char *kerb_ingest__list_columns(const char *const *headers, size_t n_headers)
{
    kerb_text list = {0};
    char shown[4 * 40 + 8];
    kerb_text_add(&list, n_headers == 0 ? "no columns" : "columns there: ");
    for (size_t i = 0; i < n_headers && i < 40; i++) {
        kerb_text_visible(headers[i], strlen(headers[i]), 40, shown);
        kerb_text_add_format(&list, "%s'%s'", i > 0 ? ", " : "", shown);
    }
    if (n_headers > 40) {
        kerb_text_add_format(&list, " and %zu more", n_headers - 40);
    }
    if (list.failed) {
        kerb_text_clear(&list);
    }
    return list.data;
}

static const struct {
    kerb_ingest__role x, y;
    const char *crs; /* by the custom of the names; NULL: the working CRS */
} pairs[] = {
    {KERB_ROLE_EASTING, KERB_ROLE_NORTHING, "EPSG:27700"},
    {KERB_ROLE_LONGITUDE, KERB_ROLE_LATITUDE, "EPSG:4326"},
    {KERB_ROLE_X, KERB_ROLE_Y, NULL},
};

void kerb_ingest__layout_choose_place(kerb_ingest__layout *layout)
{
    layout->place = KERB_PLACE_NONE;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (layout->column[pairs[i].x] >= 0 && layout->column[pairs[i].y] >= 0) {
            layout->place = KERB_PLACE_PAIR;
            layout->x_role = pairs[i].x;
            layout->y_role = pairs[i].y;
            layout->crs = layout->crs != NULL ? layout->crs : pairs[i].crs;
            layout->guard_degrees = pairs[i].x != KERB_ROLE_LONGITUDE;
            return;
        }
    }
    if (layout->column[KERB_ROLE_GRIDREF] >= 0) {
        layout->place = KERB_PLACE_GRIDREF;
        layout->crs = "EPSG:27700"; /* what a grid reference means, whatever was said */
    } else if (layout->column[KERB_ROLE_WKT] >= 0) {
        layout->place = KERB_PLACE_WKT;
        layout->guard_degrees = true;
    }
}

static kerb_status find_named(kerb_ctx *ctx, const char *const *headers, size_t n_headers,
                              const char *option, const char *name, int *out)
{
    *out = kerb_ingest__find_column(headers, n_headers, name);
    if (*out >= 0) {
        return KERB_OK;
    }
    char shown[4 * 60 + 8];
    kerb_text_visible(name, strlen(name), 60, shown);
    char *list = kerb_ingest__list_columns(headers, n_headers);
    kerb_status status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s: no column '%s'; %s", option,
                                   shown, list != NULL ? list : "");
    kerb_free(list);
    return status;
}

/* A column takes a role by its name in an option; what was found by name to go with the column
 * that had the role belongs to that one. */
static void set_named(kerb_ingest__layout *layout, kerb_ingest__role role, int column)
{
    static const kerb_ingest__role goes_with[][2] = {
        {KERB_ROLE_DATE, KERB_ROLE_DATE_TO},
        {KERB_ROLE_DATE, KERB_ROLE_TIME_TO},
        {KERB_ROLE_DATE_TO, KERB_ROLE_TIME_TO},
        {KERB_ROLE_RECORDED, KERB_ROLE_RECORDED_TIME}};
    bool is_other_date = role == KERB_ROLE_DATE && layout->column[role] != column;
    if (is_other_date && layout->column[KERB_ROLE_TIME_TO] >= 0) {
        layout->column[KERB_ROLE_TIME] = -1; /* they came as a pair, "time from", "time to" */
    }
    for (size_t i = 0; i < sizeof goes_with / sizeof *goes_with; i++) {
        if (role == goes_with[i][0] && layout->column[role] != column) {
            layout->column[goes_with[i][1]] = -1;
        }
    }
    layout->column[role] = column;
    if (role == KERB_ROLE_DATE) {
        layout->column[KERB_ROLE_DAY] = -1;
    }
    if (role == KERB_ROLE_CATEGORY) {
        layout->n_joined = 0;
    }
}

static kerb_status apply_columns(kerb_ctx *ctx, const char *const *headers, size_t n_headers,
                                 const kerb_ingest_options *options,
                                 kerb_ingest__layout *layout)
{
    const struct {
        const char *option, *name;
        kerb_ingest__role role;
    } named[] = {{"--date", options->date_column, KERB_ROLE_DATE},
                 {"--date-to", options->date_to_column, KERB_ROLE_DATE_TO},
                 {"--recorded", options->recorded_column, KERB_ROLE_RECORDED},
                 {"--category-field", options->category_column, KERB_ROLE_CATEGORY},
                 {"--weight-field", options->weight_column, KERB_ROLE_WEIGHT},
                 {"--key", options->key_column, KERB_ROLE_REFERENCE}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        int column = -1;
        if (named[i].name == NULL) {
            continue;
        }
        kerb_status status =
            find_named(ctx, headers, n_headers, named[i].option, named[i].name, &column);
        if (status != KERB_OK) {
            return status;
        }
        set_named(layout, named[i].role, column);
    }
    bool has_date = layout->column[KERB_ROLE_DATE] >= 0 || layout->column[KERB_ROLE_DAY] >= 0;
    if (options->date_to_column != NULL && !has_date) {
        return kerb_fail(ctx, KERB_ERR_ARG, "--date-to needs a date from: name it with --date");
    }
    if (options->recorded_column == NULL &&
        layout->column[KERB_ROLE_RECORDED] == layout->column[KERB_ROLE_DATE]) {
        layout->column[KERB_ROLE_RECORDED] = -1;
    }
    return KERB_OK;
}

/* The names still tell the CRS: --x Longitude is not a working coordinate. Either one is
 * enough, and in either place, because people use --x and --y to exchange wrong columns. */
static kerb_ingest__role role_of_place(const char *x_name, const char *y_name)
{
    static const kerb_ingest__role roles[] = {KERB_ROLE_EASTING, KERB_ROLE_LONGITUDE,
                                              KERB_ROLE_NORTHING, KERB_ROLE_LATITUDE};
    kerb_ingest__role role = role_of_name(x_name, roles, 4);
    return role != KERB_ROLES ? role : role_of_name(y_name, roles, 4);
}

static kerb_status apply_place(kerb_ctx *ctx, const char *const *headers, size_t n_headers,
                               const kerb_ingest_options *options, kerb_ingest__layout *layout)
{
    int x = -1, y = -1;
    if (options->x_column == NULL || options->y_column == NULL) {
        return kerb_fail(ctx, KERB_ERR_ARG, "--x and --y go together");
    }
    kerb_status status = find_named(ctx, headers, n_headers, "--x", options->x_column, &x);
    if (status == KERB_OK) {
        status = find_named(ctx, headers, n_headers, "--y", options->y_column, &y);
    }
    if (status != KERB_OK) {
        return status;
    }
    kerb_ingest__role role = role_of_place(headers[x], headers[y]);
    bool is_degrees = role == KERB_ROLE_LONGITUDE || role == KERB_ROLE_LATITUDE;
    bool is_grid = role == KERB_ROLE_EASTING || role == KERB_ROLE_NORTHING;
    for (size_t i = KERB_ROLE_X; i <= KERB_ROLE_WKT; i++) {
        layout->column[i] = -1;
    }
    layout->column[is_degrees ? KERB_ROLE_LONGITUDE
                   : is_grid  ? KERB_ROLE_EASTING
                              : KERB_ROLE_X] = x;
    layout->column[is_degrees ? KERB_ROLE_LATITUDE
                   : is_grid  ? KERB_ROLE_NORTHING
                              : KERB_ROLE_Y] = y;
    layout->coarse_m = 0.0;
    layout->crs = layout->mapping != NULL ? layout->crs : NULL;
    kerb_ingest__layout_choose_place(layout);
    return KERB_OK;
}

kerb_status kerb_ingest__layout_apply_options(kerb_ctx *ctx, const char *const *headers,
                                              size_t n_headers,
                                              const kerb_ingest_options *options,
                                              kerb_ingest__layout *layout)
{
    kerb_status status = apply_columns(ctx, headers, n_headers, options, layout);
    if (status == KERB_OK && (options->x_column != NULL || options->y_column != NULL)) {
        status = apply_place(ctx, headers, n_headers, options, layout);
    }
    return status;
}

kerb_status kerb_ingest__layout_check_names(kerb_ctx *ctx, const char *const *headers,
                                            size_t n_headers, const kerb_ingest__layout *layout)
{
    bool is_pair = layout->place == KERB_PLACE_PAIR;
    const kerb_ingest__role roles[] = {
        is_pair ? layout->x_role : KERB_ROLE_DATE,
        is_pair ? layout->y_role : KERB_ROLE_DATE,
        layout->place == KERB_PLACE_GRIDREF ? KERB_ROLE_GRIDREF : KERB_ROLE_DATE,
        layout->place == KERB_PLACE_WKT ? KERB_ROLE_WKT : KERB_ROLE_DATE,
        KERB_ROLE_DATE,
        KERB_ROLE_DATE_TO,
        KERB_ROLE_RECORDED,
        KERB_ROLE_CATEGORY,
        KERB_ROLE_WEIGHT};
    if (is_pair && layout->column[layout->x_role] == layout->column[layout->y_role]) {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "x and y are the same column: '%s'",
                         headers[layout->column[layout->x_role]]);
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        int column = layout->column[roles[i]];
        for (size_t j = 0; column >= 0 && j < n_headers; j++) {
            if ((int)j != column && strcmp(headers[j], headers[column]) == 0) {
                char shown[4 * 60 + 8];
                kerb_text_visible(headers[j], strlen(headers[j]), 60, shown);
                return kerb_fail(ctx, KERB_ERR_FORMAT,
                                 "columns %d and %zu are both named '%s': rename the one that "
                                 "is not meant",
                                 ((int)j < column ? (int)j : column) + 1,
                                 ((int)j < column ? (size_t)column : j) + 1, shown);
            }
        }
    }
    return KERB_OK;
}

/* A first line with one field filled of several is the title of a spreadsheet. */
static bool looks_like_title(const char *const *headers, size_t n_headers)
{
    size_t n_filled = 0;
    for (size_t i = 0; i < n_headers; i++) {
        n_filled += headers[i][0] != '\0';
    }
    return n_headers > 2 && n_filled == 1;
}

static kerb_status refuse_without_place(kerb_ctx *ctx, const char *const *headers,
                                        size_t n_headers)
{
    char *list = kerb_ingest__list_columns(headers, n_headers);
    kerb_status status =
        kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                  "no columns of coordinates recognised; %s; %s (--format MAPPING.yaml)",
                  list != NULL ? list : "",
                  looks_like_title(headers, n_headers)
                      ? "if that line is a title, leave it out with skip_rows: 1 in a mapping"
                      : "name them with --x and --y or a mapping");
    kerb_free(list);
    return status;
}

kerb_status kerb_ingest__layout_by_names(kerb_ctx *ctx, const char *const *headers,
                                         size_t n_headers, const kerb_ingest_options *options,
                                         bool has_geometry, kerb_ingest__layout *out)
{
    kerb_ingest__layout layout = {.format = "delimited"};
    for (size_t i = 0; i < KERB_ROLES; i++) {
        layout.column[i] = find_role(headers, n_headers, (kerb_ingest__role)i);
    }
    kerb_ingest__layout_choose_window(headers, n_headers, &layout);
    /* Day, Month and Year in three columns: then Month alone is no date. */
    bool has_parts = layout.column[KERB_ROLE_DAY] >= 0 && layout.column[KERB_ROLE_MONTH] >= 0 &&
                     layout.column[KERB_ROLE_YEAR] >= 0;
    if (has_parts && (layout.column[KERB_ROLE_DATE] < 0 ||
                      layout.column[KERB_ROLE_DATE] == layout.column[KERB_ROLE_MONTH])) {
        layout.column[KERB_ROLE_DATE] = -1;
    } else {
        layout.column[KERB_ROLE_DAY] = -1;
    }
    kerb_ingest__layout_choose_place(&layout);
    kerb_status status =
        kerb_ingest__layout_apply_options(ctx, headers, n_headers, options, &layout);
    if (status != KERB_OK) {
        return status;
    }
    if (has_geometry) {
        layout.place = KERB_PLACE_GEOMETRY;
    }
    if (layout.place == KERB_PLACE_NONE) {
        return refuse_without_place(ctx, headers, n_headers);
    }
    *out = layout;
    return KERB_OK;
}
