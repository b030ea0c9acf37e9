/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole lists from small surfaces: what is counted, dropped, ranked and warned about. */

#include "failing_allocator.h"
#include "hotspot_scene.h"

static const kerb_density_options quartic_10m = {.kernel = KERB_KERNEL_QUARTIC,
                                                 .bandwidth_m = 10.0};

static kerb_hotspots *delineate(kerb_ctx *ctx, const kerb_grid *grid, const kerb_events *events,
                                const kerb_hotspots_options *options)
{
    kerb_hotspots *list = NULL;
    assert_int_equal(
        kerb_hotspots_delineate(ctx, grid, events, &quartic_10m, 27700, options, &list),
        KERB_OK);
    assert_int_equal(kerb_areas_set_count(list->polygons), list->n);
    return list;
}

/* Everything that can be drawn is kept. */
static const kerb_hotspots_options keep_all = {
    .level = KERB_LEVEL_3XMEAN, .multiple = 1.0, .min_events = 0, .min_places = 0, .top = 0};

/* Non-zero cells 4, 8 and 3: mean 5, line at 1 x 5. All cells: 15 / 15 = 1. */
static const char one_and_two[] = ". . . . . / . 4 . 8 3 / . . . . .";

static void
hotspots_delineate__threshold_is_a_multiple_of_the_mean_that_was_asked_for(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, one_and_two);
    kerb_events *events = scene_events(ctx);
    kerb_hotspots_options options = keep_all;
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_near_rel(list->mean_per_m2, 5.0, 1e-15);
    assert_near_rel(list->threshold_per_m2, 5.0, 1e-15);
    /* threshold x pi h^2 / 3 */
    assert_near_rel(list->events_alone, 5.0 * 3.14159265358979323846 * 100.0 / 3.0, 1e-14);
    assert_int_equal(list->n, 1); /* 8 alone: 4 is below the line */
    kerb_hotspots_free(list);

    options.level = KERB_LEVEL_3XMEAN_ALL;
    options.multiple = 2.0;
    list = delineate(ctx, grid, events, &options);
    assert_near_rel(list->mean_per_m2, 1.0, 1e-15);
    assert_near_rel(list->threshold_per_m2, 2.0, 1e-15);
    assert_int_equal(list->n, 2);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* Cell (15, 15) of 4, line at 2 x the mean of all... here 4 / 9 x 4.5 = 2: a diamond with
 * vertices 5 m from its centre. */
static kerb_grid *diamond(kerb_ctx *ctx, kerb_hotspots_options *options)
{
    *options = keep_all;
    options->level = KERB_LEVEL_3XMEAN_ALL;
    options->multiple = 4.5;
    return scene_grid(ctx, 0.0, 0.0, 10.0, ". . . / . 4 . / . . .");
}

static void hotspots_delineate__events_are_counted_by_the_polygon_with_its_border(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots_options options;
    kerb_grid *grid = diamond(ctx, &options);
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 3, 15.0, 15.0, NULL); /* centre, three of one place */
    scene_add(ctx, events, 1, 10.0, 15.0, NULL); /* a vertex */
    scene_add(ctx, events, 1, 12.5, 17.5, NULL); /* an edge */
    scene_add(ctx, events, 1, 12.0, 18.5, NULL); /* same cell, outside the polygon */
    scene_add(ctx, events, 1, 5.0, 5.0, NULL);   /* another cell */
    scene_add(ctx, events, 4, 500.0, 5.0, NULL); /* off the map */
    scene_add(ctx, events, 4, (double)NAN, (double)NAN, NULL);
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 1);
    assert_int_equal(list->spots[0].n, 5);
    assert_int_equal(list->spots[0].n_places, 3);
    assert_near_rel(list->spots[0].weight, 5.0, 1e-15);
    assert_int_equal(list->n_events, 7);
    assert_near_rel(list->spots[0].share_of_events, 5.0 / 7.0, 1e-15);
    assert_near_rel(list->spots[0].area_m2, 50.0, 1e-5);
    assert_near_rel(list->spots[0].density_per_m2, 4.0, 0.0);
    assert_near_abs(list->spots[0].peak.x, 15.0, 0.0);
    assert_true(list->spots[0].led_by_one_place); /* 3 of 5 */
    assert_int_equal(list->spots[0].rank, 1);
    assert_string_equal(kerb_areas_set_id(list->polygons, 0), list->spots[0].id);
    assert_string_equal(kerb_areas_set_name(list->polygons, 0), list->spots[0].name);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

