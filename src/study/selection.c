/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rows and which land: areas named by the user are read, rows are filtered, and what may
 * not be thrown together is refused or titled (statistics ruling 21: incidents of different
 * sources are never pooled silently; different kinds only under a name, kinds.c).
 */
#include "study_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void kerb_study__prepared_free(kerb_prepared *prepared)
{
    if (prepared == NULL)
        return;
    kerb_areas_set_free(prepared->window);
    kerb_areas_set_free(prepared->exclude);
    kerb_areas_set_free(prepared->within);
    kerb_events_free(prepared->events);
    kerb_tally_free(prepared->excluded);
    kerb_free(prepared->window_name);
    kerb_free(prepared->categories);
    kerb_free(prepared->sources);
    kerb_free(prepared);
}

kerb_status kerb_study__append_areas(kerb_ctx *ctx, const kerb_areas_set *from,
                                     kerb_areas_set *to)
{
    for (size_t i = 0; i < kerb_areas_set_count(from); i++) {
        uint8_t *wkb = NULL;
        size_t n_bytes = 0;
        kerb_status status = kerb_areas_set_get_wkb(ctx, from, i, &wkb, &n_bytes);
        if (status != KERB_OK)
            return status;
        status = kerb_areas_set_add_wkb(ctx, to, kerb_areas_set_id(from, i),
                                        kerb_areas_set_name(from, i), wkb, n_bytes);
        kerb_free_text((char *)wkb);
        if (status != KERB_OK)
            return status;
    }
    return KERB_OK;
}

/* All areas of several names in one set. */
static kerb_status read_union(kerb_ctx *ctx, kerb_input *input, const char *const *names,
                              size_t n_names, kerb_areas_set **out)
{
    kerb_areas_set *all = NULL, *one = NULL;
    kerb_status status = kerb_areas_set_new(ctx, &all);
    for (size_t i = 0; status == KERB_OK && i < n_names; i++) {
        status = kerb_input_areas(ctx, input, names[i], NULL, &one);
        if (status == KERB_OK)
            status = kerb_study__append_areas(ctx, one, all);
        kerb_areas_set_free(one);
        one = NULL;
    }
    if (status == KERB_OK)
        status = kerb_areas_set_index(ctx, all);
    if (status == KERB_OK)
        *out = all;
    else
        kerb_areas_set_free(all);
    return status;
}

/* The window: as named, else the store's only set of role `study`. */
static kerb_status read_window(kerb_ctx *ctx, kerb_input *input,
                               const kerb_selection *selection, kerb_prepared *prepared)
{
    char *role_set = NULL;
    const char *name = selection->study_area;
    kerb_status status = KERB_OK;
    if (name == NULL && kerb_input_store(input) != NULL) {
        size_t n_found = 0;
        status =
            kerb_store_find_role(ctx, kerb_input_store(input), "study", &n_found, &role_set);
        if (status != KERB_OK)
            return status;
        prepared->window_by_role = role_set != NULL;
        name = role_set;
    }
    if (name != NULL) {
        status = kerb_input_areas(ctx, input, name, NULL, &prepared->window);
        if (status == KERB_OK) {
            /* a path tells where somebody keeps files, not what was done: the base name is
             * enough */
            const char *slash = strrchr(name, '/');
            prepared->window_name = kerb_text_copy(slash != NULL ? slash + 1 : name);
            if (prepared->window_name == NULL)
                status = kerb_fail_nomem(ctx, "a name");
        }
    }
    kerb_free_text(role_set);
    return status;
}

/* How many sources the rows come from, rows without one being a source of their own; and the
 * first that has a name, 0 when none has. */
