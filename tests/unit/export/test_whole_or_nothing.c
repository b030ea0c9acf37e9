/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever goes wrong while a file is written, the folder is as it was before, and one line
 * names the file. */
#include "export_scene.h"

#include "failing_allocator.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const names[] = {"x.tif", "x.geojson", "x.gpkg", "x.csv"};
enum { N_NAMES = 4 };

static int set_up(void **state)
{
    scene *s = scene_new();
    s->grid = scene_grid(s->ctx, 300, 600);
    s->set = scene_areas(s->ctx, 800);
    s->layer = scene_layer(s->ctx, s->set, 800);
    *state = s;
    return 0;
}

static kerb_status export_any(kerb_ctx *ctx, void *user)
{
    scene *s = user;
    kerb_export_layer_options options = {.overwrite = s->overwrite, .extra_json = "\"a\":1"};
    if (strstr(s->path, ".tif"))
        return kerb_export_raster(ctx, s->grid, "events per km2", KERB_RASTER_FLOAT32,
                                  &s->stamp, s->path, s->overwrite);
    return kerb_export_layer(ctx, s->layer, &s->stamp, &options, s->path);
}

static void assert_one_line_with(const scene *s, const char *word)
{
    const char *message = kerb_ctx_message(s->ctx);
    assert_null(strchr(message, '\n'));
    assert_null(strstr(message, "Proc")); /* no names of functions */
    assert_null(strstr(message, "sqlite3_"));
    if (strstr(message, word) == NULL)
        fail_msg("\"%s\" does not name %s", message, word);
}

static void a_file_that_may_not_grow__leaves_nothing_at_any_size(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < N_NAMES; i++) {
        size_t n_failed = 0;
        s->path = scratch_path(s->folder, names[i]);
        /* from 1 KiB in steps of a third: each place where a write can fail is met */
        for (double limit = 1024.0;; limit *= 1.3) {
            scene_limit_file_size((rlim_t)limit);
            kerb_status status = export_any(s->ctx, s);
            scene_limit_file_size(RLIM_INFINITY);
            if (status == KERB_OK)
                break;
            n_failed++;
            assert_int_equal(status, KERB_ERR_IO);
            assert_one_line_with(s, "/x."); /* the file or its sidecar */
            assert_int_equal(scratch_count(s->folder), 0);
        }
        assert_true(n_failed > 10);
        s->overwrite = true;
        assert_ok(s->ctx, export_any(s->ctx, s));
        s->overwrite = false;
        scratch_remove(s->folder);
        s->folder = scratch_new();
    }
}

static void a_full_disk__leaves_nothing(void **state)
{
    scene *s = *state;
    char command[SCRATCH_PATH_BYTES + 80];
    const char *disk = scratch_write(s->folder, "disk/x", "");
    unlink(disk);
    snprintf(command, sizeof command,
             "mount -t tmpfs -o size=64k tmpfs '%s/disk' >/dev/null 2>&1", s->folder);
    if (geteuid() != 0 || system(command) != 0) {
        print_message("SKIP a_full_disk__leaves_nothing: no right to mount\n");
        skip();
    }
    const char *folder = scratch_path(s->folder, "disk");
    char kept[SCRATCH_PATH_BYTES];
    snprintf(kept, sizeof kept, "%s", folder);
    kerb_status status[N_NAMES];
    size_t n_left[N_NAMES];
    for (size_t i = 0; i < N_NAMES; i++) {
        s->path = scratch_path(kept, names[i]);
        status[i] = export_any(s->ctx, s);
        n_left[i] = scratch_count(kept);
    }
    snprintf(command, sizeof command, "umount '%s'", kept);
    assert_int_equal(system(command), 0);
    /* the GeoJSON of 800 squares is larger than the disk, and so are the others */
    for (size_t i = 0; i < N_NAMES; i++) {
        assert_int_equal(status[i], KERB_ERR_IO);
        assert_int_equal(n_left[i], 0);
    }
}

static void a_failed_overwrite__leaves_the_old_file(void **state)
{
    scene *s = *state;
    s->overwrite = true;
    for (size_t i = 0; i < N_NAMES; i++) {
        scratch_write(s->folder, names[i], "old");
        s->path = scratch_path(s->folder, names[i]);
        scene_limit_file_size(20000);
        kerb_status status = export_any(s->ctx, s);
        scene_limit_file_size(RLIM_INFINITY);
        assert_int_equal(status, KERB_ERR_IO);
        size_t length;
        char *content = scratch_read(scratch_path(s->folder, names[i]), &length);
        assert_string_equal(content, "old");
        free(content);
        assert_int_equal(scratch_count(s->folder), i + 1);
    }
}

