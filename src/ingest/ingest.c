/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole way from inputs to a store or to memory. Files are surveyed first (kind, hash,
 * month), then loaded the latest month first, so that of a reference told twice the latest
 * telling is the one seen first and stays; the report is in order of path again. All or
 * nothing.
 */
#include "ingest_internal.h"
#include "ingest_xlsx.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ALREADY_LOADED "already loaded"

/* What is gathered while files are read; the report is made of it. */
typedef struct work {
    const kerb_ingest_options *options;
    kerb_ingest__mapping *mapping;
    kerb_ingest__items items;
    kerb_ingest__sink *sink;
    kerb_ingest__references *references;
    const char *first_input; /* as the user named it */
    size_t n_inputs;
    kerb_ingest__loader *loader;
    kerb_ingest_file *files; /* one per item and further layer, with the item's number */
    size_t *item_of;
    char ***lines;
    size_t *n_lines;
    size_t n_files, capacity;
} work;

static void clear_entry(kerb_ingest_file *file)
{
    kerb_free(file->name);
    kerb_free(file->member);
    kerb_free(file->format);
    kerb_free(file->source);
    kerb_free(file->skipped);
    kerb_free(file->crs_id);
    kerb_free(file->operation);
    kerb_tally_free(file->by_reason);
    kerb_tally_free(file->coarse_place_by_m);
}

void kerb_ingest_report_free(kerb_ingest_report *report)
{
    if (report == NULL) {
        return;
    }
    for (size_t i = 0; i < report->n_files; i++) {
        clear_entry(&report->files[i]);
    }
    kerb_free(report->files);
    for (size_t i = 0; i < report->n_reject_lines; i++) {
        kerb_free(report->reject_lines[i]);
    }
    kerb_free(report->reject_lines);
    kerb_tally_free(report->by_reason);
    kerb_tally_free(report->coarse_place_by_m);
    kerb_free(report);
}

static void clear_work(work *w)
{
    for (size_t i = 0; i < w->n_files; i++) {
        clear_entry(&w->files[i]);
        for (size_t j = 0; j < w->n_lines[i]; j++) {
            kerb_free(w->lines[i][j]);
        }
        kerb_free(w->lines[i]);
    }
    kerb_free(w->files);
    kerb_free(w->item_of);
    kerb_free(w->lines);
    kerb_free(w->n_lines);
    kerb_ingest__loader_free(w->loader);
    kerb_ingest__references_free(w->references);
    kerb_ingest__items_clear(&w->items);
    kerb_ingest__mapping_free(w->mapping);
}

/* ------------------------------------------------------------------ options */

static kerb_status read_format(kerb_ctx *ctx, const kerb_ingest_options *options,
                               kerb_ingest__mapping **out)
{
    const char *format = options->format != NULL ? options->format : "auto";
    if (strcmp(format, "auto") == 0 || strcmp(format, "police-uk") == 0 ||
        kerb_ingest__format_is_stats19(format) || strcmp(format, "delimited") == 0) {
        return KERB_OK;
    }
    const char *builtin = kerb_ingest__builtin_mapping(format);
    if (builtin != NULL) {
        return kerb_ingest__mapping_read_text(ctx, format, builtin, strlen(builtin), out);
    }
    size_t n = strlen(format);
    bool is_yaml = (n > 5 && strcmp(format + n - 5, ".yaml") == 0) ||
                   (n > 4 && strcmp(format + n - 4, ".yml") == 0);
    if (!is_yaml) {
        return kerb_fail(
            ctx, KERB_ERR_ARG,
            "unknown format '%s': auto, police-uk, stop-and-search, stats19, irs, lfb, "
            "call-log, delimited or the path of a mapping (*.yaml)",
            format);
    }
    return kerb_ingest__mapping_read(ctx, format, out);
}

/* Options that cannot be right, before any file is opened. */
static kerb_status check_options(kerb_ctx *ctx, const kerb_ingest_options *options)
{
    if (options == NULL || options->crs == NULL) {
        return kerb_fail(ctx, KERB_ERR_ARG, "ingest needs the working CRS");
    }
    if ((options->x_column == NULL) != (options->y_column == NULL)) {
        return kerb_fail(ctx, KERB_ERR_ARG, "--x and --y go together");
    }
    if (options->extract != NULL && options->format != NULL &&
        kerb_ingest__format_wants_points(options->format)) {
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "casualties as points are no dated extract: import the tables "
                         "themselves with --as-at");
    }
    if (options->extract != NULL && options->extract->has_period &&
        options->extract->from >= options->extract->to) {
        return kerb_fail(ctx, KERB_ERR_ARG, "the period of the extract is empty");
    }
    if (options->input_crs != NULL) {
        kerb_crs *crs = NULL;
        kerb_status status = kerb_crs_new(ctx, options->input_crs, &crs);
        kerb_crs_free(crs);
        return status;
    }
    return KERB_OK;
}

