/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Collisions, vehicles and casualties: names, codes, labels, order, and what is refused. */
#include "ingest_linked.h"
#include "ingest_scene.h"

#include <math.h>

/* --------------------------------------------------------------------- values */

static kerb_ingest__field field_of(const char *text)
{
    return (kerb_ingest__field){text, strlen(text)};
}

static void linked__severity_comes_in_codes_and_labels(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kerb_ingest__value result;
        kerb_severity severity;
    } cases[] = {{"1", KERB_VALUE_OK, KERB_SEVERITY_FATAL},
                 {"2", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"3", KERB_VALUE_OK, KERB_SEVERITY_SLIGHT},
                 {"5", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"6", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"7", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"Fatal", KERB_VALUE_OK, KERB_SEVERITY_FATAL},
                 {"SERIOUS", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"slight", KERB_VALUE_OK, KERB_SEVERITY_SLIGHT},
                 {"Moderately Serious", KERB_VALUE_OK, KERB_SEVERITY_SERIOUS},
                 {"-1", KERB_VALUE_MISSING, KERB_SEVERITY_UNKNOWN},
                 {"", KERB_VALUE_MISSING, KERB_SEVERITY_UNKNOWN},
                 {"Data missing or out of range", KERB_VALUE_MISSING, KERB_SEVERITY_UNKNOWN},
                 {"4", KERB_VALUE_BAD, KERB_SEVERITY_UNKNOWN},
                 {"0", KERB_VALUE_BAD, KERB_SEVERITY_UNKNOWN},
                 {"Fatal ", KERB_VALUE_BAD, KERB_SEVERITY_UNKNOWN},
                 {"=1+1", KERB_VALUE_BAD, KERB_SEVERITY_UNKNOWN}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kerb_severity severity = KERB_SEVERITY_FATAL;
        if (kerb_ingest__severity_parse(field_of(cases[i].text), &severity) !=
                cases[i].result ||
            severity != cases[i].severity) {
            fail_msg("severity '%s'", cases[i].text);
        }
    }
}

static void linked__classes_and_types_come_in_codes_and_labels(void **state)
{
    (void)state;
    kerb_casualty_class class = KERB_CASUALTY_UNKNOWN;
    kerb_text scratch = {0};
    assert_int_equal(kerb_ingest__casualty_class_parse(field_of("3"), &class), KERB_VALUE_OK);
    assert_int_equal(class, KERB_CASUALTY_PEDESTRIAN);
    assert_int_equal(kerb_ingest__casualty_class_parse(field_of("Driver or rider"), &class),
                     KERB_VALUE_OK);
    assert_int_equal(class, KERB_CASUALTY_DRIVER);
    assert_int_equal(
        kerb_ingest__casualty_class_parse(field_of("Vehicle or pillion passenger"), &class),
        KERB_VALUE_OK);
    assert_int_equal(class, KERB_CASUALTY_PASSENGER);
    assert_int_equal(kerb_ingest__casualty_class_parse(field_of("4"), &class), KERB_VALUE_BAD);
    assert_string_equal(kerb_ingest__type_words(field_of("0"), true, &scratch), "Pedestrian");
    assert_string_equal(kerb_ingest__type_words(field_of("1"), true, &scratch), "Cyclist");
    assert_string_equal(kerb_ingest__type_words(field_of("1"), false, &scratch), "Pedal cycle");
    assert_string_equal(kerb_ingest__type_words(field_of("up to  500cc"), true, &scratch),
                        "up to 500cc");
    assert_string_equal(kerb_ingest__type_words(field_of("77"), true, &scratch), "77");
    assert_null(kerb_ingest__type_words(field_of("-1"), true, &scratch));
    kerb_text_clear(&scratch);
}

