/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A large table of incidents for measurements, the same on every machine: id, date and time,
 * category, easting, northing. Nine rows in ten lie in 60 Gaussian clusters, the tenth anywhere
 * in the county's box. Numbers are SplitMix64 (Steele, Lea and Flood 2014); normal deviates are
 * sums of twelve uniform ones, so that no libm decides a digit. Usage: make_rows N >FILE.csv
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLUSTERS = 60, CATEGORIES = 10, DAYS = 730 };

static uint64_t state = 20210304;

static uint64_t next_number(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static double uniform(void)
{
    return (double)(next_number() >> 11) * 0x1p-53;
}

static double normal(void)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        sum += uniform();
    }
    return sum;
}

int main(int argc, char **argv)
{
    static const char *const categories[CATEGORIES] = {
        "Burglary",      "Robbery",      "Vehicle crime", "Criminal damage", "Arson",
        "Bicycle theft", "Public order", "Drugs",         "Shoplifting",     "Other theft"};
    static const int month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const double xmin = 425000.0, ymin = 265000.0, width = 85000.0, height = 80000.0;
    double cx[CLUSTERS], cy[CLUSTERS], sd[CLUSTERS];
    char *end = NULL;
    unsigned long long n = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
    if (n == 0 || *end != '\0') {
        fputs("usage: make_rows N >FILE.csv\n", stderr);
        return 2;
    }
    for (int i = 0; i < CLUSTERS; i++) {
        cx[i] = xmin + width * uniform();
        cy[i] = ymin + height * uniform();
        sd[i] = 150.0 + 1500.0 * uniform();
    }
    puts("id,date,category,easting,northing");
    for (unsigned long long i = 1; i <= n; i++) {
        int cluster = (int)(next_number() % CLUSTERS);
        double x = cx[cluster] + sd[cluster] * normal();
        double y = cy[cluster] + sd[cluster] * normal();
        if (next_number() % 10 == 0 || x < xmin || x >= xmin + width || y < ymin ||
            y >= ymin + height) {
            x = xmin + width * uniform();
            y = ymin + height * uniform();
        }
        int day = (int)(next_number() % DAYS), year = 2021 + day / 365, month = 0;
        day %= 365;
        while (day >= month_days[month]) {
            day -= month_days[month++];
        }
        int minute = (int)(next_number() % 1440);
        printf("%llu,%04d-%02d-%02d %02d:%02d,%s,%" PRId64 ",%" PRId64 "\n", i, year, month + 1,
               day + 1, minute / 60, minute % 60, categories[next_number() % CATEGORIES],
               (int64_t)x, (int64_t)y);
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
