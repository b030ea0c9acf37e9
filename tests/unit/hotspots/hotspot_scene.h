/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_HOTSPOT_SCENE_H
#define KERB_TEST_HOTSPOT_SCENE_H

/** Surfaces drawn by hand and events put on them. In a picture '.' is 0 and '#' has no value;
 * rows are separated by '/', the first is the northmost. */

#include "kerb_hotspots.h"
#include "near.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static inline kerb_grid *scene_grid(kerb_ctx *ctx, double xmin, double ymin, double cell_m,
                                    const char *picture)
{
    size_t n_rows = 1, n_cells = 0, i = 0;
    kerb_grid *grid = NULL;
    for (const char *c = picture; *c != '\0'; c++) {
        n_rows += *c == '/';
        n_cells += *c != '/' && *c != ' ' && (c == picture || c[-1] == ' ' || c[-1] == '/');
    }
    kerb_grid_spec spec = {.xmin = xmin,
                           .ymax = ymin + (double)n_rows * cell_m,
                           .cell_m = cell_m,
                           .n_rows = n_rows,
                           .n_cols = n_cells / n_rows};
    assert_int_equal(n_cells % n_rows, 0);
    assert_int_equal(kerb_grid_new(ctx, &spec, 0.0, &grid), KERB_OK);
    for (const char *c = picture; *c != '\0';) {
        if (*c == ' ' || *c == '/') {
            c++;
            continue;
        }
        char *end;
        double value = strtod(c, &end);
        if (end == c || (*c == '.' && !isdigit((unsigned char)c[1]))) {
            value = *c == '#' ? (double)NAN : 0.0;
            end = (char *)(uintptr_t)(c + 1);
        }
        kerb_grid_values(grid)[i++] = value;
        c = end;
    }
    assert_int_equal(i, n_cells);
    return grid;
}

static inline kerb_events *scene_events(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    return events;
}

static inline void scene_add(kerb_ctx *ctx, kerb_events *events, size_t times, double x,
                             double y, const char *label)
{
    kerb_event event = {.x = x, .y = y, .weight = 1.0, .start = KERB_CIVIL_NONE};
    event.names[KERB_NAME_LABEL] = label;
    for (size_t i = 0; i < times; i++)
        assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

static inline void scene_add_square(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                    const char *name, double x, double y, double side)
{
    const kerb_point ring[] = {
        {x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}};
    const size_t count = 5;
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, id, name, 1, &count, ring), KERB_OK);
}

#endif
