/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sheet of a workbook as a table: which row is the header, cells into fields, and the things
 * that are wrong only in sheets: merged cells, errors of formulas, dates that are numbers. The
 * rest is as with delimited text.
 */
#include "ingest_rows.h"
#include "ingest_xlsx.h"

#include <math.h>
#include <string.h>

enum { HEADER_ROWS = 20, SAMPLE_ROWS = 1000, VALUE_BYTES = 64 };

typedef struct table {
    const kerb_ingest__book *book;
    size_t i_sheet;
    const char *name; /* BOOK/SHEET, for messages */
    char **headers;
    size_t n_headers;
    int64_t header_row;
    kerb_ingest__layout layout;
    kerb_ingest__mapping *builtin;
    kerb_ingest__field *fields;           /* n_headers */
    char values[KERB_ROLES][VALUE_BYTES]; /* of dates and times, written anew */
    uint64_t n_hidden;
} table;

static void clear_headers(table *t)
{
    for (size_t i = 0; i < t->n_headers; i++) {
        kerb_free(t->headers[i]);
    }
    kerb_free(t->headers);
    t->headers = NULL;
    t->n_headers = 0;
}

/* ------------------------------------------------------------------------ header */

static kerb_status copy_headers(kerb_ctx *ctx, const kerb_ingest__sheet_row *row, table *t)
{
    clear_headers(t);
    t->header_row = row->number;
    t->headers = kerb_calloc_array(row->n + 1, sizeof *t->headers);
    for (size_t i = 0; i < row->n && t->headers != NULL; i++) {
        kerb_ingest__field name = kerb_ingest__field_trim(
            (kerb_ingest__field){row->cells[i].text, row->cells[i].length});
        t->headers[i] = kerb_text_copy_n(name.text, name.length);
        if (t->headers[i] == NULL) {
            return kerb_fail_nomem(ctx, "a header");
        }
        for (char *p = t->headers[i]; *p != '\0'; p++) {
            *p = *p == '\n' || *p == '\r' ? ' ' : *p; /* names are wrapped in their cells */
        }
        t->n_headers++;
    }
    return t->headers != NULL ? KERB_OK : kerb_fail_nomem(ctx, "a header");
}

/* Merged cells that touch the header, or hide values of columns that are read. */
static kerb_status check_merges(kerb_ctx *ctx, const table *t, const kerb_ingest__sheet *sheet)
{
    size_t n = 0;
    const kerb_ingest__merge *merges = kerb_ingest__sheet_merges(sheet, &n);
    for (size_t i = 0; i < n; i++) {
        const kerb_ingest__merge *m = &merges[i];
        char place[40], shown[4 * 60 + 8];
        kerb_ingest__merge_write(m, place);
        if (m->first_row <= t->header_row && m->last_row >= t->header_row &&
            m->first_column < t->n_headers) {
            return kerb_fail(
                ctx, KERB_ERR_FORMAT,
                "header cell %s is merged, so the columns under it have no names of "
                "their own: unmerge it and name each column in row %lld",
                place, (long long)t->header_row);
        }
        for (size_t role = 0; role < KERB_ROLES; role++) {
            int column = t->layout.column[role];
            if (m->first_row > t->header_row && m->last_row > m->first_row && column >= 0 &&
                (size_t)column >= m->first_column && (size_t)column <= m->last_column) {
                kerb_text_visible(t->headers[column], strlen(t->headers[column]), 60, shown);
                return kerb_fail(
                    ctx, KERB_ERR_FORMAT,
                    "cells %s are merged in the column '%s', so that only the first "
                    "row has their value: unmerge them and fill each row",
                    place, shown);
            }
        }
    }
    return KERB_OK;
}

static kerb_status try_header(kerb_ctx *ctx, const kerb_ingest_options *options,
                              const kerb_ingest__mapping *mapping, table *t)
{
    kerb_ingest__mapping_free(t->builtin);
    t->builtin = NULL;
    return kerb_ingest__table_layout(ctx, options, mapping, (const char *const *)t->headers,
                                     t->n_headers, &t->builtin, &t->layout);
}