static void hotspots_delineate__half_of_the_events_at_one_place_do_not_lead(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_hotspots_options options;
    kerb_grid *grid = diamond(ctx, &options);
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 3, 15.0, 15.0, "On or near High Street");
    scene_add(ctx, events, 3, 14.0, 15.0, "On or near High Street");
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_false(list->spots[0].led_by_one_place);
    assert_string_equal(list->spots[0].name, "High Street");
    kerb_hotspots_free(list);
    scene_add(ctx, events, 1, 15.0, 15.0, "On or near High Street"); /* 4 of 7 */
    list = delineate(ctx, grid, events, &options);
    assert_true(list->spots[0].led_by_one_place);
    assert_string_equal(list->spots[0].name, list->spots[0].id);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

static void hotspots_delineate__events_in_a_hole_are_outside(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0,
                                 ". . . . . / . 5 5 5 . / . 5 . 5 . / . 5 5 5 . / . . . . .");
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 4, 25.0, 25.0, NULL); /* the hole */
    scene_add(ctx, events, 2, 15.0, 25.0, NULL);
    kerb_hotspots_options options = keep_all;
    options.multiple = 0.4; /* line at 2 */
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 1);
    assert_int_equal(list->spots[0].n, 2);
    assert_int_equal(list->n_events, 6);
    assert_near_rel(list->spots[0].area_m2, 920.0, 1e-9);
    assert_int_equal(kerb_areas_set_ring_count(list->polygons, 0), 2);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* The west half has no value: the polygon closes there, and what lies beyond does not count. */
static void hotspots_delineate__study_border_cuts_polygons_and_events(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, "# 5 . / # 5 . / # . .");
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 1, 9.0, 25.0, NULL);  /* no value */
    scene_add(ctx, events, 1, 10.0, 25.0, NULL); /* west edge of the cell: in */
    scene_add(ctx, events, 1, 10.0, 30.0, NULL); /* corner of the grid: in */
    scene_add(ctx, events, 1, 9.999, 15.0, NULL);
    kerb_hotspots_options options = keep_all;
    options.multiple = 0.4;
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 1);
    assert_int_equal(list->n_events, 2);
    assert_int_equal(list->spots[0].n, 2);
    kerb_box box = kerb_areas_set_box(list->polygons);
    assert_near_abs(box.xmin, 10.0, 1e-9);
    assert_near_abs(box.ymax, 30.0, 1e-9);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

static void hotspots_delineate__no_contrast_is_an_empty_list_and_no_failure(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    static const char *const pictures[] = {". . / . .", "# # / # #", "3 3 / 3 3", "3",
                                           "#",         ".",         "3 # / # 3"};
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 9, 5.0, 5.0, NULL);
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++) {
        kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, pictures[i]);
        kerb_hotspots *list = delineate(ctx, grid, events, &keep_all);
        assert_int_equal(list->n, 0);
        assert_int_equal(list->n_dropped_small + list->n_dropped_rank, 0);
        kerb_hotspots_free(list);
        kerb_grid_free(grid);
    }
    kerb_events_free(events);
    /* and without any event */
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, ". 4 / . .");
    events = scene_events(ctx);
    kerb_hotspots_options options = KERB_HOTSPOTS_OPTIONS_DEFAULT;
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 0);
    assert_int_equal(list->n_events, 0);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* The cell in the middle of nothing: its west and south edges are in, north and east are not.
 */
