/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_GEO_INTERNAL_H
#define KERB_GEO_INTERNAL_H

/**
 * What the files of the geo module share: the shape of a reference system, shapes under
 * construction, the exact side-of-a-line test, and the layout of a set of areas.
 */

#include "kerb_base.h"
#include "kerb_geo.h"
#include "kerb_geo_exact.h"

/* -------------------------------------------------------- reference systems */

/**
 * Only values, no handle of PROJ: a system can be read by any number of threads, and whoever
 * needs PROJ's object makes it from `id` in a context of its own.
 */
struct kerb_crs {
    char *id;
    char *name;
    char *wkt;
    int epsg;
    bool is_none;
    bool is_geographic;
    bool is_flat; /**< geographic or projected: has an x and a y on the ground */
    bool is_projected_m;
    bool is_web_mercator; /**< projected, but its metres are not those of the ground */
    char *unit_name;      /**< of the first axis */
    bool has_lonlat_area; /**< an area of use is declared */
    kerb_box
        lonlat_area_deg; /**< as declared, not grown; xmin > xmax across the antimeridian */
    bool has_own_area;   /**< `own_area` is known */
    kerb_box own_area;   /**< in own coordinates, grown by 50 km */
    double turn;         /**< full circle of longitude in own units; 0 when projected */
};

/* ---------------------------------------------------- shapes being made */

typedef struct kerb_geo__ring {
    size_t first; /**< number of its first point */
    size_t n;     /**< points, closed: last = first */
    bool is_hole; /**< a hole of the last ring before it that is none */
} kerb_geo__ring;

/** Rings in flat arrays; start with `kerb_geo__shape s = {0}`. */
typedef struct kerb_geo__shape {
    kerb_point *points;
    size_t n_points, capacity_points;
    kerb_geo__ring *rings;
    size_t n_rings, capacity_rings;
    bool is_altered; /**< something was dropped or repaired on the way in */
} kerb_geo__shape;

void kerb_geo__shape_clear(kerb_geo__shape *shape);
/** Make room for more; what is there stays. */
kerb_status kerb_geo__shape_reserve(kerb_ctx *ctx, kerb_geo__shape *shape, size_t n_more_points,
                                    size_t n_more_rings);
/** Begin a ring; points follow with kerb_geo__shape_add_point(). Room must have been made. */
void kerb_geo__shape_add_ring(kerb_geo__shape *shape, bool is_hole);
void kerb_geo__shape_add_point(kerb_geo__shape *shape, kerb_point point);
/** Close the last ring. A ring of fewer than three different points encloses nothing: it is
 * dropped, and false returned. */
bool kerb_geo__shape_end_ring(kerb_geo__shape *shape);

/** Read polygons from well-known binary. `shape` must be clear and is to be cleared by the
 * caller in any case. */
kerb_status kerb_geo__wkb_read(kerb_ctx *ctx, const uint8_t *wkb, size_t n_bytes,
                               kerb_geo__shape *shape);

/* ------------------------------------------------------- through GEOS */

/** How a shape that is not valid is to be understood. */
typedef enum kerb_geo__fill {
    KERB_GEO__FILL_STRUCTURE, /**< outer rings are united, holes taken out */
    KERB_GEO__FILL_EVEN_ODD   /**< each crossing of any ring changes inside and outside */
} kerb_geo__fill;

/** Check a shape and repair it in place when it is not valid; may leave it without rings. */
kerb_status kerb_geo__shape_repair(kerb_ctx *ctx, kerb_geo__shape *shape, kerb_geo__fill fill);
/** All areas of `set` united, less all areas of `holes` (may be NULL); `out` must be clear. */
kerb_status kerb_geo__set_unite(kerb_ctx *ctx, const kerb_areas_set *set,
                                const kerb_areas_set *holes, kerb_geo__shape *out);

typedef enum kerb_geo__place {
    KERB_GEO__OUTSIDE = 0,
    KERB_GEO__INSIDE = 1,
    KERB_GEO__ON_BORDER = 2
} kerb_geo__place;

/** Point against rings by the even-odd rule, border told apart exactly. No index. */
kerb_geo__place kerb_geo__place_in_rings(const kerb_point *points, const kerb_geo__ring *rings,
                                         size_t n_rings, kerb_point p);

/** Put holes behind the ring they are cut from. */
kerb_status kerb_geo__shape_nest(kerb_ctx *ctx, kerb_geo__shape *shape);

/* ------------------------------------------------------------- the set */

typedef struct kerb_geo__area {
    uint32_t id; /**< number in `ids` */
    char *name;
    size_t first_ring, n_rings;
    kerb_box box;
    double area_m2;
    bool is_repaired;
    int *years; /**< ascending */
    double *populations;
    size_t n_years;
} kerb_geo__area;

typedef struct kerb_geo__index kerb_geo__index;

struct kerb_areas_set {
    kerb_geo__area *areas;
    size_t n_areas, capacity_areas;
    kerb_geo__shape all; /**< rings and points of all areas, in order */
    kerb_strings *ids;
    size_t *area_of_id; /**< first area with id number k; SIZE_MAX for none */
    size_t capacity_ids;
    kerb_box box;
    kerb_geo__index *index; /**< NULL until built */
};

void kerb_geo__index_free(kerb_geo__index *index);
/** Append a shape that is valid already; its rings are oriented. */
kerb_status kerb_geo__set_append(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                 const char *name, kerb_geo__shape *shape);
/** Repair a shape and append it. */
kerb_status kerb_geo__set_take(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                               const char *name, kerb_geo__fill fill, kerb_geo__shape *shape);
/** Put "area ID" in front of the message; nothing without an id. */
void kerb_geo__tell_area(kerb_ctx *ctx, const char *id);
/** Area, holes less; shoelace about the first point of each ring. */
double kerb_geo__ring_signed_area(const kerb_point *points, size_t n);

#endif
