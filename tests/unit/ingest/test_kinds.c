/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a file's incidents are: by its format, by a mapping, by an option, by the names of
 * data.police.uk; and a file that says otherwise than another is refused with both told. */
#include "ingest_scene.h"

static const char POLICE[] =
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
    ",2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Anti-social behaviour,,\n"
    "a,2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Burglary,,\n"
    "b,2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Drugs,,\n"
    "c,2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Possession of weapons,,\n"
    "d,2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Public order,,\n"
    "e,2020-01,Force,Force,-1.1,52.6,On or near A,E01,L,Something of 2031,,\n";

static void assert_nature(const scene *s, size_t row, kerb_kind kind, kerb_origin origin)
{
    kerb_nature nature = kerb_events_kind_of(s->events, row);
    if (nature.kind != kind || nature.origin != origin)
        fail_msg("row %zu '%s' is %s, %s", row, scene_name(s, KERB_NAME_CATEGORY, row),
                 kerb_kind_name(nature.kind), kerb_origin_name(nature.origin));
}

static void kinds__police_files_tell_crime_from_asb_and_what_the_police_find(void **state)
{
    scene s = scene_open();
    scene_read_well(&s, scratch_write(*state, "2020-01-force-street.csv", POLICE));
    assert_int_equal(s.events->n, 6);
    assert_nature(&s, 0, KERB_KIND_ASB, KERB_ORIGIN_REPORTED);
    assert_nature(&s, 1, KERB_KIND_CRIME, KERB_ORIGIN_REPORTED);
    assert_nature(&s, 2, KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED);
    assert_nature(&s, 3, KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED);
    assert_nature(&s, 4, KERB_KIND_CRIME, KERB_ORIGIN_MIXED);
    assert_nature(&s, 5, KERB_KIND_CRIME, KERB_ORIGIN_UNKNOWN);
    scene_close(&s);
}

static void kinds__other_files_are_known_by_names_and_options(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "log.csv",
                                     "easting,northing,category\n"
                                     "450000,300000,asb\n450000,300000,Drugs\n"
                                     "450000,300000,Noise\n450000,300000,\n");
    scene_read_well(&s, path);
    assert_nature(&s, 0, KERB_KIND_ASB, KERB_ORIGIN_UNKNOWN);
    assert_nature(&s, 1, KERB_KIND_CRIME, KERB_ORIGIN_UNKNOWN);
    assert_nature(&s, 2, KERB_KIND_OTHER, KERB_ORIGIN_UNKNOWN);
    assert_nature(&s, 3, KERB_KIND_OTHER, KERB_ORIGIN_UNKNOWN);
    s.options.nature = (kerb_nature){KERB_KIND_COMPLAINT, KERB_ORIGIN_REPORTED};
    scene_read_well(&s, path);
    for (size_t i = 0; i < 4; i++)
        assert_nature(&s, i, KERB_KIND_COMPLAINT, KERB_ORIGIN_REPORTED);
    /* a format that knows better is not overruled */
    assert_int_equal(scene_read(&s, scratch_write(*state, "2020-01-force-street.csv", POLICE)),
                     KERB_ERR_ARG);
    assert_message_has(&s, "2020-01-force-street.csv");
    assert_message_has(&s, "complaint");
    assert_message_has(&s, "Anti-social behaviour");
    scene_close(&s);
}

static const char TABLE[] = "x,y,what\n450000,300000,Drugs\n450000,300000,Theft\n"
                            "450000,300000,Nuisance\n";

static void kinds__a_mapping_says_them_for_the_file_and_for_a_category(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "log.csv", TABLE);
    s.options.format = scratch_write(*state, "m.yaml",
                                     "kind: crime\norigin: reported\n"
                                     "kinds:\n  Drugs: {origin: police-generated}\n"
                                     "  Rowdy: asb\n"
                                     "columns: {x: x, y: y, category: what}\n"
                                     "category: {map: {Nuisance: Rowdy}, other: keep}\n");
    scene_read_well(&s, path);
    assert_nature(&s, 0, KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED);
    assert_nature(&s, 1, KERB_KIND_CRIME, KERB_ORIGIN_REPORTED);
    assert_nature(&s, 2, KERB_KIND_ASB, KERB_ORIGIN_REPORTED);
    scene_close(&s);
}

