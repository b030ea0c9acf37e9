/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be counted twice: references that came again (refused on import), and rows equal in
 * everything that is kept. Equal rows are separate incidents until somebody shows otherwise: in
 * data.police.uk 200 to 400 rows a month are equal to another, because the month and the moved
 * place are all that is published. */
#include "quality_internal.h"

#include <string.h>

/* Everything that is kept of a row, as one number; 64 bits collide once in 10^5 tables of 10^7
 * rows. */
static uint64_t hash_row(const kerb_events *events, uint32_t row)
{
    struct {
        double x, y, weight;
        kerb_civil_s start;
        uint32_t names[KERB_NAME_KINDS], precision;
    } key;
    memset(&key, 0, sizeof key); /* padding, too */
    key.x = isnan(events->x[row]) ? (double)INFINITY : events->x[row] + 0.0;
    key.y = isnan(events->y[row]) ? (double)INFINITY : events->y[row] + 0.0;
    key.weight = events->weight ? events->weight[row] : 1.0;
    key.start = events->start[row];
    for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
        key.names[kind] = events->names[kind][row];
    key.precision = events->precision[row];
    return kerb_hash_bytes(&key, sizeof key).low;
}

typedef struct equal_rows {
    size_t n, n_groups;             /* rows that equal another, and how many different ones */
    size_t n_exact, n_exact_groups; /* those among them that have a place and a time of day */
} equal_rows;

static kerb_status count_equal(kerb_ctx *ctx, const kerb_quality__view *view,
                               const kerb_quality__source *source, equal_rows *out)
{
    uint64_t *keys = kerb_alloc_array(source->n, sizeof *keys);
    uint32_t *rows = kerb_alloc_array(source->n, sizeof *rows);
    kerb_status status =
        keys == NULL || rows == NULL ? kerb_fail_nomem(ctx, "equal rows") : KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < source->n; i++) {
        rows[i] = view->rows[source->first + i];
        keys[i] = hash_row(view->events, rows[i]);
    }
    if (status == KERB_OK)
        status = kerb_quality__sort(ctx, keys, rows, source->n);
    *out = (equal_rows){0};
    for (size_t i = 0; status == KERB_OK && i < source->n;) {
        size_t first = i;
        while (i < source->n && keys[i] == keys[first])
            i++;
        if (i - first < 2)
            continue;
        out->n += i - first;
        out->n_groups++;
        if (view->events->precision[rows[first]] >= KERB_PRECISION_MINUTE &&
            view->places.place_of[rows[first]] != KERB_NO_PLACE)
            out->n_exact += i - first, out->n_exact_groups++;
    }
    kerb_free(rows);
    kerb_free(keys);
    return status;
}

static kerb_status tell_equal(kerb_ctx *ctx, kerb_quality__view *view,
                              const kerb_quality__source *source)
{
    equal_rows found;
    kerb_status status = count_equal(ctx, view, source, &found);
    if (status != KERB_OK)
        return status;
    bool is_odd = !source->is_snapped && found.n_exact > 0;
    kerb_quality__draft draft =
        kerb_quality__begin("duplicates", is_odd ? KERB_QUALITY_NOTE : KERB_QUALITY_OK);
    kerb_quality__about(&draft, KERB_QUALITY_SOURCE, source->name);
    kerb_quality__figure(&draft, "incidents", (double)source->n);
    kerb_quality__figure(&draft, "equal_incidents", (double)found.n);
    kerb_quality__figure(&draft, "equal_share", (double)found.n / (double)source->n);
    kerb_quality__figure(&draft, "different", (double)found.n_groups);
    kerb_quality__figure(&draft, "equal_to_the_minute", (double)found.n_exact);
    kerb_quality__short shown = kerb_quality__name(source->name);
    const char *name = shown.text;
    if (found.n == 0)
        kerb_quality__say(&draft, "%s: no two incidents are equal in time, place and category.",
                          name);
    else if (is_odd)
        kerb_quality__say(&draft,
                          "%s: %s %s equal another to the minute, at the same place and of the "
                          "same category; they are kept as separate incidents: if they are one "
                          "record twice, the map counts it twice.",
                          name, kerb_quality__count((double)found.n_exact).text,
                          kerb_quality__incidents((double)found.n_exact));
    else
        kerb_quality__say(&draft,
                          "%s: %s %s equal another in all that is kept; where times or places "
                          "are coarse that is expected, so they are kept as separate incidents "
                          "and must not be thinned out.",
                          name, kerb_quality__count((double)found.n).text,
                          kerb_quality__incidents((double)found.n));
    return kerb_quality__end(ctx, &draft, view->report);
}

static kerb_status tell_repeated(kerb_ctx *ctx, kerb_quality__view *view)
{
    uint64_t n = kerb_tally_get(view->input->rejected, "repeated_reference");
    kerb_quality__draft draft = kerb_quality__begin("duplicates", KERB_QUALITY_OK);
    kerb_quality__figure(&draft, "repeated_references", (double)n);
    if (n == 0)
        kerb_quality__say(&draft, "No reference came twice.");
    else
        kerb_quality__say(&draft,
                          "%s %s came again under a reference that was there; each is counted "
                          "once, in its latest month.",
                          kerb_quality__count((double)n).text, n == 1 ? "row" : "rows");
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality__check_duplicates(kerb_ctx *ctx, kerb_quality__view *view)
{
    kerb_status status = view->input->rejected ? tell_repeated(ctx, view) : KERB_OK;
    for (size_t s = 0; status == KERB_OK && s < view->n_sources; s++)
        status = tell_equal(ctx, view, &view->sources[s]);
    return status;
}
