/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The packed index finds what a full scan finds, for sizes around the capacities of its nodes.
 */
#include "store_scene.h"

#include <float.h>

typedef struct seen {
    size_t n;
    int64_t *id;
    double *x, *y; /* NAN without geometry */
    bool *found;
} seen;

static seen read_all(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    seen all = {0};
    size_t capacity = 0;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT id, ST_X(geom), ST_Y(geom) FROM incident ORDER BY id",
                           -1, &stmt, NULL),
        SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        if (all.n == capacity) {
            capacity = 2 * capacity + 64;
            all.id = realloc(all.id, capacity * sizeof *all.id);
            all.x = realloc(all.x, capacity * sizeof *all.x);
            all.y = realloc(all.y, capacity * sizeof *all.y);
        }
        bool located = sqlite3_column_type(stmt, 1) != SQLITE_NULL;
        all.id[all.n] = sqlite3_column_int64(stmt, 0);
        all.x[all.n] = located ? sqlite3_column_double(stmt, 1) : (double)NAN;
        all.y[all.n++] = located ? sqlite3_column_double(stmt, 2) : (double)NAN;
    }
    sqlite3_finalize(stmt);
    all.found = calloc(all.n + 1, sizeof *all.found);
    return all;
}

static void free_all(seen *all)
{
    free(all->id);
    free(all->x);
    free(all->y);
    free(all->found);
}

static size_t find_id(const seen *all, int64_t id)
{
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (all->id[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    assert_true(low < all->n &&
                all->id[low] == id); /* the index knows no row that is not there */
    return low;
}

/* Random windows around points: what the index gives holds every point of the window, each
 * once. */
static void check_windows(sqlite3 *db, int n_windows)
{
    seen all = read_all(db);
    sqlite3_stmt *stmt = NULL;
    uint64_t state = 7;
    size_t n_hits = 0, n_located = 0;
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT pkid FROM idx_incident_geom WHERE xmax >= ?1 AND "
                           "xmin <= ?2 AND ymax >= ?3 AND ymin <= ?4",
                           -1, &stmt, NULL),
        SQLITE_OK);
    for (int i = 0; i < n_windows && all.n; i++) {
        size_t centre = (size_t)(scene_uniform(&state) * (double)all.n);
        double half = pow(10.0, 5.0 * scene_uniform(&state) - 1.0);
        double x = isnan(all.x[centre]) ? 0.0 : all.x[centre];
        double y = isnan(all.y[centre]) ? 0.0 : all.y[centre];
        double window[4] = {x - half, x + half, y - half, y + half};
        if (i % 5 == 0) /* the point itself */
            window[0] = window[1] = x, window[2] = window[3] = y;
        memset(all.found, 0, all.n * sizeof *all.found);
        for (int side = 0; side < 4; side++)
            sqlite3_bind_double(stmt, 1 + side, window[side]);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            size_t at = find_id(&all, sqlite3_column_int64(stmt, 0));
            assert_false(all.found[at]);
            assert_int_equal(isnan(all.x[at]) ? 1 : 0, 0);
            all.found[at] = true;
        }
        sqlite3_reset(stmt);
        for (size_t j = 0; j < all.n; j++) {
            bool inside = all.x[j] >= window[0] && all.x[j] <= window[1] &&
                          all.y[j] >= window[2] && all.y[j] <= window[3];
            n_hits += inside ? 1u : 0u;
            if (inside && !all.found[j])
                fail_msg("incident %lld at %.17g %.17g is not found", (long long)all.id[j],
                         all.x[j], all.y[j]);
        }
    }
    for (size_t j = 0; j < all.n; j++)
        n_located += isnan(all.x[j]) ? 0 : 1;
    if (n_located)
        assert_true(n_hits > 0);
    sqlite3_finalize(stmt);
    free_all(&all);
}

