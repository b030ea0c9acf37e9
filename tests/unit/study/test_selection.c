/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rows and which land: titles by hand, sources that may not be mixed, areas by name and
 * by file, the window of a store, and memory that runs out anywhere.
 */
#include "study_scene.h"

/* ---------------------------------------------------------------------- titles */

typedef struct title_row {
    const char *date, *source, *category;
} title_row;

/* Kinds by name, as reading files would tell them; nobody says what "Theft" is. */
static kerb_nature nature_of(const char *category)
{
    static const struct {
        const char *name;
        kerb_nature nature;
    } known[] = {{"ASB", {KERB_KIND_ASB, KERB_ORIGIN_REPORTED}},
                 {"Burglary", {KERB_KIND_CRIME, KERB_ORIGIN_REPORTED}},
                 {"Drugs", {KERB_KIND_CRIME, KERB_ORIGIN_POLICE_GENERATED}},
                 {"Fire", {KERB_KIND_FIRE, KERB_ORIGIN_REPORTED}},
                 {"Search", {KERB_KIND_STOP_AND_SEARCH, KERB_ORIGIN_POLICE_GENERATED}}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(category, known[i].name) == 0)
            return known[i].nature;
    return (kerb_nature){0};
}

static void tell_kinds(kerb_ctx *ctx, kerb_events *events)
{
    for (size_t i = 0; i < events->n; i++)
        assert_ok(ctx, kerb_events_set_kind(
                           ctx, events, events->names[KERB_NAME_SOURCE][i],
                           events->names[KERB_NAME_CATEGORY][i],
                           nature_of(kerb_events_name(events, KERB_NAME_CATEGORY,
                                                      events->names[KERB_NAME_CATEGORY][i]))));
}

/* The title of some rows under a selection. */
static void assert_title(const title_row *rows, size_t n, const char *first_words,
                         const kerb_selection *selection, const char *wanted)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    char *title = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    for (size_t i = 0; i < n; i++)
        scene_add(ctx, events, 0, 0, rows[i].date, rows[i].source, rows[i].category);
    tell_kinds(ctx, events);
    kerb_prepared *prepared = scene_prepared(ctx, events);
    assert_ok(ctx, kerb_study__title(ctx, first_words, selection, prepared, &title));
    assert_string_equal(title, wanted);
    kerb_free_text(title);
    kerb_study__prepared_free(prepared);
    kerb_ctx_free(ctx);
}

static void title__names_source_and_period(void **state)
{
    (void)state;
    const kerb_selection all = KERB_SELECTION_ALL;
    const title_row month[] = {{"2024-01", "S", "A"}, {"2024-01-31", "S", "B"}};
    assert_title(month, 2, NULL, &all, "All incidents, S, 2024-01");
    const title_row gap[] = {{"2024-01", "S", "A"}, {"2024-03-31", "S", "B"}};
    assert_title(gap, 2, "Words", &all, "Words, S, 2024-01 to 2024-03 (2 months with records)");
    const title_row early[] = {{"1969-12-31", "S", "A"}, {"1970-01-01", "S", "A"}};
    assert_title(early, 2, NULL, &all,
                 "All incidents, S, 1969-12 to 1970-01 (2 months with records)");
    const title_row undated[] = {{NULL, "S", "A"}};
    assert_title(undated, 1, NULL, &all, "All incidents, S, undated");
    assert_title(undated, 0, NULL, &all, "All incidents, undated");
}

static void title__rows_without_a_source_are_not_put_under_another(void **state)
{
    (void)state;
    const kerb_selection all = KERB_SELECTION_ALL;
    const title_row rows[] = {{"2024-01", "S", "A"}, {"2024-01", NULL, "A"}};
    assert_title(rows, 2, NULL, &all, "All incidents, 2024-01");
}

