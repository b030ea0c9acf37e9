/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EXPORT_H
#define KERB_EXPORT_H

/**
 * Results as files that other programs open, each stamped with how it was made.
 *
 * A file appears whole or not at all, and the same result gives the same bytes on any day, with
 * any number of threads and in any locale. The extension decides the format: a raster is `.tif`
 * (with
 * `.qml` beside it), a layer is `.geojson`, `.json`, `.gpkg` or `.csv` (with `.csv.json` beside
 * it).
 *
 * Writing goes to a hidden temporary in the target's folder and is renamed at the end. On a
 * full disk, a cancelled run or a lack of memory nothing is left; a killed run leaves only
 * temporaries that the next export to the same path removes. A process that limits the size of
 * its files (RLIMIT_FSIZE) should ignore SIGXFSZ, or the signal ends it before it can say why.
 *
 * GDAL is used for `.tif` and `.gpkg` only: three drivers are registered when they are missing,
 * errors are caught and settings made for the calling thread alone, and both are put back.
 *
 * What is in each file: docs/outputs.md. Why so: docs/decisions/0005-outputs.md.
 */

#include "kerb_core.h"
#include "kerb_geo.h"
#include "kerb_grid.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- stamp */

/**
 * How a result was made; written into every file. Texts are borrowed for the call; any bytes
 * may be in them, what is no UTF-8 becomes U+FFFD. It holds nothing of the machine, the user,
 * the day or the command line.
 */
typedef struct kerb_stamp {
    /** One line for people: "Burglary, Leicestershire Police, 2020-01 to 2021-12"; NULL none.
     */
    const char *title;
    const char *command; /**< "density", "beats", "hotspots" */
    /** A JSON object, defaults filled in; order and blanks do not matter; NULL: {}. */
    const char *parameters;
    const char *fingerprint;     /**< SHA-256 of the rows used, 64 hex digits; NULL none */
    const kerb_crs *crs;         /**< working CRS; NULL only for a table without areas */
    const char *operation;       /**< PROJ operation(s) of the input; NULL none */
    double operation_accuracy_m; /**< NAN not stated */
    uint64_t seed;
    uint64_t events_read, events_used;
    const kerb_tally *excluded; /**< by reason; NULL none */
    /** First second of the rows used, and first second after them; KERB_CIVIL_NONE when
     * undated. */
    kerb_civil_s period_from, period_to;
    const char *notice; /**< licence or caution line, NULL none */
} kerb_stamp;

/**
 * The stamp as one canonical JSON object: keys sorted by byte, no blanks, shortest numbers.
 *
 * The same text stands in every file made with the stamp, so files can be compared by it.
 * Members: docs/outputs.md.
 *
 * @param[out] json  owned, free with kerb_free_text()
 * @return KERB_OK, or
 *         KERB_ERR_ARG    `parameters` is no JSON object, or has a key twice
 *         KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_stamp_json(kerb_ctx *ctx, const kerb_stamp *stamp, char **json);

/* ------------------------------------------------------------------ classes */

/**
 * Class limits, colours and legend labels. Class i holds breaks[i] < value <= breaks[i + 1];
 * the first holds its lower limit, too.
 */
typedef struct kerb_classes {
    size_t n; /**< number of classes, 1 to 9 */
    /** n + 1 limits, strictly ascending unless n is 1; the first <= minimum, the last >=
     * maximum. */
    double breaks[10];
    unsigned char rgb[9][3]; /**< colour of each class */
    /** UTF-8: "5 to 10 per km²"; all without the unit when one would be too long. */
    char label[9][48];
} kerb_classes;

typedef enum kerb_class_scheme {
    /** The seven 1-2-5 steps up to the one at or above the maximum, for densities: the lowest
     * class reaches down to 0 (or a negative minimum), so limits stay the same month after
     * month until the maximum crosses a step. One class from 0 to 1 when nothing is above 0. */
    KERB_CLASSES_FIXED_125,
    /** Up to five classes of about equal numbers of areas, for rates and counts. A limit may
     * lie a quarter of a class away from its exact place where that gives a rounder number; no
     * class is empty; equal values are one class. */
    KERB_CLASSES_QUANTILE
} kerb_class_scheme;

