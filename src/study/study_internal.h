/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STUDY_INTERNAL_H
#define STUDY_INTERNAL_H

/** What the files of the study module share: JSON objects, prepared selections, surfaces, and
 * the common course of a request. */

#include "kerb_base.h"
#include "kerb_study.h"

/* --------------------------------------------------------------------- json */

/** A JSON object being put together; members are written in order of key. Start with {0}. */
typedef struct kerb_json {
    struct kerb_json_member {
        char *key, *value;
    } * members;
    size_t n, capacity;
    bool failed;
} kerb_json;

void kerb_json_add_raw(kerb_json *object, const char *key, const char *json);
void kerb_json_add_text(kerb_json *object, const char *key,
                        const char *value);                                /**< NULL: null */
void kerb_json_add_real(kerb_json *object, const char *key, double value); /**< NAN: null */
void kerb_json_add_integer(kerb_json *object, const char *key, int64_t value);
void kerb_json_add_count(kerb_json *object, const char *key, uint64_t value);
void kerb_json_add_bool(kerb_json *object, const char *key, bool value);
void kerb_json_add_texts(kerb_json *object, const char *key, const char *const *values,
                         size_t n);
void kerb_json_add_tally(kerb_json *object, const char *key, const kerb_tally *tally);
/** An instant as text at a precision, null when there is none. */
void kerb_json_add_civil(kerb_json *object, const char *key, kerb_civil_s time);
/** The object as text; empties it. `braces` false gives the members alone, for insertion. */
kerb_status kerb_json_take(kerb_ctx *ctx, kerb_json *object, bool braces, char **out);
void kerb_json_clear(kerb_json *object);

/* -------------------------------------------------------------------- input */

/** Name and accuracy of the coordinate operations of the input's files. */
const char *kerb_input__operation(const kerb_input *input);
double kerb_input__operation_accuracy_m(const kerb_input *input);
/** An input over an open store, which it borrows; for a study that has just filled it. */
kerb_status kerb_input__from_store(kerb_ctx *ctx, kerb_store *store, kerb_input **out);
/** Role of a set of the input's store, of `SET` or `SET:ID`; "" for a file and for what is not
 * there. Owned. */
kerb_status kerb_input__area_role(kerb_ctx *ctx, kerb_input *input, const char *name,
                                  char **out);
/** As kerb_crs_check_working(), with the zone that fits the files in the message. */
kerb_status kerb_study__check_working(kerb_ctx *ctx, const kerb_crs *crs,
                                      const char *const *paths, size_t n_paths,
                                      const kerb_input_options *options);
double kerb_input__read_s(const kerb_input *input);
/** Day on which the records are read as they stood; KERB_CIVIL_NONE: as they stand now. */
kerb_civil_s kerb_input__as_at(const kerb_input *input);
/** A whole day, "2024-03-03", of an option named in the message. */
kerb_status kerb_study__parse_day(kerb_ctx *ctx, const char *option, const char *text,
                                  kerb_civil_s *out);
/** A text made for a message or file name from any bytes: lower case, digits, `_`; never empty.
 * Owned, NULL when out of memory. */
char *kerb_study__slug(const char *name);

/* -------------------------------------------------------------------- areas */

/** Read a file of areas and write it into a store as a set; `*out` is the set (owned), `sha256`
 * has room for 65 bytes. Nothing of sensitive places is logged or told. */
kerb_status kerb_study__store_areas(kerb_ctx *ctx, kerb_store *store, const char *path,
                                    const char *set_name, const char *role,
                                    const kerb_ingest_areas_options *options, char *sha256,
                                    kerb_areas_set **out);

/* ---------------------------------------------------------------- selection */

