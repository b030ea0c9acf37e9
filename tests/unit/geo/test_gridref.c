/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OS grid references against the OS's own examples and by law: what is written is read back
 * into the square it came from.
 */
#include "kerb_geo.h"

#include "near.h"

#include <stdlib.h>

typedef struct reference {
    const char *text;
    double x, y, half_width_m; /* centre */
} reference;

static const reference GOOD[] = {
    {"SK 859 087", 485950.0, 308750.0, 50.0}, /* the square 485900..486000 x 308700..308800 */
    {"SK859087", 485950.0, 308750.0, 50.0},
    {"sk859087", 485950.0, 308750.0, 50.0},
    {"  Sk 85 90\t87 ", 485950.0, 308750.0, 50.0}, /* blanks count for nothing */
    {"SK", 450000.0, 350000.0, 50000.0},
    {"SP", 450000.0, 250000.0, 50000.0},
    {"TF", 550000.0, 350000.0, 50000.0},
    {"TL", 550000.0, 250000.0, 50000.0},
    {"SK 80", 485000.0, 305000.0, 5000.0},
    {"SK 8508", 485500.0, 308500.0, 500.0},
    {"SK 8590 0870", 485905.0, 308705.0, 5.0},
    {"SK 85900 08700", 485900.5, 308700.5, 0.5},
    {"SV 00000 00000", 0.5, 0.5, 0.5},         /* the grid's origin */
    {"TQ 38 77", 538500.0, 177500.0, 500.0},   /* Greenwich */
    {"NN 166 712", 216650.0, 771250.0, 50.0},  /* Ben Nevis */
    {"HU 396 753", 439650.0, 1175350.0, 50.0}, /* Sullom, Shetland: 7-digit northing */
    {"HP 99999 99999", 499999.5, 1299999.5, 0.5},
};

static const char *const BAD[] = {
    "",
    " ",
    "S",
    "N 123",
    "ZZ",
    "ZZ 12 34",
    "SI 12 34",
    "IK 12 34",
    "SK 1",
    "SK 859 08",
    "SK 85900 087000",
    "SK 859000 087000",
    "SK 859,087",
    "SK 859-087",
    "485900 308700",
    "S K X",
    "AA 12 34",
    "OV 00 00X",
    "SK\xc2\xa0 85",
    "TE 00",
    "VV 11",
};

static bool parse(const char *text, kerb_point *centre, double *half_width_m)
{
    return kerb_gridref_parse(text, strlen(text), centre, half_width_m);
}

static void gridref__reads_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        kerb_point centre = {.x = -1.0, .y = -1.0};
        double half_width_m = -1.0;
        if (!parse(GOOD[i].text, &centre, &half_width_m))
            fail_msg("\"%s\" was refused", GOOD[i].text);
        assert_near_abs(centre.x, GOOD[i].x, 0.0);
        assert_near_abs(centre.y, GOOD[i].y, 0.0);
        assert_near_abs(half_width_m, GOOD[i].half_width_m, 0.0);
    }
}

static void gridref__refuses_what_is_none_and_leaves_the_outputs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        kerb_point centre = {.x = -7.0, .y = -8.0};
        double half_width_m = -9.0;
        if (parse(BAD[i], &centre, &half_width_m))
            fail_msg("\"%s\" was taken for %.1f %.1f", BAD[i], centre.x, centre.y);
        assert_near_abs(centre.x, -7.0, 0.0);
        assert_near_abs(half_width_m, -9.0, 0.0);
    }
}

static void gridref__reads_no_further_than_its_length(void **state)
{
    (void)state;
    kerb_point centre;
    double half_width_m;
    assert_true(kerb_gridref_parse("SK 859 0879", 10, &centre, &half_width_m));
    assert_near_abs(half_width_m, 50.0, 0.0);
    assert_false(kerb_gridref_parse("SK\0"
                                    "859087",
                                    9, &centre, &half_width_m));
}

static void gridref__writes_by_cutting_never_by_rounding(void **state)
{
    (void)state;
    char text[16];
    assert_true(kerb_gridref_format(485999.99, 308799.99, 6, text));
    assert_string_equal(text, "SK 859 087");
    assert_true(kerb_gridref_format(485900.0, 308700.0, 8, text));
    assert_string_equal(text, "SK 8590 0870");
    assert_true(kerb_gridref_format(499999.999999, 399999.999999, 10, text));
    assert_string_equal(text, "SK 99999 99999");
    assert_true(kerb_gridref_format(500000.0, 300000.0, 10, text));
    assert_string_equal(text, "TF 00000 00000");
    assert_true(kerb_gridref_format(450000.0, 350000.0, 0, text));
    assert_string_equal(text, "SK");
    assert_true(kerb_gridref_format(0.0, 0.0, 2, text));
    assert_string_equal(text, "SV 0 0");
    assert_true(kerb_gridref_format(439668.0, 1175316.0, 6, text));
    assert_string_equal(text, "HU 396 753");
}

