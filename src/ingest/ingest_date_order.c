/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which of the two numbers of 3/9/2017 is the day. Day first, as in the UK, unless the file
 * itself proves the other order: some date can only be month/day, and none only day/month. One
 * such date is not enough, so the whole file is asked, but only when its first rows leave the
 * question open: a month or an ISO date costs nothing.
 */
#include "ingest_rows.h"

static void note_value(kerb_ingest__date_order *order, const kerb_ingest__row *row,
                       kerb_ingest__field field)
{
    order->line = row->line;
    kerb_text_visible(field.text, field.length, KERB_INGEST_ORDER_VALUE, order->value);
}

static void add_date(kerb_ingest__date_order *order, const kerb_ingest__row *row,
                     kerb_ingest__field field)
{
    switch (kerb_ingest__date_shape_of(field.text, field.length)) {
    case KERB_DATE_SHAPE_OTHER:
        break;
    case KERB_DATE_SHAPE_EITHER:
        order->n_either++;
        break;
    case KERB_DATE_SHAPE_DAY_FIRST:
        order->n_day_first++;
        break;
    case KERB_DATE_SHAPE_MONTH_FIRST:
        if (order->n_month_first++ == 0) {
            note_value(order, row, field);
        }
        break;
    }
}

/* The dates of a file are written in one order: each of them may prove it. */
void kerb_ingest__date_order_add(kerb_ingest__loader *loader, const kerb_ingest__row *row)
{
    static const kerb_ingest__role roles[] = {KERB_ROLE_DATE, KERB_ROLE_DATE_TO,
                                              KERB_ROLE_RECORDED};
    bool has_formats = loader->layout.mapping != NULL &&
                       kerb_ingest__mapping_date_formats(loader->layout.mapping) != NULL;
    if (has_formats || loader->layout.column[KERB_ROLE_DAY] >= 0) {
        return;
    }
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        if (loader->layout.column[roles[i]] >= 0) {
            add_date(&loader->date_order, row, kerb_ingest__row_field(loader, row, roles[i]));
        }
    }
}

bool kerb_ingest__date_order_is_open(const kerb_ingest__date_order *order)
{
    return order->n_day_first == 0 && order->n_month_first + order->n_either > 0;
}

void kerb_ingest__date_order_settle(kerb_ctx *ctx, kerb_ingest__loader *loader)
{
    const kerb_ingest__date_order *order = &loader->date_order;
    loader->is_month_first = order->n_day_first == 0 && order->n_month_first > 0;
    if (loader->is_month_first) {
        kerb_log(ctx, KERB_LOG_WARNING,
                 "%s: dates are read as month/day/year: line %lld has '%s', and no date of the "
                 "file is a day/month that could not be a month/day; 'date_format' in a "
                 "mapping says otherwise",
                 loader->entry->name, (long long)order->line, order->value);
    }
}
