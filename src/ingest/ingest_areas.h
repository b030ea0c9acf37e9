/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_AREAS_H
#define KERB_INGEST_AREAS_H

/*
 * What the two ways into a set of areas share: which columns are what and in which system
 * (ingest_areas.c), and how one area joins the set (ingest_areas_add.c). The ways are layers of
 * polygons (ingest_areas_ogr.c) and delimited text with a WKT column (ingest_areas_wkt.c).
 */

#include "ingest_internal.h"
#include "ingest_ogr.h"

typedef struct kerb_ingest__population_field {
    char *name;
    int year, column;
} kerb_ingest__population_field;

/* What is being read, from either kind of file. */
typedef struct kerb_ingest__areas_reader {
    const kerb_ingest_areas_options *options;
    const char **names; /* of the fields; borrowed */
    size_t n_names;
    int id_column, name_column;
    kerb_ingest__population_field *populations;
    size_t n_populations;
    kerb_crs *from;
    kerb_transform *transform; /* NULL: none needed */
    kerb_areas_set *set;
    kerb_strings *ids;
    double *x, *y;
    size_t capacity;
    uint8_t *wkb;
    size_t wkb_capacity;
    uint64_t n_not_areas;
} kerb_ingest__areas_reader;

/* `get` gives the text of a column of the row at hand. */
typedef const char *(*kerb_ingest__get_text_fn)(void *row, int column);

bool kerb_ingest__is_area(OGRGeometryH geometry);
/* Bring a polygon into the working CRS and add it with its id, name and populations. */
kerb_status kerb_ingest__areas_add(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                   OGRGeometryH geometry, void *row,
                                   kerb_ingest__get_text_fn get);

/* Number of a field, by its exact name, else without regard to case; -1. */
int kerb_ingest__areas_find_field(const kerb_ingest__areas_reader *r, const char *name);
/* The field that names what r->id_column codes, when nobody said which. */
void kerb_ingest__areas_find_name(kerb_ingest__areas_reader *r);
/* Which of r->names are the id, the name and the populations. */
kerb_status kerb_ingest__areas_find_columns(kerb_ctx *ctx, kerb_ingest__areas_reader *r);
/* CRS of the file: what the user says, else the file's own, else the working one. */
kerb_status kerb_ingest__areas_set_crs(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                       const char *own, const kerb_box *area);
/* Areas far outside the working CRS mean a wrong CRS, not far areas. */
kerb_status kerb_ingest__areas_check(kerb_ctx *ctx, const kerb_ingest__areas_reader *r);

kerb_status kerb_ingest__areas_read_ogr(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                        const char *path, const char *name);
kerb_status kerb_ingest__areas_read_wkt(kerb_ctx *ctx, kerb_ingest__areas_reader *r,
                                        const char *path, const char *name);

#endif
