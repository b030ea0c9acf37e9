/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reference systems: what definitions mean, which ones analysis can work in, and where they may
 * be used.
 */
#include "kerb_geo.h"

#include "failing_allocator.h"
#include "near.h"

#include <string.h>

#include "test_context.h"

static kerb_crs *open_crs(const char *definition)
{
    kerb_crs *crs = NULL;
    if (kerb_crs_new(ctx, definition, &crs) != KERB_OK)
        fail_msg("%s: %s", definition, kerb_ctx_message(ctx));
    return crs;
}

static bool covers(const char *definition, double x, double y)
{
    kerb_crs *crs = open_crs(definition);
    bool is_covered = kerb_crs_covers(crs, x, y);
    kerb_crs_free(crs);
    return is_covered;
}

/* British National Grid as a shapefile's .prj names it: no code anywhere. */
static const char ESRI_27700[] =
    "PROJCS[\"British_National_Grid\",GEOGCS[\"GCS_OSGB_1936\",DATUM[\"D_OSGB_1936\","
    "SPHEROID[\"Airy_1830\",6377563.396,299.3249646]],PRIMEM[\"Greenwich\",0],"
    "UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
    "PARAMETER[\"False_Easting\",400000],PARAMETER[\"False_Northing\",-100000],"
    "PARAMETER[\"Central_Meridian\",-2],PARAMETER[\"Scale_Factor\",0.9996012717],"
    "PARAMETER[\"Latitude_Of_Origin\",49],UNIT[\"Meter\",1]]";

static void crs__knows_what_a_code_means(void **state)
{
    (void)state;
    kerb_crs *grid = open_crs("EPSG:27700"), *degrees = open_crs("epsg:4326");
    assert_string_equal(kerb_crs_id(grid), "EPSG:27700");
    assert_int_equal(kerb_crs_epsg(grid), 27700);
    assert_string_equal(kerb_crs_name(grid), "OSGB36 / British National Grid");
    assert_non_null(strstr(kerb_crs_wkt(grid), "PROJCRS["));
    assert_null(strchr(kerb_crs_wkt(grid), '\n'));
    assert_true(kerb_crs_is_projected_m(grid));
    assert_false(kerb_crs_is_geographic(grid));
    assert_false(kerb_crs_is_none(grid));
    assert_string_equal(kerb_crs_id(degrees), "EPSG:4326");
    assert_true(kerb_crs_is_geographic(degrees));
    assert_false(kerb_crs_is_projected_m(degrees));
    kerb_crs_free(degrees);
    kerb_crs_free(grid);
}

static void crs__finds_the_code_of_a_definition_without_one(void **state)
{
    (void)state;
    kerb_crs *crs = open_crs(ESRI_27700);
    assert_string_equal(kerb_crs_id(crs), "EPSG:27700");
    kerb_crs_free(crs);
}

static void crs__reads_its_own_wkt_back(void **state)
{
    (void)state;
    static const char *const definitions[] = {"EPSG:27700", "EPSG:4326",
                                              "+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84"};
    for (size_t i = 0; i < sizeof definitions / sizeof definitions[0]; i++) {
        kerb_crs *first = open_crs(definitions[i]), *second = open_crs(kerb_crs_wkt(first));
        assert_string_equal(kerb_crs_id(first), kerb_crs_id(second));
        assert_true(kerb_crs_is_equal(first, second));
        kerb_crs_free(second);
        kerb_crs_free(first);
    }
}

static void crs__a_proj_string_has_no_code_and_its_wkt_for_an_id(void **state)
{
    (void)state;
    kerb_crs *crs = open_crs("+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84");
    assert_int_equal(kerb_crs_epsg(crs), 0);
    assert_string_equal(kerb_crs_id(crs), kerb_crs_wkt(crs));
    assert_string_equal(kerb_crs_name(crs), "+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84");
    assert_true(kerb_crs_is_projected_m(crs));
    kerb_crs_free(crs);
}

static void crs__takes_the_horizontal_half_of_a_compound_system(void **state)
{
    (void)state;
    kerb_crs *crs = open_crs("EPSG:7405"); /* British National Grid + ODN height */
    assert_string_equal(kerb_crs_id(crs), "EPSG:27700");
    kerb_crs_free(crs);
}

static void crs__refuses_what_it_does_not_know_by_name(void **state)
{
    (void)state;
    static const char *const unknown[] = {"EPSG:99999", "EPSG:",        "27700",   "",
                                          "leicester",  "+proj=nosuch", "PROJCS[", "ESRI:x",
                                          "WGS 84",     "EPSG:1314" /* an operation */};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        kerb_crs *crs = NULL;
        assert_int_equal(kerb_crs_new(ctx, unknown[i], &crs), KERB_ERR_ARG);
        assert_null(crs);
        assert_non_null(strstr(kerb_ctx_message(ctx), unknown[i]));
    }
    kerb_crs *crs = NULL;
    assert_int_equal(kerb_crs_new(ctx, NULL, &crs), KERB_ERR_ARG);
    assert_null(crs);
}

