/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_H
#define KERB_INGEST_H

/**
 * From the files people have to incidents, with every row accounted for.
 *
 * read = loaded + rejected, in all and for each file. A row without usable coordinates is
 * loaded and counted; a row that cannot be understood is rejected and kept with file, line,
 * reason and value; separate incidents are never merged. The same parser and checks fill a
 * store or memory.
 */

#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_geo.h"
#include "kerb_store.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What is said about inputs that the files do not say themselves. Texts are borrowed; NULL
 * means what each field says. Start with `{.crs = …}`, everything else may stay empty.
 */
typedef struct kerb_ingest_options {
    /** "auto" (NULL: the same), "police-uk", "stop-and-search", "stats19", "stats19-casualties"
     * (each casualty an incident), "irs", "lfb", "call-log", "delimited" (recognised by names
     * only), or the path of a mapping (*.yaml,
     * *.yml). */
    const char *format;
    const char *source;    /**< name of the source of every row; NULL: the police force, the
                              mapping's own, else the file's stem */
    const char *input_crs; /**< "EPSG:n" of the files' coordinates; NULL: the file's own or by
                              column names */
    const kerb_crs *crs;   /**< working CRS, projected metres or none; not NULL */
    /** Names of columns; NULL: recognised by name. x and y go together. A weight is only read
     * when named. date_to is the end of the window that begins at date. */
    const char *x_column, *y_column, *date_column, *category_column, *weight_column;
    const char *date_to_column, *recorded_column;
    kerb_nature nature; /**< kind and origin of every row; {0}: as the format or mapping says,
                           else the kind by the names of data.police.uk */
    const char *key_column; /**< of the reference; NULL: recognised by name */
    /** The inputs are one dated extract, compared with what the store has; NULL: plain files.
     * Only for kerb_ingest_import(). Its key_column is taken from the option above. */
    const kerb_import_extract *extract;
    bool again; /**< load files whose bytes were loaded before */
} kerb_ingest_options;

/** Rows about road collisions, by what they are. */
typedef struct kerb_ingest_records {
    uint64_t collisions; /**< each an incident */
    uint64_t vehicles, casualties;
} kerb_ingest_records;

/**
 * What became of one file, member of an archive, or layer.
 *
 * Reasons of rejection (`by_reason`, together `rejected`): `unclosed_quote`, `field_too_long`
 * (over 1 MiB), `row_too_long` (over 4 MiB), `control_character` (a NUL),
 * `wrong_number_of_fields`, `empty_row`, `bad_date`, `bad_time`, `end_before_start`,
 * `bad_coordinate`, `bad_grid_reference`, `error_cell`, `bad_weight`, `category_not_mapped`,
 * `not_a_point`, `repeated_reference`, `outside_replaced_period`; of collisions and what is
 * linked to them `bad_severity`, `bad_casualty_class`, `bad_age`, `bad_probability`,
 * `bad_vehicle_reference`, `bad_casualty_reference`, `no_such_collision`, `collision_rejected`.
 * Reasons of loading without geometry (together `without_geometry`): `no_coordinates`,
 * `zero_coordinates`, `outside_crs_area`.
 */
