/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_STORE_RECONCILE_H
#define KERB_STORE_RECONCILE_H

/** What finding the changes of an extract (store_reconcile.c) and making them
 * (store_reconcile_apply.c) share. */

#include "store_internal.h"

/* A row of the extract. */
typedef struct kerb_store__fresh {
    kerb_hash128 key; /* of source and reference, or of the content */
    uint64_t content;
    int64_t id, record_id; /* record_id 0: new */
    uint32_t n_taken;      /* of the first of equal keys: how many have found a record */
    bool has_reference, is_equal;
} kerb_store__fresh;

typedef struct kerb_store__reconciliation {
    kerb_import *import;
    char *columns; /* what a record says: all columns but its number and where it was read */
    kerb_text bytes;
    kerb_store__fresh *fresh; /* by key, then id */
    size_t n_fresh, capacity;
    int64_t *withdrawn;
    size_t n_withdrawn, withdrawn_capacity;
    kerb_import_changes changes;
} kerb_store__reconciliation;

/** Order of two numbers of records, for qsort() and bsearch(). */
int kerb_store__compare_ids(const void *left, const void *right);
/** Make the changes that were found, and count them. */
kerb_status kerb_store__reconcile_apply(kerb_ctx *ctx, kerb_store__reconciliation *r);

#endif