/* ------------------------------------------------------------------ entries */

static kerb_status add_entry(kerb_ctx *ctx, work *w, size_t i_item, const char *member,
                             kerb_ingest_file **out)
{
    if (w->n_files == w->capacity) {
        size_t capacity = w->capacity == 0 ? 64 : 2 * w->capacity;
        kerb_ingest_file *files = kerb_realloc_array(w->files, capacity, sizeof *files);
        w->files = files != NULL ? files : w->files;
        size_t *item_of = kerb_realloc_array(w->item_of, capacity, sizeof *item_of);
        w->item_of = item_of != NULL ? item_of : w->item_of;
        char ***lines = kerb_realloc_array(w->lines, capacity, sizeof *lines);
        w->lines = lines != NULL ? lines : w->lines;
        size_t *n_lines = kerb_realloc_array(w->n_lines, capacity, sizeof *n_lines);
        w->n_lines = n_lines != NULL ? n_lines : w->n_lines;
        if (files == NULL || item_of == NULL || lines == NULL || n_lines == NULL) {
            return kerb_fail_nomem(ctx, "the report");
        }
        w->capacity = capacity;
    }
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_ingest_file *file = &w->files[w->n_files];
    *file = (kerb_ingest_file){.name = kerb_text_copy(item->name),
                               .member = kerb_text_copy(member),
                               .operation_accuracy_m = NAN};
    memcpy(file->sha256, item->sha256, sizeof file->sha256);
    w->item_of[w->n_files] = i_item;
    w->lines[w->n_files] = NULL;
    w->n_lines[w->n_files] = 0;
    w->n_files++;
    if (file->name == NULL || (member != NULL && file->member == NULL)) {
        return kerb_fail_nomem(ctx, "the report");
    }
    *out = file;
    return KERB_OK;
}

static kerb_status skip(kerb_ctx *ctx, work *w, size_t i_item, const char *reason, bool warned)
{
    kerb_ingest_file *file = NULL;
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_status status = add_entry(ctx, w, i_item, item->member, &file);
    if (status != KERB_OK) {
        return status;
    }
    file->skipped = kerb_text_copy(reason);
    file->warned = warned;
    if (file->skipped == NULL) {
        return kerb_fail_nomem(ctx, "the report");
    }
    return KERB_OK; /* told from the report, once it is known that something could be read */
}

/* ------------------------------------------------------------------ loading */

/* A file of a folder whose columns say nothing is listed and left out; one the user named, or
   one that a mapping or options should fit, is an error. */
static bool may_be_skipped(const work *w, const kerb_ingest__item *item, kerb_status status)
{
    const kerb_ingest_options *o = w->options;
    bool is_free = w->mapping == NULL && o->x_column == NULL && o->date_column == NULL &&
                   o->category_column == NULL && o->weight_column == NULL &&
                   o->key_column == NULL && o->date_to_column == NULL &&
                   o->recorded_column == NULL &&
                   (o->format == NULL || strcmp(o->format, "auto") == 0);
    return !item->is_named && is_free &&
           (status == KERB_ERR_NOT_FOUND || status == KERB_ERR_EMPTY);
}

static void put_place(kerb_ctx *ctx, const kerb_ingest__item *item)
{
    kerb_fail_in(ctx, "%s%s%s", item->name, item->member != NULL ? "/" : "",
                 item->member != NULL ? item->member : "");
}

