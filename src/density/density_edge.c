/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of a kernel lies in a window. The border within reach comes in chains: from where it
 * enters the disc (or the chain begins) to where it leaves.
 *
 *          _-A-_            e = F(R) (2 pi w - sum over chains of the angle they sweep)
 *        /   |   \              + sum over their pieces of the integral of F d theta
 *  W    |  u  \   |
 *        \    |  /          with w the turns of the whole border about u (1 inside, 0 outside):
 *          ~-B-~            beyond reach the integrand is the constant F(R).
 *
 * The angle of a chain is that between its ends, and whole turns are counted where an edge
 * crosses the ray from u to the west, decided exactly: no rounding can lose a turn. When u lies
 * on the border the edges that hold it are left out of chains and w is the share of a full
 * circle that W takes up at u (1/2 on an edge). Source: Green's theorem; edge correction after
 * Diggle (1985) and Jones (1993) [diggle1985] [jones1993]. */
#include "density_edge_internal.h"

#include "density_internal.h"
#include "kerb_base.h"
#include "kerb_geo_exact.h"

#include <assert.h>
#include <math.h>

#define TWO_PI (2.0 * KERB_PI)

typedef struct sight {
    double x, y; /* from u, in bandwidths */
    double r2;
    bool is_within; /* reach */
    bool is_upper;  /* agrees with the sign of atan2() */
} sight;

typedef struct walk {
    const kerb_edge_window *window;
    kerb_point u;
    double per_m, reach2;
    kerb_density__piece_integral *integrate;
    double integral; /* of F d theta over the pieces so far */
    double swept;    /* angle of the chains so far */
    bool is_open;    /* within a chain … */
    double opened_at;
    int turns; /* … its beginning and the turns in it */
    bool is_on_border;
    double opening; /* angle that W takes up at u, but for full turns; on the border only */
} walk;

static sight make_sight(const walk *w, double x, double y)
{
    sight s = {.x = x, .y = y, .r2 = x * x + y * y, .is_upper = !signbit(y)};
    s.is_within = s.r2 <= w->reach2;
    return s;
}

static sight look_at(const walk *w, size_t i)
{
    const kerb_point *p = &w->window->points[i];
    return make_sight(w, (p->x - w->u.x) * w->per_m, (p->y - w->u.y) * w->per_m);
}

/* A point of the line through a and b. */
static sight look_between(const walk *w, const sight *a, const sight *b, double t)
{
    return make_sight(w, a->x + t * (b->x - a->x), a->y + t * (b->y - a->y));
}

static double direction(const sight *s)
{
    return atan2(s->y, s->x);
}

static void close_chain(walk *w, const sight *end)
{
    if (w->is_open)
        w->swept += direction(end) - w->opened_at + TWO_PI * w->turns;
    w->is_open = false;
}

/* The piece of edge i from a to b, both within reach (or at it). */
static void add_piece(walk *w, size_t i, const sight *a, const sight *b, double cross)
{
    if (!w->is_open) {
        w->is_open = true;
        w->opened_at = direction(a);
        w->turns = 0;
    }
    if (a->is_upper != b->is_upper) {
        /* West of u? Seen along the edge u is then on the left going down, right going up. */
        const kerb_point *edge = &w->window->points[i];
        int side = kerb_geo_side(edge[0], edge[1], w->u);
        if (a->is_upper && side > 0)
            w->turns++;
        else if (b->is_upper && side < 0)
            w->turns--;
    }
    kerb_density__piece piece = {.ax = a->x,
                                 .ay = a->y,
                                 .bx = b->x,
                                 .by = b->y,
                                 .a2 = a->r2,
                                 .b2 = b->r2,
                                 .ab = a->x * b->x + a->y * b->y,
                                 .cross = cross};
    w->integral += w->integrate(&piece);
}

/* u lies on the edge from a to b: no integral (d theta is 0 on both sides of u). */
static void add_edge_at_u(walk *w, const sight *a, const sight *b)
{
    close_chain(w, a);
    w->is_on_border = true;
    if (a->x != 0.0 || a->y != 0.0)
        w->opening += direction(a);
    if (b->x != 0.0 || b->y != 0.0)
        w->opening -= direction(b);
}

