/* A step of the optimiser, on a weight that is kept in panels of PANEL columns, and as operands too. */

#ifndef TAILPROBE_STEP_H
#define TAILPROBE_STEP_H

#include "layout.h"

enum { KEEP = SGD + 1 };   /* beside the algorithms: keep the gradient at NEARBY and leave the weight as it is */

/* A step of learners/optimiser.py. Adam's moments are kept as M = m / 0.1 and V = v / 0.001, which saves two products a
   number:

       M = 0.9 M + g,  V = 0.999 V + g^2,  w -= rate M / (sqrt(V) root_scale + 1e-8)

   with rate = 0.1 lr / (1 - 0.9^t), root_scale = sqrt(0.001 / (1 - 0.999^t)). */
typedef struct {
    int64_t algorithm;   /* ADAM, ADAMW, SGD or KEEP */
    float rate, root_scale;
    float weight_decay;  /* of ADAMW times the learning rate */
    float momentum;      /* of SGD */
    int64_t is_nearby;   /* 1: the weights have been moved by `move_nearby` and are put back first */
} Step;

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
INLINE void adam(const int is_decoupled, float *value, int64_t moment_stride, vector gradient, Step by) {
    vector *const at = (vector *)value, *const mean = (vector *)(value + moment_stride);
    vector *const square = (vector *)(value + 2 * moment_stride);
    vector w = *at, g = gradient;
    if (is_decoupled)
        w -= by.weight_decay * w;
    else
        g += by.weight_decay * w;
    const vector m = 0.9f * *mean + g, v = 0.999f * *square + g * g;
    *mean = m;
    *square = v;
    *at = w - by.rate * divide_by_root(m, v, by.root_scale);
}

/* The same by gradient descent with momentum, whose velocity is where Adam has its mean. */
INLINE void sgd(float *value, int64_t moment_stride, vector gradient, Step by) {
    vector *const at = (vector *)value, *const velocity = (vector *)(value + moment_stride);
    *velocity = by.momentum * *velocity + gradient + by.weight_decay * *at;
    *at -= by.rate * *velocity;
}

/* Update `count` numbers of a weight, a multiple of LANES; `value` is where they are. */
INLINE void take_step(float *value, int64_t moment_stride, const float *gradient, int64_t count, Step by) {
    const vector *const g = (const vector *)gradient;
    if (by.is_nearby) memcpy(value, value + NEARBY * moment_stride, (size_t)count * sizeof(float));
    if (by.algorithm == ADAM)
        for (int64_t j = 0; j < count; j += LANES) adam(0, value + j, moment_stride, g[j / LANES], by);
    else if (by.algorithm == ADAMW)
        for (int64_t j = 0; j < count; j += LANES) adam(1, value + j, moment_stride, g[j / LANES], by);
    else if (by.algorithm == SGD)
        for (int64_t j = 0; j < count; j += LANES) sgd(value + j, moment_stride, g[j / LANES], by);
    else
        memcpy(value + NEARBY * moment_stride, gradient, (size_t)count * sizeof(float));
}

/* Some rows of a panel: of the weight, from `value` on, of its operands, and their gradient, (rows, PANEL). */
typedef struct {
    float *value;
    int64_t moment_stride, rows;
    operand *packed;
    const float *gradient;
} PanelRows;

/* `by` is read where it is: a copy for each tile would cost 5% of a step by AVX2. */
static BETWEEN_PRODUCTS void update_panel_rows(PanelRows of, const Step *by) {
    take_step(of.value, of.moment_stride, of.gradient, of.rows * PANEL, *by);
    pack_rows(of.value, PANEL, of.rows, PANEL, of.packed, PANEL);
}

#endif
