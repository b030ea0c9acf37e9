/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Transformations against points published by Ordnance Survey (the OSTN15 test points) and
 * against pairs in the national collision file; the choice of operation by its name.
 */
#include "kerb_geo.h"

#include "failing_allocator.h"
#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_context.h"

static kerb_crs *open_crs(const char *definition)
{
    kerb_crs *crs = NULL;
    if (kerb_crs_new(ctx, definition, &crs) != KERB_OK)
        fail_msg("%s: %s", definition, kerb_ctx_message(ctx));
    return crs;
}

static kerb_status try_open(const char *from, const char *to, const kerb_box *area,
                            kerb_transform **out)
{
    kerb_crs *source = open_crs(from), *target = open_crs(to);
    kerb_status status = kerb_transform_new(ctx, source, target, area, out);
    kerb_crs_free(target);
    kerb_crs_free(source);
    return status;
}

static kerb_transform *open_transform(const char *from, const char *to, const kerb_box *area)
{
    kerb_transform *transform = NULL;
    if (try_open(from, to, area, &transform) != KERB_OK)
        fail_msg("%s to %s: %s", from, to, kerb_ctx_message(ctx));
    return transform;
}

/* Accuracy better than a metre is stated only by operations through the OSTN15 grid. */
static double find_tolerance_m(const kerb_transform *transform)
{
    return kerb_transform_accuracy_m(transform) < 1.5 ? 0.01 : 5.0;
}

static void transform__meets_the_points_of_ordnance_survey(void **state)
{
    (void)state;
    /* Ordnance Survey, OSTN15/OSGM15 developer pack: ETRS89 latitude, longitude, easting,
     * northing */
    static const double points[][4] = {
        {52.25529382, -2.15458614, 389544.190, 261912.153}, /* TP12 */
        {52.25160951, -0.91248957, 474335.969, 262047.755}, /* TP13 */
        {52.75136687, 0.40153547, 562180.547, 319784.995},  /* TP14 */
        {52.96219109, -1.19747656, 454002.834, 340834.943}, /* TP15 */
    };
    static const char *const sources[] = {"EPSG:4326", "EPSG:4258"};
    for (size_t s = 0; s < 2; s++) {
        kerb_transform *transform = open_transform(sources[s], "EPSG:27700", NULL);
        double tolerance_m = find_tolerance_m(transform);
        for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
            double x = points[i][1], y = points[i][0];
            kerb_transform_points(transform, 1, &x, &y);
            assert_near_abs(hypot(x - points[i][2], y - points[i][3]), 0.0, tolerance_m);
        }
        kerb_transform_free(transform);
    }
}

static void transform__never_leaves_the_datum_shift_out(void **state)
{
    (void)state;
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", NULL);
    assert_non_null(strstr(kerb_transform_name(transform), "OSGB36 to WGS 84"));
    assert_non_null(strstr(kerb_transform_name(transform), "British National Grid"));
    assert_null(strstr(kerb_transform_name(transform), "allpark"));
    assert_true(kerb_transform_accuracy_m(transform) <= 2.0);
    assert_false(kerb_transform_is_identity(transform));
    kerb_transform_free(transform);
}

static void transform__the_operation_does_not_hang_on_a_stray_point(void **state)
{
    (void)state;
    const kerb_box county = {.xmin = -1.6, .ymin = 52.4, .xmax = -0.7, .ymax = 53.0};
    const kerb_box stray = {.xmin = -1.6, .ymin = 0.0, .xmax = 0.0, .ymax = 53.0};
    const kerb_box memphis = {.xmin = -90.2, .ymin = 35.0, .xmax = -89.8, .ymax = 35.3};
    const kerb_box *const areas[] = {&county, &stray, &memphis};
    kerb_transform *usual = open_transform("EPSG:4326", "EPSG:27700", NULL);
    for (size_t i = 0; i < 3; i++) {
        kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", areas[i]);
        assert_string_equal(kerb_transform_name(transform), kerb_transform_name(usual));
        kerb_transform_free(transform);
    }
    kerb_transform_free(usual);
}

static void transform__memphis_comes_out_where_the_grid_does_not_reach(void **state)
{
    (void)state;
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", NULL);
    kerb_crs *grid = open_crs("EPSG:27700");
    double x[] = {-90.05, -1.13}, y[] = {35.15, 52.63};
    kerb_transform_points(transform, 2, x, y);
    assert_true(isfinite(x[0])); /* PROJ does not refuse: that is why covers() exists */
    assert_false(kerb_crs_covers(grid, x[0], y[0]));
    assert_true(kerb_crs_covers(grid, x[1], y[1]));
    kerb_crs_free(grid);
    kerb_transform_free(transform);
}

