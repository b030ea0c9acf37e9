/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The method "ring": blocks of the raster are worked on by themselves, each from all panels of
 * points that reach it, in the order of the panels. What a tile gets, and in which order, does
 * not depend on the block it is in.
 *
 * In float32 everything is in pixels. Rims are summed in float, and put into doubles after each
 * row of panels; cells with many or heavy points have a float patch of their own that is put
 * into doubles every few points, since many equal numbers added to a float go wrong the same
 * way every time. In float64 everything is in metres, with the very differences of the method
 * "sum", so that the rim is where the definition has it; and moments are split into a part on a
 * fixed grid, whose sums have no rounding at all, and the rest: a run that has ended leaves
 * nothing behind, however heavy its points were. */
#include "density_ring.h"

#include "kerb_base.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    BLOCK_ROWS = 64,   /* tiles; smaller when there are few */
    BLOCK_COLS = 512,  /* tiles; a multiple of the moments' blocks */
    TASKS_WANTED = 16, /* so that threads end together */
    FEWEST_ROWS = 16,
    WHOLE_BELOW = 24,      /* points of a tile that are one cell */
    QUARTERS_BELOW = 100,  /* points of a tile that are four */
    MANY = 16,             /* points of a cell from which it has its own patch */
    PATCH_POINTS = 32,     /* added in float before they go into doubles */
    MAX_WIDE = 32,         /* 16 moments, twice */
    LEAST_FLOAT_REACH = 8, /* pixels */
};

typedef struct ring {
    kerb_density__sort *sort;
    const kerb_density__lattice *lattice;
    const kerb_density__ring_loops *loops;
    kerb_density__ring_class classes[KERB_DENSITY__N_CLASSES];
    int power;
    bool is_double;
    int32_t pad;                      /* tiles that a list reaches beyond the source */
    size_t n_table;                   /* numbers of a table of one axis */
    size_t moment_tiles;              /* side of a block with one origin of moments */
    double reach2;                    /* pixels or metres */
    double weight_factor;             /* weights are brought to 1 at most */
    double heavy;                     /* weight of a cell that counts as many */
    double value_factor;              /* from sums to densities */
    size_t n_wide, n_narrow;          /* of a tile in a task */
    double quantum[MAX_WIDE / 2 + 1]; /* of each moment and the mass; float64 only */
    float *near_at;                   /* float32: pixels about the source tile */
    double *col_at, *row_at;   /* float64: of each lattice pixel, `pad` tiles more before it */
    double *col_off, *row_off; /* of each lattice pixel from its moments' origin */
    double *col_origin, *row_origin; /* of each block of moments: pixels or metres */
} ring;

/* A block of the raster while it is computed. Tiles are the lattice's. */
typedef struct block {
    const ring *r;
    size_t row_from, row_to, col_from, col_to;
    size_t n_rows, n_cols, n_padded; /* tiles; padded: 2 pads more on either side */
    float *rim;                      /* float32 */
    double *sums, *wide, *narrow;
    float *patch;
    void *tables;
    kerb_density__panel panel;
    size_t capacity;
    void *x, *y, *root; /* float or double, of the panel's points */
    double *cell_x, *cell_y, *weight;
} block;

typedef struct job {
    const ring *r;
    size_t first_row, n_rows;
    size_t tile_from, tile_to; /* tile rows wanted */
    size_t block_rows, block_cols, n_blocks_across;
    double *values;
} job;

/* ------------------------------------------------------------------------------ cells */

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Points of a cell, in the block's arrays. */
typedef struct cell {
    size_t from, n;
    size_t tile_row, tile_col;
    const kerb_density__ring_class *class;
    size_t row_from, row_to; /* of the class: those in the block */
} cell;

static double *sums_of_tile(const block *b, size_t tile_row, size_t tile_col)
{
    ptrdiff_t row = (ptrdiff_t)tile_row - (ptrdiff_t)b->row_from;
    ptrdiff_t col = (ptrdiff_t)tile_col - (ptrdiff_t)b->col_from + 2 * b->r->pad;
    return b->sums + (row * (ptrdiff_t)b->n_padded + col) * KERB_DENSITY__TILE_PIXELS;
}

