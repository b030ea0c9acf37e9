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
    char *slug;     /* before the ids of its hotspots; NULL when it is the only one */
    kerb_hotspots *hotspots;
    kerb_grid_spec spec;
    kerb_frame made; /* how its surface was made; has no mask */
    kerb_density_mass mass;
    char *verdict; /* JSON */
    bool is_police_activity;
} hotspot_group;

/* A request on its way. */
typedef struct hotspot_run {
    kerb_ctx *ctx;
    const kerb_hotspots_request *request;
    const kerb_crs *crs;
    kerb_prepared *prepared;
    kerb_areas_set *beats; /* NULL: none */
    kerb_frame frame;      /* the land that all groups share */
    bool has_frame;        /* false: without a window each group lies round its own rows */
    hotspot_group *groups;
    size_t n;
    double m2_per_km2;
} hotspot_run;

static void clear_run(hotspot_run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        kerb_free(r->groups[i].category);
        kerb_free(r->groups[i].slug);
        kerb_hotspots_free(r->groups[i].hotspots);
        kerb_free(r->groups[i].verdict);
    }
    kerb_free(r->groups);
    kerb_study__frame_clear(&r->frame);
    kerb_areas_set_free(r->beats);
}

/* ------------------------------------------------------------------- verdicts */

/* Nothing is tested, and the verdict says so; without rows there is nothing to test either. */
static kerb_status make_verdict(const hotspot_run *r, size_t n_events, size_t n_hotspots,
                                char **out)
{
    const kerb_hotspots_options *options = &r->request->hotspots;
    kerb_json verdict = {0};
    kerb_text sentence = {0};
    char *text = NULL, multiple[KERB_DOUBLE_TEXT];
    kerb_format_double(options->multiple, multiple);
    if (n_events == 0)
        kerb_text_add(&sentence, "no incidents to draw by");
    else
        kerb_text_add_format(
            &sentence,
            "%zu %s drawn at %s times the mean of the %s of the study area; not tested against "
            "chance, so this is where density is high, not proof of a hotspot",
            n_hotspots, n_hotspots == 1 ? "area" : "areas", multiple,
            options->level == KERB_LEVEL_3XMEAN ? "non-zero cells" : "all cells");
    kerb_status status = kerb_text_take(r->ctx, &sentence, &text);
    if (status != KERB_OK)
        return status;
    kerb_json_add_text(&verdict, "status", n_events == 0 ? "too_few" : "not_tested");
    kerb_json_add_text(&verdict, "statistic", NULL);
    kerb_json_add_text(&verdict, "null", NULL);
    kerb_json_add_count(&verdict, "n", n_events);
    kerb_json_add_text(&verdict, "p", NULL);
    kerb_json_add_text(&verdict, "p_overdispersed", NULL);
    kerb_json_add_text(&verdict, "p_adj", NULL);
    kerb_json_add_raw(&verdict, "detectable_ratio", "{}");
    kerb_json_add_text(&verdict, "family_size", NULL);
    kerb_json_add_text(&verdict, "replicates", NULL);
    kerb_json_add_text(&verdict, "sentence", text);
    kerb_free(text);
    return kerb_json_take(r->ctx, &verdict, true, out);
}

/* --------------------------------------------------------------------- groups */

/* Surface and hotspots of some rows on a frame; what was made stays with the group. */
static kerb_status draw_group(const hotspot_run *r, const kerb_frame *frame,
                              const kerb_events *events, hotspot_group *group)
{
    const kerb_density_options *density = &frame->density;
    kerb_hotspots_options options = r->request->hotspots;
    kerb_grid *grid = NULL;
    kerb_nature_counts natures = kerb_study__count_natures(events);
    group->is_police_activity = kerb_study__is_police_activity(&natures);
    options.beats = r->beats;
    group->spec = frame->spec;
    group->made = *frame;
    group->made.mask = NULL;
    kerb_status status = kerb_study__surface(r->ctx, frame, events, &grid, &group->mass, NULL);
    if (status == KERB_OK)
        status = kerb_hotspots_delineate(r->ctx, grid, events, density, kerb_crs_epsg(r->crs),
                                         &options, &group->hotspots);
    kerb_grid_free(grid);
    if (status == KERB_OK)
        status =
            make_verdict(r, group->hotspots->n_events, group->hotspots->n, &group->verdict);
    return status;
}

