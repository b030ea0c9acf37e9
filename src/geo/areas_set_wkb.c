/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Well-known binary, read as if an enemy had written it: every count is held against the bytes
 * that are left before anything is allocated, nesting is limited, and all of the bytes must be
 * used. Both byte orders, Z and M (dropped), ISO codes (1000s) and PostGIS's flag bits are
 * understood. Source: OGC 06-103r4, section 8.
 */
#include "geo_internal.h"

#include <math.h>
#include <string.h>

#define MAX_DEPTH 8
/* Far beyond any coordinate; below it products and areas stay finite. */
#define MAX_COORDINATE 1e100

enum { WKB_POLYGON = 3, WKB_MULTIPOLYGON = 6, WKB_COLLECTION = 7 };

#define EWKB_Z    0x80000000u
#define EWKB_M    0x40000000u
#define EWKB_SRID 0x20000000u

typedef struct reader {
    const uint8_t *bytes;
    size_t n_bytes, at;
    bool is_little;
} reader;

typedef struct geometry_head {
    uint32_t type;
    size_t n_dimensions;
} geometry_head;

static kerb_status fail_short(kerb_ctx *ctx, const reader *in)
{
    return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry ends early, at byte %zu of %zu", in->at,
                     in->n_bytes);
}

static size_t count_left(const reader *in)
{
    return in->n_bytes - in->at;
}

static bool read_u32(reader *in, uint32_t *out)
{
    if (count_left(in) < 4)
        return false;
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value |= (uint32_t)in->bytes[in->at + (size_t)i]
                 << (in->is_little ? 8 * i : 24 - 8 * i);
    in->at += 4;
    *out = value;
    return true;
}

/* The caller has made sure of the eight bytes. */
static double read_double(reader *in)
{
    uint64_t bits = 0;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)in->bytes[in->at + (size_t)i] << (in->is_little ? 8 * i : 56 - 8 * i);
    in->at += 8;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static const char *name_type(uint32_t type)
{
    static const char *const names[] = {"an unknown kind",
                                        "a point",
                                        "a line",
                                        "a polygon",
                                        "a multipoint",
                                        "a multiline",
                                        "a multipolygon",
                                        "a collection",
                                        "a circular string",
                                        "a compound curve",
                                        "a curve polygon",
                                        "a multicurve",
                                        "a multisurface",
                                        "a curve",
                                        "a surface",
                                        "a polyhedral surface",
                                        "a TIN",
                                        "a triangle"};
    return type < sizeof names / sizeof names[0] ? names[type] : names[0];
}

static kerb_status read_head(kerb_ctx *ctx, reader *in, geometry_head *head)
{
    if (count_left(in) < 1)
        return fail_short(ctx, in);
    uint8_t order = in->bytes[in->at];
    if (order > 1)
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "geometry has byte order %u where only 0 and 1 exist", order);
    in->at++;
    in->is_little = order == 1;
    uint32_t code;
    if (!read_u32(in, &code))
        return fail_short(ctx, in);
    bool has_z = (code & EWKB_Z) != 0, has_m = (code & EWKB_M) != 0;
    bool has_srid = (code & EWKB_SRID) != 0;
    uint32_t plain = code & ~(EWKB_Z | EWKB_M | EWKB_SRID);
    uint32_t thousands = plain / 1000;
    head->type = plain % 1000;
    if (thousands > 3)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry of unknown kind %u", (unsigned)code);
    has_z = has_z || thousands == 1 || thousands == 3;
    has_m = has_m || thousands == 2 || thousands == 3;
    head->n_dimensions = 2 + (size_t)has_z + (size_t)has_m;
    uint32_t srid;
    if (has_srid && !read_u32(in, &srid))
        return fail_short(ctx, in);
    return KERB_OK;
}

static kerb_status read_ring(kerb_ctx *ctx, reader *in, size_t n_dimensions, bool is_hole,
                             bool is_kept, kerb_geo__shape *shape, bool *has_surface)
{
    uint32_t n_points;
    if (!read_u32(in, &n_points))
        return fail_short(ctx, in);
    if (n_points > count_left(in) / (n_dimensions * sizeof(double)))
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "geometry ends early: a ring of %u points, and %zu bytes are left",
                         (unsigned)n_points, count_left(in));
    kerb_status status = kerb_geo__shape_reserve(ctx, shape, (size_t)n_points + 1, 1);
    if (status != KERB_OK)
        return status;
    kerb_geo__shape_add_ring(shape, is_hole);
    for (uint32_t i = 0; i < n_points; i++) {
        kerb_point point = {.x = read_double(in)};
        point.y = read_double(in);
        in->at += (n_dimensions - 2) * sizeof(double);
        if (!(fabs(point.x) <= MAX_COORDINATE && fabs(point.y) <= MAX_COORDINATE))
            return kerb_fail(ctx, KERB_ERR_FORMAT,
                             "geometry has a coordinate that is no usable number: (%g, %g)",
                             point.x, point.y);
        kerb_geo__shape_add_point(shape, point);
    }
    if (is_kept) {
        *has_surface = kerb_geo__shape_end_ring(shape);
    } else {
        shape->n_rings--;
        shape->n_points = shape->rings[shape->n_rings].first;
        *has_surface = false;
    }
    return KERB_OK;
}

