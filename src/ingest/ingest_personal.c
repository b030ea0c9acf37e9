/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Columns about people. Names, birth dates, ethnicity, free text and the like have no use on a
 * map of incidents and every use for harm, so such a column is never a category, a label or
 * anything else that a result shows, whoever asks. A mapping may keep some for a purpose that
 * it states; then they go into a table of their own in the store, which nothing reads.
 *
 * A column is known by the words of its name; that is a net with holes. The values of a column
 * that is used as category or label are looked at too: free text is told by its length.
 */
#include "ingest_rows.h"

#include <string.h>

enum { MAX_WORDS = 16, MAX_WORD = 24 };

struct kerb_ingest__personal {
    char *purpose;
    char **names, **columns; /* what it is called, and in the file; n of each */
    size_t n;
};

/* ------------------------------------------------------------------ by the name */

/* Words of a header, lower case: "VictimSurname_2" is victim, surname, 2. */
static size_t split_words(const char *header, char words[MAX_WORDS][MAX_WORD])
{
    size_t n = 0, length = 0;
    char before = '\0';
    for (const char *c = header; n < MAX_WORDS; before = *c++) {
        bool is_upper = *c >= 'A' && *c <= 'Z';
        bool is_lower = *c >= 'a' && *c <= 'z';
        bool is_digit = *c >= '0' && *c <= '9';
        bool begins = is_upper && before >= 'a' && before <= 'z';
        if (length > 0 && (begins || !(is_upper || is_lower || is_digit))) {
            words[n++][length] = '\0';
            length = 0;
        }
        if (*c == '\0' || n == MAX_WORDS) {
            break;
        }
        if ((is_upper || is_lower || is_digit) && length + 1 < MAX_WORD) {
            words[n][length++] = is_upper ? (char)(*c + 32) : *c;
        }
    }
    return n;
}

static bool is_one_of(const char *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(word, *list) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_word(char words[MAX_WORDS][MAX_WORD], size_t n, const char *const *list)
{
    for (size_t i = 0; i < n; i++) {
        if (is_one_of(words[i], list)) {
            return true;
        }
    }
    return false;
}

static bool has_piece(const char *key, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strstr(key, *list) != NULL) {
            return true;
        }
    }
    return false;
}

bool kerb_ingest__is_personal(const char *header)
{
    /* anywhere in the letters of the name, for people who write in one word */
    static const char *const pieces[] = {
        "surname",       "forename", "firstname",    "lastname",    "middlename",
        "fullname",      "birth",    "ethnic",       "religio",     "nationality",
        "telephone",     "mobileno", "mobilenumber", "mobilephone", "nhsno",
        "nhsnumber",     "freetext", "narrative",    "homeaddress", "emailaddress",
        "modusoperandi", NULL};
    static const char *const words_about[] = {
        "dob",        "sex",   "gender",   "phone",   "email",   "nhs", "nino",
        "occupation", "notes", "comments", "comment", "remarks", NULL};
    static const char *const ages[] = {"age", "ages", NULL};
    static const char *const things[] = {"vehicle", "property", "building", NULL};
    static const char *const whole[] = {"name",         "logtext",     "log", "text",
                                        "incidenttext", "incidentlog", "mo",  NULL};
    static const char *const people[] = {"victim",  "suspect",   "offender", "complainant",
                                         "witness", "informant", "caller",   NULL};
    static const char *const counts[] = {"n", "num", "count", "counts", "total", NULL};
    static const char *const number_of[] = {"numberof", "noof", NULL};
    /* a description of a class is a category, a description of a case is free text */
    static const char *const classes[] = {"offence",  "offense", "crime",  "category", "type",
                                          "code",     "class",   "group",  "area",     "ward",
                                          "location", "road",    "street", "closing",  "result",
                                          "opening",  NULL};
    static const char *const descriptions[] = {"description", "desc", NULL};
    char words[MAX_WORDS][MAX_WORD], key[64];
    size_t n = split_words(header, words);
    kerb_ingest__header_key(header, strlen(header), key);
    return has_piece(key, pieces) || has_word(words, n, words_about) || is_one_of(key, whole) ||
           (has_word(words, n, ages) && !has_word(words, n, things)) ||
           (has_piece(key, people) && !has_word(words, n, counts) &&
            !has_piece(key, number_of)) ||
           (has_word(words, n, descriptions) && !has_word(words, n, classes));
}

