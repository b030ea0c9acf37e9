/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_GEO_H
#define KERB_GEO_H

/**
 * Places: points, boxes, reference systems, OS grid references and sets of areas.
 *
 * Analysis works in one projected reference system in metres, the *working CRS* (EPSG:27700
 * unless told otherwise), or on a plane without a name (`none`). Longitude and latitude exist
 * only at the edge of the library, always as x = longitude, y = latitude in degrees, whatever
 * the axis order an authority declares.
 */

#include "kerb_core.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A place: metres east and north in the working CRS, or longitude and latitude where `_deg`
 * says so. */
typedef struct kerb_point {
    double x, y;
} kerb_point;

/** Closed box; empty when xmin > xmax or ymin > ymax, or when a side is NAN. */
typedef struct kerb_box {
    double xmin, ymin, xmax, ymax;
} kerb_box;

/** The box that holds nothing; a union with it changes nothing. */
KERB_API kerb_box kerb_box_make_empty(void);
KERB_API bool kerb_box_is_empty(kerb_box box);
/** Smallest box that holds both. */
KERB_API kerb_box kerb_box_make_union(kerb_box a, kerb_box b);
/** Every side moved outward by a distance (inward when negative: may become empty); empty stays
 * empty. */
KERB_API kerb_box kerb_box_make_grown(kerb_box box, double distance_m);
/** Is the point in the box or on its border? Never for NAN. */
KERB_API bool kerb_box_contains(kerb_box box, double x, double y);

/* -------------------------------------------------------- reference systems */

/** A reference system. Unchanging once made: any number of threads may read it. */
typedef struct kerb_crs kerb_crs;

/**
 * A reference system from "EPSG:n", WKT, a PROJ string, or "none" for a plane in an unnamed
 * unit.
 *
 * A definition without a code (the .prj of a shapefile) is given the EPSG code it is equivalent
 * to, where there is one. Of a compound system the horizontal half is taken. Names alone are
 * refused, since PROJ would match them by likeness. The area of use is projected here, once.
 *
 * @param definition  text as above; "none" in any case
 * @param[out] out    owned
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    NULL, or a definition that is unknown (shown in the message)
 *         KERB_ERR_NOMEM
 *
 * Cost:   about 1 ms, the first one in a process 15 ms (PROJ opens its database); systems with
 *         grads or another meridian than Greenwich 0.1 s.
 * Threads: yes; nothing is kept between calls.
 * Method page: docs/methods/reference-systems.md
 */
KERB_API kerb_status kerb_crs_new(kerb_ctx *ctx, const char *definition, kerb_crs **out);
/** Accepts NULL. */
KERB_API void kerb_crs_free(kerb_crs *crs);
/** "EPSG:27700", "none", or the WKT when it has no code (borrowed); kerb_crs_new() reads it
 * back. */
KERB_API const char *kerb_crs_id(const kerb_crs *crs);
/** "OSGB36 / British National Grid"; the definition itself when it names none (borrowed). */
KERB_API const char *kerb_crs_name(const kerb_crs *crs);
/** WKT (ISO 19162:2019) on one line; "" for none (borrowed). */
KERB_API const char *kerb_crs_wkt(const kerb_crs *crs);
/** EPSG code, 0 when it has none. */
KERB_API int kerb_crs_epsg(const kerb_crs *crs);
KERB_API bool kerb_crs_is_none(const kerb_crs *crs);
KERB_API bool kerb_crs_is_geographic(const kerb_crs *crs);
/** Projected with both axes in metres. */
KERB_API bool kerb_crs_is_projected_m(const kerb_crs *crs);
/** Do both mean the same coordinates? Axis order and spelling do not count: EPSG:4326 equals
 * OGC:CRS84. */
KERB_API bool kerb_crs_is_equal(const kerb_crs *a, const kerb_crs *b);
/**
 * Can analysis work in it? Systems in metres and `none` pass; Web Mercator, whose metres are
 * not those of the ground, does not.
 *
 * @param around_deg  longitude, latitude of the data; NULL or out of range when unknown
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG  it is in degrees, in another unit than metres, or not projected; the
 *                       message names the UTM zone (beyond 84 N or 80 S: UPS) that fits
 * `around_deg`
 */
KERB_API kerb_status kerb_crs_check_working(kerb_ctx *ctx, const kerb_crs *crs,
                                            const kerb_point *around_deg);
