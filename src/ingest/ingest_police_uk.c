/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * data.police.uk street-level files: the 12 columns of today and the 2010-12 ones with easting
 * and northing, told by their names, in any order. Month is all the time there is; the
 * coordinates are snap points; anti-social behaviour has no Crime ID, so equal rows are
 * separate incidents. Source: data.police.uk/about, and the files themselves
 * (docs/data-sources/police-uk.md).
 */
#include "ingest_internal.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

bool kerb_ingest__police_recognise(const char *const *headers, size_t n_headers,
                                   kerb_ingest__layout *out)
{
    static const struct {
        kerb_ingest__role role;
        const char *name;
        bool is_needed;
    } columns[] = {
        {KERB_ROLE_REFERENCE, "Crime ID", false},  {KERB_ROLE_DATE, "Month", true},
        {KERB_ROLE_SOURCE, "Reported by", true},   {KERB_ROLE_CATEGORY, "Crime type", true},
        {KERB_ROLE_LABEL, "Location", true},       {KERB_ROLE_AREA_CODE, "LSOA code", false},
        {KERB_ROLE_AREA_NAME, "LSOA name", false}, {KERB_ROLE_LONGITUDE, "Longitude", false},
        {KERB_ROLE_LATITUDE, "Latitude", false},   {KERB_ROLE_EASTING, "Easting", false},
        {KERB_ROLE_NORTHING, "Northing", false},
    };
    kerb_ingest__layout layout = {.format = "police-uk", .is_police = true};
    for (size_t i = 0; i < KERB_ROLES; i++) {
        layout.column[i] = -1;
    }
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        int column = kerb_ingest__find_column(headers, n_headers, columns[i].name);
        if (column < 0 && columns[i].is_needed) {
            return false;
        }
        layout.column[columns[i].role] = column;
    }
    /* Both layouts have this column, and hardly any other table does. */
    if (kerb_ingest__find_column(headers, n_headers, "Falls within") < 0) {
        return false;
    }
    kerb_ingest__layout_choose_place(&layout);
    if (layout.place != KERB_PLACE_PAIR) {
        return false;
    }
    *out = layout;
    return true;
}

bool kerb_ingest__police_is_searches(const char *name)
{
    return ends_with(name, "-stop-and-search.csv");
}

bool kerb_ingest__police_is_street(const char *name)
{
    return ends_with(name, "-street.csv");
}

const char *kerb_ingest__police_skip_reason(const char *name)
{
    if (ends_with(name, "-outcomes.csv")) {
        return "outcomes file";
    }
    if (kerb_ingest__police_is_searches(name)) {
        return "stop and search file";
    }
    return NULL;
}

const char *kerb_ingest__police_other_kind(const char *const *headers, size_t n_headers)
{
    if (kerb_ingest__find_column(headers, n_headers, "Object of search") >= 0 &&
        kerb_ingest__find_column(headers, n_headers, "Legislation") >= 0) {
        return "stop and search records, which are not incidents";
    }
    if (kerb_ingest__find_column(headers, n_headers, "Crime ID") >= 0 &&
        kerb_ingest__find_column(headers, n_headers, "Outcome type") >= 0) {
        return "outcomes, of which one crime has several";
    }
    return NULL;
}

int kerb_ingest__month_parse(const char *text, size_t length)
{
    for (size_t i = 0; i < 7; i++) {
        if (i >= length || (i == 4 ? text[i] != '-' : text[i] < '0' || text[i] > '9')) {
            return -1;
        }
    }
    int year = 0;
    for (size_t i = 0; i < 4; i++) {
        year = 10 * year + (text[i] - '0');
    }
    int month = 10 * (text[5] - '0') + (text[6] - '0');
    return year >= 1900 && month >= 1 && month <= 12 ? year * 12 + month - 1 : -1;
}

int kerb_ingest__month_from_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    size_t n = strlen(base);
    bool ends_there = n == 7 || (n > 7 && (base[7] < '0' || base[7] > '9'));
    return ends_there ? kerb_ingest__month_parse(base, n) : -1;
}
