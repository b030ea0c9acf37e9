/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML read strictly into a tree of texts. libyaml's events drive it: at each event the line
 * and column are at hand, and what kerb does not want (anchors, aliases, tags, merge keys, a
 * second document) is refused where it stands, before anything can grow. The whole text is
 * checked to be UTF-8 first, so that libyaml never guesses an encoding. Source: YAML 1.1 as
 * libyaml 0.2.5 reads it; the refusals are kerb's own.
 */
#include "yaml_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_BYTES = 1024 * 1024, MAX_DEPTH = 32 };

typedef struct reader {
    kerb_ctx *ctx;
    const char *name;
    const char *text; /* for the place of an unreadable byte */
    size_t length;
    yaml_parser_t parser;
    yaml_event_t event; /* the one that is being looked at */
} reader;

static void free_node(kerb_yaml_node *node)
{
    if (!node)
        return;
    for (size_t i = 0; i < node->n; i++) {
        if (node->keys)
            free_node(node->keys[i]);
        free_node(node->items[i]);
    }
    kerb_free(node->keys);
    kerb_free(node->items);
    kerb_free(node->text);
    kerb_free(node);
}

void kerb_yaml_free(kerb_yaml *yaml)
{
    if (!yaml)
        return;
    free_node(yaml->root);
    kerb_free(yaml->name);
    kerb_free(yaml);
}

/* ------------------------------------------------------------------ refusing */

static kerb_status refuse_at(const reader *r, int line, int column, const char *what)
{
    return kerb_fail(r->ctx, KERB_ERR_FORMAT, "%s:%d:%d: %s", r->name, line, column, what);
}

/* At the beginning of the event in hand. */
static kerb_status refuse(const reader *r, const char *what)
{
    yaml_mark_t mark = r->event.start_mark;
    return refuse_at(r, (int)mark.line + 1, (int)mark.column + 1, what);
}

/* Line and column of a byte, for complaints that come before or without a mark. */
static kerb_status refuse_at_byte(const reader *r, size_t offset, const char *what)
{
    int line = 1, column = 1;
    for (size_t i = 0; i < offset && i < r->length; i++) {
        unsigned char c = (unsigned char)r->text[i];
        if (c == '\n') {
            line++;
            column = 1;
        } else if ((c & 0xC0u) != 0x80u) {
            column++;
        }
    }
    return refuse_at(r, line, column, what);
}

static kerb_status explain_parser_error(const reader *r)
{
    const yaml_parser_t *parser = &r->parser;
    const char *problem = parser->problem ? parser->problem : "cannot be read as YAML";
    if (parser->error == YAML_MEMORY_ERROR)
        return kerb_fail_nomem(r->ctx, "YAML");
    if (parser->error == YAML_READER_ERROR)
        return refuse_at_byte(r, parser->problem_offset, problem);
    yaml_mark_t mark = parser->problem_mark;
    char what[256];
    if (parser->context)
        snprintf(what, sizeof what, "%s, %s", parser->context, problem);
    else
        snprintf(what, sizeof what, "%s", problem);
    return refuse_at(r, (int)mark.line + 1, (int)mark.column + 1, what);
}

static kerb_status next_event(reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) {
        memset(&r->event, 0, sizeof r->event);
        return explain_parser_error(r);
    }
    return KERB_OK;
}

/* ------------------------------------------------------------------ building */

static kerb_status check_anchor_and_tag(const reader *r, const yaml_char_t *anchor,
                                        const yaml_char_t *tag)
{
    if (anchor)
        return refuse(r, "anchors (&name) are not allowed: write the value where it is needed");
    if (tag)
        return refuse(r, "tags (!name) are not allowed");
    return KERB_OK;
}

static kerb_status new_node(const reader *r, kerb_yaml_kind kind, kerb_yaml_node **out)
{
    kerb_yaml_node *node = kerb_calloc_array(1, sizeof *node);
    if (!node)
        return kerb_fail_nomem(r->ctx, "YAML");
    node->kind = kind;
    node->line = (int)r->event.start_mark.line + 1;
    node->column = (int)r->event.start_mark.column + 1;
    *out = node;
    return KERB_OK;
}

/* A value's `~` and `null` mean none; a key keeps its letters, since a column may be named so.
 */
