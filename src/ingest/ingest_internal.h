/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_INTERNAL_H
#define KERB_INGEST_INTERNAL_H

/*
 * How a file becomes incidents: walk (which files) -> stream (bytes) -> text (rows of fields)
 * or ogr (features) -> layout (which column is what) -> rows (checks, one batch of columns) ->
 * coordinates (working CRS) -> references (seen before?) -> sink (store or memory).
 */

#include "kerb_base.h"
#include "kerb_ingest.h"
#include "kerb_yaml.h"

#define KERB_INGEST_FIELD_LIMIT  ((size_t)1 << 20) /* bytes; a longer field is damage */
#define KERB_INGEST_ROW_LIMIT    ((size_t)4 << 20) /* bytes of all fields of one row */
#define KERB_INGEST_BATCH_ROWS   ((size_t)65536)   /* rows handed to the sink at once */
#define KERB_INGEST_VALUE_MAX    ((size_t)200) /* bytes of an offending value that are kept */
#define KERB_INGEST_REPORT_LINES ((size_t)20)  /* rejects told in words */
#define KERB_INGEST_JOINED_MAX   ((size_t)8)   /* columns of one category */
#define KERB_INGEST_HEAD_BYTES   ((size_t)1 << 16) /* what recognition may look at */
#define KERB_INGEST_UNPACKED_MAX                                                               \
    ((uint64_t)20 * 1000 * 1000 * 1000)                /* bytes from one archive */
#define KERB_INGEST_UNPACKED_MIN  ((uint64_t)10 << 20) /* small archives may unpack to this */
#define KERB_INGEST_UNPACKED_RATE ((uint64_t)100)      /* times the size of the archive */

/* ------------------------------------------------------------------- stream */

typedef struct kerb_ingest__stream kerb_ingest__stream;

/* A loose file. Reading more than `limit` bytes fails (archives that unpack without end); 0: no
   limit. `name` is for messages. */
kerb_status kerb_ingest__stream_open(kerb_ctx *ctx, const char *path, const char *name,
                                     uint64_t limit, kerb_ingest__stream **out);
/* Bytes in memory, borrowed: tests and fuzzing. */
kerb_status kerb_ingest__stream_open_memory(kerb_ctx *ctx, const char *data, size_t length,
                                            kerb_ingest__stream **out);
/* Up to `size` bytes; *n is 0 only at the end. */
kerb_status kerb_ingest__stream_read(kerb_ctx *ctx, kerb_ingest__stream *stream, char *data,
                                     size_t size, size_t *n);
void kerb_ingest__stream_close(kerb_ingest__stream *stream);

/* What comes out of a .gz; `packed` is taken, also on failure. */
kerb_status kerb_ingest__stream_open_gzip(kerb_ctx *ctx, kerb_ingest__stream *packed,
                                          const char *name, uint64_t limit,
                                          kerb_ingest__stream **out);

/* One file of an archive, as its directory says. */
typedef struct kerb_ingest__member {
    char *path; /* inside the archive, "/" between folders, UTF-8 */
    bool is_folder, is_encrypted;
    bool is_plain;    /* the path is the name as it stands there, byte for byte */
    bool is_repeated; /* one before it has the same path */
    unsigned method;  /* of packing: 0 stored, 8 deflated */
    uint32_t crc32;
    uint64_t size, packed_size, header_offset;
} kerb_ingest__member;
typedef struct kerb_ingest__members {
    kerb_ingest__member *items;
    size_t n;
} kerb_ingest__members;
/* All files of a zip, in byte order of path, those of one path in the archive's order.
 * KERB_ERR_FORMAT: no zip, damaged, or larger than allowed. */
kerb_status kerb_ingest__zip_list(kerb_ctx *ctx, const char *path, const char *name,
                                  kerb_ingest__members *out);
/* A member's bytes, its size and CRC-32 checked at the end. KERB_ERR_IO: encrypted, packed in
 * another way, or damaged; the message begins ARCHIVE/MEMBER, `archive` being its name. */
kerb_status kerb_ingest__zip_open(kerb_ctx *ctx, const char *path, const char *archive,
                                  const kerb_ingest__member *member, kerb_ingest__stream **out);
void kerb_ingest__members_clear(kerb_ingest__members *members);
/* "/vsizip/{ARCHIVE}/MEMBER", owned. */
char *kerb_ingest__zip_path(const char *archive, const char *member);
/* Bytes that an archive of this size may unpack to. */
uint64_t kerb_ingest__unpacked_limit(uint64_t archive_bytes);

