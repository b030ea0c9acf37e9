/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Street-level files of data.police.uk in both layouts, and the real months. */
#include "ingest_scene.h"

#define HEADER                                                                                 \
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name," \
    "Crime type,Last outcome category,Context\r\n"
#define ASB                                                                                    \
    ",2020-01,Leicestershire Police,Leicestershire Police,-1.210015,52.621410,On or near "     \
    "Hobill Close,E01025631,Blaby 002A,Anti-social behaviour,,\r\n"

static void police__the_columns_of_today_are_read(void **state)
{
    scene s = scene_open();
    scene_read_well(
        &s, scratch_write(*state, "2020-01-leicestershire-street.csv",
                          HEADER ASB "aa,2020-01,Leicestershire Police,Leicestershire Police,,,"
                                     "No Location,,,Burglary,,\r\n"
                                     "bb,2020-01,Leicestershire Police,Leicestershire Police,"
                                     "0,0,No Location,,,Burglary,,\r\n"));
    assert_string_equal(s.report->files[0].format, "police-uk");
    assert_string_equal(s.report->files[0].source, "Leicestershire Police");
    assert_int_equal(s.report->loaded, 3);
    assert_int_equal(scene_reason(&s, "no_coordinates"), 1);
    assert_int_equal(scene_reason(&s, "zero_coordinates"), 1);
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "Leicestershire Police");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Anti-social behaviour");
    assert_string_equal(scene_name(&s, KERB_NAME_LABEL, 0), "On or near Hobill Close");
    assert_string_equal(scene_name(&s, KERB_NAME_LABEL, 1), "");
    assert_string_equal(scene_name(&s, KERB_NAME_AREA_CODE, 0), "E01025631");
    assert_string_equal(scene_name(&s, KERB_NAME_AREA_NAME, 0), "Blaby 002A");
    assert_int_equal(s.events->precision[0], KERB_PRECISION_MONTH);
    assert_int_equal(s.events->start[0], kerb_days_from_date((kerb_date){2020, 1, 1}) * 86400);
    s.options.source = "Mine";
    scene_read_well(&s, scratch_path(*state, "2020-01-leicestershire-street.csv"));
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "Mine");
    scene_close(&s);
}

static void police__the_columns_of_2010_to_2012_are_read(void **state)
{
    scene s = scene_open();
    scene_read_well(&s,
                    scratch_write(*state, "2011-04-x-street.csv",
                                  "Month,Reported by,Falls within,Easting,Northing,Location,"
                                  "Crime type,Context\n"
                                  "2011-04,Leicestershire Police,Leicestershire Police,485900,"
                                  "308700,On or near High Street,Burglary,\n"
                                  "2011-04,Leicestershire Police,Leicestershire Police,0,0,"
                                  "No Location,Burglary,\n"));
    assert_string_equal(s.report->files[0].format, "police-uk");
    assert_string_equal(s.report->files[0].crs_id, "EPSG:27700");
    assert_near_abs(s.events->x[0], 485900, 0.0);
    assert_int_equal(s.report->without_geometry, 1);
    scene_close(&s);
}

/* Quoted, in another order, with other columns between: it is the names that tell. */
static void police__the_order_of_columns_does_not_matter(void **state)
{
    scene s = scene_open();
    scene_read_well(&s,
                    scratch_write(*state, "a.csv",
                                  "\"Crime type\",\"Extra\",\"Latitude\",\"Longitude\","
                                  "\"Month\",\"Location\",\"Falls within\",\"Reported by\"\n"
                                  "\"Burglary\",\"\",\"52.62\",\"-1.21\",\"2020-02\",\"L\","
                                  "\"P\",\"P\"\n"));
    assert_string_equal(s.report->files[0].format, "police-uk");
    assert_int_equal(s.report->loaded, 1);
    assert_int_equal(s.report->without_geometry, 0);
    scene_close(&s);
}

static void police__identical_rows_are_separate_incidents(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv", HEADER ASB ASB ASB ASB));
    assert_int_equal(s.report->loaded, 4);
    assert_int_equal(s.events->n, 4);
    scene_close(&s);
}

static void police__a_forced_format_refuses_other_tables(void **state)
{
    scene s = scene_open();
    s.options.format = "police-uk";
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", "x,y\n1,2\n")),
                     KERB_ERR_FORMAT);
    assert_message_has(&s, "'x', 'y'");
    scene_close(&s);
}

static void police__months_are_told_by_names(void **state)
{
    (void)state;
    assert_int_equal(kerb_ingest__month_from_name("2020-03/2020-03-x-street.csv"),
                     2020 * 12 + 2);
    assert_int_equal(kerb_ingest__month_from_name("2020-13-x.csv"), -1);
    assert_int_equal(kerb_ingest__month_from_name("2020-031.csv"), -1);
    assert_int_equal(kerb_ingest__month_from_name("x-2020-03.csv"), -1);
    assert_int_equal(kerb_ingest__month_from_name("2020-12"), 2020 * 12 + 11);
}

/* 31 real files: figures counted by an independent program and noted with the data. */
static void police__the_real_months_give_their_known_counts(void **state)
{
    (void)state;
    const char *folder = KERB_SHARED "/data/police";
    if (!scratch_exists(folder)) {
        print_message("not there: data/police\n");
        skip();
    }
    scene s = scene_open();
    scene_read_well(&s, folder);
    assert_int_equal(s.report->n_files, 31);
    assert_int_equal(s.report->read, 239670);
    assert_int_equal(s.report->duplicates, 8);
    assert_int_equal(s.report->rejected, 8);
    assert_int_equal(s.report->without_geometry, 4788);
    assert_int_equal(s.report->without_date, 0);
    /* files come back in order of path though they are read latest first */
    for (size_t i = 1; i < s.report->n_files; i++) {
        assert_true(strcmp(s.report->files[i - 1].name, s.report->files[i].name) < 0);
    }
    scene_close(&s);
}

/* Of 2020, 94,575 rows have a place, on 11,209 places. */
static void police__the_real_year_stands_on_its_known_places(void **state)
{
    (void)state;
    scene s = scene_open();
    char paths[12][1024];
    const char *inputs[12];
    for (int month = 1; month <= 12; month++) {
        snprintf(paths[month - 1], sizeof paths[0],
                 "%s/data/police/2020-%02d-leicestershire-street.csv", KERB_SHARED, month);
        inputs[month - 1] = paths[month - 1];
        if (!scratch_exists(paths[month - 1])) {
            print_message("not there: data/police\n");
            scene_close(&s);
            skip();
        }
    }
    kerb_places *places = NULL;
    assert_int_equal(scene_read_many(&s, inputs, 12), KERB_OK);
    assert_int_equal(kerb_events_count_located(s.events), 94575);
    assert_int_equal(kerb_places_new(s.ctx, s.events, &places), KERB_OK);
    assert_int_equal(places->n, 11209);
    kerb_places_free(places);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(police__the_columns_of_today_are_read),
        IN_SCRATCH(police__the_columns_of_2010_to_2012_are_read),
        IN_SCRATCH(police__the_order_of_columns_does_not_matter),
        IN_SCRATCH(police__identical_rows_are_separate_incidents),
        IN_SCRATCH(police__a_forced_format_refuses_other_tables),
        cmocka_unit_test(police__months_are_told_by_names),
        cmocka_unit_test(police__the_real_months_give_their_known_counts),
        cmocka_unit_test(police__the_real_year_stands_on_its_known_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
