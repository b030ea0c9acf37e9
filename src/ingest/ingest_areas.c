/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sets of areas from polygon layers, or from delimited text with a WKT column: which fields are
 * what, in which system, and the checks of the whole set.
 */
#include "ingest_areas.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------- columns */

int kerb_ingest__areas_find_field(const kerb_ingest__areas_reader *r, const char *name)
{
    for (size_t i = 0; i < r->n_names; i++) {
        if (strcmp(r->names[i], name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < r->n_names; i++) {
        if (kerb_text_equal_nocase(r->names[i], name)) {
            return (int)i;
        }
    }
    return -1;
}

/* The name that goes with a code: WD21CD has WD21NM beside it, ward_code has ward_name. */
void kerb_ingest__areas_find_name(kerb_ingest__areas_reader *r)
{
    static const char *const pairs[][2] = {{"cd", "nm"}, {"code", "name"}, {"id", "name"}};
    char name[64];
    if (r->options->name_field != NULL || r->name_column >= 0 || r->id_column < 0) {
        return;
    }
    const char *id = r->names[r->id_column];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs && r->name_column < 0; i++) {
        size_t length = strlen(id), tail = strlen(pairs[i][0]);
        if (length >= tail && length < sizeof name - 8 &&
            kerb_text_equal_nocase(id + length - tail, pairs[i][0])) {
            snprintf(name, sizeof name, "%.*s%s", (int)(length - tail), id, pairs[i][1]);
            r->name_column = kerb_ingest__areas_find_field(r, name);
        }
    }
}

static kerb_status need_column(kerb_ctx *ctx, const kerb_ingest__areas_reader *r,
                               const char *option, const char *name, int *out)
{
    *out = kerb_ingest__areas_find_field(r, name);
    if (*out >= 0) {
        return KERB_OK;
    }
    char *list = kerb_ingest__list_columns(r->names, r->n_names);
    kerb_status status = kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s: no field '%s'; %s", option,
                                   name, list != NULL ? list : "");
    kerb_free(list);
    return status;
}

/* FIELD or FIELD@YEAR. A field whose own name ends in @2021 is found first. */
static kerb_status find_population(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                   const char *text, kerb_ingest__population_field *out)
{
    const char *at = strrchr(text, '@');
    out->name = kerb_text_copy(text);
    out->year = 0;
    if (out->name == NULL) {
        return kerb_fail_nomem(ctx, "a field");
    }
    if (kerb_ingest__areas_find_field(r, text) < 0 && at != NULL) {
        int64_t year = 0;
        if (!kerb_parse_int64(at + 1, strlen(at + 1), &year) || year < 1 || year > 9999) {
            return kerb_fail(ctx, KERB_ERR_ARG, "--population %s: '%s' is no year", text,
                             at + 1);
        }
        out->year = (int)year;
        out->name[at - text] = '\0';
    }
    return need_column(ctx, r, "--population", out->name, &out->column);
}

kerb_status kerb_ingest__areas_find_columns(kerb_ctx *ctx, kerb_ingest__areas_reader *r)
{
    const kerb_ingest_areas_options *o = r->options;
    kerb_status status = KERB_OK;
    if (o->id_field != NULL) {
        status = need_column(ctx, r, "--id", o->id_field, &r->id_column);
    } else {
        r->id_column = kerb_ingest__areas_find_field(r, "id");
    }
    if (status == KERB_OK && o->name_field != NULL) {
        status = need_column(ctx, r, "--name", o->name_field, &r->name_column);
    } else if (status == KERB_OK) {
        r->name_column = kerb_ingest__areas_find_field(r, "name");
    }
    if (status == KERB_OK && o->n_population_fields > 0) {
        r->populations = kerb_calloc_array(o->n_population_fields, sizeof *r->populations);
        if (r->populations == NULL) {
            return kerb_fail_nomem(ctx, "fields");
        }
    }
    kerb_ingest__areas_find_name(r);
    for (size_t i = 0; i < o->n_population_fields && status == KERB_OK; i++) {
        r->n_populations++;
        status = find_population(ctx, r, o->population_fields[i], &r->populations[i]);
    }
    return status;
}

