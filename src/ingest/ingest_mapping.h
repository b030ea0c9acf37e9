/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_MAPPING_H
#define KERB_INGEST_MAPPING_H

/*
 * A mapping in memory: filled by ingest_mapping.c from YAML, applied to the columns and values
 * of a file by ingest_mapping_apply.c.
 */

#include "ingest_internal.h"

typedef struct kerb_ingest__names {
    char **items;
    size_t n; /* items[n] is NULL */
} kerb_ingest__names;

typedef enum kerb_ingest__other_rule {
    KERB_OTHER_KEEP,
    KERB_OTHER_REJECT,
    KERB_OTHER_NAME
} kerb_ingest__other_rule;

struct kerb_ingest__mapping {
    char *name;   /* of the file, for messages */
    char *format; /* "mapping:NAME" */
    char *source;
    char *crs;
    kerb_ingest__names columns[KERB_ROLES];
    kerb_ingest__names date_formats, time_formats;
    kerb_ingest__text_options text;
    kerb_strings *missing;
    bool has_categories;
    kerb_strings *from; /* values as in the file; category_of[number] is the name. A value with
                         * at its end stands for all that begin so */
    char **category_of;
    size_t n_category_of;
    bool has_beginnings;
    kerb_ingest__other_rule other;
    char *other_name;
    kerb_ingest__names joined;    /* columns whose values together are the category */
    bool is_optional[KERB_ROLES]; /* the column need not be there */
    double cell_m, coarse_m;      /* 0: not said */
    char *file;                   /* as the user named it */
    kerb_ingest__kinds *kinds;
    kerb_ingest__personal *personal; /* NULL: none */
    kerb_ingest__record record;
};

/* Keys of `columns`, by role; NULL-ended. */
extern const char *const kerb_ingest__mapping_roles[KERB_ROLES + 1];

#endif
