/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_GEOS_ORACLE_H
#define KERB_TEST_GEOS_ORACLE_H

/**
 * GEOS as the second opinion: an area goes out as well-known binary and GEOS answers about it.
 */

#include "geo_shapes.h"

#include <geos_c.h>

typedef struct geos_area {
    GEOSGeometry *geometry;
    const GEOSPreparedGeometry *prepared;
} geos_area;

static inline geos_area geos_open(kerb_ctx *ctx, GEOSContextHandle_t geos,
                                  const kerb_areas_set *set, size_t i)
{
    geos_area area;
    uint8_t *wkb = NULL;
    size_t n;
    if (kerb_areas_set_get_wkb(ctx, set, i, &wkb, &n) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    area.geometry = GEOSGeomFromWKB_buf_r(geos, wkb, n);
    kerb_free_text((char *)wkb);
    assert_non_null(area.geometry);
    area.prepared = GEOSPrepare_r(geos, area.geometry);
    assert_non_null(area.prepared);
    return area;
}

static inline void geos_close(GEOSContextHandle_t geos, geos_area area)
{
    GEOSPreparedGeom_destroy_r(geos, area.prepared);
    GEOSGeom_destroy_r(geos, area.geometry);
}

/** Inside or on the border, as GEOS sees it. */
static inline bool geos_holds(GEOSContextHandle_t geos, geos_area area, kerb_point p)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(geos, p.x, p.y);
    assert_non_null(point);
    char answer = GEOSPreparedIntersects_r(geos, area.prepared, point);
    GEOSGeom_destroy_r(geos, point);
    assert_true(answer == 0 || answer == 1);
    return answer == 1;
}

static inline double geos_measure(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
    double area_m2 = -1.0;
    assert_int_equal(GEOSArea_r(geos, geometry, &area_m2), 1);
    return area_m2;
}

/* last, because the functions above have parameters of these names */
#include "test_context.h"

static GEOSContextHandle_t geos;

static inline int make_context_and_geos(void **state)
{
    geos = GEOS_init_r();
    return geos ? make_context(state) : -1;
}

static inline int free_context_and_geos(void **state)
{
    GEOS_finish_r(geos);
    return free_context(state);
}

#endif
