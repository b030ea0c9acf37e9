/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb info STORE`: what is in a store, and its digest. */
#include "cli.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const option_id options[] = {OPT_DIGEST, OPT_COUNT};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static void print_imports(const json_t *info)
{
    size_t i, j;
    json_t *import, *file;
    json_array_foreach(json_object_get(info, "imports"), i, import)
    {
        json_array_foreach(json_object_get(import, "files"), j, file)
        {
            const char *member = text_of(file, "member");
            printf(
                "  %s%s%s: %lld read, %lld loaded (%lld without coordinates), %lld rejected\n",
                text_of(file, "name"), member[0] ? " / " : "", member, number_of(file, "read"),
                number_of(file, "loaded"), number_of(file, "without_geometry"),
                number_of(file, "rejected"));
        }
    }
}

static void print_info(const json_t *info)
{
    size_t i;
    json_t *entry, *period = json_object_get(info, "period");
    printf("%lld incidents (%lld without coordinates, %lld without date), %s\n",
           number_of(info, "n_incidents"), number_of(info, "n_without_geometry"),
           number_of(info, "n_without_date"), text_of(info, "crs"));
    if (json_is_object(period))
        printf("period: %s to %s\n", text_of(period, "from"), text_of(period, "to"));
    puts("sources and categories:");
    json_array_foreach(json_object_get(info, "categories"), i, entry)
    {
        const char *name = text_of(entry, "name"), *source = text_of(entry, "source");
        printf("  %-28s %-36s %10lld\n", source[0] ? source : "(none)",
               name[0] ? name : "(none)", number_of(entry, "n"));
    }
    puts("files:");
    print_imports(info);
    if (json_array_size(json_object_get(info, "areas")) > 0)
        puts("sets of areas:");
    json_array_foreach(json_object_get(info, "areas"), i, entry)
    {
        printf("  %-20s %-10s %6lld areas from %s\n", text_of(entry, "set"),
               text_of(entry, "role"), number_of(entry, "n"), text_of(entry, "file"));
    }
    if (json_array_size(json_object_get(info, "runs")) > 0)
        printf("runs recorded: %zu\n", json_array_size(json_object_get(info, "runs")));
}

static int print_digest(kerb_ctx *ctx, kerb_store *store, bool as_json)
{
    char hex[65];
    kerb_status status = kerb_store_digest(ctx, store, hex);
    if (status != KERB_OK)
        return end_failed(ctx, status);
    printf(as_json ? "{\"digest\":\"%s\"}\n" : "%s\n", hex);
    return print_text("");
}

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_store *store = NULL;
    char *json = NULL;
    int code;
    kerb_status status =
        kerb_store_open(ctx, arguments->operands[0], KERB_STORE_READ, NULL, &store);
    if (status != KERB_OK)
        return end_failed(ctx, status);
    if (option_given(arguments, OPT_DIGEST)) {
        code = print_digest(ctx, store, option_given(arguments, OPT_JSON));
        goto done;
    }
    status = kerb_store_info(ctx, store, &json);
    if (status != KERB_OK) {
        code = end_failed(ctx, status);
        goto done;
    }
    if (option_given(arguments, OPT_JSON)) {
        code = print_text(json);
        if (code == EXIT_DONE)
            code = print_text("\n");
    } else {
        json_t *info = json_loads(json, 0, NULL);
        if (info != NULL)
            print_info(info);
        json_decref(info);
        code = print_text("");
    }
done:
    kerb_free_text(json);
    kerb_store_close(store);
    return code;
}

const cli_command command_info = {"info",  "STORE", "Tell what is in a store.", 1, 1,
                                  options, run};
