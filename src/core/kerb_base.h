/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_BASE_H
#define KERB_BASE_H

/**
 * What the library's own modules share and outsiders do not see: failing with words, memory,
 * text, names as numbers, hashing, and loops over threads.
 */

#include "kerb_core.h"

#include <stdarg.h>
#include <stdio.h>

#define KERB_PI 3.14159265358979323846

/* ------------------------------------------------------------------ failing */

/** Format the message into the context and give the code back: `return kerb_fail(ctx,
 * KERB_ERR_IO, …)`. */
kerb_status kerb_fail(kerb_ctx *ctx, kerb_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** kerb_fail() for a module's own function with `...`. */
kerb_status kerb_vfail(kerb_ctx *ctx, kerb_status status, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/** Put a place in front of the message that is there: `kerb_fail_in(ctx, "%s, row %ld", path,
 * row)` gives "PATH, row 7: …". */
void kerb_fail_in(kerb_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** "out of memory (N bytes for WHAT)". */
kerb_status kerb_fail_nomem(kerb_ctx *ctx, const char *what);
/** Hand a line to the log; nothing when there is none. Control characters in it are made
 * visible. */
void kerb_log(kerb_ctx *ctx, kerb_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/** Tell progress; cheap enough for once per row band. Returns KERB_ERR_CANCELLED (with message)
 * when asked to stop. */
kerb_status kerb_progress(kerb_ctx *ctx, const char *stage, double share);
/** Until the next call, shares of progress count for the part [from, to] of the whole, so that
 * work in pieces shows as one; 0, 1 to end it. */
void kerb_progress_part(kerb_ctx *ctx, double from, double to);
/** KERB_OK, or KERB_ERR_CANCELLED with its message. */
kerb_status kerb_check_cancel(kerb_ctx *ctx);

/* ------------------------------------------------------------------- memory */

/** All memory of the library goes through these, so that a test can make any of them fail.
 * Sizes are checked for overflow; zero n gives a pointer that can be freed. */
void *kerb_alloc_array(size_t n, size_t size);  /**< not cleared; NULL when it fails */
void *kerb_calloc_array(size_t n, size_t size); /**< cleared */
/** The old block stays when it fails. */
void *kerb_realloc_array(void *memory, size_t n, size_t size);
void kerb_free(void *memory);
char *kerb_text_copy(const char *text); /**< NULL when out of memory or text is NULL */
char *kerb_text_copy_n(const char *text, size_t length);
/** Tests only: called before each allocation; false makes it fail. NULL switches off. Not
 * thread-safe. */
void kerb_memory_set_gate(bool (*gate)(void *user), void *user);

/* --------------------------------------------------------------------- text */

/** A growing text. Start with `kerb_text t = {0}`; failure is remembered until
 * kerb_text_take(). */
typedef struct kerb_text {
    char *data; /**< always terminated once anything was added; NULL before */
    size_t length;
    size_t capacity;
    bool failed;
} kerb_text;

void kerb_text_add(kerb_text *text, const char *piece);
void kerb_text_add_n(kerb_text *text, const char *piece, size_t length);
void kerb_text_add_format(kerb_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void kerb_text_clear(kerb_text *text); /**< frees; the struct can be used again */
/** Hand the finished text over (never NULL on success); the struct is empty afterwards. */
kerb_status kerb_text_take(kerb_ctx *ctx, kerb_text *text, char **out);

/** Locale-free number reading: the whole of text[0..length) must be a decimal number (no hex,
 * no inf, no nan, no blanks). */
bool kerb_parse_double(const char *text, size_t length, double *out);
bool kerb_parse_int64(const char *text, size_t length, int64_t *out);
/** Shortest decimal that reads back as the same double, with '.'; "nan"/"inf" for those. `text`
 * holds at least KERB_DOUBLE_TEXT bytes. Returns its length. */
#define KERB_DOUBLE_TEXT 32
size_t kerb_format_double(double value, char *text);
/** Fixed number of decimals with '.', whatever the locale. */
size_t kerb_format_fixed(double value, int n_decimals, char *text, size_t size);
/** Add text as a JSON string with its quotes; invalid UTF-8 becomes U+FFFD, control characters
 * are escaped. */
void kerb_text_add_json(kerb_text *text, const char *piece);
/** Compare ASCII without case; other bytes must be equal. */
bool kerb_text_equal_nocase(const char *a, const char *b);
/** Is it valid UTF-8 without overlong forms and surrogates? */
bool kerb_utf8_is_valid(const char *text, size_t length);
/** Append a Windows-1252 text as UTF-8 (undefined bytes become U+FFFD). */
void kerb_text_add_cp1252(kerb_text *text, const char *piece, size_t length);
/** Make a value from a file safe for one line of a message: control characters and invalid
 * bytes as \xNN, cut at `max` bytes with "…"; `out` holds at least 4*max+8. */
void kerb_text_visible(const char *value, size_t length, size_t max, char *out);

/* ------------------------------------------------------- names as numbers */

/** A set of texts numbered from 1 in order of arrival; 0 means none. Texts may hold any byte
 * but NUL. */
typedef struct kerb_strings kerb_strings;
kerb_strings *kerb_strings_new(void);
void kerb_strings_free(kerb_strings *strings);
/** Number of a text, added when new; the empty text is 0. KERB_ERR_NOMEM on failure. */
kerb_status kerb_strings_add(kerb_ctx *ctx, kerb_strings *strings, const char *text,
                             size_t length, uint32_t *out);
/** Number of a text, 0 when absent. */
uint32_t kerb_strings_find(const kerb_strings *strings, const char *text, size_t length);
/** Text of a number; "" for 0 (borrowed; stays valid as the set grows). */
const char *kerb_strings_get(const kerb_strings *strings, uint32_t number);
size_t kerb_strings_length(const kerb_strings *strings, uint32_t number);
/** How many texts: numbers run 1 to count. */
uint32_t kerb_strings_count(const kerb_strings *strings);

/* ------------------------------------------------------------------- random */

/**
 * 128 random bits of a counter: Philox 4x32-10. The same counter and seed give the same bits on
 * every machine, whoever asks and in what order; say in the counter what the number is for
 * (replicate, place, draw, purpose).
 */
void kerb_random_bits(uint64_t seed, const uint32_t counter[4], uint32_t bits[4]);
/** kerb_random_bits() of KERB_RANDOM_LANES counters at once: counter[0], counter[0] + 1, …; the
 * same bits, and a compiler can make vectors of it. */
#define KERB_RANDOM_LANES 8
void kerb_random_bits_in_lanes(uint64_t seed, const uint32_t counter[4],
                               uint32_t bits[4][KERB_RANDOM_LANES]);

/* ------------------------------------------------------------------ hashing */

typedef struct kerb_sha256 kerb_sha256; /**< opaque; the library behind it stays in core */
kerb_sha256 *kerb_sha256_new(void);
void kerb_sha256_free(kerb_sha256 *hash);
void kerb_sha256_add(kerb_sha256 *hash, const void *data, size_t length);
void kerb_sha256_hex(kerb_sha256 *hash, char *hex); /**< 65 bytes; resets */

/** 128-bit non-cryptographic hash with a fixed key; same on every machine. */
typedef struct kerb_hash128 {
    uint64_t low, high;
} kerb_hash128;
kerb_hash128 kerb_hash_bytes(const void *data, size_t length);

/* ------------------------------------------------------------------ threads */

/**
 * Run `work(user, i)` for i in [0, n_chunks) on the context's threads. Chunks are handed out in
 * order; which thread takes which is not fixed, so a chunk may write only what belongs to it.
 * `work` gets no context: it returns a status, and the first failing chunk *by number* is given
 * back, the same on each run. Remaining chunks are skipped once one failed or cancel was asked.
 * Progress is told after each chunk from the calling thread.
 */
kerb_status kerb_parallel_for(kerb_ctx *ctx, const char *stage, size_t n_chunks,
                              kerb_status (*work)(void *user, size_t i_chunk), void *user);

/* -------------------------------------------------------- whole or not at all */

/**
 * A file that appears whole or not at all. The work is done under a temporary name beside the
 * target, `.NAME.kerb-<pid>[.EXT]`; commit syncs it and its folder and renames;
 * kerb_output_free() without a commit removes it. One target is open once in a process. Opening
 * removes stale temporaries of the same target whose process is dead.
 */
typedef struct kerb_output kerb_output;
/** KERB_ERR_EXISTS when target exists and !overwrite; KERB_ERR_ARG when it is an input;
 * KERB_ERR_IO when its folder is missing or cannot be written (says which). The temporary keeps
 * the target's extension. */
kerb_status kerb_output_open(kerb_ctx *ctx, const char *target, bool overwrite,
                             kerb_output **out);
/** Temporary path to write to (borrowed). */
const char *kerb_output_path(const kerb_output *output);
/** Fsync, rename; does not free. The `.aux.xml` and `-journal` of a file that it replaced go
 * too. */
kerb_status kerb_output_commit(kerb_ctx *ctx, kerb_output *output);
/** Frees; removes the temporary unless committed, and its `.aux.xml` and `-journal` always.
 * Accepts NULL. */
void kerb_output_free(kerb_output *output);
/** This file is read from: until the context is freed, no output of it may take the file's
 * place, by whatever name or link (KERB_ERR_ARG). A path that leads nowhere is no error. */
kerb_status kerb_output_protect(kerb_ctx *ctx, const char *path);
/** The check of kerb_output_open alone, so that a refusal comes before long work. */
kerb_status kerb_output_check(kerb_ctx *ctx, const char *target, bool overwrite);

#endif
