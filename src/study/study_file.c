/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The study file: YAML in which an analyst writes down once what is to be made each month.
 * Unknown keys are refused with line and column, so that a typing error never passes for a
 * default.
 */
#include "study_file.h"
#include "kerb_yaml.h"

#include <string.h>
#include <sys/stat.h>

/* Everything a reader of one entry needs. */
typedef struct reader {
    kerb_ctx *ctx;
    kerb_yaml *yaml;
    kerb_study *study;
    const char *path;
    bool planar; /* lengths are bare numbers */
} reader;

void kerb_study_free(kerb_study *study)
{
    if (study == NULL)
        return;
    for (size_t i = 0; i < study->n_texts; i++)
        kerb_free(study->texts[i]);
    kerb_free(study->texts);
    kerb_free(study->imports);
    kerb_free(study->areas);
    kerb_free(study->density);
    kerb_free(study->hotspots);
    kerb_free(study->beats);
    kerb_free(study);
}

/* Give a block of memory to the study; freed here when that fails. */
static kerb_status own(reader *r, void *memory)
{
    kerb_study *study = r->study;
    if (memory == NULL)
        return kerb_fail_nomem(r->ctx, "the study");
    if (study->n_texts == study->capacity) {
        size_t capacity = study->capacity ? study->capacity * 2 : 32;
        char **texts = kerb_realloc_array(study->texts, capacity, sizeof *texts);
        if (texts == NULL) {
            kerb_free(memory);
            return kerb_fail_nomem(r->ctx, "the study");
        }
        study->texts = texts;
        study->capacity = capacity;
    }
    study->texts[study->n_texts++] = memory;
    return KERB_OK;
}

static kerb_status read_text(reader *r, const kerb_yaml_node *node, const char *what,
                             const char **out)
{
    if (node == NULL)
        return KERB_OK;
    kerb_status status = kerb_yaml_expect(r->ctx, r->yaml, node, KERB_YAML_SCALAR, what);
    if (status != KERB_OK)
        return status;
    if (kerb_yaml_is_null(node) || kerb_yaml_text(node)[0] == 0)
        return kerb_yaml_fail(r->ctx, r->yaml, node,
                              "%s is empty: leave the key out or give a value", what);
    char *copy = kerb_text_copy(kerb_yaml_text(node));
    status = own(r, copy);
    if (status == KERB_OK)
        *out = copy;
    return status;
}

/* One text or a list of texts. */
static kerb_status read_texts(reader *r, const kerb_yaml_node *node, const char *what,
                              study_texts *out)
{
    if (node == NULL)
        return KERB_OK;
    bool list = kerb_yaml_kind_of(node) == KERB_YAML_LIST;
    size_t n = list ? kerb_yaml_count(node) : 1;
    if (n == 0)
        return kerb_yaml_fail(r->ctx, r->yaml, node, "%s is an empty list", what);
    const char **items = kerb_calloc_array(n, sizeof *items);
    kerb_status status = own(r, items);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = read_text(r, list ? kerb_yaml_item(node, i) : node, what, &items[i]);
    if (status == KERB_OK) {
        out->items = items;
        out->n = n;
    }
    return status;
}

/* A path in the file is relative to the file. */
static kerb_status resolve(reader *r, const char **path)
{
    const char *slash = strrchr(r->path, '/');
    if (*path == NULL || (*path)[0] == '/' || slash == NULL)
        return KERB_OK;
    kerb_text text = {0};
    char *joined = NULL;
    kerb_text_add_n(&text, r->path, (size_t)(slash - r->path) + 1);
    kerb_text_add(&text, *path);
    kerb_status status = kerb_text_take(r->ctx, &text, &joined);
    if (status == KERB_OK)
        status = own(r, joined);
    if (status == KERB_OK)
        *path = joined;
    return status;
}

/* SET[:ID] or FILE: a set that the study loads, else a file when there is one beside it. */
static kerb_status resolve_areas(reader *r, const char **name)
{
    struct stat info;
    const char *path = *name;
    for (size_t i = 0; path != NULL && i < r->study->n_areas; i++) {
        size_t length = strlen(r->study->areas[i].set);
        if (strncmp(path, r->study->areas[i].set, length) == 0 &&
            (path[length] == 0 || path[length] == ':'))
            return KERB_OK;
    }
    kerb_status status = resolve(r, &path);
    if (status == KERB_OK && path != NULL && stat(path, &info) == 0)
        *name = path;
    return status;
}

