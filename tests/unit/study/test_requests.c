/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole requests on a small town: figures by hand, tallies that reconcile under any selection,
 * one list a category as if it were alone, the same bytes for any number of threads, and
 * memory or time that runs out anywhere.
 */
#include "study_scene.h"

/* A town in files, opened. */
typedef struct town {
    kerb_ctx *ctx;
    kerb_input *input;
    char *folder, *csv, *wards, *edge;
} town;

static town open_town(const char *folder)
{
    town t = {.ctx = kerb_ctx_new(), .folder = scene_keep(folder)};
    t.csv = scene_keep(scene_town(folder, "town.csv", 5));
    t.wards = scene_keep(scene_wards(folder));
    t.edge = scene_keep(scene_edge(folder));
    t.input = scene_open(t.ctx, t.csv);
    return t;
}

static void close_town(town *t)
{
    kerb_input_free(t->input);
    kerb_ctx_free(t->ctx);
    kerb_free(t->folder);
    kerb_free(t->csv);
    kerb_free(t->wards);
    kerb_free(t->edge);
}

static kerb_density_request density_request(const char *output)
{
    kerb_density_request request = {.selection = KERB_SELECTION_ALL,
                                    .surface = KERB_SURFACE_OPTIONS_DEFAULT,
                                    .type = KERB_RASTER_FLOAT64,
                                    .output = output,
                                    .overwrite = true};
    request.surface.density.bandwidth_m = 200;
    request.surface.cell_m = 20;
    request.surface.has_cell = true;
    return request;
}

static kerb_beats_request beats_request(const town *t, const char *const *output)
{
    static const char *const populations[] = {"people@2024"};
    return (kerb_beats_request){
        .selection = KERB_SELECTION_ALL,
        .areas = t->wards,
        .areas_options = {.population_fields = populations, .n_population_fields = 1},
        .outputs = output,
        .n_outputs = 1,
        .overwrite = true};
}

static kerb_hotspots_request hotspots_request(const char *const *output)
{
    kerb_hotspots_request request = {.selection = KERB_SELECTION_ALL,
                                     .surface = KERB_SURFACE_OPTIONS_DEFAULT,
                                     .hotspots = KERB_HOTSPOTS_OPTIONS_DEFAULT,
                                     .outputs = output,
                                     .n_outputs = 1,
                                     .overwrite = true};
    request.surface.density.bandwidth_m = 200;
    request.surface.cell_m = 20;
    request.surface.has_cell = true;
    return request;
}

/* --------------------------------------------------------------------- density */

static json_t *parameters_of(const kerb_result *result)
{
    return scene_parse(result->parameters);
}

static double real_of(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("no number '%s'", key);
    return json_number_value(value);
}

static void density__the_surface_holds_what_was_used(void **state)
{
    town t = open_town(*state);
    kerb_result *result = NULL;
    char *output = scene_keep(scratch_path(t.folder, "out.tif"));
    kerb_density_request request = density_request(output);
    assert_ok(t.ctx, kerb_request_density(t.ctx, t.input, &request, &result));
    assert_int_equal(result->events_read, 150);
    assert_int_equal(result->events_used, 145);
    assert_int_equal(kerb_tally_get(result->excluded, "no_coordinates"), 5);
    assert_reconciles(result);
    assert_int_equal(result->n_outputs, 2);
    json_t *parameters = parameters_of(result);
    assert_true(real_of(parameters, "mass_events") == 145.0);
    assert_near_rel(real_of(parameters, "mass_raster"), 145.0, 1e-3);
    json_t *json = scene_json(t.ctx, result);
    assert_int_equal(json_integer_value(json_object_get(json, "loaded")), 150);
    assert_int_equal(json_array_size(json_object_get(json, "outputs")), 2);
    json_decref(json);
    json_decref(parameters);
    kerb_result_free(result);
    kerb_free(output);
    close_town(&t);
}

/* The highest value is told in the summary: per year it is that over the years. */
static double summary_max(const kerb_result *result)
{
    const char *text = strstr(result->summary, "highest density ");
    assert_non_null(text);
    return strtod(text + strlen("highest density "), NULL);
}

