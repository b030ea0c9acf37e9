/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names from street labels and beats, and what a name must not do. */

#include "failing_allocator.h"
#include "hotspot_scene.h"
#include "hotspots_internal.h"

struct scene {
    kerb_ctx *ctx;
    kerb_events *events;
    kerb_areas_set *beats;
    kerb_hotspot spot;
};

/* Beats "Castle" west of x = 100 and "Abbey" east of it, both up to y = 100; peak in Abbey. */
static int make_scene(void **state)
{
    static char id[] = "SK 1234 5678";
    struct scene *scene = calloc(1, sizeof *scene);
    scene->ctx = kerb_ctx_new();
    scene->events = scene_events(scene->ctx);
    assert_int_equal(kerb_areas_set_new(scene->ctx, &scene->beats), KERB_OK);
    scene_add_square(scene->ctx, scene->beats, "1", "Castle", 0.0, 0.0, 100.0);
    scene_add_square(scene->ctx, scene->beats, "2", "Abbey", 100.0, 0.0, 100.0);
    scene_add_square(scene->ctx, scene->beats, "3", "", 200.0, 0.0, 100.0);
    assert_int_equal(kerb_areas_set_index(scene->ctx, scene->beats), KERB_OK);
    scene->spot = (kerb_hotspot){.id = id, .peak = {150.0, 50.0}};
    *state = scene;
    return 0;
}

static int free_scene(void **state)
{
    struct scene *scene = *state;
    kerb_areas_set_free(scene->beats);
    kerb_events_free(scene->events);
    kerb_ctx_free(scene->ctx);
    free(scene);
    return 0;
}

static void add(struct scene *scene, size_t times, double x, const char *label)
{
    scene_add(scene->ctx, scene->events, times, x, 50.0, label);
}

static void assert_name(struct scene *scene, const kerb_areas_set *beats, const char *want)
{
    char *name = NULL;
    size_t rows[256];
    assert_true(scene->events->n <= 256);
    for (size_t i = 0; i < scene->events->n; i++)
        rows[i] = i;
    assert_int_equal(kerb_hotspots__make_name(scene->ctx, scene->events, rows, scene->events->n,
                                              beats, &scene->spot, &name),
                     KERB_OK);
    assert_string_equal(name, want);
    kerb_free_text(name);
}

static void hotspots_name__commonest_street_and_beat_of_most_events(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 50.0, "On or near High Street");
    add(scene, 1, 50.0, "High Street");
    add(scene, 2, 150.0, "On or near Park Road");
    assert_name(scene, scene->beats, "High Street, Castle");
    assert_name(scene, NULL, "High Street");
}

static void hotspots_name__a_street_goes_before_a_kind_of_place(void **state)
{
    struct scene *scene = *state;
    add(scene, 3, 50.0, "On or near Supermarket");
    add(scene, 3, 51.0, "On or near Parking Area");
    add(scene, 2, 52.0, "On or near High Street");
    assert_name(scene, scene->beats, "High Street, Castle");
}

static void hotspots_name__a_kind_of_place_serves_where_no_street_is_named(void **state)
{
    struct scene *scene = *state;
    add(scene, 3, 50.0, "On or near Supermarket");
    add(scene, 4, 51.0, "On or near Sports/Recreation Area");
    add(scene, 3, 52.0, NULL);
    assert_name(scene, NULL, "Sports/Recreation Area");
}

static void hotspots_name__rows_without_a_street_do_not_vote(void **state)
{
    struct scene *scene = *state;
    add(scene, 3, 150.0, NULL);
    add(scene, 4, 150.0, "On or near ");
    add(scene, 5, 150.0, "No Location");
    add(scene, 5, 150.0, "No location");
    add(scene, 5, 150.0, "On or near");
    add(scene, 5, 150.0, "   ");
    assert_name(scene, scene->beats, "Abbey");
    add(scene, 1, 150.0, "  On or near   Mill Lane  ");
    assert_name(scene, scene->beats, "Mill Lane, Abbey");
}

static void hotspots_name__only_whole_words_are_taken_off(void **state)
{
    struct scene *scene = *state;
    add(scene, 1, 150.0, "On or nearside Way");
    assert_name(scene, NULL, "On or nearside Way");
}

