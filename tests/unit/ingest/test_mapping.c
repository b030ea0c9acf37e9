/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mappings: what they do to a file, and with which words and place a wrong one is refused. */
#include "ingest_scene.h"

static kerb_status read_with(scene *s, const char *folder, const char *yaml, const char *csv)
{
    s->options.format = scratch_write(folder, "m.yaml", yaml);
    return scene_read(s, scratch_write(folder, "a.csv", csv));
}

static void mapping__says_which_column_is_what(void **state)
{
    scene s = scene_open();
    assert_int_equal(
        read_with(&s, *state,
                  "name: example\nsource: The Source\n"
                  "columns:\n  reference: Ref\n  easting: [East, E]\n  northing: N\n"
                  "  date: When\n  time: Clock\n  category: Kind\n  label: Where\n"
                  "  area_code: Beat\n  area_name: Beat name\n  weight: W\n"
                  "date_format: ['%m/%d/%Y', '%d.%m.%Y']\ntime_format: '%H%M'\n"
                  "category:\n  map: {B: Burglary, '01': Robbery}\n  other: keep\n"
                  "delimiter: ';'\nskip_rows: 2\nmissing: ['-', '?']\n",
                  "Extract of today\nnot; for; you\n"
                  "Ref;E;N;When;Clock;Kind;Where;Beat;Beat name;W\n"
                  "1;485900;308700;3/17/2017;1405;B;High Street;K1;North;2\n"
                  "2;-;?;17.03.2017;-;01;-;;;1\n"
                  "3;485900;308700;-;;Other;;;;1\n"),
        KERB_OK);
    assert_string_equal(s.report->files[0].format, "mapping:example");
    assert_int_equal(s.report->loaded, 3);
    assert_int_equal(s.report->without_geometry, 1);
    assert_int_equal(s.report->without_date, 1);
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "The Source");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Burglary");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Robbery");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 2), "Other");
    assert_string_equal(scene_name(&s, KERB_NAME_LABEL, 0), "High Street");
    assert_string_equal(scene_name(&s, KERB_NAME_LABEL, 1), "");
    assert_string_equal(scene_name(&s, KERB_NAME_AREA_NAME, 0), "North");
    assert_near_abs(s.events->weight[0], 2.0, 0.0);
    char text[KERB_CIVIL_TEXT];
    kerb_civil_format(s.events->start[0], (kerb_precision)s.events->precision[0], text);
    assert_string_equal(text, "2017-03-17 14:05");
    kerb_civil_format(s.events->start[1], (kerb_precision)s.events->precision[1], text);
    assert_string_equal(text, "2017-03-17");
    scene_close(&s);
}

static void mapping__rule_for_other_categories_is_kept(void **state)
{
    static const char csv[] = "x,y,k\n485900,308700,A\n485900,308700,Z\n485900,308700,\n";
    static const struct {
        const char *rule;
        uint64_t loaded;
        const char *second;
    } rules[] = {{"", 3, "Z"},
                 {"  other: keep\n", 3, "Z"},
                 {"  other: Rest\n", 3, "Rest"},
                 {"  other: reject\n", 1, NULL}};
    scene s = scene_open();
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        char yaml[256];
        snprintf(yaml, sizeof yaml,
                 "columns: {x: x, y: y, category: k}\ncategory:\n  map: {A: Alpha}\n%s",
                 rules[i].rule);
        assert_int_equal(read_with(&s, *state, yaml, csv), KERB_OK);
        assert_int_equal(s.report->loaded, rules[i].loaded);
        assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Alpha");
        if (rules[i].second != NULL) {
            assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), rules[i].second);
        } else {
            assert_int_equal(scene_reason(&s, "category_not_mapped"), 2);
        }
    }
    scene_close(&s);
}

static void mapping__crs_is_that_of_the_mapping(void **state)
{
    scene s = scene_open();
    assert_int_equal(
        read_with(&s, *state, "columns: {x: a, y: b}\ncrs: EPSG:4326\n", "a,b\n-0.73,52.67\n"),
        KERB_OK);
    assert_true(s.events->x[0] > 485000 && s.events->x[0] < 487000);
    assert_int_equal(read_with(&s, *state, "columns: {x: a, y: b}\n", "a,b\n-0.73,52.67\n"),
                     KERB_ERR_CRS);
    assert_message_has(&s, "--input-crs EPSG:4326");
    scene_close(&s);
}