static void crs__equality_looks_at_meaning_not_at_spelling(void **state)
{
    (void)state;
    kerb_crs *degrees = open_crs("EPSG:4326"), *crs84 = open_crs("OGC:CRS84");
    kerb_crs *plain = open_crs("+proj=longlat +datum=WGS84"), *grid = open_crs("EPSG:27700");
    kerb_crs *etrs = open_crs("EPSG:4258"), *none = open_crs("none"), *other = open_crs("NONE");
    assert_true(kerb_crs_is_equal(degrees, crs84)); /* they differ in axis order only */
    assert_true(kerb_crs_is_equal(plain, degrees));
    assert_true(kerb_crs_is_equal(grid, grid));
    assert_true(kerb_crs_is_equal(none, other));
    assert_false(kerb_crs_is_equal(degrees, grid));
    assert_false(kerb_crs_is_equal(degrees, etrs));
    assert_false(kerb_crs_is_equal(none, grid));
    assert_false(kerb_crs_is_equal(grid, none));
    kerb_crs_free(other);
    kerb_crs_free(none);
    kerb_crs_free(etrs);
    kerb_crs_free(grid);
    kerb_crs_free(plain);
    kerb_crs_free(crs84);
    kerb_crs_free(degrees);
}

static void crs__none_is_a_plane_that_covers_all_numbers(void **state)
{
    (void)state;
    kerb_crs *none = open_crs("none");
    assert_true(kerb_crs_is_none(none));
    assert_string_equal(kerb_crs_id(none), "none");
    assert_string_equal(kerb_crs_wkt(none), "");
    assert_int_equal(kerb_crs_epsg(none), 0);
    assert_false(kerb_crs_is_geographic(none));
    assert_true(kerb_crs_covers(none, -1e30, 1e30));
    assert_false(kerb_crs_covers(none, (double)NAN, 0.0));
    assert_int_equal(kerb_crs_check_working(ctx, none, NULL), KERB_OK);
    kerb_crs_free(none);
}

static void crs__degrees_and_feet_are_no_working_system_and_the_utm_zone_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *definition;
        double lon_deg, lat_deg;
        const char *hint;
    } cases[] = {
        {"EPSG:4326", -1.2, 52.6, "EPSG:32630 (WGS 84 / UTM zone 30N)"},   /* Leicester */
        {"EPSG:4326", -90.05, 35.15, "EPSG:32615"},                        /* Memphis */
        {"EPSG:2274", -90.05, 35.15, "EPSG:32615"},                        /* Tennessee, feet */
        {"EPSG:4258", 151.2, -33.9, "EPSG:32756 (WGS 84 / UTM zone 56S)"}, /* Sydney */
        {"EPSG:4326", -180.0, 0.0, "EPSG:32601"},
        {"EPSG:4326", 180.0, 0.0, "EPSG:32660"},
        {"EPSG:4326", 15.0, 88.0, "EPSG:5041"},
        {"EPSG:4326", 15.0, -88.0, "EPSG:5042"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kerb_crs *crs = open_crs(cases[i].definition);
        kerb_point around = {.x = cases[i].lon_deg, .y = cases[i].lat_deg};
        assert_int_equal(kerb_crs_check_working(ctx, crs, &around), KERB_ERR_ARG);
        if (strstr(kerb_ctx_message(ctx), cases[i].hint) == NULL)
            fail_msg("no %s in: %s", cases[i].hint, kerb_ctx_message(ctx));
        kerb_crs_free(crs);
    }
    kerb_crs *degrees = open_crs("EPSG:4326"), *feet = open_crs("EPSG:2274");
    kerb_crs *grid = open_crs("EPSG:27700"), *utm = open_crs("EPSG:32616");
    kerb_point nowhere = {.x = (double)NAN, .y = 4e5};
    assert_int_equal(kerb_crs_check_working(ctx, degrees, NULL), KERB_ERR_ARG);
    assert_null(strstr(kerb_ctx_message(ctx), "UTM"));
    assert_int_equal(kerb_crs_check_working(ctx, degrees, &nowhere), KERB_ERR_ARG);
    assert_null(strstr(kerb_ctx_message(ctx), "UTM"));
    assert_int_equal(kerb_crs_check_working(ctx, feet, NULL), KERB_ERR_ARG);
    assert_non_null(strstr(kerb_ctx_message(ctx), "foot"));
    assert_int_equal(kerb_crs_check_working(ctx, grid, NULL), KERB_OK);
    assert_int_equal(kerb_crs_check_working(ctx, utm, NULL), KERB_OK);
    kerb_crs_free(utm);
    kerb_crs_free(grid);
    kerb_crs_free(feet);
    kerb_crs_free(degrees);
}

