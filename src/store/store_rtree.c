/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SQLite's R*Tree, written from the bottom up instead of insert by insert: 20 times less work.
 *
 *   node 1                the root
 *   nodes 2 … k           the level below, in order of the curve
 *   …                     the leaves last
 *
 * Points are put in the order of a Hilbert curve and cut into leaves of 80 % of what a node
 * holds (full leaves would all split at the next inserts); leaves into inner nodes the same
 * way. Each node holds boxes as float32, minima rounded down and maxima up, as SQLite does.
 * Source: Kamel & Faloutsos (1993), On packing R-trees; the file form from SQLite, "The SQLite
 * R*Tree Module", section 5, "shadow tables".
 */
#include "store_internal.h"

#include <math.h>
#include <string.h>

enum { CELL_BYTES = 24, NODE_HEAD_BYTES = 4, MAX_LEVELS = 12, MIN_NODE_BYTES = 4 + 24 * 4 };

/* ------------------------------------------------------------------ the points */

static bool grow_points(kerb_store__points *points, size_t capacity)
{
    /* each array stays valid when the next one cannot grow; capacity is raised last */
    float *x = kerb_realloc_array(points->x, capacity, sizeof *x);
    if (x)
        points->x = x;
    float *y = x ? kerb_realloc_array(points->y, capacity, sizeof *y) : NULL;
    if (y)
        points->y = y;
    uint8_t *inexact = y ? kerb_realloc_array(points->inexact, capacity / 4, 1) : NULL;
    if (inexact)
        points->inexact = inexact;
    bool ids_grown = !points->ids;
    if (inexact && points->ids) {
        int64_t *ids = kerb_realloc_array(points->ids, capacity, sizeof *ids);
        if (ids)
            points->ids = ids;
        ids_grown = ids != NULL;
    }
    if (!inexact || !ids_grown)
        return false;
    points->capacity = capacity;
    return true;
}

/* The first gap in the ids: from here each row carries its own. */
static bool make_ids(kerb_store__points *points)
{
    points->ids = kerb_alloc_array(points->capacity, sizeof *points->ids);
    if (!points->ids)
        return false;
    for (size_t i = 0; i < points->n; i++)
        points->ids[i] = points->first_id + (int64_t)i;
    return true;
}

