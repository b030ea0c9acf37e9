/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_STUDY_H
#define KERB_STUDY_H

/**
 * The whole way from files to maps: incidents are opened from a store or from files, rows are
 * selected, an analysis is made and its outputs are written, each stamped with how it was made.
 *
 * A request is one such way (a surface, a table of beats, a list of hotspots). A study is a
 * YAML file that asks for many of them at once. The command `kerb` turns its options into the
 * same requests, so a result never depends on who asked.
 */

#include "kerb_areas.h"
#include "kerb_bandwidth.h"
#include "kerb_core.h"
#include "kerb_density.h"
#include "kerb_events.h"
#include "kerb_export.h"
#include "kerb_geo.h"
#include "kerb_grid.h"
#include "kerb_hotspots.h"
#include "kerb_ingest.h"
#include "kerb_like.h"
#include "kerb_quality.h"
#include "kerb_store.h"

#ifdef __cplusplus
extern "C" {
#endif

#define KERB_DEFAULT_CRS "EPSG:27700"

/* -------------------------------------------------------------------- input */

/** Incidents opened for analysis, from a store or straight from files. */
typedef struct kerb_input kerb_input;

/** How files are read and in which system analysis works; texts are borrowed. */
typedef struct kerb_input_options {
    const char *crs;       /**< working CRS; NULL: the store's, else KERB_DEFAULT_CRS */
    const char *input_crs; /**< of the files; NULL: their own or by column names */
    const char *format;    /**< as kerb_ingest_options */
    const char *source;
    const char *x_column, *y_column, *date_column, *category_column, *weight_column;
    const char *key_column; /**< of the reference; only for an import */
    const char *as_at; /**< a store's records as they stood on this day, "2024-03-03"; NULL:
                          as they stand now */
    const char *date_to_column, *recorded_column;
    kerb_nature nature; /**< of every row of files; {0}: as they or their format say */
} kerb_input_options;

/**
 * Open one store, or any files, folders and archives that an import takes (read into memory, no
 * database is written).
 *
 * @return KERB_ERR_ARG a store together with other inputs, or a working CRS analysis cannot use
 * · KERB_ERR_CRS the store has another working CRS · as kerb_store_open() and
 * kerb_ingest_read()
 */
KERB_API kerb_status kerb_input_open(kerb_ctx *ctx, const char *const *paths, size_t n_paths,
                                     const kerb_input_options *options, kerb_input **out);
KERB_API void kerb_input_free(kerb_input *input);
KERB_API const kerb_events *kerb_input_events(const kerb_input *input);
KERB_API const kerb_crs *kerb_input_crs(const kerb_input *input);
/** The open store, NULL when the incidents came straight from files. */
KERB_API kerb_store *kerb_input_store(kerb_input *input);
/** What became of the files' rows; NULL for a store. */
KERB_API const kerb_ingest_report *kerb_input_report(const kerb_input *input);

/**
 * Areas named by a user: a file, or `SET` or `SET:ID` of the open store, brought to the working
 * CRS with the index built.
 *
 * @return KERB_ERR_NOT_FOUND neither a file nor a set, naming the sets that are there
 */
KERB_API kerb_status kerb_input_areas(kerb_ctx *ctx, kerb_input *input, const char *name,
                                      const kerb_ingest_areas_options *options,
                                      kerb_areas_set **out);

/* ---------------------------------------------------------------- selection */

/** Which incidents, over which land. Texts are borrowed; NULL means "not asked for". */
typedef struct kerb_selection {
    kerb_filter filter;        /**< its `within` and `exclude` stay NULL: named below instead */
    const char *const *within; /**< each SET[:ID] or FILE: only events in one of them */
    size_t n_within;
    const char *const
        *exclude; /**< each SET[:ID] or FILE: events removed, land cut out of the window */
    size_t n_exclude;
    const char *study_area; /**< the window; NULL: the store's only set of role `study`, when it
                               has exactly one */
    const char *pool;       /**< name under which categories or sources are put together */
} kerb_selection;

#define KERB_SELECTION_ALL                                                                     \
    {                                                                                          \
        .filter = KERB_FILTER_ALL                                                              \
    }

/* ------------------------------------------------------------------ results */

typedef struct kerb_output_file {
    char *path;
    char sha256[65]; /**< "" for a store, which is compared by its digest */
} kerb_output_file;

/** What a request came to: the figures behind `--json`. */
typedef struct kerb_result {
    uint64_t events_read; /**< rows of the input, with or without coordinates */
    uint64_t events_used;
    kerb_tally *excluded; /**< events_read - events_used, by reason */
    char fingerprint[65]; /**< SHA-256 of the rows used */
    char *parameters;     /**< canonical JSON object: every choice made, keys sorted */
    char *import; /**< what became of the input's rows, a JSON object; NULL for a store */
    uint64_t n_rejected; /**< rows of the input that were rejected */
    char *details;       /**< further members of the result, a JSON object */
    char *summary;       /**< a few lines for people, each ended by a newline */
    double read_s, compute_s, compute_cpu_s, write_s;
    size_t n_outputs;
    kerb_output_file *outputs;
} kerb_result;

KERB_API void kerb_result_free(kerb_result *result);
/** The result as one JSON object with the members of cli.md, keys sorted (owned). */
KERB_API kerb_status kerb_result_json(kerb_ctx *ctx, const kerb_result *result, char **json);
/** An import's report as a JSON object: read, loaded, rejected, …, files[] (owned). */
KERB_API kerb_status kerb_report_json(kerb_ctx *ctx, const kerb_ingest_report *report,
                                      char **json);

/* ----------------------------------------------------------------- requests */

typedef struct kerb_import_request {
    const char *const *inputs;
    size_t n_inputs;
    const char *store; /**< created or appended to */
    kerb_input_options options;
    bool again; /**< load files that are in the store already */
    /** Day on which an extract was taken, "2024-03-03" (NULL: no extract), and the period for
     * which it is complete, "2024-01:2024-03", half-open (NULL: none named). */
    const char *as_at, *replace_period;
} kerb_import_request;

/** Load incidents into a store; KERB_ERR_ARG when as_at or the period cannot be read, or a
 * period comes without as_at. */
KERB_API kerb_status kerb_request_import(kerb_ctx *ctx, const kerb_import_request *request,
                                         kerb_result **out);

typedef struct kerb_forget_request {
    const char *store;
    const char *const *references; /**< n_references, each matching exactly */
    size_t n_references;
    const char *before; /**< a date, "2020-01-01"; not together with references */
    const char *source; /**< NULL: of all sources */
    bool is_trial;      /**< count only */
} kerb_forget_request;

/** Erase records and what they once were from a store (kerb_store_forget()). The result counts
 * and does not repeat what was erased. */
KERB_API kerb_status kerb_request_forget(kerb_ctx *ctx, const kerb_forget_request *request,
                                         kerb_result **out);

typedef struct kerb_areas_request {
    const char *input, *store, *set;
    const char *role;                  /**< NULL: beat */
    const char *crs;                   /**< working CRS of a new store */
    kerb_ingest_areas_options options; /**< its crs is filled in */
    bool overwrite;                    /**< replace a set of that name */
} kerb_areas_request;

/** Load a set of areas into a store; KERB_ERR_EXISTS when it has one of that name. */
KERB_API kerb_status kerb_request_areas(kerb_ctx *ctx, const kerb_areas_request *request,
                                        kerb_result **out);

/** What is done about land beyond the border, of which nothing is known. */
typedef enum kerb_edge {
    KERB_EDGE_DEFAULT, /**< none where incidents are loaded beyond the border, else diggle */
    KERB_EDGE_NONE,
    KERB_EDGE_UNIFORM,
    KERB_EDGE_DIGGLE,
    KERB_EDGES
} kerb_edge;

/** "default", "none", "uniform", "diggle"; "unknown" for others (borrowed). */
KERB_API const char *kerb_edge_name(kerb_edge edge);
/** Correction of a name in any case. False when there is none, and *out is as before. */
KERB_API bool kerb_edge_find(const char *name, kerb_edge *out);

/** Place and shape of a surface. */
typedef struct kerb_surface_options {
    kerb_density_options density; /**< its bandwidth is used when the rule is `fixed` */
    kerb_bandwidth_rule bandwidth_rule;
    size_t knn_k; /**< of `knn` */
    kerb_edge edge;
    bool is_adaptive; /**< bandwidths of single places after Abramson (1982) */
    bool has_cell;    /**< false: kerb_grid_default_cell_m() */
    double cell_m;
    bool has_bbox; /**< true: exactly this box */
    kerb_box bbox;
} kerb_surface_options;

#define KERB_SURFACE_OPTIONS_DEFAULT                                                           \
    {                                                                                          \
        .density = KERB_DENSITY_OPTIONS_DEFAULT                                                \
    }

typedef struct kerb_density_request {
    kerb_selection selection;
    kerb_surface_options surface;
    bool per_year;      /**< divide by the length of the period in years */
    kerb_like like;     /**< as this program would draw it, with `differences[]` in the details;
                             KERB_LIKE_NONE: kerb's own */
    bool has_bandwidth; /**< with `like`: surface.density.bandwidth_m was asked for; false: the
                             program's own rule, where it has one */
    kerb_raster_type type;
    const char *title;  /**< first words of the map's title; NULL: made from the selection */
    const char *output; /**< OUT.tif */
    bool overwrite;
} kerb_density_request;

/** A density surface in events per km² (per unit² on a plane) and its style. */
KERB_API kerb_status kerb_request_density(kerb_ctx *ctx, kerb_input *input,
                                          const kerb_density_request *request,
                                          kerb_result **out);

typedef struct kerb_beats_request {
    kerb_selection selection;
    const char *areas; /**< SET or FILE; NULL: the store's only set of role beat, else ward */
    kerb_ingest_areas_options areas_options; /**< for a FILE; its crs is filled in */
    const char *title;
    const char *const *outputs; /**< .geojson, .gpkg, .csv */
    size_t n_outputs;
    bool overwrite;
} kerb_beats_request;

/** Counts, shares and rates by area. */
KERB_API kerb_status kerb_request_beats(kerb_ctx *ctx, kerb_input *input,
                                        const kerb_beats_request *request, kerb_result **out);

typedef struct kerb_hotspots_request {
    kerb_selection selection;
    kerb_surface_options surface;
    kerb_hotspots_options hotspots; /**< its beats stay NULL: named below */
    const char *beats; /**< SET or FILE for names; NULL: the store's only set of role beat, else
                          ward, if any */
    kerb_ingest_areas_options areas_options;
    const char *title;
    const char *const *outputs;
    size_t n_outputs;
    bool overwrite;
} kerb_hotspots_request;

/** Ranked and named hotspots; without a category or a pool, of each category by itself. */
KERB_API kerb_status kerb_request_hotspots(kerb_ctx *ctx, kerb_input *input,
                                           const kerb_hotspots_request *request,
                                           kerb_result **out);

typedef struct kerb_check_request {
    kerb_selection selection; /**< rows of several sources are checked, each by itself */
    double radius_m;          /**< reach of the kernel that is meant, > 0 */
    const char
        *areas; /**< SET or FILE to compare with, beside the sets of a store; NULL: none */
    kerb_ingest_areas_options areas_options; /**< for a FILE; its crs is filled in */
    const char *title;
    const char *output; /**< .json, .csv or .html; NULL: none */
    bool overwrite;
} kerb_check_request;

/**
 * What the incidents can bear: hit rates, stacks, breaks, gaps and the rest of kerb_quality.h.
 * Sets of role
 * `sensitive` are not told of, nor is any place in them.
 *
 * The result's details: `findings[{check, severity, subject{}, figures{}, sentence}]`,
 * `checks[{check, title, question, ok, notes, warnings}]`, `warnings`, `notes`.
 */
KERB_API kerb_status kerb_request_check(kerb_ctx *ctx, kerb_input *input,
                                        const kerb_check_request *request, kerb_result **out);
/** Refuse before long work what kerb_request_check() would refuse to write. */
KERB_API kerb_status kerb_check_output(kerb_ctx *ctx, const char *path, bool overwrite);

/* -------------------------------------------------------------------- study */

/** A study file that was read and checked. */
typedef struct kerb_study kerb_study;

/** KERB_ERR_FORMAT names file, line and column of the first thing that cannot be right. */
KERB_API kerb_status kerb_study_read(kerb_ctx *ctx, const char *path, kerb_study **out);
KERB_API void kerb_study_free(kerb_study *study);

/**
 * Do all that a study asks: load the store, make every surface, table and list, one for each
 * source, write them into one folder. Files are made in a hidden folder beside their places and
 * moved there once all are whole; a failure, an interruption or a kill leaves none of them.
 *
 * @param folder     NULL: the study's own
 * @param overwrite  replace outputs that are there; otherwise KERB_ERR_EXISTS before any work
 * @param[out] json  what was done (owned): `import`, `results[]`, and the members of every
 * result; its events are those of the import
 * @param[out] summary  lines for people (owned)
 */
KERB_API kerb_status kerb_study_run(kerb_ctx *ctx, const kerb_study *study, const char *folder,
                                    bool overwrite, char **json, char **summary);

#ifdef __cplusplus
}
#endif
#endif
