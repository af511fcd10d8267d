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

#include "backward.h"

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

/* Weights just loaded, as factors. */
static void make_factors(const Head *head, const Layout *at) {
    const int64_t D = head->inputs, C = head->classes;
    for (int64_t j = 0; j < round_up(head->width, PANEL); j += PANEL) {
        pair_down(at->hidden_weight.value + j * D, PANEL, D, PANEL, at->hidden_factor + j * held(D), PANEL);
        pair_down(at->output_weight.value + j * C, PANEL, C, PANEL, at->output_factor + j * held(C), PANEL);
    }
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
    turn(head, &at);
    make_factors(head, &at);
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
    const Terms terms = {at.positive, at.negative, (float)head->positive_focus, (float)head->negative_focus};
    const unsigned before = flush_small();
    double total = 0;
    begin_products();
    for (int64_t first = 0; first < count; first += head->batch) {
        const int64_t batch = smaller(head->batch, count - first);
        const float *own = batch_factors(head, factors ? factors + first : NULL, batch, at.dz.value);
        const float scale = (float)(1.0 / (double)(batch * head->classes));
        fetch(head, &at, rows + first, batch);
        hidden(head, &at, batch);
        activate(head, &at, first, batch, key);
        logits(head, &at, batch);
        total += loss(&at, head->classes, batch, terms, own, scale);
        backward(head, &at, batch, rate, (Draws){rows + first + batch, smaller(head->batch, count - first - batch)});
    }
    end_products();
    restore_small(before);
    return total / (double)head->classes;
}

/* Return the sum over rows of the mean over classes of the plain loss, without dropout. */
static double validate(const Head *head, const int64_t *rows, int64_t count) {
    const Layout at = layout_of(head);
    const unsigned before = flush_small();
    const int64_t most = head->batch > LEAST_ROWS ? head->batch : LEAST_ROWS;
    double total = 0;
    begin_products();
    for (int64_t first = 0; first < count; first += most) {
        const int64_t batch = smaller(most, count - first);
        fetch(head, &at, rows + first, batch);
        hidden(head, &at, batch);
        rectify(head, &at, batch);
        logits(head, &at, batch);
        total += loss(&at, head->classes, batch, (Terms){at.ones, at.ones, 0, 0}, NULL, 0);
    }
    end_products();
    restore_small(before);
    return total / (double)head->classes;
}

const Kernel VARIANT = {memory_floats, load, store, train, validate};
