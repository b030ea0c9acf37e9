/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A mapping: a short YAML file in which a person says which column is what, how dates are
 * written and what the categories are called. It overrules recognition altogether: what it does
 * not name is not used. Unknown keys are refused with their place, so that a slip of the pen is
 * no silence.
 */
#include "ingest_mapping.h"

#include <stdlib.h>
#include <string.h>

const char *const kerb_ingest__mapping_roles[KERB_ROLES + 1] = {
    [KERB_ROLE_REFERENCE] = "reference",
    [KERB_ROLE_SOURCE] = "source",
    [KERB_ROLE_X] = "x",
    [KERB_ROLE_Y] = "y",
    [KERB_ROLE_EASTING] = "easting",
    [KERB_ROLE_NORTHING] = "northing",
    [KERB_ROLE_LONGITUDE] = "longitude",
    [KERB_ROLE_LATITUDE] = "latitude",
    [KERB_ROLE_GRIDREF] = "gridref",
    [KERB_ROLE_WKT] = "wkt",
    [KERB_ROLE_DATE] = "date",
    [KERB_ROLE_TIME] = "time",
    [KERB_ROLE_DATE_TO] = "date_to",
    [KERB_ROLE_TIME_TO] = "time_to",
    [KERB_ROLE_RECORDED] = "recorded",
    [KERB_ROLE_RECORDED_TIME] = "recorded_time",
    [KERB_ROLE_CATEGORY] = "category",
    [KERB_ROLE_LABEL] = "label",
    [KERB_ROLE_AREA_CODE] = "area_code",
    [KERB_ROLE_AREA_NAME] = "area_name",
    [KERB_ROLE_WEIGHT] = "weight",
    [KERB_ROLE_DAY] = "day",
    [KERB_ROLE_MONTH] = "month",
    [KERB_ROLE_YEAR] = "year",
    [KERB_ROLE_EASTING_COARSE] = "easting_coarse",
    [KERB_ROLE_NORTHING_COARSE] = "northing_coarse",
    [KERB_ROLE_VEHICLE] = "vehicle",
    [KERB_ROLE_VEHICLE_TYPE] = "vehicle_type",
    [KERB_ROLE_CASUALTY] = "casualty",
    [KERB_ROLE_CASUALTY_CLASS] = "casualty_class",
    [KERB_ROLE_CASUALTY_TYPE] = "casualty_type",
    [KERB_ROLE_SEVERITY] = "severity",
    [KERB_ROLE_ENHANCED_SEVERITY] = "enhanced_severity",
    [KERB_ROLE_AGE] = "age",
    [KERB_ROLE_ADJUSTED_SERIOUS] = "adjusted_serious",
    [KERB_ROLE_N_VEHICLES] = "n_vehicles",
    [KERB_ROLE_N_CASUALTIES] = "n_casualties",
    [KERB_ROLES] = NULL};

static const char *const top_keys[] = {"name",        "source",      "columns",  "crs",
                                       "date_format", "time_format", "category", "delimiter",
                                       "encoding",    "skip_rows",   "missing",  "optional",
                                       "cell",        "coarse_cell", "kind",     "origin",
                                       "kinds",       "rows",        "personal", NULL};

static void clear_names(kerb_ingest__names *list)
{
    for (size_t i = 0; i < list->n; i++) {
        kerb_free(list->items[i]);
    }
    kerb_free(list->items);
    *list = (kerb_ingest__names){0};
}

void kerb_ingest__mapping_free(kerb_ingest__mapping *mapping)
{
    if (mapping == NULL) {
        return;
    }
    for (size_t i = 0; i < KERB_ROLES; i++) {
        clear_names(&mapping->columns[i]);
    }
    clear_names(&mapping->date_formats);
    clear_names(&mapping->time_formats);
    clear_names(&mapping->joined);
    for (size_t i = 0; i < mapping->n_category_of; i++) {
        kerb_free(mapping->category_of[i]);
    }
    kerb_free(mapping->category_of);
    kerb_strings_free(mapping->from);
    kerb_strings_free(mapping->missing);
    kerb_ingest__kinds_free(mapping->kinds);
    kerb_ingest__personal_free(mapping->personal);
    kerb_free(mapping->file);
    kerb_free(mapping->other_name);
    kerb_free(mapping->crs);
    kerb_free(mapping->source);
    kerb_free(mapping->format);
    kerb_free(mapping->name);
    kerb_free(mapping);
}

