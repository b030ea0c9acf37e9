/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One chunk of the method "sum": some rows and tiles of a grid.
 *
 *        tile  tile  tile      Places that reach the chunk are taken in blocks, in the order
 *       +-----+-----+-----+    of their table. Of each place of a block the terms of its rows
 *  band |     |  .--|-.   |    (and of the bell's columns) are tabulated, and its number goes
 *       +-----+-/---+--\--+    into the list of every tile that its disc meets; a band is as
 *  band |     | | o |   | |    high as a tile. Then every tile adds its list. */
#include "density_sum.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

/* Places in a block: their numbers, doubled, fit a byte. */
enum { BLOCK_PLACES = 128 };

/* Doubles for columns of a block's bells: half of a second level of cache. */
enum { COL_BELLS = 64 * 1024 };

typedef struct work {
    const kerb_density__sum_state *state;
    const kerb_density__chunk *chunk;
    size_t n_rows, n_bands, n_tiles; /* rows are filled up to whole bands */
    double cells_per_m;
    double tiles_per_col;
    double *row_y;       /* centres of the rows */
    double *cells;       /* sums of n_rows rows of n_tiles tiles */
    uint8_t *is_wanted;  /* of each band and tile: has it a cell of the mask? */
    uint8_t *is_touched; /* of each band and tile: are its sums begun? */

    kerb_density__stamp *stamps;
    size_t n_stamps;
    double *row_terms, *row_bells; /* n_rows a stamp */
    double *col_bells;
    size_t n_col_bells, max_col_bells;
    uint8_t *lists, *counts; /* BLOCK_PLACES and one of each band and tile */
} work;

/* ------------------------------------------------------------------------------ discs */

/* A place's disc in cells, counted from the centre of the chunk's first cell. */
typedef struct disc {
    double col, row;
    double reach, reach2;
    double margin; /* for rounding: whoever is truly out of reach adds 0 */
} disc;

/* Tiles or bands [from, to) of the chunk. */
typedef struct range {
    size_t from, to;
} range;

static disc make_disc(const work *w, double x, double y, double reach_m)
{
    const kerb_grid_spec *spec = &w->state->spec;
    size_t first_col = w->chunk->first_tile * w->state->tile_cols;
    double reach = reach_m * w->cells_per_m;
    return (disc){.col = (x - spec->xmin) * w->cells_per_m - 0.5 - (double)first_col,
                  .row = (spec->ymax - y) * w->cells_per_m - 0.5 - (double)w->chunk->first_row,
                  .reach = reach,
                  .reach2 = reach * reach,
                  .margin = 1e-9 * reach + 1e-5};
}

/* Tiles with a column in [first, last]; one too many does no harm. */
static range find_tiles(const work *w, double first, double last)
{
    double from = (first + 0.999999) * w->tiles_per_col, to = last * w->tiles_per_col;
    if (!(to >= 0.0 && from < (double)w->n_tiles))
        return (range){0, 0};
    return (range){from > 0.0 ? (size_t)(int)from : 0,
                   to < (double)w->n_tiles ? (size_t)(int)to + 1 : w->n_tiles};
}

/* Tiles that have all their columns in [first, last]; one too few does no harm. */
static range find_inner_tiles(const work *w, double first, double last)
{
    double from = first * w->tiles_per_col, to = (last + 1.0) * w->tiles_per_col;
    if (!(to >= 0.0 && from < (double)w->n_tiles && first < last))
        return (range){0, 0};
    return (range){from > 0.0 ? (size_t)(int)from + 1 : 0,
                   to < (double)w->n_tiles ? (size_t)(int)to : w->n_tiles};
}

static range find_bands(const work *w, const disc *d)
{
    double rows = (double)w->state->loops->tile_rows, reach = d->reach + d->margin;
    double from = (d->row - reach + 0.999999) / rows, to = (d->row + reach) / rows;
    if (!(to >= 0.0 && from < (double)w->n_bands))
        return (range){0, 0};
    return (range){from > 0.0 ? (size_t)(int)from : 0,
                   to < (double)w->n_bands ? (size_t)(int)to + 1 : w->n_bands};
}

/* As fmax(), which is a call. */
static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Half of the disc's chord in a row that is dy from its centre. */
static double half_chord(const disc *d, double dy)
{
    return sqrt(larger(d->reach2 - dy * dy, 0.0));
}

/* Widest and narrowest half chord of the disc in rows [first, last]. */
static double widest_half(const disc *d, double first, double last)
{
    return half_chord(d, larger(larger(first - d->row, d->row - last), 0.0)) + d->margin;
}

static double narrowest_half(const disc *d, double first, double last)
{
    return half_chord(d, larger(d->row - first, last - d->row)) - d->margin;
}

/* ------------------------------------------------------------------------------ tiles */

/* Put an entry into the lists of tiles [from, to) of a band. */
static void append(work *w, size_t band, range tiles, uint8_t entry)
{
    for (size_t at = band * w->n_tiles + tiles.from; at < band * w->n_tiles + tiles.to; at++)
        w->lists[at * BLOCK_PLACES + w->counts[at]++] = entry;
}

/* Note the last stamp in the lists of the tiles that its disc meets in these bands. */
static void list_stamp(work *w, const disc *d, range bands)
{
    size_t tile_rows = w->state->loops->tile_rows;
    uint8_t entry = (uint8_t)(2 * (w->n_stamps - 1));
    for (size_t band = bands.from; band < bands.to; band++) {
        double first = (double)(int)(band * tile_rows),
               last = first + (double)(int)tile_rows - 1;
        double half = widest_half(d, first, last);
        append(w, band, find_tiles(w, d->col - half, d->col + half), entry);
    }
}

/* The same for a bell: tiles that its rim may cross are marked. */
static void list_bell(work *w, const disc *d, range bands)
{
    size_t tile_rows = w->state->loops->tile_rows;
    uint8_t entry = (uint8_t)(2 * (w->n_stamps - 1));
    for (size_t band = bands.from; band < bands.to; band++) {
        double first = (double)(int)(band * tile_rows),
               last = first + (double)(int)tile_rows - 1;
        double half = widest_half(d, first, last);
        range reached = find_tiles(w, d->col - half, d->col + half);
        half = narrowest_half(d, first, last);
        range inner = find_inner_tiles(w, d->col - half, d->col + half);
        if (inner.from >= inner.to) {
            append(w, band, reached, entry + 1);
            continue;
        }
        append(w, band, (range){reached.from, inner.from}, entry + 1);
        append(w, band, inner, entry);
        append(w, band, (range){inner.to, reached.to}, entry + 1);
    }
}

static void add_tile(work *w, size_t band, size_t tile)
{
    const kerb_density__sum_state *s = w->state;
    size_t tile_rows = s->loops->tile_rows, stride = w->n_tiles * s->tile_cols;
    size_t at = band * w->n_tiles + tile;
    double *cells = w->cells + band * tile_rows * stride + tile * s->tile_cols;
    for (size_t row = 0; !w->is_touched[at] && row < tile_rows; row++)
        memset(cells + row * stride, 0, s->tile_cols * sizeof *cells);
    w->is_touched[at] = 1;
    const kerb_density__tile job = {
        .cells = cells,
        .stride = stride,
        .col_x = s->col_x + (w->chunk->first_tile + tile) * s->tile_cols,
        .i_tile = tile,
        .first_row = band * tile_rows,
        .stamps = w->stamps,
        .list = w->lists + at * BLOCK_PLACES,
        .n = w->counts[at],
    };
    s->loops->add[s->i_width][s->shape](&job);
}

static void add_block(work *w)
{
    for (size_t band = 0; w->n_stamps > 0 && band < w->n_bands; band++)
        for (size_t tile = 0; tile < w->n_tiles; tile++) {
            size_t at = band * w->n_tiles + tile;
            if (w->counts[at] > 0 && w->is_wanted[at])
                add_tile(w, band, tile);
            w->counts[at] = 0;
        }
    w->n_stamps = 0;
    w->n_col_bells = 0;
}

/* ----------------------------------------------------------------------------- stamps */

static void fill_bells(work *w, kerb_density__stamp *stamp, double y, double sd, range rows,
                       range tiles)
{
    const kerb_density__sum_state *s = w->state;
    double exponent = (s->is_squared ? -1.0 : -0.5) / (sd * sd);
    double *of_rows = w->row_bells + w->n_stamps * w->n_rows;
    double *of_cols = w->col_bells + w->n_col_bells;
    size_t n_cols = (tiles.to - tiles.from) * s->tile_cols;
    const double *col_x = s->col_x + (w->chunk->first_tile + tiles.from) * s->tile_cols;
    s->loops->fill_bells(of_rows + rows.from, w->row_y + rows.from, rows.to - rows.from, y,
                         stamp->per_m, exponent);
    for (size_t row = rows.from; row < rows.to; row++)
        of_rows[row] *= stamp->weight;
    s->loops->fill_bells(of_cols, col_x, n_cols, stamp->x_m, stamp->per_m, exponent);
    stamp->row_bells = of_rows;
    stamp->col_bells = of_cols;
    stamp->first_tile = tiles.from;
    w->n_col_bells += n_cols;
}

static void fill_row_terms(const work *w, kerb_density__stamp *stamp, double y, range rows)
{
    kerb_density__shape shape = w->state->shape;
    bool is_distance = shape == KERB_DENSITY__FLAT || shape == KERB_DENSITY__CONE ||
                       shape == KERB_DENSITY__CONE_2;
    double *terms = w->row_terms + w->n_stamps * w->n_rows;
    for (size_t row = rows.from; row < rows.to; row++) {
        double dy = (w->row_y[row] - y) * stamp->per_m, dy2 = dy * dy;
        terms[row] = is_distance ? dy2 : stamp->reach2 - dy2;
    }
    stamp->row_terms = terms;
}

static void add_stamp(work *w, const kerb_density__class *class, size_t i_place)
{
    const kerb_density__sum_state *s = w->state;
    const kerb_density__places *places = s->places;
    double h = places->bandwidth_m ? places->bandwidth_m[i_place] : s->bandwidth_m;
    double x = places->x[i_place], y = places->y[i_place];
    double reach_m = kerb_kernel_reach_m(s->kernel, h), reach = reach_m * class->per_m;
    disc d = make_disc(w, x, y, reach_m);
    double half = widest_half(&d, 0.0, (double)(w->n_rows - 1));
    range tiles = find_tiles(w, d.col - half, d.col + half);
    if (tiles.from >= tiles.to)
        return;
    range bands = find_bands(w, &d);
    if (bands.from >= bands.to)
        return;
    bool is_bell = s->shape == KERB_DENSITY__BELL;
    size_t n_bells = is_bell ? (tiles.to - tiles.from) * s->tile_cols : 0;
    if (w->n_stamps == BLOCK_PLACES || w->n_col_bells + n_bells > w->max_col_bells)
        add_block(w);

    size_t tile_rows = s->loops->tile_rows;
    range rows = {bands.from * tile_rows, bands.to * tile_rows};
    kerb_density__stamp *stamp = &w->stamps[w->n_stamps];
    *stamp = (kerb_density__stamp){.x_m = x,
                                   .per_m = class->per_m,
                                   .weight = places->weight[i_place],
                                   .reach = reach,
                                   .reach2 = reach * reach};
    fill_row_terms(w, stamp, y, rows);
    if (is_bell)
        fill_bells(w, stamp, y, h * class->per_m, rows, tiles);
    w->n_stamps++;
    if (is_bell)
        list_bell(w, &d, bands);
    else
        list_stamp(w, &d, bands);
}

/* First place of [from, to), sorted by y, that is not below a limit. */
static size_t find_y(const double *y, size_t from, size_t to, double limit)
{
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (y[middle] < limit)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void add_places(work *w)
{
    const kerb_density__places *places = w->state->places;
    double top = w->row_y[0], bottom = w->row_y[w->n_rows - 1];
    for (size_t c = 0; c < places->n_classes; c++) {
        const kerb_density__class *class = &places->classes[c];
        double limit_m = class->reach_m * (1.0 + 1e-9) + 1e-5 * w->state->spec.cell_m;
        size_t i = find_y(places->y, class->from, class->to, bottom - limit_m);
        for (; i < class->to && places->y[i] <= top + limit_m; i++)
            add_stamp(w, class, i);
    }
    add_block(w);
}

/* ------------------------------------------------------------------------------- mask */

/* Mark the tiles with a cell that is asked for; false when there is none. */
static bool find_wanted(work *w)
{
    const kerb_density__sum_state *s = w->state;
    const kerb_density__chunk *chunk = w->chunk;
    size_t n_cols = s->spec.n_cols, tile_rows = s->loops->tile_rows;
    size_t n_rows = chunk->end_row - chunk->first_row;
    bool any = chunk->mask == NULL;
    memset(w->is_wanted, any, w->n_bands * w->n_tiles);
    for (size_t row = 0; chunk->mask && row < n_rows; row++)
        for (size_t tile = 0; tile < w->n_tiles; tile++) {
            size_t col = (chunk->first_tile + tile) * s->tile_cols;
            size_t n = n_cols - col < s->tile_cols ? n_cols - col : s->tile_cols;
            if (!memchr(chunk->mask + row * n_cols + col, 1, n))
                continue;
            w->is_wanted[row / tile_rows * w->n_tiles + tile] = 1;
            any = true;
        }
    return any;
}

/* Sums become densities. Cells that nobody reaches are not written: where a whole page of them
 * is together, the system never gives it memory, and a few wrong coordinates do not cost a
 * gigabyte. */
static void give_values(const work *w)
{
    const kerb_density__sum_state *s = w->state;
    const kerb_density__chunk *chunk = w->chunk;
    size_t n_cols = s->spec.n_cols, tile_rows = s->loops->tile_rows;
    size_t stride = w->n_tiles * s->tile_cols;
    for (size_t row = 0; row < chunk->end_row - chunk->first_row; row++)
        for (size_t tile = 0; tile < w->n_tiles; tile++) {
            size_t col = (chunk->first_tile + tile) * s->tile_cols;
            size_t n = n_cols - col < s->tile_cols ? n_cols - col : s->tile_cols;
            const double *cells = w->cells + row * stride + tile * s->tile_cols;
            if (!w->is_touched[row / tile_rows * w->n_tiles + tile])
                continue;
            for (size_t c = 0; c < n; c++)
                chunk->values[row * n_cols + col + c] = cells[c] * s->scale;
        }
}

/* ------------------------------------------------------------------------------ whole */

static void clear_work(work *w)
{
    kerb_free(w->counts);
    kerb_free(w->lists);
    kerb_free(w->col_bells);
    kerb_free(w->row_bells);
    kerb_free(w->row_terms);
    kerb_free(w->stamps);
    kerb_free(w->is_touched);
    kerb_free(w->is_wanted);
    kerb_free(w->cells);
    kerb_free(w->row_y);
}

static bool alloc_work(work *w)
{
    const kerb_density__sum_state *s = w->state;
    size_t n_cols = w->n_tiles * s->tile_cols, n_terms = BLOCK_PLACES * w->n_rows;
    size_t n_all = w->n_bands * w->n_tiles;
    bool is_bell = s->shape == KERB_DENSITY__BELL;
    w->max_col_bells = n_cols > COL_BELLS ? n_cols : COL_BELLS;
    w->row_y = kerb_alloc_array(w->n_rows, sizeof *w->row_y);
    w->cells = kerb_alloc_array(w->n_rows * n_cols, sizeof *w->cells);
    w->is_wanted = kerb_alloc_array(n_all, 1);
    w->is_touched = kerb_calloc_array(n_all, 1);
    w->stamps = kerb_alloc_array(BLOCK_PLACES, sizeof *w->stamps);
    w->row_terms = kerb_alloc_array(n_terms, sizeof *w->row_terms);
    w->row_bells = kerb_alloc_array(is_bell ? n_terms : 1, sizeof *w->row_bells);
    w->col_bells = kerb_alloc_array(is_bell ? w->max_col_bells : 1, sizeof *w->col_bells);
    w->lists = kerb_alloc_array(n_all * BLOCK_PLACES, 1);
    w->counts = kerb_calloc_array(n_all, 1);
    return w->row_y && w->cells && w->is_wanted && w->is_touched && w->stamps && w->row_terms &&
           w->row_bells && w->col_bells && w->lists && w->counts;
}

kerb_status kerb_density__sum_chunk(const kerb_density__sum_state *state,
                                    const kerb_density__chunk *chunk)
{
    size_t tile_rows = state->loops->tile_rows;
    size_t n_bands = (chunk->end_row - chunk->first_row + tile_rows - 1) / tile_rows;
    work w = {.state = state,
              .chunk = chunk,
              .n_rows = n_bands * tile_rows,
              .n_bands = n_bands,
              .n_tiles = chunk->end_tile - chunk->first_tile,
              .cells_per_m = 1.0 / state->spec.cell_m,
              .tiles_per_col = 1.0 / (double)state->tile_cols};
    kerb_status status = alloc_work(&w) ? KERB_OK : KERB_ERR_NOMEM;
    if (status == KERB_OK && find_wanted(&w)) {
        for (size_t row = 0; row < w.n_rows; row++)
            w.row_y[row] = kerb_grid_row_y(&state->spec, chunk->first_row + row);
        add_places(&w);
        give_values(&w);
    }
    clear_work(&w);
    return status;
}
