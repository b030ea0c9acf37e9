/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Polygons to cells. For each row of cell centres the edges that cross it are collected and
 * sorted; between the first and the second, the third and the fourth ... crossing the centres
 * are inside (even-odd). Edges own their lower end, so a vertex on a row is counted once.
 *
 *        /\              row of centres:  . . . . . . . .
 *    ---/--\---x-----        crossings:      ^   ^  ^
 *
 * Centres within rounding of an edge are not decided by that arithmetic but by
 * the exact test that kerb_areas_set_holds() uses, so that a mask and a point query never
 * disagree. Source: Foley, van Dam, Feiner & Hughes (1990) section 3.6. */
#include "kerb_base.h"
#include "kerb_geo_exact.h"
#include "kerb_grid.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef enum mark_kind {
    CROSSING, /* the edge passes through the row: parity changes at x */
    TOUCH,    /* a vertex lies exactly on the row */
    FLAT      /* an edge lies exactly along the row, from x to x_end */
} mark_kind;

typedef struct mark {
    double x, x_end;
    const kerb_point *edge; /* its two ends: edge[0], edge[1]; a vertex: edge[0] */
    mark_kind kind;
} mark;

/* Rows [first, end). */
typedef struct row_band {
    size_t first, end;
} row_band;

/* Marks of one area in a band of rows, grouped by row: those of `first_row + i` are
 * [start[i], start[i + 1]). */
typedef struct marks {
    size_t first_row, n_rows;
    size_t *start;
    mark *items;
} marks;

/* -------------------------------------------------------------------------- rows, columns */

/* Number of rows whose centre is at or above y, 0 to n_rows: the first row strictly below. */
static size_t count_rows_down_to(const kerb_grid_spec *spec, double y)
{
    double position = (spec->ymax - y) / spec->cell_m + 0.5;
    size_t row = position <= 0.0                    ? 0
                 : position >= (double)spec->n_rows ? spec->n_rows
                                                    : (size_t)position;
    while (row > 0 && kerb_grid_row_y(spec, row - 1) < y)
        row--;
    while (row < spec->n_rows && kerb_grid_row_y(spec, row) >= y)
        row++;
    return row;
}

/* Number of columns whose centre is west of x, 0 to n_cols: the first column at or beyond x. */
static size_t count_cols_before(const kerb_grid_spec *spec, double x)
{
    double position = (x - spec->xmin) / spec->cell_m + 0.5;
    size_t col = position <= 0.0                    ? 0
                 : position >= (double)spec->n_cols ? spec->n_cols
                                                    : (size_t)position;
    while (col > 0 && kerb_grid_col_x(spec, col - 1) >= x)
        col--;
    while (col < spec->n_cols && kerb_grid_col_x(spec, col) < x)
        col++;
    return col;
}

/* ------------------------------------------------------------------------- collecting marks */

/* Marks are found twice, first to count them by row and then to store them. */
static void put_mark(marks *m, size_t row, mark item)
{
    if (row < m->first_row || row - m->first_row >= m->n_rows)
        return; /* not of this band */
    size_t i = row - m->first_row;
    if (m->items)
        m->items[m->start[i]++] = item;
    else
        m->start[i + 1]++;
}

/* Where an edge meets the height y of a row between its ends. The differences are exact or
 * nearly so (their terms are close), and the result is symmetric in the edge's direction
 * because the lower end always comes first: two areas that share an edge see the same crossing.
 */
static double crossing_x(kerb_point low, kerb_point high, double y)
{
    return low.x + (y - low.y) * ((high.x - low.x) / (high.y - low.y));
}

static void mark_edge(const kerb_grid_spec *spec, const kerb_point *edge, marks *m)
{
    kerb_point a = edge[0], b = edge[1];
    kerb_point low = a.y < b.y ? a : b, high = a.y < b.y ? b : a;
    size_t below_a = count_rows_down_to(spec, a.y);
    if (below_a > 0 && kerb_grid_row_y(spec, below_a - 1) == a.y) {
        put_mark(m, below_a - 1, (mark){.x = a.x, .x_end = a.x, .edge = edge, .kind = TOUCH});
        if (a.y == b.y)
            put_mark(
                m, below_a - 1,
                (mark){
                    .x = fmin(a.x, b.x), .x_end = fmax(a.x, b.x), .edge = edge, .kind = FLAT});
    }
    if (a.y == b.y)
        return;
    /* low.y <= centre < high.y; rows run downwards. */
    size_t below_high = count_rows_down_to(spec, high.y),
           below_low = count_rows_down_to(spec, low.y);
    size_t end = m->first_row + m->n_rows;
    below_high = below_high < m->first_row ? m->first_row : below_high;
    below_low = below_low > end ? end : below_low;
    for (size_t row = below_high; row < below_low; row++) {
        double x = crossing_x(low, high, kerb_grid_row_y(spec, row));
        put_mark(m, row, (mark){.x = x, .x_end = x, .edge = edge, .kind = CROSSING});
    }
}

