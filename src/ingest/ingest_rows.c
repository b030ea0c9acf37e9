/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows that passed their checks, gathered into columns for the sink, file by file. The
 * reference is looked at last, so that a rejected row never shadows a good one.
 */
#include "ingest_linked.h"

#include <assert.h>
#include <math.h>

kerb_status kerb_ingest__loader_new(kerb_ctx *ctx, const kerb_ingest_options *options,
                                    kerb_ingest__sink *sink,
                                    kerb_ingest__references *references,
                                    kerb_ingest__loader **out)
{
    kerb_ingest__loader *loader = kerb_calloc_array(1, sizeof *loader);
    if (loader == NULL) {
        return kerb_fail_nomem(ctx, "a batch of rows");
    }
    loader->options = options;
    loader->sink = sink;
    loader->references = references;
    kerb_ingest__batch *b = &loader->batch;
    size_t n = KERB_INGEST_BATCH_ROWS;
    b->x = kerb_alloc_array(n, sizeof *b->x);
    b->y = kerb_alloc_array(n, sizeof *b->y);
    b->weight = kerb_alloc_array(n, sizeof *b->weight);
    b->start = kerb_alloc_array(n, sizeof *b->start);
    b->precision = kerb_alloc_array(n, sizeof *b->precision);
    b->line = kerb_alloc_array(n, sizeof *b->line);
    b->reference = kerb_alloc_array(n, sizeof *b->reference);
    b->reference_at = kerb_alloc_array(n, sizeof *b->reference_at);
    b->reference_length = kerb_alloc_array(n, sizeof *b->reference_length);
    b->no_place = kerb_alloc_array(n, sizeof *b->no_place);
    loader->reasons = kerb_strings_new();
    loader->sha256 = kerb_sha256_new();
    if (kerb_ingest__linked_new(ctx, &loader->linked) != KERB_OK) {
        kerb_ingest__loader_free(loader);
        return KERB_ERR_NOMEM;
    }
    bool has_all = b->x && b->y && b->weight && b->start && b->precision && b->line &&
                   b->reference && b->reference_at && b->reference_length && b->no_place &&
                   loader->reasons && loader->sha256;
    for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
        b->names[kind] = kerb_alloc_array(n, sizeof *b->names[kind]);
        has_all = has_all && b->names[kind] != NULL;
    }
    if (!has_all) {
        kerb_ingest__loader_free(loader);
        return kerb_fail_nomem(ctx, "a batch of rows");
    }
    *out = loader;
    return KERB_OK;
}

static void clear_file(kerb_ingest__loader *loader)
{
    for (size_t i = 0; i < loader->n_lines; i++) {
        kerb_free(loader->lines[i]);
    }
    kerb_free(loader->lines);
    loader->lines = NULL;
    loader->n_lines = 0;
    kerb_ingest__coordinates_free(loader->coordinates);
    loader->coordinates = NULL;
    kerb_free(loader->stem_source);
    loader->stem_source = NULL;
    loader->entry = NULL;
}

void kerb_ingest__loader_free(kerb_ingest__loader *loader)
{
    if (loader == NULL) {
        return;
    }
    clear_file(loader);
    kerb_free(loader->last_source);
    kerb_free(loader->told);
    kerb_free(loader->personal_columns);
    kerb_ingest__linked_free(loader->linked);
    kerb_sha256_free(loader->sha256);
    kerb_strings_free(loader->reasons);
    kerb_text_clear(&loader->scratch);
    kerb_text_clear(&loader->category);
    kerb_ingest__batch *b = &loader->batch;
    kerb_text_clear(&b->references);
    kerb_text_clear(&b->personal_text);
    kerb_free(b->personal);
    for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
        kerb_free(b->names[kind]);
    }
    kerb_free(b->no_place);
    kerb_free(b->reference_length);
    kerb_free(b->reference_at);
    kerb_free(b->reference);
    kerb_free(b->line);
    kerb_free(b->recorded);
    kerb_free(b->end);
    kerb_free(b->precision);
    kerb_free(b->start);
    kerb_free(b->cell_m);
    kerb_free(b->weight);
    kerb_free(b->y);
    kerb_free(b->x);
    kerb_free(loader);
}

