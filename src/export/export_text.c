/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text into files: valid UTF-8 whatever came in, XML escapes, locale-free numbers, and a file
 * in pieces whose first failure is not lost. */
#include "export_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Length of the valid character at the start, 0 when there is none. */
static size_t character_length(const char *text)
{
    for (size_t length = 1; length <= 4; length++) {
        if (text[length - 1] == '\0')
            return 0;
        if (kerb_utf8_is_valid(text, length))
            return length;
    }
    return 0;
}

void kerb_export__add_utf8(kerb_text *text, const char *piece)
{
    size_t length = strlen(piece);
    if (kerb_utf8_is_valid(piece, length)) {
        kerb_text_add_n(text, piece, length);
        return;
    }
    while (*piece != '\0') {
        size_t n = character_length(piece);
        if (n == 0)
            kerb_text_add(text, REPLACEMENT);
        else
            kerb_text_add_n(text, piece, n);
        piece += n == 0 ? 1 : n;
    }
}

void kerb_export__add_line(kerb_text *text, const char *piece)
{
    size_t from = text->length;
    kerb_export__add_utf8(text, piece);
    for (size_t i = from; !text->failed && i < text->length; i++)
        if ((unsigned char)text->data[i] < 0x20 || text->data[i] == 0x7f)
            text->data[i] = ' ';
}

void kerb_export__add_xml(kerb_text *text, const char *piece)
{
    while (*piece != '\0') {
        size_t n = character_length(piece);
        unsigned char first = (unsigned char)*piece;
        /* XML 1.0 §2.2 leaves out most control characters and U+FFFE, U+FFFF. Tab, line feed
         * and return are written as references: an attribute would turn them into blanks. */
        if (n == 0 || (n == 3 && (memcmp(piece, "\xEF\xBF\xBE", 3) == 0 ||
                                  memcmp(piece, "\xEF\xBF\xBF", 3) == 0)))
            kerb_text_add(text, REPLACEMENT);
        else if (n > 1)
            kerb_text_add_n(text, piece, n);
        else if (first == '\t' || first == '\n' || first == '\r')
            kerb_text_add_format(text, "&#%d;", (int)first);
        else if (first < 0x20)
            kerb_text_add(text, REPLACEMENT);
        else if (first == '&')
            kerb_text_add(text, "&amp;");
        else if (first == '<')
            kerb_text_add(text, "&lt;");
        else if (first == '>')
            kerb_text_add(text, "&gt;");
        else if (first == '"')
            kerb_text_add(text, "&quot;");
        else
            kerb_text_add_n(text, piece, 1);
        piece += n == 0 ? 1 : n;
    }
}

void kerb_export__add_double(kerb_text *text, double value)
{
    char number[KERB_DOUBLE_TEXT];
    size_t length = kerb_format_double(value, number);
    kerb_text_add_n(text, number, length);
}

void kerb_export__add_json_double(kerb_text *text, double value)
{
    if (isfinite(value))
        kerb_export__add_double(text, value);
    else
        kerb_text_add(text, "null");
}

void kerb_export__add_unit(kerb_text *text, const char *unit)
{
    size_t length = strlen(unit);
    while (length > 0) {
        /* "km2" and "m2" only at the end of a word */
        bool is_square =
            length >= 2 && unit[0] == 'm' && unit[1] == '2' &&
            (unit[2] == '\0' || unit[2] == ' ' || unit[2] == ')' || unit[2] == ',');
        if (is_square) {
            kerb_text_add(text, "m\xC2\xB2");
            unit += 2, length -= 2;
        } else {
            kerb_text_add_n(text, unit, 1);
            unit++, length--;
        }
    }
}

static kerb_status fail_errno(kerb_ctx *ctx, const char *name)
{
    return kerb_fail(ctx, KERB_ERR_IO, "cannot write %s: %s", name, strerror(errno));
}

kerb_status kerb_export__file_open(kerb_ctx *ctx, const char *path, const char *name,
                                   kerb_export_file *file)
{
    file->ctx = ctx;
    file->name = name;
    file->stream = fopen(path, "wb");
    return file->stream ? KERB_OK : fail_errno(ctx, name);
}

kerb_status kerb_export__file_write(kerb_export_file *file, kerb_text *text)
{
    if (text->failed)
        return kerb_fail_nomem(file->ctx, file->name);
    if (text->length > 0 && fwrite(text->data, 1, text->length, file->stream) != text->length)
        return fail_errno(file->ctx, file->name);
    text->length = 0;
    if (text->data)
        text->data[0] = '\0';
    return KERB_OK;
}

kerb_status kerb_export__file_close(kerb_export_file *file)
{
    kerb_status status = KERB_OK;
    if (file->stream == NULL)
        return KERB_OK;
    if (fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0)
        status = fail_errno(file->ctx, file->name);
    if (fclose(file->stream) != 0 && status == KERB_OK)
        status = fail_errno(file->ctx, file->name);
    file->stream = NULL;
    return status;
}

kerb_status kerb_export__write_text(kerb_ctx *ctx, const char *path, const char *name,
                                    const char *text)
{
    kerb_export_file file = {0};
    kerb_status status = kerb_export__file_open(ctx, path, name, &file);
    if (status != KERB_OK)
        return status;
    if (fputs(text, file.stream) == EOF)
        status = fail_errno(ctx, name);
    kerb_status closed = kerb_export__file_close(&file);
    return status != KERB_OK ? status : closed;
}

kerb_status kerb_export__sync(kerb_ctx *ctx, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        return fail_errno(ctx, name);
    kerb_status status = fsync(fd) == 0 ? KERB_OK : fail_errno(ctx, name);
    close(fd);
    return status;
}

kerb_status kerb_export__commit_pair(kerb_ctx *ctx, kerb_output *first, const char *first_path,
                                     kerb_output *second, const char *second_path)
{
    /* Both are synced before either is renamed, so that a disk that fills late is met while
     * nothing is visible yet; what remains is a rename that fails. */
    kerb_status status = kerb_export__sync(ctx, kerb_output_path(first), first_path);
    if (status == KERB_OK)
        status = kerb_export__sync(ctx, kerb_output_path(second), second_path);
    if (status == KERB_OK)
        status = kerb_output_commit(ctx, first);
    if (status != KERB_OK)
        return status;
    status = kerb_output_commit(ctx, second);
    if (status != KERB_OK)
        unlink(first_path);
    return status;
}
