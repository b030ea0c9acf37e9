/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Known answers of FIPS 180-4 and the NIST examples, in memory and from files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"
#include "kerb_base.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

static const char hash_of_nothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char hash_of_abc[] =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char hash_of_million_a[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void sha256__known_answers(void **state)
{
    (void)state;
    char hex[65];
    kerb_sha256 *hash = kerb_sha256_new();
    assert_non_null(hash);
    kerb_sha256_hex(hash, hex);
    assert_string_equal(hex, hash_of_nothing);
    kerb_sha256_add(hash, "abc", 3); /* after the reset */
    kerb_sha256_hex(hash, hex);
    assert_string_equal(hex, hash_of_abc);
    kerb_sha256_add(hash, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    kerb_sha256_hex(hash, hex);
    assert_string_equal(hex,
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    kerb_sha256_free(hash);
    kerb_sha256_free(NULL);
}

static void sha256__pieces_give_the_same_as_the_whole(void **state)
{
    (void)state;
    char hex[65];
    kerb_sha256 *hash = kerb_sha256_new();
    assert_non_null(hash);
    char *as = malloc(1000000);
    assert_non_null(as);
    memset(as, 'a', 1000000);
    for (size_t at = 0, n = 1; at < 1000000; at += n, n = n % 777 + 1)
        kerb_sha256_add(hash, as + at, n < 1000000 - at ? n : 1000000 - at);
    kerb_sha256_hex(hash, hex);
    assert_string_equal(hex, hash_of_million_a);
    free(as);
    kerb_sha256_free(hash);
}

static void sha256__files_are_hashed_whole(void **state)
{
    char hex[65];
    char *as = malloc(1000000);
    assert_non_null(as);
    memset(as, 'a', 1000000);
    assert_int_equal(kerb_sha256_file(NULL, scratch_write(*state, "empty", ""), hex), KERB_OK);
    assert_string_equal(hex, hash_of_nothing);
    const char *path = scratch_write_bytes(*state, "million", as, 1000000);
    assert_int_equal(kerb_sha256_file(NULL, path, hex), KERB_OK);
    assert_string_equal(hex, hash_of_million_a);
    free(as);
}

static void sha256__a_file_that_cannot_be_read_is_named(void **state)
{
    char hex[65] = "untouched";
    kerb_ctx *ctx = kerb_ctx_new();
    const char *path = scratch_path(*state, "absent.csv");
    assert_int_equal(kerb_sha256_file(ctx, path, hex), KERB_ERR_IO);
    assert_non_null(
        strstr(kerb_ctx_message(ctx), "absent.csv: cannot be opened: No such file"));
    assert_int_equal(kerb_sha256_file(ctx, *state, hex), KERB_ERR_IO); /* a folder */
    assert_non_null(strstr(kerb_ctx_message(ctx), "cannot be read"));
    kerb_ctx_request_cancel(ctx);
    path = scratch_write(*state, "x", "x");
    assert_int_equal(kerb_sha256_file(ctx, path, hex), KERB_ERR_CANCELLED);
    assert_string_equal(hex, "untouched");
    kerb_ctx_free(ctx);
}

static kerb_status hash_it(kerb_ctx *ctx, void *path)
{
    char hex[65];
    return kerb_sha256_file(ctx, path, hex);
}

static void sha256__every_failed_allocation_is_told(void **state)
{
    char path[SCRATCH_PATH_BYTES];
    strcpy(path, scratch_write(*state, "x", "x"));
    assert_int_equal(failing_allocator_walk(hash_it, path), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256__known_answers),
        cmocka_unit_test(sha256__pieces_give_the_same_as_the_whole),
        cmocka_unit_test(sha256__files_are_hashed_whole),
        cmocka_unit_test(sha256__a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(sha256__every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
