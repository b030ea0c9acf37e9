/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of areas go through the store unchanged, with holes, parts and residents. */
#include "store_scene.h"

/* Two areas: a square of 100 m with a hole of 20 m and a second part; a triangle. */
static kerb_areas_set *make_set(kerb_ctx *ctx)
{
    static const kerb_point first[] = {{0, 0},   {100, 0}, {100, 100},  {0, 100},
                                       {40, 40}, {60, 40}, {60, 60},    {40, 60},
                                       {200, 0}, {210, 0}, {210.5, 10}, {200, 10}};
    static const size_t first_counts[] = {4, 4, 4};
    static const kerb_point second[] = {{1000, 1000}, {1100.25, 1000}, {1000, 1100.125}};
    static const size_t second_counts[] = {3};
    kerb_areas_set *set = NULL;
    assert_ok(ctx, kerb_areas_set_new(ctx, &set));
    assert_ok(ctx,
              kerb_areas_set_add_rings(ctx, set, "B2", "Beat 'two'", 3, first_counts, first));
    assert_ok(ctx, kerb_areas_set_add_rings(ctx, set, "B1", "", 1, second_counts, second));
    assert_ok(ctx, kerb_areas_set_add_population(ctx, set, 0, 2021, 1234.5));
    assert_ok(ctx, kerb_areas_set_add_population(ctx, set, 0, 2011, 1000));
    assert_ok(ctx, kerb_areas_set_add_population(ctx, set, 1, 0, 7));
    return set;
}

static void assert_same_set(kerb_ctx *ctx, const kerb_areas_set *a, const kerb_areas_set *b)
{
    assert_int_equal(kerb_areas_set_count(a), kerb_areas_set_count(b));
    for (size_t i = 0; i < kerb_areas_set_count(a); i++) {
        uint8_t *wkb_a = NULL, *wkb_b = NULL;
        size_t n_a = 0, n_b = 0;
        const int *years_a, *years_b;
        const double *values_a, *values_b;
        assert_string_equal(kerb_areas_set_id(a, i), kerb_areas_set_id(b, i));
        assert_string_equal(kerb_areas_set_name(a, i), kerb_areas_set_name(b, i));
        assert_ok(ctx, kerb_areas_set_get_wkb(ctx, a, i, &wkb_a, &n_a));
        assert_ok(ctx, kerb_areas_set_get_wkb(ctx, b, i, &wkb_b, &n_b));
        assert_int_equal(n_a, n_b);
        assert_memory_equal(wkb_a, wkb_b, n_a);
        kerb_free_text((char *)wkb_a);
        kerb_free_text((char *)wkb_b);
        size_t m = kerb_areas_set_populations(a, i, &years_a, &values_a);
        assert_int_equal(m, kerb_areas_set_populations(b, i, &years_b, &values_b));
        for (size_t j = 0; j < m; j++) {
            assert_int_equal(years_a[j], years_b[j]);
            assert_near_abs(values_a[j], values_b[j], 0.0);
        }
    }
}

