/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters: one record, one filter, one reason, in a table; then second by second against a
 * filter written without arithmetic; then names, areas and failures. */
#include "failing_allocator.h"
#include "near.h"

#include "kerb_base.h"
#include "kerb_events.h"

#include "test_table.h"

static kerb_tally *excluded;

static int set_up(void **state)
{
    excluded = kerb_tally_new();
    return excluded ? make_table(state) : -1;
}

static int tear_down(void **state)
{
    kerb_tally_free(excluded);
    return free_table(state);
}

static void add(double x, double y, kerb_civil_s start, kerb_precision precision,
                const char *source, const char *category)
{
    kerb_event event = {.x = x, .y = y, .weight = 1, .start = start, .precision = precision};
    event.names[KERB_NAME_SOURCE] = source;
    event.names[KERB_NAME_CATEGORY] = category;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static kerb_events *select_rows(const kerb_filter *filter, bool located_only)
{
    kerb_events *selected = NULL;
    if (kerb_events_select(ctx, events, filter, located_only, excluded, &selected) != KERB_OK)
        fail_msg("%s", kerb_ctx_message(ctx));
    return selected;
}

static kerb_civil_s parse(const char *text)
{
    kerb_civil_s time = KERB_CIVIL_NONE;
    if (*text)
        assert_int_equal(kerb_civil_parse(ctx, text, &time), KERB_OK);
    return time;
}

enum { MON = 1, TUE = 2, WED = 4, THU = 8, FRI = 16, SAT = 32, SUN = 64, WEEK = 127 };
enum {
    NONE = KERB_PRECISION_NONE,
    MONTH = KERB_PRECISION_MONTH,
    DAY = KERB_PRECISION_DAY,
    MINUTE = KERB_PRECISION_MINUTE,
    SECOND = KERB_PRECISION_SECOND
};

typedef struct time_case {
    const char *time;
    int precision;
    const char *from, *to;
    int hours_from, hours_to; /* minutes, -1: any */
    unsigned weekdays, nights;
    const char *want; /* reason, "" when it passes */
} time_case;

/* 2020-03-06 was a Friday. */
static const time_case TIME_CASES[] = {
    /* no filter on time: undated rows pass */
    {"", NONE, "", "", -1, -1, 0, 0, ""},
    {"", NONE, "2020", "", -1, -1, 0, 0, "no_date"},
    {"", NONE, "", "", 0, 1440, 0, 0, "no_date"},
    {"", NONE, "", "", -1, -1, WEEK, 0, "no_date"},
    {"", NONE, "", "", -1, -1, 0, WEEK, "no_date"},
    /* period: from <= t < to, the record's whole span */
    {"2020-03", MONTH, "2020-03", "2020-04", -1, -1, 0, 0, ""},
    {"2020-03", MONTH, "2020-01", "", -1, -1, 0, 0, ""},
    {"2020-03", MONTH, "", "2020-04", -1, -1, 0, 0, ""},
    {"2020-03", MONTH, "2020-04", "", -1, -1, 0, 0, "outside_period"},
    {"2020-03", MONTH, "", "2020-03", -1, -1, 0, 0, "outside_period"},
    {"2020-03", MONTH, "2020-03-02", "", -1, -1, 0, 0, "time_too_coarse"},
    {"2020-03", MONTH, "", "2020-03-31", -1, -1, 0, 0, "time_too_coarse"},
    {"2020-02", MONTH, "2020-02", "2020-02-29", -1, -1, 0, 0, "time_too_coarse"},
    {"2020-02", MONTH, "2020-02", "2020-03-01", -1, -1, 0, 0, ""},
    {"2020-03-06", DAY, "2020-03-06", "2020-03-07", -1, -1, 0, 0, ""},
    {"2020-03-06", DAY, "2020-03-06T00:01", "", -1, -1, 0, 0, "time_too_coarse"},
    {"2020-03-06", DAY, "2020-03-07", "", -1, -1, 0, 0, "outside_period"},
    {"2020-03-06T14:05", MINUTE, "2020-03-06T14:05", "2020-03-06T14:06", -1, -1, 0, 0, ""},
    {"2020-03-06T14:05", MINUTE, "2020-03-06T14:05:30", "", -1, -1, 0, 0, "time_too_coarse"},
    {"2020-03-06T14:05:30", SECOND, "2020-03-06T14:05:30", "", -1, -1, 0, 0, ""},
    {"2020-03-06T14:05:29", SECOND, "2020-03-06T14:05:30", "", -1, -1, 0, 0, "outside_period"},
    {"2020-03-06T14:05:30", SECOND, "", "2020-03-06T14:05:30", -1, -1, 0, 0, "outside_period"},
    /* hours: from <= t < to, over midnight */
    {"2020-03-06T22:00", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, ""},
    {"2020-03-06T21:59", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, "outside_hours"},
    {"2020-03-06T00:00", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, ""},
    {"2020-03-06T03:59", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, ""},
    {"2020-03-06T04:00", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, "outside_hours"},
    {"2020-03-06T23:59:59", SECOND, "", "", 22 * 60, 0, 0, 0, ""},
    {"2020-03-06T00:00", SECOND, "", "", 22 * 60, 0, 0, 0, "outside_hours"},
    {"2020-03-06T09:30", MINUTE, "", "", 9 * 60, 10 * 60, 0, 0, ""},
    {"2020-03-06T10:00", MINUTE, "", "", 9 * 60, 10 * 60, 0, 0, "outside_hours"},
    {"1969-07-20T23:30", MINUTE, "", "", 22 * 60, 4 * 60, 0, 0, ""},
    {"2020-03-06", DAY, "", "", 22 * 60, 4 * 60, 0, 0, "time_too_coarse"},
    {"2020-03", MONTH, "", "", 22 * 60, 4 * 60, 0, 0, "time_too_coarse"},
    {"2020-03-06", DAY, "", "", 0, 1440, 0, 0, ""},
    {"2020-03", MONTH, "", "", 0, 1440, 0, 0, ""},
    {"2020-03", MONTH, "", "", 0, 1439, 0, 0, "time_too_coarse"},
    /* weekdays: the calendar day */
    {"2020-03-06", DAY, "", "", -1, -1, FRI, 0, ""},
    {"2020-03-06", DAY, "", "", -1, -1, FRI | SAT, 0, ""},
    {"2020-03-06", DAY, "", "", -1, -1, SAT | THU, 0, "outside_weekdays"},
    {"2020-03-06T23:59", MINUTE, "", "", -1, -1, FRI, 0, ""},
    {"2020-03-07T00:00", MINUTE, "", "", -1, -1, FRI, 0, "outside_weekdays"},
    {"2020-03", MONTH, "", "", -1, -1, FRI, 0, "time_too_coarse"},
    {"2020-03", MONTH, "", "", -1, -1, WEEK, 0, ""},
    {"1969-12-29", DAY, "", "", -1, -1, MON, 0, ""},
    {"1969-12-28", DAY, "", "", -1, -1, MON, 0, "outside_weekdays"},
    /* nights: from noon to noon, named after the day they begin */
    {"2020-03-06T12:00", MINUTE, "", "", -1, -1, 0, FRI, ""},
    {"2020-03-06T11:59", MINUTE, "", "", -1, -1, 0, FRI, "outside_nights"},
    {"2020-03-07T02:00", MINUTE, "", "", -1, -1, 0, FRI, ""},
    {"2020-03-07T12:00", MINUTE, "", "", -1, -1, 0, FRI, "outside_nights"},
    {"2020-03-09T11:00", MINUTE, "", "", -1, -1, 0, SUN, ""}, /* Monday morning */
    {"2020-03-06", DAY, "", "", -1, -1, 0, FRI, "time_too_coarse"},
    {"2020-03-06", DAY, "", "", -1, -1, 0, THU | FRI, ""},
    {"2020-03-06", DAY, "", "", -1, -1, 0, SAT, "outside_nights"},
    {"2020-03", MONTH, "", "", -1, -1, 0, WEEK, ""},
    /* several: all must hold; wholly outside one beats partly outside another */
    {"2020-03-06T23:00", MINUTE, "2020", "2021", 22 * 60, 4 * 60, FRI, FRI, ""},
    {"2020-03-06", DAY, "", "", 22 * 60, 4 * 60, SAT, 0, "outside_weekdays"},
    {"2020-03-06", DAY, "2021", "", 22 * 60, 4 * 60, 0, 0, "outside_period"},
    {"2020-03-06T23:00", MINUTE, "", "", 9 * 60, 10 * 60, SAT, SAT, "outside_hours"},
    {"2020-03-06", DAY, "", "", 8 * 60, 10 * 60, FRI, FRI, "time_too_coarse"},
};

static kerb_filter filter_of(const time_case *c)
{
    kerb_filter filter = KERB_FILTER_ALL;
    filter.from = parse(c->from);
    filter.to = parse(c->to);
    if (c->hours_from != -1 || c->hours_to != -1)
        filter.hours[filter.n_hours++] = (kerb_hours){c->hours_from, c->hours_to};
    filter.weekdays = c->weekdays;
    filter.nights = c->nights;
    return filter;
}

static void events_filter__each_time_has_its_documented_reason(void **state)
{
    for (size_t i = 0; i < sizeof TIME_CASES / sizeof *TIME_CASES; i++) {
        const time_case *c = &TIME_CASES[i];
        add(1, 1, parse(c->time), (kerb_precision)c->precision, "s", "c");
        kerb_filter filter = filter_of(c);
        kerb_events *selected = select_rows(&filter, true);
        size_t n_reasons;
        const kerb_tally_entry *reasons = kerb_tally_entries(excluded, &n_reasons);
        const char *got = n_reasons ? reasons[0].name : "";
        if (strcmp(got, c->want) != 0 || selected->n != (*c->want ? 0u : 1u) || n_reasons > 1)
            fail_msg("case %zu (%s, from %s to %s, hours %d-%d, days %u, nights %u): got '%s', "
                     "want '%s'",
                     i, c->time, c->from, c->to, c->hours_from, c->hours_to, c->weekdays,
                     c->nights, got, c->want);
        kerb_events_free(selected);
        tear_down(state);
        set_up(state);
    }
}

/* The same filters asked of single seconds, with loops instead of counts. */
static bool holds_second(const kerb_filter *filter, kerb_civil_s t)
{
    kerb_civil_s day = t / 86400 - (t % 86400 < 0);
    int minute = (int)((t - day * 86400) / 60);
    if (filter->from != KERB_CIVIL_NONE && t < filter->from)
        return false;
    if (filter->to != KERB_CIVIL_NONE && t >= filter->to)
        return false;
    bool in_hours = filter->n_hours == 0;
    for (size_t i = 0; i < filter->n_hours; i++) {
        int a = filter->hours[i].from_min, b = filter->hours[i].to_min;
        in_hours = in_hours || (a < b ? minute >= a && minute < b : minute >= a || minute < b);
    }
    if (!in_hours)
        return false;
    if (filter->weekdays && !(filter->weekdays >> kerb_weekday_from_days(day) & 1u))
        return false;
    if (filter->nights) {
        kerb_civil_s night = minute < 720 ? day - 1 : day;
        if (!(filter->nights >> kerb_weekday_from_days(night) & 1u))
            return false;
    }
    return true;
}

/* A whole minute between 1980 and 2020. */
static kerb_civil_s at_minute_zero(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return 315532800 + (kerb_civil_s)((*seed >> 33) % 21038400u) * 60;
}

static void events_filter__row_passes_just_when_all_its_minutes_do(void **state)
{
    uint64_t seed = 1;
    const kerb_precision precisions[] = {KERB_PRECISION_MONTH, KERB_PRECISION_DAY,
                                         KERB_PRECISION_MINUTE,
                                         KERB_PRECISION_MINUTE /* with a window */};
    size_t n_pass = 0, n_total = 0;
    for (int round = 0; round < 400; round++) {
        /* filters in whole minutes, so that minutes tell all */
        kerb_filter filter = KERB_FILTER_ALL;
        kerb_civil_s base = at_minute_zero(&seed);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned r = (unsigned)(seed >> 33);
        if (r & 1)
            filter.from = base - 86400 * (kerb_civil_s)(r >> 8 & 31);
        if (r & 2)
            filter.to = base + 86400 * (kerb_civil_s)(1 + (r >> 13 & 31));
        if (r & 4) {
            kerb_hours span = {(int)(r >> 4 & 15) * 60, (int)(17 + (r >> 6 & 7)) * 60};
            if (r & 8)
                span = (kerb_hours){span.to_min % 1440, span.from_min};
            if (span.from_min == span.to_min)
                continue;
            filter.hours[filter.n_hours++] = span;
            if (r >> 25 & 1) /* a second span, apart from the first or over it */
                filter.hours[filter.n_hours++] =
                    (kerb_hours){(int)(r >> 20 & 7) * 60 + 30, (int)(8 + (r >> 23 & 3)) * 60};
        }
        filter.weekdays = (r >> 16 & 3) == 0 ? r >> 18 & 127 : 0;
        filter.nights = (r >> 16 & 3) == 1 ? r >> 18 & 127 : 0;
        for (int p = 0; p < 4; p++) {
            kerb_civil_s start = base;
            if (precisions[p] != KERB_PRECISION_MINUTE)
                start = base / 86400 * 86400;
            if (precisions[p] == KERB_PRECISION_MONTH) {
                kerb_date date = kerb_date_from_days(start / 86400);
                date.day = 1;
                start = kerb_days_from_date(date) * 86400;
            }
            add(1, 1, start, precisions[p], "s", "c");
            bool is_all = true;
            kerb_civil_s end = kerb_civil_end(start, precisions[p]);
            if (p == 3) {
                end = start + 60 * (kerb_civil_s)(1 + (r >> 5 & 2047));
                assert_int_equal(kerb_events_set_end(ctx, events, 0, end), KERB_OK);
            }
            for (kerb_civil_s t = start; t < end && is_all; t += 60)
                is_all = holds_second(&filter, t);
            kerb_events *selected = select_rows(&filter, true);
            assert_int_equal(selected->n, is_all);
            n_pass += is_all ? 1 : 0;
            n_total++;
            kerb_events_free(selected);
            kerb_events_free(events);
            events = NULL;
            assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
        }
    }
    assert_true(n_pass > 100 && n_total - n_pass > 100);
    (void)state;
}

/* -------------------------------------------------------------------- names */

static void add_names(void)
{
    add(1, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "North", "Burglary");
    add(2, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "South", "BURGLARY");
    add(3, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "North", "Robbery");
    add(4, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "South", NULL);
}

static void assert_xs(const kerb_events *selected, size_t n, const double *xs)
{
    assert_int_equal(selected->n, n);
    for (size_t i = 0; i < n; i++)
        assert_near_abs(selected->x[i], xs[i], 0.0);
}

static void events_filter__names_match_exactly_else_without_case(void **state)
{
    (void)state;
    add_names();
    const struct {
        const char *name;
        size_t n;
        double xs[2];
    } cases[] = {{"Burglary", 1, {1}},
                 {"BURGLARY", 1, {2}},
                 {"burglary", 2, {1, 2}},
                 {"rObBeRy", 1, {3}}};
    for (size_t i = 0; i < 4; i++) {
        kerb_filter filter = KERB_FILTER_ALL;
        filter.categories = &cases[i].name, filter.n_categories = 1;
        kerb_events *selected = select_rows(&filter, true);
        assert_xs(selected, cases[i].n, cases[i].xs);
        kerb_events_free(selected);
    }
    const char *both[] = {"Robbery", "Burglary"}, *south[] = {"south"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = both, filter.n_categories = 2;
    kerb_events *selected = select_rows(&filter, true);
    assert_xs(selected, 2, (const double[]){1, 3});
    kerb_events_free(selected);
    filter = (kerb_filter)KERB_FILTER_ALL;
    filter.sources = south, filter.n_sources = 1;
    selected = select_rows(&filter, true);
    assert_xs(selected, 2, (const double[]){2, 4});
    kerb_events_free(selected);
}

static void events_filter__unknown_name_lists_those_there_are(void **state)
{
    (void)state;
    add_names();
    const char *wrong[] = {"Burglary", "Bulgary"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = wrong, filter.n_categories = 2;
    kerb_events *selected = NULL;
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, excluded, &selected),
                     KERB_ERR_NOT_FOUND);
    assert_null(selected);
    assert_string_equal(kerb_ctx_message(ctx),
                        "no category \"Bulgary\"; there are: Burglary, BURGLARY, Robbery");
    filter = (kerb_filter)KERB_FILTER_ALL;
    filter.sources = wrong, filter.n_sources = 1;
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, excluded, &selected),
                     KERB_ERR_NOT_FOUND);
    assert_string_equal(kerb_ctx_message(ctx),
                        "no source \"Burglary\"; there are: North, South");
}

