/* Which variants this processor can run, and their entry points. */

#include <stddef.h>
#include <string.h>

#include "kernel.h"
#include "matrix_units.h"

#define EXPORT __attribute__((visibility("default")))

/* Digest of the sources, so that a library built from other ones is noticed. */
EXPORT const char *tailprobe_sources(void) { return TAILPROBE_SOURCES; }

/* Sizes of what the caller mirrors, so that a difference is noticed. */
EXPORT const int64_t tailprobe_sizes[] = {sizeof(LossSpec), sizeof(TrainerState), sizeof(Kernel)};

/* Return the variant called `name` where the processor can run it, else null. */
EXPORT const Kernel *tailprobe_kernel(const char *name) {
#if defined(__x86_64__)
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    if (!strcmp(name, "avx512")) return avx512 ? &kernel_avx512 : NULL;
    if (!strcmp(name, "avx512-bfloat16"))
        return avx512 && __builtin_cpu_supports("avx512bf16") ? &kernel_avx512_bfloat16 : NULL;
#if HAS_AMX   /* compilers of before 2021 do not know it */
    if (!strcmp(name, "amx-bfloat16"))
        return avx512 && __builtin_cpu_supports("avx512bf16") && has_matrix_units() ? &kernel_amx_bfloat16 : NULL;
#endif
    if (!strcmp(name, "avx2"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kernel_avx2 : NULL;
#endif
    if (!strcmp(name, "baseline-bfloat16")) return &kernel_baseline_bfloat16;
    return strcmp(name, "baseline") ? NULL : &kernel_baseline;
}
