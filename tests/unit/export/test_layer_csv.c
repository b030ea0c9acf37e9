/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CSV parsed back by a reader of RFC 4180 written for this test. */
#include "export_scene.h"

#include <jansson.h>

enum { MAX_CELLS = 200 };

typedef struct table {
    char *text;
    char *cells[MAX_CELLS];
    size_t n_cells, n_rows;
} table;

/* RFC 4180 §2, strictly: CRLF after every record, "" inside quotes, nothing after a closing
 * quote. */
static void parse(const char *path, table *out)
{
    size_t length;
    memset(out, 0, sizeof *out);
    out->text = scratch_read(path, &length);
    assert_non_null(out->text);
    assert_memory_equal(out->text, "\xEF\xBB\xBF", 3);
    char *at = out->text + 3;
    while (*at) {
        char *cell = at, *to = at;
        assert_true(out->n_cells < MAX_CELLS);
        if (*at == '"') {
            for (at++; at[0] != '"' || at[1] == '"'; at++) {
                assert_true(*at != '\0');
                at += at[0] == '"';
                *to++ = *at;
            }
            at++;
        } else {
            while (*at && !strchr(",\r\n\"", *at))
                *to++ = *at++;
        }
        out->cells[out->n_cells++] = cell;
        if (*at == ',') {
            at++;
        } else {
            assert_true(at[0] == '\r' && at[1] == '\n');
            at += 2;
            out->n_rows++;
        }
        *to = '\0';
    }
}

static int set_up(void **state)
{
    scene *s = scene_new();
    s->set = scene_areas(s->ctx, 3);
    *state = s;
    return 0;
}

static const char *export_layer(scene *s, const kerb_layer *layer, const char *extra)
{
    const char *path = scratch_path(s->folder, "x.csv");
    kerb_export_layer_options options = {.extra_json = extra};
    assert_ok(s->ctx, kerb_export_layer(s->ctx, layer, &s->stamp, &options, path));
    return path;
}

static void csv__rows_are_what_was_put_in(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 3);
    table found;
    parse(export_layer(s, layer, NULL), &found);
    assert_int_equal(found.n_rows, 4);
    assert_int_equal(found.n_cells, 16);
    const char *const wanted[] = {
        "id",  "n",  "rate_per_1000",     "wkt", "A01", "0", "0", NULL, "A02", "7", "", NULL,
        "A03", "14", "6.666666666666667", NULL};
    for (size_t i = 0; i < 16; i++)
        if (wanted[i])
            assert_string_equal(found.cells[i], wanted[i]);
    /* the first square has a hole; rings start where the set starts them */
    assert_memory_equal(found.cells[7], "MULTIPOLYGON (((", 16);
    assert_non_null(strstr(found.cells[7], "), ("));
    assert_null(strstr(found.cells[7], ")), (("));
    /* the last has a second part */
    assert_non_null(strstr(found.cells[15], ")), (("));
    free(found.text);
    kerb_layer_free(layer);
}

static void csv__formula_like_texts_get_an_apostrophe_and_others_none(void **state)
{
    scene *s = *state;
    table found;
    kerb_layer *layer = scene_hostile_layer(s->ctx, NULL);
    parse(export_layer(s, layer, NULL), &found);
    assert_int_equal(found.n_cells, SCENE_N_HOSTILE + 2);
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++) {
        const char *wanted = scene_hostile_as_utf8(i), *cell = found.cells[i + 1];
        bool is_formula = *wanted && strchr("=+-@\t\r\n", *wanted) != NULL;
        assert_int_equal(is_formula, cell[0] == '\'' && wanted[0] != '\'');
        assert_string_equal(cell + is_formula, wanted);
    }
    assert_int_equal(strlen(found.cells[SCENE_N_HOSTILE + 1]), 10000);
    free(found.text);
    kerb_layer_free(layer);
}

static void csv__negative_numbers_are_numbers(void **state)
{
    scene *s = *state;
    table found;
    kerb_layer *layer = NULL;
    size_t a, b;
    assert_ok(s->ctx, kerb_layer_new(s->ctx, "t", 1, NULL, &layer));
    assert_ok(s->ctx, kerb_layer_add_field(s->ctx, layer, "=a", KERB_FIELD_REAL, NULL, &a));
    assert_ok(s->ctx, kerb_layer_add_field(s->ctx, layer, "b", KERB_FIELD_INTEGER, NULL, &b));
    kerb_layer_set_real(layer, 0, a, -0.1);
    kerb_layer_set_integer(layer, 0, b, INT64_MIN);
    parse(export_layer(s, layer, NULL), &found);
    assert_string_equal(found.cells[0], "'=a");
    assert_string_equal(found.cells[2], "-0.1");
    assert_string_equal(found.cells[3], "-9223372036854775808");
    free(found.text);
    kerb_layer_free(layer);
}

static void csv__wkt_gives_every_bit_of_a_corner(void **state)
{
    scene *s = *state;
    table found;
    kerb_areas_set *set = NULL;
    const size_t four[1] = {4};
    const kerb_point points[] = {
        {1.0 / 3.0, 0.1}, {1e5, 0.1}, {1e5, 1e5 / 7.0}, {1.0 / 3.0, 0.1}};
    assert_ok(s->ctx, kerb_areas_set_new(s->ctx, &set));
    assert_ok(s->ctx, kerb_areas_set_add_rings(s->ctx, set, "a", "a", 1, four, points));
    kerb_layer *layer = scene_layer(s->ctx, set, 1);
    parse(export_layer(s, layer, NULL), &found);
    const char *at = found.cells[7] + 16;
    for (size_t i = 0; i < 4; i++) {
        char *end;
        double x = strtod(at, &end), y = strtod(end, &end);
        bool is_a_corner = false;
        for (size_t j = 0; j < 4; j++)
            is_a_corner = is_a_corner || (x == points[j].x && y == points[j].y);
        assert_true(is_a_corner);
        at = end + 2;
    }
    free(found.text);
    kerb_layer_free(layer);
    kerb_areas_set_free(set);
}

static void csv__sidecar_has_stamp_units_and_extra_members(void **state)
{
    scene *s = *state;
    kerb_layer *layer = scene_layer(s->ctx, s->set, 3);
    export_layer(s, layer, "\"verdict\":{\"status\":\"none\"}");
    json_error_t error;
    json_t *root = json_load_file(scratch_path(s->folder, "x.csv.json"), 0, &error);
    assert_non_null(root);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(root, "kerb"), "command")),
        "density");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(root, "kerb_fields"), "n")),
        "events");
    assert_non_null(json_object_get(root, "verdict"));
    assert_int_equal(scratch_count(s->folder), 2);
    json_decref(root);
    kerb_layer_free(layer);
}

static void csv__a_layer_without_rows_is_a_head(void **state)
{
    scene *s = *state;
    table found;
    kerb_layer *layer = scene_layer(s->ctx, NULL, 0);
    parse(export_layer(s, layer, NULL), &found);
    assert_int_equal(found.n_rows, 1);
    assert_int_equal(found.n_cells, 3);
    free(found.text);
    kerb_layer_free(layer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv__rows_are_what_was_put_in),
        TEST(csv__formula_like_texts_get_an_apostrophe_and_others_none),
        TEST(csv__negative_numbers_are_numbers),
        TEST(csv__wkt_gives_every_bit_of_a_corner),
        TEST(csv__sidecar_has_stamp_units_and_extra_members),
        TEST(csv__a_layer_without_rows_is_a_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
