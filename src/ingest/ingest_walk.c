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

void kerb_ingest__extension(const char *name, char *out)
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
    "geojson", "json", "geojsonl", "gpkg",    "shp", "fgb", "kml",      "kmz",
    "gpx",     "mif",  "sqlite",   "sqlite3", "db",  "ods", "topojson", NULL};
/* Of these the ones that are text, read from front to back: what they are is seen unpacked. */
static const char *const gz_extensions[] = {"geojson", "json",     "geojsonl", "kml",
                                            "gpx",     "topojson", NULL};
static const char *const workbook_extensions[] = {"xlsx", "xlsm", "xls", NULL};
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
    kerb_ingest__extension(name, extension);
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
            kerb_ingest__extension(unpacked, inner);
        }
        kerb_free(unpacked);
        bool is_known = is_one_of(inner, table_extensions) || is_one_of(inner, gz_extensions);
        item->kind = is_named || is_known ? KERB_KIND_TABLE : KERB_KIND_SKIPPED;
    } else if (is_one_of(extension, table_extensions)) {
        item->kind = KERB_KIND_TABLE;
    } else if (is_one_of(extension, workbook_extensions)) {
        item->kind = KERB_KIND_WORKBOOK;
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

char *kerb_ingest__join(const char *folder, const char *name)
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
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (part[0] == '.' && part[1] != '.' && part[1] != '/' && part[1] != '\0') {
            return true; /* ".." leads nowhere here: it is part of a name */
        }
    }
    return strncmp(path, "__MACOSX/", 9) == 0;
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
        kerb_ingest__extension(other, found);
        if (strncmp(other, path, n_stem) == 0 && other[n_stem] == '.' &&
            strcmp(found, extension) == 0 && strlen(other) == n_stem + 1 + strlen(extension)) {
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
    item->is_gzipped = true;
    item->limit = kerb_ingest__unpacked_limit(size);
    return kerb_text_take(ctx, &path, &item->path);
}

/* Is a path inside an archive one that GDAL finds there, and nowhere else? */
static bool is_safe_path(const kerb_ingest__member *member)
{
    const char *path = member->path;
    return member->is_plain && !member->is_repeated && strncmp(path, "../", 3) != 0 &&
           strstr(path, "/../") == NULL;
}

static void set_packing(kerb_ingest__item *item, const kerb_ingest__member *member)
{
    item->is_zipped = true;
    item->packing = *member;
    item->packing.path = item->member;
    /* The directory of a zip may lie about sizes; what comes out is counted too. */
    item->limit = member->size + 1;
    if (item->kind == KERB_KIND_OGR && !is_safe_path(member)) {
        item->kind = KERB_KIND_SKIPPED;
        item->warned = true;
        item->reason = member->is_repeated
                           ? "a second file of one name in an archive"
                           : "its name in the archive is no plain path in UTF-8";
    }
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
        kerb_ingest__extension(member->path, extension);
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
            set_packing(item, member);
            if (strcmp(extension, "gz") == 0 && item->kind == KERB_KIND_TABLE) {
                status = add_gz_path(ctx, item, member->size);
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
        kerb_ingest__extension(names[i], found);
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
    kerb_ingest__extension(name, extension);
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

static kerb_status add_file(kerb_ctx *ctx, kerb_ingest__items *items, const char *path,
                            const char *name, uint64_t size, bool is_named)
{
    char extension[16];
    kerb_ingest__item *item = NULL;
    kerb_ingest__extension(path, extension);
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
        char *inner_path = kerb_ingest__join(path, names[i]);
        char *inner_name = kerb_ingest__join(name, names[i]);
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
            if (status == KERB_OK && items.n > n_before) {
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
