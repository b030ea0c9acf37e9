/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_XLSX_H
#define KERB_INGEST_XLSX_H

/*
 * Workbooks (.xlsx, .xlsm): what the files that read them share. Package and parts
 * (ingest_xlsx.c), rows of a sheet (ingest_xlsx_sheet.c), what a number means by its format
 * (ingest_xlsx_cells.c). Source: ECMA-376-1:2016, Office Open XML, part 1, chapters 12 and 18.
 */

#include "ingest_internal.h"

/* ----------------------------------------------------------------------- numbers */

/* What a number format shows. */
typedef enum kerb_ingest__number_kind {
    KERB_CELL_NUMBER,
    KERB_CELL_MONTH,     /* a year and a month, no day: "mmm-yy" */
    KERB_CELL_DATE,      /* a day */
    KERB_CELL_TIME,      /* a time of day */
    KERB_CELL_DATE_TIME, /* both */
} kerb_ingest__number_kind;

typedef struct kerb_ingest__number_format {
    kerb_ingest__number_kind kind;
    bool shows_seconds;
    unsigned n_zeros; /* "00000": this many digits are shown */
} kerb_ingest__number_format;

kerb_ingest__number_format kerb_ingest__number_format_parse(const char *code);
/* Of the numbers that stand for formats without being written out (18.8.30). */
kerb_ingest__number_format kerb_ingest__number_format_builtin(unsigned id);
/* A number as text, as its format shows it: a date as ISO text. `text` holds 64 bytes. A serial
 * number is days since 1899-12-30 (from 1900-03-01 on), or since 1904-01-01. */
void kerb_ingest__number_format_write(kerb_ingest__number_format format, bool is_1904,
                                      double value, const char *raw, char *text);
/* Is a plain number one that a date of 1970 to 2099 has as serial? */
bool kerb_ingest__is_plausible_serial(double value, bool is_1904);

/* ------------------------------------------------------------------------- book */

typedef struct kerb_ingest__book kerb_ingest__book;

/* Open an item as a workbook. KERB_ERR_FORMAT: none, encrypted, damaged. */
kerb_status kerb_ingest__book_open(kerb_ctx *ctx, const kerb_ingest__item *item,
                                   kerb_ingest__book **out);
/* Bytes in memory, borrowed: tests and fuzzing. */
kerb_status kerb_ingest__book_open_memory(kerb_ctx *ctx, const char *data, size_t length,
                                          kerb_ingest__book **out);
void kerb_ingest__book_close(kerb_ingest__book *book);
size_t kerb_ingest__book_count(const kerb_ingest__book *book);
const char *kerb_ingest__book_sheet_name(const kerb_ingest__book *book, size_t i);
bool kerb_ingest__book_sheet_is_hidden(const kerb_ingest__book *book, size_t i);
bool kerb_ingest__book_is_1904(const kerb_ingest__book *book);
/* Bytes of a sheet; KERB_ERR_NOT_FOUND for one without a part (a chart). */
kerb_status kerb_ingest__book_open_sheet(kerb_ctx *ctx, const kerb_ingest__book *book, size_t i,
                                         kerb_ingest__stream **out);
/* A shared text; NULL when there is none of that number. */
const char *kerb_ingest__book_text(const kerb_ingest__book *book, size_t number,
                                   size_t *length);
kerb_ingest__number_format kerb_ingest__book_style(const kerb_ingest__book *book, size_t style);

/* ------------------------------------------------------------------------ sheet */

typedef enum kerb_ingest__cell_kind {
    KERB_CELL_EMPTY,
    KERB_CELL_TEXT,
    KERB_CELL_VALUE, /* a number, written as its format says */
    KERB_CELL_ERROR  /* #REF! and the like; a formula that was never calculated */
} kerb_ingest__cell_kind;

typedef struct kerb_ingest__cell {
    kerb_ingest__cell_kind kind;
    const char *text; /* UTF-8, borrowed until the next row */
    size_t length;
    double value;
    kerb_ingest__number_format format;
} kerb_ingest__cell;

typedef struct kerb_ingest__sheet_row {
    int64_t number; /* from 1 */
    const kerb_ingest__cell *cells;
    size_t n; /* up to the last that is not empty */
    bool is_hidden;
    bool is_too_long; /* a text of more than KERB_INGEST_FIELD_LIMIT, or all of them */
} kerb_ingest__sheet_row;

/* Cells merged into one: columns from 0, rows from 1. */
typedef struct kerb_ingest__merge {
    size_t first_column, last_column;
    int64_t first_row, last_row;
} kerb_ingest__merge;

typedef struct kerb_ingest__sheet kerb_ingest__sheet;
kerb_status kerb_ingest__sheet_open(kerb_ctx *ctx, const kerb_ingest__book *book, size_t i,
                                    const char *name, kerb_ingest__sheet **out);
void kerb_ingest__sheet_close(kerb_ingest__sheet *sheet);
/* The next row that is not empty; *found false at the end. */
kerb_status kerb_ingest__sheet_next(kerb_ctx *ctx, kerb_ingest__sheet *sheet,
                                    kerb_ingest__sheet_row *row, bool *found);
/* The merges of the sheet: told by its end, so after the last row. */
const kerb_ingest__merge *kerb_ingest__sheet_merges(const kerb_ingest__sheet *sheet, size_t *n);
/* "C1:D1" of a merge; `text` holds 40 bytes. */
void kerb_ingest__merge_write(const kerb_ingest__merge *merge, char *text);

#endif
