/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The window of an edge correction: areas dissolved, exclusions cut out, and the border in
 * boxes of boxes over consecutive edges. A border is a thread, so neighbours along it are
 * neighbours on the map, and the boxes are tight without any sorting. */
#include "density_edge_internal.h"

#include "kerb_base.h"
#include "kerb_geo_exact.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Copy a closed ring, leaving out points that are exactly on the line of their neighbours:
 * a border that was densified costs no more than the one it was made from. */
static size_t copy_ring(const kerb_point *from, size_t n, kerb_point *to)
{
    size_t n_kept = 0;
    to[n_kept++] = from[0];
    for (size_t i = 1; i + 1 < n; i++)
        if (kerb_geo_side(to[n_kept - 1], from[i], from[i + 1]) != 0)
            to[n_kept++] = from[i];
    to[n_kept++] = from[n - 1];
    return n_kept;
}

static kerb_status copy_border(kerb_ctx *ctx, kerb_edge_window *w)
{
    size_t n_all = 0, n_rings = 0, n, n_chunks = 0;
    if (kerb_areas_set_count(w->area) > 0)
        n_rings = kerb_areas_set_ring_count(w->area, 0);
    for (size_t r = 0; r < n_rings; r++) {
        kerb_areas_set_ring(w->area, 0, r, &n, NULL);
        n_all += n;
    }
    if (n_rings == 0)
        return KERB_OK;
    w->points = kerb_alloc_array(n_all, sizeof *w->points);
    w->chunks = kerb_alloc_array(n_all / KERB_DENSITY__CHUNK + n_rings, sizeof *w->chunks);
    if (w->points == NULL || w->chunks == NULL)
        return kerb_fail_nomem(ctx, "the border of the study area");
    for (size_t r = 0; r < n_rings; r++) {
        const kerb_point *ring = kerb_areas_set_ring(w->area, 0, r, &n, NULL);
        size_t first = w->n_points, last = first + copy_ring(ring, n, w->points + first) - 1;
        for (; first < last; first += KERB_DENSITY__CHUNK) {
            size_t end = first + KERB_DENSITY__CHUNK;
            w->chunks[n_chunks++] = (kerb_density__run){first, end < last ? end : last};
        }
        w->n_points = last + 1;
    }
    w->n_boxes[0] = n_chunks;
    return KERB_OK;
}

static kerb_box box_of_run(const kerb_edge_window *w, kerb_density__run run)
{
    kerb_box box = kerb_box_make_empty();
    for (size_t i = run.first; i <= run.end; i++) {
        kerb_point p = w->points[i];
        box = kerb_box_make_union(box, (kerb_box){p.x, p.y, p.x, p.y});
    }
    return box;
}

static kerb_status build_boxes(kerb_ctx *ctx, kerb_edge_window *w)
{
    for (int level = 0; w->n_boxes[level] > 0; level++) {
        size_t n = w->n_boxes[level];
        kerb_box *boxes = kerb_alloc_array(n, sizeof *boxes);
        if (boxes == NULL)
            return kerb_fail_nomem(ctx, "the border of the study area");
        w->boxes[level] = boxes;
        w->n_levels = level + 1;
        for (size_t i = 0; i < n; i++) {
            if (level == 0) {
                boxes[i] = box_of_run(w, w->chunks[i]);
                continue;
            }
            boxes[i] = kerb_box_make_empty();
            size_t below = w->n_boxes[level - 1], end = (i + 1) * KERB_DENSITY__FAN;
            for (size_t k = i * KERB_DENSITY__FAN; k < end && k < below; k++)
                boxes[i] = kerb_box_make_union(boxes[i], w->boxes[level - 1][k]);
        }
        if (n == 1)
            break;
        assert(level + 1 < KERB_DENSITY__MAX_LEVELS); /* 8^24 chunks */
        w->n_boxes[level + 1] = (n + KERB_DENSITY__FAN - 1) / KERB_DENSITY__FAN;
    }
    return KERB_OK;
}

void kerb_edge_window_free(kerb_edge_window *window)
{
    if (window == NULL)
        return;
    for (int level = 0; level < window->n_levels; level++)
        kerb_free(window->boxes[level]);
    kerb_free(window->chunks);
    kerb_free(window->points);
    kerb_areas_set_free(window->area);
    kerb_free(window);
}

