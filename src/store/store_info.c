/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is in the store, as JSON. Incidents are counted in one pass over the table, by source
 * and category and by source and month; everything else is read as it stands.
 */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ counting */

typedef struct counter {
    int64_t a, b; /* what is counted: ids of source and category, or source and month */
    uint64_t n;   /* 0: free slot */
    kerb_civil_s from, to; /* of the dated ones; from > to: none */
} counter;

typedef struct counters {
    counter *slots; /* open addressing, a power of 2 */
    size_t n, n_slots;
} counters;

static counter *find_counter(const counters *list, int64_t a, int64_t b)
{
    uint64_t key = ((uint64_t)a * 0x9e3779b97f4a7c15u) ^ ((uint64_t)b * 0xc2b2ae3d27d4eb4fu);
    size_t at = (size_t)(key >> 24) & (list->n_slots - 1);
    while (list->slots[at].n != 0 && (list->slots[at].a != a || list->slots[at].b != b))
        at = (at + 1) & (list->n_slots - 1);
    return &list->slots[at];
}

static kerb_status count_one(kerb_ctx *ctx, counters *list, int64_t a, int64_t b,
                             kerb_civil_s from, kerb_civil_s to)
{
    if (2 * (list->n + 1) > list->n_slots) {
        counters larger = {.n = list->n, .n_slots = list->n_slots ? 2 * list->n_slots : 256};
        larger.slots = kerb_calloc_array(larger.n_slots, sizeof *larger.slots);
        if (!larger.slots)
            return kerb_fail_nomem(ctx, "the counts");
        for (size_t i = 0; i < list->n_slots; i++) {
            if (list->slots[i].n != 0)
                *find_counter(&larger, list->slots[i].a, list->slots[i].b) = list->slots[i];
        }
        kerb_free(list->slots);
        *list = larger;
    }
    counter *found = find_counter(list, a, b);
    if (found->n == 0) {
        *found = (counter){.a = a, .b = b, .from = INT64_MAX, .to = INT64_MIN};
        list->n++;
    }
    found->n++;
    found->from = from < found->from ? from : found->from;
    found->to = to > found->to ? to : found->to;
    return KERB_OK;
}

typedef struct incident_counts {
    uint64_t n, n_without_geometry, n_without_date, n_with_window, n_with_recorded;
    kerb_civil_s from, to;
    counters by_category, by_month;
    kerb_civil_s month_from, month_to; /* the month of the row before: most rows share it */
    int64_t month;
} incident_counts;

static int64_t month_of(incident_counts *counts, kerb_civil_s start)
{
    if (start < counts->month_from || start >= counts->month_to) {
        int64_t day = start / 86400 - (start % 86400 < 0);
        kerb_date date = kerb_date_from_days(day);
        date.day = 1;
        counts->month = (int64_t)date.year * 12 + date.month - 1;
        counts->month_from = kerb_days_from_date(date) * 86400;
        counts->month_to = kerb_civil_end(counts->month_from, KERB_PRECISION_MONTH);
    }
    return counts->month;
}

/* Dates outside years 1 to 9999 are no calendar dates; kerb never writes them. */
static bool is_date(kerb_civil_s start)
{
    return start >= -62135596800 && start < 253402300800;
}

/* Incidents in sensitive places have no place here either: a figure that differs from what
 * analyses tell would count them. */
static bool is_without_place(int srid, const kerb_areas_set *mask, sqlite3_stmt *row,
                             int column)
{
    double x, y;
    return sqlite3_column_type(row, column) == SQLITE_NULL ||
           (mask &&
            kerb_store__read_point(srid, sqlite3_column_blob(row, column),
                                   (size_t)sqlite3_column_bytes(row, column), &x, &y) &&
            kerb_store__is_masked(mask, x, y));
}