static void hotspots_delineate__a_cell_has_its_west_and_south_edges(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, "# # # / # 5 # / # # # / # . #");
    static const struct {
        double x, y;
        size_t n;
    } cases[] = {{20.0, 25.0, 0}, {15.0, 30.0, 0}, {10.0, 25.0, 1}, {15.0, 20.0, 1},
                 {10.0, 20.0, 1}, {20.0, 30.0, 0}, {10.0, 30.0, 0}, {20.0, 20.0, 0},
                 {15.0, 0.0, 1},  {15.0, 10.0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kerb_events *events = scene_events(ctx);
        scene_add(ctx, events, 1, cases[i].x, cases[i].y, NULL);
        kerb_hotspots *list = delineate(ctx, grid, events, &keep_all);
        assert_int_equal(list->n_events, cases[i].n);
        kerb_hotspots_free(list);
        kerb_events_free(events);
    }
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* See hotspots_rank__a_corner_of_a_cell_has_no_peak: such a region is no hotspot and no
 * failure. */
static void hotspots_delineate__a_corner_of_a_cell_is_no_hotspot(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, "# # # / # 0.99 # / # # 1.8");
    kerb_events *events = scene_events(ctx);
    scene_add(ctx, events, 6, 19.5, 10.5, NULL); /* in the cut corner */
    scene_add(ctx, events, 1, 25.0, 5.0, NULL);
    kerb_hotspots_options options = keep_all;
    options.multiple = 1.0 / 1.395; /* line at 1 */
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 1);
    assert_int_equal(list->spots[0].n, 1);
    assert_int_equal(list->n_dropped_small, 1);
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* Four peaks on one row, at x = 15, 45, 75, 105 and y = 15. */
static const char four_peaks[] =
    ". . . . . . . . . . . . / . 9 . . 9 . . 9 . . 8 . / . . . . . . . . . . . .";

static void hotspots_delineate__small_ones_are_dropped_and_the_rest_ranked(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_grid *grid = scene_grid(ctx, 400000.0, 300000.0, 10.0, four_peaks);
    kerb_events *events = scene_events(ctx);
    /* by x: 6 events at 2 places, 5 at 3, 5 at 3, 6 at 3; and 4 at 4 would be too few */
    scene_add(ctx, events, 3, 400015.0, 300015.0, NULL);
    scene_add(ctx, events, 3, 400016.0, 300015.0, NULL);
    for (int k = 0; k < 2; k++) {
        scene_add(ctx, events, 1, 400075.0 - 30.0 * k, 300015.0, NULL);
        scene_add(ctx, events, 2, 400076.0 - 30.0 * k, 300015.0, NULL);
        scene_add(ctx, events, 2, 400074.0 - 30.0 * k, 300015.0, NULL);
    }
    scene_add(ctx, events, 2, 400105.0, 300015.0, NULL);
    scene_add(ctx, events, 2, 400106.0, 300015.0, NULL);
    scene_add(ctx, events, 2, 400104.0, 300015.0, NULL);
    kerb_hotspots_options options = KERB_HOTSPOTS_OPTIONS_DEFAULT;
    options.multiple = 0.5;
    kerb_hotspots *list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 3);
    assert_int_equal(list->n_dropped_small, 1);
    assert_int_equal(list->n_dropped_rank, 0);
    /* most events first though its peak is lower; the tie by id, that is from the west */
    assert_string_equal(list->spots[0].id, "SK 00105 00015");
    assert_string_equal(list->spots[1].id, "SK 00045 00015");
    assert_string_equal(list->spots[2].id, "SK 00075 00015");
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        assert_int_equal(list->spots[i].rank, i + 1);
        assert_true(kerb_areas_set_holds(list->polygons, i, list->spots[i].peak.x,
                                         list->spots[i].peak.y));
        n += list->spots[i].n;
    }
    assert_true(n <= list->n_events);
    kerb_hotspots_free(list);

    options.top = 2;
    list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 2);
    assert_int_equal(list->n_dropped_rank, 1);
    assert_string_equal(list->spots[1].id, "SK 00045 00015");
    kerb_hotspots_free(list);

    options.top = 0;
    options.min_places = 1;
    options.min_events = 6;
    list = delineate(ctx, grid, events, &options);
    assert_int_equal(list->n, 2);
    assert_int_equal(list->n_dropped_small, 2);
    /* equal counts: the higher peak first */
    assert_string_equal(list->spots[0].id, "SK 00015 00015");
    kerb_hotspots_free(list);
    kerb_events_free(events);
    kerb_grid_free(grid);
    kerb_ctx_free(ctx);
}

/* ------------------------------------------------------ with surfaces from density */

struct country {
    kerb_events *events;
    kerb_grid *surface;
    kerb_density_options density;
};

static double next_share(uint32_t *bits)
{
    *bits = *bits * 1664525u + 1013904223u;
    return (double)(*bits >> 8) / 16777216.0;
}

/* Forty by forty km: lone events 2 km apart that never meet at 400 m, and a town of 200 events
 * on 40 places. */
