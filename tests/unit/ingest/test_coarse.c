/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places known only to a square: masked numbers, coarse grid references, rounded pairs. */
#include "ingest_scene.h"

static double cell_of(const scene *s, size_t row)
{
    return s->events->cell_m != NULL ? s->events->cell_m[row] : (double)NAN;
}

static const struct {
    const char *x, *y; /* "" where the pair is not masked at all */
    double want_x, want_y, cell_m;
} masks[] = {
    {"376***", "165***", 376500, 165500, 1000},   {"37612*", "16534*", 376125, 165345, 10},
    {"3761**", "1653**", 376150, 165350, 100},    {"37xxxx", "16xxxx", 375000, 165000, 10000},
    {"376XXX", "165###", 376500, 165500, 1000},   {"376???", "165???", 376500, 165500, 1000},
    {"3#####", "1#####", 350000, 150000, 100000}, {" 376*** ", "165***", 376500, 165500, 1000},
};

static void coarse__a_masked_pair_is_the_middle_of_its_square(void **state)
{
    scene s = scene_open();
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        char text[256];
        snprintf(text, sizeof text, "x,y\n%s,%s\n376123.5,165432\n", masks[i].x, masks[i].y);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        assert_int_equal(s.report->loaded, 2);
        assert_near_abs(s.events->x[0], masks[i].want_x, 0.0);
        assert_near_abs(s.events->y[0], masks[i].want_y, 0.0);
        assert_near_abs(cell_of(&s, 0), masks[i].cell_m, 0.0);
        assert_true(isnan(cell_of(&s, 1)));
        assert_int_equal(s.report->coarse_place, 1);
    }
    scene_close(&s);
}

/* A column of squares costs nothing when there is none. */
static void coarse__an_exact_file_has_no_column_of_squares(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv", "x,y\n376123,165432\n376123,165432\n"));
    assert_null(s.events->cell_m);
    assert_int_equal(s.report->coarse_place, 0);
    scene_close(&s);
}

/* SK 859 087 is a square of 100 m; ten metres and less are as good as a number. */
static void coarse__a_grid_reference_has_its_square_from_100_m_on(void **state)
{
    static const struct {
        const char *reference;
        double cell_m; /* 0: exact */
    } rows[] = {{"SK 859 087", 100},  {"SK 85 08", 1000}, {"SK8508", 1000},
                {"SK 8 0", 10000},    {"SK", 100000},     {"SK 8590 0870", 0},
                {"SK 85900 08700", 0}};
    scene s = scene_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        snprintf(text, sizeof text, "grid reference,n\n%s,1\n", rows[i].reference);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        assert_int_equal(s.report->loaded, 1);
        if (rows[i].cell_m > 0) {
            assert_near_abs(cell_of(&s, 0), rows[i].cell_m, 0.0);
        } else {
            assert_true(isnan(cell_of(&s, 0)));
        }
    }
    scene_close(&s);
}

/* Row by row: exact where there is one, else the square; a blank of both has no place. */
static void coarse__a_row_without_exact_numbers_takes_the_rounded_ones(void **state)
{
    scene s = scene_open();
    s.options.format = scratch_write(*state, "m.yaml",
                                     "columns: {easting: e, northing: n, easting_coarse: er, "
                                     "northing_coarse: nr}\ncoarse_cell: 100m\n");
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "e,n,er,nr\n376123,165432,376150,165450\n"
                                      "NULL,NULL,376250,165550\n0,0,376350,165650\n,,,\n"
                                      ",,NULL,NULL\n376123,bad,376150,165450\n"));
    assert_int_equal(s.report->read, 6);
    assert_int_equal(scene_reason(&s, "empty_row"), 1);
    assert_int_equal(scene_reason(&s, "bad_coordinate"), 1);
    assert_int_equal(scene_reason(&s, "no_coordinates"), 1);
    assert_int_equal(s.report->coarse_place, 2);
    assert_int_equal(kerb_tally_get(s.report->coarse_place_by_m, "100"), 2);
    static const double want[3][2] = {{376123, 165432}, {376250, 165550}, {376350, 165650}};
    for (size_t i = 0; i < 3; i++) {
        assert_near_abs(s.events->x[i], want[i][0], 0.0);
        assert_near_abs(s.events->y[i], want[i][1], 0.0);
    }
    assert_true(isnan(cell_of(&s, 0)));
    assert_near_abs(cell_of(&s, 1), 100.0, 0.0);
    scene_close(&s);
}

static void coarse__a_mapping_says_how_coarse_the_whole_file_is(void **state)
{
    scene s = scene_open();
    s.options.format =
        scratch_write(*state, "m.yaml", "columns: {easting: e, northing: n}\ncell: 1km\n");
    scene_read_well(&s, scratch_write(*state, "a.csv", "e,n\n376500,165500\n,165500\n"));
    assert_near_abs(cell_of(&s, 0), 1000.0, 0.0);
    assert_true(isnan(cell_of(&s, 1)));
    assert_int_equal(s.report->coarse_place, 1);
    scene_close(&s);
}

static void coarse__a_mapping_of_coarse_places_must_be_whole(void **state)
{
    static const struct {
        const char *yaml, *says;
    } wrong[] = {
        {"columns: {easting: e, northing: n, easting_coarse: er, northing_coarse: nr}\n",
         "go together"},
        {"columns: {easting: e, northing: n}\ncoarse_cell: 100m\n", "go together"},
        {"columns: {easting: e, northing: n, easting_coarse: er}\ncoarse_cell: 100m\n",
         "go together"},
        {"columns: {x: e, y: n, easting_coarse: er, northing_coarse: nr}\ncoarse_cell: 1km\n",
         "name easting and northing too"},
        {"columns: {easting: e, northing: n}\ncell: 100\n", "must be a length such as 100m"},
        {"columns: {easting: e, northing: n}\ncell: -5m\n", "must be a length such as 100m"},
        {"columns: {easting: e, northing: n}\noptional: [date]\n",
         "'date' is not among the columns"},
        {"columns: {easting: e, northing: n}\noptional: [shoes]\n",
         "'shoes' is not among the columns"},
    };
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv", "e,n,er,nr\n1,2,3,4\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s.options.format = scratch_write(*state, "m.yaml", wrong[i].yaml);
        assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
        assert_message_has(&s, wrong[i].says);
    }
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(coarse__a_masked_pair_is_the_middle_of_its_square),
        IN_SCRATCH(coarse__an_exact_file_has_no_column_of_squares),
        IN_SCRATCH(coarse__a_grid_reference_has_its_square_from_100_m_on),
        IN_SCRATCH(coarse__a_row_without_exact_numbers_takes_the_rounded_ones),
        IN_SCRATCH(coarse__a_mapping_says_how_coarse_the_whole_file_is),
        IN_SCRATCH(coarse__a_mapping_of_coarse_places_must_be_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
