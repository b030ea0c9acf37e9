/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two dates make a window, a third says when it was recorded: what becomes of each row, from
 * files as people write them. */
#include "ingest_scene.h"

/* One row of Committed From, Committed To, Recorded At, and what it is; "" is nothing. */
static const struct {
    const char *from, *to, *recorded;
    const char *start, *end, *recorded_text;
    const char *reason; /* of rejection; NULL: loaded */
} rows[] = {
    {"2020-03-09 18:00", "2020-03-10 08:15", "2020-03-10 09:02", "2020-03-09 18:00",
     "2020-03-10 08:15", "2020-03-10 09:02", NULL},
    /* a day stands for all of it */
    {"09/03/2020", "11/03/2020", "12/03/2020", "2020-03-09", "2020-03-12 00:00",
     "2020-03-12 00:00", NULL},
    {"2020-03-09 18:00", "2020-03-10", "", "2020-03-09 18:00", "2020-03-11 00:00", "", NULL},
    {"2020-03-09", "2020-03-09 08:15", "", "2020-03-09", "2020-03-09 08:15", "", NULL},
    {"2020-03", "2020-05", "", "2020-03", "2020-06-01 00:00", "", NULL},
    /* windows that say no more than their start */
    {"2020-03-09 18:00", "2020-03-09 18:00", "", "2020-03-09 18:00", "", "", NULL},
    {"2020-03-09 18:00", "2020-03-09 18:01", "", "2020-03-09 18:00", "", "", NULL},
    {"2020-03-09", "2020-03-09", "", "2020-03-09", "", "", NULL},
    {"2020-03-09", "31/12/9999", "", "2020-03-09", "", "", NULL}, /* not known yet */
    {"", "9999-12-31 23:59:59", "", "", "", "", NULL},
    {"2020-03-09 18:00", "", "", "2020-03-09 18:00", "", "", NULL},
    {"2020-03-09 18:00:30", "2020-03-09 18:00", "", "2020-03-09 18:00:30", "", "", NULL},
    /* the clock goes back on 25 October 2020: local time is what was written */
    {"2020-10-25 00:30", "2020-10-25 02:30", "", "2020-10-25 00:30", "2020-10-25 02:30", "",
     NULL},
    /* only an end, only a recording, nothing */
    {"", "2020-03-10 08:15", "", "", "", "", NULL},
    {"", "", "2020-03-10", "", "", "2020-03-10 00:00", NULL},
    {"NULL", "N/A", "", "", "", "", NULL},
    /* recorded before it began: somebody's clock, not kerb's */
    {"2020-03-09 18:00", "", "2020-03-08", "2020-03-09 18:00", "", "2020-03-08 00:00", NULL},
    {"2020-03-09 18:00", "", "2020-03-09", "2020-03-09 18:00", "", "2020-03-09 00:00", NULL},
    /* what cannot be understood */
    {"2020-03-09 18:00", "2020-03-09 17:59", "", NULL, NULL, NULL, "end_before_start"},
    {"2020-03-09 18:00", "2020-03-08", "", NULL, NULL, NULL, "end_before_start"},
    {"2020-03-09 18:00", "2020-02-31", "", NULL, NULL, NULL, "bad_date"},
    {"2020-03-09 18:00", "", "soon", NULL, NULL, NULL, "bad_date"},
    {"", "2020-03-10 25:00", "", NULL, NULL, NULL, "bad_date"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void assert_time(size_t row, const char *what, kerb_civil_s time, const char *want)
{
    char text[KERB_CIVIL_TEXT] = "";
    size_t n = strlen(want);
    kerb_precision precision = n == 7    ? KERB_PRECISION_MONTH
                               : n == 10 ? KERB_PRECISION_DAY
                               : n == 16 ? KERB_PRECISION_MINUTE
                                         : KERB_PRECISION_SECOND;
    if (time != KERB_CIVIL_NONE) {
        kerb_civil_format(time, precision, text);
    }
    if (strcmp(text, want) != 0) {
        fail_msg("row %zu: %s is '%s', not '%s'", row, what, text, want);
    }
}

static void times__each_row_is_what_its_dates_say(void **state)
{
    scene s = scene_open();
    for (size_t i = 0; i < N_ROWS; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "Ref,Committed From,Committed To,Recorded At,Easting,Northing\n"
                 "a,%s,%s,%s,450000,300000\nb,,,,450000,300000\n",
                 rows[i].from, rows[i].to, rows[i].recorded);
        scene_read_well(&s, scratch_write(*state, "a.csv", text));
        if (rows[i].reason != NULL) {
            if (scene_reason(&s, rows[i].reason) != 1) {
                fail_msg("row %zu was not rejected as %s", i, rows[i].reason);
            }
            continue;
        }
        assert_int_equal(s.report->rejected, 0);
        const kerb_events *e = s.events;
        assert_time(i, "start", e->start[0], rows[i].start);
        assert_time(i, "end", e->end != NULL ? e->end[0] : KERB_CIVIL_NONE, rows[i].end);
        assert_time(i, "recorded", e->recorded != NULL ? e->recorded[0] : KERB_CIVIL_NONE,
                    rows[i].recorded_text);
        assert_int_equal(s.report->without_date, 1 + (rows[i].start[0] == '\0'));
    }
    scene_close(&s);
}

static void times__what_is_odd_is_counted_and_said(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "date from,date to,date reported,x,y\n"
                                      "2020-03-09 18:00,,2020-03-08,450000,300000\n"
                                      ",2020-03-09 18:00,2020-03-10,450000,300000\n"
                                      ",2020-03-09,2020-03-10,450000,300000\n"
                                      "2020-03-09 18:00,,2020-03-09,450000,300000\n"));
    assert_int_equal(s.report->loaded, 4);
    assert_int_equal(s.report->files[0].end_without_start, 2);
    assert_int_equal(s.report->files[0].recorded_before_start, 1);
    assert_non_null(strstr(s.log, "no start, loaded without date: 2"));
    assert_non_null(strstr(s.log, "recorded before they happened, loaded as they stand: 1"));
    scene_close(&s);
}