/**
 * Class limits, colours and labels for values.
 *
 * @param values  n values in `unit`; NAN is left out
 * @param ramp    name of a ramp (file `ramps/NAME.txt` of the styles folder: heat, rates,
 * diverging); NULL: heat for FIXED_125, rates for QUANTILE
 * @param unit    put behind the numbers of a label; "events per km2" is said as "per km²"; NULL
 * none
 * @param[out] out  by value; no value at all gives one class, for QUANTILE labelled "no result"
 *
 * @return KERB_OK, or
 *         KERB_ERR_RANGE      a value is infinite
 *         KERB_ERR_ARG        `ramp` is not a name of small letters, digits, - and _
 *         KERB_ERR_NOT_FOUND  no such ramp
 *         KERB_ERR_FORMAT     the ramp's file is not one, with its line
 *         KERB_ERR_NOMEM
 *
 * Cost:   O(n) for FIXED_125; O(n log n) and a copy of the values for QUANTILE.
 */
KERB_API kerb_status kerb_classes_make(kerb_ctx *ctx, const double *values, size_t n,
                                       kerb_class_scheme scheme, const char *ramp,
                                       const char *unit, kerb_classes *out);

/* ------------------------------------------------------------------ rasters */

typedef enum kerb_raster_type { KERB_RASTER_FLOAT32, KERB_RASTER_FLOAT64 } kerb_raster_type;

/**
 * Write a Cloud Optimized GeoTIFF and `NAME.qml` beside it, which QGIS applies by itself.
 *
 * Values are read back before the file gets its name. Overviews are averages of cells that have
 * a value. The style has the classes of KERB_CLASSES_FIXED_125; cells of 0 and without a value
 * are not drawn. For several bands, or a raster larger than memory: kerb_raster_writer_open().
 *
 * @param ctx     progress "writing"; cancellation is checked between rows of tiles
 * @param grid    values as they are to be written (density: events per km2), NAN = nodata
 * @param unit    of the values, e.g. "events per km2"; NULL none
 * @param type    FLOAT32 rounds to nearest
 * @param stamp   its CRS is the raster's (none is written for `none`), its title the band's
 *                description
 * @param path    ends in .tif or .tiff, any case
 * @param overwrite  replaces `path` and its .qml; otherwise either existing is refused
 *
 * @return KERB_OK, or
 *         KERB_ERR_UNSUPPORTED  another extension, or a GDAL without the COG driver
 *         KERB_ERR_EXISTS       path or its .qml exists and overwrite is false
 *         KERB_ERR_RANGE        a value is infinite or too large for `type` (row and column
 *                               named), or more than 2^31 - 1 rows or columns
 *         KERB_ERR_ARG          stamp->parameters is no JSON object
 *         KERB_ERR_CRS          GDAL does not know the CRS
 *         KERB_ERR_IO           folder missing or not writable, disk full, values not as
 *                               written
 *         KERB_ERR_CANCELLED, KERB_ERR_NOMEM
 *
 * Cost:    about 25 million cells in 1.7 s; memory of one row of tiles beside the grid and
 *          GDAL's block cache (5 % of the machine unless GDAL_CACHEMAX says less); disk of the
 *          uncompressed cells and a third while it writes.
 * Threads: one; the bytes never depend on it. Several threads may export at once, each with its
 *          own context and path.
 * Source:  OGC 21-026, OGC Cloud Optimized GeoTIFF Standard 1.0.
 * Page:    docs/outputs.md
 */
KERB_API kerb_status kerb_export_raster(kerb_ctx *ctx, const kerb_grid *grid, const char *unit,
                                        kerb_raster_type type, const kerb_stamp *stamp,
                                        const char *path, bool overwrite);

/** A band of a raster; texts are borrowed for the call. */
typedef struct kerb_raster_band {
    const char *name; /**< its description, "2020-03"; NULL or "": the title of the stamp */
    const char *unit; /**< of its values; NULL none */
} kerb_raster_band;

/** What QGIS draws of a raster. */
typedef struct kerb_raster_style {
    size_t band;                 /**< number of the band, from 0 */
    const kerb_classes *classes; /**< limits and colours; NULL: KERB_CLASSES_FIXED_125 */
    bool draws_zero;             /**< false: cells of exactly 0 are transparent */
} kerb_raster_style;

#define KERB_RASTER_MAX_BANDS 1000

