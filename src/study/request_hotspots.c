/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request for hotspots: a surface for each category by itself (or for a named pool), drawn
 * at a multiple of its mean, ranked and named. Nothing is tested against chance here, and the
 * verdict says so: `not_tested`.
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>

/* One category's list, or the only one. */
typedef struct hotspot_group {
    char *category; /* NULL when the rows are taken together */
    kerb_hotspots *hotspots;
    size_t n_events;
    char *verdict; /* JSON */
} hotspot_group;

typedef struct hotspot_groups {
    hotspot_group *groups;
    size_t n;
    kerb_surface
        first_surface; /* its mass and spec describe the file when there is one group */
} hotspot_groups;

static void clear_groups(hotspot_groups *all)
{
    for (size_t i = 0; i < all->n; i++) {
        kerb_free(all->groups[i].category);
        kerb_hotspots_free(all->groups[i].hotspots);
        kerb_free(all->groups[i].verdict);
    }
    kerb_free(all->groups);
    memset(all, 0, sizeof *all);
}

static kerb_status make_verdict(kerb_ctx *ctx, const kerb_hotspots_options *options,
                                hotspot_group *group)
{
    kerb_json verdict = {0};
    kerb_text sentence = {0};
    char *text = NULL;
    const char *base = options->level == KERB_LEVEL_3XMEAN ? "non-zero cells" : "all cells";
    char multiple[KERB_DOUBLE_TEXT];
    kerb_format_double(options->multiple, multiple);
    kerb_text_add_format(&sentence,
                         "%zu %s drawn at %s times the mean of the %s of the study area; not "
                         "tested against chance, so "
                         "this is where density is high, not proof of a hotspot",
                         group->hotspots->n, group->hotspots->n == 1 ? "area" : "areas",
                         multiple, base);
    kerb_status status = kerb_text_take(ctx, &sentence, &text);
    if (status != KERB_OK)
        return status;
    kerb_json_add_text(&verdict, "status", "not_tested");
    kerb_json_add_text(&verdict, "statistic", NULL);
    kerb_json_add_text(&verdict, "null", NULL);
    kerb_json_add_count(&verdict, "n", group->n_events);
    kerb_json_add_text(&verdict, "p", NULL);
    kerb_json_add_text(&verdict, "p_overdispersed", NULL);
    kerb_json_add_text(&verdict, "p_adj", NULL);
    kerb_json_add_raw(&verdict, "detectable_ratio", "{}");
    kerb_json_add_text(&verdict, "family_size", NULL);
    kerb_json_add_text(&verdict, "replicates", NULL);
    kerb_json_add_text(&verdict, "sentence", text);
    kerb_free(text);
    return kerb_json_take(ctx, &verdict, true, &group->verdict);
}

/* Surface and hotspots of the rows in `prepared`; takes nothing over. */
static kerb_status run_group(kerb_ctx *ctx, const kerb_crs *crs,
                             const kerb_hotspots_request *request, const kerb_areas_set *beats,
                             kerb_prepared *prepared, hotspot_group *group,
                             kerb_surface *surface)
{
    kerb_hotspots_options options = request->hotspots;
    options.beats = beats;
    kerb_status status = kerb_study__surface(ctx, crs, prepared, &request->surface, surface);
    if (status != KERB_OK)
        return status;
    status =
        kerb_hotspots_delineate(ctx, surface->grid, prepared->events, &request->surface.density,
                                kerb_crs_epsg(crs), &options, &group->hotspots);
    kerb_study__surface_clear(surface);
    if (status != KERB_OK)
        return status;
    group->n_events = group->hotspots->n_events;
    return make_verdict(ctx, &request->hotspots, group);
}

