/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef KERB_FUZZ_FILE_H
#define KERB_FUZZ_FILE_H

/** Bytes as a file with a name, for what reads files only; of this process, written anew. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char fuzz_file_path[4096];

static void fuzz_file_remove(void)
{
    unlink(fuzz_file_path);
}

/** Path of the file; NULL when it cannot be written. */
static const char *fuzz_file(const char *extension, const void *data, size_t size)
{
    const char *folder = getenv("TMPDIR");
    if (fuzz_file_path[0] == '\0')
        atexit(fuzz_file_remove);
    snprintf(fuzz_file_path, sizeof fuzz_file_path, "%s/kerb-fuzz-%ld%s",
             folder != NULL ? folder : "/tmp", (long)getpid(), extension);
    FILE *file = fopen(fuzz_file_path, "wb");
    if (file == NULL)
        return NULL;
    size_t n = fwrite(data, 1, size, file);
    return fclose(file) == 0 && n == size ? fuzz_file_path : NULL;
}

#endif
