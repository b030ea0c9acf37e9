/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Triggers, views and tables: ours are expected, foreign ones are refused by name. */
#include "store_scene.h"

/* What `sql` does to a good store, and the words that must be in the refusal. */
static void check_hostile(kerb_ctx *ctx, const char *folder, const char *sql, const char *kind,
                          const char *name)
{
    const char *path = scratch_path(folder, "hostile.sqlite");
    size_t length = 0;
    char *good = scratch_read(scratch_path(folder, "good.sqlite"), &length);
    scratch_write_bytes(folder, "hostile.sqlite", good, length);
    free(good);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, sql);
    kerb_store__spatial_close(&eyes);
    for (int i = 0; i < 2; i++) {
        kerb_store *store = NULL;
        kerb_status status =
            kerb_store_open(ctx, path, i ? KERB_STORE_WRITE : KERB_STORE_READ, NULL, &store);
        if (status != KERB_ERR_FORMAT)
            fail_msg("%s: %s", sql, kerb_status_name(status));
        if (!strstr(kerb_ctx_message(ctx), kind) || !strstr(kerb_ctx_message(ctx), name))
            fail_msg("no '%s' and %s in: %s", kind, name, kerb_ctx_message(ctx));
        assert_non_null(strstr(kerb_ctx_message(ctx), path));
        assert_null(strchr(kerb_ctx_message(ctx), '\n'));
    }
}

static void schema__foreign_triggers_and_views_are_refused_by_name(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    scene_make(ctx, scratch_path(*state, "good.sqlite"), 10, 1);
    check_hostile(ctx, *state,
                  "CREATE TRIGGER steal AFTER INSERT ON incident BEGIN DELETE FROM reject; END",
                  "trigger", "'steal'");
    check_hostile(ctx, *state, "CREATE VIEW peek AS SELECT * FROM incident", "view", "'peek'");
    check_hostile(ctx, *state, "CREATE VIRTUAL TABLE spy USING rtree(id, a, b)",
                  "virtual table", "'spy'");
    /* one of SpatiaLite's names with another body */
    check_hostile(
        ctx, *state,
        "DROP TRIGGER ggi_incident_geom; CREATE TRIGGER ggi_incident_geom BEFORE INSERT "
        "ON incident BEGIN DELETE FROM file; END",
        "trigger", "'ggi_incident_geom' was changed");
    check_hostile(ctx, *state,
                  "DROP VIEW incident_view; CREATE VIEW incident_view AS SELECT 1 AS id",
                  "view", "'incident_view' was changed");
    check_hostile(ctx, *state, "DROP TRIGGER gii_incident_geom", "trigger",
                  "'gii_incident_geom' is missing");
    check_hostile(ctx, *state, "DROP TABLE run", "table", "'run' is missing");
    check_hostile(ctx, *state, "ALTER TABLE incident ADD COLUMN extra TEXT", "table",
                  "'incident' was changed");
    check_hostile(
        ctx, *state,
        "CREATE TRIGGER \"a\n'; DROP TABLE x; --\" AFTER DELETE ON file BEGIN SELECT 1; "
        "END",
        "trigger", "a\\x0A'; DROP TABLE x; --");
    kerb_ctx_free(ctx);
}

/* Ordinary tables that people add stay theirs, whatever they are called. */
static void schema__own_tables_of_users_are_left_alone(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 10, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, style TEXT);"
                        "CREATE TABLE \"'; DROP TABLE incident; --\" (\"a\"\"b\");"
                        "CREATE INDEX mine ON incident (category_id);"
                        "ANALYZE; SELECT UpdateLayerStatistics()");
    kerb_store__spatial_close(&eyes);
    kerb_store *store = scene_open(ctx, path);
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 10);
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
}

/* A hostile trigger never runs in kerb, even if it came in after the store was opened. */
static void schema__triggers_never_run_in_kerb(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    scene_make(ctx, path, 10, 1);
    kerb_store *store = scene_open(ctx, path);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db,
               "CREATE TRIGGER late AFTER INSERT ON incident BEGIN DELETE FROM category; "
               "END");
    kerb_store__spatial_close(&eyes);
    scene_rows *rows = scene_rows_new(10, 2);
    scene_import(ctx, store, "b.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
    eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM category", 3);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* A store without rows as an earlier kerb made it. */
static void make_version(kerb_ctx *ctx, const char *path, int version)
{
    kerb_store__spatial memory = {0};
    kerb_crs *crs = scene_crs(ctx, "EPSG:27700");
    assert_ok(ctx, kerb_store__spatial_open(ctx, path, ":memory:", &memory));
    assert_ok(ctx, kerb_store__create(ctx, path, &memory, crs, version));
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(memory.db, "VACUUM INTO ?", -1, &stmt, NULL),
                     SQLITE_OK);
    kerb_store__bind_text(stmt, 1, path);
    assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_finalize(stmt);
    kerb_store__spatial_close(&memory);
    kerb_crs_free(crs);
}

