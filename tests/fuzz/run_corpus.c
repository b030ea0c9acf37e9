/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fuzzer without the fuzzer: gives every file of the folders on the command line to the
 * harness it is linked with, so that the corpus runs with any compiler in every build.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The block has exactly the file's size, so that a read past its end is seen by a sanitizer. */
static int run_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);
    int is_read = file && data && fread(data, 1, size, file) == size;
    if (is_read)
        LLVMFuzzerTestOneInput(data, size);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    if (file)
        fclose(file);
    free(data);
    return is_read;
}

int main(int argc, char **argv)
{
    int n_run = 0, n_failed = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            fprintf(stderr, "%s: no such folder\n", argv[i]);
            return 1;
        }
        for (const struct dirent *found; (found = readdir(folder)) != NULL;) {
            char path[4096];
            struct stat info;
            snprintf(path, sizeof path, "%s/%s", argv[i], found->d_name);
            if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
                continue;
            printf("%s\n", path);
            fflush(stdout); /* the last name printed is the one that crashed */
            n_failed += !run_file(path, (size_t)info.st_size);
            n_run++;
        }
        closedir(folder);
    }
    printf("%d inputs\n", n_run);
    return n_failed > 0 || n_run == 0;
}
