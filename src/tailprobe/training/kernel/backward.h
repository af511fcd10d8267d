/* Backward: gradients, each tile of which goes to the optimiser while it is in cache. */

#ifndef TAILPROBE_BACKWARD_H
#define TAILPROBE_BACKWARD_H

#include <math.h>

#include "step.h"
#include "forward.h"
#include "loss.h"

/* A weight kept in panels, (width / PANEL, n, PANEL), and as operands; its gradient is left' (n, B) right (B, width) of
   B = count rows. */
typedef struct {
    Weight weight;
    operand *packed;
    int64_t n;
    const Matrix *left, *right;
    int64_t count;
} Update;

/* Column i of a matrix and those after it as the rows of a product that adds up along the rows. */
INLINE Operands transposed_operands(const Matrix *m, int64_t i) {
#if defined(__AMX_BF16__)
    return (Operands){.a = m->transposed + i * m->transposed_stride, .a_row = m->transposed_stride, .a_k = 1};
#else
    return (Operands){.a = m->packed_rows + i, .a_row = 1, .a_k = m->stride};
#endif
}

/* Make what `transposed_operands` reads, of `count` rows that are packed. */
static void transpose_tiles(const Matrix *m, int64_t count) {
#if defined(__AMX_BF16__)
    const int64_t pairs = (count + 1) / 2, columns = m->stride - 16;
    for (int64_t k = pairs; k < packed_len(count); k++)
        memset(m->packed_rows + k * m->stride, 0, (size_t)columns * sizeof(operand));
    for (int64_t k = 0; k < packed_len(count); k += 16)
        for (int64_t j = 0; j < columns; j += 16) {
            operand *const to = m->transposed + j * m->transposed_stride + k;
            transpose_square(m->packed_rows + k * m->stride + j, m->stride, to, m->transposed_stride);
        }
#else
    (void)m, (void)count;
#endif
}

/* Update the panel that begins at column j. */
static void update_panel(Update of, int64_t j, Step by) {
    float gradient[TILE_ROWS * PANEL] __attribute__((aligned(64)));
    for (int64_t i = 0; i < of.n; i += TILE_ROWS) {
        Operands in = transposed_operands(of.left, i);
        in.b = of.right->packed_rows + j, in.b_k = of.right->stride;
        float *const value = of.weight.value + j * of.n + i * PANEL;
        operand *const packed = of.packed + j * packed_len(of.n) + i / PACK * PANEL;
        const PanelRows part = {value, of.weight.moment_stride, minimum(TILE_ROWS, of.n - i), packed, gradient};
        product_tile(part.rows, in, packed_len(of.count), gradient, PANEL, 0);
        update_panel_rows(part, &by);
    }
}

/* dW2 = g' h; of a linear head g' x, whose x is packed already. */
static void update_output(const TrainerState *state, const Layout *at, int64_t count, Step by) {
    const Update of = {at->output_weight, at->output_packed, state->classes, &at->g, &at->h, count};
    const Matrix *g = &at->g, *h = &at->h;
    if (state->width) pack_rows(h->value, h->stride, count, h->stride - 16, h->packed_rows, h->stride);
    pack_rows(g->value, g->stride, count, g->stride - 16, g->packed_rows, g->stride);
    transpose_tiles(g, count);
    for (int64_t j = 0; j < round_up(fan_in(state), PANEL); j += PANEL) update_panel(of, j, by);
}

/* dW1 = dz' x */
static void update_hidden(const TrainerState *state, const Layout *at, int64_t count, Step by, Batch next) {
    const Update of = {at->hidden_weight, at->hidden_packed, state->inputs, &at->x, &at->dz, count};
    const int64_t w = round_up(state->width, PANEL);
    const Matrix *dz = &at->dz;
    pack_rows(dz->value, dz->stride, count, dz->stride - 16, dz->packed_rows, dz->stride);
    transpose_tiles(&at->x, count);
    for (int64_t j = 0; j < w; j += PANEL) {
        const int64_t from = next.count * j / w, to = next.count * (j + PANEL) / w;
        prefetch(state, (Batch){next.rows + from, NULL, to - from});
        update_panel(of, j, by);
    }
}

