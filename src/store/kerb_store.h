/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_STORE_H
#define KERB_STORE_H

/**
 * The store: one SpatiaLite file that holds the incidents, where each came from, the rows that
 * were refused and why, the sets of areas, and what was done with them.
 *
 * QGIS, ogr2ogr and the spatialite shell open it as it is. kerb writes geometry and the packed
 * R*Tree itself, one import in one transaction under the rollback journal; a new store appears
 * under its name only when its first transaction is whole.
 */

#include "kerb_core.h"
#include "kerb_events.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct kerb_store kerb_store;

typedef enum kerb_store_mode {
    KERB_STORE_READ,  /**< opened `mode=ro`; also in a read-only folder */
    KERB_STORE_WRITE, /**< opened for writing, created when it is not there */
} kerb_store_mode;

/**
 * Is this file a store (an SQLite database with kerb's mark in its head or with the table
 * `kerb_store`)?
 *
 * Looks at 100 bytes and waits for no lock, so a store that is damaged, newer, or being written
 * to counts as one and kerb_store_open() says what is the matter. False when the file is not
 * there or cannot be read.
 */
KERB_API bool kerb_store_is_store(const char *path);

/**
 * Open a store, creating or migrating it when opened for writing.
 *
 * A new store is built under a temporary name beside `path`; the file appears when the first
 * import, set of areas or run is committed. An import that was interrupted (a journal lies
 * beside the file) is undone first, also when opened for reading, which then needs the right to
 * write once. In the store's connections no trigger and no view runs and the file's schema is
 * not trusted.
 *
 * @param path  a file name; never read as an address, whatever it begins with
 * @param crs   working CRS of a new store (not NULL; projected in metres, or `none`); for an
 * existing one NULL, or the one it must have
 * @param[out] out  owned, kerb_store_close()
 *
 * @return KERB_OK, or
 *         KERB_ERR_NOT_FOUND  no such file (reading)
 *         KERB_ERR_FORMAT  not a store, truncated or damaged; a foreign trigger or view (named)
 *         KERB_ERR_CRS  another working CRS
 *         KERB_ERR_DB  locked by another program for 5 s; read-only; written by a newer kerb;
 *           by an older one and opened for reading; an interrupted import cannot be undone here
 *         KERB_ERR_IO  cannot be read; its folder is missing or cannot be written; disk full
 *         KERB_ERR_ARG  a new store without a CRS, or with one in which analysis cannot work
 *
 * Cost:    30 to 40 ms, nearly all of it for the list of SpatiaLite's triggers and views that
 * the file is compared with. Threads: a store belongs to one thread at a time; several stores
 * may be open on the same file.
 */
KERB_API kerb_status kerb_store_open(kerb_ctx *ctx, const char *path, kerb_store_mode mode,
                                     const kerb_crs *crs, kerb_store **out);
/** Accepts NULL; rolls back what is not committed. A new store into which nothing was committed
 * leaves no file. */
KERB_API void kerb_store_close(kerb_store *store);
/** Working CRS (borrowed). */
KERB_API const kerb_crs *kerb_store_get_crs(const kerb_store *store);
/** Path as it was given (borrowed). */
KERB_API const char *kerb_store_get_path(const kerb_store *store);

/* ------------------------------------------------------------------ imports */

typedef struct kerb_import kerb_import;

/** One file or archive member as it was read. Texts are borrowed. */
typedef struct kerb_import_file {
    const char *name;   /**< path below the input named by the user, never absolute */
    const char *member; /**< path inside an archive, NULL for a loose file */
    const char *sha256; /**< of the file's or member's bytes; may be set later by finish_file */
    const char *format; /**< e.g. "police-uk", "delimited", "ogr:GeoJSON" */
    const char *source;
    const char *crs_id;          /**< of its coordinates */
    const char *operation;       /**< name of the PROJ operation */
    double operation_accuracy_m; /**< NAN when not stated */
    int month;                   /**< year * 12 + month - 1 of a monthly file, -1 otherwise */
} kerb_import_file;

