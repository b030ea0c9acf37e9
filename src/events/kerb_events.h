/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_EVENTS_H
#define KERB_EVENTS_H

/**
 * The incident table, in columns, and the filters every analysis shares.
 *
 * One row is one incident as its source counted it; rows at one place or byte-identical rows
 * are separate incidents and are never merged. A row without coordinates stays in the table
 * with x = y = NAN: it counts in totals and by area code, never on a map.
 *
 * Tables only grow; a filter gives a new table. A million rows take about 60 MB. Functions that
 * read a table may run on several threads at once as long as none adds to it.
 */

#include "kerb_core.h"
#include "kerb_geo.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Names used by the rows of a table; number 0 is "no value". */
typedef enum kerb_name_kind {
    KERB_NAME_SOURCE,    /**< who recorded it, e.g. "Leicestershire Police" */
    KERB_NAME_CATEGORY,  /**< e.g. "Burglary" */
    KERB_NAME_AREA_CODE, /**< code of the small area the source put it in, e.g. an LSOA */
    KERB_NAME_AREA_NAME, /**< name the source gave with that code */
    KERB_NAME_LABEL,     /**< street or place in words, e.g. "On or near High Street" */
    KERB_NAME_KINDS
} kerb_name_kind;

/** What is counted, as law and practice tell it apart: kinds are never mixed unnamed. */
typedef enum kerb_kind {
    KERB_KIND_OTHER, /**< none of these, or nobody said */
    KERB_KIND_CRIME,
    KERB_KIND_ASB, /**< anti-social behaviour: incidents, not crimes */
    KERB_KIND_FIRE,
    KERB_KIND_COLLISION,
    KERB_KIND_COMPLAINT,
    KERB_KIND_STOP_AND_SEARCH, /**< what the police did, not what was done to anybody */
    KERB_KINDS
} kerb_kind;

/** Who brought it into the record: a map of what the police find is a map of where they look.
 */
typedef enum kerb_origin {
    KERB_ORIGIN_UNKNOWN,
    KERB_ORIGIN_REPORTED,         /**< by the public, or by a service called to it */
    KERB_ORIGIN_POLICE_GENERATED, /**< found by patrol or search, e.g. drugs, weapons */
    KERB_ORIGIN_MIXED,
    KERB_ORIGINS
} kerb_origin;

/** Kind and origin of the incidents of one category of one source. {0}: nobody said. */
typedef struct kerb_nature {
    kerb_kind kind;
    kerb_origin origin;
} kerb_nature;

/** Columns of n rows; read freely, change only through the functions below. */
typedef struct kerb_events {
    size_t n;
    double *x, *y;       /**< working CRS [m]; both NAN without coordinates */
    double *weight;      /**< >= 0, finite; NULL when every row weighs 1 */
    double *cell_m;      /**< side of the square that x, y is the centre of [m], where no more
                            is known; NAN: exact; NULL when every row is */
    kerb_civil_s *start; /**< first second of the recorded time; KERB_CIVIL_NONE without date */
    uint8_t *precision;  /**< kerb_precision */
    /** Exclusive end of the window that the incident lies in, [start, end), where a source
     * gives two times; KERB_CIVIL_NONE: the window is what start and precision say. NULL when
     * no row has one. */
    kerb_civil_s *end;
    /** First second of when it was written down, of a day when only the day is known;
     * KERB_CIVIL_NONE: not told. NULL when no row has one. */
    kerb_civil_s *recorded;
    uint32_t *names[KERB_NAME_KINDS];  /**< numbers of names, see kerb_events_name() */
    struct kerb_events_private *owner; /**< capacity and names; not for callers */
} kerb_events;

/** One row to add; texts are borrowed and may be NULL. */
typedef struct kerb_event {
    double x, y, weight;
    kerb_civil_s start;
    kerb_precision precision;
    const char *names[KERB_NAME_KINDS];
} kerb_event;

/**
 * An empty table.
 *
 * @param[out] out  owned, free with kerb_events_free()
 */
