/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A check's findings as JSON, as lines for people, as CSV and as a fragment of a page. Names in
 * them come from files that strangers may have written: each form escapes all of them.
 */
#include "study_internal.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINES 8 /* of one check and severity, for people; --json has all */

/* --------------------------------------------------------------------- JSON */

static void add_finding_json(kerb_text *text, const kerb_finding *finding)
{
    const char *comma = "";
    kerb_text_add(text, "{\"check\":");
    kerb_text_add_json(text, finding->check);
    kerb_text_add(text, ",\"figures\":{");
    for (size_t i = 0; i < finding->n_figures; i++) {
        char number[KERB_DOUBLE_TEXT];
        kerb_format_double(finding->figures[i].value, number);
        kerb_text_add_format(text, "%s\"%s\":%s", i > 0 ? "," : "", finding->figures[i].name,
                             isfinite(finding->figures[i].value) ? number : "null");
    }
    kerb_text_add(text, "},\"sentence\":");
    kerb_text_add_json(text, finding->sentence);
    kerb_text_add_format(text, ",\"severity\":\"%s\",\"subject\":{",
                         kerb_quality_severity_name(finding->severity));
    for (int i = 0; i < KERB_QUALITY_SUBJECTS; i++)
        if (finding->subject[i] != NULL) {
            kerb_text_add_format(text, "%s\"%s\":", comma,
                                 kerb_quality_subject_name((kerb_quality_subject)i));
            kerb_text_add_json(text, finding->subject[i]);
            comma = ",";
        }
    kerb_text_add(text, "}}");
}

kerb_status kerb_study__findings_json(kerb_ctx *ctx, const kerb_quality_report *report,
                                      char **out)
{
    kerb_json object = {0};
    kerb_text findings = {0}, checks = {0};
    size_t n_checks = 0;
    const kerb_quality_check_info *infos = kerb_quality_checks(&n_checks);
    kerb_text_add(&findings, "[");
    for (size_t i = 0; i < report->n; i++) {
        kerb_text_add(&findings, i > 0 ? ",\n" : "");
        add_finding_json(&findings, &report->findings[i]);
    }
    kerb_text_add(&findings, "]");
    kerb_text_add(&checks, "[");
    for (size_t i = 0; i < n_checks; i++) {
        size_t n[3];
        for (int severity = 0; severity < 3; severity++)
            n[severity] =
                kerb_quality_count(report, infos[i].id, (kerb_quality_severity)severity);
        kerb_text_add_format(
            &checks,
            "%s{\"check\":\"%s\",\"notes\":%zu,\"ok\":%zu,\"question\":", i > 0 ? "," : "",
            infos[i].id, n[KERB_QUALITY_NOTE], n[KERB_QUALITY_OK]);
        kerb_text_add_json(&checks, infos[i].question);
        kerb_text_add_format(&checks, ",\"title\":\"%s\",\"warnings\":%zu}", infos[i].title,
                             n[KERB_QUALITY_WARNING]);
    }
    kerb_text_add(&checks, "]");
    object.failed = findings.failed || checks.failed;
    kerb_json_add_raw(&object, "findings", findings.failed ? "" : findings.data);
    kerb_json_add_raw(&object, "checks", checks.failed ? "" : checks.data);
    kerb_json_add_count(&object, "warnings",
                        kerb_quality_count(report, NULL, KERB_QUALITY_WARNING));
    kerb_json_add_count(&object, "notes", kerb_quality_count(report, NULL, KERB_QUALITY_NOTE));
    kerb_text_clear(&findings);
    kerb_text_clear(&checks);
    return kerb_json_take(ctx, &object, true, out);
}

/* -------------------------------------------------------------------- lines */

/* The overview of a source or set, not a line on one of its parts. */
static bool is_overview(const kerb_finding *finding)
{
    return finding->subject[KERB_QUALITY_CATEGORY] == NULL &&
           finding->subject[KERB_QUALITY_AREA] == NULL &&
           finding->subject[KERB_QUALITY_MONTH] == NULL &&
           finding->subject[KERB_QUALITY_PLACE] == NULL;
}

