/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds and origins: what is not said gives way, what is said stays, and both follow the names
 * into every table that is made of another. */
#include "near.h"

#include "kerb_base.h"
#include "kerb_events.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const kerb_nature CRIME = {KERB_KIND_CRIME, KERB_ORIGIN_REPORTED};
static const kerb_nature DRUGS = {KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED};

static uint32_t name(kerb_ctx *ctx, kerb_events *events, kerb_name_kind kind, const char *text)
{
    uint32_t number = 0;
    assert_int_equal(kerb_events_add_name(ctx, events, kind, text, strlen(text), &number),
                     KERB_OK);
    return number;
}

static void add(kerb_ctx *ctx, kerb_events *events, const char *source, const char *category)
{
    kerb_event event = {.x = 1, .y = 2, .weight = 1, .start = KERB_CIVIL_NONE};
    event.names[KERB_NAME_SOURCE] = source;
    event.names[KERB_NAME_CATEGORY] = category;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static void kinds__names_are_found_as_people_write_them(void **state)
{
    (void)state;
    kerb_kind kind = KERB_KIND_OTHER;
    kerb_origin origin = KERB_ORIGIN_UNKNOWN;
    for (int i = 0; i < KERB_KINDS; i++) {
        assert_true(kerb_kind_find(kerb_kind_name((kerb_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    for (int i = 0; i < KERB_ORIGINS; i++) {
        assert_true(kerb_origin_find(kerb_origin_name((kerb_origin)i), &origin));
        assert_int_equal(origin, i);
    }
    assert_true(kerb_kind_find("Stop-and-search", &kind));
    assert_int_equal(kind, KERB_KIND_STOP_AND_SEARCH);
    assert_true(kerb_origin_find("police generated", &origin));
    assert_int_equal(origin, KERB_ORIGIN_POLICE_GENERATED);
    assert_false(kerb_kind_find("crimes", &kind));
    assert_false(kerb_kind_find("", &kind));
    assert_false(kerb_origin_find("a word that is much longer than any of them", &origin));
}

static void kinds__what_is_not_said_gives_way_to_what_is(void **state)
{
    (void)state;
    kerb_nature nature = {0};
    assert_true(kerb_nature_merge(&nature, (kerb_nature){.kind = KERB_KIND_CRIME}));
    assert_true(kerb_nature_merge(&nature, (kerb_nature){.origin = KERB_ORIGIN_MIXED}));
    assert_true(kerb_nature_merge(&nature, (kerb_nature){0}));
    assert_int_equal(nature.kind, KERB_KIND_CRIME);
    assert_int_equal(nature.origin, KERB_ORIGIN_MIXED);
    assert_false(kerb_nature_merge(&nature, (kerb_nature){.kind = KERB_KIND_FIRE}));
    assert_false(kerb_nature_merge(&nature, CRIME)); /* another origin */
    assert_int_equal(nature.kind, KERB_KIND_CRIME);
    assert_int_equal(nature.origin, KERB_ORIGIN_MIXED);
}

static void kinds__a_pair_is_of_one_kind(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    uint32_t force = name(ctx, events, KERB_NAME_SOURCE, "Force");
    uint32_t council = name(ctx, events, KERB_NAME_SOURCE, "Council");
    uint32_t damage = name(ctx, events, KERB_NAME_CATEGORY, "Damage\n");
    const kerb_nature complaint = {.kind = KERB_KIND_COMPLAINT};
    assert_int_equal(kerb_events_get_kind(events, force, damage).kind, KERB_KIND_OTHER);
    assert_int_equal(kerb_events_set_kind(ctx, events, force, damage, CRIME), KERB_OK);
    assert_int_equal(kerb_events_set_kind(ctx, events, council, damage, complaint), KERB_OK);
    assert_int_equal(kerb_events_get_kind(events, force, damage).kind, KERB_KIND_CRIME);
    assert_int_equal(kerb_events_get_kind(events, council, damage).kind, KERB_KIND_COMPLAINT);
    assert_int_equal(kerb_events_get_kind(events, force, 0).kind, KERB_KIND_OTHER);
    assert_int_equal(kerb_events_set_kind(ctx, events, force, damage, complaint), KERB_ERR_ARG);
    assert_non_null(strstr(kerb_ctx_message(ctx), "Force"));
    assert_non_null(strstr(kerb_ctx_message(ctx), "crime"));
    assert_non_null(strstr(kerb_ctx_message(ctx), "complaint"));
    assert_null(strchr(kerb_ctx_message(ctx), '\n'));
    assert_int_equal(kerb_events_get_kind(events, force, damage).kind, KERB_KIND_CRIME);
    assert_int_equal(kerb_events_set_kind(ctx, events, 3, damage, CRIME), KERB_ERR_ARG);
    assert_int_equal(kerb_events_set_kind(ctx, events, force, 2, CRIME), KERB_ERR_ARG);
    assert_int_equal(
        kerb_events_set_kind(ctx, events, force, damage, (kerb_nature){.kind = KERB_KINDS}),
        KERB_ERR_ARG);
    kerb_events_free(events);
    kerb_ctx_free(ctx);
}

/* Every pair of 50 sources and 200 categories against a rule of arithmetic. */
static void kinds__many_pairs_are_kept_apart(void **state)
{
    (void)state;
    enum { SOURCES = 50, CATEGORIES = 200 };
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    char text[16];
    for (int i = 0; i < CATEGORIES; i++) {
        snprintf(text, sizeof text, "%d", i);
        name(ctx, events, KERB_NAME_CATEGORY, text);
        if (i < SOURCES)
            name(ctx, events, KERB_NAME_SOURCE, text);
    }
    for (uint32_t s = 1; s <= SOURCES; s++)
        for (uint32_t c = 0; c <= CATEGORIES; c++)
            assert_int_equal(
                kerb_events_set_kind(ctx, events, s, c,
                                     (kerb_nature){.kind = (kerb_kind)((s + c) % KERB_KINDS)}),
                KERB_OK);
    for (uint32_t s = 1; s <= SOURCES; s++)
        for (uint32_t c = 0; c <= CATEGORIES; c++)
            assert_int_equal(kerb_events_get_kind(events, s, c).kind, (s + c) % KERB_KINDS);
    kerb_events_free(events);
    kerb_ctx_free(ctx);
}

static void kinds__a_filter_keeps_kinds_and_filters_by_them(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL, *out = NULL;
    kerb_tally *excluded = kerb_tally_new();
    kerb_filter filter = KERB_FILTER_ALL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    add(ctx, events, "S", "ASB");
    add(ctx, events, "S", "Drugs");
    add(ctx, events, "S", NULL);
    assert_int_equal(kerb_events_set_kind(ctx, events, 1, 1, (kerb_nature){KERB_KIND_ASB, 0}),
                     KERB_OK);
    assert_int_equal(kerb_events_set_kind(ctx, events, 1, 2, DRUGS), KERB_OK);
    filter.kinds = 1u << KERB_KIND_CRIME | 1u << KERB_KIND_OTHER;
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, excluded, &out), KERB_OK);
    assert_int_equal(out->n, 2);
    assert_int_equal(kerb_tally_get(excluded, "kind"), 1);
    /* Drugs has another number here */
    assert_int_equal(out->names[KERB_NAME_CATEGORY][0], 1);
    assert_int_equal(kerb_events_kind_of(out, 0).kind, KERB_KIND_CRIME);
    assert_int_equal(kerb_events_kind_of(out, 0).origin, KERB_ORIGIN_POLICE_GENERATED);
    assert_int_equal(kerb_events_kind_of(out, 1).kind, KERB_KIND_OTHER);
    kerb_events_free(out);
    filter.kinds = 1u << KERB_KINDS;
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, excluded, &out),
                     KERB_ERR_RANGE);
    kerb_events_free(events);
    kerb_tally_free(excluded);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds__names_are_found_as_people_write_them),
        cmocka_unit_test(kinds__what_is_not_said_gives_way_to_what_is),
        cmocka_unit_test(kinds__a_pair_is_of_one_kind),
        cmocka_unit_test(kinds__many_pairs_are_kept_apart),
        cmocka_unit_test(kinds__a_filter_keeps_kinds_and_filters_by_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
