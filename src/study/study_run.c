/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A study carried out: store, surfaces, hotspots, beats, into one folder.
 *
 * All files are made in a hidden folder inside the output folder, `.kerb-study-<pid>`, and
 * moved to their names only when the last one is whole; what a killed run leaves behind is such
 * a folder, and the next run removes it.
 */
#include "study_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE_PREFIX ".kerb-study-"

typedef struct run {
    kerb_ctx *ctx;
    const kerb_study *study;
    const char *folder;
    char *stage;      /* the hidden folder */
    char *store_name; /* file name of the store */
    bool overwrite;
    kerb_store *store;
    kerb_input *input;
    kerb_ingest_report *total; /* of all imports */
    bool made_folder;
    kerb_text results, summary, outputs;
    double read_s, compute_s, compute_cpu_s, write_s; /* sums over import and results */
    char **names;                                     /* file names made so far, in the stage */
    size_t n_names, capacity;
} run;

/* The text, NULL when memory ran out on the way. */
static char *finish(kerb_text *text)
{
    if (!text->failed)
        return text->data;
    kerb_text_clear(text);
    return NULL;
}

static char *join(const char *folder, const char *name)
{
    kerb_text text = {0};
    kerb_text_add(&text, folder);
    kerb_text_add(&text, "/");
    kerb_text_add(&text, name);
    return finish(&text);
}

/* ------------------------------------------------------------------- folders */

/* Remove a stage with its files. A link in its place is left alone: what it leads to is not
 * ours.
 */
static void remove_stage(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(fd, entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

/* Remove what a run that was killed left behind. Our own number on a stage that we have not
 * made yet was left by an earlier bearer of it: in a container every run has the same. */
static void remove_stale_stages(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int64_t pid = 0;
        const char *number = entry->d_name + strlen(STAGE_PREFIX);
        if (strncmp(entry->d_name, STAGE_PREFIX, strlen(STAGE_PREFIX)) != 0)
            continue;
        if (!kerb_parse_int64(number, strlen(number), &pid) || pid <= 0 || pid > INT32_MAX)
            continue;
        if (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH))
            continue;
        char *stale = join(path, entry->d_name);
        if (stale != NULL)
            remove_stage(stale);
        kerb_free(stale);
    }
    closedir(folder);
}

static kerb_status open_stage(run *r)
{
    char name[64];
    r->made_folder = mkdir(r->folder, 0777) == 0;
    if (!r->made_folder && errno != EEXIST)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot make the output folder %s: %s", r->folder,
                         strerror(errno));
    remove_stale_stages(r->folder);
    snprintf(name, sizeof name, STAGE_PREFIX "%ld", (long)getpid());
    char *stage = join(r->folder, name);
    if (stage == NULL)
        return kerb_fail_nomem(r->ctx, "a path");
    if (mkdir(stage, 0777) != 0) {
        kerb_free(stage);
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot write in the output folder %s: %s",
                         r->folder, strerror(errno));
    }
    r->stage = stage;
    return KERB_OK;
}

/* Refuse a name that is taken, before the work that would fill it. */
static kerb_status check_free(run *r, const char *name)
{
    struct stat info;
    char *path = join(r->folder, name);
    kerb_status status = KERB_OK;
    if (path == NULL)
        return kerb_fail_nomem(r->ctx, "a path");
    if (lstat(path, &info) == 0) {
        if (!r->overwrite)
            status = kerb_fail(r->ctx, KERB_ERR_EXISTS,
                               "%s exists already (say --overwrite to replace it)", path);
        else if (S_ISDIR(info.st_mode))
            status = kerb_fail(r->ctx, KERB_ERR_IO,
                               "%s is a folder and cannot be replaced by a file", path);
    }
    if (status == KERB_OK) /* nor may an input of the study be replaced */
        status = kerb_output_check(r->ctx, path, r->overwrite);
    kerb_free(path);
    return status;
}

