/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the store into the columns that analysis works on, in order of id, in one snapshot.
 * Names get their numbers as rows meet them, so that the table is the same as one read from the
 * files.
 */
#include "store_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names of one table by id; ids are dense unless somebody deleted rows. */
typedef struct name_list {
    size_t n, capacity;
    int64_t *ids;
    char **texts, **more;             /* more: the area's name beside its code */
    uint32_t *numbers, *more_numbers; /* UINT32_MAX: not met yet */
} name_list;

static void clear_names(name_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        kerb_free(list->texts[i]);
        kerb_free(list->more[i]);
    }
    kerb_free(list->ids);
    kerb_free(list->texts);
    kerb_free(list->more);
    kerb_free(list->numbers);
    kerb_free(list->more_numbers);
    *list = (name_list){0};
}

static bool grow_names(name_list *list)
{
    size_t capacity = list->capacity ? 2 * list->capacity : 256;
    int64_t *ids = kerb_realloc_array(list->ids, capacity, sizeof *ids);
    if (ids)
        list->ids = ids;
    char **texts = kerb_realloc_array(list->texts, capacity, sizeof *texts);
    if (texts)
        list->texts = texts;
    char **more = kerb_realloc_array(list->more, capacity, sizeof *more);
    if (more)
        list->more = more;
    uint32_t *numbers = kerb_realloc_array(list->numbers, capacity, sizeof *numbers);
    if (numbers)
        list->numbers = numbers;
    uint32_t *more_numbers =
        kerb_realloc_array(list->more_numbers, capacity, sizeof *more_numbers);
    if (more_numbers)
        list->more_numbers = more_numbers;
    if (!ids || !texts || !more || !numbers || !more_numbers)
        return false;
    list->capacity = capacity;
    return true;
}

static kerb_status read_names(kerb_ctx *ctx, kerb_store *store, const char *sql,
                              name_list *list)
{
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(ctx, store, sql, &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (list->n == list->capacity && !grow_names(list)) {
            status = kerb_fail_nomem(ctx, "the names");
            break;
        }
        size_t i = list->n++;
        list->ids[i] = sqlite3_column_int64(stmt, 0);
        list->texts[i] = kerb_text_copy(kerb_store__column_text(stmt, 1));
        list->more[i] = kerb_text_copy(kerb_store__column_text(stmt, 2));
        list->numbers[i] = list->more_numbers[i] = UINT32_MAX;
        if (!list->texts[i] || !list->more[i])
            status = kerb_fail_nomem(ctx, "the names");
    }
    sqlite3_finalize(stmt);
    return status;
}

/* Place of an id, n when absent. */
static size_t find_name(const name_list *list, int64_t id)
{
    if (id >= 1 && (uint64_t)id <= list->n && list->ids[id - 1] == id)
        return (size_t)id - 1;
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->n && list->ids[low] == id ? low : list->n;
}

static kerb_status number_of(kerb_ctx *ctx, kerb_events *events, kerb_name_kind kind,
                             const char *text, uint32_t *known, uint32_t *out)
{
    if (*known == UINT32_MAX) {
        uint32_t number = 0;
        kerb_status status =
            kerb_events_add_name(ctx, events, kind, text, strlen(text), &number);
        if (status != KERB_OK)
            return status;
        *known = number;
    }
    *out = *known;
    return KERB_OK;
}

static kerb_status find_numbers(kerb_ctx *ctx, kerb_events *events, name_list *list,
                                sqlite3_stmt *row, int column, kerb_name_kind kind,
                                uint32_t *numbers)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return KERB_OK;
    size_t i = find_name(list, sqlite3_column_int64(row, column));
    if (i == list->n)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "a name that it points to is missing");
    kerb_status status =
        number_of(ctx, events, kind, list->texts[i], &list->numbers[i], &numbers[kind]);
    if (status == KERB_OK && kind == KERB_NAME_AREA_CODE)
        status = number_of(ctx, events, KERB_NAME_AREA_NAME, list->more[i],
                           &list->more_numbers[i], &numbers[KERB_NAME_AREA_NAME]);
    return status;
}