/* ------------------------------------------------------------------ reading */

static kerb_status copy_text(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                             const char *what, char **out)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_SCALAR, what);
    if (status == KERB_OK && (kerb_yaml_is_null(node) || kerb_yaml_text(node)[0] == '\0')) {
        status = kerb_yaml_fail(ctx, yaml, node, "%s is empty", what);
    }
    if (status != KERB_OK) {
        return status;
    }
    kerb_free(*out);
    *out = kerb_text_copy(kerb_yaml_text(node));
    return *out != NULL ? KERB_OK : kerb_fail_nomem(ctx, "a mapping");
}

/* One text or a list of them. */
static kerb_status read_names(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                              const char *what, kerb_ingest__names *out)
{
    bool is_list = kerb_yaml_kind_of(node) == KERB_YAML_LIST;
    size_t n = is_list ? kerb_yaml_count(node) : 1;
    if (n == 0) {
        return kerb_yaml_fail(ctx, yaml, node, "%s is an empty list", what);
    }
    out->items = kerb_calloc_array(n + 1, sizeof *out->items);
    if (out->items == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    for (size_t i = 0; i < n; i++) {
        const kerb_yaml_node *item = is_list ? kerb_yaml_item(node, i) : node;
        kerb_status status = copy_text(ctx, yaml, item, what, &out->items[i]);
        if (status != KERB_OK) {
            return status;
        }
        out->n++;
    }
    return KERB_OK;
}

static kerb_status read_formats(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, const char *what,
                                kerb_ingest__names *out)
{
    kerb_status status = read_names(ctx, yaml, node, what, out);
    for (size_t i = 0; i < out->n && status == KERB_OK; i++) {
        const char *problem = kerb_ingest__date_format_problem(out->items[i]);
        if (problem != NULL) {
            status =
                kerb_yaml_fail(ctx, yaml, node, "%s '%s': %s", what, out->items[i], problem);
        }
    }
    return status;
}

static kerb_status read_columns(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "columns");
    if (status == KERB_OK) {
        status = kerb_yaml_check_keys(ctx, yaml, node, kerb_ingest__mapping_roles);
    }
    for (size_t role = 0; role < KERB_ROLES && status == KERB_OK; role++) {
        const kerb_yaml_node *value = kerb_yaml_find(node, kerb_ingest__mapping_roles[role]);
        if (value != NULL) {
            status = read_names(ctx, yaml, value, kerb_ingest__mapping_roles[role],
                                &mapping->columns[role]);
        }
        if (value != NULL && status == KERB_OK) {
            status = kerb_ingest__personal_check_mapping(ctx, yaml, value, role,
                                                         kerb_ingest__mapping_roles[role]);
        }
    }
    if (status != KERB_OK) {
        return status;
    }
    static const kerb_ingest__role together[][2] = {
        {KERB_ROLE_X, KERB_ROLE_Y},
        {KERB_ROLE_EASTING, KERB_ROLE_NORTHING},
        {KERB_ROLE_LONGITUDE, KERB_ROLE_LATITUDE},
        {KERB_ROLE_DAY, KERB_ROLE_MONTH},
        {KERB_ROLE_MONTH, KERB_ROLE_YEAR},
        {KERB_ROLE_EASTING_COARSE, KERB_ROLE_NORTHING_COARSE}};
    for (size_t i = 0; i < sizeof together / sizeof *together; i++) {
        bool has_one = mapping->columns[together[i][0]].n > 0;
        bool has_other = mapping->columns[together[i][1]].n > 0;
        if (has_one != has_other) {
            return kerb_yaml_fail(ctx, yaml, node, "%s and %s go together",
                                  kerb_ingest__mapping_roles[together[i][0]],
                                  kerb_ingest__mapping_roles[together[i][1]]);
        }
    }
    static const kerb_ingest__role needs[][3] = {
        {KERB_ROLE_DATE_TO, KERB_ROLE_DATE, KERB_ROLE_DAY},
        {KERB_ROLE_TIME_TO, KERB_ROLE_DATE_TO, KERB_ROLE_DATE_TO},
        {KERB_ROLE_RECORDED_TIME, KERB_ROLE_RECORDED, KERB_ROLE_RECORDED}};
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (mapping->columns[needs[i][0]].n > 0 && mapping->columns[needs[i][1]].n == 0 &&
            mapping->columns[needs[i][2]].n == 0) {
            return kerb_yaml_fail(ctx, yaml, node, "%s needs %s",
                                  kerb_ingest__mapping_roles[needs[i][0]],
                                  kerb_ingest__mapping_roles[needs[i][1]]);
        }
    }
    return KERB_OK;
}