kerb_status kerb_edge_window_new(kerb_ctx *ctx, const kerb_areas_set *inside,
                                 const kerb_areas_set *cut_out, kerb_edge_window **out)
{
    kerb_edge_window *w = kerb_calloc_array(1, sizeof *w);
    if (w == NULL)
        return kerb_fail_nomem(ctx, "the border of the study area");
    kerb_status status = kerb_areas_set_dissolve(ctx, inside, cut_out, &w->area);
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, w->area);
    if (status == KERB_OK)
        status = copy_border(ctx, w);
    if (status == KERB_OK)
        status = build_boxes(ctx, w);
    if (status == KERB_OK)
        *out = w, w = NULL;
    kerb_edge_window_free(w);
    return status;
}

kerb_status kerb_edge_window_new_box(kerb_ctx *ctx, kerb_box box, const kerb_areas_set *cut_out,
                                     kerb_edge_window **out)
{
    const kerb_point corners[] = {
        {box.xmin, box.ymin}, {box.xmax, box.ymin}, {box.xmax, box.ymax}, {box.xmin, box.ymax}};
    const size_t n_corners = 4;
    kerb_areas_set *set = NULL;
    kerb_status status = kerb_areas_set_new(ctx, &set);
    if (status == KERB_OK)
        status = kerb_areas_set_add_rings(ctx, set, "", "", 1, &n_corners, corners);
    if (status == KERB_OK)
        status = kerb_edge_window_new(ctx, set, cut_out, out);
    kerb_areas_set_free(set);
    return status;
}

size_t kerb_edge_window_count_edges(const kerb_edge_window *window)
{
    size_t n = 0;
    for (size_t i = 0; i < window->n_boxes[0]; i++)
        n += window->chunks[i].end - window->chunks[i].first;
    return n;
}

double kerb_edge_window_area_m2(const kerb_edge_window *window)
{
    return kerb_areas_set_count(window->area) > 0 ? kerb_areas_set_area_m2(window->area, 0)
                                                  : 0.0;
}

bool kerb_edge_window_holds(const kerb_edge_window *window, double x, double y)
{
    return kerb_areas_set_locate(window->area, x, y) < kerb_areas_set_count(window->area);
}

/* ------------------------------------------------------------------------ what is near */

typedef struct search {
    const kerb_edge_window *window;
    kerb_box box;
    double reach2_m2;
    kerb_density__run run; /* being gathered; empty: none yet */
    void (*visit)(void *user, kerb_density__run run);
    void *user;
    bool is_found, is_stopped;
} search;

static bool is_near(const search *s, const kerb_box *box)
{
    double dx = fmax(fmax(box->xmin - s->box.xmax, s->box.xmin - box->xmax), 0.0);
    double dy = fmax(fmax(box->ymin - s->box.ymax, s->box.ymin - box->ymax), 0.0);
    return dx * dx + dy * dy <= s->reach2_m2;
}

static void end_run(search *s)
{
    if (s->run.first < s->run.end && s->visit != NULL)
        s->visit(s->user, s->run);
    s->run = (kerb_density__run){0, 0};
}

static void add_chunk(search *s, kerb_density__run chunk)
{
    s->is_found = true;
    if (s->visit == NULL)
        s->is_stopped = true; /* one is enough */
    else if (chunk.first == s->run.end && s->run.first < s->run.end)
        s->run.end = chunk.end; /* rings never touch: their closing points lie between */
    else {
        end_run(s);
        s->run = chunk;
    }
}

static void search_level(search *s, int level, size_t first)
{
    const kerb_edge_window *w = s->window;
    size_t end = first + KERB_DENSITY__FAN;
    if (end > w->n_boxes[level])
        end = w->n_boxes[level];
    for (size_t i = first; i < end && !s->is_stopped; i++) {
        if (!is_near(s, &w->boxes[level][i]))
            continue;
        if (level == 0)
            add_chunk(s, w->chunks[i]);
        else
            search_level(s, level - 1, i * KERB_DENSITY__FAN);
    }
}

bool kerb_density__visit_near(const kerb_edge_window *window, kerb_box box, double reach_m,
                              void (*visit)(void *user, kerb_density__run run), void *user)
{
    /* a little more, so that rounding leaves out nothing */
    search s = {.window = window,
                .box = box,
                .reach2_m2 = reach_m * reach_m * (1.0 + 1e-12),
                .visit = visit,
                .user = user};
    if (window->n_levels > 0)
        search_level(&s, window->n_levels - 1, 0);
    if (!s.is_stopped)
        end_run(&s);
    return s.is_found;
}