uint64_t kerb_ingest__loader_superseded(const kerb_ingest__loader *loader)
{
    return loader->n_superseded;
}

void kerb_ingest__loader_compare(kerb_ctx *ctx, const kerb_ingest__loader *loader,
                                 kerb_ingest_report *report)
{
    kerb_ingest__linked_report(ctx, loader->linked, report);
}

/* -------------------------------------------------------------------- batch */

/* The next row's square, 0 where its place is exact. */
static kerb_status set_cell(kerb_ctx *ctx, kerb_ingest__batch *b, double cell_m)
{
    if (cell_m == 0.0 && b->n_coarse == 0) {
        return KERB_OK;
    }
    if (b->cell_m == NULL) {
        b->cell_m = kerb_alloc_array(KERB_INGEST_BATCH_ROWS, sizeof *b->cell_m);
        if (b->cell_m == NULL) {
            return kerb_fail_nomem(ctx, "a batch of rows");
        }
    }
    for (size_t i = 0; i < b->n && b->n_coarse == 0; i++) {
        b->cell_m[i] = NAN;
    }
    b->cell_m[b->n] = cell_m > 0.0 ? cell_m : (double)NAN;
    b->n_coarse += cell_m > 0.0;
    return KERB_OK;
}

/* Coarse places by the side of their square, once it is known which rows have a place at all.
 */
static kerb_status count_coarse(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    const kerb_ingest__batch *b = &loader->batch;
    char side[KERB_DOUBLE_TEXT];
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < b->n && b->n_coarse > 0 && status == KERB_OK; i++) {
        if (!isnan(b->cell_m[i]) && !isnan(b->x[i])) {
            kerb_format_double(b->cell_m[i], side);
            loader->entry->coarse_place++;
            status = kerb_tally_add(ctx, loader->entry->coarse_place_by_m, side, 1);
        }
    }
    return status;
}

static kerb_status flush(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest__batch *b = &loader->batch;
    kerb_status status = KERB_OK;
    if (b->n == 0) {
        return KERB_OK;
    }
    uint64_t n_outside = 0;
    status =
        kerb_ingest__coordinates_apply(ctx, loader->coordinates, b->n, b->x, b->y, &n_outside);
    if (status == KERB_OK && n_outside > 0) {
        loader->entry->without_geometry += n_outside;
        status = kerb_ingest__reason_add(ctx, loader, "outside_crs_area", n_outside);
    }
    if (status != KERB_OK) {
        return status;
    }
    for (size_t i = 0; i < b->n && n_outside > 0; i++) {
        if (b->no_place[i] == NULL && isnan(b->x[i])) {
            b->no_place[i] = "outside_crs_area";
        }
    }
    status = count_coarse(ctx, loader);
    if (status != KERB_OK) {
        return status;
    }
    for (size_t i = 0; i < b->n && b->has_reference; i++) {
        b->reference[i] =
            b->reference_length[i] > 0 ? b->references.data + b->reference_at[i] : NULL;
    }
    kerb_import_rows rows = {.n = b->n,
                             .x = b->x,
                             .y = b->y,
                             .start = b->start,
                             .precision = b->precision,
                             .line = b->line,
                             .no_geometry_reason = b->no_place};
    if (loader->layout.column[KERB_ROLE_WEIGHT] >= 0) {
        rows.weight = b->weight;
    }
    if (loader->layout.column[KERB_ROLE_DATE_TO] >= 0) {
        rows.end = b->end;
    }
    if (loader->layout.column[KERB_ROLE_RECORDED] >= 0) {
        rows.recorded = b->recorded;
    }
    if (b->n_coarse > 0) {
        rows.cell_m = b->cell_m;
    }
    if (b->has_reference) {
        rows.reference = b->reference;
        rows.reference_length = b->reference_length;
    }
    for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
        rows.names[kind] = b->names[kind];
    }
    kerb_ingest__personal_fill(loader, &rows);
    status = loader->sink->add_rows(ctx, loader->sink, loader->file_id, &rows);
    if (loader->layout.record != KERB_RECORD_CASUALTY_ROW) { /* its rows are casualties */
        loader->entry->loaded += b->n;
    }
    b->n = 0;
    b->n_coarse = 0;
    b->has_reference = false;
    b->references.length = 0;
    b->n_personal = 0;
    b->personal_text.length = 0;
    return status == KERB_OK ? kerb_check_cancel(ctx) : status;
}