static void linked__an_age_is_a_whole_number_or_unknown(void **state)
{
    (void)state;
    int32_t age = 0;
    assert_int_equal(kerb_ingest__whole_parse(field_of("0"), 150, &age), KERB_VALUE_OK);
    assert_int_equal(age, 0);
    assert_int_equal(kerb_ingest__whole_parse(field_of("15"), 150, &age), KERB_VALUE_OK);
    assert_int_equal(age, 15);
    assert_int_equal(kerb_ingest__whole_parse(field_of("-1"), 150, &age), KERB_VALUE_MISSING);
    assert_int_equal(age, -1);
    assert_int_equal(
        kerb_ingest__whole_parse(field_of("Data missing or out of range"), 150, &age),
        KERB_VALUE_MISSING);
    assert_int_equal(age, -1);
    assert_int_equal(kerb_ingest__whole_parse(field_of("15.5"), 150, &age), KERB_VALUE_BAD);
    assert_int_equal(kerb_ingest__whole_parse(field_of("151"), 150, &age), KERB_VALUE_BAD);
    assert_int_equal(kerb_ingest__whole_parse(field_of("nan"), 150, &age), KERB_VALUE_BAD);
    assert_int_equal(kerb_ingest__whole_parse(field_of("-2"), 150, &age), KERB_VALUE_BAD);
}

/* --------------------------------------------------------------------- tables */

#define COLLISIONS                                                                             \
    "accident_index,location_easting_osgr,location_northing_osgr,accident_severity,"           \
    "number_of_vehicles,number_of_casualties,date,time\n"
#define VEHICLES "accident_index,vehicle_reference,vehicle_type\n"
#define CASUALTIES                                                                             \
    "accident_index,vehicle_reference,casualty_reference,casualty_class,casualty_severity,"    \
    "age_of_casualty\n"

static void check_records(const scene *s, uint64_t collisions, uint64_t vehicles,
                          uint64_t casualties)
{
    assert_int_equal(s->report->records.collisions, collisions);
    assert_int_equal(s->report->records.vehicles, vehicles);
    assert_int_equal(s->report->records.casualties, casualties);
}

static void linked__three_tables_are_one_import_whatever_their_order(void **state)
{
    scene s = scene_open();
    /* names chosen so that the casualties would come first */
    scratch_write(*state, "in/a.csv",
                  CASUALTIES "2020010,1,1,1,2,35\n2020010,1,2,2,3,-1\n020010,1,1,3,1,9\n");
    scratch_write(*state, "in/b.csv", VEHICLES "2020010,1,9\n2020010,2,1\n020010,1,19\n");
    scratch_write(*state, "in/c.csv",
                  COLLISIONS "2020010,535650,186680,2,2,2,09/03/2020,14:46\n"
                             "020010,535650,186690,1,1,1,10/03/2020,14:46\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->read, 8);
    assert_int_equal(s.report->loaded, 8);
    check_records(&s, 2, 3, 3);
    assert_int_equal(s.events->n, 2);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Serious");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Fatal");
    assert_int_equal(s.report->stated.vehicles, 3);
    assert_int_equal(s.report->stated.casualties, 3);
    assert_int_equal(s.report->other_vehicles + s.report->other_casualties, 0);
    assert_string_equal(s.log, "");
    /* named one by one, casualties first */
    char texts[3][SCRATCH_PATH_BYTES];
    const char *paths[3] = {texts[0], texts[1], texts[2]};
    static const char *const names[] = {"in/a.csv", "in/b.csv", "in/c.csv"};
    for (size_t i = 0; i < 3; i++) {
        strcpy(texts[i], scratch_path(*state, names[i]));
    }
    assert_int_equal(scene_read_many(&s, paths, 3), KERB_OK);
    check_records(&s, 2, 3, 3);
    scene_close(&s);
}

static void linked__old_middle_new_and_guide_names_are_one(void **state)
{
    static const char *const headers[] = {
        "Accident_Index,Location_Easting_OSGR,Location_Northing_OSGR,Accident_Severity,"
        "Number_of_Vehicles,Number_of_Casualties,Date,Time",
        "accident_index,location_easting_osgr,location_northing_osgr,accident_severity,"
        "number_of_vehicles,number_of_casualties,date,time",
        "collision_index,location_easting_osgr,location_northing_osgr,collision_severity,"
        "number_of_vehicles,number_of_casualties,date,time",
        "collision_index,location_easting_osgr,location_northing_osgr,"
        "enhanced_severity_collision,number_of_vehicles,number_of_casualties,date,time",
        "collision_index,location_easting_osgr,location_northing_osgr,"
        "enhanced_collision_severity,number_of_vehicles,number_of_casualties,date,time"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        scene s = scene_open();
        char text[1024];
        snprintf(text, sizeof text, "%s\n2020010,535650,186680,%s,1,1,09/03/2020,14:46\n",
                 headers[i], i < 3 ? "2" : "6");
        scene_read_well(&s, scratch_write(*state, "c.csv", text));
        check_records(&s, 1, 0, 0);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Serious");
        assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "STATS19");
        scene_close(&s);
    }
}