static struct country make_country(kerb_ctx *ctx, double weight)
{
    struct country country = {.events = scene_events(ctx),
                              .density = KERB_DENSITY_OPTIONS_DEFAULT};
    kerb_grid_spec spec = {
        .xmin = 400000.0, .ymax = 340000.0, .cell_m = 100.0, .n_rows = 400, .n_cols = 400};
    kerb_event event = {.weight = weight, .start = KERB_CIVIL_NONE};
    for (int i = 0; i < 64; i++) {
        event.x = 402050.0 + 2000.0 * (i % 8);
        event.y = 302050.0 + 2000.0 * (i / 8);
        assert_int_equal(kerb_events_add(ctx, country.events, &event), KERB_OK);
    }
    uint32_t bits = 5;
    for (int i = 0; i < 200; i++) {
        if (i % 5 == 0) {
            event.x = 430000.0 + 1000.0 * next_share(&bits);
            event.y = 330000.0 + 1000.0 * next_share(&bits);
        }
        assert_int_equal(kerb_events_add(ctx, country.events, &event), KERB_OK);
    }
    assert_int_equal(kerb_density_exact(ctx, country.events, &country.density, &spec, NULL,
                                        &country.surface, NULL),
                     KERB_OK);
    return country;
}

static void free_country(struct country *country)
{
    kerb_grid_free(country->surface);
    kerb_events_free(country->events);
}

static kerb_hotspots *delineate_country(kerb_ctx *ctx, const struct country *country,
                                        kerb_level_kind level)
{
    kerb_hotspots *list = NULL;
    kerb_hotspots_options options = {
        .level = level, .multiple = 3.0, .min_events = 1, .min_places = 1, .top = 0};
    assert_int_equal(kerb_hotspots_delineate(ctx, country->surface, country->events,
                                             &country->density, 27700, &options, &list),
                     KERB_OK);
    return list;
}

static size_t count_singles(const kerb_hotspots *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++)
        n += list->spots[i].n == 1;
    return n;
}

/* Over all cells of a large area one event passes by itself; over the non-zero ones it does
 * not. */
static void hotspots_delineate__mean_of_all_cells_paints_single_events(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct country country = make_country(ctx, 1.0);
    kerb_hotspots *all = delineate_country(ctx, &country, KERB_LEVEL_3XMEAN_ALL);
    kerb_hotspots *nonzero = delineate_country(ctx, &country, KERB_LEVEL_3XMEAN);
    assert_true(all->events_alone < 1.0);
    assert_int_equal(count_singles(all), 64);
    assert_true(nonzero->events_alone > 1.0);
    assert_int_equal(count_singles(nonzero), 0);
    assert_true(nonzero->n >= 1 && nonzero->spots[0].n > 50);
    kerb_hotspots_free(all);
    kerb_hotspots_free(nonzero);
    free_country(&country);
    kerb_ctx_free(ctx);
}

/* Where discs of the quartic never meet, the mean of the non-zero cells is 1 event a disc, and
 * the peak of one event is 3 times that: events_alone is 1 but for the raster. */
static void hotspots_delineate__events_alone_is_one_for_lone_events(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct country country = {.events = scene_events(ctx),
                              .density = KERB_DENSITY_OPTIONS_DEFAULT};
    kerb_grid_spec spec = {
        .xmin = 0.0, .ymax = 4000.0, .cell_m = 10.0, .n_rows = 400, .n_cols = 400};
    for (int i = 0; i < 4; i++)
        scene_add(ctx, country.events, 1, 1000.0 + 2000.0 * (i % 2), 1000.0 + 2000.0 * (i / 2),
                  NULL);
    assert_int_equal(kerb_density_exact(ctx, country.events, &country.density, &spec, NULL,
                                        &country.surface, NULL),
                     KERB_OK);
    kerb_hotspots *list = delineate_country(ctx, &country, KERB_LEVEL_3XMEAN);
    assert_near_rel(list->events_alone, 1.0, 0.01);
    kerb_hotspots_free(list);
    free_country(&country);
    kerb_ctx_free(ctx);
}

