/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points by panel row while they come: each worker has its own list of blocks for each row, so
 * that nothing is locked, and the order within a list means nothing since all of it is sorted
 * when the last point has come. Sorted rows go back into the blocks they came from. */
#include "density_sort.h"

#include "kerb_base.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points of one call that a worker takes at the least: below, threads cost more. */
enum { LEAST_POINTS_A_LANE = 20000 };
/* Points of a block: lists of few rows have large ones, of many rows small ones, so that the
 * half-filled last block of each costs some megabytes at most. */
enum { LEAST_BLOCK = 64, LARGEST_BLOCK = 4096, BLOCKS_BUDGET = 1 << 19 };

enum { TILE_BITS = 8, PIXEL_BITS = 4, PANEL_BITS = TILE_BITS + PIXEL_BITS };

typedef struct block {
    uint64_t *key; /* the other columns follow in the same memory; NULL when not kept */
    double *weight, *x, *y;
} block;

/* Points of one panel row; all blocks but the last are full. */
typedef struct list {
    block *blocks;
    size_t n_blocks, capacity, n;
} list;

typedef struct sorted_row {
    list points;
    uint32_t *panel_start; /* n_panel_cols + 1; NULL: the row has no points */
    float *count;          /* points merged into each place; NULL: they were not */
} sorted_row;

struct kerb_density__sort {
    kerb_density__lattice lattice;
    unsigned keep;
    size_t block_points;
    size_t n_lanes;
    list *lists; /* n_lanes x n_panel_rows, until sealed */
    sorted_row *rows;
    size_t n_points;
    double weight, weight_error;
    size_t n_places;
    size_t *row_places; /* of each panel row */
};

/* ---------------------------------------------------------------------------- blocks */

static size_t block_bytes(const kerb_density__sort *s)
{
    size_t columns = 1u + ((s->keep & KERB_DENSITY__SORT_WEIGHTS) ? 1u : 0u) +
                     ((s->keep & KERB_DENSITY__SORT_DOUBLES) ? 2u : 0u);
    return columns * s->block_points * sizeof(uint64_t);
}

static kerb_status add_block(const kerb_density__sort *s, list *l)
{
    if (l->n_blocks == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 4;
        block *blocks = kerb_realloc_array(l->blocks, capacity, sizeof *blocks);
        if (!blocks)
            return KERB_ERR_NOMEM;
        l->blocks = blocks;
        l->capacity = capacity;
    }
    uint64_t *memory = kerb_alloc_array(1, block_bytes(s));
    if (!memory)
        return KERB_ERR_NOMEM;
    block b = {.key = memory};
    double *next = (double *)(void *)(memory + s->block_points);
    if (s->keep & KERB_DENSITY__SORT_WEIGHTS) {
        b.weight = next;
        next += s->block_points;
    }
    if (s->keep & KERB_DENSITY__SORT_DOUBLES) {
        b.x = next;
        b.y = next + s->block_points;
    }
    l->blocks[l->n_blocks++] = b;
    return KERB_OK;
}

static void clear_list(list *l)
{
    for (size_t i = 0; i < l->n_blocks; i++)
        kerb_free(l->blocks[i].key);
    kerb_free(l->blocks);
    *l = (list){0};
}

/* Points of block i of a list. */
static size_t points_of_block(const kerb_density__sort *s, const list *l, size_t i)
{
    size_t before = i * s->block_points, rest = l->n - before;
    return rest < s->block_points ? rest : s->block_points;
}

/* --------------------------------------------------------------------------- lattice */

static int count_bits(size_t n_values)
{
    int n_bits = 0;
    while (n_bits < 63 && ((size_t)1 << n_bits) < n_values)
        n_bits++;
    return n_bits;
}

static kerb_density__lattice make_lattice(const kerb_grid_spec *spec, double reach_m)
{
    const size_t panel = KERB_DENSITY__PANEL;
    kerb_density__lattice l = {.spec = *spec, .reach_px = reach_m / spec->cell_m};
    l.margin_px = ((size_t)l.reach_px + 2 + panel - 1) / panel * panel;
    l.n_panel_rows = (2 * l.margin_px + spec->n_rows + panel - 1) / panel;
    l.n_panel_cols = (2 * l.margin_px + spec->n_cols + panel - 1) / panel;
    int rest = (64 - PANEL_BITS - count_bits(l.n_panel_cols)) / 2;
    l.n_fraction_bits = rest < 25 ? rest : 25;
    return l;
}

