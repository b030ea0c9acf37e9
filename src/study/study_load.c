/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a study loads: each import and each set of areas into its store, with one account of all
 * rows.
 */
#include "study_run.h"

#include <string.h>

static void add_records(kerb_ingest_records *total, const kerb_ingest_records *records)
{
    total->collisions += records->collisions;
    total->vehicles += records->vehicles;
    total->casualties += records->casualties;
}

/* Put a report's figures and files into the total; the files change owner. */
static kerb_status add_report(study_run *r, kerb_ingest_report *report)
{
    kerb_ingest_report *total = r->total;
    kerb_status status = KERB_OK;
    size_t n = 0;
    kerb_ingest_file *files =
        kerb_realloc_array(total->files, total->n_files + report->n_files + 1, sizeof *files);
    if (files == NULL)
        return kerb_fail_nomem(r->ctx, "the list of files");
    total->files = files;
    memcpy(files + total->n_files, report->files, report->n_files * sizeof *files);
    total->n_files += report->n_files;
    report->n_files = 0;
    total->read += report->read;
    total->loaded += report->loaded;
    total->rejected += report->rejected;
    total->without_geometry += report->without_geometry;
    total->without_date += report->without_date;
    total->duplicates += report->duplicates;
    total->coarse_place += report->coarse_place;
    total->superseded += report->superseded;
    total->disagreeing_rows += report->disagreeing_rows;
    total->other_vehicles += report->other_vehicles;
    total->other_casualties += report->other_casualties;
    add_records(&total->records, &report->records);
    add_records(&total->stated, &report->stated);
    const kerb_tally_entry *entries = kerb_tally_entries(report->by_reason, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = kerb_tally_add(r->ctx, total->by_reason, entries[i].name, entries[i].count);
    entries = kerb_tally_entries(report->coarse_place_by_m, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status =
            kerb_tally_add(r->ctx, total->coarse_place_by_m, entries[i].name, entries[i].count);
    return status;
}

static kerb_status load_incidents(study_run *r, const kerb_crs *crs)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < r->study->n_imports; i++) {
        const study_import *import = &r->study->imports[i];
        kerb_ingest_options options = {.format = import->format,
                                       .source = import->source,
                                       .nature = import->nature,
                                       .input_crs = import->input_crs,
                                       .crs = crs};
        kerb_ingest_report *report = NULL;
        status = kerb_ingest_import(r->ctx, import->inputs.items, import->inputs.n, &options,
                                    r->store, &report);
        if (status == KERB_OK)
            kerb_study__log_report(r->ctx, report);
        if (status == KERB_OK)
            status = add_report(r, report);
        kerb_ingest_report_free(report);
    }
    return status;
}

static kerb_status load_areas(study_run *r, const kerb_crs *crs)
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; status == KERB_OK && i < r->study->n_areas; i++) {
        const study_areas *areas = &r->study->areas[i];
        kerb_ingest_areas_options options = {.id_field = areas->id,
                                             .name_field = areas->name,
                                             .population_fields = areas->populations.items,
                                             .n_population_fields = areas->populations.n,
                                             .input_crs = areas->input_crs,
                                             .crs = crs};
        kerb_areas_set *set = NULL;
        char sha256[65];
        status = kerb_study__store_areas(r->ctx, r->store, areas->input, areas->set,
                                         areas->role != NULL ? areas->role : "beat", &options,
                                         sha256, &set);
        kerb_areas_set_free(set);
    }
    return status;
}

kerb_status kerb_study__load(study_run *r)
{
    kerb_crs *crs = NULL;
    char *path = NULL;
    double start_s = kerb_wall_time_s();
    const study_import *first = &r->study->imports[0]; /* a study has one */
    kerb_input_options options = {.format = first->format, .input_crs = first->input_crs};
    kerb_status status = kerb_crs_new(r->ctx, r->study->crs, &crs);
    if (status == KERB_OK)
        status = kerb_study__check_working(r->ctx, crs, first->inputs.items, first->inputs.n,
                                           &options);
    if (status == KERB_OK)
        status = kerb_study__add_name(r, r->store_name, &path);
    if (status == KERB_OK)
        status = kerb_store_open(r->ctx, path, KERB_STORE_WRITE, crs, &r->store);
    if (status == KERB_OK)
        status = load_incidents(r, crs);
    if (status == KERB_OK)
        status = load_areas(r, crs);
    if (status == KERB_OK)
        status = kerb_input__from_store(r->ctx, r->store, &r->input);
    r->read_s = kerb_wall_time_s() - start_s;
    kerb_crs_free(crs);
    kerb_free(path);
    return status;
}