static void add_rim(const block *b, const cell *c)
{
    const ring *r = b->r;
    size_t size = r->is_double ? sizeof(double) : sizeof(float), begin = c->from * size;
    ptrdiff_t tile = sums_of_tile(b, c->tile_row, c->tile_col) - b->sums;
    kerb_density__rim rim = {.rows = c->class->rows + c->row_from,
                             .n_rows = c->row_to - c->row_from,
                             .stride = (ptrdiff_t)b->n_padded * KERB_DENSITY__TILE_PIXELS,
                             .pad = r->pad,
                             .n_table = r->n_table,
                             .reach2 = r->reach2,
                             .tables = b->tables,
                             .x = (const char *)b->x + begin,
                             .y = (const char *)b->y + begin,
                             .root = (const char *)b->root + begin,
                             .n = c->n};
    if (r->is_double) {
        rim.sums = b->sums + tile;
        rim.col_at = r->col_at + KERB_DENSITY__TILE * c->tile_col;
        rim.row_at = r->row_at + KERB_DENSITY__TILE * c->tile_row;
        r->loops->rim_double[r->power](&rim);
    } else {
        rim.sums = b->rim + tile;
        rim.col_at = rim.row_at = r->near_at;
        r->loops->rim_float[r->power](&rim);
    }
}

/* Many points, or heavy ones: some at a time in a patch of floats, then into doubles. */
static void add_rim_by_patch(const block *b, const cell *c)
{
    const ring *r = b->r;
    const ptrdiff_t side = 2 * r->pad + 1, tile = KERB_DENSITY__TILE_PIXELS;
    float *patch = b->patch + (r->pad * side + r->pad) * tile;
    double *sums = sums_of_tile(b, c->tile_row, c->tile_col);
    for (size_t done = 0; done < c->n; done += PATCH_POINTS) {
        const float *x = b->x, *y = b->y, *root = b->root;
        kerb_density__rim rim = {.rows = c->class->rows + c->row_from,
                                 .n_rows = c->row_to - c->row_from,
                                 .sums = patch,
                                 .stride = side * tile,
                                 .col_at = r->near_at,
                                 .row_at = r->near_at,
                                 .pad = r->pad,
                                 .n_table = r->n_table,
                                 .reach2 = r->reach2,
                                 .tables = b->tables,
                                 .x = x + c->from + done,
                                 .y = y + c->from + done,
                                 .root = root + c->from + done,
                                 .n = smaller(PATCH_POINTS, c->n - done)};
        r->loops->rim_float[r->power](&rim);
        for (size_t i = 0; i < rim.n_rows; i++) {
            const kerb_density__ring_row *row = &rim.rows[i];
            float *from = patch + row->dy * side * tile;
            double *to = sums + row->dy * (ptrdiff_t)b->n_padded * tile;
            size_t n = (size_t)row->n_rim;
            r->loops->flush(from + row->left * tile, to + row->left * tile, n);
            r->loops->flush(from + row->right * tile, to + row->right * tile, n);
        }
    }
}

/* A moment as a multiple of the quantum, whose sums are exact, and the rest. */
static void split(double value, double quantum, double *whole, double *rest)
{
    double shift = 0x1.8p52 * quantum;
    *whole = (value + shift) - shift;
    *rest = value - *whole;
}

static void split_moments(const ring *r, const double *moments, double mass, size_t n,
                          double *wide, double *narrow)
{
    size_t half = kerb_density__ring_n_wide(r->power);
    for (size_t i = 0; i < half; i++)
        split(moments[i], r->quantum[i], &wide[i], &wide[half + i]);
    split(mass, r->quantum[MAX_WIDE / 2], &narrow[0], &narrow[2]);
    narrow[1] = (double)n;
    narrow[3] = 0.0;
}

/* Points of a cell from the origin of a block of moments. */
static void place_points(const block *b, const cell *c, double col_origin, double row_origin)
{
    if (b->r->is_double) {
        const double *x = b->x, *y = b->y;
        for (size_t i = 0; i < c->n; i++) {
            b->cell_x[i] = x[c->from + i] - col_origin;
            b->cell_y[i] = y[c->from + i] - row_origin;
        }
        return;
    }
    const float *x = b->x, *y = b->y;
    const double middle = KERB_DENSITY__TILE / 2.0;
    double tile_x = (double)(KERB_DENSITY__TILE * c->tile_col) + middle - col_origin;
    double tile_y = (double)(KERB_DENSITY__TILE * c->tile_row) + middle - row_origin;
    for (size_t i = 0; i < c->n; i++) {
        b->cell_x[i] = (double)x[c->from + i] + tile_x;
        b->cell_y[i] = (double)y[c->from + i] + tile_y;
    }
}

