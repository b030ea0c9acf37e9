/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_GEO_SHAPES_H
#define KERB_TEST_GEO_SHAPES_H

/**
 * Small shapes for tests of areas: sets made from lists of rings, well-known binary byte by
 * byte, and a random stream that is the same everywhere.
 */

#include "kerb_geo.h"

#include "near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline kerb_areas_set *shapes_new_set(kerb_ctx *ctx)
{
    kerb_areas_set *set = NULL;
    if (kerb_areas_set_new(ctx, &set) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return set;
}

static inline void shapes_add_ring(kerb_ctx *ctx, kerb_areas_set *set, const char *id, size_t n,
                                   const kerb_point *points)
{
    if (kerb_areas_set_add_rings(ctx, set, id, id, 1, &n, points) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
}

/** Rectangle of two corners. */
static inline void shapes_add_box(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                  double xmin, double ymin, double xmax, double ymax)
{
    const kerb_point corners[] = {{xmin, ymin}, {xmax, ymin}, {xmax, ymax}, {xmin, ymax}};
    shapes_add_ring(ctx, set, id, 4, corners);
}

/* ------------------------------------------------------- bytes, one by one */

typedef struct shapes_wkb {
    uint8_t bytes[8192];
    size_t n;
    bool is_big; /**< byte order */
} shapes_wkb;

static inline void shapes_put(shapes_wkb *out, uint64_t value, size_t n_bytes)
{
    assert_true(out->n + n_bytes <= sizeof out->bytes);
    for (size_t i = 0; i < n_bytes; i++) {
        size_t shift = 8 * (out->is_big ? n_bytes - 1 - i : i);
        out->bytes[out->n++] = (uint8_t)(value >> shift);
    }
}

static inline void shapes_put_u32(shapes_wkb *out, uint32_t value)
{
    shapes_put(out, value, 4);
}

static inline void shapes_put_double(shapes_wkb *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    shapes_put(out, bits, 8);
}

static inline void shapes_put_head(shapes_wkb *out, uint32_t type)
{
    shapes_put(out, out->is_big ? 0 : 1, 1);
    shapes_put_u32(out, type);
}

static inline void shapes_put_ring(shapes_wkb *out, size_t n, const double (*xy)[2])
{
    shapes_put_u32(out, (uint32_t)n);
    for (size_t i = 0; i < n; i++) {
        shapes_put_double(out, xy[i][0]);
        shapes_put_double(out, xy[i][1]);
    }
}

/* ------------------------------------------------------------------ random */

static inline uint64_t shapes_random(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline double shapes_uniform(uint64_t *seed, double low, double high)
{
    return low + (high - low) * ((double)(shapes_random(seed) >> 11) * 0x1p-53);
}

/** Star-shaped ring about a centre: corners at even angles, radii between the two given. */
static inline void shapes_make_star(uint64_t *seed, kerb_point centre, double inner,
                                    double outer, size_t n, kerb_point *points)
{
    for (size_t k = 0; k < n; k++) {
        double angle_rad = 6.283185307179586 * (double)k / (double)n;
        double radius_m = shapes_uniform(seed, inner, outer);
        points[k] = (kerb_point){.x = centre.x + radius_m * cos(angle_rad),
                                 .y = centre.y + radius_m * sin(angle_rad)};
    }
}

#endif