/**
 * A raster that is given in rows, north to south, band by band or turn about: it may be larger
 * than memory, and may have several bands.
 *
 *     open  ->  add_rows, until each band has all its rows  ->  finish  ->  free
 *
 * The files are those of kerb_export_raster(), byte for byte, however the rows are cut.
 */
typedef struct kerb_raster_writer kerb_raster_writer;

/**
 * Begin a raster.
 *
 * @param spec   shape and place; n_rows and n_cols to 2^31 - 1
 * @param bands  n_bands of them, 1 to KERB_RASTER_MAX_BANDS
 * @param[out] out  owned; kerb_raster_writer_free() without a finish leaves no file
 * @return as kerb_export_raster(); KERB_ERR_RANGE also for the number of bands
 *
 * Cost: memory of 256 rows for each band; disk of the cells, packed, until it is finished.
 */
KERB_API kerb_status kerb_raster_writer_open(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                             const kerb_raster_band *bands, size_t n_bands,
                                             kerb_raster_type type, const char *path,
                                             bool overwrite, kerb_raster_writer **out);
/**
 * The next rows of a band.
 *
 * @param i_band  number of the band, from 0
 * @param values  n_rows * n_cols, row-major, NAN = nodata
 * @return as kerb_export_raster(); KERB_ERR_ARG for a band or a row that the raster does not
 *         have. After a failure only kerb_raster_writer_free() is of use
 */
KERB_API kerb_status kerb_raster_writer_add_rows(kerb_ctx *ctx, kerb_raster_writer *writer,
                                                 size_t i_band, const double *values,
                                                 size_t n_rows);
/**
 * Make the files, once. They stand under their names when this returns KERB_OK.
 *
 * @param stamp  as kerb_export_raster()
 * @param style  NULL: the first band in the classes of KERB_CLASSES_FIXED_125, 0 transparent
 * @return as kerb_export_raster(); KERB_ERR_ARG when rows are missing or the style's band is
 */
KERB_API kerb_status kerb_raster_writer_finish(kerb_ctx *ctx, kerb_raster_writer *writer,
                                               const kerb_stamp *stamp,
                                               const kerb_raster_style *style);
/** Accepts NULL; what is not finished leaves nothing. */
KERB_API void kerb_raster_writer_free(kerb_raster_writer *writer);

/* ------------------------------------------------------------------- layers */

typedef enum kerb_field_type {
    KERB_FIELD_TEXT,
    KERB_FIELD_INTEGER,
    KERB_FIELD_REAL
} kerb_field_type;

/**
 * A table of areas with typed columns: what becomes GeoJSON, GeoPackage or CSV. A cell that was
 * not set has no result: null in GeoJSON, NULL in GeoPackage, empty in CSV; never 0 or "nan".
 */
typedef struct kerb_layer kerb_layer;

/**
 * An empty layer.
 *
 * @param name      becomes the table's name; one line, control characters become blanks
 * @param polygons  borrowed, must outlive the layer; area i is row i, in the CRS of the stamp
 * it is exported with; NULL: a table without geometry
 * @param[out] out  owned
 * @return KERB_ERR_ARG    no name, a name the formats keep for themselves (gpkg_*, rtree_*,
 * sqlite_*, layer_styles, kerb_stamp), or a count of areas that is not n_rows KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_layer_new(kerb_ctx *ctx, const char *name, size_t n_rows,
                                    const kerb_areas_set *polygons, kerb_layer **out);
KERB_API void kerb_layer_free(kerb_layer *layer);

/**
 * Add a column; its cells start as "no result".
 *
 * @param name  1 to 200 bytes of UTF-8 without control characters, not fid, geom or wkt, not
 * there already (case does not tell names apart)
 * @param unit  e.g. "per 1,000 residents"; NULL none
 * @param[out] column  its number, for the functions below; may be NULL
 * @return KERB_ERR_ARG a name that cannot be; KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_layer_add_field(kerb_ctx *ctx, kerb_layer *layer, const char *name,
                                          kerb_field_type type, const char *unit,
                                          size_t *column);
/** Copy a text into a cell; NULL: no result; "" stays an empty text. KERB_ERR_ARG: no such text
 * cell. */
KERB_API kerb_status kerb_layer_set_text(kerb_ctx *ctx, kerb_layer *layer, size_t row,
                                         size_t column, const char *value);
