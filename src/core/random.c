/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Philox 4 x 32 with 10 rounds: bits that depend on a counter and a key and on nothing drawn
 * before, so every thread can have the numbers of its own piece of work and the same bits come
 * whatever thread did it. Source: Salmon, Moraes, Dror & Shaw (2011), section 4.3
 * [salmon2011]. */
#include "kerb_base.h"

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
#define WEYL_0       0x9E3779B9u /* golden ratio */
#define WEYL_1       0xBB67AE85u /* sqrt(3) - 1 */
#define N_ROUNDS     10

void kerb_random_bits(uint64_t seed, const uint32_t counter[4], uint32_t bits[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t key_0 = (uint32_t)seed, key_1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < N_ROUNDS; round++) {
        uint64_t product_0 = (uint64_t)MULTIPLIER_0 * c0;
        uint64_t product_1 = (uint64_t)MULTIPLIER_1 * c2;
        c0 = (uint32_t)(product_1 >> 32) ^ c1 ^ key_0;
        c2 = (uint32_t)(product_0 >> 32) ^ c3 ^ key_1;
        c1 = (uint32_t)product_1;
        c3 = (uint32_t)product_0;
        key_0 += WEYL_0;
        key_1 += WEYL_1;
    }
    bits[0] = c0;
    bits[1] = c1;
    bits[2] = c2;
    bits[3] = c3;
}

void kerb_random_bits_in_lanes(uint64_t seed, const uint32_t counter[4],
                               uint32_t bits[4][KERB_RANDOM_LANES])
{
    uint32_t c0[KERB_RANDOM_LANES], c1[KERB_RANDOM_LANES], c2[KERB_RANDOM_LANES],
        c3[KERB_RANDOM_LANES];
    uint32_t key_0 = (uint32_t)seed, key_1 = (uint32_t)(seed >> 32);
    for (uint32_t lane = 0; lane < KERB_RANDOM_LANES; lane++) {
        c0[lane] = counter[0] + lane;
        c1[lane] = counter[1];
        c2[lane] = counter[2];
        c3[lane] = counter[3];
    }
    for (int round = 0; round < N_ROUNDS; round++) {
        for (int lane = 0; lane < KERB_RANDOM_LANES; lane++) {
            uint64_t product_0 = (uint64_t)MULTIPLIER_0 * c0[lane];
            uint64_t product_1 = (uint64_t)MULTIPLIER_1 * c2[lane];
            c0[lane] = (uint32_t)(product_1 >> 32) ^ c1[lane] ^ key_0;
            c2[lane] = (uint32_t)(product_0 >> 32) ^ c3[lane] ^ key_1;
            c1[lane] = (uint32_t)product_1;
            c3[lane] = (uint32_t)product_0;
        }
        key_0 += WEYL_0;
        key_1 += WEYL_1;
    }
    for (int lane = 0; lane < KERB_RANDOM_LANES; lane++) {
        bits[0][lane] = c0[lane];
        bits[1][lane] = c1[lane];
        bits[2][lane] = c2[lane];
        bits[3][lane] = c3[lane];
    }
}
