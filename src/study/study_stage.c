/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The folder of a study. All files are made in a hidden folder inside the output folder,
 * `.kerb-study-<pid>`, and moved to their names only when the last one is whole; what a killed
 * run leaves behind is such a folder, and the next run removes it.
 */
#include "study_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGE_PREFIX ".kerb-study-"
/* What a file of the stage replaces waits there under this name until all are moved. */
#define OLD_PREFIX ".old-"

char *kerb_study__finish(kerb_text *text)
{
    if (!text->failed)
        return text->data;
    kerb_text_clear(text);
    return NULL;
}

char *kerb_study__join(const char *folder, const char *name)
{
    kerb_text text = {0};
    kerb_text_add(&text, folder);
    kerb_text_add(&text, "/");
    kerb_text_add(&text, name);
    return kerb_study__finish(&text);
}

/* Remove a stage with its files. A link in its place is left alone: what it leads to is not
 * ours.
 */
static void remove_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(fd, entry->d_name, 0);
    closedir(folder);
    rmdir(path);
}

/* Remove what a run that was killed left behind. Our own number on a stage that we have not
 * made yet was left by an earlier bearer of it: in a container every run has the same. */
static void remove_stale_stages(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        int64_t pid = 0;
        const char *number = entry->d_name + strlen(STAGE_PREFIX);
        if (strncmp(entry->d_name, STAGE_PREFIX, strlen(STAGE_PREFIX)) != 0)
            continue;
        if (!kerb_parse_int64(number, strlen(number), &pid) || pid <= 0 || pid > INT32_MAX)
            continue;
        if (pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno != ESRCH))
            continue;
        char *stale = kerb_study__join(path, entry->d_name);
        if (stale != NULL)
            remove_folder(stale);
        kerb_free(stale);
    }
    closedir(folder);
}

kerb_status kerb_study__open_stage(study_run *r)
{
    char name[64];
    r->made_folder = mkdir(r->folder, 0777) == 0;
    if (!r->made_folder && errno != EEXIST)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot make the output folder %s: %s", r->folder,
                         strerror(errno));
    remove_stale_stages(r->folder);
    snprintf(name, sizeof name, STAGE_PREFIX "%ld", (long)getpid());
    char *stage = kerb_study__join(r->folder, name);
    if (stage == NULL)
        return kerb_fail_nomem(r->ctx, "a path");
    if (mkdir(stage, 0777) != 0) {
        kerb_free(stage);
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot write in the output folder %s: %s",
                         r->folder, strerror(errno));
    }
    r->stage = stage;
    return KERB_OK;
}

/* Refuse a name that is taken, before the work that would fill it. */
static kerb_status check_free(study_run *r, const char *name)
{
    struct stat info;
    char *path = kerb_study__join(r->folder, name);
    kerb_status status = KERB_OK;
    if (path == NULL)
        return kerb_fail_nomem(r->ctx, "a path");
    if (lstat(path, &info) == 0) {
        if (!r->overwrite)
            status = kerb_fail(r->ctx, KERB_ERR_EXISTS,
                               "%s exists already (say --overwrite to replace it)", path);
        else if (S_ISDIR(info.st_mode))
            status = kerb_fail(r->ctx, KERB_ERR_IO,
                               "%s is a folder and cannot be replaced by a file", path);
    }
    if (status == KERB_OK) /* nor may an input of the study be replaced */
        status = kerb_output_check(r->ctx, path, r->overwrite);
    kerb_free(path);
    return status;
}

kerb_status kerb_study__add_name(study_run *r, const char *name, char **path)
{
    for (size_t i = 0; i < r->n_names; i++)
        if (strcmp(r->names[i], name) == 0)
            return kerb_fail(
                r->ctx, KERB_ERR_ARG,
                "two entries of the study would both write %s: give them different names",
                name);
    kerb_status status = check_free(r, name);
    if (status != KERB_OK)
        return status;
    if (r->n_names == r->capacity) {
        size_t capacity = r->capacity ? r->capacity * 2 : 16;
        char **names = kerb_realloc_array(r->names, capacity, sizeof *names);
        if (names == NULL)
            return kerb_fail_nomem(r->ctx, "the list of outputs");
        r->names = names;
        r->capacity = capacity;
    }
    r->names[r->n_names] = kerb_text_copy(name);
    *path = kerb_study__join(r->stage, name);
    if (r->names[r->n_names] == NULL || *path == NULL) {
        kerb_free(r->names[r->n_names]);
        kerb_free(*path);
        *path = NULL;
        return kerb_fail_nomem(r->ctx, "a path");
    }
    r->n_names++;
    return KERB_OK;
}

