/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fingerprint of a table: SHA-256 of its rows, written out and sorted, so that neither the
 * order of rows nor the numbering of names shows. Names are written once, as a sorted list of
 * those in use, and rows point into that list; the same incidents have the same list.
 *
 * Canonical form, integers big-endian:
 *   "kerb events 1\n"
 *   "end\n" when some row has an end, "recorded\n" when some row has one, "cells\n" when some
 *   row has a cell
 *   for each kind of name:  u64 number of names in use, then each: u64 length, bytes
 *   u64 number of rows, then each, sorted by these bytes:
 *     u64 key of x, y, weight (order-preserving bits), u64 key of start, u8 precision,
 *     u32 rank of each name in its list from 1, 0 for none; u64 key of each of the columns told
 *     at the beginning, KERB_CIVIL_NONE (0) where the row has none;
 *     the last is that of the cell, NAN where the row has none */
#include "events_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_SPARE = 2 };
enum {
    ROW_BYTES = 4 * 8 + 1 + 4 * KERB_NAME_KINDS,
    MAX_ROW_BYTES = ROW_BYTES + 8 * MAX_SPARE + 8
};

/* Columns that a table may lack. One without a value is none, and a table without any has the
 * form it had before there were such columns. */
typedef struct spare_columns {
    int n;
    const kerb_civil_s *columns[MAX_SPARE];
    const char *names[MAX_SPARE];
} spare_columns;

static void find_spare(const kerb_civil_s *column, size_t n, const char *name,
                       spare_columns *spare)
{
    for (size_t i = 0; column && i < n; i++)
        if (column[i] != KERB_CIVIL_NONE) {
            spare->columns[spare->n] = column;
            spare->names[spare->n++] = name;
            return;
        }
}

/* Written out byte by byte, which compilers know as one store of swapped bytes. */
static inline unsigned char *put_u32(unsigned char *at, uint32_t v)
{
    const unsigned char bytes[4] = {(unsigned char)(v >> 24), (unsigned char)(v >> 16),
                                    (unsigned char)(v >> 8), (unsigned char)v};
    memcpy(at, bytes, sizeof bytes);
    return at + sizeof bytes;
}

static inline unsigned char *put_u64(unsigned char *at, uint64_t v)
{
    return put_u32(put_u32(at, (uint32_t)(v >> 32)), (uint32_t)v);
}

static void hash_number(kerb_sha256 *hash, uint64_t value)
{
    unsigned char bytes[8];
    put_u64(bytes, value);
    kerb_sha256_add(hash, bytes, sizeof bytes);
}

/* ------------------------------------------------------------ names in use, sorted */

typedef struct name_list {
    const kerb_strings *strings;
    uint32_t *sorted; /* n numbers in use, in order of their bytes */
    uint32_t *rank;   /* of each number, from 1; 0 when not in use */
    uint32_t n;
} name_list;

static int compare_names(const kerb_strings *strings, uint32_t a, uint32_t b)
{
    size_t length_a = kerb_strings_length(strings, a),
           length_b = kerb_strings_length(strings, b);
    size_t shorter = length_a < length_b ? length_a : length_b;
    int order = memcmp(kerb_strings_get(strings, a), kerb_strings_get(strings, b), shorter);
    return order ? order : (length_a > length_b) - (length_a < length_b);
}

/* Sink position i of a heap of n whose top is the greatest (heapsort: in place, no worst case).
 */
static void sink_name(const kerb_strings *strings, uint32_t *heap, size_t i, size_t n)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            return;
        if (child + 1 < n && compare_names(strings, heap[child], heap[child + 1]) < 0)
            child++;
        if (compare_names(strings, heap[i], heap[child]) >= 0)
            return;
        uint32_t swap = heap[i];
        heap[i] = heap[child], heap[child] = swap;
        i = child;
    }
}

static void sort_names(const kerb_strings *strings, uint32_t *names, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sink_name(strings, names, i, n);
    for (size_t last = n; last-- > 1;) {
        uint32_t swap = names[0];
        names[0] = names[last], names[last] = swap;
        sink_name(strings, names, 0, last);
    }
}