static void mark_area(const kerb_grid_spec *spec, const kerb_areas_set *set, size_t i_area,
                      marks *m)
{
    size_t n_rings = kerb_areas_set_ring_count(set, i_area);
    for (size_t ring = 0; ring < n_rings; ring++) {
        size_t n_points;
        bool is_hole;
        const kerb_point *points = kerb_areas_set_ring(set, i_area, ring, &n_points, &is_hole);
        for (size_t i = 0; i + 1 < n_points; i++)
            mark_edge(spec, &points[i], m);
    }
}

static void clear_marks(marks *m)
{
    kerb_free(m->items);
    kerb_free(m->start);
    *m = (marks){0};
}

/* Marks in the rows of the band that the area's box reaches. */
static kerb_status find_marks(kerb_ctx *ctx, const kerb_grid_spec *spec, row_band band,
                              const kerb_areas_set *set, size_t i_area, marks *m)
{
    kerb_box box = kerb_areas_set_box_of(set, i_area);
    if (kerb_box_is_empty(box))
        return KERB_OK;
    size_t first = count_rows_down_to(spec, box.ymax), end = count_rows_down_to(spec, box.ymin);
    if (first > 0 && kerb_grid_row_y(spec, first - 1) == box.ymax)
        first--;
    first = first < band.first ? band.first : first;
    end = end > band.end ? band.end : end;
    *m = (marks){.first_row = first, .n_rows = end > first ? end - first : 0};
    if (m->n_rows == 0)
        return KERB_OK;
    m->start = kerb_calloc_array(m->n_rows + 1, sizeof *m->start);
    if (!m->start)
        return kerb_fail_nomem(ctx, "mask");
    mark_area(spec, set, i_area, m);
    for (size_t i = 0; i < m->n_rows; i++)
        m->start[i + 1] += m->start[i];
    m->items = kerb_alloc_array(m->start[m->n_rows], sizeof *m->items);
    if (!m->items)
        return kerb_fail_nomem(ctx, "mask");
    mark_area(spec, set, i_area, m);
    /* Storing moved each start to its row's end, which is the next row's start. */
    memmove(m->start + 1, m->start, m->n_rows * sizeof *m->start);
    m->start[0] = 0;
    return KERB_OK;
}

/* ----------------------------------------------------------------------------- one row */

typedef struct painter {
    const kerb_grid_spec *spec;
    const kerb_areas_set *set;
    size_t i_area;
    bool is_border_in; /* does the border count as the area's? */
    double near_m;     /* a crossing is known only to this */
    uint8_t *line;     /* n_cols bytes: the row being made, all 0 between rows */
} painter;

/* Crossings first, by x. */
static bool comes_before(const mark *a, const mark *b)
{
    bool a_crosses = a->kind == CROSSING, b_crosses = b->kind == CROSSING;
    return a_crosses != b_crosses ? a_crosses : a->x < b->x;
}

/* Heapsort: in place, and a row that thousands of edges cross is no worst case. */
static void sink_mark(mark *heap, size_t i, size_t n)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            return;
        if (child + 1 < n && comes_before(&heap[child], &heap[child + 1]))
            child++;
        if (!comes_before(&heap[i], &heap[child]))
            return;
        mark swap = heap[i];
        heap[i] = heap[child], heap[child] = swap;
        i = child;
    }
}

static void sort_marks(mark *items, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink_mark(items, i, n);
    for (size_t last = n; last-- > 1;) {
        mark swap = items[0];
        items[0] = items[last], items[last] = swap;
        sink_mark(items, 0, last);
    }
}

/* The exact answer for a centre near mark i: on an edge it is the border's, else the parity of
 * the crossings to its right, as in kerb_areas_set_holds(). */
static uint8_t decide_exactly(const painter *p, const mark *items, size_t n, size_t i,
                              kerb_point centre)
{
    const kerb_point *near = items[i].edge;
    if (kerb_geo_cross(near[0], near[1], centre) == KERB_GEO_CROSSING_ON)
        return p->is_border_in;
    uint8_t is_inside = 0;
    for (size_t k = 0; k < n; k++) {
        const kerb_point *edge = items[k].edge;
        kerb_geo_crossing crossing = kerb_geo_cross(edge[0], edge[1], centre);
        if (crossing == KERB_GEO_CROSSING_ON)
            return p->is_border_in;
        /* An edge that only touches the row may have a second mark that crosses it. */
        is_inside ^= items[k].kind == CROSSING && crossing == KERB_GEO_CROSSING_YES;
    }
    return is_inside;
}

static void paint_near(const painter *p, double y, const mark *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t col = count_cols_before(p->spec, items[i].x - p->near_m);
        for (; col < p->spec->n_cols; col++) {
            kerb_point centre = {kerb_grid_col_x(p->spec, col), y};
            if (centre.x > items[i].x_end + p->near_m)
                break;
            p->line[col] = decide_exactly(p, items, n, i, centre);
        }
    }
}

