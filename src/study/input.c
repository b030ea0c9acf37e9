/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where incidents come from: one store, or files read straight into memory by the same parser.
 * Also where a user's name for areas (`SET`, `SET:ID`, a file) becomes polygons.
 */
#include "study_internal.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

struct kerb_input {
    kerb_events *events;
    kerb_crs *crs; /* own copy, also of a store's */
    kerb_store *store;
    bool owns_store;
    kerb_ingest_report *report;
    char *operation; /* names of the operations, joined by "; " */
    double operation_accuracy_m;
    double read_s;
    kerb_civil_s as_at; /* KERB_CIVIL_NONE: now */
};

void kerb_input_free(kerb_input *input)
{
    if (input == NULL)
        return;
    kerb_events_free(input->events);
    if (input->owns_store)
        kerb_store_close(input->store);
    kerb_ingest_report_free(input->report);
    kerb_crs_free(input->crs);
    kerb_free(input->operation);
    kerb_free(input);
}

const kerb_events *kerb_input_events(const kerb_input *input)
{
    return input->events;
}

const kerb_crs *kerb_input_crs(const kerb_input *input)
{
    return input->crs;
}

kerb_store *kerb_input_store(kerb_input *input)
{
    return input->store;
}

const kerb_ingest_report *kerb_input_report(const kerb_input *input)
{
    return input->report;
}

const char *kerb_input__operation(const kerb_input *input)
{
    return input->operation;
}

double kerb_input__operation_accuracy_m(const kerb_input *input)
{
    return input->operation_accuracy_m;
}

kerb_civil_s kerb_input__as_at(const kerb_input *input)
{
    return input->as_at;
}

kerb_status kerb_study__parse_day(kerb_ctx *ctx, const char *option, const char *text,
                                  kerb_civil_s *out)
{
    if (strlen(text) == 10 && kerb_civil_parse(ctx, text, out) == KERB_OK)
        return KERB_OK;
    char shown[4 * 60 + 8];
    kerb_text_visible(text, strlen(text), 60, shown);
    return kerb_fail(ctx, KERB_ERR_ARG, "%s: '%s' is no day (write 2024-03-03)", option, shown);
}

double kerb_input__read_s(const kerb_input *input)
{
    return input->read_s;
}

static bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

/* One operation is the rule; several (files in different systems) are all named, the worst
 * accuracy counts. */
static kerb_status name_operations(kerb_ctx *ctx, kerb_input *input)
{
    kerb_text text = {0};
    const kerb_ingest_report *report = input->report;
    input->operation_accuracy_m = 0.0;
    for (size_t i = 0; i < report->n_files; i++) {
        const kerb_ingest_file *file = &report->files[i];
        if (file->operation == NULL)
            continue;
        if (isnan(file->operation_accuracy_m))
            input->operation_accuracy_m = NAN;
        else if (file->operation_accuracy_m > input->operation_accuracy_m)
            input->operation_accuracy_m = file->operation_accuracy_m;
        if (text.data != NULL && strstr(text.data, file->operation) != NULL)
            continue;
        if (text.length > 0)
            kerb_text_add(&text, "; ");
        kerb_text_add(&text, file->operation);
    }
    if (text.length == 0)
        kerb_text_add(&text, "none needed");
    return kerb_text_take(ctx, &text, &input->operation);
}

static kerb_status read_store(kerb_ctx *ctx, kerb_input *input)
{
    kerb_status status =
        kerb_crs_new(ctx, kerb_crs_id(kerb_store_get_crs(input->store)), &input->crs);
    if (status != KERB_OK)
        return status;
    status =
        input->as_at == KERB_CIVIL_NONE
            ? kerb_store_read_events(ctx, input->store, &input->events)
            : kerb_store_read_events_as_at(ctx, input->store, input->as_at, &input->events);
    if (status != KERB_OK)
        return status;
    return kerb_store_get_operation(ctx, input->store, &input->operation,
                                    &input->operation_accuracy_m);
}

kerb_status kerb_input__from_store(kerb_ctx *ctx, kerb_store *store, kerb_input **out)
{
    kerb_input *input = kerb_calloc_array(1, sizeof *input);
    if (input == NULL)
        return kerb_fail_nomem(ctx, "the input");
    input->store = store;
    input->as_at = KERB_CIVIL_NONE;
    kerb_status status = read_store(ctx, input);
    if (status != KERB_OK) {
        kerb_input_free(input);
        return status;
    }
    *out = input;
    return KERB_OK;
}

