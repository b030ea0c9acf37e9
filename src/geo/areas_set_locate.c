/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which area has a point. Two levels:
 *
 *      +----+----+----+     a grid over the whole set: each cell lists the areas it may meet,
 *      | A! | AB | B! |     in the set's order; "!" tells that the cell lies wholly inside,
 *      +----+----+----+     which answers without looking at an edge
 *
 *      and each area's edges sorted into slabs of y, so that only the edges level with the
 *      point are looked at: O(1) for most points.
 *
 * Both rest on one property: the number of a cell or slab never falls as the coordinate grows,
 * in floating point too. So two points of one cell have nothing between them that is not of it.
 */
#include "geo_internal.h"

#include <math.h>
#include <string.h>

#define MAX_CELLS ((size_t)1 << 20)
/* Cells looked at while building, over the boxes of all areas: bounds the work, and the number
 * of candidates, where boxes of many areas lie on one another. */
#define MAX_CELL_VISITS ((size_t)1 << 24)
/* Entries of edges in slabs, for each edge: bounds memory where long edges cross all slabs. */
#define MAX_ENTRIES_PER_EDGE 6
#define INSIDE_FLAG          0x80000000u

/* Numbers of steps along one axis: floor((v - origin) * scale), held within the range. */
typedef struct axis {
    double origin, scale;
    size_t n;
} axis;

static axis make_axis(double low, double high, size_t n)
{
    double width = high - low;
    axis a = {.origin = low, .scale = width > 0.0 ? (double)n / width : 0.0, .n = n};
    if (!isfinite(a.scale))
        a.scale = 0.0; /* narrower than numbers can tell: one step holds all */
    return a;
}

static size_t find_step(const axis *a, double v)
{
    double step = (v - a->origin) * a->scale;
    if (!(step > 0.0))
        return 0;
    return step >= (double)a->n ? a->n - 1 : (size_t)step;
}

typedef struct slabs {
    axis y;
    size_t first_offset; /**< of y.n + 1 numbers in `slab_offsets` */
} slabs;

struct kerb_geo__index {
    axis x, y;              /* of the grid */
    uint32_t *cell_offsets; /* cells + 1 */
    uint32_t *candidates;   /* areas, with INSIDE_FLAG */
    slabs *of_area;
    size_t n_offsets;
    uint32_t *slab_offsets; /* into `edges` */
    uint32_t *edges;        /* number of the point an edge starts from */
};

void kerb_geo__index_free(kerb_geo__index *index)
{
    if (index == NULL)
        return;
    kerb_free(index->cell_offsets);
    kerb_free(index->candidates);
    kerb_free(index->of_area);
    kerb_free(index->slab_offsets);
    kerb_free(index->edges);
    kerb_free(index);
}

/* ------------------------------------------------------------ asking an area */

/* Right for any point, also outside the area's box: its edges tell so themselves. */
static bool holds_by_slab(const kerb_areas_set *set, size_t i, kerb_point p)
{
    const kerb_geo__index *index = set->index;
    const slabs *s = &index->of_area[i];
    const uint32_t *offset = index->slab_offsets + s->first_offset + find_step(&s->y, p.y);
    bool is_inside = false;
    for (size_t e = offset[0]; e < offset[1]; e++) {
        const kerb_point *edge = set->all.points + index->edges[e];
        kerb_geo_crossing crossing = kerb_geo_cross(edge[0], edge[1], p);
        if (crossing == KERB_GEO_CROSSING_ON)
            return true;
        is_inside ^= crossing == KERB_GEO_CROSSING_YES;
    }
    return is_inside;
}

bool kerb_areas_set_holds(const kerb_areas_set *set, size_t i, double x, double y)
{
    const kerb_geo__area *area = &set->areas[i];
    kerb_point p = {.x = x, .y = y};
    if (!kerb_box_contains(area->box, x, y))
        return false;
    if (set->index != NULL)
        return holds_by_slab(set, i, p);
    return kerb_geo__place_in_rings(set->all.points, set->all.rings + area->first_ring,
                                    area->n_rings, p) != KERB_GEO__OUTSIDE;
}

size_t kerb_areas_set_locate(const kerb_areas_set *set, double x, double y)
{
    if (!kerb_box_contains(set->box, x, y))
        return set->n_areas;
    const kerb_geo__index *index = set->index;
    if (index == NULL) {
        for (size_t i = 0; i < set->n_areas; i++) {
            if (kerb_areas_set_holds(set, i, x, y))
                return i;
        }
        return set->n_areas;
    }
    kerb_point p = {.x = x, .y = y};
    size_t cell = find_step(&index->y, y) * index->x.n + find_step(&index->x, x);
    for (size_t c = index->cell_offsets[cell]; c < index->cell_offsets[cell + 1]; c++) {
        uint32_t area = index->candidates[c] & ~INSIDE_FLAG;
        if ((index->candidates[c] & INSIDE_FLAG) != 0)
            return area;
        if (holds_by_slab(set, area, p))
            return area;
    }
    return set->n_areas;
}

