/* What a product multiplies: float32 numbers, or, where BFLOAT16 is set, pairs of bfloat16 numbers.

   A product adds up along k. In float32 an operand is the number of one k; in bfloat16 it holds the numbers of two, 2k in
   its lower half and 2k + 1 in its upper, which are multiplied and added to a float32 sum by one instruction where the
   processor has it (AVX512-BF16), and by the same arithmetic written out elsewhere. */

#ifndef TAILPROBE_OPERANDS_H
#define TAILPROBE_OPERANDS_H

#include "vectors.h"

#if BFLOAT16
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

enum { PACK = 2 };            /* numbers that an operand holds */
typedef uint32_t operand;
typedef integers operands;    /* LANES of them */

/* Round to bfloat16, to even where there is a choice, and leave the 16 bits in the upper half; NaN stays NaN. */
INLINE integers rounded(vector x) {
    const integers bits = (integers)x, even = (bits >> 16) & 1;
    const vector nearest = (vector)(bits + 0x7fff + even), quiet = (vector)(bits | 0x400000);
    return (integers)blend(x == x, nearest, quiet) & (int32_t)0xffff0000;
}

INLINE vector multiply_add(vector sum, operand a, operands b) {
    const operands left = (operands){0} + (int32_t)a;
#if defined(__AVX512BF16__)
    return (vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)left, (__m512bh)b);
#else
    const int32_t upper = (int32_t)0xffff0000;
    return sum + (vector)(left << 16) * (vector)(b << 16) + (vector)(left & upper) * (vector)(b & upper);
#endif
}

/* Pack two rows number by number. */
INLINE operands pack(vector first, vector second) {
#if defined(__AVX512BF16__)
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8,
                                           23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
    return (operands)_mm512_permutexvar_epi16(order, both);
#else
    return ((rounded(first) >> 16) & 0xffff) | rounded(second);
#endif
}

/* packed(k, j) = numbers (2k, j) and (2k + 1, j) of a matrix; a row beyond the last counts as zeros. */
INLINE void pack_rows(const float *from, int64_t row, int64_t rows, int64_t columns, operand *packed,
                      int64_t packed_stride) {
    for (int64_t i = 0; i < rows; i += 2)
        for (int64_t j = 0; j < columns; j += LANES) {
            const vector first = *(const vector *)(from + i * row + j);
            const vector second = i + 1 < rows ? *(const vector *)(from + (i + 1) * row + j) : broadcast(0);
            *(operands *)(packed + i / 2 * packed_stride + j) = pack(first, second);
        }
}

/* packed(i, k) = numbers (i, 2k) and (i, 2k + 1); columns a multiple of 2 LANES, whatever is beyond the last is zero. */
INLINE void pack_cols(const float *from, int64_t row, int64_t rows, int64_t columns, operand *packed,
                      int64_t packed_stride) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j += 2 * LANES) {
            const float *at = from + i * row + j;
            operand *to = packed + i * packed_stride + j / 2;
#if defined(__AVX512BF16__)
            *(operands *)to = (operands)_mm512_cvtne2ps_pbh(*(const __m512 *)(at + LANES), *(const __m512 *)at);
#else
            uint16_t *halves = (uint16_t *)to;
            const integers low = rounded(*(const vector *)at), high = rounded(*(const vector *)(at + LANES));
            for (int n = 0; n < LANES; n++) {
                halves[n] = (uint16_t)((uint32_t)low[n] >> 16);
                halves[LANES + n] = (uint16_t)((uint32_t)high[n] >> 16);
            }
#endif
        }
}

#else

enum { PACK = 1 };            /* numbers that an operand holds */
typedef float operand;
typedef vector operands;

INLINE vector multiply_add(vector sum, operand a, operands b) { return sum + a * b; }

/* A float32 matrix is multiplied as it is. */
INLINE void pack_rows(const float *from, int64_t row, int64_t rows, int64_t columns, operand *packed,
                      int64_t packed_stride) {
    (void)from, (void)row, (void)rows, (void)columns, (void)packed, (void)packed_stride;
}
INLINE void pack_cols(const float *from, int64_t row, int64_t rows, int64_t columns, operand *packed,
                      int64_t packed_stride) {
    (void)from, (void)row, (void)rows, (void)columns, (void)packed, (void)packed_stride;
}

#endif

/* How many operands hold some numbers, and what rows are a multiple of: matrix units multiply whole tiles. */
#if defined(__AMX_BF16__)
enum { ROW_MULTIPLE = 16 };
INLINE int64_t packed_len(int64_t numbers) { return round_up((numbers + PACK - 1) / PACK, 16); }
#else
enum { ROW_MULTIPLE = 1 };
INLINE int64_t packed_len(int64_t numbers) { return (numbers + PACK - 1) / PACK; }
#endif

typedef struct {
    const operand *a;
    int64_t a_row, a_k;
    const operand *b;
    int64_t b_k;
} Operands;

#endif
