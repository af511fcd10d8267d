/* Forward: hidden units and logits. */

#ifndef TAILPROBE_FORWARD_H
#define TAILPROBE_FORWARD_H

#include "products.h"
#include "rows.h"

enum { DEPTH = 256 };   /* operands of a product at once: a panel of 16 KB, or 32 KB by AVX-512 */

static void fill_rows(const Matrix *to, int64_t count, const float *with, int64_t width) {
    for (int64_t i = 0; i < count; i++) memcpy(to->value + i * to->stride, with, (size_t)width * sizeof(float));
}

/* h = x W1' + b1 */
static void hidden(const TrainerState *state, const Layout *at, int64_t count) {
    const int64_t D = packed_len(state->inputs), w = round_up(state->width, PANEL);
    fill_rows(&at->h, count, at->hidden_bias.value, w);
    for (int64_t d = 0; d < D; d += DEPTH)
        for (int64_t j = 0; j < w; j += PANEL) {
            const operand *const panel = at->hidden_packed + j * D + d * PANEL;
            const Operands in = {at->x.packed_cols + d, at->x.packed_cols_stride, 1, panel, PANEL};
            panel_product(count, in, minimum(DEPTH, D - d), at->h.value + j, at->h.stride, 1);
        }
}

/* The hash of randomness.dropout_keeps, for one row: 16 bits for each unit, the low ones first. */
static void dropout_bits(uint32_t *restrict bits, uint32_t key, int64_t row, int64_t pairs) {
    const uint32_t start = (uint32_t)((uint64_t)row * (uint64_t)pairs);
    for (uint32_t p = 0; p < (uint32_t)pairs; p++) {
        uint32_t hash = (start + p) * 0x9E3779B9u + key;
        hash = (hash ^ (hash >> 16)) * 0x85EBCA6Bu;
        hash = (hash ^ (hash >> 13)) * 0xC2B2AE35u;
        bits[p] = hash ^ (hash >> 16);
    }
}

/* h = s relu(h) keeps */
static void relu_dropout(const TrainerState *state, const Layout *at, int64_t first, int64_t count, uint32_t key) {
    const float scale = (float)state->keep_scale;
    const int32_t threshold = (int32_t)state->dropout_threshold;
    for (int64_t i = 0; i < count; i++) {
        float *restrict h = at->h.value + i * at->h.stride;
        const uint16_t *restrict bits = (const uint16_t *)at->bits;
        if (threshold) dropout_bits(at->bits, key, first + i, (state->width + 1) / 2);
        for (int64_t j = 0; j < state->width; j++) {
            const float kept = (int32_t)bits[j] >= threshold ? scale : 0.0f;
            h[j] = h[j] <= 0 ? 0.0f : h[j] * kept;
        }
    }
}

static void relu(const TrainerState *state, const Layout *at, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float *h = at->h.value + i * at->h.stride;
        for (int64_t j = 0; j < state->width; j++) h[j] = h[j] <= 0 ? 0.0f : h[j];
    }
}

/* g = l = h W2' + b2, or x W' + b of a linear head, whose x is packed already. */
static void logits(const TrainerState *state, const Layout *at, int64_t count) {
    const int64_t inputs = fan_in(state), panel = packed_len(round_up(inputs, PANEL));
    const int64_t c = round_up(state->classes, PANEL);
    const Matrix *h = &at->h;
    fill_rows(&at->g, count, at->output_bias.value, c);
    if (state->width) pack_cols(h->value, h->stride, count, h->stride - 16, h->packed_cols, h->packed_cols_stride);
    for (int64_t j = 0; j < c; j += PANEL) {
        const Operands in = {h->packed_cols, h->packed_cols_stride, 1, at->output_transposed_packed + j * panel, PANEL};
        panel_product(count, in, packed_len(inputs), at->g.value + j, at->g.stride, 1);
    }
}

#endif
