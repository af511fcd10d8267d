/* Training of one head, compiled once for each instruction set; VARIANT names the entry points.

   For a batch of B rows x (B, D) with labels y and loss weights w (B, C), s = 1 / (1 - dropout):

       h = s relu(x W1' + b1) keeps     (B, W)
       l = h W2' + b2                   (B, C)
       g = w (sigmoid(l) - y) / (B C)   (B, C)    d loss / d l, loss = sum(w bce(l, y)) / (B C)
       dW2 = g' h,  db2 = sum g
       dz = s g W2 where h > 0          (B, W)
       dW1 = dz' x, db1 = sum dz

   A tile of a weight's gradient is handed to Adam while it is in cache, and never stored. Rows of padding (columns of W
   and C up to a whole panel) are zero and stay so: their gradients are zero. */

#include <math.h>
#include <stddef.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernel.h"
#include "products.h"

enum { DEPTH = 256, LEAST_ROWS = 64 };   /* inputs of a product at once: a panel of 16 KB; rows validated at once */

typedef struct {
    float *value, *mean, *square;   /* a weight and Adam's two moments */
} Weight;

/* Where things lie in a head's memory. */
typedef struct {
    int64_t x_row, h_row, c_row;               /* floats from row to row of the buffers below */
    Weight hidden_weight, hidden_bias;         /* panels over W of (D, PANEL); (W,) */
    Weight output_weight, output_bias;         /* panels over W of (C, PANEL); (C,) */
    float *transposed;                         /* output weights, panels over C of (W, PANEL) */
    float *x, *h, *dz;                         /* (B, D), (B, W), (B, W) */
    float *g, *y, *positive, *negative, *ones; /* (B, C), (B, C), (C,) ... */
    uint32_t *bits;                            /* dropout bits of one row */
    int64_t total;
} Layout;

typedef struct {
    float rate, square_scale, weight_decay;
} Adam;

typedef struct {
    const int64_t *rows;
    int64_t count;
} Draws;

static float *take(float *memory, int64_t *at, int64_t count) {
    float *start = memory ? memory + *at : NULL;
    *at += round_up(count, 16);
    return start;
}

/* Value and moments of one weight must not lie a multiple of 4 KB apart: processors tell a load from the store before it
   by the low 12 bits of the address, and would wait. */
static Weight take_weight(float *memory, int64_t *at, int64_t count) {
    enum { APART = 336 };   /* floats, 1,344 bytes */
    Weight weight;
    weight.value = take(memory, at, count);
    *at += APART;
    weight.mean = take(memory, at, count);
    *at += APART;
    weight.square = take(memory, at, count);
    return weight;
}

