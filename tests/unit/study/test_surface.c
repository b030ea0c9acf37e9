/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a surface lies and which rows it needs: the window's grid, the guard zone, and the law
 * that leaving out rows that reach no cell changes no bit of the surface.
 */
#include "study_scene.h"

static kerb_surface_options make_options(double bandwidth_m, double cell_m)
{
    kerb_surface_options options = KERB_SURFACE_OPTIONS_DEFAULT;
    options.density.bandwidth_m = bandwidth_m;
    options.cell_m = cell_m;
    options.has_cell = true;
    return options;
}

static kerb_box town_box(double xmin, double ymin, double xmax, double ymax)
{
    return (kerb_box){TOWN_X + xmin, TOWN_Y + ymin, TOWN_X + xmax, TOWN_Y + ymax};
}

typedef struct scene {
    kerb_ctx *ctx;
    kerb_crs *crs;
    kerb_prepared *prepared;
    kerb_frame frame;
} scene;

static scene open_scene(kerb_events *(*fill)(kerb_ctx *))
{
    scene s = {.ctx = kerb_ctx_new()};
    assert_ok(s.ctx, kerb_crs_new(s.ctx, "EPSG:27700", &s.crs));
    s.prepared = scene_prepared(s.ctx, fill(s.ctx));
    return s;
}

static void close_scene(scene *s)
{
    kerb_study__frame_clear(&s->frame);
    kerb_study__prepared_free(s->prepared);
    kerb_crs_free(s->crs);
    kerb_ctx_free(s->ctx);
}

static kerb_events *one_event(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    scene_add(ctx, events, 55, 55, NULL, NULL, NULL);
    return events;
}

static void surface__without_a_window_the_grid_holds_all_mass(void **state)
{
    (void)state;
    scene s = open_scene(one_event);
    kerb_surface_options options = make_options(100, 10);
    kerb_grid *grid = NULL;
    kerb_density_mass mass;
    assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
    /* 55 +- 100 snapped outward to tens: -50 to 160, 21 cells */
    assert_true(s.frame.spec.xmin == TOWN_X - 50 && s.frame.spec.ymax == TOWN_Y + 160);
    assert_int_equal(s.frame.spec.n_rows, 21);
    assert_int_equal(s.frame.spec.n_cols, 21);
    assert_null(s.frame.mask);
    assert_ok(s.ctx, kerb_density_exact(s.ctx, s.prepared->events, &options.density,
                                        &s.frame.spec, s.frame.mask, &grid, &mass));
    assert_near_abs(mass.raster, 1.0, 1e-3);
    kerb_grid_free(grid);
    close_scene(&s);
}

static kerb_events *five_events(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    const double x[] = {50, -20, -24, -26, -40};
    for (size_t i = 0; i < 5; i++)
        scene_add(ctx, events, x[i], 50, NULL, NULL, NULL);
    return events;
}

static void surface__rows_within_reach_of_a_cell_are_the_guard_zone(void **state)
{
    (void)state;
    scene s = open_scene(five_events);
    kerb_surface_options options = make_options(30, 10);
    options.has_bbox = true;
    options.bbox = town_box(0, 0, 100, 100);
    char before[65];
    memcpy(before, s.prepared->fingerprint, sizeof before);
    assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
    /* the nearest centres are (5, 45) and (5, 55): (x - 5)^2 + 25 <= 900 for x >= -24.58 */
    assert_int_equal(s.frame.n_guard, 2);
    assert_int_equal(s.prepared->events->n, 3);
    assert_int_equal(kerb_tally_get(s.prepared->excluded, "outside_study_area"), 2);
    assert_string_not_equal(before, s.prepared->fingerprint);
    close_scene(&s);
}

static kerb_events *scattered_events(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    uint64_t seed = 7;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    for (size_t i = 0; i < 400; i++)
        scene_add(ctx, events, scene_uniform(&seed, -600, 1600),
                  scene_uniform(&seed, -600, 1600), NULL, NULL, NULL);
    return events;
}

/* Is a place within reach of the centre of a cell with a value? All cells are asked. */
static bool reaches_any(const kerb_frame *frame, double x, double y, double reach_m)
{
    for (size_t row = 0; row < frame->spec.n_rows; row++)
        for (size_t col = 0; col < frame->spec.n_cols; col++) {
            double dx = frame->spec.xmin + ((double)col + 0.5) * frame->spec.cell_m - x;
            double dy = frame->spec.ymax - ((double)row + 0.5) * frame->spec.cell_m - y;
            if ((frame->mask == NULL || frame->mask[row * frame->spec.n_cols + col]) &&
                dx * dx + dy * dy <= reach_m * reach_m)
                return true;
        }
    return false;
}