static void kinds__a_mapping_is_refused_with_its_place(void **state)
{
    static const struct {
        const char *text, *place, *words;
    } cases[] = {
        {"columns: {x: x, y: y}\nkind: crimes\n", "m.yaml:2:7", "'crimes'"},
        {"columns: {x: x, y: y}\norigin: police\n", "m.yaml:2:9", "'police'"},
        {"columns: {x: x, y: y}\nkinds: [a]\n", "m.yaml:2:8", "kinds"},
        {"columns: {x: x, y: y}\nkinds:\n  A: {kin: crime}\n", "m.yaml:3:", "kin"},
        {"columns: {x: x, y: y}\nkinds:\n  A: thing\n", "m.yaml:3:6", "'thing'"},
    };
    scene s = scene_open();
    const char *path = scratch_write(*state, "log.csv", TABLE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s.options.format = scratch_write(*state, "m.yaml", cases[i].text);
        assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
        assert_message_has(&s, cases[i].place);
        assert_message_has(&s, cases[i].words);
    }
    scene_close(&s);
}

static void kinds__two_files_that_differ_are_refused_with_both_told(void **state)
{
    scene s = scene_open();
    const char *paths[] = {
        scratch_write(*state, "2020-01-force-street.csv", POLICE),
        scratch_write(*state, "log.csv", "x,y,who,type\n450000,300000,Force,Burglary\n")};
    s.options.format = scratch_write(*state, "m.yaml",
                                     "columns: {x: x, y: y, source: who, category: type}\n"
                                     "kind: fire\n");
    kerb_store *store = NULL;
    kerb_ingest_options police = {.crs = s.crs};
    assert_int_equal(kerb_store_open(s.ctx, scratch_path(*state, "a.sqlite"), KERB_STORE_WRITE,
                                     s.crs, &store),
                     KERB_OK);
    assert_int_equal(kerb_ingest_import(s.ctx, paths, 1, &police, store, NULL), KERB_OK);
    assert_int_equal(kerb_ingest_import(s.ctx, paths + 1, 1, &s.options, store, NULL),
                     KERB_ERR_ARG);
    assert_message_has(&s, "log.csv: ");
    assert_message_has(&s, "m.yaml:2: category 'Burglary' of source 'Force'");
    assert_message_has(&s, "kind crime, origin reported");
    assert_message_has(&s, "kind fire");
    /* nothing was changed, and what agrees is taken in */
    kerb_events *events = NULL;
    assert_int_equal(kerb_store_read_events(s.ctx, store, &events), KERB_OK);
    assert_int_equal(events->n, 6);
    kerb_events_free(events);
    police.source = "Force";
    police.format = "delimited";
    assert_int_equal(kerb_ingest_import(s.ctx, paths + 1, 1, &police, store, NULL), KERB_OK);
    assert_int_equal(kerb_store_read_events(s.ctx, store, &events), KERB_OK);
    assert_int_equal(events->n, 7);
    assert_int_equal(kerb_events_kind_of(events, 6).kind, KERB_KIND_CRIME);
    assert_int_equal(kerb_events_kind_of(events, 6).origin, KERB_ORIGIN_REPORTED);
    assert_int_equal(kerb_events_kind_of(events, 2).origin, KERB_ORIGIN_POLICE_GENERATED);
    kerb_events_free(events);
    kerb_store_close(store);
    scene_close(&s);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(kinds__police_files_tell_crime_from_asb_and_what_the_police_find),
        IN_SCRATCH(kinds__other_files_are_known_by_names_and_options),
        IN_SCRATCH(kinds__a_mapping_says_them_for_the_file_and_for_a_category),
        IN_SCRATCH(kinds__a_mapping_is_refused_with_its_place),
        IN_SCRATCH(kinds__two_files_that_differ_are_refused_with_both_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