static kerb_status add_category(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, const char *from,
                                kerb_ingest__mapping *mapping)
{
    uint32_t number = 0;
    kerb_status status = kerb_strings_add(ctx, mapping->from, from, strlen(from), &number);
    if (status != KERB_OK) {
        return status;
    }
    if (number >= mapping->n_category_of) {
        size_t n = mapping->n_category_of + 64;
        char **grown = kerb_realloc_array(mapping->category_of, n, sizeof *grown);
        if (grown == NULL) {
            return kerb_fail_nomem(ctx, "a mapping");
        }
        memset(grown + mapping->n_category_of, 0, 64 * sizeof *grown);
        mapping->category_of = grown;
        mapping->n_category_of = n;
    }
    mapping->has_beginnings = mapping->has_beginnings || from[strlen(from) - 1] == '*';
    return copy_text(ctx, yaml, node, "a category", &mapping->category_of[number]);
}

static kerb_status read_categories(kerb_ctx *ctx, const kerb_yaml *yaml,
                                   const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    static const char *const keys[] = {"map", "other", "join", NULL};
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "category");
    if (status == KERB_OK) {
        status = kerb_yaml_check_keys(ctx, yaml, node, keys);
    }
    if (status != KERB_OK) {
        return status;
    }
    const kerb_yaml_node *map = kerb_yaml_find(node, "map");
    const kerb_yaml_node *other = kerb_yaml_find(node, "other");
    const kerb_yaml_node *join = kerb_yaml_find(node, "join");
    if (join != NULL) {
        status = read_names(ctx, yaml, join, "join", &mapping->joined);
        if (status == KERB_OK) {
            status = kerb_ingest__personal_check_mapping(ctx, yaml, join, KERB_ROLE_CATEGORY,
                                                         "join");
        }
        if (status == KERB_OK && mapping->joined.n > KERB_INGEST_JOINED_MAX) {
            status = kerb_yaml_fail(ctx, yaml, join, "join takes at most %zu columns",
                                    KERB_INGEST_JOINED_MAX);
        }
        if (status != KERB_OK || (map == NULL && other == NULL)) {
            return status;
        }
    }
    if (map == NULL) {
        return kerb_yaml_fail(ctx, yaml, node, "category has no map of values to names");
    }
    status = kerb_yaml_expect(ctx, yaml, map, KERB_YAML_MAP, "map");
    mapping->has_categories = true;
    mapping->from = kerb_strings_new();
    if (mapping->from == NULL) {
        status = kerb_fail_nomem(ctx, "a mapping");
    }
    for (size_t i = 0; status == KERB_OK && i < kerb_yaml_count(map); i++) {
        const char *key = kerb_yaml_key(map, i);
        if (key[0] == '\0') {
            status = kerb_yaml_fail(ctx, yaml, kerb_yaml_key_node(map, i), "an empty value");
        } else {
            status = add_category(ctx, yaml, kerb_yaml_item(map, i), key, mapping);
        }
    }
    if (status != KERB_OK || other == NULL) {
        return status;
    }
    status = copy_text(ctx, yaml, other, "other", &mapping->other_name);
    if (status == KERB_OK) {
        mapping->other = strcmp(mapping->other_name, "keep") == 0     ? KERB_OTHER_KEEP
                         : strcmp(mapping->other_name, "reject") == 0 ? KERB_OTHER_REJECT
                                                                      : KERB_OTHER_NAME;
    }
    return status;
}

