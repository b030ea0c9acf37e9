/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_TABLE_H
#define KERB_TEST_TABLE_H

/** A context and an empty table of incidents, `events`, new for each test. */

#include "test_context.h"

#include "kerb_events.h"

static kerb_events *events;

static inline int make_table(void **state)
{
    return make_context(state) == 0 && kerb_events_new(ctx, &events) == KERB_OK ? 0 : -1;
}

static inline int free_table(void **state)
{
    kerb_events_free(events);
    events = NULL;
    return free_context(state);
}

#endif