/* Take the right to make a file of this name in the stage; gives its path there. */
static kerb_status add_name(run *r, const char *name, char **path)
{
    for (size_t i = 0; i < r->n_names; i++)
        if (strcmp(r->names[i], name) == 0)
            return kerb_fail(
                r->ctx, KERB_ERR_ARG,
                "two entries of the study would both write %s: give them different names",
                name);
    kerb_status status = check_free(r, name);
    if (status != KERB_OK)
        return status;
    if (r->n_names == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 16;
        char **names = kerb_realloc_array(r->names, capacity, sizeof *names);
        if (names == NULL)
            return kerb_fail_nomem(r->ctx, "the list of outputs");
        r->names = names;
        r->capacity = capacity;
    }
    r->names[r->n_names] = kerb_text_copy(name);
    *path = join(r->stage, name);
    if (r->names[r->n_names] == NULL || *path == NULL) {
        kerb_free(r->names[r->n_names]);
        kerb_free(*path);
        *path = NULL;
        return kerb_fail_nomem(r->ctx, "a path");
    }
    r->n_names++;
    return KERB_OK;
}

/* The files of the stage, hidden ones left out. */
static kerb_status list_stage(run *r, char ***out, size_t *n_out)
{
    DIR *stage = opendir(r->stage);
    char **names = NULL;
    size_t n = 0;
    kerb_status status = KERB_OK;
    if (stage == NULL)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot read %s: %s", r->stage, strerror(errno));
    for (struct dirent *entry = readdir(stage); status == KERB_OK && entry != NULL;
         entry = readdir(stage)) {
        if (entry->d_name[0] == '.')
            continue;
        char **grown = kerb_realloc_array(names, n + 1, sizeof *names);
        if (grown != NULL)
            names = grown;
        char *name = grown != NULL ? kerb_text_copy(entry->d_name) : NULL;
        if (name == NULL)
            status = kerb_fail_nomem(r->ctx, "the list of outputs");
        else
            names[n++] = name;
    }
    closedir(stage);
    *out = names;
    *n_out = n;
    return status;
}

/* Move files from one open folder to another, all or none: a move that fails takes the earlier
 * ones back. No memory is asked for on the way. */
#define OLD_PREFIX                                                                             \
    ".old-" /* what a file of the stage replaces waits there until all are moved */

/* Take back what move_one() did. */
static void move_back(int from, int to, const char *name, const char *old_name)
{
    (void)renameat(to, name, from, name);
    (void)renameat(from, old_name, to, name); /* fails where nothing was replaced */
}

static kerb_status move_one(run *r, int from, int to, const char *name, const char *old_name)
{
    if (renameat(to, name, from, old_name) != 0 && errno != ENOENT)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot replace %s/%s: %s", r->folder, name,
                         strerror(errno));
    if (renameat(from, name, to, name) == 0)
        return KERB_OK;
    kerb_status status =
        kerb_fail(r->ctx, KERB_ERR_IO, "cannot move a finished file to %s/%s: %s", r->folder,
                  name, strerror(errno));
    (void)renameat(from, old_name, to, name);
    return status;
}

static kerb_status move_files(run *r, int from, int to, char *const *names, size_t n)
{
    kerb_status status = KERB_OK;
    size_t n_moved = 0;
    char **old_names = kerb_calloc_array(n + 1, sizeof *old_names);
    for (size_t i = 0; old_names != NULL && i < n; i++) {
        kerb_text text = {0};
        kerb_text_add(&text, OLD_PREFIX);
        kerb_text_add(&text, names[i]);
        status = kerb_text_take(r->ctx, &text, &old_names[i]);
        if (status != KERB_OK)
            break;
    }
    if (old_names == NULL)
        return kerb_fail_nomem(r->ctx, "the list of outputs");
    while (status == KERB_OK && n_moved < n) {
        status = move_one(r, from, to, names[n_moved], old_names[n_moved]);
        n_moved += status == KERB_OK;
    }
    for (size_t i = n_moved; status != KERB_OK && i-- > 0;)
        move_back(from, to, names[i], old_names[i]);
    for (size_t i = 0; i < n; i++)
        kerb_free(old_names[i]);
    kerb_free(old_names);
    return status;
}