static kerb_status read_delimiter(kerb_ctx *ctx, const kerb_yaml *yaml,
                                  const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_SCALAR, "delimiter");
    if (status != KERB_OK) {
        return status;
    }
    const char *text = kerb_yaml_text(node);
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0) {
        mapping->text.delimiter = '\t';
    } else if (strlen(text) == 1 && strchr("\"\r\n", text[0]) == NULL &&
               (unsigned char)text[0] < 128) {
        mapping->text.delimiter = text[0];
    } else {
        status = kerb_yaml_fail(ctx, yaml, node, "delimiter must be one character or 'tab'");
    }
    return status;
}

static kerb_status read_encoding(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    static const struct {
        const char *name;
        kerb_ingest__encoding encoding;
    } known[] = {{"utf-8", KERB_ENCODING_UTF8},          {"utf-16le", KERB_ENCODING_UTF16LE},
                 {"utf-16be", KERB_ENCODING_UTF16BE},    {"latin-1", KERB_ENCODING_CP1252},
                 {"windows-1252", KERB_ENCODING_CP1252}, {"cp1252", KERB_ENCODING_CP1252},
                 {"iso-8859-1", KERB_ENCODING_CP1252},   {"auto", KERB_ENCODING_AUTO}};
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_SCALAR, "encoding");
    for (size_t i = 0; status == KERB_OK && i < sizeof known / sizeof *known; i++) {
        if (kerb_text_equal_nocase(kerb_yaml_text(node), known[i].name)) {
            mapping->text.encoding = known[i].encoding;
            return KERB_OK;
        }
    }
    if (status == KERB_OK) {
        status = kerb_yaml_fail(ctx, yaml, node,
                                "encoding '%s' is not one of auto, utf-8, utf-16le, utf-16be, "
                                "latin-1, windows-1252",
                                kerb_yaml_text(node));
    }
    return status;
}

static kerb_status read_missing(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    kerb_ingest__names list = {0};
    kerb_status status = read_names(ctx, yaml, node, "missing", &list);
    mapping->missing = kerb_strings_new();
    if (mapping->missing == NULL) {
        status = kerb_fail_nomem(ctx, "a mapping");
    }
    for (size_t i = 0; i < list.n && status == KERB_OK; i++) {
        uint32_t number = 0;
        status = kerb_strings_add(ctx, mapping->missing, list.items[i], strlen(list.items[i]),
                                  &number);
    }
    clear_names(&list);
    return status;
}

/* Roles whose columns need not be there. */
static kerb_status read_optional(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *node, kerb_ingest__mapping *mapping)
{
    kerb_ingest__names list = {0};
    kerb_status status = read_names(ctx, yaml, node, "optional", &list);
    for (size_t i = 0; i < list.n && status == KERB_OK; i++) {
        size_t role = 0;
        while (role < KERB_ROLES &&
               strcmp(kerb_ingest__mapping_roles[role], list.items[i]) != 0) {
            role++;
        }
        if (role == KERB_ROLES || mapping->columns[role].n == 0) {
            status = kerb_yaml_fail(ctx, yaml, node, "optional: '%s' is not among the columns",
                                    list.items[i]);
        } else {
            mapping->is_optional[role] = true;
        }
    }
    clear_names(&list);
    return status;
}

static kerb_status read_cell(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                             const char *what, double *out)
{
    char *text = NULL;
    kerb_status status = copy_text(ctx, yaml, node, what, &text);
    if (status == KERB_OK &&
        (kerb_length_parse(ctx, text, false, out) != KERB_OK || !(*out > 0.0))) {
        status = kerb_yaml_fail(ctx, yaml, node, "%s must be a length such as 100m, not '%s'",
                                what, text);
    }
    kerb_free(text);
    return status;
}

/* What stands beside the columns and says more about places. */
static kerb_status read_places(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *root,
                               kerb_ingest__mapping *mapping)
{
    const kerb_yaml_node *node = kerb_yaml_find(root, "cell");
    kerb_status status =
        node != NULL ? read_cell(ctx, yaml, node, "cell", &mapping->cell_m) : KERB_OK;
    node = kerb_yaml_find(root, "coarse_cell");
    if (status == KERB_OK && node != NULL) {
        status = read_cell(ctx, yaml, node, "coarse_cell", &mapping->coarse_m);
    }
    bool has_pair = mapping->columns[KERB_ROLE_EASTING_COARSE].n > 0;
    if (status == KERB_OK && has_pair != (mapping->coarse_m > 0.0)) {
        status = kerb_yaml_fail(ctx, yaml, node != NULL ? node : root,
                                "easting_coarse, northing_coarse and coarse_cell go together");
    }
    if (status == KERB_OK && has_pair && mapping->columns[KERB_ROLE_EASTING].n == 0) {
        status =
            kerb_yaml_fail(ctx, yaml, root,
                           "easting_coarse is for rows without an easting: name easting and "
                           "northing too");
    }
    return status;
}