static kerb_status read_length(reader *r, const kerb_yaml_node *node, const char *what,
                               double *out_m, bool *found)
{
    const char *text = NULL;
    if (node == NULL)
        return KERB_OK;
    kerb_status status = read_text(r, node, what, &text);
    if (status != KERB_OK)
        return status;
    if (kerb_length_parse(r->ctx, text, r->planar, out_m) != KERB_OK) {
        char message[512];
        snprintf(message, sizeof message, "%s", kerb_ctx_message(r->ctx));
        return kerb_yaml_fail(r->ctx, r->yaml, node, "%s: %s", what, message);
    }
    if (found != NULL)
        *found = true;
    return KERB_OK;
}

static kerb_status read_date(reader *r, const kerb_yaml_node *node, const char *what,
                             kerb_civil_s *out)
{
    const char *text = NULL;
    if (node == NULL)
        return KERB_OK;
    kerb_status status = read_text(r, node, what, &text);
    if (status != KERB_OK)
        return status;
    if (kerb_civil_parse(r->ctx, text, out) != KERB_OK) {
        char message[512];
        snprintf(message, sizeof message, "%s", kerb_ctx_message(r->ctx));
        return kerb_yaml_fail(r->ctx, r->yaml, node, "%s: %s", what, message);
    }
    return KERB_OK;
}

static kerb_status read_period(reader *r, const kerb_yaml_node *node)
{
    static const char *const keys[] = {"from", "to", NULL};
    if (node == NULL)
        return KERB_OK;
    kerb_status status = kerb_yaml_expect(r->ctx, r->yaml, node, KERB_YAML_MAP, "period");
    if (status == KERB_OK)
        status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status == KERB_OK)
        status = read_date(r, kerb_yaml_find(node, "from"), "from", &r->study->from);
    if (status == KERB_OK)
        status = read_date(r, kerb_yaml_find(node, "to"), "to", &r->study->to);
    if (status == KERB_OK && r->study->from != KERB_CIVIL_NONE &&
        r->study->to != KERB_CIVIL_NONE && r->study->from >= r->study->to)
        status = kerb_yaml_fail(r->ctx, r->yaml, node,
                                "the period is empty: 'to' is the first day after it");
    return status;
}

static kerb_status fail_kind(reader *r, const kerb_yaml_node *node, const char *word)
{
    return kerb_yaml_fail(r->ctx, r->yaml, node,
                          "'%s' is no kind of incidents: crime, asb, fire, collision, "
                          "complaint, stop-and-search, other",
                          word);
}

/* Kind and origin of all rows of an import. */
static kerb_status read_nature(reader *r, const kerb_yaml_node *node, kerb_nature *out)
{
    const kerb_yaml_node *kind = kerb_yaml_find(node, "kind"),
                         *origin = kerb_yaml_find(node, "origin");
    const char *word = NULL;
    kerb_status status = KERB_OK;
    if (kind != NULL) {
        status = read_text(r, kind, "kind", &word);
        if (status == KERB_OK && !kerb_kind_find(word, &out->kind))
            return fail_kind(r, kind, word);
    }
    if (status == KERB_OK && origin != NULL) {
        status = read_text(r, origin, "origin", &word);
        if (status == KERB_OK && !kerb_origin_find(word, &out->origin))
            return kerb_yaml_fail(r->ctx, r->yaml, origin,
                                  "'%s' is no origin: reported, police-generated, mixed", word);
    }
    return status;
}

