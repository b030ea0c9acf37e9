/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Well-known binary from friends and enemies: every dialect of a square is the same square, and
 * no damaged one gets through, whatever byte is missing.
 */
#include "geo_shapes.h"

#include "failing_allocator.h"

#include "test_context.h"

static const double OUTER[5][2] = {{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}};
static const double HOLE[5][2] = {{2, 2}, {2, 4}, {4, 4}, {4, 2}, {2, 2}};
static const double FAR[5][2] = {{20, 0}, {25, 0}, {25, 2}, {20, 2}, {20, 0}};

enum { POLYGON = 3, MULTIPOLYGON = 6, COLLECTION = 7 };

static void put_donut(shapes_wkb *out)
{
    shapes_put_head(out, POLYGON);
    shapes_put_u32(out, 2);
    shapes_put_ring(out, 5, OUTER);
    shapes_put_ring(out, 5, HOLE);
}

static void put_far(shapes_wkb *out)
{
    shapes_put_head(out, POLYGON);
    shapes_put_u32(out, 1);
    shapes_put_ring(out, 5, FAR);
}

static kerb_status add(kerb_areas_set *set, const uint8_t *bytes, size_t n)
{
    /* a copy of just that size, so that reading past it is seen */
    uint8_t *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, bytes, n);
    kerb_status status = kerb_areas_set_add_wkb(ctx, set, "x", "", copy, n);
    free(copy);
    return status;
}

static void assert_refused(const shapes_wkb *wkb, const char *word)
{
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(add(set, wkb->bytes, wkb->n), KERB_ERR_FORMAT);
    if (strstr(kerb_ctx_message(ctx), word) == NULL)
        fail_msg("no \"%s\" in: %s", word, kerb_ctx_message(ctx));
    assert_int_equal(kerb_areas_set_count(set), 0);
    assert_true(kerb_box_is_empty(kerb_areas_set_box(set)));
    kerb_areas_set_free(set);
}

static void assert_area(const shapes_wkb *wkb, double area_m2, size_t n_rings)
{
    kerb_areas_set *set = shapes_new_set(ctx);
    if (add(set, wkb->bytes, wkb->n) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    assert_near_abs(kerb_areas_set_area_m2(set, 0), area_m2, 0.0);
    assert_int_equal(kerb_areas_set_ring_count(set, 0), n_rings);
    assert_int_equal(kerb_areas_set_repaired(set), 0);
    kerb_areas_set_free(set);
}

static void wkb__reads_both_byte_orders(void **state)
{
    (void)state;
    for (int is_big = 0; is_big < 2; is_big++) {
        shapes_wkb wkb = {.is_big = is_big == 1};
        put_donut(&wkb);
        assert_area(&wkb, 96.0, 2);
    }
}

static void wkb__members_may_change_the_byte_order(void **state)
{
    (void)state;
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, MULTIPOLYGON);
    shapes_put_u32(&wkb, 2);
    wkb.is_big = true;
    put_donut(&wkb);
    wkb.is_big = false;
    put_far(&wkb);
    assert_area(&wkb, 106.0, 3);
}

static void wkb__drops_heights_and_measures_in_every_dialect(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        int n_extra;
        bool has_srid;
    } dialects[] = {
        {1003, 1, false},        {2003, 1, false},        {3003, 2, false},
        {0x80000003u, 1, false}, {0x40000003u, 1, false}, {0xc0000003u, 2, false},
        {0x20000003u, 0, true},  {0xe0000003u, 2, true},
    };
    for (size_t d = 0; d < sizeof dialects / sizeof dialects[0]; d++) {
        shapes_wkb wkb = {.is_big = d % 2 == 1};
        shapes_put_head(&wkb, dialects[d].type);
        if (dialects[d].has_srid)
            shapes_put_u32(&wkb, 27700);
        shapes_put_u32(&wkb, 1);
        shapes_put_u32(&wkb, 5);
        for (size_t i = 0; i < 5; i++) {
            shapes_put_double(&wkb, OUTER[i][0]);
            shapes_put_double(&wkb, OUTER[i][1]);
            for (int k = 0; k < dialects[d].n_extra; k++)
                shapes_put_double(&wkb, (double)NAN); /* heights may be missing */
        }
        assert_area(&wkb, 100.0, 1);
    }
}