/* The next float up; by its bits, because nextafterf() costs as much as a row's whole cell. */
static float next_up(float value)
{
    uint32_t bits;
    if (value == 0.0f) /* either zero */
        bits = 1;
    else {
        memcpy(&bits, &value, sizeof bits);
        bits = value > 0.0f ? bits + 1 : bits - 1;
    }
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static float round_down(double value, bool *inexact)
{
    float rounded = (float)value;
    *inexact = (double)rounded != value;
    return (double)rounded > value ? -next_up(-rounded) : rounded;
}

kerb_status kerb_store__points_add(kerb_ctx *ctx, kerb_store__points *points, int64_t id,
                                   double x, double y)
{
    if (points->n == UINT32_MAX - 1)
        return kerb_fail(ctx, KERB_ERR_RANGE, "a store holds at most %u incidents",
                         UINT32_MAX - 1);
    if (points->n == points->capacity &&
        !grow_points(points, points->capacity ? 2 * points->capacity : 65536))
        return kerb_fail_nomem(ctx, "the spatial index");
    size_t i = points->n;
    if (i == 0)
        points->first_id = id;
    if (!points->ids && id != points->first_id + (int64_t)i && !make_ids(points))
        return kerb_fail_nomem(ctx, "the spatial index");
    if (points->ids)
        points->ids[i] = id;

    bool x_inexact = false, y_inexact = false;
    points->x[i] = isnan(x) ? NAN : round_down(x, &x_inexact);
    points->y[i] = isnan(x) ? NAN : round_down(y, &y_inexact);
    if (i % 4 == 0)
        points->inexact[i / 4] = 0;
    unsigned bits = (x_inexact ? 1u : 0u) | (y_inexact ? 2u : 0u);
    points->inexact[i / 4] |= (uint8_t)(bits << (2 * (i % 4)));
    points->n++;
    points->n_located += isnan(x) ? 0 : 1;
    return KERB_OK;
}

void kerb_store__points_clear(kerb_store__points *points)
{
    kerb_free(points->x);
    kerb_free(points->y);
    kerb_free(points->inexact);
    kerb_free(points->ids);
    *points = (kerb_store__points){0};
}

int64_t kerb_store__points_id(const kerb_store__points *points, size_t i)
{
    return points->ids ? points->ids[i] : points->first_id + (int64_t)i;
}

bool kerb_store__points_box(const kerb_store__points *points, size_t i, float box[4])
{
    float x = points->x[i], y = points->y[i];
    unsigned inexact = points->inexact[i / 4] >> (2 * (i % 4));
    box[0] = x;
    box[1] = inexact & 1 ? next_up(x) : x;
    box[2] = y;
    box[3] = inexact & 2 ? next_up(y) : y;
    return !isnan(x);
}

/* -------------------------------------------------------------------- the tree */

typedef struct node_box {
    float side[4]; /* xmin xmax ymin ymax */
} node_box;

typedef struct packed_tree {
    size_t node_bytes, capacity; /* of a node */
    size_t n_levels;             /* level 0 are the leaves */
    size_t n_nodes[MAX_LEVELS];
    size_t first_node[MAX_LEVELS]; /* number of the first node of a level */
    node_box *boxes[MAX_LEVELS];
} packed_tree;

/* Items of a level are spread evenly over its nodes, so that none is nearly empty. */
static size_t first_item(size_t n_items, size_t n_nodes, size_t i_node)
{
    return (size_t)((uint64_t)n_items * i_node / n_nodes);
}

static void plan_levels(packed_tree *tree, size_t n_points)
{
    size_t per_node = (tree->capacity * 8 + 5) / 10;
    size_t n_items = n_points;
    for (;;) {
        size_t n_nodes = n_items <= tree->capacity ? 1 : (n_items + per_node - 1) / per_node;
        tree->n_nodes[tree->n_levels++] = n_nodes;
        if (n_nodes == 1)
            break;
        n_items = n_nodes;
    }
    size_t number = 1;
    for (size_t level = tree->n_levels; level-- > 0;) {
        tree->first_node[level] = number;
        number += tree->n_nodes[level];
    }
}

static void widen(node_box *box, const float side[4])
{
    box->side[0] = side[0] < box->side[0] ? side[0] : box->side[0];
    box->side[1] = side[1] > box->side[1] ? side[1] : box->side[1];
    box->side[2] = side[2] < box->side[2] ? side[2] : box->side[2];
    box->side[3] = side[3] > box->side[3] ? side[3] : box->side[3];
}

static size_t count_items(const packed_tree *tree, const kerb_store__points *points,
                          size_t level)
{
    return level == 0 ? points->n_located : tree->n_nodes[level - 1];
}

/* Rows are visited in order of the curve, all over the columns: fetch a later one early. */
static void fetch_early(const kerb_store__points *points, const uint32_t *order, size_t i)
{
    enum { AHEAD = 24 };
    if (i + AHEAD < points->n_located) {
        size_t later = order[i + AHEAD];
        __builtin_prefetch(&points->x[later]);
        __builtin_prefetch(&points->y[later]);
        __builtin_prefetch(&points->inexact[later / 4]);
    }
}

static kerb_status make_boxes(kerb_ctx *ctx, packed_tree *tree,
                              const kerb_store__points *points, const uint32_t *order)
{
    for (size_t level = 0; level < tree->n_levels; level++) {
        size_t n_nodes = tree->n_nodes[level], n_items = count_items(tree, points, level);
        node_box *boxes = kerb_alloc_array(n_nodes, sizeof *boxes);
        if (!boxes)
            return kerb_fail_nomem(ctx, "the spatial index");
        tree->boxes[level] = boxes;
        for (size_t i_node = 0; i_node < n_nodes; i_node++) {
            node_box box = {{INFINITY, -INFINITY, INFINITY, -INFINITY}};
            size_t end = first_item(n_items, n_nodes, i_node + 1);
            for (size_t i = first_item(n_items, n_nodes, i_node); i < end; i++) {
                float side[4];
                if (level == 0) {
                    fetch_early(points, order, i);
                    kerb_store__points_box(points, order[i], side);
                    widen(&box, side);
                } else
                    widen(&box, tree->boxes[level - 1][i].side);
            }
            boxes[i_node] = box;
        }
    }
    return KERB_OK;
}

static void put_big(unsigned char *at, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        at[i] = (unsigned char)(value >> (8 * (n_bytes - 1 - i)));
}

static unsigned char *put_cell(unsigned char *at, int64_t id, const float side[4])
{
    put_big(at, (uint64_t)id, 8);
    for (int i = 0; i < 4; i++) {
        uint32_t bits;
        memcpy(&bits, &side[i], sizeof bits);
        put_big(at + 8 + 4 * i, bits, 4);
    }
    return at + CELL_BYTES;
}

/* A node's blob; as a side effect of the leaves, node_of each row. */
static void make_node(const packed_tree *tree, const kerb_store__points *points,
                      const uint32_t *order, size_t level, size_t i_node, uint32_t *node_of,
                      unsigned char *blob)
{
    size_t n_items = count_items(tree, points, level), n_nodes = tree->n_nodes[level];
    size_t begin = first_item(n_items, n_nodes, i_node);
    size_t end = first_item(n_items, n_nodes, i_node + 1);
    unsigned char *at = blob + NODE_HEAD_BYTES;
    memset(blob, 0, tree->node_bytes);
    if (level + 1 == tree->n_levels)
        put_big(blob, tree->n_levels - 1, 2); /* the root tells the depth */
    put_big(blob + 2, end - begin, 2);
    for (size_t i = begin; i < end; i++) {
        if (level == 0) {
            float side[4];
            fetch_early(points, order, i);
            kerb_store__points_box(points, order[i], side);
            at = put_cell(at, kerb_store__points_id(points, order[i]), side);
            node_of[order[i]] = (uint32_t)(tree->first_node[0] + i_node);
        } else
            at = put_cell(at, (int64_t)(tree->first_node[level - 1] + i),
                          tree->boxes[level - 1][i].side);
    }
}

static kerb_status write_nodes(kerb_ctx *ctx, kerb_store *store, const packed_tree *tree,
                               const kerb_store__points *points, const uint32_t *order,
                               uint32_t *node_of)
{
    sqlite3_stmt *stmt = NULL;
    unsigned char *blob = kerb_alloc_array(tree->node_bytes, 1);
    kerb_status status =
        blob ? kerb_store__prepare(
                   ctx, store,
                   "INSERT INTO idx_incident_geom_node (nodeno, data) VALUES (?, ?)", &stmt)
             : kerb_fail_nomem(ctx, "the spatial index");
    for (size_t level = tree->n_levels; level-- > 0;) {
        for (size_t i = 0; status == KERB_OK && i < tree->n_nodes[level]; i++) {
            make_node(tree, points, order, level, i, node_of, blob);
            sqlite3_bind_int64(stmt, 1, (int64_t)(tree->first_node[level] + i));
            sqlite3_bind_blob64(stmt, 2, blob, tree->node_bytes, SQLITE_STATIC);
            status = kerb_store__step(ctx, store, stmt);
        }
    }
    sqlite3_finalize(stmt);
    kerb_free(blob);
    return status;
}

static kerb_status write_parents(kerb_ctx *ctx, kerb_store *store, const packed_tree *tree)
{
    sqlite3_stmt *stmt = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store, "INSERT INTO idx_incident_geom_parent (nodeno, parentnode) VALUES (?, ?)",
        &stmt);
    for (size_t level = tree->n_levels - 1; level-- > 0;) {
        size_t n_parents = tree->n_nodes[level + 1], n_items = tree->n_nodes[level];
        for (size_t parent = 0; parent < n_parents; parent++) {
            size_t end = first_item(n_items, n_parents, parent + 1);
            for (size_t i = first_item(n_items, n_parents, parent);
                 status == KERB_OK && i < end; i++) {
                sqlite3_bind_int64(stmt, 1, (int64_t)(tree->first_node[level] + i));
                sqlite3_bind_int64(stmt, 2, (int64_t)(tree->first_node[level + 1] + parent));
                status = kerb_store__step(ctx, store, stmt);
            }
        }
    }
    sqlite3_finalize(stmt);
    return status;
}

