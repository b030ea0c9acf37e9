/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * OS National Grid references. Squares of 100 km are named by two letters on 5 x 5 boards read
 * from the north-west, without I; the first letter's board has its corner 1,000 km west and
 * 500 km south of the grid's origin:
 *
 *      A B C D E     digits then halve into easting and northing of the square's
 *      F G H J K     south-west corner, so they are cut, never rounded: SK 859 087 is
 *      L M N O P     the square from 485900 308700 to 486000 308800
 *      Q R S T U
 *      V W X Y Z     Source: Ordnance Survey, "A guide to coordinate systems in Great
 *                    Britain", section 7.
 */
#include "kerb_geo.h"

#include <math.h>
#include <string.h>

#define SQUARE_M 100000
/* The grid as OS draws it: seven squares east, thirteen north. */
#define N_EAST     7
#define N_NORTH    13
#define MAX_DIGITS 10

static const char LETTERS[] = "ABCDEFGHJKLMNOPQRSTUVWXYZ";
/* Side of a square given by 0, 2, … 10 digits [m]. */
static const int SIDE_M[] = {100000, 10000, 1000, 100, 10, 1};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int find_letter(char c)
{
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    const char *found = c != '\0' ? strchr(LETTERS, c) : NULL;
    return found != NULL ? (int)(found - LETTERS) : -1;
}

bool kerb_gridref_parse(const char *text, size_t length, kerb_point *centre,
                        double *half_width_m)
{
    int letters[2], n_letters = 0, digits[MAX_DIGITS], n_digits = 0;
    for (size_t i = 0; i < length; i++) {
        if (is_blank(text[i]))
            continue;
        if (n_letters < 2) {
            letters[n_letters] = find_letter(text[i]);
            if (letters[n_letters++] < 0)
                return false;
        } else {
            if (!is_digit(text[i]) || n_digits == MAX_DIGITS)
                return false;
            digits[n_digits++] = text[i] - '0';
        }
    }
    if (n_letters < 2 || n_digits % 2 != 0)
        return false;
    int east = (letters[0] % 5 - 2) * 5 + letters[1] % 5;
    int north = (3 - letters[0] / 5) * 5 + 4 - letters[1] / 5;
    if (east < 0 || east >= N_EAST || north < 0 || north >= N_NORTH)
        return false;

    int half = n_digits / 2;
    int easting = 0, northing = 0;
    for (int i = 0; i < half; i++) {
        easting = easting * 10 + digits[i];
        northing = northing * 10 + digits[half + i];
    }
    double half_width = SIDE_M[half] / 2.0;
    centre->x = (double)east * SQUARE_M + (double)easting * SIDE_M[half] + half_width;
    centre->y = (double)north * SQUARE_M + (double)northing * SIDE_M[half] + half_width;
    *half_width_m = half_width;
    return true;
}

/* Digits of one number and where it ends; blanks before it are skipped. */
static size_t read_digits(const char *text, size_t length, size_t at, long *value,
                          int *n_digits)
{
    while (at < length && is_blank(text[at]))
        at++;
    *value = 0;
    for (*n_digits = 0; at < length && is_digit(text[at]) && *n_digits < 8; at++, ++*n_digits)
        *value = *value * 10 + (text[at] - '0');
    return at;
}

bool kerb_gridref_parse_numeric(const char *text, size_t length, kerb_point *centre,
                                double *half_width_m)
{
    long easting, northing;
    int n_east, n_north;
    size_t at = read_digits(text, length, 0, &easting, &n_east);
    size_t gap = at;
    while (at < length && is_blank(text[at]))
        at++;
    if (at < length && text[at] == ',')
        at++;
    if (at == gap)
        return false; /* one block of digits: its 100 km square is not named */
    at = read_digits(text, length, at, &northing, &n_north);
    while (at < length && is_blank(text[at]))
        at++;
    if (at != length || n_east < 4 || n_east > 6)
        return false;
    /* Shetland's northings have seven digits. In shorter forms one digit more is ambiguous: it
     * may as well be an easting that lost its leading zero. */
    if (n_north != n_east && !(n_east == 6 && n_north == 7))
        return false;
    int side = n_east == 6 ? 1 : n_east == 5 ? 10 : 100;
    easting *= side;
    northing *= side;
    if (easting >= N_EAST * SQUARE_M || northing >= N_NORTH * SQUARE_M)
        return false;
    *half_width_m = side / 2.0;
    centre->x = (double)easting + *half_width_m;
    centre->y = (double)northing + *half_width_m;
    return true;
}

bool kerb_gridref_is_swapped(kerb_point point, kerb_box expected)
{
    return !kerb_box_contains(expected, point.x, point.y) &&
           kerb_box_contains(expected, point.y, point.x);
}

/* `n` digits of value / divisor, zeros in front. */
static char *write_digits(char *at, int value, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + n;
}

bool kerb_gridref_format(double easting_m, double northing_m, int n_digits, char *text)
{
    if (n_digits < 0 || n_digits > MAX_DIGITS || n_digits % 2 != 0)
        return false;
    if (!(easting_m >= 0.0 && easting_m < N_EAST * SQUARE_M && northing_m >= 0.0 &&
          northing_m < N_NORTH * SQUARE_M))
        return false;
    /* Whole metres first: from here on integers, so that nothing can round up. */
    int easting = (int)floor(easting_m), northing = (int)floor(northing_m);
    int east = easting / SQUARE_M + 10, north = northing / SQUARE_M + 5;
    char *at = text;
    *at++ = LETTERS[(4 - north / 5) * 5 + east / 5];
    *at++ = LETTERS[(4 - north % 5) * 5 + east % 5];
    int half = n_digits / 2;
    if (half > 0) {
        *at++ = ' ';
        at = write_digits(at, easting % SQUARE_M / SIDE_M[half], half);
        *at++ = ' ';
        at = write_digits(at, northing % SQUARE_M / SIDE_M[half], half);
    }
    *at = '\0';
    return true;
}