static kerb_status run_category(kerb_ctx *ctx, const kerb_crs *crs,
                                const kerb_hotspots_request *request,
                                const kerb_areas_set *beats, kerb_prepared *prepared,
                                uint32_t category, hotspot_groups *all)
{
    const kerb_events *events = prepared->events;
    hotspot_group *group = &all->groups[all->n];
    kerb_prepared own = *prepared; /* areas and tally are shared, rows are not */
    kerb_surface surface;
    size_t n = 0;
    uint8_t *keep = kerb_alloc_array(events->n + 1, 1);
    if (keep == NULL)
        return kerb_fail_nomem(ctx, "the selection of rows");
    for (size_t i = 0; i < events->n; i++) {
        keep[i] = events->names[KERB_NAME_CATEGORY][i] == category;
        n += keep[i];
    }
    own.events = NULL;
    kerb_status status = n == 0 ? KERB_OK : kerb_study__subset(ctx, events, keep, &own.events);
    kerb_free(keep);
    if (status != KERB_OK || n == 0)
        return status;
    all->n++;
    group->category =
        kerb_text_copy(category == 0 ? "(no category)"
                                     : kerb_events_name(events, KERB_NAME_CATEGORY, category));
    if (group->category == NULL)
        status = kerb_fail_nomem(ctx, "a name");
    else
        status = run_group(ctx, crs, request, beats, &own, group, &surface);
    if (status == KERB_OK)
        all->first_surface = surface;
    kerb_events_free(own.events);
    return status;
}

/* Categories in byte order of their names, so that the output does not depend on who came
 * first. */
static kerb_status run_categories(kerb_ctx *ctx, const kerb_crs *crs,
                                  const kerb_hotspots_request *request,
                                  const kerb_areas_set *beats, kerb_prepared *prepared,
                                  hotspot_groups *all)
{
    uint32_t n = kerb_events_name_count(prepared->events, KERB_NAME_CATEGORY);
    uint32_t *order = kerb_alloc_array((size_t)n + 1, sizeof *order);
    kerb_status status = KERB_OK;
    all->groups = kerb_calloc_array((size_t)n + 1, sizeof *all->groups);
    if (order == NULL || all->groups == NULL) {
        kerb_free(order);
        return kerb_fail_nomem(ctx, "the list of categories");
    }
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t j = i;
        const char *name = kerb_events_name(prepared->events, KERB_NAME_CATEGORY, i);
        for (; j > 0 &&
               strcmp(kerb_events_name(prepared->events, KERB_NAME_CATEGORY, order[j - 1]),
                      name) > 0;
             j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; status == KERB_OK && i <= n; i++)
        status = run_category(ctx, crs, request, beats, prepared, order[i], all);
    kerb_free(order);
    return status;
}

static kerb_status set_row(kerb_ctx *ctx, kerb_layer *layer, const size_t *column, size_t row,
                           const hotspot_group *group, const kerb_hotspot *spot, bool several,
                           double m2_per_km2)
{
    kerb_text id = {0};
    char *id_text = NULL;
    if (several) {
        char *slug = kerb_study__slug(group->category);
        kerb_text_add(&id, slug != NULL ? slug : "category");
        kerb_text_add(&id, ":");
        kerb_free(slug);
    }
    kerb_text_add(&id, spot->id);
    kerb_status status = kerb_text_take(ctx, &id, &id_text);
    if (status != KERB_OK)
        return status;
    kerb_layer_set_integer(layer, row, column[0], spot->rank);
    status = kerb_layer_set_text(ctx, layer, row, column[1], id_text);
    if (status == KERB_OK)
        status = kerb_layer_set_text(ctx, layer, row, column[2], spot->name);
    if (status == KERB_OK && group->category != NULL)
        status = kerb_layer_set_text(ctx, layer, row, column[3], group->category);
    kerb_layer_set_integer(layer, row, column[4], (int64_t)spot->n);
    kerb_layer_set_integer(layer, row, column[5], (int64_t)spot->n_places);
    kerb_layer_set_real(layer, row, column[6], spot->share_of_events);
    kerb_layer_set_real(layer, row, column[7], spot->area_m2 / m2_per_km2);
    kerb_layer_set_real(layer, row, column[8], spot->density_per_m2 * m2_per_km2);
    kerb_free(id_text);
    return status;
}

