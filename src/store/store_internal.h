/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_STORE_INTERNAL_H
#define KERB_STORE_INTERNAL_H

/** What the files of store share with each other and with nobody else; the one place that names
 * SQLite. */

#include "kerb_base.h"
#include "kerb_store.h"

#include <sqlite3.h>

/* ------------------------------------------------------------- the open store */

/** Written into the file's head (offset 68), so that a store is known without opening it:
 * "kerb". */
#define KERB_STORE__APPLICATION_ID 0x6b657262

typedef struct kerb_store__rows_feed kerb_store__rows_feed;

struct kerb_store {
    char *path; /**< as the caller said it */
    kerb_store_mode mode;
    kerb_crs *crs;
    int srid; /**< of geometry blobs: the EPSG code, -1 for a plane, or a number of our own */
    sqlite3 *db;                 /**< NULL after a failure that left nothing open */
    kerb_output *output;         /**< while the store is new and has no name yet */
    kerb_store__rows_feed *feed; /**< what the virtual tables hand out */
    bool in_transaction;
};

/* ----------------------------------------------------------------- connection */

/** Open a file by the connection rules of docs/decisions/0003-store.md. `path` is used in
 * messages. */
kerb_status kerb_store__connect(kerb_ctx *ctx, const char *path, const char *file,
                                bool writable, sqlite3 **out);
/** Milliseconds that a connection waits for a lock. */
#define KERB_STORE__BUSY_MS 5000
/** "./" in front of names that SQLite would take for something else than a file ("file:…",
 * ":memory:"); owned. */
char *kerb_store__plain_path(const char *path);
/** Put what SQLite just said of `db` into words; `rc` is its code. `doing` ("reading",
 * "writing") is for faults of our own. */
kerb_status kerb_store__fail(kerb_ctx *ctx, const char *path, sqlite3 *db, int rc,
                             const char *doing);
/** Run statements without results. */
kerb_status kerb_store__run(kerb_ctx *ctx, const char *path, sqlite3 *db, const char *sql);
kerb_status kerb_store__prepare(kerb_ctx *ctx, const kerb_store *store, const char *sql,
                                sqlite3_stmt **out);
/** Step a statement that gives no row, then reset it and forget its texts. */
kerb_status kerb_store__step(kerb_ctx *ctx, const kerb_store *store, sqlite3_stmt *stmt);
/** Step to a row; `*has_row` false at the end. */
kerb_status kerb_store__step_row(kerb_ctx *ctx, const kerb_store *store, sqlite3_stmt *stmt,
                                 bool *has_row);
/** The single integer that a query gives; `fallback` when it gives no row. */
kerb_status kerb_store__query_int(kerb_ctx *ctx, const kerb_store *store, const char *sql,
                                  int64_t fallback, int64_t *out);
/** Bind a text that stays valid until the step; NULL binds NULL. */
void kerb_store__bind_text(sqlite3_stmt *stmt, int i, const char *text);
/** Text of a result column, "" for NULL (borrowed until the next step). */
const char *kerb_store__column_text(sqlite3_stmt *stmt, int i);

/** BEGIN IMMEDIATE; KERB_ERR_ARG when the store was opened for reading or has a transaction
 * already. */
kerb_status kerb_store__begin(kerb_ctx *ctx, kerb_store *store);
/** Commit; a new store gets its name. On failure everything is rolled back. */
kerb_status kerb_store__commit(kerb_ctx *ctx, kerb_store *store);
void kerb_store__rollback(kerb_store *store);
/** One snapshot for several queries; end it with kerb_store__end_reading(). Inside a
 * transaction both do nothing. */
kerb_status kerb_store__begin_reading(kerb_ctx *ctx, kerb_store *store, bool *began);
void kerb_store__end_reading(kerb_store *store, bool began);

/* ----------------------------------------------------------------------- head */

/** What the first 100 bytes of a file say. */
typedef struct kerb_store__head {
    bool exists, readable, is_folder, is_sqlite, is_gpkg, is_kerb, is_wal;
    int64_t n_bytes;          /**< of the file */
    int64_t n_bytes_expected; /**< by its own page count; 0 when it does not say */
    int os_error;
} kerb_store__head;
/** Look at a file without SQLite's help, but through its file layer (see store_head.c). */
kerb_store__head kerb_store__read_head(const char *path);
/** The same of an open database, under its lock. */
kerb_store__head kerb_store__read_open_head(sqlite3 *db);

