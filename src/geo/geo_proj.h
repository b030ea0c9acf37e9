/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_GEO_PROJ_H
#define KERB_GEO_PROJ_H

/** The only door to PROJ: included by crs.c and transform.c and by nothing else. */

#include "geo_internal.h"

#include <proj.h>

/** A context of PROJ that asks nothing of the network and prints nothing. NULL when out of
 * memory. */
PJ_CONTEXT *kerb_geo__proj_context_new(void);

#endif