static kerb_status fill_layer(kerb_ctx *ctx, const hotspot_groups *all, double m2_per_km2,
                              kerb_areas_set **polygons, kerb_layer **out)
{
    /* the fields of a tested list come too, empty: what reads the file need not ask which it
     * got */
    static const struct {
        const char *name;
        kerb_field_type type;
        const char *unit;
    } fields[] = {
        {"rank", KERB_FIELD_INTEGER, NULL},
        {"id", KERB_FIELD_TEXT, NULL},
        {"name", KERB_FIELD_TEXT, NULL},
        {"category", KERB_FIELD_TEXT, NULL},
        {"n", KERB_FIELD_INTEGER, "incidents"},
        {"n_places", KERB_FIELD_INTEGER, "places"},
        {"share_of_events", KERB_FIELD_REAL, NULL},
        {"area_km2", KERB_FIELD_REAL, "km²"},
        {"density_per_km2", KERB_FIELD_REAL, "incidents per km²"},
        {"expected", KERB_FIELD_REAL, NULL},
        {"expected_under", KERB_FIELD_TEXT, NULL},
        {"ratio_to_expected", KERB_FIELD_REAL, NULL},
        {"ratio_low", KERB_FIELD_REAL, NULL},
        {"ratio_high", KERB_FIELD_REAL, NULL},
        {"p", KERB_FIELD_REAL, NULL},
        {"p_adj", KERB_FIELD_REAL, NULL},
        {"stability", KERB_FIELD_REAL, NULL},
    };
    enum { N_FIELDS = sizeof fields / sizeof fields[0] };
    size_t n = 0, column[N_FIELDS], row = 0;
    kerb_layer *layer = NULL;
    kerb_status status = kerb_areas_set_new(ctx, polygons);
    for (size_t g = 0; status == KERB_OK && g < all->n; g++) {
        status = kerb_study__append_areas(ctx, all->groups[g].hotspots->polygons, *polygons);
        n += all->groups[g].hotspots->n;
    }
    if (status == KERB_OK)
        status = kerb_layer_new(ctx, "hotspots", n, *polygons, &layer);
    for (size_t i = 0; status == KERB_OK && i < N_FIELDS; i++)
        status = kerb_layer_add_field(ctx, layer, fields[i].name, fields[i].type,
                                      fields[i].unit, &column[i]);
    for (size_t g = 0; status == KERB_OK && g < all->n; g++)
        for (size_t i = 0; status == KERB_OK && i < all->groups[g].hotspots->n; i++)
            status = set_row(ctx, layer, column, row++, &all->groups[g],
                             &all->groups[g].hotspots->spots[i], all->n > 1, m2_per_km2);
    if (status == KERB_OK) {
        kerb_layer_set_style(layer, column[8], KERB_CLASSES_FIXED_125);
        *out = layer;
    } else {
        kerb_layer_free(layer);
    }
    return status;
}

/* One line a hotspot for people, and the figures of each list as JSON. */
static kerb_status describe(kerb_ctx *ctx, const char *title, const hotspot_groups *all,
                            double m2_per_km2, const char *unit, kerb_result *result)
{
    kerb_json details = {0};
    kerb_text text = {0}, lists = {0};
    char *json = NULL;
    size_t n_hotspots = 0;
    kerb_text_add_format(&text, "%s\n", title);
    kerb_text_add(&lists, "[");
    kerb_status status = KERB_OK;
    for (size_t g = 0; status == KERB_OK && g < all->n; g++) {
        const hotspot_group *group = &all->groups[g];
        const kerb_hotspots *found = group->hotspots;
        kerb_json one = {0};
        n_hotspots += found->n;
        if (group->category != NULL)
            kerb_text_add_format(&text, "%s: ", group->category);
        kerb_text_add_format(
            &text, "%zu incidents, %zu listed, %zu too small, %zu beyond the top\n",
            group->n_events, found->n, found->n_dropped_small, found->n_dropped_rank);
        for (size_t i = 0; i < found->n; i++) {
            char share[32], density[32];
            kerb_format_fixed(found->spots[i].share_of_events * 100.0, 1, share, sizeof share);
            kerb_format_fixed(found->spots[i].density_per_m2 * m2_per_km2, 1, density,
                              sizeof density);
            kerb_text_add_format(
                &text, "  %2d. %s: %zu incidents at %zu places (%s %%), up to %s %s\n",
                found->spots[i].rank, found->spots[i].name, found->spots[i].n,
                found->spots[i].n_places, share, density, unit);
        }
        kerb_json_add_text(&one, "category", group->category);
        kerb_json_add_count(&one, "n", group->n_events);
        kerb_json_add_count(&one, "n_hotspots", found->n);
        kerb_json_add_count(&one, "n_dropped_small", found->n_dropped_small);
        kerb_json_add_count(&one, "n_dropped_rank", found->n_dropped_rank);
        kerb_json_add_real(&one, "threshold_per_km2", found->threshold_per_m2 * m2_per_km2);
        kerb_json_add_real(&one, "mean_per_km2", found->mean_per_m2 * m2_per_km2);
        kerb_json_add_real(&one, "events_alone_over_threshold", found->events_alone);
        kerb_json_add_raw(&one, "verdict", group->verdict);
        status = kerb_json_take(ctx, &one, true, &json);
        if (status != KERB_OK)
            break;
        if (g > 0)
            kerb_text_add(&lists, ",");
        kerb_text_add(&lists, json);
        kerb_free(json);
        json = NULL;
    }
    kerb_text_add(&lists, "]");
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &lists, &json);
    if (status == KERB_OK) {
        kerb_json_add_raw(&details, "lists", json);
        kerb_json_add_count(&details, "n_hotspots", n_hotspots);
        kerb_json_add_raw(&details, "verdict",
                          all->n > 0 ? all->groups[0].verdict : "{\"status\":\"too_few\"}");
        kerb_text_add(&text, "not tested against chance: these are the densest places, not "
                             "proof of a hotspot\n");
        status = kerb_json_take(ctx, &details, true, &result->details);
    }
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &text, &result->summary);
    kerb_free(json);
    kerb_text_clear(&text);
    kerb_text_clear(&lists);
    kerb_json_clear(&details);
    return status;
}

