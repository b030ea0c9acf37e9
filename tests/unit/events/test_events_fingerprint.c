/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fingerprint: equal for the same incidents in any order and numbering, different for any
 * other; and the bytes behind it, written out by hand for a small table. */
#include "failing_allocator.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_events.h"

#include "test_context.h"

static kerb_events *new_events(void)
{
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    return events;
}

static void add(kerb_events *events, kerb_event event)
{
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static void assert_fingerprints(const kerb_events *a, const kerb_events *b, bool equal)
{
    char hex_a[65], hex_b[65];
    assert_int_equal(kerb_events_fingerprint(ctx, a, hex_a), KERB_OK);
    assert_int_equal(kerb_events_fingerprint(ctx, b, hex_b), KERB_OK);
    assert_int_equal(strlen(hex_a), 64);
    assert_int_equal(strcmp(hex_a, hex_b) == 0, equal);
}

static const kerb_event BASE = {.x = 450000,
                                .y = 300000,
                                .weight = 1,
                                .start = 86400,
                                .precision = KERB_PRECISION_DAY,
                                .names = {"Force", "Burglary", "E01", "Ward", "High St"}};

/* Row i of a table with ties in every column. */
static kerb_event row(int i)
{
    static const char *const names[] = {"b", "a", "", "ab", "B"};
    kerb_event event = BASE;
    event.x = i % 3, event.y = -(i % 5), event.weight = i % 4 == 0 ? 2 : 1;
    if (i % 11 == 0)
        event.x = event.y = NAN;
    event.start = (i % 7) * 3600 - 9000;
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        event.names[k] = names[(i + k) % 5];
    return event;
}

static void events_fingerprint__does_not_depend_on_order_or_numbers(void **state)
{
    (void)state;
    enum { N = 500 };
    kerb_events *forwards = new_events(), *backwards = new_events(), *jumping = new_events();
    for (int i = 0; i < N; i++) {
        add(forwards, row(i));
        add(backwards, row(N - 1 - i));
        add(jumping, row((i * 199) % N)); /* 199 and 500 have no common factor */
    }
    assert_fingerprints(forwards, backwards, true);
    assert_fingerprints(forwards, jumping, true);
    kerb_events_free(forwards);
    kerb_events_free(backwards);
    kerb_events_free(jumping);
}

static void events_fingerprint__changes_with_every_column(void **state)
{
    (void)state;
    kerb_event changed[6 + KERB_NAME_KINDS];
    int n = 6 + KERB_NAME_KINDS;
    for (int i = 0; i < n; i++)
        changed[i] = BASE;
    changed[0].x = nextafter(BASE.x, 0);
    changed[1].y = nextafter(BASE.y, 0);
    changed[2].weight = nextafter(1, 2);
    changed[3].start++;
    changed[4].precision = KERB_PRECISION_SECOND;
    changed[5].x = changed[5].y = NAN;
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        changed[6 + k].names[k] = "other";
    for (int i = 0; i < n; i++) {
        kerb_events *a = new_events(), *b = new_events();
        add(a, BASE), add(a, BASE);
        add(b, BASE), add(b, changed[i]);
        assert_fingerprints(a, b, false);
        kerb_events_free(a);
        kerb_events_free(b);
    }
}

static void events_fingerprint__counts_repeated_rows(void **state)
{
    (void)state;
    kerb_events *one = new_events(), *two = new_events(), *none = new_events();
    add(one, BASE);
    add(two, BASE), add(two, BASE);
    assert_fingerprints(one, two, false);
    assert_fingerprints(one, none, false);
    assert_fingerprints(none, none, true);
    kerb_events_free(one);
    kerb_events_free(two);
    kerb_events_free(none);
}

static void events_fingerprint__does_not_run_names_into_one_another(void **state)
{
    (void)state;
    kerb_events *a = new_events(), *b = new_events();
    kerb_event event = BASE;
    event.names[KERB_NAME_AREA_CODE] = "ab", event.names[KERB_NAME_AREA_NAME] = "c";
    add(a, event);
    event.names[KERB_NAME_AREA_CODE] = "a", event.names[KERB_NAME_AREA_NAME] = "bc";
    add(b, event);
    assert_fingerprints(a, b, false);
    kerb_events_free(a);
    kerb_events_free(b);
}

/* Rows that differ in nothing but their squares, in two orders; and a column of squares without
 * one is none. */
static void events_fingerprint__tells_squares_from_points(void **state)
{
    (void)state;
    kerb_events *points = new_events(), *one = new_events(), *other = new_events();
    for (int i = 0; i < 3; i++)
        add(points, BASE), add(one, BASE), add(other, BASE);
    assert_int_equal(kerb_events_set_cell(ctx, one, 0, 1000.0), KERB_OK);
    assert_fingerprints(points, one, false);
    assert_int_equal(kerb_events_set_cell(ctx, other, 2, 1000.0), KERB_OK);
    assert_fingerprints(one, other, true);
    assert_int_equal(kerb_events_set_cell(ctx, one, 1, 100.0), KERB_OK);
    assert_fingerprints(one, other, false);
    assert_int_equal(kerb_events_set_cell(ctx, other, 0, 100.0), KERB_OK);
    assert_fingerprints(one, other, true);
    assert_int_equal(kerb_events_set_cell(ctx, one, 0, NAN), KERB_OK);
    assert_int_equal(kerb_events_set_cell(ctx, one, 1, NAN), KERB_OK);
    assert_fingerprints(points, one, true);
    assert_int_equal(kerb_events_set_cell(ctx, one, 0, 0.0), KERB_ERR_ARG);
    assert_int_equal(kerb_events_set_cell(ctx, one, 0, INFINITY), KERB_ERR_ARG);
    assert_int_equal(kerb_events_set_cell(ctx, one, 3, 100.0), KERB_ERR_ARG);
    kerb_events_free(points);
    kerb_events_free(one);
    kerb_events_free(other);
}

static void
events_fingerprint__ignores_unused_names_unit_weights_and_the_sign_of_zero(void **state)
{
    (void)state;
    kerb_events *a = new_events(), *b = new_events();
    kerb_event event = BASE;
    event.x = 0.0;
    add(a, event);
    uint32_t number;
    assert_int_equal(kerb_events_add_name(ctx, b, KERB_NAME_LABEL, "nowhere", 7, &number),
                     KERB_OK);
    event.x = -0.0;
    add(b, event);
    assert_fingerprints(a, b, true);
    /* a weight column in one table only */
    event.weight = 2;
    add(a, event);
    a->n--;
    assert_non_null(a->weight);
    assert_null(b->weight);
    assert_fingerprints(a, b, true);
    kerb_events_free(a);
    kerb_events_free(b);
}

static void events_fingerprint__is_sha_256_of_the_documented_bytes(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    kerb_event event = {.x = 2, .y = 1, .weight = 1, .start = KERB_CIVIL_NONE};
    event.names[KERB_NAME_CATEGORY] = "b";
    add(events, event);
    event.x = -2, event.names[KERB_NAME_CATEGORY] = "a";
    add(events, event);

    /* Doubles: 2 = 4000..., 1 = 3ff0..., with the top bit turned on; -2 = c000... inverted to
     * 3fff...; time none = INT64_MIN with its top bit turned: 0. x = -2 comes first. */
    static const unsigned char bytes[] =
        "kerb events 1\n"
        "\0\0\0\0\0\0\0\0" /* sources: none */
        "\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\1"
        "a"
        "\0\0\0\0\0\0\0\1"
        "b"                                                /* categories */
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" /* three kinds more */
        "\0\0\0\0\0\0\0\2"                                 /* rows */
        "\x3f\xff\xff\xff\xff\xff\xff\xff"
        "\xbf\xf0\0\0\0\0\0\0"
        "\xbf\xf0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0"
        "\0"
        "\0\0\0\0"
        "\0\0\0\1"
        "\0\0\0\0\0\0\0\0\0\0\0\0"
        "\xc0\0\0\0\0\0\0\0"
        "\xbf\xf0\0\0\0\0\0\0"
        "\xbf\xf0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0"
        "\0"
        "\0\0\0\0"
        "\0\0\0\2"
        "\0\0\0\0\0\0\0\0\0\0\0\0";
    char want[65], got[65];
    kerb_sha256 *hash = kerb_sha256_new();
    assert_non_null(hash);
    kerb_sha256_add(hash, bytes, sizeof bytes - 1);
    kerb_sha256_hex(hash, want);
    kerb_sha256_free(hash);
    assert_int_equal(kerb_events_fingerprint(ctx, events, got), KERB_OK);
    assert_string_equal(got, want);
    kerb_events_free(events);
}

static kerb_status call_fingerprint(kerb_ctx *of_walk, void *user)
{
    char hex[65];
    return kerb_events_fingerprint(of_walk, user, hex);
}

static void events_fingerprint__survives_every_failed_allocation(void **state)
{
    (void)state;
    kerb_events *events = new_events();
    for (int i = 0; i < 20; i++)
        add(events, row(i));
    assert_true(failing_allocator_walk(call_fingerprint, events) >= 10);
    kerb_events_free(events);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_fingerprint__does_not_depend_on_order_or_numbers),
        cmocka_unit_test(events_fingerprint__changes_with_every_column),
        cmocka_unit_test(events_fingerprint__counts_repeated_rows),
        cmocka_unit_test(events_fingerprint__does_not_run_names_into_one_another),
        cmocka_unit_test(events_fingerprint__tells_squares_from_points),
        cmocka_unit_test(
            events_fingerprint__ignores_unused_names_unit_weights_and_the_sign_of_zero),
        cmocka_unit_test(events_fingerprint__is_sha_256_of_the_documented_bytes),
        cmocka_unit_test(events_fingerprint__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, make_context, free_context);
}
