/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the incidents of a file are and who brought them into the record. A mapping says so, or
 * the format does; for other files the names of data.police.uk tell the kind, never the origin,
 * because another recorder's "Drugs" may come from the public.
 *
 * Origins of data.police.uk: drugs and weapons are found by stopping and searching, so their
 * map shows where the police look (police-generated). Public order is partly what officers meet
 * on patrol and partly what they are called to (mixed), and so was "public disorder and
 * weapons". Anti-social behaviour is calls from the public. The rest is reported.
 */
#include "ingest_rows.h"

#include <string.h>

struct kerb_ingest__kinds {
    kerb_nature whole; /* of every category that is not listed */
    int whole_line;
    kerb_strings *names; /* of categories; natures[number] */
    kerb_nature *natures;
    int *lines; /* of the mapping */
};

#define NATURE(kind_, origin_)                                                                 \
    {                                                                                          \
        .kind = KERB_KIND_##kind_, .origin = KERB_ORIGIN_##origin_                             \
    }

static const struct {
    const char *name;
    kerb_nature nature;
} police_uk[] = {
    {"Anti-social behaviour", NATURE(ASB, REPORTED)},
    {"Antisocial behaviour", NATURE(ASB, REPORTED)},
    {"Anti social behaviour", NATURE(ASB, REPORTED)},
    {"ASB", NATURE(ASB, REPORTED)},
    {"Bicycle theft", NATURE(CRIME, REPORTED)},
    {"Burglary", NATURE(CRIME, REPORTED)},
    {"Criminal damage and arson", NATURE(CRIME, REPORTED)},
    {"Drugs", NATURE(CRIME, POLICE_GENERATED)},
    {"Other crime", NATURE(CRIME, REPORTED)},
    {"Other theft", NATURE(CRIME, REPORTED)},
    {"Possession of weapons", NATURE(CRIME, POLICE_GENERATED)},
    {"Public disorder and weapons", NATURE(CRIME, MIXED)},
    {"Public order", NATURE(CRIME, MIXED)},
    {"Robbery", NATURE(CRIME, REPORTED)},
    {"Shoplifting", NATURE(CRIME, REPORTED)},
    {"Theft from the person", NATURE(CRIME, REPORTED)},
    {"Vehicle crime", NATURE(CRIME, REPORTED)},
    {"Violence and sexual offences", NATURE(CRIME, REPORTED)},
    {"Violent crime", NATURE(CRIME, REPORTED)},
};

static kerb_nature nature_by_name(kerb_ingest__field category, bool is_police)
{
    char name[64];
    kerb_nature nature = {0};
    if (category.length > 0 && category.length < sizeof name) {
        memcpy(name, category.text, category.length);
        name[category.length] = '\0';
        for (size_t i = 0; i < sizeof police_uk / sizeof *police_uk; i++) {
            if (kerb_text_equal_nocase(name, police_uk[i].name)) {
                nature = police_uk[i].nature;
                nature.origin = is_police ? nature.origin : KERB_ORIGIN_UNKNOWN;
                return nature;
            }
        }
    }
    /* a category that it may have next year */
    return is_police && category.length > 0 ? (kerb_nature)NATURE(CRIME, UNKNOWN) : nature;
}

/* ------------------------------------------------------------------ of a mapping */

static kerb_status read_word(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                             bool is_kind, kerb_nature *nature)
{
    kerb_status status =
        kerb_yaml_expect(ctx, yaml, node, KERB_YAML_SCALAR, is_kind ? "kind" : "origin");
    if (status != KERB_OK) {
        return status;
    }
    const char *word = kerb_yaml_text(node);
    if (is_kind && !kerb_kind_find(word, &nature->kind)) {
        return kerb_yaml_fail(ctx, yaml, node,
                              "kind '%s' is not one of crime, asb, fire, collision, complaint, "
                              "stop-and-search, other",
                              word);
    }
    if (!is_kind && !kerb_origin_find(word, &nature->origin)) {
        return kerb_yaml_fail(
            ctx, yaml, node,
            "origin '%s' is not one of reported, police-generated, mixed, unknown", word);
    }
    return KERB_OK;
}

/* `Drugs: crime`, or `Drugs: {kind: crime, origin: police-generated}`; what it leaves open is
 * as in the whole file. */
static kerb_status read_category(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *node, kerb_nature *nature)
{
    static const char *const keys[] = {"kind", "origin", NULL};
    if (kerb_yaml_kind_of(node) == KERB_YAML_SCALAR) {
        return read_word(ctx, yaml, node, true, nature);
    }
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "a kind");
    if (status == KERB_OK) {
        status = kerb_yaml_check_keys(ctx, yaml, node, keys);
    }
    for (size_t i = 0; status == KERB_OK && i < 2; i++) {
        const kerb_yaml_node *word = kerb_yaml_find(node, keys[i]);
        if (word != NULL) {
            status = read_word(ctx, yaml, word, i == 0, nature);
        }
    }
    return status;
}

static kerb_status read_categories(kerb_ctx *ctx, const kerb_yaml *yaml,
                                   const kerb_yaml_node *node, kerb_ingest__kinds *kinds)
{
    kerb_status status = kerb_yaml_expect(ctx, yaml, node, KERB_YAML_MAP, "kinds");
    if (status != KERB_OK) {
        return status;
    }
    size_t n = kerb_yaml_count(node);
    kinds->names = kerb_strings_new();
    kinds->natures = kerb_calloc_array(n + 1, sizeof *kinds->natures);
    kinds->lines = kerb_calloc_array(n + 1, sizeof *kinds->lines);
    if (kinds->names == NULL || kinds->natures == NULL || kinds->lines == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        const char *key = kerb_yaml_key(node, i);
        uint32_t number = 0;
        kerb_nature nature = kinds->whole;
        if (key[0] == '\0') {
            return kerb_yaml_fail(ctx, yaml, kerb_yaml_key_node(node, i), "an empty category");
        }
        status = read_category(ctx, yaml, kerb_yaml_item(node, i), &nature);
        if (status == KERB_OK) {
            status = kerb_strings_add(ctx, kinds->names, key, strlen(key), &number);
        }
        if (status == KERB_OK) {
            kinds->natures[number] = nature;
            kinds->lines[number] = kerb_yaml_line(kerb_yaml_key_node(node, i));
        }
    }
    return status;
}

