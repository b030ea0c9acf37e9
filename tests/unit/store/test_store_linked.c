/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vehicles and casualties of collisions: in, out again, and away with their incident. */
#include "store_scene.h"

static int64_t ask(const char *path, const char *sql)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = scene_open_read(ctx, path);
    int64_t n = -1;
    assert_ok(ctx, kerb_store__query_int(ctx, store, sql, -1, &n));
    kerb_store_close(store);
    kerb_ctx_free(ctx);
    return n;
}

/* n incidents R00000000… of source "S", every one a collision with 2 vehicles and i % 3
 * casualties in two more files; `month` of all three. */
static void add_collisions(kerb_ctx *ctx, const char *path, size_t n, int month)
{
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    scene_rows *rows = scene_rows_new(n, 1);
    int64_t files[3] = {0};
    uint64_t n_casualties = 0;
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    static const char *const names[] = {"collisions.csv", "vehicles.csv", "casualties.csv"};
    for (int i = 0; i < 3; i++) {
        kerb_import_file file = {
            .name = names[i], .operation_accuracy_m = (double)NAN, .month = month};
        assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &files[i]));
    }
    uint32_t source = 0;
    assert_ok(ctx, kerb_import_add_name(ctx, import, KERB_NAME_SOURCE, "S", 1, &source));
    for (size_t i = 0; i < n; i++)
        rows->names[KERB_NAME_SOURCE][i] = source;
    int64_t first = kerb_import_next_incident(import);
    kerb_import_rows columns = scene_columns(rows);
    assert_ok(ctx, kerb_import_add_rows(ctx, import, files[0], &columns));
    assert_int_equal(kerb_import_next_incident(import), first + (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        int64_t id = first + (int64_t)i;
        kerb_import_collision collision = {id, 2, i % 2 ? (int32_t)(i % 3) : -1};
        assert_ok(ctx, kerb_import_add_collision(ctx, import, &collision));
        for (int v = 1; v <= 2; v++) {
            kerb_import_vehicle vehicle = {id, (int64_t)(2 * i) + v + 1, v,
                                           v == 1 ? "Car" : NULL};
            assert_ok(ctx, kerb_import_add_vehicle(ctx, import, files[1], &vehicle));
        }
        for (size_t c = 0; c < i % 3; c++, n_casualties++) {
            kerb_import_casualty casualty = {
                .incident_id = id,
                .line = (int64_t)n_casualties + 2,
                .vehicle = c == 0 ? 1 : -1,
                .casualty = (int32_t)c + 1,
                .age = c == 0 ? 15 : -1,
                .severity = c == 0 ? KERB_SEVERITY_SERIOUS : KERB_SEVERITY_UNKNOWN,
                .casualty_class = c == 0 ? KERB_CASUALTY_PEDESTRIAN : KERB_CASUALTY_UNKNOWN,
                .type = c == 0 ? "Pedestrian" : NULL,
                .adjusted_serious = c == 0 ? 0.25 : (double)NAN};
            assert_ok(ctx, kerb_import_add_casualty(ctx, import, files[2], &casualty));
        }
    }
    uint64_t counts[3] = {n, 2 * n, n_casualties};
    for (int i = 0; i < 3; i++) {
        kerb_import_counts told = {.read = counts[i], .loaded = counts[i]};
        assert_ok(ctx, kerb_import_finish_file(ctx, import, files[i], NULL, &told));
    }
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);
    scene_rows_free(rows);
}