/** What became of a file's rows: read = loaded + rejected. */
typedef struct kerb_import_counts {
    uint64_t read, loaded, rejected;
    uint64_t without_geometry, without_date; /**< of the loaded */
    uint64_t duplicates;                     /**< of the rejected: repeated_reference */
    const kerb_tally *by_reason; /**< of rejects and of rows without geometry; borrowed */
} kerb_import_counts;

/** A value about a person that a mapping named with a purpose; texts borrowed. */
typedef struct kerb_import_personal {
    size_t row;       /**< of the batch */
    const char *name; /**< what the mapping calls it; once for a row */
    const char *text; /**< UTF-8, not terminated */
    size_t length;
} kerb_import_personal;

/** Rows of one file, in columns; texts borrowed for the call. */
typedef struct kerb_import_rows {
    size_t n;
    const double *x, *y;  /**< both NAN without geometry */
    const double *weight; /**< NULL: all 1 */
    const double *cell_m; /**< side of the square that x, y is the centre of [m], > 0; NAN
                             entry or NULL column: the place is exact */
    const kerb_civil_s *start;
    const uint8_t *precision;
    const kerb_civil_s *end;      /**< exclusive end of the window, after start; NULL column or
                                     KERB_CIVIL_NONE: what start and precision say */
    const kerb_civil_s *recorded; /**< NULL column or KERB_CIVIL_NONE: not told */
    const uint32_t
        *names[KERB_NAME_KINDS]; /**< numbers from kerb_import_add_name; NULL column: all 0 */
    const int64_t *line;         /**< line of the file the row began on, from 1 */
    const char *const
        *reference; /**< the source's own number of the incident; NULL column or entry: none */
    const uint32_t *reference_length;
    const char *const *no_geometry_reason; /**< why a row has no coordinates, as counted in
                                              by_reason, e.g. "no_coordinates"; NULL column or
                                              entry: unknown; ignored for located rows */
    const kerb_import_personal
        *personal; /**< n_personal values; nothing ever gives them back */
    size_t n_personal;
} kerb_import_rows;

/** A row that was not loaded, with what is needed to find it again; never its other columns.
 * Texts are borrowed. */
typedef struct kerb_import_reject {
    int64_t line;        /**< from 1 */
    int64_t byte_offset; /**< of the row in the (unpacked) file; -1 unknown */
    int64_t byte_length; /**< -1 unknown */
    const char *sha256;  /**< of the row's bytes; NULL unknown */
    const char *reason;  /**< e.g. "repeated_reference", "bad_date" */
    const char *column;  /**< header of the offending column; NULL none */
    const char *value;   /**< the offending value made visible, at most 200 bytes; NULL none */
    const char *mapped;  /**< JSON object of the mapped columns only; NULL none */
} kerb_import_reject;

/** A dated extract: the records of its sources as they stood on a day. */
typedef struct kerb_import_extract {
    kerb_civil_s as_at;     /**< first second of the day it was taken */
    bool has_period;        /**< it holds all records that begin in from <= t < to */
    kerb_civil_s from, to;  /**< ignored without a period */
    const char *key_column; /**< header of the column of references, for the books; NULL */
} kerb_import_extract;

/** What an extract changed, in records. Those without a reference cannot change, only come and
 * go. */
typedef struct kerb_import_changes {
    uint64_t n_new, n_changed, n_unchanged, n_withdrawn;
    uint64_t n_kept; /**< left as they were, because the extract's row of them was rejected */
    uint64_t n_new_without_key, n_unchanged_without_key, n_withdrawn_without_key;
} kerb_import_changes;

/** Month that kerb_import_each_reference() gives for the record of a dated extract: no month of
 * a file is later, so that undated files never replace dated records. */
#define KERB_IMPORT_MONTH_DATED INT32_MAX

