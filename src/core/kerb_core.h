/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_CORE_H
#define KERB_CORE_H

/**
 * What every call of the library shares: a status, a context, civil time and lengths.
 *
 * Each function that can fail takes a `kerb_ctx *` first and returns a `kerb_status`. The
 * sentence that tells a person what went wrong is written into the context where the cause is
 * known and is read with kerb_ctx_message(). A context belongs to one thread; make one per
 * thread.
 *
 * Parameter order is always: context, inputs, options, output. An output is either whole or
 * untouched. `kerb_x **out` is yours to free with `kerb_x_free`; a `const kerb_x *` that is
 * returned is borrowed and dies with its parent; a `char **out` is freed with kerb_free_text().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(KERB_BUILDING)
#define KERB_API __attribute__((visibility("default")))
#else
#define KERB_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define KERB_VERSION "0.1.0"

/** Version of the library that is loaded, e.g. "0.1.0" (borrowed). */
KERB_API const char *kerb_version(void);

/* ------------------------------------------------------------------ status */

/**
 * What a call came to. A code exists only where a caller would act differently; the words are
 * in the context. Values never change.
 */
typedef enum kerb_status {
    KERB_OK = 0,

    /* the caller's fault: correct the call */
    KERB_ERR_ARG = 10,         /**< an argument or option that makes no sense */
    KERB_ERR_RANGE = 11,       /**< a number outside its allowed range */
    KERB_ERR_UNSUPPORTED = 12, /**< a valid wish that this build cannot grant */

    /* the data's fault: correct the file */
    KERB_ERR_FORMAT = 20,    /**< not in the form it claims */
    KERB_ERR_CRS = 21,       /**< coordinates and reference system do not fit together */
    KERB_ERR_EMPTY = 22,     /**< nothing usable in it */
    KERB_ERR_NOT_FOUND = 23, /**< a named column, set, layer or file is not there */

    /* the world's fault: try again elsewhere */
    KERB_ERR_IO = 30,     /**< reading or writing failed */
    KERB_ERR_DB = 31,     /**< the store refused */
    KERB_ERR_NOMEM = 32,  /**< out of memory */
    KERB_ERR_EXISTS = 33, /**< the output is there already and overwriting was not asked for */

    /* outcomes */
    KERB_ERR_NO_CONVERGENCE = 40, /**< a numerical search found no answer */
    KERB_ERR_CANCELLED = 41,      /**< the caller asked to stop */

    KERB_ERR_BUG = 90 /**< ours: an invariant of the library does not hold */
} kerb_status;

/** Name of a status for logs, e.g. "KERB_ERR_CRS" (borrowed, never NULL). */
KERB_API const char *kerb_status_name(kerb_status status);

/* ----------------------------------------------------------------- context */

typedef struct kerb_ctx kerb_ctx;

typedef enum kerb_log_level {
    KERB_LOG_DEBUG = 0,
    KERB_LOG_INFO = 1,
    KERB_LOG_WARNING = 2
} kerb_log_level;

/** One line for people, without newline; called on the thread that owns the context. */
typedef void (*kerb_log_fn)(void *user, kerb_log_level level, const char *line);

/** `share` is 0 to 1, or negative when the end cannot be known; `stage` names the work. */
typedef void (*kerb_progress_fn)(void *user, const char *stage, double share);

/** A new context: all CPUs allowed to this process, silent. NULL when out of memory. */
KERB_API kerb_ctx *kerb_ctx_new(void);
KERB_API void kerb_ctx_free(kerb_ctx *ctx);

/** Seed that a new context starts with. */
#define KERB_DEFAULT_SEED 20080401u

/** Message of the last failure: one line, no newline (borrowed until the next call; "" when
 * none). */
KERB_API const char *kerb_ctx_message(const kerb_ctx *ctx);

/** Threads for parallel work, 1 to 1024; results never depend on it. */
KERB_API void kerb_ctx_set_threads(kerb_ctx *ctx, int n_threads);
KERB_API int kerb_ctx_get_threads(const kerb_ctx *ctx);

/** Vector instructions that inner loops may use. */
typedef enum kerb_simd {
    KERB_SIMD_SCALAR, /**< none beyond the compiler's own */
    KERB_SIMD_AVX2,   /**< AVX2 and FMA */
    KERB_SIMD_AVX512, /**< AVX-512 F, BW, DQ and VL */
    KERB_SIMD_LEVELS
} kerb_simd;

/** "scalar", "avx2", "avx512"; "unknown" for others (borrowed). */
KERB_API const char *kerb_simd_name(kerb_simd level);
/** The level of a name, in any case. False when there is none, and *out is as before. */
KERB_API bool kerb_simd_find(const char *name, kerb_simd *out);
/** The highest level this machine can run. */
KERB_API kerb_simd kerb_simd_best(void);
/**
 * Level of a context, at first the machine's best; a higher one than the machine's is the best.
 * For tests and for comparisons: results of two levels agree within the stated error of each
 * method, not to the bit.
 */
KERB_API void kerb_ctx_set_simd(kerb_ctx *ctx, kerb_simd level);
KERB_API kerb_simd kerb_ctx_get_simd(const kerb_ctx *ctx);

/** Seed of every simulation; printed with each result. */
KERB_API void kerb_ctx_set_seed(kerb_ctx *ctx, uint64_t seed);
KERB_API uint64_t kerb_ctx_get_seed(const kerb_ctx *ctx);

KERB_API void kerb_ctx_set_log(kerb_ctx *ctx, kerb_log_fn log, void *user);
KERB_API void kerb_ctx_set_progress(kerb_ctx *ctx, kerb_progress_fn progress, void *user);