/** A selection with its areas read and its rows chosen. */
typedef struct kerb_prepared {
    kerb_areas_set *window;  /**< the study area; NULL: none */
    kerb_areas_set *exclude; /**< all areas to cut out; NULL: none */
    kerb_areas_set *within;
    kerb_events *events; /**< rows that passed */
    kerb_tally *excluded;
    bool by_category;    /**< categories are analysed one by one */
    char *window_name;   /**< as it goes into parameters; NULL none */
    bool window_by_role; /**< nobody named it: the store's only set of role `study` */
    const char **categories, **sources; /**< names asked for, as the rows spell them, sorted */
    size_t n_categories, n_sources;     /**< 0: all */
    bool has_as_at; /**< rows are the records as they stood on the day `as_at` */
    kerb_civil_s as_at;
    kerb_civil_s period_from, period_to; /**< of the rows; KERB_CIVIL_NONE when undated */
    char fingerprint[65];
} kerb_prepared;

#define KERB_PREPARE_LOCATED 1u /**< rows without coordinates are left out and counted */
#define KERB_PREPARE_BY_CATEGORY                                                               \
    2u                       /**< categories will be analysed one by one: nothing is mixed */
#define KERB_PREPARE_HARM 4u /**< of stop and search this is not made: it is refused */
#define KERB_PREPARE_UNMIXED                                                                   \
    8u /**< sources and categories will be looked at one by one: nothing is mixed */

/**
 * Read the areas and choose the rows.
 *
 * Rows of several sources are refused without a pool name; several kinds, such as crime with
 * anti-social behaviour, are let through with a warning and a title that says so.
 */
kerb_status kerb_study__prepare(kerb_ctx *ctx, kerb_input *input,
                                const kerb_selection *selection, unsigned how,
                                kerb_prepared **out);
void kerb_study__prepared_free(kerb_prepared *prepared);
/** The rows whose byte is not 0 as a new table; names keep their numbers. */
kerb_status kerb_study__subset(kerb_ctx *ctx, const kerb_events *from, const uint8_t *keep,
                               kerb_events **out);
/** Append every area of a set to another. */
kerb_status kerb_study__append_areas(kerb_ctx *ctx, const kerb_areas_set *from,
                                     kerb_areas_set *to);
/** The beats to use: a named set or file, else the store's only set of role beat, else ward;
 * NULL when there is none. `name` (owned) is how it goes into parameters. */
kerb_status kerb_study__beats(kerb_ctx *ctx, kerb_input *input, const char *wanted,
                              const kerb_ingest_areas_options *options, kerb_areas_set **out,
                              char **name);
/** Recompute the period after the rows changed. */
void kerb_study__refresh(kerb_prepared *prepared);
/** Keep the rows whose byte is not 0 and count the others under a reason. */
kerb_status kerb_study__keep_rows(kerb_ctx *ctx, kerb_prepared *prepared, const uint8_t *keep,
                                  const char *reason);
/** Add what was selected to canonical parameters: category, source, from, to, hours, …,
 * study_area, exclude, within, pool, length_unit. */
void kerb_study__add_selection(kerb_json *parameters, const kerb_selection *selection,
                               const kerb_prepared *prepared, const kerb_crs *crs);
/** "Burglary, Leicestershire Police, 2020-01 to 2021-12 (24 months with records)" (owned). */
kerb_status kerb_study__title(kerb_ctx *ctx, const char *first_words,
                              const kerb_selection *selection, const kerb_prepared *prepared,
                              char **out);
/** A line that names the study area, for people; nothing when there is none. */
void kerb_study__add_window(kerb_text *text, const kerb_prepared *prepared);

/* -------------------------------------------------------------------- kinds */

/** How many rows are of each kind and origin. */
typedef struct kerb_nature_counts {
    uint64_t n;
    uint64_t of_kind[KERB_KINDS], of_origin[KERB_ORIGINS];
} kerb_nature_counts;
kerb_nature_counts kerb_study__count_natures(const kerb_events *events);
/** Kinds that should not be put together unnamed. */
bool kerb_study__is_mixture(const kerb_nature_counts *counts);
/** "crime, fires and other incidents". */
void kerb_study__add_kind_words(kerb_text *text, const kerb_nature_counts *counts);
/** Are all rows what the police found themselves? */
bool kerb_study__is_police_activity(const kerb_nature_counts *counts);
/** Tell people what is put together and what shows where the police look. */
void kerb_study__warn_natures(kerb_ctx *ctx, const kerb_events *events, bool by_category,
                              bool is_pooled);
