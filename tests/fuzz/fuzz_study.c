/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a study file: refused in one line that names the place, or a study. */
#include "fuzz_file.h"
#include "kerb_study.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(".yaml", data, size);
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_study *study = NULL;
    if (path == NULL || ctx == NULL)
        return 0;
    kerb_status status = kerb_study_read(ctx, path, &study);
    const char *message = kerb_ctx_message(ctx);
    if (status == KERB_ERR_BUG || (status == KERB_OK) != (study != NULL) ||
        (status != KERB_OK && (message[0] == '\0' || strpbrk(message, "\n\r\033"))))
        abort();
    kerb_study_free(study);
    kerb_ctx_free(ctx);
    return 0;
}