static void assert_equal_polygons(const kerb_hotspots *a, const kerb_hotspots *b,
                                  double tolerance_m)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(a->spots[i].n, b->spots[i].n);
        assert_string_equal(a->spots[i].id, b->spots[i].id);
        size_t n_rings = kerb_areas_set_ring_count(a->polygons, i);
        assert_int_equal(n_rings, kerb_areas_set_ring_count(b->polygons, i));
        for (size_t ring = 0; ring < n_rings; ring++) {
            size_t n_a, n_b;
            bool is_hole;
            const kerb_point *at_a = kerb_areas_set_ring(a->polygons, i, ring, &n_a, &is_hole);
            const kerb_point *at_b = kerb_areas_set_ring(b->polygons, i, ring, &n_b, &is_hole);
            assert_int_equal(n_a, n_b);
            for (size_t p = 0; p < n_a; p++) {
                assert_near_abs(at_a[p].x, at_b[p].x, tolerance_m);
                assert_near_abs(at_a[p].y, at_b[p].y, tolerance_m);
            }
        }
    }
}

static void hotspots_delineate__scaling_all_weights_leaves_the_polygons(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct country one = make_country(ctx, 1.0), eight = make_country(ctx, 8.0),
                   odd = make_country(ctx, 0.3);
    kerb_hotspots *want = delineate_country(ctx, &one, KERB_LEVEL_3XMEAN);
    kerb_hotspots *got = delineate_country(ctx, &eight, KERB_LEVEL_3XMEAN);
    assert_equal_polygons(got, want, 0.0);
    assert_near_rel(got->spots[0].weight, 8.0 * want->spots[0].weight, 1e-15);
    kerb_hotspots_free(got);
    got = delineate_country(ctx, &odd, KERB_LEVEL_3XMEAN);
    assert_equal_polygons(got, want, 1e-6);
    kerb_hotspots_free(got);
    kerb_hotspots_free(want);
    free_country(&one);
    free_country(&eight);
    free_country(&odd);
    kerb_ctx_free(ctx);
}

static void hotspots_delineate__thread_count_changes_no_bit(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ctx_set_threads(ctx, 1);
    struct country country = make_country(ctx, 1.0);
    kerb_hotspots *one = delineate_country(ctx, &country, KERB_LEVEL_3XMEAN_ALL);
    kerb_ctx_set_threads(ctx, 7);
    kerb_hotspots *seven = delineate_country(ctx, &country, KERB_LEVEL_3XMEAN_ALL);
    assert_equal_polygons(seven, one, 0.0);
    assert_memory_equal(&one->threshold_per_m2, &seven->threshold_per_m2, sizeof(double));
    for (size_t i = 0; i < one->n; i++) {
        assert_string_equal(one->spots[i].name, seven->spots[i].name);
        assert_memory_equal(&one->spots[i].area_m2, &seven->spots[i].area_m2, sizeof(double));
    }
    kerb_hotspots_free(one);
    kerb_hotspots_free(seven);
    free_country(&country);
    kerb_ctx_free(ctx);
}

/* --------------------------------------------------------------- warnings and faults */

static size_t n_warnings;
static char last_warning[256];

static void keep_warning(void *user, kerb_log_level level, const char *line)
{
    (void)user;
    n_warnings += level == KERB_LOG_WARNING;
    snprintf(last_warning, sizeof last_warning, "%s", line);
}

static void hotspots_delineate__warns_when_few_events_pass_alone(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_ctx_set_log(ctx, keep_warning, NULL);
    kerb_events *events = scene_events(ctx);
    /* peak of the quartic at 10 m: 3 / (pi 100) = 0.0095493; the line at 0.0286479 takes 3 */
    kerb_grid *low = scene_grid(ctx, 0.0, 0.0, 10.0, ". 0.02 0.025");
    kerb_grid *high = scene_grid(ctx, 0.0, 0.0, 10.0, ". 0.02 0.04");
    n_warnings = 0;
    kerb_hotspots_free(delineate(ctx, low, events, &keep_all)); /* 0.0225: 2.356 events */
    assert_int_equal(n_warnings, 1);
    assert_non_null(strstr(last_warning, "2.4 events at one place"));
    kerb_hotspots_free(delineate(ctx, high, events, &keep_all)); /* 0.03: 3.14 events */
    assert_int_equal(n_warnings, 1);
    kerb_grid_free(low);
    kerb_grid_free(high);
    kerb_events_free(events);
    kerb_ctx_free(ctx);
}