/* Number and key of the row's source; kept while the text stays the same, as it does for files.
 */
kerb_status kerb_ingest__loader_set_source(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                           const kerb_ingest__row *row)
{
    kerb_ingest__field source = {0};
    if (loader->options->source != NULL) {
        source.text = loader->options->source;
    } else if (loader->layout.column[KERB_ROLE_SOURCE] >= 0) {
        source = kerb_ingest__row_field(loader, row, KERB_ROLE_SOURCE);
    } else if (loader->layout.source != NULL) {
        source.text = loader->layout.source;
    }
    if (source.text == NULL || (source.length == 0 && *source.text == '\0')) {
        source.text =
            loader->layout.source != NULL ? loader->layout.source : loader->stem_source;
        source.length = strlen(source.text);
    } else if (source.length == 0) {
        source.length = strlen(source.text);
    }
    if (source.length == loader->last_source_length &&
        memcmp(source.text, loader->last_source, source.length) == 0 &&
        loader->source_number != 0) {
        return KERB_OK;
    }
    if (source.length > loader->last_source_capacity) {
        char *copy = kerb_realloc_array(loader->last_source, source.length, 1);
        if (copy == NULL) {
            return kerb_fail_nomem(ctx, "a source");
        }
        loader->last_source = copy;
        loader->last_source_capacity = source.length;
    }
    memcpy(loader->last_source, source.text, source.length);
    loader->last_source_length = source.length;
    loader->source_key = kerb_hash_bytes(source.text, source.length);
    if (loader->entry->source == NULL) {
        loader->entry->source = kerb_text_copy_n(source.text, source.length);
        if (loader->entry->source == NULL) {
            return kerb_fail_nomem(ctx, "a source");
        }
    }
    return loader->sink->add_name(ctx, loader->sink, KERB_NAME_SOURCE, source.text,
                                  source.length, &loader->source_number);
}

/* The category as it stands in the file; several columns as "Fire / yes / Accidental", without
 * those that are empty. */
static kerb_ingest__field get_category(kerb_ingest__loader *loader, const kerb_ingest__row *row)
{
    kerb_text *text = &loader->category;
    if (loader->layout.n_joined == 0) {
        return kerb_ingest__row_field(loader, row, KERB_ROLE_CATEGORY);
    }
    text->length = 0;
    for (size_t i = 0; i < loader->layout.n_joined; i++) {
        size_t column = (size_t)loader->layout.joined[i];
        kerb_ingest__field part = {"", 0};
        if (column < row->n_fields) {
            part = kerb_ingest__field_trim(row->fields[column]);
        }
        if (part.length > 0) {
            kerb_text_add(text, text->length > 0 ? " / " : "");
            kerb_text_add_n(text, part.text, part.length);
        }
    }
    return (kerb_ingest__field){text->data != NULL ? text->data : "", text->length};
}

static kerb_status add_names(kerb_ctx *ctx, kerb_ingest__loader *loader,
                             const kerb_ingest__row *row, kerb_ingest__field category)
{
    static const kerb_ingest__role roles[KERB_NAME_KINDS] = {
        [KERB_NAME_SOURCE] = KERB_ROLE_SOURCE,
        [KERB_NAME_CATEGORY] = KERB_ROLE_CATEGORY,
        [KERB_NAME_AREA_CODE] = KERB_ROLE_AREA_CODE,
        [KERB_NAME_AREA_NAME] = KERB_ROLE_AREA_NAME,
        [KERB_NAME_LABEL] = KERB_ROLE_LABEL};
    kerb_ingest__batch *b = &loader->batch;
    b->names[KERB_NAME_SOURCE][b->n] = loader->source_number;
    for (size_t kind = KERB_NAME_CATEGORY; kind < KERB_NAME_KINDS; kind++) {
        uint32_t number = 0;
        kerb_ingest__field field = kind == KERB_NAME_CATEGORY
                                       ? category
                                       : kerb_ingest__row_field(loader, row, roles[kind]);
        bool is_no_location = kind == KERB_NAME_LABEL && loader->layout.is_police &&
                              field.length == 11 && memcmp(field.text, "No Location", 11) == 0;
        if (field.length > 0 && !is_no_location &&
            !kerb_ingest__field_is_missing(loader, field)) {
            loader->n_named[kind]++;
            loader->n_long[kind] += field.length > KERB_INGEST_FREE_TEXT_BYTES;
            kerb_status status = loader->sink->add_name(ctx, loader->sink, (kerb_name_kind)kind,
                                                        field.text, field.length, &number);
            if (status != KERB_OK) {
                return status;
            }
        }
        b->names[kind][b->n] = number;
    }
    return kerb_ingest__kinds_tell(ctx, loader, b->names[KERB_NAME_CATEGORY][b->n], category);
}