static kerb_status count_incidents(kerb_ctx *ctx, kerb_store *store, incident_counts *counts,
                                   counters *masked)
{
    kerb_areas_set *mask = NULL;
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    counts->from = INT64_MAX;
    counts->to = INT64_MIN;
    kerb_status status = kerb_store__read_mask(ctx, store, &mask);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store,
                                     "SELECT source_id, category_id, start, precision, "
                                     "geom, time_end, recorded IS NOT NULL, file_id "
                                     "FROM incident ORDER BY id",
                                     &stmt);
    while (status == KERB_OK) {
        kerb_civil_s from = INT64_MAX, to = INT64_MIN;
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        int64_t source = sqlite3_column_int64(stmt, 0),
                category = sqlite3_column_int64(stmt, 1);
        counts->n++;
        bool is_placeless = is_without_place(store->srid, mask, stmt, 4);
        counts->n_without_geometry += is_placeless;
        if (is_placeless && sqlite3_column_type(stmt, 4) != SQLITE_NULL)
            status =
                count_one(ctx, masked, sqlite3_column_int64(stmt, 7), 0, INT64_MAX, INT64_MIN);
        counts->n_with_recorded += sqlite3_column_int(stmt, 6) != 0;
        if (sqlite3_column_type(stmt, 2) == SQLITE_NULL ||
            !is_date(sqlite3_column_int64(stmt, 2)))
            counts->n_without_date++;
        else {
            int precision = sqlite3_column_int(stmt, 3);
            if (precision < KERB_PRECISION_NONE || precision > KERB_PRECISION_SECOND)
                precision = KERB_PRECISION_NONE;
            from = sqlite3_column_int64(stmt, 2);
            to = kerb_civil_end(from, (kerb_precision)precision);
            if (sqlite3_column_type(stmt, 5) != SQLITE_NULL) {
                kerb_civil_s end = sqlite3_column_int64(stmt, 5);
                to = is_date(end) && end > from ? end : to;
                counts->n_with_window++;
            }
            counts->from = from < counts->from ? from : counts->from;
            counts->to = to > counts->to ? to : counts->to;
            if (status == KERB_OK)
                status =
                    count_one(ctx, &counts->by_month, source, month_of(counts, from), from, to);
        }
        if (status == KERB_OK)
            status = count_one(ctx, &counts->by_category, source, category, from, to);
        if (status == KERB_OK && counts->n % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    kerb_areas_set_free(mask);
    sqlite3_finalize(stmt);
    return status;
}

/* --------------------------------------------------------------------- writing */

/* An instant as options of the command take it: the date alone at midnight. */
static void add_time(kerb_text *json, kerb_civil_s time)
{
    char text[KERB_CIVIL_TEXT];
    if (!is_date(time)) {
        kerb_text_add(json, "null");
        return;
    }
    int64_t second = ((time % 86400) + 86400) % 86400;
    kerb_civil_format(time,
                      second == 0        ? KERB_PRECISION_DAY
                      : second % 60 == 0 ? KERB_PRECISION_MINUTE
                                         : KERB_PRECISION_SECOND,
                      text);
    if (second != 0 && strlen(text) > 10)
        text[10] = 'T';
    kerb_text_add_json(json, text);
}

static void add_period(kerb_text *json, kerb_civil_s from, kerb_civil_s to)
{
    kerb_text_add(json, "\"from\":");
    add_time(json, from <= to ? from : INT64_MIN);
    kerb_text_add(json, ",\"to\":");
    add_time(json, from <= to ? to : INT64_MIN);
}

static void add_key(kerb_text *json, const char *key)
{
    kerb_text_add_format(json, "\"%s\":", key);
}

/* A text column, null when NULL. */
static void add_column(kerb_text *json, const char *key, sqlite3_stmt *row, int column)
{
    add_key(json, key);
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        kerb_text_add(json, "null");
    else
        kerb_text_add_json(json, kerb_store__column_text(row, column));
}

/* A JSON column as it is; kerb wrote it, and what is no JSON becomes a string. */
static void add_json_column(kerb_text *json, const char *key, sqlite3_stmt *row, int column,
                            int is_valid_column)
{
    add_key(json, key);
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        kerb_text_add(json, "null");
    else if (sqlite3_column_int(row, is_valid_column))
        kerb_text_add(json, kerb_store__column_text(row, column));
    else
        kerb_text_add_json(json, kerb_store__column_text(row, column));
}

typedef struct name_of_id {
    int64_t id;
    char *name;
} name_of_id;

typedef struct id_names {
    size_t n, capacity;
    name_of_id *list; /* by id */
} id_names;

static kerb_status read_id_names(kerb_ctx *ctx, kerb_store *store, const char *sql,
                                 id_names *names)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (names->n == names->capacity) {
            size_t capacity = names->capacity ? 2 * names->capacity : 64;
            name_of_id *grown = kerb_realloc_array(names->list, capacity, sizeof *grown);
            if (!grown) {
                status = kerb_fail_nomem(ctx, "the names");
                break;
            }
            names->list = grown;
            names->capacity = capacity;
        }
        char *name = kerb_text_copy(kerb_store__column_text(stmt, 1));
        if (!name)
            status = kerb_fail_nomem(ctx, "the names");
        else
            names->list[names->n++] = (name_of_id){sqlite3_column_int64(stmt, 0), name};
    }
    sqlite3_finalize(stmt);
    return status;
}

