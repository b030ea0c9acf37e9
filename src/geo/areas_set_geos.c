/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What GEOS is asked for, and the only file that sees it: is a shape valid, make it so, unite,
 * take away. Coordinates of valid shapes never pass through here: they stay as the file had
 * them. Handles are reentrant and live for one call.
 */
#include "geo_internal.h"

#include <geos_c.h>

#include <string.h>

#define MESSAGE_SIZE 160

typedef struct session {
    GEOSContextHandle_t geos;
    char message[MESSAGE_SIZE]; /* the first complaint of the call */
} session;

static void keep_message(const char *message, void *user)
{
    session *s = user;
    if (s->message[0] == '\0')
        kerb_text_visible(message, strlen(message), (MESSAGE_SIZE - 8) / 4, s->message);
}

static bool open_session(session *s)
{
    s->message[0] = '\0';
    s->geos = GEOS_init_r();
    if (s->geos == NULL)
        return false;
    GEOSContext_setErrorMessageHandler_r(s->geos, keep_message, s);
    return true;
}

static void close_session(session *s)
{
    if (s->geos != NULL)
        GEOS_finish_r(s->geos);
}

static kerb_status fail_geos(kerb_ctx *ctx, const session *s, const char *what)
{
    return kerb_fail(ctx, KERB_ERR_FORMAT, "geometry could not be %s: %s", what,
                     s->message[0] != '\0' ? s->message : "GEOS gave no reason");
}

/* ------------------------------------------------------- into GEOS and back */

static GEOSGeometry *make_ring(const session *s, const kerb_point *points, size_t n)
{
    /* kerb_point is two doubles in a row, which is GEOS's own buffer layout. */
    GEOSCoordSequence *sequence =
        GEOSCoordSeq_copyFromBuffer_r(s->geos, &points->x, (unsigned)n, 0, 0);
    return sequence != NULL ? GEOSGeom_createLinearRing_r(s->geos, sequence) : NULL;
}

static void destroy_all(const session *s, GEOSGeometry **geometries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (geometries[i] != NULL)
            GEOSGeom_destroy_r(s->geos, geometries[i]);
    }
}

/* Polygon of ring `first` and the holes after it. `scratch` has room for the holes. */
static GEOSGeometry *make_polygon(const session *s, const kerb_point *points,
                                  const kerb_geo__ring *rings, size_t n_rings,
                                  GEOSGeometry **scratch)
{
    GEOSGeometry *shell = make_ring(s, points + rings[0].first, rings[0].n);
    if (shell == NULL)
        return NULL;
    for (size_t i = 1; i < n_rings; i++) {
        scratch[i - 1] = make_ring(s, points + rings[i].first, rings[i].n);
        if (scratch[i - 1] == NULL) {
            destroy_all(s, scratch, i - 1);
            GEOSGeom_destroy_r(s->geos, shell);
            return NULL;
        }
    }
    return GEOSGeom_createPolygon_r(s->geos, shell, scratch, (unsigned)(n_rings - 1));
}

/* All rings as one multipolygon, each part from an outer ring to the next. */
static kerb_status make_multipolygon(kerb_ctx *ctx, const session *s, const kerb_point *points,
                                     const kerb_geo__ring *rings, size_t n_rings,
                                     GEOSGeometry **out)
{
    kerb_status status = KERB_OK;
    size_t n_parts = 0;
    GEOSGeometry **parts = kerb_calloc_array(n_rings, sizeof(GEOSGeometry *));
    GEOSGeometry **scratch = kerb_calloc_array(n_rings, sizeof(GEOSGeometry *));
    if (parts == NULL || scratch == NULL) {
        status = kerb_fail_nomem(ctx, "a geometry");
        goto done;
    }
    for (size_t r = 0; r < n_rings;) {
        size_t next = r + 1;
        while (next < n_rings && rings[next].is_hole)
            next++;
        parts[n_parts] = make_polygon(s, points, rings + r, next - r, scratch);
        if (parts[n_parts] == NULL) {
            status = fail_geos(ctx, s, "taken up");
            goto done;
        }
        n_parts++;
        r = next;
    }
    *out = GEOSGeom_createCollection_r(s->geos, GEOS_MULTIPOLYGON, parts, (unsigned)n_parts);
    n_parts = 0; /* the collection owns them now, even when it failed */
    if (*out == NULL)
        status = fail_geos(ctx, s, "taken up");
done:
    if (parts != NULL)
        destroy_all(s, parts, n_parts);
    kerb_free(scratch);
    kerb_free(parts);
    return status;
}

