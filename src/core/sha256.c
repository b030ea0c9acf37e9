/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SHA-256 (FIPS 180-4) by nettle: the identity of an imported file and of a result's inputs.
 */
#include "kerb_base.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <string.h>

struct kerb_sha256 {
    struct sha256_ctx state;
};

kerb_sha256 *kerb_sha256_new(void)
{
    kerb_sha256 *hash = kerb_alloc_array(1, sizeof *hash);
    if (hash)
        sha256_init(&hash->state);
    return hash;
}

void kerb_sha256_free(kerb_sha256 *hash)
{
    kerb_free(hash);
}

void kerb_sha256_add(kerb_sha256 *hash, const void *data, size_t length)
{
    if (length > 0)
        sha256_update(&hash->state, length, data);
}

void kerb_sha256_hex(kerb_sha256 *hash, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&hash->state, sizeof digest, digest); /* resets the state */
    for (size_t i = 0; i < sizeof digest; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15u];
    }
    hex[2 * sizeof digest] = '\0';
}

kerb_status kerb_sha256_file(kerb_ctx *ctx, const char *path, char *hex)
{
    enum { BUFFER_BYTES = 256 * 1024 };
    kerb_status status = KERB_OK;
    kerb_sha256 *hash = kerb_sha256_new();
    char *buffer = kerb_alloc_array(BUFFER_BYTES, 1);
    FILE *file = NULL;
    if (!hash || !buffer) {
        status = kerb_fail_nomem(ctx, "reading a file");
        goto done;
    }
    file = fopen(path, "rb");
    if (!file) {
        status = kerb_fail(ctx, KERB_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
        goto done;
    }
    setvbuf(file, NULL, _IONBF, 0); /* the buffer here is large enough */
    for (size_t n; (n = fread(buffer, 1, BUFFER_BYTES, file)) > 0;) {
        kerb_sha256_add(hash, buffer, n);
        status = kerb_check_cancel(ctx);
        if (status != KERB_OK)
            goto done;
    }
    if (ferror(file)) {
        status = kerb_fail(ctx, KERB_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
        goto done;
    }
    kerb_sha256_hex(hash, hex);
done:
    if (file)
        fclose(file);
    kerb_free(buffer);
    kerb_sha256_free(hash);
    return status;
}