/**
 * Does the system's area of use, grown by 50 km, hold a point given in its own coordinates?
 *
 * PROJ computes coordinates for any place, however far from where the system is made for; this
 * is the check it leaves to its callers. Longitudes may run from -180 to 180 or from 0 to 360.
 * True for `none` and for systems that declare no area. NAN and infinities are never covered.
 *
 * Cost:   a comparison of four numbers.
 * Threads: yes.
 */
KERB_API bool kerb_crs_covers(const kerb_crs *crs, double x, double y);

/** A way from one system to another. Belongs to one thread at a time. */
typedef struct kerb_transform kerb_transform;

/**
 * The one named operation that brings a whole file from one system to another.
 *
 * Only operations that PROJ can run here count: their grids are installed, the network is off,
 * none is a "ballpark" that leaves the datum shift out. Among those that hold the whole area of
 * interest the most accurate is taken, PROJ's order breaking ties; when none holds all of it,
 * the first of those that touch it. The area of interest is `area_lonlat_deg` clipped to the
 * areas of use of both systems, so that one stray point does not change the operation for a
 * whole file.
 *
 * @param area_lonlat_deg  where the data are, degrees of WGS 84; NULL: the areas of use alone
 * @param[out] out         owned
 *
 * @return KERB_OK, or
 *         KERB_ERR_CRS    there is none; exactly one of both is `none`; one of both is neither
 *                         geographic nor projected
 *         KERB_ERR_NOMEM
 *
 * Cost:   5 to 50 ms.
 * Method page: docs/methods/reference-systems.md
 */
KERB_API kerb_status kerb_transform_new(kerb_ctx *ctx, const kerb_crs *from, const kerb_crs *to,
                                        const kerb_box *area_lonlat_deg, kerb_transform **out);
/** Accepts NULL. */
KERB_API void kerb_transform_free(kerb_transform *transform);
/** Name of the operation, e.g. "Inverse of OSGB36 to WGS 84 (6) + British National Grid"; "none
 * needed" for identity (borrowed). */
KERB_API const char *kerb_transform_name(const kerb_transform *transform);
/** Accuracy the authority states [m]; 0 for identity and for a map projection alone, NAN when
 * not stated. */
KERB_API double kerb_transform_accuracy_m(const kerb_transform *transform);
/** Do both systems mean the same coordinates? */
KERB_API bool kerb_transform_is_identity(const kerb_transform *transform);
/**
 * Transform n points in place; those that cannot be become NAN, NAN (non-finite ones always
 * do).
 *
 * Whether a result lies in the target's area of use is another question: kerb_crs_covers().
 *
 * @param x, y  n numbers each; degrees for geographic systems, else the system's own unit
 *
 * Cost:   about 0.5 s for a million points between degrees and the National Grid.
 * Threads: not for two at once.
 */
KERB_API void kerb_transform_points(const kerb_transform *transform, size_t n, double *x,
                                    double *y);

/* ------------------------------------------------------- OS grid references */

/**
 * An OS National Grid reference: two letters and 0 to 10 digits, an even number; blanks
 * ignored, case too.
 *
 * The digits name the south-west corner of a square; the centre is returned with half its side,
 * so that a coarse reference is not taken for an exact place. "SK 859 087" is the square from
 * 485900, 308700 to 486000, 308800: centre 485950, 308750, half width 50 m.
 *
 * @param text, length  not necessarily terminated
 * @param[out] centre         EPSG:27700 [m]
 * @param[out] half_width_m   uncertainty: half the side of the square, 0.5 to 50,000 m
 * @return false when it is no grid reference (odd digits, unknown letters, outside the grid of
 *         700 by 1,300 km); the outputs are untouched then
 *
 * Source: Ordnance Survey (2020), A guide to coordinate systems in Great Britain, section 7.
 */
KERB_API bool kerb_gridref_parse(const char *text, size_t length, kerb_point *centre,
                                 double *half_width_m);
/**
 * A reference in numbers alone: easting and northing of 4, 5 or 6 digits, with blanks or a
 * comma between them: "485900 308700" (1 m), "48590 30870" (10 m), "4859,3087" (100 m).
 *
 * With six digits the northing may have seven (Shetland). One block of digits ("859087") is
 * refused: its 100 km square is not named. Outputs as kerb_gridref_parse().
 */
KERB_API bool kerb_gridref_parse_numeric(const char *text, size_t length, kerb_point *centre,
                                         double *half_width_m);