/* The cell's moments about the origin of one block of moments, added to its runs there. */
static void add_moments(const block *b, const cell *c, kerb_density__runs *runs,
                        size_t moment_row, size_t moment_col)
{
    const ring *r = b->r;
    double moments[MAX_WIDE], wide[MAX_WIDE], narrow[4], mass;
    place_points(b, c, r->col_origin[moment_col], r->row_origin[moment_row]);
    kerb_density__ring_moments(r->power, b->cell_x, b->cell_y, b->weight + c->from, c->n,
                               moments, &mass);
    runs->wide_moments = moments;
    runs->narrow_moments = narrow;
    if (r->is_double) {
        split_moments(r, moments, mass, c->n, wide, narrow);
        runs->wide_moments = wide;
    } else {
        narrow[0] = mass;
        narrow[1] = (double)c->n;
    }
    size_t from = moment_col * r->moment_tiles, to = from + r->moment_tiles;
    runs->first_col = (ptrdiff_t)larger(from, b->col_from) - (ptrdiff_t)b->col_from;
    runs->end_col = (ptrdiff_t)smaller(to, b->col_to) - (ptrdiff_t)b->col_from;
    r->loops->add_runs(runs);
}

/* Columns that the inner runs of some rows cover: [from, to), lattice tiles. */
static void find_inner_cols(const cell *c, size_t row_from, size_t row_to, ptrdiff_t *from,
                            ptrdiff_t *to)
{
    ptrdiff_t low = 0, high = 0;
    for (size_t i = row_from; i < row_to; i++) {
        const kerb_density__ring_row *row = &c->class->rows[i];
        if (row->inner_from >= row->inner_to)
            continue;
        low = low == high || row->inner_from < low ? row->inner_from : low;
        high = row->inner_to > high ? row->inner_to : high;
    }
    *from = (ptrdiff_t)c->tile_col + low;
    *to = (ptrdiff_t)c->tile_col + high;
}

static void add_interior(const block *b, const cell *c)
{
    const ring *r = b->r;
    const size_t side = r->moment_tiles;
    for (size_t i = c->row_from, end; i < c->row_to; i = end) {
        size_t tile_row = (size_t)((ptrdiff_t)c->tile_row + c->class->rows[i].dy);
        size_t moment_row = tile_row / side;
        end = smaller(c->row_to, i + (moment_row + 1) * side - tile_row);
        ptrdiff_t from, to;
        find_inner_cols(c, i, end, &from, &to);
        from = from < (ptrdiff_t)b->col_from ? (ptrdiff_t)b->col_from : from;
        to = to > (ptrdiff_t)b->col_to ? (ptrdiff_t)b->col_to : to;
        if (from >= to)
            continue;
        kerb_density__runs runs = {.rows = c->class->rows + i,
                                   .n_rows = end - i,
                                   .tile_row = (ptrdiff_t)c->tile_row - (ptrdiff_t)b->row_from,
                                   .tile_col = (ptrdiff_t)c->tile_col - (ptrdiff_t)b->col_from,
                                   .n_cols = b->n_cols,
                                   .wide = b->wide,
                                   .narrow = b->narrow,
                                   .n_wide = r->n_wide,
                                   .n_narrow = r->n_narrow};
        for (size_t col = (size_t)from / side; col <= (size_t)(to - 1) / side; col++)
            add_moments(b, c, &runs, moment_row, col);
    }
}

static void add_cell(const block *b, cell c)
{
    const kerb_density__ring_row *rows = c.class->rows;
    ptrdiff_t first = (ptrdiff_t)c.tile_row + rows[0].dy;
    ptrdiff_t from = (ptrdiff_t)b->row_from - first, to = (ptrdiff_t)b->row_to - first;
    c.row_from = from > 0 ? (size_t)from : 0;
    c.row_to = to <= 0 ? 0 : smaller(c.class->n_rows, (size_t)to);
    if (c.row_from >= c.row_to)
        return;
    double weight = 0.0;
    for (size_t i = 0; i < c.n; i++)
        weight += b->weight[c.from + i];
    if (!b->r->is_double && (c.n >= MANY || weight >= b->r->heavy))
        add_rim_by_patch(b, &c);
    else
        add_rim(b, &c);
    add_interior(b, &c);
}

/* ----------------------------------------------------------------------------- panels */

static double root_of(double weight, int power)
{
    return power == 2 ? sqrt(weight) : power == 3 ? cbrt(weight) : weight;
}

