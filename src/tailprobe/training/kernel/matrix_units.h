/* Whether this process may use the processor's matrix units (AMX). */

#ifndef TAILPROBE_MATRIX_UNITS_H
#define TAILPROBE_MATRIX_UNITS_H

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* For bfloat16 numbers; Linux keeps their registers only for a process that asks. */
static int has_matrix_units(void) {
    enum { REQUEST = 0x1023, TILE_DATA = 18 };               /* ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA */
    const unsigned tiles = 1u << 24, bfloat16 = 1u << 22;    /* of edx, leaf 7 */
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & (tiles | bfloat16)) != (tiles | bfloat16)) return 0;
    return syscall(SYS_arch_prctl, REQUEST, TILE_DATA) == 0;
}
#elif defined(__x86_64__)
static int has_matrix_units(void) { return 0; }
#endif

#endif