kerb_status kerb_density__sort_new(kerb_ctx *ctx, const kerb_grid_spec *spec, double reach_m,
                                   unsigned keep, kerb_density__sort **out)
{
    kerb_density__sort *s = kerb_calloc_array(1, sizeof *s);
    if (!s)
        return kerb_fail_nomem(ctx, "sorting points");
    s->lattice = make_lattice(spec, reach_m);
    s->keep = keep;
    s->block_points = LARGEST_BLOCK;
    while (s->block_points > LEAST_BLOCK &&
           s->block_points * s->lattice.n_panel_rows > BLOCKS_BUDGET)
        s->block_points /= 2;
    s->rows = kerb_calloc_array(s->lattice.n_panel_rows, sizeof *s->rows);
    s->row_places = kerb_calloc_array(s->lattice.n_panel_rows, sizeof *s->row_places);
    if (!s->rows || !s->row_places) {
        kerb_density__sort_free(s);
        return kerb_fail_nomem(ctx, "sorting points");
    }
    *out = s;
    return KERB_OK;
}

void kerb_density__sort_free(kerb_density__sort *s)
{
    if (!s)
        return;
    size_t n_rows = s->lattice.n_panel_rows;
    for (size_t i = 0; s->lists && i < s->n_lanes * n_rows; i++)
        clear_list(&s->lists[i]);
    for (size_t i = 0; s->rows && i < n_rows; i++) {
        clear_list(&s->rows[i].points);
        kerb_free(s->rows[i].panel_start);
        kerb_free(s->rows[i].count);
    }
    kerb_free(s->row_places);
    kerb_free(s->rows);
    kerb_free(s->lists);
    kerb_free(s);
}

/* ---------------------------------------------------------------------------- adding */

typedef struct adding {
    kerb_density__sort *sort;
    const kerb_density_points *points;
    size_t n_lanes;
    size_t *n_located; /* of each lane */
} adding;

/* A position in lattice pixels as a fixed-point number; false when it is out of reach. */
static inline bool find_fixed(double px, double low, double high, double one, uint64_t *fixed)
{
    if (!(px >= low && px <= high))
        return false;
    *fixed = (uint64_t)(int64_t)(px * one + 0.5);
    return true;
}

static inline uint64_t make_key(uint64_t x, uint64_t y, int f)
{
    uint64_t fraction = ((uint64_t)1 << f) - 1, px = x >> f, py = y >> f;
    uint64_t pixel = (py & 2) << 2 | (px & 2) << 1 | (py & 1) << 1 | (px & 1);
    uint64_t place =
        (px >> 6) << PANEL_BITS | (py >> 2 & 15) << 8 | (px >> 2 & 15) << 4 | pixel;
    return place << 2 * f | (x & fraction) << f | (y & fraction);
}

static kerb_status add_lane(void *user, size_t lane)
{
    adding *job = user;
    kerb_density__sort *s = job->sort;
    const kerb_density__lattice *l = &s->lattice;
    const kerb_density_points *points = job->points;
    list *lists = s->lists + lane * l->n_panel_rows;
    const int f = l->n_fraction_bits;
    const double one = (double)((uint64_t)1 << f), cells_per_m = 1.0 / l->spec.cell_m;
    const double margin = (double)l->margin_px, low = margin - l->reach_px - 1.0;
    const double high_x = margin + (double)l->spec.n_cols + l->reach_px + 1.0;
    const double high_y = margin + (double)l->spec.n_rows + l->reach_px + 1.0;
    const bool has_weights = (s->keep & KERB_DENSITY__SORT_WEIGHTS) != 0;
    const bool has_doubles = (s->keep & KERB_DENSITY__SORT_DOUBLES) != 0;
    const size_t mask = s->block_points - 1; /* a power of two */
    size_t from = points->n / job->n_lanes * lane, n_located = 0;
    size_t to = lane + 1 == job->n_lanes ? points->n : from + points->n / job->n_lanes;
    for (size_t i = from; i < to; i++) {
        uint64_t x, y;
        double x_m = points->x[i], y_m = points->y[i];
        n_located += x_m == x_m;
        if (!find_fixed((x_m - l->spec.xmin) * cells_per_m + margin, low, high_x, one, &x) ||
            !find_fixed((l->spec.ymax - y_m) * cells_per_m + margin, low, high_y, one, &y))
            continue;
        list *row = &lists[y >> f >> 6];
        size_t k = row->n & mask;
        if (k == 0 && row->n / s->block_points == row->n_blocks) {
            kerb_status status = add_block(s, row);
            if (status != KERB_OK)
                return status;
        }
        const block *b = &row->blocks[row->n_blocks - 1];
        b->key[k] = make_key(x, y, f);
        if (has_weights)
            b->weight[k] = points->weight ? points->weight[i] : 1.0;
        if (has_doubles) {
            b->x[k] = x_m + 0.0; /* -0 becomes 0 */
            b->y[k] = y_m + 0.0;
        }
        row->n++;
    }
    job->n_located[lane] += n_located;
    return KERB_OK;
}