typedef struct kerb_ingest_file {
    char *name;   /**< path below the input, or its base name; never absolute */
    char *member; /**< path inside an archive, or layer of a file with several; NULL */
    char *format; /**< "police-uk", "delimited", "mapping:NAME", "ogr:DRIVER"; NULL when skipped
                   */
    char *source; /**< of the first row; NULL when skipped */
    /** Why it was not read; NULL when it was: "outcomes file", "stop and search file", "not a
     * kind kerb reads", "no columns of coordinates", "no layer of points", "an empty file",
     * "not a file", "a kerb store", "already loaded"; "collisions, read for their places",
     * "vehicles, which were not asked for" (stats19-casualties). */
    char *skipped;
    bool warned;     /**< skipped although nobody would expect it */
    char sha256[65]; /**< of the bytes, unpacked; of a shapefile with its .dbf, .prj and .cpg;
                        "" when not read */
    char *crs_id;    /**< of its coordinates */
    char *operation; /**< PROJ's name of what brought them into the working CRS */
    double operation_accuracy_m; /**< as PROJ states it; NAN when it does not */
    uint64_t read, loaded, rejected, without_geometry, without_date, duplicates;
    uint64_t end_without_start;     /**< of without_date: only the end of their time is told */
    uint64_t recorded_before_start; /**< loaded, though recorded before they happened */
    kerb_tally *by_reason;          /**< NULL when skipped */
    kerb_ingest_records records;    /**< of a table of collisions, vehicles or casualties */
    uint64_t disagreeing_rows; /**< of a file with a row per casualty: another place or time
                                  than the first row of the collision */
    uint64_t coarse_place; /**< loaded with a place known only to a square: a masked number, a
                              grid reference of a square of 100 m or more, a rounded pair */
    kerb_tally *coarse_place_by_m; /**< of these, by the side of the square in metres; NULL when
                                      skipped */
} kerb_ingest_file;

/** The account of a whole call: sums, files, and the first rejects in words. */
typedef struct kerb_ingest_report {
    size_t n_files;
    kerb_ingest_file *files; /**< inputs as given, each in byte order of path */
    uint64_t read, loaded, rejected, without_geometry, without_date, duplicates;
    uint64_t coarse_place;
    kerb_tally *coarse_place_by_m;
    uint64_t superseded;         /**< incidents of earlier imports replaced by a later month */
    bool has_changes;            /**< the inputs were a dated extract */
    kerb_import_changes changes; /**< what it changed */
    kerb_tally *by_reason;
    kerb_ingest_records records;
    kerb_ingest_records stated; /**< collisions that state numbers of vehicles or casualties,
                                   and the sums of these numbers */
    uint64_t other_vehicles, other_casualties; /**< collisions that have another number linked
                                                  to them than they state */
    uint64_t disagreeing_rows;
    size_t n_reject_lines;
    char **reject_lines; /**< the first 20 rejects, "FILE:LINE: reason, column 'Month' has
                            '2020-13'" */
} kerb_ingest_report;

/** SHA-256 of the mapping that a format names (65 bytes), "" when it names none: what a mapping
 * says belongs to an import's parameters, its path does not. KERB_ERR_IO and others of
 * kerb_sha256_file(). */
KERB_API kerb_status kerb_ingest_mapping_sha256(kerb_ctx *ctx, const char *format, char *hex);

/** Accepts NULL. */
KERB_API void kerb_ingest_report_free(kerb_ingest_report *report);

/**
 * Load inputs into a store, in one transaction: all of it or nothing.
 *
 * An input is a file, a folder (with everything below it) or a zip archive. Files are read the
 * latest month first (month of a data.police.uk file, or YYYY-MM at the beginning of a name),
 * those without a month after them, else in order of path. Of rows with one source and
 * reference the first that is read stays, the others are rejected as `repeated_reference`;
 * against earlier imports a later month takes the older incident's place. Rows without a
 * reference are never compared, so equal rows stay separate incidents. A file whose bytes are
 * in the store is skipped unless `again`.
 *
 * With `extract` the rows are compared with the records of the store by
 * kerb_import_reconcile() instead: `loaded` counts all rows that were understood, whether they
 * turned out new, changed or unchanged. A row outside the extract's period is rejected, unless
 * it has the reference of a record inside it: then the record moved. Bytes loaded before are
 * read again.
 *
 * @param ctx      warnings go to its log: unknown files, other encodings, month-first dates;
 * progress once per file, cancellation once per 65,536 rows
 * @param inputs   n_inputs paths
 * @param options  options->crs must be the store's
 * @param store    open for writing
 * @param[out] report  owned; set on success, and on failure as far as it got; may be NULL
 *
 * @return KERB_OK, or
 *         KERB_ERR_EMPTY      nothing readable among the inputs (names the first and why)
 *         KERB_ERR_CRS        degrees under x/y; more than half of a file's points outside the
 * working CRS's area (grown by 50 km); no operation between the systems; the store has another
 * CRS KERB_ERR_NOT_FOUND  an input, a column named by an option or mapping, or no column of
 * coordinates KERB_ERR_FORMAT     a mapping (with line and column), a damaged archive, a file
 * that is not what it claims; an archive that unpacks to more than 100 times its size or 20 GB
 *         KERB_ERR_ARG        an unknown format or CRS; x without y; a category of a source
 * that is of another kind already, or than asked for KERB_ERR_IO         a file that cannot be
 * read (named) · KERB_ERR_DB, and others of kerb_store.h
 *
 * Cost:   one pass for the hash and one for the rows; about 0.35 s of CPU per million rows
 * beside the store. Memory: 8 MB, and 21 to 25 bytes for each reference. Threads: one; the same
 * store for any number of threads. Source: RFC 4180 for delimited text. Guide: docs/import.md
 */