/* ------------------------------------------------------------ edges by slab */

/* Call `visit` for each edge of an area that is no point. */
typedef void (*edge_visitor)(void *user, size_t start, kerb_point a, kerb_point b);

static void visit_edges(const kerb_areas_set *set, size_t i, edge_visitor visit, void *user)
{
    const kerb_geo__area *area = &set->areas[i];
    for (size_t r = 0; r < area->n_rings; r++) {
        const kerb_geo__ring *ring = &set->all.rings[area->first_ring + r];
        for (size_t k = ring->first; k + 1 < ring->first + ring->n; k++)
            visit(user, k, set->all.points[k], set->all.points[k + 1]);
    }
}

static size_t count_edges(const kerb_areas_set *set, size_t i)
{
    size_t n = 0;
    const kerb_geo__area *area = &set->areas[i];
    for (size_t r = 0; r < area->n_rings; r++)
        n += set->all.rings[area->first_ring + r].n - 1;
    return n;
}

typedef struct slab_work {
    axis y;
    size_t n_entries; /* in all */
    uint32_t *counts; /* when counting: of slab s, in counts[s + 1]; when filling: where next */
    uint32_t *edges;
} slab_work;

static void count_span(void *user, size_t start, kerb_point a, kerb_point b)
{
    slab_work *work = user;
    (void)start;
    size_t low = find_step(&work->y, fmin(a.y, b.y)),
           high = find_step(&work->y, fmax(a.y, b.y));
    work->n_entries += high - low + 1;
}

static void count_by_slab(void *user, size_t start, kerb_point a, kerb_point b)
{
    slab_work *work = user;
    (void)start;
    size_t low = find_step(&work->y, fmin(a.y, b.y)),
           high = find_step(&work->y, fmax(a.y, b.y));
    for (size_t s = low; s <= high; s++)
        work->counts[s + 1]++;
}

static void file_by_slab(void *user, size_t start, kerb_point a, kerb_point b)
{
    slab_work *work = user;
    size_t low = find_step(&work->y, fmin(a.y, b.y)),
           high = find_step(&work->y, fmax(a.y, b.y));
    for (size_t s = low; s <= high; s++)
        work->edges[work->counts[s]++] = (uint32_t)start;
}

/* As many slabs as edges, fewer where edges are long against the area's height. */
static axis choose_slabs(const kerb_areas_set *set, size_t i, size_t *n_entries)
{
    size_t n_edges = count_edges(set, i);
    kerb_box box = set->areas[i].box;
    for (size_t n = n_edges;; n /= 2) {
        slab_work work = {.y = make_axis(box.ymin, box.ymax, n > 0 ? n : 1)};
        visit_edges(set, i, count_span, &work);
        if (work.n_entries <= MAX_ENTRIES_PER_EDGE * n_edges || n <= 1) {
            *n_entries = work.n_entries;
            return work.y;
        }
    }
}

static kerb_status build_slabs(kerb_ctx *ctx, const kerb_areas_set *set, kerb_geo__index *index)
{
    size_t n_entries = 0;
    index->of_area = kerb_alloc_array(set->n_areas, sizeof *index->of_area);
    if (index->of_area == NULL)
        return kerb_fail_nomem(ctx, "the index of areas");
    for (size_t i = 0; i < set->n_areas; i++) {
        size_t n;
        index->of_area[i].y = choose_slabs(set, i, &n);
        index->of_area[i].first_offset = index->n_offsets;
        index->n_offsets += index->of_area[i].y.n + 1;
        n_entries += n;
    }
    if (n_entries > UINT32_MAX)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "areas of %zu corners are more than the index "
                         "can number",
                         set->all.n_points);
    index->slab_offsets = kerb_calloc_array(index->n_offsets, sizeof *index->slab_offsets);
    index->edges = kerb_alloc_array(n_entries, sizeof *index->edges);
    if (index->slab_offsets == NULL || index->edges == NULL)
        return kerb_fail_nomem(ctx, "the index of areas");
    uint32_t base = 0;
    for (size_t i = 0; i < set->n_areas; i++) {
        size_t n = index->of_area[i].y.n;
        uint32_t *offsets = index->slab_offsets + index->of_area[i].first_offset;
        slab_work work = {.y = index->of_area[i].y, .counts = offsets, .edges = index->edges};
        visit_edges(set, i, count_by_slab, &work);
        offsets[0] = base;
        for (size_t s = 0; s < n; s++)
            offsets[s + 1] += offsets[s];
        uint32_t end = offsets[n];
        visit_edges(set, i, file_by_slab, &work);
        /* Filling moved each start to the next one's: move them back. */
        memmove(offsets + 1, offsets, n * sizeof *offsets);
        offsets[0] = base;
        base = end;
    }
    return KERB_OK;
}