static kerb_status read_import(reader *r, const kerb_yaml_node *node, void *entry)
{
    static const char *const keys[] = {"input",     "format", "source", "mapping",
                                       "input_crs", "kind",   "origin", NULL};
    study_import *import = entry;
    const kerb_yaml_node *input = kerb_yaml_find(node, "input"),
                         *mapping = kerb_yaml_find(node, "mapping");
    kerb_status status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status != KERB_OK)
        return status;
    if (input == NULL)
        return kerb_yaml_fail(r->ctx, r->yaml, node, "an import needs 'input'");
    status = read_texts(r, input, "input", &import->inputs);
    for (size_t i = 0; status == KERB_OK && i < import->inputs.n; i++)
        status = resolve(r, &import->inputs.items[i]);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "format"), "format", &import->format);
    /* a mapping by its path, as on the command line */
    const char *dot = import->format != NULL ? strrchr(import->format, '.') : NULL;
    if (status == KERB_OK && dot != NULL &&
        (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0))
        status = resolve(r, &import->format);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "source"), "source", &import->source);
    if (status == KERB_OK)
        status =
            read_text(r, kerb_yaml_find(node, "input_crs"), "input_crs", &import->input_crs);
    if (status == KERB_OK)
        status = read_nature(r, node, &import->nature);
    if (status == KERB_OK && mapping != NULL) {
        if (import->format != NULL)
            return kerb_yaml_fail(r->ctx, r->yaml, mapping,
                                  "'format' and 'mapping' exclude each other");
        status = read_text(r, mapping, "mapping", &import->format);
        if (status == KERB_OK)
            status = resolve(r, &import->format);
    }
    return status;
}

static kerb_status read_areas(reader *r, const kerb_yaml_node *node, void *entry)
{
    static const char *const keys[] = {"input", "set",        "role",      "id",
                                       "name",  "population", "input_crs", NULL};
    study_areas *areas = entry;
    kerb_status status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status != KERB_OK)
        return status;
    if (kerb_yaml_find(node, "input") == NULL || kerb_yaml_find(node, "set") == NULL)
        return kerb_yaml_fail(r->ctx, r->yaml, node, "a set of areas needs 'input' and 'set'");
    status = read_text(r, kerb_yaml_find(node, "input"), "input", &areas->input);
    if (status == KERB_OK)
        status = resolve(r, &areas->input);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "set"), "set", &areas->set);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "role"), "role", &areas->role);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "id"), "id", &areas->id);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "name"), "name", &areas->name);
    if (status == KERB_OK)
        status =
            read_text(r, kerb_yaml_find(node, "input_crs"), "input_crs", &areas->input_crs);
    if (status == KERB_OK)
        status = read_texts(r, kerb_yaml_find(node, "population"), "population",
                            &areas->populations);
    if (status != KERB_OK || areas->role == NULL)
        return status;
    for (const char *const *role = kerb_store_area_roles(); *role != NULL; role++)
        if (strcmp(*role, areas->role) == 0)
            return KERB_OK;
    return kerb_yaml_fail(r->ctx, r->yaml, kerb_yaml_find(node, "role"), "unknown role '%s'",
                          areas->role);
}

/* A length, or the name of a rule. */
static kerb_status read_bandwidth(reader *r, const kerb_yaml_node *parent,
                                  kerb_surface_options *surface, bool *has_bandwidth)
{
    const kerb_yaml_node *node = kerb_yaml_find(parent, "bandwidth");
    const char *text = NULL;
    if (node != NULL && read_text(r, node, "bandwidth", &text) == KERB_OK &&
        kerb_bandwidth_rule_find(text, &surface->bandwidth_rule, &surface->knn_k)) {
        *has_bandwidth = true;
        return KERB_OK;
    }
    return read_length(r, node, "bandwidth", &surface->density.bandwidth_m, has_bandwidth);
}

static kerb_status read_max_error(reader *r, const kerb_yaml_node *node,
                                  kerb_surface_options *surface)
{
    if (node == NULL)
        return KERB_OK;
    double value = 0.0;
    kerb_status status = kerb_yaml_get_double(r->ctx, r->yaml, node, "max_error", &value);
    if (status == KERB_OK && !(value > 0.0 && value <= 0.1))
        return kerb_yaml_fail(r->ctx, r->yaml, node,
                              "max_error is a share of the largest value above 0 and up to "
                              "0.1, such as 1e-5");
    surface->density.max_error = value;
    return status;
}