/* The tables behind the index are written to directly, which DEFENSIVE forbids. */
static void set_defensive(kerb_store *store, int on)
{
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, on, (int *)NULL);
}

/* SQLite takes the size of a node from the root's blob, so do we. */
static kerb_status find_node_bytes(kerb_ctx *ctx, kerb_store *store, packed_tree *tree)
{
    int64_t n_bytes = 0;
    kerb_status status = kerb_store__query_int(
        ctx, store, "SELECT length(data) FROM idx_incident_geom_node WHERE nodeno = 1", 0,
        &n_bytes);
    if (status != KERB_OK)
        return status;
    if (n_bytes < MIN_NODE_BYTES || n_bytes > 65536)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "%s is damaged: its spatial index has no root",
                         store->path);
    tree->node_bytes = (size_t)n_bytes;
    tree->capacity = (tree->node_bytes - NODE_HEAD_BYTES) / CELL_BYTES;
    return KERB_OK;
}

kerb_status kerb_store__pack_index(kerb_ctx *ctx, kerb_store *store,
                                   const kerb_store__points *points)
{
    packed_tree tree = {0};
    uint32_t *order = NULL, *node_of = NULL;
    kerb_status status = find_node_bytes(ctx, store, &tree);
    if (status == KERB_OK)
        status = kerb_store__hilbert_order(ctx, points, &order);
    if (status != KERB_OK)
        goto done;
    plan_levels(&tree, points->n_located);
    node_of = kerb_calloc_array(points->n, sizeof *node_of);
    if (!node_of) {
        status = kerb_fail_nomem(ctx, "the spatial index");
        goto done;
    }
    status = make_boxes(ctx, &tree, points, order);
    if (status != KERB_OK)
        goto done;

    set_defensive(store, 0);
    status = kerb_store__run(ctx, store->path, store->db,
                             "DELETE FROM idx_incident_geom_node;"
                             "DELETE FROM idx_incident_geom_parent;"
                             "DELETE FROM idx_incident_geom_rowid");
    if (status == KERB_OK)
        status = write_nodes(ctx, store, &tree, points, order, node_of);
    if (status == KERB_OK)
        status = write_parents(ctx, store, &tree);
    if (status == KERB_OK) {
        store->feed->points = points;
        store->feed->node_of = node_of;
        /* Where the ids are 1, 2, 3 ... SQLite appends them by itself, without a search. */
        bool is_dense = !points->ids && points->first_id == 1 && points->n_located == points->n;
        status =
            kerb_store__run(ctx, store->path, store->db,
                            is_dense ? "INSERT INTO idx_incident_geom_rowid (nodeno) "
                                       "SELECT node FROM kerb_index_rows"
                                     : "INSERT INTO idx_incident_geom_rowid (rowid, nodeno) "
                                       "SELECT id, node FROM kerb_index_rows");
        store->feed->points = NULL;
        store->feed->node_of = NULL;
    }
    set_defensive(store, 1);
done:
    for (size_t level = 0; level < MAX_LEVELS; level++)
        kerb_free(tree.boxes[level]);
    kerb_free(node_of);
    kerb_free(order);
    return status;
}

