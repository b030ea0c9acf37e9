/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A delimited file into rows: header, layout, then row by row. The first rows are looked at
 * once before, from the head of the file, because the file's record in the store names its
 * source and the operation that moved its coordinates.
 */
#include "ingest_internal.h"

#include <string.h>

typedef struct header {
    char **names;
    size_t n;
    size_t n_named; /* without the empty names that spreadsheets leave at the end */
} header;

static void clear_header(header *h)
{
    for (size_t i = 0; i < h->n; i++) {
        kerb_free(h->names[i]);
    }
    kerb_free(h->names);
    *h = (header){0};
}

static kerb_status copy_header(kerb_ctx *ctx, const kerb_ingest__row *row, header *out)
{
    out->names = kerb_calloc_array(row->n_fields, sizeof *out->names);
    if (out->names == NULL) {
        return kerb_fail_nomem(ctx, "a header");
    }
    for (size_t i = 0; i < row->n_fields; i++) {
        const char *text = row->fields[i].text;
        size_t n = row->fields[i].length;
        while (n > 0 && (*text == ' ' || *text == '\t')) {
            text++;
            n--;
        }
        while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t')) {
            n--;
        }
        out->names[i] = kerb_text_copy_n(text, n);
        if (out->names[i] == NULL) {
            return kerb_fail_nomem(ctx, "a header");
        }
        out->n++;
    }
    out->n_named = out->n;
    while (out->n_named > 0 && out->names[out->n_named - 1][0] == '\0') {
        out->n_named--;
    }
    return KERB_OK;
}

static kerb_status read_header(kerb_ctx *ctx, kerb_ingest__text *text, header *out)
{
    kerb_ingest__row row;
    bool found = false;
    kerb_status status = kerb_ingest__text_next(ctx, text, &row, &found);
    if (status != KERB_OK) {
        return status;
    }
    if (!found) {
        return kerb_fail(ctx, KERB_ERR_EMPTY, "the file is empty");
    }
    if (row.problem != NULL) {
        return kerb_fail(ctx, KERB_ERR_FORMAT, "the header line is damaged: %s", row.problem);
    }
    status = copy_header(ctx, &row, out);
    if (status == KERB_OK && out->n_named == 0) {
        status = kerb_fail(ctx, KERB_ERR_EMPTY, "the header line is empty");
    }
    if (status == KERB_OK) {
        kerb_ingest__text_set_width(text, out->n_named, out->n);
    }
    return status;
}

static kerb_status choose_layout(kerb_ctx *ctx, const kerb_ingest_options *options,
                                 const kerb_ingest__mapping *mapping, const char *const *names,
                                 size_t n_names, kerb_ingest__layout *out)
{
    const char *format = options->format != NULL ? options->format : "auto";
    kerb_status status = KERB_OK;
    if (mapping != NULL) {
        status = kerb_ingest__mapping_layout(ctx, mapping, names, n_names, false, out);
        if (status == KERB_OK) {
            status = kerb_ingest__layout_apply_options(ctx, names, n_names, options, out);
        }
        return status;
    }
    if (strcmp(format, "delimited") != 0 &&
        kerb_ingest__police_recognise(names, n_names, out)) {
        return kerb_ingest__layout_apply_options(ctx, names, n_names, options, out);
    }
    if (strcmp(format, "police-uk") == 0) {
        char *list = kerb_ingest__list_columns(names, n_names);
        status = kerb_fail(ctx, KERB_ERR_FORMAT, "no street-level file of data.police.uk; %s",
                           list != NULL ? list : "");
        kerb_free(list);
        return status;
    }
    const char *other = kerb_ingest__police_other_kind(names, n_names);
    if (other != NULL) {
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "its columns are those of %s (a mapping reads it all the same)",
                         other);
    }
    return kerb_ingest__layout_by_names(ctx, names, n_names, options, false, out);
}

/* The built-in mapping that fits the columns; NULL: none, and recognition goes by names. */
static kerb_status recognise(kerb_ctx *ctx, const kerb_ingest_options *options,
                             const char *const *names, size_t n_names, const char **known)
{
    const char *format = options->format != NULL ? options->format : "auto";
    bool is_auto = strcmp(format, "auto") == 0;
    bool is_stats19 = kerb_ingest__format_is_stats19(format);
    if (is_auto || is_stats19) {
        *known = kerb_ingest__stats19_recognise(names, n_names);
    }
    if (is_auto && *known == NULL) {
        *known = kerb_ingest__incident_recognise(names, n_names);
    }
    if (*known != NULL || !is_stats19) {
        return KERB_OK;
    }
    char *list = kerb_ingest__list_columns(names, n_names);
    kerb_status status = kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                                   "neither a table of collisions, vehicles or casualties nor "
                                   "one with a row per casualty; %s",
                                   list != NULL ? list : "");
    kerb_free(list);
    return status;
}