/* Paint one row of the area into `line`; columns [*from, *to) may have changed. */
static void paint_row(const painter *p, size_t row, mark *items, size_t n, size_t *from,
                      size_t *to)
{
    const kerb_grid_spec *spec = p->spec;
    sort_marks(items, n);
    double xmin = HUGE_VAL, xmax = -HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        xmin = fmin(xmin, items[i].x);
        xmax = fmax(xmax, items[i].x_end);
    }
    *from = count_cols_before(spec, xmin - p->near_m);
    *to = count_cols_before(spec, xmax + p->near_m);
    if (*to < spec->n_cols)
        ++*to; /* a centre exactly there */
    for (size_t i = 0; i + 1 < n && items[i + 1].kind == CROSSING; i += 2) {
        size_t first = count_cols_before(spec, items[i].x + p->near_m);
        size_t end = count_cols_before(spec, items[i + 1].x - p->near_m);
        if (end > first)
            memset(p->line + first, 1, end - first);
    }
    paint_near(p, kerb_grid_row_y(spec, row), items, n);
}

/* Paint every area of a set into the mask of a band: value 1 adds its cells, 0 takes them out.
 */
static kerb_status paint_set(kerb_ctx *ctx, const kerb_grid_spec *spec, row_band band,
                             const kerb_areas_set *set, uint8_t value, uint8_t *mask)
{
    kerb_status status = KERB_OK;
    marks m = {0};
    kerb_box grid_box = kerb_grid_spec_box(spec);
    painter p = {.spec = spec, .set = set, .is_border_in = value != 0};
    p.line = kerb_calloc_array(spec->n_cols, 1);
    if (!p.line)
        return kerb_fail_nomem(ctx, "mask");
    size_t n_areas = kerb_areas_set_count(set);
    for (p.i_area = 0; p.i_area < n_areas; p.i_area++) {
        status = kerb_check_cancel(ctx);
        if (status == KERB_OK)
            status = find_marks(ctx, spec, band, set, p.i_area, &m);
        if (status != KERB_OK)
            goto done;
        kerb_box box = kerb_areas_set_box_of(set, p.i_area);
        p.near_m = 16.0 * DBL_EPSILON *
                   fmax(fmax(fabs(box.xmin), fabs(box.xmax)),
                        fmax(fabs(grid_box.xmin), fabs(grid_box.xmax)));
        for (size_t i = 0; i < m.n_rows; i++) {
            size_t row = m.first_row + i, n = m.start[i + 1] - m.start[i], from, to;
            if (n == 0)
                continue;
            paint_row(&p, row, m.items + m.start[i], n, &from, &to);
            uint8_t *out = mask + (row - band.first) * spec->n_cols;
            for (size_t col = from; col < to; col++) {
                out[col] = p.line[col] ? value : out[col];
                p.line[col] = 0;
            }
        }
        clear_marks(&m);
    }
done:
    clear_marks(&m);
    kerb_free(p.line);
    return status;
}

kerb_status kerb_grid_mask_rows(kerb_ctx *ctx, const kerb_grid_spec *spec,
                                const kerb_areas_set *inside, const kerb_areas_set *cut_out,
                                size_t first_row, size_t n_rows, uint8_t *mask)
{
    kerb_status status = kerb_grid_spec_check(ctx, spec);
    if (status != KERB_OK)
        return status;
    if (first_row > spec->n_rows || n_rows > spec->n_rows - first_row)
        return kerb_fail(ctx, KERB_ERR_RANGE, "rows %zu to %zu of a grid of %zu", first_row,
                         first_row + n_rows, spec->n_rows);
    row_band band = {first_row, first_row + n_rows};
    memset(mask, inside ? 0 : 1, n_rows * spec->n_cols);
    if (inside)
        status = paint_set(ctx, spec, band, inside, 1, mask);
    if (status == KERB_OK && cut_out)
        status = paint_set(ctx, spec, band, cut_out, 0, mask);
    return status;
}

kerb_status kerb_grid_mask(kerb_ctx *ctx, const kerb_grid_spec *spec,
                           const kerb_areas_set *inside, const kerb_areas_set *cut_out,
                           uint8_t **mask)
{
    kerb_status status = kerb_grid_spec_check_whole(ctx, spec);
    if (status != KERB_OK)
        return status;
    uint8_t *cells = kerb_alloc_array(spec->n_rows * spec->n_cols, 1);
    if (!cells)
        return kerb_fail_nomem(ctx, "mask");
    status = kerb_grid_mask_rows(ctx, spec, inside, cut_out, 0, spec->n_rows, cells);
    if (status == KERB_OK)
        *mask = cells, cells = NULL;
    kerb_free(cells);
    return status;
}