static void check_store(kerb_ctx *ctx, const char *path, size_t n, size_t n_located)
{
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident", (int64_t)n);
    assert_sql_int(eyes.db, "SELECT count(*) FROM idx_incident_geom", (int64_t)n_located);
    assert_index_whole(eyes.db);
    check_windows(eyes.db, 60);
    kerb_store__spatial_close(&eyes);
}

static void rtree__packed_index_finds_what_a_scan_finds(void **state)
{
    static const size_t sizes[] = {0, 1, 2, 50, 51, 52, 102, 103, 2601, 2602, 132651};
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char name[40];
        snprintf(name, sizeof name, "n%zu.sqlite", sizes[i]);
        const char *path = scratch_path(*state, name);
        scene_make(ctx, path, sizes[i], sizes[i] + 1);
        check_store(ctx, path, sizes[i], sizes[i]);
    }
    kerb_ctx_free(ctx);
}

static void rtree__identical_points_are_all_found(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "same.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(3000, 1);
    for (size_t i = 0; i < rows->n; i++) {
        rows->x[i] = 455123.3;
        rows->y[i] = 305123.7;
    }
    scene_import(ctx, store, "a.csv", rows);
    kerb_store_close(store);
    check_store(ctx, path, 3000, 3000);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
}

static void rtree__negative_coordinates_and_rows_without_geometry(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "negative.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(5000, 2);
    size_t n_located = 0;
    for (size_t i = 0; i < rows->n; i++) {
        rows->x[i] = i % 7 == 3 ? (double)NAN : rows->x[i] - 455000.123;
        rows->y[i] = i % 7 == 3 ? (double)NAN : rows->y[i] - 305000.456;
        n_located += i % 7 != 3 ? 1u : 0u;
    }
    scene_import(ctx, store, "a.csv", rows);
    kerb_store_close(store);
    check_store(ctx, path, 5000, n_located);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
}

static void rtree__no_row_has_geometry(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "none.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(100, 2);
    for (size_t i = 0; i < rows->n; i++)
        rows->x[i] = rows->y[i] = NAN;
    scene_import(ctx, store, "a.csv", rows);
    kerb_store_close(store);
    check_store(ctx, path, 100, 0);
    scene_rows_free(rows);
    kerb_ctx_free(ctx);
}

/* 0.1 is above its float32 neighbour below and under the one above; 0.5 is exact. */
static void rtree__boxes_are_rounded_outward(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store__points points = {0};
    float box[4];
    assert_ok(ctx, kerb_store__points_add(ctx, &points, 5, 0.1, -0.1));
    assert_ok(ctx, kerb_store__points_add(ctx, &points, 6, 0.5, -455123.3));
    assert_ok(ctx, kerb_store__points_add(ctx, &points, 9, NAN, NAN));
    assert_ok(ctx, kerb_store__points_add(ctx, &points, 11, 16777217.0, 0.0));
    assert_true(kerb_store__points_box(&points, 0, box));
    assert_true((double)box[0] < 0.1 && (double)box[1] > 0.1);
    assert_true(nextafterf(box[0], INFINITY) >= box[1] && box[0] < box[1]);
    assert_true((double)box[2] < -0.1 && (double)box[3] > -0.1);
    assert_true(kerb_store__points_box(&points, 1, box));
    assert_true(box[0] >= 0.5f && box[1] <= 0.5f);
    assert_true((double)box[2] < -455123.3 && (double)box[3] > -455123.3);
    assert_false(kerb_store__points_box(&points, 2, box));
    assert_true(kerb_store__points_box(&points, 3, box)); /* 2^24 + 1 lies between two floats */
    assert_true(box[0] >= 16777216.0f && box[0] <= 16777216.0f);
    assert_true(box[1] >= 16777218.0f && box[1] <= 16777218.0f);
    assert_int_equal(points.n_located, 3);
    assert_int_equal(kerb_store__points_id(&points, 0), 5);
    assert_int_equal(kerb_store__points_id(&points, 1), 6);
    assert_int_equal(kerb_store__points_id(&points, 2), 9);
    assert_int_equal(kerb_store__points_id(&points, 3), 11);
    kerb_store__points_clear(&points);
    kerb_ctx_free(ctx);
}

