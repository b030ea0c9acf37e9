/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which area each event belongs to: by the code its source wrote down, else by its point.
 *
 * The code comes first because a published point is moved (to a street's middle, a snap point)
 * after the source fixed the code: in data.police.uk rows 3 to 4 in 100 points lie outside the
 * polygon of their own LSOA code. */

#include "kerb_areas.h"

#include "areas_places.h"
#include "kerb_base.h"

#include <assert.h>

/* Area of each area-code name of the table, SIZE_MAX where the code is no id of the set; NULL
 * when out of memory. */
static size_t *make_area_of_code(const kerb_areas_set *set, const kerb_events *events)
{
    size_t n_areas = kerb_areas_set_count(set);
    uint32_t n_codes = kerb_events_name_count(events, KERB_NAME_AREA_CODE);
    size_t *area_of_code = kerb_alloc_array((size_t)n_codes + 1, sizeof *area_of_code);
    if (area_of_code == NULL)
        return NULL;
    /* No code: an area whose id is empty must not catch these rows. */
    area_of_code[0] = SIZE_MAX;
    for (uint32_t code = 1; code <= n_codes; code++) {
        size_t area =
            kerb_areas_set_find_id(set, kerb_events_name(events, KERB_NAME_AREA_CODE, code));
        area_of_code[code] = area < n_areas ? area : SIZE_MAX;
    }
    return area_of_code;
}

/* Does the whole square lie in the area of its centre? Told by its corners: an area with a
 * tongue between two of them is let pass. */
static bool holds_square(const kerb_areas_set *set, size_t area, double x, double y,
                         double cell_m)
{
    const double half_m = 0.4999999 * cell_m; /* a shared border parts nothing */
    for (int corner = 0; corner < 4; corner++) {
        double dx = corner % 2 == 0 ? -half_m : half_m, dy = corner < 2 ? -half_m : half_m;
        if (kerb_areas_set_locate(set, x + dx, y + dy) != area)
            return false;
    }
    return true;
}

kerb_status kerb_areas_assign(kerb_ctx *ctx, const kerb_areas_set *set,
                              const kerb_events *events, size_t *area_of,
                              kerb_assignment *report)
{
    kerb_status status = KERB_OK;
    kerb_assignment counts = {0};
    kerb_numbered_places places = {0};
    size_t *area_of_code = NULL, *area_of_place = NULL;
    bool needs_points = false;

    if (set == NULL || events == NULL || (area_of == NULL && events->n > 0)) {
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "areas, events and a place for the result are needed");
    }
    const uint32_t *code_of = events->names[KERB_NAME_AREA_CODE];
    area_of_code = make_area_of_code(set, events);
    if (area_of_code == NULL) {
        status = kerb_fail_nomem(ctx, "area codes");
        goto done;
    }
    for (size_t i = 0; i < events->n && !needs_points; i++) {
        needs_points = area_of_code[code_of[i]] == SIZE_MAX;
    }
    if (needs_points) {
        status = kerb_numbered_places_make(ctx, events->n, events->x, events->y, &places);
        if (status != KERB_OK)
            goto done;
        area_of_place = kerb_alloc_array(places.n, sizeof *area_of_place);
        if (area_of_place == NULL) {
            status = kerb_fail_nomem(ctx, "areas of places");
            goto done;
        }
        status =
            kerb_areas_locate_points(ctx, set, places.n, places.x, places.y, area_of_place);
        if (status != KERB_OK)
            goto done;
    }
    /* Nothing can fail from here: area_of is written whole or not at all. */
    assert(!needs_points || places.place_of != NULL);
    for (size_t i = 0; i < events->n; i++) {
        area_of[i] = area_of_code[code_of[i]];
        if (area_of[i] != SIZE_MAX) {
            counts.n_by_code++;
        } else if (places.place_of[i] == KERB_NO_PLACE) {
            counts.n_no_place++;
        } else {
            area_of[i] = area_of_place[places.place_of[i]];
            bool is_coarse = events->cell_m != NULL && events->cell_m[i] > 0.0;
            if (is_coarse && area_of[i] != SIZE_MAX &&
                !holds_square(set, area_of[i], events->x[i], events->y[i], events->cell_m[i])) {
                area_of[i] = SIZE_MAX;
                counts.n_too_coarse++;
            } else if (area_of[i] != SIZE_MAX)
                counts.n_by_place++;
            else
                counts.n_outside++;
        }
    }
    counts.used_codes = counts.n_by_code > 0;
    if (report != NULL)
        *report = counts;
done:
    kerb_numbered_places_clear(&places);
    kerb_free(area_of_place);
    kerb_free(area_of_code);
    return status;
}