/* What a row is. Columns of collisions and what is linked to them mean nothing without. */
static kerb_status read_rows_kind(kerb_ctx *ctx, const kerb_yaml *yaml,
                                  const kerb_yaml_node *root, kerb_ingest__mapping *mapping)
{
    static const struct {
        const char *word;
        kerb_ingest__record record;
    } kinds[] = {{"collision", KERB_RECORD_COLLISION},
                 {"vehicle", KERB_RECORD_VEHICLE},
                 {"casualty", KERB_RECORD_CASUALTY}};
    const kerb_yaml_node *node = kerb_yaml_find(root, "rows");
    char *word = NULL;
    kerb_status status = node != NULL ? copy_text(ctx, yaml, node, "rows", &word) : KERB_OK;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && word != NULL; i++) {
        if (strcmp(word, kinds[i].word) == 0) {
            mapping->record = kinds[i].record;
        }
    }
    bool is_known = mapping->record != KERB_RECORD_INCIDENT;
    if (status == KERB_OK && word != NULL && !is_known) {
        status = kerb_yaml_fail(ctx, yaml, node,
                                "rows '%s' is not one of collision, vehicle, casualty", word);
    }
    for (size_t role = KERB_ROLE_VEHICLE; role < KERB_ROLES && status == KERB_OK; role++) {
        if (mapping->columns[role].n > 0 && !is_known) {
            status = kerb_yaml_fail(ctx, yaml, root,
                                    "the column %s needs 'rows: collision', 'vehicle' or "
                                    "'casualty'",
                                    kerb_ingest__mapping_roles[role]);
        }
    }
    if (status == KERB_OK && is_known &&
        (mapping->columns[KERB_ROLE_REFERENCE].n == 0 ||
         (mapping->record == KERB_RECORD_VEHICLE &&
          mapping->columns[KERB_ROLE_VEHICLE].n == 0))) {
        status = kerb_yaml_fail(ctx, yaml, node, "rows '%s' need the column%s", word,
                                mapping->record == KERB_RECORD_VEHICLE
                                    ? "s reference (of the collision) and vehicle"
                                    : " reference (of the collision)");
    }
    kerb_free(word);
    return status;
}

