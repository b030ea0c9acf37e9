/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where checked rows go: a store's import, or a table in memory. One interface, so that the
 * same parser and checks serve both and their counts cannot differ.
 */
#include "ingest_internal.h"

#include <math.h>
#include <string.h>

/* -------------------------------------------------------------------- store */

static kerb_status store_has_file(kerb_ctx *ctx, kerb_ingest__sink *sink, const char *sha256,
                                  bool *out)
{
    return kerb_import_has_file(ctx, sink->import, sha256, out);
}

static kerb_status store_add_file(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                  const kerb_import_file *file, int64_t *file_id)
{
    return kerb_import_add_file(ctx, sink->import, file, file_id);
}

static kerb_status store_add_name(kerb_ctx *ctx, kerb_ingest__sink *sink, kerb_name_kind kind,
                                  const char *text, size_t length, uint32_t *out)
{
    return kerb_import_add_name(ctx, sink->import, kind, text, length, out);
}

static kerb_status store_set_kind(kerb_ctx *ctx, kerb_ingest__sink *sink, uint32_t source,
                                  uint32_t category, kerb_nature nature)
{
    return kerb_import_set_kind(ctx, sink->import, source, category, nature);
}

static kerb_status store_add_rows(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                  const kerb_import_rows *rows)
{
    return kerb_import_add_rows(ctx, sink->import, file_id, rows);
}

static kerb_status store_add_reject(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                    const kerb_import_reject *reject)
{
    return kerb_import_add_reject(ctx, sink->import, file_id, reject);
}

static kerb_status store_finish_file(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                     const char *sha256, const kerb_import_counts *counts)
{
    return kerb_import_finish_file(ctx, sink->import, file_id, sha256, counts);
}

static kerb_status store_supersede(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id)
{
    return kerb_import_supersede(ctx, sink->import, incident_id);
}

static int64_t store_next_id(const kerb_ingest__sink *sink)
{
    return kerb_import_next_incident(sink->import);
}

static kerb_status store_add_collision(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                       const kerb_import_collision *row)
{
    return kerb_import_add_collision(ctx, sink->import, row);
}

static kerb_status store_add_vehicle(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                     const kerb_import_vehicle *row)
{
    return kerb_import_add_vehicle(ctx, sink->import, file_id, row);
}

static kerb_status store_add_casualty(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                      const kerb_import_casualty *row)
{
    return kerb_import_add_casualty(ctx, sink->import, file_id, row);
}

static kerb_status store_find_collision(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                        int64_t incident_id, kerb_import_found_collision *out)
{
    return kerb_import_find_collision(ctx, sink->import, incident_id, out);
}

static kerb_status store_has_linked(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id,
                                    bool is_casualty, int32_t vehicle, int32_t casualty,
                                    bool *out)
{
    return kerb_import_has_linked(ctx, sink->import, incident_id, is_casualty, vehicle,
                                  casualty, out);
}

void kerb_ingest__sink_init_store(kerb_ingest__sink *sink, kerb_import *import)
{
    *sink = (kerb_ingest__sink){.has_file = store_has_file,
                                .add_file = store_add_file,
                                .add_name = store_add_name,
                                .set_kind = store_set_kind,
                                .add_rows = store_add_rows,
                                .add_reject = store_add_reject,
                                .finish_file = store_finish_file,
                                .supersede = store_supersede,
                                .next_id = store_next_id,
                                .add_collision = store_add_collision,
                                .add_vehicle = store_add_vehicle,
                                .add_casualty = store_add_casualty,
                                .find_collision = store_find_collision,
                                .has_linked = store_has_linked,
                                .keeps_rejects = true,
                                .import = import};
}

/* ------------------------------------------------------------------- memory */

static kerb_status memory_has_file(kerb_ctx *ctx, kerb_ingest__sink *sink, const char *sha256,
                                   bool *out)
{
    (void)ctx;
    *out = kerb_strings_find(sink->hashes, sha256, strlen(sha256)) != 0;
    return KERB_OK;
}

static kerb_status memory_add_file(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                   const kerb_import_file *file, int64_t *file_id)
{
    uint32_t number = 0;
    kerb_status status =
        kerb_strings_add(ctx, sink->hashes, file->sha256, strlen(file->sha256), &number);
    *file_id = number;
    return status;
}

