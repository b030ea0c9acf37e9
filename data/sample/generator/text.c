/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text that grows, and the file it becomes. */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

_Noreturn void sample_stop(const char *what, const char *which)
{
    fprintf(stderr, "make_sample: %s: %s\n", what, which);
    exit(1);
}

void *sample_grow(void *array, size_t n, size_t size)
{
    void *grown = realloc(array, n * size);
    if (grown == NULL) {
        sample_stop("out of memory", "an array");
    }
    return grown;
}

void sample_add(sample_text *text, const char *format, ...)
{
    char line[4096];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof line) {
        sample_stop("a line is too long", format);
    }
    if (text->n + (size_t)n + 1 > text->capacity) {
        text->capacity = 2 * (text->capacity + (size_t)n + 1);
        text->bytes = sample_grow(text->bytes, text->capacity, 1);
    }
    memcpy(text->bytes + text->n, line, (size_t)n + 1);
    text->n += (size_t)n;
}

void sample_add_minute(sample_text *text, int64_t minute)
{
    sample_date date = sample_date_of(sample_day_of(minute));
    int minute_of_day = (int)(minute % SAMPLE_DAY_MIN);
    sample_add(text, "%02d/%02d/%04d %02d:%02d", date.day, date.month, date.year,
               minute_of_day / SAMPLE_HOUR_MIN, minute_of_day % SAMPLE_HOUR_MIN);
}

void sample_add_day(sample_text *text, int64_t day)
{
    sample_date date = sample_date_of(day);
    sample_add(text, "%04d-%02d-%02d", date.year, date.month, date.day);
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            sample_stop("cannot make the folder", path);
        }
        *slash = '/';
    }
}

void sample_write(sample_text *text, const char *folder, const char *path)
{
    char whole[4096];
    int n = snprintf(whole, sizeof whole, "%s/%s", folder, path);
    if (n < 0 || (size_t)n >= sizeof whole) {
        sample_stop("the path is too long", path);
    }
    make_folders(whole);
    FILE *file = fopen(whole, "wb");
    if (file == NULL || fwrite(text->bytes, 1, text->n, file) != text->n || fclose(file) != 0) {
        sample_stop("cannot write", whole);
    }
    free(text->bytes);
    *text = (sample_text){0};
}