/**
 * Begin the one transaction of an import (BEGIN IMMEDIATE).
 *
 * The import borrows the store until kerb_import_free(). When one of the functions below fails
 * for a reason other than KERB_ERR_ARG found before anything was written, the import can only
 * be freed; commit refuses with KERB_ERR_ARG.
 *
 * @param parameters  canonical JSON of the options, without paths or times; NULL: {}
 * @param[out] out    owned, kerb_import_free()
 * @return KERB_OK, or
 *         KERB_ERR_ARG  opened for reading, or an import is going on
 *         KERB_ERR_DB   locked by another program for 5 s, or read-only
 *         KERB_ERR_IO · KERB_ERR_NOMEM · KERB_ERR_FORMAT (damaged)
 *
 * Cost: the names in the store are read into memory; the incidents are counted.
 */
KERB_API kerb_status kerb_import_begin(kerb_ctx *ctx, kerb_store *store, const char *parameters,
                                       kerb_import **out);
/**
 * Make the import a dated extract, before its first row. kerb_import_reconcile() must then come
 * before the commit.
 *
 * @return KERB_OK · KERB_ERR_ARG as_at is no day, the period is empty, rows were added before
 */
KERB_API kerb_status kerb_import_set_extract(kerb_ctx *ctx, kerb_import *import,
                                             const kerb_import_extract *extract);
/** Has a file of these bytes been loaded before (this import included; of an extract, by this
 * import)? One look into an index.
 */
KERB_API kerb_status kerb_import_has_file(kerb_ctx *ctx, kerb_import *import,
                                          const char *sha256, bool *out);
/** Note a file before its rows are added. KERB_ERR_ARG when its name is missing or absolute.
 * `file_id` is > 0. */
KERB_API kerb_status kerb_import_add_file(kerb_ctx *ctx, kerb_import *import,
                                          const kerb_import_file *file, int64_t *file_id);
/** Number of a name of this kind within this import, counted from 1, added to the store's
 * tables when new; 0 for the empty text. Cheap when repeated: one hash. */
KERB_API kerb_status kerb_import_add_name(kerb_ctx *ctx, kerb_import *import,
                                          kerb_name_kind kind, const char *text, size_t length,
                                          uint32_t *out);
/**
 * Say what the incidents of a category of a source are, as far as it is known; what the store
 * does not know yet is added.
 *
 * @param source    number of a name, not 0
 * @param category  number of a name; 0: rows without a category
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG  no such name, kind or origin; the store or this import says otherwise
 *                       (both are told)
 *         KERB_ERR_FORMAT  changed by hand · KERB_ERR_DB · KERB_ERR_IO
 */
KERB_API kerb_status kerb_import_set_kind(kerb_ctx *ctx, kerb_import *import, uint32_t source,
                                          uint32_t category, kerb_nature nature);
/**
 * Load rows of a file: one INSERT … SELECT from a virtual table. Batches of about 65,536 rows
 * suit; an incident is numbered in the order of its row.
 *
 * @param rows  x, y in the working CRS [m], finite or both NAN; weight finite and >= 0;
 * precision KERB_PRECISION_MONTH or finer where start is set; end after start
 * @return KERB_OK, or
 *         KERB_ERR_ARG        a coordinate is infinite or only one is NAN, a weight or
 * precision out of range (row named; nothing was written), a name's number that was never given
 *         KERB_ERR_IO         disk full or writing failed
 *         KERB_ERR_CANCELLED  asked before the batch
 *
 * Cost: about 0.6 s of CPU for a million rows; 8.25 bytes a row are kept until commit.
 */
KERB_API kerb_status kerb_import_add_rows(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                          const kerb_import_rows *rows);
/** Keep a row that was not loaded. KERB_ERR_ARG without a reason. */
KERB_API kerb_status kerb_import_add_reject(kerb_ctx *ctx, kerb_import *import, int64_t file_id,
                                            const kerb_import_reject *reject);
/** Record a file's final counts and SHA-256 (NULL: as given when it was added). KERB_ERR_ARG
 * when read is not loaded + rejected, or the file is not of this store. */