/* --------------------------------------------------------------------- text */

typedef enum kerb_ingest__encoding {
    KERB_ENCODING_AUTO, /* BOM, else UTF-16 by its NULs, else UTF-8 with Windows-1252 for rows
                           that are not */
    KERB_ENCODING_UTF8,
    KERB_ENCODING_UTF16LE,
    KERB_ENCODING_UTF16BE,
    KERB_ENCODING_CP1252
} kerb_ingest__encoding;

typedef struct kerb_ingest__text_options {
    char delimiter; /* 0: sniffed on the header line among , ; tab | */
    kerb_ingest__encoding encoding;
    int64_t skip_rows; /* lines before the header */
} kerb_ingest__text_options;

typedef struct kerb_ingest__field {
    const char *text; /* not terminated */
    size_t length;
} kerb_ingest__field;

typedef struct kerb_ingest__row {
    const kerb_ingest__field *fields; /* UTF-8, quotes taken off; valid until the next row */
    size_t n_fields;
    int64_t line;        /* from 1, of the row's first byte */
    int64_t byte_offset; /* in the file */
    int64_t byte_length; /* without the line end */
    const char *raw; /* the row's bytes as in the file; NULL when they were not kept (UTF-16,
                        too long) */
    size_t raw_length;
    const char
        *problem; /* NULL, or unclosed_quote, field_too_long, row_too_long, control_character */
} kerb_ingest__row;

typedef struct kerb_ingest__text kerb_ingest__text;

/* Reads from `stream` (borrowed). The first row that is asked for is the header. */
kerb_status kerb_ingest__text_new(kerb_ctx *ctx, kerb_ingest__stream *stream,
                                  const kerb_ingest__text_options *options,
                                  kerb_ingest__text **out);
void kerb_ingest__text_free(kerb_ingest__text *text);
/* The next row that is not blank; *found false at the end. */
kerb_status kerb_ingest__text_next(kerb_ctx *ctx, kerb_ingest__text *text,
                                   kerb_ingest__row *row, bool *found);
/* Rows should have at least n_min fields, and nothing behind field n_max: one that has not
 *and* spans lines is an unclosed quote. */
void kerb_ingest__text_set_width(kerb_ingest__text *text, size_t n_min, size_t n_max);
char kerb_ingest__text_delimiter(const kerb_ingest__text *text);
/* Rows that were not UTF-8 and were read as Windows-1252. */
uint64_t kerb_ingest__text_converted(const kerb_ingest__text *text);
/* Does the beginning of a file look like text that could hold a table? */
bool kerb_ingest__text_is_text(const char *head, size_t length);

/* -------------------------------------------------------------------- dates */

typedef enum kerb_ingest__date_result {
    KERB_DATE_OK,
    KERB_DATE_BLANK,
    KERB_DATE_BAD,
    KERB_DATE_BAD_DAY_FIRST /* bad as dd/mm, good as mm/dd */
} kerb_ingest__date_result;

/* A date or date-time in the forms people write (see docs/import.md), day before month. */
kerb_ingest__date_result kerb_ingest__date_parse(const char *text, size_t length,
                                                 kerb_civil_s *start,
                                                 kerb_precision *precision);
/* The same where `is_month_first` says how 3/9/2020 is meant. */
kerb_ingest__date_result kerb_ingest__date_parse_ordered(const char *text, size_t length,
                                                         bool is_month_first,
                                                         kerb_civil_s *start,
                                                         kerb_precision *precision);
/* What a date of three numbers with the year last says of the order of the other two. */
typedef enum kerb_ingest__date_shape {
    KERB_DATE_SHAPE_OTHER,      /* no such date */
    KERB_DATE_SHAPE_EITHER,     /* 3/9/2020 */
    KERB_DATE_SHAPE_DAY_FIRST,  /* 17/3/2020 */
    KERB_DATE_SHAPE_MONTH_FIRST /* 3/17/2020 */
} kerb_ingest__date_shape;
kerb_ingest__date_shape kerb_ingest__date_shape_of(const char *text, size_t length);
/* A time of day: 14:05[:30], 1405, 55 (= 00:55), 2:05 pm. Seconds since midnight. */
bool kerb_ingest__time_parse(const char *text, size_t length, int64_t *second,
                             kerb_precision *precision);
/* By a format of %d %m %Y %y %b %B %H %I %M %S %p %z %% and literal text; a blank fits any run
 * of blanks. */