static kerb_status reserve_points(block *b)
{
    if (b->panel.n <= b->capacity)
        return KERB_OK;
    size_t n = b->panel.n + b->panel.n / 2, size = b->r->is_double ? 8 : 4;
    void **columns[] = {&b->x, &b->y, &b->root};
    double **more[] = {&b->cell_x, &b->cell_y, &b->weight};
    b->capacity = 0;
    for (size_t i = 0; i < 3; i++) {
        kerb_free(*columns[i]);
        kerb_free(*more[i]);
        *columns[i] = kerb_alloc_array(n, size);
        *more[i] = kerb_alloc_array(n, sizeof(double));
    }
    for (size_t i = 0; i < 3; i++)
        if (!*columns[i] || !*more[i])
            return KERB_ERR_NOMEM;
    b->capacity = n;
    return KERB_OK;
}

/* Pixel within its tile along x, from the 4 bits of a key; along y from the bits above. */
static inline uint32_t pixel_along(uint64_t bits)
{
    return (uint32_t)((bits >> 1 & 2) | (bits & 1));
}

/* Keys as floats in pixels from the middle of their tile. */
static void decode_floats(block *b)
{
    const kerb_density__panel *p = &b->panel;
    const int f = b->r->lattice->n_fraction_bits;
    const uint64_t fraction = ((uint64_t)1 << f) - 1;
    const double unit = 1.0 / (double)((uint64_t)1 << f);
    float *x = b->x, *y = b->y;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t key = p->key[i], pixel = key >> 2 * f;
        uint64_t fx = (uint64_t)pixel_along(pixel) << f | (key >> f & fraction);
        uint64_t fy = (uint64_t)pixel_along(pixel >> 1) << f | (key & fraction);
        x[i] = (float)((double)(int64_t)fx * unit - 2.0);
        y[i] = (float)((double)(int64_t)fy * unit - 2.0);
    }
}

static void decode_weights(block *b)
{
    const ring *r = b->r;
    const kerb_density__panel *p = &b->panel;
    float *root_float = b->root;
    double *root_double = b->root;
    for (size_t i = 0; i < p->n; i++) {
        double weight = p->is_weighted ? p->weight[i] * r->weight_factor : 1.0;
        b->weight[i] = weight;
        double root = p->is_weighted ? root_of(weight, r->power) : 1.0;
        if (r->is_double)
            root_double[i] = root;
        else
            root_float[i] = (float)root;
    }
}

static void add_tile(const block *b, size_t from, size_t to, size_t tile_row, size_t tile_col)
{
    const ring *r = b->r;
    const uint64_t *key = b->panel.key;
    int shift = 2 * r->lattice->n_fraction_bits;
    int n_bits = to - from < WHOLE_BELOW ? 0 : to - from < QUARTERS_BELOW ? 2 : 4;
    int first_class = n_bits == 0   ? KERB_DENSITY__WHOLE_CLASS
                      : n_bits == 2 ? KERB_DENSITY__QUARTER_CLASS
                                    : KERB_DENSITY__PIXEL_CLASS;
    shift += 4 - n_bits;
    for (size_t i = from, end; i < to; i = end) {
        uint64_t place = key[i] >> shift;
        for (end = i + 1; end < to && key[end] >> shift == place;)
            end++;
        add_cell(b, (cell){.from = i,
                           .n = end - i,
                           .tile_row = tile_row,
                           .tile_col = tile_col,
                           .class = &r->classes[(size_t)first_class +
                                                (place & (((uint64_t)1 << n_bits) - 1))]});
    }
}

static bool is_in_reach(size_t tile, size_t from, size_t to, int32_t pad)
{
    return tile + (size_t)pad >= from && tile < to + (size_t)pad;
}

static kerb_status add_panel(block *b, size_t panel_row, size_t panel_col)
{
    const ring *r = b->r;
    kerb_status status = kerb_density__sort_read(r->sort, panel_row, panel_col, &b->panel);
    if (status == KERB_OK)
        status = reserve_points(b);
    if (status != KERB_OK || b->panel.n == 0)
        return status;
    if (r->is_double) {
        memcpy(b->x, b->panel.x, b->panel.n * sizeof(double));
        memcpy(b->y, b->panel.y, b->panel.n * sizeof(double));
    } else {
        decode_floats(b);
    }
    decode_weights(b);
    const uint64_t *key = b->panel.key;
    const int shift = 2 * r->lattice->n_fraction_bits + 4;
    for (size_t from = 0, to; from < b->panel.n; from = to) {
        uint64_t tile = key[from] >> shift;
        for (to = from + 1; to < b->panel.n && key[to] >> shift == tile;)
            to++;
        size_t tile_row = KERB_DENSITY__PANEL_TILES * panel_row + (tile >> 4 & 15);
        size_t tile_col = KERB_DENSITY__PANEL_TILES * panel_col + (tile & 15);
        if (is_in_reach(tile_row, b->row_from, b->row_to, r->pad) &&
            is_in_reach(tile_col, b->col_from, b->col_to, r->pad))
            add_tile(b, from, to, tile_row, tile_col);
    }
    return KERB_OK;
}