static void density__per_year_divides_by_the_period(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_input *input =
        scene_open(ctx, scratch_write(*state, "S.csv",
                                      "date,easting,northing\n2020-01-01,450000,300000\n"
                                      "2020-06-30,450000,300000\n"));
    kerb_result *whole = NULL, *yearly = NULL, *half = NULL;
    char *output = scene_keep(scratch_path(*state, "out.tif"));
    kerb_density_request request = density_request(output);
    assert_ok(ctx, kerb_request_density(ctx, input, &request, &whole));
    request.per_year = true;
    assert_ok(ctx, kerb_civil_parse(ctx, "2020", &request.selection.filter.from));
    assert_ok(ctx, kerb_civil_parse(ctx, "2022", &request.selection.filter.to));
    assert_ok(ctx, kerb_request_density(ctx, input, &request, &yearly));
    /* 2020 and 2021 have 731 days, 2.00141 mean years */
    assert_near_abs(summary_max(yearly), summary_max(whole) / (731 / 365.2425), 0.01);
    json_t *parameters = parameters_of(yearly);
    assert_near_rel(real_of(parameters, "period_years"), 731 / 365.2425, 1e-12);
    assert_string_equal(json_string_value(json_object_get(parameters, "unit")),
                        "events per km2 per year");
    json_decref(parameters);
    /* without a period asked for, the days of the rows: 1 January to 30 June 2020 are 182 */
    request.selection.filter.from = request.selection.filter.to = KERB_CIVIL_NONE;
    assert_ok(ctx, kerb_request_density(ctx, input, &request, &half));
    parameters = parameters_of(half);
    assert_near_rel(real_of(parameters, "period_years"), 182 / 365.2425, 1e-12);
    json_decref(parameters);
    kerb_result_free(whole);
    kerb_result_free(yearly);
    kerb_result_free(half);
    kerb_input_free(input);
    kerb_free(output);
    kerb_ctx_free(ctx);
}

static void density__per_year_needs_dates(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_input *input =
        scene_open(ctx, scratch_write(*state, "S.csv", "easting,northing\n450000,300000\n"));
    kerb_result *result = NULL;
    char *output = scene_keep(scratch_path(*state, "out.tif"));
    kerb_density_request request = density_request(output);
    request.per_year = true;
    assert_fails(ctx, kerb_request_density(ctx, input, &request, &result), KERB_ERR_ARG,
                 "period");
    assert_null(result);
    assert_false(scratch_exists(output));
    kerb_input_free(input);
    kerb_free(output);
    kerb_ctx_free(ctx);
}

static void density__outputs_are_refused_before_work(void **state)
{
    town t = open_town(*state);
    kerb_result *result = NULL;
    char *there = scene_keep(scratch_write(t.folder, "there.qml", "x")),
         *output = scene_keep(scratch_path(t.folder, "there.tif"));
    kerb_density_request request = density_request(output);
    request.overwrite = false;
    assert_fails(t.ctx, kerb_request_density(t.ctx, t.input, &request, &result),
                 KERB_ERR_EXISTS, "there.qml");
    request.output = "out.png";
    assert_fails(t.ctx, kerb_request_density(t.ctx, t.input, &request, &result),
                 KERB_ERR_UNSUPPORTED, "out.png");
    assert_null(result);
    kerb_free(there);
    kerb_free(output);
    close_town(&t);
}

/* ----------------------------------------------------------------------- beats */

static void beats__are_counted_and_rated_by_hand(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_input *input =
        scene_open(ctx, scratch_write(*state, "S.csv",
                                      "date,easting,northing\n"
                                      "2024-01-01,450100,300100\n2024-01-01,450200,300100\n"
                                      "2024-01-01,450500,300100\n" /* on the common border */
                                      "2024-01-01,450900,300900\n"
                                      "2024-01-01,452000,300100\n2024-01-01,,\n"));
    char *csv = scene_keep(scratch_path(*state, "beats.csv"));
    town t = {.wards = scene_keep(scene_wards(*state))};
    kerb_beats_request request = beats_request(&t, (const char *const *)&csv);
    kerb_result *result = NULL;
    assert_ok(ctx, kerb_request_beats(ctx, input, &request, &result));
    assert_int_equal(result->events_used, 4);
    assert_int_equal(kerb_tally_get(result->excluded, "outside_every_area"), 1);
    assert_int_equal(kerb_tally_get(result->excluded, "no_place"), 1);
    assert_reconciles(result);
    json_t *details = scene_parse(result->details);
    assert_int_equal(json_integer_value(json_object_get(details, "assigned")), 4);
    assert_int_equal(json_integer_value(json_object_get(details, "unassigned")), 2);
    json_decref(details);
    char *text = scratch_read(csv, NULL);
    /* West is first and gets the border: 3 of 4 in 1,000 people; half a square kilometre */
    assert_non_null(strstr(text, "\nW,West,3,1000,2024,3,"));
    assert_non_null(strstr(text, ",0.75,0.5,"));
    assert_non_null(strstr(text, "\nE,East,1,2000,2024,0.5,"));
    free(text);
    kerb_result_free(result);
    kerb_input_free(input);
    kerb_free(csv);
    kerb_free(t.wards);
    kerb_ctx_free(ctx);
}