static void transform__latitude_before_longitude_is_not_covered(void **state)
{
    (void)state;
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", NULL);
    kerb_crs *grid = open_crs("EPSG:27700");
    double x = 52.63, y = -1.13;
    kerb_transform_points(transform, 1, &x, &y);
    assert_false(kerb_crs_covers(grid, x, y));
    kerb_crs_free(grid);
    kerb_transform_free(transform);
}

static void transform__x_is_always_east(void **state)
{
    (void)state;
    /* EPSG:3035 declares northing first. By its definition longitude 10, latitude 52 is at
     * easting 4321000, northing 3210000. */
    kerb_transform *transform = open_transform("EPSG:4258", "EPSG:3035", NULL);
    double x = 10.0, y = 52.0;
    kerb_transform_points(transform, 1, &x, &y);
    assert_near_abs(x, 4321000.0, 1e-6);
    assert_near_abs(y, 3210000.0, 1e-6);
    kerb_transform_free(transform);
}

static void transform__there_and_back_is_where_it_began(void **state)
{
    (void)state;
    static const char *const systems[] = {"EPSG:27700", "EPSG:32630", "EPSG:3857", "EPSG:3035",
                                          "EPSG:4277"};
    for (size_t s = 0; s < sizeof systems / sizeof systems[0]; s++) {
        kerb_transform *there = open_transform("EPSG:4326", systems[s], NULL);
        kerb_transform *back = open_transform(systems[s], "EPSG:4326", NULL);
        double x[400], y[400];
        for (int i = 0; i < 400; i++) {
            x[i] = -5.0 + 0.25 * (i % 20);
            y[i] = 51.0 + 0.25 * (double)(i / 20);
        }
        kerb_transform_points(there, 400, x, y);
        kerb_transform_points(back, 400, x, y);
        for (int i = 0; i < 400; i++) { /* 1e-7 degrees are a centimetre; heights are dropped */
            assert_near_abs(x[i], -5.0 + 0.25 * (i % 20), 1e-7);
            assert_near_abs(y[i], 51.0 + 0.25 * (double)(i / 20), 1e-7);
        }
        kerb_transform_free(back);
        kerb_transform_free(there);
    }
}

static void transform__a_batch_gives_what_single_points_give(void **state)
{
    (void)state;
    enum { N = 1000 };
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", NULL);
    double x[N], y[N];
    for (int i = 0; i < N; i++) {
        x[i] = -3.0 + 0.003 * i;
        y[i] = 54.0 - 0.002 * i;
    }
    x[500] = (double)NAN; /* a bad point must not disturb those after it */
    y[501] = 91.0;
    kerb_transform_points(transform, N, x, y);
    for (int i = 0; i < N; i++) {
        double one_x = i == 500 ? (double)NAN : -3.0 + 0.003 * i;
        double one_y = i == 501 ? 91.0 : 54.0 - 0.002 * i;
        kerb_transform_points(transform, 1, &one_x, &one_y);
        if (i == 500 || i == 501) {
            assert_true(isnan(x[i]) && isnan(y[i]) && isnan(one_x) && isnan(one_y));
        } else {
            assert_near_ulps(x[i], one_x, 0);
            assert_near_ulps(y[i], one_y, 0);
        }
    }
    kerb_transform_free(transform);
}

static void transform__between_equal_systems_changes_nothing(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"EPSG:27700", "EPSG:27700"}, {"EPSG:4326", "OGC:CRS84"}, {"none", "none"}};
    for (size_t i = 0; i < 3; i++) {
        kerb_transform *transform = open_transform(pairs[i][0], pairs[i][1], NULL);
        double x[] = {0.1, (double)INFINITY}, y[] = {1e15, 0.0};
        assert_true(kerb_transform_is_identity(transform));
        assert_string_equal(kerb_transform_name(transform), "none needed");
        assert_near_abs(kerb_transform_accuracy_m(transform), 0.0, 0.0);
        kerb_transform_points(transform, 2, x, y);
        assert_near_ulps(x[0], 0.1, 0);
        assert_near_ulps(y[0], 1e15, 0);
        assert_true(isnan(x[1]) && isnan(y[1]));
        kerb_transform_free(transform);
    }
}

static void transform__a_projection_of_the_same_datum_is_exact(void **state)
{
    (void)state;
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:32630", NULL);
    assert_string_equal(kerb_transform_name(transform), "UTM zone 30N");
    assert_near_abs(kerb_transform_accuracy_m(transform), 0.0, 0.0);
    double x = -3.0, y = 0.0; /* central meridian and equator: false easting, no northing */
    kerb_transform_points(transform, 1, &x, &y);
    assert_near_abs(x, 500000.0, 1e-6);
    assert_near_abs(y, 0.0, 1e-6);
    kerb_transform_free(transform);
}

