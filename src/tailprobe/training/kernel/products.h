/* Matrix products by tiles of TILE_ROWS x PANEL that stay in registers.

   out(i, j) = sum over k of a(i, k) b(k, j), a anywhere by strides (so a transpose costs nothing), b with rows of PANEL
   operands `b_k` apart; strides and k count operands, see factors.h. Weights are kept in panels, (columns / PANEL, k,
   PANEL): a panel is then read from end to end, where a row-major matrix of 512-byte rows would meet the same eight sets
   of the cache over and over. */

#ifndef TAILPROBE_PRODUCTS_H
#define TAILPROBE_PRODUCTS_H

#include "factors.h"

typedef struct {
    const operand *a;
    int64_t a_row, a_k;
    const operand *b;
    int64_t b_k;
} Operands;

/* Add a product of `rows` rows (a constant once inlined) and one panel to `out`, or put it there. */
INLINE void tile(const int rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    vector sum[TILE_ROWS][TILE_VECTORS];
    const operand *restrict a = in.a, *restrict b = in.b;
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < TILE_VECTORS; j++)
            sum[i][j] = add ? *(const vector *)(out + i * out_row + j * LANES) : all(0);
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

static void few_rows(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
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

/* Add or put the product of up to TILE_ROWS rows and one panel; a's rows or its columns are consecutive. */
static void tile_of(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    if (rows < TILE_ROWS) {
        few_rows(rows, in, count, out, out_row, add);
    } else if (in.a_row == 1) {
        in.a_row = 1;
        tile(TILE_ROWS, in, count, out, out_row, add);
    } else {
        in.a_k = 1;
        tile(TILE_ROWS, in, count, out, out_row, add);
    }
}

/* out (rows, PANEL) += a (rows, count) b (count, PANEL), for one panel of b. */
static void panel_product(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    for (int64_t i = 0; i < rows; i += TILE_ROWS) {
        Operands part = in;
        part.a += i * in.a_row;
        tile_of(smaller(TILE_ROWS, rows - i), part, count, out + i * out_row, out_row, add);
    }
}

#endif