/* Longitude and latitude of the first located row, for a message; false when none is found. */
static bool find_place(kerb_ctx *ctx, const char *const *paths, size_t n_paths,
                       const kerb_input_options *options, kerb_point *out)
{
    kerb_crs *degrees = NULL;
    kerb_events *events = NULL;
    kerb_ingest_report *report = NULL;
    bool found = false;
    if (kerb_crs_new(ctx, "EPSG:4326", &degrees) == KERB_OK) {
        kerb_ingest_options ingest = {.format = options->format,
                                      .input_crs = options->input_crs,
                                      .crs = degrees,
                                      .x_column = options->x_column,
                                      .y_column = options->y_column,
                                      .date_column = options->date_column,
                                      .date_to_column = options->date_to_column,
                                      .recorded_column = options->recorded_column,
                                      .category_column = options->category_column,
                                      .weight_column = options->weight_column,
                                      .nature = options->nature};
        if (kerb_ingest_read(ctx, paths, n_paths, &ingest, &events, &report) == KERB_OK)
            for (size_t i = 0; i < events->n && !found; i++) {
                *out = (kerb_point){events->x[i], events->y[i]};
                found = !isnan(out->x);
            }
    }
    kerb_events_free(events);
    kerb_ingest_report_free(report);
    kerb_crs_free(degrees);
    return found;
}

kerb_status kerb_study__check_working(kerb_ctx *ctx, const kerb_crs *crs,
                                      const char *const *paths, size_t n_paths,
                                      const kerb_input_options *options)
{
    kerb_status status = kerb_crs_check_working(ctx, crs, NULL);
    kerb_point place;
    /* Reading the files only to word a refusal is dear, but it is paid once. */
    if (status == KERB_ERR_ARG && n_paths > 0) {
        bool found = find_place(ctx, paths, n_paths, options, &place);
        status = kerb_crs_check_working(ctx, crs, found ? &place : NULL);
    }
    return status;
}

static kerb_status read_files(kerb_ctx *ctx, const char *const *paths, size_t n_paths,
                              const kerb_input_options *options, kerb_input *input)
{
    kerb_status status =
        kerb_crs_new(ctx, options->crs ? options->crs : KERB_DEFAULT_CRS, &input->crs);
    if (status != KERB_OK)
        return status;
    status = kerb_study__check_working(ctx, input->crs, paths, n_paths, options);
    if (status != KERB_OK)
        return status;
    kerb_ingest_options ingest = {
        .format = options->format,
        .source = options->source,
        .input_crs = options->input_crs,
        .crs = input->crs,
        .x_column = options->x_column,
        .y_column = options->y_column,
        .date_column = options->date_column,
        .date_to_column = options->date_to_column,
        .recorded_column = options->recorded_column,
        .category_column = options->category_column,
        .weight_column = options->weight_column,
        .nature = options->nature,
    };
    status = kerb_ingest_read(ctx, paths, n_paths, &ingest, &input->events, &input->report);
    if (status != KERB_OK)
        return status;
    kerb_study__log_report(ctx, input->report);
    return name_operations(ctx, input);
}

kerb_status kerb_input_open(kerb_ctx *ctx, const char *const *paths, size_t n_paths,
                            const kerb_input_options *options, kerb_input **out)
{
    double start_s = kerb_wall_time_s();
    kerb_status status;
    if (n_paths == 0)
        return kerb_fail(ctx, KERB_ERR_ARG, "no input named");
    kerb_input *input = kerb_calloc_array(1, sizeof *input);
    if (input == NULL)
        return kerb_fail_nomem(ctx, "the input");

    input->as_at = KERB_CIVIL_NONE;
    size_t n_stores = 0;
    for (size_t i = 0; i < n_paths; i++)
        n_stores += kerb_store_is_store(paths[i]);
    if (n_stores > 0 && n_paths > 1) {
        status = kerb_fail(ctx, KERB_ERR_ARG,
                           "a store is an input by itself: %zu inputs were named", n_paths);
        goto done;
    }
    if (n_stores == 1) {
        kerb_crs *wanted = NULL;
        if (options->input_crs != NULL || options->format != NULL || options->source != NULL ||
            options->x_column != NULL || options->y_column != NULL ||
            options->date_column != NULL || options->category_column != NULL ||
            options->weight_column != NULL || options->date_to_column != NULL ||
            options->recorded_column != NULL || options->key_column != NULL ||
            options->nature.kind != KERB_KIND_OTHER ||
            options->nature.origin != KERB_ORIGIN_UNKNOWN) {
            status = kerb_fail(ctx, KERB_ERR_ARG,
                               "%s is a store, whose rows were read when they were imported: "
                               "--format, --input-crs and the names of columns (--x, --y, "
                               "--date, --date-to, --recorded, --category-field, "
                               "--weight-field, --input-kind, --input-origin) are for files",
                               paths[0]);
            goto done;
        }
        if (options->crs != NULL) {
            status = kerb_crs_new(ctx, options->crs, &wanted);
            if (status != KERB_OK)
                goto done;
        }
        status = kerb_store_open(ctx, paths[0], KERB_STORE_READ, wanted, &input->store);
        kerb_crs_free(wanted);
        if (status != KERB_OK)
            goto done;
        input->owns_store = true;
        if (options->as_at != NULL)
            status = kerb_study__parse_day(ctx, "--as-at", options->as_at, &input->as_at);
        if (status == KERB_OK)
            status = read_store(ctx, input);
    } else if (options->as_at != NULL) {
        status =
            kerb_fail(ctx, KERB_ERR_ARG,
                      "--as-at asks a store how its records stood: %s is no store", paths[0]);
    } else {
        status = read_files(ctx, paths, n_paths, options, input);
    }
    if (status != KERB_OK)
        goto done;
    input->read_s = kerb_wall_time_s() - start_s;
    *out = input;
    input = NULL;
done:
    kerb_input_free(input);
    return status;
}