kerb_status kerb_ingest__areas_set_crs(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                       const char *own, const kerb_box *area)
{
    const char *definition = r->options->input_crs != NULL ? r->options->input_crs : own;
    if (definition == NULL || kerb_crs_is_none(r->options->crs)) {
        return KERB_OK;
    }
    kerb_status status = kerb_crs_new(ctx, definition, &r->from);
    if (status != KERB_OK || kerb_crs_is_equal(r->from, r->options->crs)) {
        return status;
    }
    bool has_area = area != NULL && kerb_crs_is_geographic(r->from);
    if (!has_area ||
        kerb_transform_new(ctx, r->from, r->options->crs, area, &r->transform) != KERB_OK) {
        status = kerb_transform_new(ctx, r->from, r->options->crs, NULL, &r->transform);
    }
    return status;
}

kerb_status kerb_ingest__areas_check(kerb_ctx *ctx, const kerb_ingest__areas_reader *r)
{
    size_t n = kerb_areas_set_count(r->set), n_outside = 0;
    if (n == 0) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         r->n_not_areas > 0 ? "there are no polygons in it"
                                            : "there are no areas in it");
    }
    if (kerb_crs_is_none(r->options->crs)) {
        return KERB_OK;
    }
    kerb_box all = kerb_areas_set_box(r->set);
    bool is_like_degrees =
        all.xmin >= -180.0 && all.xmax <= 180.0 && all.ymin >= -90.0 && all.ymax <= 90.0;
    if (r->from == NULL && is_like_degrees) {
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "these look like degrees: say --input-crs EPSG:4326");
    }
    for (size_t i = 0; i < n; i++) {
        kerb_box box = kerb_areas_set_box_of(r->set, i);
        n_outside += !kerb_crs_covers(r->options->crs, (box.xmin + box.xmax) / 2.0,
                                      (box.ymin + box.ymax) / 2.0);
    }
    if (2 * n_outside > n) {
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "%zu of %zu areas lie outside the area of %s; check --input-crs and "
                         "--crs",
                         n_outside, n, kerb_crs_id(r->options->crs));
    }
    return KERB_OK;
}

/* ---------------------------------------------------------------------- both */

static bool has_extension(const char *path, const char *extension)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && kerb_text_equal_nocase(dot + 1, extension);
}

kerb_status kerb_ingest_read_areas(kerb_ctx *ctx, const char *path,
                                   const kerb_ingest_areas_options *options,
                                   kerb_areas_set **out)
{
    struct stat about;
    kerb_ingest__areas_reader r = {.options = options, .id_column = -1, .name_column = -1};
    char *zip = NULL;
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
    kerb_status status = KERB_OK;
    if (options->crs == NULL) {
        return kerb_fail(ctx, KERB_ERR_ARG, "ingest needs the working CRS");
    }
    if (stat(path, &about) != 0) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no such file: %s", path);
    }
    if (kerb_store_is_store(path)) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "%s is a kerb store: name a set in it with --set", name);
    }
    status = kerb_output_protect(ctx, path);
    if (status != KERB_OK) {
        goto done;
    }
    status = kerb_areas_set_new(ctx, &r.set);
    if (status != KERB_OK) {
        goto done;
    }
    r.ids = kerb_strings_new();
    if (r.ids == NULL) {
        status = kerb_fail_nomem(ctx, "ids");
        goto done;
    }
    bool is_table = has_extension(path, "csv") || has_extension(path, "tsv") ||
                    has_extension(path, "txt") || has_extension(path, "psv");
    if (is_table) {
        status = kerb_ingest__areas_read_wkt(ctx, &r, path, name);
    } else {
        if (has_extension(path, "zip")) {
            zip = kerb_ingest__zip_path(path, "");
        }
        status = kerb_ingest__areas_read_ogr(ctx, &r, zip != NULL ? zip : path, name);
    }
    if (status == KERB_OK) {
        status = kerb_areas_set_index(ctx, r.set);
    }
    if (status == KERB_OK) {
        *out = r.set;
        r.set = NULL;
    }
done:
    kerb_free(zip);
    kerb_free(r.wkb);
    kerb_free(r.y);
    kerb_free(r.x);
    for (size_t i = 0; i < r.n_populations; i++) {
        kerb_free(r.populations[i].name);
    }
    kerb_free(r.populations);
    kerb_free(r.names);
    kerb_transform_free(r.transform);
    kerb_crs_free(r.from);
    kerb_strings_free(r.ids);
    kerb_areas_set_free(r.set);
    return status;
}