bool kerb_ingest__date_parse_format(const char *format, const char *text, size_t length,
                                    kerb_civil_s *start, kerb_precision *precision);
/* NULL when the format is good, else what is wrong with it. */
const char *kerb_ingest__date_format_problem(const char *format);

/* ------------------------------------------------------------------- layout */

typedef enum kerb_ingest__role {
    KERB_ROLE_REFERENCE,
    KERB_ROLE_SOURCE,
    KERB_ROLE_X,
    KERB_ROLE_Y,
    KERB_ROLE_EASTING,
    KERB_ROLE_NORTHING,
    KERB_ROLE_LONGITUDE,
    KERB_ROLE_LATITUDE,
    KERB_ROLE_GRIDREF,
    KERB_ROLE_WKT,
    KERB_ROLE_DATE,
    KERB_ROLE_TIME,
    KERB_ROLE_DATE_TO, /* end of the window that the row lies in */
    KERB_ROLE_TIME_TO,
    KERB_ROLE_RECORDED, /* when it was written down */
    KERB_ROLE_RECORDED_TIME,
    KERB_ROLE_CATEGORY,
    KERB_ROLE_LABEL,
    KERB_ROLE_AREA_CODE,
    KERB_ROLE_AREA_NAME,
    KERB_ROLE_WEIGHT,
    KERB_ROLE_DAY,
    KERB_ROLE_MONTH,
    KERB_ROLE_YEAR,
    KERB_ROLE_EASTING_COARSE, /* where easting and northing are missing: the centre of a square
                               */
    KERB_ROLE_NORTHING_COARSE,
    KERB_ROLE_VEHICLE, /* number within the collision */
    KERB_ROLE_VEHICLE_TYPE,
    KERB_ROLE_CASUALTY, /* number within the collision */
    KERB_ROLE_CASUALTY_CLASS,
    KERB_ROLE_CASUALTY_TYPE,
    KERB_ROLE_SEVERITY,
    KERB_ROLE_ENHANCED_SEVERITY,
    KERB_ROLE_AGE,
    KERB_ROLE_ADJUSTED_SERIOUS,
    KERB_ROLE_N_VEHICLES, /* as the collision states them */
    KERB_ROLE_N_CASUALTIES,
    KERB_ROLES
} kerb_ingest__role;

/* What one row of a file is (docs/decisions/0010-linked-records.md). */
typedef enum kerb_ingest__record {
    KERB_RECORD_INCIDENT,
    KERB_RECORD_COLLISION,
    KERB_RECORD_CASUALTY_ROW,   /* a casualty with all that is known of its collision */
    KERB_RECORD_CASUALTY_POINT, /* the same, and the casualty is the incident */
    KERB_RECORD_VEHICLE,        /* from here on: linked to a collision by its reference */
    KERB_RECORD_CASUALTY
} kerb_ingest__record;

typedef enum kerb_ingest__place {
    KERB_PLACE_NONE,
    KERB_PLACE_PAIR,    /* two columns of numbers */
    KERB_PLACE_GRIDREF, /* OS grid reference */
    KERB_PLACE_WKT,     /* POINT (x y) */
    KERB_PLACE_GEOMETRY /* comes with the feature */
} kerb_ingest__place;

typedef struct kerb_ingest__mapping kerb_ingest__mapping;

typedef struct kerb_ingest__layout {
    const char *format;     /* borrowed: a literal, or of the mapping */
    int column[KERB_ROLES]; /* number of the column, -1 none */
    kerb_ingest__record record;
    kerb_ingest__place place;
    kerb_ingest__role x_role, y_role; /* of PLACE_PAIR */
    const char *crs;                  /* definition by name or mapping; NULL: the working CRS */
    bool has_typed_cells; /* dates come as ISO text where the cell is one, whatever the formats
                           */
    bool guard_degrees;   /* nobody said which CRS: refuse what looks like degrees */
    bool is_police;       /* "No Location" is no label */
    double cell_m;        /* every place of the file is the centre of such a square; 0: exact */
    double coarse_m;      /* the same for the coarse pair */
    int joined[KERB_INGEST_JOINED_MAX]; /* columns whose values together are the category */
    size_t n_joined;
    const char *source; /* of every row; NULL: the source column, else the file's stem */
    const kerb_ingest__mapping *mapping; /* formats and values; NULL */
} kerb_ingest__layout;

