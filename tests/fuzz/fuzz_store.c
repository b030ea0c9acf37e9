/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a store: refused in one line that is never a fault of ours, or a store that
 * answers every question or refuses it likewise.
 */
#include "fuzz_file.h"
#include "store_internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(kerb_ctx *ctx, kerb_status status)
{
    const char *message = kerb_ctx_message(ctx);
    if (status == KERB_ERR_BUG ||
        (status != KERB_OK && (message[0] == '\0' || strpbrk(message, "\n\r\033"))))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(".sqlite", data, size);
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store *store = NULL;
    kerb_events *events = NULL;
    char *json = NULL, hex[65];
    if (path == NULL || ctx == NULL)
        return 0;
    (void)kerb_store_is_store(path);
    kerb_status status = kerb_store_open(ctx, path, KERB_STORE_READ, NULL, &store);
    check(ctx, status);
    if (status == KERB_OK) {
        check(ctx, kerb_store_read_events(ctx, store, &events));
        check(ctx, kerb_store_info(ctx, store, &json));
        check(ctx, kerb_store_digest(ctx, store, hex));
    }
    kerb_free_text(json);
    kerb_events_free(events);
    kerb_store_close(store);
    kerb_ctx_free(ctx);
    return 0;
}