/* Roles that tell of the people in a collision what road safety needs, and nobody's name. */
static bool is_of_collision(size_t role)
{
    return role >= KERB_ROLE_VEHICLE;
}

kerb_status kerb_ingest__personal_check_mapping(kerb_ctx *ctx, const kerb_yaml *yaml,
                                                const kerb_yaml_node *node, size_t role,
                                                const char *what)
{
    bool is_list = kerb_yaml_kind_of(node) == KERB_YAML_LIST;
    for (size_t i = 0; !is_of_collision(role) && i < (is_list ? kerb_yaml_count(node) : 1);
         i++) {
        const kerb_yaml_node *item = is_list ? kerb_yaml_item(node, i) : node;
        if (kerb_ingest__is_personal(kerb_yaml_text(item))) {
            return kerb_yaml_fail(
                ctx, yaml, item,
                "%s: a column '%s' is about people, or free text, and is not "
                "used; keep it under personal with a purpose, or rename it if "
                "it is neither",
                what, kerb_yaml_text(item));
        }
    }
    return KERB_OK;
}

static kerb_status check_column(kerb_ctx *ctx, const kerb_ingest__loader *loader, int column)
{
    char shown[4 * 60 + 8];
    if (column < 0 || !kerb_ingest__is_personal(loader->headers[column])) {
        return KERB_OK;
    }
    kerb_text_visible(loader->headers[column], strlen(loader->headers[column]), 60, shown);
    return kerb_fail(ctx, KERB_ERR_FORMAT,
                     "column '%s' is about people, or free text, and is not used; a mapping "
                     "keeps it under personal with a purpose, or rename it if it is neither",
                     shown);
}

/* ------------------------------------------------------------------ of a mapping */

static kerb_status copy_scalar(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                               const char *what, char **out)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_SCALAR, what);
    if (status == KERB_OK && (kerb_yaml_is_null(node) || kerb_yaml_text(node)[0] == '\0')) {
        status = kerb_yaml_fail(ctx, yaml, node, "%s is empty", what);
    }
    if (status != KERB_OK) {
        return status;
    }
    *out = kerb_text_copy(kerb_yaml_text(node));
    return *out != NULL ? KERB_OK : kerb_fail_nomem(ctx, "a mapping");
}

static kerb_status read_columns(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, kerb_ingest__personal *personal)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "personal columns");
    if (status != KERB_OK) {
        return status;
    }
    size_t n = kerb_yaml_count(node);
    personal->names = kerb_calloc_array(n + 1, sizeof *personal->names);
    personal->columns = kerb_calloc_array(n + 1, sizeof *personal->columns);
    if (personal->names == NULL || personal->columns == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        personal->n++;
        personal->names[i] = kerb_text_copy(kerb_yaml_key(node, i));
        status = personal->names[i] != NULL
                     ? copy_scalar(ctx, yaml, kerb_yaml_item(node, i), "a personal column",
                                   &personal->columns[i])
                     : kerb_fail_nomem(ctx, "a mapping");
    }
    return status;
}

