/* Forward: hidden units, logits, the loss and its gradient. */

#ifndef TAILPROBE_FORWARD_H
#define TAILPROBE_FORWARD_H

#include "products.h"
#include "rows.h"

enum { DEPTH = 256 };   /* operands of a product at once: a panel of 16 KB, or 32 KB by AVX-512 */

static void fill_rows(const Matrix *to, int64_t count, const float *with, int64_t width) {
    for (int64_t i = 0; i < count; i++) memcpy(to->value + i * to->row, with, (size_t)width * sizeof(float));
}

/* h = x W1' + b1 */
static void hidden(const Head *head, const Layout *at, int64_t count) {
    const int64_t D = held(head->inputs), w = round_up(head->width, PANEL);
    fill_rows(&at->h, count, at->hidden_bias.value, w);
    for (int64_t d = 0; d < D; d += DEPTH)
        for (int64_t j = 0; j < w; j += PANEL) {
            const Operands in = {at->x.across + d, at->x.across_row, 1, at->hidden_factor + j * D + d * PANEL, PANEL};
            panel_product(count, in, smaller(DEPTH, D - d), at->h.value + j, at->h.row, 1);
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
static void activate(const Head *head, const Layout *at, int64_t first, int64_t count, uint32_t key) {
    const float scale = (float)head->scale;
    const int32_t threshold = (int32_t)head->drop_below;
    for (int64_t i = 0; i < count; i++) {
        float *restrict h = at->h.value + i * at->h.row;
        const uint16_t *restrict bits = (const uint16_t *)at->bits;
        if (threshold) dropout_bits(at->bits, key, first + i, (head->width + 1) / 2);
        for (int64_t j = 0; j < head->width; j++) {
            const float kept = (int32_t)bits[j] >= threshold ? scale : 0.0f;
            h[j] = h[j] <= 0 ? 0.0f : h[j] * kept;
        }
    }
}

static void rectify(const Head *head, const Layout *at, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float *h = at->h.value + i * at->h.row;
        for (int64_t j = 0; j < head->width; j++) h[j] = h[j] <= 0 ? 0.0f : h[j];
    }
}

/* g = l = h W2' + b2 */
static void logits(const Head *head, const Layout *at, int64_t count) {
    const int64_t w = round_up(head->width, PANEL), c = round_up(head->classes, PANEL);
    fill_rows(&at->g, count, at->output_bias.value, c);
    pair_across(at->h.value, at->h.row, count, at->h.row - 16, at->h.across, at->h.across_row);
    for (int64_t j = 0; j < c; j += PANEL) {
        const Operands in = {at->h.across, at->h.across_row, 1, at->turned_factor + j * held(w), PANEL};
        panel_product(count, in, held(head->width), at->g.value + j, at->g.row, 1);
    }
}

/* The weights of the loss terms of labels 1 and 0, (C,), and their powers gamma. */
typedef struct {
    const float *positive, *negative;
    float positive_focus, negative_focus;
} Terms;

/* Multiply a term of the loss by q^gamma and return the size of its slope, q = sigmoid(-z) the probability given to the
   wrong side, z = l where y, else -l; see losses.py. bce = softplus(-z), so log q = -(bce + z). */
INLINE vector focus(vector gamma, vector z, vector q, vector *bce) {
    const vector factor = exp_negative(-gamma * (*bce + z));
    const vector slope = factor * (gamma * (1.0f - q) * *bce + q);
    *bce *= factor;
    return slope;
}

/* Return sum(w loss(l, y)) and turn logits into w d loss / d l * scale; w = (positive where y, else negative) factor.
   bce(l, y) = max(l, 0) - l y + log(1 + e), sigmoid(l) = (1 where l >= 0, else e) / (1 + e), e = exp(-|l|). */
static double loss(const Layout *at, int64_t classes, int64_t count, Terms of, const float *factors, float scale) {
    const int focused = of.positive_focus > 0 || of.negative_focus > 0;
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
        vector sum = all(0);
        const float factor = factors ? factors[i] : 1.0f;
        for (int64_t c = 0; c < classes; c += LANES) {
            vector *const g = (vector *)(at->g.value + i * at->g.row + c);
            const vector l = *g, y = *(const vector *)(at->y + i * at->g.row + c);
            const integers carried = y > all(0);
            const vector positive = *(const vector *)(of.positive + c), negative = *(const vector *)(of.negative + c);
            const vector w = choose(carried, positive, negative) * factor;
            const vector e = exp_negative(-absolute(l));
            const vector top = choose(l >= all(0), all(1), e);
            vector bce = choose(l > all(0), l, all(0)) - l * y + log_one_plus(e), slope = top / (e + 1.0f) - y;
            if (focused) {
                const vector gamma = choose(carried, all(of.positive_focus), all(of.negative_focus));
                const vector size = focus(gamma, choose(carried, l, -l), absolute(slope), &bce);
                slope = choose(carried, -size, size);
            }
            sum += w * bce;
            *g = w * slope * scale;
        }
        for (int j = 0; j < LANES; j++) total += sum[j];
    }
    return total;
}

#endif
