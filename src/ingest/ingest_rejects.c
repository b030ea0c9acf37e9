/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows that are not loaded: counted by reason, the first told in words, each kept with what is
 * needed to find it again and nothing that it says beside.
 */
#include "ingest_rows.h"

#include <assert.h>

/* ------------------------------------------------------------------ reasons */

kerb_status kerb_ingest__reason_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const char *reason, uint64_t n)
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

kerb_status kerb_ingest__reasons_flush(kerb_ctx *ctx, kerb_ingest__loader *loader)
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

kerb_status kerb_ingest__row_reject(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, const char *reason, int column,
                                    kerb_ingest__field value)
{
    char shown[4 * KERB_INGEST_VALUE_MAX + 8] = "";
    char name[4 * 60 + 8] = "";
    char hex[65];
    loader->entry->rejected++;
    kerb_status status = kerb_ingest__reason_add(ctx, loader, reason, 1);
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
    return kerb_ingest__row_reject(ctx, loader, row, reason, -1, (kerb_ingest__field){"", 0});
}

kerb_status kerb_ingest__loader_reject_field(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                             const kerb_ingest__row *row, const char *reason,
                                             int column)
{
    loader->entry->read++;
    return kerb_ingest__row_reject(ctx, loader, row, reason, column, row->fields[column]);
}
