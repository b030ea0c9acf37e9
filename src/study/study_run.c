/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A study carried out: store, surfaces, hotspots, beats, into one folder.
 */
#include "study_run.h"

#include <unistd.h>

/* A failed run takes back the folder that it made. */
static void close_run(study_run *r, kerb_status status)
{
    kerb_input_free(r->input);
    kerb_store_close(r->store);
    kerb_study__remove_stage(r);
    if (r->made_folder && status != KERB_OK)
        rmdir(r->folder);
    kerb_free(r->stage);
    kerb_free(r->store_name);
    for (size_t i = 0; i < r->n_names; i++)
        kerb_free(r->names[i]);
    kerb_free(r->names);
    kerb_text_clear(&r->results);
    kerb_text_clear(&r->summary);
    kerb_text_clear(&r->outputs);
    kerb_ingest_report_free(r->total);
}

/* The empty account and the name of the store. */
static kerb_status begin(study_run *r)
{
    kerb_text name = {0};
    char *slug = kerb_study__slug(r->study->name);
    r->total = kerb_calloc_array(1, sizeof *r->total);
    if (r->total != NULL) {
        r->total->by_reason = kerb_tally_new();
        r->total->coarse_place_by_m = kerb_tally_new();
    }
    if (slug == NULL || r->total == NULL || r->total->by_reason == NULL ||
        r->total->coarse_place_by_m == NULL) {
        kerb_free(slug);
        return kerb_fail_nomem(r->ctx, "a study");
    }
    kerb_text_add(&name, slug);
    kerb_text_add(&name, ".sqlite");
    kerb_free(slug);
    return kerb_text_take(r->ctx, &name, &r->store_name);
}

kerb_status kerb_study_run(kerb_ctx *ctx, const kerb_study *study, const char *folder,
                           bool overwrite, char **json, char **summary)
{
    study_run r = {.ctx = ctx,
                   .study = study,
                   .folder = folder != NULL ? folder : study->folder,
                   .overwrite = overwrite};
    char *made_json = NULL, *made_summary = NULL;
    if (r.folder == NULL)
        r.folder = ".";
    kerb_status status = begin(&r);
    if (status == KERB_OK)
        status = kerb_study__open_stage(&r);
    if (status == KERB_OK)
        status = kerb_study__load(&r);
    if (status == KERB_OK)
        status = kerb_study__run_analyses(&r);
    if (status == KERB_OK)
        status = kerb_study__make_json(&r, &made_json);
    if (status == KERB_OK)
        status = kerb_study__make_summary(&r, &made_summary);
    if (status == KERB_OK) {
        /* nothing may hold the store when it gets its name; publishing is the last that can
         * fail
         */
        kerb_input_free(r.input);
        r.input = NULL;
        kerb_store_close(r.store);
        r.store = NULL;
        status = kerb_study__publish(&r);
    }
    if (status == KERB_OK) {
        *json = made_json;
        *summary = made_summary;
        made_json = made_summary = NULL;
    }
    close_run(&r, status);
    kerb_free(made_json);
    kerb_free(made_summary);
    return status;
}