/** KERB_ERR_FORMAT when a row is stop and search, with what would leave it out. */
kerb_status kerb_study__refuse_searches(kerb_ctx *ctx, const kerb_events *events);
/** Parameters: `kind` as asked (bits; 0 none), `kinds_used` and `origins_used` of the rows,
 * left out where nobody said what any row is. */
void kerb_study__add_natures(kerb_json *parameters, const kerb_events *events, unsigned asked);

/* ------------------------------------------------------------------ surface */

/** Where a surface lies: its grid and the cells that get a value. */
typedef struct kerb_frame {
    kerb_grid_spec spec;
    uint8_t *mask; /**< NULL: all cells, or not held */
    /** What the mask is made of, NULL none; borrowed from the rows' kerb_prepared. */
    const kerb_areas_set *window, *exclude;
    size_t held_cells;            /**< a mask of more cells is not held */
    size_t n_guard;               /**< rows outside the window that reach a cell of it */
    kerb_density_options density; /**< with its bandwidth settled */
    kerb_bandwidth_rule bandwidth_rule;
    bool is_adaptive;
    kerb_edge edge; /**< settled: never KERB_EDGE_DEFAULT */
} kerb_frame;

/**
 * Lay out the grid over the window (or the box, or the events), and leave out the rows that
 * reach no cell: they go from prepared->events to the tally as `outside_study_area`.
 */
kerb_status kerb_study__frame(kerb_ctx *ctx, const kerb_crs *crs, kerb_prepared *prepared,
                              const kerb_surface_options *options, kerb_frame *out);
/** The same for work in bands of rows: the grid may be larger than memory, and a mask of more
 * than `held_cells` is not held. */
kerb_status kerb_study__frame_in_bands(kerb_ctx *ctx, const kerb_crs *crs,
                                       kerb_prepared *prepared,
                                       const kerb_surface_options *options, size_t held_cells,
                                       kerb_frame *out);
#define KERB_FRAME_HELD_CELLS ((size_t)1 << 26)
void kerb_study__frame_clear(kerb_frame *frame);
/** Make the mask of a frame that has none yet. */
kerb_status kerb_study__hold_mask(kerb_ctx *ctx, kerb_frame *frame);
/** Mask of some rows, NULL: all cells; in `room` (n_rows * n_cols bytes) when it is not held.
 */
kerb_status kerb_study__mask_rows(kerb_ctx *ctx, const kerb_frame *frame, size_t first_row,
                                  size_t n_rows, uint8_t *room, const uint8_t **out);
/** Rows of a band that fits into memory: 2^24 cells, or 256 rows when they are longer. */
size_t kerb_study__band_rows(const kerb_grid_spec *spec);
/** Leave out rows that reach no cell, and count those outside the window that do. */
kerb_status kerb_study__keep_reaching(kerb_ctx *ctx, kerb_prepared *prepared, double reach_m,
                                      kerb_frame *frame);
/** Settle the bandwidth of a frame from the rows. */
kerb_status kerb_study__settle_bandwidth(kerb_ctx *ctx, const kerb_prepared *prepared,
                                         const kerb_surface_options *options,
                                         kerb_frame *frame);
/**
 * Does the settled bandwidth go with the grid of the frame? KERB_ERR_RANGE when it is under
 * half a cell, with the cell that fits; a warning when it is wider than the land.
 */
kerb_status kerb_study__check_bandwidth(kerb_ctx *ctx, const kerb_crs *crs,
                                        const kerb_prepared *prepared,
                                        const kerb_surface_options *options,
                                        const kerb_frame *frame);
/** Settle the edge correction of a frame that has its grid and mask, and say which. */
kerb_status kerb_study__settle_edge(kerb_ctx *ctx, const kerb_crs *crs, kerb_prepared *prepared,
                                    const kerb_surface_options *options, kerb_frame *frame);