/* Has the incident been loaded already? A later month takes the place of what the store has. */
kerb_status kerb_ingest__loader_check_reference(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                                kerb_hash128 key, bool *is_repeated)
{
    int month = -1;
    int64_t incident_id = 0;
    *is_repeated = false;
    /* an extract tells the records of the store anew */
    if (loader->options->extract == NULL &&
        kerb_ingest__references_find_stored(loader->references, key, &month, &incident_id)) {
        if (loader->month <= month) {
            *is_repeated = true;
            return KERB_OK;
        }
        kerb_status status = loader->sink->supersede(ctx, loader->sink, incident_id);
        if (status != KERB_OK) {
            return status;
        }
        kerb_ingest__references_drop_stored(loader->references, key);
        loader->n_superseded++;
    }
    bool is_new = false;
    kerb_status status = kerb_ingest__references_add(ctx, loader->references, key, &is_new);
    *is_repeated = !is_new;
    return status;
}

kerb_status kerb_ingest__batch_add_reference(kerb_ctx *ctx, kerb_ingest__batch *batch,
                                             kerb_ingest__field reference)
{
    batch->has_reference = true;
    batch->reference_at[batch->n] = batch->references.length;
    batch->reference_length[batch->n] = (uint32_t)reference.length;
    kerb_text_add_n(&batch->references, reference.text, reference.length);
    return batch->references.failed ? kerb_fail_nomem(ctx, "references") : KERB_OK;
}

kerb_status kerb_ingest__loader_append(kerb_ctx *ctx, kerb_ingest__loader *loader, int64_t line,
                                       const kerb_ingest__checked *good)
{
    kerb_ingest__batch *b = &loader->batch;
    kerb_status status = set_cell(ctx, b, good->no_place == NULL ? good->cell_m : 0.0);
    if (status != KERB_OK) {
        return status;
    }
    b->x[b->n] = good->x;
    b->y[b->n] = good->y;
    b->weight[b->n] = good->weight;
    b->start[b->n] = good->start;
    b->precision[b->n] = (uint8_t)good->precision;
    if (b->end != NULL) {
        b->end[b->n] = good->end;
    }
    if (b->recorded != NULL) {
        b->recorded[b->n] = good->recorded;
    }
    b->line[b->n] = line;
    b->no_place[b->n] = good->no_place;
    b->n++;
    loader->entry->without_date += good->start == KERB_CIVIL_NONE;
    loader->entry->end_without_start += good->has_end_alone;
    loader->entry->recorded_before_start += good->is_recorded_early;
    if (good->no_place != NULL) {
        loader->entry->without_geometry++;
        status = kerb_ingest__reason_add(ctx, loader, good->no_place, 1);
    }
    if (status == KERB_OK &&
        (b->n == KERB_INGEST_BATCH_ROWS || b->references.length > ((size_t)16 << 20) ||
         b->personal_text.length > ((size_t)16 << 20))) {
        status = flush(ctx, loader);
    }
    return status;
}

static bool is_all_empty(const kerb_ingest__row *row)
{
    for (size_t i = 0; i < row->n_fields; i++) {
        if (row->fields[i].length > 0) {
            return false;
        }
    }
    return true;
}

