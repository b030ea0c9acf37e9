/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dated extracts: what becomes of records, and how they stood on a day. */
#include "store_scene.h"

#define DAY    INT64_C(86400)
#define JAN_24 INT64_C(1704067200)
#define MAR_24 INT64_C(1709251200)

/* ------------------------------------------------- a world of records that change */

enum { N_KEYED = 60, N_KEYLESS = 8, N_ROWS = N_KEYED + 4 * N_KEYLESS };

/* Records with a reference, each there or not, of one of three categories at one of four
 * places; and contents without a reference, each so many times. */
typedef struct world {
    bool is_there[N_KEYED];
    uint32_t category[N_KEYED], place[N_KEYED];
    size_t n_alike[N_KEYLESS];
} world;

static void mutate(world *w, uint64_t *seed)
{
    for (size_t i = 0; i < N_KEYED; i++) {
        uint64_t dice = scene_random(seed) % 10;
        if (dice < 2)
            w->is_there[i] = !w->is_there[i];
        else if (dice == 2)
            w->category[i] = (uint32_t)(scene_random(seed) % 3);
        else if (dice == 3)
            w->place[i] = (uint32_t)(scene_random(seed) % 4);
    }
    for (size_t i = 0; i < N_KEYLESS; i++)
        w->n_alike[i] = (size_t)(scene_random(seed) % 4);
}

typedef struct extract_rows {
    size_t n;
    double x[N_ROWS], y[N_ROWS];
    kerb_civil_s start[N_ROWS];
    uint8_t precision[N_ROWS];
    uint32_t source[N_ROWS], category[N_ROWS];
    int64_t line[N_ROWS];
    char text[N_ROWS][16];
    const char *reference[N_ROWS];
    uint32_t reference_length[N_ROWS];
} extract_rows;

static void put_row(extract_rows *rows, size_t at, size_t what, uint32_t category,
                    uint32_t place, bool has_reference)
{
    rows->x[at] = 450000.0 + (double)what + 1000.0 * place;
    rows->y[at] = place == 3 ? (double)NAN : 300000.0 + (double)what;
    rows->x[at] = place == 3 ? (double)NAN : rows->x[at];
    rows->start[at] = JAN_24 + DAY * (int64_t)(what % 50);
    rows->precision[at] = KERB_PRECISION_DAY;
    rows->category[at] = category + 1;
    rows->source[at] = 1;
    rows->line[at] = (int64_t)at + 2;
    snprintf(rows->text[at], sizeof rows->text[at], "R%zu", what);
    rows->reference[at] = has_reference ? rows->text[at] : NULL;
    rows->reference_length[at] = has_reference ? (uint32_t)strlen(rows->text[at]) : 0;
}