/* Nothing is left: a root without cells, as SQLite makes it, and none of the old bytes. */
static kerb_status empty_index(kerb_ctx *ctx, kerb_store *store)
{
    set_defensive(store, 0);
    kerb_status status = kerb_store__run(
        ctx, store->path, store->db,
        "DELETE FROM idx_incident_geom_node WHERE nodeno <> 1;"
        "UPDATE idx_incident_geom_node SET data = zeroblob(length(data)) WHERE nodeno = 1;"
        "DELETE FROM idx_incident_geom_parent;"
        "DELETE FROM idx_incident_geom_rowid");
    set_defensive(store, 1);
    return status;
}

kerb_status kerb_store__repack_index(kerb_ctx *ctx, kerb_store *store)
{
    kerb_store__points points = {0};
    sqlite3_stmt *stmt = NULL;
    bool has_row = true;
    kerb_status status = kerb_store__prepare(
        ctx, store, "SELECT id, geom FROM incident WHERE geom IS NOT NULL ORDER BY id", &stmt);
    while (status == KERB_OK) {
        double x = NAN, y = NAN;
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        int64_t id = sqlite3_column_int64(stmt, 0);
        if (!kerb_store__read_point(store->srid, sqlite3_column_blob(stmt, 1),
                                    (size_t)sqlite3_column_bytes(stmt, 1), &x, &y))
            status = kerb_fail(
                ctx, KERB_ERR_FORMAT,
                "%s, incident %lld: its geometry is no point in the store's reference system",
                store->path, (long long)id);
        else
            status = kerb_store__points_add(ctx, &points, id, x, y);
        if (status == KERB_OK && points.n % 65536 == 0)
            status = kerb_check_cancel(ctx);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        status = points.n > 0 ? kerb_store__pack_index(ctx, store, &points)
                              : empty_index(ctx, store);
    kerb_store__points_clear(&points);
    return status;
}

/* Along the curve, so that one insert finds in the page cache what the one before has read. */
kerb_status kerb_store__insert_index(kerb_ctx *ctx, kerb_store *store,
                                     const kerb_store__points *points)
{
    sqlite3_stmt *stmt = NULL;
    uint32_t *order = NULL;
    kerb_status status = kerb_store__hilbert_order(ctx, points, &order);
    if (status == KERB_OK)
        status = kerb_store__prepare(ctx, store,
                                     "INSERT INTO idx_incident_geom (pkid, xmin, xmax, ymin, "
                                     "ymax) VALUES (?, ?, ?, ?, ?)",
                                     &stmt);
    for (size_t i = 0; status == KERB_OK && i < points->n_located; i++) {
        float box[4];
        kerb_store__points_box(points, order[i], box);
        sqlite3_bind_int64(stmt, 1, kerb_store__points_id(points, order[i]));
        for (int side = 0; side < 4; side++)
            sqlite3_bind_double(stmt, 2 + side, (double)box[side]);
        status = kerb_store__step(ctx, store, stmt);
    }
    sqlite3_finalize(stmt);
    kerb_free(order);
    return status;
}
