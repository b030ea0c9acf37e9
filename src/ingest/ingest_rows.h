/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_ROWS_H
#define KERB_INGEST_ROWS_H

/*
 * What the files that make a row of a file into a row of the store share: the batch and the
 * loader (ingest_rows.c), the checks of one row (ingest_row_checks.c, ingest_row_times.c) and
 * what becomes of a row that fails one (ingest_rejects.c).
 */

#include "ingest_internal.h"

#include <string.h>

typedef struct kerb_ingest__batch {
    size_t n;
    double *x, *y, *weight;
    double
        *cell_m; /* made by the first coarse place of a file; n_coarse of them in the batch */
    size_t n_coarse;
    kerb_civil_s *start;
    uint8_t *precision;
    kerb_civil_s *end, *recorded; /* made for the first file that has one of the columns */
    uint32_t *names[KERB_NAME_KINDS];
    int64_t *line;
    const char **reference;
    size_t *reference_at;
    uint32_t *reference_length;
    const char *
        *no_place; /* why a row has no point; NULL when it has one, or is yet to lose it */
    kerb_text references; /* texts of the batch, one behind the other */
    bool has_reference;
    kerb_import_personal *personal;
    size_t n_personal, personal_capacity;
    kerb_text personal_text; /* their values, one behind the other */
} kerb_ingest__batch;

#define KERB_INGEST_ORDER_VALUE ((size_t)30) /* bytes of a date that are told */

/* What the dates of a file say of the order of day and month (ingest_date_order.c). */
typedef struct kerb_ingest__date_order {
    uint64_t n_either, n_day_first, n_month_first;
    int64_t line; /* of the first that is month-first */
    char value[4 * KERB_INGEST_ORDER_VALUE + 8];
} kerb_ingest__date_order;

/* Collisions and what is linked to them (ingest_linked.h). */
typedef struct kerb_ingest__linked kerb_ingest__linked;

struct kerb_ingest__loader {
    const kerb_ingest_options *options;
    kerb_ingest__sink *sink;
    kerb_ingest__references *references;
    kerb_ingest__batch batch;
    uint64_t n_superseded;
    kerb_text category;    /* of several columns */
    kerb_text scratch;     /* joined date parts, JSON of a reject */
    kerb_strings *reasons; /* numbers of reasons, counted in `counts` */
    uint64_t counts[64];
    kerb_sha256 *sha256;
    kerb_ingest__linked *linked;

    /* of the file being read */
    kerb_ingest_file *entry;
    kerb_ingest__layout layout;
    const char *const *headers;
    size_t n_headers;
    kerb_ingest__coordinates *coordinates;
    int64_t file_id;
    int month;
    char *stem_source;
    uint32_t source_number;
    uint32_t *told; /* by category: the source for which the kind was told */
    size_t n_told;
    int *personal_columns; /* as the mapping lists them */
    uint64_t n_named[KERB_NAME_KINDS],
        n_long[KERB_NAME_KINDS]; /* rows with a name, a long one */
    kerb_hash128 source_key;
    char *last_source; /* text whose number and key are the two above */
    size_t last_source_length, last_source_capacity;
    char **lines;
    size_t n_lines;
    uint64_t n_month_first;
    kerb_ingest__date_order date_order;
    bool is_month_first;
};

/* What a row turned out to be. */
typedef struct kerb_ingest__checked {
    double x, y, weight;
    double cell_m; /* side of the square x, y is the centre of; 0: exact */
    kerb_civil_s start;
    kerb_precision precision;
    kerb_civil_s end, recorded; /* KERB_CIVIL_NONE: not told */
    bool has_end_alone;         /* an end of its time, and no start */
    bool is_recorded_early;     /* before it happened */
    const char *no_place;       /* reason; NULL when it has one */
    const char *reason;         /* of rejection; NULL when it is good */
    int column;
    kerb_ingest__field value;
} kerb_ingest__checked;

/* ------------------------------------------------------------------- fields */

static inline kerb_ingest__field kerb_ingest__field_trim(kerb_ingest__field field)
{
    while (field.length > 0 && (*field.text == ' ' || *field.text == '\t')) {
        field.text++;
        field.length--;
    }
    while (field.length > 0 &&
           (field.text[field.length - 1] == ' ' || field.text[field.length - 1] == '\t')) {
        field.length--;
    }
    return field;
}

static inline kerb_ingest__field kerb_ingest__row_field(const kerb_ingest__loader *loader,
                                                        const kerb_ingest__row *row,
                                                        kerb_ingest__role role)
{
    int column = loader->layout.column[role];
    if (column < 0 || (size_t)column >= row->n_fields) {
        return (kerb_ingest__field){"", 0};
    }
    return kerb_ingest__field_trim(row->fields[column]);
}

static inline bool kerb_ingest__field_is_missing(const kerb_ingest__loader *loader,
                                                 kerb_ingest__field field)
{
    if (field.length == 0) {
        return true;
    }
    if (loader->layout.mapping != NULL &&
        kerb_ingest__mapping_is_missing(loader->layout.mapping, field)) {
        return true;
    }
    return (field.length == 4 && memcmp(field.text, "NULL", 4) == 0) ||
           (field.length == 2 && memcmp(field.text, "NA", 2) == 0) ||
           (field.length == 3 && memcmp(field.text, "N/A", 3) == 0);
}

/* ------------------------------------------------------------------- checks */

/* Note why a row is not loaded; always false. */
static inline bool kerb_ingest__refuse(kerb_ingest__checked *row, const char *reason,
                                       int column, kerb_ingest__field value)
{
    row->reason = reason;
    row->column = column;
    row->value = value;
    return false;
}

