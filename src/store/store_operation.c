/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By which coordinate operations the store's files were brought to its working CRS: what a
 * stamp tells of every result made from the store.
 */
#include "store_internal.h"

#include <math.h>

kerb_status kerb_store_get_operation(kerb_ctx *ctx, kerb_store *store, char **names,
                                     double *accuracy_m)
{
    sqlite3_stmt *stmt = NULL;
    kerb_text text = {0};
    double worst_m = 0.0;
    bool has_row = false;
    kerb_status status = kerb_store__prepare(
        ctx, store,
        "SELECT operation, max(operation_accuracy_m), count(*) > count(operation_accuracy_m) "
        "FROM file WHERE operation IS NOT NULL GROUP BY operation ORDER BY operation",
        &stmt);
    if (status == KERB_OK)
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    while (status == KERB_OK && has_row) {
        if (text.length > 0)
            kerb_text_add(&text, "; ");
        kerb_text_add(&text, kerb_store__column_text(stmt, 0));
        if (sqlite3_column_int(stmt, 2) != 0)
            worst_m = (double)NAN; /* one that is not stated makes the worst unknown */
        else
            worst_m = isnan(worst_m) ? worst_m : fmax(worst_m, sqlite3_column_double(stmt, 1));
        status = kerb_store__step_row(ctx, store, stmt, &has_row);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK) {
        if (text.length == 0)
            kerb_text_add(&text, "none needed");
        status = kerb_text_take(ctx, &text, names);
    }
    if (status == KERB_OK)
        *accuracy_m = worst_m;
    kerb_text_clear(&text);
    return status;
}
