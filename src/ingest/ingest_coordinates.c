/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the numbers in a file to the working CRS. One operation a file, chosen for the area its
 * first rows cover; what lies outside the working CRS's area of use (PROJ would return numbers
 * for it all the same) loses its place and is counted; a file most of whose points are outside,
 * or that holds degrees where metres were expected, is refused as a whole.
 */
#include "ingest_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 1024 };

struct kerb_ingest__coordinates {
    const kerb_crs *working;
    kerb_crs *from; /* NULL: the working CRS */
    bool guard_degrees, is_plane;
    kerb_transform *transform; /* by kerb_ingest__coordinates_choose() */
    double *scratch_x, *scratch_y;
    size_t *scratch_row;
    size_t capacity;
    uint64_t n_located, n_outside;
    bool all_fit_degrees;
    /* As they stand in the file: first some points that tell the area, then some that are
     * outside. */
    size_t n_sample;
    double sample_x[SAMPLE], sample_y[SAMPLE];
};

kerb_status kerb_ingest__coordinates_new(kerb_ctx *ctx, const kerb_crs *working,
                                         const char *definition, bool guard_degrees,
                                         kerb_ingest__coordinates **out)
{
    kerb_ingest__coordinates *c = kerb_calloc_array(1, sizeof *c);
    if (c == NULL) {
        return kerb_fail_nomem(ctx, "coordinates");
    }
    kerb_status status = KERB_OK;
    c->working = working;
    c->all_fit_degrees = true;
    c->is_plane = kerb_crs_is_none(working);
    if (definition != NULL && !c->is_plane) {
        status = kerb_crs_new(ctx, definition, &c->from);
    }
    c->guard_degrees = guard_degrees && !c->is_plane &&
                       !kerb_crs_is_geographic(c->from != NULL ? c->from : working);
    if (status != KERB_OK) {
        kerb_ingest__coordinates_free(c);
        return status;
    }
    *out = c;
    return KERB_OK;
}

void kerb_ingest__coordinates_free(kerb_ingest__coordinates *c)
{
    if (c == NULL) {
        return;
    }
    kerb_free(c->scratch_row);
    kerb_free(c->scratch_y);
    kerb_free(c->scratch_x);
    kerb_transform_free(c->transform);
    kerb_crs_free(c->from);
    kerb_free(c);
}

const char *kerb_ingest__coordinates_crs_id(const kerb_ingest__coordinates *c)
{
    return kerb_crs_id(c->from != NULL ? c->from : c->working);
}

bool kerb_ingest__coordinates_is_plane(const kerb_ingest__coordinates *c)
{
    return c->is_plane;
}