static kerb_status load_table(kerb_ctx *ctx, work *w, size_t i_item)
{
    kerb_ingest_file *file = NULL;
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_status status = add_entry(ctx, w, i_item, item->member, &file);
    if (status == KERB_OK) {
        status =
            kerb_ingest__delimited_load(ctx, w->loader, w->options, w->mapping, item, file);
    }
    if (status == KERB_OK) {
        size_t i = w->n_files - 1;
        w->n_lines[i] = kerb_ingest__loader_take_lines(w->loader, &w->lines[i]);
        return KERB_OK;
    }
    if (status == KERB_ERR_IO || status == KERB_ERR_NOMEM || status == KERB_ERR_DB ||
        status == KERB_ERR_CANCELLED) {
        return status; /* says its own place */
    }
    if (file != NULL && file->format == NULL && may_be_skipped(w, item, status)) {
        clear_entry(file);
        w->n_files--;
        return skip(ctx, w, i_item,
                    status == KERB_ERR_EMPTY ? "an empty file" : "no columns of coordinates",
                    true);
    }
    put_place(ctx, item);
    return status;
}

static kerb_status load_layers(kerb_ctx *ctx, work *w, size_t i_item)
{
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_ingest__ogr *ogr = NULL;
    kerb_status status = kerb_ingest__ogr_open(ctx, item->path, item->name, &ogr);
    if (status == KERB_ERR_FORMAT && !item->is_named) {
        return skip(ctx, w, i_item, "not a kind kerb reads", true);
    }
    size_t n_readable = 0;
    for (size_t i = 0; status == KERB_OK && i < kerb_ingest__ogr_layer_count(ogr); i++) {
        n_readable += kerb_ingest__ogr_layer_is_readable(ogr, i);
    }
    if (status == KERB_OK && n_readable == 0) {
        status = skip(ctx, w, i_item, "no layer of points", true);
    }
    for (size_t i = 0; status == KERB_OK && i < kerb_ingest__ogr_layer_count(ogr); i++) {
        kerb_ingest_file *file = NULL;
        if (!kerb_ingest__ogr_layer_is_readable(ogr, i)) {
            continue;
        }
        const char *member = n_readable > 1 && item->member == NULL
                                 ? kerb_ingest__ogr_layer_name(ogr, i)
                                 : item->member;
        status = add_entry(ctx, w, i_item, member, &file);
        if (status == KERB_OK) {
            status = kerb_ingest__ogr_load(ctx, w->loader, w->options, w->mapping, ogr, i, item,
                                           file);
        }
        if (status == KERB_OK) {
            size_t i_file = w->n_files - 1;
            w->n_lines[i_file] = kerb_ingest__loader_take_lines(w->loader, &w->lines[i_file]);
        } else if (status == KERB_ERR_NOT_FOUND && file != NULL && file->format == NULL &&
                   (n_readable > 1 || may_be_skipped(w, item, status))) {
            /* A table beside the points, such as a list of codes. */
            clear_entry(file);
            w->n_files--;
            status = skip(ctx, w, i_item, "no columns of coordinates", true);
        } else if (status != KERB_ERR_DB && status != KERB_ERR_CANCELLED) {
            put_place(ctx, item);
        }
    }
    kerb_ingest__ogr_close(ogr);
    return status;
}

/* Each sheet that is a table is one; the others are listed. */
static kerb_status load_sheet(kerb_ctx *ctx, work *w, size_t i_item,
                              const kerb_ingest__book *book, size_t i_sheet, size_t *n_loaded,
                              const char **nameless)
{
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_ingest_file *file = NULL;
    kerb_text member = {0};
    const char *sheet = kerb_ingest__book_sheet_name(book, i_sheet);
    kerb_text_add_format(&member, "%s%s%s", item->member != NULL ? item->member : "",
                         item->member != NULL ? "/" : "", sheet);
    kerb_status status = member.failed ? kerb_fail_nomem(ctx, "the report")
                                       : add_entry(ctx, w, i_item, member.data, &file);
    kerb_text_clear(&member);
    if (status != KERB_OK) {
        return status;
    }
    const char *skipped =
        kerb_ingest__book_sheet_is_hidden(book, i_sheet) ? "a hidden sheet" : NULL;
    if (skipped == NULL) {
        status = kerb_ingest__sheet_load(ctx, w->loader, w->options, w->mapping, book, i_sheet,
                                         item, file);
        if (file->format == NULL && status == KERB_ERR_EMPTY) {
            skipped = "an empty sheet";
        } else if (file->format == NULL && status == KERB_ERR_NOT_FOUND) {
            skipped = "no columns of coordinates";
            *nameless = sheet;
        }
    }
    if (skipped != NULL) {
        file->skipped = kerb_text_copy(skipped);
        file->warned = status != KERB_OK && status != KERB_ERR_EMPTY;
        return file->skipped != NULL ? KERB_OK : kerb_fail_nomem(ctx, "the report");
    }
    if (status == KERB_OK) {
        size_t i_file = w->n_files - 1;
        w->n_lines[i_file] = kerb_ingest__loader_take_lines(w->loader, &w->lines[i_file]);
        ++*n_loaded;
    } else if (status != KERB_ERR_IO && status != KERB_ERR_DB && status != KERB_ERR_CANCELLED) {
        kerb_fail_in(ctx, "%s, sheet '%s'", item->name, sheet);
    }
    return status;
}

