/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes the sample county, an invented one, into a folder: make_sample FOLDER. Whole numbers
 * and fixed seeds only, so the files are the same bytes on every machine; the test
 * checks.sample_county compares them with data/sample.
 */
#include "county.h"

#include <stdio.h>
#include <stdlib.h>

void sample_write_rows(sample_county *county, sample_text *text, const char *folder,
                       const char *path, int n_rows)
{
    if (county->n_files == SAMPLE_MOST_FILES) {
        sample_stop("too many files", path);
    }
    sample_file *file = &county->files[county->n_files++];
    snprintf(file->path, sizeof file->path, "%s", path);
    file->n_rows = n_rows;
    sample_write(text, folder, path);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_sample FOLDER\n");
        return 2;
    }
    static sample_county county;
    sample_make_land(&county.land);
    sample_make_places(&county.places, &county.land);
    sample_make_calendar(&county.calendar);
    sample_make_police(&county);
    sample_make_calls(&county);
    sample_make_collisions(&county);
    sample_make_fire(&county);
    sample_write_police(&county, argv[1]);
    sample_write_later(&county, argv[1]);
    sample_write_calls(&county, argv[1]);
    sample_write_fire(&county, argv[1]);
    sample_write_collisions(&county, argv[1]);
    sample_write_police_uk(&county, argv[1]);
    sample_write_reports(&county, argv[1]);
    sample_write_areas(&county, argv[1]);
    sample_write_tables(&county, argv[1]);
    sample_write_truth(&county, argv[1]);
    printf("%d police, %d calls, %d fire, %d collisions\n", (int)county.police.n,
           (int)county.calls.n, (int)county.fire.n, (int)county.collisions.n);
    sample_free_places(&county.places);
    free(county.police.rows);
    free(county.calls.rows);
    free(county.fire.rows);
    free(county.collisions.rows);
    return 0;
}
