/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The 950 census areas (LSOA 2011) of the trial county, when the trial data are beside the
 * project: areas and places against GEOS after bringing them into EPSG:27700.
 */
#include "geos_oracle.h"

#include <jansson.h>

#include <stdio.h>

enum { N_LSOA = 950 };

static kerb_areas_set *lsoa; /* NULL when the data are not here */

static size_t add_json_ring(const json_t *ring, kerb_point *points)
{
    size_t k;
    const json_t *position;
    json_array_foreach(ring, k, position)
    {
        points[k] = (kerb_point){.x = json_number_value(json_array_get(position, 0)),
                                 .y = json_number_value(json_array_get(position, 1))};
    }
    return json_array_size(ring);
}

/* All rings of a polygon or multipolygon, flat: the rings of these files never cross. */
static void add_feature(const json_t *feature, kerb_point *points)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const json_t *parts = json_object_get(geometry, "coordinates");
    bool is_multi =
        strcmp(json_string_value(json_object_get(geometry, "type")), "MultiPolygon") == 0;
    size_t n_parts = is_multi ? json_array_size(parts) : 1;
    size_t n_bytes = 9, at = 0;
    uint8_t *wkb = NULL;
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            wkb = malloc(n_bytes);
            assert_non_null(wkb);
        }
        at = 9;
        for (size_t p = 0; p < n_parts; p++) {
            const json_t *rings = is_multi ? json_array_get(parts, p) : parts;
            if (pass == 1) {
                const uint32_t head[] = {3, (uint32_t)json_array_size(rings)};
                wkb[at] = 1;
                memcpy(wkb + at + 1, head, 8); /* little-endian machines only, as is the test */
            }
            at += 9;
            for (size_t r = 0; r < json_array_size(rings); r++) {
                size_t n = add_json_ring(json_array_get(rings, r), points);
                if (pass == 1) {
                    uint32_t count = (uint32_t)n;
                    memcpy(wkb + at, &count, 4);
                    memcpy(wkb + at + 4, points, n * sizeof *points);
                }
                at += 4 + n * sizeof *points;
            }
        }
        n_bytes = at;
    }
    const uint32_t head[] = {6, (uint32_t)n_parts};
    wkb[0] = 1;
    memcpy(wkb + 1, head, 8);
    const json_t *properties = json_object_get(feature, "properties");
    kerb_status status = kerb_areas_set_add_wkb(
        ctx, lsoa, json_string_value(json_object_get(properties, "LSOA11CD")),
        json_string_value(json_object_get(properties, "LSOA11NM")), wkb, n_bytes);
    free(wkb);
    if (status != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
}

static int read_lsoa(void **state)
{
    if (make_context_and_geos(state) != 0)
        return 1;
    json_t *root = json_load_file(KERB_SHARED "/data/boundaries/lsoa11.geojson", 0, NULL);
    if (root == NULL)
        return 0;
    kerb_point *points = calloc(100000, sizeof *points);
    lsoa = shapes_new_set(ctx);
    size_t i;
    const json_t *feature;
    json_array_foreach(json_object_get(root, "features"), i, feature)
    {
        add_feature(feature, points);
    }
    free(points);
    json_decref(root);

    kerb_crs *from = NULL, *to = NULL;
    kerb_transform *transform = NULL;
    if (kerb_crs_new(ctx, "EPSG:4326", &from) != KERB_OK ||
        kerb_crs_new(ctx, "EPSG:27700", &to) != KERB_OK ||
        kerb_transform_new(ctx, from, to, NULL, &transform) != KERB_OK ||
        kerb_areas_set_transform(ctx, lsoa, transform) != KERB_OK ||
        kerb_areas_set_index(ctx, lsoa) != KERB_OK) {
        print_error("%s\n", kerb_ctx_message(ctx));
        return 1;
    }
    kerb_transform_free(transform);
    kerb_crs_free(to);
    kerb_crs_free(from);
    return 0;
}

static int free_lsoa(void **state)
{
    kerb_areas_set_free(lsoa);
    return free_context_and_geos(state);
}

static void need_data(void)
{
    if (lsoa == NULL) {
        print_message("skipped: boundaries/lsoa11.geojson is not here\n");
        skip();
    }
}

static void lsoa__all_are_read_and_the_broken_ones_repaired(void **state)
{
    (void)state;
    need_data();
    assert_int_equal(kerb_areas_set_count(lsoa), N_LSOA);
    assert_int_equal(kerb_areas_set_repaired(lsoa), 4);
    size_t first = kerb_areas_set_find_id(lsoa, "E01013600");
    assert_int_equal(first, 0);
    assert_string_equal(kerb_areas_set_name(lsoa, first), "Leicester 003A");
}

