/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roads, stretch by stretch, with the speed limit of each. */
#include "places.h"

const sample_stretch sample_stretches[] = {
    {"A9901", 'A', {120, 15900}, {5200, 16500}, 60, false},
    {"A9901", 'A', {5200, 16500}, {9700, 16600}, 60, false},
    {"A9901", 'A', {9700, 16600}, {10600, 16700}, 40, true},
    {"A9901", 'A', {10600, 16700}, {12060, 16750}, 30, true},
    {"A9901", 'A', {12060, 16750}, {13500, 16500}, 30, true},
    {"A9901", 'A', {13500, 16500}, {14500, 16300}, 40, true},
    {"A9901", 'A', {14500, 16300}, {21500, 16500}, 60, false},
    {"A9901", 'A', {21500, 16500}, {26100, 16900}, 60, false},
    {"A9901", 'A', {26100, 16900}, {30000, 15500}, 60, false},
    {"A9901", 'A', {30000, 15500}, {34200, 15900}, 60, false},
    {"A9901", 'A', {34200, 15900}, {38200, 14900}, 60, false},
    {"A9902", 'A', {12060, 16750}, {12900, 15300}, 30, true},
    {"A9902", 'A', {12900, 15300}, {13600, 14300}, 40, true},
    {"A9902", 'A', {13600, 14300}, {15700, 12500}, 50, false},
    {"A9902", 'A', {15700, 12500}, {19000, 9800}, 60, false},
    {"A9902", 'A', {19000, 9800}, {23900, 8100}, 60, false},
    {"A9902", 'A', {23900, 8100}, {25100, 7700}, 40, true},
    {"A9902", 'A', {25100, 7700}, {26340, 7250}, 30, true},
    {"A9902", 'A', {26340, 7250}, {27700, 6100}, 30, true},
    {"A9902", 'A', {27700, 6100}, {31500, 3700}, 60, false},
    {"A9902", 'A', {31500, 3700}, {36700, 300}, 60, false},
    {"B9911", 'B', {12060, 16750}, {11300, 18400}, 30, true},
    {"B9911", 'B', {11300, 18400}, {7600, 21200}, 60, false},
    {"B9911", 'B', {7600, 21200}, {9100, 24300}, 60, false},
    {"B9911", 'B', {9100, 24300}, {2800, 26000}, 60, false},
    {"B9912", 'B', {12060, 16750}, {12700, 18500}, 30, true},
    {"B9912", 'B', {12700, 18500}, {17200, 26000}, 50, false},
    {"B9912", 'B', {17200, 26000}, {26800, 26000}, 60, false},
    {"B9912", 'B', {26800, 26000}, {25700, 21700}, 50, false},
    {"B9912", 'B', {25700, 21700}, {22000, 16400}, 60, false},
    {"B9913", 'B', {26340, 7250}, {27600, 8300}, 30, true},
    {"B9913", 'B', {27600, 8300}, {31600, 11600}, 60, false},
    {"B9913", 'B', {31600, 11600}, {34200, 15900}, 60, false},
    {"B9913", 'B', {34200, 15900}, {31600, 21200}, 60, false},
    {"B9914", 'B', {2800, 6800}, {9400, 8100}, 50, false},
    {"B9914", 'B', {9400, 8100}, {17200, 6800}, 60, false},
    {"B9914", 'B', {17200, 6800}, {19000, 9800}, 50, false},
    {"Ivelstow Road", 'U', {12400, 2000}, {17200, 6800}, 60, false},
    {"Longmarsh Lane", 'U', {2800, 6800}, {2150, 12050}, 60, false},
    {"Longmarsh Lane", 'U', {2150, 12050}, {2400, 16150}, 60, false},
    {"Larkhanger Road", 'U', {17200, 11600}, {15700, 12500}, 40, false},
    {"Mossgarth Road", 'U', {31600, 2000}, {31500, 3700}, 40, false},
    {"Fallowick Road", 'U', {22000, 16400}, {21500, 16500}, 30, false},
};
const size_t sample_n_stretches = sizeof sample_stretches / sizeof *sample_stretches;

sample_point sample_point_on_road(sample_random *random, bool is_urban, size_t *stretch)
{
    int weights[sizeof sample_stretches / sizeof *sample_stretches];
    for (size_t i = 0; i < sample_n_stretches; i++) {
        const sample_stretch *s = &sample_stretches[i];
        int traffic = s->class == 'A' ? 4 : s->class == 'B' ? 2 : 1;
        weights[i] = s->is_urban == is_urban
                         ? traffic * (int)(sample_distance_m(s->from, s->to) / 10 + 1)
                         : 0;
    }
    *stretch = sample_weighted(random, weights, sample_n_stretches);
    const sample_stretch *s = &sample_stretches[*stretch];
    int64_t along = sample_below(random, 1001);
    int64_t off_x = sample_between(random, -5, 5), off_y = sample_between(random, -5, 5);
    return (sample_point){
        s->from.x + sample_divide((s->to.x - s->from.x) * along, 1000) + off_x,
        s->from.y + sample_divide((s->to.y - s->from.y) * along, 1000) + off_y};
}

static int64_t distance_to_stretch_m(const sample_stretch *s, sample_point p)
{
    int64_t dx = s->to.x - s->from.x, dy = s->to.y - s->from.y, length2 = dx * dx + dy * dy;
    int64_t dot = (p.x - s->from.x) * dx + (p.y - s->from.y) * dy;
    int64_t along = dot <= 0 ? 0 : dot >= length2 ? 1000 : sample_divide(1000 * dot, length2);
    sample_point foot = {s->from.x + sample_divide(dx * along, 1000),
                         s->from.y + sample_divide(dy * along, 1000)};
    return sample_distance_m(foot, p);
}

size_t sample_nearest_stretch(sample_point point)
{
    size_t nearest = 0;
    for (size_t i = 1; i < sample_n_stretches; i++) {
        if (distance_to_stretch_m(&sample_stretches[i], point) <
            distance_to_stretch_m(&sample_stretches[nearest], point)) {
            nearest = i;
        }
    }
    return nearest;
}