KERB_API kerb_status kerb_events_new(kerb_ctx *ctx, kerb_events **out);
/** Accepts NULL. */
KERB_API void kerb_events_free(kerb_events *events);
/**
 * Append a row.
 *
 * @param event  names are borrowed; NULL or "" means none
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    exactly one of x, y is NAN; an infinity; a weight that is negative or
 *                         not finite; a time without precision or a precision without time
 *         KERB_ERR_NOMEM  the rows that are there stay
 */
KERB_API kerb_status kerb_events_add(kerb_ctx *ctx, kerb_events *events,
                                     const kerb_event *event);
/** Number of a name, added when new, for kerb_events_add_numbered(). 0 for the empty text. */
KERB_API kerb_status kerb_events_add_name(kerb_ctx *ctx, kerb_events *events,
                                          kerb_name_kind kind, const char *text, size_t length,
                                          uint32_t *out);
/**
 * Append a row whose names are numbers already: the way for millions of rows.
 *
 * @return as kerb_events_add(); KERB_ERR_ARG also for a number that no name has
 *
 * Cost:   constant on average; about 50 ns.
 */
KERB_API kerb_status kerb_events_add_numbered(kerb_ctx *ctx, kerb_events *events, double x,
                                              double y, double weight, kerb_civil_s start,
                                              kerb_precision precision,
                                              const uint32_t numbers[KERB_NAME_KINDS]);
/**
 * Append a row of another table, with all it has but its names: those are these numbers.
 *
 * @param from  not `events` itself
 * @param row   below from->n
 *
 * @return as kerb_events_add_numbered()
 */
KERB_API kerb_status kerb_events_add_copy(kerb_ctx *ctx, kerb_events *events,
                                          const kerb_events *from, size_t row,
                                          const uint32_t numbers[KERB_NAME_KINDS]);
/**
 * Say until when a row's window goes, or when it was recorded. The column is made for the first
 * row that has one. An end that start and precision give already is none.
 *
 * @param row            below events->n
 * @param end, recorded  KERB_CIVIL_NONE takes it away
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    no such row; an end not after the start, or without a start
 *         KERB_ERR_NOMEM  the row is as it was
 */
KERB_API kerb_status kerb_events_set_end(kerb_ctx *ctx, kerb_events *events, size_t row,
                                         kerb_civil_s end);
KERB_API kerb_status kerb_events_set_recorded(kerb_ctx *ctx, kerb_events *events, size_t row,
                                              kerb_civil_s recorded);
/** First second after the span that a row may have happened in: its end, else that of its
 * month, day, minute or second. KERB_CIVIL_NONE without date. */
KERB_API kerb_civil_s kerb_events_get_end(const kerb_events *events, size_t row);
/**
 * Say that a row's place is known only to a square: x, y is its centre.
 *
 * @param row     of the table
 * @param cell_m  side of the square, > 0 and finite; NAN: the place is exact
 *
 * @return KERB_OK, or KERB_ERR_ARG (no such row, a side <= 0), KERB_ERR_NOMEM
 */
KERB_API kerb_status kerb_events_set_cell(kerb_ctx *ctx, kerb_events *events, size_t row,
                                          double cell_m);
/** Text of a name ("" for 0 and for numbers that none has; borrowed). */
KERB_API const char *kerb_events_name(const kerb_events *events, kerb_name_kind kind,
                                      uint32_t number);
/** How many names of a kind there are: their numbers run from 1 to this. */
KERB_API uint32_t kerb_events_name_count(const kerb_events *events, kerb_name_kind kind);
/** "other", "crime", "asb", "fire", "collision", "complaint", "stop_and_search" (constant). */
KERB_API const char *kerb_kind_name(kerb_kind kind);
/** "unknown", "reported", "police_generated", "mixed" (constant). */
KERB_API const char *kerb_origin_name(kerb_origin origin);
/** The kind or origin of a name, whatever its case, with `-` or a blank for `_`; false when
 * there is none. */
