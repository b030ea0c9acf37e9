/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A text that grows, and the file it becomes. Running out of memory or disk ends the program.
 */
#ifndef SAMPLE_TEXT_H
#define SAMPLE_TEXT_H

#include "numbers.h"

typedef struct {
    char *bytes;
    size_t n, capacity;
} sample_text;

/** Add text in the manner of printf; whole numbers and text only. */
__attribute__((format(printf, 2, 3))) void sample_add(sample_text *text, const char *format,
                                                      ...);

/** Add dd/mm/yyyy HH:MM. */
void sample_add_minute(sample_text *text, int64_t minute);

/** Add yyyy-mm-dd. */
void sample_add_day(sample_text *text, int64_t day);

/** Write the text to FOLDER/PATH, making its folders, and empty it. */
void sample_write(sample_text *text, const char *folder, const char *path);

/** Memory for n more entries of an array, or the end of the program. */
void *sample_grow(void *array, size_t n, size_t size);

/** Print a message and end the program. */
_Noreturn void sample_stop(const char *what, const char *which);

#endif