static void linked__casualties_come_back_beside_their_incidents(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    add_collisions(ctx, path, 9, -1);
    kerb_store *store = scene_open_read(ctx, path);
    kerb_casualties *casualties = NULL;
    assert_ok(ctx, kerb_store_read_casualties(ctx, store, &casualties));
    /* 0 + 1 + 2, three times */
    assert_int_equal(casualties->n, 9);
    static const size_t rows[] = {1, 2, 2, 4, 5, 5, 7, 8, 8};
    for (size_t i = 0; i < 9; i++) {
        bool is_first = i % 3 != 2;
        assert_int_equal(casualties->row[i], rows[i]);
        assert_int_equal(casualties->age[i], is_first ? 15 : -1);
        assert_int_equal(casualties->vehicle[i], is_first ? 1 : -1);
        assert_int_equal(casualties->severity[i],
                         is_first ? KERB_SEVERITY_SERIOUS : KERB_SEVERITY_UNKNOWN);
        assert_int_equal(casualties->casualty_class[i],
                         is_first ? KERB_CASUALTY_PEDESTRIAN : KERB_CASUALTY_UNKNOWN);
        assert_true(is_first ? casualties->adjusted_serious[i] == 0.25
                             : isnan(casualties->adjusted_serious[i]));
    }
    kerb_casualties_free(casualties);
    kerb_casualties_free(NULL);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void linked__a_store_without_any_has_none(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_casualties *casualties = NULL;
    scene_make(ctx, path, 10, 1);
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_read_casualties(ctx, store, &casualties));
    assert_int_equal(casualties->n, 0);
    kerb_casualties_free(casualties);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void linked__what_is_there_is_found(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_import *import = NULL;
    kerb_import_found_collision found = {0};
    bool has = false;
    add_collisions(ctx, path, 9, -1);
    kerb_store *store = scene_open(ctx, path);
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_find_collision(ctx, import, 6, &found));
    assert_int_equal(found.stated.n_vehicles, 2);
    assert_int_equal(found.stated.n_casualties, 2); /* row 5: 5 % 3 */
    assert_int_equal(found.n_vehicles, 2);
    assert_int_equal(found.n_casualties, 2);
    assert_ok(ctx, kerb_import_find_collision(ctx, import, 5, &found));
    assert_int_equal(found.stated.n_casualties, -1);
    assert_ok(ctx, kerb_import_find_collision(ctx, import, 99, &found));
    assert_int_equal(found.stated.n_vehicles, -1);
    assert_int_equal(found.n_vehicles, 0);
    const struct {
        int64_t id;
        bool is_casualty, want;
        int32_t vehicle, casualty;
    } asked[] = {{6, false, true, 1, -1},   {6, false, true, 2, -1},  {6, false, false, 3, -1},
                 {99, false, false, 1, -1}, {6, true, true, 1, 1},    {6, true, true, -1, 2},
                 {6, true, false, 1, 2},    {6, true, false, -1, -1}, {4, true, false, 1, 1}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        assert_ok(ctx, kerb_import_has_linked(ctx, import, asked[i].id, asked[i].is_casualty,
                                              asked[i].vehicle, asked[i].casualty, &has));
        assert_int_equal(has, asked[i].want);
    }
    kerb_import_free(import);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

static void linked__a_replaced_collision_takes_its_records_along(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_import *import = NULL;
    add_collisions(ctx, path, 9, 24000);
    kerb_store *store = scene_open(ctx, path);
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 6));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);
    assert_int_equal(ask(path, "SELECT count(*) FROM incident"), 8);
    assert_int_equal(ask(path, "SELECT count(*) FROM collision"), 8);
    assert_int_equal(ask(path, "SELECT count(*) FROM vehicle"), 16);
    assert_int_equal(ask(path, "SELECT count(*) FROM casualty"), 7);
    assert_int_equal(
        ask(path, "SELECT count(*) FROM file WHERE n_read <> n_loaded + n_rejected"), 0);
    assert_int_equal(ask(path, "SELECT n_loaded FROM file WHERE id = 2"), 16);
    assert_int_equal(ask(path, "SELECT n_loaded FROM file WHERE id = 3"), 7);
    assert_int_equal(
        ask(path, "SELECT sum(n) FROM file_reason WHERE reason = 'collision_replaced'"), 4);
    assert_int_equal(ask(path, "SELECT count(*) FROM reject WHERE reason = "
                               "'collision_replaced' AND value = 'R00000005'"),
                     4);
    kerb_ctx_free(ctx);
}

