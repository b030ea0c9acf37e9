/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Headers people write and the columns kerb takes them for; rows that are damaged or hostile.
 */
#include "ingest_scene.h"

static const struct {
    const char *header;
    kerb_ingest__role role;
    int column; /* -1: not taken */
} headers[] = {
    {"a|Eastings|Northings", KERB_ROLE_EASTING, 1},
    {"Grid Ref: Easting|Grid Ref: Northing", KERB_ROLE_NORTHING, 1},
    {"Location_Easting_OSGR|Location_Northing_OSGR", KERB_ROLE_EASTING, 0},
    {"easting m|northing m|easting rounded|northing rounded", KERB_ROLE_EASTING, 0},
    {"X Coordinate|Y Coordinate", KERB_ROLE_X, 0},
    {"LONG|LAT", KERB_ROLE_LONGITUDE, 0},
    {"lat|lng", KERB_ROLE_LONGITUDE, 1},
    {"OS Grid Reference", KERB_ROLE_GRIDREF, 0},
    {"grid_ref", KERB_ROLE_GRIDREF, 0},
    {"Geometry", KERB_ROLE_WKT, 0},
    {"Date / Time|x|y", KERB_ROLE_DATE, 0},
    {"Accident Date|Time (24hr)|x|y", KERB_ROLE_TIME, 1},
    {"date_time of call|x|y", KERB_ROLE_DATE, 0},
    {"date of birth|x|y", KERB_ROLE_DATE, -1},
    {"from date|to date|x|y", KERB_ROLE_DATE, 0},
    {"from date|to date|x|y", KERB_ROLE_DATE_TO, 1},
    {"Committed From|Committed To|x|y", KERB_ROLE_DATE_TO, 1},
    {"date|Start Date|End Date|x|y", KERB_ROLE_DATE, 1}, /* the window, not its middle */
    {"date_single|date_start|date_end|x|y", KERB_ROLE_DATE_TO, 2},
    {"date|end date|x|y", KERB_ROLE_DATE_TO, -1}, /* an end without its start: of what? */
    {"start|end|x|y", KERB_ROLE_DATE_TO, 1},
    {"date|start|end|x|y", KERB_ROLE_DATE_TO, -1},
    {"date|from|to|x|y", KERB_ROLE_DATE_TO, -1},
    {"date from|time from|date to|time to|x|y", KERB_ROLE_TIME_TO, 3},
    {"time|date from|date to|time from|time to|x|y", KERB_ROLE_TIME, 3},
    {"time from|time to|date|x|y", KERB_ROLE_TIME_TO, -1},
    {"date|Recorded Date|x|y", KERB_ROLE_RECORDED, 1},
    {"Reported Date|x|y", KERB_ROLE_DATE, 0}, /* the only date there is */
    {"Reported Date|x|y", KERB_ROLE_RECORDED, -1},
    {"date|created_date|x|y", KERB_ROLE_RECORDED, -1},
    {"date|Recorded At|recorded time|x|y", KERB_ROLE_RECORDED_TIME, 2},
    {"date|recorded time|x|y", KERB_ROLE_RECORDED_TIME, -1},
    {"date|Recorded by|x|y", KERB_ROLE_RECORDED, -1},
    {"Month|x|y", KERB_ROLE_DATE, 0},
    {"Crime type|x|y", KERB_ROLE_CATEGORY, 0},
    {"offense_type|x|y", KERB_ROLE_CATEGORY, 0},
    {"Incident Category|x|y", KERB_ROLE_CATEGORY, 0},
    {"Reference Number|x|y", KERB_ROLE_REFERENCE, 0},
    {"INCIDENT_NUMBER|x|y", KERB_ROLE_REFERENCE, 0},
    {"id|Crime ID|x|y", KERB_ROLE_REFERENCE, 1},
    {"fid|x|y", KERB_ROLE_REFERENCE, -1},
    {"weight|x|y", KERB_ROLE_WEIGHT, -1},
    {"Street name|x|y", KERB_ROLE_LABEL, 0},
    {"LSOA_of_Accident_Location|x|y", KERB_ROLE_AREA_CODE, 0},
};

static size_t split(char *text, const char **out)
{
    size_t n = 0;
    for (char *p = strtok(text, "|"); p != NULL; p = strtok(NULL, "|")) {
        out[n++] = p;
    }
    return n;
}

static void fields__each_header_is_taken_for_what_it_says(void **state)
{
    (void)state;
    scene s = scene_open();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char text[256];
        const char *names[16];
        kerb_ingest__layout layout;
        strcpy(text, headers[i].header);
        size_t n = split(text, names);
        assert_int_equal(
            kerb_ingest__layout_by_names(s.ctx, names, n, &s.options, false, &layout), KERB_OK);
        if (layout.column[headers[i].role] != headers[i].column) {
            fail_msg("%s: column %d", headers[i].header, layout.column[headers[i].role]);
        }
    }
    scene_close(&s);
}

