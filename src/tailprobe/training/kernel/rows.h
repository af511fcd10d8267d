/* The rows of a batch: embeddings and labels, from wherever they lie in memory. */

#ifndef TAILPROBE_ROWS_H
#define TAILPROBE_ROWS_H

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "layout.h"

typedef struct {
    const int64_t *rows;
    int64_t count;
} Draws;

#if !defined(__F16C__) && !defined(__aarch64__)
static float from_half(uint16_t half) {
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

static void halves(const uint16_t *restrict from, int64_t stride, float *restrict to, int64_t count) {
    int64_t d = 0;
#if defined(__F16C__)
    if (stride == 1)
        for (; d + 8 <= count; d += 8)
            _mm256_storeu_ps(to + d, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(from + d))));
    for (; d < count; d++) to[d] = _cvtsh_ss(from[d * stride]);
#elif defined(__aarch64__)
    for (; d < count; d++) to[d] = ((const __fp16 *)from)[d * stride];
#else
    for (; d < count; d++) to[d] = from_half(from[d * stride]);
#endif
}

static void fetch_row(const Head *head, int64_t row, float *restrict to) {
    const int64_t D = head->inputs, stride = head->column_stride;
    if (head->half) {
        halves((const uint16_t *)head->embeddings + row * head->row_stride, stride, to, D);
    } else {
        const float *from = (const float *)head->embeddings + row * head->row_stride;
        if (stride == 1)
            memcpy(to, from, (size_t)D * sizeof(float));
        else
            for (int64_t d = 0; d < D; d++) to[d] = from[d * stride];
    }
    if (head->mean)
        for (int64_t d = 0; d < D; d++) to[d] = (to[d] - head->mean[d]) * head->inverse[d];
}

/* Make of one or two rows fetched, which stand at the start of the values, rows `first` and `first + 1` of the factor. */
static void pair_rows(const Matrix *x, int64_t first, int64_t rows) {
    pair_across(x->value, x->row, rows, x->row - 16, x->across + first * x->across_row, x->across_row);
    pair_down(x->value, x->row, rows, x->row - 16, x->down + first / HELD * x->row, x->row);
}

/* Fetch rows as a factor, and their labels. */
static void fetch(const Head *head, const Layout *at, const int64_t *rows, int64_t count) {
    const Matrix *x = &at->x;
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *labels = head->labels + rows[i] * head->classes;
        float *y = at->y + i * at->g.row;
        for (int64_t c = 0; c < head->classes; c++) y[c] = labels[c];
        fetch_row(head, rows[i], x->value + (HELD == 1 ? i : i % HELD) * x->row);
        if (i % HELD == HELD - 1 || i + 1 == count) pair_rows(x, i / HELD * HELD, i % HELD + 1);
    }
}

/* Touch the rows of the next batch, which lie anywhere in memory: their pages and first lines are on the way while there
   is still work to do. (Prefetching every line of them gains nothing: the processor drops what it has no page for.) */
static void touch(const Head *head, Draws of) {
    const int64_t size = head->half ? 2 : 4, row = head->row_stride * size;
    const int64_t last = (head->inputs - 1) * head->column_stride * size;
    for (int64_t i = 0; i < of.count; i++) {
        const volatile char *first = (const char *)head->embeddings + of.rows[i] * row;
        (void)first[0];
        (void)first[last];
    }
}

#endif
