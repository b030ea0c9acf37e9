/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STUDY_FILE_H
#define STUDY_FILE_H

/** What a study file says, read and checked; texts are owned by the study. */

#include "study_internal.h"

typedef struct study_texts {
    const char **items;
    size_t n;
} study_texts;

typedef struct study_import {
    study_texts inputs; /**< paths, resolved against the study file's folder */
    const char *format; /**< "auto", a format's name, or the path of a mapping; NULL: auto */
    const char *source;
    const char *input_crs;
    kerb_nature nature; /**< of all its rows */
} study_import;

typedef struct study_areas {
    const char *input, *set, *role, *id, *name, *input_crs;
    study_texts populations;
} study_areas;

/** A density, hotspots or beats entry. */
typedef struct study_item {
    const char *name; /**< density: also its title */
    study_texts categories, sources;
    unsigned kinds; /**< as in kerb_filter */
    kerb_surface_options surface;
    kerb_level_kind level;
    size_t top;
    const char *set;
} study_item;

struct kerb_study {
    char **texts; /**< every owned text */
    size_t n_texts, capacity;
    const char *name, *crs;
    kerb_civil_s from, to;
    study_import *imports;
    size_t n_imports;
    study_areas *areas;
    size_t n_areas;
    const char *study_area;
    study_texts exclude;
    study_item *density, *hotspots, *beats;
    size_t n_density, n_hotspots, n_beats;
    const char *folder;
    bool tif, geojson, gpkg, csv;
};

#endif