static kerb_status load_book(kerb_ctx *ctx, work *w, size_t i_item)
{
    const kerb_ingest__item *item = &w->items.items[i_item];
    kerb_ingest__book *book = NULL;
    const char *nameless = NULL; /* the last sheet without columns that are known */
    size_t n_loaded = 0;
    kerb_status status = kerb_ingest__book_open(ctx, item, &book);
    if (status == KERB_ERR_FORMAT && !item->is_named) {
        return skip(ctx, w, i_item, "no workbook, or a damaged one", true);
    }
    size_t n = status == KERB_OK ? kerb_ingest__book_count(book) : 0;
    for (size_t i = 0; i < n && status == KERB_OK; i++) {
        status = load_sheet(ctx, w, i_item, book, i, &n_loaded, &nameless);
    }
    if (status == KERB_OK && n_loaded == 0 && nameless != NULL &&
        !may_be_skipped(w, item, KERB_ERR_NOT_FOUND)) {
        status = KERB_ERR_NOT_FOUND; /* its message stands */
        kerb_fail_in(ctx, "%s, sheet '%s'", item->name, nameless);
    }
    kerb_ingest__book_close(book);
    return status;
}

/* A file is read twice, first for its checksum: rows of another moment must not pass under it.
 */
static void note_state(kerb_ingest__item *item)
{
    struct stat about;
    if (stat(item->file, &about) == 0) {
        item->size = about.st_size;
        item->modified_s = about.st_mtim.tv_sec;
        item->modified_ns = about.st_mtim.tv_nsec;
    }
}

static kerb_status check_unchanged(kerb_ctx *ctx, const kerb_ingest__item *item)
{
    struct stat about;
    if (stat(item->file, &about) == 0 && item->size == about.st_size &&
        item->modified_s == about.st_mtim.tv_sec &&
        item->modified_ns == about.st_mtim.tv_nsec) {
        return KERB_OK;
    }
    return kerb_fail(ctx, KERB_ERR_IO,
                     "%s changed while it was read: nothing was loaded, try again", item->name);
}

/* Collisions are read again and again for the places of their casualties. */
static bool is_for_places(const work *w, const kerb_ingest__item *item)
{
    return w->options->format != NULL && kerb_ingest__format_wants_points(w->options->format) &&
           kerb_ingest__item_is_collisions(item);
}

static kerb_status load_item(kerb_ctx *ctx, work *w, size_t i_item)
{
    const kerb_ingest__item *item = &w->items.items[i_item];
    if (item->kind == KERB_KIND_SKIPPED) {
        return skip(ctx, w, i_item, item->reason, item->warned);
    }
    bool is_known = false;
    kerb_status status = KERB_OK;
    if (!w->options->again && !is_for_places(w, item)) {
        status = w->sink->has_file(ctx, w->sink, item->sha256, &is_known);
    }
    if (status != KERB_OK) {
        return status;
    }
    if (is_known) {
        return skip(ctx, w, i_item, ALREADY_LOADED, false);
    }
    status = item->kind == KERB_KIND_TABLE      ? load_table(ctx, w, i_item)
             : item->kind == KERB_KIND_WORKBOOK ? load_book(ctx, w, i_item)
                                                : load_layers(ctx, w, i_item);
    if (status == KERB_OK) {
        status = check_unchanged(ctx, item);
    }
    /* a file beside it that was skipped may well be an earlier output in the same folder */
    if (status == KERB_OK && w->n_files > 0 && w->files[w->n_files - 1].skipped == NULL) {
        status = kerb_output_protect(ctx, item->file);
    }
    return status;
}

/* Vehicles and casualties last; latest month first; files without a month come after those with
 * one; else the order of paths.
 */
typedef struct place_in_line {
    bool is_linked;
    int month;
    size_t i_item;
} place_in_line;