static void surface__leaving_out_rows_changes_no_bit(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (int trial = 0; trial < 12; trial++) {
        scene s = open_scene(scattered_events);
        kerb_events *all = scattered_events(s.ctx);
        double bandwidth_m = scene_uniform(&seed, 20, 300);
        kerb_surface_options options = make_options(bandwidth_m, 20);
        options.density.kernel =
            (kerb_kernel)(trial % (KERB_KERNEL_COUNT - 1)); /* compact kernels */
        kerb_grid *some = NULL, *whole = NULL;
        assert_ok(s.ctx, kerb_areas_set_new(s.ctx, &s.prepared->window));
        for (int i = 0; i < 3; i++)
            scene_add_square(s.ctx, s.prepared->window, "w", scene_uniform(&seed, 0, 600),
                             scene_uniform(&seed, 0, 600), scene_uniform(&seed, 50, 400));
        assert_ok(s.ctx, kerb_areas_set_index(s.ctx, s.prepared->window));
        if (trial % 2) {
            assert_ok(s.ctx, kerb_areas_set_new(s.ctx, &s.prepared->exclude));
            scene_add_square(s.ctx, s.prepared->exclude, "x", 300, 300, 200);
            assert_ok(s.ctx, kerb_areas_set_index(s.ctx, s.prepared->exclude));
        }
        assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
        size_t n_reaching = 0;
        for (size_t i = 0; i < all->n; i++)
            n_reaching += reaches_any(&s.frame, all->x[i], all->y[i], bandwidth_m) ||
                          kerb_areas_set_locate(s.prepared->window, all->x[i], all->y[i]) <
                              kerb_areas_set_count(s.prepared->window);
        assert_int_equal(s.prepared->events->n, n_reaching);
        assert_int_equal(kerb_tally_get(s.prepared->excluded, "outside_study_area"),
                         all->n - n_reaching);
        assert_ok(s.ctx, kerb_density_exact(s.ctx, s.prepared->events, &options.density,
                                            &s.frame.spec, s.frame.mask, &some, NULL));
        assert_ok(s.ctx, kerb_density_exact(s.ctx, all, &options.density, &s.frame.spec,
                                            s.frame.mask, &whole, NULL));
        assert_memory_equal(kerb_grid_values(some), kerb_grid_values(whole),
                            s.frame.spec.n_rows * s.frame.spec.n_cols * sizeof(double));
        kerb_grid_free(some);
        kerb_grid_free(whole);
        kerb_events_free(all);
        close_scene(&s);
    }
}

/* Rows as they are handed over, and how many came last. */
typedef struct taken {
    double *values;
    size_t n_rows, n_cols, n_calls;
} taken;

static kerb_status take_rows(void *user, double *values, size_t n_rows)
{
    taken *t = user;
    memcpy(t->values + t->n_rows * t->n_cols, values, n_rows * t->n_cols * sizeof *values);
    t->n_rows += n_rows;
    t->n_calls++;
    values[0] = -1.0; /* they may be changed */
    return KERB_OK;
}

static scene open_masked_scene(void)
{
    scene s = open_scene(scattered_events);
    assert_ok(s.ctx, kerb_areas_set_new(s.ctx, &s.prepared->window));
    scene_add_square(s.ctx, s.prepared->window, "w", 100, 100, 400);
    scene_add_square(s.ctx, s.prepared->window, "v", 450, 300, 333);
    assert_ok(s.ctx, kerb_areas_set_index(s.ctx, s.prepared->window));
    assert_ok(s.ctx, kerb_areas_set_new(s.ctx, &s.prepared->exclude));
    scene_add_square(s.ctx, s.prepared->exclude, "x", 300, 300, 200);
    assert_ok(s.ctx, kerb_areas_set_index(s.ctx, s.prepared->exclude));
    return s;
}