static kerb_status memory_add_name(kerb_ctx *ctx, kerb_ingest__sink *sink, kerb_name_kind kind,
                                   const char *text, size_t length, uint32_t *out)
{
    return kerb_events_add_name(ctx, sink->events, kind, text, length, out);
}

static kerb_status memory_set_kind(kerb_ctx *ctx, kerb_ingest__sink *sink, uint32_t source,
                                   uint32_t category, kerb_nature nature)
{
    return kerb_events_set_kind(ctx, sink->events, source, category, nature);
}

static kerb_status memory_add_rows(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                   const kerb_import_rows *rows)
{
    (void)file_id;
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t numbers[KERB_NAME_KINDS];
        for (size_t kind = 0; kind < KERB_NAME_KINDS; kind++) {
            numbers[kind] = rows->names[kind] != NULL ? rows->names[kind][i] : 0;
        }
        kerb_status status = kerb_events_add_numbered(
            ctx, sink->events, rows->x[i], rows->y[i],
            rows->weight != NULL ? rows->weight[i] : 1.0, rows->start[i],
            (kerb_precision)rows->precision[i], numbers);
        size_t added = sink->events->n - 1;
        if (status == KERB_OK && rows->end != NULL) {
            status = kerb_events_set_end(ctx, sink->events, added, rows->end[i]);
        }
        if (status == KERB_OK && rows->recorded != NULL) {
            status = kerb_events_set_recorded(ctx, sink->events, added, rows->recorded[i]);
        }
        if (status == KERB_OK && rows->cell_m != NULL && !isnan(rows->x[i])) {
            status = kerb_events_set_cell(ctx, sink->events, added, rows->cell_m[i]);
        }
        if (status != KERB_OK) {
            return status;
        }
    }
    return KERB_OK;
}

static kerb_status memory_add_reject(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                     const kerb_import_reject *reject)
{
    (void)ctx, (void)sink, (void)file_id,
        (void)reject; /* the report's lines are all there is */
    return KERB_OK;
}

static kerb_status memory_finish_file(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                      const char *sha256, const kerb_import_counts *counts)
{
    (void)ctx, (void)sink, (void)file_id, (void)sha256, (void)counts;
    return KERB_OK;
}

static kerb_status memory_supersede(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t incident_id)
{
    (void)sink, (void)incident_id;
    return kerb_fail(ctx, KERB_ERR_BUG, "nothing in memory came from an earlier import");
}

/* Collisions are numbered from 1, so that no number is 0. */
static int64_t memory_next_id(const kerb_ingest__sink *sink)
{
    return (int64_t)sink->events->n + 1;
}

/* What is linked to collisions is checked and counted, and not kept. */
static kerb_status memory_add_collision(kerb_ctx *ctx, kerb_ingest__sink *sink,
                                        const kerb_import_collision *row)
{
    (void)ctx, (void)sink, (void)row;
    return KERB_OK;
}

static kerb_status memory_add_vehicle(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                      const kerb_import_vehicle *row)
{
    (void)ctx, (void)sink, (void)file_id, (void)row;
    return KERB_OK;
}

static kerb_status memory_add_casualty(kerb_ctx *ctx, kerb_ingest__sink *sink, int64_t file_id,
                                       const kerb_import_casualty *row)
{
    (void)ctx, (void)sink, (void)file_id, (void)row;
    return KERB_OK;
}

kerb_status kerb_ingest__sink_init_memory(kerb_ctx *ctx, kerb_ingest__sink *sink)
{
    *sink = (kerb_ingest__sink){.has_file = memory_has_file,
                                .add_file = memory_add_file,
                                .add_name = memory_add_name,
                                .set_kind = memory_set_kind,
                                .add_rows = memory_add_rows,
                                .add_reject = memory_add_reject,
                                .finish_file = memory_finish_file,
                                .supersede = memory_supersede,
                                .next_id = memory_next_id,
                                .add_collision = memory_add_collision,
                                .add_vehicle = memory_add_vehicle,
                                .add_casualty = memory_add_casualty};
    sink->hashes = kerb_strings_new();
    if (sink->hashes == NULL) {
        return kerb_fail_nomem(ctx, "the list of files");
    }
    return kerb_events_new(ctx, &sink->events);
}

void kerb_ingest__sink_clear(kerb_ingest__sink *sink)
{
    kerb_events_free(sink->events);
    kerb_strings_free(sink->hashes);
    *sink = (kerb_ingest__sink){0};
}