static void fields__no_coordinates_names_columns_and_options(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv", "who,what,when\n1,2,3\n");
    assert_int_equal(scene_read(&s, path), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "a.csv: ");
    assert_message_has(&s, "'who', 'what', 'when'");
    assert_message_has(&s, "--x");
    s.options.x_column = "who";
    assert_int_equal(scene_read(&s, path), KERB_ERR_ARG);
    s.options.y_column = "whom";
    assert_int_equal(scene_read(&s, path), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "--y: no column 'whom'");
    scene_close(&s);
}

static void fields__options_name_what_cannot_be_guessed(void **state)
{
    scene s = scene_open();
    s.options.x_column = "A";
    s.options.y_column = "B";
    s.options.date_column = "C";
    s.options.category_column = "D";
    s.options.weight_column = "E";
    s.options.source = "Unit";
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "a,b,c,d,e\n485900,308700,2020-03-09,Arson,2.5\n"
                                      "485900,308700,2020-03-09,Arson,-1\n"
                                      "485900,308700,2020-03-09,Arson,\n"));
    assert_int_equal(scene_reason(&s, "bad_weight"), 2);
    assert_near_abs(s.events->weight[0], 2.5, 0.0);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Arson");
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "Unit");
    assert_int_equal(s.events->precision[0], KERB_PRECISION_DAY);
    scene_close(&s);
}

static void fields__a_bad_date_rejects_and_a_blank_one_does_not(void **state)
{
    scene s = scene_open();
    scene_read_well(&s,
                    scratch_write(*state, "a.csv",
                                  "x,y,date,time\n485900,308700,31/02/2020,\n"
                                  "485900,308700,,14:00\n485900,308700,29/02/2020,14:05\n"
                                  "485900,308700,29/02/2020,\n485900,308700,29/02/2020,99:00\n"
                                  "485900,308700,2020-03,14:00\n"));
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    assert_int_equal(scene_reason(&s, "bad_time"), 1);
    assert_int_equal(s.report->without_date, 1);
    assert_int_equal(s.events->start[0], KERB_CIVIL_NONE);
    assert_int_equal(s.events->precision[1], KERB_PRECISION_MINUTE);
    assert_int_equal(s.events->precision[2], KERB_PRECISION_DAY);
    assert_int_equal(s.events->precision[3], KERB_PRECISION_MONTH);
    assert_int_equal(s.events->start[1] - s.events->start[2], 14 * 3600 + 300);
    assert_string_equal(s.report->reject_lines[0],
                        "a.csv:2: bad_date, column 'date' has '31/02/2020'");
    scene_close(&s);
}

static void fields__day_month_and_year_may_stand_apart(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "Day,Month,Year,Time of Call,x,y\n"
                                      "1,July,2014,01:54:02,485900,308700\n"
                                      "9,3,2020,,485900,308700\n31,2,2020,,485900,308700\n"
                                      ",,,,485900,308700\n"));
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s.events->start[0], (kerb_precision)s.events->precision[0], text);
    assert_string_equal(text, "2014-07-01 01:54:02");
    kerb_civil_format(s.events->start[1], (kerb_precision)s.events->precision[1], text);
    assert_string_equal(text, "2020-03-09");
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    assert_int_equal(s.report->without_date, 1);
    scene_close(&s);
}

static void fields__month_first_dates_among_others_are_rejected_with_a_warning(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "x,y,date\n485900,308700,3/17/2017\n"
                                      "485900,308700,3/4/2017\n485900,308700,17/3/2017\n"));
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    assert_non_null(strstr(s.log, "month/day"));
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s.events->start[0], KERB_PRECISION_DAY, text);
    assert_string_equal(text, "2017-04-03"); /* day first */
    scene_close(&s);
}

/* Rows with fields missing or too many; empty ones at the end do no harm. */
static void fields__ragged_rows_are_rejected(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "x,y,type\n485900,308700,Arson\n485900,308700\n"
                                      "485900,308700,Arson,more\n485900,308700,Arson,,\n"
                                      "485900\n\n,,\n"));
    assert_int_equal(scene_reason(&s, "wrong_number_of_fields"), 3);
    assert_int_equal(scene_reason(&s, "empty_row"), 1);
    assert_int_equal(s.report->read, 6);
    assert_int_equal(s.report->loaded, 2);
    scene_close(&s);
}