/* One area of a set of the store; `found_set` tells whether there is such a set. */
static kerb_status read_one(kerb_ctx *ctx, kerb_input *input, const char *name, size_t length,
                            const char *id, bool *found_set, kerb_areas_set **out)
{
    kerb_areas_set *set = NULL;
    kerb_status status;
    char *set_name = kerb_text_copy_n(name, length);
    if (set_name == NULL)
        return kerb_fail_nomem(ctx, "a set's name");
    status = kerb_store_read_areas(ctx, input->store, set_name, &set);
    *found_set = status != KERB_ERR_NOT_FOUND;
    if (status != KERB_OK)
        goto done;
    size_t i = kerb_areas_set_find_id(set, id);
    if (i == kerb_areas_set_count(set)) {
        status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "the set '%s' has no area with id '%s'",
                           set_name, id);
        goto done;
    }
    kerb_areas_set *one = NULL;
    status = kerb_areas_set_copy_one(ctx, set, i, &one);
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, one);
    if (status == KERB_OK)
        *out = one;
    else
        kerb_areas_set_free(one);
done:
    kerb_areas_set_free(set);
    kerb_free(set_name);
    return status;
}

/* SET or SET:ID of the store; the whole text first, because names and ids may hold colons. */
static kerb_status read_set(kerb_ctx *ctx, kerb_input *input, const char *name, bool *found_set,
                            kerb_areas_set **out)
{
    kerb_status status = kerb_store_read_areas(ctx, input->store, name, out);
    *found_set = status != KERB_ERR_NOT_FOUND;
    for (const char *colon = strchr(name, ':'); !*found_set && colon != NULL;
         colon = strchr(colon + 1, ':'))
        status = read_one(ctx, input, name, (size_t)(colon - name), colon + 1, found_set, out);
    return status;
}

kerb_status kerb_input__area_role(kerb_ctx *ctx, kerb_input *input, const char *name,
                                  char **out)
{
    kerb_status status = KERB_OK;
    char *role = NULL;
    /* as read_set(): the whole text first, because names may hold colons */
    const char *end = name + strlen(name), *colon = strchr(name, ':');
    while (input->store != NULL && status == KERB_OK) {
        char *set_name = kerb_text_copy_n(name, (size_t)(end - name));
        if (set_name == NULL)
            return kerb_fail_nomem(ctx, "a set's name");
        status = kerb_store_find_area_role(ctx, input->store, set_name, &role);
        kerb_free(set_name);
        if (role != NULL || colon == NULL)
            break;
        end = colon;
        colon = strchr(colon + 1, ':');
    }
    if (status == KERB_OK && role == NULL) {
        role = kerb_text_copy("");
        status = role == NULL ? kerb_fail_nomem(ctx, "a role") : KERB_OK;
    }
    if (status == KERB_OK)
        *out = role;
    return status;
}

kerb_status kerb_input_areas(kerb_ctx *ctx, kerb_input *input, const char *name,
                             const kerb_ingest_areas_options *options, kerb_areas_set **out)
{
    /* A set comes before a file of its name: a result must not depend on what happens to lie in
     * the folder the command was called from. A file is meant by its path, as ./wards. */
    if (input->store != NULL) {
        bool found_set = false;
        kerb_status status = read_set(ctx, input, name, &found_set, out);
        if (found_set || !file_exists(name))
            return status;
    }
    if (file_exists(name)) {
        kerb_ingest_areas_options with_crs = {0};
        if (options != NULL)
            with_crs = *options;
        with_crs.crs = input->crs;
        return kerb_ingest_read_areas(ctx, name, &with_crs, out);
    }
    return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no such file: %s (sets by name need a store)",
                     name);
}

char *kerb_study__slug(const char *name)
{
    kerb_text text = {0};
    bool gap = false;
    for (const unsigned char *c = (const unsigned char *)name; *c != 0; c++) {
        bool plain = *c < 128 && isalnum(*c);
        if (!plain) {
            gap = true;
            continue;
        }
        if (text.length >= 80) /* file names have a limit */
            break;
        if (gap && text.length > 0)
            kerb_text_add(&text, "_");
        gap = false;
        char lower = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        kerb_text_add_n(&text, &lower, 1);
    }
    if (text.length == 0)
        kerb_text_add(&text, "unnamed");
    if (text.failed) {
        kerb_text_clear(&text);
        return NULL;
    }
    return text.data;
}
