/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was asked of an import, as the store keeps it: canonical JSON without paths, and what a
 * mapping said rather than where it lay.
 */
#include "ingest_internal.h"

#include <string.h>
#include <unistd.h>

static bool ends_in(const char *text, const char *end)
{
    size_t n = strlen(text), n_end = strlen(end);
    return n > n_end && strcmp(text + n - n_end, end) == 0;
}

kerb_status kerb_ingest_mapping_sha256(kerb_ctx *ctx, const char *format, char *hex)
{
    hex[0] = '\0';
    bool is_path = format != NULL && (ends_in(format, ".yaml") || ends_in(format, ".yml"));
    /* one that cannot be read is told by who reads it */
    return is_path && access(format, R_OK) == 0 ? kerb_sha256_file(ctx, format, hex) : KERB_OK;
}

static void add_json_option(kerb_text *json, const char *name, const char *value)
{
    if (value != NULL) {
        kerb_text_add(json, json->length > 1 ? ", " : "");
        kerb_text_add_json(json, name);
        kerb_text_add(json, ": ");
        kerb_text_add_json(json, value);
    }
}

/* The extract as it was asked for: day, then period. */
static void add_json_extract(kerb_text *json, const kerb_import_extract *extract)
{
    char from[KERB_CIVIL_TEXT], to[2 * KERB_CIVIL_TEXT];
    if (extract == NULL) {
        return;
    }
    kerb_civil_format(extract->as_at, KERB_PRECISION_DAY, from);
    add_json_option(json, "as_at", from);
    if (extract->has_period) {
        kerb_civil_format(extract->from, KERB_PRECISION_SECOND, from);
        kerb_civil_format(extract->to, KERB_PRECISION_SECOND, to);
        add_json_option(json, "replace_from", from);
        add_json_option(json, "replace_to", to);
    }
}

/* What was asked for, in canonical JSON: no absolute path; of a mapping what it says, too. */
kerb_status kerb_ingest__make_parameters(kerb_ctx *ctx, const kerb_ingest_options *options,
                                         const kerb_ingest__mapping *mapping, char **out)
{
    kerb_text json = {0};
    char sha256[65] = "";
    kerb_status status = kerb_ingest_mapping_sha256(ctx, options->format, sha256);
    if (status != KERB_OK) {
        return status;
    }
    const char *format = options->format != NULL ? options->format : "auto";
    const char *slash = strrchr(format, '/');
    kerb_text_add(&json, "{");
    add_json_option(&json, "category_column", options->category_column);
    add_json_option(&json, "crs", kerb_crs_id(options->crs));
    add_json_option(&json, "date_column", options->date_column);
    add_json_option(&json, "date_to_column", options->date_to_column);
    add_json_option(&json, "format", slash != NULL ? slash + 1 : format);
    add_json_option(&json, "input_crs", options->input_crs);
    add_json_option(&json, "key_column", options->key_column);
    if (options->nature.kind != KERB_KIND_OTHER) {
        add_json_option(&json, "kind", kerb_kind_name(options->nature.kind));
    }
    add_json_option(&json, "mapping_sha256", sha256[0] != '\0' ? sha256 : NULL);
    if (options->nature.origin != KERB_ORIGIN_UNKNOWN) {
        add_json_option(&json, "origin", kerb_origin_name(options->nature.origin));
    }
    if (mapping != NULL && kerb_ingest__mapping_personal(mapping) != NULL) {
        kerb_ingest__personal_add_json(kerb_ingest__mapping_personal(mapping), &json);
    }
    add_json_option(&json, "recorded_column", options->recorded_column);
    add_json_option(&json, "source", options->source);
    add_json_option(&json, "weight_column", options->weight_column);
    add_json_option(&json, "x_column", options->x_column);
    add_json_option(&json, "y_column", options->y_column);
    add_json_extract(&json, options->extract);
    kerb_text_add(&json, "}");
    return kerb_text_take(ctx, &json, out);
}
