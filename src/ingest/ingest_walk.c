/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files lie behind the inputs: a file, a folder with everything below it, a zip with
 * everything in it, always in byte order of path, so that the order of a disk decides nothing.
 * What is not read is listed with its reason: nothing is left out in silence.
 */
#include "ingest_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 64 };

void kerb_ingest__items_clear(kerb_ingest__items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        kerb_free(items->items[i].path);
        kerb_free(items->items[i].file);
        kerb_free(items->items[i].name);
        kerb_free(items->items[i].member);
        kerb_free(items->items[i].head);
    }
    kerb_free(items->items);
    *items = (kerb_ingest__items){0};
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* The last extension, lower case, without the dot; "" when there is none. `out` holds 16 bytes.
 */
static void get_extension(const char *name, char *out)
{
    const char *dot = strrchr(base_name(name), '.');
    size_t n = 0;
    out[0] = '\0';
    if (dot == NULL || strlen(dot + 1) > 15) {
        return;
    }
    for (const char *p = dot + 1; *p != '\0'; p++) {
        out[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    out[n] = '\0';
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(text, *list) == 0) {
            return true;
        }
    }
    return false;
}

static const char *const table_extensions[] = {"csv", "tsv", "txt", "tab", "psv", "dat", NULL};
static const char *const ogr_extensions[] = {
    "geojson", "json",   "geojsonl", "gpkg", "shp",  "fgb", "kml",      "kmz", "gpx",
    "mif",     "sqlite", "sqlite3",  "db",   "xlsx", "ods", "topojson", NULL};
/* Files that belong to another one beside them. */
static const char *const sidecar_extensions[] = {"shx",
                                                 "dbf",
                                                 "prj",
                                                 "cpg",
                                                 "qml",
                                                 "qmd",
                                                 "qpj",
                                                 "sbn",
                                                 "sbx",
                                                 "sld",
                                                 "qix",
                                                 "mid",
                                                 "xml",
                                                 "aux",
                                                 "gpkg-wal",
                                                 "gpkg-shm",
                                                 "gpkg-journal",
                                                 "db-journal",
                                                 "sqlite-journal",
                                                 NULL};

static kerb_status add_item(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                            const char *file, const char *name, const char *member,
                            kerb_ingest__item **out)
{
    if (items->n == items->capacity) {
        size_t capacity = items->capacity == 0 ? 64 : 2 * items->capacity;
        kerb_ingest__item *grown = kerb_realloc_array(items->items, capacity, sizeof *grown);
        if (grown == NULL) {
            return kerb_fail_nomem(ctx, "the list of files");
        }
        items->items = grown;
        items->capacity = capacity;
    }
    kerb_ingest__item *item = &items->items[items->n];
    *item = (kerb_ingest__item){.path = kerb_text_copy(path),
                                .file = kerb_text_copy(file),
                                .name = kerb_text_copy(name),
                                .member = kerb_text_copy(member),
                                .month = -1};
    items->n++;
    if (item->path == NULL || item->file == NULL || item->name == NULL ||
        (member != NULL && item->member == NULL)) {
        return kerb_fail_nomem(ctx, "the list of files");
    }
    *out = item;
    return KERB_OK;
}

/* Kind by name alone; the content has its say in kerb_ingest__item_survey(). */
static void set_kind(kerb_ingest__item *item, const char *name, bool is_named)
{
    char extension[16];
    get_extension(name, extension);
    item->is_named = is_named;
    item->reason = kerb_ingest__police_skip_reason(name);
    if (item->reason != NULL) {
        item->kind = KERB_KIND_SKIPPED;
        return;
    }
    if (strcmp(extension, "gz") == 0) {
        char inner[16];
        char *unpacked = kerb_text_copy_n(name, strlen(name) - 3);
        inner[0] = '\0';
        if (unpacked != NULL) {
            get_extension(unpacked, inner);
        }
        kerb_free(unpacked);
        item->kind = is_named || is_one_of(inner, table_extensions) ? KERB_KIND_TABLE
                                                                    : KERB_KIND_SKIPPED;
    } else if (is_one_of(extension, table_extensions)) {
        item->kind = KERB_KIND_TABLE;
    } else if (is_one_of(extension, ogr_extensions)) {
        item->kind = KERB_KIND_OGR;
    } else {
        item->kind = is_named ? KERB_KIND_TABLE : KERB_KIND_SKIPPED;
    }
    if (item->kind == KERB_KIND_SKIPPED) {
        item->reason = "not a kind kerb reads";
        item->warned = true;
    }
}