static kerb_status add_ring(kerb_ctx *ctx, const session *s, const GEOSGeometry *ring,
                            bool is_hole, kerb_geo__shape *shape)
{
    const GEOSCoordSequence *sequence = GEOSGeom_getCoordSeq_r(s->geos, ring);
    unsigned n = 0;
    if (sequence == NULL || GEOSCoordSeq_getSize_r(s->geos, sequence, &n) == 0)
        return fail_geos(ctx, s, "read back");
    kerb_status status = kerb_geo__shape_reserve(ctx, shape, (size_t)n + 1, 1);
    if (status != KERB_OK)
        return status;
    kerb_geo__shape_add_ring(shape, is_hole);
    for (unsigned i = 0; i < n; i++) {
        kerb_point point;
        if (GEOSCoordSeq_getXY_r(s->geos, sequence, i, &point.x, &point.y) == 0)
            return fail_geos(ctx, s, "read back");
        kerb_geo__shape_add_point(shape, point);
    }
    kerb_geo__shape_end_ring(shape);
    return KERB_OK;
}

/* Polygons of a geometry, whatever collection they are in; lines and points left over from a
 * repair are no surface and are dropped. */
static kerb_status add_polygons(kerb_ctx *ctx, const session *s, const GEOSGeometry *geometry,
                                kerb_geo__shape *shape)
{
    kerb_status status = KERB_OK;
    int type = GEOSGeomTypeId_r(s->geos, geometry);
    if (type == GEOS_MULTIPOLYGON || type == GEOS_GEOMETRYCOLLECTION) {
        int n = GEOSGetNumGeometries_r(s->geos, geometry);
        for (int i = 0; i < n && status == KERB_OK; i++)
            status = add_polygons(ctx, s, GEOSGetGeometryN_r(s->geos, geometry, i), shape);
        return status;
    }
    if (type != GEOS_POLYGON || GEOSisEmpty_r(s->geos, geometry) == 1)
        return KERB_OK;
    status = add_ring(ctx, s, GEOSGetExteriorRing_r(s->geos, geometry), false, shape);
    int n_holes = GEOSGetNumInteriorRings_r(s->geos, geometry);
    for (int i = 0; i < n_holes && status == KERB_OK; i++)
        status = add_ring(ctx, s, GEOSGetInteriorRingN_r(s->geos, geometry, i), true, shape);
    return status;
}

/* -------------------------------------------------------- united, taken away */

/* Union of all rings of a shape, part by part. */
static kerb_status unite(kerb_ctx *ctx, const session *s, const kerb_geo__shape *shape,
                         GEOSGeometry **out)
{
    GEOSGeometry *all = NULL;
    kerb_status status =
        make_multipolygon(ctx, s, shape->points, shape->rings, shape->n_rings, &all);
    if (status != KERB_OK)
        return status;
    *out = GEOSUnaryUnion_r(s->geos, all);
    GEOSGeom_destroy_r(s->geos, all);
    return *out != NULL ? KERB_OK : fail_geos(ctx, s, "united");
}

/* Polygons of `shape` less those of `holes`, added to `out`. */
static kerb_status subtract(kerb_ctx *ctx, const session *s, const kerb_geo__shape *shape,
                            const kerb_geo__shape *holes, kerb_geo__shape *out)
{
    kerb_status status = KERB_OK;
    GEOSGeometry *united = NULL, *removed = NULL, *rest = NULL;
    if (shape->n_rings == 0)
        return KERB_OK;
    status = unite(ctx, s, shape, &united);
    if (status != KERB_OK)
        goto done;
    if (holes != NULL && holes->n_rings > 0) {
        status = unite(ctx, s, holes, &removed);
        if (status != KERB_OK)
            goto done;
        rest = GEOSDifference_r(s->geos, united, removed);
        if (rest == NULL) {
            status = fail_geos(ctx, s, "taken away");
            goto done;
        }
    }
    status = add_polygons(ctx, s, rest != NULL ? rest : united, out);
done:
    if (rest != NULL)
        GEOSGeom_destroy_r(s->geos, rest);
    if (removed != NULL)
        GEOSGeom_destroy_r(s->geos, removed);
    if (united != NULL)
        GEOSGeom_destroy_r(s->geos, united);
    return status;
}

