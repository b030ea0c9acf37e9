/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that were not loaded, and rows without a place, by reason; and the store's own health.
 */
#include "quality_internal.h"

#include <string.h>

static const struct {
    const char *reason, *sentence;
} meanings[] = {
    {"bad_coordinate",
     "their coordinates are no numbers (masked ones among them): the map lacks "
     "them, and so do the totals"},
    {"bad_date", "their dates are none, or stand in another order of day and month"},
    {"bad_grid_reference", "their grid references cannot be read"},
    {"bad_time", "their times are none"},
    {"bad_weight", "their weights are no numbers of 0 or more"},
    {"category_not_mapped",
     "the mapping refuses their categories: totals lack them on purpose"},
    {"control_character", "they hold a NUL: the file is damaged"},
    {"empty_row", "all their fields are empty: nothing is lost"},
    {"end_before_start", "their times end before they begin: the two columns may be swapped"},
    {"error_cell", "a cell of the workbook holds an error such as #REF!"},
    {"field_too_long", "a field is over 1 MiB: the file is damaged, or quotes are lost in it"},
    {"no_coordinates",
     "nothing is written where coordinates belong: they count in totals only"},
    {"not_a_point", "they are lines or areas, which have no single place"},
    {"outside_crs_area",
     "their coordinates lie outside the area of the working system: often x "
     "and y changed places, or the system is another"},
    {"outside_replaced_period", "they lie outside the period that the extract replaces"},
    {"repeated_reference", "their references were there already: each is counted once"},
    {"row_too_long", "the row is over 4 MiB: the file is damaged, or quotes are lost in it"},
    {"unclosed_quote", "a quote is opened and not closed: look at these lines"},
    {"wrong_number_of_fields", "they have more or fewer fields than the header: look for "
                               "delimiters inside fields"},
    {"zero_coordinates", "their coordinates are 0 and 0, which stands for none: they count in "
                         "totals only"},
};

static const char *meaning_of(const char *reason)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (strcmp(reason, meanings[i].reason) == 0)
            return meanings[i].sentence;
    return "look at these lines";
}

static kerb_status tell_reasons(kerb_ctx *ctx, kerb_quality__view *view,
                                const kerb_tally *tally, bool is_loaded, double n_all)
{
    size_t n = 0;
    const kerb_tally_entry *entries = kerb_tally_entries(tally, &n);
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < n; i++) {
        bool is_usual = is_loaded || strcmp(entries[i].name, "repeated_reference") == 0 ||
                        strcmp(entries[i].name, "empty_row") == 0;
        double share = (double)entries[i].count / n_all;
        kerb_quality__draft draft = kerb_quality__begin(
            "rejects", is_usual ? KERB_QUALITY_OK
                                : (share > 0.01 ? KERB_QUALITY_WARNING : KERB_QUALITY_NOTE));
        kerb_quality__about(&draft, KERB_QUALITY_REASON, entries[i].name);
        kerb_quality__figure(&draft, "rows", (double)entries[i].count);
        kerb_quality__figure(&draft, "share_of_read", share);
        kerb_quality__say(
            &draft, "%s %s %s (%s): %s.", kerb_quality__count((double)entries[i].count).text,
            entries[i].count == 1 ? "row was" : "rows were",
            is_loaded ? "loaded without a place" : "not loaded",
            kerb_quality__name(entries[i].name).text, meaning_of(entries[i].name));
        status = kerb_quality__end(ctx, &draft, view->report);
    }
    return status;
}

kerb_status kerb_quality__check_rejects(kerb_ctx *ctx, kerb_quality__view *view)
{
    size_t n = 0;
    double n_rejected = 0.0;
    const kerb_tally_entry *entries = kerb_tally_entries(view->input->rejected, &n);
    for (size_t i = 0; i < n; i++)
        n_rejected += (double)entries[i].count;
    if (view->input->rejected == NULL)
        return KERB_OK;
    double n_loaded = (double)view->input->n_loaded, n_all = n_rejected + n_loaded;
    kerb_quality__draft draft = kerb_quality__begin("rejects", KERB_QUALITY_OK);
    kerb_quality__figure(&draft, "loaded", n_loaded);
    kerb_quality__figure(&draft, "rejected", n_rejected);
    /* not "of so many rows read": a collision may be several rows, and a row no incident */
    kerb_quality__say(&draft, "%s incidents were loaded, and %s rows were not.",
                      kerb_quality__count(n_loaded).text, kerb_quality__count(n_rejected).text);
    kerb_status status = kerb_quality__end(ctx, &draft, view->report);
    if (status == KERB_OK)
        status = tell_reasons(ctx, view, view->input->rejected, false, n_all);
    if (status == KERB_OK)
        status = tell_reasons(ctx, view, view->input->without_geometry, true, n_all);
    return status;
}

kerb_status kerb_quality__check_index(kerb_ctx *ctx, kerb_quality__view *view)
{
    const char *fault = view->input->index_fault;
    if (!view->input->is_store)
        return KERB_OK;
    kerb_quality__draft draft = kerb_quality__begin(
        "spatial_index", fault != NULL ? KERB_QUALITY_WARNING : KERB_QUALITY_OK);
    if (fault == NULL)
        kerb_quality__say(&draft, "The spatial index holds every place and nothing else.");
    else
        kerb_quality__say(
            &draft,
            "The spatial index is not whole (%s): QGIS and queries through it miss "
            "incidents; kerb itself does not use it. Import into a new store.",
            kerb_quality__name(fault).text);
    return kerb_quality__end(ctx, &draft, view->report);
}