static kerb_status make_scalar(const reader *r, bool is_key, kerb_yaml_node **out)
{
    const char *text = (const char *)r->event.data.scalar.value;
    size_t length = r->event.data.scalar.length;
    bool is_plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (memchr(text, '\0', length))
        return refuse(r, "a text may not hold a NUL character");
    if (is_key && is_plain && length == 0)
        return refuse(r, "a key is missing before ':'");
    if (is_key && is_plain && strcmp(text, "<<") == 0)
        return refuse(r, "merge keys (<<) are not allowed: write the values out");

    kerb_yaml_node *node = NULL;
    kerb_status status = new_node(r, KERB_YAML_SCALAR, &node);
    if (status != KERB_OK)
        return status;
    node->is_null = !is_key && is_plain &&
                    (length == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
    node->text = kerb_text_copy_n(text, node->is_null ? 0 : length);
    if (!node->text) {
        free_node(node);
        return kerb_fail_nomem(r->ctx, "YAML");
    }
    *out = node;
    return KERB_OK;
}

/* Room for one more child. */
static bool make_room(kerb_yaml_node *node)
{
    if (node->n < node->capacity)
        return true;
    size_t capacity = node->capacity == 0 ? 8 : 2 * node->capacity;
    kerb_yaml_node **items = kerb_realloc_array(node->items, capacity, sizeof *items);
    if (!items)
        return false;
    node->items = items;
    if (node->kind == KERB_YAML_MAP) {
        kerb_yaml_node **keys = kerb_realloc_array(node->keys, capacity, sizeof *keys);
        if (!keys)
            return false;
        node->keys = keys;
    }
    node->capacity = capacity;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const kerb_yaml_node *first = *(kerb_yaml_node *const *)a;
    const kerb_yaml_node *second = *(kerb_yaml_node *const *)b;
    int order = strcmp(first->text, second->text);
    if (order != 0)
        return order;
    if (first->line != second->line)
        return first->line < second->line ? -1 : 1;
    return first->column < second->column ? -1 : first->column > second->column;
}

/* By sorting: a file with 100,000 keys must not take a minute to refuse. */
static kerb_status check_duplicates(const reader *r, const kerb_yaml_node *map)
{
    if (map->n < 2)
        return KERB_OK;
    kerb_yaml_node **sorted = kerb_alloc_array(map->n, sizeof *sorted);
    if (!sorted)
        return kerb_fail_nomem(r->ctx, "YAML");
    memcpy(sorted, map->keys, map->n * sizeof *sorted);
    qsort(sorted, map->n, sizeof *sorted, compare_keys);
    const kerb_yaml_node *again = NULL, *before = NULL;
    for (size_t i = 1; i < map->n; i++) {
        const kerb_yaml_node *key = sorted[i];
        if (strcmp(sorted[i - 1]->text, key->text) != 0)
            continue;
        bool is_earlier = !again || key->line < again->line ||
                          (key->line == again->line && key->column < again->column);
        if (is_earlier) {
            again = key;
            before = sorted[i - 1];
        }
    }
    kerb_status status = KERB_OK;
    if (again) {
        char shown[4 * KERB_YAML_SHOWN_BYTES + 8], what[4 * KERB_YAML_SHOWN_BYTES + 80];
        kerb_text_visible(again->text, strlen(again->text), KERB_YAML_SHOWN_BYTES, shown);
        snprintf(what, sizeof what, "key '%s' stands here again (first on line %d)", shown,
                 before->line);
        status = refuse_at(r, again->line, again->column, what);
    }
    kerb_free(sorted);
    return status;
}

static kerb_status build_node(reader *r, int depth, kerb_yaml_node **out);

static kerb_status build_children(reader *r, int depth, kerb_yaml_node *node)
{
    bool is_map = node->kind == KERB_YAML_MAP;
    yaml_event_type_t end = is_map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
    for (;;) {
        kerb_yaml_node *key = NULL, *item = NULL;
        kerb_status status = next_event(r);
        if (status != KERB_OK)
            return status;
        if (r->event.type == end)
            break;
        if (is_map) {
            if (r->event.type == YAML_SEQUENCE_START_EVENT ||
                r->event.type == YAML_MAPPING_START_EVENT)
                return refuse(r, "a key must be a text, not a list or a map");
            if (r->event.type == YAML_SCALAR_EVENT) {
                status = check_anchor_and_tag(r, r->event.data.scalar.anchor,
                                              r->event.data.scalar.tag);
                if (status == KERB_OK)
                    status = make_scalar(r, true, &key);
            } else {
                status = build_node(r, depth, &key); /* an alias: refused there */
            }
            if (status == KERB_OK)
                status = next_event(r);
        }
        if (status == KERB_OK)
            status = build_node(r, depth, &item);
        if (status == KERB_OK && !make_room(node))
            status = kerb_fail_nomem(r->ctx, "YAML");
        if (status != KERB_OK) {
            free_node(key);
            free_node(item);
            return status;
        }
        if (is_map)
            node->keys[node->n] = key;
        node->items[node->n] = item;
        node->n++;
    }
    return is_map ? check_duplicates(r, node) : KERB_OK;
}

/* The node that begins with the event in hand. `depth` counts the lists and maps around it. */
static kerb_status build_node(reader *r, int depth, kerb_yaml_node **out)
{
    const yaml_event_t *event = &r->event;
    kerb_yaml_node *node = NULL;
    kerb_status status = KERB_OK;
    if (event->type == YAML_ALIAS_EVENT)
        return refuse(r, "aliases (*name) are not allowed: write the value where it is needed");
    if (event->type == YAML_SCALAR_EVENT) {
        status = check_anchor_and_tag(r, event->data.scalar.anchor, event->data.scalar.tag);
        return status != KERB_OK ? status : make_scalar(r, false, out);
    }
    bool is_map = event->type == YAML_MAPPING_START_EVENT;
    if (!is_map && event->type != YAML_SEQUENCE_START_EVENT)
        return refuse(r, "a value was expected here");
    status = is_map ? check_anchor_and_tag(r, event->data.mapping_start.anchor,
                                           event->data.mapping_start.tag)
                    : check_anchor_and_tag(r, event->data.sequence_start.anchor,
                                           event->data.sequence_start.tag);
    if (status != KERB_OK)
        return status;
    if (depth == MAX_DEPTH)
        return refuse(r, "lists and maps are nested more than 32 deep");
    status = new_node(r, is_map ? KERB_YAML_MAP : KERB_YAML_LIST, &node);
    if (status == KERB_OK)
        status = build_children(r, depth + 1, node);
    if (status != KERB_OK) {
        free_node(node);
        return status;
    }
    *out = node;
    return KERB_OK;
}

static kerb_status check_bytes(const reader *r)
{
    if (r->length > MAX_BYTES)
        return kerb_fail(r->ctx, KERB_ERR_FORMAT, "%s is larger than 1 MiB", r->name);
    const char *nul = r->length > 0 ? memchr(r->text, '\0', r->length) : NULL;
    if (nul)
        return refuse_at_byte(r, (size_t)(nul - r->text), "a NUL byte: this is no text file");
    if (!kerb_utf8_is_valid(r->text, r->length)) {
        size_t low = 0, high = r->length; /* longest valid beginning, cut back to a character */
        while (low < high) {
            size_t n = 1;
            while (n <= 4 && low + n <= high && !kerb_utf8_is_valid(r->text + low, n))
                n++;
            if (n > 4 || low + n > high)
                break;
            low += n;
        }
        return refuse_at_byte(r, low, "the text is not valid UTF-8");
    }
    return KERB_OK;
}

static kerb_status build_document(reader *r, kerb_yaml_node **out)
{
    kerb_yaml_node *root = NULL;
    kerb_status status = next_event(r); /* the stream's start */
    if (status == KERB_OK)
        status = next_event(r);
    if (status != KERB_OK)
        return status;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return kerb_fail(r->ctx, KERB_ERR_EMPTY, "%s is empty", r->name);
    status = next_event(r);
    if (status == KERB_OK)
        status = build_node(r, 0, &root);
    if (status == KERB_OK)
        status = next_event(r); /* the document's end */
    if (status == KERB_OK)
        status = next_event(r);
    if (status == KERB_OK && r->event.type != YAML_STREAM_END_EVENT)
        status = refuse(r, "a second document begins here: one file holds one");
    if (status == KERB_OK && root->is_null)
        status = kerb_fail(r->ctx, KERB_ERR_EMPTY, "%s is empty", r->name);
    if (status != KERB_OK) {
        free_node(root);
        return status;
    }
    *out = root;
    return KERB_OK;
}

kerb_status kerb_yaml_read_text(kerb_ctx *ctx, const char *name, const char *text,
                                size_t length, kerb_yaml **out)
{
    /* a byte order mark is no text; every Windows editor of old put one there */
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    reader r = {.ctx = ctx, .name = name, .text = text, .length = length};
    kerb_yaml *yaml = NULL;
    bool has_parser = false;
    kerb_status status = check_bytes(&r);
    if (status != KERB_OK)
        goto done;
    yaml = kerb_calloc_array(1, sizeof *yaml);
    if (yaml)
        yaml->name = kerb_text_copy(name);
    has_parser = yaml_parser_initialize(&r.parser) != 0;
    if (!yaml || !yaml->name || !has_parser) {
        status = kerb_fail_nomem(ctx, "YAML");
        goto done;
    }
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, length);
    status = build_document(&r, &yaml->root);
    if (status != KERB_OK)
        goto done;
    *out = yaml;
    yaml = NULL;
done:
    if (has_parser) {
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    kerb_yaml_free(yaml);
    return status;
}

kerb_status kerb_yaml_read_file(kerb_ctx *ctx, const char *path, kerb_yaml **out)
{
    kerb_status status = KERB_OK;
    size_t length = 0;
    char *text = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return errno == ENOENT ? kerb_fail(ctx, KERB_ERR_NOT_FOUND, "%s does not exist", path)
                               : kerb_fail(ctx, KERB_ERR_IO, "%s: cannot be opened: %s", path,
                                           strerror(errno));
    text = kerb_alloc_array(MAX_BYTES + 4, 1); /* the mark, and one byte that is too many */
    if (!text) {
        status = kerb_fail_nomem(ctx, path);
        goto done;
    }
    length = fread(text, 1, MAX_BYTES + 4, file);
    if (ferror(file)) {
        status = kerb_fail(ctx, KERB_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
        goto done;
    }
    status = kerb_yaml_read_text(ctx, path, text, length, out);
done:
    kerb_free(text);
    fclose(file);
    return status;
}