/* The world as rows, in an order of their own each time. */
static void write_world(const world *w, extract_rows *rows, uint64_t *seed)
{
    size_t order[N_ROWS], n = 0, next = 0;
    for (size_t i = 0; i < N_KEYED; i++)
        n += w->is_there[i];
    for (size_t i = 0; i < N_KEYLESS; i++)
        n += w->n_alike[i];
    for (size_t i = 0; i < n; i++) {
        size_t j = (size_t)(scene_random(seed) % (i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    rows->n = n;
    for (size_t i = 0; i < N_KEYED; i++)
        if (w->is_there[i])
            put_row(rows, order[next++], i, w->category[i], w->place[i], true);
    for (size_t i = 0; i < N_KEYLESS; i++)
        for (size_t k = 0; k < w->n_alike[i]; k++)
            put_row(rows, order[next++], i, 0, (uint32_t)(i % 4), false);
}

static kerb_status add_world(kerb_ctx *ctx, kerb_import *import, extract_rows *rows)
{
    static const char *const categories[] = {"A", "B", "C"};
    uint32_t number = 0;
    int64_t file_id = 0;
    kerb_import_file file = {.name = "a.csv",
                             .format = "delimited",
                             .source = "P",
                             .crs_id = "EPSG:27700",
                             .operation = "none needed",
                             .month = -1};
    kerb_import_rows columns = {
        .n = rows->n,
        .x = rows->x,
        .y = rows->y,
        .start = rows->start,
        .precision = rows->precision,
        .names = {[KERB_NAME_SOURCE] = rows->source, [KERB_NAME_CATEGORY] = rows->category},
        .line = rows->line,
        .reference = rows->reference,
        .reference_length = rows->reference_length};
    kerb_import_counts counts = {.read = rows->n, .loaded = rows->n};
    /* a file without rows before it, so that numbers of files and of extracts differ */
    kerb_status status = kerb_import_add_file(ctx, import, &file, &file_id);
    if (status == KERB_OK)
        status = kerb_import_add_file(ctx, import, &file, &file_id);
    if (status == KERB_OK)
        status = kerb_import_add_name(ctx, import, KERB_NAME_SOURCE, "P", 1, &number);
    for (size_t i = 0; status == KERB_OK && i < 3; i++)
        status =
            kerb_import_add_name(ctx, import, KERB_NAME_CATEGORY, categories[i], 1, &number);
    if (status == KERB_OK)
        status = kerb_import_add_rows(ctx, import, file_id, &columns);
    if (status == KERB_OK)
        status = kerb_import_finish_file(ctx, import, file_id, NULL, &counts);
    return status;
}

/* A whole import; `extract` NULL: plain rows. */
static kerb_status take(kerb_ctx *ctx, kerb_store *store, const kerb_import_extract *extract,
                        extract_rows *rows, kerb_import_changes *changes)
{
    kerb_import *import = NULL;
    kerb_status status = kerb_import_begin(ctx, store, NULL, &import);
    if (status == KERB_OK && extract)
        status = kerb_import_set_extract(ctx, import, extract);
    if (status == KERB_OK)
        status = add_world(ctx, import, rows);
    if (status == KERB_OK && extract)
        status = kerb_import_reconcile(ctx, import, changes);
    if (status == KERB_OK)
        status = kerb_import_commit(ctx, import);
    kerb_import_free(import);
    return status;
}

static kerb_import_extract extract_of(int64_t day)
{
    return (kerb_import_extract){
        .as_at = MAR_24 + DAY * day, .has_period = true, .from = JAN_24, .to = MAR_24};
}

/* As told by hand from the two worlds. */
static kerb_import_changes expect_changes(const world *before, const world *after)
{
    kerb_import_changes c = {0};
    for (size_t i = 0; i < N_KEYED; i++) {
        bool is_equal =
            before->category[i] == after->category[i] && before->place[i] == after->place[i];
        c.n_new += !before->is_there[i] && after->is_there[i];
        c.n_withdrawn += before->is_there[i] && !after->is_there[i];
        c.n_unchanged += before->is_there[i] && after->is_there[i] && is_equal;
        c.n_changed += before->is_there[i] && after->is_there[i] && !is_equal;
    }
    for (size_t i = 0; i < N_KEYLESS; i++) {
        size_t b = before->n_alike[i], a = after->n_alike[i], both = a < b ? a : b;
        c.n_unchanged_without_key += both;
        c.n_new_without_key += a - both;
        c.n_withdrawn_without_key += b - both;
    }
    return c;
}

static void fingerprint_of(kerb_ctx *ctx, kerb_store *store, kerb_civil_s as_at, char *hex)
{
    kerb_events *events = NULL;
    if (as_at == KERB_CIVIL_NONE)
        assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    else
        assert_ok(ctx, kerb_store_read_events_as_at(ctx, store, as_at, &events));
    assert_ok(ctx, kerb_events_fingerprint(ctx, events, hex));
    kerb_events_free(events);
}

/* The law: after any history, the store as at the day of an extract holds what a store of that
 * extract alone holds; and the figures are those told from the two worlds. */
static void extracts__as_at_is_the_store_of_that_extract_alone(void **state)
{
    enum { N_EXTRACTS = 6 };
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES], want[N_EXTRACTS][65], got[65];
    strcpy(path, scratch_path(*state, "s.kerb"));
    for (uint64_t history = 1; history <= 8; history++) {
        uint64_t seed = history;
        world now = {0}, before = {0};
        extract_rows rows;
        remove(path);
        kerb_store *store = scene_open(ctx, path);
        for (int64_t t = 0; t < N_EXTRACTS; t++) {
            kerb_import_changes changes = {0};
            kerb_import_extract extract = extract_of(t);
            before = now;
            mutate(&now, &seed);
            write_world(&now, &rows, &seed);
            assert_ok(ctx, take(ctx, store, &extract, &rows, &changes));
            kerb_import_changes told = expect_changes(&before, &now);
            assert_memory_equal(&changes, &told, sizeof told);
            char alone_path[SCRATCH_PATH_BYTES];
            strcpy(alone_path, scratch_path(*state, "alone.kerb"));
            remove(alone_path);
            kerb_store *alone = scene_open(ctx, alone_path);
            assert_ok(ctx, take(ctx, alone, NULL, &rows, NULL));
            fingerprint_of(ctx, alone, KERB_CIVIL_NONE, want[t]);
            kerb_store_close(alone);
            fingerprint_of(ctx, store, KERB_CIVIL_NONE, got);
            assert_string_equal(got, want[t]);
        }
        for (int64_t t = 0; t < N_EXTRACTS; t++) {
            fingerprint_of(ctx, store, extract_of(t).as_at, got);
            assert_string_equal(got, want[t]);
        }
        kerb_store_close(store);
        kerb_store__spatial eyes = scene_eyes(ctx, path);
        assert_index_whole(eyes.db);
        kerb_store__spatial_close(&eyes);
    }
    kerb_ctx_free(ctx);
}

/* A column that is added to incident and forgotten in incident_version would be lost with each
 * change, and not compared. */
static void extracts__versions_have_every_column_of_incidents(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    strcpy(path, scratch_path(*state, "s.kerb"));
    scene_make(ctx, path, 3, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db,
                    "SELECT group_concat(name) FROM pragma_table_info('incident') WHERE name "
                    "NOT IN (SELECT name FROM pragma_table_info('incident_version'))",
                    "");
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* -------------------------------------------------------------------- three records */

/* R0, R1, R2 in category A, and one row without a reference. */
static void three(world *w)
{
    *w = (world){.is_there = {true, true, true}, .n_alike = {1}};
}

static void extracts__what_hangs_on_a_record_stays_with_it(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    uint64_t seed = 5;
    world w;
    extract_rows rows;
    kerb_import_changes changes;
    kerb_import_extract first = extract_of(1), second = extract_of(2);
    strcpy(path, scratch_path(*state, "s.kerb"));
    kerb_store *store = scene_open(ctx, path);
    three(&w);
    write_world(&w, &rows, &seed);
    assert_ok(ctx, take(ctx, store, &first, &rows, &changes));
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "INSERT INTO vehicle (incident_id, vehicle_reference, file_id) SELECT "
                        "id, 1, 1 FROM incident WHERE reference IS NOT NULL;"
                        "INSERT INTO incident_personal SELECT id, 'age', reference FROM "
                        "incident WHERE reference IS NOT NULL");
    kerb_store__spatial_close(&eyes);

    seed = 8;              /* R0 on another line */
    w.category[0] = 2;     /* R0 changes */
    w.is_there[2] = false; /* R2 is withdrawn; R1 stays as it is */
    write_world(&w, &rows, &seed);
    store = scene_open(ctx, path);
    assert_ok(ctx, take(ctx, store, &second, &rows, &changes));
    assert_int_equal(changes.n_changed, 1);
    assert_int_equal(changes.n_withdrawn, 1);
    kerb_store_close(store);
    eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db,
                    "SELECT group_concat(reference) FROM (SELECT i.reference FROM vehicle AS v "
                    "JOIN incident AS i ON i.id = v.incident_id ORDER BY 1)",
                    "R0,R1");
    assert_sql_text(eyes.db,
                    "SELECT group_concat(reference || file_id || extract_id) FROM (SELECT * "
                    "FROM incident WHERE reference IN ('R0', 'R1') ORDER BY reference)",
                    "R042,R121");
    assert_sql_text(eyes.db,
                    "SELECT group_concat(reference || file_id || extract_id || replaced_by) "
                    "FROM (SELECT * FROM incident_version ORDER BY reference)",
                    "R0212,R2212");
    assert_sql_int(eyes.db,
                   "SELECT count(*) FROM incident WHERE reference = 'R0' AND line <> (SELECT "
                   "line FROM incident_version WHERE reference = 'R0')",
                   1);
    /* of a withdrawn record nothing personal is kept */
    assert_sql_text(eyes.db,
                    "SELECT group_concat(value) FROM (SELECT value FROM incident_personal "
                    "ORDER BY 1)",
                    "R0,R1");
    kerb_store__spatial_close(&eyes);

    store = scene_open(ctx, path);
    const char *references[] = {"R0", "R2"};
    kerb_forget_options options = {.references = references, .n_references = 2};
    kerb_forget_counts counts = {0};
    assert_ok(ctx, kerb_store_forget(ctx, store, &options, &counts));
    assert_int_equal(counts.n_incidents, 1);
    assert_int_equal(counts.n_versions, 2);
    assert_int_equal(counts.n_linked, 3); /* vehicles of R0 and R2, a personal value of R0 */
    kerb_store_close(store);
    eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM vehicle", 1);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident_personal", 1);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void extracts__rows_added_by_hand_are_left_alone(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES];
    uint64_t seed = 5;
    world w;
    extract_rows rows;
    kerb_import_changes changes;
    kerb_import_extract first = extract_of(1), second = extract_of(2);
    strcpy(path, scratch_path(*state, "s.kerb"));
    kerb_store *store = scene_open(ctx, path);
    three(&w);
    write_world(&w, &rows, &seed);
    assert_ok(ctx, take(ctx, store, &first, &rows, &changes));
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "INSERT INTO incident (reference, source_id, start, precision) VALUES "
                        "('R0', 1, 1704067200, 2), ('mine', 1, 1704067200, 2)");
    kerb_store__spatial_close(&eyes);
    store = scene_open(ctx, path);
    assert_ok(ctx, take(ctx, store, &second, &rows, &changes));
    assert_int_equal(changes.n_unchanged, 3);
    assert_int_equal(changes.n_withdrawn, 0);
    kerb_store_close(store);
    eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident WHERE file_id IS NULL", 2);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void extracts__wrong_use_is_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    uint64_t seed = 5;
    world w;
    extract_rows rows;
    kerb_import_changes changes;
    kerb_import *import = NULL;
    kerb_import_extract good = extract_of(1), noon = good, empty = good, timeless = good;
    kerb_store *store = scene_open(ctx, scratch_path(*state, "s.kerb"));
    noon.as_at += 43200;
    empty.to = empty.from;
    timeless.as_at = KERB_CIVIL_NONE;
    three(&w);
    write_world(&w, &rows, &seed);
    assert_ok(ctx, kerb_import_begin(ctx, store, NULL, &import));
    assert_int_equal(kerb_import_set_extract(ctx, import, &noon), KERB_ERR_ARG);
    assert_int_equal(kerb_import_set_extract(ctx, import, &empty), KERB_ERR_ARG);
    assert_int_equal(kerb_import_set_extract(ctx, import, &timeless), KERB_ERR_ARG);
    assert_int_equal(kerb_import_reconcile(ctx, import, &changes), KERB_ERR_ARG);
    assert_ok(ctx, kerb_import_set_extract(ctx, import, &good));
    assert_int_equal(kerb_import_set_extract(ctx, import, &good), KERB_ERR_ARG);
    assert_ok(ctx, add_world(ctx, import, &rows));
    assert_int_equal(kerb_import_commit(ctx, import), KERB_ERR_ARG);
    assert_message(ctx, "not compared");
    assert_ok(ctx, kerb_import_reconcile(ctx, import, &changes));
    assert_int_equal(kerb_import_reconcile(ctx, import, &changes), KERB_ERR_ARG);
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void extracts__no_memory_leaves_the_store_as_it_was(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    uint64_t seed = 5;
    world w;
    extract_rows rows;
    kerb_import_changes changes;
    char before[65], after[65];
    size_t at = 1;
    kerb_import_extract first = extract_of(1), second = extract_of(2);
    kerb_store *store = scene_open(ctx, scratch_path(*state, "s.kerb"));
    three(&w);
    write_world(&w, &rows, &seed);
    assert_ok(ctx, take(ctx, store, &first, &rows, &changes));
    assert_ok(ctx, kerb_store_digest(ctx, store, before));
    w.category[0] = 2;
    w.is_there[2] = false;
    write_world(&w, &rows, &seed);
    for (;; at++) {
        failing_allocator_set(at);
        kerb_status status = take(ctx, store, &second, &rows, &changes);
        failing_allocator_set(0);
        if (status == KERB_OK)
            break;
        assert_int_equal(status, KERB_ERR_NOMEM);
        assert_ok(ctx, kerb_store_digest(ctx, store, after));
        assert_string_equal(after, before);
    }
    assert_true(at > 20);
    assert_ok(ctx, kerb_store_digest(ctx, store, after));
    assert_string_not_equal(after, before);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void extracts__a_list_of_them_is_in_order_of_dates(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    uint64_t seed = 5;
    world w;
    extract_rows rows;
    kerb_import_changes changes;
    kerb_extract *list = NULL;
    size_t n = 0;
    kerb_import_extract early = extract_of(1), late = extract_of(9), bare = extract_of(9);
    bare.has_period = false;
    bare.as_at += 30 * DAY;
    kerb_store *store = scene_open(ctx, scratch_path(*state, "s.kerb"));
    three(&w);
    write_world(&w, &rows, &seed);
    assert_ok(ctx, take(ctx, store, &early, &rows, &changes));
    assert_ok(ctx, take(ctx, store, &late, &rows, &changes));
    assert_ok(ctx, take(ctx, store, &bare, &rows, &changes));
    assert_ok(ctx, kerb_store_list_extracts(ctx, store, "P", &list, &n));
    assert_int_equal(n, 3);
    assert_int_equal(list[0].as_at, early.as_at);
    assert_int_equal(list[1].from, JAN_24);
    assert_int_equal(list[2].as_at, bare.as_at);
    assert_int_equal(list[2].to, KERB_CIVIL_NONE);
    kerb_store_free_extracts(list);
    assert_ok(ctx, kerb_store_list_extracts(ctx, store, "Q", &list, &n));
    assert_int_equal(n, 0);
    kerb_store_free_extracts(list);
    kerb_store_free_extracts(NULL);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

/* --------------------------------------------------------------------- like for like */

static kerb_civil_s day(int year, int month, int day_of_month)
{
    return kerb_days_from_date((kerb_date){year, month, day_of_month}) * DAY;
}

/* January 2023 and January 2024, extracts of the whole years as they went on. */
static void like_for_like__takes_the_greatest_age_that_both_have(void **state)
{
    (void)state;
    const kerb_civil_s before[2] = {day(2023, 1, 1), day(2023, 2, 1)},
                       after[2] = {day(2024, 1, 1), day(2024, 2, 1)};
    const kerb_extract list[] = {
        {day(2023, 2, 3), day(2023, 1, 1), day(2023, 2, 1)},  /* January 2023 at 0 months */
        {day(2023, 4, 3), day(2022, 6, 1), day(2023, 4, 1)},  /* at 2 */
        {day(2023, 4, 20), day(2023, 1, 1), day(2023, 4, 1)}, /* at 2, newer */
        {day(2024, 2, 3), day(2023, 2, 1), day(2024, 2, 1)},  /* January 2024 at 0 */
        {day(2024, 4, 2), day(2023, 1, 1), day(2024, 4, 1)},  /* at 2; January 2023 at 14 */
        {day(2024, 6, 1), day(2024, 2, 1), day(2024, 6, 1)},  /* neither is whole in it */
        {day(2024, 7, 1), KERB_CIVIL_NONE, KERB_CIVIL_NONE},  /* no period was named */
    };
    kerb_like_for_like both =
        kerb_store_make_like_for_like(list, sizeof list / sizeof *list, before, after);
    assert_int_equal(both.age_months, 2);
    assert_int_equal(both.as_at_before, day(2023, 4, 20));
    assert_int_equal(both.as_at_after, day(2024, 4, 2));
    /* with the first and the fourth alone both are read as they came */
    const kerb_extract two[] = {list[3], list[0]};
    both = kerb_store_make_like_for_like(two, 2, before, after);
    assert_int_equal(both.age_months, 0);
    assert_int_equal(both.as_at_before, day(2023, 2, 3));
    assert_int_equal(both.as_at_after, day(2024, 2, 3));
}

static void like_for_like__is_none_without_an_age_in_common(void **state)
{
    (void)state;
    const kerb_civil_s before[2] = {day(2023, 1, 1), day(2023, 2, 1)},
                       after[2] = {day(2024, 1, 1), day(2024, 2, 1)};
    const kerb_extract list[] = {
        /* one extract of both: 12 months more have gone over the first */
        {day(2024, 2, 3), day(2023, 1, 1), day(2024, 2, 1)},
        /* taken before the period ended: it cannot hold all of it */
        {day(2023, 1, 20), day(2023, 1, 1), day(2023, 2, 1)},
    };
    assert_int_equal(kerb_store_make_like_for_like(list, 2, before, after).age_months, -1);
    assert_int_equal(kerb_store_make_like_for_like(NULL, 0, before, after).age_months, -1);
}

/* Whole months to the day: 31 January to 28 February is one, 3 February to 2 March none. */
static void like_for_like__counts_whole_months(void **state)
{
    (void)state;
    const kerb_civil_s before[2] = {day(2022, 12, 1), day(2023, 1, 31)},
                       after[2] = {day(2023, 12, 1), day(2024, 2, 3)};
    const kerb_extract list[] = {
        {day(2023, 2, 28), day(2022, 12, 1), day(2023, 1, 31)},
        {day(2024, 3, 2), day(2023, 12, 1), day(2024, 2, 3)},
        {day(2024, 3, 3), day(2023, 12, 1), day(2024, 2, 3)},
    };
    kerb_like_for_like both = kerb_store_make_like_for_like(list, 3, before, after);
    assert_int_equal(both.age_months, 1);
    assert_int_equal(both.as_at_after, day(2024, 3, 3));
    assert_int_equal(kerb_store_make_like_for_like(list, 2, before, after).age_months, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(extracts__as_at_is_the_store_of_that_extract_alone),
        WITH_FOLDER(extracts__versions_have_every_column_of_incidents),
        WITH_FOLDER(extracts__what_hangs_on_a_record_stays_with_it),
        WITH_FOLDER(extracts__rows_added_by_hand_are_left_alone),
        WITH_FOLDER(extracts__wrong_use_is_refused),
        WITH_FOLDER(extracts__no_memory_leaves_the_store_as_it_was),
        WITH_FOLDER(extracts__a_list_of_them_is_in_order_of_dates),
        cmocka_unit_test(like_for_like__takes_the_greatest_age_that_both_have),
        cmocka_unit_test(like_for_like__is_none_without_an_age_in_common),
        cmocka_unit_test(like_for_like__counts_whole_months),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