/* Every file of the stage gets its name. Checked first, so that a refusal moves nothing. */
static kerb_status publish(run *r)
{
    char **names = NULL;
    size_t n = 0;
    int from = open(r->stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to = open(r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    kerb_status status = from < 0 || to < 0 ? kerb_fail(r->ctx, KERB_ERR_IO,
                                                        "cannot open the output folder %s: %s",
                                                        r->folder, strerror(errno))
                                            : list_stage(r, &names, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = check_free(r, names[i]);
    if (status == KERB_OK)
        status = move_files(r, from, to, names, n);
    for (size_t i = 0; i < n; i++)
        kerb_free(names[i]);
    kerb_free(names);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return status;
}

/* ------------------------------------------------------------------- loading */

/* Put a report's figures and files into the total; the files change owner. */
static kerb_status add_report(run *r, kerb_ingest_report *report)
{
    kerb_ingest_report *total = r->total;
    kerb_status status = KERB_OK;
    size_t n = 0;
    kerb_ingest_file *files =
        kerb_realloc_array(total->files, total->n_files + report->n_files + 1, sizeof *files);
    if (files == NULL)
        return kerb_fail_nomem(r->ctx, "the list of files");
    total->files = files;
    memcpy(files + total->n_files, report->files, report->n_files * sizeof *files);
    total->n_files += report->n_files;
    report->n_files = 0;
    total->read += report->read;
    total->loaded += report->loaded;
    total->rejected += report->rejected;
    total->without_geometry += report->without_geometry;
    total->without_date += report->without_date;
    total->duplicates += report->duplicates;
    total->coarse_place += report->coarse_place;
    total->superseded += report->superseded;
    const kerb_tally_entry *entries = kerb_tally_entries(report->by_reason, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = kerb_tally_add(r->ctx, total->by_reason, entries[i].name, entries[i].count);
    entries = kerb_tally_entries(report->coarse_place_by_m, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status =
            kerb_tally_add(r->ctx, total->coarse_place_by_m, entries[i].name, entries[i].count);
    return status;
}

static kerb_status load_incidents(run *r, const kerb_crs *crs)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < r->study->n_imports; i++) {
        const study_import *import = &r->study->imports[i];
        kerb_ingest_options options = {.format = import->format,
                                       .source = import->source,
                                       .input_crs = import->input_crs,
                                       .crs = crs};
        kerb_ingest_report *report = NULL;
        status = kerb_ingest_import(r->ctx, import->inputs.items, import->inputs.n, &options,
                                    r->store, &report);
        if (status == KERB_OK)
            kerb_study__log_report(r->ctx, report);
        if (status == KERB_OK)
            status = add_report(r, report);
        kerb_ingest_report_free(report);
    }
    return status;
}

static kerb_status load_areas(run *r, const kerb_crs *crs)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < r->study->n_areas; i++) {
        const study_areas *areas = &r->study->areas[i];
        const char *slash = strrchr(areas->input, '/');
        kerb_ingest_areas_options options = {.id_field = areas->id,
                                             .name_field = areas->name,
                                             .population_fields = areas->populations.items,
                                             .n_population_fields = areas->populations.n,
                                             .input_crs = areas->input_crs,
                                             .crs = crs};
        kerb_areas_set *set = NULL;
        char sha256[65];
        status = kerb_ingest_read_areas(r->ctx, areas->input, &options, &set);
        if (status == KERB_OK)
            status = kerb_sha256_file(r->ctx, areas->input, sha256);
        if (status == KERB_OK)
            status = kerb_store_write_areas(
                r->ctx, r->store, areas->set, areas->role != NULL ? areas->role : "beat",
                slash != NULL ? slash + 1 : areas->input, sha256, set);
        kerb_areas_set_free(set);
    }
    return status;
}

/* ------------------------------------------------------------------ analyses */

static kerb_selection make_selection(const run *r, const study_item *item,
                                     const char *const *sources, size_t n_sources)
{
    kerb_selection selection = KERB_SELECTION_ALL;
    selection.filter.categories = item->categories.items;
    selection.filter.n_categories = item->categories.n;
    selection.filter.sources = sources;
    selection.filter.n_sources = n_sources;
    selection.filter.from = r->study->from;
    selection.filter.to = r->study->to;
    selection.study_area = r->study->study_area;
    selection.exclude = r->study->exclude.items;
    selection.n_exclude = r->study->exclude.n;
    return selection;
}

/* How many rows an entry would use; on a map only those with coordinates. */
static kerb_status count_rows(run *r, const kerb_selection *selection, bool located, size_t *n)
{
    kerb_tally *excluded = kerb_tally_new();
    kerb_events *events = NULL;
    if (excluded == NULL)
        return kerb_fail_nomem(r->ctx, "a tally");
    kerb_status status = kerb_events_select(r->ctx, kerb_input_events(r->input),
                                            &selection->filter, located, excluded, &events);
    if (status == KERB_OK)
        *n = events->n;
    kerb_events_free(events);
    kerb_tally_free(excluded);
    return status;
}

/* Results speak of the files' final places, and the run is written into the store. */
static kerb_status record(run *r, const char *command, kerb_result *result)
{
    kerb_text outputs = {0};
    char *json = NULL, *names = NULL;
    kerb_text_add(&outputs, "{");
    for (size_t i = 0; i < result->n_outputs; i++) {
        const char *slash = strrchr(result->outputs[i].path, '/');
        char *path = join(r->folder, slash + 1);
        if (i > 0)
            kerb_text_add(&outputs, ",");
        kerb_text_add_json(&outputs, slash + 1);
        kerb_text_add_format(&outputs, ":\"%s\"", result->outputs[i].sha256);
        if (path == NULL) {
            kerb_text_clear(&outputs);
            return kerb_fail_nomem(r->ctx, "a path");
        }
        kerb_free(result->outputs[i].path);
        result->outputs[i].path = path;
        kerb_text_add(&r->outputs, "{\"path\":");
        kerb_text_add_json(&r->outputs, path);
        kerb_text_add_format(&r->outputs, ",\"sha256\":\"%s\"},", result->outputs[i].sha256);
    }
    r->compute_s += result->compute_s;
    r->compute_cpu_s += result->compute_cpu_s;
    r->write_s += result->write_s;
    kerb_text_add(&outputs, "}");
    kerb_status status = kerb_text_take(r->ctx, &outputs, &names);
    if (status == KERB_OK)
        status = kerb_result_json(r->ctx, result, &json);
    if (status == KERB_OK)
        status = kerb_store_add_run(r->ctx, r->store, command, result->parameters,
                                    result->fingerprint, names);
    if (status == KERB_OK) {
        kerb_text_add(&r->results, r->results.length > 0 ? "," : "");
        kerb_text_add(&r->results, json);
        kerb_text_add(&r->summary, result->summary);
        if (r->results.failed || r->summary.failed)
            status = kerb_fail_nomem(r->ctx, "the results");
    }
    kerb_free(json);
    kerb_free(names);
    return status;
}

/* "density_burglary_leicestershire_police.tif" */
static char *file_name(const char *command, const char *name, const char *source,
                       const char *extension)
{
    kerb_text text = {0};
    kerb_text_add(&text, command);
    const char *parts[] = {name, source};
    for (size_t i = 0; i < 2; i++) {
        if (parts[i] == NULL)
            continue;
        char *slug = kerb_study__slug(parts[i]);
        if (slug == NULL) {
            kerb_text_clear(&text);
            return NULL;
        }
        kerb_text_add(&text, "_");
        kerb_text_add(&text, slug);
        kerb_free(slug);
    }
    kerb_text_add(&text, extension);
    return finish(&text);
}

static kerb_status run_density(run *r, const study_item *item, const kerb_selection *selection,
                               const char *source)
{
    const char *name = item->name != NULL       ? item->name
                       : item->categories.n > 0 ? item->categories.items[0]
                                                : NULL;
    char *file = file_name("density", name, source, ".tif"), *path = NULL;
    kerb_result *result = NULL;
    if (!r->study->tif) {
        kerb_free(file);
        return KERB_OK;
    }
    kerb_status status =
        file == NULL ? kerb_fail_nomem(r->ctx, "a path") : add_name(r, file, &path);
    if (status == KERB_OK) {
        kerb_density_request request = {.selection = *selection,
                                        .surface = item->surface,
                                        .title = item->name,
                                        .output = path,
                                        .overwrite = true};
        status = kerb_request_density(r->ctx, r->input, &request, &result);
    }
    if (status == KERB_OK)
        status = record(r, "density", result);
    kerb_result_free(result);
    kerb_free(file);
    kerb_free(path);
    return status;
}

/* Paths in the stage for the vector formats asked for. */
static kerb_status layer_paths(run *r, const char *command, const char *name,
                               const char *source, char *paths[3], size_t *n)
{
    const char *const extensions[] = {".geojson", ".gpkg", ".csv"};
    const bool wanted[] = {r->study->geojson, r->study->gpkg, r->study->csv};
    kerb_status status = KERB_OK;
    *n = 0;
    for (size_t i = 0; status == KERB_OK && i < 3; i++) {
        if (!wanted[i])
            continue;
        char *file = file_name(command, name, source, extensions[i]);
        status =
            file == NULL ? kerb_fail_nomem(r->ctx, "a path") : add_name(r, file, &paths[*n]);
        if (status == KERB_OK)
            (*n)++;
        kerb_free(file);
    }
    return status;
}

static kerb_status run_layer(run *r, const char *command, const study_item *item,
                             const kerb_selection *selection, const char *source)
{
    char *paths[3] = {NULL, NULL, NULL};
    size_t n = 0;
    kerb_result *result = NULL;
    bool beats = strcmp(command, "beats") == 0;
    const char *category = item->categories.n > 0 ? item->categories.items[0] : NULL;
    const char *name = item->name != NULL          ? item->name
                       : beats && category == NULL ? item->set
                                                   : category;
    kerb_status status = layer_paths(r, command, name, source, paths, &n);
    if (status == KERB_OK && n > 0 && beats) {
        kerb_beats_request request = {.selection = *selection,
                                      .areas = item->set,
                                      .title = item->name,
                                      .outputs = (const char *const *)paths,
                                      .n_outputs = n,
                                      .overwrite = true};
        status = kerb_request_beats(r->ctx, r->input, &request, &result);
    } else if (status == KERB_OK && n > 0) {
        kerb_hotspots_options hotspots = KERB_HOTSPOTS_OPTIONS_DEFAULT;
        hotspots.level = item->level;
        hotspots.top = item->top;
        kerb_hotspots_request request = {.selection = *selection,
                                         .surface = item->surface,
                                         .hotspots = hotspots,
                                         .beats = item->set,
                                         .title = item->name,
                                         .outputs = (const char *const *)paths,
                                         .n_outputs = n,
                                         .overwrite = true};
        status = kerb_request_hotspots(r->ctx, r->input, &request, &result);
    }
    if (status == KERB_OK && result != NULL)
        status = record(r, command, result);
    kerb_result_free(result);
    for (size_t i = 0; i < 3; i++)
        kerb_free(paths[i]);
    return status;
}

/* One entry for each source: forces record differently and are never put together silently. */
static kerb_status run_item(run *r, const char *command, const study_item *item)
{
    const kerb_events *events = kerb_input_events(r->input);
    uint32_t n_sources = kerb_events_name_count(events, KERB_NAME_SOURCE);
    bool by_source = n_sources > 1 && item->sources.n == 0;
    kerb_status status = KERB_OK;
    size_t n_made = 0;
    for (uint32_t i = by_source ? 1 : 0; status == KERB_OK && i <= (by_source ? n_sources : 0);
         i++) {
        const char *source = by_source ? kerb_events_name(events, KERB_NAME_SOURCE, i) : NULL;
        kerb_selection selection =
            make_selection(r, item, by_source ? &source : item->sources.items,
                           by_source ? 1 : item->sources.n);
        /* a map's or a table's name is the name under which it puts categories together */
        if (item->categories.n != 1 && strcmp(command, "hotspots") != 0)
            selection.pool = item->name;
        size_t n_rows = 0;
        status = count_rows(r, &selection, strcmp(command, "beats") != 0, &n_rows);
        if (status != KERB_OK)
            break;
        if (by_source && n_rows == 0) {
            kerb_log(r->ctx, KERB_LOG_INFO, "%s: no rows of %s in the period", command, source);
            continue;
        }
        status = strcmp(command, "density") == 0
                     ? run_density(r, item, &selection, source)
                     : run_layer(r, command, item, &selection, source);
        n_made++;
    }
    if (status == KERB_OK && n_made == 0)
        status =
            kerb_fail(r->ctx, KERB_ERR_EMPTY, "no rows in the period for the %s entry '%s'",
                      command, item->name != NULL ? item->name : "without name");
    return status;
}

static kerb_status run_analyses(run *r)
{
    const kerb_study *study = r->study;
    size_t n = study->n_density + study->n_hotspots + study->n_beats, done = 0;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        if (i < study->n_density)
            status = run_item(r, "density", &study->density[i]);
        else if (i < study->n_density + study->n_hotspots)
            status = run_item(r, "hotspots", &study->hotspots[i - study->n_density]);
        else
            status =
                run_item(r, "beats", &study->beats[i - study->n_density - study->n_hotspots]);
        if (status == KERB_OK)
            status = kerb_progress(r->ctx, "analyses", (double)++done / (double)n);
    }
    return status;
}

