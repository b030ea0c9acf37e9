/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a YAML file: a tree or one line of complaint, never a crash, and a tree whose
 * every node can be asked for every type.
 */
#include "kerb_yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node)
{
    static const char *const keys[] = {"columns", "date", "bandwidth", NULL};
    double number;
    int64_t whole;
    bool flag;
    kerb_yaml_get_double(ctx, yaml, node, "value", &number);
    kerb_yaml_get_int(ctx, yaml, node, "value", &whole);
    kerb_yaml_get_bool(ctx, yaml, node, "value", &flag);
    if (kerb_yaml_line(node) < 1 || kerb_yaml_column(node) < 1)
        abort();
    if (kerb_yaml_kind_of(node) == KERB_YAML_MAP) {
        kerb_yaml_check_keys(ctx, yaml, node, keys);
        for (size_t i = 0; i < kerb_yaml_count(node) && i < 100; i++) {
            if (kerb_yaml_find(node, kerb_yaml_key(node, i)) != kerb_yaml_item(node, i))
                abort(); /* a duplicate key came through */
        }
    }
    for (size_t i = 0; i < kerb_yaml_count(node); i++)
        visit(ctx, yaml, kerb_yaml_item(node, i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_yaml *yaml = NULL;
    if (!ctx)
        return 0;
    kerb_status status = kerb_yaml_read_text(ctx, "fuzz", (const char *)data, size, &yaml);
    const char *message = kerb_ctx_message(ctx);
    if ((status == KERB_OK) != (yaml != NULL))
        abort();
    if (status != KERB_OK && (message[0] == '\0' || strpbrk(message, "\n\r\033")))
        abort();
    if (yaml)
        visit(ctx, yaml, kerb_yaml_root(yaml));
    kerb_yaml_free(yaml);
    kerb_ctx_free(ctx);
    return 0;
}
