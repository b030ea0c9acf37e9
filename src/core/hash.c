/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SipHash-2-4 with 128 bits of output, little-endian on every machine. The key is fixed and is
 * that of the published test vectors: the hash finds equal rows and names, it keeps no secret.
 * Source: Aumasson & Bernstein (2012), SipHash: a fast short-input PRF; reference code (CC0).
 */
#include "kerb_base.h"

static uint64_t rotate(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void run_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t load_bytes(const unsigned char *bytes, size_t n)
{
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    run_round(v);
    run_round(v);
    v[0] ^= word;
}

static uint64_t finish(uint64_t v[4])
{
    for (int i = 0; i < 4; i++)
        run_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

kerb_hash128 kerb_hash_bytes(const void *data, size_t length)
{
    const unsigned char *bytes = data;
    /* key 00 01 02 ... 0f */
    const uint64_t key_0 = 0x0706050403020100u, key_1 = 0x0F0E0D0C0B0A0908u;
    uint64_t v[4] = {key_0 ^ 0x736F6D6570736575u, key_1 ^ 0x646F72616E646F6Du ^ 0xEEu,
                     key_0 ^ 0x6C7967656E657261u, key_1 ^ 0x7465646279746573u};
    size_t n_whole = length / 8;
    for (size_t i = 0; i < n_whole; i++)
        absorb(v, load_bytes(bytes + 8 * i, 8));
    uint64_t last = (uint64_t)length << 56;
    if (length % 8 != 0)
        last |= load_bytes(bytes + 8 * n_whole, length % 8);
    absorb(v, last);
    kerb_hash128 hash;
    v[2] ^= 0xEEu;
    hash.low = finish(v);
    v[1] ^= 0xDDu;
    hash.high = finish(v);
    return hash;
}
