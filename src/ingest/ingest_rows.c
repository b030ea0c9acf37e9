/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row's checks, and rows gathered into columns for the sink. A row is rejected when
 * something written in it cannot be understood; it is loaded without place or time when nothing
 * is written there. The reference is looked at last, so that a rejected row never shadows a
 * good one.
 */
#include "ingest_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

typedef struct batch {
    size_t n;
    double *x, *y, *weight;
    kerb_civil_s *start;
    uint8_t *precision;
    uint32_t *names[KERB_NAME_KINDS];
    int64_t *line;
    const char **reference;
    size_t *reference_at;
    uint32_t *reference_length;
    const char *
        *no_place; /* why a row has no point; NULL when it has one, or is yet to lose it */
    kerb_text references; /* texts of the batch, one behind the other */
    bool has_reference;
} batch;

struct kerb_ingest__loader {
    const kerb_ingest_options *options;
    kerb_ingest__sink *sink;
    kerb_ingest__references *references;
    batch batch;
    uint64_t n_superseded;
    kerb_text scratch;     /* joined date parts, JSON of a reject */
    kerb_strings *reasons; /* numbers of reasons, counted in `counts` */
    uint64_t counts[64];
    kerb_sha256 *sha256;

    /* of the file being read */
    kerb_ingest_file *entry;
    kerb_ingest__layout layout;
    const char *const *headers;
    size_t n_headers;
    kerb_ingest__coordinates *coordinates;
    int64_t file_id;
    int month;
    char *stem_source;
    uint32_t source_number;
    kerb_hash128 source_key;
    char *last_source; /* text whose number and key are the two above */
    size_t last_source_length, last_source_capacity;
    char **lines;
    size_t n_lines;
    uint64_t n_month_first;
};

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
    batch *b = &loader->batch;
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
    kerb_sha256_free(loader->sha256);
    kerb_strings_free(loader->reasons);
    kerb_text_clear(&loader->scratch);
    batch *b = &loader->batch;
    kerb_text_clear(&b->references);
    for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
        kerb_free(b->names[kind]);
    }
    kerb_free(b->no_place);
    kerb_free(b->reference_length);
    kerb_free(b->reference_at);
    kerb_free(b->reference);
    kerb_free(b->line);
    kerb_free(b->precision);
    kerb_free(b->start);
    kerb_free(b->weight);
    kerb_free(b->y);
    kerb_free(b->x);
    kerb_free(loader);
}

uint64_t kerb_ingest__loader_superseded(const kerb_ingest__loader *loader)
{
    return loader->n_superseded;
}

/* ------------------------------------------------------------------ reasons */

static kerb_status count_reason(kerb_ctx *ctx, kerb_ingest__loader *loader, const char *reason,
                                uint64_t n)
{
    uint32_t number = 0;
    kerb_status status =
        kerb_strings_add(ctx, loader->reasons, reason, strlen(reason), &number);
    if (status != KERB_OK) {
        return status;
    }
    assert(number < sizeof loader->counts / sizeof *loader->counts);
    loader->counts[number] += n;
    return KERB_OK;
}

static kerb_status flush_reasons(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    for (uint32_t i = 1; i <= kerb_strings_count(loader->reasons); i++) {
        if (loader->counts[i] > 0) {
            kerb_status status =
                kerb_tally_add(ctx, loader->entry->by_reason,
                               kerb_strings_get(loader->reasons, i), loader->counts[i]);
            if (status != KERB_OK) {
                return status;
            }
            loader->counts[i] = 0;
        }
    }
    return KERB_OK;
}

/* ------------------------------------------------------------------ rejects */

static kerb_ingest__field trim(kerb_ingest__field field)
{
    while (field.length > 0 && (*field.text == ' ' || *field.text == '\t')) {
        field.text++;
        field.length--;
    }
    while (field.length > 0 &&
           (field.text[field.length - 1] == ' ' || field.text[field.length - 1] == '\t')) {
        field.length--;
    }
    return field;
}