/* Lower-case letters and digits of a header, the rest left out; `out` holds 64 bytes, longer
 * ones are cut. */
void kerb_ingest__header_key(const char *text, size_t length, char *out);
/* Number of the column of this name: exactly, else without case, blanks and signs; -1. */
int kerb_ingest__find_column(const char *const *headers, size_t n_headers, const char *name);
/* Which column is what, by the names of the columns and by the options. `has_geometry`:
 * features carry points. */
kerb_status kerb_ingest__layout_by_names(kerb_ctx *ctx, const char *const *headers,
                                         size_t n_headers, const kerb_ingest_options *options,
                                         bool has_geometry, kerb_ingest__layout *out);
/* The names of the options laid over a layout (--x, --y, --date …). KERB_ERR_NOT_FOUND names
 * the columns there. */
kerb_status kerb_ingest__layout_apply_options(kerb_ctx *ctx, const char *const *headers,
                                              size_t n_headers,
                                              const kerb_ingest_options *options,
                                              kerb_ingest__layout *layout);
/* Two columns of one name, of which one is a coordinate, the date, the category or the weight:
 * KERB_ERR_FORMAT, because nobody can tell which is meant. So is one column for x and y. */
kerb_status kerb_ingest__layout_check_names(kerb_ctx *ctx, const char *const *headers,
                                            size_t n_headers,
                                            const kerb_ingest__layout *layout);
/* Decide how rows are placed, from the columns found: easting/northing, longitude/latitude,
 * x/y, grid reference, WKT. */
void kerb_ingest__layout_choose_place(kerb_ingest__layout *layout);
/* Columns named in pairs, from and to, lay a window over the one date that was found; and a
 * column that is the date is no time of recording. */
void kerb_ingest__layout_choose_window(const char *const *headers, size_t n_headers,
                                       kerb_ingest__layout *layout);
/* "columns there: 'A', 'B', …" of at most 40 names; owned, NULL when out of memory. */
char *kerb_ingest__list_columns(const char *const *headers, size_t n_headers);

/* Is it a street-level file of data.police.uk, and its layout. */
bool kerb_ingest__police_recognise(const char *const *headers, size_t n_headers,
                                   kerb_ingest__layout *out);
/* Why a file of data.police.uk is left out by its name: "outcomes file", "stop and search
 * file"; NULL. */
const char *kerb_ingest__police_skip_reason(const char *name);
/* By its name: a file of stop and search, a street-level file. */
bool kerb_ingest__police_is_searches(const char *name);
bool kerb_ingest__police_is_street(const char *name);
/* What a table of data.police.uk holds that is no list of incidents, by its columns; NULL. */
const char *kerb_ingest__police_other_kind(const char *const *headers, size_t n_headers);
/* Month in a text that begins YYYY-MM, as year * 12 + month - 1; -1. */
int kerb_ingest__month_parse(const char *text, size_t length);
/* Month that a file name tells: "2020-03-leicestershire-street.csv"; -1. */
int kerb_ingest__month_from_name(const char *name);
/* YAML of a mapping that is built in ("stats19", "irs", "lfb", "call-log", "stop-and-search"),
 * NULL when there is none of that name; the second knows those of fire and calls only. */
const char *kerb_ingest__builtin_mapping(const char *name);
const char *kerb_ingest__incident_mapping(const char *name);
/* Name of the mapping of fire or calls that the columns are made for; NULL. */
const char *kerb_ingest__incident_recognise(const char *const *headers, size_t n_headers);
/* Name of the built-in mapping of a table of road collisions, vehicles or casualties by its
 * columns; NULL. */
const char *kerb_ingest__stats19_recognise(const char *const *headers, size_t n_headers);
bool kerb_ingest__format_is_stats19(const char *format);
const char *kerb_ingest__stats19_mapping(const char *name);
/* Is this the name of such a format, and does it ask for casualties as incidents? */
bool kerb_ingest__format_wants_points(const char *format);

/* ------------------------------------------------------------------ mapping */

kerb_status kerb_ingest__mapping_read(kerb_ctx *ctx, const char *path,
                                      kerb_ingest__mapping **out);
kerb_status kerb_ingest__mapping_read_text(kerb_ctx *ctx, const char *name, const char *text,
                                           size_t length, kerb_ingest__mapping **out);
