/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Incidents where they should not be: outside the study area and the loaded areas, and lone
 * points so far off that a map drawn over all of them shows nothing else. */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

#define CORE_SHARE    0.005 /* of rows beyond each side of the core */
#define MAX_FAR_SHARE 0.001 /* more rows than that are a town, not a mistake */
#define MIN_CORE_ROWS 200
#define MAX_FAR_TOLD  20

/* ------------------------------------------------------------------ far off */

/* Box that holds all but the outermost half per cent on each side. */
static kerb_status core_box(kerb_ctx *ctx, const kerb_quality__view *view,
                            const kerb_quality__source *source, kerb_box *out)
{
    size_t n = 0;
    uint64_t *keys = kerb_alloc_array(source->n, sizeof *keys);
    uint32_t *rows = kerb_alloc_array(source->n, sizeof *rows);
    double side[2][2] = {{0}};
    kerb_status status =
        keys == NULL || rows == NULL ? kerb_fail_nomem(ctx, "the core of a source") : KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < source->n; i++)
        if (view->places.place_of[view->rows[source->first + i]] != KERB_NO_PLACE)
            rows[n++] = view->rows[source->first + i];
    for (int axis = 0; status == KERB_OK && axis < 2; axis++) {
        const double *values = axis == 0 ? view->events->x : view->events->y;
        for (size_t i = 0; i < n; i++)
            keys[i] = kerb_quality__key(values[rows[i]]);
        status = kerb_quality__sort(ctx, keys, rows, n);
        size_t beyond = (size_t)(CORE_SHARE * (double)n);
        if (status == KERB_OK) {
            side[axis][0] = values[rows[beyond]];
            side[axis][1] = values[rows[n - 1 - beyond]];
        }
    }
    *out = (kerb_box){side[0][0], side[1][0], side[0][1], side[1][1]};
    kerb_free(rows);
    kerb_free(keys);
    return status;
}

static double beyond_m(kerb_box box, double x, double y)
{
    double dx = fmax(fmax(box.xmin - x, x - box.xmax), 0.0),
           dy = fmax(fmax(box.ymin - y, y - box.ymax), 0.0);
    return hypot(dx, dy);
}