KERB_API bool kerb_kind_find(const char *name, kerb_kind *out);
KERB_API bool kerb_origin_find(const char *name, kerb_origin *out);
/**
 * Add what another says of the same thing: what is not said gives way to what is.
 *
 * @return false when the two differ in something both say; `*nature` is as it was
 */
KERB_API bool kerb_nature_merge(kerb_nature *nature, kerb_nature other);
/**
 * Say what the rows of a category of a source are, as far as it is known.
 *
 * @param source, category  numbers of names; 0: rows without one
 *
 * @return KERB_OK, or
 *         KERB_ERR_ARG    no such name; no such kind or origin; the pair is of another kind or
 *                         origin already (both are told), which stays
 *         KERB_ERR_NOMEM  what was said before stays
 */
KERB_API kerb_status kerb_events_set_kind(kerb_ctx *ctx, kerb_events *events, uint32_t source,
                                          uint32_t category, kerb_nature nature);
/** What is known of a pair. Cost: constant, a few nanoseconds. */
KERB_API kerb_nature kerb_events_get_kind(const kerb_events *events, uint32_t source,
                                          uint32_t category);
/** What is known of a row's category of its source. */
KERB_API kerb_nature kerb_events_kind_of(const kerb_events *events, size_t row);
/** Take over what another table says of pairs whose names are in this one. KERB_ERR_ARG as
 * kerb_events_set_kind(). */
KERB_API kerb_status kerb_events_copy_kinds(kerb_ctx *ctx, kerb_events *events,
                                            const kerb_events *from);
/** Rows with coordinates. */
KERB_API size_t kerb_events_count_located(const kerb_events *events);
/** Box of the located rows; empty when none. */
KERB_API kerb_box kerb_events_box(const kerb_events *events);
/**
 * Days covered by dated rows: midnight before the earliest start to midnight after the latest
 * end.
 *
 * @param[out] from, to  [from, to); untouched when no row is dated
 * @return false when no row is dated
 */
KERB_API bool kerb_events_period(const kerb_events *events, kerb_civil_s *from,
                                 kerb_civil_s *to);
/**
 * SHA-256 over the rows' values in canonical order (sorted), so that the same incidents give
 * the same fingerprint however they were loaded: the order of rows, the numbers of names and
 * names that no row carries do not matter; -0 is 0; a table without weights equals one whose
 * weights are all 1, and a column of ends, recordings or cells without a single one equals
 * none.
 *
 * @param[out] hex  64 lower-case digits and a terminator: 65 bytes
 *
 * Cost:   O(n); about 0.3 s and 32 MB for a million rows.
 * Form:   docs/methods/filters.md
 */
KERB_API kerb_status kerb_events_fingerprint(kerb_ctx *ctx, const kerb_events *events,
                                             char *hex);

/* ------------------------------------------------------------------ filters */

/** A span of the day. */
typedef struct kerb_hours {
    int from_min, to_min; /**< minutes of the day, 0 to 1439 and 0 to 1440: from <= t < to, over
                               midnight when from > to */
} kerb_hours;

#define KERB_FILTER_MAX_HOURS 24

/**
 * Which rows an analysis uses. All conditions must hold.
 *
 * A record stands for the whole span it may have happened in, [start, kerb_events_get_end): its
 * window, else its month, day, minute or second. A row passes the filters on time (period,
 * hours, weekdays, nights) only if that span lies wholly inside each of them. A span wholly
 * outside one of them is `outside_...` that one; a span that is neither is `time_too_coarse`.
 * So a month never passes `hours` unless they are 00-24, and passes a period from 1 March to 1
 * June when it is March, April or May.
 *
 * Names match exactly, else without regard to (ASCII) case.
 *
 * Method page: docs/methods/filters.md
 */