/* Place, weight and time of a row; false when something written in it cannot be understood, and
 * `out` says what. */
bool kerb_ingest__row_check_place(const kerb_ingest__loader *loader,
                                  const kerb_ingest__row *row, const kerb_point *point,
                                  kerb_ingest__checked *out);
bool kerb_ingest__row_check_date(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                 kerb_ingest__checked *out);
/* After the date, which the end must not come before. */
bool kerb_ingest__row_check_end(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                kerb_ingest__checked *out);
bool kerb_ingest__row_check_recorded(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                     kerb_ingest__checked *out);
bool kerb_ingest__row_check_weight(const kerb_ingest__loader *loader,
                                   const kerb_ingest__row *row, kerb_ingest__checked *out);

/* Number and key of the row's source, in the loader. */
kerb_status kerb_ingest__loader_set_source(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                           const kerb_ingest__row *row);

/* Has the incident been loaded already? */
kerb_status kerb_ingest__loader_check_reference(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                                kerb_hash128 key, bool *is_repeated);
/* The reference of the next row of the batch. */
kerb_status kerb_ingest__batch_add_reference(kerb_ctx *ctx, kerb_ingest__batch *batch,
                                             kerb_ingest__field reference);
/* The next row of the batch, whose names and reference are set already. */
kerb_status kerb_ingest__loader_append(kerb_ctx *ctx, kerb_ingest__loader *loader, int64_t line,
                                       const kerb_ingest__checked *good);

/* ------------------------------------------------------------ linked records */

void kerb_ingest__linked_begin_file(kerb_ingest__loader *loader);
/* The worst severity of each collision of a file with one row per casualty. */
kerb_status kerb_ingest__linked_scan(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row);
kerb_status kerb_ingest__linked_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
/* Check what the row says of a collision or casualty; its severity is the category when no
 * other column is. */
bool kerb_ingest__linked_check(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                               kerb_hash128 key, kerb_ingest__checked *good,
                               kerb_ingest__field *category);
/* A row of a collision that is not loaded. */
kerb_status kerb_ingest__linked_note_rejected(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                              kerb_hash128 key);
/* The incident that is about to join the batch is a collision. */
kerb_status kerb_ingest__linked_note(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, kerb_hash128 key,
                                     bool has_reference, const kerb_ingest__checked *good);
/* A further casualty of a collision of this file; *joined false when it is the first. */
kerb_status kerb_ingest__linked_join(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, kerb_hash128 key,
                                     const kerb_ingest__checked *good, bool *joined);
/* A row of a table of vehicles or casualties. */
kerb_status kerb_ingest__linked_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row);
void kerb_ingest__linked_report(kerb_ctx *ctx, const kerb_ingest__linked *linked,
                                kerb_ingest_report *report);

/* --------------------------------------------------------------- date order */

/* Note what the row's date says of the order of its numbers. */
void kerb_ingest__date_order_add(kerb_ingest__loader *loader, const kerb_ingest__row *row);
/* Only rows that are not seen yet can tell. */
bool kerb_ingest__date_order_is_open(const kerb_ingest__date_order *order);
/* Decide it for the file, and say so when it is not the usual one. */
void kerb_ingest__date_order_settle(kerb_ctx *ctx, kerb_ingest__loader *loader);

/* -------------------------------------------------------------------- kinds */

void kerb_ingest__kinds_begin_file(kerb_ingest__loader *loader);
/* Say what the rows of this category of the loader's source are, once for each file. */
kerb_status kerb_ingest__kinds_tell(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    uint32_t category, kerb_ingest__field text);

/* ----------------------------------------------------------------- personal */

/* Refuse columns about people in any role, and find those that are kept for a purpose. */
kerb_status kerb_ingest__personal_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
/* Keep the values of the row that is being added. */
kerb_status kerb_ingest__personal_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                      const kerb_ingest__row *row);
/* The kept values of the batch; they stay valid until the next row. */
void kerb_ingest__personal_fill(kerb_ingest__loader *loader, kerb_import_rows *rows);
/* KERB_ERR_FORMAT when a column of names turned out to hold free text. */
kerb_status kerb_ingest__personal_end_file(kerb_ctx *ctx, const kerb_ingest__loader *loader);

/* ------------------------------------------------------------------ rejects */

/* Records are compared within a source: warn when a file's name is all there is of one. */
void kerb_ingest__extract_check_source(kerb_ctx *ctx, const kerb_ingest__loader *loader);
/* May the row be loaded? Always, but for rows outside the period of an extract; `key` NULL: it
 * has no reference. False: `row` says why. */
bool kerb_ingest__extract_admits(const kerb_ingest__loader *loader, const kerb_hash128 *key,
                                 kerb_ingest__field date, kerb_ingest__checked *row);
/* A row of an extract was rejected: the record it speaks of is not withdrawn. */
kerb_status kerb_ingest__extract_note_rejected(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                               const kerb_hash128 *key);

/* Count n rows of the file under a reason (of rejection, or of loading without geometry). */
kerb_status kerb_ingest__reason_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const char *reason, uint64_t n);
/* Move the counts into the file's entry. */
kerb_status kerb_ingest__reasons_flush(kerb_ctx *ctx, kerb_ingest__loader *loader);
/* The row is not loaded: count it, tell the first in words, keep what is needed to find it. */
kerb_status kerb_ingest__row_reject(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, const char *reason, int column,
                                    kerb_ingest__field value);

#endif