/* The area's code without the name beside it. */
static kerb_status find_code(kerb_ctx *ctx, kerb_events *events, name_list *list,
                             sqlite3_stmt *row, int column, uint32_t *numbers)
{
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        return KERB_OK;
    size_t i = find_name(list, sqlite3_column_int64(row, column));
    if (i == list->n)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "a name that it points to is missing");
    return number_of(ctx, events, KERB_NAME_AREA_CODE, list->texts[i], &list->numbers[i],
                     &numbers[KERB_NAME_AREA_CODE]);
}

static const struct {
    kerb_name_kind kind;
    int column; /* of the query below */
    const char *sql;
} kinds[] = {
    {KERB_NAME_SOURCE, 1, "SELECT id, name, '' FROM source ORDER BY id"},
    {KERB_NAME_CATEGORY, 2, "SELECT id, name, '' FROM category ORDER BY id"},
    {KERB_NAME_LABEL, 3, "SELECT id, name, '' FROM label ORDER BY id"},
    {KERB_NAME_AREA_CODE, 4, "SELECT id, code, name FROM area_code ORDER BY id"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };

/* Years 0 to 9999, as far as a date can be written. */
#define TIME_MIN INT64_C(-62167219200)
#define TIME_MAX INT64_C(253402300799)

static bool is_number(int type)
{
    return type == SQLITE_INTEGER || type == SQLITE_FLOAT;
}

#define ROW_COLUMNS                                                                            \
    "source_id, category_id, label_id, area_code_id, start, precision, weight, geom, "         \
    "time_end, recorded, cell_m "

static const char rows_sql[] = "SELECT id, " ROW_COLUMNS "FROM incident ORDER BY id";

/* As the records stood on a day: those told by then, unless told otherwise by then. What came
 * without a date was always there. */
#define EXTRACTS_BY_THEN "(SELECT id FROM extract WHERE as_at <= ?1)"
#define TOLD_BY_THEN     "(extract_id IS NULL OR extract_id IN " EXTRACTS_BY_THEN ")"

static const char rows_as_at_sql[] =
    "SELECT id, " ROW_COLUMNS "FROM incident WHERE " TOLD_BY_THEN
    " UNION ALL SELECT incident_id, " ROW_COLUMNS "FROM incident_version WHERE " TOLD_BY_THEN
    " AND replaced_by NOT IN " EXTRACTS_BY_THEN " ORDER BY 1";

/* A time of the years 0 to 9999 from a column that is not NULL; one second more for an end. */
static bool read_time(sqlite3_stmt *row, int column, kerb_civil_s max, kerb_civil_s *out)
{
    *out = sqlite3_column_int64(row, column);
    return sqlite3_column_type(row, column) == SQLITE_INTEGER && *out >= TIME_MIN &&
           *out <= max;
}

/* The end of the window and the time of recording, for the row added last. */
static kerb_status add_times(kerb_ctx *ctx, kerb_events *events, sqlite3_stmt *row)
{
    size_t i = events->n - 1;
    kerb_civil_s end = KERB_CIVIL_NONE, recorded = KERB_CIVIL_NONE;
    if (sqlite3_column_type(row, 9) != SQLITE_NULL &&
        (!read_time(row, 9, TIME_MAX + 1, &end) || end <= events->start[i] ||
         events->start[i] == KERB_CIVIL_NONE))
        return kerb_fail(ctx, KERB_ERR_FORMAT, "its end is no time after its start");
    if (sqlite3_column_type(row, 10) != SQLITE_NULL && !read_time(row, 10, TIME_MAX, &recorded))
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "its time of recording is no time of the years 0 to 9999");
    kerb_status status = kerb_events_set_end(ctx, events, i, end);
    return status == KERB_OK ? kerb_events_set_recorded(ctx, events, i, recorded) : status;
}

static kerb_status set_cell(kerb_ctx *ctx, kerb_events *events, sqlite3_stmt *row)
{
    if (sqlite3_column_type(row, 11) == SQLITE_NULL)
        return KERB_OK;
    double cell_m =
        is_number(sqlite3_column_type(row, 11)) ? sqlite3_column_double(row, 11) : 0;
    if (!(cell_m > 0.0 && isfinite(cell_m)))
        return kerb_fail(ctx, KERB_ERR_FORMAT, "its cell_m is no length above 0");
    return kerb_events_set_cell(ctx, events, events->n - 1, cell_m);
}