void kerb_ingest__mapping_free(kerb_ingest__mapping *mapping);
/* KERB_ERR_NOT_FOUND when a column is not there. */
kerb_status kerb_ingest__mapping_layout(kerb_ctx *ctx, const kerb_ingest__mapping *mapping,
                                        const char *const *headers, size_t n_headers,
                                        bool has_geometry, kerb_ingest__layout *out);
const kerb_ingest__text_options *
kerb_ingest__mapping_text_options(const kerb_ingest__mapping *mapping);
/* Name for a category value; *keep false when the mapping refuses the value. Borrowed. */
kerb_ingest__field kerb_ingest__mapping_category(const kerb_ingest__mapping *mapping,
                                                 kerb_ingest__field value, bool *keep);
bool kerb_ingest__mapping_is_missing(const kerb_ingest__mapping *mapping,
                                     kerb_ingest__field value);
/* Formats of date and time; NULL-ended lists, NULL when the usual forms apply. */
const char *const *kerb_ingest__mapping_date_formats(const kerb_ingest__mapping *mapping);
const char *const *kerb_ingest__mapping_time_formats(const kerb_ingest__mapping *mapping);

/* As it was named by the user, or of a mapping that is built in its name. */
const char *kerb_ingest__mapping_file(const kerb_ingest__mapping *mapping);

/* -------------------------------------------------------------------- kinds */

/* What a mapping says of kinds and origins: its keys kind, origin and kinds. */
typedef struct kerb_ingest__kinds kerb_ingest__kinds;
/* *out is to be freed also on failure. */
kerb_status kerb_ingest__kinds_read(kerb_ctx *ctx, const kerb_yaml *yaml,
                                    kerb_ingest__kinds **out);
void kerb_ingest__kinds_free(kerb_ingest__kinds *kinds);
/* The kind of the whole file; KERB_KIND_OTHER when it does not say. */
kerb_kind kerb_ingest__kinds_whole(const kerb_ingest__kinds *kinds);
const kerb_ingest__kinds *kerb_ingest__mapping_kinds(const kerb_ingest__mapping *mapping);

/* Canonical JSON of what was asked of an import (owned). */
kerb_status kerb_ingest__make_parameters(kerb_ctx *ctx, const kerb_ingest_options *options,
                                         const kerb_ingest__mapping *mapping, char **out);

/* ----------------------------------------------------------------- personal */

/* A category or label longer than this is no name; so many such rows, and a tenth of them all,
 * are free text. */
#define KERB_INGEST_FREE_TEXT_BYTES ((size_t)120)
#define KERB_INGEST_FREE_TEXT_ROWS  20

/* Does a column of this name tell about people, or hold free text? */
bool kerb_ingest__is_personal(const char *header);
/* Columns that a mapping keeps for a purpose; NULL when it keeps none. */
typedef struct kerb_ingest__personal kerb_ingest__personal;
/* *out is to be freed also on failure. */
kerb_status kerb_ingest__personal_read(kerb_ctx *ctx, const kerb_yaml *yaml,
                                       kerb_ingest__personal **out);
void kerb_ingest__personal_free(kerb_ingest__personal *personal);
/* KERB_ERR_FORMAT with its place when a mapping uses such a column for a role. */
kerb_status kerb_ingest__personal_check_mapping(kerb_ctx *ctx, const kerb_yaml *yaml,
                                                const kerb_yaml_node *node, size_t role,
                                                const char *what);
/* What it keeps and why, as a further member of an object. */
void kerb_ingest__personal_add_json(const kerb_ingest__personal *personal, kerb_text *json);
const kerb_ingest__personal *kerb_ingest__mapping_personal(const kerb_ingest__mapping *mapping);

/* --------------------------------------------------------------- references */

typedef struct kerb_ingest__references kerb_ingest__references;
kerb_status kerb_ingest__references_new(kerb_ctx *ctx, kerb_ingest__references **out);
void kerb_ingest__references_free(kerb_ingest__references *references);
kerb_hash128 kerb_ingest__reference_key(kerb_hash128 source, const char *reference,
                                        size_t length);
/* The key will be looked for soon: have its memory fetched meanwhile. */
void kerb_ingest__references_prefetch(const kerb_ingest__references *references,
                                      kerb_hash128 key);
/* Add a key; *is_new false when it was there. */
kerb_status kerb_ingest__references_add(kerb_ctx *ctx, kerb_ingest__references *references,
                                        kerb_hash128 key, bool *is_new);