static kerb_status read_polygon(kerb_ctx *ctx, reader *in, size_t n_dimensions,
                                kerb_geo__shape *shape)
{
    uint32_t n_rings;
    if (!read_u32(in, &n_rings))
        return fail_short(ctx, in);
    if (n_rings > count_left(in) / 4)
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "geometry ends early: a polygon of %u rings, and %zu bytes are left",
                         (unsigned)n_rings, count_left(in));
    bool has_outer = false;
    for (uint32_t i = 0; i < n_rings; i++) {
        bool has_surface = false;
        /* A hole in an outer ring without surface is a hole in nothing. */
        kerb_status status =
            read_ring(ctx, in, n_dimensions, i > 0, i == 0 || has_outer, shape, &has_surface);
        if (status != KERB_OK)
            return status;
        if (i == 0)
            has_outer = has_surface;
    }
    return KERB_OK;
}

static kerb_status read_geometry(kerb_ctx *ctx, reader *in, int depth, kerb_geo__shape *shape)
{
    geometry_head head = {0};
    kerb_status status = read_head(ctx, in, &head);
    if (status != KERB_OK)
        return status;
    if (head.type == WKB_POLYGON)
        return read_polygon(ctx, in, head.n_dimensions, shape);
    if (head.type != WKB_MULTIPOLYGON && head.type != WKB_COLLECTION)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry is %s where a polygon is needed",
                         name_type(head.type));
    if (depth == MAX_DEPTH)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry is nested deeper than %d", MAX_DEPTH);

    uint32_t n_members;
    if (!read_u32(in, &n_members))
        return fail_short(ctx, in);
    if (n_members > count_left(in) / 9) /* order, kind and count: nine bytes at least */
        return kerb_fail(ctx, KERB_ERR_FORMAT,
                         "geometry ends early: %u members, and %zu bytes are left",
                         (unsigned)n_members, count_left(in));
    for (uint32_t i = 0; i < n_members && status == KERB_OK; i++)
        status = read_geometry(ctx, in, depth + 1, shape);
    return status;
}

kerb_status kerb_geo__wkb_read(kerb_ctx *ctx, const uint8_t *wkb, size_t n_bytes,
                               kerb_geo__shape *shape)
{
    reader in = {.bytes = wkb, .n_bytes = n_bytes};
    kerb_status status = read_geometry(ctx, &in, 0, shape);
    if (status != KERB_OK)
        return status;
    if (count_left(&in) != 0)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry is followed by %zu bytes too many",
                         count_left(&in));
    return KERB_OK;
}

/* ----------------------------------------------------------------- writing */

static uint8_t *write_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint8_t *write_double(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        *at++ = (uint8_t)(bits >> (8 * i));
    return at;
}

static uint8_t *write_head(uint8_t *at, uint32_t type, size_t n_members)
{
    *at++ = 1;
    at = write_u32(at, type);
    return write_u32(at, (uint32_t)n_members);
}

static size_t count_rings_of_part(const kerb_geo__ring *rings, size_t n_rings, size_t first)
{
    size_t n = 1;
    while (first + n < n_rings && rings[first + n].is_hole)
        n++;
    return n;
}

kerb_status kerb_areas_set_get_wkb(kerb_ctx *ctx, const kerb_areas_set *set, size_t i,
                                   uint8_t **out, size_t *n_bytes)
{
    if (i >= set->n_areas)
        return kerb_fail(ctx, KERB_ERR_ARG, "area %zu of %zu does not exist", i, set->n_areas);
    const kerb_geo__area *area = &set->areas[i];
    const kerb_geo__ring *rings = set->all.rings + area->first_ring;
    size_t n_parts = 0, size = 9;
    for (size_t r = 0; r < area->n_rings; r++) {
        if (rings[r].n > UINT32_MAX)
            return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                             "a ring of %zu points does not fit into well-known binary",
                             rings[r].n);
        if (!rings[r].is_hole) {
            n_parts++;
            size += 9;
        }
        size += 4 + rings[r].n * 2 * sizeof(double);
    }
    uint8_t *wkb = kerb_alloc_array(size, 1);
    if (wkb == NULL)
        return kerb_fail_nomem(ctx, "a geometry");
    uint8_t *at = write_head(wkb, WKB_MULTIPOLYGON, n_parts);
    for (size_t r = 0; r < area->n_rings; r++) {
        if (!rings[r].is_hole)
            at = write_head(at, WKB_POLYGON, count_rings_of_part(rings, area->n_rings, r));
        at = write_u32(at, (uint32_t)rings[r].n);
        for (size_t k = 0; k < rings[r].n; k++) {
            at = write_double(at, set->all.points[rings[r].first + k].x);
            at = write_double(at, set->all.points[rings[r].first + k].y);
        }
    }
    *out = wkb;
    *n_bytes = size;
    return KERB_OK;
}