static void an_output_that_exists__is_refused_and_untouched(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < N_NAMES; i++) {
        s->path = scratch_write(s->folder, names[i], "old");
        assert_int_equal(export_any(s->ctx, s), KERB_ERR_EXISTS);
        assert_one_line_with(s, names[i]);
        size_t length;
        char *content = scratch_read(scratch_path(s->folder, names[i]), &length);
        assert_string_equal(content, "old");
        free(content);
    }
    assert_int_equal(scratch_count(s->folder), N_NAMES);
}

static void a_folder_that_is_missing__is_named(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < N_NAMES; i++) {
        char name[64];
        snprintf(name, sizeof name, "nowhere/%s", names[i]);
        s->path = scratch_path(s->folder, name);
        assert_int_equal(export_any(s->ctx, s), KERB_ERR_IO);
        assert_one_line_with(s, "nowhere");
    }
    assert_int_equal(scratch_count(s->folder), 0);
}

/* Run in a child: user 65534 may not write into a folder of root's, or of ours with mode 0555.
 */
static void a_folder_that_cannot_be_written__is_named(void **state)
{
    scene *s = *state;
    assert_int_equal(chmod(s->folder, 0555), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int bad = 0;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        for (size_t i = 0; i < N_NAMES; i++) {
            s->path = scratch_path(s->folder, names[i]);
            bad += export_any(s->ctx, s) != KERB_ERR_IO;
        }
        _exit(bad);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(chmod(s->folder, 0755), 0);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    assert_int_equal(scratch_count(s->folder), 0);
}

static void die_midway(void *user, const char *stage, double share)
{
    (void)stage;
    if (share > *(const double *)user)
        kill(getpid(), SIGKILL);
}

static void a_killed_run__leaves_only_what_the_next_removes(void **state)
{
    scene *s = *state;
    double shares[] = {0.2, 0.7};
    for (size_t i = 0; i < N_NAMES; i++) {
        for (size_t j = 0; j < 2; j++) {
            s->path = scratch_path(s->folder, names[i]);
            fflush(NULL);
            pid_t child = fork();
            if (child == 0) {
                kerb_ctx_set_progress(s->ctx, die_midway, &shares[j]);
                export_any(s->ctx, s);
                _exit(0);
            }
            int result;
            assert_int_equal(waitpid(child, &result, 0), child);
            assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
            /* something is there, and all of it is hidden */
            DIR *folder = opendir(s->folder);
            assert_non_null(folder);
            for (const struct dirent *found; (found = readdir(folder)) != NULL;)
                assert_int_equal(found->d_name[0], '.');
            closedir(folder);
            assert_true(scratch_count(s->folder) > 0);
        }
        s->path = scratch_path(s->folder, names[i]);
        assert_ok(s->ctx, export_any(s->ctx, s));
        bool has_sidecar = i == 0 || i == 3;
        assert_int_equal(scratch_count(s->folder), has_sidecar ? 2 : 1);
        scratch_remove(s->folder);
        s->folder = scratch_new();
    }
}

static void ask_to_stop(void *user, const char *stage, double share)
{
    (void)stage;
    if (share > 0.6)
        kerb_ctx_request_cancel(user);
}

static void a_cancelled_run__leaves_nothing(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < N_NAMES; i++) {
        kerb_ctx *ctx = kerb_ctx_new();
        kerb_ctx_set_progress(ctx, ask_to_stop, ctx);
        s->path = scratch_path(s->folder, names[i]);
        kerb_status status = export_any(ctx, s);
        if (status != KERB_ERR_CANCELLED)
            fail_msg("%s: %s", names[i], kerb_status_name(status));
        assert_int_equal(scratch_count(s->folder), 0);
        kerb_ctx_free(ctx);
    }
}

static void out_of_memory__leaves_nothing(void **state)
{
    scene *s = *state;
    /* a small scene: the walk exports once for each allocation */
    kerb_layer_free(s->layer);
    kerb_areas_set_free(s->set);
    kerb_grid_free(s->grid);
    s->set = scene_areas(s->ctx, 3);
    s->layer = scene_layer(s->ctx, s->set, 3);
    s->grid = scene_grid(s->ctx, 4, 5);
    for (size_t i = 0; i < N_NAMES; i++) {
        s->path = scratch_path(s->folder, names[i]);
        /* whole at the end of the walk, and nothing of the failed runs beside it */
        assert_true(failing_allocator_walk(export_any, s) > 10);
        bool has_sidecar = i == 0 || i == 3;
        assert_int_equal(scratch_count(s->folder), has_sidecar ? 2 : 1);
        scratch_remove(s->folder);
        s->folder = scratch_new();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_may_not_grow__leaves_nothing_at_any_size),
        TEST(a_full_disk__leaves_nothing),
        TEST(a_failed_overwrite__leaves_the_old_file),
        TEST(an_output_that_exists__is_refused_and_untouched),
        TEST(a_folder_that_is_missing__is_named),
        TEST(a_folder_that_cannot_be_written__is_named),
        TEST(a_killed_run__leaves_only_what_the_next_removes),
        TEST(a_cancelled_run__leaves_nothing),
        TEST(out_of_memory__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