static kerb_status rank_names(kerb_ctx *ctx, const kerb_events *events, int kind,
                              name_list *list)
{
    list->strings = events->owner->names[kind];
    size_t count = (size_t)kerb_strings_count(list->strings) + 1;
    list->sorted = kerb_alloc_array(count, sizeof *list->sorted);
    list->rank = kerb_calloc_array(count, sizeof *list->rank);
    if (!list->sorted || !list->rank)
        return kerb_fail_nomem(ctx, "sorting names");
    for (size_t i = 0; i < events->n; i++)
        list->rank[events->names[kind][i]] = 1;
    for (uint32_t number = 1; number < count; number++)
        if (list->rank[number])
            list->sorted[list->n++] = number;
    sort_names(list->strings, list->sorted, list->n);
    list->rank[0] = 0;
    for (uint32_t r = 0; r < list->n; r++)
        list->rank[list->sorted[r]] = r + 1;
    return KERB_OK;
}

static void hash_names(kerb_sha256 *hash, const name_list *list)
{
    hash_number(hash, list->n);
    for (uint32_t r = 0; r < list->n; r++) {
        size_t length = kerb_strings_length(list->strings, list->sorted[r]);
        hash_number(hash, length);
        kerb_sha256_add(hash, kerb_strings_get(list->strings, list->sorted[r]), length);
    }
}

/* -------------------------------------------------------------------- rows, sorted */

static bool has_cells(const kerb_events *events)
{
    for (size_t i = 0; events->cell_m && i < events->n; i++)
        if (!isnan(events->cell_m[i]))
            return true;
    return false;
}

/* Columns in which rows differ. Of the others the first row speaks for all, so that memory is
 * not searched for what is known. */
typedef struct varying {
    bool y, weight, start, precision, names[KERB_NAME_KINDS];
} varying;

/* Rows are written in the order of their places, which is all over memory: ask for a row's
 * columns a few rows before they are needed. */
enum { ROWS_AHEAD = 24 };

static void prefetch_row(const kerb_events *events, const varying *vary, size_t row)
{
    if (vary->y)
        __builtin_prefetch(&events->y[row]);
    if (vary->weight)
        __builtin_prefetch(&events->weight[row]);
    if (vary->start)
        __builtin_prefetch(&events->start[row]);
    if (vary->precision)
        __builtin_prefetch(&events->precision[row]);
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        if (vary->names[k])
            __builtin_prefetch(&events->names[k][row]);
}

/* Returns how many bytes it is. The key of x is what the rows were sorted by last. */
static size_t write_row(const kerb_events *events, const name_list *lists,
                        const spare_columns *spare, const varying *vary,
                        const kerb_events__keyed *item, bool with_cells, unsigned char *bytes)
{
    size_t row = item->row;
    double weight = events->weight ? events->weight[vary->weight ? row : 0] : 1.0;
    unsigned char *at = bytes;
    at = put_u64(at, item->key);
    at = put_u64(at, kerb_events__key_of_double(events->y[vary->y ? row : 0]));
    at = put_u64(at, kerb_events__key_of_double(weight));
    at = put_u64(at, kerb_events__key_of_int64(events->start[vary->start ? row : 0]));
    *at++ = events->precision[vary->precision ? row : 0];
    for (int k = 0; k < KERB_NAME_KINDS; k++)
        at = put_u32(at, lists[k].rank[events->names[k][vary->names[k] ? row : 0]]);
    for (int c = 0; c < spare->n; c++)
        at = put_u64(at, kerb_events__key_of_int64(spare->columns[c][row]));
    if (with_cells)
        at = put_u64(at, kerb_events__key_of_double(events->cell_m[row]));
    return (size_t)(at - bytes);
}

/* Sort by every column, the last first: as the bytes of the rows, in time linear in their
 * number. The low bytes of names that few rows differ in cost one count each. */
