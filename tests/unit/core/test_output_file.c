/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file appears whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *path, const char *want)
{
    char *got = scratch_read(path, NULL);
    if (!got)
        fail_msg("%s is not there", path);
    assert_string_equal(got, want);
    free(got);
}

#define assert_message(ctx, format, ...)                                                       \
    do {                                                                                       \
        char want[3 * SCRATCH_PATH_BYTES];                                                     \
        snprintf(want, sizeof want, format, __VA_ARGS__);                                      \
        assert_string_equal(kerb_ctx_message(ctx), want);                                      \
    } while (0)

typedef struct place {
    kerb_ctx *ctx;
    char *folder;
} place;

static int set_up(void **state)
{
    place *p = malloc(sizeof *p);
    p->ctx = kerb_ctx_new();
    p->folder = scratch_new();
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    chmod(p->folder, 0777);
    scratch_remove(p->folder);
    kerb_ctx_free(p->ctx);
    free(p);
    return 0;
}

/* FOLDER/STEM.kerb-PID EXTENSION */
static const char *temporary_path(const place *p, const char *stem, long pid, const char *rest)
{
    char name[128];
    snprintf(name, sizeof name, "%s.kerb-%ld%s", stem, pid, rest);
    return scratch_path(p->folder, name);
}

static void output__appears_at_commit_and_not_before(void **state)
{
    place *p = *state;
    const char *target = scratch_path(p->folder, "dens.tif");
    kerb_output *output = NULL;
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_OK);
    write_text(kerb_output_path(output), "pixels");
    assert_false(scratch_exists(target));
    assert_int_equal(kerb_output_commit(p->ctx, output), KERB_OK);
    assert_content(target, "pixels");
    kerb_output_free(output);
    assert_content(target, "pixels");
    assert_int_equal(scratch_count(p->folder), 1);
}

static void output__leaves_nothing_without_a_commit(void **state)
{
    place *p = *state;
    char name[SCRATCH_PATH_BYTES + 16];
    kerb_output *output = NULL;
    assert_int_equal(
        kerb_output_open(p->ctx, scratch_path(p->folder, "dens.tif"), false, &output), KERB_OK);
    write_text(kerb_output_path(output), "half");
    snprintf(name, sizeof name, "%s.aux.xml", kerb_output_path(output));
    write_text(name, "half");
    snprintf(name, sizeof name, "%s-journal", kerb_output_path(output));
    write_text(name, "half");
    kerb_output_free(output);
    assert_int_equal(scratch_count(p->folder), 0);
    kerb_output_free(NULL);
}

static void output__the_temporary_is_hidden_beside_the_target_with_its_extension(void **state)
{
    place *p = *state;
    static const char *const names[][3] = {{"dens.tif", ".dens", ".tif"},
                                           {"dens", ".dens", ""},
                                           {"a.tar.gz", ".a.tar", ".gz"},
                                           {".hidden", "..hidden", ""},
                                           {"x.", ".x", "."}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        kerb_output *output = NULL;
        assert_int_equal(
            kerb_output_open(p->ctx, scratch_path(p->folder, names[i][0]), false, &output),
            KERB_OK);
        assert_string_equal(kerb_output_path(output),
                            temporary_path(p, names[i][1], (long)getpid(), names[i][2]));
        kerb_output_free(output);
    }
}

static void output__an_existing_target_is_kept(void **state)
{
    place *p = *state;
    const char *target = scratch_write(p->folder, "a.csv", "old");
    kerb_output *output = NULL;
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_ERR_EXISTS);
    assert_null(output);
    assert_message(p->ctx, "%s exists already (say --overwrite to replace it)", target);
    assert_int_equal(kerb_output_check(p->ctx, target, false), KERB_ERR_EXISTS);
    assert_int_equal(kerb_output_check(p->ctx, target, true), KERB_OK);
    assert_content(target, "old");
}

