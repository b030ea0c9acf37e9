/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_AREA_SCENE_H
#define KERB_TEST_AREA_SCENE_H

/** A map of four square beats, 100 m each, and rows put on it by hand:
 *
 *        C | D        ids "C" (0,100) to (100,200) and so on; A has its south-west corner at
 * 0,0
 *        --+--
 *        A | B
 */

#include "kerb_areas.h"
#include "near.h"

static inline void scene_add_square(kerb_ctx *ctx, kerb_areas_set *set, const char *id,
                                    double x, double y, double side)
{
    const kerb_point ring[] = {
        {x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}};
    const size_t count = 5;
    assert_int_equal(kerb_areas_set_add_rings(ctx, set, id, id, 1, &count, ring), KERB_OK);
}

static inline kerb_areas_set *scene_areas(kerb_ctx *ctx)
{
    kerb_areas_set *set = NULL;
    assert_int_equal(kerb_areas_set_new(ctx, &set), KERB_OK);
    scene_add_square(ctx, set, "A", 0.0, 0.0, 100.0);
    scene_add_square(ctx, set, "B", 100.0, 0.0, 100.0);
    scene_add_square(ctx, set, "C", 0.0, 100.0, 100.0);
    scene_add_square(ctx, set, "D", 100.0, 100.0, 100.0);
    assert_int_equal(kerb_areas_set_index(ctx, set), KERB_OK);
    return set;
}

static inline kerb_events *scene_events(kerb_ctx *ctx)
{
    kerb_events *events = NULL;
    assert_int_equal(kerb_events_new(ctx, &events), KERB_OK);
    return events;
}

static inline void scene_add_event(kerb_ctx *ctx, kerb_events *events, double x, double y,
                                   double weight, const char *code)
{
    kerb_event event = {.x = x, .y = y, .weight = weight, .start = KERB_CIVIL_NONE};
    event.names[KERB_NAME_AREA_CODE] = code;
    assert_int_equal(kerb_events_add(ctx, events, &event), KERB_OK);
}

#endif
