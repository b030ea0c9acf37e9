/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns about people: known by their names, used by nobody, kept only for a purpose that is
 * stated, and then given back by nothing. Free text is known by its length. */
#include "ingest_scene.h"

static void personal__columns_are_known_by_their_names(void **state)
{
    (void)state;
    static const char *const about_people[] = {"Surname",
                                               "VICTIM_FORENAME",
                                               "First Name",
                                               "Full name",
                                               "Name",
                                               "name",
                                               "DOB",
                                               "Date of birth",
                                               "DateOfBirth",
                                               "Self-defined ethnicity",
                                               "Officer-defined ethnicity",
                                               "Nationality",
                                               "Religion",
                                               "Gender",
                                               "Sex of Casualty",
                                               "Age range",
                                               "Telephone",
                                               "Phone number",
                                               "E-mail address",
                                               "Email",
                                               "Home address",
                                               "NHS number",
                                               "NINO",
                                               "Occupation",
                                               "Victim",
                                               "VictimPostcode",
                                               "SUSPECTNAME",
                                               "Offender ID",
                                               "Caller easting",
                                               "Complainant Type",
                                               "Notes",
                                               "Officer notes",
                                               "Narrative",
                                               "M.O.",
                                               "MO",
                                               "Modus Operandi",
                                               "Free text",
                                               "Free_Text_1",
                                               "Description",
                                               "Incident description",
                                               "Comments",
                                               "Log text",
                                               "Remarks"};
    static const char *const about_places[] = {"Crime type",
                                               "Offence Description",
                                               "Category",
                                               "Closing Code Description",
                                               "Street Name",
                                               "Location",
                                               "Location description",
                                               "LSOA name",
                                               "Ward",
                                               "Road Name",
                                               "Reported by",
                                               "Date",
                                               "Time of Call",
                                               "Reference",
                                               "Number of victims",
                                               "Victim count",
                                               "Easting",
                                               "Longitude",
                                               "Casualty Severity",
                                               "Animal Group Parent",
                                               "Beat Name",
                                               "Month",
                                               "",
                                               "Type of Incident",
                                               "Log Number",
                                               "Age_of_Vehicle",
                                               "Essex",
                                               "Village",
                                               "Stage",
                                               "Total Offenders",
                                               "Message code"};
    for (size_t i = 0; i < sizeof about_people / sizeof *about_people; i++)
        if (!kerb_ingest__is_personal(about_people[i]))
            fail_msg("'%s' is not known", about_people[i]);
    for (size_t i = 0; i < sizeof about_places / sizeof *about_places; i++)
        if (kerb_ingest__is_personal(about_places[i]))
            fail_msg("'%s' is taken for one about people", about_places[i]);
}

static const char TABLE[] = "x,y,type,Victim Name,Sex,street\n"
                            "450000,300000,Theft,Wilhelmina Quux,F,Elm Road\n"
                            "450000,300000,Theft,,,Elm Road\n"
                            "nonsense,300000,Theft,Zebedee Quux,M,Elm Road\n";

static void personal__a_column_about_people_has_no_role(void **state)
{
    static const struct {
        const char *mapping, *place;
    } cases[] = {
        {"columns:\n  x: x\n  y: y\n  category: Sex\n", "m.yaml:4:13"},
        {"columns:\n  x: x\n  y: y\n  label: [street, Victim Name]\n", "m.yaml:4:19"},
        {"columns: {x: x, y: y}\ncategory:\n  join: [type, Sex]\n", "m.yaml:3:16"},
        {"columns: {x: x, y: y, category: \"Victim-Name\"}\n", "m.yaml:1:33"},
    };
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv", TABLE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        s.options.format = scratch_write(*state, "m.yaml", cases[i].mapping);
        assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
        assert_message_has(&s, cases[i].place);
        assert_message_has(&s, "about people");
    }
    s.options.format = NULL;
    s.options.category_column = "victim name";
    assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
    assert_message_has(&s, "a.csv: column 'Victim Name' is about people");
    s.options.category_column = NULL;
    scene_read_well(&s, path); /* recognised by itself it is not used */
    assert_string_equal(scene_name(&s, KERB_NAME_CATEGORY, 0), "Theft");
    assert_string_equal(scene_name(&s, KERB_NAME_LABEL, 0), "Elm Road");
    scene_close(&s);
}