static void events_filter__long_lists_of_names_are_cut(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%02d", i);
        add(1, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, NULL, name);
    }
    const char *wrong[] = {"x"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = wrong, filter.n_categories = 1;
    kerb_events *selected = NULL;
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, NULL, &selected),
                     KERB_ERR_NOT_FOUND);
    assert_non_null(strstr(kerb_ctx_message(ctx), "c19 and 5 more"));
    assert_null(strstr(kerb_ctx_message(ctx), "c20"));
}

static void events_filter__new_table_knows_only_names_of_its_rows(void **state)
{
    (void)state;
    add_names();
    const char *robbery[] = {"Robbery"}, *burglary[] = {"Burglary"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = robbery, filter.n_categories = 1;
    kerb_events *selected = select_rows(&filter, true), *none = NULL;
    assert_int_equal(kerb_events_name_count(selected, KERB_NAME_CATEGORY), 1);
    assert_string_equal(
        kerb_events_name(selected, KERB_NAME_CATEGORY, selected->names[KERB_NAME_CATEGORY][0]),
        "Robbery");
    filter.categories = burglary;
    assert_int_equal(kerb_events_select(ctx, selected, &filter, true, NULL, &none),
                     KERB_ERR_NOT_FOUND);
    kerb_events_free(selected);
}

/* -------------------------------------------------------------------- areas */

static kerb_areas_set *new_box_set(double xmin, double ymin, double xmax, double ymax)
{
    const kerb_point points[] = {{xmin, ymin}, {xmax, ymin}, {xmax, ymax}, {xmin, ymax}};
    const size_t counts[] = {4};
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, "a", "a", 1, counts, points), KERB_OK);
    return set;
}