static void gridref__writes_nothing_outside_the_grid(void **state)
{
    (void)state;
    char text[16] = "unchanged";
    const double outside[][2] = {{-0.001, 0.0},     {0.0, -1.0},        {700000.0, 0.0},
                                 {0.0, 1300000.0},  {(double)NAN, 1.0}, {1.0, (double)INFINITY},
                                 {-6919310.0, 4e6}, {1e300, 1e300}};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(kerb_gridref_format(outside[i][0], outside[i][1], 6, text));
    assert_false(kerb_gridref_format(1.0, 1.0, 3, text));
    assert_false(kerb_gridref_format(1.0, 1.0, -2, text));
    assert_false(kerb_gridref_format(1.0, 1.0, 12, text));
    assert_string_equal(text, "unchanged");
}

static void gridref__what_is_written_is_read_back_into_its_square(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        double at[2];
        for (int k = 0; k < 2; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            at[k] = (double)(seed >> 11) * 0x1p-53 * (k == 0 ? 700000.0 : 1300000.0);
        }
        for (int n_digits = 0; n_digits <= 10; n_digits += 2) {
            char text[16];
            kerb_point centre;
            double half_width_m;
            assert_true(kerb_gridref_format(at[0], at[1], n_digits, text));
            assert_true(parse(text, &centre, &half_width_m));
            assert_true(centre.x - half_width_m <= at[0] && at[0] < centre.x + half_width_m);
            assert_true(centre.y - half_width_m <= at[1] && at[1] < centre.y + half_width_m);
        }
    }
}

static void gridref__reads_eastings_and_northings_by_their_digits(void **state)
{
    (void)state;
    static const reference good[] = {
        {"485900 308700", 485900.5, 308700.5, 0.5},
        {"48590 30870", 485905.0, 308705.0, 5.0},
        {"4859,3087", 485950.0, 308750.0, 50.0},
        {" 4859 , 3087 ", 485950.0, 308750.0, 50.0},
        {"439668 1175316", 439668.5, 1175316.5, 0.5},
    };
    static const char *const bad[] = {"859087",
                                      "4859003087",
                                      "485900 3087",
                                      "859 087",
                                      "485900 308700 1",
                                      "700000 100000",
                                      "439668 1300000",
                                      "85900 308700",
                                      "485900;308700",
                                      "",
                                      "485900,,308700",
                                      "SK 859 087",
                                      "485900 308700x",
                                      "4859003 3087001",
                                      "1234567890 12345678"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        kerb_point centre;
        double half_width_m;
        if (!kerb_gridref_parse_numeric(good[i].text, strlen(good[i].text), &centre,
                                        &half_width_m))
            fail_msg("\"%s\" was refused", good[i].text);
        assert_near_abs(centre.x, good[i].x, 0.0);
        assert_near_abs(centre.y, good[i].y, 0.0);
        assert_near_abs(half_width_m, good[i].half_width_m, 0.0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        kerb_point centre;
        double half_width_m;
        if (kerb_gridref_parse_numeric(bad[i], strlen(bad[i]), &centre, &half_width_m))
            fail_msg("\"%s\" was taken for %.1f %.1f", bad[i], centre.x, centre.y);
    }
}

static void gridref__tells_swapped_eastings_and_northings(void **state)
{
    (void)state;
    /* Leicestershire, Rutland and Rugby */
    const kerb_box here = {
        .xmin = 425000.0, .ymin = 265000.0, .xmax = 510000.0, .ymax = 345000.0};
    assert_true(kerb_gridref_is_swapped((kerb_point){308700.0, 485900.0}, here));
    assert_false(kerb_gridref_is_swapped((kerb_point){485900.0, 308700.0}, here));
    assert_false(kerb_gridref_is_swapped((kerb_point){0.0, 0.0}, here));
    assert_false(kerb_gridref_is_swapped((kerb_point){(double)NAN, 485900.0}, here));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gridref__reads_the_table),
        cmocka_unit_test(gridref__refuses_what_is_none_and_leaves_the_outputs),
        cmocka_unit_test(gridref__reads_no_further_than_its_length),
        cmocka_unit_test(gridref__writes_by_cutting_never_by_rounding),
        cmocka_unit_test(gridref__writes_nothing_outside_the_grid),
        cmocka_unit_test(gridref__what_is_written_is_read_back_into_its_square),
        cmocka_unit_test(gridref__reads_eastings_and_northings_by_their_digits),
        cmocka_unit_test(gridref__tells_swapped_eastings_and_northings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
