/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_YAML_H
#define KERB_YAML_H

/**
 * YAML read strictly, for the files people write by hand: study files and column mappings.
 *
 * The document is read whole (at most 1 MiB, depth 32). Anchors, aliases, tags, merge keys, a
 * second document and duplicate keys are refused. Every value stays the text that was written:
 * `400m` is "400m", `08` is "08", `no` is "no"; the caller asks for the type that it expects
 * and every complaint names file, line and column.
 */

#include "kerb_base.h"

typedef struct kerb_yaml kerb_yaml;           /**< a document; owns all nodes */
typedef struct kerb_yaml_node kerb_yaml_node; /**< borrowed from the document */

typedef enum kerb_yaml_kind { KERB_YAML_SCALAR, KERB_YAML_LIST, KERB_YAML_MAP } kerb_yaml_kind;

kerb_status kerb_yaml_read_file(kerb_ctx *ctx, const char *path, kerb_yaml **out);
/** `name` stands for the file in messages. */
kerb_status kerb_yaml_read_text(kerb_ctx *ctx, const char *name, const char *text,
                                size_t length, kerb_yaml **out);
void kerb_yaml_free(kerb_yaml *yaml);

const kerb_yaml_node *kerb_yaml_root(const kerb_yaml *yaml);
kerb_yaml_kind kerb_yaml_kind_of(const kerb_yaml_node *node);
int kerb_yaml_line(const kerb_yaml_node *node);   /**< from 1 */
int kerb_yaml_column(const kerb_yaml_node *node); /**< from 1 */
/** Text of a scalar (borrowed), NULL for a list or map. An unquoted empty value, `~` or `null`
 * gives "" and kerb_yaml_is_null() true. */
const char *kerb_yaml_text(const kerb_yaml_node *node);
bool kerb_yaml_is_null(const kerb_yaml_node *node);

/** Items of a list, or entries of a map in file order. */
size_t kerb_yaml_count(const kerb_yaml_node *node);
/** List item, or map value. */
const kerb_yaml_node *kerb_yaml_item(const kerb_yaml_node *node, size_t i);
const char *kerb_yaml_key(const kerb_yaml_node *node, size_t i); /**< map key */
/** For its line and column. */
const kerb_yaml_node *kerb_yaml_key_node(const kerb_yaml_node *node, size_t i);
/** Value of a key, NULL when absent. */
const kerb_yaml_node *kerb_yaml_find(const kerb_yaml_node *map, const char *key);

/** Refuse every key of `map` that is not in the NULL-ended list: "FILE:7:3: unknown key
 * 'bandwith' (did you mean 'bandwidth'? keys here: …)". KERB_ERR_FORMAT. */
kerb_status kerb_yaml_check_keys(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *map, const char *const *keys);
/** KERB_ERR_FORMAT "FILE:LINE:COLUMN: …" at a node. */
kerb_status kerb_yaml_fail(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
kerb_status kerb_yaml_expect(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                             kerb_yaml_kind kind, const char *what);
/** Typed reading; each says what was expected and what stands there. `what` names the value,
 * e.g. "top". */
kerb_status kerb_yaml_get_double(kerb_ctx *ctx, const kerb_yaml *yaml,
                                 const kerb_yaml_node *node, const char *what, double *out);
kerb_status kerb_yaml_get_int(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                              const char *what, int64_t *out);
/** True or false only. */
kerb_status kerb_yaml_get_bool(kerb_ctx *ctx, const kerb_yaml *yaml, const kerb_yaml_node *node,
                               const char *what, bool *out);

#endif