static void hotspots_delineate__refuses_what_makes_no_sense(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = scene_events(ctx);
    kerb_grid *grid = scene_grid(ctx, 0.0, 0.0, 10.0, ". 4 / . .");
    static const double wrong[] = {0.0, -1.0, (double)NAN, (double)INFINITY};
    kerb_hotspots *list = NULL;
    for (size_t i = 0; i < 4; i++) {
        kerb_hotspots_options options = keep_all;
        kerb_density_options density = quartic_10m;
        options.multiple = wrong[i];
        assert_int_equal(
            kerb_hotspots_delineate(ctx, grid, events, &density, 0, &options, &list),
            KERB_ERR_RANGE);
        options = keep_all;
        density.bandwidth_m = wrong[i];
        assert_int_equal(
            kerb_hotspots_delineate(ctx, grid, events, &density, 0, &options, &list),
            KERB_ERR_RANGE);
    }
    static const double wrong_cells[] = {-1e-9, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < 3; i++) {
        kerb_grid_values(grid)[2] = wrong_cells[i];
        assert_int_equal(
            kerb_hotspots_delineate(ctx, grid, events, &quartic_10m, 0, &keep_all, &list),
            KERB_ERR_RANGE);
    }
    assert_int_equal(
        kerb_hotspots_delineate(ctx, NULL, events, &quartic_10m, 0, &keep_all, &list),
        KERB_ERR_ARG);
    assert_null(list);
    kerb_grid_free(grid);
    kerb_events_free(events);
    kerb_hotspots_free(NULL);
    kerb_ctx_free(ctx);
}

struct small_scene {
    kerb_grid *grid;
    kerb_events *events;
};

static kerb_status delineate_again(kerb_ctx *ctx, void *user)
{
    struct small_scene *scene = user;
    kerb_hotspots *list = NULL;
    kerb_status status = kerb_hotspots_delineate(ctx, scene->grid, scene->events, &quartic_10m,
                                                 27700, &keep_all, &list);
    assert_true((list != NULL) == (status == KERB_OK));
    kerb_hotspots_free(list);
    return status;
}

static void hotspots_delineate__failing_memory_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    struct small_scene scene = {.grid = scene_grid(ctx, 0.0, 0.0, 10.0, four_peaks),
                                .events = scene_events(ctx)};
    scene_add(ctx, scene.events, 2, 15.0, 15.0, "On or near High Street");
    scene_add(ctx, scene.events, 2, 45.0, 15.0, "On or near High Street");
    scene_add(ctx, scene.events, 1, 46.0, 15.0, "On or near Mill Lane");
    assert_true(failing_allocator_walk(delineate_again, &scene) >= 20);
    kerb_grid_free(scene.grid);
    kerb_events_free(scene.events);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            hotspots_delineate__threshold_is_a_multiple_of_the_mean_that_was_asked_for),
        cmocka_unit_test(hotspots_delineate__events_are_counted_by_the_polygon_with_its_border),
        cmocka_unit_test(hotspots_delineate__half_of_the_events_at_one_place_do_not_lead),
        cmocka_unit_test(hotspots_delineate__events_in_a_hole_are_outside),
        cmocka_unit_test(hotspots_delineate__study_border_cuts_polygons_and_events),
        cmocka_unit_test(hotspots_delineate__no_contrast_is_an_empty_list_and_no_failure),
        cmocka_unit_test(hotspots_delineate__a_cell_has_its_west_and_south_edges),
        cmocka_unit_test(hotspots_delineate__a_corner_of_a_cell_is_no_hotspot),
        cmocka_unit_test(hotspots_delineate__small_ones_are_dropped_and_the_rest_ranked),
        cmocka_unit_test(hotspots_delineate__mean_of_all_cells_paints_single_events),
        cmocka_unit_test(hotspots_delineate__events_alone_is_one_for_lone_events),
        cmocka_unit_test(hotspots_delineate__scaling_all_weights_leaves_the_polygons),
        cmocka_unit_test(hotspots_delineate__thread_count_changes_no_bit),
        cmocka_unit_test(hotspots_delineate__warns_when_few_events_pass_alone),
        cmocka_unit_test(hotspots_delineate__refuses_what_makes_no_sense),
        cmocka_unit_test(hotspots_delineate__failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