/* Panels [from, to) whose tiles reach tiles [tile_from, tile_to). */
static void find_panels(size_t tile_from, size_t tile_to, int32_t pad, size_t n_panels,
                        size_t *from, size_t *to)
{
    size_t reach = (size_t)pad;
    *from = (tile_from > reach ? tile_from - reach : 0) / KERB_DENSITY__PANEL_TILES;
    *to = smaller(n_panels, (tile_to + reach) / KERB_DENSITY__PANEL_TILES + 1);
}

static void flush_rim(block *b, size_t panel_row)
{
    const size_t pad = (size_t)b->r->pad, tile = KERB_DENSITY__PANEL_TILES * panel_row;
    size_t from = larger(b->row_from, tile > pad ? tile - pad : 0);
    size_t to = smaller(b->row_to, tile + KERB_DENSITY__PANEL_TILES + pad);
    if (from >= to)
        return;
    size_t first = (from - b->row_from) * b->n_padded, n = (to - from) * b->n_padded;
    b->r->loops->flush(b->rim + first * KERB_DENSITY__TILE_PIXELS,
                       b->sums + first * KERB_DENSITY__TILE_PIXELS, n);
}

/* ----------------------------------------------------------------------------- blocks */

/* Sums of the moments of all runs open at a tile; exact nothing when none is. */
static void add_to_running(const block *b, size_t tile, double *wide, double *narrow)
{
    const ring *r = b->r;
    for (size_t k = 0; k < r->n_wide; k++)
        wide[k] += b->wide[tile * r->n_wide + k];
    for (size_t k = 0; k < r->n_narrow; k++)
        narrow[k] += b->narrow[tile * r->n_narrow + k];
    if (narrow[1] == 0.0) {
        memset(wide, 0, r->n_wide * sizeof *wide);
        memset(narrow, 0, r->n_narrow * sizeof *narrow);
    }
}

static void evaluate_row(const block *b, size_t tile_row)
{
    const ring *r = b->r;
    const size_t half = kerb_density__ring_n_wide(r->power);
    const double *row_off = r->row_off + KERB_DENSITY__TILE * tile_row;
    double wide[MAX_WIDE] = {0}, narrow[4] = {0};
    for (size_t col = b->col_from; col < b->col_to; col++) {
        if (col % r->moment_tiles == 0) {
            memset(wide, 0, sizeof wide);
            memset(narrow, 0, sizeof narrow);
        }
        add_to_running(b, (tile_row - b->row_from) * b->n_cols + col - b->col_from, wide,
                       narrow);
        if (narrow[1] == 0.0)
            continue;
        const double *moments = wide;
        double joined[MAX_WIDE], mass = narrow[0];
        if (r->is_double) {
            for (size_t k = 0; k < half; k++)
                joined[k] = wide[k] + wide[half + k];
            moments = joined;
            mass += narrow[2];
        }
        r->loops->evaluate[r->power](moments, mass, r->col_off + KERB_DENSITY__TILE * col,
                                     row_off, r->reach2, sums_of_tile(b, tile_row, col));
    }
}

/* One tile row into the rows of the raster that are wanted. Cells that are 0 are not written.
 */
static void write_row(const job *j, const block *b, size_t tile_row)
{
    const ring *r = b->r;
    const kerb_density__lattice *l = r->lattice;
    for (size_t k = 0; k < KERB_DENSITY__TILE; k++) {
        size_t lattice_row = KERB_DENSITY__TILE * tile_row + k;
        if (lattice_row < l->margin_px + j->first_row ||
            lattice_row >= l->margin_px + j->first_row + j->n_rows)
            continue;
        double *line = j->values + (lattice_row - l->margin_px - j->first_row) * l->spec.n_cols;
        for (size_t col = b->col_from; col < b->col_to; col++) {
            const double *sums = sums_of_tile(b, tile_row, col) + KERB_DENSITY__TILE * k;
            size_t first = KERB_DENSITY__TILE * col - l->margin_px;
            for (size_t i = 0; i < KERB_DENSITY__TILE && first + i < l->spec.n_cols; i++)
                if (sums[i] != 0.0)
                    line[first + i] = sums[i] * r->value_factor;
        }
    }
}

static void clear_block(block *b)
{
    kerb_free(b->rim);
    kerb_free(b->sums);
    kerb_free(b->wide);
    kerb_free(b->narrow);
    kerb_free(b->patch);
    kerb_free(b->tables);
    kerb_density__panel_clear(&b->panel);
    kerb_free(b->x);
    kerb_free(b->y);
    kerb_free(b->root);
    kerb_free(b->cell_x);
    kerb_free(b->cell_y);
    kerb_free(b->weight);
}