KERB_API kerb_status kerb_import_finish_file(kerb_ctx *ctx, kerb_import *import,
                                             int64_t file_id, const char *sha256,
                                             const kerb_import_counts *counts);

/* ------------------------------------------------------------ linked records */

/** Of a casualty, or the worst of a collision. */
typedef enum kerb_severity {
    KERB_SEVERITY_UNKNOWN = 0,
    KERB_SEVERITY_FATAL = 1, /**< died within 30 days */
    KERB_SEVERITY_SERIOUS = 2,
    KERB_SEVERITY_SLIGHT = 3
} kerb_severity;
/** "fatal", "serious", "slight"; "" when unknown. */
KERB_API const char *kerb_severity_name(kerb_severity severity);

typedef enum kerb_casualty_class {
    KERB_CASUALTY_UNKNOWN = 0,
    KERB_CASUALTY_DRIVER = 1, /**< or rider */
    KERB_CASUALTY_PASSENGER = 2,
    KERB_CASUALTY_PEDESTRIAN = 3
} kerb_casualty_class;
/** "driver", "passenger", "pedestrian"; "" when unknown. */
KERB_API const char *kerb_casualty_class_name(kerb_casualty_class casualty_class);

/** What a collision's own row says; -1 when it does not. */
typedef struct kerb_import_collision {
    int64_t incident_id;
    int32_t n_vehicles, n_casualties;
} kerb_import_collision;

/** A vehicle of a collision. `type` in words, borrowed; NULL unknown. */
typedef struct kerb_import_vehicle {
    int64_t incident_id, line;
    int32_t vehicle; /**< its number within the collision */
    const char *type;
} kerb_import_vehicle;

/** A casualty of a collision. `type` in words, borrowed; NULL unknown. */
typedef struct kerb_import_casualty {
    int64_t incident_id, line;
    int32_t vehicle;  /**< number of the vehicle it was in, or that hit it; -1 unknown */
    int32_t casualty; /**< its number within the collision; -1 none */
    int32_t age;      /**< in years; -1 unknown */
    kerb_severity severity;
    kerb_casualty_class casualty_class;
    const char *type;
    double adjusted_serious; /**< probability of "serious" under injury-based recording, 0 to
                                1; NAN not told */
} kerb_import_casualty;

/** Id that the next row given to kerb_import_add_rows() gets. */
KERB_API int64_t kerb_import_next_incident(const kerb_import *import);
/** Say that an incident of this import is a collision. One row each, after its incident. */
KERB_API kerb_status kerb_import_add_collision(kerb_ctx *ctx, kerb_import *import,
                                               const kerb_import_collision *row);
/** Add a vehicle; the caller has made sure that its incident is there and the vehicle is new.
 */
KERB_API kerb_status kerb_import_add_vehicle(kerb_ctx *ctx, kerb_import *import,
                                             int64_t file_id, const kerb_import_vehicle *row);
/** Add a casualty; as above. KERB_ERR_ARG when adjusted_serious is no probability. */
KERB_API kerb_status kerb_import_add_casualty(kerb_ctx *ctx, kerb_import *import,
                                              int64_t file_id, const kerb_import_casualty *row);

/** A collision in the store: what it states, and how many records are linked to it. */
typedef struct kerb_import_found_collision {
    kerb_import_collision stated;
    uint32_t n_vehicles, n_casualties;
} kerb_import_found_collision;
/** Look at an incident of the store as a collision. */
KERB_API kerb_status kerb_import_find_collision(kerb_ctx *ctx, kerb_import *import,
                                                int64_t incident_id,
                                                kerb_import_found_collision *out);
/** Has the incident this vehicle, or (`is_casualty`) this casualty? Numbers as in
 * kerb_import_casualty. */
KERB_API kerb_status kerb_import_has_linked(kerb_ctx *ctx, kerb_import *import,
                                            int64_t incident_id, bool is_casualty,
                                            int32_t vehicle, int32_t casualty, bool *out);