/** Rows as the density module takes them. Start with {0}. */
typedef struct kerb_frame_points {
    kerb_density_points points;
    double *weight, *bandwidth_m; /**< owned; NULL where the rows' own serve */
} kerb_frame_points;

/**
 * Rows as weighted points: an edge correction at the event (Diggle) is in the weights, an
 * adaptive bandwidth beside them. Every surface of a frame, whole or in bands, is of these.
 *
 * @param events  rows that the frame was laid out for, or some of them; borrowed by *out
 */
kerb_status kerb_study__frame_points(kerb_ctx *ctx, const kerb_frame *frame,
                                     const kerb_events *events, kerb_frame_points *out);
void kerb_study__frame_points_clear(kerb_frame_points *points);
/** Is the correction made at the cells (uniform)? Then values are divided by what
 * kerb_study__edge_rows() gives. */
bool kerb_study__has_edge_rows(const kerb_frame *frame);
/** Divisors of n_rows rows, 1 far from the border: n_rows * n_cols. */
kerb_status kerb_study__edge_rows(kerb_ctx *ctx, const kerb_frame *frame, size_t first_row,
                                  size_t n_rows, double *divisors);
/** Sum of the weights of the rows with coordinates, as good as in twice the precision. */
double kerb_study__sum_weights(const kerb_events *events);
/** Rows of a surface with all that the frame asks: the kernel's sums, then the divisors.
 * `values` all 0 on entry, as kerb_density_surface_rows(). */
kerb_status kerb_study__surface_rows(kerb_ctx *ctx, const kerb_frame *frame,
                                     kerb_density_surface *surface, size_t first_row,
                                     size_t n_rows, const uint8_t *mask, double *values);
/**
 * The surface of rows on a frame, with its bandwidth and edge correction.
 *
 * @param events  rows that the frame was laid out for, or some of them
 * @param report  may be NULL
 */
kerb_status kerb_study__surface(kerb_ctx *ctx, const kerb_frame *frame,
                                const kerb_events *events, kerb_grid **out,
                                kerb_density_mass *mass, kerb_density_report *report);
/** A surface as another program would draw it, with the table of differences. */
kerb_status kerb_study__request_like(kerb_ctx *ctx, kerb_input *input,
                                     const kerb_density_request *request, kerb_result **out);
/** What is known of a surface that was handed over in bands. */
typedef struct kerb_surface_figures {
    kerb_density_mass mass;
    kerb_grid_summary summary; /**< of the values as they were handed over */
    kerb_density_report report;
} kerb_surface_figures;

/** Rows of a surface, north to south; the values may be changed. */
typedef kerb_status kerb_study__take_rows(void *user, double *values, size_t n_rows);
/** As kerb_study__surface(), handed to `take` in bands of `band_rows` rows and never held as a
 * whole. */
kerb_status kerb_study__surface_in_bands(kerb_ctx *ctx, const kerb_frame *frame,
                                         const kerb_events *events, size_t band_rows,
                                         kerb_study__take_rows *take, void *user,
                                         kerb_surface_figures *out);
/** How a surface was made, for parameters: the kernel; the grid; what became of the weight. */
void kerb_study__add_kernel(kerb_json *parameters, const kerb_frame *frame);
void kerb_study__add_grid(kerb_json *parameters, const kerb_grid_spec *spec);
void kerb_study__add_mass(kerb_json *parameters, const kerb_density_mass *mass, size_t n_guard);
/** How near the surface is to the exact one; nothing when an error was not allowed. */
void kerb_study__add_error(kerb_json *parameters, const kerb_density_options *density,
                           const kerb_density_report *report);

/* --------------------------------------------------------------------- task */

/**
 * What every analysis goes through, so that a request tells only what is its own:
 *
 *   begin     outputs are checked, the clock starts
 *   …         rows are prepared and computed with, parameters are added
 *   computed  figures, parameters and title are settled
 *   write     a raster or a layer, stamped, and its checksums
 *   end       the result is handed over
 */