/* -------------------------------------------------------------------- ending */

static const char *last_part(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash != NULL ? slash + 1 : path;
}

/* What the study chose for all its entries; those of an entry are with its result. */
static kerb_status parameters_json(run *r, char **out)
{
    const kerb_study *study = r->study;
    kerb_json parameters = {0};
    const char *formats[4];
    size_t n = 0;
    const char **exclude = kerb_calloc_array(study->exclude.n + 1, sizeof *exclude);
    if (exclude == NULL)
        return kerb_fail_nomem(r->ctx, "the parameters");
    for (size_t i = 0; i < study->exclude.n; i++)
        exclude[i] = last_part(study->exclude.items[i]);
    if (study->csv)
        formats[n++] = "csv";
    if (study->geojson)
        formats[n++] = "geojson";
    if (study->gpkg)
        formats[n++] = "gpkg";
    if (study->tif)
        formats[n++] = "tif";
    kerb_json_add_text(&parameters, "crs", study->crs);
    kerb_json_add_texts(&parameters, "exclude", exclude, study->exclude.n);
    kerb_json_add_texts(&parameters, "formats", formats, n);
    kerb_json_add_civil(&parameters, "from", study->from);
    kerb_json_add_text(&parameters, "name", study->name);
    kerb_json_add_text(&parameters, "study_area", last_part(study->study_area));
    kerb_json_add_civil(&parameters, "to", study->to);
    kerb_free(exclude);
    return kerb_json_take(r->ctx, &parameters, true, out);
}