static kerb_status init_block(block *b)
{
    const ring *r = b->r;
    b->n_rows = b->row_to - b->row_from;
    b->n_cols = b->col_to - b->col_from;
    b->n_padded = b->n_cols + 4 * (size_t)r->pad;
    size_t n_tiles = b->n_rows * b->n_cols, side = 2 * (size_t)r->pad + 1;
    size_t n_pixels = b->n_rows * b->n_padded * KERB_DENSITY__TILE_PIXELS;
    b->sums = kerb_calloc_array(n_pixels, sizeof *b->sums);
    b->wide = kerb_calloc_array(n_tiles * r->n_wide, sizeof *b->wide);
    b->narrow = kerb_calloc_array(n_tiles * r->n_narrow, sizeof *b->narrow);
    b->tables = kerb_alloc_array(2 * KERB_DENSITY__AT_ONCE * r->n_table, sizeof(double));
    bool ok = b->sums && b->wide && b->narrow && b->tables;
    if (ok && !r->is_double) {
        b->rim = kerb_calloc_array(n_pixels, sizeof *b->rim);
        b->patch = kerb_calloc_array(side * side * KERB_DENSITY__TILE_PIXELS, sizeof *b->patch);
        ok = b->rim && b->patch;
    }
    return ok ? KERB_OK : KERB_ERR_NOMEM;
}

static kerb_status work_block(void *user, size_t i_block)
{
    const job *j = user;
    const ring *r = j->r;
    const kerb_density__lattice *l = r->lattice;
    block b = {.r = r};
    size_t first_col = l->margin_px / KERB_DENSITY__TILE;
    size_t end_col = first_col + (l->spec.n_cols + 3) / KERB_DENSITY__TILE;
    b.row_from = j->tile_from + i_block / j->n_blocks_across * j->block_rows;
    b.row_to = smaller(j->tile_to, b.row_from + j->block_rows);
    b.col_from = first_col / j->block_cols * j->block_cols +
                 i_block % j->n_blocks_across * j->block_cols;
    b.col_to = smaller(end_col, b.col_from + j->block_cols);
    b.col_from = larger(b.col_from, first_col);
    size_t row_from, row_to, col_from, col_to;
    find_panels(b.row_from, b.row_to, r->pad, l->n_panel_rows, &row_from, &row_to);
    find_panels(b.col_from, b.col_to, r->pad, l->n_panel_cols, &col_from, &col_to);
    kerb_status status = init_block(&b);
    for (size_t row = row_from; status == KERB_OK && row < row_to; row++) {
        for (size_t col = col_from; status == KERB_OK && col < col_to; col++)
            status = add_panel(&b, row, col);
        if (status == KERB_OK && !r->is_double)
            flush_rim(&b, row);
    }
    for (size_t row = b.row_from; status == KERB_OK && row < b.row_to; row++) {
        evaluate_row(&b, row);
        write_row(j, &b, row);
    }
    clear_block(&b);
    return status;
}

static kerb_status ring_rows(kerb_ctx *ctx, void *state, size_t first_row, size_t n_rows,
                             const uint8_t *mask, double *values)
{
    (void)mask;
    const ring *r = state;
    const kerb_density__lattice *l = r->lattice;
    if (n_rows == 0)
        return KERB_OK;
    job j = {.r = r, .first_row = first_row, .n_rows = n_rows, .values = values};
    j.tile_from = (l->margin_px + first_row) / KERB_DENSITY__TILE;
    j.tile_to = (l->margin_px + first_row + n_rows + 3) / KERB_DENSITY__TILE;
    j.block_cols = larger(BLOCK_COLS, r->moment_tiles);
    size_t first_col = l->margin_px / KERB_DENSITY__TILE;
    size_t end_col = first_col + (l->spec.n_cols + 3) / KERB_DENSITY__TILE;
    j.n_blocks_across = (end_col - 1) / j.block_cols - first_col / j.block_cols + 1;
    size_t n_tile_rows = j.tile_to - j.tile_from;
    j.block_rows = BLOCK_ROWS;
    while (j.block_rows > larger(FEWEST_ROWS, (size_t)r->pad) &&
           n_tile_rows * j.n_blocks_across < TASKS_WANTED * j.block_rows)
        j.block_rows /= 2;
    size_t n_blocks = (n_tile_rows + j.block_rows - 1) / j.block_rows * j.n_blocks_across;
    return kerb_parallel_for(ctx, "density", n_blocks, work_block, &j);
}