/** Set a cell of an INTEGER column; a row, column or type that is wrong changes nothing. */
KERB_API void kerb_layer_set_integer(kerb_layer *layer, size_t row, size_t column,
                                     int64_t value);
/** Set a cell of a REAL column, not finite: no result; a row, column or type that is wrong
 * changes nothing. */
KERB_API void kerb_layer_set_real(kerb_layer *layer, size_t row, size_t column, double value);
/** Which column the map colours, by which scheme; without it, or for a TEXT column, a plain
 * outline is drawn. */
KERB_API void kerb_layer_set_style(kerb_layer *layer, size_t column, kerb_class_scheme scheme);

/** What else goes into a layer's file. */
typedef struct kerb_export_layer_options {
    /** Members of a JSON object without braces, e.g. "\"verdict\":{…}"; NULL none. They become
     *  top-level members in GeoJSON and `.csv.json`, column `extra` of `kerb_stamp` in
     * GeoPackage. */
    const char *extra_json;
    bool overwrite; /**< replaces file and sidecar; otherwise either existing is refused */
} kerb_export_layer_options;

/**
 * Write a layer in the format of the extension.
 *
 * `.geojson`, `.json`: RFC 7946 in WGS 84, 7 decimals; a ring that rounds to nothing is left
 * out, an area of which nothing is left has geometry null. For CRS `none`: planar with 17
 * digits and
 * `"kerb_crs":"none"`, which is not RFC 7946 (a warning goes to the log).
 * `.gpkg`: working CRS, R-tree, style in `layer_styles`, stamp in table `kerb_stamp`.
 * `.csv`: UTF-8 with BOM, CRLF, geometry as WKT in the working CRS in the last column `wkt`; a
 * text that looks like a formula gets an apostrophe in front; stamp in `NAME.csv.json`.
 *
 * @param ctx      progress "writing"; cancellation is checked every 256 rows
 * @param options  NULL: no extra members, no overwriting
 * @return KERB_OK, or
 *         KERB_ERR_UNSUPPORTED  another extension, or a GDAL without the GPKG driver
 *         KERB_ERR_EXISTS       path or its sidecar exists and overwrite is false
 *         KERB_ERR_ARG          extra_json is not members of an object or takes a name that is
 * taken; stamp->parameters is no object; areas but no stamp->crs KERB_ERR_CRS          GeoJSON:
 * no operation to WGS 84, or a corner it cannot bring over (row named); GPKG: GDAL does not
 * know the CRS KERB_ERR_IO           folder missing or not writable, disk full, rows not as
 * written KERB_ERR_CANCELLED, KERB_ERR_NOMEM
 *
 * Cost:   O(corners); memory of one row (GeoJSON, CSV).
 * Threads: one; several threads may export at once, each with its own context and path.
 * Source: RFC 7946; RFC 4180; OGC 12-128r15, GeoPackage 1.2.1.
 * Page:   docs/outputs.md
 */
KERB_API kerb_status kerb_export_layer(kerb_ctx *ctx, const kerb_layer *layer,
                                       const kerb_stamp *stamp,
                                       const kerb_export_layer_options *options,
                                       const char *path);

/* -------------------------------------------------------------------- paths */

/**
 * All paths an export to `path` writes, sidecars included; touches no file.
 *
 * @param[out] out  NULL-ended; owned, free each and the array with kerb_free_text()
 * @return KERB_ERR_UNSUPPORTED  names the extensions that are known; KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_export_paths(kerb_ctx *ctx, const char *path, char ***out);
/**
 * Refuse before long work what the export would refuse: an extension that is not one of a
 * raster or of a layer, an output or sidecar that exists, a folder that is missing or cannot be
 * written.
 *
 * @return KERB_OK · KERB_ERR_UNSUPPORTED · KERB_ERR_EXISTS · KERB_ERR_IO · KERB_ERR_ARG (no
 * file named)
 */
KERB_API kerb_status kerb_export_check(kerb_ctx *ctx, const char *path, bool raster,
                                       bool overwrite);

/**
 * Read ramps from `FOLDER/ramps/NAME.txt` instead of those built into the library; NULL: the
 * built-in ones again. For one's own colours. Of the whole process: call it before other
 * threads export.
 */
KERB_API void kerb_export_set_styles_folder(const char *folder);

#ifdef __cplusplus
}
#endif
#endif