static void lsoa__areas_are_those_of_geos(void **state)
{
    (void)state;
    need_data();
    double sum_m2 = 0.0;
    for (size_t i = 0; i < N_LSOA; i++) {
        geos_area area = geos_open(ctx, geos, lsoa, i);
        assert_int_equal(GEOSisValid_r(geos, area.geometry), 1);
        assert_near_rel(kerb_areas_set_area_m2(lsoa, i), geos_measure(geos, area.geometry),
                        1e-9);
        sum_m2 += kerb_areas_set_area_m2(lsoa, i);
        geos_close(geos, area);
    }
    /* The areas tile: all of them dissolved is as large as their sum, but for slivers. */
    kerb_areas_set *all = NULL;
    assert_int_equal(kerb_areas_set_dissolve(ctx, lsoa, NULL, &all), KERB_OK);
    assert_near_rel(kerb_areas_set_area_m2(all, 0), sum_m2, 1e-4);
    kerb_areas_set_free(all);
}

static void lsoa__places_agree_with_geos(void **state)
{
    (void)state;
    need_data();
    geos_area *areas = calloc(N_LSOA, sizeof *areas);
    assert_non_null(areas);
    for (size_t i = 0; i < N_LSOA; i++)
        areas[i] = geos_open(ctx, geos, lsoa, i);
    kerb_box box = kerb_areas_set_box(lsoa);
    uint64_t seed = 71;
    size_t n_in = 0, n_several = 0;
    for (int k = 0; k < 3000; k++) {
        kerb_point p = {shapes_uniform(&seed, box.xmin, box.xmax),
                        shapes_uniform(&seed, box.ymin, box.ymax)};
        size_t want = N_LSOA, n_holding = 0;
        for (size_t i = 0; i < N_LSOA; i++) {
            if (geos_holds(geos, areas[i], p)) {
                n_holding++;
                want = want == N_LSOA ? i : want;
            }
        }
        assert_int_equal(kerb_areas_set_locate(lsoa, p.x, p.y), want);
        n_in += n_holding > 0;
        n_several += n_holding > 1;
    }
    assert_true(n_in > 1000);
    assert_true(n_several <= n_in / 1000); /* slivers where neighbours were drawn apart */
    /* corners: on the border of their own area, and the first that holds them is what GEOS says
     */
    for (size_t i = 0; i < N_LSOA; i += 7) {
        size_t n;
        const kerb_point *ring = kerb_areas_set_ring(lsoa, i, 0, &n, NULL);
        for (size_t k = 0; k < n; k += 11) {
            assert_true(kerb_areas_set_holds(lsoa, i, ring[k].x, ring[k].y));
            size_t found = kerb_areas_set_locate(lsoa, ring[k].x, ring[k].y);
            assert_true(found <= i);
            for (size_t j = 0; j <= found; j++)
                assert_int_equal(geos_holds(geos, areas[j], ring[k]), j == found);
        }
    }
    for (size_t i = 0; i < N_LSOA; i++)
        geos_close(geos, areas[i]);
    free(areas);
}

static void lsoa__every_point_of_an_area_is_found_in_it(void **state)
{
    (void)state;
    need_data();
    size_t n_elsewhere = 0;
    for (size_t i = 0; i < N_LSOA; i++) {
        geos_area area = geos_open(ctx, geos, lsoa, i);
        GEOSGeometry *inside = GEOSPointOnSurface_r(geos, area.geometry);
        kerb_point p;
        assert_int_equal(GEOSGeomGetX_r(geos, inside, &p.x), 1);
        assert_int_equal(GEOSGeomGetY_r(geos, inside, &p.y), 1);
        assert_true(kerb_areas_set_holds(lsoa, i, p.x, p.y));
        n_elsewhere += kerb_areas_set_locate(lsoa, p.x, p.y) != i;
        GEOSGeom_destroy_r(geos, inside);
        geos_close(geos, area);
    }
    assert_int_equal(n_elsewhere, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lsoa__all_are_read_and_the_broken_ones_repaired),
        cmocka_unit_test(lsoa__areas_are_those_of_geos),
        cmocka_unit_test(lsoa__places_agree_with_geos),
        cmocka_unit_test(lsoa__every_point_of_an_area_is_found_in_it),
    };
    return cmocka_run_group_tests(tests, read_lsoa, free_lsoa);
}