static void surface__in_bands_is_the_whole_bit_for_bit(void **state)
{
    (void)state;
    static const size_t heights[] = {1, 7, 32, 33, 1000};
    kerb_surface_options options = make_options(120, 20);
    for (size_t i = 0; i < sizeof heights / sizeof *heights; i++) {
        scene whole = open_masked_scene(), rows = open_masked_scene();
        kerb_grid *grid = NULL;
        kerb_density_mass mass;
        kerb_surface_figures made;
        assert_ok(whole.ctx, kerb_study__frame(whole.ctx, whole.crs, whole.prepared, &options,
                                               &whole.frame));
        assert_ok(whole.ctx, kerb_study__surface(whole.ctx, &whole.frame,
                                                 whole.prepared->events, &grid, &mass, NULL));
        /* no mask is held: it is made row by row, and for the reach of the rows, too */
        assert_ok(rows.ctx, kerb_study__frame_in_bands(rows.ctx, rows.crs, rows.prepared,
                                                       &options, 1, &rows.frame));
        assert_null(rows.frame.mask);
        assert_int_equal(rows.frame.n_guard, whole.frame.n_guard);
        assert_int_equal(rows.prepared->events->n, whole.prepared->events->n);
        assert_string_equal(rows.prepared->fingerprint, whole.prepared->fingerprint);
        const kerb_grid_spec *spec = &rows.frame.spec;
        taken t = {.n_cols = spec->n_cols,
                   .values = malloc(spec->n_rows * spec->n_cols * sizeof(double))};
        assert_non_null(t.values);
        assert_ok(rows.ctx,
                  kerb_study__surface_in_bands(rows.ctx, &rows.frame, rows.prepared->events,
                                               heights[i], take_rows, &t, &made));
        assert_int_equal(t.n_rows, spec->n_rows);
        assert_int_equal(t.n_calls, (spec->n_rows + heights[i] - 1) / heights[i]);
        assert_memory_equal(t.values, kerb_grid_values(grid),
                            spec->n_rows * spec->n_cols * sizeof(double));
        kerb_grid_summary summary = kerb_grid_summarise(grid);
        assert_true(mass.raster > 1.0 && made.mass.raster == mass.raster &&
                    made.mass.events == mass.events);
        assert_true(made.summary.max == summary.max && made.summary.n_cells == summary.n_cells);
        free(t.values);
        kerb_grid_free(grid);
        close_scene(&rows);
        close_scene(&whole);
    }
}

static void surface__a_band_fits_into_memory_and_is_whole_tiles(void **state)
{
    (void)state;
    kerb_grid_spec spec = {.cell_m = 1.0, .n_rows = 100, .n_cols = 30};
    assert_int_equal(kerb_study__band_rows(&spec), 100);
    spec = (kerb_grid_spec){.cell_m = 1.0, .n_rows = 40000, .n_cols = 40000};
    assert_int_equal(kerb_study__band_rows(&spec), 256); /* 2^24 / 40,000 = 419 */
    spec = (kerb_grid_spec){.cell_m = 1.0, .n_rows = 9000, .n_cols = 10000};
    assert_int_equal(kerb_study__band_rows(&spec), 1536); /* 1,677 */
    spec = (kerb_grid_spec){.cell_m = 1.0, .n_rows = 1000, .n_cols = 100000000};
    assert_int_equal(kerb_study__band_rows(&spec), 256);
}

static kerb_events *no_place(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    scene_add(ctx, events, (double)NAN, (double)NAN, NULL, NULL, NULL);
    return events;
}

static void surface__without_any_place_there_is_no_map_unless_a_box_is_given(void **state)
{
    (void)state;
    scene s = open_scene(no_place);
    kerb_surface_options options = make_options(100, 10);
    assert_fails(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame),
                 KERB_ERR_EMPTY, "--bbox");
    options.has_bbox = true;
    options.bbox = town_box(0, 0, 100, 100);
    assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
    assert_int_equal(s.frame.n_guard, 0);
    close_scene(&s);
}

static void surface__a_cell_that_does_not_fit_the_box_is_refused(void **state)
{
    (void)state;
    scene s = open_scene(one_event);
    kerb_surface_options options = make_options(100, 30);
    options.has_bbox = true;
    options.bbox = town_box(0, 0, 100, 100);
    assert_fails(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame),
                 KERB_ERR_ARG, "450090");
    assert_int_equal(s.prepared->events->n, 1);
    close_scene(&s);
}

static kerb_events *two_hundred_and_one_far(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    uint64_t seed = 3;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    for (size_t i = 0; i < 250; i++)
        scene_add(ctx, events, scene_uniform(&seed, 0, 1000), scene_uniform(&seed, 0, 1000),
                  NULL, NULL, NULL);
    scene_add(ctx, events, 40000, 40000, NULL, NULL, NULL);
    return events;
}

static void keep_line(void *user, kerb_log_level level, const char *line)
{
    if (level == KERB_LOG_WARNING)
        snprintf(user, 512, "%s", line);
}

static void surface__a_far_row_that_stretches_the_map_is_warned_about(void **state)
{
    (void)state;
    scene s = open_scene(two_hundred_and_one_far);
    char line[512] = "";
    kerb_surface_options options = make_options(400, 200);
    kerb_ctx_set_log(s.ctx, keep_line, line);
    assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
    assert_non_null(strstr(line, "stretch"));
    close_scene(&s);
}

static void surface__a_window_without_guard_zone_is_warned_about(void **state)
{
    (void)state;
    scene s = open_scene(one_event);
    char line[512] = "";
    kerb_surface_options options = make_options(20, 10);
    options.has_bbox = true;
    options.bbox = town_box(0, 0, 100, 100);
    kerb_ctx_set_log(s.ctx, keep_line, line);
    assert_ok(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame));
    assert_non_null(strstr(line, "no rows are loaded within 20 m outside the study area"));
    close_scene(&s);
}

