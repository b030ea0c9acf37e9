/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows as the checks look at them: by source and month, each at a numbered place. Made
 * once; after that a check touches each row a few times. */
#include "quality_internal.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ sorting */

uint64_t kerb_quality__key(double value)
{
    uint64_t bits;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Least significant byte first; a byte that all keys share costs one look. */
kerb_status kerb_quality__sort(kerb_ctx *ctx, uint64_t *keys, uint32_t *values, size_t n)
{
    uint64_t *other_keys = kerb_alloc_array(n, sizeof *other_keys), *from = keys, *to;
    uint32_t *other_values = kerb_alloc_array(n, sizeof *other_values), *value_from = values,
             *value_to;
    if (other_keys == NULL || other_values == NULL) {
        kerb_free(other_keys);
        kerb_free(other_values);
        return kerb_fail_nomem(ctx, "sorting");
    }
    to = other_keys, value_to = other_values;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t start[257] = {0};
        for (size_t i = 0; i < n; i++)
            start[(from[i] >> shift & 255) + 1]++;
        bool is_shared = false;
        for (size_t b = 1; b <= 256; b++)
            is_shared = is_shared || start[b] == n;
        if (is_shared)
            continue;
        for (size_t b = 1; b < 257; b++)
            start[b] += start[b - 1];
        for (size_t i = 0; i < n; i++) {
            size_t at = start[from[i] >> shift & 255]++;
            to[at] = from[i];
            value_to[at] = value_from[i];
        }
        uint64_t *swapped = from;
        uint32_t *value_swapped = value_from;
        from = to, to = swapped;
        value_from = value_to, value_to = value_swapped;
    }
    if (from != keys && n > 0) {
        memcpy(keys, from, n * sizeof *keys);
        memcpy(values, value_from, n * sizeof *values);
    }
    kerb_free(other_keys);
    kerb_free(other_values);
    return KERB_OK;
}

/* ------------------------------------------------------------------- counts */

kerb_status kerb_quality__counter_init(kerb_ctx *ctx, kerb_quality__counter *counter,
                                       size_t size)
{
    *counter = (kerb_quality__counter){.size = size};
    counter->count = kerb_calloc_array(size, sizeof *counter->count);
    counter->touched = kerb_alloc_array(size, sizeof *counter->touched);
    if (counter->count != NULL && counter->touched != NULL)
        return KERB_OK;
    kerb_quality__counter_clear(counter);
    return kerb_fail_nomem(ctx, "counts");
}

void kerb_quality__counter_clear(kerb_quality__counter *counter)
{
    kerb_free(counter->count);
    kerb_free(counter->touched);
    memset(counter, 0, sizeof *counter);
}

void kerb_quality__counter_reset(kerb_quality__counter *counter)
{
    for (size_t i = 0; i < counter->n_touched; i++)
        counter->count[counter->touched[i]] = 0;
    counter->n_touched = 0;
}

/* A name with its number, for sorting. */
typedef struct named {
    const char *name;
    uint32_t number;
} named;

