/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sheet row by row, as it is stored: cells that are there, in order, with their place ("C12")
 * or next to the one before. A formula counts by the value it had when the book was saved.
 * Source: ECMA-376-1:2016, 18.3.1 (worksheets), 22.9.2.19 (_xHHHH_ in texts).
 */
#include "ingest_xlsx.h"
#include "ingest_xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 16384, MERGES_MAX = 1 << 20 };
#define ROWS_MAX INT64_C(1048576)

typedef enum stored_type {
    TYPE_NUMBER,
    TYPE_SHARED,
    TYPE_TEXT, /* of a formula, or inline */
    TYPE_BOOLEAN,
    TYPE_ERROR,
    TYPE_DATE
} stored_type;

struct kerb_ingest__sheet {
    const kerb_ingest__book *book;
    kerb_ingest__xml *xml;
    kerb_text texts; /* of the row */
    kerb_ingest__cell *cells;
    size_t *text_at; /* where a cell's text begins in `texts` */
    size_t n, capacity;
    int64_t row_before, row;
    kerb_ingest__merge *merges;
    size_t n_merges;
    /* the cell being read */
    size_t column, style, value_at;
    stored_type type;
    bool in_data, in_row, in_cell, in_value, in_inline, in_phonetic, has_formula;
    bool is_hidden, is_too_long, is_ready, no_memory;
    const char *problem; /* of the whole sheet */
};

/* "C12": column from 0, row from 1; false when it is none. */
static bool parse_place(const char *text, size_t *column, int64_t *row)
{
    size_t c = 0;
    int64_t r = 0;
    for (; *text >= 'A' && *text <= 'Z' && c <= COLUMNS_MAX; text++) {
        c = c * 26 + (size_t)(*text - 'A' + 1);
    }
    for (; *text >= '0' && *text <= '9' && r <= ROWS_MAX; text++) {
        r = r * 10 + (*text - '0');
    }
    *column = c - 1;
    *row = r;
    return *text == '\0' && c >= 1 && c <= COLUMNS_MAX && r >= 1 && r <= ROWS_MAX;
}

static void write_place(size_t column, int64_t row, char *text, size_t room)
{
    char letters[8];
    size_t n = sizeof letters - 1;
    letters[n] = '\0';
    for (size_t c = column + 1; c > 0 && n > 0; c = (c - 1) / 26) {
        letters[--n] = (char)('A' + (c - 1) % 26);
    }
    snprintf(text, room, "%s%lld", letters + n, (long long)row);
}

void kerb_ingest__merge_write(const kerb_ingest__merge *merge, char *text)
{
    char first[16], last[16];
    write_place(merge->first_column, merge->first_row, first, sizeof first);
    write_place(merge->last_column, merge->last_row, last, sizeof last);
    snprintf(text, 40, "%s:%s", first, last);
}

/* ------------------------------------------------------------------------ cells */

static void begin_row(kerb_ingest__sheet *s, const char *const *attributes)
{
    const char *number = kerb_ingest__xml_attribute(attributes, "r");
    const char *hidden = kerb_ingest__xml_attribute(attributes, "hidden");
    s->row = number != NULL ? strtoll(number, NULL, 10) : s->row_before + 1;
    if (s->row <= s->row_before || s->row > ROWS_MAX) {
        s->problem = "its rows are out of order";
    }
    s->row_before = s->row;
    s->is_hidden = hidden != NULL && (strcmp(hidden, "1") == 0 || strcmp(hidden, "true") == 0);
    s->is_too_long = false;
    s->in_row = true;
    s->n = 0;
    s->texts.length = 0;
}

static stored_type type_of(const char *t)
{
    static const struct {
        const char *name;
        stored_type type;
    } known[] = {{"s", TYPE_SHARED},  {"str", TYPE_TEXT}, {"inlineStr", TYPE_TEXT},
                 {"b", TYPE_BOOLEAN}, {"e", TYPE_ERROR},  {"d", TYPE_DATE}};
    for (size_t i = 0; t != NULL && i < sizeof known / sizeof *known; i++) {
        if (strcmp(t, known[i].name) == 0) {
            return known[i].type;
        }
    }
    return TYPE_NUMBER;
}

