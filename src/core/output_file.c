/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A file that appears whole or not at all: written under a hidden name beside its target,
 * synced, then renamed, which POSIX makes one step. The name keeps the extension last, because
 * GDAL drivers look at it, and holds the process number, so that what a killed run left behind
 * can be told from what a living one is writing.
 *
 *   maps/dens.tif   <-   maps/.dens.kerb-1234.tif
 */
#define _GNU_SOURCE /* renameat2: rename without replacing */
#include "core_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* GDAL's and SQLite's companions of a file; those of a temporary are never kept. */
static const char *const sidecars[] = {".aux.xml", "-journal"};
enum { N_SIDECARS = sizeof sidecars / sizeof sidecars[0] };

struct kerb_output {
    char *target;    /* as the caller said it, for messages */
    char *real;      /* the file that will be replaced: target with a link followed */
    char *folder;    /* of real */
    char *temporary; /* in folder */
    char *real_sidecars[N_SIDECARS]; /* named early: the end must not need memory */
    char *temporary_sidecars[N_SIDECARS];
    bool overwrite;
    bool committed;
};

/* The name's parts: `dens` and `.tif`; a leading dot begins no extension. */
typedef struct name_parts {
    const char *stem, *extension;
    size_t n_stem;
} name_parts;

static name_parts split_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name)
        dot = name + strlen(name);
    return (name_parts){.stem = name, .extension = dot, .n_stem = (size_t)(dot - name)};
}

/* Folder of a path, "." when it names none; owned, NULL when out of memory. */
static char *copy_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return kerb_text_copy(".");
    return kerb_text_copy_n(path, slash == path ? 1 : (size_t)(slash - path));
}

/* What stands at the target: nothing (fine), an ordinary file (fine when overwriting, unless
 * it was read from), or something that a rename would destroy. */
static kerb_status check_target(kerb_ctx *ctx, const char *target, bool overwrite)
{
    struct stat info;
    if (lstat(target, &info) != 0) {
        if (errno == ENOENT)
            return KERB_OK;
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be written: %s", target, strerror(errno));
    }
    if (S_ISLNK(info.st_mode) && stat(target, &info) != 0)
        return kerb_fail(ctx, KERB_ERR_IO, "%s is a link that leads nowhere", target);
    if (S_ISDIR(info.st_mode))
        return kerb_fail(ctx, KERB_ERR_IO, "%s is a folder, not a file", target);
    if (!S_ISREG(info.st_mode))
        return kerb_fail(ctx, KERB_ERR_IO, "%s is no ordinary file", target);
    if (kerb_core__is_input(ctx, &info))
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "%s is an input and would be lost: give the output another name",
                         target);
    if (!overwrite)
        return kerb_fail(ctx, KERB_ERR_EXISTS,
                         "%s exists already (say --overwrite to replace it)", target);
    return KERB_OK;
}

static kerb_status check_folder(kerb_ctx *ctx, const char *target, const char *folder)
{
    struct stat info;
    if (stat(folder, &info) != 0) {
        if (errno == ENOENT)
            return kerb_fail(ctx, KERB_ERR_IO, "the folder %s does not exist (for %s)", folder,
                             target);
        return kerb_fail(ctx, KERB_ERR_IO, "the folder %s cannot be used (for %s): %s", folder,
                         target, strerror(errno));
    }
    if (!S_ISDIR(info.st_mode))
        return kerb_fail(ctx, KERB_ERR_IO, "%s is not a folder (for %s)", folder, target);
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
        return kerb_fail(ctx, KERB_ERR_IO, "the folder %s cannot be written (for %s): %s",
                         folder, target, strerror(errno));
    return KERB_OK;
}

kerb_status kerb_output_check(kerb_ctx *ctx, const char *target, bool overwrite)
{
    kerb_status status = KERB_OK;
    char *folder = copy_folder(target);
    if (!folder)
        return kerb_fail_nomem(ctx, "a path");
    if (split_name(target).stem[0] == '\0') {
        status = kerb_fail(ctx, KERB_ERR_ARG, "'%s' names no file", target);
        goto done;
    }
    status = check_folder(ctx, target, folder);
    if (status == KERB_OK)
        status = check_target(ctx, target, overwrite);
done:
    kerb_free(folder);
    return status;
}

