/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Another reading of the same tables: every casualty an incident, at its collision's place and
 * time, with its own severity as category. The collisions are read into memory for their
 * places, through the same checks, and are no incidents then; tables of vehicles are left out.
 * Categories say "casualty", so that the two readings are never taken for one.
 */
#include "ingest_linked.h"

#include <math.h>

static bool is_for_places(const kerb_ingest__loader *loader)
{
    return loader->layout.record == KERB_RECORD_COLLISION ||
           loader->layout.record == KERB_RECORD_VEHICLE;
}

kerb_status kerb_ingest__points_begin_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest__linked *linked = loader->linked;
    if (!linked->wants_points) {
        return KERB_OK;
    }
    if (loader->layout.record == KERB_RECORD_CASUALTY_ROW) {
        loader->layout.record = KERB_RECORD_CASUALTY_POINT;
        loader->layout.column[KERB_ROLE_REFERENCE] = -1; /* the collision's, not the row's */
    }
    if (loader->layout.record == KERB_RECORD_CASUALTY && linked->n == 0) {
        return kerb_fail(ctx, KERB_ERR_NOT_FOUND,
                         "casualties have no place of their own: name the table of their "
                         "collisions too");
    }
    if (!is_for_places(loader)) {
        return KERB_OK;
    }
    if (linked->places.events == NULL) {
        kerb_status status = kerb_ingest__sink_init_memory(ctx, &linked->places);
        if (status == KERB_OK) {
            status = kerb_ingest__references_new(ctx, &linked->place_references);
        }
        if (status != KERB_OK) {
            return status;
        }
    }
    linked->real_sink = loader->sink;
    linked->real_references = loader->references;
    loader->sink = &linked->places;
    loader->references = linked->place_references;
    return KERB_OK;
}

void kerb_ingest__points_restore(kerb_ingest__loader *loader)
{
    kerb_ingest__linked *linked = loader->linked;
    if (linked->real_sink != NULL) {
        loader->sink = linked->real_sink;
        loader->references = linked->real_references;
        linked->real_sink = NULL;
    }
}

/* The file is no part of the account: its rows were only looked at. */
kerb_status kerb_ingest__points_end_file(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    kerb_ingest_file *entry = loader->entry;
    bool is_collisions = loader->layout.record == KERB_RECORD_COLLISION;
    if (loader->linked->real_sink == NULL) {
        return KERB_OK;
    }
    kerb_ingest__points_restore(loader);
    if (is_collisions && entry->rejected > 0) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: %llu of %llu rows of collisions were rejected, and their casualties with "
                 "them",
                 entry->name, (unsigned long long)entry->rejected,
                 (unsigned long long)entry->read);
    }
    kerb_free(entry->skipped);
    entry->skipped = kerb_text_copy(is_collisions ? "collisions, read for their places"
                                                  : "vehicles, which were not asked for");
    entry->read = entry->loaded = entry->rejected = entry->duplicates = 0;
    entry->without_geometry = entry->without_date = 0;
    entry->end_without_start = entry->recorded_before_start = entry->coarse_place = 0;
    entry->records = (kerb_ingest_records){0};
    kerb_tally_free(entry->by_reason);
    kerb_tally_free(entry->coarse_place_by_m);
    entry->by_reason = entry->coarse_place_by_m = NULL;
    return entry->skipped != NULL ? KERB_OK : kerb_fail_nomem(ctx, "the report");
}

/* Names of the collision's place, and the casualty's own category, for the next row. */
static kerb_status add_names(kerb_ctx *ctx, kerb_ingest__loader *loader, size_t i_place)
{
    const kerb_events *places = loader->linked->places.events;
    kerb_ingest__batch *b = &loader->batch;
    kerb_ingest__field category =
        kerb_ingest__casualty_category(loader->linked->casualty.severity);
    kerb_status status = KERB_OK;
    b->names[KERB_NAME_SOURCE][b->n] = loader->source_number;
    for (size_t kind = KERB_NAME_CATEGORY; kind < KERB_NAME_KINDS && status == KERB_OK;
         kind++) {
        kerb_ingest__field name = category;
        if (kind != KERB_NAME_CATEGORY) {
            name.text =
                kerb_events_name(places, (kerb_name_kind)kind, places->names[kind][i_place]);
            name.length = strlen(name.text);
        }
        b->names[kind][b->n] = 0;
        if (name.length > 0) {
            status = loader->sink->add_name(ctx, loader->sink, (kerb_name_kind)kind, name.text,
                                            name.length, &b->names[kind][b->n]);
        }
    }
    return status == KERB_OK ? kerb_ingest__kinds_tell(
                                   ctx, loader, b->names[KERB_NAME_CATEGORY][b->n], category)
                             : status;
}

/* "2017010048523/1/1": collision, vehicle, casualty. Without a number of its own a casualty has
 * no reference, and is never compared. */
static kerb_status add_reference(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                 kerb_ingest__field collision, bool *is_repeated)
{
    const kerb_import_casualty *casualty = &loader->linked->casualty;
    kerb_text *text = &loader->scratch;
    *is_repeated = false;
    loader->batch.reference_length[loader->batch.n] = 0;
    if (casualty->casualty < 0) {
        return KERB_OK;
    }
    text->length = 0;
    kerb_text_add_n(text, collision.text, collision.length);
    kerb_text_add_format(text, "/%d/%d", casualty->vehicle, casualty->casualty);
    if (text->failed) {
        return kerb_fail_nomem(ctx, "references");
    }
    kerb_ingest__field reference = {text->data, text->length};
    kerb_status status = kerb_ingest__loader_check_reference(
        ctx, loader,
        kerb_ingest__reference_key(loader->source_key, reference.text, reference.length),
        is_repeated);
    return status == KERB_OK && !*is_repeated
               ? kerb_ingest__batch_add_reference(ctx, &loader->batch, reference)
               : status;
}

kerb_status kerb_ingest__points_add(kerb_ctx *ctx, kerb_ingest__loader *loader,
                                    const kerb_ingest__row *row, kerb_ingest__field reference,
                                    kerb_ingest__collision *collision)
{
    const kerb_events *places = loader->linked->places.events;
    size_t i = (size_t)collision->incident_id - 1;
    bool is_repeated = false;
    kerb_ingest__checked good = {.column = -1,
                                 .x = places->x[i],
                                 .y = places->y[i],
                                 .weight = 1.0,
                                 .start = places->start[i],
                                 .precision = (kerb_precision)places->precision[i],
                                 .end = KERB_CIVIL_NONE,
                                 .recorded = KERB_CIVIL_NONE,
                                 .no_place = isnan(places->x[i]) ? "no_coordinates" : NULL};
    kerb_status status = add_reference(ctx, loader, reference, &is_repeated);
    if (status != KERB_OK || is_repeated) {
        return status != KERB_OK ? status
                                 : kerb_ingest__linked_reject_repeated(ctx, loader, row);
    }
    status = add_names(ctx, loader, i);
    if (status != KERB_OK) {
        return status;
    }
    collision->n_casualties++;
    loader->entry->records.casualties++;
    return kerb_ingest__loader_append(ctx, loader, row->line, &good);
}