static void linked__a_row_without_its_collision_is_refused(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/c.csv",
                  COLLISIONS "1,535650,186680,2,,,09/03/2020,14:46\n"
                             "2,535650,186680,2,,,31/02/2020,14:46\n"
                             "3,535650,186680,9,,,09/03/2020,14:46\n");
    scratch_write(*state, "in/k.csv",
                  CASUALTIES "1,1,1,1,2,35\n01,1,1,1,2,35\n2,1,1,1,2,35\n3,1,1,1,2,35\n"
                             ",1,1,1,2,35\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    check_records(&s, 1, 0, 1);
    assert_int_equal(scene_reason(&s, "no_such_collision"), 2);
    assert_int_equal(scene_reason(&s, "collision_rejected"), 2);
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    assert_int_equal(scene_reason(&s, "bad_severity"), 1);
    scene_close(&s);
}

static void linked__a_collision_rejected_once_and_loaded_later_has_its_casualties(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/a.csv", COLLISIONS "1,535650,186680,2,,,31/02/2020,14:46\n");
    scratch_write(*state, "in/b.csv", COLLISIONS "1,535650,186680,2,,,28/02/2020,14:46\n");
    scratch_write(*state, "in/k.csv", CASUALTIES "1,1,1,1,2,35\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    check_records(&s, 1, 0, 1);
    scene_close(&s);
}

static void linked__repeated_records_are_refused(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/c.csv",
                  COLLISIONS "1,535650,186680,2,2,1,09/03/2020,14:46\n"
                             "1,535650,186680,2,2,1,09/03/2020,14:46\n");
    scratch_write(*state, "in/v.csv", VEHICLES "1,1,9\n1,2,9\n1,01,9\n1,x,9\n1,,9\n1,-3,9\n");
    scratch_write(*state, "in/k.csv",
                  CASUALTIES "1,1,1,1,2,35\n1,2,1,1,2,35\n1,1,1,3,3,9\n1,1,2,8,2,35\n"
                             "1,1,3,1,2,200\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    check_records(&s, 1, 2, 2);
    assert_int_equal(scene_reason(&s, "repeated_reference"), 3);
    assert_int_equal(scene_reason(&s, "bad_vehicle_reference"), 3);
    assert_int_equal(scene_reason(&s, "bad_casualty_class"), 1);
    assert_int_equal(scene_reason(&s, "bad_age"), 1);
    /* two vehicles as stated, two casualties and one stated */
    assert_int_equal(s.report->other_vehicles, 0);
    assert_int_equal(s.report->other_casualties, 1);
    assert_non_null(strstr(s.log, "1 of 1 collisions state another number of casualties"));
    scene_close(&s);
}

static void linked__a_collision_without_coordinates_is_loaded(void **state)
{
    static const char *const blanks[] = {",",     "NULL,NULL", "NA,NA",
                                         "-1,-1", "0,0",       "-1,186680"};
    for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++) {
        scene s = scene_open();
        char text[512];
        snprintf(text, sizeof text, COLLISIONS "1,%s,3,1,1,09/03/2020,-1\n", blanks[i]);
        scene_read_well(&s, scratch_write(*state, "c.csv", text));
        check_records(&s, 1, 0, 0);
        assert_int_equal(s.report->without_geometry, 1);
        assert_int_equal(s.events->precision[0], KERB_PRECISION_DAY);
        scene_close(&s);
    }
}

/* -------------------------------------------------------- a row per casualty */

#define ROWS                                                                                   \
    "Reference Number,Easting,Northing,Number of Vehicles,Accident Date,Time (24hr),"          \
    "Casualty Class,Casualty Severity,Age of Casualty\n"