/* The only list: all rows together, under the category's name when one was asked for. */
static kerb_status run_together(hotspot_run *r)
{
    const kerb_selection *selection = &r->request->selection;
    if (!r->has_frame && r->prepared->events->n == 0)
        return KERB_OK;
    r->groups = kerb_calloc_array(1, sizeof *r->groups);
    if (r->groups == NULL)
        return kerb_fail_nomem(r->ctx, "a list of hotspots");
    r->n = 1;
    if (selection->pool == NULL && selection->filter.n_categories == 1) {
        r->groups[0].category =
            kerb_text_copy(r->prepared->n_categories == 1 ? r->prepared->categories[0]
                                                          : selection->filter.categories[0]);
        if (r->groups[0].category == NULL)
            return kerb_fail_nomem(r->ctx, "a name");
    }
    if (!r->has_frame) {
        kerb_status status =
            kerb_study__frame(r->ctx, r->crs, r->prepared, &r->request->surface, &r->frame);
        if (status != KERB_OK)
            return status;
    }
    return draw_group(r, &r->frame, r->prepared->events, &r->groups[0]);
}

static kerb_status run_category(hotspot_run *r, uint32_t category)
{
    const kerb_events *events = r->prepared->events;
    hotspot_group *group = &r->groups[r->n];
    kerb_prepared own = *r->prepared; /* areas are shared, rows are not */
    kerb_frame frame = {0};
    size_t n = 0;
    uint8_t *keep = kerb_alloc_array(events->n + 1, 1);
    if (keep == NULL)
        return kerb_fail_nomem(r->ctx, "the selection of rows");
    for (size_t i = 0; i < events->n; i++) {
        keep[i] = events->names[KERB_NAME_CATEGORY][i] == category;
        n += keep[i];
    }
    own.events = NULL;
    kerb_status status =
        n == 0 ? KERB_OK : kerb_study__subset(r->ctx, events, keep, &own.events);
    kerb_free(keep);
    if (status != KERB_OK || n == 0)
        return status;
    r->n++;
    group->category =
        kerb_text_copy(category == 0 ? "(no category)"
                                     : kerb_events_name(events, KERB_NAME_CATEGORY, category));
    if (group->category == NULL)
        status = kerb_fail_nomem(r->ctx, "a name");
    else if (!r->has_frame) /* no window: no row is left out */
        status = kerb_study__frame(r->ctx, r->crs, &own, &r->request->surface, &frame);
    if (status == KERB_OK)
        status = draw_group(r, r->has_frame ? &r->frame : &frame, own.events, group);
    kerb_study__frame_clear(&frame);
    kerb_events_free(own.events);
    return status;
}

/* "theft_from_shop" before the ids of a group; a number follows where two names give the same.
 */
