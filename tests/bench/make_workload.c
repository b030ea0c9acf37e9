/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Points for measuring density: a square whose south-west corner is at (400000, 300000), 40 km
 * wide unless said otherwise; seven points in ten in Gaussian clusters of 100 to 800 m, 60 to
 * 40 x 40 km, the rest anywhere; rounded to a centimetre, all inside the square. Numbers are
 * SplitMix64 (Steele, Lea and Flood 2014), seed 20240607; normal deviates are sums of twelve
 * uniform ones, so that no libm decides a digit.
 *
 *   make_workload N [csv|raw] [SIDE_KM] [places:EACH] >FILE
 *
 * csv: "easting,northing" and rows with two decimals. raw: x, y, x, y, ... as doubles of this
 * machine, each the double nearest to the decimal, so both say the same. places:EACH puts EACH
 * points in a row on one place, as published police points lie.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEST_CM  40000000 /* EPSG:27700 */
#define SOUTH_CM 30000000

enum { CLUSTERS_IN_40_KM = 60, MAX_CLUSTERS = 60000 };

static uint64_t state = 20240607;

static double uniform(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

static double normal(void)
{
    double sum = -6.0;
    for (int i = 0; i < 12; i++) {
        sum += uniform();
    }
    return sum;
}

typedef struct cluster {
    double x_m, y_m, sd_m;
} cluster;

static cluster clusters[MAX_CLUSTERS];

static int place_clusters(double side_m)
{
    double wanted = CLUSTERS_IN_40_KM * (side_m / 40000.0) * (side_m / 40000.0);
    int n = wanted < 1.0 ? 1 : wanted > MAX_CLUSTERS ? MAX_CLUSTERS : (int)wanted;
    for (int i = 0; i < n; i++) {
        clusters[i].x_m = side_m * uniform();
        clusters[i].y_m = side_m * uniform();
        clusters[i].sd_m = 100.0 + 700.0 * uniform();
    }
    return n;
}

/* One point in centimetres from the corner; drawn again until it lies inside. */
static void draw(double side_m, int n_clusters, int64_t *x_cm, int64_t *y_cm)
{
    double x, y;
    do {
        x = side_m * uniform(), y = side_m * uniform();
        if (uniform() < 0.7) {
            const cluster *of = &clusters[(int)(n_clusters * uniform())];
            x = of->x_m + of->sd_m * normal();
            y = of->y_m + of->sd_m * normal();
        }
    } while (!(x > 0.0 && x < side_m - 0.01 && y > 0.0 && y < side_m - 0.01));
    *x_cm = WEST_CM + (int64_t)(x * 100.0 + 0.5);
    *y_cm = SOUTH_CM + (int64_t)(y * 100.0 + 0.5);
}

static void write_point(int is_raw, int64_t x_cm, int64_t y_cm)
{
    if (is_raw) {
        /* one division of whole numbers below 2^53: the nearest double */
        double xy[2] = {(double)x_cm / 100.0, (double)y_cm / 100.0};
        fwrite(xy, sizeof xy, 1, stdout);
    } else {
        printf("%lld.%02d,%lld.%02d\n", (long long)(x_cm / 100), (int)(x_cm % 100),
               (long long)(y_cm / 100), (int)(y_cm % 100));
    }
}

static int usage(void)
{
    fputs("usage: make_workload N [csv|raw] [SIDE_KM] [places:EACH] >FILE\n", stderr);
    return 2;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long long n = argc >= 2 ? strtoull(argv[1], &end, 10) : 0, each = 1;
    int is_raw = argc >= 3 && strcmp(argv[2], "raw") == 0;
    double side_m = 40000.0;
    if (n == 0 || *end != '\0' || argc > 5 ||
        (argc >= 3 && !is_raw && strcmp(argv[2], "csv") != 0))
        return usage();
    if (argc >= 4) {
        side_m = 1000.0 * strtod(argv[3], &end);
        if (*end != '\0' || !(side_m >= 1000.0 && side_m <= 1e6))
            return usage();
    }
    if (argc == 5) {
        each = strncmp(argv[4], "places:", 7) == 0 ? strtoull(argv[4] + 7, &end, 10) : 0;
        if (each == 0 || *end != '\0')
            return usage();
    }
    int n_clusters = place_clusters(side_m);
    int64_t x_cm = 0, y_cm = 0;
    if (!is_raw)
        puts("easting,northing");
    for (unsigned long long i = 0; i < n; i++) {
        if (i % each == 0)
            draw(side_m, n_clusters, &x_cm, &y_cm);
        write_point(is_raw, x_cm, y_cm);
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