static void output__overwriting_replaces_the_whole_file_and_keeps_its_mode(void **state)
{
    place *p = *state;
    const char *target = scratch_write(p->folder, "a.kerb", "a much longer old text");
    struct stat info;
    kerb_output *output = NULL;
    chmod(target, 0600);
    scratch_write(p->folder, "a.kerb.aux.xml", "statistics of the old one");
    scratch_write(p->folder, "a.kerb-journal", "journal of the old one");
    assert_int_equal(kerb_output_open(p->ctx, target, true, &output), KERB_OK);
    write_text(kerb_output_path(output), "new");
    assert_content(target, "a much longer old text");
    assert_int_equal(kerb_output_commit(p->ctx, output), KERB_OK);
    kerb_output_free(output);
    assert_content(target, "new");
    assert_int_equal(stat(target, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(scratch_count(p->folder), 1);
}

static void output__a_target_that_came_meanwhile_is_kept(void **state)
{
    place *p = *state;
    const char *target = scratch_path(p->folder, "a.csv");
    kerb_output *output = NULL;
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_OK);
    write_text(kerb_output_path(output), "ours");
    write_text(target, "theirs");
    assert_int_equal(kerb_output_commit(p->ctx, output), KERB_ERR_EXISTS);
    kerb_output_free(output);
    assert_content(target, "theirs");
    assert_int_equal(scratch_count(p->folder), 1);
}

static void output__a_missing_folder_is_named(void **state)
{
    place *p = *state;
    char folder[SCRATCH_PATH_BYTES];
    kerb_output *output = NULL;
    strcpy(folder, scratch_path(p->folder, "maps"));
    const char *target = scratch_path(folder, "dens.tif");
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_ERR_IO);
    assert_message(p->ctx, "the folder %s does not exist (for %s)", folder, target);
    assert_null(output);
    scratch_write(p->folder, "maps", "a file");
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_ERR_IO);
    assert_message(p->ctx, "%s is not a folder (for %s)", folder, target);
}

static void output__what_is_no_file_is_never_replaced(void **state)
{
    place *p = *state;
    const char *sub = scratch_path(p->folder, "sub");
    assert_int_equal(mkdir(sub, 0777), 0);
    assert_int_equal(kerb_output_check(p->ctx, sub, true), KERB_ERR_IO);
    assert_message(p->ctx, "%s is a folder, not a file", sub);
    const char *pipe = scratch_path(p->folder, "pipe");
    assert_int_equal(mkfifo(pipe, 0666), 0);
    assert_int_equal(kerb_output_check(p->ctx, pipe, true), KERB_ERR_IO);
    assert_message(p->ctx, "%s is no ordinary file", pipe);
    assert_int_equal(kerb_output_check(p->ctx, scratch_path(p->folder, ""), true),
                     KERB_ERR_ARG);
    assert_int_equal(kerb_output_check(p->ctx, "", true), KERB_ERR_ARG);
}

static void output__a_link_stays_and_what_it_names_is_replaced(void **state)
{
    place *p = *state;
    const char *target = scratch_write(p->folder, "deep/real.csv", "old");
    const char *link = scratch_path(p->folder, "link.csv");
    struct stat info;
    kerb_output *output = NULL;
    assert_int_equal(symlink("deep/real.csv", link), 0);
    assert_int_equal(kerb_output_open(p->ctx, link, false, &output), KERB_ERR_EXISTS);
    assert_int_equal(kerb_output_open(p->ctx, link, true, &output), KERB_OK);
    write_text(kerb_output_path(output), "new");
    assert_int_equal(kerb_output_commit(p->ctx, output), KERB_OK);
    kerb_output_free(output);
    assert_content(target, "new");
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));

    const char *dangling = scratch_path(p->folder, "dangling.csv");
    assert_int_equal(symlink("nowhere", dangling), 0);
    assert_int_equal(kerb_output_check(p->ctx, dangling, true), KERB_ERR_IO);
    assert_message(p->ctx, "%s is a link that leads nowhere", dangling);
}

/* a process number that was alive a moment ago and is dead now */
static pid_t find_dead_pid(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
    return child;
}