static char *join(const char *folder, const char *name)
{
    kerb_text path = {0};
    size_t n = strlen(folder);
    kerb_text_add_format(&path, "%s%s%s", folder, n > 0 && folder[n - 1] != '/' ? "/" : "",
                         name);
    if (path.failed) {
        kerb_text_clear(&path);
    }
    return path.data;
}

/* ------------------------------------------------------------------ archives */

static bool is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") != NULL || strncmp(path, "__MACOSX/", 9) == 0;
}

/* Does a member of this stem and another extension stand in the archive? */
static bool has_sibling(const kerb_ingest__members *members, const char *path,
                        const char *extension)
{
    const char *dot = strrchr(path, '.');
    size_t n_stem = dot != NULL ? (size_t)(dot - path) : strlen(path);
    for (size_t i = 0; i < members->n; i++) {
        const char *other = members->items[i].path;
        char found[16];
        get_extension(other, found);
        if (strncmp(other, path, n_stem) == 0 && other[n_stem] == '.' &&
            strcmp(found, extension) == 0 && strlen(other) == n_stem + 1 + strlen(extension)) {
            return true;
        }
    }
    return false;
}

static kerb_status add_zip(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                           const char *name)
{
    kerb_ingest__members members = {0};
    kerb_status status = kerb_ingest__zip_list(ctx, path, name, &members);
    for (size_t i = 0; i < members.n && status == KERB_OK; i++) {
        const kerb_ingest__member *member = &members.items[i];
        char extension[16];
        kerb_ingest__item *item = NULL;
        if (member->is_folder || is_hidden(member->path)) {
            continue;
        }
        get_extension(member->path, extension);
        if (is_one_of(extension, sidecar_extensions) &&
            (has_sibling(&members, member->path, "shp") ||
             has_sibling(&members, member->path, "mif"))) {
            continue;
        }
        char *inner = kerb_ingest__zip_path(path, member->path);
        if (inner == NULL) {
            status = kerb_fail_nomem(ctx, "a path");
            break;
        }
        status = add_item(ctx, items, inner, path, name, member->path, &item);
        kerb_free(inner);
        if (status == KERB_OK) {
            set_kind(item, member->path, false);
            /* The directory of a zip may lie about sizes; what comes out is counted too. */
            item->limit = member->size + 1;
            if (strcmp(extension, "gz") == 0) {
                item->kind = KERB_KIND_SKIPPED;
                item->warned = true;
            }
            if (item->kind == KERB_KIND_SKIPPED && item->reason == NULL) {
                item->reason = "not a kind kerb reads";
            }
        }
    }
    kerb_ingest__members_clear(&members);
    return status;
}

/* --------------------------------------------------------------------- folders */

typedef struct visited {
    dev_t device[DEPTH_MAX];
    ino_t inode[DEPTH_MAX];
    size_t n;
} visited;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static kerb_status list_folder(kerb_ctx *ctx, const char *path, const char *name, char ***names,
                               size_t *n)
{
    DIR *dir = opendir(path);
    size_t capacity = 0;
    kerb_status status = KERB_OK;
    *names = NULL;
    *n = 0;
    if (dir == NULL) {
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", name, strerror(errno));
    }
    errno = 0;
    for (struct dirent *entry = readdir(dir); entry != NULL && status == KERB_OK;
         entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            if (*n == capacity) {
                capacity = capacity == 0 ? 64 : 2 * capacity;
                char **grown = kerb_realloc_array(*names, capacity, sizeof *grown);
                if (grown == NULL) {
                    status = kerb_fail_nomem(ctx, "the list of a folder");
                    break;
                }
                *names = grown;
            }
            (*names)[*n] = kerb_text_copy(entry->d_name);
            if ((*names)[*n] == NULL) {
                status = kerb_fail_nomem(ctx, "the list of a folder");
                break;
            }
            ++*n;
        }
        errno = 0;
    }
    if (status == KERB_OK && errno != 0) {
        status = kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", name, strerror(errno));
    }
    closedir(dir);
    if (*n > 1) {
        qsort(*names, *n, sizeof **names, compare_names);
    }
    return status;
}