/* No row is a header: why, by the one with most names. Merged cells are the usual reason. */
static kerb_status explain(kerb_ctx *ctx, const kerb_ingest_options *options,
                           const kerb_ingest__mapping *mapping, table *t, table *widest,
                           kerb_ingest__sheet *sheet)
{
    kerb_ingest__sheet_row row;
    bool found = true;
    kerb_status status = KERB_OK;
    clear_headers(t);
    t->headers = widest->headers;
    t->n_headers = widest->n_headers;
    t->header_row = widest->header_row;
    widest->headers = NULL;
    widest->n_headers = 0;
    while (status == KERB_OK && found) {
        status = kerb_ingest__sheet_next(ctx, sheet, &row, &found);
    }
    for (size_t role = 0; role < KERB_ROLES; role++) {
        t->layout.column[role] = -1;
    }
    if (status == KERB_OK) {
        status = check_merges(ctx, t, sheet);
    }
    return status == KERB_OK ? try_header(ctx, options, mapping, t) : status;
}

/* The first of the first rows whose names say which columns are what: reports have a title
 * above their table. */
static kerb_status find_header(kerb_ctx *ctx, const kerb_ingest_options *options,
                               const kerb_ingest__mapping *mapping, table *t)
{
    kerb_ingest__sheet *sheet = NULL;
    kerb_ingest__sheet_row row;
    table widest = {0};
    bool found = true, is_done = false;
    int64_t skipped =
        mapping != NULL ? kerb_ingest__mapping_text_options(mapping)->skip_rows : 0;
    kerb_status status = kerb_ingest__sheet_open(ctx, t->book, t->i_sheet, t->name, &sheet);
    for (int n = 0; status == KERB_OK && n < HEADER_ROWS && !is_done; n++) {
        status = kerb_ingest__sheet_next(ctx, sheet, &row, &found);
        if (status != KERB_OK || !found) {
            break;
        }
        if (row.number <= skipped || row.is_too_long) {
            continue;
        }
        status = copy_headers(ctx, &row, t);
        if (status == KERB_OK) {
            status = try_header(ctx, options, mapping, t);
            is_done = status == KERB_OK;
        }
        if (status == KERB_ERR_NOT_FOUND) {
            status = row.n > widest.n_headers ? copy_headers(ctx, &row, &widest) : KERB_OK;
        }
    }
    if (status == KERB_OK && !is_done) {
        status = widest.headers != NULL ? explain(ctx, options, mapping, t, &widest, sheet)
                                        : kerb_fail(ctx, KERB_ERR_EMPTY, "the sheet is empty");
    }
    clear_headers(&widest);
    kerb_ingest__sheet_close(sheet);
    return status;
}

/* -------------------------------------------------------------------------- rows */

static bool is_date_role(size_t role)
{
    return role == KERB_ROLE_DATE || role == KERB_ROLE_DATE_TO || role == KERB_ROLE_RECORDED;
}

static bool is_time_role(size_t role)
{
    return role == KERB_ROLE_TIME || role == KERB_ROLE_TIME_TO ||
           role == KERB_ROLE_RECORDED_TIME;
}

/* A place or a weight is a number, also in a cell that somebody gave the format of a date. */
static bool is_number_role(size_t role)
{
    return role == KERB_ROLE_WEIGHT || role == KERB_ROLE_EASTING_COARSE ||
           role == KERB_ROLE_NORTHING_COARSE ||
           (role >= KERB_ROLE_X && role <= KERB_ROLE_LATITUDE);
}

