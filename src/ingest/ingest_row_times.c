/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When one row happened and when it was recorded. A row is rejected when something written in
 * it cannot be understood; it is loaded without date when nothing is written there. With two
 * dates it happened between them: [from, to). The second one is an instant when it has a time
 * of day, else the end of its day or month.
 */
#include "ingest_rows.h"

/* A time as it was read from the columns of a row. */
typedef struct moment {
    kerb_civil_s start; /* KERB_CIVIL_NONE: nothing was written */
    kerb_precision precision;
} moment;

/* 9999-01-01: databases write the last day of that year for an end that is not known. */
#define NO_END_FROM INT64_C(253370764800)

#define NO_MOMENT ((moment){KERB_CIVIL_NONE, KERB_PRECISION_NONE})

static bool parse_by_formats(const char *const *formats, kerb_ingest__field field,
                             kerb_civil_s *start, kerb_precision *precision)
{
    for (; *formats != NULL; formats++) {
        if (kerb_ingest__date_parse_format(*formats, field.text, field.length, start,
                                           precision)) {
            return true;
        }
    }
    return false;
}

/* A cell that is a date or a time needs no format to be read: it comes as 2014-07-01 or 14:05.
 */
static bool is_typed(const kerb_ingest__loader *loader, kerb_ingest__field field, size_t at,
                     char sign)
{
    return loader->layout.has_typed_cells && field.length > at && field.text[at] == sign;
}

static kerb_ingest__date_result parse_date(const kerb_ingest__loader *loader,
                                           kerb_ingest__field field, moment *out)
{
    const char *const *formats = loader->layout.mapping != NULL
                                     ? kerb_ingest__mapping_date_formats(loader->layout.mapping)
                                     : NULL;
    if (kerb_ingest__field_is_missing(loader, field)) {
        return KERB_DATE_BLANK;
    }
    if (formats != NULL && parse_by_formats(formats, field, &out->start, &out->precision)) {
        return KERB_DATE_OK;
    }
    if (formats != NULL && !is_typed(loader, field, 4, '-')) {
        return KERB_DATE_BAD;
    }
    return kerb_ingest__date_parse_ordered(field.text, field.length, loader->is_month_first,
                                           &out->start, &out->precision);
}

/* A separate time of day, where the date has none. */
static bool add_time(const kerb_ingest__loader *loader, const kerb_ingest__row *row,
                     kerb_ingest__role role, kerb_ingest__checked *checked, moment *out)
{
    kerb_ingest__field field = kerb_ingest__row_field(loader, row, role);
    const char *const *formats = loader->layout.mapping != NULL
                                     ? kerb_ingest__mapping_time_formats(loader->layout.mapping)
                                     : NULL;
    int64_t second = 0;
    kerb_precision precision = KERB_PRECISION_NONE;
    if (out->precision != KERB_PRECISION_DAY || kerb_ingest__field_is_missing(loader, field)) {
        return true;
    }
    bool is_good = formats != NULL && parse_by_formats(formats, field, &second, &precision);
    if (!is_good && (formats == NULL || is_typed(loader, field, 2, ':'))) {
        is_good = kerb_ingest__time_parse(field.text, field.length, &second, &precision);
    }
    if (!is_good) {
        return kerb_ingest__refuse(checked, "bad_time", loader->layout.column[role], field);
    }
    out->start += second;
    out->precision = precision;
    return true;
}

static bool read_moment(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                        kerb_ingest__field date, int date_column, kerb_ingest__role time_role,
                        kerb_ingest__checked *checked, moment *out)
{
    switch (parse_date(loader, date, out)) {
    case KERB_DATE_OK:
        return add_time(loader, row, time_role, checked, out);
    case KERB_DATE_BLANK:
        *out = NO_MOMENT;
        return true;
    case KERB_DATE_BAD_DAY_FIRST:
        loader->n_month_first++;
        break;
    case KERB_DATE_BAD:
        break;
    }
    return kerb_ingest__refuse(checked, "bad_date", date_column, date);
}