static Layout layout(int64_t D, int64_t W, int64_t C, int64_t B, float *memory) {
    Layout of;
    int64_t at = 0;
    const int64_t rows = B > LEAST_ROWS ? B : LEAST_ROWS, w = round_up(W, PANEL), c = round_up(C, PANEL);
    of.x_row = round_up(D, 16) + 16;   /* 16 more, or the rows of a column would fall into the same sets of the cache */
    of.h_row = w + 16;
    of.c_row = c + 16;
    of.hidden_weight = take_weight(memory, &at, D * w);
    of.hidden_bias = take_weight(memory, &at, w);
    of.output_weight = take_weight(memory, &at, C * w);
    of.output_bias = take_weight(memory, &at, c);
    of.transposed = take(memory, &at, w * c);
    of.x = take(memory, &at, rows * of.x_row);
    of.h = take(memory, &at, rows * of.h_row);
    of.dz = take(memory, &at, rows * of.h_row);
    of.g = take(memory, &at, rows * of.c_row);
    of.y = take(memory, &at, rows * of.c_row);
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

/* ---- rows ---- */

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

static void fetch(const Head *head, const Layout *at, const int64_t *rows, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const uint8_t *labels = head->labels + rows[i] * head->classes;
        float *y = at->y + i * at->c_row;
        fetch_row(head, rows[i], at->x + i * at->x_row);
        for (int64_t c = 0; c < head->classes; c++) y[c] = labels[c];
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

/* ---- forward ---- */

static void fill_rows(float *to, int64_t row, int64_t count, const float *with, int64_t width) {
    for (int64_t i = 0; i < count; i++) memcpy(to + i * row, with, (size_t)width * sizeof(float));
}

/* h = x W1' + b1 */
static void hidden(const Head *head, const Layout *at, int64_t count) {
    const int64_t D = head->inputs, w = round_up(head->width, PANEL);
    fill_rows(at->h, at->h_row, count, at->hidden_bias.value, w);
    for (int64_t d = 0; d < D; d += DEPTH)
        for (int64_t j = 0; j < w; j += PANEL) {
            const Operands in = {at->x + d, at->x_row, 1, at->hidden_weight.value + j * D + d * PANEL, PANEL};
            panel_product(count, in, smaller(DEPTH, D - d), at->h + j, at->h_row, 1);
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
        float *restrict h = at->h + i * at->h_row;
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
        float *h = at->h + i * at->h_row;
        for (int64_t j = 0; j < head->width; j++) h[j] = h[j] <= 0 ? 0.0f : h[j];
    }
}

/* g = l = h W2' + b2 */
static void logits(const Head *head, const Layout *at, int64_t count) {
    const int64_t w = round_up(head->width, PANEL), c = round_up(head->classes, PANEL);
    fill_rows(at->g, at->c_row, count, at->output_bias.value, c);
    for (int64_t j = 0; j < c; j += PANEL) {
        const Operands in = {at->h, at->h_row, 1, at->transposed + j * w, PANEL};
        panel_product(count, in, head->width, at->g + j, at->c_row, 1);
    }
}

/* Return sum(w bce(l, y)) and turn logits into w (sigmoid(l) - y) * scale; w = (positive where y, else negative) factor.
   bce(l, y) = max(l, 0) - l y + log(1 + e), sigmoid(l) = (1 where l >= 0, else e) / (1 + e), e = exp(-|l|). */
static double loss(const Layout *at, int64_t classes, int64_t count, const float *positive, const float *negative,
                   const float *factors, float scale) {
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
        vector sum = all(0);
        const float factor = factors ? factors[i] : 1.0f;
        for (int64_t c = 0; c < classes; c += LANES) {
            vector *const g = (vector *)(at->g + i * at->c_row + c);
            const vector l = *g, y = *(const vector *)(at->y + i * at->c_row + c);
            const vector one = *(const vector *)(positive + c), zero = *(const vector *)(negative + c);
            const vector w = choose(y > all(0), one, zero) * factor;
            const vector e = exp_negative(-absolute(l));
            const vector top = choose(l >= all(0), all(1), e);
            sum += w * (choose(l > all(0), l, all(0)) - l * y + log_one_plus(e));
            *g = w * (top / (e + 1.0f) - y) * scale;
        }
        for (int j = 0; j < LANES; j++) total += sum[j];
    }
    return total;
}

/* ---- backward ---- */

static void adam(Weight weight, int64_t at, const float *restrict gradient, int64_t count, Adam by) {
    float *restrict w = weight.value + at, *restrict m = weight.mean + at, *restrict v = weight.square + at;
    for (int64_t i = 0; i < count; i++) {
        const float g = gradient[i] + by.weight_decay * w[i];
        m[i] += (g - m[i]) * 0.1f;
        v[i] = 0.999f * v[i] + 0.001f * g * g;
        w[i] -= by.rate * m[i] / (sqrtf(v[i]) * by.square_scale + 1e-8f);
    }
}

/* The gradient of a weight is left' (n, B) right (B, width). */
typedef struct {
    const float *left, *right;
    int64_t left_row, right_row, count;
} Gradient;

/* Update the panel that begins at column j of a weight kept in panels, (width / PANEL, n, PANEL). */
static void update_panel(Weight weight, int64_t n, int64_t j, Gradient of, Adam by) {
    float gradient[TILE_ROWS * PANEL] __attribute__((aligned(64)));
    for (int64_t i = 0; i < n; i += TILE_ROWS) {
        const int64_t rows = smaller(TILE_ROWS, n - i);
        const Operands in = {of.left + i, 1, of.left_row, of.right + j, of.right_row};
        tile_of(rows, in, of.count, gradient, PANEL, 0);
        adam(weight, j * n + i * PANEL, gradient, rows * PANEL, by);
    }
}

static void update_output(const Head *head, const Layout *at, int64_t count, Adam by) {
    const Gradient of = {at->g, at->h, at->c_row, at->h_row, count};
    for (int64_t j = 0; j < round_up(head->width, PANEL); j += PANEL)
        update_panel(at->output_weight, head->classes, j, of, by);
}

static void update_hidden(const Head *head, const Layout *at, int64_t count, Adam by, Draws next) {
    const Gradient of = {at->x, at->dz, at->x_row, at->h_row, count};
    const int64_t w = round_up(head->width, PANEL);
    for (int64_t j = 0; j < w; j += PANEL) {
        const int64_t from = next.count * j / w, to = next.count * (j + PANEL) / w;
        touch(head, (Draws){next.rows + from, to - from});
        update_panel(at->hidden_weight, head->inputs, j, of, by);
    }
}

/* Update a bias by the column sums of its gradient, which the first row then holds. */
static void update_bias(Weight bias, float *gradient, int64_t row, int64_t width, int64_t count, Adam by) {
    for (int64_t i = 1; i < count; i++)
        for (int64_t j = 0; j < width; j++) gradient[j] += gradient[i * row + j];
    adam(bias, 0, gradient, width, by);
}

/* dz = s g W2 where h > 0 */
static void hidden_gradient(const Head *head, const Layout *at, int64_t count) {
    const int64_t w = round_up(head->width, PANEL);
    const float scale = (float)head->scale;
    for (int64_t j = 0; j < w; j += PANEL) {
        const Operands in = {at->g, at->c_row, 1, at->output_weight.value + j * head->classes, PANEL};
        panel_product(count, in, head->classes, at->dz + j, at->h_row, 0);
    }
    for (int64_t i = 0; i < count; i++) {
        const float *restrict h = at->h + i * at->h_row;
        float *restrict dz = at->dz + i * at->h_row;
        for (int64_t j = 0; j < w; j++) dz[j] = h[j] <= 0 ? 0.0f : dz[j] * scale;
    }
}

static void transpose(const Head *head, const Layout *at) {
    const int64_t C = head->classes, w = round_up(head->width, PANEL);
    for (int64_t j = 0; j < w; j++) {
        const float *from = at->output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t c = 0; c < C; c++) at->transposed[c / PANEL * PANEL * w + j * PANEL + c % PANEL] = from[c * PANEL];
    }
}