kerb_status kerb_ingest__kinds_read(kerb_ctx *ctx, const kerb_yaml *yaml,
                                    kerb_ingest__kinds **out)
{
    const kerb_yaml_node *root = kerb_yaml_root(yaml);
    const kerb_yaml_node *kind = kerb_yaml_find(root, "kind"),
                         *origin = kerb_yaml_find(root, "origin"),
                         *categories = kerb_yaml_find(root, "kinds");
    kerb_status status = KERB_OK;
    kerb_ingest__kinds *kinds = kerb_calloc_array(1, sizeof *kinds);
    if (kinds == NULL) {
        return kerb_fail_nomem(ctx, "a mapping");
    }
    *out = kinds; /* the mapping frees it, whole or not */
    if (kind != NULL) {
        status = read_word(ctx, yaml, kind, true, &kinds->whole);
        kinds->whole_line = kerb_yaml_line(kind);
    }
    if (status == KERB_OK && origin != NULL) {
        status = read_word(ctx, yaml, origin, false, &kinds->whole);
        kinds->whole_line = kind != NULL ? kinds->whole_line : kerb_yaml_line(origin);
    }
    if (status == KERB_OK && categories != NULL) {
        status = read_categories(ctx, yaml, categories, kinds);
    }
    return status;
}

void kerb_ingest__kinds_free(kerb_ingest__kinds *kinds)
{
    if (kinds == NULL) {
        return;
    }
    kerb_strings_free(kinds->names);
    kerb_free(kinds->natures);
    kerb_free(kinds->lines);
    kerb_free(kinds);
}

kerb_kind kerb_ingest__kinds_whole(const kerb_ingest__kinds *kinds)
{
    return kinds->whole.kind;
}

static kerb_nature nature_by_mapping(const kerb_ingest__kinds *kinds,
                                     kerb_ingest__field category, int *line)
{
    uint32_t number = kinds->names != NULL && category.length > 0
                          ? kerb_strings_find(kinds->names, category.text, category.length)
                          : 0;
    *line = number != 0 ? kinds->lines[number] : kinds->whole_line;
    return number != 0 ? kinds->natures[number] : kinds->whole;
}

/* ------------------------------------------------------------------- of a file's rows */

void kerb_ingest__kinds_begin_file(kerb_ingest__loader *loader)
{
    if (loader->n_told > 0) {
        memset(loader->told, 0, loader->n_told * sizeof *loader->told);
    }
}

static kerb_status mark_told(kerb_ctx *ctx, kerb_ingest__loader *loader, uint32_t category)
{
    if (category >= loader->n_told) {
        size_t n = 2 * (size_t)category + 64;
        uint32_t *grown = kerb_realloc_array(loader->told, n, sizeof *grown);
        if (grown == NULL) {
            return kerb_fail_nomem(ctx, "the kinds of incidents");
        }
        memset(grown + loader->n_told, 0, (n - loader->n_told) * sizeof *grown);
        loader->told = grown;
        loader->n_told = n;
    }
    loader->told[category] = loader->source_number;
    return KERB_OK;
}

static kerb_status fail_option(kerb_ctx *ctx, const kerb_ingest__loader *loader,
                               kerb_ingest__field category, kerb_nature told)
{
    char shown[4 * 60 + 8];
    const kerb_nature *asked = &loader->options->nature;
    kerb_text_visible(category.text, category.length, 60, shown);
    return kerb_fail(
        ctx, KERB_ERR_ARG,
        "kind %s, origin %s was asked for, but by its format (%s) category '%s' is "
        "of kind %s, origin %s",
        kerb_kind_name(asked->kind), kerb_origin_name(asked->origin), loader->layout.format,
        shown, kerb_kind_name(told.kind), kerb_origin_name(told.origin));
}

kerb_status kerb_ingest__kinds_tell(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    uint32_t category, kerb_ingest__field text)
{
    const kerb_ingest__mapping *mapping = loader->layout.mapping;
    kerb_nature nature = {0};
    int line = 0;
    if (category < loader->n_told && loader->told[category] == loader->source_number) {
        return KERB_OK;
    }
    kerb_status status = mark_told(ctx, loader, category);
    if (status != KERB_OK) {
        return status;
    }
    if (category == 0) {
        text.length = 0; /* "NA" and its like */
    }
    if (mapping != NULL) {
        nature = nature_by_mapping(kerb_ingest__mapping_kinds(mapping), text, &line);
    } else if (loader->layout.is_police) {
        nature = nature_by_name(text, true);
    }
    kerb_nature told = nature;
    if (!kerb_nature_merge(&nature, loader->options->nature)) {
        return fail_option(ctx, loader, text, told);
    }
    if (nature.kind == KERB_KIND_OTHER) {
        nature.kind = nature_by_name(text, false).kind;
    }
    status = loader->sink->set_kind(ctx, loader->sink, loader->source_number, category, nature);
    if (status == KERB_ERR_ARG && line > 0) {
        kerb_fail_in(ctx, "%s:%d", kerb_ingest__mapping_file(mapping), line);
    }
    return status;
}
