/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fire services' rows and logs of calls: recognised, categories from several columns. */
#include "ingest_scene.h"

static const char *category_of(const scene *s, size_t row)
{
    return kerb_events_name(s->events, KERB_NAME_CATEGORY,
                            s->events->names[KERB_NAME_CATEGORY][row]);
}

static void incident_feeds__a_fire_has_its_kind_and_cause(void **state)
{
    static const struct {
        const char *values, *category;
    } rows[] = {
        {"Fire,yes,Deliberate - others property,no", "Deliberate primary fire"},
        {"Fire,yes,Accidental,no", "Accidental primary fire"},
        {"Fire,yes,Not known,no", "Primary fire of unknown cause"},
        {"Fire,yes,,", "Primary fire of unknown cause"},
        {"Fire,no,Deliberate,no", "Deliberate secondary fire"},
        {"Fire,no,Accidental,", "Accidental secondary fire"},
        {"Fire,no,Not known,no", "Secondary fire of unknown cause"},
        {"Special Service,,,yes", "Road traffic collision"},
        {"Special Service,,,no", "Special service"},
        {"Special Service,,,", "Special service"},
        {"False Alarm,,,", "False alarm"},
        {"Training,,,", "Training"},
    };
    scene s = scene_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "Day,Month,Year,Time of Call,Incident Number,X Coordinate,Y Coordinate,"
                 "Incident Category,Is Primary Fire,Cause of Fire,Road Traffic Collision\n"
                 "1,July,2014,01:54:02,005538-01072014,376***,165***,%s\n",
                 rows[i].values);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        assert_string_equal(s.report->files[0].format, "mapping:irs");
        assert_string_equal(category_of(&s, 0), rows[i].category);
        assert_int_equal(s.events->start[0], 1404179642); /* 2014-07-01 01:54:02 */
        assert_int_equal(s.events->precision[0], KERB_PRECISION_SECOND);
        assert_near_abs(s.events->cell_m[0], 1000.0, 0.0);
    }
    scene_close(&s);
}

/* The date in one column instead of three. */
static void incident_feeds__irs_reads_either_form_of_the_date(void **state)
{
    scene s = scene_open();
    s.options.format = "irs";
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "Incident Number,Date of Call,Time of Call,Easting,"
                                      "Northing,Incident Type\n"
                                      "1,01/07/2014,01:54,376123,165432,Fire\n"));
    assert_int_equal(s.events->start[0], 1404179640);
    assert_string_equal(category_of(&s, 0), "Fire");
    assert_int_equal(scene_read(&s, scratch_write(*state, "b.csv",
                                                  "Incident Number,Easting,Northing,Incident "
                                                  "Type\n1,376123,165432,Fire\n")),
                     KERB_OK);
    assert_int_equal(s.report->without_date, 1);
    scene_close(&s);
}

static void incident_feeds__a_call_log_goes_by_its_closing_code(void **state)
{
    static const struct {
        const char *opening, *closing, *category;
    } rows[] = {
        {"Disturbance", "ASB - Personal", "Anti-social behaviour - personal"},
        {"Disturbance", "ASB Nuisance Vehicles", "Anti-social behaviour - nuisance"},
        {"Nuisance", "Anti-Social Behaviour - Environmental",
         "Anti-social behaviour - environmental"},
        {"ASB - Personal", "Burglary dwelling", "Burglary dwelling"},
    };
    scene s = scene_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "Log Number,Created Date Time,Opening Code,Closing Code,Grade,Beat,Easting,"
                 "Northing\n123,05/01/2024 22:41,%s,%s,2,NC12,450010,300010\n",
                 rows[i].opening, rows[i].closing);
        scene_read_well(&s, scratch_write(*state, "calls.csv", text));
        assert_string_equal(s.report->files[0].format, "mapping:call-log");
        assert_string_equal(category_of(&s, 0), rows[i].category);
        assert_int_equal(s.events->precision[0], KERB_PRECISION_MINUTE);
        assert_string_equal(kerb_events_name(s.events, KERB_NAME_AREA_CODE,
                                             s.events->names[KERB_NAME_AREA_CODE][0]),
                            "NC12");
    }
    scene_close(&s);
}

/* A list of calls without codes is a table like others. */
static void incident_feeds__other_tables_are_not_taken_for_them(void **state)
{
    static const char *const headers[] = {
        "Incident Number,Date,Type,Easting,Northing",
        "Log Number,Date,Category,Easting,Northing",
        "Closing Code,Date,Category,Easting,Northing",
    };
    scene s = scene_open();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s\n1,05/01/2024,a,450010,300010\n", headers[i]);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        assert_string_equal(s.report->files[0].format, "delimited");
    }
    scene_close(&s);
}

/* Avon Fire and Rescue, July 2014, all in squares of 1 km; London's animal rescues, of which
 * 3,843 have only a square of 100 m. Counts by an independent reading (Python's csv module). */
static void incident_feeds__the_published_files_come_in_whole(void **state)
{
    (void)state;
    static const struct {
        const char *path, *side;
        uint64_t n, n_coarse;
        const char *category;
        uint64_t n_category;
    } files[] = {{"fire/avon_frs_incidents_2014-07.csv", "1000", 1084, 1084,
                  "Deliberate secondary fire", 159},
                 {"fire/lfb_animal_rescues.csv", "100", 7544, 3843, NULL, 0}};
    size_t n_there = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/data/%s", KERB_SHARED, files[i].path);
        if (!scratch_exists(path)) {
            print_message("not there: %s\n", files[i].path);
            continue;
        }
        n_there++;
        scene s = scene_open();
        scene_read_well(&s, path);
        assert_int_equal(s.report->read, files[i].n);
        assert_int_equal(s.report->loaded, files[i].n);
        assert_int_equal(s.report->without_geometry, 0);
        assert_int_equal(s.report->without_date, 0);
        assert_int_equal(s.report->coarse_place, files[i].n_coarse);
        assert_int_equal(kerb_tally_get(s.report->coarse_place_by_m, files[i].side),
                         files[i].n_coarse);
        uint64_t n_category = 0;
        for (size_t row = 0; row < s.events->n && files[i].category != NULL; row++) {
            n_category += strcmp(category_of(&s, row), files[i].category) == 0;
        }
        assert_int_equal(n_category, files[i].n_category);
        scene_close(&s);
    }
    if (n_there == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(incident_feeds__a_fire_has_its_kind_and_cause),
        IN_SCRATCH(incident_feeds__irs_reads_either_form_of_the_date),
        IN_SCRATCH(incident_feeds__a_call_log_goes_by_its_closing_code),
        IN_SCRATCH(incident_feeds__other_tables_are_not_taken_for_them),
        cmocka_unit_test(incident_feeds__the_published_files_come_in_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