KERB_API kerb_status kerb_ingest_import(kerb_ctx *ctx, const char *const *inputs,
                                        size_t n_inputs, const kerb_ingest_options *options,
                                        kerb_store *store, kerb_ingest_report **report);

/**
 * The same into memory: same parser, same checks, same counts; no database is written.
 *
 * Rows are in the order of reading (latest month first). Only the report's lines are kept of
 * rejects.
 *
 * @param[out] events  rows loaded, working CRS [m]; owned; untouched on failure
 * @param[out] report  as above
 *
 * @return as kerb_ingest_import(), but for the store
 *
 * Cost:   as above, and about 60 bytes a row.
 * Threads: one; the same bits for any number of threads.
 */
KERB_API kerb_status kerb_ingest_read(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs,
                                      const kerb_ingest_options *options, kerb_events **events,
                                      kerb_ingest_report **report);

/** Which fields of an area file are what. Names are found exactly, else without case. */
typedef struct kerb_ingest_areas_options {
    const char *layer;      /**< NULL: the first with polygons */
    const char *id_field;   /**< NULL: "id" when there is one, else the first text or integer
                               field with distinct values, else 1, 2, 3… */
    const char *name_field; /**< NULL: "name" when there is one, else the field beside the
                               code (WD21CD has WD21NM, ward_code has ward_name), else as the
                               id */
    const char *const *population_fields; /**< n_population_fields texts FIELD or FIELD@YEAR; a
                                             blank value is no figure */
    size_t n_population_fields;
    const char *input_crs; /**< when the file has none, or to overrule it; NULL and none in the
                              file: the working CRS */
    const kerb_crs *crs;   /**< working CRS; not NULL */
} kerb_ingest_areas_options;

/**
 * Read areas from any polygon file OGR opens, a zip with one, or a delimited file with a WKT
 * column.
 *
 * Vertices are brought into the working CRS before shapes are repaired; the index is built.
 * Features that are no polygons are left out as long as some are.
 *
 * @param[out] out  in the order of the file, working CRS [m]; owned
 *
 * @return KERB_OK, or
 *         KERB_ERR_NOT_FOUND  the file, a layer, or a field (naming those there)
 *         KERB_ERR_FORMAT     no polygons, an id twice or empty, a population that is no number
 * >= 0 (area named) KERB_ERR_CRS        degrees without a word about it; more than half of the
 * areas outside the working CRS's area; a vertex that cannot be transformed KERB_ERR_ARG
 * FIELD@YEAR with no year; an unknown CRS
 *
 * Cost:   linear in vertices.
 * Threads: one; the same for any number of threads.
 */
KERB_API kerb_status kerb_ingest_read_areas(kerb_ctx *ctx, const char *path,
                                            const kerb_ingest_areas_options *options,
                                            kerb_areas_set **out);

#ifdef __cplusplus
}
#endif
#endif