/* The files of the stage, hidden ones left out. */
static kerb_status list_stage(study_run *r, char ***out, size_t *n_out)
{
    DIR *stage = opendir(r->stage);
    char **names = NULL;
    size_t n = 0;
    kerb_status status = KERB_OK;
    if (stage == NULL)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot read %s: %s", r->stage, strerror(errno));
    for (struct dirent *entry = readdir(stage); status == KERB_OK && entry != NULL;
         entry = readdir(stage)) {
        if (entry->d_name[0] == '.')
            continue;
        char **grown = kerb_realloc_array(names, n + 1, sizeof *names);
        if (grown != NULL)
            names = grown;
        char *name = grown != NULL ? kerb_text_copy(entry->d_name) : NULL;
        if (name == NULL)
            status = kerb_fail_nomem(r->ctx, "the list of outputs");
        else
            names[n++] = name;
    }
    closedir(stage);
    *out = names;
    *n_out = n;
    return status;
}

/* Take back what move_one() did. */
static void move_back(int from, int to, const char *name, const char *old_name)
{
    (void)renameat(to, name, from, name);
    (void)renameat(from, old_name, to, name); /* fails where nothing was replaced */
}

static kerb_status move_one(study_run *r, int from, int to, const char *name,
                            const char *old_name)
{
    if (renameat(to, name, from, old_name) != 0 && errno != ENOENT)
        return kerb_fail(r->ctx, KERB_ERR_IO, "cannot replace %s/%s: %s", r->folder, name,
                         strerror(errno));
    if (renameat(from, name, to, name) == 0)
        return KERB_OK;
    kerb_status status =
        kerb_fail(r->ctx, KERB_ERR_IO, "cannot move a finished file to %s/%s: %s", r->folder,
                  name, strerror(errno));
    (void)renameat(from, old_name, to, name);
    return status;
}

/* Move files from one open folder to another, all or none: a move that fails takes the earlier
 * ones back. No memory is asked for on the way. */
static kerb_status move_files(study_run *r, int from, int to, char *const *names, size_t n)
{
    kerb_status status = KERB_OK;
    size_t n_moved = 0;
    char **old_names = kerb_calloc_array(n + 1, sizeof *old_names);
    for (size_t i = 0; old_names != NULL && i < n; i++) {
        kerb_text text = {0};
        kerb_text_add(&text, OLD_PREFIX);
        kerb_text_add(&text, names[i]);
        status = kerb_text_take(r->ctx, &text, &old_names[i]);
        if (status != KERB_OK)
            break;
    }
    if (old_names == NULL)
        return kerb_fail_nomem(r->ctx, "the list of outputs");
    while (status == KERB_OK && n_moved < n) {
        status = move_one(r, from, to, names[n_moved], old_names[n_moved]);
        n_moved += status == KERB_OK;
    }
    for (size_t i = n_moved; status != KERB_OK && i-- > 0;)
        move_back(from, to, names[i], old_names[i]);
    for (size_t i = 0; i < n; i++)
        kerb_free(old_names[i]);
    kerb_free(old_names);
    return status;
}

kerb_status kerb_study__publish(study_run *r)
{
    char **names = NULL;
    size_t n = 0;
    int from = open(r->stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int to = open(r->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    kerb_status status = from < 0 || to < 0 ? kerb_fail(r->ctx, KERB_ERR_IO,
                                                        "cannot open the output folder %s: %s",
                                                        r->folder, strerror(errno))
                                            : list_stage(r, &names, &n);
    for (size_t i = 0; status == KERB_OK && i < n; i++)
        status = check_free(r, names[i]);
    if (status == KERB_OK)
        status = move_files(r, from, to, names, n);
    for (size_t i = 0; i < n; i++)
        kerb_free(names[i]);
    kerb_free(names);
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return status;
}

void kerb_study__remove_stage(study_run *r)
{
    if (r->stage != NULL)
        remove_folder(r->stage);
}
