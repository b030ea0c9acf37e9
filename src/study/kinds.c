/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What may be put together, and under which words (statistics ruling 21). It goes by what the
 * rows are, not by what their categories are called: kinds are never mixed unnamed, a map of
 * what the police find is titled so, and stop and search is no map of harm at all.
 */
#include "study_internal.h"

#include <string.h>

static const char *const KIND_WORDS[KERB_KINDS] = {
    [KERB_KIND_OTHER] = "other incidents",
    [KERB_KIND_CRIME] = "crime",
    [KERB_KIND_ASB] = "anti-social behaviour",
    [KERB_KIND_FIRE] = "fires",
    [KERB_KIND_COLLISION] = "collisions",
    [KERB_KIND_COMPLAINT] = "complaints",
    [KERB_KIND_STOP_AND_SEARCH] = "stop and search",
};

kerb_nature_counts kerb_study__count_natures(const kerb_events *events)
{
    kerb_nature_counts counts = {.n = events->n};
    for (size_t i = 0; i < events->n; i++) {
        kerb_nature nature = kerb_events_kind_of(events, i);
        counts.of_kind[nature.kind]++;
        counts.of_origin[nature.origin]++;
    }
    return counts;
}

/* Rows of which nobody said what they are mix with fires or anti-social behaviour; beside
 * crimes they are mostly crimes under a name that kerb does not know. */
bool kerb_study__is_mixture(const kerb_nature_counts *counts)
{
    size_t n_kinds = 0;
    for (int kind = 0; kind < KERB_KINDS; kind++)
        n_kinds += counts->of_kind[kind] > 0;
    bool is_crime_only = n_kinds == 2 && counts->of_kind[KERB_KIND_OTHER] > 0 &&
                         counts->of_kind[KERB_KIND_CRIME] > 0;
    return n_kinds > 1 && !is_crime_only;
}

void kerb_study__add_kind_words(kerb_text *text, const kerb_nature_counts *counts)
{
    /* crime first, what nobody named last */
    static const kerb_kind order[] = {KERB_KIND_CRIME,     KERB_KIND_ASB,
                                      KERB_KIND_FIRE,      KERB_KIND_COLLISION,
                                      KERB_KIND_COMPLAINT, KERB_KIND_STOP_AND_SEARCH,
                                      KERB_KIND_OTHER};
    size_t n = 0, at = 0;
    for (int kind = 0; kind < KERB_KINDS; kind++)
        n += counts->of_kind[kind] > 0;
    for (size_t i = 0; i < KERB_KINDS; i++) {
        if (counts->of_kind[order[i]] == 0)
            continue;
        at++;
        kerb_text_add_format(text, "%s%s",
                             at == 1   ? ""
                             : at == n ? " and "
                                       : ", ",
                             KIND_WORDS[order[i]]);
    }
}

bool kerb_study__is_police_activity(const kerb_nature_counts *counts)
{
    return counts->n > 0 && counts->of_origin[KERB_ORIGIN_POLICE_GENERATED] == counts->n;
}

/* One line for people, before the work. */
static void warn_mixture(kerb_ctx *ctx, const kerb_nature_counts *counts)
{
    kerb_text text = {0};
    kerb_study__add_kind_words(&text, counts);
    if (!text.failed)
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s are put together, which are not the same thing: choose with --kind or "
                 "--category, or name the mixture with --pool NAME",
                 text.data);
    kerb_text_clear(&text);
}

void kerb_study__warn_natures(kerb_ctx *ctx, const kerb_events *events, bool by_category,
                              bool is_pooled)
{
    kerb_nature_counts counts = kerb_study__count_natures(events);
    uint64_t n_found = counts.of_origin[KERB_ORIGIN_POLICE_GENERATED],
             n_mixed = counts.of_origin[KERB_ORIGIN_MIXED];
    if (!by_category && !is_pooled && kerb_study__is_mixture(&counts))
        warn_mixture(ctx, &counts);
    if (kerb_study__is_police_activity(&counts))
        kerb_log(ctx, KERB_LOG_WARNING,
                 "every row is what the police found themselves (police-generated): this shows "
                 "where they looked, not where harm was done");
    else if (n_found + n_mixed > 0)
        kerb_log(ctx, KERB_LOG_INFO,
                 "%llu of %llu rows are police-generated and %llu partly so: they show where "
                 "the police look",
                 (unsigned long long)n_found, (unsigned long long)counts.n,
                 (unsigned long long)n_mixed);
}

kerb_status kerb_study__refuse_searches(kerb_ctx *ctx, const kerb_events *events)
{
    static const char words[] = "rows are stop and search, which is what the police did, not "
                                "what was done to anybody: no density or hotspots are made of "
                                "it, and it is counted only by a set of role district, county "
                                "or force";
    kerb_nature_counts counts = kerb_study__count_natures(events);
    uint64_t n = counts.of_kind[KERB_KIND_STOP_AND_SEARCH];
    kerb_text others = {0};
    if (n == 0)
        return KERB_OK;
    if (n == counts.n)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "all %llu %s", (unsigned long long)n, words);
    for (int kind = 0; kind < KERB_KINDS; kind++)
        if (kind != KERB_KIND_STOP_AND_SEARCH && counts.of_kind[kind] > 0)
            kerb_text_add_format(&others, "%s%s", others.length > 0 ? "," : "",
                                 kerb_kind_name((kerb_kind)kind));
    kerb_status status =
        kerb_fail(ctx, KERB_ERR_FORMAT, "%llu of %llu %s; leave them out with --kind %s",
                  (unsigned long long)n, (unsigned long long)counts.n, words,
                  others.failed ? "" : others.data);
    kerb_text_clear(&others);
    return status;
}

/* Names of the values that some row has, in their own order. */
static void add_present(kerb_json *parameters, const char *key, const uint64_t *counts,
                        const char *(*name_of)(int), int n)
{
    const char *names[KERB_KINDS]; /* there are more kinds than origins */
    size_t n_present = 0;
    for (int i = 0; i < n; i++)
        if (counts[i] > 0)
            names[n_present++] = name_of(i);
    kerb_json_add_texts(parameters, key, names, n_present);
}

static const char *kind_name(int kind)
{
    return kerb_kind_name((kerb_kind)kind);
}

static const char *origin_name(int origin)
{
    return kerb_origin_name((kerb_origin)origin);
}

void kerb_study__add_natures(kerb_json *parameters, const kerb_events *events, unsigned asked)
{
    kerb_nature_counts counts = kerb_study__count_natures(events);
    uint64_t asked_for[KERB_KINDS];
    for (int kind = 0; kind < KERB_KINDS; kind++)
        asked_for[kind] = asked >> kind & 1u;
    if (asked != 0)
        add_present(parameters, "kind", asked_for, kind_name, KERB_KINDS);
    if (counts.of_kind[KERB_KIND_OTHER] < counts.n)
        add_present(parameters, "kinds_used", counts.of_kind, kind_name, KERB_KINDS);
    if (counts.of_origin[KERB_ORIGIN_UNKNOWN] < counts.n)
        add_present(parameters, "origins_used", counts.of_origin, origin_name, KERB_ORIGINS);
}