static void clear_id_names(id_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        kerb_free(names->list[i].name);
    kerb_free(names->list);
}

static int compare_ids(const void *left, const void *right)
{
    const name_of_id *a = left, *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

static const char *name_of(const id_names *names, int64_t id)
{
    name_of_id wanted = {id, NULL};
    const name_of_id *found =
        names->n ? bsearch(&wanted, names->list, names->n, sizeof wanted, compare_ids) : NULL;
    return found ? found->name : "";
}

/* A counter with its names, for sorting. */
typedef struct named_counter {
    const char *source, *name;
    const counter *count;
} named_counter;

static int compare_named(const void *left, const void *right)
{
    const named_counter *a = left, *b = right;
    int order = strcmp(a->source, b->source);
    if (order == 0)
        order = strcmp(a->name, b->name);
    return order ? order : (a->count->b > b->count->b) - (a->count->b < b->count->b);
}

/* The counters in order of source and name; owned. `categories` NULL: b is a month. */
static kerb_status sort_counters(kerb_ctx *ctx, const counters *counted,
                                 const id_names *sources, const id_names *categories,
                                 named_counter **out)
{
    named_counter *list = kerb_alloc_array(counted->n, sizeof *list);
    size_t n = 0;
    if (!list)
        return kerb_fail_nomem(ctx, "the counts");
    for (size_t i = 0; i < counted->n_slots; i++) {
        const counter *slot = &counted->slots[i];
        if (slot->n != 0)
            list[n++] = (named_counter){name_of(sources, slot->a),
                                        categories ? name_of(categories, slot->b) : "", slot};
    }
    qsort(list, n, sizeof *list, compare_named);
    *out = list;
    return KERB_OK;
}

static void add_sources(kerb_text *json, const named_counter *list, size_t n,
                        const kerb_store__kinds *kinds)
{
    kerb_text_add(json, "\"sources\":[");
    for (size_t i = 0; i < n;) {
        const char *source = list[i].source;
        uint64_t sum = 0;
        kerb_text_add(json, i ? ",{\"name\":" : "{\"name\":");
        for (; i < n && strcmp(list[i].source, source) == 0; i++)
            sum += list[i].count->n;
        kerb_text_add_json(json, source);
        kerb_text_add_format(json, ",\"n\":%llu}", (unsigned long long)sum);
    }
    kerb_text_add(json, "],\"categories\":[");
    for (size_t i = 0; i < n; i++) {
        kerb_text_add(json, i ? ",{\"source\":" : "{\"source\":");
        kerb_text_add_json(json, list[i].source);
        kerb_text_add(json, ",\"name\":");
        kerb_text_add_json(json, list[i].name);
        kerb_nature nature = kerb_store__kinds_find(kinds, list[i].count->a, list[i].count->b);
        kerb_text_add_format(json, ",\"kind\":\"%s\",\"origin\":\"%s\",\"n\":%llu,",
                             kerb_kind_name(nature.kind), kerb_origin_name(nature.origin),
                             (unsigned long long)list[i].count->n);
        add_period(json, list[i].count->from, list[i].count->to);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "],");
}

static void add_months(kerb_text *json, const named_counter *list, size_t n)
{
    kerb_text_add(json, "\"months\":[");
    for (size_t i = 0; i < n; i++) {
        int64_t month = list[i].count->b;
        kerb_text_add(json, i ? ",{\"source\":" : "{\"source\":");
        kerb_text_add_json(json, list[i].source);
        kerb_text_add_format(json, ",\"month\":\"%04lld-%02lld\",\"n\":%llu}",
                             (long long)(month / 12), (long long)(month % 12 + 1),
                             (unsigned long long)list[i].count->n);
    }
    kerb_text_add(json, "],");
}

/* Places known only to a square, by its side. */
static kerb_status add_coarse_places(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    uint64_t n = 0;
    char side[KERB_DOUBLE_TEXT];
    kerb_status status = kerb_store__prepare(ctx, store,
                                             "SELECT cell_m, count(*) FROM incident "
                                             "WHERE cell_m IS NOT NULL GROUP BY 1 ORDER BY 1",
                                             &stmt);
    kerb_text_add(json, "\"coarse_places\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_format_double(sqlite3_column_double(stmt, 0), side);
        kerb_text_add_format(json, "%s{\"cell_m\":%s,\"n\":%lld}", n++ ? "," : "", side,
                             (long long)sqlite3_column_int64(stmt, 1));
    }
    kerb_text_add(json, "],");
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status add_incidents(kerb_ctx *ctx, kerb_store *store, counters *masked,
                                 kerb_text *json)
{
    incident_counts counts = {0};
    id_names sources = {0}, categories = {0};
    named_counter *by_category = NULL, *by_month = NULL;
    kerb_store__kinds kinds = {0};
    int64_t n_personal = 0;
    kerb_status status = count_incidents(ctx, store, &counts, masked);
    if (status == KERB_OK)
        status = kerb_store__kinds_read(ctx, store, &kinds);
    if (status == KERB_OK)
        status = kerb_store__query_int(
            ctx, store, "SELECT count(DISTINCT incident_id) FROM incident_personal", 0,
            &n_personal);
    if (status == KERB_OK)
        status = read_id_names(ctx, store, "SELECT id, name FROM source ORDER BY id", &sources);
    if (status == KERB_OK)
        status =
            read_id_names(ctx, store, "SELECT id, name FROM category ORDER BY id", &categories);
    if (status == KERB_OK)
        status = sort_counters(ctx, &counts.by_category, &sources, &categories, &by_category);
    if (status == KERB_OK)
        status = sort_counters(ctx, &counts.by_month, &sources, NULL, &by_month);
    if (status != KERB_OK)
        goto done;
    kerb_text_add_format(
        json,
        "\"n_incidents\":%llu,\"n_without_geometry\":%llu,"
        "\"n_without_date\":%llu,\"n_with_window\":%llu,"
        "\"n_with_recorded\":%llu,\"n_with_personal\":%lld,\"period\":{",
        (unsigned long long)counts.n, (unsigned long long)counts.n_without_geometry,
        (unsigned long long)counts.n_without_date, (unsigned long long)counts.n_with_window,
        (unsigned long long)counts.n_with_recorded, (long long)n_personal);
    add_period(json, counts.from, counts.to);
    kerb_text_add(json, "},");
    status = add_coarse_places(ctx, store, json);
    if (status != KERB_OK)
        goto done;
    add_sources(json, by_category, counts.by_category.n, &kinds);
    add_months(json, by_month, counts.by_month.n);
done:
    kerb_store__kinds_clear(&kinds);
    kerb_free(by_category);
    kerb_free(by_month);
    clear_id_names(&sources);
    clear_id_names(&categories);
    kerb_free(counts.by_category.slots);
    kerb_free(counts.by_month.slots);
    return status;
}

/* The rows of a statement, text and count, as the members of a JSON object. */
static kerb_status add_counts(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *stmt,
                              kerb_text *json)
{
    bool has_row = true;
    int n = 0;
    kerb_status status = KERB_OK;
    kerb_text_add(json, "{");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (n++)
            kerb_text_add(json, ",");
        kerb_text_add_json(json, kerb_store__column_text(stmt, 0));
        kerb_text_add_format(json, ":%lld", (long long)sqlite3_column_int64(stmt, 1));
    }
    kerb_text_add(json, "}");
    return status;
}

static kerb_status add_reasons(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *stmt,
                               int64_t file_id, uint64_t n_masked, kerb_text *json)
{
    sqlite3_bind_int64(stmt, 1, file_id);
    sqlite3_bind_int64(stmt, 2, (int64_t)n_masked);
    kerb_text_add(json, "\"by_reason\":");
    kerb_status status = add_counts(ctx, store, stmt, json);
    sqlite3_reset(stmt);
    return status;
}

static kerb_status add_files(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *files,
                             sqlite3_stmt *reasons, int64_t import_id,
                             const kerb_store__records *records, const counters *masked,
                             kerb_text *json)
{
    static const char *const texts[] = {"name",   "member", "format",   "sha256",
                                        "source", "crs",    "operation"};
    static const char *const numbers[] = {
        "read", "loaded", "rejected", "without_geometry", "without_date", "duplicates"};
    bool has_row = true;
    int n = 0;
    kerb_status status = KERB_OK;
    sqlite3_bind_int64(files, 1, import_id);
    kerb_text_add(json, "\"files\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, files, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add(json, n++ ? ",{" : "{");
        for (int i = 0; i < 7; i++) {
            add_column(json, texts[i], files, 1 + i);
            kerb_text_add(json, ",");
        }
        int64_t file_id = sqlite3_column_int64(files, 0);
        uint64_t n_masked = masked->n > 0 ? find_counter(masked, file_id, 0)->n : 0;
        for (int i = 0; i < 6; i++) /* the fourth is of rows without geometry */
            kerb_text_add_format(json, "\"%s\":%lld,", numbers[i],
                                 (long long)sqlite3_column_int64(files, 8 + i) +
                                     (i == 3 ? (long long)n_masked : 0));
        kerb_store__records_add_file(records, file_id, json);
        kerb_text_add(json, ",");
        status = add_reasons(ctx, store, reasons, file_id, n_masked, json);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "]");
    sqlite3_reset(files);
    return status;
}

static kerb_status add_imports(kerb_ctx *ctx, kerb_store *store,
                               const kerb_store__records *records, const counters *masked,
                               kerb_text *json)
{
    sqlite3_stmt *imports = NULL, *files = NULL, *reasons = NULL;
    bool has_row = true;
    int n = 0;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT id, kerb_version, parameters, json_valid(parameters) FROM import ORDER BY id",
        &imports);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "SELECT id, name, member, format, sha256, source, crs, operation, n_read, "
            "n_loaded, "
            "n_rejected, n_without_geometry, n_without_date, n_duplicates FROM file "
            "WHERE import_id = ? ORDER BY id",
            &files);
    if (status == KERB_OK)
        status = kerb_store__prepare(
            ctx, store,
            "SELECT reason, sum(n) FROM (SELECT reason, n FROM file_reason WHERE file_id = ?1 "
            "UNION ALL SELECT 'no_coordinates', ?2) WHERE n > 0 GROUP BY reason ORDER BY "
            "reason",
            &reasons);
    kerb_text_add(json, "\"imports\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, imports, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        int64_t id = sqlite3_column_int64(imports, 0);
        kerb_text_add_format(json, "%s{\"id\":%lld,", n++ ? "," : "", (long long)id);
        add_column(json, "kerb_version", imports, 1);
        kerb_text_add(json, ",");
        add_json_column(json, "parameters", imports, 2, 3);
        kerb_text_add(json, ",");
        status = add_files(ctx, store, files, reasons, id, records, masked, json);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "],");
    sqlite3_finalize(imports);
    sqlite3_finalize(files);
    sqlite3_finalize(reasons);
    return status;
}

static kerb_status add_areas(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    int n = 0;
    kerb_status status =
        kerb_store__prepare(ctx, store,
                            "SELECT s.name, s.role, s.file_name, s.file_sha256, (SELECT "
                            "count(*) FROM area AS a WHERE "
                            "a.set_id = s.id) FROM area_set AS s "
                            "WHERE s.role <> 'sensitive' ORDER BY s.name",
                            &stmt);
    kerb_text_add(json, "\"areas\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add(json, n++ ? ",{" : "{");
        add_column(json, "set", stmt, 0);
        kerb_text_add(json, ",");
        add_column(json, "role", stmt, 1);
        kerb_text_add_format(json, ",\"n\":%lld,", (long long)sqlite3_column_int64(stmt, 4));
        add_column(json, "file", stmt, 2);
        kerb_text_add(json, ",");
        add_column(json, "sha256", stmt, 3);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "],");
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status add_runs(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    int n = 0;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT id, kerb_version, command, parameters, fingerprint, outputs, "
        "json_valid(parameters), json_valid(outputs) FROM run ORDER BY id",
        &stmt);
    kerb_text_add(json, "\"runs\":[");
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        kerb_text_add_format(json, "%s{\"id\":%lld,", n++ ? "," : "",
                             (long long)sqlite3_column_int64(stmt, 0));
        add_column(json, "kerb_version", stmt, 1);
        kerb_text_add(json, ",");
        add_column(json, "command", stmt, 2);
        kerb_text_add(json, ",");
        add_json_column(json, "parameters", stmt, 3, 6);
        kerb_text_add(json, ",");
        add_column(json, "fingerprint", stmt, 4);
        kerb_text_add(json, ",");
        add_json_column(json, "outputs", stmt, 5, 7);
        kerb_text_add(json, "}");
    }
    kerb_text_add(json, "],");
    sqlite3_finalize(stmt);
    return status;
}

static kerb_status add_rejects(kerb_ctx *ctx, kerb_store *store, kerb_text *json)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT reason, count(*) FROM reject GROUP BY reason ORDER BY reason",
        &stmt);
    kerb_text_add(json, "\"rejects\":");
    if (status == KERB_OK)
        status = add_counts(ctx, store, stmt, json);
    sqlite3_finalize(stmt);
    return status;
}

