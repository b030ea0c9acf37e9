/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files an export writes, and what is refused before work begins. */
#include "export_scene.h"

#include "failing_allocator.h"

static void assert_paths(const char *path, const char *first, const char *second)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char **paths = NULL;
    assert_ok(ctx, kerb_export_paths(ctx, path, &paths));
    assert_string_equal(paths[0], first);
    if (second)
        assert_string_equal(paths[1], second);
    else
        assert_null(paths[1]);
    assert_null(paths[2]);
    kerb_free_text(paths[0]);
    kerb_free_text(paths[1]);
    kerb_free_text((char *)paths);
    kerb_ctx_free(ctx);
}

static void paths__name_what_is_written(void **state)
{
    (void)state;
    assert_paths("a/b.c/out.tif", "a/b.c/out.tif", "a/b.c/out.qml");
    assert_paths("OUT.TIFF", "OUT.TIFF", "OUT.qml");
    assert_paths("x.tif.geojson", "x.tif.geojson", NULL);
    assert_paths("x.json", "x.json", NULL);
    assert_paths("x.gpkg", "x.gpkg", NULL);
    assert_paths("x.csv", "x.csv", "x.csv.json");
}

static void paths__unknown_extensions_are_refused_with_the_known_ones(void **state)
{
    static const char *const bad[] = {"out.shp", "out", "", "a.tif/out", ".tif", "folder/.csv"};
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char **paths = NULL;
        assert_int_equal(kerb_export_paths(ctx, bad[i], &paths), KERB_ERR_UNSUPPORTED);
        assert_null(paths);
        assert_non_null(strstr(kerb_ctx_message(ctx), ".gpkg"));
    }
    kerb_ctx_free(ctx);
}

static void check__raster_and_layer_formats_are_not_mixed(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    assert_int_equal(kerb_export_check(ctx, scratch_path(*state, "x.gpkg"), true, false),
                     KERB_ERR_UNSUPPORTED);
    assert_non_null(strstr(kerb_ctx_message(ctx), ".tif"));
    assert_int_equal(kerb_export_check(ctx, scratch_path(*state, "x.tif"), false, false),
                     KERB_ERR_UNSUPPORTED);
    assert_non_null(strstr(kerb_ctx_message(ctx), ".geojson"));
    assert_ok(ctx, kerb_export_check(ctx, scratch_path(*state, "x.tif"), true, false));
    assert_ok(ctx, kerb_export_check(ctx, scratch_path(*state, "x.csv"), false, false));
    assert_int_equal(scratch_count(*state), 0);
    kerb_ctx_free(ctx);
}

static void check__a_sidecar_that_exists_is_an_output_that_exists(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    scratch_write(*state, "x.qml", "mine");
    scratch_write(*state, "y.csv.json", "mine");
    assert_int_equal(kerb_export_check(ctx, scratch_path(*state, "x.tif"), true, false),
                     KERB_ERR_EXISTS);
    assert_non_null(strstr(kerb_ctx_message(ctx), "x.qml"));
    assert_int_equal(kerb_export_check(ctx, scratch_path(*state, "y.csv"), false, false),
                     KERB_ERR_EXISTS);
    assert_ok(ctx, kerb_export_check(ctx, scratch_path(*state, "x.tif"), true, true));
    assert_int_equal(kerb_export_check(ctx, scratch_path(*state, "none/x.tif"), true, true),
                     KERB_ERR_IO);
    kerb_ctx_free(ctx);
}

static kerb_status find_paths(kerb_ctx *ctx, void *user)
{
    char **paths = NULL;
    kerb_status status = kerb_export_paths(ctx, user, &paths);
    if (status == KERB_OK) {
        kerb_free_text(paths[0]);
        kerb_free_text(paths[1]);
        kerb_free_text((char *)paths);
    }
    return status;
}

static void paths__out_of_memory_leaks_nothing(void **state)
{
    (void)state;
    char path[] = "a.tif";
    assert_true(failing_allocator_walk(find_paths, path) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths__name_what_is_written),
        cmocka_unit_test(paths__unknown_extensions_are_refused_with_the_known_ones),
        cmocka_unit_test_setup_teardown(check__raster_and_layer_formats_are_not_mixed,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(check__a_sidecar_that_exists_is_an_output_that_exists,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(paths__out_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