/* Do findings speak of more than one source? Then lines on their parts name it. */
static bool has_sources(const kerb_quality_report *report)
{
    const char *first = NULL;
    for (size_t i = 0; i < report->n; i++) {
        const char *source = report->findings[i].subject[KERB_QUALITY_SOURCE];
        if (source == NULL)
            continue;
        if (first != NULL && strcmp(first, source) != 0)
            return true;
        first = source;
    }
    return false;
}

/* "Leicestershire Police, " before a sentence on a part of that source. */
static void add_source(kerb_text *text, const kerb_finding *finding)
{
    char visible[4 * 40 + 8];
    const char *source = finding->subject[KERB_QUALITY_SOURCE];
    if (source == NULL || is_overview(finding))
        return;
    kerb_text_visible(source, strlen(source), 40, visible);
    if (strncmp(finding->sentence, visible, strlen(visible)) != 0)
        kerb_text_add_format(text, "%s, ", visible);
}

static void add_check_lines(kerb_text *text, const kerb_quality_report *report,
                            const kerb_quality_check_info *info)
{
    size_t n_shown[3] = {0}, n_left[3] = {0}, n = 0;
    bool names_sources = has_sources(report);
    for (size_t i = 0; i < report->n; i++) {
        const kerb_finding *finding = &report->findings[i];
        if (strcmp(finding->check, info->id) != 0)
            continue;
        if (n++ == 0)
            kerb_text_add_format(text, "%s\n", info->title);
        bool is_shown = (finding->severity != KERB_QUALITY_OK || is_overview(finding)) &&
                        n_shown[finding->severity] < MAX_LINES;
        if (!is_shown) {
            n_left[finding->severity]++;
            continue;
        }
        n_shown[finding->severity]++;
        kerb_text_add_format(text, "  %-8s ", kerb_quality_severity_name(finding->severity));
        if (names_sources)
            add_source(text, finding);
        kerb_text_add_format(text, "%s\n", finding->sentence);
    }
    if (n_left[0] + n_left[1] + n_left[2] > 0)
        kerb_text_add_format(text,
                             "           … and %zu more (%zu warnings, %zu notes, %zu ok): an "
                             "output or --json has them\n",
                             n_left[0] + n_left[1] + n_left[2], n_left[KERB_QUALITY_WARNING],
                             n_left[KERB_QUALITY_NOTE], n_left[KERB_QUALITY_OK]);
}

kerb_status kerb_study__findings_lines(kerb_ctx *ctx, const kerb_quality_report *report,
                                       const char *title, char **out)
{
    kerb_text text = {0};
    size_t n = 0;
    const kerb_quality_check_info *infos = kerb_quality_checks(&n);
    kerb_text_add_format(&text, "%s: %zu warnings, %zu notes\n", title,
                         kerb_quality_count(report, NULL, KERB_QUALITY_WARNING),
                         kerb_quality_count(report, NULL, KERB_QUALITY_NOTE));
    for (size_t i = 0; i < n; i++)
        add_check_lines(&text, report, &infos[i]);
    return kerb_text_take(ctx, &text, out);
}

/* ---------------------------------------------------------------------- CSV */

/* A spreadsheet runs what looks like a formula: such texts get an apostrophe in front (OWASP,
 * CSV Injection). Control characters become blanks, so that a row is a line. */
static void add_cell(kerb_text *text, const char *value)
{
    bool is_formula = value[0] != '\0' && strchr("=+-@\t\r\n", value[0]) != NULL;
    kerb_text_add(text, is_formula ? "\"'" : "\"");
    for (size_t from = text->length; *value != '\0'; value++) {
        size_t n = strcspn(value, "\"");
        kerb_text_add_n(text, value, n);
        for (size_t i = from; !text->failed && i < text->length; i++)
            if ((unsigned char)text->data[i] < 0x20)
                text->data[i] = ' ';
        value += n;
        if (*value == '\0')
            break;
        kerb_text_add(text, "\"\"");
    }
    kerb_text_add(text, "\"");
}