kerb_status kerb_ingest__personal_read(kerb_ctx *ctx, const kerb_yaml *yaml,
                                       kerb_ingest__personal **out)
{
    static const char *const keys[] = {"purpose", "columns", NULL};
    const kerb_yaml_node *node = kerb_yaml_find(kerb_yaml_root(yaml), "personal");
    if (node == NULL) {
        return KERB_OK;
    }
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "personal");
    if (status == KERB_OK) {
        status = kerb_yaml_check_keys(ctx, yaml, node, keys);
    }
    if (status != KERB_OK) {
        return status;
    }
    const kerb_yaml_node *purpose = kerb_yaml_find(node, "purpose"),
                         *columns = kerb_yaml_find(node, "columns");
    if (purpose == NULL || columns == NULL) {
        return kerb_yaml_fail(ctx, yaml, node,
                              "personal needs a purpose (why these columns are kept) and "
                              "columns");
    }
    kerb_ingest__personal *personal = kerb_calloc_array(1, sizeof *personal);
    if (personal == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    *out = personal; /* the mapping frees it, whole or not */
    status = copy_scalar(ctx, yaml, purpose, "purpose", &personal->purpose);
    return status == KERB_OK ? read_columns(ctx, yaml, columns, personal) : status;
}

void kerb_ingest__personal_free(kerb_ingest__personal *personal)
{
    if (personal == NULL) {
        return;
    }
    for (size_t i = 0; i < personal->n; i++) {
        kerb_free(personal->names[i]);
        kerb_free(personal->columns[i]);
    }
    kerb_free(personal->names);
    kerb_free(personal->columns);
    kerb_free(personal->purpose);
    kerb_free(personal);
}

void kerb_ingest__personal_add_json(const kerb_ingest__personal *personal, kerb_text *json)
{
    kerb_text_add(json, ", \"personal\": {\"columns\": [");
    for (size_t i = 0; i < personal->n; i++) {
        kerb_text_add(json, i > 0 ? ", " : "");
        kerb_text_add_json(json, personal->names[i]);
    }
    kerb_text_add(json, "], \"purpose\": ");
    kerb_text_add_json(json, personal->purpose);
    kerb_text_add(json, "}");
}

/* --------------------------------------------------------------------- of a file */

static const kerb_ingest__personal *personal_of(const kerb_ingest__loader *loader)
{
    const kerb_ingest__mapping *mapping = loader->layout.mapping;
    return mapping != NULL ? kerb_ingest__mapping_personal(mapping) : NULL;
}

static bool has_role(const kerb_ingest__layout *layout, int column)
{
    for (size_t role = 0; role < KERB_ROLES; role++) {
        if (layout->column[role] == column) {
            return true;
        }
    }
    for (size_t i = 0; i < layout->n_joined; i++) {
        if (layout->joined[i] == column) {
            return true;
        }
    }
    return false;
}

static kerb_status find_columns(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                const kerb_ingest__personal *personal)
{
    const char *file = kerb_ingest__mapping_file(loader->layout.mapping);
    if (loader->layout.record != KERB_RECORD_INCIDENT) {
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "%s: personal columns are kept of incidents only, not with rows",
                         file);
    }
    loader->personal_columns =
        kerb_calloc_array(personal->n + 1, sizeof *loader->personal_columns);
    if (loader->personal_columns == NULL) {
        return kerb_fail_nomem(ctx, "a file");
    }
    for (size_t i = 0; i < personal->n; i++) {
        int column =
            kerb_ingest__find_column(loader->headers, loader->n_headers, personal->columns[i]);
        if (column < 0) {
            return kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                             "no column '%s', which %s names under personal",
                             personal->columns[i], file);
        }
        if (has_role(&loader->layout, column)) {
            return kerb_fail(ctx, KERB_ERR_FORMAT,
                             "%s names column '%s' under personal and under columns: it is one "
                             "or the other",
                             file, personal->columns[i]);
        }
        loader->personal_columns[i] = column;
    }
    return KERB_OK;
}