static kerb_status name_slugs(hotspot_run *r)
{
    for (size_t g = 0; r->n > 1 && g < r->n; g++) {
        kerb_text text = {0};
        size_t n_same = 1;
        char *slug = kerb_study__slug(r->groups[g].category);
        if (slug == NULL)
            return kerb_fail_nomem(r->ctx, "a name");
        for (size_t i = 0; i < g; i++) {
            char *other = kerb_study__slug(r->groups[i].category);
            n_same += other != NULL && strcmp(slug, other) == 0;
            kerb_free(other);
        }
        kerb_text_add(&text, slug);
        if (n_same > 1)
            kerb_text_add_format(&text, "_%zu", n_same);
        kerb_free(slug);
        kerb_status status = kerb_text_take(r->ctx, &text, &r->groups[g].slug);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

/* Order of the numbers 0 to n of categories by their names, byte by byte. */
static void sort_categories(const kerb_events *events, uint32_t n, uint32_t *order)
{
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t j = i;
        const char *name = kerb_events_name(events, KERB_NAME_CATEGORY, i);
        for (; j > 0 &&
               strcmp(kerb_events_name(events, KERB_NAME_CATEGORY, order[j - 1]), name) > 0;
             j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

/* Categories in byte order of their names, so that the output does not depend on who came
 * first. */
static kerb_status run_categories(hotspot_run *r)
{
    uint32_t n = kerb_events_name_count(r->prepared->events, KERB_NAME_CATEGORY);
    uint32_t *order = kerb_alloc_array((size_t)n + 1, sizeof *order);
    kerb_status status = KERB_OK;
    r->groups = kerb_calloc_array((size_t)n + 1, sizeof *r->groups);
    if (order == NULL || r->groups == NULL) {
        kerb_free(order);
        return kerb_fail_nomem(r->ctx, "the list of categories");
    }
    sort_categories(r->prepared->events, n, order);
    for (uint32_t i = 0; status == KERB_OK && i <= n; i++) {
        status = kerb_check_cancel(r->ctx);
        if (status == KERB_OK)
            status = run_category(r, order[i]);
    }
    kerb_free(order);
    return status == KERB_OK ? name_slugs(r) : status;
}

/* --------------------------------------------------------------------- output */

static kerb_status set_row(kerb_ctx *ctx, kerb_layer *layer, const size_t *column, size_t row,
                           const hotspot_group *group, const kerb_hotspot *spot,
                           double m2_per_km2)
{
    kerb_text id = {0};
    char *id_text = NULL;
    if (group->slug != NULL)
        kerb_text_add_format(&id, "%s:", group->slug);
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

static kerb_status fill_layer(const hotspot_run *r, kerb_areas_set **polygons, kerb_layer **out)
{
    kerb_ctx *ctx = r->ctx;
    bool planar = kerb_crs_is_none(r->crs);
    /* the fields of a tested list come too, empty: what reads the file need not ask which it
     * got */
    const struct {
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
        {"area_km2", KERB_FIELD_REAL, planar ? "unit²" : "km²"},
        {"density_per_km2", KERB_FIELD_REAL,
         planar ? "incidents per unit²" : "incidents per km²"},
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
    for (size_t g = 0; status == KERB_OK && g < r->n; g++) {
        status = kerb_study__append_areas(ctx, r->groups[g].hotspots->polygons, *polygons);
        n += r->groups[g].hotspots->n;
    }
    if (status == KERB_OK)
        status = kerb_layer_new(ctx, "hotspots", n, *polygons, &layer);
    for (size_t i = 0; status == KERB_OK && i < N_FIELDS; i++)
        status = kerb_layer_add_field(ctx, layer, fields[i].name, fields[i].type,
                                      fields[i].unit, &column[i]);
    for (size_t g = 0; status == KERB_OK && g < r->n; g++)
        for (size_t i = 0; status == KERB_OK && i < r->groups[g].hotspots->n; i++)
            status = set_row(ctx, layer, column, row++, &r->groups[g],
                             &r->groups[g].hotspots->spots[i], r->m2_per_km2);
    if (status == KERB_OK) {
        kerb_layer_set_style(layer, column[8], KERB_CLASSES_FIXED_125);
        *out = layer;
    } else {
        kerb_layer_free(layer);
    }
    return status;
}

/* One line a list and one a hotspot, for people. */
static void add_lines(kerb_text *text, const hotspot_group *group, double m2_per_km2,
                      const char *unit)
{
    const kerb_hotspots *found = group->hotspots;
    if (group->category != NULL)
        kerb_text_add_format(text, "%s%s: ", group->category,
                             group->is_police_activity ? " (police activity)" : "");
    kerb_text_add_format(text, "%zu incidents, %zu listed, %zu too small, %zu beyond the top\n",
                         found->n_events, found->n, found->n_dropped_small,
                         found->n_dropped_rank);
    if (found->threshold_per_m2 > 0.0) {
        char line[32], alone[32];
        kerb_format_fixed(found->threshold_per_m2 * m2_per_km2, 1, line, sizeof line);
        kerb_format_fixed(found->events_alone, 1, alone, sizeof alone);
        kerb_text_add_format(text, "  drawn at %s %s, which %s events at one place reach\n",
                             line, unit, alone);
    }
    for (size_t i = 0; i < found->n; i++) {
        const kerb_hotspot *spot = &found->spots[i];
        char share[32], density[32];
        kerb_format_fixed(spot->share_of_events * 100.0, 1, share, sizeof share);
        kerb_format_fixed(spot->density_per_m2 * m2_per_km2, 1, density, sizeof density);
        kerb_text_add_format(
            text, "  %2d. %s: %zu incidents at %zu places (%s %%), up to %s %s\n", spot->rank,
            spot->name, spot->n, spot->n_places, share, density, unit);
    }
}

/* The figures of one list as JSON. */
static kerb_status list_json(kerb_ctx *ctx, const hotspot_group *group, double m2_per_km2,
                             char **out)
{
    const kerb_hotspots *found = group->hotspots;
    kerb_json one = {0};
    kerb_json_add_text(&one, "category", group->category);
    kerb_json_add_bool(&one, "is_police_activity", group->is_police_activity);
    kerb_json_add_count(&one, "n", found->n_events);
    kerb_json_add_count(&one, "n_hotspots", found->n);
    kerb_json_add_count(&one, "n_dropped_small", found->n_dropped_small);
    kerb_json_add_count(&one, "n_dropped_rank", found->n_dropped_rank);
    kerb_json_add_real(&one, "threshold_per_km2", found->threshold_per_m2 * m2_per_km2);
    kerb_json_add_real(&one, "mean_per_km2", found->mean_per_m2 * m2_per_km2);
    kerb_json_add_real(&one, "events_alone_over_threshold", found->events_alone);
    kerb_json_add_raw(&one, "verdict", group->verdict);
    return kerb_json_take(ctx, &one, true, out);
}

static kerb_status describe(const hotspot_run *r, const char *title, const char *unit,
                            kerb_result *result)
{
    kerb_json details = {0};
    kerb_text text = {0}, lists = {0};
    char *json = NULL, *verdict = NULL;
    size_t n_hotspots = 0, n_events = 0;
    kerb_status status = KERB_OK;
    kerb_text_add_format(&text, "%s\n", title);
    kerb_study__add_window(&text, r->prepared);
    kerb_text_add(&lists, "[");
    for (size_t g = 0; status == KERB_OK && g < r->n; g++) {
        n_hotspots += r->groups[g].hotspots->n;
        n_events += r->groups[g].hotspots->n_events;
        add_lines(&text, &r->groups[g], r->m2_per_km2, unit);
        status = list_json(r->ctx, &r->groups[g], r->m2_per_km2, &json);
        kerb_text_add(&lists, g > 0 ? "," : "");
        kerb_text_add(&lists, json != NULL ? json : "");
        kerb_free(json);
        json = NULL;
    }
    kerb_text_add(&lists, "]");
    kerb_text_add(&text, "not tested against chance: these are the densest places, not "
                         "proof of a hotspot\n");
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &lists, &json);
    if (status == KERB_OK)
        status = make_verdict(r, n_events, n_hotspots, &verdict);
    if (status == KERB_OK) {
        kerb_json_add_raw(&details, "lists", json);
        kerb_json_add_count(&details, "n_hotspots", n_hotspots);
        kerb_json_add_raw(&details, "verdict", verdict);
        status = kerb_json_take(r->ctx, &details, true, &result->details);
    }
    if (status == KERB_OK)
        status = kerb_text_take(r->ctx, &text, &result->summary);
    kerb_free(json);
    kerb_free(verdict);
    kerb_text_clear(&text);
    kerb_text_clear(&lists);
    return status;
}

/* Do all groups lie on cells of one size? */
static bool has_one_cell(const hotspot_run *r)
{
    for (size_t g = 1; g < r->n; g++)
        if (r->groups[g].spec.cell_m < r->groups[0].spec.cell_m ||
            r->groups[g].spec.cell_m > r->groups[0].spec.cell_m)
            return false;
    return r->n > 0;
}

static void add_parameters(kerb_json *parameters, const hotspot_run *r, const char *beats_name)
{
    const kerb_hotspots_options *options = &r->request->hotspots;
    const kerb_surface_options *surface = &r->request->surface;
    const kerb_frame asked = {.density = surface->density,
                              .bandwidth_rule = surface->bandwidth_rule,
                              .edge = surface->edge == KERB_EDGE_DEFAULT ? KERB_EDGE_NONE
                                                                         : surface->edge};
    kerb_study__add_kernel(parameters, r->has_frame ? &r->frame
                                       : r->n > 0   ? &r->groups[0].made
                                                    : &asked);
    if (r->has_frame)
        kerb_study__add_grid(parameters, &r->frame.spec);
    else if (r->n == 1)
        kerb_study__add_grid(parameters, &r->groups[0].spec);
    else if (r->n > 1)
        kerb_json_add_real(parameters, "cell",
                           has_one_cell(r) ? r->groups[0].spec.cell_m : (double)NAN);
    if (r->n == 1)
        kerb_study__add_mass(parameters, &r->groups[0].mass, r->frame.n_guard);
    kerb_json_add_text(parameters, "level",
                       options->level == KERB_LEVEL_3XMEAN ? "3xmean" : "3xmean-all");
    kerb_json_add_real(parameters, "multiple", options->multiple);
    kerb_json_add_count(parameters, "min_events", options->min_events);
    kerb_json_add_count(parameters, "min_places", options->min_places);
    kerb_json_add_count(parameters, "top", options->top);
    kerb_json_add_text(parameters, "beats", beats_name);
}

kerb_status kerb_request_hotspots(kerb_ctx *ctx, kerb_input *input,
                                  const kerb_hotspots_request *request, kerb_result **out)
{
    kerb_task task = {.command = "hotspots",
                      .input = input,
                      .selection = &request->selection,
                      .overwrite = request->overwrite};
    kerb_areas_set *polygons = NULL;
    kerb_layer *layer = NULL;
    char *beats_name = NULL;
    const kerb_crs *crs = kerb_input_crs(input);
    bool planar = kerb_crs_is_none(crs);
    hotspot_run r = {
        .ctx = ctx, .request = request, .crs = crs, .m2_per_km2 = planar ? 1.0 : 1e6};
    /* one list when the user named what belongs together, or when rows have no categories */
    bool together = request->selection.pool != NULL ||
                    request->selection.filter.n_categories == 1 ||
                    kerb_events_name_count(kerb_input_events(input), KERB_NAME_CATEGORY) == 0;

    kerb_status status =
        kerb_study__begin(ctx, &task, request->outputs, request->n_outputs, false);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__beats(ctx, input, request->beats, &request->areas_options, &r.beats,
                               &beats_name);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__prepare(ctx, input, &request->selection,
                                 KERB_PREPARE_LOCATED | KERB_PREPARE_HARM |
                                     (together ? 0u : KERB_PREPARE_BY_CATEGORY),
                                 &task.prepared);
    if (status != KERB_OK)
        goto done;
    r.prepared = task.prepared;
    if (r.prepared->window != NULL || request->surface.has_bbox) {
        status = kerb_study__frame(ctx, crs, r.prepared, &request->surface, &r.frame);
        if (status != KERB_OK)
            goto done;
        r.has_frame = true;
    }
    status = together ? run_together(&r) : run_categories(&r);
    if (status != KERB_OK)
        goto done;

    add_parameters(&task.parameters, &r, beats_name);
    status = kerb_study__computed(
        ctx, &task, r.prepared->events->n,
        request->title != NULL || together ? request->title : "Each category by itself");
    if (status != KERB_OK)
        goto done;
    status = describe(&r, task.title, planar ? "per unit²" : "per km²", task.result);
    if (status != KERB_OK)
        goto done;
    status = fill_layer(&r, &polygons, &layer);
    if (status != KERB_OK)
        goto done;
    status = kerb_study__write_layer(ctx, &task, layer, request->outputs, request->n_outputs);
done:
    kerb_layer_free(layer);
    kerb_areas_set_free(polygons);
    clear_run(&r);
    kerb_free(beats_name);
    return kerb_study__end(&task, status, out);
}
