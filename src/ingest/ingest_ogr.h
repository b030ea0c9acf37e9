/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_OGR_H
#define KERB_INGEST_OGR_H

/* What the two files that know OGR share: ingest_ogr.c and ingest_areas.c. */

#include "ingest_internal.h"

#include <cpl_error.h>
#include <gdal.h>
#include <ogr_api.h>

/* First failure that GDAL told while the handler was pushed. */
typedef struct kerb_ingest__ogr_errors {
    char first[1024];
} kerb_ingest__ogr_errors;
void CPL_STDCALL kerb_ingest__ogr_collect(CPLErr level, CPLErrorNum number,
                                          const char *message);

OGRLayerH kerb_ingest__ogr_layer(const kerb_ingest__ogr *ogr, size_t i);
const char *kerb_ingest__ogr_driver(const kerb_ingest__ogr *ogr);
/* "EPSG:n" or WKT of a layer's CRS, owned (kerb_free); NULL when it has none. */
char *kerb_ingest__ogr_crs(OGRLayerH layer);

#endif
