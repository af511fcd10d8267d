/* Adam, on a weight that is kept in panels of PANEL columns, and as operands too. */

#ifndef TAILPROBE_ADAM_H
#define TAILPROBE_ADAM_H

#include "layout.h"

/* Adam's constants, for moments kept as M = m / 0.1 and V = v / 0.001, which saves two products a number:

       M = 0.9 M + g,  V = 0.999 V + g^2,  w -= rate M / (sqrt(V) root_scale + 1e-8)

   with rate = 0.1 lr / (1 - 0.9^t), root_scale = sqrt(0.001 / (1 - 0.999^t)). */
typedef struct {
    float rate, root_scale, weight_decay;
} Adam;

/* m / (sqrt(v) scale + 1e-8) */
INLINE vector divide_by_root(vector m, vector v, float scale) {
#if defined(__AMX_BF16__)
    /* Estimates to 14 bits, each improved once by Newton's method, to the last bit or two: it saves 17% of a step. Not
       where processors of several makers run the same variant: their estimates differ, and so would the weights. */
    const vector inverse = (vector)_mm512_rsqrt14_ps((__m512)(v + 1e-37f));
    const vector near = v * inverse, root = near + 0.5f * near * (1.0f - near * inverse);
    const vector below = root * scale + 1e-8f, over = (vector)_mm512_rcp14_ps((__m512)below);
    return m * (over * (2.0f - below * over));
#else
    return m / (square_root(v) * scale + 1e-8f);
#endif
}

/* Update LANES numbers of a weight; `value` is where they are. */
INLINE void adam(float *value, int64_t moment_stride, vector gradient, Adam by) {
    vector *const at = (vector *)value, *const mean = (vector *)(value + moment_stride);
    vector *const square = (vector *)(value + 2 * moment_stride);
    const vector w = *at, g = gradient + by.weight_decay * w, m = 0.9f * *mean + g, v = 0.999f * *square + g * g;
    *mean = m;
    *square = v;
    *at = w - by.rate * divide_by_root(m, v, by.root_scale);
}

/* Some rows of a panel: of the weight, from `value` on, of its operands, and their gradient, (rows, PANEL). */
typedef struct {
    float *value;
    int64_t moment_stride, rows;
    operand *packed;
    const float *gradient;
} PanelRows;

static BETWEEN_PRODUCTS void update_panel_rows(PanelRows of, Adam by) {
    for (int64_t j = 0; j < of.rows * PANEL; j += LANES)
        adam(of.value + j, of.moment_stride, *(const vector *)(of.gradient + j), by);
    pack_rows(of.value, PANEL, of.rows, PANEL, of.packed, PANEL);
}

#endif