/* Update a bias by the column sums of its gradient, which the first row then holds. */
static void update_bias(Weight bias, const Matrix *of, int64_t width, int64_t count, Step by) {
    float *gradient = of->value;
    for (int64_t i = 1; i < count; i++)
        for (int64_t j = 0; j < width; j++) gradient[j] += gradient[i * of->stride + j];
    take_step(bias.value, bias.moment_stride, gradient, width, by);
}

/* dz = s g W2 where h > 0 */
static void hidden_gradient(const TrainerState *state, const Layout *at, int64_t count) {
    const int64_t w = round_up(state->width, PANEL), C = packed_len(state->classes);
    const float scale = (float)state->keep_scale;
    const Matrix *g = &at->g;
    pack_cols(g->value, g->stride, count, g->stride - 16, g->packed_cols, g->packed_cols_stride);
    for (int64_t j = 0; j < w; j += PANEL) {
        const Operands in = {g->packed_cols, g->packed_cols_stride, 1, at->output_packed + j * C, PANEL};
        panel_product(count, in, C, at->dz.value + j, at->dz.stride, 0);
    }
    for (int64_t i = 0; i < count; i++) {
        const float *restrict h = at->h.value + i * at->h.stride;
        float *restrict dz = at->dz.value + i * at->dz.stride;
        for (int64_t j = 0; j < w; j++) dz[j] = h[j] <= 0 ? 0.0f : dz[j] * scale;
    }
}

/* Keep the output weights transposed, for the logits. */
static void transpose_output(const TrainerState *state, const Layout *at) {
    const int64_t C = state->classes, f = round_up(fan_in(state), PANEL);
    float *const to = at->output_transposed;
    for (int64_t j = 0; j < f; j++) {
        const float *from = at->output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t c = 0; c < C; c++) to[c / PANEL * PANEL * f + j * PANEL + c % PANEL] = from[c * PANEL];
    }
    for (int64_t c = 0; c < round_up(C, PANEL); c += PANEL)
        pack_rows(to + c * f, PANEL, f, PANEL, at->output_transposed_packed + c * packed_len(f), PANEL);
}

/* Make operands of all weights, and keep those of the output transposed, for the logits. */
static void pack_weights(const TrainerState *state, const Layout *at) {
    const int64_t D = state->inputs, C = state->classes;
    for (int64_t j = 0; j < round_up(state->width, PANEL); j += PANEL)
        pack_rows(at->hidden_weight.value + j * D, PANEL, D, PANEL, at->hidden_packed + j * packed_len(D), PANEL);
    for (int64_t j = 0; j < round_up(fan_in(state), PANEL); j += PANEL)
        pack_rows(at->output_weight.value + j * C, PANEL, C, PANEL, at->output_packed + j * packed_len(C), PANEL);
    transpose_output(state, at);
}

static Step next_step(TrainerState *state, double rate) {
    const int is_adamw = state->algorithm == ADAMW;
    Step by = {.algorithm = state->algorithm, .rate = (float)rate, .is_nearby = state->radius > 0,
               .weight_decay = (float)(state->weight_decay * (is_adamw ? rate : 1)), .momentum = (float)state->momentum};
    if (state->algorithm == SGD) return by;
    state->beta1_power *= 0.9;
    state->beta2_power *= 0.999;
    by.rate = (float)(0.1 * rate / (1 - state->beta1_power));
    by.root_scale = (float)sqrt(0.001 / (1 - state->beta2_power));
    return by;
}

static int trains_hidden(const TrainerState *state) { return state->width && !state->output_only; }

static void backward(TrainerState *state, const Layout *at, int64_t count, Step by, Batch next) {
    if (trains_hidden(state)) hidden_gradient(state, at, count);
    update_output(state, at, count, by);
    update_bias(at->output_bias, &at->g, round_up(state->classes, PANEL), count, by);
    transpose_output(state, at);
    if (trains_hidden(state)) {
        update_hidden(state, at, count, by, next);
        update_bias(at->hidden_bias, &at->dz, round_up(state->width, PANEL), count, by);
    } else {
        prefetch(state, next);
    }
}

#endif