/** Does the point fit `expected` only when easting and northing change places? */
KERB_API bool kerb_gridref_is_swapped(kerb_point point, kerb_box expected);
/**
 * Reference of the square that holds a point, e.g. "SK 8590 0870"; cut, never rounded.
 *
 * @param n_digits  0 to 10, even: digits in all
 * @param[out] text holds 16 bytes
 * @return false outside the grid, for NAN and for another number of digits; `text` is untouched
 * then
 */
KERB_API bool kerb_gridref_format(double easting_m, double northing_m, int n_digits,
                                  char *text);

/* ------------------------------------------------------------- sets of areas */

/**
 * A set of areas: beats, wards, a study area. Each has an id, a name, one or more parts with
 * holes, and figures by year such as residents. Order is the order of the file.
 *
 * **Border rule.** A point inside an area or on its border belongs to it. Where several areas
 * hold a point (a shared border, an overlap) the first in the set has it, so that each event is
 * counted once and reruns agree. "On the border" is decided exactly, not within a tolerance.
 *
 * Geometry that is not valid (self-touching rings and the like) is repaired when it is added,
 * and the repair counted; valid geometry keeps every coordinate as it was given.
 *
 * Threads: reading from many is safe while none changes the set.
 */
typedef struct kerb_areas_set kerb_areas_set;

/** An empty set; owned. KERB_ERR_NOMEM. */
KERB_API kerb_status kerb_areas_set_new(kerb_ctx *ctx, kerb_areas_set **out);
/** Accepts NULL. */
KERB_API void kerb_areas_set_free(kerb_areas_set *set);
/**
 * Add an area from well-known binary: a polygon, a multipolygon, or a collection of these.
 *
 * Made for bytes of unknown origin: counts are checked against the bytes that are left, nesting
 * is limited to 8, nothing may follow. Both byte orders; Z and M are dropped, ISO codes and
 * EWKB flags understood. Rings may be open. When the geometry is not valid each ring is made
 * simple, holes are taken out of their outer ring, and parts that overlap are united.
 *
 * @param id, name  copied; NULL is ""; ids may occur twice
 *
 * @return KERB_OK, or
 *         KERB_ERR_FORMAT  none of these kinds, cut short, without surface, or a coordinate not
 *                          finite or beyond 1e100; the set stays as it was
 *         KERB_ERR_NOMEM   likewise
 *
 * Cost:   about 0.1 ms for 500 corners, most of it GEOS's check.
 * Source: OGC 06-103r4, section 8.
 */
KERB_API kerb_status kerb_areas_set_add_wkb(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                            const char *name, const uint8_t *wkb,
                                            size_t n_bytes);
/**
 * Add an area from rings, outer ones and holes in any order and direction: each crossing of a
 * ring changes inside and outside (even-odd).
 *
 * @param counts  n_rings numbers of points
 * @param points  the points of all rings, one ring after the other; rings open or closed
 *
 * @return as kerb_areas_set_add_wkb()
 */
KERB_API kerb_status kerb_areas_set_add_rings(kerb_ctx *ctx, kerb_areas_set *set,
                                              const char *id, const char *name, size_t n_rings,
                                              const size_t *counts, const kerb_point *points);
/**
 * Residents (or another base) of area i in a year; year 0 when the source names none. A second
 * figure for a year takes the place of the first.
 *
 * @return KERB_OK, or
 *         KERB_ERR_RANGE  negative or not finite
 *         KERB_ERR_ARG    no such area
 *         KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_areas_set_add_population(kerb_ctx *ctx, kerb_areas_set *set, size_t i,
                                                   int year, double population);

KERB_API size_t kerb_areas_set_count(const kerb_areas_set *set);
/** Id of area i < count (borrowed). */
KERB_API const char *kerb_areas_set_id(const kerb_areas_set *set, size_t i);
/** Name of area i < count (borrowed). */
KERB_API const char *kerb_areas_set_name(const kerb_areas_set *set, size_t i);
/** Number of the first area with an id, or count when absent. Cost: one look into a hash table.
 */
KERB_API size_t kerb_areas_set_find_id(const kerb_areas_set *set, const char *id);
/** Number of years with a figure for area i; years, ascending, and values beside them (borrowed
 * until the next change). */
KERB_API size_t kerb_areas_set_populations(const kerb_areas_set *set, size_t i,
                                           const int **years, const double **populations);
/**
 * Figure for the year that fits a period: the year itself, else the nearest (the earlier of
 * two); year 0 asks for the latest. NAN when there is none.
 *
 * @param[out] year_used  year of the figure, 0 when it names none or there is none; may be NULL
 */
