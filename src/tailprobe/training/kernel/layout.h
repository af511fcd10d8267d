/* Where things lie in a head's memory. */

#ifndef TAILPROBE_LAYOUT_H
#define TAILPROBE_LAYOUT_H

#include <stddef.h>

#include "factors.h"
#include "kernel.h"

enum { LEAST_ROWS = 64 };   /* rows validated at once */

/* A weight and Adam's two moments of it, at value, value + apart and value + 2 apart. None of these distances is a multiple
   of 4 KB: processors tell a load from the store before it by the low 12 bits of the address, and would wait. */
typedef struct {
    float *value;
    int64_t apart;
} Weight;

/* A matrix that is a factor of products: of one that adds up along its rows by `across`, of one that adds up along its
   columns by `down`. In float32 both are `value`; in bfloat16 they are made of it by `pair_across` and `pair_down`. */
typedef struct {
    float *value;
    operand *across, *down;
    operand *upright;          /* `down` turned, for matrix units: (columns, held(rows)) */
    int64_t row, across_row, upright_row;   /* of `value` and `down`; of `across`: numbers or operands from row to row */
} Matrix;

typedef struct {
    Weight hidden_weight, hidden_bias;   /* panels over W of (D, PANEL); (W,) */
    Weight output_weight, output_bias;   /* panels over W of (C, PANEL); (C,) */
    operand *hidden_factor;              /* hidden weights as a factor, panels over W of (held(D), PANEL) */
    operand *output_factor;              /* output weights as a factor, panels over W of (held(C), PANEL) */
    float *turned;                       /* output weights, panels over C of (W, PANEL) ... */
    operand *turned_factor;              /* ... and as a factor, of (held(W), PANEL) */
    Matrix x, h, g, dz;                  /* (B, D), (B, W), (B, C), (B, W); of x's values HELD rows in bfloat16 */
    float *y, *positive, *negative, *ones;   /* (B, C) in rows as g's, (C,) ... */
    uint32_t *bits;                      /* dropout bits of one row */
    int64_t total;
} Layout;

static float *take(float *memory, int64_t *at, int64_t count) {
    float *start = memory ? memory + *at : NULL;
    *at += round_up(count, 16);
    return start;
}

static Weight take_weight(float *memory, int64_t *at, int64_t count) {
    const int64_t apart = round_up(count > 336 ? count - 336 : 0, 1024) + 336;   /* floats; 1,024 of them are 4 KB */
    return (Weight){take(memory, at, 3 * apart), apart};
}

/* Rows are 16 floats longer than they need be, or the rows of a column would fall into the same sets of the cache. */
static Matrix take_matrix(float *memory, int64_t *at, int64_t rows, int64_t columns, int64_t values) {
    Matrix m = {0};
    m.row = round_up(columns, HELD * PANEL) + 16;
    m.value = take(memory, at, values * m.row);
#if BFLOAT16
    m.across_row = (m.row - 16) / HELD + 16;
    m.across = (operand *)take(memory, at, rows * m.across_row);
    m.down = (operand *)take(memory, at, held(rows) * m.row);
#else
    (void)rows;
    m.across_row = m.row;
    m.across = m.down = m.value;
#endif
#if defined(__AMX_BF16__)
    m.upright_row = held(rows) + 16;
    m.upright = (operand *)take(memory, at, m.row * m.upright_row);
#endif
    return m;
}

/* Room for a weight, (width / PANEL, rows, PANEL), as a factor. */
static operand *take_factor(float *memory, int64_t *at, float *value, int64_t rows, int64_t width) {
#if BFLOAT16
    (void)value;
    return (operand *)take(memory, at, held(rows) * width);
#else
    (void)memory, (void)at, (void)rows, (void)width;
    return value;
#endif
}

static Layout layout(int64_t D, int64_t W, int64_t C, int64_t B, float *memory) {
    Layout of;
    int64_t at = 0;
    const int64_t rows = round_up(B > LEAST_ROWS ? B : LEAST_ROWS, ROWS_AT_ONCE), w = round_up(W, PANEL), c = round_up(C, PANEL);
    of.hidden_weight = take_weight(memory, &at, D * w);
    of.hidden_bias = take_weight(memory, &at, w);
    of.output_weight = take_weight(memory, &at, C * w);
    of.output_bias = take_weight(memory, &at, c);
    of.turned = take(memory, &at, w * c);
    of.hidden_factor = take_factor(memory, &at, of.hidden_weight.value, D, w);
    of.output_factor = take_factor(memory, &at, of.output_weight.value, C, w);
    of.turned_factor = take_factor(memory, &at, of.turned, w, c);
    of.x = take_matrix(memory, &at, rows, D, HELD == 1 ? rows : HELD);
    of.h = take_matrix(memory, &at, rows, W, rows);
    of.g = take_matrix(memory, &at, rows, C, rows);
    of.dz = take_matrix(memory, &at, rows, W, rows);
    of.y = take(memory, &at, rows * of.g.row);
    of.positive = take(memory, &at, c);
    of.negative = take(memory, &at, c);
    of.ones = take(memory, &at, c);
    of.bits = (uint32_t *)take(memory, &at, w);
    of.total = at;
    return of;
}

static Layout layout_of(const Head *head) {
    return layout(head->inputs, head->width, head->classes, head->batch, head->memory);
}

#endif