/* ------------------------------------------------------------ areas by cell */

typedef struct entry {
    uint32_t cell, candidate;
} entry;

typedef struct cell_work {
    const kerb_geo__index *index;
    double x_pad, y_pad;
    size_t column, row, n_columns, n_rows; /* the part of the grid under the area's box */
    unsigned char *is_border;              /* of that part, row by row */
    unsigned char *is_closed;              /* of the whole grid: an area covers it already */
    entry *entries;
    size_t n_entries, capacity;
} cell_work;

/* How far from its cell a computed coordinate may be: a millionth of a cell for the steps, and
 * a few units in the last place where cells are nearly that small. */
static double find_pad(const axis *a, double low, double high)
{
    double size = fmax(fabs(low), fabs(high));
    return (a->scale > 0.0 ? 1e-6 / a->scale : 0.0) + 16.0 * 0x1p-52 * size;
}

static void mark_columns(cell_work *work, size_t row, double xmin, double xmax)
{
    const axis *x = &work->index->x;
    size_t first = find_step(x, xmin - work->x_pad), last = find_step(x, xmax + work->x_pad);
    first = first < work->column ? 0 : first - work->column;
    last = last - work->column < work->n_columns ? last - work->column : work->n_columns - 1;
    if (first <= last)
        memset(work->is_border + row * work->n_columns + first, 1, last - first + 1);
}

/* Mark every cell that an edge may touch; one too many costs time, one too few would be wrong.
 */
static void mark_edge(void *user, size_t start, kerb_point a, kerb_point b)
{
    cell_work *work = user;
    const axis *y = &work->index->y;
    (void)start;
    kerb_point low = a.y <= b.y ? a : b, high = a.y <= b.y ? b : a;
    double xmin = fmin(a.x, b.x), xmax = fmax(a.x, b.x);
    size_t first = find_step(y, low.y), last = find_step(y, high.y);
    for (size_t row = first; row <= last; row++) {
        if (first == last) {
            mark_columns(work, row - work->row, xmin, xmax);
            break;
        }
        double bottom = y->origin + (double)row / y->scale - work->y_pad;
        double top = y->origin + (double)(row + 1) / y->scale + work->y_pad;
        double slope = (high.x - low.x) / (high.y - low.y);
        double x1 = bottom <= low.y ? low.x : low.x + (bottom - low.y) * slope;
        double x2 = top >= high.y ? high.x : low.x + (top - low.y) * slope;
        mark_columns(work, row - work->row, fmax(fmin(x1, x2), xmin), fmin(fmax(x1, x2), xmax));
    }
}

static kerb_status add_entry(kerb_ctx *ctx, cell_work *work, size_t cell, uint32_t candidate)
{
    if (work->n_entries == work->capacity) {
        size_t capacity = work->capacity * 2 + 1024;
        entry *entries = kerb_realloc_array(work->entries, capacity, sizeof *entries);
        if (entries == NULL)
            return kerb_fail_nomem(ctx, "the index of areas");
        work->entries = entries;
        work->capacity = capacity;
    }
    work->entries[work->n_entries++] = (entry){(uint32_t)cell, candidate};
    return KERB_OK;
}

/* Cells without border between them are on the same side: one question for each run of them. */
static kerb_status add_area_cells(kerb_ctx *ctx, const kerb_areas_set *set,
                                  const kerb_geo__index *index, size_t i, cell_work *work)
{
    const axis *x = &index->x, *y = &index->y;
    kerb_box box = set->areas[i].box;
    work->column = find_step(x, box.xmin);
    work->row = find_step(y, box.ymin);
    work->n_columns = find_step(x, box.xmax) - work->column + 1;
    work->n_rows = find_step(y, box.ymax) - work->row + 1;
    memset(work->is_border, 0, work->n_columns * work->n_rows);
    visit_edges(set, i, mark_edge, work);

    kerb_status status = KERB_OK;
    for (size_t r = 0; r < work->n_rows && status == KERB_OK; r++) {
        enum { UNKNOWN, IN, OUT } run = UNKNOWN;
        kerb_point middle = {.y = y->origin + ((double)(work->row + r) + 0.5) / y->scale};
        bool is_row_sure = find_step(y, middle.y) == work->row + r;
        for (size_t c = 0; c < work->n_columns && status == KERB_OK; c++) {
            size_t cell = (work->row + r) * x->n + work->column + c;
            middle.x = x->origin + ((double)(work->column + c) + 0.5) / x->scale;
            bool is_sure = is_row_sure && find_step(x, middle.x) == work->column + c;
            uint32_t candidate = (uint32_t)i;
            if (work->is_border[r * work->n_columns + c] || !is_sure) {
                run = UNKNOWN;
            } else {
                if (run == UNKNOWN)
                    run = kerb_box_contains(box, middle.x, middle.y) &&
                                  holds_by_slab(set, i, middle)
                              ? IN
                              : OUT;
                if (run == OUT)
                    continue;
                candidate |= INSIDE_FLAG;
            }
            if (work->is_closed[cell])
                continue; /* an earlier area has all of the cell */
            status = add_entry(ctx, work, cell, candidate);
            if ((candidate & INSIDE_FLAG) != 0)
                work->is_closed[cell] = 1;
        }
    }
    return status;
}

