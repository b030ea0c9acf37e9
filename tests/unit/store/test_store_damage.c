/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store whose bytes are wrong: single bits turned over, cut short anywhere, pages zeroed.
 * Every reading ends with an answer or with one line that is the data's fault, never ours, and
 * leaves the file as it was.
 */
#include "store_scene.h"

typedef struct image {
    char *bytes;
    size_t n_bytes;
    const char *folder;
    size_t n_read, n_refused;
} image;

static image image_new(kerb_ctx *ctx, const char *folder)
{
    image all = {.folder = folder};
    const char *path = scratch_path(folder, "whole.sqlite");
    kerb_store *store = scene_open(ctx, path);
    scene_rows *rows = scene_rows_new(60, 3);
    rows->x[7] = rows->y[7] = (double)NAN;
    rows->start[9] = KERB_CIVIL_NONE;
    assert_ok(ctx, scene_try_import(ctx, store, "a.csv", 24240, rows));
    scene_rows_free(rows);
    kerb_areas_set *set = NULL;
    const kerb_point ring[] = {
        {430000.0, 280000.0}, {480000.0, 280000.0}, {455000.0, 330000.0}};
    const size_t count = 3;
    assert_ok(ctx, kerb_areas_set_new(ctx, &set));
    assert_ok(ctx, kerb_areas_set_add_rings(ctx, set, "B1", "Beat", 1, &count, ring));
    assert_ok(ctx, kerb_areas_set_add_population(ctx, set, 0, 2021, 1234.5));
    assert_ok(ctx, kerb_store_write_areas(ctx, store, "beats", "beat", "b.geojson", NULL, set));
    kerb_areas_set_free(set);
    kerb_store_close(store);
    all.bytes = scratch_read(path, &all.n_bytes);
    assert_non_null(all.bytes);
    return all;
}

static void check_message(kerb_ctx *ctx, kerb_status status, size_t at)
{
    const char *message = kerb_ctx_message(ctx);
    if (status == KERB_ERR_BUG || status == KERB_ERR_ARG || message[0] == '\0' ||
        strchr(message, '\n') || strstr(message, "SELECT"))
        fail_msg("byte %zu: %s: '%s'", at, kerb_status_name(status), message);
}

/* Everything that can be asked of a store; the first failure. */
static kerb_status read_all(kerb_ctx *ctx, kerb_store *store, size_t at)
{
    kerb_events *events = NULL;
    kerb_areas_set *areas = NULL;
    kerb_casualties *casualties = NULL;
    char *json = NULL, *operations = NULL, hex[65];
    double accuracy_m;
    const kerb_status statuses[] = {
        kerb_store_read_events(ctx, store, &events),
        kerb_store_info(ctx, store, &json),
        kerb_store_digest(ctx, store, hex),
        kerb_store_read_areas(ctx, store, "beats", &areas),
        kerb_store_read_casualties(ctx, store, &casualties),
        kerb_store_get_operation(ctx, store, &operations, &accuracy_m),
    };
    kerb_status first = KERB_OK;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i] != KERB_OK)
            check_message(ctx, statuses[i], at);
        first = first != KERB_OK ? first : statuses[i];
    }
    kerb_casualties_free(casualties);
    kerb_areas_set_free(areas);
    kerb_events_free(events);
    kerb_free_text(operations);
    kerb_free_text(json);
    return first;
}

static void read_image(image *all, const char *bytes, size_t n_bytes, size_t at)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = NULL;
    size_t n_after = 0;
    const char *path = scratch_write_bytes(all->folder, "now.sqlite", bytes, n_bytes);
    kerb_status status = kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store);
    if (status == KERB_OK)
        status = read_all(ctx, store, at);
    else
        check_message(ctx, status, at);
    kerb_store_close(store);
    char *after = scratch_read(path, &n_after);
    if (n_after != n_bytes || memcmp(after, bytes, n_bytes) != 0)
        fail_msg("byte %zu: reading changed the file", at);
    free(after);
    all->n_read += status == KERB_OK;
    all->n_refused += status != KERB_OK;
    kerb_ctx_free(ctx);
}

static void damage__one_bit_turned_over_is_an_answer_or_a_line(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    image all = image_new(ctx, *state);
    uint64_t random = 20240607;
    for (int i = 0; i < 300; i++) {
        /* half of them in the heads of pages, where one bit does most */
        size_t at = scene_random(&random) % all.n_bytes;
        if (i % 2 == 0)
            at = at / 4096 * 4096 + scene_random(&random) % 100;
        int bit = (int)(scene_random(&random) % 8);
        all.bytes[at] = (char)(all.bytes[at] ^ 1 << bit);
        read_image(&all, all.bytes, all.n_bytes, at);
        all.bytes[at] = (char)(all.bytes[at] ^ 1 << bit);
    }
    assert_true(all.n_read > 0 && all.n_refused > 0);
    free(all.bytes);
    kerb_ctx_free(ctx);
}

static void damage__a_file_cut_short_anywhere_is_refused(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    image all = image_new(ctx, *state);
    for (size_t n = 0; n < all.n_bytes; n += 512)
        read_image(&all, all.bytes, n, n);
    assert_int_equal(all.n_read, 0);
    read_image(&all, all.bytes, all.n_bytes, all.n_bytes);
    assert_int_equal(all.n_read, 1);
    free(all.bytes);
    kerb_ctx_free(ctx);
}

static void damage__a_page_of_zeros_or_of_another_is_an_answer_or_a_line(void **state)
{
    kerb_ctx *ctx = kerb_ctx_new();
    image all = image_new(ctx, *state);
    char *changed = malloc(all.n_bytes);
    for (size_t at = 0; at + 4096 <= all.n_bytes; at += 4096) {
        if (at / 4096 % 2 != 0)
            continue;
        memcpy(changed, all.bytes, all.n_bytes);
        memset(changed + at, 0, 4096);
        read_image(&all, changed, all.n_bytes, at);
        if (at / 4096 % 8 != 0)
            continue;
        memcpy(changed + at, all.bytes + (all.n_bytes - 4096 - at) / 4096 * 4096, 4096);
        read_image(&all, changed, all.n_bytes, at);
    }
    assert_true(all.n_refused > 0);
    free(changed);
    free(all.bytes);
    kerb_ctx_free(ctx);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(damage__one_bit_turned_over_is_an_answer_or_a_line),
        WITH_FOLDER(damage__a_file_cut_short_anywhere_is_refused),
        WITH_FOLDER(damage__a_page_of_zeros_or_of_another_is_an_answer_or_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