static int compare_places(const void *a, const void *b)
{
    const place_in_line *one = a, *two = b;
    if (one->is_linked != two->is_linked) {
        return one->is_linked ? 1 : -1;
    }
    if (one->month != two->month) {
        return one->month > two->month ? -1 : 1;
    }
    return (one->i_item > two->i_item) - (one->i_item < two->i_item);
}

static kerb_status load_items(kerb_ctx *ctx, work *w)
{
    kerb_status status = KERB_OK;
    size_t n = w->items.n;
    place_in_line *line = kerb_alloc_array(n, sizeof *line);
    if (line == NULL) {
        return kerb_fail_nomem(ctx, "the list of files");
    }
    for (size_t i = 0; i < n && status == KERB_OK; i++) {
        kerb_ingest__item *item = &w->items.items[i];
        if (item->kind != KERB_KIND_SKIPPED) {
            note_state(item);
            status = kerb_ingest__item_survey(ctx, item);
        }
        line[i] = (place_in_line){kerb_ingest__item_is_linked(item), item->month, i};
    }
    if (status == KERB_OK && n > 1) {
        qsort(line, n, sizeof *line, compare_places);
    }
    for (size_t i = 0; i < n && status == KERB_OK; i++) {
        status = kerb_progress(ctx, "read", (double)i / (double)n);
        if (status == KERB_OK) {
            status = load_item(ctx, w, line[i].i_item);
        }
    }
    kerb_free(line);
    if (status != KERB_OK) {
        return status;
    }
    size_t n_read = 0;
    uint64_t n_rows = 0;
    const kerb_ingest_file *first_read = NULL, *first_skipped = NULL, *known = NULL;
    for (size_t i = 0; i < w->n_files; i++) {
        if (w->files[i].skipped == NULL) {
            first_read = first_read == NULL ? &w->files[i] : first_read;
            n_rows += w->files[i].read;
            n_read++;
        } else if (strcmp(w->files[i].skipped, ALREADY_LOADED) == 0) {
            known = known == NULL ? &w->files[i] : known;
        } else if (first_skipped == NULL) {
            first_skipped = &w->files[i];
        }
    }
    if (n_rows > 0) {
        return KERB_OK;
    }
    if (n_read > 0) {
        return kerb_fail(ctx, KERB_ERR_EMPTY,
                         "no rows: %s%s%s has columns and nothing below them%s",
                         first_read->name, first_read->member != NULL ? "/" : "",
                         first_read->member != NULL ? first_read->member : "",
                         n_read > 1 ? ", like the others" : "");
    }
    /* Nothing is new: said as a failure, so that nobody takes an old file for the new month. */
    if (known != NULL) {
        return kerb_fail(
            ctx, KERB_ERR_EXISTS,
            "nothing new to load: %s%s%s is in the store already%s (say --again to "
            "load it once more)",
            known->name, known->member != NULL ? "/" : "",
            known->member != NULL ? known->member : "",
            w->n_files > 1 ? ", like the others" : "");
    }
    if (first_skipped == NULL) {
        return kerb_fail(ctx, KERB_ERR_EMPTY, "no file that kerb reads in %s%s", w->first_input,
                         w->n_inputs > 1 ? " and the others" : "");
    }
    return kerb_fail(ctx, KERB_ERR_EMPTY, "no file that kerb reads in %s%s: %s%s%s: %s%s",
                     w->first_input, w->n_inputs > 1 ? " and the others" : "",
                     first_skipped->name, first_skipped->member != NULL ? "/" : "",
                     first_skipped->member != NULL ? first_skipped->member : "",
                     first_skipped->skipped, w->n_files > 1 ? " (and others)" : "");
}

/* ------------------------------------------------------------------- report */

/* Add the counts of a tally; NULL has none. */
static kerb_status add_tally(kerb_ctx *ctx, const kerb_tally *from, kerb_tally *to)
{
    size_t n = 0;
    kerb_status status = KERB_OK;
    const kerb_tally_entry *entries = kerb_tally_entries(from, &n);
    for (size_t i = 0; i < n && status == KERB_OK; i++) {
        status = kerb_tally_add(ctx, to, entries[i].name, entries[i].count);
    }
    return status;
}

