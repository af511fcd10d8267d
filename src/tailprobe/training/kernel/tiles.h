/* A product's tile of TILE_ROWS x PANEL in vector registers. */

#ifndef TAILPROBE_TILES_H
#define TAILPROBE_TILES_H

#include "operands.h"

/* Add the product of `rows` rows (a constant once inlined) and one panel to `out`, or store it there. */
INLINE void tile(const int rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    vector sum[TILE_ROWS][TILE_VECTORS];
    const operand *restrict a = in.a, *restrict b = in.b;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++)
            sum[i][j] = add ? *(const vector *)(out + i * out_row + j * LANES) : broadcast(0);
    for (int64_t k = 0; k < count; k++) {
        operands right[TILE_VECTORS];
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++) right[j] = *(const operands *)(b + j * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
            for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = multiply_add(sum[i][j], a[i * in.a_row], right[j]);
        a += in.a_k;
        b += in.b_k;
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++) *(vector *)(out + i * out_row + j * LANES) = sum[i][j];
}

static void partial_tile(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    switch (rows) {
    case 7: tile(7 < TILE_ROWS ? 7 : TILE_ROWS, in, count, out, out_row, add); break;
    case 6: tile(6 < TILE_ROWS ? 6 : TILE_ROWS, in, count, out, out_row, add); break;
    case 5: tile(5, in, count, out, out_row, add); break;
    case 4: tile(4, in, count, out, out_row, add); break;
    case 3: tile(3, in, count, out, out_row, add); break;
    case 2: tile(2, in, count, out, out_row, add); break;
    case 1: tile(1, in, count, out, out_row, add); break;
    }
}

/* Add or store the product of up to TILE_ROWS rows and one panel; a's rows or its columns are consecutive. */
static void product_tile(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    if (rows < TILE_ROWS) {
        partial_tile(rows, in, count, out, out_row, add);
    } else if (in.a_row == 1) {
        in.a_row = 1;
        tile(TILE_ROWS, in, count, out, out_row, add);
    } else {
        in.a_k = 1;
        tile(TILE_ROWS, in, count, out, out_row, add);
    }
}

static void begin_products(void) {}
static void end_products(void) {}

#endif