/* One row for each figure, so that the columns are the same for every check. */
static void add_finding_csv(kerb_text *text, const kerb_finding *finding, size_t number)
{
    for (size_t k = 0; k < finding->n_figures || k == 0; k++) {
        kerb_text_add_format(text, "%zu,%s,%s", number, finding->check,
                             kerb_quality_severity_name(finding->severity));
        for (int i = 0; i < KERB_QUALITY_SUBJECTS; i++) {
            kerb_text_add(text, ",");
            if (finding->subject[i] != NULL)
                add_cell(text, finding->subject[i]);
        }
        kerb_text_add(text, ",");
        if (k < finding->n_figures) {
            char value[KERB_DOUBLE_TEXT];
            kerb_format_double(finding->figures[k].value, value);
            kerb_text_add_format(text, "%s,%s", finding->figures[k].name,
                                 isfinite(finding->figures[k].value) ? value : "");
        } else {
            kerb_text_add(text, ",");
        }
        kerb_text_add(text, ",");
        add_cell(text, finding->sentence);
        kerb_text_add(text, "\r\n");
    }
}

static void add_csv(kerb_text *text, const kerb_quality_report *report)
{
    kerb_text_add(text, "\xEF\xBB\xBF"
                        "finding,check,severity");
    for (int i = 0; i < KERB_QUALITY_SUBJECTS; i++)
        kerb_text_add_format(text, ",%s", kerb_quality_subject_name((kerb_quality_subject)i));
    kerb_text_add(text, ",figure,value,sentence\r\n");
    for (size_t i = 0; i < report->n; i++)
        add_finding_csv(text, &report->findings[i], i + 1);
}

/* --------------------------------------------------------------------- page */

static size_t character_length(const char *text)
{
    for (size_t length = 1; length <= 4 && text[length - 1] != '\0'; length++)
        if (kerb_utf8_is_valid(text, length))
            return length;
    return 0;
}

/* Text of a page: nothing in it is markup, and no character turns the line's direction. */
static void add_html(kerb_text *text, const char *piece)
{
    while (*piece != '\0') {
        size_t n = character_length(piece);
        unsigned char c = (unsigned char)*piece;
        bool is_control = n == 0 || (n == 1 && (c < 0x20 || c == 0x7f)) ||
                          (n == 2 && c == 0xc2 && (unsigned char)piece[1] < 0xa0);
        /* U+200E to U+200F, U+202A to U+202E, U+2066 to U+2069 */
        bool turns = n == 3 && c == 0xe2 &&
                     (((unsigned char)piece[1] == 0x80 &&
                       (((unsigned char)piece[2] >= 0xaa && (unsigned char)piece[2] <= 0xae) ||
                        (unsigned char)piece[2] == 0x8e || (unsigned char)piece[2] == 0x8f)) ||
                      ((unsigned char)piece[1] == 0x81 && (unsigned char)piece[2] >= 0xa6 &&
                       (unsigned char)piece[2] <= 0xa9));
        if (is_control || turns)
            kerb_text_add(text, "\xEF\xBF\xBD");
        else if (c == '&')
            kerb_text_add(text, "&amp;");
        else if (c == '<')
            kerb_text_add(text, "&lt;");
        else if (c == '>')
            kerb_text_add(text, "&gt;");
        else if (c == '"')
            kerb_text_add(text, "&quot;");
        else if (c == '\'')
            kerb_text_add(text, "&#39;");
        else
            kerb_text_add_n(text, piece, n);
        piece += n == 0 ? 1 : n;
    }
}

