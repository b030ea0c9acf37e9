/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distinct places by hashing, and the areas that hold them in parallel.
 *
 * Two records are at one place when their coordinates are equal bit for bit (after -0 became
 * 0): sources snap records to a list of points and repeat those digits exactly. No tolerance:
 * it would join places in an order-dependent way. */

#include "areas_places.h"

#include "kerb_base.h"

#include <math.h>
#include <string.h>

/* Fixed, so that chunks do not depend on the number of threads; large enough to hide hand-out.
 */
#define POINTS_PER_CHUNK ((size_t)2048)
#define MAX_POINTS       ((size_t)1 << 31)

/* Finaliser of SplitMix64 (Steele, Lea & Flood 2014): spreads snapped coordinates, whose low
 * bits are all alike, over the whole table. */
static uint64_t mix_bits(uint64_t bits)
{
    bits ^= bits >> 30;
    bits *= 0xbf58476d1ce4e5b9u;
    bits ^= bits >> 27;
    bits *= 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

static uint64_t hash_point(double x, double y)
{
    uint64_t x_bits, y_bits;
    memcpy(&x_bits, &x, sizeof x_bits);
    memcpy(&y_bits, &y, sizeof y_bits);
    return mix_bits(mix_bits(x_bits) + y_bits);
}

void kerb_numbered_places_clear(kerb_numbered_places *places)
{
    kerb_free(places->x);
    kerb_free(places->y);
    kerb_free(places->place_of);
    *places = (kerb_numbered_places){0};
}

kerb_status kerb_numbered_places_make(kerb_ctx *ctx, size_t n, const double *x, const double *y,
                                      kerb_numbered_places *out)
{
    kerb_status status = KERB_OK;
    kerb_numbered_places places = {0};
    uint32_t *first_of = NULL; /* open addressing; holds row + 1 of a place's first point */
    size_t n_slots = 16;

    if (n > MAX_POINTS) {
        return kerb_fail(ctx, KERB_ERR_RANGE, "%zu points are more than the limit of %zu", n,
                         MAX_POINTS);
    }
    while (n_slots < n + n / 2) {
        n_slots *= 2;
    }
    places.place_of = kerb_alloc_array(n, sizeof *places.place_of);
    first_of = kerb_calloc_array(n_slots, sizeof *first_of);
    if (places.place_of == NULL || first_of == NULL) {
        status = kerb_fail_nomem(ctx, "places");
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        places.place_of[i] = KERB_NO_PLACE;
        if (isnan(x[i]) || isnan(y[i])) {
            continue;
        }
        double xi = x[i] + 0.0, yi = y[i] + 0.0; /* -0 becomes 0 */
        size_t slot = (size_t)hash_point(xi, yi) & (n_slots - 1);
        for (; first_of[slot] != 0; slot = (slot + 1) & (n_slots - 1)) {
            size_t first = first_of[slot] - 1;
            if (x[first] == xi && y[first] == yi) {
                places.place_of[i] = places.place_of[first];
                break;
            }
        }
        if (first_of[slot] == 0) {
            first_of[slot] = (uint32_t)(i + 1);
            places.place_of[i] = (uint32_t)places.n++;
        }
    }
    places.x = kerb_alloc_array(places.n, sizeof *places.x);
    places.y = kerb_alloc_array(places.n, sizeof *places.y);
    if (places.x == NULL || places.y == NULL) {
        status = kerb_fail_nomem(ctx, "places");
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        if (places.place_of[i] != KERB_NO_PLACE) {
            places.x[places.place_of[i]] = x[i] + 0.0;
            places.y[places.place_of[i]] = y[i] + 0.0;
        }
    }
    *out = places, places = (kerb_numbered_places){0};
done:
    kerb_numbered_places_clear(&places);
    kerb_free(first_of);
    return status;
}

struct locating {
    const kerb_areas_set *set;
    size_t n, n_areas;
    const double *x, *y;
    size_t *area_of;
};

static kerb_status locate_chunk(void *user, size_t i_chunk)
{
    const struct locating *job = user;
    size_t begin = i_chunk * POINTS_PER_CHUNK;
    size_t end = job->n - begin < POINTS_PER_CHUNK ? job->n : begin + POINTS_PER_CHUNK;
    for (size_t i = begin; i < end; i++) {
        size_t area = kerb_areas_set_locate(job->set, job->x[i], job->y[i]);
        job->area_of[i] = area < job->n_areas ? area : SIZE_MAX;
    }
    return KERB_OK;
}

kerb_status kerb_areas_locate_points(kerb_ctx *ctx, const kerb_areas_set *set, size_t n,
                                     const double *x, const double *y, size_t *area_of)
{
    struct locating job = {.set = set,
                           .n = n,
                           .n_areas = kerb_areas_set_count(set),
                           .x = x,
                           .y = y,
                           .area_of = area_of};
    size_t n_chunks = n / POINTS_PER_CHUNK + (n % POINTS_PER_CHUNK != 0);
    return kerb_parallel_for(ctx, "areas", n_chunks, locate_chunk, &job);
}