kerb_status kerb_ingest__loader_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, const kerb_point *point)
{
    kerb_ingest__batch *b = &loader->batch;
    kerb_ingest__checked good = {.column = -1};
    loader->entry->read++;
    if (point == NULL && row->n_fields > 0 && is_all_empty(row)) {
        return kerb_ingest__row_reject(ctx, loader, row, "empty_row", -1,
                                       (kerb_ingest__field){"", 0});
    }
    kerb_status status = kerb_ingest__loader_set_source(ctx, loader, row);
    if (status != KERB_OK) {
        return status;
    }
    kerb_ingest__record record = loader->layout.record;
    if (record >= KERB_RECORD_VEHICLE) {
        return kerb_ingest__linked_add(ctx, loader, row);
    }
    kerb_hash128 key = {0, 0};
    kerb_ingest__field reference = kerb_ingest__row_field(loader, row, KERB_ROLE_REFERENCE);
    bool has_reference = !kerb_ingest__field_is_missing(loader, reference);
    if (has_reference) {
        key = kerb_ingest__reference_key(loader->source_key, reference.text, reference.length);
        kerb_ingest__references_prefetch(loader->references, key);
    }
    kerb_ingest__field category = get_category(loader, row);
    bool is_good = kerb_ingest__row_check_date(loader, row, &good) &&
                   kerb_ingest__row_check_end(loader, row, &good) &&
                   kerb_ingest__row_check_recorded(loader, row, &good) &&
                   kerb_ingest__row_check_place(loader, row, point, &good) &&
                   kerb_ingest__row_check_weight(loader, row, &good);
    if (is_good && loader->layout.mapping != NULL) {
        bool keep = true;
        kerb_ingest__field value = category;
        category = kerb_ingest__mapping_category(loader->layout.mapping, value, &keep);
        is_good = keep || kerb_ingest__refuse(&good, "category_not_mapped",
                                              loader->layout.column[KERB_ROLE_CATEGORY], value);
    }
    if (is_good && record != KERB_RECORD_INCIDENT) {
        is_good = kerb_ingest__linked_check(loader, row, key, &good, &category);
    }
    is_good = is_good && kerb_ingest__extract_admits(
                             loader, has_reference ? &key : NULL,
                             kerb_ingest__row_field(loader, row, KERB_ROLE_DATE), &good);
    if (!is_good) {
        status = kerb_ingest__extract_note_rejected(ctx, loader, has_reference ? &key : NULL);
        if (status == KERB_OK && record != KERB_RECORD_INCIDENT && has_reference) {
            status = kerb_ingest__linked_note_rejected(ctx, loader, key);
        }
        return status == KERB_OK ? kerb_ingest__row_reject(ctx, loader, row, good.reason,
                                                           good.column, good.value)
                                 : status;
    }
    if (record == KERB_RECORD_CASUALTY_ROW && has_reference) {
        bool joined = false;
        status = kerb_ingest__linked_join(ctx, loader, row, key, &good, &joined);
        if (status != KERB_OK || joined) {
            return status;
        }
    }
    b->reference_length[b->n] = 0;
    if (has_reference) {
        bool is_repeated = false;
        status = kerb_ingest__loader_check_reference(ctx, loader, key, &is_repeated);
        if (status != KERB_OK) {
            return status;
        }
        if (is_repeated) {
            loader->entry->duplicates++;
            return kerb_ingest__row_reject(ctx, loader, row, "repeated_reference",
                                           loader->layout.column[KERB_ROLE_REFERENCE],
                                           reference);
        }
        status = kerb_ingest__batch_add_reference(ctx, b, reference);
        if (status != KERB_OK) {
            return status;
        }
    }
    status = add_names(ctx, loader, row, category);
    if (status == KERB_OK && record != KERB_RECORD_INCIDENT) {
        status = kerb_ingest__linked_note(ctx, loader, row, key, has_reference, &good);
    }
    if (status != KERB_OK) {
        return status;
    }
    status = kerb_ingest__personal_add(ctx, loader, row);
    if (status != KERB_OK) {
        return status;
    }
    return kerb_ingest__loader_append(ctx, loader, row->line, &good);
}

/* -------------------------------------------------------------------- files */