static void beats__the_window_cuts_rows_but_not_those_without_a_place(void **state)
{
    town t = open_town(*state);
    char *csv = scene_keep(scratch_path(*state, "beats.csv"));
    kerb_beats_request request = beats_request(&t, (const char *const *)&csv);
    kerb_result *result = NULL;
    request.selection.study_area = t.edge;
    assert_ok(t.ctx, kerb_request_beats(t.ctx, t.input, &request, &result));
    assert_reconciles(result);
    assert_true(kerb_tally_get(result->excluded, "outside_study_area") > 0);
    assert_int_equal(kerb_tally_get(result->excluded, "outside_every_area"), 0);
    assert_int_equal(kerb_tally_get(result->excluded, "no_place"), 5);
    kerb_result_free(result);
    kerb_free(csv);
    close_town(&t);
}

static void beats__without_areas_there_is_no_table(void **state)
{
    town t = open_town(*state);
    char *csv = scene_keep(scratch_path(*state, "beats.csv"));
    kerb_beats_request request = beats_request(&t, (const char *const *)&csv);
    kerb_result *result = NULL;
    request.areas = NULL;
    assert_fails(t.ctx, kerb_request_beats(t.ctx, t.input, &request, &result), KERB_ERR_ARG,
                 "--areas");
    const char *twice[] = {csv, csv};
    request.areas = t.wards;
    request.outputs = twice;
    request.n_outputs = 2;
    assert_fails(t.ctx, kerb_request_beats(t.ctx, t.input, &request, &result), KERB_ERR_ARG,
                 "twice");
    assert_false(scratch_exists(csv));
    kerb_free(csv);
    close_town(&t);
}

/* -------------------------------------------------------------------- hotspots */

static json_t *lists_of(const kerb_result *result, json_t **details)
{
    *details = scene_parse(result->details);
    return json_object_get(*details, "lists");
}

/* Each category by itself is what it would be alone, with and without a window; and the rows of
 * all of them reconcile. */
static void hotspots__a_category_among_others_is_as_if_alone(void **state)
{
    static const char *const names[] = {"Arson", "Burglary", "Theft"};
    town t = open_town(*state);
    char *output = scene_keep(scratch_path(*state, "out.geojson"));
    for (int windowed = 0; windowed < 2; windowed++) {
        kerb_hotspots_request request = hotspots_request((const char *const *)&output);
        kerb_result *all = NULL;
        json_t *details = NULL;
        size_t n_used = 0, n_hotspots = 0;
        request.selection.study_area = windowed ? t.edge : NULL;
        request.beats = t.wards;
        assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &request, &all));
        assert_reconciles(all);
        assert_int_equal(kerb_tally_get(all->excluded, "outside_study_area") > 0, windowed);
        json_t *lists = lists_of(all, &details);
        assert_int_equal(json_array_size(lists), 3);
        for (size_t i = 0; i < 3; i++) {
            kerb_result *one = NULL;
            json_t *own = NULL;
            request.selection.filter.categories = &names[i];
            request.selection.filter.n_categories = 1;
            assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &request, &one));
            assert_reconciles(one);
            json_t *alone = lists_of(one, &own);
            if (!json_equal(json_array_get(lists, i), json_array_get(alone, 0)))
                fail_msg("%s differs: %s\n%s", names[i], all->details, one->details);
            n_used += one->events_used;
            n_hotspots += (size_t)json_integer_value(json_object_get(own, "n_hotspots"));
            json_decref(own);
            kerb_result_free(one);
        }
        assert_int_equal(all->events_used, n_used);
        assert_int_equal(json_integer_value(json_object_get(details, "n_hotspots")),
                         n_hotspots);
        json_decref(details);
        kerb_result_free(all);
    }
    kerb_free(output);
    close_town(&t);
}

