/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EXPORT_INTERNAL_H
#define KERB_EXPORT_INTERNAL_H

/* What the files of this module share. No third-party header here; GDAL's are in gdal_guard.h.
 */

#include "kerb_base.h"
#include "kerb_export.h"

/* ------------------------------------------------------------------- format */

typedef enum kerb_export_format {
    KERB_EXPORT_NONE,
    KERB_EXPORT_TIF,
    KERB_EXPORT_GEOJSON,
    KERB_EXPORT_GPKG,
    KERB_EXPORT_CSV
} kerb_export_format;

/** Format by extension, whatever its case; NONE when it is not known. */
kerb_export_format kerb_export__format_of(const char *path);
/** KERB_ERR_UNSUPPORTED naming the extensions of rasters or layers. */
kerb_status kerb_export__fail_extension(kerb_ctx *ctx, const char *path, bool raster);
/** The file written beside `path` (owned): `OUT.qml`, `OUT.csv.json`; NULL in *out when there
 * is none. */
kerb_status kerb_export__sidecar_path(kerb_ctx *ctx, const char *path, char **out);

/* --------------------------------------------------------------------- text */

/** Append a text as UTF-8: bytes that are not become U+FFFD. */
void kerb_export__add_utf8(kerb_text *text, const char *piece);
/** The same on one line: control characters become blanks. */
void kerb_export__add_line(kerb_text *text, const char *piece);
/** Append a text for XML content or an attribute in double quotes; characters XML forbids
 * become U+FFFD. */
void kerb_export__add_xml(kerb_text *text, const char *piece);
void kerb_export__add_double(kerb_text *text, double value);
/** Append a number as JSON; null when it is not finite. */
void kerb_export__add_json_double(kerb_text *text, double value);
/** "events per km2" as people write it: "events per km²". */
void kerb_export__add_unit(kerb_text *text, const char *unit);

/** A file written in pieces; the first failure is kept. `name` is what messages call it. */
typedef struct kerb_export_file {
    kerb_ctx *ctx;
    FILE *stream;
    const char *name;
} kerb_export_file;
kerb_status kerb_export__file_open(kerb_ctx *ctx, const char *path, const char *name,
                                   kerb_export_file *file);
/** Write what `text` holds and empty it, keeping its memory; reports a failed text, too. */
kerb_status kerb_export__file_write(kerb_export_file *file, kerb_text *text);
/** Flush, sync and close; the file is closed in any case. */
kerb_status kerb_export__file_close(kerb_export_file *file);
/** A whole small file. */
kerb_status kerb_export__write_text(kerb_ctx *ctx, const char *path, const char *name,
                                    const char *text);
/** Ask for what was written to be on the disk; errors of delayed allocation come here. */
kerb_status kerb_export__sync(kerb_ctx *ctx, const char *path, const char *name);
/** Commit two outputs that belong together; the second failing takes the first away again. */
kerb_status kerb_export__commit_pair(kerb_ctx *ctx, kerb_output *first, const char *first_path,
                                     kerb_output *second, const char *second_path);

/* --------------------------------------------------------------------- JSON */

/** A JSON object again with sorted keys, no blanks and shortest numbers (owned). KERB_ERR_ARG
 * calling it `what` when it is none. */
kerb_status kerb_export__canonical_json(kerb_ctx *ctx, const char *json, const char *what,
                                        char **out);
/** Are these the members of a JSON object, without `reserved` names (NULL-ended)? KERB_ERR_ARG
 * otherwise. */
kerb_status kerb_export__check_members(kerb_ctx *ctx, const char *members,
                                       const char *const *reserved);

/* -------------------------------------------------------------------- stamp */

/** The date a format demands, "2021-12-31T00:00:00.000Z": SOURCE_DATE_EPOCH, else the period's
 * end, else 1970. */
#define KERB_EXPORT_DATE_TEXT 32
void kerb_export__date(const kerb_stamp *stamp, char *text);

/* -------------------------------------------------------------------- ramps */

typedef struct kerb_export_builtin_ramp {
    const char *name, *text;
} kerb_export_builtin_ramp;
extern const kerb_export_builtin_ramp kerb_export__builtin_ramps[];

typedef struct kerb_export_ramp {
    size_t n; /**< 2 to 9 colours, lowest class first */
    unsigned char rgb[9][3];
    bool is_diverging;
} kerb_export_ramp;
kerb_status kerb_export__ramp_read(kerb_ctx *ctx, const char *name, kerb_export_ramp *out);
/** Colours of n classes, spread over the whole ramp. */
void kerb_export__ramp_sample(const kerb_export_ramp *ramp, size_t n, unsigned char (*rgb)[3]);

/* -------------------------------------------------------------------- layer */

typedef struct kerb_export_field {
    char *name, *unit; /**< unit NULL: none */
    kerb_field_type type;
    char **text;           /**< n_rows, NULL: no result */
    int64_t *integer;      /**< n_rows */
    unsigned char *is_set; /**< of integers */
    double *real;          /**< n_rows, NAN: no result */
} kerb_export_field;

struct kerb_layer {
    char *name;
    size_t n_rows, n_fields, capacity;
    kerb_export_field *fields;
    const kerb_areas_set *polygons; /**< borrowed; NULL: a plain table */
    size_t style_column;            /**< SIZE_MAX: plain outline */
    kerb_class_scheme style_scheme;
};

/** Has this cell a result? */
bool kerb_layer__has_value(const kerb_export_field *field, size_t row);
/** Append a cell as JSON, null for no result. */
void kerb_layer__add_json_value(kerb_text *text, const kerb_export_field *field, size_t row);
/** Append {"name":"unit",…} of the fields that have one. */
void kerb_layer__add_units_json(kerb_text *text, const kerb_layer *layer);

/** Names no extra member may take. */
extern const char *const kerb_layer__reserved_members[];

kerb_status kerb_layer__write_geojson(kerb_ctx *ctx, const kerb_layer *layer,
                                      const kerb_stamp *stamp, const char *stamp_json,
                                      const char *extra_json, const char *path,
                                      const char *name);
kerb_status kerb_layer__write_gpkg(kerb_ctx *ctx, const kerb_layer *layer,
                                   const kerb_stamp *stamp, const char *stamp_json,
                                   const char *extra_json, const char *path, const char *name);
kerb_status kerb_layer__write_csv(kerb_ctx *ctx, const kerb_layer *layer, const char *path,
                                  const char *name);
/** Text of `NAME.csv.json` (owned). */
kerb_status kerb_layer__make_csv_sidecar(kerb_ctx *ctx, const kerb_layer *layer,
                                         const char *stamp_json, const char *extra_json,
                                         char **out);

/* ------------------------------------------------------------------- styles */

/** QML of one band of a raster in the classes of `style`, which are not NULL (owned). */
kerb_status kerb_export__raster_qml(kerb_ctx *ctx, const kerb_raster_style *style, char **out);
/** QML of a layer's own style: classes of its column, or a plain outline (owned). */
kerb_status kerb_layer__qml(kerb_ctx *ctx, const kerb_layer *layer, char **out);

#endif