/* Names of the row; of a masked one not those that tell its place, which then are not even
 * known to the table. */
static kerb_status find_row_numbers(kerb_ctx *ctx, kerb_events *events, name_list *lists,
                                    sqlite3_stmt *row, bool is_masked, uint32_t *numbers)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < N_KINDS; i++) {
        if (is_masked && kinds[i].kind == KERB_NAME_LABEL)
            continue;
        if (is_masked && kinds[i].kind == KERB_NAME_AREA_CODE)
            status = find_code(ctx, events, &lists[i], row, kinds[i].column, numbers);
        else
            status = find_numbers(ctx, events, &lists[i], row, kinds[i].column, kinds[i].kind,
                                  numbers);
    }
    return status;
}

static kerb_status add_row(kerb_ctx *ctx, kerb_events *events, int srid, name_list *lists,
                           sqlite3_stmt *row, const kerb_areas_set *mask)
{
    uint32_t numbers[KERB_NAME_KINDS] = {0};
    double x = NAN, y = NAN, weight = 1.0;
    kerb_civil_s start = KERB_CIVIL_NONE;
    int precision = KERB_PRECISION_NONE;
    kerb_status status = KERB_OK;
    if (sqlite3_column_type(row, 8) != SQLITE_NULL &&
        !kerb_store__read_point(srid, sqlite3_column_blob(row, 8),
                                (size_t)sqlite3_column_bytes(row, 8), &x, &y))
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "its geometry is no point in the store's reference system");
    bool is_masked = kerb_store__is_masked(mask, x, y);
    if (is_masked)
        x = y = NAN;
    status = find_row_numbers(ctx, events, lists, row, is_masked, numbers);
    if (status != KERB_OK)
        return status;
    if (sqlite3_column_type(row, 5) != SQLITE_NULL) {
        if (!read_time(row, 5, TIME_MAX, &start))
            return kerb_fail(ctx, KERB_ERR_FORMAT,
                             "its time is no time of the years 0 to 9999");
        precision = sqlite3_column_int(row, 6);
        if (precision < KERB_PRECISION_MONTH || precision > KERB_PRECISION_SECOND)
            return kerb_fail(ctx, KERB_ERR_FORMAT, "its precision is %d, not 1 to 4",
                             precision);
    }
    if (sqlite3_column_type(row, 7) != SQLITE_NULL)
        weight = is_number(sqlite3_column_type(row, 7)) ? sqlite3_column_double(row, 7) : -1.0;
    if (!(weight >= 0.0 && isfinite(weight)))
        return kerb_fail(ctx, KERB_ERR_FORMAT, "its weight is negative or no number");
    status = kerb_events_add_numbered(ctx, events, x, y, weight, start,
                                      (kerb_precision)precision, numbers);
    if (status == KERB_OK)
        status = add_times(ctx, events, row);
    return status == KERB_OK && !is_masked ? set_cell(ctx, events, row) : status;
}

/* Number of a name that rows met; false when none did. */
static bool is_met(const name_list *list, int64_t id, uint32_t *number)
{
    size_t i = find_name(list, id);
    *number = i < list->n ? list->numbers[i] : UINT32_MAX;
    return *number != UINT32_MAX;
}

/* Kinds of the pairs whose names the rows carry; category 0 is rows without one. */
static kerb_status add_kinds(kerb_ctx *ctx, const kerb_store__kinds *natures,
                             const name_list *sources, const name_list *categories,
                             kerb_events *events)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < natures->n; i++) {
        const kerb_store__kind *pair = &natures->list[i];
        uint32_t source = 0, category = 0;
        if (is_met(sources, pair->source_id, &source) &&
            (pair->category_id == 0 || is_met(categories, pair->category_id, &category)))
            status = kerb_events_set_kind(ctx, events, source, category, pair->nature);
    }
    return status;
}