static void linked__rows_of_casualties_make_each_collision_once(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "leeds.csv",
                                      ROWS "12,429093,436258,2,01-Jan-09,55,Driver,Slight,44\n"
                                           "13,429093,436258,1,02-Jan-09,815,3,3,12\n"
                                           "12,429093,436258,2,01-Jan-09,55,Passenger,Fatal,\n"
                                           "12,429093,436258,3,01-Jan-09,55,Driver,2,7\n"));
    assert_int_equal(s.report->read, 4);
    assert_int_equal(s.report->loaded, 4);
    check_records(&s, 2, 0, 4);
    assert_int_equal(s.events->n, 2);
    /* the worst comes last but two */
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Fatal");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Slight");
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "leeds");
    assert_int_equal(s.report->stated.vehicles, 4); /* the largest of each: 3 and 1 */
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s.events->start[0], KERB_PRECISION_MINUTE, text);
    assert_string_equal(text, "2009-01-01 00:55");
    assert_string_equal(s.log, "");
    scene_close(&s);
}

static void linked__rows_that_disagree_are_told_and_the_first_taken(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "leeds.csv",
                                      ROWS "12,429093,436258,2,01-Jan-09,55,1,3,44\n"
                                           "12,429093,436259,2,01-Jan-09,55,1,3,44\n"
                                           "12,429093,436258,2,02-Jan-09,55,1,3,44\n"
                                           "12,429093,436258,2,01-Jan-09,55,1,3,44\n"));
    check_records(&s, 1, 0, 4);
    assert_int_equal(s.report->disagreeing_rows, 2);
    assert_near_abs(s.events->y[0], 436258.0, 0.0);
    assert_non_null(strstr(s.log, "leeds.csv: 2 rows"));
    assert_non_null(strstr(s.log, "line 3"));
    scene_close(&s);
}

static void linked__a_bad_row_of_casualties_shadows_none(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "leeds.csv",
                                      ROWS "12,429093,436258,2,31-Feb-09,55,1,3,44\n"
                                           "12,429093,436258,2,01-Mar-09,55,1,3,44\n"
                                           "12,429093,436258,2,01-Mar-09,55,1,what,44\n"
                                           ",429093,436258,2,01-Mar-09,55,1,3,44\n"
                                           ",429093,436258,2,01-Mar-09,55,1,3,44\n"));
    /* two without a reference are two collisions, as nobody can tell */
    check_records(&s, 3, 0, 3);
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    assert_int_equal(scene_reason(&s, "bad_severity"), 1);
    scene_close(&s);
}

static void linked__the_same_collision_in_another_file_is_repeated(void **state)
{
    scene s = scene_open();
    s.options.source = "Leeds";
    scratch_write(*state, "in/a.csv",
                  ROWS "12,429093,436258,2,01-Jan-09,55,1,3,44\n"
                       "12,429093,436258,2,01-Jan-09,55,2,3,4\n");
    scratch_write(*state, "in/b.csv",
                  ROWS "12,429093,436258,2,01-Jan-09,55,1,3,44\n"
                       "14,429093,436258,2,01-Jan-09,55,1,3,44\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    check_records(&s, 2, 0, 3);
    assert_int_equal(s.report->duplicates, 1);
    scene_close(&s);
}

static void linked__a_mapping_may_say_what_rows_are(void **state)
{
    scene s = scene_open();
    char mapping[SCRATCH_PATH_BYTES];
    strcpy(mapping, scratch_write(*state, "m.yaml",
                                  "rows: casualty\nsource: Council\n"
                                  "columns: {reference: nr, easting: e, northing: n, date: d, "
                                  "severity: s, age: a}\n"));
    s.options.format = mapping;
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "nr,e,n,d,s,a\n1,429093,436258,2020-01-01,Slight,5\n"
                                      "1,429093,436258,2020-01-01,Serious,5\n"));
    check_records(&s, 1, 0, 2);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Serious");
    static const struct {
        const char *yaml, *says;
    } bad[] = {{"rows: people\ncolumns: {reference: nr, easting: e, northing: n}\n",
                "not one of collision, vehicle, casualty"},
               {"columns: {reference: nr, easting: e, northing: n, age: a}\n", "age needs"},
               {"rows: casualty\ncolumns: {easting: e, northing: n}\n", "reference"},
               {"rows: vehicle\ncolumns: {reference: nr}\n", "vehicle"},
               {"rows: collision\ncolumns: {reference: nr, severity: s}\n",
                "no columns of coordinates"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        strcpy(mapping, scratch_write(*state, "m.yaml", bad[i].yaml));
        assert_int_not_equal(scene_read(&s, scratch_path(*state, "a.csv")), KERB_OK);
        assert_message_has(&s, bad[i].says);
    }
    scene_close(&s);
}

/* --------------------------------------------------------- casualties as points */

