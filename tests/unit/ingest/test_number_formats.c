/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the number formats of workbooks show, and serial numbers as dates. */
#include "ingest_xlsx.h"
#include "near.h"

#include <string.h>

static void number_formats__are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        kerb_ingest__number_kind kind;
        bool shows_seconds;
        unsigned n_zeros;
    } rows[] = {
        {"", KERB_CELL_NUMBER, false, 0},
        {"General", KERB_CELL_NUMBER, false, 0},
        {"GENERAL", KERB_CELL_NUMBER, false, 0},
        {"0", KERB_CELL_NUMBER, false, 0},
        {"0.00", KERB_CELL_NUMBER, false, 0},
        {"#,##0", KERB_CELL_NUMBER, false, 0},
        {"0.00E+00", KERB_CELL_NUMBER, false, 0},
        {"00000", KERB_CELL_NUMBER, false, 5},
        {"@", KERB_CELL_NUMBER, false, 0},
        {"[Red]0", KERB_CELL_NUMBER, false, 0},
        {"0\" days\"", KERB_CELL_NUMBER, false, 0},
        {"0\\d", KERB_CELL_NUMBER, false, 0},
        {"\"TRUE\";\"TRUE\";\"FALSE\"", KERB_CELL_NUMBER, false, 0},
        {"_-* #,##0_-;-* #,##0_-", KERB_CELL_NUMBER, false, 0},
        {"dd/mm/yyyy", KERB_CELL_DATE, false, 0},
        {"DD/MM/YY", KERB_CELL_DATE, false, 0},
        {"[$-809]d mmmm yyyy;@", KERB_CELL_DATE, false, 0},
        {"yyyy", KERB_CELL_DATE, false, 0},
        {"mmm-yy", KERB_CELL_MONTH, false, 0},
        {"yyyy\\-mm", KERB_CELL_MONTH, false, 0},
        {"dd/mm/yyyy hh:mm", KERB_CELL_DATE_TIME, false, 0},
        {"yyyy-mm-dd\\Thh:mm:ss", KERB_CELL_DATE_TIME, true, 0},
        {"hh:mm", KERB_CELL_TIME, false, 0},
        {"h:mm AM/PM", KERB_CELL_TIME, false, 0},
        {"[h]:mm:ss", KERB_CELL_TIME, true, 0},
        {"mm:ss.0", KERB_CELL_TIME, true, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kerb_ingest__number_format f = kerb_ingest__number_format_parse(rows[i].code);
        if (f.kind != rows[i].kind || f.shows_seconds != rows[i].shows_seconds ||
            f.n_zeros != rows[i].n_zeros) {
            fail_msg("'%s': kind %d, seconds %d, zeros %u", rows[i].code, (int)f.kind,
                     f.shows_seconds, f.n_zeros);
        }
    }
}

/* Serial numbers by hand: 1 is 1900-01-01, 59 the 28 February, 61 the 1 March; 25569 is
 * 1970-01-01; 43831 2020-01-01; with 1904 the same days are 1,462 less. */
static void number_formats__serials_are_days(void **state)
{
    (void)state;
    static const struct {
        kerb_ingest__number_kind kind;
        bool is_1904;
        double value;
        const char *text;
    } rows[] = {
        {KERB_CELL_DATE, false, 1, "1900-01-01"},
        {KERB_CELL_DATE, false, 59, "1900-02-28"},
        {KERB_CELL_DATE, false, 60, "1900-02-29"},
        {KERB_CELL_DATE, false, 61, "1900-03-01"},
        {KERB_CELL_DATE, false, 25569, "1970-01-01"},
        {KERB_CELL_DATE, false, 43831, "2020-01-01"},
        {KERB_CELL_DATE, true, 43831 - 1462, "2020-01-01"},
        {KERB_CELL_DATE, true, 0, "1904-01-01"},
        {KERB_CELL_DATE, false, 2958465, "9999-12-31"},
        {KERB_CELL_DATE, false, 43831.5, "2020-01-01T12:00"},
        {KERB_CELL_DATE_TIME, false, 43831, "2020-01-01T00:00"},
        /* 0.0864 s before midnight is midnight, and the next day */
        {KERB_CELL_DATE_TIME, false, 43890.999999, "2020-03-01T00:00"},
        {KERB_CELL_MONTH, false, 43831, "2020-01"},
        {KERB_CELL_MONTH, false, 43832, "2020-01-02"},
        {KERB_CELL_TIME, false, 0.5, "12:00"},
        {KERB_CELL_TIME, false, 0.99999999, "1900-01-01T00:00"},
        {KERB_CELL_NUMBER, false, 43831, "43831"},
        {KERB_CELL_DATE, false, -1, "-1"},
        {KERB_CELL_DATE, false, 2958466, "2958466"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[64];
        kerb_ingest__number_format_write((kerb_ingest__number_format){.kind = rows[i].kind},
                                         rows[i].is_1904, rows[i].value, "raw", text);
        assert_string_equal(text, rows[i].text);
    }
    assert_true(kerb_ingest__is_plausible_serial(43831, false));
    assert_true(kerb_ingest__is_plausible_serial(43831 - 1462, true));
    assert_false(kerb_ingest__is_plausible_serial(2020, false));
    assert_false(kerb_ingest__is_plausible_serial(20200101, false));
}

static void number_formats__builtin_ones_are_known(void **state)
{
    (void)state;
    static const struct {
        unsigned id;
        kerb_ingest__number_kind kind;
    } rows[] = {{0, KERB_CELL_NUMBER},     {1, KERB_CELL_NUMBER}, {11, KERB_CELL_NUMBER},
                {14, KERB_CELL_DATE},      {17, KERB_CELL_MONTH}, {18, KERB_CELL_TIME},
                {22, KERB_CELL_DATE_TIME}, {46, KERB_CELL_TIME},  {49, KERB_CELL_NUMBER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(kerb_ingest__number_format_builtin(rows[i].id).kind, rows[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_formats__are_told_apart),
        cmocka_unit_test(number_formats__serials_are_days),
        cmocka_unit_test(number_formats__builtin_ones_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