static void add_parameters(kerb_json *parameters, const kerb_hotspots_request *request,
                           const hotspot_groups *all, const char *beats_name)
{
    const kerb_hotspots_options *options = &request->hotspots;
    if (all->n == 1) {
        kerb_study__add_surface(parameters, &all->first_surface, &request->surface);
    } else {
        const kerb_density_options *density = &request->surface.density;
        kerb_json_add_text(parameters, "kernel", kerb_kernel_name(density->kernel));
        kerb_json_add_text(parameters, "bandwidth_method", "fixed");
        kerb_json_add_real(parameters, "bandwidth_radius",
                           density->kernel == KERB_KERNEL_GAUSSIAN ? (double)NAN
                                                                   : density->bandwidth_m);
        kerb_json_add_real(parameters, "bandwidth_sd",
                           kerb_kernel_sd_m(density->kernel, density->bandwidth_m));
        kerb_json_add_text(parameters, "edge", "none");
        if (all->n > 1)
            kerb_json_add_real(parameters, "cell", all->first_surface.spec.cell_m);
    }
    kerb_json_add_text(parameters, "level",
                       options->level == KERB_LEVEL_3XMEAN ? "3xmean" : "3xmean-all");
    kerb_json_add_count(parameters, "min_events", options->min_events);
    kerb_json_add_count(parameters, "min_places", options->min_places);
    kerb_json_add_count(parameters, "top", options->top);
    kerb_json_add_text(parameters, "beats", beats_name);
}

