/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_LIKE_INTERNAL_H
#define KERB_LIKE_INTERNAL_H

/* What another program does with numbers: its grid, its places, its kernel, its factor. */

#include "kerb_like.h"

/* Where a program's cells lie and what it needs to know to place points in them. */
typedef struct kerb_like__layout {
    kerb_grid_spec spec;
    double ymin;    /* south edge that rows are counted from; QGIS's need not be a whole number
                       of cells below ymax */
    double reach_m; /* radius asked for */
} kerb_like__layout;

/* kerb's own bandwidth for the kernel that the program draws. */
double kerb_like__bandwidth_m(kerb_like like, kerb_kernel kernel, double given_m);
/* Beyond this the program adds nothing. */
double kerb_like__reach_m(kerb_like like, kerb_kernel kernel, double given_m);
/* The cells of a program for points in a box. */
kerb_status kerb_like__layout_make(kerb_ctx *ctx, const kerb_like_options *options,
                                   kerb_box points, double given_m, kerb_like__layout *out);
/* Where the program takes a point at y to lie; x stays. */
double kerb_like__moved_y(kerb_like like, const kerb_like__layout *layout, double y);
/* Value of a program for 1 event per m2. `weight` is of all points, `mass` what the cells hold:
 * sum of density x cell area. */
double kerb_like__factor(const kerb_like_options *options, double given_m,
                         const kerb_grid_spec *spec, double weight, double mass);

#endif