/* "robbery 2020" of "data/robbery 2020.csv.gz". */
static char *make_stem(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    const char *dot = strchr(base + (*base == '.'), '.');
    return kerb_text_copy_n(base, dot != NULL ? (size_t)(dot - base) : strlen(base));
}

/* Columns of the batch that most files have nothing for. */
static kerb_status make_spare_columns(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest__batch *b = &loader->batch;
    bool has_end = loader->layout.column[KERB_ROLE_DATE_TO] >= 0;
    bool has_recorded = loader->layout.column[KERB_ROLE_RECORDED] >= 0;
    if (has_end && b->end == NULL) {
        b->end = kerb_alloc_array(KERB_INGEST_BATCH_ROWS, sizeof *b->end);
    }
    if (has_recorded && b->recorded == NULL) {
        b->recorded = kerb_alloc_array(KERB_INGEST_BATCH_ROWS, sizeof *b->recorded);
    }
    bool has_all = (!has_end || b->end != NULL) && (!has_recorded || b->recorded != NULL);
    return has_all ? KERB_OK : kerb_fail_nomem(ctx, "a batch of rows");
}

kerb_status kerb_ingest__loader_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                           kerb_ingest_file *entry,
                                           const kerb_ingest__layout *layout,
                                           const char *const *headers, size_t n_headers,
                                           const char *layer_crs, int month)
{
    kerb_status status = KERB_OK;
    clear_file(loader);
    kerb_ingest__points_restore(loader);
    loader->entry = entry;
    loader->layout = *layout;
    loader->headers = headers;
    loader->n_headers = n_headers;
    loader->month = month;
    loader->n_month_first = 0;
    loader->date_order = (kerb_ingest__date_order){0};
    loader->is_month_first = false;
    loader->source_number = 0;
    kerb_ingest__kinds_begin_file(loader);
    status = kerb_ingest__personal_begin_file(ctx, loader);
    if (status != KERB_OK) {
        return status;
    }
    loader->last_source_length = 0;
    loader->stem_source = make_stem(entry->member != NULL ? entry->member : entry->name);
    kerb_ingest__linked_begin_file(loader);
    status = kerb_ingest__points_begin_file(ctx, loader);
    if (status != KERB_OK) {
        return status;
    }
    entry->by_reason = kerb_tally_new();
    entry->coarse_place_by_m = kerb_tally_new();
    if (loader->stem_source == NULL || entry->by_reason == NULL ||
        entry->coarse_place_by_m == NULL) {
        return kerb_fail_nomem(ctx, "a file");
    }
    status = make_spare_columns(ctx, loader);
    if (status != KERB_OK) {
        return status;
    }
    /* What the user says, else what the file says, else what the names of the columns say. */
    const char *definition = layout->crs;
    bool guard = layout->guard_degrees;
    if (layout->place == KERB_PLACE_GEOMETRY) {
        definition = layer_crs != NULL ? layer_crs : layout->crs;
        guard = definition == NULL;
    }
    if (loader->options->input_crs != NULL && layout->place != KERB_PLACE_GRIDREF &&
        layout->place != KERB_PLACE_NONE) {
        definition = loader->options->input_crs;
        guard = false;
    }
    status = kerb_ingest__coordinates_new(ctx, loader->options->crs, definition, guard,
                                          &loader->coordinates);
    if (status != KERB_OK) {
        return status;
    }
    entry->crs_id = kerb_text_copy(kerb_ingest__coordinates_crs_id(loader->coordinates));
    if (entry->crs_id == NULL) {
        return kerb_fail_nomem(ctx, "a file");
    }
    return KERB_OK;
}

kerb_status kerb_ingest__loader_sample(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                       const kerb_ingest__row *row, const kerb_point *point)
{
    kerb_ingest__checked place = {.column = -1};
    if (row != NULL && loader->entry->source == NULL) {
        kerb_status status = kerb_ingest__loader_set_source(ctx, loader, row);
        if (status != KERB_OK) {
            return status;
        }
    }
    if (row != NULL) {
        kerb_ingest__date_order_add(loader, row);
    }
    if (kerb_ingest__row_check_place(loader, row, point, &place) && place.no_place == NULL) {
        kerb_ingest__coordinates_add_sample(loader->coordinates, place.x, place.y);
    }
    return KERB_OK;
}