/** A reference that is in the store already (borrowed for the call); `month` as in
 * kerb_import_file of its file. */
typedef kerb_status (*kerb_import_reference_fn)(void *user, const char *source,
                                                const char *reference, size_t length, int month,
                                                int64_t incident_id);
/** Visit all references that were in the store before this import began, in order of id, but
 * not those of rows that a person added by hand; for an extract with a period only those of
 * records that begin in it. Stops with the status of the first visit that
 * fails. One scan of the incidents; no index is kept. The visit may call
 * kerb_import_supersede(). */
KERB_API kerb_status kerb_import_each_reference(kerb_ctx *ctx, kerb_import *import,
                                                kerb_import_reference_fn visit, void *user);
/** Take an incident of an earlier import out again because a later month repeats its reference:
 * it becomes a reject (`repeated_reference`) of its own file, whose counts stay true. Vehicles
 * and casualties linked to it go with it, as rejects (`collision_replaced`) of theirs.
 * KERB_ERR_ARG when there is no such incident of an earlier import. */
KERB_API kerb_status kerb_import_supersede(kerb_ctx *ctx, kerb_import *import,
                                           int64_t incident_id);

/** A rejected row of the extract speaks of this record of the store: it is not withdrawn. */
KERB_API kerb_status kerb_import_add_kept(kerb_ctx *ctx, kerb_import *import,
                                          int64_t incident_id);
/**
 * Compare the rows of an extract with the records of its sources, and keep what those were.
 *
 * A row with a reference is the record of its source with that reference, wherever its date
 * lies. Equal rows leave it as it is; others change it, and a record of the period without a
 * row is withdrawn: in both cases what it was goes to the table incident_version. Records
 * without a reference are compared by their whole content, as often as it occurs, and only when
 * there is a period. Records keep their numbers. Rows that people added by hand are left alone.
 *
 * @param[out] changes  untouched on failure
 * @return KERB_OK, or
 *         KERB_ERR_ARG     no extract, or compared already
 *         KERB_ERR_EMPTY   no row was loaded, so that everything would be withdrawn
 *         KERB_ERR_EXISTS  an extract of the same day or later holds the records or the period
 * (both dates named)
 *         KERB_ERR_IO · KERB_ERR_NOMEM · KERB_ERR_CANCELLED; the import can then only be freed
 *
 * Cost: two scans, 48 bytes for each row of the extract; the index is packed anew when anything
 * was replaced. Why: docs/decisions/0011-record-versions.md
 */
KERB_API kerb_status kerb_import_reconcile(kerb_ctx *ctx, kerb_import *import,
                                           kerb_import_changes *changes);

/**
 * Bring the spatial index up to date, commit, and give a new store its name. Then only
 * kerb_import_free may follow.
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG     the import failed before, or is committed
 *         KERB_ERR_EXISTS  another program made a file of that name meanwhile; nothing was
 * written, the store is closed KERB_ERR_IO      disk full: everything is rolled back
 *         KERB_ERR_CANCELLED · KERB_ERR_DB · KERB_ERR_NOMEM
 *
 * Cost:   an empty index, or more than 2 % new rows: all rows are packed, 0.5 s of CPU a
 * million and 16 bytes a row for the time being; fewer rows are inserted one by one. Source:
 * Kamel & Faloutsos (1993), On packing R-trees [kamel1993].
 */
KERB_API kerb_status kerb_import_commit(kerb_ctx *ctx, kerb_import *import);
/** Frees; rolls back unless committed. Accepts NULL. */
KERB_API void kerb_import_free(kerb_import *import);

/* ------------------------------------------------------------------ reading */

