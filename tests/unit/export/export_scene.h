/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_EXPORT_SCENE_H
#define KERB_TEST_EXPORT_SCENE_H

/* What the tests of exports share: a stamp, a density-like grid, a few areas, and names that
 * nobody should have. Everything is made from formulas; nothing is read. */

#include "kerb_base.h"
#include "kerb_export.h"

#include "near.h"
#include "scratch.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#define assert_ok(ctx, call)                                                                   \
    do {                                                                                       \
        kerb_status assert_ok_status = (call);                                                 \
        if (assert_ok_status != KERB_OK)                                                       \
            fail_msg("%s: %s", kerb_status_name(assert_ok_status), kerb_ctx_message(ctx));     \
    } while (0)

/* A day of the calendar as civil time. */
static inline kerb_civil_s scene_day(int year, int month, int day)
{
    return kerb_days_from_date((kerb_date){year, month, day}) * 86400;
}

static inline kerb_stamp scene_stamp(const kerb_crs *crs)
{
    return (kerb_stamp){.title = "Burglary, 2020-01 to 2021-12",
                        .command = "density",
                        .parameters = "{\"kernel\":\"quartic\",\"bandwidth\":400}",
                        .fingerprint = "00ff",
                        .crs = crs,
                        .operation = "none needed",
                        .operation_accuracy_m = 0.0,
                        .seed = KERB_DEFAULT_SEED,
                        .events_read = 12,
                        .events_used = 10,
                        .period_from = scene_day(2020, 1, 1),
                        .period_to = scene_day(2022, 1, 1)};
}

/* Two bumps that vary in every bit, zeros around, NAN in the south-west corner. */
static inline kerb_grid *scene_grid(kerb_ctx *ctx, size_t n_rows, size_t n_cols)
{
    kerb_grid *grid = NULL;
    kerb_grid_spec spec = {
        .xmin = 455000.0, .ymax = 310000.0, .cell_m = 20.0, .n_rows = n_rows, .n_cols = n_cols};
    assert_ok(ctx, kerb_grid_new(ctx, &spec, 0.0, &grid));
    double *values = kerb_grid_values(grid);
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t col = 0; col < n_cols; col++) {
            double x = ((double)col + 0.5) / (double)n_cols,
                   y = ((double)row + 0.5) / (double)n_rows;
            double near = 1.0 - 9.0 * ((x - 0.4) * (x - 0.4) + (y - 0.5) * (y - 0.5));
            double far = 1.0 - 30.0 * ((x - 0.8) * (x - 0.8) + (y - 0.2) * (y - 0.2));
            double value = (near > 0.0 ? 100.0 / 3.0 * near * near : 0.0) +
                           (far > 0.0 ? 400.0 / 7.0 * far * far : 0.0);
            values[row * n_cols + col] = x < 0.2 && y > 0.8 ? (double)NAN : value;
        }
    }
    return grid;
}

/* n squares of 1,000 m in a row; the first has a hole, the last a second part. */
static inline kerb_areas_set *scene_areas(kerb_ctx *ctx, size_t n)
{
    kerb_areas_set *set = NULL;
    assert_ok(ctx, kerb_areas_set_new(ctx, &set));
    for (size_t i = 0; i < n; i++) {
        double x = 455000.0 + 1000.0 * (double)i, y = 300000.0;
        size_t counts[2] = {5, 5};
        kerb_point points[10] = {{x, y},
                                 {x + 1000.0, y},
                                 {x + 1000.0, y + 1000.0},
                                 {x, y + 1000.0},
                                 {x, y},
                                 {x + 400.0, y + 400.0},
                                 {x + 600.0, y + 400.0},
                                 {x + 600.0, y + 600.0},
                                 {x + 400.0, y + 600.0},
                                 {x + 400.0, y + 400.0}};
        char id[24];
        snprintf(id, sizeof id, "A%02zu", i + 1);
        if (i > 0 && i + 1 == n)
            for (size_t j = 5; j < 10; j++)
                points[j].y += 2000.0;
        assert_ok(ctx, kerb_areas_set_add_rings(ctx, set, id, id, i == 0 || i + 1 == n ? 2 : 1,
                                                counts, points));
    }
    return set;
}

