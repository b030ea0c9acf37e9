/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a finding is put into words: numbers as people write them, whatever the locale, and names
 * from files made harmless for one line. */
#include "quality_internal.h"

#include <inttypes.h>
#include <string.h>

#define NAME_BYTES 60 /* of a name shown in a sentence */

kerb_quality__draft kerb_quality__begin(const char *check, kerb_quality_severity severity)
{
    kerb_quality__draft draft = {.finding = {.check = check, .severity = severity}};
    return draft;
}

void kerb_quality__about(kerb_quality__draft *draft, kerb_quality_subject subject,
                         const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    kerb_free(draft->finding.subject[subject]);
    draft->finding.subject[subject] = kerb_text_copy(text);
    draft->failed = draft->failed || draft->finding.subject[subject] == NULL;
}

void kerb_quality__figure(kerb_quality__draft *draft, const char *name, double value)
{
    kerb_finding *finding = &draft->finding;
    if (finding->n_figures < KERB_QUALITY_MAX_FIGURES)
        finding->figures[finding->n_figures++] = (kerb_quality_figure){name, value};
}

void kerb_quality__say(kerb_quality__draft *draft, const char *format, ...)
{
    char piece[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    kerb_text_add(&draft->sentence, piece);
}

kerb_status kerb_quality__end(kerb_ctx *ctx, kerb_quality__draft *draft,
                              kerb_quality_report *report)
{
    kerb_status status = KERB_OK;
    if (draft->failed)
        status = kerb_fail_nomem(ctx, "a finding");
    if (status == KERB_OK)
        status = kerb_text_take(ctx, &draft->sentence, &draft->finding.sentence);
    if (status == KERB_OK && report->n == report->capacity) {
        size_t capacity = report->capacity ? 2 * report->capacity : 64;
        kerb_finding *grown =
            kerb_realloc_array(report->findings, capacity, sizeof *report->findings);
        if (grown == NULL)
            status = kerb_fail_nomem(ctx, "the findings");
        else
            report->findings = grown, report->capacity = capacity;
    }
    if (status == KERB_OK)
        report->findings[report->n++] = draft->finding;
    else
        kerb_quality__finding_clear(&draft->finding);
    kerb_text_clear(&draft->sentence);
    memset(draft, 0, sizeof *draft);
    return status;
}

kerb_quality__short kerb_quality__count(double n)
{
    kerb_quality__short out;
    char digits[64];
    kerb_format_fixed(n, 0, digits, sizeof digits);
    size_t length = strlen(digits), at = 0;
    for (size_t i = 0; i < length && at + 2 < sizeof out.text; i++) {
        if (i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-')
            out.text[at++] = ',';
        out.text[at++] = digits[i];
    }
    out.text[at] = '\0';
    return out;
}

kerb_quality__short kerb_quality__share(double share)
{
    kerb_quality__short out;
    char digits[64];
    if (isnan(share)) {
        snprintf(out.text, sizeof out.text, "no share");
        return out;
    }
    /* what is not nothing must not read as 0.0, what is not all not as 100.0 */
    if (share > 0.0 && share < 0.0005)
        snprintf(out.text, sizeof out.text, "under 0.1 %%");
    else if (share < 1.0 && share > 0.9995)
        snprintf(out.text, sizeof out.text, "over 99.9 %%");
    else {
        kerb_format_fixed(100.0 * share, 1, digits, sizeof digits);
        snprintf(out.text, sizeof out.text, "%s %%", digits);
    }
    return out;
}

kerb_quality__short kerb_quality__metres(const kerb_quality__view *view, double length_m)
{
    kerb_quality__short out;
    char digits[64];
    if (view->input->is_planar) {
        kerb_format_double(length_m, digits);
        snprintf(out.text, sizeof out.text, "%s", digits);
    } else if (length_m < 1000.0) {
        kerb_format_fixed(length_m, length_m < 10.0 ? 1 : 0, digits, sizeof digits);
        snprintf(out.text, sizeof out.text, "%s m", digits);
    } else {
        kerb_format_fixed(length_m / 1000.0, length_m < 1e5 ? 1 : 0, digits, sizeof digits);
        snprintf(out.text, sizeof out.text, "%s km", digits);
    }
    return out;
}

kerb_quality__short kerb_quality__month_text(int32_t month)
{
    kerb_quality__short out;
    snprintf(out.text, sizeof out.text, "%04d-%02d", (int)(month / 12), (int)(month % 12 + 1));
    return out;
}

kerb_quality__short kerb_quality__name(const char *name)
{
    kerb_quality__short out;
    if (name == NULL || name[0] == '\0')
        snprintf(out.text, sizeof out.text, "(no name)");
    else
        kerb_text_visible(name, strlen(name), NAME_BYTES, out.text);
    return out;
}

kerb_quality__short kerb_quality__place(const kerb_quality__view *view, uint32_t place)
{
    kerb_quality__short out;
    char x[64], y[64], visible[4 * NAME_BYTES + 8];
    uint32_t label = view->events->names[KERB_NAME_LABEL][view->first_row[place]];
    const char *name = kerb_events_name(view->events, KERB_NAME_LABEL, label);
    kerb_format_fixed(view->places.x[place], view->input->is_planar ? 6 : 0, x, sizeof x);
    kerb_format_fixed(view->places.y[place], view->input->is_planar ? 6 : 0, y, sizeof y);
    if (name[0] == '\0') {
        snprintf(out.text, sizeof out.text, "%.60s, %.60s", x, y);
        return out;
    }
    kerb_text_visible(name, strlen(name), 40, visible);
    snprintf(out.text, sizeof out.text, "%.40s, %.40s (%.180s)", x, y, visible);
    return out;
}

const char *kerb_quality__incidents(double n)
{
    return n == 1.0 ? "incident" : "incidents";
}

void kerb_wilson_limits(size_t k, size_t n, double *low, double *high)
{
    const double z = 1.959963984540054; /* 97.5 % of the standard normal distribution */
    if (n == 0) {
        *low = *high = NAN;
        return;
    }
    double p = (double)k / (double)n, zz = z * z / (double)n;
    double middle = (p + zz / 2.0) / (1.0 + zz),
           half = z * sqrt(p * (1.0 - p) / (double)n + zz / (4.0 * (double)n)) / (1.0 + zz);
    /* none and all are exact ends; rounding must not move them */
    *low = k == 0 ? 0.0 : middle - half;
    *high = k == n ? 1.0 : middle + half;
}