/* Keys that density and hotspots share. */
static kerb_status read_surface(reader *r, const kerb_yaml_node *node, study_item *item)
{
    const kerb_yaml_node *kernel = kerb_yaml_find(node, "kernel"),
                         *edge = kerb_yaml_find(node, "edge");
    const char *text = NULL;
    kerb_surface_options *surface = &item->surface;
    bool has_bandwidth = false;
    kerb_status status = read_bandwidth(r, node, surface, &has_bandwidth);
    if (status == KERB_OK && r->planar && !has_bandwidth)
        return kerb_yaml_fail(r->ctx, r->yaml, node,
                              "'bandwidth' is required on a plane without units (crs: none)");
    if (status == KERB_OK)
        status = read_length(r, kerb_yaml_find(node, "cell"), "cell", &surface->cell_m,
                             &surface->has_cell);
    if (status == KERB_OK && kernel != NULL) {
        status = read_text(r, kernel, "kernel", &text);
        if (status == KERB_OK && !kerb_kernel_find(text, &surface->density.kernel))
            return kerb_yaml_fail(r->ctx, r->yaml, kernel,
                                  "unknown kernel '%s': uniform, triangular, epanechnikov, "
                                  "quartic, triweight, gaussian",
                                  text);
    }
    if (status == KERB_OK && edge != NULL) {
        status = read_text(r, edge, "edge", &text);
        if (status == KERB_OK && !kerb_edge_find(text, &surface->edge))
            return kerb_yaml_fail(r->ctx, r->yaml, edge,
                                  "unknown edge correction '%s': none, uniform or diggle",
                                  text);
    }
    if (status == KERB_OK)
        status = read_max_error(r, kerb_yaml_find(node, "max_error"), surface);
    return status;
}

/* One kind or a list, as bits. */
static kerb_status read_kinds(reader *r, const kerb_yaml_node *node, unsigned *out)
{
    study_texts words = {0};
    kerb_status status = read_texts(r, node, "kind", &words);
    for (size_t i = 0; status == KERB_OK && i < words.n; i++) {
        kerb_kind kind = KERB_KIND_OTHER;
        if (!kerb_kind_find(words.items[i], &kind))
            status = fail_kind(r, node, words.items[i]);
        *out |= 1u << kind;
    }
    return status;
}

static kerb_status read_selection(reader *r, const kerb_yaml_node *node, study_item *item)
{
    kerb_status status =
        read_texts(r, kerb_yaml_find(node, "category"), "category", &item->categories);
    if (status == KERB_OK)
        status = read_texts(r, kerb_yaml_find(node, "source"), "source", &item->sources);
    return status == KERB_OK ? read_kinds(r, kerb_yaml_find(node, "kind"), &item->kinds)
                             : status;
}

static kerb_status read_density(reader *r, const kerb_yaml_node *node, void *entry)
{
    static const char *const keys[] = {"name", "category", "kind", "source",    "bandwidth",
                                       "cell", "kernel",   "edge", "max_error", NULL};
    study_item *item = entry;
    item->surface = (kerb_surface_options)KERB_SURFACE_OPTIONS_DEFAULT;
    kerb_status status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "name"), "name", &item->name);
    if (status == KERB_OK)
        status = read_selection(r, node, item);
    if (status == KERB_OK)
        status = read_surface(r, node, item);
    return status;
}

static kerb_status read_hotspots(reader *r, const kerb_yaml_node *node, void *entry)
{
    static const char *const keys[] = {"name", "category", "kind", "source", "bandwidth",
                                       "cell", "kernel",   "edge", "level",  "null",
                                       "top",  "set",      NULL};
    study_item *item = entry;
    const kerb_yaml_node *level = kerb_yaml_find(node, "level"),
                         *null = kerb_yaml_find(node, "null"),
                         *top = kerb_yaml_find(node, "top");
    const char *text = "3xmean";
    int64_t number = 10;
    item->surface = (kerb_surface_options)KERB_SURFACE_OPTIONS_DEFAULT;
    kerb_status status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "name"), "name", &item->name);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "set"), "set", &item->set);
    if (status == KERB_OK)
        status = read_selection(r, node, item);
    if (status == KERB_OK)
        status = read_surface(r, node, item);
    if (status == KERB_OK && level != NULL)
        status = read_text(r, level, "level", &text);
    if (status != KERB_OK)
        return status;
    if (strcmp(text, "3xmean") == 0)
        item->level = KERB_LEVEL_3XMEAN;
    else if (strcmp(text, "3xmean-all") == 0)
        item->level = KERB_LEVEL_3XMEAN_ALL;
    else
        return kerb_yaml_fail(r->ctx, r->yaml, level,
                              "level '%s' is not in this version: 3xmean or 3xmean-all", text);
    if (null != NULL)
        return kerb_yaml_fail(
            r->ctx, r->yaml, null,
            "'null' chooses a test against chance, which is not in this version: leave it out");
    if (top != NULL)
        status = kerb_yaml_get_int(r->ctx, r->yaml, top, "top", &number);
    if (status == KERB_OK && (number < 0 || number > 1000000))
        return kerb_yaml_fail(r->ctx, r->yaml, top, "top must be 0 (all) or more");
    item->top = (size_t)number;
    return status;
}