kerb_status kerb_ingest__table_layout(kerb_ctx *ctx, const kerb_ingest_options *options,
                                      const kerb_ingest__mapping *mapping,
                                      const char *const *headers, size_t n_headers,
                                      kerb_ingest__mapping **builtin, kerb_ingest__layout *out)
{
    const char *known = NULL;
    kerb_status status =
        mapping == NULL ? recognise(ctx, options, headers, n_headers, &known) : KERB_OK;
    if (known != NULL) {
        const char *yaml = kerb_ingest__builtin_mapping(known);
        status = kerb_ingest__mapping_read_text(ctx, known, yaml, strlen(yaml), builtin);
        mapping = *builtin;
    }
    if (status == KERB_OK) {
        status = choose_layout(ctx, options, mapping, headers, n_headers, out);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__layout_check_names(ctx, headers, n_headers, out);
    }
    return status;
}

static void get_text_options(const kerb_ingest__mapping *mapping,
                             kerb_ingest__text_options *out)
{
    *out = (kerb_ingest__text_options){0};
    if (mapping != NULL) {
        *out = *kerb_ingest__mapping_text_options(mapping);
    }
}

/* Show the loader the rows of the head. Its last row is cut anywhere, and harmless. */
static kerb_status sample_head(kerb_ctx *ctx, kerb_ingest__loader *loader,
                               const kerb_ingest__text_options *text_options,
                               const kerb_ingest__item *item, const header *h)
{
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__row row;
    bool found = true, is_header = true;
    size_t n_head = 0, n = 1;
    char *head = kerb_alloc_array(KERB_INGEST_HEAD_BYTES, 1);
    if (head == NULL) {
        return kerb_fail_nomem(ctx, "the head of a file");
    }
    kerb_status status = kerb_ingest__item_open(ctx, item, &stream);
    while (status == KERB_OK && n > 0 && n_head < KERB_INGEST_HEAD_BYTES) {
        status = kerb_ingest__stream_read(ctx, stream, head + n_head,
                                          KERB_INGEST_HEAD_BYTES - n_head, &n);
        n_head += n;
    }
    kerb_ingest__stream_close(stream);
    stream = NULL;
    if (status == KERB_OK) {
        status = kerb_ingest__stream_open_memory(ctx, head, n_head, &stream);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__text_new(ctx, stream, text_options, &text);
    }
    while (status == KERB_OK && found) {
        status = kerb_ingest__text_next(ctx, text, &row, &found);
        bool is_good = status == KERB_OK && found && row.problem == NULL;
        if (is_good && !is_header && row.n_fields >= h->n_named) {
            status = kerb_ingest__loader_sample(ctx, loader, &row, NULL);
        }
        is_header = false;
    }
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    kerb_free(head);
    return status;
}

static bool has_right_width(const kerb_ingest__row *row, const header *h)
{
    if (row->n_fields < h->n_named) {
        return false;
    }
    for (size_t i = h->n; i < row->n_fields; i++) {
        if (row->fields[i].length > 0) {
            return false;
        }
    }
    return true;
}

/* Show the loader every row of the file, for what only the whole can tell. */
static kerb_status scan_file(kerb_ctx *ctx, kerb_ingest__loader *loader,
                             const kerb_ingest__text_options *text_options,
                             const kerb_ingest__item *item, const header *h)
{
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__row row;
    bool found = true, is_header = true, is_settled = false;
    kerb_status status = kerb_ingest__item_open(ctx, item, &stream);
    if (status == KERB_OK) {
        status = kerb_ingest__text_new(ctx, stream, text_options, &text);
    }
    kerb_ingest__loader_begin_scan(loader);
    for (uint64_t n = 1; status == KERB_OK && !is_settled; n++) {
        status = kerb_ingest__text_next(ctx, text, &row, &found);
        if (status != KERB_OK || !found) {
            break;
        }
        if (is_header) {
            kerb_ingest__text_set_width(text, h->n_named, h->n);
        } else if (row.problem == NULL && has_right_width(&row, h)) {
            status = kerb_ingest__loader_scan(ctx, loader, &row, &is_settled);
        }
        is_header = false;
        if (status == KERB_OK && n % KERB_INGEST_BATCH_ROWS == 0) {
            status = kerb_check_cancel(ctx);
        }
    }
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return status;
}