kerb_status kerb_request_hotspots(kerb_ctx *ctx, kerb_input *input,
                                  const kerb_hotspots_request *request, kerb_result **out)
{
    kerb_prepared *prepared = NULL;
    kerb_result *result = NULL;
    kerb_areas_set *beats = NULL, *polygons = NULL;
    kerb_layer *layer = NULL;
    hotspot_groups all = {0};
    kerb_json parameters = {0};
    char *title = NULL, *beats_name = NULL, *extra = NULL;
    const kerb_crs *crs = kerb_input_crs(input);
    bool planar = kerb_crs_is_none(crs);
    double m2_per_km2 = planar ? 1.0 : 1e6;
    /* one list when the user named what belongs together, or when rows have no categories */
    bool together = request->selection.pool != NULL ||
                    request->selection.filter.n_categories == 1 ||
                    kerb_events_name_count(kerb_input_events(input), KERB_NAME_CATEGORY) == 0;

    kerb_status status = kerb_study__check_outputs(ctx, request->outputs, request->n_outputs,
                                                   false, request->overwrite);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__result_new(ctx, &result);
    if (status != KERB_OK)
        goto done;
    double start_s = kerb_wall_time_s(), start_cpu_s = kerb_cpu_time_s();
    status = kerb_study__beats(ctx, input, request->beats, &request->areas_options, &beats,
                               &beats_name);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__prepare(
        ctx, input, &request->selection,
        KERB_PREPARE_LOCATED | (together ? 0u : KERB_PREPARE_BY_CATEGORY), &prepared);
    if (status != KERB_OK)
        goto done;
    result->events_used = prepared->events->n;
    if (!together) {
        status = run_categories(ctx, crs, request, beats, prepared, &all);
    } else if (prepared->events->n > 0 || prepared->window != NULL ||
               request->surface.has_bbox) {
        all.groups = kerb_calloc_array(1, sizeof *all.groups);
        if (all.groups == NULL) {
            status = kerb_fail_nomem(ctx, "a list of hotspots");
            goto done;
        }
        all.n = 1;
        status =
            run_group(ctx, crs, request, beats, prepared, &all.groups[0], &all.first_surface);
        if (status == KERB_OK && request->selection.filter.n_categories == 1 &&
            request->selection.pool == NULL) {
            all.groups[0].category = kerb_text_copy(request->selection.filter.categories[0]);
            if (all.groups[0].category == NULL)
                status = kerb_fail_nomem(ctx, "a name");
        }
        result->events_used = prepared->events->n;
    }
    if (status != KERB_OK)
        goto done;
    result->compute_s = kerb_wall_time_s() - start_s;
    result->compute_cpu_s = kerb_cpu_time_s() - start_cpu_s;

    result->events_read = kerb_input_events(input)->n;
    memcpy(result->fingerprint, prepared->fingerprint, sizeof result->fingerprint);
    /* rows of a category that reach no cell were taken out of copies: the tally knows how many
     */
    if (!together)
        result->events_used -= kerb_tally_get(prepared->excluded, "outside_study_area");
    kerb_tally_free(result->excluded);
    result->excluded = prepared->excluded;
    prepared->excluded = NULL;
    kerb_study__add_selection(&parameters, &request->selection, prepared, crs);
    add_parameters(&parameters, request, &all, beats_name);
    status = kerb_json_take(ctx, &parameters, true, &result->parameters);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__title(
        ctx, request->title != NULL || together ? request->title : "Each category by itself",
        &request->selection, prepared, &title);
    if (status != KERB_OK)
        goto done;
    status = describe(ctx, title, &all, m2_per_km2, planar ? "per unit²" : "per km²", result);
    if (status != KERB_OK)
        goto done;

    start_s = kerb_wall_time_s();
    status = fill_layer(ctx, &all, m2_per_km2, &polygons, &layer);
    if (status != KERB_OK)
        goto done;
    kerb_stamp stamp = {
        .title = title, .command = "hotspots", .parameters = result->parameters};
    kerb_study__stamp(ctx, input, prepared, result->events_used, &stamp);
    stamp.excluded = result->excluded;
    extra = kerb_text_copy_n(result->details + 1, strlen(result->details) - 2);
    if (extra == NULL) {
        status = kerb_fail_nomem(ctx, "a text");
        goto done;
    }
    for (size_t i = 0; i < request->n_outputs; i++) {
        kerb_export_layer_options options = {.extra_json = extra,
                                             .overwrite = request->overwrite};
        status = kerb_export_layer(ctx, layer, &stamp, &options, request->outputs[i]);
        if (status != KERB_OK)
            goto done;
        status = kerb_study__result_add_outputs(ctx, result, request->outputs[i]);
        if (status != KERB_OK)
            goto done;
    }
    result->write_s = kerb_wall_time_s() - start_s;
    status = kerb_study__result_add_input(ctx, result, input);
    if (status != KERB_OK)
        goto done;
    *out = result;
    result = NULL;
done:
    kerb_json_clear(&parameters);
    kerb_layer_free(layer);
    kerb_areas_set_free(polygons);
    clear_groups(&all);
    kerb_areas_set_free(beats);
    kerb_study__prepared_free(prepared);
    kerb_result_free(result);
    kerb_free(title);
    kerb_free(beats_name);
    kerb_free(extra);
    return status;
}
