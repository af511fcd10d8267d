/* Matrix products on the matrix units of a processor (AMX): sixteen rows of sixteen operands by sixteen rows of sixteen, one
   instruction. Replaces tiles.h.

   A tile register holds 16 rows of 64 bytes. Products are made of whole tiles: what a matrix has too little for one is
   zero there (`packed_len` counts whole tiles, and there is room for a multiple of ROW_MULTIPLE rows). */

#ifndef TAILPROBE_BLOCKS_H
#define TAILPROBE_BLOCKS_H

#include "operands.h"

/* Give all eight registers of this thread their shape. */
static void begin_products(void) {
    const struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } shape = {1, 0, {0}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};
    _tile_loadconfig(&shape);
}

static void end_products(void) { _tile_release(); }

/* Add the product of 16 rows, or of 32, and one panel to `out`, or store it there. */
INLINE void block(const int tall, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    const int64_t a_step = in.a_row * 4, b_step = in.b_k * 4, out_step = out_row * 4;
    const operand *const below = in.a + 16 * in.a_row;
    float *const out_below = out + 16 * out_row;
    if (add) {
        _tile_loadd(0, out, out_step);
        _tile_loadd(1, out + 16, out_step);
        if (tall) _tile_loadd(2, out_below, out_step);
        if (tall) _tile_loadd(3, out_below + 16, out_step);
    } else {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
    }
    for (int64_t k = 0; k < count; k += 16) {
        _tile_loadd(6, in.b + k * in.b_k, b_step);
        _tile_loadd(7, in.b + k * in.b_k + 16, b_step);
        _tile_loadd(4, in.a + k, a_step);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(1, 4, 7);
        if (tall) _tile_loadd(5, below + k, a_step);
        if (tall) _tile_dpbf16ps(2, 5, 6);
        if (tall) _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, out, out_step);
    _tile_stored(1, out + 16, out_step);
    if (tall) _tile_stored(2, out_below, out_step);
    if (tall) _tile_stored(3, out_below + 16, out_step);
}

/* Add or store the product of up to TILE_ROWS rows and one panel; rows up to a multiple of 16 are written. */
static void product_tile(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    if (rows > 16)
        block(1, in, count, out, out_row, add);
    else
        block(0, in, count, out, out_row, add);
}

/* to(j, i) = from(i, j), 16 x 16 operands: single operands of two rows side by side, then pairs, fours, eights. */
static void transpose_square(const operand *from, int64_t from_row, operand *to, int64_t to_row) {
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i++) a[i] = _mm512_loadu_si512(from + i * from_row);
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 4)
        for (int j = 0; j < 2; j++) {
            a[i + 2 * j] = _mm512_unpacklo_epi64(b[i + j], b[i + j + 2]);
            a[i + 2 * j + 1] = _mm512_unpackhi_epi64(b[i + j], b[i + j + 2]);
        }
    /* a[4 n + m] holds columns m, 4 + m, 8 + m and 12 + m of rows 4 n to 4 n + 3. */
#pragma GCC unroll 4
    for (int m = 0; m < 4; m++) {
        const __m512i even = _mm512_shuffle_i32x4(a[m], a[4 + m], 0x88), odd = _mm512_shuffle_i32x4(a[m], a[4 + m], 0xdd);
        const __m512i last_even = _mm512_shuffle_i32x4(a[8 + m], a[12 + m], 0x88);
        const __m512i last_odd = _mm512_shuffle_i32x4(a[8 + m], a[12 + m], 0xdd);
        _mm512_storeu_si512(to + m * to_row, _mm512_shuffle_i32x4(even, last_even, 0x88));
        _mm512_storeu_si512(to + (4 + m) * to_row, _mm512_shuffle_i32x4(odd, last_odd, 0x88));
        _mm512_storeu_si512(to + (8 + m) * to_row, _mm512_shuffle_i32x4(even, last_even, 0xdd));
        _mm512_storeu_si512(to + (12 + m) * to_row, _mm512_shuffle_i32x4(odd, last_odd, 0xdd));
    }
}

#endif
