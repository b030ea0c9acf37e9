/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_TEST_INGEST_SCENE_H
#define KERB_TEST_INGEST_SCENE_H

/* Files written by a test, read into memory: the table and the report, and the law of every
 * import. */

#include "ingest_internal.h"
#include "near.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

typedef struct scene {
    kerb_ctx *ctx;
    kerb_crs *crs;
    kerb_events *events;
    kerb_ingest_report *report;
    kerb_ingest_options options;
    char log[8192];
} scene;

static inline void scene_log(void *user, kerb_log_level level, const char *line)
{
    scene *s = user;
    if (level == KERB_LOG_WARNING && strlen(s->log) + strlen(line) + 2 < sizeof s->log) {
        strcat(s->log, line);
        strcat(s->log, "\n");
    }
}

static inline scene scene_open_in(const char *crs)
{
    scene s = {.ctx = kerb_ctx_new()};
    assert_non_null(s.ctx);
    assert_int_equal(kerb_crs_new(s.ctx, crs, &s.crs), KERB_OK);
    s.options.crs = s.crs;
    return s;
}

static inline scene scene_open(void)
{
    return scene_open_in("EPSG:27700");
}

static inline void scene_forget(scene *s)
{
    kerb_events_free(s->events);
    kerb_ingest_report_free(s->report);
    s->events = NULL;
    s->report = NULL;
    s->log[0] = '\0';
}

static inline void scene_close(scene *s)
{
    scene_forget(s);
    kerb_crs_free(s->crs);
    kerb_ctx_free(s->ctx);
}

/* read = loaded + rejected, in all and in every file; reasons add up; the table has what was
 * loaded. */
static inline void scene_check_sums(const scene *s)
{
    const kerb_ingest_report *r = s->report;
    uint64_t read = 0, loaded = 0, rejected = 0, of_reasons = 0;
    size_t n = 0;
    assert_int_equal(r->read, r->loaded + r->rejected);
    for (size_t i = 0; i < r->n_files; i++) {
        const kerb_ingest_file *f = &r->files[i];
        assert_int_equal(f->read, f->loaded + f->rejected);
        assert_true(f->duplicates <= f->rejected);
        assert_true(f->without_geometry <= f->loaded);
        assert_int_equal(f->duplicates, kerb_tally_get(f->by_reason, "repeated_reference"));
        read += f->read;
        loaded += f->loaded;
        rejected += f->rejected;
    }
    assert_int_equal(read, r->read);
    assert_int_equal(loaded, r->loaded);
    assert_int_equal(rejected, r->rejected);
    const kerb_tally_entry *reasons = kerb_tally_entries(r->by_reason, &n);
    for (size_t i = 0; i < n; i++) {
        of_reasons += reasons[i].count;
    }
    assert_int_equal(of_reasons, r->rejected + r->without_geometry);
    if (s->events != NULL) {
        /* rows of vehicles and casualties are loaded and no events; with a row per casualty the
           collisions are */
        uint64_t n_events = 0;
        for (size_t i = 0; i < r->n_files; i++) {
            const kerb_ingest_records *linked = &r->files[i].records;
            bool is_linked = linked->vehicles + linked->casualties > 0 &&
                             (s->options.format == NULL ||
                              strcmp(s->options.format, "stats19-casualties") != 0);
            n_events += linked->collisions > 0 ? linked->collisions
                        : is_linked            ? 0
                                               : r->files[i].loaded;
        }
        assert_int_equal(s->events->n, n_events);
        assert_int_equal(kerb_events_count_located(s->events), n_events - r->without_geometry);
    }
}

static inline kerb_status scene_read_many(scene *s, const char *const *paths, size_t n)
{
    scene_forget(s);
    kerb_ctx_set_log(s->ctx, scene_log, s);
    kerb_status status =
        kerb_ingest_read(s->ctx, paths, n, &s->options, &s->events, &s->report);
    if (status == KERB_OK) {
        scene_check_sums(s);
    } else {
        assert_null(s->events);
        assert_true(kerb_ctx_message(s->ctx)[0] != '\0');
        assert_null(strchr(kerb_ctx_message(s->ctx), '\n'));
    }
    return status;
}

static inline kerb_status scene_read(scene *s, const char *path)
{
    return scene_read_many(s, &path, 1);
}

/* Reads it well, or says why not. */
static inline void scene_read_well(scene *s, const char *path)
{
    kerb_status status = scene_read(s, path);
    if (status != KERB_OK) {
        fail_msg("%s: %s", path, kerb_ctx_message(s->ctx));
    }
}

static inline void assert_message_has(const scene *s, const char *piece)
{
    if (strstr(kerb_ctx_message(s->ctx), piece) == NULL) {
        fail_msg("'%s' is not in: %s", piece, kerb_ctx_message(s->ctx));
    }
}

static inline const char *scene_name(const scene *s, kerb_name_kind kind, size_t row)
{
    return kerb_events_name(s->events, kind, s->events->names[kind][row]);
}

static inline uint64_t scene_reason(const scene *s, const char *reason)
{
    return kerb_tally_get(s->report->by_reason, reason);
}

#endif