/* Day, Month and Year of three columns as one text, which is borrowed until the next row. */
static kerb_ingest__field join_date(kerb_ingest__loader *loader, const kerb_ingest__row *row)
{
    kerb_ingest__field parts[3] = {kerb_ingest__row_field(loader, row, KERB_ROLE_DAY),
                                   kerb_ingest__row_field(loader, row, KERB_ROLE_MONTH),
                                   kerb_ingest__row_field(loader, row, KERB_ROLE_YEAR)};
    kerb_text_clear(&loader->scratch);
    bool has_any = parts[0].length + parts[1].length + parts[2].length > 0;
    bool is_number = parts[1].length > 0 && parts[1].text[0] >= '0' && parts[1].text[0] <= '9';
    for (size_t i = 0; i < 3 && has_any; i++) {
        kerb_text_add(&loader->scratch, i == 0 ? "" : is_number ? "/" : " ");
        kerb_text_add_n(&loader->scratch, parts[i].text, parts[i].length);
    }
    return (kerb_ingest__field){loader->scratch.data != NULL ? loader->scratch.data : "",
                                loader->scratch.length};
}

/* The moment of a role with its time of day; NO_MOMENT when the file has no such column. */
static bool read_role(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                      kerb_ingest__role date_role, kerb_ingest__role time_role,
                      kerb_ingest__checked *checked, moment *out)
{
    int column = loader->layout.column[date_role];
    *out = NO_MOMENT;
    return column < 0 ||
           read_moment(loader, row, kerb_ingest__row_field(loader, row, date_role), column,
                       time_role, checked, out);
}

bool kerb_ingest__row_check_date(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                 kerb_ingest__checked *out)
{
    moment start = NO_MOMENT;
    int day = loader->layout.column[KERB_ROLE_DAY];
    bool is_good =
        day >= 0
            ? read_moment(loader, row, join_date(loader, row), day, KERB_ROLE_TIME, out, &start)
            : read_role(loader, row, KERB_ROLE_DATE, KERB_ROLE_TIME, out, &start);
    out->start = start.start;
    out->precision = start.precision;
    return is_good;
}

bool kerb_ingest__row_check_end(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                kerb_ingest__checked *out)
{
    moment last;
    out->end = KERB_CIVIL_NONE;
    if (!read_role(loader, row, KERB_ROLE_DATE_TO, KERB_ROLE_TIME_TO, out, &last)) {
        return false;
    }
    if (last.precision == KERB_PRECISION_NONE || last.start >= NO_END_FROM) {
        return true;
    }
    if (out->start == KERB_CIVIL_NONE) {
        /* It may have begun at any time before: no span can be given to it. */
        out->has_end_alone = true;
        return true;
    }
    kerb_civil_s last_end = kerb_civil_end(last.start, last.precision);
    if (last_end <= out->start) {
        return kerb_ingest__refuse(out, "end_before_start",
                                   loader->layout.column[KERB_ROLE_DATE_TO],
                                   kerb_ingest__row_field(loader, row, KERB_ROLE_DATE_TO));
    }
    kerb_civil_s end = last.precision <= KERB_PRECISION_DAY ? last_end : last.start;
    /* From and to the same: the time is known as finely as it is written. */
    if (end > out->start && end != kerb_civil_end(out->start, out->precision)) {
        out->end = end;
    }
    return true;
}

bool kerb_ingest__row_check_recorded(kerb_ingest__loader *loader, const kerb_ingest__row *row,
                                     kerb_ingest__checked *out)
{
    moment recorded;
    if (!read_role(loader, row, KERB_ROLE_RECORDED, KERB_ROLE_RECORDED_TIME, out, &recorded)) {
        return false;
    }
    out->recorded = recorded.start;
    out->is_recorded_early = recorded.start != KERB_CIVIL_NONE &&
                             out->start != KERB_CIVIL_NONE &&
                             kerb_civil_end(recorded.start, recorded.precision) <= out->start;
    return true;
}