/* ------------------------------------------------------------------------ open, close */

static void ring_close(void *state)
{
    ring *r = state;
    if (!r)
        return;
    kerb_density__ring_classes_clear(r->classes);
    kerb_density__sort_free(r->sort);
    kerb_free(r->near_at);
    kerb_free(r->col_at);
    kerb_free(r->row_at);
    kerb_free(r->col_off);
    kerb_free(r->row_off);
    kerb_free(r->col_origin);
    kerb_free(r->row_origin);
    kerb_free(r);
}

/* Positions of pixels along one axis of n_px lattice pixels. `step` is signed: rows go down. */
static kerb_status place_pixels(const ring *r, size_t n_px, double start, double step,
                                double **at, double **off, double **origin)
{
    const size_t block_px = r->moment_tiles * KERB_DENSITY__TILE;
    const size_t lead = KERB_DENSITY__TILE * (size_t)r->pad;
    const int64_t margin = (int64_t)r->lattice->margin_px;
    size_t n_blocks = n_px / block_px + 1;
    *origin = kerb_alloc_array(n_blocks, sizeof **origin);
    *off = kerb_alloc_array(n_px, sizeof **off);
    *at = r->is_double ? kerb_alloc_array(n_px + 2 * lead + 16, sizeof **at) : NULL;
    if (!*origin || !*off || (r->is_double && !*at))
        return KERB_ERR_NOMEM;
    for (size_t i = 0; i < n_blocks; i++) {
        double px = (double)(i * block_px + block_px / 2);
        (*origin)[i] = r->is_double ? start + (px - (double)margin) * step : px;
    }
    for (size_t k = 0; r->is_double && k < n_px + 2 * lead + 16; k++)
        (*at)[k] = start + ((double)((int64_t)k - (int64_t)lead - margin) + 0.5) * step;
    for (size_t k = 0; k < n_px; k++)
        (*off)[k] =
            (r->is_double ? (*at)[lead + k] : (double)k + 0.5) - (*origin)[k / block_px];
    return KERB_OK;
}

static kerb_status place_all(ring *r)
{
    const kerb_density__lattice *l = r->lattice;
    r->n_table = (4 * (2 * (size_t)r->pad + 1) + 15) / 16 * 16;
    /* The side is 2 to 4 radii in float64 and 4 to 8 in float32: the sixth power of a
     * coordinate against the cube of what is left near the rim costs digits. */
    r->moment_tiles = r->is_double ? 2 : 8;
    while ((double)r->moment_tiles < (r->is_double ? 0.5 : 1.0) * l->reach_px)
        r->moment_tiles *= 2;
    r->near_at = kerb_alloc_array(r->n_table, sizeof *r->near_at);
    if (!r->near_at)
        return KERB_ERR_NOMEM;
    for (size_t k = 0; k < r->n_table; k++)
        r->near_at[k] = (float)((double)k - 4.0 * (double)r->pad - 1.5);
    kerb_status status = place_pixels(r, l->n_panel_cols * KERB_DENSITY__PANEL, l->spec.xmin,
                                      l->spec.cell_m, &r->col_at, &r->col_off, &r->col_origin);
    if (status == KERB_OK)
        status = place_pixels(r, l->n_panel_rows * KERB_DENSITY__PANEL, l->spec.ymax,
                              -l->spec.cell_m, &r->row_at, &r->row_off, &r->row_origin);
    return status;
}

/* Multiples of the quantum add up without rounding as long as the sum of all points stays below
 * 2^51 of it. */
static void find_quanta(ring *r, double total)
{
    const kerb_density__lattice *l = r->lattice;
    double side_px = (double)(KERB_DENSITY__TILE * r->moment_tiles);
    double farthest = (0.5 * side_px + l->reach_px + 8.0) * l->spec.cell_m * 1.5;
    r->quantum[MAX_WIDE / 2] = ldexp(1.0, ilogb(total + 1.0) + 1 - 51);
    for (size_t i = 0; i < kerb_density__ring_n_wide(r->power); i++) {
        double most = (total + 1.0) * pow(farthest, kerb_density__ring_degree(r->power, i));
        r->quantum[i] = ldexp(1.0, ilogb(most) + 1 - 51);
    }
}