/* Is `name` a temporary of this target, or its sidecar, whose writer is dead? */
static bool is_stale(const char *name, const name_parts *parts)
{
    static const char mark[] = ".kerb-";
    if (name[0] != '.' || strncmp(name + 1, parts->stem, parts->n_stem) != 0)
        return false;
    const char *at = name + 1 + parts->n_stem;
    if (strncmp(at, mark, sizeof mark - 1) != 0)
        return false;
    at += sizeof mark - 1;
    size_t n_pid = strspn(at, "0123456789");
    int64_t pid = 0;
    if (!kerb_parse_int64(at, n_pid, &pid) || pid <= 0 || pid > INT_MAX)
        return false;
    at += n_pid;
    size_t n_extension = strlen(parts->extension);
    if (strncmp(at, parts->extension, n_extension) != 0)
        return false;
    at += n_extension;
    bool is_ours = *at == '\0';
    for (size_t i = 0; i < N_SIDECARS; i++)
        is_ours = is_ours || strcmp(at, sidecars[i]) == 0;
    /* our own number on a file that we have not opened yet was left by an earlier bearer of it
     */
    return is_ours && (pid == getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH));
}

static void remove_stale(const kerb_output *output)
{
    name_parts parts = split_name(output->real);
    DIR *folder = opendir(output->folder);
    if (!folder) /* a folder that can be written but not listed: then they stay */
        return;
    for (const struct dirent *found; (found = readdir(folder)) != NULL;) {
        if (is_stale(found->d_name, &parts))
            unlinkat(dirfd(folder), found->d_name, 0);
    }
    closedir(folder);
}

static kerb_status name_sidecars(kerb_ctx *ctx, const char *path, char *out[N_SIDECARS])
{
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < N_SIDECARS && status == KERB_OK; i++) {
        kerb_text name = {0};
        kerb_text_add(&name, path);
        kerb_text_add(&name, sidecars[i]);
        status = kerb_text_take(ctx, &name, &out[i]);
    }
    return status;
}

static void remove_sidecars(char *const names[N_SIDECARS])
{
    for (size_t i = 0; i < N_SIDECARS; i++) {
        if (names[i])
            unlink(names[i]);
    }
}

static kerb_status make_temporary_name(kerb_ctx *ctx, kerb_output *output)
{
    name_parts parts = split_name(output->real);
    size_t n_folder = (size_t)(parts.stem - output->real); /* with its slash */
    kerb_text name = {0};
    kerb_text_add_n(&name, output->real, n_folder);
    kerb_text_add(&name, ".");
    kerb_text_add_n(&name, parts.stem, parts.n_stem);
    kerb_text_add_format(&name, ".kerb-%ld", (long)getpid());
    kerb_text_add(&name, parts.extension);
    kerb_status status = kerb_text_take(ctx, &name, &output->temporary);
    if (status != KERB_OK)
        return status;
    size_t n_name = strlen(output->temporary) - n_folder;
    if (n_name > NAME_MAX)
        return kerb_fail(
            ctx, KERB_ERR_IO,
            "%s: the name is too long by %zu bytes for the temporary file beside it",
            output->target, n_name - NAME_MAX);
    return KERB_OK;
}

/* The file behind a link, so that the link stays and what it names is replaced. */
static char *follow_link(const char *target)
{
    struct stat info;
    if (lstat(target, &info) != 0 || !S_ISLNK(info.st_mode))
        return kerb_text_copy(target);
    char *real = realpath(target, NULL);
    char *copy = real ? kerb_text_copy(real) : kerb_text_copy(target);
    free(real); /* not from our door */
    return copy;
}