static kerb_status make_report(kerb_ctx *ctx, work *w, kerb_ingest_report **out)
{
    kerb_ingest_report *report = kerb_calloc_array(1, sizeof *report);
    place_in_line *order = kerb_alloc_array(w->n_files, sizeof *order);
    kerb_status status = KERB_OK;
    if (report == NULL || order == NULL) {
        status = kerb_fail_nomem(ctx, "the report");
        goto done;
    }
    report->by_reason = kerb_tally_new();
    report->coarse_place_by_m = kerb_tally_new();
    report->files = kerb_calloc_array(w->n_files, sizeof *report->files);
    report->reject_lines =
        kerb_calloc_array(KERB_INGEST_REPORT_LINES, sizeof *report->reject_lines);
    if (report->by_reason == NULL || report->coarse_place_by_m == NULL ||
        report->files == NULL || report->reject_lines == NULL) {
        status = kerb_fail_nomem(ctx, "the report");
        goto done;
    }
    /* Back into the order of items; layers of one file stay in theirs. */
    for (size_t i = 0, n = 0; i < w->items.n; i++) {
        for (size_t j = 0; j < w->n_files; j++) {
            if (w->item_of[j] == i) {
                order[n++] = (place_in_line){false, 0, j};
            }
        }
    }
    for (size_t i = 0; i < w->n_files; i++) {
        size_t j = order[i].i_item;
        kerb_ingest_file *file = &w->files[j];
        report->read += file->read;
        report->loaded += file->loaded;
        report->rejected += file->rejected;
        report->without_geometry += file->without_geometry;
        report->without_date += file->without_date;
        report->duplicates += file->duplicates;
        report->records.collisions += file->records.collisions;
        report->records.vehicles += file->records.vehicles;
        report->records.casualties += file->records.casualties;
        report->disagreeing_rows += file->disagreeing_rows;
        report->coarse_place += file->coarse_place;
        if (status == KERB_OK) {
            status = add_tally(ctx, file->by_reason, report->by_reason);
        }
        if (status == KERB_OK) {
            status = add_tally(ctx, file->coarse_place_by_m, report->coarse_place_by_m);
        }
        for (size_t k = 0; k < w->n_lines[j]; k++) {
            if (report->n_reject_lines < KERB_INGEST_REPORT_LINES) {
                report->reject_lines[report->n_reject_lines++] = w->lines[j][k];
                w->lines[j][k] = NULL;
            }
        }
        report->files[report->n_files++] = *file;
        *file = (kerb_ingest_file){0};
    }
    if (w->loader != NULL) {
        kerb_ingest__loader_compare(ctx, w->loader, report);
    }
    report->superseded = w->loader != NULL ? kerb_ingest__loader_superseded(w->loader) : 0;
    if (status == KERB_OK) {
        *out = report;
        report = NULL;
    }
done:
    kerb_free(order);
    kerb_ingest_report_free(report);
    return status;
}

/* The report that goes with a failure must not hide its message. */
static void make_report_of_failure(work *w, kerb_ingest_report **out)
{
    kerb_ctx *spare = out != NULL ? kerb_ctx_new() : NULL;
    if (spare != NULL) {
        (void)make_report(spare, w, out);
        kerb_ctx_free(spare);
    }
}

/* ------------------------------------------------------------------ both ways */

/* Files of stop and search are left out by their names, unless they were asked for: by their
 * format, or each by name under a mapping. By their format nothing else of data.police.uk is
 * read. */
static void choose_searches(work *w)
{
    bool is_asked = w->mapping != NULL &&
                    kerb_ingest__kinds_whole(kerb_ingest__mapping_kinds(w->mapping)) ==
                        KERB_KIND_STOP_AND_SEARCH;
    for (size_t i = 0; w->mapping != NULL && i < w->items.n; i++) {
        kerb_ingest__item *item = &w->items.items[i];
        const char *name = item->member != NULL ? item->member : item->name;
        if (kerb_ingest__police_is_searches(name)) {
            bool is_read = is_asked || item->is_named;
            item->kind = is_read ? KERB_KIND_TABLE : item->kind;
            item->reason = is_read ? NULL : item->reason;
        } else if (is_asked && !item->is_named && kerb_ingest__police_is_street(name)) {
            item->kind = KERB_KIND_SKIPPED;
            item->reason = "street file";
        }
    }
}

static kerb_status ingest(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs, work *w)
{
    if (n_inputs == 0) {
        return kerb_fail(ctx, KERB_ERR_ARG, "no input named");
    }
    w->first_input = inputs[0];
    w->n_inputs = n_inputs;
    kerb_status status =
        kerb_ingest__loader_new(ctx, w->options, w->sink, w->references, &w->loader);
    if (status == KERB_OK && w->mapping == NULL) {
        status = read_format(ctx, w->options, &w->mapping);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__walk(ctx, inputs, n_inputs, &w->items);
    }
    if (status == KERB_OK) {
        choose_searches(w);
        status = load_items(ctx, w);
    }
    return status;
}