/* ----------------------------------------------------------------- migrations */

typedef struct kerb_store__migration {
    const char *name;
    const char *sql;
} kerb_store__migration;
/** Made from src/store/sql at build time; the n-th brings a store to version n. */
extern const kerb_store__migration kerb_store__migrations[];
extern const int kerb_store__n_migrations;

/** A connection with SpatiaLite's functions and with triggers on: for making tables, and for
 * nothing else. */
typedef struct kerb_store__spatial {
    sqlite3 *db;
    void *cache; /* SpatiaLite's own, freed after the connection */
} kerb_store__spatial;
/** `file` is ":memory:" or a path; `path` is used in messages. */
kerb_status kerb_store__spatial_open(kerb_ctx *ctx, const char *path, const char *file,
                                     kerb_store__spatial *out);
void kerb_store__spatial_close(kerb_store__spatial *spatial);
/** EPSG code, -1 for a plane, a fixed number of our own for a system without a code. */
int kerb_store__srid(const kerb_crs *crs);
/**
 * Make the tables in an empty database in memory: SpatiaLite's metadata, the reference systems
 * in use, and the first `n_migrations` migrations. `crs` NULL stands for a plane.
 */
kerb_status kerb_store__create(kerb_ctx *ctx, const char *path,
                               const kerb_store__spatial *spatial, const kerb_crs *crs,
                               int n_migrations);
/** Bring an existing store from version `from` to the newest, in one transaction. */
kerb_status kerb_store__migrate(kerb_ctx *ctx, kerb_store *store, int from);

/** Compare tables, triggers and views with those that kerb and SpatiaLite make for this
 * version. */
kerb_status kerb_store__check_schema(kerb_ctx *ctx, const char *path, sqlite3 *db, int version,
                                     const char *spatialite_version);

/* ------------------------------------------------------------------- geometry */

#define KERB_STORE__POINT_BYTES 60
/** SpatiaLite blob of a point, KERB_STORE__POINT_BYTES long. */
void kerb_store__make_point(int srid, double x, double y, unsigned char *blob);
/** False when the blob is no finite point in this reference system. */
bool kerb_store__read_point(int srid, const unsigned char *blob, size_t n_bytes, double *x,
                            double *y);
/** SpatiaLite blob from little-endian WKB of a multipolygon; owned, kerb_free(). */
kerb_status kerb_store__make_multipolygon(kerb_ctx *ctx, int srid, kerb_box box,
                                          const uint8_t *wkb, size_t n_bytes,
                                          unsigned char **blob, size_t *n_blob);
/** WKB from a SpatiaLite blob of a (multi)polygon; owned. KERB_ERR_FORMAT (without words) when
 * it is none. */
kerb_status kerb_store__read_multipolygon(const unsigned char *blob, size_t n_bytes,
                                          uint8_t **wkb, size_t *n_wkb);

/* -------------------------------------------------------------- the packed index */

/**
 * Boxes of points as the R*Tree keeps them: float32, minimum rounded down. The maximum is the
 * same number, or the next float up when the coordinate is not exact in float32.
 */
typedef struct kerb_store__points {
    size_t n, capacity;
    float *x, *y;     /**< NAN: no geometry */
    uint8_t *inexact; /**< two bits a row: 1 x, 2 y; four rows a byte */
    int64_t first_id; /**< row i has id first_id + i … */
    int64_t *ids;     /**< … unless this is not NULL; ascending */
    size_t n_located;
} kerb_store__points;
/** Append; x and y both NAN without geometry. `id` must be larger than all before. */
kerb_status kerb_store__points_add(kerb_ctx *ctx, kerb_store__points *points, int64_t id,
                                   double x, double y);
void kerb_store__points_clear(kerb_store__points *points);
int64_t kerb_store__points_id(const kerb_store__points *points, size_t i);
/** Box of row i as four floats xmin xmax ymin ymax; false without geometry. */
bool kerb_store__points_box(const kerb_store__points *points, size_t i, float box[4]);

/** Order of rows along a Hilbert curve: `order` (n_located numbers of rows, kerb_free()), also
 * memory for 16 bytes a row meanwhile. */
kerb_status kerb_store__hilbert_order(kerb_ctx *ctx, const kerb_store__points *points,
                                      uint32_t **order);
/** Replace the incident index by a packed one that holds these points and nothing else. */
kerb_status kerb_store__pack_index(kerb_ctx *ctx, kerb_store *store,
                                   const kerb_store__points *points);
