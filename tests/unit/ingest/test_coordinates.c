/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of coordinates: by table for one row, then the checks that need the whole file.
 */
#include "ingest_scene.h"

/* One located row of Oakham is added to each case, so that one bad row is not more than half.
 */
static const struct {
    const char *header, *good, *row;
    const char *reason; /* of rejection or of no place; NULL: it has a place */
    bool is_rejected;
    double x, y;
} rows[] = {
    {"easting,northing", "485900,308700", "485912.5,308701", NULL, false, 485912.5, 308701},
    {"easting,northing", "485900,308700", " 485912 , 308701 ", NULL, false, 485912, 308701},
    {"easting,northing", "485900,308700", "+485912,308701", NULL, false, 485912, 308701},
    {"easting,northing", "485900,308700", "4.85912e5,308701", NULL, false, 485912, 308701},
    {"easting,northing", "485900,308700", ",", "empty_row", true, 0, 0},
    {"easting,northing,id", "485900,308700,1", ",,2", "no_coordinates", false, 0, 0},
    {"easting,northing,id", "485900,308700,1", "485900,,2", "no_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "NULL,NULL", "no_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "NA,na", "no_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "-1,-1", "no_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "0,0", "zero_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "0.0,-0.00", "zero_coordinates", false, 0, 0},
    {"easting,northing", "485900,308700", "376***,165***", NULL, false, 376500, 165500},
    {"easting,northing", "485900,308700", "376***,165432", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "376***,16543*", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "376*x*,165***", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "***,***", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "3******,1******", "bad_coordinate", true, 0, 0},
    {"longitude,latitude", "-0.73,52.67", "1***,2***", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "nan,nan", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "NaN,308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "inf,308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "485900,-Infinity", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "1e999,308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "0x1F,308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "\"485,900\",308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "Oakham,308700", "bad_coordinate", true, 0, 0},
    {"easting,northing", "485900,308700", "-9000000,308700", "outside_crs_area", false, 0, 0},
    {"longitude,latitude", "-0.73,52.67", "0,0", "zero_coordinates", false, 0, 0},
    {"longitude,latitude", "-0.73,52.67", "-89.942,35.149", "outside_crs_area", false, 0, 0},
    {"longitude,latitude", "-0.73,52.67", "-0.73,352.67", "outside_crs_area", false, 0, 0},
    {"grid reference", "SK 859 087", "sk859087", NULL, false, 485950, 308750},
    {"grid reference,id", "SK 859 087,1", ",2", "no_coordinates", false, 0, 0},
    {"grid reference", "SK 859 087", "SK 85901 08701", NULL, false, 485901.5, 308701.5},
    {"grid reference", "SK 859 087", "SK 859 08", "bad_grid_reference", true, 0, 0},
    {"grid reference", "SK 859 087", "N 123", "bad_grid_reference", true, 0, 0},
    {"grid reference", "SK 859 087", "ZZ 12", "bad_grid_reference", true, 0, 0},
    {"wkt", "POINT (485900 308700)", "point(485912.5 308701)", NULL, false, 485912.5, 308701},
    {"wkt", "POINT (485900 308700)", "POINT Z (485912 308701 12)", NULL, false, 485912, 308701},
    {"wkt", "POINT (485900 308700)", "SRID=27700;POINT(485912 308701)", NULL, false, 485912,
     308701},
    {"wkt,id", "POINT (485900 308700),1", "POINT EMPTY,2", "no_coordinates", false, 0, 0},
    {"wkt", "POINT (485900 308700)", "\"POINT (1 2, 3 4)\"", "bad_coordinate", true, 0, 0},
    {"wkt", "POINT (485900 308700)", "LINESTRING (1 2)", "bad_coordinate", true, 0, 0},
    {"wkt", "POINT (485900 308700)", "POINT (485900)", "bad_coordinate", true, 0, 0},
};

static void coordinates__each_row_has_a_place_or_a_reason(void **state)
{
    scene s = scene_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s\n%s\n%s\n", rows[i].header, rows[i].good, rows[i].row);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        bool has_place = rows[i].reason == NULL;
        if (s.report->rejected != rows[i].is_rejected ||
            s.report->without_geometry != (!has_place && !rows[i].is_rejected) ||
            (!has_place && scene_reason(&s, rows[i].reason) != 1)) {
            size_t n = 0;
            const kerb_tally_entry *e = kerb_tally_entries(s.report->by_reason, &n);
            fail_msg("'%s' under '%s': got %s", rows[i].row, rows[i].header,
                     n > 0 ? e[0].name : "a place");
        }
        if (has_place) {
            assert_near_abs(s.events->x[1], rows[i].x, 0.0);
            assert_near_abs(s.events->y[1], rows[i].y, 0.0);
        }
    }
    scene_close(&s);
}

/* OSTN15 test points TP13, TP15, TP14 of Ordnance Survey; without the grid PROJ is within 5 m.
 */
static void coordinates__degrees_come_to_the_national_grid(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "Latitude,Longitude\n52.25160951,-0.91248957\n"
                                      "52.96219109,-1.19747656\n52.75136687,0.40153547\n"));
    static const double want[3][2] = {
        {474335.969, 262047.755}, {454002.834, 340834.943}, {562180.547, 319784.995}};
    for (size_t i = 0; i < 3; i++) {
        assert_near_abs(s.events->x[i], want[i][0], 5.0);
        assert_near_abs(s.events->y[i], want[i][1], 5.0);
    }
    assert_string_equal(s.report->files[0].crs_id, "EPSG:4326");
    assert_non_null(strstr(s.report->files[0].operation, "OSGB"));
    assert_null(strstr(s.report->files[0].operation, "allpark"));
    assert_true(s.report->files[0].operation_accuracy_m <= 3.0);
    scene_close(&s);
}

