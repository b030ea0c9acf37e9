/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Code before point, border rule, and reports that add up to the row. */

#include "area_scene.h"
#include "failing_allocator.h"

#include <stdlib.h>

#define NOWHERE (double)NAN

static void areas_assign__code_goes_before_point(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = scene_events(ctx);
    scene_add_event(ctx, events, 50.0, 50.0, 1.0, "D");       /* point in A, code D: D */
    scene_add_event(ctx, events, 50.0, 50.0, 1.0, "unknown"); /* A by its point */
    scene_add_event(ctx, events, 150.0, 50.0, 1.0, NULL);     /* B by its point */
    scene_add_event(ctx, events, NOWHERE, NOWHERE, 1.0, "C"); /* C by its code */
    scene_add_event(ctx, events, NOWHERE, NOWHERE, 1.0, "c"); /* codes are told apart by case */
    scene_add_event(ctx, events, NOWHERE, NOWHERE, 1.0, NULL);
    scene_add_event(ctx, events, 500.0, 50.0, 1.0, NULL);
    const size_t want[] = {3, 0, 1, 2, SIZE_MAX, SIZE_MAX, SIZE_MAX};
    size_t area_of[7];
    kerb_assignment report;
    assert_int_equal(kerb_areas_assign(ctx, set, events, area_of, &report), KERB_OK);
    for (size_t i = 0; i < 7; i++)
        assert_true(area_of[i] == want[i]);
    assert_int_equal(report.n_by_code, 2);
    assert_int_equal(report.n_by_place, 2);
    assert_int_equal(report.n_outside, 1);
    assert_int_equal(report.n_no_place, 2);
    assert_true(report.used_codes);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

/* Corner (100, 100) belongs to all four beats: the first has it, once. */
static void areas_assign__a_point_on_a_border_is_counted_once_in_the_first_area(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = scene_events(ctx);
    scene_add_event(ctx, events, 100.0, 100.0, 1.0, NULL); /* all: A */
    scene_add_event(ctx, events, 100.0, 150.0, 1.0, NULL); /* C and D: C */
    scene_add_event(ctx, events, 200.0, 50.0, 1.0, NULL);  /* outer border of B */
    size_t area_of[3];
    kerb_assignment report;
    assert_int_equal(kerb_areas_assign(ctx, set, events, area_of, &report), KERB_OK);
    assert_int_equal(area_of[0], 0);
    assert_int_equal(area_of[1], 2);
    assert_int_equal(area_of[2], 1);
    assert_false(report.used_codes);
    assert_int_equal(report.n_by_place, 3);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

/* Squares round the middle of A, of 60 m and of the whole of A; one that reaches into B, one
 * into nowhere; a code decides all the same. */
static void areas_assign__a_square_counts_only_in_the_area_that_holds_it(void **state)
{
    (void)state;
    static const struct {
        double x, y, cell_m;
        const char *code;
        size_t want;
    } rows[] = {{50, 50, 60, NULL, 0},         {50, 50, 100, NULL, 0},
                {150, 150, 100, NULL, 3},      {90, 50, 60, NULL, SIZE_MAX},
                {50, 50, 101, NULL, SIZE_MAX}, {150, 10, 60, NULL, SIZE_MAX},
                {500, 50, 10, NULL, SIZE_MAX}, {90, 50, 60, "B", 1},
                {90, 50, NAN, NULL, 0}};
    enum { N = sizeof rows / sizeof *rows };
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = scene_areas(ctx);
    kerb_events *events = scene_events(ctx);
    size_t area_of[N];
    kerb_assignment report;
    for (size_t i = 0; i < N; i++) {
        scene_add_event(ctx, events, rows[i].x, rows[i].y, 1.0, rows[i].code);
        assert_int_equal(kerb_events_set_cell(ctx, events, i, rows[i].cell_m), KERB_OK);
    }
    assert_int_equal(kerb_areas_assign(ctx, set, events, area_of, &report), KERB_OK);
    for (size_t i = 0; i < N; i++)
        if (area_of[i] != rows[i].want)
            fail_msg("row %zu is in %zu", i, area_of[i]);
    assert_int_equal(report.n_by_code, 1);
    assert_int_equal(report.n_by_place, 4);
    assert_int_equal(report.n_too_coarse, 3);
    assert_int_equal(report.n_outside, 1);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas_assign__an_area_without_id_catches_no_row_without_code(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    scene_add_square(ctx, set, "", 0.0, 0.0, 100.0);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    kerb_events *events = scene_events(ctx);
    scene_add_event(ctx, events, 500.0, 500.0, 1.0, NULL);
    size_t area_of[1];
    kerb_assignment report;
    assert_int_equal(kerb_areas_assign(ctx, set, events, area_of, &report), KERB_OK);
    assert_true(area_of[0] == SIZE_MAX);
    assert_int_equal(report.n_outside, 1);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

/* A 20 x 20 chessboard of 10 m squares: the area of a point follows from its coordinates. */
static void areas_assign__thread_count_changes_nothing_and_reports_add_up(void **state)
{
    (void)state;
    enum { SIDE = 20, N = 30000 };
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    for (int row = 0; row < SIDE; row++) {
        for (int col = 0; col < SIDE; col++) {
            char id[16];
            snprintf(id, sizeof id, "%d", row * SIDE + col);
            scene_add_square(ctx, set, id, 10.0 * col, 10.0 * row, 10.0);
        }
    }
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    kerb_events *events = scene_events(ctx);
    uint32_t bits = 7;
    for (int i = 0; i < N; i++) {
        bits = bits * 1664525u + 1013904223u;
        double x = (double)(bits >> 8) / 16777216.0 * 220.0 - 10.0;
        bits = bits * 1664525u + 1013904223u;
        double y = (double)(bits >> 8) / 16777216.0 * 220.0 - 10.0;
        scene_add_event(ctx, events, x + 1e-7, y + 1e-7, 1.0, i % 10 == 0 ? "17" : NULL);
    }
    size_t *area_of = calloc(N, sizeof *area_of), *again = calloc(N, sizeof *again);
    kerb_assignment report, report_again;
    kerb_ctx_set_threads(ctx, 1);
    assert_int_equal(kerb_areas_assign(ctx, set, events, area_of, &report), KERB_OK);
    kerb_ctx_set_threads(ctx, 4);
    assert_int_equal(kerb_areas_assign(ctx, set, events, again, &report_again), KERB_OK);
    assert_memory_equal(area_of, again, N * sizeof *area_of);
    assert_int_equal(report.n_by_place, report_again.n_by_place);
    assert_int_equal(report.n_by_code, N / 10);
    assert_int_equal(
        report.n_by_code + report.n_by_place + report.n_outside + report.n_no_place, N);
    size_t n_outside = 0;
    for (size_t i = 0; i < N; i++) {
        double col = floor(events->x[i] / 10.0), row = floor(events->y[i] / 10.0);
        bool is_inside = col >= 0.0 && col < SIDE && row >= 0.0 && row < SIDE;
        size_t want = i % 10 == 0 ? 17 : is_inside ? (size_t)(row * SIDE + col) : SIZE_MAX;
        n_outside += want == SIZE_MAX;
        assert_true(area_of[i] == want);
    }
    assert_int_equal(report.n_outside, n_outside);
    assert_true(n_outside > 1000);
    free(area_of);
    free(again);
    kerb_events_free(events);
    kerb_areas_set_free(set);
    kerb_ctx_free(ctx);
}

static void areas_assign__no_events_and_no_areas_are_no_failure(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_areas_set *empty = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &empty), KERB_OK);
    assert_int_equal(kerb_areas_set_index(ctx, empty), KERB_OK);
    kerb_events *events = scene_events(ctx);
    kerb_assignment report;
    assert_int_equal(kerb_areas_assign(ctx, empty, events, NULL, &report), KERB_OK);
    scene_add_event(ctx, events, 1.0, 1.0, 1.0, "A");
    size_t area_of[1];
    assert_int_equal(kerb_areas_assign(ctx, empty, events, area_of, &report), KERB_OK);
    assert_true(area_of[0] == SIZE_MAX);
    assert_int_equal(report.n_outside, 1);
    assert_int_equal(kerb_areas_assign(ctx, NULL, events, area_of, &report), KERB_ERR_ARG);
    kerb_events_free(events);
    kerb_areas_set_free(empty);
    kerb_ctx_free(ctx);
}

struct scene {
    kerb_areas_set *set;
    kerb_events *events;
};

static kerb_status assign_scene(kerb_ctx *ctx, void *user)
{
    struct scene *scene = user;
    size_t area_of[2] = {123, 123};
    kerb_status status = kerb_areas_assign(ctx, scene->set, scene->events, area_of, NULL);
    if (status != KERB_OK)
        assert_true(area_of[0] == 123 && area_of[1] == 123); /* whole or untouched */
    return status;
}

static void areas_assign__failing_memory_leaves_the_output_alone(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct scene scene = {.set = scene_areas(ctx), .events = scene_events(ctx)};
    scene_add_event(ctx, scene.events, 1.0, 1.0, 1.0, "A");
    scene_add_event(ctx, scene.events, 1.0, 1.0, 1.0, "X");
    assert_true(failing_allocator_walk(assign_scene, &scene) >= 5);
    kerb_events_free(scene.events);
    kerb_areas_set_free(scene.set);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_assign__code_goes_before_point),
        cmocka_unit_test(areas_assign__a_point_on_a_border_is_counted_once_in_the_first_area),
        cmocka_unit_test(areas_assign__a_square_counts_only_in_the_area_that_holds_it),
        cmocka_unit_test(areas_assign__an_area_without_id_catches_no_row_without_code),
        cmocka_unit_test(areas_assign__thread_count_changes_nothing_and_reports_add_up),
        cmocka_unit_test(areas_assign__no_events_and_no_areas_are_no_failure),
        cmocka_unit_test(areas_assign__failing_memory_leaves_the_output_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