static void hotspots__the_same_place_in_two_lists_has_two_ids(void **state)
{
    town t = open_town(*state);
    char *output = scene_keep(scratch_path(*state, "out.geojson"));
    kerb_hotspots_request request = hotspots_request((const char *const *)&output);
    kerb_result *result = NULL;
    request.hotspots.multiple = 1.5;
    assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &request, &result));
    char *text = scratch_read(output, NULL);
    json_t *file = scene_parse(text);
    json_t *features = json_object_get(file, "features");
    size_t n = json_array_size(features);
    assert_true(n >= 3); /* two of Burglary, one of Theft at the first of them */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            json_t *a = json_object_get(json_array_get(features, i), "properties"),
                   *b = json_object_get(json_array_get(features, j), "properties");
            assert_string_not_equal(json_string_value(json_object_get(a, "id")),
                                    json_string_value(json_object_get(b, "id")));
        }
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(file, "verdict"), "status")),
        "not_tested");
    json_decref(file);
    free(text);
    kerb_result_free(result);
    kerb_free(output);
    close_town(&t);
}

static void hotspots__categories_that_spell_alike_in_a_file_name_stay_apart(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_text csv = {0};
    kerb_text_add(&csv, SCENE_CSV_HEAD);
    for (int i = 0; i < 40; i++)
        scene_row(&csv, "2024-01-01", i % 2 ? "Κλοπή" : "Φθορά", i % 7, i % 5, "A");
    kerb_input *input = scene_open(ctx, scratch_write(*state, "S.csv", csv.data));
    kerb_text_clear(&csv);
    char *output = scene_keep(scratch_path(*state, "out.csv"));
    kerb_hotspots_request request = hotspots_request((const char *const *)&output);
    kerb_result *result = NULL;
    assert_ok(ctx, kerb_request_hotspots(ctx, input, &request, &result));
    char *text = scratch_read(output, NULL);
    assert_non_null(strstr(text, "unnamed:"));
    assert_non_null(strstr(text, "unnamed_2:"));
    free(text);
    kerb_result_free(result);
    kerb_input_free(input);
    kerb_free(output);
    kerb_ctx_free(ctx);
}

static void hotspots__a_pool_is_one_list(void **state)
{
    town t = open_town(*state);
    char *output = scene_keep(scratch_path(*state, "out.csv"));
    kerb_hotspots_request request = hotspots_request((const char *const *)&output);
    kerb_result *result = NULL;
    json_t *details = NULL;
    request.selection.pool = "Everything";
    assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &request, &result));
    json_t *lists = lists_of(result, &details);
    assert_int_equal(json_array_size(lists), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(lists, 0), "n")), 145);
    assert_true(json_is_null(json_object_get(json_array_get(lists, 0), "category")));
    assert_int_equal(strncmp(result->summary, "Everything, town", 16), 0);
    json_decref(details);
    kerb_result_free(result);
    kerb_free(output);
    close_town(&t);
}

/* Nothing to draw by is an answer with all members of a verdict, not a failure. */
static void hotspots__no_rows_are_too_few(void **state)
{
    static const char *const members[] = {
        "status", "statistic",        "null",        "n",          "p",       "p_overdispersed",
        "p_adj",  "detectable_ratio", "family_size", "replicates", "sentence"};
    town t = open_town(*state);
    char *output = scene_keep(scratch_path(*state, "out.geojson"));
    for (int windowed = 0; windowed < 2; windowed++)
        for (int pooled = 0; pooled < 2; pooled++) {
            kerb_hotspots_request request = hotspots_request((const char *const *)&output);
            kerb_result *result = NULL;
            request.selection.pool = pooled ? "All" : NULL;
            request.selection.study_area = windowed ? t.edge : NULL;
            assert_ok(t.ctx, kerb_civil_parse(t.ctx, "2030", &request.selection.filter.from));
            assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &request, &result));
            assert_int_equal(result->events_used, 0);
            assert_reconciles(result);
            json_t *details = scene_parse(result->details);
            json_t *verdict = json_object_get(details, "verdict");
            for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
                assert_non_null(json_object_get(verdict, members[i]));
            assert_string_equal(json_string_value(json_object_get(verdict, "status")),
                                "too_few");
            json_decref(details);
            kerb_result_free(result);
        }
    kerb_free(output);
    close_town(&t);
}

/* ------------------------------------------------------------------------ laws */