kerb_status kerb_ingest_read(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs,
                             const kerb_ingest_options *options, kerb_events **events,
                             kerb_ingest_report **report)
{
    kerb_ingest__sink sink = {0};
    work w = {.options = options, .sink = &sink};
    kerb_status status = check_options(ctx, options);
    if (status == KERB_OK && options->extract != NULL) {
        status = kerb_fail(ctx, KERB_ERR_ARG, "an extract is compared with a store");
    }
    if (status == KERB_OK) {
        status = kerb_ingest__sink_init_memory(ctx, &sink);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__references_new(ctx, &w.references);
    }
    if (status == KERB_OK) {
        status = ingest(ctx, inputs, n_inputs, &w);
    }
    if (status == KERB_OK && report != NULL) {
        status = make_report(ctx, &w, report);
    } else if (status != KERB_OK) {
        make_report_of_failure(&w, report);
    }
    if (status == KERB_OK) {
        *events = sink.events;
        sink.events = NULL;
    }
    clear_work(&w);
    kerb_ingest__sink_clear(&sink);
    return status;
}

typedef struct stored_visit {
    kerb_ctx *ctx;
    kerb_ingest__references *references;
} stored_visit;

static kerb_status add_stored(void *user, const char *source, const char *reference,
                              size_t length, int month, int64_t incident_id)
{
    stored_visit *visit = user;
    kerb_hash128 key =
        kerb_ingest__reference_key(kerb_hash_bytes(source, strlen(source)), reference, length);
    return kerb_ingest__references_add_stored(visit->ctx, visit->references, key, month,
                                              incident_id);
}

kerb_status kerb_ingest_import(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs,
                               const kerb_ingest_options *options, kerb_store *store,
                               kerb_ingest_report **report)
{
    kerb_ingest__sink sink = {0};
    kerb_import *import = NULL;
    char *parameters = NULL;
    work w = {.options = options, .sink = &sink};
    stored_visit visit = {.ctx = ctx};
    kerb_import_changes changes = {0};
    kerb_status status = check_options(ctx, options);
    if (status == KERB_OK && !kerb_crs_is_equal(options->crs, kerb_store_get_crs(store))) {
        status = kerb_fail(ctx, KERB_ERR_CRS, "the store is in %s, not in %s",
                           kerb_crs_id(kerb_store_get_crs(store)), kerb_crs_id(options->crs));
    }
    if (status == KERB_OK) {
        status = read_format(ctx, options, &w.mapping);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__make_parameters(ctx, options, w.mapping, &parameters);
    }
    if (status == KERB_OK) {
        status = kerb_import_begin(ctx, store, parameters, &import);
    }
    if (status == KERB_OK && options->extract != NULL) {
        kerb_import_extract extract = *options->extract;
        extract.key_column = options->key_column;
        status = kerb_import_set_extract(ctx, import, &extract);
    }
    if (status == KERB_OK) {
        kerb_ingest__sink_init_store(&sink, import);
        status = kerb_ingest__references_new(ctx, &w.references);
    }
    if (status == KERB_OK && (options->extract == NULL || options->extract->has_period)) {
        visit.references = w.references;
        status = kerb_import_each_reference(ctx, import, add_stored, &visit);
    }
    if (status == KERB_OK) {
        status = ingest(ctx, inputs, n_inputs, &w);
    }
    if (status == KERB_OK) {
        /* Packing the index needs memory of its own; the references have done their work. */
        kerb_ingest__references_free(w.references);
        w.references = NULL;
        status =
            options->extract != NULL ? kerb_import_reconcile(ctx, import, &changes) : KERB_OK;
    }
    if (status == KERB_OK) {
        status = kerb_import_commit(ctx, import);
    }
    if (status == KERB_OK && report != NULL) {
        status = make_report(ctx, &w, report);
        if (status == KERB_OK) {
            (*report)->has_changes = options->extract != NULL;
            (*report)->changes = changes;
        }
    } else if (status != KERB_OK) {
        make_report_of_failure(&w, report);
    }
    kerb_import_free(import);
    clear_work(&w);
    kerb_ingest__sink_clear(&sink);
    kerb_free_text(parameters);
    return status;
}