static void title__a_mixture_is_told_and_a_pool_names_it(void **state)
{
    (void)state;
    kerb_selection selection = KERB_SELECTION_ALL;
    const title_row rows[] = {{"2024-01", "S", "ASB"}, {"2024-01", "S", "Burglary"}};
    assert_title(rows, 2, NULL, &selection,
                 "All incidents (crime and anti-social behaviour together), S, 2024-01");
    assert_title(rows, 1, NULL, &selection, "All incidents, S, 2024-01");
    selection.pool = "Pool";
    assert_title(rows, 2, "Words", &selection,
                 "Pool (crime and anti-social behaviour together), S, 2024-01");
    const title_row nameless[] = {{"2024-01", "S", "ASB"}, {"2024-01", "S", NULL}};
    assert_title(nameless, 2, NULL, &selection,
                 "Pool (anti-social behaviour and other incidents together), S, 2024-01");
    const title_row three[] = {
        {"2024-01", "S", "Theft"}, {"2024-01", "S", "Fire"}, {"2024-01", "S", "Burglary"}};
    assert_title(three, 3, NULL, &selection,
                 "Pool (crime, fires and other incidents together), S, 2024-01");
    /* a crime whose name kerb does not know */
    const title_row unknown[] = {{"2024-01", "S", "Theft"}, {"2024-01", "S", "Burglary"}};
    assert_title(unknown, 2, NULL, &selection, "Pool, S, 2024-01");
}

static void title__what_the_police_find_is_police_activity(void **state)
{
    (void)state;
    kerb_selection selection = KERB_SELECTION_ALL;
    const title_row rows[] = {{"2024-01", "S", "Drugs"}, {"2024-01", "S", "Burglary"}};
    assert_title(rows, 1, NULL, &selection, "All incidents (police activity), S, 2024-01");
    assert_title(rows, 1, "Drugs", &selection, "Drugs (police activity), S, 2024-01");
    assert_title(rows, 2, NULL, &selection, "All incidents, S, 2024-01");
}

static void searches__are_refused_with_what_would_leave_them_out(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    scene_add(ctx, events, 0, 0, NULL, "S", "Burglary");
    tell_kinds(ctx, events);
    assert_ok(ctx, kerb_study__refuse_searches(ctx, events));
    scene_add(ctx, events, 0, 0, NULL, "S", "Search");
    tell_kinds(ctx, events);
    assert_fails(ctx, kerb_study__refuse_searches(ctx, events), KERB_ERR_FORMAT, "1 of 2 rows");
    assert_non_null(strstr(kerb_ctx_message(ctx), "force; leave them out with --kind crime"));
    kerb_events_free(events);
    kerb_ctx_free(ctx);
}

/* ------------------------------------------------------------------------ rows */

static void rows__a_subset_keeps_values_and_names(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL, *kept = NULL;
    const uint8_t keep[] = {0, 1, 0, 1};
    assert_ok(ctx, kerb_events_new(ctx, &events));
    for (int i = 0; i < 4; i++)
        scene_add(ctx, events, i, -i, "2024-01-02", i % 2 ? "B" : "A", i == 3 ? NULL : "C");
    assert_ok(ctx, kerb_study__subset(ctx, events, keep, &kept));
    assert_int_equal(kept->n, 2);
    assert_true(kept->x[1] == events->x[3] && kept->y[1] == events->y[3]);
    assert_int_equal(kept->start[0], events->start[1]);
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        assert_int_equal(kept->names[kind][0], events->names[kind][1]);
    assert_string_equal(kerb_events_name(kept, KERB_NAME_SOURCE, 2), "B");
    kerb_events_free(events);
    kerb_events_free(kept);
    kerb_ctx_free(ctx);
}

static void rows__what_is_left_out_is_counted_and_the_period_follows(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_events *events = NULL;
    assert_ok(ctx, kerb_events_new(ctx, &events));
    scene_add(ctx, events, 0, 0, "2024-01-02", NULL, NULL);
    scene_add(ctx, events, 0, 0, "2024-02-03", NULL, NULL);
    kerb_prepared *prepared = scene_prepared(ctx, events);
    const kerb_civil_s to = prepared->period_to;
    char before[65];
    memcpy(before, prepared->fingerprint, sizeof before);
    const uint8_t first[] = {1, 0}, none[] = {0};
    assert_ok(ctx, kerb_study__keep_rows(ctx, prepared, first, "why"));
    assert_int_equal(prepared->events->n, 1);
    assert_int_equal(kerb_tally_get(prepared->excluded, "why"), 1);
    /* 2024-01-03 is 32 days before 2024-02-04 */
    assert_int_equal(to - prepared->period_to, 32 * 86400);
    assert_string_not_equal(before, prepared->fingerprint);
    assert_ok(ctx, kerb_study__keep_rows(ctx, prepared, none, "why"));
    assert_int_equal(kerb_tally_get(prepared->excluded, "why"), 2);
    assert_true(prepared->period_from == KERB_CIVIL_NONE);
    kerb_study__prepared_free(prepared);
    kerb_ctx_free(ctx);
}