static void begin_cell(kerb_ingest__sheet *s, const char *const *attributes)
{
    const char *place = kerb_ingest__xml_attribute(attributes, "r");
    const char *style = kerb_ingest__xml_attribute(attributes, "s");
    int64_t row = s->row;
    s->column = s->n;
    if (place != NULL && (!parse_place(place, &s->column, &row) || row != s->row)) {
        s->problem = "a cell is out of its row";
    } else if (s->column < s->n || s->column >= COLUMNS_MAX) {
        s->problem = "its cells are out of order";
    }
    s->style = style != NULL ? strtoul(style, NULL, 10) : 0;
    s->type = type_of(kerb_ingest__xml_attribute(attributes, "t"));
    s->value_at = s->texts.length;
    s->in_cell = true;
    s->has_formula = false;
}

/* Cells up to this one, those between empty. */
static bool make_room(kerb_ingest__sheet *s, size_t n)
{
    if (n > s->capacity) {
        size_t capacity = n > 64 ? 2 * n : 64;
        kerb_ingest__cell *cells = kerb_realloc_array(s->cells, capacity, sizeof *cells);
        s->cells = cells != NULL ? cells : s->cells;
        size_t *at = kerb_realloc_array(s->text_at, capacity, sizeof *at);
        s->text_at = at != NULL ? at : s->text_at;
        if (cells == NULL || at == NULL) {
            return false;
        }
        s->capacity = capacity;
    }
    for (; s->n < n; s->n++) {
        s->cells[s->n] = (kerb_ingest__cell){.kind = KERB_CELL_EMPTY};
        s->text_at[s->n] = 0;
    }
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* "_x000D_" is the sign of that number: how texts hold what XML cannot. In place. */
static size_t unescape(char *text, size_t n)
{
    size_t out = 0;
    for (size_t i = 0; i < n; i++) {
        int code = 0;
        if (text[i] == '_' && n - i >= 7 && text[i + 1] == 'x' && text[i + 6] == '_') {
            for (size_t j = i + 2; j < i + 6 && code >= 0; j++) {
                int digit = hex_digit(text[j]);
                code = digit < 0 ? -1 : code * 16 + digit;
            }
        }
        if (code > 0 && code < 128) {
            text[out++] = (char)code;
            i += 6;
        } else {
            text[out++] = text[i];
        }
    }
    return out;
}

static void set_number(kerb_ingest__sheet *s, kerb_ingest__cell *cell, const char *raw,
                       size_t n)
{
    char text[64], terminated[64];
    if (n >= sizeof terminated || !kerb_parse_double(raw, n, &cell->value)) {
        cell->kind = KERB_CELL_ERROR; /* no number, though it says so: its text is told */
        return;
    }
    memcpy(terminated, raw, n);
    terminated[n] = '\0';
    cell->kind = KERB_CELL_VALUE;
    cell->format = kerb_ingest__book_style(s->book, s->style);
    kerb_ingest__number_format_write(cell->format, kerb_ingest__book_is_1904(s->book),
                                     cell->value, terminated, text);
    s->texts.length = s->value_at;
    kerb_text_add(&s->texts, text);
    cell->length = s->texts.length - s->value_at;
}

static void set_shared(kerb_ingest__sheet *s, kerb_ingest__cell *cell, const char *raw,
                       size_t n)
{
    int64_t number = -1;
    size_t length = 0;
    const char *text = kerb_parse_int64(raw, n, &number) && number >= 0
                           ? kerb_ingest__book_text(s->book, (size_t)number, &length)
                           : NULL;
    if (text == NULL) {
        s->problem = "a cell points to a text that is not there";
        return;
    }
    s->texts.length = s->value_at;
    if (length > KERB_INGEST_FIELD_LIMIT || s->texts.length + length > KERB_INGEST_ROW_LIMIT) {
        s->is_too_long = true; /* one text that many cells point to is many texts here */
        return;
    }
    kerb_text_add_n(&s->texts, text, length);
    if (!s->texts.failed) {
        cell->length = unescape(s->texts.data + s->value_at, length);
        cell->kind = cell->length > 0 ? KERB_CELL_TEXT : KERB_CELL_EMPTY;
    }
}

static void set_text(kerb_ingest__sheet *s, kerb_ingest__cell *cell)
{
    const char *raw = s->texts.data + s->value_at;
    size_t n = s->texts.length - s->value_at;
    cell->length = n;
    switch (s->type) {
    case TYPE_NUMBER:
        set_number(s, cell, raw, n);
        break;
    case TYPE_SHARED:
        set_shared(s, cell, raw, n);
        break;
    case TYPE_BOOLEAN:
        cell->kind = KERB_CELL_TEXT;
        s->texts.length = s->value_at;
        kerb_text_add(&s->texts, n == 1 && *raw == '1' ? "TRUE" : "FALSE");
        cell->length = s->texts.length - s->value_at;
        break;
    case TYPE_ERROR:
        /* "not available" is what a formula says that found nothing */
        cell->kind = n == 4 && memcmp(raw, "#N/A", 4) == 0 ? KERB_CELL_EMPTY : KERB_CELL_ERROR;
        break;
    case TYPE_TEXT:
        cell->length = unescape(s->texts.data + s->value_at, n);
        cell->kind = cell->length > 0 ? KERB_CELL_TEXT : KERB_CELL_EMPTY;
        break;
    case TYPE_DATE:
        cell->kind = KERB_CELL_TEXT;
        break;
    }
}

static void end_cell(kerb_ingest__sheet *s)
{
    s->in_cell = false;
    if (s->problem != NULL || !make_room(s, s->column + 1)) {
        s->no_memory = s->no_memory || s->problem == NULL;
        return;
    }
    kerb_ingest__cell *cell = &s->cells[s->column];
    s->text_at[s->column] = s->value_at;
    if (s->texts.length > s->value_at) {
        set_text(s, cell);
    } else if (s->has_formula && s->type == TYPE_NUMBER) {
        /* saved by a program that does not calculate */
        kerb_text_add(&s->texts, "a formula that was never calculated");
        cell->kind = KERB_CELL_ERROR;
        cell->length = s->texts.length - s->value_at;
    }
    s->no_memory = s->no_memory || s->texts.failed;
}

static void add_merge(kerb_ingest__sheet *s, const char *reference)
{
    char first[32];
    kerb_ingest__merge merge;
    const char *colon = reference != NULL ? strchr(reference, ':') : NULL;
    if (colon == NULL || (size_t)(colon - reference) >= sizeof first ||
        s->n_merges == MERGES_MAX) {
        return;
    }
    memcpy(first, reference, (size_t)(colon - reference));
    first[colon - reference] = '\0';
    if (!parse_place(first, &merge.first_column, &merge.first_row) ||
        !parse_place(colon + 1, &merge.last_column, &merge.last_row)) {
        return;
    }
    if ((s->n_merges & (s->n_merges - 1)) == 0) {
        size_t capacity = s->n_merges == 0 ? 1 : 2 * s->n_merges;
        kerb_ingest__merge *grown = kerb_realloc_array(s->merges, capacity, sizeof *grown);
        if (grown == NULL) {
            s->no_memory = true;
            return;
        }
        s->merges = grown;
    }
    s->merges[s->n_merges++] = merge;
}

/* ------------------------------------------------------------------------- tags */

static void start_tag(void *user, const char *name, const char *const *attributes)
{
    kerb_ingest__sheet *s = user;
    if (strcmp(name, "sheetData") == 0) {
        s->in_data = true;
    } else if (strcmp(name, "row") == 0 && s->in_data) {
        begin_row(s, attributes);
    } else if (strcmp(name, "c") == 0 && s->in_row) {
        begin_cell(s, attributes);
    } else if (s->in_cell) {
        s->in_inline = s->in_inline || strcmp(name, "is") == 0;
        s->in_phonetic = s->in_phonetic || strcmp(name, "rPh") == 0;
        s->has_formula = s->has_formula || strcmp(name, "f") == 0;
        s->in_value = strcmp(name, "v") == 0 ||
                      (s->in_inline && !s->in_phonetic && strcmp(name, "t") == 0);
    } else if (strcmp(name, "mergeCell") == 0) {
        add_merge(s, kerb_ingest__xml_attribute(attributes, "ref"));
    }
}

static void end_tag(void *user, const char *name)
{
    kerb_ingest__sheet *s = user;
    if (strcmp(name, "c") == 0 && s->in_cell) {
        end_cell(s);
    } else if (strcmp(name, "row") == 0 && s->in_row) {
        s->in_row = false;
        s->is_ready = true;
        kerb_ingest__xml_pause(s->xml);
    } else if (strcmp(name, "sheetData") == 0) {
        s->in_data = false;
    } else if (s->in_cell) {
        s->in_value = false;
        s->in_inline = s->in_inline && strcmp(name, "is") != 0;
        s->in_phonetic = s->in_phonetic && strcmp(name, "rPh") != 0;
    }
}

static void add_text(void *user, const char *text, size_t n)
{
    kerb_ingest__sheet *s = user;
    if (!s->in_value) {
        return;
    }
    if (s->texts.length - s->value_at + n > KERB_INGEST_FIELD_LIMIT ||
        s->texts.length + n > KERB_INGEST_ROW_LIMIT) {
        s->is_too_long = true;
        return;
    }
    kerb_text_add_n(&s->texts, text, n);
}

/* ------------------------------------------------------------------------- sheet */

kerb_status kerb_ingest__sheet_open(kerb_ctx *ctx, const kerb_ingest__book *book, size_t i,
                                    const char *name, kerb_ingest__sheet **out)
{
    static const kerb_ingest__xml_handlers handlers = {
        .start = start_tag, .end = end_tag, .text = add_text};
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__sheet *s = kerb_calloc_array(1, sizeof *s);
    kerb_status status = s != NULL ? kerb_ingest__book_open_sheet(ctx, book, i, &stream)
                                   : kerb_fail_nomem(ctx, "a sheet");
    if (status == KERB_OK) {
        s->book = book;
        status = kerb_ingest__xml_open(ctx, stream, name, &handlers, s, &s->xml);
    }
    if (status != KERB_OK) {
        kerb_ingest__sheet_close(s);
        return status;
    }
    *out = s;
    return KERB_OK;
}

void kerb_ingest__sheet_close(kerb_ingest__sheet *sheet)
{
    if (sheet == NULL) {
        return;
    }
    kerb_ingest__xml_close(sheet->xml);
    kerb_text_clear(&sheet->texts);
    kerb_free(sheet->cells);
    kerb_free(sheet->text_at);
    kerb_free(sheet->merges);
    kerb_free(sheet);
}

/* Texts moved while they grew: cells get theirs at the end of the row. */
static void place_texts(kerb_ingest__sheet *s)
{
    while (s->n > 0 && s->cells[s->n - 1].kind == KERB_CELL_EMPTY) {
        s->n--;
    }
    for (size_t i = 0; i < s->n; i++) {
        bool has_text = s->cells[i].kind != KERB_CELL_EMPTY && s->texts.data != NULL;
        s->cells[i].text = has_text ? s->texts.data + s->text_at[i] : "";
        s->cells[i].length = has_text ? s->cells[i].length : 0;
    }
}

kerb_status kerb_ingest__sheet_next(kerb_ctx *ctx, kerb_ingest__sheet *sheet,
                                    kerb_ingest__sheet_row *row, bool *found)
{
    bool is_ended = false;
    *found = false;
    while (!is_ended) {
        sheet->is_ready = false;
        kerb_status status = kerb_ingest__xml_go(ctx, sheet->xml, &is_ended);
        if (status == KERB_OK && sheet->problem != NULL) {
            status = kerb_fail(ctx, KERB_ERR_FORMAT, "the sheet is damaged, row %lld: %s",
                               (long long)sheet->row, sheet->problem);
        }
        if (status == KERB_OK && sheet->no_memory) {
            status = kerb_fail_nomem(ctx, "a row of a sheet");
        }
        if (status != KERB_OK) {
            return status;
        }
        if (!sheet->is_ready) {
            continue;
        }
        place_texts(sheet);
        if (sheet->n > 0 || sheet->is_too_long) {
            *row = (kerb_ingest__sheet_row){.number = sheet->row,
                                            .cells = sheet->cells,
                                            .n = sheet->n,
                                            .is_hidden = sheet->is_hidden,
                                            .is_too_long = sheet->is_too_long};
            *found = true;
            return KERB_OK;
        }
    }
    return KERB_OK;
}

const kerb_ingest__merge *kerb_ingest__sheet_merges(const kerb_ingest__sheet *sheet, size_t *n)
{
    *n = sheet->n_merges;
    return sheet->merges;
}
