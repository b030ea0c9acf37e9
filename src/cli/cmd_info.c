/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `kerb info STORE`: what is in a store, and its digest. */
#include "cli.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
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

static void print_imports(FILE *out, const json_t *info)
{
    size_t i, j;
    json_t *import, *file;
    json_array_foreach(json_object_get(info, "imports"), i, import)
    {
        json_array_foreach(json_object_get(import, "files"), j, file)
        {
            const char *member = text_of(file, "member");
            fprintf(
                out,
                "  %s%s%s: %lld read, %lld loaded (%lld without coordinates), %lld rejected\n",
                text_of(file, "name"), member[0] ? " / " : "", member, number_of(file, "read"),
                number_of(file, "loaded"), number_of(file, "without_geometry"),
                number_of(file, "rejected"));
        }
    }
}

static void print_extracts(FILE *out, const json_t *info)
{
    size_t i;
    json_t *extract, *forgotten = json_object_get(info, "forgotten");
    if (json_array_size(json_object_get(info, "extracts")) > 0)
        fprintf(out, "extracts (%lld earlier versions of records are kept):\n",
                number_of(info, "n_versions"));
    json_array_foreach(json_object_get(info, "extracts"), i, extract)
    {
        const char *from = text_of(extract, "from");
        fprintf(out,
                "  of %s, %s%s%s: %lld new, %lld changed, %lld unchanged, %lld withdrawn\n",
                text_of(extract, "as_at"), from[0] ? from : "no period named",
                from[0] ? " to " : "", text_of(extract, "to"), number_of(extract, "new"),
                number_of(extract, "changed"), number_of(extract, "unchanged"),
                number_of(extract, "withdrawn"));
    }
    if (number_of(forgotten, "incidents") + number_of(forgotten, "versions") > 0)
        fprintf(out, "erased: %lld records and %lld earlier versions\n",
                number_of(forgotten, "incidents"), number_of(forgotten, "versions"));
}

static void print_counts(FILE *out, const json_t *info)
{
    size_t i;
    json_t *entry, *period = json_object_get(info, "period"),
                   *records = json_object_get(info, "records");
    fprintf(out, "%lld incidents (%lld without coordinates, %lld without date), %s\n",
            number_of(info, "n_incidents"), number_of(info, "n_without_geometry"),
            number_of(info, "n_without_date"), text_of(info, "crs"));
    if (json_is_object(period))
        fprintf(out, "period: %s to %s\n", text_of(period, "from"), text_of(period, "to"));
    if (number_of(info, "n_with_window") + number_of(info, "n_with_recorded") > 0)
        fprintf(out, "%lld with a window of time, %lld with a time of recording\n",
                number_of(info, "n_with_window"), number_of(info, "n_with_recorded"));
    if (number_of(records, "collisions") > 0)
        fprintf(out, "%lld of them road collisions, with %lld vehicles and %lld casualties\n",
                number_of(records, "collisions"), number_of(records, "vehicles"),
                number_of(records, "casualties"));
    fputs("sources and categories:\n", out);
    json_array_foreach(json_object_get(info, "categories"), i, entry)
    {
        const char *name = text_of(entry, "name"), *source = text_of(entry, "source");
        fprintf(out, "  %-28s %-36s %10lld\n", source[0] ? source : "(none)",
                name[0] ? name : "(none)", number_of(entry, "n"));
    }
    fputs("files:\n", out);
    print_imports(out, info);
    print_extracts(out, info);
    if (json_array_size(json_object_get(info, "areas")) > 0)
        fputs("sets of areas:\n", out);
    json_array_foreach(json_object_get(info, "areas"), i, entry)
    {
        fprintf(out, "  %-20s %-10s %6lld areas from %s\n", text_of(entry, "set"),
                text_of(entry, "role"), number_of(entry, "n"), text_of(entry, "file"));
    }
    if (json_array_size(json_object_get(info, "runs")) > 0)
        fprintf(out, "runs recorded: %zu\n", json_array_size(json_object_get(info, "runs")));
}

