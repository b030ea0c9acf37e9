/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Day/month or month/day: what a whole file proves. */
#include "ingest_scene.h"

static void check_shape(const char *text, kerb_ingest__date_shape shape)
{
    if (kerb_ingest__date_shape_of(text, strlen(text)) != shape) {
        fail_msg("'%s' has another shape", text);
    }
}

static void date_order__a_date_says_what_it_can_be(void **state)
{
    (void)state;
    check_shape("3/17/2017", KERB_DATE_SHAPE_MONTH_FIRST);
    check_shape("17/3/2017", KERB_DATE_SHAPE_DAY_FIRST);
    check_shape("3/9/2017", KERB_DATE_SHAPE_EITHER);
    check_shape("12/12/17", KERB_DATE_SHAPE_EITHER);
    check_shape("12-31-2017 23:00", KERB_DATE_SHAPE_MONTH_FIRST);
    check_shape("31.12.2017", KERB_DATE_SHAPE_DAY_FIRST);
    check_shape("13/13/2017", KERB_DATE_SHAPE_OTHER);
    check_shape("2/30/2017", KERB_DATE_SHAPE_OTHER);
    check_shape("0/30/2017", KERB_DATE_SHAPE_OTHER);
    check_shape("2017-03-17", KERB_DATE_SHAPE_OTHER);
    check_shape("2017-03", KERB_DATE_SHAPE_OTHER);
    check_shape("01-Jan-09", KERB_DATE_SHAPE_OTHER);
    check_shape("3/17", KERB_DATE_SHAPE_OTHER);
    check_shape("", KERB_DATE_SHAPE_OTHER);
}

static void check_start(const scene *s, size_t row, const char *want)
{
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s->events->start[row], KERB_PRECISION_DAY, text);
    assert_string_equal(text, want);
}

static void date_order__one_month_first_date_and_no_day_first_one_turn_the_file(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "x,y,date\n1000,1,3/9/2017\n1000,1,3/17/2017\n"
                                      "1000,1,12/1/2017\n"));
    assert_int_equal(s.report->loaded, 3);
    check_start(&s, 0, "2017-03-09");
    check_start(&s, 1, "2017-03-17");
    check_start(&s, 2, "2017-12-01");
    assert_non_null(strstr(s.log, "a.csv"));
    assert_non_null(strstr(s.log, "month/day/year: line 3 has '3/17/2017'"));
    scene_close(&s);
}

static void date_order__day_first_stays_without_a_word(void **state)
{
    scene s = scene_open();
    scene_read_well(
        &s, scratch_write(*state, "a.csv", "x,y,date\n1000,1,3/9/2017\n1000,1,17/3/2017\n"));
    check_start(&s, 0, "2017-09-03");
    check_start(&s, 1, "2017-03-17");
    assert_string_equal(s.log, "");
    scene_read_well(
        &s, scratch_write(*state, "b.csv", "x,y,date\n1000,1,3/9/2017\n1000,1,1/2/2017\n"));
    check_start(&s, 0, "2017-09-03");
    assert_string_equal(s.log, "");
    scene_close(&s);
}

static void date_order__both_in_one_file_are_day_first_and_the_others_refused(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "a.csv",
                                      "x,y,date\n1000,1,3/17/2017\n1000,1,3/9/2017\n"
                                      "1000,1,17/3/2017\n"));
    assert_int_equal(s.report->loaded, 2);
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    check_start(&s, 0, "2017-09-03");
    assert_non_null(strstr(s.log, "exchanged"));
    scene_close(&s);
}

static void date_order__a_mapping_with_a_format_overrules(void **state)
{
    scene s = scene_open();
    char mapping[SCRATCH_PATH_BYTES];
    strcpy(mapping, scratch_write(*state, "m.yaml",
                                  "columns: {x: x, y: y, date: date}\n"
                                  "date_format: '%d/%m/%Y'\n"));
    s.options.format = mapping;
    scene_read_well(
        &s, scratch_write(*state, "a.csv", "x,y,date\n1000,1,3/17/2017\n1000,1,3/9/2017\n"));
    assert_int_equal(s.report->loaded, 1);
    check_start(&s, 0, "2017-09-03");
    scene_close(&s);
}

/* The proof lies far behind the rows that recognition looks at (64 KB), either way. */
static void date_order__the_whole_file_is_asked(void **state)
{
    scene s = scene_open();
    kerb_text text = {0};
    kerb_text_add(&text, "x,y,date\n");
    for (int i = 0; i < 20000; i++) {
        kerb_text_add(&text, "1000,1,3/9/2017\n");
    }
    size_t n = text.length;
    kerb_text_add(&text, "1000,1,3/17/2017\n");
    scene_read_well(&s, scratch_write(*state, "a.csv", text.data));
    assert_int_equal(s.report->loaded, 20001);
    check_start(&s, 0, "2017-03-09");
    assert_non_null(strstr(s.log, "line 20002"));
    text.length = n;
    kerb_text_add(&text, "1000,1,3/17/2017\n1000,1,17/3/2017\n");
    scene_read_well(&s, scratch_write(*state, "b.csv", text.data));
    assert_int_equal(s.report->loaded, 20001);
    assert_int_equal(scene_reason(&s, "bad_date"), 1);
    check_start(&s, 0, "2017-09-03");
    kerb_text_clear(&text);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_order__a_date_says_what_it_can_be),
        IN_SCRATCH(date_order__one_month_first_date_and_no_day_first_one_turn_the_file),
        IN_SCRATCH(date_order__day_first_stays_without_a_word),
        IN_SCRATCH(date_order__both_in_one_file_are_day_first_and_the_others_refused),
        IN_SCRATCH(date_order__a_mapping_with_a_format_overrules),
        IN_SCRATCH(date_order__the_whole_file_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
