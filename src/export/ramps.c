/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Colour ramps: small text files of up to nine colours, built into the library and read from a
 * folder only when one was named. Between two colours of a ramp we go straight in sRGB; the
 * steps are small enough that lightness stays in order (a test measures it). */
#include "export_internal.h"

#include <errno.h>
#include <string.h>

static char *styles_folder; /* set once, before threads; NULL: what is built in */

void kerb_export_set_styles_folder(const char *folder)
{
    kerb_free(styles_folder);
    styles_folder = folder ? kerb_text_copy(folder) : NULL;
}

/* A name becomes part of a path: nothing but letters, digits, - and _. */
static bool is_ramp_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_");
    return length > 0 && length <= 40 && name[length] == '\0';
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool parse_colour(const char *line, size_t length, unsigned char rgb[3])
{
    if (length != 7 || line[0] != '#')
        return false;
    for (size_t i = 0; i < 3; i++) {
        int high = hex_digit(line[1 + 2 * i]), low = hex_digit(line[2 + 2 * i]);
        if (high < 0 || low < 0)
            return false;
        rgb[i] = (unsigned char)(16 * high + low);
    }
    return true;
}

/* Lines: "# words" (a remark), "kind sequential|diverging", "#rrggbb". */
static kerb_status parse_ramp(kerb_ctx *ctx, const char *name, const char *text,
                              kerb_export_ramp *out)
{
    kerb_export_ramp ramp = {0};
    for (long i_line = 1; *text != '\0'; i_line++) {
        size_t length = strcspn(text, "\n");
        size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        bool is_remark = shown == 0 || (text[0] == '#' && (shown == 1 || text[1] == ' '));
        if (is_remark)
            ;
        else if (shown == 15 && strncmp(text, "kind sequential", 15) == 0)
            ramp.is_diverging = false;
        else if (shown == 14 && strncmp(text, "kind diverging", 14) == 0)
            ramp.is_diverging = true;
        else if (ramp.n < 9 && parse_colour(text, shown, ramp.rgb[ramp.n]))
            ramp.n++;
        else
            return kerb_fail(
                ctx, KERB_ERR_FORMAT,
                "ramp %s, line %ld: expected #rrggbb (at most nine), a kind or a remark", name,
                i_line);
        text += length + (text[length] == '\n');
    }
    if (ramp.n < 2)
        return kerb_fail(ctx, KERB_ERR_FORMAT, "ramp %s: fewer than two colours", name);
    *out = ramp;
    return KERB_OK;
}

static kerb_status read_file(kerb_ctx *ctx, const char *name, char *content, size_t size)
{
    kerb_text path = {0};
    char *full = NULL;
    kerb_text_add_format(&path, "%s/ramps/%s.txt", styles_folder, name);
    kerb_status status = kerb_text_take(ctx, &path, &full);
    if (status != KERB_OK)
        return status;
    FILE *stream = fopen(full, "rb");
    if (stream == NULL) {
        status = kerb_fail(ctx, errno == ENOENT ? KERB_ERR_NOT_FOUND : KERB_ERR_IO,
                           "cannot read ramp %s: %s", full, strerror(errno));
    } else {
        size_t length = fread(content, 1, size, stream);
        if (ferror(stream))
            status = kerb_fail(ctx, KERB_ERR_IO, "cannot read ramp %s", full);
        else if (length == size)
            status = kerb_fail(ctx, KERB_ERR_FORMAT, "ramp %s: longer than %zu bytes", full,
                               size - 1);
        else
            content[length] = '\0';
        fclose(stream);
    }
    kerb_free(full);
    return status;
}

kerb_status kerb_export__ramp_read(kerb_ctx *ctx, const char *name, kerb_export_ramp *out)
{
    char content[8192];
    if (!is_ramp_name(name))
        return kerb_fail(ctx, KERB_ERR_ARG,
                         "a ramp's name has only small letters, digits, - and _");
    if (styles_folder) {
        kerb_status status = read_file(ctx, name, content, sizeof content);
        return status == KERB_OK ? parse_ramp(ctx, name, content, out) : status;
    }
    for (const kerb_export_builtin_ramp *ramp = kerb_export__builtin_ramps; ramp->name; ramp++)
        if (strcmp(ramp->name, name) == 0)
            return parse_ramp(ctx, name, ramp->text, out);
    return kerb_fail(ctx, KERB_ERR_NOT_FOUND, "no ramp is called %s", name);
}

void kerb_export__ramp_sample(const kerb_export_ramp *ramp, size_t n, unsigned char (*rgb)[3])
{
    for (size_t i = 0; i < n; i++) {
        /* one class gets the middle of the ramp: visible, and not alarming */
        double at = n == 1 ? 0.5 : (double)i / (double)(n - 1);
        at *= (double)(ramp->n - 1);
        size_t low = (size_t)at;
        size_t high = low + 1 < ramp->n ? low + 1 : low;
        double share = at - (double)low;
        for (size_t band = 0; band < 3; band++) {
            double value = (1.0 - share) * ramp->rgb[low][band] + share * ramp->rgb[high][band];
            rgb[i][band] = (unsigned char)(value + 0.5);
        }
    }
}