/* The members that every command prints: of the import, and sums over the results. */
static kerb_status add_common(run *r, kerb_json *object, const char *store_path)
{
    char *parameters = NULL, *times = NULL, *outputs = NULL, *excluded = NULL;
    kerb_json timing = {0};
    kerb_text list = {0}, left_out = {0};
    kerb_json_add_real(&timing, "read_s", floor(r->read_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "compute_s", floor(r->compute_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "compute_cpu_s", floor(r->compute_cpu_s * 1e3 + 0.5) / 1e3);
    kerb_json_add_real(&timing, "write_s", floor(r->write_s * 1e3 + 0.5) / 1e3);
    kerb_text_add(&list, "[");
    kerb_text_add(&list, r->outputs.data != NULL ? r->outputs.data : "");
    kerb_text_add(&list, "{\"path\":");
    kerb_text_add_json(&list, store_path);
    kerb_text_add(&list, ",\"sha256\":null}]");
    if (r->outputs.failed)
        list.failed = true;
    kerb_text_add(&left_out, "{");
    if (r->total->rejected > 0)
        kerb_text_add_format(&left_out, "\"rejected\":%llu",
                             (unsigned long long)r->total->rejected);
    kerb_text_add(&left_out, "}");
    kerb_status status = parameters_json(r, &parameters);
    if (status == KERB_OK)
        status = kerb_json_take(r->ctx, &timing, true, &times);
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &list, &outputs);
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &left_out, &excluded);
    if (status == KERB_OK) {
        kerb_json_add_count(object, "events_read", r->total->read);
        kerb_json_add_count(object, "events_used", r->total->loaded);
        kerb_json_add_raw(object, "excluded", excluded);
        kerb_json_add_raw(object, "outputs", outputs);
        kerb_json_add_raw(object, "parameters", parameters);
        kerb_json_add_raw(object, "timing", times);
        kerb_json_add_count(object, "seed", kerb_ctx_get_seed(r->ctx));
        kerb_json_add_count(object, "peak_memory_bytes", kerb_peak_memory_bytes());
        kerb_json_add_text(object, "version", kerb_version());
    }
    kerb_json_clear(&timing);
    kerb_text_clear(&list);
    kerb_text_clear(&left_out);
    kerb_free(parameters);
    kerb_free(times);
    kerb_free(outputs);
    kerb_free(excluded);
    return status;
}

