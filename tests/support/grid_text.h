/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_GRID_TEXT_H
#define KERB_TEST_GRID_TEXT_H

/**
 * Small grids as pictures. Cells are separated by blanks, rows by newlines or '/', the first
 * row is the northmost; zero is '.', NaN is '#', other numbers are written with the given
 * decimals:
 *
 *     assert_grid_text(values, 2, 3, 0, ". 1 . /"
 *                                       "# 2 .");
 *
 * On failure both pictures are printed side by side.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define GRID_TEXT_BYTES 8192

/** Draw n_rows x n_cols values, row 0 first, into `out` of GRID_TEXT_BYTES. */
static inline void grid_text_draw(const double *values, size_t n_rows, size_t n_cols,
                                  int n_decimals, char *out)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t row = 0; row < n_rows; row++) {
        for (size_t col = 0; col < n_cols; col++) {
            char cell[64];
            double value = values[row * n_cols + col];
            if (isnan(value))
                strcpy(cell, "#");
            else
                snprintf(cell, sizeof cell, "%.*f", n_decimals, value);
            const char *digits = cell[0] == '-' ? cell + 1 : cell;
            if (strspn(digits, "0.") == strlen(digits)) /* zero at these decimals */
                strcpy(cell, ".");
            const char *end = col + 1 < n_cols ? " " : row + 1 < n_rows ? "\n" : "";
            int n = snprintf(out + used, GRID_TEXT_BYTES - used, "%s%s", cell, end);
            used += (size_t)n;
            if (used >= GRID_TEXT_BYTES)
                fail_msg("a grid of %zu x %zu is too large to draw", n_rows, n_cols);
        }
    }
}

/* Length of the line at `text`. */
static inline size_t grid_text_line(const char *text)
{
    return strcspn(text, "\n/");
}

/* Next cell of a line, NULL at its end; `*n` is its length. */
static inline const char *grid_text_cell(const char **at, size_t *n)
{
    *at += strspn(*at, " ");
    const char *cell = *at;
    *n = strcspn(cell, " \n/");
    *at += *n;
    return *n > 0 ? cell : NULL;
}

/** Same cells in the same rows; blanks between them do not matter. */
static inline bool grid_text_equal(const char *a, const char *b)
{
    for (;;) {
        size_t n_a, n_b;
        const char *cell_a = grid_text_cell(&a, &n_a);
        const char *cell_b = grid_text_cell(&b, &n_b);
        if (!cell_a && !cell_b) {
            if (*a == '\0' || *b == '\0')
                return *a == *b;
            a++; /* both lines ended */
            b++;
        } else if (!cell_a || !cell_b || n_a != n_b || memcmp(cell_a, cell_b, n_a) != 0) {
            return false;
        }
    }
}

static inline void grid_text_check(const double *values, size_t n_rows, size_t n_cols,
                                   int n_decimals, const char *want, const char *file, int line)
{
    char got[GRID_TEXT_BYTES];
    grid_text_draw(values, n_rows, n_cols, n_decimals, got);
    if (grid_text_equal(got, want))
        return;
    size_t width = 3;
    for (const char *at = got; *at != '\0';) {
        size_t n = grid_text_line(at);
        width = n > width ? n : width;
        at += n;
        at += *at != '\0';
    }
    print_error("%-*s | want\n", (int)width, "got");
    for (const char *left = got, *right = want; *left != '\0' || *right != '\0';) {
        size_t n_left = grid_text_line(left), n_right = grid_text_line(right);
        print_error("%-*.*s | %.*s\n", (int)width, (int)n_left, left, (int)n_right, right);
        left += n_left;
        left += *left != '\0';
        right += n_right;
        right += *right != '\0';
    }
    _fail(file, line);
}

#define assert_grid_text(values, n_rows, n_cols, n_decimals, want)                             \
    grid_text_check((values), (n_rows), (n_cols), (n_decimals), (want), __FILE__, __LINE__)

#endif
