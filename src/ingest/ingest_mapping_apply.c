/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mapping applied: which columns of a file it means, and what its values stand for.
 */
#include "ingest_mapping.h"

#include <string.h>

/* Of the columns of a joined category those that are there. */
static void find_joined(const kerb_ingest__mapping *mapping, const char *const *headers,
                        size_t n_headers, kerb_ingest__layout *layout)
{
    for (size_t i = 0; i < mapping->joined.n; i++) {
        int column = kerb_ingest__find_column(headers, n_headers, mapping->joined.items[i]);
        if (column >= 0) {
            layout->joined[layout->n_joined++] = column;
        }
    }
}

kerb_status kerb_ingest__mapping_layout(kerb_ctx *ctx, const kerb_ingest__mapping *mapping,
                                        const char *const *headers, size_t n_headers,
                                        bool has_geometry, kerb_ingest__layout *out)
{
    kerb_ingest__layout layout = {.format = mapping->format,
                                  .source = mapping->source,
                                  .crs = mapping->crs,
                                  .cell_m = mapping->cell_m,
                                  .record = mapping->record,
                                  .mapping = mapping};
    for (size_t role = 0; role < KERB_ROLES; role++) {
        const kerb_ingest__names *wanted = &mapping->columns[role];
        layout.column[role] = -1;
        for (size_t i = 0; i < wanted->n && layout.column[role] < 0; i++) {
            layout.column[role] =
                kerb_ingest__find_column(headers, n_headers, wanted->items[i]);
        }
        if (wanted->n > 0 && layout.column[role] < 0 && !mapping->is_optional[role]) {
            char *list = kerb_ingest__list_columns(headers, n_headers);
            kerb_status status =
                kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                          "no column '%s' for %s, which the mapping '%s' names%s; %s",
                          wanted->items[0], kerb_ingest__mapping_roles[role], mapping->name,
                          wanted->n > 1 ? " (nor the others)" : "", list != NULL ? list : "");
            kerb_free(list);
            return status;
        }
    }
    if (layout.column[KERB_ROLE_DATE] >= 0) {
        layout.column[KERB_ROLE_DAY] = -1;
    }
    if (layout.column[KERB_ROLE_EASTING_COARSE] >= 0 &&
        layout.column[KERB_ROLE_NORTHING_COARSE] >= 0) {
        layout.coarse_m = mapping->coarse_m;
    }
    find_joined(mapping, headers, n_headers, &layout);
    kerb_ingest__layout_choose_place(&layout);
    if (has_geometry && layout.place == KERB_PLACE_NONE) {
        layout.place = KERB_PLACE_GEOMETRY;
    }
    if (layout.record == KERB_RECORD_CASUALTY && layout.place != KERB_PLACE_NONE) {
        layout.record = KERB_RECORD_CASUALTY_ROW;
    }
    if (layout.place == KERB_PLACE_NONE && layout.record < KERB_RECORD_VEHICLE) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                         "the mapping '%s' names no columns of coordinates", mapping->name);
    }
    layout.guard_degrees = layout.guard_degrees && mapping->crs == NULL;
    *out = layout;
    return KERB_OK;
}

const kerb_ingest__text_options *
kerb_ingest__mapping_text_options(const kerb_ingest__mapping *mapping)
{
    return &mapping->text;
}

/* Number of the first "Beginning*" that a value begins with; 0. */
static uint32_t find_beginning(const kerb_ingest__mapping *mapping, kerb_ingest__field value)
{
    uint32_t n = mapping->has_beginnings ? kerb_strings_count(mapping->from) : 0;
    for (uint32_t i = 1; i <= n; i++) {
        const char *from = kerb_strings_get(mapping->from, i);
        size_t length = kerb_strings_length(mapping->from, i);
        if (from[length - 1] == '*' && value.length >= length - 1 &&
            memcmp(value.text, from, length - 1) == 0) {
            return i;
        }
    }
    return 0;
}

kerb_ingest__field kerb_ingest__mapping_category(const kerb_ingest__mapping *mapping,
                                                 kerb_ingest__field value, bool *keep)
{
    *keep = true;
    if (!mapping->has_categories) {
        return value;
    }
    uint32_t number = kerb_strings_find(mapping->from, value.text, value.length);
    if (number == 0) {
        number = find_beginning(mapping, value);
    }
    if (value.length > 0 && number != 0) {
        return (kerb_ingest__field){mapping->category_of[number],
                                    strlen(mapping->category_of[number])};
    }
    if (mapping->other == KERB_OTHER_NAME) {
        return (kerb_ingest__field){mapping->other_name, strlen(mapping->other_name)};
    }
    *keep = mapping->other == KERB_OTHER_KEEP;
    return value;
}

bool kerb_ingest__mapping_is_missing(const kerb_ingest__mapping *mapping,
                                     kerb_ingest__field value)
{
    return mapping->missing != NULL &&
           kerb_strings_find(mapping->missing, value.text, value.length) != 0;
}

const char *kerb_ingest__mapping_file(const kerb_ingest__mapping *mapping)
{
    return mapping->file;
}

const kerb_ingest__personal *kerb_ingest__mapping_personal(const kerb_ingest__mapping *mapping)
{
    return mapping->personal;
}

const kerb_ingest__kinds *kerb_ingest__mapping_kinds(const kerb_ingest__mapping *mapping)
{
    return mapping->kinds;
}

const char *const *kerb_ingest__mapping_date_formats(const kerb_ingest__mapping *mapping)
{
    return (const char *const *)mapping->date_formats.items;
}

const char *const *kerb_ingest__mapping_time_formats(const kerb_ingest__mapping *mapping)
{
    return (const char *const *)mapping->time_formats.items;
}