static kerb_status make_json(run *r, char **json)
{
    kerb_json object = {0};
    char *import = NULL, *results = NULL, *path = NULL;
    kerb_text list = {0};
    kerb_text_add(&list, "[");
    kerb_text_add(&list, r->results.data != NULL ? r->results.data : "");
    kerb_text_add(&list, "]");
    kerb_status status = kerb_text_take(r->ctx, &list, &results);
    if (status == KERB_OK) {
        path = join(r->folder, r->store_name);
        if (path == NULL)
            status = kerb_fail_nomem(r->ctx, "a path");
    }
    if (status == KERB_OK)
        status = kerb_report_json(r->ctx, r->total, &import);
    if (status == KERB_OK)
        status = add_common(r, &object, path);
    if (status == KERB_OK) {
        kerb_json_add_text(&object, "study", r->study->name);
        kerb_json_add_raw(&object, "import", import);
        kerb_json_add_raw(&object, "results", results);
        kerb_json_add_text(&object, "store", path);
        status = kerb_json_take(r->ctx, &object, true, json);
    }
    kerb_json_clear(&object);
    kerb_free(import);
    kerb_free(results);
    kerb_free(path);
    return status;
}

/* A failed run takes back the folder that it made. */
static void close_run(run *r, kerb_status status)
{
    kerb_input_free(r->input);
    kerb_store_close(r->store);
    if (r->stage != NULL)
        remove_stage(r->stage);
    if (r->made_folder && status != KERB_OK)
        rmdir(r->folder);
    kerb_free(r->stage);
    kerb_free(r->store_name);
    for (size_t i = 0; i < r->n_names; i++)
        kerb_free(r->names[i]);
    kerb_free(r->names);
    kerb_text_clear(&r->results);
    kerb_text_clear(&r->summary);
    kerb_text_clear(&r->outputs);
    kerb_ingest_report_free(r->total);
}