static void backward(Head *head, const Layout *at, int64_t count, double rate, Draws next) {
    const int64_t w = round_up(head->width, PANEL), c = round_up(head->classes, PANEL);
    head->mean_left *= 0.9;
    head->square_left *= 0.999;
    const Adam by = {(float)(rate / (1 - head->mean_left)), (float)(1 / sqrt(1 - head->square_left)),
                     (float)head->weight_decay};
    hidden_gradient(head, at, count);
    update_output(head, at, count, by);
    update_bias(at->output_bias, at->g, at->c_row, c, count, by);
    transpose(head, at);
    update_hidden(head, at, count, by, next);
    update_bias(at->hidden_bias, at->dz, at->h_row, w, count, by);
}

/* ---- entry points ---- */

/* Numbers below 1e-38 count as zero meanwhile: moments of units that no row reaches decay into them, and some
   processors take a hundred times as long over each. */
static unsigned flush_small(void) {
#if defined(__x86_64__)
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
#else
    return 0;
#endif
}

static void restore_small(unsigned before) {
#if defined(__x86_64__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

static int64_t memory_floats(int64_t inputs, int64_t width, int64_t classes, int64_t batch) {
    return layout(inputs, width, classes, batch, NULL).total;
}

static void load(Head *head, const float *hidden_weight, const float *hidden_bias, const float *output_weight,
                 const float *output_bias) {
    const int64_t D = head->inputs, W = head->width, C = head->classes;
    const Layout at = layout_of(head);
    for (int64_t j = 0; j < W; j++) {
        float *first = at.hidden_weight.value + j / PANEL * PANEL * D + j % PANEL;
        float *second = at.output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t d = 0; d < D; d++) first[d * PANEL] = hidden_weight[j * D + d];
        for (int64_t c = 0; c < C; c++) second[c * PANEL] = output_weight[c * W + j];
    }
    memcpy(at.hidden_bias.value, hidden_bias, (size_t)W * sizeof(float));
    memcpy(at.output_bias.value, output_bias, (size_t)C * sizeof(float));
    memcpy(at.positive, head->positive, (size_t)C * sizeof(float));
    memcpy(at.negative, head->negative, (size_t)C * sizeof(float));
    for (int64_t c = 0; c < C; c++) at.ones[c] = 1;
    transpose(head, &at);
}