static void areas__come_back_with_holes_parts_and_residents(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_areas_set *set = make_set(ctx), *back = NULL;
    kerb_store *store = scene_open(ctx, path);
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "beats", "beat", "/some/where/b.gpkg",
                                          "ab", set));
    assert_true(scratch_exists(path)); /* a set alone makes a store */
    assert_ok(ctx, kerb_store_read_areas(ctx, store, "beats", &back));
    assert_same_set(ctx, set, back);
    kerb_areas_set_free(back);
    kerb_store_close(store);
    store = scene_open_read(ctx, path);
    back = NULL;
    assert_ok(ctx, kerb_store_read_areas(ctx, store, "beats", &back));
    assert_same_set(ctx, set, back);
    /* square 10,000 - hole 400 + trapezium (10 + 10.5) / 2 * 10 */
    assert_near_rel(kerb_areas_set_area_m2(back, 0), 10000.0 - 400.0 + 102.5, 1e-12);
    assert_int_equal(kerb_areas_set_locate(back, 50, 50), 2); /* in the hole */
    assert_int_equal(kerb_areas_set_locate(back, 205, 5), 0);
    kerb_areas_set_free(back);
    kerb_store_close(store);

    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_text(eyes.db, "SELECT GeometryType(geom) FROM area WHERE id = 'B2'",
                    "MULTIPOLYGON");
    assert_sql_text(eyes.db, "SELECT ST_Area(geom) FROM area WHERE id = 'B2'", "9702.5");
    assert_sql_int(eyes.db, "SELECT sum(ST_IsValid(geom)) FROM area", 2);
    assert_sql_int(eyes.db, "SELECT sum(ST_SRID(geom)) FROM area", 2 * 27700);
    assert_sql_int(eyes.db, "SELECT CheckSpatialIndex('area', 'geom')", 1);
    assert_sql_text(eyes.db, "SELECT rtreecheck('idx_area_geom')", "ok");
    assert_sql_text(eyes.db, "SELECT file_name FROM area_set",
                    "b.gpkg"); /* no path of a machine */
    assert_sql_text(eyes.db,
                    "SELECT area_set || ' ' || role || ' ' || name FROM area_view WHERE "
                    "id = 'B2'",
                    "beats beat Beat 'two'");
    assert_sql_int(eyes.db,
                   "SELECT row_count FROM geometry_columns_statistics WHERE f_table_name "
                   "= 'area'",
                   2);
    kerb_store__spatial_close(&eyes);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas__writing_a_set_again_replaces_it(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_areas_set *set = make_set(ctx), *one = NULL, *back = NULL;
    kerb_store *store = scene_open(ctx, path);
    size_t n_found = 9;
    char *name = NULL;
    assert_ok(ctx, kerb_areas_set_copy_one(ctx, set, 1, &one));
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "beats", "beat", NULL, NULL, set));
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "town", "study", NULL, NULL, set));
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "beats", "ward", NULL, NULL, one));
    assert_ok(ctx, kerb_store_read_areas(ctx, store, "beats", &back));
    assert_same_set(ctx, one, back);
    kerb_areas_set_free(back);
    assert_ok(ctx, kerb_store_read_areas(ctx, store, "town", &back));
    assert_same_set(ctx, set, back);
    kerb_areas_set_free(back);

    assert_ok(ctx, kerb_store_find_role(ctx, store, "study", &n_found, &name));
    assert_int_equal(n_found, 1);
    assert_string_equal(name, "town");
    kerb_free_text(name);
    assert_ok(ctx, kerb_store_find_role(ctx, store, "beat", &n_found, &name));
    assert_int_equal(n_found, 0);
    assert_null(name);
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "city", "study", NULL, NULL, one));
    assert_ok(ctx, kerb_store_find_role(ctx, store, "study", &n_found, &name));
    assert_int_equal(n_found, 2);
    assert_null(name);

    assert_int_equal(kerb_store_read_areas(ctx, store, "nowhere", &back), KERB_ERR_NOT_FOUND);
    assert_message(ctx, "it has beats, city, town");
    assert_int_equal(kerb_store_write_areas(ctx, store, "x", "hamlet", NULL, NULL, set),
                     KERB_ERR_ARG);
    assert_message(ctx, "'hamlet' is no role");
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    assert_sql_int(eyes.db, "SELECT count(*) FROM area", 4);
    assert_sql_int(eyes.db, "SELECT count(*) FROM area_population", 5);
    assert_sql_int(eyes.db, "SELECT count(*) FROM idx_area_geom", 4);
    assert_sql_int(eyes.db, "SELECT CheckSpatialIndex('area', 'geom')", 1);
    kerb_store__spatial_close(&eyes);
    kerb_areas_set_free(one);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

/* An area drawn in QGIS is inserted by SQL through the triggers, big-endian or simple polygon.
 */
static void areas__edited_by_sql_are_read(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "a.sqlite");
    kerb_areas_set *set = make_set(ctx), *back = NULL;
    kerb_store *store = scene_open(ctx, path);
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "beats", "beat", NULL, NULL, set));
    kerb_store_close(store);
    kerb_store__spatial eyes = scene_eyes(ctx, path);
    scene_exec(eyes.db,
               "UPDATE area SET geom = CastToMulti(BuildMbr(10, 20, 30, 50, 27700)) WHERE "
               "id = 'B1'");
    assert_sql_int(eyes.db, "SELECT CheckSpatialIndex('area', 'geom')", 1);
    kerb_store__spatial_close(&eyes);
    store = scene_open_read(ctx, path);
    assert_ok(ctx, kerb_store_read_areas(ctx, store, "beats", &back));
    assert_near_rel(kerb_areas_set_area_m2(back, 1), 600.0, 1e-12);
    kerb_areas_set_free(back);
    kerb_store_close(store);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

typedef struct areas_case {
    kerb_store *store;
    const kerb_areas_set *set;
} areas_case;

static kerb_status write_and_read(kerb_ctx *ctx, void *user)
{
    areas_case *both = user;
    kerb_areas_set *back = NULL;
    kerb_status status =
        kerb_store_write_areas(ctx, both->store, "beats", "beat", NULL, NULL, both->set);
    if (status == KERB_OK)
        status = kerb_store_read_areas(ctx, both->store, "beats", &back);
    kerb_areas_set_free(back);
    return status;
}

static void areas__out_of_memory_is_said(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = make_set(ctx), *back = NULL;
    areas_case both = {scene_open(ctx, scratch_path(*state, "a.sqlite")), set};
    assert_ok(ctx, write_and_read(ctx, &both)); /* the store has its name */
    assert_true(failing_allocator_walk(write_and_read, &both) > 10);
    assert_ok(ctx, kerb_store_read_areas(ctx, both.store, "beats", &back));
    assert_same_set(ctx, set, back);
    kerb_areas_set_free(back);
    kerb_store_close(both.store);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(areas__come_back_with_holes_parts_and_residents),
        WITH_FOLDER(areas__writing_a_set_again_replaces_it),
        WITH_FOLDER(areas__edited_by_sql_are_read),
        WITH_FOLDER(areas__out_of_memory_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
