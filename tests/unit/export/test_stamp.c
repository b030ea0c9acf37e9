/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stamp, against the text written out by hand. */
#include "export_scene.h"

#include "export_internal.h"
#include "failing_allocator.h"

#include <time.h>

static void stamp__is_sorted_json_with_defaults(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_crs *crs = NULL;
    kerb_tally *excluded = kerb_tally_new();
    char *json = NULL;
    assert_ok(ctx, kerb_crs_new(ctx, "none", &crs));
    assert_ok(ctx, kerb_tally_add(ctx, excluded, "outside_study_area", 2));
    kerb_stamp stamp = scene_stamp(crs);
    stamp.excluded = excluded;
    stamp.operation_accuracy_m = (double)NAN;
    stamp.period_to = scene_day(2022, 1, 1) + 3661;
    stamp.parameters = " { \"b\" : 0.1 , \"a\" : {\"y\":[1,true,null],\"x\":\"\\u00e9\"} } ";
    assert_ok(ctx, kerb_stamp_json(ctx, &stamp, &json));
    assert_string_equal(
        json,
        "{\"command\":\"density\",\"crs\":\"none\",\"events_read\":12,\"events_used\":10,"
        "\"excluded\":{\"outside_study_area\":2},\"input_sha256\":\"00ff\","
        "\"kerb_version\":\"" KERB_VERSION "\",\"notice\":null,\"operation\":\"none needed\","
        "\"operation_accuracy_m\":null,"
        "\"parameters\":{\"a\":{\"x\":\"\xC3\xA9\",\"y\":[1,true,null]},\"b\":0.1},"
        "\"period\":{\"from\":\"2020-01-01\",\"to\":\"2022-01-01 01:01:01\"},"
        "\"seed\":20080401,\"title\":\"Burglary, 2020-01 to 2021-12\"}");
    kerb_free_text(json);
    kerb_tally_free(excluded);
    kerb_crs_free(crs);
    kerb_ctx_free(ctx);
}

static void stamp__undated_and_bare_gives_nulls(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    char *json = NULL;
    kerb_stamp stamp = {.period_from = KERB_CIVIL_NONE, .period_to = KERB_CIVIL_NONE};
    assert_ok(ctx, kerb_stamp_json(ctx, &stamp, &json));
    assert_non_null(strstr(json, "\"period\":{\"from\":null,\"to\":null}"));
    assert_non_null(strstr(json, "\"parameters\":{}"));
    assert_non_null(strstr(json, "\"title\":null"));
    kerb_free_text(json);
    kerb_ctx_free(ctx);
}

static void stamp__refuses_parameters_that_are_no_json_object(void **state)
{
    static const char *const bad[] = {
        "", "[]", "{", "{\"a\":1,\"a\":2}", "{\"a\":nan}", "1", "{\"a\":\"\xFF\"}"};
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char *json = NULL;
        kerb_stamp stamp = scene_stamp(NULL);
        stamp.parameters = bad[i];
        assert_int_equal(kerb_stamp_json(ctx, &stamp, &json), KERB_ERR_ARG);
        assert_non_null(strstr(kerb_ctx_message(ctx), "parameters"));
        assert_null(json);
    }
    kerb_ctx_free(ctx);
}

static void stamp__title_of_any_bytes_stays_json(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    for (size_t i = 0; i < SCENE_N_HOSTILE; i++) {
        char *json = NULL, *again = NULL;
        kerb_stamp stamp = scene_stamp(NULL);
        stamp.title = scene_hostile[i];
        assert_ok(ctx, kerb_stamp_json(ctx, &stamp, &json));
        /* canonical text is its own canonical text: it parses, and nothing moves */
        assert_ok(ctx, kerb_export__canonical_json(ctx, json, "stamp", &again));
        assert_string_equal(again, json);
        kerb_free_text(again);
        kerb_free_text(json);
    }
    kerb_ctx_free(ctx);
}

static void date__is_the_period_s_end_unless_the_world_says_otherwise(void **state)
{
    (void)state;
    char text[KERB_EXPORT_DATE_TEXT];
    kerb_stamp stamp = scene_stamp(NULL);
    unsetenv("SOURCE_DATE_EPOCH");
    setenv("TZ", "Pacific/Kiritimati", 1);
    tzset();
    kerb_export__date(&stamp, text);
    assert_string_equal(text, "2022-01-01T00:00:00.000Z");
    setenv("SOURCE_DATE_EPOCH", "1000000000", 1); /* 2001-09-09 01:46:40 UTC */
    kerb_export__date(&stamp, text);
    assert_string_equal(text, "2001-09-09T01:46:40.000Z");
    setenv("SOURCE_DATE_EPOCH", "soon", 1);
    kerb_export__date(&stamp, text);
    assert_string_equal(text, "2022-01-01T00:00:00.000Z");
    unsetenv("SOURCE_DATE_EPOCH");
    stamp.period_to = KERB_CIVIL_NONE;
    kerb_export__date(&stamp, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
}

static kerb_status make_stamp(kerb_ctx *ctx, void *user)
{
    char *json = NULL;
    kerb_status status = kerb_stamp_json(ctx, user, &json);
    kerb_free_text(json);
    return status;
}

static void stamp__out_of_memory_leaks_nothing(void **state)
{
    (void)state;
    kerb_stamp stamp = scene_stamp(NULL);
    assert_true(failing_allocator_walk(make_stamp, &stamp) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stamp__is_sorted_json_with_defaults),
        cmocka_unit_test(stamp__undated_and_bare_gives_nulls),
        cmocka_unit_test(stamp__refuses_parameters_that_are_no_json_object),
        cmocka_unit_test(stamp__title_of_any_bytes_stays_json),
        cmocka_unit_test(date__is_the_period_s_end_unless_the_world_says_otherwise),
        cmocka_unit_test(stamp__out_of_memory_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