/**
 * All incidents in order of id, in one snapshot. Those in an area of role sensitive, border
 * included, have no coordinates, label and area name. Names are numbered as rows meet them, as
 * when the files are read directly.
 *
 * @param[out] out  owned, kerb_events_free(); working CRS
 * @return KERB_OK · KERB_ERR_FORMAT a row that was changed by hand makes no sense (incident
 * named), or the file is damaged · KERB_ERR_DB locked · KERB_ERR_CANCELLED · KERB_ERR_NOMEM
 *
 * Cost: about 0.4 s of CPU for a million rows; about 50 bytes a row.
 */
KERB_API kerb_status kerb_store_read_events(kerb_ctx *ctx, kerb_store *store,
                                            kerb_events **out);

/**
 * The same as the records stood on a day: as the newest extracts of that day and before told
 * them. Records imported without a date are taken as known from the beginning.
 *
 * @param as_at  first second of the day
 * @return as kerb_store_read_events(), or KERB_ERR_NOT_FOUND: no extract is that old (the first
 * is named), or none is dated
 */
KERB_API kerb_status kerb_store_read_events_as_at(kerb_ctx *ctx, kerb_store *store,
                                                  kerb_civil_s as_at, kerb_events **out);

/** Casualties of road collisions in columns, in order of loading. */
typedef struct kerb_casualties {
    size_t n;
    size_t
        *row; /**< row of its collision in kerb_store_read_events(), which counts collisions */
    int32_t *vehicle;  /**< number of its vehicle within the collision; -1 unknown */
    int32_t *age;      /**< in years; -1 unknown, which is no child (a child is 0 to 15) */
    uint8_t *severity; /**< kerb_severity */
    uint8_t *casualty_class;  /**< kerb_casualty_class */
    double *adjusted_serious; /**< NAN when not told; sum it, never round it */
} kerb_casualties;
/**
 * All casualties, beside the incidents of the same store.
 *
 * Collisions and casualties answer different questions: indicators of people killed or
 * seriously injured count casualties, criteria for sites count collisions.
 *
 * @param[out] out  owned, kerb_casualties_free()
 * @return KERB_OK · KERB_ERR_DB locked · KERB_ERR_FORMAT damaged · KERB_ERR_CANCELLED ·
 * KERB_ERR_NOMEM
 *
 * Cost: linear in incidents and casualties; 33 bytes a casualty.
 */
KERB_API kerb_status kerb_store_read_casualties(kerb_ctx *ctx, kerb_store *store,
                                                kerb_casualties **out);
/** Accepts NULL. */
KERB_API void kerb_casualties_free(kerb_casualties *casualties);

/* ----------------------------------------------------------------- extracts */

/** When an extract was taken and what it is complete for. */
typedef struct kerb_extract {
    kerb_civil_s as_at;    /**< first second of the day */
    kerb_civil_s from, to; /**< half-open; KERB_CIVIL_NONE: no period was named */
} kerb_extract;
/** The extracts in a store that speak of a source (NULL: of any), in order of date; owned,
 * kerb_store_free_extracts(). */
KERB_API kerb_status kerb_store_list_extracts(kerb_ctx *ctx, kerb_store *store,
                                              const char *source, kerb_extract **out,
                                              size_t *n);
/** Accepts NULL. */
KERB_API void kerb_store_free_extracts(kerb_extract *extracts);

/** The days on which two periods should be read to be compared. */
typedef struct kerb_like_for_like {
    int age_months; /**< whole months after each period's end; -1: the extracts have no age in
                       common */
    kerb_civil_s as_at_before, as_at_after; /**< for kerb_store_read_events_as_at() */
} kerb_like_for_like;
/**
 * Two periods at the same age: the greatest whole number of months after the end of each for
 * which there is an extract that holds all of it; of several in that month the newest.
 *
 * Pure. A period that no single extract holds cannot be read like for like.
 *
 * @param extracts       n of one source, in any order
 * @param before, after  half-open periods {from, to}; neither KERB_CIVIL_NONE
 * Guide: docs/records-change.md
 */
KERB_API kerb_like_for_like kerb_store_make_like_for_like(const kerb_extract *extracts,
                                                          size_t n,
                                                          const kerb_civil_s before[2],
                                                          const kerb_civil_s after[2]);