/* ------------------------------------------------------------------- selection */

static void prepare__several_sources_need_a_name(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char *paths[2];
    paths[0] = scene_keep(scene_town(*state, "North.csv", 1));
    paths[1] = scene_keep(scene_town(*state, "South.csv", 2));
    kerb_input *input = NULL;
    kerb_input_options options = {0};
    kerb_prepared *prepared = NULL;
    kerb_selection selection = KERB_SELECTION_ALL;
    assert_ok(ctx, kerb_input_open(ctx, (const char *const *)paths, 2, &options, &input));
    assert_fails(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared), KERB_ERR_ARG,
                 "2 sources");
    assert_null(prepared);
    selection.pool = "Both";
    assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared));
    assert_int_equal(prepared->events->n, 300);
    kerb_study__prepared_free(prepared);
    const char *source = "north";
    selection.pool = NULL;
    selection.filter.sources = &source;
    selection.filter.n_sources = 1;
    assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared));
    assert_int_equal(prepared->events->n, 150);
    assert_int_equal(kerb_tally_get(prepared->excluded, "source"), 150);
    kerb_study__prepared_free(prepared);
    kerb_input_free(input);
    kerb_free(paths[0]);
    kerb_free(paths[1]);
    kerb_ctx_free(ctx);
}

static void count_warnings(void *user, kerb_log_level level, const char *line)
{
    if (level == KERB_LOG_WARNING && strstr(line, "anti-social") != NULL)
        ++*(int *)user;
}

static void prepare__crime_with_antisocial_behaviour_is_warned_about(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_input *input = scene_open(
        ctx, scratch_write(*state, "S.csv",
                           SCENE_CSV_HEAD "2024-01-01,Theft,450000,300000,\n"
                                          "2024-01-01,Anti-social Behaviour,450000,300000,\n"));
    kerb_selection selection = KERB_SELECTION_ALL;
    const unsigned how[] = {0, KERB_PREPARE_BY_CATEGORY, 0};
    const int wanted[] = {1, 0, 0};
    for (int i = 0; i < 3; i++) {
        kerb_prepared *prepared = NULL;
        int n = 0;
        selection.pool = i == 2 ? "Everything" : NULL;
        kerb_ctx_set_log(ctx, count_warnings, &n);
        assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, how[i], &prepared));
        assert_int_equal(n, wanted[i]);
        kerb_study__prepared_free(prepared);
    }
    kerb_input_free(input);
    kerb_ctx_free(ctx);
}

static void prepare__areas_choose_rows_and_go_into_parameters_without_paths(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_text csv = {0}, hole = {0};
    char *text = NULL;
    scene_ward(&csv, "A", "A", 1, 0, 0, 100, 100);
    scene_ward(&hole, "H", "H", 1, 40, 40, 20, 20);
    char *area = scene_keep(scratch_write(*state, "sub/area.csv", csv.data));
    char *cut = scene_keep(scratch_write(*state, "hole.csv", hole.data));
    kerb_text_clear(&csv);
    kerb_text_clear(&hole);
    kerb_input *input =
        scene_open(ctx, scratch_write(*state, "S.csv",
                                      "date,easting,northing\n2024-01-01,450010,300010\n"
                                      "2024-01-01,450050,300050\n2024-01-01,450100,300100\n"
                                      "2024-01-01,450101,300050\n2024-01-01,,\n"));
    kerb_selection selection = KERB_SELECTION_ALL;
    kerb_prepared *prepared = NULL;
    kerb_json parameters = {0};
    selection.within = (const char *const *)&area;
    selection.n_within = 1;
    selection.exclude = (const char *const *)&cut;
    selection.n_exclude = 1;
    selection.study_area = area;
    assert_ok(ctx,
              kerb_study__prepare(ctx, input, &selection, KERB_PREPARE_LOCATED, &prepared));
    /* (10, 10) and, on the border, (100, 100); (50, 50) is in the hole, (101, 50) outside */
    assert_int_equal(prepared->events->n, 2);
    assert_int_equal(kerb_tally_get(prepared->excluded, "in_excluded_area"), 1);
    assert_int_equal(kerb_tally_get(prepared->excluded, "outside_within"), 1);
    assert_int_equal(kerb_tally_get(prepared->excluded, "no_coordinates"), 1);
    kerb_study__add_selection(&parameters, &selection, prepared, kerb_input_crs(input));
    assert_ok(ctx, kerb_json_take(ctx, &parameters, true, &text));
    assert_string_equal(text, "{\"crs\":\"EPSG:27700\",\"exclude\":[\"hole.csv\"],"
                              "\"length_unit\":\"m\",\"study_area\":\"area.csv\","
                              "\"within\":[\"area.csv\"]}");
    kerb_free_text(text);
    kerb_study__prepared_free(prepared);
    kerb_input_free(input);
    kerb_free(area);
    kerb_free(cut);
    kerb_ctx_free(ctx);
}

