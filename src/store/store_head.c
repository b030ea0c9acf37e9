/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a file is, told from its first 100 bytes, before SQLite is asked to believe them.
 *
 * They are read through SQLite's own file layer: a plain open() and close() in this process
 * would drop the POSIX locks of every other connection to the same file, and with them the
 * protection from a second writer. Source: SQLite, "How To Corrupt An SQLite Database File",
 * section 2.2; "Database File Format", section 1.3.
 */
#include "store_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_BYTES = 100 };

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void read_fields(const unsigned char *bytes, kerb_store__head *head)
{
    if (memcmp(bytes, "SQLite format 3", 16) != 0)
        return;
    uint32_t page_bytes = (uint32_t)bytes[16] << 8 | bytes[17];
    if (page_bytes == 1)
        page_bytes = 65536;
    uint32_t application = get_u32(bytes + 68);
    head->is_sqlite = true;
    head->is_wal = bytes[18] == 2 || bytes[19] == 2;
    head->is_kerb = application == KERB_STORE__APPLICATION_ID;
    head->is_gpkg =
        application == 0x47504b47u || application == 0x47503130u || application == 0x47503131u;
    /* the page count holds only when it was written together with the change counter */
    if (get_u32(bytes + 24) == get_u32(bytes + 92))
        head->n_bytes_expected = (int64_t)page_bytes * get_u32(bytes + 28);
}

static void read_file(sqlite3_file *file, kerb_store__head *head)
{
    unsigned char bytes[HEAD_BYTES] = {0};
    sqlite3_int64 n_bytes = 0;
    if (file->pMethods->xFileSize(file, &n_bytes) != SQLITE_OK)
        return;
    head->n_bytes = n_bytes;
    int rc = file->pMethods->xRead(file, bytes, HEAD_BYTES, 0);
    head->readable = rc == SQLITE_OK || rc == SQLITE_IOERR_SHORT_READ;
    if (head->readable)
        read_fields(bytes, head);
}

kerb_store__head kerb_store__read_head(const char *path)
{
    kerb_store__head head = {0};
    struct stat info;
    if (stat(path, &info) != 0) {
        head.os_error = errno;
        head.exists = errno != ENOENT && errno != ENOTDIR;
        return head;
    }
    head.exists = true;
    head.is_folder = S_ISDIR(info.st_mode);
    if (!S_ISREG(info.st_mode))
        return head;

    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    /* four zero bytes after the name end the list of parameters that SQLite looks for there */
    char *name = kerb_calloc_array((size_t)vfs->mxPathname + 8, 1);
    sqlite3_file *file = kerb_calloc_array(1, (size_t)vfs->szOsFile);
    if (!name || !file) {
        head.os_error = ENOMEM;
        goto done;
    }
    if (vfs->xFullPathname(vfs, path, vfs->mxPathname + 1, name) & 0xff) {
        /* SQLITE_OK_SYMLINK is an "ok" with a high byte */
        head.os_error = ENAMETOOLONG;
        goto done;
    }
    errno = 0;
    if (vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL) ==
        SQLITE_OK) {
        read_file(file, &head);
        file->pMethods->xClose(file);
    } else {
        head.os_error = errno ? errno : EACCES;
        if (file->pMethods)
            file->pMethods->xClose(file);
    }
done:
    kerb_free(file);
    kerb_free(name);
    return head;
}

kerb_store__head kerb_store__read_open_head(sqlite3 *db)
{
    kerb_store__head head = {.exists = true};
    sqlite3_file *file = NULL;
    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, (void *)&file) ==
            SQLITE_OK &&
        file && file->pMethods)
        read_file(file, &head);
    return head;
}