static void coordinates__degrees_under_x_and_y_are_refused(void **state)
{
    static const char *const headers[] = {"x,y", "easting,northing",
                                          "X Coordinate,Y Coordinate"};
    scene s = scene_open();
    for (size_t i = 0; i < 3; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s\n-0.73,52.67\n-0.74,52.68\n", headers[i]);
        assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", text)), KERB_ERR_CRS);
        assert_message_has(&s, "these look like degrees: say --input-crs EPSG:4326");
    }
    s.options.input_crs = "EPSG:4326";
    scene_read_well(&s, scratch_write(*state, "a.csv", "x,y\n-0.73,52.67\n-0.74,52.68\n"));
    assert_int_equal(s.report->without_geometry, 0);
    scene_close(&s);
    s = scene_open_in("none");
    scene_read_well(&s, scratch_write(*state, "a.csv", "x,y\n-0.73,52.67\n0,0\n-1,-1\n"));
    assert_int_equal(s.report->without_geometry, 0);
    assert_near_abs(s.events->y[0], 52.67, 0.0);
    scene_close(&s);
}

static void coordinates__one_point_beyond_degrees_makes_them_metres(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv", "x,y\n10,20\n500,20\n"));
    assert_int_equal(s.report->without_geometry, 0);
    scene_close(&s);
}

static void coordinates__more_than_half_outside_is_refused(void **state)
{
    scene s = scene_open();
    const char *half = "lon,lat\n-0.73,52.67\n-89.9,35.1\n";
    scene_read_well(&s, scratch_write(*state, "a.csv", half));
    assert_int_equal(scene_reason(&s, "outside_crs_area"), 1);
    const char *more = "lon,lat\n-0.73,52.67\n-89.9,35.1\n-89.8,35.2\n";
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", more)), KERB_ERR_CRS);
    assert_message_has(&s, "2 of 3 points");
    assert_message_has(&s, "EPSG:27700");
    scene_close(&s);
}

static void coordinates__swapped_columns_are_called_so(void **state)
{
    scene s = scene_open();
    const char *text = "longitude,latitude\n52.67,-0.73\n52.68,-0.74\n52.69,-0.75\n";
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", text)), KERB_ERR_CRS);
    assert_message_has(&s, "swapped");
    s.options.x_column = "latitude";
    s.options.y_column = "longitude";
    scene_read_well(&s, scratch_write(*state, "a.csv", text));
    assert_int_equal(s.report->without_geometry, 0);
    assert_true(s.events->x[0] > 485000 && s.events->x[0] < 487000);
    scene_close(&s);
}

static void coordinates__easting_wins_over_longitude_over_x(void **state)
{
    scene s = scene_open();
    scene_read_well(&s,
                    scratch_write(*state, "a.csv",
                                  "x,y,lon,lat,easting,northing\n1,2,-1,52,485900,308700\n"));
    assert_near_abs(s.events->x[0], 485900, 0.0);
    scene_read_well(&s, scratch_write(*state, "a.csv", "x,y,lon,lat\n1,2,-0.73,52.67\n"));
    assert_true(s.events->x[0] > 485000 && s.events->x[0] < 487000);
    scene_close(&s);
}

/* Law: numbers read here are those strtod() reads, whichever of the two ways they took. */
static void coordinates__numbers_are_read_to_the_last_bit(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        char text[64];
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value = ((double)(bits >> 11) * 0x1p-53 - 0.5) * 2e7;
        snprintf(text, sizeof text, "%.*f", (int)(bits % 13), value);
        double got = 0.0;
        assert_int_equal(kerb_ingest__number_parse(text, strlen(text), &got), KERB_NUMBER_OK);
        double want = strtod(text, NULL);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(coordinates__each_row_has_a_place_or_a_reason,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__degrees_come_to_the_national_grid,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__degrees_under_x_and_y_are_refused,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__one_point_beyond_degrees_makes_them_metres,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__more_than_half_outside_is_refused,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__swapped_columns_are_called_so,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(coordinates__easting_wins_over_longitude_over_x,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test(coordinates__numbers_are_read_to_the_last_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