/* "hit_share 0.943; …" with names as words. */
static void add_figures_html(kerb_text *text, const kerb_finding *finding)
{
    for (size_t i = 0; i < finding->n_figures; i++) {
        char value[KERB_DOUBLE_TEXT];
        double number = finding->figures[i].value;
        kerb_text_add(text, i > 0 ? "<br>" : "");
        for (const char *c = finding->figures[i].name; *c != '\0'; c++)
            kerb_text_add_n(text, *c == '_' ? " " : c, 1);
        if (!isfinite(number))
            snprintf(value, sizeof value, "\xE2\x80\x93");
        else if (number == floor(number))
            kerb_format_fixed(number, 0, value, sizeof value);
        else
            kerb_format_fixed(number, fabs(number) < 10.0 ? 4 : 1, value, sizeof value);
        kerb_text_add_format(text, "&nbsp;<b>%s</b>", value);
    }
}

/* What a finding speaks of, each in a direction of its own and cut. */
static void add_subject_html(kerb_text *text, const kerb_finding *finding)
{
    const char *comma = "";
    for (int i = 0; i < KERB_QUALITY_SUBJECTS; i++) {
        char visible[4 * 60 + 8];
        if (finding->subject[i] == NULL)
            continue;
        kerb_text_visible(finding->subject[i], strlen(finding->subject[i]), 60, visible);
        kerb_text_add_format(text, "%s<bdi>", comma);
        add_html(text, visible);
        kerb_text_add(text, "</bdi>");
        comma = "<br>";
    }
}

static void add_check_html(kerb_text *text, const kerb_quality_report *report,
                           const kerb_quality_check_info *info)
{
    size_t n = 0;
    for (size_t i = 0; i < report->n; i++) {
        const kerb_finding *finding = &report->findings[i];
        const char *severity = kerb_quality_severity_name(finding->severity);
        if (strcmp(finding->check, info->id) != 0)
            continue;
        if (n++ == 0) {
            kerb_text_add_format(text, "<h3 id=\"kerb-check-%s\">", info->id);
            add_html(text, info->title);
            kerb_text_add(text, "</h3>\n<table class=\"kerb-check-table\">\n<caption>");
            add_html(text, info->question);
            kerb_text_add(text, "</caption>\n<thead><tr><th scope=\"col\">Severity</th><th "
                                "scope=\"col\">About</th><th scope=\"col\">What it means</th>"
                                "<th scope=\"col\">Figures</th>"
                                "</tr></thead>\n<tbody>\n");
        }
        kerb_text_add_format(text, "<tr class=\"kerb-%s\"><th scope=\"row\">%s</th><td>",
                             severity, severity);
        add_subject_html(text, finding);
        kerb_text_add(text, "</td><td><bdi>");
        add_html(text, finding->sentence);
        kerb_text_add(text, "</bdi></td><td>");
        add_figures_html(text, finding);
        kerb_text_add(text, "</td></tr>\n");
    }
    if (n > 0)
        kerb_text_add(text, "</tbody>\n</table>\n");
}

static void add_page(kerb_text *text, const kerb_quality_report *report, const char *title,
                     const char *stamp)
{
    size_t n = 0;
    const kerb_quality_check_info *infos = kerb_quality_checks(&n);
    kerb_text_add(text, "<section class=\"kerb-check\" lang=\"en\" "
                        "aria-labelledby=\"kerb-check-title\">\n<h2 id=\"kerb-check-title\">"
                        "Data quality</h2>\n<p><bdi>");
    add_html(text, title);
    kerb_text_add_format(text, "</bdi>: %zu warnings, %zu notes.</p>\n",
                         kerb_quality_count(report, NULL, KERB_QUALITY_WARNING),
                         kerb_quality_count(report, NULL, KERB_QUALITY_NOTE));
    for (size_t i = 0; i < n; i++)
        add_check_html(text, report, &infos[i]);
    kerb_text_add(text, "<details class=\"kerb-stamp\"><summary>How this was made</summary>"
                        "<pre>");
    add_html(text, stamp);
    kerb_text_add(text, "</pre></details>\n</section>\n");
}

/* -------------------------------------------------------------------- files */

typedef enum check_format { CHECK_NONE, CHECK_JSON, CHECK_CSV, CHECK_HTML } check_format;