static void output__temporaries_of_the_dead_are_removed_and_of_the_living_kept(void **state)
{
    place *p = *state;
    long dead = (long)find_dead_pid(), alive = (long)getppid();
    static const char *const rests[] = {".tif", ".tif.aux.xml", ".tif-journal"};
    static const char *const others[][2] = {{".dens", ".png"},
                                            {".other", ".tif"},
                                            {".dens", ".tif.bak"},
                                            {"dens", ".tif"},
                                            {".dens2", ".tif"}};
    for (size_t i = 0; i < 3; i++) {
        write_text(temporary_path(p, ".dens", dead, rests[i]), "left behind");
        write_text(temporary_path(p, ".dens", alive, rests[i]), "in use");
    }
    for (size_t i = 0; i < 5; i++)
        write_text(temporary_path(p, others[i][0], dead, others[i][1]), "not ours");
    scratch_write(p->folder, ".dens.kerb-.tif", "no number");
    scratch_write(p->folder, ".dens.kerb-99999999999999999999.tif", "no process");
    size_t n_kept = 3 + 5 + 2;

    kerb_output *output = NULL;
    assert_int_equal(
        kerb_output_open(p->ctx, scratch_path(p->folder, "dens.tif"), false, &output), KERB_OK);
    assert_int_equal(scratch_count(p->folder), n_kept);
    for (size_t i = 0; i < 3; i++)
        assert_false(scratch_exists(temporary_path(p, ".dens", dead, rests[i])));
    kerb_output_free(output);
    assert_int_equal(scratch_count(p->folder), n_kept);
}

static void output__a_killed_writer_leaves_a_temporary_that_the_next_run_removes(void **state)
{
    place *p = *state;
    const char *target = scratch_path(p->folder, "dens.tif");
    pid_t child = fork();
    if (child == 0) {
        kerb_output *output = NULL;
        if (kerb_output_open(NULL, target, false, &output) != KERB_OK)
            _exit(1);
        int file = open(kerb_output_path(output), O_CREAT | O_WRONLY, 0666);
        _exit(file < 0);
    }
    int how = -1;
    waitpid(child, &how, 0);
    assert_int_equal(how, 0);
    assert_int_equal(scratch_count(p->folder), 1);
    kerb_output *output = NULL;
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_OK);
    assert_int_equal(scratch_count(p->folder), 0);
    kerb_output_free(output);
}

static void output__a_folder_that_cannot_be_written_is_named(void **state)
{
    place *p = *state;
    const char *target = scratch_path(p->folder, "dens.tif");
    assert_int_equal(chmod(p->folder, 0555), 0);
    if (geteuid() != 0) {
        assert_int_equal(kerb_output_check(p->ctx, target, false), KERB_ERR_IO);
        assert_message(p->ctx, "the folder %s cannot be written (for %s): Permission denied",
                       p->folder, target);
        return;
    }
    /* root may write anywhere, so a child becomes nobody */
    pid_t child = fork();
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(2);
        kerb_status status = kerb_output_check(p->ctx, target, false);
        bool is_named = strstr(kerb_ctx_message(p->ctx), "cannot be written (for ") ||
                        strstr(kerb_ctx_message(p->ctx), "cannot be used (for ");
        _exit(status == KERB_ERR_IO && is_named ? 0 : 1);
    }
    int how = -1;
    waitpid(child, &how, 0);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 2)
        skip();
    assert_int_equal(how, 0);
}

static void output__a_commit_of_nothing_is_an_error(void **state)
{
    place *p = *state;
    const char *target = scratch_path(p->folder, "dens.tif");
    kerb_output *output = NULL;
    assert_int_equal(kerb_output_open(p->ctx, target, false, &output), KERB_OK);
    assert_int_equal(kerb_output_commit(p->ctx, output), KERB_ERR_IO);
    assert_message(p->ctx, "%s was not written: No such file or directory", target);
    kerb_output_free(output);
    assert_false(scratch_exists(target));
}

