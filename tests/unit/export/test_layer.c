/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table itself: what it refuses, and that a cell without a result stays so. */
#include "export_scene.h"

#include "export_internal.h"
#include "failing_allocator.h"

static void layer__refuses_names_that_a_format_keeps_for_itself(void **state)
{
    static const char *const bad[] = {
        "",          "gpkg_contents", "GPKG_x", "rtree_a_geom", "sqlite_master", "layer_styles",
        "Kerb_Stamp"};
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kerb_layer *layer = NULL;
        assert_int_equal(kerb_layer_new(ctx, bad[i], 1, NULL, &layer), KERB_ERR_ARG);
        assert_null(layer);
    }
    kerb_ctx_free(ctx);
}

static void layer__refuses_fields_that_cannot_be_columns(void **state)
{
    static const char *const bad[] = {"", "fid", "GEOM", "wkt", "a\nb", "\xFF", "RATE"};
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_layer *layer = NULL;
    assert_ok(ctx, kerb_layer_new(ctx, "beats", 1, NULL, &layer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "rate", KERB_FIELD_REAL, NULL, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(kerb_layer_add_field(ctx, layer, bad[i], KERB_FIELD_REAL, NULL, NULL),
                         KERB_ERR_ARG);
    assert_int_equal(layer->n_fields, 1);
    kerb_layer_free(layer);
    kerb_ctx_free(ctx);
}

static void layer__rows_and_areas_must_be_as_many(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_layer *layer = NULL;
    kerb_areas_set *set = scene_areas(ctx, 3);
    assert_int_equal(kerb_layer_new(ctx, "beats", 2, set, &layer), KERB_ERR_ARG);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void layer__cells_start_without_a_result_and_take_only_their_own_type(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_layer *layer = NULL;
    size_t text, integer, real;
    assert_ok(ctx, kerb_layer_new(ctx, "beats", 2, NULL, &layer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "a", KERB_FIELD_TEXT, "", &text));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "b", KERB_FIELD_INTEGER, NULL, &integer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "c", KERB_FIELD_REAL, NULL, &real));
    for (size_t i = 0; i < 3; i++)
        assert_false(kerb_layer__has_value(&layer->fields[i], 0));
    kerb_layer_set_real(layer, 0, integer, 1.0);
    kerb_layer_set_integer(layer, 0, real, 1);
    kerb_layer_set_integer(layer, 2, integer, 1);
    kerb_layer_set_real(layer, 0, real, (double)INFINITY);
    assert_int_equal(kerb_layer_set_text(ctx, layer, 0, real, "x"), KERB_ERR_ARG);
    for (size_t i = 0; i < 3; i++)
        assert_false(kerb_layer__has_value(&layer->fields[i], 0));
    assert_ok(ctx, kerb_layer_set_text(ctx, layer, 1, text, "x"));
    assert_ok(ctx, kerb_layer_set_text(ctx, layer, 1, text, NULL));
    assert_false(kerb_layer__has_value(&layer->fields[text], 1));
    kerb_layer_set_real(layer, 1, real, -0.5);
    assert_true(kerb_layer__has_value(&layer->fields[real], 1));
    kerb_layer_free(layer);
    kerb_ctx_free(ctx);
}

static void qml__of_a_column_reaches_both_ends_and_escapes_its_name(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_layer *layer = NULL;
    size_t column;
    char *qml = NULL;
    assert_ok(ctx, kerb_layer_new(ctx, "beats", 3, NULL, &layer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "a\"<&b>", KERB_FIELD_REAL, "per <1,000>",
                                        &column));
    kerb_layer_set_real(layer, 0, column, 3.0);
    kerb_layer_set_real(layer, 2, column, 17.0);
    kerb_layer_set_style(layer, column, KERB_CLASSES_QUANTILE);
    assert_ok(ctx, kerb_layer__qml(ctx, layer, &qml));
    assert_non_null(strstr(qml, "attr=\"a&quot;&lt;&amp;b&gt;\""));
    assert_non_null(strstr(qml, "per &lt;1,000&gt;"));
    const char *lower = strstr(qml, "lower=\"");
    assert_true(strtod(lower + 7, NULL) <= 3.0);
    const char *upper = NULL;
    for (const char *at = qml; (at = strstr(at, "upper=\"")) != NULL; at++)
        upper = at;
    assert_true(strtod(upper + 7, NULL) >= 17.0);
    kerb_free_text(qml);
    /* a text column cannot be graduated: an outline */
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "t", KERB_FIELD_TEXT, NULL, &column));
    kerb_layer_set_style(layer, column, KERB_CLASSES_QUANTILE);
    assert_ok(ctx, kerb_layer__qml(ctx, layer, &qml));
    assert_non_null(strstr(qml, "singleSymbol"));
    kerb_free_text(qml);
    kerb_layer_free(layer);
    kerb_ctx_free(ctx);
}

static kerb_status make_layer(kerb_ctx *ctx, void *user)
{
    (void)user;
    kerb_layer *layer = NULL;
    char *qml = NULL;
    size_t column = 0;
    kerb_status status = kerb_layer_new(ctx, "beats", 5, NULL, &layer);
    for (int i = 0; status == KERB_OK && i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        status =
            kerb_layer_add_field(ctx, layer, name, (kerb_field_type)(i % 3), "unit", &column);
    }
    if (status == KERB_OK)
        status = kerb_layer_set_text(ctx, layer, 1, 0, "broken \xFF");
    if (status == KERB_OK) {
        kerb_layer_set_style(layer, 1, KERB_CLASSES_QUANTILE);
        status = kerb_layer__qml(ctx, layer, &qml);
    }
    kerb_free_text(qml);
    kerb_layer_free(layer);
    return status;
}

static void layer__out_of_memory_leaks_nothing(void **state)
{
    (void)state;
    assert_true(failing_allocator_walk(make_layer, NULL) > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer__refuses_names_that_a_format_keeps_for_itself),
        cmocka_unit_test(layer__refuses_fields_that_cannot_be_columns),
        cmocka_unit_test(layer__rows_and_areas_must_be_as_many),
        cmocka_unit_test(layer__cells_start_without_a_result_and_take_only_their_own_type),
        cmocka_unit_test(qml__of_a_column_reaches_both_ends_and_escapes_its_name),
        cmocka_unit_test(layer__out_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
