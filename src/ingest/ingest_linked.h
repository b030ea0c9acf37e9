/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_INGEST_LINKED_H
#define KERB_INGEST_LINKED_H

/*
 * Road collisions and what is linked to them: the collisions seen so far, by source and
 * reference (ingest_collisions.c), and the rows of vehicle and casualty tables and of files
 * with one row per casualty (ingest_linked.c). docs/decisions/0010-linked-records.md
 */

#include "ingest_rows.h"

/* ------------------------------------------------------------------- values */

typedef enum kerb_ingest__value {
    KERB_VALUE_OK,
    KERB_VALUE_MISSING, /* "unknown" in one of its forms */
    KERB_VALUE_BAD
} kerb_ingest__value;

/* Codes 1 2 3, the enhanced 5 6 7 (all serious), and labels. */
kerb_ingest__value kerb_ingest__severity_parse(kerb_ingest__field field, kerb_severity *out);
/* Codes 1 2 3 and labels. */
kerb_ingest__value kerb_ingest__casualty_class_parse(kerb_ingest__field field,
                                                     kerb_casualty_class *out);
/* A whole number from 0 to `max`. */
kerb_ingest__value kerb_ingest__whole_parse(kerb_ingest__field field, int32_t max,
                                            int32_t *out);
/* What STATS19 calls a code of vehicle_type or casualty_type; NULL when it is no such code. */
const char *kerb_ingest__vehicle_type_of(kerb_ingest__field code);
const char *kerb_ingest__casualty_type_of(kerb_ingest__field code);
/* A type in words, runs of blanks as one; NULL when it is missing. Borrowed from `scratch`. */
const char *kerb_ingest__type_words(kerb_ingest__field field, bool is_casualty,
                                    kerb_text *scratch);

/* --------------------------------------------------------------- collisions */

#define KERB_INGEST_REJECTED INT64_C(-1) /* incident_id of a collision that was not loaded */

typedef struct kerb_ingest__collision {
    kerb_hash128 key; /* source and reference */
    int64_t incident_id;
    int32_t stated_vehicles, stated_casualties; /* -1: not stated */
    uint32_t n_vehicles, n_casualties;          /* linked */
    uint32_t i_file;                            /* that brought it; 0: the store */
    uint8_t worst;                              /* kerb_severity of a file of casualties */
} kerb_ingest__collision;

/* What the first row of a collision said, in a file with one row per casualty. */
typedef struct kerb_ingest__first_row {
    double x, y;
    kerb_civil_s start;
} kerb_ingest__first_row;

struct kerb_ingest__linked {
    kerb_ingest__collision *collisions; /* in the order they were met */
    kerb_ingest__first_row *first_rows; /* by collision; NULL until a file needs them */
    size_t n, capacity, first_capacity;
    uint32_t *slots; /* number of a collision + 1, open addressing; 0 free */
    size_t n_slots;
    kerb_ingest__references *seen; /* vehicles and casualties */

    uint32_t i_file;       /* number of the file being read, from 1 */
    size_t first_of_file;  /* its first collision */
    uint64_t n_disagree;   /* rows of it that say another place or time than the first */
    int64_t disagree_line; /* the first of them */
    bool has_vehicles, has_casualties; /* tables of them were read */
    kerb_import_casualty casualty;     /* of the row at hand */

    bool wants_points;        /* casualties are incidents (ingest_casualty_points.c) */
    kerb_ingest__sink places; /* then: the collisions, incident_id - 1 is the row */
    kerb_ingest__references *place_references; /* of them alone: the store may have them too */
    kerb_ingest__sink *real_sink;              /* while a file is read for places; else NULL */
    kerb_ingest__references *real_references;
};

kerb_status kerb_ingest__linked_new(kerb_ctx *ctx, kerb_ingest__linked **out);
void kerb_ingest__linked_free(kerb_ingest__linked *linked);
/* NULL when it was not met. Valid until the next add. */
kerb_ingest__collision *kerb_ingest__collision_find(const kerb_ingest__linked *linked,
                                                    kerb_hash128 key);
/* The collision of a key, added when it is new. */
kerb_status kerb_ingest__collision_add(kerb_ctx *ctx, kerb_ingest__linked *linked,
                                       kerb_hash128 key, kerb_ingest__collision **out);

/* "Fatal casualty", …: the category of a casualty that is an incident; empty when unknown. */
kerb_ingest__field kerb_ingest__casualty_category(kerb_severity severity);
kerb_status kerb_ingest__linked_reject_repeated(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                                const kerb_ingest__row *row);

/* --------------------------------------------------------- casualties as points */

/* In this reading collisions go into memory for their places, and vehicles nowhere. */
kerb_status kerb_ingest__points_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
kerb_status kerb_ingest__points_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader);
void kerb_ingest__points_restore(kerb_ingest__loader *loader);
/* The casualty that the row is (linked->casualty) as an incident at its collision's place. */
kerb_status kerb_ingest__points_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, kerb_ingest__field reference,
                                    kerb_ingest__collision *collision);

#endif