/* More lists when there are more threads than at an earlier call. */
static kerb_status grow_lanes(kerb_ctx *ctx, kerb_density__sort *s, size_t n_lanes)
{
    if (n_lanes <= s->n_lanes)
        return KERB_OK;
    size_t n_rows = s->lattice.n_panel_rows, had = s->n_lanes * n_rows;
    list *lists = kerb_realloc_array(s->lists, n_lanes * n_rows, sizeof *lists);
    if (!lists)
        return kerb_fail_nomem(ctx, "sorting points");
    memset(lists + had, 0, (n_lanes * n_rows - had) * sizeof *lists);
    s->lists = lists;
    s->n_lanes = n_lanes;
    return KERB_OK;
}

static void add_to_sum(kerb_density__sort *s, double value)
{
    double next = s->weight + value, part = next - s->weight;
    s->weight_error += (s->weight - (next - part)) + (value - part); /* TwoSum (Knuth) */
    s->weight = next;
}

kerb_status kerb_density__sort_add(kerb_ctx *ctx, kerb_density__sort *s,
                                   const kerb_density_points *points)
{
    size_t n_threads = (size_t)kerb_ctx_get_threads(ctx);
    size_t n_lanes = points->n / LEAST_POINTS_A_LANE + 1;
    n_lanes = n_lanes > n_threads ? n_threads : n_lanes;
    kerb_status status = grow_lanes(ctx, s, n_lanes);
    if (status != KERB_OK)
        return status;
    size_t *n_located = kerb_calloc_array(n_lanes, sizeof *n_located);
    if (!n_located)
        return kerb_fail_nomem(ctx, "sorting points");
    adding job = {s, points, n_lanes, n_located};
    status = kerb_parallel_for(ctx, NULL, n_lanes, add_lane, &job);
    size_t sum = 0;
    for (size_t lane = 0; lane < n_lanes; lane++)
        sum += n_located[lane];
    s->n_points += sum;
    if (points->weight && (s->keep & KERB_DENSITY__SORT_WEIGHTS)) {
        for (size_t i = 0; i < points->n; i++)
            if (points->x[i] == points->x[i])
                add_to_sum(s, points->weight[i]);
    } else {
        add_to_sum(s, (double)sum);
    }
    kerb_free(n_located);
    return status;
}

/* --------------------------------------------------------------------------- sealing */

/* One panel row while it is sorted. */
typedef struct sorting {
    const kerb_density__sort *sort;
    size_t n;
    uint64_t *key, *scratch_key;
    uint32_t *row, *scratch_row; /* where weights and doubles are; NULL without them */
    double *weight, *x, *y;      /* in the order of arrival */
    uint32_t *counts;
} sorting;

static void clear_sorting(sorting *g)
{
    kerb_free(g->key);
    kerb_free(g->scratch_key);
    kerb_free(g->row);
    kerb_free(g->scratch_row);
    kerb_free(g->weight);
    kerb_free(g->x);
    kerb_free(g->y);
    kerb_free(g->counts);
}