bool kerb_ingest__references_has(const kerb_ingest__references *references, kerb_hash128 key);
/* References that were loaded before, with month and incident. */
kerb_status kerb_ingest__references_add_stored(kerb_ctx *ctx,
                                               kerb_ingest__references *references,
                                               kerb_hash128 key, int month,
                                               int64_t incident_id);
/* The incident that has the key in the store; false when none (or taken out meanwhile). */
bool kerb_ingest__references_find_stored(const kerb_ingest__references *references,
                                         kerb_hash128 key, int *month, int64_t *incident_id);
void kerb_ingest__references_drop_stored(kerb_ingest__references *references, kerb_hash128 key);
uint64_t kerb_ingest__references_bytes(const kerb_ingest__references *references);

/* --------------------------------------------------------------------- sink */

/* Where rows go. Two kinds: a store's import, or events in memory. */
typedef struct kerb_ingest__sink kerb_ingest__sink;
struct kerb_ingest__sink {
    kerb_status (*has_file)(kerb_ctx *ctx, kerb_ingest__sink *sink, const char *sha256,
                            bool *out);
    kerb_status (*add_file)(kerb_ctx *ctx, kerb_ingest__sink *sink,
                            const kerb_import_file *file, int64_t *file_id);
    kerb_status (*add_name)(kerb_ctx *ctx, kerb_ingest__sink *sink, kerb_name_kind kind,
                            const char *text, size_t length, uint32_t *out);
    kerb_status (*set_kind)(kerb_ctx *ctx, kerb_ingest__sink *sink, uint32_t source,
                            uint32_t category, kerb_nature nature);
    kerb_status (*add_rows)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                            const kerb_import_rows *rows);
    kerb_status (*add_reject)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                              const kerb_import_reject *reject);
    kerb_status (*finish_file)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                               const char *sha256, const kerb_import_counts *counts);
    kerb_status (*supersede)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id);
    int64_t (*next_id)(const kerb_ingest__sink *sink); /* of the next row that is added */
    kerb_status (*add_collision)(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                 const kerb_import_collision *row);
    kerb_status (*add_vehicle)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                               const kerb_import_vehicle *row);
    kerb_status (*add_casualty)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                const kerb_import_casualty *row);
    kerb_status (*find_collision)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id,
                                  kerb_import_found_collision *out);
    kerb_status (*has_linked)(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id,
                              bool is_casualty, int32_t vehicle, int32_t casualty, bool *out);
    bool keeps_rejects; /* worth making SHA-256 and mapped columns for */
    kerb_import *import;
    kerb_events *events;
    kerb_strings *hashes; /* SHA-256 of the files seen, memory only */
};
void kerb_ingest__sink_init_store(kerb_ingest__sink *sink, kerb_import *import);
kerb_status kerb_ingest__sink_init_memory(kerb_ctx *ctx, kerb_ingest__sink *sink);
void kerb_ingest__sink_clear(kerb_ingest__sink *sink);

/* -------------------------------------------------------------- coordinates */

typedef struct kerb_ingest__coordinates kerb_ingest__coordinates;
/* How a file's coordinates come into the working CRS. `definition` NULL: they are in it. */
kerb_status kerb_ingest__coordinates_new(kerb_ctx *ctx, const kerb_crs *working,
                                         const char *definition, bool guard_degrees,
                                         kerb_ingest__coordinates **out);
void kerb_ingest__coordinates_free(kerb_ingest__coordinates *coordinates);
const char *kerb_ingest__coordinates_crs_id(const kerb_ingest__coordinates *coordinates);
bool kerb_ingest__coordinates_is_plane(const kerb_ingest__coordinates *coordinates);
/* A point as it stands in the file, for the choice of the operation. */
void kerb_ingest__coordinates_add_sample(kerb_ingest__coordinates *coordinates, double x,
                                         double y);
/* Choose the one operation of the file, for the area of the sample. Before any apply. */
kerb_status kerb_ingest__coordinates_choose(kerb_ctx *ctx,
                                            kerb_ingest__coordinates *coordinates);
/* Bring n points (NAN pairs are skipped) into the working CRS in place; those outside its area
 * become NAN and are counted. */
kerb_status kerb_ingest__coordinates_apply(kerb_ctx *ctx, kerb_ingest__coordinates *coordinates,
                                           size_t n, double *x, double *y, uint64_t *n_outside);
/* The checks that need the whole file: degrees under x/y, more than half outside. */
kerb_status kerb_ingest__coordinates_check(kerb_ctx *ctx,
                                           const kerb_ingest__coordinates *coordinates);