static void requests__what_is_read_is_used_or_left_out(void **state)
{
    static const char *const categories[] = {"Theft", "Burglary", "Arson"};
    town t = open_town(*state);
    uint64_t seed = 99;
    char *tif = scene_keep(scratch_path(*state, "out.tif")),
         *csv = scene_keep(scratch_path(*state, "out.csv"));
    for (int trial = 0; trial < 40; trial++) {
        kerb_selection selection = KERB_SELECTION_ALL;
        uint64_t bits = scene_random(&seed);
        const char *within = t.wards, *exclude = t.wards;
        selection.filter.categories = bits & 1 ? categories : NULL;
        selection.filter.n_categories = bits & 1 ? 1 + (bits >> 1) % 3 : 0;
        if (bits & 8)
            assert_ok(t.ctx, kerb_civil_parse(t.ctx, "2024-03", &selection.filter.from));
        if (bits & 16)
            assert_ok(t.ctx, kerb_civil_parse(t.ctx, "2024-09-15", &selection.filter.to));
        selection.filter.weekdays = bits & 32 ? (unsigned)(bits >> 8) & 127u : 0;
        selection.study_area = bits & 64 ? t.edge : NULL;
        selection.within = &within;
        selection.n_within = bits >> 20 & 1;
        selection.exclude = &exclude;
        selection.n_exclude = (bits >> 21 & 7) == 0;
        selection.pool = bits >> 24 & 1 ? "Pool" : NULL;
        kerb_density_request density = density_request(tif);
        kerb_beats_request beats = beats_request(&t, (const char *const *)&csv);
        kerb_hotspots_request hotspots = hotspots_request((const char *const *)&csv);
        kerb_result *result = NULL;
        density.selection = beats.selection = hotspots.selection = selection;
        kerb_status status = kerb_request_density(t.ctx, t.input, &density, &result);
        if (status == KERB_OK)
            assert_reconciles(result);
        else
            assert_int_equal(status, KERB_ERR_EMPTY); /* no row and no window to map */
        kerb_result_free(result);
        result = NULL;
        assert_ok(t.ctx, kerb_request_beats(t.ctx, t.input, &beats, &result));
        assert_reconciles(result);
        kerb_result_free(result);
        assert_ok(t.ctx, kerb_request_hotspots(t.ctx, t.input, &hotspots, &result));
        assert_reconciles(result);
        kerb_result_free(result);
    }
    kerb_free(tif);
    kerb_free(csv);
    close_town(&t);
}

static void make_all(town *t, const char *const outputs[5])
{
    kerb_density_request density = density_request(outputs[0]);
    kerb_beats_request beats = beats_request(t, outputs + 1);
    kerb_hotspots_request hotspots = hotspots_request(outputs + 3);
    kerb_result *result = NULL;
    density.selection.study_area = hotspots.selection.study_area = t->edge;
    hotspots.beats = t->wards;
    beats.n_outputs = hotspots.n_outputs = 2;
    assert_ok(t->ctx, kerb_request_density(t->ctx, t->input, &density, &result));
    kerb_result_free(result);
    assert_ok(t->ctx, kerb_request_beats(t->ctx, t->input, &beats, &result));
    kerb_result_free(result);
    assert_ok(t->ctx, kerb_request_hotspots(t->ctx, t->input, &hotspots, &result));
    kerb_result_free(result);
}

static void requests__the_same_bytes_for_any_number_of_threads(void **state)
{
    static const char *const names[] = {"d.tif", "b.geojson", "b.csv", "h.geojson", "h.gpkg"};
    static const int threads[] = {1, 2, 7};
    town t = open_town(*state);
    for (int run = 0; run < 3; run++) {
        char *paths[5];
        for (int i = 0; i < 5; i++) {
            char name[64];
            snprintf(name, sizeof name, "%d/%s", run, names[i]);
            scratch_write(t.folder, name, "");
            paths[i] = scene_keep(scratch_path(t.folder, name));
        }
        kerb_ctx_set_threads(t.ctx, threads[run]);
        make_all(&t, (const char *const *)paths);
        for (int i = 0; i < 5; i++) {
            char name[64];
            snprintf(name, sizeof name, "0/%s", names[i]);
            assert_same_files(paths[i], scratch_path(t.folder, name));
            kerb_free(paths[i]);
        }
    }
    close_town(&t);
}

/* ---------------------------------------------------------- memory and stopping */

enum { DENSITY, BEATS, HOTSPOTS, N_KINDS };

typedef struct attempt {
    int kind;
    const town *town;
    const char *const *output;
} attempt;