/* An edge with an end beyond reach: the part of it within, if any. */
static void add_cut_edge(walk *w, size_t i, sight a, sight b, double cross)
{
    double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    double along = a.x * dx + a.y * dy; /* a . (b - a) */
    double under_root = length2 * w->reach2 - cross * cross;
    double from = 0.0, to = 1.0;
    if (under_root <= 0.0 && !a.is_within && !b.is_within)
        return;
    /* roots of |a + t (b - a)|^2 = R^2, each in the form that does not cancel */
    double root = sqrt(fmax(under_root, 0.0)), rest = a.r2 - w->reach2;
    if (!a.is_within)
        from = along < 0.0 ? rest / (root - along) : 1.0; /* leading away */
    if (!b.is_within)
        to = along > 0.0 ? -rest / (along + root) : (root - along) / length2;
    from = fmin(fmax(from, 0.0), 1.0);
    to = fmin(fmax(to, 0.0), 1.0);
    if (!(from < to)) {
        if (a.is_within)
            close_chain(w, &a);
        return;
    }
    bool is_leaving = !b.is_within;
    sight start = a.is_within ? a : look_between(w, &a, &b, from);
    sight end = b.is_within ? b : look_between(w, &a, &b, to);
    add_piece(w, i, &start, &end, cross * (to - from));
    if (is_leaving)
        close_chain(w, &end);
}

static bool holds_u(const walk *w, size_t i, const sight *a, const sight *b)
{
    if (a->x * b->x > 0.0 || a->y * b->y > 0.0)
        return false; /* u is not in the edge's box: nearly always */
    const kerb_point *edge = &w->window->points[i];
    return kerb_geo_cross(edge[0], edge[1], w->u) == KERB_GEO_CROSSING_ON;
}

static void add_run(void *user, kerb_density__run run)
{
    walk *w = user;
    sight a = look_at(w, run.first);
    for (size_t i = run.first; i < run.end; i++) {
        sight b = look_at(w, i + 1);
        double cross = a.x * b.y - a.y * b.x;
        if (holds_u(w, i, &a, &b))
            add_edge_at_u(w, &a, &b);
        else if (a.is_within && b.is_within)
            add_piece(w, i, &a, &b, cross);
        else
            add_cut_edge(w, i, a, b, cross);
        a = b;
    }
    close_chain(w, &a);
}

/* Turns of the border about u. */
static double count_turns(const walk *w)
{
    if (!w->is_on_border)
        return kerb_edge_window_holds(w->window, w->u.x, w->u.y) ? 1.0 : 0.0;
    double turns = w->opening / TWO_PI;
    return turns - floor(turns);
}

double kerb_edge_mass(const kerb_edge_window *window, kerb_kernel kernel, double bandwidth_m,
                      double x, double y)
{
    assert(kerb_density__has_kernel(kernel) && bandwidth_m > 0.0);
    double reach_m = kerb_kernel_reach_m(kernel, bandwidth_m), reach = reach_m / bandwidth_m;
    double full = kerb_density__full_mass(kernel);
    walk w = {.window = window,
              .u = {x, y},
              .per_m = 1.0 / bandwidth_m,
              .reach2 = reach * reach,
              .integrate = kerb_density__piece_integral_of(kernel)};
    if (!isfinite(x) || !isfinite(y))
        return NAN;
    kerb_density__visit_near(window, (kerb_box){x, y, x, y}, reach_m, add_run, &w);
    double mass = full * (count_turns(&w) - w.swept / TWO_PI) + w.integral;
    return fmin(fmax(mass, 0.0), full); /* by rounding a little beyond */
}

/* ------------------------------------------------------------------------ many at once */

static kerb_status check_bandwidth(kerb_ctx *ctx, kerb_kernel kernel, double bandwidth_m)
{
    if (!kerb_density__has_kernel(kernel))
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kernel number %d", (int)kernel);
    if (!(bandwidth_m >= 1e-30 && bandwidth_m <= 1e30))
        return kerb_fail(ctx, KERB_ERR_RANGE,
                         "bandwidth must lie between 1e-30 and 1e30, got %g", bandwidth_m);
    return KERB_OK;
}

enum { POINTS_PER_CHUNK = 256, TILE = 16 };

typedef struct points_job {
    const kerb_edge_window *window;
    kerb_kernel kernel;
    size_t n;
    const double *x, *y, *bandwidths_m;
    double bandwidth_m, *mass;
} points_job;

