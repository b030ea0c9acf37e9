/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of the status codes and of the version. The words that explain a failure are in the
 * context (context.c); the name of a code is for logs only.
 */
#include "kerb_core.h"

const char *kerb_version(void)
{
    return KERB_VERSION;
}

const char *kerb_status_name(kerb_status status)
{
    static const struct {
        kerb_status status;
        const char *name;
    } names[] = {
        {KERB_OK, "KERB_OK"},
        {KERB_ERR_ARG, "KERB_ERR_ARG"},
        {KERB_ERR_RANGE, "KERB_ERR_RANGE"},
        {KERB_ERR_UNSUPPORTED, "KERB_ERR_UNSUPPORTED"},
        {KERB_ERR_FORMAT, "KERB_ERR_FORMAT"},
        {KERB_ERR_CRS, "KERB_ERR_CRS"},
        {KERB_ERR_EMPTY, "KERB_ERR_EMPTY"},
        {KERB_ERR_NOT_FOUND, "KERB_ERR_NOT_FOUND"},
        {KERB_ERR_IO, "KERB_ERR_IO"},
        {KERB_ERR_DB, "KERB_ERR_DB"},
        {KERB_ERR_NOMEM, "KERB_ERR_NOMEM"},
        {KERB_ERR_EXISTS, "KERB_ERR_EXISTS"},
        {KERB_ERR_NO_CONVERGENCE, "KERB_ERR_NO_CONVERGENCE"},
        {KERB_ERR_CANCELLED, "KERB_ERR_CANCELLED"},
        {KERB_ERR_BUG, "KERB_ERR_BUG"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].status == status)
            return names[i].name;
    }
    return "KERB_ERR_UNKNOWN";
}