/* By way of memory: names in it come from files, and print_plain() looks at them. */
static int print_info(const json_t *info)
{
    char *text = NULL;
    size_t n_bytes = 0;
    int code = EXIT_COULD_NOT;
    FILE *out = open_memstream(&text, &n_bytes);
    if (out != NULL) {
        print_counts(out, info);
        if (fclose(out) == 0 && text != NULL)
            code = print_plain(text);
        else
            say_error("out of memory");
    } else {
        say_error("out of memory");
    }
    free(text);
    return code;
}

/* The members that every command prints: nothing is left out, nothing is written. */
static int add_common(json_t *info, const char *digest, double read_s)
{
    json_t *common =
        json_pack("{s:O, s:O, s:{}, s:[], s:{s:b}, s:{s:f, s:f, s:f, s:f}, s:I, s:s}",
                  "events_read", json_object_get(info, "n_incidents"), "events_used",
                  json_object_get(info, "n_incidents"), "excluded", "outputs", "parameters",
                  "digest", digest != NULL, "timing", "read_s", read_s, "compute_s", 0.0,
                  "compute_cpu_s", 0.0, "write_s", 0.0, "peak_memory_bytes",
                  (json_int_t)kerb_peak_memory_bytes(), "version", kerb_version());
    int failed = common == NULL || json_object_update(info, common) != 0;
    json_decref(common);
    if (!failed && digest != NULL)
        failed = json_object_set_new(info, "digest", json_string(digest)) != 0;
    return failed;
}

/* The digest alone, or with --json what is in the store as well. */
static int print_json(const char *text, const char *digest, double start_s)
{
    json_t *info = json_loads(text, 0, NULL);
    char *json = NULL;
    int code = EXIT_COULD_NOT;
    double read_s = (double)(long long)((kerb_wall_time_s() - start_s) * 1e3 + 0.5) / 1e3;
    if (info != NULL && add_common(info, digest, read_s) == 0)
        json = json_dumps(info, JSON_COMPACT | JSON_REAL_PRECISION(15));
    if (json == NULL)
        say_error("out of memory");
    else
        code = print_text(json);
    if (code == EXIT_DONE)
        code = print_text("\n");
    free(json);
    json_decref(info);
    return code;
}

static int run(kerb_ctx *ctx, const cli_arguments *arguments)
{
    kerb_store *store = NULL;
    char *json = NULL, hex[65] = "";
    int code;
    bool as_json = option_given(arguments, OPT_JSON),
         wants_digest = option_given(arguments, OPT_DIGEST);
    double start_s = kerb_wall_time_s();
    kerb_status status =
        kerb_store_open(ctx, arguments->operands[0], KERB_STORE_READ, NULL, &store);
    if (status != KERB_OK)
        return end_failed(ctx, status);
    if (wants_digest)
        status = kerb_store_digest(ctx, store, hex);
    if (status == KERB_OK && (as_json || !wants_digest))
        status = kerb_store_info(ctx, store, &json);
    if (status != KERB_OK) {
        code = end_failed(ctx, status);
        goto done;
    }
    if (as_json) {
        code = print_json(json, wants_digest ? hex : NULL, start_s);
    } else if (wants_digest) {
        code = print_text(hex);
        if (code == EXIT_DONE)
            code = print_text("\n");
    } else {
        json_t *info = json_loads(json, 0, NULL);
        if (info != NULL) {
            code = print_info(info);
        } else {
            say_error("out of memory");
            code = EXIT_COULD_NOT;
        }
        json_decref(info);
    }
done:
    kerb_free_text(json);
    kerb_store_close(store);
    return code;
}

const cli_command command_info = {"info",  "STORE", "Tell what is in a store.", 1, 1,
                                  options, run};