static void
hotspots_name__ties_go_by_byte_order_of_the_street_and_order_of_the_beats(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 150.0, "On or near Zoo Road");
    add(scene, 2, 50.0, "On or near Abbey Road");
    assert_name(scene, scene->beats, "Abbey Road, Castle");
}

static void hotspots_name__without_events_in_a_beat_the_peak_decides(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 950.0, "On or near Moor Lane");
    assert_name(scene, scene->beats, "Moor Lane, Abbey");
    scene->spot.peak = (kerb_point){.x = 950.0, .y = 50.0};
    assert_name(scene, scene->beats, "Moor Lane");
}

static void hotspots_name__without_street_and_beat_it_is_the_id(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 950.0, NULL);
    assert_name(scene, NULL, "SK 1234 5678");
}

static void hotspots_name__a_beat_without_name_is_called_by_its_id(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 250.0, NULL);
    assert_name(scene, scene->beats, "3");
}

static void hotspots_name__one_place_leading_gives_no_street(void **state)
{
    struct scene *scene = *state;
    add(scene, 5, 150.0, "On or near Refuge Close");
    scene->spot.led_by_one_place = true;
    assert_name(scene, scene->beats, "Abbey");
    assert_name(scene, NULL, "SK 1234 5678");
}

/* Labels are what a file says: controls, broken UTF-8, and any length. */
static void hotspots_name__hostile_text_stays_one_line_of_valid_utf8(void **state)
{
    struct scene *scene = *state;
    char *name = NULL, label[5000];
    size_t row = 0;
    static const char *const labels[] = {"On or near \x1b[2J\x1b]0;owned\x07",
                                         "a\nb\r\nc",
                                         "\xff\xfe\xc3",
                                         "\"; DROP TABLE x; --",
                                         "<script>alert(1)</script>",
                                         "=1+1"};
    for (size_t i = 0; i <= sizeof labels / sizeof labels[0]; i++) {
        if (i < sizeof labels / sizeof labels[0]) {
            strcpy(label, labels[i]);
        } else {
            memset(label, 'x', sizeof label - 1);
            label[sizeof label - 1] = '\0';
        }
        add(scene, 1, 150.0, label);
        row = scene->events->n - 1;
        assert_int_equal(kerb_hotspots__make_name(scene->ctx, scene->events, &row, 1,
                                                  scene->beats, &scene->spot, &name),
                         KERB_OK);
        assert_true(strlen(name) > strlen(", Abbey") && strlen(name) < 500);
        for (const char *c = name; *c != '\0'; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
        /* of what is valid, nothing is lost */
        if (i >= 3 && i < sizeof labels / sizeof labels[0])
            assert_non_null(strstr(name, labels[i]));
        kerb_free_text(name);
    }
}

static kerb_status make_again(kerb_ctx *ctx, void *user)
{
    struct scene *scene = user;
    static const size_t rows[] = {0, 1};
    char *name = NULL;
    kerb_status status = kerb_hotspots__make_name(ctx, scene->events, rows, 2, scene->beats,
                                                  &scene->spot, &name);
    kerb_free_text(name);
    return status;
}

static void hotspots_name__failing_memory_is_reported_and_leaks_nothing(void **state)
{
    struct scene *scene = *state;
    add(scene, 2, 150.0, "On or near High Street");
    assert_true(failing_allocator_walk(make_again, scene) >= 3);
}

int main(void)
{
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, make_scene, free_scene)
    const struct CMUnitTest tests[] = {
        IN_SCENE(hotspots_name__commonest_street_and_beat_of_most_events),
        IN_SCENE(hotspots_name__a_street_goes_before_a_kind_of_place),
        IN_SCENE(hotspots_name__a_kind_of_place_serves_where_no_street_is_named),
        IN_SCENE(hotspots_name__rows_without_a_street_do_not_vote),
        IN_SCENE(hotspots_name__only_whole_words_are_taken_off),
        IN_SCENE(hotspots_name__ties_go_by_byte_order_of_the_street_and_order_of_the_beats),
        IN_SCENE(hotspots_name__without_events_in_a_beat_the_peak_decides),
        IN_SCENE(hotspots_name__without_street_and_beat_it_is_the_id),
        IN_SCENE(hotspots_name__a_beat_without_name_is_called_by_its_id),
        IN_SCENE(hotspots_name__one_place_leading_gives_no_street),
        IN_SCENE(hotspots_name__hostile_text_stays_one_line_of_valid_utf8),
        IN_SCENE(hotspots_name__failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
