/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A name people can find on a map: the street most of the records carry, and the beat.
 *
 * A hotspot led by one place gets no street: with over half of its records at one coordinate
 * the street would point at a house or a shop. It is named by its beat, else by its id. */

#include "hotspots_internal.h"
#include "kerb_base.h"

#include <stdlib.h>
#include <string.h>

/* Longest part of a name [bytes]; what comes from a file may be any length. */
#define MAX_PART 100

/* --------------------------------------------------------------------- labels */

/* A label without what every label of data.police.uk starts with, and without blanks around. */
struct label {
    const char *text;
    size_t length;
    size_t count;
    bool is_kind; /* "Supermarket": a kind of place, which says not which */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool starts_with_nocase(const char *text, size_t length, const char *prefix)
{
    size_t n = strlen(prefix);
    for (size_t i = 0; i < n; i++) {
        int c = i < length ? (unsigned char)text[i] : '\0';
        int lower = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
        if (lower != (unsigned char)prefix[i])
            return false;
    }
    return true;
}

/* "On or near High Street " -> "High Street"; length 0 where no place is named. */
static struct label make_label(const char *text)
{
    static const char prefix[] = "on or near", none[] = "no location";
    struct label label = {.text = text, .length = strlen(text)};
    while (label.length > 0 && is_blank(label.text[0]))
        label.text++, label.length--;
    /* Only as words of their own: "On or nearside" is no prefix. */
    size_t n = sizeof prefix - 1;
    if (starts_with_nocase(label.text, label.length, prefix) &&
        (label.length == n || is_blank(label.text[n])))
        label.text += n, label.length -= n;
    while (label.length > 0 && is_blank(label.text[0]))
        label.text++, label.length--;
    while (label.length > 0 && is_blank(label.text[label.length - 1]))
        label.length--;
    if (label.length == sizeof none - 1 && starts_with_nocase(label.text, label.length, none))
        label.length = 0;
    return label;
}

/* Kinds of places that data.police.uk writes where a street would stand. Many of each lie in a
 * town, so they name a hotspot only when none of its records carries a street. */
static bool is_kind_of_place(const struct label *label)
{
    static const char *const kinds[] = {"airport/airfield",
                                        "bus/coach station",
                                        "conference/exhibition centre",
                                        "further/higher educational building",
                                        "hospital",
                                        "motorway service area",
                                        "nightclub",
                                        "park/open space",
                                        "parking area",
                                        "pedestrian subway",
                                        "petrol station",
                                        "police station",
                                        "prison",
                                        "race track",
                                        "shopping area",
                                        "sports/recreation area",
                                        "supermarket",
                                        "theatre/concert hall",
                                        "theme/adventure park"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (label->length == strlen(kinds[i]) &&
            starts_with_nocase(label->text, label->length, kinds[i]))
            return true;
    return false;
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *left = a, *right = b;
    size_t n = left->length < right->length ? left->length : right->length;
    int order = memcmp(left->text, right->text, n);
    if (order != 0)
        return order;
    return (left->length > right->length) - (left->length < right->length);
}

/* The commonest street of the rows, else the commonest kind of place; of equals the first in
 * byte order; length 0: none. */
static kerb_status find_label(kerb_ctx *ctx, const kerb_events *events, const size_t *rows,
                              size_t n_rows, struct label *out)
{
    struct label *labels = kerb_alloc_array(n_rows, sizeof *labels);
    struct label best = {0};
    size_t n = 0;
    if (labels == NULL)
        return kerb_fail_nomem(ctx, "labels of a hotspot");
    for (size_t i = 0; i < n_rows; i++) {
        uint32_t number = events->names[KERB_NAME_LABEL][rows[i]];
        labels[n] = make_label(kerb_events_name(events, KERB_NAME_LABEL, number));
        n += labels[n].length > 0;
    }
    if (n > 1)
        qsort(labels, n, sizeof *labels, compare_labels);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && compare_labels(&labels[i], &labels[end]) == 0;)
            end++;
        labels[i].count = end - i;
        labels[i].is_kind = is_kind_of_place(&labels[i]);
        bool is_better = best.length == 0 || (best.is_kind && !labels[i].is_kind) ||
                         (best.is_kind == labels[i].is_kind && labels[i].count > best.count);
        if (is_better)
            best = labels[i];
    }
    kerb_free(labels);
    *out = best;
    return KERB_OK;
}

/* ---------------------------------------------------------------------- beats */

static int compare_sizes(const void *a, const void *b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left > right) - (left < right);
}

/* The beat with most of the rows, of equals the first of the set; without any the peak's. */
static kerb_status find_beat(kerb_ctx *ctx, const kerb_events *events, const size_t *rows,
                             size_t n_rows, const kerb_areas_set *beats, kerb_point peak,
                             size_t *out)
{
    size_t n_beats = kerb_areas_set_count(beats), n = 0, best_count = 0;
    size_t *beat_of = kerb_alloc_array(n_rows, sizeof *beat_of);
    if (beat_of == NULL)
        return kerb_fail_nomem(ctx, "beats of a hotspot");
    for (size_t i = 0; i < n_rows; i++) {
        beat_of[n] = kerb_areas_set_locate(beats, events->x[rows[i]], events->y[rows[i]]);
        n += beat_of[n] < n_beats;
    }
    if (n > 1)
        qsort(beat_of, n, sizeof *beat_of, compare_sizes);
    *out = n == 0 ? kerb_areas_set_locate(beats, peak.x, peak.y) : n_beats;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && beat_of[end] == beat_of[i];)
            end++;
        if (end - i > best_count) {
            best_count = end - i;
            *out = beat_of[i];
        }
    }
    kerb_free(beat_of);
    return KERB_OK;
}

/* ----------------------------------------------------------------------- name */

/* Texts come from files: whatever could break a line or a terminal is made visible. */
static void add_part(kerb_text *name, const char *text, size_t length)
{
    char visible[4 * MAX_PART + 8];
    if (length == 0)
        return;
    kerb_text_visible(text, length, MAX_PART, visible);
    if (name->length > 0)
        kerb_text_add(name, ", ");
    kerb_text_add(name, visible);
}

kerb_status kerb_hotspots__make_name(kerb_ctx *ctx, const kerb_events *events,
                                     const size_t *rows, size_t n_rows,
                                     const kerb_areas_set *beats, const kerb_hotspot *spot,
                                     char **out)
{
    kerb_text name = {0};
    struct label label = {0};
    if (!spot->led_by_one_place) {
        kerb_status status = find_label(ctx, events, rows, n_rows, &label);
        if (status != KERB_OK)
            return status;
    }
    add_part(&name, label.text, label.length);
    if (beats != NULL) {
        size_t beat = 0;
        kerb_status status = find_beat(ctx, events, rows, n_rows, beats, spot->peak, &beat);
        if (status != KERB_OK) {
            kerb_text_clear(&name);
            return status;
        }
        if (beat < kerb_areas_set_count(beats)) {
            const char *text = kerb_areas_set_name(beats, beat);
            if (text == NULL || text[0] == '\0')
                text = kerb_areas_set_id(beats, beat);
            add_part(&name, text, strlen(text));
        }
    }
    if (name.length == 0)
        kerb_text_add(&name, spot->id);
    return kerb_text_take(ctx, &name, out);
}
