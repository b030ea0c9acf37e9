/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colour ramps: lightness in order, classes told apart also by colour-blind eyes, files read as
 * they are. */
#include "export_scene.h"

#include "export_internal.h"

typedef struct lab {
    double l, a, b;
} lab;

static double from_srgb(double value)
{
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double lab_f(double t)
{
    return t > 216.0 / 24389.0 ? cbrt(t) : (24389.0 / 27.0 * t + 16.0) / 116.0;
}

/* Linear sRGB to CIE L*a*b* (D65): IEC 61966-2-1 and CIE 15. */
static lab to_lab(double r, double g, double b)
{
    double x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505;
    double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    double z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0890;
    return (lab){116.0 * lab_f(y) - 16.0, 500.0 * (lab_f(x) - lab_f(y)),
                 200.0 * (lab_f(y) - lab_f(z))};
}

/* 0: normal sight; 1: protanopia; 2: deuteranopia. Matrices in linear sRGB of Machado, Oliveira
 * and Fernandes (2009), table 1, severity 1.0. */
static lab seen_by(const unsigned char rgb[3], int eye)
{
    static const double eyes[3][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1},
                                      {0.152286, 1.052583, -0.204868, 0.114503, 0.786281,
                                       0.099216, -0.003882, -0.048116, 1.051998},
                                      {0.367322, 0.860646, -0.227968, 0.280085, 0.672501,
                                       0.047413, -0.011820, 0.042940, 0.968881}};
    double c[3], s[3];
    for (size_t i = 0; i < 3; i++)
        c[i] = from_srgb(rgb[i] / 255.0);
    for (size_t i = 0; i < 3; i++) {
        const double *m = eyes[eye] + 3 * i;
        s[i] = fmin(1.0, fmax(0.0, m[0] * c[0] + m[1] * c[1] + m[2] * c[2]));
    }
    return to_lab(s[0], s[1], s[2]);
}

static double difference(lab p, lab q)
{
    return sqrt((p.l - q.l) * (p.l - q.l) + (p.a - q.a) * (p.a - q.a) +
                (p.b - q.b) * (p.b - q.b));
}

static void ramps__lightness_falls_from_low_to_high(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (const kerb_export_builtin_ramp *named = kerb_export__builtin_ramps; named->name;
         named++) {
        kerb_export_ramp ramp;
        assert_ok(ctx, kerb_export__ramp_read(ctx, named->name, &ramp));
        for (size_t n = 2; n <= 9; n++) {
            unsigned char rgb[9][3];
            kerb_export__ramp_sample(&ramp, n, rgb);
            for (size_t i = 1; i < n; i++) {
                double before = seen_by(rgb[i - 1], 0).l, now = seen_by(rgb[i], 0).l;
                /* a diverging ramp rises to its middle and falls after it; with an even number
                 * of classes the two in the middle are about alike */
                if (ramp.is_diverging && 2 * i == n)
                    continue;
                bool rises = ramp.is_diverging && 2 * i < n;
                if (!(rises ? now > before + 2.0 : now < before - 2.0))
                    fail_msg("%s, %zu classes: lightness %g after %g", named->name, n, now,
                             before);
            }
        }
        /* light enough to start with, dark enough to end with */
        double first = seen_by(ramp.rgb[0], 0).l, last = seen_by(ramp.rgb[ramp.n - 1], 0).l;
        assert_true(ramp.is_diverging ? seen_by(ramp.rgb[ramp.n / 2], 0).l > 90.0
                                      : first > 90.0);
        assert_true(last < 40.0);
    }
    kerb_ctx_free(ctx);
}

static void ramps__classes_differ_for_colour_blind_eyes(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (const kerb_export_builtin_ramp *named = kerb_export__builtin_ramps; named->name;
         named++) {
        kerb_export_ramp ramp;
        unsigned char rgb[9][3];
        assert_ok(ctx, kerb_export__ramp_read(ctx, named->name, &ramp));
        kerb_export__ramp_sample(&ramp, 7, rgb);
        for (int eye = 0; eye < 3; eye++)
            for (size_t i = 0; i < 7; i++)
                for (size_t j = 0; j < i; j++) {
                    /* 2.3 is a just noticeable difference (Mahy et al. 1994); a map needs more
                     */
                    double apart = difference(seen_by(rgb[i], eye), seen_by(rgb[j], eye));
                    if (!(apart > 8.0))
                        fail_msg("%s: classes %zu and %zu are %g apart for eye %d", named->name,
                                 j, i, apart, eye);
                }
    }
    kerb_ctx_free(ctx);
}

static void ramps__built_in_is_what_the_folder_says(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    size_t n = 0;
    for (const kerb_export_builtin_ramp *named = kerb_export__builtin_ramps; named->name;
         named++) {
        kerb_export_ramp built_in, from_file;
        memset(&built_in, 0, sizeof built_in);
        memset(&from_file, 0, sizeof from_file);
        assert_ok(ctx, kerb_export__ramp_read(ctx, named->name, &built_in));
        kerb_export_set_styles_folder(KERB_SOURCE_DIR "/styles");
        assert_ok(ctx, kerb_export__ramp_read(ctx, named->name, &from_file));
        kerb_export_set_styles_folder(NULL);
        assert_int_equal(built_in.n, from_file.n);
        assert_memory_equal(built_in.rgb, from_file.rgb, sizeof built_in.rgb);
        assert_int_equal(built_in.is_diverging, from_file.is_diverging);
        n++;
    }
    assert_int_equal(n, 3);
    kerb_ctx_free(ctx);
}

static void ramps__a_folder_of_one_s_own_is_read_and_its_faults_named(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_export_ramp ramp;
    scratch_write(*state, "ramps/mine.txt",
                  "# words\r\n#\n\nkind diverging\r\n#000000\r\n#FFffff");
    scratch_write(*state, "ramps/bad.txt", "#000000\n#12345\n");
    scratch_write(*state, "ramps/one.txt", "#000000\n");
    kerb_export_set_styles_folder(*state);
    assert_ok(ctx, kerb_export__ramp_read(ctx, "mine", &ramp));
    assert_int_equal(ramp.n, 2);
    assert_true(ramp.is_diverging);
    assert_int_equal(ramp.rgb[1][0], 255);
    assert_int_equal(kerb_export__ramp_read(ctx, "bad", &ramp), KERB_ERR_FORMAT);
    assert_non_null(strstr(kerb_ctx_message(ctx), "line 2"));
    assert_int_equal(kerb_export__ramp_read(ctx, "one", &ramp), KERB_ERR_FORMAT);
    assert_int_equal(kerb_export__ramp_read(ctx, "heat", &ramp), KERB_ERR_NOT_FOUND);
    kerb_export_set_styles_folder(NULL);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ramps__lightness_falls_from_low_to_high),
        cmocka_unit_test(ramps__classes_differ_for_colour_blind_eyes),
        cmocka_unit_test(ramps__built_in_is_what_the_folder_says),
        cmocka_unit_test_setup_teardown(
            ramps__a_folder_of_one_s_own_is_read_and_its_faults_named, scratch_setup,
            scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