static kerb_status try_once(kerb_ctx *ctx, void *user)
{
    const attempt *a = user;
    kerb_result *result = NULL;
    char *json = NULL;
    kerb_input *input = NULL;
    kerb_input_options options = {0};
    kerb_ctx_set_threads(ctx, 1);
    kerb_status status =
        kerb_input_open(ctx, (const char *const *)&a->town->csv, 1, &options, &input);
    if (status == KERB_OK && a->kind == DENSITY) {
        kerb_density_request request = density_request(*a->output);
        request.selection.study_area = a->town->edge;
        status = kerb_request_density(ctx, input, &request, &result);
    } else if (status == KERB_OK && a->kind == BEATS) {
        kerb_beats_request request = beats_request(a->town, a->output);
        request.selection.study_area = a->town->edge;
        status = kerb_request_beats(ctx, input, &request, &result);
    } else if (status == KERB_OK) {
        kerb_hotspots_request request = hotspots_request(a->output);
        request.selection.study_area = a->town->edge;
        request.beats = a->town->wards;
        status = kerb_request_hotspots(ctx, input, &request, &result);
    }
    if (status == KERB_OK)
        status = kerb_result_json(ctx, result, &json);
    kerb_free_text(json);
    kerb_result_free(result);
    kerb_input_free(input);
    return status;
}

static void requests__every_lack_of_memory_is_survived(void **state)
{
    town t = open_town(*state);
    kerb_text csv = {0};
    kerb_text_add(&csv, SCENE_CSV_HEAD);
    for (int i = 0; i < 12; i++)
        scene_row(&csv, "2024-01-01", i % 2 ? "Theft" : "Arson", 100 + i, 100 + i % 3, "A");
    scene_row(&csv, "2024-01-01", "Theft", 9000, 9000, "A");
    scene_row(&csv, "2024-01-01", "Theft", (double)NAN, 0, "A");
    kerb_free(t.csv);
    t.csv = scene_keep(scratch_write(t.folder, "small.csv", csv.data));
    kerb_text_clear(&csv);
    char *tif = scene_keep(scratch_path(t.folder, "out.tif")),
         *layer = scene_keep(scratch_path(t.folder, "out.csv"));
    for (int kind = 0; kind < N_KINDS; kind++) {
        attempt a = {kind, &t, (const char *const *)(kind == DENSITY ? &tif : &layer)};
        assert_true(failing_allocator_walk(try_once, &a) > 150);
    }
    kerb_free(tif);
    kerb_free(layer);
    close_town(&t);
}

/* Asked to stop at any sign of life: either it was too late, or no file is left. */
static void requests__stopping_anywhere_leaves_nothing(void **state)
{
    town t = open_town(*state);
    uint64_t seed = 17;
    for (int kind = 0; kind < N_KINDS; kind++)
        for (int trial = 0; trial < 15; trial++) {
            scene_stopper stopper;
            char name[64];
            snprintf(name, sizeof name, "out/%d_%d/x", kind, trial);
            scratch_write(t.folder, name, "");
            snprintf(name, sizeof name, "out/%d_%d", kind, trial);
            char *folder = scene_keep(scratch_path(t.folder, name)),
                 *output = scene_keep(
                     scratch_path(folder, kind == DENSITY ? "out.tif" : "out.geojson"));
            attempt a = {kind, &t, (const char *const *)&output};
            kerb_ctx *ctx = scene_ctx_stopping(&stopper, 1 + scene_random(&seed) % 20);
            kerb_status status = try_once(ctx, &a);
            if (status != KERB_OK) {
                assert_int_equal(status, KERB_ERR_CANCELLED);
                assert_int_equal(scratch_count(folder), 1);
            }
            kerb_ctx_free(ctx);
            kerb_free(folder);
            kerb_free(output);
        }
    close_town(&t);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(density__the_surface_holds_what_was_used),
        in_folder(density__per_year_divides_by_the_period),
        in_folder(density__per_year_needs_dates),
        in_folder(density__outputs_are_refused_before_work),
        in_folder(beats__are_counted_and_rated_by_hand),
        in_folder(beats__the_window_cuts_rows_but_not_those_without_a_place),
        in_folder(beats__without_areas_there_is_no_table),
        in_folder(hotspots__a_category_among_others_is_as_if_alone),
        in_folder(hotspots__the_same_place_in_two_lists_has_two_ids),
        in_folder(hotspots__categories_that_spell_alike_in_a_file_name_stay_apart),
        in_folder(hotspots__a_pool_is_one_list),
        in_folder(hotspots__no_rows_are_too_few),
        in_folder(requests__what_is_read_is_used_or_left_out),
        in_folder(requests__the_same_bytes_for_any_number_of_threads),
        in_folder(requests__every_lack_of_memory_is_survived),
        in_folder(requests__stopping_anywhere_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
