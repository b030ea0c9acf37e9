/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mappings that are part of kerb: road collisions (ingest_stats19.c) and incident recording
 * (ingest_builtin_incidents.c). Written as mappings, so that they say what they do and can be
 * copied and changed.
 */
#include "ingest_internal.h"

const char *kerb_ingest__builtin_mapping(const char *name)
{
    const char *yaml = kerb_ingest__stats19_mapping(name);
    return yaml != NULL ? yaml : kerb_ingest__incident_mapping(name);
}