static kerb_status load(run *r)
{
    kerb_crs *crs = NULL;
    char *path = NULL;
    double start_s = kerb_wall_time_s();
    const study_import *first = &r->study->imports[0]; /* a study has one */
    kerb_input_options options = {.format = first->format, .input_crs = first->input_crs};
    kerb_status status = kerb_crs_new(r->ctx, r->study->crs, &crs);
    if (status == KERB_OK)
        status = kerb_study__check_working(r->ctx, crs, first->inputs.items, first->inputs.n,
                                           &options);
    if (status == KERB_OK)
        status = add_name(r, r->store_name, &path);
    if (status == KERB_OK)
        status = kerb_store_open(r->ctx, path, KERB_STORE_WRITE, crs, &r->store);
    if (status == KERB_OK)
        status = load_incidents(r, crs);
    if (status == KERB_OK)
        status = load_areas(r, crs);
    if (status == KERB_OK)
        status = kerb_input__from_store(r->ctx, r->store, &r->input);
    r->read_s = kerb_wall_time_s() - start_s;
    kerb_crs_free(crs);
    kerb_free(path);
    return status;
}

/* The empty account and the name of the store. */
static kerb_status begin(run *r)
{
    kerb_text name = {0};
    char *slug = kerb_study__slug(r->study->name);
    r->total = kerb_calloc_array(1, sizeof *r->total);
    if (r->total != NULL) {
        r->total->by_reason = kerb_tally_new();
        r->total->coarse_place_by_m = kerb_tally_new();
    }
    if (slug == NULL || r->total == NULL || r->total->by_reason == NULL ||
        r->total->coarse_place_by_m == NULL) {
        kerb_free(slug);
        return kerb_fail_nomem(r->ctx, "a study");
    }
    kerb_text_add(&name, slug);
    kerb_text_add(&name, ".sqlite");
    kerb_free(slug);
    return kerb_text_take(r->ctx, &name, &r->store_name);
}