static void output__a_name_without_room_for_the_temporary_is_refused(void **state)
{
    place *p = *state;
    char name[256];
    kerb_output *output = NULL;
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(kerb_output_open(p->ctx, scratch_path(p->folder, name), false, &output),
                     KERB_ERR_IO);
    assert_non_null(strstr(kerb_ctx_message(p->ctx), "the name is too long by"));
}

static void output__a_bare_name_goes_to_the_working_folder(void **state)
{
    place *p = *state;
    char old[SCRATCH_PATH_BYTES];
    kerb_output *output = NULL;
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(p->folder), 0);
    kerb_status status = kerb_output_open(p->ctx, "bare.csv", false, &output);
    if (status == KERB_OK) {
        write_text(kerb_output_path(output), "x");
        status = kerb_output_commit(p->ctx, output);
    }
    kerb_output_free(output);
    assert_int_equal(chdir(old), 0);
    assert_int_equal(status, KERB_OK);
    assert_content(scratch_path(p->folder, "bare.csv"), "x");
}

static void output__an_input_is_never_replaced_by_whatever_name(void **state)
{
    place *p = *state;
    char target[SCRATCH_PATH_BYTES], link[SCRATCH_PATH_BYTES];
    kerb_output *output = NULL;
    strcpy(target, scratch_path(p->folder, "in.csv"));
    strcpy(link, scratch_path(p->folder, "link.csv"));
    write_text(target, "mine");
    assert_int_equal(symlink(target, link), 0);
    assert_int_equal(kerb_output_check(p->ctx, target, true), KERB_OK);
    assert_int_equal(kerb_output_protect(p->ctx, scratch_path(p->folder, "none")), KERB_OK);
    assert_int_equal(kerb_output_protect(p->ctx, target), KERB_OK);
    assert_int_equal(kerb_output_protect(p->ctx, link), KERB_OK);
    assert_int_equal(kerb_output_check(p->ctx, target, true), KERB_ERR_ARG);
    assert_int_equal(kerb_output_open(p->ctx, link, true, &output), KERB_ERR_ARG);
    assert_message(p->ctx, "%s is an input and would be lost: give the output another name",
                   link);
    assert_null(output);
    assert_content(target, "mine");
}

static kerb_status protect_and_check(kerb_ctx *ctx, void *target)
{
    kerb_status status = kerb_output_protect(ctx, "/");
    return status == KERB_OK ? kerb_output_check(ctx, target, false) : status;
}

static kerb_status open_and_close(kerb_ctx *ctx, void *target)
{
    kerb_output *output = NULL;
    kerb_status status = kerb_output_open(ctx, target, false, &output);
    kerb_output_free(output);
    return status;
}

static void output__every_failed_allocation_is_told(void **state)
{
    place *p = *state;
    char target[SCRATCH_PATH_BYTES];
    strcpy(target, scratch_path(p->folder, "dens.tif"));
    assert_true(failing_allocator_walk(open_and_close, target) >= 5);
    assert_true(failing_allocator_walk(protect_and_check, target) >= 1);
}

#define output_test(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        output_test(output__appears_at_commit_and_not_before),
        output_test(output__leaves_nothing_without_a_commit),
        output_test(output__the_temporary_is_hidden_beside_the_target_with_its_extension),
        output_test(output__an_existing_target_is_kept),
        output_test(output__overwriting_replaces_the_whole_file_and_keeps_its_mode),
        output_test(output__a_target_that_came_meanwhile_is_kept),
        output_test(output__a_missing_folder_is_named),
        output_test(output__what_is_no_file_is_never_replaced),
        output_test(output__a_link_stays_and_what_it_names_is_replaced),
        output_test(output__temporaries_of_the_dead_are_removed_and_of_the_living_kept),
        output_test(output__a_killed_writer_leaves_a_temporary_that_the_next_run_removes),
        output_test(output__a_folder_that_cannot_be_written_is_named),
        output_test(output__a_commit_of_nothing_is_an_error),
        output_test(output__a_name_without_room_for_the_temporary_is_refused),
        output_test(output__a_bare_name_goes_to_the_working_folder),
        output_test(output__an_input_is_never_replaced_by_whatever_name),
        output_test(output__every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