static kerb_status init_sorting(sorting *g)
{
    bool has_weights = (g->sort->keep & KERB_DENSITY__SORT_WEIGHTS) != 0;
    bool has_doubles = (g->sort->keep & KERB_DENSITY__SORT_DOUBLES) != 0;
    g->key = kerb_alloc_array(g->n, sizeof *g->key);
    g->scratch_key = kerb_alloc_array(g->n, sizeof *g->key);
    g->counts = kerb_alloc_array(KERB_DENSITY__COUNTS, sizeof *g->counts);
    bool ok = g->key && g->scratch_key && g->counts;
    if (ok && (has_weights || has_doubles)) {
        g->row = kerb_alloc_array(g->n, sizeof *g->row);
        g->scratch_row = kerb_alloc_array(g->n, sizeof *g->row);
        ok = g->row && g->scratch_row;
    }
    if (ok && has_weights)
        ok = (g->weight = kerb_alloc_array(g->n, sizeof *g->weight)) != NULL;
    if (ok && has_doubles) {
        g->x = kerb_alloc_array(g->n, sizeof *g->x);
        g->y = kerb_alloc_array(g->n, sizeof *g->y);
        ok = g->x && g->y;
    }
    return ok ? KERB_OK : KERB_ERR_NOMEM;
}

/* All blocks of a panel row into one list, and their number of points. */
static kerb_status join_lists(kerb_density__sort *s, size_t i_row, list *joined)
{
    size_t n_blocks = 0;
    for (size_t lane = 0; lane < s->n_lanes; lane++)
        n_blocks += s->lists[lane * s->lattice.n_panel_rows + i_row].n_blocks;
    joined->blocks = kerb_alloc_array(n_blocks, sizeof *joined->blocks);
    return joined->blocks ? KERB_OK : KERB_ERR_NOMEM;
}

/* Points by panel column: counts in starts, the first pass of the sort. */
static void gather_by_panel(kerb_density__sort *s, size_t i_row, sorting *g, list *joined,
                            uint32_t *starts)
{
    const size_t n_cols = s->lattice.n_panel_cols, n_rows = s->lattice.n_panel_rows;
    const int shift = 2 * s->lattice.n_fraction_bits + PANEL_BITS;
    for (size_t lane = 0; lane < s->n_lanes; lane++) {
        list *l = &s->lists[lane * n_rows + i_row];
        for (size_t b = 0; b < l->n_blocks; b++)
            for (size_t k = 0; k < points_of_block(s, l, b); k++)
                starts[(l->blocks[b].key[k] >> shift) + 1]++;
    }
    for (size_t c = 0; c < n_cols; c++)
        starts[c + 1] += starts[c];
    size_t arrived = 0;
    for (size_t lane = 0; lane < s->n_lanes; lane++) {
        list *l = &s->lists[lane * n_rows + i_row];
        for (size_t b = 0; b < l->n_blocks; b++) {
            const block *from = &l->blocks[b];
            size_t n = points_of_block(s, l, b);
            for (size_t k = 0; k < n; k++) {
                uint32_t place = starts[from->key[k] >> shift]++;
                g->key[place] = from->key[k];
                if (g->row)
                    g->row[place] = (uint32_t)(arrived + k);
            }
            if (g->weight)
                memcpy(g->weight + arrived, from->weight, n * sizeof *g->weight);
            if (g->x) {
                memcpy(g->x + arrived, from->x, n * sizeof *g->x);
                memcpy(g->y + arrived, from->y, n * sizeof *g->y);
            }
            arrived += n;
            joined->blocks[joined->n_blocks++] = *from;
        }
        kerb_free(l->blocks); /* the points themselves moved to `joined` */
        *l = (list){0};
    }
    joined->capacity = joined->n_blocks;
    for (size_t c = n_cols; c > 0; c--)
        starts[c] = starts[c - 1];
    starts[0] = 0;
}

typedef struct full_point {
    double x, y, weight;
    uint32_t row;
} full_point;

static int compare_full(const void *left, const void *right)
{
    const full_point *a = left, *b = right;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    if (a->y != b->y)
        return a->y < b->y ? -1 : 1;
    return a->weight < b->weight ? -1 : a->weight > b->weight;
}