static kerb_status count_sources(kerb_ctx *ctx, const kerb_events *events, size_t *n_sources,
                                 uint32_t *first)
{
    uint32_t n = kerb_events_name_count(events, KERB_NAME_SOURCE);
    uint8_t *used = kerb_calloc_array((size_t)n + 1, 1);
    if (used == NULL)
        return kerb_fail_nomem(ctx, "the list of sources");
    *n_sources = 0;
    *first = 0;
    for (size_t i = 0; i < events->n; i++) {
        uint32_t number = events->names[KERB_NAME_SOURCE][i];
        if (used[number])
            continue;
        used[number] = 1;
        (*n_sources)++;
        if (*first == 0)
            *first = number;
    }
    kerb_free(used);
    return KERB_OK;
}

static kerb_status check_mixing(kerb_ctx *ctx, const kerb_selection *selection,
                                const kerb_events *events, bool by_category)
{
    uint32_t first = 0;
    size_t n_sources = 0;
    kerb_status status = count_sources(ctx, events, &n_sources, &first);
    if (status != KERB_OK)
        return status;
    if (n_sources > 1 && selection->pool == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "the rows come from %zu sources ('%s' and others), which record "
                         "differently: choose one with "
                         "--source, or put them together under a name with --pool NAME",
                         n_sources, kerb_events_name(events, KERB_NAME_SOURCE, first));
    kerb_study__warn_natures(ctx, events, by_category, selection->pool != NULL);
    return KERB_OK;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names asked for as the rows spell them, sorted: `burglary` and `Burglary` ask for the
 * same rows, so they must give the same parameters. Names are borrowed from the events. */
static kerb_status find_names(kerb_ctx *ctx, const kerb_events *events, kerb_name_kind kind,
                              const char *const *names, size_t n_names, const char ***out,
                              size_t *n_out)
{
    uint32_t count = kerb_events_name_count(events, kind);
    if (n_names == 0)
        return KERB_OK;
    const char **found = kerb_calloc_array((size_t)count + 1, sizeof *found);
    if (found == NULL)
        return kerb_fail_nomem(ctx, "a list of names");
    for (size_t i = 0; i < n_names; i++) {
        bool exact = false; /* an exact match leaves those that differ by case alone */
        for (uint32_t number = 1; number <= count && !exact; number++)
            exact = strcmp(names[i], kerb_events_name(events, kind, number)) == 0;
        for (uint32_t number = 1; number <= count; number++) {
            const char *name = kerb_events_name(events, kind, number);
            if (exact ? strcmp(names[i], name) == 0 : kerb_text_equal_nocase(names[i], name))
                found[number - 1] = name;
        }
    }
    for (uint32_t number = 1; number <= count; number++)
        if (found[number - 1] != NULL)
            found[(*n_out)++] = found[number - 1];
    if (*n_out > 1)
        qsort(found, *n_out, sizeof *found, compare_names);
    *out = found;
    return KERB_OK;
}

kerb_status kerb_study__prepare(kerb_ctx *ctx, kerb_input *input,
                                const kerb_selection *selection, unsigned how,
                                kerb_prepared **out)
{
    kerb_filter filter = selection->filter;
    kerb_prepared *prepared = kerb_calloc_array(1, sizeof *prepared);
    kerb_status status = KERB_OK;
    if (prepared == NULL)
        return kerb_fail_nomem(ctx, "a selection");
    prepared->period_from = prepared->period_to = KERB_CIVIL_NONE;
    prepared->as_at = kerb_input__as_at(input);
    prepared->has_as_at = prepared->as_at != KERB_CIVIL_NONE;
    prepared->excluded = kerb_tally_new();
    if (prepared->excluded == NULL) {
        status = kerb_fail_nomem(ctx, "a tally");
        goto done;
    }
    status = read_window(ctx, input, selection, prepared);
    if (status != KERB_OK)
        goto done;
    if (selection->n_within > 0) {
        status =
            read_union(ctx, input, selection->within, selection->n_within, &prepared->within);
        if (status != KERB_OK)
            goto done;
        filter.within = prepared->within;
    }
    if (selection->n_exclude > 0) {
        status = read_union(ctx, input, selection->exclude, selection->n_exclude,
                            &prepared->exclude);
        if (status != KERB_OK)
            goto done;
        filter.exclude = prepared->exclude;
    }
    status = kerb_events_select(ctx, kerb_input_events(input), &filter,
                                (how & KERB_PREPARE_LOCATED) != 0, prepared->excluded,
                                &prepared->events);
    if (status != KERB_OK)
        goto done;
    status = find_names(ctx, kerb_input_events(input), KERB_NAME_CATEGORY, filter.categories,
                        filter.n_categories, &prepared->categories, &prepared->n_categories);
    if (status == KERB_OK)
        status = find_names(ctx, kerb_input_events(input), KERB_NAME_SOURCE, filter.sources,
                            filter.n_sources, &prepared->sources, &prepared->n_sources);
    if (status != KERB_OK)
        goto done;
    if ((how & KERB_PREPARE_HARM) != 0)
        status = kerb_study__refuse_searches(ctx, prepared->events);
    if (status != KERB_OK)
        goto done;
    prepared->by_category = (how & KERB_PREPARE_BY_CATEGORY) != 0;
    if ((how & KERB_PREPARE_UNMIXED) == 0)
        status = check_mixing(ctx, selection, prepared->events, prepared->by_category);
    if (status != KERB_OK)
        goto done;
    kerb_study__refresh(prepared);
    status = kerb_events_fingerprint(ctx, prepared->events, prepared->fingerprint);
    if (status != KERB_OK)
        goto done;
    *out = prepared;
    prepared = NULL;
done:
    kerb_study__prepared_free(prepared);
    return status;
}

void kerb_study__refresh(kerb_prepared *prepared)
{
    if (!kerb_events_period(prepared->events, &prepared->period_from, &prepared->period_to))
        prepared->period_from = prepared->period_to = KERB_CIVIL_NONE;
}

kerb_status kerb_study__subset(kerb_ctx *ctx, const kerb_events *from, const uint8_t *keep,
                               kerb_events **out)
{
    kerb_events *kept = NULL;
    kerb_status status = kerb_events_new(ctx, &kept);
    /* names keep their numbers: they are added in order to an empty table */
    for (int kind = 0; status == KERB_OK && kind < KERB_NAME_KINDS; kind++) {
        uint32_t n = kerb_events_name_count(from, (kerb_name_kind)kind), number = 0;
        for (uint32_t i = 1; status == KERB_OK && i <= n; i++) {
            const char *name = kerb_events_name(from, (kerb_name_kind)kind, i);
            status = kerb_events_add_name(ctx, kept, (kerb_name_kind)kind, name, strlen(name),
                                          &number);
        }
    }
    for (size_t i = 0; status == KERB_OK && i < from->n; i++) {
        if (!keep[i])
            continue;
        uint32_t numbers[KERB_NAME_KINDS];
        for (int kind = 0; kind < KERB_NAME_KINDS; kind++)
            numbers[kind] = from->names[kind][i];
        status = kerb_events_add_copy(ctx, kept, from, i, numbers);
    }
    if (status == KERB_OK)
        status = kerb_events_copy_kinds(ctx, kept, from);
    if (status == KERB_OK)
        *out = kept;
    else
        kerb_events_free(kept);
    return status;
}

kerb_status kerb_study__keep_rows(kerb_ctx *ctx, kerb_prepared *prepared, const uint8_t *keep,
                                  const char *reason)
{
    kerb_events *kept = NULL;
    kerb_status status = kerb_study__subset(ctx, prepared->events, keep, &kept);
    if (status != KERB_OK)
        return status;
    uint64_t n_left = prepared->events->n - kept->n;
    kerb_events_free(prepared->events);
    prepared->events = kept;
    if (n_left > 0)
        status = kerb_tally_add(ctx, prepared->excluded, reason, n_left);
    if (status != KERB_OK)
        return status;
    kerb_study__refresh(prepared);
    return kerb_events_fingerprint(ctx, kept, prepared->fingerprint);
}

/* A file is named by its last part only: stamps carry no paths. */
static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_hours(kerb_json *parameters, const kerb_filter *filter)
{
    char texts[KERB_FILTER_MAX_HOURS][32];
    const char *list[KERB_FILTER_MAX_HOURS];
    if (filter->n_hours == 0)
        return;
    for (size_t i = 0; i < filter->n_hours; i++) {
        int from = filter->hours[i].from_min, to = filter->hours[i].to_min;
        snprintf(texts[i], sizeof texts[i], "%02d:%02d-%02d:%02d", from / 60, from % 60,
                 to / 60, to % 60);
        list[i] = texts[i];
    }
    qsort(texts, filter->n_hours, sizeof texts[0], compare_texts);
    kerb_json_add_texts(parameters, "hours", list, filter->n_hours);
}

/* Names of areas, by their last part and sorted: their order changes nothing. */
static void add_areas(kerb_json *parameters, const char *key, const char *const *names,
                      size_t n)
{
    if (n == 0)
        return;
    const char **list = kerb_calloc_array(n, sizeof *list);
    if (list == NULL) {
        parameters->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        list[i] = base_name(names[i]);
    qsort(list, n, sizeof *list, compare_names);
    kerb_json_add_texts(parameters, key, list, n);
    kerb_free(list);
}

static void add_days(kerb_json *parameters, const char *key, unsigned days)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    const char *chosen[7];
    size_t n = 0;
    if (days == 0)
        return;
    for (int i = 0; i < 7; i++)
        if (days & (1u << i))
            chosen[n++] = names[i];
    kerb_json_add_texts(parameters, key, chosen, n);
}

void kerb_study__add_selection(kerb_json *parameters, const kerb_selection *selection,
                               const kerb_prepared *prepared, const kerb_crs *crs)
{
    const kerb_filter *filter = &selection->filter;
    if (prepared->n_categories > 0)
        kerb_json_add_texts(parameters, "category", prepared->categories,
                            prepared->n_categories);
    if (prepared->n_sources > 0)
        kerb_json_add_texts(parameters, "source", prepared->sources, prepared->n_sources);
    kerb_study__add_natures(parameters, prepared->events, filter->kinds);
    if (filter->from != KERB_CIVIL_NONE)
        kerb_json_add_civil(parameters, "from", filter->from);
    if (filter->to != KERB_CIVIL_NONE)
        kerb_json_add_civil(parameters, "to", filter->to);
    add_hours(parameters, filter);
    add_days(parameters, "weekdays", filter->weekdays);
    add_days(parameters, "nights", filter->nights);
    add_areas(parameters, "within", selection->within, selection->n_within);
    add_areas(parameters, "exclude", selection->exclude, selection->n_exclude);
    kerb_json_add_text(parameters, "study_area", prepared->window_name);
    if (selection->pool != NULL)
        kerb_json_add_text(parameters, "pool", selection->pool);
    if (prepared->has_as_at)
        kerb_json_add_civil(parameters, "as_at", prepared->as_at);
    kerb_json_add_text(parameters, "crs", kerb_crs_id(crs));
    kerb_json_add_text(parameters, "length_unit", kerb_crs_is_none(crs) ? "unit" : "m");
}

/* Days since 1970 of an instant, before 1970 too. */
static int64_t day_of(kerb_civil_s time)
{
    return time >= 0 ? time / 86400 : (time - 86399) / 86400;
}

static int month_of(kerb_civil_s time)
{
    kerb_date date = kerb_date_from_days(day_of(time));
    return date.year * 12 + date.month - 1;
}

/* Months in which at least one dated row begins. */
static kerb_status count_months(kerb_ctx *ctx, const kerb_events *events, kerb_civil_s from,
                                kerb_civil_s to, size_t *n_months)
{
    int base = month_of(from), n = month_of(to - 1) - base + 1;
    *n_months = 0;
    if (n <= 0 || n > 12 * 9999) /* times that no calendar has, from a store made elsewhere */
        return KERB_OK;
    uint8_t *seen = kerb_calloc_array((size_t)n, 1);
    if (seen == NULL)
        return kerb_fail_nomem(ctx, "the list of months");
    for (size_t i = 0; i < events->n; i++) {
        if (events->start[i] == KERB_CIVIL_NONE)
            continue;
        int month = month_of(events->start[i]) - base;
        if (month < 0 || month >= n)
            continue;
        *n_months += !seen[month];
        seen[month] = 1;
    }
    kerb_free(seen);
    return KERB_OK;
}

static kerb_status add_period(kerb_ctx *ctx, kerb_text *title, const kerb_prepared *prepared)
{
    char from[KERB_CIVIL_TEXT], last[KERB_CIVIL_TEXT];
    size_t n_months = 0;
    if (prepared->period_from == KERB_CIVIL_NONE) {
        kerb_text_add(title, ", undated");
        return KERB_OK;
    }
    kerb_status status = count_months(ctx, prepared->events, prepared->period_from,
                                      prepared->period_to, &n_months);
    if (status != KERB_OK)
        return status;
    kerb_civil_format(prepared->period_from, KERB_PRECISION_MONTH, from);
    kerb_civil_format(prepared->period_to - 1, KERB_PRECISION_MONTH, last);
    if (strcmp(from, last) == 0)
        kerb_text_add_format(title, ", %s", from);
    else
        kerb_text_add_format(title, ", %s to %s (%zu months with records)", from, last,
                             n_months);
    return KERB_OK;
}

void kerb_study__add_window(kerb_text *text, const kerb_prepared *prepared)
{
    if (prepared->window_name != NULL)
        kerb_text_add_format(
            text, "  study area: %s%s\n", prepared->window_name,
            prepared->window_by_role ? ", the only set of role study in the store" : "");
}

static void add_as_at(kerb_text *title, kerb_civil_s as_at)
{
    char day[KERB_CIVIL_TEXT];
    kerb_civil_format(as_at, KERB_PRECISION_DAY, day);
    kerb_text_add_format(title, ", as the records stood on %s", day);
}

kerb_status kerb_study__title(kerb_ctx *ctx, const char *first_words,
                              const kerb_selection *selection, const kerb_prepared *prepared,
                              char **out)
{
    const kerb_events *events = prepared->events;
    kerb_text title = {0};
    uint32_t first = 0;
    size_t n_sources = 0;
    kerb_nature_counts counts = kerb_study__count_natures(events);
    kerb_status status = count_sources(ctx, events, &n_sources, &first);
    if (status != KERB_OK)
        return status;
    if (selection->pool != NULL)
        kerb_text_add(&title, selection->pool);
    else if (first_words != NULL)
        kerb_text_add(&title, first_words);
    else if (prepared->n_categories > 0)
        for (size_t i = 0; i < prepared->n_categories; i++) {
            if (i > 0)
                kerb_text_add(&title, " + ");
            kerb_text_add(&title, prepared->categories[i]);
        }
    else
        kerb_text_add(&title, "All incidents");
    if (!prepared->by_category && kerb_study__is_mixture(&counts)) {
        kerb_text_add(&title, " (");
        kerb_study__add_kind_words(&title, &counts);
        kerb_text_add(&title, " together)");
    }
    if (kerb_study__is_police_activity(&counts))
        kerb_text_add(&title, " (police activity)");
    if (n_sources == 1 && first != 0)
        kerb_text_add_format(&title, ", %s", kerb_events_name(events, KERB_NAME_SOURCE, first));
    status = add_period(ctx, &title, prepared);
    if (status == KERB_OK && prepared->has_as_at)
        add_as_at(&title, prepared->as_at);
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &title, out);
    kerb_text_clear(&title);
    return status;
}