/* Does the listing hold STEM.EXTENSION, whatever the case of the extension? */
static bool list_has(char **names, size_t n, const char *name, const char *extension)
{
    const char *dot = strchr(name, '.');
    for (size_t i = 0; i < n && dot != NULL; i++) {
        char found[16];
        size_t n_stem = (size_t)(dot - name);
        get_extension(names[i], found);
        if (strncmp(names[i], name, n_stem) == 0 && names[i][n_stem] == '.' &&
            strcmp(found, extension) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_sidecar(char **names, size_t n, const char *name)
{
    static const char *const owners[] = {"shp", "gpkg", "mif", "db", "sqlite", "tif", NULL};
    char extension[16];
    get_extension(name, extension);
    if (!is_one_of(extension, sidecar_extensions)) {
        return false;
    }
    for (size_t i = 0; owners[i] != NULL; i++) {
        if (list_has(names, n, name, owners[i])) {
            return true;
        }
    }
    return false;
}

static kerb_status add_gz_path(kerb_ctx *ctx, kerb_ingest__item *item, uint64_t size)
{
    kerb_text path = {0};
    kerb_text_add_format(&path, "/vsigzip/%s", item->path);
    kerb_free(item->path);
    item->path = NULL;
    item->limit = kerb_ingest__unpacked_limit(size);
    return kerb_text_take(ctx, &path, &item->path);
}

static kerb_status add_file(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                            const char *name, uint64_t size, bool is_named)
{
    char extension[16];
    kerb_ingest__item *item = NULL;
    get_extension(path, extension);
    if (strcmp(extension, "zip") == 0) {
        return add_zip(ctx, items, path, name);
    }
    kerb_status status = add_item(ctx, items, path, path, name, NULL, &item);
    if (status != KERB_OK) {
        return status;
    }
    set_kind(item, name, is_named);
    if (item->kind == KERB_KIND_TABLE && strcmp(extension, "gz") == 0) {
        status = add_gz_path(ctx, item, size);
    }
    return status;
}

static kerb_status add_folder(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                              const char *name, visited *above);

static kerb_status add_entry(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                             const char *name, visited *above)
{
    struct stat about;
    kerb_ingest__item *item = NULL;
    if (stat(path, &about) != 0) {
        return kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", name,
                         errno == ENOENT ? "the link leads nowhere" : strerror(errno));
    }
    if (S_ISDIR(about.st_mode)) {
        for (size_t i = 0; i < above->n; i++) {
            if (above->device[i] == about.st_dev && above->inode[i] == about.st_ino) {
                return KERB_OK; /* a link back up: all of it is being read already */
            }
        }
        if (above->n == DEPTH_MAX) {
            return kerb_fail(ctx, KERB_ERR_IO, "%s lies more than %d folders deep", name,
                             (int)DEPTH_MAX);
        }
        above->device[above->n] = about.st_dev;
        above->inode[above->n++] = about.st_ino;
        kerb_status status = add_folder(ctx, items, path, name, above);
        above->n--;
        return status;
    }
    if (!S_ISREG(about.st_mode)) {
        kerb_status status = add_item(ctx, items, path, path, name, NULL, &item);
        if (status == KERB_OK) {
            item->kind = KERB_KIND_SKIPPED;
            item->reason = "not a file";
            item->warned = true;
        }
        return status;
    }
    return add_file(ctx, items, path, name, (uint64_t)about.st_size, false);
}

/* `name` is the folder below the input, "" for the input itself. */
static kerb_status add_folder(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                              const char *name, visited *above)
{
    char **names = NULL;
    size_t n = 0;
    kerb_status status = list_folder(ctx, path, name[0] != '\0' ? name : path, &names, &n);
    for (size_t i = 0; i < n && status == KERB_OK; i++) {
        if (names[i][0] == '.' || is_sidecar(names, n, names[i])) {
            continue;
        }
        char *inner_path = join(path, names[i]);
        char *inner_name = join(name, names[i]);
        if (inner_path == NULL || inner_name == NULL) {
            status = kerb_fail_nomem(ctx, "a path");
        } else {
            status = add_entry(ctx, items, inner_path, inner_name, above);
        }
        kerb_free(inner_path);
        kerb_free(inner_name);
    }
    for (size_t i = 0; i < n; i++) {
        kerb_free(names[i]);
    }
    kerb_free(names);
    return status;
}

/* Order of a folder's files: bytes of the whole path, so that "a-b/x" comes before "a/x". */
static int compare_items(const void *a, const void *b)
{
    const kerb_ingest__item *one = a, *two = b;
    int order = strcmp(one->name, two->name);
    if (order == 0 && one->member != NULL && two->member != NULL) {
        order = strcmp(one->member, two->member);
    }
    return order;
}

kerb_status kerb_ingest__walk(kerb_ctx *ctx, const char *const *inputs, size_t n_inputs,
                              kerb_ingest__items *out)
{
    kerb_ingest__items items = {0};
    kerb_status status = KERB_OK;
    for (size_t i = 0; i < n_inputs && status == KERB_OK; i++) {
        struct stat about;
        const char *input = inputs[i];
        if (stat(input, &about) != 0) {
            status =
                errno == ENOENT || errno == ENOTDIR
                    ? kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no such file or folder: %s", input)
                    : kerb_fail(ctx, KERB_ERR_IO, "%s cannot be read: %s", input,
                                strerror(errno));
        } else if (S_ISDIR(about.st_mode)) {
            visited above = {.device = {about.st_dev}, .inode = {about.st_ino}, .n = 1};
            size_t n_before = items.n;
            status = add_folder(ctx, &items, input, "", &above);
            if (items.n > n_before) {
                qsort(items.items + n_before, items.n - n_before, sizeof *items.items,
                      compare_items);
            }
        } else if (S_ISREG(about.st_mode)) {
            status =
                add_file(ctx, &items, input, base_name(input), (uint64_t)about.st_size, true);
        } else {
            status =
                kerb_fail(ctx, KERB_ERR_FORMAT,
                          "%s is neither a file nor a folder: kerb reads its inputs twice, "
                          "so a pipe will not do",
                          input);
        }
    }
    if (status != KERB_OK) {
        kerb_ingest__items_clear(&items);
        return status;
    }
    *out = items;
    return KERB_OK;
}

/* ------------------------------------------------------------------- survey */

static void skip_item(kerb_ingest__item *item, const char *reason, bool warned)
{
    item->kind = KERB_KIND_SKIPPED;
    item->reason = reason;
    item->warned = warned;
}

/* What the first bytes say. Names mislead: a GeoJSON called .txt, a spreadsheet called .csv. */
static void set_kind_by_content(kerb_ingest__item *item)
{
    const char *head = item->head;
    size_t n = item->head_length;
    if (n == 0) {
        skip_item(item, "an empty file", true);
        return;
    }
    if (n >= 16 && memcmp(head, "SQLite format 3", 16) == 0) {
        item->kind = KERB_KIND_OGR;
        if (strncmp(item->path, "/vsi", 4) != 0 && kerb_store_is_store(item->path)) {
            skip_item(item, "a kerb store", false);
        }
        return;
    }
    if (item->kind != KERB_KIND_TABLE) {
        return;
    }
    size_t i = n >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (i < n && (head[i] == ' ' || head[i] == '\n' || head[i] == '\r' || head[i] == '\t')) {
        i++;
    }
    bool is_json = i < n && head[i] == '{';
    bool is_xml = i + 5 <= n && memcmp(head + i, "<?xml", 5) == 0;
    bool is_flatgeobuf = n >= 8 && memcmp(head, "fgb\x03", 4) == 0;
    bool is_packed = n >= 4 && memcmp(head, "PK\x03\x04", 4) == 0;
    bool is_shape = n >= 100 && memcmp(head, "\x00\x00\x27\x0A", 4) == 0;
    if (is_json || is_xml || is_flatgeobuf || is_packed || is_shape) {
        item->kind = KERB_KIND_OGR;
    } else if (!kerb_ingest__text_is_text(head, n)) {
        skip_item(item, "not a kind kerb reads", true);
    }
}

static kerb_status hash_stream(kerb_ctx *ctx, kerb_ingest__item *item, const char *path,
                               kerb_sha256 *hash, char *block, size_t size, bool keeps_head)
{
    kerb_ingest__stream *stream = NULL;
    size_t n = 1;
    char *name =
        item->member != NULL ? join(item->name, item->member) : kerb_text_copy(item->name);
    kerb_status status = name != NULL ? KERB_OK : kerb_fail_nomem(ctx, "a path");
    if (status == KERB_OK) {
        status = kerb_ingest__stream_open(ctx, path, name, item->limit, &stream);
    }
    kerb_free(name);
    while (status == KERB_OK && n > 0) {
        status = kerb_ingest__stream_read(ctx, stream, block, size, &n);
        if (status == KERB_OK) {
            kerb_sha256_add(hash, block, n);
            size_t n_room = KERB_INGEST_HEAD_BYTES - item->head_length;
            if (keeps_head && n_room > 0) {
                size_t n_kept = n < n_room ? n : n_room;
                memcpy(item->head + item->head_length, block, n_kept);
                item->head_length += n_kept;
            }
            status = kerb_check_cancel(ctx);
        }
    }
    kerb_ingest__stream_close(stream);
    return status;
}

/* A shapefile is known by all its parts: the same points with other attributes are another
 * file. */
static kerb_status hash_parts(kerb_ctx *ctx, kerb_ingest__item *item, kerb_sha256 *hash,
                              char *block, size_t size)
{
    static const char *const parts[] = {"dbf", "DBF", "prj", "PRJ", "cpg", "CPG", NULL};
    kerb_status status = KERB_OK;
    size_t n = strlen(item->path);
    if (n < 4 || item->path[n - 4] != '.') {
        return KERB_OK;
    }
    char *path = kerb_text_copy(item->path);
    uint64_t limit = item->limit;
    item->limit = limit > 0 ? KERB_INGEST_UNPACKED_MAX : 0;
    for (size_t i = 0; path != NULL && parts[i] != NULL && status == KERB_OK; i++) {
        kerb_ingest__stream *probe = NULL;
        memcpy(path + n - 3, parts[i], 3);
        if (kerb_ingest__stream_open(ctx, path, item->name, 0, &probe) == KERB_OK) {
            kerb_ingest__stream_close(probe);
            status = hash_stream(ctx, item, path, hash, block, size, false);
        }
    }
    item->limit = limit;
    kerb_free(path);
    return status;
}

kerb_status kerb_ingest__item_survey(kerb_ctx *ctx, kerb_ingest__item *item)
{
    enum { BLOCK = 1 << 20 };
    char extension[16];
    kerb_sha256 *hash = kerb_sha256_new();
    char *block = kerb_alloc_array(BLOCK, 1);
    kerb_status status = KERB_OK;
    item->head = kerb_alloc_array(KERB_INGEST_HEAD_BYTES, 1);
    item->head_length = 0;
    if (hash == NULL || block == NULL || item->head == NULL) {
        status = kerb_fail_nomem(ctx, "a block of a file");
        goto done;
    }
    status = hash_stream(ctx, item, item->path, hash, block, BLOCK, true);
    if (status != KERB_OK) {
        goto done;
    }
    set_kind_by_content(item);
    get_extension(item->member != NULL ? item->member : item->name, extension);
    if (item->kind == KERB_KIND_OGR && strcmp(extension, "shp") == 0) {
        status = hash_parts(ctx, item, hash, block, BLOCK);
    }
    kerb_sha256_hex(hash, item->sha256);
    if (item->kind == KERB_KIND_TABLE) {
        item->month = kerb_ingest__delimited_month(ctx, item);
    } else {
        item->month =
            kerb_ingest__month_from_name(item->member != NULL ? item->member : item->name);
    }
done:
    kerb_free(item->head);
    item->head = NULL;
    item->head_length = 0;
    kerb_free(block);
    kerb_sha256_free(hash);
    return status;
}