static void prepare__areas_that_are_nowhere_are_named(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_input *input = scene_open(ctx, scene_town(*state, "town.csv", 1));
    kerb_prepared *prepared = NULL;
    const char *name = "nowhere.csv";
    for (int i = 0; i < 3; i++) {
        kerb_selection selection = KERB_SELECTION_ALL;
        if (i == 0)
            selection.study_area = name;
        selection.within = &name;
        selection.n_within = i == 1;
        selection.exclude = &name;
        selection.n_exclude = i == 2;
        assert_fails(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared),
                     KERB_ERR_NOT_FOUND, "nowhere.csv");
        assert_null(prepared);
    }
    kerb_input_free(input);
    kerb_ctx_free(ctx);
}

static void add_set(kerb_ctx *ctx, const char *store, const char *input, const char *set,
                    const char *role)
{
    kerb_areas_request request = {.input = input, .store = store, .set = set, .role = role};
    kerb_result *result = NULL;
    assert_ok(ctx, kerb_request_areas(ctx, &request, &result));
    assert_int_equal(result->n_outputs, 1);
    kerb_result_free(result);
}

static void prepare__the_only_study_set_of_a_store_is_the_window(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char *town = scene_keep(scene_town(*state, "town.csv", 1)),
         *edge = scene_keep(scene_edge(*state)), *wards = scene_keep(scene_wards(*state)),
         *store = scene_keep(scratch_path(*state, "s.sqlite"));
    kerb_import_request import = {
        .inputs = (const char *const *)&town, .n_inputs = 1, .store = store};
    kerb_result *result = NULL;
    kerb_selection selection = KERB_SELECTION_ALL;
    kerb_prepared *prepared = NULL;
    assert_ok(ctx, kerb_request_import(ctx, &import, &result));
    assert_int_equal(result->events_read, 150);
    kerb_result_free(result);
    add_set(ctx, store, edge, "edge", "study");
    add_set(ctx, store, wards, "wards", "ward");

    kerb_input *input = scene_open(ctx, store);
    assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared));
    assert_string_equal(prepared->window_name, "edge");
    assert_int_equal(kerb_areas_set_count(prepared->window), 1);
    kerb_study__prepared_free(prepared);
    selection.study_area = "wards:E";
    assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared));
    assert_string_equal(prepared->window_name, "wards:E");
    assert_true(kerb_areas_set_box(prepared->window).xmin == TOWN_X + 500);
    kerb_study__prepared_free(prepared);
    selection.study_area = "wards:N";
    assert_fails(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared),
                 KERB_ERR_NOT_FOUND, "no area with id 'N'");
    kerb_input_free(input);

    add_set(ctx, store, wards, "other", "study"); /* two: nobody can know which */
    input = scene_open(ctx, store);
    selection.study_area = NULL;
    assert_ok(ctx, kerb_study__prepare(ctx, input, &selection, 0, &prepared));
    assert_null(prepared->window);
    kerb_study__prepared_free(prepared);
    kerb_input_free(input);
    kerb_free(town);
    kerb_free(edge);
    kerb_free(wards);
    kerb_free(store);
    kerb_ctx_free(ctx);
}