static int power_of(kerb_kernel kernel)
{
    assert(kernel == KERB_KERNEL_UNIFORM || kernel == KERB_KERNEL_EPANECHNIKOV ||
           kernel == KERB_KERNEL_QUARTIC || kernel == KERB_KERNEL_TRIWEIGHT);
    return kernel == KERB_KERNEL_UNIFORM        ? 0
           : kernel == KERB_KERNEL_EPANECHNIKOV ? 1
           : kernel == KERB_KERNEL_QUARTIC      ? 2
                                                : 3;
}

static double find_largest_weight(const kerb_density_points *points)
{
    double largest = 0.0;
    for (size_t i = 0; points->weight && i < points->n; i++)
        largest = points->weight[i] > largest ? points->weight[i] : largest;
    return points->weight ? largest : 1.0;
}

static bool are_all_one(const kerb_density_points *points)
{
    size_t i = 0;
    while (points->weight && i < points->n && points->weight[i] == 1.0)
        i++;
    return !points->weight || i == points->n;
}

static void find_factors(ring *r, const kerb_density_options *options, double largest)
{
    const kerb_density__lattice *l = r->lattice;
    double cell_m = l->spec.cell_m, unit = largest > 0.0 ? ldexp(1.0, ilogb(largest)) : 1.0;
    r->weight_factor = 1.0 / unit;
    double reach = r->is_double ? options->bandwidth_m : l->reach_px;
    r->reach2 = reach * reach;
    r->value_factor = kerb_density__scale(options->kernel, reach) * unit;
    if (!r->is_double)
        r->value_factor /= cell_m * cell_m;
    double total = kerb_density__sort_weight(r->sort) / unit;
    size_t n = kerb_density__sort_count(r->sort);
    r->heavy = n > 0 ? (double)MANY * total / (double)n : (double)INFINITY;
    if (r->is_double)
        find_quanta(r, total);
}

/* Just inside the rim a polynomial of degree 2p gives the p-th power of a small number as a
 * difference of large ones. In float64 the last part, where r^2 - d^2 is less than this share
 * of r^2, is left to the rim: errors are then below 3e-10 of a value even for one place alone.
 */
static double find_inner_px(const ring *r)
{
    static const double LEAST_SHARES[4] = {0.0, 0.0, 0.01, 0.15};
    return r->lattice->reach_px * sqrt(1.0 - (r->is_double ? LEAST_SHARES[r->power] : 0.0));
}

static kerb_status ring_open(kerb_ctx *ctx, const kerb_density__task *task,
                             kerb_density_report *report, void **state)
{
    const kerb_density_options *options = task->options;
    ring *r = kerb_calloc_array(1, sizeof *r);
    if (!r)
        return kerb_fail_nomem(ctx, "a surface");
    r->power = power_of(options->kernel);
    /* A uniform kernel's rim is a cliff: which side a centre is on takes doubles. With a short
     * reach all of the kernel is rim, and its peak would carry the error of floats three times.
     */
    r->is_double = options->precision == KERB_DENSITY_FLOAT64 || r->power == 0 ||
                   options->bandwidth_m < LEAST_FLOAT_REACH * task->spec->cell_m;
    r->loops = kerb_density__ring_loops_of(kerb_ctx_get_simd(ctx));
    r->n_wide = kerb_density__ring_n_wide(r->power) * (r->is_double ? 2 : 1);
    r->n_narrow = r->is_double ? 4 : 2;
    kerb_density_points points = *task->points;
    if (are_all_one(&points))
        points.weight = NULL;
    unsigned keep = (points.weight || r->is_double ? KERB_DENSITY__SORT_WEIGHTS : 0u) |
                    (r->is_double ? KERB_DENSITY__SORT_DOUBLES : 0u);
    kerb_status status =
        kerb_density__sort_new(ctx, task->spec, options->bandwidth_m, keep, &r->sort);
    if (status == KERB_OK)
        status = kerb_density__sort_add(ctx, r->sort, &points);
    if (status == KERB_OK)
        status = kerb_density__sort_seal(ctx, r->sort);
    if (status != KERB_OK)
        goto done;
    r->lattice = kerb_density__sort_lattice(r->sort);
    status = kerb_density__ring_classes_init(r->classes, r->lattice->reach_px, find_inner_px(r),
                                             &r->pad);
    if (status == KERB_OK)
        status = place_all(r);
    if (status != KERB_OK) {
        status = kerb_fail_nomem(ctx, "the rims of a kernel");
        goto done;
    }
    find_factors(r, options, find_largest_weight(&points));
    report->n_places = kerb_density__sort_places(r->sort);
    report->mass_events = kerb_density__sort_weight(r->sort);
    *state = r, r = NULL;
done:
    ring_close(r);
    return status;
}

const kerb_density__method kerb_density__ring = {"ring", ring_open, ring_rows, ring_close};