/* A day before the first extract has no records that anybody knew of. */
static kerb_status check_as_at(kerb_ctx *ctx, kerb_store *store, kerb_civil_s as_at)
{
    int64_t first = 0;
    char day[KERB_CIVIL_TEXT], first_day[KERB_CIVIL_TEXT];
    kerb_status status =
        kerb_store__query_int(ctx, store, "SELECT min(as_at) FROM extract HAVING count(*) > 0",
                              KERB_CIVIL_NONE, &first);
    if (status != KERB_OK || (first != KERB_CIVIL_NONE && first <= as_at))
        return status;
    if (first == KERB_CIVIL_NONE)
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                         "%s has no dated extracts: records stand on a day only when they were "
                         "imported with --as-at",
                         store->path);
    kerb_civil_format(as_at, KERB_PRECISION_DAY, day);
    kerb_civil_format(first, KERB_PRECISION_DAY, first_day);
    return kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                     "%s has no extract of %s or before: the first is of %s", store->path, day,
                     first_day);
}

static kerb_status read_rows(kerb_ctx *ctx, kerb_store *store, sqlite3_stmt *stmt,
                             name_list *lists, const kerb_areas_set *mask, kerb_events *events)
{
    bool has_row = true;
    int64_t id = 0, id_before = INT64_MIN;
    kerb_status status = KERB_OK;
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        /* SQLite walks the table in the order of its pages and trusts it: a page that is there
         * twice, or another's, shows here and nowhere else */
        id = sqlite3_column_int64(stmt, 0);
        status = id > id_before ? add_row(ctx, events, store->srid, lists, stmt, mask)
                                : kerb_fail(ctx, KERB_ERR_FORMAT,
                                            "the table is damaged (after number %lld)",
                                            (long long)id_before);
        if (status == KERB_ERR_FORMAT)
            kerb_fail_in(ctx, "%s, incident %lld", store->path, (long long)id);
        id_before = id;
        if (status == KERB_OK && events->n % 65536 == 0)
            status = kerb_progress(ctx, "reading the store", -1.0);
    }
    return status;
}

/* `as_at` KERB_CIVIL_NONE: as they stand now. */
static kerb_status read_events(kerb_ctx *ctx, kerb_store *store, kerb_civil_s as_at,
                               kerb_events **out)
{
    name_list lists[N_KINDS] = {0};
    kerb_store__kinds natures = {0};
    kerb_events *events = NULL;
    kerb_areas_set *mask = NULL;
    sqlite3_stmt *stmt = NULL;
    bool began = false, is_now = as_at == KERB_CIVIL_NONE;
    kerb_status status = kerb_store__begin_reading(ctx, store, &began);
    if (status == KERB_OK && !is_now)
        status = check_as_at(ctx, store, as_at);
    for (size_t i = 0; status == KERB_OK && i < N_KINDS; i++)
        status = read_names(ctx, store, kinds[i].sql, &lists[i]);
    if (status == KERB_OK)
        status = kerb_store__read_mask(ctx, store, &mask);
    if (status == KERB_OK)
        status = kerb_events_new(ctx, &events);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store, is_now ? rows_sql : rows_as_at_sql, &stmt);
    if (status == KERB_OK && !is_now)
        sqlite3_bind_int64(stmt, 1, as_at);
    if (status == KERB_OK)
        status = read_rows(ctx, store, stmt, lists, mask, events);
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        status = kerb_store__kinds_read(ctx, store, &natures);
    kerb_store__end_reading(store, began);
    if (status == KERB_OK) /* lists are in the order of `kinds`: source, category */
        status = add_kinds(ctx, &natures, &lists[0], &lists[1], events);
    kerb_store__kinds_clear(&natures);
    kerb_areas_set_free(mask);
    if (status == KERB_OK) {
        *out = events;
        events = NULL;
    }
    kerb_events_free(events);
    for (size_t i = 0; i < N_KINDS; i++)
        clear_names(&lists[i]);
    return status;
}

kerb_status kerb_store_read_events(kerb_ctx *ctx, kerb_store *store, kerb_events **out)
{
    return read_events(ctx, store, KERB_CIVIL_NONE, out);
}

kerb_status kerb_store_read_events_as_at(kerb_ctx *ctx, kerb_store *store, kerb_civil_s as_at,
                                         kerb_events **out)
{
    return read_events(ctx, store, as_at, out);
}