/* ------------------------------------------------------------------ erasing */

/** Which records to erase: by reference, or by age. */
typedef struct kerb_forget_options {
    const char *const *references; /**< n_references, each matching exactly */
    size_t n_references;
    const char *source; /**< only records of this source; NULL: of all */
    bool has_before;    /**< all records that lie wholly before `before`; not together with
                           references */
    kerb_civil_s before;
    bool is_trial; /**< count only */
} kerb_forget_options;

/** What was erased. */
typedef struct kerb_forget_counts {
    uint64_t n_incidents; /**< as they stand now */
    uint64_t n_versions;  /**< as they once were */
    uint64_t n_rejects;   /**< rejected rows whose values were blanked */
    uint64_t n_linked;    /**< rows that hung on them: vehicles, casualties, personal values */
    uint64_t n_undated;   /**< kept by `before`, because they have no date */
} kerb_forget_counts;

/**
 * Erase records for good: as they stand, as they once were, what hangs on them, and what
 * rejected rows tell of them. Streets and small areas that nobody else names go too.
 *
 * Pages are overwritten (`secure_delete`), the spatial index is made anew, the file is rebuilt
 * (VACUUM) and its journal overwritten before it is removed. Copies and backups of the file are
 * out of reach. The store keeps how many records went and nothing else; figures of files stay,
 * for they say what was read then.
 *
 * @param[out] counts  untouched on failure
 * @return KERB_OK, or
 *         KERB_ERR_ARG        opened for reading, neither or both of references and before
 *         KERB_ERR_NOT_FOUND  nothing matches; a reference or the source that is not there is
 * named, and nothing was erased
 *         KERB_ERR_DB locked · KERB_ERR_IO disk full (VACUUM needs the size of the file once
 * more) · KERB_ERR_NOMEM · KERB_ERR_CANCELLED
 *
 * Cost: reads and writes the whole store. Guide: docs/records-change.md
 */
KERB_API kerb_status kerb_store_forget(kerb_ctx *ctx, kerb_store *store,
                                       const kerb_forget_options *options,
                                       kerb_forget_counts *counts);

/* -------------------------------------------------------------------- areas */

/** Roles a set of areas may have, NULL-ended (borrowed, constant): study beat ward district
 * county force place venue road exclude sensitive. */
KERB_API const char *const *kerb_store_area_roles(void);
/**
 * Write a set of areas in one transaction, replacing the set of that name.
 *
 * @param role               one of kerb_store_area_roles()
 * @param file_name, sha256  where it came from, or NULL; of an absolute path only the last part
 * is kept; of sensitive places nothing is
 * @param set                in the store's working CRS
 * @return KERB_OK · KERB_ERR_ARG unknown role, no name, opened for reading, or an import is
 * going on · KERB_ERR_DB locked or read-only · KERB_ERR_IO · KERB_ERR_NOMEM; on failure the
 * store is as it was
 */
KERB_API kerb_status kerb_store_write_areas(kerb_ctx *ctx, kerb_store *store,
                                            const char *set_name, const char *role,
                                            const char *file_name, const char *sha256,
                                            const kerb_areas_set *set);
/** Does any set have this name, a sensitive one included? For those who write; a set of role
 * sensitive is not there for any function below. */
KERB_API kerb_status kerb_store_has_areas(kerb_ctx *ctx, kerb_store *store,
                                          const char *set_name, bool *out);
/** Read a set in its order, index built (owned). KERB_ERR_NOT_FOUND names the sets that are
 * there; KERB_ERR_FORMAT an area that was changed by hand is no polygon. */
KERB_API kerb_status kerb_store_read_areas(kerb_ctx *ctx, kerb_store *store,
                                           const char *set_name, kerb_areas_set **out);
/** Role of a set (owned); NULL when there is no such set. */
KERB_API kerb_status kerb_store_find_area_role(kerb_ctx *ctx, kerb_store *store,
                                               const char *set_name, char **role);