static kerb_ingest__field get_field(const kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, kerb_ingest__role role)
{
    int column = loader->layout.column[role];
    if (column < 0 || (size_t)column >= row->n_fields) {
        return (kerb_ingest__field){"", 0};
    }
    return trim(row->fields[column]);
}

/* The mapped columns of a row as a JSON object: what an analyst needs to find it again, and
   none of the free text and names beside it. */
static const char *make_mapped(kerb_ingest__loader *loader, const kerb_ingest__row *row)
{
    char shown[4 * KERB_INGEST_VALUE_MAX + 8];
    char name[4 * 60 + 8];
    kerb_text *json = &loader->scratch;
    kerb_text_clear(json);
    kerb_text_add(json, "{");
    for (size_t role = 0; role < KERB_ROLES && row->fields != NULL; role++) {
        int column = loader->layout.column[role];
        if (column < 0 || (size_t)column >= row->n_fields) {
            continue;
        }
        kerb_text_visible(loader->headers[column], strlen(loader->headers[column]), 60, name);
        kerb_text_visible(row->fields[column].text, row->fields[column].length,
                          KERB_INGEST_VALUE_MAX, shown);
        if (json->length > 1) {
            kerb_text_add(json, ", ");
        }
        kerb_text_add_json(json, name);
        kerb_text_add(json, ": ");
        kerb_text_add_json(json, shown);
    }
    kerb_text_add(json, "}");
    return json->failed ? NULL : json->data;
}

static kerb_status add_line(kerb_ctx *ctx, kerb_ingest__loader *loader,
                            const kerb_ingest__row *row, const char *reason, const char *column,
                            const char *value)
{
    if (loader->n_lines == KERB_INGEST_REPORT_LINES) {
        return KERB_OK;
    }
    if (loader->lines == NULL) {
        loader->lines = kerb_calloc_array(KERB_INGEST_REPORT_LINES, sizeof *loader->lines);
        if (loader->lines == NULL) {
            return kerb_fail_nomem(ctx, "the report");
        }
    }
    kerb_text line = {0};
    const kerb_ingest_file *entry = loader->entry;
    kerb_text_add_format(
        &line, "%s%s%s:%lld: %s", entry->name, entry->member != NULL ? "/" : "",
        entry->member != NULL ? entry->member : "", (long long)row->line, reason);
    if (column != NULL) {
        kerb_text_add_format(&line, ", column '%s' has '%s'", column, value);
    }
    return kerb_text_take(ctx, &line, &loader->lines[loader->n_lines]) == KERB_OK
               ? (loader->n_lines++, KERB_OK)
               : KERB_ERR_NOMEM;
}

static kerb_status reject(kerb_ctx *ctx, kerb_ingest__loader *loader,
                          const kerb_ingest__row *row, const char *reason, int column,
                          kerb_ingest__field value)
{
    char shown[4 * KERB_INGEST_VALUE_MAX + 8] = "";
    char name[4 * 60 + 8] = "";
    char hex[65];
    loader->entry->rejected++;
    kerb_status status = count_reason(ctx, loader, reason, 1);
    bool needs_words =
        loader->sink->keeps_rejects || loader->n_lines < KERB_INGEST_REPORT_LINES;
    if (status != KERB_OK || !needs_words) {
        return status;
    }
    bool has_column = column >= 0 && (size_t)column < loader->n_headers;
    if (has_column) {
        kerb_text_visible(loader->headers[column], strlen(loader->headers[column]), 60, name);
        kerb_text_visible(value.text, value.length, KERB_INGEST_VALUE_MAX, shown);
    }
    status = add_line(ctx, loader, row, reason, has_column ? name : NULL, shown);
    if (status != KERB_OK || !loader->sink->keeps_rejects) {
        return status;
    }
    if (row->raw != NULL) {
        kerb_sha256_add(loader->sha256, row->raw, row->raw_length);
        kerb_sha256_hex(loader->sha256, hex);
    }
    kerb_import_reject told = {.line = row->line,
                               .byte_offset = row->byte_offset,
                               .byte_length = row->byte_length,
                               .sha256 = row->raw != NULL ? hex : NULL,
                               .reason = reason,
                               .column = has_column ? name : NULL,
                               .value = has_column ? shown : NULL,
                               .mapped = row->fields != NULL ? make_mapped(loader, row) : NULL};
    return loader->sink->add_reject(ctx, loader->sink, loader->file_id, &told);
}