kerb_status kerb_geo__set_unite(kerb_ctx *ctx, const kerb_areas_set *set,
                                const kerb_areas_set *holes, kerb_geo__shape *out)
{
    session s;
    if (!open_session(&s))
        return kerb_fail_nomem(ctx, "GEOS");
    kerb_status status = subtract(ctx, &s, &set->all, holes != NULL ? &holes->all : NULL, out);
    close_session(&s);
    return status;
}

/* ------------------------------------------------------------------ repair */

/* The surface that some rings, taken as one polygon, enclose by even-odd: GEOS's "linework"
 * way, which nodes all lines and builds faces from them. */
static kerb_status add_enclosed(kerb_ctx *ctx, const session *s, const kerb_point *points,
                                const kerb_geo__ring *rings, size_t n_rings,
                                kerb_geo__shape *out)
{
    kerb_status status = KERB_OK;
    GEOSGeometry *valid = NULL;
    GEOSGeometry **scratch = kerb_calloc_array(n_rings, sizeof(GEOSGeometry *));
    if (scratch == NULL)
        return kerb_fail_nomem(ctx, "a geometry");
    GEOSGeometry *given = make_polygon(s, points, rings, n_rings, scratch);
    if (given != NULL)
        valid = GEOSMakeValid_r(s->geos, given);
    if (valid != NULL)
        status = add_polygons(ctx, s, valid, out);
    else
        status = fail_geos(ctx, s, "repaired");
    if (valid != NULL)
        GEOSGeom_destroy_r(s->geos, valid);
    if (given != NULL)
        GEOSGeom_destroy_r(s->geos, given);
    kerb_free(scratch);
    return status;
}

/* Each ring made simple by itself, holes taken out of their shell, parts united: so parts of
 * one area that overlap stay area, and a hole beyond its shell takes nothing. GEOS's own
 * "structure" way is the same idea through buffers, which lose memory when they fail (3.11). */
static kerb_status rebuild(kerb_ctx *ctx, const session *s, const kerb_geo__shape *shape,
                           kerb_geo__shape *out)
{
    kerb_status status = KERB_OK;
    kerb_geo__shape parts = {0}, shell = {0}, holes = {0};
    for (size_t r = 0; r < shape->n_rings && status == KERB_OK;) {
        status = add_enclosed(ctx, s, shape->points, shape->rings + r++, 1, &shell);
        for (; r < shape->n_rings && shape->rings[r].is_hole && status == KERB_OK; r++)
            status = add_enclosed(ctx, s, shape->points, shape->rings + r, 1, &holes);
        if (status == KERB_OK)
            status = subtract(ctx, s, &shell, &holes, &parts);
        kerb_geo__shape_clear(&shell);
        kerb_geo__shape_clear(&holes);
    }
    if (status == KERB_OK)
        status = subtract(ctx, s, &parts, NULL, out);
    kerb_geo__shape_clear(&parts);
    return status;
}

kerb_status kerb_geo__shape_repair(kerb_ctx *ctx, kerb_geo__shape *shape, kerb_geo__fill fill)
{
    if (shape->n_rings == 0)
        return KERB_OK;
    GEOSGeometry *given = NULL;
    kerb_geo__shape repaired = {0};
    session s;
    if (!open_session(&s))
        return kerb_fail_nomem(ctx, "GEOS");
    kerb_status status =
        make_multipolygon(ctx, &s, shape->points, shape->rings, shape->n_rings, &given);
    if (status != KERB_OK)
        goto done;
    if (GEOSisValid_r(s.geos, given) == 1)
        goto done;
    s.message[0] = '\0'; /* the reason why it is not valid is no failure */
    if (fill == KERB_GEO__FILL_EVEN_ODD)
        status = add_enclosed(ctx, &s, shape->points, shape->rings, shape->n_rings, &repaired);
    else
        status = rebuild(ctx, &s, shape, &repaired);
    if (status != KERB_OK)
        goto done;
    repaired.is_altered = true;
    kerb_geo__shape_clear(shape);
    *shape = repaired;
    memset(&repaired, 0, sizeof repaired);
done:
    kerb_geo__shape_clear(&repaired);
    if (given != NULL)
        GEOSGeom_destroy_r(s.geos, given);
    close_session(&s);
    return status;
}