static void fields__columns_without_a_name_at_the_end_may_be_used_or_not(void **state)
{
    scene s = scene_open();
    scene_read_well(
        &s, scratch_write(*state, "a.csv", "x,y,,\n485900,308700,Car,\n485900,308700\n"));
    assert_int_equal(s.report->loaded, 2);
    scene_close(&s);
}

/* What a category may hold, it holds afterwards, byte for byte. */
static void fields__hostile_texts_come_through_whole(void **state)
{
    static const struct {
        const char *in_file, *want;
    } texts[] = {{"\"a, b\"", "a, b"},
                 {"\"say \"\"no\"\"\"", "say \"no\""},
                 {"'; DROP TABLE kerb_incidents; --", "'; DROP TABLE kerb_incidents; --"},
                 {"<script>alert(1)</script>", "<script>alert(1)</script>"},
                 {"=HYPERLINK(1)", "=HYPERLINK(1)"},
                 {"%s%n%d", "%s%n%d"},
                 {"\"two\nlines\"", "two\nlines"},
                 {"\x1B[31mred", "\x1B[31mred"},
                 {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
                 {"../../etc/passwd", "../../etc/passwd"},
                 {"\\N", "\\N"}};
    scene s = scene_open();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[512];
        snprintf(text, sizeof text, "x,y,type\n485900,308700,%s\n485901,308700,plain\n",
                 texts[i].in_file);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        assert_int_equal(s.report->loaded, 2);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), texts[i].want);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "plain");
    }
    static const char with_nul[] = "x,y,type\n485900,308700,a\0b\n485901,308700,plain\n";
    scene_read_well(&s, scratch_write_bytes(*state, "a.csv", with_nul, sizeof with_nul - 1));
    assert_int_equal(scene_reason(&s, "control_character"), 1);
    assert_int_equal(s.report->loaded, 1);
    scene_close(&s);
}

static void fields__a_megabyte_of_category_is_read_and_a_byte_more_is_not(void **state)
{
    scene s = scene_open();
    for (size_t more = 0; more < 2; more++) {
        size_t n = KERB_INGEST_FIELD_LIMIT + more;
        char *data = malloc(n + 64);
        assert_non_null(data);
        size_t at = (size_t)sprintf(data, "x,y,type\n485900,308700,");
        memset(data + at, 'c', n);
        at += n;
        at += (size_t)sprintf(data + at, "\n485901,308700,plain\n");
        scene_read_well(&s, scratch_write_bytes(*state, "a.csv", data, at));
        assert_int_equal(s.report->loaded, more == 0 ? 2 : 1);
        assert_int_equal(scene_reason(&s, "field_too_long"), more);
        if (more == 0) {
            assert_int_equal(strlen(scene_name(&s, KERB_NAME_CATEGORY, 0)), n);
        }
        free(data);
    }
    scene_close(&s);
}

/* What a reject line shows of a value is one line, cut, with nothing a terminal would obey. */
static void fields__offending_values_are_made_visible(void **state)
{
    scene s = scene_open();
    char text[1024];
    size_t n = (size_t)sprintf(text, "x,y\n485900,308700\n\"\x1B[2J\nevil\",3\n485900,");
    memset(text + n, 'z', 500);
    strcpy(text + n + 500, "\n");
    scene_read_well(&s, scratch_write(*state, "a.csv", text));
    assert_int_equal(s.report->n_reject_lines, 2);
    for (size_t i = 0; i < 2; i++) {
        for (const char *p = s.report->reject_lines[i]; *p != '\0'; p++) {
            assert_true((unsigned char)*p >= 32);
        }
        assert_true(strlen(s.report->reject_lines[i]) < 300);
    }
    assert_non_null(strstr(s.report->reject_lines[0], "a.csv:3: bad_coordinate"));
    assert_non_null(strstr(s.report->reject_lines[1], "a.csv:5: bad_coordinate"));
    scene_close(&s);
}

static void fields__encodings_give_the_same_rows(void **state)
{
    static const char utf16[] =
        "\xFF\xFEx\0,\0y\0,\0t\0y\0p\0e\0\r\0\n\0"
        "4\0008\0005\0009\0000\0000\0,\0003\0000\0008\0007\0000\0000\0,\0"
        "C\0a\0f\0\xE9\0\r\0\n\0";
    static const char latin1[] = "x,y,type\r\n485900,308700,Caf\xE9\r\n";
    static const char utf8[] = "\xEF\xBB\xBFx;y;type\n485900;308700;Caf\xC3\xA9\n";
    const struct {
        const char *data;
        size_t n;
    } files[] = {
        {utf16, sizeof utf16 - 1}, {latin1, sizeof latin1 - 1}, {utf8, sizeof utf8 - 1}};
    scene s = scene_open();
    for (size_t i = 0; i < 3; i++) {
        scene_read_well(&s, scratch_write_bytes(*state, "a.csv", files[i].data, files[i].n));
        assert_int_equal(s.report->loaded, 1);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Caf\xC3\xA9");
        assert_near_abs(s.events->x[0], 485900, 0.0);
        assert_int_equal(strstr(s.log, "Windows-1252") != NULL, i == 1);
    }
    scene_close(&s);
}