static void linked__casualties_may_be_the_incidents(void **state)
{
    scene s = scene_open();
    s.options.format = "stats19-casualties";
    scratch_write(*state, "in/a.csv",
                  CASUALTIES "10,1,1,1,2,35\n10,1,2,2,3,-1\n11,1,1,3,1,9\n12,1,1,3,1,9\n"
                             "10,1,2,2,3,-1\n10,1,3,2,x,-1\n");
    scratch_write(*state, "in/b.csv", VEHICLES "10,1,9\n");
    scratch_write(*state, "in/c.csv",
                  COLLISIONS "10,535650,186680,2,2,2,09/03/2020,14:46\n"
                             "11,,,1,1,1,10/03/2020,14:46\n"
                             "13,535650,186680,2,2,2,31/02/2020,14:46\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->read, 6);
    assert_int_equal(s.report->loaded, 3);
    check_records(&s, 0, 0, 3);
    assert_int_equal(s.events->n, 3);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Serious casualty");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Slight casualty");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 2), "Fatal casualty");
    assert_near_abs(s.events->x[1], 535650.0, 0.0);
    assert_near_abs(s.events->y[1], 186680.0, 0.0);
    assert_true(isnan(s.events->x[2]));
    assert_int_equal(s.report->without_geometry, 1);
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s.events->start[1], KERB_PRECISION_MINUTE, text);
    assert_string_equal(text, "2020-03-09 14:46");
    assert_int_equal(scene_reason(&s, "no_such_collision"), 1);
    assert_int_equal(scene_reason(&s, "repeated_reference"), 1);
    assert_int_equal(scene_reason(&s, "bad_severity"), 1);
    assert_string_equal(s.report->files[1].skipped, "vehicles, which were not asked for");
    assert_string_equal(s.report->files[2].skipped, "collisions, read for their places");
    assert_non_null(strstr(s.log, "1 of 3 rows of collisions were rejected"));
    /* without their collisions they have no place */
    assert_int_equal(scene_read(&s, scratch_path(*state, "in/a.csv")), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "name the table of their collisions too");
    scene_close(&s);
}

static void linked__rows_of_casualties_may_be_the_incidents(void **state)
{
    scene s = scene_open();
    s.options.format = "stats19-casualties";
    scene_read_well(&s,
                    scratch_write(*state, "leeds.csv",
                                  ROWS "12,429093,436258,2,01-Jan-09,55,Driver,Slight,44\n"
                                       "12,429093,436258,2,01-Jan-09,55,Driver,Fatal,44\n"));
    check_records(&s, 0, 0, 2);
    assert_int_equal(s.events->n, 2);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Slight casualty");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Fatal casualty");
    scene_close(&s);
}

static void linked__another_table_is_refused_by_its_columns(void **state)
{
    scene s = scene_open();
    s.options.format = "stats19";
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", "id,x,y\n1,2,3\n")),
                     KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "'id', 'x', 'y'");
    scene_close(&s);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linked__severity_comes_in_codes_and_labels),
        cmocka_unit_test(linked__classes_and_types_come_in_codes_and_labels),
        cmocka_unit_test(linked__an_age_is_a_whole_number_or_unknown),
        IN_SCRATCH(linked__three_tables_are_one_import_whatever_their_order),
        IN_SCRATCH(linked__old_middle_new_and_guide_names_are_one),
        IN_SCRATCH(linked__a_row_without_its_collision_is_refused),
        IN_SCRATCH(linked__a_collision_rejected_once_and_loaded_later_has_its_casualties),
        IN_SCRATCH(linked__repeated_records_are_refused),
        IN_SCRATCH(linked__a_collision_without_coordinates_is_loaded),
        IN_SCRATCH(linked__rows_of_casualties_make_each_collision_once),
        IN_SCRATCH(linked__rows_that_disagree_are_told_and_the_first_taken),
        IN_SCRATCH(linked__a_bad_row_of_casualties_shadows_none),
        IN_SCRATCH(linked__the_same_collision_in_another_file_is_repeated),
        IN_SCRATCH(linked__a_mapping_may_say_what_rows_are),
        IN_SCRATCH(linked__casualties_may_be_the_incidents),
        IN_SCRATCH(linked__rows_of_casualties_may_be_the_incidents),
        IN_SCRATCH(linked__another_table_is_refused_by_its_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