static void events_filter__areas_hold_their_border(void **state)
{
    (void)state;
    const double xs[] = {0, 5, 10, 10.5, 6, 7};
    for (int i = 0; i < 6; i++)
        add(xs[i], 5, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "c");
    add(NAN, NAN, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "c");
    kerb_areas_set *within = new_box_set(0, 0, 10, 10), *exclude = new_box_set(6, 4, 8, 6);
    kerb_filter filter = KERB_FILTER_ALL;
    filter.within = within, filter.exclude = exclude;
    kerb_events *selected = select_rows(&filter, false);
    assert_xs(selected, 3, (const double[]){0, 5, 10}); /* 6 is on the excluded border */
    assert_int_equal(kerb_tally_get(excluded, "outside_within"), 1);
    assert_int_equal(kerb_tally_get(excluded, "in_excluded_area"), 2);
    assert_int_equal(kerb_tally_get(excluded, "no_coordinates"), 1);
    kerb_events_free(selected);
    kerb_areas_set_free(within);
    kerb_areas_set_free(exclude);
}

static void
events_filter__rows_without_coordinates_stay_unless_places_are_asked_for(void **state)
{
    (void)state;
    add(NAN, NAN, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "c");
    add(1, 1, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "c");
    kerb_areas_set *exclude = new_box_set(6, 4, 8, 6);
    kerb_filter filter = KERB_FILTER_ALL;
    filter.exclude = exclude;
    kerb_events *selected = select_rows(&filter, false);
    assert_int_equal(selected->n, 2);
    kerb_events_free(selected);
    selected = select_rows(&filter, true);
    assert_int_equal(selected->n, 1);
    assert_int_equal(kerb_tally_get(excluded, "no_coordinates"), 1);
    kerb_events_free(selected);
    kerb_areas_set_free(exclude);
}

