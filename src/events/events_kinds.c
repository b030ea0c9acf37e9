/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds and origins. They belong to a category of a source, not to a row: "Criminal damage" of
 * a police force is a crime, of a council a complaint. So a table keeps one small entry for
 * each such pair, and rows cost nothing. */
#include "events_internal.h"

#include <string.h>

enum { FIRST_SLOTS = 64 };

static const char *const KIND_NAMES[KERB_KINDS] = {
    [KERB_KIND_OTHER] = "other",
    [KERB_KIND_CRIME] = "crime",
    [KERB_KIND_ASB] = "asb",
    [KERB_KIND_FIRE] = "fire",
    [KERB_KIND_COLLISION] = "collision",
    [KERB_KIND_COMPLAINT] = "complaint",
    [KERB_KIND_STOP_AND_SEARCH] = "stop_and_search",
};

static const char *const ORIGIN_NAMES[KERB_ORIGINS] = {
    [KERB_ORIGIN_UNKNOWN] = "unknown",
    [KERB_ORIGIN_REPORTED] = "reported",
    [KERB_ORIGIN_POLICE_GENERATED] = "police_generated",
    [KERB_ORIGIN_MIXED] = "mixed",
};

const char *kerb_kind_name(kerb_kind kind)
{
    return (unsigned)kind < KERB_KINDS ? KIND_NAMES[kind] : KIND_NAMES[KERB_KIND_OTHER];
}

const char *kerb_origin_name(kerb_origin origin)
{
    return (unsigned)origin < KERB_ORIGINS ? ORIGIN_NAMES[origin]
                                           : ORIGIN_NAMES[KERB_ORIGIN_UNKNOWN];
}

/* Number of a name in a list, n when it is not there; people write stop-and-search. */
static size_t find_name(const char *const *names, size_t n, const char *name)
{
    size_t length = strlen(name);
    char plain[32];
    if (length >= sizeof plain)
        return n;
    for (size_t i = 0; i <= length; i++)
        plain[i] = (char)(name[i] == '-' || name[i] == ' ' ? '_' : name[i]);
    size_t i = 0;
    while (i < n && !kerb_text_equal_nocase(plain, names[i]))
        i++;
    return i;
}

bool kerb_kind_find(const char *name, kerb_kind *out)
{
    size_t i = find_name(KIND_NAMES, KERB_KINDS, name);
    if (i < KERB_KINDS)
        *out = (kerb_kind)i;
    return i < KERB_KINDS;
}

bool kerb_origin_find(const char *name, kerb_origin *out)
{
    size_t i = find_name(ORIGIN_NAMES, KERB_ORIGINS, name);
    if (i < KERB_ORIGINS)
        *out = (kerb_origin)i;
    return i < KERB_ORIGINS;
}

bool kerb_nature_merge(kerb_nature *nature, kerb_nature other)
{
    if (nature->kind != KERB_KIND_OTHER && other.kind != KERB_KIND_OTHER &&
        nature->kind != other.kind)
        return false;
    if (nature->origin != KERB_ORIGIN_UNKNOWN && other.origin != KERB_ORIGIN_UNKNOWN &&
        nature->origin != other.origin)
        return false;
    if (nature->kind == KERB_KIND_OTHER)
        nature->kind = other.kind;
    if (nature->origin == KERB_ORIGIN_UNKNOWN)
        nature->origin = other.origin;
    return true;
}

/* ------------------------------------------------------------------------------ pairs */

/* Slot of a pair, or the free one where it would be. */
static kerb_events__pair *find_pair(kerb_events__pair *pairs, size_t n_slots, uint32_t source,
                                    uint32_t category)
{
    /* Fibonacci hashing: Knuth, The Art of Computer Programming 3 (1998) section 6.4 */
    uint64_t key = ((uint64_t)source << 32 | category) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(key >> 32) & (n_slots - 1);
    while (pairs[at].is_used && (pairs[at].source != source || pairs[at].category != category))
        at = (at + 1) & (n_slots - 1);
    return &pairs[at];
}

static kerb_status grow_pairs(kerb_ctx *ctx, struct kerb_events_private *owner)
{
    size_t n_slots = owner->n_slots ? 2 * owner->n_slots : FIRST_SLOTS;
    kerb_events__pair *pairs = kerb_calloc_array(n_slots, sizeof *pairs);
    if (!pairs)
        return kerb_fail_nomem(ctx, "kinds of events");
    for (size_t i = 0; i < owner->n_slots; i++) {
        const kerb_events__pair *old = &owner->pairs[i];
        if (old->is_used)
            *find_pair(pairs, n_slots, old->source, old->category) = *old;
    }
    kerb_free(owner->pairs);
    owner->pairs = pairs;
    owner->n_slots = n_slots;
    return KERB_OK;
}

