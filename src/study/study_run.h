/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STUDY_RUN_H
#define STUDY_RUN_H

/** What the files that carry out a study share: the run, its folder (study_stage.c), what it
 * loads (study_load.c), what it computes (study_analyses.c) and what it tells
 * (study_account.c). */

#include "study_file.h"

/** A study being carried out. */
typedef struct study_run {
    kerb_ctx *ctx;
    const kerb_study *study;
    const char *folder;
    char *stage;      /* the hidden folder */
    char *store_name; /* file name of the store */
    bool overwrite;
    kerb_store *store;
    kerb_input *input;
    kerb_ingest_report *total; /* of all imports */
    bool made_folder;
    kerb_text results, summary, outputs;
    double read_s, compute_s, compute_cpu_s, write_s; /* sums over import and results */
    char **names;                                     /* file names made so far, in the stage */
    size_t n_names, capacity;
} study_run;

/** The text, NULL when memory ran out on the way; owned. */
char *kerb_study__finish(kerb_text *text);
/** "FOLDER/NAME", NULL when memory ran out; owned. */
char *kerb_study__join(const char *folder, const char *name);

/** Make the output folder and the hidden folder in it, after removing those of dead runs. */
kerb_status kerb_study__open_stage(study_run *r);
/** Take the right to make a file of this name in the stage; gives its path there (owned). */
kerb_status kerb_study__add_name(study_run *r, const char *name, char **path);
/** Every file of the stage gets its name. Checked first, so that a refusal moves nothing. */
kerb_status kerb_study__publish(study_run *r);
/** Remove the stage with its files, if there is one. */
void kerb_study__remove_stage(study_run *r);

/** Incidents and areas into the store, and the store as the input of the analyses. */
kerb_status kerb_study__load(study_run *r);
/** All entries of the study, in its order of kinds. */
kerb_status kerb_study__run_analyses(study_run *r);

/** The result as JSON, and in words; owned. */
kerb_status kerb_study__make_json(study_run *r, char **json);
kerb_status kerb_study__make_summary(study_run *r, char **summary);

#endif