static void events_filter__each_row_counts_under_its_first_reason(void **state)
{
    (void)state;
    add(NAN, NAN, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "wrong");
    add(NAN, NAN, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "wrong", "c");
    add(NAN, NAN, KERB_CIVIL_NONE, KERB_PRECISION_NONE, "s", "c");
    add(NAN, NAN, 0, KERB_PRECISION_DAY, "s", "c");
    add(1, 1, 0, KERB_PRECISION_DAY, "s", "c");
    const char *category[] = {"c"}, *source[] = {"s"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = category, filter.n_categories = 1;
    filter.sources = source, filter.n_sources = 1;
    filter.weekdays = THU; /* 1970-01-01 */
    kerb_events *selected = select_rows(&filter, true);
    assert_int_equal(selected->n, 1);
    assert_int_equal(kerb_tally_get(excluded, "category"), 1);
    assert_int_equal(kerb_tally_get(excluded, "source"), 1);
    assert_int_equal(kerb_tally_get(excluded, "no_date"), 1);
    assert_int_equal(kerb_tally_get(excluded, "no_coordinates"), 1);
    kerb_events_free(selected);
}

static void events_filter__without_conditions_copies_the_table(void **state)
{
    (void)state;
    add_names();
    kerb_event weighted = {
        .x = 9, .y = 9, .weight = 2.5, .start = 60, .precision = KERB_PRECISION_MINUTE};
    assert_int_equal(kerb_events_add(ctx, events, &weighted), KERB_OK);
    kerb_filter filter = KERB_FILTER_ALL;
    kerb_events *copy = select_rows(&filter, false);
    char of_table[65], of_copy[65];
    assert_int_equal(kerb_events_fingerprint(ctx, events, of_table), KERB_OK);
    assert_int_equal(kerb_events_fingerprint(ctx, copy, of_copy), KERB_OK);
    assert_string_equal(of_table, of_copy);
    kerb_events_free(copy);
}

/* ------------------------------------------------------------------ failures */

static void events_filter__refuses_conditions_that_hold_no_time(void **state)
{
    (void)state;
    add_names();
    kerb_filter filters[8];
    for (int i = 0; i < 8; i++)
        filters[i] = (kerb_filter)KERB_FILTER_ALL;
    const kerb_hours wrong[] = {{600, 600}, {600, -1}, {600, 1441}, {1440, 60}};
    for (int i = 0; i < 4; i++) {
        filters[i].hours[0] = (kerb_hours){0, 60};
        filters[i].hours[1] = wrong[i];
        filters[i].n_hours = 2;
    }
    filters[4].from = filters[4].to = 86400;
    filters[5].from = 86400, filters[5].to = 0;
    filters[6].weekdays = 128;
    filters[7].nights = 1024;
    for (int i = 0; i < 8; i++) {
        kerb_events *selected = NULL;
        assert_int_equal(kerb_events_select(ctx, events, &filters[i], true, NULL, &selected),
                         KERB_ERR_RANGE);
        assert_null(selected);
        assert_true(kerb_ctx_message(ctx)[0] != '\0');
    }
}

static kerb_status call_select(kerb_ctx *of_walk, void *user)
{
    kerb_events *selected = NULL;
    kerb_tally *tally = kerb_tally_new();
    if (!tally)
        return kerb_fail_nomem(of_walk, "tally");
    kerb_status status = kerb_events_select(of_walk, events, user, true, tally, &selected);
    if (status != KERB_OK)
        assert_null(selected);
    kerb_events_free(selected);
    kerb_tally_free(tally);
    return status;
}

static void events_filter__survives_every_failed_allocation(void **state)
{
    (void)state;
    add_names();
    const char *category[] = {"burglary"}, *source[] = {"North"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = category, filter.n_categories = 1;
    filter.sources = source, filter.n_sources = 1;
    assert_true(failing_allocator_walk(call_select, &filter) > 15);
}

static void events_filter__not_found_is_told_even_without_memory_for_the_list(void **state)
{
    (void)state;
    add_names();
    const char *wrong[] = {"x"};
    kerb_filter filter = KERB_FILTER_ALL;
    filter.categories = wrong, filter.n_categories = 1;
    kerb_events *selected = NULL;
    failing_allocator_set(2); /* the table of wanted names gets memory, the list none */
    kerb_status status = kerb_events_select(ctx, events, &filter, true, NULL, &selected);
    failing_allocator_set(0);
    assert_int_equal(status, KERB_ERR_NOT_FOUND);
    assert_non_null(strstr(kerb_ctx_message(ctx), "no category \"x\""));
}

static void events_filter__stops_when_asked(void **state)
{
    (void)state;
    add_names();
    kerb_filter filter = KERB_FILTER_ALL;
    kerb_events *selected = NULL;
    kerb_ctx_request_cancel(ctx);
    assert_int_equal(kerb_events_select(ctx, events, &filter, true, NULL, &selected),
                     KERB_ERR_CANCELLED);
    assert_null(selected);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(events_filter__each_time_has_its_documented_reason),
        TEST(events_filter__row_passes_just_when_all_its_minutes_do),
        TEST(events_filter__names_match_exactly_else_without_case),
        TEST(events_filter__unknown_name_lists_those_there_are),
        TEST(events_filter__long_lists_of_names_are_cut),
        TEST(events_filter__new_table_knows_only_names_of_its_rows),
        TEST(events_filter__areas_hold_their_border),
        TEST(events_filter__rows_without_coordinates_stay_unless_places_are_asked_for),
        TEST(events_filter__each_row_counts_under_its_first_reason),
        TEST(events_filter__without_conditions_copies_the_table),
        TEST(events_filter__refuses_conditions_that_hold_no_time),
        TEST(events_filter__survives_every_failed_allocation),
        TEST(events_filter__not_found_is_told_even_without_memory_for_the_list),
        TEST(events_filter__stops_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
