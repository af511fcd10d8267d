/* Matrix products by tiles of TILE_ROWS x PANEL that stay in registers.

   out(i, j) = sum over k of a(i, k) b(k, j), a anywhere by strides (so a transpose costs nothing; matrix units want a's
   rows consecutive), b with rows of PANEL operands `b_k` apart; strides and k count operands, see operands.h. Weights are
   kept in panels, (columns / PANEL, k, PANEL): a panel is then read from end to end, where a row-major matrix of 512-byte
   rows would meet the same eight sets of the cache over and over. */

#ifndef TAILPROBE_PRODUCTS_H
#define TAILPROBE_PRODUCTS_H

#if defined(__AMX_BF16__)
#include "blocks.h"
#else
#include "tiles.h"
#endif

/* out (rows, PANEL) += a (rows, count) b (count, PANEL), for one panel of b. */
static void panel_product(int64_t rows, Operands in, int64_t count, float *out, int64_t out_row, int add) {
    for (int64_t i = 0; i < rows; i += TILE_ROWS) {
        Operands part = in;
        part.a += i * in.a_row;
        product_tile(minimum(TILE_ROWS, rows - i), part, count, out + i * out_row, out_row, add);
    }
}

#endif