/* A file with one row per casualty: the row that made the incident is told once. */
static void linked__of_a_file_of_casualties_each_row_is_told_once(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = scene_open(ctx, path);
    kerb_import *import = NULL;
    int64_t file_id = 0;
    scene_rows *rows = scene_rows_new(1, 1);
    kerb_import_file file = {.name = "a.csv", .operation_accuracy_m = (double)NAN, .month = 5};
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_add_file(ctx, import, &file, &file_id));
    kerb_import_rows columns = scene_columns(rows);
    assert_ok(ctx, kerb_import_add_rows(ctx, import, file_id, &columns));
    for (int64_t line = 2; line < 5; line++) {
        kerb_import_casualty casualty = {.incident_id = 1,
                                         .line = line,
                                         .vehicle = -1,
                                         .casualty = -1,
                                         .age = -1,
                                         .adjusted_serious = (double)NAN};
        assert_ok(ctx, kerb_import_add_casualty(ctx, import, file_id, &casualty));
    }
    kerb_import_counts counts = {.read = 3, .loaded = 3};
    assert_ok(ctx, kerb_import_finish_file(ctx, import, file_id, NULL, &counts));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    assert_ok(ctx, kerb_import_begin(ctx, store, "{}", &import));
    assert_ok(ctx, kerb_import_supersede(ctx, import, 1));
    assert_ok(ctx, kerb_import_commit(ctx, import));
    kerb_import_free(import);
    kerb_store_close(store);
    assert_int_equal(ask(path, "SELECT n_loaded FROM file"), 0);
    assert_int_equal(ask(path, "SELECT n_rejected FROM file"), 3);
    assert_int_equal(ask(path, "SELECT count(DISTINCT line) FROM reject"), 3);
    assert_int_equal(ask(path, "SELECT count(*) FROM reject"), 3);
    assert_int_equal(ask(path, "SELECT sum(n) FROM file_reason"), 3);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
}

static void linked__the_digest_sees_each_value(void **state)
{
    static const char *const changes[] = {
        "UPDATE casualty SET age = 16 WHERE id = 1",
        "UPDATE casualty SET severity = 'fatal' WHERE id = 1",
        "UPDATE casualty SET adjusted_serious = 0.26 WHERE id = 1",
        "UPDATE casualty SET incident_id = 1 WHERE id = 1",
        "UPDATE vehicle SET vehicle_type = 'Tram' WHERE id = 1",
        "UPDATE collision SET n_vehicles = 3 WHERE incident_id = 1",
        "DELETE FROM vehicle WHERE id = 1"};
    kerb_ctx *ctx = kerb_ctx_new();
    char path[SCRATCH_PATH_BYTES], first[65], again[65];
    strcpy(path, scratch_path(*state, "a.sqlite"));
    add_collisions(ctx, path, 9, -1);
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_digest(ctx, store, first));
    kerb_store_close(store);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *copy = scratch_path(*state, "b.sqlite");
        size_t length = 0;
        char *bytes = scratch_read(path, &length);
        scratch_write_bytes(*state, "b.sqlite", bytes, length);
        free(bytes);
        kerb_store__spatial eyes = scene_eyes(ctx, copy);
        scene_exec(eyes.db, changes[i]);
        kerb_store__spatial_close(&eyes);
        store = scene_open_read(ctx, copy);
        assert_ok(ctx, kerb_store_digest(ctx, store, again));
        kerb_store_close(store);
        if (strcmp(first, again) == 0)
            fail_msg("the digest does not see: %s", changes[i]);
    }
    kerb_ctx_free(ctx);
}

static void linked__info_counts_records_in_all_and_by_file(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    char *json = NULL;
    add_collisions(ctx, path, 9, -1);
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_info(ctx, store, &json));
    assert_non_null(strstr(json, "\"n_incidents\":9"));
    static const char *const pieces[] = {
        "\"records\":{\"collisions\":9,\"vehicles\":18,\"casualties\":9}",
        "\"records\":{\"collisions\":9,\"vehicles\":0,\"casualties\":0}",
        "\"records\":{\"collisions\":0,\"vehicles\":18,\"casualties\":0}",
        "\"records\":{\"collisions\":0,\"vehicles\":0,\"casualties\":9}"};
    for (size_t i = 0; i < 4; i++)
        if (!strstr(json, pieces[i]))
            fail_msg("%s is not in %s", pieces[i], json);
    kerb_free_text(json);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(linked__casualties_come_back_beside_their_incidents),
        WITH_FOLDER(linked__a_store_without_any_has_none),
        WITH_FOLDER(linked__what_is_there_is_found),
        WITH_FOLDER(linked__a_replaced_collision_takes_its_records_along),
        WITH_FOLDER(linked__of_a_file_of_casualties_each_row_is_told_once),
        WITH_FOLDER(linked__the_digest_sees_each_value),
        WITH_FOLDER(linked__info_counts_records_in_all_and_by_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