static const struct {
    const char *yaml, *place, *piece;
    kerb_status status;
} wrong[] = {
    {"columns: {x: x, y: y}\ncolour: red\n", "m.yaml:2:1", "colour", KERB_ERR_FORMAT},
    {"columns:\n  x: x\n  y: y\n  esting: E\n", "m.yaml:4:3", "esting", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\ncategory: {map: {A: B}, els: C}\n", "m.yaml:2:", "els",
     KERB_ERR_FORMAT},
    {"columns: {x: x}\n", "m.yaml:1:", "x and y go together", KERB_ERR_FORMAT},
    {"columns: [x, y]\n", "m.yaml:1:", "columns", KERB_ERR_FORMAT},
    {"name: a\n", "m.yaml:1:", "columns", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\ndate_format: '%Q'\n", "m.yaml:2:", "%Q", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\ndelimiter: ';;'\n", "m.yaml:2:", "delimiter", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\nencoding: ebcdic\n", "m.yaml:2:", "ebcdic", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\nskip_rows: some\n", "m.yaml:2:", "some", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\nskip_rows: -1\n", "m.yaml:2:", "skip_rows", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\ncrs: EPSG:nonsense\n", "m.yaml:2:", "EPSG:nonsense",
     KERB_ERR_FORMAT},
    {"columns: {x: x, y: y}\ncategory: {other: keep}\n", "m.yaml:2:", "map", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y, date: d, day: a, month: b, year: c}\n", "m.yaml:1:", "not both",
     KERB_ERR_FORMAT},
    {"columns: {x: '', y: y}\n", "m.yaml:1:", "empty", KERB_ERR_FORMAT},
    {"columns: {x: x, y: y, x: z}\n", "m.yaml:1:", "x", KERB_ERR_FORMAT},
    {"columns: {x: x, y: nowhere}\n", "a.csv", "no column 'nowhere' for y", KERB_ERR_NOT_FOUND},
    {"columns: {category: k}\n", "a.csv", "no columns of coordinates", KERB_ERR_NOT_FOUND},
};

static void mapping__a_wrong_one_is_refused_with_its_place(void **state)
{
    scene s = scene_open();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kerb_status status = read_with(&s, *state, wrong[i].yaml, "x,y,k\n485900,308700,A\n");
        const char *message = kerb_ctx_message(s.ctx);
        if (status != wrong[i].status || strstr(message, wrong[i].place) == NULL ||
            strstr(message, wrong[i].piece) == NULL) {
            fail_msg("%s: %s '%s'", wrong[i].yaml, kerb_status_name(status), message);
        }
    }
    s.options.format = "/nowhere/m.yaml";
    assert_int_not_equal(scene_read(&s, scratch_write(*state, "a.csv", "x,y\n1,2\n")), KERB_OK);
    s.options.format = "nonsense";
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", "x,y\n1,2\n")),
                     KERB_ERR_ARG);
    assert_message_has(&s, "police-uk");
    scene_close(&s);
}

static void mapping__stats19_is_built_in_and_recognised(void **state)
{
    scene s = scene_open();
    const char *csv = "collision_index,location_easting_osgr,location_northing_osgr,longitude,"
                      "latitude,collision_severity,date,time\n"
                      "2023010451590,485900,308700,-0.73,52.67,2,24/06/2023,17:58\n"
                      "2023010451591,-1,-1,,,1,24/06/2023,-1\n"
                      "2023010451592,NULL,NULL,,,3,24/06/2023,00:01\n";
    scene_read_well(&s, scratch_write(*state, "a.csv", csv));
    assert_string_equal(s.report->files[0].format, "mapping:stats19");
    assert_int_equal(s.report->loaded, 3);
    assert_int_equal(s.report->without_geometry, 2);
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Serious");
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 1), "Fatal");
    assert_string_equal(scene_name(&s, KERB_NAME_SOURCE, 0), "STATS19");
    assert_int_equal(s.events->precision[1], KERB_PRECISION_DAY);
    scene_close(&s);
}

/* The mappings that are shipped, on the files they were made for. */
static void mapping__shipped_ones_read_their_files(void **state)
{
    (void)state;
    static const struct {
        const char *mapping, *path;
        uint64_t read, loaded, duplicates, bad_dates;
    } shipped[] = {
        {"police-uk-street.yaml", "police/2020-03-leicestershire-street.csv", 8146, 8146, 0, 0},
        {"stats19-collisions.yaml", "collisions/gb_sample/ac_sample1000.csv", 1000, 1000, 0, 0},
        {"stats19-collisions.yaml", "collisions/schema/accidents_sample_raw.csv", 3, 3, 0, 0},
        {"lfb-animal-rescues.yaml", "fire/lfb_animal_rescues.csv", 7544, 7544, 0, 0},
    };
    size_t n_there = 0;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        char path[1024], mapping[1024];
        snprintf(path, sizeof path, "%s/data/%s", KERB_SHARED, shipped[i].path);
        snprintf(mapping, sizeof mapping, "%s/data/mappings/%s", KERB_SOURCE_DIR,
                 shipped[i].mapping);
        assert_true(scratch_exists(mapping));
        if (!scratch_exists(path)) {
            print_message("not there: %s\n", shipped[i].path);
            continue;
        }
        n_there++;
        scene s = scene_open();
        s.options.format = mapping;
        scene_read_well(&s, path);
        if (s.report->read != shipped[i].read || s.report->loaded != shipped[i].loaded ||
            s.report->duplicates != shipped[i].duplicates) {
            fail_msg("%s on %s: read %llu, loaded %llu, duplicates %llu", shipped[i].mapping,
                     shipped[i].path, (unsigned long long)s.report->read,
                     (unsigned long long)s.report->loaded,
                     (unsigned long long)s.report->duplicates);
        }
        scene_close(&s);
    }
    if (n_there == 0) {
        skip();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(mapping__says_which_column_is_what),
        IN_SCRATCH(mapping__rule_for_other_categories_is_kept),
        IN_SCRATCH(mapping__crs_is_that_of_the_mapping),
        IN_SCRATCH(mapping__a_wrong_one_is_refused_with_its_place),
        IN_SCRATCH(mapping__stats19_is_built_in_and_recognised),
        cmocka_unit_test(mapping__shipped_ones_read_their_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
