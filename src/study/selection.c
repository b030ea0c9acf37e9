/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which rows and which land: areas named by the user are read, rows are filtered, and what may
 * not be thrown together is refused or titled (statistics ruling 21: incidents of different
 * sources are never pooled silently; crime with anti-social behaviour only under a name).
 */
#include "study_internal.h"

#include <math.h>
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

static kerb_status read_exclusions(kerb_ctx *ctx, kerb_input *input,
                                   const kerb_selection *selection, kerb_areas_set **out)
{
    kerb_areas_set *all = NULL, *one = NULL;
    kerb_status status = kerb_areas_set_new(ctx, &all);
    for (size_t i = 0; status == KERB_OK && i < selection->n_exclude; i++) {
        status = kerb_input_areas(ctx, input, selection->exclude[i], NULL, &one);
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
        if (role_set != NULL)
            kerb_log(ctx, KERB_LOG_INFO, "study area: the set '%s' of the store", role_set);
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

static bool is_antisocial_behaviour(const char *category)
{
    static const char *const names[] = {"anti-social behaviour", "antisocial behaviour",
                                        "anti social behaviour", "asb"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kerb_text_equal_nocase(category, names[i]))
            return true;
    return false;
}

/* Do the rows mix anti-social behaviour with anything else? */
static bool is_mixed(const kerb_events *events)
{
    uint32_t n = kerb_events_name_count(events, KERB_NAME_CATEGORY);
    bool asb = false, other = false;
    if (n < 2)
        return false;
    uint8_t *is_asb = kerb_calloc_array((size_t)n + 1, 1);
    if (is_asb == NULL)
        return false;
    for (uint32_t i = 1; i <= n; i++)
        is_asb[i] = is_antisocial_behaviour(kerb_events_name(events, KERB_NAME_CATEGORY, i));
    for (size_t i = 0; i < events->n && !(asb && other); i++) {
        if (is_asb[events->names[KERB_NAME_CATEGORY][i]])
            asb = true;
        else
            other = true;
    }
    kerb_free(is_asb);
    return asb && other;
}

/* How many names of a kind the rows use, and the first of them. */
static size_t count_used(const kerb_events *events, kerb_name_kind kind, uint32_t *first)
{
    uint32_t n = kerb_events_name_count(events, kind);
    uint8_t *used = kerb_calloc_array((size_t)n + 1, 1);
    size_t count = 0;
    if (used == NULL)
        return 0;
    for (size_t i = 0; i < events->n; i++) {
        uint32_t number = events->names[kind][i];
        if (used[number])
            continue;
        used[number] = 1;
        if (number != 0 && count++ == 0)
            *first = number;
    }
    kerb_free(used);
    return count;
}

static kerb_status check_mixing(kerb_ctx *ctx, const kerb_selection *selection,
                                const kerb_events *events, bool by_category)
{
    uint32_t first = 0;
    if (selection->pool != NULL)
        return KERB_OK;
    size_t n_sources = count_used(events, KERB_NAME_SOURCE, &first);
    if (n_sources > 1)
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "the rows come from %zu sources ('%s' and others), which record "
                         "differently: choose one with "
                         "--source, or put them together under a name with --pool NAME",
                         n_sources, kerb_events_name(events, KERB_NAME_SOURCE, first));
    if (!by_category && is_mixed(events))
        kerb_log(ctx, KERB_LOG_WARNING,
                 "crime is put together with anti-social behaviour, which is not crime: "
                 "choose with --category, "
                 "or name the mixture with --pool NAME");
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
    prepared->excluded = kerb_tally_new();
    if (prepared->excluded == NULL) {
        status = kerb_fail_nomem(ctx, "a tally");
        goto done;
    }
    status = read_window(ctx, input, selection, prepared);
    if (status != KERB_OK)
        goto done;
    if (selection->within != NULL) {
        status = kerb_input_areas(ctx, input, selection->within, NULL, &prepared->within);
        if (status != KERB_OK)
            goto done;
        filter.within = prepared->within;
    }
    if (selection->n_exclude > 0) {
        status = read_exclusions(ctx, input, selection, &prepared->exclude);
        if (status != KERB_OK)
            goto done;
        filter.exclude = prepared->exclude;
    }
    status = kerb_events_select(ctx, kerb_input_events(input), &filter,
                                (how & KERB_PREPARE_LOCATED) != 0, prepared->excluded,
                                &prepared->events);
    if (status != KERB_OK)
        goto done;
    status =
        check_mixing(ctx, selection, prepared->events, (how & KERB_PREPARE_BY_CATEGORY) != 0);
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
        status = kerb_events_add_numbered(ctx, kept, from->x[i], from->y[i],
                                          from->weight ? from->weight[i] : 1.0, from->start[i],
                                          (kerb_precision)from->precision[i], numbers);
    }
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

static void add_minutes(kerb_json *parameters, const kerb_filter *filter)
{
    char text[32];
    if (filter->hours_from_min < 0)
        return;
    snprintf(text, sizeof text, "%02d:%02d-%02d:%02d", filter->hours_from_min / 60,
             filter->hours_from_min % 60, filter->hours_to_min / 60, filter->hours_to_min % 60);
    kerb_json_add_text(parameters, "hours", text);
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
    if (filter->n_categories > 0)
        kerb_json_add_texts(parameters, "category", filter->categories, filter->n_categories);
    if (filter->n_sources > 0)
        kerb_json_add_texts(parameters, "source", filter->sources, filter->n_sources);
    if (filter->from != KERB_CIVIL_NONE)
        kerb_json_add_civil(parameters, "from", filter->from);
    if (filter->to != KERB_CIVIL_NONE)
        kerb_json_add_civil(parameters, "to", filter->to);
    add_minutes(parameters, filter);
    add_days(parameters, "weekdays", filter->weekdays);
    add_days(parameters, "nights", filter->nights);
    if (selection->within != NULL)
        kerb_json_add_text(parameters, "within", base_name(selection->within));
    if (selection->n_exclude > 0) {
        const char **names = kerb_calloc_array(selection->n_exclude, sizeof *names);
        if (names == NULL) {
            parameters->failed = true;
            return;
        }
        for (size_t i = 0; i < selection->n_exclude; i++)
            names[i] = base_name(selection->exclude[i]);
        kerb_json_add_texts(parameters, "exclude", names, selection->n_exclude);
        kerb_free(names);
    }
    kerb_json_add_text(parameters, "study_area", prepared->window_name);
    if (selection->pool != NULL)
        kerb_json_add_text(parameters, "pool", selection->pool);
    kerb_json_add_text(parameters, "crs", kerb_crs_id(crs));
    kerb_json_add_text(parameters, "length_unit", kerb_crs_is_none(crs) ? "unit" : "m");
}

/* Months in which at least one dated row begins. */
static size_t count_months(const kerb_events *events, kerb_civil_s from, kerb_civil_s to)
{
    kerb_date first = kerb_date_from_days(from >= 0 ? from / 86400 : (from - 86399) / 86400);
    kerb_date last =
        kerb_date_from_days((to - 1 >= 0) ? (to - 1) / 86400 : (to - 86400) / 86400);
    int base = first.year * 12 + first.month - 1;
    int n = last.year * 12 + last.month - base;
    if (n <= 0 || n > 12 * 300)
        return 0;
    uint8_t *seen = kerb_calloc_array((size_t)n, 1);
    size_t count = 0;
    if (seen == NULL)
        return 0;
    for (size_t i = 0; i < events->n; i++) {
        kerb_civil_s t = events->start[i];
        if (t == KERB_CIVIL_NONE)
            continue;
        kerb_date date = kerb_date_from_days(t >= 0 ? t / 86400 : (t - 86399) / 86400);
        int month = date.year * 12 + date.month - 1 - base;
        if (month < 0 || month >= n || seen[month])
            continue;
        seen[month] = 1;
        count++;
    }
    kerb_free(seen);
    return count;
}

static void add_period(kerb_text *title, const kerb_prepared *prepared)
{
    char from[KERB_CIVIL_TEXT], last[KERB_CIVIL_TEXT];
    if (prepared->period_from == KERB_CIVIL_NONE) {
        kerb_text_add(title, ", undated");
        return;
    }
    size_t n_months =
        count_months(prepared->events, prepared->period_from, prepared->period_to);
    kerb_civil_format(prepared->period_from, KERB_PRECISION_MONTH, from);
    kerb_civil_format(prepared->period_to - 1, KERB_PRECISION_MONTH, last);
    if (strcmp(from, last) == 0)
        kerb_text_add_format(title, ", %s", from);
    else
        kerb_text_add_format(title, ", %s to %s (%zu months with records)", from, last,
                             n_months);
}

kerb_status kerb_study__title(kerb_ctx *ctx, const char *first_words,
                              const kerb_selection *selection, const kerb_prepared *prepared,
                              char **out)
{
    const kerb_events *events = prepared->events;
    kerb_text title = {0};
    uint32_t first = 0;
    if (selection->pool != NULL)
        kerb_text_add(&title, selection->pool);
    else if (first_words != NULL)
        kerb_text_add(&title, first_words);
    else if (selection->filter.n_categories > 0)
        for (size_t i = 0; i < selection->filter.n_categories; i++) {
            if (i > 0)
                kerb_text_add(&title, " + ");
            kerb_text_add(&title, selection->filter.categories[i]);
        }
    else
        kerb_text_add(&title, "All incidents");
    if (is_mixed(events))
        kerb_text_add(&title, " (crime with anti-social behaviour)");
    if (count_used(events, KERB_NAME_SOURCE, &first) == 1)
        kerb_text_add_format(&title, ", %s", kerb_events_name(events, KERB_NAME_SOURCE, first));
    add_period(&title, prepared);
    return kerb_text_take(ctx, &title, out);
}

void kerb_study__stamp(kerb_ctx *ctx, const kerb_input *input, const kerb_prepared *prepared,
                       uint64_t events_used, kerb_stamp *stamp)
{
    stamp->fingerprint = prepared->fingerprint;
    stamp->crs = kerb_input_crs(input);
    stamp->operation = kerb_input__operation(input);
    stamp->operation_accuracy_m = kerb_input__operation_accuracy_m(input);
    stamp->seed = kerb_ctx_get_seed(ctx);
    stamp->events_read = kerb_input_events(input)->n;
    stamp->events_used = events_used;
    stamp->excluded = prepared->excluded;
    stamp->period_from = prepared->period_from;
    stamp->period_to = prepared->period_to;
}
