/* Where things lie in the memory of a head in training. */

#ifndef TAILPROBE_LAYOUT_H
#define TAILPROBE_LAYOUT_H

#include <stddef.h>

#include "kernel.h"
#include "operands.h"

enum { MIN_VALIDATION_ROWS = 64 };   /* rows validated at once, at least */

enum { NEARBY = 3 };   /* where, in moment strides, sharpness-aware minimisation keeps a gradient, then the weight itself */

/* A weight and Adam's two moments of it, at value, value + moment_stride and value + 2 moment_stride. None of these
   distances is a multiple of 4 KB: processors tell a load from the store before it by the low 12 bits of the address,
   and would wait. */
typedef struct {
    float *value;
    int64_t moment_stride;
} Weight;

/* A matrix that enters products: as `packed_cols` where the sum is over its columns, as `packed_rows` where it is over
   its rows. In float32 both are `value`; in bfloat16 they are made of it by `pack_cols` and `pack_rows`. */
typedef struct {
    float *value;
    operand *packed_cols, *packed_rows;
    operand *transposed;   /* `packed_rows` transposed, for matrix units: (columns, packed_len(rows)) */
    int64_t stride, packed_cols_stride, transposed_stride;   /* between rows; `stride` is of value and packed_rows */
} Matrix;

/* The tables of a loss by label, (C,) each and padded to whole panels. */
typedef struct {
    float *weight[2], *scale[2], *shift[2], *gamma[2], *clip[2], *smoothing[2];
} LossTables;

/* F, the inputs of the output layer: W hidden units, or the D inputs of a linear head. */
typedef struct {
    Weight hidden_weight, hidden_bias;   /* panels over W of (D, PANEL); (W,) */
    Weight output_weight, output_bias;   /* panels over F of (C, PANEL); (C,) */
    operand *hidden_packed;              /* hidden weights as operands, panels over W of (packed_len(D), PANEL) */
    operand *output_packed;              /* output weights as operands, panels over F of (packed_len(C), PANEL) */
    float *output_transposed;            /* output weights, panels over C of (F, PANEL) ... */
    operand *output_transposed_packed;   /* ... and as operands, of (packed_len(F), PANEL) */
    Matrix x, h, g, dz;                  /* (B, D), (B, F), (B, C), (B, W); in bfloat16 PACK rows of x's values alone */
    float *y, *term_weights;             /* (B, C) in rows as g's: labels, row weights by term */
    float *row_weights;                  /* (B,) */
    int32_t *target;                     /* (B,) the one class of each row */
    float *log_numerator, *sum;          /* (B,) of the softmax, see loss.h */
    float *target_gamma, *target_weight;
    LossTables loss, plain;              /* the stage's loss, and the plain loss of the link */
    uint32_t *bits;                      /* dropout bits of one row */
    int64_t total;
} Layout;

static float *carve(float *memory, int64_t *at, int64_t count) {
    float *start = memory ? memory + *at : NULL;
    *at += round_up(count, 16);
    return start;
}

static Weight carve_weight(float *memory, int64_t *at, int64_t count, int64_t copies) {
    const int64_t moment_stride = round_up(count > 336 ? count - 336 : 0, 1024) + 336;   /* 1,024 floats are 4 KB */
    return (Weight){carve(memory, at, copies * moment_stride), moment_stride};
}

/* Rows are 16 floats longer than they need be, or the rows of a column would fall into the same sets of the cache. */
static Matrix carve_matrix(float *memory, int64_t *at, int64_t rows, int64_t columns, int64_t values) {
    Matrix m = {0};
    m.stride = round_up(columns, PACK * PANEL) + 16;
    m.value = carve(memory, at, values * m.stride);
#if BFLOAT16
    m.packed_cols_stride = (m.stride - 16) / PACK + 16;
    m.packed_cols = (operand *)carve(memory, at, rows * m.packed_cols_stride);
    m.packed_rows = (operand *)carve(memory, at, packed_len(rows) * m.stride);
#else
    (void)rows;
    m.packed_cols_stride = m.stride;
    m.packed_cols = m.packed_rows = m.value;
#endif
#if defined(__AMX_BF16__)
    m.transposed_stride = packed_len(rows) + 16;
    m.transposed = (operand *)carve(memory, at, m.stride * m.transposed_stride);
#endif
    return m;
}

/* Room for a weight, (width / PANEL, rows, PANEL), as operands. */
static operand *carve_packed(float *memory, int64_t *at, float *value, int64_t rows, int64_t width) {
#if BFLOAT16
    (void)value;
    return (operand *)carve(memory, at, packed_len(rows) * width);
#else
    (void)memory, (void)at, (void)rows, (void)width;
    return value;
#endif
}

static LossTables carve_tables(float *memory, int64_t *at, int64_t classes) {
    LossTables of;
    float **const tables[] = {of.weight, of.scale, of.shift, of.gamma, of.clip, of.smoothing};
    for (int i = 0; i < 6; i++)
        for (int label = 0; label < 2; label++) tables[i][label] = carve(memory, at, classes);
    return of;
}

static Layout layout(int64_t D, int64_t W, int64_t C, int64_t B, int64_t is_sharpness_aware, float *memory) {
    Layout of;
    int64_t at = 0;
    const int64_t rows = round_up(B > MIN_VALIDATION_ROWS ? B : MIN_VALIDATION_ROWS, ROW_MULTIPLE);
    const int64_t w = round_up(W, PANEL), c = round_up(C, PANEL), f = W ? w : round_up(D, PANEL);
    const int64_t copies = is_sharpness_aware ? NEARBY + 1 : NEARBY;
    of.hidden_weight = carve_weight(memory, &at, D * w, copies);
    of.hidden_bias = carve_weight(memory, &at, w, copies);
    of.output_weight = carve_weight(memory, &at, C * f, copies);
    of.output_bias = carve_weight(memory, &at, c, copies);
    of.output_transposed = carve(memory, &at, f * c);
    of.hidden_packed = carve_packed(memory, &at, of.hidden_weight.value, D, w);
    of.output_packed = carve_packed(memory, &at, of.output_weight.value, C, f);
    of.output_transposed_packed = carve_packed(memory, &at, of.output_transposed, f, c);
    of.x = carve_matrix(memory, &at, rows, D, PACK == 1 ? rows : PACK);
    of.h = W ? carve_matrix(memory, &at, rows, W, rows) : of.x;
    of.g = carve_matrix(memory, &at, rows, C, rows);
    of.dz = carve_matrix(memory, &at, rows, W, rows);
    of.y = carve(memory, &at, rows * of.g.stride);
    of.term_weights = carve(memory, &at, rows * of.g.stride);
    of.row_weights = carve(memory, &at, rows);
    of.target = (int32_t *)carve(memory, &at, rows);
    of.log_numerator = carve(memory, &at, rows);
    of.sum = carve(memory, &at, rows);
    of.target_gamma = carve(memory, &at, rows);
    of.target_weight = carve(memory, &at, rows);
    of.loss = carve_tables(memory, &at, c);
    of.plain = carve_tables(memory, &at, c);
    of.bits = (uint32_t *)carve(memory, &at, w);
    of.total = at;
    return of;
}

static Layout layout_of(const TrainerState *state) {
    return layout(state->inputs, state->width, state->classes, state->batch, state->radius > 0, state->memory);
}

/* The inputs of the output layer. */
INLINE int64_t fan_in(const TrainerState *state) { return state->width ? state->width : state->inputs; }

#endif
