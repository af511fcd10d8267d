/* Vectors of the instruction set a file is compiled for, and the size of the tile that fits its registers. */

#ifndef TAILPROBE_VECTORS_H
#define TAILPROBE_VECTORS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AMX_BF16__)
enum { LANES = 16, TILE_VECTORS = 2, TILE_ROWS = 32 };  /* four tile registers of 16 x 16 accumulate, see blocks.h */
#elif defined(__AVX512F__)
enum { LANES = 16, TILE_VECTORS = 2, TILE_ROWS = 8 };   /* 16 of 32 registers accumulate; 64 rows divide evenly */
#elif defined(__AVX2__)
enum { LANES = 8, TILE_VECTORS = 2, TILE_ROWS = 6 };    /* 12 of 16 */
#elif defined(__aarch64__)
enum { LANES = 4, TILE_VECTORS = 4, TILE_ROWS = 6 };    /* 24 of 32 */
#else
enum { LANES = 4, TILE_VECTORS = 2, TILE_ROWS = 6 };    /* 12 of 16 */
#endif
enum { PANEL = LANES * TILE_VECTORS };                  /* columns of a tile */

typedef float vector __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t integers __attribute__((vector_size(4 * LANES), may_alias));

#define INLINE static inline __attribute__((always_inline))

/* For functions called between products, whose sums fill the registers: where there are 16 registers these are not
   inlined, or their constants would be kept in some of them; where there are 32, inlining saves 5% of a step. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define BETWEEN_PRODUCTS
#else
#define BETWEEN_PRODUCTS __attribute__((noinline))
#endif

INLINE int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }
INLINE int64_t minimum(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE vector broadcast(float x) { return x - (vector){0}; }
INLINE vector blend(integers mask, vector yes, vector no) {
    return (vector)((mask & (integers)yes) | (~mask & (integers)no));
}
INLINE vector absolute(vector x) { return (vector)((integers)x & 0x7fffffff); }

INLINE vector square_root(vector x) {
#if defined(__AVX512F__)
    return (vector)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
    return (vector)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
    return (vector)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < LANES; i++) x[i] = sqrtf(x[i]);
    return x;
#endif
}

/* exp(x) for x <= 0, to 2 units in the last place; 0 below -87.
   exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln(2)/2, exp(r) by its Taylor series to r^7. */
INLINE vector exp_negative(vector x) {
    const vector rounder = broadcast(12582912.0f);      /* 1.5 * 2^23: adding it rounds to whole numbers */
    const integers tiny = ~(x >= broadcast(-87.0f));
    const vector shifted = x * 1.44269504088896341f + rounder;
    const vector n = shifted - rounder;
    const vector r = (x - n * 0.693145751953125f) - n * 1.42860682030941723e-6f;   /* ln 2 in two parts */
    vector p = broadcast(1.0f / 5040);
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const integers power = ((integers)shifted - (integers)rounder) << 23;
    return blend(tiny, broadcast(0), (vector)((integers)p + power));
}

/* log(1 + e) for 0 <= e <= 1, relative error below 2e-7.
   log(1 + e) = 2 artanh(s), s = e / (2 + e) <= 1/3, artanh(s) = s + s^3/3 + s^5/5 + ... to s^15. */
INLINE vector log_one_plus(vector e) {
    const vector s = e / (e + 2.0f), q = s * s;
    vector p = broadcast(1.0f / 15);
    p = p * q + 1.0f / 13;
    p = p * q + 1.0f / 11;
    p = p * q + 1.0f / 9;
    p = p * q + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    p = p * q + 1.0f;
    return 2.0f * s * p;
}

/* log(x) for finite x of at least 1.2e-38, error below 2e-7 of max(1, |log x|).
   x = 2^n m with m in [2/3, 4/3), and log(m) by the series of log_one_plus, which holds for -1/3 <= e too. */
INLINE vector log_positive(vector x) {
    const vector rounder = broadcast(12582912.0f);
    const integers bits = (integers)x, exponent = (bits - 0x3f2aaaab) >> 23;
    const vector n = (vector)((integers)rounder + exponent) - rounder;
    const vector log_m = log_one_plus((vector)(bits - (exponent << 23)) - 1.0f);
    return n * 0.693145751953125f + (n * 1.42860682030941723e-6f + log_m);
}

INLINE float lane_sum(vector x) {
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)x);
#else
    float sum = x[0];
    for (int j = 1; j < LANES; j++) sum += x[j];
    return sum;
#endif
}

INLINE float lane_maximum(vector x) {
#if defined(__AVX512F__)
    return _mm512_reduce_max_ps((__m512)x);
#else
    float most = x[0];
    for (int j = 1; j < LANES; j++) most = x[j] > most ? x[j] : most;
    return most;
#endif
}

#endif