typedef struct kerb_filter {
    const char *const *categories; /**< a row must have one of these names; NULL: any */
    size_t n_categories;           /**< 0: any */
    const char *const *sources;    /**< likewise */
    size_t n_sources;
    unsigned kinds; /**< bit 1 << kerb_kind: a row must be of one of these kinds; 0: any */
    kerb_civil_s from, to;                   /**< from <= t < to; KERB_CIVIL_NONE: open */
    kerb_hours hours[KERB_FILTER_MAX_HOURS]; /**< the time of day lies in one of these spans */
    size_t n_hours;                          /**< 0: any */
    unsigned weekdays;             /**< bit 0 Monday … bit 6 Sunday, calendar day; 0: any */
    unsigned nights;               /**< bit 0: Monday 12:00 to Tuesday 12:00, …; 0: any */
    const kerb_areas_set *within;  /**< only rows in one of these areas; NULL: anywhere */
    const kerb_areas_set *exclude; /**< no rows in one of these areas */
} kerb_filter;

#define KERB_FILTER_ALL                                                                        \
    {                                                                                          \
        .from = KERB_CIVIL_NONE, .to = KERB_CIVIL_NONE                                         \
    }

/**
 * The rows that pass, in their order, as a new table that knows only the names its rows carry.
 *
 * @param filter        areas with an index (kerb_areas_set_index()) are searched fast
 * @param located_only  true: rows without coordinates are left out and counted as
 *                      `no_coordinates`; so they are with `within`, since no area can be said
 *                      to hold them. `exclude` alone keeps them
 * @param[in,out] excluded  may be NULL; added to: category, source, kind, no_date,
 * outside_period, time_too_coarse, outside_hours, outside_weekdays, outside_nights,
 *                      no_coordinates, outside_within, in_excluded_area; each row counts once,
 *                      under the first that applies in this order (time_too_coarse applies only
 *                      where no filter on time leaves the row wholly outside)
 * @param[out] out      owned, free with kerb_events_free(); empty when nothing passes
 *
 * @return KERB_OK, or
 *         KERB_ERR_NOT_FOUND  a category or source named is nowhere in the table; the message
 *                             lists up to 20 that are
 *         KERB_ERR_RANGE      hours outside 00-24 or without any time in them; from >= to;
 *                             weekdays or nights beyond bit 6; a kind that there is not
 *         KERB_ERR_NOMEM, KERB_ERR_CANCELLED
 *
 * Cost:   O(n), about 70 ns a row, and one search of the areas for each row that gets so far.
 */
KERB_API kerb_status kerb_events_select(kerb_ctx *ctx, const kerb_events *events,
                                        const kerb_filter *filter, bool located_only,
                                        kerb_tally *excluded, kerb_events **out);

/* ------------------------------------------------------------------- places */

/**
 * One row per distinct place, sorted by y then x: density needs no more. Rows without
 * coordinates are left out. The table is the same bits whatever order the events came in:
 * weights of a place are added from the smallest up, with the rounding errors carried along
 * (Neumaier 1974 [neumaier1974]); whole numbers are exact.
 */
typedef struct kerb_places {
    size_t n;
    double *x, *y;   /**< working CRS [m] */
    double *weight;  /**< sum of the weights there */
    uint32_t *count; /**< rows there */
} kerb_places;

/**
 * The places of a table.
 *
 * @param[out] out  owned, free with kerb_places_free(); n = 0 when no row has coordinates
 *
 * Cost:   O(n); about 0.15 s for a million rows; 32 bytes an event while sorting.
 */
KERB_API kerb_status kerb_places_new(kerb_ctx *ctx, const kerb_events *events,
                                     kerb_places **out);
/**
 * The places of columns that are no table.
 *
 * @param x, y    n coordinates; a pair with x NAN is left out
 * @param weight  n weights; NULL when each is 1
 */
KERB_API kerb_status kerb_places_of_points(kerb_ctx *ctx, size_t n, const double *x,
                                           const double *y, const double *weight,
                                           kerb_places **out);
/** Accepts NULL. */
KERB_API void kerb_places_free(kerb_places *places);

#ifdef __cplusplus
}
#endif
#endif