/* A number under a date or a time: what it is there, whatever its format. */
static bool write_moment(const table *t, size_t role, const kerb_ingest__cell *cell, char *text)
{
    bool is_1904 = kerb_ingest__book_is_1904(t->book),
         is_plain = cell->format.kind == KERB_CELL_NUMBER;
    kerb_ingest__number_format format = cell->format;
    double value = cell->value;
    if (is_date_role(role)) {
        if (!is_plain || !kerb_ingest__is_plausible_serial(value, is_1904)) {
            return false;
        }
        format.kind = KERB_CELL_DATE; /* and its time, when it has one */
    } else {
        if (is_plain && !(value >= 0.0 && value < 1.0)) {
            return false; /* 815, as text */
        }
        value -= floor(value);
        format.kind = KERB_CELL_TIME;
    }
    kerb_ingest__number_format_write(format, is_1904, value, "", text);
    return true;
}

/* The cells of a row as its fields; the column of one that cannot be read, else -1. */
static int fill_fields(table *t, const kerb_ingest__sheet_row *row)
{
    int wrong = -1;
    for (size_t i = 0; i < t->n_headers; i++) {
        bool is_there = i < row->n;
        t->fields[i] = is_there ? (kerb_ingest__field){row->cells[i].text, row->cells[i].length}
                                : (kerb_ingest__field){"", 0};
    }
    for (size_t role = 0; role < KERB_ROLES; role++) {
        int column = t->layout.column[role];
        if (column < 0 || (size_t)column >= row->n) {
            continue;
        }
        const kerb_ingest__cell *cell = &row->cells[column];
        if (cell->kind == KERB_CELL_ERROR) {
            wrong = wrong < 0 ? column : wrong;
        } else if (cell->kind == KERB_CELL_VALUE && cell->format.kind != KERB_CELL_NUMBER &&
                   is_number_role(role)) {
            size_t length = kerb_format_double(cell->value, t->values[role]);
            t->fields[column] = (kerb_ingest__field){t->values[role], length};
        } else if (cell->kind == KERB_CELL_VALUE &&
                   (is_date_role(role) || is_time_role(role)) &&
                   write_moment(t, role, cell, t->values[role])) {
            t->fields[column] = (kerb_ingest__field){t->values[role], strlen(t->values[role])};
        }
    }
    for (size_t i = 0; i < t->layout.n_joined; i++) {
        size_t column = (size_t)t->layout.joined[i];
        if (column < row->n && row->cells[column].kind == KERB_CELL_ERROR && wrong < 0) {
            wrong = (int)column;
        }
    }
    return wrong;
}

typedef enum pass { PASS_SAMPLE, PASS_SCAN, PASS_LOAD } pass;

static kerb_status take_row(kerb_ctx *ctx, kerb_ingest__loader *loader, table *t, pass what,
                            const kerb_ingest__sheet_row *cells, bool *is_settled)
{
    kerb_ingest__row row = {.fields = t->fields,
                            .n_fields = t->n_headers,
                            .line = cells->number,
                            .byte_offset = -1,
                            .byte_length = -1};
    if (cells->is_too_long) {
        row.fields = NULL;
        row.n_fields = 0;
        return what == PASS_LOAD
                   ? kerb_ingest__loader_reject(ctx, loader, &row, "field_too_long")
                   : KERB_OK;
    }
    int wrong = fill_fields(t, cells);
    if (wrong >= 0) {
        return what == PASS_LOAD
                   ? kerb_ingest__loader_reject_field(ctx, loader, &row, "error_cell", wrong)
                   : KERB_OK;
    }
    switch (what) {
    case PASS_SAMPLE:
        return kerb_ingest__loader_sample(ctx, loader, &row, NULL);
    case PASS_SCAN:
        return kerb_ingest__loader_scan(ctx, loader, &row, is_settled);
    case PASS_LOAD:
        t->n_hidden += cells->is_hidden;
        return kerb_ingest__loader_add(ctx, loader, &row, NULL);
    }
    return KERB_OK;
}