kerb_status kerb_ingest__personal_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    const kerb_ingest__personal *personal = personal_of(loader);
    kerb_status status = KERB_OK;
    kerb_free(loader->personal_columns);
    loader->personal_columns = NULL;
    memset(loader->n_named, 0, sizeof loader->n_named);
    memset(loader->n_long, 0, sizeof loader->n_long);
    for (size_t role = 0; status == KERB_OK && role < KERB_ROLES && !is_of_collision(role);
         role++) {
        status = check_column(ctx, loader, loader->layout.column[role]);
    }
    for (size_t i = 0; status == KERB_OK && i < loader->layout.n_joined; i++) {
        status = check_column(ctx, loader, loader->layout.joined[i]);
    }
    return status == KERB_OK && personal != NULL ? find_columns(ctx, loader, personal) : status;
}

kerb_status kerb_ingest__personal_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                      const kerb_ingest__row *row)
{
    const kerb_ingest__personal *personal = personal_of(loader);
    kerb_ingest__batch *b = &loader->batch;
    if (personal == NULL || loader->sink->import == NULL) { /* memory keeps none */
        return KERB_OK;
    }
    for (size_t i = 0; i < personal->n; i++) {
        size_t column = (size_t)loader->personal_columns[i];
        kerb_ingest__field field = {0};
        if (column < row->n_fields) {
            field = kerb_ingest__field_trim(row->fields[column]);
        }
        if (kerb_ingest__field_is_missing(loader, field)) {
            continue;
        }
        if (b->n_personal == b->personal_capacity) {
            size_t capacity = b->personal_capacity == 0 ? 1024 : 2 * b->personal_capacity;
            kerb_import_personal *grown =
                kerb_realloc_array(b->personal, capacity, sizeof *grown);
            if (grown == NULL) {
                return kerb_fail_nomem(ctx, "a batch of rows");
            }
            b->personal = grown;
            b->personal_capacity = capacity;
        }
        b->personal[b->n_personal++] = (kerb_import_personal){
            .row = b->n, .name = personal->names[i], .length = field.length};
        kerb_text_add_n(&b->personal_text, field.text, field.length);
    }
    return b->personal_text.failed ? kerb_fail_nomem(ctx, "a batch of rows") : KERB_OK;
}

void kerb_ingest__personal_fill(kerb_ingest__loader *loader, kerb_import_rows *rows)
{
    kerb_ingest__batch *b = &loader->batch;
    size_t at = 0;
    for (size_t i = 0; i < b->n_personal; i++) {
        b->personal[i].text = b->personal_text.data + at;
        at += b->personal[i].length;
    }
    rows->personal = b->personal;
    rows->n_personal = b->n_personal;
}

/* ------------------------------------------------------------------- by the values */

static kerb_status check_length(kerb_ctx *ctx, const kerb_ingest__loader *loader,
                                kerb_name_kind kind, kerb_ingest__role role)
{
    char shown[4 * 60 + 8];
    int column = loader->layout.column[role];
    uint64_t n = loader->n_named[kind], n_long = loader->n_long[kind];
    if (column < 0 || n_long < KERB_INGEST_FREE_TEXT_ROWS || n_long < n / 10) {
        return KERB_OK;
    }
    kerb_text_visible(loader->headers[column], strlen(loader->headers[column]), 60, shown);
    return kerb_fail(ctx, KERB_ERR_FORMAT,
                     "column '%s' holds free text (%llu of %llu values are longer than %zu "
                     "bytes), which may tell of people and is not used as %s: name another "
                     "column",
                     shown, (unsigned long long)n_long, (unsigned long long)n,
                     KERB_INGEST_FREE_TEXT_BYTES,
                     kind == KERB_NAME_LABEL ? "label" : "category");
}

kerb_status kerb_ingest__personal_end_file(kerb_ctx *ctx, const kerb_ingest__loader *loader)
{
    kerb_status status = check_length(ctx, loader, KERB_NAME_CATEGORY, KERB_ROLE_CATEGORY);
    return status == KERB_OK ? check_length(ctx, loader, KERB_NAME_LABEL, KERB_ROLE_LABEL)
                             : status;
}
