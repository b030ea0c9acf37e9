/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which vector instructions the machine has, and their names. Loops that have several forms are
 * chosen through tables of function pointers by the context's level: the compiler's own
 * dispatch (target_clones) does not start under the thread sanitizer. */
#include "kerb_base.h"

static const char *const NAMES[KERB_SIMD_LEVELS] = {
    [KERB_SIMD_SCALAR] = "scalar",
    [KERB_SIMD_AVX2] = "avx2",
    [KERB_SIMD_AVX512] = "avx512",
};

const char *kerb_simd_name(kerb_simd level)
{
    return (unsigned)level < KERB_SIMD_LEVELS ? NAMES[level] : "unknown";
}

bool kerb_simd_find(const char *name, kerb_simd *out)
{
    for (int i = 0; name && i < KERB_SIMD_LEVELS; i++)
        if (kerb_text_equal_nocase(name, NAMES[i])) {
            *out = (kerb_simd)i;
            return true;
        }
    return false;
}

kerb_simd kerb_simd_best(void)
{
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"))
        return KERB_SIMD_SCALAR;
    bool has_512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return has_512 ? KERB_SIMD_AVX512 : KERB_SIMD_AVX2;
#else
    return KERB_SIMD_SCALAR;
#endif
}