static kerb_status each_row(kerb_ctx *ctx, kerb_ingest__loader *loader, table *t, pass what)
{
    kerb_ingest__sheet *sheet = NULL;
    kerb_ingest__sheet_row row;
    bool found = false, is_settled = false;
    kerb_status status = kerb_ingest__sheet_open(ctx, t->book, t->i_sheet, t->name, &sheet);
    for (uint64_t n = 0; status == KERB_OK && !is_settled;) {
        status = kerb_ingest__sheet_next(ctx, sheet, &row, &found);
        if (status != KERB_OK || !found || (what == PASS_SAMPLE && n == SAMPLE_ROWS)) {
            break;
        }
        if (row.number > t->header_row) {
            n++;
            status = take_row(ctx, loader, t, what, &row, &is_settled);
        }
    }
    if (status == KERB_OK && what == PASS_LOAD) {
        status = check_merges(ctx, t, sheet);
    }
    kerb_ingest__sheet_close(sheet);
    return status;
}

/* -------------------------------------------------------------------------- sheet */

static kerb_status load_table(kerb_ctx *ctx, kerb_ingest__loader *loader, table *t,
                              const kerb_ingest__item *item, kerb_ingest_file *entry)
{
    t->layout.has_typed_cells = true;
    bool is_named = strcmp(t->layout.format, "delimited") == 0;
    entry->format = kerb_text_copy(is_named ? "xlsx" : t->layout.format);
    t->fields = kerb_calloc_array(t->n_headers + 1, sizeof *t->fields);
    if (entry->format == NULL || t->fields == NULL) {
        return kerb_fail_nomem(ctx, "a sheet");
    }
    kerb_status status = kerb_ingest__loader_begin_file(ctx, loader, entry, &t->layout,
                                                        (const char *const *)t->headers,
                                                        t->n_headers, NULL, item->month);
    if (status == KERB_OK) {
        status = each_row(ctx, loader, t, PASS_SAMPLE);
    }
    if (status == KERB_OK && kerb_ingest__loader_needs_scan(loader)) {
        kerb_ingest__loader_begin_scan(loader);
        status = each_row(ctx, loader, t, PASS_SCAN);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__loader_open_file(ctx, loader);
    }
    if (status == KERB_OK) {
        status = each_row(ctx, loader, t, PASS_LOAD);
    }
    return status == KERB_OK ? kerb_ingest__loader_end_file(ctx, loader) : status;
}

/* "crimes" of "in/crimes.xlsx": a sheet's own name says nothing of who recorded. */
static char *make_source(const kerb_ingest__item *item)
{
    const char *name = item->member != NULL ? item->member : item->name;
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    return kerb_text_copy_n(base,
                            dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base));
}

kerb_status kerb_ingest__sheet_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest_options *options,
                                    const kerb_ingest__mapping *mapping,
                                    const kerb_ingest__book *book, size_t i_sheet,
                                    const kerb_ingest__item *item, kerb_ingest_file *entry)
{
    kerb_text name = {0};
    char *source = make_source(item);
    table *t = kerb_calloc_array(1, sizeof *t);
    kerb_text_add_format(&name, "%s/%s", entry->name, entry->member);
    kerb_status status =
        source != NULL && t != NULL && !name.failed ? KERB_OK : kerb_fail_nomem(ctx, "a sheet");
    if (status == KERB_OK) {
        t->book = book;
        t->i_sheet = i_sheet;
        t->name = name.data;
        status = find_header(ctx, options, mapping, t);
    }
    if (status == KERB_OK) {
        t->layout.source = t->layout.source != NULL ? t->layout.source : source;
        status = load_table(ctx, loader, t, item, entry);
    }
    if (status == KERB_OK && t->n_hidden > 0) {
        kerb_log(
            ctx, KERB_LOG_WARNING,
            "%s: %llu rows are hidden in the sheet (a filter?) and were read like the others",
            t->name, (unsigned long long)t->n_hidden);
    }
    if (t != NULL) {
        clear_headers(t);
        kerb_ingest__mapping_free(t->builtin);
        kerb_free(t->fields);
    }
    kerb_free(t);
    kerb_free(source);
    kerb_text_clear(&name);
    return status;
}