static void surface__a_request_to_stop_is_heard(void **state)
{
    (void)state;
    scene s = open_scene(five_events);
    kerb_surface_options options = make_options(30, 10);
    options.has_bbox = true;
    options.bbox = town_box(0, 0, 100, 100);
    kerb_ctx_request_cancel(s.ctx);
    assert_fails(s.ctx, kerb_study__frame(s.ctx, s.crs, s.prepared, &options, &s.frame),
                 KERB_ERR_CANCELLED, "");
    assert_int_equal(s.prepared->events->n, 5);
    assert_null(s.frame.mask);
    close_scene(&s);
}

static void surface__parameters_tell_the_kernel_and_the_grid(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_json parameters = {0};
    char *text = NULL;
    kerb_frame frame = {.density = {.kernel = KERB_KERNEL_GAUSSIAN, .bandwidth_m = 100},
                        .edge = KERB_EDGE_NONE};
    kerb_grid_spec spec = {.xmin = -5, .ymax = 30, .cell_m = 2.5, .n_rows = 10, .n_cols = 4};
    kerb_study__add_kernel(&parameters, &frame);
    kerb_study__add_grid(&parameters, &spec);
    assert_ok(ctx, kerb_json_take(ctx, &parameters, true, &text));
    /* 7.434 sd; 30 - 25 = 5; -5 + 10 = 5 */
    assert_string_equal(text, "{\"bandwidth_method\":\"fixed\",\"bandwidth_radius\":null,"
                              "\"bandwidth_sd\":100,\"bbox\":[-5,5,5,30],\"cell\":2.5,"
                              "\"edge\":\"none\",\"gaussian_cut\":743.4,"
                              "\"kernel\":\"gaussian\",\"n_cols\":4,\"n_rows\":10}");
    kerb_free_text(text);
    kerb_ctx_free(ctx);
}

typedef struct walk {
    const kerb_crs *crs;
    const kerb_events *events;
    const kerb_areas_set *window;
} walk;

static kerb_status frame_once(kerb_ctx *ctx, void *user)
{
    const walk *w = user;
    kerb_prepared prepared = {.period_from = KERB_CIVIL_NONE, .period_to = KERB_CIVIL_NONE};
    kerb_surface_options options = make_options(30, 10);
    kerb_frame frame = {0};
    kerb_status status = kerb_areas_set_new(ctx, &prepared.window);
    uint8_t *keep = kerb_alloc_array(w->events->n, 1);
    prepared.excluded = kerb_tally_new();
    if (status == KERB_OK && (keep == NULL || prepared.excluded == NULL))
        status = kerb_fail_nomem(ctx, "the test");
    if (status == KERB_OK)
        status = kerb_study__append_areas(ctx, w->window, prepared.window);
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, prepared.window);
    if (status == KERB_OK) {
        memset(keep, 1, w->events->n);
        status = kerb_study__subset(ctx, w->events, keep, &prepared.events);
    }
    if (status == KERB_OK)
        status = kerb_study__frame(ctx, w->crs, &prepared, &options, &frame);
    kerb_study__frame_clear(&frame);
    kerb_areas_set_free(prepared.window);
    kerb_events_free(prepared.events);
    kerb_tally_free(prepared.excluded);
    kerb_free(keep);
    return status;
}

static void surface__every_lack_of_memory_is_survived(void **state)
{
    (void)state;
    scene s = open_scene(five_events);
    assert_ok(s.ctx, kerb_areas_set_new(s.ctx, &s.prepared->window));
    scene_add_square(s.ctx, s.prepared->window, "w", 0, 0, 100);
    walk w = {s.crs, s.prepared->events, s.prepared->window};
    assert_true(failing_allocator_walk(frame_once, &w) > 20);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(surface__without_a_window_the_grid_holds_all_mass),
        cmocka_unit_test(surface__rows_within_reach_of_a_cell_are_the_guard_zone),
        cmocka_unit_test(surface__leaving_out_rows_changes_no_bit),
        cmocka_unit_test(surface__in_bands_is_the_whole_bit_for_bit),
        cmocka_unit_test(surface__a_band_fits_into_memory_and_is_whole_tiles),
        cmocka_unit_test(surface__without_any_place_there_is_no_map_unless_a_box_is_given),
        cmocka_unit_test(surface__a_cell_that_does_not_fit_the_box_is_refused),
        cmocka_unit_test(surface__a_far_row_that_stretches_the_map_is_warned_about),
        cmocka_unit_test(surface__a_window_without_guard_zone_is_warned_about),
        cmocka_unit_test(surface__a_request_to_stop_is_heard),
        cmocka_unit_test(surface__parameters_tell_the_kernel_and_the_grid),
        cmocka_unit_test(surface__every_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