/** Name of the only set of a role (owned); NULL when there is none or more than one (`n_found`
 * tells). */
KERB_API kerb_status kerb_store_find_role(kerb_ctx *ctx, kerb_store *store, const char *role,
                                          size_t *n_found, char **set_name);

/* --------------------------------------------------------------------- runs */

/** Record, in a transaction of its own, what was computed from the store: `parameters` and
 * `outputs` are canonical JSON; no time of day, path or host. */
KERB_API kerb_status kerb_store_add_run(kerb_ctx *ctx, kerb_store *store, const char *command,
                                        const char *parameters, const char *fingerprint,
                                        const char *outputs);
/**
 * What is in the store, as JSON (owned): crs, n_incidents, n_without_geometry, n_without_date,
 * n_with_window, n_with_recorded, n_with_personal, period, coarse_places[{cell_m, n}],
 * sources[{name, n}], categories[{source, name, kind, origin, n, from, to}], months[{source,
 * month, n}], records{collisions, vehicles, casualties}, imports[{id, files[{name, member,
 * format, sha256, read, loaded, rejected, without_geometry, without_date, duplicates,
 * records{}, by_reason{}}]}], extracts[{id, import, as_at, from, to, key, sources[], new,
 * changed, unchanged, withdrawn, kept, without_key{new, unchanged, withdrawn}}], n_versions,
 * forgotten{incidents, versions, rejects, linked}, areas[{set, role, n, file, sha256}],
 * runs[{id, command, parameters, fingerprint, outputs}], rejects{reason: n}. Periods are
 * half-open, `from` <= t < `to`, as the command's
 * --from and --to take them, null when no row is dated.
 *
 * Cost: one scan, about 0.3 s of CPU for a million rows.
 */
KERB_API kerb_status kerb_store_info(kerb_ctx *ctx, kerb_store *store, char **json);
/** A set of areas of a store (borrowed for the call). */
typedef kerb_status (*kerb_store_area_set_fn)(void *user, const char *name, const char *role);
/** Visit the sets of areas, but sensitive ones, in order of name. Stops with the status of the
 * first visit that fails. */
KERB_API kerb_status kerb_store_each_area_set(kerb_ctx *ctx, kerb_store *store,
                                              kerb_store_area_set_fn visit, void *user);
/** Add to the tallies how many rows were rejected, and loaded without geometry, by reason. */
KERB_API kerb_status kerb_store_count_reasons(kerb_ctx *ctx, kerb_store *store,
                                              kerb_tally *rejected,
                                              kerb_tally *without_geometry);
/**
 * Does the spatial index of the incidents hold each of them, in its place, and nothing else?
 *
 * @param[out] fault  NULL when it does, else what is wrong in words (owned)
 *
 * Cost: about 3 s of CPU for a million rows.
 */
KERB_API kerb_status kerb_store_check_index(kerb_ctx *ctx, kerb_store *store, char **fault);
/**
 * Names of the coordinate operations its files were brought in by, joined by "; " (owned), and
 * the worst stated accuracy [m] among them (NAN when one states none).
 */
KERB_API kerb_status kerb_store_get_operation(kerb_ctx *ctx, kerb_store *store, char **names,
                                              double *accuracy_m);
/**
 * SHA-256 over the store's content: equal for stores built from the same inputs, whatever the
 * numbers of rows and names, the order of the imports, the version of kerb or how often it was
 * vacuumed; different when one value differs.
 *
 * Each file with its incidents in order of loading and its rejects by line, each set of areas
 * and each run is hashed by itself; the store is the hash of these, sorted.
 *
 * @param[out] hex  65 bytes
 * Cost: about 1.2 s of CPU for a million rows.
 */
KERB_API kerb_status kerb_store_digest(kerb_ctx *ctx, kerb_store *store, char *hex);

#ifdef __cplusplus
}
#endif
#endif