static void fields__a_header_alone_is_no_row_and_an_empty_file_no_table(void **state)
{
    scene s = scene_open();
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", "x,y,type\n")),
                     KERB_ERR_EMPTY);
    assert_non_null(strstr(kerb_ctx_message(s.ctx), "a.csv"));
    assert_int_equal(scene_read(&s, scratch_write(*state, "b.csv", "")), KERB_ERR_EMPTY);
    assert_int_equal(scene_read(&s, scratch_write(*state, "c.csv", "\n\n\n")), KERB_ERR_EMPTY);
    scene_close(&s);
}

/* Real files of many makers: what is read, loaded and left without a place. */
static void fields__real_files_are_recognised(void **state)
{
    (void)state;
    static const struct {
        const char *path, *crs;
        uint64_t read, loaded, without_geometry;
        kerb_precision precision;
    } files[] = {
        {"collisions/leeds/leeds_2009-9.csv", "EPSG:27700", 3057, 3057, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/leeds/leeds_2016-7.csv", "EPSG:27700", 2549, 2549, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/leeds/leeds_2013-4.csv", "EPSG:27700", 2433, 2433, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/leeds/leeds_2017-8.csv", "EPSG:27700", 2203, 2203, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/leeds/leeds_2018-5.csv", "EPSG:27700", 1995, 1995, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/gb_sample/ac_sample1000.csv", "EPSG:27700", 1000, 1000, 0,
         KERB_PRECISION_MINUTE},
        {"collisions/waltham_forest/crashes_wf.csv", "EPSG:27700", 3449, 3449, 0,
         KERB_PRECISION_MINUTE},
        {"fire/lfb_animal_rescues.csv", "EPSG:27700", 7544, 7544, 0, KERB_PRECISION_MINUTE},
        {"fire/avon_frs_incidents_2014-07.csv", "EPSG:27700", 1084, 1084, 0,
         KERB_PRECISION_SECOND},
        {"timestamped/memphis_robberies.csv", "EPSG:32616", 2245, 2245, 0,
         KERB_PRECISION_SECOND},
        {"timestamped/nycvehiclethefts.csv", "EPSG:32618", 35746, 35746, 0,
         KERB_PRECISION_MINUTE},
        {"classic/spatstat_chicago_points.csv", "none", 116, 116, 0, KERB_PRECISION_NONE},
    };
    size_t n_there = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/data/%s", KERB_SHARED, files[i].path);
        if (!scratch_exists(path)) {
            print_message("not there: %s\n", files[i].path);
            continue;
        }
        n_there++;
        scene s = scene_open_in(files[i].crs);
        scene_read_well(&s, path);
        assert_int_equal(s.report->read, files[i].read);
        assert_int_equal(s.report->loaded, files[i].loaded);
        assert_int_equal(s.report->rejected - s.report->duplicates, 0);
        assert_int_equal(s.report->without_geometry, files[i].without_geometry);
        if (files[i].precision != KERB_PRECISION_NONE) {
            assert_int_equal(s.events->precision[0], files[i].precision);
        }
        scene_close(&s);
    }
    if (n_there == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields__each_header_is_taken_for_what_it_says),
        IN_SCRATCH(fields__no_coordinates_names_columns_and_options),
        IN_SCRATCH(fields__options_name_what_cannot_be_guessed),
        IN_SCRATCH(fields__a_bad_date_rejects_and_a_blank_one_does_not),
        IN_SCRATCH(fields__day_month_and_year_may_stand_apart),
        IN_SCRATCH(fields__month_first_dates_among_others_are_rejected_with_a_warning),
        IN_SCRATCH(fields__ragged_rows_are_rejected),
        IN_SCRATCH(fields__columns_without_a_name_at_the_end_may_be_used_or_not),
        IN_SCRATCH(fields__hostile_texts_come_through_whole),
        IN_SCRATCH(fields__a_megabyte_of_category_is_read_and_a_byte_more_is_not),
        IN_SCRATCH(fields__offending_values_are_made_visible),
        IN_SCRATCH(fields__encodings_give_the_same_rows),
        IN_SCRATCH(fields__a_header_alone_is_no_row_and_an_empty_file_no_table),
        cmocka_unit_test(fields__real_files_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
