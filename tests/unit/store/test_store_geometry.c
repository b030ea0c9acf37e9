/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Geometry blobs: ours equal SpatiaLite's, and hostile ones are refused without harm. */
#include "store_scene.h"

static sqlite3_value *blob_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    sqlite3_value *value = sqlite3_value_dup(sqlite3_column_value(stmt, 0));
    sqlite3_finalize(stmt);
    return value;
}

static void geometry__points_equal_those_of_spatialite(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store__spatial eyes = scene_eyes(ctx, ":memory:");
    unsigned char blob[KERB_STORE__POINT_BYTES];
    double x = 0, y = 0;
    sqlite3_value *want = blob_of(eyes.db, "SELECT MakePoint(-0.1, 1234567.875, 27700)");
    kerb_store__make_point(27700, -0.1, 1234567.875, blob);
    assert_int_equal(sqlite3_value_bytes(want), sizeof blob);
    assert_memory_equal(sqlite3_value_blob(want), blob, sizeof blob);
    assert_true(kerb_store__read_point(27700, blob, sizeof blob, &x, &y));
    assert_near_abs(x, -0.1, 0.0);
    assert_near_abs(y, 1234567.875, 0.0);
    sqlite3_value_free(want);
    want = blob_of(eyes.db, "SELECT MakePoint(5, 6, -1)");
    kerb_store__make_point(-1, 5, 6, blob);
    assert_memory_equal(sqlite3_value_blob(want), blob, sizeof blob);
    sqlite3_value_free(want);

    /* the same point big-endian: 5 = 40 14 00…, 6 = 40 18 00… */
    unsigned char big[KERB_STORE__POINT_BYTES] = {0};
    big[4] = 0x6c, big[5] = 0x34; /* 27700 */
    big[38] = 0x7c;
    big[42] = 1;
    big[43] = 0x40, big[44] = 0x14;
    big[51] = 0x40, big[52] = 0x18;
    big[59] = 0xfe;
    assert_true(kerb_store__read_point(27700, big, sizeof big, &x, &y));
    assert_near_abs(x, 5.0, 0.0);
    assert_near_abs(y, 6.0, 0.0);
    assert_false(kerb_store__read_point(4326, big, sizeof big, &x, &y));
    big[51] = 0x7f, big[52] = 0xf8; /* NaN */
    assert_false(kerb_store__read_point(27700, big, sizeof big, &x, &y));
    want = blob_of(eyes.db, "SELECT GeomFromText('POINTZ(1 2 3)', 27700)");
    assert_false(kerb_store__read_point(27700, sqlite3_value_blob(want),
                                        (size_t)sqlite3_value_bytes(want), &x, &y));
    sqlite3_value_free(want);
    assert_false(kerb_store__read_point(27700, NULL, 0, &x, &y));
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

static void geometry__multipolygons_equal_those_of_spatialite(void **state)
{
    (void)state;
    kerb_ctx *ctx = kerb_ctx_new();
    kerb_store__spatial eyes = scene_eyes(ctx, ":memory:");
    static const char shape[] =
        "MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0),(2 2,2 4,4 4,2 2)),((20 0,"
        "30 0,20 5,20 0)))";
    char sql[400];
    uint8_t *back = NULL;
    unsigned char *blob = NULL;
    size_t n_blob = 0, n_back = 0;
    snprintf(sql, sizeof sql, "SELECT GeomFromText('%s', 27700)", shape);
    sqlite3_value *want = blob_of(eyes.db, sql);
    snprintf(sql, sizeof sql, "SELECT AsBinary(GeomFromText('%s', 27700))", shape);
    sqlite3_value *wkb = blob_of(eyes.db, sql);
    size_t n_want = (size_t)sqlite3_value_bytes(want), n_wkb = (size_t)sqlite3_value_bytes(wkb);
    assert_ok(ctx,
              kerb_store__make_multipolygon(ctx, 27700, (kerb_box){0, 0, 30, 10},
                                            sqlite3_value_blob(wkb), n_wkb, &blob, &n_blob));
    assert_int_equal(n_blob, n_want);
    assert_memory_equal(blob, sqlite3_value_blob(want), n_want);
    assert_int_equal(kerb_store__read_multipolygon(blob, n_blob, &back, &n_back), KERB_OK);
    assert_int_equal(n_back, n_wkb);
    assert_memory_equal(back, sqlite3_value_blob(wkb), n_wkb);
    kerb_free(back);

    /* cut short, or with a byte changed: refused, or read as some polygon; never beyond the
     * blob */
    for (size_t n = 0; n < n_blob; n++) {
        unsigned char *cut = malloc(n + 1);
        memcpy(cut, blob, n);
        if (n)
            cut[n - 1] = 0xfe;
        assert_int_equal(kerb_store__read_multipolygon(cut, n, &back, &n_back),
                         KERB_ERR_FORMAT);
        free(cut);
    }
    for (size_t i = 0; i < n_blob; i++) {
        for (int bit = 0; bit < 8; bit++) {
            unsigned char *bad = malloc(n_blob);
            memcpy(bad, blob, n_blob);
            bad[i] ^= (unsigned char)(1 << bit);
            if (kerb_store__read_multipolygon(bad, n_blob, &back, &n_back) == KERB_OK) {
                assert_int_equal(n_back, n_wkb);
                kerb_free(back);
            }
            free(bad);
        }
    }
    kerb_free(blob);
    sqlite3_value_free(want);
    sqlite3_value_free(wkb);
    want = blob_of(eyes.db, "SELECT GeomFromText('LINESTRING(0 0, 1 1)', 27700)");
    assert_int_equal(kerb_store__read_multipolygon(sqlite3_value_blob(want),
                                                   (size_t)sqlite3_value_bytes(want), &back,
                                                   &n_back),
                     KERB_ERR_FORMAT);
    sqlite3_value_free(want);
    kerb_store__spatial_close(&eyes);
    kerb_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometry__points_equal_those_of_spatialite),
        cmocka_unit_test(geometry__multipolygons_equal_those_of_spatialite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
