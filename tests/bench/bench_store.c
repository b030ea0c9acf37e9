/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store costs by itself: rows made in memory, loaded in batches, index packed,
 * committed, and read again. `bench_store [ROWS] [FILE]`; not run by ctest. Rows are made batch
 * by batch and their cost is told apart. Points lie in 2,000 clusters, coordinates in whole
 * metres as data.police.uk has them after conversion, or with decimals (every second batch).
 */
#include "kerb_base.h"
#include "kerb_store.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 65536 };

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * 0x1p-53;
}

typedef struct batch {
    double x[BATCH], y[BATCH];
    kerb_civil_s start[BATCH];
    uint8_t precision[BATCH];
    uint32_t names[KERB_NAME_KINDS][BATCH];
    int64_t line[BATCH];
    char text[BATCH][12];
    const char *reference[BATCH];
    uint32_t reference_length[BATCH];
} batch;

static void fill(batch *rows, size_t first, size_t n, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        double cluster = floor(uniform(state) * 2000.0);
        double x = 430000.0 + fmod(cluster * 7919.0, 60000.0) + uniform(state) * 800.0;
        double y = 280000.0 + fmod(cluster * 104729.0, 50000.0) + uniform(state) * 800.0;
        bool whole = (first / BATCH) % 2 == 0;
        rows->x[i] = whole ? floor(x) : x;
        rows->y[i] = whole ? floor(y) : y;
        rows->start[i] = 1577836800 + (int64_t)(uniform(state) * 63072000.0);
        rows->precision[i] = KERB_PRECISION_MINUTE;
        rows->names[KERB_NAME_SOURCE][i] = 1;
        rows->names[KERB_NAME_CATEGORY][i] = 1 + (uint32_t)(uniform(state) * 14.0);
        rows->names[KERB_NAME_AREA_CODE][i] = 1 + (uint32_t)(uniform(state) * 600.0);
        rows->names[KERB_NAME_AREA_NAME][i] = rows->names[KERB_NAME_AREA_CODE][i];
        rows->names[KERB_NAME_LABEL][i] = 1 + (uint32_t)(uniform(state) * 5000.0);
        rows->line[i] = (int64_t)(first + i + 2);
        rows->reference_length[i] =
            (uint32_t)snprintf(rows->text[i], sizeof rows->text[i], "R%09zu", first + i);
        rows->reference[i] = rows->text[i];
    }
}

static kerb_status add_names(kerb_ctx *ctx, kerb_import *import)
{
    static const size_t counts[KERB_NAME_KINDS] = {[KERB_NAME_SOURCE] = 1,
                                                   [KERB_NAME_CATEGORY] = 14,
                                                   [KERB_NAME_AREA_CODE] = 600,
                                                   [KERB_NAME_AREA_NAME] = 600,
                                                   [KERB_NAME_LABEL] = 5000};
    kerb_status status = KERB_OK;
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++) {
        for (size_t i = 0; status == KERB_OK && i < counts[kind]; i++) {
            char text[40];
            uint32_t number;
            int n = snprintf(text, sizeof text, "name %d of number %zu", kind, i);
            status = kerb_import_add_name(ctx, import, (kerb_name_kind)kind, text, (size_t)n,
                                          &number);
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    int64_t n = 1000000;
    if (argc > 1 && !kerb_parse_int64(argv[1], strlen(argv[1]), &n))
        return 2;
    const char *path = argc > 2 ? argv[2] : "bench-store.sqlite";
    kerb_ctx *ctx = kerb_ctx_new();
    batch *rows = kerb_alloc_array(1, sizeof *rows);
    kerb_crs *crs = NULL;
    kerb_store *store = NULL;
    kerb_import *import = NULL;
    kerb_events *events = NULL;
    int64_t file_id = 0;
    uint64_t state = 1;
    double made_s = 0.0;
    unlink(path);
    double begin_s = kerb_cpu_time_s();
    kerb_status status = kerb_crs_new(ctx, "EPSG:27700", &crs);
    double crs_s = kerb_cpu_time_s() - begin_s;
    if (status == KERB_OK)
        status = kerb_store_open(ctx, path, KERB_STORE_WRITE, crs, &store);
    if (status == KERB_OK)
        status = kerb_import_begin(ctx, store, "{}", &import);
    kerb_import_file file = {.name = "rows.csv", .operation_accuracy_m = NAN, .month = -1};
    if (status == KERB_OK)
        status = kerb_import_add_file(ctx, import, &file, &file_id);
    if (status == KERB_OK)
        status = add_names(ctx, import);
    double opened_s = kerb_cpu_time_s() - begin_s;
    for (size_t at = 0; status == KERB_OK && at < (size_t)n; at += BATCH) {
        size_t n_now = (size_t)n - at < BATCH ? (size_t)n - at : BATCH;
        double before_s = kerb_cpu_time_s();
        fill(rows, at, n_now, &state);
        made_s += kerb_cpu_time_s() - before_s;
        kerb_import_rows columns = {.n = n_now,
                                    .x = rows->x,
                                    .y = rows->y,
                                    .start = rows->start,
                                    .precision = rows->precision,
                                    .line = rows->line,
                                    .reference = rows->reference,
                                    .reference_length = rows->reference_length};
        for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
            columns.names[kind] = rows->names[kind];
        status = kerb_import_add_rows(ctx, import, file_id, &columns);
    }
    kerb_import_counts counts = {.read = (uint64_t)n, .loaded = (uint64_t)n};
    if (status == KERB_OK)
        status = kerb_import_finish_file(ctx, import, file_id, NULL, &counts);
    double loaded_s = kerb_cpu_time_s() - begin_s - made_s;
    if (status == KERB_OK)
        status = kerb_import_commit(ctx, import);
    double done_s = kerb_cpu_time_s() - begin_s - made_s;
    uint64_t peak_bytes = kerb_peak_memory_bytes();
    kerb_import_free(import);
    double before_s = kerb_cpu_time_s();
    char hex[65] = "";
    if (status == KERB_OK)
        status = kerb_store_read_events(ctx, store, &events);
    double read_s = kerb_cpu_time_s() - before_s;
    before_s = kerb_cpu_time_s();
    if (status == KERB_OK)
        status = kerb_store_digest(ctx, store, hex);
    double digest_s = kerb_cpu_time_s() - before_s;
    before_s = kerb_cpu_time_s();
    char *json = NULL;
    if (status == KERB_OK)
        status = kerb_store_info(ctx, store, &json);
    double info_s = kerb_cpu_time_s() - before_s;
    if (status != KERB_OK)
        fprintf(stderr, "%s\n", kerb_ctx_message(ctx));
    else
        printf(
            "%lld rows: crs %.3f, open %.3f, rows %.3f, index and commit %.3f, all %.3f CPU s; "
            "peak %.0f MB (rows in memory %.0f MB); read %.3f, digest %.3f, info %.3f s\n",
            (long long)n, crs_s, opened_s - crs_s, loaded_s - opened_s, done_s - loaded_s,
            done_s, (double)peak_bytes / 1e6, (double)sizeof *rows / 1e6, read_s, digest_s,
            info_s);
    kerb_free_text(json);
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_crs_free(crs);
    kerb_free(rows);
    kerb_ctx_free(ctx);
    return status == KERB_OK ? 0 : 1;
}