static kerb_status work_points(void *user, size_t i_chunk)
{
    const points_job *j = user;
    size_t first = i_chunk * POINTS_PER_CHUNK, end = first + POINTS_PER_CHUNK;
    for (size_t i = first; i < end && i < j->n; i++)
        j->mass[i] = kerb_edge_mass(
            j->window, j->kernel, j->bandwidths_m != NULL ? j->bandwidths_m[i] : j->bandwidth_m,
            j->x[i], j->y[i]);
    return KERB_OK;
}

kerb_status kerb_edge_mass_points(kerb_ctx *ctx, const kerb_edge_window *window,
                                  kerb_kernel kernel, double bandwidth_m, size_t n,
                                  const double *x, const double *y, const double *bandwidths_m,
                                  double *mass)
{
    kerb_status status = check_bandwidth(ctx, kernel, bandwidth_m);
    for (size_t i = 0; bandwidths_m != NULL && i < n && status == KERB_OK; i++)
        status = check_bandwidth(ctx, kernel, bandwidths_m[i]);
    if (status != KERB_OK)
        return status;
    points_job j = {window, kernel, n, x, y, bandwidths_m, bandwidth_m, mass};
    return kerb_parallel_for(ctx, "edge", (n + POINTS_PER_CHUNK - 1) / POINTS_PER_CHUNK,
                             work_points, &j);
}

typedef struct rows_job {
    const kerb_edge_window *window;
    kerb_kernel kernel;
    double bandwidth_m, reach_m;
    const kerb_grid_spec *spec;
    size_t first_row, n_rows;
    const uint8_t *mask;
    double *mass;
} rows_job;

/* A tile that no border reaches has one value. */
static void work_tile(const rows_job *j, size_t row, size_t end_row, size_t col, size_t end_col)
{
    kerb_box centres = {
        kerb_grid_col_x(j->spec, col), kerb_grid_row_y(j->spec, j->first_row + end_row - 1),
        kerb_grid_col_x(j->spec, end_col - 1), kerb_grid_row_y(j->spec, j->first_row + row)};
    bool is_near = kerb_density__visit_near(j->window, centres, j->reach_m, NULL, NULL);
    double far = 0.0;
    if (!is_near && kerb_edge_window_holds(j->window, centres.xmin, centres.ymin))
        far = kerb_density__full_mass(j->kernel);
    for (size_t r = row; r < end_row; r++) {
        double y = kerb_grid_row_y(j->spec, j->first_row + r);
        for (size_t c = col; c < end_col; c++) {
            size_t i = r * j->spec->n_cols + c;
            if (j->mask != NULL && !j->mask[i])
                j->mass[i] = (double)NAN;
            else if (!is_near)
                j->mass[i] = far;
            else
                j->mass[i] = kerb_edge_mass(j->window, j->kernel, j->bandwidth_m,
                                            kerb_grid_col_x(j->spec, c), y);
        }
    }
}

static kerb_status work_rows(void *user, size_t i_band)
{
    const rows_job *j = user;
    size_t row = i_band * TILE, end_row = row + TILE < j->n_rows ? row + TILE : j->n_rows;
    for (size_t col = 0; col < j->spec->n_cols; col += TILE) {
        size_t end_col = col + TILE < j->spec->n_cols ? col + TILE : j->spec->n_cols;
        work_tile(j, row, end_row, col, end_col);
    }
    return KERB_OK;
}

kerb_status kerb_edge_mass_rows(kerb_ctx *ctx, const kerb_edge_window *window,
                                kerb_kernel kernel, double bandwidth_m,
                                const kerb_grid_spec *spec, size_t first_row, size_t n_rows,
                                const uint8_t *mask_rows, double *mass)
{
    kerb_status status = check_bandwidth(ctx, kernel, bandwidth_m);
    if (status == KERB_OK)
        status = kerb_grid_spec_check(ctx, spec);
    if (status != KERB_OK)
        return status;
    if (first_row > spec->n_rows || n_rows > spec->n_rows - first_row)
        return kerb_fail(ctx, KERB_ERR_ARG, "rows %zu to %zu of %zu do not exist", first_row,
                         first_row + n_rows, spec->n_rows);
    rows_job j = {.window = window,
                  .kernel = kernel,
                  .bandwidth_m = bandwidth_m,
                  .reach_m = kerb_kernel_reach_m(kernel, bandwidth_m),
                  .spec = spec,
                  .first_row = first_row,
                  .n_rows = n_rows,
                  .mask = mask_rows,
                  .mass = mass};
    return kerb_parallel_for(ctx, "edge", (n_rows + TILE - 1) / TILE, work_rows, &j);
}
