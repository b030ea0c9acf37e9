/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_YAML_INTERNAL_H
#define KERB_YAML_INTERNAL_H

/** The tree that yaml_document.c builds and yaml_values.c reads. */

#include "kerb_yaml.h"

struct kerb_yaml_node {
    kerb_yaml_kind kind;
    int line, column; /* from 1; the column counts characters */
    bool is_null;
    char *text;             /* of a scalar */
    kerb_yaml_node **keys;  /* of a map, in file order; always scalars */
    kerb_yaml_node **items; /* of a list, or the values of a map */
    size_t n, capacity;
};

struct kerb_yaml {
    char *name; /* of the file, for messages */
    kerb_yaml_node *root;
};

/* The longest piece of a stranger's text that a message repeats [bytes]. */
#define KERB_YAML_SHOWN_BYTES 60

#endif