static check_format format_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path,
               *dot = strrchr(name, '.');
    if (dot == NULL || dot == name)
        return CHECK_NONE;
    return kerb_text_equal_nocase(dot, ".json")  ? CHECK_JSON
           : kerb_text_equal_nocase(dot, ".csv") ? CHECK_CSV
           : kerb_text_equal_nocase(dot, ".html") || kerb_text_equal_nocase(dot, ".htm")
               ? CHECK_HTML
               : CHECK_NONE;
}

/* The file beside a CSV that says how it was made; NULL for the others. */
static char *sidecar_of(const char *path)
{
    kerb_text text = {0};
    kerb_text_add_format(&text, "%s.json", path);
    if (text.failed)
        kerb_text_clear(&text);
    return text.data;
}

kerb_status kerb_check_output(kerb_ctx *ctx, const char *path, bool overwrite)
{
    check_format format = format_of(path);
    if (format == CHECK_NONE)
        return kerb_fail(ctx, KERB_ERR_UNSUPPORTED,
                         "%s: a check is written as .json, .csv or .html", path);
    kerb_status status = kerb_output_check(ctx, path, overwrite);
    if (status != KERB_OK || format != CHECK_CSV)
        return status;
    char *sidecar = sidecar_of(path);
    status = sidecar == NULL ? kerb_fail_nomem(ctx, "a path")
                             : kerb_output_check(ctx, sidecar, overwrite);
    kerb_free(sidecar);
    return status;
}

static kerb_status write_file(kerb_ctx *ctx, const kerb_text *text, const char *target,
                              bool overwrite, kerb_output **out)
{
    kerb_status status = kerb_output_open(ctx, target, overwrite, out);
    if (status != KERB_OK)
        return status;
    FILE *stream = fopen(kerb_output_path(*out), "wb");
    bool done = stream != NULL && fwrite(text->data, 1, text->length, stream) == text->length;
    done = (stream == NULL || fclose(stream) == 0) && done;
    return done ? KERB_OK : kerb_fail(ctx, KERB_ERR_IO, "cannot write %s", target);
}

static kerb_status write_all(kerb_ctx *ctx, const kerb_text *text, const kerb_text *beside,
                             const char *path, bool overwrite)
{
    kerb_output *first = NULL, *second = NULL;
    char *sidecar = NULL;
    kerb_status status = write_file(ctx, text, path, overwrite, &first);
    if (status == KERB_OK && beside->length > 0) {
        sidecar = sidecar_of(path);
        status = sidecar == NULL ? kerb_fail_nomem(ctx, "a path")
                                 : write_file(ctx, beside, sidecar, overwrite, &second);
    }
    if (status == KERB_OK && second != NULL)
        status = kerb_output_commit(ctx, second);
    if (status == KERB_OK) {
        status = kerb_output_commit(ctx, first);
        if (status != KERB_OK && second != NULL)
            unlink(sidecar); /* a stamp of nothing */
    }
    kerb_output_free(second);
    kerb_output_free(first);
    kerb_free(sidecar);
    return status;
}

kerb_status kerb_study__write_findings(kerb_ctx *ctx, const kerb_quality_report *report,
                                       const char *title, const char *details,
                                       const char *stamp, const char *path, bool overwrite)
{
    kerb_text text = {0}, beside = {0};
    switch (format_of(path)) {
    case CHECK_JSON:
        kerb_text_add_format(&text, "{\"kerb\":%s,\n", stamp);
        kerb_text_add(&text, details + 1);
        kerb_text_add(&text, "\n");
        break;
    case CHECK_CSV:
        add_csv(&text, report);
        kerb_text_add_format(&beside, "{\"kerb\":%s}\n", stamp);
        break;
    case CHECK_HTML:
        add_page(&text, report, title, stamp);
        break;
    case CHECK_NONE:
        break;
    }
    kerb_status status = text.failed || beside.failed
                             ? kerb_fail_nomem(ctx, "the findings")
                             : write_all(ctx, &text, &beside, path, overwrite);
    kerb_text_clear(&text);
    kerb_text_clear(&beside);
    return status;
}
