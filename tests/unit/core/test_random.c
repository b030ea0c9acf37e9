/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random bits against the published ones, and lanes against single calls. */
#include "near.h"

#include "kerb_base.h"

/* Known answers of philox4x32-10 published with Random123 (kat_vectors). */
static void random__gives_the_published_bits(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        uint32_t counter[4], bits[4];
    } known[] = {
        {0, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {UINT64_MAX,
         {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {0x299f31d0a4093822u, /* digits of pi */
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t bits[4];
        kerb_random_bits(known[i].seed, known[i].counter, bits);
        assert_memory_equal(bits, known[i].bits, sizeof bits);
    }
}

static void random__lanes_are_single_calls(void **state)
{
    (void)state;
    const uint32_t counter[4] = {16, 3, 70000, 9};
    uint32_t lanes[4][KERB_RANDOM_LANES];
    kerb_random_bits_in_lanes(20080401, counter, lanes);
    for (uint32_t lane = 0; lane < KERB_RANDOM_LANES; lane++) {
        const uint32_t own[4] = {16 + lane, 3, 70000, 9};
        uint32_t bits[4];
        kerb_random_bits(20080401, own, bits);
        for (int i = 0; i < 4; i++)
            assert_int_equal(lanes[i][lane], bits[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random__gives_the_published_bits),
        cmocka_unit_test(random__lanes_are_single_calls),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