kerb_status kerb_ingest__loader_reject(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                       const kerb_ingest__row *row, const char *reason)
{
    loader->entry->read++;
    return reject(ctx, loader, row, reason, -1, (kerb_ingest__field){"", 0});
}

/* -------------------------------------------------------------------- batch */

static kerb_status flush(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    batch *b = &loader->batch;
    kerb_status status = KERB_OK;
    if (b->n == 0) {
        return KERB_OK;
    }
    uint64_t n_outside = 0;
    status =
        kerb_ingest__coordinates_apply(ctx, loader->coordinates, b->n, b->x, b->y, &n_outside);
    if (status == KERB_OK && n_outside > 0) {
        loader->entry->without_geometry += n_outside;
        status = count_reason(ctx, loader, "outside_crs_area", n_outside);
    }
    if (status != KERB_OK) {
        return status;
    }
    for (size_t i = 0; i < b->n && n_outside > 0; i++) {
        if (b->no_place[i] == NULL && isnan(b->x[i])) {
            b->no_place[i] = "outside_crs_area";
        }
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
    if (b->has_reference) {
        rows.reference = b->reference;
        rows.reference_length = b->reference_length;
    }
    for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
        rows.names[kind] = b->names[kind];
    }
    status = loader->sink->add_rows(ctx, loader->sink, loader->file_id, &rows);
    loader->entry->loaded += b->n;
    b->n = 0;
    b->has_reference = false;
    b->references.length = 0;
    return status == KERB_OK ? kerb_check_cancel(ctx) : status;
}

/* ------------------------------------------------------------------- checks */

/* What a row turned out to be. */
typedef struct checked {
    double x, y, weight;
    kerb_civil_s start;
    kerb_precision precision;
    const char *no_place; /* reason; NULL when it has one */
    const char *reason;   /* of rejection; NULL when it is good */
    int column;
    kerb_ingest__field value;
} checked;

static bool is_missing(const kerb_ingest__loader *loader, kerb_ingest__field field)
{
    if (field.length == 0) {
        return true;
    }
    if (loader->layout.mapping != NULL &&
        kerb_ingest__mapping_is_missing(loader->layout.mapping, field)) {
        return true;
    }
    return (field.length == 4 && memcmp(field.text, "NULL", 4) == 0) ||
           (field.length == 2 && memcmp(field.text, "NA", 2) == 0) ||
           (field.length == 3 && memcmp(field.text, "N/A", 3) == 0);
}

static bool refuse(checked *row, const char *reason, int column, kerb_ingest__field value)
{
    row->reason = reason;
    row->column = column;
    row->value = value;
    return false;
}

static bool check_pair(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                       checked *out)
{
    const kerb_ingest__role roles[2] = {loader->layout.x_role, loader->layout.y_role};
    double values[2] = {NAN, NAN};
    bool is_whole = true;
    for (size_t i = 0; i < 2; i++) {
        kerb_ingest__field field = get_field(loader, row, roles[i]);
        kerb_ingest__number_result result =
            kerb_ingest__number_parse(field.text, field.length, &values[i]);
        if (result == KERB_NUMBER_MISSING ||
            (loader->layout.mapping != NULL && is_missing(loader, field))) {
            is_whole = false;
        } else if (result == KERB_NUMBER_BAD) {
            return refuse(out, "bad_coordinate", loader->layout.column[roles[i]], field);
        }
    }
    if (!is_whole) {
        out->no_place = "no_coordinates";
        return true;
    }
    out->x = values[0];
    out->y = values[1];
    return true;
}