/* Each step of the curve leads to a neighbour: the 16 cells of a 4 x 4 grid, one point in each.
 */
static void rtree__hilbert_order_steps_to_neighbours(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store__points points = {0};
    uint32_t *order = NULL;
    for (int i = 0; i < 16; i++)
        assert_ok(ctx, kerb_store__points_add(ctx, &points, i + 1, i % 4, i / 4));
    assert_ok(ctx, kerb_store__hilbert_order(ctx, &points, &order));
    bool met[16] = {false};
    for (int i = 0; i < 16; i++) {
        assert_false(met[order[i]]);
        met[order[i]] = true;
        if (i > 0) {
            int dx = abs((int)(order[i] % 4) - (int)(order[i - 1] % 4));
            int dy = abs((int)(order[i] / 4) - (int)(order[i - 1] / 4));
            assert_int_equal(dx + dy, 1);
        }
    }
    kerb_free(order);
    kerb_store__points_clear(&points);
    kerb_ctx_free(ctx);
}

static void rtree__small_append_inserts_large_append_repacks(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "append.sqlite");
    scene_make(ctx, path, 20000, 1);
    static const size_t sizes[] = {300, 5000, 1}; /* below 2 %, above, below */
    size_t n = 20000;
    for (size_t i = 0; i < 3; i++) {
        kerb_store *store = scene_open(ctx, path);
        scene_rows *rows = scene_rows_new(sizes[i], 100 + i);
        scene_import(ctx, store, "b.csv", rows);
        scene_rows_free(rows);
        kerb_store_close(store);
        n += sizes[i];
        check_store(ctx, path, n, n);
    }
    kerb_ctx_free(ctx);
}

/* What QGIS does when a person edits the layer: SQL with SpatiaLite's triggers. */
static void rtree__edits_by_sql_with_triggers_keep_the_index_right(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "edited.sqlite");
    scene_make(ctx, path, 5000, 3);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(
        eyes.db,
        "BEGIN;"
        "INSERT INTO incident (geom) WITH RECURSIVE k (i) AS (SELECT 1 UNION ALL SELECT i + "
        "1 FROM k WHERE i < 3000) SELECT MakePoint(430000.5 + i * 13, 290000.25 + i, 27700) "
        "FROM k;"
        "UPDATE incident SET geom = MakePoint(ST_X(geom) + 0.3, ST_Y(geom) - 7, 27700) WHERE "
        "id % 3 = 0;"
        "DELETE FROM incident WHERE id % 4 = 1;"
        "COMMIT");
    char *left = scene_text(eyes.db, "SELECT count(*) FROM incident");
    size_t n = (size_t)strtoull(left, NULL, 10);
    free(left);
    assert_int_equal(n, 6000);
    kerb_store__spatial_close(&eyes);
    check_store(ctx, path, n, n);

    /* gaps in the ids, rows without a file: kerb reads it and appends to it, large and small */
    kerb_store *store = scene_open(ctx, path);
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 6000);
    kerb_events_free(events);
    scene_rows *rows = scene_rows_new(3000, 9);
    scene_import(ctx, store, "b.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
    check_store(ctx, path, 9000, 9000);

    eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "DELETE FROM incident");
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rtree__packed_index_finds_what_a_scan_finds,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(rtree__identical_points_are_all_found, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(rtree__negative_coordinates_and_rows_without_geometry,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(rtree__no_row_has_geometry, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test(rtree__boxes_are_rounded_outward),
        cmocka_unit_test(rtree__hilbert_order_steps_to_neighbours),
        cmocka_unit_test_setup_teardown(rtree__small_append_inserts_large_append_repacks,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(rtree__edits_by_sql_with_triggers_keep_the_index_right,
                                        scratch_setup, scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
