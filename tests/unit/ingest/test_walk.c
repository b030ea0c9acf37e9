/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files are found behind an input, in which order, and what is said of the others. */
#include "ingest_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROWS "easting,northing,type\n485900,308700,Arson\n485901,308701,Arson\n"

static void write_u16(unsigned char **p, unsigned value)
{
    *(*p)++ = (unsigned char)(value & 0xFF);
    *(*p)++ = (unsigned char)(value >> 8);
}

static void write_u32(unsigned char **p, uint32_t value)
{
    write_u16(p, value & 0xFFFF);
    write_u16(p, value >> 16);
}

static uint32_t crc32_of(const char *data, size_t n)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < n; i++) {
        crc ^= (unsigned char)data[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

/* A zip of stored members; `told_size` 0: the true size. */
static const char *write_zip(const char *folder, const char *name, const char *const *names,
                             const char *const *texts, size_t n, uint32_t told_size)
{
    unsigned char *data = calloc(1, 1 << 20), *p = data;
    uint32_t offsets[16];
    assert_non_null(data);
    for (size_t i = 0; i < n; i++) {
        uint32_t size = (uint32_t)strlen(texts[i]);
        offsets[i] = (uint32_t)(p - data);
        write_u32(&p, 0x04034B50);
        write_u16(&p, 20), write_u16(&p, 0), write_u16(&p, 0), write_u32(&p, 0);
        write_u32(&p, crc32_of(texts[i], size));
        write_u32(&p, size), write_u32(&p, size);
        write_u16(&p, (unsigned)strlen(names[i])), write_u16(&p, 0);
        memcpy(p, names[i], strlen(names[i]));
        p += strlen(names[i]);
        memcpy(p, texts[i], size);
        p += size;
    }
    uint32_t start = (uint32_t)(p - data);
    for (size_t i = 0; i < n; i++) {
        uint32_t size = (uint32_t)strlen(texts[i]);
        write_u32(&p, 0x02014B50);
        write_u16(&p, 20), write_u16(&p, 20), write_u16(&p, 0), write_u16(&p, 0);
        write_u32(&p, 0);
        write_u32(&p, crc32_of(texts[i], size));
        write_u32(&p, size), write_u32(&p, told_size != 0 ? told_size : size);
        write_u16(&p, (unsigned)strlen(names[i]));
        write_u16(&p, 0), write_u16(&p, 0), write_u16(&p, 0), write_u16(&p, 0);
        write_u32(&p, 0), write_u32(&p, offsets[i]);
        memcpy(p, names[i], strlen(names[i]));
        p += strlen(names[i]);
    }
    uint32_t length = (uint32_t)(p - data) - start;
    write_u32(&p, 0x06054B50);
    write_u16(&p, 0), write_u16(&p, 0);
    write_u16(&p, (unsigned)n), write_u16(&p, (unsigned)n);
    write_u32(&p, length), write_u32(&p, start), write_u16(&p, 0);
    const char *path = scratch_write_bytes(folder, name, data, (size_t)(p - data));
    free(data);
    return path;
}

static const kerb_ingest_file *find_file(const scene *s, const char *name)
{
    for (size_t i = 0; i < s->report->n_files; i++) {
        if (strcmp(s->report->files[i].name, name) == 0 ||
            (s->report->files[i].member != NULL &&
             strcmp(s->report->files[i].member, name) == 0)) {
            return &s->report->files[i];
        }
    }
    fail_msg("%s is not in the report", name);
    return NULL;
}

static void walk__a_folder_is_read_in_byte_order_of_path(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/b/1.csv", "x,y\n1000,1\n");
    scratch_write(*state, "in/a/2.csv", "x,y\n1000,2\n");
    scratch_write(*state, "in/a-b.csv", "x,y\n1000,3\n");
    scratch_write(*state, "in/B.csv", "x,y\n1000,4\n");
    scratch_write(*state, "in/a/deep/er/3.tsv", "x\ty\n1000\t5\n");
    scene_read_well(&s, scratch_path(*state, "in"));
    static const char *const want[] = {"B.csv", "a-b.csv", "a/2.csv", "a/deep/er/3.tsv",
                                       "b/1.csv"};
    assert_int_equal(s.report->n_files, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(s.report->files[i].name, want[i]);
        assert_null(s.report->files[i].skipped);
    }
    static const double order[] = {4, 3, 2, 5, 1};
    for (size_t i = 0; i < 5; i++) {
        assert_near_abs(s.events->y[i], order[i], 0.0);
    }
    scene_close(&s);
}

static void walk__what_is_not_read_is_listed_with_its_reason(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/good.csv", ROWS);
    scratch_write(*state, "in/2020-01-x-outcomes.csv", "Crime ID,Month\na,2020-01\n");
    scratch_write(*state, "in/2020-01-x-stop-and-search.csv", "Type,Date\na,2020-01\n");
    scratch_write(*state, "in/notes.docx", "PK");
    scratch_write(*state, "in/no-columns.csv", "a,b\n1,2\n");
    scratch_write(*state, "in/empty.csv", "");
    scratch_write_bytes(*state, "in/picture.csv", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", 18);
    scratch_write(*state, "in/.hidden.csv", ROWS);
    scratch_write(*state, "in/copy of good.csv", ROWS);
    scene_read_well(&s, scratch_path(*state, "in"));
    static const struct {
        const char *name, *reason;
        bool warned;
    } want[] = {{"2020-01-x-outcomes.csv", "outcomes file", false},
                {"2020-01-x-stop-and-search.csv", "stop and search file", false},
                {"notes.docx", "not a kind kerb reads", true},
                {"no-columns.csv", "no columns of coordinates", true},
                {"empty.csv", "an empty file", true},
                {"picture.csv", "not a kind kerb reads", true},
                {"good.csv", "already loaded", false}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const kerb_ingest_file *file = find_file(&s, want[i].name);
        if (file->skipped == NULL || strcmp(file->skipped, want[i].reason) != 0 ||
            file->warned != want[i].warned) {
            fail_msg("%s: %s", want[i].name, file->skipped != NULL ? file->skipped : "read");
        }
    }
    assert_int_equal(s.report->n_files, 8);
    assert_int_equal(s.report->loaded, 2);
    s.options.again = true;
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->loaded, 4);
    scene_close(&s);
}

static void walk__nothing_readable_is_an_error(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/notes.docx", "PK");
    assert_int_equal(scene_read(&s, scratch_path(*state, "in")), KERB_ERR_EMPTY);
    assert_message_has(&s, "notes.docx");
    assert_non_null(s.report); /* tells what was left out */
    assert_int_equal(s.report->n_files, 1);
    const char *outcomes = scratch_write(*state, "2020-01-x-outcomes.csv", "a\n");
    assert_int_equal(scene_read(&s, outcomes), KERB_ERR_EMPTY);
    assert_message_has(&s, "outcomes file");
    const char *png = scratch_write_bytes(*state, "p.csv", "\x89PNG\r\n\x1a\n\0\0\0\r", 12);
    assert_int_equal(scene_read(&s, png), KERB_ERR_EMPTY);
    assert_int_equal(mkdir(scratch_path(*state, "void"), 0777), 0);
    assert_int_equal(scene_read(&s, scratch_path(*state, "void")), KERB_ERR_EMPTY);
    assert_int_equal(scene_read(&s, scratch_path(*state, "missing.csv")), KERB_ERR_NOT_FOUND);
    assert_message_has(&s, "missing.csv");
    scene_close(&s);
}

static void walk__links_in_a_circle_end(void **state)
{
    scene s = scene_open();
    scratch_write(*state, "in/a/good.csv", ROWS);
    assert_int_equal(symlink("..", scratch_path(*state, "in/a/up")), 0);
    assert_int_equal(symlink("a", scratch_path(*state, "in/other")), 0);
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_int_equal(s.report->loaded,
                     2); /* the same bytes by another path are not loaded twice */
    assert_string_equal(find_file(&s, "a/good.csv")->format, "delimited");
    assert_string_equal(find_file(&s, "other/good.csv")->skipped, "already loaded");
    assert_int_equal(symlink("nowhere.csv", scratch_path(*state, "in/broken.csv")), 0);
    assert_int_equal(scene_read(&s, scratch_path(*state, "in")), KERB_ERR_IO);
    assert_message_has(&s, "broken.csv");
    scene_close(&s);
}

/* Root reads everything, so this runs as nobody in a child. */
static void walk__an_unreadable_file_is_an_error_that_names_it(void **state)
{
    const char *path = scratch_write(*state, "locked.csv", ROWS);
    assert_int_equal(chmod(path, 0), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        int file = -1;
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
            _exit(77);
        }
        if ((file = open(path, O_RDONLY)) >= 0 || errno == ENOENT) {
            _exit(77);
        }
        kerb_ctx *ctx = kerb_ctx_new();
        kerb_ingest__stream *stream = NULL;
        kerb_status status = kerb_ingest__stream_open(ctx, path, "locked.csv", 0, &stream);
        bool is_good = status == KERB_ERR_IO &&
                       strstr(kerb_ctx_message(ctx), "locked.csv cannot be read") != NULL;
        kerb_ctx_free(ctx);
        _exit(is_good ? 0 : 1);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    if (WEXITSTATUS(how) == 77) {
        print_message("cannot become nobody here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(how), 0);
}

static void walk__a_pipe_is_refused(void **state)
{
    scene s = scene_open();
    assert_int_equal(mkfifo(scratch_path(*state, "pipe.csv"), 0600), 0);
    assert_int_equal(scene_read(&s, scratch_path(*state, "pipe.csv")), KERB_ERR_FORMAT);
    assert_message_has(&s, "pipe");
    scratch_write(*state, "in/good.csv", ROWS);
    assert_int_equal(mkfifo(scratch_path(*state, "in/pipe.csv"), 0600), 0);
    scene_read_well(&s, scratch_path(*state, "in"));
    assert_string_equal(find_file(&s, "pipe.csv")->skipped, "not a file");
    scene_close(&s);
}

static void walk__a_zip_is_read_with_its_folders(void **state)
{
    static const char *const names[] = {"2020-02/2020-02-x-outcomes.csv", "2020-02/b.csv",
                                        "2020-01/a.csv", "__MACOSX/2020-01/._a.csv",
                                        "read me.md"};
    static const char *const texts[] = {"a\n", "x,y\n1000,2\n", "x,y\n1000,1\n1000,3\n", "junk",
                                        "# hello"};
    scene s = scene_open();
    const char *zip = write_zip(*state, "in.zip", names, texts, 5, 0);
    scene_read_well(&s, zip);
    assert_int_equal(s.report->n_files, 4);
    assert_string_equal(s.report->files[0].member, "2020-01/a.csv");
    assert_string_equal(s.report->files[0].name, "in.zip");
    assert_string_equal(s.report->files[0].source, "a");
    assert_string_equal(s.report->files[1].skipped, "outcomes file");
    assert_string_equal(s.report->files[2].member, "2020-02/b.csv");
    assert_string_equal(s.report->files[3].skipped, "not a kind kerb reads");
    assert_int_equal(s.report->loaded, 3);
    /* the hash is that of the member's bytes: the loose file is the same file */
    const char *both[2] = {zip, scratch_write(*state, "loose.csv", "x,y\n1000,2\n")};
    assert_int_equal(scene_read_many(&s, both, 2), KERB_OK);
    assert_int_equal(s.report->loaded, 3);
    assert_string_equal(find_file(&s, "loose.csv")->skipped, "already loaded");
    assert_int_equal(scratch_count(*state), 2); /* nothing was unpacked */
    scene_close(&s);
}

static void walk__a_zip_that_would_fill_the_disk_is_refused(void **state)
{
    static const char *const names[] = {"a.csv"};
    static const char *const texts[] = {"x,y\n1,2\n"};
    scene s = scene_open();
    const char *zip = write_zip(*state, "bomb.zip", names, texts, 1, 2000000000u);
    assert_int_equal(scene_read(&s, zip), KERB_ERR_FORMAT);
    assert_message_has(&s, "bomb.zip unpacks to more than");
    assert_int_equal(kerb_ingest__unpacked_limit(1), 10u << 20);
    assert_int_equal(kerb_ingest__unpacked_limit(1000000), 100000000u);
    assert_int_equal(kerb_ingest__unpacked_limit(UINT64_MAX), 20000000000u);
    scene_close(&s);
}

static void walk__a_damaged_zip_is_an_error(void **state)
{
    scene s = scene_open();
    const char *path = scratch_write(*state, "no.zip", "this is no archive at all");
    assert_int_equal(scene_read(&s, path), KERB_ERR_FORMAT);
    assert_message_has(&s, "no.zip");
    scene_close(&s);
}

/* gzip with a stored block: no compressor needed to make one. */
static void walk__a_gz_is_read_without_a_trace(void **state)
{
    static const char text[] = "x,y\n1000,1\n1000,2\n";
    unsigned char data[256], *p = data;
    uint32_t n = sizeof text - 1;
    scene s = scene_open();
    static const unsigned char head[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255};
    memcpy(p, head, sizeof head);
    p += sizeof head;
    *p++ = 1;
    write_u16(&p, n), write_u16(&p, ~n & 0xFFFF);
    memcpy(p, text, n);
    p += n;
    write_u32(&p, crc32_of(text, n)), write_u32(&p, n);
    const char *path = scratch_write_bytes(*state, "a.csv.gz", data, (size_t)(p - data));
    scene_read_well(&s, path);
    assert_int_equal(s.report->loaded, 2);
    assert_string_equal(s.report->files[0].source, "a");
    assert_int_equal(scratch_count(*state),
                     1); /* GDAL would like to leave .properties beside it */
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(walk__a_folder_is_read_in_byte_order_of_path),
        IN_SCRATCH(walk__what_is_not_read_is_listed_with_its_reason),
        IN_SCRATCH(walk__nothing_readable_is_an_error),
        IN_SCRATCH(walk__links_in_a_circle_end),
        IN_SCRATCH(walk__an_unreadable_file_is_an_error_that_names_it),
        IN_SCRATCH(walk__a_pipe_is_refused),
        IN_SCRATCH(walk__a_zip_is_read_with_its_folders),
        IN_SCRATCH(walk__a_zip_that_would_fill_the_disk_is_refused),
        IN_SCRATCH(walk__a_damaged_zip_is_an_error),
        IN_SCRATCH(walk__a_gz_is_read_without_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