const kerb_transform *kerb_ingest__coordinates_transform(const kerb_ingest__coordinates *c)
{
    return c->transform;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Box of the middle 96 % of a sample: a single wild point must not widen it to the whole Earth.
 */
static kerb_box make_sample_box(size_t n, double *x, double *y)
{
    qsort(x, n, sizeof *x, compare_doubles);
    qsort(y, n, sizeof *y, compare_doubles);
    size_t cut = n / 50;
    return (kerb_box){x[cut], y[cut], x[n - 1 - cut], y[n - 1 - cut]};
}

void kerb_ingest__coordinates_add_sample(kerb_ingest__coordinates *c, double x, double y)
{
    if (c->n_sample < SAMPLE) {
        c->sample_x[c->n_sample] = x;
        c->sample_y[c->n_sample++] = y;
    }
}

/* Longitudes and latitudes around the sample; false when they cannot be told. */
static bool find_area(kerb_ctx *ctx, kerb_ingest__coordinates *c, kerb_box *area_deg)
{
    double *xs = c->sample_x, *ys = c->sample_y;
    if (!kerb_crs_is_geographic(c->from)) {
        kerb_crs *geographic = NULL;
        kerb_transform *to_degrees = NULL;
        kerb_status status = kerb_crs_new(ctx, "EPSG:4326", &geographic);
        if (status == KERB_OK) {
            status = kerb_transform_new(ctx, c->from, geographic, NULL, &to_degrees);
        }
        if (status == KERB_OK) {
            kerb_transform_points(to_degrees, c->n_sample, xs, ys);
        }
        kerb_transform_free(to_degrees);
        kerb_crs_free(geographic);
        if (status != KERB_OK) {
            return false;
        }
    }
    size_t n_good = 0;
    for (size_t i = 0; i < c->n_sample; i++) {
        if (fabs(xs[i]) <= 180.0 && fabs(ys[i]) <= 90.0) {
            xs[n_good] = xs[i];
            ys[n_good++] = ys[i];
        }
    }
    if (n_good == 0) {
        return false;
    }
    *area_deg = make_sample_box(n_good, xs, ys);
    return true;
}

kerb_status kerb_ingest__coordinates_choose(kerb_ctx *ctx, kerb_ingest__coordinates *c)
{
    kerb_box area_deg;
    kerb_status status = KERB_OK;
    if (c->is_plane || c->from == NULL || kerb_crs_is_equal(c->from, c->working)) {
        status = kerb_transform_new(ctx, c->working, c->working, NULL, &c->transform);
    } else if (!find_area(ctx, c, &area_deg) ||
               kerb_transform_new(ctx, c->from, c->working, &area_deg, &c->transform) !=
                   KERB_OK) {
        /* No place known, swapped columns, or points far off: the area the working CRS is for.
         */
        status = kerb_transform_new(ctx, c->from, c->working, NULL, &c->transform);
    }
    c->n_sample = 0; /* from here on the sample is of points that are outside */
    return status;
}

static kerb_status reserve(kerb_ctx *ctx, kerb_ingest__coordinates *c, size_t n)
{
    if (n <= c->capacity) {
        return KERB_OK;
    }
    kerb_free(c->scratch_row);
    kerb_free(c->scratch_y);
    kerb_free(c->scratch_x);
    c->scratch_x = kerb_alloc_array(n, sizeof(double));
    c->scratch_y = kerb_alloc_array(n, sizeof(double));
    c->scratch_row = kerb_alloc_array(n, sizeof(size_t));
    bool has_all = c->scratch_x != NULL && c->scratch_y != NULL && c->scratch_row != NULL;
    c->capacity = has_all ? n : 0;
    return has_all ? KERB_OK : kerb_fail_nomem(ctx, "coordinates");
}

kerb_status kerb_ingest__coordinates_apply(kerb_ctx *ctx, kerb_ingest__coordinates *c, size_t n,
                                           double *x, double *y, uint64_t *n_outside)
{
    *n_outside = 0;
    kerb_status status = reserve(ctx, c, n);
    if (status != KERB_OK) {
        return status;
    }
    size_t n_located = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isnan(x[i])) {
            c->scratch_x[n_located] = x[i];
            c->scratch_y[n_located] = y[i];
            c->scratch_row[n_located++] = i;
            if (fabs(x[i]) > 180.0 || fabs(y[i]) > 90.0) {
                c->all_fit_degrees = false;
            }
        }
    }
    c->n_located += n_located;
    if (n_located == 0) {
        return KERB_OK;
    }
    assert(c->transform != NULL);
    if (c->is_plane) {
        return KERB_OK;
    }
    if (!kerb_transform_is_identity(c->transform)) {
        kerb_transform_points(c->transform, n_located, c->scratch_x, c->scratch_y);
    }
    for (size_t i = 0; i < n_located; i++) {
        size_t row = c->scratch_row[i];
        if (kerb_crs_covers(c->working, c->scratch_x[i], c->scratch_y[i])) {
            x[row] = c->scratch_x[i];
            y[row] = c->scratch_y[i];
            continue;
        }
        if (c->n_sample < SAMPLE) {
            c->sample_x[c->n_sample] = x[row];
            c->sample_y[c->n_sample++] = y[row];
        }
        x[row] = y[row] = NAN;
        ++*n_outside;
    }
    c->n_outside += *n_outside;
    return KERB_OK;
}

/* Would most of the points that are outside be inside with x and y exchanged? */
static bool fits_when_swapped(const kerb_ingest__coordinates *c)
{
    size_t n_inside = 0;
    for (size_t i = 0; i < c->n_sample; i++) {
        double x = c->sample_y[i], y = c->sample_x[i];
        if (!kerb_transform_is_identity(c->transform)) {
            kerb_transform_points(c->transform, 1, &x, &y);
        }
        n_inside += kerb_crs_covers(c->working, x, y);
    }
    return 2 * n_inside > c->n_sample;
}

kerb_status kerb_ingest__coordinates_check(kerb_ctx *ctx, const kerb_ingest__coordinates *c)
{
    if (c->n_located == 0 || c->is_plane) {
        return KERB_OK;
    }
    if (c->guard_degrees && c->all_fit_degrees) {
        return kerb_fail(ctx, KERB_ERR_CRS,
                         "these look like degrees: say --input-crs EPSG:4326");
    }
    if (2 * c->n_outside <= c->n_located) {
        return KERB_OK;
    }
    const char *hint = "check --input-crs and --crs";
    if (fits_when_swapped(c)) {
        hint = "x and y look swapped: exchange them with --x and --y";
    }
    return kerb_fail(ctx, KERB_ERR_CRS,
                     "%llu of %llu points, read as %s, lie outside the area of %s; %s",
                     (unsigned long long)c->n_outside, (unsigned long long)c->n_located,
                     kerb_ingest__coordinates_crs_id(c), kerb_crs_id(c->working), hint);
}