static kerb_status make_summary(run *r, char **summary)
{
    const kerb_ingest_report *total = r->total;
    kerb_text text = {0};
    kerb_text_add_format(
        &text, "%llu rows read: %llu loaded (%llu without coordinates), %llu rejected\n",
        (unsigned long long)total->read, (unsigned long long)total->loaded,
        (unsigned long long)total->without_geometry, (unsigned long long)total->rejected);
    kerb_text_add(&text, r->summary.data != NULL ? r->summary.data : "");
    kerb_text_add_format(&text, "written to %s\n", r->folder);
    return kerb_text_take(r->ctx, &text, summary);
}

kerb_status kerb_study_run(kerb_ctx *ctx, const kerb_study *study, const char *folder,
                           bool overwrite, char **json, char **summary)
{
    run r = {.ctx = ctx,
             .study = study,
             .folder = folder != NULL ? folder : study->folder,
             .overwrite = overwrite};
    char *made_json = NULL, *made_summary = NULL;
    if (r.folder == NULL)
        r.folder = ".";
    kerb_status status = begin(&r);
    if (status == KERB_OK)
        status = open_stage(&r);
    if (status == KERB_OK)
        status = load(&r);
    if (status == KERB_OK)
        status = run_analyses(&r);
    if (status == KERB_OK)
        status = make_json(&r, &made_json);
    if (status == KERB_OK)
        status = make_summary(&r, &made_summary);
    if (status == KERB_OK) {
        /* nothing may hold the store when it gets its name; publishing is the last that can
         * fail
         */
        kerb_input_free(r.input);
        r.input = NULL;
        kerb_store_close(r.store);
        r.store = NULL;
        status = publish(&r);
    }
    if (status == KERB_OK) {
        *json = made_json;
        *summary = made_summary;
        made_json = made_summary = NULL;
    }
    close_run(&r, status);
    kerb_free(made_json);
    kerb_free(made_summary);
    return status;
}
