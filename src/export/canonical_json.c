/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON that has one spelling: keys sorted by byte, no blanks, shortest numbers, no locale.
 * jansson reads; the writing is ours because jansson prints 0.1 as 0.10000000000000001. */
#include "export_internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define READ_FLAGS (JSON_REJECT_DUPLICATES)

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_value(kerb_text *text, const json_t *value);

static void add_object(kerb_text *text, const json_t *object)
{
    size_t n = json_object_size(object), i = 0;
    const char **keys = kerb_alloc_array(n, sizeof *keys);
    if (keys == NULL) {
        text->failed = true;
        return;
    }
    /* jansson's iterators take no const, though they change nothing; the copy of the pointer
     * through a union keeps -Wcast-qual honest. */
    union {
        const json_t *in;
        json_t *out;
    } same = {.in = object};
    for (void *at = json_object_iter(same.out); at; at = json_object_iter_next(same.out, at))
        keys[i++] = json_object_iter_key(at);
    qsort(keys, n, sizeof *keys, by_bytes);
    kerb_text_add(text, "{");
    for (i = 0; i < n; i++) {
        if (i > 0)
            kerb_text_add(text, ",");
        kerb_text_add_json(text, keys[i]);
        kerb_text_add(text, ":");
        add_value(text, json_object_get(object, keys[i]));
    }
    kerb_text_add(text, "}");
    kerb_free(keys);
}

static void add_value(kerb_text *text, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(text, value);
        break;
    case JSON_ARRAY:
        kerb_text_add(text, "[");
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i > 0)
                kerb_text_add(text, ",");
            add_value(text, json_array_get(value, i));
        }
        kerb_text_add(text, "]");
        break;
    case JSON_STRING:
        kerb_text_add_json(text, json_string_value(value));
        break;
    case JSON_INTEGER:
        kerb_text_add_format(text, "%" PRId64, (int64_t)json_integer_value(value));
        break;
    case JSON_REAL:
        kerb_export__add_json_double(text, json_real_value(value));
        break;
    case JSON_TRUE:
        kerb_text_add(text, "true");
        break;
    case JSON_FALSE:
        kerb_text_add(text, "false");
        break;
    case JSON_NULL:
        kerb_text_add(text, "null");
        break;
    }
}

kerb_status kerb_export__canonical_json(kerb_ctx *ctx, const char *json, const char *what,
                                        char **out)
{
    json_error_t error;
    json_t *root = json_loads(json, READ_FLAGS, &error);
    if (root == NULL || !json_is_object(root)) {
        json_decref(root);
        return kerb_fail(ctx, KERB_ERR_ARG, "%s: not a JSON object%s%s", what, root ? "" : ": ",
                         root ? "" : error.text);
    }
    kerb_text text = {0};
    add_value(&text, root);
    json_decref(root);
    return kerb_text_take(ctx, &text, out);
}

kerb_status kerb_export__check_members(kerb_ctx *ctx, const char *members,
                                       const char *const *reserved)
{
    kerb_text text = {0};
    char *object = NULL;
    json_t *root = NULL;
    json_error_t error;
    kerb_text_add(&text, "{");
    kerb_text_add(&text, members);
    kerb_text_add(&text, "}");
    kerb_status status = kerb_text_take(ctx, &text, &object);
    if (status != KERB_OK)
        return status;
    root = json_loads(object, READ_FLAGS, &error);
    if (root == NULL)
        status = kerb_fail(ctx, KERB_ERR_ARG, "extra members are not JSON: %s", error.text);
    for (; status == KERB_OK && *reserved; reserved++)
        if (json_object_get(root, *reserved) != NULL)
            status = kerb_fail(ctx, KERB_ERR_ARG, "an extra member may not be called \"%s\"",
                               *reserved);
    json_decref(root);
    kerb_free(object);
    return status;
}