/* The operation chosen (borrowed). */
const kerb_transform *
kerb_ingest__coordinates_transform(const kerb_ingest__coordinates *coordinates);

typedef enum kerb_ingest__number_result {
    KERB_NUMBER_OK,
    KERB_NUMBER_MISSING, /* blank, NULL, NA, N/A */
    KERB_NUMBER_BAD
} kerb_ingest__number_result;
kerb_ingest__number_result kerb_ingest__number_parse(const char *text, size_t length,
                                                     double *out);
/* A number whose last digits were put out of sight, "376***" (also x X # ?, one to five of one
 * kind behind at least one digit): the middle of the span it leaves and the span's width;
 * false: no such number. */
bool kerb_ingest__masked_number_parse(const char *text, size_t length, double *middle,
                                      double *width);
/* "POINT (1 2)", optionally "SRID=n;" in front. */
kerb_ingest__number_result kerb_ingest__wkt_point_parse(const char *text, size_t length,
                                                        double *x, double *y);

/* --------------------------------------------------------------------- rows */

typedef struct kerb_ingest__loader kerb_ingest__loader;
kerb_status kerb_ingest__loader_new(kerb_ctx *ctx, const kerb_ingest_options *options,
                                    kerb_ingest__sink *sink,
                                    kerb_ingest__references *references,
                                    kerb_ingest__loader **out);
void kerb_ingest__loader_free(kerb_ingest__loader *loader);
uint64_t kerb_ingest__loader_superseded(const kerb_ingest__loader *loader);
/* Compare what collisions state with what was linked to them: figures of the report. */
void kerb_ingest__loader_compare(kerb_ctx *ctx, const kerb_ingest__loader *loader,
                                 kerb_ingest_report *report);

/* Begin a file, show some of its rows (for its source and its area), open it, add its rows, end
   it. `entry` is filled as it goes; all else is borrowed until end_file. `layer_crs` is the
   file's own CRS (NULL none); `month` as in kerb_import_file. */
kerb_status kerb_ingest__loader_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                           kerb_ingest_file *entry,
                                           const kerb_ingest__layout *layout,
                                           const char *const *headers, size_t n_headers,
                                           const char *layer_crs, int month);
/* `row` may be NULL when only a point is known. */
kerb_status kerb_ingest__loader_sample(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                       const kerb_ingest__row *row, const kerb_point *point);
/* Do the sampled rows leave open what only the whole file can tell? Then show it all of them,
 * from the first on, until *is_settled. */
bool kerb_ingest__loader_needs_scan(const kerb_ingest__loader *loader);
void kerb_ingest__loader_begin_scan(kerb_ingest__loader *loader);
kerb_status kerb_ingest__loader_scan(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, bool *is_settled);
kerb_status kerb_ingest__loader_open_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
/* One row: `row->fields` are the columns; `point` the feature's place (KERB_PLACE_GEOMETRY; NAN
 * pair: none). */
kerb_status kerb_ingest__loader_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, const kerb_point *point);
/* A row that cannot be read at all. */
kerb_status kerb_ingest__loader_reject(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                       const kerb_ingest__row *row, const char *reason);
/* The same for one field of it. */
kerb_status kerb_ingest__loader_reject_field(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                             const kerb_ingest__row *row, const char *reason,
                                             int column);
kerb_status kerb_ingest__loader_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
/* The rejects of the file that was ended, in words (at most KERB_INGEST_REPORT_LINES); handed
 * over. */
size_t kerb_ingest__loader_take_lines(kerb_ingest__loader *loader, char ***lines);

/* --------------------------------------------------------------------- walk */

typedef enum kerb_ingest__kind {
    KERB_KIND_SKIPPED, /* `reason` says why */
    KERB_KIND_TABLE,
    KERB_KIND_WORKBOOK,
    KERB_KIND_OGR
} kerb_ingest__kind;

typedef struct kerb_ingest__item {
    kerb_ingest__kind kind;
    char *path;         /* for GDAL: a file, or a path of its virtual files */
    char *file;         /* the file on the disk that holds it */
    char *name;         /* for people: below the input */
    char *member;       /* inside an archive; NULL */
    const char *reason; /* of SKIPPED: a literal */
    bool warned;
    bool is_named; /* the user named this very file: failing to understand it is an error */
    bool is_zipped, is_gzipped;  /* a member of a zip; a .gz, which may be such a member */
    kerb_ingest__member packing; /* of a member; its path is `member` */
    uint64_t limit;              /* bytes that may come out of it; 0: any */
    char sha256[65];             /* set by kerb_ingest__item_survey */
    char *head;                  /* first bytes, while it is surveyed */
    size_t head_length;
    int month;
    const char *table; /* name of a built-in mapping of collisions and the like; NULL */
    int64_t size, modified_s, modified_ns; /* of `file`, before it was surveyed */
} kerb_ingest__item;