KERB_API double kerb_areas_set_population(const kerb_areas_set *set, size_t i, int year,
                                          int *year_used);
/** Area of area i, holes less [m2 of the plane, not of the ellipsoid]; > 0. */
KERB_API double kerb_areas_set_area_m2(const kerb_areas_set *set, size_t i);
/** Box of all areas; empty when there are none. */
KERB_API kerb_box kerb_areas_set_box(const kerb_areas_set *set);
KERB_API kerb_box kerb_areas_set_box_of(const kerb_areas_set *set, size_t i);
/** How many areas had to be repaired. */
KERB_API size_t kerb_areas_set_repaired(const kerb_areas_set *set);
/** Rings of area i, RFC 7946 orientation (outer anticlockwise), each closed; holes follow the
 * outer ring of their part. */
KERB_API size_t kerb_areas_set_ring_count(const kerb_areas_set *set, size_t i);
/** Points of ring `ring` (closed: first = last); `is_hole` tells its kind, may be NULL;
 * borrowed until the next change. */
KERB_API const kerb_point *kerb_areas_set_ring(const kerb_areas_set *set, size_t i, size_t ring,
                                               size_t *n_points, bool *is_hole);
/** WKB (little-endian MultiPolygon) of area i; owned, free with kerb_free_text((char *)…).
 * KERB_ERR_ARG when there is no such area; KERB_ERR_NOMEM. */
KERB_API kerb_status kerb_areas_set_get_wkb(kerb_ctx *ctx, const kerb_areas_set *set, size_t i,
                                            uint8_t **out, size_t *n_bytes);
/** A new set with only area i, its id, name and figures; owned. KERB_ERR_ARG when there is no
 * such area; KERB_ERR_NOMEM. */
KERB_API kerb_status kerb_areas_set_copy_one(kerb_ctx *ctx, const kerb_areas_set *set, size_t i,
                                             kerb_areas_set **out);
/**
 * A new set of one area: all areas of `set` dissolved, less all areas of `holes`.
 *
 * A single area keeps its id and name; several become "all" without a name. Figures by year are
 * not carried over: what is left is no longer what was counted.
 *
 * @param holes     same CRS; NULL: none
 * @param[out] out  count 1, or 0 when nothing is left; owned
 *
 * @return KERB_OK, or
 *         KERB_ERR_FORMAT  GEOS could not do it (its reason in the message)
 *         KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_areas_set_dissolve(kerb_ctx *ctx, const kerb_areas_set *set,
                                             const kerb_areas_set *holes, kerb_areas_set **out);
/**
 * Bring every corner into another system in place; edges stay straight between their corners.
 *
 * Areas are checked again afterwards and repaired where a corner was rounded onto another edge.
 *
 * @return KERB_OK, or, with the set as it was,
 *         KERB_ERR_CRS     a corner cannot be (area and corner in the message)
 *         KERB_ERR_FORMAT  an area has no surface there
 *         KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_areas_set_transform(kerb_ctx *ctx, kerb_areas_set *set,
                                              const kerb_transform *transform);

/**
 * The area that has a point by the border rule, or count when none (always for NAN).
 *
 * Cost:   with the index O(1) for most points, about a second for a million points in 1,024
 *         areas of 500 corners; without it every corner of each area whose box holds the point.
 * Threads: safe while none changes the set, with or without the index.
 * Source: exact side of a line after Shewchuk (1997) [shewchuk1997].
 * Method page: docs/methods/point-in-polygon.md
 */
KERB_API size_t kerb_areas_set_locate(const kerb_areas_set *set, double x, double y);
/** Does area i < count hold the point (inside or on the border)? */
KERB_API bool kerb_areas_set_holds(const kerb_areas_set *set, size_t i, double x, double y);
/**
 * Build the index that makes locate fast; answers stay the same. Called by whatever adds no
 * more areas; adding and transforming drop it. Nothing is done when it is there.
 *
 * @return KERB_OK, or
 *         KERB_ERR_UNSUPPORTED  2^31 areas or 2^32 corners
 *         KERB_ERR_NOMEM
 *
 * Cost:   about 0.1 s and 45 MB for 500,000 corners.
 */
KERB_API kerb_status kerb_areas_set_index(kerb_ctx *ctx, kerb_areas_set *set);

#ifdef __cplusplus
}
#endif
#endif
