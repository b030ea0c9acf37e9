/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON objects whose text depends only on what is in them: members in order of key, numbers in
 * their shortest form, no locale. Parameters are compared and hashed as text, so this matters.
 */
#include "study_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_member(kerb_json *object, const char *key, char *value)
{
    char *key_copy = kerb_text_copy(key);
    if (object->failed || key_copy == NULL || value == NULL)
        goto failed;
    if (object->n == object->capacity) {
        size_t capacity = object->capacity ? object->capacity * 2 : 16;
        struct kerb_json_member *members =
            kerb_realloc_array(object->members, capacity, sizeof *members);
        if (members == NULL)
            goto failed;
        object->members = members;
        object->capacity = capacity;
    }
    object->members[object->n].key = key_copy;
    object->members[object->n].value = value;
    object->n++;
    return;
failed:
    object->failed = true;
    kerb_free(key_copy);
    kerb_free(value);
}

/* The finished text of a value, or NULL when memory ran out on the way. */
static char *take_value(kerb_text *text)
{
    if (text->failed) {
        kerb_text_clear(text);
        return NULL;
    }
    char *data = text->data;
    memset(text, 0, sizeof *text);
    return data;
}

void kerb_json_add_raw(kerb_json *object, const char *key, const char *json)
{
    add_member(object, key, kerb_text_copy(json));
}

void kerb_json_add_text(kerb_json *object, const char *key, const char *value)
{
    if (value == NULL) {
        kerb_json_add_raw(object, key, "null");
        return;
    }
    kerb_text text = {0};
    kerb_text_add_json(&text, value);
    add_member(object, key, take_value(&text));
}

void kerb_json_add_real(kerb_json *object, const char *key, double value)
{
    char number[KERB_DOUBLE_TEXT];
    if (!isfinite(value)) {
        kerb_json_add_raw(object, key, "null");
        return;
    }
    kerb_format_double(value, number);
    kerb_json_add_raw(object, key, number);
}

void kerb_json_add_integer(kerb_json *object, const char *key, int64_t value)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)value);
    kerb_json_add_raw(object, key, number);
}

void kerb_json_add_count(kerb_json *object, const char *key, uint64_t value)
{
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)value);
    kerb_json_add_raw(object, key, number);
}

void kerb_json_add_bool(kerb_json *object, const char *key, bool value)
{
    kerb_json_add_raw(object, key, value ? "true" : "false");
}

void kerb_json_add_texts(kerb_json *object, const char *key, const char *const *values,
                         size_t n)
{
    kerb_text text = {0};
    kerb_text_add(&text, "[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            kerb_text_add(&text, ",");
        kerb_text_add_json(&text, values[i]);
    }
    kerb_text_add(&text, "]");
    add_member(object, key, take_value(&text));
}

void kerb_json_add_tally(kerb_json *object, const char *key, const kerb_tally *tally)
{
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(tally, &n);
    kerb_text text = {0};
    kerb_text_add(&text, "{");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            kerb_text_add(&text, ",");
        kerb_text_add_json(&text, entries[i].name);
        kerb_text_add_format(&text, ":%llu", (unsigned long long)entries[i].count);
    }
    kerb_text_add(&text, "}");
    add_member(object, key, take_value(&text));
}

void kerb_json_add_civil(kerb_json *object, const char *key, kerb_civil_s time)
{
    char text[KERB_CIVIL_TEXT];
    if (time == KERB_CIVIL_NONE) {
        kerb_json_add_raw(object, key, "null");
        return;
    }
    bool whole_day = ((time % 86400) + 86400) % 86400 == 0;
    kerb_civil_format(time, whole_day ? KERB_PRECISION_DAY : KERB_PRECISION_SECOND, text);
    kerb_json_add_text(object, key, text);
}

static int compare_keys(const void *a, const void *b)
{
    const struct kerb_json_member *x = a, *y = b;
    return strcmp(x->key, y->key);
}

kerb_status kerb_json_take(kerb_ctx *ctx, kerb_json *object, bool braces, char **out)
{
    kerb_text text = {0};
    bool failed = object->failed;
    if (!failed) {
        if (object->n > 1)
            qsort(object->members, object->n, sizeof *object->members, compare_keys);
        kerb_text_add(&text, braces ? "{" : "");
        for (size_t i = 0; i < object->n; i++) {
            if (i > 0)
                kerb_text_add(&text, ",");
            kerb_text_add_json(&text, object->members[i].key);
            kerb_text_add(&text, ":");
            kerb_text_add(&text, object->members[i].value);
        }
        kerb_text_add(&text, braces ? "}" : "");
    }
    kerb_json_clear(object);
    if (failed)
        return kerb_fail_nomem(ctx, "a JSON object");
    return kerb_text_take(ctx, &text, out);
}

void kerb_json_clear(kerb_json *object)
{
    for (size_t i = 0; i < object->n; i++) {
        kerb_free(object->members[i].key);
        kerb_free(object->members[i].value);
    }
    kerb_free(object->members);
    memset(object, 0, sizeof *object);
}