static kerb_status read_beats(reader *r, const kerb_yaml_node *node, void *entry)
{
    static const char *const keys[] = {"name", "set", "category", "kind", "source", NULL};
    study_item *item = entry;
    kerb_status status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "name"), "name", &item->name);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "set"), "set", &item->set);
    if (status == KERB_OK)
        status = read_selection(r, node, item);
    return status;
}

/* A list of maps, each read by `read` into one element. `list_at` is the address of a pointer
 * to elements, whatever their type: hence the copy of the pointer's bytes. */
static kerb_status read_list(reader *r, const kerb_yaml_node *root, const char *key,
                             size_t size,
                             kerb_status (*read)(reader *, const kerb_yaml_node *, void *),
                             void *list_at, size_t *n)
{
    const kerb_yaml_node *list = kerb_yaml_find(root, key);
    if (list == NULL)
        return KERB_OK;
    kerb_status status = kerb_yaml_expect(r->ctx, r->yaml, list, KERB_YAML_LIST, key);
    if (status != KERB_OK)
        return status;
    char *elements = kerb_calloc_array(kerb_yaml_count(list) + 1, size);
    if (elements == NULL)
        return kerb_fail_nomem(r->ctx, "the study");
    memcpy(list_at, &elements, sizeof elements);
    for (size_t i = 0; i < kerb_yaml_count(list); i++) {
        status = kerb_yaml_expect(r->ctx, r->yaml, kerb_yaml_item(list, i), KERB_YAML_MAP, key);
        if (status == KERB_OK)
            status = read(r, kerb_yaml_item(list, i), elements + i * size);
        if (status != KERB_OK)
            return status;
    }
    *n = kerb_yaml_count(list);
    return KERB_OK;
}

static kerb_status read_output(reader *r, const kerb_yaml_node *node)
{
    static const char *const keys[] = {"folder", "formats", NULL};
    kerb_study *study = r->study;
    study_texts formats = {0};
    study->tif = study->geojson = study->gpkg = study->csv =
        node == NULL || kerb_yaml_find(node, "formats") == NULL;
    if (node == NULL)
        return KERB_OK;
    kerb_status status = kerb_yaml_expect(r->ctx, r->yaml, node, KERB_YAML_MAP, "output");
    if (status == KERB_OK)
        status = kerb_yaml_check_keys(r->ctx, r->yaml, node, keys);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(node, "folder"), "folder", &study->folder);
    if (status == KERB_OK)
        status = resolve(r, &study->folder);
    if (status == KERB_OK)
        status = read_texts(r, kerb_yaml_find(node, "formats"), "formats", &formats);
    for (size_t i = 0; status == KERB_OK && i < formats.n; i++) {
        const char *format = formats.items[i];
        if (strcmp(format, "tif") == 0)
            study->tif = true;
        else if (strcmp(format, "geojson") == 0)
            study->geojson = true;
        else if (strcmp(format, "gpkg") == 0)
            study->gpkg = true;
        else if (strcmp(format, "csv") == 0)
            study->csv = true;
        else
            return kerb_yaml_fail(r->ctx, r->yaml, kerb_yaml_find(node, "formats"),
                                  "unknown format '%s': tif, geojson, gpkg, csv", format);
    }
    return status;
}

/* The second would take the place of the first without a word. */
static kerb_status check_sets(reader *r, const kerb_yaml_node *node)
{
    const kerb_study *study = r->study;
    for (size_t i = 0; i < study->n_areas; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(study->areas[i].set, study->areas[j].set) == 0)
                return kerb_yaml_fail(r->ctx, r->yaml, node,
                                      "areas: the set '%s' stands here twice",
                                      study->areas[i].set);
    return KERB_OK;
}

