/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_DENSITY_EDGE_INTERNAL_H
#define KERB_DENSITY_EDGE_INTERNAL_H

/* What the files of the edge correction share. Green's theorem turns the integral of a kernel
 * over an area into one along its border: with F(r) the integral of t k(t) from 0 to r, and
 * theta the direction in which a point of the border is seen,
 *
 *     e(u) = integral over the border of F(r) d theta.
 *
 * Beyond the kernel's reach F is the constant F(R), so only the border within reach is
 * integrated; what lies beyond is told by angles alone. */

#include "kerb_density.h"

/* A straight piece of the border within reach, seen from u, in units of the bandwidth. */
typedef struct kerb_density__piece {
    double ax, ay, bx, by; /* its ends */
    double a2, b2, ab;     /* |a|^2, |b|^2, a . b */
    double cross;          /* a x b: > 0 when u is on its left */
} kerb_density__piece;

/* Integral of F(r) d theta along a piece. */
typedef double kerb_density__piece_integral(const kerb_density__piece *piece);

kerb_density__piece_integral *kerb_density__piece_integral_of(kerb_kernel kernel);

/* 2 pi F(R): the integral of the kernel over the plane, 1 but for the Gaussian's cut. */
double kerb_density__full_mass(kerb_kernel kernel);

/* Consecutive edges of one ring, [first, end): edge i goes from point i to point i + 1. */
typedef struct kerb_density__run {
    size_t first, end;
} kerb_density__run;

/* The border, in boxes of boxes: each level's box holds FAN boxes of the level below, the
 * lowest up to CHUNK edges. */
enum { KERB_DENSITY__CHUNK = 16, KERB_DENSITY__FAN = 8, KERB_DENSITY__MAX_LEVELS = 24 };

struct kerb_edge_window {
    kerb_areas_set *area; /* dissolved, indexed; one area or none */
    kerb_point *points;   /* of all rings, each closed; the area is on the left */
    size_t n_points;
    kerb_density__run *chunks;
    kerb_box *boxes[KERB_DENSITY__MAX_LEVELS]; /* [0]: of the chunks; [n_levels - 1]: one box */
    size_t n_boxes[KERB_DENSITY__MAX_LEVELS];
    int n_levels; /* 0: there is no border */
};

/* Visit the runs of edges whose boxes come within `reach_m` of a box, in order; neighbouring
 * chunks come as one run. Returns whether there was one; that alone when `visit` is NULL. */
bool kerb_density__visit_near(const kerb_edge_window *window, kerb_box box, double reach_m,
                              void (*visit)(void *user, kerb_density__run run), void *user);

#endif