static kerb_status load_rows(kerb_ctx *ctx, kerb_ingest__loader *loader,
                             kerb_ingest__text *text, const header *h)
{
    kerb_ingest__row row;
    bool found = false;
    for (;;) {
        kerb_status status = kerb_ingest__text_next(ctx, text, &row, &found);
        if (status != KERB_OK || !found) {
            return status;
        }
        const char *problem = row.problem;
        if (problem == NULL && !has_right_width(&row, h)) {
            problem = "wrong_number_of_fields";
            row.fields = NULL; /* which field is which cannot be told */
            row.n_fields = 0;
        }
        status = problem != NULL ? kerb_ingest__loader_reject(ctx, loader, &row, problem)
                                 : kerb_ingest__loader_add(ctx, loader, &row, NULL);
        if (status != KERB_OK) {
            return status;
        }
    }
}

kerb_status kerb_ingest__delimited_load(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                        const kerb_ingest_options *options,
                                        const kerb_ingest__mapping *mapping,
                                        const kerb_ingest__item *item, kerb_ingest_file *entry)
{
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__mapping *builtin = NULL;
    kerb_ingest__text_options text_options;
    kerb_ingest__layout layout;
    header h = {0};
    get_text_options(mapping, &text_options);
    kerb_status status = kerb_ingest__item_open(ctx, item, &stream);
    if (status != KERB_OK) {
        goto done;
    }
    status = kerb_ingest__text_new(ctx, stream, &text_options, &text);
    if (status != KERB_OK) {
        goto done;
    }
    status = read_header(ctx, text, &h);
    if (status != KERB_OK) {
        goto done;
    }
    status = kerb_ingest__table_layout(ctx, options, mapping, (const char *const *)h.names, h.n,
                                       &builtin, &layout);
    if (status != KERB_OK) {
        goto done;
    }
    entry->format = kerb_text_copy(layout.format);
    if (entry->format == NULL) {
        status = kerb_fail_nomem(ctx, "a file");
        goto done;
    }
    status = kerb_ingest__loader_begin_file(
        ctx, loader, entry, &layout, (const char *const *)h.names, h.n, NULL, item->month);
    if (status == KERB_OK) {
        status = sample_head(ctx, loader, &text_options, item, &h);
    }
    if (status == KERB_OK && kerb_ingest__loader_needs_scan(loader)) {
        status = scan_file(ctx, loader, &text_options, item, &h);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__loader_open_file(ctx, loader);
    }
    if (status == KERB_OK) {
        status = load_rows(ctx, loader, text, &h);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__loader_end_file(ctx, loader);
    }
    if (status == KERB_OK && kerb_ingest__text_converted(text) > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: %llu rows are not UTF-8 and were read as Windows-1252", entry->name,
                 (unsigned long long)kerb_ingest__text_converted(text));
    }
done:
    clear_header(&h);
    kerb_ingest__mapping_free(builtin);
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return status;
}

int kerb_ingest__delimited_month(kerb_ctx *ctx, const kerb_ingest__item *item)
{
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    kerb_ingest__layout layout;
    kerb_ingest__row row;
    header h = {0};
    bool found = false;
    int month = kerb_ingest__month_from_name(item->member != NULL ? item->member : item->name);
    if (kerb_ingest__stream_open_memory(ctx, item->head, item->head_length, &stream) ==
            KERB_OK &&
        kerb_ingest__text_new(ctx, stream, NULL, &text) == KERB_OK &&
        read_header(ctx, text, &h) == KERB_OK &&
        kerb_ingest__police_recognise((const char *const *)h.names, h.n, &layout) &&
        kerb_ingest__text_next(ctx, text, &row, &found) == KERB_OK && found &&
        (size_t)layout.column[KERB_ROLE_DATE] < row.n_fields) {
        kerb_ingest__field field = row.fields[layout.column[KERB_ROLE_DATE]];
        int told = kerb_ingest__month_parse(field.text, field.length);
        month = told >= 0 ? told : month;
    }
    clear_header(&h);
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return month;
}

const char *kerb_ingest__delimited_collisions(kerb_ctx *ctx, const kerb_ingest__item *item)
{
    kerb_ingest__stream *stream = NULL;
    kerb_ingest__text *text = NULL;
    header h = {0};
    const char *table = NULL;
    if (kerb_ingest__stream_open_memory(ctx, item->head, item->head_length, &stream) ==
            KERB_OK &&
        kerb_ingest__text_new(ctx, stream, NULL, &text) == KERB_OK &&
        read_header(ctx, text, &h) == KERB_OK) {
        table = kerb_ingest__stats19_recognise((const char *const *)h.names, h.n);
    }
    clear_header(&h);
    kerb_ingest__text_free(text);
    kerb_ingest__stream_close(stream);
    return table;
}
