/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scratch folders for tests: mkdtemp below the working folder, removed by nftw from the leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *scratch_new(void)
{
    char working[SCRATCH_PATH_BYTES / 2];
    if (!getcwd(working, sizeof working))
        fail_msg("no working folder: %s", strerror(errno));
    char *folder = malloc(SCRATCH_PATH_BYTES);
    assert_non_null(folder);
    snprintf(folder, SCRATCH_PATH_BYTES, "%s/scratch-XXXXXX", working);
    if (!mkdtemp(folder))
        fail_msg("no scratch folder %s: %s", folder, strerror(errno));
    return folder;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void scratch_remove(char *folder)
{
    if (!folder)
        return;
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

int scratch_setup(void **state)
{
    *state = scratch_new();
    return 0;
}

int scratch_teardown(void **state)
{
    scratch_remove(*state);
    *state = NULL;
    return 0;
}

const char *scratch_path(const char *folder, const char *name)
{
    static char paths[8][SCRATCH_PATH_BYTES];
    static size_t turn;
    char *path = paths[turn++ % 8];
    int n = snprintf(path, SCRATCH_PATH_BYTES, "%s/%s", folder, name);
    assert_true(n > 0 && n < SCRATCH_PATH_BYTES);
    return path;
}

/* Every folder between FOLDER and the file. */
static void make_folders(const char *path, size_t n_folder)
{
    char part[SCRATCH_PATH_BYTES];
    for (const char *slash = strchr(path + n_folder + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        size_t n = (size_t)(slash - path);
        memcpy(part, path, n);
        part[n] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            fail_msg("no folder %s: %s", part, strerror(errno));
    }
}

const char *scratch_write_bytes(const char *folder, const char *name, const void *data,
                                size_t length)
{
    const char *path = scratch_path(folder, name);
    make_folders(path, strlen(folder));
    FILE *file = fopen(path, "wb");
    if (!file)
        fail_msg("cannot write %s: %s", path, strerror(errno));
    bool is_whole = length == 0 || fwrite(data, 1, length, file) == length;
    if (fclose(file) != 0 || !is_whole)
        fail_msg("cannot write %s: %s", path, strerror(errno));
    return path;
}

const char *scratch_write(const char *folder, const char *name, const char *text)
{
    return scratch_write_bytes(folder, name, text, strlen(text));
}

char *scratch_read(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    size_t used = 0, capacity = 4096;
    if (!file)
        return NULL;
    char *data = malloc(capacity + 1);
    assert_non_null(data);
    for (size_t n; (n = fread(data + used, 1, capacity - used, file)) > 0;) {
        used += n;
        if (used == capacity) {
            capacity *= 2;
            data = realloc(data, capacity + 1);
            assert_non_null(data);
        }
    }
    fclose(file);
    data[used] = '\0';
    if (length)
        *length = used;
    return data;
}

bool scratch_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

size_t scratch_count(const char *folder)
{
    size_t n = 0;
    DIR *entries = opendir(folder);
    assert_non_null(entries);
    while (readdir(entries) != NULL)
        n++;
    closedir(entries);
    return n - 2;
}