/* Points whose keys are equal, by their doubles and weights. */
static kerb_status sort_equal_keys(sorting *g, size_t from, size_t n)
{
    full_point *points = kerb_alloc_array(n, sizeof *points);
    if (!points)
        return KERB_ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        uint32_t row = g->row[from + i];
        points[i] = (full_point){g->x ? g->x[row] : 0.0, g->y ? g->y[row] : 0.0,
                                 g->weight ? g->weight[row] : 1.0, row};
    }
    qsort(points, n, sizeof *points, compare_full);
    for (size_t i = 0; i < n; i++)
        g->row[from + i] = points[i].row;
    kerb_free(points);
    return KERB_OK;
}

static kerb_status sort_panels(const kerb_density__sort *s, sorting *g, const uint32_t *starts)
{
    const int n_bits = 2 * s->lattice.n_fraction_bits + PANEL_BITS;
    for (size_t c = 0; c < s->lattice.n_panel_cols; c++)
        kerb_density__sort_keys(g->key + starts[c], g->row ? g->row + starts[c] : NULL,
                                g->scratch_key, g->scratch_row, g->counts,
                                starts[c + 1] - starts[c], n_bits);
    for (size_t from = 0, to; g->row && from < g->n; from = to) {
        for (to = from + 1; to < g->n && g->key[to] == g->key[from];)
            to++;
        if (to - from > 1) {
            kerb_status status = sort_equal_keys(g, from, to - from);
            if (status != KERB_OK)
                return status;
        }
    }
    return KERB_OK;
}

static bool is_same_place(const sorting *g, size_t i)
{
    if (i == 0 || g->key[i] != g->key[i - 1])
        return false;
    if (!g->x)
        return true;
    uint32_t a = g->row[i - 1], b = g->row[i];
    return g->x[a] == g->x[b] && g->y[a] == g->y[b];
}

/* Sorted points back into blocks, equal ones merged. Weights of a place are added from the
 * least to the largest. */
static kerb_status store_places(const kerb_density__sort *s, const sorting *g, bool is_merged,
                                sorted_row *row, uint32_t *starts)
{
    const int shift = 2 * s->lattice.n_fraction_bits + PANEL_BITS;
    const size_t mask = s->block_points - 1, n_cols = s->lattice.n_panel_cols;
    list *out = &row->points;
    memset(starts, 0, (n_cols + 1) * sizeof *starts);
    for (size_t i = 0; i < g->n; i++) {
        bool is_again = is_merged && is_same_place(g, i);
        size_t place = out->n - (is_again ? 1 : 0);
        const block *b = &out->blocks[place / s->block_points];
        size_t k = place & mask;
        if (is_again) {
            if (row->count)
                row->count[place] += 1.0f;
            if (g->weight)
                b->weight[k] += g->weight[g->row[i]];
            continue;
        }
        b->key[k] = g->key[i];
        if (row->count)
            row->count[place] = 1.0f;
        if (g->weight)
            b->weight[k] = g->weight[g->row[i]];
        if (g->x) {
            b->x[k] = g->x[g->row[i]];
            b->y[k] = g->y[g->row[i]];
        }
        starts[(g->key[i] >> shift) + 1]++;
        out->n++;
    }
    for (size_t c = 0; c < n_cols; c++)
        starts[c + 1] += starts[c];
    size_t n_needed = (out->n + s->block_points - 1) / s->block_points;
    while (out->n_blocks > n_needed)
        kerb_free(out->blocks[--out->n_blocks].key);
    return KERB_OK;
}

/* Merging unweighted points needs a count a place: not done for a few, which would cost memory
 * and gain nothing. Depends on the points only. */
static bool is_worth_merging(const sorting *g, size_t n_places)
{
    return g->weight || (double)n_places <= 0.66 * (double)g->n;
}