static void times__a_refused_row_names_its_column(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "date from,time from,date to,time to,recorded on,x,y\n"
                                      "9/3/2020,18:00,9/3/2020,17:30,,450000,300000\n"
                                      "9/3/2020,18:00,9/3/2020,27:30,,450000,300000\n"
                                      "9/3/2020,18:00,9/3/2020,19:30,later,450000,300000\n"
                                      "9/3/2020,1800,10/3/2020,130,10/3/2020,450000,300000\n"));
    assert_int_equal(s.report->loaded, 1);
    assert_non_null(strstr(s.report->reject_lines[0],
                           "a.csv:2: end_before_start, column 'date to' "
                           "has '9/3/2020'"));
    assert_non_null(
        strstr(s.report->reject_lines[1], "bad_time, column 'time to' has '27:30'"));
    assert_non_null(
        strstr(s.report->reject_lines[2], "bad_date, column 'recorded on' has 'later'"));
    assert_time(0, "start", s.events->start[0], "2020-03-09 18:00");
    assert_time(0, "end", s.events->end[0], "2020-03-10 01:30");
    assert_time(0, "recorded", s.events->recorded[0], "2020-03-10 00:00");
    scene_close(&s);
}

/* A million rows of a file without them must not pay for columns that others have. */
static void times__files_without_them_have_no_columns(void **state)
{
    scene s = scene_open();
    const char *paths[2] = {
        scratch_write(*state, "a.csv", "date,x,y\n2020-03-09,450000,300000\n"),
        scratch_write(*state, "b.csv", "date,x,y\n2020-03-10,450000,300000\n")};
    assert_int_equal(scene_read_many(&s, paths, 2), KERB_OK);
    assert_null(s.events->end);
    assert_null(s.events->recorded);
    /* one with and one without: those without have none */
    paths[1] = scratch_write(*state, "b.csv",
                             "startdate,enddate,x,y\n2020-03-10,2020-03-11,450000,300000\n");
    assert_int_equal(scene_read_many(&s, paths, 2), KERB_OK);
    assert_int_equal(s.events->n, 2);
    assert_true(s.events->end[0] == KERB_CIVIL_NONE);
    assert_time(1, "end", s.events->end[1], "2020-03-12 00:00");
    scene_close(&s);
}