/** Ask running work to stop at its next check; safe in a signal handler and from any thread. */
KERB_API void kerb_ctx_request_cancel(kerb_ctx *ctx);
KERB_API bool kerb_ctx_is_cancelled(const kerb_ctx *ctx);

/** Free a text that the library handed out; accepts NULL. */
KERB_API void kerb_free_text(char *text);

/** Largest resident memory of this process so far [bytes], 0 when the system does not tell. */
KERB_API uint64_t kerb_peak_memory_bytes(void);
/** CPU time of all threads of this process [s]; for reports only. */
KERB_API double kerb_cpu_time_s(void);
/** Monotonic time [s]; for reports only, never part of a result. */
KERB_API double kerb_wall_time_s(void);

/* ------------------------------------------------------------------ tallies */

/** How many of each named thing, in order of name: reasons of rejection, exclusions. */
typedef struct kerb_tally_entry {
    const char *name; /**< borrowed from the tally */
    uint64_t count;
} kerb_tally_entry;

typedef struct kerb_tally kerb_tally;

/** Entries sorted by name (borrowed; invalid after the next change). NULL tally: none. */
KERB_API const kerb_tally_entry *kerb_tally_entries(const kerb_tally *tally, size_t *n);
/** Count under a name, 0 when absent. */
KERB_API uint64_t kerb_tally_get(const kerb_tally *tally, const char *name);
KERB_API kerb_tally *kerb_tally_new(void);
KERB_API void kerb_tally_free(kerb_tally *tally);
/** Add to a name's count; KERB_ERR_NOMEM leaves the tally as it was. */
KERB_API kerb_status kerb_tally_add(kerb_ctx *ctx, kerb_tally *tally, const char *name,
                                    uint64_t count);

/* -------------------------------------------------------------- civil time */

/**
 * Time of day as people wrote it down. An instant is held as seconds since 1970-01-01 00:00 of
 * the local clock, every day 86,400 s long: what analysts mean by "22:00", free of time zones.
 * Records whose source gave UTC or an offset are brought to UK clock time when they are read.
 */
typedef int64_t kerb_civil_s;
#define KERB_CIVIL_NONE INT64_MIN

/** How finely a source recorded time. A record stands for the whole of its month, day, … */
typedef enum kerb_precision {
    KERB_PRECISION_NONE = 0, /**< no date */
    KERB_PRECISION_MONTH = 1,
    KERB_PRECISION_DAY = 2,
    KERB_PRECISION_MINUTE = 3,
    KERB_PRECISION_SECOND = 4
} kerb_precision;

typedef struct kerb_date {
    int year;  /**< 1 to 9999 */
    int month; /**< 1 to 12 */
    int day;   /**< 1 to 31 */
} kerb_date;

/** Days since 1970-01-01 in the Gregorian calendar. Source: Hinnant (2013), days_from_civil. */
KERB_API int64_t kerb_days_from_date(kerb_date date);
KERB_API kerb_date kerb_date_from_days(int64_t days);
/** Is it a day of the calendar: 31 February is not. */
KERB_API bool kerb_date_is_valid(kerb_date date);
/** Weekday of a day number, 0 = Monday. */
KERB_API int kerb_weekday_from_days(int64_t days);
/** First second after the record's month, day, minute or second; `start` itself for NONE and
 *  outside the years 1 to 9999. */
KERB_API kerb_civil_s kerb_civil_end(kerb_civil_s start, kerb_precision precision);
/** UK clock time of an instant in UTC [s since 1970]: GMT, and BST from the last Sunday of
 * March 01:00 UTC to the last Sunday of October 01:00 UTC (in force since 1996; applied to all
 * years). Outside the years 1 to 9999 the instant is given back as it is. */
KERB_API kerb_civil_s kerb_civil_from_utc(int64_t utc_s);
/**
 * Text of an instant at its precision: "2020-03", "2020-03-09", "2020-03-09 14:05",
 * "2020-03-09 14:05:30"; "" for none and outside the years 1 to 9999. `text` holds at least
 * KERB_CIVIL_TEXT bytes.
 */
#define KERB_CIVIL_TEXT 24
KERB_API void kerb_civil_format(kerb_civil_s time, kerb_precision precision, char *text);

/**
 * Read an ISO date as options give it: 2020, 2020-03, 2020-03-09, 2020-03-09T14:05[:30].
 *
 * @param[out] out  first second of the period named
 * @return KERB_ERR_ARG with the text in the message when it is no date
 */
KERB_API kerb_status kerb_civil_parse(kerb_ctx *ctx, const char *text, kerb_civil_s *out);

/* ------------------------------------------------------------------ lengths */

/**
 * Read a length with its unit: "400m", "1.5km", "0.25 km". A bare number is refused, so that
 * nobody maps at 400 feet by accident.
 *
 * @param planar    true with `--crs none`: bare numbers only, a unit is refused
 * @param[out] out_m  metres, or the plane's own unit; finite and > 0
 * @return KERB_ERR_ARG with the text in the message
 */
KERB_API kerb_status kerb_length_parse(kerb_ctx *ctx, const char *text, bool planar,
                                       double *out_m);
/** Read an area with its unit: "0.25km2", "2500m2", "3ha"; a bare number when planar. */
KERB_API kerb_status kerb_area_parse(kerb_ctx *ctx, const char *text, bool planar,
                                     double *out_m2);

/** SHA-256 of a file as 64 lower-case hex digits; `hex` holds at least 65 bytes. KERB_ERR_IO
 * when it cannot be read. */
KERB_API kerb_status kerb_sha256_file(kerb_ctx *ctx, const char *path, char *hex);

#ifdef __cplusplus
}
#endif
#endif
