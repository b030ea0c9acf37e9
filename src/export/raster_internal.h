/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EXPORT_RASTER_INTERNAL_H
#define KERB_EXPORT_RASTER_INTERNAL_H

/* A raster while it is written: rows of values on one side (raster_writer.c), GDAL's files on
 * the other (raster_cog.c). */

#include "gdal_guard.h"

#define KERB_RASTER__BLOCK 256 /* side of a tile; overviews stop when one tile holds all */
#define KERB_RASTER__TRIED 3   /* strips that are read back from the finished file */

/* Figures of the cells of a band that have a value, as they stand in the file. */
typedef struct kerb_raster__figures {
    uint64_t n;
    double mean, squares; /* squares: sum of squared distances from the mean */
    double min, max;      /* +inf and -inf when n is 0 */
} kerb_raster__figures;

kerb_raster__figures kerb_raster__figures_make(void);
/* Gather a row; values are rounded to the type first. */
void kerb_raster__figures_add_row(kerb_raster__figures *figures, kerb_raster_type type,
                                  const double *row, size_t n);

typedef struct kerb_raster__band {
    char *name, *unit; /* name "": the title of the stamp */
    void *strip;       /* the row of tiles that is being filled, as it stands in the file */
    size_t n_rows;     /* given so far */
    kerb_raster__figures figures;
    kerb_hash128 hashes[KERB_RASTER__TRIED]; /* of the strips that will be read back */
} kerb_raster__band;

struct kerb_raster_writer {
    kerb_grid_spec spec;
    kerb_raster_type type;
    size_t n_bands;
    kerb_raster__band *bands;
    char *path, *qml_path;
    kerb_output *tif, *style, *rows;
    GDALDatasetH dataset; /* the rows wait here, in tiles */
};

/* Rows of cells in a strip, which is a row of tiles. */
size_t kerb_raster__strip_rows(const kerb_grid_spec *spec, size_t i_strip);
/* Number of the strip that is tried k-th: the first, a middle one, the last. */
size_t kerb_raster__tried_strip(const kerb_grid_spec *spec, size_t k);
/* Bytes of one cell in the file. */
size_t kerb_raster__cell_bytes(kerb_raster_type type);
/* Hash of cells as they stand in the file; which NaN a NaN is does not matter. */
kerb_hash128 kerb_raster__hash(kerb_raster_type type, void *cells, size_t n);

/* Make the file in which the rows wait. */
kerb_status kerb_raster__create_rows(kerb_ctx *ctx, kerb_raster_writer *writer);
/* Put the strip that a band has filled into it. */
kerb_status kerb_raster__write_strip(kerb_ctx *ctx, kerb_raster_writer *writer, size_t i_band,
                                     size_t i_strip);
/* Describe, build overviews, copy to COG, read back. Texts are clean lines. */
kerb_status kerb_raster__finish_cog(kerb_ctx *ctx, kerb_raster_writer *writer,
                                    const kerb_stamp *stamp, const char *title,
                                    const char *notice, const char *stamp_json);
void kerb_raster__close_rows(kerb_raster_writer *writer);

#endif