static void wkb__reads_collections_of_polygons(void **state)
{
    (void)state;
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, COLLECTION);
    shapes_put_u32(&wkb, 2);
    shapes_put_head(&wkb, COLLECTION);
    shapes_put_u32(&wkb, 1);
    put_donut(&wkb);
    shapes_put_head(&wkb, MULTIPOLYGON);
    shapes_put_u32(&wkb, 1);
    put_far(&wkb);
    assert_area(&wkb, 106.0, 3);
}

static void wkb__closes_rings_and_skips_empty_members(void **state)
{
    (void)state;
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, MULTIPOLYGON);
    shapes_put_u32(&wkb, 3);
    shapes_put_head(&wkb, POLYGON);
    shapes_put_u32(&wkb, 0); /* no rings */
    shapes_put_head(&wkb, POLYGON);
    shapes_put_u32(&wkb, 1);
    shapes_put_u32(&wkb, 0); /* a ring of no points */
    shapes_put_head(&wkb, POLYGON);
    shapes_put_u32(&wkb, 1);
    shapes_put_ring(&wkb, 4, OUTER); /* not closed */
    assert_area(&wkb, 100.0, 1);
}

static void wkb__refuses_a_polygon_cut_at_any_byte(void **state)
{
    (void)state;
    for (int is_big = 0; is_big < 2; is_big++) {
        shapes_wkb wkb = {.is_big = is_big == 1};
        shapes_put_head(&wkb, COLLECTION);
        shapes_put_u32(&wkb, 1);
        shapes_put_head(&wkb, MULTIPOLYGON);
        shapes_put_u32(&wkb, 2);
        put_donut(&wkb);
        put_far(&wkb);
        kerb_areas_set *set = shapes_new_set(ctx);
        for (size_t n = 0; n < wkb.n; n++) {
            assert_int_equal(add(set, wkb.bytes, n), KERB_ERR_FORMAT);
            assert_non_null(strstr(kerb_ctx_message(ctx), "ends early"));
        }
        assert_int_equal(kerb_areas_set_count(set), 0);
        assert_int_equal(add(set, wkb.bytes, wkb.n), KERB_OK);
        kerb_areas_set_free(set);
    }
}

static void wkb__refuses_counts_beyond_its_end_without_allocating(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0xffffffffu, 0x7fffffffu, 0x10000000u, 1000u};
    for (size_t c = 0; c < 4; c++) {
        shapes_wkb points = {.n = 0}, rings = {.n = 0}, members = {.n = 0};
        shapes_put_head(&points, POLYGON);
        shapes_put_u32(&points, 1);
        shapes_put_u32(&points, counts[c]);
        for (int i = 0; i < 10; i++)
            shapes_put_double(&points, 1.0);
        assert_refused(&points, "ends early");
        shapes_put_head(&rings, POLYGON);
        shapes_put_u32(&rings, counts[c]);
        shapes_put_ring(&rings, 5, OUTER);
        assert_refused(&rings, "ends early");
        shapes_put_head(&members, COLLECTION);
        shapes_put_u32(&members, counts[c]);
        put_donut(&members);
        assert_refused(&members, "ends early");
    }
}

static void wkb__refuses_coordinates_that_are_no_numbers(void **state)
{
    (void)state;
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e300};
    for (size_t i = 0; i < 4; i++) {
        for (size_t place = 0; place < 10; place++) {
            double ring[5][2];
            memcpy(ring, OUTER, sizeof ring);
            ring[place / 2][place % 2] = bad[i];
            shapes_wkb wkb = {.n = 0};
            shapes_put_head(&wkb, POLYGON);
            shapes_put_u32(&wkb, 1);
            shapes_put_ring(&wkb, 5, (const double(*)[2])ring);
            assert_refused(&wkb, "no usable number");
        }
    }
}

static void wkb__refuses_deep_nesting(void **state)
{
    (void)state;
    shapes_wkb wkb = {.n = 0};
    for (int depth = 0; depth < 500; depth++) {
        shapes_put_head(&wkb, COLLECTION);
        shapes_put_u32(&wkb, 1);
    }
    put_donut(&wkb);
    assert_refused(&wkb, "nested deeper");
}