typedef struct kerb_task {
    const char *command;
    kerb_input *input;
    const kerb_selection *selection;
    kerb_prepared *prepared; /**< made by the request */
    kerb_result *result;
    kerb_json parameters;
    char *title;
    bool overwrite;
    double start_s, start_cpu_s;
    double write_s,
        write_cpu_s; /**< spent on outputs before `computed`; no part of computing */
} kerb_task;

kerb_status kerb_study__begin(kerb_ctx *ctx, kerb_task *task, const char *const *outputs,
                              size_t n_outputs, bool raster);
/** @param first_words  of the title; NULL: from the selection */
kerb_status kerb_study__computed(kerb_ctx *ctx, kerb_task *task, uint64_t events_used,
                                 const char *first_words);
kerb_status kerb_study__write_raster(kerb_ctx *ctx, kerb_task *task, const kerb_grid *grid,
                                     const char *unit, kerb_raster_type type,
                                     const char *output);
/** The end of a raster that was written in rows. */
kerb_status kerb_study__finish_raster(kerb_ctx *ctx, kerb_task *task,
                                      kerb_raster_writer *writer,
                                      const kerb_raster_style *style, const char *output);
/** How the result was made, as one canonical JSON object (owned). */
kerb_status kerb_study__stamp(kerb_ctx *ctx, const kerb_task *task, char **json);
/** The members of result->details go into every file that can hold them. */
kerb_status kerb_study__write_layer(kerb_ctx *ctx, kerb_task *task, const kerb_layer *layer,
                                    const char *const *outputs, size_t n_outputs);
/** Hand the result over when all went well; free the rest. */
kerb_status kerb_study__end(kerb_task *task, kerb_status status, kerb_result **out);

/* -------------------------------------------------------------------- store */

/** Open a store for writing in the working CRS asked for, else its own, else the default. */
kerb_status kerb_study__open_store(kerb_ctx *ctx, const char *path, const char *crs_text,
                                   const char *const *inputs, size_t n_inputs,
                                   const kerb_input_options *options, kerb_store **store);
/** A store as the only output; it has no checksum, stores are compared by their digest. */
kerb_status kerb_study__set_store_output(kerb_ctx *ctx, kerb_result *result, const char *path);

/* ------------------------------------------------------------------- result */

/** Rejected rows and skipped files as warnings, the first few of each. */
void kerb_study__log_report(kerb_ctx *ctx, const kerb_ingest_report *report);
/** What became of the input's rows and the time reading took. */
kerb_status kerb_study__result_add_input(kerb_ctx *ctx, kerb_result *result,
                                         const kerb_input *input);
kerb_status kerb_study__result_new(kerb_ctx *ctx, kerb_result **out);
/** Record all files that an export to `path` wrote, with their SHA-256. */
kerb_status kerb_study__result_add_outputs(kerb_ctx *ctx, kerb_result *result,
                                           const char *path);
/** Record one file that was written, with its SHA-256, and what a `.csv` has beside it. */
kerb_status kerb_study__result_add_file(kerb_ctx *ctx, kerb_result *result, const char *path);
/** Refuse before work: outputs that exist, unknown extensions, missing folders, the same path
 * twice. */
kerb_status kerb_study__check_outputs(kerb_ctx *ctx, const char *const *paths, size_t n,
                                      bool raster, bool overwrite);

/* -------------------------------------------------------------------- check */

/** Findings as the members of a result (owned). */
kerb_status kerb_study__findings_json(kerb_ctx *ctx, const kerb_quality_report *report,
                                      char **out);
/** Findings as lines for people (owned). */
kerb_status kerb_study__findings_lines(kerb_ctx *ctx, const kerb_quality_report *report,
                                       const char *title, char **out);
/** Write findings as the extension says; whole or not at all. */
kerb_status kerb_study__write_findings(kerb_ctx *ctx, const kerb_quality_report *report,
                                       const char *title, const char *details,
                                       const char *stamp, const char *path, bool overwrite);

#endif