static int compare_named(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

kerb_status kerb_quality__counter_sort_names(kerb_ctx *ctx, kerb_quality__counter *counter,
                                             const kerb_events *events, kerb_name_kind kind)
{
    named *list = kerb_alloc_array(counter->n_touched, sizeof *list);
    if (list == NULL)
        return kerb_fail_nomem(ctx, "the order of names");
    for (size_t i = 0; i < counter->n_touched; i++)
        list[i] =
            (named){kerb_events_name(events, kind, counter->touched[i]), counter->touched[i]};
    if (counter->n_touched > 1)
        qsort(list, counter->n_touched, sizeof *list, compare_named);
    for (size_t i = 0; i < counter->n_touched; i++)
        counter->touched[i] = list[i].number;
    kerb_free(list);
    return KERB_OK;
}

/* --------------------------------------------------------------------- view */

static int32_t month_of(kerb_civil_s start)
{
    if (start == KERB_CIVIL_NONE)
        return KERB_QUALITY__NO_MONTH;
    int64_t day = start / 86400 - (start % 86400 < 0);
    kerb_date date = kerb_date_from_days(day);
    return date.year < 1 || date.year > 9999 ? KERB_QUALITY__NO_MONTH
                                             : date.year * 12 + date.month - 1;
}

static void fill_months(kerb_quality__view *view)
{
    const kerb_events *events = view->events;
    kerb_civil_s known = KERB_CIVIL_NONE; /* of the row before: most rows share it */
    int32_t month = KERB_QUALITY__NO_MONTH;
    for (size_t i = 0; i < events->n; i++) {
        if (events->start[i] != known) {
            known = events->start[i];
            month = month_of(known);
        }
        view->month_of[i] = month;
    }
}

static kerb_status sort_places(kerb_ctx *ctx, kerb_quality__view *view)
{
    size_t n = view->places.n;
    uint64_t *keys = kerb_alloc_array(n, sizeof *keys);
    kerb_status status = KERB_OK;
    if (keys == NULL)
        return kerb_fail_nomem(ctx, "the order of places");
    for (size_t i = 0; i < n; i++) {
        view->by_y[i] = (uint32_t)i;
        keys[i] = kerb_quality__key(view->places.x[i]);
    }
    status = kerb_quality__sort(ctx, keys, view->by_y, n);
    for (size_t i = 0; i < n; i++)
        keys[i] = kerb_quality__key(view->places.y[view->by_y[i]]);
    if (status == KERB_OK)
        status = kerb_quality__sort(ctx, keys, view->by_y, n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        view->rank[view->by_y[i]] = (uint32_t)i;
    kerb_free(keys);
    return status;
}

/* Places of rows whose place is exact: the middle of a square would be a stack of its own
 * making. */
static kerb_status number_places(kerb_ctx *ctx, kerb_quality__view *view)
{
    const kerb_events *events = view->events;
    if (events->cell_m == NULL)
        return kerb_numbered_places_make(ctx, events->n, events->x, events->y, &view->places);
    double *x = kerb_alloc_array(events->n, sizeof *x);
    if (x == NULL)
        return kerb_fail_nomem(ctx, "exact places");
    for (size_t i = 0; i < events->n; i++)
        x[i] = isnan(events->cell_m[i]) ? events->x[i] : (double)NAN;
    kerb_status status = kerb_numbered_places_make(ctx, events->n, x, events->y, &view->places);
    kerb_free(x);
    return status;
}

/* The largest sources by rows, then in order of name. */
static int compare_size(const void *a, const void *b)
{
    const kerb_quality__source *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? 1 : -1;
    return strcmp(x->name, y->name);
}

static int compare_name(const void *a, const void *b)
{
    const kerb_quality__source *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static kerb_status list_sources(kerb_ctx *ctx, kerb_quality__view *view)
{
    const kerb_events *events = view->events;
    size_t n_names = (size_t)kerb_events_name_count(events, KERB_NAME_SOURCE) + 1, n = 0;
    kerb_quality__source *sources = kerb_calloc_array(n_names, sizeof *sources);
    if (sources == NULL)
        return kerb_fail_nomem(ctx, "the sources");
    for (size_t i = 0; i < n_names; i++)
        sources[i] = (kerb_quality__source){
            .number = (uint32_t)i,
            .name = kerb_events_name(events, KERB_NAME_SOURCE, (uint32_t)i)};
    for (size_t i = 0; i < events->n; i++)
        sources[events->names[KERB_NAME_SOURCE][i]].n++;
    for (size_t i = 0; i < n_names; i++)
        if (sources[i].n > 0)
            sources[n++] = sources[i];
    qsort(sources, n, sizeof *sources, compare_size);
    view->sources = sources;
    view->n_sources = n < KERB_QUALITY__MAX_SOURCES ? n : KERB_QUALITY__MAX_SOURCES;
    for (size_t i = view->n_sources; i < n; i++) {
        view->n_more_sources++;
        view->n_more_rows += sources[i].n;
        sources[i].n = 0;
    }
    qsort(sources, view->n_sources, sizeof *sources, compare_name);
    return KERB_OK;
}

/* Rows by source, undated first, then by month; those of sources that are left out go last. */
static kerb_status sort_rows(kerb_ctx *ctx, kerb_quality__view *view)
{
    const kerb_events *events = view->events;
    size_t n_names = (size_t)kerb_events_name_count(events, KERB_NAME_SOURCE) + 1, first = 0;
    uint64_t *keys = kerb_alloc_array(events->n, sizeof *keys);
    uint32_t *order = kerb_alloc_array(n_names, sizeof *order);
    kerb_status status = KERB_OK;
    if (keys == NULL || order == NULL) {
        status = kerb_fail_nomem(ctx, "the order of rows");
        goto done;
    }
    for (size_t i = 0; i < n_names; i++)
        order[i] = UINT32_MAX;
    for (size_t s = 0; s < view->n_sources; s++) {
        order[view->sources[s].number] = (uint32_t)s;
        view->sources[s].first = first;
        first += view->sources[s].n;
    }
    for (size_t i = 0; i < events->n; i++) {
        uint32_t month = (uint32_t)view->month_of[i] ^ UINT32_C(1) << 31;
        keys[i] = (uint64_t)order[events->names[KERB_NAME_SOURCE][i]] << 32 | month;
        view->rows[i] = (uint32_t)i;
    }
    status = kerb_quality__sort(ctx, keys, view->rows, events->n);
done:
    kerb_free(order);
    kerb_free(keys);
    return status;
}

static kerb_status list_months(kerb_ctx *ctx, const kerb_quality__view *view,
                               kerb_quality__source *source)
{
    size_t n = 0;
    int32_t last = KERB_QUALITY__NO_MONTH;
    for (size_t i = 0; i < source->n; i++) {
        int32_t month = view->month_of[view->rows[source->first + i]];
        n += month != last;
        last = month;
    }
    source->months = kerb_calloc_array(n, sizeof *source->months);
    if (source->months == NULL)
        return kerb_fail_nomem(ctx, "the months");
    last = KERB_QUALITY__NO_MONTH;
    for (size_t i = 0; i < source->n; i++) {
        int32_t month = view->month_of[view->rows[source->first + i]];
        if (month == KERB_QUALITY__NO_MONTH)
            continue;
        if (month != last)
            source->months[source->n_months++] =
                (kerb_quality__month){.month = month, .first = source->first + i};
        source->months[source->n_months - 1].n++;
        last = month;
    }
    return KERB_OK;
}

void kerb_quality__count_at(const kerb_quality__view *view, size_t first, size_t n,
                            kerb_quality__counter *at)
{
    kerb_quality__counter_reset(at);
    for (size_t i = 0; i < n; i++) {
        uint32_t place = view->places.place_of[view->rows[first + i]];
        if (place != KERB_NO_PLACE)
            kerb_quality__counter_add(at, place);
    }
}

size_t kerb_quality__first_above(const kerb_quality__view *view, double y)
{
    size_t low = 0, high = view->places.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (view->places.y[view->by_y[middle]] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

#define MIN_ROWS_OF_LIST 100 /* a handful of rows shows no list */
#define N_HEAPS          5 /* places left out of the question whether places are those of a list */

/* Rows with a place, and those whose place has another row of the source, too. The tallest
 * places do not count for a list: heaps at a few default coordinates are none. */
static void count_places(kerb_quality__source *source, const kerb_quality__counter *at)
{
    size_t heaps[N_HEAPS] = {0}, n_heaped = 0;
    source->n_places = at->n_touched;
    for (size_t i = 0; i < at->n_touched; i++) {
        size_t n = at->count[at->touched[i]];
        source->n_located += n;
        source->n_sharing += n > 1 ? n : 0;
        for (size_t h = 0; h < N_HEAPS; h++)
            if (n > 1 && n > heaps[h]) {
                size_t lower = heaps[h];
                heaps[h] = n, n = lower;
            }
    }
    for (size_t h = 0; h < N_HEAPS; h++)
        n_heaped += heaps[h];
    size_t n_judged = source->n_located - n_heaped;
    source->is_snapped =
        n_judged >= MIN_ROWS_OF_LIST && (double)(source->n_sharing - n_heaped) >=
                                            KERB_QUALITY__SNAPPED_SHARE * (double)n_judged;
}

kerb_status kerb_quality__view_make(kerb_ctx *ctx, const kerb_quality_input *input,
                                    const kerb_quality_options *options,
                                    kerb_quality_report *report, kerb_quality__view *view)
{
    const kerb_events *events = input->events;
    kerb_quality__counter at = {0};
    *view = (kerb_quality__view){
        .input = input, .options = options, .events = events, .report = report};
    kerb_status status = number_places(ctx, view);
    if (status != KERB_OK)
        goto done;
    view->rank = kerb_alloc_array(view->places.n, sizeof *view->rank);
    view->by_y = kerb_alloc_array(view->places.n, sizeof *view->by_y);
    view->first_row = kerb_alloc_array(view->places.n, sizeof *view->first_row);
    view->is_default = kerb_calloc_array(view->places.n, sizeof *view->is_default);
    view->rows = kerb_alloc_array(events->n, sizeof *view->rows);
    view->month_of = kerb_alloc_array(events->n, sizeof *view->month_of);
    if (!view->rank || !view->by_y || !view->first_row || !view->is_default || !view->rows ||
        !view->month_of) {
        status = kerb_fail_nomem(ctx, "the rows by source");
        goto done;
    }
    fill_months(view);
    for (size_t i = events->n; i-- > 0;)
        if (view->places.place_of[i] != KERB_NO_PLACE)
            view->first_row[view->places.place_of[i]] = (uint32_t)i, view->n_placed++;
    status = sort_places(ctx, view);
    if (status == KERB_OK)
        status = list_sources(ctx, view);
    if (status == KERB_OK)
        status = sort_rows(ctx, view);
    if (status == KERB_OK)
        status = kerb_quality__counter_init(ctx, &at, view->places.n);
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++) {
        kerb_quality__source *source = &view->sources[s];
        status = list_months(ctx, view, source);
        if (status != KERB_OK)
            break;
        kerb_quality__count_at(view, source->first, source->n, &at);
        count_places(source, &at);
        status = kerb_quality__list_big(ctx, view, source, &at);
        if (status == KERB_OK)
            status = kerb_quality__mark_defaults(ctx, view, source, &at);
        if (status == KERB_OK)
            status = kerb_quality__find_breaks(ctx, view, source, &at);
    }
done:
    kerb_quality__counter_clear(&at);
    return status;
}

void kerb_quality__view_clear(kerb_quality__view *view)
{
    for (size_t s = 0; s < view->n_sources; s++) {
        kerb_free(view->sources[s].month_places);
        kerb_free(view->sources[s].months);
        kerb_free(view->sources[s].big);
    }
    kerb_free(view->sources);
    kerb_free(view->month_of);
    kerb_free(view->rows);
    kerb_free(view->is_default);
    kerb_free(view->first_row);
    kerb_free(view->by_y);
    kerb_free(view->rank);
    kerb_numbered_places_clear(&view->places);
    memset(view, 0, sizeof *view);
}