static void wkb__refuses_other_kinds_by_name(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        const char *word;
    } kinds[] = {{1, "a point"},          {2, "a line"},      {5, "a multiline"},
                 {10, "a curve polygon"}, {17, "a triangle"}, {999, "unknown kind"},
                 {4003, "unknown kind"},  {1001, "a point"},  {0, "unknown kind"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        shapes_wkb wkb = {.n = 0};
        shapes_put_head(&wkb, kinds[i].type);
        shapes_put_double(&wkb, 1.0);
        shapes_put_double(&wkb, 2.0);
        assert_refused(&wkb, kinds[i].word);
    }
    shapes_wkb mixed = {.n = 0}; /* a polygon beside a point is no set of polygons */
    shapes_put_head(&mixed, COLLECTION);
    shapes_put_u32(&mixed, 2);
    put_donut(&mixed);
    shapes_put_head(&mixed, 1);
    shapes_put_double(&mixed, 1.0);
    shapes_put_double(&mixed, 2.0);
    assert_refused(&mixed, "a point");
}

static void wkb__refuses_bytes_left_over_and_unknown_byte_orders(void **state)
{
    (void)state;
    shapes_wkb wkb = {.n = 0};
    put_donut(&wkb);
    wkb.bytes[wkb.n++] = 0;
    assert_refused(&wkb, "too many");
    wkb.bytes[0] = 2;
    assert_refused(&wkb, "byte order");
}

static void wkb__refuses_what_has_no_surface(void **state)
{
    (void)state;
    static const double spike[4][2] = {{0, 0}, {5, 5}, {0, 0}, {0, 0}};
    static const double flat[4][2] = {{0, 0}, {5, 0}, {2, 0}, {0, 0}};
    shapes_wkb line = {.n = 0}, collapsed = {.n = 0}, empty = {.n = 0}, none = {.n = 0};
    shapes_put_head(&line, POLYGON);
    shapes_put_u32(&line, 1);
    shapes_put_ring(&line, 4, spike);
    assert_refused(&line, "no surface");
    shapes_put_head(&collapsed, POLYGON);
    shapes_put_u32(&collapsed, 1);
    shapes_put_ring(&collapsed, 4, flat);
    assert_refused(&collapsed, "no surface");
    shapes_put_head(&empty, COLLECTION);
    shapes_put_u32(&empty, 0);
    assert_refused(&empty, "no surface");
    assert_refused(&none, "ends early");
}

static void wkb__a_hole_in_an_outer_ring_without_surface_is_dropped_with_it(void **state)
{
    (void)state;
    static const double spike[4][2] = {{0, 0}, {5, 5}, {0, 0}, {0, 0}};
    shapes_wkb wkb = {.n = 0};
    shapes_put_head(&wkb, MULTIPOLYGON);
    shapes_put_u32(&wkb, 2);
    put_far(&wkb);
    shapes_put_head(&wkb, POLYGON);
    shapes_put_u32(&wkb, 2);
    shapes_put_ring(&wkb, 4, spike);
    shapes_put_ring(&wkb, 5, HOLE);
    kerb_areas_set *set = shapes_new_set(ctx);
    assert_int_equal(add(set, wkb.bytes, wkb.n), KERB_OK);
    assert_near_abs(kerb_areas_set_area_m2(set, 0), 10.0, 0.0);
    assert_int_equal(kerb_areas_set_ring_count(set, 0), 1);
    assert_int_equal(kerb_areas_set_repaired(set), 1);
    kerb_areas_set_free(set);
}

static void wkb__no_damaged_byte_is_worse_than_a_refusal(void **state)
{
    (void)state;
    shapes_wkb good = {.n = 0};
    shapes_put_head(&good, MULTIPOLYGON);
    shapes_put_u32(&good, 2);
    put_donut(&good);
    put_far(&good);
    uint64_t seed = 3;
    size_t n_taken = 0, n_refused = 0;
    for (int i = 0; i < 20000; i++) {
        shapes_wkb wkb = good;
        size_t n_hits = 1 + shapes_random(&seed) % 3;
        for (size_t k = 0; k < n_hits; k++)
            wkb.bytes[shapes_random(&seed) % wkb.n] = (uint8_t)shapes_random(&seed);
        kerb_areas_set *set = shapes_new_set(ctx);
        kerb_status status = add(set, wkb.bytes, wkb.n);
        assert_true(status == KERB_OK || status == KERB_ERR_FORMAT);
        assert_int_equal(kerb_areas_set_count(set), status == KERB_OK ? 1 : 0);
        if (status == KERB_OK)
            assert_true(kerb_areas_set_area_m2(set, 0) > 0.0);
        n_taken += status == KERB_OK;
        n_refused += status != KERB_OK;
        kerb_areas_set_free(set);
    }
    assert_true(n_taken > 1000 && n_refused > 1000);
}