static kerb_status fail_differs(kerb_ctx *ctx, const kerb_events *events,
                                const kerb_events__pair *pair, kerb_nature nature)
{
    enum { SHOWN = 60 };
    char source[4 * SHOWN + 8], category[4 * SHOWN + 8];
    const char *text = kerb_events_name(events, KERB_NAME_SOURCE, pair->source);
    kerb_text_visible(text, strlen(text), SHOWN, source);
    text = kerb_events_name(events, KERB_NAME_CATEGORY, pair->category);
    kerb_text_visible(text, strlen(text), SHOWN, category);
    return kerb_fail(ctx, KERB_ERR_ARG,
                     "category '%s' of source '%s' is of kind %s, origin %s; it cannot be of "
                     "kind %s, origin %s too: name another source for one of them",
                     category, source, kerb_kind_name(pair->nature.kind),
                     kerb_origin_name(pair->nature.origin), kerb_kind_name(nature.kind),
                     kerb_origin_name(nature.origin));
}

kerb_status kerb_events_set_kind(kerb_ctx *ctx, kerb_events *events, uint32_t source,
                                 uint32_t category, kerb_nature nature)
{
    struct kerb_events_private *owner = events->owner;
    if ((unsigned)nature.kind >= KERB_KINDS || (unsigned)nature.origin >= KERB_ORIGINS)
        return kerb_fail(ctx, KERB_ERR_ARG, "unknown kind %d or origin %d", (int)nature.kind,
                         (int)nature.origin);
    if (source > kerb_events_name_count(events, KERB_NAME_SOURCE) ||
        category > kerb_events_name_count(events, KERB_NAME_CATEGORY))
        return kerb_fail(ctx, KERB_ERR_ARG, "there is no source %lu or no category %lu",
                         (unsigned long)source, (unsigned long)category);
    if (nature.kind == KERB_KIND_OTHER && nature.origin == KERB_ORIGIN_UNKNOWN)
        return KERB_OK;
    if (2 * (owner->n_pairs + 1) > owner->n_slots) {
        kerb_status status = grow_pairs(ctx, owner);
        if (status != KERB_OK)
            return status;
    }
    kerb_events__pair *pair = find_pair(owner->pairs, owner->n_slots, source, category);
    if (!pair->is_used) {
        *pair = (kerb_events__pair){source, category, true, nature};
        owner->n_pairs++;
        return KERB_OK;
    }
    return kerb_nature_merge(&pair->nature, nature) ? KERB_OK
                                                    : fail_differs(ctx, events, pair, nature);
}

kerb_nature kerb_events_get_kind(const kerb_events *events, uint32_t source, uint32_t category)
{
    const struct kerb_events_private *owner = events->owner;
    if (owner->n_pairs == 0)
        return (kerb_nature){0};
    return find_pair(owner->pairs, owner->n_slots, source, category)->nature;
}

kerb_nature kerb_events_kind_of(const kerb_events *events, size_t row)
{
    return kerb_events_get_kind(events, events->names[KERB_NAME_SOURCE][row],
                                events->names[KERB_NAME_CATEGORY][row]);
}

/* Number that a name of one table has in another; false when it is not there. */
static bool find_number(const kerb_strings *from, uint32_t number, const kerb_strings *to,
                        uint32_t *out)
{
    *out = number == 0 ? 0
                       : kerb_strings_find(to, kerb_strings_get(from, number),
                                           kerb_strings_length(from, number));
    return number == 0 || *out != 0;
}

kerb_status kerb_events_copy_kinds(kerb_ctx *ctx, kerb_events *events, const kerb_events *from)
{
    const struct kerb_events_private *there = from->owner;
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < there->n_slots; i++) {
        const kerb_events__pair *pair = &there->pairs[i];
        uint32_t source, category;
        if (pair->is_used &&
            find_number(there->names[KERB_NAME_SOURCE], pair->source,
                        events->owner->names[KERB_NAME_SOURCE], &source) &&
            find_number(there->names[KERB_NAME_CATEGORY], pair->category,
                        events->owner->names[KERB_NAME_CATEGORY], &category))
            status = kerb_events_set_kind(ctx, events, source, category, pair->nature);
    }
    return status;
}
