/* The rows of a batch: embeddings, labels and weights, from wherever they lie in memory. */

#ifndef TAILPROBE_ROWS_H
#define TAILPROBE_ROWS_H

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "layout.h"

typedef struct {
    const int64_t *rows;        /* of the embeddings */
    const int64_t *positions;   /* of the same rows in the row weights; null where rows have no weights */
    int64_t count;
} Batch;

#if !defined(__F16C__) && !defined(__aarch64__)
static float half_to_float(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, size = half & 0x7fff;
    uint32_t bits = (size << 13) + (112u << 23);
    float value;
    if (size >= 0x7c00) bits += 112u << 23;            /* infinite or not a number */
    if (size < 0x0400) bits += 1u << 23;               /* subnormal: without the leading one ... */
    memcpy(&value, &bits, 4);
    if (size < 0x0400) value -= 6.103515625e-5f;       /* ... so take it away again, 2^-14 */
    memcpy(&bits, &value, 4);
    bits |= sign;
    memcpy(&value, &bits, 4);
    return value;
}
#endif

static void convert_halves(const uint16_t *restrict from, int64_t stride, float *restrict to, int64_t count) {
    int64_t d = 0;
#if defined(__F16C__)
    if (stride == 1)
        for (; d + 8 <= count; d += 8)
            _mm256_storeu_ps(to + d, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + d))));
    for (; d < count; d++) to[d] = _cvtsh_ss(from[d * stride]);
#elif defined(__aarch64__)
    for (; d < count; d++) to[d] = ((const __fp16 *)from)[d * stride];
#else
    for (; d < count; d++) to[d] = half_to_float(from[d * stride]);
#endif
}

static void fetch_row(const TrainerState *state, int64_t row, float *restrict to) {
    const int64_t D = state->inputs, stride = state->column_stride;
    if (state->half) {
        convert_halves((const uint16_t *)state->embeddings + row * state->row_stride, stride, to, D);
    } else {
        const float *from = (const float *)state->embeddings + row * state->row_stride;
        if (stride == 1)
            memcpy(to, from, (size_t)D * sizeof(float));
        else
            for (int64_t d = 0; d < D; d++) to[d] = from[d * stride];
    }
    if (state->mean)
        for (int64_t d = 0; d < D; d++) to[d] = (to[d] - state->mean[d]) * state->inverse[d];
}

/* Pack one or two fetched rows, which are at the start of the values, as rows `first` and `first + 1`. */
static void pack_fetched(const Matrix *x, int64_t first, int64_t rows) {
    const int64_t columns = x->stride - 16;
    operand *const packed_cols = x->packed_cols + first * x->packed_cols_stride;
    pack_cols(x->value, x->stride, rows, columns, packed_cols, x->packed_cols_stride);
    pack_rows(x->value, x->stride, rows, columns, x->packed_rows + first / PACK * x->stride, x->stride);
}

/* The one class of a row; 0 where it has none. */
static int32_t target_class(const uint8_t *labels, int64_t classes) {
    const uint8_t *found = memchr(labels, 1, (size_t)classes);
    return found ? (int32_t)(found - labels) : 0;
}

/* Fetch rows, as operands too, and their labels. */
static void fetch(const TrainerState *state, const Layout *at, Batch batch) {
    const Matrix *x = &at->x;
    for (int64_t i = 0; i < batch.count; i++) {
        const uint8_t *labels = state->labels + batch.rows[i] * state->classes;
        float *y = at->y + i * at->g.stride;
        for (int64_t c = 0; c < state->classes; c++) y[c] = labels[c];
        if (state->is_softmax) at->target[i] = target_class(labels, state->classes);
        fetch_row(state, batch.rows[i], x->value + (PACK == 1 ? i : i % PACK) * x->stride);
        if (i % PACK == PACK - 1 || i + 1 == batch.count) pack_fetched(x, i / PACK * PACK, i % PACK + 1);
    }
}

static void fetch_term_weights(const TrainerState *state, const Layout *at, Batch batch) {
    for (int64_t i = 0; i < batch.count; i++) {
        const double *from = state->row_weights + batch.positions[i] * state->classes;
        float *to = at->term_weights + i * at->g.stride;
        for (int64_t c = 0; c < state->classes; c++) to[c] = (float)from[c];
    }
}

/* Fetch the weights of rows, 1 where they have none or one a term. */
static void fetch_row_weights(const TrainerState *state, const Layout *at, Batch batch) {
    const int one_a_row = batch.positions && state->row_weight_columns == 1;
    double sum = 0;
    for (int64_t i = 0; i < batch.count; i++) {
        at->row_weights[i] = one_a_row ? (float)state->row_weights[batch.positions[i]] : 1.0f;
        sum += at->row_weights[i];
    }
    if (one_a_row && state->batch_mean_weight)
        for (int64_t i = 0; i < batch.count; i++) at->row_weights[i] = (float)(sum / (double)batch.count);
}

/* Read the first and last number of each row of the next batch, which lie anywhere in memory: their pages and first
   lines are on the way while there is still work to do. (Prefetching every line of them gains nothing: the processor
   drops what it has no page for.) */
static void prefetch(const TrainerState *state, Batch next) {
    const int64_t size = state->half ? 2 : 4, row = state->row_stride * size;
    const int64_t last = (state->inputs - 1) * state->column_stride * size;
    for (int64_t i = 0; i < next.count; i++) {
        const volatile char *first = (const char *)state->embeddings + next.rows[i] * row;
        (void)first[0];
        (void)first[last];
    }
}

#endif