static void wkb__what_is_written_is_read_back_the_same(void **state)
{
    (void)state;
    shapes_wkb wkb = {.is_big = true};
    shapes_put_head(&wkb, COLLECTION);
    shapes_put_u32(&wkb, 2);
    put_donut(&wkb);
    put_far(&wkb);
    kerb_areas_set *first = shapes_new_set(ctx), *second = shapes_new_set(ctx);
    assert_int_equal(add(first, wkb.bytes, wkb.n), KERB_OK);
    uint8_t *written = NULL, *again = NULL;
    size_t n_written, n_again;
    assert_int_equal(kerb_areas_set_get_wkb(ctx, first, 0, &written, &n_written), KERB_OK);
    /* 1 + 4 + 4, then per part 9, per ring 4, per point 16 */
    assert_int_equal(n_written, 9 + 2 * 9 + 3 * 4 + 15 * 16);
    assert_int_equal(written[0], 1);
    assert_int_equal(written[1], MULTIPOLYGON);
    assert_int_equal(add(second, written, n_written), KERB_OK);
    assert_int_equal(kerb_areas_set_get_wkb(ctx, second, 0, &again, &n_again), KERB_OK);
    assert_int_equal(n_again, n_written);
    assert_memory_equal(again, written, n_written);
    assert_int_equal(kerb_areas_set_get_wkb(ctx, first, 1, &again, &n_again), KERB_ERR_ARG);
    kerb_free_text((char *)again);
    kerb_free_text((char *)written);
    kerb_areas_set_free(second);
    kerb_areas_set_free(first);
}

static kerb_status try_round_trip(kerb_ctx *own, void *user)
{
    const shapes_wkb *wkb = user;
    kerb_areas_set *set = NULL;
    uint8_t *written = NULL;
    size_t n;
    kerb_status status = kerb_areas_set_new(own, &set);
    if (status == KERB_OK)
        status = kerb_areas_set_add_wkb(own, set, "id", "name", wkb->bytes, wkb->n);
    if (status == KERB_OK)
        status = kerb_areas_set_get_wkb(own, set, 0, &written, &n);
    kerb_free_text((char *)written);
    kerb_areas_set_free(set);
    return status;
}

static void wkb__survives_every_allocation_that_fails(void **state)
{
    (void)state;
    static const double bow[5][2] = {{0, 0}, {10, 10}, {10, 0}, {0, 10}, {0, 0}};
    shapes_wkb good = {.n = 0}, broken = {.n = 0};
    put_donut(&good);
    shapes_put_head(&broken, POLYGON);
    shapes_put_u32(&broken, 1);
    shapes_put_ring(&broken, 5, bow);
    assert_true(failing_allocator_walk(try_round_trip, &good) > 8);
    assert_true(failing_allocator_walk(try_round_trip, &broken) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wkb__reads_both_byte_orders),
        cmocka_unit_test(wkb__members_may_change_the_byte_order),
        cmocka_unit_test(wkb__drops_heights_and_measures_in_every_dialect),
        cmocka_unit_test(wkb__reads_collections_of_polygons),
        cmocka_unit_test(wkb__closes_rings_and_skips_empty_members),
        cmocka_unit_test(wkb__refuses_a_polygon_cut_at_any_byte),
        cmocka_unit_test(wkb__refuses_counts_beyond_its_end_without_allocating),
        cmocka_unit_test(wkb__refuses_coordinates_that_are_no_numbers),
        cmocka_unit_test(wkb__refuses_deep_nesting),
        cmocka_unit_test(wkb__refuses_other_kinds_by_name),
        cmocka_unit_test(wkb__refuses_bytes_left_over_and_unknown_byte_orders),
        cmocka_unit_test(wkb__refuses_what_has_no_surface),
        cmocka_unit_test(wkb__a_hole_in_an_outer_ring_without_surface_is_dropped_with_it),
        cmocka_unit_test(wkb__no_damaged_byte_is_worse_than_a_refusal),
        cmocka_unit_test(wkb__what_is_written_is_read_back_the_same),
        cmocka_unit_test(wkb__survives_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
