/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was computed from the store, so that a result can be traced to its rows and parameters.
 */
#include "store_internal.h"

kerb_status kerb_store_add_run(kerb_ctx *ctx, kerb_store *store, const char *command,
                               const char *parameters, const char *fingerprint,
                               const char *outputs)
{
    sqlite3_stmt *stmt = NULL;
    if (!command || !command[0])
        return kerb_fail(ctx, KERB_ERR_ARG, "a run needs the name of its command");
    kerb_status status = kerb_store__begin(ctx, store);
    if (status != KERB_OK)
        return status;
    status = kerb_store__prepare(ctx, store,
                                 "INSERT INTO run (kerb_version, command, parameters, "
                                 "fingerprint, outputs) VALUES (?, ?, ?, ?, ?)",
                                 &stmt);
    if (status == KERB_OK) {
        kerb_store__bind_text(stmt, 1, KERB_VERSION);
        kerb_store__bind_text(stmt, 2, command);
        kerb_store__bind_text(stmt, 3, parameters ? parameters : "{}");
        kerb_store__bind_text(stmt, 4, fingerprint);
        kerb_store__bind_text(stmt, 5, outputs);
        status = kerb_store__step(ctx, store, stmt);
    }
    sqlite3_finalize(stmt);
    if (status == KERB_OK)
        return kerb_store__commit(ctx, store);
    kerb_store__rollback(store);
    return status;
}
