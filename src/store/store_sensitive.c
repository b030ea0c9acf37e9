/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sensitive places: refuges, children's homes, approved premises. Incidents in one of them, or
 * on its border, are read without coordinates and without the words that tell the place, as
 * incidents that never had any; so no analysis can show them, count them apart or leave a hole
 * where they are that is told from one without incidents. The sets themselves are not there for
 * anybody who asks by name. Only the file holds them.
 */
#include "store_internal.h"

/* Polygons only: ids and names of these areas are not even in memory. */
static kerb_status add_area(kerb_ctx *ctx, const kerb_store *store, sqlite3_stmt *row,
                            kerb_areas_set *set)
{
    uint8_t *wkb = NULL;
    size_t n_wkb = 0;
    kerb_status status = kerb_store__read_multipolygon(
        sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0), &wkb, &n_wkb);
    if (status == KERB_OK)
        status = kerb_areas_set_add_wkb(ctx, set, "", "", wkb, n_wkb);
    kerb_free(wkb);
    if (status == KERB_ERR_NOMEM)
        return kerb_fail_nomem(ctx, "the areas");
    /* never unmasked for want of a polygon, and no word of which */
    return status == KERB_OK
               ? KERB_OK
               : kerb_fail(ctx, KERB_ERR_FORMAT, "%s: its areas are damaged", store->path);
}

kerb_status kerb_store__read_mask(kerb_ctx *ctx, kerb_store *store, kerb_areas_set **out)
{
    sqlite3_stmt *stmt = NULL;
    kerb_areas_set *set = NULL;
    bool has_row = true;
    *out = NULL;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT a.geom FROM area_set AS s JOIN area AS a ON a.set_id = s.id "
        "WHERE s.role = 'sensitive' ORDER BY s.id, a.position",
        &stmt);
    while (status == KERB_OK) {
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
        if (status != KERB_OK || !has_row)
            break;
        if (!set)
            status = kerb_areas_set_new(ctx, &set);
        if (status == KERB_OK)
            status = add_area(ctx, store, stmt, set);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK && set)
        status = kerb_areas_set_index(ctx, set);
    if (status == KERB_OK) {
        *out = set;
        set = NULL;
    }
    kerb_areas_set_free(set);
    return status;
}

bool kerb_store__is_masked(const kerb_areas_set *mask, double x, double y)
{
    return mask && kerb_areas_set_locate(mask, x, y) < kerb_areas_set_count(mask);
}
