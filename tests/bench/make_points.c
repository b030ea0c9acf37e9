/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Points for measuring density: 40 x 40 km at (400000, 300000), seven in ten in 60 Gaussian
 * clusters of 100 to 800 m, the rest anywhere, rounded to a centimetre, all inside the square.
 * Numbers are SplitMix64 (Steele, Lea and Flood 2014), seed 20240607; normal deviates are sums
 * of twelve uniform ones, so that no libm decides a digit. Usage: make_points N >FILE.csv
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLUSTERS = 60, SIDE_M = 40000 };

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

int main(int argc, char **argv)
{
    double cx[CLUSTERS], cy[CLUSTERS], sd[CLUSTERS];
    char *end = NULL;
    unsigned long long n = argc == 2 ? strtoull(argv[1], &end, 10) : 0;
    if (n == 0 || *end != '\0') {
        fputs("usage: make_points N >FILE.csv\n", stderr);
        return 2;
    }
    for (int i = 0; i < CLUSTERS; i++) {
        cx[i] = SIDE_M * uniform();
        cy[i] = SIDE_M * uniform();
        sd[i] = 100.0 + 700.0 * uniform();
    }
    puts("easting,northing");
    for (unsigned long long i = 0; i < n;) {
        double x = SIDE_M * uniform(), y = SIDE_M * uniform();
        if (uniform() < 0.7) {
            int cluster = (int)(CLUSTERS * uniform());
            x = cx[cluster] + sd[cluster] * normal();
            y = cy[cluster] + sd[cluster] * normal();
        }
        if (x > 0.0 && x < SIDE_M - 0.01 && y > 0.0 && y < SIDE_M - 0.01) {
            printf("%.2f,%.2f\n", 400000.0 + x, 300000.0 + y);
            i++;
        }
    }
    return ferror(stdout) || fflush(stdout) != 0;
}
