/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SpatiaLite's geometry blobs, written and read without SpatiaLite.
 *
 *   00 | byte order | srid | xmin ymin xmax ymax | 7C | body | FE
 *
 * The body is well-known binary without its leading byte-order byte; the parts of a collection
 * have 69 in place of theirs. We write little-endian and read both, because another program may
 * have edited the row. Source: SpatiaLite, "BLOB-Geometry" internal format.
 */
#include "store_internal.h"

#include <string.h>

enum { HEAD_BYTES = 39, TYPE_POINT = 1, TYPE_POLYGON = 3, TYPE_MULTIPOLYGON = 6 };

static void put_u32(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void put_double(unsigned char *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(bits >> (8 * i));
}

static uint32_t get_u32(const unsigned char *at, bool little)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++)
        value |= (uint32_t)at[i] << (8 * (little ? i : 3 - i));
    return value;
}

static double get_double(const unsigned char *at, bool little)
{
    uint64_t bits = 0;
    double value;
    for (int i = 0; i < 8; i++)
        bits |= (uint64_t)at[i] << (8 * (little ? i : 7 - i));
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_head(unsigned char *blob, int srid, kerb_box box)
{
    blob[0] = 0x00;
    blob[1] = 0x01;
    put_u32(blob + 2, (uint32_t)srid);
    put_double(blob + 6, box.xmin);
    put_double(blob + 14, box.ymin);
    put_double(blob + 22, box.xmax);
    put_double(blob + 30, box.ymax);
    blob[38] = 0x7c;
}

void kerb_store__make_point(int srid, double x, double y, unsigned char *blob)
{
    put_head(blob, srid, (kerb_box){x, y, x, y});
    put_u32(blob + HEAD_BYTES, TYPE_POINT);
    put_double(blob + HEAD_BYTES + 4, x);
    put_double(blob + HEAD_BYTES + 12, y);
    blob[KERB_STORE__POINT_BYTES - 1] = 0xfe;
}

/* Frame around a body; sets `little`. */
static bool has_frame(const unsigned char *blob, size_t n_bytes, bool *little)
{
    if (n_bytes < HEAD_BYTES + 5 || blob[0] != 0x00 || blob[1] > 1 || blob[38] != 0x7c ||
        blob[n_bytes - 1] != 0xfe)
        return false;
    *little = blob[1] == 1;
    return true;
}

bool kerb_store__read_point(int srid, const unsigned char *blob, size_t n_bytes, double *x,
                            double *y)
{
    bool little = true;
    if (!blob || n_bytes != KERB_STORE__POINT_BYTES || !has_frame(blob, n_bytes, &little) ||
        get_u32(blob + HEAD_BYTES, little) != TYPE_POINT ||
        get_u32(blob + 2, little) != (uint32_t)srid)
        return false;
    *x = get_double(blob + HEAD_BYTES + 4, little);
    *y = get_double(blob + HEAD_BYTES + 12, little);
    /* finite: x - x is 0 for those only */
    return *x - *x == 0.0 && *y - *y == 0.0;
}

/* ------------------------------------------------------------------ areas */

/* Walks the rings of a polygon body that begins at `at` (its ring count); its end, 0 when it
 * does not fit into n_bytes. */
static size_t skip_rings(const unsigned char *bytes, size_t n_bytes, size_t at, bool little)
{
    if (n_bytes - at < 4)
        return 0;
    uint32_t n_rings = get_u32(bytes + at, little);
    at += 4;
    for (uint32_t i = 0; i < n_rings; i++) {
        if (n_bytes - at < 4)
            return 0;
        uint32_t n_points = get_u32(bytes + at, little);
        at += 4;
        if ((n_bytes - at) / 16 < n_points)
            return 0;
        at += (size_t)n_points * 16;
    }
    return at;
}

kerb_status kerb_store__make_multipolygon(kerb_ctx *ctx, int srid, kerb_box box,
                                          const uint8_t *wkb, size_t n_bytes,
                                          unsigned char **blob, size_t *n_blob)
{
    if (n_bytes < 9 || wkb[0] != 1 || get_u32(wkb + 1, true) != TYPE_MULTIPOLYGON)
        return kerb_fail(ctx, KERB_ERR_BUG, "an area is no multipolygon");
    size_t n = HEAD_BYTES + (n_bytes - 1) + 1;
    unsigned char *out = kerb_alloc_array(n, 1);
    if (!out)
        return kerb_fail_nomem(ctx, "an area");
    put_head(out, srid, box);
    unsigned char *body = out + HEAD_BYTES;
    size_t n_body = n_bytes - 1;
    memcpy(body, wkb + 1, n_body);
    size_t at = 8;
    for (uint32_t i = get_u32(body + 4, true); i > 0 && at; i--) {
        if (n_body - at < 5 || body[at] != 1 || get_u32(body + at + 1, true) != TYPE_POLYGON)
            at = 0;
        else {
            body[at] = 0x69;
            at = skip_rings(body, n_body, at + 5, true);
        }
    }
    if (at != n_body) {
        kerb_free(out);
        return kerb_fail(ctx, KERB_ERR_BUG, "an area is no multipolygon");
    }
    out[n - 1] = 0xfe;
    *blob = out;
    *n_blob = n;
    return KERB_OK;
}

kerb_status kerb_store__read_multipolygon(const unsigned char *blob, size_t n_bytes,
                                          uint8_t **wkb, size_t *n_wkb)
{
    bool little = true;
    if (!blob || !has_frame(blob, n_bytes, &little))
        return KERB_ERR_FORMAT;
    const unsigned char *body = blob + HEAD_BYTES;
    size_t n_body = n_bytes - HEAD_BYTES - 1;
    uint32_t type = get_u32(body, little);
    size_t at = 8;
    if (type == TYPE_POLYGON)
        at = skip_rings(body, n_body, 4, little);
    else if (type == TYPE_MULTIPOLYGON && n_body >= 8) {
        for (uint32_t i = get_u32(body + 4, little); i > 0 && at; i--) {
            if (n_body - at < 5 || body[at] != 0x69 ||
                get_u32(body + at + 1, little) != TYPE_POLYGON)
                return KERB_ERR_FORMAT;
            at = skip_rings(body, n_body, at + 5, little);
        }
    } else
        return KERB_ERR_FORMAT;
    if (at != n_body)
        return KERB_ERR_FORMAT;

    unsigned char *out = kerb_alloc_array(n_body + 1, 1);
    if (!out)
        return KERB_ERR_NOMEM;
    out[0] = little;
    memcpy(out + 1, body, n_body);
    if (type == TYPE_MULTIPOLYGON) {
        at = 8;
        for (uint32_t i = get_u32(body + 4, little); i > 0; i--) {
            out[1 + at] = little;
            at = skip_rings(body, n_body, at + 5, little);
        }
    }
    *wkb = out;
    *n_wkb = n_body + 1;
    return KERB_OK;
}