/* What is asked for and held by none of the formats is not made: said, not left to be missed.
 */
static void tell_unwritten(reader *r)
{
    const kerb_study *study = r->study;
    if (study->n_density > 0 && !study->tif)
        kerb_log(r->ctx, KERB_LOG_WARNING,
                 "%s: 'density' is left out, because 'formats' has no tif", r->path);
    if (study->n_hotspots + study->n_beats > 0 && !study->geojson && !study->gpkg &&
        !study->csv)
        kerb_log(r->ctx, KERB_LOG_WARNING,
                 "%s: 'hotspots' and 'beats' are left out, because 'formats' has no geojson, "
                 "gpkg or csv",
                 r->path);
}

static kerb_status read_all(reader *r)
{
    static const char *const keys[] = {"name",     "crs",        "period",  "import",
                                       "areas",    "study_area", "exclude", "density",
                                       "hotspots", "beats",      "output",  NULL};
    const kerb_yaml_node *root = kerb_yaml_root(r->yaml);
    kerb_study *study = r->study;
    kerb_status status = kerb_yaml_expect(r->ctx, r->yaml, root, KERB_YAML_MAP, "a study");
    if (status == KERB_OK)
        status = kerb_yaml_check_keys(r->ctx, r->yaml, root, keys);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(root, "name"), "name", &study->name);
    if (status == KERB_OK)
        status = read_text(r, kerb_yaml_find(root, "crs"), "crs", &study->crs);
    if (status != KERB_OK)
        return status;
    if (study->name == NULL)
        study->name = "study";
    if (study->crs == NULL)
        study->crs = KERB_DEFAULT_CRS;
    r->planar = strcmp(study->crs, "none") == 0;
    status = read_period(r, kerb_yaml_find(root, "period"));
    if (status == KERB_OK)
        status = read_list(r, root, "import", sizeof *study->imports, read_import,
                           &study->imports, &study->n_imports);
    if (status == KERB_OK)
        status = read_list(r, root, "areas", sizeof *study->areas, read_areas, &study->areas,
                           &study->n_areas);
    if (status == KERB_OK)
        status = check_sets(r, kerb_yaml_find(root, "areas"));
    if (status == KERB_OK)
        status =
            read_text(r, kerb_yaml_find(root, "study_area"), "study_area", &study->study_area);
    if (status == KERB_OK)
        status = resolve_areas(r, &study->study_area);
    if (status == KERB_OK)
        status = read_texts(r, kerb_yaml_find(root, "exclude"), "exclude", &study->exclude);
    for (size_t i = 0; status == KERB_OK && i < study->exclude.n; i++)
        status = resolve_areas(r, &study->exclude.items[i]);
    if (status == KERB_OK)
        status = read_list(r, root, "density", sizeof *study->density, read_density,
                           &study->density, &study->n_density);
    if (status == KERB_OK)
        status = read_list(r, root, "hotspots", sizeof *study->hotspots, read_hotspots,
                           &study->hotspots, &study->n_hotspots);
    if (status == KERB_OK)
        status = read_list(r, root, "beats", sizeof *study->beats, read_beats, &study->beats,
                           &study->n_beats);
    if (status == KERB_OK)
        status = read_output(r, kerb_yaml_find(root, "output"));
    if (status == KERB_OK && study->n_imports == 0)
        status = kerb_yaml_fail(r->ctx, r->yaml, root,
                                "a study needs 'import': a list of {input: …}");
    if (status == KERB_OK)
        tell_unwritten(r);
    return status;
}

kerb_status kerb_study_read(kerb_ctx *ctx, const char *path, kerb_study **out)
{
    reader r = {.ctx = ctx, .path = path};
    kerb_status status = kerb_yaml_read_file(ctx, path, &r.yaml);
    if (status != KERB_OK)
        return status;
    r.study = kerb_calloc_array(1, sizeof *r.study);
    if (r.study == NULL) {
        status = kerb_fail_nomem(ctx, "the study");
    } else {
        r.study->from = r.study->to = KERB_CIVIL_NONE;
        status = read_all(&r);
    }
    kerb_yaml_free(r.yaml);
    if (status != KERB_OK) {
        kerb_study_free(r.study);
        return status;
    }
    *out = r.study;
    return KERB_OK;
}