/* ------------------------------------------------------------------ numbers */

static bool is_text(const char *text, size_t length, const char *wanted)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 32) : text[i];
        if (wanted[i] == '\0' || c != wanted[i]) {
            return false;
        }
    }
    return wanted[length] == '\0';
}

kerb_ingest__number_result kerb_ingest__number_parse(const char *text, size_t length,
                                                     double *out)
{
    static const double tens[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) {
        length--;
    }
    if (length == 0) {
        return KERB_NUMBER_MISSING;
    }
    /* Up to 15 digits and one division are correctly rounded: both operands are exact doubles
       (Clinger 1990). Everything else goes the long way. */
    size_t i = *text == '-';
    uint64_t digits = 0;
    size_t n_digits = 0, n_decimals = 0;
    bool has_point = false;
    for (; i < length; i++) {
        if (text[i] >= '0' && text[i] <= '9') {
            digits = 10 * digits + (uint64_t)(text[i] - '0');
            n_digits++;
            n_decimals += has_point;
            if (n_digits > 15) {
                break;
            }
        } else if (text[i] == '.' && !has_point) {
            has_point = true;
        } else {
            break;
        }
    }
    if (i == length && n_digits > 0) {
        double value = (double)digits / tens[n_decimals];
        *out = *text == '-' ? -value : value;
        return KERB_NUMBER_OK;
    }
    if (is_text(text, length, "NULL") || is_text(text, length, "NA") ||
        is_text(text, length, "N/A")) {
        return KERB_NUMBER_MISSING;
    }
    const char *number = text;
    if (*number == '+' && length > 1 && number[1] != '-' && number[1] != '+') {
        number++;
        length--;
    }
    return kerb_parse_double(number, length, out) && isfinite(*out) ? KERB_NUMBER_OK
                                                                    : KERB_NUMBER_BAD;
}

bool kerb_ingest__masked_number_parse(const char *text, size_t length, double *middle,
                                      double *width)
{
    enum { DIGITS_MAX = 9, MASKED_MAX = 5 };
    static const char marks[] = "*xX#?";
    size_t n = 0;
    double value = 0.0, span = 1.0;
    while (n < length && text[n] >= '0' && text[n] <= '9') {
        value = value * 10.0 + (text[n++] - '0');
    }
    size_t n_masked = length - n;
    if (n == 0 || length > DIGITS_MAX || n_masked == 0 || n_masked > MASKED_MAX ||
        memchr(marks, text[n], sizeof marks - 1) == NULL) {
        return false;
    }
    for (size_t i = n; i < length; i++) {
        if (text[i] != text[n]) {
            return false;
        }
        span *= 10.0;
    }
    *middle = value * span + span / 2.0;
    *width = span;
    return true;
}

kerb_ingest__number_result kerb_ingest__wkt_point_parse(const char *text, size_t length,
                                                        double *x, double *y)
{
    const char *p = text, *end = text + length;
    while (p < end && *p == ' ') {
        p++;
    }
    while (end > p && end[-1] == ' ') {
        end--;
    }
    if (p == end || is_text(p, (size_t)(end - p), "NULL")) {
        return KERB_NUMBER_MISSING;
    }
    if (end - p > 5 && is_text(p, 5, "SRID=")) {
        const char *semicolon = memchr(p, ';', (size_t)(end - p));
        p = semicolon != NULL ? semicolon + 1 : p;
    }
    if (end - p < 5 || !is_text(p, 5, "POINT")) {
        return KERB_NUMBER_BAD;
    }
    p += 5;
    while (p < end && *p == ' ') {
        p++;
    }
    if (is_text(p, (size_t)(end - p), "EMPTY")) {
        return KERB_NUMBER_MISSING;
    }
    /* POINT Z (x y z) and POINT M: what follows y is dropped. */
    while (p < end && (*p == 'Z' || *p == 'z' || *p == 'M' || *p == 'm' || *p == ' ')) {
        p++;
    }
    if (end - p < 2 || *p != '(' || end[-1] != ')') {
        return KERB_NUMBER_BAD;
    }
    p++;
    end--;
    double numbers[4];
    int n = 0;
    while (p < end && n < 4) {
        while (p < end && *p == ' ') {
            p++;
        }
        const char *stop = p;
        while (stop < end && *stop != ' ') {
            stop++;
        }
        if (stop == p) {
            break;
        }
        if (kerb_ingest__number_parse(p, (size_t)(stop - p), &numbers[n]) != KERB_NUMBER_OK) {
            return KERB_NUMBER_BAD;
        }
        n++;
        p = stop;
    }
    if (n < 2 || p != end) {
        return KERB_NUMBER_BAD;
    }
    *x = numbers[0];
    *y = numbers[1];
    return KERB_NUMBER_OK;
}