/** Scan the stored geometries and pack the index from them. */
kerb_status kerb_store__repack_index(kerb_ctx *ctx, kerb_store *store);
/** Insert points one by one. */
kerb_status kerb_store__insert_index(kerb_ctx *ctx, kerb_store *store,
                                     const kerb_store__points *points);

/* ----------------------------------------------------------------- virtual tables */

/** Names that a row may carry in the table `incident`, by store id; 0 is none. */
enum {
    KERB_STORE__SOURCE,
    KERB_STORE__CATEGORY,
    KERB_STORE__LABEL,
    KERB_STORE__AREA_CODE,
    KERB_STORE__ID_KINDS
};

/** What `kerb_rows` (incidents of a batch) and `kerb_index_rows` (row to node) hand out now. */
struct kerb_store__rows_feed {
    const kerb_import_rows *rows;
    const int64_t *name_ids[KERB_STORE__ID_KINDS]; /**< by row */
    int64_t first_id, file_id, extract_id;
    int srid;

    const kerb_store__points *points;
    const uint32_t *node_of; /**< node of row i, 0 without geometry */
};
kerb_status kerb_store__register_rows(kerb_ctx *ctx, kerb_store *store);

/* --------------------------------------------------------------------- names */

/** Names of one import: number (as callers see it) to id (as the table has it). */
typedef struct kerb_store__names {
    kerb_strings *strings[KERB_NAME_KINDS];
    int64_t *ids[KERB_NAME_KINDS]; /**< by number - 1; not for area codes and names, which are
                                      rows only as a pair */
    size_t capacity[KERB_NAME_KINDS];
    sqlite3_stmt *insert[KERB_NAME_KINDS];
    struct kerb_store__pair
        *pairs; /**< open addressing: area code number, area name number, id */
    size_t n_pairs, n_slots;
    sqlite3_stmt *insert_pair;
} kerb_store__names;
kerb_status kerb_store__names_init(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names);
void kerb_store__names_clear(kerb_store__names *names);
kerb_status kerb_store__names_add(kerb_ctx *ctx, kerb_store *store, kerb_store__names *names,
                                  kerb_name_kind kind, const char *text, size_t length,
                                  uint32_t *out);
/** Id of an area code with its name, added when new; 0 when both are 0. */
kerb_status kerb_store__names_add_pair(kerb_ctx *ctx, kerb_store *store,
                                       kerb_store__names *names, uint32_t code, uint32_t name,
                                       int64_t *id);

/* --------------------------------------------------------------------- imports */

/** Statements that take an incident out again (store_supersede.c). */
enum { KERB_STORE__SUPERSEDE_STEPS = 8 };

/** Statements for vehicles and casualties (store_linked.c). */
enum { KERB_STORE__LINKED_STATEMENTS = 6 };

/** The incident goes: its vehicles and casualties go too, as rejects (`collision_replaced`) of
 * their files. `reference` is the incident's own, made visible. Before the incident is deleted.
 */
kerb_status kerb_store__take_out_linked(kerb_ctx *ctx, kerb_store *store, int64_t incident_id,
                                        const char *reference);

/** Delete what is linked to an incident, without a word about it in the figures of the files.
 */
kerb_status kerb_store__delete_linked(kerb_ctx *ctx, kerb_store *store, int64_t incident_id);

/** Counts of collisions, vehicles and casualties, by file. */
enum { KERB_STORE__RECORD_KINDS = 3 };
typedef struct kerb_store__file_records {
    int64_t file_id;
    int64_t n[KERB_STORE__RECORD_KINDS];
} kerb_store__file_records;
typedef struct kerb_store__records {
    size_t n;
    kerb_store__file_records *files; /**< only those that have any */
    int64_t n_all[KERB_STORE__RECORD_KINDS];
} kerb_store__records;
/** `out` begins zeroed. */
kerb_status kerb_store__records_read(kerb_ctx *ctx, kerb_store *store,
                                     kerb_store__records *out);
void kerb_store__records_clear(kerb_store__records *records);
/** Add `"records":{…}` to a JSON object: of all files, or of one. */
void kerb_store__records_add_all(const kerb_store__records *records, kerb_text *json);
void kerb_store__records_add_file(const kerb_store__records *records, int64_t file_id,
                                  kerb_text *json);