typedef struct kerb_ingest__items {
    kerb_ingest__item *items;
    size_t n, capacity;
} kerb_ingest__items;

/* Every file behind the inputs, in order of the inputs, each in byte order of path. */
kerb_status kerb_ingest__walk(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs,
                              kerb_ingest__items *out);
void kerb_ingest__items_clear(kerb_ingest__items *items);
/* The last extension, lower case, without the dot; "" when there is none. `out` holds 16 bytes.
 */
void kerb_ingest__extension(const char *name, char *out);
/* FOLDER/NAME, owned; NULL when out of memory. */
char *kerb_ingest__join(const char *folder, const char *name);
/* The bytes of an item, unpacked. */
kerb_status kerb_ingest__item_open(kerb_ctx *ctx, const kerb_ingest__item *item,
                                   kerb_ingest__stream **out);
/* Read an item once: SHA-256 of its bytes, its head, what kind it is by content. */
kerb_status kerb_ingest__item_survey(kerb_ctx *ctx, kerb_ingest__item *item);

/* ------------------------------------------------------------- the two ways in */

/* Read a surveyed table. KERB_ERR_EMPTY: it has no header; KERB_ERR_NOT_FOUND: columns that are
 * needed are not there. */
kerb_status kerb_ingest__delimited_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                        const kerb_ingest_options *options,
                                        const kerb_ingest__mapping *mapping,
                                        const kerb_ingest__item *item, kerb_ingest_file *entry);
/* Month of a table's first row when it is a street-level file of data.police.uk, else by its
 * name; -1. */
int kerb_ingest__delimited_month(kerb_ctx *ctx, const kerb_ingest__item *item);
/* By its head: the built-in mapping of collisions, vehicles or casualties that fits; NULL. */
const char *kerb_ingest__delimited_collisions(kerb_ctx *ctx, const kerb_ingest__item *item);
/* Is it a table of vehicles or casualties, read after all others? Of collisions? */
bool kerb_ingest__item_is_linked(const kerb_ingest__item *item);
bool kerb_ingest__item_is_collisions(const kerb_ingest__item *item);

/* The layout of a table by its header and what was asked for; *builtin is the mapping that it
 * borrows from when it is one of kerb's own (NULL else; owned). KERB_ERR_NOT_FOUND: columns
 * that are needed are not there. */
kerb_status kerb_ingest__table_layout(kerb_ctx *ctx, const kerb_ingest_options *options,
                                      const kerb_ingest__mapping *mapping,
                                      const char *const *headers, size_t n_headers,
                                      kerb_ingest__mapping **builtin, kerb_ingest__layout *out);
/* Read a sheet of a workbook (ingest_xlsx.h). Codes as kerb_ingest__delimited_load(). */
struct kerb_ingest__book;
kerb_status kerb_ingest__sheet_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest_options *options,
                                    const kerb_ingest__mapping *mapping,
                                    const struct kerb_ingest__book *book, size_t i_sheet,
                                    const kerb_ingest__item *item, kerb_ingest_file *entry);

/* A vector data source opened with OGR; drivers are registered at the first call. */
typedef struct kerb_ingest__ogr kerb_ingest__ogr;
kerb_status kerb_ingest__ogr_open(kerb_ctx *ctx, const char *path, const char *name,
                                  kerb_ingest__ogr **out);
void kerb_ingest__ogr_close(kerb_ingest__ogr *ogr);
/* Layers with points, or tables with coordinate columns. */
size_t kerb_ingest__ogr_layer_count(const kerb_ingest__ogr *ogr);
bool kerb_ingest__ogr_layer_is_readable(const kerb_ingest__ogr *ogr, size_t i);
const char *kerb_ingest__ogr_layer_name(const kerb_ingest__ogr *ogr, size_t i);
kerb_status kerb_ingest__ogr_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                  const kerb_ingest_options *options,
                                  const kerb_ingest__mapping *mapping, kerb_ingest__ogr *ogr,
                                  size_t i_layer, const kerb_ingest__item *item,
                                  kerb_ingest_file *entry);

#endif
