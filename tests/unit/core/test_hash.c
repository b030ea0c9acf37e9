/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SipHash-2-4-128 against OpenSSL 3 (openssl mac -macopt size:16 SIPHASH, key 00..0f). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kerb_base.h"

#include <stdlib.h>
#include <string.h>

/* the published vectors: input 00 01 02 ... of the given length */
static void hash__the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        const char *hex;
    } vectors[] = {{0, "A3817F04BA25A8E66DF67214C7550293"},
                   {1, "DA87C1D86B99AF44347659119B22FC45"},
                   {15, "5493E99933B0A8117E08EC0F97CFC3D9"},
                   {63, "5150D1772F50834A503E069A973FBD7C"}};
    unsigned char input[64];
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        kerb_hash128 hash = kerb_hash_bytes(input, vectors[i].length);
        char hex[33];
        for (size_t byte = 0; byte < 16; byte++) {
            uint64_t word = byte < 8 ? hash.low : hash.high;
            snprintf(hex + 2 * byte, 3, "%02X", (unsigned)(word >> (8 * (byte % 8)) & 0xFFu));
        }
        assert_string_equal(hex, vectors[i].hex);
    }
}

static void hash__does_not_depend_on_alignment_or_what_follows(void **state)
{
    (void)state;
    static const char text[] = "On or near Petrol Station|2020-03|Burglary";
    kerb_hash128 want = kerb_hash_bytes(text, sizeof text - 1);
    for (size_t shift = 0; shift < 16; shift++) {
        char *place = malloc(shift + sizeof text - 1);
        assert_non_null(place);
        memcpy(place + shift, text, sizeof text - 1);
        kerb_hash128 got = kerb_hash_bytes(place + shift, sizeof text - 1);
        assert_true(got.low == want.low && got.high == want.high);
        free(place);
    }
}

static void hash__a_zero_byte_more_is_another_text(void **state)
{
    (void)state;
    static const char zeros[64] = {0};
    for (size_t n = 1; n < sizeof zeros; n++)
        assert_true(kerb_hash_bytes(zeros, n).low != kerb_hash_bytes(zeros, n - 1).low);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash__the_published_vectors),
        cmocka_unit_test(hash__does_not_depend_on_alignment_or_what_follows),
        cmocka_unit_test(hash__a_zero_byte_more_is_another_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