static void crs__the_national_grid_covers_britain_and_not_memphis(void **state)
{
    (void)state;
    assert_true(covers("EPSG:27700", 458000.0, 304000.0));  /* Leicester */
    assert_true(covers("EPSG:27700", 90000.0, 10000.0));    /* Scilly */
    assert_true(covers("EPSG:27700", 439668.0, 1175316.0)); /* Shetland */
    assert_true(covers("EPSG:27700", 0.0, 0.0));
    assert_false(
        covers("EPSG:27700", -6919310.0, 4163916.0)); /* Memphis, as PROJ computes it */
    assert_false(covers("EPSG:27700", 1000000.0, 300000.0));
    assert_false(covers("EPSG:27700", (double)NAN, 300000.0));
    assert_false(covers("EPSG:27700", 458000.0, (double)INFINITY));
}

static void crs__the_margin_is_fifty_kilometres(void **state)
{
    (void)state;
    /* Zone 30N is bounded by the equator, northing 0 */
    assert_true(covers("EPSG:32630", 500000.0, -49999.0));
    assert_false(covers("EPSG:32630", 500000.0, -50001.0));
}

static void crs__degrees_are_covered_by_area_of_use(void **state)
{
    (void)state;
    assert_true(covers("EPSG:4326", -90.05, 35.15));
    assert_true(covers("EPSG:4326", 180.0, -90.0));
    assert_true(covers("EPSG:4326", 359.0, 10.0)); /* longitudes from 0 to 360 */
    assert_false(covers("EPSG:4326", 0.0, 90.5));
    assert_false(covers("EPSG:4326", 485900.0, 52.0)); /* an easting is no longitude */
    assert_true(covers("EPSG:4277", -1.2, 52.6));      /* OSGB36 */
    assert_true(covers("EPSG:4277", 358.8, 52.6));
    assert_false(covers("EPSG:4277", 52.6, -1.2)); /* latitude and longitude swapped */
    assert_false(covers("EPSG:4277", -90.05, 35.15));
}

static void crs__areas_across_the_antimeridian_are_whole(void **state)
{
    (void)state;
    assert_true(covers("EPSG:2193", 1748735.0, 5427916.0)); /* Wellington */
    assert_false(covers("EPSG:2193", 458000.0, 304000.0));
    assert_true(covers("EPSG:4167", 174.8, -41.3));  /* NZGD2000, degrees */
    assert_true(covers("EPSG:4167", -176.5, -44.0)); /* Chatham Islands, beyond 180 */
    assert_false(covers("EPSG:4167", -1.2, 52.6));
}

static void crs__grads_from_paris_are_its_own_coordinates(void **state)
{
    (void)state;
    /* EPSG:4807: latitude 54 grads is 48.6 degrees, 30 is 27 degrees */
    assert_true(covers("EPSG:4807", 0.0, 54.0));
    assert_false(covers("EPSG:4807", 0.0, 30.0));
    assert_false(covers("EPSG:4807", 54.0, 0.0));
}

static void crs__a_system_without_area_covers_everything(void **state)
{
    (void)state;
    assert_true(covers("+proj=laea +lat_0=52 +lon_0=10 +datum=WGS84", 1e7, -1e7));
}

static kerb_status try_new(kerb_ctx *own, void *user)
{
    kerb_crs *crs = NULL;
    kerb_status status = kerb_crs_new(own, user, &crs);
    if (status != KERB_OK)
        assert_null(crs);
    kerb_crs_free(crs);
    return status;
}

static void crs__survives_every_allocation_that_fails(void **state)
{
    (void)state;
    char grid[] = "EPSG:27700", none[] = "none", string[] = "+proj=utm +zone=30 +datum=WGS84";
    assert_true(failing_allocator_walk(try_new, grid) > 3);
    failing_allocator_walk(try_new, none);
    failing_allocator_walk(try_new, string);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crs__knows_what_a_code_means),
        cmocka_unit_test(crs__finds_the_code_of_a_definition_without_one),
        cmocka_unit_test(crs__reads_its_own_wkt_back),
        cmocka_unit_test(crs__a_proj_string_has_no_code_and_its_wkt_for_an_id),
        cmocka_unit_test(crs__takes_the_horizontal_half_of_a_compound_system),
        cmocka_unit_test(crs__refuses_what_it_does_not_know_by_name),
        cmocka_unit_test(crs__equality_looks_at_meaning_not_at_spelling),
        cmocka_unit_test(crs__none_is_a_plane_that_covers_all_numbers),
        cmocka_unit_test(crs__degrees_and_feet_are_no_working_system_and_the_utm_zone_is_named),
        cmocka_unit_test(crs__the_national_grid_covers_britain_and_not_memphis),
        cmocka_unit_test(crs__the_margin_is_fifty_kilometres),
        cmocka_unit_test(crs__degrees_are_covered_by_area_of_use),
        cmocka_unit_test(crs__areas_across_the_antimeridian_are_whole),
        cmocka_unit_test(crs__grads_from_paris_are_its_own_coordinates),
        cmocka_unit_test(crs__a_system_without_area_covers_everything),
        cmocka_unit_test(crs__survives_every_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
