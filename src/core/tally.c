/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Counts under names, kept sorted by the bytes of the name: there are a dozen reasons of
 * rejection, not a million, so a sorted array beats any table and lists itself in one order.
 */
#include "kerb_base.h"

#include <string.h>

struct kerb_tally {
    kerb_tally_entry *entries;
    size_t n, capacity;
};

kerb_tally *kerb_tally_new(void)
{
    return kerb_calloc_array(1, sizeof(kerb_tally));
}

void kerb_tally_free(kerb_tally *tally)
{
    if (!tally)
        return;
    for (size_t i = 0; i < tally->n; i++)
        kerb_free((void *)(uintptr_t)tally->entries[i].name); /* const only to the reader */
    kerb_free(tally->entries);
    kerb_free(tally);
}

const kerb_tally_entry *kerb_tally_entries(const kerb_tally *tally, size_t *n)
{
    *n = tally ? tally->n : 0;
    return tally ? tally->entries : NULL;
}

/* Place of the first name that is not before `name`. */
static size_t find_place(const kerb_tally *tally, const char *name, bool *is_there)
{
    size_t low = 0, high = tally->n;
    *is_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(tally->entries[middle].name, name);
        if (order == 0) {
            *is_there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t kerb_tally_get(const kerb_tally *tally, const char *name)
{
    if (!tally)
        return 0;
    bool is_there;
    size_t place = find_place(tally, name, &is_there);
    return is_there ? tally->entries[place].count : 0;
}

kerb_status kerb_tally_add(kerb_ctx *ctx, kerb_tally *tally, const char *name, uint64_t count)
{
    bool is_there;
    size_t place = find_place(tally, name, &is_there);
    if (is_there) {
        uint64_t *sum = &tally->entries[place].count;
        *sum = *sum > UINT64_MAX - count ? UINT64_MAX : *sum + count;
        return KERB_OK;
    }
    if (tally->n == tally->capacity) {
        size_t capacity = tally->capacity == 0 ? 16 : 2 * tally->capacity;
        kerb_tally_entry *entries =
            kerb_realloc_array(tally->entries, capacity, sizeof *entries);
        if (!entries)
            return kerb_fail_nomem(ctx, "tally");
        tally->entries = entries;
        tally->capacity = capacity;
    }
    char *copy = kerb_text_copy(name);
    if (!copy)
        return kerb_fail_nomem(ctx, "tally");
    memmove(&tally->entries[place + 1], &tally->entries[place],
            (tally->n - place) * sizeof *tally->entries);
    tally->entries[place] = (kerb_tally_entry){.name = copy, .count = count};
    tally->n++;
    return KERB_OK;
}
