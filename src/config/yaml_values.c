/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading the tree. The text that was written is never reinterpreted: whoever asks for a number
 * gets one or a sentence with file, line and column that says what stands there instead.
 */
#include "yaml_internal.h"

#include <assert.h>
#include <string.h>

const kerb_yaml_node *kerb_yaml_root(const kerb_yaml *yaml)
{
    return yaml->root;
}

kerb_yaml_kind kerb_yaml_kind_of(const kerb_yaml_node *node)
{
    return node->kind;
}

int kerb_yaml_line(const kerb_yaml_node *node)
{
    return node->line;
}

int kerb_yaml_column(const kerb_yaml_node *node)
{
    return node->column;
}

const char *kerb_yaml_text(const kerb_yaml_node *node)
{
    return node->text;
}

bool kerb_yaml_is_null(const kerb_yaml_node *node)
{
    return node->is_null;
}

size_t kerb_yaml_count(const kerb_yaml_node *node)
{
    return node->n;
}

const kerb_yaml_node *kerb_yaml_item(const kerb_yaml_node *node, size_t i)
{
    assert(i < node->n);
    return node->items[i];
}

const kerb_yaml_node *kerb_yaml_key_node(const kerb_yaml_node *node, size_t i)
{
    assert(node->kind == KERB_YAML_MAP && i < node->n);
    return node->keys[i];
}

const char *kerb_yaml_key(const kerb_yaml_node *node, size_t i)
{
    return kerb_yaml_key_node(node, i)->text;
}

const kerb_yaml_node *kerb_yaml_find(const kerb_yaml_node *map, const char *key)
{
    if (map->kind != KERB_YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->n; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            return map->items[i];
    }
    return NULL;
}

kerb_status kerb_yaml_fail(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    kerb_vfail(ctx, KERB_ERR_FORMAT, format, args);
    va_end(args);
    kerb_fail_in(ctx, "%s:%d:%d", yaml->name, node->line, node->column);
    return KERB_ERR_FORMAT;
}

/* --------------------------------------------------------------- known keys */

enum { MAX_GUESS_BYTES = 40 };

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein distance, for short words only: a large number when either is long. */
static size_t count_edits(const char *a, const char *b)
{
    size_t n_a = strlen(a), n_b = strlen(b);
    size_t row[MAX_GUESS_BYTES + 1];
    if (n_a > MAX_GUESS_BYTES || n_b > MAX_GUESS_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= n_b; j++)
        row[j] = j;
    for (size_t i = 1; i <= n_a; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n_b; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = min_size(changed, min_size(row[j], row[j - 1]) + 1);
        }
    }
    return row[n_b];
}

/* The known key that was probably meant, NULL when none is near: two slips at most, and fewer
 * than half of its letters. */
static const char *guess_key(const char *key, const char *const *keys)
{
    const char *best = NULL;
    size_t fewest = 3;
    for (size_t i = 0; keys[i] != NULL; i++) {
        size_t n = count_edits(key, keys[i]);
        if (n < fewest && 2 * n < strlen(keys[i])) {
            fewest = n;
            best = keys[i];
        }
    }
    return best;
}

static kerb_status refuse_key(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *key,
                              const char *const *keys)
{
    char shown[4 * KERB_YAML_SHOWN_BYTES + 8];
    kerb_text_visible(key->text, strlen(key->text), KERB_YAML_SHOWN_BYTES, shown);
    const char *guess = guess_key(key->text, keys);
    kerb_text known = {0};
    for (size_t i = 0; keys[i] != NULL; i++)
        kerb_text_add_format(&known, "%s%s", i == 0 ? "" : ", ", keys[i]);
    char *list = NULL;
    kerb_status status = kerb_text_take(ctx, &known, &list);
    if (status != KERB_OK)
        return status;
    if (guess)
        status = kerb_yaml_fail(ctx, yaml, key,
                                "unknown key '%s' (did you mean '%s'? keys here: %s)", shown,
                                guess, list);
    else
        status =
            kerb_yaml_fail(ctx, yaml, key, "unknown key '%s' (keys here: %s)", shown, list);
    kerb_free_text(list);
    return status;
}

kerb_status kerb_yaml_check_keys(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *map, const char *const *keys)
{
    assert(map->kind == KERB_YAML_MAP);
    for (size_t i = 0; i < map->n; i++) {
        bool is_known = false;
        for (size_t j = 0; keys[j] != NULL && !is_known; j++)
            is_known = strcmp(keys[j], map->keys[i]->text) == 0;
        if (!is_known)
            return refuse_key(ctx, yaml, map->keys[i], keys);
    }
    return KERB_OK;
}

/* -------------------------------------------------------------- typed values */

/* "FILE:3:5: top must be a number, not '400m'" */
static kerb_status refuse_value(kerb_ctx *ctx, const kerb_yaml *yaml,
                                const kerb_yaml_node *node, const char *what,
                                const char *wanted)
{
    if (node->kind != KERB_YAML_SCALAR)
        return kerb_yaml_fail(ctx, yaml, node, "%s must be %s, not a %s", what, wanted,
                              node->kind == KERB_YAML_LIST ? "list" : "map");
    if (node->is_null)
        return kerb_yaml_fail(ctx, yaml, node, "%s must be %s, but nothing stands there", what,
                              wanted);
    char shown[4 * KERB_YAML_SHOWN_BYTES + 8];
    kerb_text_visible(node->text, strlen(node->text), KERB_YAML_SHOWN_BYTES, shown);
    return kerb_yaml_fail(ctx, yaml, node, "%s must be %s, not '%s'", what, wanted, shown);
}

kerb_status kerb_yaml_expect(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                             kerb_yaml_kind kind, const char *what)
{
    static const char *const wanted[] = {
        [KERB_YAML_SCALAR] = "a value", [KERB_YAML_LIST] = "a list", [KERB_YAML_MAP] = "a map"};
    if (node->kind == kind)
        return KERB_OK;
    return refuse_value(ctx, yaml, node, what, wanted[kind]);
}

kerb_status kerb_yaml_get_double(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *node, const char *what, double *out)
{
    if (node->kind == KERB_YAML_SCALAR &&
        kerb_parse_double(node->text, strlen(node->text), out))
        return KERB_OK;
    return refuse_value(ctx, yaml, node, what, "a number");
}

kerb_status kerb_yaml_get_int(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                              const char *what, int64_t *out)
{
    if (node->kind == KERB_YAML_SCALAR && kerb_parse_int64(node->text, strlen(node->text), out))
        return KERB_OK;
    return refuse_value(ctx, yaml, node, what, "a whole number");
}

kerb_status kerb_yaml_get_bool(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                               const char *what, bool *out)
{
    if (node->kind == KERB_YAML_SCALAR && strcmp(node->text, "true") == 0) {
        *out = true;
        return KERB_OK;
    }
    if (node->kind == KERB_YAML_SCALAR && strcmp(node->text, "false") == 0) {
        *out = false;
        return KERB_OK;
    }
    return refuse_value(ctx, yaml, node, what, "true or false");
}
