/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as a grid reference, with letters or as plain numbers: refused, or a square on the
 * grid whose centre is written and read back as the same square.
 */
#include "kerb_geo.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(kerb_point centre, double half_width_m)
{
    kerb_point again;
    double half_again_m;
    char text[16];
    /* half of 1, 10, … 100000 m: 10, 8, … 0 digits */
    int n_digits = 10 - 2 * (int)lround(log10(2.0 * half_width_m));
    if (!kerb_gridref_format(centre.x, centre.y, n_digits, text) ||
        !kerb_gridref_parse(text, strlen(text), &again, &half_again_m) ||
        !(again.x == centre.x && again.y == centre.y && half_again_m == half_width_m))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size: reading past the end is seen by AddressSanitizer. */
    char *text = malloc(size > 0 ? size : 1);
    kerb_point centre;
    double half_width_m;
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    if (kerb_gridref_parse(text, size, &centre, &half_width_m))
        check(centre, half_width_m);
    if (kerb_gridref_parse_numeric(text, size, &centre, &half_width_m))
        check(centre, half_width_m);
    free(text);
    return 0;
}