/* Marks of "unknown" that are numbers; on a plane without a name any number is a place. */
static void check_sentinels(const kerb_ingest__loader *loader, checked *out)
{
    if (out->no_place != NULL || kerb_ingest__coordinates_is_plane(loader->coordinates)) {
        return;
    }
    if (out->x == 0.0 && out->y == 0.0) {
        out->no_place = "zero_coordinates";
    } else if (out->x == -1.0 && out->y == -1.0) {
        out->no_place = "no_coordinates";
    }
    if (out->no_place != NULL) {
        out->x = out->y = NAN;
    }
}

static bool check_place(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                        const kerb_point *point, checked *out)
{
    kerb_ingest__field field;
    kerb_point centre;
    double half_width_m = 0.0;
    out->x = out->y = NAN;
    switch (loader->layout.place) {
    case KERB_PLACE_NONE:
        out->no_place = "no_coordinates";
        return true;
    case KERB_PLACE_GEOMETRY:
        if (point == NULL || isnan(point->x) || isnan(point->y)) {
            out->no_place = "no_coordinates";
            return true;
        }
        out->x = point->x;
        out->y = point->y;
        break;
    case KERB_PLACE_PAIR:
        if (!check_pair(loader, row, out)) {
            return false;
        }
        break;
    case KERB_PLACE_GRIDREF:
        field = get_field(loader, row, KERB_ROLE_GRIDREF);
        if (is_missing(loader, field)) {
            out->no_place = "no_coordinates";
            return true;
        }
        if (!kerb_gridref_parse(field.text, field.length, &centre, &half_width_m)) {
            return refuse(out, "bad_grid_reference", loader->layout.column[KERB_ROLE_GRIDREF],
                          field);
        }
        out->x = centre.x;
        out->y = centre.y;
        return true;
    case KERB_PLACE_WKT:
        field = get_field(loader, row, KERB_ROLE_WKT);
        switch (kerb_ingest__wkt_point_parse(field.text, field.length, &out->x, &out->y)) {
        case KERB_NUMBER_MISSING:
            out->no_place = "no_coordinates";
            return true;
        case KERB_NUMBER_BAD:
            return refuse(out, "bad_coordinate", loader->layout.column[KERB_ROLE_WKT], field);
        case KERB_NUMBER_OK:
            break;
        }
        break;
    }
    check_sentinels(loader, out);
    return true;
}

static bool parse_by_formats(const char *const *formats, kerb_ingest__field field,
                             kerb_civil_s *start, kerb_precision *precision)
{
    for (; *formats != NULL; formats++) {
        if (kerb_ingest__date_parse_format(*formats, field.text, field.length, start,
                                           precision)) {
            return true;
        }
    }
    return false;
}

static kerb_ingest__date_result parse_date(const kerb_ingest__loader *loader,
                                           kerb_ingest__field field, checked *out)
{
    const char *const *formats = loader->layout.mapping != NULL
                                     ? kerb_ingest__mapping_date_formats(loader->layout.mapping)
                                     : NULL;
    if (is_missing(loader, field)) {
        return KERB_DATE_BLANK;
    }
    if (formats != NULL) {
        return parse_by_formats(formats, field, &out->start, &out->precision) ? KERB_DATE_OK
                                                                              : KERB_DATE_BAD;
    }
    return kerb_ingest__date_parse(field.text, field.length, &out->start, &out->precision);
}