static void store(const Head *head, float *hidden_weight, float *hidden_bias, float *output_weight,
                  float *output_bias) {
    const int64_t D = head->inputs, W = head->width, C = head->classes;
    const Layout at = layout_of(head);
    for (int64_t j = 0; j < W; j++) {
        const float *first = at.hidden_weight.value + j / PANEL * PANEL * D + j % PANEL;
        const float *second = at.output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t d = 0; d < D; d++) hidden_weight[j * D + d] = first[d * PANEL];
        for (int64_t c = 0; c < C; c++) output_weight[c * W + j] = second[c * PANEL];
    }
    memcpy(hidden_bias, at.hidden_bias.value, (size_t)W * sizeof(float));
    memcpy(output_bias, at.output_bias.value, (size_t)C * sizeof(float));
}

/* The factors of a batch's rows, or their mean for each. */
static const float *batch_factors(const Head *head, const float *factors, int64_t count, float *mean) {
    double sum = 0;
    if (!factors || !head->weigh_batches) return factors;
    for (int64_t i = 0; i < count; i++) sum += factors[i];
    for (int64_t i = 0; i < count; i++) mean[i] = (float)(sum / (double)count);
    return mean;
}

/* Train on `count` draws of rows, in this order, and return the sum over rows of the mean over classes of the loss. */
static double train(Head *head, const int64_t *rows, const float *factors, int64_t count, double rate, uint32_t key) {
    const Layout at = layout_of(head);
    const unsigned before = flush_small();
    double total = 0;
    for (int64_t first = 0; first < count; first += head->batch) {
        const int64_t batch = smaller(head->batch, count - first);
        const float *own = batch_factors(head, factors ? factors + first : NULL, batch, at.dz);
        const float scale = (float)(1.0 / (double)(batch * head->classes));
        fetch(head, &at, rows + first, batch);
        hidden(head, &at, batch);
        activate(head, &at, first, batch, key);
        logits(head, &at, batch);
        total += loss(&at, head->classes, batch, at.positive, at.negative, own, scale);
        backward(head, &at, batch, rate, (Draws){rows + first + batch, smaller(head->batch, count - first - batch)});
    }
    restore_small(before);
    return total / (double)head->classes;
}

/* Return the sum over rows of the mean over classes of the plain loss, without dropout. */
static double validate(const Head *head, const int64_t *rows, int64_t count) {
    const Layout at = layout_of(head);
    const unsigned before = flush_small();
    const int64_t most = head->batch > LEAST_ROWS ? head->batch : LEAST_ROWS;
    double total = 0;
    for (int64_t first = 0; first < count; first += most) {
        const int64_t batch = smaller(most, count - first);
        fetch(head, &at, rows + first, batch);
        hidden(head, &at, batch);
        rectify(head, &at, batch);
        logits(head, &at, batch);
        total += loss(&at, head->classes, batch, at.ones, at.ones, NULL, 0);
    }
    restore_small(before);
    return total / (double)head->classes;
}

const Kernel VARIANT = {memory_floats, load, store, train, validate};