bool kerb_ingest__loader_needs_scan(const kerb_ingest__loader *loader)
{
    return loader->layout.record == KERB_RECORD_CASUALTY_ROW ||
           kerb_ingest__date_order_is_open(&loader->date_order);
}

void kerb_ingest__loader_begin_scan(kerb_ingest__loader *loader)
{
    loader->date_order = (kerb_ingest__date_order){0};
}

kerb_status kerb_ingest__loader_scan(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                     const kerb_ingest__row *row, bool *is_settled)
{
    kerb_ingest__date_order_add(loader, row);
    if (loader->layout.record == KERB_RECORD_CASUALTY_ROW) {
        *is_settled = false;
        return kerb_ingest__linked_scan(ctx, loader, row);
    }
    *is_settled = loader->date_order.n_day_first > 0;
    return KERB_OK;
}

kerb_status kerb_ingest__loader_open_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest_file *entry = loader->entry;
    kerb_status status = kerb_ingest__coordinates_choose(ctx, loader->coordinates);
    if (status != KERB_OK) {
        return status;
    }
    kerb_ingest__date_order_settle(ctx, loader);
    const kerb_transform *transform = kerb_ingest__coordinates_transform(loader->coordinates);
    entry->operation = kerb_text_copy(kerb_transform_name(transform));
    entry->operation_accuracy_m = kerb_transform_accuracy_m(transform);
    if (entry->source == NULL) {
        entry->source = kerb_text_copy(loader->options->source != NULL ? loader->options->source
                                       : loader->layout.source != NULL ? loader->layout.source
                                                                       : loader->stem_source);
    }
    if (entry->operation == NULL || entry->source == NULL) {
        return kerb_fail_nomem(ctx, "a file");
    }
    kerb_ingest__extract_check_source(ctx, loader);
    kerb_import_file file = {.name = entry->name,
                             .member = entry->member,
                             .sha256 = entry->sha256,
                             .format = entry->format,
                             .source = entry->source,
                             .crs_id = entry->crs_id,
                             .operation = entry->operation,
                             .operation_accuracy_m = entry->operation_accuracy_m,
                             .month = loader->month};
    return loader->sink->add_file(ctx, loader->sink, &file, &loader->file_id);
}

kerb_status kerb_ingest__loader_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest_file *entry = loader->entry;
    kerb_status status = flush(ctx, loader);
    if (status == KERB_OK) {
        status = kerb_ingest__coordinates_check(ctx, loader->coordinates);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__personal_end_file(ctx, loader);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__reasons_flush(ctx, loader);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__linked_end_file(ctx, loader);
    }
    if (status != KERB_OK) {
        return status;
    }
    if (loader->n_month_first > 0) {
        kerb_log(
            ctx, KERB_LOG_WARNING,
            "%s: %llu dates that are no day/month would be month/day, and others can only be "
            "day/month; if the file is month-first, say so in a mapping, else days and "
            "months of the others are exchanged",
            entry->name, (unsigned long long)loader->n_month_first);
    }
    if (entry->end_without_start > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: rows with an end of their time but no start, loaded without date: %llu",
                 entry->name, (unsigned long long)entry->end_without_start);
    }
    if (entry->recorded_before_start > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: rows recorded before they happened, loaded as they stand: %llu",
                 entry->name, (unsigned long long)entry->recorded_before_start);
    }
    assert(entry->read == entry->loaded + entry->rejected);
    kerb_import_counts counts = {.read = entry->read,
                                 .loaded = entry->loaded,
                                 .rejected = entry->rejected,
                                 .without_geometry = entry->without_geometry,
                                 .without_date = entry->without_date,
                                 .duplicates = entry->duplicates,
                                 .by_reason = entry->by_reason};
    status =
        loader->sink->finish_file(ctx, loader->sink, loader->file_id, entry->sha256, &counts);
    return status == KERB_OK ? kerb_ingest__points_end_file(ctx, loader) : status;
}

size_t kerb_ingest__loader_take_lines(kerb_ingest__loader *loader, char ***lines)
{
    size_t n = loader->n_lines;
    *lines = loader->lines;
    loader->lines = NULL;
    loader->n_lines = 0;
    return n;
}