static bool check_time(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                       checked *out)
{
    kerb_ingest__field field = get_field(loader, row, KERB_ROLE_TIME);
    const char *const *formats = loader->layout.mapping != NULL
                                     ? kerb_ingest__mapping_time_formats(loader->layout.mapping)
                                     : NULL;
    int64_t second = 0;
    kerb_precision precision = KERB_PRECISION_NONE;
    if (out->precision != KERB_PRECISION_DAY || is_missing(loader, field)) {
        return true;
    }
    bool is_good = formats != NULL
                       ? parse_by_formats(formats, field, &second, &precision)
                       : kerb_ingest__time_parse(field.text, field.length, &second, &precision);
    if (!is_good) {
        return refuse(out, "bad_time", loader->layout.column[KERB_ROLE_TIME], field);
    }
    out->start += second;
    out->precision = precision;
    return true;
}

static bool check_date(kerb_ingest__loader *loader, const kerb_ingest__row *row, checked *out)
{
    kerb_ingest__field field;
    int column = loader->layout.column[KERB_ROLE_DATE];
    out->start = KERB_CIVIL_NONE;
    out->precision = KERB_PRECISION_NONE;
    if (loader->layout.column[KERB_ROLE_DAY] >= 0) {
        /* Day, Month, Year in three columns, read as one text. */
        column = loader->layout.column[KERB_ROLE_DAY];
        kerb_ingest__field parts[3] = {get_field(loader, row, KERB_ROLE_DAY),
                                       get_field(loader, row, KERB_ROLE_MONTH),
                                       get_field(loader, row, KERB_ROLE_YEAR)};
        kerb_text_clear(&loader->scratch);
        bool has_any = parts[0].length + parts[1].length + parts[2].length > 0;
        bool is_number =
            parts[1].length > 0 && parts[1].text[0] >= '0' && parts[1].text[0] <= '9';
        for (size_t i = 0; i < 3 && has_any; i++) {
            kerb_text_add(&loader->scratch, i == 0 ? "" : is_number ? "/" : " ");
            kerb_text_add_n(&loader->scratch, parts[i].text, parts[i].length);
        }
        field = (kerb_ingest__field){loader->scratch.data != NULL ? loader->scratch.data : "",
                                     loader->scratch.length};
    } else if (column < 0) {
        return true;
    } else {
        field = get_field(loader, row, KERB_ROLE_DATE);
    }
    switch (parse_date(loader, field, out)) {
    case KERB_DATE_OK:
        return check_time(loader, row, out);
    case KERB_DATE_BLANK:
        out->start = KERB_CIVIL_NONE;
        out->precision = KERB_PRECISION_NONE;
        return true;
    case KERB_DATE_BAD_DAY_FIRST:
        loader->n_month_first++;
        break;
    case KERB_DATE_BAD:
        break;
    }
    return refuse(out, "bad_date", column, field);
}

static bool check_weight(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                         checked *out)
{
    out->weight = 1.0;
    int column = loader->layout.column[KERB_ROLE_WEIGHT];
    if (column < 0) {
        return true;
    }
    kerb_ingest__field field = get_field(loader, row, KERB_ROLE_WEIGHT);
    kerb_ingest__number_result result =
        kerb_ingest__number_parse(field.text, field.length, &out->weight);
    if (result != KERB_NUMBER_OK || out->weight < 0.0) {
        return refuse(out, "bad_weight", column, field);
    }
    return true;
}

/* Number and key of the row's source; kept while the text stays the same, as it does for files.
 */