static void transform__there_is_no_way_between_a_system_and_none(void **state)
{
    (void)state;
    kerb_transform *transform = NULL;
    assert_int_equal(try_open("EPSG:4326", "none", NULL, &transform), KERB_ERR_CRS);
    assert_int_equal(try_open("none", "EPSG:27700", NULL, &transform), KERB_ERR_CRS);
    assert_non_null(strstr(kerb_ctx_message(ctx), "EPSG:27700"));
    assert_null(transform);
}

static void transform__refuses_where_only_a_ballpark_is_left(void **state)
{
    (void)state;
    kerb_transform *transform = NULL;
    /* the Airy ellipsoid without a datum: its place on the earth is not known */
    assert_int_equal(try_open("EPSG:4326",
                              "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 "
                              "+y_0=-100000 +ellps=airy",
                              NULL, &transform),
                     KERB_ERR_CRS);
    assert_int_equal(try_open("EPSG:4326", "EPSG:5701", NULL, &transform), KERB_ERR_CRS);
    assert_non_null(strstr(kerb_ctx_message(ctx), "neither"));
    assert_null(transform);
}

static void transform__agrees_with_the_coordinate_pairs_of_the_collision_file(void **state)
{
    (void)state;
    FILE *file = fopen(KERB_SHARED "/data/collisions/gb_sample/ac_sample1000.csv", "r");
    if (file == NULL) {
        print_message("skipped: collisions/gb_sample is not here\n");
        skip();
    }
    kerb_transform *transform = open_transform("EPSG:4326", "EPSG:27700", NULL);
    /* The file's own degrees come from a cruder conversion than OS's points (they differ from
     * any operation here by 5 m in the middle and 12 m in Orkney), with or without the OSTN15
     * grid. A lost datum shift would be 100 m, swapped axes thousands of kilometres. */
    const double limit_m = 15.0, rms_limit_m = 7.0;
    double sum_m2 = 0.0;
    char line[4096];
    size_t n = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        double easting, northing, x, y;
        char *comma = strchr(line, ',');
        if (comma == NULL ||
            sscanf(comma, ",%lf,%lf,%lf,%lf", &easting, &northing, &x, &y) != 4)
            continue;
        kerb_transform_points(transform, 1, &x, &y);
        double off_m = hypot(x - easting, y - northing);
        assert_near_abs(off_m, 0.0, limit_m);
        sum_m2 += off_m * off_m;
        n++;
    }
    fclose(file);
    assert_true(n > 900);
    assert_near_abs(sqrt(sum_m2 / (double)n), 0.0, rms_limit_m);
    kerb_transform_free(transform);
}

static kerb_status try_new(kerb_ctx *own, void *user)
{
    kerb_crs **pair = user;
    kerb_transform *transform = NULL;
    kerb_status status = kerb_transform_new(own, pair[0], pair[1], NULL, &transform);
    if (status != KERB_OK)
        assert_null(transform);
    kerb_transform_free(transform);
    return status;
}

static void transform__survives_every_allocation_that_fails(void **state)
{
    (void)state;
    kerb_crs *pair[] = {open_crs("EPSG:4326"), open_crs("EPSG:27700")};
    kerb_crs *same[] = {pair[0], pair[0]};
    assert_true(failing_allocator_walk(try_new, pair) >= 2);
    assert_true(failing_allocator_walk(try_new, same) >= 2);
    kerb_crs_free(pair[1]);
    kerb_crs_free(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transform__meets_the_points_of_ordnance_survey),
        cmocka_unit_test(transform__never_leaves_the_datum_shift_out),
        cmocka_unit_test(transform__the_operation_does_not_hang_on_a_stray_point),
        cmocka_unit_test(transform__memphis_comes_out_where_the_grid_does_not_reach),
        cmocka_unit_test(transform__latitude_before_longitude_is_not_covered),
        cmocka_unit_test(transform__x_is_always_east),
        cmocka_unit_test(transform__there_and_back_is_where_it_began),
        cmocka_unit_test(transform__a_batch_gives_what_single_points_give),
        cmocka_unit_test(transform__between_equal_systems_changes_nothing),
        cmocka_unit_test(transform__a_projection_of_the_same_datum_is_exact),
        cmocka_unit_test(transform__there_is_no_way_between_a_system_and_none),
        cmocka_unit_test(transform__refuses_where_only_a_ballpark_is_left),
        cmocka_unit_test(transform__agrees_with_the_coordinate_pairs_of_the_collision_file),
        cmocka_unit_test(transform__survives_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
