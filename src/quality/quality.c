/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All checks in their order, and the report they fill. */
#include "quality_internal.h"

#include <string.h>

typedef kerb_status (*check_fn)(kerb_ctx *ctx, kerb_quality__view *view);

static const kerb_quality_check_info infos[] = {
    {"hit_rate", "Hit rate", "How many incidents have a place that can be mapped?"},
    {"default_coordinates", "Suspected default coordinates",
     "Do places stand for \"somewhere in the district\"?"},
    {"stacks", "Stacks and spacing",
     "How many incidents share a place, and how far apart are "
     "places?"},
    {"out_of_area", "Out of area", "Which incidents lie where they should not?"},
    {"guard_zone", "Guard zone", "Are incidents loaded beyond the border of the study area?"},
    {"duplicates", "Duplicates", "Is anything counted twice?"},
    {"snap_points", "Break in the list of places",
     "Were the places that incidents are moved to replaced?"},
    {"area_codes", "Area codes",
     "Are codes of one vintage, and do they agree with the points?"},
    {"months", "Months", "Is a month, a category or a source missing, or counted otherwise?"},
    {"times", "Times", "How finely are times known, and which are favourites?"},
    {"late_records", "Late records", "How long does it take until an incident is on record?"},
    {"kinds", "Kinds and origins", "What is counted, and who brought it into the record?"},
    {"small_numbers", "Small numbers", "Which categories are too few for a hotspot?"},
    {"rejects", "Rows not loaded", "What was refused, and why?"},
    {"spatial_index", "Spatial index", "Is the store's index whole?"},
};

static const check_fn checks[] = {
    kerb_quality__check_hit_rate,      kerb_quality__check_defaults,
    kerb_quality__check_stacks,        kerb_quality__check_outside,
    kerb_quality__check_guard,         kerb_quality__check_duplicates,
    kerb_quality__check_snap_points,   kerb_quality__check_area_codes,
    kerb_quality__check_months,        kerb_quality__check_times,
    kerb_quality__check_late,          kerb_quality__check_kinds,
    kerb_quality__check_small_numbers, kerb_quality__check_rejects,
    kerb_quality__check_index,
};

#define N_CHECKS (sizeof checks / sizeof checks[0])
_Static_assert(sizeof infos / sizeof infos[0] == N_CHECKS, "a check and its words");

const kerb_quality_check_info *kerb_quality_checks(size_t *n)
{
    *n = N_CHECKS;
    return infos;
}

const char *kerb_quality_severity_name(kerb_quality_severity severity)
{
    static const char *const names[] = {"ok", "note", "warning"};
    return names[severity];
}

const char *kerb_quality_subject_name(kerb_quality_subject subject)
{
    static const char *const names[KERB_QUALITY_SUBJECTS] = {
        "source", "category", "area", "month", "place", "set", "reason"};
    return names[subject];
}

void kerb_quality__finding_clear(kerb_finding *finding)
{
    for (int i = 0; i < KERB_QUALITY_SUBJECTS; i++)
        kerb_free(finding->subject[i]);
    kerb_free(finding->sentence);
    memset(finding, 0, sizeof *finding);
}

void kerb_quality_report_free(kerb_quality_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->n; i++)
        kerb_quality__finding_clear(&report->findings[i]);
    kerb_free(report->findings);
    kerb_free(report);
}

size_t kerb_quality_count(const kerb_quality_report *report, const char *check,
                          kerb_quality_severity severity)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n; i++)
        n += report->findings[i].severity == severity &&
             (check == NULL || strcmp(check, report->findings[i].check) == 0);
    return n;
}

void kerb_quality__limit(kerb_quality_report *report, size_t first)
{
    size_t n_grave[3] = {0}, kept = first;
    for (size_t i = first; i < report->n; i++)
        n_grave[report->findings[i].severity]++;
    size_t left[3];
    size_t room = KERB_QUALITY__MAX_LINES;
    for (int severity = KERB_QUALITY_WARNING; severity >= KERB_QUALITY_OK; severity--) {
        left[severity] = n_grave[severity] < room ? n_grave[severity] : room;
        room -= left[severity];
    }
    for (size_t i = first; i < report->n; i++) {
        kerb_finding *finding = &report->findings[i];
        if (left[finding->severity] == 0) {
            kerb_quality__finding_clear(finding);
            continue;
        }
        left[finding->severity]--;
        if (kept != i) {
            report->findings[kept] = *finding;
            memset(finding, 0, sizeof *finding);
        }
        kept++;
    }
    report->n = kept;
}

static kerb_status tell_other_sources(kerb_ctx *ctx, kerb_quality__view *view)
{
    if (view->n_more_sources == 0)
        return KERB_OK;
    kerb_quality__draft draft = kerb_quality__begin("hit_rate", KERB_QUALITY_NOTE);
    kerb_quality__figure(&draft, "sources", (double)view->n_more_sources);
    kerb_quality__figure(&draft, "incidents", (double)view->n_more_rows);
    kerb_quality__say(&draft,
                      "%s more sources with %s %s were not checked by themselves: only the %d "
                      "largest are; put files of one supplier under one name with --source.",
                      kerb_quality__count((double)view->n_more_sources).text,
                      kerb_quality__count((double)view->n_more_rows).text,
                      kerb_quality__incidents((double)view->n_more_rows),
                      KERB_QUALITY__MAX_SOURCES);
    return kerb_quality__end(ctx, &draft, view->report);
}

kerb_status kerb_quality_check(kerb_ctx *ctx, const kerb_quality_input *input,
                               const kerb_quality_options *options, kerb_quality_report **out)
{
    kerb_quality__view view = {0};
    if (input == NULL || input->events == NULL || options == NULL || out == NULL)
        return kerb_fail(ctx, KERB_ERR_ARG, "nothing to check was given");
    if (!(options->radius_m > 0.0) || !isfinite(options->radius_m))
        return kerb_fail(ctx, KERB_ERR_RANGE, "the radius must be positive, got %g",
                         options->radius_m);
    if (input->events->n > INT32_MAX)
        return kerb_fail(ctx, KERB_ERR_RANGE, "%zu incidents are more than a check can number",
                         input->events->n);
    kerb_quality_report *report = kerb_calloc_array(1, sizeof *report);
    if (report == NULL)
        return kerb_fail_nomem(ctx, "a report");
    kerb_status status = kerb_quality__view_make(ctx, input, options, report, &view);
    for (size_t i = 0; status == KERB_OK && i < N_CHECKS; i++) {
        status = kerb_progress(ctx, "checking", (double)i / (double)N_CHECKS);
        if (status == KERB_OK)
            status = checks[i](ctx, &view);
        if (status == KERB_OK && i == 0)
            status = tell_other_sources(ctx, &view);
    }
    if (status == KERB_OK)
        status = kerb_progress(ctx, "checking", 1.0);
    kerb_quality__view_clear(&view);
    if (status == KERB_OK)
        *out = report;
    else
        kerb_quality_report_free(report);
    return status;
}