static kerb_status tell_far(kerb_ctx *ctx, kerb_quality__view *view,
                            const kerb_quality__source *source, uint32_t place, size_t n,
                            double distance_m)
{
    kerb_quality__draft draft = kerb_quality__begin("out_of_area", KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__about(&draft, KERB_QUALITY_PLACE, kerb_quality__place(view, place).text);
    kerb_quality__figure(&draft, "incidents", (double)n);
    kerb_quality__figure(&draft, "distance_m", distance_m);
    kerb_quality__say(&draft,
                      "%s %s at %s lie %s away from where 99 %% of %s lie: look whether the "
                      "place is right.",
                      kerb_quality__count((double)n).text, kerb_quality__incidents((double)n),
                      kerb_quality__place(view, place).text,
                      kerb_quality__metres(view, distance_m).text,
                      kerb_quality__name(source->name).text);
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_far_overview(kerb_ctx *ctx, kerb_quality__view *view,
                                     const kerb_quality__source *source, size_t n_far,
                                     size_t n_places, bool is_few, double farthest_m)
{
    kerb_quality__short name = kerb_quality__name(source->name);
    kerb_quality__draft draft =
        kerb_quality__begin("out_of_area", n_far == 0 ? KERB_QUALITY_OK
                                           : is_few   ? KERB_QUALITY_WARNING
                                                      : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents_far", (double)n_far);
    kerb_quality__figure(&draft, "places_far", (double)n_places);
    if (n_far == 0) {
        kerb_quality__say(&draft, "%s: no lone incident lies far from the rest.", name.text);
        return kerb_quality__end(ctx, &draft, view->report);
    }
    kerb_quality__figure(&draft, "farthest_m", farthest_m);
    kerb_quality__say(&draft,
                      "%s: %s %s at %zu %s lie farther from the rest than the rest is "
                      "wide, up to %s: ",
                      name.text, kerb_quality__count((double)n_far).text,
                      kerb_quality__incidents((double)n_far), n_places,
                      n_places == 1 ? "place" : "places",
                      kerb_quality__metres(view, farthest_m).text);
    kerb_quality__say(&draft,
                      is_few ? "so few are probably wrong places; without a study area they "
                               "stretch the map over empty land."
                             : "name a study area, or the map is mostly empty land.");
    return kerb_quality__end(ctx, &draft, view->report);
}

/* Far: farther from the core than the core is wide. Few: else it is a second town. */
static kerb_status check_far(kerb_ctx *ctx, kerb_quality__view *view,
                             const kerb_quality__source *source, kerb_quality__counter *at)
{
    kerb_box core = {0};
    size_t n_far = 0, n_places = 0, n_told = 0;
    double farthest_m = 0.0;
    if (source->n_located < MIN_CORE_ROWS)
        return KERB_OK;
    kerb_status status = core_box(ctx, view, source, &core);
    if (status != KERB_OK)
        return status;
    double width_m =
        fmax(fmax(core.xmax - core.xmin, core.ymax - core.ymin), 2.0 * view->options->radius_m);
    kerb_quality__count_at(view, source->first, source->n, at);
    for (size_t i = 0; i < at->n_touched; i++) {
        double d_m =
            beyond_m(core, view->places.x[at->touched[i]], view->places.y[at->touched[i]]);
        if (!(d_m > width_m))
            continue;
        n_far += at->count[at->touched[i]];
        n_places++;
        farthest_m = fmax(farthest_m, d_m);
    }
    bool is_few = (double)n_far <= fmax(MAX_FAR_SHARE * (double)source->n_located, 1.0);
    status = tell_far_overview(ctx, view, source, n_far, n_places, is_few, farthest_m);
    for (size_t rank = 0; status == KERB_OK && is_few && rank < view->places.n; rank++) {
        uint32_t place = view->by_y[rank];
        if (at->count[place] == 0)
            continue;
        double d_m = beyond_m(core, view->places.x[place], view->places.y[place]);
        if (d_m > width_m && n_told++ < MAX_FAR_TOLD)
            status = tell_far(ctx, view, source, place, at->count[place], d_m);
    }
    return status;
}

/* -------------------------------------------------------------- outside areas */

typedef struct outside {
    size_t n, n_places;
    uint32_t farthest; /* place */
    double farthest_m; /* from the box of the areas */
} outside;

/* Rows of the view's sources by place, and which places lie outside. */
static kerb_status count_outside(kerb_ctx *ctx, const kerb_quality__view *view,
                                 const kerb_areas_set *set, outside *out)
{
    size_t n = view->places.n, n_areas = kerb_areas_set_count(set);
    kerb_box box = kerb_areas_set_box(set);
    size_t *area_of = kerb_alloc_array(n, sizeof *area_of);
    if (area_of == NULL)
        return kerb_fail_nomem(ctx, "the areas of places");
    kerb_status status =
        kerb_areas_locate_points(ctx, set, n, view->places.x, view->places.y, area_of);
    *out = (outside){.farthest_m = -1.0};
    for (size_t rank = 0; status == KERB_OK && rank < n; rank++) {
        uint32_t place = view->by_y[rank];
        if (area_of[place] < n_areas)
            continue;
        double d_m = beyond_m(box, view->places.x[place], view->places.y[place]);
        out->n_places++;
        if (d_m > out->farthest_m)
            out->farthest_m = d_m, out->farthest = place;
    }
    for (size_t i = 0; status == KERB_OK && i < view->events->n; i++) {
        uint32_t place = view->places.place_of[i];
        out->n += place != KERB_NO_PLACE && area_of[place] >= n_areas;
    }
    kerb_free(area_of);
    return status;
}

static kerb_status exact_distance(kerb_ctx *ctx, const kerb_quality__view *view,
                                  const kerb_areas_set *set, outside *out)
{
    kerb_quality__border border = {0};
    double x = view->places.x[out->farthest], y = view->places.y[out->farthest];
    kerb_box box = kerb_areas_set_box(set);
    double width_m = fmax(box.xmax - box.xmin, box.ymax - box.ymin);
    kerb_status status = kerb_quality__border_make(ctx, set, width_m / 1000.0, &border);
    if (status == KERB_OK)
        kerb_quality__border_nearest(&border, x, y, INFINITY, &out->farthest_m);
    kerb_quality__border_clear(&border);
    return status;
}

static void say_outside(kerb_quality__draft *draft, const kerb_quality__view *view,
                        const char *name, bool is_window, const outside *found, double share)
{
    kerb_quality__say(draft, "%s %s (%s) lie outside %s",
                      kerb_quality__count((double)found->n).text,
                      kerb_quality__incidents((double)found->n),
                      kerb_quality__share(share).text, kerb_quality__name(name).text);
    if (found->farthest_m >= 0.0)
        kerb_quality__say(draft, ", the farthest %s from it, at %s",
                          kerb_quality__metres(view, found->farthest_m).text,
                          kerb_quality__place(view, found->farthest).text);
    kerb_quality__say(draft, ": %s.",
                      is_window ? "they are in no result but as a guard zone"
                                : "tables by these areas leave them out unless a code places "
                                  "them");
}

static kerb_status tell_outside(kerb_ctx *ctx, kerb_quality__view *view, const char *name,
                                bool is_window, const kerb_areas_set *set)
{
    outside found = {0};
    size_t n_located = view->n_placed;
    if (kerb_areas_set_count(set) == 0 || n_located == 0)
        return KERB_OK;
    kerb_status status = count_outside(ctx, view, set, &found);
    if (status == KERB_OK && found.farthest_m >= 0.0)
        status = exact_distance(ctx, view, set, &found);
    if (status != KERB_OK)
        return status;
    double share = (double)found.n / (double)n_located;
    kerb_quality__draft draft =
        kerb_quality__begin("out_of_area", found.n == 0 ? KERB_QUALITY_OK : KERB_QUALITY_NOTE);
    kerb_quality__about(&draft, KERB_QUALITY_SET, name);
    kerb_quality__figure(&draft, "located", (double)n_located);
    kerb_quality__figure(&draft, "outside", (double)found.n);
    kerb_quality__figure(&draft, "outside_share", share);
    kerb_quality__figure(&draft, "places_outside", (double)found.n_places);
    kerb_quality__figure(&draft, "farthest_m",
                         found.farthest_m >= 0.0 ? found.farthest_m : (double)NAN);
    if (found.n == 0)
        kerb_quality__say(&draft, "All incidents with a place lie inside %s.",
                          kerb_quality__name(name).text);
    else
        say_outside(&draft, view, name, is_window, &found, share);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_outside(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_quality__counter at = {0};
    const kerb_quality_input *input = view->input;
    kerb_status status = kerb_quality__counter_init(ctx, &at, view->places.n);
    if (status == KERB_OK && input->window != NULL)
        status = tell_outside(ctx, view, input->window_name, true, input->window);
    for (size_t i = 0; status == KERB_OK && i < input->n_areas; i++) {
        const char *role = input->areas[i].role;
        bool covers = role == NULL || strcmp(role, "beat") == 0 || strcmp(role, "ward") == 0 ||
                      strcmp(role, "district") == 0 || strcmp(role, "county") == 0 ||
                      strcmp(role, "force") == 0;
        if (covers)
            status = tell_outside(ctx, view, input->areas[i].name, false, input->areas[i].set);
    }
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        status = check_far(ctx, view, &view->sources[s], &at);
    kerb_quality__counter_clear(&at);
    return status;
}