static kerb_status set_source(kerb_ctx *ctx, kerb_ingest__loader *loader,
                              const kerb_ingest__row *row)
{
    kerb_ingest__field source = {0};
    if (loader->options->source != NULL) {
        source.text = loader->options->source;
    } else if (loader->layout.column[KERB_ROLE_SOURCE] >= 0) {
        source = get_field(loader, row, KERB_ROLE_SOURCE);
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

static kerb_status add_names(kerb_ctx *ctx, kerb_ingest__loader *loader,
                             const kerb_ingest__row *row, kerb_ingest__field category)
{
    static const kerb_ingest__role roles[KERB_NAME_KINDS] = {
        [KERB_NAME_SOURCE] = KERB_ROLE_SOURCE,
        [KERB_NAME_CATEGORY] = KERB_ROLE_CATEGORY,
        [KERB_NAME_AREA_CODE] = KERB_ROLE_AREA_CODE,
        [KERB_NAME_AREA_NAME] = KERB_ROLE_AREA_NAME,
        [KERB_NAME_LABEL] = KERB_ROLE_LABEL};
    batch *b = &loader->batch;
    b->names[KERB_NAME_SOURCE][b->n] = loader->source_number;
    for (size_t kind = KERB_NAME_CATEGORY; kind < KERB_NAME_KINDS; kind++) {
        uint32_t number = 0;
        kerb_ingest__field field =
            kind == KERB_NAME_CATEGORY ? category : get_field(loader, row, roles[kind]);
        bool is_no_location = kind == KERB_NAME_LABEL && loader->layout.is_police &&
                              field.length == 11 && memcmp(field.text, "No Location", 11) == 0;
        if (field.length > 0 && !is_no_location && !is_missing(loader, field)) {
            kerb_status status = loader->sink->add_name(ctx, loader->sink, (kerb_name_kind)kind,
                                                        field.text, field.length, &number);
            if (status != KERB_OK) {
                return status;
            }
        }
        b->names[kind][b->n] = number;
    }
    return KERB_OK;
}

/* Has the incident been loaded already? A later month takes the place of what the store has. */
static kerb_status check_reference(kerb_ctx *ctx, kerb_ingest__loader *loader, kerb_hash128 key,
                                   bool *is_repeated)
{
    int month = -1;
    int64_t incident_id = 0;
    *is_repeated = false;
    if (kerb_ingest__references_find_stored(loader->references, key, &month, &incident_id)) {
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
    batch *b = &loader->batch;
    checked good = {.column = -1};
    loader->entry->read++;
    if (point == NULL && row->n_fields > 0 && is_all_empty(row)) {
        return reject(ctx, loader, row, "empty_row", -1, (kerb_ingest__field){"", 0});
    }
    kerb_status status = set_source(ctx, loader, row);
    if (status != KERB_OK) {
        return status;
    }
    kerb_hash128 key = {0, 0};
    kerb_ingest__field reference = get_field(loader, row, KERB_ROLE_REFERENCE);
    bool has_reference = !is_missing(loader, reference);
    if (has_reference) {
        key = kerb_ingest__reference_key(loader->source_key, reference.text, reference.length);
        kerb_ingest__references_prefetch(loader->references, key);
    }
    kerb_ingest__field category = get_field(loader, row, KERB_ROLE_CATEGORY);
    bool is_good = check_date(loader, row, &good) && check_place(loader, row, point, &good) &&
                   check_weight(loader, row, &good);
    if (is_good && loader->layout.mapping != NULL) {
        bool keep = true;
        kerb_ingest__field value = category;
        category = kerb_ingest__mapping_category(loader->layout.mapping, value, &keep);
        is_good = keep || refuse(&good, "category_not_mapped",
                                 loader->layout.column[KERB_ROLE_CATEGORY], value);
    }
    if (!is_good) {
        return reject(ctx, loader, row, good.reason, good.column, good.value);
    }
    b->reference_length[b->n] = 0;
    if (has_reference) {
        bool is_repeated = false;
        status = check_reference(ctx, loader, key, &is_repeated);
        if (status != KERB_OK) {
            return status;
        }
        if (is_repeated) {
            loader->entry->duplicates++;
            return reject(ctx, loader, row, "repeated_reference",
                          loader->layout.column[KERB_ROLE_REFERENCE], reference);
        }
        b->has_reference = true;
        b->reference_at[b->n] = b->references.length;
        b->reference_length[b->n] = (uint32_t)reference.length;
        kerb_text_add_n(&b->references, reference.text, reference.length);
        if (b->references.failed) {
            return kerb_fail_nomem(ctx, "references");
        }
    }
    status = add_names(ctx, loader, row, category);
    if (status != KERB_OK) {
        return status;
    }
    b->x[b->n] = good.x;
    b->y[b->n] = good.y;
    b->weight[b->n] = good.weight;
    b->start[b->n] = good.start;
    b->precision[b->n] = (uint8_t)good.precision;
    b->line[b->n] = row->line;
    b->no_place[b->n] = good.no_place;
    b->n++;
    loader->entry->without_date += good.start == KERB_CIVIL_NONE;
    if (good.no_place != NULL) {
        loader->entry->without_geometry++;
        status = count_reason(ctx, loader, good.no_place, 1);
    }
    if (status == KERB_OK &&
        (b->n == KERB_INGEST_BATCH_ROWS || b->references.length > ((size_t)16 << 20))) {
        status = flush(ctx, loader);
    }
    return status;
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

kerb_status kerb_ingest__loader_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                           kerb_ingest_file *entry,
                                           const kerb_ingest__layout *layout,
                                           const char *const *headers, size_t n_headers,
                                           const char *layer_crs, int month)
{
    kerb_status status = KERB_OK;
    clear_file(loader);
    loader->entry = entry;
    loader->layout = *layout;
    loader->headers = headers;
    loader->n_headers = n_headers;
    loader->month = month;
    loader->n_month_first = 0;
    loader->source_number = 0;
    loader->last_source_length = 0;
    loader->stem_source = make_stem(entry->member != NULL ? entry->member : entry->name);
    entry->by_reason = kerb_tally_new();
    if (loader->stem_source == NULL || entry->by_reason == NULL) {
        return kerb_fail_nomem(ctx, "a file");
    }
    /* What the user says, else what the file says, else what the names of the columns say. */
    const char *definition = layout->crs;
    bool guard = layout->guard_degrees;
    if (layout->place == KERB_PLACE_GEOMETRY) {
        definition = layer_crs != NULL ? layer_crs : layout->crs;
        guard = definition == NULL;
    }
    if (loader->options->input_crs != NULL && layout->place != KERB_PLACE_GRIDREF) {
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
    checked place = {.column = -1};
    if (row != NULL && loader->entry->source == NULL) {
        kerb_status status = set_source(ctx, loader, row);
        if (status != KERB_OK) {
            return status;
        }
    }
    if (check_place(loader, row, point, &place) && place.no_place == NULL) {
        kerb_ingest__coordinates_add_sample(loader->coordinates, place.x, place.y);
    }
    return KERB_OK;
}

kerb_status kerb_ingest__loader_open_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest_file *entry = loader->entry;
    kerb_status status = kerb_ingest__coordinates_choose(ctx, loader->coordinates);
    if (status != KERB_OK) {
        return status;
    }
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
        status = flush_reasons(ctx, loader);
    }
    if (status != KERB_OK) {
        return status;
    }
    if (loader->n_month_first > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: %llu dates that are no day/month would be month/day; if the file is "
                 "month-first, say so in a mapping, else days and months of the others are "
                 "exchanged",
                 entry->name, (unsigned long long)loader->n_month_first);
    }
    assert(entry->read == entry->loaded + entry->rejected);
    kerb_import_counts counts = {.read = entry->read,
                                 .loaded = entry->loaded,
                                 .rejected = entry->rejected,
                                 .without_geometry = entry->without_geometry,
                                 .without_date = entry->without_date,
                                 .duplicates = entry->duplicates,
                                 .by_reason = entry->by_reason};
    return loader->sink->finish_file(ctx, loader->sink, loader->file_id, entry->sha256,
                                     &counts);
}

size_t kerb_ingest__loader_take_lines(kerb_ingest__loader *loader, char ***lines)
{
    size_t n = loader->n_lines;
    *lines = loader->lines;
    loader->lines = NULL;
    loader->n_lines = 0;
    return n;
}