static kerb_status read_document(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 kerb_ingest__mapping *mapping)
{
    const kerb_yaml_node *root = kerb_yaml_root(yaml);
    kerb_status status = kerb_yaml_expect(ctx, yaml, root, KERB_YAML_MAP, "a mapping");
    if (status == KERB_OK) {
        status = kerb_yaml_check_keys(ctx, yaml, root, top_keys);
    }
    if (status != KERB_OK) {
        return status;
    }
    const kerb_yaml_node *columns = kerb_yaml_find(root, "columns");
    if (columns == NULL) {
        return kerb_yaml_fail(ctx, yaml, root, "a mapping needs 'columns'");
    }
    status = read_columns(ctx, yaml, columns, mapping);
    const kerb_yaml_node *node = NULL;
    if (status == KERB_OK && (node = kerb_yaml_find(root, "name")) != NULL) {
        status = copy_text(ctx, yaml, node, "name", &mapping->name);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "source")) != NULL) {
        status = copy_text(ctx, yaml, node, "source", &mapping->source);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "crs")) != NULL) {
        kerb_crs *probe = NULL;
        status = copy_text(ctx, yaml, node, "crs", &mapping->crs);
        if (status == KERB_OK && kerb_crs_new(ctx, mapping->crs, &probe) != KERB_OK) {
            status = kerb_yaml_fail(ctx, yaml, node, "crs '%s' is unknown", mapping->crs);
        }
        kerb_crs_free(probe);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "date_format")) != NULL) {
        status = read_formats(ctx, yaml, node, "date_format", &mapping->date_formats);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "time_format")) != NULL) {
        status = read_formats(ctx, yaml, node, "time_format", &mapping->time_formats);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "category")) != NULL) {
        status = read_categories(ctx, yaml, node, mapping);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "delimiter")) != NULL) {
        status = read_delimiter(ctx, yaml, node, mapping);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "encoding")) != NULL) {
        status = read_encoding(ctx, yaml, node, mapping);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "skip_rows")) != NULL) {
        status = kerb_yaml_get_int(ctx, yaml, node, "skip_rows", &mapping->text.skip_rows);
        if (status == KERB_OK &&
            (mapping->text.skip_rows < 0 || mapping->text.skip_rows > 10000)) {
            status = kerb_yaml_fail(ctx, yaml, node, "skip_rows must be 0 to 10000");
        }
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "missing")) != NULL) {
        status = read_missing(ctx, yaml, node, mapping);
    }
    if (status == KERB_OK && (node = kerb_yaml_find(root, "optional")) != NULL) {
        status = read_optional(ctx, yaml, node, mapping);
    }
    if (status == KERB_OK && mapping->columns[KERB_ROLE_DAY].n > 0 &&
        mapping->columns[KERB_ROLE_DATE].n > 0 &&
        !(mapping->is_optional[KERB_ROLE_DATE] && mapping->is_optional[KERB_ROLE_DAY])) {
        status = kerb_yaml_fail(ctx, yaml, columns,
                                "say date, or day, month and year, not both; or both under "
                                "optional, and the first that is there is read");
    }
    if (status == KERB_OK) {
        status = read_places(ctx, yaml, root, mapping);
    }
    if (status == KERB_OK) {
        status = read_rows_kind(ctx, yaml, root, mapping);
    }
    return status;
}

/* "leeds" of "data/mappings/leeds.yaml". */
static char *make_stem(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    return kerb_text_copy_n(base,
                            dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base));
}

static kerb_status read_yaml(kerb_ctx *ctx, const kerb_yaml *yaml, const char *name,
                             kerb_ingest__mapping **out)
{
    kerb_ingest__mapping *mapping = kerb_calloc_array(1, sizeof *mapping);
    kerb_status status = KERB_OK;
    if (mapping == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    mapping->name = make_stem(name);
    mapping->file = kerb_text_copy(name);
    status = mapping->file != NULL ? read_document(ctx, yaml, mapping)
                                   : kerb_fail_nomem(ctx, "a mapping");
    if (status == KERB_OK) {
        status = kerb_ingest__kinds_read(ctx, yaml, &mapping->kinds);
    }
    if (status == KERB_OK) {
        status = kerb_ingest__personal_read(ctx, yaml, &mapping->personal);
    }
    if (status == KERB_OK && mapping->name != NULL) {
        kerb_text format = {0};
        kerb_text_add_format(&format, "mapping:%s", mapping->name);
        status = kerb_text_take(ctx, &format, &mapping->format);
    } else if (status == KERB_OK) {
        status = kerb_fail_nomem(ctx, "a mapping");
    }
    if (status != KERB_OK) {
        kerb_ingest__mapping_free(mapping);
        return status;
    }
    *out = mapping;
    return KERB_OK;
}

kerb_status kerb_ingest__mapping_read(kerb_ctx *ctx, const char *path,
                                      kerb_ingest__mapping **out)
{
    kerb_yaml *yaml = NULL;
    kerb_status status = kerb_yaml_read_file(ctx, path, &yaml);
    if (status == KERB_OK) {
        status = read_yaml(ctx, yaml, path, out);
    }
    kerb_yaml_free(yaml);
    return status;
}

kerb_status kerb_ingest__mapping_read_text(kerb_ctx *ctx, const char *name, const char *text,
                                           size_t length, kerb_ingest__mapping **out)
{
    kerb_yaml *yaml = NULL;
    kerb_status status = kerb_yaml_read_text(ctx, name, text, length, &yaml);
    if (status == KERB_OK) {
        status = read_yaml(ctx, yaml, name, out);
    }
    kerb_yaml_free(yaml);
    return status;
}
