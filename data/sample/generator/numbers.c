/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers, rounding and the calendar, all in whole numbers. */
#include "numbers.h"

#include <assert.h>

uint64_t sample_bits(sample_random *random)
{
    random->state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

int64_t sample_below(sample_random *random, int64_t n)
{
    assert(n > 0);
    /* the bias of the remainder is under 2^-40 for every n here */
    return (int64_t)((sample_bits(random) >> 1) % (uint64_t)n);
}

int64_t sample_between(sample_random *random, int64_t low, int64_t high)
{
    return low + sample_below(random, high - low + 1);
}

bool sample_chance(sample_random *random, int n_in_1000)
{
    return sample_below(random, 1000) < n_in_1000;
}

/* Upper half of 256 equally likely values of the standard normal, in thousandths: the quantiles
 * of (i + 1/2) / 256 for i = 128 ... 255. */
static const int normal_thousandths[128] = {
    5,    15,   24,   34,   44,   54,   64,   74,   83,   93,   103,  113,  123,  133,  142,
    152,  162,  172,  182,  192,  202,  212,  222,  232,  242,  252,  262,  273,  283,  293,
    303,  313,  324,  334,  345,  355,  365,  376,  386,  397,  408,  418,  429,  440,  451,
    461,  472,  483,  494,  505,  517,  528,  539,  550,  562,  573,  585,  597,  608,  620,
    632,  644,  656,  668,  681,  693,  706,  718,  731,  744,  757,  770,  783,  796,  810,
    824,  837,  851,  866,  880,  894,  909,  924,  939,  954,  970,  986,  1002, 1018, 1035,
    1052, 1069, 1086, 1104, 1122, 1141, 1160, 1179, 1199, 1219, 1240, 1262, 1284, 1306, 1330,
    1354, 1379, 1405, 1431, 1459, 1488, 1518, 1550, 1584, 1619, 1656, 1696, 1739, 1785, 1836,
    1891, 1953, 2024, 2107, 2207, 2335, 2521, 2886,
};

int64_t sample_normal(sample_random *random, int64_t mean, int64_t sd)
{
    int64_t i = sample_below(random, 256);
    int64_t z = normal_thousandths[i / 2];
    return mean + sample_divide((i % 2 == 0 ? z : -z) * sd, 1000);
}

size_t sample_weighted(sample_random *random, const int *weights, size_t n)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weights[i];
    }
    int64_t at = sample_below(random, sum);
    size_t chosen = 0;
    while (at >= weights[chosen]) {
        at -= weights[chosen++];
    }
    return chosen;
}

int64_t sample_divide(int64_t a, int64_t b)
{
    return a >= 0 ? (2 * a + b) / (2 * b) : -((-2 * a + b) / (2 * b));
}

int64_t sample_root(int64_t n)
{
    int64_t low = 0, high = INT64_C(1) << 31;
    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        if (middle <= n / middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/* Days from and to civil dates after Howard Hinnant, chrono-compatible low-level date
 * algorithms. */
int64_t sample_day(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400, yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

sample_date sample_date_of(int64_t day)
{
    int64_t z = day + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int month = (int)(mp < 10 ? mp + 3 : mp - 9);
    return (sample_date){.year = (int)(yoe + era * 400 + (month <= 2)),
                         .month = month,
                         .day = (int)(doy - (153 * mp + 2) / 5 + 1)};
}

int sample_weekday(int64_t day)
{
    return (int)((day + 3) % 7); /* 1970-01-01 was a Thursday */
}

int64_t sample_day_of(int64_t minute)
{
    return minute / SAMPLE_DAY_MIN;
}

int sample_hour_of(int64_t minute)
{
    return (int)(minute % SAMPLE_DAY_MIN / SAMPLE_HOUR_MIN);
}
