/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_CORE_INTERNAL_H
#define KERB_CORE_INTERNAL_H

/** What the files of core share with each other and with nobody else. */

#include "kerb_base.h"

struct stat;

/** Was this file given to kerb_output_protect()? */
bool kerb_core__is_input(const kerb_ctx *ctx, const struct stat *info);

/** Length of the valid UTF-8 character at `text`, 0 when the bytes there are none. `length` >
 * 0. */
size_t kerb_core__utf8_step(const unsigned char *text, size_t length);

/** vsnprintf with '.' as the decimal point whatever the caller of the library did to the
 * locale. */
int kerb_core__vformat(char *text, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/** strtod with '.' as the decimal point; `text` is terminated. */
double kerb_core__strtod(const char *text);

/** Size of this thread's last refused allocation [bytes], for the message. */
size_t kerb_core__refused_bytes(void);

#endif