static kerb_status seal_row(void *user, size_t i_row)
{
    kerb_density__sort *s = user;
    sorted_row *row = &s->rows[i_row];
    sorting g = {.sort = s};
    for (size_t lane = 0; lane < s->n_lanes; lane++)
        g.n += s->lists[lane * s->lattice.n_panel_rows + i_row].n;
    if (g.n == 0)
        return KERB_OK;
    if (g.n >= UINT32_MAX)
        return KERB_ERR_RANGE;
    kerb_status status = init_sorting(&g);
    row->panel_start = kerb_calloc_array(s->lattice.n_panel_cols + 1, sizeof *row->panel_start);
    if (status == KERB_OK && !row->panel_start)
        status = KERB_ERR_NOMEM;
    if (status == KERB_OK)
        status = join_lists(s, i_row, &row->points);
    if (status != KERB_OK)
        goto done;
    gather_by_panel(s, i_row, &g, &row->points, row->panel_start);
    status = sort_panels(s, &g, row->panel_start);
    if (status != KERB_OK)
        goto done;
    size_t n_places = 0;
    for (size_t i = 0; i < g.n; i++)
        n_places += is_same_place(&g, i) ? 0 : 1;
    s->row_places[i_row] = n_places;
    bool is_merged = is_worth_merging(&g, n_places);
    if (is_merged && !g.weight) {
        row->count = kerb_alloc_array(n_places, sizeof *row->count);
        if (!row->count)
            status = KERB_ERR_NOMEM;
    }
    if (status == KERB_OK)
        status = store_places(s, &g, is_merged, row, row->panel_start);
done:
    clear_sorting(&g);
    return status;
}

kerb_status kerb_density__sort_seal(kerb_ctx *ctx, kerb_density__sort *s)
{
    kerb_status status = kerb_parallel_for(ctx, NULL, s->lattice.n_panel_rows, seal_row, s);
    for (size_t i = 0; i < s->lattice.n_panel_rows; i++)
        s->n_places += s->row_places[i];
    return status;
}

/* --------------------------------------------------------------------------- reading */

const kerb_density__lattice *kerb_density__sort_lattice(const kerb_density__sort *s)
{
    return &s->lattice;
}

size_t kerb_density__sort_count(const kerb_density__sort *s)
{
    return s->n_points;
}

double kerb_density__sort_weight(const kerb_density__sort *s)
{
    return s->weight + s->weight_error;
}

size_t kerb_density__sort_places(const kerb_density__sort *s)
{
    return s->n_places;
}

static kerb_status reserve(kerb_density__panel *p, size_t n)
{
    if (n <= p->capacity)
        return KERB_OK;
    size_t capacity = n + n / 2 + 64;
    kerb_density__panel_clear(p);
    p->key = kerb_alloc_array(capacity, sizeof *p->key);
    p->weight = kerb_alloc_array(capacity, sizeof *p->weight);
    p->x = kerb_alloc_array(capacity, sizeof *p->x);
    p->y = kerb_alloc_array(capacity, sizeof *p->y);
    if (!p->key || !p->weight || !p->x || !p->y)
        return KERB_ERR_NOMEM; /* what was had is freed by clear */
    p->capacity = capacity;
    return KERB_OK;
}

kerb_status kerb_density__sort_read(const kerb_density__sort *s, size_t panel_row,
                                    size_t panel_col, kerb_density__panel *panel)
{
    const sorted_row *row = &s->rows[panel_row];
    panel->n = 0;
    if (!row->panel_start)
        return KERB_OK;
    size_t from = row->panel_start[panel_col], to = row->panel_start[panel_col + 1];
    kerb_status status = reserve(panel, to - from);
    if (status != KERB_OK)
        return status;
    panel->is_weighted = row->count || (s->keep & KERB_DENSITY__SORT_WEIGHTS);
    while (from < to) {
        const block *b = &row->points.blocks[from / s->block_points];
        size_t k = from & (s->block_points - 1), n = s->block_points - k;
        n = n > to - from ? to - from : n;
        memcpy(panel->key + panel->n, b->key + k, n * sizeof *b->key);
        if (row->count)
            for (size_t i = 0; i < n; i++)
                panel->weight[panel->n + i] = (double)row->count[from + i];
        else if (b->weight)
            memcpy(panel->weight + panel->n, b->weight + k, n * sizeof *b->weight);
        if (b->x) {
            memcpy(panel->x + panel->n, b->x + k, n * sizeof *b->x);
            memcpy(panel->y + panel->n, b->y + k, n * sizeof *b->y);
        }
        panel->n += n;
        from += n;
    }
    return KERB_OK;
}

void kerb_density__panel_clear(kerb_density__panel *p)
{
    kerb_free(p->key);
    kerb_free(p->weight);
    kerb_free(p->x);
    kerb_free(p->y);
    *p = (kerb_density__panel){0};
}
