/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The places of a source that hold most of its rows, and what kinds of incidents they hold. */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

/* A place with its rows, for choosing the largest. */
typedef struct sized {
    uint32_t place, rank, n;
} sized;

/* Most rows first, then from the south up: the same for any order of rows. */
static int compare_sized(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static kerb_status choose(kerb_ctx *ctx, const kerb_quality__view *view,
                          kerb_quality__source *source, const kerb_quality__counter *at)
{
    size_t n = 0;
    sized *list = kerb_alloc_array(at->n_touched, sizeof *list);
    source->big = kerb_calloc_array(KERB_QUALITY__MAX_BIG, sizeof *source->big);
    if (list == NULL || source->big == NULL) {
        kerb_free(list);
        return kerb_fail_nomem(ctx, "the largest places");
    }
    for (size_t i = 0; i < at->n_touched; i++) {
        uint32_t place = at->touched[i];
        if (at->count[place] >= KERB_QUALITY__MIN_BIG)
            list[n++] = (sized){place, view->rank[place], at->count[place]};
    }
    if (n > 1)
        qsort(list, n, sizeof *list, compare_sized);
    source->n_big = n < KERB_QUALITY__MAX_BIG ? n : KERB_QUALITY__MAX_BIG;
    for (size_t i = 0; i < source->n_big; i++)
        source->big[i] = (kerb_quality__big){.place = list[i].place, .n = list[i].n};
    kerb_free(list);
    return KERB_OK;
}

/* Rows of the big places as (number of the place in the list, category), sorted. */
static kerb_status list_pairs(kerb_ctx *ctx, const kerb_quality__view *view,
                              const kerb_quality__source *source, uint64_t **out, size_t *n_out)
{
    size_t n = 0, size = 0;
    uint32_t *slot_of = kerb_calloc_array(view->places.n, sizeof *slot_of);
    uint64_t *keys = NULL;
    uint32_t *unused = NULL;
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < source->n_big; i++)
        size += source->big[i].n;
    keys = kerb_alloc_array(size, sizeof *keys);
    unused = kerb_calloc_array(size, sizeof *unused);
    if (slot_of == NULL || keys == NULL || unused == NULL) {
        status = kerb_fail_nomem(ctx, "the kinds of incidents at a place");
        goto done;
    }
    for (size_t i = 0; i < source->n_big; i++)
        slot_of[source->big[i].place] = (uint32_t)i + 1;
    for (size_t i = 0; i < source->n; i++) {
        uint32_t row = view->rows[source->first + i], place = view->places.place_of[row];
        if (place != KERB_NO_PLACE && slot_of[place] != 0)
            keys[n++] = (uint64_t)(slot_of[place] - 1) << 32 |
                        view->events->names[KERB_NAME_CATEGORY][row];
    }
    status = kerb_quality__sort(ctx, keys, unused, n);
    if (status == KERB_OK)
        *out = keys, *n_out = n, keys = NULL;
done:
    kerb_free(unused);
    kerb_free(keys);
    kerb_free(slot_of);
    return status;
}

/* Overlap of two mixes: the sum of the smaller shares, 1 when they are the same. */
static void fill_mix(const kerb_quality__source *source, const uint64_t *keys, size_t n,
                     const uint32_t *n_of_category)
{
    for (size_t i = 0; i < n;) {
        kerb_quality__big *big = &source->big[keys[i] >> 32];
        uint32_t category = (uint32_t)keys[i];
        size_t first = i;
        while (i < n && keys[i] == keys[first])
            i++;
        size_t count = i - first;
        double here = (double)count / (double)big->n,
               all = (double)n_of_category[category] / (double)source->n;
        big->overlap += here < all ? here : all;
        big->n_categories++;
        if (count > big->n_top)
            big->n_top = count, big->top_category = category;
    }
}

kerb_status kerb_quality__list_big(kerb_ctx *ctx, const kerb_quality__view *view,
                                   kerb_quality__source *source,
                                   const kerb_quality__counter *at)
{
    uint64_t *keys = NULL;
    uint32_t *n_of_category = NULL;
    size_t n = 0;
    kerb_status status = choose(ctx, view, source, at);
    if (status == KERB_OK)
        status = list_pairs(ctx, view, source, &keys, &n);
    if (status != KERB_OK)
        goto done;
    n_of_category =
        kerb_calloc_array((size_t)kerb_events_name_count(view->events, KERB_NAME_CATEGORY) + 1,
                          sizeof *n_of_category);
    if (n_of_category == NULL) {
        status = kerb_fail_nomem(ctx, "the mix of categories");
        goto done;
    }
    for (size_t i = 0; i < source->n; i++)
        n_of_category[view->events->names[KERB_NAME_CATEGORY][view->rows[source->first + i]]]++;
    fill_mix(source, keys, n, n_of_category);
done:
    kerb_free(n_of_category);
    kerb_free(keys);
    return status;
}