static void choose_grid(const kerb_areas_set *set, kerb_geo__index *index)
{
    double width = set->box.xmax - set->box.xmin, height = set->box.ymax - set->box.ymin;
    size_t n_cells = set->all.n_points;
    double covers = 0.0; /* how often the boxes of the areas cover the set's */
    for (size_t i = 0; i < set->n_areas; i++) {
        kerb_box box = set->areas[i].box;
        covers += (box.xmax - box.xmin) / width * ((box.ymax - box.ymin) / height);
    }
    if (n_cells > MAX_CELLS)
        n_cells = MAX_CELLS;
    if (covers > 1.0 && (double)n_cells * covers > (double)MAX_CELL_VISITS)
        n_cells = (size_t)((double)MAX_CELL_VISITS / covers);
    double columns = sqrt((double)n_cells * width / height);
    size_t n_columns = columns < 1.0               ? 1
                       : columns < (double)n_cells ? (size_t)columns
                       : n_cells > 0               ? n_cells
                                                   : 1;
    size_t n_rows = n_cells / n_columns;
    index->x = make_axis(set->box.xmin, set->box.xmax, n_columns);
    index->y = make_axis(set->box.ymin, set->box.ymax, n_rows > 0 ? n_rows : 1);
}

static kerb_status build_cells(kerb_ctx *ctx, const kerb_areas_set *set, kerb_geo__index *index)
{
    kerb_status status = KERB_OK;
    choose_grid(set, index);
    size_t n_cells = index->x.n * index->y.n;
    cell_work work = {.index = index,
                      .x_pad = find_pad(&index->x, set->box.xmin, set->box.xmax),
                      .y_pad = find_pad(&index->y, set->box.ymin, set->box.ymax)};
    work.is_border = kerb_alloc_array(n_cells, 1);
    work.is_closed = kerb_calloc_array(n_cells, 1);
    index->cell_offsets = kerb_calloc_array(n_cells + 1, sizeof *index->cell_offsets);
    if (work.is_border == NULL || work.is_closed == NULL || index->cell_offsets == NULL) {
        status = kerb_fail_nomem(ctx, "the index of areas");
        goto done;
    }
    for (size_t i = 0; i < set->n_areas && status == KERB_OK; i++)
        status = add_area_cells(ctx, set, index, i, &work);
    if (status != KERB_OK)
        goto done;
    index->candidates = kerb_alloc_array(work.n_entries, sizeof *index->candidates);
    if (index->candidates == NULL) {
        status = kerb_fail_nomem(ctx, "the index of areas");
        goto done;
    }
    /* Counting sort by cell; within one the entries stay in the set's order. */
    for (size_t e = 0; e < work.n_entries; e++)
        index->cell_offsets[work.entries[e].cell + 1]++;
    for (size_t c = 0; c < n_cells; c++)
        index->cell_offsets[c + 1] += index->cell_offsets[c];
    for (size_t e = 0; e < work.n_entries; e++)
        index->candidates[index->cell_offsets[work.entries[e].cell]++] =
            work.entries[e].candidate;
    memmove(index->cell_offsets + 1, index->cell_offsets,
            n_cells * sizeof *index->cell_offsets);
    index->cell_offsets[0] = 0;
done:
    kerb_free(work.entries);
    kerb_free(work.is_closed);
    kerb_free(work.is_border);
    return status;
}

kerb_status kerb_areas_set_index(kerb_ctx *ctx, kerb_areas_set *set)
{
    if (set->index != NULL || set->n_areas == 0)
        return KERB_OK;
    if (set->n_areas >= INSIDE_FLAG || set->all.n_points > UINT32_MAX)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "%zu areas of %zu corners are more than the index can number",
                         set->n_areas, set->all.n_points);
    kerb_geo__index *index = kerb_calloc_array(1, sizeof *index);
    if (index == NULL)
        return kerb_fail_nomem(ctx, "the index of areas");
    kerb_status status = build_slabs(ctx, set, index);
    if (status == KERB_OK) {
        set->index = index; /* the cells are found by asking the slabs */
        status = build_cells(ctx, set, index);
    }
    if (status != KERB_OK) {
        set->index = NULL;
        kerb_geo__index_free(index);
    }
    return status;
}