static void input__a_store_is_an_input_by_itself(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    char *town = scene_keep(scene_town(*state, "town.csv", 1)),
         *store = scene_keep(scratch_path(*state, "s.sqlite"));
    kerb_import_request import = {
        .inputs = (const char *const *)&town, .n_inputs = 1, .store = store};
    kerb_result *result = NULL;
    kerb_input *input = NULL;
    kerb_input_options options = {0};
    const char *both[] = {store, town};
    assert_ok(ctx, kerb_request_import(ctx, &import, &result));
    kerb_result_free(result);
    assert_fails(ctx, kerb_input_open(ctx, both, 2, &options, &input), KERB_ERR_ARG,
                 "by itself");
    assert_fails(ctx, kerb_input_open(ctx, both, 0, &options, &input), KERB_ERR_ARG,
                 "no input");
    options.crs = "EPSG:32630";
    assert_fails(ctx, kerb_input_open(ctx, both, 1, &options, &input), KERB_ERR_CRS, "27700");
    options.crs = "EPSG:4326";
    assert_fails(ctx, kerb_input_open(ctx, &both[1], 1, &options, &input), KERB_ERR_ARG,
                 "4326");
    assert_null(input);
    kerb_free(town);
    kerb_free(store);
    kerb_ctx_free(ctx);
}

/* ---------------------------------------------------------------------- memory */

typedef struct walk {
    char *town, *wards, *edge;
} walk;

static kerb_status prepare_once(kerb_ctx *ctx, void *user)
{
    const walk *w = user;
    kerb_input *input = NULL;
    kerb_prepared *prepared = NULL;
    kerb_json parameters = {0};
    char *text = NULL, *title = NULL;
    const char *categories[] = {"burglary", "Theft"};
    kerb_input_options options = {0};
    kerb_selection selection = KERB_SELECTION_ALL;
    selection.filter.categories = categories;
    selection.filter.n_categories = 2;
    selection.study_area = w->edge;
    selection.exclude = (const char *const *)&w->wards;
    selection.n_exclude = 1;
    selection.within = (const char *const *)&w->edge;
    selection.n_within = 1;
    kerb_status status =
        kerb_input_open(ctx, (const char *const *)&w->town, 1, &options, &input);
    if (status == KERB_OK)
        status = kerb_study__prepare(ctx, input, &selection, 0, &prepared);
    if (status == KERB_OK) {
        kerb_study__add_selection(&parameters, &selection, prepared, kerb_input_crs(input));
        status = kerb_json_take(ctx, &parameters, true, &text);
    }
    if (status == KERB_OK)
        status = kerb_study__title(ctx, NULL, &selection, prepared, &title);
    kerb_free_text(text);
    kerb_free_text(title);
    kerb_study__prepared_free(prepared);
    kerb_input_free(input);
    return status;
}

static void prepare__every_lack_of_memory_is_survived(void **state)
{
    walk w = {scene_keep(scratch_write(*state, "S.csv",
                                       SCENE_CSV_HEAD "2024-01-01,Theft,450500,300500,\n"
                                                      "2024-03-01,Burglary,450500,300500,x\n")),
              scene_keep(scene_wards(*state)), scene_keep(scene_edge(*state))};
    assert_true(failing_allocator_walk(prepare_once, &w) > 100);
    kerb_free(w.town);
    kerb_free(w.wards);
    kerb_free(w.edge);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(title__names_source_and_period),
        cmocka_unit_test(title__rows_without_a_source_are_not_put_under_another),
        cmocka_unit_test(title__a_mixture_is_told_and_a_pool_names_it),
        cmocka_unit_test(title__what_the_police_find_is_police_activity),
        cmocka_unit_test(searches__are_refused_with_what_would_leave_them_out),
        cmocka_unit_test(rows__a_subset_keeps_values_and_names),
        cmocka_unit_test(rows__what_is_left_out_is_counted_and_the_period_follows),
        in_folder(prepare__several_sources_need_a_name),
        in_folder(prepare__crime_with_antisocial_behaviour_is_warned_about),
        in_folder(prepare__areas_choose_rows_and_go_into_parameters_without_paths),
        in_folder(prepare__areas_that_are_nowhere_are_named),
        in_folder(prepare__the_only_study_set_of_a_store_is_the_window),
        in_folder(input__a_store_is_an_input_by_itself),
        in_folder(prepare__every_lack_of_memory_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
