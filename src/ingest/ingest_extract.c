/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a dated extract asks of its rows while they are read: that they lie in its period, and
 * that a record is not taken for withdrawn because its row could not be understood. All else is
 * found when the rows are in the store (kerb_import_reconcile).
 */
#include "ingest_rows.h"

/* The record of the store, in the period of the extract, that has this reference. */
static bool find_record(const kerb_ingest__loader *loader, const kerb_hash128 *key, int64_t *id)
{
    int month = -1;
    return key != NULL &&
           kerb_ingest__references_find_stored(loader->references, *key, &month, id);
}

void kerb_ingest__extract_check_source(kerb_ctx *ctx, const kerb_ingest__loader *loader)
{
    const kerb_ingest_options *options = loader->options;
    if (options->extract != NULL && options->source == NULL && loader->layout.source == NULL &&
        loader->layout.column[KERB_ROLE_SOURCE] < 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s names no source, so its own name '%s' is the source: a later extract is "
                 "compared with it only under the same name (say --source NAME)",
                 loader->entry->name, loader->stem_source);
    }
}

bool kerb_ingest__extract_admits(const kerb_ingest__loader *loader, const kerb_hash128 *key,
                                 kerb_ingest__field date, kerb_ingest__checked *row)
{
    const kerb_import_extract *extract = loader->options->extract;
    int64_t id = 0;
    if (extract == NULL || !extract->has_period ||
        (row->start != KERB_CIVIL_NONE && row->start >= extract->from &&
         row->start < extract->to)) {
        return true;
    }
    if (find_record(loader, key, &id)) {
        return true; /* the record moved out of the period, or lost its date */
    }
    return kerb_ingest__refuse(row, "outside_replaced_period",
                               loader->layout.column[KERB_ROLE_DATE], date);
}

kerb_status kerb_ingest__extract_note_rejected(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                               const kerb_hash128 *key)
{
    int64_t id = 0;
    if (loader->options->extract == NULL || !find_record(loader, key, &id)) {
        return KERB_OK;
    }
    return kerb_import_add_kept(ctx, loader->sink->import, id);
}