struct kerb_import {
    kerb_store *store;
    int64_t import_id;
    int64_t first_id; /**< of the incidents that this import adds */
    int64_t n_before; /**< incidents before it began; -1: not counted */
    int64_t n_superseded;
    int64_t n_indexed; /**< of them in the spatial index */
    bool committed, failed;
    int64_t extract_id; /**< 0: no extract (store_extract.c) */
    kerb_import_extract extract;
    int64_t *kept; /**< records that a rejected row of the extract speaks of */
    size_t n_kept, kept_capacity;
    bool is_reconciled, must_repack;
    kerb_store__names names;
    kerb_store__points points;
    int64_t *row_ids[KERB_STORE__ID_KINDS]; /**< scratch for a batch */
    size_t row_capacity;
    sqlite3_stmt *supersede[KERB_STORE__SUPERSEDE_STEPS]; /**< prepared at first use */
    sqlite3_stmt *linked[KERB_STORE__LINKED_STATEMENTS];  /**< prepared at first use */
    bool has_linked;           /**< there are collisions with vehicles or casualties */
    sqlite3_stmt *insert_rows; /**< for these `columns` (store_import.c) */
    unsigned columns;
    sqlite3_stmt *insert_file, *finish_file, *insert_reason, *insert_reject, *find_file;
    sqlite3_stmt *find_kind, *set_kind, *insert_personal;
};

/* -------------------------------------------------------------- sensitive places */

/** The areas of all sets of role sensitive, without ids and names (owned); NULL: none. */
kerb_status kerb_store__read_mask(kerb_ctx *ctx, kerb_store *store, kerb_areas_set **out);
/** Is a place to be withheld? False without a mask and for NAN. */
bool kerb_store__is_masked(const kerb_areas_set *mask, double x, double y);

/* ------------------------------------------------------------------------ kinds */

typedef struct kerb_store__kind {
    int64_t source_id, category_id;
    kerb_nature nature;
} kerb_store__kind;
/** The table category_kind, sorted by ids. */
typedef struct kerb_store__kinds {
    kerb_store__kind *list;
    size_t n;
} kerb_store__kinds;
/** Into an empty list; kerb_store__kinds_clear() also on failure. */
kerb_status kerb_store__kinds_read(kerb_ctx *ctx, kerb_store *store, kerb_store__kinds *out);
/** {0} when nobody said. */
kerb_nature kerb_store__kinds_find(const kerb_store__kinds *kinds, int64_t source_id,
                                   int64_t category_id);
void kerb_store__kinds_clear(kerb_store__kinds *kinds);
/** As kerb_import_set_kind(). */
kerb_status kerb_store__set_kind(kerb_ctx *ctx, kerb_import *import, uint32_t source,
                                 uint32_t category, kerb_nature nature);
/** The personal values of a batch, whose first row has this id. */
kerb_status kerb_store__add_personal(kerb_ctx *ctx, kerb_import *import,
                                     const kerb_import_rows *rows, int64_t first_id);

/** The sources that an extract speaks of: those of its rows and files. */
kerb_status kerb_store__extract_add_sources(kerb_ctx *ctx, kerb_import *import);
/** KERB_ERR_EXISTS when a later extract of one of its sources overlaps its period. */
kerb_status kerb_store__extract_check_order(kerb_ctx *ctx, kerb_import *import);
kerb_status kerb_store__extract_write_changes(kerb_ctx *ctx, kerb_import *import,
                                              const kerb_import_changes *changes);
/** KERB_ERR_EXISTS: the store holds `what` from an extract that is not older than this one. */
kerb_status kerb_store__fail_late(kerb_ctx *ctx, const kerb_import *import, const char *what,
                                  kerb_civil_s newest);

/** Members extracts, n_versions and forgotten of kerb_store_info(), each ended by a comma. */
kerb_status kerb_store__info_add_extracts(kerb_ctx *ctx, kerb_store *store, kerb_text *json);

/** Tables whose rows hang on an incident by their column incident_id. */
#define KERB_STORE__LINKED_TABLES                                                              \
    {                                                                                          \
        "incident_personal", "collision", "vehicle", "casualty"                                \
    }
/** Is there such a table, and anything in it? */
kerb_status kerb_store__is_linked_used(kerb_ctx *ctx, kerb_store *store, const char *table,
                                       bool *out);

/** Rows with the newest statistics for QGIS: `row_count` and box of both layers, without a
 * clock. */
kerb_status kerb_store__write_statistics(kerb_ctx *ctx, kerb_store *store, const char *table,
                                         const char *view, int64_t n_rows);

#endif
