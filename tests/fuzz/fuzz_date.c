/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a date: up to the first line end a format, behind it the text; without a line
 * end the text alone. What is read lies in the years 0 to 9999 and has a precision.
 */
#include "ingest_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_date(kerb_civil_s start, kerb_precision precision)
{
    if (start < INT64_C(-62167219200) || start > INT64_C(253402300799) ||
        precision < KERB_PRECISION_MONTH || precision > KERB_PRECISION_SECOND)
        abort();
}

static void check_format(const char *format, const char *text, size_t length)
{
    kerb_civil_s start = 0;
    kerb_precision precision = KERB_PRECISION_NONE;
    if (kerb_ingest__date_format_problem(format) == NULL &&
        kerb_ingest__date_parse_format(format, text, length, &start, &precision))
        check_date(start, precision);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t n_format = end != NULL ? (size_t)(end - data) : 0;
    size_t n_text = end != NULL ? size - n_format - 1 : size;
    char *format = malloc(n_format + 1), *text = malloc(n_text > 0 ? n_text : 1);
    if (format != NULL && text != NULL) {
        if (n_format > 0)
            memcpy(format, data, n_format);
        format[n_format] = '\0';
        if (n_text > 0)
            memcpy(text, data + (size - n_text), n_text);
        for (int order = 0; order < 2; order++) {
            kerb_civil_s start = 0;
            kerb_precision precision = KERB_PRECISION_NONE;
            if (kerb_ingest__date_parse_ordered(text, n_text, order == 1, &start, &precision) ==
                KERB_DATE_OK)
                check_date(start, precision);
        }
        if (end != NULL)
            check_format(format, text, n_text);
    }
    free(text);
    free(format);
    return 0;
}