static void personal__it_needs_a_purpose(void **state)
{
    static const char *const cases[] = {
        "personal: {columns: {victim: Victim Name}}\n",
        "personal: {purpose: '', columns: {victim: Victim Name}}\n",
        "personal: {purpose: research}\n",
        "personal: {purpose: research, columns: [Victim Name]}\n",
        "personal: {purpos: research, columns: {victim: Victim Name}}\n",
    };
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv", TABLE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kerb_text text = {0};
        kerb_text_add_format(&text, "columns: {x: x, y: y}\n%s", cases[i]);
        s.options.format = scratch_write(*state, "m.yaml", text.data);
        assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
        assert_message_has(&s, "m.yaml:2:");
        kerb_text_clear(&text);
    }
    s.options.format =
        scratch_write(*state, "m.yaml",
                      "columns: {x: x, y: y}\npersonal: {purpose: p, columns: {a: Absent}}\n");
    assert_int_equal(scene_read(&s, path), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "'Absent'");
    s.options.format = scratch_write(*state, "m.yaml",
                                     "columns: {x: x, y: y, category: type}\n"
                                     "personal: {purpose: p, columns: {a: type}}\n");
    assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
    assert_message_has(&s, "one or the other");
    scene_close(&s);
}

static void personal__values_go_in_and_come_out_nowhere(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "a.csv", TABLE);
    s.options.format = scratch_write(*state, "m.yaml",
                                     "columns: {x: x, y: y, category: type, label: street}\n"
                                     "personal:\n  purpose: repeat victims, case 12/2020\n"
                                     "  columns: {victim: Victim Name, sex: Sex}\n");
    kerb_store *store = NULL;
    kerb_ingest_report *report = NULL;
    char *info = NULL;
    const char *file = scratch_path(*state, "s.sqlite");
    assert_int_equal(kerb_store_open(s.ctx, file, KERB_STORE_WRITE, s.crs, &store), KERB_OK);
    assert_int_equal(kerb_ingest_import(s.ctx, &path, 1, &s.options, store, &report), KERB_OK);
    assert_int_equal(report->loaded, 2);
    assert_int_equal(report->rejected, 1);
    for (size_t i = 0; i < report->n_reject_lines; i++)
        assert_null(strstr(report->reject_lines[i], "Quux"));
    kerb_ingest_report_free(report);
    assert_int_equal(kerb_store_info(s.ctx, store, &info), KERB_OK);
    assert_non_null(strstr(info, "\"n_with_personal\":1"));
    assert_non_null(strstr(info, "repeat victims, case 12/2020"));
    assert_null(strstr(info, "Quux"));
    kerb_free_text(info);
    kerb_events *events = NULL;
    assert_int_equal(kerb_store_read_events(s.ctx, store, &events), KERB_OK);
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        for (uint32_t i = 1; i <= kerb_events_name_count(events, (kerb_name_kind)kind); i++)
            assert_null(strstr(kerb_events_name(events, (kerb_name_kind)kind, i), "Quux"));
    kerb_events_free(events);
    kerb_store_close(store);
    /* the name of the rejected row is not in the file, the other once */
    size_t n = 0, n_found = 0;
    char *bytes = scratch_read(file, &n);
    for (size_t i = 0; i + 4 < n; i++) {
        n_found += memcmp(bytes + i, "Quux", 4) == 0;
        assert_false(i + 7 < n && memcmp(bytes + i, "Zebedee", 7) == 0);
    }
    free(bytes);
    assert_int_equal(n_found, 1);
    scene_close(&s);
}

static void personal__free_text_is_no_category(void **state)
{
    scene s = scene_open();
    kerb_text csv = {0};
    char words[200];
    memset(words, 'w', sizeof words);
    words[150] = '\0';
    kerb_text_add(&csv, "x,y,street,type\n");
    for (int i = 0; i < 30; i++)
        kerb_text_add_format(&csv, "450000,300000,Elm Road %d,%s%d\n", i, words, i);
    assert_int_equal(scene_read(&s, scratch_write(*state, "a.csv", csv.data)), KERB_ERR_FORMAT);
    assert_message_has(&s, "column 'type' holds free text (30 of 30 values");
    /* a few long ones among many are names still */
    for (int i = 0; i < 600; i++)
        kerb_text_add(&csv, "450000,300000,Elm Road,Theft\n");
    scene_read_well(&s, scratch_write(*state, "a.csv", csv.data));
    assert_int_equal(s.events->n, 630);
    kerb_text_clear(&csv);
    scene_close(&s);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(personal__columns_are_known_by_their_names),
        IN_SCRATCH(personal__a_column_about_people_has_no_role),
        IN_SCRATCH(personal__it_needs_a_purpose),
        IN_SCRATCH(personal__values_go_in_and_come_out_nowhere),
        IN_SCRATCH(personal__free_text_is_no_category),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
