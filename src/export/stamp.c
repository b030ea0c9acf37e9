/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a result was made, as one JSON object with sorted keys. It holds nothing of the machine,
 * the day or the command line, so that the same result carries the same stamp everywhere. */
#include "export_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_text(kerb_text *text, const char *value)
{
    if (value)
        kerb_text_add_json(text, value);
    else
        kerb_text_add(text, "null");
}

static void add_time(kerb_text *text, kerb_civil_s time)
{
    char civil[KERB_CIVIL_TEXT];
    if (time == KERB_CIVIL_NONE) {
        kerb_text_add(text, "null");
        return;
    }
    kerb_civil_format(time, time % 86400 == 0 ? KERB_PRECISION_DAY : KERB_PRECISION_SECOND,
                      civil);
    kerb_text_add_json(text, civil);
}

kerb_status kerb_stamp_json(kerb_ctx *ctx, const kerb_stamp *stamp, char **json)
{
    kerb_text text = {0};
    char *parameters = NULL;
    size_t n_reasons = 0;
    const kerb_tally_entry *reasons = kerb_tally_entries(stamp->excluded, &n_reasons);
    kerb_status status = kerb_export__canonical_json(
        ctx, stamp->parameters ? stamp->parameters : "{}", "parameters", &parameters);
    if (status != KERB_OK)
        return status;

    kerb_text_add(&text, "{\"command\":");
    add_text(&text, stamp->command);
    kerb_text_add(&text, ",\"crs\":");
    add_text(&text, stamp->crs ? kerb_crs_id(stamp->crs) : NULL);
    kerb_text_add_format(&text, ",\"events_read\":%" PRIu64 ",\"events_used\":%" PRIu64,
                         stamp->events_read, stamp->events_used);
    kerb_text_add(&text, ",\"excluded\":{");
    for (size_t i = 0; i < n_reasons; i++) {
        if (i > 0)
            kerb_text_add(&text, ",");
        kerb_text_add_json(&text, reasons[i].name);
        kerb_text_add_format(&text, ":%" PRIu64, reasons[i].count);
    }
    kerb_text_add(&text, "},\"input_sha256\":");
    add_text(&text, stamp->fingerprint);
    kerb_text_add(&text, ",\"kerb_version\":");
    add_text(&text, kerb_version());
    kerb_text_add(&text, ",\"notice\":");
    add_text(&text, stamp->notice);
    kerb_text_add(&text, ",\"operation\":");
    add_text(&text, stamp->operation);
    kerb_text_add(&text, ",\"operation_accuracy_m\":");
    kerb_export__add_json_double(&text, stamp->operation_accuracy_m);
    kerb_text_add(&text, ",\"parameters\":");
    kerb_text_add(&text, parameters);
    kerb_text_add(&text, ",\"period\":{\"from\":");
    add_time(&text, stamp->period_from);
    kerb_text_add(&text, ",\"to\":");
    add_time(&text, stamp->period_to);
    kerb_text_add_format(&text, "},\"seed\":%" PRIu64 ",\"title\":", stamp->seed);
    add_text(&text, stamp->title);
    kerb_text_add(&text, "}");
    kerb_free(parameters);
    return kerb_text_take(ctx, &text, json);
}

void kerb_export__date(const kerb_stamp *stamp, char *text)
{
    kerb_civil_s at_s = stamp->period_to == KERB_CIVIL_NONE ? 0 : stamp->period_to;
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    int64_t epoch_s = 0;
    /* https://reproducible-builds.org/specs/source-date-epoch/; what is no such number is
     * ignored */
    if (epoch && kerb_parse_int64(epoch, strlen(epoch), &epoch_s) && epoch_s >= 0 &&
        epoch_s < INT64_C(253402300800))
        at_s = epoch_s;
    char civil[KERB_CIVIL_TEXT];
    kerb_civil_format(at_s, KERB_PRECISION_SECOND, civil);
    civil[10] = 'T';
    snprintf(text, KERB_EXPORT_DATE_TEXT, "%.19s.000Z", civil);
}