static varying sort_rows(const kerb_events *events, const name_list *lists,
                         const spare_columns *spare, kerb_events__keyed *rows,
                         kerb_events__keyed *scratch)
{
    varying vary = {.y = false};
    size_t n = events->n;
    for (size_t i = 0; events->cell_m && i < n; i++)
        rows[i].key = kerb_events__key_of_double(events->cell_m[rows[i].row]);
    if (events->cell_m)
        kerb_events__sort(rows, scratch, n);
    for (int c = spare->n - 1; c >= 0; c--) {
        for (size_t i = 0; i < n; i++)
            rows[i].key = kerb_events__key_of_int64(spare->columns[c][rows[i].row]);
        kerb_events__sort(rows, scratch, n);
    }
    for (int k = KERB_NAME_KINDS - 1; k >= 0; k--) {
        for (size_t i = 0; i < n; i++)
            rows[i].key = lists[k].rank[events->names[k][rows[i].row]];
        vary.names[k] = kerb_events__sort(rows, scratch, n);
    }
    for (size_t i = 0; i < n; i++)
        rows[i].key = events->precision[rows[i].row];
    vary.precision = kerb_events__sort(rows, scratch, n);
    for (size_t i = 0; i < n; i++)
        rows[i].key = kerb_events__key_of_int64(events->start[rows[i].row]);
    vary.start = kerb_events__sort(rows, scratch, n);
    const double *columns[] = {events->weight, events->y, events->x};
    bool ignored = false, *varies[] = {&vary.weight, &vary.y, &ignored};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        if (!columns[c])
            continue; /* every row weighs 1 */
        for (size_t i = 0; i < n; i++)
            rows[i].key = kerb_events__key_of_double(columns[c][rows[i].row]);
        *varies[c] = kerb_events__sort(rows, scratch, n);
    }
    return vary;
}

static void hash_rows(kerb_sha256 *hash, const kerb_events *events, const name_list *lists,
                      const spare_columns *spare, const varying *vary,
                      const kerb_events__keyed *rows, bool with_cells)
{
    enum { ROWS_AT_ONCE = 64 };
    unsigned char bytes[ROWS_AT_ONCE * MAX_ROW_BYTES];
    size_t n_bytes = 0;
    for (size_t i = 0; i < events->n; i++) {
        if (i + ROWS_AHEAD < events->n)
            prefetch_row(events, vary, rows[i + ROWS_AHEAD].row);
        n_bytes += write_row(events, lists, spare, vary, &rows[i], with_cells, bytes + n_bytes);
        if ((i + 1) % ROWS_AT_ONCE == 0 || i + 1 == events->n) {
            kerb_sha256_add(hash, bytes, n_bytes);
            n_bytes = 0;
        }
    }
}

kerb_status kerb_events_fingerprint(kerb_ctx *ctx, const kerb_events *events, char *hex)
{
    static const char HEAD[] = "kerb events 1\n", CELLS[] = "cells\n";
    bool with_cells = has_cells(events);
    kerb_status status = KERB_OK;
    kerb_sha256 *hash = NULL;
    kerb_events__keyed *rows = NULL, *scratch = NULL;
    name_list lists[KERB_NAME_KINDS] = {{0}};
    spare_columns spare = {0};

    find_spare(events->end, events->n, "end\n", &spare);
    find_spare(events->recorded, events->n, "recorded\n", &spare);
    hash = kerb_sha256_new();
    rows = kerb_alloc_array(events->n, sizeof *rows);
    scratch = kerb_alloc_array(events->n, sizeof *scratch);
    if (!hash || !rows || !scratch) {
        status = kerb_fail_nomem(ctx, "fingerprint of events");
        goto done;
    }
    kerb_sha256_add(hash, HEAD, sizeof HEAD - 1);
    for (int c = 0; c < spare.n; c++)
        kerb_sha256_add(hash, spare.names[c], strlen(spare.names[c]));
    if (with_cells)
        kerb_sha256_add(hash, CELLS, sizeof CELLS - 1);
    for (int k = 0; k < KERB_NAME_KINDS; k++) {
        status = rank_names(ctx, events, k, &lists[k]);
        if (status != KERB_OK)
            goto done;
        hash_names(hash, &lists[k]);
    }
    for (size_t i = 0; i < events->n; i++)
        rows[i].row = i;
    varying vary = sort_rows(events, lists, &spare, rows, scratch);

    hash_number(hash, events->n);
    hash_rows(hash, events, lists, &spare, &vary, rows, with_cells);
    kerb_sha256_hex(hash, hex);
done:
    for (int k = 0; k < KERB_NAME_KINDS; k++) {
        kerb_free(lists[k].rank);
        kerb_free(lists[k].sorted);
    }
    kerb_free(scratch);
    kerb_free(rows);
    kerb_sha256_free(hash);
    return status;
}