static void times__options_name_the_columns(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv",
                                     "when,until,noted,date from,date to,x,y\n"
                                     "2020-03-09,2020-03-11,2020-03-12,2020-01-01,2020-02-01,"
                                     "450000,300000\n");
    scene_read_well(&s, path);
    assert_time(0, "start", s.events->start[0], "2020-01-01");
    assert_time(0, "end", s.events->end[0], "2020-02-02 00:00");
    /* another date has no end that is called by the first one's name */
    s.options.date_column = "when";
    scene_read_well(&s, path);
    assert_time(0, "start", s.events->start[0], "2020-03-09");
    assert_null(s.events->end);
    s.options.date_to_column = "until";
    s.options.recorded_column = "noted";
    scene_read_well(&s, path);
    assert_time(0, "end", s.events->end[0], "2020-03-12 00:00");
    assert_time(0, "recorded", s.events->recorded[0], "2020-03-12 00:00");
    /* nor a time of day: that of "recorded" is not one of "noted" */
    scene_read_well(&s, scratch_write(*state, "c.csv",
                                      "when,until,noted,recorded on,recorded time,date from,"
                                      "date to,time from,time to,x,y\n"
                                      "2020-03-09,2020-03-11,2020-03-12,2020-05-01,15:00,"
                                      "2020-01-01,2020-02-01,10:00,11:00,450000,300000\n"));
    assert_int_equal(s.events->precision[0], KERB_PRECISION_DAY);
    assert_time(0, "start", s.events->start[0], "2020-03-09");
    assert_time(0, "end", s.events->end[0], "2020-03-12 00:00");
    assert_time(0, "recorded", s.events->recorded[0], "2020-03-12 00:00");
    s.options.date_to_column = "never";
    assert_int_equal(scene_read(&s, path), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "--date-to: no column 'never'");
    s.options.recorded_column = s.options.date_column = NULL;
    s.options.date_to_column = "until";
    assert_int_equal(
        scene_read(&s, scratch_write(*state, "b.csv", "until,x,y\n2020-03-09,450000,300000\n")),
        KERB_ERR_ARG);
    assert_message_has(&s, "--date-to needs a date from");
    scene_close(&s);
}

static void times__mappings_name_them_too(void **state)
{
    scene planar = scene_open_in("none");
    planar.options.format = scratch_write(*state, "m.yaml",
                                          "columns:\n  x: x\n  y: y\n  date: a\n  time: b\n"
                                          "  date_to: c\n  time_to: d\n  recorded: e\n"
                                          "  recorded_time: f\ndate_format: '%m/%d/%Y'\n"
                                          "time_format: '%H%M'\nmissing: ['?']\n");
    const char *path = scratch_write(*state, "a.csv",
                                     "a,b,c,d,e,f,x,y\n"
                                     "03/09/2020,1800,03/10/2020,0815,03/11/2020,0900,4,3\n"
                                     "03/09/2020,1800,?,?,?,?,4,3\n");
    scene_read_well(&planar, path);
    assert_int_equal(planar.report->loaded, 2);
    assert_time(0, "start", planar.events->start[0], "2020-03-09 18:00");
    assert_time(0, "end", planar.events->end[0], "2020-03-10 08:15");
    assert_time(0, "recorded", planar.events->recorded[0], "2020-03-11 09:00");
    assert_true(planar.events->end[1] == KERB_CIVIL_NONE);
    assert_true(planar.events->recorded[1] == KERB_CIVIL_NONE);
    static const struct {
        const char *columns, *words;
    } wrong[] = {{"{x: x, y: y, date_to: c}", "date_to needs date"},
                 {"{x: x, y: y, date: a, time_to: d}", "time_to needs date_to"},
                 {"{x: x, y: y, recorded_time: d}", "recorded_time needs recorded"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[128];
        snprintf(text, sizeof text, "columns: %s\n", wrong[i].columns);
        scratch_write(*state, "m.yaml", text);
        assert_int_equal(scene_read(&planar, path), KERB_ERR_FORMAT);
        assert_message_has(&planar, wrong[i].words);
        assert_message_has(&planar, "m.yaml");
    }
    scene_close(&planar);
}

/* The order of day and month is the file's: an end may prove what no start does. */
static void times__any_of_the_dates_proves_their_order(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "date from,date to,recorded on,x,y\n"
                                      "3/4/2020,3/5/2020,3/6/2020,450000,300000\n"
                                      "3/4/2020,3/29/2020,4/1/2020,450000,300000\n"));
    assert_int_equal(s.report->loaded, 2);
    assert_time(0, "start", s.events->start[0], "2020-03-04");
    assert_time(0, "end", s.events->end[0], "2020-03-06 00:00");
    assert_time(1, "recorded", s.events->recorded[1], "2020-04-01 00:00");
    assert_non_null(strstr(s.log, "line 3 has '3/29/2020'"));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(times__each_row_is_what_its_dates_say),
        IN_SCRATCH(times__what_is_odd_is_counted_and_said),
        IN_SCRATCH(times__a_refused_row_names_its_column),
        IN_SCRATCH(times__files_without_them_have_no_columns),
        IN_SCRATCH(times__options_name_the_columns),
        IN_SCRATCH(times__any_of_the_dates_proves_their_order),
        IN_SCRATCH(times__mappings_name_them_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