kerb_status kerb_store_info(kerb_ctx *ctx, kerb_store *store, char **json)
{
    kerb_text text = {0};
    kerb_store__records records = {0};
    counters masked = {0}; /* incidents in sensitive places, by file */
    bool began = false;
    kerb_status status = kerb_store__begin_reading(ctx, store, &began);
    kerb_text_add(&text, "{\"crs\":");
    kerb_text_add_json(&text, kerb_crs_id(store->crs));
    kerb_text_add(&text, ",");
    if (status == KERB_OK)
        status = add_incidents(ctx, store, &masked, &text);
    if (status == KERB_OK)
        status = kerb_store__records_read(ctx, store, &records);
    kerb_store__records_add_all(&records, &text);
    kerb_text_add(&text, ",");
    if (status == KERB_OK)
        status = add_imports(ctx, store, &records, &masked, &text);
    kerb_free(masked.slots);
    kerb_store__records_clear(&records);
    if (status == KERB_OK)
        status = kerb_store__info_add_extracts(ctx, store, &text);
    if (status == KERB_OK)
        status = add_areas(ctx, store, &text);
    if (status == KERB_OK)
        status = add_runs(ctx, store, &text);
    if (status == KERB_OK)
        status = add_rejects(ctx, store, &text);
    kerb_text_add(&text, "}");
    kerb_store__end_reading(store, began);
    if (status == KERB_OK)
        return kerb_text_take(ctx, &text, json);
    kerb_text_clear(&text);
    return status;
}