/* id, n, rate; the rate of row 1 has no result */
static inline kerb_layer *scene_layer(kerb_ctx *ctx, const kerb_areas_set *set, size_t n)
{
    kerb_layer *layer = NULL;
    size_t id, count, rate;
    assert_ok(ctx, kerb_layer_new(ctx, "beats", n, set, &layer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "id", KERB_FIELD_TEXT, NULL, &id));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "n", KERB_FIELD_INTEGER, "events", &count));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "rate_per_1000", KERB_FIELD_REAL,
                                        "per 1,000 residents", &rate));
    for (size_t row = 0; row < n; row++) {
        char text[24];
        snprintf(text, sizeof text, "A%02zu", row + 1);
        assert_ok(ctx, kerb_layer_set_text(ctx, layer, row, id, text));
        kerb_layer_set_integer(layer, row, count, (int64_t)(7 * row));
        if (row != 1)
            kerb_layer_set_real(layer, row, rate, 10.0 / 3.0 * (double)row);
    }
    kerb_layer_set_style(layer, rate, KERB_CLASSES_QUANTILE);
    return layer;
}

/* What a test works on; what it does not set stays NULL. */
typedef struct scene {
    char *folder;
    kerb_ctx *ctx;
    kerb_crs *crs;
    kerb_grid *grid;
    kerb_areas_set *set;
    kerb_layer *layer;
    kerb_stamp stamp;
    const char *path; /* of the output, where a test writes the same one again */
    bool overwrite;
    int n_warnings;
} scene;

/* In British National Grid, with a folder of its own. */
static inline scene *scene_new(void)
{
    scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->folder = scratch_new();
    s->ctx = kerb_ctx_new();
    assert_ok(s->ctx, kerb_crs_new(s->ctx, "EPSG:27700", &s->crs));
    s->stamp = scene_stamp(s->crs);
    return s;
}

static inline int scene_tear_down(void **state)
{
    scene *s = *state;
    kerb_layer_free(s->layer);
    kerb_areas_set_free(s->set);
    kerb_grid_free(s->grid);
    kerb_crs_free(s->crs);
    kerb_ctx_free(s->ctx);
    scratch_remove(s->folder);
    free(s);
    return 0;
}

/* Names as they come from files that strangers wrote; each breaks something somewhere. */
static const char *const scene_hostile[] = {
    "\"quoted\" and 'single'",
    "comma, semicolon; tab\there",
    "'); DROP TABLE beats; --",
    "</script><img src=x onerror=alert(1)>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]>&a;]]>",
    "=HYPERLINK(\"http://example.com\",\"click\")",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\tstarts with a tab",
    "\rstarts with a return",
    "two\r\nlines",
    "\xF0\x9F\x94\xA5 na\xC3\xAFve caf\xC3\xA9 \xE2\x80\xAEtxet",
    "broken \xFF\xFE utf8 \xC3",
    "\xED\xA0\x80 surrogate",
    "bell \x07 escape \x1b[31m",
    "%s %n %d {} ${x} `id`",
    " blanks around ",
    "null",
    "NaN",
    "",
    "\\ back \\u0000 slash"};
enum { SCENE_N_HOSTILE = sizeof scene_hostile / sizeof scene_hostile[0] };

/* What a hostile name must be read back as: itself, or with U+FFFD for what is no UTF-8. */
static inline const char *scene_hostile_as_utf8(size_t i)
{
    if (i == 13)
        return "broken \xEF\xBF\xBD\xEF\xBF\xBD utf8 \xEF\xBF\xBD";
    if (i == 14)
        return "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD surrogate";
    return scene_hostile[i];
}

/* One row a hostile name and one of 10,000 characters; column 0 is the text. */
static inline kerb_layer *scene_hostile_layer(kerb_ctx *ctx, const kerb_areas_set *set)
{
    kerb_layer *layer = NULL;
    char *long_name = malloc(10001);
    assert_non_null(long_name);
    memset(long_name, 'x', 10000);
    long_name[0] = '"';
    long_name[10000] = '\0';
    assert_ok(ctx, kerb_layer_new(ctx, "beats", SCENE_N_HOSTILE + 1, set, &layer));
    assert_ok(ctx, kerb_layer_add_field(ctx, layer, "name", KERB_FIELD_TEXT, NULL, NULL));
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++)
        assert_ok(ctx, kerb_layer_set_text(ctx, layer, i, 0, scene_hostile[i]));
    assert_ok(ctx, kerb_layer_set_text(ctx, layer, SCENE_N_HOSTILE, 0, long_name));
    free(long_name);
    return layer;
}

static inline void assert_same_file(const char *a, const char *b)
{
    size_t n_a, n_b;
    char *content_a = scratch_read(a, &n_a), *content_b = scratch_read(b, &n_b);
    assert_non_null(content_a);
    assert_non_null(content_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(content_a, content_b, n_a);
    free(content_a);
    free(content_b);
}

/* No file of this process may pass `bytes`; writes beyond give EFBIG. Give RLIM_INFINITY to
 * end. */
static inline void scene_limit_file_size(rlim_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

#endif