static void schema__older_store_is_brought_up_to_date_when_written(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "old.sqlite");
    kerb_store *store = NULL;
    make_version(ctx, path, 1); /* it had no views */
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT schema_version FROM kerb_store", 1);
    assert_sql_int(eyes.db, "SELECT count(*) FROM sqlite_schema WHERE name = 'incident_view'",
                   0);
    kerb_store__spatial_close(&eyes);

    assert_int_equal(kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store), KERB_ERR_DB);
    assert_message(ctx, "older kerb");
    store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(10, 2);
    scene_import(ctx, store, "b.csv", rows);
    scene_rows_free(rows);
    kerb_store_close(store);
    kerb_store_close(scene_open_read(ctx, path));
    eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT schema_version FROM kerb_store", kerb_store__n_migrations);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident_view", 10);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident_view WHERE time_to IS NULL", 10);
    assert_index_whole(eyes.db);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

/* Rows that an earlier kerb loaded are the same incidents afterwards, and the store is the same
 * as one made anew. */
static void schema__rows_of_an_older_store_stay_what_they_are(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "old.sqlite");
    make_version(ctx, path, 2);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db,
               "INSERT INTO category (id, name) VALUES (1, 'Burglary');"
               "INSERT INTO incident (category_id, start, precision, geom) VALUES "
               "(1, 1583769600, 3, MakePoint(450000, 300000, 27700)), (1, NULL, 0, NULL)");
    kerb_store__spatial_close(&eyes);
    kerb_store_close(scene_open(ctx, path));

    kerb_events *events = NULL;
    kerb_store *store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_read_events(ctx, store, &events));
    assert_int_equal(events->n, 2);
    assert_true(events->start[0] == 1583769600);
    assert_null(events->end);
    assert_null(events->recorded);
    kerb_events_free(events);
    kerb_store_close(store);

    const char *fresh = scratch_path(*state, "fresh.sqlite");
    scene_make(ctx, fresh, 1, 1);
    kerb_store__spatial other = scene_eyes(ctx, fresh);
    eyes = scene_eyes(ctx, path);
    static const char tables[] = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM "
                                 "sqlite_schema WHERE tbl_name LIKE 'incident%' ORDER BY name)";
    char *migrated = scene_text(eyes.db, tables);
    assert_non_null(strstr(migrated, "time_end"));
    assert_sql_text(other.db, tables, migrated);
    free(migrated);
    assert_sql_int(eyes.db, "SELECT count(*) FROM incident_view WHERE time_to IS NULL", 2);
    kerb_store__spatial_close(&eyes);
    kerb_store__spatial_close(&other);
    kerb_ctx_free(ctx);
}

static void schema__migration_that_cannot_finish_changes_nothing(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "old.sqlite");
    size_t length = 0, now = 0;
    kerb_store *store = NULL;
    make_version(ctx, path, 1); /* it had no views */
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "CREATE TABLE area_view (taken)"); /* the name the migration needs */
    kerb_store__spatial_close(&eyes);
    char *bytes = scratch_read(path, &length);
    assert_int_not_equal(kerb_store_open(ctx, path, KERB_STORE_WRITE, NULL, &store), KERB_OK);
    assert_non_null(strstr(kerb_ctx_message(ctx), path));
    char *after = scratch_read(path, &now);
    assert_int_equal(now, length);
    assert_memory_equal(after, bytes, length);
    free(after);
    free(bytes);
    kerb_ctx_free(ctx);
}

/* A file made with another SpatiaLite: names must match, wording need not. */
static void schema__triggers_of_another_spatialite_are_compared_by_name(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_store *store = NULL;
    scene_make(ctx, path, 10, 1);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db,
               "UPDATE kerb_store SET spatialite_version = '5.9.9';"
               "DROP TRIGGER gid_incident_geom; CREATE TRIGGER gid_incident_geom AFTER "
               "DELETE ON incident FOR EACH ROW BEGIN DELETE FROM idx_incident_geom WHERE "
               "pkid = OLD.id; END");
    kerb_store__spatial_close(&eyes);
    kerb_store_close(scene_open_read(ctx, path));
    eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db, "CREATE TRIGGER other AFTER DELETE ON incident BEGIN SELECT 1; END");
    kerb_store__spatial_close(&eyes);
    assert_int_equal(kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store),
                     KERB_ERR_FORMAT);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(schema__foreign_triggers_and_views_are_refused_by_name),
        WITH_FOLDER(schema__own_tables_of_users_are_left_alone),
        WITH_FOLDER(schema__triggers_never_run_in_kerb),
        WITH_FOLDER(schema__older_store_is_brought_up_to_date_when_written),
        WITH_FOLDER(schema__rows_of_an_older_store_stay_what_they_are),
        WITH_FOLDER(schema__migration_that_cannot_finish_changes_nothing),
        WITH_FOLDER(schema__triggers_of_another_spatialite_are_compared_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