kerb_status kerb_output_open(kerb_ctx *ctx, const char *target, bool overwrite,
                             kerb_output **out)
{
    kerb_output *output = NULL;
    kerb_status status = kerb_output_check(ctx, target, overwrite);
    if (status != KERB_OK)
        goto done;
    output = kerb_calloc_array(1, sizeof *output);
    if (output) {
        output->overwrite = overwrite;
        output->target = kerb_text_copy(target);
        output->real = follow_link(target);
        output->folder = output->real ? copy_folder(output->real) : NULL;
    }
    if (!output || !output->target || !output->real || !output->folder) {
        status = kerb_fail_nomem(ctx, "a path");
        goto done;
    }
    status = check_folder(ctx, target, output->folder); /* again: a link may lead elsewhere */
    if (status != KERB_OK)
        goto done;
    status = make_temporary_name(ctx, output);
    if (status != KERB_OK)
        goto done;
    status = name_sidecars(ctx, output->real, output->real_sidecars);
    if (status != KERB_OK)
        goto done;
    status = name_sidecars(ctx, output->temporary, output->temporary_sidecars);
    if (status != KERB_OK)
        goto done;
    remove_stale(output);
    *out = output;
    output = NULL;
done:
    kerb_output_free(output);
    return status;
}

const char *kerb_output_path(const kerb_output *output)
{
    return output->temporary;
}

static kerb_status sync_path(kerb_ctx *ctx, const kerb_output *output, const char *path,
                             int flags)
{
    kerb_status status = KERB_OK;
    int file = open(path, flags | O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return kerb_fail(ctx, KERB_ERR_IO, "%s was not written: %s", output->target,
                         strerror(errno));
    /* EINVAL: some network file systems cannot sync a folder, which is no loss of data */
    if (fsync(file) != 0 && errno != EINVAL)
        status = kerb_fail(ctx, KERB_ERR_IO, "%s was not written: %s", output->target,
                           strerror(errno));
    close(file);
    return status;
}

static kerb_status rename_into_place(kerb_ctx *ctx, const kerb_output *output)
{
    struct stat old;
    if (output->overwrite) {
        /* a store that only its owner could read stays so; when that fails, nothing is lost */
        if (stat(output->real, &old) == 0 && chmod(output->temporary, old.st_mode & 0777) != 0)
            errno = 0;
    } else {
        /* somebody may have made the target since it was checked */
        if (renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->real, RENAME_NOREPLACE) ==
            0)
            return KERB_OK;
        if (errno == EEXIST)
            return kerb_fail(ctx, KERB_ERR_EXISTS,
                             "%s exists already (say --overwrite to replace it)",
                             output->target);
        /* a file system without that call: look, then rename */
        kerb_status status = check_target(ctx, output->target, false);
        if (status != KERB_OK)
            return status;
    }
    if (rename(output->temporary, output->real) != 0)
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be written: %s", output->target,
                         strerror(errno));
    return KERB_OK;
}

kerb_status kerb_output_commit(kerb_ctx *ctx, kerb_output *output)
{
    kerb_status status = sync_path(ctx, output, output->temporary, 0);
    if (status != KERB_OK)
        return status;
    status = rename_into_place(ctx, output);
    if (status != KERB_OK)
        return status;
    output->committed = true;
    /* statistics or a journal of the file that was replaced would be applied to the new one */
    if (output->overwrite)
        remove_sidecars(output->real_sidecars);
    return sync_path(ctx, output, output->folder, O_DIRECTORY);
}

void kerb_output_free(kerb_output *output)
{
    if (!output)
        return;
    /* a failed open ends here too, perhaps before it had a name */
    if (output->temporary) {
        if (!output->committed)
            unlink(output->temporary);
        remove_sidecars(output->temporary_sidecars);
    }
    for (size_t i = 0; i < N_SIDECARS; i++) {
        kerb_free(output->real_sidecars[i]);
        kerb_free(output->temporary_sidecars[i]);
    }
    kerb_free(output->temporary);
    kerb_free(output->folder);
    kerb_free(output->real);
    kerb_free(output->target);
    kerb_free(output);
}
